package storage_test

import (
	"testing"
	"time"

	"lotse/bot"
	"lotse/storage"
	"lotse/storage/storagetest"
)

// finds fails unless a word stands in so many places of the database.
func finds(t *testing.T, s *storage.Store, word string, want int) {
	t.Helper()
	found, err := storagetest.Find(t.Context(), s.DB().RawDB, word)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != want {
		t.Errorf("%q stands in %d places, want %d: %q", word, len(found), want, found)
	}
}

// What stands in its room, or never will, is not kept; equal content does nothing all the same.
func TestWordsAreDropped(t *testing.T) {
	ctx, s := t.Context(), memory(t)
	now := time.Date(2026, 11, 18, 8, 0, 0, 0, time.UTC)
	epoch, err := s.Acquire(ctx, "test", now, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	post := func(key bot.Key, words string) {
		t.Helper()
		must(s.Commit(ctx, bot.Commit{Epoch: epoch, Now: now, Slots: []bot.Slot{{Key: key, Op: bot.OpMessage, Room: "test:!" + bot.RoomID(key), Text: bot.Text{Markdown: bot.Markdown(words)}}}}))
	}
	claim := func(want int) []bot.Delivery {
		t.Helper()
		got, err := s.Claim(ctx, epoch, now, "test", nil, 10)
		must(err)
		if len(got) != want {
			t.Fatalf("claimed %d, want %d", len(got), want)
		}
		return got
	}
	echo := func(d bot.Delivery) {
		t.Helper()
		_, err := s.Receive(ctx, epoch, now, bot.Batch{Events: []bot.Event{{Kind: bot.EventEcho, Room: d.Room, Key: d.Key, Message: "test:$1", Revision: d.Revision}}})
		must(err)
	}

	post("a", "kanari one")
	finds(t, s, "kanari", 1)
	d := claim(1)[0]
	finds(t, s, "kanari", 2) // wanted, and on its way
	must(s.Settle(ctx, epoch, now, []bot.Outcome{{Delivery: d, ID: "test:$1"}}))
	finds(t, s, "kanari", 1) // it may be lost, and sent again
	echo(d)
	finds(t, s, "kanari", 0)
	post("a", "kanari one")
	claim(0)

	post("a", "kanari two")
	finds(t, s, "kanari two", 1)
	d = claim(1)[0]
	if d.Message == "" || d.Text.Markdown != "kanari two" {
		t.Errorf("the change is %+v, want an edit that says it", d.Outgoing)
	}
	must(s.Settle(ctx, epoch, now, []bot.Outcome{{Delivery: d, ID: "test:$1"}}))
	finds(t, s, "kanari", 0)

	// A secret goes once it is sent, also where the chat reports nothing.
	must(s.Commit(ctx, bot.Commit{Epoch: epoch, Now: now, Slots: []bot.Slot{{Key: "s", Op: bot.OpMessage, Room: "test:!s", Text: bot.Text{Markdown: "kanari secret"}, Secret: true}}}))
	d = claim(1)[0]
	must(s.Settle(ctx, epoch, now, []bot.Outcome{{Delivery: d, ID: "test:$2"}}))
	finds(t, s, "kanari secret", 0)
	lost := d.Outgoing
	lost.Message = "test:$2"
	must(s.Lost(ctx, epoch, now, lost))
	claim(0) // nobody knows any more what it said

	postFile := func(words, body string) {
		t.Helper()
		must(s.Commit(ctx, bot.Commit{Epoch: epoch, Now: now, Slots: []bot.Slot{{
			Key: "f", Op: bot.OpMessage, Room: "test:!f", Text: bot.Text{Markdown: bot.Markdown(words)}, File: &bot.File{Name: "kanari.ics", Bytes: []byte(body)},
		}}}))
	}
	postFile("file", "kanari a")
	postFile("file", "kanari b") // the first one was never sent
	finds(t, s, "kanari a", 0)
	finds(t, s, "kanari b", 1)
	d = claim(1)[0]
	postFile("file", "kanari c")
	finds(t, s, "kanari b", 1) // on its way
	finds(t, s, "kanari c", 1) // wanted
	must(s.Settle(ctx, epoch, now, []bot.Outcome{{Delivery: d, ID: "test:$1"}}))
	echo(d)
	finds(t, s, "kanari b", 0)
	d = claim(1)[0]
	must(s.Settle(ctx, epoch, now, []bot.Outcome{{Delivery: d, ID: "test:$1"}}))
	finds(t, s, "kanari", 0)
	postFile("file", "kanari c")
	claim(0)
	finds(t, s, "kanari", 0)

	post("b", "kanari three")
	must(s.Settle(ctx, epoch, now, []bot.Outcome{{Delivery: claim(1)[0], Failed: true, Final: true, Reason: "forbidden"}}))
	finds(t, s, "kanari", 0)
	post("b", "kanari three") // nothing new about it
	claim(0)
	post("b", "kanari four")
	if d := claim(1)[0]; d.Text.Markdown != "kanari four" {
		t.Errorf("sent is %q", d.Text.Markdown)
	}
}
