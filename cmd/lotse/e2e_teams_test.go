package main

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/bot/teams"
	"lotse/bot/teams/teamstest"
	"lotse/storage"
)

// townInTeams is a city that works in Teams, on Microsoft's Agents Playground: the PMO in the first channel of a team, the DM in
// a group chat, a project in another channel, led by Jonas, and one that Maria leads, who is asked in her personal chat.
// Instead of these, its rooms can be others.
type townInTeams struct {
	*testing.T
	city   *teamstest.Playground
	folder string
	engine *engine.Engine
	stop   func()
}

func teamsAccount(p teamstest.Person) bot.UserID { return bot.UserID("teams:" + p.Object) }

func newTownInTeams(t *testing.T, rooms ...bot.Room) *townInTeams {
	t.Helper()
	if rooms == nil {
		rooms = []bot.Room{
			{ID: "teams:" + teamstest.Team, Kind: bot.RoomPMO, Joined: true}, {ID: "teams:" + teamstest.Group, Kind: bot.RoomDM, Joined: true},
			{ID: "teams:" + teamstest.Channel, Kind: bot.RoomProject, Project: "serviceportal", Joined: true},
		}
	}
	config := `city: Musterstadt
bundesland: NW
matrix: {homeserver: "https://matrix.stadt.example", user: "@lotse:stadt.example"}
people:
  - {id: pia, name: Pia Beispiel, accounts: ["@pia:stadt.example"]}
roles: {pmo: [pia], dm: [pia]}
projektcheck: {anchor: 2026-11-25}
`
	return foundInTeams(t, config, bot.Change{
		People: []bot.Person{
			{ID: "maria", Name: "Maria Beispiel", Accounts: []bot.UserID{teamsAccount(teamstest.Maria)}},
			{ID: "jonas", Name: "Jonas Muster", Accounts: []bot.UserID{teamsAccount(teamstest.Jonas)}},
		},
		Projects: []bot.Project{
			{ID: "serviceportal", Name: "Serviceportal", Leads: []bot.PersonID{"jonas"}, State: bot.ProjectActive},
			{ID: "eakte", Name: "eAkte", Leads: []bot.PersonID{"maria"}, State: bot.ProjectActive},
		},
		Rooms: rooms,
	})
}

// foundInTeams starts a city with a configuration and with what is in its books.
func foundInTeams(t *testing.T, config string, books bot.Change) *townInTeams {
	t.Helper()
	o := &townInTeams{T: t, city: teamstest.Start(t), folder: t.TempDir()}
	for name, text := range map[string]string{"lotse.yaml": config, "secret": teamstest.Secret} {
		if err := os.WriteFile(filepath.Join(o.folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o.start(books)
	return o
}

// install lets the bot into conversations: it learns how to reach them by what happens there.
func (o *townInTeams) install(conversations ...string) {
	o.Helper()
	for _, where := range conversations {
		o.after("conversationUpdate", func() {
			o.city.Activity(o, teamstest.Maria, where, map[string]any{"type": "conversationUpdate", "membersAdded": []any{map[string]string{"id": "28:" + teamstest.AppID}}})
		})
	}
}

// start lets the bot run in the folder, from the database that is there.
func (o *townInTeams) start(books bot.Change) {
	o.Helper()
	config, err := loadConfig(filepath.Join(o.folder, "lotse.yaml"))
	if err != nil {
		o.Fatal(err)
	}
	settings, err := config.Settings()
	if err != nil {
		o.Fatal(err)
	}
	store, err := storage.Open(o.Context(), config.databasePath(), storage.Options{})
	if err != nil {
		o.Fatal(err)
	}
	at := time.Date(2026, 11, 17, 8, 0, 0, 0, settings.Zone)
	if o.engine != nil {
		at = o.engine.Clock.Now()
	}
	clock := engine.NewSimulated(at)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		o.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(o.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	chat, err := teams.New(teams.Config{
		AppID: teamstest.AppID, Tenant: teamstest.Tenant, Credential: teams.Credential{Secret: teamstest.Secret}, Memory: store,
		Metadata: o.city.Relay.Metadata(), Token: o.city.Relay.Token(), ServiceURL: o.city.Relay.ServiceURL(),
		Log: log, Now: clock.Now, Rehearsal: true, Listener: listener,
	})
	if err != nil {
		o.Fatal(err)
	}
	o.city.Relay.Deliver("http://" + listener.Addr().String() + teams.Path)
	o.engine, err = parts{
		settings: settings, people: config.People(), networks: config.networks(), books: books, store: store, chats: []engine.Chat{chat}, clock: clock, log: log,
		limits: engine.Limits{LeaseTTL: 24 * time.Hour, LeaseWait: time.Minute},
	}.assemble(o.Context())
	if err != nil {
		o.Fatal(err)
	}
	ctx, cancel := context.WithCancel(o.Context())
	ended := make(chan error, 1)
	go func() { ended <- o.engine.Run(ctx) }()
	o.stop = func() {
		o.Helper()
		cancel()
		if err := <-ended; err != nil {
			o.Errorf("the bot ended: %v", err)
		}
		if err := store.Close(); err != nil {
			o.Error(err)
		}
	}
}

// until lets time pass.
func (o *townInTeams) until(local string) {
	o.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", local, o.engine.Settings.Zone)
	if err == nil {
		err = o.engine.RunUntil(o.Context(), at)
	}
	if err != nil {
		o.Fatal(err)
	}
}

// settle lets the bot do what there is to do now.
func (o *townInTeams) settle() {
	o.Helper()
	if err := o.engine.RunUntil(o.Context(), o.engine.Clock.Now()); err != nil {
		o.Fatal(err)
	}
}

// after does something that people do, and waits until the bot has committed and decided it. It returns the activity's id.
func (o *townInTeams) after(kind string, do func()) string {
	o.Helper()
	n := o.city.Relay.Delivered()
	do()
	d := o.city.Relay.AwaitDelivery(o, kind, n)
	if d.Status != 200 {
		o.Fatalf("the bot answered a %s with %d %s", kind, d.Status, d.Answer)
	}
	o.settle()
	return d.ID
}

// write is what somebody writes, somewhere.
func (o *townInTeams) write(who teamstest.Person, where, text string) string {
	return o.after("message", func() {
		o.city.Activity(o, who, where, map[string]any{"type": "message", "text": text, "textFormat": "plain"})
	})
}

// posted returns the newest post in a conversation that holds all of the words.
func (o *townInTeams) posted(where string, words ...string) teamstest.Post {
	o.Helper()
	posts := o.city.Relay.Posts()
search:
	for i := len(posts) - 1; i >= 0; i-- {
		if !strings.HasPrefix(posts[i].Conversation, where) {
			continue
		}
		for _, w := range words {
			if !strings.Contains(posts[i].Text, w) {
				continue search
			}
		}
		return posts[i]
	}
	for _, p := range posts {
		o.Logf("%s %s: %s", p.Method, p.Conversation, p.Text)
	}
	o.Fatalf("nothing in %s holds %q", where, words)
	return teamstest.Post{}
}

// TestTeamsRound plays a round over Teams, with authentication on: asked in a channel and in a personal chat, answered in
// words in both, corrected, counted once, and, after a restart, put before the DM.
func TestTeamsRound(t *testing.T) {
	o := newTownInTeams(t)
	o.install(teamstest.Team, teamstest.Group, teamstest.Channel, teamstest.Personal)
	o.write(teamstest.Jonas, teamstest.Group, "Guten Morgen") // so that he can be mentioned

	o.until("2026-11-18 09:01")
	ask := o.posted(teamstest.Channel, "Projektcheck am Mittwoch, 25. November", "<at>Jonas Muster</at>")
	if len(ask.Mentions) != 1 || ask.Mentions[0] != teamstest.Jonas.ID {
		t.Errorf("the opening mentions %v", ask.Mentions)
	}
	thread := ask.Conversation
	o.posted(teamstest.Personal, "Projektcheck am Mittwoch, 25. November", "eAkte")

	// In a personal chat plain words answer the question that stands open.
	first := o.write(teamstest.Maria, teamstest.Personal, "gelb – Schnittstelle kommt später")
	for _, answer := range []string{"grün", "keine", "keine", "–"} {
		o.write(teamstest.Maria, teamstest.Personal, answer)
	}
	o.posted(teamstest.Personal, "🟡", "Schnittstelle kommt später", "eAkte")

	// In a channel they do in the thread.
	o.write(teamstest.Jonas, teamstest.Channel, "rot") // not in the thread: talk
	o.write(teamstest.Jonas, thread, "Status: grün\nAusblick: grün\nBlocker: keine\nEntscheidungsbedarf: keine\nKommunikation: –")
	summary := o.posted(teamstest.Channel, "🟢", "Serviceportal")
	if summary.Conversation != thread {
		t.Errorf("the summary stands in %s, the opening in %s", summary.Conversation, thread)
	}

	// What is edited is corrected; the same edit delivered twice changes nothing more.
	edit := map[string]any{"type": "messageUpdate", "id": first, "text": "rot – Vergabe gescheitert", "textFormat": "plain", "timestamp": "2026-11-18T09:30:00Z"}
	o.after("messageUpdate", func() { o.city.Activity(t, teamstest.Maria, teamstest.Personal, edit) })
	corrected := o.posted(teamstest.Personal, "🔴", "Vergabe gescheitert")
	if corrected.Method != "PUT" {
		t.Errorf("the summary was not edited: %+v", corrected)
	}
	before := len(o.city.Relay.Posts())
	o.after("messageUpdate", func() { o.city.Activity(t, teamstest.Maria, teamstest.Personal, edit) })
	if got := o.city.Relay.Posts()[before:]; len(got) > 0 {
		t.Errorf("the edit was delivered twice, and then came %+v", got)
	}

	// After a restart the bot writes by itself into every conversation it knows of.
	o.stop()
	o.start(bot.Change{})
	defer func() { o.stop() }()
	o.until("2026-11-24 16:01")
	for _, where := range []string{teamstest.Group, teamstest.Team} {
		o.posted(where, "Tagesordnung", "**eAkte**", "Vergabe gescheitert", "Serviceportal")
	}
}
