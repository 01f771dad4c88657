package engine

import "lotse/bot"

func (r Rules) withDefaults() Rules {
	if r.Needs == nil {
		r.Needs = bot.Needs
	}
	if r.Decide == nil {
		r.Decide = bot.Decide
	}
	if r.TimerNeeds == nil {
		r.TimerNeeds = bot.TimerNeeds
	}
	if r.Due == nil {
		r.Due = bot.Due
	}
	if r.Follow == nil {
		r.Follow = func(bot.Snapshot, *bot.Event, *bot.Change) error { return nil }
	}
	return r
}
