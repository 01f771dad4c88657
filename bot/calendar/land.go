package calendar

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/de"
)

// Land is one of the 16 German Länder, by its official code ("NW"). The zero value stands for Germany as a whole:
// it has only the holidays that all Länder share.
type Land string

// land is what is known about a Land: its German name and its holidays by law.
type land struct {
	code     Land
	name     string
	holidays []*cal.Holiday
}

// The holidays are those of rickar/cal, with what it lacks: the Frauentag of Mecklenburg-Vorpommern (since 2023),
// Brandenburg's Easter and Pentecost Sundays, Berlin's single holidays. They are right from 2019 on.
//
// Holidays that only some communities of a Land have are not in here; such a city names them as free days of its
// own: Mariä Himmelfahrt in Bavaria's predominantly catholic communities, the Augsburger Friedensfest, Fronleichnam
// in some communities of Sachsen and Thüringen.
var lands = []land{
	{"BW", "Baden-Württemberg", de.HolidaysBW},
	{"BY", "Bayern", de.HolidaysBY},
	{"BE", "Berlin", with(de.HolidaysBE, tagDerBefreiung, volksaufstand)},
	{"BB", "Brandenburg", with(de.HolidaysBB, ostersonntag, pfingstsonntag)},
	{"HB", "Bremen", de.HolidaysHB},
	{"HH", "Hamburg", de.HolidaysHH},
	{"HE", "Hessen", de.HolidaysHE},
	{"MV", "Mecklenburg-Vorpommern", with(de.HolidaysMV, frauentagMV)},
	{"NI", "Niedersachsen", de.HolidaysNI},
	{"NW", "Nordrhein-Westfalen", de.HolidaysNW},
	{"RP", "Rheinland-Pfalz", de.HolidaysRP},
	{"SL", "Saarland", de.HolidaysSL},
	{"SN", "Sachsen", de.HolidaysSN},
	{"ST", "Sachsen-Anhalt", de.HolidaysST},
	{"SH", "Schleswig-Holstein", de.HolidaysSH},
	{"TH", "Thüringen", de.HolidaysTH},
}

var (
	// Mecklenburg-Vorpommern's Feiertagsgesetz, § 2, since 2023.
	frauentagMV = de.Frauentag.Clone(&cal.Holiday{StartYear: 2023})
	// Brandenburg's Feiertagsgesetz, § 2.
	ostersonntag   = easter("Ostersonntag", 0)
	pfingstsonntag = easter("Pfingstsonntag", 49)
	// Berlin's Gesetz über die Sonn- und Feiertage, § 1: 75 and 80 years after the war, 75 after the uprising of 1953.
	tagDerBefreiung = &cal.Holiday{Name: "Tag der Befreiung", Month: time.May, Day: 8, Func: cal.CalcDayOfMonth,
		StartYear: 2020, EndYear: 2025, Except: []int{2021, 2022, 2023, 2024}}
	volksaufstand = &cal.Holiday{Name: "Jahrestag des Volksaufstandes", Month: time.June, Day: 17, Func: cal.CalcDayOfMonth,
		StartYear: 2028, EndYear: 2028}
)

// with is the library's list and what it lacks; the library's own list stays as it is.
func with(list []*cal.Holiday, more ...*cal.Holiday) []*cal.Holiday { return slices.Concat(list, more) }

// everydayNames are the names that people use for holidays to which the library gives others.
var everydayNames = map[string]string{
	"Neujahrstag":                "Neujahr",
	"Weihnachtstag":              "Erster Weihnachtstag",
	"Zweiter Weihnachtsfeiertag": "Zweiter Weihnachtstag",
}

// holiday is the name of the holiday on a day.
func (l Land) holiday(day Date) (name string, ok bool) {
	list := de.Holidays
	if known, ok := l.known(); ok {
		list = known.holidays
	}
	for _, h := range list {
		if date, ok := dateOf(h, day.Year); ok && date == day {
			return cmp.Or(everydayNames[h.Name], h.Name), true
		}
	}
	return "", false
}

func (l Land) known() (land, bool) {
	i := slices.IndexFunc(lands, func(known land) bool { return known.code == l })
	if i < 0 {
		return land{}, false
	}
	return lands[i], true
}

// Lands are all 16, by their German names.
func Lands() []Land {
	codes := make([]Land, len(lands))
	for i, known := range lands {
		codes[i] = known.code
	}
	return codes
}

// ParseLand reads a Land's code ("NW", also "DE-NW" and "NRW") or German name, in any case, with umlauts or without.
// The error is an *InputError that names the nearest Land.
func ParseLand(s string) (Land, error) {
	want := strings.TrimPrefix(fold(s), "de")
	if want == "nrw" {
		return "NW", nil
	}
	var choices, codes []string
	for _, known := range lands {
		if want == fold(known.name) || want == fold(string(known.code)) {
			return known.code, nil
		}
		choices = append(choices, known.name)
		codes = append(codes, string(known.code))
	}
	return "", &InputError{Kind: "Land", Input: s, Nearest: nearest(s, append(choices, codes...)),
		Want: "a German name or one of " + strings.Join(codes, ", ")}
}

// Name is the German name, "Nordrhein-Westfalen"; "Deutschland" for the zero value.
func (l Land) Name() string {
	if l == "" {
		return "Deutschland"
	}
	known, _ := l.known()
	return known.name
}

// UnmarshalText is ParseLand; "" is the zero value.
func (l *Land) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*l = ""
		return nil
	}
	*l, err = ParseLand(string(text))
	return err
}
