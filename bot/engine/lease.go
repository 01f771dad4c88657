package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lotse/bot"
)

// leaseTries is how many tries of renewing (or of waiting for) a lease fit into
// its time.
const leaseTries = 3

// acquire takes the lease. Held by somebody else it waits a while: a process that
// was killed cannot give its lease back.
func (e *Engine) acquire(ctx context.Context) error {
	until := time.Now().Add(e.Limits.LeaseWait)
	told := false
	for {
		epoch, err := e.Store.Acquire(ctx, e.Holder, time.Now(), e.Limits.LeaseTTL)
		if err == nil {
			e.epoch = epoch
			e.setRenewed()
			return nil
		}
		if !errors.Is(err, bot.ErrEpoch) || !time.Now().Before(until) {
			return err
		}
		if !told {
			told = true
			e.Log.WarnContext(ctx, "waiting for the lease of another process", "error", err)
		}
		sleep(ctx.Done(), min(e.Limits.LeaseTTL/(4*leaseTries), time.Until(until)+time.Millisecond))
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// keepLease renews the lease in real time: the only thing that touches the store
// while nothing happens.
func (e *Engine) keepLease(ctx context.Context) {
	tick := time.NewTicker(e.Limits.LeaseTTL / leaseTries)
	defer tick.Stop()
	last := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		epoch, err := e.Store.Acquire(ctx, e.Holder, time.Now(), e.Limits.LeaseTTL)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil && epoch != e.epoch:
			e.fail(fmt.Errorf("renew the lease: another process had it meanwhile: %w", bot.ErrEpoch))
			return
		case err == nil:
			last = ""
			e.setRenewed()
		case errors.Is(err, bot.ErrEpoch):
			e.fail(fmt.Errorf("renew the lease: %w", err))
			return
		case err.Error() != last:
			// A full disk, say. Nothing is lost by waiting: what cannot be written cannot be
			// claimed or sent either, and if another process takes over meanwhile, its epoch
			// keeps us from writing.
			last = err.Error()
			e.Log.ErrorContext(ctx, "the lease could not be renewed", "error", err)
		}
	}
}

func (e *Engine) setRenewed() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.renewed = time.Now()
}

// release gives the lease back. On a full disk it cannot; then it runs out.
func (e *Engine) release() error {
	ctx, cancel := context.WithTimeout(context.Background(), e.Limits.Grace)
	defer cancel()
	err := e.Store.Release(ctx, e.epoch)
	if errors.Is(err, bot.ErrDisk) {
		e.Log.WarnContext(ctx, "the lease could not be given back", "error", err)
		return nil
	}
	return err
}
