package storage

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"

	"lotse/bot"
)

func feedVersion(f *bot.Feed) *int64 { return &f.Version }

// feeds loads all links, and makes up the secret of a new one: rules know no chance.
func (l *loader) feeds(ctx context.Context) (err error) {
	if !l.q.Feeds {
		return nil
	}
	l.snap.Token = token()
	l.snap.Feeds, err = bodies(ctx, l.t, feedVersion, `SELECT body, version FROM feeds ORDER BY number`)
	return wrap(err, "links to calendars")
}

// token is a secret that nobody can guess: 192 bits.
func token() string {
	secret := make([]byte, 24)
	rand.Read(secret) // it does not return if there is none
	return base64.RawURLEncoding.EncodeToString(secret)
}

// Feed finds the link to a calendar by the hash of its token. One that was revoked is none. How long it takes tells who
// asks nothing about tokens: what is looked for is a hash, which nobody can bring nearer to another one bit by bit.
func (s *Store) Feed(ctx context.Context, hash string) (feed bot.Feed, ok bool, err error) {
	err = s.read(ctx, func(ctx context.Context, t *txn) error {
		l := loader{s: s, t: t}
		ok, err = l.row(ctx, &feed, &feed.Version, `SELECT body, version FROM feeds WHERE hash = $1 AND revoked = 0`, hash)
		return err
	})
	if err != nil {
		return bot.Feed{}, false, wrap(err, "look for a link to a calendar")
	}
	return feed, ok && subtle.ConstantTimeCompare([]byte(feed.Hash), []byte(hash)) == 1, nil
}

func (t *txn) putFeed(ctx context.Context, f bot.Feed) error {
	return t.put(ctx, "a link to a calendar", f.Version, f,
		`INSERT INTO feeds (number, hash, revoked, body, version) VALUES ($1, $2, $3, $4, 1) ON CONFLICT (number) DO NOTHING`,
		`UPDATE feeds SET hash = $2, revoked = $3, body = $4, version = version + 1 WHERE number = $1 AND version = $5`,
		f.Number, f.Hash, flag(!f.Revoked.IsZero()))
}
