package dialoguetest

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
	"lotse/bot/engine"
	"lotse/bot/engine/enginetest"
	"lotse/commands"
	"lotse/storage"
	"lotse/templates"
)

// T is what a world needs of a test: testing.T has it, and what drives a test with many
// examples has it, too.
type T interface {
	Helper()
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Cleanup(func())
	Context() context.Context
	Output() io.Writer
}

// Kit is what makes a world another one than the usual.
type Kit struct {
	// Rules are what the engine goes by; those of package bot if they are empty.
	Rules engine.Rules
	// Renderer makes the texts; nil: the real ones.
	Renderer engine.Renderer
	// Words are further words for the lines at the beginning of a dialogue.
	Words []string
	// Begin are timers with which the bot begins, each time.
	Begin func(now time.Time) []bot.Timer
	// Settle changes the settings, Cast who and what there is, by those lines.
	Settle func(Setup, *bot.Settings)
	Cast   func(Setup, *bot.Change)
}

// Setup is what the lines at the beginning of a dialogue say: their arguments by their
// first word.
type Setup map[string][]string

// Has reports whether a line says so.
func (s Setup) Has(word, arg string) bool { return slices.Contains(s[word], arg) }

// usual are the words that every world knows.
var usual = []string{"today", "check", "shift", "strict", "without", "cannot", "forms", "projects"}

// World is an example city with everything real but the chat.
type World struct {
	Chat     *enginetest.Chat
	Clock    *engine.Simulated
	Engine   *engine.Engine // nil: down
	Store    *storage.Store
	Settings *bot.Settings

	t     T
	kit   Kit
	stop  func()
	named map[string]bot.MessageID
	names map[bot.UserID]string // how accounts are called
	round bot.RoundID
	setup Setup
	teams *teamsLike // nil: the chat is a homeserver's
}

// New makes a world, which begins to be with its first line: on Thursday, 5 November
// 2026, at 8 o'clock, with a check every three weeks, next on 25 November and 16
// December, three projects (Posteingang has no room and is maria's too, Serviceportal is
// maria's, eAkte is jonas'), a PMO with pia, a DM with dora, and otto who is nobody.
func New(t T, kit Kit) *World {
	return &World{t: t, kit: kit, named: map[string]bot.MessageID{}, names: map[bot.UserID]string{}, round: "2026-11-25", setup: Setup{}}
}

var zone = sync.OnceValue(func() *time.Location {
	z, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return z
})

// words are the real texts; to read them takes a while.
var words = sync.OnceValues(func() (*templates.Set, error) {
	return templates.New(templates.Options{Zone: zone(), Default: bot.German})
})

// settle makes the settings of what the lines say.
func (w *World) settle() {
	t := w.t
	t.Helper()
	rhythm, err := calendar.EveryWeeks(3, w.day("check", "2026-11-04"), calendar.Clock{Hour: 10}, zone())
	if err != nil {
		t.Fatal(err)
	}
	w.Settings = &bot.Settings{
		City: "Beispielstadt", Zone: zone(), Days: calendar.NewDays("NW"), Shift: calendar.ShiftNext, Rhythm: rhythm,
		Plan: calendar.DefaultPlanRules(), Roles: map[bot.Role][]bot.PersonID{bot.RolePMO: {"pia"}, bot.RoleDM: {"dora"}},
		Language: bot.German, OverviewEvery: 5 * time.Second, MaxText: 2000, BotName: "Lotse",
		Allowed: []bot.UserID{w.userID("pia")},
	}
	if shift := w.setup["shift"]; shift != nil {
		w.Settings.Shift = calendar.Shift(shift[0])
	}
	_, w.Settings.OnlyVerified = w.setup["strict"]
	if w.kit.Settle != nil {
		w.kit.Settle(w.setup, w.Settings)
	}
}

// build makes the city.
func (w *World) build() {
	t := w.t
	t.Helper()
	var err error
	if w.Store, err = storage.Memory(t.Context(), storage.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Store.Close() })
	w.Chat = enginetest.NewChat(w.userID("").Chat())
	can := w.Chat.Abilities()
	for _, what := range w.setup["cannot"] {
		*map[string]*bool{"threads": &can.Threads, "reactions": &can.Reactions, "edits": &can.Edits, "echo": &can.Echo}[what] = false
	}
	if _, ok := w.setup["forms"]; ok {
		can.Reactions, can.Forms = false, true
	}
	w.Chat.Can(can)
	if w.teams != nil {
		w.teams.settle(w)
	}
	w.Clock = engine.NewSimulated(w.day("today", "2026-11-05").At(calendar.Clock{Hour: 8}, zone()))
	cast := w.cast()
	if w.teams != nil {
		w.teams.begin(cast)
	}
	w.commit(cast)
}

// commit changes the books while the bot is down.
func (w *World) commit(change bot.Change) {
	t := w.t
	t.Helper()
	epoch, err := w.Store.Acquire(t.Context(), "test", w.Clock.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Store.Commit(t.Context(), bot.Commit{Epoch: epoch, Now: w.Clock.Now(), Change: change}); err != nil {
		t.Fatal(err)
	}
	if err := w.Store.Release(t.Context(), epoch); err != nil {
		t.Fatal(err)
	}
}

// cast is who and what there is at the beginning.
func (w *World) cast() bot.Change {
	change := bot.Change{Timers: []bot.Timer{{Key: "plan", Kind: bot.TimerPlan, At: w.Clock.Now()}}}
	names := map[bot.PersonID]string{
		"maria": "Maria Beispiel", "jonas": "Jonas Muster", "dieter": "Dieter Vertreter", "pia": "Pia Peemo", "dora": "Dora Deem",
	}
	for _, id := range slices.Sorted(maps.Keys(names)) {
		change.People = append(change.People, bot.Person{ID: id, Name: names[id], Accounts: []bot.UserID{bot.UserID("test:" + string(id))}})
	}
	room := func(id string, kind bot.RoomKind, project bot.ProjectID) {
		change.Rooms = append(change.Rooms, bot.Room{ID: bot.RoomID("test:" + id), Kind: kind, Project: project, Joined: true})
	}
	room("pmo", bot.RoomPMO, "")
	room("dm", bot.RoomDM, "")
	room("serviceportal", bot.RoomProject, "serviceportal")
	room("eakte", bot.RoomProject, "eakte")
	change.Projects = []bot.Project{
		{ID: "serviceportal", Name: "Serviceportal", Leads: []bot.PersonID{"maria"}, State: bot.ProjectActive},
		{ID: "eakte", Name: "eAkte", Leads: []bot.PersonID{"jonas"}, State: bot.ProjectActive},
		{ID: "posteingang", Name: "Digitalisierung Posteingang", Leads: []bot.PersonID{"maria"}, State: bot.ProjectPaused},
	}
	if more := w.setup["projects"]; more != nil {
		n, err := strconv.Atoi(more[0])
		if err != nil {
			w.t.Fatal(err)
		}
		for i := range n {
			id := fmt.Sprintf("p%03d", i+1)
			room(id, bot.RoomProject, bot.ProjectID(id))
			change.Projects = append(change.Projects, bot.Project{
				ID: bot.ProjectID(id), Name: fmt.Sprintf("Projekt %03d", i+1), Leads: []bot.PersonID{"maria"}, State: bot.ProjectActive,
			})
		}
	}
	if w.kit.Cast != nil {
		w.kit.Cast(w.setup, &change)
	}
	change.Rooms = slices.DeleteFunc(change.Rooms, func(r bot.Room) bool { return w.setup.Has("without", r.ID.Local()) })
	for i := range change.Rooms {
		change.Rooms[i].ID = w.roomID(change.Rooms[i].ID.Local())
	}
	for i, p := range change.People {
		for j, user := range p.Accounts {
			p.Accounts[j] = w.userID(user.Local())
		}
		if w.setup.Has("without", string(p.ID)) {
			change.People[i].Accounts = nil
		}
		for _, user := range p.Accounts {
			w.Chat.Name(user, p.Name)
			w.names[user] = p.Name
		}
	}
	w.Chat.Name(w.userID("otto"), "Maria Beispiel") // an outsider who imitates a lead
	return change
}

// day reads a date of the setup.
func (w *World) day(name, usual string) calendar.Date {
	w.t.Helper()
	if given := w.setup[name]; given != nil {
		usual = given[0]
	}
	at, err := time.Parse(time.DateOnly, usual)
	if err != nil {
		w.t.Fatal(err)
	}
	return calendar.DateOf(at)
}

// Up starts an engine on the store and the clock as they are.
func (w *World) Up() {
	t := w.t
	t.Helper()
	first := w.Store == nil
	if first {
		w.build()
	}
	w.settle()
	if w.kit.Begin != nil {
		w.commit(bot.Change{Timers: w.kit.Begin(w.Clock.Now())})
	}
	renderer := w.kit.Renderer
	if renderer == nil {
		real, err := words()
		if err != nil {
			t.Fatal(err)
		}
		renderer = real
	}
	var chat engine.Chat = w.Chat
	if w.teams != nil {
		chat = w.teams.chat(w)
	}
	e, err := engine.New(engine.Config{
		Store: w.Store, Chats: []engine.Chat{chat}, Renderer: renderer, Commander: commands.New("Lotse"), Settings: w.Settings,
		Rules: w.kit.Rules, Clock: w.Clock, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Holder: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	w.Engine, w.stop = e, sync.OnceFunc(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("the engine ended with %v", err)
		}
	})
	t.Cleanup(w.stop)
	if first && w.teams != nil {
		w.Idle() // nothing comes before the bot is there
	}
}

// roomID and userID are what the chat calls a room and an account of the city.
func (w *World) roomID(name string) bot.RoomID {
	if w.teams != nil {
		return w.teams.roomID(w, name)
	}
	return bot.RoomID("test:" + name)
}

func (w *World) userID(name string) bot.UserID {
	if w.teams != nil {
		return bot.UserID("teams:" + name)
	}
	return bot.UserID("test:" + name)
}

// happen lets things happen in the rooms and returns their ids.
func (w *World) happen(events []bot.Event, names []string) []bot.MessageID {
	w.t.Helper()
	if w.teams != nil {
		w.teams.look(w, events, names)
	}
	return w.Chat.Inject(events...)
}

// unlike says that what a line wants is no part of Teams.
func (w *World) unlike(why string) {
	w.t.Helper()
	if w.teams != nil {
		w.t.Fatalf("not in Teams: %s", why)
	}
}

// Down ends the engine.
func (w *World) Down() {
	w.stop()
	w.Engine = nil
}

// Idle waits until all that has happened is worked on.
func (w *World) Idle() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	if err := w.Engine.Idle(ctx); err != nil {
		w.t.Fatal(err)
	}
}

// Until lets the clock leap to an instant, from event to event.
func (w *World) Until(to time.Time) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	if w.Engine == nil {
		w.Clock = engine.NewSimulated(to)
	} else if err := w.Engine.RunUntil(ctx, to); err != nil {
		w.t.Fatalf("until %v: %v", to, err)
	}
}

// News is what the bot did since, room by room.
func (w *World) News() string {
	var b strings.Builder
	for _, room := range w.Chat.Rooms() {
		if text := w.Chat.News(room); text != "" {
			fmt.Fprintf(&b, "== %s\n%s", room.Local(), text)
		}
	}
	return b.String()
}

// Needless lists the keys of messages that were edited although nothing in them changed.
func (w *World) Needless() (keys []bot.Key) {
	last := map[bot.Key]bot.Outgoing{}
	for _, send := range w.Chat.Sends() {
		if send.Err != nil || send.Op != bot.OpMessage {
			continue
		}
		before, ok := last[send.Key]
		if ok && !send.Absent && before.Text.Markdown == send.Text.Markdown && reflect.DeepEqual(before.File, send.File) && reflect.DeepEqual(before.Text.Form, send.Text.Form) {
			keys = append(keys, send.Key)
		}
		last[send.Key] = send.Outgoing
	}
	return keys
}
