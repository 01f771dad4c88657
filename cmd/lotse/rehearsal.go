package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
	"lotse/bot/engine"
	"lotse/storage"
)

// rehearsal (Probelauf) drives the bot on a simulated clock, by one of four drivers: a terminal, a program (--step), the
// passing of time (--speed), or nobody, and then it leaps to the end of the round.
type rehearsal struct {
	*app
	options runOptions
	zone    *time.Location
	store   *storage.Store
	clock   *engine.Simulated
}

// stageName is where a rehearsal's database remembers how far its clock went: an instant, RFC 3339.
const stageName = "rehearsal/clock"

// newRehearsal sets the clock. One that was interrupted goes on where it was: time does not go back.
func newRehearsal(ctx context.Context, a *app, o runOptions, settings *bot.Settings, store *storage.Store) (*rehearsal, error) {
	r := &rehearsal{app: a, options: o, zone: settings.Zone, store: store}
	start, err := r.parse(o.clock)
	if err != nil {
		return nil, fmt.Errorf("--clock: %w", err)
	}
	text, err := store.Recall(ctx, stageName)
	if err != nil {
		return nil, err
	}
	if last, err := time.Parse(time.RFC3339Nano, text); err == nil && last.After(start) {
		fmt.Fprintf(a.stderr, "this rehearsal was at %s already and goes on from there\n", r.show(last))
		start = last
	}
	r.clock = engine.NewSimulated(start.In(r.zone))
	return r, nil
}

// stageTimes are how a time may be written, besides RFC 3339, by the city's own clocks.
var stageTimes = []string{"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04", "02.01.2006 15:04", "2006-01-02", "02.01.2006"}

func (r *rehearsal) parse(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.In(r.zone), nil
	}
	for _, layout := range stageTimes {
		if at, err := time.ParseInLocation(layout, text, r.zone); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf(`%q is not a time: want one like "2026-11-18 09:00" or 2026-11-18T09:00:00+01:00`, text)
}

func (r *rehearsal) now() time.Time { return r.clock.Now().In(r.zone) }

// show writes a time for the operator.
func (r *rehearsal) show(t time.Time) string { return t.In(r.zone).Format("Mon 2 Jan 2006, 15:04:05") }

// play drives the bot until the driver has had enough, or ctx ends.
func (r *rehearsal) play(ctx context.Context, e *engine.Engine) (err error) {
	defer func() {
		name, at := stageName, r.now().Format(time.RFC3339Nano)
		err = errors.Join(err, r.store.Remember(context.WithoutCancel(ctx), name, at))
	}()
	switch {
	case r.options.step:
		return r.steps(ctx, e)
	case r.options.speed > 0:
		return r.pass(ctx, e)
	case terminal(r.stdin):
		return r.prompt(ctx, e)
	default:
		return r.leap(ctx, e)
	}
}

// steps does what each line of standard input says and answers it with one line: "idle <where the clock stands>", or
// "error <why>" for a line that says nothing. Standard input's end is the rehearsal's.
func (r *rehearsal) steps(ctx context.Context, e *engine.Engine) error {
	in := newLines(r.stdin)
	defer in.close()
	for {
		text, err := in.next(ctx)
		if errors.Is(err, io.EOF) || err == nil && strings.TrimSpace(text) == "quit" {
			return nil
		}
		if err != nil {
			return err
		}
		switch text = strings.TrimSpace(text); text {
		case "":
			continue
		case "idle":
			err = e.Idle(ctx)
		case "next":
			_, _, err = e.Step(ctx)
		default:
			at, wrong := r.parse(text)
			if wrong == nil && at.Before(r.now()) {
				wrong = fmt.Errorf("the clock stands at %s already", r.now().Format(time.RFC3339))
			}
			if wrong != nil {
				if _, err := fmt.Fprintf(r.stdout, "error %v\n", wrong); err != nil {
					return err
				}
				continue
			}
			err = e.RunUntil(ctx, at)
		}
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(r.stdout, "idle %s\n", r.now().Format(time.RFC3339)); err != nil {
			return err
		}
	}
}

// pass lets time pass, so many times as fast as it does. While messages are being sent it stands still.
func (r *rehearsal) pass(ctx context.Context, e *engine.Engine) error {
	const portion = 100 * time.Millisecond
	tick := time.NewTicker(portion)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := e.RunUntil(ctx, r.now().Add(time.Duration(float64(portion)*r.options.speed))); err != nil {
			return err
		}
	}
}

// leap goes from event to event until a Projektcheck begins.
func (r *rehearsal) leap(ctx context.Context, e *engine.Engine) error {
	for {
		kind, err := r.next(ctx, e)
		if err != nil {
			return err
		}
		if kind == "" || kind == calendar.StepCheck {
			_, err := fmt.Fprintln(r.stdout, "The rehearsal has ended.")
			return err
		}
	}
}

// prompt asks somebody at a terminal where to go.
func (r *rehearsal) prompt(ctx context.Context, e *engine.Engine) error {
	in := newLines(r.stdin)
	defer in.close()
	fmt.Fprint(r.stdout, "Rehearsal (Probelauf). Every message says so; the clock stands still until you let it go on.\n"+
		"  Enter                     go to the next event\n"+
		"  2026-11-18 14:00          go there\n"+
		"  2h                        go that much further (90m, 2h, 3d)\n"+
		"  q                         end; the same command goes on from here\n")
	if err := e.Idle(ctx); err != nil {
		return err
	}
	for {
		if err := r.announce(ctx); err != nil {
			return err
		}
		text, err := in.next(ctx)
		text = strings.TrimSpace(text)
		if errors.Is(err, io.EOF) || text == "q" || text == "quit" {
			return nil
		}
		if err != nil {
			return err
		}
		if text == "" {
			if _, err := r.next(ctx, e); err != nil {
				return err
			}
			continue
		}
		at, err := r.destination(text)
		if err != nil {
			fmt.Fprintln(r.stdout, err)
			continue
		}
		if err := e.RunUntil(ctx, at); err != nil {
			return err
		}
	}
}

// destination is a time that somebody typed: when, or how much later.
func (r *rehearsal) destination(text string) (time.Time, error) {
	var at time.Time
	var days int
	if span, err := time.ParseDuration(strings.TrimPrefix(text, "+")); err == nil {
		at = r.now().Add(span)
	} else if _, err := fmt.Sscanf(text+" ", "%dd ", &days); err == nil {
		at = r.now().AddDate(0, 0, days)
	} else if at, err = r.parse(text); err != nil {
		return at, err
	}
	if at.Before(r.now()) {
		return at, fmt.Errorf("the clock stands at %s already, and does not go back", r.show(r.now()))
	}
	return at, nil
}

// announce says where the clock stands and what comes next.
func (r *rehearsal) announce(ctx context.Context) error {
	fmt.Fprintf(r.stdout, "\nNow:  %s\n", r.show(r.now()))
	step, round, err := r.upcoming(ctx)
	if err != nil {
		return err
	}
	if round == "" {
		fmt.Fprintln(r.stdout, "Next: nothing is planned")
	} else {
		fmt.Fprintf(r.stdout, "Next: %s, %s (round %s)\n", r.show(step.At), planWordsEN.step(step), round)
	}
	_, err = fmt.Fprint(r.stdout, "> ")
	return err
}

// upcoming is the next step of any round; no round: nothing is planned.
func (r *rehearsal) upcoming(ctx context.Context) (first calendar.Step, of bot.RoundID, err error) {
	books, err := r.store.Load(ctx, bot.Query{Rounds: true})
	if err != nil {
		return first, "", err
	}
	for _, round := range books.Rounds {
		if round.State == bot.RoundCancelled {
			continue
		}
		for _, step := range round.Steps {
			if step.At.After(r.now()) && (of == "" || step.At.Before(first.At)) {
				first, of = step, round.ID
			}
		}
	}
	return first, of, nil
}

// next leaps to the next step of a round, does on the way what is due there, a live text drawn again, say, and returns
// which step it was; "" if none is planned.
func (r *rehearsal) next(ctx context.Context, e *engine.Engine) (calendar.StepKind, error) {
	if err := e.Idle(ctx); err != nil {
		return "", err
	}
	step, round, err := r.upcoming(ctx)
	if round == "" || err != nil {
		return "", err
	}
	return step.Kind, e.RunUntil(ctx, step.At)
}
