package storage_test

import (
	"path/filepath"
	"testing"

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
