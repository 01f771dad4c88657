package commands

import (
	"slices"

	"lotse/bot"
)

func roomCommand() command {
	pmo := []bot.Role{bot.RolePMO}
	room := func(name string, words []string, usage, example text, query func(call) bot.Query, decide func(call, bot.Snapshot) (bot.Change, error)) form {
		return form{name: name, words: words, usage: []text{usage}, example: example, may: pmo, unbound: true, query: query, decide: decide}
	}
	kind := func(kind bot.RoomKind, words []string) form {
		return room("room."+string(kind), words,
			text{"!raum " + words[0], "!room " + words[1]}, text{"!raum " + words[0], "!room " + words[1]}, nil,
			func(c call, s bot.Snapshot) (bot.Change, error) {
				if c.args != "" {
					return bot.Change{}, c.refuse(s, "nothing", c.args)
				}
				return c.bind(s, bot.Room{Kind: kind}, bot.Project{})
			})
	}
	return command{
		words: []string{"raum", "room"},
		about: "rooms",
		forms: []form{
			room("room", nil, text{"!raum", "!room"}, text{"!raum", "!room"}, nil, call.showRoom),
			room("room.project", []string{"projekt", "project"},
				text{"!raum projekt PROJEKT", "!room project PROJECT"}, text{"!raum projekt serviceportal", "!room project serviceportal"},
				func(c call) bot.Query {
					return bot.Query{Name: c.args, NameFirst: true, AllProjects: true, Archived: true}
				}, call.bindProject),
			kind(bot.RoomPMO, []string{"pmo", "pmo"}),
			kind(bot.RoomDM, []string{"dm", "dm"}),
			kind(bot.RoomDIKON, []string{"dikon", "dikon"}),
			room("room.network", []string{"netzwerk", "network"},
				text{"!raum netzwerk NAME", "!room network NAME"}, text{"!raum netzwerk Digilotsen", "!room network Digilotsen"},
				func(call) bot.Query { return bot.Query{AllNetworks: true} }, call.bindNetwork),
			{
				name: "room.language", words: []string{"sprache", "language"},
				usage:   []text{{"!raum sprache de", "!room language en"}},
				example: text{"!raum sprache de-du", "!room language en"},
				may:     []bot.Role{bot.RolePMO, bot.RoleDM, bot.RoleDIKON, bot.RoleLead, bot.RoleDeputy},
				unbound: true,
				offered: call.choosesLanguage,
				decide:  call.roomLanguage,
			},
			room("room.free", []string{"frei", "free", "lösen", "trennen"},
				text{"!raum frei", "!room free"}, text{"!raum frei", "!room free"}, nil, call.freeRoom),
		},
	}
}

// roomCard is what a room is for.
func roomCard(s bot.Snapshot, r bot.Room, p *bot.Project) bot.RoomCard {
	card := bot.RoomCard{Kind: r.Kind, Network: r.Network, Language: r.Language, Joined: r.Joined}
	if r.Kind == bot.RoomProject {
		card.Project = bot.ProjectName{ID: r.Project}
		if p != nil && p.ID == r.Project {
			card.Project = nameOf(*p)
		}
	}
	if card.Language == "" {
		card.Language, card.Default = s.Settings.Language, true
	}
	return card
}

// here is the room the command was given in, as it stands.
func (c call) here(s bot.Snapshot) bot.Room {
	room := s.Room
	room.ID, room.Joined = c.event.Room, true
	if c.event.Direct && room.Kind == "" {
		room.Kind, room.User = bot.RoomDirect, c.event.Sender
	}
	return room
}

// showRoom says what the room is for.
func (c call) showRoom(s bot.Snapshot) (bot.Change, error) {
	if c.args != "" {
		if c.near == "" {
			return bot.Change{}, c.wrongLike(s, "room", c.args, text{"!raum projekt serviceportal", "!room project serviceportal"})
		}
		return bot.Change{}, c.unknown()
	}
	return c.reply("room shown", "reply.room", roomCard(s, c.here(s), s.Project)), nil
}

// bindProject makes the room a project's.
func (c call) bindProject(s bot.Snapshot) (bot.Change, error) {
	p, err := c.only(s)
	if err != nil {
		return bot.Change{}, err
	}
	if _, ok := reads(p, c.args); !ok {
		return bot.Change{}, c.noProject(s, "")
	}
	if err := c.alive(s, p); err != nil {
		return bot.Change{}, err
	}
	return c.bind(s, bot.Room{Kind: bot.RoomProject, Project: p.ID}, p)
}

// bindNetwork makes the room a network's.
func (c call) bindNetwork(s bot.Snapshot) (bot.Change, error) {
	name := oneLine(c.args)
	if bot.Slug(name) == "" {
		return bot.Change{}, c.wrong(s, "network", name)
	}
	if err := bot.Short(name, maxName); err != nil {
		return bot.Change{}, err
	}
	for _, n := range s.Networks { // rooms know it by its id
		if bot.Slug(name) == bot.Slug(n.Name) && bot.NetworkSlug(name) != n.ID {
			name = string(n.ID)
			break
		}
	}
	return c.bind(s, bot.Room{Kind: bot.RoomNetwork, Network: name}, bot.Project{})
}

// freeRoom takes the room's purpose away.
func (c call) freeRoom(s bot.Snapshot) (bot.Change, error) {
	if c.args != "" {
		return bot.Change{}, c.refuse(s, "nothing", c.args)
	}
	return c.bind(s, bot.Room{}, bot.Project{})
}

// bind gives the room another purpose, and says what becomes of the old one.
func (c call) bind(s bot.Snapshot, to bot.Room, p bot.Project) (bot.Change, error) {
	room := c.here(s)
	if room.Kind == bot.RoomDirect {
		return bot.Change{}, c.refuse(s, "notdirect", "")
	}
	data := bot.RoomBound{Before: roomCard(s, room, s.Project), Running: running(s), Undo: c.undoRoom(s, room)}
	before := room
	room.Kind, room.Project, room.Network, room.Origin = to.Kind, to.Project, to.Network, bot.FromChat
	change := bot.Change{Reason: "room bound: " + string(room.Kind)}
	data.Room = roomCard(s, room, &p)
	if before.Kind == room.Kind && before.Project == room.Project && before.Network == room.Network {
		data.Same = true
		return c.reply("room was bound so already", "reply.room.bound", data), nil
	}
	change.Rooms = append(change.Rooms, room)
	if old := s.ProjectRoom; to.Project != "" && old.ID != "" && old.ID != room.ID && old.Project == to.Project {
		old.Kind, old.Project, old.Origin = "", "", bot.FromChat
		change.Rooms = append(change.Rooms, old)
		data.Freed = true
	}
	switch before.Kind {
	case bot.RoomProject:
		data.Lost = data.Before.Project
		for _, lost := range s.Projects {
			if lost.ID == data.Lost.ID {
				data.Lost = nameOf(lost)
			}
		}
	case bot.RoomPMO, bot.RoomDM, bot.RoomDIKON:
		if !slices.ContainsFunc(s.RoomsOf(before.Kind), func(r bot.Room) bool { return r.ID != room.ID }) {
			data.LostKind = before.Kind
		}
	}
	bot.AskElsewhere(s, &change, before.Project)
	if to.Project != before.Project {
		bot.AskElsewhere(s, &change, to.Project)
	}
	change.Posts = []bot.Post{bot.Reply(c.event, 0, "reply.room.bound", data)}
	return change, nil
}

// undoRoom is the line that gives the room its old purpose back, "" if it had none.
func (c call) undoRoom(s bot.Snapshot, before bot.Room) string {
	english := lang(s) == bot.English
	pick := func(de, en string) string {
		if english {
			return en
		}
		return de
	}
	switch before.Kind {
	case "":
		return pick("!raum frei", "!room free")
	case bot.RoomProject:
		return pick("!raum projekt ", "!room project ") + string(before.Project)
	case bot.RoomNetwork:
		return pick("!raum netzwerk ", "!room network ") + before.Network
	}
	return pick("!raum ", "!room ") + string(before.Kind)
}

// roomLanguage chooses the words in this room: the PMO anywhere, everybody with a
// role in their own direct chat.
func (c call) roomLanguage(s bot.Snapshot) (bot.Change, error) {
	if !c.choosesLanguage(s) {
		return bot.Change{}, &bot.UserError{Template: "error.forbidden", Data: bot.Forbidden{Command: c.title(s), Roles: []bot.Role{bot.RolePMO}}}
	}
	languages := map[string]bot.Language{
		"de": bot.German, "deutsch": bot.German, "german": bot.German, "sie": bot.German, "desie": bot.German,
		"dedu": bot.GermanDu, "du": bot.GermanDu,
		"en": bot.English, "englisch": bot.English, "english": bot.English,
	}
	to, ok := languages[fold(c.args)]
	if !ok {
		return bot.Change{}, c.wrong(s, "language", c.args)
	}
	room := c.here(s)
	data := bot.RoomBound{Language: true, Before: roomCard(s, room, s.Project), Same: room.Language == to}
	room.Language = to
	if room.Origin == bot.FromConfig {
		room.Origin = bot.FromChat // else the configuration would have its language back at the next start
	}
	data.Room = roomCard(s, room, s.Project)
	data.Undo = "!raum sprache " + string(data.Before.Language)
	if lang(s) == bot.English {
		data.Undo = "!room language " + string(data.Before.Language)
	}
	change := c.reply("room's language chosen", "reply.room.bound", data)
	if !data.Same {
		change.Rooms = []bot.Room{room}
	}
	return change, nil
}

func (c call) choosesLanguage(s bot.Snapshot) bool {
	return s.Is(bot.RolePMO) || c.event.Direct || s.Room.Kind == bot.RoomDirect
}
