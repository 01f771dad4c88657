package main

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"lotse/bot"
)

// plain takes away what people write differently: case, umlauts, and all but letters and digits.
func plain(s string) string {
	s = strings.NewReplacer("ä", "a", "ö", "o", "ü", "u", "ß", "ss", "\u0308", "").Replace(strings.ToLower(s))
	s = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u").Replace(s)
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n\u00a0-_./()+*:", r) {
			return -1
		}
		return r
	}, s)
}

// nearest is the choice that takes the fewest typing slips to become the input; "" if half of it or more would change.
func nearest(input string, choices []string) string {
	from := plain(input)
	best, least := "", (utf8.RuneCountInString(from)+1)/2
	for _, choice := range choices {
		if slips := bot.Slips(plain(choice), from, least); slips < least || slips == 0 && best == "" {
			best, least = choice, slips
		}
	}
	return best
}

// orNearest is the end of an error's text: the nearest choice, or all of them if none is near.
func orNearest(input string, choices []string) string {
	if near := nearest(input, choices); near != "" || len(choices) == 0 {
		return didYouMean(near)
	}
	return "; known are " + strings.Join(choices, ", ")
}

// didYouMean is the end of an error's text that names what was probably meant.
func didYouMean(near string) string {
	if near == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", near)
}
