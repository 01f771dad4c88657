package matrix

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"lotse/bot"
)

// ID is the name of this chat: the beginning of all its ids.
const ID bot.ChatID = "matrix"

// maxMarkdown is how many bytes a rendered text may have, so that an edit, which
// holds its text twice, stays below the 65,536 bytes of an event.
const maxMarkdown = 15000

// maxAnswer is how many bytes of an answer are read, so that no server can fill the
// memory; read and understood it takes a multiple of that.
const maxAnswer = 32 << 20

// maxID is how many bytes an id may have, by Matrix's rules.
const maxID = 255

// ErrEncrypted is why nothing is sent to a room: it is encrypted, and this Chat has no
// keys (Config.Keys); it must not send anything in the clear there.
var ErrEncrypted = errors.New("the room is encrypted, and there are no keys to encrypt with")

// keyWait is how long a message whose room key is missing is waited for before its
// sender is asked to send it again.
const keyWait = 2 * time.Minute

// Memory is where the adapter keeps its position; storage implements it. Recall
// returns "" for a name that is not known.
type Memory interface {
	Recall(ctx context.Context, name string) (string, error)
	Remember(ctx context.Context, name, value string) error
}

// Config is what a Chat needs.
type Config struct {
	Homeserver  string // https://matrix.example.org
	UserID      string // @lotse:example.org
	DeviceID    string
	AccessToken string
	// HTTPClient has the proxy and the certificate authority in it; its timeout, if
	// it has one, must be longer than a long poll (30 seconds). Let it keep as many
	// idle connections per host as sends run at once. nil means a plain one.
	HTTPClient *http.Client
	Memory     Memory // Run and encryption need it, and OpenDirect to find after a crash what it has created
	// Keys is the database for the tables of end-to-end encryption; nil: encrypted rooms
	// are refused. A database belongs to one Chat at a time.
	Keys *dbutil.Database
	// SealDirect: direct chats that the bot opens are encrypted. It wants Keys.
	SealDirect bool
	Log        *slog.Logger // nil: nothing is logged
	// BotName is how people may call the bot besides its display name.
	BotName string
	// Now is our own time; nil means time.Now.
	Now func() time.Time
	// Rehearsal: Now is a simulated clock, so what happens happens at Now, whatever
	// the server's clock says.
	Rehearsal bool
	// Timeout limits one request except the long poll; 0 means 30 seconds.
	Timeout time.Duration
	// PageSize is how many events the server shows per room and poll before it cuts;
	// 0 means 50.
	PageSize int
	// MaxAnswer is how many bytes an answer of the server may have; 0 means 32 MiB. What
	// is missed because a poll's answer is larger is read in pages.
	MaxAnswer int64
	// KeyWait is how long a room key is waited for before the sender of a message is
	// asked to send it again; 0 means 2 minutes.
	KeyWait time.Duration
}

// Chat is the bot's account on a homeserver.
type Chat struct {
	client  *mautrix.Client
	self    id.UserID
	memory  Memory
	log     *slog.Logger
	now     func() time.Time
	rehears bool
	timeout time.Duration
	page    int
	keyWait time.Duration
	botName string
	cipher  *cipher // nil: no encryption
	sealNew bool    // direct chats are made encrypted

	// Only Run touches these.
	unread []unread // cannot be read yet
	tried  bool     // … and were tried since the start

	mu       sync.Mutex
	own      []string                // names the bot answers to
	rooms    map[id.RoomID]room      // that the bot is in
	direct   map[id.RoomID]id.UserID // the account data m.direct, the other way round
	invites  map[id.RoomID]id.UserID // direct invitations not yet answered, by whom
	crypt    map[id.RoomID]bool      // encryption of rooms that no sync has shown yet
	uploads  map[string]*attached    // by transaction: files of messages that are not sent yet
	names    map[id.UserID]string    // display names of people who wrote
	verified bool                    // the account's identity vouches for this device

	openMu sync.Mutex // one direct chat is opened at a time
	secret string     // of their aliases, "" until it is needed
}

// New makes a Chat of a session. It sends nothing; Run and Send do.
func New(c Config) (*Chat, error) {
	if _, _, err := id.UserID(c.UserID).Parse(); err != nil {
		return nil, fmt.Errorf("matrix user %q: %w", c.UserID, err)
	}
	if c.AccessToken == "" {
		return nil, fmt.Errorf("matrix user %s: no access token", c.UserID)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	client, err := newClient(c.Homeserver, c.HTTPClient, c.Log)
	if err != nil {
		return nil, err
	}
	client.UserID, client.DeviceID, client.AccessToken = id.UserID(c.UserID), id.DeviceID(c.DeviceID), c.AccessToken
	if c.MaxAnswer > 0 {
		client.ResponseSizeLimit = c.MaxAnswer
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Timeout <= 0 {
		c.Timeout = 30 * time.Second
	}
	if c.PageSize <= 0 {
		c.PageSize = 50
	}
	if c.KeyWait <= 0 {
		c.KeyWait = keyWait
	}
	var keys *cipher
	if c.Keys != nil {
		if c.Memory == nil || c.DeviceID == "" {
			return nil, fmt.Errorf("matrix user %s: encryption wants a memory and a device", c.UserID)
		}
		keys = newCipher(c.Keys)
	}
	return &Chat{
		client:  client,
		self:    id.UserID(c.UserID),
		memory:  c.Memory,
		log:     c.Log,
		now:     c.Now,
		rehears: c.Rehearsal,
		timeout: c.Timeout,
		page:    c.PageSize,
		keyWait: c.KeyWait,
		cipher:  keys,
		sealNew: c.SealDirect && keys != nil,
		botName: c.BotName,
		own:     ownNames(id.UserID(c.UserID), c.BotName),
		rooms:   map[id.RoomID]room{},
		direct:  map[id.RoomID]id.UserID{},
		invites: map[id.RoomID]id.UserID{},
		crypt:   map[id.RoomID]bool{},
		uploads: map[string]*attached{},
		names:   map[id.UserID]string{},
	}, nil
}

// newClient makes a mautrix client that tries once and logs no content.
func newClient(homeserver string, hc *http.Client, log *slog.Logger) (*mautrix.Client, error) {
	client, err := mautrix.NewClient(homeserver, "", "")
	if err != nil {
		return nil, fmt.Errorf("homeserver %q: %w", homeserver, err)
	}
	if s := client.HomeserverURL.Scheme; s != "http" && s != "https" || client.HomeserverURL.Host == "" {
		return nil, fmt.Errorf("homeserver %q: want an address like https://matrix.example.org", homeserver)
	}
	if hc == nil {
		// One connection per room that is sent to at once, not a new one per send.
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConnsPerHost = 16
		hc = &http.Client{Transport: transport}
	}
	client.Client = hc
	client.UserAgent = "Lotse"
	client.ResponseSizeLimit = maxAnswer
	client.Log = logger(log)
	return client, nil
}

// ID returns "matrix".
func (c *Chat) ID() bot.ChatID { return ID }

// Abilities says what Matrix can do.
func (c *Chat) Abilities() bot.Abilities {
	return bot.Abilities{Threads: true, Reactions: true, Edits: true, Files: true, Echo: true, MaxBytes: maxMarkdown}
}

// The bot's ids carry the name of the chat in front.

func roomID(r id.RoomID) bot.RoomID        { return bot.RoomID(ID + ":" + bot.ChatID(r)) }
func userID(u id.UserID) bot.UserID        { return bot.UserID(ID + ":" + bot.ChatID(u)) }
func messageID(e id.EventID) bot.MessageID { return bot.MessageID(ID + ":" + bot.ChatID(e)) }
func eventID(e id.EventID) bot.EventID     { return bot.EventID(ID + ":" + bot.ChatID(e)) }

// optional is messageID, but nothing stays nothing. What people's clients point at may
// be any text: what is too long to be an id is nothing.
func optional(e id.EventID) bot.MessageID {
	if e == "" || len(e) > maxID {
		return ""
	}
	return messageID(e)
}

// room is what the adapter keeps about a room that the bot is in.
type room struct {
	Last      []id.EventID `json:"l,omitempty"` // the newest events handed over
	Direct    id.UserID    `json:"d,omitempty"` // the other one in a direct chat
	Members   int          `json:"m,omitempty"` // joined or invited, 0: unknown
	Encrypted bool         `json:"x,omitempty"`
	// How often an encrypted room wants a new key; 0 is the usual.
	RotateMillis   int64 `json:"xt,omitempty"`
	RotateMessages int   `json:"xn,omitempty"`

	replaces id.RoomID // what it says it was created to replace; only known while it is joined
}

// isDirect reports whether only the bot and that account are in the room.
func (r room) isDirect(with id.UserID) bool {
	return r.Direct != "" && r.Direct == with && r.Members <= 2
}

// with returns a copy of the context that ends after the timeout of a request.
func (c *Chat) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, c.timeout)
}

// encrypted reports whether a room is encrypted. Rooms that a sync has shown are
// known; of others the server is asked once. What it has said stays true of an
// encrypted room: a sync may show a room before it is finished.
func (c *Chat) encrypted(ctx context.Context, r id.RoomID) (bool, error) {
	c.mu.Lock()
	known, ok := c.rooms[r]
	asked, wasAsked := c.crypt[r]
	c.mu.Unlock()
	if ok || wasAsked {
		return known.Encrypted || asked, nil
	}
	err := c.client.StateEvent(ctx, r, event.StateEncryption, "", &struct{}{}) // that there is one says enough
	if err != nil && !errors.Is(err, mautrix.MNotFound) {
		return false, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.crypt[r] = err == nil
	return err == nil, nil
}

// Resolve returns the id of a room that the configuration names by its alias
// (#serviceportal:example.org); an id is returned as it is.
func (c *Chat) Resolve(ctx context.Context, alias string) (bot.RoomID, error) {
	alias = strings.TrimPrefix(alias, string(ID)+":")
	if strings.HasPrefix(alias, "!") {
		return roomID(id.RoomID(alias)), nil
	}
	if !strings.HasPrefix(alias, "#") || !strings.Contains(alias, ":") {
		return "", fmt.Errorf("room %q: want an alias like #name:example.org or an id like !id:example.org", alias)
	}
	ctx, cancel := c.limited(ctx)
	defer cancel()
	resp, err := c.client.ResolveAlias(ctx, id.RoomAlias(alias))
	if err != nil {
		return "", fmt.Errorf("resolve %s: %w", alias, err)
	}
	return roomID(resp.RoomID), nil
}
