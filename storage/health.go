package storage

import (
	"context"
	"time"

	"lotse/bot"
)

// Trouble is a slot that will not reach its room: one that failed for good, or one
// that was left out because its time was over or what it belongs to failed.
type Trouble struct {
	Key    bot.Key
	Kind   bot.Kind
	Room   bot.RoomID // "" for a direct chat that could not be opened
	User   bot.UserID // with whom, in a direct chat
	State  bot.SlotState
	Reason string
	Since  time.Time
}

// Troubles returns slots that are failed or stale since an instant, newest first, up
// to limit of them.
func (s *Store) Troubles(ctx context.Context, state bot.SlotState, since time.Time, limit int) ([]Trouble, error) {
	var all []Trouble
	err := s.read(ctx, func(ctx context.Context, t *txn) error {
		return t.each(ctx, func(row row) error {
			one := Trouble{State: state}
			var at int64
			err := row.Scan(&one.Key, &one.Kind, &one.Room, &one.User, &one.Reason, &at)
			one.Since = instant(at)
			all = append(all, one)
			return err
		}, `SELECT key, kind, room, user_id, reason, changed_ms FROM slots WHERE state IN ('sent', 'failed', 'stale') AND state = $1 AND changed_ms >= $2
			ORDER BY changed_ms DESC, key LIMIT $3`, state, millis(since), limit)
	})
	return all, wrap(err, "read %s slots", state)
}

// Backlog says since when something waits; zero times mean that nothing does.
type Backlog struct {
	Received time.Time // the oldest event not worked on
	Pending  time.Time // the oldest slot to be sent
}

// Backlog reads what waits longest. The times are the engine's clock's.
func (s *Store) Backlog(ctx context.Context) (Backlog, error) {
	var received, pending int64
	err := s.read(ctx, func(ctx context.Context, t *txn) error {
		return t.row(ctx, `SELECT COALESCE((SELECT received_ms FROM inbox WHERE state = 'received' ORDER BY seq LIMIT 1), 0),
			COALESCE((SELECT MIN(changed_ms) FROM (SELECT MIN(changed_ms) AS changed_ms FROM slots WHERE state = 'pending' AND held = 0
				UNION ALL SELECT MIN(changed_ms) FROM slots WHERE state = 'sending') AS waiting), 0)`).Scan(&received, &pending)
	})
	return Backlog{Received: instant(received), Pending: instant(pending)}, wrap(err, "read the backlog")
}
