package engine_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/bot/engine/enginetest"
)

// story is a small round: timers, a thread, seeds, an edit, a direct chat, something
// that is taken back.
var story = engine.Rules{
	Needs: bot.Needs,
	Decide: func(s bot.Snapshot, e bot.Event) (bot.Change, error) {
		if e.Kind != bot.EventMessage {
			return bot.Change{}, nil
		}
		summary := say(pmoRoom, "summary", e.Text)
		summary.Thread = bot.Target{Key: bot.NewKey("ask", string(pmoRoom))}
		return bot.Change{Reason: "answered", Posts: []bot.Post{
			{Key: bot.NewKey("ack", string(e.Message), string(e.Room)), Op: bot.OpReaction, Room: e.Room, Target: bot.Target{Message: e.Message}, Emoji: "✅"},
			summary,
			say(dmRoom, "live", e.Text),
		}}, nil
	},
	TimerNeeds: func(bot.Timer) bot.Query { return bot.Query{} },
	Due: func(s bot.Snapshot, timer bot.Timer) (bot.Change, error) {
		switch timer.Key {
		case "open":
			return bot.Change{Reason: "opened", Timers: []bot.Timer{
				{Key: "ask", At: s.Now.Add(time.Minute)}, {Key: "direct", At: s.Now.Add(2 * time.Minute)},
			}}, nil
		case "ask":
			ask := say(pmoRoom, "ask", "wie steht es?")
			ask.Seeds = []string{"🟢", "🔴"}
			return bot.Change{Posts: []bot.Post{ask, say(dmRoom, "live", "läuft"), say(dmRoom, "gone", "gleich weg")}}, nil
		case "direct":
			gone := say(dmRoom, "gone", "")
			gone.Absent = true
			return bot.Change{Posts: []bot.Post{
				{Key: bot.NewKey("direct", string(erika)), User: erika, Template: "say", Data: "psst"}, gone,
			}}, nil
		}
		return bot.Change{}, fmt.Errorf("no such timer: %s", timer.Key)
	},
}

// script is the story step by step, so that an engine can go on where another died.
type script struct{ done int }

// play runs the steps that are left; an engine that dies leaves the rest.
func (s *script) play(b *bench) error {
	say := func(text string) func() error {
		return func() error { b.chat.Say(pmoRoom, maria, text); return nil }
	}
	until := func(minutes int) func() error {
		return func() error { return b.RunUntil(b.t.Context(), start.Add(time.Duration(minutes)*time.Minute)) }
	}
	steps := []func() error{until(30), say("gelb"), until(40), say("rot"), until(60), say("grün"), until(120)}
	for ; s.done < len(steps); s.done++ {
		if err := b.Idle(b.t.Context()); err != nil {
			return err
		}
		if err := steps[s.done](); err != nil {
			return err
		}
	}
	return b.Idle(b.t.Context())
}

func transcripts(c *enginetest.Chat) map[bot.RoomID]string {
	all := map[bot.RoomID]string{}
	for _, room := range c.Rooms() {
		all[room] = c.Transcript(room)
	}
	return all
}

// Whenever the process dies, before or after any operation on store or chat, the
// rooms hold in the end what they would have held, and nothing twice, even if the
// homeserver has forgotten all transactions.
func TestCrash(t *testing.T) {
	reference := newBench(t, story)
	reference.seed(bot.Change{Timers: []bot.Timer{{Key: "open", At: start.Add(time.Minute)}}})
	counted := &life{}
	reference.conf.Store = &mortalStore{Store: reference.store, life: counted}
	reference.conf.Chats = []engine.Chat{mortalChat{reference.chat, counted}}
	reference.run()
	if err := new(script).play(reference); err != nil {
		t.Fatal(err)
	}
	want, operations := transcripts(reference.chat), counted.taken()
	reference.halt()
	if len(want) != 3 || operations < 40 {
		t.Fatalf("the story has %d rooms and %d operations", len(want), operations)
	}
	t.Logf("%d operations", operations)

	// By default a sample; every operation in the long tier.
	stride := 8
	if os.Getenv("LOTSE_TEST_LONG") != "" {
		stride = 1
	}
	for i, after := range []bool{false, true} {
		for at := 1 + i*stride/2; at <= operations; at += stride {
			if got := crash(t, at, after); !maps.Equal(got, want) {
				t.Fatalf("died at %d (after: %v): the rooms hold\n%s\nwant\n%s", at, after, show(got), show(want))
			}
		}
	}
}

func show(rooms map[bot.RoomID]string) string {
	var b strings.Builder
	for _, id := range slices.Sorted(maps.Keys(rooms)) {
		fmt.Fprintf(&b, "[%s]\n%s", id, rooms[id])
	}
	return b.String()
}

// crash plays the story with an engine that dies at an operation, and then with one
// that lives, and returns what the rooms hold.
func crash(t *testing.T, at int, after bool) map[bot.RoomID]string {
	t.Helper()
	b := newBench(t, story)
	b.seed(bot.Change{Timers: []bot.Timer{{Key: "open", At: start.Add(time.Minute)}}})
	mortal := &life{at: at, after: after, dead: make(chan struct{})}
	b.conf.Store = &mortalStore{Store: b.store, life: mortal}
	b.conf.Chats = []engine.Chat{mortalChat{b.chat, mortal}}
	b.run()
	plot := &script{}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		plot.play(b) // its error is the death
	}()
	select {
	case <-mortal.dead:
	case <-ended:
	}
	b.halt()
	<-ended
	b.store.Close()

	b.open()
	b.chat.ForgetTransactions()
	b.clock = engine.NewSimulated(b.clock.Now())
	b.conf.Chats, b.conf.Clock = []engine.Chat{b.chat}, b.clock
	b.run()
	if err := plot.play(b); err != nil {
		t.Fatal(err)
	}
	b.halt()
	if doubled := b.chat.Doubled(); len(doubled) > 0 {
		t.Errorf("died at %d (after: %v): said twice: %q", at, after, doubled)
	}
	return transcripts(b.chat)
}
