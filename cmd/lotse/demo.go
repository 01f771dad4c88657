package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lotse/bot"
	"lotse/bot/calendar"
	"lotse/bot/console"
	"lotse/bot/engine"
	"lotse/storage"
)

func newDemo(a *app) *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Play a Projektcheck and a meetup with example people, and join in",
		Long: `Play a whole Projektcheck and a network's meetup, with made-up people and projects, on a simulated clock: in this
terminal, with nothing else needed, and then hand over to you. With --homeserver the same is played in real rooms of a
Matrix test server, so that you can watch and take part in Element.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if (o.homeserver == "") != (o.secret == "") {
				return &usageError{cmd, errors.New("--homeserver and --registration-secret belong together")}
			}
			return a.demo(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&o.homeserver, "homeserver", "", "play in rooms of this Matrix `server`, like http://127.0.0.1:8008")
	cmd.Flags().StringVar(&o.secret, "registration-secret", "", "that server's shared `secret` for registering accounts")
	cmd.Flags().BoolVar(&o.fast, "fast", false, "do not pause for reading")
	return cmd
}

type demoOptions struct {
	homeserver, secret string
	fast               bool
}

// demoStart is when the demo begins: the day before the round opens.
var demoStart = calendar.Date{Year: 2026, Month: time.November, Day: 17}

// theatre is where the demo is played: a console, or rooms on a homeserver.
type theatre interface {
	engine.Chat
	engine.Finder
	room(name string) bot.RoomID
	// direct is the bot's direct chat with somebody.
	direct(ctx context.Context, who bot.UserID) (bot.RoomID, error)
	account(name string) bot.UserID
	say(ctx context.Context, room bot.RoomID, who bot.UserID, text string, thread bot.MessageID) error
	react(ctx context.Context, room bot.RoomID, who bot.UserID, target bot.MessageID, emoji string) error
	// settled waits until the bot has heard of everything that was said.
	settled(ctx context.Context, e *engine.Engine) error
	// narrate tells the audience what happens next.
	narrate(text string)
	// last is the bot's newest message in a room, and the thread it is in.
	last(room bot.RoomID) (message, thread bot.MessageID)
	// welcome tells somebody how to take part.
	welcome(out io.Writer)
}

// demo is one performance.
type demo struct {
	*app
	theatre
	options demoOptions
	clock   *engine.Simulated
	zone    *time.Location
	engine  *engine.Engine
	paced   bool // pause for reading
}

// demo plays the story and, where somebody sits at the terminal, hands over.
func (a *app) demo(ctx context.Context, o demoOptions) (err error) {
	folder, err := os.MkdirTemp("", "lotse-demo-")
	if err != nil {
		return fmt.Errorf("make a folder for the demo's database: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	store, err := storage.Open(ctx, filepath.Join(folder, "demo.db"), storage.Options{Rehearsal: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()

	config, err := parseConfig("example/lotse.yaml", exampleConfig)
	if err != nil {
		return fmt.Errorf("the demo's own configuration: %w", err)
	}
	settings, err := config.Settings()
	if err != nil {
		return err
	}
	d := &demo{app: a, options: o, zone: settings.Zone, paced: !o.fast && terminal(a.stdout)}
	d.clock = engine.NewSimulated(demoStart.At(calendar.Clock{Hour: 8}, d.zone))
	var hooks engine.Metrics
	if o.homeserver == "" {
		d.theatre = newConsoleTheatre(a.stdout, d.clock, d.zone)
	} else {
		m, err := newMatrixTheatre(ctx, a, o, store, d.clock)
		if err != nil {
			return err
		}
		hooks, d.theatre = m.hooks(), m
	}
	books, people, err := d.cast(settings)
	if err != nil {
		return err
	}
	d.engine, err = parts{
		settings: settings, people: people, networks: config.networks(), books: books, store: store,
		chats: []engine.Chat{d.theatre}, clock: d.clock, metrics: hooks,
		log: slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}.assemble(ctx)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- d.engine.Run(ctx) }()
	defer func() { stop(); err = errors.Join(err, <-ended) }()

	if err := d.play(ctx); err != nil {
		return stopped(ctx, err)
	}
	if terminal(a.stdin) {
		return stopped(ctx, d.handOver(ctx))
	}
	return nil
}

// cast brings the example's people, projects and rooms into the books: how the
// projects stood at the last check, too, so that the story has a past.
func (d *demo) cast(settings *bot.Settings) (bot.Change, []bot.Person, error) {
	var change bot.Change
	table, faults := readTable(exampleProjects)
	if len(faults) > 0 {
		return change, nil, fmt.Errorf("the demo's own table: %v", faults)
	}
	people := []bot.Person{}
	for _, name := range demoPeople {
		people = append(people, bot.Person{ID: bot.PersonID(name.id), Name: name.name, Accounts: []bot.UserID{d.account(name.id)}})
	}
	settings.Roles = map[bot.Role][]bot.PersonID{bot.RolePMO: {"petra"}, bot.RoleDM: {"dora", "daniel"}}
	settings.Escalations = bot.DefaultEscalationRules()
	past := at(d.zone, "2026-11-04 10:00")
	for _, row := range table.Rows {
		lead := demoLeads[row.ID]
		if lead == "" {
			continue
		}
		project := bot.Project{
			ID: row.ID, Name: row.Name, Leads: []bot.PersonID{bot.PersonID(lead)}, State: bot.ProjectActive,
			Period: row.Period, Vision: row.Vision, Goals: row.Goals, Changed: calendar.DateOf(past),
			Current: bot.Standing{Round: "2026-11-04", Check: past, Answers: map[bot.Field]bot.Answer{
				bot.FieldStatus:   {Parts: []bot.Part{{Light: bot.Green, By: bot.PersonID(lead), At: past}}},
				bot.FieldOutlook:  {Parts: []bot.Part{{Light: bot.Green, By: bot.PersonID(lead), At: past}}},
				bot.FieldBlocker:  {Parts: []bot.Part{{None: true, By: bot.PersonID(lead), At: past}}},
				bot.FieldDecision: {Parts: []bot.Part{{None: true, By: bot.PersonID(lead), At: past}}},
			}},
		}
		if project.ID == "serviceportal" {
			project.LastTask = 2
			change.Tasks = []bot.Task{
				{Project: project.ID, Seq: 1, Number: 1, Text: "Formulare der KFZ-Zulassung umstellen", State: bot.TaskToDo, Round: "2026-11-04"},
				{Project: project.ID, Seq: 2, Number: 2, Text: "Texte in Leichte Sprache prüfen", State: bot.TaskDoing, Round: "2026-11-04", Rank: 1},
			}
		}
		change.Projects = append(change.Projects, project)
		change.Rooms = append(change.Rooms, bot.Room{ID: d.theatre.room(string(project.ID)), Kind: bot.RoomProject, Project: project.ID, Origin: bot.FromConfig, Joined: true})
	}
	change.Rooms = append(change.Rooms,
		bot.Room{ID: d.theatre.room("pmo"), Kind: bot.RoomPMO, Origin: bot.FromConfig, Joined: true},
		bot.Room{ID: d.theatre.room("dm"), Kind: bot.RoomDM, Origin: bot.FromConfig, Joined: true},
		bot.Room{ID: d.theatre.room("digilotsen"), Kind: bot.RoomNetwork, Network: "digilotsen", Origin: bot.FromConfig, Joined: true})
	return change, people, nil
}

// at reads an instant of the story.
func at(zone *time.Location, text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
	if err != nil {
		panic(err) // the story's own words
	}
	return t
}

// consoleTheatre is the demo in a terminal.
type consoleTheatre struct {
	*console.Chat
	out    io.Writer
	colour bool
}

func newConsoleTheatre(stdout io.Writer, clock *engine.Simulated, zone *time.Location) *consoleTheatre {
	options := console.Options{Out: stdout}
	if file, ok := stdout.(*os.File); ok {
		options = console.For(file)
	}
	options.Now = func() time.Time { return clock.Now().In(zone) }
	t := &consoleTheatre{Chat: console.New(options), out: stdout, colour: options.Colour}
	for _, room := range demoRooms {
		t.Room(t.room(room.id), room.name)
	}
	for _, person := range demoPeople {
		t.Person(t.account(person.id), person.name)
	}
	return t
}

func (t *consoleTheatre) room(name string) bot.RoomID    { return bot.RoomID("console:" + name) }
func (t *consoleTheatre) account(name string) bot.UserID { return bot.UserID("console:@" + name) }

func (t *consoleTheatre) direct(ctx context.Context, who bot.UserID) (bot.RoomID, error) {
	return t.OpenDirect(ctx, who)
}

func (t *consoleTheatre) say(_ context.Context, room bot.RoomID, who bot.UserID, text string, thread bot.MessageID) error {
	t.Say(room, who, text, thread)
	return nil
}

func (t *consoleTheatre) react(_ context.Context, room bot.RoomID, who bot.UserID, target bot.MessageID, emoji string) error {
	t.React(room, who, target, emoji)
	return nil
}

func (t *consoleTheatre) settled(ctx context.Context, e *engine.Engine) error {
	if err := e.Idle(ctx); err != nil {
		return err
	}
	t.Flush()
	return nil
}

func (t *consoleTheatre) last(room bot.RoomID) (message, thread bot.MessageID) {
	return t.Own(room)
}

func (t *consoleTheatre) welcome(out io.Writer) {
	fmt.Fprintln(out, "Jetzt Sie! Schreiben Sie einfach, zum Beispiel !hilfe. Was mit / beginnt, lenkt die Vorführung:")
}

func (t *consoleTheatre) narrate(text string) {
	t.Flush()
	line := "» " + text
	if t.colour {
		line = "\x1b[1;33m" + line + "\x1b[0m"
	}
	fmt.Fprintf(t.out, "%s\n\n", strings.ReplaceAll(line, "\n", "\n  "))
}
