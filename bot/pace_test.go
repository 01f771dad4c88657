package bot

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// flood is somebody who sends commands, and what the bot does about it.
type flood struct {
	*testing.T
	s        Snapshot
	e        Event
	n        int
	replies  int
	warnings int
	done     int
}

func newFlood(t *testing.T, limit int) *flood {
	settings := exampleSettings(t)
	settings.CommandsAMinute = limit
	settings.Roles = map[Role][]PersonID{RolePMO: {"pia"}}
	return &flood{T: t, s: Snapshot{Now: at(t, "2026-11-18 09:00"), Settings: settings}, e: Event{Kind: EventMessage, Room: "test:!r", Sender: "test:@otto"}}
}

// send sends a command that changes something and is replied to, after a while.
func (f *flood) send(after time.Duration) {
	f.Helper()
	f.s.Now = f.s.Now.Add(after)
	f.n++
	f.e.ID, f.e.Message, f.e.At = EventID(fmt.Sprint("e", f.n)), MessageID(fmt.Sprint("m", f.n)), f.s.Now
	change := Change{
		Projects: []Project{{ID: "p"}},
		Posts: []Post{
			Reply(f.e, 0, "reply.help", nil), Reply(f.e, 1, "reply.help", nil),
			{Key: "note", Kind: KindEntered, Room: "test:!other"}, {Key: "ack", Kind: KindAck, Room: "test:!r"},
		},
	}
	got := Paced(f.s, f.e, change)
	f.s.Pace = got.Pace
	f.done += len(got.Projects)
	others := slices.DeleteFunc(slices.Clone(got.Posts), func(p Post) bool { return p.Kind == KindReply })
	if len(others) != 2 {
		f.Errorf("of what is no reply there is %+v", others)
	}
	for _, p := range got.Posts {
		switch {
		case p.Template == "error.pace":
			f.warnings++
		case p.Template == "reply.help" && p.Key[len(p.Key)-len("/0/test:!r")+1] == '0':
			f.replies++
		}
	}
}

func (f *flood) want(what string, replies, warnings int) {
	f.Helper()
	if f.replies != replies || f.warnings != warnings || f.done != f.n {
		f.Errorf("%s: of %d commands %d were done, %d replied to, and there were %d warnings; want all done, %d and %d",
			what, f.n, f.done, f.replies, f.warnings, replies, warnings)
	}
}

func TestPaced(t *testing.T) {
	f := newFlood(t, 20)
	for range 200 {
		f.send(300 * time.Millisecond)
	}
	f.want("200 within a minute", 20, 1)
	for range 2000 {
		f.send(time.Second)
	}
	f.want("a flood that goes on", 20, 1)
	f.send(time.Minute)
	f.want("a minute later", 21, 1)

	f = newFlood(t, 20)
	for range 200 {
		f.send(4 * time.Second)
	}
	f.want("one every four seconds", 200, 0)

	// Somebody who tries again while waiting gets through when it was said.
	f = newFlood(t, 20)
	for range 21 {
		f.send(0)
	}
	for range 4 {
		f.send(15 * time.Second)
	}
	f.want("tried again at the end of the minute", 21, 1)

	f = newFlood(t, 20)
	f.s.Person = &Person{ID: "pia"}
	for range 200 {
		f.send(100 * time.Millisecond)
	}
	f.want("the PMO for forty projects", 200, 0)

	// What was sent while the bot was away is judged by when it was sent.
	f = newFlood(t, 1)
	now := f.s.Now
	for i := range 10 {
		f.s.Now = now.Add(time.Duration(i) * 2 * time.Minute)
		f.send(0)
	}
	f.want("read after a downtime", 10, 0)
}

// Without a limit, in a rehearsal, and for what is not replied to nothing is kept.
func TestPacedKeepsNothing(t *testing.T) {
	for _, c := range []struct {
		name      string
		limit     int
		rehearsal bool
	}{{"no limit", 0, false}, {"a rehearsal", 1, true}} {
		f := newFlood(t, c.limit)
		f.s.Settings.Rehearsal = c.rehearsal
		for range 10 {
			f.send(0)
		}
		f.want(c.name, 10, 0)
		if f.s.Pace != nil {
			t.Errorf("%s: %+v is kept", c.name, f.s.Pace)
		}
	}
	f := newFlood(t, 1)
	if got := Paced(f.s, f.e, Change{Posts: []Post{{Key: "ack", Kind: KindAck, Room: f.e.Room}}}); got.Pace != nil {
		t.Errorf("an answer that is only acknowledged counts: %+v", got.Pace)
	}
}

// The message says a full minute, not before the replies come again.
func TestPacedSaysWhen(t *testing.T) {
	f := newFlood(t, 1)
	f.s.Now, f.e.At = at(t, "2026-11-18 09:00").Add(20*time.Second), time.Time{}
	f.s.Pace = &Pace{Count: 1, Until: f.s.Now.Add(time.Second)}
	got := Paced(f.s, f.e, Change{Posts: []Post{Reply(f.e, 0, "reply.help", nil)}})
	want := at(t, "2026-11-18 09:02")
	if data, ok := got.Posts[0].Data.(TooFast); !ok || !data.Until.Equal(want) || got.Pace.Until.After(want) {
		t.Errorf("says %+v, want %v", got.Posts[0].Data, want)
	}
}
