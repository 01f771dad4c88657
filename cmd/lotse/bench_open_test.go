package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/bot/matrix"
	"lotse/bot/matrix/matrixtest"
	"lotse/storage"
)

// atOnce is how many sends are under way at once, the bot's and the peer's.
const atOnce = 8

// BenchmarkOpenRound measures how long it takes to open a round in 200 rooms of a real homeserver, in each of them a lead
// with a device, against a bare loop of mautrix, the peer, that sends the same events, as many at once, each room's in the
// same order, while it listens as a bot must. The two take turns in the same rooms, with the same account, each time with a
// new device. Encrypted: both make a new room key for each room, give it to the lead's device, and keep all keys on disk.
func BenchmarkOpenRound(b *testing.B) {
	b.Run("plain", func(b *testing.B) { benchmarkOpenRound(b, false) })
	b.Run("encrypted", func(b *testing.B) { benchmarkOpenRound(b, true) })
}

func benchmarkOpenRound(b *testing.B, sealed bool) {
	const samples = 5
	s := newSite(b, 200, sealed)
	p := s.peer(b)
	p.repeats(b)
	var bots, peers []time.Duration
	b.ResetTimer()
	for b.Loop() {
		for i := range samples {
			if i%2 == 0 {
				bots = append(bots, s.opens(b))
				peers = append(peers, p.repeats(b))
			} else {
				peers = append(peers, p.repeats(b))
				bots = append(bots, s.opens(b))
			}
		}
	}
	b.StopTimer()
	b.Log("bot ", bots)
	b.Log("peer", peers)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(bots).Seconds(), "s/lotse")
	b.ReportMetric(median(peers).Seconds(), "s/peer")
	b.ReportMetric(median(bots).Seconds()/median(peers).Seconds(), "ratio")
	b.ReportMetric(float64(p.events()), "events")
}

// site is a homeserver with the rooms of a city's projects, and what the bot's database begins with.
type site struct {
	server *matrixtest.Server
	sealed bool // all rooms are encrypted
	lotse  *matrixtest.User
	maria  *matrixtest.User // leads all projects, and is in all rooms
	yaml   []byte
	config *Config      // from yaml
	rooms  []bot.RoomID // of the projects
	books  bot.Change
}

// newSite makes so many rooms, in which the bot and the lead are.
func newSite(b *testing.B, rooms int, sealed bool) *site {
	b.Helper()
	s := &site{server: matrixtest.Start(b), sealed: sealed}
	s.lotse, s.maria = s.server.Register(b, "lotse"), s.server.Register(b, "maria")
	var err error
	s.yaml = fmt.Appendf(nil, `
city: Musterstadt
bundesland: NW
matrix: {homeserver: %q, user: %q}
people: [{id: maria, name: Maria Beispiel, accounts: [%q]}]
roles: {pmo: [maria], dm: [maria]}
projektcheck: {anchor: 2026-11-25}
limits: {sends_at_once: %d}
`, s.server.URL, s.lotse.ID, s.maria.ID, atOnce)
	if s.config, err = parseConfig("lotse.yaml", s.yaml); err != nil {
		b.Fatal(err)
	}
	for _, room := range s.makes(b, s.lotse, rooms) {
		s.rooms = append(s.rooms, bot.RoomID("matrix:"+room))
	}
	last := time.Date(2026, 11, 4, 10, 0, 0, 0, time.UTC)
	for i, room := range s.rooms {
		p := bot.Project{
			ID: bot.ProjectID(fmt.Sprintf("beispiel-%03d", i)), Name: fmt.Sprintf("Beispielprojekt %d", i), Leads: []bot.PersonID{"maria"}, State: bot.ProjectActive,
			Current: bot.Standing{Round: "2026-11-04", Check: last, Answers: map[bot.Field]bot.Answer{
				bot.FieldStatus:   {Parts: []bot.Part{{Light: bot.Green, Text: "Der Meilenstein ist erreicht"}}},
				bot.FieldOutlook:  {Parts: []bot.Part{{Light: bot.Green, Text: "Testbetrieb auswerten"}}},
				bot.FieldBlocker:  {Parts: []bot.Part{{None: true}}},
				bot.FieldDecision: {Parts: []bot.Part{{None: true}}},
			}},
		}
		s.books.Projects = append(s.books.Projects, p)
		s.books.Rooms = append(s.books.Rooms, bot.Room{ID: room, Kind: bot.RoomProject, Project: p.ID, Origin: bot.FromImport, Joined: true})
	}
	return s
}

// makes makes so many rooms of an account's, which the lead joins.
func (s *site) makes(b *testing.B, owner *matrixtest.User, rooms int) []id.RoomID {
	b.Helper()
	made := make([]id.RoomID, rooms)
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := worker; i < rooms; i += 4 {
				request := map[string]any{"name": fmt.Sprintf("Beispielprojekt %d", i), "invite": []string{s.maria.ID}}
				if s.sealed {
					request["initial_state"] = []any{map[string]any{"type": "m.room.encryption", "content": map[string]any{"algorithm": id.AlgorithmMegolmV1}}}
				}
				var created struct {
					ID id.RoomID `json:"room_id"`
				}
				if err := owner.Do("POST", matrixtest.Path("createRoom"), request, &created); err != nil {
					b.Error(err)
				}
				if err := s.maria.Do("POST", matrixtest.Path("rooms", string(created.ID), "join"), map[string]any{}, nil); err != nil {
					b.Error(err)
				}
				made[i] = created.ID
			}
		})
	}
	all.Wait()
	if b.Failed() {
		b.FailNow()
	}
	return made
}

// session logs the bot in. Each run has a session of its own: within one, the server would know the transaction ids of
// the run before, and do nothing.
func (s *site) session(b *testing.B) matrix.Session {
	b.Helper()
	client, err := s.config.client()
	if err != nil {
		b.Fatal(err)
	}
	session, err := matrix.Login(b.Context(), s.server.URL, client, s.lotse.ID, matrix.Credentials{Password: s.lotse.Password})
	if err != nil {
		b.Fatal(err)
	}
	return session
}

// chat is the bot's account as the bot uses it.
func (s *site) chat(b *testing.B, session matrix.Session, store *storage.Store, clock engine.Clock) *matrix.Chat {
	b.Helper()
	client, err := s.config.client()
	if err != nil {
		b.Fatal(err)
	}
	chat, err := matrix.New(matrix.Config{
		Homeserver: s.server.URL, UserID: session.UserID, DeviceID: session.DeviceID, AccessToken: session.AccessToken,
		HTTPClient: client, Memory: store, Keys: store.DB(), Log: quiet(b), BotName: s.config.Name, Now: clock.Now, Rehearsal: true,
	})
	if err != nil {
		b.Fatal(err)
	}
	return chat
}

// quiet is a log of what goes wrong. That nobody has verified the bot's device is nothing of the kind here.
func quiet(b *testing.B) *slog.Logger {
	return slog.New(slog.NewTextHandler(b.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
}

// opens runs the bot on a new database on disk up to a minute before the round opens, and measures how long the opening
// takes until the last of its events is sent.
func (s *site) opens(b *testing.B) time.Duration {
	b.Helper()
	o := s.open(b)
	defer o.close(b)
	counts, err := o.store.Counts(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	if counts[bot.SlotSent] < 2*len(s.rooms) || len(counts) != 1 {
		b.Fatalf("the outbox holds %v, want it sent", counts)
	}
	return o.took
}

// opening is a bot that has opened a round, and goes on.
type opening struct {
	bot   *engine.Engine
	store *storage.Store
	took  time.Duration
	end   func() error
}

func (s *site) open(b *testing.B) *opening {
	b.Helper()
	store, err := storage.Open(b.Context(), filepath.Join(b.TempDir(), "lotse.db"), storage.Options{Rehearsal: true})
	if err != nil {
		b.Fatal(err)
	}
	settings, err := s.config.Settings()
	if err != nil {
		b.Fatal(err)
	}
	nine := time.Date(2026, 11, 18, 9, 0, 0, 0, settings.Zone)
	clock := engine.NewSimulated(nine.Add(-time.Minute))
	session := s.session(b)
	e, err := parts{
		settings: settings, people: s.config.People(), books: s.books, store: store, chats: []engine.Chat{s.chat(b, session, store, clock)}, clock: clock,
		log: quiet(b), limits: engine.Limits{Parallel: s.config.Limits.SendsAtOnce},
	}.assemble(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	if err := e.Idle(ctx); err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	if err := e.RunUntil(ctx, nine); err != nil {
		b.Fatal(err)
	}
	took := time.Since(began)
	return &opening{bot: e, store: store, took: took, end: func() error {
		stop()
		err := errors.Join(<-ended, store.Close())
		device := &matrixtest.User{Token: session.AccessToken, Server: s.server}
		return errors.Join(err, device.Do("POST", matrixtest.Path("logout"), nil, nil))
	}}
}

// close stops the bot and logs its device out, so that nobody gives it keys any more.
func (o *opening) close(b *testing.B) {
	b.Helper()
	if err := o.end(); err != nil {
		b.Fatal(err)
	}
}

// peer is what a bot would be that does nothing but send and listen.
type peer struct {
	*site
	script []cue
}

// peer learns from the first room what the bot sends to all of them when it opens a round. That the lead has read it
// shows that she has the keys.
func (s *site) peer(b *testing.B) *peer {
	b.Helper()
	maria := newPerson(b, s.maria, s.sealed)
	stop := maria.listen(b)
	s.opens(b)
	saw := maria.await(b, id.RoomID(s.rooms[0].Local()), "opening, 🔁, question, 🟢 🟡 🔴", func(saw []sight) bool { return len(saw) >= 6 })
	stop() // her device stays, and is given keys, but does no more work
	return &peer{site: s, script: script(saw, id.UserID(s.lotse.ID))}
}

func (p *peer) events() int { return len(p.script) * len(p.rooms) }

// repeats sends the script to all rooms and measures how long it takes.
func (p *peer) repeats(b *testing.B) time.Duration {
	b.Helper()
	client := newBare(b, p.lotse)
	lazy := !p.sealed // who encrypts must know all members
	client.syncer.FilterJSON = &mautrix.Filter{Room: &mautrix.RoomFilter{Timeline: &mautrix.FilterPart{Limit: 50, LazyLoadMembers: lazy}, State: &mautrix.FilterPart{LazyLoadMembers: lazy}}}
	if p.sealed {
		client.sealsOnDisk(b)
	}
	client.syncer.OnEvent(func(context.Context, *event.Event) {})
	stop := client.listen(b)

	began := time.Now()
	rooms := make(chan bot.RoomID)
	var all sync.WaitGroup
	for range atOnce {
		all.Go(func() {
			for room := range rooms {
				if err := client.repeat(b.Context(), id.RoomID(room.Local()), p.script, map[id.EventID]id.EventID{}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for _, room := range p.rooms {
		rooms <- room
	}
	close(rooms)
	all.Wait()
	took := time.Since(began)
	stop()
	client.leave(b)
	if b.Failed() {
		b.FailNow()
	}
	return took
}
