package main

import (
	"slices"
	"strings"
	"testing"

	"lotse/bot"
	"lotse/bot/teams/teamstest"
)

// cardTown is a city in Teams whose DM, a channel, has two members, who must agree. The PMO is in the first channel of the team.
// A project is in a group chat, led by Jonas, and Maria is asked about another one in her personal chat.
func cardTown(t *testing.T) *townInTeams {
	t.Helper()
	account := func(p teamstest.Person) string { return `"` + string(teamsAccount(p)) + `"` }
	o := foundInTeams(t, `city: Musterstadt
bundesland: NW
matrix: {homeserver: "https://matrix.stadt.example", user: "@lotse:stadt.example"}
teams: {app_id: "`+teamstest.AppID+`", tenant: "`+teamstest.Tenant+`", secret_file: secret, listen: "127.0.0.1:3978"}
people:
  - {id: maria, name: Maria Beispiel, accounts: [`+account(teamstest.Maria)+`]}
  - {id: jonas, name: Jonas Muster, accounts: [`+account(teamstest.Jonas)+`]}
  - {id: kim, name: Kim Probe, accounts: [`+account(teamstest.Kim)+`]}
roles: {pmo: [kim], dm: [kim, maria]}
escalations: {quorum: 2}
projektcheck: {anchor: 2026-11-25}
`, bot.Change{
		Projects: []bot.Project{
			{ID: "serviceportal", Name: "Serviceportal", Leads: []bot.PersonID{"jonas"}, State: bot.ProjectActive},
			{ID: "eakte", Name: "eAkte", Leads: []bot.PersonID{"maria"}, State: bot.ProjectActive},
		},
		Rooms: []bot.Room{
			{ID: "teams:" + teamstest.Team, Kind: bot.RoomPMO, Joined: true}, {ID: "teams:" + teamstest.Channel, Kind: bot.RoomDM, Joined: true},
			{ID: "teams:" + teamstest.Group, Kind: bot.RoomProject, Project: "serviceportal", Joined: true},
		},
	})
	o.install(teamstest.Team, teamstest.Group, teamstest.Channel, teamstest.Personal)
	for _, who := range []teamstest.Person{teamstest.Jonas, teamstest.Kim, teamstest.Maria} {
		o.write(who, teamstest.Group, "Guten Morgen") // so that they can be mentioned
	}
	return o
}

// submit fills in a card and sends it; what the bot then does is done.
func (o *townInTeams) submit(who teamstest.Person, card teamstest.Post, fields map[string]string) {
	o.Helper()
	o.after("invoke", func() { o.city.Submit(o, who, card, fields) })
}

// press presses a button.
func (o *townInTeams) press(who teamstest.Person, card teamstest.Post, title string) {
	o.Helper()
	o.after("invoke", func() { o.city.Press(o, who, card, title) })
}

// react puts a reaction on a message, or takes it away.
func (o *townInTeams) react(who teamstest.Person, to teamstest.Post, list, kind string) {
	o.Helper()
	o.after("messageReaction", func() {
		o.city.Activity(o, who, to.Conversation, map[string]any{"type": "messageReaction", list: []any{map[string]string{"type": kind}}, "replyToId": to.ID})
	})
}

// quiet fails if the bot has said anything since.
func (o *townInTeams) quiet(since int) {
	o.Helper()
	for _, p := range o.city.Relay.Posts()[since:] {
		o.Errorf("the bot said, unasked: %s %s %s", p.Method, p.Conversation, p.Text)
	}
}

// TestTeamsCards plays a round by cards: asked in a group chat and in a personal chat, handed in, edited, refused to a stranger;
// what came up is put before the DM, in a channel, and decided by a button and a reaction of two members, after a restart.
func TestTeamsCards(t *testing.T) {
	o := cardTown(t)
	defer func() { o.stop() }()

	o.until("2026-11-18 09:01")
	card := o.posted(teamstest.Group, "Projektcheck am Mittwoch, 25. November", "Das Formular steht gleich hier darunter")
	if card.Card == nil || len(card.Mentions) != 1 || card.Mentions[0] != teamstest.Jonas.ID || !strings.Contains(card.Summary, "Projektcheck") {
		t.Fatalf("asked in %+v", card)
	}
	if got := card.Card.Titles(); !slices.Equal(got, []string{"Absenden"}) {
		t.Errorf("the buttons are %q", got)
	}

	// A stranger is told, and nothing is taken.
	o.submit(teamstest.Maria, card, map[string]string{"status": "🔴", "outlook": "🔴"})
	o.posted(teamstest.Group, "deshalb ist nichts geschehen")

	o.submit(teamstest.Jonas, card, map[string]string{
		"status": "🟡", "status.text": "Schnittstelle kommt später", "outlook": "🟢", "outlook.text": "Schulung planen\nTest beginnen", "blocker": "Die Freigabe fehlt <at>alle</at>",
	})
	shown := o.posted(teamstest.Group, "So steht Serviceportal auf dem Digitalisierungsboard", "Schnittstelle kommt später", "Schulung planen", "Die Freigabe fehlt")
	if shown.Method != "PUT" || shown.ID != card.ID || shown.Card == nil || len(shown.Mentions) > 0 {
		t.Errorf("the summary is %+v", shown)
	}
	if in := shown.Card.Input("status.text"); in == nil || in.Value != "Schnittstelle kommt später" || len(shown.Card.Folded) == 0 || shown.Card.Button("Ändern") == nil {
		t.Errorf("the form is not folded, with what was answered: %s", shown.Card.Raw)
	}

	// Handed in once more as it stands it changes nothing; opened again it does, by the PMO as well.
	n := len(o.city.Relay.Posts())
	o.submit(teamstest.Jonas, shown, nil)
	o.quiet(n)
	o.submit(teamstest.Kim, shown, map[string]string{"status": "🟢", "status.text": "", "done": "2"})
	again := o.posted(teamstest.Group, "So steht Serviceportal auf dem Digitalisierungsboard", "🟢", "**Done**", "Test beginnen")
	if again.ID != card.ID || strings.Contains(again.Text, "Schnittstelle kommt später") {
		t.Errorf("after the edit it says %q", again.Text)
	}

	// The blocker is put before the DM at a click.
	draft := o.posted(teamstest.Group, "Soll das zum DM?", "Die Freigabe fehlt")
	o.press(teamstest.Jonas, draft, "✅ Ja")
	request := o.posted(teamstest.Channel, "Eskalation #1", "Die Freigabe fehlt")
	if got := request.Card.Titles(); !slices.Equal(got, []string{"✅ Zustimmen", "❌ Ablehnen", "❓ Rückfrage", "↩ Zurücknehmen"}) {
		t.Errorf("the buttons are %q", got)
	}

	// Somebody who is not in the DM decides nothing. One member presses a button, thinks again, and presses it once more …
	n = len(o.city.Relay.Posts())
	o.press(teamstest.Jonas, request, "❌ Ablehnen")
	o.quiet(n)
	o.press(teamstest.Maria, request, "✅ Zustimmen")
	o.press(teamstest.Maria, request, "↩ Zurücknehmen")

	// … after a restart; the other one reacts, takes it away, and reacts again.
	o.stop()
	o.start(bot.Change{})
	o.react(teamstest.Kim, request, "reactionsAdded", "2705_whiteheavycheckmark")
	o.press(teamstest.Maria, request, "✅ Zustimmen")
	o.posted(teamstest.Channel, "Eskalation #1", "Genug Stimmen dafür")
	o.react(teamstest.Kim, request, "reactionsRemoved", "2705_whiteheavycheckmark")
	if now := o.posted(teamstest.Channel, "Eskalation #1"); strings.Contains(now.Text, "Genug Stimmen") {
		t.Errorf("a vote was taken back, and it says %q", now.Text)
	}
	o.react(teamstest.Kim, request, "reactionsAdded", "2705_whiteheavycheckmark")
	o.until("2026-11-18 10:00")
	decided := o.posted(teamstest.Channel, "Eskalation #1", "**Zugestimmt** von")
	if decided.ID != request.ID || len(decided.Card.Titles()) > 0 {
		t.Errorf("the decided request is %s of %s with %q", decided.ID, request.ID, decided.Card.Titles())
	}
	o.posted(teamstest.Group, "Beschluss #1", "<at>Jonas Muster</at>")

	// Maria is reminded by the bot itself, answers in the card of her personal chat, and once more.
	o.until("2026-11-23 12:01")
	o.posted(teamstest.Personal, "Kleine Erinnerung", "eAkte")
	mine := o.posted(teamstest.Personal, "Projektcheck am Mittwoch, 25. November", "eAkte", "Das Formular")
	o.submit(teamstest.Maria, mine, map[string]string{"status": "🔴", "outlook": "🟡"})
	sent := o.posted(teamstest.Personal, "So steht eAkte auf dem Digitalisierungsboard", "🔴")
	o.submit(teamstest.Maria, sent, map[string]string{"status": "🟢"})
	o.posted(teamstest.Personal, "So steht eAkte auf dem Digitalisierungsboard", "🟢")

	o.until("2026-11-24 16:01")
	for _, where := range []string{teamstest.Channel, teamstest.Team} {
		o.posted(where, "Tagesordnung", "Serviceportal", "eAkte")
	}
}

// TestTeamsMeetup announces a meetup in a channel: who comes is counted by buttons, a topic proposed and voted for, all of it
// edited when it is called off.
func TestTeamsMeetup(t *testing.T) {
	o := foundInTeams(t, `city: Musterstadt
bundesland: NW
matrix: {homeserver: "https://matrix.stadt.example", user: "@lotse:stadt.example"}
teams: {app_id: "`+teamstest.AppID+`", tenant: "`+teamstest.Tenant+`", secret_file: secret, listen: "127.0.0.1:3978"}
people:
  - {id: kim, name: Kim Probe, accounts: ["`+string(teamsAccount(teamstest.Kim))+`"]}
roles: {pmo: [kim], dm: [kim]}
projektcheck: {anchor: 2026-11-25}
networks:
  - {id: digilotsen, name: Digilotsen, hosts: [kim], rule: erster Donnerstag im Monat, at: "10:00", duration: 90m, link: "https://bbb.stadt.example/digilotsen"}
`, bot.Change{Rooms: []bot.Room{
		{ID: "teams:" + teamstest.Team, Kind: bot.RoomPMO, Joined: true},
		{ID: "teams:" + teamstest.Channel, Kind: bot.RoomNetwork, Network: "digilotsen", Joined: true},
	}})
	defer func() { o.stop() }()
	o.install(teamstest.Team, teamstest.Channel, teamstest.Personal)
	o.until("2026-11-19 09:01")
	card := o.posted(teamstest.Channel, "Digilotsen: Meetup am Donnerstag, 3. Dezember", "Sind Sie dabei?", "Ein Klick auf einen der Knöpfe genügt")
	if got := card.Card.Titles(); !slices.Equal(got, []string{"Thema vorschlagen", "👍 Ich komme", "👎 Ich komme nicht", "🤔 Vielleicht", "↩ Zurücknehmen"}) {
		t.Errorf("the buttons are %q", got)
	}
	o.submit(teamstest.Maria, card, map[string]string{"topic": "Was die eAkte **ändert**"})
	topic := o.posted(teamstest.Channel, "Thema 1:", "eAkte")
	o.press(teamstest.Jonas, topic, "👍 Das interessiert mich")
	o.press(teamstest.Jonas, topic, "👍 Das interessiert mich") // counts once
	o.press(teamstest.Maria, card, "👍 Ich komme")
	o.press(teamstest.Jonas, card, "🤔 Vielleicht")
	o.press(teamstest.Jonas, card, "👎 Ich komme nicht")
	o.react(teamstest.Kim, card, "reactionsAdded", "like")

	o.until("2026-12-02 12:00")
	o.posted(teamstest.Channel, "Darum geht es", "Was die eAkte", "👍 1")
	o.until("2026-12-02 12:30")
	o.stop()
	o.start(bot.Change{})
	o.until("2026-12-03 10:01")
	o.posted(teamstest.Channel, "Gleich geht’s los", "https://bbb.stadt.example/digilotsen")
	begun := o.posted(teamstest.Channel, "Digilotsen: Meetup am Donnerstag, 3. Dezember", "👍 2 · 👎 1 · 🤔 0")
	if begun.ID != card.ID || begun.Method != "PUT" || len(begun.Card.Titles()) > 0 {
		t.Errorf("once it has begun, the announcement is %s %s of %s with %q", begun.Method, begun.ID, card.ID, begun.Card.Titles())
	}
	for _, p := range o.city.Relay.Posts() {
		for _, who := range []teamstest.Person{teamstest.Maria, teamstest.Jonas} {
			if strings.Contains(p.Text, who.Name) {
				t.Errorf("%s is named in %q", who.Name, p.Text)
			}
		}
	}
}
