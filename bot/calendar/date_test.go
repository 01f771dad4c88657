package calendar

import (
	"encoding/json"
	"errors"
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"
)

// berlin is the zone of every German city.
var berlin = mustZone("Europe/Berlin")

func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return zone
}

// on is a date in a test's table.
func on(s string) Date {
	d, err := ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// local is an instant in Berlin, written as the clock on the wall shows it.
func local(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", s, berlin)
	if err != nil {
		panic(err)
	}
	return t
}

// anyDate draws dates around leap days, year ends and both summer-time changes more often than others.
func anyDate() *rapid.Generator[Date] {
	return rapid.OneOf(
		rapid.Custom(func(t *rapid.T) Date { return on("2019-01-01").AddDays(rapid.IntRange(0, 30*365).Draw(t, "days")) }),
		rapid.Custom(func(t *rapid.T) Date {
			year := rapid.IntRange(2019, 2048).Draw(t, "year")
			edge := rapid.SampledFrom([]Date{{year, 2, 28}, {year, 12, 31}, {year, 3, 28}, {year, 10, 28}}).Draw(t, "edge")
			return edge.AddDays(rapid.IntRange(-4, 4).Draw(t, "beside"))
		}))
}

func anyClock() *rapid.Generator[Clock] {
	return rapid.Custom(func(t *rapid.T) Clock {
		return Clock{rapid.IntRange(0, 23).Draw(t, "hour"), rapid.IntRange(0, 59).Draw(t, "minute")}
	})
}

func TestParseDate(t *testing.T) {
	for _, test := range []struct{ in, want, near string }{
		{"2026-11-25", "2026-11-25", ""}, // ISO
		{"25.11.2026", "2026-11-25", ""}, // German
		{"25.11.26", "2026-11-25", ""},   // two digits are this century
		{"5.1.2027", "2027-01-05", ""},   // without zeros
		{"5. 1. 2027", "2027-01-05", ""}, // as typists do
		{"29.02.2028", "2028-02-29", ""}, // a leap day
		{"29.02.2027", "", "2027-02-28"}, // no leap year
		{"2026-11-31", "", "2026-11-30"}, // a month of 30 days
		{"2026-13-01", "", ""},           // no month
		{"0000-01-01", "", ""},           // no year
		{"2026-11-00", "", ""},           // no day
		{"25.11.", "", ""},               // not whole
		{"2026-1-5", "", ""},             // not ISO
		{"", "", ""},
	} {
		got, err := ParseDate(test.in)
		if got.String() != test.want || (err == nil) != (test.want != "") {
			t.Errorf("ParseDate(%q) = %q, %v; want %q", test.in, got, err, test.want)
		}
		if wrong, ok := errors.AsType[*InputError](err); err != nil && (!ok || wrong.Nearest != test.near || wrong.Want == "") {
			t.Errorf("ParseDate(%q): %v; want an InputError that suggests %q", test.in, err, test.near)
		}
	}
}

func TestDateText(t *testing.T) {
	type row struct {
		Day   Date
		None  Date
		Clock Clock
		Land  Land
		Shift Shift
		Free  FreeDay
		Count map[Date]int
	}
	rosenmontag, err := ParseFreeDay("Rosenmontag")
	if err != nil {
		t.Fatal(err)
	}
	in := row{on("2026-11-25"), Date{}, Clock{9, 5}, "NW", ShiftKeep, rosenmontag, map[Date]int{on("2027-01-01"): 1}}
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"Day":"2026-11-25","None":"","Clock":"09:05","Land":"NW","Shift":"keep","Free":"Rosenmontag","Count":{"2027-01-01":1}}`
	if string(text) != want {
		t.Errorf("marshalled\n%s, want\n%s", text, want)
	}
	var out row
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	if out.Day != in.Day || !out.None.IsZero() || out.Clock != in.Clock || out.Land != in.Land || out.Shift != in.Shift ||
		out.Free != in.Free || out.Count[on("2027-01-01")] != 1 {
		t.Errorf("read back %+v, want %+v", out, in)
	}
	for _, bad := range []string{`{"Day":"morgen"}`, `{"Clock":"9"}`, `{"Land":"Preußen"}`, `{"Shift":"later"}`, `{"Free":"Montag"}`} {
		if err := json.Unmarshal([]byte(bad), &out); err == nil {
			t.Errorf("no error for %s", bad)
		}
	}
}

func TestDateArithmetic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, n := anyDate().Draw(t, "date"), rapid.IntRange(-2000, 2000).Draw(t, "n")
		later := d.AddDays(n)
		if got := later.Sub(d); got != n {
			t.Errorf("%s + %d days - %s = %d days", d, n, d, got)
		}
		if later.After(d) != (n > 0) || later.Before(d) != (n < 0) || (later == d) != (n == 0) {
			t.Errorf("order of %s and %s is wrong", d, later)
		}
		if got, want := int(later.Weekday()), ((int(d.Weekday())+n)%7+7)%7; got != want {
			t.Errorf("%s is weekday %d, want %d", later, got, want)
		}
		if again := on(later.String()); again != later || on(later.german()) != later {
			t.Errorf("%s reads as %s", later, again)
		}
	})
}

func TestDateAt(t *testing.T) {
	for _, test := range []struct {
		zone, date string
		clock      Clock
		want       string
	}{
		{"Europe/Berlin", "2026-11-25", Clock{10, 0}, "2026-11-25T10:00:00+01:00"},       // an ordinary day
		{"Europe/Berlin", "2027-03-28", Clock{1, 59}, "2027-03-28T01:59:00+01:00"},       // before summer time begins
		{"Europe/Berlin", "2027-03-28", Clock{2, 0}, "2027-03-28T03:00:00+02:00"},        // the gap's first minute
		{"Europe/Berlin", "2027-03-28", Clock{2, 59}, "2027-03-28T03:00:00+02:00"},       // the gap's last minute
		{"Europe/Berlin", "2027-03-28", Clock{3, 0}, "2027-03-28T03:00:00+02:00"},        // after the gap
		{"Europe/Berlin", "2026-10-25", Clock{1, 59}, "2026-10-25T01:59:00+02:00"},       // before summer time ends
		{"Europe/Berlin", "2026-10-25", Clock{2, 0}, "2026-10-25T02:00:00+02:00"},        // twice, the first
		{"Europe/Berlin", "2026-10-25", Clock{2, 59}, "2026-10-25T02:59:00+02:00"},       // twice, the first
		{"Europe/Berlin", "2026-10-25", Clock{3, 0}, "2026-10-25T03:00:00+01:00"},        // once again
		{"Africa/Cairo", "2027-04-30", Clock{0, 30}, "2027-04-30T01:00:00+03:00"},        // a midnight in a gap
		{"Australia/Lord_Howe", "2026-10-04", Clock{2, 15}, "2026-10-04T02:30:00+11:00"}, // half an hour
		{"UTC", "2026-10-25", Clock{2, 30}, "2026-10-25T02:30:00Z"},                      // a zone without changes
	} {
		got := on(test.date).At(test.clock, mustZone(test.zone)).Format(time.RFC3339)
		if got != test.want {
			t.Errorf("%s at %s in %s = %s, want %s", test.date, test.clock, test.zone, got, test.want)
		}
	}
}

func TestDateAtIsTheFirstInstantNotBeforeTheWallClock(t *testing.T) {
	zones := []*time.Location{berlin, mustZone("America/New_York"), mustZone("Australia/Lord_Howe"), mustZone("Africa/Cairo")}
	rapid.Check(t, func(t *rapid.T) {
		d, c, zone := anyDate().Draw(t, "date"), anyClock().Draw(t, "clock"), rapid.SampledFrom(zones).Draw(t, "zone")
		got := d.At(c, zone)
		wall := time.Date(d.Year, d.Month, d.Day, c.Hour, c.Minute, 0, 0, time.UTC)
		if wallOf(got).Before(wall) {
			t.Fatalf("%s at %s in %s = %s, before the wall clock", d, c, zone, got)
		}
		if got.Location() != zone {
			t.Fatalf("%s at %s is in %s, want %s", d, c, got.Location(), zone)
		}
		for minutes := 1; minutes <= 180; minutes++ {
			if earlier := got.Add(-time.Duration(minutes) * time.Minute).In(zone); !wallOf(earlier).Before(wall) {
				t.Fatalf("%s at %s in %s = %s, but %s comes first", d, c, zone, got, earlier)
			}
		}
	})
}

func TestDateOf(t *testing.T) {
	night := time.Date(2026, 12, 31, 23, 30, 0, 0, time.UTC)
	if got := DateOf(night); got != on("2026-12-31") {
		t.Errorf("DateOf in UTC = %s", got)
	}
	if got := DateOf(night.In(berlin)); got != on("2027-01-01") {
		t.Errorf("DateOf in Berlin = %s", got)
	}
}
