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
	Reactions bool
	Soon      time.Duration
	// Old: the message is about a date that holds no longer.
	Old bool
	// meetup.changed: what is different.
	Was      time.Time // another date before; zero: none
	NewLink  bool
	NewHosts bool
	Again    bool // it was called off, and takes place all the same

	Topics       []TopicLine
	Plan         ComingCount
	Participants int
	Summary      SaidLine
	Links        []SaidLine
	Next         time.Time // the network's next one after it; zero: none planned
}

// Minutes is how long before the meetup the link comes.
func (c MeetupCard) Minutes() int { return int(c.Soon / time.Minute) }

// Off reports whether it does not take place.
func (c MeetupCard) Off() bool { return c.State == MeetupCancelled }

// TopicLine is a topic in a text.
type TopicLine struct {
	N       int
	Said    SaidLine
	Votes   int
	Minutes int
	Carried int // how often it was moved on
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
