package bot

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lotse/bot/calendar"
)

var berlin = mustZone("Europe/Berlin")

func mustZone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

func at(t *testing.T, s string) time.Time {
	t.Helper()
	when, err := time.ParseInLocation("2006-01-02 15:04", s, berlin)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

// example settings: every three weeks from Wednesday, 25 November 2026, 10:00, in
// North Rhine-Westphalia.
func exampleSettings(t *testing.T) *Settings {
	t.Helper()
	rhythm, err := calendar.EveryWeeks(3, calendar.Date{Year: 2026, Month: 11, Day: 25}, calendar.Clock{Hour: 10}, berlin)
	if err != nil {
		t.Fatal(err)
	}
	return &Settings{
		City: "Beispielstadt", Zone: berlin, Days: calendar.NewDays("NW"), Shift: calendar.ShiftNext, Rhythm: rhythm,
		Plan:          calendar.DefaultPlanRules(),
		Roles:         map[Role][]PersonID{RolePMO: {"pia"}, RoleDM: {"dora"}},
		OverviewEvery: 5 * time.Second,
		MaxText:       2000,
		Language:      German,
		Escalations:   DefaultEscalationRules(),
	}
}

var exampleRooms = []Room{
	{ID: "test:pmo", Kind: RoomPMO, Joined: true},
	{ID: "test:dm", Kind: RoomDM, Joined: true},
}

func exampleProject(id ProjectID) Project {
	return Project{ID: id, Name: string(id), Leads: []PersonID{"maria"}, State: ProjectActive}
}

// openReport is a report in the middle of an open round.
func openReport(t *testing.T, now string) Snapshot {
	t.Helper()
	s := Snapshot{Now: at(t, now), Settings: exampleSettings(t), Abilities: Abilities{Threads: true, Reactions: true, Edits: true, Echo: true}}
	s.Rooms = exampleRooms
	check := at(t, "2026-11-25 10:00")
	s.Round = &Round{
		ID: "2026-11-25", Planned: calendar.Date{Year: 2026, Month: 11, Day: 25}, Check: check, State: RoundOpen,
		Steps: calendar.Plan(check, s.Settings.Days, s.Settings.Plan),
	}
	p := exampleProject("serviceportal")
	s.Project = &p
	s.ProjectRoom = Room{ID: "test:portal", Kind: RoomProject, Project: p.ID, Joined: true}
	s.Room = s.ProjectRoom
	s.People = map[PersonID]Person{"maria": {ID: "maria", Name: "Maria Beispiel", Accounts: []UserID{"test:maria"}}}
	maria := s.People["maria"]
	s.Person, s.User = &maria, "test:maria"
	s.Report = &Report{Round: s.Round.ID, Project: p.ID, Room: "test:portal", Open: &Question{FieldStatus, AskField, 1}, Asked: []Question{{FieldStatus, AskField, 1}}}
	s.OpenStands = true
	s.Thread = &Known{Message: "test:opening", Own: true, Key: s.Report.AskKey(), Kind: KindOpening, Subject: Subject{Project: p.ID, Round: s.Round.ID}}
	return s
}

func TestPlanRounds(t *testing.T) {
	for _, c := range []struct {
		name string
		now  string
		rows []Round
		want []string // id state
	}{
		{"the rhythm alone", "2026-11-01 12:00", nil, []string{"2026-11-25 planned", "2026-12-16 planned", "2027-01-06 planned"}},
		{"not the one of this morning", "2026-11-25 10:00", nil, []string{"2026-12-16 planned", "2027-01-06 planned", "2027-01-27 planned"}},
		{"the one of this noon", "2026-11-25 09:59", nil, []string{"2026-11-25 planned", "2026-12-16 planned", "2027-01-06 planned"}},
		{"a row counts instead of the rhythm", "2026-11-26 12:00",
			[]Round{{ID: "2026-12-16", Check: at(t, "2026-12-17 10:00"), State: RoundPlanned, Moved: true}},
			[]string{"2026-12-16 planned", "2027-01-06 planned", "2027-01-27 planned"}},
		{"an extra one in between", "2026-11-26 12:00",
			[]Round{{ID: "2026-12-02", Check: at(t, "2026-12-02 10:00"), State: RoundPlanned, Extra: true}},
			[]string{"2026-12-02 planned", "2026-12-16 planned", "2027-01-06 planned"}},
		{"a done one is gone, though its date was moved ahead", "2026-11-23 12:00",
			[]Round{{ID: "2026-11-25", Check: at(t, "2026-11-20 10:00"), State: RoundDone}},
			[]string{"2026-12-16 planned", "2027-01-06 planned", "2027-01-27 planned"}},
		{"a cancelled one still shows", "2026-11-23 12:00",
			[]Round{{ID: "2026-11-25", Check: at(t, "2026-11-25 10:00"), State: RoundCancelled}},
			[]string{"2026-11-25 cancelled", "2026-12-16 planned", "2027-01-06 planned"}},
	} {
		s := Snapshot{Now: at(t, c.now), Settings: exampleSettings(t), Rounds: c.rows}
		var got []string
		for _, r := range PlanRounds(s, 3) {
			got = append(got, fmt.Sprintf("%s %s", r.ID, r.State))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// A cancelled check leaves no trace of who was late or reminded, either.
func TestCancelledForgetsWhoWasLate(t *testing.T) {
	s := openReport(t, "2026-11-24 15:00")
	s.Round.State, s.Report.Reminded, s.Report.Answers = RoundCancelled, 2, completeAnswers()
	s.Report.Answers[FieldStatus].Parts[0].Late = true
	s.Project.Current.Answers = s.Report.Answers
	c, err := Due(s, Timer{Kind: TimerCancel, Subject: Subject{Round: "2026-11-25", Project: "serviceportal"}})
	if err != nil {
		t.Fatal(err)
	}
	if r := c.Reports[0]; r.Reminded != 0 || r.Answers[FieldStatus].Late() {
		t.Errorf("report of the cancelled round = %+v, want no trace of late or reminded", r)
	}
	if len(c.Projects) != 1 || c.Projects[0].Current.Answers[FieldStatus].Late() {
		t.Errorf("projects = %+v, want the board without the mark", c.Projects)
	}
}

// A holiday moves the check; the PMO is told beforehand, once.
func TestPlanTellsOfHolidays(t *testing.T) {
	s := Snapshot{Now: at(t, "2026-11-26 08:00"), Settings: exampleSettings(t), Rooms: exampleRooms}
	var err error
	// 25 December 2026 is a Friday and a holiday; the next working day is Monday.
	s.Settings.Rhythm, err = calendar.EveryWeeks(3, calendar.Date{Year: 2026, Month: 12, Day: 25}, calendar.Clock{Hour: 10}, berlin)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Due(s, Timer{Key: "plan", Kind: TimerPlan})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Rounds) != plansAhead || c.Rounds[0].ID != "2026-12-25" || !c.Rounds[0].Check.Equal(at(t, "2026-12-28 10:00")) {
		t.Fatalf("rounds = %+v, want 2026-12-25 moved to 28 December and one more", c.Rounds)
	}
	var told []Key
	for _, p := range c.Posts {
		told = append(told, p.Key)
	}
	// 15 January 2027 is a plain Friday: nothing to tell.
	if want := []Key{"check/2026-12-25/shifted/test:pmo"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
	s.Rounds = c.Rounds
	again, err := Due(s, Timer{Key: "plan", Kind: TimerPlan})
	if err != nil || len(again.Posts)+len(again.Rounds)+len(again.Timers) != 0 {
		t.Errorf("planning again: %+v, %v; want nothing", again, err)
	}
}

// A configuration that has changed applies to rounds nobody was asked for yet; what
// the PMO said of a date stands.
func TestPlanFollowsTheConfiguration(t *testing.T) {
	s := Snapshot{Now: at(t, "2026-11-01 08:00"), Settings: exampleSettings(t), Rooms: exampleRooms}
	c, err := Due(s, Timer{Key: "plan", Kind: TimerPlan})
	if err != nil || len(c.Rounds) != plansAhead {
		t.Fatalf("planned %+v, %v", c.Rounds, err)
	}
	s.Rounds = c.Rounds
	moved := s.Rounds[1]
	moved.Moved = true
	moved.timeOf(s, at(t, "2026-12-17 14:00"))
	s.Rounds[1] = moved
	s.Settings.Rhythm, err = calendar.EveryWeeks(3, calendar.Date{Year: 2026, Month: 11, Day: 25}, calendar.Clock{Hour: 13}, berlin)
	if err != nil {
		t.Fatal(err)
	}
	s.Settings.Plan.Open.Days = 6
	c, err = Due(s, Timer{Key: "plan", Kind: TimerPlan})
	if err != nil || len(c.Rounds) != 2 {
		t.Fatalf("planned again: %+v, %v; want both rounds changed", c.Rounds, err)
	}
	for i, want := range []struct{ check, open string }{
		{"2026-11-25 13:00", "2026-11-17 09:00"},
		{"2026-12-17 14:00", "2026-12-09 09:00"},
	} {
		open, _ := c.Rounds[i].Step(calendar.StepOpen)
		if !c.Rounds[i].Check.Equal(at(t, want.check)) || !open.At.Equal(at(t, want.open)) {
			t.Errorf("round %s: check %v, opens %v; want %v", c.Rounds[i].ID, c.Rounds[i].Check, open.At, want)
		}
	}
	for _, timer := range c.Timers {
		if slices.Contains(c.Cancel, timer.Key) {
			t.Errorf("timer %s is set and stopped", timer.Key)
		}
	}
	// A rhythm that no longer has the date gives it up.
	s.Rounds = c.Rounds[:1]
	s.Settings.Rhythm, err = calendar.EveryWeeks(3, calendar.Date{Year: 2026, Month: 11, Day: 26}, calendar.Clock{Hour: 13}, berlin)
	if err != nil {
		t.Fatal(err)
	}
	c, err = Due(s, Timer{Key: "plan", Kind: TimerPlan})
	if err != nil || c.Rounds[0].State != RoundCancelled || c.Rounds[1].ID != "2026-11-26" {
		t.Errorf("another weekday: %+v, %v; want the old date given up and 2026-11-26 planned", c.Rounds, err)
	}
	// And one that has it again takes it back.
	s.Rounds = c.Rounds[:2]
	s.Settings.Rhythm = exampleSettings(t).Rhythm
	c, err = Due(s, Timer{Key: "plan", Kind: TimerPlan})
	if err != nil || c.Rounds[0].ID != "2026-11-25" || c.Rounds[0].State != RoundPlanned || c.Rounds[0].Off || c.Rounds[1].State != RoundCancelled {
		t.Errorf("the old weekday again: %+v, %v; want 2026-11-25 planned and 2026-11-26 given up", c.Rounds, err)
	}
}

func TestOpenRoundAsksEveryActiveProject(t *testing.T) {
	s := openReport(t, "2026-11-18 09:00")
	s.Round.State, s.Report, s.Project = RoundPlanned, nil, nil
	paused, until, archived := exampleProject("pause"), exampleProject("bald"), exampleProject("alt")
	paused.State, archived.State = ProjectPaused, ProjectArchived
	until.State, until.Until = ProjectPaused, calendar.Date{Year: 2026, Month: 11, Day: 25}
	s.Projects = []Project{exampleProject("a"), paused, until, archived}
	c, err := Due(s, Timer{Kind: TimerOpen, At: s.Now, Subject: Subject{Round: "2026-11-25"}})
	if err != nil {
		t.Fatal(err)
	}
	var asked []ProjectID
	for _, timer := range c.Timers {
		if timer.Kind == TimerAsk {
			asked = append(asked, timer.Subject.Project)
		}
	}
	if want := []ProjectID{"a", "bald"}; !slices.Equal(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
	if len(c.Rounds) != 1 || c.Rounds[0].State != RoundOpen {
		t.Errorf("round = %+v, want open", c.Rounds)
	}
}

// What comes too late after a downtime is left out on purpose, and said.
func TestTooLateIsLeftOut(t *testing.T) {
	for _, c := range []struct {
		name string
		kind TimerKind
		now  string
		set  func(s *Snapshot)
		n    int
	}{
		{"opening after the close", TimerOpen, "2026-11-24 14:00", func(s *Snapshot) { s.Round.State = RoundPlanned }, 0},
		{"asking after the close", TimerAsk, "2026-11-24 15:00", func(s *Snapshot) { s.Round.State, s.Report = RoundClosed, nil }, 0},
		{"the first reminder after the second's time", TimerRemind, "2026-11-23 09:00", func(*Snapshot) {}, 1},
		{"a reminder after the deadline", TimerRemind, "2026-11-24 14:00", func(*Snapshot) {}, 2},
		{"the agenda after the check began", TimerAgenda, "2026-11-25 10:00", func(s *Snapshot) { s.Round.State = RoundClosed }, 0},
	} {
		s := openReport(t, c.now)
		c.set(&s)
		change, err := Due(s, Timer{Kind: c.kind, At: s.Now, Subject: Subject{Round: s.Round.ID, Project: "serviceportal", N: c.n}})
		if err != nil || len(change.Dropped) != 1 || len(change.Posts) != 0 {
			t.Errorf("%s: %+v, %v; want it dropped and nothing posted", c.name, change, err)
		}
	}
}

func TestRemindOnlyTheIncomplete(t *testing.T) {
	remind := Timer{Kind: TimerRemind, Subject: Subject{Round: "2026-11-25", Project: "serviceportal", N: 1}}
	s := openReport(t, "2026-11-20 09:00")
	c, err := Due(s, remind)
	if err != nil || len(c.Posts) != 1 {
		t.Fatalf("incomplete: %+v, %v; want one reminder", c, err)
	}
	data := c.Posts[0].Data.(Reminder)
	if c.Posts[0].Thread.Key != s.Report.AskKey() || data.To[0].ID != "maria" || len(data.Missing) != 4 || data.Last {
		t.Errorf("reminder = %+v, want in the thread, to maria, four missing, not the last", c.Posts[0])
	}
	s = openReport(t, "2026-11-20 09:00")
	s.Report.Answers = completeAnswers()
	if c, err := Due(s, remind); err != nil || len(c.Posts) != 0 {
		t.Errorf("complete: %+v, %v; want no reminder", c, err)
	}
	s = openReport(t, "2026-11-20 09:00")
	s.Project.State = ProjectPaused
	if c, err := Due(s, remind); err != nil || len(c.Posts) != 0 {
		t.Errorf("paused: %+v, %v; want no reminder", c, err)
	}
	// The deputy is named while the lead is away.
	s = openReport(t, "2026-11-20 09:00")
	s.Project.Deputies = []Deputy{{Person: "dieter", From: calendar.Date{Year: 2026, Month: 11, Day: 19}, Until: calendar.Date{Year: 2026, Month: 11, Day: 27}}}
	s.People["dieter"] = Person{ID: "dieter", Name: "Dieter Beispiel"}
	c, err = Due(s, remind)
	if err != nil || c.Posts[0].Data.(Reminder).To[0].ID != "dieter" {
		t.Errorf("deputy: %+v, %v; want dieter named", c, err)
	}
}

func completeAnswers() map[Field]Answer {
	return map[Field]Answer{
		FieldStatus:   {Parts: []Part{{Message: "test:s", Light: Green, By: "maria"}}},
		FieldOutlook:  {Parts: []Part{{Message: "test:o", Light: Green, Text: "Pilot starten", By: "maria"}}},
		FieldBlocker:  {Parts: []Part{{Message: "test:b", None: true, By: "maria"}}},
		FieldDecision: {Parts: []Part{{Message: "test:d", None: true, By: "maria"}}},
	}
}

// After the check, nobody can see any more who was late or reminded.
func TestDoneForgetsWhoWasLate(t *testing.T) {
	s := openReport(t, "2026-11-25 10:00")
	report := *s.Report
	report.Reminded = 2
	report.Answers = completeAnswers()
	late := report.Answers[FieldStatus]
	late.Parts[0].Late = true
	s.Round.State, s.Round.OverviewPages = RoundPublished, 1
	onTime := exampleProject("ki-im-call")
	onTime.Current.Answers = map[Field]Answer{FieldBlocker: {Parts: []Part{{None: true}}}}
	s.Project.Current.Answers = map[Field]Answer{FieldStatus: {Parts: []Part{late.Parts[0]}}} // what the board shows
	s.Reports, s.Projects = []Report{report}, []Project{onTime, *s.Project}
	s.Report, s.Project = nil, nil
	c, err := Due(s, Timer{Kind: TimerCheck, Subject: Subject{Round: "2026-11-25"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Reports[0]; got.Reminded != 0 || got.Answers[FieldStatus].Late() {
		t.Errorf("report after the check = %+v, want no trace of late or reminded", got)
	}
	if len(c.Projects) != 1 || c.Projects[0].Current.Answers[FieldStatus].Late() {
		t.Errorf("projects after the check = %+v, want the one whose board showed a late answer, without the mark", c.Projects)
	}
	for _, p := range c.Posts {
		if o, ok := p.Data.(Overview); ok && len(o.Rows) > 0 {
			t.Errorf("the overview still lists %+v", o.Rows)
		}
	}
	if i := slices.IndexFunc(c.Rounds, func(r Round) bool { return r.ID == "2026-12-16" }); i < 0 {
		t.Errorf("the next round was not planned: %+v", c.Rounds)
	}
}

// A lead with several projects without a room is asked about one at a time.
func TestDirectChatOneProjectAtATime(t *testing.T) {
	s := openReport(t, "2026-11-18 09:00")
	s.Report, s.ProjectRoom, s.Room = nil, Room{}, Room{}
	ask := Timer{Kind: TimerAsk, Subject: Subject{Round: "2026-11-25", Project: "serviceportal"}}
	c, err := Due(s, ask)
	if err != nil || len(c.Posts) != 0 || len(c.Timers) != 1 || c.Timers[0].Subject.User != "test:maria" {
		t.Fatalf("first step: %+v, %v; want the timer sent on to maria", c, err)
	}
	c, err = Due(s, c.Timers[0])
	if err != nil || len(c.Reports) != 1 || c.Reports[0].User != "test:maria" || c.Directs[0].Asking != "serviceportal" {
		t.Fatalf("second step: %+v, %v; want the project asked", c, err)
	}
	if p := c.Posts[0]; p.User != "test:maria" || p.Room != "" {
		t.Errorf("opening goes to %q %q, want to maria", p.Room, p.User)
	}
	// Another project of hers waits …
	direct := c.Directs[0]
	other := exampleProject("eakte")
	s.Project, s.Direct = &other, &direct
	ask.Subject = Subject{Round: "2026-11-25", Project: "eakte", User: "test:maria"}
	c, err = Due(s, ask)
	if err != nil || len(c.Posts) != 0 || !slices.Equal(c.Directs[0].Waiting, []ProjectID{"eakte"}) {
		t.Fatalf("other project: %+v, %v; want it waiting", c, err)
	}
	// … and gets its turn when the first is complete.
	direct = c.Directs[0]
	s.Direct = &direct
	first := exampleProject("serviceportal")
	s.Project = &first
	c, err = Due(s, Timer{Kind: TimerNext, Subject: Subject{Round: "2026-11-25", Project: "serviceportal", User: "test:maria"}})
	if err != nil || len(c.Timers) != 1 || c.Timers[0].Subject.Project != "eakte" || c.Directs[0].Asking != "eakte" {
		t.Fatalf("next: %+v, %v; want eakte asked", c, err)
	}
}

func TestMoveCheckRefusesBadDates(t *testing.T) {
	s := openReport(t, "2026-11-19 12:00")
	s.Rounds = []Round{*s.Round}
	for _, c := range []struct {
		to, why string
	}{
		{"2026-11-19 11:00", "past"},
		{"2026-12-16 09:00", "taken"}, // the next one of the rhythm stands there
	} {
		_, err := MoveCheck(s, Event{}, *s.Round, at(t, c.to), "")
		user, ok := err.(*UserError)
		if !ok || user.Data.(BadDate).Why != c.why {
			t.Errorf("move to %s: %v, want %s", c.to, err, c.why)
		}
	}
	done := *s.Round
	done.State = RoundDone
	if _, err := MoveCheck(s, Event{}, done, at(t, "2026-11-27 10:00"), ""); err == nil {
		t.Error("a done round was moved")
	}
}

// Moving an open check sets every deadline anew and tells each project.
func TestMoveOpenCheck(t *testing.T) {
	s := openReport(t, "2026-11-19 12:00")
	s.Rounds = []Round{*s.Round}
	c, err := MoveCheck(s, Event{}, *s.Round, at(t, "2026-11-27 10:00"), "Ratssitzung")
	if err != nil {
		t.Fatal(err)
	}
	at1, at2 := map[TimerKind]time.Time{}, c.Rounds[0]
	for _, timer := range c.Timers {
		at1[timer.Kind] = timer.At
		if slices.Contains(c.Cancel, timer.Key) {
			t.Errorf("timer %s is set and stopped", timer.Key)
		}
	}
	if !at1[TimerClose].Equal(at(t, "2026-11-26 14:00")) || !at1[TimerCheck].Equal(at(t, "2026-11-27 10:00")) || !at2.Deadline().Equal(at1[TimerClose]) {
		t.Errorf("timers %v, round %+v; want close on 26 November 14:00", at1, at2)
	}
	if at1[TimerMoved].IsZero() {
		t.Error("the projects are not told")
	}
	if _, again := at1[TimerOpen]; again {
		t.Error("an open round would open again")
	}
	// One project is told: its opening is edited, its reminders move.
	s.Round = &at2
	c, err = Due(s, Timer{Kind: TimerMoved, Subject: Subject{Round: s.Round.ID, Project: "serviceportal"}})
	if err != nil || len(c.Posts) != 2 || !c.Posts[0].EditOnly || c.Posts[1].Template != "check.moved" {
		t.Fatalf("told: %+v, %v; want the opening edited and a note", c.Posts, err)
	}
	var reminders []time.Time
	for _, timer := range c.Timers {
		if timer.Kind == TimerRemind {
			reminders = append(reminders, timer.At)
		}
	}
	if want := []time.Time{at(t, "2026-11-24 09:00"), at(t, "2026-11-25 09:00")}; !slices.EqualFunc(reminders, want, time.Time.Equal) {
		t.Errorf("reminders at %v, want %v", reminders, want)
	}
}

func TestAgendaOrder(t *testing.T) {
	s := openReport(t, "2026-11-24 16:00")
	s.Round.State = RoundClosed
	s.ProjectRooms = map[ProjectID]RoomID{}
	before := Standing{Round: "2026-11-04", Answers: completeAnswers()}
	report := func(id ProjectID, status Light, edit func(r *Report)) {
		r := Report{Round: "2026-11-25", Project: id, Room: "test:r", Before: before, Answers: completeAnswers()}
		r.Answers[FieldStatus] = Answer{Parts: []Part{{Light: status, Text: "Text", By: "maria"}}}
		edit(&r)
		s.Reports = append(s.Reports, r)
		s.Projects = append(s.Projects, exampleProject(id))
	}
	same := func(r *Report) { r.Before.Answers = r.Answers }
	report("ruhig", Green, same)
	report("gelb", Yellow, same)
	report("bedarf", Green, func(r *Report) {
		r.Answers[FieldDecision] = Answer{Parts: []Part{{Text: "DM: Priorität"}}}
		r.Before.Answers = r.Answers
	})
	report("besser", Green, func(r *Report) {
		r.Before.Answers = completeAnswers()
		r.Before.Answers[FieldStatus] = Answer{Parts: []Part{{Light: Red}}}
	})
	report("rot", Red, same)
	report("neurot", Red, func(*Report) {})
	report("fehlt", Green, func(r *Report) { r.Answers = nil })
	c, err := Due(s, Timer{Kind: TimerAgenda, Subject: Subject{Round: "2026-11-25"}})
	if err != nil {
		t.Fatal(err)
	}
	rooms := map[RoomID]int{}
	for _, p := range c.Posts {
		rooms[p.Room]++
	}
	if rooms["test:dm"] != 1 || rooms["test:pmo"] != 1 {
		t.Fatalf("agenda went to %v, want DM and PMO once each", rooms)
	}
	var got []string
	for _, section := range c.Posts[0].Data.(Agenda).Sections {
		for _, e := range section.Entries {
			got = append(got, section.Name+" "+string(e.Project.ID))
		}
	}
	want := []string{"changed-red neurot", "red rot", "changed besser", "decision bedarf", "yellow gelb", "rest ruhig", "missing fehlt"}
	if !slices.Equal(got, want) {
		t.Errorf("agenda = %q, want %q", got, want)
	}
}

// The agenda of many projects takes several messages; every project stands on it once.
func TestAgendaPages(t *testing.T) {
	s := openReport(t, "2026-11-24 16:00")
	s.Round.State = RoundClosed
	for i := range 200 {
		id := ProjectID(fmt.Sprintf("p%03d", i))
		s.Projects = append(s.Projects, exampleProject(id))
		if i%3 != 0 {
			s.Reports = append(s.Reports, Report{Round: "2026-11-25", Project: id, Room: "test:r", Answers: completeAnswers()})
		}
	}
	d := &draft{Snapshot: s}
	seen := map[ProjectID]int{}
	pages := d.agendaPages(false)
	for _, page := range pages {
		n := 0
		for _, section := range page.Sections {
			for _, e := range section.Entries {
				seen[e.Project.ID]++
				n++
				if section.Name != "missing" && section.Name != "rest" {
					n += agendaLines - 1
				}
			}
		}
		if n > agendaPage || page.Pages != len(pages) {
			t.Errorf("page %d of %d is %d long", page.Page, page.Pages, n)
		}
	}
	if len(pages) != 4 { // most of it is no more than names
		t.Errorf("the agenda has %d pages, want 4", len(pages))
	}
	if len(seen) != 200 {
		t.Errorf("%d projects stand on the agenda, want 200", len(seen))
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s stands on the agenda %d times", id, n)
		}
	}
}

func TestInvitations(t *testing.T) {
	settings := exampleSettings(t)
	settings.Allowed = []UserID{"test:@pia:stadt.example"}
	settings.AllowedServers = []string{"stadt.example"}
	for _, c := range []struct {
		by   UserID
		want Op
	}{
		{"test:@pia:stadt.example", OpJoin},
		{"test:@irgendwer:stadt.example", OpJoin},    // the whole server
		{"test:@pia:stadt.example.org", OpLeave},     // another server with a like name
		{"test:@stadt.example:boese.org", OpLeave},   // the server's name as a user name
		{"test:@x:boese.org:stadt.example", OpLeave}, // a port is no server
	} {
		s := Snapshot{Now: at(t, "2026-11-18 09:00"), Settings: settings, Rooms: exampleRooms}
		change, err := Decide(s, Event{ID: "e", Kind: EventInvitation, Room: "test:!new", Sender: c.by, RoomName: "Neuer Raum"})
		if err != nil || len(change.Posts) == 0 || change.Posts[0].Op != c.want {
			t.Errorf("invited by %s: %+v, %v; want %s", c.by, change.Posts, err, c.want)
		}
		if told := len(change.Posts) == 2; told != (c.want == OpLeave) {
			t.Errorf("invited by %s: PMO told %v", c.by, told)
		}
	}
}

// Several messages may be one answer, and together have no more characters than one.
func TestManyMessagesAreOneAnswer(t *testing.T) {
	s := openReport(t, "2026-11-18 10:00")
	s.OpenStands = false // the next question is not there yet
	s.Report.Open, s.Report.Asked = &Question{FieldBlocker, AskField, 1}, []Question{{FieldBlocker, AskField, 1}}
	part := func(i int) Part {
		return Part{Message: MessageID(fmt.Sprint("test:", i)), Text: strings.Repeat("x", 900), By: "maria", At: s.Now}
	}
	s.Report.Answers = map[Field]Answer{FieldBlocker: {Parts: []Part{part(1), part(2)}}}
	e := Event{ID: "e", Kind: EventMessage, Room: "test:portal", Sender: "test:maria", At: s.Now, Message: "test:3", Thread: "test:opening"}
	for text, want := range map[string]string{strings.Repeat("y", 200): "", strings.Repeat("y", 201): "error.long"} {
		d := &draft{Snapshot: s, e: e}
		err := d.take(FieldBlocker, text, false)
		told, _ := errors.AsType[*UserError](err)
		if (err == nil) != (want == "") || told != nil && told.Template != want {
			t.Errorf("%d characters more: %v, want %q", len(text), err, want)
		}
		if err := d.take(FieldBlocker, text, true); err != nil {
			t.Errorf("instead of the others %d characters: %v", len(text), err)
		}
		s.Report.Answers = map[Field]Answer{FieldBlocker: {Parts: []Part{part(1), part(2)}}}
	}
}

// Strangers who send many invitations, from as many accounts as they like, cannot
// flood the PMO's room, nor have the bot decline for ever.
func TestManyInvitations(t *testing.T) {
	settings := exampleSettings(t)
	settings.AllowedServers = []string{"stadt.example"}
	s := Snapshot{Now: at(t, "2026-11-18 09:00"), Settings: settings, Rooms: exampleRooms}
	told, declined, more := map[Key]bool{}, 0, 0
	invite := func(by string) Change {
		t.Helper()
		change, err := Decide(s, Event{ID: EventID("e" + by), Kind: EventInvitation, Room: RoomID("test:!" + by), Sender: UserID("test:" + by)})
		if err != nil || change.Pace == nil {
			t.Fatalf("invited by %s: %+v, %v", by, change, err)
		}
		for _, p := range change.Posts {
			switch note, ok := p.Data.(RoomNote); {
			case p.Op == OpLeave:
				declined++
			case ok && note.More:
				more++
			default:
				told[p.Key] = true
			}
		}
		s.Pace = change.Pace
		return change
	}
	for i := range 1000 {
		invite(fmt.Sprintf("@bot%d:boese.example", i))
	}
	if len(told) != refusalsTold || more != 1 || declined != refusalsDone {
		t.Errorf("the PMO was told of %d accounts and %d times of more, %d were declined; want %d, 1, %d", len(told), more, declined, refusalsTold, refusalsDone)
	}
	// On the next day it is told again.
	s.Now = at(t, "2026-11-19 00:00")
	if change := invite("@neu:boese.example"); len(change.Posts) != 2 {
		t.Errorf("on the next day: %+v", change.Posts)
	}
	// Who is told of already does not use up what others have.
	for range 20 {
		invite("@neu:boese.example")
	}
	if change := invite("@anders:boese.example"); len(change.Posts) != 2 || change.Posts[1].Data.(RoomNote).More {
		t.Errorf("another account: %+v", change.Posts)
	}
	// Who may invite is not affected.
	if change, err := Decide(s, Event{ID: "e", Kind: EventInvitation, Room: "test:!gut", Sender: "test:@pia:stadt.example"}); err != nil || change.Posts[0].Op != OpJoin {
		t.Errorf("an invitation that is allowed: %+v, %v", change.Posts, err)
	}
}

// A space is a folder of rooms: nobody would see what the bot says there.
func TestInvitationToASpace(t *testing.T) {
	settings := exampleSettings(t)
	settings.AllowedServers = []string{"stadt.example"}
	for by, explained := range map[UserID]bool{"test:@pia:stadt.example": true, "test:@pia:boese.example": false} {
		s := Snapshot{Now: at(t, "2026-11-18 09:00"), Settings: settings, Rooms: exampleRooms}
		change, err := Decide(s, Event{ID: "e", Kind: EventInvitation, Room: "test:!space", Sender: by, Space: true})
		if err != nil || len(change.Posts) != 2 || change.Posts[0].Op != OpLeave || change.Posts[1].Data.(RoomNote).Space != explained {
			t.Errorf("invited by %s: %+v, %v", by, change.Posts, err)
		}
	}
}

// The bot is in a room now: it says hello, but not in a chat of two.
func TestJoined(t *testing.T) {
	for _, c := range []struct {
		name   string
		before Room
		direct bool
		want   RoomKind
		hello  string
	}{
		{"a project's room", Room{Kind: RoomProject, Project: "serviceportal"}, false, RoomProject, "room.joined"},
		{"a room for nothing yet", Room{}, false, "", "room.unbound"},
		{"a chat that the bot has opened, before the books know it", Room{}, true, RoomDirect, ""},
		{"a chat that the books know", Room{Kind: RoomDirect, User: "test:maria"}, true, RoomDirect, ""},
		{"a room of two that is the PMO's", Room{Kind: RoomPMO}, true, RoomPMO, "room.joined"},
	} {
		s := Snapshot{Now: at(t, "2026-11-18 09:00"), Settings: exampleSettings(t), Room: c.before}
		change, err := Decide(s, Event{ID: "e", Kind: EventJoined, Room: "test:!new", Sender: "test:maria", Direct: c.direct})
		if err != nil || len(change.Rooms) != 1 || change.Rooms[0].Kind != c.want || !change.Rooms[0].Joined {
			t.Errorf("%s: rooms %+v, %v; want kind %q", c.name, change.Rooms, err, c.want)
			continue
		}
		if c.want == RoomDirect && change.Rooms[0].User != "test:maria" {
			t.Errorf("%s: with %q, want maria", c.name, change.Rooms[0].User)
		}
		hello := ""
		for _, p := range change.Posts {
			hello += p.Template
		}
		if hello != c.hello {
			t.Errorf("%s: says %q, want %q", c.name, hello, c.hello)
		}
	}
}

// A round that opens late, because it was added late, has no stand to tell before.
func TestStandOfALateRound(t *testing.T) {
	s := openReport(t, "2026-11-23 15:00")
	for _, c := range []struct {
		opened string
		want   int
	}{{"2026-11-18 09:00", 1}, {"2026-11-23 14:30", 0}} {
		s.Round.Opened = at(t, c.opened)
		change, err := Due(s, Timer{Kind: TimerStand, At: at(t, "2026-11-23 14:00"), Subject: Subject{Round: s.Round.ID}})
		if err != nil || len(change.Posts) != c.want || len(change.Dropped) != 0 {
			t.Errorf("opened %s: %d posts, dropped %v, %v; want %d posts", c.opened, len(change.Posts), change.Dropped, err, c.want)
		}
	}
}

// What comes next on the agenda are the tasks that were named in this round, not those taken over, which may be done, nor
// the reason for a worse light, which stands by itself.
func TestAgendaTasks(t *testing.T) {
	s := openReport(t, "2026-11-24 16:00")
	d := &draft{Snapshot: s}
	for _, c := range []struct {
		name  string
		parts []Part
		tasks string
		why   string
	}{
		{"named now", []Part{{Light: Yellow, Text: "eins\n- zwei"}, {Text: "drei\nvier"}}, "eins zwei drei", ""},
		{"taken over", []Part{{Light: Yellow, Text: "eins", Repeated: true}}, "", ""},
		{"taken over and added to", []Part{{Light: Yellow, Text: "eins", Repeated: true}, {Text: "zwei"}}, "zwei", ""},
		{"with a reason", []Part{{Light: Red, Text: "eins"}, {Text: "weil", Reason: true}}, "eins", "weil"},
	} {
		report := Report{Round: s.Round.ID, Project: "serviceportal", Answers: map[Field]Answer{FieldOutlook: {Parts: c.parts}}}
		e := d.agendaEntry(exampleProject("serviceportal"), report)
		var tasks []string
		for _, task := range e.Tasks {
			tasks = append(tasks, task.Text)
		}
		if got := strings.Join(tasks, " "); got != c.tasks || e.Outlook.Text != c.why {
			t.Errorf("%s: tasks %q, outlook %q; want %q, %q", c.name, got, e.Outlook.Text, c.tasks, c.why)
		}
	}
}
