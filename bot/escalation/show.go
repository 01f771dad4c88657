package escalation

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"lotse/bot"
	"lotse/bot/calendar"
)

// The kinds of messages, for the trace.
const (
	kindDraft    bot.Kind = "escalation.draft"
	kindNudge    bot.Kind = "escalation.nudge"
	kindPMO      bot.Kind = "escalation.told"
	kindRequest  bot.Kind = "escalation.request"
	kindQuestion bot.Kind = "escalation.question"
	kindAnswer   bot.Kind = "escalation.answer"
	kindForward  bot.Kind = "escalation.forward"
	kindAdvice   bot.Kind = "escalation.advice"
	kindOutcome  bot.Kind = "escalation.outcome"
	kindAside    bot.Kind = "escalation.aside"
	kindReminder bot.Kind = "escalation.reminder"
	kindNote     bot.Kind = "escalation.note"
)

// show writes every message about the escalation again: the outbox edits what has become
// different, and nothing is made that is not fresh.
func (d *draft) show() {
	x := d.x
	d.showDraft()
	if x.Number == 0 {
		return
	}
	d.view("told", bot.Post{
		Key: d.key("told"), Kind: kindPMO, Template: "escalation.told", Seeds: d.pmoSeeds(), Form: &bot.Form{}, Quiet: x.State != bot.EscalationPMO,
	}, bot.InPMO)
	request := bot.Post{Key: d.key("request"), Kind: kindRequest, Template: "escalation.request"}
	request.Form = &bot.Form{}
	if x.State.Before() {
		request.Seeds = d.seeds()
	}
	d.view("request", request, bot.InDM)
	for i, q := range x.Inquiries {
		n := strconv.Itoa(i + 1)
		p := d.inProject(bot.Post{Key: d.key("question", n), Kind: kindQuestion, Template: "escalation.question"})
		p.Subject.N = i + 1
		d.view("question/"+n, p, bot.InProject, i+1)
		for j := range q.Answers {
			m := strconv.Itoa(j + 1)
			d.view("answer/"+n+"/"+m, bot.Post{Key: d.key("answer", n, m), Kind: kindAnswer, Template: "escalation.answer"}, bot.InDM, i+1, j+1)
		}
	}
	if x.Forwarded {
		for n := range len(x.Advice) + 1 {
			d.view(forwardName(n), bot.Post{Key: d.key(forwardName(n)), Kind: kindForward, Template: "escalation.request"}, bot.InDIKON)
		}
		for i := range x.Advice {
			n := strconv.Itoa(i + 1)
			d.view("advice/"+n, bot.Post{Key: d.key("advice", n), Kind: kindAdvice, Template: "escalation.advice"}, bot.InDM, i+1)
		}
	}
	if x.Decision != nil || x.State == bot.EscalationWithdrawn || x.State == bot.EscalationSolved {
		d.tell("outcome", kindOutcome, "escalation.outcome")
	}
	if x.State == bot.EscalationSetAside {
		d.tell("aside", kindAside, "escalation.aside")
	}
}

// showPage is how many escalations are counted and shown again at once.
const showPage = 100

// Begin is the timer with which the bot begins: by the configuration that it has now,
// other people may have the role than before. What is to be decided is counted again.
func Begin(now time.Time) bot.Timer { return showTimer(now, 0) }

// showTimer is when the escalations with numbers above after are counted again, and shown
// where they are decided now.
func showTimer(now time.Time, after int) bot.Timer {
	return bot.Timer{Key: bot.NewKey("escalations", "show"), Kind: bot.TimerShow, At: now, Subject: bot.Subject{N: after}}
}

// showAll has all that is to be decided shown again, one by one.
func showAll(s bot.Snapshot) (c bot.Change) {
	for _, x := range s.Listed {
		if x.State.Before() {
			d := &draft{x: &x}
			c.Timers = append(c.Timers, bot.Timer{
				Key: d.key(string(bot.TimerShow)), Kind: bot.TimerShow, At: s.Now, Subject: bot.Subject{Project: x.Project, Escalation: x.ID},
			})
		}
	}
	if n := len(s.Listed); n == showPage {
		c.Timers = append(c.Timers, showTimer(s.Now, s.Listed[n-1].Number))
	}
	c.Reason = "what is to be decided is shown again"
	return c
}

// showDraft shows the draft. Once the lead has said that it does not belong to another
// one, it is a message of its own, and the question is gone.
func (d *draft) showDraft() {
	x := d.x
	if x.Room == "" && x.User == "" {
		return
	}
	name := "draft"
	if x.Apart {
		name = "own"
		d.c.Put(d.beside(bot.Post{Key: d.key("draft"), Kind: kindDraft, Absent: true, EditOnly: true}))
	}
	p := d.beside(bot.Post{Key: d.key(name), Kind: kindDraft, Template: "escalation.draft", Form: &bot.Form{}})
	switch {
	case x.State == bot.EscalationDraft:
		p.Seeds = []string{string(bot.ChooseYes), string(bot.ChooseNo)}
	case (x.State == bot.EscalationDiscarded || x.State == bot.EscalationLapsed) && !x.Archived && x.Text.Text != "": // to think it over
		p.Seeds = []string{string(bot.ChooseYes)}
	}
	d.view("draft", p, bot.InProject)
}

// beside gives a post the place where the draft stands.
func (d *draft) beside(p bot.Post) bot.Post {
	p.Room, p.User, p.Thread = d.x.Room, d.x.User, d.x.Thread
	p.Subject = bot.Subject{Project: d.x.Project, Escalation: d.x.ID}
	p.Key = bot.NewKey(string(p.Key), to(p))
	return p
}

// tell says how it ended to everybody it concerns but those who decide, whose request
// shows it, and who has ended it.
func (d *draft) tell(what string, kind bot.Kind, template string) {
	x := d.x
	p := bot.Post{Key: d.key(what), Kind: kind, Template: template}
	place := d.inProject(p)
	here := d.e.Room != "" && d.e.Room == place.Room || place.User != "" && place.User == d.e.Sender
	if x.State != bot.EscalationWithdrawn || !here {
		d.view(what, place, bot.InProject)
	}
	if x.State != bot.EscalationSolved { // the PMO's own word
		d.view(what, p, bot.InPMO)
	}
	if x.Forwarded && x.Role == bot.RoleDM {
		d.view(what, p, bot.InDIKON)
	}
}

func (d *draft) seeds() []string {
	seeds := []string{string(bot.ChooseYes), string(bot.ChooseNo)}
	if d.x.Kind != bot.EscalationMatter {
		return seeds
	}
	seeds = append(seeds, string(bot.ChooseAsk))
	if len(d.RoomsOf(bot.RoomDIKON)) > 0 && d.x.Role == bot.RoleDM {
		seeds = append(seeds, string(bot.ChooseForward))
	}
	return seeds
}

func (d *draft) pmoSeeds() []string {
	if d.x.State == bot.EscalationPMO {
		return []string{string(bot.ChooseForward)}
	}
	return nil
}

// view puts a message into its place: into the rooms of a kind, or, if it is for the
// project, where the post says. It is made if it is fresh, else only edited. ns say which
// question, answer or advice it shows.
func (d *draft) view(what string, p bot.Post, place bot.Place, ns ...int) {
	card := d.card(place)
	for i, n := range ns {
		if i == 0 {
			card.N = n
		} else {
			card.M = n
		}
	}
	p.Data = card
	p.Subject.Project, p.Subject.Escalation = d.x.Project, d.x.ID
	p.EditOnly = !d.fresh[what]
	if (what == "request" || what == "forward") && d.x.State.Before() {
		p.EditOnly = false // a room may have come to be one of theirs since
	}
	switch place {
	case bot.InProject:
		if p.Room != "" || p.User != "" {
			d.c.Put(p)
		}
	case bot.InPMO:
		d.postTo(bot.RoomPMO, p)
	case bot.InDIKON:
		d.postTo(bot.RoomDIKON, p)
	case bot.InDM:
		d.postTo(roomOf(d.x.Role), p)
	}
}

// postTo adds a post for every joined room of a kind. In the rooms where it is decided
// or advised, all but the first message stands in that one's thread.
func (d *draft) postTo(kind bot.RoomKind, p bot.Post) {
	if p.Subject.Escalation == "" {
		p.Subject.Project, p.Subject.Escalation = d.x.Project, d.x.ID
	}
	for _, room := range d.RoomsOf(kind) {
		q := p
		q.Key, q.Room = bot.NewKey(string(p.Key), string(room.ID)), room.ID
		if first := d.first(kind); first != "" && q.Kind != kindRequest && q.Kind != kindForward {
			begins := bot.Target{Key: bot.NewKey(string(first), string(room.ID))}
			if q.Kind == kindReminder { // in a thread it would be overlooked like what it reminds of
				q.ReplyTo = begins
			} else {
				q.Thread = begins
			}
		}
		d.c.Put(q)
	}
}

// first is the key of the message in whose thread the others stand in rooms of a kind.
func (d *draft) first(kind bot.RoomKind) bot.Key {
	switch {
	case kind == roomOf(d.x.Role) && !d.x.Put.IsZero():
		return d.key("request")
	case kind == bot.RoomDIKON && d.x.Forwarded:
		return d.key("forward")
	}
	return ""
}

// inProject gives a post the place where the project is.
func (d *draft) inProject(p bot.Post) bot.Post {
	if d.ProjectRoom.Joined {
		p.Room = d.ProjectRoom.ID
	} else {
		p.User = d.account()
	}
	p.Key = bot.NewKey(string(p.Key), to(p))
	return p
}

func to(p bot.Post) string {
	if p.Room != "" {
		return string(p.Room)
	}
	return string(p.User)
}

// once says something to somebody in the thread of the request, unless that was said
// before. The first word of told is the note's Why.
func (d *draft) once(told string, who bot.PersonID, note bot.EscalationNote) {
	if d.told(told, who) {
		return
	}
	d.x.Told = append(d.x.Told, bot.Remark{What: told, To: who})
	why, _, _ := strings.Cut(told, " ")
	d.note(why, note, strconv.Itoa(len(d.x.Told)))
	d.c.Reason = "said in the thread: " + why
	d.save()
}

// note is a short remark in the thread of the request.
func (d *draft) note(why string, note bot.EscalationNote, n string) {
	note.Why, note.Number = why, d.x.Number
	d.postTo(roomOf(d.x.Role), bot.Post{
		Key: d.key("note", why, n), Kind: kindNote, Template: "escalation.note", Data: note, Quiet: why == "forwarded",
	})
}

// card is the escalation in a text.
func (d *draft) card(place bot.Place) bot.EscalationCard { return Card(d.Snapshot, *d.x, place) }

// Card is an escalation in a text for a place. The snapshot's project must be its.
func Card(s bot.Snapshot, x bot.Escalation, place bot.Place) bot.EscalationCard {
	d := &draft{Snapshot: s, x: &x}
	line := func(said bot.Said) bot.SaidLine {
		l := bot.SaidLine{Text: said.Text, Gone: said.Gone}
		if said.Room != "" {
			l.Link = bot.Link{Room: said.Room, Message: said.Message}
		}
		if !said.At.IsZero() {
			l.At = said.At.In(s.Settings.Zone)
		}
		if said.By != "" {
			l.By = d.Persons([]bot.PersonID{said.By})[0]
		}
		return l
	}
	lines := func(all []bot.Said) (list []bot.SaidLine) {
		for _, said := range all {
			list = append(list, line(said))
		}
		return list
	}
	c := bot.EscalationCard{
		Place: place, Kind: x.Kind, State: x.State, Number: x.Number, Text: line(x.Text), Wish: line(x.Wish), More: lines(x.More),
		Due: x.Due, Weighty: x.Weighty, Urgent: x.Urgent, AsksDIKON: x.AsksDIKON, Since: x.Since, Checks: len(x.Rounds), Round: len(x.Rounds) > 0,
		Rule: x.Rule, Role: x.Role, Forwarded: x.Forwarded, Advice: lines(x.Advice), Reasons: lines(x.Reasons),
		Aside: d.Persons(x.Aside), EndNote: line(x.EndNote), Archived: x.Archived, Now: s.Now, Awaits: x.Awaits(),
		DIKON: x.Kind == bot.EscalationMatter && x.Role == bot.RoleDM && len(s.RoomsOf(bot.RoomDIKON)) > 0,
	}
	if s.Project != nil {
		c.Project = bot.ProjectName{ID: s.Project.ID, Name: s.Project.Name}
		c.To = d.Persons(s.Project.Acting(s.Today()))
	}
	if x.Asker != "" {
		c.Asker = d.Persons([]bot.PersonID{x.Asker})[0]
	}
	if !x.Put.IsZero() {
		c.Put = x.Put.In(s.Settings.Zone)
		c.Days = d.workingDays(calendar.DateOf(c.Put))
	}
	if x.State == bot.EscalationDraft {
		c.Lapses = x.Lapses.In(s.Settings.Zone)
	}
	if x.State == bot.EscalationDraft || x.State == bot.EscalationMerged {
		if about := d.known(x.Belongs); about != nil {
			c.Belongs, c.About = about.Number, line(about.Text)
		}
	}
	if x.State == bot.EscalationPausing {
		c.Standing, c.Decision = d.stands().In(s.Settings.Zone), x.Leaning
	}
	if x.State.Before() && s.Project != nil {
		yes, no := d.count()
		c.Yes, c.No = d.Persons(yes), d.Persons(no)
	}
	if x.State == bot.EscalationPMO {
		c.Standing = d.passes().In(s.Settings.Zone)
	}
	for i, q := range x.Inquiries {
		c.Inquiries = append(c.Inquiries, bot.InquiryLine{N: i + 1, Question: line(q.Question), Answers: lines(q.Answers)})
	}
	if x.Decision != nil {
		c.Decision, c.Deciders, c.Decided = x.Decision.Choice, d.Persons(x.Decision.By), x.Decision.At.In(s.Settings.Zone)
		if x.Decision.Recorder != "" {
			c.Recorder = d.Persons([]bot.PersonID{x.Decision.Recorder})[0]
		}
	}
	if !x.Ended.IsZero() {
		c.Ended, c.EndedBy = x.Ended.In(s.Settings.Zone), d.Persons([]bot.PersonID{x.EndedBy})[0]
	}
	fit(&c)
	return c
}

// room is how many bytes the words in a card may take of a message; a chat may take
// fifteen thousand in all (see bot.Abilities).
const room = 12_000

// fit shortens the words in a card so that a message has room for them all: what is too
// long for a chat would never stand there.
func fit(c *bot.EscalationCard) {
	said := []*bot.SaidLine{&c.Text, &c.Wish, &c.About, &c.EndNote}
	add := func(lines []bot.SaidLine) {
		for i := range lines {
			said = append(said, &lines[i])
		}
	}
	add(c.More)
	add(c.Reasons)
	add(c.Advice)
	for i := range c.Inquiries {
		said = append(said, &c.Inquiries[i].Question)
		add(c.Inquiries[i].Answers)
	}
	for limit := room / 2; limit > 20; limit /= 2 {
		all := 0
		for _, l := range said {
			all += takes(l.Text)
		}
		if all <= room {
			return
		}
		for _, l := range said {
			l.Text = cut(l.Text, limit)
		}
	}
}

// takes is how many bytes words take in a message, at most: what could be markup is escaped
// there, and lines are set in.
func takes(words string) (n int) {
	for _, r := range words {
		n += taken(r)
	}
	return n
}

func taken(r rune) int {
	switch {
	case r == '@':
		return 5
	case r == '\n':
		return 4
	case r < utf8.RuneSelf && !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != ' ':
		return 2
	}
	return utf8.RuneLen(r)
}

// cut shortens words to what takes so many bytes.
func cut(words string, limit int) string {
	n := 0
	for i, r := range words {
		if n += taken(r); n > limit {
			return strings.TrimSpace(words[:i]) + " …"
		}
	}
	return words
}
