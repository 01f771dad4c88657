// Package web is what Lotse shows on the web: calendars that programs subscribe to.
//
//	GET /kalender/<token>.ics   → the calendar behind a link, as iCalendar (package ical)
//	anything else               → 404
//
// A link is made, listed and revoked in chat (!kalender). Whoever has it can read the calendar, so it ends in a secret of
// 192 bits; the books hold its hash ([bot.HashToken]). A link that was revoked, one that never was and a path that is none
// are answered by the same bytes on the same way: there is nothing to try out. Nothing that is logged has a path in it.
//
// What a calendar shows is decided by pure functions ([Checks], [Meetups]) and holds dates and the address of the meeting,
// nothing that people have written. It is the same to the byte until a date changes, so that ETag and If-None-Match spare
// the work: programs ask every hour.
//
// The server speaks plain HTTP, on this machine; what stands in front of it (a reverse proxy) has the certificate.
package web
