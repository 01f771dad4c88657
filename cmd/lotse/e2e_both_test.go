package main

import (
	"fmt"
	"net"
	"regexp"
	"strings"
	"testing"

	"lotse/bot/matrix/matrixtest"
	"lotse/bot/teams"
	"lotse/bot/teams/teamstest"
)

// townWithTeams is a town whose bot, the real program, is in Teams.
type townWithTeams struct {
	*town
	city    *teamstest.Playground
	address string // where the bot listens to Teams
}

func newTownWithTeams(w *town) townWithTeams {
	w.Helper()
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.Fatal(err)
	}
	defer port.Close()
	w.write("secret", teamstest.Secret)
	return townWithTeams{town: w, city: teamstest.Start(w), address: port.Addr().String()}
}

// section is what the configuration says of Teams.
func (w townWithTeams) section() string {
	return fmt.Sprintf(`teams:
  app_id: %s
  tenant: %s
  secret_file: secret
  listen: %q
  teams: [%q]
  addresses: {metadata: %q, token: %q}
`, teamstest.AppID, teamstest.Tenant, w.address, teamstest.Team, w.city.Relay.Metadata(), w.city.Relay.Token())
}

// opens starts the bot, and lets Teams deliver to it.
func (w townWithTeams) opens(clock string) {
	w.Helper()
	w.start(clock)
	w.city.Relay.Deliver("http://" + w.address + teams.Path)
}

// installs adds the app to conversations.
func (w townWithTeams) installs(conversations ...string) {
	w.Helper()
	for _, where := range conversations {
		w.happens("conversationUpdate", func() {
			w.city.Activity(w, teamstest.Kim, where, map[string]any{"type": "conversationUpdate", "membersAdded": []any{map[string]string{"id": "28:" + teamstest.AppID}}})
		})
	}
}

// newTownInBoth is a town in both chats. The PMO is on the homeserver, as is one project, led by Maria; another one, led by Kim,
// is in a channel in Teams. The DM, of whom two must agree, has a room here and a group chat there.
func newTownInBoth(t *testing.T) townWithTeams {
	t.Helper()
	w := newTownWithTeams(raiseOn(t, matrixtest.Dendrite, false, 1, nil))
	w.configures(
		"roles:\n", fmt.Sprintf("  - {id: maria, name: Maria Beispiel, accounts: [%q]}\nroles:\n", w.maria.ID),
		"dm: [dora, dirk]", "dm: [dora, dirk, maria]",
		"projektcheck:\n", fmt.Sprintf("  - {room: \"teams:%s\", kind: dm}\nescalations: {quorum: 2}\n%sprojektcheck:\n", teamstest.Group, w.section()),
	)
	w.run("import", "--yes", w.write("friedhof.csv", "Kürzel;Projekt;Leitung;Konto;Raum\nfriedhof;Friedhofsverwaltung;Kim Probe;teams:"+
		strings.ToUpper(teamstest.Kim.Object)+";teams:"+teamstest.Channel+"\n"))

	w.pia.Invite(w, w.dm, w.maria.ID)
	w.maria.Join(w, w.dm)
	w.opens("2026-11-17T08:00:00+01:00")
	w.moveIn()
	w.installs(teamstest.Channel, teamstest.Group, teamstest.Personal)
	return w
}

// happens waits until the bot has done what there is to do after something that somebody did in Teams.
func (w townWithTeams) happens(kind string, do func()) {
	w.Helper()
	n := w.city.Relay.Delivered()
	do()
	if d := w.city.Relay.AwaitDelivery(w, kind, n); d.Status != 200 {
		w.Fatalf("the bot answered a %s with %d %s", kind, d.Status, d.Answer)
	}
	w.tell("idle")
}

// messages has somebody write in Teams.
func (w townWithTeams) messages(who teamstest.Person, where, text string) {
	w.Helper()
	w.happens("message", func() {
		w.city.Activity(w, who, where, map[string]any{"type": "message", "textFormat": "plain", "text": text})
	})
}

// presses has somebody press a button in Teams.
func (w townWithTeams) presses(who teamstest.Person, card teamstest.Post, title string) {
	w.Helper()
	w.happens("invoke", func() { w.city.Press(w, who, card, title) })
}

// posted is the first post in a conversation in Teams that holds all of the words.
func (w townWithTeams) posted(where string, words ...string) teamstest.Post {
	w.Helper()
	return w.city.Relay.AwaitPost(w, fmt.Sprintf("%q in %s", words, where), func(p teamstest.Post) bool {
		for _, word := range words {
			if !strings.Contains(p.Text, word) {
				return false
			}
		}
		return strings.HasPrefix(p.Conversation, where)
	})
}

// TestBothChats: one bot serves one check in Matrix and in Teams together: one round, one agenda, one board. Who joins an
// account here and one there is one person: a report may be begun there and ended here, and a vote counts once.
func TestBothChats(t *testing.T) {
	w := newTownInBoth(t)
	if got := w.run("check"); strings.Contains(got, "!!") || !strings.Contains(got, "ok  room of project friedhof "+teamstest.Channel+": the bot is in it") {
		t.Errorf("lotse check finds something to do, or not everything:\n%s", got)
	}
	w.joins()

	w.clock("11-18 09:01")
	asked := w.posted(teamstest.Channel, "Projektcheck am Mittwoch, 25. November", "Friedhofsverwaltung")
	if len(asked.Mentions) != 1 || asked.Mentions[0] != teamstest.Kim.ID {
		t.Errorf("the opening in Teams mentions %v", asked.Mentions)
	}
	w.messages(teamstest.Kim, asked.Conversation, "Status: rot Bescheide bleiben liegen\nAusblick: gelb\nBlocker: Der Anbieter liefert nicht\nEntscheidungsbedarf: keine\nKommunikation: –")
	w.posted(teamstest.Channel, "So steht Friedhofsverwaltung auf dem Digitalisierungsboard", "Bescheide bleiben liegen")

	w.messages(teamstest.Maria, teamstest.Personal, "!status eakte gelb Die Scanstrecke kommt später")
	record := w.about(first, "eakte")
	record.says("Ausblick: grün", "Blocker: keine", "Entscheidungsbedarf: keine", "Kommunikation: –")
	w.maria.AwaitMessage(w, record.room, "So steht eAkte auf dem Digitalisierungsboard")
	w.maria.AwaitMessage(w, record.room, "Die Scanstrecke kommt später")

	w.decides(asked.Conversation)

	w.clock("11-24 16:01")
	for _, words := range []string{"Bescheide bleiben liegen", "Die Scanstrecke kommt später"} {
		for room, who := range map[string]*matrixtest.User{w.pmo: w.pia, w.dm: w.dora} {
			who.AwaitMessage(w, room, words)
		}
		w.posted(teamstest.Group, "Tagesordnung", words)
	}
	w.messages(teamstest.Maria, teamstest.Personal, "!board")
	w.posted(teamstest.Personal, "Digitalisierungsboard", "eAkte", "Friedhofsverwaltung")
	w.stop()
}

// joins has Maria, who is in the configuration with her account on the homeserver, join her account in Teams to it: she gets a
// code here and says it there. Before, nobody knows that one.
func (w townWithTeams) joins() {
	w.Helper()
	w.messages(teamstest.Maria, teamstest.Personal, "!eskalationen")
	w.posted(teamstest.Personal, "deshalb ist nichts geschehen")

	w.writes(w.maria, w.rooms["eakte"], "!konto verbinden")
	direct := w.maria.AwaitInvite(w, w.lotse.ID)
	w.maria.Join(w, direct)
	code := regexp.MustCompile(`!konto verbinden [0-9A-Z]{4}-[0-9A-Z]{4}`).FindString(w.maria.AwaitMessage(w, direct, "!konto verbinden").Body())
	w.messages(teamstest.Maria, teamstest.Personal, code)
	w.posted(teamstest.Personal, "Diese Konten sind jetzt Maria Beispiel", w.maria.ID)
	w.maria.AwaitMessage(w, direct, "Mit Ihrem Code ist jetzt auch das Konto")
	w.pia.AwaitMessage(w, w.pmo, "gehört jetzt auch Maria Beispiel")
}

// decides has Kim take the blocker to the DM, and its members vote: Maria's votes from both chats are one, so that it is
// decided only with Dora's.
func (w townWithTeams) decides(thread string) {
	w.Helper()
	w.presses(teamstest.Kim, w.posted(thread, "Soll das zum DM?"), "✅ Ja")
	m := matter{council{town: w.town}, "friedhof-1", "friedhof"}
	decided := func(want int) {
		w.Helper()
		if got := strings.Count(w.run("log", "export"), `"kind":"decided"`); got != want {
			w.Errorf("decided %d times, want %d", got, want)
		}
	}
	w.presses(teamstest.Maria, w.posted(teamstest.Group, "Eskalation #1", "Der Anbieter liefert nicht"), "✅ Zustimmen")
	m.votes(w.maria, "✅")
	w.clock("11-18 11:00")
	decided(0)
	m.votes(w.dora, "✅")
	w.clock("11-18 11:30")
	decided(1)
	w.posted(teamstest.Channel, "Beschluss #1", "Dora Beispiel und Maria Beispiel")
	w.posted(teamstest.Group, "Eskalation #1", "**Zugestimmt** von Dora Beispiel und Maria Beispiel")
	w.dora.AwaitMessage(w, w.dm, "Zugestimmt von Dora Beispiel und Maria Beispiel")
}

// TestTeamsAlone: a city without Matrix has the same bot. It wants no login, makes its database, is checked for what there
// is, and plays a round.
func TestTeamsAlone(t *testing.T) {
	w := newTownWithTeams(&town{T: t, folder: t.TempDir()})
	w.build()
	w.write("lotse.yaml", fmt.Sprintf(`city: Musterstadt
bundesland: NW
people:
  - {id: maria, name: Maria Beispiel, accounts: [%q]}
  - {id: jonas, name: Jonas Muster, accounts: [%q]}
roles: {pmo: [maria], dm: [jonas]}
rooms:
  - {room: "teams:%s", kind: pmo}
  - {room: "teams:%s", kind: dm}
%sprojektcheck: {anchor: 2026-11-25}
`, teamsAccount(teamstest.Maria), teamsAccount(teamstest.Jonas), teamstest.Team, teamstest.Group, w.section()))
	if got := w.run("login"); !strings.Contains(got, "there is nothing to log in to") {
		t.Errorf("lotse login says\n%s", got)
	}
	w.opens("2026-11-17T08:00:00+01:00")
	w.installs(teamstest.Team, teamstest.Group, teamstest.Channel, teamstest.Personal)
	w.stop()

	w.run("import", "--yes", w.write("friedhof.csv", "Kürzel;Projekt;Leitung;Konto;Raum\nfriedhof;Friedhofsverwaltung;Kim Probe;"+
		string(teamsAccount(teamstest.Kim))+";teams:"+teamstest.Channel+"\neakte;eAkte;Maria Beispiel;"+string(teamsAccount(teamstest.Maria))+";\n"))
	w.opens("2026-11-17T08:00:00+01:00")
	if got := w.run("check"); strings.Contains(got, "!!") || strings.Contains(got, "homeserver") || !strings.Contains(got, "ok  projects: 2 projects, each with a lead") {
		t.Errorf("lotse check finds something to do, or speaks of a homeserver, or not of everything:\n%s", got)
	}
	if got := w.run("privacy", "sheet"); strings.Contains(got, "Homeserver") || strings.Contains(got, "Matrix") || !strings.Contains(got, "Mandanten in Teams") {
		t.Errorf("the processing record speaks of Matrix, or not of Teams:\n%s", got)
	}
	w.clock("11-18 09:01")
	thread := w.posted(teamstest.Channel, "Projektcheck am Mittwoch, 25. November", "Friedhofsverwaltung").Conversation
	w.messages(teamstest.Kim, thread, "Status: rot Bescheide bleiben liegen\nAusblick: gelb\nBlocker: keine\nEntscheidungsbedarf: keine\nKommunikation: –")
	w.posted(teamstest.Personal, "Projektcheck am Mittwoch, 25. November", "eAkte")
	w.clock("11-24 16:01")
	for _, where := range []string{teamstest.Team, teamstest.Group} {
		w.posted(where, "Tagesordnung", "Bescheide bleiben liegen")
	}
	w.stop()
}
