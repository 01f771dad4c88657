package commands

import (
	"strings"
	"testing"

	"lotse/bot"
)

// TestCalendarStory makes links to calendars, lists and revokes them.
func TestCalendarStory(t *testing.T) {
	c := newCity(t, true)
	c.commit(bot.Change{Networks: []bot.Network{{ID: "digilotsen", Name: "Digilotsen"}, {ID: "alt", Name: "Altes Netz", Archived: true}}})
	refuses := func(room bot.RoomID, who, text, template, part string) {
		t.Helper()
		if got := c.say(room, who, text); !got.failed || got.template != template || len(got.change.Feeds) > 0 || !strings.Contains(got.text, part) {
			t.Errorf("%s: %s, %q; want %s with %q", text, got.template, got.text, template, part)
		}
	}
	refuses(roomPMO, "petra", "!kalender neu projektcheck", "reply.refused", "unter `web`")
	if got := c.say(roomPMO, "petra", "!kalender"); !strings.Contains(got.text, "im Web nicht zu erreichen") {
		t.Errorf("without a web address: %s", got.text)
	}
	c.settings.WebAddress = "https://lotse.stadt.example"

	// Only the PMO may.
	for _, text := range []string{"!kalender", "!kalender neu projektcheck", "!kalender widerrufen 1"} {
		refuses(roomPortal, "maria", text, "error.forbidden", "PMO")
		refuses(roomDM, "dora", text, "error.forbidden", "PMO")
	}
	refuses(roomPMO, "petra", "!kalender neu", "error.argument", "Namen eines Netzwerks")
	refuses(roomPMO, "petra", "!kalender neu Rathaus", "error.argument", "Rathaus")
	refuses(roomPMO, "petra", "!kalender neu alt", "error.argument", "alt")
	refuses(roomPMO, "petra", "!kalender widerrufen 1", "error.argument", "Nummer des Links")
	refuses(roomPMO, "petra", "!kalender heute", "reply.refused", "heute")

	// What leads to a link stands in the one message that tells it; the books have the hash.
	tokens := map[string]bool{}
	makes := func(room bot.RoomID, text string, number int, network bot.NetworkID) string {
		t.Helper()
		got := c.say(room, "petra", text)
		data, ok := got.data.(bot.FeedNew)
		if !ok || len(got.change.Feeds) != 1 || len(got.change.Posts) != 1 || got.change.Posts[0].Room != room {
			t.Fatalf("%s: %+v", text, got.change)
		}
		token, found := strings.CutPrefix(strings.TrimSuffix(data.Link, ".ics"), "https://lotse.stadt.example/kalender/")
		if !found || len(token) < 22 || tokens[token] {
			t.Fatalf("%s: the link is %s", text, data.Link)
		}
		tokens[token] = true
		feed := got.change.Feeds[0]
		if feed.Number != number || feed.Network != network || feed.Room != room || feed.Hash != bot.HashToken(token) || strings.Contains(feed.Hash, token) {
			t.Errorf("%s: %+v", text, feed)
		}
		if !strings.Contains(got.text, "`"+data.Link+"`") {
			t.Errorf("%s: the link is not to be copied from %s", text, got.text)
		}
		return feed.Hash
	}
	checks := makes(roomPMO, "!kalender neu projektcheck", 1, "")
	makes(roomPMO, "!calendar new digilotsen.", 2, "digilotsen")
	makes(roomNet, "!kalender neu", 3, "digilotsen")
	list := c.say(roomPMO, "petra", "!kalender").text
	for _, want := range []string{"1: Projektchecks, seit Freitag, 20. November; der Link steht in diesem Raum", "2: Treffen „Digilotsen“", "wo der Link steht: Netzwerkraum"} {
		if !strings.Contains(list, want) {
			t.Errorf("no %q in %s", want, list)
		}
	}
	for token := range tokens {
		if strings.Contains(list, token) {
			t.Errorf("a list tells a token: %s", list)
		}
	}

	// Revoking wants a second word.
	leads := func() bool {
		t.Helper()
		_, ok, err := c.store.Feed(t.Context(), checks)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	if got := c.say(roomPMO, "petra", "!kalender widerrufen 1"); !leads() || !strings.Contains(got.text, "`!kalender widerrufen 1 wirklich`") {
		t.Errorf("asked before it is revoked? %s", got.text)
	}
	refuses(roomPMO, "petra", "!kalender widerrufen 1 vielleicht", "reply.refused", "vielleicht")
	if got := c.say(roomPMO, "petra", "!kalender widerrufen 1 wirklich"); leads() || !strings.Contains(got.text, "ist widerrufen") {
		t.Errorf("revoked? %s", got.text)
	}
	refuses(roomPMO, "petra", "!kalender widerrufen 1 wirklich", "error.argument", "Nummer")
	if got := c.say(roomPMO, "petra", "!kalender").text; strings.Contains(got, "1: Projektchecks") {
		t.Errorf("a revoked link is listed: %s", got)
	}
	makes(roomPMO, "!kalender neu projektchecks", 4, "") // its number is not given again
}
