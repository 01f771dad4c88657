package storage_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"lotse/bot"
	"lotse/storage"
)

// Batches that come while another writes share one transaction; what is wrong with one of
// them is none of the others' business.
func TestReceiveTogether(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "lotse.db"), storage.Options{})
	now := time.Date(2026, 11, 18, 8, 0, 0, 0, time.UTC)
	epoch, err := s.Acquire(t.Context(), "test", now, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	commits := 0
	if err := s.OnCommit(func() { commits++ }); err != nil {
		t.Fatal(err)
	}
	said := func(id string, at time.Time) bot.Batch {
		return bot.Batch{Remember: map[string]string{id: "known"}, Events: []bot.Event{{
			ID: bot.EventID(id), Kind: bot.EventMessage, Room: "test:room", Sender: "test:@maria", At: at, Message: bot.MessageID(id), Text: "Hallo",
		}}}
	}
	gone, cancel := context.WithCancel(t.Context())
	type call struct {
		ctx   context.Context
		epoch int64
		batch bot.Batch
		fresh int
		err   error
	}
	together := func(calls ...*call) {
		t.Helper()
		commits = 0
		end := s.Hold()
		var all sync.WaitGroup
		for i, c := range calls { // in this order
			all.Go(func() { c.fresh, c.err = s.Receive(c.ctx, c.epoch, now, c.batch) })
			for s.Waiting() <= i {
				runtime.Gosched()
			}
		}
		cancel() // of those who have called with it
		end()
		all.Wait()
	}
	var good []*call
	for i := range 10 {
		good = append(good, &call{ctx: t.Context(), epoch: epoch, batch: said(fmt.Sprint("test:$", i%9), now)}) // one comes twice
	}
	foreign := &call{ctx: t.Context(), epoch: epoch + 1, batch: said("test:$foreign", now)}
	late := &call{ctx: gone, epoch: epoch, batch: said("test:$late", now)}
	together(append([]*call{late, foreign}, good...)...)
	fresh := 0
	for _, c := range good {
		if fresh += c.fresh; c.err != nil {
			t.Errorf("%s: %v", c.batch.Events[0].ID, c.err)
		}
	}
	if fresh != 9 || commits != 1 {
		t.Errorf("%d events are new, want 9; there were %d transactions, want 1", fresh, commits)
	}
	if !errors.Is(foreign.err, bot.ErrEpoch) || !errors.Is(late.err, context.Canceled) {
		t.Errorf("in a foreign epoch: %v; by somebody who has gone: %v", foreign.err, late.err)
	}

	broken := &call{ctx: t.Context(), epoch: epoch, batch: said("test:$broken", now.AddDate(9000, 0, 0))} // no such year in JSON
	before, after := &call{ctx: t.Context(), epoch: epoch, batch: said("test:$before", now)}, &call{ctx: t.Context(), epoch: epoch, batch: said("test:$after", now)}
	together(before, broken, after)
	if before.err != nil || after.err != nil || broken.err == nil || before.fresh+after.fresh != 2 {
		t.Errorf("beside one that cannot be written: %d %v, %d %v; it itself: %v", before.fresh, before.err, after.fresh, after.err, broken.err)
	}
	for id, want := range map[string]string{"test:$0": "known", "test:$8": "known", "test:$before": "known", "test:$after": "known", "test:$broken": "", "test:$late": "", "test:$foreign": ""} {
		if got, err := s.Recall(t.Context(), id); got != want || err != nil {
			t.Errorf("%s: remembered %q, want %q; %v", id, got, want, err)
		}
	}
	n := 0
	if err := s.DB().RawDB.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM inbox`).Scan(&n); err != nil || n != 11 {
		t.Errorf("the inbox has %d events, want 11; %v", n, err)
	}
}
