package calendar

import (
	"regexp"
	"strings"
	"time"
)

const wantDay = `a day like "31.12.", "31. Dezember", "Freitag" or "morgen"`

var (
	german       = []string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "heute", "morgen", "übermorgen"}
	germanMonths = []string{"", "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"}

	// The words for a day, folded, with their number: days ahead, time.Weekday, time.Month.
	daysAhead = words(german[7:], []string{"today", "tomorrow"})
	weekdays  = words(german[:7],
		[]string{"So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"},
		[]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
		[]string{"", "", "", "", "", "", "Sonnabend"})
	months = words(germanMonths,
		[]string{"", "Jan", "Feb", "Mrz", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez"},
		[]string{"", "January", "February", "March", "", "", "June", "July", "", "Sept", "October", "", "December"},
		[]string{"", "Jänner", "", "Mär", "", "", "", "", "", "", "Oct", "", "Dec"})
)

// words maps each word to its place in its list.
func words(lists ...[]string) map[string]int {
	places := map[string]int{}
	for _, list := range lists {
		for place, word := range list {
			if word != "" {
				places[fold(word)] = place
			}
		}
	}
	return places
}

var (
	filler     = regexp.MustCompile(`(?i)^(?:(?:am|bis|zum|ab|den|dem|der|kommende[nr]?)\s+)*`)
	weekdayDay = regexp.MustCompile(`^([\p{L}\p{M}]+)\.?(?:,\s*|\s+)(?:(?:den|dem|der)\s+)?(\d.*)$`)
	numeric    = regexp.MustCompile(`^(\d{1,2})\.\s?(\d{1,2})(?:\.(?:\s?(\d{4}|\d{2}))?)?$`)
	withMonth  = regexp.MustCompile(`^(\d{1,2})\.?\s?([\p{L}\p{M}]+)\.?(?:\s(\d{4}|\d{2}))?$`)
)

// ParseDay reads a day as people write it, seen from today: "31.12.", "31.12.2026", "2026-12-31", "31. Dezember",
// "Freitag, 27.11.", "heute", "morgen", "übermorgen", or "Freitag", which is the next one after today; the English
// words too. A date without a year is the next one that is not before today. A weekday that does not belong to the
// date is an error. The error is an *InputError.
func ParseDay(s string, today Date) (Date, error) {
	text := filler.ReplaceAllString(strings.Join(strings.Fields(s), " "), "")
	wrong := &InputError{Kind: "day", Input: s, Want: wantDay}
	if ahead, ok := daysAhead[fold(text)]; ok {
		return today.AddDays(ahead), nil
	}
	if weekday, ok := weekdays[fold(text)]; ok {
		return today.AddDays((weekday-int(today.Weekday())+6)%7 + 1), nil
	}
	var weekday int
	onWeekday := false
	if m := weekdayDay.FindStringSubmatch(text); m != nil {
		if weekday, onWeekday = weekdays[fold(m[1])]; onWeekday {
			text = m[2]
		}
	}
	day, near := dayOf(text, today)
	switch {
	case day.IsZero():
		wrong.Nearest = near
		return Date{}, wrong
	case onWeekday && int(day.Weekday()) != weekday:
		wrong.Nearest = german[day.Weekday()] + ", " + day.german()
		return Date{}, wrong
	}
	return day, nil
}

// dayOf reads a date with or without a year; if there is none, it is zero and near is the nearest that was meant.
func dayOf(text string, today Date) (day Date, near string) {
	if day, err := ParseDate(text); err == nil {
		return day, ""
	}
	var month int
	m := numeric.FindStringSubmatch(text)
	if m != nil {
		month = number(m[2])
	} else if m = withMonth.FindStringSubmatch(text); m == nil {
		return Date{}, nearest(text, german)
	} else if month = months[fold(m[2])]; month == 0 {
		meant := nearest(m[2], germanMonths[1:])
		if meant == "" {
			return Date{}, ""
		}
		meant = strings.TrimSpace(m[1] + ". " + meant + " " + m[3])
		if day, near := dayOf(meant, today); day.IsZero() {
			return Date{}, near
		}
		return Date{}, meant
	}
	day = Date{today.Year, time.Month(month), number(m[1])}
	switch year := m[3]; len(year) {
	case 2:
		day.Year = 2000 + number(year)
	case 4:
		day.Year = number(year)
	default:
		for next := day; next.Year <= today.Year+8; next.Year++ { // no 29 February is further away
			if next.Valid() && !next.Before(today) {
				return next, ""
			}
		}
	}
	if day.Valid() {
		return day, ""
	}
	last, ok := day.clamped()
	switch {
	case !ok:
		return Date{}, ""
	case m[3] == "":
		return Date{}, last.german()[:len("31.12.")]
	}
	return Date{}, last.german()
}
