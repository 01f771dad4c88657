package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"go.mau.fi/util/variationselector"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"lotse/bot"
)

// maxContent is how many bytes an event's content may have; 65,536 is the limit of
// the whole event.
const maxContent = 60000

// fallbackBytes is how much of an edited text clients without edits get to see.
const fallbackBytes = 500

// trace is the mark of every event the bot sends.
type trace struct {
	Key  bot.Key  `json:"key"`
	Kind bot.Kind `json:"kind"`
	Ref  string   `json:"ref"`
	Rev  int      `json:"rev"`
}

// sealedField stands in clear beside the ciphertext of an event: the bot knows the event
// by it when its device and keys are lost. It is the transaction id, which the server
// knows anyway.
const sealedField = "org.lotse.transaction"

// message and reaction are the contents we send: Matrix's own, and the trace.
type (
	message struct {
		event.MessageEventContent
		Trace trace `json:"org.lotse"`
	}
	reaction struct {
		event.ReactionEventContent
		Trace trace `json:"org.lotse"`
	}
)

// Send carries out one operation with one request (two, if it got the power for it only
// after the first; one more before it, if there is a file to upload) and tells by its error what may be done next. It returns the id of the message, reaction or redaction it made;
// for an edit that is the id of the message edited, to which further edits relate.
func (c *Chat) Send(ctx context.Context, out bot.Outgoing) (bot.MessageID, error) {
	sent, err := c.send(ctx, out)
	if err = c.explain(ctx, out, err); errors.Is(err, errAllowedNow) {
		return c.send(ctx, out)
	}
	return sent, err
}

func (c *Chat) send(ctx context.Context, out bot.Outgoing) (bot.MessageID, error) {
	what := fmt.Sprintf("%s %s", out.Op, out.Key)
	if out.Room.Chat() != ID || out.Room.Local() == "" {
		return "", refused(what, fmt.Errorf("%q is no Matrix room", out.Room))
	}
	ctx, cancel := c.limited(ctx)
	defer cancel()
	in := id.RoomID(out.Room.Local())
	t := trace{Key: out.Key, Kind: out.Kind, Ref: out.Ref, Rev: out.Revision}

	switch out.Op {
	case bot.OpJoin:
		return "", c.join(ctx, what, in)
	case bot.OpLeave:
		return "", c.leave(ctx, what, in)
	}
	if out.Absent {
		return c.redact(ctx, what, in, out, t)
	}
	hidden, err := c.encrypted(ctx, in)
	if err != nil {
		return "", sendError(what, err)
	}
	if hidden && c.cipher == nil {
		return "", refused(what, ErrEncrypted)
	}
	switch out.Op {
	case bot.OpReaction:
		return c.react(ctx, what, in, out, t)
	case bot.OpMessage, "":
		file, err := c.attach(ctx, what, out, hidden)
		if err != nil {
			return "", err
		}
		kind, content := event.EventMessage, any(nil)
		if !hidden {
			content = compose(out, file, t, maxContent)
		} else if content, err = c.seal(ctx, in, kind, compose(out, file, t, maxSealed)); err != nil {
			return "", sealError(what, err)
		} else {
			kind = event.EventEncrypted
			content = &event.Content{Parsed: content, Raw: map[string]any{
				sealedField: bot.Transaction(out.Key, out.Room, out.Revision),
			}}
		}
		sent, err := c.client.SendMessageEvent(ctx, in, kind, content, mautrix.ReqSendEvent{TransactionID: out.Transaction})
		if err != nil {
			return "", sendError(what, err)
		}
		c.uploaded(out)
		if out.Message != "" {
			return out.Message, nil
		}
		return messageID(sent.EventID), nil
	}
	return "", refused(what, fmt.Errorf("unknown operation %q", out.Op))
}

// compose makes the content of a message or of an edit, with its file, if it has one; one
// of more than limit bytes goes without its HTML.
func compose(out bot.Outgoing, file *attached, t trace, limit int) *message {
	body, formatted := render(out.Text)
	content := event.MessageEventContent{MsgType: event.MsgText, Body: body, Mentions: mentions(out.Text)}
	if out.Text.Quiet {
		content.MsgType = event.MsgNotice
	}
	if formatted != "" {
		content.Format, content.FormattedBody = event.FormatHTML, formatted
	}
	file.put(&content)
	m := &message{MessageEventContent: content, Trace: t}
	switch {
	case out.Message != "":
		// Only the new content calls people; the edit itself notifies nobody.
		m.NewContent = &content
		m.RelatesTo = (&event.RelatesTo{}).SetReplace(eventIDOf(out.Message))
		m.Mentions = &event.Mentions{}
		m.Format, m.FormattedBody = "", ""
		m.Body = "* " + body
		if len(body) > fallbackBytes {
			m.Body = "* " + bot.Cut(body, fallbackBytes) + " …"
		}
	case out.Thread != "":
		rel := &event.RelatesTo{}
		if out.ReplyTo != "" {
			rel.SetReplyTo(eventIDOf(out.ReplyTo))
		}
		// Clients without threads see an answer to the thread's first message.
		m.RelatesTo = rel.SetThread(eventIDOf(out.Thread), eventIDOf(out.Thread))
		if out.ReplyTo != "" {
			m.RelatesTo.InReplyTo = &event.InReplyTo{EventID: eventIDOf(out.ReplyTo)}
			m.RelatesTo.IsFallingBack = false
		}
	case out.ReplyTo != "":
		m.RelatesTo = (&event.RelatesTo{}).SetReplyTo(eventIDOf(out.ReplyTo))
	}
	if b, err := json.Marshal(m); err == nil && len(b) > limit {
		m.Format, m.FormattedBody = "", ""
		if m.NewContent != nil {
			m.NewContent.Format, m.NewContent.FormattedBody = "", ""
		}
	}
	return m
}

// mentions are the accounts a message calls. They are always said, even when there
// are none: then clients do not search the text for names. The room is never among
// them.
func mentions(text bot.Text) *event.Mentions {
	m := &event.Mentions{}
	for _, u := range text.Mentions {
		if u.Chat() == ID {
			m.Add(id.UserID(u.Local()))
		}
	}
	return m
}

func eventIDOf(m bot.MessageID) id.EventID { return id.EventID(m.Local()) }

// react puts an emoji on a message, in the form that keyboards produce, so that a
// person's tap counts with it.
func (c *Chat) react(ctx context.Context, what string, in id.RoomID, out bot.Outgoing, t trace) (bot.MessageID, error) {
	content := &reaction{Trace: t}
	content.RelatesTo.SetAnnotation(eventIDOf(out.Target), variationselector.FullyQualify(out.Emoji))
	sent, err := c.client.SendMessageEvent(ctx, in, event.EventReaction, content, mautrix.ReqSendEvent{TransactionID: out.Transaction})
	if code(err) == "M_DUPLICATE_ANNOTATION" {
		// It stands there already: sent before, and the answer was lost.
		if standing, err := c.standing(ctx, in, out); err == nil && standing != "" {
			return standing, nil
		}
	}
	if err != nil {
		return "", sendError(what, err)
	}
	return messageID(sent.EventID), nil
}

// standing finds the bot's own reaction on a message.
func (c *Chat) standing(ctx context.Context, in id.RoomID, out bot.Outgoing) (bot.MessageID, error) {
	from := ""
	for range 10 {
		resp, err := c.client.GetRelations(ctx, in, eventIDOf(out.Target), &mautrix.ReqGetRelations{
			RelationType: event.RelAnnotation, EventType: event.EventReaction, Limit: 100, From: from,
		})
		if err != nil {
			return "", err
		}
		for _, e := range resp.Chunk {
			if e.Sender == c.self && parse(e) &&
				variationselector.Remove(e.Content.AsReaction().RelatesTo.Key) == variationselector.Remove(out.Emoji) {
				return messageID(e.ID), nil
			}
		}
		if from = resp.NextBatch; from == "" {
			break
		}
	}
	return "", nil
}

// redact takes back a message or reaction.
func (c *Chat) redact(ctx context.Context, what string, in id.RoomID, out bot.Outgoing, t trace) (bot.MessageID, error) {
	if out.Message == "" {
		return "", nil // it never stood there
	}
	sent, err := c.client.RedactEvent(ctx, in, eventIDOf(out.Message), mautrix.ReqRedact{
		TxnID: out.Transaction,
		Extra: map[string]any{traceField: t},
	})
	if err != nil {
		return "", sendError(what, err)
	}
	return messageID(sent.EventID), nil
}

// join accepts an invitation. To be in the room already is fine.
func (c *Chat) join(ctx context.Context, what string, in id.RoomID) error {
	if _, err := c.client.JoinRoomByID(ctx, in); err != nil {
		return sendError(what, err)
	}
	c.mu.Lock()
	user := c.invites[in]
	c.mu.Unlock()
	if user != "" {
		if err := c.markDirect(ctx, user, in); err != nil {
			c.log.Warn("direct chat not marked as one", "room", in, "error", err)
		}
	}
	return nil
}

// leave declines an invitation or leaves a room, and lets the server forget it. Not
// to be in the room is fine.
func (c *Chat) leave(ctx context.Context, what string, in id.RoomID) error {
	err := sendError(what, func() error { _, err := c.client.LeaveRoom(ctx, in); return err }())
	if refusal, ok := errors.AsType[*bot.SendError](err); err != nil && !(ok && refusal.Final) {
		return err
	}
	if _, err := c.client.ForgetRoom(ctx, in); err != nil {
		c.log.Debug("room not forgotten", "room", in, "error", err)
	}
	if err := c.unmarkDirect(ctx, in); err != nil {
		c.log.Debug("a direct chat that was left is still marked as one", "room", in, "error", err)
	}
	return nil
}
