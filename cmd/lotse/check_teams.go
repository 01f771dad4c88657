package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"regexp"
	"strings"
	"syscall"
	"time"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/bot/teams"
	"lotse/bot/teams/teamsapp"
)

// teams checks what the bot needs in Teams.
func (c *check) teams(ctx context.Context, books bool) {
	t := c.config.Teams
	if !t.on() {
		return
	}
	var memory engine.Memory = forgetful{}
	if books {
		memory = c.store
	}
	chat, err := c.config.teamsChat(memory, nil, nil, nil, false)
	if err != nil {
		c.do("mend teams in the configuration", "%s", err)
		return
	}
	c.teamsToken(ctx, chat)
	switch n, err := chat.CheckKeys(ctx); {
	case err != nil:
		c.do("check teams.addresses.metadata and the proxy", "teams: the keys of the Bot Connector: %s", err)
	case n == 0:
		c.do("check teams.addresses.metadata", "teams: none of the Bot Connector's keys is for Teams")
	default:
		c.ok("teams: %s of the Bot Connector", count(n, "key", "keys"))
	}
	c.teamsDoor(ctx)
	c.teamsTurnedAway(ctx)
	c.teamsPackage()
	if books {
		c.teamsRooms(ctx, chat)
	}
}

// teamsToken checks that the bot can prove who it is.
func (c *check) teamsToken(ctx context.Context, chat *teams.Chat) {
	t := c.config.Teams
	switch pass, err := chat.CheckToken(ctx); {
	case err != nil:
		c.do(tokenAdvice(err.Error()), "teams: %s", err)
	case pass.Tenant != "" && !strings.EqualFold(pass.Tenant, t.Tenant):
		c.do("check teams.tenant and teams.addresses.token", "teams: the token is of tenant %s, not of %s", pass.Tenant, t.Tenant)
	default:
		c.ok("teams: application %s got a token of tenant %s", t.AppID, t.Tenant)
	}
	credential, err := c.config.teamsCredential()
	if err != nil {
		return // said already
	}
	const soon = 30 * 24 * time.Hour
	if end := credential.Expires(); !end.IsZero() && end.Sub(c.now) < soon {
		c.do("make a new one, and give it to the application in Entra", "teams: the certificate ends on %s", end.In(c.config.Zone.Location).Format("2006-01-02"))
	}
}

// tokenAdvice is what to do about a token that Entra does not give, by the code that it names.
// https://learn.microsoft.com/entra/identity-platform/reference-error-codes
func tokenAdvice(said string) string {
	for _, known := range []struct{ code, advice string }{
		{"AADSTS90002", "check teams.tenant: there is no such tenant (Entra, overview: Tenant ID)"},
		{"AADSTS700016", "check teams.app_id and teams.tenant: the tenant has no such application (App registrations, overview: Application (client) ID)"},
		{"AADSTS7000215", "put the secret's value, not its id, into the secret's file; Entra shows it only once, when it is made"},
		{"AADSTS7000222", "the secret has expired: make a new one (App registrations, Certificates & secrets)"},
		{"AADSTS700027", "give the application the certificate of teams.certificate_file (App registrations, Certificates & secrets)"},
		{"AADSTS7000112", "the application is disabled: enable it (Enterprise applications, properties)"},
		{"AADSTS7000229", "the tenant has no enterprise application for it: make one (az ad sp create --id with the application's id)"},
		{"AADSTS53003", "a policy of Conditional Access keeps the application out: let it in from where the bot runs"},
	} {
		if strings.Contains(said, known.code+":") {
			return known.advice
		}
	}
	return "check teams.app_id, teams.tenant and the secret or certificate (it may have expired), and the proxy"
}

// teamsDoor checks that requests reach the bot, and says whom it lets in.
func (c *check) teamsDoor(ctx context.Context) {
	t := c.config.Teams
	where := "all teams"
	if len(t.Teams) > 0 {
		where = "the teams " + some(t.Teams)
	}
	tenants := t.Tenants
	if len(tenants) == 0 {
		tenants = []string{t.Tenant}
	}
	c.ok("teams: let in are activities of tenant %s, in chats and in %s", some(tenants), where)

	switch listener, err := listenAt(ctx, "teams.listen", t.Listen); {
	case err == nil:
		if err := listener.Close(); err != nil {
			c.do("try again", "teams: %s", err)
		}
		c.ok("teams: can be listened to on %s; no bot runs there now", t.Listen)
	case !errors.Is(err, syscall.EADDRINUSE):
		c.do("name an address of this machine under teams.listen", "teams: %s", err)
	case t.TLSCertificateFile != "":
		c.ok("teams: something listens on %s, by TLS: the bot, if it runs", t.Listen)
	case teamsAnswer(ctx, http.DefaultTransport, "http://"+t.Listen+teams.Path).is:
		c.ok("teams: listened to on %s by the bot that runs", t.Listen)
	default:
		c.do("end what listens there, or name another address under teams.listen", "teams: %s", err)
	}

	if t.Address == "" {
		c.ok("note: teams.address is not given, so whether Teams can reach the bot was not tried")
		return
	}
	endpoint := c.config.teamsEndpoint()
	switch answer := teamsAnswer(ctx, c.client.Transport, endpoint); {
	case answer.err != nil:
		c.do("check name, certificate, firewall and reverse proxy; Teams must reach it from the internet", "teams: %s cannot be reached from here: %s", endpoint, answer.err)
	case answer.is:
		c.ok("teams: %s leads to the bot, which lets nobody in without a token; that it can be reached from the internet was not tried", endpoint)
	case answer.status >= 500:
		c.do("start the bot, and let the reverse proxy hand on to "+t.Listen, "teams: %s answers %d: the reverse proxy does not find the bot", endpoint, answer.status)
	case answer.status >= 300 && answer.status < 400:
		c.do("name the address to which it leads, here and in the Azure Bot; Teams does not follow", "teams: %s leads elsewhere (%d)", endpoint, answer.status)
	default:
		c.do("let the reverse proxy hand "+teams.Path+" to "+t.Listen, "teams: something else than the bot answers %d at %s", answer.status, endpoint)
	}
}

// isTurnedAway finds in the metrics how often something was not let in for a reason.
var isTurnedAway = regexp.MustCompile(`(?m)^lotse_teams_refused_total\{reason="([^"]*)"\} ([0-9.e+]+)$`)

// teamsTurnedAway asks the running bot, by its metrics, what it has not let in.
func (c *check) teamsTurnedAway(ctx context.Context) {
	if c.config.Metrics.Listen == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.config.Metrics.Listen+"/metrics", nil)
	if err != nil {
		return
	}
	answer, err := http.DefaultTransport.RoundTrip(request) // not by way of a proxy
	if err != nil {
		return // it does not run
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return
	}
	for _, found := range isTurnedAway.FindAllStringSubmatch(string(body), -1) {
		reason := found[1]
		if teams.Unlisted(reason) {
			c.do("if it is one of the city's, add it to teams.tenants or teams.teams; the log names it", "teams: since the bot started, %s requests were not let in: %s", found[2], reason)
		} else {
			c.ok("teams: since the bot started, %s requests were not let in: %s", found[2], reason)
		}
	}
}

// knock is what is answered to an activity without a token.
type knock struct {
	status int
	is     bool // it is the bot that answers, as it should
	err    error
}

func teamsAnswer(ctx context.Context, by http.RoundTripper, endpoint string) knock {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader("{}"))
	if err != nil {
		return knock{err: err}
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := cmp.Or(by, http.DefaultTransport).RoundTrip(request) // it follows no redirection
	if err != nil {
		return knock{err: err}
	}
	defer answer.Body.Close()
	var said struct {
		Error struct{ Message string }
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<16))
	known := err == nil && json.Unmarshal(body, &said) == nil && said.Error.Message == teams.NoToken
	return knock{status: answer.StatusCode, is: known && answer.StatusCode == http.StatusUnauthorized}
}

// teamsPackage compares the app package with the configuration, if there is one.
func (c *check) teamsPackage() {
	path := cmp.Or(c.teamsFile, c.config.path(teamsPackageName))
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && c.teamsFile == "":
		return
	case err != nil:
		c.do("name the file that \"lotse teams package\" has written", "teams: %s", err)
		return
	}
	is, err := teamsapp.Read(data)
	if err != nil {
		c.do("name the file that \"lotse teams package\" has written", "teams: %s is no app package: %s", path, err)
		return
	}
	if !strings.EqualFold(is.App, c.config.Teams.AppID) {
		c.do("write the package anew (lotse teams package --force) and upload it, or mend teams.app_id", "teams: the package %s is for application %s, the configuration for %s",
			path, is.App, c.config.Teams.AppID)
		return
	}
	var now []byte
	app, err := c.config.teamsApp(is.Version)
	if err == nil {
		now, err = app.Package()
	}
	switch {
	case err != nil:
		c.ok("teams: the package %s, version %s, is for the application of the configuration", path, is.Version)
	case !bytes.Equal(now, data):
		c.do("write it anew (lotse teams package --force), and upload it as the app's new version", "teams: the package %s, version %s, is not what the configuration says now", path, is.Version)
	default:
		c.ok("teams: the package %s, version %s, is what the configuration says", path, is.Version)
	}
}

// teamsRooms checks that the bot is where it is to work.
func (c *check) teamsRooms(ctx context.Context, chat *teams.Chat) {
	for _, room := range c.bindings(ctx) {
		if room.ID.Chat() != teams.ID {
			continue
		}
		switch known, err := chat.CheckRoom(ctx, room.ID.Local()); {
		case err != nil:
			c.do("restore a backup", "%s: %s", where(room), err)
		case !known || room.Refused == bot.RefusedAway:
			c.do("add the app to the team or chat, and write to it there", "%s %s: the bot has not heard of it yet, or was taken out", where(room), room.ID.Local())
		case room.Refused != "":
			c.do("see under \"When something does not work\" in README.md", "%s %s: Teams does not take what the bot sends there", where(room), room.ID.Local())
		default:
			c.ok("%s %s: the bot is in it", where(room), room.ID.Local())
		}
	}
}
