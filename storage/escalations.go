package storage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lotse/bot"
)

// The counters of escalations. They outlive rows: a number or an id is never given twice.
const numberCounter = "escalations"

func escalationCounter(project bot.ProjectID) string { return "escalations/" + string(project) }

func escalationVersion(e *bot.Escalation) *int64 { return &e.Version }

// escalation loads the one that the query names, or else that a message is about: see
// bot.Query.
func (l *loader) escalation(ctx context.Context) error {
	var e bot.Escalation
	var ok bool
	var err error
	switch {
	case l.q.Escalation == "" && l.q.Number > 0 && (!l.q.Council || l.council()):
		ok, err = l.row(ctx, &e, &e.Version, `SELECT body, version FROM escalations WHERE number = $1 AND number > 0`, l.q.Number)
	default:
		id := cmp.Or(l.q.Escalation, l.about.Escalation)
		if id == "" {
			id, err = l.asks(ctx)
		}
		if id == "" || err != nil {
			return wrap(err, "whose question waits in the direct chat")
		}
		ok, err = l.row(ctx, &e, &e.Version, `SELECT body, version FROM escalations WHERE id = $1`, id)
	}
	if ok {
		l.snap.Escalation = &e
	}
	return wrap(err, "the escalation")
}

// council reports whether a number in what somebody wrote names an escalation: in a room
// where they are decided, and not in the edit of what is about one already.
func (l *loader) council() bool {
	kind := l.snap.Room.Kind
	return (kind == bot.RoomDM || kind == bot.RoomDIKON) && l.snap.Target == nil
}

// asks finds the escalation whose question a plain message in a direct chat may answer,
// unless a question of the Projektcheck stands open there; or, with Query.Draft, the newest
// draft that waits there.
func (l *loader) asks(ctx context.Context) (id bot.EscalationID, err error) {
	q := l.q
	if l.snap.Room.Kind != bot.RoomDirect || q.Thread != "" || q.ReplyTo != "" || q.Target != "" || q.Project != "" || q.Name != "" {
		return "", nil
	}
	if q.Draft {
		_, err = found(l.t.row(ctx, `SELECT id FROM escalations WHERE asks = $1 AND asks <> '' AND number = 0 ORDER BY ord DESC, project LIMIT 1`, q.User).Scan(&id))
		if id != "" || err != nil {
			return id, err
		}
	}
	if d := l.snap.Direct; d != nil && d.Asking != "" {
		var r bot.Report
		ok, err := l.row(ctx, &r, &r.Version, `SELECT reports.body, reports.version FROM reports JOIN rounds ON rounds.id = reports.round
			WHERE reports.round = $1 AND reports.project = $2 AND rounds.state IN ('open', 'closed', 'published')`, d.Round, d.Asking)
		if err != nil || ok && r.Open != nil {
			return "", err
		}
	}
	_, err = found(l.t.row(ctx, `SELECT id FROM escalations WHERE asks = $1 AND asks <> '' AND number > 0 ORDER BY project, ord LIMIT 1`, q.User).Scan(&id))
	return id, err
}

// escalations loads the last number given, and what the subject's project has of them.
func (l *loader) escalations(ctx context.Context) (err error) {
	project, round := bot.ProjectID(""), bot.RoundID("")
	if l.snap.Project != nil {
		project = l.snap.Project.ID
	}
	if l.snap.Round != nil {
		round = l.snap.Round.ID
	}
	count, had := map[string]int{}, escalationCounter(project)
	err = l.t.each(ctx, func(row row) error {
		var name string
		var value int
		err := row.Scan(&name, &value)
		count[name] = value
		return err
	}, `SELECT name, value FROM counters WHERE name IN ($1, $2)`, numberCounter, had)
	if err != nil {
		return fmt.Errorf("count escalations: %w", err)
	}
	l.snap.LastNumber, l.snap.Escalated = count[numberCounter], count[had]
	if l.snap.Escalated == 0 {
		return nil
	}
	l.snap.Escalations, err = bodies(ctx, l.t, escalationVersion, `SELECT body, version FROM escalations WHERE id IN (
			SELECT id FROM escalations WHERE project = $1 AND open = 1
			UNION ALL SELECT escalation FROM escalation_rounds WHERE project = $1 AND round = $2
			UNION ALL SELECT id FROM escalations WHERE project = $1 AND ord = (SELECT MAX(ord) FROM escalations WHERE project = $1)
		) ORDER BY ord`, project, round)
	return wrap(err, "escalations of %s", project)
}

// mostMerged is of how many projects at once a page is read.
const mostMerged = 64

// escalationPage loads the page of the list that the query asks for. Each kind of list
// has an index in its order, so that a page costs what stands on it.
func (l *loader) escalationPage(ctx context.Context) (err error) {
	p := l.q.Page
	if p == nil {
		return nil
	}
	const (
		listed = ` FROM escalations WHERE number > 0 AND number > $1`
		page   = ` ORDER BY number LIMIT $2`
	)
	open := ""
	if p.Open {
		open = ` AND open = 1`
	}
	of := func(projects []bot.ProjectID) (all []bot.Escalation, err error) {
		projects = slices.Compact(slices.Sorted(slices.Values(projects)))
		for some := range slices.Chunk(projects, mostMerged) {
			// What a project has is in order in its index: merged, no more is read than stands on the page.
			args, each := []any{p.After, p.Limit}, []string{}
			for n := 1; len(each) < len(some); n *= 2 { // few lengths, so that statements stay few
				for len(each) < n {
					var project bot.ProjectID // none has this one
					if len(each) < len(some) {
						project = some[len(each)]
					}
					args = append(args, project)
					each = append(each, `SELECT number`+listed+` AND project = $`+strconv.Itoa(len(args))+open)
				}
			}
			found, err := bodies(ctx, l.t, escalationVersion, `SELECT body, version FROM escalations WHERE number > 0 AND number IN (
				SELECT number FROM (`+strings.Join(each, ` UNION ALL `)+page+`) AS merged) ORDER BY number`, args...)
			if err != nil {
				return nil, fmt.Errorf("list escalations of projects: %w", err)
			}
			all = append(all, found...)
		}
		slices.SortStableFunc(all, func(a, b bot.Escalation) int { return cmp.Compare(a.Number, b.Number) })
		return all[:min(len(all), p.Limit)], nil
	}
	if p.Own {
		if l.snap.Own, err = of(l.answering()); err != nil {
			return err
		}
	}
	projects := p.Projects
	if p.Subject && l.snap.Project != nil && (l.q.Name != "" || l.snap.Room.Kind == bot.RoomProject) {
		projects = []bot.ProjectID{l.snap.Project.ID}
	}
	if projects == nil {
		l.snap.Listed, err = bodies(ctx, l.t, escalationVersion, `SELECT body, version`+listed+open+page, p.After, p.Limit)
		return wrap(err, "list escalations")
	}
	l.snap.Listed, err = of(projects)
	return err
}

// answering are the projects, of all that were loaded, that the acting person answers for
// at any time.
func (l *loader) answering() []bot.ProjectID {
	who, own := l.users[l.q.User], []bot.ProjectID{}
	for _, p := range l.snap.Projects {
		if who != "" && (slices.Contains(p.Leads, who) || slices.ContainsFunc(p.Deputies, func(d bot.Deputy) bool { return d.Person == who })) {
			own = append(own, p.ID)
		}
	}
	return own
}

// concerned are the people of all escalations that were loaded.
func (l *loader) concerned() {
	each := func(e *bot.Escalation) {
		for _, who := range e.People() {
			l.people[*who] = true
		}
	}
	if l.snap.Escalation != nil {
		each(l.snap.Escalation)
	}
	for _, list := range [][]bot.Escalation{l.snap.Escalations, l.snap.Listed, l.snap.Own} {
		for i := range list {
			each(&list[i])
		}
	}
}

// putEscalation writes an escalation. An id or a number that is taken makes the commit
// stale: who decides again takes the next.
func (t *txn) putEscalation(ctx context.Context, e bot.Escalation) error {
	if err := t.put(ctx, "escalation "+string(e.ID), e.Version, e,
		`INSERT INTO escalations (id, project, number, open, asks, ord, body, version)
			VALUES ($1, $2, $3, $4, $5, 1 + COALESCE((SELECT value FROM counters WHERE name = 'escalations/' || $2), 0), $6, 1) ON CONFLICT DO NOTHING`,
		`UPDATE escalations SET number = $3, open = $4, asks = $5, body = $6, version = version + 1 WHERE id = $1 AND project = $2 AND version = $7
			AND NOT EXISTS (SELECT 1 FROM escalations AS taken WHERE taken.number > 0 AND taken.number = $3 AND taken.id <> $1)`,
		e.ID, e.Project, e.Number, flag(e.Open()), e.Asks); err != nil {
		return err
	}
	if e.Version == 0 {
		if _, err := t.exec(ctx, `INSERT INTO counters (name, value) VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET value = counters.value + 1`,
			escalationCounter(e.Project)); err != nil {
			return fmt.Errorf("count the escalations of %s: %w", e.Project, err)
		}
	}
	if e.Number > 0 {
		if _, err := t.exec(ctx, `INSERT INTO counters (name, value) VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE counters.value < excluded.value`, numberCounter, e.Number); err != nil {
			return fmt.Errorf("keep the last number of an escalation: %w", err)
		}
	}
	return t.escalationRounds(ctx, e)
}

// escalationRounds writes down in which rounds an escalation was reported.
func (t *txn) escalationRounds(ctx context.Context, e bot.Escalation) error {
	var known []bot.RoundID
	err := t.each(ctx, func(row row) error {
		var round bot.RoundID
		err := row.Scan(&round)
		known = append(known, round)
		return err
	}, `SELECT round FROM escalation_rounds WHERE escalation = $1`, e.ID)
	for _, round := range known {
		if err == nil && !slices.Contains(e.Rounds, round) {
			_, err = t.exec(ctx, `DELETE FROM escalation_rounds WHERE project = $1 AND round = $2 AND escalation = $3`, e.Project, round, e.ID)
		}
	}
	for _, round := range e.Rounds {
		if err == nil && !slices.Contains(known, round) {
			_, err = t.exec(ctx, `INSERT INTO escalation_rounds (project, round, escalation) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, e.Project, round, e.ID)
		}
	}
	return wrap(err, "write the rounds of escalation %s", e.ID)
}
