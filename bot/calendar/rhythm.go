package calendar

import (
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/robfig/cron/v3"
)

// Rhythm is something that returns, always at the same local time. It is planned in local dates, so that summer time
// does not move it. The zero value never returns.
type Rhythm struct {
	at    Clock
	zone  *time.Location
	dates func(from Date) iter.Seq[Date] // ascending, each once
}

var _ cron.Schedule = Rhythm{}

// EveryWeeks returns on the anchor's weekday every so many weeks; the anchor is the first date.
func EveryWeeks(weeks int, anchor Date, at Clock, zone *time.Location) (Rhythm, error) {
	if weeks < 1 || weeks > 520 {
		return Rhythm{}, fmt.Errorf("rhythm of %d weeks: want 1 to 520", weeks)
	}
	if err := validStart(anchor, at, zone); err != nil {
		return Rhythm{}, err
	}
	step := 7 * weeks
	return Rhythm{at, zone, func(from Date) iter.Seq[Date] {
		first := anchor
		if late := from.Sub(anchor); late > 0 {
			first = anchor.AddDays((late + step - 1) / step * step)
		}
		return func(yield func(Date) bool) {
			for day := first; day.Valid() && yield(day); day = day.AddDays(step) {
			}
		}
	}}, nil
}

// validStart refuses what no rhythm can begin with.
func validStart(start Date, at Clock, zone *time.Location) error {
	switch {
	case zone == nil:
		return errors.New("rhythm without a time zone")
	case !start.Valid():
		return fmt.Errorf("rhythm from %d-%d-%d: no such date", start.Year, start.Month, start.Day)
	case !at.Valid():
		return fmt.Errorf("rhythm at %s: no such time", at)
	}
	return nil
}

// Clock is the local time of day at which it returns.
func (r Rhythm) Clock() Clock { return r.at }

// Zone is the time zone of its local dates and time; nil for the zero value.
func (r Rhythm) Zone() *time.Location { return r.zone }

// Dates are the planned local dates, ascending, from the first not before from; without end, if the rule has none
// (then up to the year 9999, or a hundred years after its start for a Rule).
func (r Rhythm) Dates(from Date) iter.Seq[Date] {
	if r.dates == nil {
		return func(func(Date) bool) {}
	}
	return r.dates(from)
}

// Next is the first planned instant after t, in the rhythm's zone; the zero time if there is none.
func (r Rhythm) Next(t time.Time) time.Time {
	if r.dates == nil {
		return time.Time{}
	}
	for day := range r.dates(DateOf(t.In(r.zone))) {
		if at := day.At(r.at, r.zone); at.After(t) {
			return at
		}
	}
	return time.Time{}
}

// planned reports whether it returns on one of the dates after the first and before the second.
func (r Rhythm) planned(after, before Date) bool {
	for day := range r.Dates(after.AddDays(1)) {
		return day.Before(before)
	}
	return false
}
