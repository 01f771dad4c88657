package matrix

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"maunium.net/go/mautrix/id"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/bot/matrix/matrixtest"
)

var (
	_ engine.Chat         = (*Chat)(nil)
	_ engine.Finder       = (*Chat)(nil)
	_ engine.Witness      = (*Chat)(nil)
	_ engine.DirectOpener = (*Chat)(nil)
	_ engine.Census       = (*Chat)(nil)
	_ Memory              = engine.Memory(nil)
)

func TestMain(m *testing.M) { os.Exit(matrixtest.Run(m)) }

// memory is a Memory that counts what is written.
type memory struct {
	mu     sync.Mutex
	values map[string]string
	writes int
}

func newMemory() *memory { return &memory{values: map[string]string{}} }

func (m *memory) Recall(_ context.Context, name string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.values[name], nil
}

func (m *memory) Remember(_ context.Context, name, value string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.values[name] = value
	m.writes++
	return nil
}

// inbox records what a Chat delivers.
type inbox struct {
	mu      sync.Mutex
	changed chan struct{} // closed when something comes
	batches int
	caught  int // batches that say that all is caught up
	events  []bot.Event
	seen    map[bot.EventID]int
	refuse  error // what deliver returns
}

func newInbox() *inbox {
	return &inbox{changed: make(chan struct{}), seen: map[bot.EventID]int{}}
}

func (b *inbox) deliver(_ context.Context, batch bot.Batch) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refuse != nil {
		return b.refuse
	}
	b.batches++
	if batch.CaughtUp {
		b.caught++
	}
	for _, e := range batch.Events {
		if b.seen[e.ID]++; b.seen[e.ID] == 1 {
			b.events = append(b.events, e)
		}
	}
	close(b.changed)
	b.changed = make(chan struct{})
	return nil
}

// await waits until the recorded events fulfil a condition.
func (b *inbox) await(t *testing.T, what string, fulfilled func([]bot.Event) bool) []bot.Event {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		b.mu.Lock()
		events, changed := append([]bot.Event(nil), b.events...), b.changed
		b.mu.Unlock()
		if fulfilled(events) {
			return events
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("waited in vain for %s; delivered were:\n%s", what, lines(events))
		}
	}
}

// awaitText waits for a message with this text and returns it.
func (b *inbox) awaitText(t *testing.T, text string) bot.Event {
	t.Helper()
	var found bot.Event
	b.await(t, fmt.Sprintf("the message %q", text), func(events []bot.Event) bool {
		for _, e := range events {
			if e.Text == text {
				found = e
				return true
			}
		}
		return false
	})
	return found
}

// awaitKind waits for the first event of a kind in a room.
func (b *inbox) awaitKind(t *testing.T, kind bot.EventKind, room string) bot.Event {
	t.Helper()
	var found bot.Event
	b.await(t, fmt.Sprintf("%s in %s", kind, room), func(events []bot.Event) bool {
		for _, e := range events {
			if e.Kind == kind && e.Room.Local() == room {
				found = e
				return true
			}
		}
		return false
	})
	return found
}

// running is a Chat at work.
type running struct {
	*Chat
	*inbox
	cancel context.CancelFunc
	done   chan error
}

// newChat makes a Chat for a user of a test server.
func newChat(t *testing.T, u *matrixtest.User, m Memory, change ...func(*Config)) *Chat {
	t.Helper()
	c := Config{
		Homeserver:  u.Server.URL,
		UserID:      u.ID,
		DeviceID:    u.DeviceID,
		AccessToken: u.Token,
		Memory:      m,
		Log:         slog.New(slog.NewTextHandler(t.Output(), nil)),
		BotName:     "Lotse",
	}
	for _, f := range change {
		f(&c)
	}
	chat, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return chat
}

// run starts a Chat and waits until it has caught up.
func run(t *testing.T, u *matrixtest.User, m Memory, b *inbox, change ...func(*Config)) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &running{Chat: newChat(t, u, m, change...), inbox: b, cancel: cancel, done: make(chan error, 1)}
	b.mu.Lock()
	caught := b.caught
	b.mu.Unlock()
	go func() { r.done <- r.Run(ctx, keeping(m, b.deliver)) }()
	t.Cleanup(func() { r.stop(t) })
	b.await(t, "catching up", func([]bot.Event) bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.caught > caught
	})
	return r
}

// keeping has a Memory keep what a batch remembers, if it is taken.
func keeping(m Memory, deliver bot.Deliver) bot.Deliver {
	return func(ctx context.Context, batch bot.Batch) error {
		if err := deliver(ctx, batch); err != nil {
			return err
		}
		for name, value := range batch.Remember {
			if err := m.Remember(ctx, name, value); err != nil {
				return err
			}
		}
		return nil
	}
}

// stop ends Run; a second call does nothing.
func (r *running) stop(t *testing.T) {
	t.Helper()
	if r.done == nil {
		return
	}
	r.cancel()
	if err := <-r.done; err != nil {
		t.Errorf("Run ended with %v, want nil after a stop", err)
	}
	r.done = nil
}

// joined makes a room in which the bot and others are, before the bot runs.
func joined(t *testing.T, name string, owner *matrixtest.User, others ...*matrixtest.User) string {
	t.Helper()
	var ids []string
	for _, u := range others {
		ids = append(ids, u.ID)
	}
	room := owner.CreateRoom(t, name, matrixtest.Inviting(ids...))
	for _, u := range others {
		u.Join(t, room)
	}
	return room
}

// outgoing is a message to a room as the outbox would hand it over.
func outgoing(room, key, markdown string, change ...func(*bot.Outgoing)) bot.Outgoing {
	out := bot.Outgoing{
		Key: bot.Key(key), Revision: 1, Op: bot.OpMessage, Kind: "test", Ref: "serviceportal",
		Room: bot.RoomID("matrix:" + room), Text: bot.Text{Markdown: bot.Markdown(markdown)},
	}
	for _, f := range change {
		f(&out)
	}
	out.Transaction = bot.Transaction(out.Key, out.Room, out.Revision)
	return out
}

// send sends and wants success.
func (r *running) send(t *testing.T, out bot.Outgoing) bot.MessageID {
	t.Helper()
	id, err := r.Send(t.Context(), out)
	if err != nil {
		t.Fatalf("send %s: %v", out.Key, err)
	}
	return id
}

// lines writes events down for comparison: what happened, without ids. Messages
// are numbered in the order in which they are first mentioned.
func lines(events []bot.Event) string {
	numbers := map[bot.MessageID]int{}
	number := func(m bot.MessageID) string {
		if numbers[m] == 0 {
			numbers[m] = len(numbers) + 1
		}
		return fmt.Sprintf("#%d", numbers[m])
	}
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintf(&b, "%s", e.Kind)
		if e.Message != "" {
			fmt.Fprintf(&b, " %s", number(e.Message))
		}
		for _, p := range []struct {
			name string
			id   bot.MessageID
		}{{"target", e.Target}, {"thread", e.Thread}, {"reply", e.ReplyTo}} {
			if p.id != "" {
				fmt.Fprintf(&b, " %s=%s", p.name, number(p.id))
			}
		}
		for _, p := range []struct{ name, value string }{
			{"by", e.Name}, {"emoji", e.Emoji}, {"key", string(e.Key)}, {"room", e.RoomName},
		} {
			if p.value != "" {
				fmt.Fprintf(&b, " %s=%s", p.name, p.value)
			}
		}
		for _, m := range e.Mentions {
			local, _, _ := strings.Cut(m.User.Local(), ":")
			local, _, _ = strings.Cut(local, "=")
			fmt.Fprintf(&b, " names=%s(%s)", local, m.Name)
		}
		for _, p := range []struct {
			name string
			set  bool
		}{{"tobot", e.ToBot}, {"notice", e.Notice}, {"direct", e.Direct}} {
			if p.set {
				fmt.Fprintf(&b, " %s", p.name)
			}
		}
		if e.Text != "" {
			fmt.Fprintf(&b, " %q", e.Text)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// in returns the events of one room.
func in(events []bot.Event, room string) []bot.Event {
	var out []bot.Event
	for _, e := range events {
		if e.Room.Local() == room {
			out = append(out, e)
		}
	}
	return out
}

// without leaves out kinds of events. A server may show how the bot got into a room in one
// step or in two.
func without(events []bot.Event, kinds ...bot.EventKind) []bot.Event {
	return slices.DeleteFunc(slices.Clone(events), func(e bot.Event) bool { return slices.Contains(kinds, e.Kind) })
}

// proxy stands between the bot and the server. intercept may answer itself, and
// then returns true.
func proxy(t *testing.T, server string, intercept func(w http.ResponseWriter, r *http.Request, forward func()) bool) string {
	t.Helper()
	target, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	rp := httputil.NewSingleHostReverseProxy(target)
	rp.ErrorHandler = func(w http.ResponseWriter, r *http.Request, err error) { w.WriteHeader(http.StatusBadGateway) }
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		forward := func() {
			rec := httptest.NewRecorder()
			rp.ServeHTTP(rec, r)
		}
		if !intercept(w, r, forward) {
			rp.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// values copies what a memory holds.
func (m *memory) copied() map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.values)
}

// withoutKeys loses what is sent to the device itself, as long as it shall.
func withoutKeys(t *testing.T, server string, lose *atomic.Bool) func(http.ResponseWriter, *http.Request, func()) bool {
	return changedSync(t, server, func(answer map[string]any) {
		if lose.Load() {
			delete(answer, "to_device")
		}
	})
}

// changedSync changes what the server says is new.
func changedSync(t *testing.T, server string, change func(answer map[string]any)) func(http.ResponseWriter, *http.Request, func()) bool {
	return func(w http.ResponseWriter, r *http.Request, _ func()) bool {
		if !strings.HasSuffix(r.URL.Path, "/sync") {
			return false
		}
		req, err := http.NewRequestWithContext(r.Context(), r.Method, server+r.URL.RequestURI(), nil)
		if err != nil {
			t.Error(err)
			return false
		}
		req.Header.Set("Authorization", r.Header.Get("Authorization"))
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return true
		}
		defer resp.Body.Close()
		var answer map[string]any
		if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return true
		}
		change(answer)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(resp.StatusCode)
		_ = json.NewEncoder(w).Encode(answer)
		return true
	}
}

// awaitIdentity waits until the Chat has heard of somebody's identity, and that it
// vouches for their devices.
func awaitIdentity(t *testing.T, c *Chat, who, fingerprint string) {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		m, done, err := c.machine(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		keys, err := m.GetCachedDevices(t.Context(), id.UserID(who))
		done()
		if err != nil {
			t.Fatal(err)
		}
		if keys.MasterKey != nil && keys.MasterKey.Key.Fingerprint() == fingerprint && len(keys.Devices) > 0 &&
			!slices.ContainsFunc(keys.Devices, func(d *id.Device) bool { return d.Trust < id.TrustStateCrossSignedUntrusted }) {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("the bot has not heard of the identity %s of %s", fingerprint, who)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
