package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"lotse/bot"
)

// Names of the two notes to the PMO; the keys are note/<…>/<what>/<room>.
const (
	noteFailed   = "note.failed"
	noteDowntime = "note.downtime"
)

// droppedName is where the store remembers what was left out until the PMO is
// told: a list of [bot.Dropped] as JSON, or nothing. Fields may be added.
const droppedName = "engine/dropped"

// tellFailed tells the PMO that an event or a timer was given up; commit says what
// that settles.
func (e *Engine) tellFailed(ctx context.Context, commit bot.Commit, what string, data bot.Failed) error {
	commit.Change = bot.Change{Reason: "given up after several failures"}
	err := safely(func() error {
		s, err := e.Store.Load(ctx, bot.Query{Room: data.Room, Project: data.Project.ID})
		if err != nil {
			return fmt.Errorf("load: %w", err)
		}
		data.Place = s.Room.Kind
		if s.Project != nil {
			data.Project = bot.ProjectName{ID: s.Project.ID, Name: s.Project.Name}
		}
		commit.Slots, err = e.noteSlots(ctx, s, noteFailed, bot.NewKey("note", "failed", what), data)
		return err
	})
	if err != nil && commit.Timer == "" {
		return err
	}
	if err != nil { // a timer has to go, told or not: it would be due for ever
		e.Log.ErrorContext(ctx, "the PMO could not be told of a failure", "timer", commit.Timer, "error", err)
	}
	return e.commit(ctx, commit)
}

// noteSlots renders a note for each PMO room.
func (e *Engine) noteSlots(ctx context.Context, s bot.Snapshot, template string, key bot.Key, data any) ([]bot.Slot, error) {
	var c bot.Change
	for _, room := range s.RoomsOf(bot.RoomPMO) {
		c.Posts = append(c.Posts, bot.Post{
			Key: bot.NewKey(string(key), string(room.ID)), Kind: bot.KindNote, Room: room.ID, Template: template, Data: data,
		})
	}
	return e.render(ctx, s, c)
}

// recallDropped brings back what an earlier process left out and could not tell.
func (e *Engine) recallDropped(ctx context.Context) error {
	text, err := e.Store.Recall(ctx, droppedName)
	if err != nil {
		return fmt.Errorf("recall what was left out: %w", err)
	}
	if text == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(text), &e.dropped); err != nil {
		return fmt.Errorf("recall what was left out: %w", err)
	}
	return nil
}

// keepDropped remembers what a decision leaves out, before the decision is
// committed: said twice (a crash may come in between) it still is one.
func (e *Engine) keepDropped(ctx context.Context, dropped []bot.Dropped) error {
	all := e.dropped
	for _, d := range dropped {
		d.Due = d.Due.UTC().Truncate(time.Millisecond)
		if !slices.Contains(all, d) {
			all = append(all, d)
		}
	}
	if len(all) == len(e.dropped) {
		return nil
	}
	text, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("remember what was left out: %w", err)
	}
	if err := e.Store.Remember(ctx, droppedName, string(text)); err != nil {
		return fmt.Errorf("remember what was left out: %w", err)
	}
	e.dropped = all
	return nil
}

// tellDropped tells the PMO, in one message, what was left out. A note that cannot
// be made is given up like a decision.
func (e *Engine) tellDropped(ctx context.Context) error {
	err := e.noteDropped(ctx)
	if err != nil {
		e.failing[noteDowntime]++
		if errors.Is(err, bot.ErrEpoch) || errors.Is(err, bot.ErrDisk) || ctx.Err() != nil || e.failing[noteDowntime] < e.Limits.Tries {
			return fmt.Errorf("tell what was left out: %w", err)
		}
		e.Log.ErrorContext(ctx, "the PMO could not be told what was left out", "error", err)
	}
	delete(e.failing, noteDowntime)
	e.dropped = nil
	if err := e.Store.Remember(ctx, droppedName, ""); err != nil {
		e.Log.ErrorContext(ctx, "what was left out may be told again after a restart", "error", err)
	}
	return nil
}

func (e *Engine) noteDropped(ctx context.Context) error {
	s, err := e.Store.Load(ctx, bot.Query{AllProjects: true, AllNetworks: true, Archived: true})
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	s.Settings = e.Settings
	now := e.Clock.Now()
	key := bot.NewKey("note", "downtime", now.UTC().Format("2006-01-02T15:04:05"))
	var slots []bot.Slot
	err = safely(func() (err error) {
		slots, err = e.noteSlots(ctx, s, noteDowntime, key, downtime(s, e.dropped, now))
		return err
	})
	if err != nil {
		return err
	}
	return e.commit(ctx, bot.Commit{Change: bot.Change{Reason: "told what was left out"}, Slots: slots})
}

// networkName is what people call a network.
func networkName(s bot.Snapshot, id bot.NetworkID) string {
	for _, n := range s.Networks {
		if n.ID == id {
			return n.Name
		}
	}
	return string(id)
}

// downtime gathers what was left out, a line for each kind and instant.
func downtime(s bot.Snapshot, dropped []bot.Dropped, now time.Time) bot.Downtime {
	names := map[bot.ProjectID]string{}
	for _, p := range s.Projects {
		names[p.ID] = p.Name
	}
	zone := s.Settings.Zone
	note := bot.Downtime{Until: now.In(zone)}
	dropped = slices.Clone(dropped)
	slices.SortStableFunc(dropped, func(a, b bot.Dropped) int { return a.Due.Compare(b.Due) })
	for _, d := range dropped {
		i := slices.IndexFunc(note.Dropped, func(l bot.DroppedLine) bool { return l.Kind == d.Kind && l.Due.Equal(d.Due) })
		if i < 0 {
			i = len(note.Dropped)
			note.Dropped = append(note.Dropped, bot.DroppedLine{Kind: d.Kind, Due: d.Due.In(zone)})
		}
		line := &note.Dropped[i]
		line.Count++
		if id := d.Subject.Project; id != "" {
			name, ok := names[id]
			if !ok {
				name = string(id)
			}
			line.Projects = append(line.Projects, bot.ProjectName{ID: id, Name: name})
		}
		if id := d.Subject.Network; id != "" {
			line.Networks = append(line.Networks, networkName(s, id))
		}
	}
	note.From = note.Dropped[0].Due
	return note
}
