package main

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"lotse/bot"
	"lotse/bot/teams"
	"lotse/bot/teams/teamstest"
	"lotse/storage"
)

// inBoth is a configuration of a city that works in Matrix and in Teams.
const inBoth = `city: Duisburg
bundesland: NW
matrix: {homeserver: "https://matrix.stadt.example", user: "@lotse:stadt.example"}
teams:
  app_id: 11111111-2222-3333-4444-555555555555
  tenant: 99999999-0000-0000-0000-000000000001
  secret_file: secret
  listen: "127.0.0.1:0"
  teams: ["19:abc@thread.tacv2"]
  reactions: [{name: like, emoji: "✅"}]
  addresses: {metadata: "METADATA", token: "TOKEN"}
people: [{id: maria, name: Maria Beispiel, accounts: ["@maria:stadt.example", "teams:AAAAAAAA-0000-0000-0000-000000000001"]}]
roles: {pmo: [maria], dm: [maria]}
rooms:
  - {room: "teams:19:abc@thread.tacv2", kind: pmo}
  - {room: "teams:19:def@thread.v2", kind: dm}
`

// A person with accounts in both is one person, and rooms of Teams are what they are.
func TestConfigOfTeams(t *testing.T) {
	public := strings.NewReplacer("METADATA", "", "TOKEN", "").Replace(inBoth)
	c := parse(t, public)
	if got, want := c.People()[0].Accounts, []bot.UserID{"matrix:@maria:stadt.example", "teams:aaaaaaaa-0000-0000-0000-000000000001"}; !slices.Equal(got, want) {
		t.Errorf("accounts %q, want %q", got, want)
	}
	if got := c.Rooms()[0].ID; got != "teams:19:abc@thread.tacv2" {
		t.Errorf("the PMO room is %s", got)
	}
	rooms, err := c.resolvedRooms(t.Context(), nil, nil, slog.New(slog.DiscardHandler))
	if err != nil || len(rooms) != 2 {
		t.Errorf("no homeserver needs to be asked for %v: %v", rooms, err)
	}
	open := parse(t, strings.Replace(public, "127.0.0.1:0", "0.0.0.0:3978", 1))
	if got := strings.Join(open.Warnings, "\n"); !strings.Contains(got, "without encryption") {
		t.Errorf("warnings %q", got)
	}
}

// TestCheckOfTeams: what `lotse check` says of Teams.
func TestCheckOfTeams(t *testing.T) {
	city := teamstest.Start(t)
	folder := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	said := func() string {
		t.Helper()
		config, err := loadConfig(filepath.Join(folder, "lotse.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		store, err := storage.Open(t.Context(), config.databasePath(), storage.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		var out strings.Builder
		c := &check{config: config, store: store, out: &out, now: time.Now()}
		c.teams(t.Context(), true)
		return out.String()
	}
	write("lotse.yaml", strings.NewReplacer("METADATA", city.Relay.Metadata(), "TOKEN", city.Relay.Token()).Replace(inBoth))
	if got, want := said(), "!!  teams: read secret: "; !strings.HasPrefix(got, want) {
		t.Errorf("without the secret's file it says:\n%s", got)
	}
	write("secret", "wrong\n")
	if got := said(); !strings.Contains(got, "!!  teams: get a token") || !strings.Contains(got, "invalid_client") || strings.Contains(got, "wrong\n") {
		t.Errorf("with a wrong secret it says:\n%s", got)
	}
	write("secret", teamstest.Secret+"\n")
	const want = `ok  teams: application 11111111-2222-3333-4444-555555555555 got a token of tenant 99999999-0000-0000-0000-000000000001
ok  teams: 1 key of the Bot Connector
ok  teams: let in are activities of tenant 99999999-0000-0000-0000-000000000001, in chats and in the teams 19:abc@thread.tacv2
ok  teams: can be listened to on 127.0.0.1:0; no bot runs there now
ok  note: teams.address is not given, so whether Teams can reach the bot was not tried
!!  DM room 19:def@thread.v2: the bot has not heard of it yet, or was taken out → add the app to the team or chat, and write to it there
!!  PMO room 19:abc@thread.tacv2: the bot has not heard of it yet, or was taken out → add the app to the team or chat, and write to it there
`
	if got := said(); got != want {
		t.Errorf("it says:\n%swant:\n%s", got, want)
	}
}

// TestCheckOfTeamsDoor: what `lotse check` says of the way to the bot.
func TestCheckOfTeamsDoor(t *testing.T) {
	config := parse(t, strings.NewReplacer("METADATA", "", "TOKEN", "").Replace(inBoth))
	config.Teams.SecretFile, config.Teams.SecretEnv = "", "LOTSE_TEST_SECRET"
	t.Setenv("LOTSE_TEST_SECRET", "x")
	log := slog.New(slog.DiscardHandler)
	running, err := config.teamsChat(forgetful{}, nil, log, time.Now, false)
	if err != nil {
		t.Fatal(err)
	}
	said := func(change func(*Config)) string {
		t.Helper()
		copied := *config
		change(&copied)
		var out strings.Builder
		c := &check{config: &copied, out: &out, now: time.Now(), client: http.DefaultClient}
		c.teamsDoor(t.Context())
		return out.String()
	}
	for what, tt := range map[string]struct {
		answers http.HandlerFunc
		want    string
	}{
		"the bot":       {running.ServeHTTP, "ok  teams: ADDRESS/api/messages leads to the bot, which lets nobody in without a token"},
		"its proxy":     {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, "!!  teams: ADDRESS/api/messages answers 502: the reverse proxy does not find the bot → start the bot"},
		"a web server":  {http.NotFound, "!!  teams: something else than the bot answers 404 at ADDRESS/api/messages → let the reverse proxy hand /api/messages to 127.0.0.1:0"},
		"a login":       {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }, "!!  teams: something else than the bot answers 401"},
		"another place": {http.RedirectHandler("https://elsewhere.example", http.StatusPermanentRedirect).ServeHTTP, "!!  teams: ADDRESS/api/messages leads elsewhere (308)"},
	} {
		server := httptest.NewServer(tt.answers)
		got := said(func(c *Config) { c.Teams.Address = server.URL + "/" })
		if !strings.Contains(got, strings.ReplaceAll(tt.want, "ADDRESS", server.URL)) {
			t.Errorf("%s answers, and it says:\n%s", what, got)
		}
		// Who listens where the bot is to listen: itself, or something else.
		got = said(func(c *Config) { c.Teams.Listen = strings.TrimPrefix(server.URL, "http://") })
		if itself := strings.Contains(got, "listened to on 127.0.0.1:") && strings.Contains(got, "by the bot that runs"); itself != (what == "the bot") || !itself && !strings.Contains(got, "→ end what listens there") {
			t.Errorf("%s listens, and it says:\n%s", what, got)
		}
		server.Close()
		if got := said(func(c *Config) { c.Teams.Address = server.URL }); !strings.Contains(got, "!!  teams: "+server.URL+"/api/messages cannot be reached from here: ") {
			t.Errorf("nobody answers, and it says:\n%s", got)
		}
	}
	got := said(func(c *Config) { c.Teams.Teams, c.Teams.Tenants = nil, []string{"a", "b"} })
	if want := "ok  teams: let in are activities of tenant a, b, in chats and in all teams\n"; !strings.HasPrefix(got, want) {
		t.Errorf("it says:\n%s", got)
	}
	if got := said(func(c *Config) { c.Teams.Listen = "203.0.113.1:1" }); !strings.Contains(got, "→ name an address of this machine under teams.listen") {
		t.Errorf("of an address that is not ours it says:\n%s", got)
	}
}

// TestCheckOfTeamsPackage: an app package is for the application of the configuration, and what it says now.
func TestCheckOfTeamsPackage(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "lotse.yaml")
	config, err := parseConfig(path, []byte(strings.NewReplacer("METADATA", "", "TOKEN", "").Replace(inBoth)))
	if err != nil {
		t.Fatal(err)
	}
	config.Teams.App.Website = "https://www.stadt.example"
	said := func(file string) string {
		t.Helper()
		var out strings.Builder
		c := &check{config: config, out: &out, teamsFile: file}
		c.teamsPackage()
		return out.String()
	}
	want := func(file, want string) {
		t.Helper()
		if got := said(file); (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("it says %q, want %q", got, want)
		}
	}
	usual := filepath.Join(folder, "lotse-teams.zip")
	want("", "")
	want(usual, "!!  teams: open ")
	if err := config.writeTeamsPackage(io.Discard, usual, "1.3.0", false); err != nil {
		t.Fatal(err)
	}
	want("", "ok  teams: the package "+usual+", version 1.3.0, is what the configuration says\n")
	config.Name = "Lotsin"
	want(usual, "!!  teams: the package "+usual+", version 1.3.0, is not what the configuration says now → write it anew (lotse teams package --force)")
	config.Teams.App.Website = "" // it was made elsewhere
	want(usual, "ok  teams: the package "+usual+", version 1.3.0, is for the application of the configuration\n")
	config.Teams.AppID = "22222222-2222-3333-4444-555555555555"
	want(usual, "!!  teams: the package "+usual+" is for application 11111111-2222-3333-4444-555555555555, the configuration for 22222222-2222-3333-4444-555555555555 → ")
	if err := os.WriteFile(usual, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	want("", "is no app package: it is no zip")
}

// TestCheckOfTeamsTurnedAway: what a running bot has not let in is asked of its metrics.
func TestCheckOfTeamsTurnedAway(t *testing.T) {
	city := teamstest.Start(t)
	config := parse(t, strings.NewReplacer("METADATA", city.Relay.Metadata(), "TOKEN", city.Relay.Token()).Replace(inBoth))
	config.Teams.SecretFile, config.Teams.SecretEnv = "", "LOTSE_TEST_SECRET"
	t.Setenv("LOTSE_TEST_SECRET", teamstest.Secret)
	store, err := storage.Open(t.Context(), filepath.Join(t.TempDir(), "lotse.db"), storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	chat, err := config.teamsChat(store, nil, slog.New(slog.DiscardHandler), time.Now, false)
	if err != nil {
		t.Fatal(err)
	}
	office := httptest.NewServer(chat)
	defer office.Close()
	city.Relay.Deliver(office.URL + teams.Path)
	send := func(team string) {
		t.Helper()
		n := city.Relay.Delivered()
		city.Activity(t, teamstest.Maria, teamstest.Channel, map[string]any{"type": "message", "text": "x", "channelData": map[string]any{
			"tenant": map[string]string{"id": teamstest.Tenant}, "team": map[string]string{"id": team},
		}})
		if d := city.Relay.AwaitDelivery(t, "message", n); d.Status == http.StatusOK {
			t.Errorf("let in: %+v", d)
		}
	}
	send("19:another@thread.tacv2")
	send("19:another@thread.tacv2")
	send("19:abc@thread.tacv2") // listed; but the bot does not run
	meter := newMeter(store)
	meter.registry.MustRegister(teamsCollector{chat})
	metrics := httptest.NewServer(promhttp.HandlerFor(meter.registry, promhttp.HandlerOpts{}))
	var out strings.Builder
	c := &check{config: config, out: &out}
	config.Metrics.Listen = strings.TrimPrefix(metrics.URL, "http://")
	c.teamsTurnedAway(t.Context())
	const want = `ok  teams: since the bot started, 1 requests were not let in: not available
!!  teams: since the bot started, 2 requests were not let in: the team is not on the list → if it is one of the city's, add it to teams.tenants or teams.teams; the log names it
`
	if out.String() != want {
		t.Errorf("it says:\n%s\nwant:\n%s", out.String(), want)
	}
	metrics.Close()
	out.Reset()
	if c.teamsTurnedAway(t.Context()); out.Len() > 0 {
		t.Errorf("while the bot does not run it says: %s", out.String())
	}
}

func TestTokenAdvice(t *testing.T) {
	for said, want := range map[string]string{
		"unauthorized_client: AADSTS700016: Application with identifier 'x' was not found in the directory": "the tenant has no such application",
		"invalid_client: AADSTS7000215: Invalid client secret provided.":                                    "the secret's value, not its id",
		"invalid_client: AADSTS7000222: The provided client secret keys are expired.":                       "the secret has expired",
		"invalid_request: AADSTS90002: Tenant 'x' not found.":                                               "there is no such tenant",
		"connection refused": "and the proxy",
	} {
		if got := tokenAdvice(said); !strings.Contains(got, want) {
			t.Errorf("%s: %s", said, got)
		}
	}
}

// The address is taken, or the certificate is none: the bot does not start.
func TestOpenTeams(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "secret"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := parseConfig(filepath.Join(folder, "lotse.yaml"), []byte(strings.NewReplacer("METADATA", "", "TOKEN", "").Replace(inBoth)))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	chat, err := config.openTeams(t.Context(), forgetful{}, log, time.Now, false)
	if err != nil || chat.ID() != teams.ID {
		t.Fatal(err)
	}
	config.Teams.TLSCertificateFile, config.Teams.TLSKeyFile = "secret", "secret"
	if _, err := config.openTeams(t.Context(), forgetful{}, log, time.Now, false); err == nil || !strings.Contains(err.Error(), "teams.tls_certificate_file") {
		t.Errorf("with a certificate that is none: %v", err)
	}
	config.Teams.TLSCertificateFile, config.Teams.Listen = "", "203.0.113.1:1"
	if _, err := config.openTeams(t.Context(), forgetful{}, log, time.Now, false); err == nil || !strings.Contains(err.Error(), "teams.listen") {
		t.Errorf("at an address that is not ours: %v", err)
	}
}
