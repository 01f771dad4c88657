package commands

import (
	"lotse/bot"
	"lotse/bot/escalation"
)

func resolutionCommand() command {
	return command{
		words: []string{"beschluss", "resolution", "beschließen", "resolve"},
		forms: []form{{
			name:    "resolution",
			usage:   []text{{"!beschluss PROJEKT STICHWORTE", "!resolution PROJECT WORDS"}},
			example: text{"!beschluss serviceportal Die Schnittstelle bekommt Vorrang", "!resolution serviceportal The interface gets priority"},
			may:     []bot.Role{bot.RolePMO, bot.RoleDM},
			edits:   true,
			query:   namedFirst,
			decide:  call.resolve,
			offered: func(c call, s bot.Snapshot) bool { return c.shows(s, "") },
		}},
	}
}

// resolve drafts a decision that was taken in the meeting.
func (c call) resolve(s bot.Snapshot) (bot.Change, error) {
	p, words, err := c.subject(s, true)
	switch {
	case err != nil:
		return bot.Change{}, err
	case !c.shows(s, ""):
		return c.elsewhere(s, "room", p), nil
	case words == "":
		return bot.Change{}, c.wrong(s, "resolution", "")
	case c.again(s):
		return escalation.Reword(s, c.event, words)
	}
	if err := c.alive(s, p); err != nil {
		return bot.Change{}, err
	}
	return escalation.Meeting(s, c.event, words)
}
