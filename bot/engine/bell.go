package engine

import (
	"context"
	"sync"
)

// watch knows which workers rest. All of its bells share its lock, so that the
// question whether everybody rests has one answer.
type watch struct {
	mu      sync.Mutex
	rings   uint64 // counts whatever may have made work
	busy    int    // hand-overs of the chats under way
	waiting int    // chats that have not caught up
	bells   []*bell
	changed chan struct{} // closed and replaced at every change
}

func newWatch() *watch { return &watch{changed: make(chan struct{})} }

// bell wakes one worker. Ringing is cheap and never blocks; several rings before
// the worker listens are one.
type bell struct {
	w       *watch
	ring    chan struct{} // holds one
	rung    uint64        // how often it was rung
	heard   uint64        // up to which ring the worker found nothing to do
	resting bool
}

// bell adds a bell. Its worker does not rest until it says so.
func (w *watch) bell() *bell {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := &bell{w: w, ring: make(chan struct{}, 1), rung: 1}
	w.bells = append(w.bells, b)
	return b
}

// touch tells those who wait in rest that something changed; w.mu is held.
func (w *watch) touch() {
	close(w.changed)
	w.changed = make(chan struct{})
}

// Ring wakes the worker: there may be work.
func (b *bell) Ring() {
	b.w.mu.Lock()
	defer b.w.mu.Unlock()
	b.rung++
	b.w.rings++
	select {
	case b.ring <- struct{}{}:
	default:
	}
}

// Look says that the worker looks for work now; what was rung before is heard by
// that, what is rung after counts anew.
func (b *bell) Look() uint64 {
	b.w.mu.Lock()
	defer b.w.mu.Unlock()
	select {
	case <-b.ring:
	default:
	}
	b.resting = false
	return b.rung
}

// Rest says that the worker found nothing to do since Look returned mark.
func (b *bell) Rest(mark uint64) {
	b.w.mu.Lock()
	defer b.w.mu.Unlock()
	b.heard, b.resting = mark, true
	b.w.touch()
}

// begin and end enclose a hand-over of a chat.
func (w *watch) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy++
}

func (w *watch) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy--
	w.touch()
}

// wait adds n chats that have not caught up; negative takes them away.
func (w *watch) wait(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting += n
	w.touch()
}

// count returns how often anything was rung so far.
func (w *watch) count() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rings
}

// quiet reports whether everybody rests, and otherwise returns a channel that is
// closed at the next change.
func (w *watch) quiet() (bool, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy > 0 || w.waiting > 0 {
		return false, w.changed
	}
	for _, b := range w.bells {
		if !b.resting || b.heard != b.rung {
			return false, w.changed
		}
	}
	return true, nil
}

// others reports whether anybody but b does not rest.
func (w *watch) others(b *bell) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range w.bells {
		if o != b && (!o.resting || o.heard != o.rung) {
			return true
		}
	}
	return false
}

// rest blocks until everybody rests, or until ctx or stop ends.
func (w *watch) rest(ctx context.Context, stop <-chan struct{}) error {
	for {
		ok, changed := w.quiet()
		if ok {
			return nil
		}
		select {
		case <-changed:
		case <-stop:
			return ErrStopped
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
