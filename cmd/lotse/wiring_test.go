package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"maunium.net/go/mautrix"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/storage"
)

func TestMergePeople(t *testing.T) {
	maria := bot.Person{ID: "maria", Name: "Maria Beispiel", Accounts: []bot.UserID{"matrix:@maria:x", "matrix:@mb:x"}}
	config := []bot.Person{maria, {ID: "jan", Name: "Jan Beispiel", Accounts: []bot.UserID{"matrix:@jan:x"}}}
	link := func(u bot.UserID) []bot.AccountLink {
		return []bot.AccountLink{{User: u, Since: time.Date(2026, 11, 18, 9, 0, 0, 0, time.UTC)}}
	}
	joined := maria
	joined.Accounts, joined.Linked, joined.Former = append(slices.Clone(maria.Accounts), "teams:m"), link("teams:m"), []bot.PersonID{"teams:m"}
	for _, tc := range []struct {
		name   string
		books  []bot.Person
		rows   []bot.Person
		merged map[bot.PersonID]bot.PersonID
	}{
		{"all are new", nil, config, nil},
		{"nothing has changed", config, nil, nil},
		// An account that the configuration does not name any more has no rights any more.
		{"an account has gone", []bot.Person{{ID: "maria", Name: maria.Name, Accounts: append(slices.Clone(maria.Accounts), "matrix:@old:x")}, config[1]},
			config[:1], nil},
		{"another name", []bot.Person{{ID: "maria", Name: "Maria", Accounts: maria.Accounts}, config[1]}, config[:1], nil},
		// Somebody mentioned her in chat before she stood in the configuration.
		{"known by an account", []bot.Person{{ID: "matrix:@mb:x", Name: "mb", Accounts: []bot.UserID{"matrix:@mb:x"}}, config[1]},
			[]bot.Person{{ID: "maria", Name: maria.Name, Accounts: maria.Accounts, Former: []bot.PersonID{"matrix:@mb:x"}}}, map[bot.PersonID]bot.PersonID{"matrix:@mb:x": "maria"}},
		// Two people of the books cannot be told to be one by half of their accounts.
		{"somebody with a further account", []bot.Person{maria, config[1], {ID: "erika", Name: "Erika", Accounts: []bot.UserID{"matrix:@jan:x", "matrix:@erika:x"}}}, nil, nil},
		{"somebody else", []bot.Person{maria, config[1], {ID: "erika", Name: "Erika", Accounts: []bot.UserID{"matrix:@erika:x"}}}, nil, nil},
		{"somebody without an account", []bot.Person{maria, config[1], {ID: "erika", Name: "Erika"}}, nil, nil},
		// What was joined by a code stays joined, also to whom the configuration names later.
		{"joined by a code", []bot.Person{joined, config[1]}, nil, nil},
		{"joined, then named", []bot.Person{{ID: "mb", Name: "mb", Accounts: []bot.UserID{"matrix:@mb:x", "teams:m"}, Linked: link("teams:m")}, config[1]},
			[]bot.Person{{ID: "maria", Name: maria.Name, Accounts: joined.Accounts, Linked: joined.Linked, Former: []bot.PersonID{"mb"}}}, map[bot.PersonID]bot.PersonID{"mb": "maria"}},
		// … but it does not tell who somebody is.
		{"the configuration names what was joined", []bot.Person{maria, config[1], {ID: "erika", Name: "Erika", Accounts: []bot.UserID{"teams:e", "matrix:@jan:x"}, Linked: link("matrix:@jan:x")}}, nil, nil},
		{"the configuration gives it to somebody else", []bot.Person{{ID: "maria", Name: maria.Name, Accounts: append(slices.Clone(maria.Accounts), "matrix:@jan:x"), Linked: link("matrix:@jan:x")}, config[1]},
			config[:1], nil},
	} {
		books := map[bot.PersonID]bot.Person{}
		for i, p := range tc.books {
			p.Version = int64(i + 1)
			books[p.ID] = p
		}
		rows, merges := mergePeople(config, books)
		for i, r := range rows {
			if r.Version != books[r.ID].Version {
				t.Errorf("%s: %s is written with version %d, the books have %d", tc.name, r.ID, r.Version, books[r.ID].Version)
			}
			rows[i].Version = 0
		}
		if diff := cmp.Diff(tc.rows, rows); diff != "" {
			t.Errorf("%s: writes (-want +got):\n%s", tc.name, diff)
		}
		var merged map[bot.PersonID]bot.PersonID
		for _, m := range merges {
			merged = map[bot.PersonID]bot.PersonID{m.From: m.Into.ID}
		}
		if !cmp.Equal(merged, tc.merged) {
			t.Errorf("%s: merges %v, want %v", tc.name, merged, tc.merged)
		}
	}
}

func TestMergeRooms(t *testing.T) {
	room := func(id bot.RoomID, kind bot.RoomKind, project bot.ProjectID, lang bot.Language, origin bot.Origin) bot.Room {
		return bot.Room{ID: id, Kind: kind, Project: project, Language: lang, Origin: origin}
	}
	joined := func(r bot.Room) bot.Room { r.Joined, r.Version = true, 7; return r }
	pmo := room("a", bot.RoomPMO, "", "", bot.FromConfig)
	portal := room("b", bot.RoomProject, "portal", bot.English, bot.FromConfig)
	for _, tc := range []struct {
		name          string
		config, books []bot.Room
		rows          []bot.Room
		skipped       []bot.RoomID
	}{
		{"new", []bot.Room{pmo, portal}, nil, []bot.Room{pmo, portal}, nil},
		{"known", []bot.Room{pmo, portal}, []bot.Room{joined(pmo), portal}, nil, nil},
		{"joined before it was bound", []bot.Room{pmo}, []bot.Room{joined(room("a", "", "", "", ""))}, []bot.Room{joined(pmo)}, nil},
		{"another purpose", []bot.Room{room("a", bot.RoomDM, "", "", bot.FromConfig)}, []bot.Room{joined(pmo)}, []bot.Room{joined(room("a", bot.RoomDM, "", "", bot.FromConfig))}, nil},
		// What !raum said stands, and so does that it took the purpose away.
		{"bound in chat", []bot.Room{pmo}, []bot.Room{room("a", bot.RoomDM, "", "", bot.FromChat)}, nil, []bot.RoomID{"a"}},
		{"unbound in chat", []bot.Room{pmo}, []bot.Room{room("a", "", "", "", bot.FromChat)}, nil, []bot.RoomID{"a"}},
		{"bound by import", []bot.Room{portal}, []bot.Room{room("b", bot.RoomProject, "eakte", bot.English, bot.FromImport)}, nil, []bot.RoomID{"b"}},
		{"the project has a room by import", []bot.Room{portal}, []bot.Room{room("c", bot.RoomProject, "portal", "", bot.FromImport)},
			[]bot.Room{room("b", "", "", bot.English, "")}, []bot.RoomID{"b"}},
		// The language that somebody chose in chat stands, too.
		{"language of a room bound in chat", []bot.Room{room("a", bot.RoomDM, "", bot.GermanDu, bot.FromConfig)}, []bot.Room{room("a", bot.RoomPMO, "", bot.English, bot.FromChat)},
			nil, []bot.RoomID{"a"}},
		{"a language that nobody chose", []bot.Room{room("a", bot.RoomDM, "", bot.GermanDu, bot.FromConfig)}, []bot.Room{room("a", bot.RoomPMO, "", "", bot.FromChat)},
			[]bot.Room{room("a", bot.RoomPMO, "", bot.GermanDu, bot.FromChat)}, []bot.RoomID{"a"}},
		{"chosen before the room was bound", []bot.Room{pmo}, []bot.Room{room("a", "", "", bot.English, "")}, []bot.Room{room("a", bot.RoomPMO, "", bot.English, bot.FromConfig)}, nil},
		{"the configuration chooses another", []bot.Room{portal}, []bot.Room{joined(room("b", bot.RoomProject, "portal", bot.German, bot.FromConfig))}, []bot.Room{joined(portal)}, nil},
		{"no longer in the configuration", nil, []bot.Room{joined(portal), joined(room("d", bot.RoomDM, "", "", bot.FromChat))}, []bot.Room{joined(room("b", "", "", "", ""))}, nil},
		{"the project moves to another room", []bot.Room{room("c", bot.RoomProject, "portal", "", bot.FromConfig)}, []bot.Room{joined(portal)},
			[]bot.Room{room("c", bot.RoomProject, "portal", "", bot.FromConfig), joined(room("b", "", "", "", ""))}, nil},
		// It was the configuration's, and then an import gave the project another room.
		{"overtaken by an import", []bot.Room{portal}, []bot.Room{joined(portal), room("c", bot.RoomProject, "portal", "", bot.FromImport)},
			[]bot.Room{joined(room("b", "", "", bot.English, ""))}, []bot.RoomID{"b"}},
	} {
		rows, skipped := mergeRooms(tc.config, tc.books)
		if diff := cmp.Diff(tc.rows, rows); diff != "" {
			t.Errorf("%s: rows (-want +got):\n%s", tc.name, diff)
		}
		if !slices.Equal(skipped, tc.skipped) {
			t.Errorf("%s: skipped %v, want %v", tc.name, skipped, tc.skipped)
		}
		// Once written, nothing is to be done any more.
		books := slices.Clone(rows)
		for _, r := range tc.books {
			if !slices.ContainsFunc(rows, func(n bot.Room) bool { return n.ID == r.ID }) {
				books = append(books, r)
			}
		}
		if again, _ := mergeRooms(tc.config, books); len(again) > 0 {
			t.Errorf("%s: a second start writes %v", tc.name, again)
		}
	}
}

// silent is a chat in which nothing happens.
type silent struct{}

func (silent) ID() bot.ChatID           { return "test" }
func (silent) Abilities() bot.Abilities { return bot.Abilities{} }
func (silent) Run(ctx context.Context, deliver bot.Deliver) error {
	if err := deliver(ctx, bot.Batch{CaughtUp: true}); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}
func (silent) Send(context.Context, bot.Outgoing) (bot.MessageID, error) { return "", nil }

// testConfig is a configuration that is good.
func testConfig(t *testing.T, more string) *Config {
	t.Helper()
	c, err := parseConfig(filepath.Join(t.TempDir(), "lotse.yaml"), []byte(`
city: Musterstadt
bundesland: NW
matrix: {homeserver: "https://matrix.stadt.example", user: "@lotse:stadt.example"}
people:
  - {id: pia, name: Pia Beispiel, accounts: ["@pia:stadt.example"]}
  - {id: dora, name: Dora Beispiel, accounts: ["@dora:stadt.example"]}
roles: {pmo: [pia], dm: [dora]}
projektcheck: {anchor: 2026-11-25}
rooms:
  - {room: "!pmo:stadt.example", kind: pmo}
  - {room: "!dm:stadt.example", kind: dm}
`+more))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func memory(t *testing.T, o storage.Options) *storage.Store {
	t.Helper()
	store, err := storage.Memory(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Errorf("close the database: %v", err)
		}
	})
	return store
}

// testParts are the parts of a bot of the example's city in a chat that says nothing.
func testParts(t *testing.T, c *Config, clock engine.Clock) parts {
	t.Helper()
	settings, err := c.Settings()
	if err != nil {
		t.Fatal(err)
	}
	return parts{
		settings: settings, people: c.People(), rooms: c.Rooms(), networks: c.networks(), store: memory(t, storage.Options{}), chats: []engine.Chat{silent{}},
		clock: clock, log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
}

func TestAssemble(t *testing.T) {
	clock := engine.NewSimulated(time.Date(2026, 11, 17, 8, 0, 0, 0, time.UTC))
	c := testConfig(t, "")
	p := testParts(t, c, clock)
	p.books.Projects = []bot.Project{{ID: "portal", Name: "Serviceportal", Leads: []bot.PersonID{"pia"}, State: bot.ProjectActive}}
	for start := range 2 {
		e, err := p.assemble(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		p.books = bot.Change{} // they are there now
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- e.Run(ctx) }()
		if err := e.Idle(ctx); err != nil {
			t.Fatal(err)
		}
		stop()
		if err := <-ended; err != nil {
			t.Fatalf("start %d: Run: %v", start, err)
		}
	}
	books, err := p.store.Load(t.Context(), bot.Query{AllPeople: true, AllRooms: true, AllProjects: true, Rounds: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(books.People) != 2 || len(books.Rooms) != 2 || len(books.Projects) != 1 {
		t.Errorf("the books have %d people, %d rooms and %d projects; want 2, 2 and 1", len(books.People), len(books.Rooms), len(books.Projects))
	}
	if len(books.Rounds) == 0 || books.Rounds[0].ID != "2026-11-25" {
		t.Errorf("the rounds planned are %v, want the first on 2026-11-25", books.Rounds)
	}
	if _, err := p.store.Acquire(t.Context(), "somebody else", time.Now(), time.Minute); err != nil {
		t.Errorf("the lease was not given back: %v", err)
	}
}

// The configuration's networks come into the books and are planned. What was said of one in chat stands; one that the
// configuration names no longer is archived.
func TestAssembleNetworks(t *testing.T) {
	clock := engine.NewSimulated(time.Date(2026, 11, 17, 8, 0, 0, 0, time.UTC))
	const network = "networks:\n  - {id: digilotsen, name: Digilotsen, rule: erster Donnerstag im Monat, at: \"10:00\"}\n"
	p := testParts(t, testConfig(t, network), clock)
	start := func() bot.Snapshot {
		t.Helper()
		e, err := p.assemble(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- e.Run(ctx) }()
		if err := e.Idle(ctx); err != nil {
			t.Fatal(err)
		}
		stop()
		if err := <-ended; err != nil {
			t.Fatalf("Run: %v", err)
		}
		s, err := p.store.Load(t.Context(), bot.Query{Network: "digilotsen", AllNetworks: true, Meetups: true})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := start()
	if len(s.Networks) != 1 || s.Networks[0].Rule != "FREQ=MONTHLY;BYDAY=1TH" || s.Meetup == nil || s.Meetup.ID != "digilotsen-2026-12-03" || len(s.Meetups) != 2 {
		t.Fatalf("networks %+v, next meetup %+v of %d", s.Networks, s.Meetup, len(s.Meetups))
	}
	if again := start(); again.Networks[0].Version != s.Networks[0].Version || again.Meetup.Version != s.Meetup.Version {
		t.Error("a start with the same configuration has changed the network or its meetup")
	}
	p.networks[0].Rule = "FREQ=MONTHLY;BYDAY=2TH"
	if s = start(); s.Meetup == nil || s.Meetup.ID != "digilotsen-2026-12-10" {
		t.Errorf("after a new rule the next meetup is %+v", s.Meetup)
	}
	said := *s.Network
	said.Link, said.Origin = "https://bbb.example/anders", bot.FromChat
	epoch, err := p.store.Acquire(t.Context(), "chat", time.Now(), time.Minute)
	if err == nil {
		err = p.store.Commit(t.Context(), bot.Commit{Epoch: epoch, Now: clock.Now(), Change: bot.Change{Networks: []bot.Network{said}}})
	}
	if err := errors.Join(err, p.store.Release(t.Context(), epoch)); err != nil {
		t.Fatal(err)
	}
	if s = start(); s.Network.Link != said.Link || s.Meetup.Link != said.Link {
		t.Errorf("what was said in chat does not stand: %+v, meetup %+v", s.Network, s.Meetup)
	}
	said = *s.Network
	said.Origin = bot.FromConfig
	if epoch, err = p.store.Acquire(t.Context(), "chat", time.Now(), time.Minute); err == nil {
		err = p.store.Commit(t.Context(), bot.Commit{Epoch: epoch, Now: clock.Now(), Change: bot.Change{Networks: []bot.Network{said}}})
	}
	if err := errors.Join(err, p.store.Release(t.Context(), epoch)); err != nil {
		t.Fatal(err)
	}
	p.networks = nil
	if s = start(); len(s.Networks) != 0 || s.Meetup != nil {
		t.Errorf("a network that is configured no longer is there yet: %+v, next meetup %+v", s.Networks, s.Meetup)
	}
}

// A person whom the books know by an account only keeps the projects when the configuration gives them an id.
func TestAssembleHandsProjectsOver(t *testing.T) {
	p := testParts(t, testConfig(t, ""), engine.NewSimulated(time.Date(2026, 11, 17, 8, 0, 0, 0, time.UTC)))
	epoch, err := p.store.Acquire(t.Context(), "chat", time.Now(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	err = p.store.Commit(t.Context(), bot.Commit{Epoch: epoch, Now: p.clock.Now(), Change: bot.Change{
		People:   []bot.Person{{ID: "matrix:@dora:stadt.example", Name: "dora", Accounts: []bot.UserID{"matrix:@dora:stadt.example"}}},
		Projects: []bot.Project{{ID: "portal", Name: "Serviceportal", Leads: []bot.PersonID{"matrix:@dora:stadt.example"}, State: bot.ProjectActive}},
	}})
	if err := errors.Join(err, p.store.Release(t.Context(), epoch)); err != nil {
		t.Fatal(err)
	}
	if _, err := p.assemble(t.Context()); err != nil {
		t.Fatal(err)
	}
	books, err := p.store.Load(t.Context(), bot.Query{Project: "portal", User: "matrix:@dora:stadt.example"})
	if err != nil {
		t.Fatal(err)
	}
	if books.Person == nil || books.Person.ID != "dora" || !slices.Equal(books.Project.Leads, []bot.PersonID{"dora"}) {
		t.Errorf("Dora's account belongs to %v, the project's leads are %v; want dora", books.Person, books.Project.Leads)
	}
}

// A lease that somebody holds is waited for, and a stop ends the wait.
func TestAssembleWaitsForTheLease(t *testing.T) {
	p := testParts(t, testConfig(t, ""), nil)
	if _, err := p.store.Acquire(t.Context(), "another machine", time.Now(), time.Hour); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	p.log = slog.New(&onRecord{func(string) { stop() }})
	if _, err := p.assemble(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("assemble: %v, want the stop", err)
	}
	p.limits = engine.Limits{LeaseTTL: time.Millisecond, LeaseWait: time.Millisecond}
	if _, err := p.assemble(t.Context()); !errors.Is(err, bot.ErrEpoch) || !strings.Contains(err.Error(), "another machine") {
		t.Errorf("assemble after the wait: %v, want who holds the lease", err)
	}
}

// onRecord is a log that is listened to.
type onRecord struct{ heard func(message string) }

func (onRecord) Enabled(context.Context, slog.Level) bool { return true }
func (h *onRecord) Handle(_ context.Context, r slog.Record) error {
	h.heard(r.Message)
	return nil
}
func (h *onRecord) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h *onRecord) WithGroup(string) slog.Handler      { return h }

func TestLockDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lotse.db")
	unlock, err := lockDatabase(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lockDatabase(path); err == nil || !strings.Contains(err.Error(), "is running on the database") {
		t.Errorf("a second lock: %v, want that another lotse runs", err)
	}
	unlock()
	again, err := lockDatabase(path)
	if err != nil {
		t.Fatalf("after the first has ended: %v", err)
	}
	again()
}

// addresses is a chat that knows some addresses of rooms, or is away.
type addresses struct {
	known map[string]bot.RoomID
	away  int // so many more requests are not answered
	asked int
}

func (a *addresses) Resolve(_ context.Context, alias string) (bot.RoomID, error) {
	a.asked++
	if a.away > 0 {
		a.away--
		return "", errors.New("connection refused")
	}
	if id, ok := a.known[alias]; ok {
		return id, nil
	}
	return "", fmt.Errorf("resolve: %w", mautrix.HTTPError{
		Response: &http.Response{StatusCode: http.StatusNotFound}, RespError: &mautrix.RespError{ErrCode: "M_NOT_FOUND"},
	})
}

func TestResolvedRooms(t *testing.T) {
	c := testConfig(t, `  - {room: "#dikon:stadt.example", kind: dikon}`+"\n")
	ids := func(rooms []bot.Room) (ids []bot.RoomID) {
		for _, r := range rooms {
			ids = append(ids, r.ID)
		}
		return ids
	}
	const pmo, dm = "matrix:!pmo:stadt.example", "matrix:!dm:stadt.example"
	store := memory(t, storage.Options{})
	for _, step := range []struct {
		name string
		chat addresses
		want []bot.RoomID
	}{
		// What the server does not know is left out; the bot runs without it.
		{"unknown", addresses{}, []bot.RoomID{pmo, dm}},
		{"known", addresses{known: map[string]bot.RoomID{"#dikon:stadt.example": "matrix:!d1:x"}}, []bot.RoomID{pmo, dm, "matrix:!d1:x"}},
		{"the server is away", addresses{away: 1000}, []bot.RoomID{pmo, dm, "matrix:!d1:x"}},
		{"the address has moved", addresses{known: map[string]bot.RoomID{"#dikon:stadt.example": "matrix:!d2:x"}}, []bot.RoomID{pmo, dm, "matrix:!d2:x"}},
	} {
		rooms, err := c.resolvedRooms(t.Context(), &step.chat, store, slog.New(slog.DiscardHandler))
		if err != nil || !slices.Equal(ids(rooms), step.want) {
			t.Errorf("%s: %v, %v; want %v", step.name, ids(rooms), err, step.want)
		}
		if step.chat.asked != 1 {
			t.Errorf("%s: the server was asked %d times, want once, for the one address", step.name, step.chat.asked)
		}
	}
	// Never heard of, and nobody to ask: that is waited for, until a stop.
	ctx, stop := context.WithCancel(t.Context())
	away := &addresses{away: 1000}
	_, err := c.resolvedRooms(ctx, away, memory(t, storage.Options{}), slog.New(&onRecord{func(string) { stop() }}))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("away from the start: %v, want the stop", err)
	}
}
