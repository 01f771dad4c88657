package engine

import (
	"context"
	"time"

	"lotse/bot"
)

// The chat gets a number of sends at once, and shall not wait for the disk while one
// is noted and the next is claimed. So more are claimed than are sent, and wait at the
// gate; and as long as enough wait there, outcomes gather, to be noted together.

// gather is how long an outcome is kept back at most, to be noted with others.
const gather = 50 * time.Millisecond

// landing is a try that has ended and is not noted yet.
type landing struct {
	bot.Delivery
	from bot.RoomID // the place it was claimed for
	id   bot.MessageID
	how  string
	verdict
	began, ended time.Time
}

// limit is how many sends the chat gets at once; the caller holds the mutex.
func (s *sender) limit() int {
	if len(s.failing) > 1 {
		return 1 // to try whether the chat is well again
	}
	return s.e.Limits.Parallel
}

// spare is how many more are claimed; the caller holds the mutex.
func (s *sender) spare() int {
	if len(s.failing) > 1 {
		return 0
	}
	return s.e.Limits.Parallel
}

// enter waits until the chat may be given one more; false: we are stopping.
func (s *sender) enter(ctx context.Context) bool {
	for {
		s.mu.Lock()
		rest := time.Until(s.pause)
		if ctx.Err() == nil && rest <= 0 && s.sending < s.limit() {
			s.sending++
			s.mu.Unlock()
			return true
		}
		left := s.left
		s.mu.Unlock()
		if ctx.Err() != nil {
			return false
		}
		var over <-chan time.Time
		if rest > 0 {
			over = time.After(rest)
		}
		select {
		case <-ctx.Done():
		case <-left:
		case <-over:
		}
	}
}

// leave hands in what came of a try, for the run loop to note. tried: it was at the
// chat, and its place there is free now. loud: see learn.
func (s *sender) leave(l landing, tried bool) (loud bool) {
	s.mu.Lock()
	if tried {
		loud = s.learn(l)
		s.sending--
		close(s.left)
		s.left = make(chan struct{})
	}
	s.landed = append(s.landed, l)
	s.mu.Unlock()
	s.c.bell.Ring()
	return loud
}

// landings takes the outcomes that are to be noted now. busy: the chat has enough to
// do, and nothing need be noted or claimed for so long.
func (s *sender) landings(now time.Time) (landed []landing, busy time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if waiting := s.flying - s.sending - len(s.landed); waiting > s.e.Limits.Parallel/4 {
		oldest := now
		if len(s.landed) > 0 {
			oldest = s.landed[0].ended
		}
		if left := gather - now.Sub(oldest); left > 0 {
			return nil, left
		}
	}
	landed, s.landed = s.landed, nil
	return landed, 0
}
