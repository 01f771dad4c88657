package bot

import "strings"

// This file decides about messages that the bot cannot read, or that do not prove who
// wrote them. Both happen in encrypted rooms only.

// Doubts reports whether the event does not count because of its [Doubt].
func (s *Settings) Doubts(e Event) bool { return s.OnlyVerified && e.Doubt != "" }

// unreadable asks whoever wrote what cannot be decrypted to send it again: once a day
// in a room, and only people whose words count there. Everybody else's messages are
// conversation.
func (d *draft) unreadable() (Change, error) {
	if !d.counts() {
		return Change{}, nil
	}
	p := Reply(d.e, 0, "proof.unreadable", Proof{At: d.local(d.e.At)})
	p.Key = NewKey("unreadable", string(d.e.Sender), d.Today().String(), string(d.e.Room))
	if p.Thread.IsZero() {
		p.ReplyTo = Target{Message: d.e.Message}
	}
	d.c.Posts = append(d.c.Posts, p)
	d.c.Reason = "asked for an unreadable message again"
	return d.c, nil
}

// counts reports whether the bot takes answers or commands from the sender in this
// room.
func (d *draft) counts() bool {
	if d.Person == nil {
		return false
	}
	switch d.Room.Kind {
	case "":
		return false
	case RoomDirect:
		return true
	case RoomDM:
		return d.Is(RoleDM) || d.Is(RolePMO)
	case RoomDIKON:
		return d.Is(RoleDIKON) || d.Is(RolePMO)
	}
	return d.ProjectRole() != "" || d.Is(RolePMO)
}

// Proven is what becomes of a decision about an event: nothing, if that leaves a doubt and
// the city wants none. Who meant it for the bot is told what to do.
func (s Snapshot) Proven(e Event, c Change, err error) (Change, error) {
	switch {
	case !s.Settings.Doubts(e):
		return c, err
	case c.Reason == "" && err == nil:
		return Change{}, nil
	}
	return Change{}, &UserError{Template: "proof.doubt", Data: Proof{Doubt: e.Doubt, At: e.At.In(s.Settings.Zone)}}
}

// doubted decides about a message that may be somebody else's: it changes nothing. Who
// meant it for the bot is told, and what to do; conversation is left alone.
func (d *draft) doubted() (Change, error) {
	if !d.counts() || !d.meant() {
		return Change{}, nil
	}
	return Change{}, &UserError{Template: "proof.doubt", Data: Proof{Doubt: d.e.Doubt, At: d.local(d.e.At)}}
}

// meant reports whether a message is a command, or would have been an answer.
func (d *draft) meant() bool {
	if d.e.ToBot || strings.HasPrefix(Clean(d.e.Text), "!") {
		return true
	}
	decide := d.message
	if d.e.Kind == EventEdit {
		decide = d.edit
	}
	would, err := decide()
	return err != nil || would.Reason != ""
}
