package commands

import (
	"cmp"
	"slices"

	"lotse/bot"
	"lotse/bot/calendar"
)

func projectCommand() command {
	pmo := []bot.Role{bot.RolePMO}
	return command{
		words: []string{"projekt", "project", "projekte", "projects"},
		about: "projects",
		forms: []form{
			{
				name:    "project",
				usage:   []text{{"!projekt", "!project"}, {"!projekt PROJEKT", "!project PROJECT"}},
				example: text{"!projekt serviceportal", "!project serviceportal"},
				may:     readers,
				unbound: true,
				query:   projectQuery,
				decide:  call.project,
			}, {
				name:    "project.show",
				words:   []string{"zeigen", "show", "zeige", "anzeigen"},
				usage:   []text{{"!projekt zeigen PROJEKT", "!project show PROJECT"}},
				example: text{"!projekt zeigen serviceportal", "!project show serviceportal"},
				may:     readers,
				open:    true, // the same as !projekt
				unbound: true,
				query:   projectQuery,
				decide:  call.project,
			}, {
				name:    "project.list",
				words:   []string{"liste", "list", "alle", "all"},
				usage:   []text{{"!projekt liste", "!project list"}, {"!projekt liste archiv", "!project list archive"}},
				example: text{"!projekt liste", "!project list"},
				may:     readers,
				unbound: true,
				query: func(c call) bot.Query {
					return bot.Query{AllProjects: true, Archived: true, AllPeople: true}
				},
				offered: func(c call, s bot.Snapshot) bool { return c.shows(s, "") },
				decide:  call.listProjects,
			}, {
				name:    "project.new",
				words:   []string{"neu", "new", "anlegen", "create", "add"},
				usage:   []text{{"!projekt neu NAME leitung @PERSON", "!project new NAME lead @PERSON"}},
				example: text{"!projekt neu Serviceportal leitung @Maria Beispiel", "!project new Serviceportal lead @Maria Beispiel"},
				may:     pmo,
				unbound: true,
				query: func(c call) bot.Query {
					return withPeople(c, bot.Query{AllProjects: true, Archived: true, Rounds: true})
				},
				decide: call.newProject,
			}, {
				name:    "project.change",
				words:   []string{"ändern", "change", "bearbeiten", "edit", "set"},
				usage:   []text{{"!projekt ändern PROJEKT ANGABE WERT", "!project change PROJECT PROPERTY VALUE"}},
				example: text{"!projekt ändern serviceportal zeitraum 2025–2027", "!project change serviceportal period 2025–2027"},
				may:     pmo,
				unbound: true,
				query: func(c call) bot.Query {
					return withPeople(c, bot.Query{Name: c.args, NameFirst: true, AllProjects: true, Archived: true})
				},
				decide: call.changeProject,
			}, {
				name:    "project.pause",
				words:   []string{"pause", "pause", "pausieren"},
				usage:   []text{{"!projekt pause PROJEKT", "!project pause PROJECT"}, {"!projekt pause PROJEKT bis DATUM", "!project pause PROJECT until DATE"}},
				example: text{"!projekt pause serviceportal bis 31.1.", "!project pause serviceportal until 31.1."},
				may:     pmo,
				unbound: true,
				query:   namedFirst,
				decide:  call.pauseProject,
			}, {
				name:    "project.resume",
				words:   []string{"weiter", "resume", "fortsetzen", "continue"},
				usage:   []text{{"!projekt weiter PROJEKT", "!project resume PROJECT"}},
				example: text{"!projekt weiter serviceportal", "!project resume serviceportal"},
				may:     pmo,
				unbound: true,
				query:   namedFirst,
				decide:  call.resumeProject,
			}, {
				name:    "project.release",
				words:   []string{"freigeben", "release", "freigabe"},
				usage:   []text{{"!projekt freigeben PROJEKT", "!project release PROJECT"}},
				example: text{"!projekt freigeben serviceportal", "!project release serviceportal"},
				may:     pmo,
				unbound: true,
				query:   namedFirst,
				offered: func(_ call, s bot.Snapshot) bool {
					return slices.ContainsFunc(s.Projects, func(p bot.Project) bool { return p.State == bot.ProjectRequested })
				},
				decide: call.releaseProject,
			}, {
				name:    "project.archive",
				words:   []string{"archiv", "archive", "archivieren"},
				usage:   []text{{"!projekt archiv PROJEKT", "!project archive PROJECT"}},
				example: text{"!projekt archiv serviceportal", "!project archive serviceportal"},
				may:     pmo,
				unbound: true,
				query:   namedFirst,
				decide:  call.archiveProject,
			},
		},
	}
}

// readers may read about a project: all of them, or their own.
var readers = []bot.Role{bot.RoleLead, bot.RoleDeputy, bot.RolePMO, bot.RoleDM, bot.RoleDIKON}

func projectQuery(c call) bot.Query {
	q := namedFirst(c)
	q.AllProjects, q.Archived, q.AllPeople = c.args == "", c.args == "", true
	return q
}

// project shows one project; without a name the room's, and where there is none
// the list.
func (c call) project(s bot.Snapshot) (bot.Change, error) {
	if c.args == "" && (s.Project == nil || s.Room.Project != s.Project.ID) {
		return c.listProjects(s)
	}
	p, err := c.only(s)
	if err != nil {
		if c.near != "" {
			return bot.Change{}, c.unknown() // «!projekt achiv …»
		}
		return bot.Change{}, err
	}
	switch {
	case !c.sees(s, p):
		return bot.Change{}, c.forbidden(s)
	case !c.shows(s, p.ID):
		return c.elsewhere(s, "room", p), nil
	}
	return c.reply("project shown", "reply.project", card(s, p)), nil
}

// card is a project with everything the board knows.
func card(s bot.Snapshot, p bot.Project) bot.ProjectCard {
	data := bot.ProjectCard{
		Project: nameOf(p), Leads: s.Persons(p.Leads), Deputies: deputies(s, p),
		State: state(s, p), Resumes: resumes(s, p), Period: p.Period, Vision: p.Vision, Link: p.Link,
		Room: s.ProjectRoom.ID != "", Changed: p.Changed, Done: s.DoneTasks(),
	}
	data.Doing, data.ToDo = columns(s)
	data.Escalations = openOf(s, s.Escalations, p)
	for _, g := range s.Settings.Goals {
		if slices.Contains(p.Goals, g.ID) {
			data.Goals = append(data.Goals, g)
		}
	}
	if at := p.Current.Check; !at.IsZero() {
		data.Check = at.In(s.Settings.Zone)
	}
	for _, f := range bot.Fields() {
		if a := p.Current.Answers[f]; a.Given() {
			data.Lines = append(data.Lines, bot.SummaryLine{Field: f, Light: a.Light(), Text: a.Remark(f), None: a.None(), PMO: a.PMO(), Late: a.Late()})
		}
	}
	return data
}

// openOf are a project's open ones of some escalations.
func openOf(s bot.Snapshot, all []bot.Escalation, p bot.Project) []bot.EscalationLine {
	var lines []bot.EscalationLine
	for _, x := range all {
		if x.Project == p.ID && x.Open() {
			lines = append(lines, x.Line(nameOf(p), s.Now, s.Settings.Zone))
		}
	}
	return lines
}

// state is whether the project is asked today: a pause that is over is none.
func state(s bot.Snapshot, p bot.Project) bot.ProjectState {
	if p.State == bot.ProjectPaused && p.Asked(s.Today()) {
		return bot.ProjectActive
	}
	return p.State
}

// resumes is the day from which a paused project is asked again.
func resumes(s bot.Snapshot, p bot.Project) calendar.Date {
	if state(s, p) != bot.ProjectPaused {
		return calendar.Date{}
	}
	return p.Until
}

// projectsPerPage is how many projects stand in one message of a list.
const projectsPerPage = 60

// listProjects lists the projects the asker may know about.
func (c call) listProjects(s bot.Snapshot) (bot.Change, error) {
	if !c.shows(s, "") {
		return c.elsewhere(s, "room", bot.Project{}), nil
	}
	data := bot.ProjectList{Own: !seesAll(s)}
	if c.form.name == "project.list" && c.args != "" {
		if word := fold(c.args); word != "archiv" && word != "archive" {
			return bot.Change{}, c.wrong(s, "list", c.args)
		}
		data.Archived = true
	}
	for _, p := range s.Projects {
		if !c.sees(s, p) || p.State == bot.ProjectArchived && !data.Archived {
			continue
		}
		data.Lines = append(data.Lines, bot.ProjectLine{
			Project: nameOf(p), Leads: s.Persons(p.Leads), State: state(s, p), Resumes: resumes(s, p), Room: s.ProjectRooms[p.ID] != "",
		})
	}
	if data.Own && len(data.Lines) == 0 {
		return bot.Change{}, c.forbidden(s)
	}
	slices.SortStableFunc(data.Lines, func(a, b bot.ProjectLine) int {
		return cmp.Or(cmp.Compare(bot.Fold(a.Project.Name), bot.Fold(b.Project.Name)), cmp.Compare(a.Project.ID, b.Project.ID))
	})
	data.Total = len(data.Lines)
	change := bot.Change{Reason: "projects listed"}
	for page, lines := range pages(data.Lines, projectsPerPage) {
		part := data
		part.Lines, part.Page, part.Pages = lines, page+1, max(1, (data.Total+projectsPerPage-1)/projectsPerPage)
		change.Posts = append(change.Posts, c.page(page, "reply.projects", part))
	}
	return change, nil
}

// pages cuts a list into pages; an empty list has one.
func pages[T any](list []T, size int) [][]T {
	if len(list) == 0 {
		return [][]T{nil}
	}
	return slices.Collect(slices.Chunk(list, size))
}
