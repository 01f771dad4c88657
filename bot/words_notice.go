package bot

import "time"

// This file holds what the templates about announcements and newcomers are filled with:
// notice.<name>, greeting.<name>. See words.go.

// NoticeText is an announcement as it stands in a room: notice.said.
type NoticeText struct {
	Text string // prints by {{prose}}
}

// NoticeCard is an announcement as the PMO sees it, from the preview to how far it has got:
// notice.preview.
type NoticeCard struct {
	Number    int
	State     NoticeState
	To        Audience
	Said      NoticeText
	Gone      bool   // the words were erased
	Why       string // NoticeMissed: see Notice
	By        Person // who wrote it
	Confirmed Person
	At        time.Time // when it shall go out; zero: as soon as it is confirmed
	Lapses    time.Time // a draft
	Sent      time.Time
	Changed   time.Time
	Corrected bool
	Now       time.Time
	Reactions bool

	Places  []NoticePlace // where it would go
	Total   int           // rooms it went to
	Done    int           // … that hold what they shall hold
	Waiting []NoticePlace // … that do not yet
	Failed  []NoticePlace // … that will not
}

// Suit implements Suited.
func (c NoticeCard) Suit(can Abilities) any {
	c.Reactions = can.Clicks()
	return c
}

// NoticePlace is a room of an announcement's audience.
type NoticePlace struct {
	Network string
	Project ProjectName
	Nth     int     // of several rooms of a network; 0: it has one
	Why     Refusal // what is in the way; "": nothing that is known
	Late    bool    // it waited too long
}

// NoticeLine is an announcement in a list.
type NoticeLine struct {
	Number int
	State  NoticeState
	To     Audience
	Text   string // shortened where it is shown
	Gone   bool
	At     time.Time // when it will go out
	Sent   time.Time
}

// NoticeList answers !ansage: reply.notices, the newest first.
type NoticeList struct {
	Waiting []NoticeLine
	Over    []NoticeLine
	Now     time.Time
}

// NoticeRefusal is why something cannot be done with an announcement: error.notice. Why is
// "network" (not known: Given), "norooms", "past", "number" (none such), "which" (more than one
// can be meant), "none" (there is none that it fits), "draft", "waits", "over" (its state is
// another one), "edit" (it is confirmed already) or "place" (not where others read).
type NoticeRefusal struct {
	Why     string
	Given   string
	Nearest string
	Known   []string // networks
	Number  int
	State   NoticeState
	To      Audience
	At      time.Time
	Now     time.Time
	Example string
}

// NoticeDeleted answers the deletion of the message by which an announcement was made that
// stands in the rooms: notice.deleted.
type NoticeDeleted struct{ Number int }

// Greeting is what somebody reads who is new in a network's room: greeting.direct,
// greeting.room, greeting.thread and greeting.about.
type Greeting struct {
	Network string
	ID      NetworkID
	To      []Person // one, or in a room all who came
	Now     time.Time
	Meetup  time.Time // the next one; zero: not known
	BotName string
	Threads bool // else what stands in the thread follows in the room
}

// Suit implements Suited.
func (g Greeting) Suit(can Abilities) any {
	g.Threads = can.Threads
	return g
}

// ManyNewcomers tells the PMO that nobody was greeted: greeting.many.
type ManyNewcomers struct {
	Network string
	Count   int
	Hour    bool // because too many were in this hour already
}

// QuietSet answers !ruhe: reply.quiet.
type QuietSet struct {
	Off      bool
	Same     bool          // it was so already
	Asked    bool          // the asker answers for projects without a room: these questions go on
	Projects []ProjectName // which these are, where only the asker reads
}
