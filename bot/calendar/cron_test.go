package calendar

import (
	"strings"
	"testing"
	"time"

	"github.com/robfig/cron/v3"
	"pgregory.net/rapid"
)

// firings are the local dates and times from one instant until another, as text.
func firings(s cron.Schedule, after, until time.Time) string {
	var texts []string
	for t := s.Next(after); !t.IsZero() && !t.After(until); t = s.Next(t) {
		texts = append(texts, t.Format("01-02T15:04-07"))
	}
	return strings.Join(texts, " ")
}

func TestCron(t *testing.T) {
	for _, test := range []struct{ expr, after, until, want string }{
		{"30 2 * * *", "2027-03-27 00:00", "2027-03-30 00:00", "03-27T02:30+01 03-28T03:00+02 03-29T02:30+02"}, // skipped by the clock
		{"30 2 * * *", "2026-10-24 00:00", "2026-10-27 00:00", "10-24T02:30+02 10-25T02:30+02 10-26T02:30+01"}, // comes twice
		{"0,20,40 2 * * *", "2027-03-28 00:00", "2027-03-28 23:59", "03-28T03:00+02"},                          // all of them in the gap
		{"*/30 1-3 * * *", "2027-03-28 00:00", "2027-03-28 23:59", "03-28T01:00+01 03-28T01:30+01 03-28T03:00+02 03-28T03:30+02"},
		{"*/30 1-3 * * *", "2026-10-25 00:00", "2026-10-25 23:59", "10-25T01:00+02 10-25T01:30+02 10-25T02:00+02 10-25T02:30+02 10-25T03:00+01 10-25T03:30+01"},
		{"0 9 * * mon-fri", "2026-11-26 10:00", "2026-12-01 10:00", "11-27T09:00+01 11-30T09:00+01 12-01T09:00+01"}, // weekdays
		{"0 9 1 * mon", "2026-11-23 10:00", "2026-12-08 10:00", "11-30T09:00+01 12-01T09:00+01 12-07T09:00+01"},     // either of both
		{"0 9 */2 * *", "2026-11-28 10:00", "2026-12-03 10:00", "11-29T09:00+01 12-01T09:00+01 12-03T09:00+01"},     // every other day of a month
		{"0 9 31 * *", "2026-11-23 10:00", "2027-02-10 10:00", "12-31T09:00+01 01-31T09:00+01"},                     // months without are left out
		{"0 9 29 2 *", "2096-03-01 10:00", "2104-12-31 10:00", "02-29T09:00+01"},                                    // eight years
		{"@monthly", "2026-11-23 10:00", "2027-01-01 10:00", "12-01T00:00+01 01-01T00:00+01"},                       // by name
		{"0 9 * * *", "2026-11-25 09:00", "2026-11-25 23:00", ""},                                                   // strictly after
	} {
		s, err := Cron(test.expr, berlin)
		if err != nil {
			t.Errorf("%s: %v", test.expr, err)
			continue
		}
		// Whatever zone the question is asked in.
		if got := firings(s, local(test.after).UTC(), local(test.until)); got != test.want {
			t.Errorf("%s after %s: %s, want %s", test.expr, test.after, got, test.want)
		}
	}
}

func TestCronRefused(t *testing.T) {
	for _, test := range []struct{ expr, says string }{
		{"0 9 30 2 *", "no such day"},            // never
		{", 9 * * *", "no such day"},             // an empty list
		{"@every 1h", "interval"},                // from when?
		{"CRON_TZ=Asia/Tokyo 0 9 * * *", "zone"}, // given apart
		{"TZ=UTC", "zone"},                       // likewise
		{"0 9 * *", "5 fields"},                  // one is missing
		{"0 25 * * *", "25"},                     // no such hour
		{"täglich", "täglich"},                   // no expression
		{"", `""`},
	} {
		if _, err := Cron(test.expr, berlin); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%q: %v; want an error about %s", test.expr, err, test.says)
		}
	}
	if _, err := Cron("0 9 * * *", nil); err == nil {
		t.Error("no error without a zone")
	}
}

// In UTC, where no clock is ever changed, the bare library says which local times an expression means. Each of them
// comes in Berlin, at the same local time if there is one, and once.
func TestCronFiresOncePerLocalTime(t *testing.T) {
	minutes := rapid.SampledFrom([]string{"0", "30", "*/15", "5,30", "*"})
	hours := rapid.SampledFrom([]string{"0", "2", "1-3", "*", "9", "2,14"})
	doms := rapid.SampledFrom([]string{"*", "25-31", "1", "*/3", "?", "29"})
	months := rapid.SampledFrom([]string{"*", "3,10", "2", "oct"})
	dows := rapid.SampledFrom([]string{"*", "sun", "mon-fri", "0,3"})
	rapid.Check(t, func(t *rapid.T) {
		expr := strings.Join([]string{minutes.Draw(t, "minute"), hours.Draw(t, "hour"), doms.Draw(t, "dom"), months.Draw(t, "month"), dows.Draw(t, "dow")}, " ")
		s, err := Cron(expr, berlin)
		if err != nil {
			t.Fatal(err)
		}
		bare, err := cron.ParseStandard("CRON_TZ=UTC " + expr)
		if err != nil {
			t.Fatal(err)
		}
		start := anyDate().Draw(t, "start")
		wall := start.midnight().Add(-time.Second)
		got := start.At(Clock{}, berlin).Add(-time.Second)
		for range 300 {
			wall = bare.Next(wall)
			if wall.IsZero() {
				return
			}
			want := DateOf(wall).At(Clock{wall.Hour(), wall.Minute()}, berlin)
			if want.Equal(got) { // together with others after the gap
				continue
			}
			if got = s.Next(got); !got.Equal(want) {
				t.Fatalf("%s: %s, want %s", expr, got, want)
			}
		}
	})
}

// Each local date that the day fields match comes once, for one time of day, whatever the time and the year.
func TestCronFiresOncePerDate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at, day := anyClock().Draw(t, "at"), anyDate().Draw(t, "start")
		s, err := Cron(strings.Join([]string{at.String()[3:], at.String()[:2], "* * *"}, " "), berlin)
		if err != nil {
			t.Fatal(err)
		}
		now := day.At(Clock{}, berlin).Add(-time.Nanosecond)
		for range 400 {
			if now = s.Next(now); DateOf(now) != day {
				t.Fatalf("daily at %s: %s, want %s", at, now, day)
			}
			day = day.AddDays(1)
		}
	})
}

func FuzzCron(f *testing.F) {
	for _, expr := range []string{"30 2 * * *", "@daily", "*/7 1-23/3 ? jan-jun 0", ",,,, , , , ,", "1/9223372036854775807 * * * *", "TZ= * * * * *"} {
		f.Add(expr)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		s, err := Cron(expr, berlin)
		if err != nil {
			return
		}
		now := local("2026-10-25 00:00")
		for range 50 {
			next := s.Next(now)
			if !next.After(now) {
				t.Fatalf("%q: after %s comes %s", expr, now, next)
			}
			now = next
		}
	})
}
