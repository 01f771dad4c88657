package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lotse/bot/matrix/matrixtest"
)

// TestRestoreFromBackupSealed is TestRestoreFromBackup in encrypted rooms. The new device can read neither what the lost one
// has said nor what was written to it; yet nothing is said twice, and whose answer is missing is asked for it, once, when
// the PMO agrees. It waits as long as the bot waits for room keys, so it runs in the long tier only.
func TestRestoreFromBackupSealed(t *testing.T) {
	if os.Getenv("LOTSE_TEST_LONG") == "" {
		t.Skip("it takes minutes; set LOTSE_TEST_LONG=1 to run it")
	}
	w := raise(t, true, 3, nil)
	w.start("2026-11-18T08:59:00+01:00")
	w.moveIn()
	w.run("backup", "sicherung.db")

	// What the backup does not know.
	w.clock("11-18 09:00")
	portal := w.about(first, "serviceportal")
	portal.clicks("status", "🟢")
	portal.says("gelb – Testphase mit den Servicestellen vorbereiten")
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
	portal.who.Thread(t, portal.room, portal.opening(), "keine")

	w.run("restore", "--yes", "sicherung.db")
	w.run("login")
	w.start("2026-11-18T10:00:00+01:00")
	note := w.pia.AwaitMessage(t, w.pmo, "aus einer Sicherung")
	t.Logf("the PMO reads\n%s", note.Body())
	readable := portal.who.Thread(t, portal.room, portal.opening(), "Kommunikation: Ab Dezember am Infopoint")
	w.settle()
	w.pia.Send(t, w.pmo, "!weiter")
	w.pia.AwaitMessage(t, w.pmo, "Es geht weiter")
	w.pia.AwaitReaction(t, portal.room, readable, "✅")

	asked := func() (n int) {
		for _, e := range portal.who.Events(t, portal.room) {
			if strings.HasPrefix(e.Key(), "unreadable/") {
				n++
				t.Logf("the lead reads\n%s", e.Body())
			}
		}
		return n
	}
	for deadline := time.Now().Add(5 * time.Minute); asked() == 0 && time.Now().Before(deadline); {
		<-time.After(time.Second)
	}
	portal.says("Ausblick: gelb – Testphase mit den Servicestellen vorbereiten", "Blocker: keine", "Entscheidung: keine")
	if got := w.pia.AwaitKey(t, portal.room, "check/"+first+"/summary/serviceportal/matrix:"+portal.room).Body(); !strings.Contains(got, "Testphase") || !strings.Contains(got, "Infopoint") {
		t.Errorf("the summary is %q", got)
	}
	if n := asked(); n != 1 {
		t.Errorf("the lead was asked %d times to write again", n)
	}
	w.settle()
	for room, keys := range w.said() {
		for key, n := range keys {
			if n != 1 {
				t.Errorf("%s stands %d times in %s", key, n, room)
			}
		}
	}
	t.Logf("the lead's room:\n%s", matrixtest.Transcript(portal.who.Events(t, portal.room)))
	for project, room := range w.rooms {
		w.isSealed(project, w.leads[project].Events(t, room))
	}
	w.stop()
}
