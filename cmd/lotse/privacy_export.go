package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"lotse/bot"
)

func newPrivacyExport(a *app) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "export PERSON",
		Short: "Write what is stored about a person as JSON",
		Long: `Export writes all that is stored about a person, machine-readable: what they get who ask for a copy of their data. In chat
everybody is told the same with !datenschutz.

PERSON is a name, an id, or an account. Texts of others in which the person's name may stand are not among it, nor is
what stands in chat rooms.`,
		Example: "  lotse privacy export \"Maria Beispiel\" --output maria.json",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.exportPerson(cmd.Context(), args[0], output) },
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "`file` to write instead of printing")
	return cmd
}

func (a *app) exportPerson(ctx context.Context, who, output string) (err error) {
	config, err := loadConfig(a.config)
	if err != nil {
		return err
	}
	store, err := config.look(ctx)
	if err != nil {
		return err
	}
	if store == nil {
		return fmt.Errorf("there is no database %s: nothing is stored about anybody", config.databasePath())
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	books, err := store.Load(ctx, bot.Query{AllPeople: true, AllProjects: true, Archived: true})
	if err != nil {
		return fmt.Errorf("read the books: %w", err)
	}
	person, err := personOf(books.People, who)
	if err != nil {
		return err
	}
	dossier, err := store.Dossier(ctx, person)
	if err != nil {
		return err
	}
	settings, err := config.Settings()
	if err != nil {
		return err
	}
	file, err := dossier.JSON(settings, a.now())
	if err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	if output == "" {
		_, err = a.stdout.Write(file)
		return err
	}
	if err := os.WriteFile(output, file, 0o600); err != nil {
		return fmt.Errorf("write the export: %w", err)
	}
	return nil
}
