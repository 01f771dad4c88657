package matrix

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/id"

	"lotse/bot/matrix/matrixtest"
)

// mortal is a store of keys that lets a test look, or fail, at everything that is written when a room key is received.
type mortal struct {
	crypto.Store
	write func(what string) error // before and after each
}

func (m mortal) do(what string, write func() error) error {
	if err := m.write("before " + what); err != nil {
		return err
	}
	if err := write(); err != nil {
		return err
	}
	return m.write("after " + what)
}

func (m mortal) PutOlmHash(ctx context.Context, hash [32]byte, at time.Time) error {
	return m.do("hash", func() error { return m.Store.PutOlmHash(ctx, hash, at) })
}

func (m mortal) AddSession(ctx context.Context, key id.SenderKey, s *crypto.OlmSession) error {
	return m.do("new session", func() error { return m.Store.AddSession(ctx, key, s) })
}

func (m mortal) UpdateSession(ctx context.Context, key id.SenderKey, s *crypto.OlmSession) error {
	return m.do("session", func() error { return m.Store.UpdateSession(ctx, key, s) })
}

func (m mortal) PutAccount(ctx context.Context, a *crypto.OlmAccount) error {
	return m.do("account", func() error { return m.Store.PutAccount(ctx, a) })
}

func (m mortal) PutGroupSession(ctx context.Context, s *crypto.InboundGroupSession) error {
	return m.do("room key", func() error { return m.Store.PutGroupSession(ctx, s) })
}

// mortals puts one under a Chat, until its machine is read again.
func mortals(t *testing.T, c *Chat, write func(what string) error) {
	t.Helper()
	m, done, err := c.machine(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	m.CryptoStore = noting{mortal{m.CryptoStore.(noting).Store, write}}
}

// copied is what a process that dies now leaves of its database.
func copied(t *testing.T, path string) string {
	t.Helper()
	to := keptKeys(t)
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to+suffix, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// keysSince asks the server for what it has sent to just this device since a position, until there is something.
func keysSince(t *testing.T, c *Chat, since string) *mautrix.RespSync {
	t.Helper()
	for range 100 {
		resp, err := c.client.FullSyncRequest(t.Context(), mautrix.ReqSync{Since: since, FilterID: c.filter(since == ""), Timeout: 1000})
		if err != nil {
			t.Fatal(err)
		}
		if len(resp.ToDevice.Events) > 0 {
			return resp
		}
	}
	t.Fatal("no room key comes")
	return nil
}

// reads reports whether a Chat can decrypt an event.
func reads(t *testing.T, c *Chat, room, event string) bool {
	t.Helper()
	e, err := c.client.GetEvent(t.Context(), id.RoomID(room), id.EventID(event))
	if err != nil {
		t.Fatal(err)
	}
	_, ok, _ := c.unseal(t.Context(), id.RoomID(room), e)
	return ok
}

// TestRoomKeyOutlivesDeath dies before and after every write that takes in a room key, the first one that a device sends and
// a later one, and gets it from the server again: it is never lost. Then a write fails: the key is taken in again.
func TestRoomKeyOutlivesDeath(t *testing.T) {
	srv := matrixtest.Shared(t)
	maria, lotse := newPeer(t, srv.Register(t, "maria"), lenient), srv.Register(t, "lotse")
	in := maria.CreateRoom(t, "Geheim", matrixtest.Inviting(lotse.ID), matrixtest.Encrypted())
	lotse.Join(t, in)
	path := keptKeys(t)
	m, keys := keyed(t, path)
	chat := newChat(t, lotse, m, keys)
	// The machine asks what rooms are like.
	inside := func(c *Chat) *Chat {
		c.rooms = map[id.RoomID]room{id.RoomID(in): {Encrypted: true}}
		return c
	}
	inside(chat)
	if err := chat.publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	since := ""
	take := func(c *Chat) error {
		t.Helper()
		return c.receiveKeys(t.Context(), keysSince(t, c, since))
	}
	for _, which := range []string{"first", "later"} {
		if which == "later" {
			// Only who has got an answer sends what is not the beginning of an Olm session.
			if _, err := chat.Send(t.Context(), outgoing(in, "a", "danke")); err != nil {
				t.Fatal(err)
			}
			maria.AwaitMessage(t, in, "danke")
			maria.rotate(t, in)
		}
		message := maria.Send(t, in, "gelb")
		worlds := map[string]string{}
		var order []string
		mortals(t, chat, func(what string) error {
			if worlds[what] == "" {
				worlds[what] = copied(t, path)
				order = append(order, what)
			}
			return nil
		})
		// The server gives the answer again until it hears of a later position.
		if err := take(chat); err != nil {
			t.Fatal(err)
		}
		if !reads(t, chat, in, message) {
			t.Fatalf("the %s room key: %s cannot be read by who lives", which, message)
		}
		for _, what := range order {
			m, keys := keyed(t, worlds[what])
			again := inside(newChat(t, lotse, m, keys))
			if err := take(again); err != nil {
				t.Fatal(err)
			}
			if !reads(t, again, in, message) {
				t.Errorf("the %s room key is lost by a death %s", which, what)
			}
		}
		if len(order) < 6 {
			t.Errorf("it died only %q", order)
		}
		t.Logf("the %s room key: died %q", which, order)
		chat.discardMachine()
		since = keysSince(t, chat, since).NextBatch
	}

	maria.rotate(t, in)
	message := maria.Send(t, in, "rot")
	for _, what := range []string{"before room key", "before session", "before hash"} {
		full := errors.New("disk full")
		mortals(t, chat, func(now string) error {
			if now == what {
				return full
			}
			return nil
		})
		if err := take(chat); !errors.Is(err, full) {
			t.Errorf("a write fails %s: %v", what, err)
		}
	}
	if err := take(chat); err != nil || !reads(t, chat, in, message) {
		t.Errorf("a room key is lost by a write that failed: %v", err)
	}
}
