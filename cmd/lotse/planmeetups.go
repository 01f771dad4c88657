package main

import (
	"cmp"
	"context"
	"slices"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
	"lotse/bot/meetup"
)

// plannedMeetup is a meetup as the plan shows it.
type plannedMeetup struct {
	bot.Meetup
	network string
	steps   []meetup.Step // none of one that does not take place
}

// planMeetups is what the networks' rules have in a span, with what the books say instead. Networks that the books do not
// have yet are the configuration's.
func (c *Config) planMeetups(ctx context.Context, settings *bot.Settings, in span) ([]plannedMeetup, error) {
	books, _, err := c.loadBooks(ctx, bot.Query{AllNetworks: true, Archived: true})
	if err != nil {
		return nil, err
	}
	networks, _ := mergeNetworks(c.networks(), books.Networks)
	for _, n := range books.Networks {
		if !slices.ContainsFunc(networks, func(w bot.Network) bool { return w.ID == n.ID }) {
			networks = append(networks, n)
		}
	}
	var all []plannedMeetup
	for _, n := range networks {
		if n.Archived {
			continue
		}
		rows, _, err := c.loadBooks(ctx, bot.Query{Network: n.ID, Meetups: true})
		if err != nil {
			return nil, err
		}
		all = append(all, networkPlan(settings, n, rows.Meetups, in)...)
	}
	slices.SortStableFunc(all, func(a, b plannedMeetup) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return all, nil
}

// networkPlan is one network's meetups in a span.
func networkPlan(settings *bot.Settings, n bot.Network, rows []bot.Meetup, in span) (all []plannedMeetup) {
	seen := map[bot.MeetupID]bool{}
	// The rules look two years ahead, and from their own now on: so go on in steps.
	for from := in.from; !from.After(in.until); from = from.AddDays(600) {
		s := bot.Snapshot{Now: from.At(calendar.Clock{}, settings.Zone).Add(-time.Nanosecond), Settings: settings, Network: &n, Meetups: rows}
		for _, m := range meetup.Next(s, 1000) {
			day := calendar.DateOf(m.At.In(settings.Zone))
			if seen[m.ID] || day.Before(in.from) || day.After(in.until) {
				continue
			}
			seen[m.ID] = true
			planned := plannedMeetup{Meetup: m, network: n.Name}
			if m.State != bot.MeetupCancelled {
				planned.steps = meetup.Steps(settings, m)
			}
			all = append(all, planned)
		}
	}
	return all
}

// meetupJSON is a meetup in `lotse plan --json`.
type meetupJSON struct {
	ID      bot.MeetupID    `json:"id"`
	Network bot.NetworkID   `json:"network"`
	Planned string          `json:"planned"`
	Begins  *time.Time      `json:"begins,omitempty"` // none: it does not take place
	Ends    *time.Time      `json:"ends,omitempty"`
	State   bot.MeetupState `json:"state"`
	Holiday string          `json:"holiday,omitempty"` // what moved it or leaves it out
	Moved   bool            `json:"moved,omitempty"`
	Extra   bool            `json:"extra,omitempty"`
	Steps   []stepJSON      `json:"steps"`
}

func (p roundPlan) meetupsJSON() []meetupJSON {
	out := []meetupJSON{}
	for _, m := range p.meetups {
		row := meetupJSON{ID: m.ID, Network: m.Network, Planned: m.Planned.String(), State: m.State, Holiday: m.Shifted, Moved: !m.From.IsZero(), Extra: m.Extra, Steps: []stepJSON{}}
		if m.State != bot.MeetupCancelled {
			begins, ends := m.At.In(p.settings.Zone), m.End().In(p.settings.Zone)
			row.Begins, row.Ends = &begins, &ends
			for _, s := range m.steps {
				row.Steps = append(row.Steps, stepJSON{Kind: calendar.StepKind(s.Kind), At: s.At.In(p.settings.Zone)})
			}
		}
		out = append(out, row)
	}
	return out
}

// meetupWords are the words of the plan for meetups.
type meetupWords struct {
	title, head, cancelled, skipped, shifted, moved, extra string
	steps                                                  map[bot.TimerKind]string
}

var meetupWordsDE = meetupWords{
	title: "Meetups der Netzwerke", head: "%s: Meetup am %s, %s Uhr", cancelled: "Abgesagt: %s, Meetup am %s", skipped: "Entfällt: %s, Meetup am %s (%s)",
	shifted: "verlegt: geplant war %s (%s)", moved: "verschoben: geplant war %s", extra: "zusätzlich angesetzt",
	steps: map[bot.TimerKind]string{
		bot.TimerAnnounce: "Ankündigung und Ruf nach Themen", bot.TimerWeek: "Erinnerung eine Woche vorher", bot.TimerEve: "Tagesordnung",
		bot.TimerSoon: "Link", bot.TimerBegin: "Meetup", bot.TimerEnd: "Bitte um Zusammenfassung und Links",
	},
}

var meetupWordsEN = meetupWords{
	title: "Meetups of the networks", head: "%s: meetup on %s, %s", cancelled: "Cancelled: %s, meetup on %s", skipped: "Left out: %s, meetup on %s (%s)",
	shifted: "moved: planned was %s (%s)", moved: "moved by somebody: planned was %s", extra: "added",
	steps: map[bot.TimerKind]string{
		bot.TimerAnnounce: "announcement and call for topics", bot.TimerWeek: "reminder a week before", bot.TimerEve: "agenda",
		bot.TimerSoon: "link", bot.TimerBegin: "meetup", bot.TimerEnd: "request for summary and links",
	},
}

// meetupTable writes the meetups for people; nothing where there are none.
func (p roundPlan) meetupTable(line func(string, ...any), w *planWords) {
	if len(p.meetups) == 0 {
		return
	}
	line("")
	line("%s", w.meetups.title)
	for _, m := range p.meetups {
		line("")
		p.meetup(line, w, m)
	}
}

func (p roundPlan) meetup(line func(string, ...any), w *planWords, m plannedMeetup) {
	at, planned := m.At.In(p.settings.Zone), w.date(w, m.Planned)
	switch {
	case m.State == bot.MeetupCancelled && m.Off:
		line(w.meetups.skipped, m.network, planned, m.Shifted)
		return
	case m.State == bot.MeetupCancelled:
		line(w.meetups.cancelled, m.network, w.date(w, calendar.DateOf(at)))
		return
	}
	line(w.meetups.head, m.network, w.date(w, calendar.DateOf(at)), at.Format("15:04"))
	switch {
	case m.Extra:
		line("  %s", w.meetups.extra)
	case !m.From.IsZero():
		line("  "+w.meetups.moved, w.date(w, calendar.DateOf(m.From.In(p.settings.Zone))))
	case m.Shifted != "" && calendar.DateOf(at) != m.Planned:
		line("  "+w.meetups.shifted, planned, m.Shifted)
	}
	for _, s := range m.steps {
		if text, ok := w.meetups.steps[s.Kind]; ok {
			at := s.At.In(p.settings.Zone)
			day := calendar.DateOf(at)
			line("  %-3s %s  %5s  %s", w.short[day.Weekday()], w.briefly(day), at.Format("15:04"), text)
		}
	}
}
