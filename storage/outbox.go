package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"lotse/bot"
)

const (
	// reasonExpired is why a slot is stale that could be wanted again.
	reasonExpired = "its time was over"
	// lookAgain is how long a slot waits whose parent is in another lane.
	lookAgain = time.Second
	// maxMoves is how often the slots of a lane are put behind their parents in one
	// claim; more means that they wait for each other.
	maxMoves = 16
)

// Claim takes slots that may be sent now. See engine.Outbox.
func (s *Store) Claim(ctx context.Context, epoch int64, now time.Time, chat bot.ChatID, busy []bot.RoomID, limit int) ([]bot.Delivery, error) {
	var deliveries []bot.Delivery
	err := s.write(ctx, epoch, func(ctx context.Context, t *txn) error {
		if err := t.leftBehind(ctx, chat, busy); err != nil {
			return err
		}
		lanes, err := t.turns(ctx, chat, busy, now, limit)
		if err != nil {
			return err
		}
		for _, lane := range lanes {
			d, err := t.claimLane(ctx, lane, now)
			if err != nil {
				return err
			}
			if d != nil {
				deliveries = append(deliveries, *d)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim: %w", err)
	}
	return deliveries, nil
}

// leftBehind makes pending again what is marked sending although nobody sends it.
func (t *txn) leftBehind(ctx context.Context, chat bot.ChatID, busy []bot.RoomID) error {
	var left []bot.Key
	err := t.each(ctx, func(row row) error {
		var s slot
		err := row.Scan(&s.key, &s.room, &s.user)
		if err == nil && !s.busy(busy) {
			left = append(left, s.key)
		}
		return err
	}, `SELECT key, room, user_id FROM slots WHERE chat = $1 AND state = 'sending'`, chat)
	if err != nil {
		return fmt.Errorf("look for what was left behind: %w", err)
	}
	for _, key := range left {
		s, err := t.slot(ctx, key)
		if err != nil {
			return err
		}
		s.state, s.doubtful, s.retry = bot.SlotPending, true, 0
		if err := t.keep(ctx, s, time.Time{}); err != nil {
			return err
		}
		if err := t.order(ctx, s.lane); err != nil {
			return err
		}
	}
	return nil
}

func (s *slot) busy(busy []bot.RoomID) bool {
	return s.room != "" && slices.Contains(busy, s.room) || s.user != "" && slices.Contains(busy, bot.RoomID(s.user))
}

// recover is leftBehind for all chats, when the epoch changes.
func (t *txn) recover(ctx context.Context) error {
	var lanes []string
	err := t.each(ctx, func(row row) error {
		var lane string
		err := row.Scan(&lane)
		lanes = append(lanes, lane)
		return err
	}, `SELECT DISTINCT lane FROM slots WHERE state = 'sending'`)
	if err != nil {
		return fmt.Errorf("look for what was left behind: %w", err)
	}
	if _, err := t.exec(ctx, `UPDATE slots SET state = 'pending', doubtful = 1, retry_ms = 0 WHERE state = 'sending'`); err != nil {
		return fmt.Errorf("take up what was left behind: %w", err)
	}
	for _, lane := range lanes {
		if err := t.order(ctx, lane); err != nil {
			return err
		}
	}
	return nil
}

// turns returns the lanes whose first slot may be looked at now, oldest first. A
// lane may turn out to hold nothing but stale slots, so there are some to spare.
func (t *txn) turns(ctx context.Context, chat bot.ChatID, busy []bot.RoomID, now time.Time, limit int) ([]string, error) {
	var lanes []string
	err := t.each(ctx, func(row row) error {
		var s slot
		err := row.Scan(&s.lane, &s.room, &s.user)
		if err == nil && !s.busy(busy) && len(lanes) < limit {
			lanes = append(lanes, s.lane)
		}
		return err
	}, `SELECT lane, room, user_id FROM slots WHERE chat = $1 AND turn_ms IS NOT NULL AND turn_ms <= $2 ORDER BY ord LIMIT $3`,
		chat, millis(now), limit+len(busy))
	return lanes, wrap(err, "look whose turn it is")
}

// claimLane takes the first slot of a lane that can be sent, nil if none can now.
func (t *txn) claimLane(ctx context.Context, lane string, now time.Time) (*bot.Delivery, error) {
	for moves := 0; ; {
		s, err := scanSlot(t.row(ctx, `SELECT `+slotColumns+` FROM slots
			WHERE lane = $1 AND state = 'pending' AND held = 0 ORDER BY ord LIMIT 1`, lane))
		ok, err := found(err)
		if err != nil {
			return nil, fmt.Errorf("read the first slot of a room: %w", err)
		}
		if !ok {
			return nil, nil
		}
		if s.retry > millis(now) {
			return nil, t.order(ctx, lane)
		}
		c, err := s.content()
		if err != nil {
			return nil, err
		}
		if s.expires != 0 && s.expires <= millis(now) && !c.Absent && !s.stands() {
			if err := t.stale(ctx, s, reasonExpired, now); err != nil {
				return nil, err
			}
			continue
		}
		if s.inFlight() {
			return t.refreeze(ctx, s)
		}
		aim, verdict, err := t.resolve(ctx, s, c)
		switch {
		case err != nil:
			return nil, err
		case verdict == aimGone:
			if err := t.stale(ctx, s, "what it belongs to is not there", now); err != nil {
				return nil, err
			}
		case verdict == aimBehind && moves < maxMoves:
			moves++
			if s.ord, err = t.next(ctx); err != nil {
				return nil, err
			}
			if err := t.keep(ctx, s, time.Time{}); err != nil {
				return nil, err
			}
		case verdict == aimBehind:
			if err := t.stale(ctx, s, "it waits for itself", now); err != nil {
				return nil, err
			}
		case verdict == aimElsewhere:
			if err := t.order(ctx, lane); err != nil {
				return nil, err
			}
			_, err := t.exec(ctx, `UPDATE slots SET turn_ms = $1 WHERE key = $2`, millis(now.Add(lookAgain)), s.key)
			return nil, wrap(err, "put slot %s off", s.key)
		default:
			return t.freeze(ctx, s, c, aim)
		}
	}
}

// stale gives a slot up on purpose and lets the next one of its lane have its turn.
func (t *txn) stale(ctx context.Context, s *slot, reason string, now time.Time) error {
	s.state, s.reason, s.frozen, s.frozenHash, s.doubtful = bot.SlotStale, reason, "", "", false
	if err := t.keep(ctx, s, now); err != nil {
		return err
	}
	return t.order(ctx, s.lane)
}

// aim is where a slot goes, resolved to message ids.
type aim struct{ thread, replyTo, target bot.MessageID }

type verdict int

const (
	aimClear     verdict = iota // everything it points at is there
	aimGone                     // something never will be
	aimBehind                   // something is further back in the same lane
	aimElsewhere                // something is on its way in another lane
)

// resolve finds the message ids a slot points at. What changes or takes away a
// message that stands points at that one, whatever became of its thread.
func (t *txn) resolve(ctx context.Context, s *slot, c content) (aim, verdict, error) {
	var a aim
	if c.Absent && !s.stands() {
		return a, aimGone, nil
	}
	worst := aimClear
	for _, p := range []struct {
		at bot.Target
		id *bot.MessageID
	}{{c.Thread, &a.thread}, {c.ReplyTo, &a.replyTo}, {c.Target, &a.target}} {
		if p.at.Key == "" {
			*p.id = p.at.Message
			continue
		}
		parent, err := t.slot(ctx, p.at.Key)
		if err != nil {
			return a, aimClear, err
		}
		switch {
		case parent != nil && parent.stands():
			*p.id = parent.message
		case s.stands():
		case parent == nil || !parent.open():
			return a, aimGone, nil
		case parent.lane != s.lane:
			worst = max(worst, aimElsewhere)
		default:
			worst = max(worst, aimBehind)
		}
	}
	return a, worst, nil
}

// freeze decides what exactly is sent, and marks the slot sending.
func (t *txn) freeze(ctx context.Context, s *slot, c content, a aim) (*bot.Delivery, error) {
	out := bot.Outgoing{
		Key: s.key, Revision: int(s.revision), Op: s.op, Kind: s.kind, Ref: s.subject.String(), Room: s.room,
		Thread: a.thread, ReplyTo: a.replyTo, Target: a.target, Emoji: c.Emoji,
		Message: s.message, Absent: c.Absent, Text: c.Text,
		Transaction: bot.Transaction(s.key, s.room, int(s.revision)),
	}
	s.frozenHash = c.fingerprint()
	if s.op == bot.OpReaction && s.stands() && !c.Absent {
		// A reaction cannot be edited: take the old one back first.
		out.Absent = true
		s.frozenHash = content{Absent: true}.fingerprint()
	}
	body, err := json.Marshal(frozen{out, c.File})
	if err != nil {
		return nil, fmt.Errorf("freeze slot %s: %w", s.key, err)
	}
	if out.File, err = t.file(ctx, s.key, c.File); err != nil {
		return nil, err
	}
	s.state, s.frozen, s.frozenRev = bot.SlotSending, string(body), s.revision
	return s.delivery(out), t.keepOrdered(ctx, s, time.Time{})
}

// refreeze sends again, byte for byte, what was in flight.
func (t *txn) refreeze(ctx context.Context, s *slot) (*bot.Delivery, error) {
	var was frozen
	if err := json.Unmarshal([]byte(s.frozen), &was); err != nil {
		return nil, fmt.Errorf("read what was sent for slot %s: %w", s.key, err)
	}
	out, err := was.Outgoing, error(nil)
	if out.File, err = t.file(ctx, s.key, was.File); err != nil {
		return nil, err
	}
	if out.Room != s.room {
		// The direct chat was opened meanwhile.
		out.Room = s.room
		out.Transaction = bot.Transaction(s.key, s.room, out.Revision)
	}
	s.state = bot.SlotSending
	return s.delivery(out), t.keepOrdered(ctx, s, time.Time{})
}

func (s *slot) delivery(out bot.Outgoing) *bot.Delivery {
	d := &bot.Delivery{Outgoing: out, Attempts: int(s.attempts), Doubtful: s.doubtful}
	if s.room == "" {
		d.User = s.user
	}
	return d
}

func (t *txn) keepOrdered(ctx context.Context, s *slot, now time.Time) error {
	if err := t.keep(ctx, s, now); err != nil {
		return err
	}
	return t.order(ctx, s.lane)
}

// Settle notes how tries ended. What is known already (an echo came first) stays as it is.
func (s *Store) Settle(ctx context.Context, epoch int64, now time.Time, outcomes []bot.Outcome) error {
	return s.write(ctx, epoch, func(ctx context.Context, t *txn) error {
		for _, o := range outcomes {
			row, err := t.slot(ctx, o.Key)
			if err != nil {
				return err
			}
			if row == nil || row.frozenRev != int64(o.Revision) {
				continue
			}
			settle := t.sent
			if o.Failed {
				settle = t.unsent
			}
			if err := settle(ctx, row, o, now); err != nil {
				return fmt.Errorf("note how the send of slot %s ended: %w", o.Key, err)
			}
		}
		return nil
	})
}

// sent notes that what was in flight stands in the room.
func (t *txn) sent(ctx context.Context, s *slot, o bot.Outcome, now time.Time) (err error) {
	if !s.inFlight() {
		return nil
	}
	if err := t.arrived(ctx, s, o.ID); err != nil {
		return err
	}
	if s.stands() && s.stood == 0 && !o.Echo {
		if s.stood, err = t.next(ctx); err != nil {
			return err
		}
	}
	return t.keepOrdered(ctx, s, now)
}

// unsent notes a failed try.
func (t *txn) unsent(ctx context.Context, s *slot, o bot.Outcome, now time.Time) error {
	if s.state != bot.SlotSending {
		return nil
	}
	s.reason = o.Reason
	// A try that was refused for sure says nothing about one before it: in doubt
	// once, the same bytes are tried until they arrive.
	s.doubtful = !o.Final && (o.InDoubt || s.doubtful)
	if !s.doubtful {
		s.frozen, s.frozenHash = "", ""
	}
	s.state, s.retry = bot.SlotPending, millis(o.Retry)
	s.attempts++
	if s.revision > s.frozenRev && !s.inFlight() {
		s.attempts = 0 // what is wanted now was never tried
	} else if o.Final {
		s.state, s.retry = bot.SlotFailed, 0
		return t.keepOrdered(ctx, s, now)
	}
	return t.keepOrdered(ctx, s, time.Time{})
}

// arrived settles what was in flight: the room holds it as message id. Where it
// stood is up to the caller.
func (t *txn) arrived(ctx context.Context, s *slot, id bot.MessageID) (err error) {
	var out bot.Outgoing
	if err := json.Unmarshal([]byte(s.frozen), &out); err != nil {
		return fmt.Errorf("read what was sent for slot %s: %w", s.key, err)
	}
	wanted, err := s.content()
	if err != nil {
		return err
	}
	s.sentRev, s.sentHash = s.frozenRev, s.frozenHash
	switch {
	case out.Absent:
		s.message, s.stood, s.echoed = "", 0, false
		if !wanted.Absent {
			s.revision = max(s.revision, s.sentRev+1)
		}
	case s.message == "":
		s.message = id
	}
	s.frozen, s.frozenHash = "", ""
	s.attempts, s.retry, s.doubtful, s.reason = 0, 0, false, ""
	s.state = bot.SlotSent
	if s.revision > s.sentRev && (s.stands() || !wanted.Absent) {
		s.state = bot.SlotPending
		s.ord, err = t.next(ctx)
	}
	return err
}

// NextClaim is the earliest time at which a claim may find something in a chat, zero
// if nothing is pending there but what waits for a send in flight.
func (s *Store) NextClaim(ctx context.Context, now time.Time, chat bot.ChatID) (time.Time, error) {
	var turn int64
	var ok bool
	err := s.read(ctx, func(ctx context.Context, t *txn) (err error) {
		ok, err = found(t.row(ctx, `SELECT turn_ms FROM slots WHERE chat = $1 AND turn_ms IS NOT NULL
			ORDER BY turn_ms LIMIT 1`, chat).Scan(&turn))
		return err
	})
	if !ok || err != nil {
		return time.Time{}, wrap(err, "look for the next claim")
	}
	if turn <= millis(now) {
		return now, nil
	}
	return instant(turn), nil
}

// Counts of slots by state.
func (s *Store) Counts(ctx context.Context) (bot.OutboxCounts, error) {
	counts := bot.OutboxCounts{}
	err := s.read(ctx, func(ctx context.Context, t *txn) error {
		return t.each(ctx, func(row row) error {
			var state bot.SlotState
			var n int
			err := row.Scan(&state, &n)
			counts[state] = n
			return err
		}, `SELECT state, COUNT(*) FROM slots WHERE state IN ('sent', 'failed', 'stale') GROUP BY state
			UNION ALL SELECT state, COUNT(*) FROM slots WHERE state = 'pending' GROUP BY state
			UNION ALL SELECT state, COUNT(*) FROM slots WHERE state = 'sending' GROUP BY state`)
	})
	return counts, wrap(err, "count slots")
}
