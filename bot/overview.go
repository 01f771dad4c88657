package bot

import (
	"slices"
	"strconv"
	"time"

	"lotse/bot/calendar"
)

// rowsPerPage and agendaPage keep a page of a live text or an agenda well below what
// a chat carries in one message; a project with all it reports takes agendaLines.
const (
	rowsPerPage = 60
	agendaPage  = 60
	agendaLines = 5
)

// excerpt is how many characters of an answer an overview or agenda shows.
const excerpt = 280

// shorten cuts a text for a list, at a word.
func shorten(text string, max int) string {
	runes := []rune(text)
	if len(runes) <= max {
		return text
	}
	cut := max
	for cut > max/2 && runes[cut] != ' ' && runes[cut] != '\n' {
		cut--
	}
	return string(runes[:cut]) + " …"
}

// asked lists the projects of the round with their reports, by name: those that
// were asked, and those that would be now.
func (d *draft) asked() ([]Project, map[ProjectID]Report) {
	reports := map[ProjectID]Report{}
	for _, r := range d.Reports {
		reports[r.Project] = r
	}
	var projects []Project
	day := d.checkDay(*d.Round)
	for _, p := range d.Projects {
		if _, ok := reports[p.ID]; p.Asked(day) || ok && p.State != ProjectArchived && len(reports[p.ID].Answers) > 0 {
			projects = append(projects, p)
		}
	}
	slices.SortFunc(projects, byName)
	return projects, reports
}

// overviewPages draws the running round for the PMO: counts, and what is not
// simply complete, the most urgent first.
func (d *draft) overviewPages(rank func(OverviewRow) int) []Overview {
	projects, reports := d.asked()
	all := Overview{
		Round: d.Round.ID, Check: d.local(d.Round.Check), Deadline: d.local(d.Round.Deadline()),
		State: d.Round.State, Held: d.Round.Held, Total: len(projects),
	}
	for _, p := range projects {
		r, ok := reports[p.ID]
		row := OverviewRow{Project: p.name(), State: "missing", Missing: requiredFields(), NoRoom: d.ProjectRooms[p.ID] == ""}
		if ok {
			all.Reminded = all.Reminded || r.Reminded > 0
			row.Missing = r.Missing()
			status := r.Line(FieldStatus)
			row.Status, row.Before, row.Outlook = status.Light, status.Before, r.Answers[FieldOutlook].Light()
			row.Blocker = r.Answers[FieldBlocker].Text() != ""
			row.Decision = r.Answers[FieldDecision].Text() != ""
			for _, a := range r.Answers {
				row.Late = row.Late || a.Late()
				row.PMO = row.PMO || a.PMO()
			}
			row.Returned = slices.ContainsFunc(r.Returned, func(b AskBack) bool { return !b.Answered })
		}
		switch {
		case ok && r.Complete():
			row.State = "complete"
			all.Complete++
		case ok && r.Partial():
			row.State = "partial"
			all.Partial++
		default:
			all.Missing++
		}
		if row.State != "complete" {
			row.Leads = d.Persons(p.Acting(d.Today()))
		}
		all.Rows = append(all.Rows, row)
	}
	slices.SortStableFunc(all.Rows, func(a, b OverviewRow) int { return rank(a) - rank(b) })
	if d.Round.State == RoundDone || d.Round.State == RoundCancelled {
		all.Rows = nil // who was late is nobody's business afterwards
	}
	return paged(all)
}

// completeness orders the rows by how far they are, and within that by name.
func (r OverviewRow) completeness() int { return min(r.rank(), 2) }

// rank orders the rows: what needs the PMO first.
func (r OverviewRow) rank() int {
	switch {
	case r.State == "missing":
		return 0
	case r.State == "partial":
		return 1
	case r.Returned:
		return 2
	case r.Status == Red || r.Outlook == Red:
		return 3
	case r.Blocker || r.Decision:
		return 4
	case r.Status == Yellow || r.Outlook == Yellow:
		return 5
	}
	return 6
}

// requiredFields are the questions a report must answer.
func requiredFields() []Field {
	return slices.DeleteFunc(Fields(), func(f Field) bool { return !f.Required() })
}

// paged splits an overview into messages.
func paged(all Overview) []Overview {
	var pages []Overview
	for chunk := range slices.Chunk(all.Rows, rowsPerPage) {
		page := all
		page.Rows = chunk
		pages = append(pages, page)
	}
	if pages == nil {
		pages = []Overview{all}
	}
	for i := range pages {
		pages[i].Page, pages[i].Pages = i+1, len(pages)
	}
	return pages
}

// pages posts an overview to the rooms of a kind, a message a page.
func (d *draft) pages(kind RoomKind, name, template string, k Kind, pages []Overview) {
	for i, page := range pages {
		d.postTo(kind, Post{
			Key: roundKey(d.Round.ID, name, strconv.Itoa(i+1)), Kind: k, Subject: Subject{Round: d.Round.ID},
			Template: template, Data: page,
		})
	}
}

// overview draws the PMO's live text again; pages that are no longer needed go.
func (d *draft) overview() {
	r := d.Round
	pages := d.overviewPages(OverviewRow.rank)
	d.pages(RoomPMO, "overview", "check.overview", KindOverview, pages)
	for i := len(pages); i < r.OverviewPages; i++ {
		d.postTo(RoomPMO, Post{Key: roundKey(r.ID, "overview", strconv.Itoa(i+1)), Kind: KindOverview, Absent: true})
	}
	if r.State == RoundDone || r.State == RoundCancelled {
		d.quieten(pages[0])
	}
	if r.OverviewPages != len(pages) || r.State == RoundDone {
		r.OverviewPages = len(pages)
		d.c.Rounds = append(d.c.Rounds, *r)
	}
	d.c.Reason = "overview drawn"
}

// quieten takes the names out of what the PMO read while the round was running.
func (d *draft) quieten(page Overview) {
	edition := *d.Round
	for ; edition.Edition >= 0; edition.Edition-- {
		d.replace(edition, "stand", page)
		d.replace(edition, "closed", page)
	}
}

// replace puts one text in the place of all pages that a step of the round told.
func (d *draft) replace(r Round, step string, page Overview) {
	for i := range max(1, r.OverviewPages) {
		d.postTo(RoomPMO, Post{
			Key: roundKey(r.ID, r.step(step), strconv.Itoa(i+1)), Kind: KindStand, Subject: Subject{Round: r.ID},
			Template: "check." + step, Data: page, EditOnly: true,
		})
	}
}

// newEdition makes the steps of a running round that was moved say what they say
// anew, and what they said before point there. before is the round as it was.
func (d *draft) newEdition(before Round) {
	r := d.Round
	moved := Overview{Round: r.ID, Check: d.local(r.Check), Deadline: d.local(r.Deadline()), State: "moved", Page: 1, Pages: 1}
	if step, ok := before.Step(calendar.StepStand); ok && !step.At.After(d.Now) {
		d.replace(before, "stand", moved)
	}
	if before.State != RoundOpen {
		d.replace(before, "closed", moved)
	}
	if step, ok := r.Step(calendar.StepAgenda); ok {
		page := Agenda{Round: r.ID, Check: d.local(r.Check), Again: d.local(step.At), Page: 1, Pages: 1}
		for _, kind := range []RoomKind{RoomDM, RoomPMO} {
			for i := range r.AgendaPages {
				p := Post{
					Key: roundKey(r.ID, r.step("agenda"), strconv.Itoa(i+1)), Kind: KindAgenda, Subject: Subject{Round: r.ID},
					Template: "check.agenda", Data: page,
				}
				if i > 0 {
					p = Post{Key: p.Key, Kind: KindAgenda, Absent: true}
				}
				d.postTo(kind, p)
			}
		}
	}
	r.AgendaPages = 0
	r.Edition++
}

// stand tells the PMO, in a message of its own, how far the round is.
func (d *draft) stand(t Timer) {
	if d.Round.State != RoundOpen {
		d.c.Reason = "round is not open"
		return
	}
	if !d.Now.Before(d.Round.Deadline()) {
		d.leaveOut(t)
		return
	}
	if t.At.Before(d.Round.Opened) {
		d.c.Reason = "round opened later than its stand is told"
		return
	}
	d.pages(RoomPMO, d.Round.step("stand"), "check.stand", KindStand, d.overviewPages(OverviewRow.completeness))
	d.c.Reason = "stand told"
}

// Stand draws the running round for whoever asks (!projektcheck stand); the
// snapshot needs AllReports.
func Stand(s Snapshot) []Overview {
	d := &draft{Snapshot: s}
	return d.overviewPages(OverviewRow.completeness)
}

// revise draws an agenda again that was posted already, because a report changed.
func (d *draft) revise(t Timer) {
	if d.Report != nil && t.Subject.Project != "" && d.Report.Round == d.Round.ID && d.Report.Project == t.Subject.Project {
		d.redrawPast()
	}
	if d.Round.AgendaPages == 0 {
		d.c.Reason = "no agenda yet"
		return
	}
	d.agenda(true)
	d.c.Reason = "agenda revised"
}

// agenda posts the agenda to the rooms of DM and PMO, or edits it.
func (d *draft) agenda(revised bool) {
	r := d.Round
	pages := d.agendaPages(revised)
	for _, kind := range []RoomKind{RoomDM, RoomPMO} {
		for i, page := range pages {
			page.DM = kind == RoomDM
			d.postTo(kind, Post{
				Key: roundKey(r.ID, r.step("agenda"), strconv.Itoa(i+1)), Kind: KindAgenda, Subject: Subject{Round: r.ID},
				Template: "check.agenda", Data: page,
			})
		}
		for i := len(pages); i < r.AgendaPages; i++ {
			d.postTo(kind, Post{Key: roundKey(r.ID, r.step("agenda"), strconv.Itoa(i+1)), Kind: KindAgenda, Absent: true})
		}
	}
	if !revised || r.AgendaPages != len(pages) {
		r.AgendaPages = len(pages)
		d.c.Rounds = append(d.c.Rounds, *r)
	}
}

// agendaSections are the parts of the agenda, in the order they are read.
var agendaSections = []string{"changed-red", "red", "changed", "decision", "yellow", "rest", "missing"}

// agendaPages draws the agenda: what changed, red first, then decision needs,
// yellow, the rest, and what was not reported.
func (d *draft) agendaPages(revised bool) []Agenda {
	projects, reports := d.asked()
	all := Agenda{Round: d.Round.ID, Check: d.local(d.Round.Check), Projects: len(projects), Revised: revised}
	sections := map[string][]AgendaEntry{}
	for _, p := range projects {
		r := reports[p.ID]
		entry := d.agendaEntry(p, r)
		light := max(entry.Status.Light, entry.Outlook.Light)
		name := "rest"
		switch {
		case !r.Partial() && !r.Complete():
			name = "missing"
		case light == Red && entry.Changed:
			name = "changed-red"
		case light == Red:
			name = "red"
		case entry.Changed:
			name = "changed"
		case entry.Decision != "":
			name = "decision"
		case light == Yellow:
			name = "yellow"
		}
		switch {
		case name == "missing":
			all.Missing++
		case light == Red:
			all.Red++
		case light == Yellow:
			all.Yellow++
		case light == Green:
			all.Green++
		}
		sections[name] = append(sections[name], entry)
	}
	// Pages hold about as much each; a section goes on over the page.
	page := all
	var pages []Agenda
	room := agendaPage
	for _, name := range agendaSections {
		begun := false
		for _, entry := range sections[name] {
			size := agendaLines
			if name == "missing" || name == "rest" && len(entry.Missing) == 0 {
				size = 1 // no more than its name
			}
			if size > room {
				pages = append(pages, page)
				page, room, begun = all, agendaPage, false
			}
			if !begun {
				page.Sections = append(page.Sections, AgendaSection{Name: name})
				begun = true
			}
			section := &page.Sections[len(page.Sections)-1]
			section.Entries = append(section.Entries, entry)
			room -= size
		}
	}
	pages = append(pages, page)
	for i := range pages {
		pages[i].Page, pages[i].Pages = i+1, len(pages)
	}
	return pages
}

// agendaEntry is one project on the agenda. Without a report of this round it
// shows how the project stood last.
func (d *draft) agendaEntry(p Project, r Report) AgendaEntry {
	if r.Round == "" {
		r = Report{Round: d.Round.ID, Project: p.ID, Before: p.Current}
	}
	e := AgendaEntry{Project: p.name(), Leads: d.Persons(p.Leads), Missing: r.Missing()}
	line := func(f Field) SummaryLine {
		l := r.Line(f)
		if !r.Answers[f].Answers(f) {
			l.Light, l.Text = l.Before, ""
		}
		l.Text = shorten(l.Text, excerpt)
		e.Late = e.Late || l.Late
		e.PMO = e.PMO || l.PMO
		return l
	}
	e.Status, e.Outlook = line(FieldStatus), line(FieldOutlook)
	e.Blocker, e.Decision, e.Communication = line(FieldBlocker).Text, line(FieldDecision).Text, line(FieldCommunication).Text
	for _, f := range []Field{FieldStatus, FieldOutlook} {
		l := r.Line(f)
		e.Changed = e.Changed || l.Changed && l.Light != l.Before
	}
	for _, f := range []Field{FieldBlocker, FieldDecision} {
		l := r.Line(f)
		e.Changed = e.Changed || l.Changed && l.Text != ""
	}
	e.Outlook.Text = ""
	for _, p := range r.Answers[FieldOutlook].Parts {
		switch {
		case p.Repeated: // some of it may be done by now
		case p.Reason:
			e.Outlook.Text = shorten(p.Text, excerpt)
		default:
			for _, text := range taskLines(p.Text) {
				e.Tasks = append(e.Tasks, TaskLine{Text: shorten(text, excerpt/2), State: TaskToDo})
			}
		}
	}
	e.Tasks = e.Tasks[:min(len(e.Tasks), 3)]
	if !e.Changed && r.Before.Round != "" {
		e.Unchanged = p.Changed
	}
	return e
}

// overviewSoon is used where a round's live text must follow a change of the round
// itself.
func (d *draft) overviewSoon(at time.Time) {
	d.c.Timers = append(d.c.Timers, Timer{
		Key: roundKey(d.Round.ID, "overview"), Kind: TimerOverview, At: at, Earliest: true, Subject: Subject{Round: d.Round.ID},
	})
}
