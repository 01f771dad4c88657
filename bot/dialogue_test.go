package bot_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
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

var (
	update    = flag.Bool("update", false, "write the answers in the dialogues anew")
	dialogues = flag.String("dialogues", "testdata/dialogue", "the folder with the dialogues")
)

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
//	down                                       the bot's process ends; what is done then
//	up                                         … is found when it starts again
//	doubt device: maria: …                     it may be somebody else's, see bot.Doubt
//	maria: unreadable serviceportal/thread     what the bot cannot decrypt
//	pia: invite neu                            the bot is asked into a room
//	pia: remove eakte                          the bot is put out of a room
//	skip                                       what the bot did so far is shown elsewhere
//
// and "out" is all the bot did since, room by room. Example people and projects are
// in newWorld; lines at the very beginning make it another world:
//
//	today 2027-03-15                           the day it begins, at 8 o'clock
//	check 2027-03-28                           a day of a check, instead of 2026-11-04
//	shift previous                             what a holiday does to a check
//	without dm                                 no such room, no such person's account
//	strict                                     only verified devices count
//	cannot threads                             what the chat cannot do
//	projects 100                               further projects, with rooms, all maria's
func TestDialogues(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(*dialogues, "*.txtar"))
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
			w := &world{t: t, named: map[string]bot.MessageID{}, round: "2026-11-25"}
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
	t        *testing.T
	chat     *enginetest.Chat
	clock    *engine.Simulated
	engine   *engine.Engine // nil: down
	stop     func()
	store    *storage.Store
	words    *templates.Set
	settings *bot.Settings
	named    map[string]bot.MessageID
	round    bot.RoundID
	setup    map[string][]string
}

// build makes an example city on Thursday, 5 November 2026, 8 o'clock: a check every
// three weeks, next on 25 November and 16 December, three projects (Posteingang has no room and is
// maria's too), a PMO with pia, a DM with dora, and otto who is nobody.
func (w *world) build() {
	t := w.t
	t.Helper()
	today, anchor := w.day("today", "2026-11-05"), w.day("check", "2026-11-04")
	rhythm, err := calendar.EveryWeeks(3, anchor, calendar.Clock{Hour: 10}, zone)
	if err != nil {
		t.Fatal(err)
	}
	w.settings = &bot.Settings{
		City: "Beispielstadt", Zone: zone, Days: calendar.NewDays("NW"), Shift: calendar.ShiftNext, Rhythm: rhythm,
		Plan: calendar.DefaultPlanRules(), Roles: map[bot.Role][]bot.PersonID{bot.RolePMO: {"pia"}, bot.RoleDM: {"dora"}},
		Language: bot.German, OverviewEvery: 5 * time.Second, MaxText: 2000, BotName: "Lotse",
		Allowed: []bot.UserID{"test:pia"}, Escalations: bot.DefaultEscalationRules(),
	}
	if shift := w.setup["shift"]; shift != nil {
		w.settings.Shift = calendar.Shift(shift[0])
	}
	if w.words, err = templates.New(templates.Options{Zone: zone, Default: bot.German}); err != nil {
		t.Fatal(err)
	}
	if w.store, err = storage.Memory(t.Context(), storage.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.store.Close() })
	w.chat = enginetest.NewChat("test")
	can := w.chat.Abilities()
	for _, what := range w.setup["cannot"] {
		*map[string]*bool{"threads": &can.Threads, "reactions": &can.Reactions, "edits": &can.Edits, "echo": &can.Echo}[what] = false
	}
	w.chat.Can(can)
	_, w.settings.OnlyVerified = w.setup["strict"]
	w.clock = engine.NewSimulated(today.At(calendar.Clock{Hour: 8}, zone))
	change := bot.Change{Timers: []bot.Timer{{Key: "plan", Kind: bot.TimerPlan, At: w.clock.Now()}}}
	without := func(what string) bool { return slices.Contains(w.setup["without"], what) }
	for id, name := range map[bot.PersonID]string{
		"maria": "Maria Beispiel", "jonas": "Jonas Muster", "dieter": "Dieter Vertreter", "pia": "Pia Peemo", "dora": "Dora Deem",
	} {
		user := bot.UserID("test:" + string(id))
		w.chat.Name(user, name)
		p := bot.Person{ID: id, Name: name}
		if !without(string(id)) {
			p.Accounts = []bot.UserID{user}
		}
		change.People = append(change.People, p)
	}
	w.chat.Name("test:otto", "Maria Beispiel") // an outsider who imitates a lead
	room := func(id string, kind bot.RoomKind, project bot.ProjectID) {
		if !without(id) {
			change.Rooms = append(change.Rooms, bot.Room{ID: bot.RoomID("test:" + id), Kind: kind, Project: project, Joined: true})
		}
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
	if more := w.setup["projects"]; more != nil {
		n, err := strconv.Atoi(more[0])
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			id := fmt.Sprintf("p%03d", i+1)
			room(id, bot.RoomProject, bot.ProjectID(id))
			change.Projects = append(change.Projects, bot.Project{
				ID: bot.ProjectID(id), Name: fmt.Sprintf("Projekt %03d", i+1), Leads: []bot.PersonID{"maria"}, State: bot.ProjectActive,
			})
		}
	}
	epoch, err := w.store.Acquire(t.Context(), "test", w.clock.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.store.Commit(t.Context(), bot.Commit{Epoch: epoch, Now: w.clock.Now(), Change: change}); err != nil {
		t.Fatal(err)
	}
	if err := w.store.Release(t.Context(), epoch); err != nil {
		t.Fatal(err)
	}
}

// day reads a date of the setup.
func (w *world) day(name, usual string) calendar.Date {
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

// up starts an engine on the store and the clock as they are.
func (w *world) up() {
	t := w.t
	t.Helper()
	if w.store == nil {
		w.build()
	}
	e, err := engine.New(engine.Config{
		Store: w.store, Chats: []engine.Chat{w.chat}, Renderer: w.words, Commander: commands.New("Lotse"), Settings: w.settings,
		Clock: w.clock, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Holder: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	w.engine, w.stop = e, sync.OnceFunc(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("the engine ended with %v", err)
		}
	})
	t.Cleanup(w.stop)
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
		if w.engine == nil {
			return
		}
		if err := w.engine.Idle(ctx); err != nil {
			w.t.Fatal(err)
		}
	}
	for line := range strings.SplitSeq(strings.TrimSpace(script), "\n") {
		name := ""
		if rest, ok := strings.CutPrefix(line, "name "); ok {
			name, line, _ = strings.Cut(rest, ": ")
		}
		doubt := ""
		if rest, ok := strings.CutPrefix(line, "doubt "); ok {
			doubt, line, _ = strings.Cut(rest, ": ")
		}
		word, rest, _ := strings.Cut(line, " ")
		if w.store == nil && slices.Contains([]string{"today", "check", "shift", "strict", "without", "cannot", "projects"}, word) {
			if w.setup == nil {
				w.setup = map[string][]string{}
			}
			w.setup[word] = append(w.setup[word], strings.Fields(rest)...)
			continue
		}
		if w.store == nil {
			w.up()
		}
		switch word {
		case "", "#":
		case "together":
			together = true
		case "end":
			together = false
			flush()
		case "down":
			flush()
			w.stop()
			w.engine = nil
		case "up":
			flush()
			w.up()
			if err := w.engine.Idle(ctx); err != nil {
				w.t.Fatal(err)
			}
		case "skip":
			flush()
			w.news()
		case "replaces": // what room NEW says about OLD
			room, old, _ := strings.Cut(rest, " ")
			w.chat.Replaces(bot.RoomID("test:"+room), bot.RoomID("test:"+old))
		case "forbid": // in ROOM, as WHY; without, all is allowed
			room, why, _ := strings.Cut(rest, " ")
			w.chat.Faults(func(out bot.Outgoing, _ int) enginetest.Fault {
				refused := why != "" && out.Room.Local() == room && (why == string(bot.RefusedReactions)) == (out.Op == bot.OpReaction)
				if !refused {
					return enginetest.Fault{}
				}
				return enginetest.Fault{Err: &bot.SendError{
					Err: errors.New("forbidden"), Refused: true, Final: why != string(bot.RefusedMute), Why: bot.Refusal(why),
				}}
			})
		case "round":
			w.round = bot.RoundID(rest)
		case "until":
			flush()
			together = false
			to, err := time.ParseInLocation("2006-01-02 15:04", rest, zone)
			if err != nil {
				w.t.Fatal(err)
			}
			if w.engine == nil {
				w.clock = engine.NewSimulated(to)
			} else if err := w.engine.RunUntil(ctx, to); err != nil {
				w.t.Fatalf("%s: %v", line, err)
			}
		default:
			who, rest, ok := strings.Cut(line, ": ")
			if !ok {
				w.t.Fatalf("not understood: %q", line)
			}
			e := w.event(bot.UserID("test:"+who), rest)
			e.Doubt = bot.Doubt(doubt)
			events, names = append(events, e), append(names, name)
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
	e := bot.Event{Kind: bot.EventMessage, Sender: who, At: w.clock.Now()}
	place, text, _ := strings.Cut(line, ": ")
	e.Text = strings.ReplaceAll(text, `\n`, "\n")
	for _, m := range []string{"maria", "jonas", "dieter", "pia", "otto"} {
		if strings.Contains(text, "@"+m) {
			e.Mentions = append(e.Mentions, bot.Mention{User: bot.UserID("test:" + m), Name: m})
		}
	}
	if id, ok := strings.CutPrefix(line, "invite "); ok {
		e.Kind, e.Room, e.RoomName = bot.EventInvitation, bot.RoomID("test:"+id), id
		return e
	}
	if id, ok := strings.CutPrefix(line, "remove "); ok {
		e.Kind, e.Room = bot.EventLeft, bot.RoomID("test:"+id)
		return e
	}
	if to, ok := strings.CutPrefix(text, "moved to "); ok {
		e.Kind, e.Room = bot.EventMoved, bot.RoomID("test:"+place)
		if to != "nowhere" {
			e.Other = bot.RoomID("test:" + to)
		}
		return e
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
	if in, ok := strings.CutPrefix(place, "unreadable "); ok {
		e.Kind, place = bot.EventUnreadable, in
	}
	room, what, _ := strings.Cut(place, "/")
	e.Room, e.Direct = bot.RoomID("test:"+room), strings.HasPrefix(room, "direct-")
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
