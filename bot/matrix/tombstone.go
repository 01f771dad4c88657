package matrix

import (
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"lotse/bot"
)

// A room is upgraded by two events: m.room.tombstone, which closes the old room and
// names the new one, and m.room.create of the new room, which names the old one. They
// become bot.EventMoved and bot.Event.Other of bot.EventJoined; what follows from that,
// the rules decide.

// moved reads a tombstone.
func (c *Chat) moved(e *event.Event, in id.RoomID) (timed, bool) {
	if e.Type.Type != event.StateTombstone.Type || e.StateKey == nil || *e.StateKey != "" || e.ID == "" || !parse(e) {
		return timed{}, false
	}
	out := timed{place: e.Timestamp, Event: bot.Event{
		ID:     eventID(e.ID),
		Kind:   bot.EventMoved,
		Room:   roomID(in),
		Sender: userID(e.Sender),
		At:     c.at(e.Timestamp),
	}}
	if next := e.Content.AsTombstone().ReplacementRoom; next != "" && next != in {
		out.Other = roomID(next)
	}
	return out, true
}

// predecessor reads which room a room says it replaces, "" if none.
func predecessor(create *event.Event) id.RoomID {
	if before := create.Content.AsCreate().Predecessor; before != nil {
		return before.RoomID
	}
	return ""
}
