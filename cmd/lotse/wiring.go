package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"reflect"
	"slices"
	"time"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/bot/escalation"
	"lotse/bot/greeting"
	"lotse/bot/meetup"
	"lotse/bot/notice"
	"lotse/commands"
	"lotse/storage"
	"lotse/templates"
)

// parts is what a bot is put together from. Whoever runs one, `lotse run`, the demo and tests, fills it in and calls
// [parts.assemble]:
//
//	e, err := parts{settings: settings, people: people, rooms: rooms, store: store, chats: []engine.Chat{chat}, clock: clock, log: log}.assemble(ctx)
//	go e.Run(ctx)
//	e.RunUntil(ctx, monday) // only with a simulated clock
//
// A database that was opened for it, a chat's connection and the like stay the caller's to close, once Run has returned.
type parts struct {
	settings *bot.Settings  // Settings.Rehearsal puts «Probelauf» on every message
	people   []bot.Person   // whom the configuration names
	rooms    []bot.Room     // that the configuration binds, with real ids
	networks []bot.Network  // … and the networks
	books    bot.Change     // further new rows, for the demo and for tests: projects, tasks
	words    string         // folder with texts of the city's own, "" for none
	read     *templates.Set // texts that were read already; nil: from words
	store    *storage.Store
	chats    []engine.Chat
	clock    engine.Clock // nil: the computer's
	log      *slog.Logger
	metrics  engine.Metrics
	limits   engine.Limits
	holder   string // who holds the lease; "": this machine
	// observe puts something between the engine and the store, for tests; nil: nothing.
	observe func(engine.Store) engine.Store
}

// leaseWait is how long a start waits for the lease of a process that was killed; leaseTTL is how long a lease is
// good for without being renewed.
const (
	leaseTTL  = time.Minute
	leaseWait = leaseTTL + 5*time.Second
)

// assemble reads the texts, takes the lease, brings the configuration's people and rooms into the books, sees that the
// next rounds are planned, and returns an engine that is ready to run. The engine gives the lease back.
func (p parts) assemble(ctx context.Context) (*engine.Engine, error) {
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	if p.clock == nil {
		p.clock = engine.Real{}
	}
	if p.holder == "" {
		p.holder = thisMachine()
	}
	if p.limits.LeaseTTL == 0 {
		p.limits.LeaseTTL, p.limits.LeaseWait = leaseTTL, leaseWait
	}
	words := p.read
	if words == nil {
		var err error
		if words, err = readWords(p.words, p.settings); err != nil {
			return nil, err
		}
	}
	var store engine.Store = p.store
	if p.observe != nil {
		store = p.observe(store)
	}
	e, err := engine.New(engine.Config{
		Store:     store,
		Chats:     p.chats,
		Renderer:  words,
		Commander: commands.New(p.settings.BotName),
		Settings:  p.settings,
		Rules:     decisions(),
		Clock:     p.clock,
		Log:       p.log,
		Holder:    p.holder,
		Metrics:   p.metrics,
		Limits:    p.limits,
	})
	if err != nil {
		return nil, err
	}
	epoch, err := p.acquire(ctx)
	if err != nil {
		return nil, err
	}
	if err := p.begin(ctx, epoch); err != nil {
		return nil, errors.Join(err, p.store.Release(context.WithoutCancel(ctx), epoch))
	}
	return e, nil
}

// decisions are those of package bot, with those of the subjects that have packages of their own: what is not about a
// meetup, package meetup hands on to package escalation, and that what is not about an escalation to package bot.
// Announcements and newcomers come before all of that.
func decisions() engine.Rules {
	return engine.Rules{
		Needs: func(e bot.Event) bot.Query { return greeting.Needs(e, meetup.Needs(e)) },
		Decide: func(s bot.Snapshot, e bot.Event) (bot.Change, error) {
			if c, mine, err := notice.Decide(s, e); mine {
				return c, err
			}
			if c, mine := greeting.Decide(s, e); mine {
				return c, nil
			}
			return meetup.Decide(s, e)
		},
		TimerNeeds: func(t bot.Timer) bot.Query {
			if q, mine := notice.TimerNeeds(t); mine {
				return q
			}
			if q, mine := greeting.TimerNeeds(t); mine {
				return q
			}
			return meetup.TimerNeeds(t)
		},
		Due: func(s bot.Snapshot, t bot.Timer) (bot.Change, error) {
			if c, mine := notice.Due(s, t); mine {
				return c, nil
			}
			if c, mine := greeting.Due(s, t); mine {
				return c, nil
			}
			return meetup.Due(s, t)
		},
		Follow: meetup.Follow,
	}
}

// readWords reads and proves all texts.
func readWords(dir string, settings *bot.Settings) (*templates.Set, error) {
	return templates.New(templates.Options{Dir: dir, Rehearsal: settings.Rehearsal, Zone: settings.Zone, Default: settings.Language})
}

// thisMachine names this machine in the lease. It is the same after a restart, so that the lease of a process that was
// killed is taken over at once; that there is only one process on a machine, lockDatabase sees to.
func thisMachine() string {
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "this machine"
	}
	return "lotse run on " + host
}

// acquire takes the lease; the engine only renews it. Held by somebody else, it is waited for.
func (p parts) acquire(ctx context.Context) (int64, error) {
	until := time.Now().Add(p.limits.LeaseWait)
	for told := false; ; told = true {
		epoch, err := p.store.Acquire(ctx, p.holder, time.Now(), p.limits.LeaseTTL)
		if !errors.Is(err, bot.ErrEpoch) || !time.Now().Before(until) {
			return epoch, err
		}
		if !told {
			p.log.WarnContext(ctx, "waiting for the lease of another process", "error", err)
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(min(time.Second, time.Until(until))):
		}
	}
}

// begin brings the books up to date with the configuration.
func (p parts) begin(ctx context.Context, epoch int64) error {
	now := p.clock.Now()
	for tries := 1; ; tries++ {
		books, err := p.store.Load(ctx, bot.Query{AllPeople: true, AllRooms: true, AllProjects: true, AllNetworks: true, Archived: true})
		if err != nil {
			return fmt.Errorf("read the books: %w", err)
		}
		change := p.catchUp(ctx, books)
		change.Timers = append(change.Timers, bot.Timer{Key: "plan", Kind: bot.TimerPlan, At: now}, escalation.Begin(now), meetup.Begin(now))
		if p.settings.Retention != (bot.Retention{}) && !p.settings.Rehearsal {
			change.Timers = append(change.Timers, bot.Timer{Key: "prune", Kind: bot.TimerPrune, At: now, Earliest: true})
		}
		err = p.store.Commit(ctx, bot.Commit{Epoch: epoch, Now: now, Change: change})
		if !errors.Is(err, bot.ErrStale) || tries == 5 {
			return err
		}
	}
}

// catchUp is what has to change in the books for the configuration to hold. The books win where they know better: what
// an import or a person in chat has said of a room stands.
func (p parts) catchUp(ctx context.Context, books bot.Snapshot) bot.Change {
	change := p.books
	change.Reason = "configuration read"
	people, merges := mergePeople(p.people, books.People)
	change.People = append(slices.Clone(change.People), people...)
	change.Merges = append(slices.Clone(change.Merges), merges...)
	for _, m := range merges {
		p.log.InfoContext(ctx, "the configuration says who a person of the books is", "was", m.From, "is", m.Into.ID)
	}
	rooms, skipped := mergeRooms(p.rooms, books.Rooms)
	change.Rooms = append(slices.Clone(change.Rooms), rooms...)
	for _, room := range skipped {
		p.log.InfoContext(ctx, "the books know better what a room is for than the configuration", "room", room)
	}
	networks, known := mergeNetworks(p.networks, books.Networks)
	change.Networks = append(slices.Clone(change.Networks), networks...)
	for _, network := range known {
		p.log.InfoContext(ctx, "the books know better about a network than the configuration", "network", network)
	}
	return change
}

// mergeNetworks returns the rows to write, and those of the configuration's networks that the books know better about. One
// that the configuration names no longer is archived.
func mergeNetworks(config, books []bot.Network) (rows []bot.Network, skipped []bot.NetworkID) {
	known := map[bot.NetworkID]bot.Network{}
	for _, n := range books {
		known[n.ID] = n
	}
	same := func(a, b bot.Network) bool { return slices.Equal(a.Hosts, b.Hosts) && reflect.DeepEqual(a, b) }
	wanted := map[bot.NetworkID]bool{}
	for _, want := range config {
		before, ok := known[want.ID]
		if ok && !bot.FromConfig.Beats(before.Origin) {
			skipped = append(skipped, want.ID)
			continue
		}
		wanted[want.ID] = true
		want.Version = before.Version
		if !ok || !same(want, before) {
			rows = append(rows, want)
		}
	}
	for _, n := range books {
		if n.Origin == bot.FromConfig && !wanted[n.ID] && !n.Archived {
			n.Archived = true
			rows = append(rows, n)
		}
	}
	return rows, skipped
}

// mergePeople returns the rows to write. The configuration says which accounts its people have; those that they have joined
// by a code stay with them. What the books held about the same person under another id, because the account was heard of in
// chat before, goes over to the configuration's: so say the merges.
func mergePeople(config []bot.Person, books map[bot.PersonID]bot.Person) (rows []bot.Person, merges []bot.Merge) {
	owner := map[bot.UserID]bot.PersonID{}
	named := map[bot.PersonID]bool{}
	for _, person := range config {
		named[person.ID] = true
		for _, account := range person.Accounts {
			owner[account] = person.ID
		}
	}
	// An account that was joined by a code goes where the others go; alone it says nothing of who somebody is.
	same := func(known bot.Person) bot.PersonID {
		own := slices.DeleteFunc(slices.Clone(known.Accounts), known.IsLinked)
		if len(own) == 0 || slices.ContainsFunc(own, func(u bot.UserID) bool { return owner[u] != owner[own[0]] }) {
			return ""
		}
		return owner[own[0]]
	}
	became := map[bot.PersonID][]bot.Person{}
	for _, id := range slices.Sorted(maps.Keys(books)) {
		if to := same(books[id]); !named[id] && to != "" {
			became[to] = append(became[to], books[id])
		}
	}
	for _, person := range config {
		known := books[person.ID]
		person = keepJoined(person, known, owner)
		for _, other := range became[person.ID] {
			person = keepJoined(person, other, owner).Was(other)
		}
		person.Version = known.Version
		if known.ID == "" || !reflect.DeepEqual(person, known) {
			rows = append(rows, person)
		}
		for _, other := range became[person.ID] {
			merges = append(merges, bot.Merge{From: other.ID, Into: person})
		}
	}
	return rows, merges
}

// keepJoined adds to a person of the configuration the accounts that were joined by a code, and the ids they had. An account
// that the configuration names is whose it says.
func keepJoined(person, known bot.Person, owner map[bot.UserID]bot.PersonID) bot.Person {
	for _, link := range known.Linked {
		if known.Has(link.User) && owner[link.User] == "" && !person.Has(link.User) {
			person.Accounts = append(slices.Clone(person.Accounts), link.User)
			person.Linked = append(slices.Clone(person.Linked), link)
		}
	}
	for _, id := range known.Former {
		person = person.Was(bot.Person{ID: id})
	}
	return person
}

// mergeRooms returns the rows to write, and those of the configuration's rooms that the books know better about: what was
// said in chat beats import beats configuration. Only a language that nobody chose is the configuration's to give.
func mergeRooms(config, books []bot.Room) (rows []bot.Room, skipped []bot.RoomID) {
	known := map[bot.RoomID]bot.Room{}
	housed := map[bot.ProjectID]bool{} // has a room that the configuration may not change
	for _, room := range books {
		known[room.ID] = room
		if room.Project != "" && !bot.FromConfig.Beats(room.Origin) {
			housed[room.Project] = true
		}
	}
	wanted := map[bot.RoomID]bool{}
	for _, want := range config {
		room := known[want.ID]
		before := room
		room.ID = want.ID
		if bot.FromConfig.Beats(room.Origin) && !housed[want.Project] {
			room = want
			room.Version, room.Joined, room.Refused = before.Version, before.Joined, before.Refused
			room.User, room.Successor, room.Predecessor = before.User, before.Successor, before.Predecessor
			room.Language = cmp.Or(want.Language, before.Language)
			wanted[room.ID] = true
		} else {
			skipped = append(skipped, room.ID)
			room.Language = cmp.Or(room.Language, want.Language)
		}
		if room != before {
			rows = append(rows, room)
		}
	}
	for _, room := range books {
		if room.Origin == bot.FromConfig && !wanted[room.ID] {
			// The configuration has bound it once and does not any more.
			language := room.Language
			if i := slices.IndexFunc(config, func(r bot.Room) bool { return r.ID == room.ID }); i < 0 {
				language = ""
			}
			rows = slices.DeleteFunc(rows, func(r bot.Room) bool { return r.ID == room.ID })
			rows = append(rows, bot.Room{ID: room.ID, Language: language, Joined: room.Joined, Version: room.Version})
		}
	}
	return rows, skipped
}
