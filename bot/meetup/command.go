package meetup

import (
	"fmt"
	"slices"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
)

// This file is what the commands do: !meetup. Who may is theirs to say; what makes sense in
// the meetup's state is said here, by a *bot.UserError. The snapshots need Meetups,
// AllMeetups, AllNetworks and Rounds.

// Refused is the error for something that does not go: why is a case of the template
// error.meetup.
func Refused(s bot.Snapshot, why string, at time.Time) error {
	data := bot.BadMeetup{Why: why, Now: s.Now.In(s.Settings.Zone)}
	if s.Network != nil {
		data.Network = s.Network.Name
	}
	if !at.IsZero() {
		data.At = at.In(s.Settings.Zone)
	}
	for _, n := range s.Networks {
		data.Networks = append(data.Networks, n.Name)
	}
	return &bot.UserError{Template: "error.meetup", Data: data}
}

// on is a draft about one of the network's meetups, which may have no row yet.
func on(s bot.Snapshot, e bot.Event, m bot.Meetup) *draft {
	s.Meetup = &m
	return newDraft(s, e)
}

// ahead refuses what can only be said of a meetup before it begins.
func (d *draft) notBegun() error {
	switch {
	case d.m.State == bot.MeetupCancelled:
		return Refused(d.Snapshot, "cancelled", d.m.At)
	case !d.m.State.Ahead() || !d.m.At.After(d.Now):
		return Refused(d.Snapshot, "over", d.m.At)
	}
	return nil
}

// free checks that the network can meet at an instant, as far as its own meetups go.
func (d *draft) free(at time.Time, length time.Duration, except bot.MeetupID) error {
	if !at.After(d.Now) {
		return Refused(d.Snapshot, "past", at)
	}
	for _, m := range Next(d.Snapshot, mostAhead*2) {
		if m.ID != except && m.State.Open() && overlap(at, at.Add(length), m.At, m.End()) {
			return Refused(d.Snapshot, "taken", m.At)
		}
	}
	return nil
}

// Move gives a meetup another date. The rule stays.
func Move(s bot.Snapshot, e bot.Event, m bot.Meetup, to time.Time, reason string) (bot.Change, error) {
	d := on(s, e, m)
	if err := d.notBegun(); err != nil {
		return bot.Change{}, err
	}
	if to.Equal(m.At) {
		return bot.Change{}, Refused(s, "same", m.At)
	}
	if err := d.free(to, m.Length, m.ID); err != nil {
		return bot.Change{}, err
	}
	was := *d.m
	d.m.From, d.m.At, d.m.Shifted, d.m.Reason = was.At, to, "", d.because(reason)
	if d.m.State == bot.MeetupAnnounced {
		d.m.Moves++
		d.m.Told = nil // it is said anew, for the new date
		d.changed(was)
	}
	d.timers()
	d.clashes()
	d.finish("meetup moved")
	return d.c, nil
}

// Cancel calls a meetup off.
func Cancel(s bot.Snapshot, e bot.Event, m bot.Meetup, reason string) (bot.Change, error) {
	d := on(s, e, m)
	if err := d.notBegun(); err != nil {
		return bot.Change{}, err
	}
	was := *d.m
	d.to(bot.MeetupCancelled)
	d.m.Reason = d.because(reason) // who planned to come is forgotten when it would have begun
	if was.State == bot.MeetupAnnounced {
		d.changed(was)
	}
	d.timers()
	d.c.Timers = append(d.c.Timers, planTimer(d.m.Network, d.Now))
	d.finish("meetup called off")
	return d.c, nil
}

// Add adds a meetup to the rule's; one that was called off for that time stands again.
func Add(s bot.Snapshot, e bot.Event, at time.Time) (bot.Change, error) {
	d := newDraft(s, e)
	if err := d.free(at, d.Network.Length, ""); err != nil {
		return bot.Change{}, err
	}
	for i := range d.Meetups {
		if m := &d.Meetups[i]; m.State == bot.MeetupCancelled && m.At.Equal(at) {
			d.m = m
			d.again()
			return d.c, nil
		}
	}
	day := d.day(at)
	m := bot.Meetup{
		ID: bot.MeetupID(fmt.Sprintf("%s-%s", d.Network.ID, day)), Network: d.Network.ID, Planned: day, At: at, Zone: d.Settings.Zone.String(),
		Length: d.Network.Length, Link: d.Network.Link, Hosts: slices.Clone(d.Network.Hosts), State: bot.MeetupPlanned, Extra: true,
	}
	taken := func(id bot.MeetupID) bool {
		return slices.ContainsFunc(d.Meetups, func(o bot.Meetup) bool { return o.ID == id })
	}
	for n := 2; taken(m.ID) || m.ID == d.ruled(day); n++ {
		m.ID = bot.MeetupID(fmt.Sprintf("%s-%s-%d", d.Network.ID, day, n))
	}
	d.m = &m
	d.timers()
	d.clashes()
	d.finish("meetup added")
	return d.c, nil
}

// ruled is the id of the rule's own meetup planned for a day, which has no row yet; "" if
// there is none.
func (d *draft) ruled(day calendar.Date) bot.MeetupID {
	for m := range byRule(d.Snapshot) {
		if m.Planned == day {
			return m.ID
		}
		if m.Planned.After(day) {
			break
		}
	}
	return ""
}

// again lets a meetup that was called off stand.
func (d *draft) again() {
	was := *d.m
	d.m.Reason, d.m.Off = bot.Said{}, false
	if d.m.Announced.IsZero() {
		d.to(bot.MeetupPlanned)
		d.m.Extra = true // whatever the rule says
	} else {
		d.to(bot.MeetupAnnounced)
		d.changed(was)
	}
	d.timers()
	d.clashes()
	d.finish("cancelled meetup stands again")
}

// SetLink gives one meetup a link of its own.
func SetLink(s bot.Snapshot, e bot.Event, m bot.Meetup, link string) (bot.Change, error) {
	return change(s, e, m, "meetup has another link", func(m *bot.Meetup) { m.Link, m.OwnLink = link, true })
}

// SetHosts gives one meetup hosts of its own.
func SetHosts(s bot.Snapshot, e bot.Event, m bot.Meetup, hosts []bot.PersonID) (bot.Change, error) {
	return change(s, e, m, "meetup has another host", func(m *bot.Meetup) { m.Hosts, m.OwnHosts = hosts, true })
}

// change changes something of a meetup before it begins; who knows of it is told.
func change(s bot.Snapshot, e bot.Event, m bot.Meetup, reason string, do func(*bot.Meetup)) (bot.Change, error) {
	d := on(s, e, m)
	if err := d.notBegun(); err != nil {
		return bot.Change{}, err
	}
	was := *d.m
	do(d.m)
	if d.m.Link == was.Link && slices.Equal(d.m.Hosts, was.Hosts) {
		return bot.Change{}, Refused(s, "same", m.At)
	}
	if d.m.State == bot.MeetupAnnounced {
		d.changed(was)
	}
	d.timers()
	d.finish(reason)
	return d.c, nil
}

// because makes a reason of words; "" is none.
func (d *draft) because(words string) bot.Said {
	if words = bot.Clean(words); words == "" {
		return bot.Said{}
	}
	return d.say(words)
}

// Line is a meetup in a list.
func Line(s bot.Snapshot, m bot.Meetup) bot.MeetupLine {
	d := &draft{Snapshot: s, m: &m}
	l := bot.MeetupLine{
		Network: d.nameOf(m.Network), At: d.local(m.At), End: d.local(m.End()), State: m.State, Planned: m.Planned, From: d.local(m.From), Shifted: m.Shifted,
		Extra: m.Extra, Reason: m.Reason.Text, Hosts: d.Persons(m.Hosts),
	}
	if s.Network != nil && s.Network.ID == m.Network {
		l.Network = s.Network.Name
	}
	return l
}
