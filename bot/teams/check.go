package teams

import (
	"context"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Pass is what is known of the bot's own token.
type Pass struct {
	Expires time.Time
	// Tenant is of whose directory it is, as it says itself; "" if it does not say so in a
	// way that we can read. Nobody but the Connector needs to.
	Tenant string
}

// CheckToken gets a token for the bot, and says what is known of it.
func (c *Chat) CheckToken(ctx context.Context) (Pass, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	token, err := c.pass.get(ctx)
	if err != nil {
		return Pass{}, err
	}
	c.pass.mu.Lock()
	p := Pass{Expires: c.pass.token.Expiry}
	c.pass.mu.Unlock()
	var claims struct {
		jwt.RegisteredClaims
		Tenant string `json:"tid"`
	}
	if _, _, err := jwt.NewParser().ParseUnverified(token, &claims); err == nil { // it came by TLS from whom we asked
		p.Tenant = claims.Tenant
	}
	return p, nil
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
