package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lotse/bot"
)

// A server that lost power can have forgotten what it had taken and shown to nobody. We
// would never hear of it: the message counts as sent, only its echo does not come. So
// once a chat has caught up after a start, what it has not reported is asked for. A
// message is sent again only if the server has neither its id nor, in the room, its key;
// one that somebody has deleted has kept its id.

const (
	// unseenFor is how far back is looked, by the clock.
	unseenFor = 24 * time.Hour
	// maxUnseen is how many are looked for; more are not in flight at once.
	maxUnseen = 100
)

// recover looks, once, for what the server has lost.
func (s *sender) recover(ctx context.Context) error {
	witness, ok := s.c.Chat.(Witness)
	finder, finds := s.c.Chat.(Finder)
	if s.recovered || !s.c.isCaughtUp() || s.c.isLoggedOut() {
		return nil
	}
	if !ok || !finds || !s.c.Abilities().Echo {
		s.recovered = true
		return nil
	}
	now := s.e.Clock.Now()
	unseen, err := s.e.Store.Unseen(ctx, s.c.ID(), now.Add(-unseenFor), maxUnseen)
	if err != nil {
		return fmt.Errorf("look for what was not reported: %w", err)
	}
	s.recovered = true
	for _, out := range unseen {
		lost, err := lost(ctx, witness, finder, out)
		if err != nil {
			if ctx.Err() == nil {
				s.e.Log.WarnContext(ctx, "the chat cannot say whether it still has a message", "chat", s.c.ID(), "room", out.Room, "kind", out.Kind, "error", err)
			}
			if refused, ok := errors.AsType[*bot.SendError](err); ok && refused.Final {
				continue // this room's own trouble
			}
			return nil // the next start asks again
		}
		if !lost {
			continue
		}
		s.e.Log.WarnContext(ctx, "the chat has lost a message that it had taken, it is sent again", "chat", s.c.ID(), "room", out.Room, "kind", out.Kind)
		if err := s.e.Store.Lost(ctx, s.e.epoch, now, out); err != nil {
			return fmt.Errorf("note a lost message: %w", err)
		}
	}
	return nil
}

// lost reports whether the server has, for certain, nothing of a message.
func lost(ctx context.Context, witness Witness, finder Finder, out bot.Outgoing) (bool, error) {
	has, err := witness.Has(ctx, out.Room, out.Message)
	if has || err != nil {
		return false, err
	}
	found, err := finder.Find(ctx, out.Room, out.Key, out.Revision)
	return found == "", err
}
