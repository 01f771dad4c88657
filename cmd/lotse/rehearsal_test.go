package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"lotse/bot/engine"
)

// stageOf is a rehearsal that begins at a local time, and the engine that it drives.
func stageOf(t *testing.T, clock, input string) (*rehearsal, *engine.Engine, *bytes.Buffer) {
	t.Helper()
	p := testParts(t, testConfig(t, ""), nil)
	out := new(bytes.Buffer)
	a := &app{stdin: strings.NewReader(input), stdout: out, stderr: t.Output(), now: time.Now}
	r, err := newRehearsal(t.Context(), a, runOptions{clock: clock, step: true}, p.settings, p.store)
	if err != nil {
		t.Fatal(err)
	}
	p.clock = r.clock
	e, err := p.assemble(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return r, e, out
}

// Somebody at a terminal goes from step to step, to a time, and further by a span.
func TestPrompt(t *testing.T) {
	r, e, out := stageOf(t, "2026-11-17 08:00", strings.Join([]string{"", "2h", "3d", "2026-11-24 14:00", "", "2026-11-20 09:00", "tomorrow", "q", "never read"}, "\n"))
	if err := r.prompt(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		line = strings.TrimSpace(strings.TrimPrefix(line, "> "))
		if line != "" {
			got = append(got, line)
		}
	}
	got = got[5:] // the introduction
	want := []string{
		"Now:  Tue 17 Nov 2026, 08:00:00",
		"Next: Wed 18 Nov 2026, 09:00:00, questions to all projects (round 2026-11-25)",
		"Now:  Wed 18 Nov 2026, 09:00:00",
		"Next: Fri 20 Nov 2026, 09:00:00, reminder 1, where answers are missing (round 2026-11-25)",
		"Now:  Wed 18 Nov 2026, 11:00:00",
		"Next: Fri 20 Nov 2026, 09:00:00, reminder 1, where answers are missing (round 2026-11-25)",
		"Now:  Sat 21 Nov 2026, 11:00:00",
		"Next: Mon 23 Nov 2026, 09:00:00, reminder 2, where answers are missing (round 2026-11-25)",
		"Now:  Tue 24 Nov 2026, 14:00:00",
		"Next: Tue 24 Nov 2026, 16:00:00, agenda to DM and PMO (round 2026-11-25)",
		"Now:  Tue 24 Nov 2026, 16:00:00",
		"Next: Wed 25 Nov 2026, 10:00:00, Projektcheck (round 2026-11-25)",
		"the clock stands at Tue 24 Nov 2026, 16:00:00 already, and does not go back",
		"Now:  Tue 24 Nov 2026, 16:00:00",
		"Next: Wed 25 Nov 2026, 10:00:00, Projektcheck (round 2026-11-25)",
		`"tomorrow" is not a time: want one like "2026-11-18 09:00" or 2026-11-18T09:00:00+01:00`,
		"Now:  Tue 24 Nov 2026, 16:00:00",
		"Next: Wed 25 Nov 2026, 10:00:00, Projektcheck (round 2026-11-25)",
	}
	for i := range max(len(got), len(want)) {
		g, w := "", ""
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Fatalf("line %d is\n%s\nwant\n%s\nin\n%s", i+1, g, w, out)
		}
	}
}

// The next run of the same rehearsal begins where this one ended, whatever the flag says.
func TestRehearsalGoesOn(t *testing.T) {
	r, e, _ := stageOf(t, "2026-11-17 08:00", "2026-11-18 09:00\n")
	if err := r.play(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	want := time.Date(2026, 11, 18, 8, 0, 0, 0, time.UTC)
	for clock, begins := range map[string]time.Time{
		"2026-11-17 08:00":          want,
		"2026-11-19T08:00:00+01:00": want.Add(23 * time.Hour),
	} {
		again, err := newRehearsal(t.Context(), r.app, runOptions{clock: clock}, e.Settings, r.store)
		if err != nil {
			t.Fatal(err)
		}
		if !again.now().Equal(begins) {
			t.Errorf("--clock %q begins at %s, want %s", clock, again.now(), begins)
		}
	}
	if _, err := newRehearsal(t.Context(), r.app, runOptions{clock: "soon"}, e.Settings, r.store); err == nil || !strings.HasPrefix(err.Error(), "--clock: ") {
		t.Errorf("--clock soon: %v, want the flag's name", err)
	}
}

// At a speed, time passes by itself; a stop ends it without an error.
func TestPass(t *testing.T) {
	r, e, _ := stageOf(t, "2026-11-17 08:00", "")
	r.options.speed = 36000 // an hour in a tenth of a second
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	later, forget := r.clock.At(r.now().Add(2 * time.Hour))
	defer forget()
	go func() { <-later; stop() }()
	if err := r.pass(ctx, e); err != nil && ctx.Err() == nil {
		t.Errorf("pass: %v", err)
	}
	if moved := r.now().Sub(time.Date(2026, 11, 17, 7, 0, 0, 0, time.UTC)); moved < 2*time.Hour {
		t.Errorf("the clock went %s, want two hours or more", moved)
	}
}
