package bot

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"lotse/bot/calendar"
)

// TimerNeeds says what the decision about a timer needs.
func TimerNeeds(t Timer) Query {
	q := Query{Round: t.Subject.Round, Project: t.Subject.Project, DirectUser: t.Subject.User}
	switch t.Kind {
	case TimerPlan:
		q.Rounds = true
	case TimerRestored:
		q.Waiting = true
	case TimerPrune:
		q.Oldest = true
		q.AllProjects, q.Archived = t.Subject.N == 0, t.Subject.N == 0
	case TimerCheck:
		q.Rounds, q.AllReports, q.Archived = true, true, true
	case TimerOpen:
		q.AllProjects = true
	case TimerStand, TimerClose, TimerAgenda, TimerOverview, TimerRevise:
		q.AllReports = true
	case TimerMoved, TimerCancel:
		q.AllReports = t.Subject.Project == ""
		q.Rounds = true
	}
	return q
}

// Due decides about what time brings.
func Due(s Snapshot, t Timer) (Change, error) {
	d := &draft{Snapshot: s}
	switch t.Kind {
	case TimerPlan:
		d.plan()
		return d.c, nil
	case TimerRestored:
		d.tellRestored()
		return d.c, nil
	case TimerPrune:
		d.prune(t)
		return d.c, nil
	}
	if d.Round == nil || d.Round.ID != t.Subject.Round {
		d.c.Reason = "no such round any more"
		return d.c, nil
	}
	switch t.Kind {
	case TimerOpen:
		d.openRound(t)
	case TimerAsk:
		d.askProject(t)
	case TimerNext:
		d.nextDirect(t)
	case TimerRemind:
		d.remind(t)
	case TimerStand:
		d.stand(t)
	case TimerClose:
		d.closeRound()
	case TimerAgenda:
		d.publish(t)
	case TimerCheck:
		d.finish()
	case TimerOverview:
		d.overview()
	case TimerRevise:
		d.revise(t)
	case TimerSummary:
		d.lateSummary()
	case TimerMoved:
		d.tellMoved(t)
	case TimerCancel:
		d.tellCancelled(t)
	}
	return d.c, nil
}

// leaveOut leaves out what comes too late after a downtime; the PMO is told once.
func (d *draft) leaveOut(t Timer) {
	d.c.Reason = "too late: left out"
	d.c.Dropped = append(d.c.Dropped, Dropped{Kind: t.Kind, Subject: t.Subject, Due: t.At})
}

// steps sets the timers of a round's steps. What is past is due at once, and
// decides itself whether it is still worth anything.
func (d *draft) steps(r Round) {
	for _, step := range r.Steps {
		kind, ok := map[calendar.StepKind]TimerKind{
			calendar.StepOpen: TimerOpen, calendar.StepStand: TimerStand, calendar.StepClose: TimerClose,
			calendar.StepAgenda: TimerAgenda, calendar.StepCheck: TimerCheck,
		}[step.Kind]
		if !ok || kind == TimerOpen && r.State != RoundPlanned || kind == TimerAgenda && r.Held {
			continue
		}
		if kind == TimerStand && r.State != RoundPlanned && !step.At.After(d.Now) {
			continue // moved past it
		}
		d.c.Timers = append(d.c.Timers, Timer{Key: roundKey(r.ID, string(kind)), Kind: kind, At: step.At, Subject: Subject{Round: r.ID}})
	}
}

// stopSteps stops the timers of a round.
func (d *draft) stopSteps(r Round) {
	for _, kind := range []TimerKind{TimerOpen, TimerStand, TimerClose, TimerAgenda, TimerCheck} {
		d.c.Cancel = append(d.c.Cancel, roundKey(r.ID, string(kind)))
	}
}

// planned is a round of the rhythm that has no row yet.
func planned(s Snapshot, o calendar.Occurrence) Round {
	r := Round{
		ID: RoundID(o.Planned.String()), Planned: o.Planned, Check: o.At, Zone: s.Settings.Zone.String(),
		State: RoundPlanned, Shifted: o.Reason,
	}
	if o.Skipped {
		r.State, r.Off = RoundCancelled, true
		return r
	}
	r.Steps = calendar.Plan(o.At, s.Settings.Days, s.Settings.Plan)
	return r
}

// horizon is how far ahead rounds are looked for.
const horizon = 400

// PlanRounds returns the rounds that are not done, by date: those with a row, and
// those of the rhythm that come next, n in all beyond the running ones. The
// snapshot needs Rounds. Rounds left out by a holiday rule or cancelled are among
// them, with that state.
func PlanRounds(s Snapshot, n int) []Round {
	rows := map[RoundID]Round{}
	var rounds []Round
	for _, r := range s.Rounds {
		rows[r.ID] = r
		if r.State != RoundDone && r.Check.After(s.Now) && !(r.Off && r.Shifted == "") {
			r.Check = s.local(r.Check)
			rounds = append(rounds, r)
		}
	}
	today := s.Today()
	found := 0
	for o := range calendar.Occurrences(s.Settings.Rhythm, s.Settings.Days, s.Settings.Shift, today.AddDays(-14), today.AddDays(horizon)) {
		if _, ok := rows[RoundID(o.Planned.String())]; ok || !o.At.After(s.Now) && !o.Skipped || o.Skipped && o.Planned.Before(today) {
			continue
		}
		rounds = append(rounds, planned(s, o))
		if found++; found >= n {
			break
		}
	}
	slices.SortStableFunc(rounds, func(a, b Round) int { return a.day(s).Compare(b.day(s)) })
	if len(rounds) > n {
		rounds = rounds[:n]
	}
	return rounds
}

// day is the date a round stands at: its check, or, left out, its planned date.
func (r Round) day(s Snapshot) calendar.Date {
	if r.Check.IsZero() {
		return r.Planned
	}
	return s.checkDay(r)
}

// plansAhead is how many rounds ahead have a row and timers.
const plansAhead = 2

// plan sees that the next rounds stand, with their timers, and tells the PMO
// beforehand when a holiday moves one or leaves it out.
func (d *draft) plan() {
	d.replan()
	rows := map[RoundID]bool{}
	for _, r := range d.Rounds {
		rows[r.ID] = true
	}
	ahead := 0
	for _, r := range PlanRounds(d.Snapshot, plansAhead+4) {
		if ahead >= plansAhead {
			break
		}
		if r.State != RoundCancelled {
			ahead++
		}
		if rows[r.ID] {
			continue
		}
		d.c.Rounds = append(d.c.Rounds, r)
		if r.State == RoundPlanned {
			d.steps(r)
		}
		d.tellShifted(r)
	}
	d.c.Reason = "next rounds planned"
}

// tellShifted tells the PMO that a holiday moves a check or leaves it out.
func (d *draft) tellShifted(r Round) {
	if r.Shifted == "" {
		return
	}
	data := Shifted{Planned: r.Planned, Holiday: r.Shifted, Rule: d.Settings.Shift}
	if r.State == RoundPlanned {
		data.New = d.local(r.Check)
	}
	d.postTo(RoomPMO, Post{Key: roundKey(r.ID, "shifted"), Kind: KindShifted, Template: "check.shifted", Data: data, Subject: Subject{Round: r.ID}})
}

// replan brings rounds that nobody was asked for yet in line with a configuration
// that has changed since they were planned. The dates that the PMO gave stand; only
// what happens before them follows.
func (d *draft) replan() {
	for i, r := range d.Rounds {
		if r.State != RoundPlanned && !r.Off || !r.Check.After(d.Now) {
			continue
		}
		fresh := r
		if r.Moved || r.Extra {
			fresh.timeOf(d.Snapshot, d.local(r.Check))
		} else {
			fresh.State, fresh.Off = RoundCancelled, true // unless the rhythm has it
			for o := range calendar.Occurrences(d.Settings.Rhythm, d.Settings.Days, d.Settings.Shift, r.Planned, r.Planned) {
				fresh = planned(d.Snapshot, o)
				fresh.Held, fresh.Version, fresh.Sequence = r.Held, r.Version, r.Sequence
			}
		}
		sameStep := func(a, b calendar.Step) bool { return a.Kind == b.Kind && a.N == b.N && a.At.Equal(b.At) }
		if fresh.State == r.State && fresh.Check.Equal(r.Check) && slices.EqualFunc(fresh.Steps, r.Steps, sameStep) {
			continue
		}
		if fresh.State != r.State || !fresh.Check.Equal(r.Check) {
			fresh.Sequence++
		}
		d.stopSteps(r)
		if fresh.State == RoundPlanned {
			d.steps(fresh)
		}
		d.c.Rounds = append(d.c.Rounds, fresh)
		d.Rounds[i] = fresh
		d.tellShifted(fresh)
	}
	d.unstop()
}

// openRound opens a round: every project that is asked gets a timer of its own.
func (d *draft) openRound(t Timer) {
	r := d.Round
	if r.State != RoundPlanned {
		d.c.Reason = "round is not planned any more"
		return
	}
	if !d.Now.Before(r.Deadline()) {
		d.leaveOut(t)
		return
	}
	r.State, r.Opened = RoundOpen, d.Now
	d.c.Rounds = append(d.c.Rounds, *r)
	day := d.checkDay(*r)
	for _, p := range d.Projects {
		if p.Asked(day) {
			d.askLater(r.ID, p.ID)
		}
	}
	d.redraw()
	d.c.Reason = "round opened"
}

// askLater sets the timer by which one project is asked.
func (d *draft) askLater(round RoundID, project ProjectID) {
	d.c.Timers = append(d.c.Timers, Timer{
		Key: roundKey(round, "ask", string(project)), Kind: TimerAsk, At: d.Now, Subject: Subject{Project: project, Round: round},
	})
}

// askProject opens one project's report and asks, in its room or, without one, in
// the direct chat with who answers for it.
func (d *draft) askProject(t Timer) {
	p, round := d.Project, d.Round
	asked := d.Report != nil && d.Report.Round == round.ID
	switch {
	case p == nil || !p.Asked(d.checkDay(*round)) || asked && !d.displaced() || !round.Running():
		d.c.Reason = "not to be asked"
		return
	case round.State != RoundOpen:
		d.leaveOut(t)
		return
	}
	report := Report{Round: round.ID, Project: p.ID, Before: p.Current, Deadline: round.Deadline()}
	if asked {
		report = *d.Report
	}
	report.Asking = p.Acting(d.Today())
	switch {
	case d.ProjectRoom.Joined:
		if report.User != "" { // the direct chat is free for the next
			d.c.Timers = append(d.c.Timers, Timer{
				Key: roundKey(round.ID, "next", string(p.ID)), Kind: TimerNext, At: d.Now,
				Subject: Subject{Project: p.ID, Round: round.ID, User: report.User},
			})
		}
		report.Room, report.User = d.ProjectRoom.ID, ""
	case t.Subject.User == "":
		d.askDirectly(report.Asking, round.ID)
		return
	default:
		if !d.claimDirect(t.Subject.User) {
			return
		}
		report.Room, report.User = "", t.Subject.User
	}
	d.Report = &report
	d.c.Reason = "project asked"
	if asked {
		d.reopen()
	} else {
		d.openReport()
	}
	d.c.Reports = append(d.c.Reports, report)
	d.redraw()
}

// displaced reports whether the report's place is no longer the project's: its room
// was freed or left, or it has one now.
func (d *draft) displaced() bool {
	r := d.Report
	if r.Complete() {
		return false // nothing more is wanted; what stands there stays
	}
	here := d.ProjectRoom.Joined && d.ProjectRoom.ID == r.Room
	return r.Room != "" && !here || r.User != "" && d.ProjectRoom.Joined
}

// reopen asks in the report's new place for what is still missing.
func (d *draft) reopen() {
	r := d.Report
	p := d.opening(false)
	if data, ok := p.Data.(Opening); ok {
		data.Questions = len(r.Missing())
		p.Data = data
	}
	d.post(p)
	r.Previous = nil
	for _, q := range r.Asked {
		if q.Ask == AskReturn && !r.Returned[q.N-1].Answered {
			d.post(d.askBack(q))
		}
	}
	switch q := d.next(nil); {
	case q == nil || q.Ask == AskReturn:
	case r.Open != nil && *q == *r.Open:
		d.ask(*q)
	default:
		d.pose(q)
	}
	d.reminders(*d.Round)
	d.c.Reason = "project asked in another place"
}

// AskElsewhere lets the running round go on in the place that is a project's now.
func AskElsewhere(s Snapshot, c *Change, project ProjectID) {
	if project == "" || s.Round == nil || s.Round.State != RoundOpen {
		return
	}
	d := &draft{Snapshot: s}
	d.askLater(s.Round.ID, project)
	c.Timers = append(c.Timers, d.c.Timers...)
}

// openReport posts the opening message and the first question, and sets the reminders. A
// form asks them all; to what somebody writes instead, the questions follow one by one.
func (d *draft) openReport() {
	d.post(d.opening(false))
	if first := (&Question{Field: FieldStatus, Ask: AskField, N: 1}); d.there().Forms {
		d.note(first)
	} else {
		d.pose(first)
	}
	d.reminders(*d.Round)
}

// opening is the first message of a project's thread. again: the dates changed. With a form,
// the summary takes its place once there is one.
func (d *draft) opening(again bool) Post {
	r, round, p, can := d.Report, d.Round, d.Project, d.there()
	_, repeatable := r.CanRepeat()
	data := Opening{
		Project:    p.name(),
		To:         d.Persons(r.Asking),
		Now:        d.local(d.Now),
		Check:      d.local(round.Check),
		Deadline:   d.local(round.Deadline()),
		Last:       d.local(r.Before.Check),
		Repeatable: repeatable && can.Clicks() && !((again || can.Forms) && r.Complete()),
		Reactions:  can.Reactions,
		Form:       can.Forms,
		Tasks:      d.OpenTasks(),
		Pending:    d.unsettled(),
		Questions:  len(Fields()) - 1,
		Shifted:    round.Shifted,
		Again:      again,
	}
	if again && !round.Opened.IsZero() {
		data.Now = d.local(round.Opened) // it was said then
	}
	slices.SortFunc(data.Tasks, func(a, b TaskLine) int { return a.Number - b.Number })
	if !slices.Equal(r.Asking, p.Leads) {
		data.For = d.Persons(p.Leads)
	}
	post := Post{Key: r.AskKey(), Kind: KindOpening, Template: "check.opening", Data: data, Expires: round.Check}
	if data.Repeatable {
		post.Seeds = append(post.Seeds, repeatEmoji)
	}
	post.EditOnly = again
	if can.Forms {
		post.Form = &Form{}
		if d.running() {
			post.Form = d.form()
		}
		if r.Completed {
			summary := d.summary()
			summary.Form = true
			post.Template, post.Data = "check.summary", summary
		}
		return post
	}
	for _, task := range data.Tasks {
		if task.Number <= 9 {
			post.Seeds = append(post.Seeds, digitEmoji(task.Number))
		}
	}
	return post
}

// unsettled are the project's escalations that are before somebody, or decided and not yet
// carried out.
func (d *draft) unsettled() []EscalationLine {
	var lines []EscalationLine
	for _, x := range d.Escalations {
		earlier := d.Round.Opened.IsZero() || x.Confirmed.Before(d.Round.Opened)
		if x.Open() && x.Number > 0 && x.Kind != EscalationRelease && earlier {
			lines = append(lines, x.Line(d.Project.name(), d.Now, d.Settings.Zone))
		}
	}
	return lines
}

// reminders sets the timers of the reminders to come for the snapshot's report.
func (d *draft) reminders(round Round) {
	for _, step := range round.Steps {
		if step.Kind != calendar.StepRemind {
			continue
		}
		key := roundKey(round.ID, "remind", strconv.Itoa(step.N), string(d.Report.Project))
		if !step.At.After(d.Now) {
			d.c.Cancel = append(d.c.Cancel, key)
			continue
		}
		d.c.Timers = append(d.c.Timers, Timer{
			Key: key, Kind: TimerRemind, At: step.At,
			Subject: Subject{Project: d.Report.Project, Round: round.ID, User: d.Report.User, N: step.N},
		})
	}
}

// askDirectly sends the timer on to the direct chat of the first who has an account.
func (d *draft) askDirectly(people []PersonID, round RoundID) {
	for _, p := range d.Persons(people) {
		if len(p.Accounts) == 0 {
			continue
		}
		d.c.Timers = append(d.c.Timers, Timer{
			Key: roundKey(round, "ask", string(d.Project.ID)), Kind: TimerAsk, At: d.Now,
			Subject: Subject{Project: d.Project.ID, Round: round, User: p.Accounts[0]},
		})
		d.c.Reason = "asked in a direct chat"
		return
	}
	d.c.Reason = "nobody to ask: no room, no account"
	d.redraw()
}

// claimDirect makes the project the one that is asked about in the direct chat, or
// puts it in the queue there: one at a time.
func (d *draft) claimDirect(user UserID) bool {
	direct := Direct{User: user}
	if d.Direct != nil {
		direct = *d.Direct
	}
	if direct.Round != d.Round.ID {
		direct = Direct{User: user, Round: d.Round.ID, Version: direct.Version}
	}
	mine := direct.Asking == "" || direct.Asking == d.Project.ID
	if mine {
		direct.Asking = d.Project.ID
		direct.Waiting = slices.DeleteFunc(direct.Waiting, func(p ProjectID) bool { return p == d.Project.ID })
	} else if !slices.Contains(direct.Waiting, d.Project.ID) {
		direct.Waiting = append(direct.Waiting, d.Project.ID)
		d.c.Reason = "waits for its turn in the direct chat"
	}
	d.c.Directs = append(d.c.Directs, direct)
	return mine
}

// nextDirect gives the next waiting project its turn in a direct chat.
func (d *draft) nextDirect(t Timer) {
	if d.Direct == nil || d.Direct.Round != d.Round.ID || d.Direct.Asking != t.Subject.Project {
		d.c.Reason = "nobody waits"
		return
	}
	d.release(d.Direct.User)
}

// release ends the turn of the project being asked about in a direct chat.
func (d *draft) release(user UserID) {
	direct := *d.Direct
	direct.Asking, direct.Last = "", direct.Asking
	if len(direct.Waiting) > 0 {
		next := direct.Waiting[0]
		direct.Asking, direct.Waiting = next, direct.Waiting[1:]
		d.c.Timers = append(d.c.Timers, Timer{
			Key: roundKey(direct.Round, "ask", string(next)), Kind: TimerAsk, At: d.Now,
			Subject: Subject{Project: next, Round: direct.Round, User: user},
		})
	}
	d.c.Directs = append(d.c.Directs, direct)
	d.c.Reason = "next project in the direct chat"
}

// remind asks for what is missing, in the thread, only while it is missing.
func (d *draft) remind(t Timer) {
	r, round := d.Report, d.Round
	if r == nil || r.Round != round.ID || round.State != RoundOpen || r.Complete() || d.Project == nil || d.displaced() || !d.Project.Asked(d.checkDay(*round)) {
		d.c.Reason = "no reminder needed"
		return
	}
	last := true
	for _, step := range round.Steps {
		if step.Kind == calendar.StepRemind && step.N > t.Subject.N {
			last = false
			if !step.At.After(d.Now) {
				d.leaveOut(t)
				return
			}
		}
	}
	if !d.Now.Before(round.Deadline()) {
		d.leaveOut(t)
		return
	}
	r.Reminded++
	r.Asking = d.Project.Acting(d.Today())
	d.post(Post{
		Key:      remindKey(*round, *r, t.Subject.N),
		Kind:     KindReminder,
		Subject:  Subject{N: t.Subject.N},
		Template: "check.reminder",
		Data:     d.reminder(t.Subject.N, last),
		Expires:  round.Deadline(),
		Unasked:  true,
	})
	d.c.Reports = append(d.c.Reports, *r)
	d.c.Reason = "reminded"
	if r.User != "" && d.Direct != nil && d.Direct.Asking == r.Project && len(d.Direct.Waiting) > 0 {
		d.release(r.User) // the others shall not wait for an answer that may not come
		d.c.Reason = "reminded"
	}
}

// reminder is what the nth reminder says now.
func (d *draft) reminder(n int, last bool) Reminder {
	r, round := d.Report, d.Round
	return Reminder{
		Project: d.Project.name(), To: d.Persons(r.Asking), Check: d.local(round.Check), Deadline: d.local(round.Deadline()),
		Now: d.local(d.Now), Missing: r.Missing(), N: n, Last: last,
	}
}

// remindKey is the key of the nth reminder.
func remindKey(round Round, r Report, n int) Key {
	return roundKey(round.ID, round.step("remind"), strconv.Itoa(n), string(r.Project), r.To())
}

// correct puts the new dates of a moved round where they were said to a project:
// in the reminders of editions before, and in questions back.
func (d *draft) correct() {
	r, round := d.Report, *d.Round
	for i, back := range r.Returned {
		if back.Answered {
			continue
		}
		for _, q := range r.Asked {
			if q.Ask == AskReturn && q.N == i+1 {
				p := d.askBack(q)
				p.EditOnly = true
				d.post(p)
			}
		}
	}
	if r.Complete() || r.Reminded == 0 {
		return
	}
	for round.Edition--; round.Edition >= 0; round.Edition-- {
		for _, step := range round.Steps {
			if step.Kind != calendar.StepRemind {
				continue
			}
			d.post(Post{
				Key: remindKey(round, *r, step.N), Kind: KindReminder, Subject: Subject{N: step.N},
				Template: "check.reminder", Data: d.reminder(step.N, false), EditOnly: true, Expires: round.Deadline(),
			})
		}
	}
}

// closeRound freezes the reports.
func (d *draft) closeRound() {
	r := d.Round
	if r.State != RoundOpen {
		d.c.Reason = "round is not open"
		return
	}
	r.State, r.Closed = RoundClosed, d.Now
	d.c.Rounds = append(d.c.Rounds, *r)
	d.redraw()
	if d.Now.Before(r.Check) {
		d.pages(RoomPMO, d.Round.step("closed"), "check.closed", KindStand, d.overviewPages(OverviewRow.rank))
	}
	d.c.Reason = "round closed"
}

// publish posts the agenda, unless the PMO holds it.
func (d *draft) publish(t Timer) {
	r := d.Round
	switch {
	case r.Held:
		d.c.Reason = "agenda is held"
		return
	case r.State != RoundClosed:
		d.c.Reason = "nothing to publish"
		return
	case !d.Now.Before(r.Check):
		d.leaveOut(t)
		return
	}
	r.State = RoundPublished
	d.agenda(false)
	d.c.Reason = "agenda published"
}

// finish ends a round at its check. Who was late or reminded is nobody's business
// any more: those marks go.
func (d *draft) finish() {
	r := d.Round
	if r.State == RoundDone || r.State == RoundCancelled {
		d.c.Reason = "round is over"
		return
	}
	r.State, r.Held = RoundDone, false
	for _, report := range d.Reports {
		report.Reminded = 0
		report.Open, report.Previous = nil, nil
		report.Answers, _ = forgive(report.Answers)
		d.c.Reports = append(d.c.Reports, report)
	}
	for _, p := range d.Projects {
		if answers, late := forgive(p.Current.Answers); late {
			p.Current.Answers = answers
			d.c.Projects = append(d.c.Projects, p)
		}
	}
	if r.OverviewPages > 0 {
		d.overview()
	} else {
		d.c.Rounds = append(d.c.Rounds, *r)
	}
	reason := "round done"
	for i := range d.Rounds {
		if d.Rounds[i].ID == r.ID {
			d.Rounds[i] = *r
		}
	}
	d.plan()
	d.c.Reason = reason
}

// forgive takes the marks of what came late out of answers; late: there were some.
func forgive(answers map[Field]Answer) (_ map[Field]Answer, late bool) {
	answers = maps.Clone(answers)
	for f, a := range answers {
		if !a.Late() {
			continue
		}
		parts := slices.Clone(a.Parts)
		for i := range parts {
			parts[i].Late = false
		}
		answers[f], late = Answer{Parts: parts}, true
	}
	return answers, late
}

// lateSummary shows a complete report whose last question nobody answered.
func (d *draft) lateSummary() {
	if !d.running() || d.Report.Completed || !d.Report.Complete() {
		d.c.Reason = "no summary needed"
		return
	}
	d.Report.Completed = true
	d.summarise()
	d.passOn()
	d.c.Reports = append(d.c.Reports, *d.Report)
	d.c.Reason = "summary shown"
}

// tellMoved tells the projects of an open round, one by one, that the check has
// another date.
func (d *draft) tellMoved(t Timer) {
	if t.Subject.Project == "" {
		d.each(TimerMoved)
		if d.Round.State == RoundClosed || d.Round.State == RoundPublished { // the same message, the new date
			from := len(d.c.Posts)
			d.pages(RoomPMO, d.Round.step("closed"), "check.closed", KindStand, d.overviewPages(OverviewRow.rank))
			for i := range d.c.Posts[from:] {
				d.c.Posts[from+i].EditOnly = true
			}
		}
		return
	}
	r := d.Report
	if r == nil || r.Round != d.Round.ID || !d.Round.Running() {
		d.c.Reason = "nobody to tell"
		return
	}
	d.reminders(*d.Round)
	d.post(d.opening(true))
	d.post(Post{
		Key:      roundKey(r.Round, "moved", movedTo(d.Round.Check, t.At), string(r.Project), r.To()),
		Kind:     KindMoved,
		Template: "check.moved",
		Data: Moved{
			Project: d.Project.name(), To: d.Persons(d.Project.Acting(d.Today())), Old: d.local(d.Round.From), New: d.local(d.Round.Check),
			Deadline: d.stillTo(*d.Round), Open: !r.Complete(), Reason: d.Round.Reason,
		},
		Expires: d.Round.Check,
	})
	d.correct()
	r.Deadline = d.Round.Deadline()
	if d.Round.State == RoundOpen { // what came late comes in time now
		r.Answers, _ = forgive(r.Answers)
		if answers, late := forgive(d.Project.Current.Answers); late {
			d.Project.Current.Answers = answers
			d.putProject()
		}
	}
	if r.Completed {
		d.summarise()
	}
	d.c.Reports = append(d.c.Reports, *r)
	d.c.Reason = "told that the check has moved"
}

// tellCancelled tells the projects of a cancelled round, one by one.
func (d *draft) tellCancelled(t Timer) {
	if t.Subject.Project == "" {
		d.each(TimerCancel)
		return
	}
	r := d.Report
	if r == nil || r.Round != d.Round.ID {
		d.c.Reason = "nobody to tell"
		return
	}
	for _, step := range d.Round.Steps {
		if step.Kind == calendar.StepRemind {
			d.c.Cancel = append(d.c.Cancel, roundKey(r.Round, "remind", strconv.Itoa(step.N), string(r.Project)))
		}
	}
	r.Open, r.Previous, r.Reminded = nil, nil, 0
	r.Answers, _ = forgive(r.Answers)
	if answers, late := forgive(d.Project.Current.Answers); late {
		d.Project.Current.Answers = answers
		d.putProject()
	}
	d.post(Post{
		Key:      roundKey(r.Round, "cancelled", string(r.Project), r.To()),
		Kind:     KindCancelled,
		Template: "check.cancelled",
		Data:     Cancelled{Project: d.Project.name(), Check: d.local(d.Round.Check), Reason: d.Round.Reason, Next: d.nextCheck(*d.Round)},
	})
	d.c.Reports = append(d.c.Reports, *r)
	d.c.Reason = "told that the check is cancelled"
}

// nextCheck is the check after a round's, zero if none is planned.
func (d *draft) nextCheck(after Round) time.Time {
	for _, r := range PlanRounds(d.Snapshot, 6) {
		if r.ID != after.ID && r.State != RoundCancelled && r.Check.After(after.Check) {
			return d.local(r.Check)
		}
	}
	return time.Time{}
}

// each sets one timer of a kind per project that was asked in the round.
func (d *draft) each(kind TimerKind) {
	for _, r := range d.Reports {
		d.c.Timers = append(d.c.Timers, Timer{
			Key: roundKey(r.Round, string(kind), string(r.Project)), Kind: kind, At: d.Now,
			Subject: Subject{Project: r.Project, Round: r.Round, User: r.User},
		})
	}
	d.c.Reason = "every project is told"
}

// byName orders projects as people look for them.
func byName(a, b Project) int {
	return cmp.Or(cmp.Compare(Fold(a.Name), Fold(b.Name)), cmp.Compare(a.ID, b.ID))
}

// timeOf is a round's check on another day or hour, with the steps it brings.
func (r *Round) timeOf(s Snapshot, check time.Time) {
	r.Check = check
	r.Steps = calendar.Plan(check, s.Settings.Days, s.Settings.Plan)
}
