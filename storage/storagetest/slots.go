package storagetest

import (
	"strings"
	"time"

	"lotse/bot"
)

// What a room shall hold, and what writing the same key again does.
var slotPromises = map[string]func(*desk){
	"a delivery says all that a chat needs": func(d *desk) {
		slot := bot.Slot{
			Key: "check/r/ask/p/x", Kind: bot.KindOpening, Room: roomA, Subject: bot.Subject{Project: "p", Round: "2026-11-25", Field: bot.FieldStatus},
			Thread: bot.Target{Message: "test:$t"}, ReplyTo: bot.Target{Message: "test:$r"},
			Text: bot.Text{Markdown: "Guten **Morgen**", Mentions: []bot.UserID{maria}, Quiet: true},
		}
		d.post(slot)
		d.same("delivery", d.claim(), bot.Delivery{Outgoing: bot.Outgoing{
			Key: slot.Key, Revision: 1, Op: bot.OpMessage, Kind: slot.Kind, Ref: "2026-11-25/p/status", Room: roomA,
			Thread: "test:$t", ReplyTo: "test:$r", Text: slot.Text, Transaction: bot.Transaction(slot.Key, roomA, 1),
		}})
	},
	"a file is delivered with its words, byte for byte, as often as it is tried": func(d *desk) {
		slot := withFile(text("k", roomA, "one"), "\x00BEGIN:VCALENDAR\r\n\xff")
		d.post(slot)
		c := d.claim()
		d.same("file", c.File, slot.File)
		d.unsent(c, 0, false, true)
		c = d.claim()
		d.same("file tried again", c.File, slot.File)
		d.unsent(c, 0, false, true)
		d.later(time.Hour)
		d.takeOver("another process")
		c = d.claim()
		d.same("file after a restart", c.File, slot.File)
		if c.Revision != 1 || c.Text.Markdown != "one" {
			d.Errorf("delivered %+v, want revision 1 with its words", c.Outgoing)
		}
	},
	"a file: equal does nothing, another one is an edit": func(d *desk) {
		d.post(withFile(text("k", roomA, "one"), "a"))
		id := d.sent(d.claim())
		d.post(withFile(text("k", roomA, "one"), "a"))
		d.noClaim()
		for i, change := range []func(*bot.File){
			func(f *bot.File) { f.Bytes = []byte("b") },
			func(f *bot.File) { f.Name = "other.ics" },
			func(f *bot.File) { f.Type = "text/plain" },
		} {
			slot := withFile(text("k", roomA, "one"), "a")
			change(slot.File)
			d.post(slot)
			c := d.claim()
			d.same("file", c.File, slot.File)
			if c.Message != id || c.Revision != i+2 {
				d.Errorf("delivered %+v, want an edit of %s as revision %d", c.Outgoing, id, i+2)
			}
			d.sent(c)
		}
		d.post(text("k", roomA, "one"))
		if c := d.claim(); c.Message != id || c.File != nil {
			d.Errorf("delivered %+v, want an edit without a file", c.Outgoing)
		}
	},
	"a file in flight arrives as it was; what is wanted now comes after it": func(d *desk) {
		first, second := withFile(text("k", roomA, "one"), "a"), withFile(text("k", roomA, "one"), "b")
		d.post(first)
		c := d.claim()
		d.post(second)
		d.unsent(c, 0, false, true)
		c = d.claim()
		d.same("file tried again", c.File, first.File)
		id := d.sent(c)
		c = d.claim()
		d.same("file afterwards", c.File, second.File)
		if c.Message != id {
			d.Errorf("delivered %+v, want an edit of %s", c.Outgoing, id)
		}
	},
	"a file that is taken back": func(d *desk) {
		slot := withFile(text("k", roomA, "one"), "a")
		d.post(slot)
		id := d.sent(d.claim())
		d.post(gone(slot))
		if c := d.claim(); !c.Absent || c.Message != id || c.File != nil {
			d.Errorf("delivered %+v, want %s to be taken back", c.Outgoing, id)
		}
	},
	"a file that is too large is refused": func(d *desk) {
		if err := d.tryCommit(bot.Change{}, withFile(text("k", roomA, "one"), strings.Repeat("x", bot.MaxFile+1))); err == nil {
			d.Error("it was written")
		}
		d.post(withFile(text("k", roomA, "one"), strings.Repeat("x", bot.MaxFile)))
		if c := d.claim(); len(c.File.Bytes) != bot.MaxFile {
			d.Errorf("delivered %d bytes, want %d", len(c.File.Bytes), bot.MaxFile)
		}
	},
	"pending: the last content counts": func(d *desk) {
		d.post(text("k", roomA, "one"))
		d.post(text("k", roomA, "two"), text("k", roomA, "three"))
		got := d.deliver()
		d.wantKeys(got, "k")
		if got[0].Text.Markdown != "three" || got[0].Revision != 1 || got[0].Message != "" {
			d.Errorf("delivered %+v, want an original with the last content", got[0].Outgoing)
		}
	},
	"pending: it keeps its place": func(d *desk) {
		d.post(text("first", roomA, "1"), text("second", roomA, "2"))
		d.post(text("first", roomA, "changed"))
		d.wantKeys(d.deliver(), "first", "second")
	},
	"sent: other content is an edit": func(d *desk) {
		d.post(text("k", roomA, "one"))
		id := d.sent(d.claim())
		d.post(text("k", roomA, "two"))
		c := d.claim()
		if c.Message != id || c.Revision != 2 || c.Text.Markdown != "two" || c.Absent || c.Transaction != bot.Transaction("k", roomA, 2) {
			d.Errorf("delivered %+v, want an edit of %s as revision 2", c.Outgoing, id)
		}
		d.sent(c) // the edit has an id of its own, which is not the message's
		d.post(text("k", roomA, "three"))
		if c = d.claim(); c.Message != id || c.Revision != 3 {
			d.Errorf("delivered %+v, want an edit of %s as revision 3", c.Outgoing, id)
		}
	},
	"a closed room: what is pending is stale, what comes later and other rooms are not": func(d *desk) {
		d.post(text("stands", roomA, "1"))
		d.deliver()
		d.post(text("a1", roomA, "2"), text("a2", roomA, "3"), text("stands", roomA, "edited"), text("b", roomB, "4"))
		d.commit(bot.Change{Closed: []bot.RoomID{roomA}}, text("last", roomA, "5"))
		d.wantKeys(d.deliver(), "b", "last")
		d.wantCounts(bot.OutboxCounts{bot.SlotSent: 2, bot.SlotStale: 3})
	},
	"sent: equal content does nothing": func(d *desk) {
		d.post(text("k", roomA, "one"))
		d.deliver()
		d.post(text("k", roomA, "one"))
		d.noClaim()
		d.wantCounts(bot.OutboxCounts{bot.SlotSent: 1})
	},
	"changed and changed back before it was sent": func(d *desk) {
		d.post(text("k", roomA, "one"))
		id := d.sent(d.claim())
		d.post(text("k", roomA, "two"))
		d.post(text("k", roomA, "one"))
		d.noClaim()
		d.post(text("k", roomA, "three"))
		if c := d.claim(); c.Message != id || c.Text.Markdown != "three" || c.Revision < 2 {
			d.Errorf("delivered %+v, want an edit to three", c.Outgoing)
		}
	},
	"in flight: what came meanwhile is sent afterwards": func(d *desk) {
		d.post(text("k", roomA, "one"))
		c := d.claim()
		d.post(text("k", roomA, "two"))
		d.noClaim(roomA)
		d.wantCounts(bot.OutboxCounts{bot.SlotSending: 1})
		id := d.sent(c)
		edit := d.claim()
		if edit.Message != id || edit.Revision != 2 || edit.Text.Markdown != "two" {
			d.Errorf("delivered %+v, want an edit of %s to two", edit.Outgoing, id)
		}
		d.sent(edit)
		d.noClaim()
	},
	"in flight: changed and changed back": func(d *desk) {
		d.post(text("k", roomA, "one"))
		c := d.claim()
		d.post(text("k", roomA, "two"))
		d.post(text("k", roomA, "one"))
		d.sent(c)
		d.noClaim()
		d.wantCounts(bot.OutboxCounts{bot.SlotSent: 1})
	},
	"in flight: taken back": func(d *desk) {
		d.post(text("k", roomA, "one"))
		c := d.claim()
		d.post(gone(text("k", roomA, "")))
		id := d.sent(c)
		if c := d.claim(); !c.Absent || c.Message != id {
			d.Errorf("delivered %+v, want %s to be taken back", c.Outgoing, id)
		}
	},
	"absent: never there": func(d *desk) {
		d.post(gone(text("never", roomA, "")))
		d.post(text("k", roomA, "one"))
		d.post(gone(text("k", roomA, "")))
		d.noClaim()
		d.wantCounts(bot.OutboxCounts{bot.SlotStale: 1})
		d.post(text("k", roomA, "one"))
		if c := d.claim(); c.Absent || c.Message != "" || c.Text.Markdown != "one" {
			d.Errorf("delivered %+v, want an original", c.Outgoing)
		}
	},
	"absent: taken back, once, and back again": func(d *desk) {
		d.post(text("k", roomA, "one"))
		id := d.sent(d.claim())
		d.post(gone(text("k", roomA, "")))
		c := d.claim()
		if !c.Absent || c.Message != id || c.Revision != 2 || c.Text.Markdown != "" {
			d.Errorf("delivered %+v, want %s to be taken back", c.Outgoing, id)
		}
		d.sent(c)
		d.post(gone(text("k", roomA, "")))
		d.noClaim()
		if got := d.load(bot.Query{Target: id}).Target; got != nil {
			d.Errorf("a message taken back is still known as %+v", got)
		}
		d.post(text("k", roomA, "one"))
		c = d.claim()
		if c.Absent || c.Message != "" || c.Revision != 3 || c.Text.Markdown != "one" {
			d.Errorf("delivered %+v, want a new original as revision 3", c.Outgoing)
		}
		again := d.sent(c)
		if got := d.load(bot.Query{Target: again}).Target; got == nil || got.Key != "k" {
			d.Errorf("the new original is known as %+v", got)
		}
	},
	"absent: wanted again before it was taken back": func(d *desk) {
		d.post(text("k", roomA, "one"))
		d.deliver()
		d.post(gone(text("k", roomA, "")))
		d.post(text("k", roomA, "one"))
		d.noClaim()
	},
	"a reaction comes and goes": func(d *desk) {
		d.post(reaction("ack", roomA, bot.Target{Message: "test:$m"}, "🟡"))
		c := d.claim()
		if c.Op != bot.OpReaction || c.Target != "test:$m" || c.Emoji != "🟡" || c.Message != "" {
			d.Errorf("delivered %+v, want a reaction on m", c.Outgoing)
		}
		id := d.sent(c)
		d.post(gone(reaction("ack", roomA, bot.Target{}, "")))
		if c = d.claim(); !c.Absent || c.Message != id || c.Op != bot.OpReaction {
			d.Errorf("delivered %+v, want reaction %s to be taken back", c.Outgoing, id)
		}
		d.sent(c)
		d.post(reaction("ack", roomA, bot.Target{Message: "test:$m"}, "🟡"))
		if c = d.claim(); c.Absent || c.Message != "" || c.Emoji != "🟡" {
			d.Errorf("delivered %+v, want the reaction again", c.Outgoing)
		}
	},
	"another emoji takes the old one back first": func(d *desk) {
		d.post(reaction("ack", roomA, bot.Target{Message: "test:$m"}, "🟡"))
		id := d.sent(d.claim())
		d.post(reaction("ack", roomA, bot.Target{Message: "test:$m"}, "🔴"))
		got := d.deliver()
		d.wantKeys(got, "ack", "ack")
		if !got[0].Absent || got[0].Message != id || got[1].Absent || got[1].Emoji != "🔴" || got[1].Message != "" {
			d.Errorf("delivered %+v and %+v, want the old one back and a new one", got[0].Outgoing, got[1].Outgoing)
		}
		if got[0].Revision == got[1].Revision {
			d.Error("two operations have one revision, so they have one transaction id")
		}
	},
	"edit only: no slot, no message": func(d *desk) {
		edit := text("k", roomA, "two")
		edit.EditOnly = true
		d.post(edit)
		d.wantCounts(bot.OutboxCounts{})
		d.post(text("k", roomA, "one"))
		d.post(edit)
		if c := d.claim(); c.Text.Markdown != "two" || c.Message != "" {
			d.Errorf("delivered %+v, want the edited content as the original", c.Outgoing)
		}
	},
	"edit only: a sent one is edited": func(d *desk) {
		d.post(text("k", roomA, "one"))
		id := d.sent(d.claim())
		edit := text("k", roomA, "two")
		edit.EditOnly = true
		d.post(edit)
		if c := d.claim(); c.Message != id {
			d.Errorf("delivered %+v, want an edit of %s", c.Outgoing, id)
		}
	},
	"edit only: what was dropped stays dropped": func(d *desk) {
		late := text("k", roomA, "one")
		late.Expires = d.now
		d.post(late)
		d.noClaim()
		edit := text("k", roomA, "two")
		edit.EditOnly = true
		d.post(edit)
		d.noClaim()
	},
	"expired: not sent any more": func(d *desk) {
		slot := text("k", roomA, "one")
		slot.Expires = d.now.Add(time.Hour)
		d.post(slot, text("next", roomA, "two"))
		d.later(time.Hour)
		d.wantKeys(d.deliver(), "next")
		d.wantCounts(bot.OutboxCounts{bot.SlotStale: 1, bot.SlotSent: 1})
		d.post(slot) // the same again is as late as before
		d.noClaim()
		slot.Expires = d.now.Add(time.Hour)
		d.post(slot)
		d.wantKeys(d.deliver(), "k")
	},
	"expired: what stands is corrected all the same": func(d *desk) {
		slot := text("k", roomA, "come at ten")
		slot.Expires = d.now.Add(time.Hour)
		d.post(slot)
		id := d.sent(d.claim())
		d.later(2 * time.Hour)
		slot.Text.Markdown, slot.EditOnly = "this is over", true
		d.post(slot)
		c := d.claim()
		if c.Message != id || c.Text.Markdown != slot.Text.Markdown {
			d.Errorf("delivered %+v, want an edit of %s", c.Outgoing, id)
		}
		d.later(time.Hour)
		d.takeOver("second") // in doubt, it is tried again
		if c := d.claim(); c.Message != id || !c.Doubtful {
			d.Errorf("delivered %+v, want the same edit again", c.Outgoing)
		}
	},
	"expired: what waits is not corrected into the room": func(d *desk) {
		slot := text("k", roomA, "come at ten")
		slot.Expires = d.now.Add(time.Hour)
		d.post(slot)
		d.later(2 * time.Hour)
		slot.Text.Markdown, slot.EditOnly = "this is over", true
		d.post(slot)
		d.noClaim()
		d.wantCounts(bot.OutboxCounts{bot.SlotStale: 1})
	},
	"expired: taking back is never too late": func(d *desk) {
		slot := text("k", roomA, "one")
		slot.Expires = d.now.Add(time.Hour)
		d.post(slot)
		d.deliver()
		d.later(2 * time.Hour)
		d.post(gone(slot))
		if c := d.claim(); !c.Absent {
			d.Errorf("delivered %+v, want it to be taken back", c.Outgoing)
		}
	},
	"failed: equal content stays failed, other content is tried": func(d *desk) {
		d.post(text("k", roomA, "too long"))
		d.unsent(d.claim(), 0, true, false)
		d.wantCounts(bot.OutboxCounts{bot.SlotFailed: 1})
		d.post(text("k", roomA, "too long"))
		d.noClaim()
		d.post(text("k", roomA, "short"))
		c := d.claim()
		if c.Message != "" || c.Attempts != 0 || c.Transaction == bot.Transaction("k", roomA, 1) {
			d.Errorf("delivered %+v after %d attempts, want a fresh original", c.Outgoing, c.Attempts)
		}
	},
	"failed for good while other content came": func(d *desk) {
		d.post(text("k", roomA, "too long"))
		c := d.claim()
		d.post(text("k", roomA, "short"))
		d.unsent(c, 0, true, false)
		if c := d.claim(); c.Text.Markdown != "short" || c.Message != "" {
			d.Errorf("delivered %+v, want the newer content as an original", c.Outgoing)
		}
	},
	"a failed edit leaves what stands": func(d *desk) {
		d.post(text("k", roomA, "one"))
		id := d.sent(d.claim())
		d.post(text("k", roomA, "two"))
		d.unsent(d.claim(), 0, true, false)
		d.post(text("k", roomA, "three"), reaction("r", roomA, onKey("k"), "✅"))
		got := d.deliver()
		d.wantKeys(got, "k", "r")
		if got[0].Message != id || got[1].Target != id {
			d.Errorf("delivered %+v and %+v, want both on %s", got[0].Outgoing, got[1].Outgoing, id)
		}
	},
	"joining and leaving have no message": func(d *desk) {
		d.post(bot.Slot{Key: "join/1", Op: bot.OpJoin, Kind: bot.KindRoom, Room: roomA}, text("hello", roomA, "Guten Tag"))
		c := d.claim()
		if c.Op != bot.OpJoin || c.Room != roomA {
			d.Errorf("delivered %+v, want to join", c.Outgoing)
		}
		d.sentAs(c, "")
		d.post(bot.Slot{Key: "join/1", Op: bot.OpJoin, Kind: bot.KindRoom, Room: roomA})
		d.wantKeys(d.deliver(), "hello")
	},
	"a slot needs a room or a user": func(d *desk) {
		if err := d.tryCommit(bot.Change{}, text("k", "", "x")); err == nil {
			d.Error("a slot that goes nowhere was written")
		}
	},
}
