package notice

import (
	"slices"
	"time"

	"lotse/bot"
)

// This file is what the command !ansage does. Who may is the command's to say.

// Words are what an announcement says, to whom, and when (zero: at once).
type Words struct {
	To   bot.Audience
	At   time.Time
	Text string
}

// check refuses what cannot go out.
func (w Words) check(s bot.Snapshot) error {
	probe := &bot.Notice{To: w.To, At: w.At}
	switch {
	case len(w.To.Rooms(s)) == 0:
		return refusal(s, probe, "norooms")
	case !w.At.IsZero() && !w.At.After(s.Now):
		return refusal(s, probe, "past")
	}
	return bot.Short(w.Text, s.Settings.MaxText)
}

// Draft shows an announcement as it will stand, to be confirmed.
func Draft(s bot.Snapshot, e bot.Event, w Words) (bot.Change, error) {
	if err := w.check(s); err != nil {
		return bot.Change{}, err
	}
	n := bot.Notice{Number: number(s), State: bot.NoticeDraft, To: w.To, At: w.At, Drafted: s.Now}
	if e.Direct || s.Room.Kind == bot.RoomDirect {
		n.User = e.Sender
	} else {
		n.Room = e.Room
	}
	s.Notice = &n
	d := newDraft(s, e)
	d.fresh = true
	d.say(w.Text)
	d.timer(bot.TimerNoticeLapse, lapses(n))
	d.finish("an announcement was drafted")
	return d.c, nil
}

// number is the next announcement's. The first one after a restore leaves out those that may
// have been given in the lost time: what stands in the rooms under their keys is another's.
// What is decided once more gets the number that it had.
func number(s bot.Snapshot) int {
	r, last := s.Restored, s.LastNotice
	later := func(n bot.Notice) bool { return r != nil && n.Drafted.After(r.At) }
	if r == nil || !s.Now.After(r.Lived) || slices.ContainsFunc(s.Notices, later) {
		return last + 1
	}
	return bot.Spent(last) + 1
}

// Redraft changes a draft: the command was edited.
func Redraft(s bot.Snapshot, e bot.Event, w Words) (bot.Change, error) {
	d := newDraft(s, e)
	if d.n.State != bot.NoticeDraft || d.n.Text.Message != e.Target {
		return bot.Change{}, d.refused("edit")
	}
	if err := w.check(s); err != nil {
		return bot.Change{}, err
	}
	d.n.To, d.n.At = w.To, w.At
	d.say(w.Text)
	d.timer(bot.TimerNoticeLapse, lapses(*d.n))
	d.finish("the draft of an announcement was changed")
	return d.c, nil
}

// say makes the event's words those of the announcement, and remembers where they are from.
func (d *draft) say(words string) {
	d.n.Text = bot.Said{Text: words, By: d.Person.ID, Message: d.e.Source(), At: d.Now}
	if d.n.User == "" {
		d.n.Text.Room = d.e.Room
	}
	d.c.Refs = append(d.c.Refs, bot.Ref{Message: d.e.Source(), Room: d.e.Room, Subject: d.n.Subject()})
}

// Confirm does by a command what ✅ does.
func Confirm(s bot.Snapshot, e bot.Event) (bot.Change, error) {
	d := newDraft(s, e)
	if !d.n.State.Waits() || d.n.State == bot.NoticeScheduled || d.n.Text.Text == "" {
		return bot.Change{}, d.refused("over")
	}
	err := d.confirm()
	d.ack()
	return d.c, err
}

// CallOff drops a draft or what is scheduled.
func CallOff(s bot.Snapshot, e bot.Event) (bot.Change, error) {
	d := newDraft(s, e)
	if !d.n.State.Waits() {
		return bot.Change{}, d.refused("over")
	}
	err := d.discard()
	d.ack()
	return d.c, err
}

// Correct gives an announcement other words: in the rooms, if it went out.
func Correct(s bot.Snapshot, e bot.Event, words string) (bot.Change, error) {
	d := newDraft(s, e)
	n := d.n
	if !n.State.Waits() && n.State != bot.NoticeSent {
		return bot.Change{}, d.refused("over")
	}
	if err := bot.Short(words, s.Settings.MaxText); err != nil {
		return bot.Change{}, err
	}
	d.say(words)
	if n.State == bot.NoticeSent {
		n.Changed, n.Corrected, n.Posted = d.Now, true, 0
		d.spread()
	} else {
		d.finish("the words of an announcement were changed")
	}
	d.ack()
	return d.c, nil
}

// TakeBack deletes an announcement from the rooms.
func TakeBack(s bot.Snapshot, e bot.Event) (bot.Change, error) {
	d := newDraft(s, e)
	n := d.n
	switch {
	case n.State.Waits():
		return bot.Change{}, d.refused("waits")
	case n.State != bot.NoticeSent:
		return bot.Change{}, d.refused("over")
	}
	n.State, n.Changed, n.Posted = bot.NoticeBack, d.Now, 0
	d.spread()
	d.ack()
	return d.c, nil
}

// ack shows that a command was carried out; what it did, the preview shows.
func (d *draft) ack() {
	if d.c.Reason != "" {
		d.c.Posts = append(d.c.Posts, bot.Ack(d.e.Room, d.e.Source(), yes, false))
	}
}
