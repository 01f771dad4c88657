package bot

import (
	"slices"
	"time"

	"lotse/bot/calendar"
)

// Query says what a decision needs. The store resolves it to one subject:
// Project if named, else what Target, Thread or ReplyTo is about, else the room's
// project, else (in a direct chat) the one that is being asked about. Likewise
// the round: Round if named, else (unless Running) what the message is about, else
// the running one, else the last one done.
type Query struct {
	Room    RoomID
	User    UserID    // who acts
	Message MessageID // the event's own message, if it could be known
	Target  MessageID
	Thread  MessageID
	ReplyTo MessageID
	Seq     int64 // the event's place in the inbox, for Snapshot.OpenStands

	Project ProjectID
	Last    bool // in a direct chat in which none is being asked about: the last one that was
	Round   RoundID
	Running bool     // the running round also where the message is about another one
	Users   []UserID // further accounts to resolve to people (mentions)

	// Name is the beginning of a command's arguments, in which a person may have
	// named a project: "ki-im-call gelb, weil …". The first of [Readings] that is a
	// project's id or the [Slug] of its name (archived ones too) is the subject. In
	// a project's room it must be that project or be demanded by NameFirst; another
	// project named there stands in Snapshot.Candidates, and the room's stays the
	// subject. If nothing is named, the subject is found as if Name were empty and
	// Candidates are the projects whose id or slug begins with the last reading; if
	// there are none and no subject either, all that are not archived.
	Name      string
	NameFirst bool

	AllProjects bool   // Snapshot.Projects: all that are not archived, by name
	Archived    bool   // AllProjects includes archived ones
	AllReports  bool   // Snapshot.Reports: the round's, and Snapshot.Projects with them
	Rounds      bool   // Snapshot.Rounds: every round not done, and the last two done
	AllTasks    bool   // Snapshot.Tasks: also those done or dropped long ago
	History     int    // Snapshot.History: the project's last n reports, newest first
	DirectUser  UserID // Snapshot.Direct of that account instead of the actor's
	AllPeople   bool   // Snapshot.People: everybody the books know
	Waiting     bool   // Snapshot.Waiting, while the outbox is paused
	AllRooms    bool   // Snapshot.Rooms: every room, of any kind, joined or not (import, export)
	Pace        string // Snapshot.Pace, by its key
	Oldest      bool   // Snapshot.Oldest
	Dossier     bool   // Snapshot.Dossier, of the actor
	Feeds       bool   // Snapshot.Feeds, and Token
	Linking     bool   // Snapshot.Guesses, and Token
	Code        string // Snapshot.Code, by its hash

	Escalation EscalationID    // Snapshot.Escalation, by its id, else
	Number     int             // by its number, else what Target, Thread or ReplyTo is about
	Council    bool            // Number counts only in a room where escalations are decided, and if Target is about nothing
	Draft      bool            // in a direct chat: the draft that waits there, if there is one, rather than a question
	Page       *EscalationPage // Snapshot.Listed

	// The meetup: Meetup if named, else what Target, Thread or ReplyTo is about, else the
	// next one of the network. The network: the meetup's, else Network, NetworkName, what
	// the message is about, else the room's. Snapshot.NetworkRooms come with it.
	Meetup  MeetupID
	Network NetworkID
	// NetworkName is the beginning of a command's arguments, in which a person may have
	// named a network: the first of [Readings] that is one's id or the slug of its name.
	// If none is, the room's counts and, in a room of none, the only one there is.
	NetworkName string
	Meetups     bool          // Snapshot.Meetups: the network's that are open, the last few that took place, and those called off among and after them
	AllMeetups  bool          // Snapshot.AllMeetups: those of all networks that are open
	AllNetworks bool          // Snapshot.Networks; Archived includes archived ones
	Members     bool          // Snapshot.Members: who is in NetworkRooms, asked of their chats
	Find        *MeetupSearch // Snapshot.Found

	Notice    int    // Snapshot.Notice of that number, instead of what Target, Thread or ReplyTo is about
	Notices   bool   // Snapshot.Notices and Snapshot.LastNotice
	Newcomer  bool   // Snapshot.Newcomer: the acting account in the network of the room
	Newcomers RoomID // Snapshot.Newcomers that wait in that room
}

// EscalationPage asks for a page of escalations that were put to somebody, the oldest
// first.
type EscalationPage struct {
	Open     bool        // only those of which something is still to be done
	Projects []ProjectID // only of these; nil: of all
	Subject  bool        // only of the project that Query.Name names or whose room it is, if there is one
	Own      bool        // Snapshot.Own, too: those of the projects, with AllProjects, that the acting person answers for
	After    int         // only numbers above it
	Limit    int
}

// Abilities are what the room's chat can do.
//
// Reactions: the bot can react, and shows so what it has understood. Forms: a message can
// carry a Form.
type Abilities struct {
	Threads, Reactions, Edits, Forms bool
	// Files: a message can carry a File. Without, the words go alone.
	Files bool
	// Echo: the chat reports the bot's own messages in room order (EventEcho).
	Echo bool
	// MaxBytes is how large a rendered text may be.
	MaxBytes int
}

// Clicks reports whether one can choose by a click: what counts stands below the message.
func (a Abilities) Clicks() bool { return a.Reactions || a.Forms }

// Known is what the books say about a message.
type Known struct {
	Message MessageID
	Own     bool // the bot's: Key and Kind are set
	Key     Key
	Kind    Kind
	Subject Subject
}

// Settings are what the configuration says, as far as rules need it. They are
// read at start and do not change.
type Settings struct {
	City   string
	Zone   *time.Location
	Days   calendar.Days
	Shift  calendar.Shift
	Rhythm calendar.Rhythm // of the Projektcheck; zero: only extra checks
	Plan   calendar.PlanRules
	Length time.Duration // of a check, for showing
	Roles  map[Role][]PersonID
	// Configured are the accounts that the configuration names, and whose they are.
	Configured map[UserID]PersonID
	Chats      []ChatID // in which the bot is
	Goals      []Goal
	Language   Language
	// Allowed are the accounts, and AllowedServers the servers, whose invitations
	// the bot accepts.
	Allowed        []UserID
	AllowedServers []string
	// OnlyVerified: in encrypted rooms nothing counts that leaves a [Doubt].
	OnlyVerified bool
	Escalations  EscalationRules
	Meetups      MeetupRules

	Greeting GreetingRules
	// OverviewEvery is the least time between two drawings of a live message.
	OverviewEvery time.Duration
	// MaxText is how many characters an answer may have.
	MaxText int
	// CommandsAMinute is how many commands of an account are answered within a minute,
	// ten times as many of the PMO; 0: no limit. See Paced.
	CommandsAMinute int
	Retention       Retention
	// Rehearsal: a Probelauf, on a simulated clock.
	Rehearsal bool
	// WebAddress is where the bot is on the web, "https://lotse.stadt.example"; "": nowhere.
	WebAddress string
	BotName    string // for help: how the bot is called
}

// Snapshot is what a decision sees: its subject, the people concerned, the time.
// Pointers are nil where there is nothing. Decisions may change what it holds;
// nobody else has it.
type Snapshot struct {
	Now       time.Time // in the city's zone
	Settings  *Settings
	Abilities Abilities // of the room in which somebody acts
	// AbilitiesIn are those of another room; an account's id stands for the direct chat with
	// it. nil: all rooms are alike.
	AbilitiesIn func(RoomID) Abilities

	Room   Room   // zero Kind: not bound
	User   UserID // who acts
	Person *Person

	Message, Target, Thread, ReplyTo *Known

	Project     *Project
	ProjectRoom Room // the project's room, zero if it has none
	Candidates  []Project
	Round       *Round
	Report      *Report
	Tasks       []Task // the project's: open ones, and those done since the last two checks
	Direct      *Direct
	// OpenStands: the report's open question stood in the room before the event.
	OpenStands bool

	People map[PersonID]Person
	Users  map[UserID]PersonID // Query.Users resolved; absent: unknown
	Rooms  []Room              // the rooms of kind pmo, dm and dikon, joined

	Projects     []Project
	Reports      []Report
	ProjectRooms map[ProjectID]RoomID // with Projects
	Rounds       []Round
	History      []Report
	Pace         *Pace // Query.Pace; it may be over
	Oldest       Oldest
	Dossier      *Dossier

	// Escalation is the one it is about; Escalations are the project's: those open, those
	// of the round, and the newest; in the order of their making.
	Escalation  *Escalation
	Escalations []Escalation
	Escalated   int          // how many the project has had
	LastNumber  int          // the highest number given
	Listed      []Escalation // Query.Page
	Own         []Escalation // Query.Page.Own

	Network      *Network
	NetworkRooms []Room // the network's, joined
	Meetup       *Meetup
	Meetups      []Meetup  // by date
	AllMeetups   []Meetup  // by date
	Networks     []Network // by name
	Found        []Meetup  // Query.Find, the newest first
	// Members are who is in each of NetworkRooms (Query.Members); a room is missing if its chat
	// cannot say. They are asked of the chat each time and kept nowhere.
	Members map[RoomID][]UserID

	// Notice is the announcement it is about, Delivered how far it has got in each room.
	// Notices are those that wait, and the last ones that do not; the newest first.
	Notice     *Notice
	Delivered  []Delivered
	Notices    []Notice
	LastNotice int

	Quiet     []UserID   // of the accounts of those concerned: who wants to be left alone
	Newcomer  *Newcomer  // known already
	Newcomers []Newcomer // in the order in which they came

	Feeds []Feed // by number, revoked ones too
	// Token is a secret that the store has made up for this snapshot alone.
	Token string
	// Code is one that somebody was given and that still held when the event came; Guesses
	// are the actor's.
	Code    *LinkCode
	Guesses LinkGuesses

	Restored *Restored // the books came back from a backup
	Waiting  Waiting
}

// Today is the city's local date.
func (s Snapshot) Today() calendar.Date { return calendar.DateOf(s.Now.In(s.Settings.Zone)) }

// Is reports whether the acting person holds a city-wide role.
func (s Snapshot) Is(role Role) bool {
	return s.Person != nil && slices.Contains(s.Settings.Roles[role], s.Person.ID)
}

// ProjectRole returns the acting person's role in the snapshot's project, or "".
func (s Snapshot) ProjectRole() Role {
	if s.Person == nil || s.Project == nil {
		return ""
	}
	return s.Project.RoleOf(s.Person.ID, s.Today())
}

// RoomsOf returns the joined rooms of a kind.
func (s Snapshot) RoomsOf(kind RoomKind) []Room {
	var rooms []Room
	for _, r := range s.Rooms {
		if r.Kind == kind && r.Joined {
			rooms = append(rooms, r)
		}
	}
	return rooms
}
