package storagetest

import (
	"context"
	"fmt"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
)

// City is what [Fill] made.
type City struct {
	// Round is the round that is open; Now lies between its opening and its close.
	Round bot.Round
	Now   time.Time
	// Projects in order; each has a room, a lead, and a report whose first question
	// is open and stands in the room.
	Projects []bot.ProjectID
	PMO, DM  bot.RoomID
}

// The chat that the rooms and accounts of a [City] are in.
const CityChat bot.ChatID = "test"

// Room is the room of a project.
func (City) Room(p bot.ProjectID) bot.RoomID { return bot.RoomID("test:!" + p) }

// Lead is the account of a project's lead.
func (City) Lead(p bot.ProjectID) bot.UserID { return bot.UserID("test:@lead-" + p) }

// batch is how many rows a commit of Fill has: many enough that the disk's
// acknowledgement does not count.
const batch = 1000

// Fill fills an empty database with example data of a size, for benchmarks: so many
// projects, each with a lead and a room; so many rounds that are over, three weeks
// apart, in each of which every project has answered everything, had an opening
// message and a summary and got two tasks done; and a round that is open, with the
// first question asked. It takes the lease and gives it back.
func Fill(ctx context.Context, store Store, projects, rounds int) (City, error) {
	date := calendar.Date{Year: 2026, Month: time.November, Day: 25}
	city := City{Round: fillRound(date, bot.RoundOpen), PMO: "test:!pmo", DM: "test:!dm"}
	city.Now = city.Round.Check.Add(-3 * 24 * time.Hour)
	f := filler{store: store, now: city.Now}
	var err error
	if f.epoch, err = store.Acquire(ctx, "fill", f.now, time.Hour); err != nil {
		return city, fmt.Errorf("fill: %w", err)
	}
	if err := f.city(ctx, &city, projects, rounds); err != nil {
		return city, fmt.Errorf("fill: %w", err)
	}
	if err := store.Release(ctx, f.epoch); err != nil {
		return city, fmt.Errorf("fill: %w", err)
	}
	return city, nil
}

// filler gathers rows to commits of a sensible size.
type filler struct {
	store  Store
	epoch  int64
	now    time.Time
	commit bot.Commit
	rows   int
	echoes []bot.Event
}

func (f *filler) city(ctx context.Context, city *City, projects, rounds int) error {
	f.commit.Change.Rooms = []bot.Room{
		{ID: city.PMO, Kind: bot.RoomPMO, Origin: bot.FromConfig, Joined: true}, {ID: city.DM, Kind: bot.RoomDM, Origin: bot.FromConfig, Joined: true},
	}
	for n := range projects {
		id := bot.ProjectID(fmt.Sprintf("beispiel-%05d", n))
		city.Projects = append(city.Projects, id)
		if err := f.project(ctx, *city, id, n, rounds); err != nil {
			return err
		}
	}
	f.commit.Change.Rounds = append(f.commit.Change.Rounds, city.Round)
	for i := range rounds {
		over := fillRound(city.Round.Planned.AddDays(-21*(rounds-i)), bot.RoundDone)
		f.commit.Change.Rounds = append(f.commit.Change.Rounds, over)
		for _, id := range city.Projects {
			if err := f.answered(ctx, *city, over, id, i); err != nil {
				return err
			}
		}
	}
	for _, id := range city.Projects {
		if err := f.asked(ctx, *city, id); err != nil {
			return err
		}
	}
	return f.flush(ctx)
}

// FillEscalations adds n escalations to a [City], in turn to its projects, numbered from 1;
// the last forty (or all) are before the DM and wait for votes, the others are carried out.
// Each has a message in the DM's room, and its story in the decision log.
func FillEscalations(ctx context.Context, store Store, city City, n int) (err error) {
	f := filler{store: store, now: city.Now}
	if f.epoch, err = store.Acquire(ctx, "fill", f.now, time.Hour); err != nil {
		return fmt.Errorf("fill escalations: %w", err)
	}
	for i := range n {
		if err := f.escalation(ctx, city, i, n-i <= 40); err != nil {
			return fmt.Errorf("fill escalations: %w", err)
		}
	}
	if err := f.flush(ctx); err != nil {
		return fmt.Errorf("fill escalations: %w", err)
	}
	if err := store.Release(ctx, f.epoch); err != nil {
		return fmt.Errorf("fill escalations: %w", err)
	}
	return nil
}

func (f *filler) escalation(ctx context.Context, city City, i int, open bool) error {
	p := city.Projects[i%len(city.Projects)]
	lead, member := bot.PersonID("lead-"+p), bot.PersonID("lead-"+city.Projects[(i+1)%len(city.Projects)])
	words := func(by bot.PersonID, text string) bot.Said {
		return bot.Said{Text: text, By: by, Message: bot.MessageID(fmt.Sprintf("test:$%d/%s", i, by)), At: f.now}
	}
	e := bot.Escalation{
		ID: bot.EscalationID(fmt.Sprintf("%s-%d", p, 1+i/len(city.Projects))), Number: i + 1, Kind: bot.EscalationMatter, Project: p, State: bot.EscalationOpen,
		Role: bot.RoleDM, Rule: bot.EscalationRule{Quorum: 2, Pause: 15 * time.Minute}, Text: words(lead, "Die Schnittstelle zum Melderegister wartet auf eine Freigabe."),
		Wish: words(lead, "Priorität in der IT-Abteilung"), Since: city.Round.Planned.AddDays(-21), Asker: lead, Confirmed: f.now, Put: f.now,
	}
	log := func(kind bot.EntryKind, by bot.PersonID, choice bot.Choice, texts ...bot.EntryText) {
		f.commit.Change.Entries = append(f.commit.Change.Entries, bot.Entry{
			Kind: kind, Escalation: e.ID, Number: e.Number, Project: p, At: f.now, By: by, Role: bot.RoleDM, Choice: choice,
			Evidence: []bot.MessageID{bot.MessageID(fmt.Sprintf("test:$%d/%s/%s", i, kind, by))}, Texts: texts,
		})
	}
	log(bot.EntryConfirmed, lead, "", bot.EntryText{Name: "text", Said: e.Text}, bot.EntryText{Name: "wish", Said: e.Wish})
	log(bot.EntryPut, "", "")
	log(bot.EntryVote, member, bot.ChooseYes)
	vote := bot.Vote{By: member, Choice: bot.ChooseYes, Message: bot.MessageID(fmt.Sprintf("test:$%d/vote", i)), At: f.now}
	e.Votes = []bot.Vote{vote}
	if !open {
		e.State, e.Decision = bot.EscalationDone, &bot.Decision{Choice: bot.ChooseYes, By: []bot.PersonID{member}, Role: bot.RoleDM, At: f.now}
		e.Ended, e.EndedBy = f.now, lead
		log(bot.EntryDecided, "", bot.ChooseYes, bot.EntryText{Name: "text", Said: e.Text})
		log(bot.EntryDone, lead, "")
	}
	f.commit.Change.Escalations = append(f.commit.Change.Escalations, e)
	key := bot.Key(fmt.Sprintf("escalation/%s/request/%s", e.ID, city.DM))
	f.commit.Slots = append(f.commit.Slots, bot.Slot{
		Key: key, Op: bot.OpMessage, Subject: bot.Subject{Project: p, Escalation: e.ID}, Room: city.DM, Text: bot.Text{Markdown: "Die Schnittstelle wartet."},
	})
	f.echoes = append(f.echoes, bot.Event{Kind: bot.EventEcho, Room: city.DM, Key: key, Message: bot.MessageID("test:$" + key), Revision: 1})
	return f.added(ctx, 8)
}

// fillRound is a round by the default plan, in Berlin.
func fillRound(date calendar.Date, state bot.RoundState) bot.Round {
	at := date.At(calendar.Clock{Hour: 10}, berlin)
	steps := calendar.Plan(at, calendar.Days{}, calendar.DefaultPlanRules())
	r := bot.Round{ID: bot.RoundID(date.String()), Planned: date, Check: at, Zone: berlin.String(), State: state, Steps: steps, Opened: steps[0].At}
	if state == bot.RoundDone {
		r.Closed = r.Deadline()
	}
	return r
}

// project adds a project as it stands after all rounds that are over.
func (f *filler) project(ctx context.Context, city City, id bot.ProjectID, n, rounds int) error {
	lead := bot.PersonID("lead-" + id)
	p := bot.Project{
		ID: id, Name: fmt.Sprintf("Beispielprojekt %d", n), Leads: []bot.PersonID{lead}, Period: "2025–2027", Goals: []string{"1", "4"},
		Vision: "Bürger*innen erledigen ihr Anliegen von zu Hause aus, vollständig und ohne Papier.", State: bot.ProjectActive,
	}
	if rounds > 0 {
		last := fillRound(city.Round.Planned.AddDays(-21), bot.RoundDone)
		p.Current = bot.Standing{Round: last.ID, Check: last.Check, Answers: fillAnswers(last, id, lead, rounds-1)}
		p.LastTask = 2 * rounds
	}
	c := &f.commit.Change
	c.People = append(c.People, bot.Person{ID: lead, Name: fmt.Sprintf("Beispielperson %d", n), Accounts: []bot.UserID{city.Lead(id)}})
	c.Rooms = append(c.Rooms, bot.Room{ID: city.Room(id), Kind: bot.RoomProject, Project: id, Origin: bot.FromImport, Joined: true})
	c.Projects = append(c.Projects, p)
	return f.added(ctx, 3)
}

// fillAnswers are full answers; the i-th round's differ from those before.
func fillAnswers(round bot.Round, id bot.ProjectID, lead bot.PersonID, i int) map[bot.Field]bot.Answer {
	at := round.Opened.Add(26 * time.Hour)
	part := func(field bot.Field, light bot.Light, text string) bot.Answer {
		return bot.Answer{Parts: []bot.Part{{
			Message: bot.MessageID(fmt.Sprintf("test:$%s/%s/%s", round.ID, id, field)), Light: light, Text: text, None: text == "", By: lead, At: at,
		}}}
	}
	return map[bot.Field]bot.Answer{
		bot.FieldStatus:        part(bot.FieldStatus, bot.Light(1+i%3), fmt.Sprintf("Meilenstein %d ist erreicht, der nächste folgt im Frühjahr.", i)),
		bot.FieldOutlook:       part(bot.FieldOutlook, bot.Green, "Testbetrieb mit zwei Ämtern vorbereiten"),
		bot.FieldBlocker:       part(bot.FieldBlocker, bot.NoLight, ""),
		bot.FieldDecision:      part(bot.FieldDecision, bot.NoLight, ""),
		bot.FieldCommunication: part(bot.FieldCommunication, bot.NoLight, "Hinweis im Intranet"),
	}
}

// answered adds a report that is complete, its messages and its tasks.
func (f *filler) answered(ctx context.Context, city City, round bot.Round, id bot.ProjectID, i int) error {
	lead := bot.PersonID("lead-" + id)
	report := bot.Report{
		Round: round.ID, Project: id, Room: city.Room(id), Answers: fillAnswers(round, id, lead, i), Asking: []bot.PersonID{lead},
		Completed: true, Deadline: round.Deadline(),
	}
	c := &f.commit.Change
	c.Reports = append(c.Reports, report)
	for n := range 2 {
		c.Tasks = append(c.Tasks, bot.Task{
			Project: id, Seq: 2*i + n + 1, Number: n + 1, Text: "Testbetrieb mit zwei Ämtern vorbereiten", State: bot.TaskDone,
			Round: round.ID, Done: round.Check.Add(-time.Hour), Rank: n,
		})
	}
	f.message(report.AskKey(), bot.KindOpening, report, "Guten Morgen. Bis morgen, 14 Uhr, brauche ich vier kurze Antworten von Ihnen.")
	f.message(report.SummaryKey(), bot.KindSummary, report, "Vielen Dank. So steht es auf dem Board: 🟢 im Plan.")
	return f.added(ctx, 7)
}

// asked adds the report of the open round.
func (f *filler) asked(ctx context.Context, city City, id bot.ProjectID) error {
	question := bot.Question{Field: bot.FieldStatus, Ask: bot.AskField, N: 1}
	report := bot.Report{
		Round: city.Round.ID, Project: id, Room: city.Room(id), Asking: []bot.PersonID{bot.PersonID("lead-" + id)},
		Open: &question, Asked: []bot.Question{question}, Deadline: city.Round.Deadline(),
	}
	f.commit.Change.Reports = append(f.commit.Change.Reports, report)
	f.message(report.AskKey(), bot.KindOpening, report, "Guten Morgen. Bis morgen, 14 Uhr, brauche ich vier kurze Antworten von Ihnen.")
	f.message(report.OpenKey(), bot.KindQuestion, report, "**1 Status aktuell:** Wo steht das Projekt?")
	return f.added(ctx, 5)
}

// message adds a message that stands in the report's room.
func (f *filler) message(key bot.Key, kind bot.Kind, r bot.Report, words bot.Markdown) {
	f.commit.Slots = append(f.commit.Slots, bot.Slot{
		Key: key, Op: bot.OpMessage, Kind: kind, Subject: bot.Subject{Project: r.Project, Round: r.Round}, Room: r.Room, Text: bot.Text{Markdown: words},
	})
	f.echoes = append(f.echoes, bot.Event{Kind: bot.EventEcho, Room: r.Room, Key: key, Message: bot.MessageID("test:$" + key), Revision: 1})
}

// added counts rows and commits them when there are enough.
func (f *filler) added(ctx context.Context, rows int) error {
	if f.rows += rows; f.rows < batch {
		return nil
	}
	return f.flush(ctx)
}

func (f *filler) flush(ctx context.Context) error {
	f.commit.Epoch, f.commit.Now = f.epoch, f.now
	if err := f.store.Commit(ctx, f.commit); err != nil {
		return err
	}
	// What was just posted stands: the chat says so, which is the fastest way to send.
	if _, err := f.store.Receive(ctx, f.epoch, f.now, bot.Batch{Events: f.echoes}); err != nil {
		return err
	}
	f.commit, f.rows, f.echoes = bot.Commit{}, 0, nil
	return nil
}
