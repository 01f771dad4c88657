package enginetest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"lotse/bot"
)

// room is what stands in a room, as a client would show it.
type room struct {
	count     int
	joined    bool
	left      bool
	replaces  bot.RoomID   // the room that this one was created to replace
	members   []bot.UserID // nil: the chat cannot say
	messages  []*Message
	reactions map[bot.MessageID]*Message // reaction → what it is on
	own       []own
	news      []string // what the bot did since News was called
}

// own is an original, an edit or a deletion of the bot.
type own struct {
	key      bot.Key
	revision int
	id       bot.MessageID
	original bool
}

// Again ends the id of what the bot did under a key and revision that stood there already:
// behind it is the id of the one before.
const Again = "-again"

// did is the id of what the bot did last under a key and revision, "" if nothing.
func (r *room) did(key bot.Key, revision int) bot.MessageID {
	for _, o := range slices.Backward(r.own) {
		if o.key == key && o.revision == revision {
			return o.id
		}
	}
	return ""
}

// Message is a message as a client shows it: with its edits and reactions.
type Message struct {
	ID        bot.MessageID
	Key       bot.Key  // the bot's
	Kind      bot.Kind // the bot's
	Sender    bot.UserID
	Name      string
	Text      string
	Mentions  []bot.UserID // of the bot's
	File      *bot.File    // of the bot's
	Form      *bot.Form    // of the bot's
	Quiet     bool
	Thread    bot.MessageID
	ReplyTo   bot.MessageID
	Edits     int
	Deleted   bool
	Reactions []Reaction
}

// Reaction is an emoji that somebody put on a message.
type Reaction struct {
	ID     bot.MessageID
	Emoji  string
	Sender bot.UserID
	Name   string
}

func (m Message) clone() Message {
	m.Mentions, m.Reactions = slices.Clone(m.Mentions), slices.Clone(m.Reactions)
	return m
}

// shown is what one sees of a message: its words, and below them the name of its file.
func (m Message) shown() string {
	text := m.Text
	if m.File != nil {
		text += "\n[Datei: " + m.File.Name + "]"
	}
	if m.Form == nil {
		return text
	}
	folded := ""
	if m.Form.Folded {
		folded = " (eingeklappt)"
	}
	for _, in := range m.Form.Fields {
		value := in.Value
		for _, o := range in.Options {
			if o.Value == in.Value {
				value = o.Label
			}
		}
		if value == "" && len(in.Options) == 0 {
			value = "(" + in.Hint + ")"
		}
		text += "\n▢ " + in.Label + folded + ": " + value
		if in.Many {
			for _, o := range in.Options {
				text += " ▢ " + o.Label
			}
		}
	}
	for i, b := range m.Form.Buttons {
		if i == 0 {
			text += "\n"
		} else {
			text += " "
		}
		text += "[" + b.Label + "]"
	}
	return text
}

func (r *room) fork() *room {
	f := *r
	f.messages, f.own, f.news = nil, slices.Clone(r.own), slices.Clone(r.news)
	copies := map[*Message]*Message{}
	for _, m := range r.messages {
		c := m.clone()
		copies[m] = &c
		f.messages = append(f.messages, &c)
	}
	f.reactions = maps.Clone(r.reactions)
	for id, m := range f.reactions {
		f.reactions[id] = copies[m]
	}
	return &f
}

func (r *room) message(id bot.MessageID) *Message {
	for _, m := range r.messages {
		if m.ID == id {
			return m
		}
	}
	return nil
}

// lose makes an original be as if it had never been.
func (r *room) lose(id bot.MessageID) {
	r.unreact(id)
	r.messages = slices.DeleteFunc(r.messages, func(m *Message) bool { return m.ID == id })
	r.own = slices.DeleteFunc(r.own, func(o own) bool { return o.id == id })
}

func (r *room) unreact(id bot.MessageID) {
	if m := r.reactions[id]; m != nil {
		m.Reactions = slices.DeleteFunc(m.Reactions, func(x Reaction) bool { return x.ID == id })
		delete(r.reactions, id)
	}
}

// room returns a room, made when first named; c.mu is held.
func (c *Chat) room(id bot.RoomID) *room {
	r := c.rooms[id]
	if r == nil {
		r = &room{reactions: map[bot.MessageID]*Message{}}
		c.rooms[id] = r
	}
	return r
}

func (c *Chat) name(user bot.UserID) string {
	switch name, ok := c.names[user]; {
	case ok:
		return name
	case user == c.bot:
		return "Lotse"
	default:
		return strings.TrimPrefix(user.Local(), "@")
	}
}

// nextID counts the ids of a room.
func (c *Chat) nextID(id bot.RoomID, r *room) bot.MessageID {
	r.count++
	return bot.MessageID(fmt.Sprintf("%s:$%s/%d", c.id, id.Local(), r.count))
}

// final is an error of a send that no repetition mends.
func final(text string) error {
	return &bot.SendError{Err: errors.New(text), Final: true, Refused: true}
}

// carryOut does what the bot sends; c.mu is held.
func (c *Chat) carryOut(out bot.Outgoing) (bot.MessageID, error) {
	if out.Room.Chat() != c.id {
		return "", final("room of another chat: " + string(out.Room))
	}
	if out.Transaction == "" || out.Key == "" || out.Revision < 1 {
		return "", final(fmt.Sprintf("send without transaction, key or revision: %+v", out))
	}
	if id, ok := c.txns[out.Transaction]; ok {
		return id, nil
	}
	r := c.room(out.Room)
	r.left = r.left && out.Op != bot.OpJoin
	if r.left {
		return "", final("not in the room")
	}
	switch out.Op {
	case bot.OpJoin, bot.OpLeave:
		r.joined, r.left = out.Op == bot.OpJoin, out.Op == bot.OpLeave
		r.tell("Lotse: %s", out.Op)
		kind := bot.EventLeft
		if r.joined {
			kind = bot.EventJoined
		}
		id := c.nextID(out.Room, r)
		e := bot.Event{ID: bot.EventID(id), Kind: kind, Room: out.Room, Sender: c.bot}
		if r.joined {
			e.Other = r.replaces
		}
		c.happen(e)
		c.txns[out.Transaction] = ""
		return "", nil
	}
	if err := r.check(out, c.can); err != nil {
		return "", err
	}
	var id bot.MessageID
	switch first := r.did(out.Key, out.Revision); { // what is done twice changes no other id
	case out.Absent:
		id = out.Message + "-deleted"
	case first != "":
		id = first + Again
	default:
		id = c.nextID(out.Room, r)
	}
	switch {
	case out.Absent && out.Op == bot.OpReaction:
		r.tell("Lotse: %s zurückgenommen", r.emoji(out.Message))
		r.unreact(out.Message)
	case out.Absent:
		m := r.message(out.Message)
		r.tell("Lotse löscht «%s»", short(m.Text))
		m.Deleted, m.Text, m.File, m.Reactions = true, "", nil, nil
		m.Form = nil
	case out.Op == bot.OpReaction:
		m := r.message(out.Target)
		m.Reactions = append(m.Reactions, Reaction{id, out.Emoji, c.bot, c.name(c.bot)})
		r.reactions[id] = m
		r.tell("Lotse: %s auf «%s»", out.Emoji, short(m.Text))
	case out.Message != "":
		m := r.message(out.Message)
		m.Text, m.Mentions, m.File, m.Form, m.Edits = string(out.Text.Markdown), out.Text.Mentions, out.File, out.Text.Form, m.Edits+1
		r.tell("%sLotse ändert: %s", margin(m.Thread), indent(m.shown(), m.Thread))
	default:
		m := &Message{
			ID: id, Key: out.Key, Kind: out.Kind, Sender: c.bot, Name: c.name(c.bot),
			Text: string(out.Text.Markdown), Mentions: out.Text.Mentions, Quiet: out.Text.Quiet,
			File: out.File, Form: out.Text.Form, Thread: out.Thread, ReplyTo: out.ReplyTo,
		}
		r.messages = append(r.messages, m)
		r.tell("%sLotse: %s", margin(m.Thread), indent(m.shown(), m.Thread))
	}
	r.own = append(r.own, own{out.Key, out.Revision, id, out.Message == "" && !out.Absent})
	c.txns[out.Transaction] = id
	if c.can.Echo {
		c.echo(bot.Event{
			ID: bot.EventID(id), Kind: bot.EventEcho, Room: out.Room, Sender: c.bot, Message: id,
			Target: out.Message, Thread: out.Thread, Key: out.Key, Revision: out.Revision,
		})
	}
	return id, nil
}

// check refuses what a server would refuse, or a client could not show.
func (r *room) check(out bot.Outgoing, can bot.Abilities) error {
	known := func(id bot.MessageID) bool { return id == "" || r.message(id) != nil }
	switch {
	case out.Op != bot.OpMessage && out.Op != bot.OpReaction:
		return final("unknown operation " + string(out.Op))
	case !known(out.Thread):
		return final("no such thread: " + string(out.Thread))
	case !known(out.ReplyTo):
		return final("no such message to reply to: " + string(out.ReplyTo))
	case out.Op == bot.OpReaction && !can.Reactions:
		return final("no reactions here")
	case out.Op == bot.OpReaction && out.Absent && out.Message == "":
		return final("no reaction to take back")
	case out.Op == bot.OpReaction && !out.Absent && r.message(out.Target) == nil:
		return final("no such message to react to: " + string(out.Target))
	case out.Op == bot.OpMessage && out.Message != "" && r.message(out.Message) == nil:
		return final("no such message to change: " + string(out.Message))
	case out.Op == bot.OpMessage && out.Absent && out.Message == "":
		return final("no message to take back")
	case out.Op == bot.OpMessage && !out.Absent && out.Text.Markdown == "":
		return final("empty message")
	case out.File != nil && !can.Files:
		return final("no files here")
	case can.MaxBytes > 0 && len(out.Text.Markdown) > can.MaxBytes:
		return final("too large")
	}
	return nil
}

func (r *room) emoji(reaction bot.MessageID) string {
	if m := r.reactions[reaction]; m != nil {
		for _, x := range m.Reactions {
			if x.ID == reaction {
				return x.Emoji
			}
		}
	}
	return "?"
}

func (r *room) tell(format string, args ...any) {
	r.news = append(r.news, fmt.Sprintf(format, args...))
}

// echo reports an own message, or holds it back; c.mu is held.
func (c *Chat) echo(e bot.Event) {
	if c.holding {
		c.held = append(c.held, e)
		return
	}
	c.happen(e)
}

// happen appends to the timeline; c.mu is held.
func (c *Chat) happen(e bot.Event) {
	c.log = append(c.log, e)
	c.touch()
}

// Rooms lists the rooms in which anything stands, by id.
func (c *Chat) Rooms() []bot.RoomID {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.rooms))
}

// Room returns what stands in a room, in order, with edits, reactions and deletions
// applied.
func (c *Chat) Room(id bot.RoomID) []Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []Message
	for _, m := range c.room(id).messages {
		all = append(all, m.clone())
	}
	return all
}

// Message returns the last message that the bot wrote under a key, and whether there
// is one.
func (c *Chat) Message(id bot.RoomID, key bot.Key) (Message, bool) {
	all := c.Room(id)
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Key == key {
			return all[i], true
		}
	}
	return Message{}, false
}

// Said lists the keys of the messages and reactions that the bot has put into a room, in
// order; edits and deletions are none, and what was deleted is still listed.
func (c *Chat) Said(id bot.RoomID) []bot.Key {
	c.mu.Lock()
	defer c.mu.Unlock()
	var keys []bot.Key
	for _, o := range c.room(id).own {
		if o.original {
			keys = append(keys, o.key)
		}
	}
	return keys
}

// Doubled lists what the bot has said twice, as "room key": an original of the same
// revision, or two messages or reactions that stand under one key.
func (c *Chat) Doubled() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var doubled []string
	for id, r := range c.rooms {
		revisions, standing := map[own]bool{}, map[bot.Key]bool{}
		for _, o := range r.own {
			if !o.original {
				continue
			}
			m := r.message(o.id)
			stands := m != nil && !m.Deleted || r.reactions[o.id] != nil
			once := own{key: o.key, revision: o.revision}
			if revisions[once] || stands && standing[o.key] {
				doubled = append(doubled, string(id)+" "+string(o.key))
			}
			revisions[once] = true
			standing[o.key] = standing[o.key] || stands
		}
	}
	slices.Sort(doubled)
	return slices.Compact(doubled)
}

// News returns what the bot did in a room since it was last asked, one line or more
// for each: the output of a dialogue.
//
//	Lotse: a message
//	  Lotse: a message in a thread
//	Lotse ändert: its new text
//	Lotse: 🟢 auf «the beginning of the message …»
func (c *Chat) News(id bot.RoomID) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.room(id)
	news := r.news
	r.news = nil
	if len(news) == 0 {
		return ""
	}
	return strings.Join(news, "\n") + "\n"
}

// Transcript is a room as a reader sees it in the end, as golden text: threads
// stand indented under their first message, reactions under what they are on.
//
//	Lotse: Guten Morgen …
//	    🔁 Lotse
//	  Lotse: **Status aktuell** …
//	      🟢 Lotse, Maria Beispiel · 🟡 Lotse · 🔴 Lotse
//	  Maria Beispiel: gelb (geändert)
//	Erika Muster ↪ «Guten Morgen …»: danke
//	Lotse: (gelöscht)
func (c *Chat) Transcript(id bot.RoomID) string { return transcript(c.Room(id)) }

// Once is the Transcript of a room as if nothing stood there twice: of what the bot said
// again only the last one is left.
func (c *Chat) Once(id bot.RoomID) string {
	messages, again := c.Room(id), map[bot.MessageID]bool{}
	for _, m := range messages {
		if first, ok := strings.CutSuffix(string(m.ID), Again); ok {
			again[bot.MessageID(first)] = true
		}
	}
	messages = slices.DeleteFunc(messages, func(m Message) bool { return again[m.ID] })
	for i := range messages {
		for _, id := range []*bot.MessageID{&messages[i].ID, &messages[i].Thread, &messages[i].ReplyTo} {
			*id = bot.MessageID(strings.ReplaceAll(string(*id), Again, ""))
		}
	}
	return transcript(messages)
}

func transcript(messages []Message) string {
	var b strings.Builder
	text := func(id bot.MessageID) string {
		for _, m := range messages {
			if m.ID == id {
				return short(m.Text)
			}
		}
		return "?"
	}
	write := func(m Message) {
		lead := margin(m.Thread)
		b.WriteString(lead + m.Name)
		if m.ReplyTo != "" {
			b.WriteString(" ↪ «" + text(m.ReplyTo) + "»")
		}
		b.WriteString(": ")
		if m.Deleted {
			b.WriteString("(gelöscht)")
		} else {
			b.WriteString(indent(m.shown(), m.Thread))
		}
		if m.Edits > 0 && !m.Deleted {
			b.WriteString(" (geändert)")
		}
		b.WriteString("\n")
		if len(m.Reactions) > 0 {
			b.WriteString(lead + "    " + reactions(m.Reactions) + "\n")
		}
	}
	for _, m := range messages {
		if m.Thread != "" {
			continue
		}
		write(m)
		for _, t := range messages {
			if t.Thread == m.ID {
				write(t)
			}
		}
	}
	return b.String()
}

// reactions are gathered by emoji, in the order in which each came first.
func reactions(all []Reaction) string {
	var emojis []string
	names := map[string][]string{}
	for _, r := range all {
		if names[r.Emoji] == nil {
			emojis = append(emojis, r.Emoji)
		}
		names[r.Emoji] = append(names[r.Emoji], r.Name)
	}
	for i, e := range emojis {
		emojis[i] = e + " " + strings.Join(names[e], ", ")
	}
	return strings.Join(emojis, " · ")
}

func margin(thread bot.MessageID) string {
	if thread == "" {
		return ""
	}
	return "  "
}

// indent puts the second and further lines of a text under the first.
func indent(text string, thread bot.MessageID) string {
	return strings.ReplaceAll(text, "\n", "\n"+margin(thread)+"    ")
}

// short is the beginning of a text, to recognise it by.
func short(text string) string {
	line, _, more := strings.Cut(text, "\n")
	if r := []rune(line); len(r) > 40 {
		line, more = strings.TrimSpace(string(r[:40])), true
	}
	if more {
		line += "…"
	}
	return line
}
