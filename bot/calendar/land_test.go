package calendar

import (
	"errors"
	"strings"
	"testing"
)

// everywhere are the nine holidays that all Länder share.
var everywhere = map[int]string{
	2026: `01-01 Neujahr, 04-03 Karfreitag, 04-06 Ostermontag, 05-01 Tag der Arbeit, 05-14 Christi Himmelfahrt,
		05-25 Pfingstmontag, 10-03 Tag der Deutschen Einheit, 12-25 Erster Weihnachtstag, 12-26 Zweiter Weihnachtstag`,
	2027: `01-01 Neujahr, 03-26 Karfreitag, 03-29 Ostermontag, 05-01 Tag der Arbeit, 05-06 Christi Himmelfahrt,
		05-17 Pfingstmontag, 10-03 Tag der Deutschen Einheit, 12-25 Erster Weihnachtstag, 12-26 Zweiter Weihnachtstag`,
}

// The dates are written out from the Länder's laws, not computed.
func TestHolidays(t *testing.T) {
	const (
		koenige    = ", 01-06 Heilige Drei Könige"
		frauen     = ", 03-08 Frauentag"
		leib26     = ", 06-04 Fronleichnam"
		leib27     = ", 05-27 Fronleichnam"
		maria      = ", 08-15 Mariä Himmelfahrt"
		kinder     = ", 09-20 Weltkindertag"
		reform     = ", 10-31 Reformationstag"
		heilige    = ", 11-01 Allerheiligen"
		sonntage26 = ", 04-05 Ostersonntag, 05-24 Pfingstsonntag"
		sonntage27 = ", 03-28 Ostersonntag, 05-16 Pfingstsonntag"
	)
	for _, test := range []struct {
		land       Land
		in26, in27 string
	}{
		{"", "", ""}, // Germany: what all share
		{"BW", koenige + leib26 + heilige, koenige + leib27 + heilige},
		{"BY", koenige + leib26 + heilige, koenige + leib27 + heilige}, // Mariä Himmelfahrt only in some communities
		{"BE", frauen, frauen},
		{"BB", sonntage26 + reform, sonntage27 + reform}, // the only one with Easter and Pentecost Sunday
		{"HB", reform, reform},
		{"HH", reform, reform},
		{"HE", leib26, leib27},
		{"MV", frauen + reform, frauen + reform},
		{"NI", reform, reform},
		{"NW", leib26 + heilige, leib27 + heilige},
		{"RP", leib26 + heilige, leib27 + heilige},
		{"SL", leib26 + maria + heilige, leib27 + maria + heilige},
		{"SN", reform + ", 11-18 Buß- und Bettag", reform + ", 11-17 Buß- und Bettag"}, // Fronleichnam only in some communities
		{"ST", koenige + reform, koenige + reform},
		{"SH", reform, reform},
		{"TH", kinder + reform, kinder + reform}, // Fronleichnam only in some communities
	} {
		for year, own := range map[int]string{2026: test.in26, 2027: test.in27} {
			want := map[Date]string{}
			for entry := range strings.SplitSeq(everywhere[year]+own, ",") {
				date, name, _ := strings.Cut(strings.TrimSpace(entry), " ")
				want[on(Date{year, 1, 1}.String()[:5]+date)] = name
			}
			days := NewDays(test.land)
			for day := (Date{year, 1, 1}); day.Year == year; day = day.AddDays(1) {
				if got, ok := days.Holiday(day); got != want[day] || ok != (want[day] != "") {
					t.Errorf("%s, %s: holiday %q, want %q", test.land.Name(), day, got, want[day])
				}
			}
		}
	}
}

func TestHolidaysOverTheYears(t *testing.T) {
	for _, test := range []struct {
		land      Land
		day, want string
	}{
		{"BE", "2019-03-08", "Frauentag"},                     // the first one
		{"MV", "2022-03-08", ""},                              // not yet
		{"MV", "2023-03-08", "Frauentag"},                     // the first one
		{"TH", "2019-09-20", "Weltkindertag"},                 // the first one
		{"BE", "2020-05-08", "Tag der Befreiung"},             // 75 years
		{"BE", "2021-05-08", ""},                              // 76 are no reason
		{"BE", "2025-05-08", "Tag der Befreiung"},             // 80 years
		{"BE", "2026-05-08", ""},                              // 81 are none either
		{"BE", "2028-06-17", "Jahrestag des Volksaufstandes"}, // 75 years
		{"BB", "2028-06-17", ""},                              // in Berlin only
		{"SN", "2024-11-20", "Buß- und Bettag"},               // between 16 and 22 November
		{"NW", "2038-04-25", ""},                              // the latest Easter is a Sunday and no holiday by law
		{"NW", "2038-04-26", "Ostermontag"},                   // but its Monday is
		{"NW", "2008-05-01", "Tag der Arbeit"},                // two on one day: any name will do
	} {
		if got, _ := NewDays(test.land).Holiday(on(test.day)); got != test.want {
			t.Errorf("%s in %s is %q, want %q", test.day, test.land, got, test.want)
		}
	}
}

func TestParseLand(t *testing.T) {
	for _, test := range []struct {
		in   string
		want Land
		near string
	}{
		{"NW", "NW", ""},                                   // the code
		{"nw", "NW", ""},                                   // any case
		{"DE-NW", "NW", ""},                                // ISO 3166-2
		{"NRW", "NW", ""},                                  // as everybody says
		{"Nordrhein-Westfalen", "NW", ""},                  // the name
		{"nordrhein westfalen", "NW", ""},                  // sloppy
		{"THÜRINGEN", "TH", ""},                            // an umlaut
		{"Thueringen", "TH", ""},                           // written out
		{"Thuringen", "TH", ""},                            // left out
		{"Thu\u0308ringen", "TH", ""},                      // in two code points
		{"Baden-Wuerttemberg", "BW", ""},                   //
		{"Nordrein-Westfahlen", "", "Nordrhein-Westfalen"}, // slips
		{"Sachsen Anhlat", "", "Sachsen-Anhalt"},           // not its shorter neighbour
		{"Hesen", "", "Hessen"},                            //
		{"SX", "", "SL"},                                   // a code
		{"Preußen", "", "Hessen"},                          // the nearest of the living
		{"Österreich-Ungarn", "", ""},                      // nothing is near
		{"", "", ""},
	} {
		got, err := ParseLand(test.in)
		if got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("ParseLand(%q) = %q, %v; want %q", test.in, got, err, test.want)
		}
		if wrong, ok := errors.AsType[*InputError](err); err != nil && (!ok || wrong.Nearest != test.near) {
			t.Errorf("ParseLand(%q): %v; want the suggestion %q", test.in, err, test.near)
		}
	}
}

func TestLands(t *testing.T) {
	if got := len(Lands()); got != 16 {
		t.Errorf("%d Länder, want 16", got)
	}
	for _, l := range Lands() {
		for _, in := range []string{string(l), l.Name(), strings.ToUpper(l.Name())} {
			if got, err := ParseLand(in); err != nil || got != l {
				t.Errorf("ParseLand(%q) = %q, %v; want %q", in, got, err, l)
			}
		}
	}
	if got := Land("").Name(); got != "Deutschland" {
		t.Errorf("the zero Land is %q", got)
	}
}
