package templates

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lotse/bot"
)

// folder writes an override folder: file names with slashes, and contents.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestOverride replaces a text in one language and leaves the others alone.
func TestOverride(t *testing.T) {
	dir := folder(t, map[string]string{
		"de/error.long.md":             "\ufeffZu lang: {{.Got}}.\r\nHöchstens {{.Max}}.\r\n", // as Windows writes it
		"de/check.reason.md":           "Warum? {{light .Light}}",
		"de-du/error.round.md":         "Nichts los.",
		".git/config":                  "hidden",
		"de/.error.long.md.swp":        "hidden",
		"en/check.summary.md":          `{{define "one"}}{{name .Field}}{{end}}{{range $i, $line := .Lines}}{{if $i}}, {{end}}{{template "one" $line}}{{end}}`,
		"en/check.overview.md":         `{{$n := 0}}{{range $row := .Rows}}{{$n = len $row.Missing}}{{with $row}}{{name .Project}}: {{$n}} {{end}}{{end}}{{$.Total}}`,
		"en/check.cancelled.md":        `{{printf "%s %d" .Reason 5}} 01 {{(name .Project) | shorten 10}}`,
		"en/check.returned.md":         `{{with $q := .Question}}{{$q}}{{else}}{{.By.Name}}{{end}} {{if and .Late (eq .By.ID "petra")}}{{.Deadline.Year}}{{end}}`,
		"en/note.failed.md":            `{{.Room.Local}} {{.Kind}}`,
		"en/error.forbidden.md":        `{{range .Roles}}{{if eq . "pmo"}}{{break}}{{end}}{{role .}}{{end}}x`,
		"en/check.reminder.md":         `{{if eq .N 1 2}}{{mention .To}}{{end}}x`,
		"en/check.light.md":            `{{if gt .Light 1}}{{emoji .Light}}{{end}}x`,
		"en/error.internal.md":         `{{/* nothing */}}x`,
		"en/error.repeat.md":           `{{print "a" .Why 5}}`,
		"en/check.agenda.md":           `{{range .Sections}}{{.Name}}{{range .Entries}}{{.Status.Text}}{{else}}none{{end}}{{end}}`,
		"en/room.unbound.md":           `{{link "Hilfe" "https://example.org/a?b=c&d"}} {{link .BotName "javascript:alert(1)"}}`,
		"en/check.question.blocker.md": `{{or .Text "nothing"}}`,
	})
	set := newSet(t, Options{Dir: dir})
	for _, test := range []struct {
		lang     bot.Language
		template string
		data     any
		want     string
	}{
		{bot.German, "error.long", bot.TooLong{Got: 5, Max: 4}, "Zu lang: 5.\nHöchstens 4."},
		// de-du says what the city's de says only where we have no du of our own.
		{bot.GermanDu, "error.long", bot.TooLong{Got: 5, Max: 4}, "Das ist für das Board zu lang: 5 Zeichen, Platz ist für 4. Bitte kürze auf das Wichtigste – gespeichert habe ich noch nichts."},
		{bot.GermanDu, "error.round", bot.NoRound{}, "Nichts los."},
		{bot.English, "error.long", bot.TooLong{Got: 5, Max: 4}, "That is too long for the board: 5 characters, there is room for 4. Please shorten it to what matters most – nothing has been saved yet."},
		{bot.English, "check.cancelled", bot.Cancelled{Reason: "*", Project: bot.ProjectName{Name: "# x"}}, `\* 5 01 \# x`},
		{bot.English, "note.failed", bot.Failed{Room: "matrix:!a_b:c", Kind: bot.EventEdit}, `!a\_b:c edit`},
		{bot.English, "room.unbound", bot.RoomNote{BotName: "L]"}, `[Hilfe](<https://example.org/a?b=c&amp;d>) L\]`},
	} {
		got, err := set.Render(test.lang, test.template, test.data, "matrix")
		if err != nil || string(got.Markdown) != test.want {
			t.Errorf("%s in %s: %q, %v; want %q", test.template, test.lang, got.Markdown, err, test.want)
		}
	}
}

// TestOverrideFaults: what is wrong with a city's own texts is said when they are
// read, with file and line, all at once.
func TestOverrideFaults(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       string // DIR is the folder
	}{
		// Not a text.
		{"fr/error.long.md", "x", "DIR/fr: here are only the folders de, de-du, en"},
		{"notes.txt", "x", "DIR/notes.txt: here are only the folders de, de-du, en"},
		{"de/error.long.txt", "x", "DIR/de/error.long.txt: the name of a text ends in .md"},
		{"de/check.opning.md", "x", "DIR/de/check.opning.md: there is no text check.opning, is check.opening meant?"},
		{"de/lunch.menu.today.md", "x", "DIR/de/lunch.menu.today.md: there is no text lunch.menu.today"},
		// Cannot be read.
		{"de/error.long.md", "a\n{{if .Got}}\nb", "DIR/de/error.long.md:3: unexpected EOF"},
		{"de/error.long.md", "a\n{{shout .Got}}", `DIR/de/error.long.md:2: function "shout" not defined`},
		{"de/error.long.md", "{{.Got", "DIR/de/error.long.md:1: unclosed action"},
		// Names what does not exist, in places to which samples lead, and others.
		{"de/error.long.md", "a\nb {{.Gott}}", "DIR/de/error.long.md:2:4: bot.TooLong has no field Gott, is Got meant?"},
		{"de/error.long.md", "a\n\n{{if eq .Got 1}}{{.Gott}}{{end}}", "DIR/de/error.long.md:3:18: bot.TooLong has no field Gott, is Got meant?"},
		{"de/error.repeat.md", `{{if eq .Why "never"}}{{.When}}{{end}}x`, "DIR/de/error.repeat.md:1:24: bot.CannotRepeat has no field When, is Why meant?"},
		{"de/check.summary.md", "{{range .Lines}}{{.Project.Name}}{{end}}", "DIR/de/check.summary.md:1:26: bot.SummaryLine has no field Project"},
		{"de/check.summary.md", "{{range $l := .Lines}}{{$l.Light.Name}}{{end}}", "DIR/de/check.summary.md:1:26: bot.Light has no field Name"},
		{"de/check.summary.md", `{{define "a"}}{{.Fielt}}{{end}}{{range .Lines}}{{template "a" .}}{{end}}`, "DIR/de/check.summary.md:1:16: bot.SummaryLine has no field Fielt, is Field meant?"},
		{"de/check.summary.md", `{{if .Late}}{{template "nix" .}}{{end}}`, `DIR/de/check.summary.md:1:23: the file defines no template "nix"`},
		{"de/check.summary.md", `{{define "a"}}{{template "a" .}}{{end}}x{{if false}}{{template "a" .}}{{end}}`, `DIR/de/check.summary.md:1:25: template "a" calls itself`},
		{"de/check.summary.md", "{{with .Check}}{{.Nanos}}{{end}}", "DIR/de/check.summary.md:1:17: time.Time has no field Nanos"},
		{"de/check.summary.md", "{{.Check.Add 5}}", "DIR/de/check.summary.md:1:8: .Check.Add takes no arguments"},
		{"de/check.summary.md", "{{.Check.Add}}", "DIR/de/check.summary.md:1:8: time.Time.Add needs arguments"},
		// Says what cannot be said.
		{"de/check.summary.md", "{{if .Late}}{{.Check}}{{end}}", "DIR/de/check.summary.md:1:14: a time.Time cannot be printed as it is"},
		{"de/check.reason.md", "{{.Light}}", "DIR/de/check.reason.md:1:2: a light is printed with {{light}} or {{emoji}}"},
		{"de/check.summary.md", "{{if .Late}}{{.Lines}}{{end}}", "DIR/de/check.summary.md:1:14: a []bot.SummaryLine cannot be printed as it is"},
		{"de/check.summary.md", "{{range .Late}}x{{end}}", "DIR/de/check.summary.md:1:8: range cannot go over bool"},
		{"de/check.summary.md", "{{range 9}}x{{end}}", "DIR/de/check.summary.md:1:8: range cannot go over int"},
		// Calls what does not fit.
		{"de/check.summary.md", "{{if .Late}}{{light .Project}}{{end}}", "DIR/de/check.summary.md:1:14: argument 1 of light is bot.ProjectName, not bot.Light"},
		{"de/check.summary.md", "{{if .Late}}{{mention .Project}}{{end}}", "DIR/de/check.summary.md:1:14: mention: bot.ProjectName is nobody to mention"},
		{"de/check.summary.md", "{{if .Late}}{{list .ToDo}}{{end}}", "DIR/de/check.summary.md:1:14: list: bot.TaskLine has no name"},
		{"de/check.summary.md", "{{if .Late}}{{date .Project}}{{end}}", "DIR/de/check.summary.md:1:14: date: bot.ProjectName is no time"},
		{"de/check.summary.md", "{{if .Late}}{{count 1}}{{end}}", "DIR/de/check.summary.md:1:14: count wants 3 arguments, here are 1"},
		{"de/check.summary.md", `{{if eq .Project "x"}}y{{end}}`, "DIR/de/check.summary.md:1:5: eq cannot compare a bot.ProjectName"},
		{"de/check.summary.md", `{{if and .Late (eq .Late "x")}}y{{end}}`, "DIR/de/check.summary.md:1:16: eq cannot compare a bool with a string"},
		{"de/check.summary.md", `{{if and .Late (lt 1)}}y{{end}}`, "DIR/de/check.summary.md:1:16: lt wants two arguments"},
		{"de/check.summary.md", `{{if and .Late (len .Late)}}y{{end}}`, "DIR/de/check.summary.md:1:16: len wants one list"},
		{"de/check.summary.md", `{{if .Late}}{{html .Project.Name}}{{end}}`, "DIR/de/check.summary.md:1:14: texts do without the function html"},
		{"de/check.summary.md", `{{if .Late}}{{slice .ToDo 5}}{{end}}`, "DIR/de/check.summary.md:1:14: texts do without the function slice"},
		// Is one thing or another, as the data has it.
		{"de/check.summary.md", `{{(or .Late .Project).Name}}`, "DIR/de/check.summary.md:1:21: (or .Late .Project).Name: what it is a field of can be anything"},
		{"de/check.summary.md", `{{or .Late .Project}}`, "DIR/de/check.summary.md:1:2: what is printed here can be anything"},
		{"de/check.summary.md", `{{if .Late}}{{if eq (or .Late .Project) 1}}x{{end}}{{end}}`, "DIR/de/check.summary.md:1:17: what eq compares can be anything"},
		{"de/check.summary.md", `{{if .Late}}{{quote (or .Late .Project.Name)}}{{end}}`, "DIR/de/check.summary.md:1:14: argument 1 of quote can be anything"},
		{"de/check.summary.md", `{{$x := 1}}{{if .Late}}{{$x = "a"}}{{end}}`, "DIR/de/check.summary.md:1:25: $x holds int and cannot hold string"},
		{"de/check.summary.md", `{{$x := .Lines}}{{range $x = .Lines}}{{end}}`, "DIR/de/check.summary.md:1:24: range declares its variables with :="},
		{"de/check.summary.md", `{{or (quote .Project.Name) "–"}}`, ""},
		{"de/check.summary.md", `{{if .Late}}{{quote (or (code .Project.Name) "–")}}{{end}}`, "DIR/de/check.summary.md:1:14: argument 1 of quote is text or Markdown, not string"},
		// Lets people's words change the message.
		{"de/error.long.md", "x", ""}, // harmless
		{"de/error.command.md", "`{{.Given}}`", "could change how the message looks"},
		{"de/error.command.md", "[x]({{.Given}})", "could change how the message looks"},
		{"de/error.command.md", "<{{.Given}}>", ""}, // its tag is text, too
		{"de/error.command.md", "**{{.Given}}**x", "could change how the message looks"},
		{"de/error.command.md", "**{{.Given}}** x", ""},
		{"de/error.command.md", "```\n{{.Given}}\n```", ""},
		{"de/error.command.md", "# {{.Given}}", ""},
	} {
		dir := folder(t, map[string]string{test.name: test.text})
		_, err := New(Options{Dir: dir, Zone: berlin(t)})
		want := strings.ReplaceAll(test.want, "DIR", dir)
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s %q: %v", test.name, test.text, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s %q:\n got %v\nwant %s", test.name, test.text, err, want)
		}
	}
}

// TestOverrideAllFaults: one start is enough to learn of every fault.
func TestOverrideAllFaults(t *testing.T) {
	dir := folder(t, map[string]string{
		"de/error.long.md":  "{{.Gott}}",
		"en/error.long.md":  "\n{{.Gottt}}",
		"de/error.tasks.md": "{{.Maxx}} {{.Gott}}",
	})
	_, err := New(Options{Dir: dir})
	if err == nil {
		t.Fatal("New found nothing")
	}
	for _, want := range []string{"de/error.long.md:1:2: ", "en/error.long.md:2:2: ", "de/error.tasks.md:1:2: ", "de/error.tasks.md:1:12: "} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		if !strings.HasPrefix(line, dir) {
			t.Errorf("a line does not begin with its file: %s", line)
		}
	}
}

func TestNewFaults(t *testing.T) {
	if _, err := New(Options{Dir: filepath.Join(t.TempDir(), "missing")}); err == nil {
		t.Error("a folder that does not exist was taken")
	}
	file := filepath.Join(folder(t, map[string]string{"x": ""}), "x")
	if _, err := New(Options{Dir: file}); err == nil {
		t.Error("a file was taken for a folder")
	}
	if _, err := New(Options{Default: "fr"}); err == nil {
		t.Error("a language that does not exist was taken")
	}
}

// TestProve: samples and texts belong together.
func TestProve(t *testing.T) {
	set := newSet(t, Options{})
	samples := bot.Samples()
	delete(samples, "error.long")
	samples["error.lunch"] = []any{bot.TooLong{}}
	samples["error.round"] = []any{bot.TooLong{}}
	err := set.prove(samples, func(bot.Language, string) bool { return false })
	if err == nil {
		t.Fatal("prove found nothing")
	}
	for _, want := range []string{
		"there is no sample data for the text error.long",
		"there is sample data for error.lunch but no text in en",
		"templates/text/de/error.round.md:1:62: ", // a field that the data has not
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
}
