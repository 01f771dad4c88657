package bot

import (
	"slices"
	"time"

	"lotse/bot/calendar"
)

// ProjectState says whether a project is asked.
type ProjectState string

// The states of a project.
const (
	ProjectActive    ProjectState = "active"
	ProjectRequested ProjectState = "requested" // beantragt: DIKON has not released it yet
	ProjectPaused    ProjectState = "paused"    // not asked until resumed
	ProjectArchived  ProjectState = "archived"  // kept for history only
)

// Project is one digital project of the city: a row of the Digitalisierungsboard.
type Project struct {
	ID       ProjectID
	Name     string
	Leads    []PersonID
	Deputies []Deputy `json:",omitempty"`
	Period   string   `json:",omitempty"` // Zeitraum, as people write it: "2025–2027"
	Vision   string   `json:",omitempty"` // Produktvision / Projektziele
	Goals    []string `json:",omitempty"` // ids of strategic goals served
	Link     string   `json:",omitempty"` // https address
	State    ProjectState
	Until    calendar.Date `json:",omitzero"` // paused until (exclusive); zero: until resumed
	// Unreleased: it went into the archive before DIKON had released it.
	Unreleased bool `json:",omitempty"`
	// Current is what the board shows: the last accepted answer to each question.
	Current Standing
	// Changed is the day on which Current last became different.
	Changed calendar.Date `json:",omitzero"`
	// LastTask is the highest Task.Seq given so far.
	LastTask int   `json:",omitempty"`
	Version  int64 `json:"-"`
}

// Standing is a set of answers as they stand after a round (or, between rounds,
// after commands).
type Standing struct {
	Round   RoundID          `json:",omitempty"` // the round they are from, "" if none yet
	Check   time.Time        `json:",omitzero"`  // that round's check
	Answers map[Field]Answer `json:",omitempty"`
	Repeats int              `json:",omitempty"` // how many times running taken over by 🔁
}

// Acting returns who answers for the project on day: the acting deputies, or the
// leads when there are none.
func (p Project) Acting(day calendar.Date) []PersonID {
	var acting []PersonID
	for _, d := range p.Deputies {
		if d.Covers(day) && !slices.Contains(acting, d.Person) {
			acting = append(acting, d.Person)
		}
	}
	if len(acting) == 0 {
		return p.Leads
	}
	return acting
}

// RoleOf returns RoleLead or RoleDeputy if the person may answer for the project
// on day, else "". A lead keeps the right to answer while a deputy acts.
func (p Project) RoleOf(who PersonID, day calendar.Date) Role {
	if who == "" {
		return ""
	}
	if slices.Contains(p.Leads, who) {
		return RoleLead
	}
	for _, d := range p.Deputies {
		if d.Person == who && d.Covers(day) {
			return RoleDeputy
		}
	}
	return ""
}

// Asked reports whether the project is asked for a check on day.
func (p Project) Asked(day calendar.Date) bool {
	switch p.State {
	case ProjectActive:
		return true
	case ProjectPaused:
		return !p.Until.IsZero() && !day.Before(p.Until)
	default:
		return false
	}
}

// TaskState is a column of the board.
type TaskState string

// The states of a task.
const (
	TaskToDo    TaskState = "todo"
	TaskDoing   TaskState = "doing"
	TaskDone    TaskState = "done"
	TaskDropped TaskState = "dropped"
)

// Task is a line of To Do, Doing or Done.
//
// Number is what people use: the smallest free one among the project's open
// tasks when the task was made; it stays while the task is open. Seq is the
// identity, never used twice in a project.
type Task struct {
	Project ProjectID
	Seq     int
	Number  int
	Text    string
	State   TaskState
	Round   RoundID   `json:",omitempty"` // the round it was named in
	Done    time.Time `json:",omitzero"`  // when it became done, or was dropped
	Source  MessageID `json:",omitempty"` // the message it was named in
	Worded  MessageID `json:",omitempty"` // the command that gave it other words, "" if none did
	By      PersonID  `json:",omitempty"` // whose words they are
	Ticks   MessageID `json:",omitempty"` // the reaction that moved it last, so that it can be taken back
	Rank    int       // order within To Do: most important first
	Version int64     `json:"-"`
}

// words is the message that the task's words are from.
func (t Task) words() MessageID {
	if t.Worded != "" {
		return t.Worded
	}
	return t.Source
}

// Open reports whether the task is to be done or under way.
func (t Task) Open() bool { return t.State == TaskToDo || t.State == TaskDoing }

// Goal is one of the city's strategic goals.
type Goal struct {
	ID   string // "1"
	Name string // "Digitaler Bürgersevice als Aushängeschild"
}
