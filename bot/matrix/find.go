package matrix

import (
	"context"
	"errors"
	"fmt"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"lotse/bot"
)

// maxOwn is how many of the bot's own events in a room are looked through. What is
// in doubt was sent just before a crash or a lost answer, so it is among the last.
const maxOwn = 1000

// Find looks for the event that carries a key and revision, newest first, and
// returns what Send would have returned, or "". It reads with two page sizes, since
// one pass can miss an event. What is encrypted it knows by what stands beside the
// ciphertext, so that it finds what an earlier device has sent, too.
func (c *Chat) Find(ctx context.Context, in bot.RoomID, key bot.Key, revision int) (bot.MessageID, error) {
	for _, size := range pageSizes {
		found, err := c.find(ctx, id.RoomID(in.Local()), key, revision, size)
		if err != nil {
			return "", fmt.Errorf("find %s: %w", key, sendError("read the room", err))
		}
		if found != "" {
			return found, nil
		}
	}
	return "", nil
}

// Has reports whether the server has an event of ours. One that was redacted it has;
// only "not found" is a no.
func (c *Chat) Has(ctx context.Context, in bot.RoomID, message bot.MessageID) (bool, error) {
	ctx, cancel := c.limited(ctx)
	defer cancel()
	_, err := c.client.GetEvent(ctx, id.RoomID(in.Local()), eventIDOf(message))
	if errors.Is(err, mautrix.MNotFound) {
		return false, nil
	}
	return err == nil, sendError("look for a message", err)
}

func (c *Chat) find(ctx context.Context, in id.RoomID, key bot.Key, revision, size int) (bot.MessageID, error) {
	filter := &mautrix.FilterPart{
		Limit:           size,
		Senders:         []id.UserID{c.self},
		Types:           []event.Type{event.EventMessage, event.EventReaction, event.EventRedaction, event.EventEncrypted},
		LazyLoadMembers: true,
	}
	looked := 0
	for page, err := range c.pages(ctx, in, filter, size) {
		if err != nil {
			return "", err
		}
		for _, e := range page.Chunk {
			if e.Sender != c.self {
				continue
			}
			looked++
			if e.Content.Raw[sealedField] == bot.Transaction(key, roomID(in), revision) && parse(e) {
				return original(e, e.Content.AsEncrypted().RelatesTo), nil
			}
			t, ok := traceOf(e)
			if !ok || t.Key != key || t.Rev != revision || !parse(e) {
				continue
			}
			var relation *event.RelatesTo
			if e.Type == event.EventMessage {
				relation = e.Content.AsMessage().RelatesTo
			}
			return original(e, relation), nil
		}
		if looked >= maxOwn {
			break
		}
	}
	return "", nil
}

// original is the message that an event of ours belongs to: an edit's original, or the
// event itself.
func original(e *event.Event, relation *event.RelatesTo) bot.MessageID {
	if edited := relation.GetReplaceID(); edited != "" {
		return messageID(edited)
	}
	return messageID(e.ID)
}
