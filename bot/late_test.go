package bot

import (
	"testing"
	"time"
)

// What was sent before the close came in time, whenever it is read; what was sent
// after it is late, even if the close itself has not been noted yet.
func TestLateIsWhenItWasSent(t *testing.T) {
	for _, c := range []struct {
		name   string
		state  RoundState
		closed string
		sent   string // empty: the chat does not say
		now    string
		want   bool
	}{
		{"in time", RoundOpen, "", "2026-11-24 13:59", "2026-11-24 13:59", false},
		{"sent in time, read after the close", RoundClosed, "2026-11-24 14:00", "2026-11-24 13:59", "2026-11-24 15:00", false},
		{"sent late, read before the close is noted", RoundOpen, "", "2026-11-24 14:00", "2026-11-24 15:00", true},
		{"sent late", RoundPublished, "2026-11-24 14:00", "2026-11-24 17:00", "2026-11-24 17:00", true},
		{"closed by hand", RoundClosed, "2026-11-23 10:00", "2026-11-23 11:00", "2026-11-23 11:00", true},
		{"before it was closed by hand", RoundClosed, "2026-11-23 10:00", "2026-11-23 09:00", "2026-11-23 11:00", false},
		{"a sender ahead of time", RoundOpen, "", "2026-11-24 15:00", "2026-11-24 13:00", false},
		{"a chat without times", RoundClosed, "2026-11-24 14:00", "", "2026-11-24 14:30", true},
	} {
		s := openReport(t, c.now)
		s.Round.State = c.state
		if c.closed != "" {
			s.Round.Closed = at(t, c.closed)
		}
		var sent time.Time
		if c.sent != "" {
			sent = at(t, c.sent)
		}
		got, err := Decide(s, Event{Kind: EventMessage, Message: "test:m", Room: "test:portal", Thread: "test:opening", At: sent, Text: "grün"})
		if err != nil || len(got.Reports) != 1 {
			t.Fatalf("%s: %+v, %v", c.name, got, err)
		}
		if late := got.Reports[0].Answers[FieldStatus].Late(); late != c.want {
			t.Errorf("%s: late is %v, want %v", c.name, late, c.want)
		}
	}
}
