package meetup

import (
	"slices"
	"strings"

	"lotse/bot"
)

// reaction decides about a reaction on a message about the meetup: whether somebody plans
// to come, or a vote for a topic. It counts where it was put on the message itself, in a
// room of the network: elsewhere somebody only says that it is on that message.
func (d *draft) reaction() (mine bool) {
	k := d.Target
	if k == nil || k.Subject.Meetup != d.m.ID {
		return false
	}
	if !d.inNetwork() || !d.m.State.Ahead() || !d.e.At.Before(d.m.At) { // the last if it was read late, after a downtime
		return true
	}
	emoji := bot.PlainEmoji(d.e.Emoji)
	here := k.Own && strings.HasSuffix(string(k.Key), "/"+string(d.e.Room))
	t := d.m.Topic(k.Subject.N)
	switch {
	case here && k.Kind == kindAnnouncement:
		d.comes(bot.ComingAnswer(emoji))
	case t == nil || emoji != string(bot.ComingYes) || t.LetGo():
	case here && k.Kind == kindTopic, !k.Own && k.Subject.Field == "" && t.Said.Message == k.Message && t.Said.Room == d.e.Room:
		d.vote(t)
	}
	return true
}

// comes notes that somebody plans to come, or not to. The last one of somebody's that
// stands counts.
func (d *draft) comes(answer bot.ComingAnswer) {
	if answer != bot.ComingYes && answer != bot.ComingNo && answer != bot.ComingMaybe {
		return
	}
	if slices.ContainsFunc(d.m.Coming, func(c bot.Coming) bool { return c.Message == d.e.Message }) {
		return
	}
	d.m.Coming = append(d.m.Coming, bot.Coming{Voter: d.voter(), Answer: answer, Message: d.e.Message, At: d.e.At})
	d.c.Reason = "somebody says whether they come"
	d.save()
}

// vote notes a vote for a topic.
func (d *draft) vote(t *bot.Topic) {
	if slices.ContainsFunc(t.Votes, func(v bot.TopicVote) bool { return v.Message == d.e.Message }) {
		return
	}
	t.Votes = append(t.Votes, bot.TopicVote{Voter: d.voter(), Message: d.e.Message})
	d.c.Reason = "a vote for a topic"
	d.save()
	d.redraw()
}

// unreact takes back a reaction, if it counted for something.
func (d *draft) unreact() (mine bool) {
	for _, m := range d.all() {
		coming, votes := len(m.Coming), 0
		m.Coming = slices.DeleteFunc(m.Coming, func(c bot.Coming) bool { return c.Message == d.e.Target && c.User == d.e.Sender })
		for i := range m.Topics {
			t := &m.Topics[i]
			before := len(t.Votes)
			t.Votes = slices.DeleteFunc(t.Votes, func(v bot.TopicVote) bool { return v.Message == d.e.Target && v.User == d.e.Sender })
			votes += before - len(t.Votes)
		}
		if coming == len(m.Coming) && votes == 0 {
			continue
		}
		d.m = m
		d.c.Reason = "a reaction was taken back"
		d.save()
		if votes > 0 {
			d.redraw()
		}
		return true
	}
	return false
}

// redraw has the agenda shown again, in a moment, if it stands already: many may vote at
// once.
func (d *draft) redraw() {
	if d.m.Says(bot.SaidAgenda) {
		d.c.Timers = append(d.c.Timers, bot.Timer{
			Key: d.key(string(bot.TimerDraw)), Kind: bot.TimerDraw, At: d.Now.Add(d.Settings.OverviewEvery), Subject: d.subject(), Earliest: true,
		})
	}
}

// voter is who acts.
func (d *draft) voter() bot.Voter {
	v := bot.Voter{User: d.e.Sender}
	if d.Person != nil {
		v.Person = d.Person.ID
	}
	return v
}

// inNetwork reports whether something happened in a room of the network.
func (d *draft) inNetwork() bool {
	return !d.e.Direct && slices.ContainsFunc(d.NetworkRooms, func(r bot.Room) bool { return r.ID == d.e.Room })
}
