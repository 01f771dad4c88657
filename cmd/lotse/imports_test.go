package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// wing is a package (with the folders below it) and what it may import besides the standard library.
type wing struct {
	dir  string
	may  []string // import paths; "x/..." means x and everything below it; "*" everything
	pure bool     // no clock, no chance, no world, no goroutines
	why  string
}

const (
	mautrixAll  = "maunium.net/go/mautrix/..."
	goldmarkAll = "github.com/yuin/goldmark/..."
	bluemonday  = "github.com/microcosm-cc/bluemonday"
	rules       = "lotse/bot"
	dates       = "lotse/bot/calendar"
	escalations = "lotse/bot/escalation"
	meetups     = "lotse/bot/meetup"
	icalendar   = "lotse/bot/ical"
	notices     = "lotse/bot/notice"
)

// house is the table: every import points to package bot. A package stands in the row with the longest folder.
var house = []wing{
	{dir: "bot", may: []string{dates, icalendar}, pure: true,
		why: "the rules decide with nothing but what they are given, so that any decision can be tested and repeated"},
	{dir: "bot/calendar", may: []string{"github.com/teambition/rrule-go", "github.com/rickar/cal/v2/...", "github.com/robfig/cron/v3"}, pure: true,
		why: "dates are arithmetic: what today is, the caller says"},
	{dir: "bot/ical", may: nil, pure: true,
		why: "a calendar file is made of what it is given, by whoever decides about a date"},
	{dir: "bot/ical/icaltest", may: []string{"lotse/..."},
		why: "helpers for tests import the standard library and this module only, so that nobody inherits a test's dependencies"},
	{dir: "bot/escalation", may: []string{rules, dates}, pure: true,
		why: "a subject of the rules with a package of its own: pure like them"},
	{dir: "bot/meetup", may: []string{rules, dates, escalations, icalendar}, pure: true,
		why: "a subject of the rules with a package of its own: pure like them; what is not about it goes on to escalations"},
	{dir: "bot/notice", may: []string{rules, dates}, pure: true,
		why: "a subject of the rules with a package of its own: pure like them"},
	{dir: "bot/greeting", may: []string{rules}, pure: true,
		why: "a subject of the rules with a package of its own: pure like them"},
	{dir: "bot/cachetest", may: nil,
		why: "helpers for tests import the standard library and this module only, so that nobody inherits a test's dependencies"},
	{dir: "bot/dialoguetest", may: []string{"lotse/..."},
		why: "helpers for tests import the standard library and this module only, so that nobody inherits a test's dependencies"},
	{dir: "bot/engine", may: []string{rules, dates},
		why: "the engine declares what it needs of chats, stores and texts; it knows none of them"},
	{dir: "bot/matrix", may: []string{rules, dates, mautrixAll, "go.mau.fi/util/...", "github.com/rs/zerolog/...", goldmarkAll, bluemonday},
		why: "an adapter translates between its chat and package bot; the types it shares with the engine live in bot"},
	{dir: "bot/matrix/matrixtest", may: []string{"lotse/..."},
		why: "helpers for tests import the standard library and this module only, so that nobody inherits a test's dependencies"},
	{dir: "bot/teams", may: []string{rules, dates, "golang.org/x/oauth2/...", "github.com/golang-jwt/jwt/v5", goldmarkAll},
		why: "an adapter translates between its chat and package bot; the types it shares with the engine live in bot"},
	{dir: "bot/teams/teamsapp", may: []string{rules}, pure: true,
		why: "an app package is made of what it is given, so that the same application has the same bytes"},
	{dir: "bot/teams/teamstest", may: []string{"lotse/..."},
		why: "helpers for tests import the standard library and this module only, so that nobody inherits a test's dependencies"},
	{dir: "bot/console", may: []string{rules, dates},
		why: "an adapter translates between its chat and package bot; the types it shares with the engine live in bot"},
	{dir: "bot/web", may: []string{rules, dates, icalendar},
		why: "the web shows what the rules and the store hand over"},
	{dir: "commands", may: []string{rules, dates, escalations, meetups, notices}, pure: true,
		why: "a command is a rule: it says what it needs, and decides"},
	{dir: "templates", may: []string{rules, dates, goldmarkAll, bluemonday},
		why: "texts are made of what the rules hand over, and of nothing they look up themselves"},
	{dir: "storage", may: []string{rules, dates, "go.mau.fi/util/dbutil/...", "modernc.org/sqlite/..."},
		why: "the store keeps what the rules decided; it decides nothing"},
	{dir: "storage/storagetest", may: []string{"lotse/..."},
		why: "helpers for tests import the standard library and this module only, so that nobody inherits a test's dependencies"},
	{dir: "cmd", may: []string{"*"}, why: "here everything is put together"},
}

// TestImports proves the table for all files that are no tests.
func TestImports(t *testing.T) {
	packages := 0
	eachPackage(t, func(dir string, files map[string]*ast.File) {
		packages++
		r, ok := wingFor(dir)
		if !ok {
			t.Errorf("the folder %s is in no row of the table: the house has %s; a new one needs a row, and a reason", dir, wings())
			return
		}
		for name, file := range files {
			for _, spec := range file.Imports {
				path, _ := strconv.Unquote(spec.Path.Value)
				if !standard(path) && !r.allows(path) {
					t.Errorf("%s imports %s: %s may import %s. Why: %s", name, path, dir, strings.Join(append([]string{"the standard library"}, r.may...), ", "), r.why)
				}
			}
		}
	})
	if packages < 8 {
		t.Errorf("only %d packages were found: does this test still see the module?", packages)
	}
}

// impure are the standard library's ways out of a pure package. What stands for a whole package is "*".
var impure = map[string][]string{
	"time":         {"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"},
	"math/rand":    {"*"},
	"math/rand/v2": {"*"},
	"crypto/rand":  {"*"},
	"os":           {"*"},
	"os/exec":      {"*"},
	"os/signal":    {"*"},
	"net":          {"*"},
	"net/http":     {"*"},
	"syscall":      {"*"},
	"runtime":      {"*"},
	"database/sql": {"*"},
	"log":          {"*"},
	"log/slog":     {"*"},
	"context":      {"Background", "TODO", "WithTimeout", "WithDeadline"},
	"fmt":          {"Print", "Println", "Printf", "Scan", "Scanln", "Scanf"},
	"unsafe":       {"*"},
}

// TestPure proves that the rules, the calendar and the commands have no clock, no chance, no world and no goroutines.
func TestPure(t *testing.T) {
	seen := 0
	eachPackage(t, func(dir string, files map[string]*ast.File) {
		if r, ok := wingFor(dir); !ok || !r.pure {
			return
		}
		seen++
		for name, file := range files {
			for _, wrong := range impurities(file) {
				t.Errorf("%s uses %s: package %s is pure; time, state and input come in, a change goes out", name, wrong, dir)
			}
		}
	})
	want := 0
	for _, r := range house {
		if r.pure {
			want++
		}
	}
	if seen != want {
		t.Errorf("%d pure packages were seen, want the %d of the table", seen, want)
	}
}

// impurities are what a file of a pure package may not use.
func impurities(file *ast.File) []string {
	var wrong []string
	named := map[string]string{} // name in the file → import path
	for _, spec := range file.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		if slices.Equal(impure[path], []string{"*"}) {
			wrong = append(wrong, path)
		}
		name := path[strings.LastIndex(path, "/")+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if name == "." && impure[path] != nil {
			wrong = append(wrong, path+" by its names alone")
		}
		named[name] = path
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch node := n.(type) {
		case *ast.GoStmt:
			wrong = append(wrong, "a goroutine")
		case *ast.SelectorExpr:
			x, ok := node.X.(*ast.Ident)
			if ok && slices.Contains(impure[named[x.Name]], node.Sel.Name) {
				wrong = append(wrong, x.Name+"."+node.Sel.Name)
			}
		}
		return true
	})
	return wrong
}

// A test that cannot fail proves nothing.
func TestImpuritiesAreFound(t *testing.T) {
	for _, test := range []struct{ why, source, want string }{
		{"a clock", `import "time"; var x = time.Now()`, "time.Now"},
		{"a clock under another name", `import clock "time"; var x = clock.Since`, "clock.Since"},
		{"a clock without a name", `import . "time"; var x = Now()`, "time by its names alone"},
		{"chance", `import "math/rand/v2"; var x = rand.Int()`, "math/rand/v2"},
		{"the world", `import "os"; var x = os.Args`, "os"},
		{"a goroutine", `func f() { go f() }`, "a goroutine"},
		{"a duration is no clock", `import "time"; var x = time.Hour`, ""},
		{"nor is a method of that name", `import "time"; type t struct{ time.Time }; func (x t) Now() {}; func f(x t) { x.Now() }`, ""},
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\n"+strings.ReplaceAll(test.source, "; ", "\n"), 0)
		if err != nil {
			t.Fatal(test.why, err)
		}
		if got := strings.Join(impurities(file), ", "); got != test.want {
			t.Errorf("%s: found %q, want %q", test.why, got, test.want)
		}
	}
	for _, test := range []struct {
		dir, path string
		want      bool
	}{
		{"bot", "lotse/bot/engine", false},
		{"bot", "lotse/bot/calendar", true},
		{"bot/matrix", "lotse/bot/engine", false},
		{"bot/matrix", "maunium.net/go/mautrix", true},
		{"bot/matrix", "maunium.net/go/mautrix/event", true},
		{"bot/matrix", "maunium.net/go/mautrixish", false},
		{"bot/matrix/matrixtest", "maunium.net/go/mautrix", false},
		{"bot/console", "maunium.net/go/mautrix", false},
		{"storage", "lotse/templates", false},
		{"cmd/lotse", "github.com/spf13/cobra", true},
	} {
		if r, _ := wingFor(test.dir); r.allows(test.path) != test.want {
			t.Errorf("may %s import %s? %v, want %v", test.dir, test.path, !test.want, test.want)
		}
	}
}

// wingFor is the row for a folder: the one with the longest folder that holds it.
func wingFor(dir string) (wing, bool) {
	var best wing
	for _, r := range house {
		if (dir == r.dir || strings.HasPrefix(dir, r.dir+"/")) && len(r.dir) > len(best.dir) {
			best = r
		}
	}
	return best, best.dir != ""
}

func wings() string {
	var dirs []string
	for _, r := range house {
		dirs = append(dirs, r.dir)
	}
	return strings.Join(dirs, ", ")
}

func (r wing) allows(path string) bool {
	return slices.ContainsFunc(r.may, func(may string) bool {
		below, tree := strings.CutSuffix(may, "/...")
		return may == "*" || path == may || tree && (path == below || strings.HasPrefix(path, below+"/"))
	})
}

// standard reports whether the path is of the standard library: its first part has no dot, and it is not this module.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") && first != "lotse"
}

// eachPackage calls fn for every folder of the module that holds Go files which are no tests, with these files by path.
func eachPackage(t *testing.T, fn func(dir string, files map[string]*ast.File)) {
	t.Helper()
	root := filepath.Join("..", "..")
	folders := map[string]map[string]*ast.File{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if entry.IsDir() {
			if rel != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata") {
				return fs.SkipDir
			}
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil && rel != "." {
				return fs.SkipDir // a module of its own
			}
			return nil
		}
		if !strings.HasSuffix(rel, ".go") || strings.HasSuffix(rel, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir := strings.TrimSuffix(rel, "/"+entry.Name())
		if folders[dir] == nil {
			folders[dir] = map[string]*ast.File{}
		}
		folders[dir][rel] = file
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir, files := range folders {
		fn(dir, files)
	}
}
