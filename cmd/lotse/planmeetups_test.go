package main

import (
	"bytes"
	"slices"
	"testing"

	"lotse/bot"
)

// Two networks over Easter, Ascension Day and Corpus Christi: what a holiday moves, what somebody has moved, called off and
// added, with every step.
func TestPlanMeetups(t *testing.T) {
	p := planOf(t, least+`networks:
  - {id: digilotsen, name: Digilotsen, rule: erster Donnerstag im Monat, at: "10:00"}
  - {id: it, name: IT-Verantwortliche, rule: letzter Freitag im Monat, at: "14:00", shift: skip}
meetups: {week_before: true}
`, "2027-03-01", "2027-06-10", nil)
	at := func(text string) bot.Meetup {
		when := localTime(t, p.settings.Zone, text)
		return bot.Meetup{Network: "digilotsen", At: when, Length: usualMeetup, State: bot.MeetupPlanned}
	}
	moved, off, extra := at("2027-04-06 10:00"), at("2027-06-03 10:00"), at("2027-03-18 15:00")
	moved.ID, moved.Planned, moved.From = "digilotsen-2027-04-01", dateOf(t, "2027-04-01"), localTime(t, p.settings.Zone, "2027-04-01 10:00")
	off.ID, off.Planned, off.State = "digilotsen-2027-06-03", dateOf(t, "2027-06-03"), bot.MeetupCancelled
	extra.ID, extra.Planned, extra.Extra = "digilotsen-2027-03-18", dateOf(t, "2027-03-18"), true
	for i, n := range p.config.networks() {
		var rows []bot.Meetup
		if i == 0 {
			rows = []bot.Meetup{moved, off, extra}
		}
		p.meetups = append(p.meetups, networkPlan(p.settings, n, rows, p.span)...)
	}
	slices.SortFunc(p.meetups, func(a, b plannedMeetup) int { return a.At.Compare(b.At) })
	for name, words := range map[string]*planWords{"de": &planWordsDE, "en": &planWordsEN} {
		var out bytes.Buffer
		if err := p.table(&out, words); err != nil {
			t.Fatal(err)
		}
		golden(t, "plan/meetups."+name+".txt", out.String())
	}
	var out bytes.Buffer
	if err := p.json(&out); err != nil {
		t.Fatal(err)
	}
	golden(t, "plan/meetups.json", out.String())
}
