package commands

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"lotse/bot"
)

var umlauts = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u", "ss", "s", "-", "", "_", "")

// fold makes the spellings of one word alike: "Schließen", "schliessen",
// "SCHLIESEN"; "ändern", "aendern", "andern".
func fold(s string) string { return umlauts.Replace(bot.Fold(s)) }

// nearest is the choice that takes the fewest slips to become the word: one in a
// short word, more in a longer one; "" if none is near. The first of several wins.
func nearest(word string, choices []string) string {
	n := utf8.RuneCountInString(word)
	best, least := "", min(1+n/4, 3)+1
	if n < 3 {
		return "" // nothing is near such a short word
	}
	for _, choice := range choices {
		// «nue» is near «neu» only as it is typed: folded it is «nu».
		slips := min(distance([]rune(fold(word)), []rune(fold(choice))), distance([]rune(bot.Fold(word)), []rune(bot.Fold(choice))))
		if slips < least && slips < utf8.RuneCountInString(choice) {
			best, least = choice, slips
		}
	}
	return best
}

// distance counts letters added, dropped, changed or swapped with their neighbour.
func distance(a, b []rune) int {
	if diff := len(a) - len(b); diff > 3 || diff < -3 {
		return max(len(a), len(b)) // far away, whatever the letters
	}
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

// leadingWord returns the letters (and hyphens between them) at the start of s.
func leadingWord(s string) string {
	end := 0
	for i, r := range s {
		if !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r) && !(r == '-' && i > 0) {
			break
		}
		end = i + len(string(r))
	}
	return strings.TrimRight(s[:end], "-")
}

// firstWord cuts the first word off; both are trimmed.
func firstWord(s string) (word, rest string) {
	s = strings.TrimSpace(s)
	i := strings.IndexFunc(s, unicode.IsSpace)
	if i < 0 {
		return s, ""
	}
	return s[:i], strings.TrimSpace(s[i:])
}

// oneLine makes a text a single line without double spaces.
func oneLine(s string) string { return strings.Join(strings.Fields(bot.Clean(s)), " ") }

// shorten cuts a text to at most n characters.
func shorten(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return strings.TrimRight(string(runes[:n-1]), " ,;:–-") + "…"
}
