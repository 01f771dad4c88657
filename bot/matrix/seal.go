package matrix

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"lotse/bot"
)

// maxSealed is how many bytes the content of an encrypted event may have before it is
// encrypted: afterwards it has a third more, see maxContent.
const maxSealed = 44000

// handOuts is how often a new room key is handed out for one message, if people come and
// go meanwhile.
const handOuts = 3

// seal encrypts the content of an event. A room key that is new, or was made before
// somebody came, left or got another device, is first given to everybody's devices.
// The ratchet's step is in the database before anything is sent; an error means that
// nothing was.
func (c *Chat) seal(ctx context.Context, in id.RoomID, kind event.Type, content any) (*event.EncryptedEventContent, error) {
	m, done, err := c.machine(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if err := c.catchUpDevices(ctx, m); err != nil {
		return nil, err
	}
	sealed, err := m.EncryptMegolmEvent(ctx, in, kind, content)
	if !errors.Is(err, crypto.ErrNoGroupSession) && !errors.Is(err, crypto.ErrSessionExpired) && !errors.Is(err, crypto.ErrSessionNotShared) {
		return sealed, err
	}
	for range handOuts {
		changed, err := c.cipher.handOut(in, func() error { return c.handOut(ctx, m, in) })
		if err != nil {
			return nil, err
		}
		if !changed {
			return m.EncryptMegolmEvent(ctx, in, kind, content)
		}
		if err := m.CryptoStore.RemoveOutboundGroupSession(ctx, in); err != nil {
			return nil, fmt.Errorf("drop an outdated room key: %w", err)
		}
	}
	return nil, errors.New("who is in the room changes all the time")
}

// handOut gives a new room key to everybody who shall be able to read.
func (c *Chat) handOut(ctx context.Context, m *crypto.OlmMachine, in id.RoomID) error {
	members, err := c.audience(ctx, in)
	if err != nil {
		return fmt.Errorf("ask who is in the room: %w", err)
	}
	c.log.DebugContext(ctx, "a new room key is handed out", "room", in, "people", len(members))
	if err := m.ShareGroupSession(ctx, in, members); err != nil {
		return fmt.Errorf("hand out a new room key: %w", err)
	}
	return nil
}

// audience is who shall be able to read: who is in the room, and who is invited. It is
// asked for when a key is made, so that no list of members has to be kept.
func (c *Chat) audience(ctx context.Context, in id.RoomID) ([]id.UserID, error) {
	resp, err := c.client.Members(ctx, in, mautrix.ReqMembers{NotMembership: event.MembershipLeave})
	if err != nil {
		return nil, err
	}
	var users []id.UserID
	for _, e := range resp.Chunk {
		if e.StateKey == nil || !parse(e) {
			continue
		}
		if m := e.Content.AsMember().Membership; m == event.MembershipJoin || m == event.MembershipInvite {
			users = append(users, id.UserID(*e.StateKey))
		}
	}
	// Dendrite shows a room that was just made before who is invited. With whom a direct
	// chat is, we know.
	if len(users) == 1 && users[0] == c.self {
		c.mu.Lock()
		defer c.mu.Unlock()
		if with := c.direct[in]; with != "" {
			users = append(users, with)
		}
	}
	return users, nil
}

// changedMembers has the next message of an encrypted room use a new key, if somebody
// came or left.
func (c *Chat) changedMembers(ctx context.Context, in id.RoomID, events []*event.Event) error {
	m, done, err := c.machine(ctx)
	if err != nil {
		return err
	}
	defer done()
	if !slices.ContainsFunc(events, changesMembers) {
		return nil
	}
	c.cipher.outdated(in)
	return m.CryptoStore.RemoveOutboundGroupSession(ctx, in)
}

// changesMembers reports whether somebody came or left with an event. Who is invited has
// the key already when they join, and who changes only their name does neither.
func changesMembers(e *event.Event) bool {
	if e.Type.Type != event.StateMember.Type || e.StateKey == nil || !parse(e) {
		return false
	}
	before := event.Membership("")
	if prev := e.Unsigned.PrevContent; prev != nil {
		was, _ := prev.Raw["membership"].(string)
		before = event.Membership(was)
	}
	outside := func(m event.Membership) bool { return m != event.MembershipJoin && m != event.MembershipInvite }
	return outside(before) != outside(e.Content.AsMember().Membership)
}

// dropKeyOf has the next message of a room, if it is encrypted, use a new key, because
// it is not known who came or left.
func (c *Chat) dropKeyOf(ctx context.Context, in id.RoomID, r room) error {
	if !r.Encrypted || c.cipher == nil {
		return nil
	}
	m, done, err := c.machine(ctx)
	if err != nil {
		return err
	}
	defer done()
	c.cipher.outdated(in)
	return m.CryptoStore.RemoveOutboundGroupSession(ctx, in)
}

// sealError says what it means that a message could not be encrypted: nothing was sent,
// and it is tried again.
func sealError(what string, err error) error {
	err = fmt.Errorf("encrypt: %w", err)
	switch refusal, ok := errors.AsType[*bot.SendError](sendError(what, err)); {
	case loggedOut(err):
		return sendError(what, err)
	case ok:
		return &bot.SendError{Err: refusal.Err, Refused: true, After: refusal.After}
	}
	return &bot.SendError{Err: fmt.Errorf("%s: %w", what, err), Refused: true}
}
