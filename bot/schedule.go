package bot

import (
	"fmt"
	"slices"
	"time"

	"lotse/bot/calendar"
)

// BadDate is why a check cannot stand at an instant: error.date. Why is "past",
// "taken" (another check stands on that day), "over" (the round is done),
// "cancelled" (it was called off already) or "soon" (answers could not be collected
// before).
type BadDate struct {
	At  time.Time
	Why string
	Now time.Time // "past": to tell the years apart; else zero
}

// badDate makes the error for a person.
func badDate(at time.Time, why string) error {
	return &UserError{Template: "error.date", Data: BadDate{At: at, Why: why}}
}

// free checks that a check may stand at an instant.
func (d *draft) free(at time.Time, except RoundID) error {
	if !at.After(d.Now) {
		return &UserError{Template: "error.date", Data: BadDate{At: d.local(at), Why: "past", Now: d.local(d.Now)}}
	}
	day := calendar.DateOf(d.local(at))
	for _, r := range PlanRounds(d.Snapshot, 40) {
		if r.ID != except && r.State != RoundCancelled && d.checkDay(r) == day {
			return badDate(d.local(at), "taken")
		}
	}
	return nil
}

// MoveCheck gives a check another date; the rhythm stays. What was announced is
// corrected in every project's room. The snapshot needs Rounds.
func MoveCheck(s Snapshot, e Event, round Round, to time.Time, reason string) (Change, error) {
	d := &draft{Snapshot: s, e: e}
	if round.State == RoundDone || round.State == RoundCancelled {
		return Change{}, badDate(d.local(round.Check), "over")
	}
	if err := d.free(to, round.ID); err != nil {
		return Change{}, err
	}
	before := round
	round.From, round.Moved, round.Reason, round.Shifted = round.Check, true, Clean(reason), ""
	round.timeOf(s, to)
	round.Sequence++
	d.Round = &round
	if round.Running() && d.Now.Before(round.Deadline()) {
		round.State, round.Closed = RoundOpen, time.Time{} // answers come in time again
		d.newEdition(before)
	}
	d.c.Rounds = append(d.c.Rounds, round)
	d.stopSteps(round)
	d.steps(round)
	d.unstop()
	if round.Running() {
		d.c.Timers = append(d.c.Timers, Timer{Key: roundKey(round.ID, "moved"), Kind: TimerMoved, At: d.Now, Subject: Subject{Round: round.ID}})
		d.overviewSoon(d.Now)
		if round.AgendaPages > 0 {
			d.redraw()
		}
	}
	data := Moved{Old: d.local(round.From), New: d.local(to), Deadline: d.stillTo(round), Open: round.Running(), Reason: round.Reason}
	d.postTo(RoomDM, Post{
		Key: roundKey(round.ID, "moved", movedTo(to, d.Now)), Kind: KindMoved, Subject: Subject{Round: round.ID},
		Template: "check.moved", Data: data, Expires: to,
	})
	d.c.Reason = "check moved"
	return d.c, nil
}

// stillTo is when answers come in time to, zero if that is over.
func (d *draft) stillTo(r Round) time.Time {
	if !d.Now.Before(r.Deadline()) || r.State == RoundClosed || r.State == RoundPublished {
		return time.Time{}
	}
	return d.local(r.Deadline())
}

// unstop takes out of Cancel what is set anew.
func (d *draft) unstop() {
	d.c.Cancel = slices.DeleteFunc(d.c.Cancel, func(k Key) bool {
		return slices.ContainsFunc(d.c.Timers, func(t Timer) bool { return t.Key == k })
	})
}

// CancelCheck calls a check off; whoever was asked is told.
func CancelCheck(s Snapshot, e Event, round Round, reason string) (Change, error) {
	d := &draft{Snapshot: s, e: e}
	if round.State == RoundDone || round.State == RoundCancelled {
		return Change{}, badDate(d.local(round.Check), "over")
	}
	told := round.Running()
	round.State, round.Reason, round.Held = RoundCancelled, Clean(reason), false
	round.Sequence++
	d.Round = &round
	d.c.Rounds = append(d.c.Rounds, round)
	d.stopSteps(round)
	if told {
		d.c.Timers = append(d.c.Timers, Timer{Key: roundKey(round.ID, "cancel"), Kind: TimerCancel, At: d.Now, Subject: Subject{Round: round.ID}})
		d.overviewSoon(d.Now)
	}
	data := Cancelled{Check: d.local(round.Check), Reason: round.Reason, Next: d.nextCheck(round)}
	d.postTo(RoomDM, Post{
		Key: roundKey(round.ID, "cancelled"), Kind: KindCancelled, Subject: Subject{Round: round.ID},
		Template: "check.cancelled", Data: data,
	})
	d.c.Timers = append(d.c.Timers, Timer{Key: "plan", Kind: TimerPlan, At: d.Now})
	d.c.Reason = "check cancelled"
	return d.c, nil
}

// AddCheck adds a single check at an instant; the rhythm stays.
func AddCheck(s Snapshot, e Event, at time.Time) (Change, error) {
	d := &draft{Snapshot: s, e: e}
	if err := d.free(at, ""); err != nil {
		return Change{}, err
	}
	day := calendar.DateOf(d.local(at))
	for _, r := range s.Rounds { // one that was called off before anybody was asked stands again
		if r.State == RoundCancelled && r.Opened.IsZero() && r.Check.Equal(at) && s.Now.Before(r.Deadline()) {
			r.State, r.Reason = RoundPlanned, ""
			r.Sequence++
			d.c.Rounds = append(d.c.Rounds, r)
			d.steps(r)
			d.tellAdded(r)
			d.c.Reason = "cancelled check stands again"
			return d.c, nil
		}
	}
	round := Round{Planned: day, Zone: s.Settings.Zone.String(), State: RoundPlanned, Extra: true, ID: RoundID(day.String())}
	for n := 2; slices.ContainsFunc(s.Rounds, func(r Round) bool { return r.ID == round.ID }); n++ {
		round.ID = RoundID(fmt.Sprintf("%s-%d", day, n))
	}
	round.timeOf(s, at.In(s.Settings.Zone))
	if !d.Now.Before(round.Deadline()) {
		return Change{}, badDate(d.local(at), "soon")
	}
	d.c.Rounds = append(d.c.Rounds, round)
	d.steps(round)
	d.tellAdded(round)
	d.c.Reason = "check added"
	return d.c, nil
}

// tellAdded tells the DM of a check that was added: it may have heard before that
// there is none.
func (d *draft) tellAdded(r Round) {
	data := Added{Check: d.local(r.Check), Again: CalledOff(d.Snapshot, r.Check)}
	if step, ok := r.Step(calendar.StepAgenda); ok {
		data.Agenda = d.local(step.At)
	}
	d.postTo(RoomDM, Post{
		Key: roundKey(r.ID, "added", string(d.e.ID)), Kind: KindAdded, Subject: Subject{Round: r.ID}, Template: "check.added", Data: data, Expires: r.Check,
	})
}

// CalledOff reports whether a check at that instant was called off; the snapshot
// needs Rounds.
func CalledOff(s Snapshot, at time.Time) bool {
	return slices.ContainsFunc(s.Rounds, func(r Round) bool { return r.State == RoundCancelled && r.Check.Equal(at) })
}

// StartRound opens the next planned round now instead of at its time.
func StartRound(s Snapshot, e Event) (Change, error) {
	d := &draft{Snapshot: s, e: e}
	for _, r := range PlanRounds(s, 6) {
		switch {
		case r.State != RoundPlanned:
			continue
		case !s.Now.Before(r.Deadline()):
			return Change{}, badDate(d.local(r.Check), "soon")
		}
		if !slices.ContainsFunc(s.Rounds, func(row Round) bool { return row.ID == r.ID }) {
			d.c.Rounds = append(d.c.Rounds, r)
			d.steps(r)
		}
		d.c.Timers = append(slices.DeleteFunc(d.c.Timers, func(t Timer) bool { return t.Kind == TimerOpen }),
			Timer{Key: roundKey(r.ID, string(TimerOpen)), Kind: TimerOpen, At: s.Now, Subject: Subject{Round: r.ID}})
		d.c.Reason = "round started by hand"
		return d.c, nil
	}
	return Change{}, &UserError{Template: "error.round", Data: NoRound{}}
}

// runningRound finds the round that is running among the snapshot's.
func runningRound(s Snapshot, states ...RoundState) *Round {
	for _, r := range s.Rounds { // by date: the next one
		if slices.Contains(states, r.State) {
			return &r
		}
	}
	return nil
}

// noRound is the error for a command that wants a running round.
func noRound(s Snapshot) error {
	data := NoRound{}
	for _, r := range PlanRounds(s, 6) {
		if r.State == RoundPlanned {
			data.Next = s.local(r.Check)
			break
		}
	}
	return &UserError{Template: "error.round", Data: data}
}

// CloseRound closes the open round now instead of at its time.
func CloseRound(s Snapshot, e Event) (Change, error) {
	d := &draft{Snapshot: s, e: e}
	r := runningRound(s, RoundOpen)
	if r == nil {
		return Change{}, noRound(s)
	}
	d.c.Timers = append(d.c.Timers, Timer{Key: roundKey(r.ID, string(TimerClose)), Kind: TimerClose, At: s.Now, Subject: Subject{Round: r.ID}})
	d.c.Reason = "round closed by hand"
	return d.c, nil
}

// HoldAgenda holds the agenda of the running round back, or releases it: past its
// time it goes out at once.
func HoldAgenda(s Snapshot, e Event, hold bool) (Change, error) {
	d := &draft{Snapshot: s, e: e}
	r := runningRound(s, RoundOpen, RoundClosed)
	if r == nil {
		return Change{}, noRound(s)
	}
	r.Held = hold
	d.Round = r
	d.c.Rounds = append(d.c.Rounds, *r)
	key := roundKey(r.ID, string(TimerAgenda))
	if hold {
		d.c.Cancel = append(d.c.Cancel, key)
		d.c.Reason = "agenda held"
	} else {
		step, _ := r.Step(calendar.StepAgenda)
		at := step.At
		if at.Before(s.Now) {
			at = s.Now
		}
		d.c.Timers = append(d.c.Timers, Timer{Key: key, Kind: TimerAgenda, At: at, Subject: Subject{Round: r.ID}})
		d.c.Reason = "agenda released"
	}
	d.overviewSoon(s.Now)
	return d.c, nil
}
