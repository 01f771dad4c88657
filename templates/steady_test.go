package templates

import (
	"testing"
	"time"

	"lotse/bot"
)

// TestSteady: what is written again after each decision says the same a day later, if
// nothing has changed; else the room would see an edit for a «today» that is over.
func TestSteady(t *testing.T) {
	set := newSet(t, Options{})
	for _, name := range []string{
		"escalation.draft", "escalation.told", "escalation.request", "escalation.question", "escalation.answer",
		"escalation.advice", "escalation.outcome", "escalation.aside",
	} {
		for i, sample := range bot.Samples()[name] {
			for _, lang := range languages {
				card := sample.(bot.EscalationCard)
				card.Now = time.Date(2026, time.November, 18, 8, 0, 0, 0, time.UTC)
				first, err := set.Render(lang, name, card, "matrix")
				if err != nil {
					t.Fatal(err)
				}
				for _, later := range []time.Duration{5 * time.Hour, 24 * time.Hour, 30 * 24 * time.Hour} {
					card := card
					card.Now = card.Now.Add(later)
					card.Days += int(later / (24 * time.Hour))
					if again, err := set.Render(lang, name, card, "matrix"); err != nil || again.Markdown != first.Markdown {
						t.Errorf("%s, %s, sample %d, %v later: %v\nwas\n%s\nis\n%s", name, lang, i+1, later, err, first.Markdown, again.Markdown)
					}
				}
			}
		}
	}
}
