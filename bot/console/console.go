// Package console is a chat on a terminal: the first adapter, and the one that the
// demo plays on.
//
// A [Chat] holds its rooms in memory. The bot's messages come by Send, people's by
// [Chat.Say], [Chat.React] and the like; both stand in one timeline, which Run hands
// over in order, own messages as echoes. What happens is shown in portions: a
// [Chat.Flush] (or, if nobody flushes, a short silence) prints what has gathered,
// room by room, threads indented behind a bar, reactions under what they are on:
//
//	━━ Serviceportal ━━━━━━━━━━━━━━━━━━━━━━━━━━━━ Mi 18.11. 09:00 ━━
//
//	  Lotse
//	  Projektcheck am Mittwoch, 25. November, 10 Uhr · Serviceportal
//	  🔁 Lotse
//
//	  │ Maria Beispiel
//	  │ gelb – die Schnittstelle kommt später
//	  │ 🟡 Lotse
//
// Whatever people write is stripped of what could steer the terminal.
package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"lotse/bot"
)

// ID is the chat's name: rooms are "console:…", accounts "console:@…".
const ID bot.ChatID = "console"

// Bot is the account the bot has here.
const Bot bot.UserID = "console:@lotse"

// Options say how a console looks; the zero value is plain, 80 columns wide, and
// written nowhere.
type Options struct {
	Out    io.Writer
	Colour bool
	Width  int
	// Now is the time shown beside a room's name; nil shows none.
	Now func() time.Time
	// Name is what the bot is called; empty: Lotse.
	Name string
	// Silence is how long nothing must have happened before what has gathered is
	// printed without a Flush; 0 is never.
	Silence time.Duration
}

const (
	defaultWidth = 80
	maxWidth     = 100 // longer lines are hard to read
)

// For returns the options that fit a file: the width of the terminal, and colours
// unless NO_COLOR is set (https://no-color.org) or the terminal is a dumb one.
func For(f *os.File) Options {
	o := Options{Out: f, Width: defaultWidth}
	if n := columns(f); n > 0 {
		o.Width = n
		o.Colour = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	}
	return o
}

// Terminal reports whether a file is a terminal.
func Terminal(f *os.File) bool { return columns(f) > 0 }

// Chat is the console. Its methods may be called from several goroutines.
type Chat struct {
	print printer

	mu       sync.Mutex
	count    int
	rooms    []*room
	names    map[bot.UserID]string
	txns     map[string]bot.MessageID
	messages map[bot.MessageID]*message
	log      []bot.Event // what happened, in order
	handed   int         // how much of it was handed over
	ended    bool
	changed  chan struct{} // closed and replaced when anything changes
}

type room struct {
	id      bot.RoomID
	heading string
	news    []happening // not yet printed
	left    bool
}

// message is a message or a reaction.
type message struct {
	id       bot.MessageID
	room     bot.RoomID
	sender   bot.UserID
	key      bot.Key
	revision int
	kind     bot.Kind
	text     string
	markdown bool
	file     string // what is shown of one
	thread   bot.MessageID
	replyTo  bot.MessageID
	emoji    string
	target   bot.MessageID // of a reaction
	gone     bool
}

// New returns a console without rooms.
func New(o Options) *Chat {
	if o.Out == nil {
		o.Out = io.Discard
	}
	if o.Width <= 0 {
		o.Width = defaultWidth
	}
	if o.Name == "" {
		o.Name = "Lotse"
	}
	c := &Chat{
		print: printer{out: o.Out, colour: o.Colour, width: max(20, min(o.Width, maxWidth)), now: o.Now, silence: o.Silence},
		names: map[bot.UserID]string{Bot: o.Name}, txns: map[string]bot.MessageID{},
		messages: map[bot.MessageID]*message{}, changed: make(chan struct{}),
	}
	return c
}

// ID implements engine.Chat.
func (c *Chat) ID() bot.ChatID { return ID }

// Abilities implements engine.Chat.
func (c *Chat) Abilities() bot.Abilities {
	return bot.Abilities{Threads: true, Reactions: true, Edits: true, Files: true, Echo: true, MaxBytes: 15_000}
}

// Room makes a room, or gives one another heading. Rooms are shown in the order in
// which they were made.
func (c *Chat) Room(id bot.RoomID, heading string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.room(id).heading = heading
}

// Person gives an account a name.
func (c *Chat) Person(user bot.UserID, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.names[user] = name
}

func (c *Chat) name(user bot.UserID) string {
	if name, ok := c.names[user]; ok {
		return oneLine(name)
	}
	return oneLine(strings.TrimPrefix(user.Local(), "@"))
}

// room returns a room, made when first named; c.mu is held.
func (c *Chat) room(id bot.RoomID) *room {
	for _, r := range c.rooms {
		if r.id == id {
			return r
		}
	}
	r := &room{id: id, heading: id.Local()}
	for user := range c.names {
		if id == Direct(user) {
			r.heading = "Direktchat mit " + c.name(user)
		}
	}
	c.rooms = append(c.rooms, r)
	return r
}

// touch tells those who wait that something changed; c.mu is held.
func (c *Chat) touch() {
	close(c.changed)
	c.changed = make(chan struct{})
}

func (c *Chat) nextID() bot.MessageID {
	c.count++
	return bot.MessageID(string(ID) + ":$" + strconv.Itoa(c.count))
}

// Run implements engine.Chat.
func (c *Chat) Run(ctx context.Context, deliver bot.Deliver) error {
	defer func() {
		c.mu.Lock()
		c.ended = true
		c.touch()
		c.mu.Unlock()
		c.Flush()
	}()
	for first := true; ; {
		c.mu.Lock()
		c.ended = false
		upTo, changed := len(c.log), c.changed
		events := slices.Clone(c.log[c.handed:])
		c.mu.Unlock()
		if first || len(events) > 0 {
			if err := deliver(ctx, bot.Batch{Events: events, CaughtUp: first}); err != nil {
				if ctx.Err() != nil {
					return nil
				}
				return err
			}
			first = false
			c.mu.Lock()
			c.handed = upTo
			c.touch()
			c.mu.Unlock()
			continue
		}
		if !c.wait(ctx, changed) {
			return nil
		}
	}
}

// wait waits for a change and prints when it stays silent; false: ctx has ended.
func (c *Chat) wait(ctx context.Context, changed <-chan struct{}) bool {
	var silent <-chan time.Time
	if c.print.silence > 0 && c.waiting() {
		timer := time.NewTimer(c.print.silence)
		defer timer.Stop()
		silent = timer.C
	}
	select {
	case <-changed:
	case <-silent:
		c.Flush()
	case <-ctx.Done():
		return false
	}
	return true
}

// Settle implements engine.Settler.
func (c *Chat) Settle(ctx context.Context) error {
	for {
		c.mu.Lock()
		done, changed := c.handed == len(c.log) || c.ended, c.changed
		c.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// final is an error of a send that no repetition mends.
func final(text string) error {
	return &bot.SendError{Err: errors.New(text), Final: true, Refused: true}
}

// Send implements engine.Chat.
func (c *Chat) Send(_ context.Context, out bot.Outgoing) (bot.MessageID, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if out.Room.Chat() != ID {
		return "", final("a room of another chat")
	}
	if id, ok := c.txns[out.Transaction]; ok {
		return id, nil
	}
	id, err := c.carryOut(out)
	if err != nil {
		return "", err
	}
	c.txns[out.Transaction] = id
	return id, nil
}

// carryOut does what the bot sends; c.mu is held.
func (c *Chat) carryOut(out bot.Outgoing) (bot.MessageID, error) {
	r := c.room(out.Room)
	if out.Op == bot.OpJoin || out.Op == bot.OpLeave {
		r.left = out.Op == bot.OpLeave
		kind, verb := bot.EventJoined, "betritt den Raum"
		if r.left {
			kind, verb = bot.EventLeft, "verlässt den Raum"
		}
		c.happen(r, bot.Event{ID: bot.EventID(c.nextID()), Kind: kind, Room: r.id, Sender: Bot, RoomName: r.heading}, happening{note: c.name(Bot) + " " + verb})
		return "", nil
	}
	about := out.Message
	if about == "" {
		about = out.Target
	}
	on := c.messages[about]
	if about != "" && (on == nil || on.room != out.Room) {
		return "", final("no such message")
	}
	m := &message{
		id: c.nextID(), room: out.Room, sender: Bot, key: out.Key, revision: out.Revision, kind: out.Kind,
		text: string(out.Text.Markdown), markdown: true, file: file(out.File), thread: out.Thread, replyTo: out.ReplyTo,
	}
	var h happening
	switch {
	case out.Absent && out.Op == bot.OpReaction:
		on.gone = true
		h = happening{note: fmt.Sprintf("%s nimmt %s zurück", c.name(Bot), on.emoji), message: on}
	case out.Absent:
		h = c.deleted(on, Bot)
	case out.Op == bot.OpReaction:
		if on == nil {
			return "", final("no message to react to")
		}
		m.emoji, m.target = out.Emoji, out.Target
		h = happening{reaction: m}
	case out.Message != "":
		h = c.edited(on, m.text)
		on.file = m.file
	default:
		h = happening{message: m}
	}
	c.messages[m.id] = m
	c.happen(r, bot.Event{
		ID: bot.EventID(m.id), Kind: bot.EventEcho, Room: out.Room, Sender: Bot, Message: m.id,
		Target: about, Thread: out.Thread, Key: out.Key, Revision: out.Revision,
	}, h)
	return m.id, nil
}

// edited and deleted change a message; c.mu is held.
func (c *Chat) edited(m *message, text string) happening {
	h := happening{message: m, edit: true, before: m.text}
	m.text = text
	return h
}

func (c *Chat) deleted(m *message, who bot.UserID) happening {
	h := happening{note: fmt.Sprintf("%s löscht «%s»", c.name(who), short(c.words(m))), inThread: m.thread}
	m.gone, m.text, m.file = true, "", ""
	return h
}

// words is a message's text as one sees it.
func (c *Chat) words(m *message) string {
	if !m.markdown {
		return m.text
	}
	return strings.Join((&printer{}).plain(m.text), "\n")
}

// happen puts something into the timeline and notes it for printing; c.mu is held.
func (c *Chat) happen(r *room, e bot.Event, h happening) {
	c.log = append(c.log, e)
	h.human, h.n = e.Sender != Bot, len(c.log)
	r.news = append(r.news, h)
	c.touch()
}

// Find implements engine.Finder.
func (c *Chat) Find(_ context.Context, room bot.RoomID, key bot.Key, revision int) (bot.MessageID, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, m := range c.messages {
		if m.room == room && m.key == key && m.revision == revision {
			return id, nil
		}
	}
	return "", nil
}

// OpenDirect implements engine.DirectOpener.
func (c *Chat) OpenDirect(_ context.Context, user bot.UserID) (bot.RoomID, error) {
	if user.Chat() != ID {
		return "", final("an account of another chat")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.room(Direct(user)).id, nil
}

// Direct is the direct chat with an account.
func Direct(user bot.UserID) bot.RoomID {
	return bot.RoomID(string(ID) + ":direct-" + strings.TrimPrefix(user.Local(), "@"))
}
