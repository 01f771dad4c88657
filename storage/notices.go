package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lotse/bot"
)

// noticeCounter counts announcements. It outlives rows: a number is never given twice.
const noticeCounter = "notices"

// noticesListed is how many announcements that are over a list has.
const noticesListed = 20

func noticeVersion(n *bot.Notice) *int64 { return &n.Version }

// notice loads the announcement that the query names, or else that a message is about, how
// far it has got, and the list.
func (l *loader) notice(ctx context.Context) error {
	number := l.q.Notice
	for _, k := range []*bot.Known{l.snap.Target, l.snap.ReplyTo, l.snap.Thread} {
		if number == 0 && k != nil && k.Subject.Field == bot.FieldNotice {
			number = k.Subject.N
		}
	}
	if number > 0 {
		var n bot.Notice
		ok, err := l.row(ctx, &n, &n.Version, `SELECT body, version FROM notices WHERE number = $1`, number)
		if err != nil {
			return fmt.Errorf("announcement %d: %w", number, err)
		}
		if ok {
			l.snap.Notice = &n
			if err := l.delivered(ctx, n); err != nil {
				return fmt.Errorf("how far announcement %d has got: %w", number, err)
			}
		}
	}
	if l.q.Notices {
		if _, err := found(l.t.row(ctx, `SELECT value FROM counters WHERE name = $1`, noticeCounter).Scan(&l.snap.LastNotice)); err != nil {
			return fmt.Errorf("the last number of an announcement: %w", err)
		}
		var err error
		l.snap.Notices, err = bodies(ctx, l.t, noticeVersion, `SELECT body, version FROM notices WHERE waits = 1
			OR number IN (SELECT number FROM notices WHERE waits = 0 ORDER BY number DESC LIMIT $1) ORDER BY number DESC`, noticesListed)
		if err != nil {
			return fmt.Errorf("announcements: %w", err)
		}
	}
	each := func(n *bot.Notice) { l.people[n.Text.By], l.people[n.By] = true, true }
	if l.snap.Notice != nil {
		each(l.snap.Notice)
	}
	for i := range l.snap.Notices {
		each(&l.snap.Notices[i])
	}
	return nil
}

// delivered loads what became of an announcement's messages.
func (l *loader) delivered(ctx context.Context, n bot.Notice) error {
	prefix := string(n.SaidKey(""))
	return l.t.each(ctx, func(row row) error {
		var d bot.Delivered
		var reason string
		err := row.Scan(&d.Room, &d.State, &reason)
		d.Late = d.State == bot.SlotStale && reason == reasonExpired
		l.snap.Delivered = append(l.snap.Delivered, d)
		return err
	}, `SELECT room, state, reason FROM slots WHERE key >= $1 AND key < $2 ORDER BY key`, prefix, prefix[:len(prefix)-1]+"0") // "0" comes behind "/"
}

// putNotice writes an announcement. A number that is taken makes the commit stale: who
// decides again takes the next.
func (t *txn) putNotice(ctx context.Context, n bot.Notice) error {
	changed := n.Drafted
	for _, at := range []time.Time{n.Confirmed, n.Sent, n.Changed} {
		if at.After(changed) {
			changed = at
		}
	}
	if err := t.put(ctx, fmt.Sprintf("announcement %d", n.Number), n.Version, n,
		`INSERT INTO notices (number, waits, changed_ms, body, version) VALUES ($1, $2, $3, $4, 1) ON CONFLICT (number) DO NOTHING`,
		`UPDATE notices SET waits = $2, changed_ms = $3, body = $4, version = version + 1 WHERE number = $1 AND version = $5`,
		n.Number, flag(n.State.Waits()), millis(changed)); err != nil {
		return err
	}
	_, err := t.exec(ctx, `INSERT INTO counters (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE counters.value < excluded.value`, noticeCounter, n.Number)
	return wrap(err, "keep the last number of an announcement")
}

// pruneNotices takes away announcements that are over since long ago. What stands in the
// rooms stays there.
func (t *txn) pruneNotices(ctx context.Context, before int64) error {
	_, err := t.exec(ctx, fmt.Sprintf(`DELETE FROM notices WHERE number IN (
		SELECT number FROM notices WHERE waits = 0 AND changed_ms < $1 ORDER BY changed_ms LIMIT %d)`, pruneRows), before)
	return err
}

// quiet loads who of those concerned wants to be left alone.
func (l *loader) quiet(ctx context.Context) error {
	users := []bot.UserID{l.q.User, l.q.DirectUser, l.snap.Room.User}
	for _, p := range l.snap.People {
		users = append(users, p.Accounts...)
	}
	for _, n := range l.snap.Newcomers {
		users = append(users, n.User)
	}
	err := in(users, func(list string, args []any) error {
		return l.t.each(ctx, func(row row) error {
			var user bot.UserID
			err := row.Scan(&user)
			l.snap.Quiet = append(l.snap.Quiet, user)
			return err
		}, `SELECT user_id FROM quiet WHERE user_id IN (`+list+`) ORDER BY user_id`, args...)
	})
	return wrap(err, "who wants to be left alone")
}

// hush notes who wants to be left alone, and who does no more.
func (t *txn) hush(ctx context.Context, q bot.Quiet) (err error) {
	if q.Since.IsZero() {
		_, err = t.exec(ctx, `DELETE FROM quiet WHERE user_id = $1`, q.User)
	} else {
		_, err = t.exec(ctx, `INSERT INTO quiet (user_id, since_ms) VALUES ($1, $2) ON CONFLICT (user_id) DO NOTHING`, q.User, millis(q.Since))
	}
	return wrap(err, "note who wants to be left alone")
}

// newcomer loads what is known of a newcomer, and who waits in a room.
func (l *loader) newcomer(ctx context.Context) error {
	const columns = `SELECT who, network, at_ms, waits, room, user_id, name FROM newcomers WHERE `
	scan := func(row row) (n bot.Newcomer, err error) {
		var at, waits int64
		err = row.Scan(&n.Who, &n.Network, &at, &waits, &n.Room, &n.User, &n.Name)
		n.At, n.Waits = instant(at), waits != 0
		return n, err
	}
	if l.q.Newcomer {
		n, err := scan(l.t.row(ctx, columns+`who = $1`, bot.NewcomerID(l.snap.Room.Network, l.q.User)))
		ok, err := found(err)
		if err != nil {
			return fmt.Errorf("a newcomer: %w", err)
		}
		if ok {
			l.snap.Newcomer = &n
		}
	}
	if l.q.Newcomers == "" {
		return nil
	}
	err := l.t.each(ctx, func(row row) error {
		n, err := scan(row)
		l.snap.Newcomers = append(l.snap.Newcomers, n)
		return err
	}, columns+`room = $1 AND waits = 1 ORDER BY at_ms, who`, l.q.Newcomers)
	return wrap(err, "newcomers")
}

// putNewcomer writes a newcomer; of one that does not wait, only that there was one.
func (t *txn) putNewcomer(ctx context.Context, n bot.Newcomer) error {
	if !n.Waits {
		n.Room, n.User, n.Name = "", "", ""
	}
	_, err := t.exec(ctx, `INSERT INTO newcomers (who, network, at_ms, waits, room, user_id, name) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (who) DO UPDATE SET waits = excluded.waits, room = excluded.room, user_id = excluded.user_id, name = excluded.name`,
		n.Who, n.Network, millis(n.At), flag(n.Waits), n.Room, n.User, n.Name)
	return wrap(err, "note a newcomer")
}

// acquainted finds the newcomers that are one of some accounts.
func (t *txn) acquainted(ctx context.Context, accounts []bot.UserID) ([]string, error) {
	var networks, all []string
	err := t.each(ctx, func(row row) error {
		var network string
		err := row.Scan(&network)
		networks = append(networks, network)
		return err
	}, `SELECT DISTINCT network FROM newcomers ORDER BY network`)
	for _, network := range networks {
		for _, u := range accounts {
			who := bot.NewcomerID(network, u)
			var some int
			ok, miss := found(t.row(ctx, `SELECT 1 FROM newcomers WHERE who = $1`, who).Scan(&some))
			if err = errors.Join(err, miss); ok {
				all = append(all, who)
			}
		}
	}
	return all, err
}

// mutes counts the accounts that want to be left alone.
func (t *txn) mutes(ctx context.Context, accounts []bot.UserID) (n int, err error) {
	for _, u := range accounts {
		var some int
		ok, err := found(t.row(ctx, `SELECT 1 FROM quiet WHERE user_id = $1`, u).Scan(&some))
		if err != nil {
			return n, err
		}
		n += int(flag(ok))
	}
	return n, nil
}

// notices takes a person out of announcements, and forgets that they were new somewhere and
// what they wanted.
func (e *eraser) notices(ctx context.Context) error {
	if _, err := rewrite(ctx, e.txn, e, noticeRows); err != nil {
		return err
	}
	known, err := e.acquainted(ctx, e.Person.Accounts)
	for _, who := range known {
		if err == nil {
			_, err = e.exec(ctx, `DELETE FROM newcomers WHERE who = $1`, who)
		}
	}
	e.done.Newcomer = len(known)
	for _, u := range e.Person.Accounts {
		if err == nil {
			var n int64
			n, err = e.exec(ctx, `DELETE FROM quiet WHERE user_id = $1`, u)
			e.done.Quiet += int(n)
		}
	}
	return err
}
