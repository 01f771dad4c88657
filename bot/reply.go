package bot

import (
	"time"

	"lotse/bot/calendar"
)

// This file holds what the templates of the answers to commands are filled with:
// reply.<name>. As in words.go, plain strings are foreign text and are escaped.
// Commands to copy (Usage, Example, Undo) are strings too: they stand in code.
// One sample of each is in samples_reply.go.

// HelpLine is a command in the help: help.<name> says what it does.
type HelpLine struct {
	Name    string   // the template help.<name>
	Word    string   // how it is called in the room's language: "status"
	Usage   []string // ways to write it
	Example string   // a line to copy
	Roles   []Role   // who may; empty: everybody
	Forms   []string // of a command with many: their words; Name is what all of them are about
}

// Help is the answer to !hilfe: reply.help. With one command only, Detail is set.
type Help struct {
	BotName  string
	Kind     RoomKind    // of the room, "" if it is not bound
	Project  ProjectName // the room's, if it has one
	Roles    []Role      // what the asker is here; empty: none
	Commands []HelpLine
	Group    string // the word of a command that has many forms, "" if none has
	Enters   bool   // the asker may answer for a project here
	Detail   bool   // about Commands[0], or about several forms of one command
	Direct   bool
}

// OpenItem is what the bot still wants about one project.
type OpenItem struct {
	Project  ProjectName
	Missing  []Field
	Reason   Field    // the worsening of this answer wants a reason; "" if none
	Question []string // questions of the PMO that are not answered yet
	Deputies []Person // who acts now, if somebody does
	Asked    bool     // it was asked already
}

// Open is the answer to !offen: reply.open.
type Open struct {
	Running  bool
	Check    time.Time
	Deadline time.Time
	Late     bool // the deadline is over
	Next     time.Time
	Items    []OpenItem
	Complete []ProjectName
	Projects int // how many projects the asker answers for
	Hidden   int // projects with something open that are not named in this room
	PMO      bool
}

// TaskList is the answer to !aufgabe without words: reply.tasks.
type TaskList struct {
	Project ProjectName
	Doing   []TaskLine
	ToDo    []TaskLine
	Done    []TaskLine
}

// TaskGone tells that a task is off the board: reply.task.dropped.
type TaskGone struct {
	Project ProjectName
	Number  int
	Text    string
}

// DeputyLine is a deputy in a text.
type DeputyLine struct {
	Person Person
	From   calendar.Date
	Until  calendar.Date // inclusive
	Acting bool          // today
}

// Deputies answers !vertretung: reply.deputy (named, ended) and reply.deputies
// (shown).
type Deputies struct {
	Project  ProjectName
	Leads    []Person
	Set      *DeputyLine  // who was named
	Current  []DeputyLine // who acts or will act
	Ended    []DeputyLine // who does not any more
	PMO      bool         // entered by the PMO
	Running  bool         // a round is running: the deputy is asked from now on
	Deadline time.Time
}

// ProjectCard is a project with everything the board knows: reply.project.
type ProjectCard struct {
	Project  ProjectName
	Leads    []Person
	Deputies []DeputyLine
	State    ProjectState
	Resumes  calendar.Date // paused: asked again from this day; zero: until resumed
	Period   string
	Vision   string
	Goals    []Goal
	Link     string
	Room     bool // it has a room
	Lines    []SummaryLine
	Check    time.Time // the round Lines are from; zero: no report yet
	Changed  calendar.Date
	ToDo     []TaskLine
	Doing    []TaskLine
	Done     []TaskLine
	// Escalations are those that are open: drafts, before the DM, decided and not yet
	// carried out.
	Escalations []EscalationLine
}

// ProjectLine is a project in a list: reply.projects.
type ProjectLine struct {
	Project ProjectName
	Leads   []Person
	State   ProjectState
	Resumes calendar.Date
	Room    bool
}

// ProjectList answers !projekt liste: reply.projects.
type ProjectList struct {
	Lines    []ProjectLine
	Archived bool // with those in the archive
	Own      bool // only the asker's own projects
	Page     int
	Pages    int
	Total    int
}

// ProjectNew tells that a project was made: reply.project.new.
type ProjectNew struct {
	Project ProjectName
	Leads   []Person
	Running bool // it is not asked in the round that is running
	Next    time.Time
	Release int // the number under which DIKON is asked to release it; 0: it is active at once
}

// ProjectChanged tells what of a project is different now: reply.project.changed.
// Property is "name", "leads", "period", "vision", "goals", "link" or "room".
type ProjectChanged struct {
	Project  ProjectName
	Property string
	Old, New string   // name, period, vision, link
	Leads    []Person // leads: now
	Before   []Person // leads: until now
	Goals    []Goal   // goals: now
	Undo     string   // a line that takes it back, "" if there is none
}

// ProjectStated answers !projekt pause, weiter and archiv: reply.project.state.
type ProjectStated struct {
	Project ProjectName
	State   ProjectState
	Before  ProjectState
	Resumes calendar.Date // asked again from this day; zero: until resumed
	Same    bool          // it was so already
	Running bool          // a round is running
	Asked   bool          // it was asked in that round
	Release int           // under which number DIKON is asked to release it; 0: it is not
	Undo    string
}

// RoomCard shows what a room is for: reply.room. RoomBound tells that it is
// different now: reply.room.bound.
type RoomCard struct {
	Kind     RoomKind // "" if it is not bound
	Project  ProjectName
	Network  string
	Language Language
	Default  bool // the language is the city's default
	Joined   bool
}

// RoomBound tells what a room is for now: reply.room.bound.
type RoomBound struct {
	Room     RoomCard
	Before   RoomCard
	Language bool        // only the language changed
	Same     bool        // it was so already
	Freed    bool        // another room was the project's until now; it is free
	Lost     ProjectName // a project that has no room any more
	LostKind RoomKind    // a kind that no room has any more: pmo, dm, dikon
	Running  bool        // the running round goes on where it was asked
	Undo     string
}

// DateLine is a Projektcheck in a list.
type DateLine struct {
	Check     time.Time
	Deadline  time.Time // answers until
	Opens     time.Time
	State     RoundState
	Extra     bool
	Moved     bool
	Planned   calendar.Date // by the rhythm
	Shifted   string        // holiday that moved it
	Cancelled bool
	Reason    string
}

// Dates answers !termine and !projektcheck termin: reply.dates.
type Dates struct {
	Lines []DateLine
	PMO   bool // with what the PMO can do about them
	// Meetups are the next ones of all networks.
	Meetups []MeetupLine
	Now     time.Time
}

// CheckChanged answers !projektcheck verschieben, absagen, neu, starten,
// schließen and halten: reply.check.<what>: moved, cancelled, added, started,
// closed, held.
type CheckChanged struct {
	Check    time.Time // as it is now
	Old      time.Time // moved: before
	Opens    time.Time
	Deadline time.Time
	Agenda   time.Time
	Again    bool // added: it had been called off
	Running  bool // projects were asked already: they are told
	Projects int  // how many are asked
	Held     bool
	Reason   string
	Next     time.Time
	DayOff   string // the holiday the day is: "Allerheiligen"
	Weekend  bool   // the day is a Saturday or Sunday
	Undo     string
}

// Inquired confirms !nachfrage: reply.inquiry.
type Inquired struct {
	Project  ProjectName
	To       []Person
	Question string
	Deadline time.Time
	Late     bool
}

// BoardRow is a project in the board's list.
type BoardRow struct {
	Project  ProjectName
	Leads    []Person
	Status   SummaryLine
	Outlook  SummaryLine
	Blocker  string // shortened; "" if there is none
	Decision string
	Changed  calendar.Date // since when it stands as it does
	Fresh    bool          // it changed in the last round
	State    ProjectState
	Resumes  calendar.Date
	Reported bool // there is a report at all
	// Escalations are those that are open.
	Escalations []EscalationLine
}

// Board answers !board: reply.board, paged.
type Board struct {
	City  string
	Rows  []BoardRow // what changed first, then red
	Page  int
	Pages int
	// Counts of the whole board, on page 1.
	Total, Green, Yellow, Red, Silent int
	Own                               bool // only the asker's own projects
}

// Refused tells why something that was understood is not done: reply.refused. Why
// is "noreason" (a deputy needs no reason), "elsewhere" (another project's name in
// this project's room), "active" (the project is in the archive), "otherperson"
// (the lead as deputy), "newname" (the name is taken), "notdirect" (a direct chat
// cannot be bound) "notasked" (no question
// was put to the project in the running round), "running" (nothing is paused), "requested" (the project
// is not released yet), "released" (it is not requested), "nobody" (there is nobody to be asked about the
// project) or "nothing" (there are words that say nothing here).
type Refused struct {
	Command string
	Why     string
	Given   string
	Example string
}

// Elsewhere tells kindly that something is not shown, and where it is:
// reply.elsewhere. Why is "public" (nothing is published yet), "room" (not in a
// room whose members may not see it), "project" (only this room's project) or
// "unbound" (the room has no purpose yet).
type Elsewhere struct {
	Why     string
	Command string
	Project ProjectName
	PMO     bool // the asker may bind the room
}

// StatementLine is something that the reader has said or done: a line of reply.privacy.
type StatementLine struct {
	Statement
	Project ProjectName
	Check   calendar.Date // the round's check; zero: of no round
}

// Met reports whether there is anything of the reader's in a meetup.
func (p Privacy) Met() bool { return p.Topics+p.TopicVotes+p.Comings > 0 }

// Privacy answers !datenschutz: reply.privacy, in a direct chat, paged, and below it
// reply.privacy.file with a file;
// reply.privacy.sent says so where it was asked.
type Privacy struct {
	Person    Person
	Known     bool   // the books know the person; else only the account
	Account   string // from which was asked
	Accounts  []string
	Roles     []Role // in the city
	Projects  []Answering
	Rounds    int // in which there are answers of theirs
	Answers   int
	Tasks     int
	Questions int // back
	Replies   int // to such
	Said      int // texts in escalations
	Votes     int
	Entries   int // of the decision log
	// Of meetups: words, votes for topics, and whether they come.
	Topics, TopicVotes, Comings int
	Hosting                     []string // networks, by name
	Notices                     int      // announcements in their words
	Newcomer                    bool     // they were new in a network once
	Quiet                       bool     // they want to be left alone
	Waiting                     int      // messages to them that are not sent yet
	Retention                   Retention
	Now                         time.Time
	Lines                       []StatementLine
	Page                        int
	Pages                       int
	More                        int  // statements that are not shown, because they are so many
	File                        bool // all of it comes as a file as well, with reply.privacy.file
}
