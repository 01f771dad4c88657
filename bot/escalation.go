package bot

import (
	"slices"
	"time"

	"lotse/bot/calendar"
)

// EscalationID names an escalation, from its draft on: its project and how many that has
// had, "serviceportal-3". People use the number it gets when it is put to the DM.
type EscalationID string

// EscalationState says how far an escalation is. Package escalation has the diagram.
type EscalationState string

// The states of an escalation.
const (
	EscalationDraft     EscalationState = "draft"     // put to the lead, who confirms or discards it
	EscalationPMO       EscalationState = "pmo"       // the PMO has a working day to solve it
	EscalationOpen      EscalationState = "open"      // before those who decide
	EscalationWaiting   EscalationState = "waiting"   // … who wait for an answer or for DIKON's advice
	EscalationPausing   EscalationState = "pausing"   // enough votes agree; the pause for thought runs
	EscalationAccepted  EscalationState = "accepted"  // decided: yes; on the board until carried out
	EscalationRefused   EscalationState = "refused"   // decided: no
	EscalationDone      EscalationState = "done"      // carried out
	EscalationSetAside  EscalationState = "setaside"  // the decision was set aside
	EscalationWithdrawn EscalationState = "withdrawn" // taken back by the lead
	EscalationSolved    EscalationState = "solved"    // the PMO has solved it before the DM was asked
	EscalationMerged    EscalationState = "merged"    // a draft that belongs to another escalation
	EscalationDiscarded EscalationState = "discarded" // a draft that the lead did not want
	EscalationLapsed    EscalationState = "lapsed"    // a draft that nobody answered
)

// EscalationStates lists them all, in the order of an escalation's life.
func EscalationStates() []EscalationState {
	return []EscalationState{
		EscalationDraft, EscalationPMO, EscalationOpen, EscalationWaiting, EscalationPausing, EscalationAccepted, EscalationRefused,
		EscalationDone, EscalationSetAside, EscalationWithdrawn, EscalationSolved, EscalationMerged, EscalationDiscarded, EscalationLapsed,
	}
}

// Before reports whether the escalation is before those who decide.
func (s EscalationState) Before() bool {
	return s == EscalationOpen || s == EscalationWaiting || s == EscalationPausing
}

// Decided reports whether a decision stands.
func (s EscalationState) Decided() bool {
	return s == EscalationAccepted || s == EscalationRefused || s == EscalationDone
}

// Open reports whether something is still to be done: by the lead, the PMO, the DM, or,
// once it is accepted, by those who carry it out.
func (s EscalationState) Open() bool {
	return s == EscalationDraft || s == EscalationPMO || s.Before() || s == EscalationAccepted
}

// EscalationKind says what is to be decided.
type EscalationKind string

// The kinds of escalations.
const (
	EscalationMatter  EscalationKind = "matter"  // a blocker or a decision need
	EscalationMeeting EscalationKind = "meeting" // a decision taken in the meeting, to be confirmed (!beschluss)
	EscalationRelease EscalationKind = "release" // a new project, to be released by DIKON
)

// Said is what somebody wrote, and in which message: once that is deleted in the chat,
// the words go.
type Said struct {
	Text    string    `json:",omitempty"`
	By      PersonID  `json:",omitempty"`
	User    UserID    `json:",omitempty"` // of somebody who is in no book
	Message MessageID `json:",omitempty"`
	Room    RoomID    `json:",omitempty"` // where it stands; "": in a direct chat, or not known
	At      time.Time `json:",omitzero"`
	Gone    bool      `json:",omitempty"` // it was deleted
	Also    []Source  `json:",omitempty"` // further messages that the words are from
}

// Source is a message, and whose.
type Source struct {
	Message MessageID
	By      PersonID
}

// From reports whether the words are from a message of somebody's.
func (s Said) From(m MessageID, who PersonID) bool {
	return m != "" && (s.Message == m && s.By == who || slices.Contains(s.Also, Source{m, who}))
}

// saidBy reports whether the words are somebody's, or some of them.
func (s Said) saidBy(who PersonID) bool {
	return who != "" && (s.By == who || slices.ContainsFunc(s.Also, func(from Source) bool { return from.By == who }))
}

// Remark is something that is said once, and to whom.
type Remark struct {
	What string
	To   PersonID `json:",omitempty"`
}

// Choice is what a member's reaction says.
type Choice string

// The choices, by their emojis. The latter two are no votes.
const (
	ChooseYes     Choice = "✅"
	ChooseNo      Choice = "❌"
	ChooseAsk     Choice = "❓"
	ChooseForward Choice = "⏫"
)

// Vote is a reaction, or a typed line, of a member that stands.
type Vote struct {
	By      PersonID
	Choice  Choice
	Message MessageID // the reaction, or the typed message
	Typed   bool      `json:",omitempty"`
	Used    bool      `json:",omitempty"` // ❓, ⏫: it has had its answer
	At      time.Time
}

// Inquiry is a question of those who decide to the project, and what it answered.
type Inquiry struct {
	Question Said
	Answers  []Said `json:",omitempty"`
}

// Answered reports whether nothing more is awaited.
func (i Inquiry) Answered() bool { return i.Question.Gone || len(i.Answers) > 0 }

// EscalationRule is by what rule an escalation is decided.
type EscalationRule struct {
	Quorum  int           // how many must agree
	Pause   time.Duration // for thought, once they do
	Typed   bool          `json:",omitempty"` // each vote wants a typed line besides: reactions are never encrypted
	NoOwn   bool          `json:",omitempty"` // nobody who answers for the project votes
	Remind  int           `json:",omitempty"` // working days without a decision until the room is reminded; 0: never
	Further int           `json:",omitempty"` // … until the PMO is told; 0: never
}

// EscalationRules is what the configuration says about escalations.
type EscalationRules struct {
	Normal, Weighty EscalationRule
	PMOFirst        bool           // the PMO has a working day before the DM is asked
	TellDIKON       bool           // DIKON is told as well when the DM does not decide
	At              calendar.Clock // when reminders go out
}

// DefaultEscalationRules is what holds where the configuration says nothing: one member
// of the DM decides, two on weighty ones, with a quarter of an hour to think again.
func DefaultEscalationRules() EscalationRules {
	normal := EscalationRule{Quorum: 1, Pause: 15 * time.Minute, Remind: 3, Further: 5}
	weighty := normal
	weighty.Quorum, weighty.Typed, weighty.NoOwn = 2, true, true
	return EscalationRules{Normal: normal, Weighty: weighty, At: calendar.Clock{Hour: 9}}
}

// For returns the rule for an escalation that begins now.
func (r EscalationRules) For(weighty bool) EscalationRule {
	if weighty {
		return r.Weighty
	}
	return r.Normal
}

// Decision is the answer to an escalation.
type Decision struct {
	Choice Choice     // ChooseYes or ChooseNo
	By     []PersonID // who voted so
	Role   Role       // as what
	At     time.Time
	// Recorder is who wrote down what they decided elsewhere.
	Recorder PersonID `json:",omitempty"`
}

// Escalation is a numbered question to those who decide, and all that became of it. It
// keeps the rule it began with.
type Escalation struct {
	ID      EscalationID
	Number  int `json:",omitempty"` // 0: it was never put to anybody
	Kind    EscalationKind
	Project ProjectID
	State   EscalationState
	Role    Role           // who decides: RoleDM; a release: RoleDIKON
	Rule    EscalationRule `json:",omitzero"`

	Text    Said
	Wish    Said          `json:",omitzero"`  // the wished decision
	More    []Said        `json:",omitempty"` // what was added to it later: drafts that belong to it
	Due     calendar.Date `json:",omitzero"`  // wanted by
	Weighty bool          `json:",omitempty"`
	Urgent  bool          `json:",omitempty"` // «eilt»: not to the PMO first
	// AsksDIKON: the lead has addressed it to DIKON, which may be asked for its advice.
	AsksDIKON bool          `json:",omitempty"`
	Since     calendar.Date // since when it is so
	Rounds    []RoundID     `json:",omitempty"` // the checks in which it was reported

	Room    RoomID       `json:",omitempty"` // where the draft stands, or
	User    UserID       `json:",omitempty"` // in whose direct chat
	Thread  Target       `json:",omitzero"`  // the draft's thread
	Belongs EscalationID `json:",omitempty"` // a draft: it may belong to this one; merged: it does
	Nudged  bool         `json:",omitempty"` // the lead was asked about the draft once more
	Apart   bool         `json:",omitempty"` // … has said that it belongs to none
	Drafted time.Time    `json:",omitzero"`
	Nudge   time.Time    `json:",omitzero"` // a draft: when the lead is asked once more
	Lapses  time.Time    `json:",omitzero"` // a draft: when it lapses

	Asker     PersonID  `json:",omitempty"` // who confirmed it
	Confirmed time.Time `json:",omitzero"`
	Put       time.Time `json:",omitzero"` // when it came before those who decide
	Votes     []Vote    `json:",omitempty"`
	Inquiries []Inquiry `json:",omitempty"`
	Forwarded bool      `json:",omitempty"` // it was put to DIKON
	Advice    []Said    `json:",omitempty"` // of DIKON
	Reasons   []Said    `json:",omitempty"` // of those who decide
	Leaning   Choice    `json:",omitempty"` // what enough votes agree on
	Agreed    time.Time `json:",omitzero"`  // since when
	Told      []Remark  `json:",omitempty"` // what was said once: see escalation
	Asks      UserID    `json:",omitempty"` // in whose direct chat an answer is awaited: to a question, or to the draft

	Decision *Decision  `json:",omitempty"`
	Aside    []PersonID `json:",omitempty"` // who wants the decision set aside
	Ended    time.Time  `json:",omitzero"`  // when it was carried out, set aside, withdrawn or solved
	EndedBy  PersonID   `json:",omitempty"`
	EndNote  Said       `json:",omitzero"`  // what was said with it
	Archived bool       `json:",omitempty"` // it ended because the project went into the archive
	Version  int64      `json:"-"`
}

// Open reports whether something is still to be done. A release is carried out once it is
// decided.
func (e Escalation) Open() bool {
	return e.State.Open() && (e.Kind != EscalationRelease || e.State != EscalationAccepted)
}

// Awaited is what those who decide wait for.
type Awaited struct {
	Question bool // one of them reacted with ❓ and has not written the question yet
	Answer   bool // the project's, to a question
	Advice   bool // of DIKON
}

// Awaits says what those who decide wait for.
func (e Escalation) Awaits() Awaited {
	var a Awaited
	for _, v := range e.Votes {
		a.Question = a.Question || v.Choice == ChooseAsk && !v.Used
		a.Advice = a.Advice || v.Choice == ChooseForward && !v.Used
	}
	a.Answer = slices.ContainsFunc(e.Inquiries, func(i Inquiry) bool { return !i.Answered() })
	return a
}

// Waits reports whether those who decide wait for something.
func (e Escalation) Waits() bool { return e.Awaits() != Awaited{} }

// Texts returns all that was said in an escalation, to be changed in place.
func (e *Escalation) Texts() []*Said {
	all := []*Said{&e.Text, &e.Wish}
	for _, list := range [][]Said{e.More, e.Advice, e.Reasons} {
		for i := range list {
			all = append(all, &list[i])
		}
	}
	for i := range e.Inquiries {
		all = append(all, &e.Inquiries[i].Question)
		for j := range e.Inquiries[i].Answers {
			all = append(all, &e.Inquiries[i].Answers[j])
		}
	}
	return append(all, &e.EndNote)
}

// People returns all who are named in an escalation, to be changed in place.
func (e *Escalation) People() []*PersonID {
	all := []*PersonID{&e.Asker, &e.EndedBy}
	for _, said := range e.Texts() {
		all = append(all, &said.By)
		for i := range said.Also {
			all = append(all, &said.Also[i].By)
		}
	}
	for i := range e.Votes {
		all = append(all, &e.Votes[i].By)
	}
	for i := range e.Told {
		all = append(all, &e.Told[i].To)
	}
	lists := [][]PersonID{e.Aside}
	if e.Decision != nil {
		all = append(all, &e.Decision.Recorder)
		lists = append(lists, e.Decision.By)
	}
	for _, list := range lists {
		for i := range list {
			all = append(all, &list[i])
		}
	}
	return all
}
