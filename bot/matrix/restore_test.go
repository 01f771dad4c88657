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
