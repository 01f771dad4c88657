package commands

import (
	"slices"

	"lotse/bot"
)

func nameOf(p bot.Project) bot.ProjectName { return bot.ProjectName{ID: p.ID, Name: p.Name} }

// named asks for the project that the arguments may begin with.
func named(c call) bot.Query { return bot.Query{Name: c.args} }

// namedFirst asks for the project that the arguments begin with, also in another
// project's room.
func namedFirst(c call) bot.Query { return bot.Query{Name: c.args, NameFirst: true} }

// slugs are how a project can be called.
func slugs(p bot.Project) []string { return []string{string(p.ID), bot.Slug(p.Name)} }

// reads returns what follows the project's name at the beginning of text, and
// whether it stands there.
func reads(p bot.Project, text string) (bot.Reading, bool) {
	for _, r := range bot.Readings(text) {
		if slices.Contains(slugs(p), r.Slug) {
			return r, true
		}
	}
	return bot.Reading{}, false
}

// subject returns the project a command is about and the arguments without its
// name. words says that the arguments are somebody's words, which may begin with
// the project's name without naming it.
func (c call) subject(s bot.Snapshot, words bool) (bot.Project, string, error) {
	if s.Project == nil {
		given := firstOf(c.args)
		if light, _ := bot.ParseLight(c.args); light != bot.NoLight || bot.IsNone(c.args) {
			given = "" // «!status gelb …» where no project is near: it is missing
		}
		return bot.Project{}, "", c.noProject(s, given)
	}
	p := *s.Project
	r, ok := reads(p, c.args)
	if ok && words && p.ID == s.Room.Project && !r.Exact && !r.Quoted {
		ok = false // «Serviceportal geht online»: a sentence
	}
	if ok {
		return p, r.Rest, nil
	}
	// Somebody names another project of theirs in a project's room: better to ask
	// than to write the words down for the wrong one.
	if s.ProjectRole() == "" {
		for _, other := range s.Candidates {
			if _, ok := reads(other, c.args); ok && other.ID != p.ID && c.answers(s, other) == nil {
				return bot.Project{}, "", c.refuse(s, "elsewhere", other.Name)
			}
		}
	}
	return p, c.args, nil
}

// only is subject for commands that take nothing but a project.
func (c call) only(s bot.Snapshot) (bot.Project, error) {
	p, rest, err := c.subject(s, false)
	if err == nil && rest != "" {
		err = c.noProject(s, rest)
	}
	return p, err
}

// sees reports whether the asker may read about the project: PMO, DM and DIKON all,
// leads and deputies their own.
func (c call) sees(s bot.Snapshot, p bot.Project) bool {
	return seesAll(s) || s.Person != nil && p.RoleOf(s.Person.ID, s.Today()) != ""
}

func seesAll(s bot.Snapshot) bool {
	return s.Is(bot.RolePMO) || s.Is(bot.RoleDM) || s.Is(bot.RoleDIKON)
}

// shows reports whether everybody in the room may read about the project, or, with
// an empty id, about all. A direct chat into which a third person was brought is none
// any more, whatever the books call it.
func (c call) shows(s bot.Snapshot, id bot.ProjectID) bool {
	if c.event.Direct {
		return true
	}
	switch s.Room.Kind {
	case bot.RoomPMO, bot.RoomDM, bot.RoomDIKON:
		return true
	case bot.RoomProject:
		return id != "" && id == s.Room.Project
	}
	return false
}

// own are the asker's projects among those loaded.
func own(s bot.Snapshot) []bot.Project {
	var mine []bot.Project
	for _, p := range s.Projects {
		if s.Person != nil && p.State != bot.ProjectArchived && p.RoleOf(s.Person.ID, s.Today()) != "" {
			mine = append(mine, p)
		}
	}
	return mine
}

// running reports whether a round is running.
func running(s bot.Snapshot) bool { return s.Round != nil && s.Round.Running() }
