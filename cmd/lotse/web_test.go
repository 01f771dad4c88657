package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/bot/web"
	"lotse/commands"
	"lotse/storage"
)

// TestCalendarLink goes the whole way: the PMO makes links in chat, a calendar program loads what they lead to over HTTP, a
// check is moved, a link is revoked, the bot stops.
func TestCalendarLink(t *testing.T) {
	config := testConfig(t, "web: {address: https://lotse.stadt.example}\n")
	settings, err := config.Settings()
	if err != nil {
		t.Fatal(err)
	}
	words, err := readWords("", settings)
	if err != nil {
		t.Fatal(err)
	}
	store := memory(t, storage.Options{})
	clock := engine.NewSimulated(time.Date(2026, 11, 20, 11, 0, 0, 0, time.UTC))
	epoch, err := store.Acquire(t.Context(), "test", clock.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	commit := func(change bot.Change) {
		t.Helper()
		if err := store.Commit(t.Context(), bot.Commit{Epoch: epoch, Now: clock.Now(), Change: change}); err != nil {
			t.Fatal(err)
		}
	}
	pmo := settings.Roles[bot.RolePMO][0]
	meetup := time.Date(2027, 4, 1, 10, 0, 0, 0, settings.Zone)
	commit(bot.Change{
		People:   []bot.Person{{ID: pmo, Name: "Pia Beispiel", Accounts: []bot.UserID{"test:@pia"}}},
		Rooms:    []bot.Room{{ID: "test:!pmo", Kind: bot.RoomPMO, Joined: true}},
		Networks: []bot.Network{{ID: "digilotsen", Name: "Digilotsen"}},
		Meetups: []bot.Meetup{{ID: "digilotsen-2027-04-01", Network: "digilotsen", At: meetup, Zone: "Europe/Berlin", Length: 90 * time.Minute,
			Link: "https://bbb.stadt.example/b/dig", State: bot.MeetupPlanned}},
	})
	table, n := commands.New("Lotse"), 0
	say := func(text string) bot.Change {
		t.Helper()
		n++
		e := bot.Event{ID: bot.EventID(text), Kind: bot.EventMessage, Room: "test:!pmo", Sender: "test:@pia", Text: text, At: clock.Now(), Message: bot.MessageID(text)}
		command, ok := table.Match(e)
		if !ok {
			t.Fatalf("%s is no command", text)
		}
		query := command.Query()
		query.Room, query.User = e.Room, e.Sender
		snapshot, err := store.Load(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		snapshot.Now, snapshot.Settings = clock.Now().In(settings.Zone), settings
		change, err := command.Decide(snapshot)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		commit(change)
		return change
	}

	var logged bytes.Buffer
	log := slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	listener, err := listenAt(ctx, "web.listen", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() {
		served <- serve(ctx, "calendars", listener, web.New(calendars{store, settings, words, clock}, log), log)
	}()
	get := func(link string) (int, string) {
		t.Helper()
		path, ok := strings.CutPrefix(link, "https://lotse.stadt.example")
		if !ok {
			t.Fatalf("the link is %s", link)
		}
		answer, err := http.Get("http://" + listener.Addr().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(body)
	}
	link := func(change bot.Change) string { return change.Posts[0].Data.(bot.FeedNew).Link }
	shows := func(link string, want ...string) {
		t.Helper()
		code, body := get(link)
		for _, w := range want {
			if code != http.StatusOK || !strings.Contains(body, w+"\r\n") {
				t.Errorf("%d, no %q in\n%s", code, w, body)
			}
		}
	}

	checks, net := link(say("!kalender neu projektcheck")), link(say("!kalender neu digilotsen"))
	shows(checks, "NAME:Projektchecks · "+config.City, "SUMMARY:Projektcheck", "DTSTART;TZID=Europe/Berlin:20261125T100000", "DTSTART;TZID=Europe/Berlin:20270331T100000")
	shows(net, "NAME:Digilotsen · "+config.City, "SUMMARY:Digilotsen", "DTSTART;TZID=Europe/Berlin:20270401T100000", "DTEND;TZID=Europe/Berlin:20270401T113000", "URL:https://bbb.stadt.example/b/dig")
	say("!projektcheck verschieben auf 2.12. 14:00 weil der Saal belegt ist")
	shows(checks, "DTSTART;TZID=Europe/Berlin:20261202T140000", "SEQUENCE:1", "DESCRIPTION:Verlegt\\; ursprünglich Mittwoch\\, 25. November\\, 10 Uhr.")
	if !answeredByLotse(t.Context(), listener.Addr().String()) {
		t.Error("lotse check does not see that the bot serves there")
	}
	say("!kalender widerrufen 1")
	shows(checks)
	say("!kalender widerrufen 1 wirklich")
	revoked, body := get(checks)
	never, other := get("https://lotse.stadt.example/kalender/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.ics")
	if revoked != http.StatusNotFound || revoked != never || body != other {
		t.Errorf("revoked: %d %q, never made: %d %q", revoked, body, never, other)
	}
	shows(net, "SUMMARY:Digilotsen")
	if log := logged.String(); strings.Contains(log, strings.TrimSuffix(net[strings.LastIndex(net, "/")+1:], ".ics")) {
		t.Errorf("a token is logged:\n%s", log)
	}
	stop()
	if err := <-served; err != nil {
		t.Errorf("serve: %v, want nil after a stop", err)
	}
}
