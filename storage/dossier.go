package storage

import (
	"context"
	"encoding/json"
	"fmt"

	"lotse/bot"
)

// Dossier gathers all that is stored about a person: see [bot.Dossier]. Of somebody
// without an id only what belongs to the accounts.
func (s *Store) Dossier(ctx context.Context, person bot.Person) (d bot.Dossier, err error) {
	err = s.read(ctx, func(ctx context.Context, t *txn) (err error) {
		d, err = t.dossier(ctx, person)
		return err
	})
	return d, wrap(err, "gather what is stored about a person")
}

// dossier gathers what the query's actor may know about themselves.
func (l *loader) dossier(ctx context.Context) error {
	if !l.q.Dossier {
		return nil
	}
	person := bot.Person{Accounts: []bot.UserID{l.q.User}}
	if l.snap.Person != nil {
		person = *l.snap.Person
	}
	d, err := l.t.dossier(ctx, person)
	l.snap.Dossier = &d
	return wrap(err, "gather what is stored about somebody")
}

func (t *txn) dossier(ctx context.Context, person bot.Person) (bot.Dossier, error) {
	d := bot.Dossier{Person: person}
	for _, u := range person.Accounts {
		var directs, waiting int
		if err := t.row(ctx, `SELECT (SELECT COUNT(*) FROM rooms WHERE user_id = $1 AND user_id <> '' AND joined = 1),
			(SELECT COUNT(*) FROM slots WHERE lane IN (SELECT 'user ' || $1 UNION ALL SELECT 'room ' || id FROM rooms WHERE user_id = $1 AND user_id <> '') AND state = 'pending')`, u).
			Scan(&directs, &waiting); err != nil {
			return d, err
		}
		d.Directs += directs
		d.Waiting += waiting
	}
	if err := t.meetupsOf(ctx, person, &d); err != nil {
		return d, err
	}
	known, err := t.acquainted(ctx, person.Accounts)
	if err != nil {
		return d, err
	}
	d.Newcomer = len(known)
	if d.Quiet, err = t.mutes(ctx, person.Accounts); err != nil {
		return d, err
	}
	if person.ID == "" {
		d.Sort()
		return d, nil
	}
	// Bodies in which the id stands are read, all others are passed over unread.
	id, err := json.Marshal(person.ID)
	if err != nil {
		return d, err
	}
	for _, gather := range []func() error{
		func() error { return gathered(ctx, t, `projects`, `id`, id, d.Project) },
		func() error { return gathered(ctx, t, `reports`, `round, project`, id, d.Report) },
		func() error { return gathered(ctx, t, `tasks`, `project, seq`, id, d.Task) },
		func() error { return gathered(ctx, t, `escalations`, `id`, id, d.Escalation) },
		func() error { return gathered(ctx, t, `networks`, `id`, id, d.Network) },
		func() error { return gathered(ctx, t, `notices`, `number`, id, d.Notice) },
		func() error {
			for _, id := range append([]bot.PersonID{person.ID}, person.Former...) {
				if err := t.recordsOf(ctx, id, d.Record); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		if err := gather(); err != nil {
			return d, err
		}
	}
	d.Sort()
	return d, nil
}

// gathered calls fn with all rows of a table in which an id stands.
func gathered[T any](ctx context.Context, t *txn, table, order string, id []byte, fn func(T)) error {
	rows, err := bodies(ctx, t, func(*T) *int64 { return new(int64) }, fmt.Sprintf(`SELECT body, version FROM %s WHERE instr(body, $1) > 0 ORDER BY %s`, table, order), string(id))
	for _, row := range rows {
		fn(row)
	}
	return err
}

// meetupsOf gathers what somebody has to do with meetups: most members of a network are
// known by their account alone.
func (t *txn) meetupsOf(ctx context.Context, person bot.Person, d *bot.Dossier) error {
	needles := []any{}
	if person.ID != "" {
		needles = append(needles, person.ID)
	}
	for _, u := range person.Accounts {
		needles = append(needles, u)
	}
	seen := map[bot.MeetupID]bool{}
	for _, needle := range needles {
		word, err := json.Marshal(needle)
		if err != nil {
			return err
		}
		err = gathered(ctx, t, `meetups`, `id`, word, func(m bot.Meetup) {
			if !seen[m.ID] {
				seen[m.ID] = true
				d.Meetup(m)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// recordsOf calls fn with the entries of the decision log that are somebody's.
func (t *txn) recordsOf(ctx context.Context, person bot.PersonID, fn func(bot.Record)) error {
	var key string
	if ok, err := found(t.row(ctx, `SELECT key FROM log_people WHERE person = $1`, person).Scan(&key)); !ok || err != nil {
		return err
	}
	return t.each(ctx, func(row row) error {
		var r bot.Record
		var at int64
		err := row.Scan(&r.Seq, &r.Kind, &r.Number, &r.Project, &at, &r.Role, &r.Choice)
		r.At = instant(at)
		fn(r)
		return err
	}, `SELECT seq, kind, number, project, at_ms, role, choice FROM log WHERE who = $1 ORDER BY seq`, bot.Pseudonym(key, person))
}
