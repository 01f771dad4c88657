package commands

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"lotse/bot"
	"lotse/bot/escalation"
)

var leadWord = regexp.MustCompile(`(?i)(?:^|[\s,;])(?:leitung|projektleitung|lead|leads)[:\s]\s*`)

// newProject makes a project.
func (c call) newProject(s bot.Snapshot) (bot.Change, error) {
	name, leads := c.args, ""
	if at := leadWord.FindStringIndex(c.args); at != nil {
		name, leads = c.args[:at[0]], c.args[at[1]:]
	}
	name, err := c.projectName(s, name, "")
	if err != nil {
		return bot.Change{}, err
	}
	p := bot.Project{ID: bot.ProjectID(bot.Slug(name)), Name: name, State: bot.ProjectActive}
	change := bot.Change{Reason: "project made"}
	data := bot.ProjectNew{Project: nameOf(p), Running: running(s) && s.Round.State == bot.RoundOpen}
	if strings.TrimSpace(leads) != "" {
		list, err := c.persons(s, leads)
		if err != nil {
			return bot.Change{}, err
		}
		p.Leads, data.Leads = settle(list, &change)
	}
	change.Projects = []bot.Project{p}
	if next, ok := firstRound(s, bot.RoundPlanned); ok {
		data.Next = next.Check
	}
	data.Release = escalation.Release(s, c.event, &change)
	change.Posts = append(change.Posts, bot.Reply(c.event, 0, "reply.project.new", data))
	return change, nil
}

// projectName checks a name: it must be one that nobody else has and that cannot be
// taken for something else behind a command.
func (c call) projectName(s bot.Snapshot, name string, except bot.ProjectID) (string, error) {
	name = oneLine(name)
	if quoted := strings.Trim(name, "„“”\"»«"); !strings.ContainsAny(quoted, "„“”\"»«") {
		name = strings.TrimSpace(quoted)
	}
	if name == "" {
		return "", c.wrong(s, "name", "")
	}
	if err := bot.Short(name, maxName); err != nil {
		return "", err
	}
	slug := bot.Slug(name)
	light, _ := bot.ParseLight(strings.ReplaceAll(slug, "-", " "))
	letters := strings.ContainsFunc(slug, unicode.IsLetter)
	if !letters || light != bot.NoLight || bot.IsNone(name) || c.table.reserved(slug) || len(strings.Fields(name)) > maxWords {
		return "", c.wrong(s, "name", name)
	}
	for _, p := range s.Projects {
		if p.ID != except && slices.Contains(slugs(p), slug) {
			return "", c.refuse(s, "newname", name)
		}
	}
	return name, nil
}

// maxWords is how many words a project's name may have: more are not found behind
// a command.
const maxWords = 8

// reserved reports whether a name is a word that commands understand themselves.
func (t *Table) reserved(slug string) bool {
	folded := fold(slug)
	for _, c := range t.commands {
		for _, f := range c.forms {
			if is(folded, f.words) {
				return true
			}
		}
	}
	return is(folded, endWords) || is(folded, addWords) || is(folded, dropWords) || is(folded, renameWords)
}
