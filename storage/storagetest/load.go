package storagetest

import (
	"fmt"
	"time"

	"lotse/bot"
)

// city is what most stories about loading start with: a round that runs and two
// that are over, two projects with rooms and one without, and their people.
func (d *desk) city() {
	d.Helper()
	direct := bot.Room{ID: "test:!direct", Kind: bot.RoomDirect, User: jonas, Joined: true}
	d.commit(bot.Change{
		People: []bot.Person{
			{ID: "maria", Name: "Maria Beispiel", Accounts: []bot.UserID{maria}}, {ID: "jonas", Name: "Jonas Muster", Accounts: []bot.UserID{jonas}},
			{ID: "dep", Name: "Dörte Probe"}, {ID: "other", Name: "Olaf Anders"},
		},
		Rooms: []bot.Room{
			{ID: roomA, Kind: bot.RoomProject, Project: "a", Joined: true}, {ID: roomB, Kind: bot.RoomProject, Project: "b", Joined: true},
			{ID: roomDM, Kind: bot.RoomDM, Joined: true}, {ID: roomPMO, Kind: bot.RoomPMO, Joined: true},
			{ID: "test:!olddm", Kind: bot.RoomDM}, {ID: "test:!net", Kind: bot.RoomNetwork, Network: "digilotsen", Joined: true}, direct,
		},
		Projects: []bot.Project{
			{ID: "a", Name: "Serviceportal", Leads: []bot.PersonID{"maria"}, Deputies: []bot.Deputy{{Person: "dep"}}, State: bot.ProjectActive},
			project("b", "Ämterportal", "other"), project("c", "Breitband", "jonas"),
			{ID: "x", Name: "Altes", State: bot.ProjectArchived}, {ID: "y", Name: "Pause", State: bot.ProjectPaused},
		},
		Rounds: []bot.Round{
			check(2026, 11, 25, bot.RoundOpen), check(2026, 11, 4, bot.RoundDone), check(2026, 10, 14, bot.RoundDone),
			check(2026, 9, 23, bot.RoundDone), check(2026, 12, 16, bot.RoundPlanned), check(2026, 10, 21, bot.RoundCancelled),
			check(2026, 8, 12, bot.RoundCancelled),
		},
		Reports: []bot.Report{
			{Round: "2026-11-25", Project: "a", Room: roomA, Asking: []bot.PersonID{"jonas"}}, {Round: "2026-11-25", Project: "b", Room: roomB},
			{Round: "2026-11-04", Project: "a"}, {Round: "2026-10-14", Project: "a", Returned: []bot.AskBack{{By: "other"}}}, {Round: "2026-09-23", Project: "a"},
		},
		Directs: []bot.Direct{{User: jonas, Round: "2026-11-25", Asking: "c", Waiting: []bot.ProjectID{"b"}}},
	})
}

// subject is what a snapshot is about, in short.
func subject(s bot.Snapshot) string {
	project, round, report := "-", "-", "-"
	if s.Project != nil {
		project = string(s.Project.ID)
	}
	if s.Round != nil {
		round = string(s.Round.ID)
	}
	if s.Report != nil {
		report = string(s.Report.Round) + "/" + string(s.Report.Project)
	}
	return project + " " + round + " " + report
}

func ids[T any, I ~string](rows []T, id func(T) I) string {
	var list []I
	for _, row := range rows {
		list = append(list, id(row))
	}
	return fmt.Sprint(list)
}

func projectIDs(rows []bot.Project) string {
	return ids(rows, func(p bot.Project) bot.ProjectID { return p.ID })
}

var loadPromises = map[string]func(*desk){
	"an empty database answers": func(d *desk) {
		s := d.load(bot.Query{
			Room: roomA, User: maria, Target: "test:$1", Project: "p", Round: "r", Users: []bot.UserID{jonas}, Seq: 5,
			AllProjects: true, AllReports: true, Rounds: true, AllTasks: true, History: 3, AllPeople: true, AllRooms: true,
		})
		if got := subject(s); got != "- - -" || s.Person != nil || s.Room.ID != roomA || s.Room.Kind != "" || s.OpenStands {
			d.Errorf("got %s in room %+v", got, s.Room)
		}
	},
	"one subject": func(d *desk) {
		d.city()
		d.commit(bot.Change{Refs: []bot.Ref{
			{Message: "test:$b", Subject: bot.Subject{Project: "b", Round: "2026-11-25"}},
			{Message: "test:$a", Subject: bot.Subject{Project: "a", Round: "2026-11-04"}},
			{Message: "test:$round", Subject: bot.Subject{Round: "2026-10-14"}},
		}})
		for _, c := range []struct {
			name string
			q    bot.Query
			want string
		}{
			{"the room's project, the running round", bot.Query{Room: roomA}, "a 2026-11-25 2026-11-25/a"},
			{"named goes before the room", bot.Query{Room: roomA, Project: "b"}, "b 2026-11-25 2026-11-25/b"},
			{"named before the message", bot.Query{Target: "test:$b", Project: "a", Round: "2026-10-14"}, "a 2026-10-14 2026-10-14/a"},
			{"a project that is not there", bot.Query{Room: roomA, Project: "none"}, "- 2026-11-25 -"},
			{"a round that is not there", bot.Query{Room: roomA, Round: "none"}, "a - -"},
			{"the target before the room", bot.Query{Room: roomA, Target: "test:$b"}, "b 2026-11-25 2026-11-25/b"},
			{"the target before the thread", bot.Query{Target: "test:$a", Thread: "test:$b"}, "a 2026-11-04 2026-11-04/a"},
			{"the thread before the reply", bot.Query{Thread: "test:$b", ReplyTo: "test:$a"}, "b 2026-11-25 2026-11-25/b"},
			{"the reply", bot.Query{Room: roomB, ReplyTo: "test:$a"}, "a 2026-11-04 2026-11-04/a"},
			{"the running round, wherever it is asked for", bot.Query{Thread: "test:$a", Running: true}, "a 2026-11-25 2026-11-25/a"},
			{"a message about a round only", bot.Query{Room: roomA, Target: "test:$round"}, "a 2026-10-14 2026-10-14/a"},
			{"an unknown message", bot.Query{Room: roomA, Thread: "test:$unknown"}, "a 2026-11-25 2026-11-25/a"},
			{"the project asked about in a direct chat", bot.Query{Room: "test:!direct", User: jonas}, "c 2026-11-25 -"},
			{"… which is nobody else's in a room", bot.Query{Room: roomPMO, User: jonas}, "- 2026-11-25 -"},
			{"a network's room has none", bot.Query{Room: "test:!net"}, "- 2026-11-25 -"},
		} {
			if got := subject(d.load(c.q)); got != c.want {
				d.Errorf("%s: %s, want %s", c.name, got, c.want)
			}
		}
	},
	"the running round, else the last one done": func(d *desk) {
		d.city()
		open := *d.load(bot.Query{}).Round
		for _, step := range []struct {
			state bot.RoundState
			want  bot.RoundID
		}{
			{bot.RoundClosed, "2026-11-25"}, {bot.RoundPublished, "2026-11-25"}, {bot.RoundDone, "2026-11-25"}, {bot.RoundCancelled, "2026-11-04"},
		} {
			open.State = step.state
			d.commit(bot.Change{Rounds: []bot.Round{open}})
			got := d.load(bot.Query{}).Round
			if got == nil || got.ID != step.want {
				d.Fatalf("while it is %s, the round is %+v, want %s", step.state, got, step.want)
			}
			open = *d.load(bot.Query{Round: "2026-11-25"}).Round
		}
	},
	"of two running rounds the earlier check": func(d *desk) {
		d.commit(bot.Change{Rounds: []bot.Round{check(2026, 12, 1, bot.RoundOpen), check(2026, 11, 25, bot.RoundPublished)}})
		if got := d.load(bot.Query{}).Round.ID; got != "2026-11-25" {
			d.Errorf("the round is %s, want 2026-11-25", got)
		}
	},
	"the people concerned": func(d *desk) {
		d.city()
		for _, c := range []struct {
			name string
			q    bot.Query
			want []bot.PersonID
		}{
			{"leads, deputies, who was asked", bot.Query{Room: roomA}, []bot.PersonID{"maria", "dep", "jonas"}},
			{"who acts", bot.Query{Room: roomPMO, User: maria}, []bot.PersonID{"maria"}},
			{"who is named", bot.Query{Room: roomPMO, Users: []bot.UserID{jonas, stranger}}, []bot.PersonID{"jonas"}},
			{"of all projects", bot.Query{AllProjects: true}, []bot.PersonID{"maria", "dep", "other", "jonas"}},
			{"who gave a report back", bot.Query{Project: "a", Round: "2026-10-14"}, []bot.PersonID{"maria", "dep", "other"}},
			{"everybody", bot.Query{AllPeople: true}, []bot.PersonID{"maria", "dep", "other", "jonas"}},
			{"the other side of a direct chat", bot.Query{Room: "test:!direct"}, []bot.PersonID{"jonas"}},
		} {
			s := d.load(c.q)
			for _, who := range c.want {
				if p, ok := s.People[who]; !ok || p.Name == "" || p.Version == 0 {
					d.Errorf("%s: %s is %+v", c.name, who, p)
				}
			}
			if len(s.People) != len(c.want) {
				d.Errorf("%s: %d people, want %v", c.name, len(s.People), c.want)
			}
		}
		s := d.load(bot.Query{Users: []bot.UserID{jonas, stranger}})
		if len(s.Users) != 1 || s.Users[jonas] != "jonas" {
			d.Errorf("users are %v, want jonas alone", s.Users)
		}
	},
	"rooms of the governance, joined": func(d *desk) {
		d.city()
		roomID := func(r bot.Room) bot.RoomID { return r.ID }
		if got := ids(d.load(bot.Query{}).Rooms, roomID); got != "[test:!dm test:!pmo]" {
			d.Errorf("rooms %s, want those of DM and PMO that the bot is in", got)
		}
		if got := len(d.load(bot.Query{AllRooms: true}).Rooms); got != 7 {
			d.Errorf("%d rooms in all, want 7", got)
		}
	},
	"of two rooms of a project the joined one": func(d *desk) {
		d.commit(bot.Change{Projects: []bot.Project{project("p", "P")}, Rooms: []bot.Room{
			{ID: "test:!1", Kind: bot.RoomProject, Project: "p"}, {ID: "test:!2", Kind: bot.RoomProject, Project: "p", Joined: true},
		}})
		s := d.load(bot.Query{Project: "p", AllProjects: true})
		if s.ProjectRoom.ID != "test:!2" || s.ProjectRooms["p"] != "test:!2" {
			d.Errorf("the project's room is %s, in the list %s, want !2", s.ProjectRoom.ID, s.ProjectRooms["p"])
		}
	},
	"all projects by name": func(d *desk) {
		d.city()
		for _, c := range []struct {
			q    bot.Query
			want string
		}{
			{bot.Query{AllProjects: true}, "[b c y a]"}, // Ämterportal, Breitband, Pause, Serviceportal
			{bot.Query{AllProjects: true, Archived: true}, "[b x c y a]"},
			{bot.Query{AllReports: true}, "[b c y a]"},
			{bot.Query{}, "[]"},
		} {
			s := d.load(c.q)
			if got := projectIDs(s.Projects); got != c.want {
				d.Errorf("%+v: projects %s, want %s", c.q, got, c.want)
			}
			if c.want != "[]" && (s.ProjectRooms["a"] != roomA || s.ProjectRooms["c"] != "") {
				d.Errorf("rooms of projects are %v", s.ProjectRooms)
			}
		}
		reports := d.load(bot.Query{AllReports: true}).Reports
		if got := ids(reports, func(r bot.Report) bot.ProjectID { return r.Project }); got != "[a b]" {
			d.Errorf("reports of %s, want the two of the running round", got)
		}
	},
	"every round not done, and the last two done": func(d *desk) {
		d.city()
		got := ids(d.load(bot.Query{Rounds: true}).Rounds, func(r bot.Round) bot.RoundID { return r.ID })
		if want := "[2026-10-14 2026-10-21 2026-11-04 2026-11-25 2026-12-16]"; got != want {
			d.Errorf("rounds %s, want %s: cancelled ones as far back as those done", got, want)
		}
	},
	"a project's last reports, newest first": func(d *desk) {
		d.city()
		round := func(r bot.Report) bot.RoundID { return r.Round }
		if got := ids(d.load(bot.Query{Project: "a", History: 3}).History, round); got != "[2026-11-25 2026-11-04 2026-10-14]" {
			d.Errorf("history %s", got)
		}
		if got := d.load(bot.Query{Project: "a"}).History; got != nil {
			d.Errorf("history %v although nobody asked", got)
		}
	},
	"tasks open, or done in the last two checks' time": func(d *desk) {
		d.city()
		task := func(seq int, state bot.TaskState, done time.Time) bot.Task {
			return bot.Task{Project: "a", Seq: seq, State: state, Done: done}
		}
		before := check(2026, 10, 14, "").Check
		d.commit(bot.Change{Tasks: []bot.Task{
			task(12, bot.TaskToDo, time.Time{}), task(2, bot.TaskDoing, time.Time{}), task(3, bot.TaskDropped, time.Time{}),
			task(4, bot.TaskDone, before.Add(-time.Millisecond)), // before the second last check that is over
			task(5, bot.TaskDone, before), task(6, bot.TaskDone, d.now),
			{Project: "b", Seq: 7, State: bot.TaskToDo},
		}})
		seqs := func(q bot.Query) string {
			return ids(d.load(q).Tasks, func(t bot.Task) string { return fmt.Sprint(t.Seq) })
		}
		if got := seqs(bot.Query{Project: "a"}); got != "[2 5 6 12]" {
			d.Errorf("tasks %s, want [2 5 6 12]", got)
		}
		if got := seqs(bot.Query{Project: "a", AllTasks: true}); got != "[2 3 4 5 6 12]" {
			d.Errorf("all tasks %s, want [2 3 4 5 6 12]", got)
		}
	},
	"done tasks before there were two checks": func(d *desk) {
		d.commit(bot.Change{
			Projects: []bot.Project{project("p", "P")}, Rounds: []bot.Round{check(2026, 11, 4, bot.RoundDone)},
			Tasks: []bot.Task{{Project: "p", Seq: 1, State: bot.TaskDone, Done: d.now.AddDate(-1, 0, 0)}},
		})
		if got := d.load(bot.Query{Project: "p"}).Tasks; len(got) != 1 {
			d.Errorf("tasks %v, want the one that is done", got)
		}
	},
	"our own messages are known": func(d *desk) {
		d.city()
		slot := text("check/r/ask/a/"+bot.Key(roomA), roomA, "Guten Morgen")
		slot.Kind, slot.Subject = bot.KindOpening, bot.Subject{Project: "a", Round: "2026-11-25", Field: bot.FieldStatus, N: 2, User: maria, Person: "maria"}
		d.post(slot)
		id := d.sent(d.claim())
		s := d.load(bot.Query{Message: "test:$nothing", Target: id, Thread: id, ReplyTo: "test:$x"})
		want := bot.Known{Message: id, Own: true, Key: slot.Key, Kind: slot.Kind, Subject: slot.Subject}
		if s.Target == nil || *s.Target != want || s.Thread == nil || *s.Thread != want || s.ReplyTo != nil || s.Message != nil {
			d.Errorf("target %+v, thread %+v, reply %+v, want %+v twice", s.Target, s.Thread, s.ReplyTo, want)
		}
		if got := subject(s); got != "a 2026-11-25 2026-11-25/a" {
			d.Errorf("the subject is %s", got)
		}
	},
	"somebody else's direct chat": func(d *desk) {
		d.city()
		s := d.load(bot.Query{Room: roomPMO, User: maria, DirectUser: jonas})
		if s.Direct == nil || s.Direct.User != jonas || s.Person.ID != "maria" {
			d.Errorf("direct chat %+v of %s", s.Direct, s.Person.ID)
		}
	},
	"more people than a query can name": func(d *desk) {
		var change bot.Change
		var leads []bot.PersonID
		for i := range 1100 {
			id := bot.PersonID(fmt.Sprintf("p%04d", i))
			change.People = append(change.People, bot.Person{ID: id, Name: string(id), Accounts: []bot.UserID{bot.UserID("test:@" + id)}})
			leads = append(leads, id)
		}
		change.Projects = []bot.Project{project("big", "Big", leads...)}
		d.commit(change)
		if got := len(d.load(bot.Query{Project: "big"}).People); got != 1100 {
			d.Errorf("%d people, want 1100", got)
		}
	},
	"nobody shares a snapshot": func(d *desk) {
		d.city()
		s := d.load(bot.Query{Room: roomA})
		s.Project.Leads[0], s.Project.Name = "hacked", "hacked"
		if got := d.load(bot.Query{Room: roomA}).Project; got.Name != "Serviceportal" || got.Leads[0] != "maria" {
			d.Errorf("a change to a snapshot shows in the next: %+v", got)
		}
	},
}

var namePromises = map[string]func(*desk){
	"as a person writes it": func(d *desk) {
		d.commit(bot.Change{
			Projects: []bot.Project{
				project("serviceportal", "Serviceportal"), project("ki", "KI"), project("ki-call", "KI im Call"), project("schule", "Digitale Schule"),
				project("digi", "Dïgitales Ämterhaus"), {ID: "alt", Name: "Altes Portal", State: bot.ProjectArchived},
				project("glas-faser", "Breitband"), project("breitband", "Glasfaser"), // each is called what the other's id is
			},
			Rooms: []bot.Room{{ID: roomA, Kind: bot.RoomProject, Project: "schule", Joined: true}},
		})
		for _, c := range []struct {
			name       string
			q          bot.Query
			want       string
			candidates string
		}{
			{"an id", bot.Query{Name: "serviceportal gelb weil"}, "serviceportal", "[]"},
			{"a name, any case", bot.Query{Name: "SERVICEPORTAL"}, "serviceportal", "[]"},
			{"the longest reading", bot.Query{Name: "KI im Call gelb"}, "ki-call", "[]"},
			{"a shorter one", bot.Query{Name: "ki im Rathaus"}, "ki", "[]"},
			{"in quotation marks", bot.Query{Name: "„Digitale Schule“ rot"}, "schule", "[]"},
			{"an archived one", bot.Query{Name: "Altes Portal"}, "alt", "[]"},
			{"an id goes before a name", bot.Query{Name: "breitband"}, "breitband", "[]"},
			{"a name goes by its slug", bot.Query{Name: "Glasfaser"}, "breitband", "[]"},
			{"a beginning gives candidates", bot.Query{Name: "service gelb"}, "-", "[serviceportal]"},
			{"a beginning of id or name", bot.Query{Name: "dig"}, "-", "[schule digi]"},
			{"nothing like it: all but the archived", bot.Query{Name: "zzz"}, "-", "[glas-faser schule digi breitband ki ki-call serviceportal]"},
			{"in a room, its own project", bot.Query{Room: roomA, Name: "schule rot"}, "schule", "[]"},
			{"in a room, another stays a candidate", bot.Query{Room: roomA, Name: "ki gelb"}, "schule", "[ki]"},
			{"… unless it is demanded", bot.Query{Room: roomA, Name: "ki gelb", NameFirst: true}, "ki", "[]"},
			{"in a room, nothing named", bot.Query{Room: roomA, Name: "gelb, weil"}, "schule", "[]"},
			{"in a room, a beginning", bot.Query{Room: roomA, Name: "service gelb"}, "schule", "[serviceportal]"},
			{"an id in the query goes before", bot.Query{Project: "ki", Name: "serviceportal"}, "ki", "[]"},
			{"no letters at all", bot.Query{Room: roomA, Name: "!?"}, "schule", "[]"},
		} {
			s := d.load(c.q)
			got := "-"
			if s.Project != nil {
				got = string(s.Project.ID)
			}
			if got != c.want || projectIDs(s.Candidates) != c.candidates {
				d.Errorf("%s: %q is %s, candidates %s, want %s, candidates %s", c.name, c.q.Name, got, projectIDs(s.Candidates), c.want, c.candidates)
			}
			if s.Project != nil && s.Project.ID == "schule" && s.ProjectRoom.ID != roomA {
				d.Errorf("%s: the project's room is %q", c.name, s.ProjectRoom.ID)
			}
		}
	},
}
