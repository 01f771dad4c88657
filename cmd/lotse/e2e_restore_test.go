package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRestoreFromBackup loses the database of a bot in the middle of a round that opened after the last backup. Brought
// back, the bot reads in the rooms what it has forgotten, sends nothing until the PMO agrees, and then goes on: nothing is
// said twice, and every answer counts, those of the lost time, of the time without a bot, and of the pause.
func TestRestoreFromBackup(t *testing.T) {
	w := newTown(t)
	w.start("2026-11-18T08:59:00+01:00")
	w.moveIn()
	if got := w.run("backup", "sicherung.db"); !strings.Contains(got, "20 projects") {
		t.Errorf("lotse backup says %q", got)
	}

	// What the backup does not know: the round opens, one lead answers, another one begins to.
	w.clock("11-18 09:00")
	w.about(first, "eakte").says("Status: grün", "Ausblick: grün", "Blocker: keine", "Entscheidung: keine", "Kommunikation: –")
	portal := w.about(first, "serviceportal")
	portal.clicks("status", "🟢")
	portal.says("gelb – Testphase mit den Servicestellen vorbereiten")
	w.settle()
	w.kill()
	files, err := filepath.Glob(filepath.Join(w.folder, "lotse.db*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	// Nobody tells the lead that the bot is not there.
	missed := portal.who.Thread(t, portal.room, portal.opening(), "keine")

	if got := w.run("restore", "--yes", "sicherung.db"); !strings.Contains(got, "next: lotse login") {
		t.Errorf("lotse restore says %q", got)
	}
	w.run("login")
	before := w.said()
	w.start("2026-11-18T10:00:00+01:00")
	note := w.pia.AwaitMessage(t, w.pmo, "aus einer Sicherung")
	if body := note.Body(); !strings.Contains(body, "!weiter") || !strings.Contains(body, "habe ich nachgelesen") {
		t.Errorf("the PMO reads\n%s", body)
	}
	t.Logf("the PMO reads\n%s", note.Body())
	paused := portal.who.Thread(t, portal.room, portal.opening(), "Kommunikation: Ab Dezember am Infopoint")
	w.settle()
	// The PMO gets answers, a lead does not, and nothing else goes out.
	w.pia.Send(t, w.pmo, "!weiter verwerffen")
	w.pia.AwaitMessage(t, w.pmo, "Meinten Sie !weiter verwerfen")
	w.leads["eakte"].Send(t, w.rooms["eakte"], "!weiter")
	w.settle()
	for room, keys := range w.said() {
		for key, n := range keys {
			if n != before[room][key] && room != w.pmo && room != w.ping {
				t.Errorf("while it is paused, %s is said in %s", key, room)
			}
		}
	}

	w.pia.Send(t, w.pmo, "!weiter")
	w.pia.AwaitMessage(t, w.pmo, "Es geht weiter")
	w.pia.AwaitReaction(t, portal.room, missed, "✅")
	w.pia.AwaitReaction(t, portal.room, paused, "✅")
	portal.says("keine")
	if got := w.pia.AwaitKey(t, portal.room, "check/"+first+"/summary/serviceportal/matrix:"+portal.room).Body(); !strings.Contains(got, "Testphase") || !strings.Contains(got, "Infopoint") {
		t.Errorf("the summary is %q, want the answers of the lost time, of the time without a bot and of the pause in it", got)
	}
	w.settle()
	said := w.said()
	for room, keys := range said {
		for key, n := range keys {
			if n != 1 {
				t.Errorf("%s stands %d times in %s", key, n, room)
			}
		}
	}
	for project, room := range w.rooms {
		if said[room][w.askKey(project)] != 1 {
			t.Errorf("%s was not asked just once", project)
		}
	}
	w.stop()
}

// said counts the bot's originals by key, room by room.
func (w *town) said() map[string]map[string]int {
	w.Helper()
	all := map[string]map[string]int{}
	rooms := []string{w.pmo, w.dm, w.ping}
	for _, room := range w.rooms {
		rooms = append(rooms, room)
	}
	for _, room := range rooms {
		all[room] = map[string]int{}
		for _, e := range w.pia.Events(w, room) {
			if e.Sender == w.lotse.ID && e.Key() != "" && e.RelType != "m.replace" && e.Type != "m.room.redaction" {
				all[room][e.Key()]++
			}
		}
	}
	return all
}
