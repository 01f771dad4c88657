package meetup

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
)

// How far ahead meetups have a row and timers: so many of a network's rule, and those that
// are announced within some weeks, but not too many.
const (
	ahead     = 2
	mostAhead = 8
	weeks     = 4
	again     = 14 // days until it is looked at again, if nothing happens before
	horizon   = 800
)

// Begin is the timer with which the bot begins: the configuration may be another one, and
// time has passed.
func Begin(now time.Time) bot.Timer {
	return bot.Timer{Key: bot.NewKey("networks", "plan"), Kind: bot.TimerMeetups, At: now}
}

func planTimer(id bot.NetworkID, at time.Time) bot.Timer {
	return bot.Timer{Key: bot.NewKey("network", string(id), "plan"), Kind: bot.TimerMeetups, At: at, Subject: bot.Subject{Network: id}}
}

// planAll has every network planned, one by one.
func planAll(s bot.Snapshot) (c bot.Change) {
	for _, n := range s.Networks {
		c.Timers = append(c.Timers, planTimer(n.ID, s.Now))
	}
	c.Reason = "every network is planned"
	return c
}

// Next returns the meetups of the snapshot's network that are ahead or take place, by date,
// those that were called off among them: those with a row, and those of the rule that come
// next, n in all. The snapshot needs Meetups.
func Next(s bot.Snapshot, n int) []bot.Meetup {
	if s.Network == nil {
		return nil
	}
	var all []bot.Meetup
	rows := map[bot.MeetupID]bool{}
	for _, m := range s.Meetups {
		rows[m.ID] = true
		if m.State.Open() || m.State == bot.MeetupCancelled && m.At.After(s.Now) && !(m.Off && m.Shifted == "") {
			all = append(all, m)
		}
	}
	found := 0
	for m := range byRule(s) {
		if !rows[m.ID] {
			all = append(all, m)
			if found++; found >= n {
				break
			}
		}
	}
	slices.SortStableFunc(all, func(a, b bot.Meetup) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return all[:min(n, len(all))]
}

// byRule walks the meetups to come by the network's rule, as they would be planned now.
func byRule(s bot.Snapshot) func(func(bot.Meetup) bool) {
	return func(yield func(bot.Meetup) bool) {
		rhythm, err := s.Network.Rhythm(s.Settings.Zone)
		if err != nil || s.Network.Archived {
			return // it was looked at when it was written
		}
		today := s.Today()
		for o := range calendar.Occurrences(rhythm, s.Settings.Days, s.Network.Shift, today.AddDays(-14), today.AddDays(horizon)) {
			if o.At.After(s.Now) && !yield(planned(s, o)) {
				return
			}
		}
	}
}

// Meets reports whether a network ever meets by its rule: there are days, and some of them are not left out as days off.
func Meets(s bot.Snapshot, n bot.Network) bool {
	s.Network = &n
	for m := range byRule(s) {
		if m.State == bot.MeetupPlanned {
			return true
		}
	}
	return false
}

// planned is a meetup of the rule that has no row yet.
func planned(s bot.Snapshot, o calendar.Occurrence) bot.Meetup {
	n := s.Network
	m := bot.Meetup{
		ID: bot.MeetupID(fmt.Sprintf("%s-%s", n.ID, o.Planned)), Network: n.ID, Planned: o.Planned, At: o.At, Zone: s.Settings.Zone.String(),
		Length: n.Length, Link: n.Link, Hosts: slices.Clone(n.Hosts), State: bot.MeetupPlanned, Shifted: o.Reason,
	}
	if o.Skipped {
		m.State, m.Off = bot.MeetupCancelled, true
	}
	return m
}

// plan sees that the network's next meetups stand, with their timers, and that what stands
// is in line with the network. The PMO is told of what a holiday changes, and of what falls
// together.
func (d *draft) plan() {
	d.c.Reason = "meetups planned"
	if d.Network == nil {
		return
	}
	rows := map[bot.MeetupID]bool{}
	for i := range d.Meetups {
		rows[d.Meetups[i].ID] = true
		d.m = &d.Meetups[i]
		d.replan()
	}
	d.carry()
	if d.Network.Archived {
		return
	}
	d.outside()
	stand, off := 0, 0
	enough := d.Today().AddDays(d.Settings.Meetups.Announce+7*weeks).At(calendar.Clock{}, d.Settings.Zone)
	for _, m := range d.Meetups {
		if m.State.Ahead() && !m.Extra {
			stand++
		}
		if m.Off && m.Shifted != "" && m.At.After(d.Now) {
			off++
		}
	}
	for m := range byRule(d.Snapshot) {
		if stand >= mostAhead || off >= mostAhead || stand >= ahead && m.At.After(enough) {
			break
		}
		if rows[m.ID] {
			continue
		}
		if m.Off {
			off++
		} else {
			stand++
		}
		d.m = &m
		d.timers()
		d.tellShifted()
		d.save()
		d.clashes()
	}
	d.c.Timers = append(d.c.Timers, planTimer(d.Network.ID, d.Now.AddDate(0, 0, again)))
}

// outside tells the PMO of hosts who read nothing of their meetups, whenever the network was
// written anew: by a table, or in the configuration. Who does so in chat reads it in the
// answer.
func (d *draft) outside() {
	n := d.Network
	people := d.Outside(d.Persons(n.Hosts))
	if len(people) == 0 || n.Origin == bot.FromChat {
		return
	}
	for _, room := range d.RoomsOf(bot.RoomPMO) {
		d.c.Put(bot.Post{
			Key:  bot.NewKey("network", string(n.ID), "outside", strconv.FormatInt(n.Version, 10), string(room.ID)),
			Kind: kindOutside, Subject: bot.Subject{Network: n.ID}, Room: room.ID,
			Template: "meetup.outside", Data: bot.MeetupOutside{Network: n.ID, Name: n.Name, People: people},
		})
	}
}

// replan brings a meetup in line with the network. Its date follows the rule as long as
// nobody was told and nobody has given it another one, and how long it takes as long as nobody
// was told; link and hosts as long as nobody has given it its own.
func (d *draft) replan() {
	m, was := d.m, *d.m
	if !m.State.Ahead() && !(m.Off && m.At.After(d.Now)) {
		return
	}
	if (m.State == bot.MeetupPlanned || m.Off) && !m.Extra && m.From.IsZero() && m.At.After(d.Now) {
		fresh := *m
		fresh.State, fresh.Off, fresh.Shifted = bot.MeetupCancelled, true, "" // unless the rule has it
		if rhythm, err := d.Network.Rhythm(d.Settings.Zone); err == nil && !d.Network.Archived {
			for o := range calendar.Occurrences(rhythm, d.Settings.Days, d.Network.Shift, m.Planned, m.Planned) {
				by := planned(d.Snapshot, o)
				fresh.At, fresh.Length, fresh.State, fresh.Off, fresh.Shifted = by.At, by.Length, by.State, by.Off, by.Shifted
			}
		}
		*m = fresh
	}
	if m.State.Ahead() {
		if !m.OwnLink {
			m.Link = d.Network.Link
		}
		if !m.OwnHosts {
			m.Hosts = slices.Clone(d.Network.Hosts)
		}
	}
	if m.State == bot.MeetupPlanned {
		m.Length = d.Network.Length
	}
	d.clashes()
	switch {
	case m.State == bot.MeetupAnnounced: // a room may have come to be the network's, too
		if m.Link != was.Link || !slices.Equal(m.Hosts, was.Hosts) {
			d.changed(was)
		}
		d.finish(d.c.Reason)
	case m.State != was.State || m.Shifted != was.Shifted || !m.At.Equal(was.At) || m.Length != was.Length || m.Link != was.Link || !slices.Equal(m.Hosts, was.Hosts):
		d.timers()
		if m.Shifted != was.Shifted || m.State != was.State {
			d.tellShifted()
		}
		d.save()
	case m.State == bot.MeetupPlanned: // by the rules of today it may be announced at another time
		d.timers()
	}
}

// tellShifted tells the PMO that a holiday moves a meetup or leaves it out.
func (d *draft) tellShifted() {
	if d.m.Shifted == "" {
		return
	}
	data := d.card()
	d.toPMO(bot.Post{Key: d.key("shifted"), Kind: kindShifted, Template: "meetup.shifted", Data: data})
}

// usual is how long a check takes if nobody has said.
const usual = time.Hour

// clashes points out to the PMO what is at the same time as the meetup: a check, or the
// meetup of another network. Each pair is pointed out once.
func (d *draft) clashes() {
	m := d.m
	if !m.State.Ahead() {
		return
	}
	data := bot.MeetupClash{Network: d.Network.Name, At: d.local(m.At), End: d.local(m.End()), Now: d.local(d.Now)}
	tell := func(first bot.MeetupID, with string, at time.Time) {
		key := bot.NewKey("meetup", string(first), "clash", with, strconv.FormatInt(max(m.At.Unix(), at.Unix()), 36))
		d.toPMO(bot.Post{Key: key, Kind: kindClash, Template: "meetup.clash", Data: data, Expires: m.At})
	}
	for _, r := range bot.PlanRounds(d.Snapshot, 2*mostAhead) {
		length := cmp.Or(d.Settings.Length, usual)
		if r.State != bot.RoundCancelled && overlap(m.At, m.End(), r.Check, r.Check.Add(length)) {
			data.Check, data.Other, data.OtherAt = true, "", d.local(r.Check)
			tell(m.ID, string(r.ID), r.Check)
		}
	}
	for _, o := range d.AllMeetups {
		if o.Network == m.Network || !o.State.Ahead() || !overlap(m.At, m.End(), o.At, o.End()) {
			continue
		}
		data.Check, data.Other, data.OtherAt = false, d.nameOf(o.Network), d.local(o.At)
		if o.ID < m.ID { // the same message, whichever of both is looked at
			data.Network, data.Other = data.Other, data.Network
			data.At, data.End, data.OtherAt = d.local(o.At), d.local(o.End()), d.local(m.At)
		}
		tell(min(m.ID, o.ID), string(max(m.ID, o.ID)), o.At)
		data.Network, data.At, data.End = d.Network.Name, d.local(m.At), d.local(m.End())
	}
}

func overlap(from, until, otherFrom, otherUntil time.Time) bool {
	return from.Before(otherUntil) && otherFrom.Before(until)
}

// nameOf is what people call a network.
func (d *draft) nameOf(id bot.NetworkID) string {
	for _, n := range d.Networks {
		if n.ID == id {
			return n.Name
		}
	}
	return string(id)
}
