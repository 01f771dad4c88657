package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"lotse/bot"
)

// After a restore the outbox is paused until the PMO has decided: what is written to it
// is held, but for what is marked [bot.Slot.Through]; timers do not come up. Two things
// go on. What the rooms tell of the time that was lost is taken in, and timers of that
// time come up in the order of events (see [bot.Restored]).

// restoredTimer is the key of the timer that comes up first, paused or not.
const restoredTimer = "restored"

// pause is what the store has to know of a restore.
type pause struct {
	restored bool // the books come from a backup
	paused   bool
	lived    int64 // UTC ms
}

// pause reads it, once a transaction.
func (t *txn) pause(ctx context.Context) (pause, error) {
	if t.pausing != nil {
		return *t.pausing, nil
	}
	var state bot.RestoreState
	var p pause
	var err error
	p.restored, err = found(t.row(ctx, `SELECT state, lived_ms FROM restored WHERE id = 1`).Scan(&state, &p.lived))
	if err != nil {
		return p, fmt.Errorf("look whether the outbox is paused: %w", err)
	}
	p.paused = p.restored && state == bot.RestorePaused
	t.pausing = &p
	return p, nil
}

// restored loads what is known of a restore, and what waits because of it.
func (l *loader) restored(ctx context.Context) error {
	var body []byte
	var lived int64
	var r bot.Restored
	ok, err := found(l.t.row(ctx, `SELECT body, lived_ms, version FROM restored WHERE id = 1`).Scan(&body, &lived, &r.Version))
	if !ok || err != nil {
		return wrap(err, "read of the restore")
	}
	if err := json.Unmarshal(body, &r); err != nil {
		return fmt.Errorf("read of the restore: %w", err)
	}
	r.Lived = instant(lived)
	l.snap.Restored = &r
	if !l.q.Waiting || !r.Paused() {
		return nil
	}
	l.snap.Waiting.Kinds = map[bot.Kind]int{}
	err = l.t.each(ctx, func(row row) error {
		var kind bot.Kind
		var n int
		err := row.Scan(&kind, &n)
		l.snap.Waiting.Kinds[kind] = n
		return err
	}, `SELECT kind, COUNT(*) FROM slots WHERE held = 1 AND state = 'pending' GROUP BY kind`)
	if err != nil {
		return fmt.Errorf("count what waits: %w", err)
	}
	return l.t.each(ctx, func(row row) error {
		t, err := scanTimer(row)
		l.snap.Waiting.Timers = append(l.snap.Waiting.Timers, t)
		return err
	}, `SELECT key, at_ms, body FROM timers ORDER BY at_ms, key`)
}

// hold keeps back what was to be sent when the backup was taken. Whether it was sent
// since has to be looked for; what stands is changed under a revision that the lost bot
// cannot have used.
func (t *txn) hold(ctx context.Context) error {
	for _, query := range []string{
		`UPDATE slots SET state = 'pending', doubtful = 1 WHERE state = 'sending'`,
		`UPDATE slots SET held = 1, retry_ms = 0, turn_ms = NULL, doubtful = CASE WHEN message = '' THEN 1 ELSE doubtful END WHERE state = 'pending'`,
		`UPDATE slots SET revision = revision + 1000, sent_rev = sent_rev + 1000 WHERE message <> '' AND frozen = ''`,
		`DELETE FROM echoes`,
	} {
		if _, err := t.exec(ctx, query); err != nil {
			return fmt.Errorf("hold back what waits: %w", err)
		}
	}
	return nil
}

// restore writes that the books come from a backup and what the PMO has decided: to
// wait, to let go what is held, or to give it up.
func (t *txn) restore(ctx context.Context, r bot.Restored, now time.Time) error {
	t.pausing = nil
	if err := t.put(ctx, "the restore", r.Version, r,
		`INSERT INTO restored (id, state, lived_ms, body, version) VALUES ($1, $2, 0, $3, 1) ON CONFLICT (id) DO NOTHING`,
		`UPDATE restored SET state = $2, body = $3, version = version + 1 WHERE id = $1 AND version = $4`, 1, r.State); err != nil {
		return err
	}
	if r.Paused() {
		return t.hold(ctx)
	}
	var lanes []string
	err := t.each(ctx, func(row row) error {
		var lane string
		err := row.Scan(&lane)
		lanes = append(lanes, lane)
		return err
	}, `SELECT DISTINCT lane FROM slots WHERE held = 1`)
	if err != nil {
		return fmt.Errorf("look for what was held: %w", err)
	}
	if r.State == bot.RestoreDropped {
		if _, err := t.exec(ctx, `UPDATE slots SET state = 'stale', reason = 'dropped by the PMO after a restore', frozen = '', frozen_hash = '', doubtful = 0,
			turn_ms = NULL, changed_ms = $1 WHERE held = 1 AND state = 'pending'`, millis(now)); err != nil {
			return fmt.Errorf("drop what was held: %w", err)
		}
	}
	if _, err := t.exec(ctx, `UPDATE slots SET held = 0 WHERE held = 1`); err != nil {
		return fmt.Errorf("let go what was held: %w", err)
	}
	for _, lane := range lanes {
		if err := t.order(ctx, lane); err != nil {
			return err
		}
	}
	return nil
}

// stray keeps a message of ours that no slot knows, until one does. It is a sign of
// life of the bot that was lost.
func (t *txn) stray(ctx context.Context, e bot.Event) error {
	p, err := t.pause(ctx)
	if err != nil || !p.restored {
		return err
	}
	stood, err := t.next(ctx)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO echoes (key, room, message, revision, stood) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (key) DO NOTHING`,
		e.Key, e.Room, e.Message, max(e.Revision, 1), stood)
	if err != nil {
		return fmt.Errorf("keep a message that no slot knows: %w", err)
	}
	return t.lived(ctx, e.At)
}

// recognise gives a message of ours that cannot be read the key of the slot that waits to send it: after a restore that may
// be what has sent it already. If there is none, its transaction stands for its key.
func (t *txn) recognise(ctx context.Context, e *bot.Event) error {
	e.Key, e.Revision = bot.Key(e.Sent), 1
	p, err := t.pause(ctx)
	if err != nil || !p.restored {
		return err
	}
	err = t.each(ctx, func(row row) error {
		var key bot.Key
		err := row.Scan(&key)
		if bot.Transaction(key, e.Room, 1) == e.Sent {
			e.Key = key
		}
		return err
	}, `SELECT key FROM slots WHERE state = 'pending' AND sent_rev = 0 AND room IN ('', $1)`, e.Room)
	return wrap(err, "look who has sent a message that cannot be read")
}

// strays are the keys under which a slot's message may be kept that nobody knew.
func (t *txn) strays(ctx context.Context, s *slot) (keys [2]bot.Key, err error) {
	keys = [2]bot.Key{s.key, bot.Key(bot.Transaction(s.key, s.room, 1))}
	if s.room != "" {
		return keys, nil
	}
	err = t.each(ctx, func(row row) error {
		var key bot.Key
		var room bot.RoomID
		err := row.Scan(&key, &room)
		if bot.Transaction(s.key, room, 1) == string(key) {
			keys[1] = key
		}
		return err
	}, `SELECT key, room FROM echoes`)
	return keys, err
}

// lived notes a sign of life of the bot that was lost.
func (t *txn) lived(ctx context.Context, at time.Time) error {
	_, err := t.exec(ctx, `UPDATE restored SET lived_ms = $1 WHERE id = 1 AND state = 'paused' AND lived_ms < $1`, millis(at))
	return wrap(err, "note a sign of life")
}

// adopt gives a new slot the message that stands under its key already.
func (t *txn) adopt(ctx context.Context, s *slot) error {
	var room bot.RoomID
	var message bot.MessageID
	var revision, stood int64
	keys, err := t.strays(ctx, s)
	if err != nil {
		return wrap(err, "look whether %s stands already", s.key)
	}
	ok, err := found(t.row(ctx, `SELECT room, message, revision, stood FROM echoes WHERE key IN ($1, $2)`, keys[0], keys[1]).Scan(&room, &message, &revision, &stood))
	if !ok || err != nil || s.room != "" && s.room != room {
		return wrap(err, "look whether %s stands already", s.key)
	}
	if s.room == "" {
		s.room = room // a direct chat that was opened in the lost time
		s.place()
	}
	c, err := s.content()
	if err != nil {
		return err
	}
	s.state, s.message, s.stood, s.echoed = bot.SlotSent, message, stood, true
	s.sentRev, s.revision, s.sentHash = revision, revision, c.fingerprint()
	_, err = t.exec(ctx, `DELETE FROM echoes WHERE key IN ($1, $2)`, keys[0], keys[1])
	return wrap(err, "take over %s", s.key)
}
