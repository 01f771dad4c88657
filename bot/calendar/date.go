package calendar

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Date is a civil date without a zone, in the Gregorian calendar. It is comparable; the zero value is no date.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf is the date of t in t's own location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

const wantDate = `a date like "2026-11-25" or "25.11.2026"`

var (
	isoDate    = regexp.MustCompile(`^(\d{4})-(\d{2})-(\d{2})$`)
	germanDate = regexp.MustCompile(`^(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d{2})$`)
)

// ParseDate reads a whole date: "2026-11-25", "25.11.2026" or "25.11.26" (two digits mean 2000 to 2099).
// The error is an *InputError.
func ParseDate(s string) (Date, error) {
	var year, month, day string
	if m := isoDate.FindStringSubmatch(s); m != nil {
		year, month, day = m[1], m[2], m[3]
	} else if m := germanDate.FindStringSubmatch(s); m != nil {
		year, month, day = m[3], m[2], m[1]
	} else {
		return Date{}, &InputError{Kind: "date", Input: s, Want: wantDate}
	}
	d := Date{number(year), time.Month(number(month)), number(day)}
	if len(year) == 2 {
		d.Year += 2000
	}
	if d.Valid() {
		return d, nil
	}
	wrong := &InputError{Kind: "date", Input: s, Want: wantDate}
	if near, ok := d.clamped(); ok {
		wrong.Nearest = near.String()
	}
	return Date{}, wrong
}

// number reads digits that a regular expression has already found.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

// Valid reports whether the date exists, between the years 1 and 9999.
func (d Date) Valid() bool {
	return d.Year >= 1 && d.Year <= 9999 && DateOf(d.midnight()) == d
}

// clamped is the last day of the month for a day behind it, like 2026-11-31.
func (d Date) clamped() (Date, bool) {
	d.Day = min(d.Day, DateOf(Date{d.Year, d.Month + 1, 0}.midnight()).Day)
	return d, d.Valid()
}

// midnight is the date's start in UTC, where every day has 24 hours: the ground for all arithmetic.
func (d Date) midnight() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// String is the ISO form, "2026-11-25"; "" for the zero date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// german is the form that Germans write, "25.11.2026".
func (d Date) german() string { return fmt.Sprintf("%02d.%02d.%04d", d.Day, int(d.Month), d.Year) }

// MarshalText is String.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText is ParseDate; "" is the zero date.
func (d *Date) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	*d, err = ParseDate(string(text))
	return err
}

// IsZero reports whether d is the zero date, which means none.
func (d Date) IsZero() bool { return d == Date{} }

// AddDays is the date n calendar days later, or earlier for a negative n.
func (d Date) AddDays(n int) Date { return DateOf(d.midnight().AddDate(0, 0, n)) }

// Sub is the number of calendar days from other to d.
func (d Date) Sub(other Date) int {
	const day = 24 * 60 * 60
	return int((d.midnight().Unix() - other.midnight().Unix()) / day)
}

// Compare is negative if d is before other, zero if they are equal, positive if d is after it.
func (d Date) Compare(other Date) int {
	return cmp.Or(cmp.Compare(d.Year, other.Year), cmp.Compare(d.Month, other.Month), cmp.Compare(d.Day, other.Day))
}

// Before reports whether d is before other.
func (d Date) Before(other Date) bool { return d.Compare(other) < 0 }

// After reports whether d is after other.
func (d Date) After(other Date) bool { return d.Compare(other) > 0 }

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.midnight().Weekday() }

// At is the instant of c on d in the zone. A local time that a summer-time change skips becomes the first instant
// after the gap; of a local time that comes twice it is the first.
func (d Date) At(c Clock, zone *time.Location) time.Time {
	t := time.Date(d.Year, d.Month, d.Day, c.Hour, c.Minute, 0, 0, zone)
	start, end := t.ZoneBounds()
	wall := time.Date(d.Year, d.Month, d.Day, c.Hour, c.Minute, 0, 0, time.UTC)
	switch got := wallOf(t); {
	case got.After(wall): // in a gap, and time.Date took the offset from before it
		return start
	case got.Before(wall): // in a gap, and time.Date took the offset from after it
		return end
	}
	if start.IsZero() {
		return t
	}
	_, before := start.Add(-time.Second).Zone()
	if first := wall.Add(-time.Duration(before) * time.Second); first.Before(start) {
		return first.In(zone)
	}
	return t
}

// wallOf is what a clock on the wall shows at t, as if there were no zones.
func wallOf(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}
