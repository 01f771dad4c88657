package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lotse/bot/matrix/matrixtest"
)

// TestEscalations takes blockers of four projects to the DM on a real homeserver, with the real program: three members of
// the DM, one of DIKON, somebody in the DM's room who is neither. What the rooms hold in the end is in
// testdata/e2e/TestEscalations.
func TestEscalations(t *testing.T) { raise(t, false, 4, nil).escalations() }

// TestEscalationsSealed is the same in encrypted rooms: they read word for word as those in clear.
func TestEscalationsSealed(t *testing.T) {
	w := raise(t, true, 4, nil)
	w.story = "TestEscalations"
	w.escalations()
}

// council is what escalations need beside a town: a third member of the DM, and DIKON.
type council struct {
	*town
	dana, ida *matrixtest.User
	dora2     *matrixtest.User // dora's second account
	dikon     string
}

// sits adds the council to a town that was not started yet. Otto, who has no role, is in the DM's room.
func (w *town) sits() council {
	w.Helper()
	c := council{town: w}
	for _, p := range []struct {
		user        **matrixtest.User
		login, name string
	}{{&c.dana, "dana", "Dana Beispiel"}, {&c.ida, "ida", "Ida Beispiel"}, {&c.dora2, "dora2", "Dora Beispiel (Telefon)"}} {
		*p.user = w.person(p.login, p.name)
	}
	c.dikon = w.room("DIKON", c.ida, w.dora)
	for _, u := range []*matrixtest.User{c.dana, c.dora2, w.otto} {
		w.pia.Invite(w, w.dm, u.ID)
		u.Join(w, w.dm)
	}
	w.configures(
		"accounts: [\""+w.dora.ID+"\"]", "accounts: [\""+w.dora.ID+"\", \""+c.dora2.ID+"\"]",
		"roles:\n", "  - {id: dana, name: Dana Beispiel, accounts: [\""+c.dana.ID+"\"]}\n  - {id: ida, name: Ida Beispiel, accounts: [\""+c.ida.ID+"\"]}\nroles:\n",
		"dm: [dora, dirk]\n", "dm: [dora, dirk, dana]\n  dikon: [ida]\n",
		"projektcheck:\n", "  - {room: \""+c.dikon+"\", kind: dikon}\nprojektcheck:\n",
	)
	return c
}

// configures changes the configuration: each text by the one after it.
func (w *town) configures(changes ...string) {
	w.Helper()
	config, err := os.ReadFile(filepath.Join(w.folder, "lotse.yaml"))
	if err != nil {
		w.Fatal(err)
	}
	w.write("lotse.yaml", strings.NewReplacer(changes...).Replace(string(config)))
}

// matter is one escalation.
type matter struct {
	council
	id      string // "serviceportal-1"
	project string
}

// reports has a project's lead report a blocker and confirm the draft.
func (c council) reports(project, blocker, need string) matter {
	c.Helper()
	c.about(first, project).says("Status: rot – es geht nicht weiter", "Ausblick: rot", "Blocker: "+blocker, "Entscheidungsbedarf: "+need, "Kommunikation: –")
	m := matter{c, project + "-1", project}
	m.reacts(c.leads[project], c.rooms[project], "draft", "✅")
	return m
}

// message is the bot's message about the matter in a room.
func (m matter) message(room, what string) string {
	m.Helper()
	return m.pia.AwaitKey(m, room, "escalation/"+m.id+"/"+what+"/matrix:"+room).ID
}

// reacts puts a reaction on one of them.
func (m matter) reacts(who *matrixtest.User, room, what, emoji string) (reaction string) {
	m.Helper()
	reaction = who.React(m, room, m.message(room, what), emoji)
	m.settle()
	return reaction
}

// votes reacts to the request in the DM's room.
func (m matter) votes(who *matrixtest.User, emoji string) (reaction string) {
	m.Helper()
	return m.reacts(who, m.dm, "request", emoji)
}

// unvotes takes a reaction back.
func (m matter) unvotes(who *matrixtest.User, reaction string) {
	m.Helper()
	who.Redact(m, m.dm, reaction, "")
	m.settle()
}

// threads writes in the thread of one of its messages.
func (m matter) threads(who *matrixtest.User, room, what, text string) {
	m.Helper()
	who.Thread(m, room, m.message(room, what), text)
	m.settle()
}

func (w *town) escalations() {
	c := w.sits()
	w.start("2026-11-17T08:00:00+01:00")
	w.moveIn()
	w.pia.AwaitKey(w, c.dikon, "room/hello/dikon/matrix:"+c.dikon)
	if got := w.run("check"); strings.Contains(got, "!!") {
		w.Errorf("lotse check finds something to do:\n%s", got)
	}
	w.clock("11-18 09:00")

	// A yes: against it a no, taken back; a vote withdrawn in the pause for thought; somebody without the role.
	portal := c.reports("serviceportal", "Die Freigabe der Schnittstelle fehlt seit Oktober", "DM: Priorität in der IT-Abteilung")
	portal.votes(w.otto, "❌")
	yes := portal.votes(w.dora, "✅")
	no := portal.votes(w.dirk, "❌")
	w.clock("11-18 10:00") // nothing is decided while they stand against each other
	portal.unvotes(w.dirk, no)
	w.clock("11-18 10:10")
	portal.unvotes(w.dora, yes)
	w.clock("11-18 11:00") // in time: nothing was decided
	portal.votes(w.dora, "✅\ufe0f")
	portal.votes(c.dana, "👍")
	w.clock("11-18 11:14")
	portal.votes(c.dana, "✅")
	w.clock("11-18 11:30")

	// A no, which wants its reason.
	record := c.reports("eakte", "Zwei Scanner sind ausgefallen", "Ersatz noch in diesem Jahr")
	record.votes(w.dora, "✅")
	record.votes(w.dora, "❌") // the last one counts
	record.threads(w.dirk, w.dm, "request", "Das war doch im Budget?")
	w.clock("11-18 12:00")
	record.threads(w.dora, w.dm, "request", "Begründung: Im Haushalt ist dafür nichts mehr, ab Januar wieder.")
	w.clock("11-18 12:30")

	// Questions, advice, and the bot killed between vote and outcome.
	heads := c.reports("digitalisierung-kopfboegen", "Der Anbieter liefert nicht", "DIKON: Soll das Projekt weitergehen?")
	ask := heads.votes(w.dirk, "❓")
	heads.votes(w.dora, "✅")
	heads.threads(w.dirk, w.dm, "request", "Rückfrage: Gibt es einen zweiten Anbieter?")
	w.clock("11-18 13:00")
	heads.threads(w.leads["digitalisierung-kopfboegen"], w.rooms["digitalisierung-kopfboegen"], "question/1", "Ja, aber erst ab März.")
	heads.unvotes(w.dirk, ask)
	heads.threads(c.dana, w.dm, "request", "Rückfrage: Was kostet er?")
	heads.threads(w.leads["digitalisierung-kopfboegen"], w.rooms["digitalisierung-kopfboegen"], "question/2", "Etwa ein Drittel mehr.")
	heads.votes(c.dana, "⏫")
	w.clock("11-18 14:00")
	heads.threads(c.ida, c.dikon, "forward", "Da reden wir morgen drüber.")
	heads.threads(c.ida, c.dikon, "forward", "Empfehlung: Weiterführen, das Ziel bleibt.")
	w.kill()
	w.start("2026-11-18T14:30:00+01:00")
	w.settle()
	w.clock("11-18 15:00")

	// Weighty, and no answer for a week.
	mail := c.reports("bebpo", "Die Postfächer brauchen eine neue Lizenz", "Freigabe der Mittel")
	mail.threads(w.leads["bebpo"], w.rooms["bebpo"], "draft", "gewichtig")
	w.writes(w.pia, w.pmo, "!eskalationen")
	w.clock("11-25 12:00")
	mail.votes(w.dora, "✅")
	mail.votes(w.dirk, "✅")
	w.writes(w.dora, w.dm, "#4 zustimmen")
	mail.votes(c.dora2, "✅") // two accounts are one person
	w.writes(c.dora2, w.dm, "#4 zustimmen")
	w.clock("11-25 13:00")
	w.writes(w.dirk, w.dm, "#4 zustimmen")
	w.clock("11-25 14:00")
	w.writes(w.dora, w.dm, "!eskalation 4 aufheben Der Rat hat anders beschlossen")
	w.writes(c.dana, w.dm, "!eskalation 4 aufheben")

	// Carried out; decided in the meeting; the story of one.
	w.writes(w.leads["serviceportal"], w.rooms["serviceportal"], "!eskalation 1 erledigt")
	w.writes(w.pia, w.pmo, "!beschluss eakte Zwei Scanner werden im Januar beschafft")
	meeting := matter{c, "eakte-2", "eakte"}
	meeting.votes(w.dora, "✅")
	w.clock("11-25 14:10")
	w.writes(w.pia, w.pmo, "!eskalation 3")
	w.writes(w.dora, w.dm, "!eskalationen")

	// What is stored about somebody comes in a direct chat.
	w.writes(w.dora, w.dm, "!datenschutz")
	direct := w.dora.AwaitInvite(w, w.lotse.ID)
	w.dora.Join(w, direct)
	w.settle()
	w.holds("direkt", direct, w.dora)
	w.hasFile(direct)

	c.attacked()

	for project, room := range w.rooms {
		w.holds(project, room, w.pia)
	}
	w.holds("pmo", w.pmo, w.pia)
	w.holds("dm", w.dm, w.dora)
	w.holds("dikon", c.dikon, c.ida)
	if got := w.run("log", "verify"); !strings.Contains(got, " entries fit, ") {
		w.Errorf("lotse log verify says\n%s", got)
	}
	w.stop()
}

// hasFile wants that dora can read, in the file that she was sent, what is stored about her.
func (w *town) hasFile(direct string) {
	w.Helper()
	e := w.dora.AwaitMessage(w, direct, "alles als Datei")
	body := w.download(w.dora, e)
	var told struct{ Statements []struct{ Text string } }
	if err := json.Unmarshal(body, &told); err != nil || len(told.Statements) < 20 || !strings.Contains(string(body), "Der Rat hat anders beschlossen") {
		w.Errorf("the file is no dossier, %v:\n%s", err, body)
	}
}

// attacked is an escalation that several try to decide who may not, or in ways that are none; at last somebody does.
func (c council) attacked() {
	c.Helper()
	w := c.town
	lead, room := c.leads["serviceportal"], c.rooms["serviceportal"]
	w.writes(lead, room, "!eskalation Die Testgeräte fehlen")
	m := matter{c, "serviceportal-2", "serviceportal"}
	m.reacts(lead, room, "draft", "✅")

	// Somebody with a member's name.
	w.otto.SetDisplayName(w, "Dora Beispiel")
	m.votes(w.otto, "✅")
	w.writes(w.otto, w.dm, "#6 zustimmen")

	// A member reacts to copies of the request: one that was forwarded as it is, one that a message was edited into.
	request := w.pia.AwaitKey(w, w.dm, "escalation/serviceportal-2/request/matrix:"+w.dm)
	copied := w.otto.SendContent(w, w.dm, "m.room.message", request.Content)
	w.settle()
	w.dora.React(w, w.dm, copied, "✅")
	edited := w.writes(w.otto, w.dm, "Guten Morgen")
	w.otto.Edit(w, w.dm, edited, request.Body())
	w.settle()
	w.dora.React(w, w.dm, edited, "✅")
	w.settle()

	// A vote was taken back; the bot is thrown out, invited again, and shown everything once more.
	m.unvotes(w.dirk, m.votes(w.dirk, "✅"))
	w.pia.Kick(w, w.dm, w.lotse.ID, "")
	w.pia.AwaitMember(w, w.dm, w.lotse.ID, "leave")
	w.settle()
	w.pia.Invite(w, w.dm, w.lotse.ID)
	w.pia.AwaitMember(w, w.dm, w.lotse.ID, "join")
	w.settle()
	w.clock("11-25 15:30")
	m.decided("")

	// A member has voted, and is none any more.
	m.votes(c.dana, "✅")
	w.stop()
	w.configures("dm: [dora, dirk, dana]", "dm: [dora, dirk]")
	w.start("2026-11-25T15:40:00+01:00")
	w.settle()
	w.clock("11-25 16:30")
	m.decided("")

	m.votes(w.dirk, "✅")
	w.clock("11-25 17:00")
	m.decided("Dirk Beispiel")
}

// decided holds against the decision log by whom it was decided; "": not yet.
func (m matter) decided(by string) {
	m.Helper()
	found := ""
	for line := range strings.Lines(m.run("log", "export")) {
		var e struct {
			Kind       string
			Escalation string
			Person     struct{ Name string }
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			m.Fatalf("lotse log export: %v in %s", err, line)
		}
		if e.Escalation == m.id && e.Kind == "decided" {
			found += e.Person.Name
		}
	}
	if found != by {
		m.Errorf("%s is decided by %q, want %q", m.id, found, by)
	}
}
