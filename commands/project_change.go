package commands

import (
	"net/url"
	"slices"
	"strings"

	"lotse/bot"
)

// property is something of a project that can be changed, with the words for it,
// German first, and a value as an example.
type property struct {
	name  string
	words []string
	value text
}

var properties = []property{
	{"name", []string{"name", "titel"}, text{"Bürgerportal", "Citizens portal"}},
	{"leads", []string{"leitung", "lead", "leads", "projektleitung"}, text{"@Maria Beispiel", "@Maria Beispiel"}},
	{"period", []string{"zeitraum", "period", "laufzeit"}, text{"2025–2027", "2025–2027"}},
	{"vision", []string{"vision", "produktvision", "projektziele", "beschreibung"}, text{"Alle Anträge an einem Ort", "All applications in one place"}},
	{"goals", []string{"ziele", "ziel", "goals", "goal"}, text{"1, 3", "1, 3"}},
	{"link", []string{"link", "url", "adresse"}, text{"https://example.org/projekt", "https://example.org/project"}},
	{"room", []string{"raum", "room"}, text{"hier", "here"}},
}

// example is a line that changes the property.
func (f property) example(p bot.Project) text {
	return text{
		"!projekt ändern " + string(p.ID) + " " + f.words[0] + " " + f.value.de,
		"!project change " + string(p.ID) + " " + f.name + " " + f.value.en,
	}
}

// changeProject changes one property of a project.
func (c call) changeProject(s bot.Snapshot) (bot.Change, error) {
	p, rest, err := c.subject(s, false)
	if err != nil {
		return bot.Change{}, err
	}
	word, value := firstWord(rest)
	word = strings.TrimRight(word, ":=")
	i := slices.IndexFunc(properties, func(f property) bool { return is(fold(word), f.words) })
	if i < 0 {
		if _, named := reads(p, c.args); !named && word != "" {
			return bot.Change{}, c.noProject(s, word)
		}
		return bot.Change{}, c.wrong(s, "property", word)
	}
	data := bot.ProjectChanged{Property: properties[i].name}
	change := bot.Change{Reason: "project changed: " + data.Property}
	if data.Property == "room" {
		return c.changeRoom(s, p, value)
	}
	if value == "" {
		return bot.Change{}, c.wrongLike(s, "value."+data.Property, "", properties[i].example(p))
	}
	set := func(field *string, value string) {
		data.Old, data.New, *field = *field, value, value
	}
	none := bot.IsNone(value)
	switch data.Property {
	case "name":
		name, err := c.projectName(s, value, p.ID)
		if err != nil {
			return bot.Change{}, err
		}
		set(&p.Name, name)
	case "leads":
		list, err := c.persons(s, value)
		if err != nil {
			return bot.Change{}, err
		}
		data.Before = s.Persons(p.Leads)
		p.Leads, data.Leads = settle(list, &change)
		p.Deputies = slices.DeleteFunc(p.Deputies, func(d bot.Deputy) bool { return slices.Contains(p.Leads, d.Person) })
	case "period":
		if err := bot.Short(value, maxName); err != nil {
			return bot.Change{}, err
		}
		set(&p.Period, unless(none, oneLine(value)))
	case "vision":
		if err := bot.Short(value, s.Settings.MaxText); err != nil {
			return bot.Change{}, err
		}
		set(&p.Vision, unless(none, value))
	case "link":
		link := unless(none, value)
		if !none && !goodLink(link) {
			return bot.Change{}, c.wrongLike(s, "value.link", value, properties[i].example(p))
		}
		set(&p.Link, link)
	case "goals":
		goals, ok := readGoals(s.Settings.Goals, value)
		if !ok && !none {
			return bot.Change{}, c.wrongLike(s, "value.goals", value, properties[i].example(p))
		}
		data.Goals, p.Goals = goals, nil
		for _, g := range goals {
			p.Goals = append(p.Goals, g.ID)
		}
	}
	data.Project = nameOf(p)
	data.Undo = undoChange(s, properties[i], data)
	change.Projects = []bot.Project{p}
	bot.Redraw(s, &change)
	change.Posts = []bot.Post{bot.Reply(c.event, 0, "reply.project.changed", data)}
	return change, nil
}

// undoChange is the line that takes a change of words back, if it is one line.
func undoChange(s bot.Snapshot, f property, data bot.ProjectChanged) string {
	switch data.Property {
	case "name", "period", "vision", "link":
	default:
		return ""
	}
	old := data.Old
	if strings.Contains(old, "\n") || len([]rune(old)) > 200 || old == data.New {
		return ""
	}
	if old == "" {
		old = "–"
	}
	if lang(s) == bot.English {
		return "!project change " + string(data.Project.ID) + " " + data.Property + " " + old
	}
	return "!projekt ändern " + string(data.Project.ID) + " " + f.words[0] + " " + old
}

// changeRoom is !raum from the project's side: "hier" or "frei".
func (c call) changeRoom(s bot.Snapshot, p bot.Project, value string) (bot.Change, error) {
	switch fold(value) {
	case "hier", "here":
		return c.bind(s, bot.Room{Kind: bot.RoomProject, Project: p.ID}, p)
	}
	return bot.Change{}, c.wrongLike(s, "value.room", value, properties[len(properties)-1].example(p))
}

func unless(none bool, s string) string {
	if none {
		return ""
	}
	return s
}

// goodLink reports whether a link may stand on the board: an https address of
// ordinary characters, without a password in it.
func goodLink(link string) bool {
	if len(link) > 500 || strings.ContainsFunc(link, func(r rune) bool { return r <= ' ' || r == '<' || r == '>' || r == '"' || r == '\\' || r == '`' }) {
		return false
	}
	u, err := url.Parse(link)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil
}

// readGoals reads goals by number or name: "1, 3", "1 und 3", "Bürgerservice".
func readGoals(goals []bot.Goal, value string) ([]bot.Goal, bool) {
	var list []bot.Goal
	add := func(match func(bot.Goal) bool) bool {
		i := slices.IndexFunc(goals, match)
		if i >= 0 && !slices.Contains(list, goals[i]) {
			list = append(list, goals[i])
		}
		return i >= 0
	}
	if add(func(g bot.Goal) bool { return fold(g.Name) == fold(value) }) {
		return list, true
	}
	for _, word := range strings.Fields(strings.NewReplacer(",", " ", ";", " ", "+", " ").Replace(value)) {
		switch fold(word) {
		case "und", "and":
			continue
		}
		if !add(func(g bot.Goal) bool { return fold(g.ID) == fold(strings.TrimRight(word, ".")) }) {
			return nil, false
		}
	}
	return list, len(list) > 0
}
