package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"time"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/bot/ical"
	"lotse/bot/web"
	"lotse/storage"
)

// defaultWebListen is where the server listens once web.address is given: on this machine.
const defaultWebListen = "127.0.0.1:9465"

// calendars are what links lead to. They implement [web.Calendars].
type calendars struct {
	store    *storage.Store
	settings *bot.Settings
	words    web.Words
	clock    engine.Clock
}

// Calendar implements web.Calendars.
func (c calendars) Calendar(ctx context.Context, hash string) (ical.Calendar, bool, error) {
	feed, ok, err := c.store.Feed(ctx, hash)
	if !ok || err != nil {
		return ical.Calendar{}, false, err
	}
	query, show := bot.Query{Rounds: true}, web.Checks
	if feed.Network != "" {
		query, show = bot.Query{Network: feed.Network, Meetups: true}, web.Meetups
	}
	snapshot, err := c.store.Load(ctx, query)
	if err != nil {
		return ical.Calendar{}, false, err
	}
	snapshot.Now, snapshot.Settings = c.clock.Now().In(c.settings.Zone), c.settings
	calendar, err := show(snapshot, feed, c.words)
	return calendar, err == nil, err
}

// listenAt opens an address that the configuration names under key.
func listenAt(ctx context.Context, key, address string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	return listener, nil
}

// web checks that the server for calendars can listen, or that it is the bot itself that does.
func (c *check) web(ctx context.Context) {
	w := c.config.Web
	if w.Address == "" {
		return
	}
	listener, err := listenAt(ctx, "web.listen", w.Listen)
	switch {
	case err == nil:
		err = listener.Close()
	case errors.Is(err, syscall.EADDRINUSE) && answeredByLotse(ctx, w.Listen):
		c.ok("calendars: %s, served on %s by the bot that runs", w.Address, w.Listen)
		return
	}
	if err != nil {
		c.do("end what listens there, or name another address under web.listen", "calendars: %s", err)
		return
	}
	c.ok("calendars: %s, can be served on %s", w.Address, w.Listen)
}

// answeredByLotse reports whether a bot answers at an address.
func answeredByLotse(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, "http://"+address+"/", nil)
	if err != nil {
		return false
	}
	answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request) // not by way of a proxy
	if err != nil {
		return false
	}
	answer.Body.Close()
	return answer.Header.Get("Server") == web.Name
}
