package storagetest

import (
	"errors"

	"lotse/bot"
)

var feedPromises = map[string]func(*desk){
	"a link is found by the hash of its token, until it is revoked": func(d *desk) {
		before := d.load(bot.Query{Feeds: true})
		if len(before.Feeds) != 0 || len(before.Token) != 32 {
			d.Fatalf("an empty store has the links %v and makes up %q, want none and 32 characters", before.Feeds, before.Token)
		}
		feed := bot.Feed{Number: 1, Hash: bot.HashToken(before.Token), Network: "digilotsen", Made: d.now, Room: roomA}
		d.commit(bot.Change{Feeds: []bot.Feed{feed}})
		feed.Version = 1
		if got, ok, err := d.Feed(d.Context(), feed.Hash); got != feed || !ok || err != nil {
			d.Errorf("found %+v, %v, %v, want %+v", got, ok, err, feed)
		}
		if got, ok, err := d.Feed(d.Context(), bot.HashToken("another")); ok || err != nil {
			d.Errorf("found %+v, %v for a token that was never made up", got, err)
		}
		feed.Revoked = d.now
		d.commit(bot.Change{Feeds: []bot.Feed{feed}})
		if got, ok, err := d.Feed(d.Context(), feed.Hash); ok || got != (bot.Feed{}) || err != nil {
			d.Errorf("found %+v, %v, %v though it was revoked", got, ok, err)
		}
		if all := d.load(bot.Query{Feeds: true}).Feeds; len(all) != 1 || !all[0].Revoked.Equal(d.now) {
			d.Errorf("the links are %+v, want the one, revoked", all)
		}
	},
	"every look makes up another token": func(d *desk) {
		a, b := d.load(bot.Query{Feeds: true}).Token, d.load(bot.Query{Feeds: true}).Token
		if a == b || d.load(bot.Query{}).Token != "" {
			d.Errorf("two looks made up %q and %q, and one that does not want any %q", a, b, d.load(bot.Query{}).Token)
		}
	},
	"two links made at once do not get one number": func(d *desk) {
		d.commit(bot.Change{Feeds: []bot.Feed{{Number: 1, Hash: "a"}}})
		if err := d.tryCommit(bot.Change{Feeds: []bot.Feed{{Number: 1, Hash: "b"}}}); !errors.Is(err, bot.ErrStale) {
			d.Errorf("the second one: %v, want %v", err, bot.ErrStale)
		}
	},
}
