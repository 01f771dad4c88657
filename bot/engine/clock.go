package engine

import (
	"sync"
	"time"
)

// Clock is the time by which things are due. Back-off, limits of waiting and the
// lease are measured in real time, whatever the clock.
type Clock interface {
	Now() time.Time
	// At returns a channel that is closed once Now is not before at, and a function
	// that gives the channel up.
	At(at time.Time) (<-chan struct{}, func())
}

// Real is the computer's clock.
type Real struct{}

// Now returns the computer's time.
func (Real) Now() time.Time { return time.Now() }

// recheck is how long a real timer sleeps at most before it looks at the clock
// again: the clock may be set, and a machine may be suspended meanwhile.
const recheck = time.Minute

// At implements Clock. It goes by the time of day, not by time elapsed.
func (Real) At(at time.Time) (<-chan struct{}, func()) {
	at = at.Round(0)
	var mu sync.Mutex
	var timer *time.Timer
	given := false
	ch := make(chan struct{})
	var check func()
	check = func() {
		mu.Lock()
		defer mu.Unlock()
		if given {
			return
		}
		left := at.Sub(time.Now().Round(0))
		if left <= 0 {
			given = true
			close(ch)
			return
		}
		timer = time.AfterFunc(min(left, recheck), check)
	}
	check()
	return ch, func() {
		mu.Lock()
		defer mu.Unlock()
		given = true
		if timer != nil {
			timer.Stop()
		}
	}
}

// Simulated is a clock that stands still until an engine's driver leaps it.
type Simulated struct {
	mu      sync.Mutex
	now     time.Time
	waiting map[chan struct{}]time.Time
}

// NewSimulated returns a clock that stands at start.
func NewSimulated(start time.Time) *Simulated {
	return &Simulated{now: start, waiting: map[chan struct{}]time.Time{}}
}

// Now returns where the clock stands.
func (s *Simulated) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// At implements Clock.
func (s *Simulated) At(at time.Time) (<-chan struct{}, func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := make(chan struct{})
	if !s.now.Before(at) {
		close(ch)
		return ch, func() {}
	}
	s.waiting[ch] = at
	return ch, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.waiting, ch)
	}
}

// leap sets the clock to t; it never goes back.
func (s *Simulated) leap(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.After(s.now) {
		s.now = t
	}
	for ch, at := range s.waiting {
		if !s.now.Before(at) {
			close(ch)
			delete(s.waiting, ch)
		}
	}
}

// sleep waits for d in real time; it returns early when stop is closed.
func sleep(stop <-chan struct{}, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-stop:
	case <-timer.C:
	}
}
