package dialoguetest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// section is a part of a dialogue.
type section struct {
	name string // in, out
	text string
}

// Run plays the dialogues of a folder in the world that make makes for each. With update,
// what the bot does is written into the files.
func Run(t *testing.T, dir string, update bool, make func(t *testing.T) *World) {
	files, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no dialogues in %s: %v", dir, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			w := make(t)
			comment, sections := parse(string(data))
			told := comment
			for i, s := range sections {
				if s.name != "in" {
					continue
				}
				w.Play(s.text)
				want, got := "", w.News()
				if i+1 < len(sections) && sections[i+1].name == "out" {
					want = sections[i+1].text
				}
				if diff := differ(want, got); diff != "" && !update {
					t.Errorf("after\n%sthe bot does not do as it should (- want, + got):\n%s", s.text, diff)
				}
				told += "-- in --\n" + s.text + "-- out --\n" + got
			}
			if doubled := w.Chat.Doubled(); len(doubled) > 0 {
				t.Errorf("said twice: %q", doubled)
			}
			if needless := w.Needless(); len(needless) > 0 {
				t.Errorf("edited without being changed: %q", needless)
			}
			if update && told != string(data) {
				if err := os.WriteFile(file, []byte(told), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// parse splits a dialogue into its sections.
func parse(data string) (comment string, sections []section) {
	for line := range strings.Lines(data) {
		if name, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "-- "); ok && strings.HasSuffix(name, " --") {
			sections = append(sections, section{name: strings.TrimSuffix(name, " --")})
			continue
		}
		if len(sections) == 0 {
			comment += line
			continue
		}
		sections[len(sections)-1].text += line
	}
	return comment, sections
}

// differ shows where two texts differ, line by line: what stands between the lines that
// are alike at the beginning and at the end. It is empty if they do not.
func differ(want, got string) string {
	if want == got {
		return ""
	}
	w, g := strings.SplitAfter(want, "\n"), strings.SplitAfter(got, "\n")
	from := 0
	for from < min(len(w), len(g)) && w[from] == g[from] {
		from++
	}
	to := 0
	for to < min(len(w), len(g))-from && w[len(w)-1-to] == g[len(g)-1-to] {
		to++
	}
	var b strings.Builder
	show := func(sign string, lines []string) {
		for _, line := range lines {
			if line != "" {
				fmt.Fprintf(&b, "%s %s\n", sign, strings.TrimSuffix(line, "\n"))
			}
		}
	}
	show(" ", w[max(0, from-2):from])
	show("-", w[from:len(w)-to])
	show("+", g[from:len(g)-to])
	show(" ", w[len(w)-to:min(len(w), len(w)-to+2)])
	return b.String()
}
