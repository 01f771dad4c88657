package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/storage"
)

// heard is when the homeserver was last heard of.
type heard struct{ time.Time }

func (h heard) at() time.Time { return h.Time }

func TestHealth(t *testing.T) {
	clock := engine.NewSimulated(time.Date(2026, 11, 17, 8, 0, 0, 0, time.UTC))
	p := testParts(t, testConfig(t, ""), clock)
	meter := newMeter(p.store)
	p.metrics = meter.hooks()
	h := &health{store: p.store, meter: meter, clock: clock, synced: heard{time.Now()}, began: time.Now()}
	status := func() (int, string) {
		t.Helper()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/healthz", nil))
		return w.Code, w.Body.String()
	}
	if code, body := status(); code != http.StatusServiceUnavailable || body != "the bot is starting\n" {
		t.Errorf("before the engine: %d %q", code, body)
	}
	e, err := p.assemble(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h.watch(e)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	if err := e.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	if code, body := status(); code != http.StatusOK || body != "ok\n" {
		t.Errorf("running: %d %q, want ok", code, body)
	}

	// From here on one thing after the other goes wrong.
	long := time.Now().Add(-time.Hour)
	faults := func(want ...string) {
		t.Helper()
		code, body := status()
		if code != http.StatusServiceUnavailable || strings.Count(body, "\n") != len(want) {
			t.Errorf("%d %q, want %d faults", code, body, len(want))
		}
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("it says %q, want %q too", body, w)
			}
		}
	}
	h.synced, h.began = heard{long}, long
	faults("has not told what is new for more than 3m")
	h.synced = heard{time.Now()}
	meter.hooks().Send("test", bot.OpMessage, "again", time.Second)
	if code, body := status(); code != http.StatusOK {
		t.Errorf("one failed try: %d %q, want ok", code, body)
	}
	meter.failing.Store(&long)
	meter.hooks().Send("test", bot.OpMessage, "doubtful", time.Second)
	faults("nothing could be sent since")
	meter.hooks().Send("test", bot.OpMessage, "sent", time.Second)
	if code, body := status(); code != http.StatusOK {
		t.Errorf("sent again: %d %q, want ok", code, body)
	}
	meter.failing.Store(&long)
	meter.hooks().Send("test", bot.OpMessage, "failed", time.Second)
	if code, body := status(); code != http.StatusOK {
		t.Errorf("one message was refused for good: %d %q, want ok", code, body)
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}

	// Nobody works on what is in the inbox any more.
	epoch, err := p.store.Acquire(t.Context(), "test", time.Now(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.store.Receive(t.Context(), epoch, clock.Now().Add(-time.Hour), bot.Batch{Events: []bot.Event{{ID: "e", Kind: bot.EventMessage, Room: "test:room"}}})
	if err != nil {
		t.Fatal(err)
	}
	faults("an event waits for 1h0m0s")

	// A message that waits is none of health's business as long as others are tried.
	err = p.store.Commit(t.Context(), bot.Commit{Epoch: epoch, Now: clock.Now().Add(-time.Hour), Slots: []bot.Slot{{Key: "k", Room: "test:room"}}})
	if err != nil {
		t.Fatal(err)
	}
	faults("an event waits for 1h0m0s")
	meter.tried.Store(&long)
	faults("an event waits for 1h0m0s", "a message to be sent waits for 1h0m0s")
}

func TestMetrics(t *testing.T) {
	store := memory(t, storage.Options{})
	m := newMeter(store)
	hooks := m.hooks()
	hooks.Event(bot.EventMessage, "command")
	hooks.Timer(bot.TimerOpen, "decided", 2*time.Second)
	hooks.Decision(3 * time.Millisecond)
	hooks.Send("matrix", "", "sent", 80*time.Millisecond)
	hooks.Send("matrix", bot.OpReaction, "failed", time.Second)

	ctx, stop := context.WithCancel(t.Context())
	listener, err := listenAt(ctx, "metrics.listen", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if _, err := listenAt(ctx, "metrics.listen", address); err == nil || !strings.HasPrefix(err.Error(), "metrics.listen: ") {
		t.Errorf("an address that is taken: %v, want the key that names it", err)
	}
	served := make(chan error, 1)
	go func() {
		served <- serveMetrics(ctx, listener, m, &health{store: store, meter: m, synced: heard{}}, slog.New(slog.NewTextHandler(t.Output(), nil)))
	}()
	get := func(path string) (int, string) {
		t.Helper()
		resp, err := http.Get("http://" + address + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(body)
	}
	code, body := get("/metrics")
	if code != http.StatusOK {
		t.Fatalf("GET /metrics: %d %s", code, body)
	}
	for _, want := range []string{
		`lotse_events_total{kind="message",outcome="command"} 1`,
		`lotse_timers_total{kind="open",outcome="decided"} 1`,
		`lotse_timer_late_seconds_sum 2`,
		`lotse_decision_seconds_bucket{le="0.004"} 1`,
		`lotse_sends_total{chat="matrix",op="message",outcome="sent"} 1`,
		`lotse_sends_total{chat="matrix",op="reaction",outcome="failed"} 1`,
		`lotse_outbox_slots{state="failed"} 0`,
		`lotse_build_info{version="`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the metrics have no %s", want)
		}
	}
	if code, body := get("/healthz"); code != http.StatusServiceUnavailable || body != "the bot is starting\n" {
		t.Errorf("GET /healthz: %d %q", code, body)
	}
	if code, _ := get("/"); code != http.StatusNotFound {
		t.Errorf("GET /: %d, want 404", code)
	}

	// A client that never ends its request holds nobody up when the bot stops.
	slow, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	if _, err := io.WriteString(slow, "GET /metrics HTTP/1.1\r\nHost: x\r\n"); err != nil {
		t.Fatal(err)
	}
	stop()
	if err := <-served; err != nil {
		t.Errorf("serve: %v, want nil after a stop", err)
	}
	if _, err := bufio.NewReader(slow).ReadByte(); err == nil {
		t.Error("the half request was answered")
	}
}

// A server that ends by itself is an error, which ends the bot.
func TestServeEnds(t *testing.T) {
	listener, err := listenAt(t.Context(), "metrics.listen", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	store := memory(t, storage.Options{})
	err = serveMetrics(t.Context(), listener, newMeter(store), &health{}, slog.New(slog.DiscardHandler))
	if !errors.Is(err, net.ErrClosed) {
		t.Errorf("serve: %v, want that the listener is closed", err)
	}
}
