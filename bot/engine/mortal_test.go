package engine_test

import (
	"context"
	"sync"
	"time"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/bot/engine/enginetest"
	"lotse/storage"
)

// life counts the operations on store and chat, and can break: then nothing works.
type life struct {
	// around, if set before anything runs, is called instead of an operation and has to
	// do it.
	around func(what string, op func() error) error

	mu     sync.Mutex
	calls  int
	broken error // what everything returns
}

// do counts an operation and does it, if there is life in it.
func (l *life) do(what string, op func() error) error {
	l.mu.Lock()
	l.calls++
	broken := l.broken
	l.mu.Unlock()
	switch {
	case broken != nil:
		return broken
	case l.around != nil:
		return l.around(what, op)
	}
	return op()
}

// conf puts an engine into this life.
func (l *life) conf(c *engine.Config) {
	c.Store = &mortalStore{Store: c.Store.(*storage.Store), life: l}
	if chat, ok := c.Chats[0].(*enginetest.Chat); ok {
		c.Chats = []engine.Chat{mortalChat{chat, l}}
	} else {
		c.Chats = []engine.Chat{mortalTeams{c.Chats[0].(*teamsChat), l}}
	}
}

func (l *life) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broken = err
}

// taken returns how many operations there were since it was last asked.
func (l *life) taken() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	calls := l.calls
	l.calls = 0
	return calls
}

// mortalChat is a chat whose sends and looks are counted, and break.
type mortalChat struct {
	*enginetest.Chat
	*life
}

func (c mortalChat) Send(ctx context.Context, out bot.Outgoing) (id bot.MessageID, err error) {
	err = c.do("Send", func() error { id, err = c.Chat.Send(ctx, out); return err })
	return id, err
}

func (c mortalChat) Find(ctx context.Context, room bot.RoomID, key bot.Key, revision int) (id bot.MessageID, err error) {
	err = c.do("Find", func() error { id, err = c.Chat.Find(ctx, room, key, revision); return err })
	return id, err
}

func (c mortalChat) Has(ctx context.Context, room bot.RoomID, message bot.MessageID) (has bool, err error) {
	err = c.do("Has", func() error { has, err = c.Chat.Has(ctx, room, message); return err })
	return has, err
}

func (c mortalChat) OpenDirect(ctx context.Context, user bot.UserID) (id bot.RoomID, err error) {
	err = c.do("OpenDirect", func() error { id, err = c.Chat.OpenDirect(ctx, user); return err })
	return id, err
}

// mortalStore is a store whose operations are counted, the lease apart, and break.
type mortalStore struct {
	*storage.Store
	*life

	leaseMu sync.Mutex
	leases  int
}

// renewals returns how often the lease was taken since it was last asked.
func (m *mortalStore) renewals() int {
	m.leaseMu.Lock()
	defer m.leaseMu.Unlock()
	leases := m.leases
	m.leases = 0
	return leases
}

func (m *mortalStore) Acquire(ctx context.Context, holder string, now time.Time, ttl time.Duration) (int64, error) {
	m.leaseMu.Lock()
	m.leases++
	m.leaseMu.Unlock()
	return m.Store.Acquire(ctx, holder, now, ttl)
}

func (m *mortalStore) Receive(ctx context.Context, epoch int64, now time.Time, batch bot.Batch) (n int, err error) {
	err = m.do("Receive", func() error { n, err = m.Store.Receive(ctx, epoch, now, batch); return err })
	return n, err
}

func (m *mortalStore) Next(ctx context.Context, now time.Time) (r *bot.Received, err error) {
	err = m.do("Next", func() error { r, err = m.Store.Next(ctx, now); return err })
	return r, err
}

func (m *mortalStore) Fail(ctx context.Context, epoch int64, seq int64, now time.Time) (givenUp bool, err error) {
	err = m.do("Fail", func() error { givenUp, err = m.Store.Fail(ctx, epoch, seq, now); return err })
	return givenUp, err
}

func (m *mortalStore) Load(ctx context.Context, q bot.Query) (s bot.Snapshot, err error) {
	err = m.do("Load", func() error { s, err = m.Store.Load(ctx, q); return err })
	return s, err
}

func (m *mortalStore) Commit(ctx context.Context, c bot.Commit) (err error) {
	return m.do("Commit", func() error { return m.Store.Commit(ctx, c) })
}

func (m *mortalStore) Rooms(ctx context.Context, rooms []bot.RoomID, users []bot.UserID) (found []bot.Room, err error) {
	err = m.do("Rooms", func() error { found, err = m.Store.Rooms(ctx, rooms, users); return err })
	return found, err
}

func (m *mortalStore) NextTimer(ctx context.Context) (t *bot.Timer, err error) {
	err = m.do("NextTimer", func() error { t, err = m.Store.NextTimer(ctx); return err })
	return t, err
}

func (m *mortalStore) Claim(ctx context.Context, epoch int64, now time.Time, chat bot.ChatID, busy []bot.RoomID, limit int) (d []bot.Delivery, err error) {
	err = m.do("Claim", func() error { d, err = m.Store.Claim(ctx, epoch, now, chat, busy, limit); return err })
	return d, err
}

func (m *mortalStore) Settle(ctx context.Context, epoch int64, now time.Time, outcomes []bot.Outcome) error {
	return m.do("Settle", func() error { return m.Store.Settle(ctx, epoch, now, outcomes) })
}

func (m *mortalStore) Unseen(ctx context.Context, chat bot.ChatID, since time.Time, limit int) (out []bot.Outgoing, err error) {
	err = m.do("Unseen", func() error { out, err = m.Store.Unseen(ctx, chat, since, limit); return err })
	return out, err
}

func (m *mortalStore) Lost(ctx context.Context, epoch int64, now time.Time, out bot.Outgoing) error {
	return m.do("Lost", func() error { return m.Store.Lost(ctx, epoch, now, out) })
}

func (m *mortalStore) NextClaim(ctx context.Context, now time.Time, chat bot.ChatID) (at time.Time, err error) {
	err = m.do("NextClaim", func() error { at, err = m.Store.NextClaim(ctx, now, chat); return err })
	return at, err
}

func (m *mortalStore) Recall(ctx context.Context, name string) (value string, err error) {
	err = m.do("Recall", func() error { value, err = m.Store.Recall(ctx, name); return err })
	return value, err
}

func (m *mortalStore) Remember(ctx context.Context, name, value string) error {
	return m.do("Remember", func() error { return m.Store.Remember(ctx, name, value) })
}
