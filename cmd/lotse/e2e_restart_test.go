package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestRestart kills the bot while it opens a round, and the homeserver forgets what it knew of sends under way: after a new
// start nothing is missing in any room, and nothing stands there twice. In the long tier it dies again and again.
func TestRestart(t *testing.T) {
	w := newTown(t)
	w.start("2026-11-18T08:59:00+01:00")
	w.moveIn()

	deaths := []int{7}
	if os.Getenv("LOTSE_TEST_LONG") != "" {
		deaths = []int{1, 3, 6, 10, 15, 19}
	}
	const nine = "2026-11-18 09:00"
	for _, n := range deaths {
		if _, err := fmt.Fprintln(w.in, nine); err != nil {
			t.Fatal(err)
		}
		// The projects are asked in the order of their ids; the rooms' threads grow beside each other.
		w.pia.AwaitKey(t, w.rooms[w.byID(n)], w.askKey(w.byID(n)))
		w.kill()
		// A Dendrite that ends at once can forget what it has accepted and not shown to anybody yet. It shows what is older
		// than a message that it shows.
		for _, room := range w.rooms {
			w.pia.Send(t, room, "Kurze Pause.")
			w.pia.Events(t, room)
		}
		w.server.Restart(t)
		w.start(nine)
	}
	w.settle()

	for project, room := range w.rooms {
		events := w.pia.Events(t, room)
		times := map[string]int{}
		for _, e := range events {
			if e.Sender == w.lotse.ID && e.Key() != "" && e.RelType != "m.replace" && e.Type != "m.room.redaction" {
				times[e.Key()]++
			}
		}
		question := "check/" + first + "/question/" + project + "/status/1/matrix:" + room
		for _, key := range []string{
			"room/hello/project/matrix:" + room, w.askKey(project), question,
			"seed/🟢/" + question, "seed/🟡/" + question, "seed/🔴/" + question,
		} {
			if times[key] != 1 {
				t.Errorf("%s: the room has %d events with the key %s, want 1", project, times[key], key)
			}
			delete(times, key)
		}
		for key, n := range times {
			t.Errorf("%s: the room has %d events with the key %s, which nobody expects", project, n, key)
		}
		w.callsNobodyElse(events)
	}
	// It goes on as if nothing had been.
	w.about(first, "eakte").says("Status: grün", "Ausblick: grün", "Blocker: keine", "Entscheidung: keine", "Kommunikation: –")
	if got := w.pia.AwaitKey(t, w.rooms["eakte"], "check/"+first+"/summary/eakte/matrix:"+w.rooms["eakte"]).Body(); !strings.Contains(got, "im Plan") {
		t.Errorf("the summary is %q", got)
	}
	w.stop()
}

// byID is the n-th project, from 1, by its id.
func (w *town) byID(n int) string {
	return slices.Sorted(slices.Values(w.projects))[n-1]
}

// askKey is the key of a project's opening message in the first round.
func (w *town) askKey(project string) string {
	return "check/" + first + "/ask/" + project + "/matrix:" + w.rooms[project]
}
