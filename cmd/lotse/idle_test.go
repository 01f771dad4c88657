package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
	"lotse/bot/engine"
	"lotse/bot/matrix"
	"lotse/bot/matrix/matrixtest"
	"lotse/storage"
)

// TestIdle runs the bot as `lotse run` puts it together, on a real homeserver, and looks at what it does while nothing
// happens: it asks the homeserver what is new, and of the store nothing at all but to keep the lease.
func TestIdle(t *testing.T) {
	server := matrixtest.Start(t)
	lotse, pia := server.Register(t, "lotse"), server.Register(t, "pia")
	room := pia.CreateRoom(t, "PMO", matrixtest.Inviting(lotse.ID))
	lotse.Join(t, room)
	c := testConfig(t, "")
	c.Matrix.User = lotse.ID
	settings, err := c.Settings()
	if err != nil {
		t.Fatal(err)
	}
	settings.Rhythm = calendar.Rhythm{} // no round comes due on the day of the test
	store, err := storage.Open(t.Context(), filepath.Join(t.TempDir(), "lotse.db"), storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	watched := &watchedStore{}
	line := &watchedLine{next: http.DefaultTransport, asked: make(chan struct{})}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	chat, err := matrix.New(matrix.Config{
		Homeserver: server.URL, UserID: lotse.ID, DeviceID: lotse.DeviceID, AccessToken: lotse.Token,
		HTTPClient: &http.Client{Transport: line}, Memory: watchedMemory{store, watched}, Log: log, BotName: c.Name,
	})
	if err != nil {
		t.Fatal(err)
	}
	people := c.People()
	people[0].Accounts = []bot.UserID{bot.UserID("matrix:" + pia.ID)}
	e, err := parts{
		settings: settings, people: people, store: store, chats: []engine.Chat{chat}, log: log,
		rooms:   []bot.Room{{ID: bot.RoomID("matrix:" + room), Kind: bot.RoomPMO, Origin: bot.FromConfig}},
		observe: func(s engine.Store) engine.Store { watched.Store = s; return watched },
		limits:  engine.Limits{LeaseTTL: 300 * time.Millisecond, LeaseWait: time.Minute}, // renewed all the time
	}.assemble(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	if err := e.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	pia.Send(t, room, "!hilfe")
	pia.AwaitMessage(t, room, "!projektcheck")
	// The bot's answer has come back to it, and everything that follows is over.
	for busy := true; busy; busy = line.take() > 0 || watched.others() != nil {
		line.take()
		watched.others()
		line.empty(t, 5)
	}

	watched.leases()
	line.empty(t, 30)
	for watched.leases() == 0 {
		line.empty(t, 10)
	}
	if ops := watched.others(); ops != nil {
		t.Errorf("while nothing happened the store was asked %v", ops)
	}
	if n := line.take(); n != 0 {
		t.Errorf("while nothing happened the homeserver got %d requests that do not ask what is new", n)
	}
	stop()
	if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// watchedLine counts requests. It lets the homeserver answer soon when nothing is new.
type watchedLine struct {
	next http.RoundTripper

	mu     sync.Mutex
	asked  chan struct{} // closed and replaced when a request for what is new was answered
	others int
}

// RoundTrip implements http.RoundTripper.
func (w *watchedLine) RoundTrip(r *http.Request) (*http.Response, error) {
	sync := strings.HasSuffix(r.URL.Path, "/sync")
	if sync {
		r = r.Clone(r.Context())
		query, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			return nil, err
		}
		query.Set("timeout", "10")
		r.URL.RawQuery = query.Encode()
	}
	resp, err := w.next.RoundTrip(r)
	w.mu.Lock()
	defer w.mu.Unlock()
	if !sync {
		w.others++
		return resp, err
	}
	close(w.asked)
	w.asked = make(chan struct{})
	return resp, err
}

// empty waits until it was asked n times more what is new.
func (w *watchedLine) empty(t *testing.T, n int) {
	t.Helper()
	for range n {
		w.mu.Lock()
		asked := w.asked
		w.mu.Unlock()
		select {
		case <-asked:
		case <-time.After(time.Minute):
			t.Fatal("the bot does not ask what is new")
		}
	}
}

// take returns how many other requests there were since it was last asked.
func (w *watchedLine) take() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.others
	w.others = 0
	return n
}

// watchedStore notes what it is asked for.
type watchedStore struct {
	engine.Store

	mu      sync.Mutex
	renewed int
	ops     []string
}

func (w *watchedStore) note(op string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ops = append(w.ops, op)
}

// others are the operations since it was last asked, the lease apart.
func (w *watchedStore) others() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	ops := w.ops
	w.ops = nil
	return ops
}

// leases returns how often the lease was renewed since it was last asked.
func (w *watchedStore) leases() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.renewed
	w.renewed = 0
	return n
}

func (w *watchedStore) Acquire(ctx context.Context, holder string, now time.Time, ttl time.Duration) (int64, error) {
	w.mu.Lock()
	w.renewed++
	w.mu.Unlock()
	return w.Store.Acquire(ctx, holder, now, ttl)
}

func (w *watchedStore) Receive(ctx context.Context, epoch int64, now time.Time, batch bot.Batch) (int, error) {
	w.note("receive")
	return w.Store.Receive(ctx, epoch, now, batch)
}

func (w *watchedStore) Next(ctx context.Context, now time.Time) (*bot.Received, error) {
	w.note("next")
	return w.Store.Next(ctx, now)
}

func (w *watchedStore) Fail(ctx context.Context, epoch, seq int64, now time.Time) (bool, error) {
	w.note("fail")
	return w.Store.Fail(ctx, epoch, seq, now)
}

func (w *watchedStore) Load(ctx context.Context, q bot.Query) (bot.Snapshot, error) {
	w.note("load")
	return w.Store.Load(ctx, q)
}

func (w *watchedStore) Commit(ctx context.Context, c bot.Commit) error {
	w.note("commit")
	return w.Store.Commit(ctx, c)
}

func (w *watchedStore) Rooms(ctx context.Context, rooms []bot.RoomID, users []bot.UserID) ([]bot.Room, error) {
	w.note("rooms")
	return w.Store.Rooms(ctx, rooms, users)
}

func (w *watchedStore) NextTimer(ctx context.Context) (*bot.Timer, error) {
	w.note("next timer")
	return w.Store.NextTimer(ctx)
}

func (w *watchedStore) Claim(ctx context.Context, epoch int64, now time.Time, chat bot.ChatID, busy []bot.RoomID, limit int) ([]bot.Delivery, error) {
	w.note("claim")
	return w.Store.Claim(ctx, epoch, now, chat, busy, limit)
}

func (w *watchedStore) Settle(ctx context.Context, epoch int64, now time.Time, outcomes []bot.Outcome) error {
	w.note("settle")
	return w.Store.Settle(ctx, epoch, now, outcomes)
}

func (w *watchedStore) NextClaim(ctx context.Context, now time.Time, chat bot.ChatID) (time.Time, error) {
	w.note("next claim")
	return w.Store.NextClaim(ctx, now, chat)
}

func (w *watchedStore) Recall(ctx context.Context, name string) (string, error) {
	w.note("recall")
	return w.Store.Recall(ctx, name)
}

func (w *watchedStore) Remember(ctx context.Context, name, value string) error {
	w.note("remember")
	return w.Store.Remember(ctx, name, value)
}

// watchedMemory is the chat's, on the same list.
type watchedMemory struct {
	matrix.Memory
	list *watchedStore
}

func (w watchedMemory) Recall(ctx context.Context, name string) (string, error) {
	w.list.note("recall")
	return w.Memory.Recall(ctx, name)
}

func (w watchedMemory) Remember(ctx context.Context, name, value string) error {
	w.list.note("remember")
	return w.Memory.Remember(ctx, name, value)
}
