package commands

import (
	"testing"
	"time"
)

func TestReadLength(t *testing.T) {
	for _, test := range []struct {
		words string
		want  time.Duration // 0: not understood
	}{
		{"90", 90 * time.Minute},
		{"60 min", time.Hour},
		{"45 Minuten", 45 * time.Minute},
		{"120m", 2 * time.Hour},
		{"1h", time.Hour},
		{"1 Stunde", time.Hour},
		{"1,5 Stunden", 90 * time.Minute},
		{"2.5 hours", 150 * time.Minute},
		{"1:30", 90 * time.Minute},
		{"1:30 h", 90 * time.Minute},
		{"1h30m", 90 * time.Minute},
		{"1 Std. 30 Min.", 90 * time.Minute},
		{"eine Stunde", 0},
		{"1", 0}, // an hour, or a minute?
		{"13 h", 0},
		{"999", 0},
		{"1:75", 0},
		{"90 Tage", 0},
		{"", 0},
	} {
		if got, ok := readLength(test.words); ok != (test.want > 0) || ok && got != test.want {
			t.Errorf("%q is %v, %v; want %v", test.words, got, ok, test.want)
		}
	}
}
