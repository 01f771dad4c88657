package matrix

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"lotse/bot"
)

// aliases is how many rooms for one account are tried; a further one is needed only
// when the bot was removed from the one before.
const aliases = 9

// OpenDirect returns the direct chat with an account and opens one if there is
// none. To create a room has no transaction id, so the room has an alias made of
// both accounts: a second try finds what the first one has created. Nobody else can
// have taken it before, because a secret goes into it.
func (c *Chat) OpenDirect(ctx context.Context, with bot.UserID) (bot.RoomID, error) {
	what := "open a direct chat"
	user := id.UserID(with.Local())
	if _, _, err := user.Parse(); err != nil || with.Chat() != ID || user == c.self {
		return "", refused(what, fmt.Errorf("%q is no Matrix user to talk to", with))
	}
	c.openMu.Lock()
	defer c.openMu.Unlock()
	in, err := c.openDirect(ctx, user)
	if err != nil {
		return "", sendError(what, err)
	}
	return roomID(in), nil
}

// awaitOpened waits until no direct chat is being opened.
func (c *Chat) awaitOpened() {
	c.openMu.Lock()
	defer c.openMu.Unlock()
}

func (c *Chat) openDirect(ctx context.Context, user id.UserID) (id.RoomID, error) {
	chats, err := c.directChats(ctx)
	if err != nil {
		return "", err
	}
	candidates := slices.Clone(chats[user])
	c.mu.Lock()
	for in, r := range c.rooms {
		if r.Direct == user && !slices.Contains(candidates, in) {
			candidates = append(candidates, in)
		}
	}
	c.mu.Unlock()
	for _, in := range slices.Backward(candidates) {
		usable, _, err := c.usable(ctx, in, user)
		if err != nil {
			return "", err
		}
		if usable {
			return in, c.markDirect(ctx, user, in)
		}
	}
	secret, err := c.aliasSecret(ctx)
	if err != nil {
		return "", err
	}
	for n := range aliases {
		in, err := c.keyed(ctx, user, directAlias(secret, c.self, user, n+1))
		if err != nil {
			return "", err
		}
		if in != "" {
			return in, c.markDirect(ctx, user, in)
		}
	}
	return "", fmt.Errorf("none of %d rooms for a direct chat can be used", aliases)
}

// aliasSecret returns the secret of the aliases; it is made once and remembered before
// anything depends on it. The caller holds openMu.
func (c *Chat) aliasSecret(ctx context.Context) (string, error) {
	if c.secret != "" {
		return c.secret, nil
	}
	secret := ""
	if c.memory != nil {
		var err error
		if secret, err = c.memory.Recall(ctx, c.memo("aliases")); err != nil {
			return "", fmt.Errorf("recall the secret of the aliases: %w", err)
		}
	}
	if secret == "" {
		secret = rand.Text()
		if c.memory != nil {
			if err := c.memory.Remember(ctx, c.memo("aliases"), secret); err != nil {
				return "", fmt.Errorf("remember the secret of the aliases: %w", err)
			}
		}
	}
	c.secret = secret
	return secret, nil
}

// keyed finds or creates the room made for a direct chat under an alias; "" if it
// exists and cannot be used any more.
func (c *Chat) keyed(ctx context.Context, user id.UserID, local string) (id.RoomID, error) {
	alias := id.NewRoomAlias(local, c.self.Homeserver())
	for range 2 {
		in, err := c.resolve(ctx, alias)
		if err != nil {
			return "", err
		}
		if in != "" {
			usable, inside, err := c.usable(ctx, in, user)
			switch {
			case err != nil || usable:
				return in, err
			case !inside:
				return "", nil
			}
			// They have left it, or an invitation was refused: ask again, in the same room
			// unless the bot may not do that there any more.
			err = c.invite(ctx, in, user)
			if denied(err) {
				return "", nil
			}
			return in, err
		}
		in, err = c.create(ctx, local, user)
		if code(err) == "M_ROOM_IN_USE" {
			continue // another try has just created it
		}
		return in, err
	}
	return "", fmt.Errorf("alias %s is taken, but leads nowhere", alias)
}

// directAlias is the local part of the alias of the n-th room for a direct chat.
// Aliases can be looked up, and taken, by everybody on the server: without the secret
// nobody can tell who talks to whom, or make the room before the bot does.
func directAlias(secret string, self, user id.UserID, n int) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(string(self) + "\x00" + string(user) + "\x00" + strconv.Itoa(n)))
	return "lotse-" + hex.EncodeToString(mac.Sum(nil)[:16])
}

// resolve returns the room of an alias, or "".
func (c *Chat) resolve(ctx context.Context, alias id.RoomAlias) (id.RoomID, error) {
	ctx, cancel := c.limited(ctx)
	defer cancel()
	resp, err := c.client.ResolveAlias(ctx, alias)
	if errors.Is(err, mautrix.MNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return resp.RoomID, nil
}

// create makes the room. It has a name because clients would show its alias
// otherwise.
func (c *Chat) create(ctx context.Context, alias string, user id.UserID) (id.RoomID, error) {
	ctx, cancel := c.limited(ctx)
	defer cancel()
	called := c.botName
	if called == "" {
		called = "Lotse"
	}
	var state []*event.Event
	if c.sealNew {
		key := ""
		state = append(state, &event.Event{Type: event.StateEncryption, StateKey: &key, Content: event.Content{
			Parsed: &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}}})
	}
	resp, err := c.client.CreateRoom(ctx, &mautrix.ReqCreateRoom{
		Visibility:    "private",
		Preset:        "trusted_private_chat",
		RoomAliasName: alias,
		Name:          called,
		Invite:        []id.UserID{user},
		IsDirect:      true,
		InitialState:  state,
	})
	if err != nil {
		return "", err
	}
	if c.sealNew {
		c.mu.Lock()
		c.crypt[resp.RoomID] = true
		c.mu.Unlock()
	}
	return resp.RoomID, nil
}

// usable reports whether the bot can talk to just that account in a room, and
// whether the bot is in it at all.
func (c *Chat) usable(ctx context.Context, in id.RoomID, user id.UserID) (usable, inside bool, err error) {
	ctx, cancel := c.limited(ctx)
	defer cancel()
	joined, err := c.client.JoinedMembers(ctx, in)
	if denied(err) {
		return false, false, nil
	}
	if err != nil {
		return false, false, err
	}
	if _, inside = joined.Joined[c.self]; !inside {
		return false, false, nil
	}
	if hidden, err := c.encrypted(ctx, in); err != nil || hidden && c.cipher == nil {
		return false, !hidden, err
	}
	err = c.client.StateEvent(ctx, in, event.StateTombstone, "", &event.TombstoneEventContent{})
	if err == nil || !errors.Is(err, mautrix.MNotFound) {
		return false, false, err // closed
	}
	if _, there := joined.Joined[user]; there {
		return len(joined.Joined) == 2, len(joined.Joined) == 2, nil
	}
	if len(joined.Joined) != 1 {
		return false, false, nil
	}
	var m event.MemberEventContent
	err = c.client.StateEvent(ctx, in, event.StateMember, string(user), &m)
	if err != nil && !denied(err) {
		return false, true, err
	}
	return m.Membership == event.MembershipInvite, true, nil
}

func (c *Chat) invite(ctx context.Context, in id.RoomID, user id.UserID) error {
	ctx, cancel := c.limited(ctx)
	defer cancel()
	_, err := c.client.InviteUser(ctx, in, &mautrix.ReqInviteUser{UserID: user})
	return err
}

// directChats reads the account data m.direct.
func (c *Chat) directChats(ctx context.Context) (event.DirectChatsEventContent, error) {
	ctx, cancel := c.limited(ctx)
	defer cancel()
	chats := event.DirectChatsEventContent{}
	err := c.client.GetAccountData(ctx, event.AccountDataDirectChats.Type, &chats)
	if err != nil && !errors.Is(err, mautrix.MNotFound) {
		return nil, err
	}
	return chats, nil
}

// markDirect writes a direct chat into the account data, so that it is known to be
// one after a loss of our database and in other clients of the account.
func (c *Chat) markDirect(ctx context.Context, user id.UserID, in id.RoomID) error {
	return c.changeDirect(ctx, func(chats event.DirectChatsEventContent) bool {
		if slices.Contains(chats[user], in) {
			return false
		}
		chats[user] = append(chats[user], in)
		return true
	})
}

// unmarkDirect takes a room that the bot has left out of the account data.
func (c *Chat) unmarkDirect(ctx context.Context, in id.RoomID) error {
	c.mu.Lock()
	user, known := c.direct[in]
	c.mu.Unlock()
	if !known {
		return nil
	}
	return c.changeDirect(ctx, func(chats event.DirectChatsEventContent) bool {
		chats[user] = slices.DeleteFunc(chats[user], func(r id.RoomID) bool { return r == in })
		if len(chats[user]) == 0 {
			delete(chats, user)
		}
		return true
	})
}

// changeDirect changes which rooms the account data calls direct chats; change reports
// whether it has.
func (c *Chat) changeDirect(ctx context.Context, change func(event.DirectChatsEventContent) bool) error {
	chats, err := c.directChats(ctx)
	if err != nil {
		return err
	}
	if change(chats) {
		ctx, cancel := c.limited(ctx)
		defer cancel()
		if err := c.client.SetAccountData(ctx, event.AccountDataDirectChats.Type, chats); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.setDirect(chats)
	return nil
}
