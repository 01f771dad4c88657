package commands

import (
	"lotse/bot"
	"lotse/bot/calendar"
)

func datesCommand() command {
	return command{
		words: []string{"termine", "dates", "termin"},
		forms: []form{{
			name:    "dates",
			usage:   []text{{"!termine", "!dates"}},
			example: text{"!termine", "!dates"},
			query:   withDates,
			decide:  call.dates,
		}},
	}
}

// withDates is what both rhythms need, that of the Projektcheck and those of the networks.
func withDates(call) bot.Query { return bot.Query{Rounds: true, AllMeetups: true, AllNetworks: true} }

func withRounds(call) bot.Query { return bot.Query{Rounds: true} }

// datesShown is how many checks ahead are listed.
const datesShown = 6

// dates lists the next checks.
func (c call) dates(s bot.Snapshot) (bot.Change, error) {
	data := bot.Dates{PMO: s.Is(bot.RolePMO), Meetups: nextOfAll(s), Now: s.Now}
	for _, r := range bot.PlanRounds(s, datesShown) {
		line := bot.DateLine{
			Check: r.Check.In(s.Settings.Zone), State: r.State, Extra: r.Extra, Moved: r.Moved, Planned: r.Planned,
			Shifted: r.Shifted, Cancelled: r.State == bot.RoundCancelled, Reason: r.Reason,
		}
		if at := r.Deadline(); !at.IsZero() {
			line.Deadline = at.In(s.Settings.Zone)
		}
		if step, ok := r.Step(calendar.StepOpen); ok {
			line.Opens = step.At.In(s.Settings.Zone)
		}
		data.Lines = append(data.Lines, line)
	}
	return c.reply("dates shown", "reply.dates", data), nil
}
