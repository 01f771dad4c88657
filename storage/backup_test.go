package storage_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lotse/bot"
	"lotse/storage"
	"lotse/storage/storagetest"
)

// two in the morning, when backups are taken.
var two = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

// rooms is what the tests keep of the memory.
func rooms(name string) bool { return strings.HasSuffix(name, "/rooms") }

func backUp(t *testing.T, from, to string) storage.Contents {
	t.Helper()
	c, err := storage.Backup(t.Context(), from, to, two, rooms, false)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A backup is taken while the bot writes: it is of one moment, whole, for its owner only, and a second one does not take
// its place unless it is asked to.
func TestBackup(t *testing.T) {
	folder := t.TempDir()
	path, to := filepath.Join(folder, "lotse.db"), filepath.Join(folder, "Sicherung 100% #1.db")
	s := open(t, path, storage.Options{})
	city, err := storagetest.Fill(t.Context(), s, 8, 1)
	if err != nil {
		t.Fatal(err)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			// Two rows that belong together: a backup has both or none.
			epoch, err := s.Acquire(t.Context(), "bot", city.Now, time.Hour)
			if err != nil {
				t.Error(err)
				return
			}
			slots := []bot.Slot{{Key: bot.Key(fmt.Sprint("a", i)), Room: "test:!a"}, {Key: bot.Key(fmt.Sprint("b", i)), Room: "test:!b"}}
			if err := s.Commit(t.Context(), bot.Commit{Epoch: epoch, Now: city.Now, Slots: slots}); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	got := backUp(t, path, to)
	close(stop)
	<-stopped
	if got.Projects != 8 || got.Kind != "live" || !got.Taken.Equal(two) || got.Bytes == 0 || got.Waiting%2 != 0 {
		t.Errorf("it holds %+v, want 8 projects, live, of two o'clock, and pairs of slots", got)
	}
	info, err := os.Stat(to)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup is %v, error %v, want mode 600", info, err)
	}
	before, _ := os.ReadFile(to)
	if _, err := storage.Backup(t.Context(), path, to, two, rooms, false); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second one: %v, want that it exists", err)
	}
	if after, _ := os.ReadFile(to); !bytes.Equal(before, after) {
		t.Error("the second one has changed the first")
	}
	if _, err := storage.Backup(t.Context(), path, to, two.Add(time.Hour), rooms, true); err != nil {
		t.Errorf("to replace it: %v", err)
	}
	if got, err := storage.Inspect(t.Context(), to); err != nil || !got.Taken.Equal(two.Add(time.Hour)) {
		t.Errorf("it was replaced by %+v, error %v", got, err)
	}
	if _, err := storage.Backup(t.Context(), path, path, two, rooms, true); err == nil || !strings.Contains(err.Error(), "the database itself") {
		t.Errorf("to replace the database by its backup: %v, want a refusal", err)
	}
	if entries, _ := os.ReadDir(folder); len(entries) != 4 { // the database with -wal and -shm, the backup
		t.Errorf("something was left behind: %v", entries)
	}
}

// What must never be brought back is not in a backup, not one byte of it.
func TestBackupHoldsNoSecrets(t *testing.T) {
	folder := t.TempDir()
	path, to := filepath.Join(folder, "lotse.db"), filepath.Join(folder, "backup.db")
	s := open(t, path, storage.Options{})
	const secret = "syt_bG90c2U_secret"
	for name, value := range map[string]string{"matrix/session": secret, "matrix/@lotse:x/since": secret, "matrix/@lotse:x/rooms": "kept", "unknown": secret} {
		if err := s.Remember(t.Context(), name, value); err != nil {
			t.Fatal(err)
		}
	}
	for _, table := range []string{"crypto_account", "crypto_version", "mx_version", "mx_room_state"} {
		if _, err := s.DB().Exec(t.Context(), `CREATE TABLE `+table+` (account TEXT)`); err != nil {
			t.Fatal(err)
		}
		if _, err := s.DB().Exec(t.Context(), `INSERT INTO `+table+` (account) VALUES ($1)`, secret); err != nil {
			t.Fatal(err)
		}
	}
	backUp(t, path, to)
	content, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(content, []byte(secret)) {
		t.Error("the secret is in the backup")
	}
	got, want := tables(t, to), slices.DeleteFunc(tables(t, path), func(name string) bool { return strings.HasPrefix(name, "crypto_") || strings.HasPrefix(name, "mx_") })
	if !slices.Equal(got, want) {
		t.Errorf("the backup has the tables %v, want %v", got, want)
	}
	if _, _, err := storage.Restore(t.Context(), to, filepath.Join(folder, "new.db"), two); err != nil {
		t.Fatal(err)
	}
	back := open(t, filepath.Join(folder, "new.db"), storage.Options{})
	if got, err := back.Recall(t.Context(), "matrix/@lotse:x/rooms"); got != "kept" || err != nil {
		t.Errorf("the rooms are %q, error %v, want them kept", got, err)
	}
	if got, _ := back.Recall(t.Context(), "matrix/session"); got != "" {
		t.Errorf("there is a session: %q", got)
	}
}

func tables(t *testing.T, path string) (names []string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`SELECT type || ' ' || name FROM sqlite_master ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		if name = name[strings.Index(name, " ")+1:]; !strings.HasPrefix(name, "sqlite_") {
			names = append(names, name)
		}
	}
	return names
}

// A restore moves aside what is there and pauses the outbox.
func TestRestore(t *testing.T) {
	folder := t.TempDir()
	path, backup := filepath.Join(folder, "lotse.db"), filepath.Join(folder, "backup.db")
	s := open2(t, path, false)
	epoch, err := s.Acquire(t.Context(), "bot", two, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	slot := bot.Slot{Key: "k", Room: "test:!a", Text: bot.Text{Markdown: "?"}}
	put := bot.Change{Escalations: []bot.Escalation{{ID: "a-1", Number: 60, Project: "a", State: bot.EscalationOpen}}}
	if err := s.Commit(t.Context(), bot.Commit{Epoch: epoch, Now: two, Slots: []bot.Slot{slot}, Change: put}); err != nil {
		t.Fatal(err)
	}
	backUp(t, path, backup)
	if err := s.Remember(t.Context(), "later", "than the backup"); err != nil {
		t.Fatal(err)
	}
	closes(t, s)
	before, _ := os.ReadFile(path)

	contents, aside, err := storage.Restore(t.Context(), backup, path, two.Add(10*time.Hour))
	if err != nil || !contents.Taken.Equal(two) {
		t.Fatalf("restored %+v, error %v", contents, err)
	}
	if moved, err := os.ReadFile(aside); err != nil || !bytes.Equal(moved, before) {
		t.Errorf("what was there is not at %q as it was (error %v)", aside, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the database is %v, error %v, want mode 600", info, err)
	}
	back := open(t, path, storage.Options{})
	if got, _ := back.Recall(t.Context(), "later"); got != "" {
		t.Errorf("it remembers %q", got)
	}
	snap, err := back.Load(t.Context(), bot.Query{Waiting: true})
	if r := snap.Restored; err != nil || !r.Paused() || !r.Taken.Equal(two) || !r.At.Equal(two.Add(10*time.Hour)) {
		t.Errorf("it says %+v, error %v, want that it is paused", r, err)
	}
	if snap.Now = two.Add(11 * time.Hour); snap.NextNumber() != 201 {
		t.Errorf("after #60 the next escalation gets #%d, want #201: numbers may have been given since", snap.NextNumber())
	}
	if again, err := back.Acquire(t.Context(), "other", two, time.Minute); err != nil || again <= epoch {
		t.Errorf("epoch %d after %d, error %v: the lease must be free", again, epoch, err)
	}
	if next, err := back.NextTimer(t.Context()); err != nil || next == nil || next.Kind != bot.TimerRestored {
		t.Errorf("the next timer is %+v, error %v, want the one that tells the PMO", next, err)
	}
	// Back once more, from a backup of what was restored.
	twice := filepath.Join(folder, "twice.db")
	backUp(t, path, twice)
	second := filepath.Join(folder, "second.db")
	if _, _, err := storage.Restore(t.Context(), twice, second, two.Add(11*time.Hour)); err != nil {
		t.Fatalf("a second restore: %v", err)
	}
	snap, err = open(t, second, storage.Options{}).Load(t.Context(), bot.Query{})
	if snap.Now = two.Add(12 * time.Hour); err != nil || snap.NextNumber() != 301 {
		t.Errorf("after a second restore the next escalation gets #%d, error %v, want #301", snap.NextNumber(), err)
	}
}

// What is no backup is refused, in plain words, and nothing is changed.
func TestRestoreRefuses(t *testing.T) {
	folder := t.TempDir()
	path, good := filepath.Join(folder, "lotse.db"), filepath.Join(folder, "good.db")
	closes(t, open2(t, path, false))
	backUp(t, path, good)
	content, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	file := func(name string, content []byte) string {
		p := filepath.Join(folder, name)
		if err := os.WriteFile(p, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	broken := bytes.Clone(content)
	copy(broken[len(broken)/2&^4095:], bytes.Repeat([]byte("x"), 4096))
	newer := file("newer.db", content)
	execute(t, newer, `UPDATE version SET version = 999, compat = 999`)
	foreign := file("foreign.db", nil)
	execute(t, foreign, `CREATE TABLE bookmarks (url TEXT)`)
	database := filepath.Join(folder, "database.db")
	closes(t, open2(t, database, false))
	was, _ := os.ReadFile(path)
	for _, c := range []struct{ name, path, want string }{
		{"missing", filepath.Join(folder, "missing.db"), "no such file"},
		{"empty", file("empty.db", nil), "no backup that lotse has written"},
		{"text", file("letter.txt", bytes.Repeat([]byte("Guten Tag "), 2000)), "no backup that lotse has written"},
		{"cut off", file("short.db", content[:len(content)/2]), "damaged"},
		{"damaged", file("broken.db", broken), "damaged"},
		{"newer", newer, "newer lotse"},
		{"foreign", foreign, "another program"},
		{"no backup", database, "no backup"},
	} {
		before, _ := os.ReadFile(c.path)
		_, aside, err := storage.Restore(t.Context(), c.path, path, two)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.path) {
			t.Errorf("%s: error %v, want one that says %q and names the file", c.name, err, c.want)
		}
		if err != nil && c.name != "newer" && strings.Contains(err.Error(), "lotse restore") {
			t.Errorf("%s: error %v says to do what was just done", c.name, err)
		}
		if after, _ := os.ReadFile(c.path); aside != "" || !bytes.Equal(before, after) {
			t.Errorf("%s: something was changed (aside %q)", c.name, aside)
		}
		if now, _ := os.ReadFile(path); !bytes.Equal(was, now) {
			t.Fatalf("%s: the database was changed", c.name)
		}
	}
}
