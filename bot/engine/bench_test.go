package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/bot/engine/enginetest"
	"lotse/storage"
)

var (
	_ engine.Store        = (*storage.Store)(nil)
	_ engine.Chat         = (*enginetest.Chat)(nil)
	_ engine.Finder       = (*enginetest.Chat)(nil)
	_ engine.Witness      = (*enginetest.Chat)(nil)
	_ engine.DirectOpener = (*enginetest.Chat)(nil)
	_ engine.Census       = (*enginetest.Chat)(nil)
	_ engine.Settler      = (*enginetest.Chat)(nil)
)

const (
	pmoRoom = bot.RoomID("test:pmo")
	dmRoom  = bot.RoomID("test:dm")
	maria   = bot.UserID("test:@maria")
	erika   = bot.UserID("test:@erika")
)

// start is where the simulated clock of the tests stands at first.
var start = time.Date(2026, 11, 18, 8, 59, 0, 0, berlin())

func berlin() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return zone
}

// words renders the text under "Text", or the template's name and language.
type words struct{}

func (words) Render(lang bot.Language, template string, data any, _ bot.ChatID) (bot.Text, error) {
	if template == "broken" {
		return bot.Text{}, errors.New("no such template")
	}
	return bot.Text{Markdown: bot.Markdown(fmt.Sprintf("%s/%s %v", lang, template, data))}, nil
}

func (words) Plain(lang bot.Language, template string, data any) (string, error) {
	return fmt.Sprintf("%s/%s %v", lang, template, data), nil
}

// bench is an engine on a real store with a recording chat and rules that a test
// writes itself.
type bench struct {
	*engine.Engine
	t     *testing.T
	path  string // of the database
	store *storage.Store
	chat  *enginetest.Chat
	clock *engine.Simulated
	conf  engine.Config
	log   *logs

	stop context.CancelFunc
	done chan error
}

// logs collects what is logged, and shows it with the test.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
	t    *testing.T
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.t.Output().Write(p)
	return l.text.Write(p)
}

// count returns how often a message was logged.
func (l *logs) count(message string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), message)
}

// newBench makes everything and starts nothing. Rules that a test does not set do
// nothing.
func newBench(t *testing.T, rules engine.Rules) *bench {
	t.Helper()
	b := &bench{t: t, path: filepath.Join(t.TempDir(), "lotse.db"), chat: enginetest.NewChat("test"), clock: engine.NewSimulated(start), log: &logs{t: t}}
	b.open()
	t.Cleanup(func() { b.store.Close() })
	if rules.Needs == nil {
		rules.Needs = bot.Needs
	}
	if rules.TimerNeeds == nil {
		rules.TimerNeeds = func(bot.Timer) bot.Query { return bot.Query{} }
	}
	if rules.Decide == nil {
		rules.Decide = func(bot.Snapshot, bot.Event) (bot.Change, error) { return bot.Change{}, nil }
	}
	if rules.Due == nil {
		rules.Due = func(bot.Snapshot, bot.Timer) (bot.Change, error) { return bot.Change{}, nil }
	}
	b.conf = engine.Config{
		Store: b.store, Chats: []engine.Chat{b.chat}, Renderer: words{}, Rules: rules, Clock: b.clock,
		Settings: &bot.Settings{Zone: berlin(), Language: bot.German},
		Log:      slog.New(slog.NewTextHandler(b.log, nil)), Holder: "test",
		Limits: engine.Limits{BackOff: time.Millisecond, BackOffTo: 20 * time.Millisecond, Patience: time.Millisecond},
	}
	b.seed(bot.Change{Rooms: []bot.Room{
		{ID: pmoRoom, Kind: bot.RoomPMO, Joined: true},
		{ID: dmRoom, Kind: bot.RoomDM, Joined: true, Language: bot.English},
	}})
	return b
}

// open opens the database, again after it was closed.
func (b *bench) open() {
	b.t.Helper()
	store, err := storage.Open(b.t.Context(), b.path, storage.Options{Rehearsal: true})
	if err != nil {
		b.t.Fatal(err)
	}
	b.store, b.conf.Store = store, store
}

// seed writes into the books before the engine runs.
func (b *bench) seed(c bot.Change) {
	b.t.Helper()
	epoch, err := b.store.Acquire(b.t.Context(), "seed", time.Now(), time.Minute)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := b.store.Commit(b.t.Context(), bot.Commit{Epoch: epoch, Now: start, Change: c}); err != nil {
		b.t.Fatal(err)
	}
	if err := b.store.Release(b.t.Context(), epoch); err != nil {
		b.t.Fatal(err)
	}
}

// run starts the engine; halt, or the end of the test, stops it.
func (b *bench) run() *bench {
	b.t.Helper()
	e, err := engine.New(b.conf)
	if err != nil {
		b.t.Fatal(err)
	}
	b.Engine = e
	ctx, stop := context.WithCancel(context.WithoutCancel(b.t.Context()))
	b.stop, b.done = stop, make(chan error, 1)
	go func() { b.done <- e.Run(ctx) }()
	b.t.Cleanup(func() { b.halt() })
	return b
}

// halt stops the engine and returns what Run returned.
func (b *bench) halt() error {
	b.stop()
	err, ok := <-b.done
	if ok {
		close(b.done)
	}
	return err
}

// idle waits until there is nothing to do.
func (b *bench) idle() {
	b.t.Helper()
	if err := b.Idle(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

// until lets time pass.
func (b *bench) until(at time.Time) {
	b.t.Helper()
	if err := b.RunUntil(b.t.Context(), at); err != nil {
		b.t.Fatal(err)
	}
}

// want compares a room with what shall stand in it.
func (b *bench) want(room bot.RoomID, want string) {
	b.t.Helper()
	if got := b.chat.Transcript(room); got != want {
		b.t.Errorf("%s holds\n%s\nwant\n%s", room, got, want)
	}
}

// say makes a post of a text for a room.
func say(room bot.RoomID, key, text string) bot.Post {
	return bot.Post{Key: bot.NewKey(key, string(room)), Kind: bot.KindNote, Room: room, Template: "say", Data: text}
}

// echoing rules answer every message of a person in its room.
var echoing = engine.Rules{
	Decide: func(_ bot.Snapshot, e bot.Event) (bot.Change, error) {
		if e.Kind != bot.EventMessage {
			return bot.Change{}, nil
		}
		return bot.Change{Reason: "echo", Posts: []bot.Post{bot.Reply(e, 0, "say", e.Text)}}, nil
	},
}

// downtimeWords renders a bot.Downtime.
type downtimeWords struct{ words }

func (downtimeWords) Render(_ bot.Language, _ string, data any, _ bot.ChatID) (bot.Text, error) {
	d := data.(bot.Downtime)
	text := d.From.Format("15:04") + "–" + d.Until.Format("15:04")
	for _, l := range d.Dropped {
		var names []string
		for _, p := range l.Projects {
			names = append(names, p.Name)
		}
		text += fmt.Sprintf(" %s×%d@%s%v", l.Kind, l.Count, l.Due.Format("15:04"), names)
	}
	return bot.Text{Markdown: bot.Markdown(text)}, nil
}

type fault = enginetest.Fault

var lost = enginetest.LostRequest()
