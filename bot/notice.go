package bot

import (
	"slices"
	"strconv"
	"time"
)

// Notice is an announcement of the PMO (!ansage): words that go out once to each of some
// rooms. The rules about it are package notice.
type Notice struct {
	Number int // what people call it, from 1
	State  NoticeState
	To     Audience
	Text   Said
	At     time.Time `json:",omitzero"` // when it shall go out; zero: as soon as it is confirmed

	// Where it was written, and is shown since: in a room, or in the direct chat with an account.
	Room RoomID `json:",omitempty"`
	User UserID `json:",omitempty"`

	Drafted   time.Time
	Confirmed time.Time `json:",omitzero"`
	By        PersonID  `json:",omitempty"` // who confirmed it
	Sent      time.Time `json:",omitzero"`  // when it went out
	Changed   time.Time `json:",omitzero"`  // when it was corrected or taken back last
	Corrected bool      `json:",omitempty"` // the words are not those it went out with
	Why       string    `json:",omitempty"` // missed: "late", "norooms" or "gone"

	// Rooms are those it goes to, from when it goes out. Of these, Posted hold its words as
	// they are now, and Written hold some words of it, or are meant to.
	Rooms   []RoomID `json:",omitempty"`
	Posted  int      `json:",omitempty"`
	Written int      `json:",omitempty"`
	Version int64    `json:"-"`
}

// NoticeState is how far an announcement has got.
type NoticeState string

// The states of an announcement.
const (
	NoticeDraft     NoticeState = "draft"     // shown to who wrote it, to be confirmed
	NoticeScheduled NoticeState = "scheduled" // confirmed, its time has not come
	NoticeSent      NoticeState = "sent"      // it goes out, or has
	NoticeMissed    NoticeState = "missed"    // it did not go out: see Notice.Why; it can be confirmed anew
	NoticeBack      NoticeState = "back"      // taken back after it went out
	NoticeDiscarded NoticeState = "discarded" // not wanted, or called off
	NoticeLapsed    NoticeState = "lapsed"    // nobody confirmed it
)

// NoticeStates lists them in the order of a life.
func NoticeStates() []NoticeState {
	return []NoticeState{NoticeDraft, NoticeScheduled, NoticeSent, NoticeMissed, NoticeBack, NoticeDiscarded, NoticeLapsed}
}

// Waits reports whether it can still go out.
func (s NoticeState) Waits() bool {
	return s == NoticeDraft || s == NoticeScheduled || s == NoticeMissed
}

// FieldNotice marks what is about an announcement: Subject.N is its number.
const FieldNotice Field = "notice"

// Subject is the announcement as what a message is about.
func (n Notice) Subject() Subject { return Subject{Field: FieldNotice, N: n.Number} }

// Audience is whom an announcement is for.
type Audience struct {
	Networks []string `json:",omitempty"` // by their names
	All      bool     `json:",omitempty"` // all networks
	Projects bool     `json:",omitempty"` // the rooms of all projects that are not archived
}

// IsZero reports whether it is for nobody.
func (a Audience) IsZero() bool { return len(a.Networks) == 0 && !a.All && !a.Projects }

// Rooms returns those of the snapshot's rooms that are the audience's and that the bot is
// in, network by network, then the projects'. The snapshot needs AllRooms,
// AllNetworks and AllProjects.
func (a Audience) Rooms(s Snapshot) []Room {
	var rooms []Room
	network := func(slug string) {
		for _, r := range s.Rooms {
			if r.Kind == RoomNetwork && r.Joined && Slug(r.Network) == slug {
				rooms = append(rooms, r)
			}
		}
	}
	names := a.Networks
	if a.All {
		names = s.NetworkNames()
	}
	for _, name := range names {
		network(Slug(name))
	}
	if !a.Projects {
		return rooms
	}
	for _, p := range s.Projects {
		for _, r := range s.Rooms {
			if r.Kind == RoomProject && r.Joined && r.Project == p.ID && p.State != ProjectArchived {
				rooms = append(rooms, r)
			}
		}
	}
	return rooms
}

// NetworkNames are the networks that there are, or that at least a room is for, each once, by
// their names. The snapshot needs AllNetworks and AllRooms.
func (s Snapshot) NetworkNames() []string {
	names := map[string]string{}
	for _, n := range s.Networks {
		names[Slug(n.Name)] = n.Name
	}
	for _, r := range s.Rooms {
		if slug := Slug(r.Network); r.Kind == RoomNetwork && slug != "" && names[slug] == "" {
			names[slug] = r.Network
		}
	}
	var list []string
	for _, name := range names {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// NetworkNamed finds a network by its name, in any spelling; "" if there is none. The
// snapshot needs AllNetworks and AllRooms.
func (s Snapshot) NetworkNamed(name string) string {
	for _, known := range s.NetworkNames() {
		if Slug(known) == Slug(name) {
			return known
		}
	}
	return ""
}

// Delivered is how far a message to a room has got.
type Delivered struct {
	Room  RoomID
	State SlotState
	Late  bool // stale, because its time was over
}

// SaidKey is the key of the message by which the announcement goes to a room.
func (n Notice) SaidKey(room RoomID) Key {
	return NewKey("notice", strconv.Itoa(n.Number), "said", string(room))
}
