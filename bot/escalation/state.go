package escalation

import (
	"fmt"
	"slices"

	"lotse/bot"
)

// transitions are the ways from state to state: the diagram in the package comment, held
// against it by a test.
var transitions = map[bot.EscalationState][]bot.EscalationState{
	bot.EscalationDraft:     {bot.EscalationPMO, bot.EscalationOpen, bot.EscalationMerged, bot.EscalationDiscarded, bot.EscalationLapsed},
	bot.EscalationDiscarded: {bot.EscalationPMO, bot.EscalationOpen, bot.EscalationMerged},
	bot.EscalationLapsed:    {bot.EscalationPMO, bot.EscalationOpen, bot.EscalationMerged},
	bot.EscalationPMO:       {bot.EscalationOpen, bot.EscalationSolved, bot.EscalationWithdrawn},
	bot.EscalationOpen:      {bot.EscalationWaiting, bot.EscalationPausing, bot.EscalationWithdrawn, bot.EscalationPMO},
	bot.EscalationWaiting:   {bot.EscalationOpen, bot.EscalationPausing, bot.EscalationWithdrawn, bot.EscalationPMO},
	bot.EscalationPausing: {
		bot.EscalationOpen, bot.EscalationWaiting, bot.EscalationAccepted, bot.EscalationRefused, bot.EscalationWithdrawn, bot.EscalationPMO,
	},
	bot.EscalationAccepted: {bot.EscalationDone, bot.EscalationSetAside},
	bot.EscalationRefused:  {bot.EscalationSetAside},
	bot.EscalationDone:     {bot.EscalationSetAside},
}

// to moves the escalation to a state. A way that the diagram does not have is an error in
// these rules; nothing of the decision is kept then.
func (d *draft) to(state bot.EscalationState) {
	if d.x.State == state {
		return
	}
	if !slices.Contains(transitions[d.x.State], state) {
		panic(fmt.Sprintf("escalation %s: no way from %s to %s", d.x.ID, d.x.State, state))
	}
	d.x.State = state
}
