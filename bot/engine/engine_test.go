package engine_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/bot/engine/enginetest"
)

func TestAnswers(t *testing.T) {
	b := newBench(t, echoing).run()
	b.chat.Name(maria, "Maria Beispiel")
	b.chat.Say(pmoRoom, maria, "hallo")
	b.chat.Say(dmRoom, maria, "hello")
	b.idle()
	b.want(pmoRoom, "Maria Beispiel: hallo\nLotse ↪ «hallo»: de/say hallo\n")
	b.want(dmRoom, "Maria Beispiel: hello\nLotse ↪ «hello»: en/say hello\n") // the room's language
	if err := b.halt(); err != nil {
		t.Errorf("a stop is no error, got %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	good := newBench(t, engine.Rules{}).conf
	tests := []struct {
		name  string
		spoil func(*engine.Config)
	}{
		{"no store", func(c *engine.Config) { c.Store = nil }},
		{"no chat", func(c *engine.Config) { c.Chats = nil }},
		{"two chats of one name", func(c *engine.Config) { c.Chats = append(c.Chats, c.Chats[0]) }},
		{"no renderer", func(c *engine.Config) { c.Renderer = nil }},
		{"no zone", func(c *engine.Config) { c.Settings = &bot.Settings{} }},
		{"no name for the lease", func(c *engine.Config) { c.Holder = "" }},
	}
	for _, test := range tests {
		c := good
		c.Chats = slices.Clone(good.Chats)
		test.spoil(&c)
		if _, err := engine.New(c); err == nil {
			t.Errorf("%s: New accepted it", test.name)
		}
	}
}

// A snapshot comes with the time in the city's zone, the settings, and what the
// event's chat can do.
func TestSnapshotIsComplete(t *testing.T) {
	var got bot.Snapshot
	b := newBench(t, engine.Rules{Decide: func(s bot.Snapshot, _ bot.Event) (bot.Change, error) {
		got = s
		return bot.Change{}, nil
	}})
	b.run()
	b.chat.Say(pmoRoom, maria, "hallo")
	b.idle()
	if !got.Now.Equal(start) || got.Now.Location() != b.conf.Settings.Zone {
		t.Errorf("Now = %v, want %v in the city's zone", got.Now, start)
	}
	if got.Settings != b.conf.Settings || got.Room.ID != pmoRoom {
		t.Errorf("settings %p, room %+v", got.Settings, got.Room)
	}
	if got.Abilities != b.chat.Abilities() {
		t.Errorf("Abilities = %+v, want those of the chat", got.Abilities)
	}
}

// roomy is a chat whose direct chats have no threads.
type roomy struct{ *enginetest.Chat }

func (r roomy) AbilitiesIn(room bot.RoomID) bot.Abilities {
	can := r.Abilities()
	can.Threads = room == pmoRoom
	return can
}

// What a room can do is asked of a chat whose rooms differ in that.
func TestAbilitiesOfRooms(t *testing.T) {
	got := map[bot.RoomID]bool{}
	b := newBench(t, engine.Rules{Decide: func(s bot.Snapshot, e bot.Event) (bot.Change, error) {
		got[e.Room] = s.Abilities.Threads
		return bot.Change{}, nil
	}})
	b.conf.Chats = []engine.Chat{roomy{b.chat}}
	b.run()
	b.chat.Say(pmoRoom, maria, "hallo")
	b.chat.Say(dmRoom, maria, "hallo")
	b.idle()
	if len(got) != 2 || !got[pmoRoom] || got[dmRoom] {
		t.Errorf("threads by room: %v, want them in %s alone", got, pmoRoom)
	}
}

// formal is a chat with forms in somebody's direct chat alone.
type formal struct{ *enginetest.Chat }

func (f formal) AbilitiesIn(room bot.RoomID) bot.Abilities {
	return bot.Abilities{Forms: room == bot.RoomID(erika)}
}

// Who is to be asked in a direct chat, which is not in the books yet, is asked as is possible
// there.
func TestAbilitiesOfDirectChats(t *testing.T) {
	var got bot.Abilities
	b := newBench(t, engine.Rules{
		Decide: func(s bot.Snapshot, e bot.Event) (bot.Change, error) {
			return bot.Change{Timers: []bot.Timer{{Key: "ask", Kind: bot.TimerAsk, At: s.Now, Subject: bot.Subject{User: erika}}}}, nil
		},
		Due: func(s bot.Snapshot, timer bot.Timer) (bot.Change, error) {
			got = s.AbilitiesIn(bot.RoomID(timer.Subject.User))
			return bot.Change{}, nil
		},
	})
	b.conf.Chats = []engine.Chat{formal{b.chat}}
	b.run()
	b.chat.Say(pmoRoom, maria, "hallo")
	b.idle()
	if !got.Forms {
		t.Errorf("somebody with whom the chat can do forms is asked with %+v", got)
	}
}

// suited says what it was written for.
type suited string

func (s suited) Suit(can bot.Abilities) any {
	if can.Threads {
		return string(s) + " in a thread"
	}
	return string(s) + " here"
}

// Of one decision's posts each is written for its own room, not for the one in which it was
// decided, and not for the chat at large.
func TestPostsAreSuitedToTheirRooms(t *testing.T) {
	b := newBench(t, engine.Rules{Decide: func(_ bot.Snapshot, e bot.Event) (bot.Change, error) {
		var c bot.Change
		for _, room := range []bot.RoomID{dmRoom, pmoRoom} {
			p := say(room, "suited", "")
			p.Data = suited("write")
			c.Posts = append(c.Posts, p)
		}
		p := say("", "suited", "")
		p.User, p.Data = erika, suited("write")
		c.Posts = append(c.Posts, p)
		return c, nil
	}})
	b.conf.Chats = []engine.Chat{roomy{b.chat}}
	b.run()
	b.chat.Say(dmRoom, maria, "hallo")
	b.idle()
	b.want(pmoRoom, "Lotse: de/say write in a thread\n")
	b.want(dmRoom, "maria: hallo\nLotse: en/say write here\n")
	direct, err := b.chat.OpenDirect(t.Context(), erika)
	if err != nil {
		t.Fatal(err)
	}
	b.want(direct, "Lotse: de/say write here\n")
}

// By a simulated clock, and against people's clocks that are ahead, an event happens
// now; it never is of the future.
func TestEventsAreNotOfTheFuture(t *testing.T) {
	var at []time.Time
	rules := engine.Rules{Decide: func(_ bot.Snapshot, e bot.Event) (bot.Change, error) {
		at = append(at, e.At)
		return bot.Change{}, nil
	}}
	now := time.Now()
	ago, ahead := now.Add(-time.Hour).Truncate(time.Millisecond), now.Add(time.Hour)
	for _, simulated := range []bool{true, false} {
		at = nil
		b := newBench(t, rules)
		if !simulated {
			b.conf.Clock = engine.Real{}
		}
		b.run()
		for _, t := range []time.Time{ago, ahead, {}} {
			b.chat.Inject(bot.Event{Kind: bot.EventMessage, Room: pmoRoom, Sender: maria, At: t, Text: "x"})
		}
		b.idle()
		if len(at) != 3 {
			t.Fatalf("%d events, want 3", len(at))
		}
		if simulated {
			for i, a := range at {
				if !a.Equal(start) {
					t.Errorf("simulated, event %d is of %v, want the clock's time %v", i, a, start)
				}
			}
			continue
		}
		if !at[0].Equal(ago) {
			t.Errorf("an earlier event is of %v, want %v", at[0], ago)
		}
		if !at[1].Before(ahead) || !at[2].Before(ahead) {
			t.Errorf("events are of the future: %v", at[1:])
		}
	}
}

// command is a command made of funcs.
type command struct {
	query  bot.Query
	decide func(bot.Snapshot) (bot.Change, error)
}

func (c command) Query() bot.Query                          { return c.query }
func (c command) Decide(s bot.Snapshot) (bot.Change, error) { return c.decide(s) }

// exclaimed are events whose text begins with "!".
type exclaimed func(e bot.Event) command

func (c exclaimed) Match(e bot.Event) (bot.Command, bool) {
	if !strings.HasPrefix(e.Text, "!") {
		return nil, false
	}
	return c(e), true
}

func TestCommands(t *testing.T) {
	var calls []string
	b := newBench(t, engine.Rules{Decide: func(_ bot.Snapshot, e bot.Event) (bot.Change, error) {
		calls = append(calls, "rule "+string(e.Kind)+" "+e.Text)
		return bot.Change{}, nil
	}})
	b.seed(bot.Change{Projects: []bot.Project{{ID: "a", Name: "Alpha", State: bot.ProjectActive}}})
	b.conf.Commander = exclaimed(func(e bot.Event) command {
		return command{bot.Query{AllProjects: true}, func(s bot.Snapshot) (bot.Change, error) {
			if s.User != maria || s.Room.ID != pmoRoom || len(s.Projects) != 1 {
				t.Errorf("the command sees user %q, room %q, %d projects: not what it and every event needs", s.User, s.Room.ID, len(s.Projects))
			}
			calls = append(calls, "command "+string(e.Kind)+" "+e.Text)
			return bot.Change{}, nil
		}}
	})
	b.run()
	b.chat.Say(pmoRoom, maria, "plain")
	m := b.chat.Say(pmoRoom, maria, "!eins")
	b.chat.Edit(pmoRoom, maria, m, "!zwei")
	b.chat.React(pmoRoom, maria, m, "👍")
	b.chat.Inject(bot.Event{Kind: bot.EventMessage, Room: pmoRoom, Sender: maria, Text: "!drei", Notice: true}) // another bot's
	b.idle()
	want := []string{"rule message plain", "command message !eins", "command edit !zwei", "rule reaction ", "rule message !drei"}
	if !slices.Equal(calls, want) {
		t.Errorf("decided\n%q\nwant\n%q", calls, want)
	}
}

// Replies to very many messages are left out, what the messages do is not. The count
// outlives a restart.
func TestManyCommands(t *testing.T) {
	b := newBench(t, echoing)
	b.conf.Settings.CommandsAMinute = 3
	done := 0
	b.conf.Commander = exclaimed(func(e bot.Event) command {
		return command{decide: func(s bot.Snapshot) (bot.Change, error) {
			done++
			if e.Text == "!falsch" {
				return bot.Change{}, &bot.UserError{Template: "error.long", Data: 7}
			}
			return bot.Change{Posts: []bot.Post{bot.Reply(e, 0, "say", e.Text)}}, nil
		}}
	})
	b.run()
	for _, text := range []string{"!eins", "zwei", "!falsch"} {
		b.chat.Say(pmoRoom, maria, text)
	}
	b.idle()
	if err := b.halt(); err != nil {
		t.Fatal(err)
	}
	b.run()
	for _, text := range []string{"!drei", "!falsch", "!vier", "fünf"} {
		b.chat.Say(pmoRoom, maria, text)
	}
	b.idle()
	want := []string{"!eins", "zwei", "de/error.long 7", "de/error.pace {2026-11-18 09:00:00 +0100 CET}"}
	if got := b.texts(pmoRoom); !slices.Equal(got, want) {
		t.Errorf("the bot says\n%q\nwant\n%q", got, want)
	}
	if done != 5 {
		t.Errorf("%d commands were carried out, want all 5", done)
	}
}

// A person is told what is wrong, where they asked, and nothing else is stored.
func TestUserErrors(t *testing.T) {
	b := newBench(t, engine.Rules{Decide: func(s bot.Snapshot, e bot.Event) (bot.Change, error) {
		return bot.Change{Posts: []bot.Post{say(pmoRoom, "never", "never")}}, &bot.UserError{Template: "error.long", Data: 7}
	}}).run()
	root := b.chat.Say(pmoRoom, maria, "hallo")
	b.chat.SayIn(pmoRoom, maria, root, "im Thread")
	b.idle()
	b.want(pmoRoom, "maria: hallo\n  maria: im Thread\n  Lotse: de/error.long 7\nLotse ↪ «hallo»: de/error.long 7\n")
}

func TestStaleIsDecidedAgain(t *testing.T) {
	tries := 0
	b := newBench(t, engine.Rules{Decide: func(s bot.Snapshot, e bot.Event) (bot.Change, error) {
		tries++
		room := s.Room
		if tries < 3 {
			room.Version-- // as if somebody had changed it meanwhile
		}
		room.Language = bot.English
		return bot.Change{Rooms: []bot.Room{room}, Posts: []bot.Post{say(pmoRoom, "k", "done")}}, nil
	}}).run()
	b.chat.Say(pmoRoom, maria, "x")
	b.idle()
	b.want(pmoRoom, "maria: x\nLotse: en/say done\n") // in the language it has from now on
	if tries != 3 {
		t.Errorf("decided %d times, want 3", tries)
	}
}

// An event whose decision fails is tried three times and given up; the PMO is told,
// the rest goes on.
func TestPoisonousEvents(t *testing.T) {
	tests := []struct {
		name   string
		decide func() (bot.Change, error)
	}{
		{"an error", func() (bot.Change, error) { return bot.Change{}, errors.New("no") }},
		{"a panic", func() (bot.Change, error) { panic("no") }},
		{"a broken template", func() (bot.Change, error) {
			p := say(pmoRoom, "k", "x")
			p.Template = "broken"
			return bot.Change{Posts: []bot.Post{p}}, nil
		}},
		{"a broken answer to a person", func() (bot.Change, error) { return bot.Change{}, &bot.UserError{Template: "broken"} }},
		{"stale for ever", func() (bot.Change, error) { return bot.Change{}, bot.ErrStale }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tries := 0
			b := newBench(t, engine.Rules{Decide: func(_ bot.Snapshot, e bot.Event) (bot.Change, error) {
				if e.Text == "poison" {
					tries++
					return test.decide()
				}
				return echoing.Decide(bot.Snapshot{}, e)
			}})
			var outcomes []string
			b.conf.Metrics.Event = func(_ bot.EventKind, outcome string) { outcomes = append(outcomes, outcome) }
			b.run()
			b.chat.Say(dmRoom, maria, "poison")
			b.chat.Say(dmRoom, maria, "fine")
			b.idle()
			b.want(dmRoom, "maria: poison\nmaria: fine\nLotse ↪ «fine»: en/say fine\n")
			b.want(pmoRoom, "Lotse: de/note.failed {test:dm message  dm { }}\n")
			if want := []string{"failed", "decided"}; !slices.Equal(outcomes, want) {
				t.Errorf("outcomes %q, want %q", outcomes, want)
			}
			if got := b.log.count("a decision failed"); got != 3 {
				t.Errorf("logged %d failures, want 3", got)
			}
			if tries%3 != 0 {
				t.Errorf("tried %d times", tries)
			}
		})
	}
}

func TestPoisonousTimers(t *testing.T) {
	b := newBench(t, engine.Rules{Due: func(_ bot.Snapshot, timer bot.Timer) (bot.Change, error) {
		if timer.Key == "bad" {
			panic("no")
		}
		return bot.Change{Posts: []bot.Post{say(dmRoom, string(timer.Key), "due")}}, nil
	}})
	b.seed(bot.Change{Timers: []bot.Timer{
		{Key: "bad", Kind: bot.TimerOpen, At: start.Add(time.Minute)}, {Key: "good", Kind: bot.TimerOpen, At: start.Add(2 * time.Minute)},
	}})
	b.run()
	b.until(start.Add(time.Hour))
	b.want(pmoRoom, "Lotse: de/note.failed {  open  { }}\n")
	b.want(dmRoom, "Lotse: en/say due\n")
}

// ledger rules note when which timer was due, and set those that follow.
type ledger struct {
	next map[bot.Key][]bot.Timer

	mu   sync.Mutex
	list []string
}

// got lists what was due so far.
func (l *ledger) got() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.list)
}

func (l *ledger) rules() engine.Rules {
	return engine.Rules{Due: func(s bot.Snapshot, t bot.Timer) (bot.Change, error) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.list = append(l.list, s.Now.Format("15:04 ")+string(t.Key))
		return bot.Change{Timers: l.next[t.Key]}, nil
	}}
}

func TestTimers(t *testing.T) {
	at := func(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }
	l := ledger{next: map[bot.Key][]bot.Timer{
		"a": {{Key: "b", At: at(1)}, {Key: "c", At: at(90)}}, // at once, and in a while
	}}
	b := newBench(t, l.rules())
	b.seed(bot.Change{Timers: []bot.Timer{{Key: "late", At: at(-60)}, {Key: "z", At: at(5)}, {Key: "y", At: at(5)}, {Key: "a", At: at(1)}}})
	b.run()
	b.idle()
	if want := []string{"08:59 late"}; !slices.Equal(l.got(), want) {
		t.Errorf("at the start %q, want what was due: %q", l.got(), want)
	}
	now, more, err := b.Step(t.Context())
	if err != nil || !more || !now.Equal(at(1)) {
		t.Errorf("Step = %v, %v, %v", now, more, err)
	}
	b.until(at(10))
	want := []string{"08:59 late", "09:00 a", "09:00 b", "09:04 y", "09:04 z"} // ties by key
	if !slices.Equal(l.got(), want) {
		t.Errorf("due were %q, want %q", l.got(), want)
	}
	if now := b.clock.Now(); !now.Equal(at(10)) {
		t.Errorf("the clock stands at %v, want %v", now, at(10))
	}
	next, ok, err := b.Next(t.Context())
	if err != nil || !ok || !next.Equal(at(90)) {
		t.Errorf("Next = %v, %v, %v", next, ok, err)
	}
	b.until(at(90))
	if _, more, err := b.Step(t.Context()); more || err != nil {
		t.Errorf("Step without a timer = %v, %v", more, err)
	}
}

// slow is a chat that catches up only when it is told.
type slow struct {
	engine.Chat
	caughtUp chan struct{}
}

func (s slow) Run(ctx context.Context, deliver bot.Deliver) error {
	return s.Chat.Run(ctx, func(dctx context.Context, b bot.Batch) error {
		late := b.CaughtUp
		b.CaughtUp = false
		if err := deliver(dctx, b); err != nil || !late {
			return err
		}
		select {
		case <-s.caughtUp:
			return deliver(dctx, bot.Batch{CaughtUp: true})
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// What came in while we were away is read before deadlines are enforced.
func TestDueWorkWaitsForTheChats(t *testing.T) {
	var got []string
	b := newBench(t, engine.Rules{
		Decide: func(_ bot.Snapshot, e bot.Event) (bot.Change, error) {
			got = append(got, e.Text)
			return bot.Change{}, nil
		},
		Due: func(bot.Snapshot, bot.Timer) (bot.Change, error) {
			got = append(got, "deadline")
			return bot.Change{}, nil
		},
	})
	b.seed(bot.Change{Timers: []bot.Timer{{Key: "deadline", At: start.Add(-time.Minute)}}})
	b.chat.Say(pmoRoom, maria, "in time")
	chat := slow{b.chat, make(chan struct{})}
	b.conf.Chats = []engine.Chat{chat}
	decided := make(chan struct{}, 9)
	b.conf.Metrics.Event = func(bot.EventKind, string) { decided <- struct{}{} }
	b.run()
	<-decided
	if b.Status().CaughtUp["test"] {
		t.Error("the chat has not caught up yet")
	}
	close(chat.caughtUp)
	b.idle()
	if want := []string{"in time", "deadline"}; !slices.Equal(got, want) {
		t.Errorf("decided %q, want %q", got, want)
	}
}

// What was left out after a downtime is told once, in one message, even if the
// process dies in between.
func TestDowntime(t *testing.T) {
	rules := engine.Rules{Due: func(s bot.Snapshot, timer bot.Timer) (bot.Change, error) {
		return bot.Change{Dropped: []bot.Dropped{{Kind: timer.Kind, Subject: timer.Subject, Due: timer.At}}}, nil
	}}
	b := newBench(t, rules)
	b.conf.Renderer = downtimeWords{}
	b.seed(bot.Change{
		Projects: []bot.Project{{ID: "a", Name: "Alpha", State: bot.ProjectActive}},
		Timers: []bot.Timer{
			{Key: "1", Kind: bot.TimerRemind, At: start.Add(-3 * time.Hour), Subject: bot.Subject{Project: "a"}},
			{Key: "2", Kind: bot.TimerRemind, At: start.Add(-3 * time.Hour), Subject: bot.Subject{Project: "gone"}},
			{Key: "3", Kind: bot.TimerStand, At: start.Add(-2 * time.Hour)},
		},
	})
	if err := b.store.Remember(t.Context(), "engine/dropped", `[{"Kind":"overview","Subject":{},"Due":"2026-11-18T01:00:00Z"}]`); err != nil {
		t.Fatal(err)
	}
	b.run()
	b.idle()
	b.want(pmoRoom, "Lotse: 02:00–08:59 overview×1@02:00[] remind×2@05:59[Alpha gone] stand×1@06:59[]\n")
	if text, err := b.store.Recall(t.Context(), "engine/dropped"); text != "" || err != nil {
		t.Errorf("remembered %q, %v after it was told", text, err)
	}
}

// A reaction is seeded on a message, unless the chat has none.
func TestSeeds(t *testing.T) {
	rules := engine.Rules{Decide: func(_ bot.Snapshot, e bot.Event) (bot.Change, error) {
		p := say(pmoRoom, "q", "?")
		p.Seeds = []string{"🟢", "🟡"}
		ack := bot.Post{Key: "ack", Op: bot.OpReaction, Room: e.Room, Target: bot.Target{Message: e.Message}, Emoji: "✅"}
		return bot.Change{Posts: []bot.Post{p, ack}}, nil
	}}
	for _, reactions := range []bool{true, false} {
		b := newBench(t, rules)
		can := b.chat.Abilities()
		can.Reactions = reactions
		b.chat.Can(can)
		b.run()
		b.chat.Say(pmoRoom, maria, "x")
		b.idle()
		if reactions {
			b.want(pmoRoom, "maria: x\n    ✅ Lotse\nLotse: de/say ?\n    🟢 Lotse · 🟡 Lotse\n")
		} else {
			b.want(pmoRoom, "maria: x\nLotse: de/say ?\n")
		}
	}
}

// A file stands beside its words, unless the chat has none: then the words go alone.
func TestFiles(t *testing.T) {
	rules := engine.Rules{Decide: func(_ bot.Snapshot, e bot.Event) (bot.Change, error) {
		p := say(pmoRoom, "f", "when")
		p.File = &bot.File{Name: "meetup.ics", Type: "text/calendar", Bytes: []byte(e.Text)}
		return bot.Change{Posts: []bot.Post{p}}, nil
	}}
	for _, files := range []bool{true, false} {
		b := newBench(t, rules)
		can := b.chat.Abilities()
		can.Files = files
		b.chat.Can(can)
		b.run()
		for _, text := range []string{"one", "one", "two"} {
			b.chat.Say(dmRoom, maria, text)
			b.idle()
		}
		if !files {
			b.want(pmoRoom, "Lotse: de/say when\n")
			continue
		}
		b.want(pmoRoom, "Lotse: de/say when\n    [Datei: meetup.ics] (geändert)\n")
		m := b.chat.Room(pmoRoom)[0]
		if m.Edits != 1 || string(m.File.Bytes) != "two" || m.File.Type != "text/calendar" {
			t.Errorf("the message was changed %d times and carries %+v, want one change, to the last file", m.Edits, m.File)
		}
	}
}

// A redelivery, as after a crash of the adapter, is decided once.
func TestRedelivery(t *testing.T) {
	b := newBench(t, echoing).run()
	b.chat.Say(pmoRoom, maria, "x")
	b.idle()
	b.chat.Rewind(9)
	b.idle()
	b.want(pmoRoom, "maria: x\nLotse ↪ «x»: de/say x\n")
}

// Only one engine works on a database. One that loses the lease stops.
func TestLease(t *testing.T) {
	b := newBench(t, echoing)
	b.conf.Limits.LeaseTTL = 30 * time.Millisecond
	b.conf.Limits.LeaseWait = time.Millisecond
	if _, err := b.store.Acquire(t.Context(), "other", time.Now(), time.Hour); err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(b.conf)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Run(t.Context()); !errors.Is(err, bot.ErrEpoch) {
		t.Errorf("Run beside another = %v, want bot.ErrEpoch", err)
	}
	if err := e.Idle(t.Context()); !errors.Is(err, engine.ErrStopped) {
		t.Errorf("Idle after the end = %v, want ErrStopped", err)
	}
	if err := e.Run(t.Context()); err == nil {
		t.Error("an engine runs once, it ran again")
	}

	if _, err := b.store.Acquire(t.Context(), "other", time.Now(), 0); err != nil {
		t.Fatal(err)
	}
	b.run()
	b.idle()
	if _, err := b.store.Acquire(t.Context(), "other", time.Now().Add(time.Hour), time.Hour); err != nil {
		t.Fatal(err)
	}
	if err := <-b.done; !errors.Is(err, bot.ErrEpoch) {
		t.Errorf("Run after a take-over = %v, want bot.ErrEpoch", err)
	}
	close(b.done)
}

// A stop waits for the decision in hand and takes nothing more in.
func TestStopFinishesWhatIsInHand(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	rules := echoing
	rules.Decide = func(s bot.Snapshot, e bot.Event) (bot.Change, error) {
		close(entered)
		<-leave
		return echoing.Decide(s, e)
	}
	b := newBench(t, rules).run()
	b.chat.Say(pmoRoom, maria, "x")
	<-entered
	b.stop()
	close(leave)
	if err := <-b.done; err != nil {
		t.Errorf("a stop is no error, got %v", err)
	}
	close(b.done)
	counts, err := b.store.Counts(t.Context())
	if err != nil || counts[bot.SlotPending] != 1 {
		t.Errorf("outbox %v, %v: want the answer pending", counts, err)
	}
	if got := b.log.count("canceled"); got != 0 {
		t.Errorf("a stop was logged as an error %d times", got)
	}
	if _, err := b.store.Acquire(t.Context(), "next", time.Now(), time.Minute); err != nil {
		t.Errorf("the lease was not given back: %v", err)
	}
}

// mum is a chat that says of no room who is in it.
type mum struct {
	engine.Chat
	engine.Settler
}

// Who is in a network's rooms is asked of the chat where a decision wants to know it, and nowhere else; what the chat does
// not say is not known, and hurts nobody.
func TestMembers(t *testing.T) {
	const lotsen bot.RoomID = "test:!lotsen"
	for _, test := range []struct {
		why       string
		wanted    bool
		chat      func(c *enginetest.Chat) engine.Chat
		in, known bool
	}{
		{"in the room", true, func(c *enginetest.Chat) engine.Chat { c.Attend(lotsen, maria); return c }, true, true},
		{"not in the room", true, func(c *enginetest.Chat) engine.Chat { c.Attend(lotsen); return c }, false, true},
		{"not asked", false, func(c *enginetest.Chat) engine.Chat { c.Attend(lotsen, maria); return c }, false, false},
		{"the chat cannot say it of that room", true, func(c *enginetest.Chat) engine.Chat { return c }, false, false},
		{"the chat cannot say it at all", true, func(c *enginetest.Chat) engine.Chat { c.Attend(lotsen, maria); return mum{c, c} }, false, false},
		{"the chat fails", true, func(c *enginetest.Chat) engine.Chat { c.Attend(lotsen, maria); return deaf{c} }, false, false},
	} {
		t.Run(test.why, func(t *testing.T) {
			var in, known bool
			b := newBench(t, engine.Rules{
				Needs: func(bot.Event) bot.Query { return bot.Query{Network: "digilotsen", Members: test.wanted} },
				Decide: func(s bot.Snapshot, _ bot.Event) (bot.Change, error) {
					in, known = s.Within("other:@maria", maria)
					return bot.Change{}, nil
				},
			})
			b.seed(bot.Change{
				Networks: []bot.Network{{ID: "digilotsen", Name: "Digilotsen"}},
				Rooms:    []bot.Room{{ID: lotsen, Kind: bot.RoomNetwork, Network: "Digilotsen", Joined: true}},
			})
			b.conf.Chats = []engine.Chat{test.chat(b.chat)}
			b.run()
			b.chat.Say(pmoRoom, maria, "hallo")
			b.idle()
			if in != test.in || known != test.known {
				t.Errorf("in the room: %v, known: %v; want %v, %v", in, known, test.in, test.known)
			}
		})
	}
}

// deaf is a chat that does not answer.
type deaf struct{ *enginetest.Chat }

func (deaf) Members(context.Context, bot.RoomID) ([]bot.UserID, error) {
	return nil, errors.New("no answer")
}
