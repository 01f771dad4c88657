package console

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPlain(t *testing.T) {
	tests := []struct{ markdown, want string }{
		{"**fett** und *schräg* und _auch_", "fett und schräg und auch"},
		{`\*kein\* \_Markup\_ \[x\]`, "*kein* _Markup_ [x]"},
		{"**nicht zu", "**nicht zu"},
		{"2 * 3 * 4", "2 * 3 * 4"},                                    // marks with spaces around are none
		{"`!status **rot**`", "!status **rot**"},                      // code is as it is
		{"`` a ` b ``", "a ` b"},                                      // code with a backtick
		{"[Text](https://example.org)", "Text (https://example.org)"}, // the address can be read
		{"[https://a.b](https://a.b)", "https://a.b"},
		{"[Maria \\[x\\]](mention:console:@maria)", "@Maria [x]"},
		{"[kein Link]", "[kein Link]"},
		{"- eins\n* zwei\n+ drei", "• eins\n• zwei\n• drei"},
		{"> Zitat\n>> tiefer", "▎ Zitat\n▎ ▎ tiefer"},
		{"# Titel\n#kein Titel", "Titel\n#kein Titel"},
		{"a&amp;b &unknown; & so", "a&b &unknown; & so"},
		{"Zeile\\\nnoch eine  \nletzte", "Zeile\nnoch eine\nletzte"}, // hard breaks
		{"```\n**roh**\n```", "    **roh**"},
	}
	for _, test := range tests {
		if got := strings.Join((&printer{}).plain(test.markdown), "\n"); got != test.want {
			t.Errorf("plain(%q) = %q, want %q", test.markdown, got, test.want)
		}
	}
}

func TestWidth(t *testing.T) {
	tests := []struct {
		text string
		want int
	}{
		{"", 0},
		{"Größe", 5},
		{"Gro\u0308ße", 5},        // a combining mark takes no room
		{"🟢 grün", 7},             // an emoji takes two columns
		{"✏\ufe0f", 2},            // and so does a sign made one
		{"\x1b[1mfett\x1b[0m", 4}, // a style takes none
		{"\u2060", 0},             // nor does what is invisible
		{"漢字", 4},
	}
	for _, test := range tests {
		if got := width(test.text); got != test.want {
			t.Errorf("width(%q) = %d, want %d", test.text, got, test.want)
		}
	}
}

func TestWrap(t *testing.T) {
	tests := []struct {
		line  string
		limit int
		want  string
	}{
		{"kurz", 10, "kurz"},
		{"eins zwei drei", 9, "eins zwei|drei"},
		{"• eins zwei drei", 9, "• eins|  zwei|  drei"}, // the text of a list hangs
		{"▎ eins zwei drei", 9, "▎ eins|▎ zwei|▎ drei"}, // a quote keeps its bar, dim where it is
		{"\x1b[2m▎ \x1b[0meins zwei", 9, "\x1b[2m▎ \x1b[0meins|\x1b[2m▎ \x1b[0mzwei"},
		{"Donaudampfschifffahrt ja", 6, "Donaudampfschifffahrt|ja"},
		{"🟢🟢 🟢🟢", 8, "🟢🟢|🟢🟢"},
	}
	for _, test := range tests {
		if got := strings.Join(wrap(test.line, test.limit), "|"); got != test.want {
			t.Errorf("wrap(%q, %d) = %q, want %q", test.line, test.limit, got, test.want)
		}
	}
}

func TestFor(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if o := For(f); o.Colour || o.Width != defaultWidth || Terminal(f) {
		t.Errorf("a file is no terminal, got %+v", o)
	}
}

// Whatever is written, cleaning leaves nothing that steers a terminal.
func FuzzPlain(f *testing.F) {
	f.Add("**a** [b](c) `d` \\e \x1b[1m")
	f.Add(">>>>>>](b) [b](")
	f.Add("&#XAX; &#10;")
	f.Fuzz(func(t *testing.T, markdown string) {
		for _, line := range (&printer{}).plain(markdown) {
			if strings.ContainsAny(line, "\x1b\r\x07\n") {
				t.Errorf("plain(%q) holds a control character: %q", markdown, line)
			}
			bare := strings.NewReplacer(" ", "", "▎", "").Replace // a quote's further lines have its bar, too
			if got := strings.Join(wrap(line, 20), ""); bare(got) != bare(line) {
				t.Errorf("wrap(%q) lost or made up something: %q", line, got)
			}
		}
	})
}
