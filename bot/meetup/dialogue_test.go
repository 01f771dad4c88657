package meetup_test

import (
	"flag"
	"slices"
	"strconv"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
	"lotse/bot/dialoguetest"
	"lotse/bot/engine"
	"lotse/bot/meetup"
)

var update = flag.Bool("update", false, "write the answers in the dialogues anew")

// TestDialogues plays every dialogue of testdata/dialogue in a city with the network
// Digilotsen: its room is lotsen, its host hanna; mia, max and moritz are members that no
// book knows, hanna2 is hanna's second account. It meets each first Thursday at 10 for 90
// minutes, the next time on 3 December. Lines of their own at the beginning are
//
//	network rule FREQ=MONTHLY;BYDAY=1FR at 14:00 link none host none shift skip
//	with lotsen2                   a second room of the network
//	with it                        a second network, IT-Verantwortliche, of the same rule: its room is it, its host ina
//	week                           a reminder seven days before
//	announce 21                    so many days before
//	check 2026-11-12               Projektchecks, from then on every three weeks; else there are none, and no projects
func TestDialogues(t *testing.T) {
	dialoguetest.Run(t, "testdata/dialogue", *update, func(t *testing.T) *dialoguetest.World { return dialoguetest.New(t, kit()) })
}

// kit is the city of the dialogues.
func kit() dialoguetest.Kit {
	return dialoguetest.Kit{
		Rules: engine.Rules{
			Needs: meetup.Needs, Decide: meetup.Decide, TimerNeeds: meetup.TimerNeeds, Due: meetup.Due, Follow: meetup.Follow,
		},
		Begin:  func(now time.Time) []bot.Timer { return []bot.Timer{meetup.Begin(now)} },
		Words:  []string{"network", "with", "week", "announce", "strict"},
		Settle: settle,
		Cast:   cast,
	}
}

func settle(setup dialoguetest.Setup, s *bot.Settings) {
	s.Escalations, s.Meetups = bot.DefaultEscalationRules(), bot.DefaultMeetupRules()
	_, s.Meetups.Week = setup["week"]
	if days, ok := setup["announce"]; ok {
		s.Meetups.Announce, _ = strconv.Atoi(days[0])
	}
	if s.Length = time.Hour; setup["check"] == nil {
		s.Rhythm = calendar.Rhythm{}
	}
}

// digilotsen is the network by what the lines say.
func digilotsen(words []string) bot.Network {
	n := bot.Network{
		ID: "digilotsen", Name: "Digilotsen", Hosts: []bot.PersonID{"hanna"}, Rule: "FREQ=MONTHLY;BYDAY=1TH", Anchor: calendar.Date{Year: 2026, Month: time.December, Day: 1},
		At: calendar.Clock{Hour: 10}, Length: 90 * time.Minute, Link: "https://bbb.example/digilotsen", Origin: bot.FromConfig,
	}
	for i := 0; i+1 < len(words); i += 2 {
		switch value := words[i+1]; words[i] {
		case "rule":
			n.Rule = value
		case "at":
			n.At, _ = calendar.ParseClock(value)
		case "link":
			n.Link = map[bool]string{false: value}[value == "none"]
		case "host":
			n.Hosts = map[bool][]bot.PersonID{false: {bot.PersonID(value)}}[value == "none"]
		case "shift":
			n.Shift = calendar.Shift(value)
		}
	}
	return n
}

func cast(setup dialoguetest.Setup, c *bot.Change) {
	for _, p := range []struct {
		id, name string
		accounts []bot.UserID
	}{{"hanna", "Hanna Gastgeberin", []bot.UserID{"test:hanna", "test:hanna2"}}, {"ina", "Ina Technik", []bot.UserID{"test:ina"}}} {
		c.People = append(c.People, bot.Person{ID: bot.PersonID(p.id), Name: p.name, Accounts: p.accounts})
	}
	room := func(id, network string) {
		c.Rooms = append(c.Rooms, bot.Room{ID: bot.RoomID("test:" + id), Kind: bot.RoomNetwork, Network: network, Joined: true})
	}
	if setup["check"] == nil {
		c.Projects = nil
		c.Rooms = slices.DeleteFunc(c.Rooms, func(r bot.Room) bool { return r.Kind == bot.RoomProject || r.Kind == bot.RoomDM })
	}
	n := digilotsen(setup["network"])
	c.Networks = append(c.Networks, n)
	room("lotsen", "Digilotsen")
	if slices.Contains(setup["with"], "lotsen2") {
		room("lotsen2", "digilotsen")
	}
	if slices.Contains(setup["with"], "it") {
		n.ID, n.Name, n.Hosts, n.Link = "it", "IT-Verantwortliche", []bot.PersonID{"ina"}, "https://bbb.example/it"
		c.Networks = append(c.Networks, n)
		room("it", "it")
	}
}

// TestTeams plays them over Teams.
func TestTeams(t *testing.T) {
	dialoguetest.Teams(t, "testdata/dialogue", kit, dialoguetest.Differing{
		Unplayable: map[string]string{
			"members":        "the bot does not ask who is in a room",
			"outside":        "the bot does not ask who is in a room",
			"outside-config": "the bot does not ask who is in a room",
		},
	})
}
