package storagetest

import (
	"errors"
	"slices"
	"time"

	"lotse/bot"
)

var peoplePromises = map[string]func(*desk){
	"a code is found by its hash, until its time is over or it is used": func(d *desk) {
		code := bot.LinkCode{User: maria, Hash: bot.HashCode("7KQF-2M9X"), Name: "Maria", Until: d.now.Add(time.Minute)}
		d.commit(bot.Change{Codes: []bot.LinkCode{code}})
		find := func(at time.Time) *bot.LinkCode {
			d.Helper()
			d.now = at
			d.receive(bot.Event{ID: bot.EventID("test:$" + at.String()), Kind: bot.EventMessage, Room: roomA, Sender: jonas, At: at.Add(-time.Hour)})
			r := d.next()
			defer d.done(r)
			return d.load(bot.Query{Linking: true, Code: code.Hash, User: jonas, Seq: r.Seq}).Code
		}
		begin := d.now
		if got := find(begin); got == nil || got.User != maria || got.Name != "Maria" || !got.Until.Equal(code.Until) {
			d.Errorf("found %+v, want %+v", got, code)
		}
		// When a message is said to be written does not count.
		if got := find(code.Until); got != nil {
			d.Errorf("found %+v when its time was over", got)
		}
		if got := d.load(bot.Query{Linking: true, Code: bot.HashCode("7KQF-2M9Y"), User: jonas}).Code; got != nil {
			d.Errorf("another code finds %+v", got)
		}
		next := bot.LinkCode{User: maria, Hash: bot.HashCode("0000-0000"), Until: d.now.Add(time.Minute)}
		d.commit(bot.Change{Codes: []bot.LinkCode{next}})
		if got := find(begin.Add(time.Second)); got != nil {
			d.Errorf("found %+v, which another one has replaced", got)
		}
		used := bot.Change{Codes: []bot.LinkCode{{User: maria, Hash: next.Hash}}}
		d.commit(used)
		if err := d.tryCommit(used); !errors.Is(err, bot.ErrStale) {
			d.Errorf("a code used twice: %v, want %v", err, bot.ErrStale)
		}
	},
	"wrong codes are counted for an hour from the first on, by our own clock": func(d *desk) {
		begin := d.now
		load := func(at time.Time) bot.LinkGuesses {
			d.Helper()
			d.now = at
			d.receive(bot.Event{ID: bot.EventID("test:$" + at.String()), Kind: bot.EventMessage, Room: roomA, Sender: jonas, At: at})
			r := d.next()
			defer d.done(r)
			return d.load(bot.Query{Linking: true, User: jonas, Seq: r.Seq}).Guesses
		}
		d.commit(bot.Change{Guesses: &bot.LinkGuesses{User: jonas, Count: 1}})
		d.now = begin.Add(30 * time.Minute)
		d.commit(bot.Change{Guesses: &bot.LinkGuesses{User: jonas, Count: 2}})
		if got := load(begin.Add(time.Hour - time.Second)); got.Count != 2 || !got.Until.Equal(begin.Add(time.Hour)) {
			d.Errorf("counted %+v, want 2 until %v", got, begin.Add(time.Hour))
		}
		if got := load(begin.Add(time.Hour)); got != (bot.LinkGuesses{}) {
			d.Errorf("counted %+v after the hour", got)
		}
		if got := d.load(bot.Query{Linking: true, User: maria}).Guesses; got != (bot.LinkGuesses{}) {
			d.Errorf("counted %+v for somebody else", got)
		}
	},
	"two people become one in every row": func(d *desk) {
		d.commit(bot.Change{
			People:   []bot.Person{{ID: "kim", Name: "Kim", Accounts: []bot.UserID{"test:kim"}}, {ID: "k", Name: "K", Accounts: []bot.UserID{"test:k"}}},
			Projects: []bot.Project{{ID: "p", Name: "P", Leads: []bot.PersonID{"k", "kim"}, State: bot.ProjectActive}},
			Reports:  []bot.Report{{Round: "2026-11-25", Project: "p", Asking: []bot.PersonID{"k"}, Answers: map[bot.Field]bot.Answer{bot.FieldStatus: {Parts: []bot.Part{{Text: "x", By: "k"}}}}}},
			Rounds:   []bot.Round{{ID: "2026-11-25", State: bot.RoundOpen, Check: d.now}},
			Networks: []bot.Network{{ID: "n", Name: "N", Hosts: []bot.PersonID{"kim", "k"}}},
			Meetups: []bot.Meetup{{ID: "n-1", Network: "n", State: bot.MeetupAnnounced, At: d.now.Add(time.Hour), Topics: []bot.Topic{{N: 1, Votes: []bot.TopicVote{
				{Voter: bot.Voter{User: "test:kim", Person: "kim"}}, {Voter: bot.Voter{User: "test:k", Person: "k"}}, {Voter: bot.Voter{User: "test:x"}}}}}}},
			Escalations: []bot.Escalation{{ID: "p-1", Project: "p", State: bot.EscalationOpen, Number: 1, Votes: []bot.Vote{{By: "k", Choice: bot.ChooseNo}, {By: "kim", Choice: bot.ChooseYes}}}},
			Entries:     []bot.Entry{{Kind: bot.EntryVote, Escalation: "p-1", Number: 1, Project: "p", By: "k", At: d.now}},
			Timers:      []bot.Timer{{Key: "t", Kind: bot.TimerNudge, At: d.now.Add(time.Hour), Subject: bot.Subject{Person: "k"}}},
			Refs:        []bot.Ref{{Message: "test:$m", Room: roomA, Subject: bot.Subject{Project: "p", Person: "k"}}},
		})
		people := d.load(bot.Query{AllPeople: true}).People
		into := people["kim"].Join(people["k"], d.now).Join(bot.Person{Accounts: []bot.UserID{"test:x"}}, d.now)
		d.commit(bot.Change{People: []bot.Person{into}, Merges: []bot.Merge{{From: "k", Into: into}}})

		s := d.load(bot.Query{User: "test:k", Project: "p", Round: "2026-11-25", Escalation: "p-1", Network: "n", Meetup: "n-1", Target: "test:$m", Dossier: true, AllPeople: true})
		if s.Person == nil || s.Person.ID != "kim" || !slices.Equal(s.Person.Former, []bot.PersonID{"k"}) || !s.Person.IsLinked("test:k") || s.Person.IsLinked("test:kim") || len(s.Person.Accounts) != 3 {
			d.Fatalf("the account is %+v's", s.Person)
		}
		if _, there := s.People["k"]; there {
			d.Error("the other one is there yet")
		}
		one := []bot.PersonID{"kim"}
		if !slices.Equal(s.Project.Leads, one) || !slices.Equal(s.Report.Asking, one) || s.Report.Answers[bot.FieldStatus].Parts[0].By != "kim" || !slices.Equal(s.Network.Hosts, one) {
			d.Errorf("project %+v, report %+v, network %+v", s.Project, s.Report, s.Network)
		}
		for _, v := range s.Meetup.Topics[0].Votes {
			if v.Person != "kim" {
				d.Errorf("a vote for a topic is %+v", v)
			}
		}
		for _, v := range s.Escalation.Votes {
			if v.By != "kim" {
				d.Errorf("a vote is %+v", v)
			}
		}
		if s.Target.Subject.Person != "kim" {
			d.Errorf("a message is about %+v", s.Target.Subject)
		}
		if timer := d.nextTimer(); timer.Subject.Person != "kim" {
			d.Errorf("a timer is about %+v", timer)
		}
		// What the decision log has of the other one stays, and is this one's to read.
		var mine int
		for _, st := range s.Dossier.Statements {
			if st.Kind == bot.StatementEntry {
				mine++
			}
		}
		if mine != 1 {
			d.Errorf("%d entries of the decision log are theirs, want 1", mine)
		}
	},
}
