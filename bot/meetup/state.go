package meetup

import (
	"fmt"
	"slices"

	"lotse/bot"
)

// transitions are the ways from state to state: the diagram in the package comment, held
// against it by a test.
var transitions = map[bot.MeetupState][]bot.MeetupState{
	bot.MeetupPlanned:   {bot.MeetupAnnounced, bot.MeetupStarted, bot.MeetupCancelled},
	bot.MeetupAnnounced: {bot.MeetupStarted, bot.MeetupCancelled},
	bot.MeetupStarted:   {bot.MeetupOver},
	bot.MeetupOver:      {bot.MeetupDone},
	bot.MeetupCancelled: {bot.MeetupPlanned, bot.MeetupAnnounced},
}

// to moves the meetup to a state. A way that the diagram does not have is an error in these
// rules; nothing of the decision is kept then.
func (d *draft) to(state bot.MeetupState) {
	if d.m.State == state {
		return
	}
	if !slices.Contains(transitions[d.m.State], state) {
		panic(fmt.Sprintf("meetup %s: no way from %s to %s", d.m.ID, d.m.State, state))
	}
	d.m.State = state
}
