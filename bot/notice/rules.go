package notice

import (
	"slices"
	"strconv"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
)

// Kinds of posts.
const (
	kindSaid    bot.Kind = "notice"
	kindPreview bot.Kind = "notice.preview"
)

// What a preview's reactions mean.
const (
	yes = "✅"
	no  = "❌"
)

const (
	patience = 24 * time.Hour // how long a draft waits for its confirmation
	fresh    = 24 * time.Hour // how long a room may take to take it
	grace    = time.Hour      // how much later it may be, also if the day is over meanwhile
	atOnce   = 25             // rooms in one commit
	seldom   = time.Hour      // the least often that is looked how far it has got
)

// Decide decides about what somebody did, unless it was a command. mine: it is about an
// announcement; everything else is left to others.
func Decide(s bot.Snapshot, e bot.Event) (c bot.Change, mine bool, err error) {
	switch {
	case e.Kind == bot.EventReaction && s.Target != nil && s.Target.Kind == kindPreview:
		if s.Notice == nil || !s.Is(bot.RolePMO) {
			return bot.Change{}, true, nil
		}
		d := newDraft(s, e)
		d.blind = true
		switch e.Emoji {
		case yes:
			err = d.confirm()
		case no:
			err = d.discard()
		}
		return d.c, true, err
	case e.Kind == bot.EventDeletion && s.Target != nil && !s.Target.Own && s.Target.Subject.Field == bot.FieldNotice:
		if s.Notice == nil || s.Notice.Text.Message != e.Target || s.Person == nil || s.Notice.Text.By != s.Person.ID {
			return bot.Change{}, true, nil
		}
		d := newDraft(s, e)
		d.blind = true
		d.deleted()
		return d.c, true, nil
	}
	return bot.Change{}, false, nil
}

// TimerNeeds says what the decision about a timer needs; ok: it is about an announcement.
func TimerNeeds(t bot.Timer) (q bot.Query, ok bool) {
	if t.Subject.Field != bot.FieldNotice {
		return bot.Query{}, false
	}
	return bot.Query{Notice: t.Subject.N, AllRooms: true, AllNetworks: true, AllProjects: true}, true
}

// Due decides about what time brings; mine: it is about an announcement.
func Due(s bot.Snapshot, t bot.Timer) (c bot.Change, mine bool) {
	switch {
	case t.Subject.Field != bot.FieldNotice:
		return bot.Change{}, false
	case s.Notice == nil:
		return bot.Change{Reason: "no such announcement any more"}, true
	}
	d := newDraft(s, bot.Event{})
	switch t.Kind {
	case bot.TimerNoticeLapse:
		d.lapse()
	case bot.TimerNotice:
		d.due(t)
	case bot.TimerNoticeSpread:
		d.spread()
	case bot.TimerNoticeWatch:
		d.watch()
	}
	return d.c, true
}

// draft is a decision in the making.
type draft struct {
	bot.Snapshot
	e bot.Event
	n *bot.Notice
	c bot.Change
	// blind: only a few rooms are known, so that a timer of its own has to draw the preview.
	blind bool
	// fresh: the preview is made, not only changed.
	fresh bool
	// moving: what the rooms shall hold has just changed.
	moving bool
}

func newDraft(s bot.Snapshot, e bot.Event) *draft { return &draft{Snapshot: s, e: e, n: s.Notice} }

// finish ends a decision: the row, and the message that shows it.
func (d *draft) finish(reason string) {
	d.c.Reason = reason
	d.c.Notices = []bot.Notice{*d.n}
	if d.blind {
		d.timer(bot.TimerNoticeWatch, d.Now)
		return
	}
	d.show()
}

// timer sets a timer of the announcement, or stops it.
func (d *draft) timer(kind bot.TimerKind, at time.Time) {
	key := bot.NewKey("notice", strconv.Itoa(d.n.Number), string(kind))
	if at.IsZero() {
		d.c.Cancel = append(d.c.Cancel, key)
		return
	}
	d.c.Timers = append(d.c.Timers, bot.Timer{Key: key, Kind: kind, At: at, Subject: d.n.Subject()})
}

// refused is the error for something that cannot be: why is a case of error.notice.
func (d *draft) refused(why string) error { return refusal(d.Snapshot, d.n, why) }

func refusal(s bot.Snapshot, n *bot.Notice, why string) error {
	r := bot.NoticeRefusal{Why: why, Now: s.Now}
	if n != nil {
		r.Number, r.State, r.To = n.Number, n.State, n.To
		if !n.At.IsZero() {
			r.At = n.At.In(s.Settings.Zone)
		}
	}
	return &bot.UserError{Template: "error.notice", Data: r}
}

// lapses is when a draft that nobody confirms is none any more: after a day, and when its
// own time has come.
func lapses(n bot.Notice) time.Time {
	at := n.Drafted.Add(patience)
	if !n.At.IsZero() && n.At.Before(at) {
		return n.At
	}
	return at
}

// lapse ends a draft that nobody confirmed.
func (d *draft) lapse() {
	switch {
	case d.n.State != bot.NoticeDraft:
		d.c.Reason = "no draft any more"
	case lapses(*d.n).After(d.Now):
		d.timer(bot.TimerNoticeLapse, lapses(*d.n))
		d.c.Reason = "a draft has more time"
	default:
		d.n.State = bot.NoticeLapsed
		d.finish("an announcement lapsed")
	}
}

// confirm lets an announcement go out, now or at its time.
func (d *draft) confirm() error {
	n := d.n
	switch {
	case !n.State.Waits() || n.Text.Text == "":
		return nil // confirmed already, or over: the preview says so
	case n.State == bot.NoticeScheduled:
		return nil
	case n.State == bot.NoticeMissed:
		n.At = time.Time{} // it is late already
	case !n.At.IsZero() && !n.At.After(d.Now):
		return d.refused("past")
	}
	n.Confirmed, n.By, n.Why = d.Now, d.Person.ID, ""
	d.timer(bot.TimerNoticeLapse, time.Time{})
	n.State = bot.NoticeScheduled
	if n.At.IsZero() { // the rooms are looked for by the timer, which knows all of them
		n.At = d.Now
		d.timer(bot.TimerNotice, d.Now)
		d.c.Reason, d.c.Notices = "an announcement was confirmed", []bot.Notice{*n}
		return nil
	}
	d.timer(bot.TimerNotice, n.At)
	d.finish("an announcement is scheduled")
	return nil
}

// due lets an announcement go out whose time has come, unless that was on another day.
func (d *draft) due(t bot.Timer) {
	n := d.n
	if n.State != bot.NoticeScheduled || n.At.After(d.Now) {
		d.c.Reason = "not to go out now"
		return
	}
	rooms := n.To.Rooms(d.Snapshot)
	switch {
	case n.Text.Text == "":
		d.missed("gone")
	case calendar.DateOf(n.At.In(d.Settings.Zone)) != d.Today() && d.Now.Sub(n.At) > grace:
		d.missed("late")
		d.c.Dropped = []bot.Dropped{{Kind: bot.TimerNotice, Subject: t.Subject, Due: n.At}}
	case len(rooms) == 0:
		d.missed("norooms")
	default:
		n.State, n.Sent, n.Rooms = bot.NoticeSent, d.Now, nil
		for _, r := range rooms {
			if !slices.Contains(n.Rooms, r.ID) {
				n.Rooms = append(n.Rooms, r.ID)
			}
		}
		d.spread()
	}
}

func (d *draft) missed(why string) {
	d.n.State, d.n.Why = bot.NoticeMissed, why
	d.finish("an announcement did not go out: " + why)
}

// discard drops a draft, or calls off what is scheduled.
func (d *draft) discard() error {
	if !d.n.State.Waits() {
		return nil // the preview says what can be done yet
	}
	d.n.State, d.n.Changed = bot.NoticeDiscarded, d.Now
	d.timer(bot.TimerNoticeLapse, time.Time{})
	d.timer(bot.TimerNotice, time.Time{})
	d.finish("an announcement was discarded")
	return nil
}

// deleted follows the deletion of the message by which an announcement was made. As long as
// it was not sent, it is not. Once it is, it belongs to those who have read it: that it
// vanishes from all rooms because somebody tidies up in their own would surprise everybody.
// It is taken back by the command for that, and whoever deleted their message is told so.
func (d *draft) deleted() {
	if d.n.State == bot.NoticeSent {
		post := bot.Reply(d.e, 0, "notice.deleted", bot.NoticeDeleted{Number: d.n.Number})
		d.c.Posts, d.c.Reason = []bot.Post{post}, "the command of an announcement that was sent was deleted"
		return
	}
	if d.n.State.Waits() {
		_ = d.discard()
	}
	d.n.Text.Text, d.n.Text.Gone = "", true
	d.finish("an announcement was deleted")
}

// spread brings the next rooms in line with what the announcement says.
func (d *draft) spread() {
	n := d.n
	if n.State != bot.NoticeSent && n.State != bot.NoticeBack {
		d.c.Reason = "nothing to spread"
		return
	}
	end := min(n.Posted+atOnce, len(n.Rooms))
	for i := n.Posted; i < end; i++ {
		d.c.Posts = append(d.c.Posts, bot.Post{
			Key: n.SaidKey(n.Rooms[i]), Kind: kindSaid, Subject: n.Subject(), Room: n.Rooms[i], Template: "notice.said", Data: said(*n),
			Absent: n.State == bot.NoticeBack, EditOnly: i < n.Written, Expires: last(*n).Add(fresh),
		})
	}
	n.Posted, n.Written, d.moving = end, max(n.Written, end), true
	if n.Posted < len(n.Rooms) {
		d.timer(bot.TimerNoticeSpread, d.Now)
	} else {
		d.timer(bot.TimerNoticeWatch, d.Now.Add(d.Settings.OverviewEvery))
	}
	d.finish("an announcement goes to rooms")
}

// last is when its words were last meant for all rooms.
func last(n bot.Notice) time.Time {
	if n.Changed.After(n.Sent) {
		return n.Changed
	}
	return n.Sent
}

// watch shows how far it has got, and looks again, as long as that may change: after as much
// time as has passed already.
func (d *draft) watch() {
	n := d.n
	passed := d.Now.Sub(last(*n))
	open := (n.State == bot.NoticeSent || n.State == bot.NoticeBack) && slices.ContainsFunc(d.Delivered, func(x bot.Delivered) bool { return x.State == bot.SlotPending || x.State == bot.SlotSending })
	if open && passed < fresh+2*seldom {
		d.timer(bot.TimerNoticeWatch, d.Now.Add(min(max(passed, d.Settings.OverviewEvery), seldom)))
	}
	d.show()
	d.c.Reason = "looked how far an announcement has got"
}
