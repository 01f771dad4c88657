package matrix

import (
	"fmt"
	"slices"
	"testing"

	"lotse/bot"
	"lotse/bot/matrix/matrixtest"
)

// TestRestored is a new device that knows, from a backup, where each room was, and has no position: it reads on from there,
// and in a room that it joined since from its joining on.
func TestRestored(t *testing.T) {
	srv := matrixtest.Shared(t)
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := maria.CreateRoom(t, "Bekannt", matrixtest.Inviting(lotse.ID))
	lotse.Join(t, room)
	m, b := newMemory(), newInbox()
	maria.Send(t, room, "schon gelesen")
	r := run(t, lotse, m, b, small)
	maria.Send(t, room, "vor der Sicherung")
	r.awaitText(t, "vor der Sicherung")
	r.stop(t)

	// The position is not in a backup.
	m.Remember(t.Context(), "matrix/"+lotse.ID+"/since", "")
	later := maria.CreateRoom(t, "Später", matrixtest.Inviting(lotse.ID))
	maria.Send(t, later, "bevor er da war")
	lotse.Join(t, later)
	maria.Send(t, later, "im neuen Raum")
	again := newInbox()
	var want []string
	for i := range 30 {
		want = append(want, fmt.Sprint("nach der Sicherung ", i))
		maria.Send(t, room, want[i])
	}
	r = run(t, lotse, m, again, small)
	r.awaitText(t, want[29])
	again.awaitKind(t, bot.EventJoined, later)
	again.awaitText(t, "im neuen Raum")
	if got := texts(in(again.events, room)); !slices.Equal(got, want) {
		t.Errorf("messages = %q, want %q", got, want)
	}
	if got := texts(in(again.events, later)); !slices.Equal(got, []string{"im neuen Raum"}) {
		t.Errorf("messages in the new room = %q, want just what was written since the bot joined", got)
	}
}

// TestRestoredSealed is a new device that cannot read what the lost one has said: it hands over what was sent, by which the
// books know it. An edit has no echo.
func TestRestoredSealed(t *testing.T) {
	srv := matrixtest.Shared(t)
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := sealedRoom(t, maria, lotse)
	m, keys := keyed(t, keptKeys(t))
	r := run(t, lotse, m, newInbox(), keys)
	r.stop(t)
	rooms, err := m.Recall(t.Context(), r.memo("rooms"))
	if err != nil || rooms == "" {
		t.Fatalf("rooms = %q, %v", rooms, err)
	}
	r = run(t, lotse, m, newInbox(), keys)
	question := r.send(t, outgoing(room, "check/frage", "Wie steht es?"))
	r.send(t, outgoing(room, "check/frage", "Wie steht es um das Portal?", func(o *bot.Outgoing) { o.Revision, o.Message = 2, question }))
	r.stop(t)

	m, keys = keyed(t, keptKeys(t))
	if err := m.Remember(t.Context(), r.memo("rooms"), rooms); err != nil {
		t.Fatal(err)
	}
	b := newInbox()
	run(t, login(t, srv, lotse), m, b, keys)
	maria.Send(t, room, "und dann?")
	b.awaitText(t, "und dann?")
	events := in(b.events, room)
	if len(events) != 2 || events[0].Kind != bot.EventEcho || events[0].Message != question || events[0].Sent != bot.Transaction("check/frage", bot.RoomID("matrix:"+room), 1) {
		t.Errorf("handed over were\n%s%+v", lines(events), events)
	}
}
