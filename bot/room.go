package bot

import (
	"slices"
	"strings"
	"time"
)

// invited reports whether the configuration lets the account invite the bot.
func (s Snapshot) invited(by UserID) bool {
	if slices.Contains(s.Settings.Allowed, by) {
		return true
	}
	_, server, ok := strings.Cut(by.Local(), ":")
	return ok && slices.Contains(s.Settings.AllowedServers, server)
}

// invitation accepts what the configuration allows and refuses the rest; the PMO
// is told of a refusal, once a day and inviting account. A space is no room to be in.
func (d *draft) invitation() (Change, error) {
	e := d.e
	if d.Room.Joined {
		return Change{}, nil
	}
	if d.invited(e.Sender) && !e.Space {
		room := d.Room
		room.ID = e.Room
		if room.Kind == "" && e.Direct {
			room.Kind, room.User = RoomDirect, e.Sender
		}
		d.c.Rooms = append(d.c.Rooms, room)
		d.c.Posts = append(d.c.Posts, Post{Key: NewKey("join", string(e.ID), string(e.Room)), Op: OpJoin, Kind: KindRoom, Room: e.Room})
		d.c.Reason = "invitation accepted"
		return d.c, nil
	}
	d.refuse()
	return d.c, nil
}

// refuse declines an invitation. Strangers may send thousands: the PMO is told of a
// few accounts a day, and beyond a limit invitations are left as they are.
func (d *draft) refuse() {
	e := d.e
	tomorrow := d.Today().AddDays(1)
	pace := Pace{Key: paceInvitations, Until: time.Date(tomorrow.Year, tomorrow.Month, tomorrow.Day, 0, 0, 0, 0, d.Settings.Zone)}
	if d.Pace != nil && d.Now.Before(d.Pace.Until) {
		pace = *d.Pace
	}
	d.c.Pace = &pace
	d.c.Reason = "invitation refused"
	if pace.Count++; pace.Count > refusalsDone {
		d.c.Reason = "too many invitations to refuse"
		return
	}
	d.c.Posts = append(d.c.Posts, Post{Key: NewKey("leave", string(e.ID), string(e.Room)), Op: OpLeave, Kind: KindRoom, Room: e.Room})
	note := RoomNote{Name: shorten(Clean(e.RoomName), 80), By: e.Sender.Local(), Room: e.Room, Space: e.Space && d.invited(e.Sender)}
	if e.Direct {
		note.Kind = RoomDirect
	}
	about := string(e.Sender)
	switch known := slices.Contains(pace.Users, e.Sender); {
	case known:
	case len(pace.Users) < refusalsTold:
		pace.Users = append(slices.Clone(pace.Users), e.Sender)
	case pace.Told:
		return
	default:
		pace.Told, about, note = true, "more", RoomNote{More: true}
	}
	d.postTo(RoomPMO, Post{
		Key: NewKey("room", "refused", about, d.Today().String()), Kind: KindRoom, Quiet: true,
		Template: "room.refused", Data: note,
	})
}

// joined notes that the bot is in a room and says hello there, once.
func (d *draft) joined() (Change, error) {
	old, project := Room{}, d.Project
	if d.e.Other != "" { // see Needs
		old, d.Room, d.Project = d.Room, d.known(d.e.Room), nil
	}
	room := d.Room
	if room.Joined {
		return Change{}, nil
	}
	room.ID, room.Joined, room.Refused, room.Predecessor = d.e.Room, true, "", d.e.Other
	if old.ID != "" && old.Successor == room.ID {
		d.Room, d.Project = old, project
		return d.follow(old, room), nil
	}
	for _, pointing := range d.Rooms {
		if pointing.Successor == room.ID && pointing.ID != old.ID {
			return d.unproven(pointing, room), nil
		}
	}
	if room.Kind == "" && d.e.Direct {
		room.Kind, room.User = RoomDirect, d.e.Sender
	}
	d.c.Rooms = append(d.c.Rooms, room)
	d.c.Reason = "joined a room"
	if room.Kind == RoomDirect {
		return d.c, nil
	}
	d.c.Posts = append(d.c.Posts, d.hello(room))
	return d.c, nil
}

// hello is what the bot says in a room it is new in.
func (d *draft) hello(room Room) Post {
	note := RoomNote{Kind: room.Kind, Room: room.ID, BotName: d.Settings.BotName}
	template := "room.joined"
	if room.Kind == "" {
		template = "room.unbound"
	}
	if d.Project != nil {
		note.Project = d.Project.name()
	}
	if room.Kind == RoomNetwork && d.Network != nil && d.Network.ID == NetworkSlug(room.Network) {
		note.Name, note.Now = d.Network.Name, d.local(d.Now)
		if m := d.Meetup; m != nil && m.Network == d.Network.ID && m.State.Ahead() && m.At.After(d.Now) {
			note.Meetup = d.local(m.At)
		}
	}
	return Post{Key: NewKey("room", "hello", string(room.Kind), string(room.ID)), Kind: KindRoom, Room: room.ID, Template: template, Data: note, Quiet: true}
}

// left notes that the bot is no longer in a room; the PMO is told.
func (d *draft) left() (Change, error) {
	room := d.Room
	if room.ID == "" || !room.Joined {
		return Change{}, nil
	}
	room.Joined, room.Refused = false, RefusedAway // that it takes nothing need not be told as well
	d.c.Rooms = append(d.c.Rooms, room)
	if room.Kind != "" && room.Kind != RoomDirect {
		note := RoomNote{Kind: room.Kind, Room: room.ID, Name: shorten(Clean(d.e.RoomName), 80)}
		if d.Project != nil {
			note.Project = d.Project.name()
		}
		d.postTo(RoomPMO, Post{Key: NewKey("room", "left", string(d.e.ID)), Kind: KindRoom, Template: "room.left", Data: note})
	}
	if room.Kind == RoomProject {
		AskElsewhere(d.Snapshot, &d.c, room.Project)
	}
	d.c.Reason = "left a room"
	return d.c, nil
}
