package teams

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"lotse/bot"
)

// ID is the name of this chat: the beginning of all its ids.
const ID bot.ChatID = "teams"

// Where the public cloud has what a bot needs. National clouds have other addresses.
const (
	DefaultMetadata   = "https://login.botframework.com/v1/.well-known/openidconfiguration"
	DefaultIssuer     = "https://api.botframework.com"
	DefaultLogin      = "https://login.microsoftonline.com"
	DefaultScope      = "https://api.botframework.com/.default"
	DefaultServiceURL = "https://smba.trafficmanager.net/teams"
)

// channel is what the Bot Framework calls Teams.
const channel = "msteams"

// maxMarkdown is how many bytes a rendered text may have: as many as in Matrix, so that
// the same round is paged in the same way in both.
const maxMarkdown = 15000

// Memory is where the adapter keeps conversations and accounts; storage implements it.
// Recall returns "" for a name that is not known.
type Memory interface {
	Recall(ctx context.Context, name string) (string, error)
	Remember(ctx context.Context, name, value string) error
}

// Config is what a Chat needs.
type Config struct {
	AppID      string // the bot's application (client) id in Entra
	Tenant     string // the directory whose application it is
	Credential Credential
	// Tenants are the directories whose people may talk to the bot; none: only Tenant.
	Tenants []string
	// Teams are the ids of the teams that the bot may be in, as they stand in a link to the
	// team ("19:…@thread.tacv2"); none: all teams of the tenants.
	Teams []string

	// Addresses; "" means those of the public cloud.
	Metadata   string // OpenID metadata of the Bot Connector
	Issuer     string // who signs its tokens
	Token      string // where the bot gets its own token
	Scope      string // … and for what
	ServiceURL string // where conversations are opened before any activity has said where

	// HTTPClient has the proxy and the certificate authority in it; nil means a plain one.
	HTTPClient *http.Client
	Memory     Memory
	Log        *slog.Logger // nil: nothing is logged
	// Reactions says what Teams' names of reactions mean, besides and before those that
	// are known: {"like": "✅"}.
	Reactions map[string]string
	// Now is our own time; nil means time.Now.
	Now func() time.Time
	// Rehearsal: Now is a simulated clock, so what happens happens at Now.
	Rehearsal bool
	// Timeout limits one request that the bot makes; 0 means 30 seconds.
	Timeout time.Duration
	// Unpaced: the Connector is one of a test and has no limits to keep to.
	Unpaced bool
	// Listener is where Run serves; nil: somebody else serves the Chat, which is a
	// [http.Handler]. Run closes it.
	Listener net.Listener
}

// Chat is a bot in Microsoft Teams.
type Chat struct {
	app     string
	self    string // the bot's account: "28:<app id>"
	tenant  string
	tenants map[string]bool
	teams   map[string]bool
	service string // where conversations are opened before any activity has said where

	http      *http.Client
	memory    Memory
	log       *slog.Logger
	now       func() time.Time
	rehears   bool
	timeout   time.Duration
	listener  net.Listener
	reactions map[string]string

	door   *door   // who may come in
	pass   *pass   // the bot's own token
	paces  *paces  // how fast it may write
	people *people // what is known of conversations and accounts

	complaints *complaints // what was not let in

	// running is held, for reading, while an activity is handed over, so that Run does
	// not end under it.
	running sync.RWMutex
	deliver bot.Deliver // nil while Run is not running
}

// New makes a Chat. It asks nobody for anything; Run, Send and ServeHTTP do.
func New(c Config) (*Chat, error) {
	if c.AppID == "" || c.Tenant == "" {
		return nil, errors.New("teams: want the bot's application id and its tenant")
	}
	if c.Memory == nil {
		return nil, errors.New("teams: no memory to keep conversations in")
	}
	if err := c.Credential.check(); err != nil {
		return nil, fmt.Errorf("teams app %s: %w", c.AppID, err)
	}
	or := func(s *string, standard string) {
		if *s == "" {
			*s = standard
		}
	}
	or(&c.Metadata, DefaultMetadata)
	or(&c.Issuer, DefaultIssuer)
	or(&c.Token, DefaultLogin+"/"+url.PathEscape(c.Tenant)+"/oauth2/v2.0/token")
	or(&c.Scope, DefaultScope)
	or(&c.ServiceURL, DefaultServiceURL)
	for what, address := range map[string]string{"metadata": c.Metadata, "token": c.Token, "service": c.ServiceURL} {
		if !trusted(address) {
			return nil, fmt.Errorf("teams: the %s address %q must begin with https://", what, address)
		}
	}
	if c.HTTPClient == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConnsPerHost = 16 // all conversations are at one host
		c.HTTPClient = &http.Client{Transport: transport}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Timeout <= 0 {
		c.Timeout = 30 * time.Second
	}
	if len(c.Tenants) == 0 {
		c.Tenants = []string{c.Tenant}
	}
	return &Chat{
		app:       c.AppID,
		self:      "28:" + c.AppID,
		tenant:    c.Tenant,
		tenants:   set(c.Tenants),
		teams:     set(c.Teams),
		service:   c.ServiceURL,
		http:      c.HTTPClient,
		memory:    c.Memory,
		log:       c.Log,
		now:       c.Now,
		rehears:   c.Rehearsal,
		timeout:   c.Timeout,
		listener:  c.Listener,
		reactions: c.Reactions,
		door:      newDoor(c),
		pass:      newPass(c),
		paces:     newPaces(c.Unpaced),
		people:    newPeople(c.Memory, c.AppID),

		complaints: newComplaints(c.Log),
	}, nil
}

// ID returns "teams".
func (c *Chat) ID() bot.ChatID { return ID }

// Abilities says what Teams can do. People can react, and it counts; but what a bot may
// do with reactions is experimental, so it puts none: what counts stands on buttons.
func (c *Chat) Abilities() bot.Abilities {
	return bot.Abilities{Threads: true, Edits: true, Forms: true, MaxBytes: maxMarkdown}
}

// AbilitiesIn says what a conversation can do: only channels have threads. What is not a
// conversation's id, but an account's, stands for its personal chat.
func (c *Chat) AbilitiesIn(room bot.RoomID) bot.Abilities {
	can := c.Abilities()
	local := room.Local()
	can.Threads = strings.HasSuffix(local, "@thread.tacv2") || strings.HasSuffix(local, "@thread.skype")
	return can
}

// Run takes activities in until ctx ends. Teams keeps nothing for a bot that was away,
// so there is nothing to catch up with.
func (c *Chat) Run(ctx context.Context, deliver bot.Deliver) error {
	if err := deliver(ctx, bot.Batch{CaughtUp: true}); err != nil {
		return err
	}
	c.open(deliver)
	defer c.complaints.end()
	defer c.open(nil)
	if c.listener == nil {
		<-ctx.Done()
		return nil
	}
	server := &http.Server{
		Handler:           c,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       answerWithin,
		WriteTimeout:      2 * answerWithin,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(c.log.Handler(), slog.LevelDebug),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(c.listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("listen for Teams on %s: %w", c.listener.Addr(), err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
	defer cancel()
	err := server.Shutdown(grace)
	<-ended
	if err != nil {
		return fmt.Errorf("stop listening for Teams: %w", err)
	}
	return nil
}

// open lets activities in, or, with nil, no longer; it waits for those under way.
func (c *Chat) open(deliver bot.Deliver) {
	c.running.Lock()
	defer c.running.Unlock()
	c.deliver = deliver
}

func set(all []string) map[string]bool {
	m := map[string]bool{}
	for _, s := range all {
		m[strings.ToLower(strings.TrimSpace(s))] = true
	}
	return m
}

// trusted reports whether an address may get the bot's tokens, or say which keys are
// good: nobody can listen in, or it is this machine.
func trusted(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	if u.Scheme == "https" {
		return true
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

// The bot's ids carry the name of the chat in front. An activity's id is only its
// own within its conversation, which therefore is part of it.

func roomID(conversation string) bot.RoomID {
	return bot.RoomID(string(ID) + ":" + conversation)
}

func userID(account string) bot.UserID { return bot.UserID(string(ID) + ":" + account) }

func messageID(conversation, activity string) bot.MessageID {
	if activity == "" {
		return ""
	}
	return bot.MessageID(string(ID) + ":" + conversation + "/" + activity)
}

// activityOf is the id of a message within its conversation.
func activityOf(m bot.MessageID) string {
	local := m.Local()
	return local[strings.LastIndexByte(local, '/')+1:]
}
