package calendar

import (
	"errors"
	"testing"

	"pgregory.net/rapid"
)

func TestParseFreeDay(t *testing.T) {
	for _, test := range []struct{ in, day, name, text string }{
		{"24.12.", "2027-12-24", "Heiligabend", "24.12."},                                    // every year, and all know it
		{"31.12.", "2027-12-31", "Silvester", "31.12."},                                      // likewise
		{"6.5.", "2027-05-06", "dienstfreier Tag", "6.5."},                                   // every year, without a name
		{"06. 05. Betriebsausflug", "2027-05-06", "Betriebsausflug", "6.5. Betriebsausflug"}, // with one
		{"2027-02-08", "2027-02-08", "dienstfreier Tag", "2027-02-08"},                       // once
		{"08.02.2027 Rosenmontag", "2027-02-08", "Rosenmontag", "2027-02-08 Rosenmontag"},    // once, with a name
		{"24.12.2027", "2027-12-24", "Heiligabend", "2027-12-24"},                            // once, and all know it
		{"2026-02-16", "", "dienstfreier Tag", "2026-02-16"},                                 // another year
		{"29.2.", "", "dienstfreier Tag", "29.2."},                                           // only in leap years
		{"Weiberfastnacht", "2027-02-04", "Weiberfastnacht", "Weiberfastnacht"},              // Easter 2027 is 28 March
		{"Altweiber", "2027-02-04", "Weiberfastnacht", "Weiberfastnacht"},                    // its other name
		{"rosenmontag", "2027-02-08", "Rosenmontag", "Rosenmontag"},                          // any case
		{"Veilchendienstag", "2027-02-09", "Veilchendienstag", "Veilchendienstag"},           // on the Rhine
		{"Faschingsdienstag", "2027-02-09", "Faschingsdienstag", "Faschingsdienstag"},        // in the south
		{"Aschermittwoch", "2027-02-10", "Aschermittwoch", "Aschermittwoch"},
		{"Gruendonnerstag", "2027-03-25", "Gründonnerstag", "Gründonnerstag"}, // no umlaut
		{"Karsamstag", "2027-03-27", "Karsamstag", "Karsamstag"},
		{"Freitag nach Himmelfahrt", "2027-05-07", "Freitag nach Himmelfahrt", "Freitag nach Himmelfahrt"},
		{"Wäldchestag", "2027-05-18", "Pfingstdienstag", "Pfingstdienstag"}, // Frankfurt
		{"Fronleichnam", "2027-05-27", "Fronleichnam", "Fronleichnam"},      // for communities of SN and TH
		{"Freitag nach Fronleichnam", "2027-05-28", "Freitag nach Fronleichnam", "Freitag nach Fronleichnam"},
		{"Augsburger Friedensfest", "2027-08-08", "Augsburger Friedensfest", "Augsburger Friedensfest"},
		{"Mariä Himmelfahrt", "2027-08-15", "Mariä Himmelfahrt", "Mariä Himmelfahrt"}, // for catholic communities of BY
		{"Buß- und Bettag", "2027-11-17", "Buß- und Bettag", "Buß- und Bettag"},
		{"buss und bettag", "2027-11-17", "Buß- und Bettag", "Buß- und Bettag"}, // sloppy
		{"Heilig Abend", "2027-12-24", "Heiligabend", "Heiligabend"},
	} {
		f, err := ParseFreeDay(test.in)
		if err != nil {
			t.Errorf("ParseFreeDay(%q): %v", test.in, err)
			continue
		}
		day, ok := f.On(2027)
		if !ok {
			day = Date{}
		}
		if day.String() != test.day || f.Name() != test.name || f.String() != test.text {
			t.Errorf("%q is %q on %q in 2027, written %q; want %q on %q, %q",
				test.in, f.Name(), day, f, test.name, test.day, test.text)
		}
		if again, err := ParseFreeDay(f.String()); err != nil || again != f {
			t.Errorf("%q is written %q, which reads as %q, %v", test.in, f, again, err)
		}
	}
}

func TestParseFreeDayErrors(t *testing.T) {
	for _, test := range []struct{ in, near string }{
		{"Rosenmotag", "Rosenmontag"},         // a letter dropped
		{"Weiberfasnacht", "Weiberfastnacht"}, // as it is spoken
		{"Gründonerstag", "Gründonnerstag"},   //
		{"31.11.", ""},                        // no such day
		{"24.12", ""},                         // half a date: could be a time
		{"2026-02-30", ""},                    // no such day
		{"Rosenmontag 2027", "Rosenmontag"},   // it moves by itself
		{"Betriebsausflug", ""},               // without a date
		{"", ""},
	} {
		f, err := ParseFreeDay(test.in)
		wrong, ok := errors.AsType[*InputError](err)
		if !ok || wrong.Nearest != test.near {
			t.Errorf("ParseFreeDay(%q) = %q, %v; want the suggestion %q", test.in, f, err, test.near)
		}
	}
}

func TestNamedDaysLeadSomewhere(t *testing.T) {
	for other, name := range otherNames {
		f, err := ParseFreeDay(other)
		if err != nil || f.Name() != name {
			t.Errorf("%s leads to %q, %v; want %s", other, f.Name(), err, name)
		}
	}
	for _, h := range named {
		f, err := ParseFreeDay(h.Name)
		if _, ok := f.On(2026); err != nil || !ok {
			t.Errorf("%s: %v, has a date in 2026: %v", h.Name, err, ok)
		}
	}
}

// Easter Sunday is the first Sunday after the full moon of spring: between 22 March and 25 April, and its days keep
// their distance to it over leap days and summer time.
func TestMovableDaysFollowEaster(t *testing.T) {
	offsets := map[string]int{"Weiberfastnacht": -52, "Rosenmontag": -48, "Aschermittwoch": -46, "Karsamstag": -1, "Fronleichnam": 60}
	rapid.Check(t, func(t *rapid.T) {
		year := rapid.IntRange(1900, 2200).Draw(t, "year")
		sunday, _ := FreeDay{name: "Ostersonntag"}.On(year)
		if sunday.Weekday() != 0 || sunday.Before(Date{year, 3, 22}) || sunday.After(Date{year, 4, 25}) {
			t.Fatalf("Easter %d is on %s", year, sunday)
		}
		for name, offset := range offsets {
			if day, ok := (FreeDay{name: name}).On(year); !ok || day.Sub(sunday) != offset {
				t.Errorf("%s is %d days after Easter %s, want %d", name, day.Sub(sunday), sunday, offset)
			}
		}
	})
}
