package bot

import "strings"

// topicSamples is the data for what is said about topics, and about what is kept.
func topicSamples() map[string][]any {
	line := func(n int, text string) TopicLine { return TopicLine{N: n, Said: SaidLine{Text: text}} }
	one := line(3, "Was die *eAkte* im Alltag ändert")
	card := TopicCard{Network: "Digilotsen", At: sampleTime(33, 10, 0), Now: sampleTime(19, 9, 0), Topic: one, Ahead: true, Reactions: true}
	carried, dropped, gone, mute, past, unloved := card, card, card, card, card, card
	carried.Topic.Carried, dropped.Topic.Dropped, mute.Reactions = 1, true, false
	past.Ahead, past.Topic.Votes, unloved.Ahead = false, 7, false
	gone.Topic.Said = SaidLine{Gone: true}
	list := TopicList{MeetupCard: sampleMeet(), Length: 90}
	full := list
	full.Host, full.Hints, full.Booked, full.Hidden = true, true, 100, 2
	full.Topics = []TopicLine{{N: 3, Said: one.Said, Votes: 7, Minutes: 100}, {N: 1, Said: SaidLine{Text: "Barrierefreie Formulare"}, Carried: 1}}
	full.Further, full.Dropped = []TopicLine{line(4, "KI im Call")}, []TopicLine{line(2, "Kaffeemaschine")}
	full.Missed, full.Plan = []string{"Ein neues Logo", "Das alte Logo"}, ComingCount{Yes: 23, No: 2, Maybe: 5}
	dealt := full.MeetupCard
	dealt.State = MeetupOver
	some := MeetupFound{Words: "eAkte", Page: 1, More: "!meetup suche eAkte seite 2", Whole: true, Found: []FoundLine{
		{MeetupCard: dealt, Names: []string{"Was die eAkte im Alltag ändert", "Formulare"}, Excerpt: "Die eAkte startet im März."}, {MeetupCard: sampleMeet()},
	}}
	some.Found[0].At = sampleTime(38, 14, 0) // it was moved
	some.Found[0].Links = []SaidLine{{Text: "Folien: https://wiki.example.org/eakte"}, {Gone: true}}
	refusals := []any{MeetupRefusal{Why: "none", Network: "Digilotsen"}}
	for _, why := range []string{"none", "many", "full", "long", "longnote", "same", "begun", "unknown", "host", "notyet", "link", "notes", "elsewhere", "room", "nosearch"} {
		refusals = append(refusals, MeetupRefusal{Why: why, Network: "Digilotsen", N: 3, Text: "Formulare", Most: 5, Longest: 300})
	}
	all := map[string][]any{
		"meetup.topic":        {card, carried, dropped, gone, mute, past, unloved},
		"reply.topic":         {card},
		"reply.topics":        {list, full},
		"reply.dealt":         {dealt, sampleMeet()},
		"reply.kept":          {sampleMeet()},
		"reply.meetups.found": {some, MeetupFound{Words: "eAkte", Page: 1}, MeetupFound{Words: "eAkte", Page: 2}},
		"error.topic":         refusals,
	}
	for _, name := range strings.Fields(`help.topic help.meetup.topic help.meetup.agenda help.meetup.dealt help.meetup.note help.meetup.links help.meetup.attended help.meetup.search
		want.ofnetwork want.minutes want.topic want.topics want.attended want.note want.weblink want.search`) {
		all[name] = []any{nil}
	}
	return all
}
