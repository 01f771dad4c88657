package storage

import (
	"context"
	"fmt"
	"time"

	"lotse/bot"
)

// Acquire takes or renews the lease for holder until now+ttl and returns its epoch.
//
// Only the epoch that this very Store acquired is renewed. A process that starts
// again under the same name takes over at once, in a new epoch; somebody else has
// to wait until the lease has run out or was released. Whatever the epoch before
// left behind in flight is pending again then, as doubtful.
func (s *Store) Acquire(ctx context.Context, holder string, now time.Time, ttl time.Duration) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var epoch int64
	err := s.change(ctx, func(ctx context.Context, t *txn) error {
		var current string
		var until int64
		err := t.row(ctx, `SELECT holder, epoch, until_ms FROM lease WHERE id = 1`).Scan(&current, &epoch, &until)
		if err != nil {
			return fmt.Errorf("read the lease: %w", err)
		}
		if current != "" && current != holder && until > millis(now) {
			return fmt.Errorf("held by %s until %s: %w", current, instant(until).Format(time.RFC3339), bot.ErrEpoch)
		}
		if current != holder || epoch != s.acquired {
			epoch++
			if err := t.recover(ctx); err != nil {
				return err
			}
		}
		_, err = t.exec(ctx, `UPDATE lease SET holder = $1, epoch = $2, until_ms = $3 WHERE id = 1`, holder, epoch, millis(now.Add(ttl)))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("acquire the lease: %w", err)
	}
	s.acquired = epoch
	return epoch, nil
}

// Release gives the lease back. The lease of an older epoch is gone anyway.
func (s *Store) Release(ctx context.Context, epoch int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.change(ctx, func(ctx context.Context, t *txn) error {
		_, err := t.exec(ctx, `UPDATE lease SET holder = '', until_ms = 0 WHERE id = 1 AND epoch = $1`, epoch)
		return err
	})
	if err != nil {
		return fmt.Errorf("release the lease: %w", err)
	}
	return nil
}

// Holder returns who has the lease and until when, "" if nobody has.
func (s *Store) Holder(ctx context.Context) (holder string, until time.Time, err error) {
	var ms int64
	err = s.read(ctx, func(ctx context.Context, t *txn) error {
		return t.row(ctx, `SELECT holder, until_ms FROM lease WHERE id = 1`).Scan(&holder, &ms)
	})
	return holder, instant(ms), wrap(err, "read the lease")
}
