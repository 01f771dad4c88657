package commands

import (
	"strings"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
	"lotse/bot/escalation"
)

// pauseProject stops asking a project, until a day or until it is resumed.
func (c call) pauseProject(s bot.Snapshot) (bot.Change, error) {
	p, rest, err := c.subject(s, false)
	if err != nil {
		return bot.Change{}, err
	}
	if err := c.alive(s, p); err != nil {
		return bot.Change{}, err
	}
	if err := c.released(s, p); err != nil {
		return bot.Change{}, err
	}
	before := p
	p.State, p.Until = bot.ProjectPaused, calendar.Date{}
	if rest != "" {
		head := spanUntil.FindString(rest)
		day, more, ok := readDay(rest[len(head):], s.Today())
		switch {
		case head == "" && !ok:
			return bot.Change{}, c.noProject(s, rest)
		case !ok || strings.Trim(more, " .!,") != "" || day.Before(s.Today()):
			return bot.Change{}, c.wrong(s, "until", rest)
		}
		p.Until = day.AddDays(1) // «bis 31.1.»: that day is still free
	}
	return c.stated(s, before, p), nil
}

// resumeProject has a paused or archived project asked again.
func (c call) resumeProject(s bot.Snapshot) (bot.Change, error) {
	p, err := c.only(s)
	if err != nil {
		return bot.Change{}, err
	}
	if err := c.released(s, p); err != nil {
		return bot.Change{}, err
	}
	before := p
	p.State, p.Until, p.Unreleased = bot.ProjectActive, calendar.Date{}, false
	if !before.Unreleased || len(s.RoomsOf(bot.RoomDIKON)) == 0 {
		return c.stated(s, before, p), nil
	}
	p.State = bot.ProjectRequested
	change := c.stated(s, before, p)
	escalation.Release(s, c.event, &change)
	return change, nil
}

// released refuses what is about a project that DIKON has not released yet.
func (c call) released(s bot.Snapshot, p bot.Project) error {
	if p.State != bot.ProjectRequested {
		return nil
	}
	return c.refuseLike(s, "requested", p.Name, text{"!projekt freigeben " + string(p.ID), "!project release " + string(p.ID)})
}

// releaseProject records that DIKON has released a new project elsewhere.
func (c call) releaseProject(s bot.Snapshot) (bot.Change, error) {
	p, err := c.only(s)
	if err != nil {
		return bot.Change{}, err
	}
	if p.State != bot.ProjectRequested {
		return bot.Change{}, c.refuse(s, "released", p.Name)
	}
	change, err := escalation.Released(s, c.event)
	if err != nil {
		return bot.Change{}, err
	}
	data := bot.ProjectStated{Project: nameOf(p), State: bot.ProjectActive, Before: p.State, Running: running(s) && s.Round.State == bot.RoundOpen}
	change.Posts = append(change.Posts, bot.Reply(c.event, 0, "reply.project.state", data))
	return change, nil
}

// archiveProject takes a project off the board; it is kept, and can come back.
func (c call) archiveProject(s bot.Snapshot) (bot.Change, error) {
	p, err := c.only(s)
	if err != nil {
		return bot.Change{}, err
	}
	before := p
	p.State, p.Until = bot.ProjectArchived, calendar.Date{}
	p.Unreleased = p.Unreleased || before.State == bot.ProjectRequested
	change := c.stated(s, before, p)
	escalation.Retract(s, c.event, &change)
	return change, nil
}

// stated ends a change of a project's state, and says how to take it back.
func (c call) stated(s bot.Snapshot, before, p bot.Project) bot.Change {
	data := bot.ProjectStated{Project: nameOf(p), State: p.State, Before: state(s, before), Resumes: p.Until, Running: running(s) && s.Round.State == bot.RoundOpen}
	if before.State == p.State && before.Until == p.Until {
		data.Same = true
		return c.reply("project was "+string(p.State)+" already", "reply.project.state", data)
	}
	if p.State == bot.ProjectRequested {
		data.Release = s.NextNumber()
	}
	data.Asked = data.Running && s.Report != nil && s.Report.Round == s.Round.ID
	german := lang(s) != bot.English
	verb, ok := map[bot.ProjectState]text{
		bot.ProjectActive:   {"!projekt weiter ", "!project resume "},
		bot.ProjectPaused:   {"!projekt pause ", "!project pause "},
		bot.ProjectArchived: {"!projekt archiv ", "!project archive "},
	}[data.Before]
	if ok {
		data.Undo = verb.in(lang(s)) + string(p.ID)
	}
	if data.Before == bot.ProjectPaused && !before.Until.IsZero() {
		until := text{" bis ", " until "}
		data.Undo += until.in(lang(s)) + dayIn(before.Until.AddDays(-1), german)
	}
	change := bot.Change{Reason: "project is " + string(p.State), Projects: []bot.Project{p}}
	bot.Redraw(s, &change)
	there := data
	there.Undo = "" // it is not for those who read it there
	c.tell(s, &change, "reply.project.state", data, there)
	return change
}

// dayIn writes a day as it can be typed.
func dayIn(d calendar.Date, german bool) string {
	if german {
		return d.At(calendar.Clock{Hour: 12}, time.UTC).Format("02.01.2006")
	}
	return d.String()
}
