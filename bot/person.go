package bot

import (
	"slices"

	"lotse/bot/calendar"
)

// Person is somebody who uses Lotse. Rights and votes belong to the person,
// whichever account they write from.
type Person struct {
	ID       PersonID
	Name     string
	Accounts []UserID
	Linked   []AccountLink `json:",omitempty"` // which of these were joined by a code
	Former   []PersonID    `json:",omitempty"` // ids of people who turned out to be this one: see Merge
	Version  int64         `json:"-"`
}

// Account returns the person's first account on the chat, or "".
func (p Person) Account(chat ChatID) UserID {
	for _, u := range p.Accounts {
		if u.Chat() == chat {
			return u
		}
	}
	return ""
}

// Role is what a person is in the governance. Lead and deputy are roles in a
// project, the others in the city; who holds those, the configuration says.
type Role string

// The roles.
const (
	RolePMO    Role = "pmo"
	RoleDM     Role = "dm"
	RoleDIKON  Role = "dikon"
	RoleLead   Role = "lead"
	RoleDeputy Role = "deputy"
	RoleHost   Role = "host" // of a network, or of one of its meetups
)

// Deputy stands in for a project's lead, from From until Until inclusive. A
// reason is never kept.
type Deputy struct {
	Person PersonID
	From   calendar.Date
	Until  calendar.Date
}

// Covers reports whether the deputy acts on day.
func (d Deputy) Covers(day calendar.Date) bool {
	return !day.Before(d.From) && !day.After(d.Until)
}

// RoomKind says what a room is for.
type RoomKind string

// The kinds of rooms. An unbound room has the empty kind.
const (
	RoomProject RoomKind = "project"
	RoomNetwork RoomKind = "network"
	RoomPMO     RoomKind = "pmo"
	RoomDM      RoomKind = "dm"
	RoomDIKON   RoomKind = "dikon"
	RoomDirect  RoomKind = "direct"
)

// RoomKinds lists the kinds a room can be given by a person.
func RoomKinds() []RoomKind {
	return []RoomKind{RoomProject, RoomNetwork, RoomPMO, RoomDM, RoomDIKON}
}

// Origin says who bound a room: `!raum` beats import, import beats configuration.
type Origin string

// The origins, weakest first.
const (
	FromConfig Origin = "config"
	FromImport Origin = "import"
	FromChat   Origin = "chat"
)

// Beats reports whether a binding of origin o may replace one of origin other.
func (o Origin) Beats(other Origin) bool {
	rank := []Origin{"", FromConfig, FromImport, FromChat}
	return slices.Index(rank, o) >= slices.Index(rank, other)
}

// Room is a room the bot knows: what it is for and which language it reads.
type Room struct {
	ID       RoomID
	Kind     RoomKind
	Project  ProjectID `json:",omitempty"` // RoomProject
	Network  string    `json:",omitempty"` // RoomNetwork
	User     UserID    `json:",omitempty"` // RoomDirect: with whom
	Language Language  `json:",omitempty"` // empty: the city's default
	Origin   Origin    `json:",omitempty"`
	Joined   bool      // the bot is in it
	// Refused is why the room takes nothing of the bot's; the PMO knows.
	Refused Refusal `json:",omitempty"`
	// Successor is the room that this one says it goes on in, Predecessor the one that
	// this one says it replaces. A move is real if both say so.
	Successor   RoomID `json:",omitempty"`
	Predecessor RoomID `json:",omitempty"`
	Version     int64  `json:"-"`
}

// Language is a template set.
type Language string

// The template sets.
const (
	German   Language = "de"
	GermanDu Language = "de-du"
	English  Language = "en"
)
