package commands

import (
	"slices"
	"strconv"
	"strings"

	"lotse/bot"
)

func calendarCommand() command {
	pmo := []bot.Role{bot.RolePMO}
	feeds := func(call) bot.Query { return bot.Query{Feeds: true, AllRooms: true, AllNetworks: true, Archived: true} }
	return command{
		words: []string{"kalender", "calendar"},
		forms: []form{
			{
				name:    "feeds",
				usage:   []text{{"!kalender", "!calendar"}},
				example: text{"!kalender", "!calendar"},
				may:     pmo, query: feeds, decide: call.listFeeds,
			},
			{
				name: "feeds.new", words: []string{"neu", "new", "link", "abonnieren"},
				usage:   []text{{"!kalender neu projektcheck|NETZWERK", "!calendar new projektcheck|NETWORK"}},
				example: text{"!kalender neu projektcheck", "!calendar new projektcheck"},
				may:     pmo, open: true, query: feeds, decide: call.newFeed,
			},
			{
				name: "feeds.revoke", words: []string{"widerrufen", "revoke", "löschen", "sperren"},
				usage:   []text{{"!kalender widerrufen NUMMER", "!calendar revoke NUMBER"}},
				example: text{"!kalender widerrufen 1", "!calendar revoke 1"},
				may:     pmo, open: true, query: feeds, decide: call.revokeFeed,
			},
		},
	}
}

// feedLine is a link as it is told: not where it leads.
func (c call) feedLine(s bot.Snapshot, f bot.Feed) bot.FeedLine {
	line := bot.FeedLine{Number: f.Number, Made: f.Made.In(s.Settings.Zone), Here: f.Room == c.event.Room}
	if f.Network != "" {
		line.Network = string(f.Network)
		if i := slices.IndexFunc(s.Networks, func(n bot.Network) bool { return n.ID == f.Network }); i >= 0 {
			line.Network = s.Networks[i].Name
		}
	}
	if i := slices.IndexFunc(s.Rooms, func(r bot.Room) bool { return r.ID == f.Room }); i >= 0 {
		line.Where = s.Rooms[i].Kind
	}
	return line
}

// listFeeds lists the links that lead somewhere.
func (c call) listFeeds(s bot.Snapshot) (bot.Change, error) {
	switch {
	case c.args != "" && c.near != "":
		return bot.Change{}, c.unknown()
	case c.args != "":
		return bot.Change{}, c.refuse(s, "nothing", c.args)
	}
	data := bot.Feeds{Off: s.Settings.WebAddress == ""}
	for _, f := range s.Feeds {
		if f.Revoked.IsZero() {
			data.Lines = append(data.Lines, c.feedLine(s, f))
		}
	}
	return c.reply("links to calendars listed", "reply.feeds", data), nil
}

// newFeed makes a link. It is said in this room, once, and nowhere else: only a hash of its secret is kept.
func (c call) newFeed(s bot.Snapshot) (bot.Change, error) {
	if s.Settings.WebAddress == "" {
		return bot.Change{}, c.refuse(s, "noweb", "")
	}
	network, err := c.feedOf(s)
	if err != nil {
		return bot.Change{}, err
	}
	feed := bot.Feed{Number: 1, Hash: bot.HashToken(s.Token), Network: network, Made: s.Now, Room: c.event.Room}
	for _, f := range s.Feeds {
		feed.Number = max(feed.Number, f.Number+1)
	}
	data := bot.FeedNew{
		FeedLine: c.feedLine(s, feed),
		Link:     s.Settings.WebAddress + bot.FeedPath + s.Token + bot.FeedEnding,
		Revoke:   text{"!kalender widerrufen ", "!calendar revoke "}.in(lang(s)) + strconv.Itoa(feed.Number),
	}
	change := c.reply("link to a calendar made", "reply.feed.new", data)
	change.Posts[0].Secret = true
	change.Feeds = []bot.Feed{feed}
	return change, nil
}

// feedOf is what the link shall show: a network, or "" for the Projektchecks. In a network's room it is that one's unless
// something else is said.
func (c call) feedOf(s bot.Snapshot) (bot.NetworkID, error) {
	name := strings.Trim(oneLine(c.args), " .!")
	if name == "" && s.Room.Kind == bot.RoomNetwork {
		name = s.Room.Network
	}
	if is(fold(name), []string{"projektcheck", "projektchecks", "check", "checks"}) {
		return "", nil
	}
	for _, n := range s.Networks {
		if slug := bot.Slug(name); slug != "" && !n.Archived && (slug == string(n.ID) || slug == bot.Slug(n.Name)) {
			return n.ID, nil
		}
	}
	return "", c.wrong(s, "feed", name)
}

// revokeFeed lets a link lead nowhere, once somebody has said that they mean it.
func (c call) revokeFeed(s bot.Snapshot) (bot.Change, error) {
	word, sure := firstWord(c.args)
	number, err := strconv.Atoi(strings.Trim(word, "#.,:"))
	i := slices.IndexFunc(s.Feeds, func(f bot.Feed) bool { return f.Number == number && f.Revoked.IsZero() })
	if err != nil || i < 0 {
		return bot.Change{}, c.wrong(s, "feednumber", c.args)
	}
	feed := s.Feeds[i]
	data := bot.FeedRevoked{FeedLine: c.feedLine(s, feed)}
	switch fold(strings.Trim(sure, " .!")) {
	case "":
		data.Confirm = text{"!kalender widerrufen ", "!calendar revoke "}.in(lang(s)) + strconv.Itoa(number) + text{" wirklich", " really"}.in(lang(s))
		return c.reply("asked before a link to a calendar is revoked", "reply.feed.revoked", data), nil
	case "wirklich", "really", "ja", "yes":
	default:
		return bot.Change{}, c.refuse(s, "nothing", sure)
	}
	feed.Revoked = s.Now
	change := c.reply("link to a calendar revoked", "reply.feed.revoked", data)
	change.Feeds = []bot.Feed{feed}
	return change, nil
}
