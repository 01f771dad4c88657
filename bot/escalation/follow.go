package escalation

import (
	"slices"
	"strings"

	"lotse/bot"
)

// Follow adds to a decision what follows from it for escalations: a complete report with
// a blocker or decision need becomes a draft; words that are deleted in the chat go from
// the escalation they were in.
func Follow(s bot.Snapshot, e *bot.Event, c *bot.Change) error {
	if slices.ContainsFunc(c.Rooms, func(r bot.Room) bool { return council(r.Kind) && r.Joined }) || len(c.Merges) > 0 {
		c.Timers = append(c.Timers, showTimer(s.Now, 0))
	}
	if s.Project == nil {
		return nil
	}
	d := newDraft(s, bot.Event{})
	if e != nil {
		d.e = *e
	}
	reason := c.Reason
	d.c = *c
	if d.e.Kind == bot.EventDeletion && d.Person != nil && len(c.Escalations) == 0 {
		d.deleted()
	}
	for _, r := range c.Reports {
		if r.Project == s.Project.ID && s.Round != nil && r.Round == s.Round.ID {
			d.follow(r)
		}
	}
	d.rehouse()
	*c = d.c
	c.Reason = reason
	d.mark(c)
	return nil
}

// rehouse puts drafts that wait in a room which was replaced into the new one.
func (d *draft) rehouse() {
	for _, old := range d.c.Rooms {
		i := slices.IndexFunc(d.c.Rooms, func(r bot.Room) bool { return r.ID == old.Successor && r.Project == d.Project.ID })
		if i < 0 || old.Successor == "" {
			continue
		}
		for j := range d.Escalations {
			if x := &d.Escalations[j]; x.State == bot.EscalationDraft && x.Room == old.ID {
				d.x, d.fresh = x, map[string]bool{"draft": true}
				d.ProjectRoom = d.c.Rooms[i]
				x.Room, x.Thread = d.ProjectRoom.ID, bot.Target{}
				d.finish("")
			}
		}
	}
}

// deleted takes the words of a report's message, if that was deleted, out of what was made
// of them: an escalation, and drafts that the lead did not want.
func (d *draft) deleted() {
	all := []*bot.Escalation{}
	if d.x != nil && d.known(d.x.ID) == nil {
		all = append(all, d.x)
	}
	for i := range d.Escalations {
		all = append(all, &d.Escalations[i])
	}
	for _, d.x = range all {
		if d.forget(d.e.Target) {
			d.finish("")
			d.quoted()
		}
	}
}

// quoted draws drafts again that may belong to the escalation, and quote it.
func (d *draft) quoted() {
	of := d.x.ID
	for i := range d.Escalations {
		if x := &d.Escalations[i]; x.Belongs == of && x.State == bot.EscalationDraft {
			reason := d.c.Reason
			d.x = x
			d.finish(reason)
		}
	}
}

// forget takes what a message of the sender's said out of the escalation. Of words from
// several messages stays what the report still says.
func (d *draft) forget(m bot.MessageID) (gone bool) {
	for _, s := range d.x.Texts() {
		if s.Gone || !s.From(m, d.Person.ID) {
			continue
		}
		gone = true
		for _, part := range append([]bot.Source{{Message: s.Message}}, s.Also...) {
			if !slices.Contains(d.c.Forget, part.Message) {
				d.c.Forget = append(d.c.Forget, part.Message)
			}
		}
		*s = d.rest(*s, m)
	}
	if gone {
		d.unremind()
	}
	return gone
}

// unremind takes away the reminders that quote what it is about: they are not drawn again.
func (d *draft) unremind() {
	if d.x.Room != "" || d.x.User != "" {
		p := d.beside(bot.Post{Key: d.key("nudge"), Kind: kindNudge, Absent: true})
		d.c.Put(p)
	}
	for _, kind := range []bot.RoomKind{bot.RoomPMO, bot.RoomDIKON} {
		d.postTo(kind, bot.Post{Key: d.key("further"), Kind: kindReminder, Absent: true})
	}
}

// rest is what a report still says of words, without one of the messages they are from.
func (d *draft) rest(s bot.Said, m bot.MessageID) bot.Said {
	of := func(l bot.MessageID) bool {
		return l != m && (l == s.Message || slices.ContainsFunc(s.Also, func(o bot.Source) bool { return o.Message == l }))
	}
	for _, r := range d.c.Reports {
		said, wish, _ := matter(r)
		for _, left := range []bot.Said{said, wish} {
			if left.Text != "" && of(left.Message) {
				return left
			}
		}
	}
	return bot.Said{By: s.By, Message: s.Message, At: s.At, Gone: true}
}

// mark notes of the messages that a report was given by that their words are in an
// escalation, too.
func (d *draft) mark(c *bot.Change) {
	of := map[bot.MessageID]bot.EscalationID{}
	each := func(x bot.Escalation, fn func(bot.MessageID)) {
		for _, s := range append([]bot.Said{x.Text, x.Wish}, x.More...) {
			for _, part := range append([]bot.Source{{Message: s.Message}}, s.Also...) {
				if part.Message != "" {
					fn(part.Message)
				}
			}
		}
	}
	for _, list := range [][]bot.Escalation{d.Escalations, c.Escalations} {
		for _, x := range list {
			each(x, func(m bot.MessageID) { of[m] = x.ID })
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
		each(x, func(m bot.MessageID) {
			if of[m] == x.ID {
				c.Refs = append(c.Refs, bot.Ref{
					Message: m, Room: x.Room, Subject: bot.Subject{Project: x.Project, Round: x.Rounds[len(x.Rounds)-1], Escalation: x.ID},
				})
				delete(of, m)
			}
		})
	}
}

// follow brings what came from a round's report in line with it.
func (d *draft) follow(r bot.Report) {
	if own := d.ofRound(r.Round); own != nil && own.State == bot.EscalationDraft {
		d.retime(own)
	}
	if !r.Completed || !d.Round.Running() || len(d.RoomsOf(bot.RoomDM)) == 0 {
		return
	}
	said, wish, want := matter(r)
	own := d.ofRound(r.Round)
	switch {
	case own == nil && said.Text == "":
	case own == nil:
		d.propose(r, said, wish, want)
	case own.State == bot.EscalationDraft && said.Text == "":
		d.x = own
		d.to(bot.EscalationDiscarded)
		d.finish("")
	case said.Text == "", own.Text.Text == said.Text && own.Wish.Text == wish.Text:
	case strings.HasPrefix(string(own.Thread.Key), string(bot.NewKey("check", string(r.Round)))) &&
		(own.State == bot.EscalationDraft || own.State == bot.EscalationPMO || own.State.Before() && !voted(own)):
		// As long as nobody has voted on it, what came from the report says what that says.
		d.x = own
		if want.until(d.Today()) != want.of(own).until(d.Today()) {
			own.Due = want.until(d.Today())
		}
		own.Text, own.Wish, own.AsksDIKON = said, wish, want.dikon
		if own.Number > 0 {
			d.record(bot.EntryChanged, "", d.acting(), text("text", said), text("wish", wish))
		}
		d.finish("")
	case !sameWords(*own, said.Text) && said.Text != own.Wish.Text:
		d.propose(r, said, wish, want)
	}
}

// retime gives a draft the times of its round, which may have been moved.
func (d *draft) retime(own *bot.Escalation) {
	nudge, lapses := own.Nudge, own.Lapses
	d.x = own
	d.patience()
	if !own.Nudge.Equal(nudge) || !own.Lapses.Equal(lapses) {
		d.finish("")
	}
}

// matter is what a report wants from the DM: a blocker or, without one, a decision need;
// beside a blocker, the need is what is wished. What is needed may say of whom, and until
// when.
func matter(r bot.Report) (said, wish bot.Said, want need) {
	of := func(f bot.Field) (s bot.Said) {
		a := r.Answers[f]
		s.Text = a.Text()
		for _, p := range a.Parts {
			if p.Text == "" {
				continue
			}
			if s.Message != "" {
				s.Also = append(s.Also, bot.Source{Message: s.Message, By: s.By})
			}
			s.By, s.Message, s.At, s.Room = p.By, p.Message, p.At, r.Room
			if p.PMO {
				s.Room = "" // it may have written it anywhere
			}
			if p.Origin != "" {
				s.Message, s.By = p.Origin, p.Author
			}
		}
		return s
	}
	said, wish = of(bot.FieldBlocker), of(bot.FieldDecision)
	want = readNeed(wish.Text)
	wish.Text = want.words
	if want.alone = said.Text == ""; want.alone {
		return wish, bot.Said{}, want
	}
	return said, wish, want
}

// ofRound is the last escalation that came from the project's report for a round, or nil.
func (d *draft) ofRound(round bot.RoundID) *bot.Escalation {
	for i := len(d.Escalations) - 1; i >= 0; i-- {
		x := &d.Escalations[i]
		if x.Kind == bot.EscalationMatter && slices.Contains(x.Rounds, round) {
			return x
		}
	}
	return nil
}

// propose makes a draft of a report, unless it is about what was escalated already.
func (d *draft) propose(r bot.Report, said, wish bot.Said, want need) {
	for i := len(d.Escalations) - 1; i >= 0; i-- {
		x := &d.Escalations[i]
		if x.Kind != bot.EscalationMatter || !sameWords(*x, said.Text) {
			continue
		}
		switch {
		case slices.Contains(x.Rounds, r.Round):
			return // said before
		case x.State.Open():
			// It stays over several checks: one escalation with a history.
			d.x = x
			x.Rounds = append(x.Rounds, r.Round)
			d.finish("")
			return
		case x.State == bot.EscalationDiscarded || x.State == bot.EscalationWithdrawn:
			return // not wanted, and nothing has changed
		}
	}
	d.x = d.make(said, wish)
	d.x.Due, d.x.AsksDIKON = want.until(d.Today()), want.dikon
	d.x.Rounds = []bot.RoundID{r.Round}
	d.x.Room, d.x.User, d.x.Thread = r.Room, r.User, bot.Target{Key: r.AskKey()}
	if before := r.Before.Answers[bot.FieldBlocker]; before.Text() != "" && plain(before.Text()) == plain(said.Text) {
		d.x.Since = d.day(before.Parts[0].At)
	}
	d.patience()
	d.fresh["draft"] = true
	d.finish("")
}
