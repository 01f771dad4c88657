package matrixtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Eyes wait for what comes down to a look at a room's timeline. Each kind of
// client has a pair of its own, so that they all see alike, encrypted or not.
type Eyes struct {
	// Watch waits until the timeline fulfils a condition and returns it as it is
	// then, or ends the test with what was awaited and what the room looked like.
	Watch func(t testing.TB, room, what string, fulfilled func([]Event) bool) []Event
}

// AwaitEvent waits for the first event that matches. Edits are applied.
func (y Eyes) AwaitEvent(t testing.TB, room, what string, match func(Event) bool) Event {
	t.Helper()
	var found Event
	y.Watch(t, room, what, func(events []Event) bool {
		latest := Latest(events)
		i := slices.IndexFunc(latest, match)
		if i >= 0 {
			found = latest[i]
		}
		return i >= 0
	})
	return found
}

// AwaitMessage waits for a message whose text, after edits, contains this one.
func (y Eyes) AwaitMessage(t testing.TB, room, contains string) Event {
	t.Helper()
	return y.AwaitEvent(t, room, fmt.Sprintf("a message with %q", contains), func(e Event) bool {
		return e.Type == "m.room.message" && strings.Contains(e.Body(), contains)
	})
}

// AwaitReaction waits for anybody's reaction to a message.
func (y Eyes) AwaitReaction(t testing.TB, room, target, emoji string) Event {
	t.Helper()
	return y.AwaitEvent(t, room, fmt.Sprintf("a reaction %s to %s", emoji, target), func(e Event) bool {
		return e.RelType == "m.annotation" && e.RelatesTo == target && e.Emoji() == plainEmoji(emoji)
	})
}

// AwaitKey waits for the bot's event with this key in its mark.
func (y Eyes) AwaitKey(t testing.TB, room, key string) Event {
	t.Helper()
	return y.AwaitEvent(t, room, fmt.Sprintf("an event with the key %q", key), func(e Event) bool {
		return e.Key() == key
	})
}

// AwaitMember waits until a person, by user id, is what membership says: join,
// invite, leave or ban.
func (y Eyes) AwaitMember(t testing.TB, room, user, membership string) {
	t.Helper()
	y.Watch(t, room, fmt.Sprintf("the membership %s of %s", membership, user), func(events []Event) bool {
		is := ""
		for _, e := range events {
			if e.Type == "m.room.member" && e.StateKey != nil && *e.StateKey == user {
				is = text(e.Content, "membership")
			}
		}
		return is == membership
	})
}
