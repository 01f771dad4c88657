package bot

import "slices"

// A room can be closed and go on in another one (on Matrix: it is upgraded). The old
// room names the new one, which only people with power there can do; the new room
// names the old one, which whoever created it could do. Both together are a move, and
// what the old room was for, the new one is for then. The two are heard of in any
// order.

// moved decides about a room that names its successor.
func (d *draft) moved() (Change, error) {
	old, to := d.Room, d.e.Other
	switch {
	case !old.Joined || old.Kind == "" || to == old.ID || to != "" && to == old.Successor:
		return Change{}, nil
	case old.Kind == RoomDirect:
		old.Joined = false // another one is opened when it is needed
		d.c.Rooms = append(d.c.Rooms, old)
		d.c.Reason = "a direct chat was closed"
		return d.c, nil
	}
	old.Successor = to
	if to == "" {
		d.c.Rooms = append(d.c.Rooms, old)
		d.tellMove(old, MoveClosed)
		d.c.Reason = "a room was closed"
		return d.c, nil
	}
	if next := d.known(to); next.Joined {
		if next.Predecessor != old.ID {
			return d.unproven(old, next), nil
		}
		return d.follow(old, next), nil
	}
	d.c.Rooms = append(d.c.Rooms, old)
	d.c.Posts = append(d.c.Posts, Post{Key: NewKey("join", string(d.e.ID), string(to)), Op: OpJoin, Kind: KindRoom, Room: to})
	d.c.Reason = "a room has moved, entering the new one"
	return d.c, nil
}

// follow makes the new room what the old one was. What was asked and not answered in
// the old one is asked anew.
func (d *draft) follow(old, next Room) Change {
	was := old
	if next.Kind == "" {
		next.Kind, next.Project, next.Network, next.Language, next.Origin = old.Kind, old.Project, old.Network, old.Language, FromChat
	}
	old.Kind, old.Project, old.Network, old.Origin, old.Successor = "", "", "", FromChat, next.ID
	d.c.Rooms = append(d.c.Rooms, old, next)
	d.c.Closed = append(d.c.Closed, old.ID)
	d.Rooms = slices.DeleteFunc(d.Rooms, func(r Room) bool { return r.ID == old.ID || r.ID == next.ID })
	d.Rooms = append(d.Rooms, next)
	d.c.Posts = append(d.c.Posts, d.hello(next))
	d.tellMove(was, MoveFollowed)
	AskElsewhere(d.Snapshot, &d.c, was.Project)
	d.redraw()
	d.c.Reason = "followed a room that has moved"
	return d.c
}

// unproven: a room names a successor that does not know it. The bot does not stay
// where nobody has asked it to.
func (d *draft) unproven(old, next Room) Change {
	asked := slices.ContainsFunc(d.Rooms, func(r Room) bool { return r.ID == next.ID })
	old.Successor = next.ID
	d.c.Rooms = append(d.c.Rooms, old, next)
	if !asked {
		d.c.Posts = append(d.c.Posts, Post{Key: NewKey("leave", string(d.e.ID), string(next.ID)), Op: OpLeave, Kind: KindRoom, Room: next.ID})
	}
	d.tellMove(old, MoveUnproven)
	d.c.Reason = "did not follow a room to where nobody knows it"
	return d.c
}

// tellMove tells the PMO, in one message a room, what became of it.
func (d *draft) tellMove(old Room, state MoveState) {
	note := RoomMoved{Kind: old.Kind, Network: old.Network, State: state, Project: d.projectOf(old)}
	d.postTo(RoomPMO, Post{Key: NewKey("room", "moved", string(old.ID)), Kind: KindRoom, Template: "room.moved", Data: note})
}

// refused tells the PMO, once, that a room takes nothing of the bot's.
func (d *draft) refused() (Change, error) {
	room, why := d.Room, d.e.Refusal
	if why == RefusedAway {
		for _, old := range d.Rooms {
			if old.Successor == d.e.Room && old.Kind != "" {
				d.tellMove(old, MoveUninvited)
				d.c.Reason = "a room has moved, and the bot cannot enter the new one"
				return d.c, nil
			}
		}
	}
	if room.Kind == RoomDirect || d.e.Room == RoomID(d.e.Sender) {
		return d.unreached()
	}
	switch {
	case why == RefusedAway && room.Joined:
		return d.left() // the chat reports that, too, unless nobody listened when it happened
	case room.Kind == "" || room.Successor != "":
		return Change{}, nil // nobody waits for anything there
	case room.Refused == why || room.Refused != "" && why == RefusedReactions:
		return Change{}, nil
	}
	room.Refused = why
	d.c.Rooms = append(d.c.Rooms, room)
	note := RoomRefused{Kind: room.Kind, Network: room.Network, Project: d.projectOf(room), Why: why}
	d.postTo(RoomPMO, Post{Key: NewKey("room", "silent", string(d.e.ID)), Kind: KindRoom, Template: "room.silent", Data: note})
	d.c.Posts = slices.DeleteFunc(d.c.Posts, func(p Post) bool { return p.Room == room.ID }) // it would wait there, and be old
	d.c.Reason = "a room refuses what is meant for it: " + string(why)
	return d.c, nil
}

// unreached tells the PMO, once a day and person, that the bot cannot write to somebody in a
// direct chat, or that there is none. Whether strangers want to hear from it is their own
// business.
func (d *draft) unreached() (Change, error) {
	room, why := d.Room, d.e.Refusal
	if room.Kind == RoomDirect { // else nobody could open one
		if room.Refused == why || room.Refused != "" && why == RefusedReactions {
			return Change{}, nil
		}
		room.Refused = why
		room.Joined = room.Joined && why != RefusedAway // another one is opened when it is needed
		d.c.Rooms = append(d.c.Rooms, room)
	}
	d.c.Reason = "a person cannot be reached in a direct chat: " + string(why)
	if d.Person == nil {
		return d.c, nil
	}
	note := RoomRefused{Kind: RoomDirect, Person: *d.Person, Why: why}
	for _, p := range d.Projects {
		if p.Asked(d.Today()) && slices.Contains(p.Acting(d.Today()), d.Person.ID) && d.ProjectRooms[p.ID] == "" {
			note.Waiting = append(note.Waiting, p.name())
		}
	}
	d.postTo(RoomPMO, Post{Key: NewKey("room", "unreached", string(d.Person.ID), string(why), d.Today().String()), Kind: KindRoom, Template: "room.silent", Data: note})
	d.c.Posts = slices.DeleteFunc(d.c.Posts, func(p Post) bool { return p.Room == room.ID })
	return d.c, nil
}

// welcome notes that a room takes again what is meant for it.
func (d *draft) welcome() (Change, error) {
	room := d.Room
	if room.Refused == "" {
		return Change{}, nil
	}
	room.Refused = ""
	d.c.Rooms = append(d.c.Rooms, room)
	d.c.Reason = "a room takes again what is meant for it"
	return d.c, nil
}

// known returns the snapshot's row of a room, or the zero Room.
func (s Snapshot) known(id RoomID) Room {
	for _, r := range s.Rooms {
		if r.ID == id {
			return r
		}
	}
	return Room{}
}

// projectOf names the project of a room.
func (d *draft) projectOf(room Room) ProjectName {
	if d.Project != nil && d.Project.ID == room.Project {
		return d.Project.name()
	}
	return ProjectName{ID: room.Project, Name: string(room.Project)}
}
