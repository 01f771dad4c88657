package main

import (
	"slices"
	"strings"
	"testing"

	"lotse/bot/teams/teamstest"
)

// TestTeamsBrowser lives through a round as Maria does, who leads a project and is a member of the DM: in the pages of
// Microsoft's Agents Playground. Pictures of them are kept.
func TestTeamsBrowser(t *testing.T) {
	o := cardTown(t)
	defer func() { o.stop() }()
	var page *teamstest.Browser
	o.after("installationUpdate", func() { page = o.city.Browse(t) })
	press := func(title string) {
		t.Helper()
		o.after("invoke", func() { page.Press(title) })
	}
	open := func(conversation string) {
		t.Helper()
		o.after("installationUpdate", func() { page.Open(conversation) }) // the playground installs what is opened for the first time
	}

	// The card in her personal chat.
	o.until("2026-11-18 09:01")
	page.Await("Projektcheck am Mittwoch, 25. November", "eAkte", "Das Formular steht gleich hier darunter")
	page.Screenshot("1 asked")
	page.Choose("Status", "🟡 gelb: gefährdet")
	page.Fill("Stichwort zum Status", "Schnittstelle kommt später")
	page.Choose("Ausblick bis zum nächsten Projektcheck", "🟢 grün: im Plan")
	page.Fill("Nächste Schritte, jeder in einer Zeile", "Schulung planen\nTest beginnen")
	page.Fill("Blocker", "Die Freigabe fehlt")
	page.Screenshot("2 filled in")
	press("Absenden")
	page.Await("So steht eAkte auf dem Digitalisierungsboard", "🟡 gefährdet – Schnittstelle kommt später", "Schulung planen", "Die Freigabe fehlt")
	page.Screenshot("3 summary")

	// Opened again it holds what was answered.
	page.Press("Ändern")
	if got := page.Shown("Stichwort zum Status"); got != "Schnittstelle kommt später" {
		t.Errorf("opened again, the form holds %q", got)
	}
	page.Choose("Status", "🔴 rot: kritisch")
	page.Choose("Inzwischen erledigt", "Test beginnen")
	page.Screenshot("4 opened again")
	press("Absenden")
	now := page.Await("So steht eAkte auf dem Digitalisierungsboard", "🔴 kritisch – Schnittstelle kommt später")
	if strings.Contains(now, "gefährdet") {
		t.Errorf("after the change it shows %q", now)
	}
	page.Screenshot("5 changed")

	// What blocks her goes to the DM at a click.
	press("✅ Ja")
	page.Await("Eskalation #1", "beim DM")
	page.Screenshot("6 sent to the DM")

	// Jonas hands his card in, and she sees it as it is now.
	o.submit(teamstest.Jonas, o.posted(teamstest.Group, "Projektcheck am Mittwoch, 25. November"), map[string]string{"status": "🟢", "outlook": "🟢", "blocker": "Die Abnahme fehlt"})
	o.press(teamstest.Jonas, o.posted(teamstest.Group, "Soll das zum DM?"), "✅ Ja")
	open(teamstest.Group)
	page.Await("So steht Serviceportal auf dem Digitalisierungsboard", "🟢 im Plan", "Die Abnahme fehlt")
	page.Screenshot("7 in a group chat")

	// In the DM she votes on what is his, as does Kim.
	open(teamstest.Channel)
	page.Await("Eskalation #2", "Die Abnahme fehlt")
	page.Screenshot("8 escalation")
	press("✅ Zustimmen")
	page.Screenshot("9 voted")
	o.press(teamstest.Kim, o.posted(teamstest.Channel, "Eskalation #2"), "✅ Zustimmen")
	o.until("2026-11-18 10:00")
	page.Await("Eskalation #2", "Zugestimmt von")
	page.Screenshot("10 decided")
	o.after("message", func() { page.Write("@Lotse hilfe") })
	page.Await("Das können Sie hier tun")
	page.Screenshot("11 help")

	o.until("2026-12-09 09:01")
	page.Open(teamstest.Personal)
	page.Await("Projektcheck am Mittwoch, 16. Dezember", "mit dem letzten Bericht darin")
	if got := page.Shown("Blocker"); got != "Die Freigabe fehlt" {
		t.Errorf("in the next round the form holds %q", got)
	}
	page.Screenshot("12 asked again")

	// The page wants its fonts from elsewhere, and does without.
	asked := slices.DeleteFunc(page.Asked(), func(host string) bool { return host == "res-1.cdn.office.net:443" })
	if len(asked) > 0 {
		t.Errorf("the page wanted to reach %v", asked)
	}
}
