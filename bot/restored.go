package bot

import (
	"slices"
	"time"
)

// Restored says that the books came back from a backup. They know nothing of what
// happened since it was taken, and the bot must not act on what it believes to be
// true: the outbox is paused until the PMO agrees.
//
// What was said in the lost time still stands in the rooms, and is read again. As far
// as there is a sign of life of the lost bot, events and timers of that time are
// decided once more, in the order and at the time at which they came (see
// [Restored.When]); what is written for them finds its message standing already. What
// is due later waits for the PMO.
type Restored struct {
	Taken time.Time    // when the backup was taken
	At    time.Time    // when it was brought back
	State RestoreState // paused until the PMO has decided
	Lived time.Time    `json:"-"` // the lost bot's last message that the rooms hold, zero if there is none
	// Spent: numbers of escalations up to it may have been given in the lost time.
	Spent   int   `json:",omitempty"`
	Version int64 `json:"-"`
}

// RestoreState is what the PMO has decided about what waits.
type RestoreState string

// The states after a restore.
const (
	RestorePaused  RestoreState = "paused"  // nothing goes out
	RestoreResumed RestoreState = "resumed" // what waited goes out
	RestoreDropped RestoreState = "dropped" // what waited is left out, new things go out
)

// Paused reports whether the outbox waits for the PMO. A nil Restored does not.
func (r *Restored) Paused() bool { return r != nil && r.State == RestorePaused }

// When is the time at which something of instant at is decided: its own, if it belongs
// to the time that was lost, otherwise now.
func (r *Restored) When(at, now time.Time) time.Time {
	if r.Paused() && !at.IsZero() && at.Before(now) && !at.After(r.Lived) {
		return at
	}
	return now
}

// Spent is up to which number, when the last one in the backup is given, numbers of
// escalations may have been given since it was taken: as far as the next full hundred
// that leaves fifty, so that people see that something was left out.
func Spent(last int) int { return (last + 50 + 99) / 100 * 100 }

// NextNumber is the number for an escalation that is put to somebody now. After a restore
// it leaves out those that may have been given in the lost time, and that people know from
// rooms that cannot be read again; what is decided once more gets the number it had.
func (s Snapshot) NextNumber() int {
	n := s.LastNumber + 1
	if r := s.Restored; r != nil && n <= r.Spent && s.Now.After(r.Lived) {
		return r.Spent + 1
	}
	return n
}

// Waiting counts what a paused outbox holds.
type Waiting struct {
	Kinds  map[Kind]int // messages to be sent or changed, reactions
	Timers []Timer      // that do not come up
}

// tally is how many of some kinds wait.
func (w Waiting) tally(kinds ...Kind) int {
	n := 0
	for _, k := range kinds {
		n += w.Kinds[k]
	}
	return n
}

// steps are the timers that a person would miss.
var steps = []TimerKind{TimerOpen, TimerAsk, TimerRemind, TimerStand, TimerClose, TimerAgenda, TimerMoved, TimerCancel, TimerNotice}

// fromBackup is what the PMO reads of the restore. Reactions are not worth a word.
func (s Snapshot) fromBackup() FromBackup {
	r, w := *s.Restored, s.Waiting
	n := FromBackup{
		Taken: s.local(r.Taken), At: s.local(r.At), Lived: s.local(r.Lived), Spent: r.Spent,
		Questions: w.tally(KindOpening, KindQuestion),
		Reminders: w.tally(KindReminder),
		Reports:   w.tally(KindAgenda, KindStand, KindOverview, KindSummary),
		Replies:   w.tally(KindReply, KindError),
	}
	for kind, count := range w.Kinds {
		if kind != KindAck && kind != KindSeed {
			n.Others += count
		}
	}
	n.Others -= n.Questions + n.Reminders + n.Reports + n.Replies
	for _, t := range w.Timers {
		if slices.Contains(steps, t.Kind) && !t.At.After(s.Now) {
			n.Due++
		}
	}
	return n
}

// tellRestored tells the PMO, once, that the books come from a backup and that nothing
// goes out until somebody says so: the one message that goes out all the same.
func (d *draft) tellRestored() {
	d.c.Reason = "not paused"
	if !d.Restored.Paused() {
		return
	}
	d.c.Reason = "restored from a backup; the PMO is asked whether to go on"
	d.postTo(RoomPMO, Post{
		Key: NewKey("note", "restored", d.Restored.At.UTC().Format("2006-01-02T15:04:05")), Kind: KindNote,
		Template: "note.restored", Data: d.fromBackup(), Through: true,
	})
}

// Resume ends the pause after a restore: what waits goes out, as far as it is still of
// use, or is dropped. The snapshot needs Waiting.
func Resume(s Snapshot, e Event, drop bool) Change {
	restored := *s.Restored
	restored.State = RestoreResumed
	reason := "goes on after a restore"
	if drop {
		restored.State, reason = RestoreDropped, "goes on after a restore without what waited"
	}
	data := Resumed{Dropped: drop, Backup: s.fromBackup()}
	return Change{Reason: reason, Restored: &restored, Posts: []Post{Reply(e, 0, "reply.resumed", data)}}
}

// LetThrough marks what goes out although the outbox is paused: replies to the PMO, in
// its room or a direct chat. A command of the time that was lost has its reply already.
func LetThrough(s Snapshot, e Event, posts []Post) []Post {
	if !s.Restored.Paused() || !s.Is(RolePMO) || !(s.Room.Kind == RoomPMO || e.Direct) || e.At.Before(s.Restored.Lived) {
		return posts
	}
	posts = slices.Clone(posts)
	for i, p := range posts {
		posts[i].Through = p.Through || p.Kind == KindReply && p.Room == e.Room
	}
	return posts
}
