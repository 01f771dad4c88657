package commands

import (
	"slices"
	"strings"

	"lotse/bot"
)

func deputyCommand() command {
	return command{
		words: []string{"vertretung", "deputy", "vertretungen", "stellvertretung"},
		forms: []form{{
			name: "deputy",
			usage: []text{
				{"!vertretung @PERSON bis DATUM", "!deputy @PERSON until DATE"},
				{"!vertretung @PERSON DATUM–DATUM", "!deputy @PERSON DATE–DATE"},
				{"!vertretung keine", "!deputy none"},
				{"!vertretung", "!deputy"},
			},
			example: text{"!vertretung @Maria Beispiel bis 31.12.", "!deputy @Maria Beispiel until 31.12."},
			may:     entrants,
			query:   func(c call) bot.Query { return withPeople(c, named(c)) },
			decide:  call.deputy,
		}},
	}
}

var endWords = []string{"keine", "none", "kein", "keiner", "niemand", "nobody", "beenden", "ende", "end", "aus", "off", "streichen", "löschen"}

// deputy names, ends or shows who stands in for a project's lead.
func (c call) deputy(s bot.Snapshot) (bot.Change, error) {
	p, rest, err := c.subject(s, false)
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
		return c.showDeputies(s, p)
	}
	if names := []bot.Role{bot.RoleLead, bot.RolePMO}; !s.Is(bot.RolePMO) && p.RoleOf(s.Person.ID, s.Today()) != bot.RoleLead {
		return bot.Change{}, &bot.UserError{Template: "error.forbidden", Data: bot.Forbidden{Command: c.title(s), Roles: names}} // a deputy makes no deputies
	}
	word, more := firstWord(rest)
	if is(fold(strings.TrimRight(word, ".!")), endWords) && more == "" {
		return c.endDeputies(s, p), nil
	}
	return c.nameDeputy(s, p, rest)
}

// showDeputies says who stands in.
func (c call) showDeputies(s bot.Snapshot, p bot.Project) (bot.Change, error) {
	if !c.shows(s, p.ID) {
		return c.elsewhere(s, "room", p), nil
	}
	return c.reply("deputies shown", "reply.deputies", bot.Deputies{Project: nameOf(p), Leads: s.Persons(p.Leads), Current: deputies(s, p)}), nil
}

// deputies are those who stand in, now or later.
func deputies(s bot.Snapshot, p bot.Project) []bot.DeputyLine {
	var lines []bot.DeputyLine
	for _, d := range p.Deputies {
		if !d.Until.Before(s.Today()) {
			lines = append(lines, deputyLine(s, d))
		}
	}
	slices.SortStableFunc(lines, func(a, b bot.DeputyLine) int { return a.From.Compare(b.From) })
	return lines
}

func deputyLine(s bot.Snapshot, d bot.Deputy) bot.DeputyLine {
	return bot.DeputyLine{Person: s.Persons([]bot.PersonID{d.Person})[0], From: d.From, Until: d.Until, Acting: d.Covers(s.Today())}
}

// endDeputies ends every deputy's time.
func (c call) endDeputies(s bot.Snapshot, p bot.Project) bot.Change {
	data := c.deputyData(s, p)
	data.Ended = deputies(s, p)
	if len(data.Ended) == 0 {
		return c.reply("no deputy to end", "reply.deputy", data)
	}
	p.Deputies = nil
	change := bot.Change{Reason: "deputies ended", Projects: []bot.Project{p}}
	bot.Redraw(s, &change)
	c.tell(s, &change, "reply.deputy", data, data)
	return change
}

// nameDeputy names a deputy for a span. A reason is refused: it is nobody's
// business, and least of all ours.
func (c call) nameDeputy(s bot.Snapshot, p bot.Project, text string) (bot.Change, error) {
	today := s.Today()
	who, when := splitSpan(marks(c.event.Mentions, text), today)
	person, err := c.person(s, who, true)
	if err != nil {
		return bot.Change{}, err
	}
	if slices.Contains(p.Leads, person.ID) {
		return bot.Change{}, c.refuse(s, "otherperson", person.Name)
	}
	span, rest, ok := readSpan(when, today)
	switch {
	case !ok:
		return bot.Change{}, c.wrong(s, "span", c.unmarked(when))
	case strings.Trim(rest, " .!,") != "":
		return bot.Change{}, c.refuse(s, "noreason", "") // and it is not repeated
	case span.until.Before(span.from), span.until.Before(today):
		return bot.Change{}, c.wrong(s, "span", when)
	}
	d := bot.Deputy{Person: person.ID, From: span.from, Until: span.until}
	data := c.deputyData(s, p)
	var kept []bot.Deputy
	for _, old := range p.Deputies {
		switch {
		case old.Until.Before(today): // over: not kept
		case old.Until.Before(d.From) || old.From.After(d.Until):
			kept = append(kept, old)
		case old.Person != d.Person:
			data.Ended = append(data.Ended, deputyLine(s, old))
		}
	}
	p.Deputies = append(kept, d)
	change := bot.Change{Reason: "deputy named", Projects: []bot.Project{p}}
	bot.Redraw(s, &change)
	settle([]found{person}, &change)
	data.Set = &bot.DeputyLine{Person: person.Person, From: d.From, Until: d.Until, Acting: d.Covers(today)}
	c.tell(s, &change, "reply.deputy", data, data)
	return change, nil
}

func (c call) deputyData(s bot.Snapshot, p bot.Project) bot.Deputies {
	data := bot.Deputies{Project: nameOf(p), Leads: s.Persons(p.Leads), PMO: p.RoleOf(s.Person.ID, s.Today()) == ""}
	if running(s) && s.Round.State == bot.RoundOpen {
		data.Running, data.Deadline = true, s.Round.Deadline().In(s.Settings.Zone)
	}
	return data
}

// tell answers, and says there (nearly) the same in the project's own room if that
// is another one. Whoever is mentioned shall notice.
func (c call) tell(s bot.Snapshot, change *bot.Change, template string, data, there any) {
	post := bot.Reply(c.event, 0, template, data)
	post.Quiet = false
	change.Posts = append(change.Posts, post)
	post.Data = there
	if room := s.ProjectRoom; room.ID != "" && room.ID != c.event.Room && room.Joined {
		post.Room, post.Thread, post.ReplyTo = room.ID, bot.Target{}, bot.Target{}
		post.Key = bot.NewKey("reply", string(c.event.ID), "0", string(room.ID))
		change.Posts = append(change.Posts, post)
	}
}
