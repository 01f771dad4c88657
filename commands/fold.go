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

// maxSlips is how many slips a long word may have and still be near another.
const maxSlips = 3

// nearest is the choice that takes the fewest slips to become the word: one in a
// short word, more in a longer one; "" if none is near. The first of several wins.
func nearest(word string, choices []string) string {
	n := utf8.RuneCountInString(word)
	most := min(1+n/4, maxSlips)
	best, least := "", most+1
	if n < 3 {
		return "" // nothing is near such a short word
	}
	for _, choice := range choices {
		// «nue» is near «neu» only as it is typed: folded it is «nu».
		slips := min(bot.Slips(fold(word), fold(choice), most), bot.Slips(bot.Fold(word), bot.Fold(choice), most))
		if slips < least && slips < utf8.RuneCountInString(choice) {
			best, least = choice, slips
		}
	}
	return best
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
