package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lotse/bot"
)

func newImport(a *app) *cobra.Command {
	var dryRun, yes bool
	var lang string
	cmd := &cobra.Command{
		Use:   "import projects.csv",
		Short: "Bring projects, their leads and rooms into the books, from a table; or networks",
		Long: `Import reads a table of projects as CSV, as Excel writes it too (semicolons, Windows-1252), shows what
would change, and asks before it changes anything. If anything is wrong with the table, every fault is
told with its line, and nothing is changed.

The first line names the columns, in any order, in German or English:

  Projekt    the project's name; the only one that is needed
  Kürzel     its short name, for commands (without: made of the name)
  Leitung    who answers for it; several separated by semicolons
  Konto      their Matrix accounts, like @maria:stadt.example; several of one person separated by spaces,
             those of several persons by semicolons
  Zeitraum, Ziele (ids of goals, separated by commas), Vision, Link (https)
  Raum       its room, !id:server or #address:server
  Sprache    the room's: de, de-du or en
  Status     aktiv, beantragt, pausiert or archiviert

A column that is not there changes nothing, an empty cell empties (but for Kürzel, Raum and Status, which
stay). Projects that are not in the table are left alone. A room that was bound in chat with !raum stays.

A table with the column Netzwerk is one of networks, and when they meet:

  Netzwerk   the network's name; the only one that is needed
  Kürzel     its short name, which stands at its room (network: digilotsen)
  Leitung, Konto  who hosts its meetups, as above
  Regel      like "erster Donnerstag im Monat", "jeden zweiten Dienstag", "letzter Arbeitstag", or of iCalendar
  Ab         from which date on the rule counts; needed for every second week and the like
  Uhrzeit    like 10:00
  Dauer      like 90 min
  Link       where it meets, an https address
  Feiertag   what becomes of a meetup on a holiday: danach, davor, entfällt or trotzdem

A network that was changed in chat with !netzwerk stays as it is.`,
		Example: "  lotse import projects.csv --dry-run\n  lotse import projects.csv\n  lotse import networks.csv",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if lang != "de" && lang != "en" {
				return badLanguage(lang)
			}
			c, err := loadConfig(a.config)
			if err != nil {
				return err
			}
			return a.importProjects(cmd.Context(), c, args[0], importOptions{dryRun, yes, lang})
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only show what would change")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	cmd.Flags().StringVar(&lang, "lang", "de", "`language` of what is shown, de or en")
	return cmd
}

type importOptions struct {
	dryRun, yes bool
	lang        string
}

// importProjects reads a table, shows what it would change, asks, and writes it in one commit.
func (a *app) importProjects(ctx context.Context, c *Config, file string, o importOptions) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read the table: %w", err)
	}
	table, faults := readTable(data)
	unknown, err := resolveRooms(ctx, c, table.Rows)
	if err != nil {
		return err
	}
	faults = append(faults, unknown...)
	books, _, err := c.loadBooks(ctx, allBooks)
	if err != nil {
		return err
	}
	plan, wrong := planImport(table, newImportState(c, books))
	if faults = append(faults, wrong...); len(faults) > 0 {
		sortFaults(faults)
		return a.sayFaults(file, faults, o.lang)
	}
	w := importWordsOf(o.lang)
	if err := w.write(a.stdout, filepath.Base(file), table, plan); err != nil {
		return err
	}
	switch {
	case !plan.changes():
		fmt.Fprintln(a.stdout, w.nothing)
		return nil
	case o.dryRun:
		fmt.Fprintln(a.stdout, w.dry)
		return nil
	case !o.yes && !a.agreed(w.ask):
		fmt.Fprintln(a.stdout, w.refused)
		return errSaid
	}
	plan.Change.Reason = "projects imported"
	if len(table.Networks) > 0 {
		plan.Change.Reason = "networks imported"
	}
	if err := c.write(ctx, a.now(), plan.Change); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout, w.done)
	return nil
}

// sayFaults prints what is wrong with a table, one line each.
func (a *app) sayFaults(file string, faults []cellFault, lang string) error {
	w := importWordsOf(lang)
	for _, f := range faults {
		at := file
		if f.Line > 0 {
			at += fmt.Sprintf(":%d", f.Line)
		}
		if f.Column != "" {
			at += fmt.Sprintf(": "+w.column, f.Column)
		}
		fmt.Fprintf(a.stderr, "%s: %s\n", at, f.Say.in(lang))
	}
	if len(faults) == 1 {
		fmt.Fprintln(a.stderr, w.faultyOne)
	} else {
		fmt.Fprintf(a.stderr, w.faulty+"\n", len(faults))
	}
	return errSaid
}

// agreed asks a question that is answered by yes or no.
func (a *app) agreed(question string) bool {
	fmt.Fprint(a.stdout, question)
	line, err := bufio.NewReader(a.stdin).ReadString('\n')
	if err != nil || !terminal(a.stdin) {
		fmt.Fprintln(a.stdout) // nobody has typed the line's end
	}
	return saysYes(line)
}

// saysYes reports whether an answer is a yes, in German or English.
func saysYes(answer string) bool {
	switch bot.Fold(strings.TrimSpace(answer)) {
	case "ja", "j", "yes", "y":
		return true
	}
	return false
}

// resolveTime is how long the homeserver may take for one address.
const resolveTime = 15 * time.Second

// resolveRooms puts the ids of rooms where the table has their addresses ("#serviceportal:stadt.example"), which only
// the homeserver knows. The table is not asked of anybody if it has none.
func resolveRooms(ctx context.Context, c *Config, rows []projectRow) ([]cellFault, error) {
	var faults []cellFault
	var client *http.Client
	first := map[bot.RoomID]projectRow{}
	for i := range rows {
		row := &rows[i]
		if row.Room == "" || row.bad {
			continue
		}
		if alias := row.Room.Local(); strings.HasPrefix(alias, "#") {
			if !c.Matrix.on() {
				faults = append(faults, cellFault{row.Line, colRoom, both("«%s» ist in Matrix, und dort ist der Bot laut Konfiguration nicht.", "%q is on Matrix, where the bot is not, says the configuration.", alias)})
				row.bad = true
				continue
			}
			if client == nil {
				var err error
				if client, err = c.client(); err != nil {
					return nil, err
				}
			}
			room, err := resolveAlias(ctx, client, c.Matrix.Homeserver, alias)
			if err != nil {
				return nil, err
			}
			if room == "" {
				faults = append(faults, cellFault{row.Line, colRoom, both("Die Adresse «%s» kennt der Homeserver nicht.", "The homeserver does not know the address %q.", alias)})
				row.bad = true
				continue
			}
			row.Room = roomID(room)
		}
		if other, twice := first[row.Room]; twice {
			faults = append(faults, cellFault{row.Line, colRoom, both("Das ist derselbe Raum wie in Zeile %d.", "This is the same room as in line %d.", other.Line)})
		}
		first[row.Room] = *row
	}
	return faults, nil
}

// resolveAlias asks the homeserver for a room's id; "" if there is no such address.
// (GET /_matrix/client/v3/directory/room/{roomAlias} of the Matrix specification; it needs no login.)
func resolveAlias(ctx context.Context, client *http.Client, homeserver, alias string) (id string, err error) {
	ctx, cancel := context.WithTimeout(ctx, resolveTime)
	defer cancel()
	address := strings.TrimRight(homeserver, "/") + "/_matrix/client/v3/directory/room/" + url.PathEscape(alias)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", fmt.Errorf("look up room %s: %w", alias, err)
	}
	response, err := client.Do(request)
	if err != nil {
		return "", fmt.Errorf("look up room %s (an id like !abc:server in the table needs no look-up): %w", alias, err)
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if response.StatusCode == http.StatusNotFound {
		return "", nil
	}
	var answer struct {
		RoomID string `json:"room_id"`
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("look up room %s: the homeserver says %s; an id like !abc:server in the table needs no look-up", alias, response.Status)
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&answer); err != nil || answer.RoomID == "" {
		return "", fmt.Errorf("look up room %s: the homeserver's answer is not as the Matrix specification says", alias)
	}
	return answer.RoomID, nil
}
