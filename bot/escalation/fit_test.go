package escalation_test

import (
	"strings"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
	"lotse/bot/escalation"
	"lotse/templates"
)

// However much is said about an escalation, each message about it is one that a chat takes.
func TestFits(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	words, err := templates.New(templates.Options{Zone: zone, Default: bot.German})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 25, 9, 0, 0, 0, zone)
	s := bot.Snapshot{
		Now: now, Abilities: bot.Abilities{Reactions: true},
		Settings: &bot.Settings{Zone: zone, Days: calendar.NewDays("NW"), Roles: map[bot.Role][]bot.PersonID{bot.RoleDM: {"dora"}}},
		Project:  &bot.Project{ID: "a", Name: "A", Leads: []bot.PersonID{"maria"}},
		Rooms:    []bot.Room{{ID: "test:dm", Kind: bot.RoomDM, Joined: true}, {ID: "test:dikon", Kind: bot.RoomDIKON, Joined: true}},
	}
	const longest = 2000 // characters, by default
	for _, test := range []struct {
		why  string
		fill string
		n    int // how often everything was said
	}{
		{"a few words", "Die Freigabe fehlt. ", 1},
		{"words of more bytes", "🧱", 1},
		{"stars", "*", 1},
		{"mentions", "@", 2},
		{"lines", "\n-", 2},
		{"a long history", "Es fehlt die Freigabe: §§ (noch) nicht da.\n", 12},
		{"a very long one", "[x](y) ", 60},
	} {
		said := bot.Said{Text: string([]rune(strings.Repeat(test.fill, longest))[:longest]), By: "maria", At: now}
		x := bot.Escalation{
			ID: "a-1", Number: 1, Kind: bot.EscalationMatter, Project: "a", Role: bot.RoleDM, Text: said, Wish: said, EndNote: said,
			Asker: "maria", Put: now, Confirmed: now, Forwarded: true, Rule: bot.EscalationRule{Quorum: 2, Typed: true}, Ended: now, EndedBy: "maria", Lapses: now,
		}
		for range test.n {
			x.More, x.Reasons, x.Advice = append(x.More, said), append(x.Reasons, said), append(x.Advice, said)
			x.Inquiries = append(x.Inquiries, bot.Inquiry{Question: said, Answers: []bot.Said{said}})
		}
		for _, state := range bot.EscalationStates() {
			x.State = state
			if state.Decided() || state == bot.EscalationSetAside {
				x.Decision = &bot.Decision{Choice: bot.ChooseNo, By: []bot.PersonID{"dora"}, Role: bot.RoleDM, At: now}
			}
			for _, place := range []bot.Place{bot.InDM, bot.InDIKON} {
				card := escalation.Card(s, x, place)
				card.N, card.M = 1, 1
				for _, name := range []string{"draft", "nudge", "request", "told", "question", "answer", "advice", "outcome", "aside", "reminder"} {
					text, err := words.Render(bot.German, "escalation."+name, card, "test")
					if err != nil {
						t.Fatal(err)
					}
					if n := len(text.Markdown); n > 15_000 {
						t.Fatalf("%s: %s, in %s, of what is %s takes %d bytes", test.why, name, place, state, n)
					}
				}
			}
		}
	}
	x := bot.Escalation{State: bot.EscalationOpen, Text: bot.Said{Text: strings.Repeat("ä", longest)}, Project: "a"}
	if card := escalation.Card(s, x, bot.InDM); card.Text.Text != x.Text.Text {
		t.Error("what fits is shortened")
	}
}
