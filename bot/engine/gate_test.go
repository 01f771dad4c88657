package engine_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/storage"
)

// ledgered is a store that notes how many outcomes it was given at once, and fails as
// it is told.
type ledgered struct {
	*storage.Store
	mu    sync.Mutex
	sizes []int
	fail  func([]bot.Outcome) error
}

func (l *ledgered) Settle(ctx context.Context, epoch int64, now time.Time, outcomes []bot.Outcome) error {
	l.mu.Lock()
	l.sizes = append(l.sizes, len(outcomes))
	fail := l.fail
	l.mu.Unlock()
	if fail != nil {
		if err := fail(outcomes); err != nil {
			return err
		}
	}
	return l.Store.Settle(ctx, epoch, now, outcomes)
}

// many are posts to n rooms.
func many(n int) string {
	var posts []string
	for room := range n {
		posts = append(posts, fmt.Sprintf("r%d a eins", room))
	}
	return strings.Join(posts, "; ")
}

// While the chat has enough to do, outcomes are noted together; one alone is noted at
// once.
func TestNotedTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, posting)
		store := &ledgered{Store: b.store}
		b.conf.Store, b.conf.Clock = store, engine.Real{}
		b.conf.Chats = []engine.Chat{observed{b.chat, func(bot.Outgoing) func() {
			time.Sleep(10 * time.Millisecond)
			return func() {}
		}}}
		b.run()
		b.chat.Say(dmRoom, maria, many(40))
		b.idle()
		if sends := len(b.chat.Sends()); sends != 40 || len(store.sizes) > 10 {
			t.Errorf("%d sends were noted in %d transactions %v, want 40 in few", sends, len(store.sizes), store.sizes)
		}
		store.sizes = nil
		began := time.Now()
		b.chat.Say(dmRoom, maria, "pmo a eins")
		b.idle()
		if took := time.Since(began); took != 10*time.Millisecond {
			t.Errorf("one alone took %v, want the 10ms of the chat", took)
		}
		b.halt()
	})
}

// An outcome that cannot be noted is not in the way of the others.
func TestOneOutcomeFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, posting)
		var whole atomic.Bool
		store := &ledgered{Store: b.store, fail: func(outcomes []bot.Outcome) error {
			for _, o := range outcomes {
				if !whole.Load() && o.Room == "test:r3" {
					return fmt.Errorf("slot %s is broken", o.Key)
				}
			}
			return nil
		}}
		b.conf.Store, b.conf.Clock, b.conf.Limits = store, engine.Real{}, engine.Limits{}
		b.chat.Can(bot.Abilities{Threads: true, Reactions: true, Edits: true}) // no echo that would tell it all the same
		b.run()
		b.chat.Say(dmRoom, maria, many(8))
		time.Sleep(time.Minute)
		synctest.Wait()
		counts, err := b.store.Counts(t.Context())
		if err != nil || counts[bot.SlotSent] != 7 || counts[bot.SlotSending] != 1 {
			t.Errorf("slots are %v, %v; want 7 sent and one sending", counts, err)
		}
		if got := b.log.count("could not be noted"); got != 1 {
			t.Errorf("logged %d times, want once", got)
		}
		whole.Store(true)
		time.Sleep(10 * time.Minute)
		b.idle()
		if sends := len(b.chat.Sends()); sends != 8 {
			t.Errorf("%d sends, want 8", sends)
		}
		b.halt()
	})
}

// What waits at the gate when the engine stops was not tried: the next start need not
// look for it.
func TestStopAtTheGate(t *testing.T) {
	b := newBench(t, posting)
	b.conf.Limits.Parallel = 1
	begun, leave := make(chan struct{}), make(chan struct{})
	chats := b.conf.Chats
	b.conf.Chats = []engine.Chat{observed{b.chat, func(bot.Outgoing) func() {
		close(begun)
		<-leave
		return func() {}
	}}}
	b.run()
	b.chat.Say(dmRoom, maria, many(4))
	<-begun
	for { // until one more is claimed
		counts, err := b.store.Counts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if counts[bot.SlotSending] == 2 {
			break
		}
	}
	b.stop()
	close(leave)
	if err := b.halt(); err != nil {
		t.Fatal(err)
	}
	if sends := len(b.chat.Sends()); sends != 1 {
		t.Errorf("%d sends before the stop was over, want 1", sends)
	}
	b.conf.Chats = chats
	b.run()
	b.idle()
	if sends, finds := len(b.chat.Sends()), b.chat.Finds(); sends != 4 || finds != 0 {
		t.Errorf("%d sends and %d looks after a restart, want 4 and none", sends, finds)
	}
}
