package teams

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"lotse/bot"
)

// lookup finds how the Connector calls somebody who has never written: among the members
// of the teams and group chats in which the bot is. "" if they are in none.
func (c *Chat) lookup(ctx context.Context, object string) (string, error) {
	all, err := c.places(ctx)
	if err != nil {
		return "", notSent(err)
	}
	for _, p := range all {
		if err := c.turn(ctx, "members "+p.ID, c.tenant); err != nil {
			return "", err
		}
		var m member
		err := c.call(ctx, http.MethodGet, p.Service, []string{"v3", "conversations", p.ID, "members", object}, nil, &m)
		if answer, ok := errors.AsType[*answerError](err); ok && (answer.Status == http.StatusNotFound || answer.Status == http.StatusForbidden || answer.Status == http.StatusBadRequest) {
			if answer.has("BotNotInConversationRoster", "ConversationNotFound") { // the bot has gone, and was not told
				if err := c.people.remember(ctx, map[string]string{c.people.name("rosters"): listed(p, false, all)}); err != nil {
					return "", notSent(err)
				}
			}
			continue
		}
		if err != nil {
			return "", err
		}
		if !strings.HasPrefix(m.ID, "29:") || !strings.EqualFold(m.object(), object) {
			continue
		}
		return m.ID, c.people.remember(ctx, map[string]string{c.people.name("address", object): m.ID, c.people.name("account", m.ID): object})
	}
	return "", nil
}

// reading is a failure of a request that only reads: nothing was sent, whatever it was.
func reading(err error) error {
	if answer, ok := errors.AsType[*answerError](err); ok {
		return &bot.SendError{Err: err, Refused: true, After: answer.After}
	}
	if _, ok := errors.AsType[*bot.SendError](err); ok {
		return err
	}
	return notSent(err)
}

// member is somebody in a conversation. What is the object id of an account in activities
// has another name here.
type member struct {
	ID     string `json:"id"`
	Object string `json:"objectId"`
	Entra  string `json:"aadObjectId"`
}

func (m member) object() string {
	if m.Object != "" {
		return m.Object
	}
	return m.Entra
}

// unreachable is that no personal chat can be opened: the app is not installed for the
// person, and they are in no team that has it. Somebody can mend that, and then what is
// meant for them goes out.
func unreachable(what string, err error) error {
	return &bot.SendError{
		Err: fmt.Errorf("%s: the app is neither installed for the person, nor for a team or group chat that they are in: %w", what, err), Refused: true, Why: bot.RefusedAway,
	}
}
