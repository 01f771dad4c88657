package escalation

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"lotse/bot"
	"lotse/bot/calendar"
)

// make makes a draft about the snapshot's project. If something else of the project's is
// before the DM, it is asked whether it belongs to that.
func (d *draft) make(said, wish bot.Said) *bot.Escalation {
	n := d.Escalated + 1
	x := &bot.Escalation{
		ID: bot.EscalationID(string(d.Project.ID) + "-" + strconv.Itoa(n)), Kind: bot.EscalationMatter, Project: d.Project.ID,
		State: bot.EscalationDraft, Role: bot.RoleDM, Text: said, Wish: wish, Since: d.Today(),
		Urgent: urgent(said.Text), Asker: said.By, Drafted: d.Now,
	}
	for _, other := range d.Escalations {
		if other.Kind == bot.EscalationMatter && other.State.Open() && other.State != bot.EscalationDraft {
			x.Belongs = other.ID
		}
	}
	return x
}

// urgent reports whether words say «eilt».
func urgent(words string) bool { return says(words, "eilt", "dringend", "urgent") }

// weighty reports whether words say «gewichtig».
func weighty(words string) bool { return says(words, "gewichtig", "wichtig", "weighty") }

// says reports whether one of the named words is among words, and not denied.
func says(words string, named ...string) bool {
	not := func(w string) bool { return w == "nicht" || w == "not" || w == "kaum" }
	all := fields(words)
	for i, w := range all {
		denied := i > 0 && not(all[i-1]) || i > 1 && not(all[i-2]) || i+1 < len(all) && not(all[i+1])
		if slices.Contains(named, w) && !denied {
			return true
		}
	}
	return false
}

// patience sets when a draft is asked about once more, and when it lapses: at the close of
// its round and at its check; between rounds, or after the close, after one and two
// working days.
func (d *draft) patience() {
	x, r := d.x, d.Round
	if r != nil && len(x.Rounds) > 0 && r.ID == x.Rounds[0] && x.Drafted.Before(r.Deadline()) {
		x.Nudge, x.Lapses = r.Deadline(), r.Check
		return
	}
	day := d.day(x.Drafted)
	x.Nudge, x.Lapses = d.at(d.Settings.Days.Add(day, 1)), d.at(d.Settings.Days.Add(day, 2))
}

// nudge asks about a draft once more.
func (d *draft) nudge() {
	x := d.x
	switch {
	case x.State != bot.EscalationDraft || x.Nudged:
		d.c.Reason = "no draft any more"
		return
	case x.Nudge.After(d.Now):
		d.finish("a draft has more time") // the check was moved
		return
	case !x.Lapses.After(d.Now): // after a downtime: who was not asked has not been silent
		x.Lapses = d.at(d.Settings.Days.Add(d.Today(), 1))
	}
	x.Nudged = true
	p := d.beside(bot.Post{Key: d.key("nudge"), Kind: kindNudge, Template: "escalation.nudge", Data: d.card(bot.InProject), Expires: x.Lapses, Unasked: true})
	d.c.Put(p)
	d.finish("asked about a draft once more")
}

// lapse ends a draft that nobody answered; the draft shows it.
func (d *draft) lapse() {
	switch {
	case d.x.State != bot.EscalationDraft:
		d.c.Reason = "no draft any more"
	case d.x.Lapses.After(d.Now):
		d.finish("a draft has more time")
	case !d.x.Nudged && !d.x.Nudge.After(d.Now):
		d.nudge()
	default:
		d.to(bot.EscalationLapsed)
		d.finish("a draft lapsed")
	}
}

// confirm puts a draft to the PMO or the DM.
func (d *draft) confirm() error {
	x := d.x
	switch {
	case len(d.RoomsOf(bot.RoomDM)) == 0:
		return d.refused("nodm")
	case d.Project.State == bot.ProjectArchived:
		return d.refused("archived")
	}
	x.Archived = false
	x.Asker, x.Confirmed, x.Belongs = d.Person.ID, d.Now, ""
	x.Number = d.NextNumber()
	x.Rule = d.Settings.Escalations.For(x.Weighty)
	d.record(bot.EntryConfirmed, "", d.acting(), text("text", x.Text), text("wish", x.Wish))
	d.fresh["told"] = true
	if d.Settings.Escalations.PMOFirst && !x.Urgent && len(d.RoomsOf(bot.RoomPMO)) > 0 {
		d.to(bot.EscalationPMO)
		d.finish("a draft was confirmed: to the PMO")
		return nil
	}
	d.put("")
	d.finish("a draft was confirmed: to those who decide")
	return nil
}

// put brings the escalation before those who decide; role is as what somebody did so, ""
// if it comes there by itself.
func (d *draft) put(role bot.Role) {
	x := d.x
	d.to(bot.EscalationOpen)
	x.Put = d.Now
	d.fresh["request"] = true
	d.record(bot.EntryPut, "", role)
	d.weigh() // it may have been there before
}

// pass puts to the DM what the PMO has not solved in its day.
func (d *draft) pass() {
	switch {
	case d.x.State != bot.EscalationPMO:
		d.c.Reason = "not before the PMO any more"
	case d.passes().After(d.Now):
		d.finish("the PMO has more time")
	default:
		d.put("")
		d.finish("the PMO's day is over: to those who decide")
	}
}

// belongs makes a draft part of the escalation that it may belong to: its words move
// there, so that they are in one place if they are deleted.
func (d *draft) belongs(to *bot.Escalation) {
	x := d.x
	d.to(bot.EscalationMerged)
	texts := []bot.EntryText{text("more", x.Text)}
	to.More = append(to.More, x.Text)
	if x.Wish.Text != "" {
		to.More, texts = append(to.More, x.Wish), append(texts, text("more", x.Wish))
	}
	x.Text, x.Wish = bot.Said{}, bot.Said{}
	d.finish("")
	for _, r := range x.Rounds {
		if !slices.Contains(to.Rounds, r) {
			to.Rounds = append(to.Rounds, r)
		}
	}
	d.x = to
	for _, t := range texts {
		d.moved(t.Said, x.Rounds)
	}
	d.record(bot.EntryChanged, "", d.acting(), texts...)
	d.finish("a draft belongs to an earlier escalation")
}

// moved notes that words are in the escalation now, and still in the report that they came from.
func (d *draft) moved(said bot.Said, rounds []bot.RoundID) {
	ref := bot.Ref{Message: said.Message, Room: d.e.Room, Subject: bot.Subject{Project: d.x.Project, Escalation: d.x.ID}}
	if len(rounds) > 0 {
		ref.Subject.Round = rounds[0]
	}
	for _, m := range append([]bot.Source{{Message: said.Message}}, said.Also...) {
		if ref.Message = m.Message; ref.Message != "" {
			d.c.Refs = append(d.c.Refs, ref)
		}
	}
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

// sameWords reports whether something was said in an escalation already.
func sameWords(x bot.Escalation, words string) bool {
	same := func(s bot.Said) bool {
		return s.Text != "" && (s.Text == words || plain(words) != "" && plain(s.Text) == plain(words))
	}
	return same(x.Text) || slices.ContainsFunc(x.More, same)
}

// plain is what is compared of words: «Es fehlt die Freigabe!» says the same as «es fehlt
// die Freigabe».
func plain(words string) string {
	return strings.Join(strings.FieldsFunc(bot.Fold(words), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}

// workingDays is how many working days have passed since a day.
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
