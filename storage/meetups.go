package storage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"lotse/bot"
)

func networkVersion(n *bot.Network) *int64 { return &n.Version }
func meetupVersion(m *bot.Meetup) *int64   { return &m.Version }

// networkOf is the column of a room that says which network's it is.
func networkOf(r bot.Room) bot.NetworkID {
	if r.Kind != bot.RoomNetwork {
		return ""
	}
	return bot.NetworkSlug(r.Network)
}

// nameNetworks fills in which network the rooms are of that were there before there was a
// column for it: SQL cannot make an id of a name.
func (s *Store) nameNetworks(ctx context.Context) error {
	var some int
	err := s.read(ctx, func(ctx context.Context, t *txn) error {
		return t.row(ctx, `SELECT COUNT(*) FROM rooms WHERE network = '?' AND network <> ''`).Scan(&some)
	})
	if err != nil || some == 0 {
		return wrap(err, "look for rooms of networks")
	}
	return s.change(ctx, func(ctx context.Context, t *txn) error {
		rooms, err := bodies(ctx, t, roomVersion, `SELECT body, version FROM rooms WHERE network = '?' AND network <> ''`)
		for _, r := range rooms {
			if err == nil {
				_, err = t.exec(ctx, `UPDATE rooms SET network = $2 WHERE id = $1`, r.ID, networkOf(r))
			}
		}
		return wrap(err, "name the networks of rooms")
	})
}

// lastMeetups is how many meetups of a network that took place are the last few.
const lastMeetups = 24

// network finds the meetup and its network: see bot.Query.
func (l *loader) network(ctx context.Context) error {
	of, id := l.q.Network, cmp.Or(l.q.Meetup, l.about.Meetup)
	if id == "" && of == "" {
		var err error
		if id, err = l.awaiting(ctx); err != nil {
			return wrap(err, "which meetup waits for words in the direct chat")
		}
	}
	if id != "" {
		var m bot.Meetup
		ok, err := l.row(ctx, &m, &m.Version, `SELECT body, version FROM meetups WHERE id = $1`, id)
		if err != nil {
			return wrap(err, "meetup %s", id)
		}
		if ok {
			l.snap.Meetup, of = &m, m.Network
		}
	}
	if of == "" {
		found, err := l.namedNetwork(ctx)
		if err != nil {
			return err
		}
		of = cmp.Or(found, l.about.Network, networkOf(l.snap.Room))
	}
	if of == "" && l.q.NetworkName != "" {
		only, err := l.onlyNetwork(ctx)
		if err != nil {
			return err
		}
		of = only
	}
	if of == "" {
		return nil
	}
	var n bot.Network
	ok, err := l.row(ctx, &n, &n.Version, `SELECT body, version FROM networks WHERE id = $1`, of)
	if err != nil {
		return wrap(err, "network %s", of)
	}
	if ok {
		l.snap.Network = &n
	}
	l.snap.NetworkRooms, err = bodies(ctx, l.t, roomVersion, `SELECT body, version FROM rooms WHERE network = $1 AND network <> '' AND joined = 1 ORDER BY id`, of)
	if err != nil || l.snap.Meetup != nil {
		return wrap(err, "rooms of network %s", of)
	}
	var m bot.Meetup
	ok, err = l.row(ctx, &m, &m.Version, `SELECT body, version FROM meetups WHERE network = $1 AND open = 1 ORDER BY at_ms, id LIMIT 1`, of)
	if ok {
		l.snap.Meetup = &m
	}
	return wrap(err, "the next meetup of %s", of)
}

// awaiting finds the meetup whose notes a plain message in a direct chat may be, unless
// something else is asked there.
func (l *loader) awaiting(ctx context.Context) (id bot.MeetupID, err error) {
	q := l.q
	if l.snap.Room.Kind != bot.RoomDirect || l.snap.Escalation != nil || q.Thread != "" || q.ReplyTo != "" || q.Target != "" ||
		q.Project != "" || q.Name != "" || q.NetworkName != "" || l.snap.Direct != nil && l.snap.Direct.Asking != "" {
		return "", nil
	}
	_, err = found(l.t.row(ctx, `SELECT id FROM meetups WHERE asks = $1 AND asks <> '' ORDER BY at_ms DESC LIMIT 1`, q.User).Scan(&id))
	return id, err
}

// namedNetwork finds the network that Query.NetworkName begins with, "" if none.
func (l *loader) namedNetwork(ctx context.Context) (best bot.NetworkID, err error) {
	readings := bot.Readings(l.q.NetworkName)
	slugs := make([]string, len(readings))
	for i, r := range readings {
		slugs[i] = r.Slug
	}
	rank := 2 * len(readings) // the longest reading counts; of two networks an id goes before a name
	err = in(slugs, func(list string, args []any) error {
		return l.t.each(ctx, func(row row) error {
			var id bot.NetworkID
			var slug string
			if err := row.Scan(&id, &slug); err != nil {
				return err
			}
			if i := slices.Index(slugs, string(id)); i >= 0 && 2*i < rank {
				best, rank = id, 2*i
			}
			if i := slices.Index(slugs, slug); i >= 0 && 2*i+1 < rank {
				best, rank = id, 2*i+1
			}
			return nil
		}, `SELECT id, slug FROM networks WHERE id IN (`+list+`) OR slug IN (`+list+`) ORDER BY id`, args...)
	})
	return best, wrap(err, "network by name")
}

// onlyNetwork is the only network there is, "" if there are several.
func (l *loader) onlyNetwork(ctx context.Context) (only bot.NetworkID, err error) {
	var n int
	err = l.t.each(ctx, func(row row) error {
		n++
		return row.Scan(&only)
	}, `SELECT id FROM networks WHERE archived = 0 LIMIT 2`)
	if n != 1 {
		only = ""
	}
	return only, wrap(err, "the only network")
}

// lastMeetups loads the last few that took place, and those called off among and after them: all that were called off
// and are still ahead are of these, however many there are.
func (l *loader) lastMeetups(ctx context.Context, of bot.NetworkID) error {
	var before bot.MeetupID
	for took := 0; took < lastMeetups; {
		page, err := bodies(ctx, l.t, meetupVersion,
			fmt.Sprintf(`SELECT body, version FROM meetups WHERE network = $1 AND open = 0 AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT %d`, lastMeetups), of, before)
		if err != nil {
			return err
		}
		for _, m := range page {
			if m.State != bot.MeetupCancelled {
				took++
			}
		}
		l.snap.Meetups = append(l.snap.Meetups, page...)
		if len(page) < lastMeetups {
			return nil
		}
		before = page[len(page)-1].ID
	}
	return nil
}

// meetups loads the lists that only some decisions need.
func (l *loader) meetups(ctx context.Context) (err error) {
	q := l.q
	if q.Meetups && l.snap.Network != nil {
		of := l.snap.Network.ID
		l.snap.Meetups, err = bodies(ctx, l.t, meetupVersion, `SELECT body, version FROM meetups WHERE network = $1 AND open = 1 ORDER BY at_ms, id`, of)
		if err != nil {
			return fmt.Errorf("meetups of %s: %w", of, err)
		}
		if err := l.lastMeetups(ctx, of); err != nil {
			return fmt.Errorf("last meetups of %s: %w", of, err)
		}
		slices.SortStableFunc(l.snap.Meetups, func(a, b bot.Meetup) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	}
	if q.AllMeetups {
		l.snap.AllMeetups, err = bodies(ctx, l.t, meetupVersion, `SELECT body, version FROM meetups WHERE open = 1 ORDER BY at_ms, id`)
		if err != nil {
			return fmt.Errorf("meetups ahead: %w", err)
		}
	}
	if q.AllNetworks {
		query := `SELECT body, version FROM networks WHERE archived = 0 ORDER BY slug, id`
		if q.Archived {
			query = `SELECT body, version FROM networks ORDER BY slug, id`
		}
		if l.snap.Networks, err = bodies(ctx, l.t, networkVersion, query); err != nil {
			return fmt.Errorf("networks: %w", err)
		}
	}
	return l.find(ctx)
}

// find looks for meetups in which words stand.
func (l *loader) find(ctx context.Context) (err error) {
	f := l.q.Find
	if f == nil {
		return nil
	}
	query, args := `SELECT body, version FROM meetups WHERE open = 0`, []any{f.Limit}
	where := func(condition string, arg any) {
		args = append(args, arg)
		query += fmt.Sprintf(condition, len(args))
	}
	of := f.Network
	if f.Here && l.snap.Room.Kind == bot.RoomNetwork {
		of = networkOf(l.snap.Room)
	}
	if of != "" {
		where(` AND network = $%d`, of)
	}
	if !f.Before.IsZero() {
		where(` AND at_ms < $%d`, millis(f.Before))
	}
	for _, word := range f.Words {
		if word = bot.Fold(strings.TrimSpace(word)); word != "" {
			where(` AND instr(search, $%d) > 0`, word)
		}
	}
	l.snap.Found, err = bodies(ctx, l.t, meetupVersion, query+` ORDER BY at_ms DESC, id LIMIT $1`, args...)
	return wrap(err, "search meetups")
}

// gathering are the people of all networks and meetups that were loaded. Those of lists
// are only needed as far as they are hosts.
func (l *loader) gathering() {
	each := func(m *bot.Meetup) {
		for _, who := range m.People() {
			l.people[*who] = true
		}
	}
	hosts := func(list []bot.PersonID) {
		for _, who := range list {
			l.people[who] = true
		}
	}
	if l.snap.Meetup != nil {
		each(l.snap.Meetup)
	}
	if l.snap.Network != nil {
		hosts(l.snap.Network.Hosts)
	}
	for _, n := range l.snap.Networks {
		hosts(n.Hosts)
	}
	for _, list := range [][]bot.Meetup{l.snap.Meetups, l.snap.AllMeetups, l.snap.Found} {
		for i := range list {
			hosts(list[i].Hosts)
			l.people[list[i].Summary.By] = true
		}
	}
}

func (t *txn) putNetwork(ctx context.Context, n bot.Network) error {
	return t.put(ctx, "network "+string(n.ID), n.Version, n,
		`INSERT INTO networks (id, slug, archived, body, version) VALUES ($1, $2, $3, $4, 1) ON CONFLICT (id) DO NOTHING`,
		`UPDATE networks SET slug = $2, archived = $3, body = $4, version = version + 1 WHERE id = $1 AND version = $5`,
		n.ID, bot.Slug(n.Name), flag(n.Archived))
}

func (t *txn) putMeetup(ctx context.Context, m bot.Meetup) error {
	return t.put(ctx, "meetup "+string(m.ID), m.Version, m,
		`INSERT INTO meetups (id, network, open, at_ms, search, asks, body, version) VALUES ($1, $2, $3, $4, $5, $6, $7, 1) ON CONFLICT (id) DO NOTHING`,
		`UPDATE meetups SET network = $2, open = $3, at_ms = $4, search = $5, asks = $6, body = $7, version = version + 1 WHERE id = $1 AND version = $8`,
		m.ID, m.Network, flag(m.State.Open()), millis(m.At), m.SearchText(), m.Asks)
}
