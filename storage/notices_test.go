package storage_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"lotse/bot"
	"lotse/storage"
)

// TestNotices keeps announcements, who was new, and who wants to be left alone; gives no number
// twice; tells people about it, and forgets them.
func TestNotices(t *testing.T) {
	s, err := storage.Memory(t.Context(), storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	epoch, err := s.Acquire(t.Context(), "test", now, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	commit := func(c bot.Change) error {
		t.Helper()
		return s.Commit(t.Context(), bot.Commit{Epoch: epoch, Now: now, Change: c})
	}
	load := func(q bot.Query) bot.Snapshot {
		t.Helper()
		snap, err := s.Load(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		return snap
	}
	pia := bot.Person{ID: "pia", Name: "Pia Beispiel", Accounts: []bot.UserID{"test:@pia"}}
	notice := bot.Notice{Number: 1, State: bot.NoticeDraft, To: bot.Audience{All: true}, Text: bot.Said{Text: "Guten Morgen", By: "pia", Message: "test:$1"}, Drafted: now}
	who := bot.NewcomerID("Digilotsen", "test:@pia")
	if err := commit(bot.Change{
		People: []bot.Person{pia}, Notices: []bot.Notice{notice}, Quiet: []bot.Quiet{{User: "test:@pia", Since: now}, {User: "test:@otto", Since: now}},
		Rooms:     []bot.Room{{ID: "test:!dl", Kind: bot.RoomNetwork, Network: "Digilotsen", Joined: true}},
		Newcomers: []bot.Newcomer{{Who: who, Network: "digilotsen", At: now, Waits: true, Room: "test:!dl", User: "test:@pia", Name: "Pia"}},
		Refs:      []bot.Ref{{Message: "test:$1", Room: "test:!pmo", Subject: notice.Subject()}},
	}); err != nil {
		t.Fatal(err)
	}
	if err := commit(bot.Change{Notices: []bot.Notice{notice}}); !errors.Is(err, bot.ErrStale) {
		t.Errorf("a number that is taken is given again: %v", err)
	}

	snap := load(bot.Query{User: "test:@pia", Room: "test:!dl", Target: "test:$1", Notices: true, Newcomer: true, Newcomers: "test:!dl"})
	if n := snap.Notice; n == nil || n.Text.Text != "Guten Morgen" || snap.LastNotice != 1 || len(snap.Notices) != 1 || snap.People["pia"].Name == "" {
		t.Errorf("the announcement is %+v, the last %d, all %+v", n, snap.LastNotice, snap.Notices)
	}
	if !slices.Equal(snap.Quiet, []bot.UserID{"test:@pia"}) || snap.Newcomer == nil || len(snap.Newcomers) != 1 || snap.Newcomers[0].User != "test:@pia" {
		t.Errorf("quiet %v, newcomer %+v, newcomers %+v", snap.Quiet, snap.Newcomer, snap.Newcomers)
	}
	done := snap.Newcomers[0]
	done.Waits = false
	if err := commit(bot.Change{Newcomers: []bot.Newcomer{done}, Quiet: []bot.Quiet{{User: "test:@otto"}}}); err != nil {
		t.Fatal(err)
	}
	snap = load(bot.Query{User: "test:@pia", Room: "test:!dl", Newcomer: true, Newcomers: "test:!dl"})
	if n := snap.Newcomer; n == nil || n.Waits || n.User != "" || n.Name != "" || n.Room != "" || len(snap.Newcomers) != 0 {
		t.Errorf("who was greeted is %+v", n)
	}
	if snap := load(bot.Query{User: "test:@otto"}); len(snap.Quiet) != 0 {
		t.Errorf("otto wants to be written to again, and quiet is %v", snap.Quiet)
	}

	d, err := s.Dossier(t.Context(), pia)
	if err != nil || d.Newcomer != 1 || d.Quiet != 1 || len(d.Statements) != 1 || d.Statements[0].Kind != bot.StatementNotice {
		t.Errorf("the dossier is %+v, error %v", d, err)
	}
	erased, err := s.Erase(t.Context(), epoch, now, &bot.Erasure{Person: pia}, bot.German, false)
	if err != nil || erased.Newcomer != 1 || erased.Quiet != 1 {
		t.Errorf("erased is %+v, error %v", erased, err)
	}
	snap = load(bot.Query{User: "test:@pia", Room: "test:!dl", Notice: 1, Newcomer: true})
	if n := snap.Notice; n == nil || n.Text.Text != "" || !n.Text.Gone || n.Text.By == "pia" {
		t.Errorf("after the erasure the announcement is %+v", n)
	}
	if snap.Newcomer != nil || len(snap.Quiet) != 0 {
		t.Errorf("after the erasure there is %+v, quiet %v", snap.Newcomer, snap.Quiet)
	}
}
