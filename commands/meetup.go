package commands

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
	"lotse/bot/meetup"
)

// hosts may look after a network's meetups.
var hosts = []bot.Role{bot.RolePMO, bot.RoleHost}

func meetupCommand() command {
	of := func(name string, words []string, usage, example text, decide func(call, bot.Snapshot) (bot.Change, error)) form {
		return form{
			name: "meetup." + name, words: words, usage: []text{usage}, example: example, may: hosts, unbound: true,
			query: withMeetups, decide: decide,
		}
	}
	people := func(f form) form {
		f.query = func(c call) bot.Query {
			q := withPeople(c, withMeetups(c))
			q.Members = true
			return q
		}
		return f
	}
	return command{
		words: []string{"meetup", "meetup", "meetups"},
		about: "meetups",
		forms: append([]form{
			{
				name: "meetup", usage: []text{{"!meetup", "!meetup"}, {"!meetup NETZWERK", "!meetup NETWORK"}},
				example: text{"!meetup", "!meetup"}, unbound: true, query: withMeetups, decide: call.meetups,
			},
			of("move", []string{"verschieben", "move", "verlegen"},
				text{"!meetup verschieben DATUM auf DATUM UHRZEIT weil …", "!meetup move DATE to DATE TIME because …"},
				text{"!meetup verschieben auf 8.12. 10:00 weil der Raum belegt ist", "!meetup move to 8.12. 10:00 because the room is taken"}, call.moveMeetup),
			of("cancel", []string{"absagen", "cancel", "ausfallen", "streichen"},
				text{"!meetup absagen DATUM weil …", "!meetup cancel DATE because …"},
				text{"!meetup absagen weil alle auf der Messe sind", "!meetup cancel because everybody is at the fair"}, call.cancelMeetup),
			of("new", []string{"neu", "new", "extra", "add", "zusätzlich"},
				text{"!meetup neu DATUM UHRZEIT", "!meetup new DATE TIME"}, text{"!meetup neu 16.12. 10:00", "!meetup new 16.12. 10:00"}, call.addMeetup),
			of("link", []string{"link", "link", "url", "adresse"},
				text{"!meetup link DATUM https://…", "!meetup link DATE https://…"},
				text{"!meetup link https://bbb.example.org/lotsen", "!meetup link https://bbb.example.org/lotsen"}, call.linkMeetup),
			people(of("host", []string{"gastgeber", "host", "gastgeberin", "gastgeber*in", "moderation"},
				text{"!meetup gastgeber DATUM PERSON", "!meetup host DATE PERSON"},
				text{"!meetup gastgeber @Hanna Beispiel", "!meetup host @Hanna Beispiel"}, call.hostMeetup)),
		}, meetupTopics()...),
	}
}

// withMeetups is what the meetup commands need: the network that is named or whose room it
// is, and what it may fall together with.
func withMeetups(c call) bot.Query {
	return bot.Query{NetworkName: cmp.Or(c.args, "-"), Meetups: true, AllMeetups: true, AllNetworks: true, Rounds: true}
}

// hosting reports whether the acting person is a host here: of the network, or of one of its
// meetups.
func hosting(s bot.Snapshot) bool {
	if s.Person == nil || s.Network == nil {
		return false
	}
	return s.Network.Hosting(s.Person.ID) || slices.ContainsFunc(s.Meetups, func(m bot.Meetup) bool { return m.Hosting(s.Person.ID) })
}

// ofNetwork cuts the network's name off the arguments; a network has to be there.
func (c call) ofNetwork(s bot.Snapshot) (rest string, err error) {
	switch {
	case s.Network == nil && len(s.Networks) == 0:
		return "", meetup.Refused(s, "nobody", time.Time{})
	case s.Network == nil:
		return "", meetup.Refused(s, "network", time.Time{})
	}
	for _, r := range bot.Readings(c.args) {
		if r.Slug == string(s.Network.ID) || r.Slug == bot.Slug(s.Network.Name) {
			return r.Rest, nil
		}
	}
	return c.args, nil
}

// theirs refuses a meetup of which the asker is no host, unless they are of the PMO.
func (c call) theirs(s bot.Snapshot, m bot.Meetup) error {
	if s.Is(bot.RolePMO) || s.Person != nil && (s.Network.Hosting(s.Person.ID) || m.Hosting(s.Person.ID)) {
		return nil
	}
	return c.forbidden(s)
}

// pickMeetup finds the meetup a person means: by its date, or without one the next.
func (c call) pickMeetup(s bot.Snapshot, text string) (bot.Meetup, error) {
	text = strings.TrimSpace(spanFrom.ReplaceAllString(text, ""))
	all := meetup.Next(s, 24)
	day, err := calendar.ParseDay(text, s.Today())
	if text != "" && err != nil {
		return bot.Meetup{}, c.wrong(s, "meetupdate", text)
	}
	for _, on := range []func(bot.Meetup) calendar.Date{
		func(m bot.Meetup) calendar.Date { return calendar.DateOf(m.At.In(s.Settings.Zone)) },
		func(m bot.Meetup) calendar.Date { return m.Planned },
	} {
		for _, m := range all {
			if m.State.Ahead() && (text == "" || on(m) == day) {
				return m, c.theirs(s, m)
			}
		}
	}
	for _, m := range slices.Concat(all, s.Meetups) {
		if text != "" && calendar.DateOf(m.At.In(s.Settings.Zone)) == day {
			why := "over"
			if m.State == bot.MeetupCancelled {
				why = "cancelled"
			}
			return bot.Meetup{}, meetup.Refused(s, why, m.At)
		}
	}
	if text == "" {
		return bot.Meetup{}, meetup.Refused(s, "none", time.Time{})
	}
	return bot.Meetup{}, c.wrong(s, "meetupdate", text)
}

// meetupsShown is how many meetups ahead are listed.
const meetupsShown = 6

// meetups lists the next ones, of the network that is named or whose room it is, else of all.
func (c call) meetups(s bot.Snapshot) (bot.Change, error) {
	data := bot.MeetupList{Manage: s.Is(bot.RolePMO) || hosting(s), Now: s.Now}
	if s.Network != nil && (s.Room.Kind == bot.RoomNetwork || c.args != "") {
		if rest, _ := c.ofNetwork(s); rest != "" {
			return bot.Change{}, c.strayWord(s)
		}
		data.Network = s.Network.Name
		for _, m := range meetup.Next(s, meetupsShown) {
			data.Lines = append(data.Lines, meetup.Line(s, m))
		}
		return c.reply("meetups shown", "reply.meetups", data), nil
	}
	if c.args != "" {
		return bot.Change{}, c.strayWord(s)
	}
	data.Lines = nextOfAll(s)
	return c.reply("meetups shown", "reply.meetups", data), nil
}

// strayWord is the error for words behind !meetup that mean nothing.
func (c call) strayWord(s bot.Snapshot) error {
	if c.near != "" {
		return c.unknown()
	}
	return meetup.Refused(s, "network", time.Time{})
}

// nextOfAll are the next meetups of all networks. The snapshot needs AllMeetups and
// AllNetworks.
func nextOfAll(s bot.Snapshot) (lines []bot.MeetupLine) {
	for _, m := range s.AllMeetups {
		if len(lines) < meetupsShown {
			lines = append(lines, meetup.Line(s, m))
		}
	}
	return lines
}

// moveMeetup gives a meetup another date.
func (c call) moveMeetup(s bot.Snapshot) (bot.Change, error) {
	rest, err := c.ofNetwork(s)
	if err != nil {
		return bot.Change{}, err
	}
	rest, reason := splitReason(rest)
	from, to := "", rest
	if at := toWord.FindStringIndex(rest); at != nil {
		from, to = strings.TrimSpace(rest[:at[0]]), rest[at[1]:]
	}
	if to == "" {
		return bot.Change{}, c.wrong(s, "move", "")
	}
	m, err := c.pickMeetup(s, from)
	if err != nil {
		return bot.Change{}, err
	}
	day, clock, ok := readMoment(to, s.Today(), clockOf(s, m.At))
	if !ok {
		return bot.Change{}, c.wrong(s, "move", to)
	}
	if err := bot.Short(reason, s.Settings.MaxText); err != nil {
		return bot.Change{}, err
	}
	at := day.At(clock, s.Settings.Zone)
	change, err := meetup.Move(s, c.event, m, at, reason)
	if err != nil {
		return bot.Change{}, err
	}
	german := lang(s) != bot.English
	data := bot.MeetupChanged{
		What: "moved", At: at, Old: m.At.In(s.Settings.Zone), Reason: reason,
		Undo: text{"!meetup verschieben ", "!meetup move "}.in(lang(s)) + c.named(s) + dayIn(day, german) + text{" auf ", " to "}.in(lang(s)) + momentIn(m.At.In(s.Settings.Zone), german),
	}
	return c.meetupTold(s, change, m, data), nil
}

// named is the network's name as it has to be typed where its room does not say it.
func (c call) named(s bot.Snapshot) string {
	if s.Room.Kind == bot.RoomNetwork && bot.NetworkSlug(s.Room.Network) == s.Network.ID || len(s.Networks) == 1 {
		return ""
	}
	return string(s.Network.ID) + " "
}

// cancelMeetup calls a meetup off.
func (c call) cancelMeetup(s bot.Snapshot) (bot.Change, error) {
	rest, err := c.ofNetwork(s)
	if err != nil {
		return bot.Change{}, err
	}
	rest, reason := splitReason(rest)
	m, err := c.pickMeetup(s, rest)
	if err != nil {
		return bot.Change{}, err
	}
	if err := bot.Short(reason, s.Settings.MaxText); err != nil {
		return bot.Change{}, err
	}
	change, err := meetup.Cancel(s, c.event, m, reason)
	if err != nil {
		return bot.Change{}, err
	}
	at := m.At.In(s.Settings.Zone)
	data := bot.MeetupChanged{What: "cancelled", At: at, Reason: reason, Undo: text{"!meetup neu ", "!meetup new "}.in(lang(s)) + c.named(s) + momentIn(at, lang(s) != bot.English)}
	return c.meetupTold(s, change, m, data), nil
}

// addMeetup adds a single meetup.
func (c call) addMeetup(s bot.Snapshot) (bot.Change, error) {
	rest, err := c.ofNetwork(s)
	if err != nil {
		return bot.Change{}, err
	}
	if err := c.theirs(s, bot.Meetup{}); err != nil {
		return bot.Change{}, err
	}
	if rest == "" {
		return bot.Change{}, c.wrong(s, "newmeetup", "")
	}
	none := calendar.Clock{Hour: -1}
	usual := none
	if s.Network.Rule != "" {
		usual = s.Network.At
	}
	day, clock, ok := readMoment(spanFrom.ReplaceAllString(rest, ""), s.Today(), usual)
	if !ok || clock == none {
		return bot.Change{}, c.wrong(s, "newmeetup", rest)
	}
	at := day.At(clock, s.Settings.Zone)
	change, err := meetup.Add(s, c.event, at)
	if err != nil || len(change.Meetups) == 0 {
		return change, err
	}
	m := change.Meetups[0]
	data := bot.MeetupChanged{What: "added", At: at, Undo: text{"!meetup absagen ", "!meetup cancel "}.in(lang(s)) + c.named(s) + dayIn(day, lang(s) != bot.English)}
	if m.Version > 0 {
		data.What = "again"
	}
	return c.meetupTold(s, change, m, data), nil
}

// linkMeetup gives a meetup another link.
func (c call) linkMeetup(s bot.Snapshot) (bot.Change, error) {
	rest, err := c.ofNetwork(s)
	if err != nil {
		return bot.Change{}, err
	}
	words := strings.Fields(rest)
	if len(words) == 0 {
		return bot.Change{}, c.wrong(s, "value.link", "")
	}
	link := strings.Trim(words[len(words)-1], "<>")
	m, err := c.pickMeetup(s, strings.Join(words[:len(words)-1], " "))
	if err != nil {
		return bot.Change{}, err
	}
	if !bot.Secure(link) {
		return bot.Change{}, meetup.Refused(s, "link", m.At)
	}
	change, err := meetup.SetLink(s, c.event, m, link)
	if err != nil {
		return bot.Change{}, err
	}
	at := m.At.In(s.Settings.Zone)
	data := bot.MeetupChanged{What: "link", At: at, Link: link}
	if m.Link != "" {
		data.Undo = "!meetup link " + c.named(s) + dayIn(calendar.DateOf(at), lang(s) != bot.English) + " " + m.Link
	}
	return c.meetupTold(s, change, m, data), nil
}

// hostMeetup gives a meetup other hosts.
func (c call) hostMeetup(s bot.Snapshot) (bot.Change, error) {
	rest, err := c.ofNetwork(s)
	if err != nil {
		return bot.Change{}, err
	}
	when, who := "", rest
	for _, cut := range cuts(rest) { // a date in front of the people
		if _, err := calendar.ParseDay(cut[0], s.Today()); err == nil {
			when, who = cut[0], cut[1]
			break
		}
	}
	m, err := c.pickMeetup(s, when)
	if err != nil {
		return bot.Change{}, err
	}
	list, err := c.persons(s, who)
	if err != nil {
		return bot.Change{}, err
	}
	ids, fresh := introduced(&s, list)
	change, err := meetup.SetHosts(s, c.event, m, ids)
	if err != nil {
		return bot.Change{}, err
	}
	change.People = append(change.People, fresh...)
	at, all := m.At.In(s.Settings.Zone), s.Persons(ids)
	data := bot.MeetupChanged{What: "hosts", At: at, Hosts: all, Silent: silent(all), Outside: s.Outside(all)}
	if before := s.Persons(m.Hosts); len(before) > 0 {
		var names []string
		for _, p := range before {
			names = append(names, p.Name)
		}
		data.Undo = text{"!meetup gastgeber ", "!meetup host "}.in(lang(s)) + c.named(s) + dayIn(calendar.DateOf(at), lang(s) != bot.English) + " " + strings.Join(names, ", ")
	}
	return c.meetupTold(s, change, m, data), nil
}

// silent reports whether none of the hosts can be asked for what is to be kept.
func silent(hosts []bot.Person) bool {
	return !slices.ContainsFunc(hosts, func(p bot.Person) bool { return len(p.Accounts) > 0 })
}

// cuts are the ways to cut a text into its first words and the rest, the longest beginning
// of three words first.
func cuts(text string) (all [][2]string) {
	words := strings.Fields(text)
	for n := min(3, len(words)-1); n > 0; n-- {
		all = append(all, [2]string{strings.TrimRight(strings.Join(words[:n], " "), ",:"), strings.Join(words[n:], " ")})
	}
	return all
}

// meetupTold ends a change of a meetup: when it is announced, and a hint if the day is one
// off.
func (c call) meetupTold(s bot.Snapshot, change bot.Change, was bot.Meetup, data bot.MeetupChanged) bot.Change {
	data.Network, data.Rooms = s.Network.Name, len(s.NetworkRooms)
	data.Told = !was.Announced.IsZero()
	data.Here = data.Told && slices.ContainsFunc(s.NetworkRooms, func(r bot.Room) bool { return r.ID == c.event.Room })
	for _, t := range change.Timers {
		if t.Kind == bot.TimerAnnounce && t.At.After(s.Now) {
			data.Announce = t.At.In(s.Settings.Zone)
		}
	}
	if day := calendar.DateOf(data.At); data.What != "cancelled" && !s.Settings.Days.Working(day) {
		data.DayOff, _ = s.Settings.Days.Holiday(day)
		data.Weekend = data.DayOff == ""
	}
	change.Posts = append(change.Posts, bot.Reply(c.event, 1, "reply.meetup", data))
	return change
}
