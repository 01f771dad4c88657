package bot

import "time"

// EventKind says what happened.
type EventKind string

// What an adapter can report.
const (
	EventMessage    EventKind = "message"    // somebody wrote
	EventEdit       EventKind = "edit"       // somebody changed what they wrote: Target, Text
	EventDeletion   EventKind = "deletion"   // a message or reaction was taken back: Target
	EventReaction   EventKind = "reaction"   // somebody reacted: Target, Emoji
	EventForm       EventKind = "form"       // somebody handed in the fields of a form: Target, Fields
	EventInvitation EventKind = "invitation" // the bot is asked into a room
	EventJoined     EventKind = "joined"     // the bot is in a room now
	EventLeft       EventKind = "left"       // the bot is no longer in a room
	EventMember     EventKind = "member"     // somebody else is new in a room that the bot is in
	EventEcho       EventKind = "echo"       // the bot's own message stands in the room: Key, Message
	EventUnreadable EventKind = "unreadable" // somebody wrote what the bot cannot decrypt, and the key did not come
	EventMoved      EventKind = "moved"      // the room was closed and names its successor: Other, "" if none
	EventRefused    EventKind = "refused"    // the chat does not take what is meant for a room (Direct: for Sender): Refusal
	EventAccepted   EventKind = "accepted"   // … it takes it again
)

// Event is something that happened in a chat, in neutral form.
//
// At is the earlier of the sender's and our own time: never a sender's future.
// Text is plain text as the user typed it (Markdown source at most, never HTML)
// and always data. Name is a display name, good for showing (escaped), never for
// rights.
type Event struct {
	ID       EventID
	Kind     EventKind
	Room     RoomID
	Sender   UserID
	Name     string `json:",omitempty"`
	At       time.Time
	Message  MessageID `json:",omitempty"` // this message or reaction itself
	Target   MessageID `json:",omitempty"` // what is edited, deleted, reacted to
	Thread   MessageID `json:",omitempty"` // the thread's first message
	ReplyTo  MessageID `json:",omitempty"` // the message answered to
	Text     string    `json:",omitempty"`
	Emoji    string    `json:",omitempty"` // without variation selectors
	Mentions []Mention `json:",omitempty"` // accounts the message names, without the bot
	ToBot    bool      `json:",omitempty"` // it began with the bot's name, which is cut from Text
	Notice   bool      `json:",omitempty"` // written by a program (Matrix: m.notice); answering it may never end
	Direct   bool      `json:",omitempty"` // the room is a direct chat with the sender
	// Doubt is why, in an encrypted room, what was written may be somebody else's.
	Doubt    Doubt `json:",omitempty"`
	Key      Key   `json:",omitempty"` // EventEcho: the slot's key
	Revision int   `json:",omitempty"` // EventEcho: the slot's revision, 0 if the message does not say
	// Sent is the transaction of an EventEcho that has no key, because the bot cannot read it any more.
	Sent     string `json:",omitempty"`
	RoomName string `json:",omitempty"` // EventInvitation, EventJoined: for showing
	Space    bool   `json:",omitempty"` // EventInvitation: into a space, a folder of rooms
	// Other is the other end of a move. EventMoved: the room that this one names as its
	// successor; EventJoined: the one that this one was created to replace. Either end
	// alone can be forged.
	Other   RoomID  `json:",omitempty"`
	Refusal Refusal `json:",omitempty"` // EventRefused
	// Fields are what a form was filled in with, by name; a field that is missing was not
	// on it.
	Fields map[string]string `json:",omitempty"`
}

// Source is the message that the event's words belong to: for an edit, the one that was
// edited.
func (e Event) Source() MessageID {
	if e.Kind == EventEdit {
		return e.Target
	}
	return e.Message
}

// Doubt says why a message in an encrypted room does not prove who wrote it.
type Doubt string

// The doubts. Reactions and deletions are never encrypted, so they have none.
const (
	DoubtClear    Doubt = "clear"    // it came unencrypted
	DoubtDevice   Doubt = "device"   // its device is not confirmed by its owner
	DoubtIdentity Doubt = "identity" // … is confirmed by an identity that is not the one first seen
)

// Mention is an account that a message names, and how it calls it.
type Mention struct {
	User UserID
	Name string
}
