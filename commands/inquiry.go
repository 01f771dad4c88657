package commands

import "lotse/bot"

func inquiryCommand() command {
	return command{
		words: []string{"nachfrage", "inquiry", "rückfrage", "ask"},
		forms: []form{{
			name:    "inquiry",
			usage:   []text{{"!nachfrage PROJEKT FRAGE", "!inquiry PROJECT QUESTION"}},
			example: text{"!nachfrage serviceportal Bis wann liegt die Freigabe vor?", "!inquiry serviceportal When will it be approved?"},
			may:     []bot.Role{bot.RolePMO},
			unbound: true,
			query:   func(c call) bot.Query { return bot.Query{Name: c.args, NameFirst: true, Rounds: true} },
			decide:  call.inquire,
		}},
	}
}

// inquire gives a report back with a question.
func (c call) inquire(s bot.Snapshot) (bot.Change, error) {
	p, rest, err := c.subject(s, true)
	if err != nil {
		return bot.Change{}, err
	}
	if rest == "" {
		return bot.Change{}, c.wrong(s, "question", "")
	}
	switch {
	case !running(s):
		return bot.Change{}, noRound(s)
	case s.Report == nil || s.Report.Round != s.Round.ID:
		return bot.Change{}, c.refuse(s, "notasked", p.Name)
	}
	change, err := bot.Return(s, c.event, rest)
	if err != nil {
		return bot.Change{}, err
	}
	if !c.shows(s, p.ID) {
		return change, nil // the ✅ is enough where others read along
	}
	data := bot.Inquired{Project: nameOf(p), To: s.Persons(p.Acting(s.Today())), Question: oneLine(rest)}
	if s.Round != nil {
		data.Deadline = s.Round.Deadline().In(s.Settings.Zone)
		data.Late = s.Round.State != bot.RoundOpen
	}
	change.Posts = append(change.Posts, bot.Reply(c.event, 1, "reply.inquiry", data))
	return change, nil
}
