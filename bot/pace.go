package bot

import (
	"slices"
	"time"
)

// Pace is how often something happened of late, for limits: an account's commands,
// the invitations that were refused. It says no more than its limit needs, and the
// store forgets it once Until is over.
type Pace struct {
	Key   string    `json:"-"` // see PaceOf and paceInvitations
	Until time.Time `json:"-"`
	Count int
	Told  bool     `json:",omitempty"` // the limit was reached, and that was said
	Users []UserID `json:",omitempty"` // refused invitations: who was told of
}

// PaceOf is the Pace.Key of what an account makes the bot reply to.
func PaceOf(u UserID) string { return "replies/" + string(u) }

const (
	paceWindow = time.Minute
	// pacePMO is how many times as many commands the PMO has: it enters for many projects.
	pacePMO = 10
)

// Paced limits what an account makes the bot say, see Settings.CommandsAMinute; the
// change is the decision about a command, or about something else that was written
// and is replied to because it is not understood. Only replies are limited, what a
// message does is done: an answer is never lost to the limit. Who reaches it
// is told so once, and then gets no reply until a minute is over (a flood that goes
// on makes it longer). In a rehearsal, whose clock stands still while people write,
// there is no limit.
func Paced(s Snapshot, e Event, c Change) Change {
	limit := s.Settings.CommandsAMinute
	reply := func(p Post) bool { return p.Kind == KindReply && p.Room == e.Room }
	if limit <= 0 || s.Settings.Rehearsal || !slices.ContainsFunc(c.Posts, reply) {
		return c
	}
	if s.Is(RolePMO) {
		limit *= pacePMO
	}
	at := e.At
	if at.IsZero() || at.After(s.Now) {
		at = s.Now
	}
	pace := Pace{Key: PaceOf(e.Sender), Until: at.Add(paceWindow)}
	if s.Pace != nil && at.Before(s.Pace.Until) {
		pace = *s.Pace
	}
	pace.Count++
	c.Pace = &pace
	if pace.Count <= limit {
		return c
	}
	c.Posts = slices.DeleteFunc(slices.Clone(c.Posts), reply)
	switch {
	case !pace.Told:
		pace.Told, pace.Until = true, at.Add(paceWindow)
		minute := s.local(pace.Until.Add(time.Minute - 1).Truncate(time.Minute))
		c.Posts = append(c.Posts, Reply(e, 0, "error.pace", TooFast{Until: minute}))
		c.Reason = "too many commands: " + c.Reason
	case pace.Count > 2*limit: // no human being any more
		pace.Until = at.Add(paceWindow)
	}
	return c
}

// Limits of what strangers can make the PMO read, and the bot do, in a day.
const (
	paceInvitations = "invitations"
	refusalsTold    = 5  // accounts that the PMO is told of
	refusalsDone    = 50 // invitations that are declined; further ones are left as they are
)
