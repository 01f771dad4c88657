package meetup

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"lotse/bot"
)

// What one topic, one person and one meetup may have: what nobody would read is no help.
const (
	longestTopic = 300 // characters
	ownTopics    = 5   // of one person that stand
	mostTopics   = 200
)

// Propose proposes a topic for the next meetup that has not begun. Elsewhere than in the
// network's room it needs Members.
func Propose(s bot.Snapshot, e bot.Event, words string) (bot.Change, error) {
	d := newDraft(s, e)
	words = strings.Join(strings.Fields(words), " ")
	if !d.coming() {
		return bot.Change{}, d.refused("none", 0)
	}
	if !d.belongs() {
		return bot.Change{}, d.refused("room", 0)
	}
	if err := d.fitting(words, 0); err != nil {
		return bot.Change{}, err
	}
	own := 0
	for _, t := range d.m.Topics {
		if t.Stands() && d.authored(t.Said) {
			own++
		}
	}
	switch {
	case own >= ownTopics:
		return bot.Change{}, d.refused("many", 0)
	case len(d.m.Topics) >= mostTopics:
		return bot.Change{}, d.refused("full", 0)
	}
	t := bot.Topic{N: d.m.NextTopic(), Said: d.say(words)}
	d.m.Topics = append(d.m.Topics, t)
	d.remember(bot.Subject{Network: d.m.Network, Meetup: d.m.ID, N: t.N})
	d.fresh[topicName(t.N)] = true
	d.ack("✅")
	if e.Kind != bot.EventForm && (!d.inNetwork() || !d.Abilities.Reactions) {
		d.c.Posts = append(d.c.Posts, bot.Reply(e, 0, "reply.topic", d.topicCard(t)))
	}
	d.finish("a topic was proposed")
	return d.c, nil
}

// belongs reports whether the acting person is one of the network, or a host: who is in one
// of its rooms, as far as that can be known.
func (d *draft) belongs() bool {
	accounts := []bot.UserID{d.e.Sender}
	if d.Person != nil {
		accounts = append(accounts, d.Person.Accounts...)
	}
	in, _ := d.Within(accounts...)
	return in || d.inNetwork() || d.Hosts()
}

// propose takes a topic from the form of the announcement.
func (d *draft) propose() (c bot.Change, mine bool, err error) {
	if k := d.Target; k == nil || !k.Own || k.Kind != kindAnnouncement || k.Subject.Meetup != d.m.ID {
		return bot.Change{}, false, nil
	}
	words := bot.Clean(d.e.Fields[bot.InputTopic])
	if words == "" {
		return bot.Change{}, true, &bot.UserError{Template: "error.empty", Data: bot.Asking{}}
	}
	c, err = Propose(d.Snapshot, d.e, words)
	return c, true, err
}

// Reword follows an edit of the message that proposed a topic.
func Reword(s bot.Snapshot, e bot.Event, words string) (bot.Change, error) {
	d := newDraft(s, e)
	if err := d.reword(words); err != nil {
		return bot.Change{}, err
	}
	return d.c, nil
}

func (d *draft) reword(words string) error {
	t := d.m.Topic(d.Target.Subject.N)
	words = strings.Join(strings.Fields(words), " ")
	switch {
	case t == nil || t.Said.Message != d.e.Target:
		return nil
	case !d.m.State.Ahead():
		return d.refused("begun", t.N)
	case !d.authored(t.Said) || words == "" || t.Said.Text == words:
		return nil
	}
	if err := d.fitting(words, t.N); err != nil {
		return err
	}
	t.Said.Text, t.Said.Gone = words, false
	d.finish("a topic was reworded")
	return nil
}

// fitting refuses words that are too long, or that are a topic already: of another number
// than except.
func (d *draft) fitting(words string, except int) error {
	if err := bot.Short(words, longestTopic); err != nil {
		return d.refused("long", 0)
	}
	slug := bot.Slug(words)
	for _, t := range d.m.Topics {
		if t.N != except && t.Stands() && (bot.Slug(t.Said.Text) == slug && slug != "" || t.Said.Text == words) {
			return d.refused("same", t.N)
		}
	}
	return nil
}

// coming finds the meetup for which topics are proposed: the one whose messages are
// answered, or the next one, that has not begun.
func (d *draft) coming() bool {
	if d.Network == nil || d.Network.Archived {
		return false
	}
	can := func(m *bot.Meetup) bool {
		return m.Network == d.Network.ID && m.State.Ahead() && m.At.After(d.Now)
	}
	if d.m != nil && can(d.m) {
		return true
	}
	for i := range d.Meetups {
		if can(&d.Meetups[i]) {
			d.m = &d.Meetups[i]
			return true
		}
	}
	return false
}

// Order puts topics first, in that order; none: votes alone count again.
func Order(s bot.Snapshot, e bot.Event, numbers []int) (bot.Change, error) {
	return arrange(s, e, numbers, "agenda put in order", func(m *bot.Meetup) {
		for i := range m.Topics {
			m.Topics[i].Rank = 1 + slices.Index(numbers, m.Topics[i].N)
		}
	})
}

// Drop takes a topic off the agenda, or puts it back.
func Drop(s bot.Snapshot, e bot.Event, n int, dropped bool) (bot.Change, error) {
	return arrange(s, e, []int{n}, "topic taken off the agenda, or put back", func(m *bot.Meetup) { m.Topic(n).Dropped = dropped })
}

// Plan says how many minutes a topic shall take.
func Plan(s bot.Snapshot, e bot.Event, n, minutes int) (bot.Change, error) {
	return arrange(s, e, []int{n}, "topic got its time", func(m *bot.Meetup) { m.Topic(n).Minutes = minutes })
}

// arrange changes the agenda of the meetup that is next or takes place, for who may.
func arrange(s bot.Snapshot, e bot.Event, numbers []int, reason string, change func(*bot.Meetup)) (bot.Change, error) {
	d := newDraft(s, e)
	if d.m == nil || d.Network == nil || !d.m.State.Open() {
		return bot.Change{}, d.refused("none", 0)
	}
	for _, n := range numbers {
		if t := d.m.Topic(n); t == nil || t.Said.Text == "" || t.LetGo() {
			return bot.Change{}, d.refused("unknown", n)
		}
	}
	own := len(numbers) == 1 && d.m.State.Ahead() && d.authored(d.m.Topic(numbers[0]).Said) && reason == droppedReason
	if !d.Hosts() && !own {
		return bot.Change{}, d.refused("host", 0)
	}
	change(d.m)
	d.finish(reason)
	d.c.Posts = append(d.c.Posts, bot.Reply(e, 0, "reply.topics", d.list()))
	return d.c, nil
}

const droppedReason = "topic taken off the agenda, or put back"

// Deal says which topics were talked about, just these; all others move on.
func Deal(s bot.Snapshot, e bot.Event, numbers []int) (bot.Change, error) {
	d := newDraft(s, e)
	if err := d.past(); err != nil {
		return bot.Change{}, err
	}
	for _, n := range numbers {
		if t := d.m.Topic(n); t == nil || t.Said.Text == "" || t.LetGo() {
			return bot.Change{}, d.refused("unknown", n)
		}
	}
	d.deal(numbers)
	d.finish("said what was talked about")
	d.c.Posts = append(d.c.Posts, bot.Reply(e, 0, "reply.dealt", d.card()))
	return d.c, nil
}

func (d *draft) deal(numbers []int) {
	for i := range d.m.Topics {
		d.m.Topics[i].Dealt = slices.Contains(numbers, d.m.Topics[i].N)
	}
	d.m.Settled = true
	d.c.Timers = append(d.c.Timers, planTimer(d.m.Network, d.Now))
}

// presume takes for talked about what there was time for, as long as nobody has said.
func (d *draft) presume() {
	if d.m.Settled {
		return
	}
	agenda := d.m.Agenda()
	for _, t := range agenda[:d.m.Fits()] {
		d.m.Topic(t.N).Dealt = true
	}
}

// carry moves what was not talked about on to the next meetup, or takes it back if it was
// talked about after all. What was called off moves on when it would have begun, and that
// is no time that it has waited.
func (d *draft) carry() {
	next := slices.IndexFunc(d.Meetups, func(m bot.Meetup) bool { return m.State.Ahead() && m.At.After(d.Now) })
	for i := range d.Meetups {
		from := &d.Meetups[i]
		off := from.State == bot.MeetupCancelled
		if from.State != bot.MeetupOver && from.State != bot.MeetupDone && !(off && !from.At.After(d.Now)) {
			continue
		}
		changed := map[int]bool{}
		for j := range from.Topics {
			t := &from.Topics[j]
			switch moves := t.Stands() && (off || !t.Dealt); {
			case moves && t.Went == "" && next >= 0:
				to := &d.Meetups[next]
				waited := 1
				if off {
					waited = 0
				}
				to.Topics = append(to.Topics, bot.Topic{
					N: to.NextTopic(), Said: t.Said, Carried: t.Carried + waited, From: from.ID, FromN: t.N, Minutes: t.Minutes,
				})
				t.Went = to.ID
				changed[i], changed[next] = true, true
			case !moves && t.Went != "":
				if k := d.takeBack(from.ID, t); k >= 0 {
					changed[i], changed[k] = true, true
				}
			}
		}
		for k := range d.Meetups {
			if changed[k] {
				d.m = &d.Meetups[k]
				d.finish(d.c.Reason)
			}
		}
	}
}

// takeBack takes a topic off the meetup to which it has moved on, if that is still ahead.
// It returns which one that is, -1 if there is nothing to do.
func (d *draft) takeBack(from bot.MeetupID, t *bot.Topic) int {
	k := slices.IndexFunc(d.Meetups, func(m bot.Meetup) bool { return m.ID == t.Went && m.State.Ahead() })
	if k < 0 {
		return -1
	}
	to := &d.Meetups[k]
	at := slices.IndexFunc(to.Topics, func(c bot.Topic) bool { return c.From == from && c.FromN == t.N })
	t.Went = ""
	switch {
	case at < 0:
	case to.Announced.IsZero(): // nobody has seen it there
		to.Topics = slices.Delete(to.Topics, at, at+1)
	default:
		to.Topics[at].Dropped, to.Topics[at].From, to.Topics[at].FromN = true, "", 0
	}
	return k
}

// freeze forgets who has proposed and who has voted, but for how many.
func (d *draft) freeze() {
	for i := range d.m.Topics {
		t := &d.m.Topics[i]
		t.Voted, t.Votes = t.Count(), nil
		t.Said.By, t.Said.User, t.Said.Also = "", "", nil
	}
}

// topicName names the message that shows a topic.
func topicName(n int) string { return "topic/" + strconv.Itoa(n) }

// showTopics shows each topic in a message of its own, so that a 👍 there is a vote: in the
// thread of the announcement, if the network was told before.
func (d *draft) showTopics() {
	for _, t := range d.m.Topics {
		if t.LetGo() {
			continue
		}
		name := topicName(t.N)
		if d.m.State == bot.MeetupAnnounced && t.Stands() {
			d.fresh[name] = true
		}
		p := bot.Post{
			Key: d.key(name), Kind: kindTopic, Template: "meetup.topic", Data: d.topicCard(t), Quiet: true, Form: &bot.Form{},
			Subject: bot.Subject{N: t.N}, Expires: d.m.At,
		}
		if d.m.State.Ahead() && t.Stands() {
			p.Seeds = []string{string(bot.ComingYes)}
		}
		if told := d.m.Announced; !told.IsZero() && (t.From != "" || !t.Said.At.Before(told)) {
			p.Thread = bot.Target{Key: d.key("announcement")}
		}
		d.view(name, p)
	}
}

// topicCard is a topic in a text.
func (d *draft) topicCard(t bot.Topic) bot.TopicCard {
	return bot.TopicCard{Network: d.Network.Name, At: d.local(d.m.At), Now: d.local(d.Now), Topic: topicLine(t), Ahead: d.m.State.Ahead()}
}

// topicLine is a topic in a list: without whose it is.
func topicLine(t bot.Topic) bot.TopicLine {
	return bot.TopicLine{
		N: t.N, Said: bot.SaidLine{Text: t.Said.Text, Gone: t.Said.Gone}, Votes: t.Count(), Minutes: t.Minutes, Carried: t.Carried, Dropped: t.Dropped,
	}
}

// What a message has room for: a chat may take fifteen thousand bytes in all (see
// bot.Abilities), and what is too long for it would never stand there.
const (
	shownTopics  = 15 // on the agenda
	listedTopics = 40 // where somebody asks for them
	fewTopics    = 5  // that are only named
	topicBytes   = 9_000
)

// takes is how many bytes words take in a message, at most: what could be markup is escaped
// there, and lines are set in.
func takes(words string) (n int) {
	for _, r := range words {
		switch {
		case r == '@':
			n += 5
		case r == '\n':
			n += 4
		case r < utf8.RuneSelf && !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != ' ':
			n += 2
		default:
			n += utf8.RuneLen(r)
		}
	}
	return n
}

// topics fills in what the card says about topics.
func topics(c *bot.MeetupCard, m bot.Meetup, most int) {
	over := c.Over()
	var missed []string
	fits, left := m.Fits(), topicBytes
	for i, t := range m.Agenda() {
		line := topicLine(t)
		c.Booked += t.Minutes
		left -= takes(t.Said.Text) + 60
		switch first := i < fits; {
		case over && !t.Dealt && t.Carried >= bot.MostCarried:
			missed = append(missed, t.Said.Text)
		case i >= most || left < 0:
			c.Hidden++
		case over && t.Dealt || !over && first:
			c.Topics = append(c.Topics, line)
		default:
			c.Further = append(c.Further, line)
		}
	}
	for _, t := range m.Topics {
		if t.LetGo() && t.Said.Text != "" {
			missed = append(missed, t.Said.Text)
		}
	}
	c.Missed = missed[:min(len(missed), fewTopics)]
}

// Listed is a meetup in a text that shows all its topics. The snapshot's network must be
// its; of several, it is the one that topics are for.
func Listed(s bot.Snapshot) (bot.TopicList, bool) {
	d := newDraft(s, bot.Event{})
	if d.m == nil || d.Network == nil || !d.m.State.Open() {
		if !d.coming() {
			return bot.TopicList{}, false
		}
	}
	l := d.list()
	l.Hints = l.Host
	return l, true
}

func (d *draft) list() bot.TopicList {
	c := Card(d.Snapshot, *d.m)
	c.Topics, c.Further, c.Hidden, c.Missed, c.Booked = nil, nil, 0, nil, 0
	topics(&c, *d.m, listedTopics)
	l := bot.TopicList{MeetupCard: c, Host: d.Hosts(), Length: int(d.m.Length.Minutes())}
	if l.Host {
		for _, t := range d.m.Topics {
			if t.Dropped && t.Said.Text != "" && len(l.Dropped) < shownTopics {
				l.Dropped = append(l.Dropped, topicLine(t))
			}
		}
	}
	return l
}
