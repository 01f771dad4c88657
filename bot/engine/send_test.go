package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/bot/engine/enginetest"
)

// posting rules write, for a message "room key text; room key text …", those posts.
// An empty text is a deletion.
var posting = engine.Rules{Decide: func(_ bot.Snapshot, e bot.Event) (bot.Change, error) {
	var c bot.Change
	if e.Kind != bot.EventMessage {
		return c, nil
	}
	for part := range strings.SplitSeq(e.Text, "; ") {
		words := append(strings.SplitN(part, " ", 3), "", "")
		p := say(bot.RoomID("test:"+words[0]), words[1], words[2])
		p.Absent = words[2] == ""
		c.Posts = append(c.Posts, p)
	}
	return c, nil
}}

// texts are what the bot says in a room, in order.
func (b *bench) texts(room bot.RoomID) []string {
	var texts []string
	for _, m := range b.chat.Room(room) {
		if m.Key != "" {
			texts = append(texts, strings.TrimPrefix(m.Text, "de/say "))
		}
	}
	return texts
}

// Whatever goes wrong with a send, the room holds the message once in the end.
func TestFaults(t *testing.T) {
	tests := []struct {
		name  string
		fault enginetest.Fault
		finds bool // a look into the room is needed before it is sent again
		sends int
	}{
		{"the answer is lost", enginetest.LostAnswer(), true, 1},
		{"the request is lost", enginetest.LostRequest(), true, 2},
		{"the server is busy", enginetest.Refused(bot.SendError{}), false, 2},
		{"the server says when", enginetest.Refused(bot.SendError{After: 5 * time.Millisecond}), false, 2},
		{"we cannot know", enginetest.Fault{Err: &bot.SendError{Err: errors.New("500")}, Carried: true}, true, 1},
	}
	for _, test := range tests {
		for _, echo := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, echo %v", test.name, echo), func(t *testing.T) {
				b := newBench(t, posting)
				can := b.chat.Abilities()
				can.Echo = echo
				b.chat.Can(can)
				b.chat.HoldEchoes() // or an echo settles it before we look
				b.chat.Faults(func(_ bot.Outgoing, try int) enginetest.Fault {
					if try > 0 {
						return enginetest.Fault{}
					}
					b.chat.ForgetTransactions() // a stable transaction id alone is not enough
					return test.fault
				})
				b.run()
				b.chat.Say(dmRoom, maria, "pmo a eins; pmo b zwei")
				b.idle()
				if got, want := b.texts(pmoRoom), []string{"eins", "zwei"}; !slices.Equal(got, want) {
					t.Errorf("the room holds %q, want %q", got, want)
				}
				if doubled := b.chat.Doubled(); len(doubled) > 0 {
					t.Errorf("said twice: %q", doubled)
				}
				if got := len(b.chat.Sends()); got != 2*test.sends {
					t.Errorf("%d sends, want %d", got, 2*test.sends)
				}
				if got := b.chat.Finds() > 0; got != test.finds {
					t.Errorf("looked into the room: %v, want %v", got, test.finds)
				}
				b.chat.ReleaseEchoes()
				b.idle()
				if counts, err := b.store.Counts(t.Context()); err != nil || counts[bot.SlotSent] != 2 {
					t.Errorf("outbox %v, %v, want two sent", counts, err)
				}
			})
		}
	}
}

// A message refused for good is over; what comes after it goes out.
func TestForbidden(t *testing.T) {
	b := newBench(t, posting)
	b.chat.Faults(func(out bot.Outgoing, _ int) enginetest.Fault {
		if strings.Contains(string(out.Text.Markdown), "bad") {
			return enginetest.Forbidden()
		}
		return enginetest.Fault{}
	})
	b.run()
	b.chat.Say(dmRoom, maria, "pmo a bad; pmo b good")
	b.idle()
	if got, want := b.texts(pmoRoom), []string{"good"}; !slices.Equal(got, want) {
		t.Errorf("the room holds %q, want %q", got, want)
	}
	counts, err := b.store.Counts(t.Context())
	if err != nil || counts[bot.SlotFailed] != 1 || counts[bot.SlotSent] != 1 {
		t.Errorf("outbox %v, %v", counts, err)
	}
	if got := b.log.count("refused a message for good"); got != 1 {
		t.Errorf("logged %d times, want once", got)
	}
}

func TestEditsAndDeletions(t *testing.T) {
	b := newBench(t, posting).run()
	for _, text := range []string{"pmo a eins; pmo b bleibt", "pmo a zwei", "pmo a zwei", "pmo b"} {
		b.chat.Say(dmRoom, maria, text)
		b.idle()
	}
	b.want(pmoRoom, "Lotse: de/say zwei (geändert)\nLotse: (gelöscht)\n")
	if got := len(b.chat.Sends()); got != 4 { // equal content sends nothing
		t.Errorf("%d sends, want 4", got)
	}
	if got, want := b.chat.News(pmoRoom), "Lotse: de/say eins\nLotse: de/say bleibt\nLotse ändert: de/say zwei\nLotse löscht «de/say bleibt»\n"; got != want {
		t.Errorf("news\n%s\nwant\n%s", got, want)
	}
}

// A room in which the bot may not write waits until it may, in order, and is nobody
// else's problem. Both that it refuses and that it does not any more are told once,
// also over a restart.
func TestRefusingRoom(t *testing.T) {
	heard := make(chan bot.EventKind, 100)
	rules := engine.Rules{Decide: func(s bot.Snapshot, e bot.Event) (bot.Change, error) {
		room := s.Room
		switch e.Kind {
		case bot.EventRefused:
			room.Refused = e.Refusal
		case bot.EventAccepted:
			room.Refused = ""
		default:
			return posting.Decide(s, e)
		}
		heard <- e.Kind
		return bot.Change{Rooms: []bot.Room{room}}, nil
	}}
	b := newBench(t, rules)
	b.conf.Clock = nil
	var mute sync.Map
	mute.Store(pmoRoom, true)
	b.chat.Faults(func(out bot.Outgoing, _ int) enginetest.Fault {
		if _, ok := mute.Load(out.Room); ok {
			return enginetest.Refused(bot.SendError{Err: errors.New("no power"), Why: bot.RefusedMute})
		}
		return enginetest.Fault{}
	})
	sent := make(chan struct{}, 100)
	b.conf.Metrics.Send = func(_ bot.ChatID, _ bot.Op, outcome string, _ time.Duration) {
		if outcome == "sent" {
			sent <- struct{}{}
		}
	}
	b.run()
	b.chat.Say(dmRoom, maria, "pmo a eins; pmo b zwei; pmo c drei; dm d daneben")
	<-sent
	if got := <-heard; got != bot.EventRefused {
		t.Fatalf("heard %s, want that the room refuses", got)
	}
	if err := b.halt(); err != nil {
		t.Fatal(err)
	}
	b.run()
	b.chat.Say(dmRoom, maria, "dm e weiter")
	<-sent
	if got := b.texts(dmRoom); !slices.Equal(got, []string{"en/say daneben", "en/say weiter"}) {
		t.Errorf("the room beside holds %q", got)
	}
	mute.Delete(pmoRoom)
	for range 3 {
		<-sent
	}
	if got := <-heard; got != bot.EventAccepted {
		t.Fatalf("heard %s, want that the room accepts again", got)
	}
	b.idle()
	if got, want := b.texts(pmoRoom), []string{"eins", "zwei", "drei"}; !slices.Equal(got, want) {
		t.Errorf("the room holds %q, want %q", got, want)
	}
	if len(heard) > 0 {
		t.Errorf("told more than once: %s", <-heard)
	}
}

// One room that fails again and again holds up only itself, and is logged once for
// each error, not for each try.
func TestNoisyRoom(t *testing.T) {
	b := newBench(t, posting)
	well := make(chan struct{})
	b.chat.Faults(func(out bot.Outgoing, _ int) enginetest.Fault {
		select {
		case <-well:
			return enginetest.Fault{}
		default:
		}
		if out.Room == pmoRoom {
			return enginetest.Refused(bot.SendError{Err: errors.New("noise")})
		}
		return enginetest.Fault{}
	})
	var mu sync.Mutex
	tries := 0
	enough := make(chan struct{})
	sent := make(chan struct{}, 99)
	b.conf.Metrics.Send = func(_ bot.ChatID, _ bot.Op, outcome string, _ time.Duration) {
		if outcome == "sent" {
			sent <- struct{}{}
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if tries++; tries == 5 {
			close(enough)
		}
	}
	b.run()
	b.chat.Say(dmRoom, maria, "pmo a eins; pmo b zwei; x a drei; y a vier; x b fünf")
	for range 3 {
		<-sent // the others are served while the room is noisy
	}
	<-enough
	if got := len(b.texts(pmoRoom)); got != 0 {
		t.Errorf("the noisy room holds %d messages", got)
	}
	if got := b.log.count("a message could not be sent"); got != 1 {
		t.Errorf("logged %d times, want once", got)
	}
	close(well)
	b.idle()
	if got, want := b.texts(pmoRoom), []string{"eins", "zwei"}; !slices.Equal(got, want) {
		t.Errorf("the room holds %q, want %q: in order", got, want)
	}
}

// At most so many sends are in flight, one a room; and they do run beside each other.
func TestParallel(t *testing.T) {
	b := newBench(t, posting)
	b.conf.Limits.Parallel = 3
	var mu sync.Mutex
	flying, most := map[bot.RoomID]int{}, 0
	full, leave := make(chan struct{}), make(chan struct{})
	b.conf.Chats = []engine.Chat{observed{b.chat, func(out bot.Outgoing) func() {
		mu.Lock()
		defer mu.Unlock()
		flying[out.Room]++
		if flying[out.Room] > 1 {
			t.Errorf("two sends at once in %s", out.Room)
		}
		n := 0
		for _, f := range flying {
			n += f
		}
		if most = max(most, n); n == 3 && most == 3 {
			select {
			case <-full:
			default:
				close(full)
			}
		}
		return func() {
			<-leave
			mu.Lock()
			defer mu.Unlock()
			flying[out.Room]--
		}
	}}}
	b.run()
	var posts []string
	for room := range 8 {
		posts = append(posts, fmt.Sprintf("r%d a eins; r%d b zwei", room, room))
	}
	b.chat.Say(dmRoom, maria, strings.Join(posts, "; "))
	<-full // three rooms at once
	close(leave)
	b.idle()
	if most != 3 {
		t.Errorf("%d sends at once, want 3", most)
	}
	for room := range 8 {
		if got := b.texts(bot.RoomID(fmt.Sprintf("test:r%d", room))); !slices.Equal(got, []string{"eins", "zwei"}) {
			t.Errorf("room %d holds %q", room, got)
		}
	}
}

// observed is a chat whose sends are watched.
type observed struct {
	*enginetest.Chat
	enter func(bot.Outgoing) (leave func())
}

func (o observed) Send(ctx context.Context, out bot.Outgoing) (bot.MessageID, error) {
	defer o.enter(out)()
	return o.Chat.Send(ctx, out)
}

// When the server limits the rate, the whole chat waits, and tries with one message
// whether it is well again.
func TestRateLimit(t *testing.T) {
	b := newBench(t, posting)
	b.conf.Limits.Parallel = 4
	var mu sync.Mutex
	refused := 0
	b.chat.Faults(func(bot.Outgoing, int) enginetest.Fault {
		mu.Lock()
		defer mu.Unlock()
		if refused++; refused <= 6 {
			return enginetest.Refused(bot.SendError{After: 5 * time.Millisecond})
		}
		return enginetest.Fault{}
	})
	b.run()
	var posts []string
	for room := range 20 {
		posts = append(posts, fmt.Sprintf("r%d a eins", room))
	}
	b.chat.Say(dmRoom, maria, strings.Join(posts, "; "))
	b.idle()
	for room := range 20 {
		if got := b.texts(bot.RoomID(fmt.Sprintf("test:r%d", room))); !slices.Equal(got, []string{"eins"}) {
			t.Errorf("room %d holds %q", room, got)
		}
	}
	// The four in flight are refused, then one at a time.
	if got := len(b.chat.Sends()); got != 26 {
		t.Errorf("%d sends, want 26: no room asks in vain while the chat waits", got)
	}
	if b.chat.Finds() != 0 {
		t.Error("what was refused need not be looked for")
	}
}

// A person without a room is written to in their direct chat, in order, and the room
// is noted.
func TestDirectChat(t *testing.T) {
	b := newBench(t, engine.Rules{Decide: func(_ bot.Snapshot, e bot.Event) (bot.Change, error) {
		var c bot.Change
		for i := range 3 {
			p := bot.Post{Key: bot.NewKey(e.Text, fmt.Sprint(i), string(erika)), User: erika, Template: "say", Data: i, Seeds: []string{"👍"}}
			if i > 0 {
				p.Thread = bot.Target{Key: bot.NewKey(e.Text, "0", string(erika))}
			}
			c.Posts = append(c.Posts, p)
		}
		return c, nil
	}}).run()
	b.chat.Say(pmoRoom, maria, "x")
	b.idle()
	room, err := b.chat.OpenDirect(t.Context(), erika)
	if err != nil {
		t.Fatal(err)
	}
	b.want(room, "Lotse: de/say 0\n    👍 Lotse\n  Lotse: de/say 1\n      👍 Lotse\n  Lotse: de/say 2\n      👍 Lotse\n")
	rooms, err := b.store.Rooms(t.Context(), []bot.RoomID{room}, nil)
	if err != nil || len(rooms) != 1 || rooms[0].Kind != bot.RoomDirect || rooms[0].User != erika || !rooms[0].Joined {
		t.Errorf("noted %+v, %v", rooms, err)
	}
	rooms[0].Language = bot.English
	b.halt()
	b.seed(bot.Change{Rooms: rooms})
	b.run()
	b.chat.Say(pmoRoom, maria, "y") // now in the room's language
	b.idle()
	if got := b.chat.Transcript(room); !strings.Contains(got, "Lotse: en/say 0\n") {
		t.Errorf("the direct chat holds\n%s", got)
	}
	if doubled := b.chat.Doubled(); len(doubled) > 0 {
		t.Errorf("said twice: %q", doubled)
	}
}

// A chat that cannot open direct chats fails for good, and says so.
func TestNoDirectChats(t *testing.T) {
	b := newBench(t, engine.Rules{Decide: func(bot.Snapshot, bot.Event) (bot.Change, error) {
		return bot.Change{Posts: []bot.Post{{Key: "k", User: erika, Template: "say"}}}, nil
	}})
	b.conf.Chats = []engine.Chat{struct {
		engine.Chat
		engine.Settler
	}{b.chat, b.chat}}
	b.run()
	b.chat.Say(pmoRoom, maria, "x")
	b.idle()
	if counts, err := b.store.Counts(t.Context()); err != nil || counts[bot.SlotFailed] != 1 {
		t.Errorf("outbox %v, %v, want one failed", counts, err)
	}
}

// A chat that does not accept us any more is not sent to; when it is the only one,
// the engine stops, and the outbox waits for a new login.
func TestLoggedOut(t *testing.T) {
	tests := []struct {
		name string
		out  func(b *bench)
	}{
		{"noticed by the sync", func(b *bench) { b.chat.LogOut() }},
		{"noticed by a send", func(b *bench) {
			b.chat.Faults(func(bot.Outgoing, int) enginetest.Fault {
				return enginetest.Fault{Err: fmt.Errorf("send: %w", bot.ErrLoggedOut)}
			})
			b.chat.Say(dmRoom, maria, "pmo a eins")
		}},
	}
	for _, test := range tests {
		b := newBench(t, posting).run()
		b.idle()
		test.out(b)
		err := <-b.done
		close(b.done)
		if !errors.Is(err, bot.ErrLoggedOut) {
			t.Errorf("%s: Run = %v, want bot.ErrLoggedOut", test.name, err)
		}
		if err := b.Idle(t.Context()); !errors.Is(err, bot.ErrLoggedOut) {
			t.Errorf("%s: Idle = %v, want bot.ErrLoggedOut", test.name, err)
		}
		counts, err := b.store.Counts(t.Context())
		if err != nil || counts[bot.SlotFailed]+counts[bot.SlotStale] > 0 {
			t.Errorf("%s: outbox %v, %v: nothing must be given up", test.name, counts, err)
		}
		if !b.Status().LoggedOut["test"] {
			t.Errorf("%s: the status does not say so", test.name)
		}
	}
}

// One chat that is logged out does not stop the others.
func TestOneOfTwoLoggedOut(t *testing.T) {
	b := newBench(t, posting)
	other := enginetest.NewChat("other")
	b.conf.Chats = append(b.conf.Chats, other)
	b.run()
	other.LogOut()
	b.chat.Say(dmRoom, maria, "pmo a eins")
	var err error
	for err == nil { // until the engine has noticed
		err = b.Idle(t.Context())
	}
	if !errors.Is(err, bot.ErrLoggedOut) {
		t.Errorf("Idle = %v, want bot.ErrLoggedOut", err)
	}
	b.want(pmoRoom, "Lotse: de/say eins\n")
}
