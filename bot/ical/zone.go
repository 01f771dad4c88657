package ical

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"time"
)

// ahead is how many years beyond the last event the transitions of a zone are looked at: so many that a rule like "the
// last Sunday of March" cannot look like another one.
const ahead = 12

// span is a zone, and from when to when there are events in it.
type span struct {
	zone        *time.Location
	first, last time.Time
}

// described reports whether times in a zone are written as local time, with a VTIMEZONE: not in UTC, and not in a zone
// that has no name elsewhere.
func described(zone *time.Location) bool {
	return zone != nil && zone != time.UTC && zone.String() != "" && zone.String() != "UTC" && zone.String() != "Local"
}

// zonesOf are the zones of events, which are in order.
func zonesOf(events []Event) []span {
	var spans []span
	for _, e := range events {
		if !described(e.Zone) {
			continue
		}
		i := slices.IndexFunc(spans, func(s span) bool { return s.zone.String() == e.Zone.String() })
		if i < 0 {
			spans = append(spans, span{e.Zone, e.Start, e.Start})
			i = len(spans) - 1
		}
		for _, t := range []time.Time{e.Start, e.End} {
			if t.After(spans[i].last) {
				spans[i].last = t
			}
		}
	}
	return spans
}

// observance is what holds after transitions of one kind.
type observance struct {
	from, to int // seconds east of UTC, before and after
	name     string
	summer   bool
	onsets   []time.Time // local time, as the clock showed it before
}

// observances are all that a zone goes through from a year before a span until years after it, by the first onset.
//
// Transitions are looked for day by day: time.Time.ZoneBounds knows them, but beyond the table of a zone, from 2038 on,
// it also bounds years in which nothing changes, and stands still in leap years (Go 1.26).
func (s span) observances() []observance {
	var all []observance
	add := func(onset time.Time, from, to int, name string, summer bool) {
		i := slices.IndexFunc(all, func(o observance) bool {
			return o.from == from && o.to == to && o.name == name && o.summer == summer
		})
		if i < 0 {
			all = append(all, observance{from: from, to: to, name: name, summer: summer})
			i = len(all) - 1
		}
		all[i].onsets = append(all[i].onsets, onset)
	}
	day := s.first.In(s.zone).AddDate(-1, -1, 0).Truncate(time.Second)
	name, offset := day.Zone()
	add(time.Date(min(1970, day.Year()), 1, 1, 0, 0, 0, 0, time.UTC), offset, offset, name, day.IsDST())
	for day.Year() <= s.horizon() {
		next := day.AddDate(0, 0, 1)
		if same(day, next) {
			day = next
			continue
		}
		seconds := sort.Search(int(next.Sub(day)/time.Second), func(n int) bool { return !same(day, day.Add(time.Duration(n)*time.Second)) })
		at := day.Add(time.Duration(seconds) * time.Second)
		_, from := day.Zone()
		name, to := at.Zone()
		add(at.In(time.FixedZone("", from)), from, to, name, at.IsDST())
		day = at
	}
	if len(all) > 1 && !all[1].onsets[0].After(s.first) {
		all = all[1:] // something else holds from before the first event on
	}
	return all
}

// same reports whether the same holds in a zone at two instants.
func same(a, b time.Time) bool {
	nameA, offsetA := a.Zone()
	nameB, offsetB := b.Zone()
	return nameA == nameB && offsetA == offsetB && a.IsDST() == b.IsDST()
}

// horizon is the last year that is looked at.
func (s span) horizon() int { return s.last.In(s.zone).Year() + ahead }

// yearly returns the rule by which the onsets return each year, up to the horizon and so for good; "" if there is none.
func (o observance) yearly(horizon int) string {
	first := o.onsets[0]
	if o.onsets[len(o.onsets)-1].Year() < horizon || len(o.onsets) < 2 {
		return ""
	}
	week := func(t time.Time) int { return (t.Day() + 6) / 7 }
	nth, last := week(first), true
	for i, t := range o.onsets {
		if t.Year() != first.Year()+i || t.Month() != first.Month() || t.Weekday() != first.Weekday() || t.Format("150405") != first.Format("150405") {
			return ""
		}
		if week(t) != nth {
			nth = 0
		}
		last = last && t.AddDate(0, 0, 7).Month() != t.Month()
	}
	if last {
		nth = -1
	}
	if nth == 0 {
		return ""
	}
	day := []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}[first.Weekday()]
	return fmt.Sprintf("FREQ=YEARLY;BYMONTH=%d;BYDAY=%d%s", first.Month(), nth, day)
}

// zone writes a VTIMEZONE. Onsets without a rule are written one by one: of a list of them (RDATE), ical.js leaves out the
// first.
func (w *writer) zone(s span) {
	w.line("BEGIN:VTIMEZONE")
	w.text("TZID", s.zone.String())
	for _, o := range s.observances() {
		if rule := o.yearly(s.horizon()); rule != "" {
			w.observance(o, o.onsets[0], rule)
			continue
		}
		for _, onset := range o.onsets {
			w.observance(o, onset, "")
		}
	}
	w.line("END:VTIMEZONE")
}

func (w *writer) observance(o observance, onset time.Time, rule string) {
	kind := "STANDARD"
	if o.summer {
		kind = "DAYLIGHT"
	}
	w.line("BEGIN:" + kind)
	w.line("DTSTART:" + onset.Format(local))
	if rule != "" {
		w.line("RRULE:" + rule)
	}
	w.line("TZOFFSETFROM:" + offset(o.from))
	w.line("TZOFFSETTO:" + offset(o.to))
	w.text("TZNAME", o.name)
	w.line("END:" + kind)
}

// offset writes seconds east of UTC: "+0100".
func offset(seconds int) string {
	sign := "+"
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	text := fmt.Sprintf("%s%02d%02d", sign, seconds/3600, seconds/60%60)
	if rest := seconds % 60; rest != 0 {
		text += strconv.Itoa(rest/10) + strconv.Itoa(rest%10)
	}
	return text
}

// twice reports whether the clock shows this time twice, because it is put back.
func twice(t time.Time) bool {
	const near = 3 * time.Hour
	_, before := t.Add(-near).Zone()
	_, after := t.Add(near).Zone()
	back := time.Duration(before-after) * time.Second
	if back <= 0 {
		return false
	}
	_, now := t.Zone()
	_, earlier := t.Add(-back).Zone()
	_, later := t.Add(back).Zone()
	return now == after && earlier == before || now == before && later == after
}
