package templates

import (
	"bytes"
	"html"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"lotse/bot"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
)

// browser shows what a chat that reads as much Markdown as possible would show.
var browser = goldmark.New(goldmark.WithExtensions(extension.GFM, extension.DefinitionList, extension.Footnote))

func show(t testing.TB, markdown string) string {
	t.Helper()
	var b bytes.Buffer
	if err := browser.Convert([]byte(markdown), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestEscape(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"Schnittstelle kommt später", "Schnittstelle kommt später"},
		// Markup.
		{"*a* _b_ ~~c~~ `d`", `\*a\* \_b\_ \~\~c\~\~ \` + "`d\\`"},
		{"[x](mention:matrix:@a:b)", `\[x\](mention:matrix:\@a:b)`},
		{"<b>&amp;", `\<b\>\&amp;`},
		{`C:\tmp`, `C:\\tmp`},
		{"a | b", `a \| b`},
		// Only where a line begins.
		{"# h", `\# h`},
		{"- l", `\- l`},
		{"a - b", "a - b"},
		{"1. n", `1\. n`},
		{"1) n", `1\) n`},
		{"am 4. November", "am 4. November"},
		{"=== - 1.", `\=== - 1.`},
		// Lines.
		{"a\nb", "a / b"},
		{"a\r\n\r\n- b", `a / \- b`},
		{"  a \t b  ", "a b"},
		// Addresses stay readable.
		{"https://example.org/x_y", `https\://example.org/x\_y`},
		{"www.example.org", `www\.example.org`},
		{"maria@example.org", `maria\@example.org`},
		{"Status: gelb", "Status: gelb"},
		// Nobody is called.
		{"@room @ROOM", "\\@\u2060room \\@\u2060ROOM"},
		{"@ro\u200bom", "\\@\u2060room"},
		// What cannot be seen, or turns what can.
		{"a\u202eb\u2066c\u200bd\ufeffe\u00adf\x00g\x1bh", "abcdefgh"},
		{"a\ue000b", "ab"}, // our own mark
		{"\u2028x", "x"},
		{"\xff", "\ufffd"},
		{"a" + strings.Repeat("\u0301", 50), "a" + strings.Repeat("\u0301", 4)},
		{"\u0301a", "a"}, // would go onto what stands before
		// Emojis stay whole.
		{"👩\u200d💻 👍🏽 1\ufe0f\u20e3 🏳\ufe0f\u200d🌈", "👩\u200d💻 👍🏽 1\ufe0f\u20e3 🏳\ufe0f\u200d🌈"},
		{"a\u200db", "ab"},
		{"", ""},
		{" \n\u200b\n ", ""},
	} {
		if got := string(Escape(test.in)); got != test.want {
			t.Errorf("Escape(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}

func TestCode(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"!status gelb", "`!status gelb`"},
		{"a`b", "``a`b``"},
		{"`", "`` ` ``"},
		{"``a`", "``` ``a` ```"},
		{"a\nb", "`a b`"},
		{"\u202e", ""},
		{"", ""},
	} {
		if got := string(code(test.in)); got != test.want {
			t.Errorf("code(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}

func TestShorten(t *testing.T) {
	for _, test := range []struct {
		n        int
		in, want string
	}{
		{20, "kurz", "kurz"},
		{20, "Die Schnittstelle kommt später", "Die Schnittstelle …"},
		{12, strings.Repeat("ä", 30), strings.Repeat("ä", 10) + " …"},
		{10, "aa bb, cc dd", "aa bb …"}, // no comma before the mark
		{0, "a", " …"},
	} {
		got := shorten(test.n, test.in)
		if got != test.want {
			t.Errorf("shorten(%d, %q) = %q, want %q", test.n, test.in, got, test.want)
		}
		if n := utf8.RuneCountInString(got); test.n > 1 && n > test.n {
			t.Errorf("shorten(%d, %q) has %d characters", test.n, test.in, n)
		}
	}
}

// shown is what a reader sees of foreign text: all of it, and nothing else.
func shown(s, between string) string {
	var lines []string
	for line := range strings.SplitSeq(clean(s), "\n") {
		if line != "" {
			lines = append(lines, line)
		}
	}
	s = strings.Join(lines, between)
	for i := 0; i+5 <= len(s); i++ {
		if strings.EqualFold(s[i:i+5], "@room") {
			s = s[:i+1] + joiner + s[i+1:]
		}
	}
	return s
}

// FuzzEscape proves that foreign text is shown as it is, wherever in a message it
// stands: no link, emphasis, HTML, heading, list, code or mention comes of it, and
// nothing of it is lost.
func FuzzEscape(f *testing.F) {
	for _, seed := range []string{
		hostile, "# h", "- l", "1. n", "===", "---", ":--", "a\n---", "| a |\n|---|", "a\n: b", "```\nx", "    code", "\\", "&#64;room",
		"[^1]: x", "[a]: b", "<https://x.y>", "<!--", "http://a.b", "HTTPS://A.B", "Www.a.b", "a@b.cd", "*", "**", "_a_", "~~x~~", "!\\[", "\u00a0#", "\t- x",
		"[ ] x", "[x] y", "mailto:a@b.cd", "ftp://a.b/c", "1986\\. x", "a  \nb", "x\\\ny", "(https://a.b)", "@ROOM", "-", "+ x", "=", "^a^",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if clean(clean(s)) != clean(s) {
			t.Errorf("clean is not done at once: %q, then %q", clean(s), clean(clean(s)))
		}
		want := shown(s, " / ")
		if want == "" {
			return
		}
		for _, r := range want {
			if r != '\u2060' && r != '\u200d' && r != '\ufe0e' && r != '\ufe0f' && !unicode.IsGraphic(r) && r != utf8.RuneError && unicode.IsControl(r) {
				t.Errorf("%U is not to be seen", r)
			}
		}
		lines := shown(s, "\n")
		for _, place := range []struct {
			function string // what the template prints it with
			markdown string // %s is where it goes
			html     string
			want     string
		}{
			{"{{.}}", "%s", "<p>%s</p>\n", want},
			{"{{.}}", "Grund: %s!", "<p>Grund: %s!</p>\n", want},
			{"{{.}}", "**%s** · x", "<p><strong>%s</strong> · x</p>\n", want},
			{"{{.}}", "- **Status:** %s\n- y", "<ul>\n<li><strong>Status:</strong> %s</li>\n<li>y</li>\n</ul>\n", want},
			{"{{.}}", "- %s", "<ul>\n<li>%s</li>\n</ul>\n", want},
			{"{{.}}", "> %s", "<blockquote>\n<p>%s</p>\n</blockquote>\n", want},
			{"{{.}}", "[%s](mention:x)", "<p><a href=\"mention:x\">%s</a></p>\n", want},
			{"{{.}}", "x\n%s", "<p>x\n%s</p>\n", want},
			{"{{indent .}}", "- %s", "<ul>\n<li>%s</li>\n</ul>\n", lines},
			{"{{indent .}}", "x\n%s", "<p>x\n%s</p>\n", lines},
			{"{{cite .}}", "%s", "<blockquote>\n<p>%s</p>\n</blockquote>\n", lines},
			{"{{quote .}}", "%s", "<p>„%s“</p>\n", want},
			{"{{code .}}", "%s", "<p><code>%s</code></p>\n", strings.ReplaceAll(strings.TrimSpace(clean(s)), "\n", " ")},
		} {
			r := &run{words: &german}
			plain := func(v any) (bot.Markdown, error) { return r.text(v.(string)), nil }
			text, err := map[string]func(any) (bot.Markdown, error){
				"{{.}}": plain, "{{indent .}}": r.indent, "{{cite .}}": r.cite, "{{quote .}}": r.quote, "{{code .}}": r.code,
			}[place.function](s)
			if err != nil {
				t.Fatal(err)
			}
			printed := string(text)
			if strings.Contains(place.want, "  ") && place.function == "{{code .}}" {
				continue // a browser shows two spaces as one
			}
			markdown := string(tidy(strings.Replace(place.markdown, "%s", printed, 1)))
			before, after, _ := strings.Cut(place.html, "%s")
			page := show(t, markdown)
			inner, ok := strings.CutPrefix(page, before)
			if ok {
				inner, ok = strings.CutSuffix(inner, after)
			}
			if !ok || strings.ContainsAny(inner, "<>") || html.UnescapeString(inner) != place.want {
				t.Fatalf("%s in %q:\nmarkdown %q\nshows    %q\nwant     %q", place.function, place.markdown, markdown, page, before+html.EscapeString(place.want)+after)
			}
		}
	})
}
