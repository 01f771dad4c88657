package engine

import (
	"context"
	"time"

	"lotse/bot"
)

// Chat is one chat system. Run listens until ctx ends and hands over what
// happened, in order; it may move its own position (a sync token) only after
// deliver has returned nil. Send carries out one operation and returns the id of
// the message, reaction or deletion it made (for an edit: of the message edited, for
// OpJoin and OpLeave: "").
//
// Send tells by its error what may be done next, see [bot.SendError]; it must be safe
// to call for several rooms at once.
type Chat interface {
	ID() bot.ChatID
	Abilities() bot.Abilities
	Run(ctx context.Context, deliver bot.Deliver) error
	Send(ctx context.Context, out bot.Outgoing) (bot.MessageID, error)
}

// Finder is a Chat that can look for its own messages in a room: the look before
// a doubtful resend. It returns what Send would have returned, or "" if the key does
// not stand there. A deletion may leave no trace; to delete twice does no harm.
type Finder interface {
	Find(ctx context.Context, room bot.RoomID, key bot.Key, revision int) (bot.MessageID, error)
}

// Witness is a Chat that can say whether the server still has a message or reaction of
// ours that it once took: one that lost power may have forgotten it. What somebody has
// deleted, it still has. It says no only if that is certain.
type Witness interface {
	Has(ctx context.Context, room bot.RoomID, message bot.MessageID) (bool, error)
}

// DirectOpener is a Chat that can open a direct chat with an account. It is
// idempotent: the same account gets the same room.
type DirectOpener interface {
	OpenDirect(ctx context.Context, user bot.UserID) (bot.RoomID, error)
}

// Roomy is a Chat whose rooms differ in what they can do; Abilities are then those of a
// room of which nothing is known. An account's id stands for the direct chat with it.
type Roomy interface {
	AbilitiesIn(room bot.RoomID) bot.Abilities
}

// Census is a Chat that can say who is in a room that the bot is in, the bot itself among
// them; nil if it cannot say so of that one.
type Census interface {
	Members(ctx context.Context, room bot.RoomID) ([]bot.UserID, error)
}

// Settler is a Chat that knows what has happened on its side. Settle returns once
// all of it was handed over. A driver of the simulated clock waits for it; chats
// on a network cannot know, and do not implement it.
type Settler interface {
	Settle(ctx context.Context) error
}

// Renderer turns a template and its data into text in a room's language; chat picks the accounts that are mentioned.
type Renderer interface {
	Render(lang bot.Language, template string, data any, chat bot.ChatID) (bot.Text, error)
	// Plain is for what is no chat: words in a file.
	Plain(lang bot.Language, template string, data any) (string, error)
}

// Commander knows the chat commands. Match says whether the event is one, what
// it needs, and how it decides. A command that is misspelt is one too: its
// decision is the error.
type Commander interface {
	Match(e bot.Event) (bot.Command, bool)
}

// Store is where everything is kept. Its promises are written down, and run, in
// storage/storagetest.
type Store interface {
	Inbox
	Books
	Timers
	Outbox
	Memory
	Lease
}

// Inbox is what came in and is not worked on yet.
type Inbox interface {
	// Receive appends a batch's events, each once (by chat and event id), and keeps
	// what the chat remembers with them: a redelivery is silently left out. Echoes do not enter the queue: they give the slot with the
	// key its message id and its place in the order, in the same transaction. It
	// returns how many were new.
	Receive(ctx context.Context, epoch int64, now time.Time, batch bot.Batch) (int, error)
	// Next returns the oldest event not worked on, or nil. An event whose target
	// or thread is a message of ours that is just being sent waits (up to a limit)
	// and is passed over meanwhile.
	Next(ctx context.Context, now time.Time) (*bot.Received, error)
	// Fail counts a failed decision; after three the event is failed for good and
	// given up is true.
	Fail(ctx context.Context, epoch int64, seq int64, now time.Time) (givenUp bool, err error)
}

// Books is the state of the city.
type Books interface {
	Load(ctx context.Context, q bot.Query) (bot.Snapshot, error)
	Commit(ctx context.Context, c bot.Commit) error
	// Rooms returns those of the rooms that are known, and the direct chats with
	// those of the users that have one, in any order. The engine asks it for the
	// language of rooms that no snapshot held, and for a direct chat's row.
	Rooms(ctx context.Context, rooms []bot.RoomID, users []bot.UserID) ([]bot.Room, error)
}

// Timers is what will be due.
type Timers interface {
	// NextTimer returns the earliest timer (ties: by key), or nil.
	NextTimer(ctx context.Context) (*bot.Timer, error)
}

// Outbox is what the rooms shall hold and do not yet.
type Outbox interface {
	// Claim takes up to limit slots of one chat (that of the room, or of the user
	// while there is no room) that may be sent now: at most one a room, the oldest
	// first, none in a room of busy, none whose target is not sent yet, none before
	// its retry time. It freezes what is sent and marks them sending. Originals whose
	// time is over, and whatever has a parent that failed for good, become stale. A slot for a user
	// whose direct chat is known comes with that room; without one, the user's id
	// stands for the room, in busy too (bot.RoomID(user)). A slot still marked
	// sending whose room is not in busy was left behind: it is claimed again, as
	// doubtful.
	Claim(ctx context.Context, epoch int64, now time.Time, chat bot.ChatID, busy []bot.RoomID, limit int) ([]bot.Delivery, error)
	// Settle notes how tries of claimed slots ended, all or none: that a revision stands
	// in the room, or that it does not.
	Settle(ctx context.Context, epoch int64, now time.Time, outcomes []bot.Outcome) error
	// NextClaim is the earliest retry time of anything pending in a chat, zero if
	// nothing is pending; a time not after now means that Claim would find something.
	NextClaim(ctx context.Context, now time.Time, chat bot.ChatID) (time.Time, error)
	// Unseen returns what was sent to a chat since an instant and was not reported by it,
	// in rooms that the bot is in: key, room, message and its revision; the oldest first, up
	// to limit of them.
	Unseen(ctx context.Context, chat bot.ChatID, since time.Time, limit int) ([]bot.Outgoing, error)
	// Lost notes that the server does not have what Unseen returned: it is wanted again,
	// under a new revision, unless it was reported meanwhile.
	Lost(ctx context.Context, epoch int64, now time.Time, out bot.Outgoing) error
	// Counts of slots by state.
	Counts(ctx context.Context) (bot.OutboxCounts, error)
}

// Memory is where an adapter keeps small things: tokens, positions.
type Memory interface {
	Recall(ctx context.Context, name string) (string, error) // "" if unknown
	Remember(ctx context.Context, name, value string) error
}

// Lease makes sure that one process at a time writes.
type Lease interface {
	// Acquire takes or renews the lease for holder until now+ttl and returns its
	// epoch, which goes up when the holder changes. Held by somebody else: an error
	// wrapping bot.ErrEpoch that names the holder.
	Acquire(ctx context.Context, holder string, now time.Time, ttl time.Duration) (int64, error)
	Release(ctx context.Context, epoch int64) error
}
