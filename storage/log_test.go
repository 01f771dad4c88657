package storage_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lotse/bot"
	"lotse/storage"
	"lotse/storage/storagetest"
)

// fillLog writes six entries: by Maria (1, 2) with texts, by time (3), by Dora (4 to 6); the
// text of entry 5 is erased.
func fillLog(t *testing.T, s *storage.Store) {
	t.Helper()
	epoch, err := s.Acquire(t.Context(), "bot", two, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	entry := func(kind bot.EntryKind, by bot.PersonID, choice bot.Choice, texts ...string) bot.Entry {
		e := bot.Entry{Kind: kind, Escalation: "a-1", Number: 12, Project: "a", At: two.Add(time.Second), By: by, Role: bot.RoleDM, Choice: choice,
			Evidence: []bot.MessageID{"test:$evidence"}}
		for _, text := range texts {
			e.Texts = append(e.Texts, bot.EntryText{Name: "text", Said: bot.Said{Text: text, By: by, Message: bot.MessageID("test:$" + text), At: two}})
		}
		return e
	}
	for _, c := range []bot.Change{
		{Entries: []bot.Entry{entry(bot.EntryConfirmed, "maria", bot.ChooseYes, "blocker", "wish"), entry(bot.EntryChanged, "maria", bot.ChooseYes, "more")}},
		{Entries: []bot.Entry{entry(bot.EntryPut, "", bot.ChooseYes), entry(bot.EntryVote, "dora", bot.ChooseYes)}},
		{Entries: []bot.Entry{entry(bot.EntryReason, "dora", bot.ChooseYes, "because"), entry(bot.EntryDecided, "dora", bot.ChooseYes, "so")}},
		{Forget: []bot.MessageID{"test:$because"}},
	} {
		if err := s.Commit(t.Context(), bot.Commit{Epoch: epoch, Now: two, Change: c}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Release(t.Context(), epoch); err != nil {
		t.Fatal(err)
	}
}

// verify checks the log of a database, or the copy of one.
func verify(ctx context.Context, s *storage.Store) (bot.Chain, error) {
	var c bot.Chain
	counted, err := s.Log(ctx, bot.LogQuery{}, c.Add)
	if err == nil {
		err = c.End(counted)
	}
	return c, err
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// unguarded takes away what keeps the log from being changed: whoever may write the file may do so.
func unguarded(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, trigger := range []string{"log_insert", "log_update", "log_delete", "log_texts_insert", "log_texts_update", "log_texts_delete"} {
		if _, err := db.ExecContext(t.Context(), `DROP TRIGGER `+trigger); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// The database itself keeps the log from being changed.
func TestLogOnlyGrows(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "lotse.db"), storage.Options{})
	fillLog(t, s)
	for _, query := range []string{
		`UPDATE log SET kind = 'x'`, `UPDATE log SET choice = '❌' WHERE seq = 4`, `DELETE FROM log`, `DELETE FROM log WHERE seq = 6`, `DELETE FROM log_texts`,
		`UPDATE log_texts SET text = 'x'`, `UPDATE log_texts SET commitment = ''`, `UPDATE log_texts SET name = 'x'`, `UPDATE log_texts SET seq = 4`,
		`UPDATE log_texts SET n = 7`, `UPDATE log_texts SET salt = '', text = '', who = '', message = '', at_ms = 1`, `UPDATE log_texts SET text = ''`,
		`UPDATE log_texts SET salt = 'x', text = '', who = '', message = '', at_ms = 0`,
		`INSERT OR REPLACE INTO log SELECT seq, kind, escalation, number, project, at_ms, who, role, '❌', evidence, prev, hash FROM log WHERE seq = 4`,
		`INSERT OR REPLACE INTO log_texts SELECT seq, n, name, commitment, salt, 'x', who, message, at_ms FROM log_texts WHERE seq = 6`,
		`INSERT INTO log_texts SELECT 3, n, name, commitment, salt, text, who, message, at_ms FROM log_texts WHERE seq = 6`,
	} {
		if _, err := s.DB().Exec(t.Context(), query); err == nil {
			t.Errorf("it was done: %s", query)
		}
	}
	if c, err := verify(t.Context(), s); err != nil || c.Entries != 6 || c.Texts != 5 || c.Erased != 1 {
		t.Errorf("the log is %+v, error %v", c, err)
	}
}

// Whatever is changed in the file, the first entry that does not fit is named.
func TestLogTampered(t *testing.T) {
	folder := t.TempDir()
	whole := filepath.Join(folder, "whole.db")
	s := open2(t, whole, false)
	fillLog(t, s)
	closes(t, s)
	// In every column one byte (of a number: the last bit), and every other type.
	type tampering struct{ name, query, want string }
	var all []tampering
	for column, want := range map[string]string{
		"kind": "entry 4: its hash", "escalation": "entry 4: its hash", "number": "entry 4: its hash", "project": "entry 4: its hash", "at_ms": "entry 4: its hash",
		"who": "entry 4: its hash", "role": "entry 4: its hash", "choice": "entry 4: its hash", "evidence": "entry 4: its hash", "prev": "entry 4: it continues another",
		"hash": "entry 4: its hash",
	} {
		flip := column + ` = CASE typeof(` + column + `) WHEN 'integer' THEN ` + column + ` + 1 ELSE substr(` + column + `, 1, 5) || char(unicode(substr(` + column + `, 6, 1)) + 1) || substr(` + column + `, 7) END`
		all = append(all, tampering{column, `UPDATE log SET ` + flip + ` WHERE seq = 4`, want},
			tampering{column + " cut off", `UPDATE log SET ` + column + ` = substr(` + column + `, 2) WHERE seq = 4`, "entry 4: "},
			tampering{column + " of another type", `UPDATE log SET ` + column + ` = x'00' WHERE seq = 4`, "entry 4: it cannot be read: " + column + " is []uint8"})
	}
	for column, want := range map[string]string{
		"name": "entry 2: its hash", "commitment": "entry 2: its hash", "salt": "entry 2: its text", "text": "entry 2: its text", "who": "entry 2: its text",
		"message": "entry 2: its text", "at_ms": "entry 2: its text",
	} {
		flip := column + ` = CASE typeof(` + column + `) WHEN 'integer' THEN ` + column + ` + 1 ELSE char(unicode(` + column + `) + 1) || substr(` + column + `, 2) END`
		all = append(all, tampering{"text's " + column, `UPDATE log_texts SET ` + flip + ` WHERE seq = 2`, want},
			tampering{"text's " + column + " emptied", `UPDATE log_texts SET ` + column + ` = CASE typeof(` + column + `) WHEN 'integer' THEN 0 ELSE '' END WHERE seq = 2`, want},
			tampering{"text's " + column + " of another type", `UPDATE log_texts SET ` + column + ` = x'00' WHERE seq = 2`, "entry 2: it cannot be read: " + column + " is []uint8"})
	}
	all = append(all, []tampering{
		{"its number", `UPDATE log SET seq = 9 WHERE seq = 4`, "entry 4: it is missing; the next one that is there is 5"},
		{"its number is a text", `UPDATE log SET seq = 'x' WHERE seq = 4`, "entry 4: it is missing"},
		{"all numbers", `UPDATE log SET seq = seq + 1000000`, "entry 1: it is missing"},
		{"a text's place", `UPDATE log_texts SET n = 3 WHERE seq = 2`, "entry 2: it cannot be read: text 0 is numbered 3"},
		{"a text's entry", `UPDATE log_texts SET seq = 4 WHERE seq = 2`, "entry 2: its hash"},
		{"texts swapped", `UPDATE log_texts SET n = 9 WHERE seq = 1 AND n = 0; UPDATE log_texts SET n = n - 1 WHERE seq = 1 AND n = 1; UPDATE log_texts SET n = 1 WHERE n = 9`, "entry 1: its hash"},
		{"a text dropped", `DELETE FROM log_texts WHERE seq = 1 AND n = 1`, "entry 1: its hash"},
		{"an erased text dropped", `DELETE FROM log_texts WHERE seq = 5`, "entry 5: its hash"},
		{"a text added", `INSERT INTO log_texts VALUES (3, 0, 'text', 'x', '', '', '', '', 0)`, "entry 3: its hash"},
		{"an erased text written anew", `UPDATE log_texts SET text = 'other', salt = 'x' WHERE seq = 5`, "entry 5: its text"},
		{"one dropped", `DELETE FROM log WHERE seq = 3`, "entry 3: it is missing"},
		{"the first dropped", `DELETE FROM log WHERE seq = 1`, "entry 1: it is missing"},
		{"the last dropped", `DELETE FROM log WHERE seq = 6`, "entry 6: it is missing; 6 were written"},
		{"all dropped", `DELETE FROM log; DELETE FROM log_texts`, "entry 1: it is missing; 6 were written"},
		{"two swapped", `UPDATE log SET seq = 99 WHERE seq = 3; UPDATE log SET seq = 3 WHERE seq = 4; UPDATE log SET seq = 4 WHERE seq = 99`, "entry 3: it continues another"},
		{"a forged one behind", `INSERT INTO log SELECT 7, kind, escalation, number, project, at_ms, who, role, '❌', evidence, hash, hash FROM log WHERE seq = 6`, "entry 7: its hash"},
		{"a forged one in between", `UPDATE log SET seq = seq + 100 WHERE seq > 3; UPDATE log SET seq = seq - 99 WHERE seq > 100;
			INSERT INTO log SELECT 4, kind, escalation, number, project, at_ms, who, role, '❌', evidence, hash, hash FROM log WHERE seq = 3`, "entry 4: its hash"},
		{"a forged one before", `INSERT INTO log SELECT 0, kind, escalation, number, project, at_ms, who, role, '❌', evidence, '', hash FROM log WHERE seq = 3`, "entry 1: in its place"},
		{"the count", `UPDATE counters SET value = 5 WHERE name = 'log'`, "entry 6: it was put behind the last one; 5 were written"},
	}...)
	for i, c := range all {
		path := filepath.Join(folder, fmt.Sprint(i, ".db"))
		copyFile(t, whole, path)
		db := unguarded(t, path)
		res, err := db.ExecContext(t.Context(), c.query)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if n, _ := res.RowsAffected(); n == 0 {
			t.Errorf("%s: nothing was changed", c.name)
		}
		look, err := storage.Open(t.Context(), path, storage.Options{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		_, err = verify(t.Context(), look)
		if misfit, ok := errors.AsType[*bot.MisfitError](err); !ok || !strings.HasPrefix(misfit.Error(), c.want) {
			t.Errorf("%s: %v, want %s…", c.name, err, c.want)
		}
		closes(t, look)
	}
}

// Whose pseudonym is whose can be forgotten, but not told otherwise.
func TestLogPeopleTampered(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lotse.db")
	s := open(t, path, storage.Options{})
	fillLog(t, s)
	for _, query := range []string{
		`UPDATE log_people SET person = 'x' WHERE person = 'maria'; UPDATE log_people SET person = 'maria' WHERE person = 'dora'; UPDATE log_people SET person = 'dora' WHERE person = 'x'`,
		`UPDATE log_people SET key = 'x'`, `DELETE FROM log_people`,
	} {
		if _, err := s.DB().Exec(t.Context(), query); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Log(t.Context(), bot.LogQuery{}, func(r bot.Record) error {
			if r.Person != "" {
				t.Errorf("%s: entry %d is said to be by %s", query, r.Seq, r.Person)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := verify(t.Context(), s); err != nil {
			t.Errorf("%s: %v", query, err)
		}
	}
}

// Who cuts the end off leaves a gap that no later entry hides.
func TestLogCutOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lotse.db")
	s := open(t, path, storage.Options{})
	fillLog(t, s)
	if _, err := unguarded(t, path).ExecContext(t.Context(), `DELETE FROM log_texts WHERE seq > 4; DELETE FROM log WHERE seq > 4`); err != nil {
		t.Fatal(err)
	}
	fillLog(t, s)
	if _, err := verify(t.Context(), s); err == nil || !strings.HasPrefix(err.Error(), "read the decision log: entry 5: it is missing; the next one that is there is 7") {
		t.Errorf("the log says %v", err)
	}
}

// The log survives a backup and the way back, and grows on from there, still guarded.
func TestLogInBackup(t *testing.T) {
	folder := t.TempDir()
	path, to, back := filepath.Join(folder, "lotse.db"), filepath.Join(folder, "backup.db"), filepath.Join(folder, "back.db")
	s := open(t, path, storage.Options{})
	fillLog(t, s)
	want, err := verify(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	backUp(t, path, to)
	look, err := storage.Open(t.Context(), to, storage.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := verify(t.Context(), look); err != nil || got != want {
		t.Errorf("in the backup it is %+v, error %v, want %+v", got, err, want)
	}
	closes(t, look)
	if _, _, err := storage.Restore(t.Context(), to, back, two); err != nil {
		t.Fatal(err)
	}
	again := open(t, back, storage.Options{})
	if got, err := verify(t.Context(), again); err != nil || got != want {
		t.Errorf("restored it is %+v, error %v, want %+v", got, err, want)
	}
	people := 0
	if _, err := again.Log(t.Context(), bot.LogQuery{}, func(r bot.Record) error {
		if r.Person != "" {
			people++
		}
		return nil
	}); err != nil || people != 5 {
		t.Errorf("%d entries are by somebody, error %v, want 5", people, err)
	}
	if _, err := again.DB().Exec(t.Context(), `DELETE FROM log WHERE seq = 3`); err == nil {
		t.Error("restored, an entry of the log can be deleted")
	}
	fillLog(t, again)
	if got, err := verify(t.Context(), again); err != nil || got.Entries != 12 {
		t.Errorf("later it is %+v, error %v", got, err)
	}
}

// A database from before escalations is brought up to date, with what is in it.
func TestMigrateEscalations(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lotse.db")
	s := open2(t, path, false)
	city, err := storagetest.Fill(t.Context(), s, 3, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{
		`DROP TABLE link_codes`, `DROP TABLE feeds`, `DROP TABLE files`, `DROP TABLE notices`, `DROP TABLE quiet`, `DROP TABLE newcomers`, `DROP TABLE log_texts`, `DROP TABLE log_people`, `DROP TABLE log`, `DROP TABLE escalation_rounds`, `DROP TABLE escalations`,
		`DROP INDEX slots_words`, `ALTER TABLE slots DROP COLUMN words`, `DROP INDEX inbox_failed`, `DROP INDEX tasks_over`,
		`DROP TABLE networks`, `DROP TABLE meetups`, `DROP INDEX rooms_network`, `ALTER TABLE rooms DROP COLUMN network`,
		`ALTER TABLE slots DROP COLUMN network`, `ALTER TABLE slots DROP COLUMN meetup`, `ALTER TABLE refs DROP COLUMN network`, `ALTER TABLE refs DROP COLUMN meetup`,
		`ALTER TABLE slots DROP COLUMN escalation`, `ALTER TABLE refs DROP COLUMN escalation`, `UPDATE version SET version = 3, compat = 3`,
		`INSERT INTO rooms (id, kind, project, user_id, joined, body, version) VALUES ('test:!net', 'network', '', '', 1, '{"ID":"test:!net","Kind":"network","Network":"IT & mehr","Joined":true}', 1)`,
		`INSERT INTO refs (message, room, project, round, field, person, about, n) VALUES ('test:$old', 'x', '` + string(city.Projects[1]) + `', '', '', '', '', 4)`,
	} {
		if _, err := s.DB().Exec(t.Context(), query); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	closes(t, s)
	s = open(t, path, storage.Options{})
	if snap, err := s.Load(t.Context(), bot.Query{Network: "it-und-mehr"}); err != nil || len(snap.NetworkRooms) != 1 {
		t.Errorf("the rooms of a network are %v, error %v", snap.NetworkRooms, err)
	}
	snap, err := s.Load(t.Context(), bot.Query{Room: city.Room(city.Projects[0]), Target: "test:$old"})
	if err != nil || snap.Project == nil || snap.Target == nil || snap.Target.Subject != (bot.Subject{Project: city.Projects[1], N: 4}) || snap.Escalated != 0 {
		t.Errorf("loaded %+v, project %v, error %v", snap.Target, snap.Project, err)
	}
	fillLog(t, s)
	if c, err := verify(t.Context(), s); err != nil || c.Entries != 6 {
		t.Errorf("the log is %+v, error %v", c, err)
	}
}
