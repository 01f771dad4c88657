package bot

import (
	"context"
	"errors"
	"time"
)

// Deliver commits a batch to the inbox, and with it the position of the adapter (a sync
// token), which moves with the events or not at all.
type Deliver func(ctx context.Context, batch Batch) error

// Batch is what a chat hands over at once, in room order. CaughtUp says that with
// it everything has been handed over that happened before the chat was started.
//
// Remember is what the adapter wants to find in its Memory from now on: where it stands.
type Batch struct {
	Events   []Event
	CaughtUp bool
	Remember map[string]string
}

// SendError says what a failed send means. Any other error of a send is taken as
// doubtful (it may have reached the room) and tried again.
type SendError struct {
	Err error
	// Final: trying again makes no sense (forbidden, too large, gone).
	Final bool
	// Refused: the server did not take it, for sure; no look-up is needed.
	Refused bool
	// After is how long the server wants us to wait, 0 if it did not say.
	After time.Duration
	// Why is set if it is not this one message that is refused, but all of its kind in
	// that room. Somebody can mend that.
	Why Refusal
}

// Refusal says why a room takes nothing of the bot's.
type Refusal string

// The refusals, the lightest first.
const (
	RefusedReactions Refusal = "reactions" // the bot may write there, but not react
	RefusedMute      Refusal = "mute"      // the bot is there and may not write
	RefusedAway      Refusal = "away"      // the bot is not there
)

// Error implements error.
func (e *SendError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *SendError) Unwrap() error { return e.Err }

// ErrLoggedOut is what a chat returns when it no longer accepts our session:
// sending stops, the database stays as it is.
var ErrLoggedOut = errors.New("the chat no longer accepts the session")

// Command is one call of a chat command: what it needs beyond what every event
// needs, and how it decides. A misspelt or forbidden one is a Command too: its
// decision is a [*UserError].
type Command interface {
	Query() Query
	Decide(s Snapshot) (Change, error)
}
