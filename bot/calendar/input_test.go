package calendar

import (
	"testing"

	"pgregory.net/rapid"
)

func TestInputErrorText(t *testing.T) {
	_, err := ParseShift("nxt")
	const want = `"nxt" is not a shift: want one of next, previous, skip, keep; did you mean "next"?`
	if err.Error() != want {
		t.Errorf("the error says\n%s, want\n%s", err, want)
	}
}

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"montag", "montag", 0},
		{"motag", "montag", 1},   // a letter dropped
		{"monntag", "montag", 1}, // one too many
		{"mondag", "montag", 1},  // another one
		{"monatg", "montag", 1},  // two swapped
		{"", "montag", 6},        // nothing in common
		{"märz", "marz", 1},      // letters, not bytes
	} {
		if got := distance([]rune(test.a), []rune(test.b)); got != test.want {
			t.Errorf("distance of %q and %q is %d, want %d", test.a, test.b, got, test.want)
		}
	}
}

func TestDistanceIsSymmetric(t *testing.T) {
	word := rapid.SliceOfN(rapid.SampledFrom([]rune("abc")), 0, 6)
	rapid.Check(t, func(t *rapid.T) {
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		there, back := distance(a, b), distance(b, a)
		if there != back || there > max(len(a), len(b)) || (there == 0) != (string(a) == string(b)) {
			t.Errorf("distance of %q and %q is %d, back %d", string(a), string(b), there, back)
		}
	})
}

func TestNearestIsTheNearestOfAll(t *testing.T) {
	letters := rapid.StringOfN(rapid.RuneFrom([]rune("abc")), 0, 6, -1)
	rapid.Check(t, func(t *rapid.T) {
		input, choices := letters.Draw(t, "input"), rapid.SliceOf(letters).Draw(t, "choices")
		want, least := "", len(input)/2+1
		for _, choice := range choices {
			if slips := distance([]rune(input), []rune(choice)); slips < least {
				want, least = choice, slips
			}
		}
		if got := nearest(input, choices); got != want {
			t.Errorf("nearest to %q of %q is %q, want %q", input, choices, got, want)
		}
	})
}
