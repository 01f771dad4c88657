package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"lotse/bot"
)

// chunk is how many values one list in a query has at most.
const chunk = 512

// Load reads what a query asks for, all of one moment. Now, Settings and Abilities
// are not the store's to fill.
func (s *Store) Load(ctx context.Context, q bot.Query) (bot.Snapshot, error) {
	var snap bot.Snapshot
	err := s.read(ctx, func(ctx context.Context, t *txn) error {
		l := loader{s: s, t: t, q: q, people: map[bot.PersonID]bool{}}
		l.snap.User = q.User
		for _, step := range []func(context.Context) error{
			l.room, l.accounts, l.known, l.direct, l.escalation, l.network, l.subject, l.round, l.report, l.tasks, l.rooms, l.lists,
			l.escalations, l.escalationPage, l.meetups, l.notice, l.newcomer, l.feeds, l.linking, l.persons, l.quiet, l.stands, l.pace, l.restored, l.oldest, l.dossier,
		} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		snap = l.snap
		return nil
	})
	return snap, wrap(err, "load")
}

// loader fills one snapshot, step by step; each step may use what came before.
type loader struct {
	s      *Store
	t      *txn
	q      bot.Query
	snap   bot.Snapshot
	about  bot.Subject           // what the messages the event points at are about
	people map[bot.PersonID]bool // whom to load
	users  map[bot.UserID]bot.PersonID
	asked  *bot.Project // Query.Name named it, but in another project's room
}

// row reads one body and its version; it reports false if there is none.
func (l *loader) row(ctx context.Context, into any, version *int64, query string, args ...any) (bool, error) {
	var body []byte
	ok, err := found(l.t.row(ctx, query, args...).Scan(&body, version))
	if !ok || err != nil {
		return false, err
	}
	return true, json.Unmarshal(body, into)
}

// bodies reads all bodies of a query that selects body and version.
func bodies[T any](ctx context.Context, t *txn, version func(*T) *int64, query string, args ...any) ([]T, error) {
	var all []T
	err := t.each(ctx, func(row row) error {
		var body []byte
		var one T
		if err := row.Scan(&body, version(&one)); err != nil {
			return err
		}
		if err := json.Unmarshal(body, &one); err != nil {
			return err
		}
		all = append(all, one)
		return nil
	}, query, args...)
	return all, err
}

// Where each struct keeps its version.
func roomVersion(r *bot.Room) *int64       { return &r.Version }
func projectVersion(p *bot.Project) *int64 { return &p.Version }
func roundVersion(r *bot.Round) *int64     { return &r.Version }
func reportVersion(r *bot.Report) *int64   { return &r.Version }
func taskVersion(t *bot.Task) *int64       { return &t.Version }

func (l *loader) room(ctx context.Context) error {
	l.snap.Room.ID = l.q.Room
	if l.q.Room == "" {
		return nil
	}
	_, err := l.row(ctx, &l.snap.Room, &l.snap.Room.Version, `SELECT body, version FROM rooms WHERE id = $1`, l.q.Room)
	return wrap(err, "room %s", l.q.Room)
}

// accounts finds the persons behind the accounts of the query.
func (l *loader) accounts(ctx context.Context) error {
	l.users = map[bot.UserID]bot.PersonID{}
	users := append([]bot.UserID{l.q.User, l.q.DirectUser, l.snap.Room.User}, l.q.Users...)
	err := in(users, func(list string, args []any) error {
		return l.t.each(ctx, func(row row) error {
			var user bot.UserID
			var person bot.PersonID
			err := row.Scan(&user, &person)
			l.users[user], l.people[person] = person, true
			return err
		}, `SELECT user_id, person_id FROM accounts WHERE user_id IN (`+list+`)`, args...)
	})
	if err != nil {
		return fmt.Errorf("accounts: %w", err)
	}
	l.snap.Users = map[bot.UserID]bot.PersonID{}
	for _, user := range l.q.Users {
		if person, ok := l.users[user]; ok {
			l.snap.Users[user] = person
		}
	}
	return nil
}

// known finds what the books say about the messages of the query.
func (l *loader) known(ctx context.Context) error {
	all := map[bot.MessageID]bot.Known{}
	err := in([]bot.MessageID{l.q.Message, l.q.Target, l.q.Thread, l.q.ReplyTo}, func(list string, args []any) error {
		return l.t.each(ctx, func(row row) error {
			var k bot.Known
			err := row.Scan(&k.Message, &k.Key, &k.Kind, &k.Subject.Project, &k.Subject.Round, &k.Subject.Field, &k.Subject.Person, &k.Subject.User, &k.Subject.N,
				&k.Subject.Escalation, &k.Subject.Network, &k.Subject.Meetup)
			k.Own = k.Key != ""
			if _, twice := all[k.Message]; !twice || k.Own {
				all[k.Message] = k
			}
			return err
		}, `SELECT message, key, kind, project, round, field, person, about, n, escalation, network, meetup FROM slots WHERE message <> '' AND message IN (`+list+`)
			UNION ALL SELECT message, '', '', project, round, field, person, about, n, escalation, network, meetup FROM refs WHERE message IN (`+list+`)`, args...)
	})
	if err != nil {
		return fmt.Errorf("messages: %w", err)
	}
	for _, m := range []struct {
		id   bot.MessageID
		into **bot.Known
	}{{l.q.Target, &l.snap.Target}, {l.q.Thread, &l.snap.Thread}, {l.q.ReplyTo, &l.snap.ReplyTo}, {l.q.Message, &l.snap.Message}} {
		k, ok := all[m.id]
		if !ok {
			continue
		}
		*m.into = &k
		if l.about.Project == "" {
			l.about.Project = k.Subject.Project
		}
		if l.about.Round == "" {
			l.about.Round = k.Subject.Round
		}
		if l.about.Escalation == "" {
			l.about.Escalation = k.Subject.Escalation
		}
		if l.about.Meetup == "" {
			l.about.Meetup = k.Subject.Meetup
		}
		if l.about.Network == "" {
			l.about.Network = k.Subject.Network
		}
	}
	return nil
}

func (l *loader) pace(ctx context.Context) error {
	if l.q.Pace == "" {
		return nil
	}
	var until int64
	pace := bot.Pace{Key: l.q.Pace}
	ok, err := l.row(ctx, &pace, &until, `SELECT body, until_ms FROM paces WHERE key = $1`, l.q.Pace)
	if ok {
		pace.Until = instant(until)
		l.snap.Pace = &pace
	}
	return wrap(err, "pace")
}

func (l *loader) direct(ctx context.Context) error {
	user := l.q.DirectUser
	if user == "" {
		user = l.q.User
	}
	if user == "" {
		user = l.snap.Room.User
	}
	if user == "" {
		return nil
	}
	var d bot.Direct
	ok, err := l.row(ctx, &d, &d.Version, `SELECT body, version FROM directs WHERE user_id = $1`, user)
	if ok {
		l.snap.Direct = &d
	}
	return wrap(err, "direct chat")
}

// subject finds the project: see bot.Query.
func (l *loader) subject(ctx context.Context) error {
	if l.q.Project != "" {
		return l.project(ctx, l.q.Project)
	}
	if l.q.Name != "" {
		done, err := l.named(ctx)
		if done || err != nil {
			return err
		}
	}
	id := l.about.Project
	if l.snap.Escalation != nil {
		id = l.snap.Escalation.Project
	}
	if id == "" && l.snap.Room.Kind == bot.RoomProject {
		id = l.snap.Room.Project
	}
	if id == "" && l.snap.Room.Kind == bot.RoomDirect && l.snap.Direct != nil {
		if id = l.snap.Direct.Asking; id == "" && l.q.Last {
			id = l.snap.Direct.Last
		}
	}
	if id != "" {
		if err := l.project(ctx, id); err != nil {
			return err
		}
	}
	if l.q.Name == "" || l.asked != nil {
		return nil
	}
	return l.candidates(ctx)
}

// named looks for the project that Query.Name begins with. done: it is the subject.
func (l *loader) named(ctx context.Context) (done bool, err error) {
	readings := bot.Readings(l.q.Name)
	slugs := make([]string, len(readings))
	for i, r := range readings {
		slugs[i] = r.Slug
	}
	best, rank := bot.Project{}, 2*len(readings)
	err = in(slugs, func(list string, args []any) error {
		hits, err := bodies(ctx, l.t, projectVersion,
			`SELECT body, version FROM projects WHERE id IN (`+list+`) OR slug IN (`+list+`) ORDER BY id`, args...)
		for _, p := range hits {
			// The longest reading counts; of two projects an id goes before a name.
			if i := slices.Index(slugs, string(p.ID)); i >= 0 && 2*i < rank {
				best, rank = p, 2*i
			}
			if i := slices.Index(slugs, bot.Slug(p.Name)); i >= 0 && 2*i+1 < rank {
				best, rank = p, 2*i+1
			}
		}
		return err
	})
	if err != nil {
		return false, fmt.Errorf("project by name: %w", err)
	}
	room := l.snap.Room
	switch {
	case rank == 2*len(readings):
		return false, nil
	case room.Kind == bot.RoomProject && room.Project != "" && room.Project != best.ID && !l.q.NameFirst:
		l.asked, l.snap.Candidates = &best, []bot.Project{best}
		return false, nil
	}
	l.snap.Project = &best
	return true, l.projectRoom(ctx)
}

// candidates are the projects that Query.Name may have meant.
func (l *loader) candidates(ctx context.Context) (err error) {
	if readings := bot.Readings(l.q.Name); len(readings) > 0 {
		from := readings[len(readings)-1].Slug
		l.snap.Candidates, err = bodies(ctx, l.t, projectVersion, `SELECT body, version FROM projects
			WHERE id >= $1 AND id < $2 OR slug >= $1 AND slug < $2 ORDER BY slug, id`, from, from+"\U0010ffff")
	}
	if err == nil && len(l.snap.Candidates) == 0 && l.snap.Project == nil {
		l.snap.Candidates, err = l.projects(ctx, false)
	}
	return wrap(err, "projects by name")
}

// project loads the subject, if there is one of that id.
func (l *loader) project(ctx context.Context, id bot.ProjectID) error {
	var p bot.Project
	ok, err := l.row(ctx, &p, &p.Version, `SELECT body, version FROM projects WHERE id = $1`, id)
	if !ok || err != nil {
		return wrap(err, "project %s", id)
	}
	l.snap.Project = &p
	return l.projectRoom(ctx)
}

// projectRoom loads the subject's room; of several, one that the bot is in.
func (l *loader) projectRoom(ctx context.Context) error {
	r := &l.snap.ProjectRoom
	_, err := l.row(ctx, r, &r.Version, `SELECT body, version FROM rooms
		WHERE project = $1 AND project <> '' AND kind = 'project' ORDER BY joined DESC, id LIMIT 1`, l.snap.Project.ID)
	return wrap(err, "room of project %s", l.snap.Project.ID)
}

// projects loads all projects by name.
func (l *loader) projects(ctx context.Context, archived bool) ([]bot.Project, error) {
	if archived {
		return bodies(ctx, l.t, projectVersion, `SELECT body, version FROM projects ORDER BY slug, id`)
	}
	return bodies(ctx, l.t, projectVersion, `SELECT body, version FROM projects WHERE state <> 'archived' ORDER BY slug, id`)
}

// round finds the round: see bot.Query.
func (l *loader) round(ctx context.Context) error {
	id := l.q.Round
	if id == "" && !l.q.Running {
		id = l.about.Round
	}
	var r bot.Round
	var ok bool
	var err error
	if id != "" {
		ok, err = l.row(ctx, &r, &r.Version, `SELECT body, version FROM rounds WHERE id = $1`, id)
	} else {
		ok, err = l.row(ctx, &r, &r.Version, `SELECT body, version FROM rounds
			WHERE state IN ('open', 'closed', 'published') ORDER BY check_ms, id LIMIT 1`)
		if !ok && err == nil {
			ok, err = l.row(ctx, &r, &r.Version, `SELECT body, version FROM rounds WHERE state = 'done' ORDER BY check_ms DESC, id DESC LIMIT 1`)
		}
	}
	if !ok || err != nil {
		return wrap(err, "round %s", id)
	}
	if err := l.s.localize(&r); err != nil {
		return err
	}
	l.snap.Round = &r
	return nil
}

// localize gives a round's instants the zone of its city again: JSON keeps only the
// offset.
func (s *Store) localize(r *bot.Round) error {
	if r.Zone == "" {
		return nil
	}
	zone, ok := s.zones.Load(r.Zone)
	if !ok {
		loaded, err := time.LoadLocation(r.Zone)
		if err != nil {
			return fmt.Errorf("zone of round %s: %w", r.ID, err)
		}
		zone, _ = s.zones.LoadOrStore(r.Zone, loaded)
	}
	in := func(t *time.Time) {
		if !t.IsZero() {
			*t = t.In(zone.(*time.Location))
		}
	}
	in(&r.Check)
	in(&r.Opened)
	in(&r.Closed)
	for i := range r.Steps {
		in(&r.Steps[i].At)
	}
	return nil
}

func (l *loader) report(ctx context.Context) error {
	if l.snap.Project == nil || l.snap.Round == nil {
		return nil
	}
	var r bot.Report
	ok, err := l.row(ctx, &r, &r.Version, `SELECT body, version FROM reports WHERE round = $1 AND project = $2`,
		l.snap.Round.ID, l.snap.Project.ID)
	if ok {
		l.snap.Report = &r
	}
	return wrap(err, "report %s of %s", l.snap.Project.ID, l.snap.Round.ID)
}

// tasks loads the open tasks and those done since the second last check that is over.
func (l *loader) tasks(ctx context.Context) error {
	if l.snap.Project == nil {
		return nil
	}
	query := `SELECT body, version FROM tasks WHERE project = $1 AND state IN ('todo', 'doing')
		UNION ALL SELECT body, version FROM tasks WHERE project = $1 AND state = 'done' AND done_ms >= COALESCE(
			(SELECT check_ms FROM rounds WHERE state = 'done' ORDER BY check_ms DESC LIMIT 1 OFFSET 1), 0)`
	if l.q.AllTasks {
		query = `SELECT body, version FROM tasks WHERE project = $1`
	}
	tasks, err := bodies(ctx, l.t, taskVersion, query, l.snap.Project.ID)
	slices.SortFunc(tasks, func(a, b bot.Task) int { return a.Seq - b.Seq })
	l.snap.Tasks = tasks
	return wrap(err, "tasks of %s", l.snap.Project.ID)
}

func (l *loader) rooms(ctx context.Context) (err error) {
	if l.q.AllRooms {
		l.snap.Rooms, err = bodies(ctx, l.t, roomVersion, `SELECT body, version FROM rooms ORDER BY id`)
	} else {
		l.snap.Rooms, err = bodies(ctx, l.t, roomVersion, `SELECT body, version FROM rooms
			WHERE kind IN ('pmo', 'dm', 'dikon') AND joined = 1 ORDER BY id`)
	}
	return wrap(err, "rooms")
}

// lists loads what only some decisions need.
func (l *loader) lists(ctx context.Context) (err error) {
	q := l.q
	if q.AllProjects || q.AllReports {
		if l.snap.Projects, err = l.projects(ctx, q.Archived); err != nil {
			return fmt.Errorf("all projects: %w", err)
		}
		l.snap.ProjectRooms = map[bot.ProjectID]bot.RoomID{}
		err := l.t.each(ctx, func(row row) error {
			var project bot.ProjectID
			var room bot.RoomID
			err := row.Scan(&project, &room)
			if _, taken := l.snap.ProjectRooms[project]; !taken {
				l.snap.ProjectRooms[project] = room
			}
			return err
		}, `SELECT project, id FROM rooms WHERE kind = 'project' ORDER BY joined DESC, id`)
		if err != nil {
			return fmt.Errorf("rooms of projects: %w", err)
		}
	}
	if q.AllReports && l.snap.Round != nil {
		l.snap.Reports, err = bodies(ctx, l.t, reportVersion, `SELECT body, version FROM reports WHERE round = $1 ORDER BY project`, l.snap.Round.ID)
		if err != nil {
			return fmt.Errorf("reports of %s: %w", l.snap.Round.ID, err)
		}
	}
	if q.Rounds {
		if err := l.allRounds(ctx); err != nil {
			return err
		}
	}
	if q.History > 0 && l.snap.Project != nil {
		l.snap.History, err = bodies(ctx, l.t, reportVersion, `SELECT body, version FROM reports WHERE project = $1 ORDER BY round DESC LIMIT $2`,
			l.snap.Project.ID, q.History)
		if err != nil {
			return fmt.Errorf("reports of %s: %w", l.snap.Project.ID, err)
		}
	}
	return nil
}

// allRounds loads every round not done, cancelled ones of the last two checks' time
// among them, and the last two done.
func (l *loader) allRounds(ctx context.Context) error {
	done, err := bodies(ctx, l.t, roundVersion, `SELECT body, version FROM rounds WHERE state = 'done' ORDER BY check_ms DESC, id DESC LIMIT 2`)
	if err != nil {
		return fmt.Errorf("rounds done: %w", err)
	}
	var since int64
	if len(done) == 2 {
		since = millis(done[1].Check)
	}
	rounds, err := bodies(ctx, l.t, roundVersion, `SELECT body, version FROM rounds WHERE state IN ('planned', 'open', 'closed', 'published')
		UNION ALL SELECT body, version FROM rounds WHERE state = 'cancelled' AND check_ms >= $1`, since)
	if err != nil {
		return fmt.Errorf("rounds: %w", err)
	}
	rounds = append(rounds, done...)
	for i := range rounds {
		if err := l.s.localize(&rounds[i]); err != nil {
			return err
		}
	}
	slices.SortFunc(rounds, func(a, b bot.Round) int {
		if c := a.Check.Compare(b.Check); c != 0 {
			return c
		}
		return strings.Compare(string(a.ID), string(b.ID))
	})
	l.snap.Rounds = rounds
	return nil
}

// persons loads everybody who has something to do with what was loaded.
func (l *loader) persons(ctx context.Context) error {
	concern := func(p *bot.Project) {
		for _, lead := range p.Leads {
			l.people[lead] = true
		}
		for _, d := range p.Deputies {
			l.people[d.Person] = true
		}
	}
	asked := func(r *bot.Report) {
		for _, who := range r.Asking {
			l.people[who] = true
		}
		for _, back := range r.Returned {
			l.people[back.By] = true
		}
	}
	if l.snap.Project != nil {
		concern(l.snap.Project)
	}
	if l.snap.Report != nil {
		asked(l.snap.Report)
	}
	for _, projects := range [][]bot.Project{l.snap.Projects, l.snap.Candidates} {
		for i := range projects {
			concern(&projects[i])
		}
	}
	for _, reports := range [][]bot.Report{l.snap.Reports, l.snap.History} {
		for i := range reports {
			asked(&reports[i])
		}
	}
	l.concerned()
	l.gathering()
	people, err := l.t.persons(ctx, l.people, l.q.AllPeople)
	if err != nil {
		return fmt.Errorf("people: %w", err)
	}
	l.snap.People = people
	if me, ok := people[l.users[l.q.User]]; ok {
		l.snap.Person = &me
	}
	return nil
}

// people reads persons with their accounts.
func (t *txn) persons(ctx context.Context, ids map[bot.PersonID]bool, all bool) (map[bot.PersonID]bot.Person, error) {
	people := map[bot.PersonID]bot.Person{}
	read := func(where string, args []any) error {
		return t.each(ctx, func(row row) error {
			var body []byte
			var p bot.Person
			var user *bot.UserID
			if err := row.Scan(&body, &p.Version, &user); err != nil {
				return err
			}
			if err := json.Unmarshal(body, &p); err != nil {
				return err
			}
			if one, ok := people[p.ID]; ok {
				p = one
			}
			if user != nil {
				p.Accounts = append(p.Accounts, *user)
			}
			people[p.ID] = p
			return nil
		}, `SELECT people.body, people.version, accounts.user_id FROM people LEFT JOIN accounts ON accounts.person_id = people.id `+
			where+` ORDER BY people.id, accounts.ord, accounts.user_id`, args...)
	}
	if all {
		return people, read("", nil)
	}
	list := make([]bot.PersonID, 0, len(ids))
	for id := range ids {
		list = append(list, id)
	}
	slices.Sort(list)
	return people, in(list, func(list string, args []any) error { return read(`WHERE people.id IN (`+list+`)`, args) })
}

// stands answers whether the report's open question stood in the room before the
// event; without an event, whether it stands now.
func (l *loader) stands(ctx context.Context) error {
	if l.snap.Report == nil || l.snap.Report.OpenKey() == "" {
		return nil
	}
	var message string
	var stood int64
	_, err := found(l.t.row(ctx, `SELECT message, stood FROM slots WHERE key = $1`, l.snap.Report.OpenKey()).Scan(&message, &stood))
	if l.q.Seq == 0 {
		l.snap.OpenStands = message != ""
	} else {
		l.snap.OpenStands = stood > 0 && stood < l.q.Seq
	}
	return wrap(err, "the open question")
}

// Rooms returns those of the rooms that are known, and the direct chats with those
// of the users that have one.
func (s *Store) Rooms(ctx context.Context, rooms []bot.RoomID, users []bot.UserID) ([]bot.Room, error) {
	var all []bot.Room
	err := s.read(ctx, func(ctx context.Context, t *txn) error {
		all = nil
		add := func(query string, args []any) error {
			some, err := bodies(ctx, t, roomVersion, query, args...)
			for _, r := range some {
				if !slices.ContainsFunc(all, func(a bot.Room) bool { return a.ID == r.ID }) {
					all = append(all, r)
				}
			}
			return err
		}
		err := in(rooms, func(list string, args []any) error {
			return add(`SELECT body, version FROM rooms WHERE id IN (`+list+`)`, args)
		})
		if err != nil {
			return err
		}
		return in(users, func(list string, args []any) error {
			return add(`SELECT body, version FROM rooms WHERE user_id <> '' AND user_id IN (`+list+`) AND kind = 'direct' AND joined = 1 ORDER BY id`, args)
		})
	})
	return all, wrap(err, "read rooms")
}

// in calls fn with a list of placeholders and the values for it, in chunks; empty
// values and repetitions are left out. It calls nothing for no values.
func in[T ~string](values []T, fn func(list string, args []any) error) error {
	seen := make(map[T]bool, len(values))
	var args []any
	flush := func() error {
		if len(args) == 0 {
			return nil
		}
		for len(args)&(len(args)-1) != 0 {
			args = append(args, args[0]) // lists of few lengths, so that statements stay few
		}
		var list strings.Builder
		for i := range args {
			if i > 0 {
				list.WriteString(", ")
			}
			list.WriteByte('$')
			list.WriteString(strconv.Itoa(i + 1))
		}
		full := args
		args = nil
		return fn(list.String(), full)
	}
	for _, v := range values {
		if v == "" || seen[v] {
			continue
		}
		seen[v] = true
		if args = append(args, string(v)); len(args) == chunk {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}
