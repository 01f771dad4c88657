package bot

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"lotse/bot/calendar"
)

// repeatEmoji takes over the last report unchanged.
const repeatEmoji = "🔁"

// maxRepeats is how many times running a report may be taken over by 🔁.
const maxRepeats = 2

// Needs says what the decision about an event needs.
func Needs(e Event) Query {
	q := Query{Room: e.Room, User: e.Sender, Message: e.Message, Target: e.Target, Thread: e.Thread, ReplyTo: e.ReplyTo}
	if e.Kind == EventDeletion {
		q.History, q.AllTasks = maxHistory, true // the words may stand in later reports too
	}
	switch e.Kind {
	case EventInvitation:
		q.Pace = paceInvitations
	case EventJoined:
		q.AllRooms = true
		if e.Other != "" {
			q.Room = e.Other // what is to move stands there
		}
	case EventMoved, EventRefused:
		q.AllRooms, q.AllProjects = true, e.Kind == EventRefused
	}
	// An answer to a round that is over is told where to go on.
	q.Rounds = e.Kind == EventEdit || e.Kind == EventForm || e.Kind == EventMessage && (e.Thread != "" || e.ReplyTo != "")
	if e.Kind == EventMessage { // «Blocker: keine», once all is answered
		parts, _ := ParseLabels(Clean(e.Text))
		q.Last = parts != nil
	}
	for _, m := range e.Mentions {
		q.Users = append(q.Users, m.User)
	}
	return q
}

// maxHistory is how many reports back a deletion follows through: six years.
const maxHistory = 120

// Decide decides about what somebody did, unless it was a command. An empty
// Change means: nothing of ours, left alone.
func Decide(s Snapshot, e Event) (Change, error) {
	d := &draft{Snapshot: s, e: e}
	d.rebase()
	if s.Settings.Doubts(e) {
		return d.doubted()
	}
	switch e.Kind {
	case EventMessage:
		return d.message()
	case EventEdit:
		return d.edit()
	case EventDeletion:
		return d.deletion()
	case EventReaction:
		return d.reaction()
	case EventForm:
		return d.fill()
	case EventInvitation:
		return d.invitation()
	case EventJoined:
		return d.joined()
	case EventLeft:
		return d.left()
	case EventUnreadable:
		return d.unreadable()
	case EventMoved:
		return d.moved()
	case EventRefused:
		return d.refused()
	case EventAccepted:
		return d.welcome()
	}
	return Change{}, nil
}

// message decides about a plain message in a project's dialogue.
func (d *draft) message() (Change, error) {
	if d.Project == nil || d.Project.State == ProjectArchived || d.Report == nil || d.Round == nil || !d.inDialogue() {
		return Change{}, nil
	}
	text := Clean(d.e.Text)
	parts, above := ParseLabels(text)
	role := d.ProjectRole()
	if role == "" && !(d.Is(RolePMO) && parts != nil) {
		return Change{}, nil // a conversation between people
	}
	if !d.running() {
		if parts == nil && d.Report.Complete() {
			return Change{}, nil // a conversation about what was reported
		}
		return d.over(), nil
	}
	var changed []Field
	if parts != nil {
		if q := d.open(); above != "" && !greets(above) && role != "" && q != nil && !hasField(parts, q.Field) {
			parts = append([]Labelled{{Field: q.Field, Text: above}}, parts...)
		}
		before := acks(d.Report.Answers, d.e.Message)
		for _, l := range parts {
			if l.Text == "" || l.Field.HasLight() && IsNone(l.Text) {
				continue // an empty label is no answer, and a light is never nothing
			}
			if err := d.take(l.Field, l.Text, true); err != nil {
				return Change{}, err
			}
			changed = append(changed, l.Field)
		}
		if changed == nil {
			return Change{}, d.empty(parts[0].Field)
		}
		d.ack(d.e.Message, before, acks(d.Report.Answers, d.e.Message))
		return d.accepted(changed, "answers by labelled lines"), nil
	}
	q := d.open()
	if q == nil {
		return Change{}, nil // complete: a conversation
	}
	if q.Ask == AskReturn {
		return d.answerReturn(q.N-1, text)
	}
	if isChatter(text) && !IsNone(text) {
		if light, _ := ParseLight(text); light == NoLight || !q.Field.HasLight() {
			return Change{}, d.chatter(*q, text)
		}
	}
	if light, _ := ParseLight(text); q.Ask == AskLight && light == NoLight && !isSame(text) {
		return Change{}, d.colour(q.Field) // «na gut, gelb»: better to ask than to guess
	}
	if err := d.take(q.Field, text, false); err != nil {
		return Change{}, err
	}
	d.ack(d.e.Message, nil, acks(d.Report.Answers, d.e.Message))
	return d.accepted([]Field{q.Field}, "answer by text"), nil
}

// inDialogue reports whether the message stands where answers are given: in the
// thread, as a reply to the bot, or, where there are no threads or only the two of
// us, just in the room.
func (d *draft) inDialogue() bool {
	if !d.here() {
		return false
	}
	for _, k := range []*Known{d.Thread, d.ReplyTo} {
		if k != nil && k.Own && k.Subject.Project == d.Project.ID && k.Subject.Round == d.Report.Round {
			return true
		}
	}
	if d.e.Thread != "" || d.e.ReplyTo != "" {
		return false
	}
	return d.Room.Kind == RoomDirect || !d.Abilities.Threads && d.Room.ID == d.Report.Room
}

// here reports whether the event happened where the project is asked now.
func (d *draft) here() bool {
	if d.Report.Room != "" {
		return d.Room.ID == d.Report.Room
	}
	return d.Room.Kind == RoomDirect
}

// open returns the question a plain message answers: the one it replies to, else
// the one that stood open when it was sent, or nil.
func (d *draft) open() *Question {
	if k := d.ReplyTo; k != nil && k.Own && k.Kind == KindQuestion && k.Subject.Field != "" && k.Subject.Field != FieldReturn {
		return &Question{Field: k.Subject.Field, Ask: AskField}
	}
	if k := d.ReplyTo; k != nil && k.Own && k.Kind == KindReturned && k.Subject.Field == FieldReturn {
		if n := k.Subject.N; n >= 1 && n <= len(d.Report.Returned) && !d.Report.Returned[n-1].Answered {
			return &Question{Field: FieldReturn, Ask: AskReturn, N: n}
		}
	}
	if !d.OpenStands && d.Report.Previous != nil {
		return d.Report.Previous
	}
	return d.Report.Open
}

// hasField reports whether a question is among the labelled parts.
func hasField(parts []Labelled, f Field) bool {
	return slices.ContainsFunc(parts, func(l Labelled) bool { return l.Field == f })
}

// empty is the error for an answer without content.
func (d *draft) empty(f Field) error {
	return &UserError{Template: "error.empty", Data: Asking{Project: d.Project.name(), Field: f, Reactions: d.Abilities.Clicks()}}
}

// chatter is what a message that answers nothing is told: thanks and salutations
// nothing, the rest what the open question wants.
func (d *draft) chatter(q Question, text string) error {
	said := Fold(text)
	for _, polite := range []string{"dank", "merci", "thank", "guten", "hallo", "hi", "hey", "moin", "servus", "hello", "good"} {
		if strings.Contains(said, polite) {
			return nil
		}
	}
	switch {
	case q.Ask == AskLight:
		return d.colour(q.Field)
	case q.Ask == AskReason, !q.Field.Required():
		return nil // it was asked once
	}
	return d.empty(q.Field)
}

// colour is the error for an answer that should have named a light.
func (d *draft) colour(f Field) error {
	return &UserError{Template: "error.light", Data: Asking{Project: d.Project.name(), Field: f, Again: true, Reactions: d.Abilities.Clicks()}}
}

// over tells somebody who answers a round that is done, once a round.
func (d *draft) over() Change {
	data := Over{Project: d.Project.name(), Check: d.local(d.Round.Check), Cancelled: d.Round.State == RoundCancelled}
	for _, r := range PlanRounds(d.Snapshot, 6) {
		if r.ID == d.Round.ID || r.State != RoundPlanned && !r.Running() {
			continue
		}
		data.Next, data.Running = d.local(r.Check), r.Running()
		break
	}
	p := Reply(d.e, 0, "check.over", data)
	p.Key = roundKey(d.Report.Round, "over", string(d.Project.ID), string(d.e.Room))
	p.Kind = KindOver
	p.Subject = Subject{Project: d.Project.ID, Round: d.Report.Round}
	d.c.Posts = append(d.c.Posts, p)
	d.c.Reason = "answer to a round that is done"
	return d.c
}

// part is a part of an answer that the event gives, empty yet.
func (d *draft) part() Part {
	p := Part{Message: d.e.Source(), At: d.Now, Late: d.late(), PMO: d.ProjectRole() == ""}
	if d.running() {
		p.Round = d.Report.Round
	}
	if d.Person != nil {
		p.By = d.Person.ID
	}
	return p
}

// late reports whether the event came after the close. What counts is when it was
// sent: after a downtime it may be read later, or before the close is noted.
func (d *draft) late() bool {
	if !d.running() {
		return false
	}
	r, at, end := d.Round, d.e.At, d.Round.Deadline()
	switch {
	case r.State != RoundOpen && (at.IsZero() || r.Closed.IsZero()):
		return true
	case r.State != RoundOpen && r.Closed.Before(end):
		end = r.Closed // closed by hand
	}
	if at.IsZero() || at.After(d.Now) {
		at = d.Now
	}
	return !end.IsZero() && !at.Before(end)
}

// read turns what somebody wrote into what it says to f: one part, or, where it is
// as it was before, those parts again.
func (d *draft) read(f Field, text string, before Answer) ([]Part, error) {
	text = Clean(text)
	if text == "" {
		return nil, d.empty(f)
	}
	if err := Short(text, d.Settings.MaxText); err != nil {
		return nil, err
	}
	part := d.part()
	switch {
	case isSame(text) && before.Answers(f):
		return before.repeated(part), nil
	case f.HasLight():
		light, rest := ParseLight(text)
		if light == NoLight && IsNone(text) && !d.wantsReason(f) {
			return nil, d.empty(f)
		}
		if light != NoLight && IsNone(rest) {
			rest = ""
		}
		part.Light, part.Text = light, rest
	case saysNone(f, text):
		part.None = true
	default:
		part.Text = text
	}
	return []Part{part}, nil
}

// wantsReason reports whether the open question is why f became worse.
func (d *draft) wantsReason(f Field) bool {
	if d.Report == nil || d.Report.Open == nil {
		return false
	}
	return d.Report.Open.Field == f && d.Report.Open.Ask == AskReason
}

// Short refuses a text of more than most characters: error.long.
func Short(text string, most int) error {
	if got := utf8.RuneCountInString(text); got > most {
		return &UserError{Template: "error.long", Data: TooLong{Got: got, Max: most}}
	}
	return nil
}

// take accepts text as an answer to f: it replaces what was said, or adds to it.
func (d *draft) take(f Field, text string, replace bool) error {
	parts, err := d.read(f, text, d.Report.Before.Answers[f])
	if err != nil {
		return err
	}
	if !replace {
		all := utf8.RuneCountInString(text)
		for _, p := range d.Report.Answers[f].Parts {
			if p.Message != parts[0].Message {
				all += utf8.RuneCountInString(p.Text)
			}
		}
		if all > d.Settings.MaxText { // several messages are one answer
			return &UserError{Template: "error.long", Data: TooLong{Got: all, Max: d.Settings.MaxText}}
		}
	}
	if q := d.Report.Open; !replace && q != nil && q.Field == f && q.Ask == AskReason {
		parts[0].Reason = true
	}
	d.put(f, parts, replace)
	return nil
}

// put makes parts of one message belong to the answer to f.
func (d *draft) put(f Field, parts []Part, replace bool) {
	if d.Report.Answers == nil {
		d.Report.Answers = map[Field]Answer{}
	}
	d.Report.Answers[f] = d.merge(f, d.Report.Answers[f], parts, replace)
}

// merge adds the parts of one message to an answer, in the place of what that
// message gave before, or replaces all there is; the tasks follow.
func (d *draft) merge(f Field, a Answer, parts []Part, replace bool) Answer {
	m := parts[0].Message
	at := slices.IndexFunc(a.Parts, func(p Part) bool { return p.Message == m })
	if replace {
		for _, old := range a.Parts {
			if f == FieldOutlook && old.Message != m {
				d.deriveTasks(old.Message, nil)
			}
		}
		a.Parts, at = nil, -1
	}
	rest := slices.DeleteFunc(slices.Clone(a.Parts), func(p Part) bool { return p.Message == m })
	if at < 0 || at > len(rest) {
		at = len(rest)
	}
	a.Parts = slices.Insert(rest, at, parts...)
	if f == FieldOutlook && !parts[0].Repeated && !parts[0].Reason {
		d.deriveTasks(m, taskLines(parts[0].Text))
	}
	return a
}

// accepted ends a decision that changed answers of a running report: the message
// is remembered, the next question asked or the summary shown, the board kept true.
func (d *draft) accepted(changed []Field, reason string) Change {
	d.c.Reason = reason
	if d.e.Kind != EventForm { // it says nothing that could be edited or deleted
		d.remember(d.e.Source())
	}
	d.advance(changed)
	d.settle()
	return d.c
}

// advance puts the next question, or shows the summary once there is none.
func (d *draft) advance(changed []Field) {
	r := d.Report
	next := d.next(changed)
	switch {
	case next == nil:
		// A question back that was overtaken by others is open again.
		if back := r.unanswered(); r.Open != nil || back != nil {
			r.Previous, r.Open = r.Open, back
		}
	case r.Open == nil || *next != *r.Open:
		d.pose(next)
	}
	if (next == nil || d.e.Kind == EventForm) && r.Complete() {
		r.Completed = true
	}
	if d.there().Forms {
		d.relist()
	}
	if r.Completed {
		d.summarise()
	} else if next != nil && r.Complete() {
		// Only the question that may be skipped is open: the summary does not wait
		// for it for ever.
		d.c.Timers = append(d.c.Timers, Timer{
			Key: roundKey(r.Round, "summary", string(r.Project)), Kind: TimerSummary, At: d.Now.Add(summaryPatience), Earliest: true,
			Subject: Subject{Project: r.Project, Round: r.Round},
		})
	}
}

// unanswered is the first question back that has no answer, or nil.
func (r Report) unanswered() *Question {
	i := slices.IndexFunc(r.Returned, func(b AskBack) bool { return !b.Answered })
	at := slices.IndexFunc(r.Asked, func(q Question) bool { return q.Ask == AskReturn && q.N == i+1 })
	if i < 0 || at < 0 {
		return nil
	}
	q := r.Asked[at]
	return &q
}

// summaryPatience is how long a complete report waits for Kommunikation.
const summaryPatience = time.Hour

// pose asks a question and notes that it is open.
func (d *draft) pose(q *Question) {
	d.note(q)
	d.ask(*q)
}

// note notes that a question is open.
func (d *draft) note(q *Question) {
	r := d.Report
	r.Previous, r.Open = r.Open, q
	r.Asked = append(r.Asked, *q)
	if q.Ask == AskReason {
		r.Reasoned = append(r.Reasoned, q.Field)
	}
}

// next chooses the question that shall be open now, or nil.
func (d *draft) next(changed []Field) *Question {
	r := d.Report
	fresh := func(f Field, ask Ask) *Question {
		n := 1
		for _, q := range r.Asked {
			if q.Field == f {
				n++
			}
		}
		return &Question{Field: f, Ask: ask, N: n}
	}
	for _, f := range changed {
		a := r.Answers[f]
		if !f.HasLight() {
			continue
		}
		if a.Light().Worse(r.Before.Answers[f].Light()) && a.Text() == "" && !slices.Contains(r.Reasoned, f) {
			return fresh(f, AskReason)
		}
		if a.Given() && a.Light() == NoLight && !slices.ContainsFunc(r.Asked, func(q Question) bool { return q.Field == f && q.Ask == AskLight }) {
			return fresh(f, AskLight)
		}
	}
	if q := r.Open; q != nil && d.pending(*q, changed) {
		return q
	}
	for _, f := range Fields() {
		if r.Answers[f].Answers(f) {
			continue
		}
		if f.HasLight() && r.Answers[f].Given() {
			return fresh(f, AskLight) // all but the light is there
		}
		asked := slices.ContainsFunc(r.Asked, func(q Question) bool { return q.Field == f })
		if f.Required() || !asked {
			return fresh(f, AskField)
		}
	}
	return nil
}

// pending reports whether an open question still wants its answer.
func (d *draft) pending(q Question, changed []Field) bool {
	a := d.Report.Answers[q.Field]
	switch q.Ask {
	case AskField:
		return !a.Answers(q.Field)
	case AskLight:
		return a.Given() && a.Light() == NoLight
	case AskReason:
		// Asked once; who goes on with something else has passed over it.
		return a.Text() == "" && a.Light().Worse(d.Report.Before.Answers[q.Field].Light()) &&
			(len(changed) == 0 || slices.Contains(changed, q.Field))
	case AskReturn:
		return q.N > len(d.Report.Returned) || !d.Report.Returned[q.N-1].Answered
	}
	return false
}

// ask posts a question into the thread.
func (d *draft) ask(q Question) { d.post(d.question(q)) }

// requote shows questions again that quote what was answered last time, after words
// of that were deleted. The Ausblick's quotes no words.
func (d *draft) requote() {
	for _, q := range d.Report.Asked {
		if q.Ask != AskField || q.Field == FieldOutlook {
			continue
		}
		p := d.question(q)
		p.EditOnly = true
		d.post(p)
	}
}

// question is the message that asks.
func (d *draft) question(q Question) Post {
	r := d.Report
	before := r.Before.Answers[q.Field]
	data := Asking{
		Project:   d.Project.name(),
		Field:     q.Field,
		Light:     r.Answers[q.Field].Light(),
		Before:    before.Light(),
		Text:      before.Text(),
		Reactions: d.there().Clicks(),
		Tasks:     len(d.OpenTasks()) > 0,
	}
	for _, asked := range r.Asked {
		if asked.Field == q.Field && asked.Ask == AskField && asked.N < q.N && q.Ask == AskField {
			data.Again = true
		}
	}
	p := Post{
		Key:     questionKey(r.Round, r.Project, q, r.To()),
		Kind:    KindQuestion,
		Subject: Subject{Field: q.Field},
		Data:    data,
		Expires: d.Round.Check,
	}
	switch q.Ask {
	case AskLight:
		p.Template = "check.light"
	case AskReason:
		p.Template = "check.reason"
	default:
		p.Template = "check.question." + string(q.Field)
	}
	if q.Field.HasLight() && q.Ask != AskReason {
		p.Seeds = []string{Green.Emoji(), Yellow.Emoji(), Red.Emoji()}
	}
	return p
}

// Enter takes an answer to f for the snapshot's project that was given by a
// command. While the project's report takes answers it belongs to that, else it
// changes what the board shows.
func Enter(s Snapshot, e Event, f Field, text string) (Change, error) {
	d := &draft{Snapshot: s, e: e}
	d.rebase()
	if d.Project == nil || d.ProjectRole() == "" && !d.Is(RolePMO) {
		return Change{}, &UserError{Template: "error.forbidden", Data: Forbidden{Command: string(f), Roles: []Role{RoleLead, RoleDeputy, RolePMO}}}
	}
	m := e.Source()
	said, above := ParseLabels(Clean(text))
	if said == nil || above != "" { // further labelled lines may follow the command's own
		said = append([]Labelled{{Field: f, Text: above}}, slices.DeleteFunc(said, func(l Labelled) bool { return l.Field == f })...)
	}
	if d.running() {
		before := acks(d.Report.Answers, m)
		changed := d.unsaid(said, m)
		for _, l := range said {
			if err := d.take(l.Field, l.Text, true); err != nil {
				return Change{}, err
			}
			changed = append(changed, l.Field)
		}
		d.ack(m, before, acks(d.Report.Answers, m))
		d.tellEntered(said, d.Report.Answers)
		return d.accepted(changed, "answer by command"), nil
	}
	current := maps.Clone(d.Project.Current.Answers)
	if current == nil {
		current = map[Field]Answer{}
	}
	before := acks(current, m)
	if e.Kind == EventEdit && before == nil && d.Target != nil && d.Target.Subject.Round != "" {
		return Change{}, nil // what it said in a round that is over is no longer on the board
	}
	for _, l := range said {
		parts, err := d.read(l.Field, l.Text, current[l.Field])
		if err != nil {
			return Change{}, err
		}
		if l.Field.HasLight() && parts[0].Light == NoLight {
			return Change{}, &UserError{Template: "error.light", Data: Asking{Project: d.Project.name(), Field: l.Field, Text: parts[0].Text, Reactions: d.Abilities.Clicks()}}
		}
		current[l.Field] = d.merge(l.Field, current[l.Field], parts, true)
	}
	d.Project.Current.Answers, d.Project.Current.Repeats, d.Project.Changed = current, 0, d.Today()
	d.putProject()
	d.remember(m)
	d.ack(m, before, acks(current, m))
	d.tellEntered(said, current)
	d.c.Reason = "board changed by command between rounds"
	return d.c, nil
}

// tellEntered shows a project's people what the PMO has entered for them elsewhere.
func (d *draft) tellEntered(said []Labelled, answers map[Field]Answer) {
	if d.ProjectRole() != "" {
		return
	}
	data := Entered{Project: d.Project.name(), By: *d.Person}
	for _, f := range Fields() {
		if hasField(said, f) {
			a := answers[f]
			data.Lines = append(data.Lines, SummaryLine{Field: f, Light: a.Light(), Text: a.Text(), None: a.None()})
		}
	}
	p := Post{Kind: KindEntered, Subject: Subject{Project: d.Project.ID}, Template: "check.entered", Data: data, Quiet: true}
	switch {
	case d.running() && d.Report.Room != d.e.Room:
		p.Key = NewKey("entered", string(d.e.Source()), d.Report.To())
		d.post(p)
	case !d.running() && d.ProjectRoom.Joined && d.ProjectRoom.ID != d.e.Room:
		p.Key, p.Room = NewKey("entered", string(d.e.Source()), string(d.ProjectRoom.ID)), d.ProjectRoom.ID
		d.c.Posts = append(d.c.Posts, p)
	}
}

// unsayEntered takes away what showed a project's people that the PMO has entered
// something by message m.
func (d *draft) unsayEntered(m MessageID, room RoomID, user UserID) {
	to := string(room)
	if room == "" {
		to = string(user)
	}
	if to != "" {
		d.c.Posts = append(d.c.Posts, Post{Key: NewKey("entered", string(m), to), Kind: KindEntered, Room: room, User: user, Absent: true})
	}
}

// unreply takes away what message m was replied to, as far as that may quote it.
func (d *draft) unreply(m MessageID) {
	for n := range 2 {
		d.c.Posts = append(d.c.Posts, Post{Key: NewKey("reply", string(m), strconv.Itoa(n), string(d.e.Room)), Kind: KindReply, Room: d.e.Room, Absent: true})
	}
}

// relist draws the running round's opening message again, which lists the tasks or holds
// the form.
func (d *draft) relist() {
	if !d.running() && !d.there().Forms {
		return
	}
	p := d.opening(d.Round.Moved)
	if data, ok := p.Data.(Opening); ok && !d.Round.Opened.IsZero() {
		data.Now = d.local(d.Round.Opened) // it was said then
		p.Data = data
	}
	p.EditOnly = true
	d.post(p)
}

// unsaid takes back what a command said before it was edited into another one.
func (d *draft) unsaid(said []Labelled, m MessageID) []Field {
	var dropped []Field
	for _, f := range Fields() {
		had := slices.ContainsFunc(d.Report.Answers[f].Parts, func(p Part) bool { return p.Message == m && d.mine(p) })
		if had && !hasField(said, f) {
			d.drop(f, m)
			dropped = append(dropped, f)
		}
	}
	return dropped
}

// edit decides about a message that was changed: what it contributed changes with
// it. Commands that are edited come through Enter.
func (d *draft) edit() (Change, error) {
	if d.Target == nil || d.Target.Own || d.Project == nil || d.Report == nil || d.Round == nil || d.Target.Subject.Round != d.Report.Round {
		return Change{}, nil
	}
	r, m := d.Report, d.e.Target
	var had []Field
	for _, f := range Fields() {
		for _, p := range r.Answers[f].Parts {
			if p.Message == m && d.mine(p) && !slices.Contains(had, f) {
				had = append(had, f)
			}
		}
	}
	if !d.running() {
		if had == nil || d.Project.State == ProjectArchived {
			return Change{}, nil
		}
		return d.over(), nil // the report is closed for good
	}
	if had == nil {
		return d.editReturn(m)
	}
	before := acks(r.Answers, m)
	parts, _ := ParseLabels(Clean(d.e.Text))
	if parts == nil {
		parts = []Labelled{{Field: had[0], Text: d.e.Text}}
	}
	changed := slices.Clone(had)
	for _, f := range had {
		if !hasField(parts, f) {
			d.drop(f, m)
		}
	}
	for _, l := range parts {
		read, err := d.read(l.Field, l.Text, r.Before.Answers[l.Field])
		if err != nil {
			return Change{}, err
		}
		a := r.Answers[l.Field]
		i := slices.IndexFunc(a.Parts, func(p Part) bool { return p.Message == m })
		if i >= 0 {
			read[0].Reason = a.Parts[i].Reason
		} else {
			changed = append(changed, l.Field)
		}
		d.put(l.Field, read, i < 0)
	}
	d.ack(m, before, acks(r.Answers, m))
	return d.accepted(changed, "answer edited"), nil
}

// wrote reports whether the acting person gave the answer to a question back.
func (d *draft) wrote(back AskBack) bool { return d.Person != nil && back.Author == d.Person.ID }

// inquired reports whether the acting person put a question back.
func (d *draft) inquired(back AskBack) bool { return d.Person != nil && back.By == d.Person.ID }

// mine reports whether a part was given by the acting person.
func (d *draft) mine(p Part) bool { return d.Person != nil && p.By == d.Person.ID }

// drop takes what message m gave out of the answer to f.
func (d *draft) drop(f Field, m MessageID) {
	a := d.Report.Answers[f]
	a.Parts = slices.DeleteFunc(slices.Clone(a.Parts), func(p Part) bool { return p.Message == m })
	if len(a.Parts) == 0 {
		delete(d.Report.Answers, f)
	} else {
		d.Report.Answers[f] = a
	}
	if f == FieldOutlook {
		d.deriveTasks(m, nil)
	}
}

// deletion decides about a message or reaction that was taken back: what it gave
// is gone, in the running report and wherever it was carried on to.
func (d *draft) deletion() (Change, error) {
	if d.Target == nil || d.Target.Own || d.Project == nil {
		return Change{}, nil
	}
	m := d.e.Target
	understood := acks(d.Project.Current.Answers, m)
	if d.Report != nil {
		understood = append(understood, acks(d.Report.Answers, m)...)
	}
	var changed []Field
	scrub := func(answers map[Field]Answer) bool {
		found := false
		for f, a := range answers {
			kept := slices.DeleteFunc(slices.Clone(a.Parts), func(p Part) bool {
				return p.Message == m && d.mine(p) || p.Origin == m && d.Person != nil && p.Author == d.Person.ID
			})
			if len(kept) == len(a.Parts) {
				continue
			}
			found = true
			if !slices.Contains(changed, f) {
				changed = append(changed, f)
			}
			if len(kept) == 0 {
				delete(answers, f)
			} else {
				answers[f] = Answer{Parts: kept}
			}
		}
		return found
	}
	scrubReport := func(r *Report) bool {
		found := scrub(r.Answers)
		found = scrub(r.Before.Answers) || found
		if found {
			d.unsayEntered(m, r.Room, r.User)
		}
		for i, back := range r.Returned {
			if back.Source == m && d.wrote(back) {
				r.Returned[i].Answer, r.Returned[i].Source, found = "", "", true
				d.unsayReturn(*r, i)
			}
			if back.Message == m && d.inquired(back) && back.Text != "" {
				r.Returned[i].Text, r.Returned[i].Answered, found = "", true, true
				understood = append(understood, "✅")
				d.unsayQuestion(*r, i)
				d.unsayReturn(*r, i)
			}
		}
		return found
	}
	found := scrub(d.Project.Current.Answers)
	if found {
		d.unsayEntered(m, d.ProjectRoom.ID, "")
	}
	for i := range d.History {
		r := &d.History[i]
		if d.Report != nil && r.Round == d.Report.Round || !scrubReport(r) {
			continue
		}
		found = true
		d.c.Reports = append(d.c.Reports, *r)
		d.reviseLater(*r)
	}
	here := d.Report != nil && scrubReport(d.Report)
	tasks := d.eraseTasks(m, found || here)
	if tasks && len(d.History) > 0 && (d.Report == nil || d.History[0].Round != d.Report.Round) {
		d.reviseLater(d.History[0]) // the round that may be running lists them
	}
	switch {
	case found || here:
	case tasks:
		d.c.Reason = "task withdrawn"
		d.ack(m, []string{"✅"}, nil)
		d.unreply(m)
		d.relist()
		d.tasksChanged()
		return d.c, nil
	case d.untick(m):
		d.c.Reason = "task reaction withdrawn"
		d.tasksChanged()
		return d.c, nil
	default:
		return Change{}, nil
	}
	d.c.Reason = "answer withdrawn"
	d.unreply(m)
	slices.Sort(understood)
	d.ack(m, slices.Compact(understood), nil)
	if len(changed) > 0 {
		d.Project.Changed = d.Today()
	}
	if len(d.Project.Current.Answers) == 0 {
		d.Project.Changed = calendar.Date{}
	}
	d.putProject()
	if here && d.Round.Running() {
		slices.SortFunc(changed, func(a, b Field) int { return slices.Index(Fields(), a) - slices.Index(Fields(), b) })
		d.advance(changed)
		d.requote()
		if tasks {
			d.relist()
		}
		d.settle()
	} else if here {
		d.c.Reports = append(d.c.Reports, *d.Report)
		d.redrawPast()
	}
	return d.c, nil
}

// reviseLater has the texts about another round's report drawn again.
func (d *draft) reviseLater(r Report) {
	d.c.Timers = append(d.c.Timers, Timer{
		Key: roundKey(r.Round, "revise", string(r.Project)), Kind: TimerRevise, At: d.Now.Add(d.Settings.OverviewEvery), Earliest: true,
		Subject: Subject{Round: r.Round, Project: r.Project, User: r.User},
	})
}

// redrawPast brings the texts of a round in line with its reports.
func (d *draft) redrawPast() {
	d.redraw()
	d.requote()
	d.relist()
	if d.Report.Completed {
		d.summarise()
		d.c.Posts[len(d.c.Posts)-1].EditOnly = true
	}
}

// untick takes back what a reaction did to a task.
func (d *draft) untick(m MessageID) bool {
	for _, t := range slices.Clone(d.Tasks) {
		if t.Ticks == m {
			d.move(t, TaskToDo, "")
			return true
		}
	}
	return false
}

// reaction decides about an emoji on one of our messages.
func (d *draft) reaction() (Change, error) {
	k := d.Target
	if k == nil || !k.Own || d.Project == nil || d.Project.State == ProjectArchived || !d.running() || k.Subject.Round != d.Report.Round || !d.here() || d.ProjectRole() == "" {
		return Change{}, nil
	}
	emoji := strings.ReplaceAll(d.e.Emoji, "\ufe0f", "")
	light := EmojiLight(emoji)
	switch {
	case k.Kind == KindQuestion && light != NoLight && k.Subject.Field.HasLight():
		f := k.Subject.Field
		part := d.part()
		part.Light = light
		d.put(f, []Part{part}, false)
		return d.accepted([]Field{f}, "light by reaction"), nil
	case k.Kind == KindOpening && emoji == repeatEmoji:
		return d.repeat()
	case k.Kind == KindOpening && emojiDigit(emoji) > 0:
		n := emojiDigit(emoji)
		for _, t := range d.Tasks {
			if t.Open() && t.Number == n {
				d.move(t, TaskDone, d.e.Message)
				d.remember(d.e.Message)
				d.c.Reason = "task done by reaction"
				d.tasksChanged()
				break
			}
		}
		return d.c, nil
	}
	return Change{}, nil
}

// CanRepeat says whether the report may be taken over unchanged, and if not, why:
// "first", "red", "often".
func (r Report) CanRepeat() (why string, ok bool) {
	for _, f := range Fields() {
		a := r.Before.Answers[f]
		if f.Required() && !a.Answers(f) {
			return "first", false
		}
		if a.Light() == Red {
			return "red", false
		}
	}
	if r.Before.Round == "" {
		return "first", false
	}
	if r.Before.Repeats >= maxRepeats {
		return "often", false
	}
	return "", true
}

// repeat takes over what the last report said, for every question not answered yet.
func (d *draft) repeat() (Change, error) {
	r := d.Report
	if why, ok := r.CanRepeat(); !ok {
		d.post(Post{
			Key:      NewKey("reply", string(d.e.ID), "0", r.To()),
			Kind:     KindError,
			Template: "error.repeat",
			Data:     CannotRepeat{Why: why},
			Quiet:    true,
		})
		d.c.Reason = "cannot be taken over: " + why
		return d.c, nil
	}
	var changed []Field
	for _, f := range Fields() {
		before := r.Before.Answers[f]
		if r.Answers[f].Answers(f) || !before.Given() {
			continue
		}
		d.put(f, before.repeated(d.part()), true)
		changed = append(changed, f)
	}
	if changed == nil {
		return Change{}, nil
	}
	if !r.Answers[FieldCommunication].Given() {
		none := d.part()
		none.None, none.Repeated = true, true
		d.put(FieldCommunication, []Part{none}, true)
	}
	r.Repeated = true
	return d.accepted(nil, "last report taken over"), nil
}

// summarise shows the report as the board has it. Who has used the form sees it in the
// form's place.
func (d *draft) summarise() {
	pressed := d.e.Kind == EventForm || d.e.Kind == EventReaction
	d.post(Post{
		Key: d.Report.SummaryKey(), Kind: KindSummary, Template: "check.summary", Data: d.summary(),
		EditOnly: d.there().Forms && pressed,
	})
}

// summary is the report as the board has it.
func (d *draft) summary() Summary {
	r := d.Report
	data := Summary{
		Project:  d.Project.name(),
		Check:    d.local(d.Round.Check),
		Deadline: d.local(d.Round.Deadline()),
		ToDo:     d.tasksIn(TaskToDo),
		Doing:    d.tasksIn(TaskDoing),
		Done:     d.tasksIn(TaskDone),
		Missing:  r.Missing(),
		Repeated: r.allRepeated(),
		Over:     !d.running(),
		Last:     d.local(r.Before.Check),
	}
	if data.Over { // what has become of the tasks since is no part of that report
		data.ToDo, data.Doing, data.Done = nil, nil, nil
		for _, text := range taskLines(r.Answers[FieldOutlook].Text()) {
			data.ToDo = append(data.ToDo, TaskLine{Text: text, State: TaskToDo})
		}
	}
	for _, f := range Fields() {
		line := r.Line(f)
		data.Late = data.Late || line.Late
		if r.Answers[f].Given() {
			data.Lines = append(data.Lines, line)
		}
	}
	if !slices.ContainsFunc(data.Lines, func(l SummaryLine) bool { return !l.PMO }) {
		data.PMO = true
	}
	for i := range data.Lines {
		// What holds for all lines is said once.
		data.Lines[i].PMO = data.Lines[i].PMO && !data.PMO
		data.Lines[i].Late = data.Lines[i].Late && !r.allLate()
	}
	return data
}

// allRepeated reports whether every answer was taken over.
func (r Report) allRepeated() bool {
	for _, a := range r.Answers {
		for _, p := range a.Parts {
			if !p.Repeated {
				return false
			}
		}
	}
	return len(r.Answers) > 0
}

// allLate reports whether every answer came after the close.
func (r Report) allLate() bool {
	for _, a := range r.Answers {
		if !a.Late() {
			return false
		}
	}
	return true
}

// Line is the report's answer to f in a text, compared with the last check.
func (r Report) Line(f Field) SummaryLine {
	a, before := r.Answers[f], r.Before.Answers[f]
	return SummaryLine{
		Field: f, Light: a.Light(), Before: before.Light(), Text: a.Remark(f), None: a.None(),
		Changed: r.Before.Round != "" && a.Given() && !a.Same(before), PMO: a.PMO(), Late: a.Late(),
		Gone: a.None() && before.Text() != "",
	}
}

// Return asks a report's people back (!nachfrage): the question stands in the
// project's thread, the answer goes to the PMO.
func Return(s Snapshot, e Event, question string) (Change, error) {
	d := &draft{Snapshot: s, e: e}
	question = Clean(question)
	if err := Short(question, d.Settings.MaxText); err != nil {
		return Change{}, err
	}
	if !d.running() {
		return Change{}, &UserError{Template: "error.round", Data: NoRound{}}
	}
	r := d.Report
	n := len(r.Returned) + 1
	r.Returned = append(r.Returned, AskBack{Text: question, By: d.Person.ID, At: d.Now, Message: e.Source()})
	q := &Question{Field: FieldReturn, Ask: AskReturn, N: n}
	r.Previous, r.Open = r.Open, q
	r.Asked = append(r.Asked, *q)
	d.post(d.askBack(*q))
	d.remember(e.Source())
	d.ack(e.Source(), nil, []string{"✅"})
	d.c.Reason = "report given back with a question"
	d.settle()
	return d.c, nil
}

// askBack is the message of a question back.
func (d *draft) askBack(q Question) Post {
	return Post{
		Key: questionKey(d.Report.Round, d.Report.Project, q, d.Report.To()), Kind: KindReturned, Subject: Subject{Field: FieldReturn, N: q.N},
		Template: "check.returned",
		Data:     d.returned(q.N - 1),
		Expires:  d.Round.Check,
	}
}

// returned is the data of the i-th question back and its answer.
func (d *draft) returned(i int) Returned {
	back := d.Report.Returned[i]
	by := d.Persons([]PersonID{back.By})
	return Returned{
		Project:  d.Project.name(),
		To:       d.Persons(d.Project.Acting(d.Today())),
		Question: back.Text,
		Answer:   back.Answer,
		By:       by[0],
		Deadline: d.local(d.Round.Deadline()),
		Late:     d.Round.State != RoundOpen,
	}
}

// answerReturn takes a plain message as the answer to the PMO's question back.
func (d *draft) answerReturn(i int, text string) (Change, error) {
	if text == "" {
		return Change{}, d.empty(FieldReturn)
	}
	if err := Short(text, d.Settings.MaxText); err != nil {
		return Change{}, err
	}
	r := d.Report
	if i < 0 || i >= len(r.Returned) || r.Returned[i].Answered {
		return Change{}, nil
	}
	back := &r.Returned[i]
	back.Answered, back.Answer, back.Source, back.Author = true, text, d.e.Message, d.Person.ID
	d.sayReturn(i)
	d.ack(d.e.Message, nil, []string{"✅"})
	return d.accepted(nil, "question back answered"), nil
}

// editReturn follows an edited answer to a question back.
func (d *draft) editReturn(m MessageID) (Change, error) {
	text := Clean(d.e.Text)
	for i, back := range d.Report.Returned {
		if back.Source == m && text != "" && Short(text, d.Settings.MaxText) == nil && d.wrote(back) {
			d.Report.Returned[i].Answer = text
			d.sayReturn(i)
			d.c.Reports = append(d.c.Reports, *d.Report)
			d.c.Reason = "answer to a question back edited"
			return d.c, nil
		}
	}
	return Change{}, nil
}

// sayReturn shows the answer to a question back in the PMO's rooms.
func (d *draft) sayReturn(i int) {
	d.postTo(RoomPMO, Post{
		Key: returnKey(*d.Report, i), Kind: KindReturned, Template: "check.returned.answer", Data: d.returned(i),
		Subject: Subject{Project: d.Project.ID, Round: d.Report.Round},
	})
}

// unsayReturn takes the answer out of the PMO's rooms again.
func (d *draft) unsayReturn(r Report, i int) {
	d.postTo(RoomPMO, Post{Key: returnKey(r, i), Kind: KindReturned, Absent: true})
}

// unsayQuestion takes a question back out of the project's thread again.
func (d *draft) unsayQuestion(r Report, i int) {
	q := Question{Field: FieldReturn, Ask: AskReturn, N: i + 1}
	d.c.Posts = append(d.c.Posts, Post{Key: questionKey(r.Round, r.Project, q, r.To()), Kind: KindReturned, Room: r.Room, User: r.User, Absent: true})
}

func returnKey(r Report, i int) Key {
	return roundKey(r.Round, "return", string(r.Project), strconv.Itoa(i+1))
}
