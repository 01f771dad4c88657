package calendar

import (
	"testing"

	"pgregory.net/rapid"
)

// duisburg is a city of the Rhineland with its own free days.
var duisburg = NewDays("NW", free("Rosenmontag"), free("24.12."), free("31.12."), free("2026-11-27 Umzug"))

func free(s string) FreeDay {
	f, err := ParseFreeDay(s)
	if err != nil {
		panic(err)
	}
	return f
}

// anyDays draws a Land and some free days.
func anyDays() *rapid.Generator[Days] {
	return rapid.Custom(func(t *rapid.T) Days {
		land := rapid.SampledFrom(append(Lands(), "")).Draw(t, "land")
		all := []FreeDay{free("Rosenmontag"), free("24.12."), free("27.12."), free("31.12."), free("Weiberfastnacht"), free("29.2."), free("2026-11-27")}
		return NewDays(land, rapid.SliceOfN(rapid.SampledFrom(all), 0, 5).Draw(t, "free")...)
	})
}

func TestOff(t *testing.T) {
	for _, test := range []struct{ day, want string }{
		{"2026-11-25", ""},                     // a Wednesday
		{"2026-11-28", "Samstag"},              //
		{"2026-11-29", "Sonntag"},              //
		{"2026-11-01", "Allerheiligen"},        // a Sunday too, but this says more
		{"2026-02-16", "Rosenmontag"},          // the city's own, movable
		{"2027-02-08", "Rosenmontag"},          // and it moves
		{"2026-12-24", "Heiligabend"},          // the city's own, every year
		{"2026-12-25", "Erster Weihnachtstag"}, // by law
		{"2026-11-27", "Umzug"},                // once
		{"2027-11-27", "Samstag"},              // only once
		{"2026-11-18", ""},                     // Buß- und Bettag is in Sachsen
	} {
		why, off := duisburg.Off(on(test.day))
		if why != test.want || off != (test.want != "") {
			t.Errorf("%s is off: %v, %q; want %q", test.day, off, why, test.want)
		}
		if duisburg.Working(on(test.day)) == off {
			t.Errorf("%s is both a working day and off, or neither", test.day)
		}
	}
	if got := duisburg.Land(); got != "NW" {
		t.Errorf("Land is %q", got)
	}
}

func TestAddWorkingDays(t *testing.T) {
	for _, test := range []struct {
		day  string
		n    int
		want string
	}{
		{"2026-11-23", 1, "2026-11-24"},  // within a week
		{"2026-11-23", 0, "2026-11-23"},  // none
		{"2026-11-26", 1, "2026-11-30"},  // over the removal and a weekend
		{"2026-11-30", -1, "2026-11-26"}, // and back
		{"2026-11-28", 1, "2026-11-30"},  // from a Saturday
		{"2026-11-28", -1, "2026-11-26"}, // and the other way
		{"2026-11-28", 0, "2026-11-28"},  // none, though it is off
		{"2026-12-23", 1, "2026-12-28"},  // over Christmas
		{"2026-12-30", 1, "2027-01-04"},  // over the year's end
		{"2027-03-30", -1, "2027-03-25"}, // over Easter and the beginning of summer time
		{"2028-02-25", 1, "2028-02-29"},  // to a leap day, after Rosenmontag on 28 February
		{"2026-11-25", -5, "2026-11-18"}, // the default opening
	} {
		if got := duisburg.Add(on(test.day), test.n); got != on(test.want) {
			t.Errorf("%s and %d working days is %s, want %s", test.day, test.n, got, test.want)
		}
	}
}

func TestAddThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		days, day, n := anyDays().Draw(t, "days"), anyDate().Draw(t, "day"), rapid.IntRange(1, 30).Draw(t, "n")
		later, earlier := days.Add(day, n), days.Add(day, -n)
		if !days.Working(later) || !days.Working(earlier) || !later.After(day) || !earlier.Before(day) {
			t.Fatalf("%s ± %d working days: %s, %s", day, n, earlier, later)
		}
		between := 0
		for d := day.AddDays(1); !d.After(later); d = d.AddDays(1) {
			if days.Working(d) {
				between++
			}
		}
		if between != n {
			t.Fatalf("there are %d working days after %s until %s, want %d", between, day, later, n)
		}
		if back := days.Add(later, -n); days.Working(day) && back != day {
			t.Errorf("%s + %d - %d working days is %s", day, n, n, back)
		} else if !days.Working(day) && back != days.Add(day, -1) {
			// From a day off the first step back is to the working day before it.
			t.Errorf("%s (off) + %d - %d working days is %s, want %s", day, n, n, back, days.Add(day, -1))
		}
		if days.Add(day, n) != days.Add(days.Add(day, 1), n-1) {
			t.Errorf("%s + %d working days depends on how one counts", day, n)
		}
	})
}

func TestAddInACityThatNeverWorks(t *testing.T) {
	var all []FreeDay
	for day := on("2028-01-01"); day.Year == 2028; day = day.AddDays(1) {
		all = append(all, FreeDay{date: Date{Month: day.Month, Day: day.Day}})
	}
	if got := NewDays("NW", all...).Add(on("2028-05-10"), 2); got != on("2028-05-12") {
		t.Errorf("two steps lead to %s", got)
	}
}

func TestNewDaysKeepsItsOwnList(t *testing.T) {
	list := []FreeDay{free("24.12.")}
	days := NewDays("NW", list...)
	list[0] = free("6.5.")
	if days.Working(on("2026-12-24")) {
		t.Error("the calendar changed with the caller's slice")
	}
}
