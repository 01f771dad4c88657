package main

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
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

// BenchmarkOpenRound measures how long it takes to open a round in 200 rooms of a real homeserver, against a bare loop
// of mautrix, the peer, that sends the same events, as many at once, each room's in the same order, while it listens as
// a bot must. The two take turns in the same rooms, with the same account.
func BenchmarkOpenRound(b *testing.B) {
	const samples = 5
	s := newSite(b, 200)
	s.opens(b) // warms up, and shows what is sent
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
	lotse  *matrixtest.User
	yaml   []byte
	config *Config      // from yaml
	rooms  []bot.RoomID // of the projects
	books  bot.Change
}

// newSite makes so many rooms, in which nobody but the bot is.
func newSite(b *testing.B, rooms int) *site {
	b.Helper()
	s := &site{server: matrixtest.Start(b)}
	s.lotse = s.server.Register(b, "lotse")
	var err error
	s.yaml = fmt.Appendf(nil, `
city: Musterstadt
bundesland: NW
matrix: {homeserver: %q, user: %q}
people: [{id: maria, name: Maria Beispiel, accounts: ["@maria:stadt.example"]}]
roles: {pmo: [maria], dm: [maria]}
projektcheck: {anchor: 2026-11-25}
limits: {sends_at_once: %d}
`, s.server.URL, s.lotse.ID, atOnce)
	if s.config, err = parseConfig("lotse.yaml", s.yaml); err != nil {
		b.Fatal(err)
	}
	s.rooms = make([]bot.RoomID, rooms)
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := worker; i < rooms; i += 4 {
				var created struct {
					ID string `json:"room_id"`
				}
				if err := s.lotse.Do("POST", matrixtest.Path("createRoom"), map[string]any{"name": fmt.Sprintf("Beispielprojekt %d", i)}, &created); err != nil {
					b.Error(err)
				}
				s.rooms[i] = bot.RoomID("matrix:" + created.ID)
			}
		})
	}
	all.Wait()
	if b.Failed() {
		b.FailNow()
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
		HTTPClient: client, Memory: store, Log: quiet(b), BotName: s.config.Name, Now: clock.Now, Rehearsal: true,
	})
	if err != nil {
		b.Fatal(err)
	}
	return chat
}

// quiet is a log of what goes wrong.
func quiet(b *testing.B) *slog.Logger {
	return slog.New(slog.NewTextHandler(b.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// opens runs the bot on a new database on disk up to a minute before the round opens, and measures how long the opening
// takes until the last of its events is sent.
func (s *site) opens(b *testing.B) time.Duration {
	b.Helper()
	store, err := storage.Open(b.Context(), filepath.Join(b.TempDir(), "lotse.db"), storage.Options{Rehearsal: true})
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	settings, err := s.config.Settings()
	if err != nil {
		b.Fatal(err)
	}
	opening := time.Date(2026, 11, 18, 9, 0, 0, 0, settings.Zone)
	clock := engine.NewSimulated(opening.Add(-time.Minute))
	e, err := parts{
		settings: settings, people: s.config.People(), books: s.books, store: store, chats: []engine.Chat{s.chat(b, s.session(b), store, clock)}, clock: clock,
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
	if err := e.RunUntil(ctx, opening); err != nil {
		b.Fatal(err)
	}
	took := time.Since(began)
	stop()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
	counts, err := store.Counts(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	if counts[bot.SlotSent] < 2*len(s.rooms) || len(counts) != 1 {
		b.Fatalf("the outbox holds %v, want it sent", counts)
	}
	return took
}

// peer is what a bot would be that does nothing but send and listen.
type peer struct {
	client *mautrix.Client
	rooms  []id.RoomID
	script []sending
	round  int
}

// sending is one event of a room: what Lotse sent there. Its relation, if it has one, points at a line before.
type sending struct {
	kind    event.Type
	content map[string]any
	to      int // the line it relates to, -1 for none
}

// peer learns from the first room what is sent to all of them.
func (s *site) peer(b *testing.B) *peer {
	b.Helper()
	p := &peer{}
	for _, room := range s.rooms {
		p.rooms = append(p.rooms, id.RoomID(room.Local()))
	}
	place := map[string]int{}
	for _, e := range s.lotse.Events(b, s.rooms[0].Local()) {
		if e.Key() == "" {
			continue
		}
		l := sending{kind: event.NewEventType(e.Type), content: maps.Clone(e.Content), to: -1}
		if e.RelatesTo != "" {
			l.to = place[e.RelatesTo]
		}
		place[e.ID] = len(p.script)
		p.script = append(p.script, l)
	}
	if len(p.script) < 6 {
		b.Fatalf("the first room holds %d events of the bot, want 6: opening, 🔁, question, 🟢 🟡 🔴", len(p.script))
	}
	var err error
	if p.client, err = mautrix.NewClient(s.server.URL, id.UserID(s.lotse.ID), s.lotse.Token); err != nil {
		b.Fatal(err)
	}
	if p.client.Client, err = s.config.client(); err != nil {
		b.Fatal(err)
	}
	return p
}

func (p *peer) events() int { return len(p.script) * len(p.rooms) }

// relate is the relation of a line, with the ids that its room has.
func (l sending) relate(ids []id.EventID) map[string]any {
	if l.to < 0 {
		return l.content
	}
	content := maps.Clone(l.content)
	relation := maps.Clone(content["m.relates_to"].(map[string]any))
	relation["event_id"] = ids[l.to]
	if _, ok := relation["m.in_reply_to"]; ok {
		relation["m.in_reply_to"] = map[string]any{"event_id": ids[l.to]}
	}
	content["m.relates_to"] = relation
	return content
}

// repeats sends the script to all rooms and measures how long it takes.
func (p *peer) repeats(b *testing.B) time.Duration {
	b.Helper()
	p.round++
	ctx, stop := context.WithCancel(b.Context())
	listening := make(chan bool)
	ready := sync.OnceFunc(func() { close(listening) })
	syncer := mautrix.NewDefaultSyncer()
	syncer.FilterJSON = &mautrix.Filter{Room: &mautrix.RoomFilter{Timeline: &mautrix.FilterPart{Limit: 50, LazyLoadMembers: true}, State: &mautrix.FilterPart{LazyLoadMembers: true}}}
	syncer.OnSync(func(context.Context, *mautrix.RespSync, string) bool { ready(); return true })
	syncer.OnEvent(func(context.Context, *event.Event) {})
	p.client.Syncer, p.client.Store = syncer, mautrix.NewMemorySyncStore()
	ended := make(chan error, 1)
	go func() { ended <- p.client.SyncWithContext(ctx) }()
	<-listening

	began := time.Now()
	rooms := make(chan id.RoomID)
	var all sync.WaitGroup
	for range atOnce {
		all.Go(func() {
			for room := range rooms {
				var ids []id.EventID
				for i, l := range p.script {
					txn := fmt.Sprintf("peer-%d-%s-%d", p.round, room, i)
					sent, err := p.client.SendMessageEvent(ctx, room, l.kind, l.relate(ids), mautrix.ReqSendEvent{TransactionID: txn})
					if err != nil {
						b.Error(err)
						return
					}
					ids = append(ids, sent.EventID)
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
	<-ended
	if b.Failed() {
		b.FailNow()
	}
	return took
}
