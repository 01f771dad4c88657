package bot

import (
	"maps"
	"strings"
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
		Announced: sampleTime(19, 9, 0), Now: sampleTime(19, 9, 0), Reactions: true, Files: true, Soon: 15 * time.Minute,
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
	bare := func(c *MeetupCard) { c.Link, c.Hosts, c.Reactions, c.Files = "", nil, false, false }
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
	runs := func(c *MeetupCard) { topics(c); c.State, c.Plan = MeetupStarted, ComingCount{Yes: 23, No: 2, Maybe: 5} }
	over := func(c *MeetupCard) { runs(c); c.State = MeetupOver }
	kept := func(c *MeetupCard) {
		over(c)
		c.State, c.Participants, c.Hidden = MeetupDone, 43, 2
		c.Further = []TopicLine{{N: 4, Said: SaidLine{Text: "KI im Call"}, Votes: 1}}
	}
	bareRuns := func(c *MeetupCard) { bare(c); c.State = MeetupStarted }
	bareOver := func(c *MeetupCard) { bare(c); c.State = MeetupOver }
	all := func(changes ...func(c *MeetupCard)) (list []any) {
		for _, change := range changes {
			list = append(list, meetupWith(change))
		}
		return list
	}
	same := func(*MeetupCard) {}
	buttons := func(c *MeetupCard) { c.Buttons = true }
	samples := meetupReplySamples()
	for name := range strings.FieldsSeq(meetupHelps) {
		samples[name] = []any{nil}
	}
	maps.Copy(samples, map[string][]any{
		"meetup.announcement": all(same, buttons, moved, shift, bare, off, func(c *MeetupCard) { c.State = MeetupCancelled }, runs, bareRuns, over, kept, bareOver),
		"meetup.calendar":     all(same, off),
		"meetup.week":         all(same, bare, off, old, func(c *MeetupCard) { old(c); off(c) }, runs, over, func(c *MeetupCard) { old(c); over(c) }),
		"meetup.agenda":       all(topics, bare, off, old, runs, bareRuns, over, kept, bareOver, func(c *MeetupCard) { old(c); over(c) }),
		"meetup.soon":         all(same, bare, func(c *MeetupCard) { c.Link = ""; c.Hosts = append(c.Hosts, sampleHost2) }, off, old, runs, over, func(c *MeetupCard) { old(c); over(c) }),
		"meetup.changed": all(
			func(c *MeetupCard) { moved(c); c.Was = c.From; c.Reason.Text = "weil der Saal belegt ist" },
			func(c *MeetupCard) { moved(c); buttons(c); c.Was = c.From },
			func(c *MeetupCard) { moved(c); c.Was, c.Reactions = c.From, false; c.NewHosts = true },
			off, func(c *MeetupCard) { off(c); c.Reason, c.Next = SaidLine{}, sampleTime(61, 10, 0) },
			func(c *MeetupCard) { c.Again = true }, func(c *MeetupCard) { c.NewLink = true }, func(c *MeetupCard) { c.NewLink, c.Link = true, "" },
			func(c *MeetupCard) { c.NewHosts = true; c.Hosts = append(c.Hosts, sampleHost2) }, func(c *MeetupCard) { c.NewHosts, c.Hosts = true, nil },
			func(c *MeetupCard) { over(c); moved(c); c.Was = c.From }, func(c *MeetupCard) { over(c); c.NewLink = true }),
		"meetup.ask":     all(func(c *MeetupCard) { c.State = MeetupOver }, func(c *MeetupCard) { c.State = MeetupDone }),
		"meetup.notes":   all(notes, func(c *MeetupCard) { notes(c); c.Summary = SaidLine{Gone: true} }, func(c *MeetupCard) { notes(c); c.Links = nil }, func(c *MeetupCard) { notes(c); c.Summary = SaidLine{} }),
		"meetup.shifted": all(shift, func(c *MeetupCard) { shift(c); c.State = MeetupCancelled }),
		"meetup.outside": {
			MeetupOutside{Network: "digilotsen", Name: "Digilotsen", People: []Person{sampleHost}},
			MeetupOutside{Network: "digilotsen", Name: "Digilotsen", People: []Person{sampleHost, sampleHost2}},
		},
		"meetup.clash": {
			MeetupClash{Network: "Digilotsen", At: sampleTime(33, 10, 0), End: sampleTime(33, 11, 30), Check: true, OtherAt: sampleTime(33, 10, 0), Now: sampleTime(19, 9, 0)},
			MeetupClash{Network: "Digilotsen", At: sampleTime(33, 10, 0), End: sampleTime(33, 11, 30), Other: "IT-Verantwortliche", OtherAt: sampleTime(33, 11, 0), Now: sampleTime(19, 9, 0)},
		},
	})
	return samples
}

// meetupHelps are the texts without data: what a command does, and what it expects.
const meetupHelps = `help.meetup help.meetup.move help.meetup.cancel help.meetup.new help.meetup.link help.meetup.host want.meetupdate want.newmeetup
	help.network help.network.new help.network.rule help.network.link help.network.host help.network.length help.network.shift help.network.name
	help.network.archive want.rule want.length want.shift`

// sampleMeetups are two lines of a list.
func sampleMeetups() []MeetupLine {
	line := MeetupLine{Network: "Digilotsen", At: sampleTime(33, 10, 0), End: sampleTime(33, 11, 30), State: MeetupAnnounced, Planned: sampleDay(33), Hosts: []Person{sampleHost}}
	other := line
	other.Network, other.At = "IT-Verantwortliche", sampleTime(72, 14, 0)
	return []MeetupLine{line, other}
}

// meetupReplySamples is what the commands answer.
func meetupReplySamples() map[string][]any {
	now := sampleTime(19, 9, 0)
	line := sampleMeetups()[0]
	moved, shifted, off, extra, running := line, line, line, line, line
	moved.From, shifted.Shifted, shifted.Planned = sampleTime(31, 10, 0), "Allerheiligen", sampleDay(31)
	off.State, off.Shifted, extra.Extra, running.State = MeetupCancelled, "Fronleichnam", true, MeetupStarted
	called := off
	called.Shifted = ""
	changed := MeetupChanged{Network: "Digilotsen", At: sampleTime(38, 10, 0), Old: sampleTime(33, 10, 0), Told: true, Rooms: 1, Undo: "!meetup verschieben 8.12. auf 3.12. 10:00"}
	var replies []any
	for _, what := range []string{"moved", "cancelled", "added", "again", "link", "hosts"} {
		c := changed
		c.What = what
		switch what {
		case "moved":
			c.Reason, c.DayOff = "weil der Saal belegt ist", "Betriebsausflug"
		case "cancelled":
			c.Rooms = 0
		case "added":
			c.Told, c.Announce, c.Weekend = false, sampleTime(24, 9, 0), true
		case "again":
			c.Told, c.Undo = false, ""
		case "link":
			c.Link = sampleMeetup
		case "hosts":
			c.Hosts, c.Silent, c.Outside = []Person{sampleHost, sampleHost2}, true, []Person{sampleHost}
		}
		replies = append(replies, c)
	}
	here := replies[0].(MeetupChanged)
	here.Here = true
	replies = append(replies, here)
	card := func(what string, change func(*NetworkCard)) any {
		c := NetworkCard{
			What: what, ID: "digilotsen", Name: "Digilotsen", Shift: calendar.ShiftNext, Hosts: []Person{sampleHost}, Rule: "FREQ=MONTHLY;BYDAY=1TH", At: calendar.Clock{Hour: 10}, Length: 90 * time.Minute,
			Link: sampleMeetup, Rooms: 1, Next: []time.Time{sampleTime(33, 10, 0), sampleTime(68, 10, 0)}, Undo: "!netzwerk regel digilotsen FREQ=MONTHLY;BYDAY=2TH um 10:00",
		}
		change(&c)
		return c
	}
	var refusals []any
	for _, why := range []string{"past", "over", "cancelled", "same", "taken", "none", "network", "nobody", "link", "known", "norule", "other"} {
		refusals = append(refusals, BadMeetup{Why: why, Network: "Digilotsen", At: sampleTime(33, 10, 0), Now: now, Networks: []string{"Digilotsen", "IT-Verantwortliche"}})
	}
	return map[string][]any{
		"reply.meetup": replies,
		"reply.meetups": {
			MeetupList{Lines: []MeetupLine{line, moved, shifted, off, called, extra, running}, Manage: true, Now: now}, MeetupList{Lines: []MeetupLine{line}, Network: "Digilotsen", Now: now},
			MeetupList{Now: now}, MeetupList{Network: "Digilotsen", Manage: true, Now: now},
		},
		"error.meetup": refusals,
		"reply.network": {
			card("", func(*NetworkCard) {}), card("", func(c *NetworkCard) { *c = NetworkCard{ID: c.ID, Name: c.Name, Shift: c.Shift} }), card("archived", func(*NetworkCard) {}),
			card("new", func(c *NetworkCard) { c.Next, c.Rule, c.Rooms = nil, "", 0 }), card("rule", func(*NetworkCard) {}), card("length", func(*NetworkCard) {}), card("name", func(*NetworkCard) {}),
			card("shift", func(*NetworkCard) {}), card("shift", func(c *NetworkCard) { c.Shift = calendar.ShiftPrevious }),
			card("shift", func(c *NetworkCard) { c.Shift = calendar.ShiftSkip }), card("shift", func(c *NetworkCard) { c.Shift = calendar.ShiftKeep }), card("link", func(*NetworkCard) {}),
			card("host", func(c *NetworkCard) { c.Undo, c.Silent = "", true }), card("host", func(c *NetworkCard) { c.Outside = []Person{sampleHost, sampleHost2} }), card("host", func(c *NetworkCard) { c.Next, c.Rule = nil, "FREQ=DAILY;COUNT=1" }),
		},
	}
}
