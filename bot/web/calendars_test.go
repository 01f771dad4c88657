package web

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"lotse/bot"
	"lotse/bot/calendar"
)

// plain are words for tests.
type plain struct{}

func (plain) Plain(lang bot.Language, name string, data any) (string, error) {
	e := data.(bot.CalendarEntry)
	text := strings.TrimSpace(strings.TrimPrefix(name, "calendar.") + " " + e.Network)
	if e.Cancelled {
		text += " off"
	}
	if !e.From.IsZero() {
		text += " from " + e.From.Format("02.01. 15:04")
	}
	return text, nil
}

func settings(t *testing.T) *bot.Settings {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	rhythm, err := calendar.EveryWeeks(3, calendar.Date{Year: 2026, Month: 11, Day: 25}, calendar.Clock{Hour: 10}, berlin)
	if err != nil {
		t.Fatal(err)
	}
	return &bot.Settings{City: "Musterstadt", Zone: berlin, Days: calendar.NewDays("NW"), Rhythm: rhythm, Plan: calendar.DefaultPlanRules(),
		Shift: calendar.ShiftNext, Length: 90 * time.Minute, Language: bot.German}
}

// lines are a calendar's events, one a line.
func lines(t *testing.T, c interface{ Feed() []byte }) []string {
	t.Helper()
	var all []string
	for event := range strings.SplitSeq(string(c.Feed()), "BEGIN:VEVENT\r\n") {
		var line []string
		for property := range strings.SplitSeq(event, "\r\n") {
			for _, name := range []string{"DTSTART;TZID=Europe/Berlin:", "SEQUENCE:", "SUMMARY:", "DESCRIPTION:", "STATUS:", "URL:"} {
				if rest, ok := strings.CutPrefix(property, name); ok {
					line = append(line, rest)
				}
			}
		}
		all = append(all, strings.Join(line, " | "))
	}
	return all[1:]
}

// The calendar has the rounds of the books and those that the rhythm brings; it is at ten on both sides of the change of
// the clock, what was called off is marked, and why somebody did so is nobody's business.
func TestChecks(t *testing.T) {
	set := settings(t)
	at := func(month time.Month, day, hour int) time.Time {
		return time.Date(2026, month, day, hour, 0, 0, 0, set.Zone)
	}
	s := bot.Snapshot{Settings: set, Now: at(11, 26, 12), Rounds: []bot.Round{
		{ID: "2026-11-25", Planned: calendar.Date{Year: 2026, Month: 11, Day: 25}, Check: at(11, 25, 10), State: bot.RoundDone},
		{ID: "2026-12-16", Planned: calendar.Date{Year: 2026, Month: 12, Day: 16}, Check: at(12, 17, 14), From: at(12, 16, 10), Moved: true, Sequence: 1, State: bot.RoundPlanned, Reason: "Maria ist krank"},
		{ID: "2026-12-22", Planned: calendar.Date{Year: 2026, Month: 12, Day: 22}, Check: at(12, 22, 10), Extra: true, Sequence: 1, State: bot.RoundCancelled, Reason: "Jonas ist im Urlaub"},
	}}
	c, err := Checks(s, bot.Feed{Made: at(11, 20, 8)}, plain{})
	if err != nil {
		t.Fatal(err)
	}
	got := lines(t, c)
	for i, want := range []string{
		"0 | 20261125T100000 | title | about | CONFIRMED",
		"1 | 20261217T140000 | title from 16.12. 10:00 | about from 16.12. 10:00 | CONFIRMED",
		"1 | 20261222T100000 | title off | about off | CANCELLED",
		"0 | 20270106T100000 | title | about | CONFIRMED",
	} {
		if i >= len(got) || got[i] != want {
			t.Errorf("event %d: want %s in\n%s", i, want, strings.Join(got, "\n"))
		}
	}
	if len(got) < 15 || !strings.Contains(strings.Join(got, "\n"), "20270512T100000") {
		t.Errorf("want a year of checks, in summer at ten too:\n%s", strings.Join(got, "\n"))
	}
	again, err := Checks(s, bot.Feed{Made: at(11, 20, 8)}, plain{})
	if data := string(c.Feed()); err != nil || data != string(again.Feed()) || strings.Contains(data, "Maria") || strings.Contains(data, "Jonas") {
		t.Errorf("it differs each time, or tells why:\n%s", data)
	}
}

func TestMeetups(t *testing.T) {
	set := settings(t)
	at := time.Date(2026, 12, 3, 10, 0, 0, 0, set.Zone)
	s := bot.Snapshot{Settings: set, Now: at.AddDate(0, 0, -10), Network: &bot.Network{ID: "digilotsen", Name: "Digilotsen"}, Meetups: []bot.Meetup{
		{ID: "digilotsen-2026-12-03", At: at, Length: time.Hour, Link: "https://bbb.stadt.example/b/x", State: bot.MeetupAnnounced, Sequence: 2,
			Topics: []bot.Topic{{N: 1, Said: bot.Said{Text: "Geheimnis"}}}, Hosts: []bot.PersonID{"pia"}},
		{ID: "digilotsen-2027-01-07", At: at.AddDate(0, 1, 4), Length: time.Hour, State: bot.MeetupCancelled, Reason: bot.Said{Text: "Geheimnis"}},
		{ID: "digilotsen-2027-02-04", At: at.AddDate(0, 2, 1), Length: time.Hour, State: bot.MeetupCancelled, Off: true},
	}}
	c, err := Meetups(s, bot.Feed{Network: "digilotsen", Made: at}, plain{})
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(lines(t, c), "\n")
	want := "2 | 20261203T100000 | title Digilotsen | about Digilotsen | https://bbb.stadt.example/b/x | CONFIRMED\n" +
		"0 | 20270107T100000 | title Digilotsen off | about Digilotsen off | CANCELLED"
	if data := string(c.Feed()); got != want || strings.Contains(data, "Geheimnis") || strings.Contains(data, "pia") {
		t.Errorf("got\n%s\nwant\n%s\nin\n%s", got, want, data)
	}
}
