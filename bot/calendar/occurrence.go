package calendar

import (
	"iter"
	"time"
)

// Occurrence is one time that a rhythm returns.
type Occurrence struct {
	Planned Date      // by the rhythm; it names the occurrence, also when it moved
	At      time.Time // when it really is, in the rhythm's zone; when it would have been, if it is skipped
	Reason  string    // why it moved or is skipped, in German: "Allerheiligen"; empty if it is as planned
	Skipped bool      // it does not take place
}

// Occurrences are the rhythm's planned dates from the first not before from until the last not after until, in order.
// Those on a day off are moved by the shift, where they may leave the span. Two never take place on the same date:
// one that would move onto another is skipped, first the moved, then the later one, whatever the span.
func Occurrences(r Rhythm, days Days, shift Shift, from, until Date) iter.Seq[Occurrence] {
	return func(yield func(Occurrence) bool) {
		for day := range r.Dates(from) {
			if day.After(until) || !yield(r.occurrence(day, days, shift)) {
				return
			}
		}
	}
}

func (r Rhythm) occurrence(day Date, days Days, shift Shift) Occurrence {
	o := Occurrence{Planned: day, At: day.At(r.at, r.zone)}
	why, off := days.Off(day)
	if !off || shift == ShiftKeep {
		return o
	}
	o.Reason = why
	to := days.Add(day, 1)
	if shift == ShiftPrevious {
		to = days.Add(day, -1)
	}
	// What is planned between the last working day and this one moves to the same date.
	if shift == ShiftSkip || r.planned(to.AddDays(-1), to.AddDays(1)) || r.planned(days.Add(day, -1), day) {
		o.Skipped = true
		return o
	}
	o.At = to.At(r.at, r.zone)
	return o
}
