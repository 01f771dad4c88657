package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"lotse/bot"
)

// refusals are the rooms known to take nothing of the bot's, so that only the first
// refusal, and the first message that gets through after it, become events. An account
// with which no direct chat can be opened stands for the room that there is not.
type refusals struct {
	mu    sync.Mutex
	rooms map[bot.RoomID]bot.Refusal
}

// recallRefusals learns which rooms have refused in an earlier life.
func (e *Engine) recallRefusals(ctx context.Context) error {
	s, err := e.Store.Load(ctx, bot.Query{AllRooms: true})
	if err != nil {
		return fmt.Errorf("recall which rooms refuse: %w", err)
	}
	e.refusals.mu.Lock()
	defer e.refusals.mu.Unlock()
	e.refusals.rooms = map[bot.RoomID]bot.Refusal{}
	for _, r := range s.Rooms {
		if r.Refused != "" {
			e.refusals.rooms[r.ID] = r.Refused
		}
	}
	return nil
}

// heed makes an event of a send's end if it says something new about the room. The
// event has the same id when the same send is tried again after a crash.
func (e *Engine) heed(ctx context.Context, c *chat, l landing) {
	room := place(l.Delivery)
	e.refusals.mu.Lock()
	defer e.refusals.mu.Unlock()
	if l.err == nil {
		delete(e.refusals.rooms, bot.RoomID(l.User)) // a direct chat could be opened
	}
	before := e.refusals.rooms[room]
	ev := bot.Event{Room: room, At: e.Clock.Now(), Refusal: l.why}
	proves := bot.OpMessage // what has to get through to prove that it is over
	if before == bot.RefusedReactions {
		proves = bot.OpReaction
	}
	switch {
	case l.why != "" && l.why != before:
		ev.Kind = bot.EventRefused
	case l.err == nil && before != "" && l.Op == proves && !l.Absent:
		ev.Kind = bot.EventAccepted
	default:
		return
	}
	ev.ID = bot.EventID(fmt.Sprintf("%s:%s/%s/%d", c.ID(), ev.Kind, l.Key, l.Revision))
	ctx, cancel := e.hand(ctx)
	defer cancel()
	ev.Sender, ev.Direct = e.with(ctx, l.Delivery)
	if _, err := e.Store.Receive(ctx, e.epoch, ev.At, bot.Batch{Events: []bot.Event{ev}}); err != nil {
		if errors.Is(err, bot.ErrEpoch) {
			e.fail(err)
			return
		}
		e.Log.ErrorContext(ctx, "that a room refuses could not be noted", "chat", c.ID(), "room", room, "error", err)
		return // the next send says it again
	}
	if l.why == "" {
		delete(e.refusals.rooms, room)
	} else {
		e.refusals.rooms[room] = l.why
	}
	e.loop.Ring()
}

// with is whom a delivery to a direct chat was for. That the books cannot tell is no
// reason not to note a refusal.
func (e *Engine) with(ctx context.Context, d bot.Delivery) (user bot.UserID, direct bool) {
	if d.User != "" {
		return d.User, true
	}
	rooms, _ := e.Store.Rooms(ctx, []bot.RoomID{d.Room}, nil)
	for _, r := range rooms {
		if r.ID == d.Room && r.Kind == bot.RoomDirect {
			return r.User, true
		}
	}
	return "", false
}
