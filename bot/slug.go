package bot

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxReadings is how many words a project's name may have to be found at the
// beginning of a command's arguments.
const maxReadings = 8

// Slug makes an id of a name: lower case, ä as ae, everything but letters and
// digits a single hyphen: "KI im Call" is "ki-im-call". It is "" for a name
// without any letter or digit. Two spellings of a name have the same slug.
func Slug(name string) string {
	var out strings.Builder
	gap := false
	for _, r := range Fold(strings.ReplaceAll(name, "&", " und ")) {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			gap = true
			continue
		}
		if gap && out.Len() > 0 {
			out.WriteByte('-')
		}
		gap = false
		out.WriteRune(r)
	}
	return out.String()
}

// quotes are the opening quotation marks and what may close them.
var quotes = map[rune]string{'„': "“”\"", '“': "”“\"", '"': "\"”“", '»': "«", '«': "»", '‚': "‘’'"}

// Reading is one way to read a project out of the beginning of a text.
type Reading struct {
	Slug string // of what would be the name; never ""
	Rest string // what follows, trimmed
	// Quoted: it stands in quotation marks.
	Quoted bool
	// Exact: it was typed just like its slug.
	Exact bool
}

// Readings are the ways to read a project's id or name out of the beginning of a
// text, the longest first: of "KI im Call gelb" they are "ki-im-call-gelb",
// "ki-im-call", "ki-im" and "ki". A name in quotation marks is the only reading.
// A colon behind the name is left out.
func Readings(text string) []Reading {
	text = strings.TrimSpace(text)
	for i, r := range text {
		closing, ok := quotes[r]
		if i > 0 || !ok {
			break
		}
		inner := text[utf8.RuneLen(r):]
		if end := strings.IndexAny(inner, closing); end >= 0 && Slug(inner[:end]) != "" {
			_, size := utf8.DecodeRuneInString(inner[end:])
			rest := strings.TrimSpace(inner[end+size:])
			return []Reading{{Slug: Slug(inner[:end]), Rest: strings.TrimSpace(strings.TrimPrefix(rest, ":")), Quoted: true}}
		}
	}
	var readings []Reading
	end := 0
	for range maxReadings {
		start := end
		for start < len(text) && isSpace(text[start]) {
			start++
		}
		if start == len(text) {
			break
		}
		end = start
		for end < len(text) && !isSpace(text[end]) {
			end++
		}
		name := text[:end]
		slug := Slug(name)
		if slug == "" {
			continue
		}
		typed := strings.TrimSuffix(name, ":")
		readings = append(readings, Reading{Slug: slug, Rest: strings.TrimSpace(text[end:]), Exact: typed == slug})
		if typed != name || strings.ContainsAny(text[start:end], ",;.!?") {
			break // a name does not go on behind punctuation
		}
	}
	slices.Reverse(readings)
	return readings
}

func isSpace(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }

// Slips counts the typing slips that make b of a: letters added, dropped, changed or
// swapped with their neighbour. Of more than most it says only most+1.
func Slips(a, b string, most int) int {
	from, to := []rune(a), []rune(b)
	if len(from)-len(to) > most || len(to)-len(from) > most {
		return most + 1 // a whole letter to the editor is not compared
	}
	var last []int
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i := range from {
		next := make([]int, len(to)+1)
		next[0] = i + 1
		for j := range to {
			change := row[j]
			if from[i] != to[j] {
				change++
			}
			next[j+1] = min(change, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && from[i] == to[j-1] && from[i-1] == to[j] {
				next[j+1] = min(next[j+1], last[j-1]+1)
			}
		}
		last, row = row, next
	}
	return min(row[len(to)], most+1)
}
