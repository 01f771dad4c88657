package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The exit status says who is at fault: 0 nobody, 1 the world, 2 the command line. What is wrong goes to standard
// error, once.
func TestRunStatus(t *testing.T) {
	dir := t.TempDir()
	path := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	good, bad := path("good.yaml", least), path("bad.yaml", "citty: Duisburg\n")
	for _, test := range []struct {
		why, args      string
		status         int
		stdout, stderr string
	}{
		{"no command: the help", "", 0, "Available Commands", ""},
		{"a command's help", "plan --help", 0, "--until", ""},
		{"the version", "version", 0, "lotse ", ""},
		{"a plan", "plan --from 2026-11-01 --until 2026-11-30 -c " + good, 0, "In dieser Zeit ist kein Projektcheck geplant.", ""},
		{"an unknown command", "pla", 2, "", `lotse: unknown command "pla"`},
		{"an unknown flag", "plan --untli 2026-11-30", 2, "", "lotse: unknown flag: --untli\nlotse plan [flags]"},
		{"an argument too many", "version now", 2, "", "lotse: "},
		{"an argument too few", "import", 2, "", "lotse: accepts 1 arg(s), received 0\nlotse import projects.csv [flags]"},
		{"no configuration", "plan -c " + filepath.Join(dir, "none.yaml"), 1, "", "lotse: there is no configuration"},
		{"a wrong configuration: each fault begins with the file", "plan -c " + bad, 1, "", bad + `:1:1: unknown key "citty"; did you mean "city"?`},
		{"a wrong value", "export --format xml -c " + good, 1, "", `lotse: --format "xml" is none of csv, json`},
		{"a table with a fault: said once", "import -c " + good + " " + path("bad.csv", "Projekt;Foo\n"), 1, "", filepath.Join(dir, "bad.csv") + ":1: Spalte Foo:"},
	} {
		var stdout, stderr bytes.Buffer
		status := run(t.Context(), strings.Fields(test.args), strings.NewReader(""), &stdout, &stderr)
		if status != test.status {
			t.Errorf("%s: status %d, want %d", test.why, status, test.status)
		}
		if !strings.Contains(stdout.String(), test.stdout) || test.stdout == "" && stdout.Len() > 0 {
			t.Errorf("%s: standard output %q, want %q", test.why, stdout.String(), test.stdout)
		}
		if !strings.HasPrefix(stderr.String(), test.stderr) || test.stderr == "" && stderr.Len() > 0 {
			t.Errorf("%s: standard error %q, want %q", test.why, stderr.String(), test.stderr)
		}
	}
}

func TestTerminal(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for why, f := range map[string]any{"a text": strings.NewReader(""), "a file": file, "nothing": io.Discard} {
		if terminal(f) {
			t.Errorf("%s is taken for a terminal", why)
		}
	}
}

// Every command explains itself, so that the help is enough to begin with.
func TestCommandsExplainThemselves(t *testing.T) {
	for _, construct := range subcommands {
		cmd := construct(&app{})
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: short help %q", cmd.Name(), cmd.Short)
		}
		if cmd.Args == nil {
			t.Errorf("%s takes any arguments", cmd.Name())
		}
	}
}
