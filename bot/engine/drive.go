package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lotse/bot"
)

// Idle blocks until there is nothing to do: every chat has caught up, the inbox is
// empty, no timer is due, and the outbox holds nothing that could still be sent.
// What rests after a failed try is waited for. It returns ErrStopped when Run has
// ended, an error wrapping bot.ErrLoggedOut when a chat does not accept us.
func (e *Engine) Idle(ctx context.Context) error {
	for {
		before := e.watch.count()
		for _, c := range e.chats {
			if s, ok := c.Chat.(Settler); ok && !c.isLoggedOut() {
				if err := e.settle(ctx, s); err != nil {
					return e.stopped(fmt.Errorf("settle %s: %w", c.ID(), err))
				}
			}
		}
		if err := e.watch.rest(ctx, e.done); err != nil {
			return e.stopped(err)
		}
		for _, c := range e.chats {
			if c.isLoggedOut() {
				return fmt.Errorf("%s: %w", c.ID(), bot.ErrLoggedOut)
			}
		}
		if e.watch.count() == before {
			return nil
		}
	}
}

// stopped adds to ErrStopped why.
func (e *Engine) stopped(err error) error {
	if why := e.why(); errors.Is(err, ErrStopped) && why != nil {
		return fmt.Errorf("%w: %w", err, why)
	}
	return err
}

// settle waits for a chat, but not longer than the engine runs.
func (e *Engine) settle(ctx context.Context, s Settler) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	finished := make(chan struct{})
	defer close(finished)
	go func() {
		select {
		case <-e.done:
			cancel(ErrStopped)
		case <-finished:
		}
	}()
	if err := s.Settle(ctx); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return err
	}
	return nil
}

var errNotSimulated = errors.New("only a simulated clock can be driven")

// Next waits until the engine is idle and returns when the next timer is due;
// ok is false if there is none.
func (e *Engine) Next(ctx context.Context) (at time.Time, ok bool, err error) {
	if err := e.Idle(ctx); err != nil {
		return time.Time{}, false, err
	}
	t, err := e.Store.NextTimer(ctx)
	if err != nil || t == nil {
		return time.Time{}, false, err
	}
	return t.At, true, nil
}

// Step leaps the simulated clock to the next timer and waits until all that
// follows from it is done. It returns where the clock stands then; more is false
// if there was no timer to leap to. A caller who wants to go slower sleeps between
// steps, or asks Next and calls RunUntil in small portions.
func (e *Engine) Step(ctx context.Context) (now time.Time, more bool, err error) {
	clock, ok := e.Clock.(*Simulated)
	if !ok {
		return time.Time{}, false, errNotSimulated
	}
	at, ok, err := e.Next(ctx)
	if err != nil || !ok {
		return clock.Now(), false, err
	}
	e.leap(clock, at)
	return clock.Now(), true, e.Idle(ctx)
}

// RunUntil leaps the simulated clock from timer to timer, each once everything
// before is done, and at last to t, whether there is a timer or not.
func (e *Engine) RunUntil(ctx context.Context, t time.Time) error {
	clock, ok := e.Clock.(*Simulated)
	if !ok {
		return errNotSimulated
	}
	for {
		at, ok, err := e.Next(ctx)
		if err != nil {
			return err
		}
		if !ok || at.After(t) {
			e.leap(clock, t)
			return e.Idle(ctx)
		}
		e.leap(clock, at)
	}
}

func (e *Engine) leap(clock *Simulated, t time.Time) {
	clock.leap(t)
	e.loop.Ring()
}
