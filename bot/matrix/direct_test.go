package matrix

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"maunium.net/go/mautrix/id"

	"lotse/bot"
	"lotse/bot/matrix/matrixtest"
)

func user(u *matrixtest.User) bot.UserID { return bot.UserID("matrix:" + u.ID) }

func (r *running) open(t *testing.T, with bot.UserID) string {
	t.Helper()
	room, err := r.OpenDirect(t.Context(), with)
	if err != nil {
		t.Fatalf("open a direct chat with %s: %v", with, err)
	}
	return room.Local()
}

func TestOpenDirect(t *testing.T) { matrixtest.Each(t, testOpenDirect) }

func testOpenDirect(t *testing.T, srv *matrixtest.Server) {
	maria, jonas, lotse := srv.Register(t, "maria"), srv.Register(t, "jonas"), srv.Register(t, "lotse")
	m, b := newMemory(), newInbox()
	r := run(t, lotse, m, b)

	room := r.open(t, user(maria))
	if again := r.open(t, user(maria)); again != room {
		t.Errorf("opened %s and %s", room, again)
	}
	if other := r.open(t, user(jonas)); other == room {
		t.Error("two people share a direct chat")
	}
	if got := maria.AwaitInvite(t, lotse.ID); got != room {
		t.Errorf("maria is invited to %s, want %s", got, room)
	}
	// Before she has joined there can be a question already.
	question := r.send(t, outgoing(room, "ask", "Guten Morgen"))
	maria.Join(t, room)
	maria.Reply(t, room, question.Local(), "Guten Morgen auch")
	if e := r.awaitText(t, "Guten Morgen auch"); !e.Direct {
		t.Error("an answer in the direct chat does not count as one")
	}
	if e := r.awaitKind(t, bot.EventJoined, room); !e.Direct || e.Sender != user(maria) {
		t.Errorf("joined = %+v, want a direct chat with maria", e)
	}
	if name := maria.State(t, room, "m.room.name", "")["name"]; name != "Lotse" {
		t.Errorf("the room is called %v, want Lotse", name)
	}

	// She leaves: she is asked into the same room again.
	maria.Leave(t, room)
	if again := r.open(t, user(maria)); again != room {
		t.Errorf("after leaving: %s, want %s", again, room)
	}
	maria.AwaitInvite(t, lotse.ID)

	// A new process without memory finds it as well.
	r.stop(t)
	fresh := &running{Chat: newChat(t, lotse, newMemory())}
	if again := fresh.open(t, user(maria)); again != room {
		t.Errorf("without memory: %s, want %s", again, room)
	}
	// And without the account data, by the alias alone.
	if err := lotse.Do(http.MethodPut, matrixtest.Path("user", lotse.ID, "account_data", "m.direct"), map[string]any{}, nil); err != nil {
		t.Fatal(err)
	}
	fresh = &running{Chat: newChat(t, lotse, m)}
	if again := fresh.open(t, user(maria)); again != room {
		t.Errorf("without account data: %s, want %s", again, room)
	}
}

// TestOpenDirectByInvitation: a chat that the person has opened is used.
func TestOpenDirectByInvitation(t *testing.T) { matrixtest.Each(t, testOpenDirectByInvitation) }

func testOpenDirectByInvitation(t *testing.T, srv *matrixtest.Server) {
	maria, jonas, lotse := srv.Register(t, "maria"), srv.Register(t, "jonas"), srv.Register(t, "lotse")
	r := run(t, lotse, newMemory(), newInbox())
	room := maria.CreateRoom(t, "", matrixtest.Direct(), matrixtest.Inviting(lotse.ID))
	r.awaitKind(t, bot.EventInvitation, room)
	// The invitation is adopted with the next answer at the latest.
	maria.SendState(t, room, "m.room.topic", "", map[string]any{"topic": "x"})
	r.send(t, bot.Outgoing{Key: "j", Op: bot.OpJoin, Room: bot.RoomID("matrix:" + room)})
	r.awaitKind(t, bot.EventJoined, room)
	maria.Send(t, room, "Hallo")
	r.awaitText(t, "Hallo")
	if got := r.open(t, user(maria)); got != room {
		t.Errorf("opened %s, want the one she made, %s", got, room)
	}

	// With a third person in it, it is none any more; without the bot in it, neither.
	maria.Invite(t, room, jonas.ID)
	jonas.Join(t, room)
	second := r.open(t, user(maria))
	if second == room {
		t.Fatal("a room with three people passes for a direct chat")
	}
	maria.Join(t, second)
	lotse.Leave(t, second)
	if third := r.open(t, user(maria)); third == second || third == room {
		t.Errorf("opened %s, in which the bot is not, or is not alone with her", third)
	}
}

// TestOpenDirectTwice: the room is created, but the answer is lost.
func TestOpenDirectTwice(t *testing.T) { matrixtest.Each(t, testOpenDirectTwice) }

func testOpenDirectTwice(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	var once sync.Once
	address := proxy(t, srv.URL, func(w http.ResponseWriter, r *http.Request, forward func()) (lost bool) {
		if strings.HasSuffix(r.URL.Path, "/createRoom") {
			once.Do(func() { forward(); lost = true })
		}
		if lost {
			panic(http.ErrAbortHandler)
		}
		return false
	})
	r := &running{Chat: newChat(t, lotse, newMemory(), func(c *Config) { c.Homeserver = address })}
	if _, err := r.OpenDirect(t.Context(), user(maria)); err == nil {
		t.Fatal("the answer was lost, but there is no error")
	}
	room := r.open(t, user(maria))
	if invites := maria.Invites(t); len(invites) != 1 || invites[room] != lotse.ID {
		t.Errorf("maria is invited to %v, want only %s", invites, room)
	}
}

func TestOpenDirectNobody(t *testing.T) { matrixtest.Each(t, testOpenDirectNobody) }

func testOpenDirectNobody(t *testing.T, srv *matrixtest.Server) {
	lotse := srv.Register(t, "lotse")
	chat := newChat(t, lotse, newMemory())
	for _, with := range []bot.UserID{"matrix:" + bot.UserID(lotse.ID), "matrix:maria", "teams:29:x", ""} {
		_, err := chat.OpenDirect(t.Context(), with)
		if refusal, ok := errors.AsType[*bot.SendError](err); !ok || !refusal.Final {
			t.Errorf("with %q: %v, want a final refusal", with, err)
		}
	}
}

// TestDirectAliasTaken: somebody who knows how Lotse works waits for the bot, in rooms
// under every alias that can be worked out from what everybody knows, and in one to
// which the bot was asked before.
func TestDirectAliasTaken(t *testing.T) { matrixtest.Each(t, testDirectAliasTaken) }

func testDirectAliasTaken(t *testing.T, srv *matrixtest.Server) {
	maria, eve, lotse := srv.Register(t, "maria"), srv.Register(t, "eve"), srv.Register(t, "lotse")
	var trap string
	for n := range aliases {
		var made struct {
			ID string `json:"room_id"`
		}
		guess := directAlias("", id.UserID(lotse.ID), id.UserID(maria.ID), n+1)
		if err := eve.Do(http.MethodPost, matrixtest.Path("createRoom"), map[string]any{"room_alias_name": guess, "preset": "public_chat"}, &made); err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			trap = made.ID
		}
	}
	// The first one looks like a direct chat of the bot's: it is alone in there.
	lotse.Join(t, trap)
	eve.Leave(t, trap)

	r := &running{Chat: newChat(t, lotse, newMemory())}
	room := r.open(t, user(maria))
	if room == trap {
		t.Errorf("the bot asks maria into a room that somebody else has made")
	}
	if got := maria.AwaitInvite(t, lotse.ID); got != room {
		t.Errorf("maria is invited to %s, want %s", got, room)
	}
}

func TestDirectAlias(t *testing.T) {
	a, b := directAlias("s", "@lotse:x", "@maria:x", 1), directAlias("s", "@lotse:x", "@jonas:x", 1)
	if a == b || directAlias("s", "@lotse:x", "@maria:x", 2) == a || directAlias("s", "@other:x", "@maria:x", 1) == a ||
		directAlias("other", "@lotse:x", "@maria:x", 1) == a {
		t.Errorf("aliases are not distinct: %s %s", a, b)
	}
	if strings.Contains(a, "maria") {
		t.Errorf("alias %s shows who is meant", a)
	}
}
