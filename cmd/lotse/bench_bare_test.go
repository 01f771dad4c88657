package main

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
	"maunium.net/go/mautrix/sqlstatestore"

	"lotse/bot/matrix/matrixtest"
	"lotse/storage"
)

// bare is a mautrix client on a device of its own, and nothing of the bot: what benchmarks compare the bot with, and
// what people use. With keys it encrypts as mautrix's own cryptohelper does, line by line; that itself is of no use here,
// because it wants a C library.
type bare struct {
	*mautrix.Client
	syncer *mautrix.DefaultSyncer
	keys   *crypto.OlmMachine // nil: it does not encrypt
}

// newBare logs in.
func newBare(b *testing.B, u *matrixtest.User) *bare {
	b.Helper()
	client, err := mautrix.NewClient(u.Server.URL, "", "")
	if err != nil {
		b.Fatal(err)
	}
	if client.Client, err = (&Config{}).client(); err != nil {
		b.Fatal(err)
	}
	if _, err := client.Login(b.Context(), &mautrix.ReqLogin{
		Type:             mautrix.AuthTypePassword,
		Identifier:       mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: u.ID},
		Password:         u.Password,
		StoreCredentials: true,
	}); err != nil {
		b.Fatalf("%s: log in: %v", u.ID, err)
	}
	syncer := mautrix.NewDefaultSyncer()
	client.Syncer, client.Store = syncer, mautrix.NewMemorySyncStore()
	return &bare{Client: client, syncer: syncer}
}

// sealsOnDisk gives the client keys in a database file, as durable as the bot's.
func (c *bare) sealsOnDisk(b *testing.B) {
	b.Helper()
	store, err := storage.Open(b.Context(), filepath.Join(b.TempDir(), "bare.db"), storage.Options{Rehearsal: true}) // for its settings
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := store.Close(); err != nil {
			b.Error(err)
		}
	})
	db := store.DB()
	state := sqlstatestore.NewSQLStateStore(db, nil, false)
	if err := state.Upgrade(b.Context()); err != nil {
		b.Fatal(err)
	}
	keys := crypto.NewSQLCryptoStore(db, nil, string(c.UserID), c.DeviceID, []byte("pickle"))
	if err := keys.DB.Upgrade(b.Context()); err != nil {
		b.Fatal(err)
	}
	c.Store = keys
	c.seals(b, keys, state)
}

// sealsInMemory gives the client keys that cost next to nothing.
func (c *bare) sealsInMemory(b *testing.B) {
	b.Helper()
	c.seals(b, crypto.NewMemoryStore(nil), mautrix.NewMemoryStateStore().(stateStore))
}

// stateStore is what both the client and its keys want to know of rooms.
type stateStore interface {
	mautrix.StateStore
	crypto.StateStore
}

func (c *bare) seals(b *testing.B, keys crypto.Store, state stateStore) {
	b.Helper()
	c.StateStore = state
	c.keys = crypto.NewOlmMachine(c.Client, nil, keys, state)
	if err := c.keys.Load(b.Context()); err != nil {
		b.Fatal(err)
	}
	if err := c.keys.ShareKeys(b.Context(), -1); err != nil {
		b.Fatalf("%s: publish the device's keys: %v", c.UserID, err)
	}
	c.syncer.OnSync(c.keys.ProcessSyncResponse)
	c.syncer.OnEventType(event.StateMember, c.keys.HandleMemberEvent)
	c.syncer.OnEventType(event.StateHistoryVisibility, c.keys.HandleHistoryVisibility)
	c.syncer.OnEventType(event.EventEncrypted, func(ctx context.Context, e *event.Event) {
		clear, err := c.keys.DecryptMegolmEvent(ctx, e)
		if errors.Is(err, crypto.ErrNoSessionFound) {
			go func() {
				if sealed := e.Content.AsEncrypted(); c.keys.WaitForSession(ctx, e.RoomID, sealed.SenderKey, sealed.SessionID, time.Minute) {
					if clear, err := c.keys.DecryptMegolmEvent(ctx, e); err == nil {
						c.syncer.Dispatch(ctx, clear)
					}
				}
			}()
		} else if err == nil {
			c.syncer.Dispatch(ctx, clear)
		}
	})
	c.syncer.OnEvent(c.StateStoreSyncHandler)
}

// listen syncs until stop is called, or the benchmark ends. It returns when what the first sync brings is worked on.
func (c *bare) listen(b *testing.B) (stop func()) {
	b.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.Context()))
	caught, ended := make(chan struct{}), make(chan struct{})
	up := sync.OnceFunc(func() { close(caught) })
	c.Syncer = &listening{c.syncer, up}
	go func() {
		defer close(ended)
		if err := c.SyncWithContext(ctx); err != nil && ctx.Err() == nil {
			b.Errorf("%s: sync: %v", c.UserID, err)
			up()
		}
	}()
	<-caught
	stop = sync.OnceFunc(func() { cancel(); <-ended })
	b.Cleanup(stop)
	return stop
}

// listening is a syncer that tells when its first answer is worked on.
type listening struct {
	*mautrix.DefaultSyncer
	up func()
}

func (l *listening) ProcessResponse(ctx context.Context, resp *mautrix.RespSync, since string) error {
	defer l.up()
	return l.DefaultSyncer.ProcessResponse(ctx, resp, since)
}

// leave logs the device out, so that nobody gives it keys any more.
func (c *bare) leave(b *testing.B) {
	b.Helper()
	if _, err := c.Logout(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// send sends an event; a message is encrypted if the client has keys: then all rooms are encrypted.
func (c *bare) send(ctx context.Context, room id.RoomID, kind event.Type, content any) (id.EventID, error) {
	if c.keys != nil && kind != event.EventReaction {
		sealed, err := c.keys.EncryptMegolmEvent(ctx, room, kind, content)
		if crypto.IsShareError(err) {
			var users []id.UserID
			if users, err = c.StateStore.GetRoomJoinedOrInvitedMembers(ctx, room); err != nil {
				return "", err
			}
			if err = c.keys.ShareGroupSession(ctx, room, users); err != nil {
				return "", err
			}
			sealed, err = c.keys.EncryptMegolmEvent(ctx, room, kind, content)
		}
		if err != nil {
			return "", err
		}
		kind, content = event.EventEncrypted, sealed
	}
	sent, err := c.SendMessageEvent(ctx, room, kind, content, mautrix.ReqSendEvent{DontEncrypt: true})
	if err != nil {
		return "", err
	}
	return sent.EventID, nil
}

// person is somebody who reads along and remembers when they saw what.
type person struct {
	*bare

	mu      sync.Mutex
	changed chan struct{} // closed when something was seen
	saw     map[id.RoomID][]sight
}

// sight is a message or reaction as it was seen.
type sight struct {
	*event.Event
	at time.Time
}

// newPerson logs somebody in, with keys if they are wanted.
func newPerson(b *testing.B, u *matrixtest.User, sealed bool) *person {
	b.Helper()
	p := &person{bare: newBare(b, u), changed: make(chan struct{}), saw: map[id.RoomID][]sight{}}
	if sealed {
		p.sealsInMemory(b)
	}
	see := func(_ context.Context, e *event.Event) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.saw[e.RoomID] = append(p.saw[e.RoomID], sight{e, time.Now()})
		close(p.changed)
		p.changed = make(chan struct{})
	}
	p.syncer.OnEventType(event.EventMessage, see)
	p.syncer.OnEventType(event.EventReaction, see)
	return p
}

// await waits until what was seen in a room fulfils a condition.
func (p *person) await(b *testing.B, room id.RoomID, what string, fulfilled func([]sight) bool) []sight {
	b.Helper()
	deadline := time.After(time.Minute)
	for {
		p.mu.Lock()
		saw, changed := p.saw[room], p.changed
		p.mu.Unlock()
		if fulfilled(saw) {
			return saw
		}
		select {
		case <-changed:
		case <-deadline:
			b.Fatalf("%s waited in vain for %s in %s; seen were %d events", p.UserID, what, room, len(saw))
		}
	}
}

// cue is an event that the bot sent somewhere, to be sent by somebody else elsewhere.
type cue struct {
	id      id.EventID
	kind    event.Type
	content map[string]any
}

// script is what the bot sent, of all that was seen in a room.
func script(saw []sight, self id.UserID) (cues []cue) {
	for _, e := range saw {
		if e.Sender == self {
			cues = append(cues, cue{id: e.ID, kind: e.Type, content: e.Content.Raw})
		}
	}
	return cues
}

// elsewhere is the content of a cue with the ids that stand, in another room, for those that it names.
func (l cue) elsewhere(ids map[id.EventID]id.EventID) map[string]any {
	relation, ok := l.content["m.relates_to"].(map[string]any)
	if !ok {
		return l.content
	}
	renamed := func(part map[string]any) map[string]any {
		part = maps.Clone(part)
		if old, ok := part["event_id"].(string); ok {
			part["event_id"] = ids[id.EventID(old)]
		}
		return part
	}
	relation = renamed(relation)
	if reply, ok := relation["m.in_reply_to"].(map[string]any); ok {
		relation["m.in_reply_to"] = renamed(reply)
	}
	content := maps.Clone(l.content)
	content["m.relates_to"] = relation
	return content
}

// repeat sends cues to a room, one after the other, and notes their ids.
func (c *bare) repeat(ctx context.Context, room id.RoomID, cues []cue, ids map[id.EventID]id.EventID) error {
	for _, l := range cues {
		sent, err := c.send(ctx, room, l.kind, l.elsewhere(ids))
		if err != nil {
			return err
		}
		ids[l.id] = sent
	}
	return nil
}
