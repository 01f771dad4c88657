package storagetest

import (
	"time"

	"lotse/bot"
)

var inboxPromises = map[string]func(*desk){
	"oldest first, each once": func(d *desk) {
		if n := d.receive(said("1", roomA, maria, "gelb"), said("2", roomB, jonas, "rot")); n != 2 {
			d.Errorf("%d events were new, want 2", n)
		}
		if n := d.receive(said("2", roomB, jonas, "rot"), said("3", roomA, maria, "danke")); n != 1 {
			d.Errorf("%d events were new in a batch with one known, want 1", n)
		}
		last := int64(0)
		for _, want := range []bot.EventID{"1", "2", "3"} {
			r := d.next()
			if r.Event.ID != want || r.Seq <= last {
				d.Errorf("got event %s at %d, want %s behind %d", r.Event.ID, r.Seq, want, last)
			}
			last = r.Seq
			d.done(r)
		}
		d.noNext()
		if n := d.receive(said("1", roomA, maria, "gelb")); n != 0 {
			d.Errorf("a redelivery of an event that is done counts %d, want 0", n)
		}
		d.noNext()
	},
	"an event comes back as it went in": func(d *desk) {
		want := bot.Event{
			ID: "e", Kind: bot.EventReaction, Room: roomA, Sender: maria, Name: "<b>Maria</b>", At: d.now.Add(-time.Second),
			Message: "test:m", Emoji: "🟡", Mentions: []bot.Mention{{User: jonas, Name: "Jonas"}}, ToBot: true,
		}
		d.receive(want)
		got := d.next().Event
		if !got.At.Equal(want.At) {
			d.Errorf("At is %v, want %v", got.At, want.At)
		}
		if len(got.Mentions) != 1 || got.Mentions[0] != want.Mentions[0] || got.Name != want.Name || got.Emoji != want.Emoji || !got.ToBot {
			d.Errorf("got %+v, want %+v", got, want)
		}
	},
	"the same id in two chats is two events": func(d *desk) {
		other := said("1", "other:!x", mariaToo, "x")
		if n := d.receive(said("1", roomA, maria, "x"), other); n != 2 {
			d.Errorf("%d events were new, want 2", n)
		}
	},
	"a settled event is seen": func(d *desk) {
		d.receive(said("1", roomA, maria, "gelb"))
		r := d.next()
		d.done(r)
		change := bot.Change{Projects: []bot.Project{{ID: "p", Name: "P"}}}
		d.wantErr(d.Commit(d.Context(), bot.Commit{Epoch: d.epoch, Now: d.now, Seq: r.Seq, Change: change}), bot.ErrSeen)
		if d.load(bot.Query{Project: "p"}).Project != nil {
			d.Error("the second commit for an event was written all the same")
		}
	},
	"a failed commit leaves the event open": func(d *desk) {
		d.receive(said("1", roomA, maria, "gelb"))
		stale := bot.Change{Projects: []bot.Project{{ID: "p", Name: "P", Version: 7}}}
		d.wantErr(d.Commit(d.Context(), bot.Commit{Epoch: d.epoch, Now: d.now, Seq: d.next().Seq, Change: stale}), bot.ErrStale)
		if r := d.next(); r.Event.Text != "gelb" {
			d.Errorf("the event's text is %q after a rollback, want it unchanged", r.Event.Text)
		}
	},
	"three failures give an event up": func(d *desk) {
		d.receive(said("1", roomA, maria, "x"), said("2", roomA, maria, "y"))
		for i := range 3 {
			r := d.next()
			if r.Event.ID != "1" || r.Attempts != i {
				d.Errorf("try %d: got event %s with %d attempts", i, r.Event.ID, r.Attempts)
			}
			givenUp, err := d.Fail(d.Context(), d.epoch, r.Seq, d.now)
			if err != nil || givenUp != (i == 2) {
				d.Errorf("failure %d: given up %v, error %v", i+1, givenUp, err)
			}
		}
		if r := d.next(); r.Event.ID != "2" {
			d.Errorf("after the event was given up comes %s, want 2", r.Event.ID)
		}
		if n := d.receive(said("1", roomA, maria, "x")); n != 0 {
			d.Error("an event that was given up came in again")
		}
	},
	"failing an event that is done says so": func(d *desk) {
		d.receive(said("1", roomA, maria, "x"))
		r := d.next()
		d.done(r)
		_, err := d.Fail(d.Context(), d.epoch, r.Seq, d.now)
		d.wantErr(err, bot.ErrSeen)
	},
	"an event waits for a send in flight": func(d *desk) {
		d.post(text("q", roomA, "Status?"))
		c := d.claim()
		reply := said("1", roomA, maria, "gelb")
		reply.Thread = "test:$q" // not known yet: it may be the message in flight
		d.receive(reply, said("2", roomA, maria, "wirklich"), said("3", roomB, jonas, "rot"))
		r := d.next()
		if r.Event.ID != "3" {
			d.Fatalf("event %s comes first, want 3: its room waits for nothing", r.Event.ID)
		}
		d.done(r)
		d.noNext() // 2 points at nothing, but comes after 1
		d.sentAs(c, "test:$q")
		if r := d.next(); r.Event.ID != "1" {
			d.Errorf("event %s comes after the send, want 1", r.Event.ID)
		}
	},
	"an event waits for a send in doubt": func(d *desk) {
		d.post(text("q", roomA, "Status?"))
		d.unsent(d.claim(), time.Hour, false, true)
		reply := said("1", roomA, maria, "gelb")
		reply.ReplyTo = "test:$q"
		d.receive(reply)
		d.noNext()
	},
	"an event does not wait for long": func(d *desk) {
		d.post(text("q", roomA, "Status?"))
		d.claim()
		reaction := said("1", roomA, maria, "")
		reaction.Kind, reaction.Target, reaction.Emoji = bot.EventReaction, "test:$somebody", "🟢"
		d.receive(reaction)
		d.noNext()
		d.later(29 * time.Second)
		d.noNext()
		d.later(time.Second)
		if r := d.next(); r.Event.ID != "1" {
			d.Errorf("event %s comes after half a minute, want 1", r.Event.ID)
		}
	},
	"a known target does not wait": func(d *desk) {
		d.post(text("q", roomA, "Status?"))
		id := d.sent(d.claim())
		d.commit(bot.Change{Refs: []bot.Ref{{Message: "test:$maria", Room: roomA}}}, text("r", roomA, "Ausblick?"))
		d.claim() // in flight
		for i, target := range []bot.MessageID{id, "test:$maria"} {
			e := said(string(rune('1'+i)), roomA, maria, "gelb")
			e.ReplyTo = target
			d.receive(e)
			d.done(d.next())
		}
	},
	"many waiting rooms hide nothing": func(d *desk) {
		d.post(text("q", roomA, "Status?"))
		d.claim()
		for i := range 200 {
			e := said("w"+string(rune('a'+i/26))+string(rune('a'+i%26)), roomA, maria, "x")
			e.ReplyTo = "test:$unknown"
			d.receive(e)
		}
		d.receive(said("free", roomB, jonas, "y"))
		if r := d.next(); r.Event.ID != "free" {
			d.Errorf("event %s comes first, want the one in the free room", r.Event.ID)
		}
	},
	"an unknown thread in a quiet room does not wait": func(d *desk) {
		e := said("1", roomA, maria, "gelb")
		e.Thread = "test:$old"
		d.receive(e)
		d.done(d.next())
	},
	"a chat's position is kept with its events, or not at all": func(d *desk) {
		batch := func(event, position string) bot.Batch {
			return bot.Batch{Events: []bot.Event{said(event, roomA, maria, "x")}, Remember: map[string]string{"position": position}}
		}
		if _, err := d.Receive(d.Context(), d.epoch, d.now, batch("1", "one")); err != nil {
			d.Fatal(err)
		}
		if _, err := d.Receive(d.Context(), d.epoch+1, d.now, batch("2", "two")); err == nil {
			d.Error("another epoch may receive")
		}
		if at, err := d.Recall(d.Context(), "position"); at != "one" || err != nil {
			d.Errorf("the position is %q, %v; want that of the batch that was taken", at, err)
		}
		if _, err := d.Receive(d.Context(), d.epoch, d.now, bot.Batch{Remember: map[string]string{"position": "three"}}); err != nil {
			d.Fatal(err)
		}
		if at, err := d.Recall(d.Context(), "position"); at != "three" || err != nil {
			d.Errorf("the position is %q, %v; want three, without an event", at, err)
		}
		d.done(d.next())
		d.noNext()
	},
	"an ended context writes nothing": func(d *desk) {
		if _, err := d.Receive(cancelled(), d.epoch, d.now, bot.Batch{Events: []bot.Event{said("1", roomA, maria, "x")}}); err == nil {
			d.Error("receive with an ended context says nothing")
		}
		d.noNext()
	},
}
