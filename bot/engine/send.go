package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"lotse/bot"
)

// sender carries out what the outbox holds for one chat: at most one operation a
// room at a time, several rooms at once.
type sender struct {
	e *Engine
	c *chat

	mu      sync.Mutex
	flying  int           // claimed and not yet noted
	sending int           // of these, with the chat
	landed  []landing     // of these, back from the chat
	left    chan struct{} // closed and replaced when one comes back
	busy    map[bot.RoomID]bool
	resting map[bot.RoomID]*rest
	// failing are the rooms in which nothing but failures happened since the chat
	// last accepted anything. Two of them, and it is not the room but the chat.
	failing map[bot.RoomID]bool
	pause   time.Time // the whole chat rests until then, real time
	pauses  int       // how often in a row

	recovery recovery // only run touches it

	// ahead is how far the outbox's time is ahead of a simulated clock, which stands
	// still while the store wants something looked at later. Only run touches it.
	ahead time.Duration
}

// rest is what is known of a room that failed.
type rest struct {
	until time.Time // real time
	err   string    // logged already
}

func newSender(e *Engine, c *chat) *sender {
	return &sender{e: e, c: c, left: make(chan struct{}), busy: map[bot.RoomID]bool{}, resting: map[bot.RoomID]*rest{}, failing: map[bot.RoomID]bool{}}
}

// backOff is how long to rest after the n-th failure in a row, counted from 0.
func (l Limits) backOff(n int) time.Duration {
	d := l.BackOff
	for range n {
		if d >= l.BackOffTo {
			break
		}
		d *= 2
	}
	d = min(d, l.BackOffTo)
	return d - time.Duration(rand.Int64N(int64(d)/5+1)) // so that not all come back at once
}

// place is what a delivery keeps busy: its room, or the account while the room is
// not known.
func place(d bot.Delivery) bot.RoomID {
	if d.Room == "" {
		return bot.RoomID(d.User)
	}
	return d.Room
}

// run sends until ctx ends and waits for what is under way.
func (s *sender) run(ctx context.Context) {
	var flights sync.WaitGroup
	defer func() {
		flights.Wait()
		s.note(ctx, &flights, s.landed)
		flights.Wait()
	}()
	last := ""
	for try := 0; ctx.Err() == nil; {
		mark := s.c.bell.Look()
		idle, wait, err := s.look(ctx, &flights)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			if errors.Is(err, bot.ErrEpoch) {
				s.e.fail(err)
				return
			}
			if err.Error() != last {
				last = err.Error()
				s.e.Log.ErrorContext(ctx, "the outbox cannot be read", "chat", s.c.ID(), "error", err)
			}
			sleep(ctx.Done(), s.e.Limits.backOff(try))
			try++
			continue
		}
		try, last = 0, ""
		if idle {
			s.c.bell.Rest(mark)
		}
		s.doze(ctx, wait)
	}
}

// doze waits for the bell, at most for d; 0 is without limit.
func (s *sender) doze(ctx context.Context, d time.Duration) {
	var due <-chan time.Time
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-ctx.Done():
	case <-s.c.bell.ring:
	case <-due:
	}
}

// look claims what may be sent now and starts it. idle: nothing is under way and
// nothing is left. wait: when to look again if nobody rings, 0 for never.
func (s *sender) look(ctx context.Context, flights *sync.WaitGroup) (idle bool, wait time.Duration, err error) {
	landed, busyFor := s.landings(time.Now())
	if busyFor > 0 {
		return false, busyFor, nil
	}
	s.note(ctx, flights, landed)
	if s.c.isLoggedOut() {
		return s.underWay() == 0, 0, nil
	}
	missing, err := s.recover(ctx)
	if err != nil {
		return false, 0, err
	}
	free, busy, wait := s.free(time.Now())
	if missing > 0 && (wait == 0 || missing < wait) {
		wait = missing
	}
	if free <= 0 {
		return false, wait, nil
	}
	now := s.e.Clock.Now().Add(s.ahead)
	claimed, err := s.e.Store.Claim(ctx, s.e.epoch, now, s.c.ID(), busy, free)
	s.ahead = 0
	if err != nil {
		return false, 0, fmt.Errorf("claim: %w", err)
	}
	for _, d := range claimed {
		s.take(place(d))
		flights.Go(func() { s.fly(ctx, d, place(d)) })
	}
	if len(claimed) > 0 || s.underWay() > 0 {
		return false, wait, nil // they ring when they are back
	}
	next, err := s.e.Store.NextClaim(ctx, now, s.c.ID())
	if err != nil {
		return false, 0, fmt.Errorf("look for the next claim: %w", err)
	}
	if next.IsZero() {
		return missing == 0, missing, nil
	}
	if later := next.Sub(now); later > 0 {
		wait = max(wait, later)
		if _, simulated := s.e.Clock.(*Simulated); simulated {
			s.ahead = later
		}
	} else if wait == 0 {
		wait = s.e.Limits.BackOff
	}
	return false, wait, nil
}

// free returns how many sends may start, which places are taken, and when, if
// something rests, it may be tried again.
func (s *sender) free(now time.Time) (free int, busy []bot.RoomID, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sooner := func(t time.Time) {
		if d := t.Sub(now); d > 0 && (wait == 0 || d < wait) {
			wait = d
		}
	}
	for room := range s.busy {
		busy = append(busy, room)
	}
	for room, r := range s.resting {
		if r.until.After(now) {
			sooner(r.until)
			if !s.busy[room] {
				busy = append(busy, room)
			}
		}
	}
	slices.Sort(busy)
	if s.pause.After(now) {
		return 0, busy, s.pause.Sub(now)
	}
	return s.limit() + s.spare() - s.flying, busy, wait
}

func (s *sender) underWay() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flying
}

func (s *sender) take(place bot.RoomID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flying++
	s.busy[place] = true
}

// fly carries out one delivery when its turn has come.
func (s *sender) fly(ctx context.Context, d bot.Delivery, from bot.RoomID) {
	l := landing{Delivery: d, from: from, how: "sent"}
	if !s.enter(ctx) {
		l.verdict = verdict{err: ErrStopped, doubtful: d.Doubtful} // not tried: no more in doubt than before
		s.leave(l, false)
		return
	}
	l.began = time.Now()
	hand, cancel := s.e.hand(ctx)
	id, how, err := s.try(hand, &l.Delivery)
	cancel()
	l.id, l.how, l.verdict, l.ended = id, how, s.judge(l.Delivery, err), time.Now()
	s.e.heed(ctx, s.c, l) // before it is noted: what has failed for good is not tried again
	l.Echo = s.c.Abilities().Echo
	s.tell(ctx, l, s.leave(l, true))
}

// note writes down how tries ended and gives their places free. What cannot be noted
// stays where it is and is in nobody's way.
func (s *sender) note(ctx context.Context, flights *sync.WaitGroup, landed []landing) {
	if len(landed) == 0 {
		return
	}
	noted, left := s.settle(ctx, landed)
	s.e.loop.Ring() // an event may have waited for this; before they land, so that nobody takes us for idle
	for _, l := range noted {
		s.land(l)
	}
	for _, l := range left {
		flights.Go(func() {
			s.insist(ctx, l)
			s.e.loop.Ring()
			s.land(l)
			s.c.bell.Ring()
		})
	}
}

// try carries out one delivery: it opens the direct chat if there is none yet and
// looks, in doubt, whether the room holds it already.
func (s *sender) try(ctx context.Context, d *bot.Delivery) (id bot.MessageID, how string, err error) {
	err = safely(func() error {
		if d.Room == "" {
			if err := s.open(ctx, d); err != nil {
				return err
			}
		}
		if d.Doubtful && !d.Absent && (d.Op == bot.OpMessage || d.Op == bot.OpReaction) {
			if f, ok := s.c.Chat.(Finder); ok {
				if id, err = f.Find(ctx, d.Room, d.Key, d.Revision); err != nil {
					return fmt.Errorf("look for %s: %w", d.Key, err)
				}
				if id != "" {
					how = "found"
					return nil
				}
			}
		}
		how = "sent"
		id, err = s.c.Send(ctx, d.Outgoing)
		return err
	})
	return id, how, err
}

// open opens the direct chat with a person and notes the room.
func (s *sender) open(ctx context.Context, d *bot.Delivery) error {
	opener, ok := s.c.Chat.(DirectOpener)
	if !ok {
		return &bot.SendError{Err: errors.New("this chat cannot open direct chats"), Final: true}
	}
	id, err := opener.OpenDirect(ctx, d.User)
	if err != nil {
		return fmt.Errorf("open the direct chat: %w", err)
	}
	s.mu.Lock()
	s.busy[id] = true // before anybody can claim for it
	s.mu.Unlock()
	d.Room = id
	d.Transaction = bot.Transaction(d.Key, id, d.Revision)
	for range s.e.Limits.Stale {
		room := bot.Room{ID: id}
		known, err := s.e.Store.Rooms(ctx, []bot.RoomID{id}, nil)
		if err != nil {
			return notYet("look up the direct chat", err)
		}
		for _, r := range known {
			if r.ID == id {
				room = r
			}
		}
		if room.Kind == bot.RoomDirect && room.User == d.User && room.Joined {
			return nil
		}
		room.Kind, room.User, room.Joined = bot.RoomDirect, d.User, true
		change := bot.Change{Reason: "direct chat opened", Rooms: []bot.Room{room}}
		if err = s.e.commit(ctx, bot.Commit{Change: change}); err == nil {
			return nil
		}
		if !errors.Is(err, bot.ErrStale) {
			return notYet("note the direct chat", err)
		}
	}
	return notYet("note the direct chat", bot.ErrStale)
}

// notYet is a failure before anything was sent.
func notYet(what string, err error) error {
	return &bot.SendError{Err: fmt.Errorf("%s: %w", what, err), Refused: true}
}

// verdict is what the end of a send means.
type verdict struct {
	err      error
	final    bool          // trying again makes no sense
	doubtful bool          // it may have reached the room
	asked    bool          // the chat itself said how long to wait
	why      bot.Refusal   // it is the room that refuses, not the message
	rest     time.Duration // until the next try
}

// judge says what an error of a send means.
func (s *sender) judge(d bot.Delivery, err error) verdict {
	v := verdict{err: err}
	if err == nil {
		return v
	}
	if se, ok := errors.AsType[*bot.SendError](err); ok {
		// On a simulated clock nobody comes to mend it while the room rests.
		_, simulated := s.e.Clock.(*Simulated)
		v.final, v.why = se.Final || se.Why != "" && simulated, se.Why
		v.doubtful = !v.final && !se.Refused
		if se.After > 0 {
			v.asked, v.rest = true, se.After+time.Duration(rand.Int64N(int64(se.After)/10+1))
		}
	} else {
		v.doubtful = !errors.Is(err, bot.ErrLoggedOut)
	}
	if v.rest == 0 {
		v.rest = s.e.Limits.backOff(d.Attempts)
	}
	return v
}

// land gives the place of a try that is noted free again.
func (s *sender) land(l landing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flying--
	delete(s.busy, l.from)
	delete(s.busy, place(l.Delivery))
}

// learn decides from the end of a try how long the room, or the chat, rests. loud: the
// error is new. The caller holds the mutex.
func (s *sender) learn(l landing) (loud bool) {
	room, v := place(l.Delivery), l.verdict
	if v.err == nil || v.final || v.why != "" {
		// It answered: the chat is well. Rooms that failed before this are their own
		// problem.
		clear(s.failing)
		s.pauses, s.pause = 0, time.Time{}
	}
	if v.err == nil || v.final {
		delete(s.resting, room) // and so is the room
		return false
	}
	r := s.resting[room]
	if r == nil {
		r = &rest{}
		s.resting[room] = r
	}
	if v.why == "" && r.err == "" {
		s.failing[room] = true // a room that was failing before the last success is not counted again
	}
	now := time.Now()
	r.until = now.Add(v.rest)
	loud, r.err = r.err != v.err.Error(), v.err.Error()
	if len(s.failing) > 1 && !s.pause.After(now) {
		pause := v.rest
		if !v.asked {
			pause = s.e.Limits.backOff(s.pauses)
		}
		s.pause = now.Add(pause)
		s.pauses++
	}
	return loud
}

// tell says in log and metrics how a try ended.
func (s *sender) tell(ctx context.Context, l landing, loud bool) {
	v, outcome := l.verdict, "again"
	about := []any{"chat", s.c.ID(), "room", place(l.Delivery), "kind", l.Kind, "attempt", l.Attempts + 1, "error", v.err}
	switch {
	case v.err == nil:
		outcome = l.how
	case errors.Is(v.err, bot.ErrLoggedOut):
		s.e.logOut(ctx, s.c, v.err)
	case v.final:
		outcome = "failed"
		s.e.Log.ErrorContext(ctx, "the chat refused a message for good", about...)
	case v.doubtful:
		outcome = "doubtful"
	}
	if loud && outcome != "failed" && ctx.Err() == nil && !errors.Is(v.err, bot.ErrLoggedOut) {
		s.e.Log.WarnContext(ctx, "a message could not be sent, trying again", about...)
	}
	s.e.Metrics.Send(s.c.ID(), l.Op, outcome, l.ended.Sub(l.began))
}

// settle writes down how tries ended, together or, if that fails, one by one. It
// returns those that are noted and those that are left.
func (s *sender) settle(ctx context.Context, landed []landing) (noted, left []landing) {
	err := s.settled(ctx, landed...)
	switch {
	case err == nil:
		return landed, nil
	case len(landed) == 1 || errors.Is(err, bot.ErrEpoch):
		return nil, landed
	}
	for _, l := range landed {
		if err := s.settled(ctx, l); err != nil {
			left = append(left, l)
		} else {
			noted = append(noted, l)
		}
	}
	return noted, left
}

// insist writes down how a try ended, whatever it takes: it must not be lost as long as
// we live. Without it the slot is in doubt.
func (s *sender) insist(ctx context.Context, l landing) {
	last := ""
	for try := 0; ; try++ {
		err := s.settled(ctx, l)
		if err == nil {
			return
		}
		if errors.Is(err, bot.ErrEpoch) {
			s.e.fail(err)
			return
		}
		if err.Error() != last {
			last = err.Error()
			s.e.Log.ErrorContext(ctx, "the outcome of a send could not be noted", "chat", s.c.ID(), "kind", l.Kind, "error", err)
		}
		if ctx.Err() != nil {
			return
		}
		sleep(ctx.Done(), s.e.Limits.backOff(try))
	}
}

// settled has the store note outcomes, all or none.
func (s *sender) settled(ctx context.Context, landed ...landing) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.e.Limits.Grace)
	defer cancel()
	now := s.e.Clock.Now()
	outcomes := make([]bot.Outcome, len(landed))
	for i, l := range landed {
		outcomes[i] = bot.Outcome{Delivery: l.Delivery, ID: l.id}
		if l.err == nil {
			continue
		}
		retry := now // by a clock that stands still, the rest is ours alone
		if _, simulated := s.e.Clock.(*Simulated); !simulated && !l.final {
			retry = now.Add(l.rest)
		}
		outcomes[i] = bot.Outcome{Delivery: l.Delivery, Failed: true, Reason: l.err.Error(), Retry: retry, Final: l.final, InDoubt: l.doubtful}
	}
	return s.e.Store.Settle(ctx, s.e.epoch, now, outcomes)
}
