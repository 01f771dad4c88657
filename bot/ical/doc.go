// Package ical writes dates as iCalendar (RFC 5545, with the names of RFC 7986): one as a file that somebody opens, many
// as a feed that a calendar program subscribes to. It is pure: an [Event] goes in, bytes come out, the same for the same.
//
//	data := ical.File(ical.Event{UID: ical.UID("meetup", id), Start: start, End: end, Zone: berlin, Summary: "Digilotsen", …})
//	data := ical.Calendar{Name: "Digilotsen", Every: time.Hour, Events: events}.Feed()
//
// # A date that changes, or is called off
//
// A date keeps its UID for good; Sequence goes up with everything that people must know of. What programs make of a file
// that is opened was looked up, because it is not what the standard lets one hope:
//
//   - METHOD:CANCEL is a message to those who were invited, by the organizer, by mail (RFC 5546, 3.2.5). Opened as a file
//     it finds nothing in Outlook ("not supported calendar message", MadeiraData/sql-clr-ics#11), and Google takes nothing
//     away that came with PUBLISH (Wunderbyte-GmbH/moodle-mod_booking#1107).
//   - Thunderbird reads a file's events and nothing about their METHOD; one whose UID it has already, it calls a duplicate
//     and leaves out, newer or not (putItemsIntoCal in calendar/base/content/import-export.js).
//   - Outlook may put a second entry beside the first one (Wunderbyte-GmbH/moodle-mod_booking#113), and Google shows what
//     is STATUS:CANCELLED as if it were on (qwandor/dancelist-data#205).
//
// So both, a date and its cancellation, are METHOD:PUBLISH, which every program opens; a cancellation has
// STATUS:CANCELLED, a higher SEQUENCE, and is free time (TRANSP). Whoever calls this says it in the Summary as well
// («Abgesagt: …»), because that is the one thing that every program shows. An old entry of a file may stay in a calendar
// all the same; a feed is read anew each time, and a date that was called off stays in it, marked so.
//
// A feed has no METHOD: nobody is sent anything, and so DTSTAMP says when the date last changed (RFC 5545, 3.8.7.2) and a
// feed in which nothing has changed is the same to the byte.
//
// # Time zones
//
// Times are local, in the event's zone, and the zone is described by a VTIMEZONE which is made of the transitions that Go
// knows: as a yearly rule where there is one, else as a list. Nothing in here knows of Berlin.
//
// # Why not with a library
//
// github.com/arran4/golang-ical v0.3.4 was tried. It leaves a carriage return in texts and whatever there is in a URL, so
// that a line break in it begins a property of its own; it escapes parameters with backslashes, which iCalendar does not
// know; its line ends depend on the operating system; and it makes no VTIMEZONE. What it would do for this package is
// the sixty lines of write.go.
package ical
