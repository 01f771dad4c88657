// Package storage keeps everything Lotse knows in one SQLite database: the city's
// books (people, rooms, projects, rounds, reports, tasks, escalations), the decision
// log, the inbox of events not worked on yet, the timers, the outbox, and what adapters
// want to remember. Its promises are written down, and run, in storage/storagetest.
//
// # One decision, one transaction
//
// [Store.Load] reads what a decision needs in one read transaction; [Store.Commit]
// settles the inbox row or timer, checks the version of every row the decision
// changed, and writes rows, timers and slots, whole or not at all. Every write
// carries the epoch of the lease ([Store.Acquire]); a process whose lease was taken
// over cannot write any more.
//
// # One order
//
// Inbox rows, the moment at which a message of ours stood in its room, and the
// order of slots are numbered by one counter. So "stood before that event came" is
// a comparison of two numbers.
//
// # Slots
//
// A row of the outbox is a slot: what a room shall hold under a key. slot.go says
// how it is written to, outbox.go how it is sent.
//
//	pending → sending → sent        and, from pending, → stale
//	   ↑_________|____|   → failed
//
// What a message carries beside its words (a file) is in a table of its own, by slot and
// hash, as long as the slot's content names it: files.go.
//
// # What goes
//
// Words are kept as long as they are needed: words.go says how long in the outbox,
// prune.go what goes because it is old, erase.go how a person is taken out of everything.
// What is deleted is overwritten (secure_delete); until the journal is emptied, each night
// ([Store.Commit] of a bot.Prune) or by [Store.Vacuum], it has what was there before.
//
// # The decision log
//
// Change.Entries are appended to the log, chained as package bot says, in the same
// transaction; [Store.Log] reads it. Salts of texts and keys of pseudonyms are made here.
// The tables refuse whoever wants to change an entry or take it away; a text can be erased,
// and only as a whole.
//
// # Database
//
// One text of SQL for SQLite and, later, PostgreSQL: $1, ON CONFLICT, integers for
// instants (UTC milliseconds). Migrations are numbered and only go forward; they are
// embedded and run by [Open]. The same *dbutil.Database serves mautrix's stores
// ([Store.DB]). No network call and no encryption may happen inside a transaction.
package storage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"go.mau.fi/util/dbutil"

	"lotse/bot"
)

// Store is a database of Lotse. It implements engine.Store and is safe for use by
// several goroutines.
type Store struct {
	db  *dbutil.Database
	log *slog.Logger

	writing, reading *link // in memory: the same

	arrivals arrivals // that wait to be taken in

	zones sync.Map // name → *time.Location

	mu sync.Mutex
	// acquired is the last epoch this Store itself acquired: only that one can be
	// renewed, any other is taken over.
	acquired int64
}

// DB returns the database, for mautrix's own stores beside ours.
func (s *Store) DB() *dbutil.Database { return s.db }

// Close closes the database.
func (s *Store) Close() error {
	var errs []error
	if s.reading != nil && s.reading != s.writing {
		errs = append(errs, s.reading.close())
	}
	if s.writing != nil {
		errs = append(errs, s.writing.close())
	}
	return errors.Join(append(errs, s.db.Close())...)
}

// write runs fn in a transaction after checking the epoch.
func (s *Store) write(ctx context.Context, epoch int64, fn func(ctx context.Context, t *txn) error) error {
	return s.change(ctx, func(ctx context.Context, t *txn) error {
		current, err := t.epoch(ctx)
		if err == nil {
			err = inEpoch(epoch, current)
		}
		if err != nil {
			return err
		}
		return fn(ctx, t)
	})
}

// epoch is the current one.
func (t *txn) epoch(ctx context.Context) (current int64, err error) {
	err = t.row(ctx, `SELECT epoch FROM lease WHERE id = 1`).Scan(&current)
	return current, wrap(err, "read the lease")
}

// inEpoch is an error if an epoch is not the current one.
func inEpoch(epoch, current int64) error {
	if epoch != current || epoch == 0 {
		return fmt.Errorf("write in epoch %d, the current one is %d: %w", epoch, current, bot.ErrEpoch)
	}
	return nil
}

// change runs fn in a transaction that writes, whoever holds the lease.
func (s *Store) change(ctx context.Context, fn func(ctx context.Context, t *txn) error) error {
	return s.writing.do(ctx, "BEGIN IMMEDIATE", fn)
}

// read runs fn in a transaction that only reads: all it sees is of one moment.
func (s *Store) read(ctx context.Context, fn func(ctx context.Context, t *txn) error) error {
	return s.reading.do(ctx, "BEGIN", fn)
}

// millis is how instants are stored: UTC milliseconds, 0 for the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// instant is the reverse of millis.
func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// flag is how truth values are stored.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
