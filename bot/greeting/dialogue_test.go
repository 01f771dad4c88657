package greeting_test

import (
	"flag"
	"slices"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
	"lotse/bot/dialoguetest"
	"lotse/bot/engine"
	"lotse/bot/greeting"
)

var update = flag.Bool("update", false, "write the answers in the dialogues anew")

// TestDialogues plays every dialogue of testdata/dialogue in a city with a network,
// Digilotsen, with two rooms, dl and dl2. Its next meetup is on 3 December. Lines of their own
// at the beginning are
//
//	greet thread                   where newcomers are greeted; off: nowhere; else in a direct chat
//	limits 3 5                     how many at once, how many in an hour
//	only IT-Verantwortliche        the networks in which they are
func TestDialogues(t *testing.T) {
	dialoguetest.Run(t, "testdata/dialogue", *update, func(t *testing.T) *dialoguetest.World { return dialoguetest.New(t, kit()) })
}

func kit() dialoguetest.Kit {
	return dialoguetest.Kit{Rules: rules(), Words: []string{"greet", "limits", "only", "nomeetup"}, Settle: settle, Cast: cast}
}

// rules are those of package bot, with this subject's before them.
func rules() engine.Rules {
	return engine.Rules{
		Needs: func(e bot.Event) bot.Query { return greeting.Needs(e, bot.Needs(e)) },
		Decide: func(s bot.Snapshot, e bot.Event) (bot.Change, error) {
			if c, mine := greeting.Decide(s, e); mine {
				return c, nil
			}
			return bot.Decide(s, e)
		},
		TimerNeeds: func(t bot.Timer) bot.Query {
			if q, mine := greeting.TimerNeeds(t); mine {
				return q
			}
			return bot.TimerNeeds(t)
		},
		Due: func(s bot.Snapshot, t bot.Timer) (bot.Change, error) {
			if c, mine := greeting.Due(s, t); mine {
				return c, nil
			}
			return bot.Due(s, t)
		},
	}
}

func settle(setup dialoguetest.Setup, s *bot.Settings) {
	s.Greeting = bot.DefaultGreetingRules()
	s.Greeting.Where = bot.GreetDirect
	switch {
	case setup.Has("greet", "thread"):
		s.Greeting.Where = bot.GreetThread
	case setup.Has("greet", "off"):
		s.Greeting.Where = ""
	}
	if l := setup["limits"]; l != nil {
		s.Greeting.AtOnce, s.Greeting.AnHour = int(l[0][0]-'0'), int(l[1][0]-'0')
	}
	s.Greeting.Networks = setup["only"]
}

func cast(setup dialoguetest.Setup, c *bot.Change) {
	for _, id := range []bot.RoomID{"test:dl", "test:dl2"} {
		c.Rooms = append(c.Rooms, bot.Room{ID: id, Kind: bot.RoomNetwork, Network: "Digilotsen", Joined: true})
	}
	if _, without := setup["nomeetup"]; without {
		return
	}
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	day := calendar.Date{Year: 2026, Month: time.December, Day: 3}
	c.Networks = slices.Insert(c.Networks, 0, bot.Network{ID: "digilotsen", Name: "Digilotsen"})
	c.Meetups = append(c.Meetups, bot.Meetup{
		ID: "digilotsen-2026-12-03", Network: "digilotsen", Planned: day, At: day.At(calendar.Clock{Hour: 10}, zone), Zone: "Europe/Berlin",
		Length: time.Hour, State: bot.MeetupPlanned,
	})
}
