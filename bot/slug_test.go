package bot

import (
	"fmt"
	"strings"
	"testing"
)

func TestSlug(t *testing.T) {
	for name, want := range map[string]string{
		"KI im Call":             "ki-im-call",
		"  Serviceportal  ":      "serviceportal",
		"Bürgerbüro & Ämter":     "buergerbuero-und-aemter",
		"Bu\u0308rgerbu\u0308ro": "buergerbuero", // letters with a combining mark
		"Straße 2.0":             "strasse-2-0",
		"Change + Kommunikation": "change-kommunikation",
		"---":                    "",
		"🙂":                      "",
		"":                       "",
		"../../etc":              "etc",
		"a\u202eb":               "a-b", // nothing unseen stays
		"Ελληνικά":               "ελληνικά",
	} {
		if got := Slug(name); got != want {
			t.Errorf("the slug of %q is %q, want %q", name, got, want)
		}
		if got := Slug(want); got != want {
			t.Errorf("the slug of the slug %q is %q", want, got)
		}
	}
}

func TestReadings(t *testing.T) {
	for text, want := range map[string]string{
		"KI im Call gelb":       "ki-im-call-gelb| ki-im-call|gelb ki-im|Call gelb ki|im Call gelb",
		"ki-im-call gelb, weil": "ki-im-call-gelb|weil ki-im-call|gelb, weil*", // the id as it is typed; behind a comma no name goes on
		"ki-im-call: gelb":      "ki-im-call|gelb*",
		"serviceportal":         "serviceportal|*",
		"„KI im Call“ gelb":     "ki-im-call|gelb\"",
		"\"KI im Call\": gelb":  "ki-im-call|gelb\"",
		"»KI im Call« gelb":     "ki-im-call|gelb\"",
		"„KI im Call\" gelb":    "ki-im-call|gelb\"", // as keyboards have it
		"„KI im Call gelb":      "ki-im-call-gelb| ki-im-call|gelb ki-im|Call gelb ki|im Call gelb",
		"„“ gelb":               "gelb|",
		"– KI gelb":             "ki-gelb| ki|gelb",
		"KI\nBlocker":           "ki-blocker| ki|Blocker",
		"":                      "",
		" \n\t ":                "",
		"!!!":                   "",
	} {
		var got []string
		for _, r := range Readings(text) {
			mark := ""
			if r.Exact {
				mark = "*"
			}
			if r.Quoted {
				mark = "\""
			}
			got = append(got, r.Slug+"|"+r.Rest+mark)
		}
		if have := strings.Join(got, " "); have != want {
			t.Errorf("the readings of %q are\n%s, want\n%s", text, have, want)
		}
	}
	if n := len(Readings(strings.Repeat("wort ", 1000))); n != maxReadings {
		t.Errorf("a long text has %d readings, want %d", n, maxReadings)
	}
}

func TestSlips(t *testing.T) {
	for _, c := range []struct {
		a, b string
		most int
		want int
	}{
		{"status", "status", 3, 0},
		{"staus", "status", 3, 1},   // a letter dropped
		{"sttaus", "status", 3, 1},  // two swapped
		{"sratzs", "status", 3, 2},  // two changed
		{"grün", "grun", 3, 1},      // letters, not bytes
		{"", "abc", 3, 3},           // as many as may be
		{"", "abcd", 3, 4},          // one more, and no matter how many
		{"kitten", "sitting", 2, 3}, // three, of which the last is not counted out
		{strings.Repeat("x", 1<<20), "status", 3, 4},
	} {
		if there, back := Slips(c.a, c.b, c.most), Slips(c.b, c.a, c.most); there != c.want || back != c.want {
			t.Errorf("from %.20q to %.20q: %d slips there, %d back, want %d", c.a, c.b, there, back, c.want)
		}
	}
}

// FuzzReadings: whatever is read has a slug, and what follows stands at the text's
// end.
func FuzzReadings(f *testing.F) {
	for _, text := range []string{"KI im Call gelb", "„KI“ x", "\"", "a: b", "\xff", "'' x", "„\u0308“"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range Readings(text) {
			if r.Slug == "" || Slug(r.Slug) != r.Slug {
				t.Errorf("%q has a reading with the slug %q", text, r.Slug)
			}
			if !strings.HasSuffix(strings.TrimSpace(text), r.Rest) {
				t.Errorf("%q has a reading with the rest %q", text, fmt.Sprint(r.Rest))
			}
		}
	})
}
