package teams

import (
	"strings"
	"unicode"
)

// joiner (U+2060) shows nothing. [bot.Clean] takes it out of what people copy and send.
const joiner = "\u2060"

// inert makes a text stand as it is wherever a card shows words. Which of them are
// Markdown, and which Markdown that is, differs between Teams' clients: those on phones
// show the backslashes and entities with which others are kept from reading marks. So the
// marks are broken by a character that shows nothing, and where that does not help, they
// are replaced by characters that look like them. Nothing in it is a mark, a tag, a link, a
// mention, or a date that a client would write anew.
func inert(s string) string {
	lines := strings.Split(inertWithin(s), "\n")
	for i, line := range lines {
		rest := strings.TrimLeft(line, " \t")
		space := line[:len(line)-len(rest)]
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		switch {
		case rest == "":
		case strings.IndexByte("#+-=|:>[", rest[0]) >= 0:
			lines[i] = space + joiner + rest
		case digits > 0 && digits < len(rest) && (rest[digits] == '.' || rest[digits] == ')'):
			lines[i] = space + rest[:digits] + joiner + rest[digits:]
		}
	}
	return strings.Join(lines, "\n")
}

// inertWithin is inert for the middle of a line.
func inertWithin(s string) string {
	var b strings.Builder
	var before, after rune
	all := []rune(s)
	for i, r := range all {
		if after = 0; i+1 < len(all) {
			after = all[i+1]
		}
		switch r {
		case '*':
			r = '∗'
		case '`':
			r = 'ˋ'
		case '~':
			r = '∼'
		case '|':
			r = '∣'
		case '_':
			if !alphanumeric(before) || !alphanumeric(after) {
				r = 'ˍ'
			}
		}
		b.WriteRune(r)
		switch {
		case r == '<', r == '\\', r == '&', r == ']', r == '{' && after == '{', r == '!' && after == '[':
			b.WriteString(joiner)
		}
		before = r
	}
	return b.String()
}

func alphanumeric(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
