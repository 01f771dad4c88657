package storagetest

import (
	"errors"
	"strings"
	"time"

	"lotse/bot"
)

var leasePromises = map[string]func(*desk){
	"renewing keeps the epoch": func(d *desk) {
		for range 3 {
			d.later(50 * time.Second)
			epoch, err := d.Acquire(d.Context(), "desk", d.now, time.Minute)
			if err != nil || epoch != d.epoch {
				d.Errorf("renewed: epoch %d, error %v, want epoch %d", epoch, err, d.epoch)
			}
		}
	},
	"a held lease names its holder": func(d *desk) {
		d.later(59 * time.Second)
		_, err := d.Acquire(d.Context(), "second", d.now, time.Minute)
		d.wantErr(err, bot.ErrEpoch)
		if err != nil && !strings.Contains(err.Error(), "desk") {
			d.Errorf("error %q does not name the holder", err)
		}
		d.post(text("k", roomA, "still works"))
	},
	"a lease that ran out goes to the next": func(d *desk) {
		old := *d
		d.later(time.Minute)
		d.takeOver("second")
		if d.epoch <= old.epoch {
			d.Errorf("epoch %d after %d, want a higher one", d.epoch, old.epoch)
		}
		_, err := old.Acquire(d.Context(), "desk", d.now, time.Minute)
		d.wantErr(err, bot.ErrEpoch)
	},
	"a released lease is free at once": func(d *desk) {
		if err := d.Release(d.Context(), d.epoch); err != nil {
			d.Fatal(err)
		}
		before := d.epoch
		d.takeOver("second")
		if d.epoch <= before {
			d.Errorf("epoch %d after %d, want a higher one", d.epoch, before)
		}
		// The one before cannot release what is not its own any more.
		if err := d.Release(d.Context(), before); err != nil {
			d.Fatal(err)
		}
		_, err := d.Acquire(d.Context(), "third", d.now, time.Minute)
		d.wantErr(err, bot.ErrEpoch)
	},
	"an older epoch writes nothing": func(d *desk) {
		d.post(text("k", roomA, "x"), text("l", roomB, "y"))
		d.receive(said("1", roomA, maria, "gelb"))
		flying, event := d.claims(), d.next()
		old := d.epoch
		d.later(time.Hour)
		d.takeOver("second")
		ctx := d.Context()
		_, receive := d.Receive(ctx, old, d.now, bot.Batch{Events: []bot.Event{said("2", roomA, maria, "rot")}})
		_, fail := d.Fail(ctx, old, event.Seq, d.now)
		_, claim := d.Claim(ctx, old, d.now, chat, nil, 9)
		for name, err := range map[string]error{
			"receive": receive, "fail": fail, "claim": claim,
			"commit": d.Commit(ctx, bot.Commit{Epoch: old, Now: d.now, Seq: event.Seq}),
			"settle": d.Settle(ctx, old, d.now, []bot.Outcome{{Delivery: flying[0], ID: "test:$1"}}),
		} {
			if !errors.Is(err, bot.ErrEpoch) {
				d.Errorf("%s: error is %v, want one that wraps %q", name, err, bot.ErrEpoch)
			}
		}
		if r := d.next(); r.Event.ID != "1" || r.Attempts != 0 {
			d.Errorf("the next event is %s after %d attempts, want the untouched first", r.Event.ID, r.Attempts)
		}
		d.wantCounts(bot.OutboxCounts{bot.SlotPending: 2})
	},
	"no epoch is no lease": func(d *desk) {
		d.epoch = 0
		d.wantErr(d.tryCommit(bot.Change{}), bot.ErrEpoch)
	},
}

var memoryPromises = map[string]func(*desk){
	"what was never remembered is empty": func(d *desk) {
		if got, err := d.Recall(d.Context(), "matrix/token"); got != "" || err != nil {
			d.Errorf("recalled %q, error %v, want nothing", got, err)
		}
	},
	"the last value counts": func(d *desk) {
		for _, value := range []string{"s1", "s2", ""} {
			if err := d.Remember(d.Context(), "matrix/position", value); err != nil {
				d.Fatal(err)
			}
			if got, err := d.Recall(d.Context(), "matrix/position"); got != value || err != nil {
				d.Errorf("recalled %q, error %v, want %q", got, err, value)
			}
		}
	},
	"names are kept apart": func(d *desk) {
		for _, name := range []string{"a", "b"} {
			if err := d.Remember(d.Context(), name, "value of "+name); err != nil {
				d.Fatal(err)
			}
		}
		if got, _ := d.Recall(d.Context(), "a"); got != "value of a" {
			d.Errorf("recalled %q, want the value of a", got)
		}
	},
}
