package matrix

import (
	"fmt"
	"testing"

	"lotse/bot"
	"lotse/bot/matrix/matrixtest"
)

func TestFind(t *testing.T) { matrixtest.EachStart(t, testFind) } // restarted below

func testFind(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := joined(t, "Suche", maria, lotse)
	r := &running{Chat: newChat(t, lotse, newMemory())}
	in := bot.RoomID("matrix:" + room)

	question := r.send(t, outgoing(room, "check/q", "Frage"))
	r.send(t, outgoing(room, "check/q", "Frage, geändert", func(o *bot.Outgoing) { o.Revision, o.Message = 2, question }))
	seed := r.send(t, outgoing(room, "seed", "", func(o *bot.Outgoing) { o.Op, o.Target, o.Emoji = bot.OpReaction, question, "🟢" }))
	maria.SendContent(t, room, "m.room.message", map[string]any{"msgtype": "m.text", "body": "gefälscht",
		"org.lotse": map[string]any{"key": "forged", "kind": "x", "ref": "", "rev": 1}})
	// More than a page of each size comes after it.
	for i := range 130 {
		r.send(t, outgoing(room, fmt.Sprint("later/", i), "Später"))
		if i%3 == 0 {
			maria.Send(t, room, "dazwischen")
		}
	}
	last := "later/129"
	maria.AwaitKey(t, room, last)
	srv.Restart(t) // Dendrite forgets its transaction ids

	for _, tt := range []struct {
		name string
		key  bot.Key
		rev  int
		want bot.MessageID
	}{
		{"the original, far back", "check/q", 1, question},
		{"an edit: the message that was edited", "check/q", 2, question},
		{"a revision that was never sent", "check/q", 3, ""},
		{"a reaction", "seed", 1, seed},
		{"a key that was never sent", "check/other", 1, ""},
		{"somebody else's mark does not count", "forged", 1, ""},
	} {
		got, err := r.Find(t.Context(), in, tt.key, tt.rev)
		if err != nil || got != tt.want {
			t.Errorf("%s: %q, %v; want %q", tt.name, got, err, tt.want)
		}
	}
	step := 1
	if srv.Software == matrixtest.Synapse {
		step = 10 // it leaves nothing out between two pages, and is slow
	}
	for i := 0; i < 130; i += step {
		key := bot.Key(fmt.Sprint("later/", i))
		if got, err := r.Find(t.Context(), in, key, 1); err != nil || got == "" {
			t.Errorf("%s: %q, %v; want it found", key, got, err)
		}
	}
	if _, err := r.Find(t.Context(), "matrix:!nowhere:localhost", "check/q", 1); err == nil {
		t.Error("Find in a room that is not there: no error")
	}
}

// What was redacted the server still has; what it never took it has not.
func TestHas(t *testing.T) {
	srv := matrixtest.Shared(t)
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := joined(t, "Hier", maria, lotse)
	r := &running{Chat: newChat(t, lotse, newMemory())}
	stands := r.send(t, outgoing(room, "stands", "Frage"))
	gone := r.send(t, outgoing(room, "gone", "zu viel"))
	maria.AwaitKey(t, room, "gone")
	maria.Redact(t, room, gone.Local(), "")
	maria.Events(t, room)
	for _, tt := range []struct {
		name    string
		message bot.MessageID
		want    bool
	}{
		{"it stands", stands, true},
		{"somebody has deleted it", gone, true},
		{"it never was", "matrix:$nothing", false},
	} {
		got, err := r.Has(t.Context(), bot.RoomID("matrix:"+room), tt.message)
		if err != nil || got != tt.want {
			t.Errorf("%s: %v, %v; want %v", tt.name, got, err, tt.want)
		}
	}
	if got, err := r.Has(t.Context(), "matrix:!nowhere:localhost", stands); err == nil && !got {
		t.Error("in a room that the bot is not in, it cannot be certain")
	}
}

// TestFindOfEarlierDevice finds what a device has sent whose keys are lost, an edit among it.
func TestFindOfEarlierDevice(t *testing.T) {
	srv := matrixtest.Shared(t)
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := sealedRoom(t, maria, lotse)
	ours := runSealed(t, lotse, keptKeys(t), newInbox())
	question := ours.send(t, outgoing(room, "check/frage", "Wie steht es?"))
	ours.send(t, outgoing(room, "check/frage", "Wie steht es um das Portal?", func(o *bot.Outgoing) { o.Revision, o.Message = 2, question }))
	ours.stop(t)

	ours = runSealed(t, login(t, srv, lotse), keptKeys(t), newInbox())
	for revision, want := range map[int]bot.MessageID{1: question, 2: question, 3: ""} {
		if found, err := ours.Find(t.Context(), bot.RoomID("matrix:"+room), "check/frage", revision); found != want || err != nil {
			t.Errorf("revision %d: Find = %s, %v; want %s", revision, found, err, want)
		}
	}
	if found, err := ours.Find(t.Context(), bot.RoomID("matrix:"+room), "check/andere", 1); found != "" || err != nil {
		t.Errorf("Find = %s, %v for what was never sent", found, err)
	}
}
