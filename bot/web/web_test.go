package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lotse/bot"
	"lotse/bot/ical"
)

const token = "c2VjcmV0LXRva2VuLW9mLTMyLWNo"

// links are calendars by the hash of their tokens.
type links struct {
	calendars map[string]ical.Calendar
	err       error
	asked     atomic.Int64
	block     chan struct{} // nil: answers at once
}

func (l *links) Calendar(ctx context.Context, hash string) (ical.Calendar, bool, error) {
	l.asked.Add(1)
	if l.block != nil {
		<-l.block
	}
	c, ok := l.calendars[hash]
	return c, ok, l.err
}

func checks(n int) ical.Calendar {
	start := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	return ical.Calendar{Name: "Projektchecks", Events: []ical.Event{{UID: "x", Sequence: n, Start: start, End: start.Add(time.Hour), Summary: "Projektcheck"}}}
}

// site is a server on a real listener, and what it has logged.
func site(t *testing.T, l *links) (s *Server, url string, logged *bytes.Buffer) {
	logged = &bytes.Buffer{}
	s = New(l, slog.New(slog.NewTextHandler(logged, &slog.HandlerOptions{Level: slog.LevelDebug})))
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, server.URL, logged
}

type reply struct {
	status int
	header http.Header
	body   string
}

func ask(t *testing.T, method, url string, headers ...string) reply {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	answer.Header.Del("Date")
	return reply{answer.StatusCode, answer.Header, string(body)}
}

func TestCalendarIsServed(t *testing.T) {
	l := &links{calendars: map[string]ical.Calendar{bot.HashToken(token): checks(0)}}
	_, url, logged := site(t, l)
	address := url + "/kalender/" + token + ".ics"
	got := ask(t, "GET", address)
	if got.status != http.StatusOK || got.body != string(checks(0).Feed()) {
		t.Fatalf("GET: %d\n%s", got.status, got.body)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/calendar; charset=utf-8", "Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff",
		"Referrer-Policy": "no-referrer", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "X-Robots-Tag": "noindex",
	} {
		if have := got.header.Get(name); have != want {
			t.Errorf("%s: %q, want %q", name, have, want)
		}
	}
	if head := ask(t, "HEAD", address); head.status != http.StatusOK || head.body != "" || head.header.Get("Content-Length") != got.header.Get("Content-Length") {
		t.Errorf("HEAD: %d, %q, %v", head.status, head.body, head.header)
	}

	// Who has it already is told so, by tag and by time, until something changes.
	etag, since := got.header.Get("ETag"), got.header.Get("Last-Modified")
	if again := ask(t, "GET", address, "If-None-Match", etag); again.status != http.StatusNotModified || again.body != "" || again.header.Get("ETag") != etag {
		t.Errorf("the same tag: %d, %v", again.status, again.header)
	}
	if again := ask(t, "GET", address, "If-Modified-Since", since); again.status != http.StatusNotModified {
		t.Errorf("the same time: %d", again.status)
	}
	l.calendars[bot.HashToken(token)] = checks(1)
	if now := ask(t, "GET", address, "If-Modified-Since", since); now.status != http.StatusOK || now.header.Get("Last-Modified") == since {
		t.Errorf("changed within the second: %d, %s and before %s", now.status, now.header.Get("Last-Modified"), since)
	}
	if now := ask(t, "GET", address, "If-None-Match", etag); now.status != http.StatusOK || now.header.Get("ETag") == etag {
		t.Errorf("changed: %d, tag %s", now.status, now.header.Get("ETag"))
	}
	if strings.Contains(logged.String(), token[:8]) {
		t.Errorf("the token is logged:\n%s", logged)
	}
}

// What never was, what was revoked and what is no link at all cannot be told apart, and takes the same way.
func TestNothingThere(t *testing.T) {
	l := &links{calendars: map[string]ical.Calendar{bot.HashToken(token): checks(0), bot.HashToken(""): checks(0)}}
	_, url, logged := site(t, l)
	var first *reply
	for i, path := range []string{
		"/kalender/b3RoZXItdG9rZW4tb2YtMzItY2hhcmFjdGVy.ics", // never was, or revoked: the store says the same
		"/", "/kalender/", "/kalender/.ics/", "/kalender/" + token, "/kalender/" + token + ".ics/", "/kalender//" + token + ".ics", "/" + token + ".ics",
		"/kalender/" + token + ".ICS", "/kalender/../kalender/" + token + "x.ics", "/metrics", "/healthz", "/kalender/%00.ics", "/kalender/" + strings.Repeat("x", 2000) + ".ics",
	} {
		got := ask(t, "GET", url+path)
		if first == nil {
			first = &got
		}
		if got.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, got.status)
		}
		if diff := cmp.Diff(*first, got, cmp.AllowUnexported(reply{})); diff != "" {
			t.Errorf("%s is answered differently:\n%s", path, diff)
		}
		if asked := l.asked.Load(); asked != int64(i+1) {
			t.Errorf("%s: the store was asked %d times in %d requests", path, asked, i+1)
		}
	}
	if logged.Len() > 0 {
		t.Errorf("logged:\n%s", logged)
	}
}

func TestOtherMethods(t *testing.T) {
	l := &links{calendars: map[string]ical.Calendar{bot.HashToken(token): checks(0)}}
	_, url, _ := site(t, l)
	for _, method := range []string{"POST", "PUT", "DELETE", "PROPFIND", "OPTIONS", "TRACE"} {
		for _, path := range []string{"/kalender/" + token + ".ics", "/kalender/x.ics"} {
			if got := ask(t, method, url+path); got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != "GET, HEAD" || l.asked.Load() != 0 {
				t.Errorf("%s %s: %d %v", method, path, got.status, got.header)
			}
		}
	}
}

// When the books cannot be read somebody hears of it; who asks learns nothing, and the log no token.
func TestBooksFail(t *testing.T) {
	_, url, logged := site(t, &links{err: errors.New("the disk is gone")})
	got := ask(t, "GET", url+"/kalender/"+token+".ics")
	if got.status != http.StatusInternalServerError || strings.Contains(got.body, "disk") || got.header.Get("Cache-Control") == "" {
		t.Errorf("%d %q", got.status, got.body)
	}
	if !strings.Contains(logged.String(), "the disk is gone") || strings.Contains(logged.String(), token[:8]) {
		t.Errorf("logged:\n%s", logged)
	}
}

// No more than a few are at work at the same time; the others wait for their turn.
func TestTurns(t *testing.T) {
	l := &links{block: make(chan struct{})}
	_, url, _ := site(t, l)
	const many = 3 * atOnce
	answers := make(chan int, many)
	for range many {
		go func() { answers <- ask(t, "GET", url+"/kalender/x.ics").status }()
	}
	for n := range many {
		l.block <- struct{}{} // one at work goes on
		if status := <-answers; status != http.StatusNotFound {
			t.Errorf("%d, want %d", status, http.StatusNotFound)
		}
		if at := l.asked.Load(); at > int64(n+1+atOnce) {
			t.Errorf("%d were let in when %d were done", at, n+1)
		}
	}
}
