package bot

import "time"

// EntryKind says what an entry of the decision log is about.
type EntryKind string

// The kinds of entries.
const (
	EntryConfirmed EntryKind = "confirmed" // a draft was confirmed
	EntryPut       EntryKind = "put"       // it came before those who decide
	EntryVote      EntryKind = "vote"      // a member voted, asked or forwarded
	EntryUnvote    EntryKind = "unvote"    // … took that back
	EntryQuestion  EntryKind = "question"
	EntryAnswer    EntryKind = "answer"
	EntryForwarded EntryKind = "forwarded" // to DIKON
	EntryAdvice    EntryKind = "advice"
	EntryReason    EntryKind = "reason"
	EntryDecided   EntryKind = "decided"
	EntryDone      EntryKind = "done"
	EntryAside     EntryKind = "aside" // a member wants it set aside
	EntrySetAside  EntryKind = "setaside"
	EntryWithdrawn EntryKind = "withdrawn"
	EntrySolved    EntryKind = "solved"
	EntryChanged   EntryKind = "changed" // wish, date, weight, routing
)

// Entry is what a decision adds to the decision log, which only grows. The store chains
// it to the entry before and keeps it as a [Record]. See [Change].
type Entry struct {
	Kind       EntryKind
	Escalation EscalationID
	Number     int
	Project    ProjectID
	At         time.Time
	By         PersonID    // who; "": nobody, time or a rule
	Role       Role        // as what, at that time
	Choice     Choice      // of a vote or decision
	Evidence   []MessageID // the messages and reactions that show it
	Texts      []EntryText // what was said
}

// EntryText is a text in an entry. The log holds a salted commitment of it, the text
// itself lies beside and can be erased.
type EntryText struct {
	Name string // "text", "wish", "question", …
	Said Said
}
