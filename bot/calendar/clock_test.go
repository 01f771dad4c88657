package calendar

import "testing"

func TestParseClock(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"09:00", "09:00"},    // configuration
		{"9:30", "09:30"},     // without a zero
		{"9 Uhr", "09:00"},    // as people say it
		{"9:30 Uhr", "09:30"}, // as they write it
		{"9.30 Uhr", "09:30"}, // with a dot
		{"9 uhr 05", "09:05"}, // as it is spoken
		{"14Uhr", "14:00"},    // in a hurry
		{"0:00", "00:00"},     // midnight
		{"23:59", "23:59"},    // the last minute
		{"24:00", ""},         // no such time
		{"12:60", ""},         // no such minute
		{"9", ""},             // a number is no time
		{"9:3", ""},           // half typed
		{"9:30 Uhr 15", ""},   // twice the minutes
		{"neun Uhr", ""},      // words are not understood
		{"", ""},
	} {
		got, err := ParseClock(test.in)
		if err == nil && got.String() != test.want || (err == nil) != (test.want != "") {
			t.Errorf("ParseClock(%q) = %s, %v; want %q", test.in, got, err, test.want)
		}
	}
}

func TestClockBefore(t *testing.T) {
	for _, test := range []struct {
		a, b Clock
		want bool
	}{
		{Clock{9, 0}, Clock{14, 0}, true},   // by the hour
		{Clock{9, 0}, Clock{9, 30}, true},   // by the minute
		{Clock{9, 30}, Clock{9, 30}, false}, // the same
		{Clock{14, 0}, Clock{9, 30}, false}, // the hour counts first
	} {
		if got := test.a.Before(test.b); got != test.want {
			t.Errorf("%s before %s: %v", test.a, test.b, got)
		}
	}
}
