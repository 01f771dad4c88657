package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/bot/matrix"
	"lotse/bot/teams"
)

// TeamsConfig is the bot's application in Microsoft Teams, beside Matrix or alone.
type TeamsConfig struct {
	AppID  string `yaml:"app_id"` // "": no Teams
	Tenant string `yaml:"tenant"`
	// One of these proves that the bot is the application.
	SecretFile      string `yaml:"secret_file"`
	SecretEnv       string `yaml:"secret_env"`
	CertificateFile string `yaml:"certificate_file"` // PEM, with its key

	Address            string `yaml:"address"` // as Teams reaches the bot, "https://lotse.stadt.example"; "": not said
	Listen             string `yaml:"listen"`
	TLSCertificateFile string `yaml:"tls_certificate_file"`
	TLSKeyFile         string `yaml:"tls_key_file"`

	Tenants   []string             `yaml:"tenants"`
	Teams     []string             `yaml:"teams"`
	Reactions []TeamsReaction      `yaml:"reactions"`
	App       TeamsAppConfig       `yaml:"app"`
	Addresses TeamsAddressesConfig `yaml:"addresses"`
}

// TeamsReaction says what a reaction of Teams means.
type TeamsReaction struct {
	Name  string `yaml:"name"`
	Emoji string `yaml:"emoji"`
}

// TeamsAddressesConfig is where national clouds have what the bot needs; "": the public cloud.
type TeamsAddressesConfig struct {
	Metadata string `yaml:"metadata"`
	Issuer   string `yaml:"issuer"`
	Token    string `yaml:"token"`
	Scope    string `yaml:"scope"`
	Service  string `yaml:"service"`
}

// chats are those in which the bot is.
func (c *Config) chats() (chats []bot.ChatID) {
	if c.Matrix.on() {
		chats = append(chats, matrix.ID)
	}
	if c.Teams.on() {
		chats = append(chats, teams.ID)
	}
	return chats
}

func (t TeamsConfig) on() bool { return t.AppID != "" }

// ofTeams reports whether an account or a room is of Teams: "teams:…".
func ofTeams(id string) bool { return strings.HasPrefix(id, string(teams.ID)+":") }

var (
	isGUID        = regexp.MustCompile(`^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)
	isTeamsThread = regexp.MustCompile(`^19:[^\s/;]+@thread\.(?:tacv2|v2|skype)$`)
)

func teamsUserFault(account string) string {
	if isGUID.MatchString(strings.TrimPrefix(account, string(teams.ID)+":")) {
		return ""
	}
	return fmt.Sprintf(`%q is not an account in Teams: want the person's object id in Entra, like "teams:aaaaaaaa-0000-0000-0000-000000000001"`, account)
}

func teamsRoomFault(room string) string {
	if isTeamsThread.MatchString(strings.TrimPrefix(room, string(teams.ID)+":")) {
		return ""
	}
	return fmt.Sprintf(`%q is not a conversation in Teams: want what stands in a link to the channel, like "teams:19:abc@thread.tacv2"; instead of naming it here one can write "!raum …" in it`, room)
}

// wantChat is a fault if something is of a chat in which the bot is not.
func (c *checker) wantChat(path, id string) {
	switch {
	case ofTeams(id) && !c.Teams.on():
		c.fail(path, "%s is in Teams, and there is no teams.app_id", id)
	case !ofTeams(id) && c.Teams.on() && !c.has("matrix"):
		c.fail(path, `%s is on Matrix, and there is no matrix.homeserver; what is in Teams begins with "teams:"`, id)
	}
}

func (c *checker) teams() {
	t := c.Teams
	if !t.on() {
		if c.has("teams") {
			c.fail("teams.app_id", "is missing; want the application's id, like app_id: 11111111-2222-3333-4444-555555555555")
		}
		return
	}
	if !isGUID.MatchString(t.AppID) {
		c.fail("teams.app_id", "%q is not an application's id: want one like 11111111-2222-3333-4444-555555555555", t.AppID)
	}
	if c.need("teams.tenant", t.Tenant, "tenant: 99999999-0000-0000-0000-000000000001") && !isGUID.MatchString(t.Tenant) {
		c.fail("teams.tenant", "%q is not a tenant's id: want one like 99999999-0000-0000-0000-000000000001", t.Tenant)
	}
	c.secret("teams.secret", t.SecretFile, t.SecretEnv)
	switch secret := t.SecretFile+t.SecretEnv != ""; {
	case secret && t.CertificateFile != "":
		c.fail("teams.certificate_file", "there is a secret too; want one of both")
	case !secret && t.CertificateFile == "":
		c.fail("teams.secret_file", "is missing; want a file with the application's secret, or certificate_file with a certificate and its key")
	}
	if c.need("teams.listen", t.Listen, `listen: "127.0.0.1:3978"`) {
		if _, _, err := net.SplitHostPort(t.Listen); err != nil {
			c.fail("teams.listen", `%q is not an address to listen on: want one like "127.0.0.1:3978"`, t.Listen)
		} else if t.TLSCertificateFile == "" && !loopback(t.Listen) {
			c.warn("teams.listen: %s can be reached from other machines without encryption; let a reverse proxy on this machine stand before it, or give tls_certificate_file", t.Listen)
		}
	}
	if (t.TLSCertificateFile == "") != (t.TLSKeyFile == "") {
		c.fail("teams.tls_key_file", "tls_certificate_file and tls_key_file belong together")
	}
	for i, tenant := range t.Tenants {
		if !isGUID.MatchString(tenant) {
			c.fail(fmt.Sprintf("teams.tenants[%d]", i), "%q is not a tenant's id: want one like 99999999-0000-0000-0000-000000000001", tenant)
		}
	}
	for i, team := range t.Teams {
		if !isTeamsThread.MatchString(team) {
			c.fail(fmt.Sprintf("teams.teams[%d]", i), `%q is not a team's id: want what stands in a link to the team, like "19:abc@thread.tacv2"`, team)
		}
	}
	for i, r := range t.Reactions {
		path := fmt.Sprintf("teams.reactions[%d]", i)
		c.need(path+".name", r.Name, "name: like")
		c.need(path+".emoji", r.Emoji, `emoji: "✅"`)
	}
	for key, address := range map[string]string{"address": t.Address, "app.website": t.App.Website, "app.privacy": t.App.Privacy, "app.terms": t.App.Terms} {
		if u, err := url.Parse(address); address != "" && (err != nil || u.Scheme != "https" && !loopbackURL(address) || u.Host == "") {
			c.fail("teams."+key, "%q is no address on the web: want one that begins with https://", address)
		} else if key == "address" && err == nil && strings.Trim(u.Path, "/") != "" {
			c.fail("teams.address", "%q has a path; want the address without it, the bot answers at %s", address, teams.Path)
		}
	}
	for key, address := range map[string]string{"metadata": t.Addresses.Metadata, "token": t.Addresses.Token, "service": t.Addresses.Service} {
		if address != "" && !strings.HasPrefix(address, "https://") && !loopbackURL(address) {
			c.fail("teams.addresses."+key, "%q must begin with https://", address)
		}
	}
}

// loopbackURL reports whether an address is one of this machine, as tests have them.
func loopbackURL(address string) bool {
	rest, ok := strings.CutPrefix(address, "http://")
	host, _, _ := strings.Cut(rest, "/")
	return ok && loopback(host)
}

// teamsCredential reads the secret or the certificate.
func (c *Config) teamsCredential() (teams.Credential, error) {
	if c.Teams.CertificateFile == "" {
		secret, err := c.secret(c.Teams.SecretFile, c.Teams.SecretEnv)
		return teams.Credential{Secret: secret}, err
	}
	data, err := os.ReadFile(c.path(c.Teams.CertificateFile))
	if err != nil {
		return teams.Credential{}, fmt.Errorf("read certificate: %w", err)
	}
	certificate, err := teams.ReadCertificate(data)
	return teams.Credential{Certificate: certificate}, err
}

// teamsChat is the bot in Teams; it listens on listener (nil: nowhere).
func (c *Config) teamsChat(memory engine.Memory, listener net.Listener, log *slog.Logger, now func() time.Time, rehearsal bool) (*teams.Chat, error) {
	t := c.Teams
	credential, err := c.teamsCredential()
	if err != nil {
		return nil, fmt.Errorf("teams: %w", err)
	}
	client, err := c.client()
	if err != nil {
		return nil, err
	}
	reactions := map[string]string{}
	for _, r := range t.Reactions {
		reactions[r.Name] = r.Emoji
	}
	return teams.New(teams.Config{
		AppID: t.AppID, Tenant: t.Tenant, Credential: credential, Tenants: t.Tenants, Teams: t.Teams,
		Metadata: t.Addresses.Metadata, Issuer: t.Addresses.Issuer, Token: t.Addresses.Token, Scope: t.Addresses.Scope, ServiceURL: t.Addresses.Service,
		HTTPClient: client, Memory: memory, Log: log, Reactions: reactions, Now: now, Rehearsal: rehearsal, Listener: listener,
	})
}

// openTeams is teamsChat, listening where the configuration says. The chat closes the listener when it ends.
func (c *Config) openTeams(ctx context.Context, memory engine.Memory, log *slog.Logger, now func() time.Time, rehearsal bool) (*teams.Chat, error) {
	var secure *tls.Config
	if c.Teams.TLSCertificateFile != "" {
		pair, err := tls.LoadX509KeyPair(c.path(c.Teams.TLSCertificateFile), c.path(c.Teams.TLSKeyFile))
		if err != nil {
			return nil, fmt.Errorf("teams.tls_certificate_file: %w", err)
		}
		secure = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Teams.Listen)
	if err != nil {
		return nil, fmt.Errorf("teams.listen: %w", err)
	}
	if secure != nil {
		listener = tls.NewListener(listener, secure)
	}
	chat, err := c.teamsChat(memory, listener, log, now, rehearsal)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	log.InfoContext(ctx, "Teams is listened to", "address", listener.Addr().String(), "path", teams.Path, "tls", secure != nil)
	return chat, nil
}

// forgetful is a memory while there is no database.
type forgetful struct{}

func (forgetful) Recall(context.Context, string) (string, error) { return "", nil }
func (forgetful) Remember(context.Context, string, string) error { return nil }
