package matrix

import (
	"net/http"
	"strings"
	"testing"

	"lotse/bot"
	"lotse/bot/matrix/matrixtest"
)

// upgrade has the server replace a room, as clients do on a click.
func (o *office) upgrade(room string) (successor string) {
	o.Helper()
	var made struct {
		Room string `json:"replacement_room"`
	}
	if err := o.pia.Do(http.MethodPost, matrixtest.Path("rooms", room, "upgrade"), map[string]any{"new_version": "11"}, &made); err != nil {
		o.Fatal(err)
	}
	return made.Room
}

// TestUpgradedRoom: a room is upgraded, and the bot goes along as soon as it is
// invited; the PMO reads one message about it.
func TestUpgradedRoom(t *testing.T) { matrixtest.Each(t, testUpgradedRoom) }

func testUpgradedRoom(t *testing.T, srv *matrixtest.Server) {
	o := newOffice(t, srv)
	o.run()
	const told = "Ein Raum ist umgezogen"
	old := o.projects[0]
	next := o.upgrade(old)
	if text := o.awaits(o.pmo, told).Body(); !strings.Contains(text, "Bitte laden Sie mich dort ein") {
		t.Errorf("the PMO reads %q, want that an invitation is needed", text)
	}
	o.pia.Invite(t, next, o.lotse.ID)
	o.awaits(next, "Projekt 1")
	o.awaits(o.pmo, "Ich bin mitgekommen")
	if text := o.pia.AwaitKey(t, next, o.asks(next)).Body(); !strings.Contains(text, "Projekt 1") {
		t.Errorf("the new room is %q, want Projekt 1's", text)
	}

	// While the bot is away another room moves, and it is invited there.
	o.halt()
	second := o.upgrade(o.projects[1])
	o.pia.Invite(t, second, o.lotse.ID)
	o.projects[0], o.projects[1] = next, second
	o.run()
	o.pia.AwaitKey(t, second, o.asks(second))
	o.pia.Await(t, o.pmo, "two messages about two moves", func([]matrixtest.Event) bool { return o.times(o.pmo, told) == 2 })

	// Told once: a restart and more talk in the old rooms change nothing.
	o.halt()
	o.run()
	o.pia.AwaitKey(t, o.pmo, o.asks(o.pmo))
	if got := o.times(o.pmo, told); got != 2 {
		t.Errorf("the PMO was told %d times of two moves", got)
	}
}

// TestForgedMove: whoever may close the old room, or create a new one, cannot alone
// lead the bot somewhere else.
func TestForgedMove(t *testing.T) { matrixtest.Each(t, testForgedMove) }

func testForgedMove(t *testing.T, srv *matrixtest.Server) {
	o := newOffice(t, srv)
	o.run()
	room := o.projects[0]
	// A room that knows nothing of the old one.
	trap := o.pia.CreateRoom(t, "Falle", matrixtest.Preset("public_chat"))
	o.pia.SendState(t, room, "m.room.tombstone", "", map[string]any{"body": "x", "replacement_room": trap})
	o.awaits(o.pmo, "nicht als sein Nachfolger angelegt")
	o.pia.AwaitMember(t, trap, o.lotse.ID, "leave")
	o.pia.AwaitKey(t, room, o.asks(room)) // still at work where it was
	if n := o.times(trap, ""); n > 0 {
		t.Errorf("the bot said %d things to people it does not know", n)
	}

	// A room that claims to replace one that knows nothing of it.
	var made struct {
		ID string `json:"room_id"`
	}
	if err := o.pia.Do(http.MethodPost, matrixtest.Path("createRoom"), map[string]any{
		"name": "Anmaßung", "preset": "private_chat", "room_version": "11", "invite": []string{o.lotse.ID},
		"creation_content": map[string]any{"predecessor": map[string]any{"room_id": o.projects[1], "event_id": "$x"}},
	}, &made); err != nil {
		t.Fatal(err)
	}
	o.awaits(made.ID, "Noch weiß ich nicht, wofür dieser Raum da ist")
	o.pia.AwaitKey(t, o.projects[1], o.asks(o.projects[1]))
}

// TestClosedDirectChat: a direct chat that was replaced is not used any more.
func TestClosedDirectChat(t *testing.T) { matrixtest.Each(t, testClosedDirectChat) }

func testClosedDirectChat(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	r := run(t, lotse, newMemory(), newInbox())
	room := r.open(t, user(maria))
	maria.Join(t, room)
	maria.SendState(t, room, "m.room.tombstone", "", map[string]any{"body": "zu", "replacement_room": ""})
	if e := r.awaitKind(t, bot.EventMoved, room); e.Other != "" {
		t.Errorf("moved to %q, want nowhere", e.Other)
	}
	if again := r.open(t, user(maria)); again == room {
		t.Error("the bot wants to talk in a room that was closed")
	}
}
