package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"lotse/bot"
	"lotse/bot/engine"
)

// stage is where somebody at the terminal stands: as whom, and in which room.
type stage struct {
	who, room named
}

// handOver lets somebody at the terminal go on with the demo, until end of input.
func (d *demo) handOver(ctx context.Context) error {
	d.welcome(d.stdout)
	d.stageHelp()
	in := newLines(d.stdin)
	defer in.close()
	here := stage{who: find(demoPeople, "petra"), room: find(demoRooms, "pmo")}
	for {
		fmt.Fprintf(d.stdout, "%s · %s · %s> ", d.clock.Now().In(d.zone).Format("02.01. 15:04"), here.who.name, here.room.name)
		text, err := in.next(ctx)
		if errors.Is(err, io.EOF) {
			fmt.Fprintln(d.stdout, "\nAuf Wiedersehen!")
			return nil
		}
		if err != nil {
			return err
		}
		if err := d.enter(ctx, &here, strings.TrimSpace(text)); err != nil {
			if ctx.Err() != nil || errors.Is(err, engine.ErrStopped) {
				return err
			}
			fmt.Fprintln(d.stdout, err)
		}
		if err := d.settle(ctx); err != nil {
			return err
		}
	}
}

func (d *demo) stageHelp() {
	ids := func(all []named) string {
		var out []string
		for _, n := range all {
			out = append(out, n.id)
		}
		return strings.Join(out, ", ")
	}
	fmt.Fprintf(d.stdout, `  /als NAME         sprechen als: %s
  /raum NAME        in den Raum gehen: %s
  > TEXT            im Thread antworten, in dem Lotse zuletzt geschrieben hat
  /reaktion 🟢      auf die letzte Nachricht von Lotse reagieren
  /weiter           die Uhr zum nächsten Ereignis springen lassen
  /bis DATUM ZEIT   bis dahin, zum Beispiel /bis 2026-12-09 09:00
  Strg-D            Ende

`, ids(demoPeople), ids(demoRooms))
}

// enter does what a line says.
func (d *demo) enter(ctx context.Context, here *stage, line string) error {
	word, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	room := d.theatre.room(here.room.id)
	who := d.account(here.who.id)
	switch {
	case line == "":
		return nil
	case word == "/als":
		return move(&here.who, demoPeople, rest)
	case word == "/raum":
		return move(&here.room, demoRooms, rest)
	case word == "/weiter":
		at, more, err := d.engine.Step(ctx)
		if err == nil && more {
			err = d.engine.RunUntil(ctx, at.Add(liveDelay))
		}
		return err
	case word == "/bis":
		when, err := (&rehearsal{zone: d.zone}).parse(rest)
		if err != nil {
			return err
		}
		if when.Before(d.clock.Now()) {
			return errors.New("dort war die Uhr schon; zurück geht sie nicht")
		}
		return d.engine.RunUntil(ctx, when)
	case word == "/reaktion":
		message, _ := d.last(room)
		if message == "" || rest == "" {
			return errors.New("dazu braucht es ein Emoji und eine Nachricht von Lotse in diesem Raum")
		}
		return d.react(ctx, room, who, message, rest)
	case word == ">":
		_, thread := d.last(room)
		return d.say(ctx, room, who, rest, thread)
	case strings.HasPrefix(line, "/"):
		d.stageHelp()
		return nil
	}
	return d.say(ctx, room, who, line, bot.MessageID(""))
}

// find returns the one of a list with an id.
func find(list []named, id string) named {
	i := slices.IndexFunc(list, func(n named) bool { return n.id == id })
	return list[i]
}

// move goes to another person or room.
func move(to *named, list []named, id string) error {
	for _, n := range list {
		if strings.EqualFold(n.id, id) || strings.EqualFold(n.name, id) {
			*to = n
			return nil
		}
	}
	var ids []string
	for _, n := range list {
		ids = append(ids, n.id)
	}
	return fmt.Errorf("%q gibt es hier nicht; zur Wahl stehen: %s", id, strings.Join(ids, ", "))
}
