package matrix

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/matrix/matrixtest"
)

// faults is everything that can happen to one request. known: we know that the server
// has not carried it out.
var faults = []struct {
	name    string
	fault   matrixtest.Fault
	known   bool
	after   time.Duration // how long to wait, as the server says
	carried bool
}{
	{name: "429 with a header", fault: matrixtest.TooMany(time.Second, 0), known: true, after: time.Second},
	{name: "429 with a body", fault: matrixtest.TooMany(0, 70*time.Millisecond), known: true, after: 70 * time.Millisecond},
	{name: "429 without a time", fault: matrixtest.TooMany(0, 0), known: true},
	{name: "500", fault: matrixtest.Status(http.StatusInternalServerError)},
	{name: "502", fault: matrixtest.Status(http.StatusBadGateway)},
	{name: "503", fault: matrixtest.Status(http.StatusServiceUnavailable)},
	{name: "504", fault: matrixtest.Status(http.StatusGatewayTimeout)},
	{name: "403 of a proxy", fault: matrixtest.Status(http.StatusForbidden)},
	{name: "a timeout", fault: matrixtest.Silence()},
	{name: "a reset before the server hears of it", fault: matrixtest.Reset()},
	{name: "a reset in the middle of the answer", fault: matrixtest.Torn(), carried: true},
	{name: "a lost answer", fault: matrixtest.Lost(), carried: true},
}

// TestSendFaults: what a send that went wrong says, and that the message can be found
// if it is there.
func TestSendFaults(t *testing.T) { matrixtest.Each(t, testSendFaults) }

func testSendFaults(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := joined(t, "Störungen", maria, lotse)
	p := srv.Proxy(t)
	patient := &running{Chat: newChat(t, lotse, newMemory(), func(c *Config) { c.Homeserver = p.URL })}
	hasty := newChat(t, lotse, newMemory(), func(c *Config) { c.Homeserver, c.Timeout = p.URL, 2*time.Second })
	for i, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			chat := patient.Chat
			if f.name == "a timeout" {
				chat = hasty
			}
			out := outgoing(room, fmt.Sprint("fault/", i), f.name)
			p.Break(matrixtest.Sends(room), 1, f.fault)
			_, err := chat.Send(t.Context(), out)
			said, ok := errors.AsType[*bot.SendError](err)
			switch {
			case err == nil:
				t.Fatal("no error")
			case f.known && (!ok || !said.Refused || said.Final || said.After != f.after):
				t.Errorf("error %#v, want a refusal for now, for %v", err, f.after)
			case !f.known && ok:
				t.Errorf("error %#v, want one that leaves us in doubt", said)
			}
			found, err := patient.Find(t.Context(), out.Room, out.Key, out.Revision)
			if err != nil || (found != "") != f.carried {
				t.Errorf("found %q, %v; want that it stands there: %v", found, err, f.carried)
			}
			if found == "" {
				patient.send(t, out)
			}
		})
	}
	keys := map[string]int{}
	for _, e := range maria.Events(t, room) {
		if e.Key() != "" {
			keys[e.Key()]++
		}
	}
	if len(keys) != len(faults) {
		t.Errorf("%d messages stand in the room, want %d", len(keys), len(faults))
	}
	for key, n := range keys {
		if n != 1 {
			t.Errorf("%s stands there %d times", key, n)
		}
	}
}

// TestSyncFaults: whatever happens to the long poll, everything is handed over once
// and in order.
func TestSyncFaults(t *testing.T) { matrixtest.Each(t, testSyncFaults) }

func testSyncFaults(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := joined(t, "Störungen", maria, lotse)
	p := srv.Proxy(t)
	r := run(t, lotse, newMemory(), newInbox(), func(c *Config) { c.Homeserver = p.URL })
	var want []string
	say := func(text string) {
		want = append(want, text)
		maria.Send(t, room, text)
	}
	for _, f := range faults {
		// The poll under way is not hit: something new lets the next one come.
		times := 2
		if f.name == "a timeout" {
			times = 1
		}
		outage := p.Break(matrixtest.Syncs, times, f.fault)
		say(f.name)
		if f.name == "a timeout" {
			outage.Await(t)
			outage.Heal() // the connection breaks; to wait it out takes a minute and a half
		} else {
			outage.Await(t)
		}
		say("nach: " + f.name)
		r.awaitText(t, "nach: "+f.name)
	}
	if got := texts(in(r.events, room)); !slices.Equal(got, want) {
		t.Errorf("messages = %q, want %q", got, want)
	}
}
