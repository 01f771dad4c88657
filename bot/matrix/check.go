package matrix

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"lotse/bot"
)

// Account is what the server says about the session.
type Account struct {
	User        bot.UserID
	DeviceID    string
	DisplayName string
	// ClockAhead is how far the server's clock is ahead of ours; the server tells it
	// in whole seconds.
	ClockAhead time.Duration
}

// RoomCheck is what the bot may do in a room.
type RoomCheck struct {
	Room      bot.RoomID
	Name      string // foreign text
	MayWrite  bool
	MayReact  bool
	Encrypted bool
	Replaced  bool // the room was upgraded: people write elsewhere now
}

// CheckAccount asks whether the session is good. A session that is not accepted any
// more is bot.ErrLoggedOut.
func (c *Chat) CheckAccount(ctx context.Context) (Account, error) {
	ctx, cancel := c.limited(ctx)
	defer cancel()
	var who mautrix.RespWhoami
	before := time.Now()
	_, resp, err := c.client.MakeFullRequestWithResp(ctx, mautrix.FullRequest{
		Method:       http.MethodGet,
		URL:          c.client.BuildClientURL("v3", "account", "whoami"),
		ResponseJSON: &who,
	})
	middle := before.Add(time.Since(before) / 2)
	if err != nil {
		return Account{}, sendError("ask who we are", err)
	}
	a := Account{User: userID(who.UserID), DeviceID: string(who.DeviceID)}
	if who.UserID != c.self {
		return a, fmt.Errorf("the session is %s's, not %s's", who.UserID, c.self)
	}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		// The header cuts off the fraction: half a second more is nearest.
		a.ClockAhead = date.Add(time.Second / 2).Sub(middle).Truncate(time.Second)
	}
	if profile, err := c.client.GetOwnDisplayName(ctx); err == nil {
		a.DisplayName = bot.DisplayName(profile.DisplayName)
	}
	return a, nil
}

// CheckFiles asks how many bytes a file may have for the server to take it; 0: it did not
// say.
func (c *Chat) CheckFiles(ctx context.Context) (int64, error) {
	ctx, cancel := c.limited(ctx)
	defer cancel()
	config, err := c.client.GetMediaConfig(ctx)
	if err != nil {
		return 0, sendError("ask how large files may be", err)
	}
	return config.UploadSize, nil
}

// CheckRooms lists the rooms that the bot is in.
func (c *Chat) CheckRooms(ctx context.Context) ([]bot.RoomID, error) {
	ctx, cancel := c.limited(ctx)
	defer cancel()
	resp, err := c.client.JoinedRooms(ctx)
	if err != nil {
		return nil, sendError("list the rooms", err)
	}
	var rooms []bot.RoomID
	for _, r := range resp.JoinedRooms {
		rooms = append(rooms, roomID(r))
	}
	slices.Sort(rooms)
	return rooms, nil
}

// CheckMembers lists who is in a room that the bot is in.
func (c *Chat) CheckMembers(ctx context.Context, in bot.RoomID) ([]bot.UserID, error) {
	ctx, cancel := c.limited(ctx)
	defer cancel()
	resp, err := c.client.JoinedMembers(ctx, id.RoomID(in.Local()))
	if err != nil {
		return nil, sendError("list the members of "+in.Local(), err)
	}
	var members []bot.UserID
	for user := range resp.Joined {
		members = append(members, userID(user))
	}
	slices.Sort(members)
	return members, nil
}

// CheckRoom asks what the bot may do in a room that it is in.
func (c *Chat) CheckRoom(ctx context.Context, in bot.RoomID) (RoomCheck, error) {
	ctx, cancel := c.limited(ctx)
	defer cancel()
	r := id.RoomID(in.Local())
	check := RoomCheck{Room: in}

	var levels event.PowerLevelsEventContent
	err := c.client.StateEvent(ctx, r, event.StatePowerLevels, "", &levels)
	if err != nil && !errors.Is(err, mautrix.MNotFound) {
		return check, sendError("read the rights in "+string(r), err)
	}
	// Since room version 12 the creators stand above all levels; they are named in
	// the first event only.
	if levels.CreateEvent, err = c.client.FullStateEvent(ctx, r, event.StateCreate, ""); err != nil {
		return check, sendError("read the creation of "+string(r), err)
	}
	own := levels.GetUserLevel(c.self)
	check.MayWrite = own >= levels.GetEventLevel(event.EventMessage)
	check.MayReact = own >= levels.GetEventLevel(event.EventReaction)

	exists := func(kind event.Type, into any) (bool, error) {
		err := c.client.StateEvent(ctx, r, kind, "", into)
		if errors.Is(err, mautrix.MNotFound) {
			return false, nil
		}
		return err == nil, err
	}
	var called event.RoomNameEventContent
	if _, err := exists(event.StateRoomName, &called); err != nil {
		return check, sendError("read the name of "+string(r), err)
	}
	check.Name = bot.DisplayName(called.Name)
	if check.Encrypted, err = exists(event.StateEncryption, &struct{}{}); err != nil {
		return check, sendError("read the encryption of "+string(r), err)
	}
	if check.Encrypted {
		check.MayWrite = own >= levels.GetEventLevel(event.EventEncrypted)
	}
	if check.Replaced, err = exists(event.StateTombstone, &event.TombstoneEventContent{}); err != nil {
		return check, sendError("read the successor of "+string(r), err)
	}
	return check, nil
}
