package calendar

import (
	"errors"
	"testing"
)

func TestParseShift(t *testing.T) {
	for _, test := range []struct {
		in   string
		want Shift
		near string
	}{
		{"next", ShiftNext, ""},
		{"previous", ShiftPrevious, ""},
		{"skip", ShiftSkip, ""},
		{"Keep", ShiftKeep, ""},      // any case
		{"nxt", "", "next"},          // a slip
		{"previuos", "", "previous"}, // another
		{"later", "", ""},            // nothing is near
		{"", "", ""},
	} {
		got, err := ParseShift(test.in)
		if got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("ParseShift(%q) = %q, %v; want %q", test.in, got, err, test.want)
		}
		if wrong, ok := errors.AsType[*InputError](err); err != nil && (!ok || wrong.Nearest != test.near) {
			t.Errorf("ParseShift(%q): %v; want the suggestion %q", test.in, err, test.near)
		}
	}
}
