package escalation

import (
	"regexp"
	"strings"

	"lotse/bot"
	"lotse/bot/calendar"
)

// need is what somebody says they need: «DIKON: Freigabe der Strategie bis 2. Dezember».
type need struct {
	words string // without whom it is addressed to
	dikon bool   // to DIKON. The DM decides all the same; it, or the PMO, can ask DIKON for its advice
	alone bool   // there is no blocker beside it
}

var addressee = regexp.MustCompile(`(?i)^(?:(?:an|von|vom|für|from|for|to)\s+)?(?:(?:das|dem|the)\s+)?(dm|dikon)(?:\s*(?:und|and|oder|or|,|/|&)\s*(dm|dikon))?\s*:\s*`)

// readNeed takes apart to whom words are addressed.
func readNeed(words string) need {
	m := addressee.FindStringSubmatch(words)
	if m == nil || len(m[0]) == len(words) {
		return need{words: words}
	}
	return need{words: words[len(m[0]):], dikon: strings.EqualFold(m[1], "dikon") || strings.EqualFold(m[2], "dikon")}
}

// of is the need that an escalation has now, as this one is.
func (n need) of(x *bot.Escalation) need {
	if n.alone {
		return need{words: x.Text.Text}
	}
	return need{words: x.Wish.Text}
}

var (
	until     = regexp.MustCompile(`(?i)(?:^|[\s(,;–-])(?:bis|spätestens|by|until)\s+`)
	wholeYear = regexp.MustCompile(`\b20\d\d\b`)
)

// soon is how many days ahead a day without its year may be: «bis 31.10.», said in
// November, is about what was.
const soon = 200

// until is the day that the words name by «bis 2. Dezember», «bis Freitag»: one that is
// still to come, zero if there is none.
func (n need) until(today calendar.Date) calendar.Date {
	for _, at := range until.FindAllStringIndex(n.words, -1) {
		behind := strings.Fields(n.words[at[1]:])
		for k := min(len(behind), 5); k > 0; k-- {
			given := strings.TrimRight(strings.Join(behind[:k], " "), ",;:!?)")
			day, err := calendar.ParseDay(given, today)
			if err == nil && today.Before(day) && (wholeYear.MatchString(given) || day.Before(today.AddDays(soon))) {
				return day
			}
		}
	}
	return calendar.Date{}
}
