// Package storage keeps everything Lotse knows in one SQLite database: the city's
// books (people, rooms, projects, rounds, reports, tasks), the inbox of events not
// worked on yet, the timers, the outbox, and what adapters want to remember. Its
// promises are written down, and run, in storage/storagetest.
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
// # Database
//
// One text of SQL for SQLite and, later, PostgreSQL: $1, ON CONFLICT, integers for
// instants (UTC milliseconds). Migrations are numbered and only go forward; they are
// embedded and run by [Open]. The same *dbutil.Database serves mautrix's stores
// ([Store.DB]). No network call and no encryption may happen inside a transaction.
package storage

import (
	"context"
	"database/sql"
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

	// writing lets our own transactions queue in order instead of polling for
	// SQLite's lock.
	writing sync.Mutex

	zones sync.Map // name → *time.Location

	mu sync.Mutex
	// acquired is the last epoch this Store itself acquired: only that one can be
	// renewed, any other is taken over.
	acquired int64
}

// DB returns the database, for mautrix's own stores beside ours.
func (s *Store) DB() *dbutil.Database { return s.db }

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// txn is a transaction that writes.
type txn struct {
	db  *dbutil.Database
	seq int64 // the last number taken, 0: none taken yet
}

// write runs fn in a transaction after checking the epoch.
func (s *Store) write(ctx context.Context, epoch int64, fn func(ctx context.Context, t *txn) error) error {
	return s.change(ctx, func(ctx context.Context, t *txn) error {
		var current int64
		if err := t.db.QueryRow(ctx, `SELECT epoch FROM lease WHERE id = 1`).Scan(&current); err != nil {
			return fmt.Errorf("read the lease: %w", err)
		}
		if epoch != current || epoch == 0 {
			return fmt.Errorf("write in epoch %d, the current one is %d: %w", epoch, current, bot.ErrEpoch)
		}
		return fn(ctx, t)
	})
}

// change runs fn in a transaction.
func (s *Store) change(ctx context.Context, fn func(ctx context.Context, t *txn) error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.db.DoTxn(ctx, nil, func(ctx context.Context) error {
		t := &txn{db: s.db}
		if err := fn(ctx, t); err != nil {
			return err
		}
		return t.flush(ctx)
	})
}

// read runs fn in a transaction that only reads: all it sees is of one moment.
func (s *Store) read(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.DoTxn(ctx, &dbutil.TxnOptions{ReadOnly: true}, fn)
}

// next takes the next number of the one order.
func (t *txn) next(ctx context.Context) (int64, error) {
	if t.seq == 0 {
		if err := t.db.QueryRow(ctx, `SELECT value FROM counters WHERE name = 'seq'`).Scan(&t.seq); err != nil {
			return 0, fmt.Errorf("take a number: %w", err)
		}
	}
	t.seq++
	return t.seq, nil
}

// flush writes down how far the numbers went.
func (t *txn) flush(ctx context.Context) error {
	if t.seq == 0 {
		return nil
	}
	if _, err := t.db.Exec(ctx, `UPDATE counters SET value = $1 WHERE name = 'seq'`, t.seq); err != nil {
		return fmt.Errorf("keep the last number: %w", err)
	}
	return nil
}

// exec runs a statement and returns how many rows it touched.
func (t *txn) exec(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := t.db.Exec(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// found turns "no rows" into false.
func found(err error) (bool, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// each reads all rows of a query before it returns, so that no rows are open when
// the next statement runs.
func each(ctx context.Context, db *dbutil.Database, scan func(row dbutil.Scannable) error, query string, args ...any) error {
	rows, err := db.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
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
