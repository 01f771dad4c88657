package escalation_test

import (
	"flag"
	"slices"
	"strconv"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/dialoguetest"
	"lotse/bot/engine"
	"lotse/bot/escalation"
)

var update = flag.Bool("update", false, "write the answers in the dialogues anew")

// TestDialogues plays every dialogue of testdata/dialogue in a city with three members of
// the DM (dora, who has a second account dora2; dario and dana), one of DIKON (dirk), and
// olga, who has dora's display name and no role. Lines of their own at the beginning are
//
//	dm dora maria                  who is in the DM; dikon, pmo: likewise
//	rule quorum 2 pause 1h         the rule for normal escalations; remind 3, further 5, 0: never
//	weighty quorum 1 typed own     … for weighty ones
//	pmofirst                       the PMO has a working day before the DM
//	telldikon                      DIKON hears when the DM does not decide
//	with dm2                       a second room of the DM
func TestDialogues(t *testing.T) {
	dialoguetest.Run(t, "testdata/dialogue", *update, func(t *testing.T) *dialoguetest.World { return dialoguetest.New(t, kit()) })
}

// kit is the city of the dialogues.
func kit() dialoguetest.Kit {
	return dialoguetest.Kit{
		Rules: engine.Rules{
			Needs: escalation.Needs, Decide: escalation.Decide, TimerNeeds: escalation.TimerNeeds, Due: escalation.Due, Follow: escalation.Follow,
		},
		Begin:  func(now time.Time) []bot.Timer { return []bot.Timer{escalation.Begin(now)} },
		Words:  []string{"dm", "dikon", "pmo", "rule", "weighty", "pmofirst", "telldikon", "with", "strict"},
		Settle: settle,
		Cast:   cast,
	}
}

func settle(setup dialoguetest.Setup, s *bot.Settings) {
	for role, usual := range map[bot.Role][]string{bot.RoleDM: {"dora", "dario", "dana"}, bot.RoleDIKON: {"dirk"}, bot.RolePMO: {"pia"}} {
		if given, ok := setup[string(role)]; ok {
			usual = given
		}
		s.Roles[role] = nil
		for _, who := range usual {
			s.Roles[role] = append(s.Roles[role], bot.PersonID(who))
		}
	}
	_, s.OnlyVerified = setup["strict"]
	s.Escalations = bot.DefaultEscalationRules()
	rule(setup["rule"], &s.Escalations.Normal)
	if words, ok := setup["weighty"]; ok {
		s.Escalations.Weighty.Typed, s.Escalations.Weighty.NoOwn = slices.Contains(words, "typed"), slices.Contains(words, "own")
		rule(words, &s.Escalations.Weighty)
	}
	_, s.Escalations.PMOFirst = setup["pmofirst"]
	_, s.Escalations.TellDIKON = setup["telldikon"]
}

// rule reads «quorum 2 pause 1h».
func rule(words []string, r *bot.EscalationRule) {
	for i := 0; i+1 < len(words); i++ {
		n, _ := strconv.Atoi(words[i+1])
		switch words[i] {
		case "quorum":
			r.Quorum = n
		case "pause":
			r.Pause, _ = time.ParseDuration(words[i+1])
		case "remind":
			r.Remind = n
		case "further":
			r.Further = n
		}
	}
}

func cast(setup dialoguetest.Setup, c *bot.Change) {
	for _, p := range []struct{ id, name string }{{"dario", "Dario Deem"}, {"dana", "Dana Deem"}, {"dirk", "Dirk Dikon"}, {"olga", "Dora Deem"}} {
		c.People = append(c.People, bot.Person{ID: bot.PersonID(p.id), Name: p.name, Accounts: []bot.UserID{bot.UserID("test:" + p.id)}})
	}
	for i, p := range c.People {
		if p.ID == "dora" {
			c.People[i].Accounts = append(p.Accounts, "test:dora2")
		}
	}
	c.Rooms = append(c.Rooms, bot.Room{ID: "test:dikon", Kind: bot.RoomDIKON, Joined: true})
	if setup.Has("with", "dm2") {
		c.Rooms = append(c.Rooms, bot.Room{ID: "test:dm2", Kind: bot.RoomDM, Joined: true})
	}
}

// TestTeams plays them over Teams.
func TestTeams(t *testing.T) {
	dialoguetest.Teams(t, "testdata/dialogue", kit, dialoguetest.Differing{
		Unplayable: map[string]string{
			"downtime": "what people write while the bot is down is lost to it",
			"replaced": "rooms have no successors in Teams",
			"upgraded": "rooms have no successors in Teams",
		},
		Elsewhere: map[string]string{
			"plain": "where nobody can click, the written line alone decides a weighty one",
		},
	})
}
