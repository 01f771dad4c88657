package commands

import (
	"slices"

	"lotse/bot"
)

func quietCommand() command {
	return command{
		words: []string{"ruhe", "quiet", "stumm", "mute", "leise"},
		forms: []form{
			{
				name:    "quiet",
				usage:   []text{{"!ruhe", "!quiet"}},
				example: text{"!ruhe", "!quiet"},
				unbound: true, anywhere: true,
				query:  func(call) bot.Query { return bot.Query{AllProjects: true} },
				decide: func(c call, s bot.Snapshot) (bot.Change, error) { return c.quiet(s, true) },
			},
			{
				name:    "quiet.off",
				words:   []string{"aus", "off", "ende", "end"},
				usage:   []text{{"!ruhe aus", "!quiet off"}},
				example: text{"!ruhe aus", "!quiet off"},
				unbound: true, anywhere: true,
				query:   func(call) bot.Query { return bot.Query{AllProjects: true} },
				decide:  func(c call, s bot.Snapshot) (bot.Change, error) { return c.quiet(s, false) },
				offered: func(c call, s bot.Snapshot) bool { return slices.Contains(s.Quiet, c.event.Sender) },
			},
		},
	}
}

// quiet lets the bot write to somebody only what they have to know, or as before. It is for
// all of their accounts, and for an account of nobody we know: see bot.Hush.
func (c call) quiet(s bot.Snapshot, on bool) (bot.Change, error) {
	if c.args != "" {
		return bot.Change{}, c.refuse(s, "nothing", c.args)
	}
	accounts := []bot.UserID{c.event.Sender}
	if s.Person != nil {
		for _, u := range s.Person.Accounts {
			if u != c.event.Sender {
				accounts = append(accounts, u)
			}
		}
	}
	data := bot.QuietSet{Off: !on, Same: true}
	change := bot.Change{Reason: "somebody wants to be left alone"}
	if !on {
		change.Reason = "somebody wants to be written to again"
	}
	for _, u := range accounts {
		if slices.Contains(s.Quiet, u) == on {
			continue
		}
		data.Same = false
		wish := bot.Quiet{User: u}
		if on {
			wish.Since = s.Now
		}
		change.Quiet = append(change.Quiet, wish)
	}
	if s.Person != nil && on {
		for _, p := range s.Projects {
			if s.ProjectRooms[p.ID] == "" && slices.Contains(p.Acting(s.Today()), s.Person.ID) {
				data.Asked = true
				if c.event.Direct { // elsewhere others read along
					data.Projects = append(data.Projects, nameOf(p))
				}
			}
		}
	}
	change.Posts = []bot.Post{bot.Reply(c.event, 0, "reply.quiet", data)}
	return change, nil
}
