package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExposures is who can get at the bot's files, and what is said about it.
func TestExposures(t *testing.T) {
	type modes map[string]os.FileMode
	for _, c := range []struct {
		name  string
		modes modes
		want  string // the first words of each, "!" before what is fatal
	}{
		{"as lotse makes them", nil, ""},
		{"a password for everybody", modes{"secret/password": 0o644}, "!the bot's password"},
		{"a password for a group", modes{"secret/password": 0o640}, "the bot's password"},
		{"a password for everybody in a folder for nobody else", modes{"secret/password": 0o644, "secret": 0o700}, ""},
		{"the same for the folder's group", modes{"secret/password": 0o644, "secret": 0o750}, "the bot's password"},
		{"as systemd passes credentials", modes{"secret/password": 0o440, "secret": 0o500}, ""},
		{"a recovery key for everybody", modes{"recovery-key": 0o604}, "!the recovery key"},
		{"a database for everybody", modes{"lotse.db": 0o644, "lotse.db-wal": 0o644}, "!the database, !the database"},
		{"a database for a group", modes{"lotse.db": 0o660}, "the database"},
		{"a database that everybody can change", modes{"lotse.db": 0o602}, "!the database, !the database"},
		{"a configuration to read", modes{"lotse.yaml": 0o644}, ""},
		{"a configuration that everybody can change", modes{"lotse.yaml": 0o646}, "!the configuration"},
		{"a certificate authority that everybody can change", modes{"ca.pem": 0o666}, "!the certificate authority"},
		{"a folder in which everybody can change files", modes{".": 0o777}, "!everybody on this machine can put another file, !everybody on this machine can put another file, !everybody on this machine can put another file"},
		{"a folder like /tmp", modes{".": 0o777 | os.ModeSticky}, ""},
	} {
		folder := t.TempDir()
		if err := os.Chmod(filepath.Dir(folder), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(filepath.Join(folder, "secret"), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"secret/password", "recovery-key", "lotse.db", "lotse.db-wal", "lotse.yaml", "ca.pem"} {
			if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, mode := range c.modes {
			if err := os.Chmod(filepath.Join(folder, name), mode); err != nil {
				t.Fatal(err)
			}
		}
		config := &Config{Database: "lotse.db", file: filepath.Join(folder, "lotse.yaml")}
		config.Matrix.PasswordFile, config.Network.CAFile = "secret/password", "ca.pem"
		var got []string
		for _, e := range config.exposures() {
			said := e.says
			for _, behind := range []string{" in ", ", with"} {
				said, _, _ = strings.Cut(said, behind)
			}
			if e.fatal {
				said = "!" + said
			}
			got = append(got, said)
			if !strings.HasPrefix(e.todo, "chmod ") || !strings.Contains(e.todo, folder) {
				t.Errorf("%s: what to do is %q", c.name, e.todo)
			}
		}
		if got := strings.Join(got, ", "); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
