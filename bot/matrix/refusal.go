package matrix

import (
	"context"
	"errors"
	"fmt"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"lotse/bot"
)

// errAllowedNow: nothing forbids any more what was refused a moment ago.
var errAllowedNow = errors.New("the bot has got the power meanwhile")

// explain finds out whether it is the room that refuses, not the message: the bot is
// not in it, or has not got the power. While it may not write, a message can wait:
// people give the power back. A reaction would hold up the messages behind it.
func (c *Chat) explain(ctx context.Context, out bot.Outgoing, err error) error {
	refusal, ok := errors.AsType[*bot.SendError](err)
	if !ok || !refusal.Final || out.Absent || !errors.Is(err, mautrix.MForbidden) && !errors.Is(err, mautrix.MNotFound) {
		return err
	}
	switch out.Op {
	case bot.OpLeave:
		return err
	case bot.OpJoin:
		refusal.Why = bot.RefusedAway
		return err
	}
	inside, errInside := c.inside(ctx, id.RoomID(out.Room.Local()))
	if errInside == nil && !inside {
		refusal.Why = bot.RefusedAway
		return err
	}
	may, errMay := c.CheckRoom(ctx, out.Room)
	switch {
	case errInside != nil || errMay != nil:
		// Not known; the next try says more, if there can be one.
		refusal.Final = denied(errors.Join(errInside, errMay))
	case !may.MayWrite:
		refusal.Why = bot.RefusedMute
		refusal.Final = out.Op == bot.OpReaction && !may.MayReact
	case out.Op == bot.OpReaction && !may.MayReact:
		refusal.Why = bot.RefusedReactions
	case errors.Is(err, mautrix.MForbidden):
		return fmt.Errorf("%w: %w", errAllowedNow, err)
	}
	return err
}

// inside asks whether the bot is in a room. Of a room that it has left, servers still
// show what it was like then.
func (c *Chat) inside(ctx context.Context, in id.RoomID) (bool, error) {
	ctx, cancel := c.limited(ctx)
	defer cancel()
	var m event.MemberEventContent
	err := c.client.StateEvent(ctx, in, event.StateMember, string(c.self), &m)
	if denied(err) {
		return false, nil
	}
	return m.Membership == event.MembershipJoin, err
}
