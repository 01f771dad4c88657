package matrixtest

import (
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/bot/cachetest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) { os.Exit(Run(m)) }

// room makes a room in which all of them are.
func room(t *testing.T, owner *User, others ...*User) string {
	t.Helper()
	var ids []string
	for _, u := range others {
		ids = append(ids, u.ID)
	}
	room := owner.CreateRoom(t, "Serviceportal", Inviting(ids...))
	for _, u := range others {
		u.Join(t, room)
	}
	return room
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the room is not as in %s (go test -update writes it anew). It is:\n%s\nwant:\n%s", path, got, want)
	}
}

// A conversation with everything that a transcript shows, in each room version
// that the bot may meet.
func TestConversation(t *testing.T) { Each(t, testConversation) }

func testConversation(t *testing.T, srv *Server) {
	for _, version := range []string{"10", "11", "12"} {
		t.Run("room version "+version, func(t *testing.T) {
			maria, jonas := srv.Register(t, "maria"), srv.Register(t, "jonas")
			room := maria.CreateRoom(t, "Serviceportal", Inviting(jonas.ID), Version(version))
			if got := jonas.AwaitInvite(t, maria.ID); got != room {
				t.Fatalf("jonas is invited to %q, want %q", got, room)
			}
			jonas.Join(t, room)

			question := maria.SendContent(t, room, "m.room.message", Text("Wie weit seid ihr?\n\nBitte bis Freitag.", jonas.ID))
			got := jonas.AwaitMessage(t, room, "Wie weit")
			if got.ID != question || got.Sender != maria.ID || len(got.Mentions()) != 1 || got.Mentions()[0] != jonas.ID {
				t.Errorf("jonas reads %+v, want %s by %s that mentions him", got, question, maria.ID)
			}
			answer := jonas.Thread(t, room, question, "Fast fertig.")
			jonas.Edit(t, room, answer, "Fertig.")
			if got := maria.AwaitMessage(t, room, "Fertig."); got.ID != answer || got.Thread() != question || !got.Edited {
				t.Errorf("maria reads %+v, want the edited answer in the thread of %s", got, question)
			}
			maria.ThreadReply(t, room, question, answer, "Schön!")
			maria.React(t, room, answer, "👍️")
			if got := jonas.AwaitReaction(t, room, answer, "👍"); got.Sender != maria.ID {
				t.Errorf("the reaction is by %s, want %s", got.Sender, maria.ID)
			}
			jonas.React(t, room, answer, "👍")
			jonas.Redact(t, room, jonas.React(t, room, answer, "🎉"), "")
			slip := jonas.Send(t, room, "Mein Passwort ist …")
			jonas.Redact(t, room, slip, "")
			insult := jonas.Reply(t, room, question, "Immer diese Fragen.")
			maria.Redact(t, room, insult, "Ton")
			marked := Text("Bis Freitag!")
			marked["msgtype"] = "m.notice"
			marked["org.lotse"] = map[string]any{"key": "check/1/ask", "kind": "ask", "ref": "p7"}
			notice := maria.SendContent(t, room, "m.room.message", marked)
			want := Mark{Key: "check/1/ask", Kind: "ask", Ref: "p7"}
			if got := jonas.AwaitKey(t, room, "check/1/ask"); got.ID != notice || got.Mark() != want {
				t.Errorf("jonas finds %s with %+v, want %s with %+v", got.ID, got.Mark(), notice, want)
			}
			maria.SendState(t, room, "m.room.pinned_events", "", map[string]any{"pinned": []string{notice}})
			jonas.SetDisplayName(t, "Jonas Meyer")
			maria.AwaitEvent(t, room, "jonas's new name", func(e Event) bool { return text(e.Content, "displayname") == "Jonas Meyer" })
			if got := maria.Members(t, room)[jonas.ID]; got != "Jonas Meyer" {
				t.Errorf("jonas is called %q, want Jonas Meyer", got)
			}
			maria.Kick(t, room, jonas.ID, "Projekt beendet")

			golden(t, "conversation.txt", Transcript(maria.Events(t, room)))
		})
	}
}

func TestRegister(t *testing.T) { Each(t, testRegister) }

func testRegister(t *testing.T, srv *Server) {
	first, second := srv.Register(t, "lena"), srv.Register(t, "lena")
	if first.ID == second.ID || person(second.ID) != "lena" {
		t.Errorf("two people called lena are %s and %s, want two ids with one name", first.ID, second.ID)
	}
	var login struct {
		ID string `json:"user_id"`
	}
	err := first.Do(http.MethodPost, Path("login"), map[string]any{
		"type":       "m.login.password",
		"identifier": map[string]any{"type": "m.id.user", "user": first.ID},
		"password":   first.Password,
	}, &login)
	if err != nil || login.ID != first.ID {
		t.Errorf("logging in with the password gives %q, %v; want %q", login.ID, err, first.ID)
	}
}

// A test that waits in vain says what for and shows the room.
func TestAwaitInVain(t *testing.T) { Each(t, testAwaitInVain) }

func testAwaitInVain(t *testing.T, srv *Server) {
	defer func(d time.Duration) { patience = d }(patience)
	maria, stranger := srv.Register(t, "maria"), srv.Register(t, "jonas")
	id := maria.CreateRoom(t, "Serviceportal")
	maria.Send(t, id, "Hallo?")
	maria.Events(t, id) // so that the message is there, however short the patience
	patience = 10 * time.Millisecond
	for _, tt := range []struct {
		who   *User
		room  string
		parts []string
	}{
		{maria, id, []string{`a message with "Ja!"`, "in vain", "#1 maria: Hallo?"}},
		{stranger, id, []string{"(nothing)"}}, // Dendrite shows him nothing, Synapse says that it does not
		{maria, "!no-such-room:localhost", []string{`a message with "Ja!"`, "403 M_FORBIDDEN"}},
	} {
		_, failed := record(t, func(t testing.TB) { tt.who.AwaitMessage(t, tt.room, "Ja!") })
		for _, part := range tt.parts {
			if !strings.Contains(failed, part) {
				t.Errorf("%s's test says\n%s\nwant %q in it", tt.who.ID, failed, part)
			}
		}
	}
}

func TestRoomOptions(t *testing.T) { Each(t, testRoomOptions) }

func testRoomOptions(t *testing.T, srv *Server) {
	owner, other := srv.Register(t, "maria"), srv.Register(t, "jonas")
	id := owner.CreateRoom(t, "", Preset("public_chat"), Version("11"), Direct(), Inviting(other.ID),
		PowerLevels(map[string]any{"events_default": 50}))
	if got := owner.State(t, id, "m.room.create", "")["room_version"]; got != "11" {
		t.Errorf("the room's version is %v, want 11", got)
	}
	if got := owner.State(t, id, "m.room.name", ""); got != nil {
		t.Errorf("the room has the name %v, want none", got)
	}
	if got := owner.State(t, id, "m.room.member", other.ID)["is_direct"]; got != true {
		t.Errorf("the invitation says is_direct: %v, want true", got)
	}
	if got := other.AwaitInvite(t, owner.ID); got != id {
		t.Errorf("the invitation is to %s, want %s", got, id)
	}
	other.Join(t, id)
	err := other.Do(http.MethodPut, Path("rooms", id, "send", "m.room.message", "1"), Text("darf ich?"), nil)
	if refusal, ok := errors.AsType[*Error](err); !ok || refusal.Status != http.StatusForbidden || refusal.Code != "M_FORBIDDEN" {
		t.Errorf("writing without power gives %v, want 403 M_FORBIDDEN", err)
	}
	owner.SetPowerLevels(t, id, map[string]int{other.ID: 50})
	other.Send(t, id, "jetzt ja")
	other.Leave(t, id)
	if got := owner.Members(t, id); len(got) != 1 {
		t.Errorf("the members are %v, want only the owner", got)
	}
	guest := srv.Register(t, "gast")
	owner.Invite(t, id, guest.ID)
	guest.Leave(t, id)
	owner.AwaitMember(t, id, guest.ID, "leave")
	want := `— maria joined
— maria invited jonas
— jonas joined
#1 jonas: jetzt ja
— jonas left
— maria invited gast
— gast declined
`
	if got := Transcript(owner.Events(t, id)); got != want {
		t.Errorf("the room is\n%s\nwant\n%s", got, want)
	}
}

// People who write at the same moment make events of equal depth, which
// Dendrite loses between two pages of a hundred.
func TestEventsLosesNothing(t *testing.T) { Each(t, testEventsLosesNothing) }

func testEventsLosesNothing(t *testing.T, srv *Server) {
	owner := srv.Register(t, "maria")
	people := []*User{owner}
	for range 4 {
		people = append(people, srv.Register(t, "jonas"))
	}
	id := room(t, owner, people[1:]...)
	const each = 40
	var wg sync.WaitGroup
	for _, u := range people {
		wg.Go(func() {
			for i := range each {
				if err := u.Do(http.MethodPut, Path("rooms", id, "send", "m.room.message", fmt.Sprint(i)), Text(fmt.Sprint(i)), nil); err != nil {
					t.Errorf("send: %v", err)
				}
			}
		})
	}
	wg.Wait()
	events := owner.Await(t, id, "all messages", func(events []Event) bool {
		n := 0
		for _, e := range events {
			if e.Type == "m.room.message" {
				n++
			}
		}
		return n == each*len(people)
	})
	// Each person's own messages are in the order in which they were sent.
	next := map[string]int{}
	for _, e := range events {
		if e.Type != "m.room.message" {
			continue
		}
		if e.Body() != fmt.Sprint(next[e.Sender]) {
			t.Errorf("%s's message %q comes where %d is due", e.Sender, e.Body(), next[e.Sender])
		}
		next[e.Sender]++
	}
}

func TestRestart(t *testing.T) { EachStart(t, testRestart) }

func testRestart(t *testing.T, srv *Server) {
	maria, jonas := srv.Register(t, "maria"), srv.Register(t, "jonas")
	id := room(t, maria, jonas)
	maria.Send(t, id, "vorher")
	jonas.AwaitMessage(t, id, "vorher")
	before := Transcript(jonas.Events(t, id))
	url := srv.URL

	srv.Restart(t)
	if srv.URL != url {
		t.Errorf("after the restart the server is at %s, want %s", srv.URL, url)
	}
	if got := Transcript(jonas.Events(t, id)); got != before {
		t.Errorf("after the restart the room is\n%s\nwant\n%s", got, before)
	}

	// Who waits while the server is away gets what comes when it is back.
	srv.Stop(t)
	back := make(chan error)
	go func() {
		err := srv.run()
		if err == nil {
			err = maria.Do(http.MethodPut, Path("rooms", id, "send", "m.room.message", "1"), Text("nachher"), nil)
		}
		back <- err
	}()
	jonas.AwaitMessage(t, id, "nachher")
	if err := <-back; err != nil {
		t.Error(err)
	}
}

// What the server has acknowledged survives its death.
func TestKill(t *testing.T) { EachStart(t, testKill) }

func testKill(t *testing.T, srv *Server) {
	maria := srv.Register(t, "maria")
	id := maria.CreateRoom(t, "Serviceportal")
	var last string
	for range 5 {
		for range 5 {
			last = maria.Send(t, id, "noch eine")
		}
		srv.Kill(t)
		srv.Restart(t)
		maria.AwaitEvent(t, id, "the last message", func(e Event) bool { return e.ID == last })
	}
	n := 0
	for _, e := range maria.Events(t, id) {
		if e.Type == "m.room.message" {
			n++
		}
	}
	if n != 25 {
		t.Errorf("%d messages are left, want 25", n)
	}
}

// A test that is killed cannot clean up; its server must die all the same.
func TestServerDiesWithTest(t *testing.T) {
	const child = "MATRIXTEST_CHILD"
	if os.Getenv(child) != "" {
		fmt.Println(Start(t).URL)
		select {}
	}
	if runtime.GOOS != "linux" {
		t.Skip("only Linux ends a process together with the one that started it")
	}
	Dendrite.need(t)
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), child+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var url string
	if _, err := fmt.Fscan(out, &url); err != nil {
		t.Errorf("read the server's address: %v", err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	for deadline := time.Now().Add(patience); ; {
		resp, err := http.Get(url + "/_matrix/client/versions")
		if err != nil {
			return
		}
		resp.Body.Close()
		if time.Now().After(deadline) {
			t.Fatalf("the server of a killed test still answers on %s", url)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestRateLimit(t *testing.T) { EachStart(t, testRateLimit, WithRateLimit(3, 200)) }

func testRateLimit(t *testing.T, srv *Server) {
	maria := srv.Register(t, "maria")
	var limited *Error
	// Dendrite limits the one, Synapse the other.
	id := maria.CreateRoom(t, "")
	for i := range 20 {
		for _, err := range []error{
			maria.Do(http.MethodGet, Path("account", "whoami"), nil, nil),
			maria.Do(http.MethodPut, Path("rooms", id, "send", "m.room.message", fmt.Sprint(i)), Text("x"), nil),
		} {
			if refusal, ok := errors.AsType[*Error](err); ok {
				limited = refusal
			}
		}
	}
	if limited == nil || limited.Status != http.StatusTooManyRequests || limited.RetryAfter <= 0 {
		t.Errorf("forty requests at once give %v, want a 429 that says when to come again", limited)
	}
	for range 5 {
		maria.CreateRoom(t, "") // waits instead of failing
	}
}

func TestStartFailsWithLastWords(t *testing.T) {
	bin := t.TempDir()
	for name, script := range map[string]string{"generate-keys": "true", "dendrite": "echo no idea; echo no room >&2; false"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	_, err := launch(Dendrite, bin, nil)
	if err == nil || !strings.Contains(err.Error(), "no room") {
		t.Errorf("a server that ends at once gives %v, want its last words: no room", err)
	}
}

// What a killed test has left behind goes when the next server starts; what
// belongs to a running one stays.
func TestDataDir(t *testing.T) {
	left, held, err := dataDir()
	if err != nil {
		t.Fatal(err)
	}
	held.Close()
	running, held, err := dataDir()
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(running)
	defer held.Close()
	next, again, err := dataDir()
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(next)
	defer again.Close()
	if cachetest.Exists(left) {
		t.Errorf("%s of a dead process is still there", left)
	}
	if !cachetest.Exists(running) {
		t.Errorf("%s of a living process is gone", running)
	}
}

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		s, err := launch(Dendrite, Dendrite.need(b), nil)
		if err != nil {
			b.Fatal(err)
		}
		s.discard()
	}
}
