package engine

import (
	"time"

	"lotse/bot"
)

// Metrics are told what happens; nil fields are left out. They are called from
// several goroutines and must not block.
type Metrics struct {
	// Event: an event left the inbox; outcome is "decided", "command", "told" (a
	// person was told what is wrong), "seen", "failed".
	Event func(kind bot.EventKind, outcome string)
	// Timer: a timer was worked on, so much after it was due; outcome as for Event.
	Timer func(kind bot.TimerKind, outcome string, late time.Duration)
	// Decision: how long it took from loading to the end of the commit.
	Decision func(took time.Duration)
	// Send: one try, how it ended ("sent", "found", "again", "doubtful", "failed")
	// and how long it took.
	Send func(chat bot.ChatID, op bot.Op, outcome string, took time.Duration)
}

func (m Metrics) withDefaults() Metrics {
	if m.Event == nil {
		m.Event = func(bot.EventKind, string) {}
	}
	if m.Timer == nil {
		m.Timer = func(bot.TimerKind, string, time.Duration) {}
	}
	if m.Decision == nil {
		m.Decision = func(time.Duration) {}
	}
	if m.Send == nil {
		m.Send = func(bot.ChatID, bot.Op, string, time.Duration) {}
	}
	return m
}
