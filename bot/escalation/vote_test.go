package escalation

import (
	"slices"
	"strings"
	"testing"
	"time"

	"lotse/bot"
)

// council is a snapshot in which an escalation of maria's project is before the DM.
func councilOf(x *bot.Escalation, members ...bot.PersonID) bot.Snapshot {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	project := bot.Project{ID: "a", Name: "A", Leads: []bot.PersonID{"maria"}, Deputies: nil}
	x.Project, x.Kind, x.Role, x.Number, x.ID = "a", bot.EscalationMatter, bot.RoleDM, 1, "a-1"
	x.Text, x.Asker = bot.Said{Text: "Freigabe", By: "maria"}, "maria"
	return bot.Snapshot{
		Now: time.Date(2026, 11, 18, 12, 0, 0, 0, zone), Abilities: bot.Abilities{Reactions: true, Threads: true},
		Settings: &bot.Settings{Zone: zone, MaxText: 100, Roles: map[bot.Role][]bot.PersonID{bot.RoleDM: members}},
		Project:  &project, Escalation: x, People: map[bot.PersonID]bot.Person{},
		Rooms: []bot.Room{{ID: "test:dm", Kind: bot.RoomDM, Joined: true}}, Room: bot.Room{ID: "test:dm", Kind: bot.RoomDM, Joined: true},
	}
}

// What a member says is what they said last, by the time at which they said it, in whatever
// order it came; of a weighty one, they have to say it twice.
func TestBallots(t *testing.T) {
	at := func(minutes int) time.Time { return time.Date(2026, 11, 18, 9, minutes, 0, 0, time.UTC) }
	yes := func(by bot.PersonID, m int) bot.Vote { return bot.Vote{By: by, Choice: bot.ChooseYes, At: at(m)} }
	no := func(by bot.PersonID, m int) bot.Vote { return bot.Vote{By: by, Choice: bot.ChooseNo, At: at(m)} }
	typed := func(v bot.Vote) bot.Vote { v.Typed = true; return v }
	for _, test := range []struct {
		why   string
		typed bool
		noOwn bool
		votes []bot.Vote
		want  string // who says what; in parentheses: not firmly
	}{
		{"nobody", false, false, nil, ""},
		{"one", false, false, []bot.Vote{yes("dora", 1)}, "dora ✅"},
		{"two", false, false, []bot.Vote{yes("dora", 1), no("dario", 1)}, "dario ❌, dora ✅"},
		{"thought again", false, false, []bot.Vote{yes("dora", 1), no("dora", 2)}, "dora ❌"},
		{"told out of order", false, false, []bot.Vote{no("dora", 2), yes("dora", 1)}, "dora ❌"},
		{"at the same time", false, false, []bot.Vote{no("dora", 1), yes("dora", 1)}, "dora ✅"},
		{"in writing, later", false, false, []bot.Vote{yes("dora", 1), typed(no("dora", 2))}, "dora ❌"},
		{"in writing, earlier", false, false, []bot.Vote{typed(no("dora", 1)), yes("dora", 2)}, "dora ✅"},
		{"in writing, told later", false, false, []bot.Vote{yes("dora", 2), typed(no("dora", 1))}, "dora ✅"},
		{"no vote", false, false, []bot.Vote{{By: "dora", Choice: bot.ChooseAsk, At: at(1)}, {By: "dora", Choice: bot.ChooseForward, At: at(1)}}, ""},
		{"no member", false, false, []bot.Vote{yes("olga", 1)}, ""},
		{"the asker", false, false, []bot.Vote{yes("maria", 1)}, ""},
		{"another lead of the project", false, false, []bot.Vote{yes("lena", 1)}, "lena ✅"},
		{"another lead of the project, who may not", false, true, []bot.Vote{yes("lena", 1), yes("dora", 1)}, "dora ✅"},
		{"weighty: reacted", true, false, []bot.Vote{yes("dora", 1)}, "dora (✅)"},
		{"weighty: typed", true, false, []bot.Vote{typed(yes("dora", 1))}, "dora (✅)"},
		{"weighty: both", true, false, []bot.Vote{yes("dora", 1), typed(yes("dora", 2))}, "dora ✅"},
		{"weighty: both, the other way round", true, false, []bot.Vote{typed(yes("dora", 1)), yes("dora", 2)}, "dora ✅"},
		{"weighty: reacted otherwise since", true, false, []bot.Vote{yes("dora", 1), typed(yes("dora", 2)), no("dora", 3)}, "dora (❌)"},
		{"weighty: typed otherwise since", true, false, []bot.Vote{yes("dora", 1), typed(yes("dora", 2)), typed(no("dora", 3))}, "dora (❌)"},
		{"weighty: and both otherwise", true, false, []bot.Vote{yes("dora", 1), typed(yes("dora", 2)), typed(no("dora", 3)), no("dora", 4)}, "dora ❌"},
		{"weighty: a superseded line is none", true, false, []bot.Vote{typed(no("dora", 1)), typed(yes("dora", 2)), no("dora", 3)}, "dora (❌)"},
	} {
		x := &bot.Escalation{State: bot.EscalationOpen, Votes: test.votes, Rule: bot.EscalationRule{Typed: test.typed, NoOwn: test.noOwn}}
		s := councilOf(x, "dora", "dario", "maria", "lena")
		s.Project.Leads = []bot.PersonID{"maria", "lena"}
		var got []string
		for _, b := range newDraft(s, bot.Event{}).ballots() {
			if b.firm {
				got = append(got, string(b.by)+" "+string(b.choice))
			} else {
				got = append(got, string(b.by)+" ("+string(b.choice)+")")
			}
		}
		if got := strings.Join(got, ", "); got != test.want {
			t.Errorf("%s: %q, want %q", test.why, got, test.want)
		}
	}
}

// Without reactions, a line is all there is.
func TestBallotsWithoutReactions(t *testing.T) {
	x := &bot.Escalation{State: bot.EscalationOpen, Rule: bot.EscalationRule{Typed: true}, Votes: []bot.Vote{{By: "dora", Choice: bot.ChooseYes, Typed: true}}}
	s := councilOf(x, "dora")
	s.Abilities.Reactions = false
	if choice, by := newDraft(s, bot.Event{}).agreed(); choice != bot.ChooseYes || !slices.Equal(by, []bot.PersonID{"dora"}) {
		t.Errorf("agreed on %q by %v", choice, by)
	}
}

// A vote from the future is one of now, so that a later one can follow it.
func TestVoteFromTheFuture(t *testing.T) {
	x := &bot.Escalation{State: bot.EscalationOpen, Rule: bot.EscalationRule{Quorum: 1}}
	s := councilOf(x, "dora")
	dora := bot.Person{ID: "dora", Name: "Dora"}
	s.Person, s.People["dora"] = &dora, dora
	s.Target = &bot.Known{Own: true, Kind: kindRequest, Subject: bot.Subject{Escalation: "a-1", Project: "a"}}
	for i, at := range []time.Time{s.Now.Add(time.Hour), {}, s.Now.Add(-time.Minute)} {
		e := bot.Event{Kind: bot.EventReaction, Room: "test:dm", Message: bot.MessageID("test:$" + string(rune('a'+i))), Target: "test:$r", Emoji: "✅", At: at}
		if _, err := Decide(s, e); err != nil {
			t.Fatal(err)
		}
		want := s.Now
		if !at.IsZero() && at.Before(want) {
			want = at
		}
		if got := x.Votes[i].At; !got.Equal(want) {
			t.Errorf("a vote of %v is of %v, want %v", at, got, want)
		}
	}
}

// Whatever is done in whatever state, no way is taken that the diagram does not have.
func TestNoWayAround(t *testing.T) {
	dora, maria, pia := bot.Person{ID: "dora"}, bot.Person{ID: "maria"}, bot.Person{ID: "pia"}
	deeds := map[string]func(bot.Snapshot, bot.Event) (bot.Change, error){
		"raise":    func(s bot.Snapshot, e bot.Event) (bot.Change, error) { return Raise(s, e, "Neu") },
		"reword":   func(s bot.Snapshot, e bot.Event) (bot.Change, error) { return Reword(s, e, "Anders") },
		"wish":     func(s bot.Snapshot, e bot.Event) (bot.Change, error) { return Set(s, e, "wish", "Vorrang") },
		"due":      func(s bot.Snapshot, e bot.Event) (bot.Change, error) { return Set(s, e, "due", "2.12.") },
		"weight":   func(s bot.Snapshot, e bot.Event) (bot.Change, error) { return Set(s, e, "weight", "gewichtig") },
		"urgent":   func(s bot.Snapshot, e bot.Event) (bot.Change, error) { return Set(s, e, "urgent", "") },
		"withdraw": func(s bot.Snapshot, e bot.Event) (bot.Change, error) { return Withdraw(s, e, "") },
		"solve":    func(s bot.Snapshot, e bot.Event) (bot.Change, error) { return Solve(s, e, "so") },
		"done":     func(s bot.Snapshot, e bot.Event) (bot.Change, error) { return Done(s, e, "") },
		"aside":    func(s bot.Snapshot, e bot.Event) (bot.Change, error) { return SetAside(s, e, "") },
		"to pmo":   func(s bot.Snapshot, e bot.Event) (bot.Change, error) { return Route(s, e, bot.RolePMO) },
		"to dm":    func(s bot.Snapshot, e bot.Event) (bot.Change, error) { return Route(s, e, bot.RoleDM) },
		"to dikon": func(s bot.Snapshot, e bot.Event) (bot.Change, error) { return Route(s, e, bot.RoleDIKON) },
		"meeting":  func(s bot.Snapshot, e bot.Event) (bot.Change, error) { return Meeting(s, e, "Beschlossen") },
		"released": Released,
		"a line": func(s bot.Snapshot, e bot.Event) (bot.Change, error) {
			e.Text = "#1 ablehnen\nBegründung: x"
			return Decide(s, e)
		},
		"question": func(s bot.Snapshot, e bot.Event) (bot.Change, error) {
			e.Text = "#1 Rückfrage: x"
			return Decide(s, e)
		},
		"advice": func(s bot.Snapshot, e bot.Event) (bot.Change, error) {
			e.Text = "#1 Empfehlung: x"
			return Decide(s, e)
		},
		"in thread": func(s bot.Snapshot, e bot.Event) (bot.Change, error) { e.Text = "Wunsch: x"; return Decide(s, e) },
	}
	for _, kind := range []bot.Kind{kindDraft, kindNudge, kindRequest, kindPMO, kindForward, kindQuestion, kindOutcome} {
		for _, emoji := range []string{"✅", "❌", "❓", "⏫", "👍"} {
			deeds["react "+emoji+" on "+string(kind)] = func(s bot.Snapshot, e bot.Event) (bot.Change, error) {
				s.Target = &bot.Known{Own: true, Kind: kind, Subject: bot.Subject{Escalation: "a-1", Project: "a"}}
				e.Kind, e.Emoji = bot.EventReaction, emoji
				return Decide(s, e)
			}
		}
	}
	for _, kind := range []bot.EventKind{bot.EventEdit, bot.EventDeletion} {
		for _, m := range []bot.MessageID{"test:$text", "test:$vote", "test:$question"} {
			deeds[string(kind)+" of "+string(m)] = func(s bot.Snapshot, e bot.Event) (bot.Change, error) {
				s.Target = &bot.Known{Message: m, Subject: bot.Subject{Escalation: "a-1", Project: "a"}}
				e.Kind, e.Target, e.Text = kind, m, "anders"
				return Decide(s, e)
			}
		}
	}
	for _, kind := range []bot.TimerKind{bot.TimerNudge, bot.TimerLapse, bot.TimerPass, bot.TimerDecide, bot.TimerPress, bot.TimerFurther, bot.TimerShow} {
		deeds["timer "+string(kind)] = func(s bot.Snapshot, _ bot.Event) (bot.Change, error) {
			return Due(s, bot.Timer{Kind: kind, Subject: bot.Subject{Escalation: "a-1", Project: "a"}})
		}
	}
	for _, state := range bot.EscalationStates() {
		for _, kind := range []bot.EscalationKind{bot.EscalationMatter, bot.EscalationMeeting, bot.EscalationRelease} {
			for name, deed := range deeds {
				for _, who := range []bot.Person{dora, maria, pia} {
					x := &bot.Escalation{
						State: state, Rule: bot.EscalationRule{Quorum: 1, Remind: 1, Further: 1}, Put: time.Date(2026, 11, 18, 9, 0, 0, 0, time.UTC), Room: "test:a",
						Votes:     []bot.Vote{{By: "dora", Choice: bot.ChooseYes, Message: "test:$vote"}},
						Inquiries: []bot.Inquiry{{Question: bot.Said{Text: "Wer?", By: "dora", Message: "test:$question"}}},
					}
					s := councilOf(x, "dora", "dario")
					x.Kind, x.Text.Message = kind, "test:$text"
					if kind == bot.EscalationRelease {
						x.Role = bot.RoleDIKON
						s.Settings.Roles[bot.RoleDIKON] = []bot.PersonID{"dora"}
					}
					if state.Decided() {
						x.Decision = &bot.Decision{Choice: bot.ChooseYes}
					}
					s.Rooms = append(s.Rooms, bot.Room{ID: "test:dikon", Kind: bot.RoomDIKON, Joined: true}, bot.Room{ID: "test:pmo", Kind: bot.RoomPMO, Joined: true})
					s.Settings.Roles[bot.RolePMO] = []bot.PersonID{"pia"}
					s.Escalations = []bot.Escalation{*x, {ID: "a-2", Kind: bot.EscalationMatter, State: bot.EscalationOpen, Project: "a", Number: 2}}
					x.Belongs = "a-2"
					s.Person = &who
					func() {
						defer func() {
							if p := recover(); p != nil {
								t.Errorf("%s by %s, while a %s is %s: %v", name, who.ID, kind, state, p)
							}
						}()
						e := bot.Event{Kind: bot.EventMessage, Room: "test:dm", Sender: bot.UserID("test:" + who.ID), Message: "test:$new", At: s.Now}
						c, _ := deed(s, e)
						if err := Follow(s, &e, &c); err != nil {
							t.Error(err)
						}
					}()
				}
			}
		}
	}
}
