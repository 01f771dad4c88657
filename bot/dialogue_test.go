package bot_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"lotse/bot"
	"lotse/bot/calendar"
	"lotse/bot/engine"
	"lotse/bot/engine/enginetest"
	"lotse/commands"
	"lotse/storage"
	"lotse/templates"
)

var update = flag.Bool("update", false, "write the answers in testdata/dialogue anew")

// TestDialogues plays every dialogue of testdata/dialogue on the real engine,
// database, texts and commands, on a simulated clock. A file is a txtar archive:
// after a comment, sections "in" and "out" in turn. A line of "in" is
//
//	until 2026-11-18 09:00                     the clock leaps there, from event to event
//	maria: serviceportal: text                 a message in the room ("\n" ends a line)
//	maria: serviceportal/thread: text          in the round's thread
//	maria: serviceportal/status: text          a reply to a question
//	maria: serviceportal/status + 🟡           a reaction on a question ("ask": the opening)
//	maria: edit a: text                        of the message named a
//	maria: delete a                            likewise
//	name a: maria: …                           gives a message or reaction a name
//	together                                   the lines up to the next "until" or "end"
//	                                           come before the bot has answered any of them
//
// and "out" is all the bot did since, room by room. Example people and projects are
// in newWorld.
func TestDialogues(t *testing.T) {
	files, err := filepath.Glob("testdata/dialogue/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no dialogues: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			w := newWorld(t)
			for i := 0; i < len(archive.Files); i++ {
				if archive.Files[i].Name != "in" {
					t.Fatalf("section %d is %q, want in", i+1, archive.Files[i].Name)
				}
				w.play(string(archive.Files[i].Data))
				got := w.news()
				if i+1 == len(archive.Files) || archive.Files[i+1].Name != "out" {
					archive.Files = slices.Insert(archive.Files, i+1, txtar.File{Name: "out"})
				}
				i++
				if diff := cmp.Diff(strings.Split(string(archive.Files[i].Data), "\n"), strings.Split(got, "\n")); diff != "" && !*update {
					t.Errorf("after section %d (-want +got):\n%s", i, diff)
				}
				archive.Files[i].Data = []byte(got)
			}
			if doubled := w.chat.Doubled(); len(doubled) > 0 {
				t.Errorf("said twice: %q", doubled)
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

var zone = func() *time.Location {
	z, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return z
}()

// world is an example city with everything real but the chat.
type world struct {
	t      *testing.T
	chat   *enginetest.Chat
	engine *engine.Engine
	store  *storage.Store
	named  map[string]bot.MessageID
	round  bot.RoundID
	rooms  []bot.RoomID
}

// newWorld is an example city on Thursday, 5 November 2026, 8 o'clock: a check every
// three weeks, next on 25 November and 16 December, three projects (Posteingang has no room and is
// maria's too), a PMO with pia, a DM with dora, and otto who is nobody.
func newWorld(t *testing.T) *world {
	t.Helper()
	rhythm, err := calendar.EveryWeeks(3, calendar.Date{Year: 2026, Month: 11, Day: 4}, calendar.Clock{Hour: 10}, zone)
	if err != nil {
		t.Fatal(err)
	}
	settings := &bot.Settings{
		City: "Beispielstadt", Zone: zone, Days: calendar.NewDays("NW"), Shift: calendar.ShiftNext, Rhythm: rhythm,
		Plan: calendar.DefaultPlanRules(), Roles: map[bot.Role][]bot.PersonID{bot.RolePMO: {"pia"}, bot.RoleDM: {"dora"}},
		Language: bot.German, OverviewEvery: 5 * time.Second, MaxText: 2000, BotName: "Lotse",
		Allowed: []bot.UserID{"test:pia"},
	}
	words, err := templates.New(templates.Options{Zone: zone, Default: bot.German})
	if err != nil {
		t.Fatal(err)
	}
	store, err := storage.Memory(t.Context(), storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	chat := enginetest.NewChat("test")
	clock := engine.NewSimulated(time.Date(2026, 11, 5, 8, 0, 0, 0, zone))
	change := bot.Change{Timers: []bot.Timer{{Key: "plan", Kind: bot.TimerPlan, At: clock.Now()}}}
	for id, name := range map[bot.PersonID]string{
		"maria": "Maria Beispiel", "jonas": "Jonas Muster", "dieter": "Dieter Vertreter", "pia": "Pia Peemo", "dora": "Dora Deem",
	} {
		user := bot.UserID("test:" + string(id))
		chat.Name(user, name)
		change.People = append(change.People, bot.Person{ID: id, Name: name, Accounts: []bot.UserID{user}})
	}
	chat.Name("test:otto", "Maria Beispiel") // an outsider who imitates a lead
	room := func(id string, kind bot.RoomKind, project bot.ProjectID) {
		change.Rooms = append(change.Rooms, bot.Room{ID: bot.RoomID("test:" + id), Kind: kind, Project: project, Joined: true})
	}
	room("pmo", bot.RoomPMO, "")
	room("dm", bot.RoomDM, "")
	room("serviceportal", bot.RoomProject, "serviceportal")
	room("eakte", bot.RoomProject, "eakte")
	for _, p := range []bot.Project{
		{ID: "serviceportal", Name: "Serviceportal", Leads: []bot.PersonID{"maria"}},
		{ID: "eakte", Name: "eAkte", Leads: []bot.PersonID{"jonas"}},
		{ID: "posteingang", Name: "Digitalisierung Posteingang", Leads: []bot.PersonID{"maria"}, State: bot.ProjectPaused},
	} {
		if p.State == "" {
			p.State = bot.ProjectActive
		}
		change.Projects = append(change.Projects, p)
	}
	epoch, err := store.Acquire(t.Context(), "test", clock.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Commit(t.Context(), bot.Commit{Epoch: epoch, Now: clock.Now(), Change: change}); err != nil {
		t.Fatal(err)
	}
	if err := store.Release(t.Context(), epoch); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	e, err := engine.New(engine.Config{
		Store: store, Chats: []engine.Chat{chat}, Renderer: words, Commander: commands.New("Lotse"), Settings: settings,
		Clock: clock, Log: log, Holder: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("the engine ended with %v", err)
		}
	})
	return &world{t: t, chat: chat, engine: e, store: store, named: map[string]bot.MessageID{}, round: "2026-11-25"}
}

// play carries out a section "in".
func (w *world) play(script string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	together := false
	var events []bot.Event
	var names []string
	flush := func() {
		for i, id := range w.chat.Inject(events...) {
			if names[i] != "" {
				w.named[names[i]] = id
			}
		}
		events, names = nil, nil
		if err := w.engine.Idle(ctx); err != nil {
			w.t.Fatal(err)
		}
	}
	for line := range strings.SplitSeq(strings.TrimSpace(script), "\n") {
		name := ""
		if rest, ok := strings.CutPrefix(line, "name "); ok {
			name, line, _ = strings.Cut(rest, ": ")
		}
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "", "#":
		case "together":
			together = true
		case "end":
			together = false
			flush()
		case "round":
			w.round = bot.RoundID(rest)
		case "until":
			flush()
			together = false
			to, err := time.ParseInLocation("2006-01-02 15:04", rest, zone)
			if err != nil {
				w.t.Fatal(err)
			}
			if err := w.engine.RunUntil(ctx, to); err != nil {
				w.t.Fatalf("%s: %v", line, err)
			}
		default:
			who, rest, ok := strings.Cut(line, ": ")
			if !ok {
				w.t.Fatalf("not understood: %q", line)
			}
			events, names = append(events, w.event(bot.UserID("test:"+who), rest)), append(names, name)
			if !together {
				flush()
			}
		}
	}
	flush()
}

// event reads what somebody does.
func (w *world) event(who bot.UserID, line string) bot.Event {
	w.t.Helper()
	e := bot.Event{Kind: bot.EventMessage, Sender: who}
	place, text, _ := strings.Cut(line, ": ")
	e.Text = strings.ReplaceAll(text, `\n`, "\n")
	for _, m := range []string{"maria", "jonas", "dieter", "pia", "otto"} {
		if strings.Contains(text, "@"+m) {
			e.Mentions = append(e.Mentions, bot.Mention{User: bot.UserID("test:" + m), Name: m})
		}
	}
	if id, ok := strings.CutPrefix(place, "edit "); ok {
		e.Kind, e.Target = bot.EventEdit, w.find(id)
		e.Room = w.roomOf(e.Target)
		return e
	}
	if id, ok := strings.CutPrefix(place, "delete "); ok {
		e.Kind, e.Target = bot.EventDeletion, w.find(id)
		e.Room = w.roomOf(e.Target)
		return e
	}
	if on, emoji, ok := strings.Cut(line, " + "); ok && !strings.Contains(on, ":") {
		room, what, _ := strings.Cut(on, "/")
		e.Kind, e.Emoji, e.Room = bot.EventReaction, emoji, bot.RoomID("test:"+room)
		e.Target = w.own(e.Room, what)
		return e
	}
	room, what, _ := strings.Cut(place, "/")
	e.Room = bot.RoomID("test:" + room)
	switch what {
	case "":
	case "thread":
		e.Thread = w.own(e.Room, "ask")
	default:
		e.ReplyTo = w.own(e.Room, what)
	}
	return e
}

func (w *world) find(name string) bot.MessageID {
	w.t.Helper()
	id, ok := w.named[name]
	if !ok {
		w.t.Fatalf("no message is named %q", name)
	}
	return id
}

func (w *world) roomOf(id bot.MessageID) bot.RoomID {
	w.t.Helper()
	for _, room := range w.chat.Rooms() {
		for _, m := range w.chat.Room(room) {
			if m.ID == id || slices.ContainsFunc(m.Reactions, func(r enginetest.Reaction) bool { return r.ID == id }) {
				return room
			}
		}
	}
	w.t.Fatalf("message %s stands nowhere", id)
	return ""
}

// own finds the newest message of the bot in a room that is called what: a part of
// its key, of the running round.
func (w *world) own(room bot.RoomID, what string) bot.MessageID {
	w.t.Helper()
	all := w.chat.Room(room)
	for i := len(all) - 1; i >= 0; i-- {
		key := string(all[i].Key)
		if strings.Contains(key, string(w.round)+"/") && strings.Contains(key, "/"+what+"/") {
			return all[i].ID
		}
	}
	w.t.Fatalf("no message %q of the bot in %s", what, room)
	return ""
}

// news is what the bot did since, room by room.
func (w *world) news() string {
	var b strings.Builder
	for _, room := range w.chat.Rooms() {
		if text := w.chat.News(room); text != "" {
			fmt.Fprintf(&b, "== %s\n%s", room.Local(), text)
		}
	}
	return b.String()
}
