package calendar

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// first are the first n planned dates from a date on, as text.
func first(r Rhythm, from Date, n int) []string {
	var dates []string
	for day := range r.Dates(from) {
		if len(dates) == n {
			break
		}
		dates = append(dates, day.String())
	}
	return dates
}

func TestEveryWeeks(t *testing.T) {
	r, err := EveryWeeks(3, on("2026-11-25"), Clock{10, 0}, berlin)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		from string
		want []string
	}{
		{"2026-11-25", []string{"2026-11-25", "2026-12-16", "2027-01-06"}}, // from the anchor
		{"2026-01-01", []string{"2026-11-25", "2026-12-16", "2027-01-06"}}, // nothing before the anchor
		{"2026-11-26", []string{"2026-12-16", "2027-01-06", "2027-01-27"}}, // the day after
		{"2026-12-16", []string{"2026-12-16", "2027-01-06", "2027-01-27"}}, // a planned date itself
		{"2027-03-27", []string{"2027-03-31", "2027-04-21", "2027-05-12"}}, // over the beginning of summer time
		{"9999-12-01", []string{"9999-12-08", "9999-12-29"}},               // until the end of the calendar
	} {
		if got := first(r, on(test.from), 3); !slices.Equal(got, test.want) {
			t.Errorf("from %s: %v, want %v", test.from, got, test.want)
		}
	}
	if r.Clock() != (Clock{10, 0}) || r.Zone() != berlin {
		t.Errorf("it is at %s in %s", r.Clock(), r.Zone())
	}
}

func TestRhythmNext(t *testing.T) {
	r, err := EveryWeeks(1, on("2026-10-18"), Clock{2, 30}, berlin) // Sundays, when summer time begins and ends
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ after, want string }{
		{"2020-01-01T00:00:00Z", "2026-10-18T02:30:00+02:00"},      // long before
		{"2026-10-18T00:29:59Z", "2026-10-18T02:30:00+02:00"},      // a second before
		{"2026-10-18T00:30:00Z", "2026-10-25T02:30:00+02:00"},      // at the instant: the next one
		{"2026-10-25T00:30:00Z", "2026-11-01T02:30:00+01:00"},      // half past two comes a second time: not again
		{"2026-10-25T01:00:00Z", "2026-11-01T02:30:00+01:00"},      // nor between the two
		{"2027-03-22T00:00:00Z", "2027-03-28T03:00:00+02:00"},      // half past two does not come: after the gap
		{"2027-03-28T03:00:00+02:00", "2027-04-04T02:30:00+02:00"}, // and then as ever
		{"2027-01-02T23:30:00Z", "2027-01-03T02:30:00+01:00"},      // already the next date in Berlin
	} {
		after, err := time.Parse(time.RFC3339, test.after)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Next(after).Format(time.RFC3339); got != test.want {
			t.Errorf("after %s: %s, want %s", test.after, got, test.want)
		}
	}
}

func TestTheZeroRhythmNeverReturns(t *testing.T) {
	var r Rhythm
	if got := r.Next(local("2026-11-25 10:00")); !got.IsZero() {
		t.Errorf("it returns at %s", got)
	}
	if got := first(r, Date{}, 1); got != nil {
		t.Errorf("it returns on %s", got)
	}
}

func TestRhythmsRefused(t *testing.T) {
	day, at := on("2026-11-25"), Clock{10, 0}
	for name, err := range map[string]error{
		"no weeks":       second(EveryWeeks(0, day, at, berlin)),
		"too many weeks": second(EveryWeeks(521, day, at, berlin)),
		"no anchor":      second(EveryWeeks(3, Date{}, at, berlin)),
		"no such anchor": second(EveryWeeks(3, Date{2026, 2, 30}, at, berlin)),
		"no such time":   second(EveryWeeks(3, day, Clock{24, 0}, berlin)),
		"no zone":        second(EveryWeeks(3, day, at, nil)),
		"rule, no start": second(Rule("FREQ=DAILY", Date{}, at, berlin)),
		"rule, no zone":  second(Rule("FREQ=DAILY", day, at, nil)),
		"rule, no time":  second(Rule("FREQ=DAILY", day, Clock{9, 60}, berlin)),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestEveryWeeksKeepsItsDistance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weeks, anchor, at := rapid.IntRange(1, 8).Draw(t, "weeks"), anyDate().Draw(t, "anchor"), anyClock().Draw(t, "at")
		r, err := EveryWeeks(weeks, anchor, at, berlin)
		if err != nil {
			t.Fatal(err)
		}
		now := anchor.AddDays(-1).At(at, berlin)
		for n := range 120 { // over both changes of summer time, a year's end, and often a leap day
			next := r.Next(now)
			planned := anchor.AddDays(7 * weeks * n)
			if got := DateOf(next); got != planned || got.Weekday() != anchor.Weekday() {
				t.Fatalf("%d. is on %s, want %s", n+1, got, planned)
			}
			if next != planned.At(at, berlin) || !next.After(now) {
				t.Fatalf("%d. after %s is %s, want %s on %s", n+1, now, next, at, planned)
			}
			now = next
		}
	})
}

func TestEveryWeeksIsTheWeeklyRule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weeks, anchor, at := rapid.IntRange(1, 8).Draw(t, "weeks"), anyDate().Draw(t, "anchor"), anyClock().Draw(t, "at")
		every, err := EveryWeeks(weeks, anchor, at, berlin)
		if err != nil {
			t.Fatal(err)
		}
		rule, err := Rule("FREQ=WEEKLY;INTERVAL="+string(rune('0'+weeks)), anchor, at, berlin)
		if err != nil {
			t.Fatal(err)
		}
		from := anchor.AddDays(rapid.IntRange(-100, 1000).Draw(t, "from"))
		if got, want := first(rule, from, 10), first(every, from, 10); !slices.Equal(got, want) {
			t.Errorf("from %s the rule gives %v, EveryWeeks %v", from, got, want)
		}
	})
}
