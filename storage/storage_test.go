package storage_test

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/storage"
	"lotse/storage/storagetest"
)

var _ engine.Store = (*storage.Store)(nil)

func TestPromisesInMemory(t *testing.T) {
	storagetest.Run(t, func(t testing.TB) storagetest.Store { return memory(t) })
}

func TestPromisesInFile(t *testing.T) {
	storagetest.Run(t, func(t testing.TB) storagetest.Store {
		return open(t, filepath.Join(t.TempDir(), "lotse.db"), storage.Options{})
	})
}

func memory(t testing.TB) *storage.Store {
	t.Helper()
	s, err := storage.Memory(t.Context(), storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closes(t, s) })
	return s
}

func open(t testing.TB, path string, opts storage.Options) *storage.Store {
	t.Helper()
	s, err := storage.Open(t.Context(), path, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closes(t, s) })
	return s
}

func closes(t testing.TB, s *storage.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// Weeks pass in tests of the engine: a store opened in a bubble must not stop them.
func TestInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, s := range map[string]*storage.Store{
			"memory": memory(t), "file": open(t, filepath.Join(t.TempDir(), "lotse.db"), storage.Options{}),
		} {
			epoch, err := s.Acquire(t.Context(), "test", time.Now(), time.Minute)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			timer := bot.Timer{Key: "t", Kind: bot.TimerPlan, At: time.Now().Add(21 * 24 * time.Hour)}
			if err := s.Commit(t.Context(), bot.Commit{Epoch: epoch, Now: time.Now(), Change: bot.Change{Timers: []bot.Timer{timer}}}); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			next, err := s.NextTimer(t.Context())
			if err != nil || next == nil {
				t.Fatalf("%s: timer %v, error %v", name, next, err)
			}
			time.Sleep(time.Until(next.At))
			if err := s.Commit(t.Context(), bot.Commit{Epoch: epoch, Now: time.Now(), Timer: next.Key, TimerAt: next.At}); err != nil {
				t.Errorf("%s: three weeks later: %v", name, err)
			}
		}
	})
}
