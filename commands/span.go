package commands

import (
	"regexp"
	"strings"
	"unicode"

	"lotse/bot/calendar"
)

// readDay reads the longest day that a text begins with, and returns the rest.
func readDay(text string, today calendar.Date) (day calendar.Date, rest string, ok bool) {
	text = strings.TrimSpace(text)
	ends := []int{}
	inWord := false
	for i, r := range text {
		space := unicode.IsSpace(r)
		if inWord && space {
			ends = append(ends, i)
		}
		inWord = !space
	}
	ends = append(ends, len(text))
	if len(ends) > 6 {
		ends = ends[:6] // no day has more words: «Mittwoch, den 2. Dezember 2026»
	}
	for i := len(ends) - 1; i >= 0; i-- {
		for _, part := range []string{text[:ends[i]], strings.TrimRight(text[:ends[i]], ",;:")} {
			if day, err := calendar.ParseDay(part, today); err == nil && part != "" {
				return day, strings.TrimSpace(text[ends[i]:]), true
			}
		}
	}
	return calendar.Date{}, text, false
}

// days is a span, both inclusive.
type days struct{ from, until calendar.Date }

var (
	spanFrom  = regexp.MustCompile(`(?i)^(?:vom|von|ab|from|starting)\s+`)
	spanUntil = regexp.MustCompile(`(?i)^(?:bis(?:\s+(?:zum|einschl\.|einschließlich))?|until|till|to|through|[-–—])\s*`)
	dash      = regexp.MustCompile(`(\d\.?)\s*[-–—]\s*(\d)`)
	isoDay    = regexp.MustCompile(`\d{4}-\d{2}-\d{2}`)
)

// readSpan reads "bis 31.12.", "1.12.–5.12.", "vom 1.12. bis 5.12." or "from 1.12.
// until 5.12.", seen from today, and returns what is left.
func readSpan(text string, today calendar.Date) (span days, rest string, ok bool) {
	if !isoDay.MatchString(text) {
		text = dash.ReplaceAllString(text, "$1 – $2")
	}
	text = strings.TrimLeft(strings.TrimSpace(text), ",: ")
	span.from = today
	explicit := false
	if m := spanUntil.FindString(text); m == "" {
		head := spanFrom.FindString(text)
		day, rest, ok := readDay(text[len(head):], today)
		if !ok {
			return days{}, text, false
		}
		span.from, text, explicit = day, rest, true
	}
	m := spanUntil.FindString(text)
	if m == "" {
		return days{}, text, false
	}
	if span.until, rest, ok = readDay(text[len(m):], today); !ok {
		return days{}, text, false
	}
	// On 3 December «1.12.–5.12.» has begun already: not next year's first.
	if explicit && span.from.After(span.until) {
		if earlier := (calendar.Date{Year: span.from.Year - 1, Month: span.from.Month, Day: span.from.Day}); earlier.Valid() && !earlier.After(today) && !span.until.Before(today) {
			span.from = earlier
		}
	}
	return span, rest, true
}

// dateWord reports whether a span can begin with the word when next follows it.
func dateWord(word, next string, today calendar.Date) bool {
	isDay := func(w string) bool {
		if w == "" {
			return false
		}
		if unicode.IsDigit(rune(w[0])) {
			return true
		}
		_, err := calendar.ParseDay(strings.TrimRight(w, ",;:"), today)
		return err == nil
	}
	switch fold(word) {
	case "bis", "until", "till", "ab", "vom", "from":
		return true
	case "von", "to", "-", "–", "zum":
		return isDay(next)
	}
	return isDay(word)
}

// splitSpan cuts a text where a span begins: «Maria Beispiel | bis 31.12.»
func splitSpan(text string, today calendar.Date) (before, from string) {
	words := strings.Fields(text)
	for i, w := range words {
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		if dateWord(w, next, today) {
			return strings.Join(words[:i], " "), strings.Join(words[i:], " ")
		}
	}
	return strings.Join(words, " "), ""
}
