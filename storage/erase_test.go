package storage_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
	"lotse/storage"
	"lotse/storage/storagetest"
)

// kanari is somebody whose name, id, account and words all have the word in them.
var kanari = bot.Person{ID: "kanari-vogel", Name: "Kira Kanari", Accounts: []bot.UserID{"test:@kanari:stadt", "other:@kanari:werk"},
	Linked: []bot.AccountLink{{User: "other:@kanari:werk"}}, Former: []bot.PersonID{"kanari-frueher"}}

// everywhere puts the person, and what they have said, wherever something can be.
func everywhere(t *testing.T, p *pruner) {
	t.Helper()
	jonas := bot.Person{ID: "jonas", Name: "Jonas Beispiel", Accounts: []bot.UserID{"test:@jonas:stadt"}}
	namesake := bot.Person{ID: "other", Name: "Otto Anders", Accounts: []bot.UserID{"test:@kanari:stadt.example"}}
	by := func(who bot.PersonID, message bot.MessageID, words string) bot.Part {
		return bot.Part{By: who, Message: message, Text: words, Light: bot.Yellow, At: p.now}
	}
	answers := func() map[bot.Field]bot.Answer {
		return map[bot.Field]bot.Answer{
			bot.FieldStatus:  {Parts: []bot.Part{by(kanari.ID, "test:$1", "kanari-status"), by(jonas.ID, "test:$2", "fragt Kira  Kanari, KIRA KANARI; (@kanari:stadt). Nicht @kanari:stadt.example")}},
			bot.FieldOutlook: {Parts: []bot.Part{{By: jonas.ID, Author: kanari.ID, Message: "test:$3", Origin: "test:$1", Text: "kanari-uebernommen", Repeated: true}}},
			bot.FieldBlocker: {Parts: []bot.Part{{By: kanari.ID, Author: jonas.ID, Message: "test:$4", Text: "von Jonas", Repeated: true}}},
		}
	}
	said := func(words string) bot.Said {
		return bot.Said{Text: words, By: kanari.ID, Message: "test:$5", At: p.now}
	}
	about := func(words string) bot.Said { return bot.Said{Text: words, By: jonas.ID, Message: "test:$6", At: p.now} }
	p.commit(bot.Change{
		People: []bot.Person{kanari, jonas, namesake},
		Rooms: []bot.Room{
			{ID: "test:!direct", Kind: bot.RoomDirect, User: kanari.Accounts[0], Joined: true}, {ID: "test:!portal", Kind: bot.RoomProject, Project: "portal", Joined: true},
		},
		Projects: []bot.Project{
			{ID: "portal", Name: "Portal", Leads: []bot.PersonID{kanari.ID, jonas.ID}, State: bot.ProjectActive, Vision: "Kanari, Kira will es",
				Deputies: []bot.Deputy{{Person: kanari.ID, From: calendar.DateOf(p.now), Until: calendar.DateOf(p.now)}}, Current: bot.Standing{Answers: answers()}},
			{ID: "akte", Name: "Akte", Leads: []bot.PersonID{kanari.ID}, State: bot.ProjectActive},
		},
		Rounds: []bot.Round{{ID: "2026-11-25", State: bot.RoundDone, Check: p.now, Zone: "Europe/Berlin", Reason: "Kira Kanari ist verreist"}},
		Reports: []bot.Report{{
			Round: "2026-11-25", Project: "portal", User: kanari.Accounts[0], Answers: answers(), Before: bot.Standing{Answers: answers()}, Asking: []bot.PersonID{kanari.ID},
			Returned: []bot.AskBack{
				{Text: "kanari-frage", By: kanari.ID, Answer: "Antwort", Author: jonas.ID, Answered: true}, {Text: "Frage", By: jonas.ID, Answer: "kanari-antwort", Author: kanari.ID, Answered: true, Source: "test:$7"},
			},
		}},
		Tasks: []bot.Task{
			{Project: "portal", Seq: 1, Text: "kanari-aufgabe", State: bot.TaskToDo, Source: "test:$1"}, {Project: "portal", Seq: 2, Text: "kanari-erledigt", State: bot.TaskDone, By: kanari.ID},
			{Project: "portal", Seq: 3, Text: "mit Kira Kanari reden", State: bot.TaskDoing, By: jonas.ID},
		},
		Directs: []bot.Direct{{User: kanari.Accounts[0], Asking: "portal"}},
		Escalations: []bot.Escalation{{
			ID: "portal-1", Number: 1, Project: "portal", State: bot.EscalationAccepted, Text: said("kanari-eskalation"), Wish: about("Kira Kanari entlasten"), User: kanari.Accounts[0],
			Thread: bot.Target{Key: "check/x/test:@kanari:stadt"}, Asker: kanari.ID, Votes: []bot.Vote{{By: kanari.ID, Choice: bot.ChooseYes}}, Aside: []bot.PersonID{kanari.ID},
			Inquiries: []bot.Inquiry{{Question: about("Was sagt Kira Kanari?"), Answers: []bot.Said{said("kanari-sagt")}}},
			Decision:  &bot.Decision{Choice: bot.ChooseYes, By: []bot.PersonID{kanari.ID, jonas.ID}}, EndedBy: kanari.ID, Reasons: []bot.Said{said("kanari-grund")},
		}},
		Codes: []bot.LinkCode{{User: kanari.Accounts[0], Hash: "abc", Name: "Kira Kanari", Until: p.now.Add(time.Minute)}}, Guesses: &bot.LinkGuesses{User: kanari.Accounts[1], Count: 1},
		Networks: []bot.Network{{ID: "lotsen", Name: "Lotsen", Hosts: []bot.PersonID{kanari.ID, jonas.ID}}},
		Meetups: []bot.Meetup{{
			ID: "lotsen-2026-12-03", Network: "lotsen", State: bot.MeetupAnnounced, At: p.now, Hosts: []bot.PersonID{kanari.ID}, Reason: said("kanari-absage"),
			Topics: []bot.Topic{
				{N: 1, Said: bot.Said{Text: "kanari-thema", User: kanari.Accounts[1], Message: "test:$9"}, Votes: []bot.TopicVote{{Voter: bot.Voter{User: kanari.Accounts[0], Person: kanari.ID}}}},
				{N: 2, Said: about("Kira Kanari stellt vor")},
			},
			Coming:  []bot.Coming{{Voter: bot.Voter{User: kanari.Accounts[1]}, Answer: bot.ComingYes}},
			Summary: said("kanari-zusammenfassung"), Asks: kanari.Accounts[0], Asked: kanari.Accounts[:1],
		}},
		Entries: []bot.Entry{
			{Kind: bot.EntryPut, Escalation: "portal-1", Number: 1, By: kanari.ID, At: p.now, Texts: []bot.EntryText{{Name: "text", Said: said("kanari-eskalation")}, {Name: "wish", Said: about("Kira Kanari entlasten")}}},
			{Kind: bot.EntryReason, Escalation: "portal-1", Number: 1, By: "kanari-frueher", At: p.now, Texts: []bot.EntryText{{Name: "reason", Said: bot.Said{Text: "kanari-fruehergesagt", By: "kanari-frueher", At: p.now}}}},
			{Kind: bot.EntryAnswer, Escalation: "portal-1", Number: 1, By: jonas.ID, At: p.now, Texts: []bot.EntryText{{Name: "answer", Said: about("etwas anderes")}}},
		},
		Refs:   []bot.Ref{{Message: "test:$8", Room: "test:!portal", Subject: bot.Subject{Person: kanari.ID, User: kanari.Accounts[1], Field: "gone"}}},
		Timers: []bot.Timer{{Key: "next/test:@kanari:stadt", Kind: bot.TimerNext, At: p.now, Subject: bot.Subject{User: kanari.Accounts[0], Person: kanari.ID}}},
		Pace:   &bot.Pace{Key: bot.PaceOf(kanari.Accounts[0]), Until: p.now.Add(time.Hour), Count: 3},
	},
		bot.Slot{Key: "check/2026-11-25/ask/portal/test:@kanari:stadt", Op: bot.OpMessage, User: kanari.Accounts[0], Text: bot.Text{Markdown: "Guten Morgen", Mentions: kanari.Accounts[:1]}, Subject: bot.Subject{Person: kanari.ID, User: kanari.Accounts[0]}},
		bot.Slot{Key: "agenda/test:!dm", Op: bot.OpMessage, Room: "test:!dm", Text: bot.Text{Markdown: `Portal: kanari\-eskalation`}},
		bot.Slot{Key: "list/test:!pmo", Op: bot.OpMessage, Room: "test:!pmo", Text: bot.Text{Markdown: "Kira Kanari"}},
		bot.Slot{Key: "names/test:!pmo", Op: bot.OpMessage, Room: "test:!pmo", Text: bot.Text{Markdown: "Termin"}, File: &bot.File{Name: "a.ics", Bytes: []byte("ORGANIZER:Kira Ka\r\n nari\r\n")}},
		bot.Slot{Key: "quotes/test:!pmo", Op: bot.OpMessage, Room: "test:!pmo", Text: bot.Text{Markdown: "Termin"}, File: &bot.File{Name: "b.json", Bytes: []byte(`{"text": "kanari-eskalation"}`)}},
		bot.Slot{Key: "unread/test:!pmo", Op: bot.OpMessage, Room: "test:!pmo", Text: bot.Text{Markdown: "Bild"}, File: &bot.File{Name: "c.png", Bytes: []byte("\x89PNG\xff")}},
		bot.Slot{Key: "file/test:!pmo", Op: bot.OpMessage, Room: "test:!pmo", Text: bot.Text{Markdown: "Termin"}, File: &bot.File{Name: "d.ics", Bytes: []byte("ORGANIZER:Otto Anders\r\n")}},
		bot.Slot{Key: "harmless/test:!pmo", Op: bot.OpMessage, Room: "test:!pmo", Text: bot.Text{Markdown: "Guten Tag"}},
		bot.Slot{Key: "room/refused/test:@kanari:stadt/2026-11-18/test:!pmo", Op: bot.OpMessage, Room: "test:!pmo", Text: bot.Text{Markdown: "x"}},
	)
	if _, err := p.Receive(t.Context(), p.epoch, p.now, bot.Batch{Events: []bot.Event{
		{ID: "e1", Kind: bot.EventMessage, Room: "test:!portal", Sender: kanari.Accounts[0], Name: "Kira Kanari", Text: "kanari-unbearbeitet"},
		{ID: "e2", Kind: bot.EventMessage, Room: "test:!portal", Sender: jonas.Accounts[0], Text: "an Kira Kanari", Mentions: []bot.Mention{{User: kanari.Accounts[0], Name: "Kira Kanari"}}},
	}, Remember: map[string]string{"dropped": "[\"test:@kanari:stadt\"]"}}); err != nil {
		t.Fatal(err)
	}
}

func TestErase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lotse.db")
	s := open(t, path, storage.Options{})
	p := &pruner{T: t, Store: s, now: time.Date(2026, 11, 18, 8, 0, 0, 0, time.UTC)}
	var err error
	if p.epoch, err = s.Acquire(t.Context(), "test", p.now, time.Hour); err != nil {
		t.Fatal(err)
	}
	everywhere(t, p)
	erase := func(who bot.Person, look bool) storage.Erased {
		t.Helper()
		done, err := s.Erase(t.Context(), p.epoch, p.now, &bot.Erasure{Person: who, Instead: "(gelöscht)"}, bot.German, look)
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
	before, err := storagetest.Find(t.Context(), s.DB().RawDB, "kanari")
	if err != nil {
		t.Fatal(err)
	}
	would := erase(kanari, true)
	if now, _ := storagetest.Find(t.Context(), s.DB().RawDB, "kanari"); len(now) != len(before) {
		t.Errorf("to look has changed something: %d places, want %d", len(now), len(before))
	}
	done := erase(kanari, false)
	if would.ErasureCount != done.ErasureCount || would.LogTexts != done.LogTexts || would.Waiting != done.Waiting {
		t.Errorf("done is %+v, announced was %+v", done, would)
	}
	if done.Records != 2 || done.LogTexts != 3 || done.Events != 1 || done.Directs != 1 || len(done.Projects) != 2 || !done.Known || done.Waiting != 6 {
		t.Errorf("done is %+v", done)
	}
	if n := p.count(`files WHERE slot = 'file/test:!pmo'`); n != 1 || p.count(`files`) != 1 {
		t.Errorf("%d files are left, want the one that does not name them", p.count(`files`))
	}

	// Only the other account is left, which begins like one of theirs.
	left, err := storagetest.Find(t.Context(), s.DB().RawDB, "kanari")
	if err != nil {
		t.Fatal(err)
	}
	for _, place := range left {
		if strings.Contains(strings.ToLower(strings.ReplaceAll(place, "@kanari:stadt.example", "")), "kanari") {
			t.Errorf("it stands yet in %s", place)
		}
	}
	if err := s.Vacuum(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		data, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		data = bytes.ReplaceAll(bytes.ToLower(data), []byte("@kanari:stadt.example"), nil)
		if i := bytes.Index(data, []byte("kanari")); i >= 0 {
			t.Errorf("the file%s has it yet: %q", suffix, data[max(0, i-60):min(len(data), i+60)])
		}
	}

	// What happened can still be read, and the decision log is whole.
	snap, err := s.Load(t.Context(), bot.Query{Project: "portal", Round: "2026-11-25", AllTasks: true, Number: 1, AllPeople: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := snap.People["geloescht-1"].Name; got != "gelöschte Person 1" {
		t.Errorf("the pseudonym is called %q", got)
	}
	if got := snap.Report.Answers[bot.FieldStatus].Text(); got != "(gelöscht)\nfragt gelöschte Person 1, gelöschte Person 1; (gelöschte Person 1). Nicht @kanari:stadt.example" {
		t.Errorf("the report says %q", got)
	}
	if a := snap.Report.Answers[bot.FieldBlocker].Parts[0]; a.Text != "von Jonas" || a.By != "geloescht-1" || a.Light != bot.NoLight {
		t.Errorf("what they had taken over from somebody is %+v", a)
	}
	if got := snap.Project.Leads; len(got) != 1 || got[0] != "jonas" || len(snap.Project.Deputies) != 0 {
		t.Errorf("the project's leads are %v, deputies %v", got, snap.Project.Deputies)
	}
	lotsen, err := s.Load(t.Context(), bot.Query{Meetup: "lotsen-2026-12-03"})
	if err != nil {
		t.Fatal(err)
	}
	if m, n := lotsen.Meetup, lotsen.Network; len(m.Hosts) != 0 || len(n.Hosts) != 1 || !m.Topics[0].Said.Gone || m.Topics[1].Said.Text != "gelöschte Person 1 stellt vor" || !m.Summary.Gone {
		t.Errorf("the meetup is %+v of %+v", m, n)
	}
	if x := snap.Escalation; x.Votes[0].By != "geloescht-1" || !x.Text.Gone || x.Wish.Text != "gelöschte Person 1 entlasten" || x.Decision.By[1] != "jonas" {
		t.Errorf("the escalation is %+v", x)
	}
	if k := snap.Tasks; len(k) != 3 || k[0].State != bot.TaskDropped || k[1].State != bot.TaskDone || k[2].Text != "mit gelöschte Person 1 reden" {
		t.Errorf("the tasks are %+v", k)
	}
	var chain bot.Chain
	counted, err := s.Log(t.Context(), bot.LogQuery{}, chain.Add)
	if err == nil {
		err = chain.End(counted)
	}
	if err != nil || chain.Entries != 3 || chain.Erased != 3 {
		t.Errorf("the log has %d entries, %d texts erased, %v; want 3, 3", chain.Entries, chain.Erased, err)
	}

	// Only what is harmless goes out, and the bot leaves the direct chat.
	for _, want := range []string{"file/test:!pmo leave/geloescht-1/test:!direct ", "harmless/test:!pmo ", "room/refused/test:geloescht-1/2026-11-18/test:!pmo ", ""} {
		got, err := s.Claim(t.Context(), p.epoch, p.now, "test", nil, 10)
		if err != nil {
			t.Fatal(err)
		}
		keys := ""
		for _, d := range got {
			keys += string(d.Key) + " "
			if err := s.Settle(t.Context(), p.epoch, p.now, []bot.Outcome{{Delivery: d, ID: "test:$x"}}); err != nil {
				t.Fatal(err)
			}
		}
		if keys != want {
			t.Errorf("goes out: %q, want %q", keys, want)
		}
	}
	if again := erase(kanari, false); !again.Nothing() {
		t.Errorf("once more, it erased %+v", again)
	}
	if next := erase(bot.Person{ID: "jonas", Name: "Jonas Beispiel", Accounts: []bot.UserID{"test:@jonas:stadt"}}, true); next.As.ID != "geloescht-2" {
		t.Errorf("the next pseudonym is %+v", next.As)
	}
}
