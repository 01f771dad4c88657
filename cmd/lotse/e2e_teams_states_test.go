package main

import (
	"net/http"
	"strings"
	"testing"

	"lotse/bot"
	"lotse/bot/teams/teamstest"
)

// TestTeamsStates: the app is installed, removed, put into a team and taken out of it, a person blocks the bot or has not got
// the app: each is a state, and the PMO, here in a group chat, is told what to do about it.
func TestTeamsStates(t *testing.T) {
	o := newTownInTeams(t,
		bot.Room{ID: "teams:" + teamstest.Group, Kind: bot.RoomPMO, Joined: true}, bot.Room{ID: "teams:" + teamstest.Team, Kind: bot.RoomDM},
		bot.Room{ID: "teams:" + teamstest.Channel, Kind: bot.RoomProject, Project: "serviceportal"})
	defer func() { o.stop() }()
	self := []any{map[string]string{"id": "28:" + teamstest.AppID}}
	moved := func(where, event, list string) {
		t.Helper()
		o.after("conversationUpdate", func() {
			o.city.Activity(t, teamstest.Jonas, where, map[string]any{"type": "conversationUpdate", list: self, "channelData": map[string]any{
				"eventType": event, "tenant": map[string]string{"id": teamstest.Tenant}, "team": map[string]string{"id": teamstest.Team, "name": "Digitalisierung"},
			}})
		})
	}
	installed := func(where, action string) {
		t.Helper()
		o.after("installationUpdate", func() {
			o.city.Activity(t, teamstest.Maria, where, map[string]any{"type": "installationUpdate", "action": action})
		})
	}
	room := func(id string) bot.Room {
		t.Helper()
		rooms, err := o.engine.Store.Rooms(t.Context(), []bot.RoomID{bot.RoomID("teams:" + id)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rooms {
			if r.ID == bot.RoomID("teams:"+id) {
				return r
			}
		}
		return bot.Room{}
	}
	silent := func(what string, where string, before int) {
		t.Helper()
		for _, p := range o.city.Relay.Posts()[before:] {
			if strings.HasPrefix(p.Conversation, where) {
				t.Errorf("%s: in %s stands %q", what, where, p.Text)
			}
		}
	}

	// Put into a team: it says hello, in words for what the channel is for; in one that is for nothing it says who can change that.
	moved(teamstest.Team, "teamMemberAdded", "membersAdded")
	installed(teamstest.Group, "add")
	o.posted(teamstest.Team, "Raum des Digitalisierungsmanagements")
	o.write(teamstest.Jonas, teamstest.Channel, "Guten Morgen")
	o.posted(teamstest.Channel, "Hier geht es um das Projekt **Serviceportal**")
	if r := room(teamstest.Channel); !r.Joined {
		t.Errorf("the bot was heard of in the channel, and the room is %+v", r)
	}

	// Taken out of the team, of which Teams tells in its first channel alone: all its channels are gone, and the PMO knows of each.
	moved(teamstest.Team, "teamMemberRemoved", "membersRemoved")
	o.posted(teamstest.Group, "Ich bin nicht mehr im Raum", "Digitalisierung", "Bitte laden Sie mich wieder ein")
	o.posted(teamstest.Group, "Es war der Raum des Projekts **Serviceportal**", "frage ich die Projektleitung im Direktchat")
	if r := room(teamstest.Channel); r.Joined || r.Refused != bot.RefusedAway {
		t.Errorf("the bot was taken out of the team, and the channel is %+v", r)
	}

	// Put in again, it is in its channels again, and says nothing twice.
	before := len(o.city.Relay.Posts())
	moved(teamstest.Team, "teamMemberAdded", "membersAdded")
	if r := room(teamstest.Channel); !r.Joined || r.Refused != "" {
		t.Errorf("the bot is in the team again, and the channel is %+v", r)
	}
	silent("put in again", teamstest.Channel, before)

	// Somebody took it out while it was down: the next message is refused, and that is told like a removal.
	o.city.Relay.Refuse(http.StatusForbidden, "BotNotInConversationRoster")
	o.write(teamstest.Jonas, teamstest.Channel, "!offen")
	o.posted(teamstest.Group, "Ich bin nicht mehr in einem meiner Räume", "Es war der Raum des Projekts **Serviceportal**")
	if r := room(teamstest.Channel); r.Joined || r.Refused != bot.RefusedAway {
		t.Errorf("Teams says that the bot is not in the channel, which is %+v", r)
	}

	// Maria, whose project has no channel, blocks the bot; the PMO is told once, by her name, and what it can do.
	installed(teamstest.Personal, "add")
	o.write(teamstest.Maria, teamstest.Personal, "!offen")
	told := func() (n int) {
		for _, p := range o.city.Relay.Posts() {
			if strings.HasPrefix(p.Conversation, teamstest.Group) && strings.Contains(p.Text, "Im Direktchat erreiche ich Maria Beispiel nicht") {
				n++
			}
		}
		return n
	}
	for range 2 {
		o.city.Relay.Refuse(http.StatusForbidden, "MessageWritesBlocked")
		o.write(teamstest.Maria, teamstest.Personal, "!termine")
	}
	o.posted(teamstest.Group, "Im Direktchat erreiche ich Maria Beispiel nicht", "!status PROJEKT gelb", "Es geht um eAkte")
	if n := told(); n != 1 {
		t.Errorf("the PMO was told %d times", n)
	}
	if r := room(teamstest.Personal); r.Refused != bot.RefusedMute {
		t.Errorf("Maria has blocked the bot, and the chat is %+v", r)
	}
	o.write(teamstest.Maria, teamstest.Personal, "!termine") // she lets it write again
	if r := room(teamstest.Personal); r.Refused != "" || !r.Joined {
		t.Errorf("Maria lets the bot write again, and the chat is %+v", r)
	}

	// She removes the app, before the round opens: nobody can open a chat with her, and the PMO is told.
	installed(teamstest.Personal, "remove")
	if r := room(teamstest.Personal); r.Joined {
		t.Errorf("Maria has removed the app, and the chat is %+v", r)
	}
	o.city.Relay.Refuse(http.StatusForbidden, "ForbiddenOperationException")
	o.until("2026-11-18 09:01")
	if n := told(); n != 2 {
		t.Errorf("that Maria cannot be asked was told %d times, want once more", n)
	}
}
