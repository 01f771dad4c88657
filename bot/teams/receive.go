package teams

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"lotse/bot"
)

// read turns an activity into neutral events, with what is to be remembered, and says
// what the request is answered with (nil: nothing but that it arrived).
func (c *Chat) read(ctx context.Context, a *activity) (batch bot.Batch, answer any, err error) {
	n := &news{p: c.people, values: map[string]string{}}
	room, thread := a.where()
	e := bot.Event{Room: roomID(room), At: c.at(a.Timestamp), Direct: a.kind() == personal}
	if thread != "" && thread != a.ID {
		e.Thread = messageID(room, thread)
	}
	if e.Sender, err = c.account(ctx, a.From, n); err != nil {
		return batch, nil, err
	}
	e.Name = bot.DisplayName(a.From.Name)
	e.Direct = e.Direct && a.From.ID != c.self
	if err := n.set(ctx, a.ServiceURL, "service"); err != nil {
		return batch, nil, err
	}

	var events []bot.Event
	here := true
	switch a.Type {
	case "message":
		events, err = c.message(ctx, a, e, n)
	case "messageUpdate":
		if a.ID != "" && (a.ChannelData.Event == "" || a.ChannelData.Event == "editMessage" || a.ChannelData.Event == "undeleteMessage") {
			e.Kind, e.Target = bot.EventEdit, messageID(room, a.ID)
			e.ID = happening(a, e)
			e.Thread, err = "", c.hear(ctx, a, &e, n)
			events = append(events, e)
		}
	case "messageDelete":
		if a.ID != "" {
			e.Kind, e.Target = bot.EventDeletion, messageID(room, a.ID)
			e.ID, e.Name, e.Thread = happening(a, e), "", ""
			events = append(events, e)
		}
	case "messageReaction":
		e.Thread = ""
		events, err = c.reacted(ctx, a, e, n)
	case "installationUpdate", "conversationUpdate":
		if events, here = c.moved(a, e); len(events) > 0 {
			var others []bot.Event
			others, err = c.teamMoved(ctx, a, events[0])
			events = append(events, others...)
		}
	case "invoke":
		events, answer, err = c.invoked(ctx, a, e, n)
	}
	if err != nil {
		return batch, nil, err
	}

	// Whatever happens in a room shows that the bot is in it.
	ref, known, err := c.people.reference(ctx, room)
	if err != nil {
		return batch, nil, err
	}
	if ref.Here { // an installation is told of in two ways
		events = slices.DeleteFunc(events, func(e bot.Event) bool { return e.Kind == bot.EventJoined && e.Room == roomID(room) })
	}
	now := reference{Service: a.ServiceURL, Kind: a.kind(), Tenant: a.tenant(), With: ref.With, Here: here && (ref.Here || len(events) > 0)}
	if now.Kind == personal && a.From.ID != c.self && a.From.ID != "" {
		now.With = e.Sender.Local()
		if err := n.set(ctx, room, "direct", now.With); err != nil {
			return batch, nil, err
		}
	}
	if here && !ref.Here && len(events) > 0 && events[0].Kind != bot.EventJoined {
		j := e
		j.Kind, j.ID, j.Thread, j.ReplyTo, j.RoomName = bot.EventJoined, bot.EventID(string(ID)+":joined/"+room+"/"+a.ID), "", "", a.roomName()
		events = append([]bot.Event{j}, events...)
	}
	if p := a.roster(); p != "" {
		// A channel says of its team only that the bot is there; that it has gone, the team's first.
		if team := p != room; !team || now.Here {
			if err := c.settled(ctx, place{ID: p, Service: a.ServiceURL}, now.Here, n); err != nil {
				return batch, nil, err
			}
		}
	}
	if known || len(events) > 0 {
		if err := n.set(ctx, now.String(), "room", room); err != nil {
			return batch, nil, err
		}
	}
	for _, e := range events {
		if other := e.Room.Local(); other != room { // another channel of the team
			ref, _, err := c.people.reference(ctx, other)
			if err != nil {
				return batch, nil, err
			}
			if ref.Here = e.Kind == bot.EventJoined; ref.Here && ref.Service == "" {
				ref = reference{Service: a.ServiceURL, Kind: inTeam, Tenant: a.tenant(), Here: true}
			}
			if err := n.set(ctx, ref.String(), "room", other); err != nil {
				return batch, nil, err
			}
		}
	}
	if team := a.team(); team != "" && team != "?" && (known || len(events) > 0) {
		channel, there := room, a.ChannelData.Event != "channelDeleted"
		if !there || a.ChannelData.Event == "channelRestored" {
			channel = a.ChannelData.Channel.ID
		}
		if err := n.channel(ctx, team, channel, there); err != nil {
			return batch, nil, err
		}
	}
	return bot.Batch{Events: events, Remember: n.values}, answer, nil
}

// at is when something happened: never in our future, and in a rehearsal always now.
func (c *Chat) at(t time.Time) time.Time {
	now := c.now()
	if t.IsZero() || c.rehears || t.After(now) {
		return now
	}
	return t
}

// happening is the id of what happened to something that has the id itself: the
// same if it is delivered again.
func happening(a *activity, e bot.Event) bot.EventID {
	sum := sha256.Sum256([]byte(a.Text + "\x00" + string(e.Sender)))
	return bot.EventID(strings.Join([]string{string(ID) + ":" + a.Type, e.Room.Local(), a.ID, a.ReplyTo,
		strconv.FormatInt(a.Timestamp.UnixMilli(), 10), hex.EncodeToString(sum[:6])}, "/"))
}

func (a *activity) roomName() string {
	for _, n := range []string{a.ChannelData.Channel.Name, a.Conversation.Name, a.ChannelData.Team.Name} {
		if n = bot.DisplayName(n); n != "" {
			return n
		}
	}
	return ""
}

// message is what somebody wrote, or a form that was filled in the old way.
func (c *Chat) message(ctx context.Context, a *activity, e bot.Event, n *news) ([]bot.Event, error) {
	if a.ID == "" || a.From.ID == c.self {
		return nil, nil
	}
	room := e.Room.Local()
	e.Message = messageID(room, a.ID)
	e.ID = bot.EventID(e.Message)
	if a.ReplyTo != "" {
		if e.ReplyTo = messageID(room, a.ReplyTo); e.ReplyTo == e.Thread {
			e.ReplyTo = ""
		}
	}
	if a.submitted() {
		p, fields, ok := pressed(a.Value)
		if !ok || a.ReplyTo == "" {
			return nil, nil
		}
		events, no, err := c.acted(ctx, a, e, p, fields, n)
		if no != "" {
			c.log.InfoContext(ctx, "a form was not taken, and its sender could not be told: a client without Action.Execute", "reason", no)
		}
		return events, err
	}
	e.Kind = bot.EventMessage
	if err := c.hear(ctx, a, &e, n); err != nil {
		return nil, err
	}
	if e.Text == "" && !e.ToBot {
		return nil, nil // pictures, files
	}
	return []bot.Event{e}, nil
}

// moved reports whether the bot has come into a conversation or gone.
func (c *Chat) moved(a *activity, e bot.Event) (events []bot.Event, here bool) {
	self := func(all []account) bool {
		for _, m := range all {
			if m.ID == c.self || m.ID != "" && m.ID == a.Recipient.ID {
				return true
			}
		}
		return false
	}
	e.ID = bot.EventID(strings.Join([]string{string(ID) + ":" + a.Type, e.Room.Local(), a.ID, strconv.FormatInt(a.Timestamp.UnixMilli(), 10)}, "/"))
	e.Thread, e.RoomName = "", a.roomName()
	switch {
	case a.Action == "remove" || a.Action == "remove-upgrade", self(a.Removed):
		if a.Action == "remove-upgrade" {
			return nil, true // it is being replaced by a newer version
		}
		e.Kind = bot.EventLeft
		return []bot.Event{e}, false
	case a.ChannelData.Event == "teamDeleted" || a.ChannelData.Event == "teamHardDeleted":
		e.Kind = bot.EventLeft
		return []bot.Event{e}, false
	case (a.ChannelData.Event == "channelDeleted" || a.ChannelData.Event == "channelRestored") && a.ChannelData.Channel.ID != "":
		e.Kind, e.Room, e.Direct = bot.EventLeft, roomID(a.ChannelData.Channel.ID), false
		if a.ChannelData.Event == "channelRestored" {
			e.Kind = bot.EventJoined
		}
		// It is said in the team's first channel, where the bot still is.
		return []bot.Event{e}, true
	case a.Action == "add" || a.Action == "add-upgrade", self(a.Added):
		e.Kind = bot.EventJoined
		return []bot.Event{e}, true
	}
	return nil, true
}

// teamMoved is what it means for the other channels of a team that the bot was put into it,
// or taken out: it is told of the team's first channel only, whose id is the team's. In the
// channels where it was before, it is again.
func (c *Chat) teamMoved(ctx context.Context, a *activity, first bot.Event) ([]bot.Event, error) {
	room := first.Room.Local()
	if a.kind() != inTeam || room != a.team() {
		return nil, nil
	}
	channels, err := c.people.channels(ctx, room)
	var events []bot.Event
	for _, channel := range channels {
		if channel == room {
			continue
		}
		ref, known, err := c.people.reference(ctx, channel)
		if err != nil {
			return nil, err
		}
		if !known || ref.Here == (first.Kind == bot.EventJoined) {
			continue
		}
		e := first
		e.ID, e.Room, e.RoomName = bot.EventID(string(first.ID)+"/"+channel), roomID(channel), ""
		events = append(events, e)
	}
	return events, err
}

// reacted reads reactions. Teams gives them no id, and says of one that is taken back
// only what kind it was: so what an account has put on a message is remembered, and when it
// last did so, because an older activity may come again.
func (c *Chat) reacted(ctx context.Context, a *activity, e bot.Event, n *news) ([]bot.Event, error) {
	if a.ReplyTo == "" {
		return nil, nil
	}
	room := e.Room.Local()
	target := messageID(room, a.ReplyTo)
	where := c.people.name("reacted", string(target), string(e.Sender))
	value, err := c.people.recall(ctx, where)
	if err != nil {
		return nil, err
	}
	standing := map[string]string{} // the reaction's id, by type; under "" when the last one was
	if value != "" {
		if err := json.Unmarshal([]byte(value), &standing); err != nil {
			return nil, err
		}
	}
	if last, err := strconv.ParseInt(standing[""], 10, 64); err == nil && a.Timestamp.UnixMilli() < last {
		return nil, nil
	}
	standing[""] = strconv.FormatInt(a.Timestamp.UnixMilli(), 10)
	base := string(happening(a, e))
	var events []bot.Event
	for i, r := range a.Unreacted {
		id := standing[r.Type]
		if id == "" || i >= maxReactions {
			continue // put before the bot knew, or taken back before
		}
		delete(standing, r.Type)
		d := e
		d.Kind, d.ID, d.Target, d.Name = bot.EventDeletion, bot.EventID(base+"/-"+r.Type), bot.MessageID(id), ""
		events = append(events, d)
	}
	for i, r := range a.Reacted {
		emoji := c.emoji(r.Type)
		if emoji == "" || i >= maxReactions || len(r.Type) > maxReaction {
			continue
		}
		put := e
		put.Kind, put.ID, put.Target, put.Emoji = bot.EventReaction, bot.EventID(base+"/+"+r.Type), target, emoji
		put.Message = bot.MessageID(put.ID)
		if standing[r.Type] != "" && standing[r.Type] != string(put.Message) {
			continue // it stands already
		}
		standing[r.Type] = string(put.Message)
		events = append(events, put)
	}
	after, err := json.Marshal(standing)
	if err == nil && len(events) > 0 && string(after) != value {
		n.values[where] = string(after)
	}
	return events, err
}

const (
	maxReactions = 20 // of one activity
	maxReaction  = 64 // bytes of a reaction's type
)
