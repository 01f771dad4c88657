package storagetest

import (
	"fmt"

	"lotse/bot"
	"lotse/bot/calendar"
)

// escalation is the n-th of a project.
func escalation(project bot.ProjectID, n, number int, state bot.EscalationState, rounds ...bot.RoundID) bot.Escalation {
	return bot.Escalation{
		ID: bot.EscalationID(fmt.Sprintf("%s-%d", project, n)), Number: number, Kind: bot.EscalationMatter, Project: project, State: state,
		Text: bot.Said{Text: "Die Schnittstelle wartet auf eine Freigabe."}, Rounds: rounds,
	}
}

func escalationIDs(rows []bot.Escalation) string {
	return ids(rows, func(e bot.Escalation) bot.EscalationID { return e.ID })
}

// aboutEscalation is a message about an escalation.
func aboutEscalation(message bot.MessageID, project bot.ProjectID, id bot.EscalationID) bot.Ref {
	return bot.Ref{Message: message, Room: roomDM, Subject: bot.Subject{Project: project, Escalation: id}}
}

var escalationPromises = map[string]func(*desk){
	"it comes back as it went in": func(d *desk) {
		d.city()
		said := func(by bot.PersonID, text string) bot.Said {
			return bot.Said{Text: text, By: by, Message: bot.MessageID("test:$" + text), At: d.now}
		}
		want := bot.Escalation{
			ID: "a-1", Number: 12, Kind: bot.EscalationMatter, Project: "a", State: bot.EscalationAccepted, Role: bot.RoleDM,
			Rule: bot.EscalationRule{Quorum: 2, Pause: 900e9, Typed: true, NoOwn: true, Remind: 2, Further: 4},
			Text: said("maria", "Schnittstelle"), Wish: said("maria", "Priorität"), More: []bot.Said{said("maria", "immer noch")},
			Due: calendar.Date{Year: 2026, Month: 12, Day: 2}, Weighty: true, Urgent: true, Since: calendar.Date{Year: 2026, Month: 11, Day: 4},
			Rounds: []bot.RoundID{"2026-11-25"}, Room: roomA, Thread: onKey("k"), Asker: "maria", Confirmed: d.now, Put: d.now,
			Votes:     []bot.Vote{{By: "jonas", Choice: bot.ChooseYes, Message: "test:$vote", Typed: true, At: d.now}},
			Inquiries: []bot.Inquiry{{Question: said("jonas", "Welche?"), Answers: []bot.Said{said("maria", "Diese.")}}},
			Told:      []bot.Remark{{What: "x", To: "jonas"}}, Decision: &bot.Decision{Choice: bot.ChooseYes, By: []bot.PersonID{"jonas"}, Role: bot.RoleDM, At: d.now},
		}
		d.commit(bot.Change{Escalations: []bot.Escalation{want}})
		got := d.load(bot.Query{Escalation: "a-1"}).Escalation
		d.same("escalation", got, want)
		if got != nil && got.Version == 0 {
			d.Error("the escalation has no version")
		}
	},
	"the one it is about": func(d *desk) {
		d.city()
		d.commit(bot.Change{
			Escalations: []bot.Escalation{
				escalation("a", 1, 1, bot.EscalationOpen), escalation("b", 1, 2, bot.EscalationOpen), escalation("b", 2, 0, bot.EscalationDraft),
			},
			Refs: []bot.Ref{
				aboutEscalation("test:$a1", "a", "a-1"), aboutEscalation("test:$b1", "b", "b-1"), aboutEscalation("test:$b2", "b", "b-2"),
				aboutEscalation("test:$gone", "b", "b-9"), {Message: "test:$status", Subject: bot.Subject{Project: "c"}},
			},
		})
		for _, c := range []struct {
			name string
			q    bot.Query
			want string
		}{
			{"by its id", bot.Query{Escalation: "b-2"}, "b-2 of b"},
			{"by its number", bot.Query{Number: 2}, "b-1 of b"},
			{"its id before a number", bot.Query{Escalation: "a-1", Number: 2}, "a-1 of a"},
			{"what a reaction is on", bot.Query{Room: roomDM, Target: "test:$b1"}, "b-1 of b"},
			{"a thread", bot.Query{Room: roomDM, Thread: "test:$a1", Message: "test:$new"}, "a-1 of a"},
			{"the target before the thread", bot.Query{Target: "test:$a1", Thread: "test:$b1"}, "a-1 of a"},
			{"the thread before the reply", bot.Query{Thread: "test:$b1", ReplyTo: "test:$a1"}, "b-1 of b"},
			{"the reply before the message", bot.Query{ReplyTo: "test:$b2", Message: "test:$a1"}, "b-2 of b"},
			{"the message itself", bot.Query{Message: "test:$b2"}, "b-2 of b"},
			{"its project before the room's", bot.Query{Room: roomA, Number: 2}, "b-1 of b"},
			{"a named one before the message's", bot.Query{Room: roomDM, Number: 1, Target: "test:$b1"}, "a-1 of a"},
			{"a named project stays the subject", bot.Query{Project: "c", Number: 2}, "b-1 of c"},
			{"… also by its name", bot.Query{Name: "breitband 2", Number: 2}, "b-1 of c"},
			{"a number that was not given", bot.Query{Room: roomA, Number: 3, Target: "test:$b1"}, "- of b"},
			{"number 0 is no number", bot.Query{Room: roomA, Number: 0}, "- of a"},
			{"a message about one that is not there", bot.Query{Target: "test:$gone"}, "- of b"},
			{"a message about something else", bot.Query{Target: "test:$status"}, "- of c"},
		} {
			s := d.load(c.q)
			got, project := "-", "-"
			if s.Escalation != nil {
				got = string(s.Escalation.ID)
			}
			if s.Project != nil {
				project = string(s.Project.ID)
			}
			if got += " of " + project; got != c.want {
				d.Errorf("%s: %s, want %s", c.name, got, c.want)
			}
		}
	},
	"a number in what somebody wrote": func(d *desk) {
		d.city()
		d.commit(bot.Change{
			Escalations: []bot.Escalation{escalation("a", 1, 1, bot.EscalationOpen), escalation("b", 1, 2, bot.EscalationOpen)},
			Refs:        []bot.Ref{aboutEscalation("test:$a1", "a", "a-1")},
		})
		for _, c := range []struct {
			name string
			q    bot.Query
			want bot.EscalationID // "": none
		}{
			{"where it is decided", bot.Query{Room: roomDM, Number: 2, Council: true}, "b-1"},
			{"… in the thread of another one", bot.Query{Room: roomDM, Number: 2, Council: true, Thread: "test:$a1"}, "b-1"},
			{"in a project's room it is something else", bot.Query{Room: roomA, Number: 2, Council: true}, ""},
			{"… also in a thread", bot.Query{Room: roomA, Number: 2, Council: true, Thread: "test:$a1"}, "a-1"},
			{"in the edit of what is about another one", bot.Query{Room: roomDM, Number: 2, Council: true, Target: "test:$a1"}, "a-1"},
			{"in the edit of what is about none", bot.Query{Room: roomDM, Number: 2, Council: true, Target: "test:$talk"}, "b-1"},
			{"a command names it anywhere", bot.Query{Room: roomA, Number: 2}, "b-1"},
		} {
			got := bot.EscalationID("")
			if x := d.load(c.q).Escalation; x != nil {
				got = x.ID
			}
			if got != c.want {
				d.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
		}
	},
	"who waits for a plain answer in a direct chat": func(d *desk) {
		d.city()
		asks := escalation("b", 1, 1, bot.EscalationWaiting)
		asks.Asks = jonas
		d.commit(bot.Change{Escalations: []bot.Escalation{escalation("a", 1, 2, bot.EscalationOpen), asks}})
		q := bot.Query{Room: "test:!direct", User: jonas, Message: "test:$new"}
		for _, c := range []struct {
			name   string
			change func(q *bot.Query)
			want   string
		}{
			{"a plain message", func(*bot.Query) {}, "b-1 of b"},
			{"one in another room", func(q *bot.Query) { q.Room = roomA }, "- of a"},
			{"somebody else's", func(q *bot.Query) { q.User = maria }, "- of -"},
			{"one in a thread", func(q *bot.Query) { q.Thread = "test:$other" }, "- of c"},
			{"a command", func(q *bot.Query) { q.Name = "breitband gelb" }, "- of c"},
			{"a reaction", func(q *bot.Query) { q.Target = "test:$other" }, "- of c"},
		} {
			q := q
			c.change(&q)
			s := d.load(q)
			got, project := "-", "-"
			if s.Escalation != nil {
				got = string(s.Escalation.ID)
			}
			if s.Project != nil {
				project = string(s.Project.ID)
			}
			if got += " of " + project; got != c.want {
				d.Errorf("%s: %s, want %s", c.name, got, c.want)
			}
		}
		// What the Projektcheck asks comes first; once it is answered, the escalation waits.
		report := bot.Report{Round: "2026-11-25", Project: "c", User: jonas, Open: &bot.Question{Field: bot.FieldStatus, N: 1}}
		d.commit(bot.Change{Reports: []bot.Report{report}})
		if s := d.load(q); s.Escalation != nil || s.Project == nil || s.Project.ID != "c" {
			d.Errorf("while the Projektcheck asks, it is about %+v and %+v", s.Project, s.Escalation)
		}
		asked := d.load(bot.Query{Project: "c", Round: "2026-11-25"}).Report
		asked.Open = nil
		d.commit(bot.Change{Reports: []bot.Report{*asked}})
		if s := d.load(q); s.Escalation == nil {
			d.Error("after the Projektcheck's question, nobody waits for an answer")
		}
		answered := *d.load(q).Escalation
		answered.Asks = ""
		d.commit(bot.Change{Escalations: []bot.Escalation{answered}})
		if s := d.load(q); s.Escalation != nil {
			d.Errorf("an answer is awaited by %+v", s.Escalation)
		}
	},
	"a message of ours leads to it": func(d *desk) {
		d.city()
		d.commit(bot.Change{Escalations: []bot.Escalation{escalation("a", 1, 1, bot.EscalationOpen)}})
		slot := text("k", roomDM, "Eskalation #1")
		slot.Subject = bot.Subject{Project: "a", Escalation: "a-1", N: 3}
		d.post(slot)
		id := d.sent(d.claim())
		s := d.load(bot.Query{Room: roomDM, Target: id})
		if s.Target == nil || s.Target.Subject != slot.Subject || s.Escalation == nil || s.Escalation.ID != "a-1" {
			d.Errorf("the message is %+v, the escalation %+v, want %+v and a-1", s.Target, s.Escalation, slot.Subject)
		}
	},
	"what the project has of them": func(d *desk) {
		d.city()
		const now, before = bot.RoundID("2026-11-25"), bot.RoundID("2026-11-04")
		d.commit(bot.Change{Escalations: []bot.Escalation{
			escalation("a", 1, 1, bot.EscalationDone, before), escalation("a", 2, 2, bot.EscalationAccepted, before),
			escalation("a", 3, 0, bot.EscalationDiscarded, now), escalation("b", 1, 7, bot.EscalationOpen, now),
			escalation("a", 4, 3, bot.EscalationRefused, before, now), escalation("a", 5, 0, bot.EscalationLapsed, before),
			escalation("a", 6, 0, bot.EscalationDraft, now), escalation("a", 7, 0, bot.EscalationMerged, before),
		}})
		for _, c := range []struct {
			name    string
			q       bot.Query
			want    string
			of, num int
		}{
			{"open, of the round, and the newest", bot.Query{Room: roomA}, "[a-2 a-3 a-4 a-6 a-7]", 7, 7},
			{"of another round", bot.Query{Project: "a", Round: before}, "[a-1 a-2 a-4 a-5 a-6 a-7]", 7, 7},
			{"of one that has none", bot.Query{Project: "c"}, "[]", 0, 7},
			{"of the escalation's project", bot.Query{Room: roomDM, Number: 7}, "[b-1]", 1, 7},
			{"without a project", bot.Query{Room: roomDM}, "[]", 0, 7},
		} {
			s := d.load(c.q)
			if got := escalationIDs(s.Escalations); got != c.want || s.Escalated != c.of || s.LastNumber != c.num {
				d.Errorf("%s: %s, %d of the project, last number %d, want %s, %d, %d", c.name, got, s.Escalated, s.LastNumber, c.want, c.of, c.num)
			}
		}
		// It is no longer open, and belongs to another round.
		e := *d.load(bot.Query{Escalation: "a-6"}).Escalation
		e.State, e.Rounds = bot.EscalationMerged, []bot.RoundID{before}
		d.commit(bot.Change{Escalations: []bot.Escalation{e}})
		if got, want := escalationIDs(d.load(bot.Query{Room: roomA}).Escalations), "[a-2 a-3 a-4 a-7]"; got != want {
			d.Errorf("after a change: %s, want %s", got, want)
		}
	},
	"its people": func(d *desk) {
		d.city()
		var people []bot.Person
		for _, id := range []bot.PersonID{"text", "wish", "more", "advice", "reason", "question", "answer", "note", "vote", "asker", "ended", "by", "aside"} {
			people = append(people, bot.Person{ID: id, Name: string(id)})
		}
		by := func(id bot.PersonID) bot.Said { return bot.Said{Text: "x", By: id} }
		e := escalation("b", 1, 1, bot.EscalationRefused, "2026-11-25")
		e.Text, e.Wish, e.More, e.Advice, e.Reasons, e.EndNote = by("text"), by("wish"), []bot.Said{by("more")}, []bot.Said{by("advice")}, []bot.Said{by("reason")}, by("note")
		e.Inquiries = []bot.Inquiry{{Question: by("question"), Answers: []bot.Said{by("answer")}}}
		e.Votes, e.Asker, e.EndedBy, e.Aside = []bot.Vote{{By: "vote"}}, "asker", "ended", []bot.PersonID{"aside"}
		e.Decision = &bot.Decision{By: []bot.PersonID{"by"}}
		d.commit(bot.Change{People: people, Escalations: []bot.Escalation{e, escalation("b", 2, 0, bot.EscalationDraft)}})
		for name, q := range map[string]bot.Query{
			"loaded": {Escalation: "b-1", Project: "c"}, "of the project": {Project: "b"}, "listed": {Page: &bot.EscalationPage{Limit: 1}},
		} {
			got := d.load(q).People
			for _, p := range people {
				if got[p.ID].Name != string(p.ID) {
					d.Errorf("%s: %s is missing", name, p.ID)
				}
			}
		}
	},
	"a page of the list": func(d *desk) {
		d.city()
		d.commit(bot.Change{Escalations: []bot.Escalation{
			escalation("b", 1, 4, bot.EscalationOpen), escalation("a", 1, 1, bot.EscalationDone), escalation("a", 2, 0, bot.EscalationDraft),
			escalation("a", 3, 10, bot.EscalationWaiting), escalation("c", 1, 2, bot.EscalationRefused), escalation("b", 2, 9, bot.EscalationWithdrawn),
			escalation("c", 2, 3, bot.EscalationAccepted),
		}})
		many := []bot.ProjectID{"c"}
		for n := range 200 {
			many = append(many, bot.ProjectID(fmt.Sprintf("b%d", n)))
		}
		many = append(many, "a")
		for _, c := range []struct {
			name string
			page bot.EscalationPage
			want string
		}{
			{"those that have a number, the oldest first", bot.EscalationPage{Limit: 9}, "[a-1 c-1 c-2 b-1 b-2 a-3]"},
			{"so many", bot.EscalationPage{Limit: 2}, "[a-1 c-1]"},
			{"the next", bot.EscalationPage{After: 2, Limit: 2}, "[c-2 b-1]"},
			{"the last", bot.EscalationPage{After: 9, Limit: 2}, "[a-3]"},
			{"after the last", bot.EscalationPage{After: 10, Limit: 2}, "[]"},
			{"only open ones", bot.EscalationPage{Open: true, Limit: 9}, "[c-2 b-1 a-3]"},
			{"… the next", bot.EscalationPage{Open: true, After: 3, Limit: 1}, "[b-1]"},
			{"of projects", bot.EscalationPage{Projects: []bot.ProjectID{"c", "a", "c"}, Limit: 9}, "[a-1 c-1 c-2 a-3]"},
			{"… so many", bot.EscalationPage{Projects: []bot.ProjectID{"c", "a"}, After: 1, Limit: 2}, "[c-1 c-2]"},
			{"… open ones", bot.EscalationPage{Projects: []bot.ProjectID{"b", "a"}, Open: true, Limit: 9}, "[b-1 a-3]"},
			{"of many projects", bot.EscalationPage{Projects: many, Limit: 9}, "[a-1 c-1 c-2 a-3]"},
			{"… so many", bot.EscalationPage{Projects: many, After: 1, Limit: 2}, "[c-1 c-2]"},
			{"of no project", bot.EscalationPage{Projects: []bot.ProjectID{}, Limit: 9}, "[]"},
			{"of one that is not there", bot.EscalationPage{Projects: []bot.ProjectID{"none"}, Limit: 9}, "[]"},
		} {
			if got := escalationIDs(d.load(bot.Query{Room: roomDM, Page: &c.page}).Listed); got != c.want {
				d.Errorf("%s: %s, want %s", c.name, got, c.want)
			}
		}
	},
	"a page of one project's, or of somebody's own": func(d *desk) {
		d.city()
		deputy := d.load(bot.Query{AllPeople: true}).People["dep"]
		deputy.Accounts = []bot.UserID{"test:@dep"}
		d.commit(bot.Change{
			Escalations: []bot.Escalation{
				escalation("a", 1, 1, bot.EscalationDone), escalation("a", 2, 3, bot.EscalationOpen), escalation("b", 1, 2, bot.EscalationOpen),
				escalation("c", 1, 4, bot.EscalationAccepted),
			},
			People: []bot.Person{deputy},
		})
		for _, c := range []struct {
			name        string
			q           bot.Query
			page        bot.EscalationPage
			listed, own string
		}{
			{"of the project that is named", bot.Query{Room: roomDM, Name: "breitband"}, bot.EscalationPage{Subject: true, Limit: 9}, "[c-1]", "[]"},
			{"whose room it is", bot.Query{Room: roomA}, bot.EscalationPage{Subject: true, Limit: 9}, "[a-1 a-2]", "[]"},
			{"of all where there is none", bot.Query{Room: roomDM}, bot.EscalationPage{Subject: true, Limit: 9}, "[a-1 b-1 a-2 c-1]", "[]"},
			{"… also if that is what the bot asks about", bot.Query{Room: "test:!direct", User: jonas}, bot.EscalationPage{Subject: true, Limit: 9}, "[a-1 b-1 a-2 c-1]", "[]"},
			{"a lead's own", bot.Query{User: maria, AllProjects: true}, bot.EscalationPage{Own: true, Open: true, Limit: 9}, "[b-1 a-2 c-1]", "[a-2]"},
			{"a deputy's", bot.Query{User: "test:@dep", AllProjects: true}, bot.EscalationPage{Own: true, Limit: 1}, "[a-1]", "[a-1]"},
			{"… the next", bot.Query{User: "test:@dep", AllProjects: true}, bot.EscalationPage{Own: true, After: 1, Limit: 1}, "[b-1]", "[a-2]"},
			{"somebody has none", bot.Query{User: "test:@nobody", AllProjects: true}, bot.EscalationPage{Own: true, Limit: 1}, "[a-1]", "[]"},
		} {
			c.q.Page = &c.page
			s := d.load(c.q)
			if listed, own := escalationIDs(s.Listed), escalationIDs(s.Own); listed != c.listed || own != c.own {
				d.Errorf("%s: listed %s, own %s, want %s and %s", c.name, listed, own, c.listed, c.own)
			}
		}
	},
	"a release that is decided is not open": func(d *desk) {
		d.city()
		release := escalation("a", 1, 1, bot.EscalationOpen)
		release.Kind = bot.EscalationRelease
		d.commit(bot.Change{Escalations: []bot.Escalation{release, escalation("b", 1, 2, bot.EscalationAccepted)}})
		for _, c := range []struct {
			state bot.EscalationState
			want  string
		}{{bot.EscalationOpen, "[a-1 b-1]"}, {bot.EscalationPausing, "[a-1 b-1]"}, {bot.EscalationAccepted, "[b-1]"}} {
			r := *d.load(bot.Query{Escalation: "a-1"}).Escalation
			r.State = c.state
			d.commit(bot.Change{Escalations: []bot.Escalation{r}})
			if got := escalationIDs(d.load(bot.Query{Page: &bot.EscalationPage{Open: true, Limit: 9}}).Listed); got != c.want {
				d.Errorf("%s: open are %s, want %s", c.state, got, c.want)
			}
		}
	},
	"an id or a number that is taken": func(d *desk) {
		d.city()
		first := escalation("a", 1, 1, bot.EscalationOpen)
		d.commit(bot.Change{Escalations: []bot.Escalation{first, escalation("b", 1, 0, bot.EscalationDraft), escalation("b", 2, 0, bot.EscalationDraft)}})
		draft := *d.load(bot.Query{Escalation: "b-1"}).Escalation
		again := escalation("a", 1, 2, bot.EscalationDraft)
		d.wantErr(d.tryCommit(bot.Change{Escalations: []bot.Escalation{again}}), bot.ErrStale)
		d.wantErr(d.tryCommit(bot.Change{Escalations: []bot.Escalation{escalation("c", 1, 1, bot.EscalationOpen)}}), bot.ErrStale)
		draft.Number, draft.State = 1, bot.EscalationOpen
		d.wantErr(d.tryCommit(bot.Change{Escalations: []bot.Escalation{draft}}), bot.ErrStale)
		if s := d.load(bot.Query{Project: "a"}); s.LastNumber != 1 || s.Escalated != 1 {
			d.Errorf("what did not go through has counted: last number %d, %d of the project", s.LastNumber, s.Escalated)
		}
		draft.Number = 2
		d.commit(bot.Change{Escalations: []bot.Escalation{draft}})
		if s := d.load(bot.Query{Number: 2}); s.Escalation == nil || s.Escalation.ID != "b-1" || s.LastNumber != 2 || s.Escalated != 2 {
			d.Errorf("number 2 is %+v, the last one %d, want b-1 and 2", s.Escalation, s.LastNumber)
		}
		d.wantErr(d.tryCommit(bot.Change{Escalations: []bot.Escalation{draft}}), bot.ErrStale) // it was loaded before
		none := escalation("c", 5, 5, bot.EscalationOpen)
		none.Version = 1
		d.wantErr(d.tryCommit(bot.Change{Escalations: []bot.Escalation{none}}), bot.ErrStale)
	},
	"a change keeps its place and its number": func(d *desk) {
		d.city()
		d.commit(bot.Change{Escalations: []bot.Escalation{escalation("a", 1, 1, bot.EscalationOpen)}})
		d.commit(bot.Change{Escalations: []bot.Escalation{escalation("a", 2, 2, bot.EscalationOpen)}})
		e := *d.load(bot.Query{Number: 1}).Escalation
		e.Votes = []bot.Vote{{By: "jonas", Choice: bot.ChooseYes}}
		d.commit(bot.Change{Escalations: []bot.Escalation{e}})
		s := d.load(bot.Query{Number: 1})
		if len(s.Escalation.Votes) != 1 || s.Escalation.Version <= e.Version || escalationIDs(s.Escalations) != "[a-1 a-2]" || s.Escalated != 2 || s.LastNumber != 2 {
			d.Errorf("after a vote: %+v of %s, %d, %d", s.Escalation, escalationIDs(s.Escalations), s.Escalated, s.LastNumber)
		}
	},
}
