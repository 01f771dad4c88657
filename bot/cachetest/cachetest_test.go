package cachetest

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := Lock(path, func() { t.Error("a lock that nobody holds makes wait") })
	if err != nil {
		t.Fatal(err)
	}
	waits := make(chan struct{})
	got := make(chan error)
	go func() {
		unlock, err := Lock(path, func() { close(waits) })
		if err == nil {
			unlock()
		}
		got <- err
	}()
	<-waits
	unlock()
	if err := <-got; err != nil {
		t.Errorf("the second to come gets %v, want the lock", err)
	}
}

// Without Node.js a test is skipped, with a line that says what is missing, or
// fails when everything is required.
func TestWithoutNode(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Modules(t, "nothing", "nothing at all", nil)
	if err == nil || !strings.Contains(err.Error(), "apt install nodejs npm") {
		t.Errorf("without node: %v", err)
	}
	for _, tt := range []struct{ require, want string }{{"", "skipped"}, {"all", "failed"}} {
		t.Setenv("LOTSE_TEST_REQUIRE", tt.require)
		outcome := ""
		done := make(chan struct{})
		go func() {
			defer close(done)
			Want(&ending{TB: t, outcome: &outcome}, "program", errors.New("node is not installed"))
		}()
		<-done
		if outcome != tt.want {
			t.Errorf("LOTSE_TEST_REQUIRE=%q: %q, want %q", tt.require, outcome, tt.want)
		}
	}
}

// ending notes how a test is ended.
type ending struct {
	testing.TB
	outcome *string
}

func (e *ending) Helper()               {}
func (e *ending) Skipf(string, ...any)  { *e.outcome = "skipped" }
func (e *ending) Fatalf(string, ...any) { *e.outcome = "failed" }
