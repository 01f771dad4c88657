package main

import (
	"bytes"
	"context"
	"crypto/rsa"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/bot/teams"
	"lotse/bot/teams/teamstest"
	"lotse/storage"
)

// BenchmarkAccept measures how many activities of Teams a second the bot accepts, from the request to the 200, which comes
// once the activity is committed to the inbox, against the least that anybody could do: a bare handler of net/http that
// validates the token with golang-jwt and a key at hand, and makes one insert into SQLite, by the same driver, as durably.
// 1, 8 and 32 senders send at once, each on a connection of its own that it keeps. The two take turns.
//
// Taken in, activities are decided; "busy" is the same with the bot deciding meanwhile.
func BenchmarkAccept(b *testing.B) {
	for _, senders := range []int{1, 8, 32} {
		b.Run(fmt.Sprintf("senders-%d", senders), func(b *testing.B) { benchmarkAccept(b, senders, false) })
	}
	b.Run("senders-8-busy", func(b *testing.B) { benchmarkAccept(b, 8, true) })
}

func benchmarkAccept(b *testing.B, senders int, busy bool) {
	const samples, each = 5, 320
	authority := teamstest.NewAuthority(b)
	bare, lotse := newBareDoor(b, authority), newTeamsDoor(b, authority, busy)
	for _, to := range []*reception{bare, lotse} {
		to.takes(b, senders, each)
	}
	var bot, peer []float64
	b.ResetTimer()
	for b.Loop() {
		for i := range samples {
			if i%2 == 0 {
				bot = append(bot, lotse.takes(b, senders, each))
				peer = append(peer, bare.takes(b, senders, each))
			} else {
				peer = append(peer, bare.takes(b, senders, each))
				bot = append(bot, lotse.takes(b, senders, each))
			}
		}
	}
	b.StopTimer()
	for _, to := range []*reception{bare, lotse} {
		if got := to.count(); got != to.sent.Load() {
			b.Errorf("%d activities were acknowledged, %d are kept", to.sent.Load(), got)
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(bot), "1/s-lotse")
	b.ReportMetric(median(peer), "1/s-bare")
	b.ReportMetric(median(bot)/median(peer), "ratio")
}

// reception is where activities are sent to.
type reception struct {
	address string
	token   string
	client  *http.Client
	sent    atomic.Int64
	count   func() int64 // of those that are kept
	settle  func()       // waits until nothing is left to do
}

const benchService = "https://smba.example.org/emea/"

// takes sends n activities, some at once, and returns how many a second were accepted.
func (r *reception) takes(b *testing.B, senders, n int) float64 {
	b.Helper()
	left := make(chan int, n)
	for i := range n {
		left <- i
	}
	close(left)
	var all sync.WaitGroup
	began := time.Now()
	for sender := range senders {
		all.Go(func() {
			for range left {
				if err := r.send(b.Context(), sender); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	r.settle()
	return float64(n) / took.Seconds()
}

// send is one message in a group chat.
func (r *reception) send(ctx context.Context, sender int) error {
	body := fmt.Appendf(nil, `{"type":"message","id":"17%011d","timestamp":"2026-11-18T08:00:00Z","localTimestamp":"2026-11-18T09:00:00+01:00",
"channelId":"msteams","serviceUrl":%q,"from":{"id":"29:1maria-%d","aadObjectId":"aaaaaaaa-0000-0000-0000-%012d","name":"Maria Beispiel"},
"recipient":{"id":"28:%s","name":"Lotse"},"conversation":{"id":"19:meeting-%d@thread.v2","conversationType":"groupChat","isGroup":true,"tenantId":%q},
"channelData":{"tenant":{"id":%q}},"entities":[{"locale":"de-DE","country":"DE","platform":"Web","timezone":"Europe/Berlin","type":"clientInfo"}],
"text":"Der Testbetrieb beginnt am Montag, die Schulungen folgen in der Woche darauf.","textFormat":"plain","locale":"de-DE"}`,
		r.sent.Add(1), benchService, sender, sender, teamstest.AppID, sender, teamstest.Tenant, teamstest.Tenant)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("Authorization", "Bearer "+r.token)
	resp, err := r.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if answer, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Errorf("an activity got %s %s %w", resp.Status, answer, err)
	}
	return nil
}

func newReception(address string, authority *teamstest.Authority) *reception {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	return &reception{address: address, token: authority.Sign(benchService), client: &http.Client{Transport: transport}, settle: func() {}}
}

// newBareDoor is the least that anybody could do.
func newBareDoor(b *testing.B, authority *teamstest.Authority) *reception {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "bare.db")+
		"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=secure_delete(1)")
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1) // those that wait do so in order, and need not poll
	if _, err := db.ExecContext(b.Context(), `CREATE TABLE inbox (id TEXT PRIMARY KEY, body TEXT NOT NULL)`); err != nil {
		b.Fatal(err)
	}
	insert, err := db.PrepareContext(b.Context(), `INSERT INTO inbox (id, body) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING`)
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(bareDoor(authority.Key(), insert))
	b.Cleanup(func() {
		server.Close()
		if err := errors.Join(insert.Close(), db.Close()); err != nil {
			b.Error(err)
		}
	})
	r := newReception(server.URL+teams.Path, authority)
	r.count = func() (n int64) {
		if err := db.QueryRowContext(b.Context(), `SELECT COUNT(*) FROM inbox`).Scan(&n); err != nil {
			b.Fatal(err)
		}
		return n
	}
	return r
}

func bareDoor(key *rsa.PublicKey, insert *sql.Stmt) http.HandlerFunc {
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithIssuer(teamstest.Issuer), jwt.WithAudience(teamstest.AppID),
		jwt.WithExpirationRequired(), jwt.WithLeeway(5*time.Minute))
	return func(w http.ResponseWriter, r *http.Request) {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if _, err := parser.Parse(token, func(*jwt.Token) (any, error) { return key, nil }); err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		body, err := io.ReadAll(r.Body)
		var a struct {
			ID string `json:"id"`
		}
		if err == nil {
			err = json.Unmarshal(body, &a)
		}
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if _, err := insert.ExecContext(r.Context(), a.ID, string(body)); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}
}

// newTeamsDoor is the bot, which decides meanwhile what comes in, or does not.
func newTeamsDoor(b *testing.B, authority *teamstest.Authority, busy bool) *reception {
	b.Helper()
	c, err := parseConfig("lotse.yaml", []byte(least))
	if err != nil {
		b.Fatal(err)
	}
	settings, err := c.Settings()
	if err != nil {
		b.Fatal(err)
	}
	store, err := storage.Open(b.Context(), filepath.Join(b.TempDir(), "lotse.db"), storage.Options{Rehearsal: true})
	if err != nil {
		b.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(b.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	clock := engine.NewSimulated(time.Date(2026, 11, 22, 10, 0, 0, 0, settings.Zone))
	chat, err := teams.New(teams.Config{
		AppID: teamstest.AppID, Tenant: teamstest.Tenant, Credential: teams.Credential{Secret: teamstest.Secret}, Memory: store,
		Metadata: authority.Metadata(), Token: authority.Token(), Log: log, Listener: listener, Now: clock.Now, Rehearsal: true,
	})
	if err != nil {
		b.Fatal(err)
	}
	idle := &idleStore{Store: store, next: !busy}
	e, err := parts{
		settings: settings, people: c.People(), store: store, chats: []engine.Chat{gladly{chat}}, clock: clock, log: log,
		observe: func(engine.Store) engine.Store { return idle },
	}.assemble(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(b.Context()))
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	b.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, store.Close()); err != nil {
			b.Error(err)
		}
	})
	if err := e.Idle(ctx); err != nil {
		b.Fatal(err)
	}
	r := newReception("http://"+listener.Addr().String()+teams.Path, authority)
	r.settle = func() {
		if err := e.Idle(ctx); err != nil {
			b.Error(err)
		}
	}
	r.count = func() (n int64) {
		if err := store.DB().RawDB.QueryRowContext(ctx, `SELECT COUNT(*) FROM inbox WHERE event LIKE 'teams:19:%'`).Scan(&n); err != nil {
			b.Fatal(err)
		}
		return n
	}
	return r
}

// idleStore is a store in which nothing is found to decide, if that is wanted.
type idleStore struct {
	*storage.Store
	next bool
}

func (s *idleStore) Next(ctx context.Context, now time.Time) (*bot.Received, error) {
	if s.next {
		return nil, nil
	}
	return s.Store.Next(ctx, now)
}

// gladly is a chat in which sending costs nothing.
type gladly struct{ *teams.Chat }

func (gladly) Send(_ context.Context, out bot.Outgoing) (bot.MessageID, error) {
	return bot.MessageID("teams:19:sent@thread.v2/" + out.Transaction), nil
}
