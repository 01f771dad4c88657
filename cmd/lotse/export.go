package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"lotse/bot"
	"lotse/bot/calendar"
)

func newExport(a *app) *cobra.Command {
	var format, output string
	cmd := &cobra.Command{
		Use:   "export [projects|networks]",
		Short: "Write all projects, or networks, as a table (CSV) or as JSON",
		Long: `Export writes all projects, archived ones too; with "networks", the networks and when they meet. JSON has both, or the networks alone.

CSV is the table that "lotse import" reads, with semicolons and a byte order mark, as Excel wants it in
Germany. A cell that a spreadsheet would take for a formula has an apostrophe in front; import takes it
away again. JSON has what the board shows as well, and archived networks. Who was late or reminded is in neither.`,
		Example: "  lotse export --output projects.csv\n  lotse export networks --output networks.csv\n  lotse export --format json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			what := "projects"
			if len(args) > 0 {
				what = args[0]
			}
			write := map[string]func(context.Context, *Config, exportBooks) ([]byte, error){"csv": exportCSV, "json": exportJSON}[format]
			if write == nil {
				return fmt.Errorf("--format %q is none of csv, json%s", format, didYouMean(nearest(format, []string{"csv", "json"})))
			}
			switch known := []string{"projects", "networks"}; {
			case !slices.Contains(known, what):
				return fmt.Errorf("%q cannot be exported%s", what, orNearest(what, known))
			case what == "networks" && format == "csv":
				write = exportNetworks
			case what == "networks":
				write = func(ctx context.Context, c *Config, books exportBooks) ([]byte, error) {
					books.Projects = nil
					return exportJSON(ctx, c, books)
				}
			}
			c, err := loadConfig(a.config)
			if err != nil {
				return err
			}
			return a.export(cmd.Context(), c, output, write)
		},
	}
	cmd.Flags().StringVarP(&format, "format", "f", "csv", "`format`, csv or json")
	cmd.Flags().StringVarP(&output, "output", "o", "", "`file` to write instead of printing")
	return cmd
}

func (a *app) export(ctx context.Context, c *Config, output string, write func(context.Context, *Config, exportBooks) ([]byte, error)) (err error) {
	store, err := c.look(ctx)
	if err != nil {
		return err
	}
	if store == nil {
		return fmt.Errorf("there is no database %s yet: \"lotse import\" or \"lotse run\" make one", c.databasePath())
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	books, err := store.Load(ctx, allBooks)
	if err != nil {
		return fmt.Errorf("read the books: %w", err)
	}
	data, err := write(ctx, c, exportBooks{books, func(id bot.ProjectID) ([]bot.Task, error) {
		s, err := store.Load(ctx, bot.Query{Project: id})
		return s.Tasks, err
	}})
	if err != nil {
		return err
	}
	if output == "" {
		_, err = a.stdout.Write(data)
		return err
	}
	if err := os.WriteFile(output, data, 0o600); err != nil {
		return fmt.Errorf("write the export: %w", err)
	}
	return nil
}

// exportBooks is what an export is made of.
type exportBooks struct {
	bot.Snapshot
	tasks func(bot.ProjectID) ([]bot.Task, error) // the project's, as the board shows them
}

// sorted are the projects by name.
func (b exportBooks) sorted() []bot.Project {
	return slices.SortedFunc(slices.Values(b.Projects), func(x, y bot.Project) int {
		if by := strings.Compare(bot.Fold(x.Name), bot.Fold(y.Name)); by != 0 {
			return by
		}
		return strings.Compare(string(x.ID), string(y.ID))
	})
}

// room is the project's room, the zero Room if it has none.
func (b exportBooks) room(id bot.ProjectID) bot.Room {
	for _, r := range b.Rooms {
		if r.Kind == bot.RoomProject && r.Project == id {
			return r
		}
	}
	return bot.Room{}
}

// exportCSV is the table that readTable reads.
func exportCSV(_ context.Context, _ *Config, books exportBooks) ([]byte, error) {
	var rows []map[column]string
	for _, p := range books.sorted() {
		room := books.room(p.ID)
		names, accounts := books.persons(p.Leads)
		rows = append(rows, map[column]string{
			colID: string(p.ID), colName: p.Name, colLead: names, colAccount: accounts,
			colPeriod: p.Period, colGoals: strings.Join(p.Goals, ", "), colVision: p.Vision,
			colRoom: tableID(string(room.ID)), colLanguage: string(room.Language), colLink: p.Link, colState: stateWord[p.State],
		})
	}
	return writeTable(columns(), rows)
}

// exportNetworks is the table of networks that readTable reads, without archived ones.
func exportNetworks(_ context.Context, _ *Config, books exportBooks) ([]byte, error) {
	var rows []map[column]string
	for _, n := range books.Networks {
		if !n.Archived {
			cells := networkCells(n)
			cells[colLead], cells[colAccount] = books.persons(n.Hosts)
			rows = append(rows, cells)
		}
	}
	return writeTable(networkTables.columns, rows)
}

// persons are people's names and accounts as a table writes them.
func (b exportBooks) persons(ids []bot.PersonID) (names, accounts string) {
	var called, reached []string
	for _, id := range ids {
		called = append(called, writable(b.People[id].Name))
		reached = append(reached, localAccounts(b.People[id].Accounts))
	}
	return strings.Join(called, "; "), strings.Join(reached, "; ")
}

func writeTable(columns []column, rows []map[column]string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	w.Comma, w.UseCRLF = ';', true
	var heads []string
	for _, col := range columns {
		heads = append(heads, string(col))
	}
	lines := [][]string{heads}
	for _, cells := range rows {
		var line []string
		for _, col := range columns {
			line = append(line, guard(bot.Clean(cells[col])))
		}
		lines = append(lines, line)
	}
	if err := w.WriteAll(lines); err != nil {
		return nil, fmt.Errorf("write CSV: %w", err)
	}
	return b.Bytes(), nil
}

// exportFile is the form of `lotse export --format json`. Programs read it: fields are added, never renamed or removed;
// a change of meaning raises Version.
type exportFile struct {
	Version  int             `json:"version"`
	City     string          `json:"city"`
	Goals    []exportGoal    `json:"goals"`
	People   []exportPerson  `json:"people"`
	Projects []exportProject `json:"projects"`
	Networks []exportNetwork `json:"networks"`
}

type exportGoal struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type exportPerson struct {
	ID       bot.PersonID `json:"id"`
	Name     string       `json:"name"`
	Accounts []bot.UserID `json:"accounts"`
}

type exportProject struct {
	ID          bot.ProjectID              `json:"id"`
	Name        string                     `json:"name"`
	Leads       []bot.PersonID             `json:"leads"`
	Period      string                     `json:"period,omitempty"`
	Goals       []string                   `json:"goals,omitempty"`
	Vision      string                     `json:"vision,omitempty"`
	Link        string                     `json:"link,omitempty"`
	State       bot.ProjectState           `json:"state"`
	PausedUntil string                     `json:"paused_until,omitempty"` // the first day on which it is asked again
	Room        bot.RoomID                 `json:"room,omitempty"`
	Language    bot.Language               `json:"language,omitempty"`
	Check       string                     `json:"check,omitempty"`   // date of the Projektcheck that the answers are from
	Changed     string                     `json:"changed,omitempty"` // day on which an answer last became different
	Answers     map[bot.Field]exportAnswer `json:"answers,omitempty"`
	Tasks       []exportTask               `json:"tasks,omitempty"`
}

type exportNetwork struct {
	ID       bot.NetworkID  `json:"id"`
	Name     string         `json:"name"`
	Hosts    []bot.PersonID `json:"hosts"`
	Rule     string         `json:"rule,omitempty"` // of iCalendar (RFC 5545)
	From     string         `json:"from,omitempty"` // date from which on it counts
	At       string         `json:"at,omitempty"`   // the city's time
	Minutes  int            `json:"minutes"`        // how long a meetup takes
	DayOff   calendar.Shift `json:"day_off"`        // what becomes of a date on one: next, previous, skip or keep
	Link     string         `json:"link,omitempty"`
	Archived bool           `json:"archived,omitempty"`
	Rooms    []bot.RoomID   `json:"rooms"`
}

type exportAnswer struct {
	Light string `json:"light,omitempty"` // green, yellow or red
	Text  string `json:"text,omitempty"`
	None  bool   `json:"none,omitempty"` // answered with «keine»
}

type exportTask struct {
	Number int           `json:"number,omitempty"`
	Text   string        `json:"text"`
	State  bot.TaskState `json:"state"`
}

func exportJSON(_ context.Context, c *Config, books exportBooks) ([]byte, error) {
	file := exportFile{Version: 1, City: c.City, Goals: []exportGoal{}, People: []exportPerson{}, Projects: []exportProject{}, Networks: []exportNetwork{}}
	for _, g := range c.Goals {
		file.Goals = append(file.Goals, exportGoal(g))
	}
	named := map[bot.PersonID]bool{}
	name := func(ids []bot.PersonID) {
		for _, id := range ids {
			if person, ok := books.People[id]; ok && !named[id] {
				file.People = append(file.People, exportPerson{id, person.Name, append([]bot.UserID{}, person.Accounts...)})
			}
			named[id] = true
		}
	}
	for _, p := range books.sorted() {
		row, err := books.project(c, p)
		if err != nil {
			return nil, err
		}
		name(p.Leads)
		file.Projects = append(file.Projects, row)
	}
	for _, n := range books.Networks {
		name(n.Hosts)
		file.Networks = append(file.Networks, books.network(n))
	}
	slices.SortFunc(file.People, func(a, b exportPerson) int { return strings.Compare(string(a.ID), string(b.ID)) })
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(file); err != nil {
		return nil, fmt.Errorf("write JSON: %w", err)
	}
	return b.Bytes(), nil
}

func (b exportBooks) network(n bot.Network) exportNetwork {
	row := exportNetwork{ID: n.ID, Name: n.Name, Hosts: append([]bot.PersonID{}, n.Hosts...), Rule: n.Rule, Minutes: int(n.Length.Minutes()),
		DayOff: n.Shift.Or(), Link: n.Link, Archived: n.Archived, Rooms: []bot.RoomID{}}
	if n.Rule != "" {
		row.From, row.At = n.Anchor.String(), n.At.String()
	}
	for _, r := range b.Rooms {
		if r.Kind == bot.RoomNetwork && bot.NetworkSlug(r.Network) == n.ID {
			row.Rooms = append(row.Rooms, r.ID)
		}
	}
	return row
}

func (b exportBooks) project(c *Config, p bot.Project) (exportProject, error) {
	room := b.room(p.ID)
	row := exportProject{ID: p.ID, Name: p.Name, Leads: append([]bot.PersonID{}, p.Leads...), Period: p.Period, Goals: p.Goals, Vision: p.Vision,
		Link: p.Link, State: p.State, PausedUntil: p.Until.String(), Room: room.ID, Language: room.Language, Changed: p.Changed.String()}
	if !p.Current.Check.IsZero() {
		row.Check = p.Current.Check.In(c.Zone.Location).Format("2006-01-02")
	}
	for field, answer := range p.Current.Answers {
		if row.Answers == nil {
			row.Answers = map[bot.Field]exportAnswer{}
		}
		row.Answers[field] = exportAnswer{Light: [...]string{"", "green", "yellow", "red"}[answer.Light()], Text: answer.Text(), None: answer.None()}
	}
	tasks, err := b.tasks(p.ID)
	if err != nil {
		return exportProject{}, fmt.Errorf("load tasks of %s: %w", p.ID, err)
	}
	for _, t := range tasks {
		if t.State != bot.TaskDropped {
			row.Tasks = append(row.Tasks, exportTask{t.Number, t.Text, t.State})
		}
	}
	return row, nil
}
