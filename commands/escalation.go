package commands

import (
	"slices"
	"strings"

	"lotse/bot"
	"lotse/bot/calendar"
	"lotse/bot/escalation"
)

func escalationCommand() command {
	pmo, councils := []bot.Role{bot.RolePMO}, []bot.Role{bot.RoleDM, bot.RoleDIKON}
	// about is a form about an escalation that is there already.
	about := func(f form) form {
		f.query = func(c call) bot.Query {
			if c.number > 0 {
				return bot.Query{}
			}
			return named(c)
		}
		return f
	}
	set := func(what string, f form) form {
		f.name, f.may, f.open = "escalation."+what, entrants, true
		f.decide = func(c call, s bot.Snapshot) (bot.Change, error) { return c.setEscalation(s, what) }
		return about(f)
	}
	return command{
		words:    []string{"eskalation", "escalation", "eskalieren", "escalate"},
		numbered: true,
		forms: []form{
			{
				name:    "escalation",
				usage:   []text{{"!eskalation STICHWORTE", "!escalation WORDS"}},
				example: text{"!eskalation Die Schnittstelle wartet seit drei Wochen auf eine Freigabe", "!escalation The interface has been waiting three weeks for an approval"},
				may:     entrants,
				edits:   true,
				query:   named,
				decide:  call.raise,
			},
			about(form{
				name:    "escalation.show",
				words:   []string{"zeigen", "show", "stand"},
				alone:   true,
				usage:   []text{{"!eskalation NUMMER", "!escalation NUMBER"}},
				example: text{"!eskalation 12", "!escalation 12"},
				may:     readers,
				fits:    nothing,
				offered: call.showsAny,
				decide:  call.showEscalation,
			}),
			about(form{
				name:    "escalation.done",
				words:   []string{"erledigt", "done", "umgesetzt"},
				usage:   []text{{"!eskalation NUMMER erledigt", "!escalation NUMBER done"}, {"!eskalation NUMMER erledigt STICHWORTE", "!escalation NUMBER done WORDS"}},
				example: text{"!eskalation 12 erledigt", "!escalation 12 done"},
				may:     entrants,
				edits:   true,
				offered: forLeads,
				decide: func(c call, s bot.Snapshot) (bot.Change, error) {
					return c.endEscalation(s, func(x bot.Escalation) bool { return x.State == bot.EscalationAccepted }, escalation.Done)
				},
			}),
			about(form{
				name:    "escalation.withdraw",
				words:   []string{"zurückziehen", "withdraw", "zurücknehmen"},
				usage:   []text{{"!eskalation NUMMER zurückziehen", "!escalation NUMBER withdraw"}, {"!eskalation NUMMER zurückziehen GRUND", "!escalation NUMBER withdraw REASON"}},
				example: text{"!eskalation 12 zurückziehen", "!escalation 12 withdraw"},
				may:     entrants,
				edits:   true,
				offered: forLeads,
				decide: func(c call, s bot.Snapshot) (bot.Change, error) {
					return c.endEscalation(s, changeable, escalation.Withdraw)
				},
			}),
			about(form{
				name:    "escalation.aside",
				words:   []string{"aufheben", "revoke", "aside", "widerrufen"},
				usage:   []text{{"!eskalation NUMMER aufheben", "!escalation NUMBER revoke"}, {"!eskalation NUMMER aufheben GRUND", "!escalation NUMBER revoke REASON"}},
				example: text{"!eskalation 12 aufheben Die Lage hat sich geändert", "!escalation 12 revoke The situation has changed"},
				may:     councils,
				edits:   true,
				offered: func(c call, s bot.Snapshot) bool { return c.shows(s, "") },
				decide:  call.setAside,
			}),
			set("wish", form{
				words:   []string{"wunsch", "wish", "gewünscht"},
				usage:   []text{{"!eskalation NUMMER wunsch STICHWORTE", "!escalation NUMBER wish WORDS"}},
				example: text{"!eskalation 12 wunsch Vorrang in der IT-Abteilung", "!escalation 12 wish Priority in the IT department"},
				edits:   true,
			}),
			set("due", form{
				words:   []string{"bis", "by", "until", "frist", "due"},
				usage:   []text{{"!eskalation NUMMER bis DATUM", "!escalation NUMBER by DATE"}},
				example: text{"!eskalation 12 bis 2.12.", "!escalation 12 by 2.12."},
				fits: func(words string) bool {
					_, err := calendar.ParseDay(words, calendar.Date{Year: 2024, Month: 2, Day: 29}) // any day: only how it is written counts
					return err == nil
				},
			}),
			set("weighty", form{
				words:   []string{"gewichtig", "weighty", "wichtig"},
				usage:   []text{{"!eskalation NUMMER gewichtig", "!escalation NUMBER weighty"}},
				example: text{"!eskalation 12 gewichtig", "!escalation 12 weighty"},
				fits:    nothing,
			}),
			set("normal", form{
				words:   []string{"normal", "normal"},
				usage:   []text{{"!eskalation NUMMER normal", "!escalation NUMBER normal"}},
				example: text{"!eskalation 12 normal", "!escalation 12 normal"},
				fits:    nothing,
			}),
			set("urgent", form{
				words:   []string{"eilt", "urgent", "dringend", "eilig"},
				usage:   []text{{"!eskalation NUMMER eilt", "!escalation NUMBER urgent"}},
				example: text{"!eskalation 12 eilt", "!escalation 12 urgent"},
				fits:    nothing,
			}),
			about(form{
				name:    "escalation.solve",
				words:   []string{"gelöst", "solved", "lösen"},
				usage:   []text{{"!eskalation NUMMER gelöst STICHWORTE", "!escalation NUMBER solved WORDS"}},
				example: text{"!eskalation 12 gelöst Die Freigabe ist heute erteilt worden", "!escalation 12 solved The approval was given today"},
				may:     pmo,
				open:    true,
				edits:   true,
				decide:  call.solve,
			}),
			about(form{
				name:    "escalation.route",
				words:   []string{"an", "to"},
				usage:   []text{{"!eskalation NUMMER an pmo|dm|dikon", "!escalation NUMBER to pmo|dm|dikon"}},
				example: text{"!eskalation 12 an dikon", "!escalation 12 to dikon"},
				may:     pmo,
				open:    true,
				fits:    func(words string) bool { return councilOf(words) != "" },
				decide:  call.route,
			}),
		},
	}
}

// forLeads leaves a form out of the PMO's long list, where it is only there for a lead's sake.
func forLeads(_ call, s bot.Snapshot) bool { return s.Room.Kind != bot.RoomPMO }

// nothing is what may stand behind a form that stands for itself.
func nothing(words string) bool { return strings.Trim(words, " .!") == "" }

// councilOf is the role that words name: "dm", "an das DM".
func councilOf(words string) bot.Role {
	for _, r := range []bot.Role{bot.RolePMO, bot.RoleDM, bot.RoleDIKON} {
		if strings.EqualFold(strings.Trim(words, " .!"), string(r)) {
			return r
		}
	}
	return ""
}

// changeable reports whether what is wanted can still be said, or taken back.
func changeable(x bot.Escalation) bool {
	return x.State == bot.EscalationDraft || x.State == bot.EscalationPMO || x.State.Before()
}

// raise drafts an escalation.
func (c call) raise(s bot.Snapshot) (bot.Change, error) {
	if c.near != "" && !sentence(c.args) {
		return bot.Change{}, c.unknown() // «!eskalation zurückzihen»
	}
	p, words, err := c.subject(s, true)
	if err != nil {
		return bot.Change{}, err
	}
	if err := c.answers(s, p); err != nil {
		return bot.Change{}, err
	}
	if about := c.behind(p, words); about != nil {
		return about.Decide(s)
	}
	switch {
	case words == "":
		return bot.Change{}, c.wrong(s, "escalation", "")
	case c.again(s):
		return escalation.Reword(s, c.event, words)
	case !s.ProjectRoom.Joined && !slices.ContainsFunc(p.Acting(s.Today()), func(id bot.PersonID) bool { return len(s.People[id].Accounts) > 0 }):
		return bot.Change{}, c.refuseLike(s, "nobody", p.Name, properties[1].example(p))
	}
	if err := c.alive(s, p); err != nil {
		return bot.Change{}, err
	}
	return escalation.Raise(s, c.event, words)
}

// behind reads what follows a project's name as one of the other forms, nil if it is none:
// «!eskalation serviceportal bis 2.12.», where a draft, which has no number, is not near.
func (c call) behind(p bot.Project, words string) *call {
	if words == c.args || c.event.Kind != bot.EventMessage {
		return nil
	}
	about := c
	about.args = words
	about.chooseForm()
	if about.form == nil || about.form == c.form || about.number > 0 {
		return nil
	}
	about.args = strings.TrimSpace(string(p.ID) + " " + about.args)
	return &about
}

// again reports whether the message is an edit of one that was carried out. One that was
// not, a misspelt command, say, is taken as if it were written now.
func (c *call) again(s bot.Snapshot) bool {
	if c.event.Kind == bot.EventEdit && (s.Target == nil || s.Target.Subject.Escalation == "") {
		c.event.Kind, c.event.Message, c.event.Target = bot.EventMessage, c.event.Target, ""
	}
	return c.event.Kind == bot.EventEdit
}

// meant finds the escalation that a form is about: the one with the number; else the one
// in whose thread it was written; else the only one of the project's that it fits, a
// draft first. It puts it into the snapshot and returns the words behind.
func (c call) meant(s bot.Snapshot, fits func(bot.Escalation) bool) (bot.Snapshot, string, error) {
	if c.number > 0 {
		if s.Escalation == nil || s.Project == nil {
			return s, "", &bot.UserError{Template: "error.escalation", Data: bot.EscalationRefusal{Why: "none", Number: c.number}}
		}
		return s, c.args, nil
	}
	if s.Project == nil {
		return s, "", c.wrong(s, "number", "")
	}
	p, words, err := c.subject(s, true)
	if err != nil || s.Escalation != nil && s.Escalation.Project == p.ID {
		return s, words, err
	}
	s.Escalation = nil
	for _, among := range []func(bot.Escalation) bool{
		func(x bot.Escalation) bool { return fits(x) && x.State == bot.EscalationDraft }, fits, bot.Escalation.Open,
	} {
		var found []*bot.Escalation
		for i := range s.Escalations {
			if among(s.Escalations[i]) {
				found = append(found, &s.Escalations[i])
			}
		}
		switch len(found) {
		case 0:
			continue
		case 1:
			s.Escalation = found[0]
			return s, words, nil
		}
		break
	}
	return s, "", c.wrong(s, "number", "")
}

// own is meant for who answers for the project.
func (c call) own(s bot.Snapshot, fits func(bot.Escalation) bool) (bot.Snapshot, string, error) {
	s, words, err := c.meant(s, fits)
	if err == nil {
		err = c.answers(s, *s.Project)
	}
	return s, words, err
}

// showEscalation tells the whole story.
func (c call) showEscalation(s bot.Snapshot) (bot.Change, error) {
	s, rest, err := c.meant(s, bot.Escalation.Open)
	switch {
	case err != nil:
		return bot.Change{}, err
	case !c.sees(s, *s.Project):
		return bot.Change{}, c.forbidden(s)
	case !c.shows(s, s.Project.ID):
		return c.elsewhere(s, "room", *s.Project), nil
	case !nothing(rest):
		return bot.Change{}, c.refuse(s, "nothing", rest)
	}
	return c.reply("escalation shown", "reply.escalation", escalation.Card(s, *s.Escalation, c.place(s))), nil
}

// place is for whom something is written here.
func (c call) place(s bot.Snapshot) bot.Place {
	kind := s.Room.Kind
	switch {
	case kind == bot.RoomPMO || c.event.Direct && s.Is(bot.RolePMO):
		return bot.InPMO
	case kind == bot.RoomDM || c.event.Direct && s.Is(bot.RoleDM):
		return bot.InDM
	case kind == bot.RoomDIKON || c.event.Direct && s.Is(bot.RoleDIKON):
		return bot.InDIKON
	}
	return bot.InProject
}

// endEscalation is for the forms by which those who answer for a project end something.
func (c call) endEscalation(s bot.Snapshot, fits func(bot.Escalation) bool, end func(bot.Snapshot, bot.Event, string) (bot.Change, error)) (bot.Change, error) {
	s, words, err := c.own(s, fits)
	if err != nil {
		return bot.Change{}, err
	}
	if c.again(s) {
		return escalation.Reword(s, c.event, words)
	}
	return end(s, c.event, words)
}

// setEscalation completes what is wanted.
func (c call) setEscalation(s bot.Snapshot, what string) (bot.Change, error) {
	s, words, err := c.own(s, changeable)
	if err != nil {
		return bot.Change{}, err
	}
	switch what {
	case "wish":
		if words == "" {
			return bot.Change{}, c.wrong(s, "wish", "")
		}
		if c.again(s) {
			return escalation.Reword(s, c.event, words)
		}
	case "due":
		if _, err := calendar.ParseDay(words, s.Today()); err != nil {
			return bot.Change{}, c.wrong(s, "due", words)
		}
	default:
		if !nothing(words) {
			return bot.Change{}, c.refuse(s, "nothing", words)
		}
		if words = what; what != "urgent" {
			what = "weight"
		}
	}
	return escalation.Set(s, c.event, what, words)
}

// setAside is for the members of the role that has decided.
func (c call) setAside(s bot.Snapshot) (bot.Change, error) {
	s, words, err := c.meant(s, func(x bot.Escalation) bool { return x.State.Decided() })
	switch {
	case err != nil:
		return bot.Change{}, err
	case !s.Is(s.Escalation.Role):
		return bot.Change{}, &bot.UserError{Template: "error.forbidden", Data: bot.Forbidden{Command: c.title(s), Roles: []bot.Role{s.Escalation.Role}}}
	case c.again(s):
		return escalation.Reword(s, c.event, words)
	}
	return escalation.SetAside(s, c.event, words)
}

// solve is the PMO's, where it has its day first.
func (c call) solve(s bot.Snapshot) (bot.Change, error) {
	s, words, err := c.meant(s, func(x bot.Escalation) bool { return x.State == bot.EscalationPMO })
	switch {
	case err != nil:
		return bot.Change{}, err
	case words == "":
		return bot.Change{}, c.wrong(s, "solution", "")
	case c.again(s):
		return escalation.Reword(s, c.event, words)
	}
	return escalation.Solve(s, c.event, words)
}

// route corrects where an escalation is.
func (c call) route(s bot.Snapshot) (bot.Change, error) {
	s, words, err := c.meant(s, func(x bot.Escalation) bool { return changeable(x) && x.State != bot.EscalationDraft })
	if err != nil {
		return bot.Change{}, err
	}
	to := councilOf(words)
	if to == "" {
		return bot.Change{}, c.wrong(s, "council", words)
	}
	return escalation.Route(s, c.event, to)
}
