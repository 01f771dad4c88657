package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
)

// checker finds what is wrong with a configuration that could be read.
type checker struct {
	*Config
	*strict
}

func (c *checker) fail(path, format string, args ...any) {
	if !c.told(path) {
		c.strict.fail(path, c.at(path), format, args...)
	}
}

func (c *checker) warn(format string, args ...any) {
	c.Warnings = append(c.Warnings, fmt.Sprintf(format, args...))
}

// need is a fault if the key has no value.
func (c *checker) need(path, value, example string) bool {
	if strings.TrimSpace(value) != "" {
		return true
	}
	if !c.has(path) || value == "" {
		c.fail(path, "is missing; want a line like %s", example)
	}
	return false
}

// oneOf is a fault if the value is none of the choices.
func (c *checker) oneOf(path, value string, choices ...string) bool {
	if slices.Contains(choices, value) {
		return true
	}
	c.fail(path, "%q is none of %s%s", value, strings.Join(choices, ", "), didYouMean(nearest(value, choices)))
	return false
}

func (c *checker) all() {
	if c.wrong[""] {
		return
	}
	c.general()
	c.matrix()
	c.teams()
	c.network()
	ids := c.people()
	c.roles(ids)
	c.rooms()
	c.check()
	c.escalations()
	c.networks(ids)
	c.meetups()
	c.greeting()
	c.goals()
	c.rest()
}

func (c *checker) general() {
	c.need("city", c.City, `city: Duisburg`)
	if !c.has("bundesland") {
		c.fail("bundesland", "is missing, and with it the holidays; want a line like bundesland: NW")
	}
	c.oneOf("language", string(c.Config.Language), languages()...)
	c.need("name", c.Name, "name: Lotse")
	c.need("database", c.Database, "database: lotse.db")
}

// languages are the template sets that Lotse brings.
func languages() []string {
	return []string{string(bot.German), string(bot.GermanDu), string(bot.English)}
}

const server = `(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?`

var (
	isServer = regexp.MustCompile(`^` + server + `$`)
	isUser   = regexp.MustCompile(`^@[^\s:@#!]+:` + server + `$`)
	// A room's id has no server any more since room version 12.
	isRoom  = regexp.MustCompile(`^(?:![^\s:@#!]+(?::` + server + `)?|#[^\s:@!]+:` + server + `)$`)
	isEnv   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	mail    = regexp.MustCompile(`^([^\s:@]+)@(` + server + `)$`)
	noSigil = regexp.MustCompile(`^([^\s:@#!]+):(` + server + `)$`)
)

// goodUser reports whether the text is a Matrix account, and if not, which was probably meant.
func goodUser(account string) (near string, ok bool) {
	bare := strings.TrimPrefix(account, "matrix:")
	if isUser.MatchString(bare) {
		return "", true
	}
	near = linked(bare)
	if m := mail.FindStringSubmatch(near); m != nil {
		near = "@" + m[1] + ":" + m[2]
	} else if m := noSigil.FindStringSubmatch(near); m != nil {
		near = "@" + near
	}
	if !isUser.MatchString(near) {
		near = ""
	}
	return near, false
}

// goodRoom reports whether the text is a Matrix room's id or address, and if not, which was probably meant.
func goodRoom(room string) (near string, ok bool) {
	bare := strings.TrimPrefix(room, "matrix:")
	if isRoom.MatchString(bare) {
		return "", true
	}
	near = linked(bare)
	if m := noSigil.FindStringSubmatch(near); m != nil {
		near = "#" + near
	} else if m := mail.FindStringSubmatch(near); m != nil {
		near = "#" + m[1] + ":" + m[2]
	}
	if !isRoom.MatchString(near) {
		near = ""
	}
	return near, false
}

// userFault says what is wrong with an account; "" if nothing is.
func userFault(account string) string {
	if ofTeams(account) {
		return teamsUserFault(account)
	}
	return matrixUserFault(account)
}

// matrixUserFault says what is wrong with a Matrix account; "" if nothing is.
func matrixUserFault(account string) string {
	near, ok := goodUser(account)
	if ok {
		return ""
	}
	return fmt.Sprintf(`%q is not a Matrix account: want one like "@maria:stadt.example"%s`, account, didYouMean(near))
}

// roomFault says what is wrong with a room; "" if nothing is.
func roomFault(room string) string {
	if ofTeams(room) {
		return teamsRoomFault(room)
	}
	near, ok := goodRoom(room)
	if ok {
		return ""
	}
	return fmt.Sprintf(`%q is not a Matrix room: want its id like "!abc:stadt.example" (in Element: room settings, advanced) or its address like "#serviceportal:stadt.example"%s`,
		room, didYouMean(near))
}

// linked is what a matrix.to link leads to, or the text itself.
func linked(text string) string {
	_, after, ok := strings.Cut(text, "matrix.to/#/")
	if !ok {
		return text
	}
	after, _, _ = strings.Cut(after, "?")
	if plain, err := url.PathUnescape(after); err == nil {
		after = plain
	}
	return after
}

func (c *checker) matrix() {
	m := c.Matrix
	if !c.has("matrix") {
		if !c.has("teams") {
			c.fail("matrix", "is missing, and so is teams; want at least one of them: matrix, with homeserver and user, or teams, with app_id and what else it needs")
		}
		return
	}
	if c.need("matrix.homeserver", m.Homeserver, "homeserver: https://matrix.stadt.example") {
		c.homeserver(m.Homeserver)
	}
	if c.need("matrix.user", m.User, `user: "@lotse:stadt.example"`) {
		if wrong := matrixUserFault(m.User); wrong != "" {
			c.fail("matrix.user", "%s", wrong)
		}
	}
	c.secret("matrix.password", m.PasswordFile, m.PasswordEnv)
	c.secret("matrix.token", m.TokenFile, m.TokenEnv)
	c.secret("matrix.recovery_key", m.RecoveryKeyFile, m.RecoveryKeyEnv)
	if m.PasswordFile+m.PasswordEnv != "" && m.TokenFile+m.TokenEnv != "" {
		path := "matrix.token_file"
		if m.TokenFile == "" {
			path = "matrix.token_env"
		}
		c.fail(path, "there is a password too; want one of both")
	}
	for i, user := range m.Allow.Users {
		if wrong := matrixUserFault(user); wrong != "" {
			c.fail(fmt.Sprintf("matrix.allow.users[%d]", i), "%s", wrong)
		}
	}
	for i, name := range m.Allow.Servers {
		if !isServer.MatchString(name) {
			near := strings.TrimPrefix(strings.TrimPrefix(strings.TrimRight(name, "/"), "https://"), "@")
			if _, after, ok := strings.Cut(near, ":"); ok && strings.HasPrefix(name, "@") {
				near = after
			}
			if !isServer.MatchString(near) {
				near = ""
			}
			c.fail(fmt.Sprintf("matrix.allow.servers[%d]", i),
				`%q is not the name of a server: want what stands behind the colon of its accounts, like "stadt.example"%s`, name, didYouMean(near))
		}
	}
}

func (c *checker) homeserver(address string) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		near := ""
		if isServer.MatchString(strings.TrimRight(address, "/")) {
			near = "https://" + strings.TrimRight(address, "/")
		}
		c.fail("matrix.homeserver", `%q is not the address of a homeserver: want one like "https://matrix.stadt.example"%s`, address, didYouMean(near))
	case u.User != nil:
		c.fail("matrix.homeserver", "an address with a password in it does not belong in this file; use matrix.password_file")
	case u.RawQuery != "" || u.Fragment != "" || strings.HasPrefix(u.Path, "/_matrix"):
		c.fail("matrix.homeserver", "%q goes too far; did you mean %q?", address, u.Scheme+"://"+u.Host)
	case u.Scheme == "http" && !loopback(u.Host):
		c.warn("matrix.homeserver: %s is not encrypted on its way; want https", address)
	}
}

// loopback reports whether an address ("host" or "host:port") is this machine itself.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// secret checks a reference to a secret. What it names is not told: it could be the secret itself.
func (c *checker) secret(path, file, env string) {
	if file != "" && env != "" {
		c.fail(path+"_env", "%s_file is given too; want one of both", path)
	}
	if env != "" && !isEnv.MatchString(env) {
		c.fail(path+"_env", "this is not the name of an environment variable: want one like LOTSE_%s; the secret itself does not belong in this file",
			strings.ToUpper(path[strings.LastIndexAny(path, "._")+1:]))
	}
}

func (c *checker) network() {
	n := c.Network
	c.secret("network.proxy_password", n.ProxyPasswordFile, n.ProxyPasswordEnv)
	if n.Proxy != "" && n.Proxy != "none" {
		u, err := url.Parse(n.Proxy)
		switch {
		case err == nil && u.User != nil:
			if _, with := u.User.Password(); with {
				c.fail("network.proxy", "an address with a password in it does not belong in this file; use network.proxy_user and network.proxy_password_file")
			} else {
				c.fail("network.proxy", "write the user into network.proxy_user")
			}
		case err != nil || u.Host == "" || !slices.Contains([]string{"http", "https", "socks5"}, u.Scheme):
			near := ""
			if isServer.MatchString(n.Proxy) {
				near = "http://" + n.Proxy
			}
			c.fail("network.proxy", `this is not the address of a proxy: want one like "http://proxy.stadt.example:3128", or "none"%s`, didYouMean(near))
		}
	}
	if n.Proxy == "" || n.Proxy == "none" {
		if n.ProxyUser != "" {
			c.fail("network.proxy_user", "there is no network.proxy that it is for")
		}
	}
	if n.ProxyUser == "" && n.ProxyPasswordFile+n.ProxyPasswordEnv != "" {
		c.fail("network.proxy_user", "is missing; the proxy's password belongs to a user")
	}
}

// people checks the people and returns their ids.
func (c *checker) people() []string {
	var ids []string
	owner := map[string]string{}
	for i, p := range c.Persons {
		path := fmt.Sprintf("people[%d]", i)
		switch {
		case !c.need(path+".id", p.ID, "id: maria"):
		case !isID(p.ID):
			c.fail(path+".id", "%q is not an id: want small letters, digits and hyphens%s", p.ID, didYouMean(bot.Slug(p.ID)))
		case slices.Contains(ids, p.ID):
			c.fail(path+".id", "%q is another person's id already; a person with several accounts is one entry with several accounts", p.ID)
		}
		if p.ID != "" && !slices.Contains(ids, p.ID) {
			ids = append(ids, p.ID)
		}
		if c.need(path+".name", p.Name, "name: Maria Beispiel") && strings.ContainsFunc(p.Name, func(r rune) bool { return r < ' ' || r == ';' }) {
			c.fail(path+".name", "a name has no semicolon and stands on one line")
		}
		if len(p.Accounts) == 0 {
			c.fail(path+".accounts", `is missing; want a line like accounts: ["@maria:stadt.example"]`)
		}
		for j, account := range p.Accounts {
			at := fmt.Sprintf("%s.accounts[%d]", path, j)
			if wrong := userFault(account); wrong != "" {
				c.fail(at, "%s", wrong)
				continue
			}
			c.wantChat(at, account)
			user := string(userID(account))
			switch other, taken := owner[user]; {
			case user == string(userID(c.Matrix.User)):
				c.fail(at, "%s is the bot's own account", account)
			case taken && other == p.ID:
				c.fail(at, "%s stands here twice", account)
			case taken:
				c.fail(at, "%s belongs to %q already; an account belongs to one person", account, other)
			}
			owner[user] = p.ID
		}
	}
	return ids
}

// isID reports whether the text is as ids are: what bot.Slug leaves as it is.
func isID(text string) bool { return text != "" && bot.Slug(text) == text }

func (c *checker) roles(ids []string) {
	for _, role := range []struct {
		key  string
		who  []string
		need bool
	}{{"pmo", c.Roles.PMO, true}, {"dm", c.Roles.DM, true}, {"dikon", c.Roles.DIKON, false}} {
		path := "roles." + role.key
		if len(role.who) == 0 && role.need {
			c.fail(path, "is missing; want at least one person, like %s: [maria]", role.key)
		}
		for i, id := range role.who {
			at := fmt.Sprintf("%s[%d]", path, i)
			switch {
			case slices.Contains(role.who[:i], id):
				c.fail(at, "%q stands here twice", id)
			case !slices.Contains(ids, id):
				c.fail(at, "there is nobody with the id %q under people%s", id, orNearest(id, ids))
			}
		}
	}
}

func (c *checker) rooms() {
	bound := map[string]int{}
	projects := map[string]int{}
	kinds := map[bot.RoomKind]bool{}
	for i, r := range c.Bindings {
		path := fmt.Sprintf("rooms[%d]", i)
		line := c.at(path).Line
		if r.Room == "" {
			c.fail(path+".room", `is missing; want a line like room: "!abc:stadt.example" or room: "#pmo:stadt.example", in quotes`)
		} else if wrong := roomFault(r.Room); wrong != "" {
			c.fail(path+".room", "%s", wrong)
		} else if first, twice := bound[string(roomID(r.Room))]; twice {
			c.fail(path+".room", "%s is given in line %d already; a room is for one thing", r.Room, first)
		} else {
			c.wantChat(path+".room", r.Room)
			bound[string(roomID(r.Room))] = line
		}
		c.roomKind(path, r)
		c.roomNetwork(path, r)
		kinds[r.Kind] = true
		if r.Kind == bot.RoomProject && r.Project != "" {
			if first, twice := projects[r.Project]; twice {
				c.fail(path+".project", "%q has a room in line %d already", r.Project, first)
			}
			projects[r.Project] = line
		}
		if r.Language != "" {
			c.oneOf(path+".language", string(r.Language), languages()...)
		}
	}
	for _, kind := range []bot.RoomKind{bot.RoomPMO, bot.RoomDM} {
		if !kinds[kind] {
			c.warn("rooms: there is no room of kind %s; give one here, or write \"!raum %s\" in it once the bot is there", kind, kind)
		}
	}
	if kinds[bot.RoomDIKON] && len(c.Roles.DIKON) == 0 {
		c.warn("rooms: there is a room of kind dikon, so new projects wait for DIKON, but roles.dikon names nobody")
	}
	if c.Matrix.on() && len(c.Matrix.Allow.Users)+len(c.Matrix.Allow.Servers) == 0 && !c.has("matrix.allow") {
		c.warn("matrix.allow: is missing; only the people of the PMO may invite the bot into rooms")
	}
}

func (c *checker) roomKind(path string, r RoomConfig) {
	var kinds []string
	for _, kind := range bot.RoomKinds() {
		kinds = append(kinds, string(kind))
	}
	if r.Kind == "" {
		c.fail(path+".kind", "is missing; want one of %s", strings.Join(kinds, ", "))
		return
	}
	if !c.oneOf(path+".kind", string(r.Kind), kinds...) {
		return
	}
	switch {
	case r.Kind == bot.RoomProject && r.Project == "":
		c.fail(path+".project", "is missing; want the short name of the project whose room it is, like project: serviceportal")
	case r.Kind == bot.RoomProject && !isID(r.Project):
		c.fail(path+".project", "%q is not the short name of a project: want small letters, digits and hyphens%s", r.Project, didYouMean(bot.Slug(r.Project)))
	case r.Kind != bot.RoomProject && r.Project != "":
		c.fail(path+".project", "a room of kind %s has no project; did you mean \"kind: project\"?", r.Kind)
	}
	switch {
	case r.Kind == bot.RoomNetwork && r.Network == "":
		c.fail(path+".network", "is missing; want the network's short name, like network: digilotsen")
	case r.Kind == bot.RoomNetwork && !isID(r.Network):
		c.fail(path+".network", "%q is not a short name: want small letters, digits and hyphens%s", r.Network, didYouMean(bot.Slug(r.Network)))
	case r.Kind != bot.RoomNetwork && r.Network != "":
		c.fail(path+".network", "a room of kind %s has no network; did you mean \"kind: network\"?", r.Kind)
	}
}

// roomNetwork warns of a room's network that is none of the configuration's, but nearly: it may come by an import or in
// chat, so that it is no fault.
func (c *checker) roomNetwork(path string, r RoomConfig) {
	var ids []string
	for _, m := range c.Meetings {
		ids = append(ids, m.ID)
	}
	if near := nearest(r.Network, ids); r.Network != "" && near != "" && !slices.Contains(ids, r.Network) {
		c.warn("%s.network: there is no %q in networks%s", path, r.Network, didYouMean(near))
	}
}

func (c *checker) check() {
	p := c.Projektcheck
	if !c.has("projektcheck") {
		c.warn("projektcheck: is missing; there are only dates that the PMO adds in chat")
		return
	}
	if !c.has("projektcheck.anchor") {
		c.fail("projektcheck.anchor", `is missing; want the date of the first Projektcheck, like anchor: "2026-11-25"`)
	}
	switch {
	case c.has("projektcheck.every_weeks") && p.Rule != "":
		c.fail("projektcheck.rrule", "every_weeks is given too; want one of both")
	case c.has("projektcheck.every_weeks") && (p.EveryWeeks < 1 || p.EveryWeeks > 520):
		c.fail("projektcheck.every_weeks", "%d weeks: want 1 to 520, like every_weeks: 3", p.EveryWeeks)
	case p.Rule != "" && p.Anchor.Valid():
		if _, err := calendar.Rule(p.Rule, p.Anchor, p.At, c.Zone.Location); err != nil {
			c.fail("projektcheck.rrule", `%v; want a rule like "FREQ=MONTHLY;BYDAY=1WE"`, err)
		}
	}
	if p.Duration < 5*time.Minute || p.Duration > 24*time.Hour {
		c.fail("projektcheck.duration", "%s: want 5m to 24h, like duration: 90m", p.Duration)
	}
	c.steps()
}

// steps checks the offsets; a fault of their order stands at the step that comes too early.
func (c *checker) steps() {
	for i := range c.Projektcheck.Steps.Remind {
		path := fmt.Sprintf("projektcheck.steps.remind[%d]", i)
		if !c.has("projektcheck.steps.remind") {
			break // the default ones
		}
		if !c.has(path + ".at") {
			c.fail(path+".at", `is missing; want a time like at: "09:00"`)
		}
		if !c.has(path + ".days_before") {
			c.fail(path+".days_before", "is missing; want working days before the check, like days_before: 3")
		}
	}
	wrong := c.planRules().Validate()
	joined, ok := wrong.(interface{ Unwrap() []error })
	if !ok {
		return
	}
	for _, err := range joined.Unwrap() {
		// "remind 2 (…) must come after …", "open: 0 working days …"
		name, _, _ := strings.Cut(err.Error(), " (")
		name, _, _ = strings.Cut(name, ":")
		path := "projektcheck.steps." + name
		if n, err := strconv.Atoi(strings.TrimPrefix(name, "remind ")); err == nil {
			path = fmt.Sprintf("projektcheck.steps.remind[%d]", n-1)
		}
		c.faults.add(c.at(path), "projektcheck.steps: %v", err)
	}
}

// escalations checks that the rule can be kept: that there are as many people as must agree.
func (c *checker) escalations() {
	e, rules := c.Escalations, c.Config.escalations()
	members := len(c.Roles.DM)
	quorum := func(path string, value int) {
		switch {
		case value < 1:
			c.fail(path, "%d: want at least 1", value)
		case value > members && !c.told("roles.dm"):
			c.fail(path, "%d, but roles.dm names %s", value, count(members, "person", "people"))
		}
	}
	quorum("escalations.quorum", e.Quorum)
	if e.Weighty.Quorum != nil {
		quorum("escalations.weighty.quorum", *e.Weighty.Quorum)
		if rules.Weighty.NoOwn && rules.Weighty.Quorum == members && members > 1 {
			c.warn("escalations.weighty: all %d people of roles.dm have to agree; with no_own nothing weighty can be decided about a project that one of them answers for", members)
		}
	}
	for _, pause := range []struct {
		path  string
		value time.Duration
	}{{"escalations.pause", e.Pause}, {"escalations.weighty.pause", rules.Weighty.Pause}} {
		if c.has(pause.path) && (pause.value < 0 || pause.value > 24*time.Hour) {
			c.fail(pause.path, "%s: want 0s to 24h, like pause: 15m", pause.value)
		}
	}
	const most = 60
	for _, days := range []struct {
		path  string
		value int
	}{{"escalations.remind_after", e.RemindAfter}, {"escalations.escalate_after", e.EscalateAfter}} {
		if days.value < 0 || days.value > most {
			c.fail(days.path, "%d: want 1 to %d working days, or 0 for never", days.value, most)
		}
	}
	if e.RemindAfter > 0 && e.EscalateAfter > 0 && e.EscalateAfter <= e.RemindAfter {
		path := "escalations.escalate_after"
		if !c.has(path) {
			path = "escalations.remind_after"
		}
		c.faults.add(c.at(path), "escalations: the PMO is told after %s (escalate_after), the DM is reminded after %s (remind_after): want the reminder first",
			workingDays(e.EscalateAfter), workingDays(e.RemindAfter))
	}
}

// networks checks that each network meets some time, and that its people are known.
func (c *checker) networks(ids []string) {
	first := map[string]int{}
	for i, m := range c.Meetings {
		path := fmt.Sprintf("networks[%d]", i)
		if c.need(path+".id", m.ID, "id: digilotsen") {
			line, twice := first[m.ID]
			switch {
			case !isID(m.ID):
				c.fail(path+".id", "%q is not an id: want small letters, digits and hyphens%s", m.ID, didYouMean(bot.Slug(m.ID)))
			case twice:
				c.fail(path+".id", "%q is the network in line %d already", m.ID, line)
			}
			first[m.ID] = c.at(path + ".id").Line
		}
		c.need(path+".name", m.Name, "name: Digilotsen")
		for j, host := range m.Hosts {
			if !slices.Contains(ids, host) {
				c.fail(fmt.Sprintf("%s.hosts[%d]", path, j), "%q is nobody in people%s", host, didYouMean(nearest(host, ids)))
			}
		}
		c.rule(path, m)
		if m.Duration < 0 || m.Duration > 24*time.Hour || c.has(path+".duration") && m.Duration == 0 {
			c.fail(path+".duration", "%s: want a duration up to 24h, like duration: 90m", m.Duration)
		}
		if m.Link != "" && !bot.Secure(m.Link) {
			c.fail(path+".link", "want an address that begins with https://, like link: https://bbb.stadt.example/digilotsen")
		}
	}
}

// rule checks when a network meets.
func (c *checker) rule(path string, m MeetingConfig) {
	if m.Rule == "" {
		return
	}
	rule, err := m.rule()
	if wrong, ok := errors.AsType[*calendar.InputError](err); ok {
		c.fail(path+".rule", "%v", wrong)
		return
	}
	if !c.has(path + ".at") {
		c.fail(path+".at", `is missing; want a line like at: "10:00"`)
		return
	}
	if strings.Contains(rule, "INTERVAL=") && m.Anchor.IsZero() {
		c.fail(path+".anchor", "is missing; every so many weeks counts from a first date, like anchor: 2026-12-01")
		return
	}
	if _, err := calendar.Rule(rule, cmp.Or(m.Anchor, meetingStart), m.At, c.Zone.Location); err != nil {
		c.fail(path+".rule", "%v", err)
	}
}

// meetups checks what happens before each meetup.
func (c *checker) meetups() {
	if m := c.Meetups; m.Announce < 2 || m.Announce > 60 {
		c.fail("meetups.announce_days_before", "%d: want 2 to 60 days", m.Announce)
	}
	if m := c.Meetups; m.Soon < time.Minute || m.Soon > 2*time.Hour {
		c.fail("meetups.soon", "%s: want 1m to 2h, like soon: 15m", m.Soon)
	}
	if m := c.Meetups; m.Week && m.Announce <= 7 {
		c.fail("meetups.week_before", "the announcement itself comes %d days before; want announce_days_before of 8 or more, or week_before: false", m.Announce)
	}
}

func workingDays(n int) string { return count(n, "working day", "working days") }

// greeting checks who is greeted where.
func (c *checker) greeting() {
	g := c.Greeting
	c.oneOf("greeting.where", g.Where, "off", string(bot.GreetDirect), string(bot.GreetThread))
	for i, name := range g.Networks {
		if bot.Slug(name) == "" {
			c.fail(fmt.Sprintf("greeting.networks[%d]", i), "%q is no name of a network", name)
		}
	}
	const most = 1000
	for _, limit := range []struct {
		path  string
		value int
	}{{"greeting.at_once", g.AtOnce}, {"greeting.an_hour", g.AnHour}} {
		if limit.value < 1 || limit.value > most {
			c.fail(limit.path, "%d: want 1 to %d", limit.value, most)
		}
	}
}

func (c *checker) goals() {
	first := map[string]int{}
	for i, g := range c.Goals {
		path := fmt.Sprintf("goals[%d]", i)
		if c.need(path+".id", g.ID, `id: "1"`) {
			if strings.ContainsAny(g.ID, " ,;\t\n") {
				c.fail(path+".id", "%q is not an id: want one word, for in a table several stand beside each other", g.ID)
			}
			if line, twice := first[g.ID]; twice {
				c.fail(path+".id", "%q is the goal in line %d already", g.ID, line)
			}
			first[g.ID] = c.at(path + ".id").Line
		}
		c.need(path+".name", g.Name, "name: Digitaler Bürgerservice")
	}
}

func (c *checker) rest() {
	c.listen("metrics.listen", c.Metrics.Listen, "127.0.0.1:9464")
	c.web()
	for _, limit := range []struct {
		path     string
		value    int
		from, to int
	}{
		{"limits.answer_characters", c.Limits.AnswerCharacters, 100, 20000},
		{"limits.sends_at_once", c.Limits.SendsAtOnce, 1, 64},
		{"limits.commands_a_minute", c.Limits.CommandsAMinute, 0, 1000},
		{"retention.messages_days", c.Retention.MessagesDays, 0, 3650},
		{"retention.decisions_years", c.Retention.DecisionsYears, 0, 100},
	} {
		if limit.value < limit.from || limit.value > limit.to {
			c.fail(limit.path, "%d: want %d to %d", limit.value, limit.from, limit.to)
		}
	}
	// The last reports are what the next ones are compared with.
	if months := c.Retention.ReportsMonths; months != 0 && (months < 3 || months > 1200) {
		c.fail("retention.reports_months", "%d: want 3 or more, or 0 to keep them for good", months)
	}
	if every := c.Limits.OverviewEvery; every < time.Second || every > time.Hour {
		c.fail("limits.overview_every", "%s: want 1s to 1h", every)
	}
	c.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	c.oneOf("log.format", c.Log.Format, "text", "json")
}

// listen checks an address to listen on; "" is none.
func (c *checker) listen(path, listen, example string) {
	if listen == "" {
		return
	}
	host, port, err := net.SplitHostPort(listen)
	number, notNumber := strconv.Atoi(port)
	switch {
	case err != nil || notNumber != nil || number < 0 || number > 65535:
		near := ""
		if _, bare := strconv.Atoi(listen); bare == nil {
			near = "127.0.0.1:" + listen
		}
		c.fail(path, `%q is not an address with a port: want one like %q, or "" for off%s`, listen, example, didYouMean(near))
	case !loopback(host):
		c.warn("%s: %s can be reached from other machines, without a password; 127.0.0.1:%s can not", path, listen, port)
	}
}

// web checks the address under which people reach calendars. It is https: the links are secret.
func (c *checker) web() {
	w := c.Web
	if w.Address == "" {
		if w.Listen != "" && w.Listen != defaultWebListen {
			c.fail("web.listen", "wants web.address too, the address that stands in links: address: https://lotse.stadt.example")
		}
		return
	}
	u, err := url.Parse(w.Address)
	if err != nil || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" ||
		u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
		c.fail("web.address", "%q is not the address of a web server: want one like https://lotse.stadt.example", w.Address)
	}
	if w.Listen == "" {
		c.fail("web.listen", `is "", and nobody could reach %s: want an address like %q`, w.Address, defaultWebListen)
	}
	c.listen("web.listen", w.Listen, defaultWebListen)
}
