package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lotse/bot/matrix/matrixtest"
)

// TestEndToEndSealed holds whole dialogues in encrypted rooms. Everybody but the bot has matrix-js-sdk in its strictest mode,
// which gives keys only to devices that their owner has signed and believes no others. In the long tier these people play
// the two rounds of TestEndToEnd: its rooms read word for word as they do in clear.
func TestEndToEndSealed(t *testing.T) {
	w := raise(t, true, 20, []string{"tk-anlagen", "neuroga-it"})
	if os.Getenv("LOTSE_TEST_LONG") != "" {
		w.story = "TestEndToEnd"
		w.twoRounds()
		return
	}
	config, err := os.ReadFile(filepath.Join(w.folder, "lotse.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	w.write("lotse.yaml", string(config)+"log: {level: debug}\n")
	w.start("2026-11-17T08:00:00+01:00")
	w.moveIn()
	w.clock("11-18 09:00")

	// Answers to the lead's own questions: clicked, in the thread, as a reply, edited, taken back.
	portal := w.about(first, "serviceportal")
	portal.clicks("status", "🟢")
	portal.says("gelb – Testphase mit den Servicestellen vorbereiten")
	hurdle := portal.replies("blocker", "Die Redaktion ist unterbesetzt")
	portal.edits(hurdle, "keine")
	need := portal.says("Wir brauchen eine zweite Redaktionsstelle")
	portal.deletes(need)
	portal.says("keine")
	portal.says("–")
	summary := portal.who.AwaitKey(t, portal.room, "check/"+first+"/summary/serviceportal/matrix:"+portal.room)
	if !strings.Contains(summary.Body(), "Testphase mit den Servicestellen") || strings.Contains(summary.Body(), "unterbesetzt") {
		t.Errorf("the summary is\n%s", summary.Body())
	}

	// In a direct chat that the bot has opened.
	phones := w.about(first, "neuroga-it").directly()
	phones.writes("Status: grün\nAusblick: grün\nBlocker: keine\nEntscheidung: keine\nKommunikation: –")

	w.writes(w.pia, w.pmo, "!projektcheck stand")
	w.isSealed("pmo", w.seesAll(w.pmo, w.pia))
	w.holds("serviceportal", portal.room, portal.who)
	w.holds("direkt", phones.room, phones.who)
	w.stop()

	// What was decrypted, and what was encrypted, is in no log, however talkative.
	log, err := os.ReadFile(filepath.Join(w.folder, "log"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(log), "level=DEBUG") || !strings.Contains(string(log), "detail=\"Event decrypted successfully\"") {
		t.Error("the log does not tell of decrypting")
	}
	for _, words := range []string{"Servicestellen", "unterbesetzt", "Redaktionsstelle", "Wo steht das Projekt", "Stichworte"} {
		if strings.Contains(string(log), words) {
			t.Errorf("the log holds %q, which was said in an encrypted room", words)
		}
	}
}

// isSealed checks that all that was said in a room came encrypted from signed devices, each message with a key of its own,
// and that its reader was warned of nothing.
func (w *town) isSealed(name string, events []matrixtest.Event) {
	w.Helper()
	said, keys := 0, map[string]string{}
	for _, e := range events {
		if e.StateKey != nil || e.Redacted || e.Type == "m.reaction" || e.Type == "m.room.redaction" {
			continue
		}
		said++
		if c := e.Crypto; c == nil || !c.Encrypted || !c.Signed || c.Shield != "" || c.Unreadable != "" {
			w.Errorf("%s: %s by %s is not encrypted as it should be: %+v", name, e.ID, e.Sender, c)
		} else {
			key := fmt.Sprintf("%s/%d", c.Session, c.Index)
			if before := keys[key]; before != "" {
				w.Errorf("%s: %s and %s by %s are encrypted with the same key", name, before, e.ID, e.Sender)
			}
			keys[key] = e.ID
		}
	}
	if said == 0 {
		w.Errorf("%s: nothing was said", name)
	}
}
