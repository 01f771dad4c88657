package bot

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// GreetingRules say whether, and how, people who are new in a network's room are greeted.
type GreetingRules struct {
	Where    GreetingPlace
	Networks []string      // only in these, by their names; none: in all
	Settle   time.Duration // the room has to be quiet so long before anybody is greeted
	AtOnce   int           // if more than these come together, none is
	AnHour   int           // not more than these in an hour and network
}

// GreetingPlace is where somebody is greeted.
type GreetingPlace string

// The places; "" means that nobody is greeted.
const (
	GreetDirect GreetingPlace = "direct" // in a direct chat
	GreetThread GreetingPlace = "thread" // in a thread in the room
)

// DefaultGreetingRules greet nobody; the rest is what holds if that is switched on.
func DefaultGreetingRules() GreetingRules {
	return GreetingRules{Settle: 2 * time.Minute, AtOnce: 10, AnHour: 20}
}

// In reports whether people are greeted in a network.
func (g GreetingRules) In(network string) bool {
	if g.Where == "" || Slug(network) == "" {
		return false
	}
	for _, name := range g.Networks {
		if Slug(name) == Slug(network) {
			return true
		}
	}
	return len(g.Networks) == 0
}

// Newcomer is somebody who is, or once was, new in a network's room, so that they are
// greeted once ever. Who they are is forgotten as soon as that is done: what stays is Who.
type Newcomer struct {
	Who     string // see NewcomerID
	Network string // its slug
	At      time.Time
	Waits   bool `json:",omitempty"` // not yet greeted; only then the rest is there
	Room    RoomID
	User    UserID
	Name    string
}

// NewcomerID stands for an account in a network. It is a fingerprint: nobody can read the
// account from it, but whoever has the account can find out whether it is theirs. It differs
// from network to network.
func NewcomerID(network string, u UserID) string {
	sum := sha256.Sum256([]byte("lotse newcomer 1\x00" + Slug(network) + "\x00" + string(u)))
	return hex.EncodeToString(sum[:16])
}
