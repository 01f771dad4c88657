package storage

import (
	"context"
	"encoding/json"
	"fmt"

	"lotse/bot"
)

// storedTimer is a timer's body. Fields may be added; their names stay.
type storedTimer struct {
	Kind    bot.TimerKind
	Subject bot.Subject `json:",omitzero"`
}

// NextTimer returns the earliest timer (ties: by key), or nil. Its instant is exact
// to the millisecond. While the outbox is paused only timers of the time that was lost
// come up, and the one that tells the PMO.
func (s *Store) NextTimer(ctx context.Context) (*bot.Timer, error) {
	var next *bot.Timer
	err := s.read(ctx, func(ctx context.Context, t *txn) error {
		p, err := t.pause(ctx)
		if err != nil {
			return err
		}
		query, args := `SELECT key, at_ms, body FROM timers ORDER BY at_ms, key LIMIT 1`, []any(nil)
		if p.paused {
			query = `SELECT key, at_ms, body FROM timers WHERE at_ms <= $1 OR key = $2 ORDER BY key = $2, at_ms, key LIMIT 1`
			args = []any{p.lived, restoredTimer}
		}
		timer, err := scanTimer(t.row(ctx, query, args...))
		if ok, err := found(err); !ok || err != nil {
			return err
		}
		next = &timer
		return nil
	})
	return next, wrap(err, "read the next timer")
}

// scanTimer reads key, at_ms and body of a timer.
func scanTimer(row row) (bot.Timer, error) {
	var t bot.Timer
	var at int64
	var body []byte
	if err := row.Scan(&t.Key, &at, &body); err != nil {
		return t, err
	}
	var stored storedTimer
	if err := json.Unmarshal(body, &stored); err != nil {
		return t, fmt.Errorf("read timer %s: %w", t.Key, err)
	}
	t.Kind, t.At, t.Subject = stored.Kind, instant(at), stored.Subject
	return t, nil
}

// settleTimer takes away a timer that is done.
func (t *txn) settleTimer(ctx context.Context, key bot.Key, at int64) error {
	n, err := t.exec(ctx, `DELETE FROM timers WHERE key = $1 AND at_ms = $2`, key, at)
	if err == nil && n == 0 {
		err = bot.ErrSeen
	}
	return wrap(err, "settle timer %s", key)
}

// setTimer sets a timer; one with Earliest leaves an earlier one as it is.
func (t *txn) setTimer(ctx context.Context, timer bot.Timer) error {
	body, err := json.Marshal(storedTimer{Kind: timer.Kind, Subject: timer.Subject})
	if err != nil {
		return fmt.Errorf("write timer %s: %w", timer.Key, err)
	}
	query := `INSERT INTO timers (key, at_ms, body) VALUES ($1, $2, $3)
		ON CONFLICT (key) DO UPDATE SET at_ms = excluded.at_ms, body = excluded.body`
	if timer.Earliest {
		query += ` WHERE excluded.at_ms < timers.at_ms`
	}
	_, err = t.exec(ctx, query, timer.Key, timer.At.UnixMilli(), string(body))
	return wrap(err, "set timer %s", timer.Key)
}

// cancelTimer stops a timer; one that does not run is no error.
func (t *txn) cancelTimer(ctx context.Context, key bot.Key) error {
	_, err := t.exec(ctx, `DELETE FROM timers WHERE key = $1`, key)
	return wrap(err, "cancel timer %s", key)
}

// wrap says what was tried, if it went wrong.
func wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(format+": %w", append(args, err)...)
}

// relived is when the next timer of the time before a restore came up, 0 if there is none.
func (t *txn) relived(ctx context.Context) (int64, error) {
	p, err := t.pause(ctx)
	if err != nil || !p.paused {
		return 0, err
	}
	var at int64
	_, err = found(t.row(ctx, `SELECT at_ms FROM timers WHERE at_ms <= $1 AND key <> $2 ORDER BY at_ms LIMIT 1`, p.lived, restoredTimer).Scan(&at))
	return at, wrap(err, "look for timers of the lost time")
}
