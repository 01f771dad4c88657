package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// lifeCommands are what scripts about a clean life need besides the others:
//
//	says NAME TEXT   Pia writes into the room
//	once NAME        every message of the bot stands in the room just once
//	disk NAME SIZE   a folder on a disk of its own, of that size; skips the script where that is not allowed
//	fill NAME        the disk becomes full
//	free NAME        there is room on it again
//	readonly NAME    nothing can be written on the disk any more
//	behind           HOMESERVER is a proxy of the homeserver from now on, which does what it is told
//	hang             the proxy takes requests and does not answer any more
//	same A B         two files hold the same bytes
//	broken FILE      overwrites a page in the middle of a file
func lifeCommands(t *testing.T) map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	return map[string]func(ts *testscript.TestScript, neg bool, args []string){
		"says": func(ts *testscript.TestScript, _ bool, args []string) {
			w := worldOf(ts)
			w.pia.Send(t, w.rooms[args[0]], args[1])
		},
		"once": func(ts *testscript.TestScript, _ bool, args []string) {
			w := worldOf(ts)
			times := map[string]int{}
			for _, e := range w.pia.Events(t, w.rooms[args[0]]) {
				if e.Sender == w.bot.ID && e.Key() != "" && e.RelType != "m.replace" && e.Type != "m.room.redaction" {
					times[e.Key()]++
				}
			}
			for key, n := range times {
				if n != 1 {
					ts.Fatalf("%s stands %d times in %s", key, n, args[0])
				}
			}
		},
		"disk": func(ts *testscript.TestScript, _ bool, args []string) { mountDisk(t, ts, ts.MkAbs(args[0]), args[1]) },
		"fill": func(ts *testscript.TestScript, _ bool, args []string) {
			file, err := os.Create(filepath.Join(ts.MkAbs(args[0]), "filler"))
			ts.Check(err)
			defer file.Close()
			for _, block := range []int{4096, 1} { // to the last byte
				for err = nil; err == nil; {
					_, err = file.Write(make([]byte, block))
				}
			}
		},
		"free": func(ts *testscript.TestScript, _ bool, args []string) {
			ts.Check(os.Remove(filepath.Join(ts.MkAbs(args[0]), "filler")))
		},
		"readonly": func(ts *testscript.TestScript, _ bool, args []string) { ts.Check(remountReadOnly(ts.MkAbs(args[0]))) },
		"behind": func(ts *testscript.TestScript, _ bool, _ []string) {
			w := worldOf(ts)
			target, err := url.Parse(w.server.URL)
			ts.Check(err)
			pass := httputil.NewSingleHostReverseProxy(target)
			pass.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
			pass.ErrorLog = nil
			proxy := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if w.hung.Load() {
					_, _ = io.Copy(io.Discard, r.Body) // the server hears that the client has gone only once it has read everything
					<-r.Context().Done()
					return
				}
				pass.ServeHTTP(rw, r)
			}))
			ts.Defer(proxy.Close)
			ts.Defer(proxy.CloseClientConnections)
			w.address = proxy.URL
			ts.Setenv("HOMESERVER", proxy.URL)
		},
		"hang": func(ts *testscript.TestScript, neg bool, _ []string) { worldOf(ts).hung.Store(!neg) },
		"same": func(ts *testscript.TestScript, neg bool, args []string) {
			if (ts.ReadFile(args[0]) == ts.ReadFile(args[1])) == neg {
				ts.Fatalf("%s and %s: the same is %v", args[0], args[1], neg)
			}
		},
		"broken": func(ts *testscript.TestScript, _ bool, args []string) {
			file, err := os.OpenFile(ts.MkAbs(args[0]), os.O_RDWR, 0)
			ts.Check(err)
			defer file.Close()
			end, err := file.Seek(0, io.SeekEnd)
			ts.Check(err)
			_, err = file.WriteAt([]byte(strings.Repeat("x", 4096)), end/2&^4095)
			ts.Check(err)
		},
	}
}

// hangs is what a script's proxy does.
type hangs struct {
	hung    atomic.Bool
	address string // of the proxy, "" without one
}

// url is where the bot finds the homeserver.
func (w *world) url() string {
	if w.address != "" {
		return w.address
	}
	return w.server.URL
}

// mountDisk makes a small disk. In CI that must work; elsewhere it may not be allowed.
func mountDisk(t *testing.T, ts *testscript.TestScript, path, size string) {
	ts.Check(os.MkdirAll(path, 0o700))
	if err := mountMemory(path, size); err != nil {
		if os.Getenv("LOTSE_TEST_REQUIRE") == "all" && !errors.Is(err, fs.ErrPermission) {
			ts.Fatalf("make a small disk: %v", err)
		}
		fmt.Fprintf(t.Output(), "skipped: a disk of its own wants root on Linux: %v\n", err)
		t.Skipf("a disk of its own wants root on Linux: %v", err)
	}
	ts.Defer(func() {
		if err := unmount(path); err != nil {
			t.Errorf("unmount %s: %v", path, err)
		}
	})
}
