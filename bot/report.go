package bot

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"lotse/bot/calendar"
)

// Field is one question of the Projektcheck.
type Field string

// The five questions, in the order they are asked.
const (
	FieldStatus        Field = "status"
	FieldOutlook       Field = "outlook"
	FieldBlocker       Field = "blocker"
	FieldDecision      Field = "decision"
	FieldCommunication Field = "communication"
)

// FieldReturn stands for a question back of the PMO where a Field is wanted; it is
// none of Fields.
const FieldReturn Field = "return"

// Fields lists the questions in the order they are asked.
func Fields() []Field {
	return []Field{FieldStatus, FieldOutlook, FieldBlocker, FieldDecision, FieldCommunication}
}

// HasLight reports whether the question is answered with a traffic light.
func (f Field) HasLight() bool { return f == FieldStatus || f == FieldOutlook }

// Required reports whether a report without the answer is incomplete.
func (f Field) Required() bool { return f != FieldCommunication }

// Light is a traffic light; the zero value is none.
type Light int

// The lights, best first.
const (
	NoLight Light = iota
	Green
	Yellow
	Red
)

// Emoji returns 🟢, 🟡, 🔴 or "".
func (l Light) Emoji() string { return [...]string{"", "🟢", "🟡", "🔴"}[l] }

// Worse reports whether l is a worsening against before: green→yellow, any→red.
func (l Light) Worse(before Light) bool { return before != NoLight && l > before }

// Part is what one message, reaction or command gave to an answer.
type Part struct {
	Message  MessageID `json:",omitempty"` // its source; edits and deletions refer to it
	Light    Light     `json:",omitempty"`
	Text     string    `json:",omitempty"`
	None     bool      `json:",omitempty"` // «keine», or skipped with «–»
	By       PersonID  `json:",omitempty"`
	Round    RoundID   `json:",omitempty"` // the round it was said in; empty: between rounds
	PMO      bool      `json:",omitempty"` // entered by the PMO for the project
	Late     bool      `json:",omitempty"` // came after the close: «nachgereicht»
	Repeated bool      `json:",omitempty"` // taken over by 🔁 or «unverändert», from
	Origin   MessageID `json:",omitempty"` // the message in which it was first said, by
	Author   PersonID  `json:",omitempty"` // whom: deleting that deletes this
	Reason   bool      `json:",omitempty"` // answers why it became worse: no task
	At       time.Time `json:",omitzero"`
}

// Answer is what is known about one question, in the order it came.
type Answer struct {
	Parts []Part `json:",omitempty"`
}

// Light returns the last light given, or NoLight.
func (a Answer) Light() Light {
	for i := len(a.Parts) - 1; i >= 0; i-- {
		if a.Parts[i].Light != NoLight {
			return a.Parts[i].Light
		}
	}
	return NoLight
}

// Text returns the texts of all parts, one a line.
func (a Answer) Text() string {
	var lines []string
	for _, p := range a.Parts {
		if p.Text != "" {
			lines = append(lines, p.Text)
		}
	}
	return strings.Join(lines, "\n")
}

// Remark returns what an answer says beside its light and its tasks: the lines of
// an Ausblick are tasks, but for the reason why it became worse.
func (a Answer) Remark(f Field) string {
	if f == FieldOutlook {
		a.Parts = slices.DeleteFunc(slices.Clone(a.Parts), func(p Part) bool { return !p.Reason })
	}
	return a.Text()
}

// repeated returns the parts of an answer as message m takes them over.
func (a Answer) repeated(m Part) []Part {
	parts := slices.Clone(a.Parts)
	for i, p := range parts {
		if p.Origin == "" {
			parts[i].Origin, parts[i].Author = p.Message, p.By
		}
		parts[i].Message, parts[i].By, parts[i].PMO, parts[i].Late, parts[i].At, parts[i].Repeated = m.Message, m.By, m.PMO, m.Late, m.At, true
	}
	return parts
}

// None reports whether the answer is «keine» (or, for Kommunikation, skipped).
func (a Answer) None() bool {
	none := false
	for _, p := range a.Parts {
		if p.Text != "" || p.Light != NoLight {
			return false
		}
		none = none || p.None
	}
	return none
}

// Given reports whether anything was answered at all.
func (a Answer) Given() bool { return len(a.Parts) > 0 }

// PMO reports whether the last part was entered by the PMO.
func (a Answer) PMO() bool { return len(a.Parts) > 0 && a.Parts[len(a.Parts)-1].PMO }

// Late reports whether any part came after the close.
func (a Answer) Late() bool {
	for _, p := range a.Parts {
		if p.Late {
			return true
		}
	}
	return false
}

// Answers reports whether a answers field f fully.
func (a Answer) Answers(f Field) bool {
	if f.HasLight() {
		return a.Light() != NoLight
	}
	return a.Text() != "" || a.None()
}

// Same reports whether two answers say the same, whoever gave them and when.
func (a Answer) Same(b Answer) bool {
	return a.Light() == b.Light() && a.Text() == b.Text() && a.None() == b.None()
}

// Ask says what a question message wants.
type Ask string

// What is asked.
const (
	AskField  Ask = "field"  // the question itself
	AskLight  Ask = "light"  // the text came without a light
	AskReason Ask = "reason" // it became worse without a reason
	AskReturn Ask = "return" // the PMO's question back, see AskBack
)

// Question is a question that was put in a project's thread.
type Question struct {
	Field Field
	Ask   Ask
	N     int // counts how often this field was asked for in this round, from 1
}

// Report is one project's answers for one round.
type Report struct {
	Round   RoundID
	Project ProjectID
	Room    RoomID           `json:",omitempty"` // where the project was asked, or
	User    UserID           `json:",omitempty"` // in whose direct chat
	Answers map[Field]Answer `json:",omitempty"`
	// Open is the question last put, zero once the report is complete and nothing
	// is open any more; Previous the one before it, to which a message belongs
	// that was sent before Open stood in the room.
	Open     *Question `json:",omitempty"`
	Previous *Question `json:",omitempty"`
	// Asked lists every question put, so that its number goes up.
	Asked []Question `json:",omitempty"`
	// Reasoned lists the fields whose worsening was asked about: once each.
	Reasoned []Field `json:",omitempty"`
	// Before is how the project stood when the round opened.
	Before Standing
	// Asking is who was asked: leads, or the acting deputies.
	Asking   []PersonID `json:",omitempty"`
	Reminded int        `json:",omitempty"` // reminders sent in this running round; cleared when it is done
	// Returned lists the PMO's questions back (!nachfrage).
	Returned  []AskBack `json:",omitempty"`
	Repeated  bool      `json:",omitempty"` // taken over unchanged by 🔁
	Completed bool      `json:",omitempty"` // the summary was posted at least once
	Deadline  time.Time `json:",omitzero"`  // the deadline last announced to the project
	Version   int64     `json:"-"`
}

// AskBack is a question of the PMO about a report (!nachfrage), and its answer.
type AskBack struct {
	Text     string
	By       PersonID
	At       time.Time
	Message  MessageID // the PMO's command
	Answered bool      `json:",omitempty"`
	Answer   string    `json:",omitempty"`
	Source   MessageID `json:",omitempty"` // the message that answered
	Author   PersonID  `json:",omitempty"` // who answered: only they can edit or delete that
}

// Missing lists the required questions without a full answer.
func (r Report) Missing() []Field {
	var missing []Field
	for _, f := range Fields() {
		if f.Required() && !r.Answers[f].Answers(f) {
			missing = append(missing, f)
		}
	}
	return missing
}

// Complete reports whether every required question is answered.
func (r Report) Complete() bool { return len(r.Missing()) == 0 }

// Partial reports whether something, but not all, is answered.
func (r Report) Partial() bool {
	if r.Complete() {
		return false
	}
	for _, a := range r.Answers {
		if a.Given() {
			return true
		}
	}
	return false
}

// RoundState says how far a round is. See the package comment.
type RoundState string

// The states of a round.
const (
	RoundPlanned   RoundState = "planned"
	RoundOpen      RoundState = "open"
	RoundClosed    RoundState = "closed"
	RoundPublished RoundState = "published"
	RoundDone      RoundState = "done"
	RoundCancelled RoundState = "cancelled"
)

// Round is everything the bot does for one Check. Once open, it keeps the steps and
// deadlines it was opened with, also when the configuration changes.
type Round struct {
	ID      RoundID
	Planned calendar.Date // by the rhythm; the base of ID
	Check   time.Time     // when the check really is, in the city's zone
	Zone    string        // that zone's name
	State   RoundState
	Extra   bool      `json:",omitempty"` // added by the PMO
	Moved   bool      `json:",omitempty"` // moved by the PMO
	Shifted string    `json:",omitempty"` // holiday that moved it: "Allerheiligen"
	Off     bool      `json:",omitempty"` // cancelled by the rhythm or a holiday, not by the PMO
	From    time.Time `json:",omitzero"`  // moved: when it was before
	Reason  string    `json:",omitempty"` // why it was moved or cancelled, as the PMO wrote
	Held    bool      `json:",omitempty"` // the PMO holds the agenda
	// Sequence is the revision of the entry in calendars (RFC 5545, SEQUENCE): it goes up
	// with the date, and when the check is called off or stands again.
	Sequence int `json:",omitempty"`
	// Edition counts how often it was moved while it took answers: what is said at
	// a step that comes once more is a message of its own, not an edit of the old one.
	Edition int             `json:",omitempty"`
	Steps   []calendar.Step // what happens when
	Opened  time.Time       `json:",omitzero"`
	Closed  time.Time       `json:",omitzero"`
	// Pages are how many messages each live text last took.
	OverviewPages int   `json:",omitempty"`
	AgendaPages   int   `json:",omitempty"`
	Version       int64 `json:"-"`
}

// Step returns the first step of a kind and whether there is one. For reminders
// use Steps.
func (r Round) Step(kind calendar.StepKind) (calendar.Step, bool) {
	for _, s := range r.Steps {
		if s.Kind == kind {
			return s, true
		}
	}
	return calendar.Step{}, false
}

// Deadline returns when the round closes.
func (r Round) Deadline() time.Time {
	s, _ := r.Step(calendar.StepClose)
	return s.At
}

// step is the name of a step's messages in their keys: "agenda", and "agenda-1"
// once the round was moved.
func (r Round) step(name string) string {
	if r.Edition == 0 {
		return name
	}
	return name + "-" + strconv.Itoa(r.Edition)
}

// Running reports whether answers are taken for the round.
func (r Round) Running() bool {
	return r.State == RoundOpen || r.State == RoundClosed || r.State == RoundPublished
}
