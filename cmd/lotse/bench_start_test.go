package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/bot/matrix"
	"lotse/bot/teams"
	"lotse/bot/teams/teamstest"
	"lotse/storage"
	"lotse/storage/storagetest"
)

// BenchmarkStart measures the time from opening the database to the end of the first sync of an account in 500 rooms: with
// 500 projects and two years of rounds in the database, against an empty one. "first": the bot knows no position on the
// homeserver yet and has to be told of all rooms; "again": it ran before. They take turns.
func BenchmarkStart(b *testing.B) {
	const samples = 9
	s := newSite(b, 500, false)
	folder := b.TempDir()
	template := func(name string) string { return filepath.Join(folder, name+".db") }
	s.fill(b, template("full"))
	opened(b, template("empty"), func(*storage.Store) {})
	for _, name := range []string{"full", "empty"} {
		copyFile(b, template(name), template(name+"-again"))
		s.starts(b, template(name+"-again"))
	}
	took := map[string][]time.Duration{}
	run := func(name string) {
		path := filepath.Join(b.TempDir(), "lotse.db")
		copyFile(b, template(name), path)
		took[name] = append(took[name], s.starts(b, path))
	}
	b.ResetTimer()
	for b.Loop() {
		for i := range samples {
			pairs := []string{"full", "empty", "empty-again", "full-again"}
			for j := range pairs {
				run(pairs[(j+i*2)%len(pairs)])
			}
		}
	}
	b.StopTimer()
	b.ReportMetric(0, "ns/op")
	for name, of := range map[string]string{"full": "first", "full-again": "again"} {
		empty := strings.Replace(name, "full", "empty", 1)
		b.ReportMetric(median(took[name]).Seconds()*1000, "ms/full-"+of)
		b.ReportMetric(median(took[empty]).Seconds()*1000, "ms/empty-"+of)
		b.ReportMetric(median(took[name]).Seconds()/median(took[empty]).Seconds(), "ratio-"+of)
	}
}

// opened does something with a database and closes it.
func opened(b *testing.B, path string, do func(*storage.Store)) {
	b.Helper()
	store, err := storage.Open(b.Context(), path, storage.Options{Either: true})
	if err != nil {
		b.Fatal(err)
	}
	do(store)
	if err := store.Close(); err != nil {
		b.Fatal(err)
	}
}

func copyFile(b *testing.B, from, to string) {
	b.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o600); err != nil {
		b.Fatal(err)
	}
}

// fill makes a database with a project for every room of the site, and two years of rounds.
func (s *site) fill(b *testing.B, path string) {
	b.Helper()
	opened(b, path, func(store *storage.Store) {
		city, err := storagetest.Fill(b.Context(), store, len(s.rooms), twoYears)
		if err != nil {
			b.Fatal(err)
		}
		var c bot.Change
		for i, room := range s.rooms {
			c.Rooms = append(c.Rooms, bot.Room{ID: room, Kind: bot.RoomProject, Project: city.Projects[i], Origin: bot.FromImport, Joined: true})
		}
		epoch, err := store.Acquire(b.Context(), "fill", city.Now, time.Minute)
		if err != nil {
			b.Fatal(err)
		}
		if err := store.Commit(b.Context(), bot.Commit{Epoch: epoch, Now: city.Now, Change: c}); err != nil {
			b.Fatal(err)
		}
		if err := store.Release(b.Context(), epoch); err != nil {
			b.Fatal(err)
		}
	})
}

// starts runs the bot on a database and measures how long it takes until the first sync is in it.
func (s *site) starts(b *testing.B, path string) time.Duration {
	b.Helper()
	settings, err := s.config.Settings()
	if err != nil {
		b.Fatal(err)
	}
	clock := engine.NewSimulated(time.Date(2026, 11, 22, 10, 0, 0, 0, settings.Zone))
	session := s.session(b)
	began := time.Now()
	store, err := storage.Open(b.Context(), path, storage.Options{Rehearsal: true})
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	chat := &caught{Chat: s.chat(b, session, store, clock), up: make(chan struct{})}
	e, err := parts{
		settings: settings, people: s.config.People(), store: store, chats: []engine.Chat{chat}, clock: clock, log: quiet(b),
	}.assemble(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	<-chat.up
	took := time.Since(began)
	if err := e.Idle(ctx); err != nil {
		b.Fatal(err)
	}
	stop()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
	return took
}

// caught tells when its first sync was handed over.
type caught struct {
	*matrix.Chat
	once sync.Once
	up   chan struct{}
}

func (c *caught) Run(ctx context.Context, deliver bot.Deliver) error {
	return c.Chat.Run(ctx, func(ctx context.Context, batch bot.Batch) error {
		err := deliver(ctx, batch)
		if err == nil && batch.CaughtUp {
			c.once.Do(func() { close(c.up) })
		}
		return err
	})
}

// BenchmarkMemory runs `lotse run` as a process of its own, on a database with 500 projects and two years of rounds and an
// account in 500 rooms, and reports what it holds in memory after a garbage collection. "both": the same in Teams besides,
// where it is in 100 channels, in each of which five people have just written.
func BenchmarkMemory(b *testing.B) {
	b.Run("matrix", func(b *testing.B) { benchmarkMemory(b, false) })
	b.Run("both", func(b *testing.B) { benchmarkMemory(b, true) })
}

func benchmarkMemory(b *testing.B, both bool) {
	s := newSite(b, 500, false)
	folder := b.TempDir()
	db := filepath.Join(folder, "lotse.db")
	s.fill(b, db)
	session, err := json.Marshal(matrix.Session{UserID: s.lotse.ID, DeviceID: s.lotse.DeviceID, AccessToken: s.lotse.Token})
	if err != nil {
		b.Fatal(err)
	}
	opened(b, db, func(store *storage.Store) {
		if err := store.Remember(b.Context(), sessionName, string(session)); err != nil {
			b.Fatal(err)
		}
	})
	config := filepath.Join(folder, "lotse.yaml")
	do, yaml := func() {}, s.yaml
	if both {
		yaml, do = s.inTeams(b, folder, db, 100)
	}
	if err := os.WriteFile(config, yaml, 0o600); err != nil {
		b.Fatal(err)
	}
	var resident []float64
	for b.Loop() {
		resident = append(resident, weigh(b, config, db, s.lotse.ID, do))
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(resident), "MB-resident")
}

// inTeams has the bot be in so many channels of Teams besides. It returns its configuration, and what has five people
// write in each of them.
func (s *site) inTeams(b *testing.B, folder, db string, channels int) (yaml []byte, write func()) {
	b.Helper()
	authority := teamstest.NewAuthority(b)
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	address := port.Addr().String()
	port.Close()
	if err := os.WriteFile(filepath.Join(folder, "secret"), []byte(teamstest.Secret), 0o600); err != nil {
		b.Fatal(err)
	}
	channel := func(i int) string { return fmt.Sprintf("19:meeting-%d@thread.v2", i) }
	opened(b, db, func(store *storage.Store) {
		var c bot.Change
		for i := range channels {
			c.Rooms = append(c.Rooms, bot.Room{ID: bot.RoomID("teams:" + channel(i)), Kind: bot.RoomProject, Project: bot.ProjectID("beispiel"), Joined: true})
		}
		epoch, err := store.Acquire(b.Context(), "fill", time.Now(), time.Minute)
		if err == nil {
			err = store.Commit(b.Context(), bot.Commit{Epoch: epoch, Now: time.Now(), Change: c})
		}
		if err == nil {
			err = store.Release(b.Context(), epoch)
		}
		if err != nil {
			b.Fatal(err)
		}
	})
	yaml = fmt.Appendf(slices.Clone(s.yaml), `teams:
  app_id: %s
  tenant: %s
  secret_file: secret
  listen: %q
  addresses: {metadata: %q, token: %q}
`, teamstest.AppID, teamstest.Tenant, address, authority.Metadata(), authority.Token())
	to := newReception("http://"+address+teams.Path, authority)
	return yaml, func() {
		for range 5 {
			for i := range channels {
				if err := to.send(b.Context(), i); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
}

// weigh runs the bot until it has read all that is new, and what is done then besides, and returns how many megabytes it
// holds.
func weigh(b *testing.B, config, db, user string, do func()) float64 {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), "lotse-weighed", "run", "--config", config)
	cmd.Stderr = b.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			b.Errorf("lotse run: %v", err)
		}
	}()
	rest(b, db, user)
	do()
	rest(b, db, user)
	if err := cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		b.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	go io.Copy(io.Discard, out)
	var kb float64
	if _, err := fmt.Sscanf(line, "VmRSS: %f kB", &kb); err != nil {
		b.Fatalf("it weighs %q: %v", line, err)
	}
	return kb / 1000
}

// rest waits until the bot has read and decided all that is new.
func rest(b *testing.B, db, user string) {
	b.Helper()
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		store, err := storage.Open(b.Context(), db, storage.Options{ReadOnly: true})
		if err != nil {
			b.Fatal(err)
		}
		since, err := store.Recall(b.Context(), "matrix/"+user+"/since")
		if err != nil {
			b.Fatal(err)
		}
		backlog, err := store.Backlog(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if err := store.Close(); err != nil {
			b.Fatal(err)
		}
		if since != "" && backlog.Received.IsZero() {
			break
		}
		if time.Since(began) > 2*time.Minute {
			b.Fatal("the bot does not come to rest")
		}
	}
}

// weighed is the program, and prints what it holds in memory after a garbage collection when it is asked by a signal.
func weighed() {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	go func() {
		for range asked {
			runtime.GC()
			debug.FreeOSMemory()
			status, err := os.ReadFile("/proc/self/status")
			if err != nil {
				fmt.Println(err)
			}
			for line := range strings.Lines(string(status)) {
				if strings.HasPrefix(line, "VmRSS:") {
					fmt.Print(line)
				}
			}
		}
	}()
	main()
}
