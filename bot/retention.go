package bot

import (
	"maps"
	"time"

	"lotse/bot/calendar"
)

// Retention says how long things are kept. Zero means for good.
type Retention struct {
	Reports   int // months: reports, their tasks, and what was said about them
	Messages  int // days: words of messages that were not confirmed, events that were given up
	Decisions int // years: the words of decisions
}

// Prune is what goes because it is old: all of before these instants. Of what is zero,
// nothing goes.
type Prune struct{ Reports, Messages, Decisions time.Time }

// Oldest is the age of the oldest there is of each kind; zero if there is nothing.
type Oldest struct{ Reports, Messages, Decisions time.Time }

// prune is what is too old now.
func (r Retention) prune(now time.Time) (p Prune) {
	if r.Reports > 0 {
		p.Reports = now.AddDate(0, -r.Reports, 0)
	}
	if r.Messages > 0 {
		p.Messages = now.AddDate(0, 0, -r.Messages)
	}
	if r.Decisions > 0 {
		p.Decisions = now.AddDate(-r.Decisions, 0, 0)
	}
	return p
}

// concerns reports whether something is too old.
func (p Prune) concerns(o Oldest) bool {
	old := func(at, before time.Time) bool { return !at.IsZero() && at.Before(before) }
	return old(o.Reports, p.Reports) || old(o.Messages, p.Messages) || old(o.Decisions, p.Decisions)
}

// pruneAt is when old things go, each day: when nobody waits for the bot.
var pruneAt = calendar.Clock{Hour: 3, Minute: 30}

// maxPrunes is how many steps are made in a night. The rest has time.
const maxPrunes = 2000

// prune takes away what is too old, in small steps, so that whoever writes meanwhile need
// not wait: the first of a night, N 0, looks after the board, and each of the others
// after as much as the store takes away at once.
func (d *draft) prune(t Timer) {
	if d.Settings.Retention == (Retention{}) {
		d.c.Reason = "everything is kept"
		return
	}
	p := d.Settings.Retention.prune(d.Now)
	more := p.concerns(d.Oldest)
	d.c.Reason = "nothing is too old"
	if t.Subject.N == 0 {
		d.fade(p.Reports)
	}
	if more || t.Subject.N == 0 {
		d.c.Prune = &p
	}
	next := Timer{Key: t.Key, Kind: TimerPrune, At: d.Today().AddDays(1).At(pruneAt, d.Settings.Zone)}
	if more && t.Subject.N < maxPrunes {
		d.c.Reason = "what is too old was taken away"
		next.At, next.Subject.N = d.Now, t.Subject.N+1
	}
	d.c.Timers = append(d.c.Timers, next)
}

// fade takes answers off the board that nobody has given anew since an instant.
func (d *draft) fade(before time.Time) {
	for _, p := range d.Projects {
		if !p.Current.Fade(before) {
			continue
		}
		if len(p.Current.Answers) == 0 {
			p.Changed = calendar.Date{}
		}
		d.c.Projects = append(d.c.Projects, p)
	}
}

// Fade takes away answers that were last given before an instant, and reports whether
// there were any.
func (s *Standing) Fade(before time.Time) bool {
	answers := maps.Clone(s.Answers)
	maps.DeleteFunc(answers, func(_ Field, a Answer) bool {
		last := a.last()
		if last.IsZero() {
			last = s.Check
		}
		return last.Before(before)
	})
	switch {
	case len(answers) == len(s.Answers):
		return false
	case len(answers) == 0:
		*s = Standing{}
	default:
		s.Answers = answers
	}
	return true
}
