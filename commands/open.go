package commands

import (
	"slices"

	"lotse/bot"
)

func openCommand() command {
	return command{
		words: []string{"offen", "open", "offenes", "pending"},
		forms: []form{{
			name:    "open",
			usage:   []text{{"!offen", "!open"}},
			example: text{"!offen", "!open"},
			may:     entrants,
			query:   func(c call) bot.Query { return bot.Query{AllReports: true, AllProjects: true, Rounds: true} },
			decide:  call.pending,
		}},
	}
}

// pending lists what the bot still wants from the asker, over all their projects.
func (c call) pending(s bot.Snapshot) (bot.Change, error) {
	mine := own(s)
	if len(mine) == 0 && !s.Is(bot.RolePMO) {
		return bot.Change{}, c.forbidden(s)
	}
	data := bot.Open{Running: running(s), Projects: len(mine), PMO: s.Is(bot.RolePMO)}
	if next, ok := firstRound(s, bot.RoundPlanned); ok {
		data.Next = next.Check
	}
	if data.Running {
		data.Check, data.Deadline = s.Round.Check.In(s.Settings.Zone), s.Round.Deadline().In(s.Settings.Zone)
		data.Late = s.Round.State != bot.RoundOpen
		for _, p := range mine {
			i := slices.IndexFunc(s.Reports, func(r bot.Report) bool { return r.Project == p.ID && r.Round == s.Round.ID })
			if i < 0 {
				continue // not asked in this round
			}
			item, wanted := wants(s, p, s.Reports[i])
			switch {
			case !c.shows(s, p.ID):
				if wanted {
					data.Hidden++
				}
			case wanted:
				data.Items = append(data.Items, item)
			default:
				data.Complete = append(data.Complete, item.Project)
			}
		}
	}
	return c.reply("open answers shown", "reply.open", data), nil
}

// wants says what is open in a project's report.
func wants(s bot.Snapshot, p bot.Project, r bot.Report) (bot.OpenItem, bool) {
	item := bot.OpenItem{Project: nameOf(p), Missing: r.Missing()}
	if q := r.Open; q != nil && q.Ask == bot.AskReason {
		item.Reason = q.Field
	}
	for _, back := range r.Returned {
		if !back.Answered {
			item.Question = append(item.Question, back.Text)
		}
	}
	for _, d := range p.Deputies {
		if d.Covers(s.Today()) && d.Person != s.Person.ID {
			item.Deputies = append(item.Deputies, s.Persons([]bot.PersonID{d.Person})...)
		}
	}
	return item, len(item.Missing) > 0 || item.Reason != "" || len(item.Question) > 0
}
