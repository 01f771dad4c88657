// Package enginetest holds a chat for tests: it behaves like a homeserver, but
// everything that can go wrong goes wrong on demand.
//
// A [Chat] keeps one timeline of all that happened in all rooms. Run hands it over
// from where the last Run stopped, so that a restarted engine gets what it missed,
// and nothing twice unless [Chat.Rewind] is called. Own messages come back as
// echoes, in order, unless [Chat.HoldEchoes] is called. A transaction id is
// remembered, so that a repeated send makes nothing new, until
// [Chat.ForgetTransactions] is called. [Chat.Faults] scripts what goes wrong with
// each send. Ids are counted for each room, so that they do not depend on the order
// in which rooms are served.
package enginetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"lotse/bot"
)

// Fault is what happens to one send.
type Fault struct {
	// Err is what Send returns.
	Err error
	// Carried: the operation is carried out although Err is returned.
	Carried bool
}

// ErrConnection is the error of a send of which nothing was heard.
var ErrConnection = errors.New("connection reset")

// LostAnswer is a send that arrived, but its answer did not.
func LostAnswer() Fault { return Fault{Err: ErrConnection, Carried: true} }

// LostRequest is a send that did not arrive; the sender sees the same as of LostAnswer.
func LostRequest() Fault { return Fault{Err: ErrConnection} }

// Refused is a server that does not take it now; see [bot.SendError].
func Refused(e bot.SendError) Fault {
	e.Refused = true
	if e.Err == nil {
		e.Err = errors.New("too many requests")
	}
	return Fault{Err: &e}
}

// Forbidden is a server that does not take it, now and for ever.
func Forbidden() Fault {
	return Fault{Err: &bot.SendError{Err: errors.New("forbidden"), Final: true, Refused: true}}
}

// Send is one call of Send, as it came.
type Send struct {
	bot.Outgoing
	ID  bot.MessageID
	Err error
}

// Chat is an engine.Chat, Finder, DirectOpener and Settler that records.
type Chat struct {
	id  bot.ChatID
	bot bot.UserID

	mu        sync.Mutex
	can       bot.Abilities
	log       []bot.Event // what happened, in order; echoes too
	handed    int         // how much of it was handed over
	held      []bot.Event // echoes that are held back
	holding   bool
	txns      map[string]bot.MessageID
	rooms     map[bot.RoomID]*room
	names     map[bot.UserID]string
	directs   map[bot.UserID]bot.RoomID
	sends     []Send
	tries     map[string]int
	finds     int
	faults    func(out bot.Outgoing, try int) Fault
	loggedOut bool
	delay     <-chan struct{}
	runs      int           // of Run, now
	ended     bool          // Run has returned for good
	changed   chan struct{} // closed and replaced when anything changes
}

// NewChat returns an empty chat that can do everything but forms.
func NewChat(id bot.ChatID) *Chat {
	return &Chat{
		id: id, bot: bot.UserID(id + ":@lotse"),
		can:   bot.Abilities{Threads: true, Reactions: true, Edits: true, Files: true, Echo: true, MaxBytes: 15_000},
		txns:  map[string]bot.MessageID{},
		rooms: map[bot.RoomID]*room{}, names: map[bot.UserID]string{}, directs: map[bot.UserID]bot.RoomID{},
		tries: map[string]int{}, changed: make(chan struct{}),
	}
}

// Fork returns a copy that goes its own way from here, without the faults.
func (c *Chat) Fork() *Chat {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := NewChat(c.id)
	f.can, f.handed, f.holding, f.finds = c.can, c.handed, c.holding, c.finds
	f.log, f.held, f.sends = slices.Clone(c.log), slices.Clone(c.held), slices.Clone(c.sends)
	f.txns, f.names, f.directs, f.tries = maps.Clone(c.txns), maps.Clone(c.names), maps.Clone(c.directs), maps.Clone(c.tries)
	for id, r := range c.rooms {
		f.rooms[id] = r.fork()
	}
	return f
}

// ID implements engine.Chat.
func (c *Chat) ID() bot.ChatID { return c.id }

// Bot is the account the bot has here.
func (c *Chat) Bot() bot.UserID { return c.bot }

// Abilities implements engine.Chat.
func (c *Chat) Abilities() bot.Abilities {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.can
}

// Can sets what the chat can do. Without Echo, own messages are not reported.
func (c *Chat) Can(can bot.Abilities) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.can = can
}

// Faults sets what goes wrong: f is asked before every send, with how often the
// same transaction was tried before. It may do other things as well; nil is nothing.
func (c *Chat) Faults(f func(out bot.Outgoing, try int) Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = f
}

// ForgetTransactions makes the server forget which transactions it has seen.
func (c *Chat) ForgetTransactions() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.txns)
}

// LogOut makes Run and every send end with bot.ErrLoggedOut.
func (c *Chat) LogOut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.loggedOut = true
	c.touch()
}

// Rewind makes the last n happenings be handed over again.
func (c *Chat) Rewind(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.handed = max(0, c.handed-n)
	c.touch()
}

// HoldEchoes keeps own messages from being reported until ReleaseEchoes.
func (c *Chat) HoldEchoes() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.holding = true
}

// ReleaseEchoes reports what was held back, after all that happened meanwhile.
func (c *Chat) ReleaseEchoes() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log = append(c.log, c.held...)
	c.held, c.holding = nil, false
	c.touch()
}

// Delay makes Run hand over nothing before the channel is closed.
func (c *Chat) Delay(until <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.delay = until
}

// touch tells those who wait that something changed; c.mu is held.
func (c *Chat) touch() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// Run implements engine.Chat.
func (c *Chat) Run(ctx context.Context, deliver bot.Deliver) (err error) {
	c.mu.Lock()
	c.runs, c.ended = c.runs+1, false
	delay := c.delay
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.runs--
		c.ended = c.runs == 0 && (err == nil || errors.Is(err, bot.ErrLoggedOut)) // else it is called again
		c.touch()
	}()
	if delay != nil {
		select {
		case <-delay:
		case <-ctx.Done():
			return nil
		}
	}
	for first := true; ; {
		c.mu.Lock()
		upTo, changed, out := len(c.log), c.changed, c.loggedOut
		events := slices.Clone(c.log[c.handed:])
		c.mu.Unlock()
		if out {
			return fmt.Errorf("sync: %w", bot.ErrLoggedOut)
		}
		if first || len(events) > 0 {
			if err := deliver(ctx, bot.Batch{Events: events, CaughtUp: first}); err != nil {
				if ctx.Err() != nil {
					return nil
				}
				return err
			}
			first = false
			c.mu.Lock()
			c.handed = max(c.handed, upTo)
			c.touch()
			c.mu.Unlock()
			continue
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
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

// Send implements engine.Chat.
func (c *Chat) Send(_ context.Context, out bot.Outgoing) (bot.MessageID, error) {
	c.mu.Lock()
	faults, try := c.faults, c.tries[out.Transaction]
	c.tries[out.Transaction]++
	c.mu.Unlock()
	var fault Fault
	if faults != nil {
		fault = faults(out, try)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var id bot.MessageID
	err := fault.Err
	switch {
	case c.loggedOut:
		err = fmt.Errorf("send: %w", bot.ErrLoggedOut)
	case fault.Err == nil:
		id, err = c.carryOut(out)
	case fault.Carried:
		if _, wrong := c.carryOut(out); wrong != nil {
			err = wrong
		}
	}
	c.sends = append(c.sends, Send{out, id, err})
	return id, err
}

// Find implements engine.Finder.
func (c *Chat) Find(_ context.Context, id bot.RoomID, key bot.Key, revision int) (bot.MessageID, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.finds++
	r := c.rooms[id]
	if r == nil {
		return "", nil
	}
	return r.did(key, revision), nil
}

// Has implements engine.Witness.
func (c *Chat) Has(_ context.Context, id bot.RoomID, message bot.MessageID) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.rooms[id]
	return r != nil && slices.ContainsFunc(r.own, func(o own) bool { return o.id == message }), nil
}

// LoseUnseen makes the server forget what the bot has sent and was not yet told of:
// messages, reactions, and that it sent them.
func (c *Chat) LoseUnseen() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range append(slices.Clone(c.log[c.handed:]), c.held...) {
		if e.Kind == bot.EventEcho {
			c.room(e.Room).lose(e.Message)
		}
	}
	echo := func(e bot.Event) bool { return e.Kind == bot.EventEcho }
	c.log = append(c.log[:c.handed:c.handed], slices.DeleteFunc(slices.Clone(c.log[c.handed:]), echo)...)
	c.held = nil
	clear(c.txns)
	c.touch()
}

// OpenDirect implements engine.DirectOpener.
func (c *Chat) OpenDirect(_ context.Context, user bot.UserID) (bot.RoomID, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.directs[user] == "" {
		c.directs[user] = bot.RoomID(c.id) + ":direct-" + bot.RoomID(user.Local())
	}
	return c.directs[user], nil
}

// Members implements engine.Census.
func (c *Chat) Members(_ context.Context, id bot.RoomID) ([]bot.UserID, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.room(id).members), nil
}

// Attend sets who is in a room, beside the bot; before, the chat cannot say.
func (c *Chat) Attend(id bot.RoomID, users ...bot.UserID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.room(id).members = append(users, c.bot)
}

// Sends returns every call of Send so far, as they ended.
func (c *Chat) Sends() []Send {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.sends)
}

// Finds returns how often the chat was asked for one of its own messages.
func (c *Chat) Finds() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.finds
}
