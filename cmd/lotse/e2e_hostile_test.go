package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"lotse/bot/matrix/matrixtest"
)

// TestHostile gives the bot what it should not take: strangers, forged names, texts that want to be markup or to ring at
// everybody, messages that are too long or empty, answers that come too late, commands with wrong arguments. What
// everybody got to read is in testdata/e2e/TestHostile; that nothing was stored, the export shows.
func TestHostile(t *testing.T) {
	w := newTown(t)
	w.start("2026-11-18T08:59:00+01:00")
	w.moveIn()
	w.clock("11-18 09:00")

	w.stranger()
	w.forgedNames()
	w.markup()
	w.sizes()
	w.atOnce()
	w.invitations()
	w.tooLate()
	w.wrongArguments()

	for _, project := range []string{"serviceportal", "eakte", "ki-im-call", "o365", "bks", "fis-po"} {
		w.holds(project, w.rooms[project], w.pia)
	}
	w.holds("pmo", w.pmo, w.pia)
	w.holds("dm", w.dm, w.dora)
	for _, room := range w.rooms {
		w.callsNobodyElse(w.pia.Events(t, room))
	}
	w.stop()

	// What strangers write holds this word; nothing of it may be in the books or come out of the bot's mouth.
	export := w.run("export", "--format", "json")
	if strings.Contains(export, nonsense) {
		t.Errorf("the export has a stranger's words:\n%s", export)
	}
	for name, room := range map[string]string{"serviceportal": w.rooms["serviceportal"], "pmo": w.pmo, "dm": w.dm} {
		for _, e := range w.pia.Events(t, room) {
			if e.Sender == w.lotse.ID && strings.Contains(fmt.Sprint(e.Content), nonsense) {
				t.Errorf("in %s the bot repeats a stranger's words: %s", name, e.Body())
			}
		}
	}
	w.shows("export", answersIn(t, export))
}

const nonsense = "Unfug"

// answersIn are the answers and tasks in an export, a line each.
func answersIn(t *testing.T, export string) string {
	t.Helper()
	var file exportFile
	if err := json.Unmarshal([]byte(export), &file); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, p := range file.Projects {
		for _, f := range []string{"status", "outlook", "blocker", "decision", "communication"} {
			for field, a := range p.Answers {
				if string(field) == f {
					text := a.Text
					if len(text) > 200 {
						text = fmt.Sprintf("%s… (%d bytes)", text[:100], len(text))
					}
					fmt.Fprintf(&b, "%s %s: %s %q %v\n", p.ID, f, a.Light, text, a.None)
				}
			}
		}
		for i, task := range p.Tasks {
			if i == 5 {
				fmt.Fprintf(&b, "%s: %d tasks\n", p.ID, len(p.Tasks))
				break
			}
			fmt.Fprintf(&b, "%s task %d: %s %q\n", p.ID, task.Number, task.State, task.Text)
		}
	}
	return b.String()
}

// joins brings somebody into a project's room.
func (w *town) joins(who *matrixtest.User, project string) {
	w.Helper()
	w.pia.Invite(w, w.rooms[project], who.ID)
	who.Join(w, w.rooms[project])
}

// stranger is in a project's room and has no role there: in the dialogue he is not heard, his commands are told who may.
func (w *town) stranger() {
	w.Helper()
	w.joins(w.otto, "serviceportal")
	portal := w.about(first, "serviceportal")
	otto := portal.by(w.otto)
	otto.says("rot – " + nonsense)
	otto.says("Status: rot "+nonsense, "Blocker: "+nonsense)
	otto.replies("status", "gelb "+nonsense)
	otto.clicks("status", "🔴")
	otto.clicks("", "🔁")
	for _, line := range []string{
		"!status rot " + nonsense, "!ausblick rot " + nonsense, "!blocker " + nonsense, "!aufgabe " + nonsense, "!erledigt 1", "!offen",
		"!vertretung @otto bis 31.12.", "!projekt neu " + nonsense, "!projekt pause serviceportal", "!raum pmo", "!raum sprache en",
		"!projektcheck starten", "!projektcheck absagen", "!nachfrage serviceportal " + nonsense, "!board", "!board eakte", "!projekt liste",
	} {
		otto.says(line)
	}
	otto.writes("!hilfe")

	// The DM may read, and not answer. A lead of another project is a stranger here.
	w.joins(w.dora, "serviceportal")
	portal.by(w.dora).says("rot " + nonsense)
	w.joins(w.maria, "serviceportal")
	portal.by(w.maria).says("!status rot " + nonsense)

	// Only the one who wrote it edits or deletes an answer.
	answer := portal.says("gelb – Test verschoben")
	otto.edits(answer, "rot "+nonsense)
	portal.by(w.pia).edits(answer, "rot "+nonsense)
	portal.by(w.pia).deletes(answer)
	portal.says("!offen")
}

// forgedNames: names are for showing, never for rights, and are shown as they are.
func (w *town) forgedNames() {
	w.Helper()
	portal := w.about(first, "serviceportal")
	for _, name := range []string{
		"Jonas Beispiel", // the lead
		"<b>Pia</b> & <script>alert(1)</script>",
		"**PMO** [Beispiel](https://example.org) @room",
		"\u202eleipsieB sanoJ\u202c",
		strings.Repeat("Otto ", 40),
	} {
		w.otto.SetDisplayName(w, name)
		portal.by(w.otto).says("Ausblick: rot " + nonsense)
	}
	// A stranger of such a name is made a deputy: now he counts, and his name stands in the answer.
	w.otto.SetDisplayName(w, "**Otto** <b>x</b> [y](https://example.org) @room\u202e")
	w.joins(w.otto, "eakte")
	eakte := w.about(first, "eakte")
	eakte.writes("!vertretung @1 bis 30.11.", w.otto)
	eakte.by(w.otto).says("Status: grün, alles gut")
	eakte.says("!vertretung keine")
	eakte.by(w.otto).says("Status: rot " + nonsense)
	eakte.writes("!vertretung")
}

// markup that a lead writes is text in everything the bot says.
func (w *town) markup() {
	w.Helper()
	call := w.about(first, "ki-im-call")
	call.says(
		"Status: gelb – @room **fett** <img src=x onerror=alert(1)> [klick](https://example.org/x)",
		"Ausblick: rot – ["+"Dora](mention:matrix:"+w.dora.ID+") fragen",
		"# keine Überschrift",
		"> kein Zitat",
		"Blocker: https://matrix.to/#/"+w.dora.ID+" und "+w.dora.ID+" und `code",
		"Entscheidung: {{.Check}} &amp; \u202etxeT\u202c \u200b| a | b |",
		"Kommunikation: –")
	call.writes("!board")
}

// sizes: too long, too many lines, nothing at all.
func (w *town) sizes() {
	w.Helper()
	office := w.about(first, "o365")
	office.says("grün " + strings.Repeat("lang ", 12000))
	office.says("!status grün " + strings.Repeat("Wort ", 2000))
	for _, nothing := range []string{" ", "\u200b\u2060", "Status:", "\n\n"} {
		office.says(nothing)
	}
	office.says("keine")
	office.says("grün")
	office.says("gelb" + strings.Repeat("\n- x", 900))
	office.says("gelb" + manyTasks(29))
	office.says("Blocker: " + strings.Repeat("Zeile\n", 600))
	office.says("!aufgabe Noch eine")
}

func manyTasks(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "\nAufgabe %d", i+1)
	}
	return b.String()
}

// atOnce: two leads answer the same question, and complete it, before the bot has heard either.
func (w *town) atOnce() {
	w.Helper()
	w.writes(w.pia, w.pmo, "!projekt ändern bks leitung Maria Beispiel, Lukas Beispiel")
	w.joins(w.maria, "bks")
	bks := w.about(first, "bks")
	w.asleep(func() {
		w.maria.Thread(w, bks.room, bks.opening(), "grün")
		w.lukas.Thread(w, bks.room, bks.opening(), "gelb – Lieferung fehlt")
	})
	w.asleep(func() {
		w.maria.Thread(w, bks.room, bks.opening(), "Ausblick: grün\nBlocker: keine\nEntscheidung: keine\nKommunikation: –")
		w.lukas.Thread(w, bks.room, bks.opening(), "Ausblick: gelb\nBlocker: Lieferung fehlt\nEntscheidung: keine")
	})
	// Whether the summary was sent between the two does not matter: now it is edited in any case.
	bks.says("Blocker: Lieferung kommt am 1. Dezember")
}

// invitations from strangers are refused, and the PMO hears of it once a day.
func (w *town) invitations() {
	w.Helper()
	for _, name := range []string{"", "Feierabend", "\u202e@room <b>Party</b> [hier](https://example.org) **fett**"} {
		opts := []matrixtest.RoomOption{matrixtest.Inviting(w.lotse.ID)}
		if name == "" {
			opts = append(opts, matrixtest.Direct())
		}
		room := w.otto.CreateRoom(w, name, opts...)
		w.otto.AwaitMember(w, room, w.lotse.ID, "leave")
		w.settle()
	}

	// A room of the PMO that is for nothing yet: strangers get no answer there, the PMO does.
	room := w.pia.CreateRoom(w, "Kaffeeküche", matrixtest.Inviting(w.otto.ID))
	w.otto.Join(w, room)
	w.pia.Invite(w, room, w.lotse.ID)
	w.pia.AwaitKey(w, room, "room/hello//matrix:"+room)
	w.settle()
	w.writes(w.otto, room, "!hilfe")
	w.writes(w.otto, room, "!status rot "+nonsense)
	w.writes(w.pia, room, "!raum projekt gibtsnicht")
	w.writes(w.pia, room, "!status rot")
	w.holds("unbound", room, w.pia)
}

// tooLate: answers after the deadline count as such, answers after the check do not.
func (w *town) tooLate() {
	w.Helper()
	fis := w.about(first, "fis-po")
	w.clock("11-24 15:00")
	fis.says("grün")
	w.clock("11-25 10:00")
	fis.says("Ausblick: gelb")
	fis.says("und noch etwas")
	fis.clicks("outlook", "🟢")
	fis.writes("!ausblick gelb Nachlieferung abwarten")
	fis.says("!projektcheck stand")
	fis.writes("!offen")
}

// wrongArguments: every command, with something missing or wrong.
func (w *town) wrongArguments() {
	w.Helper()
	for line := range strings.Lines(wrongLines) {
		w.writes(w.pia, w.pmo, strings.TrimSpace(line))
	}
	for line := range strings.Lines(wrongLinesOfLeads) {
		w.about(first, "eakte").writes(strings.TrimSpace(line))
	}
	if i := slices.IndexFunc(w.pia.Events(w, w.pmo), func(e matrixtest.Event) bool { return strings.Contains(e.Body(), "schiefgegangen") }); i >= 0 {
		w.Error("a wrong argument is an internal error")
	}
}

const wrongLines = `!hilfe kochen
!hilfe !status jetzt
!statsu gelb
!xyz
!
!!!
!status
!status lila
!status gibtsnicht gelb
!status eakte
!status eakte lila
!ausblick
!ausblick eakte
!blocker
!blocker eakte
!entscheidung eakte
!kommunikation
!kommunikation eakte
!aufgabe
!aufgabe eakte 7
!aufgabe eakte 7 streichen
!begonnen
!begonnen eakte
!begonnen eakte eins
!erledigt eakte 99
!erledigt eakte 0
!erledigt eakte 1-99999
!offen bitte
!vertretung
!vertretung eakte Niemand bis 31.12.
!vertretung eakte Maria Beispiel
!vertretung eakte Maria Beispiel bis 31.12.
!vertretung eakte Jonas Beispiel bis gestern
!vertretung eakte Jonas Beispiel bis 30.2.
!vertretung eakte Jonas Beispiel bis 31.12. wegen Krankheit
!vertretung eakte keine
!board gibtsnicht
!termine morgen
!projekt
!projekt eakt
!projekt zeigen
!projekt zeigen gibtsnicht
!projekt liste alles
!projekt neu
!projekt neu eAkte
!projekt neu Neu Leitung Niemand
!projekt ändern
!projekt ändern eakte
!projekt ändern eakte farbe blau
!projekt ändern eakte name
!projekt ändern eakte name Serviceportal
!projekt ändern eakte leitung Niemand
!projekt ändern eakte ziele 9
!projekt ändern eakte link ftp://example.org
!projekt ändern eakte link javascript:alert(1)
!projekt pause
!projekt pause gibtsnicht
!projekt pause eakte bis gestern
!projekt pause eakte vielleicht
!projekt weiter
!projekt archiv
!projekt archiv eakte bitte
!raum banane
!raum projekt
!raum projekt gibtsnicht
!raum netzwerk
!raum sprache
!raum sprache fr
!projektcheck
!projektcheck verlegne
!projektcheck verschieben
!projektcheck verschieben auf irgendwann
!projektcheck verschieben auf 1.1.2020
!projektcheck verschieben 1.4. auf 2.4.
!projektcheck verschieben 6.1. auf 27.1.
!projektcheck absagen 1.4.
!projektcheck absagen morgen früh
!projektcheck neu
!projektcheck neu 30.2. 10:00
!projektcheck neu 16.12. 14:00
!projektcheck neu 26.11. 10:00
!projektcheck starten sofort
!projektcheck stand bitte
!projektcheck schließen
!projektcheck halten
!projektcheck halten vielleicht
!nachfrage
!nachfrage eakte
!nachfrage gibtsnicht Wie?
!nachfrage eakte Wie weit?
`

const wrongLinesOfLeads = `!projekt neu Eigenes
!projekt archiv
!raum frei
!projektcheck verschieben auf 1.12.
!nachfrage eakte Wie?
!status serviceportal rot
!status
!aufgabe 7
!vertretung @nobody:localhost bis 31.12.
!erledigt
!board serviceportal
`
