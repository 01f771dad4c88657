package engine_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/bot/engine/enginetest"
	"lotse/bot/teams"
	"lotse/bot/teams/teamstest"
)

// Over Teams as well nothing is lost and the order is kept, whenever the process dies, and
// an activity counts once however often it is delivered. But nobody can look into a
// conversation: of what the bot did not hear, before it died, that it had arrived, it says
// every message once more. It says none twice beside these; edits and deletions it repeats
// without harm.
//
// The bot's chat is the real one. It speaks over HTTP with a Connector that keeps what it
// is given, and gets activities, signed, over HTTP, each again until it has said 200.
func TestCrashTeams(t *testing.T) {
	long := os.Getenv("LOTSE_TEST_LONG") != ""
	story := apart(nineWeeks())
	if !long {
		story = story[:30]
	}
	stride := 60
	if long {
		stride = 4
	}
	c := crashTeams(t, story, 400, func(n int) int {
		switch {
		case race && n%25 > 0:
			return 0
		case n%stride == 0:
			return len(story)
		case long || n%4 == 0:
			return 2
		}
		return 0
	}, map[string]int{"/ask/": 2, "/question/": 4, "/summary/": 1, "/overview/": 1, "reply/": 2})
	if c.unheard == 0 && !race {
		t.Error("nothing was unheard: the story does not try it")
	}
}

// TestCrashEscalation, over Teams.
func TestCrashTeamsEscalation(t *testing.T) {
	long := os.Getenv("LOTSE_TEST_LONG") != ""
	story := apart(aDecision())
	crashTeams(t, story, 400, func(n int) int {
		switch {
		case race && n%25 > 0:
			return 0
		case long || n%50 == 0:
			return len(story)
		case n%5 == 0:
			return 1
		}
		return 0
	}, map[string]int{"/draft/": 2, "/request/": 3, "/told/": 2, "/question/": 1, "/answer/": 1, "/outcome/": 7, " decided serviceportal": 3})
}

func crashTeams(t *testing.T, story []step, operations int, steps func(n int) int, keys map[string]int) *crashes {
	t.Helper()
	where := newTeamsPlace(t)
	c := &crashes{t: t, place: where.place, blind: true, story: story, want: where.reference(t, story)}
	c.crash(operations, steps, keys)
	return c
}

// The crash test over Teams can fail, too: it sees what comes of each of these faults.
func TestCrashTeamsSeesFaults(t *testing.T) {
	if race {
		t.Skip("the race detector has nothing to learn from it, and takes ten times as long")
	}
	story := apart(nineWeeks())[:10]
	for _, test := range []struct {
		fault string
		take  func(*teamsChat, context.Context, bot.Deliver, bot.Batch) error
		chat  func(*teamsChat) engine.Chat
		seen  func(*crashes) int
	}{
		{"activities are acknowledged before they are committed", (*teamsChat).acknowledgesFirst, nil, func(c *crashes) int { return c.other + c.lost + c.answers }},
		{"an activity that comes twice is another one", (*teamsChat).forgetsIDs, nil, func(c *crashes) int { return c.other + c.lost }},
		{"what was answered is tried again", nil, func(c *teamsChat) engine.Chat { return stubborn{c, new(sync.Map)} }, func(c *crashes) int { return c.doubled }},
		{"what may have arrived is not tried again", nil, func(c *teamsChat) engine.Chat { return trusting{c, c.rooms} }, func(c *crashes) int { return c.lost }},
	} {
		where := newTeamsPlace(t)
		where.take = test.take
		c := &crashes{t: t, place: where.place, blind: true, story: story, want: where.reference(t, story), fault: test.chat}
		c.play(func(n int) int { return 1 - n%2 })
		t.Logf("%s: %s", test.fault, c)
		if test.seen(c) == 0 {
			t.Errorf("%s, and the crash test does not see it", test.fault)
		}
	}
}

// acknowledgesFirst commits what came in once Teams thinks that it is.
func (c *teamsChat) acknowledgesFirst(ctx context.Context, deliver bot.Deliver, b bot.Batch) error {
	if len(b.Events) == 0 {
		return deliver(ctx, b)
	}
	ctx = context.WithoutCancel(ctx)
	c.later.Go(func() {
		_ = c.rooms.Settle(ctx)
		_ = deliver(ctx, b)
	})
	return nil
}

// forgetsIDs gives a new id to what comes again.
func (c *teamsChat) forgetsIDs(ctx context.Context, deliver bot.Deliver, b bot.Batch) error {
	for i := range b.Events {
		e := &b.Events[i]
		name := "came/" + string(e.ID)
		came, err := c.memory.Recall(ctx, name)
		if err != nil {
			return err
		}
		if came != "" {
			e.ID += "/again"
		}
		if b.Remember == nil {
			b.Remember = map[string]string{}
		}
		b.Remember[name] = "yes"
	}
	return deliver(ctx, b)
}

// stubborn tries everything twice, whatever was answered.
type stubborn struct {
	*teamsChat
	tried *sync.Map
}

func (s stubborn) Send(ctx context.Context, out bot.Outgoing) (bot.MessageID, error) {
	id, err := s.teamsChat.Send(ctx, out)
	if _, again := s.tried.LoadOrStore(out.Transaction, true); err == nil && !again {
		return "", enginetest.ErrConnection
	}
	return id, err
}

// trusting takes everything in doubt for sent.
type trusting struct {
	*teamsChat
	rooms *enginetest.Chat
}

func (trusting) Find(_ context.Context, room bot.RoomID, key bot.Key, _ int) (bot.MessageID, error) {
	return bot.MessageID(string(room) + "/nowhere"), nil
}

// Requests are answered with what says nothing, or not at all, and the bot lives. What was
// done all the same stands twice, once for each answer that was lost, and nothing else.
// What the store did and did not say does no harm, so activities come again.
func TestLostAnswersTeams(t *testing.T) {
	story := apart(nineWeeks())
	if race {
		story = story[:20]
	} else if os.Getenv("LOTSE_TEST_LONG") == "" {
		story = story[:40]
	}
	const every = 7
	where := newTeamsPlace(t)
	c := &crashes{t: t, place: where.place, blind: true, story: story, want: where.reference(t, story)}
	total := map[fate]int{}
	for i := range every {
		var mu sync.Mutex
		requests, operations := 0, 0
		doubled := map[string]int{} // by "room key": answers to messages that were lost
		where.answer = func(r *http.Request) fate {
			mu.Lock()
			defer mu.Unlock()
			if requests++; requests%every != i {
				return answered
			}
			became := []fate{unheard, refused, broken, forgotten}[requests/every%4]
			total[became]++
			if key, _ := url.QueryUnescape(r.Header.Get("X-Key")); key != "" && r.Method == http.MethodPost && (became == unheard || became == broken) {
				doubled[key]++
			}
			return became
		}
		deaf := &life{around: func(what string, op func() error) error {
			err := op()
			mu.Lock()
			defer mu.Unlock()
			if slices.Contains([]string{"Receive", "Commit", "Claim", "Settle", "Remember"}, what) {
				if operations++; err == nil && operations%every == i {
					err = enginetest.ErrConnection
				}
			}
			return err
		}}
		town, err := where.begin(t.Context(), where.store(t), where.rooms(), dawn, deaf.conf)
		if err != nil {
			t.Fatal(err)
		}
		for j, s := range story {
			if err := town.play(t.Context(), s, false); err != nil {
				t.Fatalf("%s: %v", s.about, err)
			}
			got, err := town.outcome(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			stands := map[string]int{}
			var unheard []string
			for room, keys := range got.said {
				for _, key := range keys {
					if stands[string(key)]++; stands[string(key)] == 2 {
						unheard = append(unheard, string(room)+" "+string(key))
					}
				}
			}
			for key, n := range stands {
				if n != 1+doubled[key] {
					t.Errorf("after %s: %s stands %d times, and %d answers were lost", s.about, key, n, doubled[key])
				}
			}
			slices.Sort(unheard)
			c.compare("deaf, after "+s.about, got, c.want[j], unheard)
		}
		if err := town.end(); err != nil {
			t.Error(err)
		}
		for _, n := range doubled {
			c.unheard += n
		}
	}
	t.Logf("of the requests %d were done and not answered, %d done and the connection broken, %d not done and not answered, %d refused: %s",
		total[unheard], total[broken], total[forgotten], total[refused], c.counts())
	if min(total[unheard], total[broken], total[forgotten], total[refused], c.unheard) == 0 {
		t.Error("not everything that can go wrong went wrong")
	}
	for _, found := range c.found {
		t.Error(found)
	}
}

// apart is a story in which nothing comes in one piece, as in Teams; at first the bot is
// put into the rooms.
func apart(story []step) []step {
	var steps []step
	for _, room := range []bot.RoomID{pmoRoom, dmRoom, dikonRoom, portal, eakte} {
		steps = append(steps, step{about: "the bot is added to " + string(room), deeds: []deed{func(stage) bot.Event {
			return bot.Event{Kind: bot.EventJoined, Room: room, Sender: pia}
		}}})
	}
	for _, s := range story {
		if s.deeds == nil {
			steps = append(steps, s)
		}
		for _, do := range s.deeds {
			steps = append(steps, step{about: s.about, deeds: []deed{do}})
		}
	}
	return steps
}

// teamsPlace is a tenant of Teams: its rooms are those of a chat that records, before which
// stands what speaks as the Connector does.
type teamsPlace struct {
	*place
	authority *teamstest.Authority
	server    *httptest.Server
	token     string // of what comes in

	requests atomic.Int64

	mu    sync.Mutex
	lives map[string]*teamsChat
	count int

	// answer, if set before anything runs, is asked about each request to send.
	answer func(*http.Request) fate
	// take, if set, takes activities in instead of the engine.
	take func(*teamsChat, context.Context, bot.Deliver, bot.Batch) error
}

// fate is what becomes of a request.
type fate int

const (
	answered  fate = iota
	unheard        // done, and the answer is lost
	broken         // the same, and the connection is
	forgotten      // not done, and nobody can know
	refused        // not done, for sure
)

func newTeamsPlace(t *testing.T) *teamsPlace {
	t.Helper()
	p := &teamsPlace{authority: teamstest.NewAuthority(t), lives: map[string]*teamsChat{}}
	p.server = httptest.NewServer(p)
	t.Cleanup(p.server.Close)
	p.token = p.authority.Sign(p.service())
	p.place = &place{
		id: teams.ID, books: teamsBooks, chat: p.begins,
		stage: func(c *enginetest.Chat) stage { return teamsStage{c} },
	}
	return p
}

func (p *teamsPlace) service() string { return p.server.URL + teamstest.Prefix }

// What a room of the story is called in Teams.
var teamsRooms = map[bot.RoomID]bot.RoomID{
	pmoRoom: "teams:19:pmo@thread.v2", dmRoom: "teams:19:dm@thread.tacv2", dikonRoom: "teams:19:dikon@thread.tacv2",
	portal: "teams:19:portal@thread.tacv2", eakte: "teams:19:eakte@thread.tacv2", direct: "teams:direct-fatma",
}

func teamsUser(u bot.UserID) bot.UserID {
	if u == "" {
		return ""
	}
	return "teams:" + bot.UserID(strings.TrimPrefix(u.Local(), "@"))
}

func teamsBooks() bot.Change {
	c := cityBooks()
	for i := range c.Rooms {
		c.Rooms[i].ID = teamsRooms[c.Rooms[i].ID]
	}
	for i := range c.People {
		c.People[i].Accounts = []bot.UserID{teamsUser(c.People[i].Accounts[0])}
	}
	return c
}

// teamsStage lets the people of the story act in Teams.
type teamsStage struct{ *enginetest.Chat }

func (s teamsStage) Room(room bot.RoomID) []enginetest.Message { return s.Chat.Room(teamsRooms[room]) }

func (s teamsStage) Inject(events ...bot.Event) []bot.MessageID {
	for i := range events {
		e := &events[i]
		if e.Kind == bot.EventDeletion { // of a reaction is said what it was, and on what
			for _, m := range s.Room(e.Room) {
				for _, r := range m.Reactions {
					if r.ID == e.Target {
						e.Emoji, e.ReplyTo = r.Emoji, m.ID
					}
				}
			}
		}
		e.Room, e.Sender = teamsRooms[e.Room], teamsUser(e.Sender)
		for j := range e.Mentions {
			e.Mentions[j].User = teamsUser(e.Mentions[j].User)
		}
	}
	return s.Chat.Inject(events...)
}

// activity is an event as Teams tells of it, at a time of its own.
func (p *teamsPlace) activity(e bot.Event) map[string]any {
	n := 0
	fmt.Sscan(teamstest.ActivityID(e.ID), &n)
	return teamstest.RoomActivity(e, p.service(), dawn.Add(time.Duration(n)*time.Second))
}

// teamsChat is the bot's chat in one life.
type teamsChat struct {
	*teams.Chat
	place *teamsPlace
	name  string
	rooms *enginetest.Chat
	http  *http.Client

	memory engine.Memory
	later  sync.WaitGroup // of what is acknowledged and not taken in
}

// begins gives the bot a chat of its own in the rooms.
func (p *teamsPlace) begins(rooms *enginetest.Chat, memory engine.Memory) (engine.Chat, func(), error) {
	rooms.Can(bot.Abilities{Threads: true, Reactions: true, Edits: true})
	p.mu.Lock()
	p.count++
	c := &teamsChat{place: p, rooms: rooms, memory: memory, name: fmt.Sprint(p.count)}
	p.lives[c.name] = c
	p.mu.Unlock()
	c.http = &http.Client{Transport: named{c.name}}
	var err error
	c.Chat, err = teams.New(teams.Config{
		AppID: teamstest.AppID, Tenant: teamstest.Tenant, Credential: teams.Credential{Secret: teamstest.Secret}, Memory: memory,
		Metadata: p.authority.Metadata(), Token: p.authority.Token(), ServiceURL: p.service(), HTTPClient: c.http,
		Now: func() time.Time { return dawn }, Rehearsal: true, Unpaced: true,
	})
	return c, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.lives, c.name)
	}, err
}

// named says with each request who makes it, and what it sends: Teams itself knows nothing
// of keys.
type named struct{ name string }

type sends struct{}

func (n named) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Life", n.name)
	if out, ok := r.Context().Value(sends{}).(bot.Outgoing); ok {
		r.Header.Set("X-Key", url.QueryEscape(string(out.Key)))
		r.Header.Set("X-Revision", fmt.Sprint(out.Revision))
	}
	return teamstest.Loopback().RoundTrip(r)
}

func (c *teamsChat) Send(ctx context.Context, out bot.Outgoing) (bot.MessageID, error) {
	return c.Chat.Send(context.WithValue(ctx, sends{}, out), out)
}

// Run delivers activities to the bot, each until it has said 200, one after the other.
func (c *teamsChat) Run(ctx context.Context, deliver bot.Deliver) error {
	ctx, stop := context.WithCancel(ctx)
	var posting sync.WaitGroup
	posting.Go(func() {
		_ = c.rooms.Run(ctx, func(ctx context.Context, b bot.Batch) error { // it ends with ctx
			for _, e := range b.Events {
				if _, err := teamstest.PostActivity(ctx, c.http.Transport, c.place.server.URL+teams.Path, c.place.token, c.place.activity(e)); err != nil {
					return err
				}
			}
			return nil
		})
	})
	defer posting.Wait()
	defer stop()
	defer c.later.Wait()
	if take := c.place.take; take != nil {
		engines := deliver
		deliver = func(ctx context.Context, b bot.Batch) error { return take(c, ctx, engines, b) }
	}
	return c.Chat.Run(ctx, deliver)
}

// Settle implements engine.Settler.
func (c *teamsChat) Settle(ctx context.Context) error {
	err := c.rooms.Settle(ctx)
	c.later.Wait()
	return err
}

// mortalTeams is a teamsChat whose sends are counted, and break. When a personal chat is
// opened, what counts is that it is remembered.
type mortalTeams struct {
	*teamsChat
	*life
}

func (c mortalTeams) Send(ctx context.Context, out bot.Outgoing) (id bot.MessageID, err error) {
	err = c.do("Send", func() error { id, err = c.teamsChat.Send(ctx, out); return err })
	return id, err
}

// ServeHTTP is the Connector, and hands activities on to the bot that they are for.
func (p *teamsPlace) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	c := p.lives[r.Header.Get("X-Life")]
	p.mu.Unlock()
	if c == nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	if !strings.HasPrefix(r.URL.Path, teamstest.Prefix) {
		c.Chat.ServeHTTP(w, r)
		return
	}
	if !p.authority.Knows(r) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	became := answered
	if p.answer != nil {
		became = p.answer(r)
	}
	switch became {
	case forgotten:
		w.WriteHeader(http.StatusGatewayTimeout)
		return
	case refused:
		teamstest.Reply(w, http.StatusTooManyRequests, map[string]any{"error": map[string]string{"code": "Throttled"}})
		return
	}
	_, status, answer := teamstest.CarryOut(c.rooms, r, func(s teamstest.Sent) bot.Outgoing { return p.operation(r, s) })
	switch became {
	case unheard:
		w.WriteHeader(http.StatusBadGateway)
	case broken:
		panic(http.ErrAbortHandler)
	default:
		teamstest.Reply(w, status, answer)
	}
}

// operation is what a request does to the rooms: it carries its key beside it.
func (p *teamsPlace) operation(r *http.Request, s teamstest.Sent) bot.Outgoing {
	key, _ := url.QueryUnescape(r.Header.Get("X-Key"))
	out := s.Aim(bot.Outgoing{Key: bot.Key(key), Transaction: fmt.Sprint("request ", p.requests.Add(1))})
	fmt.Sscan(r.Header.Get("X-Revision"), &out.Revision)
	out.Text.Markdown = bot.Markdown(s.Text)
	for _, c := range s.Cards {
		out.Text.Markdown += "\n" + bot.Markdown(c)
	}
	return out
}
