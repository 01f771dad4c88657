package teams

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"lotse/bot"
)

// maxWait is how long a send waits for its place; for longer it gives it up and comes
// again later.
const maxWait = 5 * time.Second

// outgoing is an activity that the bot sends: a text, or a card. Teams would make two
// messages of one that has both, and tell the id of neither.
type outgoing struct {
	Type        string           `json:"type"`
	Text        string           `json:"text,omitempty"`
	TextFormat  string           `json:"textFormat,omitempty"`
	Summary     string           `json:"summary,omitempty"` // what a notification of a card says
	Attachments []attachment     `json:"attachments,omitempty"`
	Entities    []mention        `json:"entities,omitempty"`
	ChannelData *outgoingChannel `json:"channelData,omitempty"`
}

type mention struct {
	Type      string    `json:"type"`
	Text      string    `json:"text"`
	Mentioned mentioned `json:"mentioned"`
}

type mentioned struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type outgoingChannel struct {
	Notification *notification `json:"notification,omitempty"`
}

type notification struct {
	Alert bool `json:"alert"`
}

// opening asks for a conversation: a personal chat, or a thread in a channel.
type opening struct {
	IsGroup     bool           `json:"isGroup"`
	Bot         mentioned      `json:"bot"`
	Members     []mentioned    `json:"members,omitempty"`
	Tenant      string         `json:"tenantId,omitempty"`
	ChannelData map[string]any `json:"channelData,omitempty"`
	Activity    *outgoing      `json:"activity,omitempty"`
}

type opened struct {
	ID       string `json:"id"`
	Activity string `json:"activityId"`
}

// Send carries out one operation with one request and tells by its error what may be
// done next. It returns the id of the message; for an edit that of the message edited.
func (c *Chat) Send(ctx context.Context, out bot.Outgoing) (bot.MessageID, error) {
	what := fmt.Sprintf("%s %s", out.Op, out.Key)
	room := out.Room.Local()
	if out.Room.Chat() != ID || room == "" {
		return "", final(what, fmt.Errorf("%q is no conversation of Teams", out.Room))
	}
	switch out.Op {
	case bot.OpJoin, bot.OpLeave:
		return "", nil // people put bots in and take them out
	case bot.OpReaction:
		if out.Absent {
			return "", nil // it never stood there
		}
		return "", final(what, errors.New("bots do not react in Teams"))
	case bot.OpMessage, "":
	default:
		return "", final(what, fmt.Errorf("unknown operation %q", out.Op))
	}
	if out.Absent && out.Message == "" {
		return "", nil
	}
	ref, known, err := c.people.reference(ctx, room)
	switch {
	case err != nil:
		return "", sendError(what, notSent(err))
	case !known || !ref.Here:
		return "", &bot.SendError{Err: fmt.Errorf("%s: the bot is not in the conversation", what), Refused: true, Final: true, Why: bot.RefusedAway}
	}
	if err := c.turn(ctx, room, ref.Tenant); err != nil {
		return "", sendError(what, err)
	}
	id, err := c.carry(ctx, room, ref, out)
	return id, sendError(what, err)
}

// carry makes the request.
func (c *Chat) carry(ctx context.Context, room string, ref reference, out bot.Outgoing) (bot.MessageID, error) {
	in := room
	switch {
	case ref.Kind != inTeam:
	case out.Thread != "":
		in += root + activityOf(out.Thread)
	case out.Message != "":
		in += root + activityOf(out.Message)
	}
	path := []string{"v3", "conversations", in, "activities"}
	if out.Absent {
		err := c.call(ctx, http.MethodDelete, ref.Service, append(path, activityOf(out.Message)), nil, nil)
		if e, ok := errors.AsType[*answerError](err); ok && e.Status == http.StatusNotFound && e.Code != "" {
			return out.Message, nil // somebody was faster
		}
		return out.Message, err
	}
	message, err := c.compose(ctx, out.Text)
	if err != nil {
		return "", notSent(err)
	}
	if out.Message != "" {
		return out.Message, c.call(ctx, http.MethodPut, ref.Service, append(path, activityOf(out.Message)), message, nil)
	}
	var sent opened
	if in != room || ref.Kind != inTeam {
		err = c.call(ctx, http.MethodPost, ref.Service, path, message, &sent)
		sent.Activity = sent.ID
	} else { // a new thread in a channel
		err = c.call(ctx, http.MethodPost, ref.Service, path[:2], opening{
			IsGroup:     true,
			Bot:         mentioned{ID: c.self},
			Tenant:      ref.Tenant,
			ChannelData: map[string]any{"channel": map[string]string{"id": room}, "tenant": map[string]string{"id": ref.Tenant}},
			Activity:    message,
		}, &sent)
		if _, first, ok := strings.Cut(sent.ID, root); ok {
			sent.Activity = first // what later messages of the thread name
		}
	}
	if err != nil {
		return "", err
	}
	if sent.Activity == "" {
		// It stands there, and cannot be edited; nothing is gained by sending it twice.
		c.log.WarnContext(ctx, "Teams gave a message no id, so it can never be edited", "kind", out.Kind)
		sent.Activity = out.Transaction
	}
	return messageID(room, sent.Activity), nil
}

// compose makes an activity of a text.
func (c *Chat) compose(ctx context.Context, text bot.Text) (*outgoing, error) {
	named := map[bot.UserID]string{}
	for _, u := range text.Mentions {
		if u.Chat() != ID {
			continue
		}
		address, _, err := c.address(ctx, u)
		if err != nil {
			return nil, err
		}
		named[u] = address
	}
	m := &outgoing{Type: "message"}
	if text.Form != nil {
		content, summary := cardText{text, named}.compose()
		m.Summary, m.Attachments = summary, []attachment{{ContentType: cardType, Content: *content}}
	} else {
		m.TextFormat = "markdown"
		m.Text, m.Entities = render(text, named)
	}
	if !text.Quiet {
		m.ChannelData = &outgoingChannel{Notification: &notification{Alert: true}}
	}
	return m, nil
}

// turn waits until one more message is allowed in a conversation.
func (c *Chat) turn(ctx context.Context, room, tenant string) error {
	wait, ok := c.paces.book(room, tenant, time.Now(), maxWait)
	if !ok {
		return &bot.SendError{Err: fmt.Errorf("the limit of Teams is reached, wait %v", wait.Round(time.Second)), Refused: true, After: wait}
	}
	if wait <= 0 {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return notSent(ctx.Err())
	}
}

// final is an error that no repetition mends, of something that was not sent.
func final(what string, err error) error {
	return &bot.SendError{Err: fmt.Errorf("%s: %w", what, err), Refused: true, Final: true}
}
