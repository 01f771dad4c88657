package calendar

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/de"
)

// FreeDay is a day that the city itself keeps free: a fixed one every year, a single date, or one that is known by
// its name and may move with Easter. It is comparable; the zero value is no day.
type FreeDay struct {
	name string // what people call it
	date Date   // in year 0: every year; zero: found by its name
}

// named are the days that are found by their name.
var named = []*cal.Holiday{
	easter("Weiberfastnacht", -52),
	easter("Rosenmontag", -48),
	easter("Veilchendienstag", -47),
	easter("Faschingsdienstag", -47),
	easter("Aschermittwoch", -46),
	easter("Gründonnerstag", -3),
	easter("Karsamstag", -1),
	ostersonntag,
	easter("Freitag nach Himmelfahrt", 40),
	pfingstsonntag,
	easter("Pfingstdienstag", 51),
	easter("Freitag nach Fronleichnam", 61),
	{Name: "Augsburger Friedensfest", Month: time.August, Day: 8, Func: cal.CalcDayOfMonth},
	{Name: "Heiligabend", Month: time.December, Day: 24, Func: cal.CalcDayOfMonth},
	{Name: "Silvester", Month: time.December, Day: 31, Func: cal.CalcDayOfMonth},
	de.Fronleichnam, de.MariaHimmelfahrt, de.Reformationstag, de.Allerheiligen, de.BussUndBettag,
}

// otherNames lead to the same days.
var otherNames = map[string]string{
	"Altweiber":             "Weiberfastnacht",
	"Altweiberfastnacht":    "Weiberfastnacht",
	"Unsinniger Donnerstag": "Weiberfastnacht",
	"Fastnachtsdienstag":    "Faschingsdienstag",
	"Ostersamstag":          "Karsamstag",
	"Wäldchestag":           "Pfingstdienstag",
	"Friedensfest":          "Augsburger Friedensfest",
	"Heiliger Abend":        "Heiligabend",
}

// unnamed are the words for a date to which the city gave no name.
const unnamed = "dienstfreier Tag"

// usual are the names of dates that need none.
var usual = map[Date]string{
	{Month: time.December, Day: 24}: "Heiligabend",
	{Month: time.December, Day: 31}: "Silvester",
}

// easter is a day that many days after Easter Sunday (Gregorian, as the Western churches count).
func easter(name string, offset int) *cal.Holiday {
	return &cal.Holiday{Name: name, Offset: offset, Func: cal.CalcEasterOffset}
}

// dateOf is a holiday's date in a year; false if it has none then.
func dateOf(h *cal.Holiday, year int) (Date, bool) {
	t, _ := h.Calc(year)
	// Half a day on, for the library counts in the machine's zone, where a midnight may be missing.
	return DateOf(t.Add(12 * time.Hour)), !t.IsZero()
}

var yearly = regexp.MustCompile(`^(\d{1,2})\.\s?(\d{1,2})\.$`)

// ParseFreeDay reads "24.12." (every year), "2026-02-16" or "16.02.2026" (once), each with a name behind it or not
// ("6.5. Betriebsausflug"), or a name alone ("Rosenmontag", "Heiligabend"). The error is an *InputError that names
// the nearest day.
func ParseFreeDay(s string) (FreeDay, error) {
	text, name := strings.TrimSpace(s), ""
	if i := strings.IndexFunc(text, unicode.IsLetter); i >= 0 {
		text, name = strings.TrimSpace(text[:i]), text[i:]
	}
	if date, err := ParseDate(text); err == nil {
		return FreeDay{name, date}, nil
	}
	if m := yearly.FindStringSubmatch(text); m != nil {
		date := Date{Month: time.Month(number(m[2])), Day: number(m[1])}
		if (Date{2000, date.Month, date.Day}).Valid() { // a leap year has them all
			return FreeDay{name, date}, nil
		}
	}
	wrong := &InputError{Kind: "free day", Input: s, Want: `a day like "24.12.", "2026-02-16" or "Rosenmontag"`}
	if text != "" {
		return FreeDay{}, wrong
	}
	names := slices.Sorted(maps.Keys(otherNames))
	for _, h := range named {
		names = append(names, h.Name)
	}
	wrong.Nearest = nearest(name, names)
	if wrong.Nearest == "" || fold(wrong.Nearest) != fold(name) {
		return FreeDay{}, wrong
	}
	return FreeDay{name: cmp.Or(otherNames[wrong.Nearest], wrong.Nearest)}, nil
}

// Name is what people call the day; "dienstfreier Tag" if nobody gave it a name.
func (f FreeDay) Name() string {
	return cmp.Or(f.name, usual[Date{Month: f.date.Month, Day: f.date.Day}], unnamed)
}

// On is the day's date in a year; false if it has none then.
func (f FreeDay) On(year int) (Date, bool) {
	if f.date.IsZero() {
		for _, h := range named {
			if h.Name == f.name {
				return dateOf(h, year)
			}
		}
	}
	day := f.date
	if day.Year == 0 {
		day.Year = year
	}
	return day, day.Year == year && day.Valid()
}

// String is a form that ParseFreeDay reads.
func (f FreeDay) String() string {
	when := f.date.String()
	if f.date.Year == 0 && !f.date.IsZero() {
		when = fmt.Sprintf("%d.%d.", f.date.Day, int(f.date.Month))
	}
	return strings.TrimSpace(when + " " + f.name)
}

// MarshalText is String.
func (f FreeDay) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText is ParseFreeDay.
func (f *FreeDay) UnmarshalText(text []byte) (err error) {
	*f, err = ParseFreeDay(string(text))
	return err
}
