package engine_test

import (
	"context"
	"errors"
	"sync"
	"time"

	"lotse/bot"
	"lotse/bot/engine/enginetest"
	"lotse/storage"
)

// life counts operations and ends at one of them: from then on nothing works.
type life struct {
	mu     sync.Mutex
	calls  int
	at     int   // dies at this operation, 0: never
	after  bool  // … after it was done, else before
	broken error // what everything returns
	dead   chan struct{}
}

var errDead = errors.New("dead")

// do counts an operation and does it, if there is life in it.
func (l *life) do(op func() error) error {
	l.mu.Lock()
	l.calls++
	last := l.at > 0 && l.calls == l.at
	if last {
		l.broken = errDead
		close(l.dead)
	}
	broken := l.broken
	l.mu.Unlock()
	if broken == nil || last && l.after {
		if err := op(); err != nil {
			return err
		}
	}
	return broken
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

// mortalChat is a chat whose sends and looks are counted, and end.
type mortalChat struct {
	*enginetest.Chat
	*life
}

func (c mortalChat) Send(ctx context.Context, out bot.Outgoing) (id bot.MessageID, err error) {
	err = c.do(func() error { id, err = c.Chat.Send(ctx, out); return err })
	return id, err
}

func (c mortalChat) Find(ctx context.Context, room bot.RoomID, key bot.Key, revision int) (id bot.MessageID, err error) {
	err = c.do(func() error { id, err = c.Chat.Find(ctx, room, key, revision); return err })
	return id, err
}

func (c mortalChat) OpenDirect(ctx context.Context, user bot.UserID) (id bot.RoomID, err error) {
	err = c.do(func() error { id, err = c.Chat.OpenDirect(ctx, user); return err })
	return id, err
}

// mortalStore is a store whose operations are counted, the lease apart, and end.
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

func (m *mortalStore) Receive(ctx context.Context, epoch int64, now time.Time, events []bot.Event) (n int, err error) {
	err = m.do(func() error { n, err = m.Store.Receive(ctx, epoch, now, events); return err })
	return n, err
}

func (m *mortalStore) Next(ctx context.Context, now time.Time) (r *bot.Received, err error) {
	err = m.do(func() error { r, err = m.Store.Next(ctx, now); return err })
	return r, err
}

func (m *mortalStore) Fail(ctx context.Context, epoch int64, seq int64, now time.Time) (givenUp bool, err error) {
	err = m.do(func() error { givenUp, err = m.Store.Fail(ctx, epoch, seq, now); return err })
	return givenUp, err
}

func (m *mortalStore) Load(ctx context.Context, q bot.Query) (s bot.Snapshot, err error) {
	err = m.do(func() error { s, err = m.Store.Load(ctx, q); return err })
	return s, err
}

func (m *mortalStore) Commit(ctx context.Context, c bot.Commit) (err error) {
	err = m.do(func() error { err = m.Store.Commit(ctx, c); return err })
	return err
}

func (m *mortalStore) Rooms(ctx context.Context, rooms []bot.RoomID, users []bot.UserID) (found []bot.Room, err error) {
	err = m.do(func() error { found, err = m.Store.Rooms(ctx, rooms, users); return err })
	return found, err
}

func (m *mortalStore) NextTimer(ctx context.Context) (t *bot.Timer, err error) {
	err = m.do(func() error { t, err = m.Store.NextTimer(ctx); return err })
	return t, err
}

func (m *mortalStore) Claim(ctx context.Context, epoch int64, now time.Time, chat bot.ChatID, busy []bot.RoomID, limit int) (d []bot.Delivery, err error) {
	err = m.do(func() error { d, err = m.Store.Claim(ctx, epoch, now, chat, busy, limit); return err })
	return d, err
}

func (m *mortalStore) Settle(ctx context.Context, epoch int64, now time.Time, outcomes []bot.Outcome) (err error) {
	err = m.do(func() error { err = m.Store.Settle(ctx, epoch, now, outcomes); return err })
	return err
}

func (m *mortalStore) NextClaim(ctx context.Context, now time.Time, chat bot.ChatID) (at time.Time, err error) {
	err = m.do(func() error { at, err = m.Store.NextClaim(ctx, now, chat); return err })
	return at, err
}

func (m *mortalStore) Recall(ctx context.Context, name string) (value string, err error) {
	err = m.do(func() error { value, err = m.Store.Recall(ctx, name); return err })
	return value, err
}

func (m *mortalStore) Remember(ctx context.Context, name, value string) (err error) {
	err = m.do(func() error { err = m.Store.Remember(ctx, name, value); return err })
	return err
}
