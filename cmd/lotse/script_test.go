package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"lotse/bot/matrix/matrixtest"
)

// TestMain lets scripts call the program by its name: it is this test binary, as a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"lotse": main, "lotse-weighed": weighed})
}

// TestScripts runs the sessions in testdata/script, which need no homeserver.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", RequireUniqueNames: true})
}

// TestServerScripts runs the sessions in testdata/server, on a real homeserver. Each has a bot account that is not logged
// in, Pia of the PMO and Dora of the DM, and the variables HOMESERVER, BOT, PIA, DORA and METRICS (a free address).
//
//	room NAME        Pia makes a room and invites the bot and Dora; its id is in $NAME
//	encrypt NAME     the room becomes encrypted
//	silence NAME     only Pia may write there
//	config EXTRA...  writes lotse.yaml; what stands in the files is added
//	expand FILE      replaces variables in a file
//	joined NAME      waits until the bot is in the room
//	logout           ends all sessions of the bot, as an administrator would
//	reads NAME TEXT  waits until a message of the room contains the text
//	answers URL RE   waits until the address answers 200 and the body matches; negated: anything but 200
//	appears FILE RE  waits until the file's content matches
//
// and those of [lifeCommands].
func TestServerScripts(t *testing.T) {
	server := matrixtest.Start(t)
	commands := lifeCommands(t)
	maps.Copy(commands, map[string]func(ts *testscript.TestScript, neg bool, args []string){
		"room":    func(ts *testscript.TestScript, _ bool, args []string) { worldOf(ts).room(t, ts, args[0]) },
		"encrypt": func(ts *testscript.TestScript, _ bool, args []string) { worldOf(ts).encrypt(t, args[0]) },
		"silence": func(ts *testscript.TestScript, _ bool, args []string) { worldOf(ts).silence(t, args[0]) },
		"config":  func(ts *testscript.TestScript, _ bool, args []string) { worldOf(ts).config(ts, args) },
		"reads": func(ts *testscript.TestScript, _ bool, args []string) {
			w := worldOf(ts)
			until(ts, fmt.Sprintf("a message with %q in %s", args[1], args[0]), func() error {
				for _, e := range w.pia.Events(t, w.rooms[args[0]]) {
					if strings.Contains(e.Body(), args[1]) {
						return nil
					}
				}
				return errors.New("there is none")
			})
		},
		"joined": func(ts *testscript.TestScript, _ bool, args []string) {
			w := worldOf(ts)
			until(ts, "the bot in "+args[0], func() error {
				if _, ok := w.pia.Members(t, w.rooms[args[0]])[w.bot.ID]; !ok {
					return errors.New("it is not there")
				}
				return nil
			})
		},
		"leaves": func(ts *testscript.TestScript, _ bool, args []string) {
			w := worldOf(ts)
			ts.Check(w.dora.Do(http.MethodPost, matrixtest.Path("rooms", w.rooms[args[0]], "leave"), map[string]any{}, nil))
		},
		"logout": func(ts *testscript.TestScript, _ bool, _ []string) {
			ts.Check(worldOf(ts).bot.Do(http.MethodPost, matrixtest.Path("logout", "all"), map[string]any{}, nil))
		},
		"expand": func(ts *testscript.TestScript, _ bool, args []string) {
			ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(os.Expand(ts.ReadFile(args[0]), ts.Getenv)), 0o600))
		},
		"answers": answers,
		"appears": appears,
	})
	testscript.Run(t, testscript.Params{
		Dir:                "testdata/server",
		RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			bot, pia, dora := server.Register(t, "lotse"), server.Register(t, "pia"), server.Register(t, "dora")
			w := &world{server: server, bot: bot, pia: pia, dora: dora, rooms: map[string]string{}}
			address, err := freeAddress()
			if err != nil {
				return err
			}
			env.Values[worldKey{}] = w
			env.Setenv("HOMESERVER", server.URL)
			env.Setenv("BOT", bot.ID)
			env.Setenv("PIA", pia.ID)
			env.Setenv("DORA", dora.ID)
			env.Setenv("BOT_TOKEN", bot.Token)
			env.Setenv("METRICS", address)
			return os.WriteFile(env.WorkDir+"/password", []byte(bot.Password+"\n"), 0o600)
		},
		Cmds: commands,
	})
}

type worldKey struct{}

// world is what a script finds on the homeserver.
type world struct {
	server         *matrixtest.Server
	bot, pia, dora *matrixtest.User
	rooms          map[string]string
	hangs
}

func worldOf(ts *testscript.TestScript) *world { return ts.Value(worldKey{}).(*world) }

func (w *world) room(t testing.TB, ts *testscript.TestScript, name string) {
	id := w.pia.CreateRoom(t, name, matrixtest.Inviting(w.bot.ID, w.dora.ID))
	w.dora.Join(t, id)
	w.rooms[name] = id
	ts.Setenv(name, id)
}

func (w *world) encrypt(t testing.TB, name string) {
	w.pia.SendState(t, w.rooms[name], "m.room.encryption", "", map[string]any{"algorithm": "m.megolm.v1.aes-sha2"})
}

func (w *world) silence(t testing.TB, name string) {
	levels := w.pia.State(t, w.rooms[name], "m.room.power_levels", "")
	levels["events_default"] = 50
	w.pia.SendState(t, w.rooms[name], "m.room.power_levels", "", levels)
}

// config writes the least that the bot wants, with the rooms PMO and DM if there are such.
func (w *world) config(ts *testscript.TestScript, extra []string) {
	var b strings.Builder
	fmt.Fprintf(&b, `city: Musterstadt
bundesland: NW
database: lotse.db
matrix:
  homeserver: %s
  user: %q
  password_file: password
  allow: {users: [%q]}
people:
  - {id: pia, name: Pia Beispiel, accounts: [%q]}
  - {id: dora, name: Dora Beispiel, accounts: [%q]}
roles: {pmo: [pia], dm: [dora]}
projektcheck: {every_weeks: 3, anchor: 2026-11-25, at: 10:00}
metrics: {listen: %q}
`, w.url(), w.bot.ID, w.pia.ID, w.pia.ID, w.dora.ID, ts.Getenv("METRICS"))
	for i, room := range []string{"PMO", "DM"} {
		if i == 0 {
			b.WriteString("rooms:\n")
		}
		if id := w.rooms[room]; id != "" {
			fmt.Fprintf(&b, "  - {room: %q, kind: %s}\n", id, strings.ToLower(room))
		}
	}
	for _, name := range extra {
		b.WriteString(os.Expand(ts.ReadFile(name), ts.Getenv))
	}
	ts.Check(os.WriteFile(ts.MkAbs("lotse.yaml"), []byte(b.String()), 0o600))
}

// patience is how long a script waits for something; no test depends on how fast it comes.
const patience = time.Minute

// until tries until it succeeds.
func until(ts *testscript.TestScript, what string, try func() error) {
	deadline := time.Now().Add(patience)
	for {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("waited in vain for %s: %v", what, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func answers(ts *testscript.TestScript, neg bool, args []string) {
	want := regexp.MustCompile("(?m)" + args[1])
	until(ts, args[0], func() error {
		resp, err := http.Get(args[0])
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return err
		}
		if ok := resp.StatusCode == http.StatusOK; ok == neg || !want.Match(body) {
			return fmt.Errorf("%s: %s", resp.Status, body)
		}
		ts.Check(os.WriteFile(ts.MkAbs("answer"), body, 0o600))
		return nil
	})
}

func appears(ts *testscript.TestScript, _ bool, args []string) {
	want := regexp.MustCompile("(?m)" + args[1])
	until(ts, args[0], func() error {
		data, err := os.ReadFile(ts.MkAbs(args[0]))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if !want.Match(data) {
			return fmt.Errorf("its content is\n%s", data)
		}
		return nil
	})
}

// freeAddress is an address of this machine that nobody listens on.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
