package console

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"lotse/bot"
)

// Say lets somebody write into a room, into a thread if one is given, and returns
// the message.
func (c *Chat) Say(room bot.RoomID, who bot.UserID, text string, thread bot.MessageID) bot.MessageID {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := &message{id: c.nextID(), room: room, sender: who, text: text, thread: thread}
	c.messages[m.id] = m
	r := c.room(room)
	c.happen(r, c.event(bot.EventMessage, m), happening{message: m})
	return m.id
}

// React lets somebody put an emoji on a message and returns the reaction.
func (c *Chat) React(room bot.RoomID, who bot.UserID, target bot.MessageID, emoji string) bot.MessageID {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := &message{id: c.nextID(), room: room, sender: who, emoji: emoji, target: target}
	c.messages[m.id] = m
	e := c.event(bot.EventReaction, m)
	e.Target, e.Emoji = target, strings.ReplaceAll(emoji, "\ufe0f", "")
	c.happen(c.room(room), e, happening{reaction: m})
	return m.id
}

// Edit lets somebody change a message. Whoever did not write it changes nothing, as
// in any chat.
func (c *Chat) Edit(room bot.RoomID, who bot.UserID, target bot.MessageID, text string) bot.MessageID {
	c.mu.Lock()
	defer c.mu.Unlock()
	on := c.messages[target]
	if on == nil || on.sender != who || on.room != room || on.gone {
		return ""
	}
	m := &message{id: c.nextID(), room: room, sender: who, text: text, thread: on.thread}
	e := c.event(bot.EventEdit, m)
	e.Target = target
	c.happen(c.room(room), e, c.edited(on, text))
	return m.id
}

// Delete lets somebody take back their own message or reaction.
func (c *Chat) Delete(room bot.RoomID, who bot.UserID, target bot.MessageID) bot.MessageID {
	c.mu.Lock()
	defer c.mu.Unlock()
	on := c.messages[target]
	if on == nil || on.sender != who || on.room != room || on.gone {
		return ""
	}
	m := &message{id: c.nextID(), room: room, sender: who}
	e := c.event(bot.EventDeletion, m)
	e.Target = target
	var h happening
	if on.emoji != "" {
		on.gone = true
		h = happening{note: fmt.Sprintf("%s nimmt %s zurück", c.name(who), on.emoji), message: on}
	} else {
		h = c.deleted(on, who)
	}
	c.happen(c.room(room), e, h)
	return m.id
}

// Invite lets somebody invite the bot into a room.
func (c *Chat) Invite(room bot.RoomID, who bot.UserID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.room(room)
	e := bot.Event{
		ID: bot.EventID(c.nextID()), Kind: bot.EventInvitation, Room: room, Sender: who, Name: c.name(who),
		At: c.now(), RoomName: r.heading,
	}
	c.happen(r, e, happening{note: fmt.Sprintf("%s lädt %s ein", c.name(who), c.name(Bot))})
}

// Join lets somebody come into a room who was not there before.
func (c *Chat) Join(room bot.RoomID, who bot.UserID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := bot.Event{ID: bot.EventID(c.nextID()), Kind: bot.EventMember, Room: room, Sender: who, Name: c.name(who), At: c.now()}
	c.happen(c.room(room), e, happening{note: fmt.Sprintf("%s ist neu hier", c.name(who))})
}

// now is the time of an event; zero leaves it to the engine.
func (c *Chat) now() time.Time {
	if c.print.now == nil {
		return time.Time{}
	}
	return c.print.now()
}

// event makes an event of what a person did; c.mu is held.
func (c *Chat) event(kind bot.EventKind, m *message) bot.Event {
	e := bot.Event{
		ID: bot.EventID(m.id), Kind: kind, Room: m.room, Sender: m.sender, Name: c.name(m.sender), At: c.now(),
		Message: m.id, Thread: m.thread, Text: m.text, Direct: m.room == Direct(m.sender),
	}
	c.mention(&e)
	return e
}

// mention finds who is named in a text: "@Maria Beispiel", by the whole name or by
// the account's; c.mu is held. The bot's own name at the beginning is cut off.
func (c *Chat) mention(e *bot.Event) {
	if !strings.Contains(e.Text, "@") && !strings.HasPrefix(e.Text, c.names[Bot]) {
		return
	}
	for user := range c.names {
		for _, called := range []string{c.names[user], strings.TrimPrefix(user.Local(), "@")} {
			if !named(e.Text, "@"+called) {
				continue
			}
			if user != Bot {
				e.Mentions = append(e.Mentions, bot.Mention{User: user, Name: called})
			}
			break
		}
	}
	slices.SortFunc(e.Mentions, func(a, b bot.Mention) int { return strings.Compare(string(a.User), string(b.User)) })
	for _, called := range []string{"@" + c.names[Bot], "@" + strings.TrimPrefix(Bot.Local(), "@"), c.names[Bot] + ":"} {
		if rest, ok := strings.CutPrefix(e.Text, called); ok {
			e.ToBot, e.Text = true, strings.TrimLeft(rest, " :,")
			return
		}
	}
}

// named reports whether a name stands in a text as a whole word.
func named(text, name string) bool {
	_, after, ok := strings.Cut(text, name)
	return ok && (after == "" || !isWord(rune(after[0])))
}

func isWord(r rune) bool {
	return r == '_' || r == '-' || r >= 0x80 || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

// Own returns the bot's last message in a room, "" if there is none, and the thread
// it is in.
func (c *Chat) Own(room bot.RoomID) (id, thread bot.MessageID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for n := c.count; n > 0; n-- {
		m := c.messages[bot.MessageID(fmt.Sprintf("%s:$%d", ID, n))]
		if m != nil && m.room == room && m.sender == Bot && m.emoji == "" && !m.gone && m.text != "" {
			return m.id, m.thread
		}
	}
	return "", ""
}
