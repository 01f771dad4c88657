package escalation

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lotse/bot"
)

// labels are the words before a colon that make a line of a thread more than talk, folded.
var labels = map[string]string{
	"begruendung": "reason", "begrundung": "reason", "reason": "reason",
	"rueckfrage": "question", "ruckfrage": "question", "question": "question",
	"antwort": "answer", "answer": "answer",
	"empfehlung": "advice", "advice": "advice", "recommendation": "advice",
	"wunsch": "wish", "gewuenscht": "wish", "gewunscht": "wish", "wish": "wish",
	"bis": "due", "frist": "due", "by": "due", "due": "due",
	"gewicht": "weight", "weight": "weight",
}

// labelled splits «Begründung: …» into what it is and its words; "" if it is talk.
func labelled(text string) (label, words string) {
	first, rest, ok := strings.Cut(text, ":")
	if !ok {
		return "", ""
	}
	label = labels[strings.ReplaceAll(bot.Fold(strings.Trim(first, " *_")), " ", "")]
	if label == "" {
		return "", ""
	}
	return label, strings.TrimSpace(strings.TrimLeft(rest, "*_"))
}

var number = regexp.MustCompile(`^(?:#|(?i:nr\.?|nummer|eskalation)\s*#?)\s*(\d{1,6})\b[:,]?\s*`)

// numbered splits «#12 zustimmen» into the number and what follows.
func numbered(text string) (n int, rest string, ok bool) {
	m := number.FindStringSubmatch(text)
	if m == nil {
		return 0, "", false
	}
	n, err := strconv.Atoi(m[1])
	return n, strings.TrimSpace(text[len(m[0]):]), err == nil && n > 0
}

// typed is what a typed line says: «zustimmen», «ablehnen», «an DIKON».
func typed(words string) bot.Choice {
	switch strings.Trim(strings.ReplaceAll(bot.Fold(words), "\ufe0f", ""), " .!*_–-") {
	case "zustimmen", "zustimmung", "ich stimme zu", "stimme zu", "zugestimmt", "ja", "angenommen", "approve", "approved", "yes", "✅":
		return bot.ChooseYes
	case "an dikon", "dikon fragen", "to dikon", "ask dikon", "⏫":
		return bot.ChooseForward
	case "ablehnen", "ablehnung", "ich lehne ab", "lehne ab", "abgelehnt", "nein", "refuse", "refused", "reject", "rejected", "no", "❌":
		return bot.ChooseNo
	}
	return ""
}

// toDraft is what words in reply to a draft say: the lead's ✅ and ❌ where there are no
// reactions.
func toDraft(words string) bot.Choice {
	switch strings.Trim(strings.ReplaceAll(words, "\ufe0f", ""), " .!") {
	case "✅":
		return bot.ChooseYes
	case "❌":
		return bot.ChooseNo
	}
	switch plain(words) {
	case "vorlegen", "bitte vorlegen", "vorlegen bitte", "ja", "ja bitte", "gehoert dazu", "submit", "yes", "yes please", "belongs to it":
		return bot.ChooseYes
	case "nicht vorlegen", "bitte nicht vorlegen", "nein", "nein danke", "eigene sache", "do not submit", "don t submit", "no", "no thanks", "a matter of its own":
		return bot.ChooseNo
	}
	return ""
}

func fields(words string) []string {
	return strings.FieldsFunc(bot.Fold(words), func(r rune) bool { return strings.ContainsRune(" ,.;:!?()–-\n\t", r) })
}

// message decides about a message: in the thread of a request, in DIKON's, in answer to
// a question, or about a draft.
func (d *draft) message() (mine bool, err error) {
	words := bot.Clean(d.e.Text)
	if d.x != nil && (d.Room.Kind == roomOf(d.x.Role) || d.Room.Kind == bot.RoomDIKON && d.x.Forwarded) {
		return d.inCouncil(words)
	}
	if x, n := d.asking(); x != nil && !wants(words) {
		d.x = x
		if label, rest := labelled(words); label == "answer" && rest != "" {
			words = rest
		} else if _, said, ok := numberedAnswer(words); ok {
			words = said
		}
		return true, d.answer(n, words)
	}
	return d.aboutDraft(words)
}

// numberedAnswer splits «#12 Antwort: …».
func numberedAnswer(words string) (n int, said string, ok bool) {
	n, rest, ok := numbered(words)
	if !ok {
		return 0, "", false
	}
	label, said := labelled(rest)
	return n, said, label == "answer" && said != ""
}

// wants reports whether words say what is wanted of an escalation, and answer nothing.
func wants(words string) bool {
	label, _ := labelled(words)
	return label == "wish" || label == "due" || label == "weight"
}

// completes reports whether words add something to a draft, if there is one.
func completes(words string) bool {
	return wants(words) || len(fields(words)) == 1 && (weighty(words) || urgent(words))
}

// asking is the question that the message answers: the one whose thread it stands in, or
// that it replies to; with the escalation's number before it («#12 Antwort: …») that one's;
// where nobody answers so, the one that is not answered yet, unless the Projektcheck asks
// something.
func (d *draft) asking() (x *bot.Escalation, n int) {
	if d.x != nil {
		for _, k := range []*bot.Known{d.ReplyTo, d.Thread} {
			if k != nil && k.Own && k.Kind == kindQuestion && k.Subject.Escalation == d.x.ID {
				return d.x, k.Subject.N
			}
		}
	}
	if d.e.Kind != bot.EventMessage || d.e.Thread != "" || d.e.ReplyTo != "" || d.acting() == "" {
		return nil, 0
	}
	if n, _, ok := numberedAnswer(bot.Clean(d.e.Text)); ok {
		return d.answering(n)
	}
	if r := d.Report; r != nil && r.Open != nil && d.Round != nil && d.Round.Running() {
		return nil, 0
	}
	switch {
	case d.Room.Kind == bot.RoomDirect && d.x != nil && d.x.Asks == d.e.Sender:
		if n := unanswered(d.x); n > 0 {
			return d.x, n
		}
	case d.Room.Kind == bot.RoomProject && !d.Abilities.Threads:
		for i := range d.Escalations {
			if n := unanswered(&d.Escalations[i]); n > 0 {
				return &d.Escalations[i], n
			}
		}
	}
	return nil, 0
}

// answering is the question of the escalation with a number that an answer is meant for,
// where its project is: the first that is not answered, else the last.
func (d *draft) answering(number int) (x *bot.Escalation, n int) {
	x = d.x
	if x == nil || x.Number != number || d.Room.Kind != bot.RoomDirect && (d.Room.Kind != bot.RoomProject || d.Room.Project != x.Project) {
		return nil, 0
	}
	if n = unanswered(x); n == 0 {
		n = len(x.Inquiries)
	}
	if n == 0 {
		return nil, 0
	}
	return x, n
}

// unanswered is the first question that is not answered, 0 if there is none.
func unanswered(x *bot.Escalation) int {
	if !x.State.Before() && x.State != bot.EscalationPMO {
		return 0
	}
	return 1 + slices.IndexFunc(x.Inquiries, func(q bot.Inquiry) bool { return !q.Answered() })
}

// inCouncil decides about a message where it is decided or advised: only what begins with
// a label or a number is more than talk.
func (d *draft) inCouncil(words string) (mine bool, err error) {
	n, rest, ok := numbered(words)
	ok = ok && n == d.x.Number
	switch {
	case ok:
		words = rest
	case !d.about():
		return false, nil
	}
	deciding := d.deciding()
	if line, more, _ := strings.Cut(words, "\n"); ok && deciding && typed(line) != "" {
		d.vote(bot.Vote{By: d.Person.ID, Choice: typed(line), Message: d.e.Source(), Typed: true, At: d.e.At})
		words = strings.TrimSpace(more)
	}
	label, said := labelled(words)
	if label == "" || said == "" {
		return true, nil
	}
	if err := bot.Short(said, d.Settings.MaxText); err != nil {
		return true, err
	}
	switch {
	case label == "question" && deciding:
		d.ask(said)
	case label == "reason" && deciding:
		d.reason(said)
	case label == "advice" && d.Room.Kind == bot.RoomDIKON && d.x.Role == bot.RoleDM && d.Is(bot.RoleDIKON):
		d.advise(said)
	}
	return true, nil
}

// deciding reports whether the sender is one of those who decide, and where that is done.
func (d *draft) deciding() bool { return d.Room.Kind == roomOf(d.x.Role) && d.member() }

// ask carries a question to the project.
func (d *draft) ask(words string) {
	x := d.x
	if !x.State.Before() || x.Kind != bot.EscalationMatter {
		return
	}
	q := bot.Inquiry{Question: d.say(words)}
	x.Inquiries = append(x.Inquiries, q)
	d.awaits()
	d.use(bot.ChooseAsk, d.Person.ID)
	d.record(bot.EntryQuestion, "", x.Role, text("question", q.Question))
	d.fresh["question/"+strconv.Itoa(len(x.Inquiries))] = true
	d.remember(d.e.Source())
	d.ack()
	d.weigh()
	d.finish("a question goes to the project")
}

// awaits notes in whose direct chat an answer is awaited.
func (d *draft) awaits() {
	d.x.Asks = ""
	if unanswered(d.x) > 0 {
		d.x.Asks = d.inProject(bot.Post{}).User
	}
}

// use marks wishes of a kind as fulfilled: of a person, or of all.
func (d *draft) use(choice bot.Choice, by bot.PersonID) {
	for i, v := range d.x.Votes {
		if v.Choice == choice && (by == "" || v.By == by) {
			d.x.Votes[i].Used = true
		}
	}
}

// answer brings the project's answer back.
func (d *draft) answer(n int, words string) error {
	x := d.x
	if n < 1 || n > len(x.Inquiries) || d.acting() == "" || !x.State.Before() && x.State != bot.EscalationPMO {
		return nil
	}
	if err := bot.Short(words, d.Settings.MaxText); err != nil {
		return err
	}
	q := &x.Inquiries[n-1]
	if bot.Chatter(words) && (q.Answered() || polite(words)) {
		return nil // «ok» may be the answer, but not a second one
	}
	q.Answers = append(q.Answers, d.say(words))
	d.awaits()
	d.record(bot.EntryAnswer, "", d.acting(), text("answer", q.Answers[len(q.Answers)-1]))
	d.fresh["answer/"+strconv.Itoa(n)+"/"+strconv.Itoa(len(q.Answers))] = true
	d.remember(d.e.Source())
	d.ack()
	if x.State.Before() {
		d.weigh()
	}
	d.finish("an answer goes to those who decide")
	return nil
}

// polite reports whether words are no more than thanks or a salutation, or nothing.
func polite(words string) bool {
	return plain(words) == "" || says(words, "danke", "dank", "dankeschoen", "merci", "thanks", "thank", "hallo", "hi", "hey", "moin", "servus", "guten", "hello", "good")
}

// reason notes why.
func (d *draft) reason(words string) {
	x := d.x
	if !x.State.Before() && !x.State.Decided() {
		return
	}
	s := d.say(words)
	if x.Leaning == bot.ChooseNo && !d.reasoned() {
		x.Agreed = d.Now // now there is something to think about
	}
	x.Reasons = append(x.Reasons, s)
	d.record(bot.EntryReason, "", x.Role, text("reason", s))
	d.remember(d.e.Source())
	d.ack()
	if x.State.Before() {
		d.weigh()
	}
	d.finish("a reason was given")
}

// forward puts the escalation to DIKON, which advises; once it has, it is asked once more.
func (d *draft) forward(by bot.Role) {
	n := len(d.x.Advice)
	told := toldForward + " " + strconv.Itoa(n)
	if d.told(told, "") {
		return
	}
	d.once(told, "", bot.EscalationNote{})
	d.x.Forwarded = true
	d.fresh[forwardName(n)] = true
	d.record(bot.EntryForwarded, bot.ChooseForward, by)
}

// forwardName names the message by which DIKON is asked after n times of advice.
func forwardName(n int) string {
	if n == 0 {
		return "forward"
	}
	return "forward/" + strconv.Itoa(n)
}

// advise brings DIKON's advice back to the DM, which decides.
func (d *draft) advise(words string) {
	x := d.x
	if !x.State.Before() {
		return
	}
	s := d.say(words)
	x.Advice = append(x.Advice, s)
	d.use(bot.ChooseForward, "")
	d.record(bot.EntryAdvice, "", bot.RoleDIKON, text("advice", s))
	d.fresh["advice/"+strconv.Itoa(len(x.Advice))] = true
	d.remember(d.e.Source())
	d.ack()
	d.weigh()
	d.finish("advice of DIKON")
}

// ack shows that words were taken.
func (d *draft) ack() { d.acks(false) }

// acks shows that words were taken, or that they are nothing any more.
func (d *draft) acks(absent bool) {
	if !d.Abilities.Reactions {
		return
	}
	d.c.Put(bot.Ack(d.e.Room, d.e.Source(), "✅", absent))
}

// foreign reports whether the event's target is a message of somebody's about just this
// escalation. Messages that gave a report are package bot's; see Follow.
func (d *draft) foreign() bool {
	k := d.Target
	return k != nil && !k.Own && k.Subject.Escalation == d.x.ID && k.Subject.Round == ""
}

// edit follows what was edited: its words change everywhere, and a typed line says what
// it says now. What was nothing before is taken as if it were written now.
func (d *draft) edit() (mine bool, err error) {
	switch {
	case d.Target == nil:
		return d.message()
	case d.x == nil || !d.foreign():
		return false, nil
	}
	had := d.unvote(d.e.Target)
	words, again := bot.Clean(d.e.Text), false
	if n, rest, ok := numbered(words); ok {
		words = rest
		if line, more, _ := strings.Cut(words, "\n"); typed(line) != "" {
			words = strings.TrimSpace(more)
			if n == d.x.Number && d.deciding() {
				again = d.vote(bot.Vote{By: d.Person.ID, Choice: typed(line), Message: d.e.Target, Typed: true, At: d.e.At})
			}
		}
	}
	said := slices.ContainsFunc(d.x.Texts(), func(s *bot.Said) bool { return s.From(d.e.Target, d.Person.ID) })
	if had && !again && !said {
		d.acks(true)
	}
	if label, rest := labelled(words); label != "" {
		words = rest
	}
	return true, d.reword(words)
}

// deletion follows what was deleted: a vote is taken back, words go.
func (d *draft) deletion() (mine bool) {
	if d.x == nil || !d.foreign() {
		return false
	}
	if d.unvote(d.e.Target) {
		gone := bot.Subject{Project: d.x.Project, Escalation: d.x.ID, Field: fieldGone, User: d.e.Sender}
		d.c.Refs = append(d.c.Refs, bot.Ref{Message: d.e.Target, Room: d.e.Room, Subject: gone})
	}
	if !d.forget(d.e.Target) {
		return true
	}
	switch x := d.x; {
	case x.State == bot.EscalationDraft && x.Text.Gone:
		d.to(bot.EscalationDiscarded)
	case x.State.Before() && x.Kind == bot.EscalationMeeting && x.Text.Gone:
		role := d.acting()
		if role == "" {
			role = x.Role
		}
		d.record(bot.EntryWithdrawn, "", role)
		d.to(bot.EscalationWithdrawn)
		x.Ended, x.EndedBy = d.Now, d.Person.ID
	case x.State.Before():
		d.awaits()
		d.weigh()
	}
	d.finish("words were deleted")
	d.quoted()
	return true
}

// aboutDraft takes what a lead adds to a draft, or to what is not decided yet, in its
// thread: «Wunsch: …», «Bis: 2.12.», «gewichtig», «eilt».
func (d *draft) aboutDraft(words string) (mine bool, err error) {
	x := d.x
	for i := range d.Escalations {
		each := &d.Escalations[i]
		if !d.about() && each.State == bot.EscalationDraft && d.inThread(*each) {
			x = each
		}
	}
	if x == nil || d.acting() == "" || x.State != bot.EscalationDraft && x.State != bot.EscalationPMO && !x.State.Before() {
		return d.x != nil && d.about(), nil
	}
	label, said := labelled(words)
	what := ""
	switch choice := toDraft(words); {
	case choice != "" && d.draftAsks(*x):
		d.x = x
		d.remember(d.e.Source())
		return true, d.answerDraft(choice)
	case label == "wish" || label == "due" || label == "weight" && (weighty(said) || says(said, "normal")):
		what = label
	case len(fields(words)) == 1 && weighty(words):
		what, said = "weight", words
	case len(fields(words)) == 1 && urgent(words):
		what = "urgent"
	default:
		return false, nil
	}
	d.x = x
	if err := d.set(what, said); err != nil {
		return true, err
	}
	d.remember(d.e.Source())
	d.ack()
	d.finish("an escalation was completed")
	return true, nil
}

// inThread reports whether the message stands in the draft's thread, or, where there is
// none, in its room.
func (d *draft) inThread(x bot.Escalation) bool {
	if k := d.Thread; k != nil && k.Own && x.Thread.Key != "" && k.Key == x.Thread.Key {
		return true
	}
	if d.e.Thread == "" && d.e.ReplyTo == "" {
		return x.User != "" && x.User == d.e.Sender && d.Room.Kind == bot.RoomDirect || x.Room == d.Room.ID && !d.Abilities.Threads
	}
	return d.e.Thread != "" && d.e.Thread == x.Thread.Message
}

// draftAsks reports whether a plain «ja» answers the draft: in reply to it, or where there
// are no reactions.
func (d *draft) draftAsks(x bot.Escalation) bool {
	return x.State == bot.EscalationDraft && (!d.Abilities.Reactions || slices.ContainsFunc([]*bot.Known{d.ReplyTo, d.Thread}, func(k *bot.Known) bool {
		return k != nil && k.Own && (k.Kind == kindDraft || k.Kind == kindNudge) && k.Subject.Escalation == x.ID
	}))
}
