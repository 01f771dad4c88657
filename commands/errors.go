package commands

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"lotse/bot"
)

// unknown is the error for a command that does not exist.
func (c call) unknown() error {
	e := bot.UnknownCommand{Given: "!" + c.given}
	if c.form != nil && c.args != "" { // «!projekt achiv …»
		e.Given += " " + shorten(oneLine(firstOf(c.args)), 40)
	}
	if c.near != "" {
		e.Nearest = "!" + c.near
	}
	return &bot.UserError{Template: "error.command", Data: e}
}

// forbidden is the error for somebody without the right.
func (c call) forbidden(s bot.Snapshot) error {
	return &bot.UserError{Template: "error.forbidden", Data: bot.Forbidden{Command: c.title(s), Roles: c.form.may}}
}

// wrong is the error for an argument that is missing (given is "") or not what is
// expected; want is the name of a template want.<want>.
func (c call) wrong(s bot.Snapshot, want, given string) error {
	return c.wrongLike(s, want, given, c.form.example)
}

// wrongLike is wrong with an example of its own.
func (c call) wrongLike(s bot.Snapshot, want, given string, example text) error {
	return &bot.UserError{Template: "error.argument", Data: bot.BadArgument{
		Command: c.title(s), Given: shorten(oneLine(given), 80), Want: want, Example: example.in(lang(s)),
	}}
}

// refuse is the error for something that was understood and cannot be: why is a
// case of the template reply.refused.
func (c call) refuse(s bot.Snapshot, why, given string) error {
	return c.refuseLike(s, why, given, c.form.example)
}

// refuseLike is refuse with an example of its own.
func (c call) refuseLike(s bot.Snapshot, why, given string, example text) error {
	return &bot.UserError{Template: "reply.refused", Data: bot.Refused{
		Command: c.title(s), Why: why, Given: shorten(oneLine(given), 80), Example: example.in(lang(s)),
	}}
}

// title is how the command is called in the room's language: "!projekt neu", "!eskalation 12 erledigt".
func (c call) title(s bot.Snapshot) string {
	word := 0
	if lang(s) == bot.English {
		word = 1
	}
	title := "!" + c.command.words[word]
	if c.number > 0 {
		title += " " + strconv.Itoa(c.number)
	}
	if len(c.form.words) > 0 && !(c.form.alone && c.number > 0) {
		title += " " + c.form.words[word]
	}
	return title
}

// noProject is the error for a project that has to be named, or that was named and
// is not known. It suggests only what the asker may know about.
func (c call) noProject(s bot.Snapshot, given string) error {
	given = oneLine(given)
	e := bot.UnknownProject{Given: shorten(given, 60)}
	type near struct {
		name  bot.ProjectName
		slips int
	}
	var found []near
	readings := bot.Readings(given)
	for _, p := range s.Candidates {
		if !c.sees(s, p) || p.State == bot.ProjectArchived && !s.Is(bot.RolePMO) {
			continue
		}
		n := near{name: nameOf(p), slips: 1000}
		for _, r := range readings {
			for _, slug := range []string{string(p.ID), bot.Slug(p.Name)} {
				switch {
				case strings.HasPrefix(slug, r.Slug) || strings.HasPrefix(r.Slug, slug):
					n.slips = 0
				case nearest(r.Slug, []string{slug}) != "":
					n.slips = min(n.slips, bot.Slips(fold(r.Slug), fold(slug), maxSlips))
				}
			}
		}
		if n.slips < 1000 || given == "" {
			found = append(found, n)
		}
	}
	slices.SortStableFunc(found, func(a, b near) int {
		return cmp.Or(cmp.Compare(a.slips, b.slips), cmp.Compare(a.name.ID, b.name.ID))
	})
	most := 3
	if given == "" && len(found) <= 8 {
		most = 8 // so few can be listed; of more, three would be chosen at random
	} else if given == "" {
		most = 0
	}
	for _, n := range found[:min(len(found), most)] {
		e.Nearest = append(e.Nearest, n.name)
	}
	e.Example = c.withProject(s, e.Nearest)
	return &bot.UserError{Template: "error.project", Data: e}
}

// withProject is the form's example with a project named in it: the one that was
// probably meant.
func (c call) withProject(s bot.Snapshot, nearest []bot.ProjectName) string {
	const sample = "serviceportal"
	id := sample
	if len(nearest) > 0 {
		id = string(nearest[0].ID)
	}
	example := c.form.example.in(lang(s))
	if strings.Contains(example, " "+sample) {
		return strings.Replace(example, " "+sample, " "+id, 1)
	}
	words := strings.SplitN(example, " ", 2)
	if len(words) < 2 {
		return example + " " + id
	}
	return words[0] + " " + id + " " + words[1]
}
