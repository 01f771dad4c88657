package meetup

import (
	"slices"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
	"lotse/bot/escalation"
)

// Needs says what the decision about an event needs.
func Needs(e bot.Event) bot.Query {
	q := escalation.Needs(e)
	q.Meetups = e.Kind == bot.EventDeletion // it may be of any of them
	return q
}

// Decide decides about what somebody did, unless it was a command: what is about a meetup
// here, the rest in package escalation.
func Decide(s bot.Snapshot, e bot.Event) (bot.Change, error) {
	d := newDraft(s, e)
	c, mine, err := d.event()
	if !mine && err == nil {
		return escalation.Decide(s, e)
	}
	return s.Proven(e, c, err)
}

// TimerNeeds says what the decision about a timer needs.
func TimerNeeds(t bot.Timer) bot.Query {
	switch {
	case t.Subject.Meetup != "":
		return bot.Query{Meetup: t.Subject.Meetup, Meetups: true}
	case t.Kind == bot.TimerMeetups && t.Subject.Network == "":
		return bot.Query{AllNetworks: true, Archived: true}
	case t.Kind == bot.TimerMeetups:
		return bot.Query{Network: t.Subject.Network, Meetups: true, AllMeetups: true, AllNetworks: true, Rounds: true, Members: true}
	}
	return escalation.TimerNeeds(t)
}

// Due decides about what time brings.
func Due(s bot.Snapshot, t bot.Timer) (bot.Change, error) {
	switch {
	case t.Subject.Meetup == "" && t.Kind != bot.TimerMeetups:
		return escalation.Due(s, t)
	case t.Kind == bot.TimerMeetups && t.Subject.Network == "":
		return planAll(s), nil
	}
	d := newDraft(s, bot.Event{})
	if t.Kind == bot.TimerMeetups {
		d.plan()
		return d.c, nil
	}
	if d.m == nil || d.m.ID != t.Subject.Meetup || d.Network == nil {
		return bot.Change{Reason: "no such meetup any more"}, nil
	}
	switch t.Kind {
	case bot.TimerAnnounce:
		d.announce(t)
	case bot.TimerWeek:
		d.remind(t, bot.SaidWeek)
	case bot.TimerEve:
		d.remind(t, bot.SaidAgenda)
	case bot.TimerSoon:
		d.soon(t)
	case bot.TimerBegin:
		d.begin()
	case bot.TimerEnd:
		d.end(t)
	case bot.TimerKept:
		d.kept()
	case bot.TimerDraw:
		d.finish("shown again")
	}
	return d.c, nil
}

// Follow adds to a decision what follows from it for meetups: a network's room gets what
// the others have, a changed network or check is looked at for what it does to dates.
func Follow(s bot.Snapshot, e *bot.Event, c *bot.Change) error {
	if err := escalation.Follow(s, e, c); err != nil {
		return err
	}
	for _, room := range c.Rooms {
		if room.Kind == bot.RoomNetwork && room.Joined && room.Network != "" {
			c.Timers = append(c.Timers, planTimer(bot.NetworkSlug(room.Network), s.Now))
		}
	}
	for _, n := range c.Networks {
		c.Timers = append(c.Timers, planTimer(n.ID, s.Now))
	}
	if len(c.Merges) > 0 { // two have one vote
		for _, m := range s.AllMeetups {
			d := draft{Snapshot: s, m: &m}
			d.redraw()
			c.Timers = append(c.Timers, d.c.Timers...)
		}
	}
	for _, m := range c.Meetups {
		if m.Version == 0 { // topics may wait for it
			c.Timers = append(c.Timers, planTimer(m.Network, s.Now))
			break
		}
	}
	if slices.ContainsFunc(c.Rounds, func(r bot.Round) bool { return rescheduled(s, r) }) {
		c.Timers = append(c.Timers, Begin(s.Now))
	}
	return nil
}

// rescheduled reports whether a check's time is new.
func rescheduled(s bot.Snapshot, r bot.Round) bool {
	if s.Round != nil && s.Round.ID == r.ID {
		return !s.Round.Check.Equal(r.Check)
	}
	for _, was := range s.Rounds {
		if was.ID == r.ID {
			return !was.Check.Equal(r.Check)
		}
	}
	return r.Version == 0
}

// draft is a decision in the making: the snapshot it works on and the change that grows
// from it.
type draft struct {
	bot.Snapshot
	e bot.Event
	m *bot.Meetup // what it is about
	c bot.Change
	// fresh are the messages that may be made; all others are only edited.
	fresh map[string]bool
}

func newDraft(s bot.Snapshot, e bot.Event) *draft {
	d := &draft{Snapshot: s, e: e, m: s.Meetup, fresh: map[string]bool{}}
	if d.m != nil {
		for i := range d.Meetups { // there is one of it, whichever way it is looked at
			if d.Meetups[i].ID == d.m.ID {
				d.Meetups[i] = *d.m
				d.m = &d.Meetups[i]
			}
		}
	}
	return d
}

// finish ends a decision: the row, and every message that shows it.
func (d *draft) finish(reason string) {
	d.c.Reason = reason
	d.save()
	d.show()
}

// save keeps the meetup although nothing that shows has changed.
func (d *draft) save() {
	for i := range d.c.Meetups {
		if d.c.Meetups[i].ID == d.m.ID {
			d.c.Meetups[i] = *d.m
			return
		}
	}
	d.c.Meetups = append(d.c.Meetups, *d.m)
}

// key is the key of a message or timer about the meetup.
func (d *draft) key(parts ...string) bot.Key {
	return bot.NewKey(append([]string{"meetup", string(d.m.ID)}, parts...)...)
}

// subject is what messages and timers of the meetup are about.
func (d *draft) subject() bot.Subject { return bot.Subject{Network: d.m.Network, Meetup: d.m.ID} }

// timer sets a timer of the meetup, or stops it.
func (d *draft) timer(kind bot.TimerKind, at time.Time) {
	d.c.Set(bot.Timer{Key: d.key(string(kind)), Kind: kind, At: at, Subject: d.subject()})
}

// local is an instant in the city's zone; the zero time stays.
func (d *draft) local(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(d.Settings.Zone)
}

// day is an instant's local date.
func (d *draft) day(t time.Time) calendar.Date { return calendar.DateOf(t.In(d.Settings.Zone)) }
