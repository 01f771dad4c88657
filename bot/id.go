package bot

import "strings"

// Ids are typed and, where they come from a chat, carry its name in front:
// "matrix:!abc:example.org", "console:dm". They are opaque to the rules.
type (
	// ChatID names a chat system: "matrix", "console".
	ChatID string
	// RoomID is a room of one chat, "matrix:!abc:example.org".
	RoomID string
	// UserID is an account of one chat, "matrix:@maria:example.org".
	UserID string
	// MessageID is anything a chat can point at: a message, a reaction.
	MessageID string
	// EventID is what an adapter gives every happening once; a redelivery has the same.
	EventID string
	// PersonID is a person, who may have several accounts.
	PersonID string
	// ProjectID is a project's short name, a slug: "serviceportal".
	ProjectID string
	// RoundID is the planned date of a round's check, "2026-11-25", with a
	// suffix for an extra one, "2026-11-25-2". It survives moves.
	RoundID string
)

// Key is the name of an outbox slot or a timer; what it says is what "once" means.
type Key string

// NewKey joins parts to a key; the last part is the room or user it goes to.
func NewKey(parts ...string) Key { return Key(strings.Join(parts, "/")) }

func chatOf(id string) ChatID {
	chat, _, _ := strings.Cut(id, ":")
	return ChatID(chat)
}

func localOf(id string) string {
	_, local, _ := strings.Cut(id, ":")
	return local
}

// Chat returns the chat the room belongs to.
func (r RoomID) Chat() ChatID { return chatOf(string(r)) }

// Local returns the room's id within its chat, "!abc:example.org".
func (r RoomID) Local() string { return localOf(string(r)) }

// Chat returns the chat the account belongs to.
func (u UserID) Chat() ChatID { return chatOf(string(u)) }

// Local returns the account's id within its chat, "@maria:example.org".
func (u UserID) Local() string { return localOf(string(u)) }

// Chat returns the chat the message belongs to.
func (m MessageID) Chat() ChatID { return chatOf(string(m)) }

// Local returns the message's id within its chat.
func (m MessageID) Local() string { return localOf(string(m)) }
