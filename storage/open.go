package storage

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"go.mau.fi/util/dbutil"
	sqlite "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"lotse/bot"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ErrRehearsal is what [Open] returns for a database of the other kind: the live bot
// never works on a rehearsal's database, and a rehearsal never on the live one.
var ErrRehearsal = errors.New("live and rehearsal databases do not mix")

// Options say how a database is opened.
type Options struct {
	// Rehearsal opens, or makes, the database of a rehearsal (Probelauf).
	Rehearsal bool
	// Either opens a database of either kind, and makes one that is not marked yet: for
	// commands that come before or beside the bot. The first run marks it.
	Either bool
	// ReadOnly looks at a database of either kind that the bot may be working on: nothing
	// is made, migrated or written, and nobody waits.
	ReadOnly bool
	// Least is how old the tables may be for one who only looks, 0: not older than this
	// program's. It is for what later versions of the tables leave as it is.
	Least int
	// Log hears about migrations; nil is silent.
	Log *slog.Logger
}

// connections is how many SQLite connections a file gets: two for the store, one to
// write and one to read beside it (WAL), the others for mautrix's stores.
const connections = 4

// pragmas are set on every connection. FULL, because NORMAL could rewind mautrix's
// encryption state after a power cut. What is deleted is overwritten: words that
// somebody has taken back shall not lie on in the file.
const pragmas = "?_txlock=immediate&_time_format=sqlite&_timezone=UTC" +
	"&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=secure_delete(1)"

// onlyLook is what is different for one who only looks.
var onlyLook = strings.NewReplacer("_txlock=immediate", "mode=rw&_txlock=deferred", "&_pragma=journal_mode(WAL)", "", "&_pragma=synchronous(FULL)", "&_pragma=query_only(1)", "&_pragma=secure_delete(1)", "")

// Open opens the database in the file at path, makes it if there is none (readable
// for its owner only), and brings its tables up to date. What can go wrong is said
// in plain words: they are for whoever runs the bot.
func Open(ctx context.Context, path string, opts Options) (*Store, error) {
	made, settings := false, onlyLook.Replace(pragmas)
	if !opts.ReadOnly {
		var err error
		if made, err = prepare(path); err != nil {
			return nil, err
		}
		settings = pragmas
	}
	uri := fileURI(path)
	if !made {
		if err := ours(ctx, uri+onlyLook.Replace(pragmas), opts.ReadOnly); err != nil {
			return nil, fmt.Errorf("database %s: %w", path, explain(err))
		}
	}
	s, err := open(ctx, uri+settings, opts)
	if err != nil {
		if made {
			err = errors.Join(err, os.Remove(path))
		}
		return nil, fmt.Errorf("database %s: %w", path, explain(err))
	}
	return s, nil
}

// memories counts the databases in memory: each has a name of its own.
var memories atomic.Int64

// Memory opens a new, empty database in memory, gone when it is closed: for tests
// and for trying things out.
func Memory(ctx context.Context, opts Options) (*Store, error) {
	dsn := fmt.Sprintf("file:/lotse-%d%s&vfs=memdb", memories.Add(1), pragmas)
	s, err := open(ctx, dsn, opts)
	if err != nil {
		return nil, fmt.Errorf("database in memory: %w", err)
	}
	return s, nil
}

// prepare makes the file with the right mode and finds out early what would come
// back from SQLite as a riddle.
func prepare(path string) (made bool, err error) {
	folder := filepath.Dir(path)
	switch info, err := os.Stat(folder); {
	case errors.Is(err, fs.ErrNotExist):
		return false, fmt.Errorf("database %s: the folder %s does not exist: %w", path, folder, fs.ErrNotExist)
	case err != nil:
		return false, fmt.Errorf("database %s: %w", path, err)
	case !info.IsDir():
		return false, fmt.Errorf("database %s: %s is not a folder", path, folder)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return false, fmt.Errorf("database %s: this is a folder, not a file", path)
	} else if err == nil && info.Size() == 0 {
		return false, fmt.Errorf("database %s: %w", path, explain(errEmpty))
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if made = err == nil; !made && errors.Is(err, fs.ErrExist) {
		file, err = os.OpenFile(path, os.O_RDWR, 0)
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return false, fmt.Errorf("database %s: no right to write the file or its folder %s: %w", path, folder, fs.ErrPermission)
	case err != nil:
		return false, fmt.Errorf("database %s: %w", path, err)
	}
	return made, file.Close()
}

// open opens a database by its DSN, migrates it and checks what it is for.
func open(ctx context.Context, dsn string, opts Options) (_ *Store, err error) {
	db, err := dbutil.NewWithDialect(dsn, "sqlite")
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, log: opts.Log}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	db.RawDB.SetMaxOpenConns(connections)
	db.RawDB.SetMaxIdleConns(connections)
	db.Owner = "lotse"
	db.VersionTable = "version"
	db.IgnoreForeignTables = false
	db.UpgradeTable = dbutil.BuildUpgradeTable().WithFSPath(migrations, "migrations").Finish()
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if opts.ReadOnly {
		if err := s.current(ctx, opts.Least); err != nil {
			return nil, err
		}
		return s, s.connect(ctx)
	}
	db.Log = migrationLog{s.log}
	if err := db.Upgrade(ctx); err != nil {
		return nil, err
	}
	db.Log = dbutil.NoopLogger
	if err := s.connect(ctx); err != nil {
		return s, err
	}
	if err := s.nameNetworks(ctx); err != nil || opts.Either {
		return s, err
	}
	return s, s.mark(ctx, opts.Rehearsal)
}

// What ours says.
var (
	errForeign = errors.New("it has tables that are not lotse's")
	errDamaged = errors.New("SQLite finds damage")
	errEmpty   = errors.New("the file is empty")
)

// ours refuses a database that somebody else made, that is damaged, of a newer lotse,
// or a backup, before anything is changed in it. One who only looks may look at the
// last three as far as it goes.
func ours(ctx context.Context, dsn string, look bool) (err error) {
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	var tables, owned int
	err = db.QueryRowContext(ctx, `SELECT COUNT(*), COUNT(CASE WHEN name = 'database_owner' THEN 1 END) FROM sqlite_master WHERE type = 'table'`).
		Scan(&tables, &owned)
	switch {
	case err != nil:
		return err
	case tables > 0 && owned == 0:
		return errForeign
	case tables == 0 || look:
		return nil
	}
	if err := sound(ctx, db, "quick_check"); err != nil {
		return err
	}
	var version, compat int
	if err := db.QueryRowContext(ctx, `SELECT version, COALESCE(compat, version) FROM version`).Scan(&version, &compat); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if known, _ := migrations.ReadDir("migrations"); compat > len(known) {
		return fmt.Errorf("its tables have version %d, this lotse knows %d: %w", version, len(known), dbutil.ErrUnsupportedDatabaseVersion)
	}
	backup, err := texts(ctx, db, `SELECT name FROM meta WHERE name = 'backup'`)
	if err == nil && len(backup) > 0 {
		err = ErrBackup
	}
	return err
}

// connect takes the store's own connections. Without WAL (in memory) readers and
// writers are in each other's way, so that one has to do for both.
func (s *Store) connect(ctx context.Context) (err error) {
	if s.writing, err = newLink(ctx, s.db); err != nil {
		return err
	}
	s.reading = s.writing
	var mode string
	if err := s.writing.row(ctx, `PRAGMA journal_mode`).Scan(&mode); err != nil {
		return fmt.Errorf("read the journal mode: %w", err)
	}
	if mode == "wal" {
		s.reading, err = newLink(ctx, s.db)
	}
	return err
}

// current checks that the tables are those that this program knows, or no older than least.
func (s *Store) current(ctx context.Context, least int) error {
	var version int
	if ok, err := s.db.TableExists(ctx, s.db.VersionTable); err != nil {
		return err
	} else if !ok {
		return errors.New("it is no database of lotse")
	}
	if err := s.db.QueryRow(ctx, `SELECT version FROM version`).Scan(&version); err != nil {
		return fmt.Errorf("read the version of the tables: %w", err)
	}
	switch known := len(s.db.UpgradeTable); {
	case version > known:
		return fmt.Errorf("its tables have version %d, this lotse knows %d: %w", version, known, dbutil.ErrUnsupportedDatabaseVersion)
	case version < known && (least == 0 || version < least):
		return fmt.Errorf("its tables have version %d and become version %d when this lotse runs", version, known)
	}
	return nil
}

// Kind returns what the database is for: "live", "rehearsal", or "" before the first run.
func (s *Store) Kind(ctx context.Context) (string, error) {
	var kind string
	_, err := found(s.db.QueryRow(ctx, `SELECT value FROM meta WHERE name = 'kind'`).Scan(&kind))
	return kind, wrap(err, "read what the database is for")
}

// mark writes down what a new database is for, and refuses one of the other kind.
func (s *Store) mark(ctx context.Context, rehearsal bool) error {
	want := "live"
	if rehearsal {
		want = "rehearsal"
	}
	var kind string
	ok, err := found(s.db.QueryRow(ctx, `SELECT value FROM meta WHERE name = 'kind'`).Scan(&kind))
	if err != nil {
		return fmt.Errorf("read what the database is for: %w", err)
	}
	if !ok {
		_, err := s.db.Exec(ctx, `INSERT INTO meta (name, value) VALUES ('kind', $1)`, want)
		return wrap(err, "write what the database is for")
	}
	if kind != want {
		return fmt.Errorf("this is a %s database and cannot be used for a %s run: %w", kind, want, ErrRehearsal)
	}
	return nil
}

// plain is an error with what it means for an operator, and what to do.
type plain struct {
	words string
	err   error
	disk  bool // bot.ErrDisk
}

func plainly(err error, words string) error { return &plain{words, err, false} }

func disk(err error, words string) error { return &plain{words, err, true} }

func (p *plain) Error() string { return p.words + ": " + p.err.Error() }
func (p *plain) Unwrap() error { return p.err }

// Is makes it a bot.ErrDisk.
func (p *plain) Is(target error) bool { return p.disk && target == bot.ErrDisk }

// explain puts plain words before an error that an operator would not understand.
func explain(err error) error {
	if _, done := errors.AsType[*plain](err); done {
		return err
	}
	if errors.Is(err, dbutil.ErrUnsupportedDatabaseVersion) {
		return plainly(err, "it was last used by a newer lotse; use that one, or bring back a backup from before with \"lotse restore\"")
	}
	if errors.Is(err, errForeign) || errors.Is(err, dbutil.ErrNotOwned) || errors.Is(err, dbutil.ErrForeignTables) {
		return plainly(err, "it belongs to another program")
	}
	switch {
	case errors.Is(err, errEmpty):
		return plainly(err, "if there never was anything in it, remove it; otherwise bring a backup back with \"lotse restore\"")
	case errors.Is(err, errDamaged):
		return plainly(err, "the file is damaged; nothing was changed in it; bring a backup back with \"lotse restore\"")
	case errors.Is(err, ErrBackup):
		return plainly(err, "bring it back with \"lotse restore\"")
	}
	failure, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	switch failure.Code() & 0xff { // the rest says more of the same
	case sqlite3.SQLITE_NOTADB:
		return plainly(err, "the file is not a SQLite database; if one was here, it is damaged: bring a backup back with \"lotse restore\"")
	case sqlite3.SQLITE_CORRUPT:
		return plainly(err, "the file is damaged; bring a backup back with \"lotse restore\"")
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return disk(err, "no right to write the file or its folder")
	case sqlite3.SQLITE_FULL:
		return disk(err, "the disk is full; make room")
	case sqlite3.SQLITE_IOERR:
		return disk(err, "the disk, or its file system, reports an error; look at the system's log")
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return disk(err, "another program is using it")
	}
	return err
}

// migrationLog hears of migrations only: queries carry what people wrote.
type migrationLog struct{ log *slog.Logger }

func (migrationLog) QueryTiming(context.Context, string, string, []any, int, time.Duration, error) {}

func (migrationLog) Warn(string, ...any) {}

func (l migrationLog) WarnUnsupportedVersion(current, compat, latest int) {
	l.log.Warn("database schema is newer", "schema", current, "compatible", compat, "known", latest)
}

func (migrationLog) PrepareUpgrade(int, int, int) {}

func (l migrationLog) DoUpgrade(from, to int, message string, _ dbutil.TxnMode) {
	l.log.Info("database is migrated", "from", from, "to", to, "what", message)
}
