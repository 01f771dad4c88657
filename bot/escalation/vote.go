package escalation

import (
	"slices"
	"strconv"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
)

// What is said once about an escalation: Escalation.Told.
const (
	toldPress   = "press"
	toldFurther = "further"
	toldReason  = "reason"
	toldOwn     = "own"
	toldNoDIKON = "nodikon"
)

// reaction decides about a reaction on a message about an escalation.
func (d *draft) reaction() (mine bool, err error) {
	k := d.Target
	if d.x == nil || k == nil || !k.Own || k.Subject.Escalation != d.x.ID {
		return false, nil
	}
	if d.Message != nil && d.Message.Subject.Field == fieldGone && d.Message.Subject.User == d.e.Sender {
		return true, nil // taken back before it came
	}
	choice := bot.Choice(d.e.Emoji)
	switch k.Kind {
	case kindDraft:
		d.answerDraft(choice)
	case kindRequest:
		d.vote(bot.Vote{By: d.Person.ID, Choice: choice, Message: d.e.Message, At: d.e.At})
	case kindPMO:
		if d.x.State == bot.EscalationPMO && choice == bot.ChooseForward && d.Is(bot.RolePMO) {
			d.put()
			d.finish("passed on by the PMO")
		}
	}
	return true, nil
}

// answerDraft is what the lead says to a draft: ✅ puts it to the DM (or says that it
// belongs to the one asked about), ❌ discards it (or says that it does not belong).
func (d *draft) answerDraft(choice bot.Choice) {
	x := d.x
	if d.acting() == "" {
		return
	}
	switch {
	case x.State == bot.EscalationDraft && x.Belongs != "":
		switch to := d.known(x.Belongs); {
		case choice == bot.ChooseYes && to != nil && to.State.Open():
			d.belongs(to)
		case choice == bot.ChooseYes || choice == bot.ChooseNo:
			x.Belongs = ""
			d.fresh["anew"] = true
			d.finish("a draft is a matter of its own")
		}
	case choice == bot.ChooseYes && (x.State == bot.EscalationDraft || x.State == bot.EscalationDiscarded || x.State == bot.EscalationLapsed):
		d.confirm()
	case choice == bot.ChooseNo && x.State == bot.EscalationDraft:
		d.to(bot.EscalationDiscarded)
		d.finish("a draft was discarded")
	}
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

// vote takes what a member's reaction or typed line says.
func (d *draft) vote(v bot.Vote) {
	x := d.x
	switch {
	case !d.member() || !x.State.Before():
		return
	case slices.ContainsFunc(x.Votes, func(old bot.Vote) bool { return old.Message == v.Message }):
		return // heard already
	case v.At.IsZero() || v.At.After(d.Now):
		v.At = d.Now
	}
	switch v.Choice {
	case bot.ChooseYes, bot.ChooseNo:
		if d.asked(v.By) {
			d.once(toldOwn, bot.EscalationNote{Why: "own", To: []bot.Person{*d.Person}})
			return
		}
	case bot.ChooseAsk:
		d.note("question", bot.EscalationNote{To: []bot.Person{*d.Person}}, strconv.Itoa(len(x.Votes)))
	case bot.ChooseForward:
		if x.Role == bot.RoleDIKON || x.Kind != bot.EscalationMatter {
			return
		}
		if len(d.RoomsOf(bot.RoomDIKON)) == 0 {
			d.once(toldNoDIKON, bot.EscalationNote{Why: "nodikon", To: []bot.Person{*d.Person}})
			return
		}
		d.forward()
	default:
		return // some other reaction
	}
	x.Votes = append(x.Votes, v)
	d.record(bot.EntryVote, v.Choice, x.Role)
	d.remember(v.Message)
	d.weigh()
	d.finish("a vote")
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

// count returns who says yes and who says no: of each member, what they said last.
func (d *draft) count() (yes, no []bot.PersonID) {
	type ballot struct{ reacted, typed bot.Vote }
	ballots := map[bot.PersonID]ballot{}
	var who []bot.PersonID
	for _, v := range d.x.Votes {
		if v.Choice != bot.ChooseYes && v.Choice != bot.ChooseNo {
			continue
		}
		b, ok := ballots[v.By]
		if !ok {
			who = append(who, v.By)
		}
		of := &b.reacted
		if v.Typed {
			of = &b.typed
		}
		if of.Choice == "" || !v.At.Before(of.At) {
			*of = v
		}
		ballots[v.By] = b
	}
	slices.Sort(who)
	for _, id := range who {
		b := ballots[id]
		if !slices.Contains(d.Settings.Roles[d.x.Role], id) || d.asked(id) {
			continue
		}
		last := b.reacted
		if last.Choice == "" || b.typed.Choice != "" && !b.typed.At.Before(last.At) {
			last = b.typed
		}
		if d.x.Rule.Typed && b.reacted.Choice != b.typed.Choice {
			if last.Choice == bot.ChooseYes {
				continue // a yes counts once both say so
			}
		}
		if last.Choice == bot.ChooseYes {
			yes = append(yes, id)
		} else {
			no = append(no, id)
		}
	}
	return yes, no
}

// weigh brings the state in line with votes and questions.
func (d *draft) weigh() {
	x := d.x
	yes, no := d.count()
	var leaning bot.Choice
	switch quorum := max(x.Rule.Quorum, 1); {
	case len(yes) >= quorum && len(no) == 0:
		leaning = bot.ChooseYes
	case len(no) >= quorum && len(yes) == 0 && (!x.Rule.Typed || d.allTyped(no)):
		leaning = bot.ChooseNo
	}
	switch {
	case x.Waits():
		x.Leaning, x.Agreed = "", time.Time{}
		d.to(bot.EscalationWaiting)
	case leaning == "":
		x.Leaning, x.Agreed = "", time.Time{}
		d.to(bot.EscalationOpen)
	default:
		if leaning != x.Leaning || x.Agreed.IsZero() {
			x.Leaning, x.Agreed = leaning, d.Now
		}
		d.to(bot.EscalationPausing)
	}
	if x.Rule.Typed && x.State == bot.EscalationOpen {
		d.wantTyped()
	}
	if x.State == bot.EscalationPausing && leaning == bot.ChooseNo && !d.reasoned() {
		d.once(toldReason, bot.EscalationNote{Why: "reason", To: d.persons(no)})
	}
}

// allTyped reports whether all have typed their no besides.
func (d *draft) allTyped(who []bot.PersonID) bool {
	for _, id := range who {
		said := map[bool]bool{}
		for _, v := range d.x.Votes {
			if v.By == id && v.Choice == bot.ChooseNo {
				said[v.Typed] = true
			}
		}
		if !said[true] || !said[false] {
			return false
		}
	}
	return true
}

// wantTyped asks a member who has reacted to a weighty escalation for the typed line.
func (d *draft) wantTyped() {
	v := bot.Vote{}
	for _, each := range d.x.Votes {
		if each.Message == d.e.Message && (each.Choice == bot.ChooseYes || each.Choice == bot.ChooseNo) {
			v = each
		}
	}
	if v.By == "" || v.Typed {
		return
	}
	told := "typed/" + string(v.By) + "/" + string(v.Choice)
	d.once(told, bot.EscalationNote{Why: "typed", To: d.persons([]bot.PersonID{v.By}), Choice: v.Choice})
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
	yes, no := d.count()
	by := yes
	if x.Leaning == bot.ChooseNo {
		by = no
	}
	d.stand(x.Leaning, by)
	d.finish("decided")
}

// stand makes a decision.
func (d *draft) stand(choice bot.Choice, by []bot.PersonID) {
	x := d.x
	x.Decision = &bot.Decision{Choice: choice, By: by, Role: x.Role, At: d.Now, Reasons: x.Reasons}
	x.Leaning, x.Agreed = "", time.Time{}
	state := bot.EscalationAccepted
	if choice == bot.ChooseNo {
		state = bot.EscalationRefused
	}
	d.to(state)
	d.fresh["outcome"] = true
	d.c.Entries = append(d.c.Entries, d.decided(choice, by))
	d.released()
}

// decided is the entry of a decision: with the votes that made it as evidence.
func (d *draft) decided(choice bot.Choice, by []bot.PersonID) bot.Entry {
	x := d.x
	entry := bot.Entry{
		Kind: bot.EntryDecided, Escalation: x.ID, Number: x.Number, Project: x.Project, At: d.Now, Role: x.Role, Choice: choice,
		Texts: []bot.EntryText{text("text", x.Text)},
	}
	if x.Wish.Text != "" {
		entry.Texts = append(entry.Texts, text("wish", x.Wish))
	}
	for _, r := range x.Reasons {
		entry.Texts = append(entry.Texts, text("reason", r))
	}
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
func (d *draft) press(t bot.Timer) {
	if !d.x.State.Before() || slices.Contains(d.x.Told, toldPress) {
		d.c.Reason = "nothing to remind of"
		return
	}
	d.x.Told = append(d.x.Told, toldPress)
	d.postTo(roomOf(d.x.Role), bot.Post{
		Key: d.key("press"), Kind: kindReminder, Template: "escalation.reminder",
		Data: d.card(bot.InDM), Expires: t.At.AddDate(0, 0, 3),
	})
	d.finish("those who decide were reminded")
}

// further tells the PMO that those who decide did not.
func (d *draft) further(t bot.Timer) {
	if !d.x.State.Before() || slices.Contains(d.x.Told, toldFurther) {
		d.c.Reason = "nothing to tell"
		return
	}
	d.x.Told = append(d.x.Told, toldFurther)
	p := bot.Post{Key: d.key("further"), Kind: kindReminder, Template: "escalation.reminder", Expires: t.At.AddDate(0, 0, 7)}
	p.Data = d.card(bot.InPMO)
	d.postTo(bot.RoomPMO, p)
	if d.Settings.Escalations.TellDIKON && d.x.Role == bot.RoleDM {
		p.Data = d.card(bot.InDIKON)
		d.postTo(bot.RoomDIKON, p)
	}
	d.finish("the PMO was told that nothing is decided")
}
