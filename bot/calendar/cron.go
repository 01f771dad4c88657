package calendar

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Cron is a schedule by a cron expression of five fields (minute, hour, day of month, month, day of week; or
// "@daily" and its like), for local dates and times of the zone. Each local time of a matching date comes once, also
// when summer time begins or ends: one that the clock skips comes at the first instant after the gap, together with
// all the others there, and one that comes twice counts the first time. Bare cron would leave out "30 2 * * *" on
// the one day and run it twice on the other.
func Cron(expr string, zone *time.Location) (cron.Schedule, error) {
	if zone == nil {
		return nil, fmt.Errorf("cron expression %q without a time zone", expr)
	}
	s, err := cronTable(expr, zone)
	if err != nil {
		return nil, fmt.Errorf("cron expression %q: %w", expr, err)
	}
	return s, nil
}

// table is what a cron expression matches.
type table struct {
	spec   *cron.SpecSchedule
	clocks []Clock // ascending
	zone   *time.Location
}

func cronTable(expr string, zone *time.Location) (table, error) {
	if strings.Contains(expr, "TZ=") {
		return table{}, errors.New("the time zone is given apart")
	}
	parsed, err := cron.ParseStandard(expr)
	if err != nil {
		return table{}, err
	}
	spec, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return table{}, errors.New("an interval from the program's start has no local dates")
	}
	s := table{spec: spec, zone: zone}
	for hour := range 24 {
		for minute := range 60 {
			if has(spec.Hour, hour) && has(spec.Minute, minute) {
				s.clocks = append(s.clocks, Clock{hour, minute})
			}
		}
	}
	if s.Next(Date{2000, time.January, 1}.midnight()).IsZero() {
		return table{}, errors.New("there is no such day or time")
	}
	return s, nil
}

// Next is the first instant after t, in the table's zone.
func (s table) Next(t time.Time) time.Time {
	const longest = 9 * 366 // from one 29 February to the next, over a century
	day := DateOf(t.In(s.zone))
	for range longest {
		if s.matches(day) {
			for _, c := range s.clocks {
				if at := day.At(c, s.zone); at.After(t) {
					return at
				}
			}
		}
		day = day.AddDays(1)
	}
	return time.Time{}
}

// matches reports whether the expression's day fields match: both, or one of them if neither has a star (crontab(5)).
func (s table) matches(day Date) bool {
	const star = 63
	month, weekday := has(s.spec.Dom, day.Day), has(s.spec.Dow, int(day.Weekday()))
	if !has(s.spec.Month, int(day.Month)) {
		return false
	}
	if has(s.spec.Dom, star) || has(s.spec.Dow, star) {
		return month && weekday
	}
	return month || weekday
}

func has(bits uint64, n int) bool { return bits&(1<<n) != 0 }
