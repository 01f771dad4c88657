package escalation

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lotse/bot"
)

// labels are the words before a colon that make a line of a thread more than talk.
var labels = map[string]string{
	"begruendung": "reason", "begrundung": "reason", "grund": "reason", "reason": "reason",
	"rueckfrage": "question", "ruckfrage": "question", "frage": "question", "question": "question",
	"empfehlung": "advice", "rat": "advice", "advice": "advice", "recommendation": "advice",
	"wunsch": "wish", "gewuenscht": "wish", "gewunscht": "wish", "wish": "wish",
	"bis": "due", "frist": "due", "by": "due", "due": "due",
	"gewicht": "weight", "weight": "weight",
}

// labelled splits «Begründung: …» into what it is and its words; "" if it is talk.
func labelled(text string) (label, words string) {
	first, rest, ok := strings.Cut(text, ":")
	if !ok || len(first) > 24 {
		return "", ""
	}
	return labels[strings.ReplaceAll(bot.Fold(strings.Trim(first, " *_")), " ", "")], strings.Trim(rest, " *_\n")
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

// typed is what a typed line says: «zustimmen», «ablehnen».
func typed(words string) bot.Choice {
	switch strings.Trim(bot.Fold(words), " .!") {
	case "zustimmen", "zustimmung", "ich stimme zu", "stimme zu", "zugestimmt", "ja", "angenommen", "approve", "approved", "yes", "✅":
		return bot.ChooseYes
	case "ablehnen", "ablehnung", "ich lehne ab", "lehne ab", "abgelehnt", "nein", "refuse", "refused", "reject", "rejected", "no", "❌":
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
	if d.x == nil {
		return d.aboutDraft(words)
	}
	kind := d.Room.Kind
	if kind == roomOf(d.x.Role) || kind == bot.RoomDIKON && d.x.Forwarded {
		return d.inCouncil(words)
	}
	if !d.about() {
		return false, nil
	}
	if k := d.asking(); k != nil && !d.hasLabel(words) {
		return true, d.answer(k.Subject.N, words)
	}
	return d.aboutDraft(words)
}

func (d *draft) hasLabel(words string) bool {
	label, _ := labelled(words)
	return label == "wish" || label == "due" || label == "weight"
}

// asking is the question that the message answers, or nil.
func (d *draft) asking() *bot.Known {
	for _, k := range []*bot.Known{d.ReplyTo, d.Thread} {
		if k != nil && k.Own && k.Kind == kindQuestion && k.Subject.Escalation == d.x.ID {
			return k
		}
	}
	return nil
}

// inCouncil decides about a message where it is decided or advised: only what begins with
// a label or a number is more than talk.
func (d *draft) inCouncil(words string) (mine bool, err error) {
	if n, rest, ok := numbered(words); ok && n == d.x.Number {
		if c := typed(rest); c != "" && d.Room.Kind == roomOf(d.x.Role) {
			d.vote(bot.Vote{By: d.Person.ID, Choice: c, Message: d.e.Message, Typed: true, At: d.e.At})
			return true, nil
		}
		words = rest
	} else if !d.about() {
		return false, nil
	}
	label, said := labelled(words)
	if label == "" || said == "" {
		return true, nil
	}
	if len([]rune(said)) > d.Settings.MaxText {
		return true, &bot.UserError{Template: "error.long", Data: bot.TooLong{Got: len([]rune(said)), Max: d.Settings.MaxText}}
	}
	x := d.x
	switch {
	case label == "question" && d.Room.Kind == roomOf(x.Role) && d.member():
		d.ask(said)
	case label == "reason" && d.Room.Kind == roomOf(x.Role) && d.member():
		d.reason(said)
	case label == "advice" && d.Room.Kind == bot.RoomDIKON && x.Role == bot.RoleDM && d.Is(bot.RoleDIKON):
		d.advise(said)
	}
	return true, nil
}

// ask carries a question to the project.
func (d *draft) ask(words string) {
	x := d.x
	if !x.State.Before() {
		return
	}
	q := bot.Inquiry{Question: d.say(words)}
	x.Inquiries = append(x.Inquiries, q)
	d.use(bot.ChooseAsk, d.Person.ID)
	d.record(bot.EntryQuestion, "", x.Role, text("question", q.Question))
	d.fresh["question/"+strconv.Itoa(len(x.Inquiries))] = true
	d.remember(d.e.Message)
	d.ack()
	d.weigh()
	d.finish("a question goes to the project")
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
	if n < 1 || n > len(x.Inquiries) || words == "" || d.acting() == "" || !x.State.Before() {
		return nil
	}
	if len([]rune(words)) > d.Settings.MaxText {
		return &bot.UserError{Template: "error.long", Data: bot.TooLong{Got: len([]rune(words)), Max: d.Settings.MaxText}}
	}
	q := &x.Inquiries[n-1]
	q.Answers = append(q.Answers, d.say(words))
	d.record(bot.EntryAnswer, "", d.acting(), text("answer", q.Answers[len(q.Answers)-1]))
	d.fresh["answer/"+strconv.Itoa(n)+"/"+strconv.Itoa(len(q.Answers))] = true
	d.remember(d.e.Message)
	d.ack()
	d.weigh()
	d.finish("an answer goes to those who decide")
	return nil
}

// reason notes why.
func (d *draft) reason(words string) {
	x := d.x
	if !x.State.Before() && !x.State.Decided() {
		return
	}
	s := d.say(words)
	x.Reasons = append(x.Reasons, s)
	if x.Decision != nil {
		x.Decision.Reasons = x.Reasons
	}
	d.record(bot.EntryReason, "", x.Role, text("reason", s))
	d.remember(d.e.Message)
	d.ack()
	if x.State.Before() {
		d.weigh()
	}
	d.finish("a reason was given")
}

// forward puts the escalation to DIKON, which advises.
func (d *draft) forward() {
	if d.x.Forwarded {
		return
	}
	d.x.Forwarded = true
	d.fresh["forward"] = true
	d.record(bot.EntryForwarded, bot.ChooseForward, d.x.Role)
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
	d.remember(d.e.Message)
	d.ack()
	d.weigh()
	d.finish("advice of DIKON")
}

// ack shows that words were taken.
func (d *draft) ack() {
	if !d.Abilities.Reactions {
		return
	}
	d.c.Posts = append(d.c.Posts, bot.Post{
		Key: bot.NewKey("ack", string(d.e.Message), "✅", string(d.e.Room)), Op: bot.OpReaction, Kind: bot.KindAck,
		Room: d.e.Room, Target: bot.Target{Message: d.e.Message}, Emoji: "✅",
	})
}

// foreign reports whether the event's target is a message of somebody's about just this
// escalation. Messages that gave a report are package bot's; see Follow.
func (d *draft) foreign() bool {
	k := d.Target
	return k != nil && !k.Own && k.Subject.Escalation == d.x.ID && k.Subject.Round == ""
}

// edit follows what was edited: its words change everywhere.
func (d *draft) edit() (mine bool, err error) {
	if d.x == nil || !d.foreign() {
		return false, nil
	}
	words := bot.Clean(d.e.Text)
	n, rest, ok := numbered(words)
	if d.unvote(d.e.Target) { // a typed line says something else now
		if c := typed(rest); ok && n == d.x.Number && c != "" {
			d.vote(bot.Vote{By: d.Person.ID, Choice: c, Message: d.e.Target, Typed: true, At: d.e.At})
		}
		return true, nil
	}
	if ok {
		words = rest
	}
	if label, rest := labelled(words); label != "" {
		words = rest
	}
	changed := false
	for _, s := range d.x.Texts() {
		if s.Message == d.e.Target && s.By == d.Person.ID && !s.Gone && words != "" && len([]rune(words)) <= d.Settings.MaxText {
			s.Text, changed = words, true
		}
	}
	if changed {
		d.record(bot.EntryChanged, "", d.acting(), text("edited", bot.Said{Text: words, By: d.Person.ID, Message: d.e.Target}))
		d.finish("words were edited")
	}
	return true, nil
}

// deletion follows what was deleted: a vote is taken back, words go.
func (d *draft) deletion() (mine bool) {
	if d.x == nil || !d.foreign() {
		return false
	}
	if d.unvote(d.e.Target) {
		return true
	}
	if forget(d.x, d.e.Target, d.Person.ID) {
		d.c.Forget = append(d.c.Forget, d.e.Target)
		if d.x.State.Before() {
			d.weigh()
		}
		d.finish("words were deleted")
	}
	return true
}

// forget takes a message's words out of an escalation.
func forget(x *bot.Escalation, m bot.MessageID, by bot.PersonID) (gone bool) {
	for _, s := range x.Texts() {
		if m != "" && s.Message == m && s.By == by && !s.Gone {
			s.Text, s.Gone, gone = "", true, true
		}
	}
	return gone
}

// aboutDraft takes what a lead adds to a draft, or to what is not decided yet, in its
// thread: «Wunsch: …», «Bis: 2.12.», «gewichtig», «eilt».
func (d *draft) aboutDraft(words string) (mine bool, err error) {
	x := d.x
	if x == nil {
		for i := range d.Escalations {
			each := &d.Escalations[i]
			if each.State == bot.EscalationDraft && d.inThread(*each) {
				x = each
			}
		}
	}
	if x == nil || d.acting() == "" || x.State != bot.EscalationDraft && x.State != bot.EscalationPMO && !x.State.Before() {
		return d.x != nil && d.about(), nil
	}
	d.x = x
	label, said := labelled(words)
	what := ""
	switch {
	case label == "wish" || label == "due" || label == "weight":
		what = label
	case len(fields(words)) == 1 && weighty(words):
		what, said = "weight", words
	case len(fields(words)) == 1 && urgent(words):
		what = "urgent"
	default:
		return false, nil
	}
	if err := d.set(what, said); err != nil {
		return true, err
	}
	d.remember(d.e.Message)
	d.ack()
	d.finish("an escalation was completed")
	return true, nil
}

// inThread reports whether the message stands in the escalation's thread.
func (d *draft) inThread(x bot.Escalation) bool {
	if k := d.Thread; k != nil && k.Own && x.Thread.Key != "" && k.Key == x.Thread.Key {
		return true
	}
	return d.e.Thread != "" && d.e.Thread == x.Thread.Message || slices.ContainsFunc([]*bot.Known{d.Thread, d.ReplyTo}, func(k *bot.Known) bool {
		return k != nil && k.Subject.Escalation == x.ID
	})
}

func weighty(words string) bool {
	for _, w := range fields(words) {
		if w == "gewichtig" || w == "weighty" || w == "wichtig" {
			return true
		}
	}
	return false
}
