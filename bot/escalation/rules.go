package escalation

import (
	"slices"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
)

// Needs says what the decision about an event needs.
func Needs(e bot.Event) bot.Query {
	q := bot.Needs(e)
	if e.Kind == bot.EventMessage || e.Kind == bot.EventEdit {
		q.Draft = e.Kind == bot.EventMessage && completes(bot.Clean(e.Text))
		words := bot.Clean(e.Text)
		if n, _, ok := numbered(words); ok {
			_, _, answers := numberedAnswer(words)
			// Elsewhere «#1 …» is the first of somebody's tasks, unless it is an answer.
			q.Number, q.Council = n, !answers || e.Kind == bot.EventEdit
		}
	}
	return q
}

// Decide decides about what somebody did, unless it was a command: what is about an
// escalation here, the rest in package bot.
func Decide(s bot.Snapshot, e bot.Event) (bot.Change, error) {
	d := newDraft(s, e)
	c, mine, err := d.event()
	if !mine && err == nil {
		return bot.Decide(s, e)
	}
	return s.Proven(e, c, err)
}

// TimerNeeds says what the decision about a timer needs.
func TimerNeeds(t bot.Timer) bot.Query {
	switch {
	case t.Subject.Escalation == "" && t.Kind == bot.TimerShow:
		return bot.Query{Page: &bot.EscalationPage{Open: true, After: t.Subject.N, Limit: showPage}}
	case t.Subject.Escalation == "":
		return bot.TimerNeeds(t)
	}
	return bot.Query{Escalation: t.Subject.Escalation, Project: t.Subject.Project, Round: t.Subject.Round}
}

// Due decides about what time brings.
func Due(s bot.Snapshot, t bot.Timer) (bot.Change, error) {
	switch {
	case t.Subject.Escalation == "" && t.Kind == bot.TimerShow:
		return showAll(s), nil
	case t.Subject.Escalation == "":
		return bot.Due(s, t)
	}
	d := newDraft(s, bot.Event{})
	if d.x == nil || d.Project == nil {
		return bot.Change{Reason: "no such escalation any more"}, nil
	}
	if t.Kind != bot.TimerDecide && t.Kind != bot.TimerShow && !s.Settings.Days.Working(s.Today()) {
		t.At = d.at(s.Settings.Days.Add(s.Today(), 1)) // it is late already, and no reason to disturb anybody's Sunday
		return bot.Change{Timers: []bot.Timer{t}, Reason: "left for the next working day"}, nil
	}
	switch t.Kind {
	case bot.TimerNudge:
		d.nudge()
	case bot.TimerLapse:
		d.lapse()
	case bot.TimerPass:
		d.pass()
	case bot.TimerDecide:
		d.decide()
	case bot.TimerPress:
		d.press()
	case bot.TimerFurther:
		d.further()
	case bot.TimerShow:
		if d.x.State.Before() {
			d.weigh()
			d.finish("counted and shown again")
		}
	}
	return d.c, nil
}

// draft is a decision in the making: the snapshot it works on and the change that grows
// from it.
type draft struct {
	bot.Snapshot
	e bot.Event
	x *bot.Escalation // what it is about
	c bot.Change
	// fresh are the messages that may be made; all others are only edited.
	fresh map[string]bool
}

func newDraft(s bot.Snapshot, e bot.Event) *draft {
	d := &draft{Snapshot: s, e: e, x: s.Escalation, fresh: map[string]bool{}}
	if d.x != nil {
		if same := d.known(d.x.ID); same != nil { // there is one of it, whichever way it is looked at
			*same = *d.x
			d.x = same
		}
	}
	return d
}

// event decides about an event that is about an escalation. mine: it is.
func (d *draft) event() (c bot.Change, mine bool, err error) {
	switch {
	case d.e.Kind == bot.EventDeletion && d.Target == nil && council(d.Room.Kind):
		// A server may tell of a withdrawn vote before the vote.
		gone := bot.Ref{Message: d.e.Target, Room: d.e.Room, Subject: bot.Subject{Field: fieldGone, User: d.e.Sender}}
		return bot.Change{Refs: []bot.Ref{gone}, Reason: "deleted before it was seen"}, true, nil
	case d.Message != nil && d.Message.Subject.Field == fieldGone && d.Message.Subject.User == d.e.Sender:
		return bot.Change{}, true, nil // taken back before it came, or told once more
	case d.Project == nil || d.Person == nil:
		return bot.Change{}, d.x != nil && d.about(), nil // nobody we know: talk
	}
	switch d.e.Kind {
	case bot.EventReaction:
		mine, err = d.reaction()
	case bot.EventMessage:
		mine, err = d.message()
	case bot.EventEdit:
		mine, err = d.edit()
	case bot.EventDeletion:
		mine = d.deletion()
	}
	return d.c, mine, err
}

// fieldGone marks a vote that was taken back, so that it is none if it is heard of (again).
const fieldGone bot.Field = "gone"

// about reports whether the event points at a message about the escalation: at one that
// is no part of a report.
func (d *draft) about() bool {
	return slices.ContainsFunc([]*bot.Known{d.Target, d.Thread, d.ReplyTo}, func(k *bot.Known) bool {
		return k != nil && k.Subject.Escalation != "" && k.Subject.Round == ""
	})
}

// council reports whether a kind of room is one where escalations are decided.
func council(kind bot.RoomKind) bool { return kind == bot.RoomDM || kind == bot.RoomDIKON }

// roomOf is the kind of room in which a role decides or advises.
func roomOf(role bot.Role) bot.RoomKind {
	if role == bot.RoleDIKON {
		return bot.RoomDIKON
	}
	return bot.RoomDM
}

// finish ends a decision: the row, its timers, and every message that shows it.
func (d *draft) finish(reason string) {
	d.c.Reason = reason
	if !d.x.State.Before() && d.x.State != bot.EscalationPMO {
		d.x.Asks = ""
	}
	if d.x.State == bot.EscalationDraft {
		d.x.Asks = d.x.User
	}
	d.timers()
	d.save()
	if !d.imminent() {
		d.show()
	}
}

// imminent reports whether the decision stands at once, and shows all that is to be shown.
func (d *draft) imminent() bool {
	fresh := len(d.fresh)
	if d.fresh["request"] {
		fresh--
	}
	return d.x.State == bot.EscalationPausing && !d.stands().After(d.Now) && fresh == 0
}

// save keeps the escalation although nothing that shows has changed.
func (d *draft) save() {
	for i := range d.c.Escalations {
		if d.c.Escalations[i].ID == d.x.ID {
			d.c.Escalations[i] = *d.x
			return
		}
	}
	d.c.Escalations = append(d.c.Escalations, *d.x)
}

// record adds an entry to the decision log.
func (d *draft) record(kind bot.EntryKind, choice bot.Choice, role bot.Role, texts ...bot.EntryText) {
	entry := bot.Entry{Kind: kind, Escalation: d.x.ID, Number: d.x.Number, Project: d.x.Project, At: d.Now, Role: role, Choice: choice}
	if d.Person != nil {
		entry.By = d.Person.ID
	}
	if d.e.Message != "" {
		entry.Evidence = []bot.MessageID{d.e.Message}
	}
	if d.e.Kind == bot.EventDeletion {
		entry.Evidence = append(entry.Evidence, d.e.Target)
	}
	for _, t := range texts {
		if t.Said.Text != "" {
			entry.Texts = append(entry.Texts, t)
		}
	}
	d.c.Entries = append(d.c.Entries, entry)
}

func text(name string, said bot.Said) bot.EntryText { return bot.EntryText{Name: name, Said: said} }

// say makes words of the event's sender.
func (d *draft) say(words string) bot.Said {
	said := bot.Said{Text: words, By: d.Person.ID, Message: d.e.Source(), At: d.Now}
	if !d.e.Direct {
		said.Room = d.e.Room
	}
	return said
}

// remember notes that a foreign message is about the escalation.
func (d *draft) remember(m bot.MessageID) {
	d.c.Refs = append(d.c.Refs, bot.Ref{Message: m, Room: d.e.Room, Subject: bot.Subject{Project: d.x.Project, Escalation: d.x.ID}})
}

// key is the key of a message or timer about the escalation.
func (d *draft) key(parts ...string) bot.Key {
	return bot.NewKey(append([]string{"escalation", string(d.x.ID)}, parts...)...)
}

// timer sets a timer of the escalation, or stops it.
func (d *draft) timer(kind bot.TimerKind, at time.Time) {
	d.c.Set(bot.Timer{Key: d.key(string(kind)), Kind: kind, At: at, Subject: bot.Subject{Project: d.x.Project, Escalation: d.x.ID, Round: d.round()}})
}

// round is the check that the escalation was first reported for, "" if none.
func (d *draft) round() bot.RoundID {
	if len(d.x.Rounds) == 0 {
		return ""
	}
	return d.x.Rounds[0]
}

// timers brings the escalation's timers in line with its state.
func (d *draft) timers() {
	x, days := d.x, d.Settings.Days
	var nudge, lapse, pass, decide, press, further time.Time
	switch {
	case x.State == bot.EscalationDraft:
		lapse = x.Lapses
		if !x.Nudged {
			nudge = x.Nudge
		}
	case x.State == bot.EscalationPMO:
		pass = d.passes()
	case x.State.Before():
		if x.State == bot.EscalationPausing {
			decide = d.stands()
		}
		// What is left to press for counts from when it came before them.
		if x.Rule.Remind > 0 && !d.told(toldPress, "") {
			press = d.at(days.Add(d.day(x.Put), x.Rule.Remind))
		}
		if x.Rule.Further > 0 && !d.told(toldFurther, "") {
			further = d.at(days.Add(d.day(x.Put), x.Rule.Further))
		}
	}
	d.timer(bot.TimerNudge, nudge)
	d.timer(bot.TimerLapse, lapse)
	d.timer(bot.TimerPass, pass)
	d.timer(bot.TimerDecide, decide)
	d.timer(bot.TimerPress, press)
	d.timer(bot.TimerFurther, further)
}

// day is an instant's local date.
func (d *draft) day(t time.Time) calendar.Date { return calendar.DateOf(t.In(d.Settings.Zone)) }

// at is the time of a day at which reminders go out.
func (d *draft) at(day calendar.Date) time.Time {
	return day.At(d.Settings.Escalations.At, d.Settings.Zone)
}

// passes is when the DM is asked because the PMO's working day is over: a whole one, and
// not before the hour of reminders.
func (d *draft) passes() time.Time {
	day := d.Settings.Days.Add(d.day(d.x.Confirmed), 1)
	local := d.x.Confirmed.In(d.Settings.Zone)
	at, same := d.at(day), day.At(calendar.Clock{Hour: local.Hour(), Minute: local.Minute()}, d.Settings.Zone)
	if same.After(at) {
		return same
	}
	return at
}
