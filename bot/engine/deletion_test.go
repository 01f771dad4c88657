package engine_test

import (
	"slices"
	"strings"
	"testing"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/storage/storagetest"
)

// What somebody deletes in the chat is in no table any more, whatever it was and whenever
// they do it: while the round runs, after its close, when it is long over and the next
// one is asked about; and the bot's own messages do not say it any more.
func TestDeletedWordsAreNowhere(t *testing.T) {
	const word = "kanari"
	fails := func(c *engine.Config) {
		c.Rules.Decide = func(s bot.Snapshot, e bot.Event) (bot.Change, error) {
			if strings.Contains(e.Text, "platzt") {
				panic("the decision fails")
			}
			return bot.Decide(s, e)
		}
	}
	// Who says it, where, and how; round: in the thread of the first one.
	type saying struct {
		who  bot.UserID
		room bot.RoomID
		text string
		in   string // key of the message whose thread it is in
	}
	ask := "check/2026-11-25/ask/serviceportal"
	sayings := []saying{
		{maria, portal, "gelb – kanari-status", ask},
		{maria, portal, "Ausblick: grün\n- kanari-aufgabe\nBlocker: kanari-blocker\nEntscheidung: kanari-entscheidung\nKommunikation: kanari-nutzer", ask},
		{maria, portal, "!aufgabe kanari-neu", ""},
		{maria, portal, "!aufgabe 1 kanari-umbenannt", ""},
		{pia, pmoRoom, "!nachfrage serviceportal kanari-frage", ""},
		{maria, portal, "kanari-antwort", ask},
		{pia, pmoRoom, "!status eakte gelb kanari-eingetragen", ""},
		{maria, portal, "kanari-platzt", ask},
	}
	for _, when := range []struct{ name, delete, look string }{
		{"while the round runs", "2026-11-18 11:00", "2026-11-18 11:01"},
		{"after the close", "2026-11-24 17:00", "2026-11-24 17:01"},
		{"when the next round runs", "2026-12-09 11:00", "2026-12-09 11:01"},
	} {
		t.Run(when.name, func(t *testing.T) {
			store := testPlace.store(t)
			c, err := testPlace.begin(t.Context(), store, testPlace.rooms(), dawn, fails)
			if err != nil {
				t.Fatal(err)
			}
			until := func(local string) {
				t.Helper()
				p := &plot{}
				p.until(local)
				if err := c.RunUntil(t.Context(), p.steps[0].until); err != nil {
					t.Fatal(err)
				}
			}
			finds := func(text string) []string {
				t.Helper()
				found, err := storagetest.Find(t.Context(), store.DB().RawDB, text)
				if err != nil {
					t.Fatal(err)
				}
				return found
			}
			until("2026-11-18 09:00")
			ids := make([]bot.MessageID, len(sayings))
			for i, s := range sayings {
				if s.in == "" {
					ids[i] = c.chat.Say(s.room, s.who, s.text)
				} else {
					ids[i] = c.chat.SayIn(s.room, s.who, own(c.chat, s.room, s.in), s.text)
				}
				if err := c.Idle(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			for _, w := range strings.FieldsFunc(sayingsText(sayings, func(s saying) string { return s.text }), notWord) {
				renamed := strings.HasSuffix(w, "-aufgabe") // !aufgabe 1 has given it other words, but the answer has them yet
				if strings.HasPrefix(w, word) && len(finds(w)) == 0 && !renamed {
					t.Errorf("%s was not taken in: the test shows nothing", w)
				}
			}
			until(when.delete)
			for i, s := range sayings {
				c.chat.Delete(s.room, s.who, ids[i])
			}
			until(when.look)
			if found := finds(word); len(found) > 0 {
				t.Errorf("deleted, and it stands yet in:\n%s", strings.Join(found, "\n"))
			}
			for _, room := range c.chat.Rooms() {
				for _, m := range c.chat.Room(room) {
					// Replies to commands stand beside them and quote nothing but what they show.
					if m.Key != "" && strings.Contains(m.Text, word) {
						t.Errorf("the bot says in %s, under %s:\n%s", room, m.Key, m.Text)
					}
				}
			}
			if err := c.end(); err != nil {
				t.Error(err)
			}
		})
	}
}

func notWord(r rune) bool { return r == ' ' || r == '\n' || r == ':' }

func sayingsText[T any](all []T, text func(T) string) string {
	var texts []string
	for s := range slices.Values(all) {
		texts = append(texts, text(s))
	}
	return strings.Join(texts, "\n")
}
