package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"lotse/bot"
)

// The bodies of the books are the JSON of the structs in package bot, under the
// names their fields have there. So there fields may be added, with a zero value
// that means "as before"; a field that is renamed or changes its meaning needs a
// migration here. Version is a column and not in the body.

// Commit settles an inbox row or a timer and writes what was decided, whole or not
// at all. It returns an error that wraps bot.ErrSeen if the event or timer was
// handled before, bot.ErrStale if a row changed since it was loaded, bot.ErrEpoch if
// another process has taken over.
func (s *Store) Commit(ctx context.Context, c bot.Commit) error {
	err := s.write(ctx, c.Epoch, func(ctx context.Context, t *txn) error { return t.commit(ctx, c) })
	if err == nil && c.Change.Prune != nil {
		s.settleJournal(ctx)
	}
	return wrap(err, "commit")
}

func (t *txn) commit(ctx context.Context, c bot.Commit) error {
	if c.Seq != 0 {
		if err := t.settleEvent(ctx, c.Seq, c.Now); err != nil {
			return err
		}
	}
	if c.Timer != "" {
		if err := t.settleTimer(ctx, c.Timer, c.TimerAt.UnixMilli()); err != nil {
			return err
		}
	}
	if err := t.books(ctx, c.Change); err != nil {
		return err
	}
	if err := t.entries(ctx, c.Change.Entries, c.Change.Forget, c.Now); err != nil {
		return err
	}
	if c.Change.Restored != nil {
		if err := t.restore(ctx, *c.Change.Restored, c.Now); err != nil {
			return err
		}
	}
	for _, key := range c.Change.Cancel {
		if err := t.cancelTimer(ctx, key); err != nil {
			return err
		}
	}
	for _, timer := range c.Change.Timers {
		if err := t.setTimer(ctx, timer); err != nil {
			return err
		}
	}
	if err := t.pace(ctx, c); err != nil {
		return err
	}
	if err := t.codes(ctx, c.Change.Codes); err != nil {
		return err
	}
	if err := t.guesses(ctx, c.Change.Guesses, c.Now); err != nil {
		return err
	}
	for _, m := range c.Change.Merges {
		if err := t.merge(ctx, m); err != nil {
			return err
		}
	}
	if c.Change.Prune != nil {
		if err := t.prune(ctx, *c.Change.Prune, c.Now); err != nil {
			return fmt.Errorf("take away what is old: %w", err)
		}
	}
	for _, room := range c.Change.Closed {
		if err := t.closed(ctx, room, c.Now); err != nil {
			return err
		}
	}
	return t.slots(ctx, c.Slots, c.Now)
}

// pace remembers a pace, and forgets those that are over: when there is a new one,
// and whenever a timer was due.
func (t *txn) pace(ctx context.Context, c bot.Commit) error {
	if c.Change.Pace == nil && c.Timer == "" {
		return nil
	}
	if _, err := t.exec(ctx, `DELETE FROM paces WHERE until_ms <= $1`, millis(c.Now)); err != nil {
		return fmt.Errorf("forget paces: %w", err)
	}
	if _, err := t.exec(ctx, `DELETE FROM link_codes WHERE until_ms <= $1`, millis(c.Now)); err != nil {
		return fmt.Errorf("forget codes: %w", err)
	}
	p := c.Change.Pace
	if p == nil || !p.Until.After(c.Now) {
		return nil
	}
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("write a pace: %w", err)
	}
	_, err = t.exec(ctx, `INSERT INTO paces (key, until_ms, body) VALUES ($1, $2, $3)
		ON CONFLICT (key) DO UPDATE SET until_ms = excluded.until_ms, body = excluded.body`, p.Key, millis(p.Until), string(body))
	return wrap(err, "write a pace")
}

// closed gives up what is pending in a room.
func (t *txn) closed(ctx context.Context, room bot.RoomID, now time.Time) error {
	var keys []bot.Key
	err := t.each(ctx, func(row row) error {
		var key bot.Key
		err := row.Scan(&key)
		keys = append(keys, key)
		return err
	}, `SELECT key FROM slots WHERE room = $1 AND state = 'pending'`, room)
	if err != nil {
		return fmt.Errorf("look for what is pending in a closed room: %w", err)
	}
	for _, key := range keys {
		s, err := t.slot(ctx, key)
		if err != nil {
			return err
		}
		if err := t.stale(ctx, s, "the room was closed", now); err != nil {
			return err
		}
	}
	return nil
}

// books writes the rows of a change.
func (t *txn) books(ctx context.Context, c bot.Change) error {
	if err := t.people(ctx, c.People); err != nil {
		return err
	}
	for _, r := range c.Rooms {
		if err := t.room(ctx, r); err != nil {
			return err
		}
	}
	for _, p := range c.Projects {
		if err := t.put(ctx, "project "+string(p.ID), p.Version, p,
			`INSERT INTO projects (id, slug, state, body, version) VALUES ($1, $2, $3, $4, 1) ON CONFLICT (id) DO NOTHING`,
			`UPDATE projects SET slug = $2, state = $3, body = $4, version = version + 1 WHERE id = $1 AND version = $5`,
			p.ID, bot.Slug(p.Name), p.State); err != nil {
			return err
		}
	}
	for _, r := range c.Rounds {
		if err := t.put(ctx, "round "+string(r.ID), r.Version, r,
			`INSERT INTO rounds (id, state, check_ms, body, version) VALUES ($1, $2, $3, $4, 1) ON CONFLICT (id) DO NOTHING`,
			`UPDATE rounds SET state = $2, check_ms = $3, body = $4, version = version + 1 WHERE id = $1 AND version = $5`,
			r.ID, r.State, millis(r.Check)); err != nil {
			return err
		}
	}
	for _, r := range c.Reports {
		if err := t.put(ctx, "report "+string(r.Round)+"/"+string(r.Project), r.Version, r,
			`INSERT INTO reports (round, project, body, version) VALUES ($1, $2, $3, 1) ON CONFLICT (round, project) DO NOTHING`,
			`UPDATE reports SET body = $3, version = version + 1 WHERE round = $1 AND project = $2 AND version = $4`,
			r.Round, r.Project); err != nil {
			return err
		}
	}
	for _, k := range c.Tasks {
		if err := t.put(ctx, fmt.Sprintf("task %s/%d", k.Project, k.Seq), k.Version, k,
			`INSERT INTO tasks (project, seq, state, done_ms, body, version) VALUES ($1, $2, $3, $4, $5, 1) ON CONFLICT (project, seq) DO NOTHING`,
			`UPDATE tasks SET state = $3, done_ms = $4, body = $5, version = version + 1 WHERE project = $1 AND seq = $2 AND version = $6`,
			k.Project, k.Seq, k.State, millis(k.Done)); err != nil {
			return err
		}
	}
	for _, d := range c.Directs {
		if err := t.put(ctx, "direct chat", d.Version, d,
			`INSERT INTO directs (user_id, body, version) VALUES ($1, $2, 1) ON CONFLICT (user_id) DO NOTHING`,
			`UPDATE directs SET body = $2, version = version + 1 WHERE user_id = $1 AND version = $3`,
			d.User); err != nil {
			return err
		}
	}
	for _, e := range c.Escalations {
		if err := t.putEscalation(ctx, e); err != nil {
			return err
		}
	}
	for _, n := range c.Networks {
		if err := t.putNetwork(ctx, n); err != nil {
			return err
		}
	}
	for _, m := range c.Meetups {
		if err := t.putMeetup(ctx, m); err != nil {
			return err
		}
	}
	for _, n := range c.Notices {
		if err := t.putNotice(ctx, n); err != nil {
			return err
		}
	}
	for _, q := range c.Quiet {
		if err := t.hush(ctx, q); err != nil {
			return err
		}
	}
	for _, n := range c.Newcomers {
		if err := t.putNewcomer(ctx, n); err != nil {
			return err
		}
	}
	for _, f := range c.Feeds {
		if err := t.putFeed(ctx, f); err != nil {
			return err
		}
	}
	for _, r := range c.Refs {
		if err := t.ref(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// put writes one row of the books. The arguments are the key and the columns; the
// body is added behind them and, for an update, the version behind that.
func (t *txn) put(ctx context.Context, what string, version int64, body any, insert, update string, args ...any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("write %s: %w", what, err)
	}
	query, args := insert, append(args, string(encoded))
	if version != 0 {
		query, args = update, append(args, version)
	}
	n, err := t.exec(ctx, query, args...)
	if err == nil && n == 0 {
		err = bot.ErrStale
	}
	return wrap(err, "write %s", what)
}

// people writes persons and their accounts. An account belongs to one person: who is
// written last has it, and the person who loses it has changed by that.
func (t *txn) people(ctx context.Context, people []bot.Person) error {
	for _, p := range people {
		row := p
		row.Accounts = nil // they have a table of their own
		if err := t.put(ctx, "person "+string(p.ID), p.Version, row,
			`INSERT INTO people (id, body, version) VALUES ($1, $2, 1) ON CONFLICT (id) DO NOTHING`,
			`UPDATE people SET body = $2, version = version + 1 WHERE id = $1 AND version = $3`,
			p.ID); err != nil {
			return err
		}
	}
	for _, p := range people {
		if _, err := t.exec(ctx, `DELETE FROM accounts WHERE person_id = $1`, p.ID); err != nil {
			return fmt.Errorf("write the accounts of %s: %w", p.ID, err)
		}
		for i, user := range p.Accounts {
			if _, err := t.exec(ctx, `UPDATE people SET version = version + 1
				WHERE id = (SELECT person_id FROM accounts WHERE user_id = $1)`, user); err != nil {
				return fmt.Errorf("move an account to %s: %w", p.ID, err)
			}
			if _, err := t.exec(ctx, `INSERT INTO accounts (user_id, person_id, ord) VALUES ($1, $2, $3)
				ON CONFLICT (user_id) DO UPDATE SET person_id = excluded.person_id, ord = excluded.ord`, user, p.ID, i); err != nil {
				return fmt.Errorf("write the accounts of %s: %w", p.ID, err)
			}
		}
	}
	return nil
}

// room writes a room. What waits for somebody's direct chat goes there as soon as it
// is known.
func (t *txn) room(ctx context.Context, r bot.Room) error {
	err := t.put(ctx, "room "+string(r.ID), r.Version, r,
		`INSERT INTO rooms (id, kind, project, user_id, joined, network, body, version) VALUES ($1, $2, $3, $4, $5, $6, $7, 1) ON CONFLICT (id) DO NOTHING`,
		`UPDATE rooms SET kind = $2, project = $3, user_id = $4, joined = $5, network = $6, body = $7, version = version + 1 WHERE id = $1 AND version = $8`,
		r.ID, r.Kind, r.Project, r.User, flag(r.Joined), networkOf(r))
	if err == nil && r.Kind == bot.RoomDirect && r.User != "" && r.Joined {
		err = t.housed(ctx, r.User, r.ID)
	}
	return err
}

// ref remembers what a foreign message was about.
func (t *txn) ref(ctx context.Context, r bot.Ref) error {
	s := r.Subject
	_, err := t.exec(ctx, `INSERT INTO refs (message, room, project, round, field, person, about, n, escalation, network, meetup)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (message) DO UPDATE SET project = excluded.project, round = excluded.round, field = excluded.field,
			person = excluded.person, about = excluded.about, n = excluded.n, escalation = excluded.escalation,
			network = excluded.network, meetup = excluded.meetup`,
		r.Message, r.Room, s.Project, s.Round, s.Field, s.Person, s.User, s.N, s.Escalation, s.Network, s.Meetup)
	return wrap(err, "remember what a message is about")
}

// slots writes the outbox.
func (t *txn) slots(ctx context.Context, slots []bot.Slot, now time.Time) error {
	var lanes []string
	seen := map[string]bool{}
	for _, s := range slots {
		lane, err := t.write(ctx, s, now)
		if err != nil {
			return err
		}
		if lane != "" && !seen[lane] {
			seen[lane] = true
			lanes = append(lanes, lane)
		}
	}
	for _, lane := range lanes {
		if err := t.order(ctx, lane); err != nil {
			return err
		}
	}
	return nil
}
