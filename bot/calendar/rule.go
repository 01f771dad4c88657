package calendar

import (
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// Rule returns by an iCalendar recurrence rule (RFC 5545, section 3.3.10), like
// "FREQ=MONTHLY;BYDAY=1TH", from the start on (DTSTART, which itself counts only if the rule meets it).
// It is a rule for days, FREQ=DAILY at most: the time of day is at. UNTIL is a date, or a time, in UTC or in the
// zone, that the last one may still reach. A rule that cannot be kept, or that never comes round, is an error.
func Rule(rule string, start Date, at Clock, zone *time.Location) (Rhythm, error) {
	if err := validStart(start, at, zone); err != nil {
		return Rhythm{}, err
	}
	option, err := ruleOption(rule, start, at, zone)
	if err != nil {
		return Rhythm{}, fmt.Errorf("recurrence rule %q: %w", rule, err)
	}
	if _, err := rrule.NewRRule(*option); err != nil {
		return Rhythm{}, fmt.Errorf("recurrence rule %q: %w", rule, err)
	}
	rhythm := Rhythm{at, zone, func(from Date) iter.Seq[Date] {
		return func(yield func(Date) bool) {
			r, _ := rrule.NewRRule(*option) // its own, for iterating writes to it
			next := r.Iterator()
			for t, ok := next(); ok; t, ok = next() {
				if day := DateOf(t); !day.Before(from) && !yield(day) {
					return
				}
			}
		}
	}}
	for range rhythm.Dates(start) {
		return rhythm, nil
	}
	return Rhythm{}, fmt.Errorf("recurrence rule %q: never comes round from %s on", rule, start)
}

// ruleOption reads the rule for whole days in UTC, where the library cannot stumble over summer time.
func ruleOption(rule string, start Date, at Clock, zone *time.Location) (*rrule.ROption, error) {
	rule = strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(rule)), "RRULE:")
	until := ""
	for part := range strings.SplitSeq(rule, ";") {
		key, value, _ := strings.Cut(part, "=")
		switch key {
		case "INTERVAL", "COUNT":
			if number(value) < 1 {
				return nil, fmt.Errorf("%s: want a number from 1 on", part)
			}
		case "FREQ", "WKST", "BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH", "BYSETPOS":
		case "UNTIL":
			until = value
		case "BYHOUR", "BYMINUTE", "BYSECOND":
			return nil, fmt.Errorf("%s: the time of day is given apart", key)
		default:
			return nil, fmt.Errorf("unknown part %q", part)
		}
	}
	option, err := rrule.StrToROptionInLocation(rule, zone)
	if err != nil {
		return nil, err
	}
	if option.Freq > rrule.DAILY {
		return nil, fmt.Errorf("FREQ=%s: want YEARLY, MONTHLY, WEEKLY or DAILY", option.Freq)
	}
	if option.Interval > 520 {
		return nil, fmt.Errorf("INTERVAL=%d: want 1 to 520", option.Interval)
	}
	nth := map[rrule.Frequency]int{rrule.YEARLY: 53, rrule.MONTHLY: 5}[option.Freq]
	if len(option.Bymonth) > 0 {
		nth = min(nth, 5)
	}
	for _, day := range option.Byweekday {
		if day.N() > nth || day.N() < -nth {
			return nil, fmt.Errorf("BYDAY=%s: there is no such day with FREQ=%s", day, option.Freq)
		}
	}
	last := start.AddDays(100 * 366)
	if until != "" {
		last = DateOf(option.Until)
		if len(until) > len("20261231") {
			last = DateOf(option.Until.In(zone))
			if last.At(at, zone).After(option.Until) {
				last = last.AddDays(-1)
			}
		}
	}
	option.Dtstart, option.Until = start.midnight(), last.midnight()
	return option, nil
}
