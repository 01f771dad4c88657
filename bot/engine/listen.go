package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lotse/bot"
)

// listen runs one chat until ctx ends, again after a failure.
func (e *Engine) listen(ctx context.Context, c *chat) {
	limit := time.AfterFunc(e.Limits.CatchUp, func() {
		if c.catchUp(e) {
			e.Log.WarnContext(ctx, "due work does not wait for the chat any longer", "chat", c.ID())
		}
	})
	defer limit.Stop()
	last := ""
	for try := 0; ctx.Err() == nil; try++ {
		began := time.Now()
		err := c.Run(ctx, func(dctx context.Context, b bot.Batch) error { return e.deliver(ctx, dctx, c, b) })
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, bot.ErrLoggedOut):
			e.logOut(ctx, c, err)
			return
		case err == nil:
			e.Log.InfoContext(ctx, "the chat has ended", "chat", c.ID())
			c.catchUp(e)
			return
		}
		c.setDeaf(err)
		if time.Since(began) > e.Limits.BackOffTo {
			try = 0
		}
		if err.Error() != last {
			last = err.Error()
			e.Log.ErrorContext(ctx, "the chat stopped listening", "chat", c.ID(), "error", err)
		}
		sleep(ctx.Done(), e.Limits.backOff(try))
	}
}

// deliver commits what a chat hands over to the inbox. ctx is the engine's, dctx
// the chat's. After a stop nothing more is taken in; the chat gets it again.
func (e *Engine) deliver(ctx, dctx context.Context, c *chat, b bot.Batch) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e.watch.begin()
	defer e.watch.end()
	if len(b.Events)+len(b.Remember) > 0 {
		dctx, cancel := e.hand(dctx)
		defer cancel()
		now := e.Clock.Now()
		echo := false
		for i := range b.Events {
			e.stamp(&b.Events[i], now)
			echo = echo || b.Events[i].Kind == bot.EventEcho
		}
		if _, err := e.Store.Receive(dctx, e.epoch, now, b); err != nil {
			if errors.Is(err, bot.ErrEpoch) {
				e.fail(err)
			}
			return fmt.Errorf("take in %d events of %s: %w", len(b.Events), c.ID(), err)
		}
		if len(b.Events) > 0 {
			e.loop.Ring()
		}
		if echo {
			c.bell.Ring() // what waited for the message may go now
		}
	}
	c.setDeaf(nil)
	if b.CaughtUp {
		c.catchUp(e)
	}
	return nil
}

func (c *chat) setDeaf(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deaf = err
}

// stamp sees to it that no event is of the future. On a simulated clock only its
// own time counts: people's clocks know nothing of it.
func (e *Engine) stamp(ev *bot.Event, now time.Time) {
	_, simulated := e.Clock.(*Simulated)
	if simulated || ev.At.IsZero() || ev.At.After(now) {
		ev.At = now
	}
}

// catchUp notes that due work need not wait for the chat, and returns whether
// that is new.
func (c *chat) catchUp(e *Engine) bool {
	c.mu.Lock()
	was := c.caughtUp
	c.caughtUp = true
	c.mu.Unlock()
	if was {
		return false
	}
	c.bell.Ring()
	e.loop.Ring() // before the wait ends: whoever asks whether all rest must find the loop rung
	e.watch.wait(-1)
	return true
}

func (c *chat) isCaughtUp() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.caughtUp
}

// caughtUp reports whether due work need not wait for any chat.
func (e *Engine) caughtUp() bool {
	return !slices.ContainsFunc(e.chats, func(c *chat) bool { return !c.isCaughtUp() })
}

// logOut stops sending to a chat that no longer accepts our session. When no chat
// is left, the engine stops: what is due waits in the database for a new login.
func (e *Engine) logOut(ctx context.Context, c *chat, err error) {
	c.mu.Lock()
	was := c.loggedOut
	c.loggedOut = true
	c.mu.Unlock()
	if was {
		return
	}
	e.Log.ErrorContext(ctx, "the chat no longer accepts the session, sending to it stops", "chat", c.ID(), "error", err)
	c.catchUp(e)
	c.bell.Ring()
	for _, other := range e.chats {
		if !other.isLoggedOut() {
			return
		}
	}
	e.fail(fmt.Errorf("no chat is left: %w", err))
}

func (c *chat) isLoggedOut() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.loggedOut
}
