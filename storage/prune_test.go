package storage_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lotse/bot"
	"lotse/storage"
	"lotse/storage/storagetest"
)

// pruner takes away what is old, as the rule does: until nothing is too old.
type pruner struct {
	*testing.T
	*storage.Store
	epoch int64
	now   time.Time
}

func (p *pruner) commit(c bot.Change, slots ...bot.Slot) {
	p.Helper()
	if err := p.Commit(p.Context(), bot.Commit{Epoch: p.epoch, Now: p.now, Change: c, Slots: slots}); err != nil {
		p.Fatal(err)
	}
}

func (p *pruner) oldest() bot.Oldest {
	p.Helper()
	s, err := p.Load(p.Context(), bot.Query{Oldest: true})
	if err != nil {
		p.Fatal(err)
	}
	return s.Oldest
}

// prune returns how many steps it took.
func (p *pruner) prune(what bot.Prune) int {
	p.Helper()
	for n := 1; n < 1000; n++ {
		p.commit(bot.Change{Prune: &what})
		old := func(at, before time.Time) bool { return !at.IsZero() && at.Before(before) }
		if o := p.oldest(); !old(o.Reports, what.Reports) && !old(o.Messages, what.Messages) && !old(o.Decisions, what.Decisions) {
			return n
		}
	}
	p.Fatal("it never ends")
	return 0
}

func (p *pruner) count(query string) (n int) {
	p.Helper()
	if err := p.DB().QueryRow(p.Context(), `SELECT COUNT(*) FROM `+query).Scan(&n); err != nil {
		p.Fatal(err)
	}
	return n
}

// Ten rounds of eighty projects: those of more than half a year ago go, step by step, the
// rest stays as it is.
func TestPruneRounds(t *testing.T) {
	s := memory(t)
	city, err := storagetest.Fill(t.Context(), s, 80, 10)
	if err != nil {
		t.Fatal(err)
	}
	p := &pruner{T: t, Store: s, now: city.Now}
	if p.epoch, err = s.Acquire(t.Context(), "test", p.now, time.Hour); err != nil {
		t.Fatal(err)
	}
	reason := bot.Round{ID: "2026-01-01", State: bot.RoundCancelled, Check: city.Now.AddDate(-1, 0, 0), Zone: "Europe/Berlin", Reason: "kanari ist krank"}
	p.commit(bot.Change{
		Rounds: []bot.Round{reason},
		Refs:   []bot.Ref{{Message: "test:$old", Subject: bot.Subject{Round: "2026-04-29"}}, {Message: "test:$new", Subject: bot.Subject{Round: city.Round.ID}}},
		Directs: []bot.Direct{
			{User: "test:@then", Round: "2026-04-29", Asking: "beispiel-00001"}, {User: "test:@now", Round: city.Round.ID, Asking: "beispiel-00001"},
		},
		Tasks: []bot.Task{{Project: city.Projects[0], Seq: 999, State: bot.TaskToDo, Text: "bleibt"}},
	})
	seed := func(round bot.RoundID, emoji string) bot.Slot {
		key := bot.NewKey("seed", emoji, "check", string(round), "ask", "p", "test:!p")
		return bot.Slot{Key: key, Op: bot.OpReaction, Kind: bot.KindSeed, Room: "test:!p", Emoji: emoji, Target: bot.Target{Message: "test:$x"}}
	}
	p.commit(bot.Change{}, seed("2026-04-29", "🟢"), seed("2026-04-29", "🔁"), seed(city.Round.ID, "🟢"), seed("2026-05-20", "🔁"))

	cut := city.Now.AddDate(0, -5, -15)
	reports, slots := p.count(`reports`), p.count(`slots`)
	old := p.count(fmt.Sprintf(`rounds WHERE check_ms < %d AND id <> '2026-01-01'`, cut.UnixMilli()))
	if old < 2 || old > 8 || reports != 880 {
		t.Fatalf("%d rounds are old, there are %d reports: the test shows nothing", old, reports)
	}
	steps := p.prune(bot.Prune{Reports: cut})
	if steps < 3*old {
		t.Errorf("all was done in %d steps, want small ones", steps)
	}
	for query, want := range map[string]int{
		`reports`: reports - 80*old,
		`slots`:   slots - (2*80+0)*old - 3,
		`refs`:    1, `directs`: 1, `rounds`: 12,
		`tasks WHERE state = 'todo'`: 1,
		fmt.Sprintf(`tasks WHERE state = 'done' AND done_ms < %d`, cut.UnixMilli()): 0,
		`slots WHERE key LIKE 'seed/%'`:                                             1,
	} {
		if got := p.count(query); got != want {
			t.Errorf("%s: %d are left, want %d", query, got, want)
		}
	}
	if n := p.count(`tasks WHERE state = 'done'`); n == 0 {
		t.Error("no task is left that was done of late")
	}
	finds(t, s, "kanari", 0)
	if o := p.oldest(); o.Reports.Before(cut) {
		t.Errorf("the oldest is of %v, want not before %v", o.Reports, cut)
	}
	if again := p.prune(bot.Prune{Reports: cut}); again != 1 {
		t.Errorf("the next night it took %d steps, want 1", again)
	}
}

// Words that nobody confirmed go, and nothing is sent twice because of that.
func TestPruneMessages(t *testing.T) {
	ctx, s := t.Context(), memory(t)
	p := &pruner{T: t, Store: s, now: time.Date(2026, 11, 18, 8, 0, 0, 0, time.UTC)}
	var err error
	if p.epoch, err = s.Acquire(ctx, "test", p.now, time.Hour); err != nil {
		t.Fatal(err)
	}
	message := func(key bot.Key, words string) bot.Slot {
		return bot.Slot{Key: key, Op: bot.OpMessage, Room: "test:!" + bot.RoomID(key[:1]), Text: bot.Text{Markdown: bot.Markdown(words)}}
	}
	stranger := message("unreadable/test:@stranger/2026-11-18/test:!a", "kanari")
	withFile := message("a", "kanari one")
	withFile.File = &bot.File{Name: "meetup.ics", Bytes: []byte("SUMMARY:kanari")}
	p.commit(bot.Change{}, withFile, stranger)
	for range 2 {
		got, err := s.Claim(ctx, p.epoch, p.now, "test", nil, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range got {
			if err := s.Settle(ctx, p.epoch, p.now, []bot.Outcome{{Delivery: d, ID: "test:$" + bot.MessageID(d.Key[:1])}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	p.commit(bot.Change{}, message("w", "kanari waits"))
	if _, err := s.Receive(ctx, p.epoch, p.now, bot.Batch{Events: []bot.Event{{ID: "e", Kind: bot.EventMessage, Room: "test:!f", Text: "kanari platzt"}}}); err != nil {
		t.Fatal(err)
	}
	r, err := s.Next(ctx, p.now)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := s.Fail(ctx, p.epoch, r.Seq, p.now); err != nil {
			t.Fatal(err)
		}
	}
	finds(t, s, "kanari", 5)
	p.prune(bot.Prune{Messages: p.now})
	finds(t, s, "kanari", 5) // not old yet
	p.now = p.now.AddDate(0, 0, 91)
	p.prune(bot.Prune{Messages: p.now.AddDate(0, 0, -90)})
	finds(t, s, "kanari waits", 1) // it is to be sent
	finds(t, s, "kanari", 1)
	finds(t, s, "@stranger", 0)
	if n, err := s.Receive(ctx, p.epoch, p.now, bot.Batch{Events: []bot.Event{{ID: "e", Kind: bot.EventMessage, Room: "test:!f", Text: "kanari platzt"}}}); err != nil || n != 0 {
		t.Errorf("an old event is new again: %d, %v", n, err)
	}
	p.commit(bot.Change{}, withFile)
	if got, err := s.Claim(ctx, p.epoch, p.now, "test", nil, 10); err != nil || len(got) != 1 || got[0].Key != "w" {
		t.Errorf("claimed %+v, %v; want only what waited", got, err)
	}
}

// The words of decisions go, their chain stays whole; what is open keeps its words.
func TestPruneDecisions(t *testing.T) {
	ctx, s := t.Context(), memory(t)
	p := &pruner{T: t, Store: s, now: time.Date(2026, 11, 18, 8, 0, 0, 0, time.UTC)}
	var err error
	if p.epoch, err = s.Acquire(ctx, "test", p.now, time.Hour); err != nil {
		t.Fatal(err)
	}
	said := bot.Said{Text: "kanari", By: "maria", Message: "test:$1", At: p.now}
	for n, state := range []bot.EscalationState{bot.EscalationDone, bot.EscalationOpen, bot.EscalationLapsed} {
		e := bot.Escalation{ID: bot.EscalationID(fmt.Sprintf("portal-%d", n+1)), Number: n + 1, Project: "portal", State: state, Text: said}
		entries := []bot.Entry{{Kind: bot.EntryPut, Escalation: e.ID, Number: n + 1, Project: "portal", At: p.now, By: "maria", Texts: []bot.EntryText{{Name: "text", Said: said}}}}
		if state == bot.EscalationLapsed {
			e.Number, entries = 0, nil
		}
		p.commit(bot.Change{Escalations: []bot.Escalation{e}, Entries: entries})
	}
	finds(t, s, "kanari", 5)
	p.now = p.now.AddDate(9, 0, 0)
	p.prune(bot.Prune{Reports: p.now.AddDate(-2, 0, 0), Decisions: p.now.AddDate(-10, 0, 0)})
	finds(t, s, "kanari", 4) // but for the draft that lapsed
	p.now = p.now.AddDate(1, 0, 1)
	p.prune(bot.Prune{Decisions: p.now.AddDate(-10, 0, 0)})
	finds(t, s, "kanari", 1)
	var chain bot.Chain
	counted, err := s.Log(ctx, bot.LogQuery{}, chain.Add)
	if err == nil {
		err = chain.End(counted)
	}
	if err != nil || chain.Entries != 2 || chain.Erased != 2 {
		t.Errorf("the chain has %d entries, %d texts erased, %v; want 2, 2", chain.Entries, chain.Erased, err)
	}
}

// What is gone is gone from the file, too, also from its journal and its free pages.
func TestPrunedIsOverwritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lotse.db")
	s := open(t, path, storage.Options{})
	p := &pruner{T: t, Store: s, now: time.Date(2026, 11, 18, 8, 0, 0, 0, time.UTC)}
	var err error
	if p.epoch, err = s.Acquire(t.Context(), "test", p.now, time.Hour); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("kanari singt ein langes Lied. ", 1000) // on pages of its own
	for n := range 20 {
		id := bot.RoundID(fmt.Sprintf("2026-01-%02d", n+1))
		check := time.Date(2026, 1, n+1, 10, 0, 0, 0, time.UTC)
		p.commit(bot.Change{
			Rounds: []bot.Round{{ID: id, State: bot.RoundDone, Check: check, Zone: "Europe/Berlin"}},
			Reports: []bot.Report{{Round: id, Project: "portal", Answers: map[bot.Field]bot.Answer{
				bot.FieldStatus: {Parts: []bot.Part{{Text: long}}}, bot.FieldBlocker: {Parts: []bot.Part{{Text: "kanari"}}},
			}}},
		})
	}
	held := func() (n int) {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			data, err := os.ReadFile(path + suffix)
			if err != nil {
				t.Fatal(err)
			}
			n += bytes.Count(data, []byte("kanari"))
		}
		return n
	}
	if n := held(); n < 20*1000 {
		t.Fatalf("the files hold the word %d times: the test shows nothing", n)
	}
	p.prune(bot.Prune{Reports: p.now})
	if n := held(); n != 0 {
		t.Errorf("the files hold the word %d times yet, want 0", n)
	}
}

// A meetup goes when it is too old, with what was said about it; what is ahead stays.
func TestPruneMeetups(t *testing.T) {
	s := memory(t)
	p := &pruner{T: t, Store: s, now: time.Date(2026, 11, 18, 8, 0, 0, 0, time.UTC)}
	var err error
	if p.epoch, err = s.Acquire(t.Context(), "test", p.now, time.Hour); err != nil {
		t.Fatal(err)
	}
	said := bot.Said{Text: "kanari", User: "test:@maria", Message: "test:$1", At: p.now}
	for _, state := range bot.MeetupStates() {
		id := bot.MeetupID("lotsen-" + string(state))
		subject := bot.Subject{Network: "lotsen", Meetup: id}
		p.commit(bot.Change{
			Meetups: []bot.Meetup{{ID: id, Network: "lotsen", State: state, At: p.now, Summary: said}},
			Refs:    []bot.Ref{{Message: bot.MessageID("test:$" + state), Room: "test:!l", Subject: subject}},
		}, bot.Slot{Key: bot.NewKey("meetup", string(id), "notes", "test:!l"), Op: bot.OpMessage, Subject: subject, Room: "test:!l", Text: bot.Text{Markdown: "kanari"}})
	}
	p.now = p.now.AddDate(1, 0, 0)
	p.prune(bot.Prune{Reports: p.now.AddDate(-2, 0, 0)})
	finds(t, s, "lotsen-done", 5) // not old yet: its row, its message, what was remembered of it
	p.now = p.now.AddDate(2, 0, 0)
	for range 20 {
		p.prune(bot.Prune{Reports: p.now.AddDate(-2, 0, 0)})
	}
	finds(t, s, "lotsen-done", 0)
	finds(t, s, "lotsen-over", 0)
	finds(t, s, "lotsen-cancelled", 0)
	for _, id := range []bot.MeetupID{"lotsen-planned", "lotsen-announced", "lotsen-started"} {
		if got, err := s.Load(t.Context(), bot.Query{Meetup: id}); err != nil || got.Meetup == nil {
			t.Errorf("%s is gone, error %v", id, err)
		}
	}
}
