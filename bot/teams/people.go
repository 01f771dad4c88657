package teams

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"lotse/bot"
)

// reference is what it takes to write into a conversation when nobody has written there
// just now. It is stored as JSON: fields may be added.
type reference struct {
	Service string `json:"s"` // the address of the Connector for it
	Kind    string `json:"k"` // personal, groupChat, channel
	Tenant  string `json:"t,omitempty"`
	With    string `json:"w,omitempty"` // personal: the account, as in its user id
	Here    bool   `json:"h,omitempty"` // the bot is in it
}

// people knows conversations and accounts: it is in front of the Memory.
//
// Names in the Memory begin with "teams/<app id>/". Ids stand in them as hashes, so that
// nobody is named once the values are gone, see [Forget]:
//
//	room/<conversation>         its reference
//	team/<team>                 the channels of a team that were heard of, as a JSON list
//	direct/<account>            the personal chat with an account
//	address/<object id>         how the Connector calls that account
//	account/<address>           … and the other way round
//	reacted/<message, account>  the reactions that one account has put on one message, and when
//	pressed/<message, account>  the buttons that one account has pressed on one card
//	service                     where the Connector was heard of last
//	rosters                     conversations in which the bot is with others, see places
type people struct {
	memory Memory
	prefix string

	turns sync.Mutex // held while something is handed over that depends on what came before

	mu    sync.Mutex
	cache map[string]string // what the Memory says, by name
}

// maxCache is how many entries are held in memory; beyond it they are asked for anew.
const maxCache = 4000

func newPeople(memory Memory, app string) *people {
	return &people{memory: memory, prefix: string(ID) + "/" + app + "/", cache: map[string]string{}}
}

// name is where something is kept about what the ids name.
func (p *people) name(kind string, ids ...string) string {
	if len(ids) == 0 {
		return p.prefix + kind
	}
	sum := sha256.Sum256([]byte(strings.Join(ids, "\x00")))
	return p.prefix + kind + "/" + hex.EncodeToString(sum[:16])
}

// recall reads from the Memory; "" if nothing is known.
func (p *people) recall(ctx context.Context, name string) (string, error) {
	p.mu.Lock()
	value, known := p.cache[name]
	p.mu.Unlock()
	if known {
		return value, nil
	}
	value, err := p.memory.Recall(ctx, name)
	if err == nil {
		p.learned(map[string]string{name: value})
	}
	return value, err
}

// learned notes what the Memory holds now.
func (p *people) learned(values map[string]string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.cache)+len(values) > maxCache {
		clear(p.cache)
	}
	for name, value := range values {
		p.cache[name] = value
	}
}

// remember writes to the Memory what no activity has said.
func (p *people) remember(ctx context.Context, values map[string]string) error {
	for name, value := range values {
		if err := p.memory.Remember(ctx, name, value); err != nil {
			return err
		}
	}
	p.learned(values)
	return nil
}

// reference returns what is known of a conversation; ok is false if nothing is.
func (p *people) reference(ctx context.Context, room string) (ref reference, ok bool, err error) {
	value, err := p.recall(ctx, p.name("room", room))
	if err != nil || value == "" {
		return ref, false, err
	}
	if err := json.Unmarshal([]byte(value), &ref); err != nil {
		return ref, false, fmt.Errorf("read the reference of a conversation: %w", err)
	}
	return ref, true, nil
}

// channels are those of a team that were heard of.
func (p *people) channels(ctx context.Context, team string) (channels []string, err error) {
	value, err := p.recall(ctx, p.name("team", team))
	if err != nil || value == "" {
		return nil, err
	}
	if err := json.Unmarshal([]byte(value), &channels); err != nil {
		return nil, fmt.Errorf("read the channels of a team: %w", err)
	}
	return channels, nil
}

// maxChannels is how many channels of a team are kept: Teams allows 1,000 of them.
const maxChannels = 1000

func (r reference) String() string {
	b, _ := json.Marshal(r) // strings and a bool
	return string(b)
}

// news is what a batch shall remember: only what is not known yet.
type news struct {
	p      *people
	values map[string]string
}

func (n *news) set(ctx context.Context, value, kind string, ids ...string) error {
	name := n.p.name(kind, ids...)
	old, err := n.p.recall(ctx, name)
	if err == nil && old != value {
		n.values[name] = value
	}
	return err
}

// channel notes that a channel belongs to a team, or, if it was deleted, does no more.
func (n *news) channel(ctx context.Context, team, channel string, there bool) error {
	channels, err := n.p.channels(ctx, team)
	if err != nil || slices.Contains(channels, channel) == there || there && len(channels) >= maxChannels {
		return err
	}
	if there {
		channels = append(channels, channel)
	} else {
		channels = slices.DeleteFunc(channels, func(c string) bool { return c == channel })
	}
	b, err := json.Marshal(channels)
	if err != nil {
		return err
	}
	return n.set(ctx, string(b), "team", team)
}

// account returns who somebody is, and notes how the Connector calls them. Activities
// name people by an id of the bot's own; the object id in Entra, which administrators
// know as well, stands beside it nearly always. Who has none (a guest of a meeting) is
// called by the bot's own.
func (c *Chat) account(ctx context.Context, a account, n *news) (bot.UserID, error) {
	if object := strings.ToLower(a.Object); object != "" {
		if a.ID == "" {
			return userID(object), nil
		}
		if err := n.set(ctx, a.ID, "address", object); err != nil {
			return "", err
		}
		return userID(object), n.set(ctx, object, "account", a.ID)
	}
	object, err := c.people.recall(ctx, c.people.name("account", a.ID))
	if err != nil || object != "" {
		return userID(object), err
	}
	return userID(a.ID), nil
}

// address is how the Connector calls an account: by what activities have said, else by
// its object id, which it understands in most places.
func (c *Chat) address(ctx context.Context, u bot.UserID) (string, bool, error) {
	local := u.Local()
	if strings.HasPrefix(local, "29:") {
		return local, true, nil
	}
	known, err := c.people.recall(ctx, c.people.name("address", local))
	if err != nil || known != "" {
		return known, known != "", err
	}
	return local, false, nil
}

// place is a conversation whose members the bot can look up: a team, or a group chat.
type place struct {
	ID      string `json:"i"`
	Service string `json:"s"`
}

// maxPlaces is how many of them are known; the oldest go.
const maxPlaces = 200

// places are the conversations in which the bot is with others, the newest first.
func (c *Chat) places(ctx context.Context) (all []place, err error) {
	value, err := c.people.recall(ctx, c.people.name("rosters"))
	if err == nil && value != "" {
		err = json.Unmarshal([]byte(value), &all)
	}
	return all, err
}

// settled notes that the bot is in a conversation with others, or no more.
func (c *Chat) settled(ctx context.Context, p place, here bool, n *news) error {
	all, err := c.places(ctx)
	if err != nil || p.ID == "" || here && slices.Contains(all, p) || !here && !slices.ContainsFunc(all, p.same) {
		return err
	}
	return n.set(ctx, listed(p, here, all), "rosters")
}

// listed is the list of places with one of them in front, or without it.
func listed(p place, here bool, all []place) string {
	all = slices.DeleteFunc(slices.Clone(all), p.same)
	if here {
		all = append([]place{p}, all[:min(len(all), maxPlaces-1)]...)
	}
	b, _ := json.Marshal(all) // strings
	return string(b)
}

func (p place) same(other place) bool { return p.ID == other.ID }

// Forget takes an account out of what the adapter of an application keeps. It must not be
// running. Once the account writes again, it is known again.
func Forget(ctx context.Context, memory Memory, app string, account bot.UserID) error {
	if account.Chat() != ID {
		return nil
	}
	p := newPeople(memory, app)
	local := account.Local()
	address, err := memory.Recall(ctx, p.name("address", local))
	if err != nil {
		return err
	}
	room, err := memory.Recall(ctx, p.name("direct", local))
	if err != nil {
		return err
	}
	gone := map[string]string{}
	if address != "" {
		gone[p.name("address", local)], gone[p.name("account", address)] = "", ""
	}
	if room != "" {
		gone[p.name("direct", local)] = ""
		ref, known, err := p.reference(ctx, room)
		if err != nil {
			return err
		}
		if known {
			ref.With = ""
			gone[p.name("room", room)] = ref.String()
		}
	}
	return p.remember(ctx, gone)
}
