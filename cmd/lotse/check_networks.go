package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"lotse/bot"
	"lotse/bot/meetup"
)

// This file is what `lotse check` says about networks.

// networks says of each network when it meets next, and what it lacks; and which rooms are of none.
func (c *check) networks(ctx context.Context) {
	books, err := c.store.Load(ctx, bot.Query{AllNetworks: true, Archived: true})
	if err != nil {
		c.do("restore a backup", "networks: %s", err)
		return
	}
	all, _ := mergeNetworks(c.config.networks(), books.Networks) // as they will be once the bot has started
	for _, n := range books.Networks {
		if !slices.ContainsFunc(all, func(w bot.Network) bool { return w.ID == n.ID }) {
			all = append(all, n)
		}
	}
	slices.SortFunc(all, func(a, b bot.Network) int { return strings.Compare(string(a.ID), string(b.ID)) })
	for _, n := range all {
		if !n.Archived {
			c.network(ctx, n)
		}
	}
	for _, room := range c.bindRooms {
		if room.Kind == bot.RoomNetwork {
			c.ofNetwork(room, all)
		}
	}
}

// network says what there is to say about one.
func (c *check) network(ctx context.Context, n bot.Network) {
	s, err := c.store.Load(ctx, bot.Query{Network: n.ID, Meetups: true})
	if err != nil {
		c.do("restore a backup", "network %s: %s", n.ID, err)
		return
	}
	s.Now, s.Settings, s.Network = c.now, c.settings, &n
	const ahead = 10 // of which some may not take place
	next := slices.DeleteFunc(meetup.Next(s, ahead), func(m bot.Meetup) bool { return m.State == bot.MeetupCancelled || !m.At.After(c.now) })
	bound, in := 0, 0
	for _, room := range c.bindRooms {
		if room.Kind == bot.RoomNetwork && bot.NetworkSlug(room.Network) == n.ID {
			bound++
			if room.Joined || slices.Contains(c.joined, room.ID) {
				in++
			}
		}
	}
	when := "no date ahead (\"!meetup neu " + string(n.ID) + " …\" adds one)"
	link, hosts := n.Link, n.Hosts
	if len(next) > 0 {
		when, link, hosts = "meets "+next[0].At.In(c.settings.Zone).Format("Mon 2006-01-02 15:04"), n.Link, n.Hosts
		if next[0].OwnLink {
			link = next[0].Link
		}
		if next[0].OwnHosts {
			hosts = next[0].Hosts
		}
	}
	named := "network " + string(n.ID)
	switch {
	case bound == 0:
		c.do(fmt.Sprintf("write \"!raum netzwerk %s\" in its room, or give the room in the configuration: kind: network, network: %s", n.ID, n.ID), "%s: %s, and has no room: nobody is told", named, when)
	case in == 0:
		todo := "add the app to the team or chat, and write to it there"
		if c.config.Matrix.on() {
			todo = fmt.Sprintf("invite %s there", c.config.Matrix.User)
		}
		c.do(todo, "%s: %s, but the bot is in none of its rooms: nobody is told", named, when)
	default:
		c.ok("%s: %s; the bot is in %d of %s", named, when, in, count(bound, "room", "rooms"))
	}
	if len(next) == 0 {
		return
	}
	if link == "" {
		c.ok("%s: there is no link to its meetups, and who meets on the spot needs none (\"!netzwerk link %s https://…\" gives one)", named, n.ID)
	}
	c.hosts(named, n.ID, hosts)
}

// hosts checks that one of a network's hosts can be asked for what is to be kept.
func (c *check) hosts(named string, id bot.NetworkID, hosts []bot.PersonID) {
	var without []string
	for _, host := range hosts {
		if !c.reached(host) {
			without = append(without, string(host))
		}
	}
	switch {
	case len(hosts) == 0:
		c.ok("%s: nobody hosts it, so the PMO is asked for summary and links (\"!netzwerk gastgeber %s @hanna\" names somebody)", named, id)
	case len(without) > 0:
		c.do("add them, with their accounts, to people in the configuration", "%s: hosts without an account: %s", named, some(without))
	}
}

// ofNetwork checks that there is the network whose room it is.
func (c *check) ofNetwork(room bot.Room, all []bot.Network) {
	var known []string
	for _, n := range all {
		switch {
		case n.ID != bot.NetworkSlug(room.Network):
			if !n.Archived {
				known = append(known, string(n.ID))
			}
		case n.Archived:
			c.do(fmt.Sprintf("write \"!netzwerk neu %s\" to bring it back, or \"!raum frei\" in the room", n.Name), "%s %s: the network is archived", where(room), room.ID.Local())
			return
		default:
			return
		}
	}
	c.do(fmt.Sprintf("bind the room to another one (\"!raum netzwerk …\" there, or the configuration), or make it: \"!netzwerk neu %s\", networks in the configuration, or lotse import networks.csv", room.Network),
		"%s %s: there is no such network%s", where(room), room.ID.Local(), orNearest(room.Network, known))
}
