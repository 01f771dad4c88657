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

// look opens the configured database for looking only, also beside a running bot; nil if there is none yet.
func (c *Config) look(ctx context.Context) (*storage.Store, error) {
	path := c.databasePath()
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return storage.Open(ctx, path, storage.Options{ReadOnly: true})
}

// loadBooks loads what a query asks for; false if there is no database yet.
func (c *Config) loadBooks(ctx context.Context, q bot.Query) (books bot.Snapshot, found bool, err error) {
	store, err := c.look(ctx)
	if err != nil || store == nil {
		return bot.Snapshot{}, false, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if books, err = store.Load(ctx, q); err != nil {
		return bot.Snapshot{}, false, fmt.Errorf("read the books: %w", err)
	}
	return books, true, nil
}

// allBooks asks for all people, rooms, projects and networks.
var allBooks = bot.Query{AllProjects: true, Archived: true, AllPeople: true, AllRooms: true, AllNetworks: true}

// openBooks opens the configured database to work on it, of whichever kind; nil if there is none yet and it is not to
// be made. What kind a new one becomes, the first run says.
func (c *Config) openBooks(ctx context.Context, create bool) (*storage.Store, error) {
	path := c.databasePath()
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !create {
		return nil, nil
	}
	return storage.Open(ctx, path, storage.Options{Either: true})
}

// write commits a change to the configured database, which is made if there is none.
func (c *Config) write(ctx context.Context, now time.Time, change bot.Change) (err error) {
	store, err := c.openBooks(ctx, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return commitOnce(ctx, store, now, change)
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
