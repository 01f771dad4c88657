package main

import (
	"bytes"
	"strings"
	"testing"

	"lotse/bot/matrix/matrixtest"
)

// The demo plays to the end without a terminal, and every scene shows what it
// promises.
func TestDemo(t *testing.T) {
	var out, faults bytes.Buffer
	if code := run(t.Context(), []string{"demo"}, strings.NewReader(""), &out, &faults); code != 0 || faults.Len() > 0 {
		t.Fatalf("exit status %d, said:\n%s", code, faults.String())
	}
	rest := out.String()
	for _, want := range []string{
		"Projektcheck am Mittwoch, 25. November, 10 Uhr · Serviceportal",
		"Status aktuell: 🟢 → 🟡 gefährdet",                 // asked for the reason,
		"So steht Serviceportal auf dem",                  // once complete,
		"Formulare der KFZ-Zulassung umstellen",           // with the task that was ticked
		"Unverändert übernommen vom 4. November",          // 🔁
		"So steht eAkte auf dem Digitalisierungsboard",    // labelled lines
		"@Lukas Beispiel vertritt Aylin Beispiel",         // the deputy,
		"Digilotsen: Meetup am Donnerstag, 3. Dezember",   // a network is invited,
		"[Datei: meetup.ics",                              // with a calendar file,
		"Thema 2: Was die eAkte im Sozialamt",             // proposes topics
		"👍 Maria Beispiel, Katrin Beispiel, Tobias Be",    // and says who comes
		"Guten Morgen, @Lukas Beispiel",                   // who is reminded
		"vom PMO eingetragen",                             // the PMO's entries
		"Redaktionsschluss",                               // the close
		"Rückfrage des PMO",                               // the question back
		"Digitalisierungsmanagement ━",                    // the DM's room
		"Kritisch, neu oder verändert",                    // the agenda, red first
		"Der Projektcheck hat begonnen; diese Runde ist",  // over
		"Digitalisierungsboard · Musterstadt",             // the board
		"Was die eAkte im Sozialamt leichter macht · 👍 3", // the agenda by votes
		"Alte Bauakten scannen: selbst oder mit",          // (the other one behind)
		"Gleich geht’s los, um 10 Uhr",                    // the beginning
		"Wie war das Meetup?",                             // the host is asked,
		"Zum Nachlesen: Digilotsen",                       // and her words stand in the room
		"Dabei waren 43.",
		"Gefunden: „eAkte“", // where they are found
		"So weit die Vorführung.",
	} {
		_, after, ok := strings.Cut(rest, want)
		if !ok {
			t.Fatalf("the demo does not show %q (any more, at its place):\n%s", want, out.String())
		}
		rest = after
	}
}

// The same story plays in real rooms.
func TestDemoOnHomeserver(t *testing.T) {
	server := matrixtest.Start(t)
	var out, faults bytes.Buffer
	args := []string{"demo", "--homeserver", server.URL, "--registration-secret", server.Secret}
	if code := run(t.Context(), args, strings.NewReader(""), &out, &faults); code != 0 || faults.Len() > 0 {
		t.Fatalf("exit status %d, said:\n%s%s", code, out.String(), faults.String())
	}
	if !strings.Contains(out.String(), "So weit die Vorführung.") {
		t.Errorf("the demo does not come to its end:\n%s", out.String())
	}
}

func TestDemoWantsBothFlags(t *testing.T) {
	var out, faults bytes.Buffer
	if code := run(t.Context(), []string{"demo", "--homeserver", "http://127.0.0.1:1"}, strings.NewReader(""), &out, &faults); code != 2 {
		t.Errorf("exit status %d, want 2: %s", code, faults.String())
	}
}
