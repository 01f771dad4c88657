package bot

import (
	"time"

	"lotse/bot/calendar"
)

// This file holds what the templates about meetups are filled with: meetup.<name>. See
// words.go.

// MeetupCard is a meetup in a text: meetup.announcement, meetup.agenda, meetup.soon and
// others.
type MeetupCard struct {
	ID        MeetupID
	Network   string // its name
	State     MeetupState
	At, End   time.Time
	Planned   calendar.Date
	From      time.Time // moved by somebody: when it would have been before
	Shifted   string    // the holiday that moved it, or left it out
	Extra     bool
	Reason    SaidLine
	Link      string
	Hosts     []Person
	Announced time.Time
	Now       time.Time
	Reactions bool // one can choose by a click
	Buttons   bool // … on a button
	Files     bool // the announcement has a calendar file
	Soon      time.Duration
	// Old: the message is about a date that holds no longer.
	Old bool
	// meetup.changed: what is different.
	Was      time.Time // another date before; zero: none
	NewLink  bool
	NewHosts bool
	Again    bool // it was called off, and takes place all the same

	Topics       []TopicLine // for which there is time; over: that were talked about
	Further      []TopicLine // … the others; over: that move on
	Hidden       int         // how many more there are
	Missed       []string    // what has waited so often that it does not move on any more
	Booked       int         // minutes that the topics take
	Plan         ComingCount
	Participants int
	Summary      SaidLine
	More         []SaidLine
	Links        []SaidLine
	Next         time.Time // the network's next one after it; zero: none planned
}

// Suit implements Suited.
func (c MeetupCard) Suit(can Abilities) any { return c.suit(can) }

func (c MeetupCard) suit(can Abilities) MeetupCard {
	c.Reactions, c.Buttons, c.Files = can.Clicks(), can.Forms, can.Files
	return c
}

// Suit implements Suited.
func (c TopicCard) Suit(can Abilities) any {
	c.Reactions = can.Clicks()
	return c
}

// Suit implements Suited.
func (l TopicList) Suit(can Abilities) any {
	l.MeetupCard = l.suit(can)
	return l
}

// Minutes is how long before the meetup the link comes.
func (c MeetupCard) Minutes() int { return int(c.Soon / time.Minute) }

// Ahead reports whether it is still to begin.
func (c MeetupCard) Ahead() bool { return c.State.Ahead() }

// Begun reports whether it takes place, or has taken place.
func (c MeetupCard) Begun() bool { return c.State == MeetupStarted || c.Over() }

// Over reports whether it has taken place.
func (c MeetupCard) Over() bool { return c.State == MeetupOver || c.State == MeetupDone }

// Off reports whether it does not take place.
func (c MeetupCard) Off() bool { return c.State == MeetupCancelled }

// TopicLine is a topic in a text.
type TopicLine struct {
	N       int
	Said    SaidLine
	Votes   int
	Minutes int
	Carried int // how often it was moved on
	Dropped bool
}

// MeetupClash tells the PMO that a meetup is at the same time as something else:
// meetup.clash.
type MeetupClash struct {
	Network string // the meetup's
	At, End time.Time
	Check   bool   // it falls together with a Projektcheck, or
	Other   string // … the meetup of this network
	OtherAt time.Time
	Now     time.Time
}

// TopicCard is a topic in a message of its own, meetup.topic, and in the answer to who has
// proposed it elsewhere: reply.topic.
type TopicCard struct {
	Network   string
	At, Now   time.Time
	Topic     TopicLine
	Ahead     bool // the meetup: votes count
	Reactions bool
}

// TopicList answers !themen and what changes the agenda: reply.topics.
type TopicList struct {
	MeetupCard
	Host    bool        // the asker may change it
	Hints   bool        // … and reads how
	Dropped []TopicLine // for the host
	Length  int         // of the meetup, in minutes
}

// MeetupFound answers !meetup suche: reply.meetups.found.
type MeetupFound struct {
	Words string
	Found []FoundLine
	More  string // the line that shows the next ones; "": there are none
	Whole bool   // of several networks
	Page  int
}

// FoundLine is a meetup that was found.
type FoundLine struct {
	MeetupCard
	Names   []string // of topics that were talked about
	Excerpt string   // of the summary
}

// MeetupRefusal tells why something about a topic, or about what is kept of a meetup, is
// not done: error.topic. Why is "none" (no meetup is planned), "many" (topics of one
// person), "full", "long", "same" (there is such a topic: N), "begun", "unknown" (no topic
// N), "host" (only a host may), "notyet" (no meetup has begun), "link" (it is not https), "longnote",
// "notes" (there are enough), "elsewhere" (another network's
// room), "room" (only in the network's), or "nosearch" (not here).
type MeetupRefusal struct {
	Why     string
	Network string
	N       int
	Text    string // of topic N
	Most    int
	Longest int
}

// MeetupLine is a meetup in a list: reply.meetups, reply.dates.
type MeetupLine struct {
	Network string
	At, End time.Time
	State   MeetupState
	Planned calendar.Date
	From    time.Time // moved by somebody: when it would have been before
	Shifted string    // the holiday that moved it, or left it out
	Extra   bool
	Reason  string // of a cancellation
	Hosts   []Person
}

// Off reports whether it does not take place.
func (l MeetupLine) Off() bool { return l.State == MeetupCancelled }

// MeetupList answers !meetup: reply.meetups.
type MeetupList struct {
	Lines   []MeetupLine
	Network string // only this network's; "": all
	Manage  bool   // the asker may change them
	Now     time.Time
}

// MeetupChanged confirms what was done with a meetup: reply.meetup.
type MeetupChanged struct {
	What     string // "moved", "cancelled", "added", "again", "link", "hosts"
	Network  string
	At       time.Time
	Old      time.Time // moved: the date before
	Told     bool      // the network knew of it, and is told
	Here     bool      // … in this very room: nothing is to be said twice
	Announce time.Time // when it will be announced; zero: it is, or at once
	Reason   string
	Link     string
	Hosts    []Person
	Silent   bool     // hosts: none of them has an account by which they can be asked afterwards
	Outside  []Person // … those who are in no room of the network
	Rooms    int      // how many rooms of the network the bot is in
	DayOff   string   // the holiday on that day
	Weekend  bool
	Undo     string // a line to copy; "": there is none
}

// NetworkCard is a network: reply.network.
type NetworkCard struct {
	What   string // "": shown; else what was done: "new", "rule", "length", "shift", "link", "host", "name", "archived"
	ID     NetworkID
	Name   string
	Hosts  []Person
	Next   []time.Time // the next dates
	Rule   string      // as it can be written in iCalendar; "": dates are only added
	At     calendar.Clock
	Length time.Duration
	Shift  calendar.Shift // never empty
	Link   string
	Rooms  int
	// host: as in MeetupChanged.
	Silent  bool
	Outside []Person
	Undo    string
}

// MeetupOutside tells the PMO that somebody is host of a network and in none of its rooms:
// meetup.outside.
type MeetupOutside struct {
	Network NetworkID
	Name    string
	People  []Person
}

// Minutes is how long its meetups take.
func (c NetworkCard) Minutes() int { return int(c.Length / time.Minute) }

// BadMeetup is why something does not go with a meetup or a network: error.meetup. Why
// is "past", "over", "cancelled", "same", "taken" (the network meets at that time already),
// "none" (no meetup is planned), "network" (it has to be named), "nobody" (there are no
// networks), "link" (not https), "known" (there is a network of that name) or "norule".
type BadMeetup struct {
	Why      string
	Network  string
	At       time.Time // zero: it is about none
	Now      time.Time
	Networks []string
}
