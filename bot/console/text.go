package console

import (
	"html"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// style is how text looks on a terminal with colours; without, it is not there.
type style string

const (
	bold   style = "1"
	dim    style = "2"
	italic style = "3"
	cyan   style = "1;36"
	green  style = "1;32"
	yellow style = "1;33"
)

// paint styles a text that holds no line break: word by word, so that it can be
// wrapped.
func (p *printer) paint(s style, text string) string {
	if !p.colour {
		return text
	}
	words := strings.Split(text, " ")
	for i, word := range words {
		if word != "" {
			words[i] = "\x1b[" + string(s) + "m" + word + "\x1b[0m"
		}
	}
	return strings.Join(words, " ")
}

// clean makes foreign text harmless for a terminal: no control characters, no
// reversed writing. Line breaks stay.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case r == '\u200d' || r == '\ufe0f': // parts of emojis
			return r
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, text)
}

// oneLine is clean text without line breaks.
func oneLine(text string) string { return strings.Join(strings.Fields(clean(text)), " ") }

// short is the beginning of a text, to recognise it by.
func short(text string) string {
	line, _, more := strings.Cut(strings.TrimSpace(clean(text)), "\n")
	if r := []rune(line); len(r) > 40 {
		line, more = strings.TrimSpace(string(r[:40])), true
	}
	if more {
		line += "…"
	}
	return line
}

// plain turns Markdown into lines of text, styled where there are colours. It knows
// what our templates use: headings, lists, quotations, code, emphasis, links,
// mentions, escapes.
func (p *printer) plain(markdown string) []string {
	var lines []string
	fenced := false
	for line := range strings.SplitSeq(strings.TrimSpace(clean(markdown)), "\n") {
		bare := strings.TrimSpace(line)
		if strings.HasPrefix(bare, "```") {
			fenced = !fenced
			continue
		}
		if fenced {
			lines = append(lines, "    "+line)
			continue
		}
		lines = append(lines, p.line(strings.TrimSuffix(strings.TrimRight(line, " "), `\`)))
	}
	return lines
}

// line turns one line of Markdown into text.
func (p *printer) line(line string) string {
	rest := strings.TrimLeft(line, " ")
	lead := line[:len(line)-len(rest)]
	switch {
	case rest == "---" || rest == "***" || rest == "___":
		return p.paint(dim, strings.Repeat("─", 8))
	case strings.HasPrefix(rest, "- ") || strings.HasPrefix(rest, "* ") || strings.HasPrefix(rest, "+ "):
		return lead + "• " + p.spans(rest[2:])
	case strings.HasPrefix(rest, ">"):
		return lead + p.paint(dim, "▎ ") + p.line(strings.TrimPrefix(rest[1:], " "))
	case strings.HasPrefix(rest, "#"):
		heading := strings.TrimLeft(rest, "#")
		if strings.HasPrefix(heading, " ") {
			return p.paint(bold, (&printer{}).spans(strings.TrimSpace(heading)))
		}
	}
	return lead + p.spans(rest)
}

// spans turns what stands within a line.
func (p *printer) spans(s string) string {
	var b strings.Builder
	for s != "" {
		switch c := s[0]; {
		case c == '\\' && len(s) > 1 && isPunct(s[1]):
			b.WriteByte(s[1])
			s = s[2:]
			continue
		case c == '`':
			if code, rest, ok := codeSpan(s); ok {
				b.WriteString(p.paint(yellow, code))
				s = rest
				continue
			}
		case strings.HasPrefix(s, "**"), strings.HasPrefix(s, "~~"):
			if inner, rest, ok := enclosed(s, s[:2]); ok {
				how := bold
				if c == '~' {
					how = dim
				}
				b.WriteString(p.paint(how, (&printer{}).spans(inner)))
				s = rest
				continue
			}
		case c == '*' || c == '_':
			if inner, rest, ok := enclosed(s, s[:1]); ok {
				b.WriteString(p.paint(italic, (&printer{}).spans(inner)))
				s = rest
				continue
			}
		case c == '[':
			if text, address, rest, ok := link(s); ok {
				b.WriteString(p.link(text, address))
				s = rest
				continue
			}
		case c == '&':
			if end := strings.IndexByte(s, ';'); end > 1 && end < 12 && html.UnescapeString(s[:end+1]) != s[:end+1] {
				b.WriteString(strings.ReplaceAll(clean(html.UnescapeString(s[:end+1])), "\n", " ")) // a line begins only where one is written
				s = s[end+1:]
				continue
			}
		}
		_, n := utf8.DecodeRuneInString(s)
		b.WriteString(s[:n])
		s = s[n:]
	}
	return b.String()
}

func (p *printer) link(text, address string) string {
	inner := (&printer{}).spans(text)
	switch {
	case strings.HasPrefix(address, "mention:"):
		return p.paint(bold, "@"+inner)
	case inner == address:
		return address
	default:
		return inner + " " + p.paint(dim, "("+address+")")
	}
}

func isPunct(c byte) bool {
	return c < utf8.RuneSelf && (unicode.IsPunct(rune(c)) || unicode.IsSymbol(rune(c)))
}

// codeSpan splits a span of code from the rest of s, which begins with it.
func codeSpan(s string) (code, rest string, ok bool) {
	ticks := s[:len(s)-len(strings.TrimLeft(s, "`"))]
	inner, rest, ok := strings.Cut(s[len(ticks):], ticks)
	if trimmed := strings.TrimSpace(inner); trimmed != "" && strings.HasPrefix(inner, " ") && strings.HasSuffix(inner, " ") {
		inner = inner[1 : len(inner)-1]
	}
	return inner, rest, ok
}

// enclosed splits what stands between two marks from the rest of s, which begins
// with the first.
func enclosed(s, mark string) (inner, rest string, ok bool) {
	body := s[len(mark):]
	if body == "" || body[0] == ' ' {
		return "", "", false
	}
	for i := 0; i+len(mark) <= len(body); i++ {
		switch {
		case body[i] == '\\':
			i++
		case strings.HasPrefix(body[i:], mark) && i > 0 && body[i-1] != ' ':
			return body[:i], body[i+len(mark):], true
		}
	}
	return "", "", false
}

// link splits [text](address) from the rest of s, which begins with it.
func link(s string) (text, address, rest string, ok bool) {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '[':
			depth++
		case ']':
			if depth--; depth > 0 {
				continue
			}
			if !strings.HasPrefix(s[i+1:], "(") {
				return "", "", "", false
			}
			address, rest, ok = strings.Cut(s[i+2:], ")")
			address = strings.Trim(address, "<>")
			return s[1:i], address, rest, ok
		}
	}
	return "", "", "", false
}

// width is how many columns a text takes, without its styles.
func width(s string) int {
	n := 0
	var last int
	for i := 0; i < len(s); {
		if strings.HasPrefix(s[i:], "\x1b[") {
			if end := strings.IndexByte(s[i:], 'm'); end > 0 {
				i += end + 1
				continue
			}
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		switch {
		case r == '\ufe0f' && last == 1: // shown as an emoji
			n, last = n+1, 2
		case r == '\u200d', r == '\ufe0f', unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf), unicode.IsControl(r):
		case wide(r):
			n, last = n+2, 2
		default:
			n, last = n+1, 1
		}
	}
	return n
}

// wide reports whether a character takes two columns (Unicode TR 11, and emojis).
func wide(r rune) bool {
	switch {
	case r < 0x1100:
		return false
	case r <= 0x115f, 0x2e80 <= r && r <= 0xa4cf, 0xac00 <= r && r <= 0xd7a3, 0xf900 <= r && r <= 0xfaff,
		0xfe30 <= r && r <= 0xfe6f, 0xff00 <= r && r <= 0xff60, 0xffe0 <= r && r <= 0xffe6,
		0x1f300 <= r && r <= 0x1f64f, 0x1f680 <= r && r <= 0x1f6ff, 0x1f7e0 <= r && r <= 0x1f7eb, 0x1f900 <= r && r <= 0x1faff:
		return true
	}
	return strings.ContainsRune("⌚⌛⏩⏪⏫⏬⏰⏳◽◾☔☕⚡⚪⚫⚽⛄⛔⛪⭐⭕✅✊✋✨❌❎❓❔❕❗➕➖➗➰", r)
}

// wrap breaks a line at spaces so that no part is wider than limit; what follows the
// first part is indented like a list's text, or has the bar of a quotation. A word that is too long
// stays whole.
func wrap(line string, limit int) []string {
	if width(line) <= limit {
		return []string{line}
	}
	hang := hanging(line)
	var parts []string
	current := ""
	for i, word := range strings.Split(line, " ") {
		switch {
		case i == 0:
			current = word
		case width(current)+1+width(word) <= limit || strings.TrimSpace(current) == "":
			current += " " + word
		default:
			parts = append(parts, current)
			current = hang + word
		}
	}
	return append(parts, current)
}

// hanging is what the further lines of a line begin with: the text of a list item is indented, a quote keeps its bar.
func hanging(line string) string {
	rest := strings.TrimLeft(line, " ")
	lead := line[:len(line)-len(rest)]
	switch bar := quoted.FindString(line); {
	case bar != "":
		return bar
	case strings.HasPrefix(rest, "• "):
		return lead + "  "
	}
	return lead
}

// quoted is how a quote begins, whatever its colour.
var quoted = regexp.MustCompile(`^ *((\x1b\[[0-9;]*m)*▎ (\x1b\[[0-9;]*m)*)+`)
