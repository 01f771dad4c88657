package calendar

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// told is what an occurrence is, in a line.
func told(o Occurrence) string {
	line := o.Planned.String()
	switch {
	case o.Skipped:
		line += " skipped"
	case DateOf(o.At) != o.Planned:
		line += " moved to " + DateOf(o.At).String()
	}
	if o.Reason != "" {
		line += " (" + o.Reason + ")"
	}
	return line
}

func TestOccurrences(t *testing.T) {
	checks, err := EveryWeeks(3, on("2026-11-12"), Clock{10, 0}, berlin) // Thursdays, one on Heiligabend
	if err != nil {
		t.Fatal(err)
	}
	daily, err := Rule("FREQ=DAILY", on("2026-12-01"), Clock{9, 0}, berlin)
	if err != nil {
		t.Fatal(err)
	}
	weekend, err := Rule("FREQ=WEEKLY;BYDAY=SA,SU", on("2026-11-01"), Clock{9, 0}, berlin)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name        string
		rhythm      Rhythm
		shift       Shift
		from, until string
		want        []string
	}{
		{"checks move on over Christmas", checks, ShiftNext, "2026-11-13", "2027-01-20",
			[]string{"2026-12-03", "2026-12-24 moved to 2026-12-28 (Heiligabend)", "2027-01-14"}},
		{"the zero shift is the next day", checks, "", "2026-12-24", "2026-12-24",
			[]string{"2026-12-24 moved to 2026-12-28 (Heiligabend)"}},
		{"checks move before Christmas", checks, ShiftPrevious, "2026-11-13", "2027-01-20",
			[]string{"2026-12-03", "2026-12-24 moved to 2026-12-23 (Heiligabend)", "2027-01-14"}},
		{"checks do not take place", checks, ShiftSkip, "2026-12-01", "2027-01-01",
			[]string{"2026-12-03", "2026-12-24 skipped (Heiligabend)"}},
		{"checks take place all the same", checks, ShiftKeep, "2026-12-01", "2027-01-01",
			[]string{"2026-12-03", "2026-12-24"}},
		{"both ends count", checks, ShiftNext, "2026-11-12", "2026-12-03",
			[]string{"2026-11-12", "2026-12-03"}},
		{"a moved one belongs to the span of its planned date", checks, ShiftNext, "2026-12-25", "2027-01-10", nil},
		{"nothing in a span that ends before it begins", checks, ShiftNext, "2026-12-25", "2026-12-01", nil},
		{"one that would move onto another is skipped", daily, ShiftNext, "2026-12-04", "2026-12-07",
			[]string{"2026-12-04", "2026-12-05 skipped (Samstag)", "2026-12-06 skipped (Sonntag)", "2026-12-07"}},
		{"in the other direction too", daily, ShiftPrevious, "2026-12-04", "2026-12-07",
			[]string{"2026-12-04", "2026-12-05 skipped (Samstag)", "2026-12-06 skipped (Sonntag)", "2026-12-07"}},
		{"of two that move to one date the first stays", weekend, ShiftNext, "2026-12-05", "2026-12-06",
			[]string{"2026-12-05 moved to 2026-12-07 (Samstag)", "2026-12-06 skipped (Sonntag)"}},
		{"whatever the span", weekend, ShiftNext, "2026-12-06", "2026-12-06",
			[]string{"2026-12-06 skipped (Sonntag)"}},
		{"in the other direction the first stays as well", weekend, ShiftPrevious, "2026-12-05", "2026-12-06",
			[]string{"2026-12-05 moved to 2026-12-04 (Samstag)", "2026-12-06 skipped (Sonntag)"}},
	} {
		var got []string
		for o := range Occurrences(test.rhythm, duisburg, test.shift, on(test.from), on(test.until)) {
			got = append(got, told(o))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s:\n%s\nwant\n%s", test.name, strings.Join(got, "\n"), strings.Join(test.want, "\n"))
		}
	}
}

func TestOccurrencesStop(t *testing.T) {
	r, err := EveryWeeks(1, on("2026-11-25"), Clock{10, 0}, berlin)
	if err != nil {
		t.Fatal(err)
	}
	for o := range Occurrences(r, duisburg, ShiftNext, Date{}, on("9999-12-31")) {
		if want := local("2026-11-25 10:00"); !o.At.Equal(want) || o.At.Location() != berlin {
			t.Errorf("the first is at %s, want %s", o.At, want)
		}
		break
	}
}

// anyRhythm draws the kinds of rhythm that cities have, and some that get in their own way.
func anyRhythm() *rapid.Generator[Rhythm] {
	return rapid.Custom(func(t *rapid.T) Rhythm {
		start, at := anyDate().Draw(t, "start"), anyClock().Draw(t, "at")
		rule := rapid.SampledFrom([]string{"", "FREQ=MONTHLY;BYDAY=1TH", "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=FR,SA,SU", "FREQ=WEEKLY;BYDAY=SA,SU",
			"FREQ=MONTHLY;BYMONTHDAY=1", "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24,25,26,31", "FREQ=DAILY;INTERVAL=2"}).Draw(t, "rule")
		r, err := EveryWeeks(rapid.IntRange(1, 6).Draw(t, "weeks"), start, at, berlin)
		if rule != "" {
			r, err = Rule(rule, start, at, berlin)
		}
		if err != nil {
			panic(fmt.Sprint(rule, start, err))
		}
		return r
	})
}

func TestOccurrencesAreOnWorkingDaysAndNeverMeet(t *testing.T) {
	shifts := rapid.SampledFrom([]Shift{"", ShiftNext, ShiftPrevious, ShiftSkip, ShiftKeep})
	rapid.Check(t, func(t *rapid.T) {
		r, days, shift := anyRhythm().Draw(t, "rhythm"), anyDays().Draw(t, "days"), shifts.Draw(t, "shift")
		from := anyDate().Draw(t, "from")
		until := from.AddDays(rapid.IntRange(0, 200).Draw(t, "span"))
		var planned []Date
		taken := map[Date]Date{}
		inFull := map[Date]Occurrence{}
		for o := range Occurrences(r, days, shift, from, until) {
			planned = append(planned, o.Planned)
			inFull[o.Planned] = o
			date := DateOf(o.At)
			asPlanned := !o.Skipped && date == o.Planned
			if asPlanned != (o.Reason == "") {
				t.Fatalf("%s: the reason does not fit", told(o))
			}
			if why, off := days.Off(o.Planned); o.Reason != "" && (!off || why != o.Reason) {
				t.Fatalf("%s, but that day is off: %v, %q", told(o), off, why)
			}
			if o.At != date.At(r.Clock(), berlin) {
				t.Fatalf("%s is at %s, want %s", told(o), o.At, r.Clock())
			}
			if o.Skipped {
				continue
			}
			if shift != ShiftKeep && !days.Working(date) {
				t.Fatalf("%s, a day off", told(o))
			}
			if other, ok := taken[date]; ok {
				t.Fatalf("%s, where that of %s already is", told(o), other)
			}
			taken[date] = o.Planned
		}
		var want []Date
		for day := range r.Dates(from) {
			if day.After(until) {
				break
			}
			want = append(want, day)
			// What is true of one does not depend on the span that one asks about.
			for o := range Occurrences(r, days, shift, day, day) {
				if o != inFull[day] {
					t.Fatalf("alone: %s, within the span: %s", told(o), told(inFull[day]))
				}
			}
		}
		if !slices.Equal(planned, want) {
			t.Fatalf("planned dates %v, want %v", planned, want)
		}
	})
}

// A date is left out only if there is another one on the date it would move to.
func TestOccurrencesSkipOnlyWhatMeetsAnother(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, days := anyRhythm().Draw(t, "rhythm"), anyDays().Draw(t, "days")
		shift := rapid.SampledFrom([]Shift{ShiftNext, ShiftPrevious}).Draw(t, "shift")
		from := anyDate().Draw(t, "from")
		var all []Occurrence
		taken := map[Date]bool{}
		for o := range Occurrences(r, days, shift, from.AddDays(-30), from.AddDays(90)) {
			all = append(all, o)
			taken[DateOf(o.At)] = taken[DateOf(o.At)] || !o.Skipped
		}
		direction := 1
		if shift == ShiftPrevious {
			direction = -1
		}
		for _, o := range all {
			inside := o.Planned.After(from) && o.Planned.Before(from.AddDays(60)) // its neighbours were asked for, too
			if to := days.Add(o.Planned, direction); o.Skipped && inside && !taken[to] {
				t.Errorf("%s, though nothing is on %s", told(o), to)
			}
		}
	})
}
