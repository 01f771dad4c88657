package main

import (
	"os"
	"strings"
	"testing"

	"lotse/bot/matrix/matrixtest"
)

// The two rounds of the story, by their planned dates. The second check is moved by a day while its round runs.
const first, second = "2026-11-25", "2026-12-16"

// TestEndToEnd plays two whole rounds on a real homeserver with the real program: twenty projects, leads who answer in
// every way there is, and some who do not. What every room holds in the end is in testdata/e2e/TestEndToEnd.
func TestEndToEnd(t *testing.T) { newTown(t, roomless...).twoRounds() }

// TestEndToEndOnSynapse plays the same on the other homeserver: the rooms hold the same in the end.
func TestEndToEndOnSynapse(t *testing.T) {
	if os.Getenv("LOTSE_TEST_LONG") != "1" {
		t.Skip("only in the long tier: LOTSE_TEST_LONG=1")
	}
	w := raiseOn(t, matrixtest.Synapse, false, 20, roomless)
	w.story = "TestEndToEnd"
	w.twoRounds()
}

// roomless are the projects that are asked in the direct chat with their lead.
var roomless = []string{"tk-anlagen", "neuroga-it"}

func (w *town) twoRounds() {
	w.Helper()
	w.start("2026-11-17T08:00:00+01:00")
	w.moveIn()
	if got := w.run("check"); strings.Contains(got, "!!") || !strings.Contains(got, "ok  projects: 20 projects, each with a lead") {
		w.Errorf("lotse check finds something to do, or not everything:\n%s", got)
	}
	if got := w.run("plan", "--until", "2030-01-31"); !strings.Contains(got, "Rhythmus:  alle 3 Wochen um 10:00 Uhr, gerechnet ab dem 25.11.2026") {
		w.Errorf("lotse plan says\n%s", got)
	}

	w.clock("11-17 11:00")
	w.writes(w.pia, w.pmo, "!projekt pause i2 bis 30.11.")
	w.writes(w.pia, w.pmo, "!termine")

	w.firstRound()
	w.secondRound()

	for project, room := range w.rooms {
		w.holds(project, room, w.pia)
	}
	w.holds("pmo", w.pmo, w.pia)
	w.holds("dm", w.dm, w.dora)
	w.holds("direkt", w.about(first, "neuroga-it").directly().room, w.leads["neuroga-it"])
	w.shows("pmo-stand", w.seen.String())
	w.stop()
	if got, want := strings.Count(w.run("export"), "\n"), 1+len(w.projects); got != want {
		w.Errorf("lotse export writes %d lines, want %d", got, want)
	}
}

func (w *town) firstRound() {
	w.Helper()
	w.clock("11-18 09:00")

	// A click on the light, two messages in a row before the next question stands, an answer without thread.
	portal := w.about(first, "serviceportal")
	portal.clicks("status", "🟢")
	w.asleep(func() {
		portal.who.Thread(w, portal.room, portal.opening(), "gelb – Testphase mit den Servicestellen vorbereiten")
		portal.who.Thread(w, portal.room, portal.opening(), "Texte in leichter Sprache prüfen")
	})
	portal.replies("blocker", "Keine.")
	portal.says("keine")
	portal.says("Ab Dezember zeigen die Servicestellen das Portal am Infopoint.")

	// One message with labelled lines says it all.
	w.about(first, "eakte").says(
		"Guten Morgen!",
		"Status: grün, zweites Amt ist umgestellt",
		"Ausblick: grün",
		"- Schulung für das dritte Amt",
		"- Scanstrecke abnehmen",
		"Blocker: keine",
		"Entscheidungsbedarf: keine",
		"Kommunikation: Bericht im Intranet")

	// Only replies, from a client that knows no threads.
	call := w.about(first, "ki-im-call")
	call.replies("status", "Grün")
	call.replies("outlook", "im Plan, Sprachmodell nachtrainieren")
	call.replies("blocker", "nein")
	call.replies("decision", "nein")
	call.replies("communication", "–")

	// Commands, outside the thread and in it.
	ozg := w.about(first, "ozg-umsetzung")
	ozg.writes("!status rot Vergabe gescheitert")
	ozg.says("!ausblick gelb Zweite Vergabe vorbereiten")
	ozg.says("!blocker Ohne Dienstleister keine Anbindung, seit 10. November")
	ozg.writes("!entscheidung Freihändige Vergabe bis 2. Dezember, vom DM")
	ozg.writes("!kommunikation –")

	// Text before the light; an answer corrected; an answer taken back.
	intranet := w.about(first, "intranet-relaunch")
	intranet.says("Das Konzept ist abgestimmt")
	intranet.clicks("status", "🟢")
	intranet.clicks("outlook", "🟢")
	hurdle := intranet.says("Redaktion ist unterbesetzt")
	intranet.edits(hurdle, "keine")
	need := intranet.says("Wir brauchen eine zweite Redaktionsstelle")
	intranet.deletes(need)
	intranet.says("–")
	intranet.says("keine")
	intranet.by(w.pia).says("Danke! Das Konzept schaue ich mir morgen an.")
	intranet.says("Gern, ich schicke es Ihnen.")

	// Two projects without a room, one after the other, in the direct chat with their lead.
	phones := w.about(first, "neuroga-it").directly()
	phones.writes("grün")
	phones.writes("gelb, Umzug der Fachanwendung")
	phones.writes("keine")
	phones.writes("keine")
	phones.writes("–")
	phones.writes("Status: grün\nAusblick: grün\nBlocker: keine\nEntscheidung: keine\nKommunikation: –")

	// What the lead wants to know.
	w.writes(w.leads["office-mail"], w.rooms["office-mail"], "!offen")
	w.writes(w.leads["office-mail"], w.rooms["office-mail"], "!hilfe")
	w.clock("11-18 12:00")
	w.sees("am ersten Tag")

	w.clock("11-19 10:00")
	// The lead is away from today: the deputy is reminded, and answers.
	beBPo := w.about(first, "bebpo")
	w.pia.Invite(w, beBPo.room, w.dirk.ID)
	w.dirk.Join(w, beBPo.room)
	beBPo.writes("!vertretung @1 bis 18.12.", w.dirk)
	for _, project := range []string{"o365", "office-mail", "mobiles-arbeiten-2-0", "digitale-personalmanagementprozesse"} {
		w.about(first, project).says("Status: grün", "Ausblick: grün", "Blocker: keine", "Entscheidung: keine", "Kommunikation: –")
	}
	w.about(first, "fis-po").says("Status: gelb – Daten aus zwei Ämtern fehlen", "Ausblick: grün Datenlieferung nachfassen", "Blocker: keine", "Entscheidung: keine", "Kommunikation: –")

	w.clock("11-20 09:00")
	beBPo.by(w.dirk).says("Grün: Postfächer sind eingerichtet", "Ausblick: grün", "Blocker: keine", "Entscheidung: keine", "Kommunikation: –")

	// The PMO enters for a lead: from its own room by command, and in the project's thread by labelled lines.
	w.writes(w.pia, w.pmo, "!status hausaktenarchiv gelb Scandienstleister fällt zwei Wochen aus")
	w.about(first, "hausaktenarchiv").by(w.pia).says("Ausblick: gelb – Ersatztermin vereinbaren", "Blocker: keine", "Entscheidung: keine", "Kommunikation: –")

	w.clock("11-23 09:00")
	for _, project := range []string{"digitalisierung-posteingang", "digitalisierung-kopfboegen", "bks"} {
		w.about(first, project).says("Status: grün", "Ausblick: grün", "Blocker: keine", "Entscheidung: keine", "Kommunikation: –")
	}
	w.clock("11-23 14:00")
	w.writes(w.pia, w.pmo, "!projektcheck stand")
	w.sees("am Tag des Zwischenstands")

	w.clock("11-24 14:00")
	// The reading time: a question back, an answer that comes late, the agenda held and let go.
	bks := w.about(first, "bks")
	w.writes(w.pia, w.pmo, "!nachfrage bks Welche Schnittstellen sind schon getestet?")
	bks.says("Zwei von drei, die letzte in der kommenden Woche.")
	w.writes(w.pia, w.pmo, "!projektcheck halten")
	w.clock("11-24 15:00")
	w.about(first, "change-kommunikation").says("Status: gelb – Broschüre verspätet sich", "Ausblick: grün", "Blocker: keine", "Entscheidung: keine", "Kommunikation: Roadshow im Januar")
	w.clock("11-24 16:30")
	w.sees("mit angehaltener Tagesordnung")
	w.writes(w.pia, w.pmo, "!projektcheck halten aus")
	w.clock("11-24 17:00")
	w.sees("nach der Tagesordnung")
	w.writes(w.dora, w.dm, "!board")
	w.clock("11-25 10:00")
	w.sees("nach dem Projektcheck")
}

func (w *town) secondRound() {
	w.Helper()
	w.clock("12-09 09:00")

	// As before, and worse without a reason.
	w.about(second, "eakte").clicks("", "1️⃣")
	w.about(second, "eakte").clicks("", "🔁")
	call := w.about(second, "ki-im-call")
	call.clicks("status", "🟡")
	call.says("Zwei Anbieter sind abgesprungen")
	call.clicks("outlook", "🔴")
	call.says("!blocker Ohne Anbieter kein Betrieb ab Februar")
	call.says("Entscheidung: Ausschreibung vorziehen, DM bis Jahresende")
	call.says("–")

	// Red is not taken over unchanged; tasks by command.
	ozg := w.about(second, "ozg-umsetzung")
	ozg.clicks("", "🔁")
	ozg.writes("!erledigt 1")
	ozg.says("Status: gelb – Zweite Vergabe läuft", "Ausblick: gelb", "Angebote auswerten", "Blocker: keine", "Entscheidung: keine", "Kommunikation: –")
	ozg.writes("!begonnen 1")

	portal := w.about(second, "serviceportal")
	tick := portal.clicks("", "2️⃣")
	portal.deletes(tick)
	portal.clicks("", "1️⃣")
	portal.clicks("", "🔁")

	// The acting deputy is asked, and is not the lead for ever.
	w.about(second, "bebpo").by(w.dirk).clicks("", "🔁")
	for _, project := range []string{"o365", "office-mail", "mobiles-arbeiten-2-0", "digitale-personalmanagementprozesse", "bks", "digitalisierung-kopfboegen"} {
		w.about(second, project).clicks("", "🔁")
	}
	w.about(second, "i2").says("Status: grün, Auftakt war am 2. Dezember", "Ausblick: grün", "Blocker: keine", "Entscheidung: keine", "Kommunikation: –")

	w.clock("12-10 15:00")
	w.writes(w.pia, w.pmo, "!projektcheck verschieben auf 17.12. 10:00 weil der Ratssaal belegt ist")
	direct := w.about(second, "neuroga-it").directly()
	direct.writes("grün")
	direct.writes("unverändert")
	direct.writes("unverändert")
	direct.writes("keine")
	direct.writes("–")

	w.clock("12-15 14:00")
	w.sees("in der zweiten Runde")
	w.clock("12-16 13:00")
	for _, project := range []string{"fis-po", "hausaktenarchiv", "digitalisierung-posteingang", "intranet-relaunch"} {
		w.about(second, project).says("Status: grün", "Ausblick: unverändert", "Blocker: keine", "Entscheidung: keine", "Kommunikation: –")
	}
	w.clock("12-16 16:00")
	w.about(second, "change-kommunikation").says("Status: rot, Broschüre gestoppt", "Ausblick: rot", "Blocker: Haushaltssperre", "Entscheidung: keine", "Kommunikation: –")
	w.clock("12-17 10:00")
	w.about(second, "eakte").says("Status: gelb")
	w.sees("nach dem zweiten Projektcheck")
}
