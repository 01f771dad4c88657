package commands

import (
	"cmp"
	"slices"

	"lotse/bot"
	"lotse/bot/calendar"
)

func boardCommand() command {
	return command{
		words: []string{"board", "board", "digitalisierungsboard", "tafel"},
		forms: []form{{
			name:    "board",
			usage:   []text{{"!board", "!board"}, {"!board PROJEKT", "!board PROJECT"}},
			example: text{"!board", "!board"},
			query: func(c call) bot.Query {
				q := namedFirst(c)
				q.AllProjects, q.Rounds, q.AllPeople = c.args == "", true, true
				if c.args == "" {
					q.Page = &bot.EscalationPage{Open: true, Limit: mostOpen}
				}
				return q
			},
			decide: call.board,
		}},
	}
}

// rowsPerPage is how many projects stand in one message of the board.
const rowsPerPage = 30

// mostOpen is how many open escalations the board takes up.
const mostOpen = 500

// excerpt is how many characters of an answer the list shows.
const excerpt = 140

// board shows the board: the whole to PMO, DM and DIKON, their own projects to
// leads, and to everybody what is published.
func (c call) board(s bot.Snapshot) (bot.Change, error) {
	mayAll := seesAll(s)
	if c.args != "" || s.Room.Kind == bot.RoomProject {
		return c.boardOf(s)
	}
	if !mayAll && len(own(s)) == 0 {
		return c.elsewhere(s, "public", bot.Project{}), nil
	}
	if !c.shows(s, "") {
		return c.elsewhere(s, "room", bot.Project{}), nil
	}
	projects := s.Projects
	if !mayAll {
		projects = own(s)
	}
	all := bot.Board{City: s.Settings.City, Own: !mayAll}
	since := lastCheck(s)
	for _, p := range projects {
		if p.State == bot.ProjectArchived {
			continue
		}
		row := boardRow(s, p, since)
		all.Total++
		switch max(row.Status.Light, row.Outlook.Light) { // as the agenda counts
		case bot.Red:
			all.Red++
		case bot.Yellow:
			all.Yellow++
		case bot.Green:
			all.Green++
		default:
			all.Silent++
		}
		all.Rows = append(all.Rows, row)
	}
	slices.SortStableFunc(all.Rows, urgency)
	change := bot.Change{Reason: "board shown"}
	list := pages(all.Rows, rowsPerPage)
	for i, rows := range list {
		page := all
		page.Rows, page.Page, page.Pages = rows, i+1, len(list)
		change.Posts = append(change.Posts, c.page(i, "reply.board", page))
	}
	return change, nil
}

// boardOf shows one project's row, whole.
func (c call) boardOf(s bot.Snapshot) (bot.Change, error) {
	known := seesAll(s) || s.Project != nil && c.sees(s, *s.Project)
	if !known && (s.Project != nil || s.Person == nil || c.args == "") {
		return c.elsewhere(s, "public", bot.Project{}), nil
	}
	p, err := c.only(s)
	if err != nil {
		return bot.Change{}, err
	}
	if !c.shows(s, p.ID) {
		return c.elsewhere(s, "room", p), nil
	}
	return c.reply("board row shown", "reply.project", card(s, p)), nil
}

// lastCheck is the day since when a change is new: while a round is running, the
// last check; between rounds the one before, so that what was new at the last check
// still is.
func lastCheck(s bot.Snapshot) calendar.Date {
	var days []calendar.Date
	for _, r := range s.Rounds {
		if r.State == bot.RoundDone {
			days = append(days, calendar.DateOf(r.Check.In(s.Settings.Zone)))
		}
	}
	slices.SortFunc(days, func(a, b calendar.Date) int { return b.Compare(a) })
	i := 1
	if running(s) {
		i = 0
	}
	if i < len(days) {
		return days[i]
	}
	return calendar.Date{}
}

// boardRow is a project in the list.
func boardRow(s bot.Snapshot, p bot.Project, since calendar.Date) bot.BoardRow {
	line := func(f bot.Field) bot.SummaryLine {
		a := p.Current.Answers[f]
		return bot.SummaryLine{Field: f, Light: a.Light(), Text: shorten(oneLine(a.Remark(f)), excerpt), None: a.None(), PMO: a.PMO(), Late: a.Late()}
	}
	row := bot.BoardRow{
		Project: nameOf(p), Leads: s.Persons(p.Leads), Status: line(bot.FieldStatus), Outlook: line(bot.FieldOutlook),
		Blocker: line(bot.FieldBlocker).Text, Decision: line(bot.FieldDecision).Text,
		Changed: p.Changed, State: state(s, p), Resumes: resumes(s, p),
		Reported: len(p.Current.Answers) > 0, Escalations: openOf(s, s.Listed, p),
	}
	row.Fresh = !p.Changed.IsZero() && !since.IsZero() && p.Changed.After(since)
	return row
}

// urgency orders rows: what changed first, then red, then what needs a decision or
// is blocked; the rest by name.
func urgency(a, b bot.BoardRow) int {
	rank := func(r bot.BoardRow) int {
		n := -2 * int(max(r.Status.Light, r.Outlook.Light))
		if r.Decision != "" || r.Blocker != "" || len(r.Escalations) > 0 {
			n--
		}
		return n
	}
	fresh := func(r bot.BoardRow) int {
		if r.Fresh {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(fresh(a), fresh(b)), cmp.Compare(rank(a), rank(b)), cmp.Compare(bot.Fold(a.Project.Name), bot.Fold(b.Project.Name)))
}
