package storage

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	sqlite "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"lotse/bot"
)

// A backup is a copy of the tables that are ours, as they are at one moment. Tables of
// others in the same file are not copied, and of the memory only what the caller keeps:
// an encryption state or an access token in a backup would be a secret lying around,
// and brought back it would do harm (an old ratchet sends under keys that were used).
// They are never written to the copy, so that there is nothing to be wiped out of it.
//
// The copy says in meta that it is a backup, and of when. [Open] does not take it for a
// database to work on: [Restore] makes one of it.

// backupName is where a backup says, in meta, when it was taken (UTC milliseconds).
const backupName = "backup"

// ErrBackup is what [Open] returns for a backup.
var ErrBackup = errors.New("it is a backup")

// Contents is what stands in a backup.
type Contents struct {
	Taken   time.Time
	Kind    string // live, rehearsal, or "" before the first run
	Version int    // of its tables
	Bytes   int64

	Projects, People, Rooms, Rounds, Reports int
	Waiting                                  int // messages that were not sent
	Erased                                   int // people who were erased before it was taken
}

// Backup writes a copy of the database in the file from, on which a bot may be working,
// into the new file to, readable for its owner only. keep says what of the memory
// belongs into it. Whatever goes wrong, a file that stands at to stays as it is; with
// replace a complete copy takes its place.
func Backup(ctx context.Context, from, to string, taken time.Time, keep func(name string) bool, replace bool) (c Contents, err error) {
	defer func() { err = wrap(explain(err), "back up %s to %s", from, to) }()
	switch there, err := os.Stat(to); {
	case err == nil && sameFile(from, there):
		return c, errors.New("that is the database itself")
	case err == nil && !replace:
		return c, fs.ErrExist
	}
	part, err := newPart(to)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, removePart(part)) }()
	if err := copyTables(ctx, from, part, taken, keep); err != nil {
		return c, err
	}
	if c, err = Inspect(ctx, part); err != nil {
		return c, err
	}
	return c, settle(part, to, replace)
}

// sameFile reports whether a path leads to a file.
func sameFile(path string, file fs.FileInfo) bool {
	info, err := os.Stat(path)
	return err == nil && os.SameFile(info, file)
}

// newPart makes an empty file beside the one that is to be made.
func newPart(path string) (string, error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".part-*") // 0600
	if err != nil {
		return "", err
	}
	return file.Name(), file.Close()
}

// removePart takes away what is left of it.
func removePart(path string) error {
	var errs []error
	for _, suffix := range []string{"", "-journal", "-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// settle sees to it that a file is on the disk and gives it its name.
func settle(part, path string, replace bool) error {
	if err := syncFile(part); err != nil {
		return err
	}
	if replace {
		if err := os.Rename(part, path); err != nil {
			return err
		}
		return syncFile(filepath.Dir(path))
	}
	// A link does not replace what somebody else has put there meanwhile.
	err := os.Link(part, path)
	if err != nil && !errors.Is(err, fs.ErrExist) { // a file system without links
		if _, there := os.Lstat(path); errors.Is(there, fs.ErrNotExist) {
			err = os.Rename(part, path)
		}
	}
	if err != nil {
		return err
	}
	return syncFile(filepath.Dir(path))
}

func syncFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// copyTables writes our tables of one database into another, an empty file.
func copyTables(ctx context.Context, from, to string, taken time.Time, keep func(string) bool) error {
	own, err := ownTables(ctx)
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", fileURI(to)+"?_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=busy_timeout(5000)")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // what is attached belongs to a connection
	if _, err := db.ExecContext(ctx, `ATTACH $1 AS source`, fileURI(from)+"?mode=rw"); err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, `BEGIN`); err != nil {
		return err
	}
	// Triggers come last: they guard what is there from what is done to it later.
	define := func(types string) error {
		definitions, err := texts(ctx, db, `SELECT sql FROM source.sqlite_master WHERE sql IS NOT NULL AND tbl_name IN (`+quoted(own)+`)
			AND type IN (`+types+`) ORDER BY type = 'index', name`)
		for _, definition := range definitions {
			if err == nil {
				_, err = db.ExecContext(ctx, definition)
			}
		}
		return err
	}
	if err := define(`'table', 'index'`); err != nil {
		return err
	}
	tables, err := texts(ctx, db, `SELECT name FROM source.sqlite_master WHERE type = 'table' AND name <> 'memory' AND name IN (`+quoted(own)+`)`)
	if err != nil {
		return err
	}
	for _, table := range tables {
		if _, err := db.ExecContext(ctx, `INSERT INTO main."`+table+`" SELECT * FROM source."`+table+`"`); err != nil {
			return err
		}
	}
	names, err := texts(ctx, db, `SELECT name FROM source.memory`)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !keep(name) {
			continue
		}
		if _, err := db.ExecContext(ctx, `INSERT INTO main.memory SELECT * FROM source.memory WHERE name = $1`, name); err != nil {
			return err
		}
	}
	if err := define(`'trigger'`); err != nil {
		return err
	}
	for _, query := range []string{
		`UPDATE lease SET holder = '', until_ms = 0`,
		fmt.Sprintf(`INSERT INTO meta (name, value) VALUES ('%s', '%d')`, backupName, taken.UnixMilli()),
		`COMMIT`,
	} {
		if _, err := db.ExecContext(ctx, query); err != nil {
			return err
		}
	}
	return db.Close()
}

// ownTables are the names of the tables that this program makes.
func ownTables(ctx context.Context) (_ []string, err error) {
	s, err := Memory(ctx, Options{Either: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return texts(ctx, s.db.RawDB, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
}

// texts reads the one column of a query.
func texts(ctx context.Context, db *sql.DB, query string) ([]string, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

func quoted(names []string) string { return "'" + strings.Join(names, "', '") + "'" }

// fileURI is the address of a database's file.
func fileURI(path string) string {
	return "file:" + strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(filepath.ToSlash(path))
}

// Inspect reads a backup from beginning to end and says what stands in it.
func Inspect(ctx context.Context, path string) (c Contents, err error) {
	defer func() { err = wrap(explainBackup(err), "backup %s", path) }()
	info, err := os.Stat(path)
	if err != nil {
		return c, err
	}
	c.Bytes = info.Size()
	if c.Bytes == 0 {
		return c, errEmpty
	}
	db, err := sql.Open("sqlite", fileURI(path)+"?mode=ro&immutable=1&_pragma=query_only(1)") // a backup has no journal and may lie in a folder that must not be written
	if err != nil {
		return c, err
	}
	defer db.Close()
	if err := sound(ctx, db, "integrity_check"); err != nil {
		return c, err
	}
	if owned, err := texts(ctx, db, `SELECT name FROM sqlite_master WHERE name IN ('database_owner', 'meta')`); err != nil {
		return c, err
	} else if len(owned) != 2 {
		return c, errForeign
	}
	var taken int64
	err = db.QueryRowContext(ctx, `SELECT COALESCE((SELECT value FROM meta WHERE name = 'backup'), '0'), COALESCE((SELECT value FROM meta WHERE name = 'kind'), ''),
		(SELECT version FROM version), (SELECT COUNT(*) FROM projects), (SELECT COUNT(*) FROM people), (SELECT COUNT(*) FROM rooms),
		(SELECT COUNT(*) FROM rounds), (SELECT COUNT(*) FROM reports), (SELECT COUNT(*) FROM slots WHERE state IN ('pending', 'sending')),
		COALESCE((SELECT value FROM counters WHERE name = 'erased'), 0)`).
		Scan(&taken, &c.Kind, &c.Version, &c.Projects, &c.People, &c.Rooms, &c.Rounds, &c.Reports, &c.Waiting, &c.Erased)
	c.Taken = instant(taken)
	switch known, _ := migrations.ReadDir("migrations"); {
	case err != nil:
		return c, err
	case taken == 0:
		return c, errors.New("it is a database, but no backup that lotse has written")
	case c.Version > len(known):
		return c, fmt.Errorf("it was written by a newer lotse (tables of version %d, this one knows %d); use that one", c.Version, len(known))
	}
	return c, nil
}

// explainBackup is explain for a file that is to be brought back: what to do is another.
func explainBackup(err error) error {
	failure, ok := errors.AsType[*sqlite.Error](err)
	broken := ok && (failure.Code()&0xff == sqlite3.SQLITE_NOTADB || failure.Code()&0xff == sqlite3.SQLITE_CORRUPT)
	if broken || errors.Is(err, errEmpty) || errors.Is(err, errDamaged) {
		return plainly(err, "it is no backup that lotse has written, or it is damaged; take another one")
	}
	return explain(err)
}

// sound has SQLite look for damage; check is integrity_check or the quicker quick_check.
func sound(ctx context.Context, db *sql.DB, check string) error {
	found, err := texts(ctx, db, `PRAGMA `+check+`(1)`)
	if err != nil {
		return err
	}
	if !slices.Equal(found, []string{"ok"}) {
		return fmt.Errorf("%w: %s", errDamaged, strings.Join(found, "; "))
	}
	return nil
}

// Restore makes a database at path of a backup. What is there, is moved aside and never
// deleted; aside is where it is then. Nobody may be working on it: the caller sees to it.
// What the books want to be sent waits for the PMO, see pause.go.
func Restore(ctx context.Context, backup, path string, now time.Time) (c Contents, aside string, err error) {
	if c, err = Inspect(ctx, backup); err != nil {
		return c, "", err
	}
	defer func() { err = wrap(explain(err), "bring %s back to %s", backup, path) }()
	part, err := newPart(path)
	if err != nil {
		return c, "", err
	}
	defer func() { err = errors.Join(err, removePart(part)) }()
	if err := copyFile(backup, part); err != nil {
		return c, "", err
	}
	if err := revive(ctx, part, c.Taken, now); err != nil {
		return c, "", err
	}
	if aside, err = moveAside(path, now); err != nil {
		return c, aside, err
	}
	return c, aside, settle(part, path, false)
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// revive makes a database to work on of a copy of a backup: brought up to date, paused.
func revive(ctx context.Context, path string, taken, now time.Time) (err error) {
	s, err := open(ctx, fileURI(path)+pragmas, Options{Either: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return s.change(ctx, func(ctx context.Context, t *txn) error {
		if _, err := t.exec(ctx, `DELETE FROM meta WHERE name = $1`, backupName); err != nil {
			return err
		}
		restored := bot.Restored{Taken: taken.UTC(), At: now.UTC().Truncate(time.Second), State: bot.RestorePaused}
		var last int
		if _, err := found(t.row(ctx, `SELECT value FROM counters WHERE name = $1`, numberCounter).Scan(&last)); err != nil {
			return err
		}
		var before []byte // the backup may be of books that came from one
		if ok, err := found(t.row(ctx, `SELECT body FROM restored WHERE id = 1`).Scan(&before)); err != nil {
			return err
		} else if ok {
			var r bot.Restored
			if err := json.Unmarshal(before, &r); err != nil {
				return err
			}
			last = max(last, r.Spent)
		}
		restored.Spent = bot.Spent(last)
		body, err := json.Marshal(restored)
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, `INSERT INTO restored (id, state, lived_ms, body, version) VALUES (1, $1, 0, $2, 1)
			ON CONFLICT (id) DO UPDATE SET state = excluded.state, lived_ms = 0, body = excluded.body, version = restored.version + 1`,
			restored.State, string(body)); err != nil {
			return err
		}
		if err := t.hold(ctx); err != nil {
			return err
		}
		// It is due at once, by whatever clock.
		return t.setTimer(ctx, bot.Timer{Key: restoredTimer, Kind: bot.TimerRestored, At: time.UnixMilli(1)})
	})
}

// moveAside gives the files of a database another name. The journal goes first: beside a
// database that is not its own it would do damage.
func moveAside(path string, now time.Time) (aside string, err error) {
	ext := filepath.Ext(path)
	base := strings.TrimSuffix(path, ext) + "-before-restore-" + now.Format("2006-01-02-150405")
	aside = base + ext
	for n := 2; ; n++ {
		if _, err := os.Lstat(aside); errors.Is(err, fs.ErrNotExist) {
			break
		}
		aside = fmt.Sprintf("%s-%d%s", base, n, ext)
	}
	moved := false
	for _, suffix := range []string{"-wal", "-journal", "-shm", ""} {
		err := os.Rename(path+suffix, aside+suffix)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return aside, fmt.Errorf("move %s aside: %w", path+suffix, err)
		}
		moved = moved || err == nil
	}
	if !moved {
		return "", nil
	}
	return aside, syncFile(cmp.Or(filepath.Dir(path), "."))
}
