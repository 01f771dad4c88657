package matrix

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"lotse/bot"
)

var update = flag.Bool("update", false, "write what is rendered into the golden files")

// TestRender compares each testdata/render/*.txtar: "in.md" with the accounts in
// "mentions" must become "body" and "html" (no html: the body says it all).
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
			text := bot.Text{Markdown: bot.Markdown(part["in.md"])}
			for u := range strings.FieldsSeq(part["mentions"]) {
				text.Mentions = append(text.Mentions, bot.UserID(u))
			}
			body, formatted := render(text)
			if *update {
				keep := ar.Files[:0]
				for _, f := range ar.Files {
					if f.Name == "in.md" || f.Name == "mentions" {
						keep = append(keep, f)
					}
				}
				keep = append(keep, txtar.File{Name: "body", Data: []byte(body + "\n")})
				if formatted != "" {
					keep = append(keep, txtar.File{Name: "html", Data: []byte(formatted + "\n")})
				}
				ar.Files = keep
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if body != part["body"] {
				t.Errorf("body:\n%s\nwant:\n%s", body, part["body"])
			}
			if formatted != part["html"] {
				t.Errorf("html:\n%s\nwant:\n%s", formatted, part["html"])
			}
		})
	}
}

// FuzzRender: whatever the Markdown is, the HTML holds only what the policy allows,
// links go nowhere but where they may, and nobody is called.
func FuzzRender(f *testing.F) {
	for _, s := range []string{
		"**fett** [x](https://example.org) <b>", "[x](mention:matrix:@a:b)", "| a | b |\n|---|---|\n| 1 | 2 |",
		"[x](javascript:alert(1))", "![x](mxc://a/b)", "@room", "<mention:matrix:@a:b>", "> * 1. ```\nx\n```",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		body, formatted := render(bot.Text{Markdown: bot.Markdown(s)})
		if again := oneLine(policy.Sanitize(formatted)); again != formatted && strings.Contains(formatted, "<") && !strings.Contains(formatted, "<pre>") {
			t.Errorf("the policy changes the HTML again:\n%q\n%q", formatted, again)
		}
		lower := strings.ToLower(formatted)
		for _, bad := range []string{"<script", "<img", "<mx-reply", `href="javascript:`, `href="mention:`, `href="https://matrix.to/#/@`} {
			if strings.Contains(lower, bad) {
				t.Errorf("%q in %q", bad, formatted)
			}
		}
		if everybody.MatchString(body) {
			t.Errorf("the body calls everybody: %q", body)
		}
	})
}
