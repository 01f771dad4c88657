package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"lotse/bot"
)

// What is old goes in steps of some rows, each a commit of its own. A step takes what
// belongs to the oldest round first and its reports last: as long as [bot.Oldest] tells
// of them, something is left to do.
//
// These stay, whatever their age: rounds (dates), the ids of events (so that none is ever
// taken for new; they say nothing), slots that belong to no round (likewise), what the
// decision log's chain is made of.

// How many rows of a kind go in one step.
const (
	pruneRows    = 200
	pruneReports = 20 // each is followed through the project's later ones
)

// oldest loads the age of the oldest of what goes with time.
func (l *loader) oldest(ctx context.Context) error {
	if !l.q.Oldest {
		return nil
	}
	var reports, messages, decisions int64
	err := l.t.row(ctx, `SELECT
		COALESCE((SELECT MIN(at) FROM (
			SELECT MIN(check_ms) AS at FROM rounds WHERE check_ms > 0 AND (body LIKE '%"Reason":"_%' OR EXISTS (SELECT 1 FROM reports WHERE reports.round = rounds.id))
			UNION ALL SELECT MIN(done_ms) FROM tasks WHERE state IN ('done', 'dropped') AND done_ms > 0
			UNION ALL SELECT MIN(at_ms) FROM meetups WHERE open = 0 AND at_ms > 0) AS things), 0),
		COALESCE((SELECT MIN(at) FROM (
			SELECT MIN(changed_ms) AS at FROM slots WHERE words = 1 AND state IN ('sent', 'failed', 'stale')
			UNION ALL SELECT MIN(settled_ms) FROM inbox WHERE state = 'failed' AND body <> ''
			UNION ALL SELECT MIN(changed_ms) FROM notices WHERE waits = 0) AS things), 0),
		COALESCE((SELECT at_ms FROM log WHERE seq = (SELECT MIN(seq) FROM log_texts WHERE salt <> '')), 0)`).
		Scan(&reports, &messages, &decisions)
	l.snap.Oldest = bot.Oldest{Reports: instant(reports), Messages: instant(messages), Decisions: instant(decisions)}
	return wrap(err, "look for what is old")
}

// prune takes some of what is too old.
func (t *txn) prune(ctx context.Context, p bot.Prune, now time.Time) error {
	for _, step := range []struct {
		before time.Time
		prune  func(context.Context, int64) error
	}{
		{p.Messages, t.pruneMessages}, {p.Messages, t.pruneStrangers}, {p.Messages, t.pruneNotices}, {p.Reports, t.pruneTasks}, {p.Reports, t.pruneDirects},
		{p.Reports, t.pruneDrafts}, {p.Reports, t.pruneMeetup}, {p.Reports, t.pruneRound}, {p.Decisions, t.pruneDecisions},
	} {
		if step.before.IsZero() {
			continue
		}
		if err := step.prune(ctx, millis(step.before)); err != nil {
			return err
		}
	}
	return nil
}

// some reads up to pruneRows keys.
func some[K any](ctx context.Context, t *txn, query string, args ...any) ([]K, error) {
	var keys []K
	err := t.each(ctx, func(row row) error {
		var key K
		err := row.Scan(&key)
		keys = append(keys, key)
		return err
	}, query+fmt.Sprintf(` LIMIT %d`, pruneRows), args...)
	return keys, err
}

// pruneMessages drops words that nobody waits for: see words.go.
func (t *txn) pruneMessages(ctx context.Context, before int64) error {
	keys, err := some[bot.Key](ctx, t, `SELECT key FROM slots WHERE words = 1 AND state IN ('sent', 'failed', 'stale') AND changed_ms < $1 ORDER BY changed_ms`, before)
	if err != nil {
		return err
	}
	for _, key := range keys {
		s, err := t.slot(ctx, key)
		if err != nil {
			return err
		}
		c, err := s.content()
		if err != nil {
			return err
		}
		if c.words() {
			s.dropWords(c)
		}
		if _, err := t.exec(ctx, `UPDATE slots SET wanted = $2, frozen = '', frozen_hash = '', words = 0 WHERE key = $1`, key, s.wanted); err != nil {
			return err
		}
		if err := t.dropFiles(ctx, key); err != nil {
			return err
		}
	}
	_, err = t.exec(ctx, `UPDATE inbox SET body = '' WHERE state = 'failed' AND body <> '' AND settled_ms < $1`, before)
	return err
}

// strangers begin keys of the outbox that name accounts of people who may have nothing to
// do with the city; they have a date in them, or are remembered otherwise (newcomers), so
// that none is wanted again.
var strangers = []string{"unreadable/", "room/refused/", "greeting/"}

func (t *txn) pruneStrangers(ctx context.Context, before int64) error {
	for _, prefix := range strangers {
		if _, err := t.pruneSlots(ctx, prefix, ` AND state IN ('sent', 'failed', 'stale') AND changed_ms < $3`, before); err != nil {
			return err
		}
	}
	return nil
}

// pruneSlots takes away slots whose keys begin with prefix, which ends in a slash, and
// returns how many.
func (t *txn) pruneSlots(ctx context.Context, prefix, where string, args ...any) (int, error) {
	args = append([]any{prefix, strings.TrimSuffix(prefix, "/") + "0"}, args...) // "0" comes behind "/"
	keys, err := some[bot.Key](ctx, t, `SELECT key FROM slots WHERE key >= $1 AND key < $2`+where+` ORDER BY key`, args...)
	for _, key := range keys {
		if err == nil {
			_, err = t.exec(ctx, `DELETE FROM slots WHERE key = $1`, key)
		}
		if err == nil {
			err = t.dropFiles(ctx, key)
		}
	}
	return len(keys), err
}

// pruneTasks takes away tasks that were done or dropped long ago.
func (t *txn) pruneTasks(ctx context.Context, before int64) error {
	_, err := t.exec(ctx, fmt.Sprintf(`DELETE FROM tasks WHERE (project, seq) IN (
		SELECT project, seq FROM tasks WHERE state IN ('done', 'dropped') AND done_ms > 0 AND done_ms < $1 ORDER BY done_ms LIMIT %d)`, pruneRows), before)
	return err
}

// pruneDirects forgets which projects an account was asked about in a round long ago.
func (t *txn) pruneDirects(ctx context.Context, before int64) error {
	var gone []bot.UserID
	err := t.each(ctx, func(row row) error {
		var user bot.UserID
		var body []byte
		var d bot.Direct
		err := row.Scan(&user, &body)
		if err == nil {
			err = json.Unmarshal(body, &d)
		}
		if day, bad := time.Parse(time.DateOnly, string(d.Round)[:min(len(d.Round), len(time.DateOnly))]); err == nil && (bad != nil || millis(day) < before) {
			gone = append(gone, user)
		}
		return err
	}, `SELECT user_id, body FROM directs`)
	for _, user := range gone {
		if err == nil {
			_, err = t.exec(ctx, `DELETE FROM directs WHERE user_id = $1`, user)
		}
	}
	return err
}

// pruneDrafts takes away escalations that were never put to anybody.
func (t *txn) pruneDrafts(ctx context.Context, before int64) error {
	drafts, err := bodies(ctx, t, escalationVersion, `SELECT body, version FROM escalations WHERE number = 0 AND open = 0 ORDER BY id`)
	if err != nil {
		return err
	}
	for _, e := range drafts {
		if lastOf(&e) >= before {
			continue
		}
		for _, query := range []string{`DELETE FROM escalation_rounds WHERE escalation = $1`, `DELETE FROM escalations WHERE id = $1`} {
			if _, err := t.exec(ctx, query, e.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// pruneMeetup takes away the oldest meetup that is too old, with what was said about it.
func (t *txn) pruneMeetup(ctx context.Context, before int64) error {
	var id bot.MeetupID
	ok, err := found(t.row(ctx, `SELECT id FROM meetups WHERE open = 0 AND at_ms > 0 AND at_ms < $1 ORDER BY at_ms, id LIMIT 1`, before).Scan(&id))
	if err != nil || !ok {
		return err
	}
	prefix := "meetup/" + string(id) + "/"
	gone, err := t.pruneSlots(ctx, prefix, "")
	if err != nil || gone > 0 {
		return err
	}
	if gone, err = t.pruneSeeds(ctx, prefix); err != nil || gone > 0 {
		return err
	}
	for _, query := range []string{`DELETE FROM refs WHERE meetup = $1`, `DELETE FROM meetups WHERE id = $1`} {
		if _, err := t.exec(ctx, query, id); err != nil {
			return err
		}
	}
	return nil
}

// lastOf is when something was last said or done in an escalation, as far as it says.
func lastOf(e *bot.Escalation) int64 {
	day := time.Date(e.Since.Year, e.Since.Month, e.Since.Day, 0, 0, 0, 0, time.UTC)
	last := max(millis(day), millis(e.Drafted), millis(e.Confirmed), millis(e.Put), millis(e.Ended))
	for _, said := range e.Texts() {
		last = max(last, millis(said.At))
	}
	return last
}

// pruneRound takes away what belongs to the oldest round that is too old; its reports
// last.
func (t *txn) pruneRound(ctx context.Context, before int64) error {
	rounds, err := bodies(ctx, t, roundVersion, `SELECT body, version FROM rounds WHERE check_ms > 0 AND check_ms < $1
		AND (body LIKE '%"Reason":"_%' OR EXISTS (SELECT 1 FROM reports WHERE reports.round = rounds.id)) ORDER BY check_ms, id LIMIT 1`, before)
	if err != nil || len(rounds) == 0 {
		return err
	}
	round := rounds[0]
	gone, err := t.pruneSlots(ctx, "check/"+string(round.ID)+"/", "")
	if err != nil || gone > 0 {
		return err
	}
	if gone, err = t.pruneSeeds(ctx, "check/"+string(round.ID)+"/"); err != nil || gone > 0 {
		return err
	}
	if _, err := t.exec(ctx, `DELETE FROM refs WHERE round = $1`, round.ID); err != nil {
		return err
	}
	if round.Reason != "" {
		round.Reason = ""
		if err := t.put(ctx, "round "+string(round.ID), round.Version, round, "", `UPDATE rounds SET body = $2, version = version + 1 WHERE id = $1 AND version = $3`, round.ID); err != nil {
			return err
		}
	}
	reports, err := bodies(ctx, t, reportVersion, fmt.Sprintf(`SELECT body, version FROM reports WHERE round = $1 ORDER BY project LIMIT %d`, pruneReports), round.ID)
	for _, r := range reports {
		if err == nil {
			err = t.fade(ctx, r.Project, before)
		}
		if err == nil {
			_, err = t.exec(ctx, `DELETE FROM reports WHERE round = $1 AND project = $2`, r.Round, r.Project)
		}
	}
	return err
}

// fade takes out of a project's reports what the project had said before them, long ago.
func (t *txn) fade(ctx context.Context, project bot.ProjectID, before int64) error {
	reports, err := bodies(ctx, t, reportVersion, `SELECT body, version FROM reports WHERE project = $1`, project)
	for _, r := range reports {
		if err == nil && r.Before.Fade(instant(before)) {
			err = t.put(ctx, "report", r.Version, r, "", `UPDATE reports SET body = $3, version = version + 1 WHERE round = $1 AND project = $2 AND version = $4`, r.Round, r.Project)
		}
	}
	return err
}

// pruneSeeds takes away the bot's reactions on messages whose keys begin with prefix: their
// own begin with the emoji. It looks from emoji to emoji, there are a dozen.
func (t *txn) pruneSeeds(ctx context.Context, prefix string) (int, error) {
	for from, gone := "seed/", 0; ; {
		var key string
		ok, err := found(t.row(ctx, `SELECT key FROM slots WHERE key >= $1 ORDER BY key LIMIT 1`, from).Scan(&key))
		parts := strings.SplitN(key, "/", 3)
		if err != nil || !ok || parts[0] != "seed" || len(parts) < 3 {
			return gone, err
		}
		emoji := "seed/" + parts[1]
		n, err := t.pruneSlots(ctx, emoji+"/"+prefix, "")
		if gone += n; err != nil || gone >= pruneRows {
			return gone, err
		}
		from = emoji + "0"
	}
}

// pruneDecisions erases the words of decisions from the log, and of escalations that are
// over. Who decided what and when stays.
func (t *txn) pruneDecisions(ctx context.Context, before int64) error {
	escalations := map[bot.EscalationID]bool{}
	var entries []int64
	err := t.each(ctx, func(row row) error {
		var seq int64
		var escalation bot.EscalationID
		err := row.Scan(&seq, &escalation)
		entries, escalations[escalation] = append(entries, seq), true
		return err
	}, fmt.Sprintf(`SELECT seq, escalation FROM log WHERE at_ms < $1 AND seq IN (SELECT DISTINCT seq FROM log_texts WHERE salt <> '' ORDER BY seq LIMIT %d)`, pruneRows), before)
	if err != nil {
		return err
	}
	for _, seq := range entries {
		if err := t.eraseTexts(ctx, `seq = $1`, seq); err != nil {
			return err
		}
	}
	for id := range escalations {
		var e bot.Escalation
		var body []byte
		ok, err := found(t.row(ctx, `SELECT body, version FROM escalations WHERE id = $1`, id).Scan(&body, &e.Version))
		if err == nil && ok {
			err = json.Unmarshal(body, &e)
		}
		if err != nil {
			return err
		}
		if !ok || e.Open() {
			continue
		}
		for _, said := range e.Texts() {
			if said.Text != "" && millis(said.At) < before {
				said.Text, said.Gone = "", true
			}
		}
		if err := t.put(ctx, "escalation "+string(id), e.Version, e, "", `UPDATE escalations SET body = $2, version = version + 1 WHERE id = $1 AND version = $3`, id); err != nil {
			return err
		}
	}
	return nil
}

// settleJournal writes what the journal (WAL) holds into the file, and empties it: until
// then it has what was there before. Somebody who reads may be in the way; there is
// another day.
func (s *Store) settleJournal(ctx context.Context) {
	s.writing.mu.Lock()
	defer s.writing.mu.Unlock()
	var busy, pages, done int
	if err := s.writing.row(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &pages, &done); err != nil || busy != 0 {
		s.log.DebugContext(ctx, "the journal stays for now", "error", err)
	}
}
