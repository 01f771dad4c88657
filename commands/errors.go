package commands

import (
	"cmp"
	"slices"
	"strings"

	"lotse/bot"
)

// unknown is the error for a command that does not exist.
func (c call) unknown() error {
	return &bot.UserError{Template: "error.command", Data: bot.UnknownCommand{Given: c.given, Nearest: c.near}}
}

// forbidden is the error for somebody without the right.
func (c call) forbidden() error {
	return &bot.UserError{Template: "error.forbidden", Data: bot.Forbidden{Command: c.given, Roles: c.form.may}}
}

// wrong is the error for an argument that is missing (given is "") or not what is
// expected; want is the name of a template want.<want>.
func (c call) wrong(s bot.Snapshot, want, given string) error {
	return &bot.UserError{Template: "error.argument", Data: bot.BadArgument{
		Command: c.given, Given: shorten(oneLine(given), 80), Want: want, Example: c.form.example.in(lang(s)),
	}}
}

// long is the error for a text with more than most characters, or nil.
func long(text string, most int) error {
	if got := len([]rune(text)); got > most {
		return &bot.UserError{Template: "error.long", Data: bot.TooLong{Got: got, Max: most}}
	}
	return nil
}

// noProject is the error for a project that has to be named, or that was named and
// is not known. It suggests only what the asker may know about.
func (c call) noProject(s bot.Snapshot, given string) error {
	given = oneLine(given)
	e := bot.UnknownProject{Given: shorten(given, 60), Example: c.form.example.in(lang(s))}
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
					n.slips = min(n.slips, distance([]rune(fold(r.Slug)), []rune(fold(slug))))
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
	for _, n := range found[:min(len(found), 3)] {
		e.Nearest = append(e.Nearest, n.name)
	}
	return &bot.UserError{Template: "error.project", Data: e}
}
