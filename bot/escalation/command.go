package escalation

import (
	"slices"
	"strconv"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
)

// This file is what the commands do: !eskalation, !beschluss. Who may is theirs to say;
// what makes sense in the escalation's state is said here, by a *bot.UserError.

// refused is the error for something that the state of an escalation does not allow: why
// is a case of the template error.escalation.
func (d *draft) refused(why string) error {
	data := bot.EscalationRefusal{Why: why}
	if d.x != nil {
		data.Number, data.State = d.x.Number, d.x.State
	}
	return &bot.UserError{Template: "error.escalation", Data: data}
}

// Raise makes a draft of words about the snapshot's project (!eskalation <text>).
func Raise(s bot.Snapshot, e bot.Event, words string) (bot.Change, error) {
	d := newDraft(s, e)
	words = bot.Clean(words)
	if err := bot.Short(words, d.Settings.MaxText); err != nil {
		return bot.Change{}, err
	}
	d.x = nil
	if len(s.RoomsOf(bot.RoomDM)) == 0 {
		return bot.Change{}, d.refused("nodm")
	}
	for i := range d.Escalations {
		if x := &d.Escalations[i]; x.State.Open() && sameWords(*x, readNeed(words).words) {
			d.x = x
			return bot.Change{}, d.refused("same")
		}
	}
	want := readNeed(words)
	d.x = d.make(d.say(want.words), bot.Said{})
	d.x.AsksDIKON = want.dikon
	direct := e.Direct || s.Room.Kind == bot.RoomDirect
	if direct {
		d.x.User = e.Sender
	} else {
		d.x.Room = e.Room
	}
	switch {
	case direct && s.ProjectRole() == "", !direct && s.Room.Project != s.Project.ID:
		d.elsewhere()
	case e.Thread != "":
		d.x.Thread = bot.Target{Message: e.Thread}
	}
	d.patience()
	d.fresh["draft"] = true
	d.remember(e.Source())
	d.finish("an escalation was drafted")
	return d.c, nil
}

// elsewhere puts the draft where the project is, not where the PMO wrote the command,
// unless nobody of the project's can be reached.
func (d *draft) elsewhere() {
	place := d.inProject(bot.Post{})
	if place.Room == "" && place.User == "" {
		return
	}
	d.x.Room, d.x.User = place.Room, place.User
	d.ack()
}

// account is who is written to directly when the project has no room: the first who
// answers for it and has an account.
func (d *draft) account() bot.UserID {
	for _, id := range d.Project.Acting(d.Today()) {
		if p := d.People[id]; len(p.Accounts) > 0 {
			return p.Accounts[0]
		}
	}
	return ""
}

// Set changes what is wanted of an escalation: what is "wish", "due", "weight" or
// "urgent".
func Set(s bot.Snapshot, e bot.Event, what, words string) (bot.Change, error) {
	d := newDraft(s, e)
	if d.x == nil {
		return bot.Change{}, d.refused("none")
	}
	if err := d.set(what, words); err != nil {
		return bot.Change{}, err
	}
	d.remember(e.Source())
	d.ack()
	d.finish("an escalation was completed")
	return d.c, nil
}

func (d *draft) set(what, words string) error {
	x := d.x
	if x.Kind != bot.EscalationMatter || x.State != bot.EscalationDraft && x.State != bot.EscalationPMO && !x.State.Before() {
		return d.refused("over")
	}
	if err := bot.Short(words, d.Settings.MaxText); err != nil {
		return err
	}
	if voted(x) && (what == "wish" || what == "weight") {
		return d.refused("voted")
	}
	said := d.say(words)
	switch what {
	case "wish":
		if words == "" {
			return d.unclear("wish", words, "Wunsch: Priorität in der IT-Abteilung", "Wish: priority in the IT department")
		}
		want := readNeed(words)
		said.Text = want.words
		x.Wish, x.AsksDIKON = said, x.AsksDIKON || want.dikon
		if day := want.until(d.Today()); x.Due.IsZero() && !day.IsZero() {
			x.Due = day
		}
	case "due":
		day, err := calendar.ParseDay(words, d.Today())
		if err != nil {
			return d.unclear("due", words, "Bis: 2. Dezember", "By: 2 December")
		}
		if day.Before(d.Today()) {
			return d.refused("past")
		}
		x.Due = day
	case "weight":
		x.Weighty = weighty(words)
		if x.Number > 0 {
			x.Rule = d.Settings.Escalations.For(x.Weighty)
		}
	case "urgent":
		x.Urgent = true
		if x.State == bot.EscalationPMO {
			d.put(d.acting())
		}
	}
	if x.Number > 0 {
		d.record(bot.EntryChanged, "", d.acting(), text(what, said))
	}
	return nil
}

// unclear is the error for something that cannot be understood: want is a text want.<name>.
func (d *draft) unclear(want, given, german, english string) error {
	data := bot.BadArgument{Command: "!eskalation", Given: given, Want: want, Example: german}
	if d.Room.Language == bot.English || d.Room.Language == "" && d.Settings.Language == bot.English {
		data.Example = english
	}
	return &bot.UserError{Template: "error.argument", Data: data}
}

// Reword changes what was said by a command whose message was edited.
func Reword(s bot.Snapshot, e bot.Event, words string) (bot.Change, error) {
	d := newDraft(s, e)
	if d.x == nil {
		return bot.Change{}, d.refused("none")
	}
	d.c.Reason = "nothing is said otherwise"
	want := readNeed(bot.Clean(words))
	if d.x.State == bot.EscalationDraft && want.dikon {
		d.x.AsksDIKON = true
	}
	err := d.reword(want.words)
	return d.c, err
}

// reword gives words that were edited in the chat their new wording. What was voted on,
// decided or ended stays as it was.
func (d *draft) reword(words string) error {
	x := d.x
	var changed []bot.EntryText
	for _, s := range x.Texts() {
		if !s.From(d.e.Target, d.Person.ID) || s.Gone || words == "" || s.Text == words {
			continue
		}
		switch {
		case x.State.Decided() || !x.State.Open():
			return d.refused("over")
		case voted(x) && (s == &x.Text || s == &x.Wish):
			return d.refused("voted")
		}
		if err := bot.Short(words, d.Settings.MaxText); err != nil {
			return err
		}
		s.Text = words
		changed = append(changed, text("edited", *s))
	}
	if changed == nil {
		return nil
	}
	if x.Number > 0 {
		d.record(bot.EntryChanged, "", d.acting(), changed...)
	}
	d.finish("words were edited")
	return nil
}

// Withdraw takes an escalation back.
func Withdraw(s bot.Snapshot, e bot.Event, why string) (bot.Change, error) {
	d := newDraft(s, e)
	switch {
	case d.x == nil:
		return bot.Change{}, d.refused("none")
	case d.x.State == bot.EscalationDraft:
		d.to(bot.EscalationDiscarded)
		d.ack()
		d.finish("a draft was discarded")
		return d.c, nil
	case d.x.State != bot.EscalationPMO && !d.x.State.Before():
		return bot.Change{}, d.refused("over")
	}
	return d.end(bot.EscalationWithdrawn, bot.EntryWithdrawn, d.acting(), why)
}

// Solve ends an escalation that the PMO could solve before the DM was asked.
func Solve(s bot.Snapshot, e bot.Event, how string) (bot.Change, error) {
	d := newDraft(s, e)
	switch {
	case d.x == nil:
		return bot.Change{}, d.refused("none")
	case d.x.State != bot.EscalationPMO:
		return bot.Change{}, d.refused("notpmo")
	}
	return d.end(bot.EscalationSolved, bot.EntrySolved, bot.RolePMO, how)
}

// Done notes that a decision was carried out.
func Done(s bot.Snapshot, e bot.Event, how string) (bot.Change, error) {
	d := newDraft(s, e)
	switch {
	case d.x == nil:
		return bot.Change{}, d.refused("none")
	case d.x.State == bot.EscalationDone:
		return bot.Change{}, d.refused("done")
	case d.x.State != bot.EscalationAccepted:
		return bot.Change{}, d.refused("undecided")
	}
	return d.end(bot.EscalationDone, bot.EntryDone, d.acting(), how)
}

// end brings an escalation to its end.
func (d *draft) end(state bot.EscalationState, entry bot.EntryKind, role bot.Role, words string) (bot.Change, error) {
	if err := bot.Short(words, d.Settings.MaxText); err != nil {
		return bot.Change{}, err
	}
	x := d.x
	if words != "" {
		x.EndNote = d.say(words)
		d.remember(d.e.Source())
	}
	d.record(entry, "", role, text("note", x.EndNote))
	d.to(state)
	x.Ended, x.EndedBy = d.Now, d.Person.ID
	d.fresh["outcome"] = state != bot.EscalationDone
	d.ack()
	d.finish("an escalation ended: " + string(state))
	return d.c, nil
}

// SetAside says that a member wants a decision set aside; with the quorum that it was
// made with, it is.
func SetAside(s bot.Snapshot, e bot.Event, why string) (bot.Change, error) {
	d := newDraft(s, e)
	x := d.x
	switch {
	case x == nil:
		return bot.Change{}, d.refused("none")
	case x.State == bot.EscalationSetAside:
		return bot.Change{}, d.refused("aside")
	case !x.State.Decided():
		return bot.Change{}, d.refused("undecided")
	case d.asked(d.Person.ID):
		return bot.Change{}, d.refused("own")
	}
	if err := bot.Short(why, d.Settings.MaxText); err != nil {
		return bot.Change{}, err
	}
	if !slices.Contains(x.Aside, d.Person.ID) {
		x.Aside = append(x.Aside, d.Person.ID)
	}
	note := bot.Said{}
	if why != "" {
		note = d.say(why)
		x.EndNote = note
		d.remember(e.Source())
	}
	d.record(bot.EntryAside, "", x.Role, text("note", note))
	have := 0
	for _, id := range x.Aside {
		if slices.Contains(s.Settings.Roles[x.Role], id) && !d.asked(id) {
			have++
		}
	}
	if want := max(x.Rule.Quorum, 1); have < want {
		d.note("aside", bot.EscalationNote{Have: have, Want: want}, strconv.Itoa(len(x.Aside)))
		d.ack()
		d.finish("a member wants a decision set aside")
		return d.c, nil
	}
	d.to(bot.EscalationSetAside)
	if x.Kind == bot.EscalationRelease {
		d.state(bot.ProjectActive, bot.ProjectRequested)
	}
	x.Ended, x.EndedBy = d.Now, d.Person.ID
	d.record(bot.EntrySetAside, "", x.Role)
	d.fresh["aside"] = true
	d.ack()
	d.finish("a decision was set aside")
	return d.c, nil
}

// Route is the PMO's correction of where an escalation is: to bot.RolePMO (back to it,
// before anybody has voted), bot.RoleDM or bot.RoleDIKON (for advice).
func Route(s bot.Snapshot, e bot.Event, to bot.Role) (bot.Change, error) {
	d := newDraft(s, e)
	x := d.x
	switch {
	case x == nil:
		return bot.Change{}, d.refused("none")
	case x.Kind != bot.EscalationMatter || x.State != bot.EscalationPMO && !x.State.Before():
		return bot.Change{}, d.refused("over")
	}
	switch to {
	case bot.RoleDM:
		if x.State != bot.EscalationPMO {
			return bot.Change{}, d.refused("there")
		}
		d.put(bot.RolePMO)
	case bot.RolePMO:
		if x.State == bot.EscalationPMO {
			return bot.Change{}, d.refused("there")
		}
		if voted(x) {
			return bot.Change{}, d.refused("voted")
		}
		d.record(bot.EntryChanged, "", bot.RolePMO, text("route", bot.Said{Text: "pmo"}))
		d.to(bot.EscalationPMO)
		x.Confirmed = s.Now
	case bot.RoleDIKON:
		if len(s.RoomsOf(bot.RoomDIKON)) == 0 {
			return bot.Change{}, d.refused("nodikon")
		}
		if x.Forwarded {
			return bot.Change{}, d.refused("there")
		}
		if x.State == bot.EscalationPMO {
			d.put(bot.RolePMO)
		}
		d.forward(bot.RolePMO)
		// It waits for the advice like for a member's ⏫, which the PMO's command stands for.
		x.Votes = append(x.Votes, bot.Vote{By: d.Person.ID, Choice: bot.ChooseForward, Message: e.Message, Typed: true, At: s.Now})
		d.remember(e.Source())
		d.weigh()
	}
	d.ack()
	d.finish("routed by the PMO")
	return d.c, nil
}

// Meeting drafts a decision that was taken in the meeting (!beschluss); it stands once a
// member of the DM confirms it.
func Meeting(s bot.Snapshot, e bot.Event, words string) (bot.Change, error) {
	d := newDraft(s, e)
	d.x = nil
	if err := bot.Short(words, d.Settings.MaxText); err != nil {
		return bot.Change{}, err
	}
	if len(s.RoomsOf(bot.RoomDM)) == 0 {
		return bot.Change{}, d.refused("nodm")
	}
	d.x = d.make(d.say(words), bot.Said{})
	x := d.x
	x.Kind, x.Belongs, x.State = bot.EscalationMeeting, "", bot.EscalationOpen
	normal := s.Settings.Escalations.Normal
	x.Rule = bot.EscalationRule{Quorum: 1, Remind: normal.Remind, Further: normal.Further}
	x.Number, x.Asker, x.Confirmed, x.Put = s.NextNumber(), d.Person.ID, s.Now, s.Now
	d.fresh["request"] = true
	role := d.acting()
	if role == "" {
		role = bot.RoleDM
	}
	d.record(bot.EntryPut, "", role, text("text", x.Text))
	d.remember(e.Source())
	d.ack()
	if d.Is(bot.RoleDM) { // a member's own word confirms it
		x.Votes = []bot.Vote{{By: d.Person.ID, Choice: bot.ChooseYes, Message: e.Message, Typed: true, At: s.Now}}
		d.record(bot.EntryVote, bot.ChooseYes, bot.RoleDM)
		d.weigh()
	}
	d.finish("a decision of the meeting was drafted")
	return d.c, nil
}

// released follows the decision to release a new project.
func (d *draft) released() {
	if d.x.Kind != bot.EscalationRelease || d.x.Decision.Choice != bot.ChooseYes {
		return
	}
	d.state(bot.ProjectRequested, bot.ProjectActive)
}

// state changes the project's state, if it is still the one before.
func (d *draft) state(before, now bot.ProjectState) {
	if d.Project.State == before {
		d.Project.State = now
		d.c.Projects = append(d.c.Projects, *d.Project)
	}
}

// Release puts a project to DIKON; without a DIKON room it changes nothing. It is for the
// command that makes the project, or takes it out of the archive; the project is in c. It
// returns the number under which DIKON is asked, 0 if it is not.
func Release(s bot.Snapshot, e bot.Event, c *bot.Change) (number int) {
	if len(c.Projects) != 1 || len(s.RoomsOf(bot.RoomDIKON)) == 0 {
		return 0
	}
	c.Projects[0].State = bot.ProjectRequested
	if s.Project == nil || s.Project.ID != c.Projects[0].ID { // it is new, and the snapshot of another one
		s.Escalations, s.Escalated = nil, 0
	}
	s.Project, s.Escalation = &c.Projects[0], nil
	d := newDraft(s, e)
	d.c = *c
	d.request()
	d.finish(c.Reason)
	*c = d.c
	return d.x.Number
}

// request asks DIKON to release the project. It is the PMO's doing.
func (d *draft) request() {
	d.x = d.make(d.say(d.Project.Name), bot.Said{})
	x := d.x
	x.Kind, x.State, x.Role, x.Belongs = bot.EscalationRelease, bot.EscalationOpen, bot.RoleDIKON, ""
	x.Rule = d.Settings.Escalations.Normal
	x.Rule.Quorum = min(x.Rule.Quorum, max(1, len(d.Settings.Roles[bot.RoleDIKON])))
	x.Number, x.Asker, x.Confirmed, x.Put = d.NextNumber(), d.Person.ID, d.Now, d.Now
	d.fresh["request"] = true
	d.record(bot.EntryPut, "", bot.RolePMO, text("project", x.Text))
}

// requested is the request to release the project that is before DIKON, or nil.
func (d *draft) requested() *bot.Escalation {
	for i := range d.Escalations {
		if x := &d.Escalations[i]; x.Kind == bot.EscalationRelease && x.State.Before() {
			return x
		}
	}
	return nil
}

// Released records that DIKON has released the snapshot's project elsewhere, in a meeting,
// say. That ends what it was asked in its room; if it was not asked, it is recorded all the
// same.
func Released(s bot.Snapshot, e bot.Event) (bot.Change, error) {
	d := newDraft(s, e)
	if d.x = d.requested(); d.x == nil {
		d.request()
		delete(d.fresh, "request") // … of nobody
		d.x.Put, d.c.Entries = time.Time{}, nil
	}
	d.to(bot.EscalationPausing)
	d.x.Decision = &bot.Decision{Choice: bot.ChooseYes, Role: d.x.Role, At: d.Now, Recorder: d.Person.ID}
	d.x.Leaning, d.x.Agreed = "", time.Time{}
	d.to(bot.EscalationAccepted)
	d.fresh["outcome"] = true
	d.record(bot.EntryDecided, bot.ChooseYes, bot.RolePMO, text("project", d.x.Text))
	d.remember(e.Source())
	d.released()
	d.finish("the PMO has recorded a release")
	return d.c, nil
}

// Retract ends what is open about a project that goes into the archive in c, as who put it
// there: what is to be decided is withdrawn, drafts are put to nobody. What is decided
// stays.
func Retract(s bot.Snapshot, e bot.Event, c *bot.Change) {
	s.Escalation = nil
	d := newDraft(s, e)
	d.c = *c
	for i := range s.Escalations {
		d.x, d.fresh = &s.Escalations[i], map[string]bool{}
		switch {
		case d.x.State == bot.EscalationDraft:
			d.x.Archived = true
			d.to(bot.EscalationDiscarded)
		case d.x.State == bot.EscalationPMO || d.x.State.Before():
			d.x.Archived = true
			d.record(bot.EntryWithdrawn, "", bot.RolePMO)
			d.to(bot.EscalationWithdrawn)
			d.x.Ended, d.x.EndedBy = d.Now, d.Person.ID
			d.fresh["outcome"] = d.x.Kind == bot.EscalationMatter
		default:
			continue
		}
		d.finish(c.Reason)
	}
	*c = d.c
}
