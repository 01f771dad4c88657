package bot

import (
	"slices"
	"strings"
	"time"

	"lotse/bot/calendar"
)

// MeetupRules is what the configuration says about meetups.
type MeetupRules struct {
	Announce int            // days before; on a day off the working day before that
	At       calendar.Clock // when announcements and reminders go out
	Soon     time.Duration  // before the meetup, the link
	Week     bool           // a reminder seven days before
}

// DefaultMeetupRules is what holds where the configuration says nothing.
func DefaultMeetupRules() MeetupRules {
	return MeetupRules{Announce: 14, At: calendar.Clock{Hour: 9}, Soon: 15 * time.Minute}
}

// NetworkID is a network's short name, a slug: "digilotsen".
type NetworkID string

// Network is people of the whole city who meet regularly: Digilotsen, IT-Verantwortliche.
type Network struct {
	ID    NetworkID
	Name  string
	Hosts []PersonID `json:",omitempty"`
	// Rule says when it meets (RFC 5545), counted from Anchor on; "": only when somebody
	// adds a date.
	Rule   string         `json:",omitempty"`
	Anchor calendar.Date  `json:",omitzero"`
	At     calendar.Clock `json:",omitzero"`
	Length time.Duration  `json:",omitempty"`
	Link   string         `json:",omitempty"` // https
	Shift  calendar.Shift `json:",omitempty"` // what becomes of a date on a day off
	// Origin says who has written it: what somebody said in chat stands against an import,
	// and that against the configuration.
	Origin   Origin `json:",omitempty"`
	Archived bool   `json:",omitempty"`
	Version  int64  `json:"-"`
}

// shiftWords are what people write for what becomes of a date on a day off; of each, the
// German and the English word are written by the bot.
var shiftWords = []struct {
	shift   calendar.Shift
	german  string
	others  []string
	english string
}{
	{calendar.ShiftNext, "danach", []string{"nachher", "später"}, "next"},
	{calendar.ShiftPrevious, "davor", []string{"vorher", "früher"}, "previous"},
	{calendar.ShiftSkip, "entfällt", []string{"entfallen", "ausfallen", "gar nicht"}, "skip"},
	{calendar.ShiftKeep, "trotzdem", []string{"bleibt", "dennoch"}, "keep"},
}

// ParseShift reads what becomes of a date on a day off.
func ParseShift(word string) (calendar.Shift, bool) {
	slug := Slug(word)
	for _, w := range shiftWords {
		for _, known := range append([]string{w.german, w.english}, w.others...) {
			if Slug(known) == slug {
				return w.shift, true
			}
		}
	}
	return "", false
}

// ShiftWord is a word that ParseShift reads.
func ShiftWord(shift calendar.Shift, lang Language) string {
	for _, w := range shiftWords {
		if w.shift != shift.Or() {
			continue
		}
		if lang == English {
			return w.english
		}
		return w.german
	}
	return string(shift)
}

// Rhythm is when the network meets; the zero one if it has no rule.
func (n Network) Rhythm(zone *time.Location) (calendar.Rhythm, error) {
	if n.Rule == "" {
		return calendar.Rhythm{}, nil
	}
	return calendar.Rule(n.Rule, n.Anchor, n.At, zone)
}

// MeetupID names a meetup by its network and the date for which it was planned,
// "digilotsen-2026-12-03", with a suffix for an added one, "digilotsen-2026-12-03-2". It
// survives moves.
type MeetupID string

// MeetupState says how far a meetup is. Package meetup has the diagram.
type MeetupState string

// The states of a meetup.
const (
	MeetupPlanned   MeetupState = "planned"   // the date stands, nobody was told
	MeetupAnnounced MeetupState = "announced" // the network knows
	MeetupStarted   MeetupState = "started"   // it takes place
	MeetupOver      MeetupState = "over"      // … is over; the host is asked what is to be kept
	MeetupDone      MeetupState = "done"      // … nothing more is expected
	MeetupCancelled MeetupState = "cancelled" // called off, or left out by a holiday
)

// MeetupStates lists them all, in the order of a meetup's life.
func MeetupStates() []MeetupState {
	return []MeetupState{MeetupPlanned, MeetupAnnounced, MeetupStarted, MeetupOver, MeetupDone, MeetupCancelled}
}

// Ahead reports whether the meetup is still to begin.
func (s MeetupState) Ahead() bool { return s == MeetupPlanned || s == MeetupAnnounced }

// Open reports whether the meetup is still to begin, or takes place.
func (s MeetupState) Open() bool { return s.Ahead() || s == MeetupStarted }

// Voter is somebody of a network: an account, and the person behind it if the books know
// them. Most members of a network are in no book.
type Voter struct {
	User   UserID
	Person PersonID `json:",omitempty"`
}

// Same reports whether two voters are one: a person with several accounts is one.
func (v Voter) Same(o Voter) bool {
	return v.User == o.User || v.Person != "" && v.Person == o.Person
}

// Topic is what somebody proposes to talk about.
type Topic struct {
	N       int // how it is called in its meetup, from 1; never given twice
	Said    Said
	Votes   []TopicVote `json:",omitempty"` // until it begins
	Voted   int         `json:",omitempty"` // … how many there were, from then on
	Carried int         `json:",omitempty"` // how often it has moved on to the next meetup
	From    MeetupID    `json:",omitempty"` // … from which, and
	FromN   int         `json:",omitempty"` // … how it was called there
	Went    MeetupID    `json:",omitempty"` // to which it has moved on
	Minutes int         `json:",omitempty"` // how long it shall take; 0: nobody has said
	Rank    int         `json:",omitempty"` // the host's order, from 1; 0: by votes
	Dropped bool        `json:",omitempty"` // taken off the agenda by the host, or withdrawn
	Dealt   bool        `json:",omitempty"` // talked about
}

// ComingAnswer says whether somebody plans to come.
type ComingAnswer string

// The answers, by their emojis.
const (
	ComingYes   ComingAnswer = "👍"
	ComingNo    ComingAnswer = "👎"
	ComingMaybe ComingAnswer = "🤔"
)

// Coming is that somebody plans to come, or not to. It is kept until the meetup begins.
type Coming struct {
	Voter
	Answer  ComingAnswer
	Message MessageID // the reaction
	At      time.Time
}

// ComingCount is how many planned to come: all that is left once a meetup has begun.
type ComingCount struct{ Yes, No, Maybe int }

// Meetup is one meeting of a network, from its planning to what is kept of it.
type Meetup struct {
	ID      MeetupID
	Network NetworkID
	Planned calendar.Date // by the rule, or for which it was added; it names the meetup
	At      time.Time     // when it begins; left out by a holiday: when it would have
	Zone    string        // in which Planned is a date
	Length  time.Duration
	Link    string     `json:",omitempty"`
	Hosts   []PersonID `json:",omitempty"`
	State   MeetupState
	// Of the network's own until somebody says otherwise for this one.
	OwnLink  bool `json:",omitempty"`
	OwnHosts bool `json:",omitempty"`

	From    time.Time `json:",omitzero"`  // moved by somebody: when it would have been before
	Moves   int       `json:",omitempty"` // … how often, since the network was told
	Shifted string    `json:",omitempty"` // the holiday that moved it, or left it out
	Off     bool      `json:",omitempty"` // left out by a holiday, or not in the rule any more: nobody called it off
	Extra   bool      `json:",omitempty"` // added to the rule's
	Reason  Said      `json:",omitzero"`  // of the move, or of the cancellation
	// Sequence is the revision of the calendar file (RFC 5545, SEQUENCE): it goes up with
	// whatever changes there.
	Sequence  int            `json:",omitempty"`
	Announced time.Time      `json:",omitzero"`  // when the network was told
	Told      []MeetupSay    `json:",omitempty"` // what was said once, so that it can be corrected
	Changes   []MeetupChange `json:",omitempty"` // what the network was told since, in messages of their own

	Topics       []Topic     `json:",omitempty"`
	Coming       []Coming    `json:",omitempty"` // until it begins
	Plan         ComingCount `json:",omitzero"`  // … from then on
	Settled      bool        `json:",omitempty"` // a host has said which topics were talked about
	Participants int         `json:",omitempty"` // how many were there, as the host has it
	Summary      Said        `json:",omitzero"`
	More         []Said      `json:",omitempty"` // what was added to the summary
	Links        []Said      `json:",omitempty"`
	Asks         UserID      `json:",omitempty"` // over: in whose direct chat summary and links are waited for
	Asked        []UserID    `json:",omitempty"` // who was asked; in the PMO's rooms if nobody
	Version      int64       `json:"-"`
}

// MeetupSay is a message about a meetup that was sent, or left out.
type MeetupSay string

// What is said about a meetup.
const (
	SaidAgenda MeetupSay = "agenda" // the day before
	SaidWeek   MeetupSay = "week"   // seven days before
	SaidSoon   MeetupSay = "soon"   // a quarter of an hour before
)

// MeetupChange is a message that told the network what has changed since the announcement.
type MeetupChange struct {
	N     int       // the Sequence that it made
	Was   time.Time `json:",omitzero"` // another date: the one before
	Link  bool      `json:",omitempty"`
	Hosts bool      `json:",omitempty"`
	Off   bool      `json:",omitempty"` // called off
	Again bool      `json:",omitempty"` // … and takes place all the same
}

// Says reports whether something was said about the meetup.
func (m Meetup) Says(what MeetupSay) bool { return slices.Contains(m.Told, what) }

// End is when the meetup ends.
func (m Meetup) End() time.Time { return m.At.Add(m.Length) }

// Hosting reports whether somebody is a host of the meetup.
func (m Meetup) Hosting(who PersonID) bool { return who != "" && slices.Contains(m.Hosts, who) }

// Hosts reports whether somebody is a host of any of the snapshot's networks.
func (s Snapshot) Hosts(who PersonID) bool {
	return slices.ContainsFunc(s.Networks, func(n Network) bool { return n.Hosting(who) })
}

// Within reports whether one of a person's accounts is in a room of the snapshot's network;
// known is false if that cannot be said. It needs Members.
func (s Snapshot) Within(accounts ...UserID) (in, known bool) {
	known = len(s.NetworkRooms) > 0
	for _, room := range s.NetworkRooms {
		members, ok := s.Members[room.ID]
		known = known && ok
		if slices.ContainsFunc(members, func(u UserID) bool { return slices.Contains(accounts, u) }) {
			return true, true
		}
	}
	return false, known
}

// Outside returns those of some people who have accounts and are, as far as is known, in no
// room of the snapshot's network. It needs Members.
func (s Snapshot) Outside(people []Person) (out []Person) {
	for _, p := range people {
		if in, known := s.Within(p.Accounts...); known && !in && len(p.Accounts) > 0 {
			out = append(out, p)
		}
	}
	return out
}

// Hosting reports whether somebody is a host of the network.
func (n Network) Hosting(who PersonID) bool { return who != "" && slices.Contains(n.Hosts, who) }

// Texts returns all that was said in a meetup, to be changed in place.
func (m *Meetup) Texts() []*Said {
	all := []*Said{&m.Reason}
	for i := range m.Topics {
		all = append(all, &m.Topics[i].Said)
	}
	all = append(all, &m.Summary)
	for i := range m.More {
		all = append(all, &m.More[i])
	}
	for i := range m.Links {
		all = append(all, &m.Links[i])
	}
	return all
}

// People returns all who are named in a meetup, to be changed in place.
func (m *Meetup) People() []*PersonID {
	var all []*PersonID
	for i := range m.Hosts {
		all = append(all, &m.Hosts[i])
	}
	for _, said := range m.Texts() {
		all = append(all, &said.By)
	}
	for i := range m.Topics {
		for j := range m.Topics[i].Votes {
			all = append(all, &m.Topics[i].Votes[j].Person)
		}
	}
	for i := range m.Coming {
		all = append(all, &m.Coming[i].Person)
	}
	return all
}

// SearchText is what a meetup is found by: its topics, its summary and its links, folded.
// Why it was moved or called off is not among it.
func (m Meetup) SearchText() string {
	var words []string
	for _, said := range m.Texts()[1:] {
		if said.Text != "" {
			words = append(words, Fold(said.Text))
		}
	}
	return strings.Join(words, "\n")
}

// MeetupSearch asks for meetups in which all words stand, the newest first.
type MeetupSearch struct {
	Words   []string
	Network NetworkID // only of this one; "": of all
	Here    bool      // … or only of the room's own, if it is a network's
	Before  time.Time // only what began before; zero: all. For the next page
	Limit   int
}

// NetworkSlug is the id that a room's network has: rooms name it as somebody has typed it.
func NetworkSlug(name string) NetworkID { return NetworkID(Slug(name)) }
