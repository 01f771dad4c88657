package storage_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/bot"
	"lotse/storage"
	"lotse/storage/storagetest"
)

func TestOpenKeepsWhatIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "Büro 100% #1?.db") // everything a URI would stumble over
	var log bytes.Buffer
	for i, want := range []string{"", "0", "1"} {
		s, err := storage.Open(t.Context(), path, storage.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Recall(t.Context(), "name"); got != want || err != nil {
			t.Errorf("opened for the %d. time it remembers %q, error %v, want %q", i+1, got, err, want)
		}
		if err := s.Remember(t.Context(), "name", fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
		closes(t, s)
	}
	versions, err := filepath.Glob("migrations/*.sql")
	if got := strings.Count(log.String(), "database is migrated"); got != len(versions) || err != nil {
		t.Errorf("there were %d migrations, want each of %d once:\n%s", got, len(versions), log.String())
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 || entries[0].Name() != filepath.Base(path) {
		t.Errorf("the folder holds %v, want just the database", entries)
	}
}

func TestOpenForItsOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lotse.db")
	s := open(t, path, storage.Options{})
	if err := s.Remember(t.Context(), "name", "value"); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) < 2 {
		t.Fatalf("files %v, error %v, want the database and its journal", files, err)
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %o, want 600", file, mode)
		}
	}
}

func TestOpenSettings(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "lotse.db"), storage.Options{})
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000"} {
		var got string
		if err := s.DB().QueryRow(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %s, error %v, want %s", pragma, got, err, want)
		}
	}
}

func TestOpenRefusesTheOtherKind(t *testing.T) {
	for _, first := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "lotse.db")
		closes(t, open2(t, path, first))
		closes(t, open2(t, path, first)) // the same kind again is fine
		s, err := storage.Open(t.Context(), path, storage.Options{Rehearsal: !first})
		if err == nil {
			closes(t, s)
		}
		if !errors.Is(err, storage.ErrRehearsal) || !strings.Contains(err.Error(), path) {
			t.Errorf("rehearsal after rehearsal=%v: error %v, want ErrRehearsal with the path", first, err)
		}
	}
}

func open2(t *testing.T, path string, rehearsal bool) *storage.Store {
	t.Helper()
	s, err := storage.Open(t.Context(), path, storage.Options{Rehearsal: rehearsal})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOpenInPlainWords(t *testing.T) {
	folder := t.TempDir()
	file := func(name string, content []byte) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	// changed is one of our databases after a statement of somebody else's.
	changed := func(name, statement string) string {
		path := filepath.Join(folder, name)
		closes(t, open2(t, path, false))
		execute(t, path, statement)
		return path
	}
	foreign := file("foreign.db", nil)
	execute(t, foreign, `CREATE TABLE bookmarks (url TEXT)`)
	damaged := filepath.Join(folder, "damaged.db")
	closes(t, open2(t, damaged, false))
	content, err := os.ReadFile(damaged)
	if err != nil {
		t.Fatal(err)
	}
	for i := range content[4096:] {
		content[4096+i] = 0xff
	}
	file("damaged.db", content)

	// A page in the middle of a larger one.
	broken := filepath.Join(folder, "broken.db")
	large := open2(t, broken, false)
	for i := range 200 {
		if err := large.Remember(t.Context(), fmt.Sprint("name ", i), strings.Repeat("value ", 100)); err != nil {
			t.Fatal(err)
		}
	}
	closes(t, large)
	if content, err = os.ReadFile(broken); err != nil {
		t.Fatal(err)
	}
	middle := len(content) / 2 &^ 4095
	copy(content[middle:], bytes.Repeat([]byte("x"), 4096))
	file("broken.db", content)
	backup := filepath.Join(folder, "backup.db")
	good := filepath.Join(folder, "good.db")
	closes(t, open2(t, good, false))
	if _, err := storage.Backup(t.Context(), good, backup, time.Now(), nothing, false); err != nil {
		t.Fatal(err)
	}

	for _, c := range []struct{ name, path, want string }{
		{"no folder", filepath.Join(folder, "missing", "lotse.db"), "does not exist"},
		{"the folder is a file", filepath.Join(file("plain", nil), "lotse.db"), "is not a folder"},
		{"a folder", folder, "is a folder"},
		{"no database", file("letter.txt", []byte(strings.Repeat("Sehr geehrte Damen und Herren, ", 300))), "not a SQLite database"},
		{"damaged", damaged, "damaged"},
		{"empty", file("empty.db", nil), "the file is empty"},
		{"a page in the middle", broken, "damaged"},
		{"a backup", backup, "bring it back"},
		{"somebody else's tables", foreign, "belongs to another program"},
		{"another owner", changed("other.db", `UPDATE database_owner SET owner = 'megabridge'`), "belongs to another program"},
		{"a newer schema", changed("newer.db", `UPDATE version SET version = 999, compat = 999`), "newer lotse"},
	} {
		before, _ := os.ReadFile(c.path)
		s, err := storage.Open(t.Context(), c.path, storage.Options{})
		if err == nil {
			closes(t, s)
			t.Errorf("%s: opened, want an error", c.name)
			continue
		}
		if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.path) {
			t.Errorf("%s: error %q, want one that says %q and names the file", c.name, err, c.want)
		}
		if after, _ := os.ReadFile(c.path); !bytes.Equal(before, after) {
			t.Errorf("%s: the file was changed", c.name)
		}
	}
}

// execute runs a statement on a file with SQLite alone.
func execute(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestOpenWithoutTheRight(t *testing.T) {
	folder, err := os.MkdirTemp("", "lotse-locked-") // t.TempDir is root's alone
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(folder) })
	if err := os.Chmod(folder, 0o555); err != nil {
		t.Fatal(err)
	}
	withoutRights(t, func() {
		_, err := storage.Open(t.Context(), filepath.Join(folder, "lotse.db"), storage.Options{})
		if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "no right to write") {
			t.Errorf("error %v, want one that says there is no right to write", err)
		}
	})
}

// mautrix's stores use the same database while we work.
func TestOthersBeside(t *testing.T) {
	for name, s := range map[string]*storage.Store{
		"memory": memory(t), "file": open(t, filepath.Join(t.TempDir(), "lotse.db"), storage.Options{}),
	} {
		if _, err := s.DB().Exec(t.Context(), `CREATE TABLE crypto_account (value BIGINT NOT NULL)`); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var wg sync.WaitGroup
		for worker := range 4 {
			wg.Go(func() {
				for i := range 20 {
					if _, err := s.DB().Exec(t.Context(), `INSERT INTO crypto_account (value) VALUES ($1)`, i); err != nil {
						t.Errorf("%s: theirs: %v", name, err)
					}
					if err := s.Remember(t.Context(), fmt.Sprint(worker), fmt.Sprint(i)); err != nil {
						t.Errorf("%s: ours: %v", name, err)
					}
					if got, err := s.Recall(t.Context(), fmt.Sprint(worker)); got != fmt.Sprint(i) || err != nil {
						t.Errorf("%s: recalled %q, error %v, want %d", name, got, err, i)
					}
				}
			})
		}
		wg.Wait()
		var n int
		if err := s.DB().QueryRow(t.Context(), `SELECT COUNT(*) FROM crypto_account`).Scan(&n); err != nil || n != 80 {
			t.Errorf("%s: they wrote %d rows, error %v, want 80", name, n, err)
		}
	}
}

// Two processes on one file: the second waits for the first one's lease.
func TestTwoProcesses(t *testing.T) {
	ctx, path, now := t.Context(), filepath.Join(t.TempDir(), "lotse.db"), time.Date(2026, 11, 18, 8, 0, 0, 0, time.UTC)
	first, second := open(t, path, storage.Options{}), open(t, path, storage.Options{})
	epoch, err := first.Acquire(ctx, "host/1", now, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	slot := bot.Slot{Key: "k", Room: "test:!a", Text: bot.Text{Markdown: "Guten Morgen"}}
	if err := first.Commit(ctx, bot.Commit{Epoch: epoch, Now: now, Slots: []bot.Slot{slot}}); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Claim(ctx, epoch, now, "test", nil, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := second.Acquire(ctx, "host/2", now, time.Minute); !errors.Is(err, bot.ErrEpoch) {
		t.Errorf("the second got the lease: %v", err)
	}
	// The same name again, in another process: the first one died and was started anew.
	again, err := second.Acquire(ctx, "host/1", now, time.Minute)
	if err != nil || again <= epoch {
		t.Fatalf("started anew it has epoch %d after %d, error %v", again, epoch, err)
	}
	got, err := second.Claim(ctx, again, now, "test", nil, 1)
	if err != nil || len(got) != 1 || !got[0].Doubtful {
		t.Errorf("claimed %+v, error %v, want what the first left in flight, in doubt", got, err)
	}
	if err := first.Commit(ctx, bot.Commit{Epoch: epoch, Now: now}); !errors.Is(err, bot.ErrEpoch) {
		t.Errorf("the first still writes: %v", err)
	}
}

// Everything at once: nothing is lost and nothing is handed out twice.
func TestAllAtOnce(t *testing.T) {
	ctx, s := t.Context(), open(t, filepath.Join(t.TempDir(), "lotse.db"), storage.Options{})
	city, err := storagetest.Fill(ctx, s, 8, 1)
	if err != nil {
		t.Fatal(err)
	}
	epoch, err := s.Acquire(ctx, "test", city.Now, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	const each = 15
	for _, p := range city.Projects {
		wg.Go(func() {
			for i := range each {
				if _, err := s.Receive(ctx, epoch, city.Now, bot.Batch{Events: []bot.Event{{ID: bot.EventID(fmt.Sprint(p, i)), Room: city.Room(p), Text: "gelb"}}}); err != nil {
					t.Errorf("receive: %v", err)
				}
				slot := bot.Slot{Key: bot.NewKey("k", string(p), fmt.Sprint(i)), Room: city.Room(p), Text: bot.Text{Markdown: "?"}}
				if err := s.Commit(ctx, bot.Commit{Epoch: epoch, Now: city.Now, Slots: []bot.Slot{slot}}); err != nil {
					t.Errorf("commit: %v", err)
				}
				if _, err := s.Load(ctx, bot.Query{Room: city.Room(p), User: city.Lead(p)}); err != nil {
					t.Errorf("load: %v", err)
				}
			}
		})
	}
	wg.Go(func() {
		seen := map[bot.EventID]bool{}
		for len(seen) < each*len(city.Projects) && !t.Failed() {
			r, err := s.Next(ctx, city.Now)
			if err != nil {
				t.Errorf("next: %v", err)
			}
			if r == nil {
				continue
			}
			if seen[r.Event.ID] {
				t.Errorf("event %s came twice", r.Event.ID)
			}
			seen[r.Event.ID] = true
			if err := s.Commit(ctx, bot.Commit{Epoch: epoch, Now: city.Now, Seq: r.Seq}); err != nil {
				t.Errorf("settle: %v", err)
			}
		}
	})
	wg.Wait()
	sent := map[bot.Key]bool{}
	for {
		got, err := s.Claim(ctx, epoch, city.Now, storagetest.CityChat, nil, 3)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) == 0 {
			break
		}
		for _, d := range got {
			if sent[d.Key] {
				t.Errorf("%s was claimed twice", d.Key)
			}
			sent[d.Key] = true
			if err := s.Settle(ctx, epoch, city.Now, []bot.Outcome{{Delivery: d, ID: bot.MessageID("test:$" + d.Key)}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(sent) != each*len(city.Projects) {
		t.Errorf("%d slots were sent, want %d", len(sent), each*len(city.Projects))
	}
}

// nothing of the memory.
func nothing(string) bool { return false }
