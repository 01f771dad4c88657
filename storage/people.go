package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"lotse/bot"
)

// linking loads the code that somebody says and how many wrong ones they have said, and
// makes up the secret of a new one. What counts is when the event came here: whoever says
// when it was written may say anything.
func (l *loader) linking(ctx context.Context) error {
	if !l.q.Linking {
		return nil
	}
	l.snap.Token = token()
	var arrived int64
	if _, err := found(l.t.row(ctx, `SELECT received_ms FROM inbox WHERE seq = $1`, l.q.Seq).Scan(&arrived)); err != nil {
		return fmt.Errorf("when the event came: %w", err)
	}
	var until int64
	guesses := bot.LinkGuesses{User: l.q.User}
	ok, err := l.row(ctx, &guesses.Count, &until, `SELECT body, until_ms FROM paces WHERE key = $1 AND until_ms > $2`, bot.GuessesOf(l.q.User), arrived)
	if ok {
		guesses.Until = instant(until)
		l.snap.Guesses = guesses
	}
	if err != nil || l.q.Code == "" {
		return wrap(err, "wrong codes")
	}
	var code bot.LinkCode
	ok, err = found(l.t.row(ctx, `SELECT user_id, hash, until_ms, name FROM link_codes WHERE hash = $1 AND until_ms > $2`, l.q.Code, arrived).
		Scan(&code.User, &code.Hash, &until, &code.Name))
	if ok {
		code.Until = instant(until)
		l.snap.Code = &code
	}
	return wrap(err, "a code")
}

// codes writes what codes there are. One that is used up must still have been there.
func (t *txn) codes(ctx context.Context, codes []bot.LinkCode) error {
	for _, code := range codes {
		query, args := `INSERT INTO link_codes (user_id, hash, until_ms, name) VALUES ($1, $2, $3, $4)
			ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, until_ms = excluded.until_ms, name = excluded.name`,
			[]any{code.User, code.Hash, millis(code.Until), code.Name}
		if code.Until.IsZero() {
			query, args = `DELETE FROM link_codes WHERE user_id = $1 AND hash = $2`, []any{code.User, code.Hash}
		}
		n, err := t.exec(ctx, query, args...)
		if err == nil && n == 0 {
			err = bot.ErrStale
		}
		if err != nil {
			return fmt.Errorf("write a code: %w", err)
		}
	}
	return nil
}

// guesses counts wrong codes, for LinkTriesTime from the first one on.
func (t *txn) guesses(ctx context.Context, g *bot.LinkGuesses, now time.Time) error {
	if g == nil {
		return nil
	}
	body, err := json.Marshal(g.Count)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO paces (key, until_ms, body) VALUES ($1, $2, $3) ON CONFLICT (key) DO UPDATE SET body = excluded.body,
		until_ms = CASE WHEN paces.until_ms > $4 THEN paces.until_ms ELSE excluded.until_ms END`,
		bot.GuessesOf(g.User), millis(now.Add(bot.LinkTriesTime)), string(body), millis(now))
	return wrap(err, "count a wrong code")
}

// merge makes one person of two, in every row.
func (t *txn) merge(ctx context.Context, m bot.Merge) error {
	for _, step := range []func() error{
		func() error { return merged(ctx, t, m, projectRows) },
		func() error { return merged(ctx, t, m, reportRows) },
		func() error { return merged(ctx, t, m, taskRows) },
		func() error { return merged(ctx, t, m, escalationRows) },
		func() error { return merged(ctx, t, m, networkRows) },
		func() error { return merged(ctx, t, m, meetupRows) },
		func() error { return merged(ctx, t, m, noticeRows) },
		func() error { return merged(ctx, t, m, roundRows) },
		func() error { return t.mergeIDs(ctx, m) },
	} {
		if err := step(); err != nil {
			return fmt.Errorf("make one person of two: %w", err)
		}
	}
	return nil
}

func merged[T any](ctx context.Context, t *txn, m bot.Merge, rows rows[T]) error {
	_, err := rewrite(ctx, t, m, rows)
	return err
}

// mergeIDs is merge where ids stand in columns of their own.
func (t *txn) mergeIDs(ctx context.Context, m bot.Merge) error {
	if m.From == "" || m.From == m.Into.ID {
		return nil
	}
	for _, query := range []string{
		`UPDATE refs SET person = $2 WHERE person = $1`, `UPDATE slots SET person = $2 WHERE person = $1`,
		`UPDATE accounts SET person_id = $2 WHERE person_id = $1`,
	} {
		if _, err := t.exec(ctx, query, m.From, m.Into.ID); err != nil {
			return err
		}
	}
	if _, err := t.exec(ctx, `DELETE FROM people WHERE id = $1`, m.From); err != nil {
		return err
	}
	return t.retime(ctx, m)
}

// retime goes through all timers.
func (t *txn) retime(ctx context.Context, x rewriter) error {
	var timers []bot.Timer
	err := t.each(ctx, func(row row) error {
		timer, err := scanTimer(row)
		timers = append(timers, timer)
		return err
	}, `SELECT key, at_ms, body FROM timers`)
	for _, timer := range timers {
		key := timer.Key
		if err == nil && x.Row(&timer) {
			if err = t.cancelTimer(ctx, key); err == nil {
				err = t.setTimer(ctx, timer)
			}
		}
	}
	return err
}

// rewriter changes rows of the books, of whatever type: see bot.Erasure and bot.Merge.
type rewriter interface{ Row(row any) bool }

// rows is how the bodies of a table are read and written. Behind the key come the columns
// that are made of the body, and then the body.
type rows[T any] struct {
	read, write string
	args        func(T) []any
}

var (
	reportRows = rows[bot.Report]{`SELECT body, version FROM reports ORDER BY round, project`,
		`UPDATE reports SET body = $3, version = version + 1 WHERE round = $1 AND project = $2`, func(r bot.Report) []any { return []any{r.Round, r.Project} }}
	projectRows = rows[bot.Project]{`SELECT body, version FROM projects ORDER BY id`,
		`UPDATE projects SET slug = $2, body = $3, version = version + 1 WHERE id = $1`, func(p bot.Project) []any { return []any{p.ID, bot.Slug(p.Name)} }}
	taskRows = rows[bot.Task]{`SELECT body, version FROM tasks ORDER BY project, seq`,
		`UPDATE tasks SET state = $3, body = $4, version = version + 1 WHERE project = $1 AND seq = $2`, func(k bot.Task) []any { return []any{k.Project, k.Seq, k.State} }}
	escalationRows = rows[bot.Escalation]{`SELECT body, version FROM escalations ORDER BY id`,
		`UPDATE escalations SET body = $2, version = version + 1 WHERE id = $1`, func(x bot.Escalation) []any { return []any{x.ID} }}
	networkRows = rows[bot.Network]{`SELECT body, version FROM networks ORDER BY id`,
		`UPDATE networks SET slug = $2, body = $3, version = version + 1 WHERE id = $1`, func(n bot.Network) []any { return []any{n.ID, bot.Slug(n.Name)} }}
	meetupRows = rows[bot.Meetup]{`SELECT body, version FROM meetups ORDER BY id`,
		`UPDATE meetups SET search = $2, body = $3, version = version + 1 WHERE id = $1`, func(m bot.Meetup) []any { return []any{m.ID, m.SearchText()} }}
	roundRows = rows[bot.Round]{`SELECT body, version FROM rounds ORDER BY id`,
		`UPDATE rounds SET body = $2, version = version + 1 WHERE id = $1`, func(r bot.Round) []any { return []any{r.ID} }}
	noticeRows = rows[bot.Notice]{`SELECT body, version FROM notices ORDER BY number`,
		`UPDATE notices SET body = $2, version = version + 1 WHERE number = $1`, func(n bot.Notice) []any { return []any{n.Number} }}
)

// rewrite goes through all bodies of a table and returns those that have changed.
func rewrite[T any](ctx context.Context, t *txn, x rewriter, table rows[T]) ([]T, error) {
	all, err := bodies(ctx, t, func(*T) *int64 { return new(int64) }, table.read)
	if err != nil {
		return nil, err
	}
	var changed []T
	for i := range all {
		if !x.Row(&all[i]) {
			continue
		}
		changed = append(changed, all[i])
		body, err := json.Marshal(all[i])
		if err != nil {
			return nil, err
		}
		if _, err := t.exec(ctx, table.write, append(table.args(all[i]), string(body))...); err != nil {
			return nil, err
		}
	}
	return changed, nil
}
