package notice_test

import (
	"flag"
	"slices"
	"testing"

	"lotse/bot"
	"lotse/bot/dialoguetest"
	"lotse/bot/engine"
	"lotse/bot/notice"
)

var update = flag.Bool("update", false, "write the answers in the dialogues anew")

// TestDialogues plays every dialogue of testdata/dialogue in a city with three networks
// (Digilotsen with two rooms, dl and dl2; IT-Verantwortliche, it; Zentrale Dienste, where the
// bot is not) and a second member of the PMO, paul. A line of its own at the beginning is
//
//	english dl                     the room reads English
func TestDialogues(t *testing.T) {
	dialoguetest.Run(t, "testdata/dialogue", *update, func(t *testing.T) *dialoguetest.World { return dialoguetest.New(t, kit()) })
}

func kit() dialoguetest.Kit {
	return dialoguetest.Kit{Rules: rules(), Words: []string{"english"}, Settle: settle, Cast: cast}
}

// rules are those of package bot, with this subject's before them.
func rules() engine.Rules {
	return engine.Rules{
		Decide: func(s bot.Snapshot, e bot.Event) (bot.Change, error) {
			if c, mine, err := notice.Decide(s, e); mine {
				return c, err
			}
			return bot.Decide(s, e)
		},
		TimerNeeds: func(t bot.Timer) bot.Query {
			if q, mine := notice.TimerNeeds(t); mine {
				return q
			}
			return bot.TimerNeeds(t)
		},
		Due: func(s bot.Snapshot, t bot.Timer) (bot.Change, error) {
			if c, mine := notice.Due(s, t); mine {
				return c, nil
			}
			return bot.Due(s, t)
		},
	}
}

func settle(_ dialoguetest.Setup, s *bot.Settings) {
	s.Roles[bot.RolePMO] = []bot.PersonID{"pia", "paul"}
}

func cast(setup dialoguetest.Setup, c *bot.Change) {
	c.People = append(c.People, bot.Person{ID: "paul", Name: "Paul Peemo", Accounts: []bot.UserID{"test:paul"}})
	for _, r := range []bot.Room{
		{ID: "test:dl", Network: "Digilotsen"}, {ID: "test:dl2", Network: "Digilotsen"}, {ID: "test:it", Network: "IT-Verantwortliche"},
	} {
		r.Kind, r.Joined = bot.RoomNetwork, true
		if slices.Contains(setup["english"], r.ID.Local()) {
			r.Language = bot.English
		}
		c.Rooms = append(c.Rooms, r)
	}
	c.Rooms = append(c.Rooms, bot.Room{ID: "test:zd", Kind: bot.RoomNetwork, Network: "Zentrale Dienste"})
}

// TestTeams plays them over Teams.
func TestTeams(t *testing.T) {
	dialoguetest.Teams(t, "testdata/dialogue", kit, dialoguetest.Differing{
		Unplayable: map[string]string{
			"failed": "a room that takes nothing is told of otherwise",
		},
	})
}
