package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

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

// personFile is the form of `lotse privacy export`. Programs read it: fields are added, never renamed or removed; a change
// of meaning raises Version.
type personFile struct {
	Version    int               `json:"version"`
	City       string            `json:"city"`
	Exported   time.Time         `json:"exported"`
	Person     exportPerson      `json:"person"`
	Roles      []bot.Role        `json:"roles"` // in the city, by the configuration
	Projects   []personProject   `json:"projects"`
	Asked      int               `json:"asked"`   // in how many reports they were asked
	Waiting    int               `json:"waiting"` // messages to them that are not sent yet
	Directs    int               `json:"direct_chats"`
	Statements []personStatement `json:"statements"`
	Retention  personRetention   `json:"retention"`
}

type personProject struct {
	ID    bot.ProjectID `json:"id"`
	Name  string        `json:"name"`
	Role  bot.Role      `json:"role"`
	From  string        `json:"from,omitempty"`
	Until string        `json:"until,omitempty"`
}

type personStatement struct {
	Kind      bot.StatementKind `json:"kind"`
	At        *time.Time        `json:"at,omitempty"`
	Project   bot.ProjectID     `json:"project,omitempty"`
	Round     bot.RoundID       `json:"round,omitempty"`
	Field     bot.Field         `json:"field,omitempty"`
	Number    int               `json:"number,omitempty"` // of an escalation, or of a task
	Light     string            `json:"light,omitempty"`
	None      bool              `json:"none,omitempty"`
	Choice    bot.Choice        `json:"choice,omitempty"`
	Role      bot.Role          `json:"role,omitempty"`
	Entry     bot.EntryKind     `json:"entry,omitempty"`
	Text      string            `json:"text,omitempty"`
	Late      bool              `json:"late,omitempty"`
	PMO       bool              `json:"pmo,omitempty"`
	TakenOver bool              `json:"taken_over,omitempty"`
}

// personRetention is how long things are kept; 0: for good.
type personRetention struct {
	ReportsMonths  int `json:"reports_months"`
	MessagesDays   int `json:"messages_days"`
	DecisionsYears int `json:"decisions_years"`
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
	file := config.personFile(dossier, a.now())
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(file); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	if output == "" {
		_, err = a.stdout.Write(b.Bytes())
		return err
	}
	if err := os.WriteFile(output, b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("write the export: %w", err)
	}
	return nil
}

func (c *Config) personFile(d bot.Dossier, now time.Time) personFile {
	file := personFile{
		Version: 1, City: c.City, Exported: now.In(c.Zone.Location).Truncate(time.Second),
		Person: exportPerson{d.Person.ID, d.Person.Name, append([]bot.UserID{}, d.Person.Accounts...)}, Roles: []bot.Role{},
		Projects: []personProject{}, Asked: d.Asked, Waiting: d.Waiting, Directs: d.Directs, Statements: []personStatement{},
		Retention: personRetention(c.Retention),
	}
	for _, role := range []struct {
		role bot.Role
		who  []string
	}{{bot.RolePMO, c.Roles.PMO}, {bot.RoleDM, c.Roles.DM}, {bot.RoleDIKON, c.Roles.DIKON}} {
		for _, id := range role.who {
			if id == string(d.Person.ID) {
				file.Roles = append(file.Roles, role.role)
			}
		}
	}
	for _, p := range d.Projects {
		file.Projects = append(file.Projects, personProject{p.Project.ID, p.Project.Name, p.Role, p.From.String(), p.Until.String()})
	}
	for _, s := range d.Statements {
		row := personStatement{Kind: s.Kind, Project: s.Project, Round: s.Round, Field: s.Field, Number: s.Number, Light: [...]string{"", "green", "yellow", "red"}[s.Light],
			None: s.None, Choice: s.Choice, Role: s.Role, Entry: s.Entry, Text: s.Text, Late: s.Late, PMO: s.PMO, TakenOver: s.Before}
		if at := s.At.In(c.Zone.Location); !s.At.IsZero() {
			row.At = &at
		}
		file.Statements = append(file.Statements, row)
	}
	return file
}
