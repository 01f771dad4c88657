// Package greeting holds the rules by which somebody who is new in a network's room is
// greeted, where the city has switched that on: when the next meetup is, what the network
// is about, and how to be left alone (!ruhe). Like package bot it is pure.
//
// Everybody is greeted once ever in a network, whatever becomes of them or of its rooms.
// What is kept for that is a fingerprint (bot.NewcomerID); the account and the name are
// forgotten when the greeting is on its way.
//
// Nobody is greeted at once. The room has to have been quiet for a moment, so that it is known how
// many come: if a room is filled by somebody who invites seventy people, none of them is
// greeted, and the PMO is told, once. Likewise if too many came in an hour.
//
// # Stored keys
//
//	greeting/<network>/<account>         in the direct chat
//	greeting/<network>/<who>/<room>      in the room; details/<who> in its thread
//	greeting/many/<instant>/<room>       PMO
//
// The timer has the key greeting/<room>.
package greeting

import (
	"slices"
	"strings"
	"time"

	"lotse/bot"
)

const kind bot.Kind = "greeting"

const (
	fresh = 24 * time.Hour // how long a greeting makes sense
	// longest is how many times the moment of quiet somebody waits at most.
	longest = 5
	hour    = time.Hour
)

// Needs says what the decision about an event needs beyond what package bot says.
func Needs(e bot.Event, q bot.Query) bot.Query {
	if e.Kind == bot.EventMember {
		q.Newcomer, q.Newcomers = true, e.Room
	}
	return q
}

// Decide notes who is new in a network's room; mine: it is the one to decide.
func Decide(s bot.Snapshot, e bot.Event) (c bot.Change, mine bool) {
	if e.Kind != bot.EventMember {
		return bot.Change{}, false
	}
	rules := s.Settings.Greeting
	if s.Room.Kind != bot.RoomNetwork || !s.Room.Joined || !rules.In(s.Room.Network) || s.Newcomer != nil {
		return bot.Change{}, true
	}
	c.Newcomers = []bot.Newcomer{{
		Who: bot.NewcomerID(s.Room.Network, e.Sender), Network: bot.Slug(s.Room.Network), At: s.Now, Waits: true,
		Room: e.Room, User: e.Sender, Name: bot.Clean(e.Name),
	}}
	at := s.Now.Add(rules.Settle)
	if len(s.Newcomers) > 0 {
		if last := s.Newcomers[0].At.Add(longest * rules.Settle); last.Before(at) {
			at = last
		}
	}
	c.Timers = []bot.Timer{{Key: timerKey(e.Room), Kind: bot.TimerGreet, At: at}}
	c.Reason = "somebody is new in a network"
	return c, true
}

const timerPrefix = "greeting/"

func timerKey(room bot.RoomID) bot.Key { return bot.Key(timerPrefix + string(room)) }

// TimerNeeds says what the decision about a timer needs; ok: it is about newcomers.
func TimerNeeds(t bot.Timer) (q bot.Query, ok bool) {
	if t.Kind != bot.TimerGreet {
		return bot.Query{}, false
	}
	room := bot.RoomID(strings.TrimPrefix(string(t.Key), timerPrefix))
	return bot.Query{Room: room, Newcomers: room, Pace: paceOf(room)}, true
}

// paceOf is the bot.Pace.Key of greetings in a room.
func paceOf(room bot.RoomID) string { return "greetings/" + string(room) }

// Due greets who is new; mine: it is about newcomers.
func Due(s bot.Snapshot, t bot.Timer) (c bot.Change, mine bool) {
	if t.Kind != bot.TimerGreet {
		return bot.Change{}, false
	}
	for _, n := range s.Newcomers {
		n.Waits = false
		c.Newcomers = append(c.Newcomers, n)
	}
	rules, n := s.Settings.Greeting, len(s.Newcomers)
	pace := bot.Pace{Key: paceOf(s.Room.ID), Until: s.Now.Add(hour)}
	if s.Pace != nil && s.Now.Before(s.Pace.Until) {
		pace = *s.Pace
	}
	switch {
	case n == 0 || s.Room.Kind != bot.RoomNetwork || !s.Room.Joined || !rules.In(s.Room.Network):
		c.Reason = "nobody to greet"
		return c, true
	case n > rules.AtOnce, pace.Count+n > rules.AnHour:
		c.Reason = "too many are new: nobody is greeted"
		if n > rules.AtOnce || !pace.Told {
			many(s, t, &c, bot.ManyNewcomers{Network: called(s), Count: n, Hour: n <= rules.AtOnce})
		}
		pace.Told = true
	default:
		pace.Count += n
		c.Reason = "newcomers are greeted"
		if rules.Where == bot.GreetThread {
			inRoom(s, &c)
		} else {
			direct(s, &c)
		}
	}
	c.Pace = &pace
	return c, true
}

// many tells the PMO that nobody was greeted.
func many(s bot.Snapshot, t bot.Timer, c *bot.Change, data bot.ManyNewcomers) {
	for _, room := range s.RoomsOf(bot.RoomPMO) {
		key := bot.NewKey("greeting", "many", t.At.UTC().Format("2006-01-02T15:04:05"), string(s.Room.ID), string(room.ID))
		c.Posts = append(c.Posts, bot.Post{Key: key, Kind: bot.KindNote, Room: room.ID, Template: "greeting.many", Data: data, Quiet: true})
	}
}

// greeting is what somebody reads.
func greeting(s bot.Snapshot, to ...bot.Person) bot.Greeting {
	g := bot.Greeting{Network: called(s), ID: bot.NetworkID(bot.Slug(s.Room.Network)), To: to, Now: s.Now.In(s.Settings.Zone), BotName: s.Settings.BotName}
	if at := nextMeetup(s); !at.IsZero() {
		g.Meetup = at.In(s.Settings.Zone)
	}
	return g
}

// called is the network's name, as far as there is more than what the room says.
func called(s bot.Snapshot) string {
	if s.Network != nil && s.Network.Name != "" {
		return s.Network.Name
	}
	return s.Room.Network
}

// nextMeetup is when the network meets next, zero if that is not known.
func nextMeetup(s bot.Snapshot) time.Time {
	if m := s.Meetup; m != nil && m.State.Ahead() && m.At.After(s.Now) {
		return m.At
	}
	return time.Time{}
}

func person(n bot.Newcomer) bot.Person {
	return bot.Person{Name: n.Name, Accounts: []bot.UserID{n.User}}
}

// direct greets each in their direct chat; who wants to be left alone is left out by
// bot.Hush.
func direct(s bot.Snapshot, c *bot.Change) {
	for _, n := range s.Newcomers {
		c.Posts = append(c.Posts, bot.Post{
			Key: bot.NewKey("greeting", n.Network, string(n.User)), Kind: kind, User: n.User, Unasked: true, Expires: s.Now.Add(fresh),
			Template: "greeting.direct", Data: greeting(s, person(n)),
		})
	}
}

// inRoom greets all of them in one message in the room; the rest stands in its thread.
func inRoom(s bot.Snapshot, c *bot.Change) {
	var to []bot.Person
	who := ""
	for _, n := range s.Newcomers {
		if slices.Contains(s.Quiet, n.User) {
			continue
		}
		if who == "" {
			who = n.Who
		}
		to = append(to, person(n))
	}
	if who == "" {
		return
	}
	data, network := greeting(s, to...), bot.Slug(s.Room.Network)
	root := bot.NewKey("greeting", network, who, string(s.Room.ID))
	c.Posts = append(c.Posts,
		bot.Post{Key: root, Kind: kind, Room: s.Room.ID, Template: "greeting.room", Data: data, Expires: s.Now.Add(fresh)},
		bot.Post{
			Key: bot.NewKey("greeting", network, "details", who, string(s.Room.ID)), Kind: kind, Room: s.Room.ID, Thread: bot.Target{Key: root},
			Template: "greeting.thread", Data: data, Expires: s.Now.Add(fresh), Quiet: true,
		})
}
