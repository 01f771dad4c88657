package storage

import (
	"context"
	"time"

	"lotse/bot"
)

// Unseen returns what was sent to a chat since an instant and was not reported by it.
// See engine.Outbox.
func (s *Store) Unseen(ctx context.Context, chat bot.ChatID, since time.Time, limit int) ([]bot.Outgoing, error) {
	var all []bot.Outgoing
	err := s.read(ctx, func(ctx context.Context, t *txn) error {
		return t.each(ctx, func(row row) error {
			var out bot.Outgoing
			err := row.Scan(&out.Key, &out.Kind, &out.Room, &out.Message, &out.Revision)
			all = append(all, out)
			return err
		}, `SELECT key, kind, room, message, sent_rev FROM slots
			WHERE state IN ('sent', 'failed', 'stale') AND state = 'sent' AND changed_ms >= $2
			AND chat = $1 AND echoed = 0 AND message <> '' AND room IN (SELECT id FROM rooms WHERE joined = 1)
			ORDER BY ord LIMIT $3`, chat, millis(since), limit)
	})
	return all, wrap(err, "read what was not reported")
}

// Lost notes that the server does not have what it had taken. It is wanted again, at its
// old place in the order. See engine.Outbox.
func (s *Store) Lost(ctx context.Context, epoch int64, now time.Time, out bot.Outgoing) error {
	err := s.write(ctx, epoch, func(ctx context.Context, t *txn) error {
		row, err := t.slot(ctx, out.Key)
		if err != nil || row == nil || row.echoed || row.inFlight() || row.message != out.Message || row.state != bot.SlotSent && row.state != bot.SlotPending {
			return err
		}
		if c, err := row.content(); err != nil || c.Was != "" {
			return err // so long ago that nobody knows any more what it said
		}
		row.state, row.revision = bot.SlotPending, row.used()+1
		row.message, row.sentHash, row.stood = "", "", 0
		row.attempts, row.retry, row.doubtful, row.reason = 0, 0, false, "the chat has lost it"
		return t.keepOrdered(ctx, row, now)
	})
	return wrap(err, "note that %s is lost", out.Key)
}
