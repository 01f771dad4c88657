package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"lotse/bot"
)

// A server that lost power can have forgotten what it had taken and shown to nobody. We
// would never hear of it: the message counts as sent, only its echo does not come. So
// once a chat has caught up after a start, what it has not reported is asked for. A
// server may show things late, too; so it is given a while and asked again. A message is
// sent again only if the server has neither its id nor, in the room, its key; one that
// somebody has deleted has kept its id.

const (
	// unseenFor is how far back is looked, by the clock.
	unseenFor = 24 * time.Hour
	// maxUnseen is how many are looked for; more are not in flight at once.
	maxUnseen = 100
)

// recovery is how far the look for what the server has lost has got.
type recovery struct {
	begun, done bool
	unseen      []bot.Outgoing // at the start
	again       time.Time      // something is missing: when to look again, real time
}

// recover looks, once after a start, for what the server has lost. wait is how long it
// has to wait for that, 0 if it is done or must wait for the chat.
func (s *sender) recover(ctx context.Context) (wait time.Duration, err error) {
	r := &s.recovery
	witness, ok := s.c.Chat.(Witness)
	finder, finds := s.c.Chat.(Finder)
	if r.done || !ok || !finds || !s.c.Abilities().Echo {
		return 0, nil
	}
	now := s.e.Clock.Now()
	if !r.begun { // before anything is sent
		if r.unseen, err = s.e.Store.Unseen(ctx, s.c.ID(), now.Add(-unseenFor), maxUnseen); err != nil {
			return 0, fmt.Errorf("look for what was not reported: %w", err)
		}
		r.begun, r.done = true, len(r.unseen) == 0
	}
	if left := time.Until(r.again); r.done || !s.c.isCaughtUp() || left > 0 {
		return max(left, 0), nil
	}
	unseen, err := s.e.Store.Unseen(ctx, s.c.ID(), now.Add(-unseenFor), maxUnseen)
	if err != nil {
		return 0, fmt.Errorf("look for what was not reported: %w", err)
	}
	unseen = slices.DeleteFunc(unseen, func(o bot.Outgoing) bool {
		return !slices.ContainsFunc(r.unseen, func(x bot.Outgoing) bool { return x.Key == o.Key && x.Message == o.Message })
	})
	var missing []bot.Outgoing
	for _, out := range unseen {
		if s.missing(ctx, witness, finder, out) {
			missing = append(missing, out)
		}
	}
	if len(missing) > 0 && r.again.IsZero() {
		r.again = time.Now().Add(s.e.Limits.Patience)
		return s.e.Limits.Patience, nil
	}
	for _, out := range missing {
		s.e.Log.WarnContext(ctx, "the chat has lost a message that it had taken, it is sent again", "chat", s.c.ID(), "room", out.Room, "kind", out.Kind)
		if err := s.e.Store.Lost(ctx, s.e.epoch, now, out); err != nil {
			return 0, fmt.Errorf("note a lost message: %w", err)
		}
	}
	r.done = true
	return 0, nil
}

// missing reports whether the server has nothing of a message, as far as it can say now.
func (s *sender) missing(ctx context.Context, witness Witness, finder Finder, out bot.Outgoing) bool {
	has, err := witness.Has(ctx, out.Room, out.Message)
	if has {
		return false
	}
	var found bot.MessageID
	if err == nil {
		found, err = finder.Find(ctx, out.Room, out.Key, out.Revision)
	}
	if err != nil && ctx.Err() == nil { // then it stays as it is; the next start asks again
		s.e.Log.WarnContext(ctx, "the chat cannot say whether it still has a message", "chat", s.c.ID(), "room", out.Room, "kind", out.Kind, "error", err)
	}
	return err == nil && found == ""
}
