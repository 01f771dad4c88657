package meetup

import (
	"slices"
	"strconv"

	"lotse/bot"
)

// The kinds of messages, for the trace.
const (
	kindAnnouncement bot.Kind = "meetup.announcement"
	kindAgenda       bot.Kind = "meetup.agenda"
	kindWeek         bot.Kind = "meetup.week"
	kindSoon         bot.Kind = "meetup.soon"
	kindChanged      bot.Kind = "meetup.changed"
	kindAsk          bot.Kind = "meetup.ask"
	kindNotes        bot.Kind = "meetup.notes"
	kindShifted      bot.Kind = "meetup.shifted"
	kindClash        bot.Kind = "meetup.clash"
	kindOutside      bot.Kind = "meetup.outside"
	kindTopic        bot.Kind = "meetup.topic"
	kindCalendar     bot.Kind = "meetup.calendar"
)

// show writes every message about the meetup again: the outbox edits what has become
// different, and nothing is made that is not fresh. Once the meetup has begun, none of them
// invites any more. One function for each message.
func (d *draft) show() {
	d.showTopics()
	if !d.m.Announced.IsZero() { // or nobody was told of it
		d.showAnnouncement()
		d.showCalendar()
		d.showEditions(bot.SaidWeek, d.showWeek)
		d.showEditions(bot.SaidAgenda, d.showAgenda)
		d.showEditions(bot.SaidSoon, d.showSoon)
		d.showChanges()
	}
	if d.m.State == bot.MeetupOver || d.m.State == bot.MeetupDone {
		d.showAsk()
		d.showNotes()
	}
}

// showAnnouncement shows the date, and calls for topics. Who plans to come says so with a
// reaction here. A room that comes to be the network's gets it as long as the meetup is
// ahead.
func (d *draft) showAnnouncement() {
	p := bot.Post{Key: d.key("announcement"), Kind: kindAnnouncement, Template: "meetup.announcement", Data: d.card(), Expires: d.m.At}
	p.Form = &bot.Form{}
	if d.m.State == bot.MeetupAnnounced {
		d.fresh["announcement"] = true
	}
	if d.m.State.Ahead() {
		p.Seeds = []string{string(bot.ComingYes), string(bot.ComingNo), string(bot.ComingMaybe)}
		p.Form.Fields = []bot.Input{{Name: bot.InputTopic, Max: longestTopic}}
	}
	d.view("announcement", p)
}

// showCalendar shows the calendar file, in a message of its own: what a file says beside
// itself not every program shows, and it must not cost anybody the announcement.
func (d *draft) showCalendar() {
	name := string(d.m.Network)
	if d.Network != nil {
		name = d.Network.Name
	}
	date := d.m.Date(d.Settings, name, d.m.Announced)
	if d.fresh["announcement"] {
		d.fresh["calendar"] = true
	}
	d.view("calendar", bot.Post{Key: d.key("calendar"), Kind: kindCalendar, Template: "meetup.calendar", Data: d.card(), Date: &date, Expires: d.m.At})
}

// showWeek shows the reminder of a week before.
func (d *draft) showWeek(name string, card bot.MeetupCard) {
	d.view(name, bot.Post{Key: d.key(name), Kind: kindWeek, Template: "meetup.week", Data: card, Expires: d.at(bot.TimerEve)})
}

// showAgenda shows the reminder of the day before, with the agenda.
func (d *draft) showAgenda(name string, card bot.MeetupCard) {
	d.view(name, bot.Post{Key: d.key(name), Kind: kindAgenda, Template: "meetup.agenda", Data: card, Expires: d.m.At})
}

// showSoon shows that the meetup begins, with the link.
func (d *draft) showSoon(name string, card bot.MeetupCard) {
	d.view(name, bot.Post{Key: d.key(name), Kind: kindSoon, Template: "meetup.soon", Data: card, Expires: d.m.At.Add(late)})
}

// showAsk asks the host for summary and links: in the direct chat or, if no host has an
// account, in the PMO's rooms.
func (d *draft) showAsk() {
	p := bot.Post{Key: d.key("ask"), Kind: kindAsk, Template: "meetup.ask", Data: d.card(), EditOnly: !d.fresh["ask"]}
	p.Subject = d.subject()
	for _, who := range d.m.Asked {
		q := p
		q.User, q.Key = who, bot.NewKey(string(p.Key), string(who))
		d.c.Put(q)
	}
	if len(d.m.Asked) == 0 {
		d.toPMO(p)
	}
}

// showNotes shows what is kept of the meetup, once there is something.
func (d *draft) showNotes() {
	if d.m.Summary.Text != "" || len(d.m.More) > 0 || len(d.m.Links) > 0 {
		d.fresh["notes"] = true
	}
	p := bot.Post{Key: d.key("notes"), Kind: kindNotes, Template: "meetup.notes", Data: d.card()}
	d.view("notes", p)
}

// changed tells the network what is different from what it was told, in a message: nobody
// notices an edit.
func (d *draft) changed(was bot.Meetup) {
	d.m.Sequence++
	change := bot.MeetupChange{
		N: d.m.Sequence, Link: was.Link != d.m.Link, Hosts: !slices.Equal(was.Hosts, d.m.Hosts),
		Off: d.m.State == bot.MeetupCancelled, Again: was.State == bot.MeetupCancelled && d.m.State != was.State,
	}
	if !was.At.Equal(d.m.At) {
		change.Was = was.At
	}
	d.m.Changes = append(d.m.Changes, change)
	d.fresh[changeName(change)] = true
}

func changeName(c bot.MeetupChange) string { return "changed/" + strconv.Itoa(c.N) }

// showChanges shows what has changed since the announcement: each of these messages says
// what holds now, so that none is wrong after the next change.
func (d *draft) showChanges() {
	card := d.card()
	for _, change := range d.m.Changes {
		card.Was, card.NewLink, card.NewHosts, card.Again = d.local(change.Was), change.Link, change.Hosts, (change.Again || change.Off) && !card.Off()
		name := changeName(change)
		d.view(name, bot.Post{
			Key: d.key(name), Kind: kindChanged, Template: "meetup.changed", Data: card, ReplyTo: bot.Target{Key: d.key("announcement")}, Expires: d.m.At,
		})
	}
}

// edition is the name of a reminder: each move has its own.
func (d *draft) edition(what bot.MeetupSay) string { return editionName(what, d.m.Moves) }

func editionName(what bot.MeetupSay, n int) string {
	if n == 0 {
		return string(what)
	}
	return string(what) + "-" + strconv.Itoa(n)
}

// showEditions shows a reminder, and those before the meetup was moved, which say so.
func (d *draft) showEditions(what bot.MeetupSay, show func(name string, card bot.MeetupCard)) {
	card := d.card()
	for n := range d.m.Moves + 1 {
		card.Old = n < d.m.Moves
		show(editionName(what, n), card)
	}
}

// view puts a message into every room of the network. It is made if it is fresh, else only
// edited.
func (d *draft) view(what string, p bot.Post) {
	n := p.Subject.N
	p.Subject = d.subject()
	p.Subject.N = n
	p.EditOnly = !d.fresh[what]
	for _, room := range d.NetworkRooms {
		q := p
		q.Room, q.Key = room.ID, bot.NewKey(string(p.Key), string(room.ID))
		if q.ReplyTo.Key != "" {
			q.ReplyTo.Key = bot.NewKey(string(p.ReplyTo.Key), string(room.ID))
		}
		if q.Thread.Key != "" {
			q.Thread.Key = bot.NewKey(string(p.Thread.Key), string(room.ID))
		}
		d.c.Put(q)
	}
}

// toPMO puts a message into the PMO's rooms.
func (d *draft) toPMO(p bot.Post) {
	p.Subject = d.subject()
	for _, room := range d.RoomsOf(bot.RoomPMO) {
		q := p
		q.Room, q.Key = room.ID, bot.NewKey(string(p.Key), string(room.ID))
		d.c.Put(q)
	}
}

// card is the meetup in a text.
func (d *draft) card() bot.MeetupCard { return Card(d.Snapshot, *d.m) }

// Card is a meetup in a text. The snapshot's network must be its.
func Card(s bot.Snapshot, m bot.Meetup) bot.MeetupCard {
	d := &draft{Snapshot: s, m: &m}
	c := bot.MeetupCard{
		ID: m.ID, Network: string(m.Network), State: m.State, At: d.local(m.At), End: d.local(m.End()), Planned: m.Planned, From: d.local(m.From),
		Shifted: m.Shifted, Extra: m.Extra, Reason: d.line(m.Reason), Link: m.Link, Hosts: d.Persons(m.Hosts), Now: d.local(s.Now), Announced: d.local(m.Announced),
		Soon: s.Settings.Meetups.Soon, Plan: Count(m), Participants: m.Participants, Summary: d.line(m.Summary),
	}
	if s.Network != nil {
		c.Network = s.Network.Name
	}
	topics(&c, m, shownTopics)
	for _, said := range m.More {
		c.More = append(c.More, d.line(said))
	}
	for _, said := range m.Links {
		c.Links = append(c.Links, d.line(said))
	}
	for _, next := range Next(s, 3) {
		if next.ID != m.ID && next.State != bot.MeetupCancelled && next.At.After(m.At) {
			c.Next = d.local(next.At)
			break
		}
	}
	return c
}

// line is something that was said, in a text.
func (d *draft) line(said bot.Said) bot.SaidLine {
	l := bot.SaidLine{Text: said.Text, Gone: said.Gone, At: d.local(said.At)}
	if said.Room != "" {
		l.Link = bot.Link{Room: said.Room, Message: said.Message}
	}
	if said.By != "" {
		l.By = d.Persons([]bot.PersonID{said.By})[0]
	}
	return l
}
