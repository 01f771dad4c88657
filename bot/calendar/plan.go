package calendar

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// StepKind is what a step of a Projektcheck round does.
type StepKind string

const (
	StepOpen   StepKind = "open"   // ask every project
	StepRemind StepKind = "remind" // ask again where answers are missing
	StepStand  StepKind = "stand"  // tell the PMO what is there
	StepClose  StepKind = "close"  // freeze the reports
	StepAgenda StepKind = "agenda" // post the agenda
	StepCheck  StepKind = "check"  // the Projektcheck itself
)

// Offset is a local time some working days before the check's date.
type Offset struct {
	Days int   // working days, 1 to 60
	At   Clock // local
}

// before reports whether o comes earlier than other.
func (o Offset) before(other Offset) bool {
	return o.Days > other.Days || o.Days == other.Days && o.At.Before(other.At)
}

func (o Offset) String() string { return fmt.Sprintf("%d working days before at %s", o.Days, o.At) }

// PlanRules says when the steps of a round come.
type PlanRules struct {
	Open                 Offset
	Remind               []Offset // any number, in order
	Stand, Close, Agenda Offset
}

// DefaultPlanRules asks five working days before, reminds three and two before, tells the PMO in between and closes
// the day before.
func DefaultPlanRules() PlanRules {
	return PlanRules{
		Open:   Offset{5, Clock{Hour: 9}},
		Remind: []Offset{{3, Clock{Hour: 9}}, {2, Clock{Hour: 9}}},
		Stand:  Offset{2, Clock{Hour: 14}},
		Close:  Offset{1, Clock{Hour: 14}},
		Agenda: Offset{1, Clock{Hour: 16}},
	}
}

// Validate says what is wrong with the rules: open comes first, then each reminder, then close, then the agenda; the
// stand comes between open and close; every step on a day before the check.
func (r PlanRules) Validate() error {
	type step struct {
		name string
		at   Offset
	}
	line := []step{{"open", r.Open}}
	for i, at := range r.Remind {
		line = append(line, step{fmt.Sprintf("remind %d", i+1), at})
	}
	line = append(line, step{"close", r.Close}, step{"agenda", r.Agenda})

	var errs []error
	for _, s := range append(line, step{"stand", r.Stand}) {
		if s.at.Days < 1 || s.at.Days > 60 {
			errs = append(errs, fmt.Errorf("%s: %d working days before the check: want 1 to 60", s.name, s.at.Days))
		}
		if !s.at.At.Valid() {
			errs = append(errs, fmt.Errorf("%s: no such time %s", s.name, s.at.At))
		}
	}
	inOrder := func(first, then step) {
		if !first.at.before(then.at) {
			errs = append(errs, fmt.Errorf("%s (%s) must come after %s (%s)", then.name, then.at, first.name, first.at))
		}
	}
	for i, s := range line[1:] {
		inOrder(line[i], s)
	}
	inOrder(line[0], step{"stand", r.Stand})
	inOrder(step{"stand", r.Stand}, step{"close", r.Close})
	return errors.Join(errs...)
}

// Step is one step of a round, at its instant.
type Step struct {
	Kind StepKind
	N    int // which reminder, from 1; 0 for all other kinds
	At   time.Time
}

// Plan says when each step of the round for a check comes, in order; the last one is the check itself. The check's
// own location is the zone. Working days are counted back from the check's date, also if that is a day off itself.
func Plan(check time.Time, days Days, rules PlanRules) []Step {
	date, zone := DateOf(check), check.Location()
	var steps []Step
	add := func(kind StepKind, n int, o Offset) {
		steps = append(steps, Step{kind, n, days.Add(date, -o.Days).At(o.At, zone)})
	}
	add(StepOpen, 0, rules.Open)
	for i, o := range rules.Remind {
		add(StepRemind, i+1, o)
	}
	add(StepStand, 0, rules.Stand)
	add(StepClose, 0, rules.Close)
	add(StepAgenda, 0, rules.Agenda)
	slices.SortStableFunc(steps, func(a, b Step) int { return a.At.Compare(b.At) })
	return append(steps, Step{Kind: StepCheck, At: check})
}
