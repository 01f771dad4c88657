package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

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
	if got, want := said(), "!!  teams: teams: read secret: "; !strings.HasPrefix(got, want) {
		t.Errorf("without the secret's file it says:\n%s", got)
	}
	write("secret", "wrong\n")
	if got := said(); !strings.Contains(got, "!!  teams: get a token") || !strings.Contains(got, "invalid_client") || strings.Contains(got, "wrong\n") {
		t.Errorf("with a wrong secret it says:\n%s", got)
	}
	write("secret", teamstest.Secret+"\n")
	const want = `ok  teams: application 11111111-2222-3333-4444-555555555555 got a token
ok  teams: 1 key of the Bot Connector
!!  DM room 19:def@thread.v2: the bot has not heard of it yet → add the app to the team or chat, and write to it there
!!  PMO room 19:abc@thread.tacv2: the bot has not heard of it yet → add the app to the team or chat, and write to it there
`
	if got := said(); got != want {
		t.Errorf("it says:\n%swant:\n%s", got, want)
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
