package teams

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"

	"lotse/bot"
	"lotse/templates"
)

// shown writes what is sent, and whom it mentions.
func shown(body string, mentions []mention) string {
	var b strings.Builder
	b.WriteString(strings.ReplaceAll(body, hardBreak, "␣␣\n"))
	for _, m := range mentions {
		fmt.Fprintf(&b, "\n%s is %s, %q", m.Text, m.Mentioned.ID, m.Mentioned.Name)
	}
	return b.String()
}

// callAll gives every account an address.
func callAll(users []bot.UserID) map[bot.UserID]string {
	named := map[bot.UserID]string{}
	for _, u := range users {
		named[u] = "29:" + u.Local()
	}
	return named
}

// TestRender compares each testdata/render/*.txtar: "in.md", with the accounts in
// "mentions", must become "out" (␣␣ at the end of a line are two spaces, Teams' line break).
func TestRender(t *testing.T) {
	files, err := filepath.Glob("testdata/render/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			part := map[string]string{}
			for _, f := range ar.Files {
				part[f.Name] = strings.TrimSuffix(string(f.Data), "\n")
			}
			in := bot.Text{Markdown: bot.Markdown(part["in.md"])}
			for u := range strings.FieldsSeq(part["mentions"]) {
				in.Mentions = append(in.Mentions, bot.UserID(u))
			}
			got := shown(render(in, callAll(in.Mentions)))
			if *update {
				ar.Files = append(slices.DeleteFunc(ar.Files, func(f txtar.File) bool { return f.Name == "out" }), txtar.File{Name: "out", Data: []byte(got + "\n")})
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != part["out"] {
				t.Errorf("rendered:\n%s\nwant:\n%s", got, part["out"])
			}
		})
	}
}

// TestTemplates holds every German text, on every sample, as Teams gets it, against what
// was read and found good.
func TestTemplates(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	set, err := templates.New(templates.Options{Zone: zone})
	if err != nil {
		t.Fatal(err)
	}
	samples := bot.Samples()
	for _, name := range slices.Sorted(maps.Keys(samples)) {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			for i, sample := range samples[name] {
				in, err := set.Render(bot.German, name, sample, "matrix")
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&got, "=== %d\n%s\n\n", i+1, shown(render(in, callAll(in.Mentions))))
			}
			path := filepath.Join("testdata", "templates", name+".golden")
			if *update {
				if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatalf("%v; write it with: go test -tags goolm ./bot/teams -run TestTemplates -update", err)
			}
			if got.String() != string(want) {
				t.Errorf("rendered:\n%s\nwant:\n%s", got.String(), want)
			}
		})
	}
	ownerless(t, "testdata/templates/*.golden", samples)
}

// ownerless fails for golden files of templates that there are not.
func ownerless(t *testing.T, pattern string, samples map[string][]any) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), ".golden"); samples[name] == nil {
			t.Errorf("%s belongs to no template", file)
		}
	}
}

// What is too long is cut between words: never inside one, nor inside a mention.
func TestTooLong(t *testing.T) {
	who := bot.UserID("teams:maria")
	pill := "[Maria Beispiel](mention:teams:maria)"
	in := func(md string) (string, []mention) {
		return render(bot.Text{Markdown: bot.Markdown(md), Mentions: []bot.UserID{who}}, callAll([]bot.UserID{who}))
	}
	for what, md := range map[string]string{
		"one paragraph":        strings.Repeat("Wörterbuch ", 10000),
		"of emojis":            strings.Repeat("🟢🟡 ", 20000),
		"with mentions":        strings.Repeat(pill+" ", 5000),
		"many paragraphs":      strings.Repeat(pill+" **fett** Wort\n\n", 5000),
		"a list":               strings.Repeat("- Wort "+pill+"\n", 5000),
		"what is escaped":      strings.Repeat("&lt; ", 20000),
		"a word without end":   strings.Repeat("x", 100000),
		"much, and then links": "anfang\n\n" + strings.Repeat("[Wort](https://example.org/lang) ", 10000),
	} {
		body, mentions := in(md)
		if n := units(body); n > maxUnits || n < 1000 && what != "a word without end" {
			t.Errorf("%s: %d units", what, n)
		}
		if !strings.HasSuffix(body, "…") {
			t.Errorf("%s: nothing says that there is more: %q", what, body[max(0, len(body)-40):])
		}
		if open, closed := strings.Count(body, "<at>"), strings.Count(body, "</at>"); open != closed || open != len(mentions) {
			t.Errorf("%s: %d tags are opened, %d closed, for %d mentions", what, open, closed, len(mentions))
		}
		last := strings.TrimRight(strings.TrimSuffix(body, "…"), " \n")
		last = last[strings.LastIndexAny(last, " \n")+1:]
		if last != "" && !slices.Contains([]string{"Wörterbuch", "🟢🟡", "Maria", "Beispiel", "Wort", "fett", "-", "\\&lt;", "&lt;"}, strings.Trim(last, "*")) {
			t.Errorf("%s: cut within %q", what, last)
		}
	}
	if body, _ := in("kurz"); body != "kurz" {
		t.Errorf("a short text is %q", body)
	}
}

// words are a document's text without marks, entities read, spaces as one.
func words(doc ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			switch n := n.(type) {
			case *ast.Text:
				value := string(n.Value(source))
				if n.Parent().Kind() != ast.KindCodeSpan {
					value = bot.Unescape(value)
				}
				b.WriteString(value + " ")
			case *ast.FencedCodeBlock:
				b.Write(n.Lines().Value(source))
			}
		}
		return ast.WalkContinue, nil
	})
	return strings.Join(strings.FieldsFunc(b.String(), unicode.IsSpace), "")
}

// FuzzForeign: what somebody wrote, wherever it stands in a message, is shown as it was
// written and does nothing: no mark, no link, no mention, no tag.
func FuzzForeign(f *testing.F) {
	for _, s := range []string{
		"**fett** [x](https://example.org) <b>", "<at>Maria Beispiel</at>", "| a | b |\n|---|---|\n| 1 | 2 |", "- x\n1. y\n# z\n> q", "`code` ```",
		"a_b_c __x__ ~~y~~", "&lt;at&gt;", "\\*x\\*", "1) 2. 3", "---", "![x](y)", "https://example.org", "[x](mention:teams:maria)",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		foreign := string(templates.Escape(s))
		for _, in := range []string{"%s", "**%s**", "- %s", "> %s", "# %s", "Sie schrieb: „%s“.", "| a | b |\n|---|---|\n| %s | x |"} {
			md := strings.ReplaceAll(in, "%s", foreign)
			if foreign == "" {
				continue
			}
			body, mentions := render(bot.Text{Markdown: bot.Markdown(md), Mentions: []bot.UserID{"teams:maria"}}, map[bot.UserID]string{"teams:maria": "29:maria"})
			if len(mentions) > 0 || strings.ContainsAny(body, "<") {
				t.Errorf("%q in %q mentions somebody or holds a tag: %q", s, in, body)
			}
			if units(body) >= maxUnits-10 {
				continue // cut
			}
			source := []byte(body)
			doc := markdown.Parser().Parse(text.NewReader(source))
			_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
				switch n.Kind() {
				case ast.KindLink, ast.KindAutoLink, ast.KindImage, ast.KindCodeSpan, ast.KindFencedCodeBlock, ast.KindHeading, ast.KindRawHTML, ast.KindHTMLBlock:
					t.Errorf("%q in %q becomes a %s: %q", s, in, n.Kind(), body)
					return ast.WalkStop, nil
				}
				return ast.WalkContinue, nil
			})
			before := []byte(md)
			want := words(markdown.Parser().Parse(text.NewReader(before)), before)
			if strings.HasPrefix(in, "|") {
				continue // a table's cells get names
			}
			if got := words(doc, source); got != want {
				t.Errorf("%q in %q is shown as %q, want %q: %q", s, in, got, want, body)
			}
		}
	})
}
