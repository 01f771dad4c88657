package calendar

import (
	"fmt"
	"regexp"
	"strings"
)

// Clock is a local time of day, to the minute. The zero value is midnight.
type Clock struct{ Hour, Minute int }

var clockForm = regexp.MustCompile(`(?i)^(\d{1,2})(?:[:.](\d{2}))?(?:\s?Uhr(?:\s(\d{2}))?)?$`)

// ParseClock reads "09:00", "9:30", "9 Uhr", "9:30 Uhr", "9.30 Uhr" or "9 Uhr 30". A bare number is no time.
// The error is an *InputError.
func ParseClock(s string) (Clock, error) {
	wrong := &InputError{Kind: "time", Input: s, Want: `a time like "09:00" or "9 Uhr"`}
	m := clockForm.FindStringSubmatch(strings.Join(strings.Fields(s), " "))
	if m == nil || m[0] == m[1] || m[2] != "" && m[3] != "" {
		return Clock{}, wrong
	}
	c := Clock{number(m[1]), number(m[2] + m[3])}
	if !c.Valid() {
		return Clock{}, wrong
	}
	return c, nil
}

// Valid reports whether the clock is between 00:00 and 23:59.
func (c Clock) Valid() bool { return c.Hour >= 0 && c.Hour < 24 && c.Minute >= 0 && c.Minute < 60 }

// Before reports whether c is earlier in the day than other.
func (c Clock) Before(other Clock) bool {
	return c.Hour < other.Hour || c.Hour == other.Hour && c.Minute < other.Minute
}

// String is the 24-hour form, "09:00".
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", c.Hour, c.Minute) }

// MarshalText is String.
func (c Clock) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText is ParseClock.
func (c *Clock) UnmarshalText(text []byte) (err error) {
	*c, err = ParseClock(string(text))
	return err
}
