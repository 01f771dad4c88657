package storagetest

import (
	"time"

	"lotse/bot"
)

// nextTimer is the earliest timer, which must be there.
func (d *desk) nextTimer() bot.Timer {
	d.Helper()
	timer, err := d.NextTimer(d.Context())
	if err != nil {
		d.Fatalf("next timer: %v", err)
	}
	if timer == nil {
		d.Fatal("no timer runs, want one")
	}
	return *timer
}

func (d *desk) noTimer() {
	d.Helper()
	timer, err := d.NextTimer(d.Context())
	if err != nil || timer != nil {
		d.Fatalf("timer %+v runs (error %v), want none", timer, err)
	}
}

// fire settles a timer with a change.
func (d *desk) fire(timer bot.Timer, change bot.Change) error {
	return d.Commit(d.Context(), bot.Commit{Epoch: d.epoch, Now: d.now, Timer: timer.Key, TimerAt: timer.At, Change: change})
}

func (d *desk) timer(key bot.Key, in time.Duration) bot.Timer {
	return bot.Timer{Key: key, Kind: bot.TimerAsk, At: d.now.Add(in), Subject: bot.Subject{Project: "p", Round: "2026-11-25", N: 2, User: maria}}
}

var timerPromises = map[string]func(*desk){
	"earliest first, ties by key": func(d *desk) {
		d.noTimer()
		d.commit(bot.Change{Timers: []bot.Timer{d.timer("z", time.Hour), d.timer("b", time.Minute), d.timer("a", time.Minute)}})
		for _, want := range []bot.Key{"a", "b", "z"} {
			got := d.nextTimer()
			if got.Key != want {
				d.Errorf("timer %s is next, want %s", got.Key, want)
			}
			if err := d.fire(got, bot.Change{}); err != nil {
				d.Errorf("fire %s: %v", got.Key, err)
			}
		}
		d.noTimer()
	},
	"a timer comes back as it was set": func(d *desk) {
		want := d.timer("a", time.Minute)
		d.commit(bot.Change{Timers: []bot.Timer{want}})
		got := d.nextTimer()
		if !got.At.Equal(want.At) || got.Kind != want.Kind || got.Subject != want.Subject {
			d.Errorf("got %+v, want %+v", got, want)
		}
	},
	"setting it again moves it": func(d *desk) {
		d.commit(bot.Change{Timers: []bot.Timer{d.timer("a", time.Hour)}})
		d.commit(bot.Change{Timers: []bot.Timer{d.timer("a", 2*time.Hour)}})
		if got := d.nextTimer(); !got.At.Equal(d.now.Add(2 * time.Hour)) {
			d.Errorf("it is due at %v, want in two hours", got.At)
		}
	},
	"earliest keeps the earlier of both": func(d *desk) {
		set := func(in time.Duration) {
			timer := d.timer("a", in)
			timer.Earliest = true
			d.commit(bot.Change{Timers: []bot.Timer{timer}})
		}
		for _, step := range []struct{ set, want time.Duration }{
			{2 * time.Hour, 2 * time.Hour}, // new
			{3 * time.Hour, 2 * time.Hour}, // later: stays
			{time.Hour, time.Hour},         // earlier: moves
		} {
			set(step.set)
			if got := d.nextTimer(); !got.At.Equal(d.now.Add(step.want)) {
				d.Errorf("set to %v, it is due at %v, want in %v", step.set, got.At, step.want)
			}
		}
	},
	"a timer fires once": func(d *desk) {
		d.commit(bot.Change{Timers: []bot.Timer{d.timer("a", 0)}})
		timer := d.nextTimer()
		if err := d.fire(timer, bot.Change{}); err != nil {
			d.Fatal(err)
		}
		d.wantErr(d.fire(timer, bot.Change{}), bot.ErrSeen)
	},
	"a timer moved meanwhile does not fire": func(d *desk) {
		d.commit(bot.Change{Timers: []bot.Timer{d.timer("a", 0)}})
		timer := d.nextTimer()
		d.commit(bot.Change{Timers: []bot.Timer{d.timer("a", time.Hour)}})
		d.wantErr(d.fire(timer, bot.Change{Projects: []bot.Project{{ID: "p", Name: "P"}}}), bot.ErrSeen)
		if d.load(bot.Query{Project: "p"}).Project != nil {
			d.Error("what a moved timer decided was written")
		}
		d.nextTimer()
	},
	"a cancelled timer does not fire": func(d *desk) {
		d.commit(bot.Change{Timers: []bot.Timer{d.timer("a", 0)}})
		timer := d.nextTimer()
		d.commit(bot.Change{Cancel: []bot.Key{"a", "never set"}})
		d.wantErr(d.fire(timer, bot.Change{}), bot.ErrSeen)
		d.noTimer()
	},
	"a timer can set itself anew": func(d *desk) {
		d.commit(bot.Change{Timers: []bot.Timer{d.timer("a", 0)}})
		again := d.timer("a", time.Hour)
		again.Earliest = true // the old one is done and does not count
		if err := d.fire(d.nextTimer(), bot.Change{Timers: []bot.Timer{again}}); err != nil {
			d.Fatal(err)
		}
		if got := d.nextTimer(); !got.At.Equal(again.At) {
			d.Errorf("it is due at %v, want %v", got.At, again.At)
		}
	},
	"cancel and set in one change sets": func(d *desk) {
		d.commit(bot.Change{Timers: []bot.Timer{d.timer("a", 0)}})
		d.commit(bot.Change{Cancel: []bot.Key{"a"}, Timers: []bot.Timer{d.timer("a", time.Hour)}})
		if got := d.nextTimer(); !got.At.Equal(d.now.Add(time.Hour)) {
			d.Errorf("it is due at %v, want in an hour", got.At)
		}
	},
	"an instant is kept to the millisecond": func(d *desk) {
		d.commit(bot.Change{Timers: []bot.Timer{d.timer("a", 1234567*time.Nanosecond)}})
		timer := d.nextTimer()
		if want := d.now.Add(time.Millisecond); !timer.At.Equal(want) {
			d.Errorf("it is due at %v, want %v", timer.At, want)
		}
		if err := d.fire(timer, bot.Change{}); err != nil {
			d.Errorf("fire it at the time it came back with: %v", err)
		}
	},
}
