package templates

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"lotse/bot"
)

// Escape makes Markdown of foreign text that shows it, in one line, and does
// nothing else: no markup, link, HTML or mention comes of it, wherever in a line it
// stands. Line breaks become " / ". What cannot be seen (control, zero-width and
// direction characters) is left out.
func Escape(s string) bot.Markdown {
	return bot.Markdown(strings.ReplaceAll(string(escapeLines(s, " / ")), atStart, `\`))
}

// atStart stands for a backslash that is needed only where the character behind it
// begins a line: tidy, which sees the whole text, makes one of it or takes it away.
// It is a private character, so clean leaves none in foreign text.
const atStart = "\ue000"

// escapeLines is Escape with another text between the lines; blank lines are left
// out. A between that ends in a line break is fine: every line is escaped for the
// beginning of a line.
func escapeLines(s, between string) bot.Markdown {
	var b strings.Builder
	for line := range strings.SplitSeq(clean(s), "\n") {
		if line == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(between)
		}
		escapeLine(&b, line)
	}
	return bot.Markdown(b.String())
}

// joiner is an invisible character that keeps a word from being broken. Put into
// "@room" it keeps old clients, which search for that word, from ringing at everyone.
const joiner = "\u2060"

// escapeLine writes a cleaned line. Every ASCII punctuation character may be
// escaped in CommonMark; these are the ones that mean something there, in GitHub's
// and in mautrix's extensions.
func escapeLine(b *strings.Builder, line string) {
	digits := 0 // how many digits the line begins with
	for digits < len(line) && '0' <= line[digits] && line[digits] <= '9' {
		digits++
	}
	for i := range len(line) {
		c := line[i]
		switch c {
		case '\\', '`', '*', '_', '[', ']', '<', '>', '&', '~', '|', '#', '@':
			b.WriteByte('\\')
		case '-', '+', '=': // a list, a rule, or it makes the line above a heading
			if i == 0 {
				b.WriteString(atStart)
			}
		case '.', ')': // a numbered list, or an address that some make a link of
			if c == '.' && endsInFold(line[:i], "www") {
				b.WriteByte('\\')
			} else if i == digits && digits > 0 {
				b.WriteString(atStart)
			}
		case ':': // an address, a table's second line
			if strings.HasPrefix(line[i+1:], "//") {
				b.WriteByte('\\')
			} else if i == 0 {
				b.WriteString(atStart)
			}
		}
		b.WriteByte(c)
		if c == '@' && len(line) >= i+5 && strings.EqualFold(line[i+1:i+5], "room") {
			b.WriteString(joiner)
		}
	}
}

func endsInFold(s, end string) bool {
	return len(s) >= len(end) && strings.EqualFold(s[len(s)-len(end):], end)
}

// maxMarks is how many accents may stand on one character; more would paint over
// the lines around.
const maxMarks = 4

// clean leaves of a text what can be seen: valid UTF-8 in lines that neither begin
// nor end with a space and hold no two in a row.
func clean(s string) string {
	var b strings.Builder
	var last rune // the last one written to this line, 0 at its beginning
	space := false
	marks := 0
	for i, r := range s {
		switch {
		case r == '\r' && strings.HasPrefix(s[i+1:], "\n"):
			continue
		case r == '\n', r == '\r', r == '\v', r == '\f', r == '\u0085', r == '\u2028', r == '\u2029':
			b.WriteByte('\n')
			last, space = 0, false
			continue
		case unicode.IsSpace(r), r == '\u2800':
			space = true
			continue
		case r == '\u200d': // joins emojis: 👩‍💻
			next, _ := utf8.DecodeRuneInString(s[i+len("\u200d"):])
			if space || !pictures(last) || !unicode.Is(unicode.So, next) {
				continue
			}
		case r == '\ufe0e', r == '\ufe0f': // an emoji as text, or in colour
			if space || last == 0 || last == '\ufe0e' || last == '\ufe0f' {
				continue
			}
		case unseen(r):
			continue
		}
		if unicode.In(r, unicode.Mn, unicode.Me) && r != '\ufe0e' && r != '\ufe0f' {
			if marks++; marks > maxMarks || last == 0 || space {
				continue
			}
		} else {
			marks = 0
		}
		if space && last != 0 {
			b.WriteByte(' ')
		}
		space = false
		b.WriteRune(r) // U+FFFD for what is not UTF-8
		last = r
	}
	return b.String()
}

// pictures reports whether r may stand before a joiner: an emoji, its colour.
func pictures(r rune) bool { return unicode.In(r, unicode.So, unicode.Sk) || r == '\ufe0f' }

// unseen reports whether r shows nothing of its own: controls, formatting such as
// the direction of writing, zero-width characters, and what Unicode does not define.
func unseen(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Noncharacter_Code_Point)
}

// code shows foreign text as something to type or copy, in one line.
func code(s string) bot.Markdown {
	s = strings.ReplaceAll(clean(s), "\n", " ")
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	longest, run := 0, 0
	for _, c := range s {
		if run++; c != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	fence := strings.Repeat("`", longest+1)
	return bot.Markdown(fence + s + fence)
}
