package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lotse/storage"
)

func newBackup(a *app) *cobra.Command {
	var replace bool
	cmd := &cobra.Command{
		Use:   "backup [FILE]",
		Short: "Write a copy of the database, also while the bot runs",
		Long: `Backup writes a consistent copy of the database to a new file, also while the bot runs, and reads it once from
beginning to end. Without FILE it is written beside the database, with the time in its name. Only its owner may read it.

Left out is what must never be brought back: the login and the encryption keys. So it holds no secret of the bot's, but
everything that people have written: keep it as safe as the database. "lotse restore" brings it back.`,
		Example: "  lotse backup\n  lotse backup /srv/sicherung/lotse-$(date +%F).db",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			config, err := loadConfig(a.config)
			if err != nil {
				return err
			}
			to := config.backupPath(a.now())
			if len(args) > 0 {
				to = args[0]
			}
			return a.backup(cmd.Context(), config, to, replace)
		},
	}
	cmd.Flags().BoolVar(&replace, "replace", false, "replace FILE if it exists")
	return cmd
}

// backupPath is where a backup goes that nobody has named.
func (c *Config) backupPath(now time.Time) string {
	path := c.databasePath()
	ext := filepath.Ext(path)
	return strings.TrimSuffix(path, ext) + "-backup-" + now.In(c.Zone.Location).Format("2006-01-02-150405") + ext
}

func (a *app) backup(ctx context.Context, config *Config, to string, replace bool) error {
	// Looked at first, for an error in plain words.
	store, err := config.look(ctx)
	if err != nil {
		return err
	}
	if store == nil {
		return fmt.Errorf("there is no database %s yet: nothing to back up", config.databasePath())
	}
	if err := store.Close(); err != nil {
		return err
	}
	contents, err := storage.Backup(ctx, config.databasePath(), to, a.now(), belongsIntoBackup, replace)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w; name another file, or say --replace", err)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "backup written to %s: %s\nread again and whole; bring it back with: lotse restore %s\n", to, described(contents, config), to)
	return err
}

// belongsIntoBackup reports whether what is remembered under a name may be brought back. Of the chat that is where each
// room was; the session is a secret, and the position belongs to a device that is not used again.
func belongsIntoBackup(name string) bool {
	return !strings.HasPrefix(name, "matrix/") || strings.HasSuffix(name, "/rooms")
}

// described says what stands in a backup.
func described(c storage.Contents, config *Config) string {
	kind := ""
	if c.Kind == "rehearsal" {
		kind = "a rehearsal's, "
	}
	return fmt.Sprintf("%s%s, as of %s, with %s, %s, %s, %s and %s to be sent", kind, size(c.Bytes),
		c.Taken.In(config.Zone.Location).Format("2006-01-02 15:04:05"),
		count(c.Projects, "project", "projects"), count(c.Rounds, "round", "rounds"), count(c.Reports, "report", "reports"),
		count(c.Rooms, "room", "rooms"), count(c.Waiting, "message", "messages"))
}

// size is a number of bytes for people.
func size(bytes int64) string {
	if bytes < 1<<20 {
		return fmt.Sprintf("%d kB", (bytes+1<<10-1)>>10)
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/(1<<20))
}

func newRestore(a *app) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Bring a backup back, in place of the database",
		Long: `Restore makes the database of a backup. The database that is there is moved aside, never deleted. The bot must not be
running.

Afterwards the bot wants a new login on Matrix ("lotse login"): it comes back as a new device. When it runs it sends nothing but one
message to the PMO, which says what it does not know and what waits, until the PMO agrees with "!weiter".`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.restore(cmd.Context(), args[0], yes) },
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do it without asking")
	return cmd
}

func (a *app) restore(ctx context.Context, file string, yes bool) (err error) {
	config, err := loadConfig(a.config)
	if err != nil {
		return err
	}
	path := config.databasePath()
	contents, err := storage.Inspect(ctx, file)
	if err != nil {
		return err
	}
	_, missing := os.Lstat(path)
	there := !errors.Is(missing, fs.ErrNotExist)
	fmt.Fprintf(a.stdout, "%s: %s\n", file, described(contents, config))
	if there {
		fmt.Fprintf(a.stdout, "the database %s will be moved aside\n", path)
	} else {
		fmt.Fprintf(a.stdout, "it will be the database %s\n", path)
	}
	if !yes {
		if ok, err := a.agrees(ctx); err != nil || !ok {
			return err
		}
	}
	unlock, err := lockDatabase(path)
	if err != nil {
		return err
	}
	defer unlock()
	erased := 0
	if there {
		if err := config.unused(ctx, a.now()); err != nil {
			return err
		}
		erased = config.erasures(ctx)
	}
	_, aside, err := storage.Restore(ctx, file, path, a.now().In(config.Zone.Location))
	if aside != "" {
		fmt.Fprintf(a.stdout, "what was there is %s now\n", aside)
	}
	if err != nil {
		return err
	}
	if since := erased - contents.Erased; since > 0 {
		fmt.Fprintf(a.stdout, "%s erased since the backup was taken and %s back with it: erase them once more (lotse privacy erase)\n",
			count(since, "person was", "people were"), map[bool]string{true: "is", false: "are"}[since == 1])
	}
	next := "lotse run"
	if config.Matrix.on() {
		next = "lotse login, then lotse run"
	}
	_, err = fmt.Fprintf(a.stdout, "restored\nnext: %s; nothing is sent until the PMO agrees in its room with !weiter\n", next)
	return err
}

// agrees asks whether it shall be done.
func (a *app) agrees(ctx context.Context) (bool, error) {
	fmt.Fprint(a.stderr, "Go on? [y/N] ")
	in := newLines(a.stdin)
	defer in.close()
	answer, err := in.next(ctx)
	if saysYes(answer) {
		return true, nil
	}
	if ctx.Err() != nil {
		return false, err
	}
	fmt.Fprintln(a.stderr, "nothing was changed (to do it without being asked: --yes)")
	return false, errSaid
}

// erasures is how many people were erased from the database; 0 if it cannot be read any more.
func (c *Config) erasures(ctx context.Context) int {
	store, err := storage.Open(ctx, c.databasePath(), storage.Options{ReadOnly: true})
	if err != nil {
		return 0
	}
	n, err := store.Erasures(ctx)
	if errors.Join(err, store.Close()) != nil {
		return 0
	}
	return n
}

// unused makes sure that no other machine works on the database; that none does on this one, lockDatabase has seen to. A
// database that cannot be read is no obstacle: it may be why a backup is needed.
func (c *Config) unused(ctx context.Context, now time.Time) error {
	store, err := storage.Open(ctx, c.databasePath(), storage.Options{ReadOnly: true})
	if err != nil {
		return nil
	}
	holder, until, err := store.Holder(ctx)
	if err := errors.Join(err, store.Close()); err != nil {
		return nil
	}
	if holder != "" && until.After(now) && holder != thisMachine() {
		return fmt.Errorf("%s works on the database %s (its lease runs until %s): stop it first", holder, c.databasePath(), until.Local().Format("15:04:05"))
	}
	return nil
}
