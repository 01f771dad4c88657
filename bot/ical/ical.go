package ical

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MediaType is what the bytes are, for a chat or a web server.
const MediaType = "text/calendar; charset=utf-8"

// Event is one date.
type Event struct {
	UID      string // the same for good, see [UID]
	Sequence int    // goes up with every change that people must know of
	// Changed is when it last changed. Zero is 1970, which every program takes.
	Changed    time.Time
	Start, End time.Time      // instants; without an End it has no duration
	Zone       *time.Location // in which people read it; nil: UTC

	Summary     string // one line
	Description string
	Location    string // where; empty: Link
	Link        string // an https address; what is none is left out
	Cancelled   bool   // say so in the Summary too
	Organizer   Organizer
}

// Organizer is who invites. The zero value is nobody: RFC 5546 wants one, programs do not, and an address that somebody
// has not got would be made up.
type Organizer struct {
	Name, Mail string
}

// Calendar is what a feed shows.
type Calendar struct {
	Name        string
	Description string
	Every       time.Duration // how often programs shall look for what is new; 0: as they like
	Events      []Event
}

// UID makes an identifier of what a date is about. It says nothing to whoever does not know the parts.
func UID(parts ...string) string {
	var all strings.Builder
	for _, p := range parts {
		all.WriteString(strconv.Itoa(len(p)) + ":" + p + ",")
	}
	sum := sha256.Sum256([]byte(all.String()))
	return hex.EncodeToString(sum[:16]) + "@lotse"
}

// File writes a date, or its cancellation, as a file to be opened.
func File(e Event) []byte {
	return write("PUBLISH", Calendar{Events: []Event{e}})
}

// Feed writes all events, by date.
func (c Calendar) Feed() []byte { return write("", c) }

func write(method string, c Calendar) []byte {
	w := &writer{}
	w.line("BEGIN:VCALENDAR")
	w.line("VERSION:2.0")
	w.line("PRODID:-//Lotse//Lotse//DE")
	w.line("CALSCALE:GREGORIAN")
	if method != "" {
		w.line("METHOD:" + method)
	}
	// What was an extension everybody had has a name since RFC 7986. Programs know one, or the other.
	if c.Name != "" {
		w.text("NAME", c.Name)
		w.text("X-WR-CALNAME", c.Name)
	}
	if c.Description != "" {
		w.text("DESCRIPTION", c.Description)
		w.text("X-WR-CALDESC", c.Description)
	}
	if c.Every >= time.Second {
		every := "PT" + strconv.Itoa(int(c.Every/time.Second)) + "S"
		w.line("REFRESH-INTERVAL;VALUE=DURATION:" + every)
		w.line("X-PUBLISHED-TTL:" + every)
	}
	events := slices.Clone(c.Events)
	slices.SortStableFunc(events, func(a, b Event) int { return a.Start.Compare(b.Start) })
	for _, z := range zonesOf(events) {
		w.zone(z)
	}
	for _, e := range events {
		w.event(e)
	}
	w.line("END:VCALENDAR")
	return w.b.Bytes()
}

// event writes a VEVENT.
func (w *writer) event(e Event) {
	w.line("BEGIN:VEVENT")
	w.text("UID", e.UID)
	changed := e.Changed
	if changed.IsZero() {
		changed = time.Unix(0, 0)
	}
	w.line("DTSTAMP:" + utc(changed))
	w.line("LAST-MODIFIED:" + utc(changed))
	w.line("SEQUENCE:" + strconv.Itoa(max(e.Sequence, 0)))
	w.when("DTSTART", e.Start, e.Zone)
	if e.End.After(e.Start) {
		w.when("DTEND", e.End, e.Zone)
	}
	w.text("SUMMARY", oneLine(e.Summary))
	if e.Description != "" {
		w.text("DESCRIPTION", e.Description)
	}
	link := uri(e.Link)
	place := oneLine(e.Location)
	if place == "" {
		place = link
	}
	if place != "" {
		w.text("LOCATION", place)
	}
	if link != "" {
		w.line("URL:" + link)
	}
	if mail := uri("mailto:" + e.Organizer.Mail); mail != "" {
		w.line("ORGANIZER" + parameter("CN", e.Organizer.Name) + ":" + mail)
	}
	if e.Cancelled {
		w.line("STATUS:CANCELLED")
		w.line("TRANSP:TRANSPARENT")
	} else {
		w.line("STATUS:CONFIRMED")
		w.line("TRANSP:OPAQUE")
	}
	w.line("END:VEVENT")
}

// when writes an instant as local time, where there is no doubt about it: the hour that comes twice in autumn is the first
// one to the standard (RFC 5545, 3.3.5), and the second one to ical.js.
func (w *writer) when(name string, t time.Time, zone *time.Location) {
	if !described(zone) || twice(t.In(zone)) {
		w.line(name + ":" + utc(t))
		return
	}
	w.line(name + parameter("TZID", zone.String()) + ":" + t.In(zone).Format(local))
}

// The forms of a time.
const local = "20060102T150405"

func utc(t time.Time) string { return t.UTC().Format(local) + "Z" }
