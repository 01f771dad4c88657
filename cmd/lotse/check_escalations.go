package main

import (
	"context"
	"fmt"
	"slices"

	"lotse/bot"
	"lotse/bot/calendar"
)

// This file is what `lotse check` says about escalations.

// rule says in words how the DM decides.
func (c *check) rule() {
	rules, members := c.settings.Escalations, len(c.settings.Roles[bot.RoleDM])
	agree := func(r bot.EscalationRule) string {
		text := fmt.Sprintf("%d of %s must agree", r.Quorum, count(members, "person", "people"))
		if r.Typed {
			text += ", each with a typed line besides"
		}
		if r.NoOwn {
			text += ", nobody who answers for the project"
		}
		if r.Pause == 0 {
			return text + ", without a pause for thought"
		}
		return text + fmt.Sprintf(", then %s to think again", r.Pause)
	}
	after := func(what string, days int) string {
		if days == 0 {
			return what + " never"
		}
		return what + " after " + workingDays(days)
	}
	text := after("the DM is reminded", rules.Normal.Remind) + ", " + after("the PMO is told", rules.Normal.Further)
	if rules.PMOFirst {
		text += "; the PMO has a working day first"
	}
	c.ok("escalations: %s; weighty: %s; %s", agree(rules.Normal), agree(rules.Weighty), text)
}

// missing says who decides too seldom: of the rules with which more must agree than have a vote.
func missing(rules bot.EscalationRules, votes func(bot.EscalationRule) int) []string {
	var list []string
	for _, each := range []struct {
		name string
		rule bot.EscalationRule
	}{{"an escalation", rules.Normal}, {"a weighty one", rules.Weighty}} {
		if each.rule.Quorum > votes(each.rule) {
			list = append(list, fmt.Sprintf("%s wants %d", each.name, each.rule.Quorum))
		}
	}
	return list
}

// deciders finds the projects about which the DM cannot decide, because those who answer for them are of it.
func (c *check) deciders() {
	dm, today := c.settings.Roles[bot.RoleDM], c.books.Today()
	for _, p := range c.books.Projects {
		if p.State == bot.ProjectArchived {
			continue
		}
		own := 0
		for _, id := range dm {
			if p.RoleOf(id, today) != "" {
				own++
			}
		}
		votes := func(r bot.EscalationRule) int {
			if r.NoOwn {
				return len(dm) - own
			}
			return len(dm) - min(own, 1) // who asks does not vote
		}
		if without := missing(c.settings.Escalations, votes); own > 0 && len(without) > 0 {
			c.do("name more people in roles.dm, or let somebody else lead it", "project %s: of the DM, %d of %d answer for it and have no vote; %s",
				p.ID, own, len(dm), some(without))
		}
	}
}

// undecided finds escalations that keep a rule which cannot be kept any more.
func (c *check) undecided(ctx context.Context) {
	const most = 500
	books, err := c.store.Load(ctx, bot.Query{Page: &bot.EscalationPage{Open: true, Limit: most}})
	if err != nil {
		c.do("restore a backup", "escalations: %s", err)
		return
	}
	waiting := 0
	for _, x := range books.Listed {
		if !x.State.Before() {
			continue
		}
		waiting++
		if votes := c.votes(x); x.Rule.Quorum > votes {
			c.do(fmt.Sprintf("name more people in roles.%s, or let it be withdrawn and put anew", x.Role),
				"escalation #%d began when %d had to agree, and %s can vote", x.Number, x.Rule.Quorum, count(votes, "person", "people"))
		}
	}
	if waiting > 0 {
		c.ok("escalations: %d before those who decide", waiting)
	}
}

// votes is how many can vote on an escalation.
func (c *check) votes(x bot.Escalation) int {
	votes := 0
	project := slices.IndexFunc(c.books.Projects, func(p bot.Project) bool { return p.ID == x.Project })
	for _, id := range c.settings.Roles[x.Role] {
		own := x.Rule.NoOwn && project >= 0 && c.books.Projects[project].RoleOf(id, calendar.DateOf(c.now.In(c.settings.Zone))) != ""
		if x.Kind != bot.EscalationMatter || id != x.Asker && id != x.Text.By && !own {
			votes++
		}
	}
	return votes
}

// members asks whether those who decide are in their room.
func (c *check) members(ctx context.Context, room bot.Room, named string) {
	role := map[bot.RoomKind]bot.Role{bot.RoomDM: bot.RoleDM, bot.RoomDIKON: bot.RoleDIKON}[room.Kind]
	who := c.settings.Roles[role]
	if role == "" || len(who) == 0 {
		return
	}
	in, err := c.chat.CheckMembers(ctx, room.ID)
	if err != nil {
		c.do("try again", "%s: %s", named, err)
		return
	}
	var absent []string
	for _, p := range c.config.People() {
		if slices.Contains(who, p.ID) && !slices.ContainsFunc(p.Accounts, func(u bot.UserID) bool { return slices.Contains(in, u) }) {
			absent = append(absent, string(p.ID))
		}
	}
	present := len(who) - len(absent)
	without := missing(c.settings.Escalations, func(bot.EscalationRule) int { return present })
	if role == bot.RoleDIKON {
		without = nil
		if quorum := min(c.settings.Escalations.Normal.Quorum, len(who)); present < quorum {
			without = []string{fmt.Sprintf("the release of a project wants %d", quorum)}
		}
	}
	switch {
	case len(without) > 0:
		c.do("invite them", "%s: not in it of roles.%s: %s; %s", named, role, some(absent), some(without))
	case len(absent) > 0:
		c.ok("note: %s: not in it of roles.%s: %s", where(room), role, some(absent))
	}
}
