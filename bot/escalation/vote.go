package escalation

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
)

// What is said once about an escalation: Escalation.Told.
const (
	toldPress    = "press"
	toldFurther  = "further"
	toldQuestion = "question"
	toldTyped    = "typed"
	toldReason   = "reason"
	toldOwn      = "own"
	toldNoDIKON  = "nodikon"
	toldForward  = "forwarded"
)

// told reports whether something was said, to somebody.
func (d *draft) told(what string, to bot.PersonID) bool {
	return slices.Contains(d.x.Told, bot.Remark{What: what, To: to})
}

// reaction decides about a reaction on a message about an escalation.
func (d *draft) reaction() (mine bool, err error) {
	k := d.Target
	if d.x == nil || k == nil || !k.Own || k.Subject.Escalation != d.x.ID {
		return false, nil
	}
	choice := bot.Choice(strings.ReplaceAll(d.e.Emoji, "\ufe0f", ""))
	switch k.Kind {
	case kindDraft, kindNudge:
		return true, d.answerDraft(choice)
	case kindRequest:
		d.vote(bot.Vote{By: d.Person.ID, Choice: choice, Message: d.e.Message, At: d.e.At})
	case kindPMO:
		if d.x.State == bot.EscalationPMO && choice == bot.ChooseForward && d.Is(bot.RolePMO) {
			d.put(bot.RolePMO)
			d.finish("passed on by the PMO")
		}
	}
	return true, nil
}

// answerDraft is what the lead says to a draft: ✅ puts it to the DM (or says that it
// belongs to the one asked about), ❌ discards it (or says that it does not belong).
func (d *draft) answerDraft(choice bot.Choice) error {
	x := d.x
	open := x.State == bot.EscalationDraft
	over := x.State == bot.EscalationDiscarded || x.State == bot.EscalationLapsed // and may be thought over
	switch to := d.known(x.Belongs); {
	case d.acting() == "" || x.Text.Text == "" || !open && !over:
	case choice == bot.ChooseYes && x.Belongs != "" && to != nil && to.State.Open():
		d.belongs(to)
	case open && x.Belongs != "" && (choice == bot.ChooseYes || choice == bot.ChooseNo):
		x.Belongs, x.Apart = "", true
		d.fresh["draft"] = true
		d.finish("a draft is a matter of its own")
	case choice == bot.ChooseYes:
		return d.confirm()
	case choice == bot.ChooseNo && open:
		d.to(bot.EscalationDiscarded)
		d.finish("a draft was discarded")
	}
	return nil
}

// known is one of the project's escalations.
func (d *draft) known(id bot.EscalationID) *bot.Escalation {
	for i := range d.Escalations {
		if d.Escalations[i].ID == id {
			return &d.Escalations[i]
		}
	}
	return nil
}

// member reports whether the sender decides about the escalation.
func (d *draft) member() bool { return d.Is(d.x.Role) }

// asked reports whether a person has asked, and therefore does not vote; with NoOwn, so
// has everybody who answers for the project.
func (d *draft) asked(who bot.PersonID) bool {
	x := d.x
	if x.Kind != bot.EscalationMatter {
		return false
	}
	return who == x.Asker || who == x.Text.By || x.Rule.NoOwn && d.Project.RoleOf(who, d.Today()) != ""
}

// voted reports whether there are votes on what an escalation says.
func voted(x *bot.Escalation) bool {
	return slices.ContainsFunc(x.Votes, func(v bot.Vote) bool { return v.Choice == bot.ChooseYes || v.Choice == bot.ChooseNo })
}

// vote takes what a member's reaction or typed line says, and reports whether it is taken.
func (d *draft) vote(v bot.Vote) bool {
	x := d.x
	switch {
	case !d.member() || !x.State.Before():
		return false
	case slices.ContainsFunc(x.Votes, func(old bot.Vote) bool { return old.Message == v.Message }):
		return false // heard already
	case v.At.IsZero() || v.At.After(d.Now):
		v.At = d.Now
	}
	to := []bot.Person{*d.Person}
	switch v.Choice {
	case bot.ChooseYes, bot.ChooseNo:
		if d.asked(v.By) {
			d.once(toldOwn, v.By, bot.EscalationNote{To: to})
			return false
		}
	case bot.ChooseAsk:
		if x.Kind != bot.EscalationMatter {
			return false
		}
		d.once(toldQuestion+" "+strconv.Itoa(len(x.Inquiries)), v.By, bot.EscalationNote{To: to})
	case bot.ChooseForward:
		switch {
		case x.Role == bot.RoleDIKON || x.Kind != bot.EscalationMatter:
			return false
		case len(d.RoomsOf(bot.RoomDIKON)) == 0:
			d.once(toldNoDIKON, "", bot.EscalationNote{To: to})
			return false
		}
		d.forward(x.Role)
	default:
		return false // some other reaction
	}
	x.Votes = append(x.Votes, v)
	d.record(bot.EntryVote, v.Choice, x.Role)
	d.remember(v.Message)
	if v.Typed {
		d.ack()
	}
	d.weigh()
	d.finish("a vote")
	return true
}

// unvote takes a reaction or typed line back.
func (d *draft) unvote(m bot.MessageID) bool {
	x := d.x
	i := slices.IndexFunc(x.Votes, func(v bot.Vote) bool { return v.Message == m && v.By == d.Person.ID })
	if i < 0 {
		return false
	}
	if !x.State.Before() {
		return true // what stands, stands
	}
	v := x.Votes[i]
	x.Votes = slices.Delete(x.Votes, i, i+1)
	d.record(bot.EntryUnvote, v.Choice, x.Role)
	d.weigh()
	d.finish("a vote was taken back")
	return true
}

// ballot is what a member says now.
type ballot struct {
	by     bot.PersonID
	choice bot.Choice
	firm   bool // it counts: where the rule wants that, it was both reacted and typed
}

// ballots are what the members say now: each what they said last, however and with
// whatever account. Without the role, and about one's own, one says nothing.
func (d *draft) ballots() (all []ballot) {
	type said struct{ last, reacted, typed bot.Vote }
	later := func(a, b bot.Vote) bot.Vote { // of two at the same time, the one that came later
		if a.Choice != "" && b.At.Before(a.At) {
			return a
		}
		return b
	}
	by := map[bot.PersonID]said{}
	for _, v := range d.x.Votes {
		if v.Choice != bot.ChooseYes && v.Choice != bot.ChooseNo {
			continue
		}
		s := by[v.By]
		s.last = later(s.last, v)
		if v.Typed {
			s.typed = later(s.typed, v)
		} else {
			s.reacted = later(s.reacted, v)
		}
		by[v.By] = s
	}
	for _, who := range slices.Sorted(maps.Keys(by)) {
		if !slices.Contains(d.Settings.Roles[d.x.Role], who) || d.asked(who) {
			continue
		}
		s := by[who]
		firm := !d.x.Rule.Typed || s.reacted.Choice == s.typed.Choice || !d.Abilities.Clicks()
		all = append(all, ballot{by: who, choice: s.last.Choice, firm: firm})
	}
	return all
}

// count returns who says yes and who says no.
func (d *draft) count() (yes, no []bot.PersonID) {
	for _, b := range d.ballots() {
		if b.choice == bot.ChooseYes {
			yes = append(yes, b.by)
		} else {
			no = append(no, b.by)
		}
	}
	return yes, no
}

// agreed is what enough firm ballots agree on, and whose; "" while any, firm or not, says
// something else.
func (d *draft) agreed() (choice bot.Choice, by []bot.PersonID) {
	all := d.ballots()
	for _, b := range all {
		if b.choice != all[0].choice {
			return "", nil
		}
		if b.firm {
			by = append(by, b.by)
		}
	}
	if len(by) < max(d.x.Rule.Quorum, 1) {
		return "", nil
	}
	return all[0].choice, by
}

// weigh brings the state in line with votes and questions.
func (d *draft) weigh() {
	x := d.x
	for i, v := range x.Votes {
		// Whoever has lost the role wants nothing any more; the PMO forwards for them.
		holds := slices.Contains(d.Settings.Roles[x.Role], v.By) || v.Typed && slices.Contains(d.Settings.Roles[bot.RolePMO], v.By)
		x.Votes[i].Used = v.Used || !holds && v.Choice != bot.ChooseYes && v.Choice != bot.ChooseNo
	}
	choice, by := d.agreed()
	switch {
	case x.Waits():
		x.Leaning, x.Agreed = "", time.Time{}
		d.to(bot.EscalationWaiting)
	case choice == "":
		x.Leaning, x.Agreed = "", time.Time{}
		d.to(bot.EscalationOpen)
	default:
		if choice != x.Leaning || x.Agreed.IsZero() {
			x.Leaning, x.Agreed = choice, d.Now
		}
		d.to(bot.EscalationPausing)
	}
	if x.Rule.Typed && x.State != bot.EscalationPausing {
		d.wantTyped()
	}
	if x.Leaning == bot.ChooseNo && !d.reasoned() {
		d.once(toldReason, by[0], bot.EscalationNote{To: d.Persons(by)})
	}
}

// wantTyped asks a member who has reacted to a weighty escalation for the typed line.
func (d *draft) wantTyped() {
	for _, v := range d.x.Votes {
		if v.Message != d.e.Message || v.Typed || v.Choice != bot.ChooseYes && v.Choice != bot.ChooseNo {
			continue
		}
		if slices.ContainsFunc(d.ballots(), func(b ballot) bool { return b.by == v.By && !b.firm }) {
			d.once(toldTyped+" "+string(v.Choice), v.By, bot.EscalationNote{To: d.Persons([]bot.PersonID{v.By}), Choice: v.Choice})
		}
	}
}

// reasoned reports whether a reason was given.
func (d *draft) reasoned() bool {
	return slices.ContainsFunc(d.x.Reasons, func(s bot.Said) bool { return !s.Gone })
}

// stands is when what enough votes agree on becomes the decision: after the pause for
// thought; a refusal without a reason waits for that until noon of the next working day.
func (d *draft) stands() time.Time {
	x := d.x
	at := x.Agreed.Add(x.Rule.Pause)
	if x.Leaning == bot.ChooseNo && !d.reasoned() {
		if noon := d.Settings.Days.Add(d.day(x.Agreed), 1).At(calendar.Clock{Hour: 12}, d.Settings.Zone); noon.After(at) {
			at = noon
		}
	}
	return at
}

// decide makes what enough votes agree on the decision, once the pause is over. The votes
// are counted once more: who has lost the role meanwhile has no vote.
func (d *draft) decide() {
	x := d.x
	if x.State != bot.EscalationPausing {
		d.c.Reason = "nothing is to be decided"
		return
	}
	d.weigh()
	if x.State != bot.EscalationPausing || d.stands().After(d.Now) {
		d.finish("not decided yet")
		return
	}
	choice, by := d.agreed()
	d.stand(choice, by)
	d.finish("decided")
}

// stand makes a decision.
func (d *draft) stand(choice bot.Choice, by []bot.PersonID) {
	x := d.x
	x.Decision = &bot.Decision{Choice: choice, By: by, Role: x.Role, At: d.Now}
	x.Leaning, x.Agreed = "", time.Time{}
	state := bot.EscalationAccepted
	if choice == bot.ChooseNo {
		state = bot.EscalationRefused
	}
	d.to(state)
	d.fresh["request"], d.fresh["outcome"] = true, true
	d.c.Entries = append(d.c.Entries, d.decided(choice, by))
	d.released()
}

// decided is the entry of a decision: with the votes that made it as evidence.
func (d *draft) decided(choice bot.Choice, by []bot.PersonID) bot.Entry {
	x := d.x
	entry := bot.Entry{
		Kind: bot.EntryDecided, Escalation: x.ID, Number: x.Number, Project: x.Project, At: d.Now, Role: x.Role, Choice: choice,
	}
	texts := []bot.EntryText{text("text", x.Text), text("wish", x.Wish)}
	for _, r := range x.Reasons {
		texts = append(texts, text("reason", r))
	}
	entry.Texts = slices.DeleteFunc(texts, func(t bot.EntryText) bool { return t.Said.Text == "" })
	for _, v := range x.Votes {
		if v.Choice == choice && slices.Contains(by, v.By) {
			entry.Evidence = append(entry.Evidence, v.Message)
		}
	}
	if len(by) == 1 {
		entry.By = by[0]
	}
	return entry
}

// press reminds those who decide.
func (d *draft) press() {
	if !d.x.State.Before() || d.told(toldPress, "") {
		d.c.Reason = "nothing to remind of"
		return
	}
	d.x.Told = append(d.x.Told, bot.Remark{What: toldPress})
	d.postTo(roomOf(d.x.Role), bot.Post{
		Key: d.key("press"), Kind: kindReminder, Template: "escalation.reminder", Data: d.card(bot.InDM), Expires: d.Now.AddDate(0, 0, 3),
	})
	d.finish("those who decide were reminded")
}

// further tells the PMO that those who decide did not.
func (d *draft) further() {
	if !d.x.State.Before() || d.told(toldFurther, "") {
		d.c.Reason = "nothing to tell"
		return
	}
	d.x.Told = append(d.x.Told, bot.Remark{What: toldFurther})
	p := bot.Post{Key: d.key("further"), Kind: kindReminder, Template: "escalation.reminder", Expires: d.Now.AddDate(0, 0, 7)}
	p.Data = d.card(bot.InPMO)
	d.postTo(bot.RoomPMO, p)
	if d.Settings.Escalations.TellDIKON && d.x.Role == bot.RoleDM {
		p.Data = d.card(bot.InDIKON)
		d.postTo(bot.RoomDIKON, p)
	}
	d.finish("the PMO was told that nothing is decided")
}
