package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/storage"
	"lotse/storage/storagetest"
)

// twoYears is how many Projektchecks there are in two years, every three weeks.
const twoYears = 35

// BenchmarkAnswer measures what an answer costs, from loading to the end of the commit, in a city of 50 projects and in
// one of 5,000, both with two years of rounds in a database on disk. The two take turns, so that what else the machine
// does hits both.
func BenchmarkAnswer(b *testing.B) {
	small, big := newOffice(b, 50), newOffice(b, 5000)
	// Everybody says something first, so that what is read often has been read.
	for i := range 50 {
		small.says(b, i, "warm", "Kommunikation: Aushang im Foyer", false)
		big.says(b, i, "warm", "Kommunikation: Aushang im Foyer", false)
	}
	small.took, big.took = nil, nil
	b.ResetTimer()
	for pass := 0; b.Loop(); pass++ {
		// The questions in their order; further passes edit what was said in the first.
		for _, said := range []string{"grün, %d Meilensteine sind erreicht", "grün\nTestbetrieb mit %d Ämtern", "Frage %d ist offen", "Antwort auf Frage %d"} {
			text := fmt.Sprintf(said, pass+1)
			for i := range 50 {
				first, second := small, big
				if i%2 == 1 {
					first, second = big, small
				}
				first.says(b, i, said, text, pass > 0)
				second.says(b, i, said, text, pass > 0)
			}
		}
	}
	b.StopTimer()
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(micros(median(small.took)), "µs/50-projects")
	b.ReportMetric(micros(median(big.took)), "µs/5000-projects")
	b.ReportMetric(micros(median(big.took))/micros(median(small.took)), "ratio")
	b.ReportMetric(float64(len(small.took)), "answers")
}

// office is a city's bot with a chat in which the benchmark is everybody.
type office struct {
	*desk
	city storagetest.City
	bot  *engine.Engine

	mu   sync.Mutex
	took []time.Duration // decisions, from loading to the end of the commit
	n    int             // what was said
}

// newOffice fills a database on disk and runs the bot on it. Its clock stands still, in the middle of a round.
func newOffice(b *testing.B, projects int) *office {
	b.Helper()
	store, err := storage.Open(b.Context(), filepath.Join(b.TempDir(), "lotse.db"), storage.Options{Rehearsal: true})
	if err != nil {
		b.Fatal(err)
	}
	o := &office{desk: &desk{say: make(chan []bot.Event)}}
	if o.city, err = storagetest.Fill(b.Context(), store, projects, twoYears); err != nil {
		b.Fatal(err)
	}
	c, err := parseConfig("lotse.yaml", []byte(`
city: Musterstadt
bundesland: NW
matrix: {homeserver: "https://matrix.stadt.example", user: "@lotse:stadt.example"}
people: [{id: pia, name: Pia Beispiel, accounts: ["@pia:stadt.example"]}]
roles: {pmo: [pia], dm: [pia]}
`))
	if err != nil {
		b.Fatal(err)
	}
	settings, err := c.Settings()
	if err != nil {
		b.Fatal(err)
	}
	o.bot, err = parts{
		settings: settings, store: store, chats: []engine.Chat{o.desk}, clock: engine.NewSimulated(o.city.Now),
		log:     slog.New(slog.NewTextHandler(b.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
		metrics: engine.Metrics{Decision: o.decided},
	}.assemble(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(b.Context()))
	ended := make(chan error, 1)
	go func() { ended <- o.bot.Run(ctx) }()
	b.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			b.Error(err)
		}
		if err := store.Close(); err != nil {
			b.Error(err)
		}
	})
	// What there is to do at a start is none of what is measured.
	if err := o.bot.Idle(ctx); err != nil {
		b.Fatal(err)
	}
	o.took = nil
	return o
}

func (o *office) decided(took time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.took = append(o.took, took)
}

// says has the lead of the i-th of fifty projects, evenly spread over the city, write in the project's thread, or edit
// what was written there under that name, and waits until all that follows is done.
func (o *office) says(b *testing.B, i int, name, text string, edit bool) {
	b.Helper()
	p := o.city.Projects[i*len(o.city.Projects)/50]
	report := bot.Report{Round: o.city.Round.ID, Project: p, Room: o.city.Room(p)}
	o.n++
	e := bot.Event{
		ID: bot.EventID(fmt.Sprintf("test:$%d", o.n)), Kind: bot.EventMessage, Room: report.Room, Sender: o.city.Lead(p), At: o.city.Now,
		Message: bot.MessageID(fmt.Sprintf("test:$%s/%d", name, i)), Thread: bot.MessageID("test:$" + report.AskKey()), Text: text,
	}
	if edit {
		e.Kind, e.Target, e.Message, e.Thread = bot.EventEdit, e.Message, bot.MessageID(e.ID), ""
	}
	before := len(o.took)
	o.say <- []bot.Event{e}
	o.say <- nil // taken as soon as the message is in the inbox
	if err := o.bot.Idle(b.Context()); err != nil {
		b.Fatal(err)
	}
	if len(o.took) != before+1 || o.sent == 0 {
		b.Fatalf("%q of project %s led to %d decisions and %d sends, want one, and some", text, p, len(o.took)-before, o.sent)
	}
	o.sent = 0
}

// desk is a chat that costs next to nothing.
type desk struct {
	say chan []bot.Event

	mu   sync.Mutex
	sent int
}

func (*desk) ID() bot.ChatID { return storagetest.CityChat }

func (*desk) Abilities() bot.Abilities {
	return bot.Abilities{Threads: true, Reactions: true, Edits: true, MaxBytes: 15000}
}

func (d *desk) Run(ctx context.Context, deliver bot.Deliver) error {
	for batch := (bot.Batch{CaughtUp: true}); ; {
		if err := deliver(ctx, batch); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case batch.Events = <-d.say:
		}
	}
}

func (d *desk) Send(_ context.Context, out bot.Outgoing) (bot.MessageID, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sent++
	return bot.MessageID("test:$" + out.Transaction), nil
}

func median[T cmp.Ordered](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
