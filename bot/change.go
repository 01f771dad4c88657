package bot

import (
	"fmt"
	"slices"
	"time"
)

// Markdown is text that may carry markup. Everything that is not Markdown, above
// all every plain string in template data, is escaped when rendered.
type Markdown string

// Kind is what a post is, for other programs: the org.lotse trace.
type Kind string

// Subject is what a post, a message or a timer is about; empty parts do not apply.
type Subject struct {
	Project ProjectID `json:",omitempty"`
	Round   RoundID   `json:",omitempty"`
	Field   Field     `json:",omitempty"`
	Person  PersonID  `json:",omitempty"`
	User    UserID    `json:",omitempty"`
	N       int       `json:",omitempty"`
	// Escalation it is about; N counts within it.
	Escalation EscalationID `json:",omitempty"`
	// Network and Meetup it is about; of a topic, N is its number.
	Network NetworkID `json:",omitempty"`
	Meetup  MeetupID  `json:",omitempty"`
}

// String returns the subject's parts joined by slashes, for the trace and logs.
func (s Subject) String() string {
	out := ""
	for _, p := range []string{string(s.Round), string(s.Project), string(s.Field), string(s.Escalation), string(s.Network), string(s.Meetup)} {
		if p != "" {
			if out != "" {
				out += "/"
			}
			out += p
		}
	}
	return out
}

// Op is what the outbox does for a post.
type Op string

// The operations.
const (
	OpMessage  Op = "message"  // a text; Absent: deleted again
	OpReaction Op = "reaction" // an emoji on Target; Absent: taken back
	OpJoin     Op = "join"     // accept an invitation
	OpLeave    Op = "leave"    // decline an invitation or leave
)

// Target points at a message: one of ours by the key of its slot, which is
// resolved when sending, or a foreign one by its id. The zero Target is none.
type Target struct {
	Key     Key       `json:",omitempty"`
	Message MessageID `json:",omitempty"`
}

// IsZero reports whether the target points nowhere.
func (t Target) IsZero() bool { return t == Target{} }

// Post is what a room (or a person, in their direct chat) shall hold. Writing the
// same key again changes it: still pending, it is replaced; already sent, it is
// edited; equal content does nothing.
//
// Template and Data are rendered before the commit, in the room's language, so
// that nothing can fail later for a template's sake.
type Post struct {
	Key      Key
	Op       Op // empty means OpMessage
	Kind     Kind
	Subject  Subject
	Room     RoomID // where it goes, or
	User     UserID // to whom, in the direct chat with them
	Thread   Target // thread it belongs to
	ReplyTo  Target
	Target   Target // OpReaction: what it is put on
	Emoji    string // OpReaction
	Absent   bool   // it shall not (or no longer) be there
	Template string
	Data     any
	// File stands beside the words, in one message with them. Where files cannot be sent, the
	// words go alone: they must be enough.
	File *File
	// Date is put beside the words as a calendar file. A chat that takes no files does
	// without the whole post.
	Date *Date
	// Quiet posts notify nobody (Matrix: m.notice).
	Quiet bool
	// EditOnly changes the slot if it exists and otherwise does nothing.
	EditOnly bool
	// Expires is when sending it makes no more sense; zero: never. What stands by then is
	// changed all the same, so that nobody takes it for valid.
	Expires time.Time
	// Seeds are reactions that count, in order: the bot puts them on its own message when it
	// is made or, in a chat with forms, has a button for each as long as they are named.
	Seeds []string
	// Form is left out where the chat has none. A message that had one keeps one, be it
	// empty: in Teams a card cannot become a text.
	Form *Form
	// Secret: the words are not kept once they are sent, not even where the chat does not
	// report that they stand in the room.
	Secret bool
	// Through posts go out although the outbox is paused: see Restored.
	Through bool
	// Unasked: nobody waits for it. In a direct chat it is left out if its owner wants that,
	// see Hush.
	Unasked bool
}

// TimerKind says what is due.
type TimerKind string

// The timers.
const (
	TimerPlan     TimerKind = "plan"     // see that the next round stands
	TimerOpen     TimerKind = "open"     // a round opens
	TimerAsk      TimerKind = "ask"      // one project is asked
	TimerRemind   TimerKind = "remind"   // one project is reminded; Subject.N counts
	TimerStand    TimerKind = "stand"    // the PMO reads who is complete
	TimerClose    TimerKind = "close"    // reports freeze
	TimerAgenda   TimerKind = "agenda"   // the agenda goes out
	TimerCheck    TimerKind = "check"    // the meeting begins; the round is done
	TimerOverview TimerKind = "overview" // the live overview is drawn again
	TimerRevise   TimerKind = "revise"   // an agenda already posted is drawn again
	TimerMoved    TimerKind = "moved"    // one project is told of a moved check
	TimerCancel   TimerKind = "cancel"   // one project is told of a cancelled check
	TimerSummary  TimerKind = "summary"  // a complete report whose last question nobody answered
	TimerNext     TimerKind = "next"     // the next roomless project of a lead is asked
	TimerRestored TimerKind = "restored" // the PMO is told that the books come from a backup
	TimerPrune    TimerKind = "prune"    // what is too old goes; Subject.N counts the steps

	TimerNudge   TimerKind = "nudge"   // the lead is asked about a draft once more
	TimerLapse   TimerKind = "lapse"   // a draft that nobody answered lapses
	TimerPass    TimerKind = "pass"    // the PMO's day is over: the DM is asked
	TimerDecide  TimerKind = "decide"  // the pause for thought is over
	TimerPress   TimerKind = "press"   // those who decide are reminded
	TimerFurther TimerKind = "further" // … the PMO is told that they did not
	TimerShow    TimerKind = "show"    // what is to be decided is counted and shown again: who decides, or where, has changed

	TimerMeetups  TimerKind = "meetups"  // see that the next meetups of a network stand; of all, if none is named
	TimerAnnounce TimerKind = "announce" // a meetup is announced
	TimerWeek     TimerKind = "week"     // … the reminder of a week before
	TimerEve      TimerKind = "eve"      // … that of the day before, with the agenda
	TimerSoon     TimerKind = "soon"     // … the link, just before
	TimerBegin    TimerKind = "begin"    // … begins
	TimerEnd      TimerKind = "end"      // … ends; the host is asked
	TimerKept     TimerKind = "kept"     // … nothing more is waited for
	TimerDraw     TimerKind = "draw"     // … what was said about it is shown again

	TimerNotice       TimerKind = "notice"        // an announcement goes out
	TimerNoticeLapse  TimerKind = "notice.lapse"  // … that nobody confirmed lapses
	TimerNoticeSpread TimerKind = "notice.spread" // … goes to the next rooms
	TimerNoticeWatch  TimerKind = "notice.watch"  // … shows how far it has got

	TimerGreet TimerKind = "greet" // who is new in a network's room is greeted
)

// Timer is something due at an instant. There is one timer per key: setting it
// again moves it, unless Earliest is set, which keeps the earlier of both.
type Timer struct {
	Key      Key
	Kind     TimerKind
	At       time.Time
	Subject  Subject
	Earliest bool `json:",omitempty"`
}

// Change is what a decision wants: new state, timers, posts. It is committed
// whole or not at all. Rows carry the Version they were loaded with; a commit
// against a newer row is ErrStale.
type Change struct {
	Reason      string // for the log: what was decided and why, without message content
	People      []Person
	Rooms       []Room
	Projects    []Project
	Rounds      []Round
	Reports     []Report
	Tasks       []Task
	Directs     []Direct
	Escalations []Escalation
	Networks    []Network
	Meetups     []Meetup
	Feeds       []Feed
	Codes       []LinkCode   // given to accounts, or good for nothing any more
	Guesses     *LinkGuesses // an account has said a wrong code
	Merges      []Merge      // people who are one, after all else
	Entries     []Entry      // of the decision log, in order
	Forget      []MessageID  // deleted in the chat: their words go from the decision log's texts
	Refs        []Ref        // foreign messages to remember
	Restored    *Restored    // the PMO has decided about what waits after a restore
	Timers      []Timer      // to set
	Cancel      []Key        // timers to stop
	Posts       []Post
	// Closed are rooms to which nothing is sent any more: what is pending there is stale.
	Closed []RoomID
	// Dropped says what was left out because it came too late after a downtime,
	// one template line each; the PMO is told once, in one message.
	Dropped   []Dropped
	Notices   []Notice
	Quiet     []Quiet    // who wants to be left alone, or no more
	Newcomers []Newcomer // who is new in a network
	Pace      *Pace      // to remember until it is over
	Prune     *Prune     // what is too old: some of it goes
}

// Put adds a message, in the place of what the change had it say before.
func (c *Change) Put(p Post) {
	for i, before := range c.Posts {
		if before.Key == p.Key {
			if p.EditOnly && !before.EditOnly {
				p.EditOnly = false
			}
			c.Posts[i] = p
			return
		}
	}
	c.Posts = append(c.Posts, p)
}

// Set sets a timer, or stops it if it has no instant, whatever the change did with it before.
func (c *Change) Set(t Timer) {
	c.Timers = slices.DeleteFunc(c.Timers, func(o Timer) bool { return o.Key == t.Key })
	c.Cancel = slices.DeleteFunc(c.Cancel, func(k Key) bool { return k == t.Key })
	if t.At.IsZero() {
		c.Cancel = append(c.Cancel, t.Key)
		return
	}
	c.Timers = append(c.Timers, t)
}

// Dropped is something that was not made good after a downtime.
type Dropped struct {
	Kind    TimerKind
	Subject Subject
	Due     time.Time
}

// Ref remembers what a foreign message was about, so that an edit, a deletion or
// a reply to it finds its subject.
type Ref struct {
	Message MessageID
	Room    RoomID
	Subject Subject
}

// Direct is the bot's direct chat with an account: which roomless project it is
// asking about there, one at a time, and which wait for their turn.
type Direct struct {
	User    UserID
	Round   RoundID     `json:",omitempty"`
	Asking  ProjectID   `json:",omitempty"`
	Last    ProjectID   `json:",omitempty"` // whose turn was over last
	Waiting []ProjectID `json:",omitempty"`
	Version int64       `json:"-"`
}

// Errors of a commit.
var (
	// ErrSeen: the event or timer was handled before; nothing is to be done.
	ErrSeen = fmt.Errorf("handled before")
	// ErrStale: something changed since the snapshot; load and decide again.
	ErrStale = fmt.Errorf("changed meanwhile")
	// ErrDisk: the database cannot be written just now, a full disk, say. It has nothing to
	// do with what was to be written.
	ErrDisk = fmt.Errorf("the database cannot be written")
	// ErrEpoch: another process has taken over the database.
	ErrEpoch = fmt.Errorf("another process holds the database")
)

// UserError is a failure a person can read: a template and its data, said to the
// one who asked, where they asked. It stores nothing.
type UserError struct {
	Template string
	Data     any
}

// Error names the template, never the data: it may end up in a log.
func (e *UserError) Error() string { return "told the user: " + e.Template }
