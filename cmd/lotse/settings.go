package main

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"lotse/bot"
	"lotse/bot/calendar"
)

// Settings are what the rules need of the configuration.
func (c *Config) Settings() (*bot.Settings, error) {
	rhythm, err := c.rhythm()
	if err != nil {
		return nil, fmt.Errorf("rhythm of the Projektcheck: %w", err)
	}
	s := &bot.Settings{
		City:     c.City,
		Zone:     c.Zone.Location,
		Days:     calendar.NewDays(c.Land, c.FreeDays...),
		Shift:    c.Projektcheck.Shift,
		Rhythm:   rhythm,
		Plan:     c.planRules(),
		Length:   c.Projektcheck.Duration,
		Roles:    map[bot.Role][]bot.PersonID{},
		Chats:    c.chats(),
		Language: c.Language,

		AllowedServers:  c.Matrix.Allow.Servers,
		OnlyVerified:    c.Matrix.OnlyVerified,
		Escalations:     c.escalations(),
		Meetups:         bot.MeetupRules{Announce: c.Meetups.Announce, At: c.Meetups.At, Soon: c.Meetups.Soon, Week: c.Meetups.Week},
		Greeting:        c.greeting(),
		OverviewEvery:   c.Limits.OverviewEvery,
		MaxText:         c.Limits.AnswerCharacters,
		CommandsAMinute: c.Limits.CommandsAMinute,
		BotName:         c.Name,
		WebAddress:      strings.TrimRight(c.Web.Address, "/"),
		Retention:       bot.Retention{Reports: c.Retention.ReportsMonths, Messages: c.Retention.MessagesDays, Decisions: c.Retention.DecisionsYears},
	}
	for role, ids := range map[bot.Role][]string{bot.RolePMO: c.Roles.PMO, bot.RoleDM: c.Roles.DM, bot.RoleDIKON: c.Roles.DIKON} {
		for _, id := range ids {
			s.Roles[role] = append(s.Roles[role], bot.PersonID(id))
		}
	}
	s.Configured = map[bot.UserID]bot.PersonID{}
	for _, p := range c.People() {
		for _, account := range p.Accounts {
			s.Configured[account] = p.ID
		}
	}
	for _, g := range c.Goals {
		s.Goals = append(s.Goals, bot.Goal{ID: g.ID, Name: g.Name})
	}
	for _, user := range c.Matrix.Allow.Users {
		s.Allowed = append(s.Allowed, userID(user))
	}
	if len(s.Allowed)+len(s.AllowedServers) == 0 {
		s.Allowed = c.accounts(c.Roles.PMO)
	}
	return s, nil
}

// accounts are all accounts of some people.
func (c *Config) accounts(ids []string) []bot.UserID {
	var users []bot.UserID
	for _, id := range ids {
		for _, p := range c.Persons {
			if p.ID == id {
				for _, account := range p.Accounts {
					users = append(users, userID(account))
				}
			}
		}
	}
	return users
}

// rhythm is when the Projektcheck returns; the zero value without an anchor.
func (c *Config) rhythm() (calendar.Rhythm, error) {
	p := c.Projektcheck
	switch {
	case p.Anchor.IsZero():
		return calendar.Rhythm{}, nil
	case p.Rule != "":
		return calendar.Rule(p.Rule, p.Anchor, p.At, c.Zone.Location)
	default:
		return calendar.EveryWeeks(p.weeks(), p.Anchor, p.At, c.Zone.Location)
	}
}

// weeks are the weeks between two checks.
func (p CheckConfig) weeks() int {
	if p.EveryWeeks == 0 {
		return 3
	}
	return p.EveryWeeks
}

func (c *Config) planRules() calendar.PlanRules {
	offset := func(o OffsetConfig) calendar.Offset { return calendar.Offset{Days: o.DaysBefore, At: o.At} }
	steps := c.Projektcheck.Steps
	rules := calendar.PlanRules{Open: offset(steps.Open), Stand: offset(steps.Stand), Close: offset(steps.Close), Agenda: offset(steps.Agenda)}
	for _, o := range steps.Remind {
		rules.Remind = append(rules.Remind, offset(o))
	}
	return rules
}

// escalations are the rules by which the DM decides.
func (c *Config) escalations() bot.EscalationRules {
	e := c.Escalations
	normal := bot.EscalationRule{Quorum: e.Quorum, Pause: e.Pause, Remind: e.RemindAfter, Further: e.EscalateAfter}
	weighty := normal
	weighty.Typed, weighty.NoOwn = e.Weighty.Typed, e.Weighty.NoOwn
	if e.Weighty.Pause != nil {
		weighty.Pause = *e.Weighty.Pause
	}
	if e.Weighty.Quorum != nil {
		weighty.Quorum = *e.Weighty.Quorum
	} else {
		weighty.Quorum = max(normal.Quorum, min(bot.DefaultEscalationRules().Weighty.Quorum, len(c.Roles.DM)))
	}
	return bot.EscalationRules{Normal: normal, Weighty: weighty, PMOFirst: e.PMOFirst, TellDIKON: e.TellDIKON, At: e.At}
}

// greeting is how people who are new in a network are greeted.
func (c *Config) greeting() bot.GreetingRules {
	rules := bot.DefaultGreetingRules()
	if c.Greeting.Where != "off" {
		rules.Where = bot.GreetingPlace(c.Greeting.Where)
	}
	rules.Networks, rules.AtOnce, rules.AnHour = c.Greeting.Networks, c.Greeting.AtOnce, c.Greeting.AnHour
	return rules
}

// People are the rows of the people that the configuration names.
func (c *Config) People() []bot.Person {
	var people []bot.Person
	for _, p := range c.Persons {
		person := bot.Person{ID: bot.PersonID(p.ID), Name: p.personName()}
		for _, account := range p.Accounts {
			person.Accounts = append(person.Accounts, userID(account))
		}
		people = append(people, person)
	}
	return people
}

// Rooms are the rows of the rooms that the configuration binds. A room given by its address has that for an id
// ("matrix:#pmo:stadt.example") until the chat knows better.
func (c *Config) Rooms() []bot.Room {
	var rooms []bot.Room
	for _, r := range c.Bindings {
		rooms = append(rooms, bot.Room{ID: roomID(r.Room), Kind: r.Kind, Project: bot.ProjectID(r.Project), Network: r.Network,
			Language: r.Language, Origin: bot.FromConfig})
	}
	return rooms
}

// networks are the rows of the networks that the configuration names.
func (c *Config) networks() []bot.Network {
	var networks []bot.Network
	for _, m := range c.Meetings {
		rule, _ := m.rule() // it was checked
		n := bot.Network{
			ID: bot.NetworkID(m.ID), Name: cmp.Or(m.Name, m.ID), Rule: rule, Anchor: cmp.Or(m.Anchor, meetingStart), At: m.At,
			Length: cmp.Or(m.Duration, usualMeetup), Link: m.Link, Shift: cmp.Or(m.Shift, calendar.ShiftNext), Origin: bot.FromConfig,
		}
		for _, host := range m.Hosts {
			n.Hosts = append(n.Hosts, bot.PersonID(host))
		}
		networks = append(networks, n)
	}
	return networks
}

// rule is the network's rule as iCalendar has it.
func (m MeetingConfig) rule() (string, error) {
	if m.Rule == "" {
		return "", nil
	}
	return calendar.ParseRule(m.Rule)
}

// errNoSecret: the configuration names neither a file nor a variable for the secret.
var errNoSecret = errors.New("no secret is configured")

// password is the bot's password on the homeserver.
func (c *Config) password() (string, error) {
	return c.secret(c.Matrix.PasswordFile, c.Matrix.PasswordEnv)
}

// token is the bot's login token.
func (c *Config) token() (string, error) { return c.secret(c.Matrix.TokenFile, c.Matrix.TokenEnv) }

// secret reads a secret from a file (without the line's end) or from an environment variable.
func (c *Config) secret(file, env string) (string, error) {
	switch {
	case file != "":
		data, err := os.ReadFile(c.path(file))
		if err != nil {
			return "", fmt.Errorf("read secret: %w", err)
		}
		text := strings.TrimRight(string(data), "\r\n")
		if text == "" {
			return "", fmt.Errorf("secret file %s is empty", c.path(file))
		}
		return text, nil
	case env != "":
		text := os.Getenv(env)
		if text == "" {
			return "", fmt.Errorf("environment variable %s is not set", env)
		}
		return text, nil
	}
	return "", errNoSecret
}

// client is an HTTP client with the configured proxy and certificate authority. Without a configured proxy the
// environment's counts (HTTPS_PROXY, NO_PROXY).
func (c *Config) client() (*http.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = c.Limits.SendsAtOnce + 2 // or most sends would open a connection of their own
	switch n := c.Network; n.Proxy {
	case "":
	case "none":
		transport.Proxy = nil
	default:
		proxy, err := url.Parse(n.Proxy)
		if err != nil {
			return nil, errors.New("network.proxy is not an address") // url's error would tell what it is
		}
		if n.ProxyUser != "" {
			password, err := c.secret(n.ProxyPasswordFile, n.ProxyPasswordEnv)
			if err != nil && !errors.Is(err, errNoSecret) {
				return nil, fmt.Errorf("password of the proxy: %w", err)
			}
			proxy.User = url.UserPassword(n.ProxyUser, password)
		}
		transport.Proxy = http.ProxyURL(proxy)
	}
	if c.Network.CAFile != "" {
		data, err := os.ReadFile(c.path(c.Network.CAFile))
		if err != nil {
			return nil, fmt.Errorf("read certificate authority: %w", err)
		}
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM(data) {
			return nil, fmt.Errorf("%s holds no certificate: want PEM, a file that begins with -----BEGIN CERTIFICATE-----", c.path(c.Network.CAFile))
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{Transport: transport}, nil
}
