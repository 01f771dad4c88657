package bot

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"lotse/bot/ical"
)

// Feed is a link to a calendar that programs subscribe to: the Projektchecks, or the
// meetups of a network. Who has the link can read the calendar. It ends in a token that
// the store makes up ([Snapshot.Token]) and of which only the hash is kept.
type Feed struct {
	Number  int
	Hash    string    // of the token, see HashToken
	Network NetworkID `json:",omitempty"` // "": the Projektchecks
	Made    time.Time
	Room    RoomID    // in which the link stands
	Revoked time.Time `json:",omitzero"` // from then on it leads nowhere
	Version int64     `json:"-"`
}

// FeedPath is where calendars are, below the bot's web address; token and ending follow.
const FeedPath = "/kalender/"

// FeedEnding is what the path of a calendar ends in.
const FeedEnding = ".ics"

// HashToken is what is kept of a feed's token.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte("lotse feed 1:" + token))
	return hex.EncodeToString(sum[:])
}

// CalendarUID names the Projektcheck in calendars, for good: by the date for which it was
// planned.
func (r Round) CalendarUID(city string) string { return ical.UID("check", city, string(r.ID)) }

// CalendarUID names the meetup in calendars, for good: in a file as in a feed.
func (m Meetup) CalendarUID(city string) string { return ical.UID("meetup", city, string(m.ID)) }

// Date is a date that a message carries as a calendar file. Its words are made with those
// of the message, in the room's language.
type Date struct {
	Event ical.Event // without Summary and Description
	About CalendarEntry
}

// File is the calendar file, with the texts calendar.title and calendar.about.
func (d Date) File(title, about string) File {
	d.Event.Summary, d.Event.Description = title, about
	return File{Name: "meetup.ics", Type: ical.MediaType, Bytes: ical.File(d.Event)}
}

// Date is the meetup in a calendar; changed is what programs are told of when it was
// written last. The network's name is what people know it by.
func (m Meetup) Date(s *Settings, network string, changed time.Time) Date {
	d := Date{
		Event: ical.Event{
			UID: m.CalendarUID(s.City), Sequence: m.Sequence, Changed: changed, Start: m.At, End: m.End(), Zone: s.Zone, Link: m.Link,
			Cancelled: m.State == MeetupCancelled,
		},
		About: CalendarEntry{City: s.City, Network: network, Cancelled: m.State == MeetupCancelled},
	}
	if !m.From.IsZero() {
		d.About.From = m.From.In(s.Zone)
	}
	return d
}

// CalendarEntry is what the texts calendar.title and calendar.about say about a date, and
// calendar.name about a whole calendar. Nothing in it was written by somebody about
// somebody: a link may get into wrong hands.
type CalendarEntry struct {
	City      string
	Network   string // its name; "": the Projektchecks
	Cancelled bool
	From      time.Time // moved: when it would have been
}

// FeedLine is a calendar's link in a list.
type FeedLine struct {
	Number  int
	Network string // its name; "": the Projektchecks
	Made    time.Time
	Here    bool     // it stands in the room in which it is asked
	Where   RoomKind // what the room is in which it stands
}

// Feeds answers !kalender: reply.feeds.
type Feeds struct {
	Lines []FeedLine
	Off   bool // the configuration has no web address
}

// FeedNew tells a new link, and nobody ever again: reply.feed.new.
type FeedNew struct {
	FeedLine
	Link   string
	Revoke string // a line that revokes it
}

// FeedRevoked answers !kalender widerrufen: reply.feed.revoked.
type FeedRevoked struct {
	FeedLine
	Confirm string // a line that does it; "": it is done
}
