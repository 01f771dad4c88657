package storage_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lotse/bot"
	"lotse/storage"
)

// room is a chat's room as everybody sees it, with a server that knows transaction
// ids for ever.
type room struct {
	t        *rapid.T
	messages map[bot.MessageID]string // what stands: key and words
	byTxn    map[string]bot.MessageID
	echoes   []bot.Event
	order    []bot.Key // the originals, as they came
	n        int
}

// take carries out an operation, once for each transaction id.
func (r *room) take(out bot.Outgoing) bot.MessageID {
	if id, again := r.byTxn[out.Transaction]; again {
		return id
	}
	r.n++
	id := bot.MessageID(fmt.Sprintf("test:$%d", r.n))
	r.byTxn[out.Transaction] = id
	says := string(out.Key) + ": " + string(out.Text.Markdown) + out.Emoji
	if out.Message == "" {
		if out.Absent {
			r.t.Fatalf("%s: what was never there is taken back", out.Key)
		}
		for _, stands := range r.messages {
			if len(stands) > len(out.Key) && stands[:len(out.Key)] == string(out.Key) {
				r.t.Fatalf("%s stands twice: as %q, and as %q", out.Key, stands, says)
			}
		}
		r.messages[id] = says
		r.order = append(r.order, out.Key)
	} else {
		if _, ok := r.messages[out.Message]; !ok {
			r.t.Fatalf("%s: %s is changed, which does not stand", out.Key, out.Message)
		}
		if out.Target != "" && !out.Absent {
			r.t.Fatalf("%s: a reaction is edited", out.Key)
		}
		if out.Absent {
			delete(r.messages, out.Message)
		} else {
			r.messages[out.Message] = says
		}
	}
	if out.Message == "" {
		r.echoes = append(r.echoes, bot.Event{Kind: bot.EventEcho, Room: out.Room, Key: out.Key, Message: id, Revision: out.Revision})
	}
	return id
}

// Whatever is written, claimed, lost, doubted, echoed and survived in whatever order:
// in the end the room holds what was wanted last, each thing once.
func TestTheRoomHoldsWhatIsWanted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ctx := t.Context()
		s, err := storage.Memory(ctx, storage.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		now := time.Date(2026, 11, 18, 8, 0, 0, 0, time.UTC)
		var epoch int64
		start := func() {
			if err := s.Release(ctx, epoch); err != nil {
				t.Fatal(err)
			}
			if epoch, err = s.Acquire(ctx, "test", now, time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		start()
		r := &room{t: t, messages: map[bot.MessageID]string{}, byTxn: map[string]bot.MessageID{}}
		wanted := map[bot.Key]string{}
		var flying []bot.Delivery
		echo := rapid.Bool().Draw(t, "echo")

		post := func(t *rapid.T) {
			key := rapid.SampledFrom([]bot.Key{"a", "b", "r"}).Draw(t, "key")
			words := rapid.SampledFrom([]string{"one", "two", ""}).Draw(t, "words")
			slot := bot.Slot{Key: key, Op: bot.OpMessage, Room: "test:!a", Absent: words == "", Text: bot.Text{Markdown: bot.Markdown(words)}}
			if key == "r" {
				slot = bot.Slot{Key: key, Op: bot.OpReaction, Room: "test:!a", Absent: words == "", Target: bot.Target{Message: "test:$x"}, Emoji: words}
			}
			if err := s.Commit(ctx, bot.Commit{Epoch: epoch, Now: now, Slots: []bot.Slot{slot}}); err != nil {
				t.Fatal(err)
			}
			wanted[key] = words
		}
		claim := func(t *rapid.T) {
			var busy []bot.RoomID
			if len(flying) > 0 {
				busy = []bot.RoomID{"test:!a"}
			}
			got, err := s.Claim(ctx, epoch, now, "test", busy, 5)
			if err != nil {
				t.Fatal(err)
			}
			if flying = append(flying, got...); len(flying) > 1 {
				t.Fatalf("two in flight in one room: %+v", flying)
			}
		}
		hear := func(t *rapid.T) {
			if !echo || len(r.echoes) == 0 {
				return
			}
			if _, err := s.Receive(ctx, epoch, now, bot.Batch{Events: r.echoes[:1]}); err != nil {
				t.Fatal(err)
			}
			r.echoes = r.echoes[1:]
		}
		land := func(t *rapid.T) {
			if len(flying) == 0 {
				return
			}
			d := flying[0]
			flying = nil
			d.Echo = echo
			var id bot.MessageID
			how := rapid.SampledFrom([]string{"sent", "sent", "answer lost", "lost", "refused"}).Draw(t, "how")
			if how == "sent" || how == "answer lost" {
				id = r.take(d.Outgoing)
			}
			if rapid.Bool().Draw(t, "echo comes first") {
				for echo && len(r.echoes) > 0 {
					hear(t)
				}
			}
			if how == "sent" {
				err = s.Settle(ctx, epoch, now, []bot.Outcome{{Delivery: d, ID: id}})
			} else {
				err = s.Settle(ctx, epoch, now, []bot.Outcome{{Delivery: d, Failed: true, Reason: how, Retry: now, InDoubt: how != "refused"}})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		crash := func(t *rapid.T) {
			for _, d := range flying {
				if rapid.Bool().Draw(t, "it had arrived") {
					r.take(d.Outgoing)
				}
			}
			flying = nil
			start()
		}
		t.Repeat(map[string]func(*rapid.T){"post": post, "claim": claim, "land": land, "hear": hear, "crash": crash})

		// Now let everything arrive.
		for range 50 {
			for echo && len(r.echoes) > 0 {
				hear(t)
			}
			for _, d := range flying {
				d.Echo = echo
				if err := s.Settle(ctx, epoch, now, []bot.Outcome{{Delivery: d, ID: r.take(d.Outgoing)}}); err != nil {
					t.Fatal(err)
				}
			}
			flying = nil
			claim(t)
			if len(flying) == 0 {
				break
			}
		}
		var want, got []string
		for key, words := range wanted {
			if words != "" {
				want = append(want, string(key)+": "+words)
			}
		}
		for _, says := range r.messages {
			got = append(got, says)
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("the room holds %q, want %q", got, want)
		}
		if at, err := s.NextClaim(ctx, now, "test"); err != nil || !at.IsZero() {
			t.Fatalf("something is still to be claimed at %v, error %v", at, err)
		}
	})
}
