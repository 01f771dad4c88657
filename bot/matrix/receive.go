package matrix

import (
	"context"
	"slices"
	"strings"
	"time"

	"go.mau.fi/util/variationselector"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"lotse/bot"
)

// traceField is the content field that marks the bot's own events.
const traceField = "org.lotse"

// timed is an event with its place among those of other rooms: its server's time,
// but never before that of an earlier event of its room.
type timed struct {
	bot.Event
	place int64
}

// merge puts the events of several rooms into one order: each room's own stays,
// between rooms it goes by time.
func merge(rooms [][]timed) []bot.Event {
	var all []timed
	for _, events := range rooms {
		place := int64(0)
		for _, e := range events {
			place = max(place, e.place)
			e.place = place
			all = append(all, e)
		}
	}
	slices.SortStableFunc(all, func(a, b timed) int { return int(min(max(a.place-b.place, -1), 1)) })
	var events []bot.Event
	for _, e := range all {
		events = append(events, e.Event)
	}
	return events
}

// at is when something happened: never in our future, and in a rehearsal always
// now.
func (c *Chat) at(ms int64) time.Time {
	now := c.now()
	if t := time.UnixMilli(ms); ms > 0 && !c.rehears && t.Before(now) {
		return t
	}
	return now
}

// parse reads an event's content. What does not fit its type is no event for us.
func parse(e *event.Event) bool {
	e.Type.Class = event.MessageEventType
	if e.StateKey != nil {
		e.Type.Class = event.StateEventType
	}
	if e.Content.Parsed != nil {
		return true
	}
	return e.Content.ParseRaw(e.Type) == nil && e.Content.Parsed != nil
}

// read turns an event of a joined room's timeline into a neutral one; ok is false
// for what is of no interest. Membership is the business of the caller.
func (c *Chat) read(ctx context.Context, e *event.Event, in id.RoomID, r room) (out bot.Event, ok bool) {
	if e.ID == "" || e.Sender == "" || e.StateKey != nil || !parse(e) {
		return out, false
	}
	out = bot.Event{
		ID:      eventID(e.ID),
		Room:    roomID(in),
		Sender:  userID(e.Sender),
		Message: messageID(e.ID),
		At:      c.at(e.Timestamp),
		Direct:  r.isDirect(e.Sender),
	}
	if e.Sender == c.self {
		return c.readOwn(e, out)
	}
	switch e.Type {
	case event.EventMessage:
		ok = c.readMessage(ctx, e, in, &out)
		out.Doubt = doubt(e, r)
	case event.EventReaction:
		rel := e.Content.AsReaction().RelatesTo
		out.Kind = bot.EventReaction
		out.Target = optional(rel.GetAnnotationID())
		out.Emoji = clean(bot.Cut(variationselector.Remove(rel.GetAnnotationKey()), maxEmoji))
		ok = out.Target != "" && out.Emoji != ""
	case event.EventRedaction:
		out.Kind = bot.EventDeletion
		out.Target = optional(redacted(e))
		ok = out.Target != ""
	}
	if !ok {
		return bot.Event{}, false
	}
	if out.Kind != bot.EventDeletion {
		out.Name = c.nameOf(ctx, in, e.Sender)
	}
	return out, true
}

// redacted is what a redaction takes back. Since room version 11 the target stands in
// the content.
func redacted(e *event.Event) id.EventID {
	if !parse(e) {
		return ""
	}
	if target := e.Content.AsRedaction().Redacts; target != "" {
		return target
	}
	return e.Redacts
}

func (c *Chat) readMessage(ctx context.Context, e *event.Event, in id.RoomID, out *bot.Event) bool {
	content := e.Content.AsMessage()
	rel := content.RelatesTo
	out.Kind = bot.EventMessage
	if target := rel.GetReplaceID(); target != "" {
		if content = content.NewContent; content == nil {
			return false
		}
		if out.Kind, out.Target = bot.EventEdit, optional(target); out.Target == "" {
			return false
		}
	} else {
		out.Thread = optional(rel.GetThreadParent())
		out.ReplyTo = optional(rel.GetNonFallbackReplyTo())
	}
	if !content.MsgType.IsText() {
		return false // pictures, files; and what was deleted before we saw it
	}
	c.mu.Lock()
	own := c.own
	c.mu.Unlock()
	s := hear(content, c.self, own, func(u id.UserID) string { return c.nameOf(ctx, in, u) })
	out.Text, out.Mentions, out.ToBot = s.text, s.mentions, s.toBot
	out.Notice = content.MsgType == event.MsgNotice
	return true
}

// readOwn makes an echo of the bot's own originals. Its edits and redactions have
// none: they stand where the original stands.
func (c *Chat) readOwn(e *event.Event, out bot.Event) (bot.Event, bool) {
	if e.Type == event.EventEncrypted { // of a device whose keys are lost
		out.Sent, _ = e.Content.Raw[sealedField].(string)
		out.Kind, out.Direct = bot.EventEcho, false
		return out, out.Sent != "" && e.Content.AsEncrypted().RelatesTo.GetReplaceID() == ""
	}
	if e.Type != event.EventMessage && e.Type != event.EventReaction {
		return out, false
	}
	t, ok := traceOf(e)
	if !ok || t.Key == "" || e.Type == event.EventMessage && e.Content.AsMessage().RelatesTo.GetReplaceID() != "" {
		return out, false
	}
	out.Kind, out.Key, out.Revision, out.Direct = bot.EventEcho, t.Key, t.Rev, false
	return out, true
}

// traceOf reads the mark of the bot's own events.
func traceOf(e *event.Event) (trace, bool) {
	m, ok := e.Content.Raw[traceField].(map[string]any)
	if !ok {
		return trace{}, false
	}
	key, _ := m["key"].(string)
	kind, _ := m["kind"].(string)
	ref, _ := m["ref"].(string)
	rev, _ := m["rev"].(float64)
	return trace{Key: bot.Key(key), Kind: bot.Kind(kind), Ref: ref, Rev: int(rev)}, true
}

// maxNames is how many display names are kept; beyond it they are asked for anew.
const maxNames = 2000

// learn takes display names from member events.
func (c *Chat) learn(events []*event.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range events {
		if e.Type.Type != event.StateMember.Type || e.StateKey == nil || !parse(e) {
			continue
		}
		if m := e.Content.AsMember(); m.Membership == event.MembershipJoin {
			c.keepName(id.UserID(*e.StateKey), m.Displayname)
		}
	}
}

// keepName notes a display name; the caller holds the mutex.
func (c *Chat) keepName(u id.UserID, displayed string) {
	if len(c.names) >= maxNames {
		clear(c.names)
	}
	n := bot.DisplayName(displayed)
	if n == "" {
		n = bot.DisplayName(u.Localpart())
	}
	c.names[u] = strings.Clone(n)
}

// nameOf returns what people see instead of a user id. Servers send the names of
// people who write only once per device, so an unknown one is asked for.
func (c *Chat) nameOf(ctx context.Context, in id.RoomID, u id.UserID) string {
	c.mu.Lock()
	n, ok := c.names[u]
	c.mu.Unlock()
	if ok {
		return n
	}
	ctx, cancel := c.limited(ctx)
	defer cancel()
	var m event.MemberEventContent
	if err := c.client.StateEvent(ctx, in, event.StateMember, string(u), &m); err != nil && !denied(err) {
		return bot.DisplayName(u.Localpart()) // it is away or busy: ask again next time
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keepName(u, m.Displayname)
	return c.names[u]
}
