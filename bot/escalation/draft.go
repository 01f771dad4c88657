package escalation

import (
	"slices"
	"strconv"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
)

// Follow adds to a decision what follows from it for escalations: a complete report with
// a blocker or decision need becomes a draft; words that are deleted in the chat go from
// the escalation they were in.
func Follow(s bot.Snapshot, e *bot.Event, c *bot.Change) error {
	if s.Project == nil {
		return nil
	}
	d := newDraft(s, bot.Event{})
	if e != nil {
		d.e = *e
	}
	reason := c.Reason
	d.c = *c
	d.deleted()
	for _, r := range c.Reports {
		if r.Project == s.Project.ID && s.Round != nil && r.Round == s.Round.ID {
			d.follow(r)
		}
	}
	*c = d.c
	c.Reason = reason
	d.mark(c)
	return nil
}

// deleted takes the words of a report's message, if that was deleted, out of the
// escalation that was made of them.
func (d *draft) deleted() {
	if d.e.Kind != bot.EventDeletion || d.Snapshot.Escalation == nil || d.Person == nil || len(d.c.Escalations) > 0 {
		return
	}
	d.x = d.Snapshot.Escalation
	if forget(d.x, d.e.Target, d.Person.ID) {
		d.c.Forget = append(d.c.Forget, d.e.Target)
		d.finish("")
	}
}

// mark notes of the messages that a report was given by that their words are in an
// escalation, too.
func (d *draft) mark(c *bot.Change) {
	of := map[bot.MessageID]bot.EscalationID{}
	for _, list := range [][]bot.Escalation{d.Escalations, c.Escalations} {
		for _, x := range list {
			for _, s := range []bot.Said{x.Text, x.Wish} {
				if s.Message != "" {
					of[s.Message] = x.ID
				}
			}
		}
	}
	for i, ref := range c.Refs {
		if id := of[ref.Message]; id != "" && ref.Subject.Round != "" {
			c.Refs[i].Subject.Escalation = id
			delete(of, ref.Message)
		}
	}
	for _, x := range c.Escalations {
		if len(x.Rounds) == 0 || x.State != bot.EscalationDraft {
			continue
		}
		for _, s := range []bot.Said{x.Text, x.Wish} {
			if of[s.Message] == x.ID {
				c.Refs = append(c.Refs, bot.Ref{
					Message: s.Message, Room: x.Room, Subject: bot.Subject{Project: x.Project, Round: x.Rounds[0], Escalation: x.ID},
				})
				delete(of, s.Message)
			}
		}
	}
}

// follow brings the round's draft in line with a report.
func (d *draft) follow(r bot.Report) {
	if !r.Completed || !d.Round.Running() || len(d.RoomsOf(bot.RoomDM)) == 0 {
		return
	}
	said, wish := matter(r)
	own := d.ofRound(r.Round)
	switch {
	case own == nil && said.Text == "":
		return
	case own == nil:
		d.propose(r, said, wish)
	case own.State == bot.EscalationDraft && said.Text == "":
		d.x = own
		d.to(bot.EscalationDiscarded)
		d.finish("")
	case own.Text.Text == said.Text && own.Wish.Text == wish.Text:
		return
	case own.State == bot.EscalationDraft, own.State.Before() && len(own.Votes) == 0, own.State == bot.EscalationPMO:
		// As long as nobody has voted on it, it says what the report says.
		if said.Text == "" {
			return
		}
		d.x = own
		own.Text, own.Wish = said, wish
		d.finish("")
	}
}

// matter is what a report wants from the DM: a blocker or, without one, a decision need;
// beside a blocker, the need is what is wished.
func matter(r bot.Report) (said, wish bot.Said) {
	of := func(f bot.Field) (s bot.Said) {
		a := r.Answers[f]
		s.Text = a.Text()
		for _, p := range a.Parts {
			if p.Text != "" {
				s.By, s.Message, s.At = p.By, p.Message, p.At
				if p.Origin != "" {
					s.Message, s.By = p.Origin, p.Author
				}
			}
		}
		return s
	}
	said, wish = of(bot.FieldBlocker), of(bot.FieldDecision)
	if said.Text == "" {
		return wish, bot.Said{}
	}
	return said, wish
}

// ofRound is the escalation that came from the project's report for a round, or nil.
func (d *draft) ofRound(round bot.RoundID) *bot.Escalation {
	for i := range d.Escalations {
		x := &d.Escalations[i]
		if x.Kind == bot.EscalationMatter && slices.Contains(x.Rounds, round) {
			return x
		}
	}
	return nil
}

// propose makes a draft of a report, unless it is about what was escalated already.
func (d *draft) propose(r bot.Report, said, wish bot.Said) {
	for i := len(d.Escalations) - 1; i >= 0; i-- {
		x := &d.Escalations[i]
		if x.Kind != bot.EscalationMatter || !sameWords(*x, said.Text) {
			continue
		}
		switch {
		case x.State.Open() && x.State != bot.EscalationDraft:
			// It stays over several checks: one escalation with a history.
			d.x = x
			x.Rounds = append(x.Rounds, r.Round)
			d.finish("")
			return
		case x.State == bot.EscalationDiscarded || x.State == bot.EscalationLapsed || x.State == bot.EscalationWithdrawn:
			return // not wanted, and nothing has changed
		}
	}
	d.x = d.make(said, wish)
	d.x.Rounds = []bot.RoundID{r.Round}
	d.x.Room, d.x.User, d.x.Thread = r.Room, r.User, bot.Target{Key: r.AskKey()}
	d.x.Since = d.Project.Changed
	if d.x.Since.IsZero() || len(r.Before.Answers[bot.FieldBlocker].Parts) == 0 {
		d.x.Since = d.Today()
	}
	d.fresh["draft"] = true
	d.finish("")
}

// sameWords reports whether something was said in an escalation already.
func sameWords(x bot.Escalation, words string) bool {
	return x.Text.Text == words || slices.ContainsFunc(x.More, func(s bot.Said) bool { return s.Text == words })
}

// make makes a draft about the snapshot's project. If something else of the project's is
// before the DM, it is asked whether it belongs to that.
func (d *draft) make(said, wish bot.Said) *bot.Escalation {
	n := d.Escalated + 1
	x := &bot.Escalation{
		ID: bot.EscalationID(string(d.Project.ID) + "-" + strconv.Itoa(n)), Kind: bot.EscalationMatter, Project: d.Project.ID,
		State: bot.EscalationDraft, Role: bot.RoleDM, Text: said, Wish: wish, Since: d.Today(),
		Urgent: urgent(said.Text), Asker: said.By,
	}
	for _, other := range d.Escalations {
		if other.Kind == bot.EscalationMatter && (other.State.Before() || other.State == bot.EscalationPMO || other.State == bot.EscalationAccepted) {
			x.Belongs = other.ID
		}
	}
	return x
}

// urgent reports whether words say «eilt».
func urgent(words string) bool {
	for _, w := range fields(words) {
		if w == "eilt" || w == "urgent" || w == "dringend" {
			return true
		}
	}
	return false
}

// patience is when a draft is asked about once more, and when it lapses: at the close of
// its round and at its check, or, between rounds, after one and two working days.
func (d *draft) patience() (nudge, lapse time.Time) {
	if r := d.Round; r != nil && len(d.x.Rounds) > 0 && r.ID == d.x.Rounds[0] && r.Running() {
		nudge, lapse = r.Deadline(), r.Check
		if !nudge.After(d.Now) {
			nudge = time.Time{}
		}
		if lapse.After(d.Now) {
			return nudge, lapse
		}
	}
	made := d.x.Text.At
	if made.IsZero() {
		made = d.Now
	}
	days := d.Settings.Days
	on := func(n int) time.Time { return days.Add(d.day(made), n).At(d.Settings.Escalations.At, d.Settings.Zone) }
	return on(1), on(2)
}

// nudge asks about a draft once more.
func (d *draft) nudge() {
	if d.x.State != bot.EscalationDraft || d.x.Nudged {
		d.c.Reason = "no draft any more"
		return
	}
	d.x.Nudged = true
	_, lapse := d.patience()
	p := d.inProject(bot.Post{Key: d.key("nudge"), Kind: kindNudge, Template: "escalation.nudge", Expires: lapse})
	p.Thread = d.thread()
	d.c.Posts = append(d.c.Posts, p)
	d.finish("asked about a draft once more")
}

// lapse ends a draft that nobody answered; the draft shows it.
func (d *draft) lapse() {
	if d.x.State != bot.EscalationDraft {
		d.c.Reason = "no draft any more"
		return
	}
	if _, lapse := d.patience(); d.x.Nudged && lapse.After(d.Now) { // the check was moved
		d.finish("a draft has more time")
		return
	}
	d.to(bot.EscalationLapsed)
	d.finish("a draft lapsed")
}

// confirm puts a draft to the PMO or the DM.
func (d *draft) confirm() {
	x := d.x
	x.Asker, x.Confirmed, x.Belongs = d.Person.ID, d.Now, ""
	x.Number = d.LastNumber + 1
	x.Rule = d.Settings.Escalations.For(x.Weighty)
	d.record(bot.EntryConfirmed, "", d.acting(), text("text", x.Text), text("wish", x.Wish))
	d.fresh["told"] = true
	if d.Settings.Escalations.PMOFirst && !x.Urgent && len(d.RoomsOf(bot.RoomPMO)) > 0 {
		d.to(bot.EscalationPMO)
		d.finish("a draft was confirmed: to the PMO")
		return
	}
	d.put()
	d.finish("a draft was confirmed: to those who decide")
}

// put brings the escalation before those who decide.
func (d *draft) put() {
	x := d.x
	d.to(bot.EscalationOpen)
	x.Put = d.Now
	d.fresh["request"] = true
	d.record(bot.EntryPut, "", "")
}

// pass puts to the DM what the PMO has not solved in its day.
func (d *draft) pass() {
	if d.x.State != bot.EscalationPMO {
		d.c.Reason = "not before the PMO any more"
		return
	}
	d.put()
	d.finish("the PMO's day is over: to those who decide")
}

// belongs makes a draft part of the escalation that it may belong to.
func (d *draft) belongs(to *bot.Escalation) {
	x := d.x
	d.to(bot.EscalationMerged)
	d.finish("")
	d.x = to
	to.More = append(to.More, x.Text)
	for _, r := range x.Rounds {
		if !slices.Contains(to.Rounds, r) {
			to.Rounds = append(to.Rounds, r)
		}
	}
	d.record(bot.EntryChanged, "", d.acting(), text("more", x.Text))
	d.finish("a draft belongs to an earlier escalation")
}

// acting is the role in which the sender acts for the project.
func (d *draft) acting() bot.Role {
	if role := d.ProjectRole(); role != "" {
		return role
	}
	if d.Is(bot.RolePMO) {
		return bot.RolePMO
	}
	return ""
}

// thread is where the draft's messages stand.
func (d *draft) thread() bot.Target { return d.x.Thread }

// since is how long ago a day was, in working days.
func (d *draft) workingDays(from calendar.Date) int {
	n := 0
	for day := from; day.Before(d.Today()) && n < 400; n++ {
		day = d.Settings.Days.Add(day, 1)
		if day.After(d.Today()) {
			break
		}
	}
	return n
}
