package bot

import (
	"time"

	"lotse/bot/calendar"
)

// This file holds what the templates of the Projektcheck are filled with. Times
// are in the city's zone. Plain strings are foreign text and are escaped when
// rendered. One sample of each is in samples.go; every template is executed on it
// at start.

// ProjectName is a project in a text.
type ProjectName struct {
	ID   ProjectID
	Name string
}

// TaskLine is a task in a text.
type TaskLine struct {
	Number int // 0: done or dropped, no number to use
	Text   string
	State  TaskState
}

// Opening is the first message of a project's thread: check.opening.
type Opening struct {
	Project    ProjectName
	To         []Person // leads, or the acting deputies
	For        []Person // the leads, if To are deputies
	Now        time.Time
	Check      time.Time
	Deadline   time.Time
	Last       time.Time // the check Current is from; zero: the first round
	Repeatable bool      // 🔁 may be used
	Reactions  bool      // the chat has reactions
	Form       bool      // there is a form below, which lists the tasks, too
	Tasks      []TaskLine
	Pending    []EscalationLine // of the project, still open
	Questions  int              // how many answers are needed
	Shifted    string           // holiday that moved the check
	Again      bool             // the check was moved: the dates have changed
}

// Asking is one question in the thread: check.question.<field>, check.light,
// check.reason.
type Asking struct {
	Project   ProjectName
	Field     Field
	Light     Light  // check.reason: what was answered; check.light: none
	Before    Light  // how it stood at the last check
	Text      string // what was answered last time, shortened
	Reactions bool
	Again     bool // asked once more in this round, because the answer was withdrawn
	Tasks     bool // check.question.outlook: open tasks exist that stay on the board
}

// Reminder is sent in the thread of an incomplete report: check.reminder.
type Reminder struct {
	Project  ProjectName
	To       []Person
	Check    time.Time
	Deadline time.Time
	Now      time.Time
	Missing  []Field
	N        int  // 1, 2, …
	Last     bool // no further reminder follows
}

// SummaryLine is one answer as the board shows it.
type SummaryLine struct {
	Field   Field
	Light   Light
	Before  Light // last check's, for HasLight fields
	Text    string
	None    bool
	Changed bool
	PMO     bool // entered by the PMO
	Late    bool
	Gone    bool // there was something last time, and now there is nothing
}

// Summary is posted once a report is complete, exactly what the board shows:
// check.summary. It is edited when the report changes.
type Summary struct {
	Project  ProjectName
	Check    time.Time
	Deadline time.Time
	Lines    []SummaryLine
	ToDo     []TaskLine
	Doing    []TaskLine
	Done     []TaskLine
	Missing  []Field   // it was complete and is not any more
	Repeated bool      // taken over by 🔁
	Last     time.Time // the check it is compared with; zero: none
	Late     bool      // something came after the close
	PMO      bool      // the PMO entered all of it; then no line says so
	Over     bool      // the round is over: nothing is wanted any more
	Form     bool      // the form is below, folded
}

// OverviewRow is a project in the PMO's overview.
type OverviewRow struct {
	Project  ProjectName
	State    string // "complete", "partial", "missing"
	Status   Light
	Before   Light
	Outlook  Light
	Blocker  bool
	Decision bool
	Late     bool
	PMO      bool
	Returned bool // a question of the PMO is open
	Missing  []Field
	Leads    []Person // who answers: for missing ones
	NoRoom   bool     // asked in a direct chat
}

// Overview is the PMO's view of a running round: check.overview (edited live),
// check.stand (a message of its own).
type Overview struct {
	Round    RoundID
	Check    time.Time
	Deadline time.Time
	State    RoundState
	Held     bool
	Reminded bool // reminders have gone out
	Page     int
	Pages    int
	Total    int
	Complete int
	Partial  int
	Missing  int
	Rows     []OverviewRow // exceptions first; on page 1 all counts
}

// AgendaEntry is a project on the agenda.
type AgendaEntry struct {
	Project       ProjectName
	Leads         []Person
	Status        SummaryLine
	Outlook       SummaryLine
	Blocker       string
	Decision      string
	Communication string
	Tasks         []TaskLine
	Changed       bool
	Late          bool
	PMO           bool
	Missing       []Field
	Unchanged     calendar.Date // since when, zero if it changed or is new
}

// AgendaSection is a part of the agenda: "changed-red", "red", "decision",
// "changed", "yellow", "rest", "missing"; each project stands in just one.
type AgendaSection struct {
	Name    string
	Entries []AgendaEntry
}

// Agenda is what the DM and the PMO read before the check: check.agenda.
type Agenda struct {
	Round    RoundID
	Check    time.Time
	Page     int
	Pages    int
	Projects int
	Green    int
	Yellow   int
	Red      int
	Missing  int
	Sections []AgendaSection
	Revised  bool // drawn again after it was posted
	DM       bool // for the DM's room (else the PMO's)
	// Again: the check has moved, and this agenda comes anew then; zero: it has not.
	Again time.Time
}

// Moved tells a project, or the PMO, that a check has another date: check.moved.
type Moved struct {
	Project  ProjectName // empty for the PMO
	To       []Person
	Old      time.Time
	New      time.Time
	Deadline time.Time
	Open     bool // the round is open: questions stand in the room
	Reason   string
}

// Added tells the DM that a further check takes place, or one that was called off
// does after all: check.added.
type Added struct {
	Check  time.Time
	Agenda time.Time
	Again  bool // it was called off before
}

// Cancelled tells that a check does not take place: check.cancelled.
type Cancelled struct {
	Project ProjectName
	Check   time.Time
	Reason  string
	Next    time.Time // zero: none planned
}

// Shifted tells the PMO beforehand that a holiday moves or drops a check:
// check.shifted.
type Shifted struct {
	Planned calendar.Date
	Holiday string
	New     time.Time // zero: left out
	Rule    calendar.Shift
}

// Returned is a question of the PMO about a report, in the project's thread:
// check.returned; and the answer in the PMO's room: check.returned.answer.
type Returned struct {
	Project  ProjectName
	To       []Person
	Question string
	Answer   string
	By       Person
	Deadline time.Time
	Late     bool // the round is closed already
}

// Entered shows a project's people what the PMO has entered for them elsewhere:
// check.entered.
type Entered struct {
	Project ProjectName
	By      Person
	Lines   []SummaryLine
}

// Over answers somebody who reports to a round that is done: check.over.
type Over struct {
	Project ProjectName
	Check   time.Time // the one that is over
	Next    time.Time // zero: none planned
	Running bool      // a newer round is running: answer there
	// Cancelled: the check does not take place.
	Cancelled bool
}

// RoomNote is said in a room, or to the PMO about a room: room.joined,
// room.unbound, room.refused, room.left.
type RoomNote struct {
	Kind    RoomKind
	Project ProjectName
	Name    string // the room's name, foreign text
	By      string // account that invited, foreign text
	Space   bool   // refused: a space, which the account may invite into, and the bot is in rooms only
	More    bool   // refused: further ones are not told of today
	Room    RoomID
	BotName string
	// Meetup is when a network's room has its next one, zero if none is planned; Now, when it is said.
	Meetup, Now time.Time
}

// Proof is said about a message that cannot be read, or does not prove who wrote it:
// proof.unreadable, proof.doubt.
type Proof struct {
	Doubt Doubt
	At    time.Time
}

// RoomRefused tells the PMO, once, that a room takes nothing of the bot's: room.silent.
type RoomRefused struct {
	Kind    RoomKind
	Project ProjectName
	Network string
	Person  Person        // a direct chat: with whom
	Waiting []ProjectName // … about which nobody else is asked
	Why     Refusal
}

// MoveState is how far the bot has followed a room that moved.
type MoveState string

// The states of a move.
const (
	MoveFollowed  MoveState = "followed"  // it is in the new room, which is now for what the old one was
	MoveUninvited MoveState = "uninvited" // it cannot enter the new room
	MoveUnproven  MoveState = "unproven"  // the new room does not say that it replaces the old one
	MoveClosed    MoveState = "closed"    // there is no new room
)

// RoomMoved tells the PMO what became of a room that was replaced: room.moved.
type RoomMoved struct {
	Kind    RoomKind
	Project ProjectName
	Network string
	State   MoveState
}

// Downtime is the one message about what was left out: note.downtime.
type Downtime struct {
	From    time.Time
	Until   time.Time
	Dropped []DroppedLine
}

// DroppedLine is a kind of thing left out, with how many and for which projects.
type DroppedLine struct {
	Kind     TimerKind
	Due      time.Time
	Count    int
	Projects []ProjectName
	Networks []string // of meetups, by name
}

// FromBackup is the one message after a restore: note.restored. The counts are of what
// waits for the PMO's word.
type FromBackup struct {
	Taken     time.Time // when the backup was taken
	At        time.Time // when it was brought back
	Lived     time.Time // up to when the rooms say what happened since; zero: they say nothing
	Questions int
	Reminders int
	Reports   int // agendas, overviews, summaries
	Replies   int
	Others    int
	Due       int // steps of a round whose time has come
	Spent     int // numbers of escalations up to it are left out
}

// Next is the number that the next escalation gets.
func (b FromBackup) Next() int { return b.Spent + 1 }

// Waits reports whether anything waits.
func (b FromBackup) Waits() bool {
	return b.Messages() > 0 || b.Due > 0
}

// Messages is how many messages wait.
func (b FromBackup) Messages() int {
	return b.Questions + b.Reminders + b.Reports + b.Replies + b.Others
}

// Resumed confirms that the outbox goes on after a restore: reply.resumed. Dropped:
// without what waited.
type Resumed struct {
	Dropped bool
	Backup  FromBackup
}

// Failed tells the PMO that something could not be worked on: note.failed.
type Failed struct {
	Room    RoomID
	Kind    EventKind
	Timer   TimerKind   // what was due, if it was no event
	Place   RoomKind    // what the room is for, if it was an event
	Project ProjectName // whose room it is, or what the timer is about
}

// Problems a person can mend, each with what to do: error.<name>.
type (
	// UnknownCommand: error.command.
	UnknownCommand struct {
		Given   string
		Nearest string // "" if nothing is near
	}
	// BadArgument: error.argument. Want is a template name (want.<want>) that says
	// what is expected; Example is a line to copy.
	BadArgument struct {
		Command string
		Given   string // "" if it is missing
		Want    string
		Example string
	}
	// Forbidden: error.forbidden.
	Forbidden struct {
		Command string
		Roles   []Role // which may
	}
	// UnknownProject: error.project. Without Given: it has to be named.
	UnknownProject struct {
		Given   string
		Nearest []ProjectName
		Example string
	}
	// NoRound: error.round.
	NoRound struct {
		Next time.Time // zero: none planned
	}
	// TooFast: error.pace, once, to who sends very many commands.
	TooFast struct {
		Until time.Time // when the bot replies again, a full minute
	}
	// TooLong: error.long.
	TooLong struct {
		Got int
		Max int
	}
	// UnknownTask: error.task.
	UnknownTask struct {
		Number  int
		Project ProjectName
		Open    []TaskLine
	}
	// CannotRepeat: error.repeat. Why is "first", "red", "often" or "done".
	CannotRepeat struct{ Why string }
	// Internal: error.internal. The operator's log has the rest.
	Internal struct{ Event EventID }
)
