package engine_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lotse/bot"
	"lotse/bot/engine"
)

// While nothing happens, nothing is asked of the store or of the chat; only the lease
// is renewed, every twenty seconds. A timer far away wakes nobody before its time.
func TestIdleCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		due := 0
		rules := posting
		rules.Due = func(s bot.Snapshot, _ bot.Timer) (bot.Change, error) {
			due++
			return bot.Change{Posts: []bot.Post{say(pmoRoom, "due", s.Now.Format("15:04"))}}, nil
		}
		b := newBench(t, rules)
		c := &mortalStore{Store: b.store, life: &life{}}
		b.conf.Store, b.conf.Clock = c, engine.Real{}
		at := time.Now().Add(6 * time.Hour)
		b.seed(bot.Change{Timers: []bot.Timer{{Key: "due", Kind: bot.TimerOpen, At: at}}})
		b.run()
		b.chat.Say(dmRoom, maria, "pmo a eins")
		b.idle()
		c.renewals()
		if c.taken() == 0 {
			t.Fatal("the counter does not count")
		}
		sends := len(b.chat.Sends())

		time.Sleep(5 * time.Hour)
		synctest.Wait()
		calls, leases := c.taken(), c.renewals()
		if calls != 0 || len(b.chat.Sends()) != sends || b.chat.Finds() != 0 {
			t.Errorf("in five idle hours %d store calls, %d sends, %d finds: want none", calls, len(b.chat.Sends())-sends, b.chat.Finds())
		}
		if want := 5 * 3600 / 20; leases != want {
			t.Errorf("the lease was renewed %d times, want %d", leases, want)
		}

		time.Sleep(2 * time.Hour)
		b.idle()
		if due != 1 {
			t.Errorf("the timer was due %d times, want once", due)
		}
		b.want(pmoRoom, "Lotse: de/say eins\nLotse: de/say "+at.In(berlin()).Format("15:04")+"\n")
		b.halt()
	})
}

// As long as the store is broken nothing is lost and nothing is given up; the error
// is logged once, and the status says so.
func TestBrokenStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, posting)
		c := &mortalStore{Store: b.store, life: &life{}}
		b.conf.Store, b.conf.Clock, b.conf.Limits = c, engine.Real{}, engine.Limits{}
		b.run()
		b.idle()
		c.fail(errors.New("disk full"))
		b.chat.Say(dmRoom, maria, "pmo a eins")
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := b.log.count("disk full"); got == 0 || got > 3 {
			t.Errorf("logged %d times, want once for each that found out", got)
		}
		c.fail(nil)
		time.Sleep(10 * time.Minute)
		b.idle()
		b.want(pmoRoom, "Lotse: de/say eins\n")
		if got := b.Status().Stuck; got != nil {
			t.Errorf("the status still says %v", got)
		}
		b.halt()
	})
}

// The loop itself gets stuck when the inbox cannot be read, says so, and goes on.
func TestStuckLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &mortalStore{life: &life{}}
		b := newBench(t, engine.Rules{Decide: func(_ bot.Snapshot, e bot.Event) (bot.Change, error) {
			c.fail(errors.New("disk full")) // breaks in the middle
			return posting.Decide(bot.Snapshot{}, e)
		}})
		c.Store = b.store
		b.conf.Store, b.conf.Clock, b.conf.Limits = c, engine.Real{}, engine.Limits{}
		b.run()
		b.chat.Say(dmRoom, maria, "pmo a eins")
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := b.Status().Stuck; got == nil {
			t.Error("the status does not say that the loop is stuck")
		}
		b.conf.Rules = posting
		b.halt()
		c.fail(nil)
		b.run() // a restart mends it
		b.idle()
		b.want(pmoRoom, "Lotse: de/say eins\n")
		b.halt()
	})
}

// A chat that never catches up does not hold up deadlines for ever.
func TestCatchUpHasALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := ledger{}
		b := newBench(t, l.rules())
		began := time.Now()
		b.seed(bot.Change{Timers: []bot.Timer{{Key: "due", At: began.Add(-time.Minute)}}})
		b.conf.Chats, b.conf.Clock = []engine.Chat{slow{b.chat, make(chan struct{})}}, engine.Real{}
		b.run()
		time.Sleep(119 * time.Second)
		synctest.Wait()
		if len(l.got()) != 0 {
			t.Errorf("due work did not wait: %q", l.got())
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if len(l.got()) != 1 {
			t.Errorf("due work waits for ever: %q", l.got())
		}
		b.halt()
	})
}

// A chat that fails to listen is started again, with growing pauses.
func TestChatThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, echoing)
		runs := 0
		b.conf.Chats = []engine.Chat{failing{b.chat, func() error {
			if runs++; runs <= 5 {
				return errors.New("no route to host")
			}
			return nil
		}}}
		b.conf.Limits, b.conf.Clock = engine.Limits{}, engine.Real{}
		b.chat.Say(pmoRoom, maria, "x")
		b.run()
		time.Sleep(time.Minute)
		b.idle()
		if runs != 6 {
			t.Errorf("%d runs in a minute, want 6", runs)
		}
		if got := b.log.count("the chat stopped listening"); got != 1 {
			t.Errorf("logged %d times, want once", got)
		}
		b.want(pmoRoom, "maria: x\nLotse ↪ «x»: de/say x\n")
		b.halt()
	})
}

type failing struct {
	engine.Chat
	fail func() error
}

func (f failing) Run(ctx context.Context, deliver bot.Deliver) error {
	if err := f.fail(); err != nil {
		return err
	}
	return f.Chat.Run(ctx, deliver)
}

// A failed send is tried again after a second, then two, four, and at last every five
// minutes; by the real clock it is the store that keeps the time.
func TestBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, posting)
		b.conf.Limits, b.conf.Clock = engine.Limits{}, engine.Real{}
		var mu sync.Mutex
		var all []time.Duration
		down := true
		began := time.Now()
		b.chat.Faults(func(bot.Outgoing, int) (f fault) {
			mu.Lock()
			defer mu.Unlock()
			all = append(all, time.Since(began))
			if down {
				return lost
			}
			return f
		})
		b.run()
		b.chat.Say(dmRoom, maria, "pmo a eins")
		time.Sleep(time.Hour)
		synctest.Wait()
		mu.Lock()
		tries := slices.Clone(all)
		down = false
		mu.Unlock()
		// 1+2+4+…+256 s and then five minutes each, a fifth less at most.
		if n := len(tries); n < 18 || n > 26 {
			t.Errorf("%d tries in an hour: %v", n, tries)
		}
		for i := 1; i < len(tries); i++ {
			want := min(time.Second<<(i-1), 5*time.Minute)
			if pause := tries[i] - tries[i-1]; pause < want*7/10 || pause > want+2*time.Second {
				t.Errorf("pause %d is %v, want about %v", i, pause, want)
			}
		}
		time.Sleep(6 * time.Minute)
		b.idle()
		b.want(pmoRoom, "Lotse: de/say eins\n")
		b.halt()
	})
}

// A real clock's timer goes by the time of day and looks at it again and again.
func TestRealClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		past, stop := engine.Real{}.At(began)
		<-past
		stop()
		ch, stop := engine.Real{}.At(began.Add(3 * time.Hour))
		<-ch
		stop()
		if got := time.Since(began); got != 3*time.Hour {
			t.Errorf("woke after %v, want 3h", got)
		}
		ch, stop = engine.Real{}.At(began.Add(9 * time.Hour))
		stop()
		time.Sleep(9 * time.Hour)
		synctest.Wait()
		select {
		case <-ch:
			t.Error("a channel that was given up was closed")
		default:
		}
	})
}

// A timer in the file of a database opened anew is where it was.
func TestRestart(t *testing.T) {
	l := ledger{}
	b := newBench(t, l.rules())
	b.seed(bot.Change{Timers: []bot.Timer{{Key: "a", At: start.Add(time.Hour)}}})
	for i := range 2 {
		b.run()
		b.until(start.Add(time.Duration(i+1) * 30 * time.Minute))
		if err := b.halt(); err != nil {
			t.Error(err)
		}
		b.store.Close()
		b.open()
	}
	if len(l.got()) != 1 || l.got()[0] != "09:59 a" {
		t.Errorf("due were %q", l.got())
	}
}
