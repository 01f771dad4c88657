package calendar

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestRule(t *testing.T) {
	for _, test := range []struct {
		rule, start, at string
		want            string
	}{
		{"FREQ=MONTHLY;BYDAY=1TH", "2026-11-01", "10:00", "2026-11-05 2026-12-03 2027-01-07 2027-02-04"},                        // the first Thursday
		{"RRULE:FREQ=MONTHLY;BYDAY=1TH", "2026-11-05", "10:00", "2026-11-05 2026-12-03 2027-01-07 2027-02-04"},                  // with its name
		{" freq=monthly;byday=-1fr ", "2026-11-01", "10:00", "2026-11-27 2026-12-25 2027-01-29 2027-02-26"},                     // the last Friday, sloppy
		{"FREQ=MONTHLY;BYMONTHDAY=31", "2026-11-01", "10:00", "2026-12-31 2027-01-31 2027-03-31 2027-05-31"},                    // months without are left out
		{"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2026-11-01", "10:00", "2028-02-29 2032-02-29 2036-02-29 2040-02-29"},           // leap days
		{"FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH", "2026-11-03", "10:00", "2026-11-03 2026-11-05 2026-11-17 2026-11-19"},            // two days of every other week
		{"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2026-11-01", "10:00", "2026-11-30 2026-12-31 2027-01-29 2027-02-26"}, // the last weekday
		{"FREQ=DAILY;COUNT=2", "2026-12-31", "10:00", "2026-12-31 2027-01-01"},                                                  // it ends
		{"FREQ=WEEKLY;COUNT=3", "2026-10-18", "02:30", "2026-10-18 2026-10-25 2026-11-01"},                                      // over the end of summer time
		{"FREQ=WEEKLY;UNTIL=20261109", "2026-11-02", "10:00", "2026-11-02 2026-11-09"},                                          // the last date counts
		{"FREQ=WEEKLY;UNTIL=20261109T100000", "2026-11-02", "10:00", "2026-11-02 2026-11-09"},                                   // reached, in the zone
		{"FREQ=WEEKLY;UNTIL=20261109T090000", "2026-11-02", "10:00", "2026-11-02"},                                              // not reached
		{"FREQ=WEEKLY;UNTIL=20261109T090000Z", "2026-11-02", "10:00", "2026-11-02 2026-11-09"},                                  // reached, in UTC
		{"FREQ=WEEKLY;UNTIL=20261108T233000Z", "2026-11-02", "00:30", "2026-11-02 2026-11-09"},                                  // already the next date in Berlin
	} {
		at, err := ParseClock(test.at)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Rule(test.rule, on(test.start), at, berlin)
		if err != nil {
			t.Errorf("%s: %v", test.rule, err)
			continue
		}
		if got := strings.Join(first(r, on(test.start), 4), " "); got != test.want {
			t.Errorf("%s from %s: %s, want %s", test.rule, test.start, got, test.want)
		}
	}
}

func TestRuleFrom(t *testing.T) {
	r, err := Rule("FREQ=MONTHLY;BYDAY=1TH;COUNT=3", on("2026-11-01"), Clock{10, 0}, berlin)
	if err != nil {
		t.Fatal(err)
	}
	if got := first(r, on("2026-12-03"), 9); !slices.Equal(got, []string{"2026-12-03", "2027-01-07"}) {
		t.Errorf("from its second date on: %v", got)
	}
	if got := r.Next(local("2026-12-03 10:00")); !got.Equal(local("2027-01-07 10:00")) {
		t.Errorf("after the second: %s", got)
	}
	if got := r.Next(local("2027-01-07 10:00")); !got.IsZero() {
		t.Errorf("after the last: %s", got)
	}
}

func TestRulesRefused(t *testing.T) {
	for _, test := range []struct{ rule, says string }{
		{"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never comes round"}, // no such day
		{"FREQ=DAILY;UNTIL=20261101", "never comes round"},           // over before it begins
		{"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "never comes round"},  // looked for every day
		{"FREQ=HOURLY", "FREQ=HOURLY"},                               // more than once a day
		{"FREQ=DAILY;BYHOUR=9,17", "BYHOUR"},                         // likewise
		{"FREQ=MONTHLY;BYDAY=53MO", "BYDAY"},                         // no month has that
		{"FREQ=YEARLY;BYMONTH=3;BYDAY=-6MO", "BYDAY"},                // nor that
		{"FREQ=WEEKLY;BYDAY=2MO", "BYDAY"},                           // a week has one of each
		{"FREQ=WEEKLY;INTERVAL=1000", "INTERVAL"},                    // a typing error
		{"FREQ=WEEKLY;INTERVAL=0", "INTERVAL"},                       // it would not move
		{"FREQ=WEEKLY;INTERVAL=-1", "INTERVAL"},                      // nor backwards
		{"FREQ=WEEKLY;COUNT=0", "COUNT"},                             // it would not come
		{"FREQ=WEEKLY;BYEASTER=1", "BYEASTER"},                       // not in the RFC
		{"FREQ=WEEKLY;DTSTART=20261101", "DTSTART"},                  // given apart
		{"DTSTART:20261101T100000Z\nRRULE:FREQ=DAILY", "DTSTART"},    // likewise
		{"BYDAY=MO", "FREQ"},                                         // how often?
		{"FREQ=FORTNIGHTLY", "FORTNIGHTLY"},                          // unknown
		{"FREQ=DAILY;UNTIL=tomorrow", "TOMORROW"},                    // no date
		{"FREQ=DAILY;", `""`},                                        // something is missing
		{"every week", "EVERY WEEK"},                                 // no rule
		{"", `""`},
	} {
		_, err := Rule(test.rule, on("2026-11-25"), Clock{10, 0}, berlin)
		if err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%q: %v; want an error about %s", test.rule, err, test.says)
		}
	}
}

func TestMonthlyRuleGivesEachMonthOneDate(t *testing.T) {
	weekdays := []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}
	rapid.Check(t, func(t *rapid.T) {
		start, weekday, nth := anyDate().Draw(t, "start"), rapid.IntRange(0, 6).Draw(t, "weekday"), rapid.IntRange(1, 4).Draw(t, "nth")
		r, err := Rule("FREQ=MONTHLY;BYDAY="+string(rune('0'+nth))+weekdays[weekday], start, anyClock().Draw(t, "at"), berlin)
		if err != nil {
			t.Fatal(err)
		}
		last := Date{}
		for day := range r.Dates(start) {
			if int(day.Weekday()) != weekday || (day.Day-1)/7 != nth-1 || day.Before(start) {
				t.Fatalf("%s is not the %d. %s of its month from %s on", day, nth, weekdays[weekday], start)
			}
			if months := (day.Year-last.Year)*12 + int(day.Month-last.Month); !last.IsZero() && months != 1 {
				t.Fatalf("after %s comes %s", last, day)
			}
			if last = day; day.Year > start.Year+3 {
				return
			}
		}
	})
}

func FuzzRule(f *testing.F) {
	for _, rule := range []string{
		"FREQ=MONTHLY;BYDAY=1TH", "FREQ=YEARLY;BYWEEKNO=53;BYDAY=-53SU", "FREQ=YEARLY;BYYEARDAY=-366;BYSETPOS=-366", "FREQ=WEEKLY;WKST=SU;INTERVAL=520;COUNT=3",
		"FREQ=MONTHLY;BYMONTHDAY=-31;BYMONTH=2", "FREQ=DAILY;UNTIL=99991231T235959Z", "FREQ=YEARLY;BYMONTH=12;BYDAY=-5SU", "FREQ=YEARLY;BYDAY=1MO;BYWEEKNO=1",
	} {
		f.Add(rule, 0)
	}
	f.Fuzz(func(t *testing.T, rule string, days int) {
		start := on("2026-01-01").AddDays(days % 40000)
		r, err := Rule(rule, start, Clock{2, 30}, berlin)
		if err != nil {
			return
		}
		last, n := start.AddDays(-1), 0
		for day := range r.Dates(start) {
			if !day.After(last) || !day.Valid() {
				t.Fatalf("%q from %s: after %s comes %s", rule, start, last, day)
			}
			if last, n = day, n+1; n == 20 {
				break
			}
		}
	})
}
