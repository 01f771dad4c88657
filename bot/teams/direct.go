package teams

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"lotse/bot"
)

// OpenDirect returns the personal chat with an account and opens one if none is known.
// Teams gives the same account the same chat, however often it is asked. The app must be
// installed for the person, or for a team or group chat that they are in. Whoever has never
// written is looked for there; the object id alone is enough where the app is installed for
// the person. As long as it is for none of these, the chat is refused; that can be mended, so
// it is no final answer.
func (c *Chat) OpenDirect(ctx context.Context, with bot.UserID) (bot.RoomID, error) {
	what := "open a personal chat"
	if with.Chat() != ID || with.Local() == "" || with.Local() == c.self {
		return "", final(what, fmt.Errorf("%q is nobody to talk to in Teams", with))
	}
	room, err := c.people.recall(ctx, c.people.name("direct", with.Local()))
	if err != nil {
		return "", sendError(what, notSent(err))
	}
	if room != "" {
		if ref, ok, err := c.people.reference(ctx, room); err != nil {
			return "", sendError(what, notSent(err))
		} else if ok && ref.Here {
			return roomID(room), nil
		}
	}
	address, known, err := c.address(ctx, with)
	if err != nil {
		return "", sendError(what, notSent(err))
	}
	if !known {
		found, err := c.lookup(ctx, with.Local())
		if err != nil {
			return "", sendError("look for somebody in the teams", reading(err))
		}
		address = cmp.Or(found, address)
	}
	service, err := c.people.recall(ctx, c.people.name("service"))
	if err != nil {
		return "", sendError(what, notSent(err))
	}
	if service == "" {
		service = c.service
	}
	if err := c.turn(ctx, "open "+address, c.tenant); err != nil {
		return "", sendError(what, err)
	}
	var made opened
	err = c.call(ctx, http.MethodPost, service, []string{"v3", "conversations"}, opening{
		Bot:         mentioned{ID: c.self},
		Members:     []mentioned{{ID: address}},
		Tenant:      c.tenant,
		ChannelData: map[string]any{"tenant": map[string]string{"id": c.tenant}},
	}, &made)
	if err == nil && (made.ID == "" || strings.ContainsAny(made.ID, " \n")) {
		err = errors.New("the answer names no conversation")
	}
	if answer, ok := errors.AsType[*answerError](err); ok && (answer.Status == http.StatusForbidden || answer.Status == http.StatusNotFound || answer.Status == http.StatusBadRequest) && answer.Code != "" {
		return "", unreachable(what, err)
	}
	if err != nil {
		return "", sendError(what, err)
	}
	ref := reference{Service: service, Kind: personal, Tenant: c.tenant, With: with.Local(), Here: true}
	if err := c.people.remember(ctx, map[string]string{
		c.people.name("room", made.ID):        ref.String(),
		c.people.name("direct", with.Local()): made.ID,
	}); err != nil {
		return "", sendError(what, notSent(err))
	}
	return roomID(made.ID), nil
}
