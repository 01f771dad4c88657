package calendar

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// written is a plan, a step per line.
func written(steps []Step) string {
	var lines []string
	for _, s := range steps {
		line := s.At.Format("Mon 2006-01-02 15:04 ") + string(s.Kind)
		if s.N > 0 {
			line += fmt.Sprint(" ", s.N)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func TestPlan(t *testing.T) {
	for _, test := range []struct{ name, check, want string }{
		{"an ordinary week", "2026-11-25 10:00", `
Wed 2026-11-18 09:00 open
Fri 2026-11-20 09:00 remind 1
Mon 2026-11-23 09:00 remind 2
Mon 2026-11-23 14:00 stand
Tue 2026-11-24 14:00 close
Tue 2026-11-24 16:00 agenda
Wed 2026-11-25 10:00 check`},
		{"after Christmas and New Year", "2027-01-06 10:00", `
Mon 2026-12-28 09:00 open
Wed 2026-12-30 09:00 remind 1
Mon 2027-01-04 09:00 remind 2
Mon 2027-01-04 14:00 stand
Tue 2027-01-05 14:00 close
Tue 2027-01-05 16:00 agenda
Wed 2027-01-06 10:00 check`},
		{"over Easter, when summer time begins", "2027-03-31 10:00", `
Mon 2027-03-22 09:00 open
Wed 2027-03-24 09:00 remind 1
Thu 2027-03-25 09:00 remind 2
Thu 2027-03-25 14:00 stand
Tue 2027-03-30 14:00 close
Tue 2027-03-30 16:00 agenda
Wed 2027-03-31 10:00 check`},
		{"kept on a holiday", "2026-12-25 10:00", `
Thu 2026-12-17 09:00 open
Mon 2026-12-21 09:00 remind 1
Tue 2026-12-22 09:00 remind 2
Tue 2026-12-22 14:00 stand
Wed 2026-12-23 14:00 close
Wed 2026-12-23 16:00 agenda
Fri 2026-12-25 10:00 check`},
		{"early in the morning", "2026-10-26 00:15", `
Mon 2026-10-19 09:00 open
Wed 2026-10-21 09:00 remind 1
Thu 2026-10-22 09:00 remind 2
Thu 2026-10-22 14:00 stand
Fri 2026-10-23 14:00 close
Fri 2026-10-23 16:00 agenda
Mon 2026-10-26 00:15 check`},
	} {
		if got := written(Plan(local(test.check), duisburg, DefaultPlanRules())); got != strings.TrimSpace(test.want) {
			t.Errorf("%s:\n%s\nwant%s", test.name, got, test.want)
		}
	}
}

func TestPlanWithoutReminders(t *testing.T) {
	rules := DefaultPlanRules()
	rules.Remind = nil
	if err := rules.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, s := range Plan(local("2026-11-25 10:00"), duisburg, rules) {
		if s.Kind == StepRemind {
			t.Errorf("there is a reminder at %s", s.At)
		}
	}
}

func TestPlanRulesValidate(t *testing.T) {
	if err := DefaultPlanRules().Validate(); err != nil {
		t.Errorf("the default: %v", err)
	}
	for _, test := range []struct {
		change func(*PlanRules)
		says   string // "" if it is allowed
	}{
		{func(r *PlanRules) { r.Stand = Offset{4, Clock{9, 0}} }, ""},              // before the reminders
		{func(r *PlanRules) { r.Remind = r.Remind[:1] }, ""},                       // one reminder
		{func(r *PlanRules) { r.Open = Offset{5, Clock{0, 0}} }, ""},               // at midnight
		{func(r *PlanRules) { r.Open.Days = 61 }, "open: 61 working days"},         // a quarter of a year
		{func(r *PlanRules) { r.Agenda.Days = 0 }, "agenda: 0 working days"},       // on the check's day
		{func(r *PlanRules) { r.Close.Days = -1 }, "close: -1 working days"},       // after it
		{func(r *PlanRules) { r.Close.At.Hour = 24 }, "close: no such time 24:00"}, // no such time
		{func(r *PlanRules) { r.Stand.At.Minute = -1 }, "stand: no such time"},     // nor that
		{func(r *PlanRules) { r.Open.Days = 2 }, "remind 1 (3 working days before at 09:00) must come after open"},
		{func(r *PlanRules) { slices.Reverse(r.Remind) }, "remind 2 (3 working days before at 09:00) must come after remind 1"},
		{func(r *PlanRules) { r.Remind[1] = r.Remind[0] }, "remind 2"},                        // twice the same
		{func(r *PlanRules) { r.Close = Offset{2, Clock{8, 0}} }, "must come after remind 2"}, // closed before
		{func(r *PlanRules) { r.Agenda = r.Close }, "agenda (1 working days before at 14:00) must come after close"},
		{func(r *PlanRules) { r.Stand = r.Close }, "close (1 working days before at 14:00) must come after stand"},
		{func(r *PlanRules) { r.Stand = r.Open }, "must come after open"}, // nothing to tell yet
		{func(r *PlanRules) { r.Remind = nil; r.Open = r.Close }, "close (1 working days before at 14:00) must come after open"},
	} {
		rules := DefaultPlanRules()
		test.change(&rules)
		err := rules.Validate()
		if test.says == "" && err != nil || test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)) {
			t.Errorf("%+v: %v; want %q", rules, err, test.says)
		}
	}
}

// anyPlanRules draws rules that Validate accepts: distinct offsets in order, the stand somewhere between.
func anyPlanRules() *rapid.Generator[PlanRules] {
	return rapid.Custom(func(t *rapid.T) PlanRules {
		offset := rapid.Custom(func(t *rapid.T) Offset {
			return Offset{rapid.IntRange(1, 12).Draw(t, "days"), anyClock().Draw(t, "at")}
		})
		line := rapid.SliceOfNDistinct(offset, 4, 8, rapid.ID[Offset]).Draw(t, "offsets")
		slices.SortFunc(line, func(a, b Offset) int {
			if a.before(b) {
				return -1
			}
			return 1
		})
		last := len(line) - 1
		stand := rapid.IntRange(1, last-2).Draw(t, "stand")
		return PlanRules{Open: line[0], Remind: slices.Delete(slices.Clone(line[1:last-1]), stand-1, stand),
			Stand: line[stand], Close: line[last-1], Agenda: line[last]}
	})
}

func TestPlanHasEachStepOnceAndInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules, days := anyPlanRules().Draw(t, "rules"), anyDays().Draw(t, "days")
		if err := rules.Validate(); err != nil {
			t.Fatal(err)
		}
		date := anyDate().Draw(t, "date")
		check := date.At(anyClock().Draw(t, "at"), berlin)
		steps := Plan(check, days, rules)

		want := map[string]Offset{"open 0": rules.Open, "stand 0": rules.Stand, "close 0": rules.Close, "agenda 0": rules.Agenda}
		for i, o := range rules.Remind {
			want[fmt.Sprint("remind ", i+1)] = o
		}
		for i, s := range steps {
			if i > 0 && !s.At.After(steps[i-1].At) {
				t.Fatalf("%s is not after %s:\n%s", s.Kind, steps[i-1].Kind, written(steps))
			}
			if i == len(steps)-1 {
				break
			}
			name := fmt.Sprint(s.Kind, " ", s.N)
			o, ok := want[name]
			if !ok {
				t.Fatalf("%s is one too many:\n%s", name, written(steps))
			}
			delete(want, name)
			day := DateOf(s.At)
			if !days.Working(day) {
				t.Errorf("%s is on %s, a day off", name, day)
			}
			if s.At != day.At(o.At, berlin) {
				t.Errorf("%s is at %s, want %s", name, s.At, o.At)
			}
			between := 0
			for d := day; d.Before(date); d = d.AddDays(1) {
				if days.Working(d) {
					between++
				}
			}
			if between != o.Days {
				t.Errorf("%s on %s is %d working days before %s, want %d", name, day, between, date, o.Days)
			}
		}
		if len(want) > 0 {
			t.Errorf("missing: %v", want)
		}
		if last := steps[len(steps)-1]; last != (Step{Kind: StepCheck, At: check}) {
			t.Errorf("the last step is %+v, want the check at %s", last, check)
		}
	})
}

// Moving a check by a working day moves its steps by one, so that a plan may be made anew at any time.
func TestPlanFollowsTheCheck(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		days, date := anyDays().Draw(t, "days"), anyDate().Draw(t, "date")
		next := days.Add(date, 1)
		before := Plan(date.At(Clock{10, 0}, berlin), days, DefaultPlanRules())
		after := Plan(next.At(Clock{10, 0}, berlin), days, DefaultPlanRules())
		for i, s := range before[:len(before)-1] {
			if moved := days.Add(DateOf(s.At), 1); days.Working(date) && DateOf(after[i].At) != moved {
				t.Errorf("%s moves from %s to %s, want %s", s.Kind, s.At, after[i].At, moved)
			}
		}
	})
}

func TestPlanInTheChecksOwnZone(t *testing.T) {
	tokyo := mustZone("Asia/Tokyo")
	check := time.Date(2026, 11, 25, 8, 0, 0, 0, tokyo) // still the 24th in Berlin
	if got := Plan(check, duisburg, DefaultPlanRules())[0].At; !got.Equal(time.Date(2026, 11, 18, 9, 0, 0, 0, tokyo)) {
		t.Errorf("it opens at %s", got)
	}
}
