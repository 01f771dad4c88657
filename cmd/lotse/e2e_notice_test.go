package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lotse/bot/matrix/matrixtest"
)

// TestNotices announces something to two rooms of networks on a real homeserver, in one of which the bot may not write;
// corrects it, and takes it back. Then somebody comes into a network's room and is greeted, once.
func TestNotices(t *testing.T) { raise(t, false, 1, nil).notices() }

// TestNoticesSealed is the same in encrypted rooms.
func TestNoticesSealed(t *testing.T) { raise(t, true, 1, nil).notices() }

func (w *town) notices() {
	w.Helper()
	open, mute := w.room("Digilotsen", w.otto), w.room("IT-Verantwortliche", w.otto)
	path := filepath.Join(w.folder, "lotse.yaml")
	config, err := os.ReadFile(path)
	if err != nil {
		w.Fatal(err)
	}
	w.write("lotse.yaml", strings.Replace(string(config), "projektcheck:\n",
		"  - {room: \""+open+"\", kind: network, network: digilotsen}\n  - {room: \""+mute+"\", kind: network, network: it-verantwortliche}\n"+
			"greeting: {where: direct}\nprojektcheck:\n", 1))
	w.start("2026-11-17T08:00:00+01:00")
	w.moveIn()
	for _, room := range []string{open, mute} {
		w.pia.AwaitKey(w, room, "room/hello/network/matrix:"+room)
	}
	levels := w.pia.State(w, mute, "m.room.power_levels", "")
	levels["events_default"] = 50
	w.pia.SendState(w, mute, "m.room.power_levels", "", levels)
	w.settle()

	w.writes(w.pia, w.pmo, "!ansage digilotsen, it-verantwortliche: Am Freitag ist das Rechenzentrum nicht zu erreichen.\n\nMehr: https://intranet.stadt.example/wartung")
	preview := w.pia.AwaitKey(w, w.pmo, "notice/1/preview/matrix:"+w.pmo)
	if said := w.keys(w.otto, open, "notice/"); len(said) > 0 {
		w.Fatalf("before anybody has confirmed it, the room has %v", said)
	}
	w.pia.React(w, w.pmo, preview.ID, "✅")
	w.settle()
	w.clock("11-17 08:10")
	w.latest(w.pia, w.pmo, preview.ID, "Zugestellt in 1 von 2 Räumen", "it-verantwortliche – ich darf dort nicht schreiben", "Am Freitag ist das Rechenzentrum")
	said := w.otto.AwaitKey(w, open, "notice/1/said/matrix:"+open)
	w.latest(w.otto, open, said.ID, "Mitteilung des PMO", "Am Freitag ist das Rechenzentrum nicht zu erreichen.", "https://intranet.stadt.example/wartung")
	if said := w.keys(w.otto, mute, "notice/"); len(said) > 0 {
		w.Errorf("where the bot may not write there is %v", said)
	}

	w.writes(w.pia, w.pmo, "!ansage ändern 1 Das Rechenzentrum ist erst am Samstag nicht zu erreichen.")
	w.clock("11-17 08:20")
	w.latest(w.otto, open, said.ID, "erst am Samstag")
	w.latest(w.pia, w.pmo, preview.ID, "Zugestellt in 1 von 2 Räumen", "erst am Samstag")
	w.writes(w.pia, w.pmo, "!ansage zurück 1")
	w.clock("11-17 08:30")
	w.otto.Await(w, open, "the announcement to be taken back", func(events []matrixtest.Event) bool {
		for _, e := range events {
			if e.ID == said.ID && e.Redacted {
				return true
			}
		}
		return false
	})

	// Somebody is new, changes their name, leaves, and comes back.
	nina := w.person("nina", "Nina Beispiel")
	w.pia.Invite(w, open, nina.ID)
	nina.Join(w, open)
	nina.SetDisplayName(w, "Nina Neu")
	w.settle()
	w.clock("11-17 08:40")
	direct := nina.AwaitInvite(w, w.lotse.ID)
	nina.Join(w, direct)
	key := "greeting/digilotsen/matrix:" + nina.ID
	greeting := nina.AwaitKey(w, direct, key)
	if body := greeting.Body(); !strings.Contains(body, "Willkommen im Netzwerk digilotsen, Nina Beispiel!") || !strings.Contains(body, "!ruhe") {
		w.Errorf("she reads\n%s", body)
	}
	nina.Leave(w, open)
	w.pia.Invite(w, open, nina.ID)
	nina.Join(w, open)
	w.settle()
	w.clock("11-17 09:00")
	if got := w.keys(nina, direct, "greeting/"); len(got) != 1 {
		w.Errorf("she was greeted by %v, want once", got)
	}
	if w.sealed {
		w.isSealed("the direct chat", w.seesAll(direct, nina))
		w.isSealed("the network's room", w.seesAll(open, w.otto))
	}
	// Who was there before the bot, or comes into another room, is not greeted.
	if invites := w.otto.Invites(w); len(invites) > 0 {
		w.Errorf("otto is invited to %v", invites)
	}
	w.stop()
}

// keys are those of the bot's originals in a room that have a beginning.
func (w *town) keys(as *matrixtest.User, room, beginning string) (keys []string) {
	w.Helper()
	for _, e := range w.seesAll(room, as) {
		if e.Sender == w.lotse.ID && e.RelType != "m.replace" && strings.HasPrefix(e.Key(), beginning) {
			keys = append(keys, e.Key())
		}
	}
	return keys
}

// latest waits until a message says certain things, after all edits.
func (w *town) latest(as *matrixtest.User, room, message string, says ...string) {
	w.Helper()
	as.Await(w, room, strings.Join(says, " … "), func(events []matrixtest.Event) bool {
		for _, e := range matrixtest.Latest(events) {
			if e.ID != message {
				continue
			}
			for _, words := range says {
				if !strings.Contains(e.Body(), words) {
					return false
				}
			}
			return true
		}
		return false
	})
}
