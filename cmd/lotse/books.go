package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"lotse/bot"
	"lotse/storage"
)

// openBooks opens the configured database; nil if there is none yet and it is not to be made.
func (c *Config) openBooks(ctx context.Context, create bool) (*storage.Store, error) {
	path := c.databasePath()
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !create {
		return nil, nil
	}
	return storage.Open(ctx, path, storage.Options{Either: true})
}

// leaseTime is how long a command that writes once may take for it.
const leaseTime = time.Minute

// commitOnce writes a change as the only process that writes.
func commitOnce(ctx context.Context, store *storage.Store, now time.Time, change bot.Change) (err error) {
	host, _ := os.Hostname()
	epoch, err := store.Acquire(ctx, fmt.Sprintf("lotse import (%s, process %d)", host, os.Getpid()), now, leaseTime)
	if errors.Is(err, bot.ErrEpoch) {
		return fmt.Errorf("the bot is running on this database; stop it, do this again, and start it again: %w", err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Release(context.WithoutCancel(ctx), epoch)) }()
	err = store.Commit(ctx, bot.Commit{Epoch: epoch, Now: now, Change: change})
	if errors.Is(err, bot.ErrStale) {
		return fmt.Errorf("somebody changed the books meanwhile; nothing was written, please try again: %w", err)
	}
	return err
}
