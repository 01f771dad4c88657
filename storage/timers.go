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
// to the millisecond.
func (s *Store) NextTimer(ctx context.Context) (*bot.Timer, error) {
	var key, body string
	var at int64
	var ok bool
	err := s.read(ctx, func(ctx context.Context, t *txn) (err error) {
		ok, err = found(t.row(ctx, `SELECT key, at_ms, body FROM timers ORDER BY at_ms, key LIMIT 1`).Scan(&key, &at, &body))
		return err
	})
	if !ok || err != nil {
		return nil, wrap(err, "read the next timer")
	}
	var stored storedTimer
	if err := json.Unmarshal([]byte(body), &stored); err != nil {
		return nil, fmt.Errorf("read timer %s: %w", key, err)
	}
	return &bot.Timer{Key: bot.Key(key), Kind: stored.Kind, At: instant(at), Subject: stored.Subject}, nil
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
