package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/olm"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"lotse/bot"
)

const (
	// keepUnread is how long a message that cannot be read is kept, in case its key comes.
	keepUnread = 7 * 24 * time.Hour
	// maxUnread and maxUnreadOf are how many such messages are kept, in all and of one
	// sender, so that nobody can fill the list.
	maxUnread   = 100
	maxUnreadOf = 10
	// maxUnreadBytes is how large one may be: no answer has so many.
	maxUnreadBytes = 32 << 10
)

// spot is where an event stands.
type spot struct {
	room  id.RoomID
	event id.EventID
}

// unread is an encrypted message that cannot be read yet. Its sender may still send the
// key: clients do when they come back to the network, or when we ask for it.
type unread struct {
	Room  id.RoomID       `json:"r"`
	Event json.RawMessage `json:"e"` // as it came, encrypted
	Since int64           `json:"s"` // Unix milliseconds, when it was first seen
	Asked bool            `json:"a,omitempty"`
	// Other: it is not for want of a key, so it is tried at every step.
	Other bool `json:"o,omitempty"`

	event *event.Event // what Event holds
}

// same reports whether nothing has changed for a message that cannot be read.
func (u unread) same(v unread) bool { return u.event.ID == v.event.ID && u.Asked == v.Asked }

// errNoKey: the message's room key has not come, or not the part of it that is needed.
var errNoKey = errors.New("the room key is missing")

// keyless are the reasons for which that is so.
var keyless = []error{crypto.ErrNoSessionFound, crypto.ErrGroupSessionWithheld, olm.ErrUnknownMessageIndex}

// worthless are the reasons for which a message will never be readable: it is broken,
// forged, or a copy of another one.
var worthless = []error{
	crypto.ErrCorruptedMegolmPayload, crypto.ErrUnsupportedAlgorithm, crypto.ErrIncorrectEncryptedContentType,
	crypto.ErrDuplicateMessageIndex, crypto.ErrWrongRoom, olm.ErrBadMAC, olm.ErrBadSignature, olm.ErrBadMessageFormat,
}

// unseal decrypts an event; one that is not encrypted is returned as it is. ok: it can
// be read. An error means that it may be readable later: errNoKey when its key comes, any
// other one when the database answers again.
func (c *Chat) unseal(ctx context.Context, in id.RoomID, e *event.Event) (clear *event.Event, ok bool, err error) {
	if e.Type.Type != event.EventEncrypted.Type || e.StateKey != nil {
		return e, true, nil
	}
	e.RoomID = in
	if c.cipher == nil || !parse(e) || e.Content.AsEncrypted().Algorithm == "" {
		return nil, false, nil // without an algorithm: it was deleted
	}
	m, done, err := c.machine(ctx)
	if err != nil {
		return nil, false, err
	}
	defer done()
	if !c.survives(func() { clear, err = m.DecryptMegolmEvent(ctx, e) }) {
		return nil, false, nil
	}
	if err == nil {
		return clear, true, nil
	}
	if slices.ContainsFunc(worthless, func(reason error) bool { return errors.Is(err, reason) }) {
		c.log.WarnContext(ctx, "an encrypted message is of no use", "room", in, "event", e.ID, "error", err)
		return nil, false, nil
	}
	if slices.ContainsFunc(keyless, func(reason error) bool { return errors.Is(err, reason) }) {
		err = fmt.Errorf("%w: %w", errNoKey, err)
	}
	return nil, false, fmt.Errorf("decrypt %s: %w", e.ID, err)
}

// unsealOrKeep decrypts an event; what cannot be read yet is kept in the step, unless
// the bot itself has sent it.
func (c *Chat) unsealOrKeep(ctx context.Context, in id.RoomID, e *event.Event, s *step) (*event.Event, bool) {
	if e.Type.Type == event.EventRedaction.Type {
		s.deleted = append(s.deleted, spot{in, redacted(e)})
	}
	clear, ok, err := c.unseal(ctx, in, e)
	if err == nil {
		return clear, ok
	}
	if e.Sender == c.self {
		return e, true // of a device we had once, see readOwn
	}
	keyless := errors.Is(err, errNoKey)
	c.log.InfoContext(ctx, "a message cannot be read yet", "room", in, "event", e.ID, "error", err)
	raw, err := json.Marshal(e)
	if err != nil || len(raw) > maxUnreadBytes {
		return nil, false
	}
	s.unread = append(s.unread, unread{Room: in, Event: raw, Since: time.Now().UnixMilli(), Other: !keyless, event: e})
	return nil, false
}

// late reads again what could not be read before, as far as its key has come, and says
// what has been unreadable for too long. It adds to the step what happened and what
// remains; the step's own unreadable messages are among it.
func (c *Chat) late(ctx context.Context, s *step) []timed {
	deleted := func(u unread) bool { return slices.Contains(s.deleted, spot{u.Room, u.event.ID}) }
	waiting := slices.DeleteFunc(slices.Clone(c.unread), deleted)
	fresh := slices.DeleteFunc(s.unread, deleted)
	s.unread = nil
	if len(waiting)+len(fresh) == 0 {
		return nil
	}
	keys := c.cipher.newKeys()
	s.keys = keys
	var out []timed
	for _, u := range waiting {
		since := time.UnixMilli(u.Since)
		if time.Since(since) > keepUnread {
			continue
		}
		if sealed := u.event.Content.AsEncrypted(); keys[sealed.SessionID] || u.Other || !c.tried {
			clear, ok, err := c.unseal(ctx, u.Room, u.event)
			if err == nil {
				c.mu.Lock()
				r, inside := c.rooms[u.Room]
				c.mu.Unlock()
				if ok && inside {
					if ev, ok := c.read(ctx, clear, u.Room, r); ok {
						out = append(out, timed{Event: ev, place: clear.Timestamp})
					}
				}
				continue
			}
		}
		if !u.Asked && time.Since(since) > c.keyWait {
			u.Asked = true
			if ev, ok := c.unreadable(ctx, u); ok {
				out = append(out, timed{Event: ev, place: u.event.Timestamp})
			}
		}
		s.unread = append(s.unread, u)
	}
	c.requestKeys(ctx, fresh)
	s.unread = bounded(append(s.unread, fresh...))
	return out
}

// bounded drops the oldest of what would be too much.
func bounded(all []unread) []unread {
	of := map[id.UserID]int{}
	var kept []unread
	for _, u := range slices.Backward(all) {
		if of[u.event.Sender]++; len(kept) < maxUnread && of[u.event.Sender] <= maxUnreadOf {
			kept = append(kept, u)
		}
	}
	slices.Reverse(kept)
	return kept
}

// unreadable is the event of a message that still cannot be read. Where it stands is no
// secret; edits have no place of their own.
func (c *Chat) unreadable(ctx context.Context, u unread) (bot.Event, bool) {
	c.mu.Lock()
	r, inside := c.rooms[u.Room]
	c.mu.Unlock()
	rel := u.event.Content.AsEncrypted().RelatesTo
	if !inside {
		return bot.Event{}, false
	}
	ev := bot.Event{
		ID:      eventID(u.event.ID) + "/unreadable",
		Kind:    bot.EventUnreadable,
		Room:    roomID(u.Room),
		Sender:  userID(u.event.Sender),
		Name:    c.nameOf(ctx, u.Room, u.event.Sender),
		At:      c.at(u.event.Timestamp),
		Message: messageID(u.event.ID),
		Direct:  r.isDirect(u.event.Sender),
	}
	if rel != nil {
		ev.Target = optional(rel.GetReplaceID())
		ev.Thread, ev.ReplyTo = optional(rel.GetThreadParent()), optional(rel.GetNonFallbackReplyTo())
	}
	return ev, true
}

// requestKeys asks the devices that wrote what cannot be read for the keys, once each.
// Not to get them is no failure: not all clients answer.
func (c *Chat) requestKeys(ctx context.Context, fresh []unread) {
	if len(fresh) == 0 {
		return
	}
	m, done, err := c.machine(ctx)
	if err != nil {
		return
	}
	defer done()
	asked := map[id.SessionID]bool{}
	for _, u := range fresh {
		sealed := u.event.Content.AsEncrypted()
		if asked[sealed.SessionID] || len(asked) >= maxUnreadOf {
			continue
		}
		asked[sealed.SessionID] = true
		ctx, cancel := c.limited(ctx)
		err := m.SendRoomKeyRequest(ctx, u.Room, sealed.SenderKey, sealed.SessionID, "",
			map[id.UserID][]id.DeviceID{u.event.Sender: {"*"}})
		cancel()
		if err != nil {
			c.log.DebugContext(ctx, "a room key could not be asked for", "room", u.Room, "error", err)
		}
	}
}

// recallUnread reads what could not be read before the start.
func (c *Chat) recallUnread(ctx context.Context) error {
	stored, err := c.memory.Recall(ctx, c.memo("unread"))
	if err != nil || stored == "" || c.cipher == nil {
		return err
	}
	var all []unread
	if err := json.Unmarshal([]byte(stored), &all); err != nil {
		return fmt.Errorf("recall unread messages: %w", err)
	}
	for _, u := range all {
		u.event = &event.Event{}
		if json.Unmarshal(u.Event, u.event) == nil && parse(u.event) && u.event.Content.AsEncrypted() != nil {
			c.unread = append(c.unread, u)
		}
	}
	return nil
}

// unreadText is how it is remembered what cannot be read.
func unreadText(all []unread) (string, error) {
	if len(all) == 0 {
		return "", nil
	}
	b, err := json.Marshal(all)
	if err != nil {
		return "", fmt.Errorf("remember unread messages: %w", err)
	}
	return string(b), nil
}

// doubt says why a message in an encrypted room may be somebody else's.
func doubt(e *event.Event, r room) bot.Doubt {
	switch trust := e.Mautrix.TrustState; {
	case !r.Encrypted || trust >= id.TrustStateCrossSignedTOFU:
		return ""
	case !e.Mautrix.WasEncrypted:
		return bot.DoubtClear
	case trust == id.TrustStateCrossSignedUntrusted:
		return bot.DoubtIdentity
	}
	return bot.DoubtDevice
}
