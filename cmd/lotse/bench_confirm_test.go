package main

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"lotse/bot"
)

// replies is what a lead answers, one question after the other. Each answer is confirmed by a reaction and followed by the
// next question; the first question after these has no lights, so that what is sent differs from answer to answer.
var replies = []string{"grün, der Meilenstein ist erreicht", "grün\nTestbetrieb auswerten", "keine", "keine"}

// BenchmarkConfirm measures how long a lead waits, from sending an answer until their own client sees the reaction that
// confirms it, and until it sees the next question: with the bot, and with the echo, a bare mautrix bot that knows what to
// send and decides and keeps nothing. Both are in 50 rooms, and 50 times 4 answers are given, now to the one, now to the
// other. Encrypted: the lead's first answer in each room brings a room key, and the echo keeps its keys as durably as the
// bot does.
//
// The echo listens while it sends, as the bot does: nobody else is kept waiting. In "blocking" it sends before it listens
// again, as mautrix's handlers do by themselves. That spares the homeserver, which has to show the echo its own events
// otherwise, while the lead is waiting for them, too.
func BenchmarkConfirm(b *testing.B) {
	for _, kind := range []struct {
		name             string
		sealed, blocking bool
	}{
		{name: "plain"},
		{name: "encrypted", sealed: true},
		{name: "plain-blocking", blocking: true},
		{name: "encrypted-blocking", sealed: true, blocking: true},
	} {
		b.Run(kind.name, func(b *testing.B) { benchmarkConfirm(b, kind.sealed, kind.blocking) })
	}
}

func benchmarkConfirm(b *testing.B, sealed, blocking bool) {
	const rooms = 50
	var bots, echoes []wait
	for b.Loop() {
		d := newDialogue(b, rooms, sealed, blocking)
		for room := range rooms {
			for n := range replies {
				if (room+n)%2 == 0 {
					bots = append(bots, d.tellsBot(b, room+1, n))
					echoes = append(echoes, d.tellsEcho(b, room, n))
				} else {
					echoes = append(echoes, d.tellsEcho(b, room, n))
					bots = append(bots, d.tellsBot(b, room+1, n))
				}
			}
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(len(bots)), "answers")
	for what, of := range map[string]func(wait) time.Duration{
		"confirmation": func(w wait) time.Duration { return w.confirmation },
		"question":     func(w wait) time.Duration { return w.question },
	} {
		for name, percent := range map[string]int{"median": 50, "p95": 95} {
			lotse, echo := percentile(bots, percent, of), percentile(echoes, percent, of)
			b.ReportMetric(float64(lotse)/float64(time.Millisecond), "ms/"+what+"-"+name)
			b.ReportMetric(float64(lotse)/float64(echo), what+"-"+name+"-ratio")
		}
		for _, percent := range []int{5, 25, 50, 75, 95} {
			b.Logf("%s, %d of 100 within: bot %v, echo %v", what, percent, percentile(bots, percent, of), percentile(echoes, percent, of))
		}
	}
}

// wait is how long the lead waits after sending an answer.
type wait struct{ confirmation, question time.Duration }

func percentile(waits []wait, percent int, of func(wait) time.Duration) time.Duration {
	sorted := slices.SortedFunc(slices.Values(waits), func(v, w wait) int { return cmp.Compare(of(v), of(w)) })
	return of(sorted[len(sorted)*percent/100])
}

// dialogue is a lead who talks to the bot in some rooms and to the echo in others.
type dialogue struct {
	*site
	maria *person
	bot   *opening
	echo  *echo
	sent  int               // events of the bot, all told
	shown map[id.RoomID]int // how many events of bot or echo the lead has to see
}

// newDialogue opens a round in one room more than wanted. In the first the lead answers, so that it is known what the bot
// sends; then the echo opens its rooms in the same way.
func newDialogue(b *testing.B, rooms int, sealed, blocking bool) *dialogue {
	b.Helper()
	d := &dialogue{site: newSite(b, rooms+1, sealed), shown: map[id.RoomID]int{}}
	d.maria = newPerson(b, d.site.maria, sealed)
	account := d.server.Register(b, "echo")
	d.echo = &echo{bare: newBare(b, account), lead: d.maria.UserID, rooms: d.makes(b, account, rooms), places: map[id.RoomID]*standing{}, blocking: blocking}
	d.maria.listen(b)
	d.bot = d.open(b)
	b.Cleanup(func() { d.bot.close(b) })
	counts, err := d.bot.store.Counts(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	d.sent = counts[bot.SlotSent]
	for n := range d.rooms {
		d.shown[d.room(n)] = d.sent / len(d.rooms)
	}

	for n := range replies {
		d.tellsBot(b, 0, n)
	}
	saw := d.maria.await(b, d.room(0), "her own answers", func(saw []sight) bool {
		own := 0
		for _, e := range saw {
			if e.Sender == d.maria.UserID {
				own++
			}
		}
		return own == len(replies)
	})
	for _, e := range saw {
		if e.Sender == d.maria.UserID {
			d.echo.answers = append(d.echo.answers, e.ID)
		}
	}
	part := saw
	for _, answer := range d.echo.answers {
		i := slices.IndexFunc(part, func(e sight) bool { return e.ID == answer })
		d.echo.scripts = append(d.echo.scripts, script(part[:i], id.UserID(d.lotse.ID)))
		part = part[i:]
	}
	d.echo.scripts = append(d.echo.scripts, script(part, id.UserID(d.lotse.ID)))
	d.echo.begin(b, sealed)
	for _, room := range d.echo.rooms {
		d.shown[room] = len(d.echo.scripts[0])
	}
	return d
}

func (d *dialogue) room(n int) id.RoomID { return id.RoomID(d.rooms[n].Local()) }

// tellsBot gives the bot the n-th answer in a room, and waits until the lead has seen all that follows.
func (d *dialogue) tellsBot(b *testing.B, room, n int) wait {
	b.Helper()
	self := id.UserID(d.lotse.ID)
	return d.tells(b, d.room(room), self, n, func() int {
		if err := d.bot.bot.Idle(b.Context()); err != nil {
			b.Fatal(err)
		}
		counts, err := d.bot.store.Counts(b.Context())
		if err != nil || len(counts) != 1 {
			b.Fatalf("the outbox holds %v, %v; want all sent", counts, err)
		}
		before := d.sent
		d.sent = counts[bot.SlotSent]
		return d.sent - before
	})
}

// tellsEcho does the same with the echo.
func (d *dialogue) tellsEcho(b *testing.B, room, n int) wait {
	b.Helper()
	return d.tells(b, d.echo.rooms[room], d.echo.UserID, n, func() int { return len(d.echo.scripts[n+1]) })
}

// tells sends the n-th answer and measures. all says, when confirmation and question were seen, how many events there are
// to be seen after the answer.
func (d *dialogue) tells(b *testing.B, room id.RoomID, to id.UserID, n int, all func() int) wait {
	b.Helper()
	theirs := func(saw []sight) []sight {
		return slices.DeleteFunc(slices.Clone(saw), func(e sight) bool { return e.Sender != to })
	}
	before := theirs(d.maria.await(b, room, "the question", func(saw []sight) bool { return len(theirs(saw)) == d.shown[room] }))
	content := &event.MessageEventContent{MsgType: event.MsgText, Body: replies[n], RelatesTo: (&event.RelatesTo{}).SetThread(before[0].ID, before[len(before)-1].ID)}
	began := time.Now()
	answer, err := d.maria.send(b.Context(), room, event.EventMessage, content)
	if err != nil {
		b.Fatal(err)
	}
	var w wait
	d.maria.await(b, room, "confirmation and question", func(saw []sight) bool {
		w = wait{}
		for _, e := range theirs(saw)[len(before):] {
			switch {
			case e.Type == event.EventReaction && e.Content.AsReaction().RelatesTo.EventID == answer:
				w.confirmation = e.at.Sub(began)
			case e.Type == event.EventMessage && w.question == 0:
				w.question = e.at.Sub(began)
			}
		}
		return w.confirmation > 0 && w.question > 0
	})
	d.shown[room] += all()
	d.maria.await(b, room, "all that was sent", func(saw []sight) bool { return len(theirs(saw)) == d.shown[room] })
	return w
}

// echo is a bot that has learned by heart what to send.
type echo struct {
	*bare
	lead     id.UserID
	rooms    []id.RoomID
	answers  []id.EventID // of the lead, where the scripts come from
	scripts  [][]cue      // the opening, and what follows each answer
	places   map[id.RoomID]*standing
	blocking bool
}

// standing is where the echo stands in a room.
type standing struct {
	mu   sync.Mutex // held for what follows an answer
	said int
	ids  map[id.EventID]id.EventID // by those in the scripts
}

// begin has the echo listen and open its rooms.
func (c *echo) begin(b *testing.B, sealed bool) {
	b.Helper()
	if sealed {
		c.sealsOnDisk(b)
	}
	for _, room := range c.rooms {
		c.places[room] = &standing{ids: map[id.EventID]id.EventID{}}
	}
	var sends sync.WaitGroup
	b.Cleanup(sends.Wait)
	c.syncer.OnEventType(event.EventMessage, func(ctx context.Context, e *event.Event) {
		if e.Sender != c.lead || c.places[e.RoomID] == nil {
			return
		}
		if c.blocking {
			c.follow(ctx, b, e)
		} else {
			sends.Go(func() { c.follow(ctx, b, e) })
		}
	})
	c.listen(b)
	for _, room := range c.rooms {
		p := c.places[room]
		p.mu.Lock()
		err := c.repeat(b.Context(), room, c.scripts[0], p.ids)
		p.mu.Unlock()
		if err != nil {
			b.Fatal(err)
		}
	}
}

// follow sends what follows an answer.
func (c *echo) follow(ctx context.Context, b *testing.B, e *event.Event) {
	p := c.places[e.RoomID]
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ids[c.answers[p.said]] = e.ID
	p.said++
	if err := c.repeat(ctx, e.RoomID, c.scripts[p.said], p.ids); err != nil {
		b.Errorf("the echo: %v", err)
	}
}
