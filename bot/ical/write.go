package ical

import (
	"bytes"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// writer writes content lines.
type writer struct{ b bytes.Buffer }

// width is how many octets a line may have, without its end.
const width = 75

// line writes a content line, folded between characters. There is no line break in what is given.
func (w *writer) line(s string) {
	used := 0
	for _, r := range s {
		size := utf8.RuneLen(r)
		if used+size > width {
			w.b.WriteString("\r\n ")
			used = 1
		}
		w.b.WriteRune(r)
		used += size
	}
	w.b.WriteString("\r\n")
}

// text writes a property that is text.
func (w *writer) text(name, value string) { w.line(name + ":" + escape(value)) }

var special = strings.NewReplacer(`\`, `\\`, `;`, `\;`, `,`, `\,`, "\n", `\n`)

// escape makes a text value.
func escape(s string) string { return special.Replace(clean(s)) }

var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\v", "\n", "\f", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

// clean leaves nothing in a text that a calendar may not hold: every line break is a \n, there are no control characters,
// which iCalendar forbids, nor noncharacters, which the XML does that calendars are synchronised with.
func clean(s string) string {
	s = lineBreaks.Replace(strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.IsControl(r) || unicode.Is(unicode.Noncharacter_Code_Point, r) {
			return -1
		}
		return r
	}, s)
}

// oneLine is a text without line breaks, which programs show badly, or not at all, where they expect one line.
func oneLine(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }

// plainer leaves out of a parameter what it may not hold (the quotation mark), and what programs disagree about: some take
// a backslash as in a text, some a caret as RFC 6868 says.
var plainer = strings.NewReplacer(`"`, "'", `\`, "/", "^", "")

// parameter writes a parameter: quoted, since quoted it may hold commas, colons and semicolons.
func parameter(name, value string) string {
	value = plainer.Replace(oneLine(value))
	if value == "" {
		return ""
	}
	if strings.Trim(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_-+") == "" {
		return ";" + name + "=" + value // a zone, which some read wrongly in quotation marks
	}
	return ";" + name + `="` + value + `"`
}

// uri returns an address that may stand in a property, "" if it is none: https, or mailto with somebody to write to.
func uri(s string) string {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || u.Scheme == "https" && u.Host == "" || u.Scheme == "mailto" && !strings.Contains(u.Opaque, "@") ||
		u.Scheme != "https" && u.Scheme != "mailto" {
		return ""
	}
	// What a path or a query holds that is no ASCII is percent-encoded by url; the rest might not be.
	address := u.String()
	for i := range len(address) {
		if address[i] <= ' ' || address[i] >= utf8.RuneSelf || address[i] == '"' || address[i] == 0x7f {
			return ""
		}
	}
	return address
}
