package web

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"lotse/bot"
	"lotse/bot/ical"
)

// Words says what stands in a calendar.
type Words interface {
	Plain(lang bot.Language, template string, data any) (string, error)
}

const (
	// every is how often programs are asked to look for what is new.
	every = time.Hour
	// checksAhead is how many Projektchecks a calendar shows beforehand: a year of them.
	checksAhead = 20
)

// entry is a date before it has its words.
type entry struct {
	event ical.Event
	about bot.CalendarEntry
}

// compose puts a calendar together, in the city's language.
func compose(s *bot.Settings, words Words, network string, entries []entry) (ical.Calendar, error) {
	say := func(name string, about bot.CalendarEntry) (string, error) {
		about.City, about.Network = s.City, network
		text, err := words.Plain(s.Language, name, about)
		if err != nil {
			return "", fmt.Errorf("the words %s of a calendar: %w", name, err)
		}
		return text, nil
	}
	name, err := say("calendar.name", bot.CalendarEntry{})
	if err != nil {
		return ical.Calendar{}, err
	}
	c := ical.Calendar{Name: name, Every: every}
	for _, e := range entries {
		if e.event.Summary, err = say("calendar.title", e.about); err != nil {
			return ical.Calendar{}, err
		}
		if e.event.Description, err = say("calendar.about", e.about); err != nil {
			return ical.Calendar{}, err
		}
		e.event.Zone, e.event.Cancelled = s.Zone, e.about.Cancelled
		c.Events = append(c.Events, e.event)
	}
	return c, nil
}

// Checks is the calendar of the Projektchecks: those that come, those called off, and the last ones. The snapshot needs
// Rounds. What stands in no calendar is what a holiday leaves out, since nobody was told of it.
func Checks(s bot.Snapshot, feed bot.Feed, words Words) (ical.Calendar, error) {
	rounds := bot.PlanRounds(s, checksAhead)
	for _, r := range s.Rounds {
		if !slices.ContainsFunc(rounds, func(o bot.Round) bool { return o.ID == r.ID }) {
			rounds = append(rounds, r) // past
		}
	}
	var entries []entry
	for _, r := range rounds {
		if r.Off || r.Check.IsZero() {
			continue
		}
		from := r.From
		if !from.IsZero() {
			from = from.In(s.Settings.Zone)
		}
		entries = append(entries, entry{
			ical.Event{UID: r.CalendarUID(s.Settings.City), Sequence: r.Sequence, Changed: feed.Made, Start: r.Check, End: r.Check.Add(s.Settings.Length)},
			bot.CalendarEntry{Cancelled: r.State == bot.RoundCancelled, From: from},
		})
	}
	return compose(s.Settings, words, "", entries)
}

// Meetups is the calendar of a network: the meetups that the books have. The snapshot needs Meetups of the network.
func Meetups(s bot.Snapshot, feed bot.Feed, words Words) (ical.Calendar, error) {
	name := string(feed.Network)
	if s.Network != nil {
		name = cmp.Or(s.Network.Name, name)
	}
	var entries []entry
	for _, m := range s.Meetups {
		if m.Off || m.At.IsZero() {
			continue
		}
		date := m.Date(s.Settings, name, feed.Made)
		entries = append(entries, entry{date.Event, date.About})
	}
	return compose(s.Settings, words, name, entries)
}
