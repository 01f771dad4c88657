package meetup

import (
	"slices"

	"lotse/bot"
)

// fieldNote marks a message that holds what is kept of a meetup. Without, and with a
// number, it holds a topic.
const fieldNote bot.Field = "note"

// event decides about an event that is about a meetup. mine: it is.
func (d *draft) event() (c bot.Change, mine bool, err error) {
	if d.m == nil || d.Network == nil {
		return bot.Change{}, false, nil
	}
	switch d.e.Kind {
	case bot.EventReaction:
		mine = d.reaction()
	case bot.EventForm:
		return d.propose()
	case bot.EventDeletion:
		mine = d.unreact() || d.deletion()
	case bot.EventEdit:
		mine, err = d.edit()
	case bot.EventMessage:
		mine, err = d.answer()
	}
	return d.c, mine, err
}

// all are the meetups that were loaded, each once.
func (d *draft) all() (all []*bot.Meetup) {
	for i := range d.Meetups {
		all = append(all, &d.Meetups[i])
	}
	if d.m != nil && !slices.Contains(all, d.m) {
		all = append(all, d.m)
	}
	return all
}

// edit follows an edit of what somebody has said about the meetup, which is no command any
// more.
func (d *draft) edit() (mine bool, err error) {
	k := d.Target
	if k == nil || k.Own || k.Subject.Meetup != d.m.ID {
		return false, nil
	}
	words := bot.Clean(d.e.Text)
	if k.Subject.Field == fieldNote {
		return true, d.renote(words)
	}
	return true, d.reword(words)
}

// deletion takes away what was said in a message that was deleted: a topic that stands, one
// that has moved on, a summary, a link. Words go even if others have voted for them.
func (d *draft) deletion() (mine bool) {
	for _, m := range d.all() {
		gone := false
		for _, said := range m.Texts() {
			if said.Message == "" || said.Message != d.e.Target || said.Gone || !(d.authored(*said) || nobodys(*said)) {
				continue
			}
			said.Text, said.Gone, gone = "", true, true
		}
		lost := func(s bot.Said) bool { return s.Gone }
		m.More, m.Links = slices.DeleteFunc(m.More, lost), slices.DeleteFunc(m.Links, lost)
		if gone {
			d.m, mine = m, true
			d.finish("words were deleted")
		}
	}
	return mine
}

// nobodys reports whether it was forgotten who has said something: once a meetup has begun,
// for topics. Then whoever could delete the message may.
func nobodys(said bot.Said) bool { return said.By == "" && said.User == "" }

// authored reports whether the acting person has said something.
func (d *draft) authored(said bot.Said) bool {
	if said.User != "" && said.User == d.e.Sender {
		return true
	}
	return d.Person != nil && (said.By != "" && said.By == d.Person.ID || said.User != "" && slices.Contains(d.Person.Accounts, said.User))
}

// say makes words of the event's sender.
func (d *draft) say(words string) bot.Said {
	said := bot.Said{Text: words, Message: d.e.Source(), At: d.Now}
	if d.Person != nil {
		said.By = d.Person.ID
	} else {
		said.User = d.e.Sender
	}
	if !d.e.Direct {
		said.Room = d.e.Room
	}
	return said
}

// remember notes what a foreign message is about.
func (d *draft) remember(about bot.Subject) {
	d.c.Refs = append(d.c.Refs, bot.Ref{Message: d.e.Source(), Room: d.e.Room, Subject: about})
}

// ack shows that words were taken.
func (d *draft) ack(emoji string) {
	if d.Abilities.Reactions {
		d.c.Put(bot.Ack(d.e.Room, d.e.Source(), emoji, false))
	}
}

// Hosts reports whether the acting person may do what a host may.
func (d *draft) Hosts() bool { return Hosts(d.Snapshot, d.m) }

// Hosts reports whether the acting person may do what a host of the meetup may, or, if it
// is nil, of the network.
func Hosts(s bot.Snapshot, m *bot.Meetup) bool {
	if s.Person == nil {
		return false
	}
	return s.Is(bot.RolePMO) || m != nil && m.Hosting(s.Person.ID) || s.Network != nil && s.Network.Hosting(s.Person.ID)
}

// refused tells why something about a topic, or about what is kept, is not done.
func (d *draft) refused(why string, n int) error {
	data := bot.MeetupRefusal{Why: why, N: n, Most: ownTopics, Longest: longestTopic}
	if d.Network != nil {
		data.Network = d.Network.Name
	}
	if why == "longnote" {
		data.Longest = d.Settings.MaxText
	}
	if t := d.topicNamed(n); t != nil {
		data.Text = t.Said.Text
	}
	return &bot.UserError{Template: "error.topic", Data: data}
}

func (d *draft) topicNamed(n int) *bot.Topic {
	if d.m == nil || n == 0 {
		return nil
	}
	return d.m.Topic(n)
}
