package storagetest

import (
	"encoding/json"
	"fmt"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
)

// same compares two values by their JSON: instants in different zones are told apart
// there, so bring them to one zone first.
func (d *desk) same(what string, got, want any) {
	d.Helper()
	g, err := json.Marshal(got)
	if err != nil {
		d.Fatal(err)
	}
	w, err := json.Marshal(want)
	if err != nil {
		d.Fatal(err)
	}
	if string(g) != string(w) {
		d.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

var berlin = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		return time.UTC
	}
	return zone
}()

// check is a round whose check is on a day, ten o'clock in Berlin.
func check(year int, month time.Month, day int, state bot.RoundState) bot.Round {
	date := calendar.Date{Year: year, Month: month, Day: day}
	at := date.At(calendar.Clock{Hour: 10}, berlin)
	return bot.Round{
		ID: bot.RoundID(date.String()), Planned: date, Check: at, Zone: berlin.String(), State: state,
		Steps: calendar.Plan(at, calendar.Days{}, calendar.DefaultPlanRules()), Opened: at.AddDate(0, 0, -7),
	}
}

func project(id bot.ProjectID, name string, leads ...bot.PersonID) bot.Project {
	return bot.Project{ID: id, Name: name, Leads: leads, State: bot.ProjectActive}
}

var booksPromises = map[string]func(*desk){
	"a pace is kept until it is over": func(d *desk) {
		ask := bot.Query{Pace: "commands/test:@maria"}
		pace := bot.Pace{Key: ask.Pace, Until: d.now.Add(time.Minute), Count: 3, Users: []bot.UserID{maria}}
		other := bot.Pace{Key: "other", Until: d.now.Add(time.Hour), Count: 1}
		d.commit(bot.Change{Pace: &pace})
		d.commit(bot.Change{Pace: &other})
		got := d.load(ask).Pace
		if got == nil || got.Key != pace.Key || !got.Until.Equal(pace.Until) || got.Count != 3 || len(got.Users) != 1 {
			d.Fatalf("the pace is %+v, want %+v", got, pace)
		}
		if d.load(bot.Query{}).Pace != nil || d.load(bot.Query{Pace: "commands/test:@jonas"}).Pace != nil {
			d.Error("a snapshot has a pace that was not asked for")
		}
		pace.Count, pace.Told, pace.Until = 4, true, d.now.Add(2*time.Minute)
		d.commit(bot.Change{Pace: &pace})
		if got := d.load(ask).Pace; got == nil || got.Count != 4 || !got.Told || !got.Until.Equal(pace.Until) {
			d.Errorf("the pace changed to %+v, want %+v", got, pace)
		}
		d.later(2 * time.Minute)
		d.commit(bot.Change{Pace: &other})
		if got := d.load(ask).Pace; got != nil {
			d.Errorf("a pace that is over is still kept: %+v", got)
		}
		d.commit(bot.Change{Timers: []bot.Timer{{Key: "plan", Kind: bot.TimerPlan, At: d.now}}})
		d.later(time.Hour)
		if err := d.Commit(d.Context(), bot.Commit{Epoch: d.epoch, Now: d.now, Timer: "plan", TimerAt: d.now.Add(-time.Hour)}); err != nil {
			d.Fatal(err)
		}
		if d.load(bot.Query{Pace: "other"}).Pace != nil {
			d.Error("a pace that is over outlives the next timer")
		}
	},
	"rows come back as they went in": func(d *desk) {
		round := check(2026, 11, 25, bot.RoundOpen)
		p := project("serviceportal", "Serviceportal", "maria")
		p.Deputies = []bot.Deputy{{Person: "jonas", From: round.Planned, Until: round.Planned.AddDays(9)}}
		p.Current = bot.Standing{Round: "2026-11-04", Check: round.Check.AddDate(0, 0, -21).UTC(), Answers: map[bot.Field]bot.Answer{
			bot.FieldStatus: {Parts: []bot.Part{{Message: "test:$1", Light: bot.Yellow, Text: "Schnittstelle kommt später", By: "maria", At: d.now}}},
		}}
		report := bot.Report{
			Round: round.ID, Project: p.ID, Room: roomA, Answers: p.Current.Answers, Before: p.Current, Asking: []bot.PersonID{"maria"},
			Open: &bot.Question{Field: bot.FieldOutlook, Ask: bot.AskField, N: 1}, Deadline: d.now,
		}
		task := bot.Task{Project: p.ID, Seq: 3, Number: 1, Text: "Formulare „prüfen“", State: bot.TaskDoing, Round: round.ID, Rank: 2}
		room := bot.Room{ID: roomA, Kind: bot.RoomProject, Project: p.ID, Language: bot.German, Origin: bot.FromChat, Joined: true}
		direct := bot.Direct{User: maria, Round: round.ID, Asking: "b", Waiting: []bot.ProjectID{"c"}}
		d.commit(bot.Change{
			Projects: []bot.Project{p}, Rounds: []bot.Round{round}, Reports: []bot.Report{report}, Tasks: []bot.Task{task},
			Rooms: []bot.Room{room}, Directs: []bot.Direct{direct},
		})
		got := d.load(bot.Query{Room: roomA, User: maria})
		d.same("room", got.Room, room)
		d.same("project's room", got.ProjectRoom, room)
		d.same("project", got.Project, p)
		d.same("round", got.Round, round)
		d.same("report", got.Report, report)
		d.same("tasks", got.Tasks, []bot.Task{task})
		d.same("direct chat", got.Direct, direct)
		for what, version := range map[string]int64{
			"room": got.Room.Version, "project": got.Project.Version, "round": got.Round.Version, "report": got.Report.Version,
			"task": got.Tasks[0].Version, "direct chat": got.Direct.Version,
		} {
			if version == 0 {
				d.Errorf("the %s has no version", what)
			}
		}
	},
	"a round's times are in its zone": func(d *desk) {
		d.commit(bot.Change{Rounds: []bot.Round{check(2026, 11, 25, bot.RoundOpen)}})
		got := d.load(bot.Query{}).Round
		for what, at := range map[string]time.Time{"check": got.Check, "opened": got.Opened, "first step": got.Steps[0].At} {
			if at.Location().String() != "Europe/Berlin" {
				d.Errorf("%s is in zone %s, want Europe/Berlin", what, at.Location())
			}
		}
		if !got.Closed.IsZero() {
			d.Errorf("closed is %v, want the zero time", got.Closed)
		}
	},
	"whoever loaded before a change is stale": func(d *desk) {
		round, r := check(2026, 11, 25, bot.RoundOpen), bot.Report{Round: "2026-11-25", Project: "p"}
		first := bot.Change{
			People: []bot.Person{{ID: "maria", Name: "Maria Beispiel", Accounts: []bot.UserID{maria}}},
			Rooms:  []bot.Room{{ID: roomA, Kind: bot.RoomProject, Project: "p"}}, Projects: []bot.Project{project("p", "P")},
			Rounds: []bot.Round{round}, Reports: []bot.Report{r}, Tasks: []bot.Task{{Project: "p", Seq: 1, State: bot.TaskToDo}},
			Directs: []bot.Direct{{User: maria}}, Escalations: []bot.Escalation{escalation("p", 1, 1, bot.EscalationOpen)},
			Networks: []bot.Network{{ID: "n"}}, Meetups: []bot.Meetup{d.meetup("n", 9, bot.MeetupPlanned)},
		}
		d.commit(first)
		q := bot.Query{Room: roomA, User: maria, Number: 1, Network: "n"}
		s := d.load(q)
		// Each row on its own: once it goes through, the second time it is stale.
		for what, change := range map[string]bot.Change{
			"person":     {People: []bot.Person{*s.Person}},
			"room":       {Rooms: []bot.Room{s.Room}},
			"project":    {Projects: []bot.Project{*s.Project}},
			"round":      {Rounds: []bot.Round{*s.Round}},
			"report":     {Reports: []bot.Report{*s.Report}},
			"task":       {Tasks: s.Tasks},
			"direct":     {Directs: []bot.Direct{*s.Direct}},
			"escalation": {Escalations: []bot.Escalation{*s.Escalation}},
			"network":    {Networks: []bot.Network{*s.Network}},
			"meetup":     {Meetups: []bot.Meetup{*s.Meetup}},
		} {
			if err := d.tryCommit(change); err != nil {
				d.Errorf("%s, just loaded: %v", what, err)
			}
			d.wantErr(d.tryCommit(change), bot.ErrStale)
		}
		// New rows over old ones, and old ones where there are none.
		d.wantErr(d.tryCommit(first), bot.ErrStale)
		for what, change := range map[string]bot.Change{
			"person":  {People: []bot.Person{{ID: "nobody", Version: 1}}},
			"room":    {Rooms: []bot.Room{{ID: "test:!none", Version: 1}}},
			"project": {Projects: []bot.Project{{ID: "none", Version: 1}}},
			"round":   {Rounds: []bot.Round{{ID: "none", Version: 1}}},
			"report":  {Reports: []bot.Report{{Round: "none", Project: "none", Version: 1}}},
			"task":    {Tasks: []bot.Task{{Project: "none", Version: 1}}},
			"direct":  {Directs: []bot.Direct{{User: "none", Version: 1}}},
			"network": {Networks: []bot.Network{{ID: "none", Version: 1}}},
			"meetup":  {Meetups: []bot.Meetup{{ID: "none", Version: 1}}},
		} {
			if err := d.tryCommit(change); err == nil {
				d.Errorf("a changed %s that is not there was written", what)
			}
		}
	},
	"a stale commit writes nothing at all": func(d *desk) {
		d.commit(bot.Change{Projects: []bot.Project{project("p", "P")}})
		stale := project("p", "Q")
		stale.Version = 99
		err := d.tryCommit(bot.Change{
			People: []bot.Person{{ID: "x", Name: "X", Accounts: []bot.UserID{jonas}}}, Rooms: []bot.Room{{ID: roomB}},
			Projects: []bot.Project{project("new", "New"), stale}, Timers: []bot.Timer{d.timer("t", 0)},
			Refs: []bot.Ref{{Message: "test:$r", Room: roomB, Subject: bot.Subject{Project: "p"}}},
		}, text("k", roomB, "x"))
		d.wantErr(err, bot.ErrStale)
		s := d.load(bot.Query{User: jonas, Room: roomB, Target: "test:$r", AllProjects: true})
		if s.Person != nil || s.Room.Version != 0 || s.Target != nil || len(s.Projects) != 1 {
			d.Errorf("a stale commit left something behind: %+v", s)
		}
		d.noTimer()
		d.noClaim()
	},
	"a person has several accounts": func(d *desk) {
		d.commit(bot.Change{People: []bot.Person{{ID: "maria", Name: "Maria Beispiel", Accounts: []bot.UserID{maria, mariaToo}}}})
		for _, user := range []bot.UserID{maria, mariaToo} {
			p := d.load(bot.Query{User: user}).Person
			if p == nil || p.ID != "maria" || fmt.Sprint(p.Accounts) != fmt.Sprint([]bot.UserID{maria, mariaToo}) {
				d.Errorf("%s is %+v, want Maria with both accounts in order", user, p)
			}
		}
		p := *d.load(bot.Query{User: maria}).Person
		p.Accounts = []bot.UserID{mariaToo}
		d.commit(bot.Change{People: []bot.Person{p}})
		if got := d.load(bot.Query{User: maria}); got.Person != nil || got.User != maria {
			d.Errorf("an account that was taken away is still %+v", got.Person)
		}
	},
	"an account moves to who is written last": func(d *desk) {
		d.commit(bot.Change{People: []bot.Person{{ID: "auto", Name: "maria", Accounts: []bot.UserID{maria}}}})
		auto := *d.load(bot.Query{User: maria}).Person
		d.commit(bot.Change{People: []bot.Person{{ID: "maria", Name: "Maria Beispiel", Accounts: []bot.UserID{maria, mariaToo}}}})
		s := d.load(bot.Query{User: maria, AllPeople: true})
		if s.Person.ID != "maria" || len(s.People["auto"].Accounts) != 0 {
			d.Errorf("the account belongs to %s, and to %v as well", s.Person.ID, s.People["auto"].Accounts)
		}
		// Whoever loaded the old owner before cannot take the account back unseen.
		d.wantErr(d.tryCommit(bot.Change{People: []bot.Person{auto}}), bot.ErrStale)
		d.commit(bot.Change{People: []bot.Person{s.People["auto"], *s.Person}}) // both at once, nothing changed
		if got := d.load(bot.Query{User: maria}).Person; got.ID != "maria" {
			d.Errorf("the account belongs to %s, want maria", got.ID)
		}
	},
	"rooms and direct chats are found": func(d *desk) {
		d.commit(bot.Change{Rooms: []bot.Room{
			{ID: roomA, Kind: bot.RoomProject, Language: bot.English}, {ID: "test:!d", Kind: bot.RoomDirect, User: maria, Joined: true},
			{ID: "test:!left", Kind: bot.RoomDirect, User: jonas},
		}})
		got, err := d.Rooms(d.Context(), []bot.RoomID{roomA, "test:!unknown", "test:!d"}, []bot.UserID{maria, jonas, stranger})
		if err != nil {
			d.Fatal(err)
		}
		langs := map[bot.RoomID]bot.Language{}
		for _, r := range got {
			if r.Version == 0 {
				d.Errorf("room %s has no version", r.ID)
			}
			langs[r.ID] = r.Language
		}
		if len(got) != 2 || langs[roomA] != bot.English {
			d.Errorf("got %+v, want room A and Maria's direct chat, each once", got)
		}
		if none, err := d.Rooms(d.Context(), nil, nil); err != nil || len(none) != 0 {
			d.Errorf("no question, answer %v, error %v", none, err)
		}
	},
	"what a foreign message was about can change": func(d *desk) {
		subject := bot.Subject{Project: "p", Round: "2026-11-25", Field: bot.FieldStatus, Person: "maria", User: maria, N: 4, Escalation: "p-1", Network: "n", Meetup: "n-2026-12-03"}
		d.commit(bot.Change{Refs: []bot.Ref{{Message: "test:$1", Room: roomA, Subject: bot.Subject{Project: "old"}}}})
		d.commit(bot.Change{Refs: []bot.Ref{{Message: "test:$1", Room: roomA, Subject: subject}}})
		got := d.load(bot.Query{Target: "test:$1"}).Target
		if got == nil || got.Own || got.Subject != subject {
			d.Errorf("got %+v, want %+v", got, subject)
		}
	},
}
