package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lotse/bot"
	"lotse/storage"
)

func newLog(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "log",
		Short: "Show, verify and export the decision log",
		Long: `The decision log says what became of every escalation: who put, answered and decided what, when, in which role, and by
which messages and reactions. It only grows. Each entry carries a hash of itself and of the hash before, so that nothing
in it can be changed unseen; texts and names can be erased from it all the same.

All three commands may be used while the bot runs, and with --file on a backup.`,
		Args: onlyBelow,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var file string
	cmd.PersistentFlags().StringVar(&file, "file", "", "a backup, or another `database`, instead of the configured one")
	cmd.AddCommand(newLogShow(a, &file), newLogVerify(a, &file), newLogExport(a, &file))
	return cmd
}

// decisionLog is the log of a database, and what one needs to read it.
type decisionLog struct {
	*storage.Store
	zone *time.Location
}

// openLog opens the configured database, or another one, for which no configuration is needed.
func (a *app) openLog(ctx context.Context, file string) (*decisionLog, error) {
	l, path := &decisionLog{zone: time.UTC}, file
	if _, err := os.Stat(a.config); file == "" || !errors.Is(err, fs.ErrNotExist) {
		c, err := loadConfig(a.config)
		if err != nil {
			return nil, err
		}
		l.zone = c.Zone.Location
		if path == "" {
			path = c.databasePath()
		}
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no database %s", path)
	}
	var err error
	l.Store, err = storage.Open(ctx, path, storage.Options{ReadOnly: true, Least: storage.LogVersion})
	return l, err
}

// people are those whose names can be told.
func (l *decisionLog) people(ctx context.Context) (map[bot.PersonID]bot.Person, error) {
	books, err := l.Load(ctx, bot.Query{AllPeople: true})
	if err != nil {
		return nil, fmt.Errorf("read who is who: %w", err)
	}
	return books.People, nil
}

func newLogShow(a *app, file *string) *cobra.Command {
	var q bot.LogQuery
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Print the decision log for reading",
		Long: `Show prints the entries of the decision log, the oldest first: number, time, escalation, project, what was done, who did
it as what, and what was said. Of somebody who was erased there is the beginning of the pseudonym; "lotse" is time or a rule.`,
		Example: "  lotse log show --escalation 12\n  lotse log show --project serviceportal | less",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.logShow(cmd.Context(), *file, q)
		},
	}
	cmd.Flags().IntVarP(&q.Number, "escalation", "e", 0, "only the escalation of this `number`")
	cmd.Flags().StringVarP((*string)(&q.Project), "project", "p", "", "only the project of this `id`")
	return cmd
}

func (a *app) logShow(ctx context.Context, file string, q bot.LogQuery) (err error) {
	l, err := a.openLog(ctx, file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	people, err := l.people(ctx)
	if err != nil {
		return err
	}
	// Printed only when all is read: whoever reads slowly must not keep the bot's database from being tidied up.
	var text bytes.Buffer
	if _, err := l.Log(ctx, q, func(r bot.Record) error {
		text.WriteString(l.shown(r, people))
		return nil
	}); err != nil {
		return err
	}
	if text.Len() == 0 {
		text.WriteString("there are no such entries\n")
	}
	_, err = a.stdout.Write(text.Bytes())
	return err
}

// shown is an entry for reading: a line, and one below it for each text.
func (l *decisionLog) shown(r bot.Record, people map[bot.PersonID]bot.Person) string {
	if r.Broken != "" {
		return fmt.Sprintf("%6d  cannot be read: %s; see \"lotse log verify\"\n", r.Seq, r.Broken)
	}
	what := string(r.Kind)
	if r.Choice != "" {
		what += " " + string(r.Choice)
	}
	number := ""
	if r.Number > 0 {
		number = fmt.Sprintf("#%d", r.Number)
	}
	who := called(r.Who, r.Person, people)
	if r.Role != "" {
		who += ", " + roleWord(r.Role)
	}
	line := fmt.Sprintf("%6d  %s  %-5s  %-20s  %-13s  %s\n", r.Seq, r.At.In(l.zone).Format("2006-01-02 15:04 MST"), number, r.Project, what, who)
	for _, t := range r.Texts {
		name, text := t.Name, "erased"
		if t.Who != "" && t.Who != r.Who {
			name += ", " + called(t.Who, t.Person, people)
		}
		if !t.Erased() {
			text = bot.Clean(t.Text)
		}
		line += fmt.Sprintf("        %s: %s\n", name, strings.ReplaceAll(text, "\n", "\n          "))
	}
	return line
}

// called is what somebody in the log is called.
func called(pseudonym string, person bot.PersonID, people map[bot.PersonID]bot.Person) string {
	switch {
	case pseudonym == "":
		return "lotse"
	case person == "":
		return "erased (" + pseudonym[:min(8, len(pseudonym))] + ")"
	case people[person].Name == "":
		return string(person)
	}
	return bot.Clean(people[person].Name)
}

// roleWord is a role for reading.
func roleWord(r bot.Role) string {
	switch r {
	case bot.RolePMO, bot.RoleDM, bot.RoleDIKON:
		return strings.ToUpper(string(r))
	}
	return string(r)
}

func newLogVerify(a *app, file *string) *cobra.Command {
	var expect string
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Prove that the decision log was not changed",
		Long: `Verify checks every entry of the decision log against its hash and the one before, and every text against what the entry
has committed to. It names the first entry that does not fit, and why; the exit status is 1 then.

It prints the hash of the last entry. Whoever may write the database could write the whole log anew, with new hashes; so
write that hash down where they cannot, and have it looked for later with --expect: if it is there, everything up to it
is as it was.`,
		Example: "  lotse log verify\n  lotse log verify --file lotse-backup-2026-11-23-020000.db --expect 3b1e…",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			expect = strings.ToLower(strings.TrimSpace(expect))
			if expect != "" && !hash.MatchString(expect) {
				return fmt.Errorf("--expect %q is no hash that \"lotse log verify\" has printed: want all 64 digits", expect)
			}
			return a.logVerify(cmd.Context(), *file, expect)
		},
	}
	cmd.Flags().StringVar(&expect, "expect", "", "a `hash` that was printed earlier: is it still part of the log?")
	return cmd
}

var hash = regexp.MustCompile(`^[0-9a-f]{64}$`)

func (a *app) logVerify(ctx context.Context, file, expect string) (err error) {
	l, err := a.openLog(ctx, file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	var c bot.Chain
	var at int64 // where the expected hash is
	erased := map[string]bool{}
	counted, err := l.Log(ctx, bot.LogQuery{}, func(r bot.Record) error {
		if err := c.Add(r); err != nil {
			return err
		}
		if r.Hash == expect {
			at = r.Seq
		}
		if r.Who != "" && r.Person == "" {
			erased[r.Who] = true
		}
		return nil
	})
	if err == nil {
		err = c.End(counted)
	}
	misfit, changed := errors.AsType[*bot.MisfitError](err)
	if err != nil && !changed {
		return err
	}
	if changed {
		fmt.Fprintf(a.stdout, "the decision log was changed: %v\n", misfit)
	}
	switch {
	case c.Entries == 0 && changed:
		fmt.Fprintln(a.stdout, "no entry before that")
	case c.Entries == 0:
		fmt.Fprintln(a.stdout, "the decision log has no entries yet")
	default:
		fmt.Fprintf(a.stdout, "%s fit, %s in them (%d erased), %s erased\nhash of the last one: %s\n", count(int(c.Entries), "entry", "entries"),
			count(c.Texts, "text", "texts"), c.Erased, count(len(erased), "person", "people"), c.Head)
	}
	switch {
	case at != 0:
		fmt.Fprintf(a.stdout, "the hash you expect is that of entry %d: everything up to it is as it was\n", at)
	case expect != "":
		fmt.Fprintln(a.stdout, "the hash you expect is not among them: what was before it has been changed, or this log ends before it (an older backup), or it is another log")
		changed = true
	}
	if changed {
		return errSaid
	}
	return nil
}
