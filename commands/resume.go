package commands

import "lotse/bot"

func resumeCommand() command {
	pmo := []bot.Role{bot.RolePMO}
	paused := func(_ call, s bot.Snapshot) bool { return s.Restored.Paused() }
	waiting := func(call) bot.Query { return bot.Query{Waiting: true} }
	return command{
		words: []string{"weiter", "resume", "weitermachen", "continue"},
		forms: []form{
			{
				name:    "resume",
				usage:   []text{{"!weiter", "!resume"}},
				example: text{"!weiter", "!resume"},
				may:     pmo, unbound: true, offered: paused, query: waiting,
				decide: func(c call, s bot.Snapshot) (bot.Change, error) { return c.resume(s, false) },
			},
			{
				name: "resume.drop", words: []string{"verwerfen", "discard", "drop", "ohne"},
				usage:   []text{{"!weiter verwerfen", "!resume discard"}},
				example: text{"!weiter verwerfen", "!resume discard"},
				may:     pmo, unbound: true, offered: paused, query: waiting,
				decide: func(c call, s bot.Snapshot) (bot.Change, error) { return c.resume(s, true) },
			},
		},
	}
}

// resume ends the pause after a restore. A word that is not understood ends nothing:
// it may have meant to drop what waits.
func (c call) resume(s bot.Snapshot, drop bool) (bot.Change, error) {
	switch {
	case c.args != "" && c.near != "":
		return bot.Change{}, c.unknown()
	case c.args != "":
		return bot.Change{}, c.refuse(s, "nothing", c.args)
	case !s.Restored.Paused():
		return bot.Change{}, c.refuse(s, "running", "")
	}
	return bot.Resume(s, c.event, drop), nil
}
