package enginetest

import (
	"fmt"

	"lotse/bot"
)

// Name gives an account a display name.
func (c *Chat) Name(user bot.UserID, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.names[user] = name
}

// Inject lets something happen: each event is put into the rooms as people would see
// it, and will be handed over, in this order and in one piece. What is left out is
// filled in: ids, the display name; a zero At is when the engine takes it in. It
// returns the ids.
func (c *Chat) Inject(events ...bot.Event) []bot.MessageID {
	c.mu.Lock()
	defer c.mu.Unlock()
	var ids []bot.MessageID
	for _, e := range events {
		r := c.room(e.Room)
		if e.Message == "" && e.Kind != bot.EventInvitation && e.Kind != bot.EventForm {
			e.Message = c.nextID(e.Room, r)
		}
		if e.ID == "" {
			e.ID = bot.EventID(e.Message)
			if e.Message == "" {
				e.ID = bot.EventID(c.nextID(e.Room, r))
			}
		}
		if e.Name == "" {
			e.Name = c.name(e.Sender)
		}
		c.show(r, e)
		c.log = append(c.log, e)
		ids = append(ids, e.Message)
	}
	c.touch()
	return ids
}

// Replaces makes a room say, when the bot joins it, that it was created to replace
// another one.
func (c *Chat) Replaces(room, old bot.RoomID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.room(room).replaces = old
}

// show does to the room what people see of an event; c.mu is held.
func (c *Chat) show(r *room, e bot.Event) {
	switch e.Kind {
	case bot.EventMessage:
		r.messages = append(r.messages, &Message{
			ID: e.Message, Sender: e.Sender, Name: e.Name, Text: e.Text, Thread: e.Thread, ReplyTo: e.ReplyTo,
		})
	case bot.EventEdit:
		if m := r.message(e.Target); m != nil {
			m.Text, m.Edits = e.Text, m.Edits+1
		}
	case bot.EventReaction:
		if m := r.message(e.Target); m != nil {
			m.Reactions = append(m.Reactions, Reaction{e.Message, e.Emoji, e.Sender, e.Name})
			r.reactions[e.Message] = m
		}
	case bot.EventDeletion:
		r.unreact(e.Target)
		if m := r.message(e.Target); m != nil {
			m.Deleted, m.Text, m.Reactions = true, "", nil
		}
	case bot.EventLeft:
		r.left = true
	case bot.EventJoined:
		r.left = false
	}
}

// Say lets somebody write into a room and returns the message.
func (c *Chat) Say(room bot.RoomID, who bot.UserID, text string) bot.MessageID {
	return c.Inject(bot.Event{Kind: bot.EventMessage, Room: room, Sender: who, Text: text})[0]
}

// SayIn lets somebody write into a thread.
func (c *Chat) SayIn(room bot.RoomID, who bot.UserID, thread bot.MessageID, text string) bot.MessageID {
	return c.Inject(bot.Event{Kind: bot.EventMessage, Room: room, Sender: who, Thread: thread, Text: text})[0]
}

// Reply lets somebody answer to a message.
func (c *Chat) Reply(room bot.RoomID, who bot.UserID, to bot.MessageID, text string) bot.MessageID {
	return c.Inject(bot.Event{Kind: bot.EventMessage, Room: room, Sender: who, ReplyTo: to, Text: text})[0]
}

// React lets somebody react to a message and returns the reaction.
func (c *Chat) React(room bot.RoomID, who bot.UserID, to bot.MessageID, emoji string) bot.MessageID {
	return c.Inject(bot.Event{Kind: bot.EventReaction, Room: room, Sender: who, Target: to, Emoji: emoji})[0]
}

// Edit lets somebody change a message; it stays in its thread.
func (c *Chat) Edit(room bot.RoomID, who bot.UserID, message bot.MessageID, text string) bot.MessageID {
	e := bot.Event{Kind: bot.EventEdit, Room: room, Sender: who, Target: message, Text: text}
	for _, m := range c.Room(room) {
		if m.ID == message {
			e.Thread = m.Thread
		}
	}
	return c.Inject(e)[0]
}

// Delete lets somebody take back a message or a reaction.
func (c *Chat) Delete(room bot.RoomID, who bot.UserID, target bot.MessageID) bot.MessageID {
	return c.Inject(bot.Event{Kind: bot.EventDeletion, Room: room, Sender: who, Target: target})[0]
}

// Invite lets somebody invite the bot.
func (c *Chat) Invite(room bot.RoomID, who bot.UserID, name string) {
	c.Inject(bot.Event{
		ID: bot.EventID(fmt.Sprintf("invite %s %s", room, who)), Kind: bot.EventInvitation, Room: room, Sender: who, RoomName: name,
	})
}
