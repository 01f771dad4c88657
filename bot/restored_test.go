package bot_test

import (
	"testing"
	"time"

	"lotse/bot"
)

// TestWhen is the clock by which the lost time is decided once more.
func TestWhen(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	lived := now.Add(-time.Hour)
	paused := &bot.Restored{State: bot.RestorePaused, Lived: lived}
	for _, c := range []struct {
		name     string
		restored *bot.Restored
		at, want time.Time
	}{
		{"never restored", nil, lived.Add(-time.Hour), now},
		{"of the lost time", paused, lived.Add(-time.Hour), lived.Add(-time.Hour)},
		{"the last sign of life", paused, lived, lived},
		{"after it", paused, lived.Add(time.Minute), now},
		{"without a time", paused, time.Time{}, now},
		{"no sign of life", &bot.Restored{State: bot.RestorePaused}, lived, now},
		{"the PMO has agreed", &bot.Restored{State: bot.RestoreResumed, Lived: lived}, lived.Add(-time.Hour), now},
	} {
		if got := c.restored.When(c.at, now); !got.Equal(c.want) {
			t.Errorf("%s: it is decided at %v, want %v", c.name, got, c.want)
		}
	}
}

// TestLetThrough is who gets an answer while the outbox is paused.
func TestLetThrough(t *testing.T) {
	lived := time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC)
	settings := &bot.Settings{Zone: time.UTC, Roles: map[bot.Role][]bot.PersonID{bot.RolePMO: {"petra"}}}
	pmo, lead := &bot.Person{ID: "petra"}, &bot.Person{ID: "maria"}
	for _, c := range []struct {
		name   string
		person *bot.Person
		kind   bot.RoomKind
		direct bool
		state  bot.RestoreState
		at     time.Time
		want   bool
	}{
		{"the PMO in its room", pmo, bot.RoomPMO, false, bot.RestorePaused, lived.Add(time.Minute), true},
		{"the PMO in a direct chat", pmo, bot.RoomDirect, true, bot.RestorePaused, lived.Add(time.Minute), true},
		{"the PMO elsewhere", pmo, bot.RoomProject, false, bot.RestorePaused, lived.Add(time.Minute), false},
		{"a lead", lead, bot.RoomPMO, false, bot.RestorePaused, lived.Add(time.Minute), false},
		{"a command of the lost time", pmo, bot.RoomPMO, false, bot.RestorePaused, lived.Add(-time.Minute), false},
		{"not paused", pmo, bot.RoomPMO, false, bot.RestoreResumed, lived.Add(time.Minute), false},
	} {
		s := bot.Snapshot{Settings: settings, Person: c.person, Room: bot.Room{ID: "test:!r", Kind: c.kind}, Restored: &bot.Restored{State: c.state, Lived: lived}}
		e := bot.Event{ID: "e", Kind: bot.EventMessage, Room: "test:!r", Direct: c.direct, At: c.at, Message: "test:$m"}
		posts := bot.LetThrough(s, e, []bot.Post{bot.Reply(e, 0, "reply.help", nil), {Key: "elsewhere", Kind: bot.KindNote, Room: "test:!x"}})
		if posts[0].Through != c.want || posts[1].Through {
			t.Errorf("%s: the reply goes through: %v, want %v; another post: %v, want never", c.name, posts[0].Through, c.want, posts[1].Through)
		}
	}
}

// TestTellRestored counts what waits, as the PMO reads it.
func TestTellRestored(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	s := bot.Snapshot{
		Now: now, Settings: &bot.Settings{Zone: time.UTC}, Restored: &bot.Restored{State: bot.RestorePaused, Taken: now.Add(-10 * time.Hour), At: now},
		Rooms: []bot.Room{{ID: "test:!pmo", Kind: bot.RoomPMO, Joined: true}, {ID: "test:!dm", Kind: bot.RoomDM, Joined: true}},
		Waiting: bot.Waiting{
			Kinds: map[bot.Kind]int{bot.KindOpening: 2, bot.KindQuestion: 3, bot.KindReminder: 1, bot.KindAgenda: 1, bot.KindReply: 4, bot.KindMoved: 2, bot.KindSeed: 9, bot.KindAck: 9},
			Timers: []bot.Timer{{Kind: bot.TimerOpen, At: now.Add(-time.Hour)}, {Kind: bot.TimerClose, At: now.Add(time.Hour)}, // not yet
				{Kind: bot.TimerPlan, At: now.Add(-time.Hour)}}, // nobody would miss it
		},
	}
	c, err := bot.Due(s, bot.Timer{Key: "restored", Kind: bot.TimerRestored})
	if err != nil || len(c.Posts) != 1 {
		t.Fatalf("%d posts, error %v, want one message to the PMO", len(c.Posts), err)
	}
	p := c.Posts[0]
	got, _ := p.Data.(bot.FromBackup)
	want := bot.FromBackup{Taken: now.Add(-10 * time.Hour), At: now, Questions: 5, Reminders: 1, Reports: 1, Replies: 4, Others: 2, Due: 1}
	if got != want || !p.Through || p.Room != "test:!pmo" {
		t.Errorf("the post is %+v, want %+v in the PMO room, let through", p, want)
	}
	s.Restored.State = bot.RestoreResumed
	if c, err := bot.Due(s, bot.Timer{Key: "restored", Kind: bot.TimerRestored}); err != nil || len(c.Posts) != 0 {
		t.Errorf("not paused it says %+v, error %v, want nothing", c.Posts, err)
	}
}

// After a restore no number is given that may have been given in the lost time, but for
// what is decided once more.
func TestNumbersAfterARestore(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name     string
		restored *bot.Restored
		last     int
		now      time.Time
		want     int
	}{
		{"never restored", nil, 11, now, 12},
		{"paused", &bot.Restored{State: bot.RestorePaused, Spent: bot.Spent(11), Lived: now.Add(-time.Hour)}, 11, now, 101},
		{"the lost time once more", &bot.Restored{State: bot.RestorePaused, Spent: bot.Spent(11), Lived: now}, 11, now, 12},
		{"long after", &bot.Restored{State: bot.RestoreResumed, Spent: 100}, 11, now.AddDate(1, 0, 0), 101},
		{"counted on", &bot.Restored{State: bot.RestoreResumed, Spent: 100}, 101, now, 102},
		{"a few left until the hundred", &bot.Restored{State: bot.RestorePaused, Spent: bot.Spent(51)}, 51, now, 201},
		{"none given yet", &bot.Restored{State: bot.RestorePaused, Spent: bot.Spent(0)}, 0, now, 101},
	} {
		s := bot.Snapshot{Now: c.now, LastNumber: c.last, Restored: c.restored}
		if got := s.NextNumber(); got != c.want {
			t.Errorf("%s: the next is #%d, want #%d", c.name, got, c.want)
		}
	}
}
