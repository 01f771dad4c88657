package matrixtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Software is a homeserver program that tests can run.
type Software struct {
	name    string
	find    func(testing.TB) (dir string, err error) // where it is; may build it
	prepare func(*Server, config) error              // writes what it needs to start
	command func(*Server) (program string, args []string)

	mu     sync.Mutex
	found  bool // find was asked: a machine that has not got it says so at once in every test
	dir    string
	err    error
	shared *Server
}

// every is the homeservers that Each runs a test on.
var every = []*Software{Dendrite, Synapse}

// String returns the program's name.
func (p *Software) String() string { return p.name }

// Each runs a test on every homeserver, the shared one of each.
func Each(t *testing.T, test func(*testing.T, *Server)) {
	t.Helper()
	for _, p := range every {
		t.Run(strings.ToLower(p.name), func(t *testing.T) { test(t, p.Shared(t)) })
	}
}

// EachStart runs a test on every homeserver, on one of its own.
func EachStart(t *testing.T, test func(*testing.T, *Server), opts ...Option) {
	t.Helper()
	for _, p := range every {
		t.Run(strings.ToLower(p.name), func(t *testing.T) { test(t, p.Start(t, opts...)) })
	}
}

// Start runs a homeserver until the test ends.
func (p *Software) Start(t testing.TB, opts ...Option) *Server {
	t.Helper()
	s, err := launch(p, p.need(t), opts)
	if err != nil {
		t.Fatalf("start %s: %v", p, err)
	}
	t.Cleanup(s.discard)
	return s
}

// running says that Run is at work.
var running struct {
	mu  sync.Mutex
	yes bool
}

// Run runs a package's tests and ends the shared servers after them. A package
// that uses them has
//
//	func TestMain(m *testing.M) { os.Exit(matrixtest.Run(m)) }
func Run(m *testing.M) int {
	running.mu.Lock()
	running.yes = true
	running.mu.Unlock()
	code := m.Run()
	for _, p := range every {
		p.mu.Lock()
		if p.shared != nil {
			p.shared.discard()
		}
		p.mu.Unlock()
	}
	return code
}

// Shared returns the one server of this program in this test process and starts
// it when it is wanted for the first time. Tests on it have rooms and people of
// their own: a name that is taken gets a number (see Server.Register).
func (p *Software) Shared(t testing.TB) *Server {
	t.Helper()
	running.mu.Lock()
	yes := running.yes
	running.mu.Unlock()
	if !yes {
		t.Fatal("a shared homeserver wants this package to have: func TestMain(m *testing.M) { os.Exit(matrixtest.Run(m)) }")
	}
	bin := p.need(t)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shared == nil {
		s, err := launch(p, bin, nil)
		if err != nil {
			t.Fatalf("start %s: %v", p, err)
		}
		p.shared = s
	}
	return p.shared
}

// need returns the folder with the program. A test that cannot have it is
// skipped, or fails under LOTSE_TEST_REQUIRE=all.
func (p *Software) need(t testing.TB) string {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.found {
		p.dir, p.err = p.find(t)
		p.found = true
	}
	switch {
	case p.err == nil:
		return p.dir
	case os.Getenv("LOTSE_TEST_REQUIRE") == "all":
		t.Fatalf("no %s to test against: %v", p, p.err)
	default:
		t.Skipf("no %s to test against: %v", p, p.err)
	}
	return ""
}

// userCache is the folder in which homeservers are kept.
func userCache() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the homeservers' cache folder: %w", err)
	}
	return filepath.Join(cache, "lotse"), nil
}
