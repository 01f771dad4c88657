package commands

import (
	"slices"
	"strings"
	"time"

	"lotse/bot"
)

func accountCommand() command {
	// Whose account the code is, and what rights either of them has, is looked up among all.
	all := bot.Query{AllPeople: true, AllProjects: true, Archived: true, AllNetworks: true, AllMeetups: true}
	return command{
		words: []string{"konto", "account", "konten", "accounts"},
		forms: []form{
			{
				name:    "account",
				usage:   []text{{"!konto", "!account"}},
				example: text{"!konto", "!account"},
				unbound: true, anywhere: true,
				decide: call.accounts,
			},
			{
				name: "account.link", words: []string{"verbinden", "link", "verknüpfen", "connect", "join"},
				usage:   []text{{"!konto verbinden", "!account link"}, {"!konto verbinden CODE", "!account link CODE"}},
				example: text{"!konto verbinden 7KQF-2M9X", "!account link 7KQF-2M9X"},
				unbound: true, anywhere: true,
				query: func(c call) bot.Query {
					q := all
					code, _ := c.code()
					q.Linking, q.Code = true, bot.HashCode(code)
					return q
				},
				decide:  call.link,
				offered: func(c call, s bot.Snapshot) bool { return len(elsewhere(s)) > 0 },
			},
			{
				name: "account.unlink", words: []string{"trennen", "unlink", "lösen", "disconnect"},
				usage:   []text{{"!konto trennen", "!account unlink"}},
				example: text{"!konto trennen", "!account unlink"},
				unbound: true, anywhere: true,
				query:   func(call) bot.Query { return all },
				decide:  call.unlink,
				offered: func(_ call, s bot.Snapshot) bool { return s.Person != nil && len(linked(*s.Person)) > 0 },
			},
		},
	}
}

// accounts tells somebody, and nobody else, which accounts are theirs.
func (c call) accounts(s bot.Snapshot) (bot.Change, error) {
	if c.args != "" {
		if c.near != "" {
			return bot.Change{}, c.unknown()
		}
		return bot.Change{}, c.refuse(s, "nothing", c.args)
	}
	data := bot.AccountList{Lines: []bot.AccountLine{c.accountLine(bot.Person{}, c.event.Sender)}, Elsewhere: elsewhere(s), Now: s.Now}
	if s.Person != nil {
		data.Person, data.Known, data.Lines = *s.Person, true, c.accountLines(*s.Person, s.Person.Accounts)
		data.Unlink = len(linked(*s.Person)) > 0
	}
	return c.secretly("accounts shown", "reply.accounts", data), nil
}

// secretly answers where nobody else reads.
func (c call) secretly(reason, template string, data any) bot.Change {
	change := bot.Change{Reason: reason, Posts: []bot.Post{c.private(0, template, data)}}
	if !c.event.Direct {
		change.Posts = append(change.Posts, bot.Reply(c.event, 0, "reply.privacy.sent", nil))
	}
	return change
}

func (c call) accountLine(p bot.Person, u bot.UserID) bot.AccountLine {
	line := bot.AccountLine{Chat: u.Chat().Title(), Account: u.Local(), Here: u == c.event.Sender}
	for _, l := range p.Linked {
		if l.User == u {
			line.Linked = l.Since
		}
	}
	return line
}

func (c call) accountLines(p bot.Person, users []bot.UserID) (lines []bot.AccountLine) {
	for _, u := range users {
		lines = append(lines, c.accountLine(p, u))
	}
	return lines
}

// elsewhere are the chats in which no account of the acting person is known.
func elsewhere(s bot.Snapshot) (chats []string) {
	for _, chat := range s.Settings.Chats {
		if chat != s.User.Chat() && (s.Person == nil || s.Person.Account(chat) == "") {
			chats = append(chats, chat.Title())
		}
	}
	return chats
}

// linked are the accounts that were joined to the person by a code.
func linked(p bot.Person) (users []bot.UserID) {
	for _, u := range p.Accounts {
		if p.IsLinked(u) {
			users = append(users, u)
		}
	}
	return users
}

// code is what was given as a code, and whether the word that confirms it stands behind.
func (c call) code() (code string, sure bool) {
	words := strings.Fields(c.args)
	if n := len(words); n > 1 && is(fold(strings.Trim(words[n-1], " .!")), []string{"ja", "yes"}) {
		return strings.Join(words[:n-1], ""), true
	}
	return strings.Join(words, ""), false
}

// link gives a code, or takes one. Both only in direct chats: elsewhere others read along.
func (c call) link(s bot.Snapshot) (bot.Change, error) {
	given, sure := c.code()
	if given == "" {
		return c.giveCode(s), nil
	}
	if !c.event.Direct {
		change := c.secretly("a code was said in a room", "error.account", bot.AccountRefusal{Why: "room"})
		if s.Code != nil {
			change.Codes = []bot.LinkCode{spent(*s.Code)}
		}
		return change, nil
	}
	if !s.Now.Before(s.Guesses.Until) {
		s.Guesses = bot.LinkGuesses{}
	}
	if s.Guesses.Count >= bot.LinkTries {
		return c.refused("too many wrong codes", bot.AccountRefusal{Why: "tries", Until: until(s)}), nil
	}
	if bot.HashCode(given) == "" {
		return bot.Change{}, c.wrong(s, "code", given)
	}
	if s.Code == nil || !s.Now.Before(s.Code.Until) {
		return c.wrongCode(s), nil
	}
	return c.takeCode(s, sure), nil
}

// refused says why accounts are not joined or separated.
func (c call) refused(reason string, why bot.AccountRefusal) bot.Change {
	return c.secretly(reason, "error.account", why)
}

// giveCode gives a code to the account that asks; one that it was given before is good for
// nothing any more.
func (c call) giveCode(s bot.Snapshot) bot.Change {
	others := elsewhere(s)
	if len(others) == 0 {
		why := "complete"
		if len(s.Settings.Chats) < 2 {
			why = "only"
		}
		return c.refused("no account to join", bot.AccountRefusal{Why: why})
	}
	code := bot.NewCode(s.Token)
	held := s.Now.Add(bot.LinkTime)
	change := c.secretly("a code was given to an account", "reply.account.code", bot.AccountCode{
		Line: text{"!konto verbinden ", "!account link "}.in(lang(s)) + code, Elsewhere: others, Until: held,
	})
	change.Posts[0].Secret, change.Posts[0].Expires = true, held
	change.Codes = []bot.LinkCode{{User: c.event.Sender, Hash: bot.HashCode(code), Name: shorten(oneLine(c.event.Name), maxName), Until: held}}
	return change
}

// wrongCode counts a wrong code.
func (c call) wrongCode(s bot.Snapshot) bot.Change {
	count := s.Guesses.Count + 1
	change := c.refused("a wrong code", bot.AccountRefusal{Why: "wrong", Left: bot.LinkTries - count, Until: until(s)})
	change.Guesses = &bot.LinkGuesses{User: c.event.Sender, Count: count}
	return change
}

// until is from when on codes are taken again.
func until(s bot.Snapshot) time.Time {
	if !s.Guesses.Until.IsZero() {
		return s.Guesses.Until.In(s.Settings.Zone)
	}
	return s.Now.Add(bot.LinkTriesTime)
}

// spent is a code that is good for nothing any more.
func spent(code bot.LinkCode) bot.LinkCode { return bot.LinkCode{User: code.User, Hash: code.Hash} }

// takeCode joins the account that says a good code to the one that was given it.
func (c call) takeCode(s bot.Snapshot, sure bool) bot.Change {
	other, me := s.Code.User, c.event.Sender
	giver, taker := personWith(s, other), bot.Person{}
	if s.Person != nil {
		taker = *s.Person
	}
	switch {
	case other == me:
		return c.refused("a code where it was given", bot.AccountRefusal{Why: "own"})
	case other.Chat() == me.Chat():
		return c.refused("a code of the same chat", bot.AccountRefusal{Why: "chat", Chat: me.Chat().Title()})
	}
	use := func(change bot.Change) bot.Change {
		change.Codes = append(change.Codes, spent(*s.Code))
		return change
	}
	if giver.ID != "" && giver.ID == taker.ID {
		return use(c.refused("the accounts are one person's", bot.AccountRefusal{Why: "same"}))
	}
	if configured(s, giver) && configured(s, taker) {
		return use(c.refused("both people stand in the configuration", bot.AccountRefusal{Why: "configured"}))
	}
	for _, p := range []struct {
		person bot.Person
		joins  []bot.UserID
	}{{giver, append(slices.Clone(taker.Accounts), me)}, {taker, append(slices.Clone(giver.Accounts), other)}} {
		for _, u := range p.joins {
			if p.person.Account(u.Chat()) != "" {
				return use(c.refused("the person has an account there", bot.AccountRefusal{Why: "taken", Chat: u.Chat().Title()}))
			}
		}
	}
	// Who asks somebody to say a code to the bot must not get their rights by it.
	if roles := rolesOf(s, taker); len(roles) > 0 && !sure {
		return c.secretly("asked before an account gets rights", "reply.account.confirm", bot.AccountConfirm{
			Account: c.accountLine(giver, other), Name: s.Code.Name, Roles: roles,
			Line: text{"!konto verbinden ", "!account link "}.in(lang(s)) + oneLine(c.args) + text{" ja", " yes"}.in(lang(s)),
		})
	}
	return use(c.join(s, giver, taker))
}

// join makes one person of who was given the code and who says it. The one whom the
// configuration names stays, else who answers for something, else who was given the code.
func (c call) join(s bot.Snapshot, giver, taker bot.Person) bot.Change {
	if giver.ID == "" {
		giver.Accounts = []bot.UserID{s.Code.User}
	}
	if taker.ID == "" {
		taker.Accounts = []bot.UserID{c.event.Sender}
	}
	stays, goes, joined := giver, taker, c.event.Sender
	rank := func(p bot.Person) int {
		switch {
		case configured(s, p):
			return 3
		case len(rolesOf(s, p)) > 0:
			return 2
		case p.ID != "":
			return 1
		}
		return 0
	}
	if rank(taker) > rank(giver) {
		stays, goes, joined = taker, giver, s.Code.User
	}
	if stays.ID == "" {
		stays = c.newcomer(s, stays)
	}
	stays = stays.Join(goes, s.Now)
	change := c.secretly("two accounts are one person's now", "reply.account.linked", bot.AccountsJoined{Person: stays, Lines: c.accountLines(stays, stays.Accounts), Now: s.Now})
	change.People = []bot.Person{stays}
	change.Merges = []bot.Merge{{From: goes.ID, Into: stays}}
	told := bot.AccountTold{Person: stays, Account: c.accountLine(stays, c.event.Sender)}
	change.Posts = append(change.Posts, c.toAccount(s.Code.User, told))
	told.Account = c.accountLine(stays, joined)
	told.Roles = rolesOf(s, stays)
	for _, r := range rolesOf(s, goes) {
		if !slices.Contains(told.Roles, r) {
			told.Roles = append(told.Roles, r)
		}
	}
	change.Posts = append(change.Posts, c.toPMO(s, told)...)
	return change
}

// newcomer is somebody whom the books did not know, with the first of the accounts.
func (c call) newcomer(s bot.Snapshot, p bot.Person) bot.Person {
	found := known(s, bot.Mention{User: p.Accounts[0], Name: s.Code.Name})
	found.Accounts = p.Accounts
	return found.Person
}

// unlink separates the account that asks, if it was joined by a code, else those that were
// joined to it.
func (c call) unlink(s bot.Snapshot) (bot.Change, error) {
	if c.args != "" {
		return bot.Change{}, c.refuse(s, "nothing", c.args)
	}
	var p bot.Person
	if s.Person != nil {
		p = *s.Person
	}
	gone := linked(p)
	if slices.Contains(gone, c.event.Sender) {
		gone = []bot.UserID{c.event.Sender}
	}
	if len(gone) == 0 {
		return c.refused("no account to separate", bot.AccountRefusal{Why: "none", Fixed: len(p.Accounts) > 1}), nil
	}
	left := p.Unlink(gone...)
	change := c.secretly("accounts are separated", "reply.account.unlinked", bot.AccountsParted{Person: left, Lines: c.accountLines(p, gone)})
	change.People = []bot.Person{left}
	told := bot.AccountTold{Off: true, Person: left, Account: c.accountLine(p, gone[0])}
	for _, u := range p.Accounts {
		if u != c.event.Sender {
			change.Posts = append(change.Posts, c.toAccount(u, told))
		}
	}
	told.Roles = rolesOf(s, left)
	change.Posts = append(change.Posts, c.toPMO(s, told)...)
	return change, nil
}

// toAccount tells another account of the same person what was done.
func (c call) toAccount(u bot.UserID, told bot.AccountTold) bot.Post {
	return bot.Post{Key: bot.NewKey("account", "told", string(c.event.ID), string(u)), Kind: bot.KindReply, User: u, Template: "account.told", Data: told}
}

// toPMO tells the PMO that an account has the rights of somebody who has a role.
func (c call) toPMO(s bot.Snapshot, told bot.AccountTold) (posts []bot.Post) {
	if len(told.Roles) == 0 {
		return nil
	}
	for _, room := range s.RoomsOf(bot.RoomPMO) {
		posts = append(posts, bot.Post{Key: bot.NewKey("account", "pmo", string(c.event.ID), string(room.ID)), Kind: bot.KindNote, Room: room.ID, Template: "account.pmo", Data: told})
	}
	return posts
}

// personWith is whose an account is; nobody's has no id.
func personWith(s bot.Snapshot, u bot.UserID) bot.Person {
	for _, p := range s.People {
		if p.Has(u) {
			return p
		}
	}
	return bot.Person{}
}

// configured reports whether the configuration says who somebody is.
func configured(s bot.Snapshot, p bot.Person) bool {
	for _, id := range s.Settings.Configured {
		if p.ID != "" && id == p.ID {
			return true
		}
	}
	return false
}

// rolesOf are somebody's roles, those among them that are only to come: in the city, for
// projects, and in networks.
func rolesOf(s bot.Snapshot, p bot.Person) (roles []bot.Role) {
	if p.ID == "" {
		return nil
	}
	for _, role := range []bot.Role{bot.RolePMO, bot.RoleDM, bot.RoleDIKON} {
		if slices.Contains(s.Settings.Roles[role], p.ID) {
			roles = append(roles, role)
		}
	}
	lead, deputy := false, false
	for _, project := range s.Projects {
		lead = lead || slices.Contains(project.Leads, p.ID)
		deputy = deputy || slices.ContainsFunc(project.Deputies, func(d bot.Deputy) bool { return d.Person == p.ID && !s.Today().After(d.Until) })
	}
	host := s.Hosts(p.ID) || slices.ContainsFunc(s.AllMeetups, func(m bot.Meetup) bool { return m.Hosting(p.ID) })
	for _, has := range []struct {
		it   bool
		role bot.Role
	}{{lead, bot.RoleLead}, {deputy, bot.RoleDeputy}, {host, bot.RoleHost}} {
		if has.it {
			roles = append(roles, has.role)
		}
	}
	return roles
}
