package storagetest

import (
	"time"

	"lotse/bot"
)

// restored says that the books come from a backup, as `lotse restore` does.
func (d *desk) restored() {
	d.Helper()
	d.commit(bot.Change{Restored: &bot.Restored{Taken: d.now.Add(-time.Hour), At: d.now, State: bot.RestorePaused}})
}

// agreed is what the PMO says to it.
func (d *desk) agreed(state bot.RestoreState) {
	d.Helper()
	r := d.load(bot.Query{}).Restored
	if r == nil {
		d.Fatal("nothing is known of a restore")
	}
	r.State = state
	d.commit(bot.Change{Restored: r})
}

// through is a slot that goes out although the outbox is paused.
func through(s bot.Slot) bot.Slot {
	s.Through = true
	return s
}

// at gives an event its time.
func at(t time.Time, e bot.Event) bot.Event {
	e.At = t
	return e
}

// timerAt is a timer.
func timerAt(key bot.Key, kind bot.TimerKind, at time.Time) bot.Timer {
	return bot.Timer{Key: key, Kind: kind, At: at}
}

var pausePromises = map[string]func(*desk){
	"books that were never restored say so": func(d *desk) {
		if r := d.load(bot.Query{Waiting: true}).Restored; r != nil {
			d.Errorf("they say %+v", r)
		}
	},
	"after a restore only what is let through goes out": func(d *desk) {
		d.post(text("before", roomA, "x"))
		d.restored()
		d.post(text("after", roomA, "y"), through(text("note", roomA, "z")))
		d.wantKeys(d.deliver(), "note")
		if next, err := d.NextClaim(d.Context(), d.now, chat); !next.IsZero() || err != nil {
			d.Errorf("the next claim is at %v, error %v, want none", next, err)
		}
	},
	"what waits is counted": func(d *desk) {
		d.post(text("a", roomA, "x"))
		d.restored()
		d.post(text("b", roomA, "y"), reaction("c", roomA, onKey("a"), "🟢"))
		d.commit(bot.Change{Timers: []bot.Timer{timerAt("t", bot.TimerOpen, d.now)}})
		w := d.load(bot.Query{Waiting: true}).Waiting
		if w.Kinds[bot.KindNote] != 2 || w.Kinds[bot.KindAck] != 1 || len(w.Timers) != 1 || w.Timers[0].Kind != bot.TimerOpen {
			d.Errorf("waiting are %+v, want 2 notes, 1 ack and the timer", w)
		}
	},
	"once the PMO agrees it goes out, in order, looked for before": func(d *desk) {
		d.post(text("a", roomA, "x"))
		d.restored()
		d.post(text("b", roomA, "y"), reaction("c", roomA, onKey("b"), "🟢"))
		d.agreed(bot.RestoreResumed)
		for _, want := range []bot.Key{"a", "b", "c"} {
			c := d.claim()
			if c.Key != want || !c.Doubtful {
				d.Errorf("claimed %s, doubtful %v, want %s in doubt", c.Key, c.Doubtful, want)
			}
			d.sent(c)
		}
		d.post(text("new", roomA, "z"))
		if c := d.claim(); c.Doubtful {
			d.Errorf("what is new is in doubt")
		}
	},
	"what was in flight is looked for and sent as it was": func(d *desk) {
		d.post(text("a", roomA, "x"))
		first := d.claim()
		d.restored()
		d.noClaim()
		d.agreed(bot.RestoreResumed)
		if c := d.claim(); !c.Doubtful || c.Transaction != first.Transaction {
			d.Errorf("claimed %+v, want the same send in doubt", c)
		}
	},
	"what the PMO drops is stale; new things go out": func(d *desk) {
		d.post(text("a", roomA, "x"))
		d.restored()
		d.post(text("b", roomB, "y"))
		d.agreed(bot.RestoreDropped)
		d.noClaim()
		d.wantCounts(bot.OutboxCounts{bot.SlotStale: 2})
		d.post(text("c", roomA, "z"))
		d.wantKeys(d.deliver(), "c")
	},
	"what is over by then is left out": func(d *desk) {
		d.restored()
		late := text("a", roomA, "x")
		late.Expires = d.now.Add(time.Hour)
		d.post(late)
		d.later(2 * time.Hour)
		d.takeOver("desk")
		d.agreed(bot.RestoreResumed)
		d.noClaim()
		d.wantCounts(bot.OutboxCounts{bot.SlotStale: 1})
	},
	"a start changes nothing about the pause": func(d *desk) {
		d.post(text("a", roomA, "x"))
		d.restored()
		d.later(time.Hour)
		d.takeOver("second")
		d.noClaim()
		if !d.load(bot.Query{}).Restored.Paused() {
			d.Error("it is not paused any more")
		}
	},
	"two decisions of the PMO are one": func(d *desk) {
		d.restored()
		r := *d.load(bot.Query{}).Restored
		d.agreed(bot.RestoreResumed)
		r.State = bot.RestoreDropped
		d.wantErr(d.tryCommit(bot.Change{Restored: &r}), bot.ErrStale)
	},
	"a message of the lost time is taken over, not sent again": func(d *desk) {
		d.restored()
		lost := bot.Event{ID: "e", Kind: bot.EventEcho, Room: roomA, Key: "q", Message: "test:$lost", Revision: 1, At: d.now}
		d.receive(said("before", roomA, maria, "x"), lost, said("after", roomA, maria, "y"))
		d.post(text("q", roomA, "?"), text("other", roomA, "!"))
		d.agreed(bot.RestoreResumed)
		d.wantKeys(d.deliver(), "other")
		if k := d.load(bot.Query{Target: "test:$lost"}).Target; k == nil || k.Key != "q" {
			d.Errorf("the message is known as %+v, want q", k)
		}
		d.post(text("q", roomA, "changed"))
		if c := d.claim(); c.Message != "test:$lost" || c.Revision < 2 {
			d.Errorf("the change is %+v, want an edit of what stands", c)
		}
	},
	"a message that cannot be read is taken over, too": func(d *desk) {
		unreadable := func(id, key string, room bot.RoomID) bot.Event {
			return bot.Event{ID: bot.EventID(id), Kind: bot.EventEcho, Room: room, Sent: bot.Transaction(bot.Key(key), room, 1), Message: bot.MessageID("test:$" + key), At: d.now}
		}
		d.post(text("waiting", roomA, "?"))
		d.restored()
		d.receive(unreadable("1", "waiting", roomA), unreadable("2", "later", roomA), unreadable("3", "direct", roomDM))
		d.post(text("later", roomA, "!"), bot.Slot{Key: "direct", User: maria, Text: bot.Text{Markdown: "?"}}, text("other", roomA, "!"))
		d.agreed(bot.RestoreResumed)
		d.wantKeys(d.deliver(), "other")
		for _, key := range []bot.Key{"waiting", "later", "direct"} {
			if k := d.load(bot.Query{Target: bot.MessageID("test:$" + key)}).Target; k == nil || k.Key != key {
				d.Errorf("the message is known as %+v, want %s", k, key)
			}
		}
	},
	"a message to a person is taken over with its room": func(d *desk) {
		d.restored()
		d.receive(bot.Event{ID: "e", Kind: bot.EventEcho, Room: roomDM, Key: "q", Message: "test:$lost", Revision: 1, At: d.now})
		d.post(bot.Slot{Key: "q", User: maria, Text: bot.Text{Markdown: "?"}})
		d.agreed(bot.RestoreResumed)
		d.noClaim()
	},
	"without a restore nobody keeps messages that no slot knows": func(d *desk) {
		d.receive(bot.Event{ID: "e", Kind: bot.EventEcho, Room: roomA, Key: "q", Message: "test:$lost", Revision: 1, At: d.now})
		d.post(text("q", roomA, "?"))
		d.wantKeys(d.deliver(), "q")
	},
	"what stands is changed under a revision that was never used": func(d *desk) {
		d.post(text("live", roomA, "1"))
		d.deliver()
		d.restored() // the lost bot may have changed it a few times
		d.post(text("live", roomA, "2"))
		d.agreed(bot.RestoreResumed)
		if c := d.claim(); c.Revision < 100 || c.Message == "" {
			d.Errorf("claimed %+v, want an edit far ahead", c)
		}
	},
	"timers wait for the PMO, but for the one that tells it": func(d *desk) {
		d.restored()
		d.commit(bot.Change{Timers: []bot.Timer{timerAt("due", bot.TimerOpen, d.now.Add(-time.Minute)), timerAt("restored", bot.TimerRestored, d.now)}})
		t, err := d.NextTimer(d.Context())
		if err != nil || t == nil || t.Key != "restored" {
			d.Fatalf("the next timer is %+v, error %v, want the restore's", t, err)
		}
		if err := d.Commit(d.Context(), bot.Commit{Epoch: d.epoch, Now: d.now, Timer: t.Key, TimerAt: t.At}); err != nil {
			d.Fatal(err)
		}
		if t, err := d.NextTimer(d.Context()); t != nil || err != nil {
			d.Errorf("the next timer is %+v, error %v, want none", t, err)
		}
		d.agreed(bot.RestoreResumed)
		if t, err := d.NextTimer(d.Context()); err != nil || t == nil || t.Key != "due" {
			d.Errorf("the next timer is %+v, error %v, want the one that is due", t, err)
		}
	},
	"the lost time comes up in its order": func(d *desk) {
		nine := d.now.Add(-3 * time.Hour)
		d.commit(bot.Change{Timers: []bot.Timer{timerAt("nine", bot.TimerOpen, nine), timerAt("later", bot.TimerClose, d.now.Add(-time.Minute))}})
		d.restored()
		d.receive(
			at(nine.Add(-time.Minute), said("first", roomA, maria, "x")),
			bot.Event{ID: "e", Kind: bot.EventEcho, Room: roomA, Key: "q", Message: "test:$lost", Revision: 1, At: nine.Add(time.Second)},
			at(nine.Add(time.Minute), said("second", roomA, maria, "y")))
		if r := d.next(); r.Event.ID != "first" {
			d.Fatalf("the next event is %s, want the first", r.Event.ID)
		} else {
			d.done(r)
		}
		d.noNext() // the timer came before
		t, err := d.NextTimer(d.Context())
		if err != nil || t == nil || t.Key != "nine" {
			d.Fatalf("the next timer is %+v, error %v, want nine", t, err)
		}
		if err := d.Commit(d.Context(), bot.Commit{Epoch: d.epoch, Now: d.now, Timer: t.Key, TimerAt: t.At}); err != nil {
			d.Fatal(err)
		}
		if r := d.next(); r.Event.ID != "second" {
			d.Errorf("the next event is %s, want the second", r.Event.ID)
		}
		if t, err := d.NextTimer(d.Context()); t != nil || err != nil {
			d.Errorf("the next timer is %+v, error %v: nobody knows whether the lost bot lived to see it", t, err)
		}
	},
}
