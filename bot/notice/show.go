package notice

import (
	"slices"
	"strconv"

	"lotse/bot"
)

// said is what stands in the rooms.
func said(n bot.Notice) bot.NoticeText { return bot.NoticeText{Text: n.Text.Text} }

// show writes the preview, or how far it has got, in its one place.
func (d *draft) show() {
	n := d.n
	p := bot.Post{
		Kind: kindPreview, Subject: n.Subject(), Room: n.Room, User: n.User, Template: "notice.preview", Data: d.card(), Quiet: true,
		EditOnly: !d.fresh,
	}
	to := string(n.Room)
	if n.Room == "" {
		to = string(n.User)
	}
	p.Key = bot.NewKey("notice", strconv.Itoa(n.Number), "preview", to)
	if d.fresh {
		r := bot.Reply(d.e, 0, "", nil)
		p.Thread, p.ReplyTo = r.Thread, r.ReplyTo
	}
	p.Form = &bot.Form{}
	switch n.State {
	case bot.NoticeDraft:
		p.Seeds = []string{yes, no}
	case bot.NoticeScheduled:
		p.Seeds = []string{no}
	}
	d.c.Posts = append(d.c.Posts, p)
}

// card is the announcement as the PMO sees it.
func (d *draft) card() bot.NoticeCard {
	n := d.n
	c := bot.NoticeCard{
		Number: n.Number, State: n.State, To: n.To, Said: said(*n), Gone: n.Text.Gone, Why: n.Why, Sent: n.Sent, Changed: n.Changed,
		Corrected: n.Corrected, At: n.At, Now: d.Now,
	}
	zone := d.Settings.Zone
	c.Now = d.Now.In(zone)
	if !c.At.IsZero() {
		c.At = c.At.In(zone)
	}
	if n.State == bot.NoticeDraft {
		c.Lapses = lapses(*n).In(zone)
	}
	if !c.Sent.IsZero() {
		c.Sent = c.Sent.In(zone)
	}
	if !c.Changed.IsZero() {
		c.Changed = c.Changed.In(zone)
	}
	c.By, c.Confirmed = d.who(n.Text.By), d.who(n.By)
	if n.State.Waits() {
		for _, r := range n.To.Rooms(d.Snapshot) {
			c.Places = append(c.Places, d.place(r))
		}
		return c
	}
	d.delivery(&c)
	return c
}

func (d *draft) who(id bot.PersonID) bot.Person {
	if id == "" {
		return bot.Person{}
	}
	return d.Persons([]bot.PersonID{id})[0]
}

// delivery counts where it has got to.
func (d *draft) delivery(c *bot.NoticeCard) {
	c.Total = len(d.n.Rooms)
	rooms := map[bot.RoomID]bot.Room{}
	for _, r := range d.Rooms {
		rooms[r.ID] = r
	}
	states := map[bot.RoomID]bot.Delivered{}
	for _, x := range d.Delivered {
		states[x.Room] = x
	}
	for i, id := range d.n.Rooms {
		x, known := states[id]
		r, ok := rooms[id]
		if !ok {
			r.ID = id
		}
		place := d.place(r)
		place.Late = x.Late
		back := d.n.State == bot.NoticeBack
		switch {
		case d.moving, i >= d.n.Posted, !known && !back, x.State == bot.SlotPending, x.State == bot.SlotSending:
			c.Waiting = append(c.Waiting, place)
		case x.State == bot.SlotSent, back && (!known || x.State == bot.SlotStale):
			c.Done++
		default:
			c.Failed = append(c.Failed, place)
		}
	}
}

// place names a room, and what is known to be in the way.
func (d *draft) place(r bot.Room) bot.NoticePlace {
	p := bot.NoticePlace{Network: d.NetworkNamed(r.Network)}
	switch {
	case r.Refused == bot.RefusedMute || r.Refused == bot.RefusedAway:
		p.Why = r.Refused
	case !r.Joined:
		p.Why = bot.RefusedAway
	}
	if r.Project != "" {
		p.Project = bot.ProjectName{ID: r.Project, Name: string(r.Project)}
		if i := slices.IndexFunc(d.Projects, func(x bot.Project) bool { return x.ID == r.Project }); i >= 0 {
			p.Project.Name = d.Projects[i].Name
		}
		return p
	}
	nth, all := 0, 0
	for _, other := range d.Rooms {
		if other.Kind == bot.RoomNetwork && other.Joined && bot.Slug(other.Network) == bot.Slug(r.Network) {
			if all++; other.ID == r.ID {
				nth = all
			}
		}
	}
	if all > 1 {
		p.Nth = nth
	}
	return p
}

// List is all announcements that wait, and the last ones that do not.
func List(s bot.Snapshot) bot.NoticeList {
	list := bot.NoticeList{Now: s.Now.In(s.Settings.Zone)}
	for _, n := range s.Notices {
		line := bot.NoticeLine{Number: n.Number, State: n.State, To: n.To, Text: n.Text.Text, Gone: n.Text.Gone, At: n.At, Sent: n.Sent}
		if !line.At.IsZero() {
			line.At = line.At.In(s.Settings.Zone)
		}
		if !line.Sent.IsZero() {
			line.Sent = line.Sent.In(s.Settings.Zone)
		}
		if n.State.Waits() {
			list.Waiting = append(list.Waiting, line)
		} else if len(list.Over) < listed {
			list.Over = append(list.Over, line)
		}
	}
	return list
}

// listed is how many announcements that are over are listed.
const listed = 5
