package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"sync"

	"go.mau.fi/util/dbutil"

	"lotse/bot"
)

// link is a connection that the store holds for itself, with the statements that
// were prepared on it: preparing costs more than most statements do. A Store has one
// that writes and one that reads beside it.
type link struct {
	mu    sync.Mutex // held for a whole transaction: ours queue in order instead of polling for SQLite's lock
	db    *dbutil.Database
	conn  *sql.Conn
	stmts map[string]*sql.Stmt // by query as it stands in this package
}

func newLink(ctx context.Context, db *dbutil.Database) (*link, error) {
	conn, err := db.RawDB.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &link{db: db, conn: conn, stmts: map[string]*sql.Stmt{}}, nil
}

func (l *link) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	for _, stmt := range l.stmts {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(append(errs, l.conn.Close())...)
}

// txn is a transaction on a link.
type txn struct {
	*link
	seq int64 // the last number taken, 0: none taken yet
	// pausing is what was read of a restore, nil: nothing yet.
	pausing *pause
}

// do runs fn in a transaction that begin begins. Once begun it is not interrupted:
// it takes a moment, and half a decision is none.
func (l *link) do(ctx context.Context, begin string, fn func(ctx context.Context, t *txn) error) (err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	t := &txn{link: l}
	if _, err := t.exec(ctx, begin); err != nil {
		return fmt.Errorf("begin a transaction: %w", explain(err))
	}
	done := false
	defer func() {
		if !done {
			// SQLite has rolled back already when there is no room on the disk.
			if _, back := t.exec(ctx, "ROLLBACK"); back != nil && !errors.Is(err, bot.ErrDisk) {
				err = errors.Join(err, fmt.Errorf("roll back: %w", back))
			}
		}
	}()
	if err := fn(ctx, t); err != nil {
		return explain(err)
	}
	if err := t.flush(ctx); err != nil {
		return err
	}
	if _, err := t.exec(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("commit a transaction: %w", explain(err))
	}
	done = true
	return nil
}

var placeholder = regexp.MustCompile(`\$(\d+)`)

// stmt returns a query prepared.
func (l *link) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt, ok := l.stmts[query]; ok {
		return stmt, nil
	}
	text := query
	if l.db.Dialect == dbutil.SQLite {
		text = placeholder.ReplaceAllString(text, "?$1")
	}
	stmt, err := l.conn.PrepareContext(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", query, err)
	}
	l.stmts[query] = stmt
	return stmt, nil
}

// exec runs a statement and returns how many rows it touched.
func (l *link) exec(ctx context.Context, query string, args ...any) (int64, error) {
	stmt, err := l.stmt(ctx, query)
	if err != nil {
		return 0, err
	}
	res, err := stmt.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// row is what a query for one row returns.
type row interface{ Scan(into ...any) error }

// noRow is the row of a query that could not be prepared.
type noRow struct{ err error }

func (r noRow) Scan(...any) error { return r.err }

func (l *link) row(ctx context.Context, query string, args ...any) row {
	stmt, err := l.stmt(ctx, query)
	if err != nil {
		return noRow{err}
	}
	return stmt.QueryRowContext(ctx, args...)
}

// each reads all rows of a query before it returns, so that no rows are open when
// the next statement runs.
func (l *link) each(ctx context.Context, scan func(r row) error, query string, args ...any) error {
	stmt, err := l.stmt(ctx, query)
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(ctx, args...)
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

// found turns "no rows" into false.
func found(err error) (bool, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// next takes the next number of the one order.
func (t *txn) next(ctx context.Context) (int64, error) {
	if t.seq == 0 {
		if err := t.row(ctx, `SELECT value FROM counters WHERE name = 'seq'`).Scan(&t.seq); err != nil {
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
	_, err := t.exec(ctx, `UPDATE counters SET value = $1 WHERE name = 'seq'`, t.seq)
	return wrap(err, "keep the last number")
}
