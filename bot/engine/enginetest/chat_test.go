package enginetest_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"lotse/bot"
	"lotse/bot/engine/enginetest"
)

const (
	room  = bot.RoomID("test:room")
	maria = bot.UserID("test:@maria")
)

// message is an outgoing message under a key.
func message(key bot.Key, revision int, text string) bot.Outgoing {
	return bot.Outgoing{
		Key: key, Revision: revision, Op: bot.OpMessage, Room: room, Text: bot.Text{Markdown: bot.Markdown(text)},
		Transaction: bot.Transaction(key, room, revision),
	}
}

func send(t *testing.T, c *enginetest.Chat, out bot.Outgoing) bot.MessageID {
	t.Helper()
	id, err := c.Send(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// handOver runs the chat until all was handed over and returns it.
func handOver(t *testing.T, c *enginetest.Chat) []bot.Event {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var events []bot.Event
	caughtUp := false
	done := make(chan error, 1)
	begun := make(chan struct{})
	go func() {
		first := true
		done <- c.Run(ctx, func(_ context.Context, b bot.Batch) error {
			events = append(events, b.Events...)
			caughtUp = caughtUp || b.CaughtUp
			if first {
				close(begun)
				first = false
			}
			return nil
		})
	}()
	<-begun
	if err := c.Settle(ctx); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if !caughtUp {
		t.Error("never caught up")
	}
	return events
}

func kinds(events []bot.Event) []bot.EventKind {
	var kinds []bot.EventKind
	for _, e := range events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func TestTranscript(t *testing.T) {
	c := enginetest.NewChat("test")
	c.Name(maria, "Maria Beispiel")
	q := send(t, c, message("q", 1, "Wie steht es\nheute?"))
	out := message("seed", 1, "")
	out.Op, out.Target, out.Emoji = bot.OpReaction, q, "🟢"
	send(t, c, out)
	a := c.SayIn(room, maria, q, "gleb")
	c.Edit(room, maria, a, "gelb")
	r := c.React(room, maria, q, "🟢")
	c.React(room, maria, q, "🔁")
	c.Reply(room, maria, q, "danke")
	gone := c.Say(room, maria, "weg")
	c.Delete(room, maria, gone)
	want := `Lotse: Wie steht es
    heute?
    🟢 Lotse, Maria Beispiel · 🔁 Maria Beispiel
  Maria Beispiel: gelb (geändert)
Maria Beispiel ↪ «Wie steht es…»: danke
Maria Beispiel: (gelöscht)
`
	if got := c.Transcript(room); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	c.Delete(room, maria, r)
	if got := c.Room(room)[0].Reactions; len(got) != 2 {
		t.Errorf("reactions %+v after one was taken back", got)
	}
	if m, ok := c.Message(room, "q"); !ok || m.ID != q {
		t.Errorf("Message = %+v, %v", m, ok)
	}
	if got, want := c.News(room), "Lotse: Wie steht es\n    heute?\nLotse: 🟢 auf «Wie steht es…»\n"; got != want {
		t.Errorf("News = %q, want %q", got, want)
	}
	if got := c.News(room); got != "" {
		t.Errorf("News again = %q", got)
	}
}

// What happened is handed over in order, once, and again when asked to; own messages
// come as echoes, late if they are held back.
func TestHandsOver(t *testing.T) {
	c := enginetest.NewChat("test")
	c.Say(room, maria, "eins")
	send(t, c, message("a", 1, "zwei"))
	c.HoldEchoes()
	send(t, c, message("b", 1, "drei"))
	c.Say(room, maria, "vier")
	c.ReleaseEchoes()
	first := handOver(t, c)
	if got, want := kinds(first), []bot.EventKind{bot.EventMessage, bot.EventEcho, bot.EventMessage, bot.EventEcho}; !slices.Equal(got, want) {
		t.Errorf("handed over %v, want %v", got, want)
	}
	if e := first[3]; e.Key != "b" || e.Revision != 1 || e.Message == "" {
		t.Errorf("echo %+v", e)
	}
	if again := handOver(t, c); len(again) != 0 {
		t.Errorf("handed over twice: %v", kinds(again))
	}
	c.Rewind(2)
	if again := handOver(t, c); len(again) != 2 || again[0].ID != first[2].ID {
		t.Errorf("after a rewind %v", again)
	}
}

// A repeated transaction makes nothing new until the server forgets it; then it does,
// and the double is found out.
func TestTransactions(t *testing.T) {
	c := enginetest.NewChat("test")
	a, b := send(t, c, message("k", 1, "x")), send(t, c, message("k", 1, "x"))
	if a != b || len(c.Room(room)) != 1 {
		t.Errorf("the same transaction made %s and %s", a, b)
	}
	if got, err := c.Find(t.Context(), room, "k", 1); err != nil || got != a {
		t.Errorf("Find = %s, %v, want %s", got, err, a)
	}
	if got, _ := c.Find(t.Context(), room, "k", 2); got != "" {
		t.Errorf("Find of another revision = %s", got)
	}
	if got := c.Doubled(); len(got) != 0 {
		t.Errorf("Doubled = %q", got)
	}
	fork := c.Fork()
	c.ForgetTransactions()
	send(t, c, message("k", 1, "x"))
	if got := c.Doubled(); len(got) != 1 {
		t.Errorf("Doubled = %q, want the key", got)
	}
	send(t, fork, message("k", 1, "x")) // the fork has not forgotten
	if got := fork.Doubled(); len(got) != 0 || len(fork.Room(room)) != 1 {
		t.Errorf("the fork shares what happened after it: %q", got)
	}
}

func TestFaults(t *testing.T) {
	tests := []struct {
		name  string
		fault enginetest.Fault
		holds int
		is    func(error) bool
	}{
		{"lost answer", enginetest.LostAnswer(), 1, func(err error) bool { return errors.Is(err, enginetest.ErrConnection) }},
		{"lost request", enginetest.LostRequest(), 0, func(err error) bool { return errors.Is(err, enginetest.ErrConnection) }},
		{"refused", enginetest.Refused(bot.SendError{After: 7}), 0, func(err error) bool {
			se, ok := errors.AsType[*bot.SendError](err)
			return ok && se.Refused && !se.Final && se.After == 7
		}},
		{"forbidden", enginetest.Forbidden(), 0, func(err error) bool {
			se, ok := errors.AsType[*bot.SendError](err)
			return ok && se.Final
		}},
	}
	for _, test := range tests {
		c := enginetest.NewChat("test")
		var tries []int
		c.Faults(func(_ bot.Outgoing, try int) enginetest.Fault {
			tries = append(tries, try)
			if try > 0 {
				return enginetest.Fault{}
			}
			return test.fault
		})
		if _, err := c.Send(t.Context(), message("k", 1, "x")); !test.is(err) {
			t.Errorf("%s: got %v", test.name, err)
		}
		if got := len(c.Room(room)); got != test.holds {
			t.Errorf("%s: the room holds %d messages, want %d", test.name, got, test.holds)
		}
		send(t, c, message("k", 1, "x"))
		if got := len(c.Room(room)); got != 1 || !slices.Equal(tries, []int{0, 1}) || len(c.Sends()) != 2 {
			t.Errorf("%s: after another try %d messages, tries %v, %d sends", test.name, got, tries, len(c.Sends()))
		}
	}
}

// The fake is as strict as a server and its clients.
func TestRefuses(t *testing.T) {
	c := enginetest.NewChat("test")
	spoil := func(f func(*bot.Outgoing)) bot.Outgoing {
		out := message("k", 1, "x")
		f(&out)
		return out
	}
	tests := []struct {
		name string
		out  bot.Outgoing
	}{
		{"another chat's room", spoil(func(o *bot.Outgoing) { o.Room = "matrix:!a" })},
		{"no transaction", spoil(func(o *bot.Outgoing) { o.Transaction = "" })},
		{"empty message", spoil(func(o *bot.Outgoing) { o.Text.Markdown = "" })},
		{"unknown thread", spoil(func(o *bot.Outgoing) { o.Thread = "test:$no" })},
		{"unknown message to answer", spoil(func(o *bot.Outgoing) { o.ReplyTo = "test:$no" })},
		{"edit of nothing", spoil(func(o *bot.Outgoing) { o.Message = "test:$no" })},
		{"deletion of nothing", spoil(func(o *bot.Outgoing) { o.Absent = true })},
		{"reaction on nothing", spoil(func(o *bot.Outgoing) { o.Op = bot.OpReaction; o.Emoji = "👍" })},
		{"unknown operation", spoil(func(o *bot.Outgoing) { o.Op = "dance" })},
		{"too large", spoil(func(o *bot.Outgoing) { o.Text.Markdown = bot.Markdown(make([]byte, 20_000)) })},
	}
	for _, test := range tests {
		_, err := c.Send(t.Context(), test.out)
		if se, ok := errors.AsType[*bot.SendError](err); !ok || !se.Final {
			t.Errorf("%s: got %v, want a final error", test.name, err)
		}
	}
	if got := len(c.Room(room)); got != 0 {
		t.Errorf("the room holds %d messages", got)
	}
}

// The bot comes and goes; where it is not it cannot speak.
func TestMembership(t *testing.T) {
	c := enginetest.NewChat("test")
	c.Invite(room, maria, "Neuer Raum")
	join, leave := message("join", 1, ""), message("leave", 1, "")
	join.Op, leave.Op = bot.OpJoin, bot.OpLeave
	send(t, c, join)
	send(t, c, message("a", 1, "da"))
	send(t, c, leave)
	if _, err := c.Send(t.Context(), message("b", 1, "weg")); err == nil {
		t.Error("spoke in a room it had left")
	}
	if got, want := kinds(handOver(t, c)), []bot.EventKind{bot.EventInvitation, bot.EventJoined, bot.EventEcho, bot.EventLeft}; !slices.Equal(got, want) {
		t.Errorf("events %v, want %v", got, want)
	}
}

func TestLogOut(t *testing.T) {
	c := enginetest.NewChat("test")
	c.LogOut()
	if err := c.Run(t.Context(), func(context.Context, bot.Batch) error { return nil }); !errors.Is(err, bot.ErrLoggedOut) {
		t.Errorf("Run = %v", err)
	}
	if _, err := c.Send(t.Context(), message("k", 1, "x")); !errors.Is(err, bot.ErrLoggedOut) {
		t.Errorf("Send = %v", err)
	}
}
