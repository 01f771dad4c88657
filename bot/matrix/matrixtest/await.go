package matrixtest

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"
)

// patience is how long a test waits for something to happen before it fails.
// It is generous because no test may depend on how fast the machine is.
var patience = time.Minute

// Await waits until the room's timeline fulfils a condition and returns it as
// it is then. After a minute the test fails with what was awaited and what the
// room looked like.
func (u *User) Await(t testing.TB, room, what string, fulfilled func([]Event) bool) []Event {
	t.Helper()
	return u.Watch(t, room, what, fulfilled)
}

// watch looks at what the server shows.
func (u *User) watch(t testing.TB, room, what string, fulfilled func([]Event) bool) []Event {
	t.Helper()
	var events []Event
	u.wait(t, func() (bool, error) {
		now, err := u.events(room)
		if err != nil {
			return false, err
		}
		events = now
		return u.shows(room, events) && fulfilled(events), nil
	}, func() string {
		seen := Transcript(events)
		if seen == "" {
			seen = "(nothing)"
		}
		return fmt.Sprintf("%s in %s. The room as %s sees it:\n%s", what, room, u.ID, seen)
	})
	return events
}

// AwaitInvite waits until a person, by user id, has invited the user, and
// returns the room.
func (u *User) AwaitInvite(t testing.TB, from string) (room string) {
	t.Helper()
	u.wait(t, func() (bool, error) {
		invites, err := u.invites()
		for id, sender := range invites {
			if sender == from {
				room = id
			}
		}
		return room != "", err
	}, func() string { return fmt.Sprintf("an invitation of %s by %s", u.ID, from) })
	return room
}

// Invites returns the rooms that the user is invited to, and by whom.
func (u *User) Invites(t testing.TB) map[string]string {
	t.Helper()
	invites, err := u.invites()
	if err != nil {
		t.Fatalf("%s: %v", u.ID, err)
	}
	return invites
}

func (u *User) invites() (map[string]string, error) {
	answer, err := u.sync("", 0)
	if err != nil {
		return nil, err
	}
	invites := map[string]string{}
	for room, invite := range answer.Rooms.Invite {
		for _, e := range invite.State.Events {
			if e.Type == "m.room.member" && e.StateKey != nil && *e.StateKey == u.ID {
				invites[room] = e.Sender
			}
		}
	}
	return invites, nil
}

// wait asks again whenever the server has something new for the user. The
// position in the sync stream is taken before asking, so nothing is missed. A
// server that is away, because the test restarts it, is waited for; a refusal
// ends the test.
func (u *User) wait(t testing.TB, fulfilled func() (bool, error), what func() string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		since, err := u.since()
		if err == nil {
			var ok bool
			if ok, err = fulfilled(); ok {
				return
			}
		}
		if err == nil {
			err = u.advance(since, min(time.Until(deadline), 20*time.Second))
		}
		refusal, refused := errors.AsType[*Error](err)
		switch {
		case refused && refusal.Status < http.StatusInternalServerError:
			t.Fatalf("await %s\n%v", what(), err)
		case time.Now().After(deadline) && err != nil:
			t.Fatalf("waited %v in vain for %s\nThe last request ended with: %v", patience, what(), err)
		case time.Now().After(deadline):
			t.Fatalf("waited %v in vain for %s", patience, what())
		case err != nil:
			time.Sleep(50 * time.Millisecond) // the server is away: there is nothing to wait on
		}
	}
}

// since returns the position up to which the user knows that something came.
func (u *User) since() (string, error) {
	u.mu.Lock()
	position := u.position
	u.mu.Unlock()
	if position != "" {
		return position, nil
	}
	answer, err := u.sync("", 0)
	return answer.Next, err
}

// advance waits for something new behind the position and moves it.
func (u *User) advance(since string, timeout time.Duration) error {
	answer, err := u.sync(since, timeout)
	if err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.position = answer.Next
	return nil
}

type syncAnswer struct {
	Next  string `json:"next_batch"`
	Rooms struct {
		Invite map[string]struct {
			State struct {
				Events []Event `json:"events"`
			} `json:"invite_state"`
		} `json:"invite"`
	} `json:"rooms"`
}

// syncFilter keeps the answers small: they only say that something has come.
const syncFilter = `{"presence":{"not_types":["*"]},"account_data":{"not_types":["*"]},` +
	`"room":{"timeline":{"limit":1},"state":{"lazy_load_members":true},"ephemeral":{"not_types":["*"]},"account_data":{"not_types":["*"]}}}`

func (u *User) sync(since string, timeout time.Duration) (answer syncAnswer, err error) {
	query := url.Values{
		"filter":  {syncFilter},
		"timeout": {strconv.FormatInt(max(timeout, 0).Milliseconds(), 10)},
	}
	if since != "" {
		query.Set("since", since)
	}
	err = patiently(func() error {
		return u.Do(http.MethodGet, Path("sync")+"?"+query.Encode(), nil, &answer)
	})
	return answer, err
}
