package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"lotse/bot"
	"lotse/bot/matrix"
	"lotse/bot/teams"
	"lotse/storage"
)

func newPrivacyErase(a *app) *cobra.Command {
	var o eraseOptions
	cmd := &cobra.Command{
		Use:   "erase PERSON",
		Short: "Take a person out of the database; a pseudonym stays",
		Long: `Erase takes a person out of everything that Lotse has stored: name, accounts, all that they have said, the keys of their
devices. Where others have written their name, a pseudonym stands afterwards («gelöschte Person 3»), and so it does for what
they did: that somebody answered, voted, decided. The decision log still verifies.

PERSON is a name, an id, or an account. First it is shown what will be done, and asked. The bot must not be running, and
the person must not stand in the configuration any more: they would be back at its next start.

Afterwards every file in the database's folder is searched for what should be gone. What stands in chat rooms is not
Lotse's to erase, nor are backups elsewhere and exports; what is left to do there is told at the end. A backup from
before brings the person back: erase once more after "lotse restore".`,
		Example: "  lotse privacy erase \"Maria Beispiel\" --dry-run\n  lotse privacy erase @maria:stadt.example --also \"Frau Beispiel\"",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.erase(cmd.Context(), args[0], o) },
	}
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "only show what would be done")
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "do it without asking")
	cmd.Flags().StringArrayVar(&o.also, "also", nil, "a further `name` by which others call the person; can be given several times")
	return cmd
}

type eraseOptions struct {
	dryRun, yes bool
	also        []string
}

// instead is what stands where somebody who was erased had said something.
var instead = map[bot.Language]string{bot.German: "(gelöscht)", bot.GermanDu: "(gelöscht)", bot.English: "(erased)"}

func (a *app) erase(ctx context.Context, who string, o eraseOptions) (err error) {
	config, err := loadConfig(a.config)
	if err != nil {
		return err
	}
	path := config.databasePath()
	books, found, err := config.loadBooks(ctx, bot.Query{AllPeople: true})
	if err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("there is no database %s: nothing is stored about anybody", path)
	}
	person, err := personOf(books.People, who)
	if err != nil {
		return err
	}
	places, err := config.naming(person)
	if err != nil {
		return err
	}
	if len(places) > 0 {
		return fmt.Errorf("%s stands in the configuration and would be back at the bot's next start; take these out first:\n  %s", recognised(person), strings.Join(places, "\n  "))
	}
	unlock, err := lockDatabase(path)
	if err != nil {
		return err
	}
	defer unlock()
	if err := config.unused(ctx, a.now()); err != nil {
		return err
	}
	store, err := config.openBooks(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()

	work := erasing{app: a, config: config, store: store, person: person, also: o.also}
	would, err := work.books(ctx, true)
	if err != nil {
		return err
	}
	if would.Nothing() {
		fmt.Fprintf(a.stdout, "%s: nothing is stored in the books\n", recognised(person))
	} else if err := work.tell(would); err != nil {
		return err
	}
	switch {
	case len(would.Asked) > 0:
		return fmt.Errorf("the round that is running asks them about %s in a direct chat: give these to somebody else first (!projekt ändern %s leitung …), or wait until the round is over",
			joinIDs(would.Asked), would.Asked[0])
	case o.dryRun:
		fmt.Fprintln(a.stdout, "nothing was changed")
		return nil
	case !o.yes && !would.Nothing():
		if ok, err := a.agrees(ctx); err != nil || !ok {
			return err
		}
	}
	return work.do(ctx)
}

// erasing is the erasure of one person.
type erasing struct {
	*app
	config *Config
	store  *storage.Store
	person bot.Person
	also   []string
}

// books does what is to be done in the books, or only looks.
func (e *erasing) books(ctx context.Context, look bool) (done storage.Erased, err error) {
	now := e.now()
	// Under the name of a bot on this machine, because one that was killed has left its lease; none is running.
	epoch, err := e.store.Acquire(ctx, thisMachine(), now, leaseTime)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, e.store.Release(context.WithoutCancel(ctx), epoch)) }()
	erasure := &bot.Erasure{Person: e.person, Names: e.also, Instead: instead[e.config.Language]}
	return e.store.Erase(ctx, epoch, now, erasure, e.config.Language, look)
}

// tell says what will be done.
func (e *erasing) tell(d storage.Erased) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s becomes %q in %s:\n", recognised(e.person), d.As.Name, e.config.databasePath())
	line := func(n int, one, many, more string) {
		if n > 0 {
			fmt.Fprintf(&b, "  %s%s\n", count(n, one, many), more)
		}
	}
	line(d.Answers, "answer", "answers", " in reports and on the board go")
	line(d.Tasks, "task", "tasks", " that they named go")
	line(d.Questions, "question or answer to one", "questions and answers to some", " go")
	line(d.Escalations, "text", "texts", " in escalations go")
	line(d.LogTexts, "text", "texts", " in the decision log go, the chain stays whole")
	line(d.Records, "entry", "entries", " of the decision log stay, as somebody's whom nobody knows")
	line(d.Events, "message", "messages", " not worked on go")
	line(d.Mentions, "text", "texts", " of others name them, and will name the pseudonym")
	line(d.Waiting, "message", "messages", " that wait to be sent name or quote them, and are left out")
	line(d.Directs, "direct chat", "direct chats", ": the bot leaves when it runs next")
	line(d.Newcomer, "fingerprint", "fingerprints", " of them as new in a network")
	line(d.Quiet, "wish", "wishes", " not to be written to unasked")
	for _, p := range d.Projects {
		left := ""
		if len(p.Leads) == 0 && p.State != bot.ProjectArchived {
			left = "; nobody does then"
		}
		fmt.Fprintf(&b, "  they no longer answer for %s (%s)%s\n", p.Name, p.ID, left)
	}
	b.WriteString("This cannot be taken back.\n")
	_, err := io.WriteString(e.stdout, b.String())
	return err
}

// do erases. What the adapter keeps comes first: while the books know the person, it can be done once more.
func (e *erasing) do(ctx context.Context) error {
	for _, account := range e.person.Accounts {
		if err := matrix.Forget(ctx, e.store, e.store.DB(), e.config.Matrix.User, account); err != nil {
			return err
		}
		if err := teams.Forget(ctx, e.store, e.config.Teams.AppID, account); err != nil {
			return fmt.Errorf("forget an account of Teams: %w", err)
		}
	}
	done, err := e.books(ctx, false)
	if err != nil {
		return err
	}
	if err := e.store.Vacuum(ctx); err != nil {
		return fmt.Errorf("%w\nwhat was erased is not in the books any more, but may still be in free pages of the file; do it once more", err)
	}
	left, files, err := e.search()
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "erased\nsearched %s in %s: ", count(files, "file", "files"), filepath.Dir(e.config.databasePath()))
	if len(left) == 0 {
		fmt.Fprintln(e.stdout, "neither name nor accounts are left")
	} else {
		fmt.Fprintln(e.stdout, "name or accounts are left in")
		for _, file := range left {
			fmt.Fprintf(e.stdout, "  %s%s\n", file, e.kindOf(file))
		}
	}
	e.remains(done)
	if slices.ContainsFunc(left, e.mine) {
		return fmt.Errorf("the database %s still names them; please tell those who make Lotse", e.config.databasePath())
	}
	return nil
}

// kindOf says what to do about a file that still has the person in it.
func (e *erasing) kindOf(file string) string {
	if e.mine(file) {
		return ""
	}
	head := make([]byte, 16)
	if f, err := os.Open(file); err == nil {
		defer f.Close()
		_, _ = io.ReadFull(f, head)
	}
	if bytes.HasPrefix(head, []byte("SQLite format 3")) {
		return " (a backup, or another database: remove it once it is not needed)"
	}
	return " (remove it, or take them out of it)"
}

// mine reports whether a file is the database or belongs to it.
func (e *erasing) mine(file string) bool { return strings.HasPrefix(file, e.config.databasePath()) }

// remains tells what Lotse cannot erase.
func (e *erasing) remains(d storage.Erased) {
	fmt.Fprintln(e.stdout, "\nWhat remains, and is not in Lotse's hands:")
	fmt.Fprintln(e.stdout, "- Messages in chat rooms, theirs and those of the bot that name or mention them, on the homeserver and on people's devices.")
	if len(d.Rooms) > 0 {
		var rooms []string
		for _, room := range d.Rooms {
			rooms = append(rooms, room.Local())
		}
		fmt.Fprintf(e.stdout, "  These are the rooms to look at, besides those of PMO and DM: %s\n", strings.Join(rooms, ", "))
	}
	fmt.Fprintln(e.stdout, "  Whoever administers the homeserver can delete them, or deactivate the account and erase its messages.")
	fmt.Fprintln(e.stdout, "- While the account is in rooms with the bot, the homeserver tells the bot of it, and of the keys of its devices, again.")
	fmt.Fprintln(e.stdout, "- Backups and exports elsewhere, and the system's journal with what the bot has logged: ids, no content.")
}

// search looks for the person's name and accounts in every file of the database's folder.
func (e *erasing) search() (left []string, files int, err error) {
	var words [][]byte
	for _, u := range e.person.Accounts {
		words = append(words, []byte(u.Local()))
	}
	for _, name := range append([]string{e.person.Name}, e.also...) {
		if len(name) > 3 {
			words = append(words, []byte(name))
		}
	}
	err = filepath.WalkDir(filepath.Dir(e.config.databasePath()), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil // what cannot be read by who runs the bot is not the bot's
		}
		files++
		if found, err := contains(path, words); err != nil || !found {
			return nil
		}
		left = append(left, path)
		return nil
	})
	return left, files, err
}

// contains reports whether a file has one of some words in it, whatever kind of file it is. A word that goes on to be a
// longer one ("@maria:stadt.example" in "@maria:stadt.example.org") is not meant.
func contains(path string, words [][]byte) (bool, error) {
	file, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer file.Close()
	longest := 0
	for _, w := range words {
		longest = max(longest, len(w))
	}
	const block = 1 << 20
	buffer := make([]byte, 0, block+longest+2)
	for {
		n, err := file.Read(buffer[len(buffer):min(cap(buffer), len(buffer)+block)])
		buffer = buffer[:len(buffer)+n]
		for _, w := range words {
			for rest := buffer; ; {
				i := bytes.Index(rest, w)
				if i < 0 {
					break
				}
				rest = rest[i+len(w):]
				if (len(rest) > 1 || err == io.EOF) && ends(rest) {
					return true, nil
				}
			}
		}
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if keep := longest + 2; len(buffer) > keep {
			buffer = append(buffer[:0], buffer[len(buffer)-keep:]...)
		}
	}
}

// ends reports whether a word has come to its end before rest.
func ends(rest []byte) bool {
	letter := func(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' }
	switch {
	case len(rest) == 0:
		return true
	case letter(rest[0]):
		return false
	case rest[0] == '.' || rest[0] == '-' || rest[0] == ':':
		return len(rest) < 2 || !letter(rest[1])
	}
	return true
}

func joinIDs(ids []bot.ProjectID) string {
	var all []string
	for _, id := range ids {
		all = append(all, string(id))
	}
	return strings.Join(all, ", ")
}
