package meetup

import (
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
)

// Step is one step of a meetup, at its instant.
type Step struct {
	Kind bot.TimerKind
	At   time.Time
}

// These say how long something is still of use, and for how long something is waited for.
const (
	late   = 5 * time.Minute     // after the beginning, the link is still of use
	keeps  = 14 * 24 * time.Hour // after the end, summary and links are waited for
	weekly = 7                   // days before, the reminder of a week
)

// Steps says when each step of a meetup comes, in order. Days are calendar days, those of
// them that are off are moved to the working day before.
func Steps(s *bot.Settings, m bot.Meetup) []Step {
	r, days, date := s.Meetups, s.Days, calendar.DateOf(m.At.In(s.Zone))
	on := func(day calendar.Date) time.Time {
		if !days.Working(day) {
			day = days.Add(day, -1)
		}
		return day.At(r.At, s.Zone)
	}
	steps := []Step{{bot.TimerAnnounce, on(date.AddDays(-r.Announce))}}
	if r.Week && r.Announce > weekly {
		steps = append(steps, Step{bot.TimerWeek, on(date.AddDays(-weekly))})
	}
	return append(steps,
		Step{bot.TimerEve, days.Add(date, -1).At(r.At, s.Zone)}, Step{bot.TimerSoon, m.At.Add(-r.Soon)},
		Step{bot.TimerBegin, m.At}, Step{bot.TimerEnd, m.End()}, Step{bot.TimerKept, m.End().Add(keeps)})
}

// at is when a step of the meetup comes, zero if it has none.
func (d *draft) at(kind bot.TimerKind) time.Time {
	for _, step := range Steps(d.Settings, *d.m) {
		if step.Kind == kind {
			return step.At
		}
	}
	return time.Time{}
}

// timers brings the meetup's timers in line with its state. What is past is not said any
// more, but for what the state waits for.
func (d *draft) timers() {
	for _, step := range Steps(d.Settings, *d.m) {
		at := step.At
		switch step.Kind {
		case bot.TimerAnnounce:
			if d.m.State != bot.MeetupPlanned {
				at = time.Time{}
			}
		case bot.TimerWeek:
			at = d.ahead(at, bot.SaidWeek)
		case bot.TimerEve:
			at = d.ahead(at, bot.SaidAgenda)
		case bot.TimerSoon:
			if at.Before(d.Now) && d.m.At.After(d.Now) {
				at = d.Now // moved to just now
			}
			at = d.ahead(at, bot.SaidSoon)
		case bot.TimerBegin:
			if !d.m.State.Ahead() && !(d.m.State == bot.MeetupCancelled && d.m.At.After(d.Now)) {
				at = time.Time{}
			}
		case bot.TimerEnd:
			if !d.m.State.Open() {
				at = time.Time{}
			}
		case bot.TimerKept:
			if d.m.State != bot.MeetupOver {
				at = time.Time{}
			}
		}
		d.timer(step.Kind, at)
	}
}

// ahead is when something is said about an announced meetup: at, unless that is past or
// was said.
func (d *draft) ahead(at time.Time, what bot.MeetupSay) time.Time {
	if d.m.State != bot.MeetupAnnounced || d.m.Says(what) || at.Before(d.Now) {
		return time.Time{}
	}
	return at
}

// announce tells the network, as long as the meetup is ahead.
func (d *draft) announce(t bot.Timer) {
	switch {
	case d.m.State != bot.MeetupPlanned:
		d.c.Reason = "announced already"
		return
	case !d.Now.Before(d.m.At):
		d.leaveOut(t)
		return
	}
	d.to(bot.MeetupAnnounced)
	d.m.Announced = d.Now
	d.fresh["announcement"] = true
	d.timers()
	d.finish("meetup announced")
}

// leaveOut leaves out what comes too late after a downtime; the PMO is told once.
func (d *draft) leaveOut(t bot.Timer) {
	d.c.Reason = "too late: left out"
	d.c.Dropped = append(d.c.Dropped, bot.Dropped{Kind: t.Kind, Subject: t.Subject, Due: t.At})
}

// remind says what is said before a meetup: a week before, or on the day before, with the
// agenda. Each is of use until the next one comes.
func (d *draft) remind(t bot.Timer, what bot.MeetupSay) {
	until := d.at(bot.TimerSoon)
	if what == bot.SaidWeek {
		until = d.at(bot.TimerEve)
	}
	switch {
	case d.m.State != bot.MeetupAnnounced || d.m.Says(what):
		d.c.Reason = "not to be said"
	case d.m.Announced.After(t.At):
		d.c.Reason = "the announcement, late itself, has said it"
	case !d.Now.Before(until):
		d.leaveOut(t)
	default:
		d.m.Told = append(d.m.Told, what)
		d.fresh[d.edition(what)] = true
		d.finish("reminded of the meetup")
	}
}

// soon says that the meetup begins, with the link.
func (d *draft) soon(t bot.Timer) {
	switch {
	case d.m.Announced.IsZero() || !d.m.State.Open() || d.m.Says(bot.SaidSoon):
		d.c.Reason = "not to be said"
	case d.Now.After(d.m.At.Add(late)):
		d.leaveOut(t)
	default:
		d.m.Told = append(d.m.Told, bot.SaidSoon)
		d.fresh[d.edition(bot.SaidSoon)] = true
		d.finish("said that the meetup begins")
	}
}

// begin forgets who planned to come, but for how many.
func (d *draft) begin() {
	switch {
	case d.m.State == bot.MeetupCancelled: // nor is it kept of one that was called off
		d.c.Timers = append(d.c.Timers, planTimer(d.m.Network, d.Now))
	case !d.m.State.Ahead():
		d.c.Reason = "not ahead any more"
		return
	default:
		d.to(bot.MeetupStarted)
	}
	d.m.Plan = Count(*d.m)
	d.m.Coming = nil
	d.freeze()
	d.timers()
	d.finish("meetup begins")
}

// Count is how many plan to come, each person once.
func Count(m bot.Meetup) (n bot.ComingCount) {
	if m.Coming == nil {
		return m.Plan
	}
	for i, c := range m.Coming {
		later := false
		for _, other := range m.Coming[i+1:] { // the last one counts
			later = later || other.Same(c.Voter)
		}
		switch {
		case later:
		case c.Answer == bot.ComingYes:
			n.Yes++
		case c.Answer == bot.ComingNo:
			n.No++
		case c.Answer == bot.ComingMaybe:
			n.Maybe++
		}
	}
	return n
}

// end asks the host for what is to be kept, as long as that is waited for.
func (d *draft) end(t bot.Timer) {
	if d.m.State != bot.MeetupStarted {
		d.c.Reason = "not running"
		return
	}
	d.to(bot.MeetupOver)
	d.presume()
	d.c.Timers = append(d.c.Timers, planTimer(d.m.Network, d.Now))
	if d.Now.After(d.m.End().Add(keeps)) {
		d.leaveOut(t)
		d.to(bot.MeetupDone)
		d.save()
		return
	}
	if who := d.host(); who != "" {
		d.m.Asks, d.m.Asked = who, append(d.m.Asked, who)
	}
	d.fresh["ask"] = true
	d.timers()
	d.finish("meetup over, the host is asked")
}

// host is the account of the first host who has one, "" if none has.
func (d *draft) host() bot.UserID {
	for _, id := range d.m.Hosts {
		if p := d.People[id]; len(p.Accounts) > 0 {
			return p.Accounts[0]
		}
	}
	return ""
}

// kept ends the waiting.
func (d *draft) kept() {
	if d.m.State != bot.MeetupOver {
		d.c.Reason = "nothing is waited for"
		return
	}
	d.to(bot.MeetupDone)
	d.m.Asks = ""
	d.finish("nothing more is waited for")
}
