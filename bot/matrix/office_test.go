package matrix

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
	"lotse/bot/engine"
	"lotse/bot/matrix/matrixtest"
	"lotse/commands"
	"lotse/storage"
	"lotse/templates"
)

// office is the whole bot on a real homeserver, with a proxy in between: three projects
// with a room each, a PMO.
type office struct {
	*testing.T
	server     *matrixtest.Server
	proxy      *matrixtest.Proxy
	lotse, pia *matrixtest.User
	pmo        string
	projects   []string // rooms
	path       string   // of the database
	store      *storage.Store
	stop       context.CancelFunc
	done       chan error // nil: not running
}

// newOffice makes rooms and database. The bot is in the rooms and does not run yet.
func newOffice(t *testing.T, srv *matrixtest.Server) *office {
	t.Helper()
	o := &office{
		T: t, server: srv, proxy: srv.Proxy(t), lotse: srv.Register(t, "lotse"), pia: srv.Register(t, "pia"),
		path: filepath.Join(t.TempDir(), "lotse.db"),
	}
	o.pmo = joined(t, "PMO", o.pia, o.lotse)
	account := user(o.pia)
	change := bot.Change{
		People: []bot.Person{{ID: "pia", Name: "Pia Beispiel", Accounts: []bot.UserID{account}}},
		Rooms:  []bot.Room{{ID: bot.RoomID("matrix:" + o.pmo), Kind: bot.RoomPMO}},
	}
	for i := range 3 {
		id := bot.ProjectID(fmt.Sprintf("projekt-%d", i+1))
		room := joined(t, string(id), o.pia, o.lotse)
		o.projects = append(o.projects, room)
		change.Projects = append(change.Projects, bot.Project{ID: id, Name: fmt.Sprintf("Projekt %d", i+1), Leads: []bot.PersonID{"pia"}, State: bot.ProjectActive})
		change.Rooms = append(change.Rooms, bot.Room{ID: bot.RoomID("matrix:" + room), Kind: bot.RoomProject, Project: id})
	}
	o.open()
	t.Cleanup(func() { o.store.Close() })
	epoch, err := o.store.Acquire(t.Context(), "test", time.Now(), time.Minute)
	if err == nil {
		err = o.store.Commit(t.Context(), bot.Commit{Epoch: epoch, Now: time.Now(), Change: change})
	}
	if err == nil {
		err = o.store.Release(t.Context(), epoch)
	}
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (o *office) open() {
	o.Helper()
	var err error
	if o.store, err = storage.Open(o.Context(), o.path, storage.Options{}); err != nil {
		o.Fatal(err)
	}
}

// run starts the bot and waits until it has said hello in the rooms it is new in.
func (o *office) run() {
	o.Helper()
	t := o.T
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	words, err := templates.New(templates.Options{Zone: zone, Default: bot.German})
	if err != nil {
		t.Fatal(err)
	}
	chat := newChat(t, o.lotse, o.store, func(c *Config) { c.Homeserver, c.Timeout = o.proxy.URL, 3*time.Second })
	e, err := engine.New(engine.Config{
		Store: o.store, Chats: []engine.Chat{chat}, Renderer: words, Commander: commands.New("Lotse"), Holder: "test",
		Settings: &bot.Settings{
			City: "Beispielstadt", Zone: zone, Days: calendar.NewDays("NW"), Roles: map[bot.Role][]bot.PersonID{bot.RolePMO: {"pia"}},
			Language: bot.German, OverviewEvery: time.Second, MaxText: 2000, BotName: "Lotse", Allowed: []bot.UserID{user(o.pia)},
			Escalations: bot.DefaultEscalationRules(),
		},
		Log:    slog.New(slog.NewTextHandler(t.Output(), nil)),
		Limits: engine.Limits{BackOff: 20 * time.Millisecond, BackOffTo: 300 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	o.stop, o.done = stop, make(chan error, 1)
	go func() { o.done <- e.Run(ctx) }()
	t.Cleanup(o.halt)
	for _, room := range o.projects {
		o.awaits(room, "Hier geht es um das Projekt")
	}
	o.awaits(o.pmo, "Dies ist der Raum des PMO")
}

// halt ends the bot; a second call does nothing.
func (o *office) halt() {
	o.Helper()
	if o.done == nil {
		return
	}
	o.stop()
	if err := <-o.done; err != nil {
		o.Errorf("the bot ended with %v", err)
	}
	o.done = nil
}

// awaits waits for a message of the bot.
func (o *office) awaits(room, contains string) matrixtest.Event {
	o.Helper()
	return o.pia.AwaitEvent(o, room, fmt.Sprintf("%q by the bot", contains), func(e matrixtest.Event) bool {
		return e.Sender == o.lotse.ID && e.Type == "m.room.message" && strings.Contains(e.Body(), contains)
	})
}

// asks has pia ask in a room what it is for, and returns the key of the answer.
func (o *office) asks(room string) (key string) {
	o.Helper()
	return o.answerTo(room, o.pia.Send(o, room, "!raum"))
}

func (o *office) answerTo(room, event string) string {
	return "reply/matrix:" + event + "/0/matrix:" + room
}

// holds wants the answers in a room, each once and in this order.
func (o *office) holds(room string, keys []string) {
	o.Helper()
	var got []string
	for _, e := range o.pia.Events(o, room) {
		if e.Sender == o.lotse.ID && slices.Contains(keys, e.Key()) && e.Type == "m.room.message" {
			got = append(got, e.Key())
		}
	}
	if !slices.Equal(got, keys) {
		o.Errorf("in %s stand %d answers\n%s\nwant each of %d once and in order\n%s", room, len(got), strings.Join(got, "\n"), len(keys), strings.Join(keys, "\n"))
	}
}

// times is how many messages of the bot in a room contain a text.
func (o *office) times(room, contains string) (n int) {
	o.Helper()
	for _, e := range o.pia.Events(o, room) {
		if e.Sender == o.lotse.ID && e.Type == "m.room.message" && e.RelType != "m.replace" && strings.Contains(e.Body(), contains) {
			n++
		}
	}
	return n
}

// TestNoisyRoomOnServer: one room in which nothing works, whatever the fault, holds up
// no other; when it works again, it gets everything once and in order.
func TestNoisyRoomOnServer(t *testing.T) { matrixtest.Each(t, testNoisyRoomOnServer) }

func testNoisyRoomOnServer(t *testing.T, srv *matrixtest.Server) {
	o := newOffice(t, srv)
	o.run()
	keys := map[string][]string{}
	for _, f := range faults {
		outage := o.proxy.Break(matrixtest.Sends(o.projects[0]), 0, f.fault)
		for range 2 {
			for _, room := range o.projects {
				keys[room] = append(keys[room], o.asks(room))
			}
		}
		outage.Await(t)
		for _, room := range o.projects[1:] {
			o.pia.AwaitKey(t, room, keys[room][len(keys[room])-1])
		}
		outage.Heal()
		o.pia.AwaitKey(t, o.projects[0], keys[o.projects[0]][len(keys[o.projects[0]])-1])
	}
	for _, room := range o.projects {
		o.pia.AwaitKey(t, room, keys[room][len(keys[room])-1])
		o.holds(room, keys[room])
	}
}

// TestServerTrouble: the whole server is in trouble, is restarted in the middle of it,
// and forgets what it was sent.
func TestServerTrouble(t *testing.T) { matrixtest.EachStart(t, testServerTrouble) }

func testServerTrouble(t *testing.T, srv *matrixtest.Server) {
	o := newOffice(t, srv)
	o.run()
	keys := map[string][]string{}
	ask := func() {
		for _, room := range o.projects {
			keys[room] = append(keys[room], o.asks(room))
		}
	}
	for _, how := range []func(testing.TB){srv.Stop, srv.Kill} {
		lost := o.proxy.Break(matrixtest.Sends(""), 3, matrixtest.Lost())
		ask()
		lost.Await(t)
		down := o.proxy.Break(func(*http.Request) bool { return true }, 0, matrixtest.Status(http.StatusBadGateway))
		how(t)
		srv.Restart(t)
		down.Heal()
		ask()
	}
	for _, room := range o.projects {
		o.pia.AwaitKey(t, room, keys[room][len(keys[room])-1])
		o.holds(room, keys[room])
	}
}

// TestRevokedToken: the bot says so and ends; the database is whole, and with a new
// login everything that was still to be said is said.
func TestRevokedToken(t *testing.T) { matrixtest.Each(t, testRevokedToken) }

func testRevokedToken(t *testing.T, srv *matrixtest.Server) {
	o := newOffice(t, srv)
	o.run()
	room := o.projects[0]
	busy := o.proxy.Break(matrixtest.Sends(room), 0, matrixtest.Status(http.StatusServiceUnavailable))
	keys := []string{o.asks(room), o.asks(room)}
	busy.Await(t)
	if err := o.lotse.Do(http.MethodPost, matrixtest.Path("logout", "all"), map[string]any{}, nil); err != nil {
		t.Fatal(err)
	}
	err := <-o.done
	o.done = nil
	if !errors.Is(err, bot.ErrLoggedOut) || !strings.Contains(err.Error(), "no longer accepts the session") {
		t.Errorf("the bot ended with %v, want that the session is not accepted", err)
	}
	busy.Heal()
	sends := o.proxy.Break(matrixtest.Sends(""), 1000, matrixtest.Reset())
	if err := o.store.Close(); err != nil {
		t.Error(err)
	}
	if n := sends.Count(); n > 0 {
		t.Errorf("%d sends after the token was revoked", n)
	}
	sends.Heal()

	keys = append(keys, o.asks(room)) // while nobody listens
	var login struct {
		Token  string `json:"access_token"`
		Device string `json:"device_id"`
	}
	if err := o.lotse.Do(http.MethodPost, matrixtest.Path("login"), map[string]any{
		"type": "m.login.password", "password": o.lotse.Password, "identifier": map[string]any{"type": "m.id.user", "user": o.lotse.ID},
	}, &login); err != nil {
		t.Fatal(err)
	}
	o.lotse.Token, o.lotse.DeviceID = login.Token, login.Device
	o.open()
	o.run()
	o.pia.AwaitKey(t, room, keys[2])
	o.holds(room, keys)
}

// TestMutedOnServer: the bot may not write in a room. The PMO is told once, the others
// are served, and when the power is back the room gets everything in order.
func TestMutedOnServer(t *testing.T) { matrixtest.Each(t, testMutedOnServer) }

func testMutedOnServer(t *testing.T, srv *matrixtest.Server) {
	o := newOffice(t, srv)
	o.run()
	const told = "Ich darf in einem Raum nicht schreiben"
	room, other := o.projects[0], o.projects[1]
	var keys []string
	for n := 1; n <= 2; n++ {
		o.pia.SetPowerLevels(t, room, map[string]int{o.lotse.ID: -1})
		keys = append(keys, o.asks(room), o.asks(room))
		o.pia.Await(t, o.pmo, "that the PMO is told", func([]matrixtest.Event) bool { return o.times(o.pmo, told) == n })
		if n == 1 { // also over a restart
			o.halt()
			o.run()
		}
		o.pia.AwaitKey(t, other, o.asks(other))
		o.pia.SetPowerLevels(t, room, map[string]int{o.lotse.ID: 0})
		o.pia.AwaitKey(t, room, keys[len(keys)-1])
		if got := o.times(o.pmo, told); got != n {
			t.Errorf("the PMO was told %d times, want %d", got, n)
		}
	}
	o.holds(room, keys)
	if text := o.awaits(o.pmo, told).Body(); !strings.Contains(text, "Projekt 1") || !strings.Contains(text, "erlauben Sie mir") {
		t.Errorf("the PMO reads %q, want which room, and what to do", text)
	}
}

// TestKickedOnServer: removed and asked back, the bot tells the PMO once and answers
// nothing that was said before it came back.
func TestKickedOnServer(t *testing.T) { matrixtest.Each(t, testKickedOnServer) }

func testKickedOnServer(t *testing.T, srv *matrixtest.Server) {
	o := newOffice(t, srv)
	o.run()
	room := o.projects[0]
	before := o.asks(room)
	o.pia.AwaitKey(t, room, before)
	o.pia.Kick(t, room, o.lotse.ID, "")
	missed := o.asks(room)
	o.awaits(o.pmo, "Ich bin nicht mehr in")
	o.pia.Invite(t, room, o.lotse.ID)
	o.pia.AwaitMember(t, room, o.lotse.ID, "join")
	after := o.asks(room)
	o.pia.AwaitKey(t, room, after)

	// The same while the bot is away.
	o.halt()
	o.pia.Kick(t, room, o.lotse.ID, "")
	missedToo := o.asks(room)
	o.pia.Invite(t, room, o.lotse.ID)
	o.run()
	o.pia.AwaitMember(t, room, o.lotse.ID, "join")
	last := o.asks(room)
	o.pia.AwaitKey(t, room, last)

	o.holds(room, []string{before, after, last})
	for _, e := range o.pia.Events(t, room) {
		if e.Key() == missed || e.Key() == missedToo {
			t.Errorf("the bot answers what was said while it was not in the room")
		}
	}
	if got := o.times(o.pmo, "Ich bin nicht mehr in"); got != 2 {
		t.Errorf("the PMO was told %d times of two removals", got)
	}
}
