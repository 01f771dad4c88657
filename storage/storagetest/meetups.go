package storagetest

import (
	"fmt"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
)

const roomLotsen bot.RoomID = "test:!lotsen"

// meetup is one of a network, so many days from the desk's first day, at ten o'clock there.
func (d *desk) meetup(network bot.NetworkID, days int, state bot.MeetupState) bot.Meetup {
	at := time.Date(2026, 11, 18+days, 9, 0, 0, 0, time.UTC)
	day := calendar.DateOf(at)
	return bot.Meetup{
		ID: bot.MeetupID(fmt.Sprintf("%s-%s", network, day)), Network: network, Planned: day, At: at, Zone: "Europe/Berlin", Length: 90 * time.Minute, State: state,
	}
}

// networks has two networks, Digilotsen with a room, and a room of each that the bot is not in.
func (d *desk) networks() {
	d.city()
	d.commit(bot.Change{
		People: []bot.Person{{ID: "hanna", Name: "Hanna Gastgeberin", Accounts: []bot.UserID{"test:@hanna"}}},
		Networks: []bot.Network{
			{ID: "digilotsen", Name: "Digilotsen", Hosts: []bot.PersonID{"hanna"}, Rule: "FREQ=MONTHLY;BYDAY=1TH", Length: 90 * time.Minute},
			{ID: "it", Name: "IT-Verantwortliche"},
		},
		Rooms: []bot.Room{
			{ID: roomLotsen, Kind: bot.RoomNetwork, Network: "Digilotsen", Joined: true}, {ID: "test:!lotsen2", Kind: bot.RoomNetwork, Network: "digilotsen"},
			{ID: "test:!it", Kind: bot.RoomNetwork, Network: "IT", Joined: true},
		},
	})
}

func meetupIDs(rows []bot.Meetup) string {
	return ids(rows, func(m bot.Meetup) bot.MeetupID { return m.ID })
}

var meetupPromises = map[string]func(*desk){
	"it comes back as it went in": func(d *desk) {
		d.networks()
		said := func(text string) bot.Said {
			return bot.Said{Text: text, User: "test:@lotsin", Message: bot.MessageID("test:$" + text), At: d.now}
		}
		want := d.meetup("digilotsen", 15, bot.MeetupAnnounced)
		want.Link, want.Hosts, want.OwnLink, want.OwnHosts = "https://bbb.example/x", []bot.PersonID{"hanna"}, true, true
		want.From, want.Shifted, want.Extra, want.Reason, want.Sequence = d.now, "Feiertag", true, said("weil"), 3
		want.Moves, want.Announced, want.Told = 1, d.now, []bot.MeetupSay{bot.SaidAgenda}
		want.Topics = []bot.Topic{{N: 2, Said: said("eAkte"), Votes: []bot.TopicVote{{Voter: bot.Voter{User: "test:@a"}, Message: "test:$a"}, {Voter: bot.Voter{User: "test:@hanna", Person: "hanna"}}}, Carried: 1, Minutes: 20, Rank: 1, Dropped: true, Dealt: true}}
		want.Coming = []bot.Coming{{Voter: bot.Voter{User: "test:@a"}, Answer: bot.ComingYes, Message: "test:$r", At: d.now}}
		want.Plan, want.Participants, want.Summary, want.Links = bot.ComingCount{Yes: 4, No: 1, Maybe: 2}, 41, said("schön"), []bot.Said{said("https://wiki.example")}
		d.commit(bot.Change{Meetups: []bot.Meetup{want}})
		got := d.load(bot.Query{Meetup: want.ID})
		d.same("meetup", got.Meetup, want)
		if got.Meetup.Version == 0 || got.Network == nil || got.Network.ID != "digilotsen" || got.Network.Version == 0 {
			d.Errorf("loaded with the meetup: version %d, network %+v", got.Meetup.Version, got.Network)
		}
		if got.People["hanna"].Name == "" {
			d.Error("the host is not among the people")
		}
		if got := ids(got.NetworkRooms, func(r bot.Room) bot.RoomID { return r.ID }); got != "[test:!lotsen test:!net]" {
			d.Errorf("the network's rooms are %s", got)
		}
	},
	"the network is the one named, what it is about, or the room's": func(d *desk) {
		d.networks()
		past, soon, later := d.meetup("digilotsen", -9, bot.MeetupDone), d.meetup("digilotsen", 15, bot.MeetupAnnounced), d.meetup("digilotsen", 43, bot.MeetupPlanned)
		other := d.meetup("it", 3, bot.MeetupPlanned)
		ref := func(id bot.MessageID, subject bot.Subject) bot.Ref {
			return bot.Ref{Message: id, Room: roomLotsen, Subject: subject}
		}
		d.commit(bot.Change{Meetups: []bot.Meetup{later, past, soon, other}, Refs: []bot.Ref{
			ref("test:$past", bot.Subject{Network: "digilotsen", Meetup: past.ID}), ref("test:$it", bot.Subject{Network: "it"}),
		}})
		for what, c := range map[string]struct {
			q               bot.Query
			network, meetup string
		}{
			"nothing":                     {bot.Query{Room: roomA}, "", ""},
			"its room":                    {bot.Query{Room: roomLotsen}, "digilotsen", string(soon.ID)},
			"its room, by the name's id":  {bot.Query{Room: "test:!lotsen2"}, "digilotsen", string(soon.ID)},
			"a name":                      {bot.Query{Room: roomLotsen, NetworkName: "IT-Verantwortliche am Freitag"}, "it", string(other.ID)},
			"an id":                       {bot.Query{NetworkName: "it morgen"}, "it", string(other.ID)},
			"no name in a room":           {bot.Query{Room: roomLotsen, NetworkName: "morgen"}, "digilotsen", string(soon.ID)},
			"no name and several":         {bot.Query{Room: roomPMO, NetworkName: "morgen"}, "", ""},
			"what a message is about":     {bot.Query{Room: roomA, Target: "test:$past"}, "digilotsen", string(past.ID)},
			"… in another network's room": {bot.Query{Room: roomLotsen, Thread: "test:$it"}, "it", string(other.ID)},
			"a meetup":                    {bot.Query{Room: roomLotsen, Meetup: other.ID}, "it", string(other.ID)},
			"a network":                   {bot.Query{Room: roomLotsen, Network: "it"}, "it", string(other.ID)},
			"one that there is not":       {bot.Query{Network: "nobody"}, "", ""},
		} {
			s := d.load(c.q)
			network, meetup := "", ""
			if s.Network != nil {
				network = string(s.Network.ID)
			}
			if s.Meetup != nil {
				meetup = string(s.Meetup.ID)
			}
			if network != c.network || meetup != c.meetup {
				d.Errorf("%s: network %q and meetup %q, want %q and %q", what, network, meetup, c.network, c.meetup)
			}
		}
		n := *d.load(bot.Query{Network: "it"}).Network
		n.Archived = true
		d.commit(bot.Change{Networks: []bot.Network{n}})
		if s := d.load(bot.Query{Room: roomPMO, NetworkName: "morgen"}); s.Network == nil || s.Network.ID != "digilotsen" {
			d.Errorf("the only network left is not it: %+v", s.Network)
		}
	},
	"a plain message in a direct chat is for the meetup that waits for it": func(d *desk) {
		d.networks()
		m, last := d.meetup("digilotsen", -1, bot.MeetupOver), d.meetup("it", -20, bot.MeetupOver)
		m.Asks, last.Asks = "test:@hanna", "test:@hanna"
		direct := bot.Room{ID: "test:!hanna", Kind: bot.RoomDirect, User: "test:@hanna", Joined: true}
		d.commit(bot.Change{Meetups: []bot.Meetup{last, m}, Rooms: []bot.Room{direct}})
		for what, c := range map[string]struct {
			q    bot.Query
			want bool
		}{
			"plain":          {bot.Query{Room: direct.ID, User: "test:@hanna"}, true},
			"a reply":        {bot.Query{Room: direct.ID, User: "test:@hanna", ReplyTo: "test:$x"}, false},
			"of another":     {bot.Query{Room: direct.ID, User: maria}, false},
			"in a room":      {bot.Query{Room: roomA, User: "test:@hanna"}, false},
			"with a project": {bot.Query{Room: direct.ID, User: "test:@hanna", Project: "a"}, false},
		} {
			if s := d.load(c.q); (s.Meetup != nil && s.Meetup.ID == m.ID) != c.want {
				d.Errorf("%s: the meetup is %+v", what, s.Meetup)
			}
		}
	},
	"lists": func(d *desk) {
		d.networks()
		past, off, soon, started := d.meetup("digilotsen", -9, bot.MeetupOver), d.meetup("digilotsen", 43, bot.MeetupCancelled), d.meetup("digilotsen", 15, bot.MeetupPlanned), d.meetup("it", 0, bot.MeetupStarted)
		d.commit(bot.Change{Meetups: []bot.Meetup{off, past, soon, started}})
		s := d.load(bot.Query{Room: roomLotsen, Meetups: true, AllMeetups: true, AllNetworks: true})
		if got, want := meetupIDs(s.Meetups), "[digilotsen-2026-11-09 digilotsen-2026-12-03 digilotsen-2026-12-31]"; got != want {
			d.Errorf("the network's are %s, want %s", got, want)
		}
		if got, want := meetupIDs(s.AllMeetups), "[it-2026-11-18 digilotsen-2026-12-03]"; got != want {
			d.Errorf("all that are open are %s, want %s", got, want)
		}
		if got := ids(s.Networks, func(n bot.Network) bot.NetworkID { return n.ID }); got != "[digilotsen it]" {
			d.Errorf("networks are %s", got)
		}
	},
	"however many were called off, those ahead are listed": func(d *desk) {
		d.networks()
		var all []bot.Meetup
		for day := -60; day < 60; day++ {
			state := bot.MeetupCancelled
			if day < 0 {
				state = bot.MeetupDone
			}
			all = append(all, d.meetup("digilotsen", day, state))
		}
		d.commit(bot.Change{Meetups: all})
		off, done := 0, 0
		for _, m := range d.load(bot.Query{Room: roomLotsen, Meetups: true}).Meetups {
			if m.State == bot.MeetupCancelled {
				off++
			} else {
				done++
			}
		}
		if off != 60 || done < 12 || done >= 60 {
			d.Errorf("there are %d that were called off and %d that took place, want 60 and some", off, done)
		}
	},
	"found by all words, the newest first": func(d *desk) {
		d.networks()
		var all []bot.Meetup
		for i, text := range []string{"Die eAkte kommt", "EAKTE, und Übung\nmacht den Meister", "Prozent: 100 % und _x_"} {
			m := d.meetup("digilotsen", -10+i, bot.MeetupDone)
			m.Summary = bot.Said{Text: text, By: "hanna"}
			all = append(all, m)
		}
		other, ahead := d.meetup("it", -1, bot.MeetupOver), d.meetup("digilotsen", 15, bot.MeetupPlanned)
		other.Topics, ahead.Topics = []bot.Topic{{Said: bot.Said{Text: "eakte in der IT"}}}, []bot.Topic{{Said: bot.Said{Text: "eAkte"}}}
		d.commit(bot.Change{Meetups: append(all, other, ahead)})
		for _, c := range []struct {
			find bot.MeetupSearch
			want string
		}{
			{bot.MeetupSearch{Words: []string{"eakte"}, Limit: 9}, "[it-2026-11-17 digilotsen-2026-11-09 digilotsen-2026-11-08]"},
			{bot.MeetupSearch{Words: []string{"eakte"}, Limit: 1}, "[it-2026-11-17]"},
			{bot.MeetupSearch{Words: []string{"eakte"}, Network: "digilotsen", Limit: 9}, "[digilotsen-2026-11-09 digilotsen-2026-11-08]"},
			{bot.MeetupSearch{Words: []string{"meister", "eAkte"}, Limit: 9}, "[digilotsen-2026-11-09]"},
			{bot.MeetupSearch{Words: []string{"uebung"}, Limit: 9}, "[digilotsen-2026-11-09]"},
			{bot.MeetupSearch{Words: []string{"%"}, Limit: 9}, "[digilotsen-2026-11-10]"},
			{bot.MeetupSearch{Words: []string{"eakte"}, Before: all[1].At, Limit: 9}, "[digilotsen-2026-11-08]"},
			{bot.MeetupSearch{Words: []string{"nichts"}, Limit: 9}, "[]"},
		} {
			if got := meetupIDs(d.load(bot.Query{Find: &c.find}).Found); got != c.want {
				d.Errorf("%+v finds %s, want %s", c.find, got, c.want)
			}
		}
	},
}
