package main

import (
	"slices"
	"testing"

	"lotse/bot/teams/teamstest"
)

// TestTeamsBrowser lives through a round as Maria does, who leads a project: in the pages of Microsoft's Agents Playground.
func TestTeamsBrowser(t *testing.T) {
	o := newTownInTeams(t)
	defer func() { o.stop() }()
	for _, where := range []string{teamstest.Team, teamstest.Group, teamstest.Channel} {
		o.after("conversationUpdate", func() {
			o.city.Activity(t, teamstest.Maria, where, map[string]any{"type": "conversationUpdate", "membersAdded": []any{map[string]string{"id": "28:" + teamstest.AppID}}})
		})
	}
	var page *teamstest.Browser
	o.after("installationUpdate", func() { page = o.city.Browse(t) })
	write := func(text string) {
		t.Helper()
		o.after("message", func() { page.Write(text) })
	}

	o.until("2026-11-18 09:01")
	page.Await("Projektcheck am Mittwoch, 25. November", "eAkte")
	page.Screenshot("asked")

	for _, answer := range []string{"gelb – Schnittstelle kommt später", "grün", "keine", "keine", "–"} {
		write(answer)
	}
	page.Await("So steht eAkte", "🟡", "Schnittstelle kommt später")
	page.Screenshot("answered")

	// The page wants its fonts from elsewhere, and does without.
	asked := slices.DeleteFunc(page.Asked(), func(host string) bool { return host == "res-1.cdn.office.net:443" })
	if len(asked) > 0 {
		t.Errorf("the page wanted to reach %v", asked)
	}
}
