package commands

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"lotse/bot"
	"lotse/bot/calendar"
)

// FuzzMatch throws text at the commands, from everybody and everywhere: nothing
// panics, an error is one a person can read, an answer has a text, foreign words
// never name a key, and without a right nothing changes.
func FuzzMatch(f *testing.F) {
	table := New("Lotse")
	for _, c := range table.commands {
		for _, form := range c.forms {
			for _, u := range append(form.usage, form.example) {
				f.Add(u.de, "Maria Beispiel", byte(0))
				f.Add(u.en, "Maria Beispiel", byte(7))
			}
		}
	}
	for _, text := range []string{
		"!", "!!", "! ", "!\x00", "!lotse", "!lotse !", "!lotse lotse", "!status \xff\xfe", "!status\u202egelb", "!vertretung \x000\x00 bis 31.12.",
		"!vertretung @Maria bis 99.99.9999", "!erledigt 99999999999999999999", "!aufgabe 00000000000001 x", "!projekt neu „", "!projekt neu \"\"",
		"!projekt ändern serviceportal link https://", "!projekt ändern serviceportal ziele ,,,", "!projektcheck verschieben auf auf auf",
		"!projektcheck neu 31.12.9999 23:59", "!projektcheck verschieben 29.2. auf 30.2.", "!raum netzwerk \u200b", "!hilfe hilfe hilfe",
		"!hilfe !lotse", "!board „“", "!status @room gelb", "!" + strings.Repeat("a", 300), "!status " + strings.Repeat("🟡", 300), "Lotse: status",
		"!vertretung Maria Beispiel Maria Beispiel bis 31.12.", "!projekt neu X leitung leitung leitung",
		"!eskalation #12", "!eskalation 0", "!eskalation 12 12 12", "!eskalation 999999 erledigt", "!eskalation nr. 12: wunsch", "!eskalation bis",
		"!eskalation an an", "!eskalation 12 Rechner fehlen seit Wochen", "!eskalationen ab ab 3", "!eskalationen alle meine ab #99", "!beschluss serviceportal",
	} {
		for who := range byte(24) {
			f.Add(text, "Maria Beispiel", who)
		}
	}
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		f.Skip("no time zones on this machine: install tzdata")
	}
	rhythm, err := calendar.EveryWeeks(3, calendar.Date{Year: 2026, Month: 11, Day: 25}, calendar.Clock{Hour: 10}, zone)
	if err != nil {
		f.Fatal(err)
	}
	settings := &bot.Settings{
		Zone: zone, Days: calendar.NewDays("NW"), Rhythm: rhythm, Plan: calendar.DefaultPlanRules(), MaxText: 500, OverviewEvery: time.Second,
		Roles: map[bot.Role][]bot.PersonID{bot.RolePMO: {"petra"}, bot.RoleDM: {"dora"}}, Language: bot.German, BotName: "Lotse",
		Goals: []bot.Goal{{ID: "1", Name: "Digitaler Bürgerservice"}}, Escalations: bot.DefaultEscalationRules(),
	}
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, zone)
	f.Fuzz(func(t *testing.T, text, name string, who byte) {
		if len(text) > 4096 || len(name) > 256 {
			t.Skip()
		}
		e := bot.Event{
			ID: "e1", Kind: bot.EventMessage, Room: "test:!room", Sender: "test:@sender", At: now, Message: "test:$1", Text: text,
			Mentions: []bot.Mention{{User: "test:@kim:example.org", Name: name}}, ToBot: who >= 128,
		}
		cmd, ok := table.Match(e)
		if !ok {
			return
		}
		if q := cmd.Query(); !utf8.ValidString(q.Name) {
			t.Errorf("the query asks for %q", q.Name)
		}
		s := fuzzSnapshot(settings, now, who)
		mayChange := s.Person != nil && (s.Person.ID == "petra" || s.Person.ID == "maria")
		mayChange = mayChange || s.Person != nil && s.Room.Kind == bot.RoomDirect // its language
		change, err := cmd.Decide(s)
		if err != nil {
			told, isTold := errors.AsType[*bot.UserError](err)
			if !isTold || told.Template == "" || told.Data == nil {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if change.Reason == "" || strings.Contains(change.Reason, name) && len(name) > 12 {
			t.Errorf("%q: the reason is %q", text, change.Reason)
		}
		if len(change.Escalations)+len(change.Entries) > 0 && !mayChange && (s.Person == nil || s.Person.ID != "dora") {
			t.Errorf("%q changes an escalation, by somebody without a right", text)
		}
		if changed := len(change.Projects) + len(change.Rooms) + len(change.People) + len(change.Reports) + len(change.Rounds) + len(change.Tasks); changed > 0 && !mayChange || s.Person == nil && changed > 0 {
			t.Errorf("%q changes something, by somebody without a right", text)
		}
		for _, r := range change.Rooms {
			if s.Room.Kind == bot.RoomDirect && r.Kind != bot.RoomDirect {
				t.Errorf("%q makes a direct chat the room %+v", text, r)
			}
		}
		for _, p := range change.Posts {
			if p.Key == "" || p.Op != bot.OpReaction && !p.Absent && (p.Template == "" || p.Room == "" && p.User == "") {
				t.Errorf("%q: a post without key, place or words: %+v", text, p)
			}
		}
		for _, p := range change.Projects {
			if p.ID == "" || p.Name == "" || len([]rune(p.Name)) > maxName || strings.ContainsAny(p.Name, "\n\x00") || p.Link != "" && !strings.HasPrefix(p.Link, "https://") {
				t.Errorf("%q makes the project %+v", text, p)
			}
		}
		for _, p := range change.People {
			if p.ID == "" || p.Name == "" || strings.ContainsAny(p.Name, "\n\x00") {
				t.Errorf("%q makes the person %+v", text, p)
			}
		}
	})
}

// fuzzSnapshot is a snapshot that depends on who: person, room, and whether there
// is a project and a round.
func fuzzSnapshot(settings *bot.Settings, now time.Time, who byte) bot.Snapshot {
	people := map[bot.PersonID]bot.Person{}
	for id, name := range map[bot.PersonID]string{"maria": "Maria Beispiel", "petra": "Petra Probe", "dora": "Dora Direktion", "eve": "Eve Elsewhere"} {
		people[id] = bot.Person{ID: id, Name: name, Accounts: []bot.UserID{bot.UserID("test:@" + id)}}
	}
	s := bot.Snapshot{Now: now, Settings: settings, Abilities: bot.Abilities{Threads: true, Reactions: true}, People: people, User: "test:@sender"}
	if id := []bot.PersonID{"maria", "petra", "dora", "eve", ""}[who%5]; id != "" {
		p := people[id]
		s.Person = &p
	}
	project := bot.Project{ID: "serviceportal", Name: "Serviceportal", Leads: []bot.PersonID{"maria"}, State: bot.ProjectActive}
	other := bot.Project{ID: "ki-im-call", Name: "KI im Call", State: bot.ProjectPaused}
	s.Projects = []bot.Project{project, other}
	switch who / 5 % 4 {
	case 0:
		s.Room = bot.Room{ID: "test:!room", Kind: bot.RoomProject, Project: project.ID, Joined: true}
		s.Project, s.Candidates = &project, []bot.Project{other}
	case 1:
		s.Room = bot.Room{ID: "test:!room", Kind: bot.RoomPMO, Joined: true}
		s.Candidates = s.Projects
	case 2:
		s.Room = bot.Room{ID: "test:!room", Kind: bot.RoomDirect, Language: bot.English}
		s.Project = &project
	}
	if s.Project != nil {
		s.ProjectRoom = bot.Room{ID: "test:!portal", Kind: bot.RoomProject, Project: project.ID, Joined: true}
		s.Tasks = []bot.Task{{Project: project.ID, Seq: 1, Number: 1, Text: "Schnittstelle testen", State: bot.TaskToDo}}
	}
	s.Rooms = []bot.Room{{ID: "test:!dm", Kind: bot.RoomDM, Joined: true}}
	if s.Project != nil && who/40%2 == 0 {
		s.Escalations = []bot.Escalation{
			{ID: "serviceportal-1", Number: 12, Kind: bot.EscalationMatter, Project: project.ID, State: bot.EscalationOpen, Role: bot.RoleDM, Put: now, Asker: "maria"},
			{ID: "serviceportal-2", Number: 13, Kind: bot.EscalationMatter, Project: project.ID, State: bot.EscalationAccepted, Role: bot.RoleDM, Put: now,
				Decision: &bot.Decision{Choice: bot.ChooseYes, By: []bot.PersonID{"dora"}, Role: bot.RoleDM, At: now}},
		}
		s.Escalation, s.Escalated, s.LastNumber = &s.Escalations[who/80%2], 2, 13
		s.Listed, s.Own = s.Escalations, s.Escalations[:1]
	}
	if who/20%2 == 0 {
		check := time.Date(2026, 11, 25, 10, 0, 0, 0, settings.Zone)
		round := bot.Round{ID: "2026-11-25", Check: check, State: bot.RoundOpen, Zone: settings.Zone.String(), Steps: calendar.Plan(check, settings.Days, settings.Plan)}
		s.Round, s.Rounds = &round, []bot.Round{round}
		if s.Project != nil {
			s.Report = &bot.Report{Round: round.ID, Project: project.ID, Room: s.ProjectRoom.ID}
			s.Reports = []bot.Report{*s.Report}
		}
	}
	return s
}
