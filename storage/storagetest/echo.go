package storagetest

import (
	"time"

	"lotse/bot"
)

// asked starts a round with one project and its open question in flight.
func (d *desk) asked() bot.Delivery {
	d.Helper()
	report := bot.Report{Round: "2026-11-25", Project: "p", Room: roomA, Open: &bot.Question{Field: bot.FieldStatus, Ask: bot.AskField, N: 1}}
	d.commit(bot.Change{
		Projects: []bot.Project{project("p", "P")}, Rooms: []bot.Room{{ID: roomA, Kind: bot.RoomProject, Project: "p", Joined: true}},
		Rounds: []bot.Round{check(2026, 11, 25, bot.RoundOpen)}, Reports: []bot.Report{report},
	}, text(report.OpenKey(), roomA, "Status?"))
	c := d.claim()
	c.Echo = true
	return c
}

// wantStands says whether the open question stood before the event now to be worked
// on, and settles that event.
func (d *desk) wantStands(id bot.EventID, want bool) {
	d.Helper()
	r := d.next()
	if r.Event.ID != id {
		d.Fatalf("the next event is %s, want %s", r.Event.ID, id)
	}
	if got := d.load(bot.Query{Room: roomA, Seq: r.Seq}).OpenStands; got != want {
		d.Errorf("before event %s the question stood: %v, want %v", id, got, want)
	}
	d.done(r)
}

// What the chat says about our own messages, and in which order.
var echoPromises = map[string]func(*desk){
	"the echo says where a question stands": func(d *desk) {
		c := d.asked()
		d.sentAs(c, "test:$q")
		if !d.load(bot.Query{Room: roomA}).OpenStands {
			d.Error("with no event in question, a sent question does not stand")
		}
		if n := d.receive(said("before", roomA, maria, "x"), echoed(c, "test:$q"), said("after", roomA, maria, "y")); n != 3 {
			d.Errorf("%d were new, want 3", n)
		}
		d.wantStands("before", false)
		d.wantStands("after", true)
	},
	"what came before the echo's batch came before": func(d *desk) {
		c := d.asked()
		d.sentAs(c, "test:$q")
		d.receive(said("before", roomA, maria, "x"))
		d.wantStands("before", false) // sent, but the chat has not reported it
		d.receive(echoed(c, "test:$q"), said("after", roomA, maria, "y"))
		d.wantStands("after", true)
	},
	"the echo may come before the answer to our request": func(d *desk) {
		c := d.asked()
		d.receive(said("before", roomA, maria, "x"), echoed(c, "test:$q"), said("after", roomA, maria, "y"))
		d.wantCounts(bot.OutboxCounts{bot.SlotSent: 1})
		d.wantStands("before", false)
		d.wantStands("after", true)
		d.sentAs(c, "test:$q")
		d.unsent(c, 0, true, true) // nor does a late failure change it
		d.wantCounts(bot.OutboxCounts{bot.SlotSent: 1})
		if k := d.load(bot.Query{Target: "test:$q"}).Target; k == nil || k.Key != c.Key {
			d.Errorf("the message is known as %+v", k)
		}
	},
	"what was sent and not reported can be lost, and is wanted again at its place": func(d *desk) {
		d.commit(bot.Change{Rooms: []bot.Room{{ID: roomA, Kind: bot.RoomPMO, Joined: true}}},
			text("lost", roomA, "1"), text("seen", roomA, "2"), text("later", roomA, "3"), text("elsewhere", roomB, "4"))
		lost, elsewhere := d.claims()[0], d.claims(roomA)[0]
		lost.Echo, elsewhere.Echo = true, true
		d.sentAs(elsewhere, "test:$elsewhere")
		d.sentAs(lost, "test:$lost")
		seen := d.claim()
		seen.Echo = true
		d.sentAs(seen, "test:$seen")
		d.receive(echoed(seen, "test:$seen"))
		unseen := func() []bot.Outgoing {
			d.Helper()
			all, err := d.Unseen(d.Context(), chat, d.now.Add(-time.Hour), 10)
			if err != nil {
				d.Fatal(err)
			}
			return all
		}
		got := unseen()
		d.same("unseen", got, []bot.Outgoing{{Key: "lost", Kind: bot.KindNote, Room: roomA, Message: "test:$lost", Revision: 1}}) // and not in a room that the bot has left
		for _, out := range append(got, bot.Outgoing{Key: "seen", Room: roomA, Message: "test:$seen", Revision: 1}, bot.Outgoing{Key: "nobody", Room: roomA, Message: "test:$x", Revision: 1}) {
			if err := d.Lost(d.Context(), d.epoch, d.now, out); err != nil {
				d.Fatal(err)
			}
		}
		if c := d.claim(); c.Key != "lost" || c.Revision != 2 || c.Message != "" || c.Doubtful {
			d.Errorf("claimed %+v, want what was lost, as an original of a new revision", c)
		} else {
			d.sentAs(c, "test:$again")
			d.receive(echoed(c, "test:$again"))
		}
		d.wantKeys(d.deliver(), "later")
		d.later(2 * time.Hour)
		if got := unseen(); len(got) != 0 {
			d.Errorf("unseen are %+v, want none of long ago", got)
		}
	},
	"a second echo moves nothing": func(d *desk) {
		c := d.asked()
		d.sentAs(c, "test:$q")
		d.receive(echoed(c, "test:$q"), said("between", roomA, maria, "x"))
		if n := d.receive(echoed(c, "test:$q")); n != 0 {
			d.Errorf("a redelivered echo counts %d, want 0", n)
		}
		d.wantStands("between", true)
	},
	"a chat without echo takes it from sent": func(d *desk) {
		c := d.asked()
		c.Echo = false
		d.receive(said("before", roomA, maria, "x"))
		d.sentAs(c, "test:$q")
		d.receive(said("after", roomA, maria, "y"))
		d.wantStands("before", false)
		d.wantStands("after", true)
	},
	"an edit does not move a question": func(d *desk) {
		c := d.asked()
		d.receive(echoed(c, "test:$q"), said("between", roomA, maria, "x"))
		d.post(text(c.Key, roomA, "Status aktuell?"))
		edit := d.claim()
		d.receive(echoed(edit, "test:$edit"))
		d.wantCounts(bot.OutboxCounts{bot.SlotSent: 1})
		d.sentAs(edit, "test:$edit")
		d.wantStands("between", true)
		d.post(text(c.Key, roomA, "Wo steht das Projekt?"))
		if again := d.claim(); again.Message != "test:$q" {
			d.Errorf("the next edit is of %s, want of the original", again.Message)
		}
	},
	"a late echo of the original does not settle an edit": func(d *desk) {
		c := d.asked()
		d.sentAs(c, "test:$q")
		d.post(text(c.Key, roomA, "Status aktuell?"))
		d.claim()
		for _, revision := range []int{1, 0} { // whether the chat knows the revision or not
			e := echoed(c, "test:$q")
			e.Revision = revision
			d.receive(e)
			d.wantCounts(bot.OutboxCounts{bot.SlotSending: 1})
		}
	},
	"an echo without a revision settles an original": func(d *desk) {
		c := d.asked()
		e := echoed(c, "test:$q")
		e.Revision = 0
		d.receive(e)
		d.wantCounts(bot.OutboxCounts{bot.SlotSent: 1})
	},
	"an echo settles what was in doubt": func(d *desk) {
		c := d.asked()
		d.unsent(c, time.Hour, false, true)
		d.post(text(c.Key, roomA, "changed meanwhile"))
		d.receive(echoed(c, "test:$q"))
		if edit := d.claim(); edit.Message != "test:$q" || edit.Doubtful || edit.Text.Markdown != "changed meanwhile" {
			d.Errorf("claimed %+v, want an edit of what stands", edit)
		}
	},
	"an echo tells of what we had given up": func(d *desk) {
		c := d.asked()
		d.unsent(c, 0, true, true)
		d.receive(echoed(c, "test:$q"))
		d.wantCounts(bot.OutboxCounts{bot.SlotSent: 1})
		d.post(text(c.Key, roomA, "changed"))
		if edit := d.claim(); edit.Message != "test:$q" || edit.Transaction == c.Transaction {
			d.Errorf("claimed %+v, want an edit of its own", edit.Outgoing)
		}
	},
	"an echo of what nobody wants any more": func(d *desk) {
		c := d.asked()
		d.unsent(c, 0, false, false)
		d.post(gone(text(c.Key, roomA, "")))
		d.noClaim()
		d.receive(echoed(c, "test:$q"))
		if back := d.claim(); !back.Absent || back.Message != "test:$q" {
			d.Errorf("claimed %+v, want it to be taken back", back.Outgoing)
		}
	},
	"an echo of what was taken back": func(d *desk) {
		c := d.asked()
		d.sentAs(c, "test:$q")
		d.post(gone(text(c.Key, roomA, "")))
		d.sent(d.claim())
		if n := d.receive(echoed(c, "test:$q")); n != 0 {
			d.Errorf("it counts %d, want 0", n)
		}
		d.noClaim()
	},
	"an echo from another room, or of another key": func(d *desk) {
		c := d.asked()
		foreign := echoed(c, "test:$forged")
		foreign.Room = roomB
		unknown := echoed(c, "test:$unknown")
		unknown.Key = "unknown"
		if n := d.receive(foreign, unknown); n != 0 {
			d.Errorf("they count %d, want 0", n)
		}
		d.wantCounts(bot.OutboxCounts{bot.SlotSending: 1})
		d.noNext()
	},
	"a question that came back stands anew": func(d *desk) {
		c := d.asked()
		d.receive(echoed(c, "test:$q"))
		d.post(gone(text(c.Key, roomA, "")))
		d.sent(d.claim())
		if d.load(bot.Query{Room: roomA}).OpenStands {
			d.Error("a question that was taken back stands")
		}
		d.post(text(c.Key, roomA, "Status?"))
		again := d.claim()
		d.receive(said("before", roomA, maria, "x"), echoed(again, "test:$q2"), said("after", roomA, maria, "y"))
		d.wantStands("before", false)
		d.wantStands("after", true)
	},
	"seeds and answers find the echo's message": func(d *desk) {
		c := d.asked()
		d.post(reaction("seed", roomA, onKey(c.Key), "🟢"))
		d.receive(echoed(c, "test:$q"))
		if seed := d.claim(); seed.Target != "test:$q" {
			d.Errorf("claimed %+v, want it on the question", seed.Outgoing)
		}
	},
}

// What a process leaves behind that dies.
var crashPromises = map[string]func(*desk){
	"in flight: the same bytes again, in doubt": func(d *desk) {
		d.post(text("k", roomA, "one"), text("l", roomA, "two"), text("m", roomB, "three"))
		d.post(text("k", roomA, "one"))
		before := d.claims()
		d.sent(before[1])
		d.post(text("k", roomA, "changed meanwhile"))
		d.later(time.Hour)
		d.takeOver("second")
		d.wantNextClaim(0)
		after := d.claim()
		if !after.Doubtful {
			d.Error("it is not in doubt")
		}
		d.same("outgoing", after.Outgoing, before[0].Outgoing)
		id := d.sent(after)
		got := d.deliver()
		d.wantKeys(got, "l", "k")
		if got[1].Message != id || got[1].Text.Markdown != "changed meanwhile" || got[1].Doubtful {
			d.Errorf("delivered %+v, want the edit", got[1])
		}
	},
	"an edit, and taking back, in flight": func(d *desk) {
		d.post(text("k", roomA, "one"), text("l", roomB, "one"))
		d.deliver()
		d.post(text("k", roomA, "two"), gone(text("l", roomB, "")))
		before := d.claims()
		d.later(time.Hour)
		d.takeOver("second")
		after := d.claims()
		d.wantKeys(after, "k", "l")
		for i := range after {
			d.same("outgoing", after[i].Outgoing, before[i].Outgoing)
		}
	},
	"a send nobody cares for is taken up": func(d *desk) {
		d.post(text("k", roomA, "one"), text("l", roomB, "two"))
		before := d.claims()
		after := d.claims(roomB) // the sender of A is gone, that of B is not
		d.wantKeys(after, "k")
		if !after[0].Doubtful {
			d.Error("it is not in doubt")
		}
		d.same("outgoing", after[0].Outgoing, before[0].Outgoing)
	},
	"a direct chat opened just before": func(d *desk) {
		d.post(bot.Slot{Key: "u", User: maria, Text: bot.Text{Markdown: "one"}})
		before := d.claim()
		d.commit(bot.Change{Rooms: []bot.Room{{ID: "test:!maria", Kind: bot.RoomDirect, User: maria, Joined: true}}})
		d.later(time.Hour)
		d.takeOver("second")
		after := d.claim()
		before.Room, before.Transaction = "test:!maria", bot.Transaction("u", "test:!maria", 1)
		d.same("outgoing", after.Outgoing, before.Outgoing)
		if after.User != "" || !after.Doubtful {
			d.Errorf("claimed %+v, want it in the direct chat and in doubt", after)
		}
	},
	"in doubt and too late": func(d *desk) {
		slot := text("k", roomA, "one")
		slot.Expires = d.now.Add(time.Minute)
		d.post(slot)
		c := d.claim()
		d.later(time.Hour)
		d.takeOver("second")
		d.noClaim()
		d.wantCounts(bot.OutboxCounts{bot.SlotStale: 1})
		d.receive(echoed(c, "test:$k")) // it had arrived: now we know
		d.wantCounts(bot.OutboxCounts{bot.SlotSent: 1})
	},
	"events not worked on are still there": func(d *desk) {
		d.receive(said("1", roomA, maria, "gelb"), said("2", roomA, maria, "danke"))
		d.done(d.next())
		d.later(time.Hour)
		d.takeOver("second")
		if r := d.next(); r.Event.ID != "2" {
			d.Errorf("the next event is %s, want 2", r.Event.ID)
		}
	},
}
