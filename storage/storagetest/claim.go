package storagetest

import (
	"fmt"
	"time"

	"lotse/bot"
)

// nextClaim is when claiming makes sense again, as a distance from now.
func (d *desk) wantNextClaim(in time.Duration) {
	d.Helper()
	at, err := d.NextClaim(d.Context(), d.now, chat)
	if err != nil {
		d.Fatalf("next claim: %v", err)
	}
	switch {
	case at.IsZero():
		d.Errorf("nothing is to be claimed, want something in %v", in)
	case in == 0 && at.After(d.now), in > 0 && !at.Equal(d.now.Add(in)):
		d.Errorf("the next claim is in %v, want in %v", at.Sub(d.now), in)
	}
}

func (d *desk) noNextClaim() {
	d.Helper()
	if at, err := d.NextClaim(d.Context(), d.now, chat); err != nil || !at.IsZero() {
		d.Errorf("the next claim is at %v (error %v), want none", at, err)
	}
}

// What may be sent, and when.
var claimPromises = map[string]func(*desk){
	"one a room, oldest first": func(d *desk) {
		d.post(text("a1", roomA, "1"), text("b1", roomB, "2"), text("a2", roomA, "3"))
		got := d.claims()
		d.wantKeys(got, "a1", "b1")
		d.noClaim(roomA, roomB)
		d.noNextClaim()
		d.sent(got[0])
		d.wantNextClaim(0)
		d.wantKeys(d.claims(roomB), "a2")
	},
	"not more than the limit": func(d *desk) {
		for i := range 5 {
			d.post(text(bot.Key(fmt.Sprint("k", i)), bot.RoomID(fmt.Sprint("test:!", i)), "x"))
		}
		got, err := d.Claim(d.Context(), d.epoch, d.now, chat, nil, 2)
		if err != nil {
			d.Fatal(err)
		}
		d.wantKeys(got, "k0", "k1")
		got, err = d.Claim(d.Context(), d.epoch, d.now, chat, []bot.RoomID{"test:!0", "test:!1", "test:!2"}, 1)
		if err != nil {
			d.Fatal(err)
		}
		d.wantKeys(got, "k3")
	},
	"each chat for itself": func(d *desk) {
		d.post(text("k", "other:!x", "1"), bot.Slot{Key: "u", User: mariaToo, Text: bot.Text{Markdown: "2"}})
		d.noClaim()
		d.noNextClaim()
		if at, err := d.NextClaim(d.Context(), d.now, "other"); err != nil || at.IsZero() || at.After(d.now) {
			d.Errorf("the other chat's next claim is at %v, error %v, want now", at, err)
		}
		got, err := d.Claim(d.Context(), d.epoch, d.now, "other", nil, 9)
		if err != nil {
			d.Fatal(err)
		}
		d.wantKeys(got, "k", "u")
	},
	"a try again holds its room, and only that": func(d *desk) {
		d.post(text("a1", roomA, "1"), text("a2", roomA, "2"), text("b1", roomB, "3"))
		got := d.claims()
		d.unsent(got[0], time.Minute, false, false)
		d.sent(got[1])
		d.noClaim()
		d.wantNextClaim(time.Minute)
		d.later(59 * time.Second)
		d.noClaim()
		d.later(time.Second)
		again := d.claim()
		if again.Key != "a1" || again.Attempts != 1 || again.Doubtful || again.Transaction != got[0].Transaction {
			d.Errorf("claimed %+v, want the same again after one attempt", again)
		}
		d.sent(again)
		d.wantKeys(d.deliver(), "a2")
	},
	"what failed for good lets the next one go": func(d *desk) {
		d.post(text("a1", roomA, "1"), text("a2", roomA, "2"))
		d.unsent(d.claim(), 0, true, false)
		d.wantKeys(d.deliver(), "a2")
		d.wantCounts(bot.OutboxCounts{bot.SlotFailed: 1, bot.SlotSent: 1})
	},
	"refused: the newest content is tried, under a new transaction": func(d *desk) {
		d.post(text("k", roomA, "one"))
		first := d.claim()
		d.unsent(first, 0, false, false)
		d.post(text("k", roomA, "two"))
		c := d.claim()
		if c.Text.Markdown != "two" || c.Message != "" || c.Transaction == first.Transaction || c.Attempts != 0 {
			d.Errorf("claimed %+v after %d attempts, want the newer content as an original of its own", c.Outgoing, c.Attempts)
		}
	},
	"in doubt: the same bytes again, whatever came meanwhile": func(d *desk) {
		d.post(text("k", roomA, "one"))
		first := d.claim()
		d.unsent(first, time.Second, false, true)
		d.post(text("k", roomA, "two"))
		d.later(time.Second)
		again := d.claim()
		if !again.Doubtful || again.Attempts != 1 {
			d.Errorf("claimed %+v, want it in doubt after one attempt", again)
		}
		d.same("outgoing", again.Outgoing, first.Outgoing)
		id := d.sent(again)
		if edit := d.claim(); edit.Message != id || edit.Text.Markdown != "two" || edit.Doubtful || edit.Attempts != 0 {
			d.Errorf("claimed %+v, want the edit", edit)
		}
	},
	"in doubt, then refused: still in doubt": func(d *desk) {
		d.post(text("k", roomA, "one"))
		first := d.claim()
		d.unsent(first, 0, false, true)
		d.unsent(d.claim(), 0, false, false) // this try did not arrive, but the first may have
		d.post(text("k", roomA, "two"))
		again := d.claim()
		if !again.Doubtful || again.Attempts != 2 {
			d.Errorf("claimed %+v, want it in doubt after two attempts", again)
		}
		d.same("outgoing", again.Outgoing, first.Outgoing)
	},
	"targets are resolved when sending": func(d *desk) {
		d.post(
			text("root", roomA, "Projektcheck"),
			bot.Slot{Key: "answer", Room: roomA, Thread: onKey("root"), ReplyTo: onKey("root"), Text: bot.Text{Markdown: "Status?"}},
			reaction("seed", roomA, onKey("answer"), "🟢"),
		)
		root := d.sent(d.claim())
		c := d.claim()
		if c.Thread != root || c.ReplyTo != root {
			d.Errorf("claimed %+v, want it in thread %s", c.Outgoing, root)
		}
		answer := d.sent(c)
		if c := d.claim(); c.Target != answer {
			d.Errorf("claimed %+v, want it on %s", c.Outgoing, answer)
		}
	},
	"a parent that was posted later goes first": func(d *desk) {
		d.post(reaction("seed", roomA, onKey("root"), "🟢"), text("root", roomA, "Projektcheck"), text("after", roomA, "x"))
		got := d.deliver()
		d.wantKeys(got, "root", "after", "seed")
	},
	"a parent in back-off holds the room": func(d *desk) {
		d.post(text("root", roomA, "Projektcheck"), reaction("seed", roomA, onKey("root"), "🟢"))
		d.unsent(d.claim(), time.Minute, false, false)
		d.noClaim()
		d.wantNextClaim(time.Minute)
	},
	"a parent that failed takes its dependants with it": func(d *desk) {
		d.post(text("root", roomA, "x"), bot.Slot{Key: "reply", Room: roomA, ReplyTo: onKey("root")}, reaction("seed", roomA, onKey("reply"), "🟢"), text("free", roomA, "y"))
		d.unsent(d.claim(), 0, true, false)
		d.wantKeys(d.deliver(), "free")
		d.wantCounts(bot.OutboxCounts{bot.SlotFailed: 1, bot.SlotStale: 2, bot.SlotSent: 1})
	},
	"a parent that is not there holds nobody up": func(d *desk) {
		d.post(reaction("seed", roomA, onKey("unknown"), "🟢"), text("free", roomA, "y"))
		d.wantKeys(d.deliver(), "free")
		d.wantCounts(bot.OutboxCounts{bot.SlotStale: 1, bot.SlotSent: 1})
	},
	"a parent that expired, or was taken back": func(d *desk) {
		late := text("late", roomA, "x")
		late.Expires = d.now
		d.post(text("back", roomA, "y"))
		d.deliver()
		d.post(gone(text("back", roomA, "")))
		d.deliver()
		d.post(late, reaction("1", roomA, onKey("late"), "🟢"), reaction("2", roomA, onKey("back"), "🟢"))
		d.noClaim()
		d.wantCounts(bot.OutboxCounts{bot.SlotStale: 3, bot.SlotSent: 1})
	},
	"slots that wait for each other end": func(d *desk) {
		d.post(reaction("1", roomA, onKey("2"), "🟢"), reaction("2", roomA, onKey("1"), "🟢"), reaction("self", roomA, onKey("self"), "🟢"), text("free", roomA, "y"))
		d.wantKeys(d.deliver(), "free")
		d.wantCounts(bot.OutboxCounts{bot.SlotStale: 3, bot.SlotSent: 1})
	},
	"a parent in another room is waited for": func(d *desk) {
		d.post(text("root", roomB, "x"), bot.Slot{Key: "child", Room: roomA, ReplyTo: onKey("root")})
		root := d.claim()
		if root.Key != "root" {
			d.Fatalf("claimed %s, want root", root.Key)
		}
		d.wantNextClaim(time.Second)
		d.sent(root)
		d.later(time.Second)
		d.wantKeys(d.deliver(), "child")
	},
	"an edit does not need its thread any more": func(d *desk) {
		d.post(text("root", roomA, "x"), bot.Slot{Key: "child", Room: roomA, Thread: onKey("root"), Text: bot.Text{Markdown: "one"}})
		d.deliver()
		d.post(gone(text("root", roomA, "")))
		d.deliver()
		d.post(bot.Slot{Key: "child", Room: roomA, Thread: onKey("root"), Text: bot.Text{Markdown: "two"}})
		d.wantKeys(d.deliver(), "child")
	},
	"what is written later is not sent earlier": func(d *desk) {
		d.post(text("old", roomA, "1"))
		d.deliver()
		d.post(text("new", roomA, "2"))
		d.post(text("old", roomA, "changed"))
		d.wantKeys(d.deliver(), "new", "old")
	},
	"a user without a direct chat": func(d *desk) {
		d.post(bot.Slot{Key: "u1", User: maria, Text: bot.Text{Markdown: "1"}}, bot.Slot{Key: "u2", User: maria}, bot.Slot{Key: "v1", User: jonas})
		got := d.claims()
		d.wantKeys(got, "u1", "v1")
		if got[0].User != maria || got[0].Room != "" {
			d.Errorf("claimed %+v, want it for Maria, in no room", got[0])
		}
		d.noClaim(bot.RoomID(maria), bot.RoomID(jonas))
		// The engine opens the chat, and tells by a row of the room.
		d.commit(bot.Change{Rooms: []bot.Room{{ID: "test:!maria", Kind: bot.RoomDirect, User: maria, Joined: true}}})
		d.noClaim(bot.RoomID(maria), bot.RoomID(jonas))
		d.noClaim("test:!maria", bot.RoomID(jonas))
		got[0].Room = "test:!maria"
		d.sent(got[0])
		next := d.claim(bot.RoomID(jonas))
		if next.Key != "u2" || next.Room != "test:!maria" || next.User != "" || next.Transaction != bot.Transaction("u2", "test:!maria", 1) {
			d.Errorf("claimed %+v, want u2 in the direct chat", next)
		}
	},
	"a user whose direct chat could not be opened yet": func(d *desk) {
		d.post(bot.Slot{Key: "u1", User: maria})
		d.unsent(d.claim(), time.Second, false, false)
		d.commit(bot.Change{Rooms: []bot.Room{{ID: "test:!maria", Kind: bot.RoomDirect, User: maria, Joined: true}}})
		d.later(time.Second)
		if c := d.claim(); c.Room != "test:!maria" || c.User != "" || c.Attempts != 1 {
			d.Errorf("claimed %+v, want it in the direct chat, after one attempt", c)
		}
	},
	"a user with a direct chat": func(d *desk) {
		d.commit(bot.Change{Rooms: []bot.Room{{ID: "test:!maria", Kind: bot.RoomDirect, User: maria, Joined: true}}})
		d.post(text("k", "test:!maria", "1"), bot.Slot{Key: "u", User: maria})
		if c := d.claim(); c.Key != "k" {
			d.Errorf("claimed %s, want k: it is the same room", c.Key)
		}
		d.noClaim("test:!maria")
	},
	"a slot given up before there was a direct chat": func(d *desk) {
		d.post(bot.Slot{Key: "u", User: maria, Text: bot.Text{Markdown: "1"}})
		d.unsent(d.claim(), 0, true, false)
		d.commit(bot.Change{Rooms: []bot.Room{{ID: "test:!maria", Kind: bot.RoomDirect, User: maria, Joined: true}}})
		d.noClaim()
		d.post(bot.Slot{Key: "u", User: maria, Text: bot.Text{Markdown: "2"}})
		if c := d.claim(); c.Room != "test:!maria" || c.User != "" {
			d.Errorf("claimed %+v, want it in the direct chat", c)
		}
	},
	"a direct chat that the bot left is none": func(d *desk) {
		d.commit(bot.Change{Rooms: []bot.Room{{ID: "test:!maria", Kind: bot.RoomDirect, User: maria}}})
		d.post(bot.Slot{Key: "u", User: maria})
		if c := d.claim(); c.User != maria || c.Room != "" {
			d.Errorf("claimed %+v, want the direct chat to be opened", c)
		}
	},
	"counts": func(d *desk) {
		d.post(text("1", roomA, "x"), text("2", roomB, "x"), text("3", roomDM, "x"), text("4", roomA, "y"))
		got := d.claims()
		d.sent(got[0])
		d.unsent(got[1], 0, true, false)
		d.wantCounts(bot.OutboxCounts{bot.SlotSent: 1, bot.SlotFailed: 1, bot.SlotSending: 1, bot.SlotPending: 1})
	},
}
