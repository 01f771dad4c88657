package engine_test

import (
	"slices"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/storage/storagetest"
)

// Eight months pass, and reports are kept for six. What was said in the first round is gone then, what was said
// of late is not, and old events that a server shows once more bring nothing back.
func TestOldThingsGo(t *testing.T) {
	keeps := func(c *engine.Config) { c.Settings.Retention = bot.Retention{Reports: 6, Messages: 90, Decisions: 10} }
	store := testPlace.store(t)
	c, err := testPlace.begin(t.Context(), store, testPlace.rooms(), dawn, keeps)
	if err != nil {
		t.Fatal(err)
	}
	until := func(at time.Time) {
		t.Helper()
		if err := c.RunUntil(t.Context(), at); err != nil {
			t.Fatal(err)
		}
	}
	finds := func(word string) int {
		t.Helper()
		found, err := storagetest.Find(t.Context(), store.DB().RawDB, word)
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	say := func(room bot.RoomID, who bot.UserID, text string, in bot.MessageID) {
		t.Helper()
		c.chat.SayIn(room, who, in, text)
		if err := c.Idle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	at := func(local string) time.Time {
		p := &plot{}
		p.until(local)
		return p.steps[0].until
	}
	epoch, err := store.Acquire(t.Context(), "lotse", dawn, 24*time.Hour)
	if err == nil {
		err = store.Commit(t.Context(), bot.Commit{Epoch: epoch, Now: dawn, Change: bot.Change{Timers: []bot.Timer{{Key: "prune", Kind: bot.TimerPrune, At: dawn}}}})
	}
	if err != nil {
		t.Fatal(err)
	}

	until(at("2026-11-18 09:00"))
	thread := own(c.chat, portal, "check/2026-11-25/ask/")
	say(portal, maria, "Status: gelb, kanari-alt\nAusblick: grün\n- kanari-aufgabe\nBlocker: keine\nEntscheidung: keine\nKommunikation: kanari-nutzer", thread)
	say(portal, maria, "!erledigt 1", "")
	say(direct, fatma, "gelb kanari-direkt", "")
	until(at("2027-05-20 09:00"))
	if finds("kanari") == 0 {
		t.Error("after not quite six months nothing is left of the first round")
	}
	until(at("2027-05-26 12:00"))
	thread = own(c.chat, portal, "check/2027-06-02/ask/")
	say(portal, maria, "gelb, kanari-neu", thread)
	before := len(c.chat.Sends())
	said := map[bot.RoomID][]bot.Key{}
	until(at("2027-07-20 09:00"))
	for _, word := range []string{"kanari-alt", "kanari-aufgabe", "kanari-nutzer", "kanari-direkt"} {
		if n := finds(word); n != 0 {
			t.Errorf("%s stands in %d places yet", word, n)
		}
	}
	if finds("kanari-neu") == 0 {
		t.Error("what was said of late is gone")
	}
	if len(c.chat.Sends()) == before {
		t.Error("no round has begun since: the test shows nothing")
	}
	for _, room := range c.chat.Rooms() {
		said[room] = c.chat.Said(room)
	}
	c.chat.Rewind(1 << 30)
	if err := c.Idle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.end(); err != nil {
		t.Fatal(err)
	}
	if c, err = testPlace.begin(t.Context(), store, c.chat, at("2027-07-20 09:00"), keeps); err != nil {
		t.Fatal(err)
	}
	until(at("2027-07-22 09:00"))
	for room, keys := range said {
		if now := c.chat.Said(room); !slices.Equal(now, keys) {
			t.Errorf("in %s the bot has said more after it saw everything once more: %q", room, now[len(keys):])
		}
	}
	if n := finds("kanari-alt"); n != 0 {
		t.Errorf("what was old has come back in %d places", n)
	}
	if doubled := c.chat.Doubled(); len(doubled) > 0 {
		t.Errorf("said twice: %q", doubled)
	}
	if err := c.end(); err != nil {
		t.Error(err)
	}
}
