package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/matrix/matrixtest"
)

// small makes the server cut timelines after ten events.
func small(c *Config) { c.PageSize = 10 }

func texts(events []bot.Event) []string {
	var all []string
	for _, e := range events {
		if e.Kind == bot.EventMessage {
			all = append(all, e.Text)
		}
	}
	return all
}

func TestInvitation(t *testing.T) { matrixtest.Each(t, testInvitation) }

func testInvitation(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	before := maria.CreateRoom(t, "Vorher", matrixtest.Inviting(lotse.ID)) // stands when the bot starts
	r := run(t, lotse, newMemory(), newInbox())
	maria.Send(t, before, "Noch ist niemand da.")
	after := maria.CreateRoom(t, "Nachher", matrixtest.Inviting(lotse.ID))

	for room, called := range map[string]string{before: "Vorher", after: "Nachher"} {
		e := r.awaitKind(t, bot.EventInvitation, room)
		if e.Sender.Local() != maria.ID || e.RoomName != called || e.Direct {
			t.Errorf("invitation = %+v, want one by %s to %q, not direct", e, maria.ID, called)
		}
	}

	accept := bot.Outgoing{Key: "room/x/join", Op: bot.OpJoin, Room: bot.RoomID("matrix:" + before), Revision: 1}
	decline := bot.Outgoing{Key: "room/x/leave", Op: bot.OpLeave, Room: bot.RoomID("matrix:" + after), Revision: 1}
	for range 2 { // a second try must not hurt
		r.send(t, accept)
		r.send(t, decline)
	}
	e := r.awaitKind(t, bot.EventJoined, before)
	if e.RoomName != "Vorher" || e.Direct {
		t.Errorf("joined = %+v, want the name Vorher, not direct", e)
	}
	maria.AwaitMember(t, after, lotse.ID, "leave")
	maria.Send(t, before, "Willkommen.")
	r.awaitText(t, "Willkommen.")
	if got := texts(r.events); !slices.Equal(got, []string{"Willkommen."}) {
		t.Errorf("messages = %q, want none from before the bot joined", got)
	}

	space := maria.CreateRoom(t, "Alle Räume", matrixtest.Space(), matrixtest.Inviting(lotse.ID))
	if e := r.awaitKind(t, bot.EventInvitation, space); !e.Space || e.RoomName != "Alle Räume" {
		t.Errorf("invitation = %+v, want one to a space", e)
	}
	if e := r.awaitKind(t, bot.EventInvitation, after); e.Space {
		t.Errorf("invitation = %+v, want one to a room", e)
	}

	// Declined, and invited again: that is a new event.
	maria.Invite(t, after, lotse.ID)
	r.await(t, "a second invitation", func(events []bot.Event) bool {
		n := 0
		for _, e := range in(events, after) {
			if e.Kind == bot.EventInvitation {
				n++
			}
		}
		return n == 2
	})
	for _, e := range in(r.events, after) {
		if e.Kind != bot.EventInvitation {
			t.Errorf("in the room never joined there was %s", e.Kind)
		}
	}
}

func TestJoinWithoutInvitation(t *testing.T) { matrixtest.Each(t, testJoinWithoutInvitation) }

func testJoinWithoutInvitation(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := maria.CreateRoom(t, "Geschlossen")
	chat := newChat(t, lotse, newMemory())
	_, err := chat.Send(t.Context(), bot.Outgoing{Key: "k", Op: bot.OpJoin, Room: bot.RoomID("matrix:" + room)})
	if refusal, ok := errors.AsType[*bot.SendError](err); !ok || !refusal.Final || !refusal.Refused {
		t.Errorf("join without invitation: %v, want a final refusal", err)
	}
}

func TestOldMessages(t *testing.T) { matrixtest.Each(t, testOldMessages) }

func testOldMessages(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := joined(t, "Alt", maria, lotse)
	maria.Send(t, room, "!status rot alt")
	m := newMemory()
	r := run(t, lotse, m, newInbox())
	if e := r.awaitKind(t, bot.EventJoined, room); e.RoomName != "Alt" {
		t.Errorf("joined = %+v, want the name Alt", e)
	}
	maria.Send(t, room, "neu")
	r.awaitText(t, "neu")
	if got := texts(r.events); !slices.Equal(got, []string{"neu"}) {
		t.Errorf("messages = %q, want only what was said since the start", got)
	}
	// A new name is no joining: what was said before it stays valid.
	maria.Send(t, room, "vor der Umbenennung")
	lotse.SetDisplayName(t, "Lotse der Stadt")
	maria.Send(t, room, "nach der Umbenennung")
	r.awaitText(t, "nach der Umbenennung")
	if got := texts(r.events); !slices.Equal(got, []string{"neu", "vor der Umbenennung", "nach der Umbenennung"}) {
		t.Errorf("messages = %q", got)
	}
}

func TestKick(t *testing.T) { matrixtest.Each(t, testKick) }

func testKick(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := joined(t, "Rauswurf", maria, lotse)
	m, b := newMemory(), newInbox()
	r := run(t, lotse, m, b)
	maria.Send(t, room, "vorher")
	maria.Kick(t, room, lotse.ID, "falscher Raum")
	e := r.awaitKind(t, bot.EventLeft, room)
	if e.Sender.Local() != maria.ID {
		t.Errorf("left by %s, want %s", e.Sender, maria.ID)
	}
	maria.Send(t, room, "unter uns")
	maria.Invite(t, room, lotse.ID)
	r.awaitKind(t, bot.EventInvitation, room)
	r.send(t, bot.Outgoing{Key: "j", Op: bot.OpJoin, Room: bot.RoomID("matrix:" + room)})
	maria.AwaitMember(t, room, lotse.ID, "join")
	maria.Send(t, room, "nachher")
	r.awaitText(t, "nachher")

	// Removed and taken back while the bot is away.
	r.stop(t)
	maria.Send(t, room, "verpasst")
	maria.Kick(t, room, lotse.ID, "")
	maria.Send(t, room, "wieder unter uns")
	maria.Invite(t, room, lotse.ID)
	lotse.Join(t, room)
	maria.Send(t, room, "zurück")
	run(t, lotse, m, b)
	b.awaitText(t, "zurück")

	got := texts(b.events)
	for _, secret := range []string{"unter uns", "wieder unter uns"} {
		if slices.Contains(got, secret) {
			t.Errorf("delivered %q, which was said while the bot was not in the room", secret)
		}
	}
	if want := []string{"vorher", "nachher", "verpasst", "zurück"}; !slices.Equal(got, want) {
		t.Errorf("messages = %q, want %q", got, want)
	}
	for _, e := range b.events {
		if n := b.seen[e.ID]; e.Text == "vorher" && n != 1 {
			t.Errorf("what was said before the bot was removed is delivered %d times", n)
		}
	}
}

// TestGapWithoutEnd: the events that the adapter knew are nowhere to be found.
func TestGapWithoutEnd(t *testing.T) { matrixtest.Each(t, testGapWithoutEnd) }

func testGapWithoutEnd(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := maria.CreateRoom(t, "Vergessen", matrixtest.Inviting(lotse.ID))
	maria.Send(t, room, "davor")
	lotse.Join(t, room)
	m, b := newMemory(), newInbox()
	run(t, lotse, m, b, small).stop(t)
	m.Remember(t.Context(), "matrix/"+lotse.ID+"/rooms", `{"`+room+`":{"l":["$purged"]}}`)
	var want []string
	for i := range 30 {
		want = append(want, fmt.Sprint("danach ", i))
		maria.Send(t, room, want[i])
	}
	run(t, lotse, m, b, small)
	b.awaitText(t, want[29])
	if got := texts(b.events); !slices.Equal(got, want) {
		t.Errorf("messages = %q, want %q", got, want)
	}
}

// TestGap lets the bot miss more than the server shows at once.
func TestGap(t *testing.T) { matrixtest.Each(t, testGap) }

func testGap(t *testing.T, srv *matrixtest.Server) {
	maria, jonas, lotse := srv.Register(t, "maria"), srv.Register(t, "jonas"), srv.Register(t, "lotse")
	room := maria.CreateRoom(t, "Lücke", matrixtest.Inviting(jonas.ID, lotse.ID))
	maria.Send(t, room, "bevor der Bot da war")
	jonas.Join(t, room)
	lotse.Join(t, room)
	other := joined(t, "Daneben", maria, lotse)
	m, b := newMemory(), newInbox()
	r := run(t, lotse, m, b, small)
	maria.Send(t, room, "m0")
	r.awaitText(t, "m0")
	r.stop(t)

	// Two people write at once, so that events of equal depth come about.
	const missed = 120
	done := make(chan error)
	for _, u := range []*matrixtest.User{maria, jonas} {
		go func() {
			var err error
			for i := range missed / 2 {
				err = errors.Join(err, u.Do(http.MethodPut, matrixtest.Path("rooms", room, "send", "m.room.message", fmt.Sprint("txn", i)),
					matrixtest.Text(fmt.Sprintf("%s %d", u.ID, i)), nil))
			}
			done <- err
		}()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	maria.Send(t, other, "nebenan")
	maria.Send(t, room, "Ende")

	run(t, lotse, m, b, small)
	b.awaitText(t, "Ende")
	b.awaitText(t, "nebenan")
	var all []string
	for _, e := range maria.Events(t, room) {
		if e.Type == "m.room.message" && e.Body() != "bevor der Bot da war" {
			all = append(all, e.Body())
		}
	}
	got := texts(in(b.events, room))
	if len(got) != missed+2 {
		t.Errorf("%d messages delivered, want %d", len(got), missed+2)
	}
	for _, text := range all {
		if !slices.Contains(got, text) {
			t.Errorf("never delivered: %q", text)
		}
	}
	for _, u := range []*matrixtest.User{maria, jonas} {
		last := -1
		for _, text := range got {
			var n int
			if rest, ok := strings.CutPrefix(text, u.ID+" "); ok {
				fmt.Sscan(rest, &n)
				if n != last+1 {
					t.Errorf("%s: message %d came after %d", u.ID, n, last)
				}
				last = n
			}
		}
	}
}

// TestGapAfterJoin: more is said between the joining and the next answer of the
// server than that answer shows.
func TestGapAfterJoin(t *testing.T) { matrixtest.Each(t, testGapAfterJoin) }

func testGapAfterJoin(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	m, b := newMemory(), newInbox()
	run(t, lotse, m, b, small).stop(t)

	room := maria.CreateRoom(t, "Frisch", matrixtest.Inviting(lotse.ID))
	maria.Send(t, room, "davor")
	lotse.Join(t, room)
	var want []string
	for i := range 30 {
		want = append(want, fmt.Sprint("danach ", i))
		maria.Send(t, room, want[i])
	}
	run(t, lotse, m, b, small)
	b.awaitText(t, want[29])
	if got := texts(b.events); !slices.Equal(got, want) {
		t.Errorf("messages = %q, want %q", got, want)
	}
	if e := b.events[0]; e.Kind != bot.EventJoined || e.RoomName != "Frisch" {
		t.Errorf("first event = %+v, want joined Frisch", e)
	}
}

// TestResume stops the adapter and goes on where it was, also when the batch was
// not committed, and when the rooms were not remembered.
func TestResume(t *testing.T) { matrixtest.Each(t, testResume) }

func testResume(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := joined(t, "Weiter", maria, lotse)
	m, b := newMemory(), newInbox()
	r := run(t, lotse, m, b)
	maria.Send(t, room, "eins")
	r.awaitText(t, "eins")
	r.stop(t)
	maria.Send(t, room, "zwei")

	// The inbox refuses: the position must not move.
	before := m.copied()
	b.refuse = errors.New("disk full")
	err := newChat(t, lotse, m).Run(t.Context(), b.deliver)
	if !errors.Is(err, b.refuse) {
		t.Fatalf("Run = %v, want %v", err, b.refuse)
	}
	if after := m.copied(); after["matrix/"+lotse.ID+"/since"] != before["matrix/"+lotse.ID+"/since"] {
		t.Error("the position moved although the batch was not committed")
	}
	b.refuse = nil
	r = run(t, lotse, m, b)
	r.awaitText(t, "zwei")
	r.stop(t)

	// The rooms are lost, as by a crash before they were written.
	maria.Send(t, room, "drei")
	m.Remember(t.Context(), "matrix/"+lotse.ID+"/rooms", "")
	run(t, lotse, m, b)
	b.awaitText(t, "drei")
	if got := texts(b.events); !slices.Equal(got, []string{"eins", "zwei", "drei"}) {
		t.Errorf("messages = %q", got)
	}
}

// TestEcho: the bot's own message stands in the order of the room.
func TestEcho(t *testing.T) { matrixtest.Each(t, testEcho) }

func testEcho(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := joined(t, "Echo", maria, lotse)
	r := run(t, lotse, newMemory(), newInbox())

	maria.Send(t, room, "davor")
	r.awaitText(t, "davor")
	question := r.send(t, outgoing(room, "check/q", "Wie steht es?"))
	seed := r.send(t, outgoing(room, "seed/🟢/check/q", "", func(o *bot.Outgoing) {
		o.Op, o.Target, o.Emoji = bot.OpReaction, question, "🟢"
	}))
	edited := r.send(t, outgoing(room, "check/q", "Wie steht es heute?", func(o *bot.Outgoing) { o.Revision, o.Message = 2, question }))
	if edited != question {
		t.Errorf("an edit returns %s, want the message itself, %s", edited, question)
	}
	r.await(t, "the echo of the reaction", func(events []bot.Event) bool { // redacted, it has no key any more
		return slices.ContainsFunc(events, func(e bot.Event) bool { return e.Message == seed })
	})
	r.send(t, outgoing(room, "seed/🟢/check/q", "", func(o *bot.Outgoing) {
		o.Op, o.Message, o.Absent, o.Revision = bot.OpReaction, seed, true, 2
	}))
	// The bot's account, but not the bot.
	lotse.Send(t, room, "Ein Mensch schreibt mit dem Konto des Bots.")
	// Somebody else forges the mark.
	maria.SendContent(t, room, "m.room.message", map[string]any{"msgtype": "m.text", "body": "gefälscht",
		"org.lotse": map[string]any{"key": "check/q", "kind": "x", "ref": "x", "rev": 1}})
	maria.Send(t, room, "danach")
	r.awaitText(t, "danach")

	got := lines(without(in(r.events, room), bot.EventInvitation, bot.EventJoined))
	want := `message #1 by=Maria "davor"
echo #2 key=check/q
echo #3 key=seed/🟢/check/q
message #4 by=Maria "gefälscht"
message #5 by=Maria "danach"
`
	if got != want {
		t.Errorf("delivered:\n%s\nwant:\n%s", got, want)
	}
	for _, e := range r.events {
		if e.Key == "check/q" && (e.Message != question || e.Revision != 1) {
			t.Errorf("echo = %+v, want message %s, revision 1", e, question)
		}
		if e.Key == "seed/🟢/check/q" && e.Message != seed {
			t.Errorf("echo = %+v, want message %s", e, seed)
		}
	}
}

// TestOrderBetweenRooms: what was said earlier in another room comes earlier.
func TestOrderBetweenRooms(t *testing.T) { matrixtest.Each(t, testOrderBetweenRooms) }

func testOrderBetweenRooms(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	var rooms []string
	for i := range 3 {
		rooms = append(rooms, joined(t, fmt.Sprint("Raum ", i), maria, lotse))
	}
	m, b := newMemory(), newInbox()
	run(t, lotse, m, b).stop(t)
	var want []string
	for i := range 12 {
		want = append(want, fmt.Sprint("Nachricht ", i))
		maria.Send(t, rooms[i%3], want[i])
		for now := time.Now().UnixMilli(); now == time.Now().UnixMilli(); { // the order goes by milliseconds
		}
	}
	run(t, lotse, m, b)
	b.awaitText(t, want[11])
	if got := texts(b.events); !slices.Equal(got, want) {
		t.Errorf("messages = %q, want %q", got, want)
	}
}

func TestMerge(t *testing.T) {
	at := func(id string, place int64) timed { return timed{Event: bot.Event{ID: bot.EventID(id)}, place: place} }
	got := merge([][]timed{
		{at("a1", 10), at("a2", 5), at("a3", 30)}, // a2's clock is wrong: it stays behind a1
		{at("b1", 7), at("b2", 10), at("b3", 11)},
	})
	var ids []string
	for _, e := range got {
		ids = append(ids, string(e.ID))
	}
	if want := []string{"b1", "a1", "a2", "b2", "b3", "a3"}; !slices.Equal(ids, want) {
		t.Errorf("merged = %q, want %q", ids, want)
	}
}

func TestLoggedOut(t *testing.T) { matrixtest.Each(t, testLoggedOut) }

func testLoggedOut(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := joined(t, "Abgemeldet", maria, lotse)
	b := newInbox()
	r := run(t, lotse, newMemory(), b)
	if err := lotse.Do(http.MethodPost, matrixtest.Path("logout"), map[string]any{}, nil); err != nil {
		t.Fatal(err)
	}
	maria.Send(t, room, "Hallo?")
	if err := <-r.done; !errors.Is(err, bot.ErrLoggedOut) {
		t.Errorf("Run = %v, want %v", err, bot.ErrLoggedOut)
	}
	r.done = nil
	if _, err := r.Send(t.Context(), outgoing(room, "k", "Hallo")); !errors.Is(err, bot.ErrLoggedOut) {
		t.Errorf("Send = %v, want %v", err, bot.ErrLoggedOut)
	}
	if err := newChat(t, lotse, newMemory()).Run(t.Context(), b.deliver); !errors.Is(err, bot.ErrLoggedOut) {
		t.Errorf("Run = %v, want %v", err, bot.ErrLoggedOut)
	}
}

func TestForeignSession(t *testing.T) { matrixtest.Each(t, testForeignSession) }

func testForeignSession(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	chat := newChat(t, lotse, newMemory(), func(c *Config) { c.AccessToken = maria.Token })
	if err := chat.Run(t.Context(), newInbox().deliver); !errors.Is(err, bot.ErrLoggedOut) {
		t.Errorf("Run with another account's token = %v, want %v", err, bot.ErrLoggedOut)
	}
}

// TestServerAway: the server restarts and the bot goes on.
func TestServerAway(t *testing.T) { matrixtest.EachStart(t, testServerAway) }

func testServerAway(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := joined(t, "Neustart", maria, lotse)
	r := run(t, lotse, newMemory(), newInbox())
	maria.Send(t, room, "vor dem Neustart")
	r.awaitText(t, "vor dem Neustart")
	srv.Restart(t)
	maria.Send(t, room, "nach dem Neustart")
	r.awaitText(t, "nach dem Neustart")
}

// TestLargeAnswer: what a poll's answer has no room for is read in pages.
func TestLargeAnswer(t *testing.T) {
	srv := matrixtest.Shared(t)
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	rooms := []string{joined(t, "Lang", maria, lotse), joined(t, "Länger", maria, lotse)}
	m, b := newMemory(), newInbox()
	run(t, lotse, m, b).stop(t)
	const each = 30
	for i := range each {
		for _, room := range rooms {
			maria.Send(t, room, fmt.Sprintf("%d %s", i, strings.Repeat("x", 5000)))
		}
	}
	// Both rooms together are too large, one is not.
	run(t, lotse, m, b, func(c *Config) { c.MaxAnswer = each * 5000 * 3 / 2 })
	for _, room := range rooms {
		got := texts(in(b.events, room))
		for i, text := range got {
			if !strings.HasPrefix(text, fmt.Sprint(i, " ")) {
				t.Fatalf("message %d begins with %.10q", i, text)
			}
		}
		if len(got) != each {
			t.Errorf("%d messages delivered, want %d", len(got), each)
		}
	}
}

// TestEndlessAnswer: a server that does not stop talking is cut off, and said so.
func TestEndlessAnswer(t *testing.T) {
	var sent atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		page := []byte(`{"next_batch":"` + strings.Repeat("x", 1<<16))
		for {
			n, err := w.Write(page)
			if sent.Add(int64(n)); err != nil {
				return
			}
		}
	}))
	defer srv.Close()
	chat, err := New(Config{Homeserver: srv.URL, UserID: "@lotse:example.org", AccessToken: "x", MaxAnswer: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	_, err = chat.step(t.Context(), "", false)
	if !tooLarge(err) || !strings.Contains(err.Error(), "size limit") {
		t.Errorf("an endless answer: %v", err)
	}
	if n := sent.Load(); n > 16<<20 {
		t.Errorf("%d bytes were sent, want hardly more than the limit of 1 MiB", n)
	}
	if plain, err := newClient(srv.URL, nil, slog.New(slog.DiscardHandler)); err != nil || plain.ResponseSizeLimit != maxAnswer {
		t.Errorf("by default the limit is %d, want %d", plain.ResponseSizeLimit, maxAnswer)
	}
}

// TestIdle: without news there is nothing but the long poll, and nothing is written.
func TestIdle(t *testing.T) { matrixtest.Each(t, testIdle) }

func testIdle(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := joined(t, "Ruhe", maria, lotse)
	var polls, others atomic.Int64
	answered := make(chan struct{}, 1000)
	address := proxy(t, srv.URL, func(w http.ResponseWriter, r *http.Request, _ func()) bool {
		if !strings.HasSuffix(r.URL.Path, "/sync") {
			others.Add(1)
			return false
		}
		polls.Add(1)
		q := r.URL.Query()
		if q.Get("since") != "" {
			q.Set("timeout", "20") // do not wait half a minute for nothing
			r.URL.RawQuery = q.Encode()
			answered <- struct{}{}
		}
		return false
	})
	m := newMemory()
	b := newInbox()
	r := run(t, lotse, m, b, func(c *Config) { c.Homeserver = address })
	maria.Send(t, room, "Hallo")
	r.awaitText(t, "Hallo")
	for len(answered) > 0 { // what is left of the greeting
		<-answered
	}
	<-answered
	<-answered
	m.mu.Lock()
	writes := m.writes
	m.mu.Unlock()
	asked, batches := others.Load(), b.batches
	for range 10 {
		<-answered
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.writes != writes || others.Load() != asked || b.batches != batches {
		t.Errorf("in ten idle polls: %d writes, %d other requests, %d batches; want none",
			m.writes-writes, others.Load()-asked, b.batches-batches)
	}
}

func TestDirectRoom(t *testing.T) { matrixtest.Each(t, testDirectRoom) }

func testDirectRoom(t *testing.T, srv *matrixtest.Server) {
	maria, jonas, lotse := srv.Register(t, "maria"), srv.Register(t, "jonas"), srv.Register(t, "lotse")
	r := run(t, lotse, newMemory(), newInbox())
	marked := maria.CreateRoom(t, "", matrixtest.Direct(), matrixtest.Inviting(lotse.ID))
	unmarked := maria.CreateRoom(t, "", matrixtest.Inviting(lotse.ID))
	named := maria.CreateRoom(t, "Kein Gespräch", matrixtest.Inviting(lotse.ID))
	for room, direct := range map[string]bool{marked: true, unmarked: true, named: false} {
		if e := r.awaitKind(t, bot.EventInvitation, room); e.Direct != (room == marked) {
			t.Errorf("invitation %+v", e)
		}
		r.send(t, bot.Outgoing{Key: "j", Op: bot.OpJoin, Room: bot.RoomID("matrix:" + room)})
		if e := r.awaitKind(t, bot.EventJoined, room); e.Direct != direct || direct && e.Sender.Local() != maria.ID {
			t.Errorf("joined %+v, want direct = %v with %s", e, direct, maria.ID)
		}
		maria.Send(t, room, "Hallo "+room)
		if e := r.awaitText(t, "Hallo "+room); e.Direct != direct {
			t.Errorf("message %+v, want direct = %v", e, direct)
		}
	}
	// With a third person it is no private talk any more.
	maria.Invite(t, marked, jonas.ID)
	jonas.Join(t, marked)
	maria.Send(t, marked, "zu dritt")
	if e := r.awaitText(t, "zu dritt"); e.Direct {
		t.Error("a room with three people passes for a direct chat")
	}
}

func TestRehearsalTime(t *testing.T) { matrixtest.Each(t, testRehearsalTime) }

func testRehearsalTime(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := joined(t, "Probe", maria, lotse)
	clock := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	r := run(t, lotse, newMemory(), newInbox(), func(c *Config) {
		c.Now, c.Rehearsal = func() time.Time { return clock }, true
	})
	maria.Send(t, room, "Probe")
	if e := r.awaitText(t, "Probe"); !e.At.Equal(clock) {
		t.Errorf("At = %v, want the simulated %v", e.At, clock)
	}
}

func TestAt(t *testing.T) {
	now := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name      string
		ms        int64
		rehearsal bool
		want      time.Time
	}{
		{"the past is believed", now.Add(-time.Hour).UnixMilli(), false, now.Add(-time.Hour)},
		{"the future is not", now.Add(time.Hour).UnixMilli(), false, now},
		{"stripped events have no time", 0, false, now},
		{"a rehearsal has its own time", now.Add(-time.Hour).UnixMilli(), true, now},
	} {
		c := &Chat{now: func() time.Time { return now }, rehears: tt.rehearsal}
		if got := c.at(tt.ms); !got.Equal(tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestPatience: what the server says decides whether waiting makes sense.
func TestPatience(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	chat := &Chat{log: newChat(t, &matrixtest.User{ID: "@a:b", Token: "x", Server: &matrixtest.Server{URL: "http://127.0.0.1:1"}}, newMemory()).log}
	tries := 0
	err := chat.patiently(ctx, "test", func() error {
		if tries++; tries < 3 {
			return errors.New("away")
		}
		return nil
	})
	if err != nil || tries != 3 {
		t.Errorf("err %v after %d tries, want success at the third", err, tries)
	}
	err = chat.patiently(ctx, "test", func() error { cancel(); return errors.New("away") })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v, want the end of the context", err)
	}
}

func TestFilterIsSmall(t *testing.T) {
	c := &Chat{page: 50}
	var f struct {
		Presence struct {
			NotTypes []string `json:"not_types"`
		}
		Room struct {
			Timeline struct{ Limit int }
			State    struct {
				Lazy bool `json:"lazy_load_members"`
			}
		}
	}
	for first, limit := range map[bool]int{true: 1, false: 50} {
		if err := json.Unmarshal([]byte(c.filter(first)), &f); err != nil {
			t.Fatal(err)
		}
		if f.Room.Timeline.Limit != limit || !f.Room.State.Lazy || !slices.Equal(f.Presence.NotTypes, []string{"*"}) {
			t.Errorf("filter(%v) = %s", first, c.filter(first))
		}
	}
}
