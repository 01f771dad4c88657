package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lotse/bot/matrix/matrixtest"
	"lotse/bot/teams"
	"lotse/bot/teams/teamstest"
)

// TestBothChats: one bot, the real program, serves one check in Matrix and in Teams together. The PMO and the DM are on a
// real homeserver, as is one project; another is in a channel in Teams. There is one round, and one agenda.
func TestBothChats(t *testing.T) {
	city := teamstest.Start(t)
	w := raiseOn(t, matrixtest.Dendrite, false, 1, nil)
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := port.Addr().String()
	port.Close()
	w.write("secret", teamstest.Secret)
	config, err := os.ReadFile(filepath.Join(w.folder, "lotse.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	w.write("lotse.yaml", fmt.Sprintf(`%steams:
  app_id: %s
  tenant: %s
  secret_file: secret
  listen: %q
  teams: [%q]
  addresses: {metadata: %q, token: %q}
`, config, teamstest.AppID, teamstest.Tenant, address, teamstest.Team, city.Relay.Metadata(), city.Relay.Token()))
	w.run("import", "--yes", w.write("friedhof.csv", "Kürzel;Projekt;Leitung;Konto;Raum\nfriedhof;Friedhofsverwaltung;Kim Probe;teams:"+
		strings.ToUpper(teamstest.Kim.Object)+";teams:"+teamstest.Channel+"\n"))

	w.start("2026-11-17T08:00:00+01:00")
	city.Relay.Deliver("http://" + address + teams.Path)
	w.moveIn()
	happens := func(who teamstest.Person, where string, activity map[string]any) {
		t.Helper()
		n := city.Relay.Delivered()
		city.Activity(t, who, where, activity)
		if d := city.Relay.AwaitDelivery(t, activity["type"].(string), n); d.Status != 200 {
			t.Fatalf("the bot answered %d %s", d.Status, d.Answer)
		}
		w.tell("idle")
	}
	happens(teamstest.Kim, teamstest.Channel, map[string]any{"type": "conversationUpdate", "membersAdded": []any{map[string]string{"id": "28:" + teamstest.AppID}}})
	if got := w.run("check"); strings.Contains(got, "!!") || !strings.Contains(got, "ok  room of project friedhof "+teamstest.Channel+": the bot is in it") {
		t.Errorf("lotse check finds something to do, or not everything:\n%s", got)
	}

	w.clock("11-18 09:01")
	asked := city.Relay.AwaitPost(t, "the opening in Teams", func(p teamstest.Post) bool {
		return strings.Contains(p.Text, "Projektcheck am Mittwoch, 25. November") && strings.Contains(p.Text, "Friedhofsverwaltung")
	})
	if len(asked.Mentions) != 1 || asked.Mentions[0] != teamstest.Kim.ID {
		t.Errorf("the opening in Teams mentions %v", asked.Mentions)
	}
	for project, room := range w.rooms {
		w.pia.AwaitKey(w, room, "check/2026-11-25/ask/"+project+"/matrix:"+room)
	}
	happens(teamstest.Kim, asked.Conversation, map[string]any{"type": "message", "textFormat": "plain",
		"text": "Status: rot Bescheide bleiben liegen\nAusblick: gelb\nBlocker: keine\nEntscheidungsbedarf: keine\nKommunikation: –"})
	city.Relay.AwaitPost(t, "the summary in Teams", func(p teamstest.Post) bool {
		return p.Conversation == asked.Conversation && strings.Contains(p.Text, "Bescheide bleiben liegen")
	})

	w.clock("11-24 16:01")
	for room, who := range map[string]*matrixtest.User{w.pmo: w.pia, w.dm: w.dora} {
		who.AwaitMessage(w, room, "Bescheide bleiben liegen") // in the agenda
	}
	w.stop()
}
