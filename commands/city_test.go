package commands

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
	"lotse/bot/engine"
	"lotse/bot/escalation"
	"lotse/storage"
	"lotse/templates"
)

var _ engine.Commander = (*Table)(nil)

// city is a small city with the real store and the real words. Its people:
// maria leads the Serviceportal and the eAkte (which has no room), jens leads KI im
// Call, petra is the PMO, dora the DM; eve is nobody, but known; mallory is not.
type city struct {
	t         *testing.T
	store     *storage.Store
	words     *templates.Set
	table     *Table
	settings  *bot.Settings
	now       time.Time
	epoch     int64
	events    int
	posted    map[bot.Key]bool // by transcripts
	abilities bot.Abilities
}

const (
	roomPortal = bot.RoomID("test:!portal")
	roomCall   = bot.RoomID("test:!call")
	roomPMO    = bot.RoomID("test:!pmo")
	roomDM     = bot.RoomID("test:!dm")
	roomDIKON  = bot.RoomID("test:!dikon") // there is one only if withDIKON was called
	roomNet    = bot.RoomID("test:!net")
	roomFree   = bot.RoomID("test:!free") // nobody has said what it is for
	direct     = bot.RoomID("test:!direct")
)

// words are read once: proving them all takes a while.
var words = sync.OnceValues(func() (*templates.Set, error) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		return nil, err
	}
	return templates.New(templates.Options{Zone: zone})
})

// newCity fills a city. With a round, the one for 25 November is open and both
// projects that have a room are asked; now is Friday, 20 November, noon.
func newCity(t *testing.T, round bool) *city {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	store, err := storage.Memory(t.Context(), storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	words, err := words()
	if err != nil {
		t.Fatal(err)
	}
	rhythm, err := calendar.EveryWeeks(3, calendar.Date{Year: 2026, Month: 11, Day: 25}, calendar.Clock{Hour: 10}, zone)
	if err != nil {
		t.Fatal(err)
	}
	c := &city{
		posted: map[bot.Key]bool{}, t: t, store: store, words: words, table: New("Stadtlotse"),
		now: time.Date(2026, 11, 20, 12, 0, 0, 0, zone), abilities: bot.Abilities{Threads: true, Reactions: true, Edits: true},
		settings: &bot.Settings{
			City: "Beispielstadt", Zone: zone, Days: calendar.NewDays("NW"), Rhythm: rhythm, Plan: calendar.DefaultPlanRules(),
			Roles:    map[bot.Role][]bot.PersonID{bot.RolePMO: {"petra"}, bot.RoleDM: {"dora"}},
			Goals:    []bot.Goal{{ID: "1", Name: "Digitaler Bürgerservice"}, {ID: "2", Name: "Digitale Bildung"}},
			Language: bot.German, OverviewEvery: time.Second, MaxText: 500, BotName: "Stadtlotse",
			Escalations: bot.DefaultEscalationRules(),
		},
	}
	if c.epoch, err = store.Acquire(t.Context(), "test", c.now, time.Hour); err != nil {
		t.Fatal(err)
	}
	person := func(id, name string) bot.Person {
		return bot.Person{ID: bot.PersonID(id), Name: name, Accounts: []bot.UserID{user(id)}}
	}
	answer := func(l bot.Light, text string) bot.Answer {
		return bot.Answer{Parts: []bot.Part{{Light: l, Text: text, None: l == bot.NoLight && text == "", By: "maria"}}}
	}
	change := bot.Change{
		People: []bot.Person{person("maria", "Maria Beispiel"), person("jens", "Jens Muster"), person("petra", "Petra Probe"),
			person("dora", "Dora Direktion"), person("eve", "Eve Elsewhere")},
		Rooms: []bot.Room{
			{ID: roomPortal, Kind: bot.RoomProject, Project: "serviceportal", Joined: true, Origin: bot.FromConfig},
			{ID: roomCall, Kind: bot.RoomProject, Project: "ki-im-call", Joined: true, Origin: bot.FromImport},
			{ID: roomPMO, Kind: bot.RoomPMO, Joined: true, Origin: bot.FromConfig}, {ID: roomDM, Kind: bot.RoomDM, Joined: true},
			{ID: roomNet, Kind: bot.RoomNetwork, Network: "Digilotsen", Joined: true},
		},
		Projects: []bot.Project{
			{ID: "serviceportal", Name: "Serviceportal", Leads: []bot.PersonID{"maria"}, State: bot.ProjectActive, LastTask: 2, Period: "2025–2027",
				Changed: calendar.Date{Year: 2026, Month: 11, Day: 4}, Current: bot.Standing{Round: "2026-11-04", Answers: map[bot.Field]bot.Answer{
					bot.FieldStatus: answer(bot.Red, "Schnittstelle fehlt"), bot.FieldBlocker: answer(bot.NoLight, "Freigabe der IT-Sicherheit"),
				}}},
			{ID: "ki-im-call", Name: "KI im Call", Leads: []bot.PersonID{"jens"}, State: bot.ProjectActive,
				Changed: calendar.Date{Year: 2026, Month: 11, Day: 18}, Current: bot.Standing{Round: "2026-11-04", Answers: map[bot.Field]bot.Answer{
					bot.FieldStatus: answer(bot.Green, "läuft"),
				}}},
			{ID: "eakte", Name: "eAkte", Leads: []bot.PersonID{"maria"}, State: bot.ProjectActive},
			{ID: "altlast", Name: "Altlast", Leads: []bot.PersonID{"jens"}, State: bot.ProjectArchived},
		},
		Tasks: []bot.Task{
			{Project: "serviceportal", Seq: 1, Number: 1, Text: "Schnittstelle testen", State: bot.TaskToDo},
			{Project: "serviceportal", Seq: 2, Number: 2, Text: "Schulung planen", State: bot.TaskDoing, Rank: 1},
		},
		Rounds: []bot.Round{c.round(-21, bot.RoundDone)},
	}
	if round {
		open := c.round(0, bot.RoundOpen)
		change.Rounds = append(change.Rounds, open)
		for project, room := range map[bot.ProjectID]bot.RoomID{"serviceportal": roomPortal, "ki-im-call": roomCall} {
			change.Reports = append(change.Reports, bot.Report{Round: open.ID, Project: project, Room: room, Open: &bot.Question{Field: bot.FieldStatus, Ask: bot.AskField, N: 1}})
		}
	}
	c.commit(change)
	return c
}

// withDIKON gives the city a DIKON with a room, and dieter as its only member.
func (c *city) withDIKON() {
	c.settings.Roles[bot.RoleDIKON] = []bot.PersonID{"dieter"}
	c.commit(bot.Change{
		People: []bot.Person{{ID: "dieter", Name: "Dieter Dikon", Accounts: []bot.UserID{user("dieter")}}},
		Rooms:  []bot.Room{{ID: roomDIKON, Kind: bot.RoomDIKON, Joined: true}},
	})
}

// react has somebody react to the message about an escalation that stands in a room: the
// draft, or the request.
func (c *city) react(room bot.RoomID, who, emoji string, id bot.EscalationID) bot.Change {
	c.t.Helper()
	e := c.event(room, who, "")
	e.Kind, e.Emoji, e.Target = bot.EventReaction, emoji, "test:$ours"
	s := c.load(bot.Query{Room: room, User: e.Sender, Escalation: id})
	kind := bot.Kind("escalation.request")
	if s.Room.Kind == bot.RoomProject {
		kind = "escalation.draft"
	}
	s.Target = &bot.Known{Message: e.Target, Own: true, Kind: kind, Subject: bot.Subject{Project: s.Project.ID, Escalation: id}}
	change, err := escalation.Decide(s, e)
	if err != nil {
		c.t.Fatal(err)
	}
	c.commit(change)
	return change
}

// think lets the pause for thought about an escalation pass.
func (c *city) think(id bot.EscalationID) bot.Change {
	c.t.Helper()
	c.now = c.now.Add(c.settings.Escalations.Normal.Pause)
	change, err := escalation.Due(c.load(bot.Query{Escalation: id}), bot.Timer{Kind: bot.TimerDecide, At: c.now, Subject: bot.Subject{Escalation: id}})
	if err != nil {
		c.t.Fatal(err)
	}
	c.commit(change)
	return change
}

func user(name string) bot.UserID { return bot.UserID("test:@" + name + ":example.org") }

// round is a round so many days from 25 November.
func (c *city) round(days int, state bot.RoundState) bot.Round {
	day := calendar.Date{Year: 2026, Month: 11, Day: 25}.AddDays(days)
	at := day.At(calendar.Clock{Hour: 10}, c.settings.Zone)
	return bot.Round{ID: bot.RoundID(day.String()), Planned: day, Check: at, Zone: c.settings.Zone.String(), State: state, Steps: calendar.Plan(at, c.settings.Days, c.settings.Plan)}
}

func (c *city) commit(change bot.Change) {
	c.t.Helper()
	if err := c.store.Commit(c.t.Context(), bot.Commit{Epoch: c.epoch, Now: c.now, Change: change}); err != nil {
		c.t.Fatalf("commit: %v", err)
	}
}

func (c *city) load(q bot.Query) bot.Snapshot {
	c.t.Helper()
	s, err := c.store.Load(c.t.Context(), q)
	if err != nil {
		c.t.Fatalf("load: %v", err)
	}
	s.Now, s.Settings, s.Abilities = c.now, c.settings, c.abilities
	return s
}

func (c *city) project(id bot.ProjectID) bot.Project {
	c.t.Helper()
	s := c.load(bot.Query{Project: id})
	if s.Project == nil {
		c.t.Fatalf("there is no project %s", id)
	}
	return *s.Project
}

func (c *city) room(id bot.RoomID) bot.Room { return c.load(bot.Query{Room: id}).Room }

// answer is what came of a message.
type answer struct {
	command  bool
	template string // of the first text, or of the error
	failed   bool   // it was an error
	text     string // all texts, rendered
	change   bot.Change
	data     any
}

// event is a message of somebody in a room.
func (c *city) event(room bot.RoomID, who, text string, mentions ...string) bot.Event {
	c.events++
	e := bot.Event{
		ID: bot.EventID(fmt.Sprint("e", c.events)), Kind: bot.EventMessage, Room: room, Sender: user(who), At: c.now,
		Message: bot.MessageID(fmt.Sprint("test:$", c.events)), Text: text, Direct: room == direct,
	}
	for _, m := range mentions {
		name := map[string]string{"maria": "Maria Beispiel", "jens": "Muster, Jens", "kim": "Kim Neu", "eve": "Eve Elsewhere"}[m]
		e.Mentions = append(e.Mentions, bot.Mention{User: user(m), Name: name})
	}
	return e
}

// say has somebody write something, and does to it what the engine does.
func (c *city) say(room bot.RoomID, who, text string, mentions ...string) answer {
	c.t.Helper()
	return c.take(c.event(room, who, text, mentions...))
}

func (c *city) take(e bot.Event) answer {
	c.t.Helper()
	cmd, ok := c.table.Match(e)
	if !ok {
		return answer{}
	}
	q, more := bot.Needs(e), cmd.Query()
	q.Name, q.NameFirst, q.AllPeople, q.AllProjects, q.Archived, q.AllReports, q.Rounds, q.Running =
		more.Name, more.NameFirst, more.AllPeople, more.AllProjects, more.Archived, more.AllReports, more.Rounds, more.Running
	q.Number, q.Page = more.Number, more.Page
	q.Dossier = more.Dossier
	q.Feeds, q.AllRooms, q.Linking, q.Code = more.Feeds, more.AllRooms, more.Linking, more.Code
	q.NetworkName, q.Meetups, q.AllMeetups, q.AllNetworks, q.Find = more.NetworkName, more.Meetups, more.AllMeetups, more.AllNetworks, more.Find
	q.Users = append(q.Users, more.Users...)
	s := c.load(q)
	got := answer{command: true}
	change, err := cmd.Decide(s)
	told, isTold := errors.AsType[*bot.UserError](err)
	switch {
	case isTold:
		got.failed = true
		change = bot.Change{Posts: []bot.Post{bot.Reply(e, 0, told.Template, told.Data)}}
	case err != nil:
		c.t.Fatalf("%q: %v", e.Text, err)
	case change.Reason == "":
		c.t.Errorf("%q: decided without a reason for the log", e.Text)
	}
	got.change = change
	var texts []string
	keys := map[bot.Key]bool{}
	for _, p := range change.Posts {
		if keys[p.Key] {
			c.t.Errorf("%q: two posts with the key %s", e.Text, p.Key)
		}
		keys[p.Key] = true
		if p.Op == bot.OpReaction || p.Absent {
			continue
		}
		lang := s.Room.Language
		text, err := c.words.Render(lang, p.Template, p.Data, "test")
		if err != nil {
			c.t.Fatalf("%q: %v", e.Text, err)
		}
		if p.Kind == bot.KindReply && got.template == "" {
			got.template, got.data = p.Template, p.Data
		}
		texts = append(texts, fmt.Sprintf("[%s] %s", p.Room, text.Markdown))
	}
	got.text = strings.Join(texts, "\n")
	c.commit(change)
	return got
}

// acked reports whether the bot put the emoji on something.
func (a answer) acked(emoji string) bool {
	return slices.ContainsFunc(a.change.Posts, func(p bot.Post) bool { return p.Op == bot.OpReaction && p.Emoji == emoji && !p.Absent })
}
