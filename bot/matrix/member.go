package matrix

import (
	"context"
	"fmt"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"lotse/bot"
)

// Members implements engine.Census. The server is asked each time: no list of members is
// kept, and what a sync tells of them is not all.
func (c *Chat) Members(ctx context.Context, room bot.RoomID) ([]bot.UserID, error) {
	resp, err := c.client.JoinedMembers(ctx, id.RoomID(room.Local()))
	if err != nil {
		return nil, fmt.Errorf("ask who is in room %s: %w", room.Local(), err)
	}
	users := make([]bot.UserID, 0, len(resp.Joined))
	for user := range resp.Joined {
		users = append(users, userID(user))
	}
	return users, nil
}

// newcomer reads that somebody else is new in a room. Who was there before is not: not one
// that changes their name, nor one that left and comes back. What they were before, the
// server says beside the event; it need not where a gap is filled, and then an event that
// says nothing tells nothing.
func (c *Chat) newcomer(e *event.Event, in id.RoomID, gap bool) (timed, bool) {
	if e.Type.Type != event.StateMember.Type || e.StateKey == nil || e.ID == "" || !parse(e) {
		return timed{}, false
	}
	who, m := id.UserID(*e.StateKey), e.Content.AsMember()
	if who == c.self || e.Sender != who || m.Membership != event.MembershipJoin {
		return timed{}, false
	}
	before := ""
	if prev := e.Unsigned.PrevContent; prev != nil {
		before, _ = prev.Raw["membership"].(string)
	} else if gap || e.Unsigned.ReplacesState != "" {
		return timed{}, false
	}
	switch event.Membership(before) {
	case "", event.MembershipInvite, event.MembershipKnock:
	default:
		return timed{}, false
	}
	called := bot.DisplayName(m.Displayname)
	if called == "" {
		called = bot.DisplayName(who.Localpart())
	}
	return timed{place: e.Timestamp, Event: bot.Event{
		ID:     eventID(e.ID),
		Kind:   bot.EventMember,
		Room:   roomID(in),
		Sender: userID(who),
		Name:   called,
		At:     c.at(e.Timestamp),
	}}, true
}
