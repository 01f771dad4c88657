package calendar

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseDay(t *testing.T) {
	const wednesday = "2026-11-25"
	for _, test := range []struct{ today, in, want, near string }{
		{wednesday, "31.12.", "2026-12-31", ""},                      // this year
		{wednesday, "31.12", "2026-12-31", ""},                       // the last dot forgotten
		{wednesday, "1.3.", "2027-03-01", ""},                        // has been, so next year
		{wednesday, "25.11.", wednesday, ""},                         // today is not before today
		{wednesday, "24.11.", "2027-11-24", ""},                      // yesterday is
		{wednesday, "31.12.2026", "2026-12-31", ""},                  // with its year
		{wednesday, "31.12.26", "2026-12-31", ""},                    // with a short year
		{wednesday, "31. 12. 2026", "2026-12-31", ""},                // with spaces
		{wednesday, "2026-12-31", "2026-12-31", ""},                  // ISO
		{wednesday, "1.1.2020", "2020-01-01", ""},                    // a year says it all, even the past
		{wednesday, "31. Dezember", "2026-12-31", ""},                // in words
		{wednesday, "31. dezember 2027", "2027-12-31", ""},           // with a year
		{wednesday, "31 Dez", "2026-12-31", ""},                      // short
		{wednesday, "1. März", "2027-03-01", ""},                     // an umlaut
		{wednesday, "1. Maerz", "2027-03-01", ""},                    // written out
		{wednesday, "31 December", "2026-12-31", ""},                 // English
		{wednesday, "heute", wednesday, ""},                          //
		{wednesday, "Morgen", "2026-11-26", ""},                      // any case
		{wednesday, "übermorgen", "2026-11-27", ""},                  //
		{wednesday, "uebermorgen", "2026-11-27", ""},                 // without umlauts
		{wednesday, "tomorrow", "2026-11-26", ""},                    // English
		{wednesday, "Freitag", "2026-11-27", ""},                     // the next one
		{wednesday, "Mittwoch", "2026-12-02", ""},                    // not today: that would be "heute"
		{wednesday, "Dienstag", "2026-12-01", ""},                    // next week's
		{wednesday, "Sonnabend", "2026-11-28", ""},                   // as the north says
		{wednesday, "Fr.", "2026-11-27", ""},                         // short
		{wednesday, "am Freitag", "2026-11-27", ""},                  // with small words
		{wednesday, "bis zum 31.12.", "2026-12-31", ""},              // with two of them
		{wednesday, "Freitag, 27.11.", "2026-11-27", ""},             // both, and they agree
		{wednesday, "Fr., den 27. November", "2026-11-27", ""},       // likewise
		{wednesday, "Donnerstag, 27.11.", "", "Freitag, 27.11.2026"}, // they do not agree
		{"2026-11-28", "29.2.", "2028-02-29", ""},                    // the next leap year
		{"2096-03-01", "29.2.", "2104-02-29", ""},                    // 2100 is none
		{"2026-12-31", "morgen", "2027-01-01", ""},                   // over the year's end
		{wednesday, "31.11.", "", "30.11."},                          // no such day
		{wednesday, "29.2.2027", "", "28.02.2027"},                   // not in that year
		{wednesday, "31. Juni", "", "30.06."},                        // no such day, in words
		{wednesday, "Freitg", "", "Freitag"},                         // a slip
		{wednesday, "3. Dezmeber", "", "3. Dezember"},                // another
		{wednesday, "32. Dezmeber 2027", "", "31.12.2027"},           // two at once
		{wednesday, "0. Dezmeber", "", ""},                           // two that no date is near to
		{wednesday, "30.2.", "", "28.02."},                           // the next February, not the next leap year
		{wednesday, " 31.\u00a0Dezember ", "2026-12-31", ""},         // a space that does not break
		{wednesday, "1. Ma\u0308rz", "2027-03-01", ""},               // an umlaut in two code points
		{wednesday, "Urlaub 27.11.", "", ""},                         // not a weekday before it
		{wednesday, "nächsten Freitag", "", ""},                      // people do not agree which one that is
		{wednesday, "31.13.", "", ""},                                // no month
		{wednesday, "0.1.", "", ""},                                  // no day
		{wednesday, "27", "", ""},                                    // a number is no day
		{wednesday, "bald", "", ""},                                  //
		{wednesday, "", "", ""},                                      //
	} {
		got, err := ParseDay(test.in, on(test.today))
		if got.String() != test.want || (err == nil) != (test.want != "") {
			t.Errorf("on %s: ParseDay(%q) = %q, %v; want %q", test.today, test.in, got, err, test.want)
			continue
		}
		if wrong, ok := errors.AsType[*InputError](err); err != nil && (!ok || wrong.Nearest != test.near) {
			t.Errorf("on %s: ParseDay(%q): %v; want the suggestion %q", test.today, test.in, err, test.near)
		}
	}
}

func TestParseDayWithoutYearIsTheNextOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		today, ahead := anyDate().Draw(t, "today"), rapid.IntRange(0, 364).Draw(t, "ahead")
		want := today.AddDays(ahead)
		if got, err := ParseDay(want.german()[:6], today); err != nil || got != want {
			t.Errorf("on %s: %s = %s, %v; want %s", today, want.german()[:6], got, err, want)
		}
		inWords := strings.TrimLeft(want.german()[:3], "0") + " " + germanMonths[want.Month]
		if got, err := ParseDay(inWords, today); err != nil || got != want {
			t.Errorf("on %s: %s = %s, %v; want %s", today, inWords, got, err, want)
		}
		if ahead < 1 || ahead > 7 {
			return
		}
		if got, err := ParseDay(german[want.Weekday()], today); err != nil || got != want {
			t.Errorf("on %s: %s = %s, %v; want %s", today, german[want.Weekday()], got, err, want)
		}
	})
}

func FuzzParseDay(f *testing.F) {
	for _, s := range []string{"31.12.", "31. Dezember 2026", "Fr., den 27. November", "2026-11-25", "übermorgen", "am Freitag", "29.2.", "31.11.", "\xff.1.", "Fr.  den 00.aNoaaABer", "32. Dezembr 2027", "Mo 31.11.27"} {
		f.Add(s, 100)
	}
	f.Fuzz(func(t *testing.T, s string, days int) {
		today := on("2026-01-01").AddDays(days % 40000)
		got, err := ParseDay(s, today)
		if err != nil {
			wrong, ok := errors.AsType[*InputError](err)
			if !ok || wrong.Input != s || wrong.Error() == "" || !got.IsZero() {
				t.Fatalf("ParseDay(%q) = %s, %#v", s, got, err)
			}
			// What is suggested is understood.
			if _, err := ParseDay(wrong.Nearest, today); wrong.Nearest != "" && err != nil {
				t.Fatalf("ParseDay(%q) suggests %q: %v", s, wrong.Nearest, err)
			}
			return
		}
		if !got.Valid() {
			t.Fatalf("ParseDay(%q) = %+v, no such date", s, got)
		}
		if again, err := ParseDay(got.String(), today); err != nil || again != got {
			t.Fatalf("ParseDay(%q) = %s, which reads as %s, %v", s, got, again, err)
		}
	})
}
