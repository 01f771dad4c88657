package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lotse/bot/calendar"
)

// answered runs init with answers on standard input.
func answered(t *testing.T, path, answers string, given initAnswers, yes, force bool) (string, error) {
	t.Helper()
	var out bytes.Buffer
	a := &app{stdin: strings.NewReader(answers), stdout: &out, stderr: &out, config: path,
		now: func() time.Time { return time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC) }}
	err := a.init(given, yes, force)
	return out.String(), err
}

func TestInit(t *testing.T) {
	for _, test := range []struct {
		why, answers string
		given        initAnswers
		yes          bool
		check        func(*Config) bool
	}{
		{"nothing but the return key", strings.Repeat("\n", 10), initAnswers{}, false, func(c *Config) bool {
			return c.City == "Musterstadt" && c.Projektcheck.Anchor == calendar.Date{Year: 2026, Month: 11, Day: 18}
		}},
		{"nothing is asked", "", initAnswers{}, true, func(c *Config) bool { return c.Matrix.User == "@lotse:stadt.example" }},
		{"answers", "Köln: \"am Rhein\"\nNRW\nmatrix.koeln.de\n\nAnna-Lena Öztürk\n@anna:koeln.de\nBernd Muster\n\n25.11.2026\n9 Uhr 30\n", initAnswers{}, false, func(c *Config) bool {
			return c.City == `Köln: "am Rhein"` && c.Land == "NW" && c.Matrix.Homeserver == "https://matrix.koeln.de" && c.Matrix.User == "@lotse:koeln.de" &&
				c.Persons[0].ID == "anna-lena-oeztuerk" && c.Persons[1].Accounts[0] == "@bernd:koeln.de" && c.Roles.DM[0] == "bernd-muster" &&
				c.Matrix.Allow.Servers[0] == "koeln.de" && c.Projektcheck.At == calendar.Clock{Hour: 9, Minute: 30}
		}},
		{"wrong answers are asked for again", "\nAtlantis\nHessen\n\nlotse@stadt.example\n\n\n\n\n\nmorgen\n\n25 Uhr\n\n", initAnswers{}, false, func(c *Config) bool { return c.Land == "HE" }},
		{"what is given is not asked for", strings.Repeat("\n", 8), initAnswers{City: "Wiesbaden", Land: "Hessen"}, false, func(c *Config) bool { return c.City == "Wiesbaden" && c.Land == "HE" }},
		{"one person who is both", "", initAnswers{PMOName: "Maria Beispiel", DMName: "Maria Beispiel"}, true, func(c *Config) bool { return len(c.Persons) == 1 && c.Roles.DM[0] == "maria-beispiel" }},
		{"two persons of one name", "", initAnswers{PMOName: "Maria Beispiel", DMName: "Maria Beispiel", DMAccount: "@maria2:stadt.example"}, true,
			func(c *Config) bool { return len(c.Persons) == 2 && c.Roles.DM[0] == "maria-beispiel-2" }},
	} {
		path := filepath.Join(t.TempDir(), "lotse.yaml")
		out, err := answered(t, path, test.answers, test.given, test.yes, false)
		if err != nil {
			t.Errorf("%s: %v\n%s", test.why, err, out)
			continue
		}
		c, err := loadConfig(path)
		if err != nil {
			t.Errorf("%s: what it wrote is wrong: %v", test.why, err)
			continue
		}
		if !test.check(c) {
			t.Errorf("%s: got %+v", test.why, c)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, want 0600 (%v)", test.why, info.Mode(), err)
		}
	}
}

func TestInitFaults(t *testing.T) {
	for _, test := range []struct {
		why, answers string
		given        initAnswers
		yes          bool
		want         string
	}{
		{"a wrong flag is not asked for again", "", initAnswers{Land: "Atlantis"}, true, `"Atlantis" is not a Land`},
		{"the answers end", "Duisburg\n", initAnswers{}, false, "--yes"},
		{"the answers end with a wrong one", "Duisburg\nAtlantis", initAnswers{}, false, "--yes"},
		{"a password in the address", "", initAnswers{Homeserver: "https://lotse:geheim@matrix.stadt.example"}, true, "not the address"},
	} {
		path := filepath.Join(t.TempDir(), "lotse.yaml")
		if _, err := answered(t, path, test.answers, test.given, test.yes, false); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q", test.why, err, test.want)
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s: a file was written", test.why)
		}
	}
}

func TestInitKeepsWhatIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lotse.yaml")
	if err := os.WriteFile(path, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := answered(t, path, "", initAnswers{}, true, false); err == nil || !strings.Contains(err.Error(), "--force") {
		t.Errorf("a configuration that is there: %v", err)
	}
	if data, _ := os.ReadFile(path); string(data) != "mine" {
		t.Errorf("it was overwritten: %s", data)
	}
	if _, err := answered(t, path, "", initAnswers{}, true, true); err != nil {
		t.Fatal(err)
	}
	if _, err := loadConfig(path); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600 (%v)", info.Mode(), err)
	}
	if left, _ := filepath.Glob(path + ".*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestFirstCheck(t *testing.T) {
	for _, test := range []struct{ why, land, today, want string }{
		{"a Wednesday two weeks ahead", "NW", "2026-11-04", "2026-11-18"},
		{"else the next one", "NW", "2026-11-05", "2026-11-25"},
		{"no holiday: Buß- und Bettag in Sachsen", "SN", "2026-11-04", "2026-11-25"},
	} {
		if got := firstCheck(test.land, dateOf(t, test.today).At(calendar.Clock{Hour: 12}, time.UTC)).String(); got != test.want {
			t.Errorf("%s: %s, want %s", test.why, got, test.want)
		}
	}
}
