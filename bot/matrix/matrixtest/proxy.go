package matrixtest

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// Proxy stands between a client and a homeserver and does to chosen requests what
// busy servers, proxies and networks do:
//
//	p := srv.Proxy(t)                                       // the client uses p.URL
//	outage := p.Break(matrixtest.Sends(room), 2, matrixtest.Lost())
//	…
//	outage.Await(t)                                         // both have been hit
//
// It carries everything else unchanged.
type Proxy struct {
	URL string

	server *httputil.ReverseProxy

	mu      sync.Mutex
	outages []*Outage
}

// Outage is a fault that befalls requests.
type Outage struct {
	match Match
	fault Fault

	mu    sync.Mutex
	left  int           // how many more it befalls, below 0: all
	count int           // how many it has befallen
	wait  int           // how many Await waits for
	hit   chan struct{} // closed when it has befallen so many
	over  chan struct{} // closed by Heal
}

// Match chooses requests.
type Match func(*http.Request) bool

// Fault is what happens to a request instead of being carried. carry has the server
// carry it out and returns its answer; over is closed when the outage is over.
type Fault func(w http.ResponseWriter, r *http.Request, carry func() *httptest.ResponseRecorder, over <-chan struct{})

// Proxy starts a proxy in front of the server. It ends with the test.
func (s *Server) Proxy(t testing.TB) *Proxy {
	t.Helper()
	target, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{server: httputil.NewSingleHostReverseProxy(target)}
	p.server.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { reset(w) } // the server is away
	front := httptest.NewServer(p)
	p.URL = front.URL
	t.Cleanup(func() {
		p.mu.Lock()
		outages := p.outages
		p.mu.Unlock()
		for _, o := range outages {
			o.Heal()
		}
		front.CloseClientConnections()
		front.Close()
	})
	return p
}

// Break lets a fault befall the next requests that match: so many, or all until Heal
// if times is 0. Of several outages the first that matches counts.
func (p *Proxy) Break(match Match, times int, fault Fault) *Outage {
	o := &Outage{match: match, fault: fault, left: times, wait: max(times, 1), hit: make(chan struct{}), over: make(chan struct{})}
	if times == 0 {
		o.left = -1
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.outages = append(p.outages, o)
	return o
}

// Heal ends the outage, for requests under way, too. A second call does nothing.
func (o *Outage) Heal() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.left = 0
	select {
	case <-o.over:
	default:
		close(o.over)
	}
}

// Await waits until the outage has befallen as many requests as it was made for, or
// one if that was all.
func (o *Outage) Await(t testing.TB) {
	t.Helper()
	select {
	case <-o.hit:
	case <-time.After(patience):
		o.mu.Lock()
		defer o.mu.Unlock()
		t.Fatalf("waited %v in vain for %d requests to go wrong, %d did", patience, o.wait, o.count)
	}
}

// Count is how many requests it has befallen.
func (o *Outage) Count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.count
}

// strikes reports whether the outage befalls a request, and counts it.
func (o *Outage) strikes(r *http.Request) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.left == 0 || !o.match(r) {
		return false
	}
	o.left--
	if o.count++; o.count == o.wait {
		close(o.hit)
	}
	return true
}

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	outages := p.outages
	p.mu.Unlock()
	for _, o := range outages {
		if o.strikes(r) {
			o.fault(w, r, func() *httptest.ResponseRecorder {
				answer := httptest.NewRecorder()
				p.server.ServeHTTP(answer, r)
				return answer
			}, o.over)
			return
		}
	}
	p.server.ServeHTTP(w, r)
}

// Sends matches sending messages and reactions to a room, by its id; "" is any room.
func Sends(room string) Match {
	return func(r *http.Request) bool {
		_, rest, ok := strings.Cut(r.URL.Path, "/rooms/")
		in, what, _ := strings.Cut(rest, "/")
		return ok && (room == "" || in == room) && strings.HasPrefix(what, "send/") && r.Method == http.MethodPut
	}
}

// Syncs matches the long poll.
func Syncs(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/sync") }

// TooMany answers 429 and says when to come again: in whole seconds in the header, in
// milliseconds in the body, or not at all where that is 0.
func TooMany(header, body time.Duration) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ func() *httptest.ResponseRecorder, _ <-chan struct{}) {
		if header > 0 {
			w.Header().Set("Retry-After", fmt.Sprint(int(header.Seconds())))
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusTooManyRequests)
		if body > 0 {
			fmt.Fprintf(w, `{"errcode":"M_LIMIT_EXCEEDED","error":"Too Many Requests","retry_after_ms":%d}`, body.Milliseconds())
		} else {
			fmt.Fprint(w, `{"errcode":"M_LIMIT_EXCEEDED","error":"Too Many Requests"}`)
		}
	}
}

// Status answers with a status and a page for people, as proxies do.
func Status(code int) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ func() *httptest.ResponseRecorder, _ <-chan struct{}) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(code)
		fmt.Fprintf(w, "<html><body><h1>%d %s</h1></body></html>", code, http.StatusText(code))
	}
}

// Silence does not answer until the client gives up or the outage is over; the server
// never hears of it.
func Silence() Fault {
	return func(w http.ResponseWriter, r *http.Request, _ func() *httptest.ResponseRecorder, over <-chan struct{}) {
		_, _ = io.Copy(io.Discard, r.Body) // the server hears that the client has gone only once it has read everything
		select {
		case <-r.Context().Done():
		case <-over:
		}
		reset(w)
	}
}

// Reset breaks the connection before the server hears of the request.
func Reset() Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ func() *httptest.ResponseRecorder, _ <-chan struct{}) {
		reset(w)
	}
}

// Torn breaks the connection in the middle of the answer. The server has carried the
// request out.
func Torn() Fault {
	return func(w http.ResponseWriter, _ *http.Request, carry func() *httptest.ResponseRecorder, _ <-chan struct{}) {
		answer := carry()
		body := answer.Body.Bytes()
		w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		w.WriteHeader(answer.Code)
		w.Write(body[:len(body)/2])
		http.NewResponseController(w).Flush()
		reset(w)
	}
}

// Lost breaks the connection before the answer. The server has carried the request
// out.
func Lost() Fault {
	return func(w http.ResponseWriter, _ *http.Request, carry func() *httptest.ResponseRecorder, _ <-chan struct{}) {
		carry()
		reset(w)
	}
}

// reset ends the connection as a network does that fails.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}
