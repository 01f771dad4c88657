package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"lotse/bot"
)

// work is the loop: events, then due timers, one decision at a time.
func (e *Engine) work(ctx context.Context) {
	last := ""
	for try := 0; ctx.Err() == nil; {
		mark := e.loop.Look()
		did, next, err := e.step(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, bot.ErrEpoch):
			e.fail(err)
			return
		case err != nil:
			e.setStuck(err)
			if err.Error() != last {
				last = err.Error()
				e.Log.ErrorContext(ctx, "the loop makes no progress", "error", err)
			}
			sleep(ctx.Done(), e.Limits.backOff(try))
			try++
		case did:
			if last != "" {
				e.Log.InfoContext(ctx, "the loop goes on")
			}
			try, last = 0, ""
			e.setStuck(nil)
		default:
			e.loop.Rest(mark)
			e.doze(ctx, next)
		}
	}
}

func (e *Engine) setStuck(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stuck = err
}

// patience is how often the loop looks while the outbox is at work: an event may
// wait for what is being sent, but not for ever.
const patience = 10 * time.Second

// doze waits for the bell, or for the clock to reach at (zero: only the bell).
func (e *Engine) doze(ctx context.Context, at time.Time) {
	var due <-chan struct{}
	var again <-chan time.Time
	if e.watch.others(e.loop) {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		again = timer.C
	}
	if !at.IsZero() {
		ch, stop := e.Clock.At(at)
		defer stop()
		due = ch
	}
	for {
		select {
		case <-ctx.Done():
		case <-e.loop.ring:
		case <-due:
		case <-again:
			if !e.watch.others(e.loop) {
				again = nil // the outbox came to rest, and rang before
				continue
			}
		}
		return
	}
}

// step makes one decision, if there is one to make; otherwise it returns when the
// next timer is due, zero if there is none that the loop may wait for. An error is
// one of the store: nothing can be done until it is gone.
func (e *Engine) step(ctx context.Context) (did bool, next time.Time, err error) {
	now := e.Clock.Now()
	r, err := e.Store.Next(ctx, now)
	if err != nil {
		return false, time.Time{}, fmt.Errorf("look into the inbox: %w", err)
	}
	ctx, cancel := e.hand(ctx) // from here on, a stop waits for us
	defer cancel()
	if r != nil {
		return true, time.Time{}, e.event(ctx, *r)
	}
	if !e.caughtUp() {
		return false, time.Time{}, nil // the bell rings when it is
	}
	t, err := e.Store.NextTimer(ctx)
	if err != nil {
		return false, time.Time{}, fmt.Errorf("look at the timers: %w", err)
	}
	if t != nil && !t.At.After(now) {
		return true, time.Time{}, e.timer(ctx, *t)
	}
	if len(e.dropped) > 0 {
		return true, time.Time{}, e.tellDropped(ctx)
	}
	if t != nil {
		next = t.At
	}
	return false, next, nil
}

// task is one decision to be made.
type task struct {
	query  bot.Query
	event  *bot.Event // who asked, nil for a timer
	timer  *bot.Timer
	decide func(bot.Snapshot) (bot.Change, error)
	paced  bool       // somebody wrote something: replies to that are limited
	commit bot.Commit // what it settles
}

// event decides about an event of the inbox.
func (e *Engine) event(ctx context.Context, r bot.Received) error {
	ev := r.Event
	t := task{
		event: &ev, commit: bot.Commit{Seq: r.Seq},
		decide: func(s bot.Snapshot) (bot.Change, error) { return e.Rules.Decide(s, ev) },
	}
	outcome := "decided"
	err := safely(func() error {
		t.query = e.Rules.Needs(ev)
		if ev.Kind == bot.EventMessage || ev.Kind == bot.EventEdit {
			t.query.Pace, t.paced = bot.PaceOf(ev.Sender), true
		}
		if cmd, ok := e.match(ev); ok {
			outcome = "command"
			t.query, t.decide = merge(t.query, cmd.Query()), cmd.Decide
		}
		return nil
	})
	t.query.Seq = r.Seq
	if err == nil {
		outcome, err = e.decide(ctx, t, outcome)
	}
	if err == nil {
		e.Metrics.Event(ev.Kind, outcome)
		return nil
	}
	if errors.Is(err, bot.ErrEpoch) || errors.Is(err, bot.ErrDisk) || ctx.Err() != nil {
		return err
	}
	e.Log.ErrorContext(ctx, "a decision failed", "event_kind", ev.Kind, "event", ev.ID, "room", ev.Room, "attempt", r.Attempts+1, "error", err)
	givenUp, err := e.Store.Fail(ctx, e.epoch, r.Seq, e.Clock.Now())
	if err != nil {
		return fmt.Errorf("note the failure of event %s: %w", ev.ID, err)
	}
	if !givenUp {
		sleep(ctx.Done(), e.Limits.backOff(r.Attempts))
		return nil
	}
	e.Metrics.Event(ev.Kind, "failed")
	if err := e.tellFailed(ctx, bot.Commit{}, string(ev.ID), bot.Failed{Room: ev.Room, Kind: ev.Kind}); err != nil {
		e.Log.ErrorContext(ctx, "the PMO could not be told of a failure", "event", ev.ID, "error", err)
	}
	return nil
}

func (e *Engine) match(ev bot.Event) (bot.Command, bool) {
	if e.Commander == nil || ev.Notice || e.Settings.Doubts(ev) || (ev.Kind != bot.EventMessage && ev.Kind != bot.EventEdit) {
		return nil, false
	}
	return e.Commander.Match(ev)
}

// timer decides about a timer that is due.
func (e *Engine) timer(ctx context.Context, timer bot.Timer) error {
	late := e.Clock.Now().Sub(timer.At)
	t := task{
		timer: &timer, commit: bot.Commit{Timer: timer.Key, TimerAt: timer.At},
		decide: func(s bot.Snapshot) (bot.Change, error) { return e.Rules.Due(s, timer) },
	}
	outcome := ""
	err := safely(func() error {
		t.query = e.Rules.TimerNeeds(timer)
		return nil
	})
	if err == nil {
		outcome, err = e.decide(ctx, t, "decided")
	}
	if err == nil && outcome != "seen" {
		delete(e.failing, timer.Key)
		e.Metrics.Timer(timer.Kind, outcome, late)
		return nil
	}
	if errors.Is(err, bot.ErrEpoch) || errors.Is(err, bot.ErrDisk) || ctx.Err() != nil {
		return err
	}
	e.failing[timer.Key]++
	tries := e.failing[timer.Key]
	if err == nil { // moved meanwhile: the next look finds it where it is now
		if tries > e.Limits.Tries {
			return fmt.Errorf("timer %s is due but was handled before: %w", timer.Key, bot.ErrSeen)
		}
		return nil
	}
	e.Log.ErrorContext(ctx, "a decision failed", "timer_kind", timer.Kind, "timer", timer.Key, "attempt", tries, "error", err)
	if tries < e.Limits.Tries {
		sleep(ctx.Done(), e.Limits.backOff(tries-1))
		return nil
	}
	if err := e.tellFailed(ctx, t.commit, string(timer.Key), bot.Failed{Timer: timer.Kind, Project: bot.ProjectName{ID: timer.Subject.Project}}); err != nil && !errors.Is(err, bot.ErrSeen) {
		return fmt.Errorf("give up timer %s: %w", timer.Key, err)
	}
	delete(e.failing, timer.Key)
	e.Metrics.Timer(timer.Kind, "failed", late)
	return nil
}

// decide loads, decides, renders and commits, again while the books change under
// it. It returns how it ended.
func (e *Engine) decide(ctx context.Context, t task, outcome string) (string, error) {
	began := time.Now()
	for range e.Limits.Stale {
		how, err := e.attempt(ctx, t, outcome)
		switch {
		case errors.Is(err, bot.ErrStale):
			continue
		case errors.Is(err, bot.ErrSeen):
			return "seen", nil
		case err == nil:
			e.Metrics.Decision(time.Since(began))
		}
		return how, err
	}
	return "", fmt.Errorf("decided %d times: %w", e.Limits.Stale, bot.ErrStale)
}

func (e *Engine) attempt(ctx context.Context, t task, outcome string) (string, error) {
	s, err := e.Store.Load(ctx, t.query)
	if err != nil {
		return "", fmt.Errorf("load: %w", err)
	}
	now := s.Restored.When(t.at(), e.Clock.Now())
	s.Now, s.Settings = now.In(e.Settings.Zone), e.Settings
	s.Abilities = e.abilities(s, t)
	s.AbilitiesIn = func(room bot.RoomID) bot.Abilities { can, _ := e.abilitiesIn(room); return can }
	if t.query.Members {
		s.Members = e.members(ctx, s.NetworkRooms)
	}
	var change bot.Change
	var slots []bot.Slot
	err = safely(func() error {
		change, err = t.decide(s)
		if told, ok := errors.AsType[*bot.UserError](err); ok && t.event != nil {
			outcome = "told"
			change, err = bot.Change{Reason: told.Error(), Posts: []bot.Post{bot.Reply(*t.event, 0, told.Template, told.Data)}}, nil
		}
		if err != nil {
			return fmt.Errorf("decide: %w", err)
		}
		if err := e.Rules.Follow(s, t.event, &change); err != nil {
			return fmt.Errorf("follow: %w", err)
		}
		change.Posts = bot.Hush(s, change.Posts)
		if t.paced {
			change = bot.Paced(s, *t.event, change)
		}
		if t.event != nil {
			change.Posts = bot.LetThrough(s, *t.event, change.Posts)
		}
		slots, err = e.render(ctx, s, change)
		return err
	})
	if err != nil {
		return "", err
	}
	if err := e.keepDropped(ctx, change.Dropped); err != nil {
		return "", err
	}
	t.commit.Change, t.commit.Slots = change, slots
	if err := e.commit(ctx, t.commit); err != nil {
		return "", err
	}
	if change.Reason != "" {
		e.Log.InfoContext(ctx, "decided", t.about("reason", change.Reason, "posts", len(slots))...)
	}
	return outcome, nil
}

// at is when what is decided about happened.
func (t task) at() time.Time {
	if t.timer != nil {
		return t.timer.At
	}
	return t.event.At
}

// about adds to what a log line says.
func (t task) about(args ...any) []any {
	if t.timer != nil {
		return append(args, "timer_kind", t.timer.Kind, "subject", t.timer.Subject.String())
	}
	return append(args, "event_kind", t.event.Kind, "room", t.event.Room)
}

// commit commits and wakes the senders it concerns, also after an error: the store may
// have done it all the same, and then a second try finds that out and no more.
func (e *Engine) commit(ctx context.Context, c bot.Commit) error {
	c.Epoch, c.Now = e.epoch, e.Clock.Now()
	err := e.Store.Commit(ctx, c)
	if errors.Is(err, bot.ErrSeen) || errors.Is(err, bot.ErrStale) {
		return err
	}
	for _, k := range e.chats {
		concerned := func(s bot.Slot) bool { return s.Room.Chat() == k.ID() || s.Room == "" && s.User.Chat() == k.ID() }
		if c.Change.Restored != nil || slices.ContainsFunc(c.Slots, concerned) {
			k.bell.Ring()
		}
	}
	if err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// abilities are those of the room in which a decision's posts will mostly stand.
func (e *Engine) abilities(s bot.Snapshot, t task) bot.Abilities {
	var rooms []bot.RoomID
	if t.event != nil {
		rooms = append(rooms, t.event.Room)
	}
	if s.Report != nil {
		rooms = append(rooms, s.Report.Room, bot.RoomID(s.Report.User))
	}
	rooms = append(rooms, s.ProjectRoom.ID, s.Room.ID)
	if s.Direct != nil {
		rooms = append(rooms, bot.RoomID(s.Direct.User))
	}
	for _, r := range slices.Concat(s.NetworkRooms, s.Rooms) {
		rooms = append(rooms, r.ID)
	}
	for _, room := range rooms {
		if can, ok := e.abilitiesIn(room); ok {
			return can
		}
	}
	return e.chats[0].Abilities()
}

// abilitiesIn are those of a room; an account's id stands for its direct chat. ok is false
// if it is in none of the chats.
func (e *Engine) abilitiesIn(room bot.RoomID) (can bot.Abilities, ok bool) {
	c := e.chatOf(room.Chat())
	if c == nil {
		return bot.Abilities{}, false
	}
	if roomy, ok := c.Chat.(Roomy); ok {
		return roomy.AbilitiesIn(room), true
	}
	return c.Abilities(), true
}

// members are who is in each of the rooms. A chat that is slow to say holds everything up,
// so it is not waited for long; what it does not say is not known.
func (e *Engine) members(ctx context.Context, rooms []bot.Room) map[bot.RoomID][]bot.UserID {
	ctx, cancel := context.WithTimeout(ctx, e.Limits.Census)
	defer cancel()
	all := map[bot.RoomID][]bot.UserID{}
	for _, r := range rooms {
		c := e.chatOf(r.ID.Chat())
		if c == nil {
			continue
		}
		census, ok := c.Chat.(Census)
		if !ok {
			continue
		}
		switch members, err := census.Members(ctx, r.ID); {
		case err != nil:
			e.Log.WarnContext(ctx, "the chat did not say who is in a room", "room", r.ID, "error", err)
		case members != nil:
			all[r.ID] = members
		}
	}
	return all
}

// merge adds what a command needs to what every event needs.
func merge(base, more bot.Query) bot.Query {
	q := base
	put(&q.Room, more.Room)
	put(&q.User, more.User)
	put(&q.Message, more.Message)
	put(&q.Target, more.Target)
	put(&q.Thread, more.Thread)
	put(&q.ReplyTo, more.ReplyTo)
	put(&q.Project, more.Project)
	put(&q.Round, more.Round)
	put(&q.Running, more.Running)
	put(&q.Name, more.Name)
	put(&q.DirectUser, more.DirectUser)
	put(&q.NameFirst, more.NameFirst)
	put(&q.AllProjects, more.AllProjects)
	put(&q.Archived, more.Archived)
	put(&q.AllReports, more.AllReports)
	put(&q.AllTasks, more.AllTasks)
	put(&q.AllPeople, more.AllPeople)
	put(&q.AllRooms, more.AllRooms)
	put(&q.Pace, more.Pace)
	put(&q.Oldest, more.Oldest)
	put(&q.Dossier, more.Dossier)
	put(&q.Waiting, more.Waiting)
	put(&q.Rounds, more.Rounds)
	put(&q.Escalation, more.Escalation)
	put(&q.Number, more.Number)
	put(&q.Council, more.Council)
	put(&q.Draft, more.Draft)
	put(&q.Last, more.Last)
	put(&q.Page, more.Page)
	put(&q.Notice, more.Notice)
	put(&q.Notices, more.Notices)
	put(&q.Newcomer, more.Newcomer)
	put(&q.Newcomers, more.Newcomers)
	put(&q.Meetup, more.Meetup)
	put(&q.Network, more.Network)
	put(&q.NetworkName, more.NetworkName)
	put(&q.Meetups, more.Meetups)
	put(&q.AllMeetups, more.AllMeetups)
	put(&q.AllNetworks, more.AllNetworks)
	put(&q.Members, more.Members)
	put(&q.Find, more.Find)
	put(&q.Feeds, more.Feeds)
	put(&q.Linking, more.Linking)
	put(&q.Code, more.Code)
	q.History = max(q.History, more.History)
	for _, u := range more.Users {
		if !slices.Contains(q.Users, u) {
			q.Users = append(q.Users, u)
		}
	}
	return q
}

// put sets v if there is something to set.
func put[T comparable](v *T, to T) {
	var zero T
	if to != zero {
		*v = to
	}
}

// safely turns a panic into an error with its stack.
func safely(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return f()
}
