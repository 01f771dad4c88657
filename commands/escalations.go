package commands

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lotse/bot"
)

func escalationsCommand() command {
	return command{
		words: []string{"eskalationen", "escalations", "beschlüsse", "resolutions"},
		forms: []form{{
			name: "escalations",
			usage: []text{
				{"!eskalationen", "!escalations"}, {"!eskalationen alle", "!escalations all"},
				{"!eskalationen meine", "!escalations mine"}, {"!eskalationen PROJEKT", "!escalations PROJECT"},
			},
			example: text{"!eskalationen serviceportal", "!escalations serviceportal"},
			may:     readers,
			query: func(c call) bot.Query {
				ask := readList(c.args)
				return bot.Query{Name: ask.name, NameFirst: true, AllProjects: true, Archived: true, Page: &bot.EscalationPage{
					Open: !ask.all, After: max(ask.from-1, 0), Limit: linesPerPage + 1, Subject: true, Own: ask.name == "",
				}}
			},
			offered: call.showsAny,
			decide:  call.escalations,
		}},
	}
}

// linesPerPage is how many escalations one answer lists.
const linesPerPage = 10

// showsAny reports whether something about projects may be read here at all.
func (c call) showsAny(s bot.Snapshot) bool { return c.shows(s, "") || s.Room.Kind == bot.RoomProject }

// list is what !eskalationen was asked for.
type list struct {
	all, own bool
	from     int
	name     string // of a project
}

var fromNumber = regexp.MustCompile(`(?i)(?:^|\s)(?:ab|from)\s+#?(\d{1,6})\s*$`)

// readList reads «alle», «meine», a project's name, and «ab 20» behind.
func readList(args string) list {
	var l list
	if m := fromNumber.FindStringSubmatchIndex(args); m != nil {
		l.from, _ = strconv.Atoi(args[m[2]:m[3]])
		args = args[:m[0]]
	}
	var name []string
	for word := range strings.FieldsSeq(args) {
		switch fold(strings.Trim(word, ",.")) {
		case "alle", "all":
			l.all = true
		case "meine", "mine", "my", "eigene":
			l.own = true
		case "offen", "offene", "open":
		default:
			name = append(name, word)
		}
	}
	l.name = strings.Join(name, " ")
	return l
}

// escalations lists escalations and decisions, the oldest first: a project's in its room
// or by its name; all to PMO, DM and DIKON; to others those of their projects.
func (c call) escalations(s bot.Snapshot) (bot.Change, error) {
	ask := readList(c.args)
	data := bot.EscalationList{Open: !ask.all}
	found := s.Listed
	switch room := s.Room.Kind == bot.RoomProject && !c.event.Direct; {
	case ask.name != "" || room && !ask.own:
		c.args = ask.name
		p, err := c.only(s)
		switch {
		case err != nil:
			return bot.Change{}, err
		case !c.sees(s, p):
			return bot.Change{}, c.forbidden(s)
		case !c.shows(s, p.ID):
			return c.elsewhere(s, "room", p), nil
		}
		data.Project = nameOf(p)
	case ask.own || !seesAll(s):
		if !seesAll(s) && len(own(s)) == 0 {
			return bot.Change{}, c.forbidden(s)
		}
		data.Own, found = true, s.Own
		fallthrough
	default:
		if !c.shows(s, "") {
			return c.elsewhere(s, "room", bot.Project{}), nil
		}
	}
	if len(found) > linesPerPage {
		data.More = found[linesPerPage].Number
		data.Next = c.next(s, ask, data.More)
		found = found[:linesPerPage]
	}
	for _, x := range found {
		p, ok := projectOf(s, x.Project)
		if data.Own && (!ok || p.RoleOf(s.Person.ID, s.Today()) == "") {
			continue // they stand in for somebody, but not today
		}
		data.Lines = append(data.Lines, x.Line(nameOf(p), s.Now, s.Settings.Zone))
	}
	return c.reply("escalations listed", "reply.escalations", data), nil
}

// projectOf is a project of those loaded; of one that is not, only the id is known.
func projectOf(s bot.Snapshot, id bot.ProjectID) (bot.Project, bool) {
	i := slices.IndexFunc(s.Projects, func(p bot.Project) bool { return p.ID == id })
	if i < 0 {
		return bot.Project{ID: id, Name: string(id)}, false
	}
	return s.Projects[i], true
}

// next is the command that shows the next page.
func (c call) next(s bot.Snapshot, ask list, from int) string {
	line := text{"!eskalationen", "!escalations"}.in(lang(s))
	if ask.all {
		line += text{" alle", " all"}.in(lang(s))
	}
	if ask.own {
		line += text{" meine", " mine"}.in(lang(s))
	}
	if ask.name != "" {
		line += " " + string(s.Project.ID)
	}
	return line + text{" ab ", " from "}.in(lang(s)) + strconv.Itoa(from)
}
