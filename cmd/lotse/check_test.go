package main

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
)

// checkOf is a check of the example's city with some books, and what it has written.
func checkOf(t *testing.T, more string, change bot.Change) (*check, *bytes.Buffer) {
	t.Helper()
	c := testConfig(t, more)
	p := testParts(t, c, nil)
	epoch, err := p.store.Acquire(t.Context(), "test", time.Now(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 17, 8, 0, 0, 0, time.UTC)
	err = p.store.Commit(t.Context(), bot.Commit{Epoch: epoch, Now: now, Change: change})
	if err := errors.Join(err, p.store.Release(t.Context(), epoch)); err != nil {
		t.Fatal(err)
	}
	books, err := p.store.Load(t.Context(), bot.Query{AllPeople: true, AllRooms: true, AllProjects: true, Rounds: true})
	if err != nil {
		t.Fatal(err)
	}
	books.Now, books.Settings = now, p.settings
	out := new(bytes.Buffer)
	return &check{config: c, settings: p.settings, store: p.store, books: books, live: true, now: now, out: out}, out
}

func TestCheckPeopleAndProjects(t *testing.T) {
	project := func(id bot.ProjectID, leads ...bot.PersonID) bot.Project {
		return bot.Project{ID: id, Name: string(id), Leads: leads, State: bot.ProjectActive}
	}
	c, out := checkOf(t, "", bot.Change{
		People: []bot.Person{{ID: "erika", Name: "Erika Beispiel"}, {ID: "jan", Name: "Jan Beispiel", Accounts: []bot.UserID{"matrix:@jan:x"}}},
		Rooms:  []bot.Room{{ID: "matrix:!p:x", Kind: bot.RoomProject, Project: "housed", Origin: bot.FromChat, Joined: true}},
		Projects: []bot.Project{
			project("nobodys"), project("erikas", "erika"), project("gone", "nobody-known"), project("direct", "jan"), project("housed", "jan"),
			{ID: "old", Name: "old", State: bot.ProjectPaused},
		},
	})
	c.people()
	c.projects()
	c.bound(nil)
	want := []string{
		"!!  people without an account: erika, nobody-known → add them, with their accounts, to people in the configuration",
		"!!  projects without a lead: nobodys → say who leads them",
		"ok  projects without a room are asked in a direct chat with their lead: direct, erikas, gone",
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != len(want) || !slices.EqualFunc(lines, want, strings.HasPrefix) {
		t.Errorf("it says\n%s\nwant\n%s", out, strings.Join(want, "\n"))
	}
	if c.todo != 2 {
		t.Errorf("%d things to do, want 2", c.todo)
	}
}

func TestCheckEscalations(t *testing.T) {
	put := func(n int, project bot.ProjectID, quorum int, more func(*bot.Escalation)) bot.Escalation {
		x := bot.Escalation{
			ID: bot.EscalationID(fmt.Sprintf("%s-%d", project, n)), Number: n, Kind: bot.EscalationMatter, Project: project,
			State: bot.EscalationOpen, Role: bot.RoleDM, Rule: bot.EscalationRule{Quorum: quorum, NoOwn: true},
		}
		if more != nil {
			more(&x)
		}
		return x
	}
	c, out := checkOf(t, "", bot.Change{
		Projects: []bot.Project{
			{ID: "a", Name: "a", Leads: []bot.PersonID{"erika"}, State: bot.ProjectActive},
			{ID: "b", Name: "b", Leads: []bot.PersonID{"dora"}, State: bot.ProjectActive},
			{ID: "c", Name: "c", Leads: []bot.PersonID{"dora", "dan"}, State: bot.ProjectPaused},
			{ID: "d", Name: "d", Leads: []bot.PersonID{"dora"}, State: bot.ProjectArchived},
		},
		Escalations: []bot.Escalation{
			put(1, "a", 3, nil),
			put(2, "a", 4, nil), // of a time when there were more
			put(3, "a", 3, func(x *bot.Escalation) { x.Asker = "dan" }),                    // who does not vote
			put(4, "b", 3, func(x *bot.Escalation) { x.Kind = bot.EscalationMeeting }),     // everybody votes
			put(5, "b", 9, func(x *bot.Escalation) { x.State = bot.EscalationAccepted }),   // decided
			put(6, "b", 1, func(x *bot.Escalation) { x.Role = bot.RoleDIKON }),             // which nobody is
			put(7, "b", 2, func(x *bot.Escalation) { x.State = bot.EscalationWaiting }),    // without dora there are two
			put(0, "c", 9, func(x *bot.Escalation) { x.State = bot.EscalationDraft }),      // not put to anybody
			put(9, "c", 1, func(x *bot.Escalation) { x.State = bot.EscalationPausing }),    // without dora and dan there is one
			put(10, "c", 9, func(x *bot.Escalation) { x.State = bot.EscalationPMO }),       // not before the DM yet
			put(11, "d", 2, func(x *bot.Escalation) { x.Text = bot.Said{By: "stranger"} }), // of a project in the archive
		},
	})
	c.settings.Roles[bot.RoleDM] = []bot.PersonID{"dora", "jan", "dan"}
	c.settings.Escalations = bot.EscalationRules{
		Normal:   bot.EscalationRule{Quorum: 2, Remind: 3},
		Weighty:  bot.EscalationRule{Quorum: 3, NoOwn: true, Pause: time.Hour, Remind: 3},
		PMOFirst: true,
	}
	c.rule()
	c.deciders()
	c.undecided(t.Context())
	want := []string{
		"ok  escalations: 2 of 3 people must agree, without a pause for thought; weighty: 3 of 3 people must agree, nobody who answers for the project, then 1h0m0s to think again; the DM is reminded after 3 working days, the PMO is told never; the PMO has a working day first",
		"!!  project b: of the DM, 1 of 3 answer for it and have no vote; a weighty one wants 3 → name more people in roles.dm, or let somebody else lead it",
		"!!  project c: of the DM, 2 of 3 answer for it and have no vote; a weighty one wants 3 → name more people in roles.dm, or let somebody else lead it",
		"!!  escalation #2 began when 4 had to agree, and 3 people can vote → name more people in roles.dm, or let it be withdrawn and put anew",
		"!!  escalation #3 began when 3 had to agree, and 2 people can vote → name more people in roles.dm, or let it be withdrawn and put anew",
		"!!  escalation #6 began when 1 had to agree, and 0 people can vote → name more people in roles.dikon, or let it be withdrawn and put anew",
		"ok  escalations: 8 before those who decide",
	}
	if got := strings.TrimSpace(out.String()); got != strings.Join(want, "\n") {
		t.Errorf("it says\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

func TestCheckNetworks(t *testing.T) {
	room := func(id, network string, joined bool) bot.Room {
		return bot.Room{ID: bot.RoomID("matrix:!" + id + ":x"), Kind: bot.RoomNetwork, Network: network, Origin: bot.FromChat, Joined: joined}
	}
	weekly := func(id bot.NetworkID, more func(*bot.Network)) bot.Network {
		n := bot.Network{ID: id, Name: string(id), Hosts: []bot.PersonID{"pia"}, Rule: "FREQ=WEEKLY;BYDAY=TH", Anchor: meetingStart, At: calendar.Clock{Hour: 14},
			Length: time.Hour, Link: "https://bbb.stadt.example/" + string(id), Origin: bot.FromChat}
		if more != nil {
			more(&n)
		}
		return n
	}
	c, out := checkOf(t, `networks: [{id: digilotsen, name: Digilotsen, hosts: [pia], rule: erster Donnerstag im Monat, at: "10:00", link: "https://bbb.stadt.example"}]
`, bot.Change{
		People: []bot.Person{{ID: "erika", Name: "Erika Beispiel"}},
		Rooms: []bot.Room{
			room("lotsen", "Digilotsen", true), room("lotsen2", "digilotsen", false), room("hosts", "hosts", true), room("away", "away", false),
			room("typo", "awya", true), room("old", "old", true), room("bare", "bare", true), room("still", "still", true),
		},
		Networks: []bot.Network{
			weekly("away", nil),
			weekly("bare", func(n *bot.Network) { n.Hosts, n.Link = nil, "" }),
			weekly("homeless", nil),
			weekly("hosts", func(n *bot.Network) { n.Hosts = []bot.PersonID{"erika", "pia"} }),
			weekly("old", func(n *bot.Network) { n.Archived = true }),
			weekly("still", func(n *bot.Network) { n.Rule, n.Link, n.Hosts = "", "", nil }),
		},
		// This week's does not take place.
		Meetups: []bot.Meetup{{ID: "hosts-2026-11-19", Network: "hosts", Planned: calendar.Date{Year: 2026, Month: 11, Day: 19}, At: time.Date(2026, 11, 19, 13, 0, 0, 0, time.UTC),
			Zone: "Europe/Berlin", Length: time.Hour, State: bot.MeetupCancelled}},
	})
	c.bound(nil)
	c.networks(t.Context())
	want := []string{
		"!!  network away: meets Thu 2026-11-19 14:00, but the bot is in none of its rooms: nobody is told → invite @lotse:stadt.example there",
		"ok  network bare: meets Thu 2026-11-19 14:00; the bot is in 1 of 1 room",
		`ok  network bare: there is no link to its meetups, and who meets on the spot needs none ("!netzwerk link bare https://…" gives one)`,
		`ok  network bare: nobody hosts it, so the PMO is asked for summary and links ("!netzwerk gastgeber bare @hanna" names somebody)`,
		"ok  network digilotsen: meets Thu 2026-12-03 10:00; the bot is in 1 of 2 rooms",
		`!!  network homeless: meets Thu 2026-11-19 14:00, and has no room: nobody is told → write "!raum netzwerk homeless" in its room, or give the room in the configuration: kind: network, network: homeless`,
		"ok  network hosts: meets Thu 2026-11-26 14:00; the bot is in 1 of 1 room",
		"!!  network hosts: hosts without an account: erika → add them, with their accounts, to people in the configuration",
		`ok  network still: no date ahead ("!meetup neu still …" adds one); the bot is in 1 of 1 room`,
		`!!  room of network awya !typo:x: there is no such network; did you mean "away"? → bind the room to another one ("!raum netzwerk …" there, or the configuration), or make it: "!netzwerk neu awya", networks in the configuration, or lotse import networks.csv`,
		`!!  room of network old !old:x: the network is archived → write "!netzwerk neu old" to bring it back, or "!raum frei" in the room`,
	}
	if got := strings.TrimSpace(out.String()); got != strings.Join(want, "\n") {
		t.Errorf("it says\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	if c.todo != 5 { // that alone says how the program ends
		t.Errorf("%d things are to be done, want 5", c.todo)
	}
}

func TestCheckBound(t *testing.T) {
	for _, tc := range []struct {
		name  string
		books []bot.Room
		todo  int
	}{
		{"the configuration's", nil, 0},
		{"taken away in chat", []bot.Room{{ID: "matrix:!pmo:stadt.example", Origin: bot.FromChat}}, 1},
		{"and given to another", []bot.Room{{ID: "matrix:!pmo:stadt.example", Origin: bot.FromChat}, {ID: "matrix:!new:x", Kind: bot.RoomPMO, Origin: bot.FromChat}}, 0},
	} {
		c, out := checkOf(t, "", bot.Change{Rooms: tc.books})
		if c.bound(nil); c.todo != tc.todo {
			t.Errorf("%s: %d to do, want %d:\n%s", tc.name, c.todo, tc.todo, out)
		}
	}
}

func TestCheckOutbox(t *testing.T) {
	c, out := checkOf(t, "", bot.Change{})
	epoch, err := c.store.Acquire(t.Context(), "test", time.Now(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	fail := func(key bot.Key, at time.Time, reason string) {
		t.Helper()
		slot := bot.Slot{Key: key, Op: bot.OpMessage, Kind: "note", Room: "matrix:!a:x", Text: bot.Text{Markdown: "text that nobody may read here"}}
		if err := c.store.Commit(t.Context(), bot.Commit{Epoch: epoch, Now: at, Slots: []bot.Slot{slot}}); err != nil {
			t.Fatal(err)
		}
		claimed, err := c.store.Claim(t.Context(), epoch, at, "matrix", nil, 1)
		if err != nil || len(claimed) != 1 {
			t.Fatalf("claimed %v, %v", claimed, err)
		}
		if err := c.store.Settle(t.Context(), epoch, at, []bot.Outcome{{Delivery: claimed[0], Failed: true, Reason: reason, Final: true}}); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	c.now = now
	fail("note/new", now.Add(-time.Hour), "\x1b[2JM_FORBIDDEN\nok  all is well")
	c.outbox(t.Context())
	if got := out.String(); c.todo != 1 || !strings.Contains(got, "note/new, [2JM_FORBIDDEN ok all is well → mend the reason") || !strings.Contains(got, "outbox: 0 sent, 0 waiting, 1 failed, 0 left out") {
		t.Errorf("%d to do:\n%s", c.todo, got)
	}
	if strings.Contains(out.String(), "nobody may read") {
		t.Errorf("it tells what the message says:\n%s", out)
	}
	// What is long ago is over.
	out.Reset()
	c.todo, c.now = 0, now.AddDate(0, 1, 0)
	if c.outbox(t.Context()); c.todo != 0 {
		t.Errorf("a month later %d to do:\n%s", c.todo, out)
	}
}

func TestCheckRound(t *testing.T) {
	var projects []bot.Project
	for i := range 100 {
		id := fmt.Sprintf("p%03d", i)
		projects = append(projects, bot.Project{ID: bot.ProjectID(id), Name: id, State: bot.ProjectActive, Current: bot.Standing{Round: "2026-11-04"}})
	}
	tasks := []bot.Task{
		{Project: "p000", Seq: 1, Number: 1, State: bot.TaskToDo}, {Project: "p000", Seq: 2, Number: 2, State: bot.TaskDoing},
		{Project: "p000", Seq: 3, Number: 3, State: bot.TaskDone}, {Project: "p001", Seq: 1, Number: 10, State: bot.TaskToDo},
	}
	for _, tc := range []struct {
		name   string
		change bot.Change
		want   string
	}{
		{"without projects", bot.Change{}, "ok  next round: opens Wed 2026-11-18 09:00, Projektcheck Wed 2026-11-25 10:00 (all dates: lotse plan)\n"},
		// A message, a question, three lights and 🔁 each, and two tasks that are open and have a number to click on.
		{"few", bot.Change{Projects: projects[:2], Tasks: tasks}, "ok  opening a round: 14 messages and reactions for 2 projects take about 21s; assumed: Synapse's default limit"},
		{"many", bot.Change{Projects: projects}, "!!  opening a round: 600 messages and reactions for 100 projects would take about 49m0s"},
	} {
		c, out := checkOf(t, "", tc.change)
		c.round(t.Context(), false)
		_, last, _ := strings.Cut(out.String(), "lotse plan)\n")
		if len(tc.change.Projects) == 0 {
			last = out.String()
		}
		if !strings.HasPrefix(last, tc.want) {
			t.Errorf("%s: it says\n%s\nwant\n%s", tc.name, out, tc.want)
		}
	}
}

func TestSendLimit(t *testing.T) {
	synapse := limitOf("Synapse")
	for _, tc := range []struct {
		limit sendLimit
		sends int
		want  time.Duration
	}{
		{synapse, 0, time.Second},
		{synapse, 10, time.Second},
		{synapse, 12, 11 * time.Second},
		{synapse, 1000, 83 * time.Minute},
		{limitOf("Dendrite"), 1000, 50 * time.Second},
		{limitOf(""), 1000, 83 * time.Minute}, // not known: the worst that is usual
	} {
		if got := tc.limit.time(tc.sends); got != tc.want {
			t.Errorf("%d sends with %+v take %s, want %s", tc.sends, tc.limit, got, tc.want)
		}
	}
}
