package teams

import (
	"context"
	"time"
)

// CheckToken gets a token for the bot, and says until when it is good.
func (c *Chat) CheckToken(ctx context.Context) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if _, err := c.pass.get(ctx); err != nil {
		return time.Time{}, err
	}
	c.pass.mu.Lock()
	defer c.pass.mu.Unlock()
	return c.pass.token.Expiry, nil
}

// CheckKeys gets the keys that the Bot Connector signs with, and says how many of them
// are endorsed for Teams.
func (c *Chat) CheckKeys(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	keys, err := c.door.keys.fetch(ctx)
	n := 0
	for _, k := range keys {
		if endorsed(k.endorses) {
			n++
		}
	}
	return n, err
}

// CheckRoom reports whether the bot knows how to write into a conversation.
func (c *Chat) CheckRoom(ctx context.Context, room string) (bool, error) {
	ref, known, err := c.people.reference(ctx, room)
	return known && ref.Here, err
}
