package bot

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"lotse/bot/calendar"
)

// draft is a decision in the making: the snapshot it works on and the change that
// grows from it.
type draft struct {
	Snapshot
	e Event
	c Change
}

// Reply is a post that answers e where it was said: in its thread, else as a
// reply. n tells several replies to one event apart.
func Reply(e Event, n int, template string, data any) Post {
	p := Post{
		Key:      NewKey("reply", string(e.ID), strconv.Itoa(n), string(e.Room)),
		Kind:     KindReply,
		Room:     e.Room,
		Template: template,
		Data:     data,
		Quiet:    true,
	}
	switch {
	case e.Thread != "":
		p.Thread = Target{Message: e.Thread}
	case e.Kind == EventMessage || e.Kind == EventEdit:
		p.ReplyTo = Target{Message: e.Source()}
	}
	return p
}

// post adds a post in the report's place: its room or direct chat, its thread.
func (d *draft) post(p Post) {
	r := d.Report
	p.Room, p.User = r.Room, r.User
	if p.Thread.IsZero() && p.Key != r.AskKey() {
		p.Thread = Target{Key: r.AskKey()}
	}
	p.Subject.Project, p.Subject.Round = r.Project, r.Round
	d.c.Posts = append(d.c.Posts, p)
}

// there is what the place can do where the report's messages stand. What is decided may have
// been said elsewhere, in another chat even.
func (d *draft) there() Abilities {
	place := d.Report.Room
	if place == "" {
		place = RoomID(d.Report.User)
	}
	if place == "" || d.AbilitiesIn == nil {
		return d.Abilities
	}
	return d.AbilitiesIn(place)
}

// postTo adds a post for every joined room of a kind; the key gets the room at
// its end.
func (d *draft) postTo(kind RoomKind, p Post) {
	for _, room := range d.RoomsOf(kind) {
		q := p
		q.Key, q.Room = NewKey(string(p.Key), string(room.ID)), room.ID
		d.c.Posts = append(d.c.Posts, q)
	}
}

// name is the project in a text.
func (p Project) name() ProjectName { return ProjectName{ID: p.ID, Name: p.Name} }

// Persons looks people up; one the snapshot does not know keeps its id as name.
func (s Snapshot) Persons(ids []PersonID) []Person {
	var people []Person
	for _, id := range ids {
		p, ok := s.People[id]
		if !ok {
			p = Person{ID: id, Name: string(id)}
		}
		people = append(people, p)
	}
	return people
}

// local puts an instant into the city's zone.
func (s Snapshot) local(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(s.Settings.Zone)
}

// checkDay is the local date of the round's check.
func (s Snapshot) checkDay(r Round) calendar.Date { return calendar.DateOf(s.local(r.Check)) }

// who is the acting person, "" for somebody the books do not know.
func (s Snapshot) who() PersonID {
	if s.Person == nil {
		return ""
	}
	return s.Person.ID
}

// running reports whether there is a report that takes answers.
func (s Snapshot) running() bool {
	return s.Report != nil && s.Round != nil && s.Round.ID == s.Report.Round && s.Round.Running()
}

// roundKey is the key of a round's timer or live text.
func roundKey(round RoundID, parts ...string) Key {
	return NewKey(append([]string{"check", string(round)}, parts...)...)
}

// movedTo is a date of the round's check in a key, and when it was decided: a check
// may be moved there a second time.
func movedTo(check, decided time.Time) string {
	return strconv.FormatInt(check.Unix(), 10) + "-" + strconv.FormatInt(decided.Unix(), 10)
}

// settle finishes a change to the report: the board follows it, the live texts
// are drawn again soon, and a lead's next roomless project gets its turn.
func (d *draft) settle() {
	r, round := d.Report, d.Round
	if p := d.Project; p != nil && round.Running() {
		standing := d.standing()
		if !sameAnswers(p.Current.Answers, standing.Answers) {
			p.Changed = d.Today()
		}
		if len(standing.Answers) == 0 {
			p.Changed = calendar.Date{}
		}
		p.Current = standing
		d.putProject()
	}
	d.c.Reports = append(d.c.Reports, *r)
	d.redraw()
	if r.Open == nil {
		d.passOn()
	}
}

// passOn gives the lead's next roomless project its turn, once this one is complete
// and nothing more is asked about it.
func (d *draft) passOn() {
	r := d.Report
	if r.User == "" || !r.Complete() {
		return
	}
	d.c.Timers = append(d.c.Timers, Timer{
		Key: roundKey(r.Round, "next", string(r.Project)), Kind: TimerNext, At: d.Now,
		Subject: Subject{Project: r.Project, Round: r.Round, User: r.User},
	})
}

// putProject puts the project into the change, once.
func (d *draft) putProject() {
	for i := range d.c.Projects {
		if d.c.Projects[i].ID == d.Project.ID {
			d.c.Projects[i] = *d.Project
			return
		}
	}
	d.c.Projects = append(d.c.Projects, *d.Project)
}

// redraw has the live texts of the round drawn again, soon and not too often.
func (d *draft) redraw() {
	round := d.Round
	if round == nil {
		return
	}
	soon := d.Now.Add(d.Settings.OverviewEvery)
	if round.Running() {
		d.c.Timers = append(d.c.Timers, Timer{
			Key: roundKey(round.ID, "overview"), Kind: TimerOverview, At: soon, Earliest: true, Subject: Subject{Round: round.ID},
		})
	}
	if round.AgendaPages > 0 {
		d.c.Timers = append(d.c.Timers, Timer{
			Key: roundKey(round.ID, "revise"), Kind: TimerRevise, At: soon, Earliest: true, Subject: Subject{Round: round.ID},
		})
	}
}

// Redraw has the live texts of the running round drawn again because a command
// changed a project: who leads it, its name, whether it is asked.
func Redraw(s Snapshot, c *Change) {
	if s.Round == nil || !s.Round.Running() {
		return
	}
	d := &draft{Snapshot: s}
	d.redraw()
	c.Timers = append(c.Timers, d.c.Timers...)
}

// standing is how the project stands with this report: its answers, and those of
// before where it has none.
func (d *draft) standing() Standing {
	r := d.Report
	st := Standing{Round: r.Before.Round, Check: r.Before.Check, Answers: maps.Clone(r.Before.Answers), Repeats: r.Before.Repeats}
	if st.Answers == nil {
		st.Answers = map[Field]Answer{}
	}
	// Two rounds may run at once: the last word counts, whichever it was said in.
	for f, a := range d.Project.Current.Answers {
		if other := len(a.Parts) > 0 && a.Parts[0].Round != "" && a.Parts[0].Round != r.Round; other && a.after(st.Answers[f]) {
			st.Answers[f] = a
		}
	}
	fresh, repeated := false, false
	for f, a := range r.Answers {
		if !a.Given() {
			continue
		}
		if a.Answers(f) && !st.Answers[f].after(a) {
			st.Answers[f] = a
		}
		for _, p := range a.Parts {
			fresh = fresh || !p.Repeated
			repeated = repeated || p.Repeated
		}
	}
	if fresh || repeated {
		st.Round, st.Check = r.Round, d.Round.Check
		st.Repeats = 0
		if !fresh {
			st.Repeats = r.Before.Repeats + 1
		}
	}
	return st
}

// rebase lets a report without any answer begin from what was said elsewhere since
// it was opened: in a round that ran at the same time.
func (d *draft) rebase() {
	if !d.running() || d.Project == nil || len(d.Report.Answers) > 0 {
		return
	}
	if now := d.Project.Current; now.Round != "" && now.Round != d.Report.Round {
		d.Report.Before = now
	}
}

// after reports whether the last word of a was said after that of b.
func (a Answer) after(b Answer) bool { return a.last().After(b.last()) }

// last is when the last word of an answer was said.
func (a Answer) last() (at time.Time) {
	for _, p := range a.Parts {
		if p.At.After(at) {
			at = p.At
		}
	}
	return at
}

// sameAnswers reports whether two sets of answers say the same.
func sameAnswers(a, b map[Field]Answer) bool {
	for _, f := range Fields() {
		if !a[f].Same(b[f]) {
			return false
		}
	}
	return true
}

// remember notes what a foreign message was about.
func (d *draft) remember(m MessageID) {
	ref := Ref{Message: m, Room: d.e.Room, Subject: Subject{Project: d.Project.ID}}
	if d.running() {
		ref.Subject.Round = d.Report.Round
	}
	if !slices.Contains(d.c.Refs, ref) {
		d.c.Refs = append(d.c.Refs, ref)
	}
}

// acks are the emojis that show what was understood from message m.
func acks(answers map[Field]Answer, m MessageID) []string {
	var emojis []string
	for _, f := range Fields() {
		for _, p := range answers[f].Parts {
			if p.Message != m {
				continue
			}
			emoji := "✅"
			if p.Light != NoLight {
				emoji = p.Light.Emoji()
			}
			if !slices.Contains(emojis, emoji) {
				emojis = append(emojis, emoji)
			}
		}
	}
	return emojis
}

// Ack is the reaction on message m that shows what was understood from it, or, absent, no
// longer is.
func Ack(room RoomID, m MessageID, emoji string, absent bool) Post {
	return Post{
		Key: NewKey("ack", string(m), emoji, string(room)), Op: OpReaction, Kind: KindAck,
		Room: room, Target: Target{Message: m}, Emoji: emoji, Absent: absent,
	}
}

// ack brings the reactions on message m from what they were to what they shall be.
func (d *draft) ack(m MessageID, before, after []string) {
	if !d.Abilities.Reactions {
		return
	}
	put := func(emoji string, absent bool) { d.c.Posts = append(d.c.Posts, Ack(d.e.Room, m, emoji, absent)) }
	for _, emoji := range before {
		if !slices.Contains(after, emoji) {
			put(emoji, true)
		}
	}
	for _, emoji := range after {
		if !slices.Contains(before, emoji) {
			put(emoji, false)
		}
	}
}
