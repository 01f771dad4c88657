package commands

import (
	"lotse/bot"
)

// entrants may answer for a project.
var entrants = []bot.Role{bot.RoleLead, bot.RoleDeputy, bot.RolePMO}

// entry is a command that answers one question of the Projektcheck. want says what
// is expected behind it.
func entry(f bot.Field, want string, words []string, usage []text, example text) command {
	return command{
		words: words,
		forms: []form{{
			name:    string(f),
			usage:   usage,
			example: example,
			may:     entrants,
			edits:   true,
			query:   named,
			decide: func(c call, s bot.Snapshot) (bot.Change, error) {
				p, rest, err := c.subject(s, !f.HasLight())
				if err != nil {
					return bot.Change{}, err
				}
				if err := c.answers(s, p); err != nil {
					return bot.Change{}, err
				}
				if err := c.alive(s, p); err != nil {
					return bot.Change{}, err
				}
				if rest == "" {
					return bot.Change{}, c.wrong(s, want, "")
				}
				return bot.Enter(s, c.event, f, rest)
			},
		}},
	}
}

// alive refuses what is about a project in the archive.
func (c call) alive(s bot.Snapshot, p bot.Project) error {
	if p.State == bot.ProjectArchived {
		return c.refuse(s, "active", p.Name)
	}
	return nil
}
