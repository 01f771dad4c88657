package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lotse/bot"
	"lotse/bot/calendar"
	"lotse/bot/matrix"
	"lotse/bot/teams"
	"lotse/storage"
)

func newCheck(a *app) *cobra.Command {
	var teamsFile string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check everything the bot needs: one line each, ok or what to do",
		Long: `Check everything the bot needs: configuration, database, texts, login, rooms, rights, people, networks, the outbox, and how
long opening a round takes. Each line begins with "ok", or with "!!" and says behind the arrow what to do. Nothing is changed;
the bot may be running. The exit status is 1 if anything is to be done.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.check(cmd.Context(), teamsFile) },
	}
	cmd.Flags().StringVar(&teamsFile, "teams-package", "", "the Teams app package that was uploaded, a `file` (default "+teamsPackageName+" beside the configuration, if it is there)")
	return cmd
}

// check is one run of `lotse check`: what is asked, and what came out.
type check struct {
	config    *Config
	settings  *bot.Settings
	store     *storage.Store
	teamsFile string // the app package; "": the usual one, if it is there
	books     bot.Snapshot
	live      bool // not a rehearsal's database
	chat      *matrix.Chat
	client    *http.Client
	joined    []bot.RoomID // where the homeserver says that the bot is
	bindRooms []bot.Room   // what rooms are for, once the bot has started
	now       time.Time
	out       io.Writer
	todo      int
	err       error // of writing
}

// ok and do write one line each.
func (c *check) ok(format string, args ...any) {
	c.line("ok  %s\n", inLine(fmt.Sprintf(format, args...)))
}

func (c *check) do(todo, format string, args ...any) {
	c.todo++
	c.line("!!  %s → %s\n", inLine(fmt.Sprintf(format, args...)), inLine(todo))
}

func (c *check) line(format string, args ...any) {
	if _, err := fmt.Fprintf(c.out, format, args...); err != nil {
		c.err = errors.Join(c.err, err)
	}
}

// inLine makes one line of a text in which there may be what a server has said.
func inLine(text string) string { return oneLine(bot.Clean(text)) }

func (a *app) check(ctx context.Context, teamsFile string) error {
	c := &check{out: a.stdout, now: a.now(), teamsFile: teamsFile}
	c.all(ctx, a.config)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if c.store != nil {
		c.err = errors.Join(c.err, c.store.Close())
	}
	switch {
	case c.err != nil:
		return c.err
	case c.todo > 0:
		c.line("\n%s to do\n", count(c.todo, "thing", "things"))
		return errSaid
	}
	return nil
}

// all checks one thing after the other; what builds on something that is missing is left out.
func (c *check) all(ctx context.Context, path string) {
	if !c.configuration(path) {
		return
	}
	c.access()
	c.words()
	books := c.database(ctx)
	session := c.config.Matrix.on() && c.login(ctx, books)
	if session {
		c.rooms(ctx)
	} else if books {
		c.bound(nil)
	}
	c.teams(ctx, books)
	if c.config.Matrix.on() {
		c.invitations()
	}
	c.web(ctx)
	c.rule()
	if books {
		c.deciders()
		c.undecided(ctx)
		c.people()
		c.projects()
		c.networks(ctx)
		c.outbox(ctx)
		c.round(ctx, session)
	}
}

func count(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// some lists the first few.
func some(names []string) string {
	const few = 6
	if len(names) > few {
		return strings.Join(names[:few], ", ") + fmt.Sprintf(" and %d more", len(names)-few)
	}
	return strings.Join(names, ", ")
}

func (c *check) configuration(path string) bool {
	config, err := loadConfig(path)
	if faults, ok := errors.AsType[*faults](err); ok {
		for line := range strings.Lines(faults.Error()) {
			c.do("mend this line of the configuration", "%s", strings.TrimSpace(line))
		}
		return false
	}
	if err != nil {
		c.do("write one with \"lotse init\", or name it with --config", "configuration: %s", err)
		return false
	}
	c.config = config
	if c.settings, err = config.Settings(); err != nil {
		c.do("mend projektcheck in the configuration", "configuration: %s", err)
		return false
	}
	c.ok("configuration %s: %s, %s, %s", path, config.City, count(len(config.Persons), "person", "people"), count(len(config.Bindings), "room", "rooms"))
	for _, warning := range config.Warnings {
		c.ok("note: %s", warning)
	}
	if c.client, err = config.client(); err != nil {
		c.do("mend network in the configuration", "proxy and certificates: %s", err)
		return false
	}
	return true
}

func (c *check) words() {
	if _, err := readWords(c.config.path(c.config.Templates), c.settings); err != nil {
		for line := range strings.Lines(err.Error()) {
			c.do("mend the text, or remove the file: the built-in one is used then", "texts: %s", strings.TrimSpace(line))
		}
		return
	}
	if c.config.Templates == "" {
		c.ok("texts: built in")
		return
	}
	c.ok("texts: built in and from %s", c.config.path(c.config.Templates))
}

// database opens the database beside the bot: it is not changed, and not held.
func (c *check) database(ctx context.Context) bool {
	path := c.config.databasePath()
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		todo := "run \"lotse login\"; it makes one"
		if !c.config.Matrix.on() {
			todo = "import the projects (lotse import projects.csv), or start the bot; either makes one"
		}
		c.do(todo, "database %s: there is none yet", path)
		return false
	}
	store, err := storage.Open(ctx, path, storage.Options{ReadOnly: true})
	if err != nil {
		c.do("see under Backup in README.md", "%s", err)
		return false
	}
	c.store = store
	kind, err := store.Kind(ctx)
	if err == nil {
		c.books, err = store.Load(ctx, bot.Query{AllPeople: true, AllRooms: true, AllProjects: true, Rounds: true})
	}
	if err != nil {
		c.do("bring a backup back: lotse restore", "database %s cannot be read: %s", path, err)
		return false
	}
	c.books.Now, c.books.Settings = c.now, c.settings
	c.live = kind != "rehearsal"
	switch kind {
	case "rehearsal":
		c.ok("database %s: of a rehearsal (Probelauf); the live bot wants another one", path)
	case "":
		c.ok("database %s: new, neither live nor of a rehearsal", path)
	default:
		c.ok("database %s: live, %s", path, count(len(c.books.Projects), "project", "projects"))
	}
	if r := c.books.Restored; r.Paused() {
		c.do("the PMO writes !weiter in its room (or to the bot)", "restored on %s from a backup of %s: nothing is sent until the PMO agrees",
			r.At.In(c.config.Zone.Location).Format("2006-01-02 15:04"), r.Taken.In(c.config.Zone.Location).Format("2006-01-02 15:04"))
	}
	return true
}

// login asks the homeserver who we are, and what time it is there.
func (c *check) login(ctx context.Context, books bool) (good bool) {
	if !books {
		c.do("run \"lotse login\"", "login: there is no session for %s", c.config.Matrix.User)
		return false
	}
	session, err := c.config.session(ctx, c.store)
	if err != nil {
		c.do("run \"lotse login\"", "login: %s", err)
		return false
	}
	c.chat, err = matrix.New(matrix.Config{
		Homeserver: c.config.Matrix.Homeserver, UserID: session.UserID, DeviceID: session.DeviceID, AccessToken: session.AccessToken,
		HTTPClient: c.client, Memory: c.store,
	})
	if err != nil {
		c.do("mend matrix in the configuration", "login: %s", err)
		return false
	}
	defer func() { c.identity(ctx, good) }()
	account, err := c.chat.CheckAccount(ctx)
	switch {
	case errors.Is(err, bot.ErrLoggedOut):
		c.do("run \"lotse login\" and start the bot again", "login: the homeserver does not accept the session any more")
		return false
	case err != nil:
		c.do("check matrix.homeserver, proxy, certificate authority, and whether the homeserver is up", "homeserver %s: %s", c.config.Matrix.Homeserver, err)
		return false
	}
	c.ok("login: %s on %s, device %s", session.UserID, c.config.Matrix.Homeserver, account.DeviceID)
	const apart = 5 * time.Second
	if ahead := account.ClockAhead; ahead.Abs() > apart {
		c.do("let both synchronise their clocks (NTP)", "clock: the homeserver is %s %s", ahead.Abs(), map[bool]string{true: "ahead", false: "behind"}[ahead > 0])
	} else {
		c.ok("clock: less than %s from the homeserver's", apart+time.Second)
	}
	switch size, err := c.chat.CheckFiles(ctx); {
	case err != nil:
		c.do("have the homeserver's operator see to its media store; without it messages go without their files", "files: %s", err)
	case size > 0 && size < bot.MaxFile:
		c.do("have the homeserver's operator allow 1 MB; what is larger goes without its file", "files: the homeserver takes %d bytes at most", size)
	default:
		c.ok("files: the homeserver takes what the bot sends")
	}
	return true
}

// where says what a room is for.
func where(r bot.Room) string {
	switch {
	case r.Project != "":
		return "room of project " + string(r.Project)
	case r.Network != "":
		return "room of network " + r.Network
	}
	return strings.ToUpper(string(r.Kind)) + " room"
}

// bindings are the rooms as they will be bound once the bot has started with this configuration.
func (c *check) bindings(ctx context.Context) []bot.Room {
	var config []bot.Room
	for _, room := range c.config.Rooms() {
		if id, err := c.resolve(ctx, room); err != nil {
			c.do("correct the address in the configuration, or give the room that address", "%s: %s", where(room), err)
		} else {
			room.ID = id
			config = append(config, room)
		}
	}
	changed, _ := mergeRooms(config, c.books.Rooms)
	rooms := slices.Clone(changed)
	for _, room := range c.books.Rooms {
		if !slices.ContainsFunc(changed, func(r bot.Room) bool { return r.ID == room.ID }) {
			rooms = append(rooms, room)
		}
	}
	rooms = slices.DeleteFunc(rooms, func(r bot.Room) bool { return r.Kind == "" || r.Kind == bot.RoomDirect })
	slices.SortStableFunc(rooms, func(a, b bot.Room) int { return strings.Compare(where(a), where(b)) })
	return rooms
}

// resolve finds a room's id; without a session only what is remembered helps.
func (c *check) resolve(ctx context.Context, room bot.Room) (bot.RoomID, error) {
	if c.chat == nil || strings.HasPrefix(room.ID.Local(), "!") || room.ID.Chat() == teams.ID {
		return room.ID, nil
	}
	return c.chat.Resolve(ctx, room.ID.Local())
}

// rooms asks for each bound room whether the bot is in it, and what it may do there.
func (c *check) rooms(ctx context.Context) {
	joined, err := c.chat.CheckRooms(ctx)
	if err != nil {
		c.do("try again", "rooms: %s", err)
		return
	}
	c.joined = joined
	rooms := c.bindings(ctx)
	for _, room := range rooms {
		if room.ID.Chat() == teams.ID {
			continue // see teams
		}
		if !slices.Contains(joined, room.ID) {
			c.do(fmt.Sprintf("invite %s there; the one who invites must be allowed to (matrix.allow)", c.config.Matrix.User), "%s %s: the bot is not in it", where(room), room.ID.Local())
			continue
		}
		can, err := c.chat.CheckRoom(ctx, room.ID)
		named := fmt.Sprintf("%s %s", where(room), room.ID.Local())
		if can.Name != "" {
			named = fmt.Sprintf("%s %q", where(room), can.Name)
		}
		switch {
		case err != nil:
			c.do("try again", "%s: %s", named, err)
		case can.Replaced:
			c.do("invite the bot into the new room and bind that one (rooms in the configuration, or !raum there)", "%s was upgraded: people write in another one now", named)
		case !can.MayWrite:
			c.do("give it the power level that messages want", "%s: the bot may not write", named)
		case !can.MayReact:
			c.do("give it the power level that reactions want", "%s: the bot may not react", named)
		default:
			c.ok("%s: joined, may write, may react, %s", named, map[bool]string{true: "encrypted", false: "not encrypted"}[can.Encrypted])
			c.members(ctx, room, named)
		}
	}
	c.bound(rooms)
}

// bound checks that the rooms without which no round works are there.
func (c *check) bound(rooms []bot.Room) {
	if rooms == nil {
		rooms = c.bindings(context.Background())
	}
	c.bindRooms = rooms
	for _, kind := range []bot.RoomKind{bot.RoomPMO, bot.RoomDM} {
		if !slices.ContainsFunc(rooms, func(r bot.Room) bool { return r.Kind == kind }) {
			c.do(fmt.Sprintf("add one to rooms in the configuration, or write \"!raum %s\" in it", kind), "there is no %s room", strings.ToUpper(string(kind)))
		}
	}
}

func (c *check) invitations() {
	var who []string
	for _, user := range c.settings.Allowed {
		who = append(who, user.Local())
	}
	for _, server := range c.settings.AllowedServers {
		who = append(who, "everybody on "+server)
	}
	if len(who) == 0 {
		c.do("name users or servers in matrix.allow", "invitations: nobody may invite the bot")
		return
	}
	c.ok("invitations are accepted from %s", some(who))
}

// people checks that everybody who has a role or leads a project can be reached.
func (c *check) people() {
	var without []string
	need := map[bot.PersonID]bool{}
	for _, ids := range c.settings.Roles {
		for _, id := range ids {
			need[id] = true
		}
	}
	for _, project := range c.books.Projects {
		for _, id := range project.Acting(c.books.Today()) {
			need[id] = true
		}
	}
	for id := range need {
		if !c.reached(id) {
			without = append(without, string(id))
		}
	}
	slices.Sort(without)
	if len(without) > 0 {
		c.do("add them, with their accounts, to people in the configuration", "people without an account: %s", some(without))
		return
	}
	c.ok("people: everybody with a role and every lead has an account")
}

// reached reports whether a person has an account in a chat where the bot is.
func (c *check) reached(id bot.PersonID) bool {
	person := c.books.People[id]
	for _, p := range c.config.People() {
		if p.ID == id {
			person = p
		}
	}
	return slices.ContainsFunc(c.config.chats(), func(chat bot.ChatID) bool { return person.Account(chat) != "" })
}

func (c *check) projects() {
	var nobody, direct []string
	housed := c.books.ProjectRooms
	for _, p := range c.books.Projects {
		if p.State != bot.ProjectActive {
			continue
		}
		if len(p.Acting(c.books.Today())) == 0 {
			nobody = append(nobody, string(p.ID))
		} else if housed[p.ID] == "" && !slices.ContainsFunc(c.config.Bindings, func(r RoomConfig) bool { return r.Project == string(p.ID) }) {
			direct = append(direct, string(p.ID))
		}
	}
	switch {
	case len(c.books.Projects) == 0:
		c.do("import them (lotse import projects.csv), or write \"!projekt neu …\" in the PMO room", "projects: there are none")
	case len(nobody) > 0:
		c.do("say who leads them: \"!projekt ändern <project> leitung @maria\", or by import", "projects without a lead: %s", some(nobody))
	default:
		c.ok("projects: %s, each with a lead", count(len(c.books.Projects), "project", "projects"))
	}
	if len(direct) > 0 {
		c.ok("projects without a room are asked in a direct chat with their lead: %s", some(direct))
	}
}

// outbox says what did not reach its room.
func (c *check) outbox(ctx context.Context) {
	counts, err := c.store.Counts(ctx)
	if err != nil {
		c.do("restore a backup", "outbox: %s", err)
		return
	}
	since := time.Time{}
	const recently = 14 * 24 * time.Hour
	if c.live {
		since = c.now.Add(-recently)
	}
	const few = 5
	for _, state := range []bot.SlotState{bot.SlotFailed, bot.SlotStale} {
		troubles, err := c.store.Troubles(ctx, state, since, few)
		if err != nil {
			c.do("restore a backup", "outbox: %s", err)
			return
		}
		for _, t := range troubles {
			at := t.Since.In(c.settings.Zone).Format("2006-01-02 15:04")
			if state == bot.SlotFailed {
				c.do("mend the reason; it is not sent again by itself", "not sent (%s): %s, %s", at, t.Key, t.Reason)
			} else {
				c.ok("left out (%s): %s, %s", at, t.Key, t.Reason)
			}
		}
	}
	c.ok("outbox: %d sent, %d waiting, %d failed, %d left out", counts[bot.SlotSent], counts[bot.SlotPending]+counts[bot.SlotSending],
		counts[bot.SlotFailed], counts[bot.SlotStale])
}

// round says when the next round opens, and estimates how long it takes.
func (c *check) round(ctx context.Context, session bool) {
	var next *bot.Round
	for _, r := range bot.PlanRounds(c.books, 6) {
		if r.State == bot.RoundPlanned {
			next = &r
			break
		}
	}
	if next == nil {
		c.do("give projektcheck.anchor in the configuration, or write \"!projektcheck termin\" in the PMO room", "next round: none is planned")
		return
	}
	open, _ := next.Step(calendar.StepOpen)
	format := func(t time.Time) string { return t.In(c.settings.Zone).Format("Mon 2006-01-02 15:04") }
	when := format(open.At)
	if open.At.Before(c.now) {
		when = "at once, because its time was " + when
	}
	c.ok("next round: opens %s, Projektcheck %s (all dates: lotse plan)", when, format(next.Check))
	if !c.config.Matrix.on() {
		return // how long it takes to open is a question of the homeserver's limit
	}

	projects, sends, err := c.opening(ctx, next)
	if err != nil {
		c.do("restore a backup", "opening a round: %s", err)
		return
	}
	if projects == 0 {
		return
	}
	what := fmt.Sprintf("opening a round: %s for %s", count(sends, "message or reaction", "messages and reactions"), count(projects, "project", "projects"))
	software := ""
	if session {
		software = c.software(ctx)
	}
	limited := limitOf(software).time(sends)
	switch {
	case software == "Dendrite":
		c.ok("%s take about %s; assumed: Dendrite does not limit sending, 20 a second", what, limited)
	case limited <= longOpening:
		c.ok("%s take about %s; assumed: %s", what, limited, limitOf(software))
	default:
		c.do(fmt.Sprintf("exempt %s from the server's limit (Synapse: rc_message, or override_ratelimit of the admin API), if that has not been done", c.config.Matrix.User),
			"%s would take about %s; assumed: %s; without a limit about %s", what, limited, limitOf(software), sendLimit{perSecond: unlimited}.time(sends))
	}
}

// longOpening is from when on opening a round takes too long: who is asked first and who is asked last should be able to
// speak of the same morning.
const longOpening = 30 * time.Minute

// unlimited is what a homeserver does without a limit, measured on Dendrite on a small machine: events a second.
const unlimited = 20

// sendLimit is how fast a server lets one account send.
type sendLimit struct {
	perSecond float64
	burst     int // so many at once before
	text      string
}

func (l sendLimit) String() string { return l.text }

// limitOf is what a server does by default. Servers do not tell their limits.
func limitOf(software string) sendLimit {
	if software == "Dendrite" {
		return sendLimit{perSecond: unlimited}
	}
	// Synapse's default, https://element-hq.github.io/synapse/latest/usage/configuration/config_documentation.html#rc_message
	return sendLimit{perSecond: 0.2, burst: 10, text: "Synapse's default limit, 10 at once and then one in 5 seconds"}
}

// time is how long so many sends take.
func (l sendLimit) time(sends int) time.Duration {
	slow := max(0, sends-l.burst)
	took := time.Duration(float64(slow)/l.perSecond*float64(time.Second)) + time.Duration(float64(sends-slow)/unlimited*float64(time.Second))
	if took > time.Minute {
		return took.Round(time.Minute)
	}
	return max(took.Round(time.Second), time.Second)
}

// opening counts what opening a round sends: for each project the opening message with 🔁 and the numbers of its open
// tasks, and the first question with three lights.
func (c *check) opening(ctx context.Context, round *bot.Round) (projects, sends int, err error) {
	day := calendar.DateOf(round.Check.In(c.settings.Zone))
	for _, p := range c.books.Projects {
		if !p.Asked(day) {
			continue
		}
		books, err := c.store.Load(ctx, bot.Query{Project: p.ID})
		if err != nil {
			return 0, 0, err
		}
		projects++
		sends += 2 + 3
		if p.Current.Round != "" {
			sends++
		}
		for _, task := range books.Tasks {
			if task.Open() && task.Number <= 9 {
				sends++
			}
		}
	}
	return projects, sends, nil
}

// software asks the homeserver what it is; "" if it does not say.
func (c *check) software(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(c.config.Matrix.Homeserver, "/")+"/_matrix/federation/v1/version", nil)
	if err != nil {
		return ""
	}
	answer, err := c.client.Do(request)
	if err != nil {
		return ""
	}
	defer answer.Body.Close()
	var says struct {
		Server struct {
			Name string `json:"name"`
		} `json:"server"`
	}
	if json.NewDecoder(io.LimitReader(answer.Body, 1<<16)).Decode(&says) != nil {
		return ""
	}
	return says.Server.Name
}
