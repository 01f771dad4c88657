package storage_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lotse/bot"
	"lotse/storage"
)

// A command before the first run leaves open what the database is for; the run says it.
func TestEither(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lotse.db")
	kind := func(opts storage.Options) string {
		t.Helper()
		s, err := storage.Open(t.Context(), path, opts)
		if err != nil {
			t.Fatal(err)
		}
		defer closes(t, s)
		kind, err := s.Kind(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return kind
	}
	for _, step := range []struct {
		opts storage.Options
		want string
	}{
		{storage.Options{Either: true}, ""},
		{storage.Options{ReadOnly: true}, ""},
		{storage.Options{Rehearsal: true}, "rehearsal"},
		{storage.Options{Either: true}, "rehearsal"},
		{storage.Options{ReadOnly: true}, "rehearsal"},
	} {
		if got := kind(step.opts); got != step.want {
			t.Errorf("opened with %+v it is %q, want %q", step.opts, got, step.want)
		}
	}
	if _, err := storage.Open(t.Context(), path, storage.Options{}); !errors.Is(err, storage.ErrRehearsal) {
		t.Errorf("opened live: %v, want ErrRehearsal", err)
	}
}

func TestReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lotse.db")
	if _, err := storage.Open(t.Context(), path, storage.Options{ReadOnly: true}); err == nil {
		t.Error("a database that is not there was opened")
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a database was made")
	}
	busy := open(t, path, storage.Options{})
	look := open(t, path, storage.Options{ReadOnly: true})
	if err := look.Remember(t.Context(), "name", "value"); err == nil {
		t.Error("something was written")
	}
	// It sees what the other one writes, at once.
	if err := busy.Remember(t.Context(), "name", "value"); err != nil {
		t.Fatalf("write while somebody looks: %v", err)
	}
	if got, err := look.Recall(t.Context(), "name"); got != "value" || err != nil {
		t.Errorf("it sees %q, %v; want value", got, err)
	}
	if _, err := look.Load(t.Context(), bot.Query{AllPeople: true, AllRooms: true, AllProjects: true, Rounds: true}); err != nil {
		t.Errorf("load: %v", err)
	}

	// Tables of another version are said, and stay as they are.
	if _, err := busy.DB().Exec(t.Context(), `UPDATE version SET version = version - 1`); err != nil {
		t.Fatal(err)
	}
	var version int
	if err := busy.DB().QueryRow(t.Context(), `SELECT version FROM version`).Scan(&version); err != nil {
		t.Fatal(err)
	}
	open(t, path, storage.Options{ReadOnly: true, Least: version}) // new enough for who asks
	if _, err := storage.Open(t.Context(), path, storage.Options{ReadOnly: true, Least: version + 1}); err == nil || !strings.Contains(err.Error(), "when this lotse runs") {
		t.Errorf("older tables than the least: %v", err)
	}
	if _, err := storage.Open(t.Context(), path, storage.Options{ReadOnly: true}); err == nil || !strings.Contains(err.Error(), "when this lotse runs") {
		t.Errorf("older tables: %v", err)
	}
	if _, err := busy.DB().Exec(t.Context(), `UPDATE version SET version = version + 1000`); err != nil {
		t.Fatal(err)
	}
	if _, err := storage.Open(t.Context(), path, storage.Options{ReadOnly: true}); err == nil || !strings.Contains(err.Error(), "newer lotse") {
		t.Errorf("newer tables: %v", err)
	}
	other := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(other, []byte(strings.Repeat("this is no database. ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := storage.Open(t.Context(), other, storage.Options{ReadOnly: true}); err == nil || !strings.Contains(err.Error(), "not a SQLite database") {
		t.Errorf("a text: %v", err)
	}
}

func TestTroublesAndBacklog(t *testing.T) {
	ctx, s := t.Context(), memory(t)
	epoch, err := s.Acquire(ctx, "test", time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 11, 18, 8, 0, 0, 0, time.UTC)
	at := func(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }
	if b, err := s.Backlog(ctx); err != nil || b != (storage.Backlog{}) {
		t.Errorf("an empty database waits for %+v, %v", b, err)
	}
	if _, err := s.Receive(ctx, epoch, at(1), bot.Batch{Events: []bot.Event{{ID: "e", Kind: bot.EventMessage, Room: "test:a", At: at(1)}}}); err != nil {
		t.Fatal(err)
	}
	slot := func(key bot.Key, room bot.RoomID) bot.Slot {
		return bot.Slot{Key: key, Op: bot.OpMessage, Kind: "note", Room: room, Text: bot.Text{Markdown: "text"}}
	}
	err = s.Commit(ctx, bot.Commit{Epoch: epoch, Now: at(2), Slots: []bot.Slot{slot("one/test:a", "test:a"), slot("two/test:b", "test:b")}})
	if err != nil {
		t.Fatal(err)
	}
	if b, err := s.Backlog(ctx); err != nil || !b.Received.Equal(at(1)) || !b.Pending.Equal(at(2)) {
		t.Errorf("backlog %+v, %v; want since %v and %v", b, err, at(1), at(2))
	}
	claimed, err := s.Claim(ctx, epoch, at(3), "test", nil, 10)
	if err != nil || len(claimed) != 2 {
		t.Fatalf("claimed %d, %v; want 2", len(claimed), err)
	}
	if err := s.Settle(ctx, epoch, at(4), []bot.Outcome{{Delivery: claimed[0], Failed: true, Reason: "forbidden", Final: true}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Settle(ctx, epoch, at(4), []bot.Outcome{{Delivery: claimed[1], ID: "test:message"}}); err != nil {
		t.Fatal(err)
	}
	if b, err := s.Backlog(ctx); err != nil || !b.Pending.IsZero() {
		t.Errorf("something is to be sent since %v, %v; want nothing", b.Pending, err)
	}
	troubles, err := s.Troubles(ctx, bot.SlotFailed, time.Time{}, 10)
	if err != nil || len(troubles) != 1 {
		t.Fatalf("troubles %+v, %v; want one", troubles, err)
	}
	if got := troubles[0]; got.Key != claimed[0].Key || got.Room != claimed[0].Room || got.Reason != "forbidden" || got.State != bot.SlotFailed {
		t.Errorf("trouble %+v, want what was claimed first: %s", got, claimed[0].Key)
	}
	if later, err := s.Troubles(ctx, bot.SlotFailed, troubles[0].Since.Add(time.Minute), 10); err != nil || len(later) != 0 {
		t.Errorf("troubles since later: %+v, %v; want none", later, err)
	}
}
