// Package storagetest writes down the promises of engine.Store, and of the decision log
// that it keeps, and runs them. Every database has to keep them; storage's own tests call [Run].
//
// A promise is a small story: somebody commits, claims, sends, and looks. Stories
// are told through a [desk], which is a store with a lease and a clock of its own.
// [Fill] makes a database of a size for benchmarks.
package storagetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/engine"
)

// Store is what has to keep the promises.
type Store interface {
	engine.Store
	// Log calls fn with the entries of the decision log in order, and returns how many
	// were ever written.
	Log(ctx context.Context, q bot.LogQuery, fn func(bot.Record) error) (int64, error)
	// Feed finds the link to a calendar by the hash of its token, unless it was revoked.
	Feed(ctx context.Context, hash string) (bot.Feed, bool, error)
}

// Run runs every promise on stores that open makes: new, empty and closed by the
// test's clean-up.
func Run(t *testing.T, open func(t testing.TB) Store) {
	for _, group := range []struct {
		name     string
		promises map[string]func(*desk)
	}{
		{"Inbox", inboxPromises},
		{"Books", booksPromises},
		{"Load", loadPromises},
		{"Name", namePromises},
		{"Escalations", escalationPromises},
		{"Meetups", meetupPromises},
		{"Log", logPromises},
		{"Feeds", feedPromises},
		{"People", peoplePromises},
		{"Timers", timerPromises},
		{"Slots", slotPromises},
		{"Claim", claimPromises},
		{"Echo", echoPromises},
		{"Crash", crashPromises},
		{"Lease", leasePromises},
		{"Memory", memoryPromises},
		{"Pause", pausePromises},
	} {
		t.Run(group.name, func(t *testing.T) {
			for name, promise := range group.promises {
				t.Run(name, func(t *testing.T) { promise(newDesk(t, open(t))) })
			}
		})
	}
}

// The rooms and accounts of the stories.
const (
	chat     bot.ChatID = "test"
	roomA    bot.RoomID = "test:!a"
	roomB    bot.RoomID = "test:!b"
	roomDM   bot.RoomID = "test:!dm"
	roomPMO  bot.RoomID = "test:!pmo"
	maria    bot.UserID = "test:@maria"
	mariaToo bot.UserID = "other:@maria"
	jonas    bot.UserID = "test:@jonas"
	stranger bot.UserID = "test:@stranger"
)

// desk is a store as one process uses it.
type desk struct {
	*testing.T
	Store
	epoch int64
	now   time.Time
	ids   int
}

// newDesk takes the lease at nine in the morning.
func newDesk(t *testing.T, store Store) *desk {
	d := &desk{T: t, Store: store, now: time.Date(2026, 11, 18, 8, 0, 0, 0, time.UTC)}
	d.takeOver("desk")
	return d
}

// takeOver is what a process does that starts: under a new name, after the old lease ran out.
func (d *desk) takeOver(holder string) {
	d.Helper()
	epoch, err := d.Acquire(d.Context(), holder, d.now, time.Minute)
	if err != nil {
		d.Fatalf("acquire: %v", err)
	}
	d.epoch = epoch
}

func (d *desk) later(by time.Duration) { d.now = d.now.Add(by) }

// commit commits a change and slots that must go through.
func (d *desk) commit(change bot.Change, slots ...bot.Slot) {
	d.Helper()
	if err := d.tryCommit(change, slots...); err != nil {
		d.Fatalf("commit: %v", err)
	}
}

func (d *desk) tryCommit(change bot.Change, slots ...bot.Slot) error {
	return d.Commit(d.Context(), bot.Commit{Epoch: d.epoch, Now: d.now, Change: change, Slots: slots})
}

// post commits slots.
func (d *desk) post(slots ...bot.Slot) {
	d.Helper()
	d.commit(bot.Change{}, slots...)
}

func (d *desk) load(q bot.Query) bot.Snapshot {
	d.Helper()
	snap, err := d.Load(d.Context(), q)
	if err != nil {
		d.Fatalf("load %+v: %v", q, err)
	}
	return snap
}

func (d *desk) receive(events ...bot.Event) int {
	d.Helper()
	n, err := d.Receive(d.Context(), d.epoch, d.now, bot.Batch{Events: events})
	if err != nil {
		d.Fatalf("receive: %v", err)
	}
	return n
}

// next is the event whose turn it is; it fails if there is none.
func (d *desk) next() bot.Received {
	d.Helper()
	r, err := d.Next(d.Context(), d.now)
	if err != nil {
		d.Fatalf("next: %v", err)
	}
	if r == nil {
		d.Fatal("no event is to be worked on, want one")
	}
	return *r
}

// noNext says that no event is to be worked on now.
func (d *desk) noNext() {
	d.Helper()
	r, err := d.Next(d.Context(), d.now)
	if err != nil {
		d.Fatalf("next: %v", err)
	}
	if r != nil {
		d.Fatalf("event %s is to be worked on, want none", r.Event.ID)
	}
}

// done settles an event with nothing decided.
func (d *desk) done(r bot.Received) {
	d.Helper()
	if err := d.Commit(d.Context(), bot.Commit{Epoch: d.epoch, Now: d.now, Seq: r.Seq}); err != nil {
		d.Fatalf("settle %s: %v", r.Event.ID, err)
	}
}

// claims takes what may be sent now.
func (d *desk) claims(busy ...bot.RoomID) []bot.Delivery {
	d.Helper()
	got, err := d.Claim(d.Context(), d.epoch, d.now, chat, busy, 100)
	if err != nil {
		d.Fatalf("claim: %v", err)
	}
	return got
}

// claim takes the one slot that may be sent now.
func (d *desk) claim(busy ...bot.RoomID) bot.Delivery {
	d.Helper()
	got := d.claims(busy...)
	if len(got) != 1 {
		d.Fatalf("claimed %d slots (%s), want 1", len(got), keys(got))
	}
	return got[0]
}

// noClaim says that nothing may be sent now.
func (d *desk) noClaim(busy ...bot.RoomID) {
	d.Helper()
	if got := d.claims(busy...); len(got) != 0 {
		d.Fatalf("claimed %s, want nothing", keys(got))
	}
}

func keys(deliveries []bot.Delivery) string {
	text := ""
	for _, c := range deliveries {
		text += fmt.Sprintf("%s#%d ", c.Key, c.Revision)
	}
	return text
}

// sent says that a delivery arrived, and as what.
func (d *desk) sent(c bot.Delivery) bot.MessageID {
	d.Helper()
	d.ids++
	id := bot.MessageID(fmt.Sprintf("test:$%d", d.ids))
	d.sentAs(c, id)
	return id
}

func (d *desk) sentAs(c bot.Delivery, id bot.MessageID) {
	d.Helper()
	if err := d.Settle(d.Context(), d.epoch, d.now, []bot.Outcome{{Delivery: c, ID: id}}); err != nil {
		d.Fatalf("sent %s: %v", c.Key, err)
	}
}

// unsent says that a delivery did not (or may not) have arrived.
func (d *desk) unsent(c bot.Delivery, retry time.Duration, final, doubtful bool) {
	d.Helper()
	if err := d.Settle(d.Context(), d.epoch, d.now, []bot.Outcome{{Delivery: c, Failed: true, Reason: "no", Retry: d.now.Add(retry), Final: final, InDoubt: doubtful}}); err != nil {
		d.Fatalf("unsent %s: %v", c.Key, err)
	}
}

// deliver claims and sends everything there is, and returns it in order.
func (d *desk) deliver() []bot.Delivery {
	d.Helper()
	var all []bot.Delivery
	for {
		got := d.claims()
		if len(got) == 0 {
			return all
		}
		for _, c := range got {
			d.sent(c)
		}
		all = append(all, got...)
	}
}

// wantKeys compares what was delivered with a list of keys.
func (d *desk) wantKeys(got []bot.Delivery, want ...bot.Key) {
	d.Helper()
	var have []bot.Key
	for _, c := range got {
		have = append(have, c.Key)
	}
	if fmt.Sprint(have) != fmt.Sprint(want) {
		d.Errorf("delivered %v, want %v", have, want)
	}
}

// wantCounts compares how many slots are in each state; absent states must have none.
func (d *desk) wantCounts(want bot.OutboxCounts) {
	d.Helper()
	got, err := d.Counts(d.Context())
	if err != nil {
		d.Fatalf("counts: %v", err)
	}
	for _, state := range []bot.SlotState{bot.SlotPending, bot.SlotSending, bot.SlotSent, bot.SlotFailed, bot.SlotStale} {
		if got[state] != want[state] {
			d.Errorf("%d slots are %s, want %d", got[state], state, want[state])
		}
	}
}

// wantErr says which error it must be.
func (d *desk) wantErr(err, want error) {
	d.Helper()
	if !errors.Is(err, want) {
		d.Errorf("error is %v, want one that wraps %q", err, want)
	}
}

// text is a message slot in a room.
func text(key bot.Key, room bot.RoomID, words string) bot.Slot {
	return bot.Slot{Key: key, Op: bot.OpMessage, Kind: bot.KindNote, Room: room, Text: bot.Text{Markdown: bot.Markdown(words)}}
}

// gone is a slot that shall not be there.
func gone(s bot.Slot) bot.Slot {
	s.Absent, s.Text, s.File = true, bot.Text{}, nil
	return s
}

// withFile is a slot whose message carries a file.
func withFile(s bot.Slot, bytes string) bot.Slot {
	s.File = &bot.File{Name: "meetup.ics", Type: "text/calendar", Bytes: []byte(bytes)}
	return s
}

// onKey points at a slot of ours.
func onKey(key bot.Key) bot.Target { return bot.Target{Key: key} }

// reaction is a reaction slot.
func reaction(key bot.Key, room bot.RoomID, on bot.Target, emoji string) bot.Slot {
	return bot.Slot{Key: key, Op: bot.OpReaction, Kind: bot.KindAck, Room: room, Target: on, Emoji: emoji}
}

// said is a message somebody wrote.
func said(id string, room bot.RoomID, from bot.UserID, words string) bot.Event {
	return bot.Event{ID: bot.EventID(id), Kind: bot.EventMessage, Room: room, Sender: from, Message: bot.MessageID("test:" + id), Text: words}
}

// echoed is a message of ours as the chat reports it.
func echoed(c bot.Delivery, id bot.MessageID) bot.Event {
	return bot.Event{ID: bot.EventID("echo" + string(id)), Kind: bot.EventEcho, Room: c.Room, Key: c.Key, Message: id, Revision: c.Revision}
}

// cancelled is a context that is over.
func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
