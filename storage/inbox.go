package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"lotse/bot"
)

const (
	// maxAttempts is how often a decision may fail before its event is given up.
	maxAttempts = 3
	// patience is how long an event waits for a send in flight whose message it may
	// point at.
	patience = 30 * time.Second
	// page is how many events Next looks at in one query.
	page = 64
)

// Receive appends a batch's events, each once, gives echoes to their slots, in one
// order, and keeps what the chat remembers with them. It returns how many events were new and how many echoes told something new.
//
// Batches that come while another writes wait for it together, and share one transaction.
//
// The body in the inbox is the JSON of bot.Event: it is gone as soon as the event is
// worked on, so that fields may be added and renamed as long as old rows still open.
func (s *Store) Receive(ctx context.Context, epoch int64, now time.Time, batch bot.Batch) (int, error) {
	a := &arrival{ctx: ctx, epoch: epoch, now: now, batch: batch, done: make(chan struct{})}
	s.arrivals.Lock()
	first := len(s.arrivals.waiting) == 0
	s.arrivals.waiting = append(s.arrivals.waiting, a)
	s.arrivals.Unlock()
	if first {
		s.takeIn(ctx)
	}
	<-a.done
	if a.err != nil {
		return 0, fmt.Errorf("receive %d events: %w", len(batch.Events), a.err)
	}
	return a.fresh, nil
}

// arrivals are batches that wait to be written.
type arrivals struct {
	sync.Mutex
	waiting []*arrival
}

// take takes all that wait. Who comes then is the first again, and writes.
func (a *arrivals) take() []*arrival {
	a.Lock()
	defer a.Unlock()
	all := a.waiting
	a.waiting = nil
	return all
}

// arrival is a batch that waits, and what becomes of it.
type arrival struct {
	ctx   context.Context // of whoever waits, while they wait
	epoch int64
	now   time.Time
	batch bot.Batch

	fresh int
	err   error
	done  chan struct{}
}

// takeIn writes all that waits once it is our turn to write. What one batch breaks must
// not break the others: then each is written alone.
func (s *Store) takeIn(ctx context.Context) {
	var all []*arrival
	err := errors.New("it was not written")
	defer func() {
		if all == nil { // it did not come to that
			all = s.arrivals.take()
		}
		for _, a := range all {
			if err != nil && a.err == nil {
				a.err = err
			}
			close(a.done)
		}
	}()
	err = s.change(context.WithoutCancel(ctx), func(ctx context.Context, t *txn) error {
		all = s.arrivals.take()
		return t.takeIn(ctx, all)
	})
	if err == nil || len(all) < 2 {
		return
	}
	for _, a := range all {
		one := []*arrival{a}
		if broken := s.change(context.WithoutCancel(ctx), func(ctx context.Context, t *txn) error { return t.takeIn(ctx, one) }); a.err == nil {
			a.err = broken
		}
	}
	err = nil
}

// takeIn writes batches. An error is that of the transaction; nobody's batch is written then.
func (t *txn) takeIn(ctx context.Context, all []*arrival) error {
	current, err := t.epoch(ctx)
	if err != nil {
		return err
	}
	for _, a := range all {
		if a.err = a.ctx.Err(); a.err == nil {
			a.err = inEpoch(a.epoch, current)
		}
		if a.err != nil {
			continue
		}
		if a.fresh, err = t.batch(ctx, a.batch, a.now); err != nil {
			return err
		}
	}
	return nil
}

// batch writes one batch.
func (t *txn) batch(ctx context.Context, batch bot.Batch, now time.Time) (fresh int, err error) {
	for _, e := range batch.Events {
		take := t.receive
		if e.Kind == bot.EventEcho {
			take = t.echo
		}
		news, err := take(ctx, e, now)
		if err != nil {
			return 0, err
		}
		if news {
			fresh++
		}
	}
	for name, value := range batch.Remember {
		if err := t.remember(ctx, name, value); err != nil {
			return 0, err
		}
	}
	return fresh, nil
}

// receive appends one event, unless it is there.
func (t *txn) receive(ctx context.Context, e bot.Event, now time.Time) (bool, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return false, fmt.Errorf("write event %s: %w", e.ID, err)
	}
	chat := e.Room.Chat()
	if chat == "" {
		chat = e.Sender.Chat()
	}
	seq, err := t.next(ctx)
	if err != nil {
		return false, err
	}
	n, err := t.exec(ctx, `INSERT INTO inbox (seq, chat, event, room, state, attempts, received_ms, settled_ms, body)
		VALUES ($1, $2, $3, $4, 'received', 0, $5, 0, $6) ON CONFLICT (chat, event) DO NOTHING`,
		seq, chat, e.ID, e.Room, millis(now), string(body))
	if err == nil && e.Kind == bot.EventDeletion {
		err = t.forgetFailed(ctx, e)
	}
	return n == 1, wrap(err, "append event %s", e.ID)
}

// echo gives a slot its message id and its place in the order. Only the first echo
// of a message counts: a redelivery does not move it.
func (t *txn) echo(ctx context.Context, e bot.Event, now time.Time) (bool, error) {
	if e.Key == "" {
		if err := t.recognise(ctx, &e); err != nil {
			return false, err
		}
	}
	s, err := t.slot(ctx, e.Key)
	if err == nil && s == nil {
		return false, t.stray(ctx, e)
	}
	if err != nil || s.room != "" && s.room != e.Room {
		return false, err
	}
	var out bot.Outgoing
	if s.inFlight() {
		if err := json.Unmarshal([]byte(s.frozen), &out); err != nil {
			return false, fmt.Errorf("read what was sent for slot %s: %w", s.key, err)
		}
	}
	original := s.inFlight() && out.Message == "" && !out.Absent
	switch {
	case s.inFlight() && (int64(e.Revision) == s.frozenRev || e.Revision == 0 && original):
		// It arrived before the answer to our request did, or instead of it.
		if err := t.arrived(ctx, s, e.Message); err != nil {
			return false, err
		}
	case s.stands():
		if s.echoed || s.message != e.Message {
			return false, nil
		}
	case s.sentRev == 0 && !s.inFlight():
		// It stands although we had given it up, or never knew that we sent it.
		if err := t.surfaced(ctx, s, e); err != nil {
			return false, err
		}
		if s.held {
			if err := t.lived(ctx, e.At); err != nil {
				return false, err
			}
		}
	default:
		return false, nil
	}
	if s.stands() && !s.echoed && s.message == e.Message {
		s.echoed = true
		if s.stood, err = t.next(ctx); err != nil {
			return false, err
		}
	}
	return true, t.keepOrdered(ctx, s, now)
}

// surfaced notes that a message stands that the slot knew nothing of.
func (t *txn) surfaced(ctx context.Context, s *slot, e bot.Event) error {
	wanted, err := s.content()
	if err != nil {
		return err
	}
	s.message, s.sentRev = e.Message, int64(max(e.Revision, 1))
	s.attempts, s.retry, s.doubtful, s.reason = 0, 0, false, ""
	s.state, s.sentHash = bot.SlotSent, wanted.fingerprint()
	if wanted.Absent || s.revision > s.sentRev {
		s.state, s.sentHash = bot.SlotPending, ""
		s.revision = max(s.revision, s.used()+1)
		s.ord, err = t.next(ctx)
	}
	return err
}

// Next returns the oldest event that is not worked on and need not wait, or nil.
//
// An event that points at a message we do not know waits while something of ours is
// on its way in its room, because that may be the message; not longer than patience.
// Later events of the room wait with it, other rooms do not. While the time before a
// restore is decided once more, an event waits for the timers that came up before it.
func (s *Store) Next(ctx context.Context, now time.Time) (*bot.Received, error) {
	var next *bot.Received
	err := s.read(ctx, func(ctx context.Context, t *txn) error {
		held := map[bot.RoomID]bool{}
		timer, err := t.relived(ctx)
		if err != nil {
			return err
		}
		for after, more := int64(0), true; more && next == nil; {
			rows, err := t.received(ctx, after)
			if err != nil {
				return err
			}
			more = len(rows) == page
			for _, r := range rows {
				after = r.Seq
				if timer != 0 && millis(r.Event.At) >= timer {
					return nil
				}
				if held[r.Event.Room] {
					continue
				}
				waits, err := t.waits(ctx, r, now)
				if err != nil {
					return err
				}
				if !waits {
					next = &r.Received
					return nil
				}
				held[r.Event.Room] = true
			}
		}
		return nil
	})
	return next, wrap(err, "read the next event")
}

// received is an event with the time at which it came in.
type received struct {
	bot.Received
	at int64 // UTC ms
}

// received reads a page of events not worked on.
func (t *txn) received(ctx context.Context, after int64) ([]received, error) {
	var rows []received
	err := t.each(ctx, func(row row) error {
		var r received
		var body []byte
		if err := row.Scan(&r.Seq, &r.Attempts, &r.at, &body); err != nil {
			return err
		}
		rows = append(rows, r)
		return wrap(json.Unmarshal(body, &rows[len(rows)-1].Event), "read event %d", r.Seq)
	}, `SELECT seq, attempts, received_ms, body FROM inbox WHERE state = 'received' AND seq > $1 ORDER BY seq LIMIT $2`, after, page)
	return rows, err
}

// waits reports whether an event may point at a message of ours that is on its way.
func (t *txn) waits(ctx context.Context, r received, now time.Time) (bool, error) {
	if r.at+patience.Milliseconds() <= millis(now) {
		return false, nil
	}
	for _, id := range []bot.MessageID{r.Event.Target, r.Event.Thread, r.Event.ReplyTo} {
		if id == "" {
			continue
		}
		var known, flying bool
		err := t.row(ctx, `SELECT
			EXISTS (SELECT 1 FROM slots WHERE message = $1 AND message <> '') OR EXISTS (SELECT 1 FROM refs WHERE message = $1),
			EXISTS (SELECT 1 FROM slots WHERE chat = $2 AND lane = $3 AND state = 'sending')
			OR EXISTS (SELECT 1 FROM slots WHERE lane = $3 AND state = 'pending' AND doubtful = 1 AND held = 0)`,
			id, r.Event.Room.Chat(), roomLane(r.Event.Room)).Scan(&known, &flying)
		if err != nil {
			return false, err
		}
		if !known && flying {
			return true, nil
		}
	}
	return false, nil
}

// Fail counts a failed decision. An event that is given up keeps its body, for the
// operator to look at.
func (s *Store) Fail(ctx context.Context, epoch int64, seq int64, now time.Time) (givenUp bool, err error) {
	err = s.write(ctx, epoch, func(ctx context.Context, t *txn) error {
		n, err := t.exec(ctx, `UPDATE inbox SET attempts = attempts + 1 WHERE seq = $1 AND state = 'received'`, seq)
		if err != nil {
			return err
		}
		if n == 0 {
			return bot.ErrSeen
		}
		n, err = t.exec(ctx, `UPDATE inbox SET state = 'failed', settled_ms = $3 WHERE seq = $1 AND attempts >= $2`, seq, maxAttempts, millis(now))
		givenUp = n > 0
		return err
	})
	return givenUp, wrap(err, "count a failure of event %d", seq)
}

// settleEvent takes an event's body out of the inbox; its id stays.
func (t *txn) settleEvent(ctx context.Context, seq int64, now time.Time) error {
	n, err := t.exec(ctx, `UPDATE inbox SET state = 'done', settled_ms = $2, body = '' WHERE seq = $1 AND state = 'received'`, seq, millis(now))
	if err == nil && n == 0 {
		err = bot.ErrSeen
	}
	return wrap(err, "settle event %d", seq)
}
