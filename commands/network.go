package commands

import (
	"cmp"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
	"lotse/bot/meetup"
)

func networkCommand() command {
	of := func(name string, words []string, usage, example text, may []bot.Role, decide func(call, bot.Snapshot) (bot.Change, error)) form {
		f := form{name: "network." + name, words: words, usage: []text{usage}, example: example, may: may, unbound: true, decide: decide}
		f.query = func(c call) bot.Query {
			q := withPeople(c, withMeetups(c))
			q.Archived, q.Members = true, name == "host"
			return q
		}
		return f
	}
	pmo := []bot.Role{bot.RolePMO}
	show := of("show", nil, text{"!netzwerk NETZWERK", "!network NETWORK"}, text{"!netzwerk digilotsen", "!network digilotsen"}, nil, call.showNetwork)
	show.name, show.open = "network", true
	return command{
		words: []string{"netzwerk", "network", "netzwerke", "networks"},
		about: "networks",
		forms: []form{
			show,
			of("new", []string{"neu", "new", "add", "anlegen"}, text{"!netzwerk neu NAME", "!network new NAME"},
				text{"!netzwerk neu Zentrale Dienste", "!network new Zentrale Dienste"}, pmo, call.newNetwork),
			of("rule", []string{"regel", "rule", "rhythmus", "rhythm"}, text{"!netzwerk regel NETZWERK WANN um UHRZEIT", "!network rule NETWORK WHEN at TIME"},
				text{"!netzwerk regel digilotsen erster Donnerstag im Monat um 10:00", "!network rule digilotsen first Thursday of the month at 10:00"}, hosts, call.ruleNetwork),
			of("length", []string{"dauer", "duration", "länge", "length"}, text{"!netzwerk dauer NETZWERK DAUER", "!network duration NETWORK DURATION"},
				text{"!netzwerk dauer digilotsen 60 min", "!network duration digilotsen 60 min"}, hosts, call.lengthNetwork),
			of("shift", []string{"feiertag", "holiday", "feiertage", "holidays", "frei"}, text{"!netzwerk feiertag NETZWERK WIE", "!network holiday NETWORK HOW"},
				text{"!netzwerk feiertag digilotsen davor", "!network holiday digilotsen previous"}, hosts, call.shiftNetwork),
			of("link", []string{"link", "link", "url"}, text{"!netzwerk link NETZWERK https://…", "!network link NETWORK https://…"},
				text{"!netzwerk link digilotsen https://bbb.example.org/lotsen", "!network link digilotsen https://bbb.example.org/lotsen"}, hosts, call.linkNetwork),
			of("host", []string{"gastgeber", "host", "gastgeberin", "gastgeber*in", "moderation"}, text{"!netzwerk gastgeber NETZWERK PERSON", "!network host NETWORK PERSON"},
				text{"!netzwerk gastgeber digilotsen @Hanna Beispiel", "!network host digilotsen @Hanna Beispiel"}, hosts, call.hostNetwork),
			of("name", []string{"name", "name", "umbenennen", "rename"}, text{"!netzwerk name NETZWERK NAME", "!network name NETWORK NAME"},
				text{"!netzwerk name digilotsen Digitallotsen", "!network name digilotsen Digital Guides"}, pmo, call.nameNetwork),
			of("archive", []string{"archiv", "archive", "archivieren", "schließen"}, text{"!netzwerk archiv NETZWERK", "!network archive NETWORK"},
				text{"!netzwerk archiv digilotsen", "!network archive digilotsen"}, pmo, call.archiveNetwork),
		},
	}
}

// networkCard is a network in a text, as it will be.
func networkCard(s bot.Snapshot, n bot.Network, what string) bot.NetworkCard {
	// What was only planned follows a new rule.
	s.Meetups = slices.DeleteFunc(slices.Clone(s.Meetups), func(m bot.Meetup) bool {
		return (m.State == bot.MeetupPlanned || m.Off) && !m.Extra && m.From.IsZero()
	})
	s.Network = &n
	card := bot.NetworkCard{
		What: what, ID: n.ID, Name: n.Name, Hosts: s.Persons(n.Hosts), Rule: n.Rule, At: n.At, Length: n.Length, Shift: n.Shift.Or(), Link: n.Link,
		Rooms: len(s.NetworkRooms),
	}
	if what == "host" {
		card.Silent, card.Outside = silent(card.Hosts), s.Outside(card.Hosts)
	}
	for _, m := range meetup.Next(s, 3) {
		if m.State != bot.MeetupCancelled {
			card.Next = append(card.Next, m.At.In(s.Settings.Zone))
		}
	}
	return card
}

// networkChanged ends a change of a network: its meetups follow by themselves.
func (c call) networkChanged(s bot.Snapshot, n bot.Network, what, undo string, people ...bot.Person) (bot.Change, error) {
	n.Origin = bot.FromChat
	change := bot.Change{Reason: "network changed: " + what, Networks: []bot.Network{n}, People: people}
	card := networkCard(s, n, what)
	card.Undo = undo
	change.Posts = append(change.Posts, bot.Reply(c.event, 0, "reply.network", card))
	return change, nil
}

// showNetwork shows a network.
func (c call) showNetwork(s bot.Snapshot) (bot.Change, error) {
	rest, err := c.ofNetwork(s)
	if err != nil {
		return bot.Change{}, err
	}
	if rest != "" {
		return bot.Change{}, c.strayWord(s)
	}
	return c.reply("network shown", "reply.network", networkCard(s, *s.Network, "")), nil
}

// newNetwork makes a network, or brings one back from the archive.
func (c call) newNetwork(s bot.Snapshot) (bot.Change, error) {
	name := oneLine(c.args)
	slug := bot.Slug(name)
	if slug == "" {
		return bot.Change{}, c.wrong(s, "network", name)
	}
	if err := bot.Short(name, maxName); err != nil {
		return bot.Change{}, err
	}
	for _, n := range s.Networks {
		if string(n.ID) != slug && bot.Slug(n.Name) != slug {
			continue
		}
		if !n.Archived {
			s.Network = &n
			return bot.Change{}, meetup.Refused(s, "known", time.Time{})
		}
		n.Archived = false
		return c.networkChanged(s, n, "new", c.undoNetwork(s, "archiv", "archive", n, ""))
	}
	n := bot.Network{ID: bot.NetworkID(slug), Name: name, Anchor: s.Today(), Length: 90 * time.Minute, Shift: s.Settings.Shift}
	s.Network, s.Meetups, s.NetworkRooms = nil, nil, nil
	return c.networkChanged(s, n, "new", c.undoNetwork(s, "archiv", "archive", n, ""))
}

// undoNetwork is a line that takes a change back.
func (c call) undoNetwork(s bot.Snapshot, de, en string, n bot.Network, value string) string {
	return strings.TrimSpace(text{"!netzwerk " + de + " ", "!network " + en + " "}.in(lang(s)) + string(n.ID) + " " + value)
}

// changesNetwork is what every change begins with: commands need the network to be there, and the asker to be its host.
func (c call) changesNetwork(s bot.Snapshot) (n bot.Network, rest string, err error) {
	if rest, err = c.ofNetwork(s); err != nil {
		return n, "", err
	}
	n = *s.Network
	n.Hosts = slices.Clone(n.Hosts)
	return n, rest, c.theirs(s, bot.Meetup{})
}

var fromDay = regexp.MustCompile(`(?i)\s+(?:ab|ab dem|from|starting)\s+(\S.*)$`)

// ruleNetwork says when a network meets.
func (c call) ruleNetwork(s bot.Snapshot) (bot.Change, error) {
	n, rest, err := c.changesNetwork(s)
	if err != nil {
		return bot.Change{}, err
	}
	before := n
	anchor := s.Today()
	if m := fromDay.FindStringSubmatchIndex(rest); m != nil {
		if day, err := calendar.ParseDay(rest[m[2]:m[3]], s.Today()); err == nil {
			anchor, rest = day, rest[:m[0]]
		}
	}
	at := n.At
	if m := clockEnd.FindStringSubmatchIndex(rest); m != nil {
		if at, err = calendar.ParseClock(rest[m[2]:m[3]]); err != nil {
			return bot.Change{}, c.wrong(s, "rule", rest)
		}
		rest = strings.TrimSpace(rest[:m[0]])
	} else if n.Rule == "" {
		return bot.Change{}, c.wrong(s, "rule", rest) // at what time?
	}
	rule, err := calendar.ParseRule(rest)
	if _, ok := errors.AsType[*calendar.InputError](err); ok {
		return bot.Change{}, c.wrong(s, "rule", rest)
	}
	n.Rule, n.At, n.Anchor = rule, at, anchor
	if !meetup.Meets(s, n) {
		return bot.Change{}, meetup.Refused(s, "norule", time.Time{})
	}
	undo := ""
	if before.Rule != "" {
		undo = c.undoNetwork(s, "regel", "rule", n, before.Rule+text{" um ", " at "}.in(lang(s))+before.At.String())
	}
	return c.networkChanged(s, n, "rule", undo)
}

// lengthNetwork says how long a network's meetups take.
func (c call) lengthNetwork(s bot.Snapshot) (bot.Change, error) {
	n, rest, err := c.changesNetwork(s)
	if err != nil {
		return bot.Change{}, err
	}
	length, ok := readLength(rest)
	if !ok {
		return bot.Change{}, c.wrong(s, "length", rest)
	}
	undo := c.undoNetwork(s, "dauer", "duration", n, strconv.Itoa(int(n.Length.Minutes()))+" min")
	n.Length = length
	return c.networkChanged(s, n, "length", undo)
}

// What a meetup may take: less is a slip.
const (
	shortest = 10 * time.Minute
	longest  = 12 * time.Hour
)

var (
	inMinutes = regexp.MustCompile(`^(\d{1,3}) ?(?:m|min\.?|minuten?|minutes?)?$`)
	inHours   = regexp.MustCompile(`^(\d{1,2})(?:[.,](\d))? ?(?:h|std\.?|stunden?|hours?)$`)
	inBoth    = regexp.MustCompile(`^(\d{1,2})(?::| ?(?:h|std\.?|stunden?|hours?) ?(?:und |and )?)([0-5]\d) ?(?:m|min\.?|minuten|minutes|h|std\.?|stunden|hours)?$`)
)

// readLength reads how long a meetup takes: «90», «60 min», «1,5 Stunden», «1 h 30», «1:30».
func readLength(words string) (length time.Duration, ok bool) {
	number := func(digits string) time.Duration {
		n, _ := strconv.Atoi(digits)
		return time.Duration(n)
	}
	words = fold(oneLine(words))
	if m := inMinutes.FindStringSubmatch(words); m != nil {
		length = number(m[1]) * time.Minute
	} else if m := inHours.FindStringSubmatch(words); m != nil {
		length = number(m[1])*time.Hour + number(m[2])*time.Hour/10
	} else if m := inBoth.FindStringSubmatch(words); m != nil {
		length = number(m[1])*time.Hour + number(m[2])*time.Minute
	}
	return length, length >= shortest && length <= longest
}

// shiftNetwork says what becomes of a date on a day off.
func (c call) shiftNetwork(s bot.Snapshot) (bot.Change, error) {
	n, rest, err := c.changesNetwork(s)
	if err != nil {
		return bot.Change{}, err
	}
	shift, ok := bot.ParseShift(rest)
	if !ok {
		return bot.Change{}, c.wrong(s, "shift", rest)
	}
	undo := c.undoNetwork(s, "feiertag", "holiday", n, bot.ShiftWord(n.Shift, lang(s)))
	n.Shift = shift
	return c.networkChanged(s, n, "shift", undo)
}

// nameNetwork gives a network another name. Its id stays, and with it all that is its.
func (c call) nameNetwork(s bot.Snapshot) (bot.Change, error) {
	n, rest, err := c.changesNetwork(s)
	if err != nil {
		return bot.Change{}, err
	}
	name := oneLine(rest)
	slug := bot.Slug(name)
	if slug == "" {
		return bot.Change{}, c.wrong(s, "network", name)
	}
	if err := bot.Short(name, maxName); err != nil {
		return bot.Change{}, err
	}
	for _, other := range s.Networks {
		if other.ID != n.ID && (string(other.ID) == slug || bot.Slug(other.Name) == slug) {
			s.Network = &other
			return bot.Change{}, meetup.Refused(s, "known", time.Time{})
		}
	}
	undo := c.undoNetwork(s, "name", "name", n, n.Name)
	n.Name = name
	return c.networkChanged(s, n, "name", undo)
}

// linkNetwork says where a network meets.
func (c call) linkNetwork(s bot.Snapshot) (bot.Change, error) {
	n, rest, err := c.changesNetwork(s)
	if err != nil {
		return bot.Change{}, err
	}
	link := strings.Trim(strings.TrimSpace(rest), "<>")
	switch {
	case link == "":
		return bot.Change{}, c.wrong(s, "value.link", "")
	case !bot.Secure(link):
		return bot.Change{}, meetup.Refused(s, "link", time.Time{})
	}
	undo := ""
	if n.Link != "" {
		undo = c.undoNetwork(s, "link", "link", n, n.Link)
	}
	n.Link = link
	return c.networkChanged(s, n, "link", undo)
}

// hostNetwork says who invites.
func (c call) hostNetwork(s bot.Snapshot) (bot.Change, error) {
	n, rest, err := c.changesNetwork(s)
	if err != nil {
		return bot.Change{}, err
	}
	list, err := c.persons(s, rest)
	if err != nil {
		return bot.Change{}, err
	}
	undo := ""
	var names []string
	for _, p := range s.Persons(n.Hosts) {
		names = append(names, cmp.Or(p.Name, string(p.ID)))
	}
	if len(names) > 0 {
		undo = c.undoNetwork(s, "gastgeber", "host", n, strings.Join(names, ", "))
	}
	ids, fresh := introduced(&s, list)
	n.Hosts = ids
	return c.networkChanged(s, n, "host", undo, fresh...)
}

// archiveNetwork ends a network: nothing is planned for it any more.
func (c call) archiveNetwork(s bot.Snapshot) (bot.Change, error) {
	n, rest, err := c.changesNetwork(s)
	switch {
	case err != nil:
		return bot.Change{}, err
	case rest != "":
		return bot.Change{}, c.strayWord(s)
	}
	n.Archived = true
	return c.networkChanged(s, n, "archived", c.undoNetwork(s, "neu", "new", n, ""))
}
