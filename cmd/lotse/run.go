package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"maunium.net/go/mautrix"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/bot/matrix"
	"lotse/bot/teams"
	"lotse/bot/web"
	"lotse/storage"
)

func newRun(a *app) *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the bot, or rehearse a round (--clock)",
		Long: `Run the bot until it is told to stop (Ctrl-C, SIGTERM).

With --clock it rehearses (Probelauf): on a clock that begins there and leaps from event to event, so that a whole round
takes minutes. Every message then says «Probelauf». A rehearsal wants a database and rooms of its own.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !o.rehearsal() && (o.step || cmd.Flags().Changed("speed")) {
				return &usageError{cmd, errors.New("--speed and --step belong to a rehearsal; say with --clock when it begins")}
			}
			if o.speed < 0 {
				return &usageError{cmd, errors.New("--speed: want 0 (leap at once) or more, like 60")}
			}
			return begun(cmd.Context(), a.runBot(cmd.Context(), o))
		},
	}
	cmd.Flags().StringVar(&o.clock, "clock", "", "rehearse from this `time` on, like \"2026-11-18 08:59\" or 2026-11-18T08:59:00+01:00")
	cmd.Flags().Float64Var(&o.speed, "speed", 0, "in a rehearsal, let time pass so many `times` as fast; 0 leaps from event to event")
	cmd.Flags().BoolVar(&o.step, "step", false, "in a rehearsal, be told by lines of standard input where to leap: a time, next, idle, quit")
	cmd.MarkFlagsMutuallyExclusive("speed", "step")
	return cmd
}

type runOptions struct {
	clock string
	speed float64
	step  bool
}

func (o runOptions) rehearsal() bool { return o.clock != "" }

func (a *app) runBot(ctx context.Context, o runOptions) (err error) {
	config, err := loadConfig(a.config)
	if err != nil {
		return err
	}
	settings, err := config.Settings()
	if err != nil {
		return err
	}
	settings.Rehearsal = o.rehearsal()
	log := config.logger(a.stderr)
	for _, warning := range config.Warnings {
		log.WarnContext(ctx, "configuration", "warning", warning)
	}

	if err := config.guard(ctx, log); err != nil {
		return err
	}
	unlock, err := config.lock()
	if err != nil {
		return err
	}
	defer unlock()
	var session matrix.Session
	if config.Matrix.on() {
		if session, err = config.recallSession(ctx); err != nil {
			return err
		}
	}
	store, err := storage.Open(ctx, config.databasePath(), storage.Options{Rehearsal: o.rehearsal(), Log: log})
	if err != nil {
		return explainKind(err, config, o.rehearsal())
	}
	defer func() { err = errors.Join(err, store.Close()) }()

	var clock engine.Clock = engine.Real{}
	var stage *rehearsal
	if o.rehearsal() {
		if stage, err = newRehearsal(ctx, a, o, settings, store); err != nil {
			return err
		}
		clock = stage.clock
	}

	meter := newMeter(store)
	health := &health{store: store, meter: meter, clock: clock, began: time.Now()}
	var chats []engine.Chat
	var home *matrix.Chat // nil: the bot is not in Matrix
	if config.Matrix.on() {
		client, err := config.client()
		if err != nil {
			return err
		}
		watch := &syncWatch{next: client.Transport}
		client.Transport, health.synced = watch, watch
		home, err = matrix.New(matrix.Config{
			Homeserver: config.Matrix.Homeserver, UserID: session.UserID, DeviceID: session.DeviceID, AccessToken: session.AccessToken,
			HTTPClient: client, Memory: store, Log: log, BotName: config.Name, Now: clock.Now, Rehearsal: o.rehearsal(),
			Keys: store.DB(), SealDirect: config.Matrix.EncryptDirectChats,
		})
		if err != nil {
			return err
		}
		chats = append(chats, home)
	}
	if config.Teams.on() {
		office, err := config.openTeams(ctx, store, log, clock.Now, o.rehearsal())
		if err != nil {
			return err
		}
		chats = append(chats, office)
		meter.registry.MustRegister(teamsCollector{office})
	}

	// Whatever ends first, the engine, the metrics or the rehearsal, ends the others.
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var all sync.WaitGroup
	var failed [3]error
	defer func() { stop(); all.Wait(); err = errors.Join(append([]error{err}, failed[:]...)...) }()

	if config.Metrics.Listen != "" {
		listener, err := listenAt(ctx, "metrics.listen", config.Metrics.Listen)
		if err != nil {
			return err
		}
		log.InfoContext(ctx, "metrics and health are served", "address", listener.Addr().String())
		all.Go(func() { defer stop(); failed[0] = serveMetrics(ctx, listener, meter, health, log) })
	}
	words, err := readWords(config.path(config.Templates), settings)
	if err != nil {
		return err
	}
	if w := config.Web; w.Address != "" {
		listener, err := listenAt(ctx, "web.listen", w.Listen)
		if err != nil {
			return err
		}
		log.InfoContext(ctx, "calendars are served", "address", listener.Addr().String(), "public", w.Address)
		all.Go(func() {
			defer stop()
			failed[2] = serve(ctx, "calendars", listener, web.New(calendars{store, settings, words, clock}, log), log)
		})
	}
	rooms, err := config.resolvedRooms(ctx, home, store, log)
	if err != nil {
		return stopped(ctx, err)
	}
	machine, err := parts{
		settings: settings,
		people:   config.People(),
		rooms:    rooms,
		networks: config.networks(),
		read:     words,
		store:    store,
		chats:    chats,
		clock:    clock,
		log:      log,
		metrics:  meter.hooks(),
		limits:   engine.Limits{Parallel: config.Limits.SendsAtOnce, Grace: grace},
	}.assemble(ctx)
	if err != nil {
		return stopped(ctx, explainHeld(err, config))
	}
	health.watch(machine)
	if err := warnPaused(ctx, store, log); err != nil {
		return err
	}
	log.InfoContext(ctx, "lotse runs", "user", cmp.Or(session.UserID, config.Teams.AppID), "rehearsal", o.rehearsal(), "now", clock.Now().Format(time.RFC3339))
	all.Go(func() {
		defer stop()
		failed[1] = explainStop(machine.Run(ctx))
	})
	if stage != nil {
		err = stopped(ctx, stage.play(ctx, machine))
		stop()
	}
	all.Wait()
	log.InfoContext(context.WithoutCancel(ctx), "lotse has stopped")
	return err
}

// grace is how long a stop waits for what is in hand. A send that the homeserver does not answer is in doubt then, and is
// looked for at the next start.
const grace = 5 * time.Second

// begun makes nothing of what a stop has interrupted while the bot was starting.
func begun(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// warnPaused says in the log that the PMO has to agree after a restore.
func warnPaused(ctx context.Context, store *storage.Store, log *slog.Logger) error {
	books, err := store.Load(ctx, bot.Query{})
	if err != nil {
		return err
	}
	if r := books.Restored; r.Paused() {
		log.WarnContext(ctx, "nothing is sent until the PMO agrees with !weiter: the database was restored from a backup", "backup", r.Taken.Format(time.RFC3339), "restored", r.At.Format(time.RFC3339))
	}
	return nil
}

// stopped makes nothing of an error that a stop has brought about.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil || errors.Is(err, engine.ErrStopped) {
		return nil
	}
	return err
}

// explainStop says what to do about an engine that stopped by itself.
func explainStop(err error) error {
	switch {
	case errors.Is(err, bot.ErrLoggedOut):
		return fmt.Errorf("%w\nlog the bot in again with \"lotse login\"; what is due waits in the database", err)
	case errors.Is(err, bot.ErrEpoch):
		return fmt.Errorf("%w\nanother lotse works on this database now; this one has stopped", err)
	}
	return err
}

// explainHeld says what to do about a database that another machine works on.
func explainHeld(err error, config *Config) error {
	if errors.Is(err, bot.ErrEpoch) {
		return fmt.Errorf("the database %s: %w\nanother lotse works on it, on another machine perhaps; two would send everything twice: stop that one, or this one stays away", config.databasePath(), err)
	}
	return err
}

// explainKind says what to do about a database of the other kind.
func explainKind(err error, config *Config, rehearsal bool) error {
	switch {
	case !errors.Is(err, storage.ErrRehearsal):
		return err
	case rehearsal:
		return fmt.Errorf("%w\nthe bot has been live on it; rehearse with another configuration file (--config), with another database and test rooms", err)
	default:
		return fmt.Errorf("%w\nthere was a rehearsal (--clock) on it; name another file under database: in %s, log in and import again", err, config.file)
	}
}

// lock keeps a second bot on this machine off the database, which a login has made. Without Matrix there is none, and the
// bot makes the database.
func (c *Config) lock() (unlock func(), err error) {
	if _, err := os.Stat(c.databasePath()); errors.Is(err, fs.ErrNotExist) && c.Matrix.on() {
		return nil, fmt.Errorf("%w: there is no database %s yet; run \"lotse login\" first", errNotLoggedIn, c.databasePath())
	}
	return lockDatabase(c.databasePath())
}

// recallSession looks for the session before the database is marked as live or as a rehearsal's.
func (c *Config) recallSession(ctx context.Context) (_ matrix.Session, err error) {
	store, err := c.openBooks(ctx, false)
	if err != nil {
		return matrix.Session{}, err
	}
	if store == nil {
		return matrix.Session{}, fmt.Errorf("%w: run \"lotse login\" first", errNotLoggedIn)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return c.session(ctx, store)
}

// logger writes what the configuration wants to know.
func (c *Config) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Log.Level)); err != nil {
		level = slog.LevelInfo // the configuration was checked
	}
	options := &slog.HandlerOptions{Level: level}
	if c.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// resolver is a chat that knows which room has an address.
type resolver interface {
	Resolve(ctx context.Context, alias string) (bot.RoomID, error)
}

// resolvedRooms are the configuration's rooms by their ids. An address is asked for at every start, because it may point
// to another room now (only Matrix has such addresses); while the server is away, what it said last counts, and without that it is waited for. An address
// that the server does not know is left out.
func (c *Config) resolvedRooms(ctx context.Context, chat resolver, store engine.Memory, log *slog.Logger) ([]bot.Room, error) {
	var rooms []bot.Room
	for _, room := range c.Rooms() {
		alias := room.ID.Local()
		if strings.HasPrefix(alias, "!") || room.ID.Chat() == teams.ID {
			rooms = append(rooms, room)
			continue
		}
		id, err := resolve(ctx, chat, store, log, alias)
		if err != nil {
			return nil, err
		}
		if room.ID = id; id != "" {
			rooms = append(rooms, room)
		}
	}
	return rooms, nil
}

// aliasName is where it is remembered which room an address pointed to last.
func aliasName(alias string) string { return "alias/" + alias }

func resolve(ctx context.Context, chat resolver, store engine.Memory, log *slog.Logger, alias string) (bot.RoomID, error) {
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		id, err := chat.Resolve(ctx, alias)
		switch {
		case err == nil:
			return id, store.Remember(ctx, aliasName(alias), string(id))
		case ctx.Err() != nil:
			return "", ctx.Err()
		case refused(err):
			log.WarnContext(ctx, "the homeserver does not know the address of a room", "room", alias, "error", err)
			return "", nil
		}
		last, remembered := store.Recall(ctx, aliasName(alias))
		if remembered != nil {
			return "", remembered
		}
		if last != "" {
			return bot.RoomID(last), nil
		}
		log.WarnContext(ctx, "the homeserver cannot be asked for the address of a room", "room", alias, "error", err, "next", wait)
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(wait):
		}
	}
}

// refused reports whether the homeserver has said no and would say so again.
func refused(err error) bool {
	answer, ok := errors.AsType[mautrix.HTTPError](err)
	return ok && answer.Response != nil && answer.RespError != nil &&
		answer.Response.StatusCode < http.StatusInternalServerError && answer.Response.StatusCode != http.StatusTooManyRequests
}

// syncWatch notes when the homeserver last answered what is new.
type syncWatch struct {
	next http.RoundTripper

	mu   sync.Mutex
	last time.Time
}

// RoundTrip implements http.RoundTripper.
func (w *syncWatch) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := cmp.Or[http.RoundTripper](w.next, http.DefaultTransport).RoundTrip(r)
	if err == nil && resp.StatusCode == http.StatusOK && strings.HasSuffix(r.URL.Path, "/sync") {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.last = time.Now()
	}
	return resp, err
}

// at is when the last answer came, or the zero time.
func (w *syncWatch) at() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last
}
