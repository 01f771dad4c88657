package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lotse/bot"
	"lotse/storage"
)

// logDesk is a configuration with a database whose log has five entries, and a bot that works on it.
type logDesk struct {
	*testing.T
	folder, config, database string
	bot                      *storage.Store
	epoch                    int64
}

var logTime = time.Date(2026, 11, 25, 9, 3, 0, 0, time.UTC)

func newLogDesk(t *testing.T) *logDesk {
	folder := t.TempDir()
	d := &logDesk{T: t, folder: folder, config: filepath.Join(folder, "lotse.yaml"), database: filepath.Join(folder, "lotse.db")}
	if err := os.WriteFile(d.config, []byte(least), 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	if d.bot, err = storage.Open(t.Context(), d.database, storage.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.bot.Close(); err != nil {
			t.Error(err)
		}
	})
	if d.epoch, err = d.bot.Acquire(t.Context(), "the bot", logTime, time.Hour); err != nil {
		t.Fatal(err)
	}
	said := func(by bot.PersonID, text string) bot.Said {
		return bot.Said{Text: text, By: by, Message: bot.MessageID("matrix:$" + text), At: logTime}
	}
	entry := func(kind bot.EntryKind, number int, by bot.PersonID, role bot.Role, choice bot.Choice, texts ...bot.EntryText) bot.Entry {
		return bot.Entry{Kind: kind, Escalation: "serviceportal-1", Number: number, Project: "serviceportal", At: logTime, By: by, Role: role,
			Choice: choice, Evidence: []bot.MessageID{"matrix:$x"}, Texts: texts}
	}
	d.commit(bot.Change{
		People: []bot.Person{{ID: "maria", Name: "Maria Beispiel"}, {ID: "dora", Name: "Dora\u202e Muster"}},
		Entries: []bot.Entry{
			entry(bot.EntryConfirmed, 12, "maria", bot.RoleLead, "", bot.EntryText{Name: "text", Said: said("maria", "=Freigabe\nfehlt \x1b[31m")}),
			entry(bot.EntryVote, 12, "dora", bot.RoleDM, bot.ChooseYes),
			entry(bot.EntryReason, 12, "dora", bot.RoleDM, "", bot.EntryText{Name: "reason", Said: said("maria", "<geheim>")}),
			entry(bot.EntryDecided, 12, "", "", bot.ChooseYes),
			{Kind: bot.EntryPut, Number: 13, Project: "ki", At: logTime, By: "unknown"},
		},
	})
	return d
}

func (d *logDesk) commit(c bot.Change) {
	d.Helper()
	if err := d.bot.Commit(d.Context(), bot.Commit{Epoch: d.epoch, Now: logTime, Change: c}); err != nil {
		d.Fatal(err)
	}
}

// exec changes the database behind the program's back.
func (d *logDesk) exec(queries ...string) {
	d.Helper()
	for _, query := range queries {
		if _, err := d.bot.DB().Exec(d.Context(), query); err != nil {
			d.Fatalf("%s: %v", query, err)
		}
	}
}

// lotse runs the program.
func (d *logDesk) lotse(args ...string) (status int, stdout, stderr string) {
	d.Helper()
	var out, errs bytes.Buffer
	status = run(d.Context(), append(args, "-c", d.config), strings.NewReader(""), &out, &errs)
	return status, out.String(), errs.String()
}

// want runs the program and looks for texts in what it prints.
func (d *logDesk) want(status int, args string, texts ...string) string {
	d.Helper()
	got, stdout, stderr := d.lotse(strings.Fields(args)...)
	if got != status {
		d.Errorf("lotse %s: status %d, want %d; it says %s%s", args, got, status, stdout, stderr)
	}
	for _, text := range texts {
		if !strings.Contains(stdout+stderr, text) {
			d.Errorf("lotse %s says\n%s%s, want %q in it", args, stdout, stderr, text)
		}
	}
	return stdout
}

// head is the hash of the last entry.
func (d *logDesk) head() string {
	d.Helper()
	_, rest, ok := strings.Cut(d.want(0, "log verify"), "hash of the last one: ")
	if !ok {
		d.Fatal("verify prints no hash")
	}
	return strings.TrimSpace(rest)
}

func TestLogShow(t *testing.T) {
	d := newLogDesk(t)
	d.commit(bot.Change{Forget: []bot.MessageID{"matrix:$<geheim>"}})
	d.exec(`DELETE FROM log_people WHERE person = 'unknown'`)
	all := d.want(0, "log show",
		"     1  2026-11-25 10:03 CET  #12    serviceportal         confirmed      Maria Beispiel, lead\n        text: =Freigabe\n          fehlt [31m\n",
		"     2  2026-11-25 10:03 CET  #12    serviceportal         vote ✅         Dora Muster, DM\n", "        reason: erased\n",
		"decided ✅      lotse\n", "#13    ki                    put            erased (")
	if strings.ContainsAny(all, "\x1b\u202e") || strings.Contains(all, "geheim") || strings.Count(all, "\n") != 8 {
		t.Errorf("it shows %q", all)
	}
	if got := d.want(0, "log show --escalation 13"); strings.Count(got, "\n") != 1 || !strings.Contains(got, "     5  ") {
		t.Errorf("of escalation 13 it shows %q", got)
	}
	if got := d.want(0, "log show -p serviceportal"); strings.Contains(got, "#13") || !strings.Contains(got, "#12") {
		t.Errorf("of the project it shows %q", got)
	}
	d.want(0, "log show -p none", "there are no such entries\n")
}

func TestLogVerify(t *testing.T) {
	d := newLogDesk(t)
	head := d.head()
	d.want(0, "log verify", "5 entries fit, 2 texts in them (0 erased), 0 people erased\n")
	d.commit(bot.Change{Entries: []bot.Entry{{Kind: bot.EntryDone, At: logTime}}, Forget: []bot.MessageID{"matrix:$<geheim>"}})
	d.exec(`DELETE FROM log_people WHERE person = 'dora'`)
	d.want(0, "log verify --expect "+strings.ToUpper(head), "6 entries fit, 2 texts in them (1 erased), 1 person erased\n", "that of entry 5: everything up to it is as it was\n")
	later := d.head()
	d.want(1, "log verify --expect "+strings.Repeat("0", 64), "the hash you expect is not among them")
	d.want(1, "log verify --expect "+head[:12], "want all 64 digits")

	d.exec(`DROP TRIGGER log_update`, `DROP TRIGGER log_delete`, `UPDATE log SET choice = '❌' WHERE seq = 4`)
	d.want(1, "log verify --expect "+later, "the decision log was changed: entry 4: its hash (", "\n3 entries fit", "the hash you expect is not among them")
	d.want(1, "log verify --expect "+head, "not among them")
	d.exec(`UPDATE log SET choice = '✅' WHERE seq = 4`)
	d.want(0, "log verify --expect "+later, "that of entry 6")
	d.exec(`UPDATE log SET evidence = 'x' WHERE seq = 1`)
	d.want(1, "log verify", "entry 1: it cannot be read: evidence is no JSON\n", "no entry before that")
	d.want(0, "log show", "     1  cannot be read: evidence is no JSON; see")
	d.want(1, "log export", `entry 1: evidence is no JSON; see "lotse log verify"`)
}

func TestLogOfABackup(t *testing.T) {
	d := newLogDesk(t)
	head, backup := d.head(), filepath.Join(d.folder, "backup.db")
	d.want(0, "backup "+backup)
	d.commit(bot.Change{Entries: []bot.Entry{{Kind: bot.EntryDone, At: logTime}}})
	d.want(0, "log verify --file "+backup+" --expect "+head, "5 entries fit", "that of entry 5")
	d.want(1, "log verify --file "+backup+" --expect "+d.head(), "this log ends before it (an older backup)")
	// Somebody else has neither configuration nor database.
	if err := os.Remove(d.config); err != nil {
		t.Fatal(err)
	}
	d.want(0, "log verify --file "+backup, "hash of the last one: "+head)
	d.want(0, "log show --file "+backup, "2026-11-25 09:03 UTC  #12")
	if data, err := os.ReadFile(backup); err != nil || len(data) == 0 {
		t.Fatal(err)
	}
	for _, beside := range []string{"-wal", "-shm", "-journal"} {
		if _, err := os.Stat(backup + beside); err == nil {
			t.Errorf("beside the backup stands a file %s", beside)
		}
	}
	d.want(1, "log verify", "there is no configuration")
	d.want(1, "log verify --file "+backup+"x", "there is no database")
}

// What is exported verifies by what the package comment of bot says, in another language, and tells what is wrong.
func TestLogExport(t *testing.T) {
	d := newLogDesk(t)
	d.commit(bot.Change{Forget: []bot.MessageID{"matrix:$<geheim>"}})
	d.exec(`DELETE FROM log_people WHERE person = 'unknown'`)
	lines := d.want(0, "log export", `"text":"=Freigabe\nfehlt \u001b[31m"`, `"time":"2026-11-25T10:03:00+01:00"`, `"erased":true`, `"name":"Maria Beispiel"`)
	var last logEntry
	if all := strings.Split(strings.TrimSpace(lines), "\n"); len(all) != 5 || json.Unmarshal([]byte(all[4]), &last) != nil || last.Seq != 5 || last.Person != nil {
		t.Errorf("it exports %s", lines)
	}
	file := filepath.Join(d.folder, "log.jsonl")
	if got := d.want(0, "log export --output "+file); got != "" {
		t.Errorf("it prints %q", got)
	}
	if data, err := os.ReadFile(file); err != nil || string(data) != lines {
		t.Errorf("the file holds %q, error %v", data, err)
	}
	d.want(1, "log export --format json", "none of jsonl, csv; did you mean \"jsonl\"?")

	table := d.want(0, "log export --format csv")
	if !strings.HasPrefix(table, "\ufeff") {
		t.Error("the table has no byte order mark")
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(table, "\ufeff")))
	r.Comma = ';'
	rows, err := r.ReadAll()
	if err != nil || len(rows) != 6 {
		t.Fatalf("the table has rows %q, error %v", rows, err)
	}
	want := []string{"1", "2026-11-25 10:03:00 CET", "12", "serviceportal", "confirmed", "", "Maria Beispiel", "lead", "text: =Freigabe\nfehlt [31m", "matrix:$x", rows[1][10]}
	if strings.Join(rows[1], "|") != strings.Join(want, "|") || len(rows[1][10]) != 64 || rows[3][8] != "reason: erased" {
		t.Errorf("rows %q and %q, want %q", rows[1], rows[3], want)
	}

	python(t, file, 0, "all entries fit, hash of the last one: "+d.head())
	for name, c := range map[string]struct{ from, to, want string }{
		"a choice":  {`"choice":"✅"`, `"choice":"❌"`, "entry 2 does not fit"},
		"a text":    {`fehlt`, `ist da`, "entry 1 does not fit"},
		"a person":  {`"id":"dora"`, `"id":"doro"`, "entry 2 does not fit"},
		"one entry": {`{"seq":3`, "", ""},
	} {
		changed := strings.Replace(lines, c.from, c.to, 1)
		if name == "one entry" {
			all := strings.SplitAfter(lines, "\n")
			changed, c.want = all[0]+all[1]+all[3], "entry 3 does not fit"
		}
		other := filepath.Join(d.folder, "changed.jsonl")
		if err := os.WriteFile(other, []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
		python(t, other, 1, c.want)
	}
}

// python verifies an export with the program in testdata.
func python(t *testing.T, file string, status int, want string) {
	t.Helper()
	program, err := exec.LookPath("python3")
	if err != nil {
		if os.Getenv("LOTSE_TEST_REQUIRE") == "all" {
			t.Fatal("no python3 to verify an export with: install Debian's python3")
		}
		t.Skip("no python3 to verify an export with: install Debian's python3")
	}
	out, err := exec.CommandContext(t.Context(), program, filepath.Join("testdata", "verify_log.py"), file).CombinedOutput()
	if got := strings.TrimSpace(string(out)); got != want || (err != nil) != (status != 0) {
		t.Errorf("it says %q, error %v, want %q", got, err, want)
	}
}

func TestLogCommandLine(t *testing.T) {
	d := newLogDesk(t)
	d.want(0, "log", "Available Commands", "verify")
	d.want(2, "log verfy", `lotse: unknown command "verfy" for "lotse log"; did you mean "verify"?`)
	d.want(2, "log show 12", "lotse: unknown command \"12\" for \"lotse log show\"\nlotse log show [flags]")
	d.want(2, "log show --escalation x", "invalid argument")
	d.exec(`UPDATE version SET version = 4`)
	d.want(1, "log show", "its tables have version 4 and become version")
}
