package calendar

import "strings"

// Shift is what becomes of a planned date that is a day off. The zero value is ShiftNext.
type Shift string

const (
	ShiftNext     Shift = "next"     // the next working day
	ShiftPrevious Shift = "previous" // the working day before
	ShiftSkip     Shift = "skip"     // it does not take place
	ShiftKeep     Shift = "keep"     // it takes place all the same
)

// Or is the shift, and never the zero value.
func (s Shift) Or() Shift {
	if s == "" {
		return ShiftNext
	}
	return s
}

var shifts = []string{string(ShiftNext), string(ShiftPrevious), string(ShiftSkip), string(ShiftKeep)}

// ParseShift reads "next", "previous", "skip" or "keep", in any case. The error is an *InputError.
func ParseShift(s string) (Shift, error) {
	for _, shift := range shifts {
		if fold(s) == fold(shift) {
			return Shift(shift), nil
		}
	}
	return "", &InputError{Kind: "shift", Input: s, Nearest: nearest(s, shifts), Want: "one of " + strings.Join(shifts, ", ")}
}

// UnmarshalText is ParseShift; "" is the zero value.
func (s *Shift) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*s = ""
		return nil
	}
	*s, err = ParseShift(string(text))
	return err
}
