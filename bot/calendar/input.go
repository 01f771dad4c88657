package calendar

import (
	"fmt"
	"strings"
)

// InputError says what a person or a configuration wrote that was not understood. Its text is for operators; a chat
// takes the parts and says it in the room's language.
type InputError struct {
	Kind    string // what was looked for: "date", "time", "day", "Land", "free day", "shift"
	Input   string // what was written
	Nearest string // the nearest valid choice; "" if nothing is near
	Want    string // what is expected, with an example
}

func (e *InputError) Error() string {
	text := fmt.Sprintf("%q is not a %s: want %s", e.Input, e.Kind, e.Want)
	if e.Nearest != "" {
		text += fmt.Sprintf("; did you mean %q?", e.Nearest)
	}
	return text
}

// folding takes away what people write differently: case, umlauts (ä, ae, a), ß, and everything between words.
var folding = strings.NewReplacer("ä", "a", "ö", "o", "ü", "u", "ß", "ss", "ae", "a", "oe", "o", "ue", "u",
	"\u0308", "", " ", "", "-", "", ".", "", ",", "", "\u00a0", "")

// fold maps spellings of one word onto each other: "Thüringen", "THUERINGEN" and "thuringen".
func fold(s string) string { return folding.Replace(strings.ToLower(s)) }

// nearest is the choice that takes the fewest typing slips to become the input; "" if more than half would change.
func nearest(input string, choices []string) string {
	folded := []rune(fold(input))
	best, least := "", len(folded)/2+1
	for _, choice := range choices {
		letters := []rune(fold(choice))
		if longer := len(folded) - len(letters); longer >= least || -longer >= least {
			continue // as many slips at least; a whole letter to the editor is not compared
		}
		if slips := distance(folded, letters); slips < least {
			best, least = choice, slips
		}
	}
	return best
}

// distance counts letters added, dropped, changed or swapped with their neighbour (optimal string alignment).
func distance(a, b []rune) int {
	var last []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		next := make([]int, len(b)+1)
		next[0] = i + 1
		for j := range b {
			change := row[j]
			if a[i] != b[j] {
				change++
			}
			next[j+1] = min(change, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], last[j-1]+1)
			}
		}
		last, row = row, next
	}
	return row[len(b)]
}
