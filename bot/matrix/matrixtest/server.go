// Package matrixtest gives tests a real Matrix homeserver and people who write
// on it.
//
// [Start] runs Dendrite for one test, [Shared] one for all tests of a package.
// [Each] runs a test on every homeserver there is: on Dendrite and on Synapse.
//
// Dendrite is built once per machine from the nested module in dendrite/ and
// kept in the user's cache folder; that wants a C compiler. Synapse is found
// there if .ci/run has installed it (see synapse.txt). A test whose homeserver
// is missing is skipped; LOTSE_TEST_REQUIRE=all makes it fail instead. All of
// it needs a Unix: Windows has no file locks of this kind.
//
// [Server.Register] makes a [User]: a client of its own, written on net/http
// alone, so that it is a second opinion on what the bot's Matrix library does.
// A user writes ([User.Send], [User.Thread], [User.React], [User.Edit] …), waits
// ([User.Await] and its kin) and reads ([User.Events]):
//
//	srv := matrixtest.Start(t)
//	maria, jonas := srv.Register(t, "maria"), srv.Register(t, "jonas")
//	room := maria.CreateRoom(t, "Serviceportal", matrixtest.Inviting(jonas.ID))
//	jonas.Join(t, room)
//	question := maria.Send(t, room, "Wie weit seid ihr?")
//	jonas.Thread(t, room, question, "Fast fertig.")
//	maria.AwaitMessage(t, room, "fertig")
//	got := matrixtest.Transcript(maria.Events(t, room))
//
// [Transcript] writes a room down in a form that can be compared with a golden
// file.
//
// A User neither writes nor reads encrypted rooms. [Server.RegisterJS] makes a
// [JSUser], who does, with the library that Element is built on:
//
//	maria := srv.RegisterJS(t, "maria")
//	room := maria.CreateRoom(t, "Serviceportal", matrixtest.Encrypted(), matrixtest.Inviting(bot.ID))
//	maria.AwaitMessage(t, room, "Wie weit")
package matrixtest

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"lotse/bot/cachetest"
)

// Server is a homeserver on the loopback interface. Its methods may be used by
// several goroutines, but Stop, Kill and Restart only by the test's own.
type Server struct {
	URL    string // where clients find it, without a slash at the end
	Name   string // the part of user ids after the colon
	Secret string // for shared-secret registration
	// Software is the program that runs.
	Software *Software

	bin, dir string
	held     *os.File // locks dir for as long as this process lives
	port     int
	http     *http.Client
	process  *process // nil when stopped

	mu    sync.Mutex
	names map[string]int // how many users were registered under a name
	js    *node          // with the clients of RegisterJS, or nil
}

// Option changes the configuration of a server.
type Option func(*config)

type config struct {
	limited           bool
	threshold, millis int
}

// WithRateLimit makes the server answer 429 from the threshold-th request on;
// each request is forgotten after the given number of milliseconds. Dendrite
// limits joining, inviting, creating rooms, typing, logging in and the like,
// but not sending; Synapse limits sending, too. Without this option nothing is
// limited.
func WithRateLimit(threshold, cooloffMS int) Option {
	return func(c *config) { c.limited, c.threshold, c.millis = true, threshold, cooloffMS }
}

// Start runs Dendrite until the test ends.
func Start(t testing.TB, opts ...Option) *Server {
	t.Helper()
	return Dendrite.Start(t, opts...)
}

// Shared returns the one Dendrite of this test process, see [Software.Shared].
func Shared(t testing.TB) *Server {
	t.Helper()
	return Dendrite.Shared(t)
}

// Stop ends the server as an operator would; its data stays for Restart.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	s.end(t, (*process).stop)
}

// Kill ends the server as a power cut would; what it has acknowledged is there
// after Restart.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	s.end(t, (*process).kill)
}

func (s *Server) end(t testing.TB, how func(*process)) {
	t.Helper()
	if s.process == nil {
		t.Fatalf("stop %s: it is not running", s.Software)
	}
	how(s.process)
	s.process = nil
	s.http.CloseIdleConnections()
}

// Restart stops the server if it runs, and starts it with the same data and
// the same address. Dendrite forgets its transaction ids by that, Synapse does
// not.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	if s.process != nil {
		s.Stop(t)
	}
	if err := s.run(); err != nil {
		t.Fatalf("restart %s: %v", s.Software, err)
	}
}

// Log is what the server has logged so far: warnings and errors.
func (s *Server) Log(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile(s.path("log"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// launch makes a new server and waits until it answers.
func launch(software *Software, bin string, opts []Option) (*Server, error) {
	var c config
	for _, opt := range opts {
		opt(&c)
	}
	dir, held, err := dataDir()
	if err != nil {
		return nil, err
	}
	s := &Server{
		Name:     "localhost",
		Secret:   rand.Text(),
		Software: software,
		bin:      bin,
		dir:      dir,
		held:     held,
		http: &http.Client{
			Timeout:   2 * time.Minute,
			Transport: &http.Transport{MaxIdleConnsPerHost: 100},
		},
		names: map[string]int{},
	}
	// Another program may take the port before the server does: try some more.
	for range 5 {
		if s.port, err = freePort(); err != nil {
			break
		}
		s.URL = "http://" + s.address()
		if err = software.prepare(s, c); err != nil {
			break
		}
		if err = s.run(); err == nil {
			return s, nil
		}
	}
	s.discard()
	return nil, err
}

// run starts the process and waits until it answers.
func (s *Server) run() error {
	log, err := os.OpenFile(s.path("log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	program, args := s.Software.command(s)
	p, err := start(log, program, args...)
	if err != nil {
		return err
	}
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) && !p.ended() {
		resp, err := s.http.Get(s.URL + "/_matrix/client/versions")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK && !p.ended() {
				s.process = p
				return nil
			}
		}
		select {
		case <-p.done:
		case <-time.After(10 * time.Millisecond):
		}
	}
	p.kill()
	b, _ := os.ReadFile(s.path("log"))
	return fmt.Errorf("no answer from %s on %s; its last words: %s", s.Software, s.address(), cachetest.LastLine(b))
}

// discard ends the server and removes its data.
func (s *Server) discard() {
	if s.js != nil {
		s.js.stop()
	}
	if s.process != nil {
		s.process.stop()
		s.process = nil
	}
	s.http.CloseIdleConnections()
	os.RemoveAll(s.dir)
	s.held.Close()
}

func (s *Server) path(name string) string { return filepath.Join(s.dir, name) }

func (s *Server) address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// freePort finds a port below those that the system gives to outgoing
// connections, so that none of them can take it while the server restarts.
func freePort() (int, error) {
	for range 100 {
		n, err := rand.Int(rand.Reader, big.NewInt(12000))
		if err != nil {
			return 0, err
		}
		port := 20000 + int(n.Int64())
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, l.Close()
		}
	}
	return 0, fmt.Errorf("find a free port between 20000 and 32000: none in 100 tries")
}

const (
	shm      = "/dev/shm"
	shmNeeds = 512 << 20 // bytes free; containers often have 64 MB in all
)

// dataDir makes a folder for a server's data, in memory where there is room for
// it: that is three to four times faster. Folders that killed tests have left
// behind, recognisable by a lock that nobody holds, are removed.
func dataDir() (dir string, held *os.File, err error) {
	parent := os.TempDir()
	var free syscall.Statfs_t
	if syscall.Statfs(shm, &free) == nil && uint64(free.Bavail)*uint64(free.Bsize) >= shmNeeds {
		parent = shm
	}
	stem := filepath.Join(parent, fmt.Sprintf("lotse-homeserver-%d-", os.Getuid()))
	unlock, err := cachetest.Lock(stem+"lock", func() {})
	if err != nil {
		return "", nil, err
	}
	defer unlock()
	old, err := filepath.Glob(filepath.Join(stem+"*", "held"))
	if err != nil {
		return "", nil, err
	}
	for _, path := range old {
		if f, err := cachetest.TryLock(path); err == nil {
			os.RemoveAll(filepath.Dir(path))
			f.Close()
		}
	}
	if dir, err = os.MkdirTemp(parent, filepath.Base(stem)); err != nil {
		return "", nil, err
	}
	held, err = cachetest.TryLock(filepath.Join(dir, "held"))
	return dir, held, err
}
