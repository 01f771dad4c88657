package bot

import (
	"time"

	"lotse/bot/calendar"
)

// The host of the samples, and somebody who is in no book.
var (
	sampleHost   = Person{ID: "hanna", Name: "Hanna Gastgeberin", Accounts: []UserID{"matrix:@hanna:example.org"}}
	sampleHost2  = Person{ID: "hugo", Name: "Hugo Gastgeber"}
	sampleMeetup = "https://bbb.example.org/digilotsen"
)

// sampleMeet is a meetup as it is announced.
func sampleMeet() MeetupCard {
	return MeetupCard{
		ID: "digilotsen-2026-12-03", Network: "Digilotsen", State: MeetupAnnounced, At: sampleTime(33, 10, 0), End: sampleTime(33, 11, 30),
		Planned: calendar.Date{Year: 2026, Month: time.December, Day: 3}, Link: sampleMeetup, Hosts: []Person{sampleHost},
		Announced: sampleTime(19, 9, 0), Now: sampleTime(19, 9, 0), Reactions: true, Soon: 15 * time.Minute,
	}
}

// meetupWith is the sample with something different.
func meetupWith(change func(c *MeetupCard)) any {
	c := sampleMeet()
	change(&c)
	return c
}

// meetupSamples is the data for what is said about meetups: words_meetup.go.
func meetupSamples() map[string][]any {
	moved := func(c *MeetupCard) {
		c.At, c.End, c.From = sampleTime(38, 14, 0), sampleTime(38, 15, 30), sampleTime(33, 10, 0)
	}
	off := func(c *MeetupCard) {
		c.State = MeetupCancelled
		c.Reason = SaidLine{Text: "Der Saal ist belegt.", By: sampleHost}
	}
	bare := func(c *MeetupCard) { c.Link, c.Hosts, c.Reactions = "", nil, false }
	old := func(c *MeetupCard) { moved(c); c.Old = true }
	shift := func(c *MeetupCard) { c.Shifted = "Allerheiligen" }
	topics := func(c *MeetupCard) {
		c.Topics = []TopicLine{
			{N: 2, Said: SaidLine{Text: "Was die eAkte im Alltag ändert", By: sampleHost}, Votes: 7, Minutes: 20},
			{N: 1, Said: SaidLine{Text: "Barrierefreie *Formulare*"}}, {N: 3, Said: SaidLine{Gone: true}},
		}
	}
	notes := func(c *MeetupCard) {
		c.State, c.Summary = MeetupOver, SaidLine{Text: "Die eAkte startet im März.\nFragen sammelt die Kanzlei.", By: sampleHost}
		c.Links = []SaidLine{{Text: "https://wiki.example.org/eakte"}, {Gone: true}}
	}
	all := func(changes ...func(c *MeetupCard)) (list []any) {
		for _, change := range changes {
			list = append(list, meetupWith(change))
		}
		return list
	}
	same := func(*MeetupCard) {}
	return map[string][]any{
		"meetup.announcement": all(same, moved, shift, bare, off, func(c *MeetupCard) { c.State = MeetupCancelled }),
		"meetup.week":         all(same, bare, off, old, func(c *MeetupCard) { old(c); off(c) }),
		"meetup.agenda":       all(topics, bare, off, old),
		"meetup.soon":         all(same, bare, func(c *MeetupCard) { c.Link = ""; c.Hosts = append(c.Hosts, sampleHost2) }, off, old),
		"meetup.changed": all(
			func(c *MeetupCard) { moved(c); c.Was = c.From; c.Reason.Text = "weil der Saal belegt ist" },
			func(c *MeetupCard) { moved(c); c.Was, c.Reactions = c.From, false; c.NewHosts = true },
			off, func(c *MeetupCard) { off(c); c.Reason, c.Next = SaidLine{}, sampleTime(61, 10, 0) },
			func(c *MeetupCard) { c.Again = true }, func(c *MeetupCard) { c.NewLink = true }, func(c *MeetupCard) { c.NewLink, c.Link = true, "" },
			func(c *MeetupCard) { c.NewHosts = true; c.Hosts = append(c.Hosts, sampleHost2) }, func(c *MeetupCard) { c.NewHosts, c.Hosts = true, nil }),
		"meetup.ask":     all(func(c *MeetupCard) { c.State = MeetupOver }, func(c *MeetupCard) { c.State = MeetupDone }),
		"meetup.notes":   all(notes, func(c *MeetupCard) { notes(c); c.Summary = SaidLine{Gone: true} }, func(c *MeetupCard) { notes(c); c.Links = nil }, func(c *MeetupCard) { notes(c); c.Summary = SaidLine{} }),
		"meetup.shifted": all(shift, func(c *MeetupCard) { shift(c); c.State = MeetupCancelled }),
		"meetup.clash": {
			MeetupClash{Network: "Digilotsen", At: sampleTime(33, 10, 0), End: sampleTime(33, 11, 30), Check: true, OtherAt: sampleTime(33, 10, 0), Now: sampleTime(19, 9, 0)},
			MeetupClash{Network: "Digilotsen", At: sampleTime(33, 10, 0), End: sampleTime(33, 11, 30), Other: "IT-Verantwortliche", OtherAt: sampleTime(33, 11, 0), Now: sampleTime(19, 9, 0)},
		},
	}
}
