package bot

import (
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"time"
)

// Text is a rendered message: Markdown (a line break in it is one on the screen) in
// which every foreign string is escaped, and the accounts it names. An adapter makes a mention only of a link
// "mention:<user id>" whose account is in Mentions; any other such link is plain
// text.
type Text struct {
	Markdown Markdown
	Mentions []UserID `json:",omitempty"`
	Quiet    bool     `json:",omitempty"` // notifies nobody
	Form     *Form    `json:",omitempty"` // where the chat has forms
}

// MaxFile is how many bytes a file may have.
const MaxFile = 1 << 20

// File is what a message carries beside its words: a calendar entry, say. Equal means equal
// in everything, so that the same file written again changes nothing in the room.
type File struct {
	Name  string // with its ending: "meetup.ics"
	Type  string // media type: "text/calendar"
	Bytes []byte
}

// Slot is a rendered Post: what the outbox stores. See Post for the fields.
type Slot struct {
	Key      Key
	Op       Op
	Kind     Kind
	Subject  Subject
	Room     RoomID
	User     UserID
	Thread   Target
	ReplyTo  Target
	Target   Target
	Emoji    string
	Absent   bool
	Text     Text
	File     *File
	EditOnly bool
	Expires  time.Time
	Through  bool
	Secret   bool
}

// SlotState is how far a slot's wanted content has got.
type SlotState string

// The states of a slot.
const (
	SlotPending SlotState = "pending" // to be sent (or edited, or taken back)
	SlotSending SlotState = "sending" // in flight, its bytes frozen
	SlotSent    SlotState = "sent"    // the room holds what is wanted
	SlotFailed  SlotState = "failed"  // the chat refused for good
	SlotStale   SlotState = "stale"   // no longer worth sending, on purpose
)

// Outgoing is one operation for a chat, with all targets resolved. The same
// Outgoing may be sent twice after a crash: Transaction is the same then.
type Outgoing struct {
	Key      Key
	Revision int // goes up with every content; Message says whether it is an edit
	Op       Op
	Kind     Kind
	Ref      string // what it is about, for the trace
	Room     RoomID
	Thread   MessageID `json:",omitempty"`
	ReplyTo  MessageID `json:",omitempty"`
	Target   MessageID `json:",omitempty"` // OpReaction: what it is put on
	Emoji    string    `json:",omitempty"`
	// Message is the message to change (OpMessage) or to take back (Absent); "": this
	// is an original, whatever its Revision (a message can come back after it was taken
	// back).
	Message MessageID `json:",omitempty"`
	Absent  bool      `json:",omitempty"`
	Text    Text
	File    *File `json:",omitempty"`
	// Transaction is the same for every try of the same revision.
	Transaction string
}

// Transaction derives the transaction id of a revision of a slot in a room.
func Transaction(key Key, room RoomID, revision int) string {
	sum := sha256.Sum256([]byte(string(key) + "\x00" + string(room) + "\x00" + strconv.Itoa(revision)))
	return "lotse." + base64.RawURLEncoding.EncodeToString(sum[:18])
}

// Delivery is an Outgoing claimed from the outbox.
type Delivery struct {
	Outgoing
	User     UserID // set when Room is not known yet: open the direct chat first
	Attempts int    // tries of this revision before this one
	// Doubtful: an earlier try may have reached the room although we never heard;
	// look for the key there before sending.
	Doubtful bool
	// Echo is set by the sender before it calls Settle, if the chat will report the
	// message itself (Abilities.Echo): then only the echo says where it stands.
	Echo bool
}

// Outcome is how a try of a Delivery ended: it stands in the room as ID, or it failed.
type Outcome struct {
	Delivery
	ID      MessageID
	Failed  bool
	Reason  string    // why it failed, for the operator
	Retry   time.Time // when to try again …
	Final   bool      // … or not
	InDoubt bool      // it may have reached the room all the same
}

// Received is an event in the inbox.
type Received struct {
	Seq      int64
	Attempts int
	Event    Event
}

// Commit is a decided and rendered Change with what it settles.
type Commit struct {
	Epoch   int64 // of the lease; a commit of an older epoch is ErrEpoch
	Now     time.Time
	Seq     int64     // the inbox row that is done, 0: none
	Timer   Key       // the timer that is done, "": none …
	TimerAt time.Time // … at this instant; if it was moved meanwhile: ErrSeen
	Change  Change    // Posts are ignored
	Slots   []Slot
}

// OutboxCounts says how many slots are in each state.
type OutboxCounts map[SlotState]int
