package bot

import (
	"slices"
	"time"

	"lotse/bot/calendar"
)

// This file holds what the templates about escalations are filled with:
// escalation.<name>. See words.go.

// Place is for whom a text about an escalation is written.
type Place string

// The places.
const (
	InProject Place = "project"
	InDM      Place = "dm" // those who decide, DIKON for a release
	InPMO     Place = "pmo"
	InDIKON   Place = "dikon" // those who advise
)

// SaidLine is something that was said, in a text.
type SaidLine struct {
	Text string
	By   Person
	At   time.Time
	Gone bool // it was deleted in the chat
	Link Link // where it was said
}

// Given reports whether anything was said, even if it was deleted since.
func (l SaidLine) Given() bool { return l.Text != "" || l.Gone }

// Link is a message that a text points at, if the chat has links to messages.
type Link struct {
	Room    RoomID
	Message MessageID
}

// InquiryLine is a question and its answers.
type InquiryLine struct {
	N        int
	Question SaidLine
	Answers  []SaidLine
}

// EscalationLine is an escalation in a list, and among what a project has open:
// reply.escalations, check.opening, reply.project, reply.board. Its state in words is
// the template escalation.state.
type EscalationLine struct {
	Number  int // 0: a draft
	Kind    EscalationKind
	State   EscalationState
	Role    Role // who decides
	Project ProjectName
	Text    string // shortened where it is shown
	Gone    bool   // the text was deleted in the chat
	Weighty bool
	Since   calendar.Date
	Due     calendar.Date
	Awaits  Awaited
	Choice  Choice        // what was decided; pausing: what enough votes agree on
	Decided calendar.Date // when; zero: not yet
	Now     time.Time
}

// Line is the escalation in a list.
func (e Escalation) Line(project ProjectName, now time.Time, zone *time.Location) EscalationLine {
	l := EscalationLine{
		Number: e.Number, Kind: e.Kind, State: e.State, Role: e.Role, Project: project, Text: e.Text.Text, Gone: e.Text.Gone,
		Weighty: e.Weighty, Since: e.Since, Due: e.Due, Awaits: e.Awaits(), Choice: e.Leaning, Now: now.In(zone),
	}
	if e.Decision != nil {
		l.Choice, l.Decided = e.Decision.Choice, calendar.DateOf(e.Decision.At.In(zone))
	}
	return l
}

// EscalationList answers !eskalationen: reply.escalations, oldest first.
type EscalationList struct {
	Lines   []EscalationLine
	Open    bool        // only those that are open
	Own     bool        // only the asker's own
	Project ProjectName // only this project's; empty: all
	More    int         // the number that the next page begins with; 0: there is none
	Next    string      // the command that shows it
}

// EscalationCard is an escalation in a text: escalation.draft, escalation.request,
// escalation.told, escalation.outcome, escalation.reminder, reply.escalation and others.
type EscalationCard struct {
	Place   Place
	Kind    EscalationKind
	State   EscalationState
	Number  int
	Project ProjectName
	To      []Person // who answers for the project
	Now     time.Time

	Text      SaidLine
	Wish      SaidLine
	More      []SaidLine
	Due       calendar.Date
	Weighty   bool
	Urgent    bool
	AsksDIKON bool // the lead has addressed it to DIKON
	Since     calendar.Date
	Checks    int // in how many checks it was reported
	Asker     Person

	Belongs   int       // draft: it may belong to the escalation of this number; merged: it does
	About     SaidLine  // … which says this
	Round     bool      // draft: from the report of a running round
	Lapses    time.Time // draft: when it lapses
	Rule      EscalationRule
	Reactions bool
	Buttons   bool // nobody sees at the message who has pressed which
	Threads   bool // else nobody can answer in one: what is about the escalation begins with its number
	DIKON     bool // ⏫ is offered
	Role      Role // who decides
	Awaits    Awaited
	Put       time.Time
	Yes, No   []Person  // whose votes count now
	Standing  time.Time // pausing: when the decision stands; pmo: when it goes to the DM
	Inquiries []InquiryLine
	Forwarded bool
	Advice    []SaidLine
	Reasons   []SaidLine
	Decision  Choice
	Deciders  []Person
	Decided   time.Time
	Recorder  Person // who wrote down what they decided elsewhere; then there are no Deciders
	Aside     []Person
	Ended     time.Time
	EndedBy   Person
	EndNote   SaidLine
	Archived  bool // it ended because the project went into the archive
	N         int  // which question or advice
	M         int  // which of its answers
	Days      int  // working days since it was put
}

// Suit implements Suited.
func (c EscalationCard) Suit(can Abilities) any {
	c.Reactions, c.Buttons, c.Threads = can.Clicks(), can.Forms, can.Threads
	return c
}

// Line is the escalation in a list.
func (c EscalationCard) Line() EscalationLine {
	l := EscalationLine{
		Number: c.Number, Kind: c.Kind, State: c.State, Role: c.Role, Project: c.Project, Text: c.Text.Text, Gone: c.Text.Gone,
		Weighty: c.Weighty, Since: c.Since, Due: c.Due, Awaits: c.Awaits, Choice: c.Decision, Now: c.Now,
	}
	if !c.Decided.IsZero() {
		l.Decided = calendar.DateOf(c.Decided)
	}
	return l
}

// Undecided reports whether it is before those who decide.
func (c EscalationCard) Undecided() bool { return c.State.Before() }

// Reasoned reports whether those who decide have said why.
func (c EscalationCard) Reasoned() bool {
	return slices.ContainsFunc(c.Reasons, func(l SaidLine) bool { return !l.Gone })
}

// Inquiry is the question that N says.
func (c EscalationCard) Inquiry() InquiryLine {
	if c.N < 1 || c.N > len(c.Inquiries) {
		return InquiryLine{}
	}
	return c.Inquiries[c.N-1]
}

// Answer is the answer that N and M say.
func (c EscalationCard) Answer() SaidLine {
	answers := c.Inquiry().Answers
	if c.M < 1 || c.M > len(answers) {
		return SaidLine{}
	}
	return answers[c.M-1]
}

// Recommendation is DIKON's advice that N says.
func (c EscalationCard) Recommendation() SaidLine {
	if c.N < 1 || c.N > len(c.Advice) {
		return SaidLine{}
	}
	return c.Advice[c.N-1]
}

// EscalationNote is a short remark in an escalation's thread: escalation.note. Why is
// "question" (a ❓ wants its question), "reason" (a refusal wants its reason), "typed"
// (weighty: the votes of To want a typed line), "own" (To asked and has no vote),
// "nodikon" (there is no DIKON room to forward it to), "forwarded" or "aside" (so many of
// so many want the decision set aside).
type EscalationNote struct {
	Why    string
	Number int
	To     []Person
	Choice Choice
	Have   int
	Want   int
	// Threads: they write it in the thread; else with its number before it.
	Threads bool
}

// Suit implements Suited.
func (n EscalationNote) Suit(can Abilities) any {
	n.Threads = can.Threads
	return n
}

// EscalationRefusal is why something cannot be done with an escalation: error.escalation.
// Why is "none" (no such one), "nodm" (there is no DM room), "nodikon", "same" (it is
// escalated already), "over" (it is decided or ended), "voted" (there are votes on what
// it says), "past" (a date), "notpmo" (it is not before the PMO), "undecided", "done",
// "aside" (it is set aside already), "there" (it is there already) or "own" (who asked
// does not set the decision aside).
type EscalationRefusal struct {
	Why    string
	Number int
	State  EscalationState
}
