package engine_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"lotse/bot"
	"lotse/storage"
)

// fullStore is a store whose disk is full for the next so many commits and renewals of
// the lease: only small writes, like the note of a failure, find room.
type fullStore struct {
	*storage.Store

	mu      sync.Mutex
	commits int
	leases  int
	failed  int // failures noted
}

func (f *fullStore) full(left *int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if *left == 0 {
		return nil
	}
	*left--
	return fmt.Errorf("the disk is full: %w", bot.ErrDisk)
}

func (f *fullStore) Commit(ctx context.Context, c bot.Commit) error {
	if err := f.full(&f.commits); err != nil {
		return err
	}
	return f.Store.Commit(ctx, c)
}

func (f *fullStore) Acquire(ctx context.Context, holder string, now time.Time, ttl time.Duration) (int64, error) {
	if err := f.full(&f.leases); err != nil {
		return 0, err
	}
	return f.Store.Acquire(ctx, holder, now, ttl)
}

func (f *fullStore) Fail(ctx context.Context, epoch int64, seq int64, now time.Time) (bool, error) {
	f.mu.Lock()
	f.failed++
	f.mu.Unlock()
	return f.Store.Fail(ctx, epoch, seq, now)
}

// A full disk is not the event's fault: it is decided when there is room again, however
// often that was tried, and nothing is given up.
func TestFullDisk(t *testing.T) {
	b := newBench(t, echoing)
	f := &fullStore{Store: b.store, commits: 7}
	b.conf.Store = f
	b.run()
	b.chat.Say(pmoRoom, maria, "x")
	b.idle()
	b.want(pmoRoom, "maria: x\nLotse ↪ «x»: de/say x\n")
	if f.failed != 0 || f.commits != 0 {
		t.Errorf("%d failures were noted, %d commits are still to fail, want none", f.failed, f.commits)
	}
}

// A lease that cannot be renewed for longer than it is good for does not end the engine:
// whoever took over meanwhile is found out when it can be.
func TestLeaseOnAFullDisk(t *testing.T) {
	b := newBench(t, echoing)
	f := &fullStore{Store: b.store}
	b.conf.Store = f
	b.conf.Limits.LeaseTTL = 3 * time.Millisecond
	b.run()
	b.idle()
	const renewals = 20
	f.mu.Lock()
	f.leases = renewals
	f.mu.Unlock()
	before := time.Now()
	for renewed := false; !renewed; {
		select {
		case err := <-b.done:
			t.Fatalf("the engine has stopped: %v", err)
		case <-time.After(time.Millisecond):
		}
		f.mu.Lock()
		renewed = f.leases == 0
		f.mu.Unlock()
	}
	for !b.Status().Renewed.After(before) {
		select {
		case err := <-b.done:
			t.Fatalf("the engine has stopped: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
	b.chat.Say(pmoRoom, maria, "x")
	b.idle()
	b.want(pmoRoom, "maria: x\nLotse ↪ «x»: de/say x\n")
}
