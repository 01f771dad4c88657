package storage_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lotse/bot"
	"lotse/storage"
	"lotse/storage/storagetest"
)

// The hot path, from an event to the message that answers it, looks at as many rows
// in a big city as in a small one.
func TestNoScanOnTheHotPath(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "lotse.db"), storage.Options{})
	city, err := storagetest.Fill(t.Context(), s, 40, 3)
	if err != nil {
		t.Fatal(err)
	}
	hotPath(t, s, city)

	// What has one row, or is few rows of an index that holds nothing else.
	few := []string{"SCAN lease", "SCAN counters", "SCAN CONSTANT ROW",
		"SCAN slots USING INDEX slots_sending", "SCAN slots USING COVERING INDEX slots_sending",
		"SCAN timers USING INDEX timers_at", // … of which the first is taken
		"SCAN merged"}                       // a page of several lists in their order
	// Indexes of many rows a value: only the rooms of the governance, not of projects.
	many := []string{"rooms_kind", "slots_settled"}
	statements := 0
	for _, query := range s.Statements() {
		if verb, _, _ := strings.Cut(query, " "); !slices.Contains([]string{"SELECT", "INSERT", "UPDATE", "DELETE"}, verb) {
			continue
		}
		statements++
		for _, detail := range plan(t, s, query) {
			if strings.HasPrefix(detail, "SCAN ") && !slices.Contains(few, detail) {
				t.Errorf("%s\n  %s", detail, query)
			}
			if strings.Contains(query, "open = 1") && strings.Contains(detail, "escalations") && !openOnly.MatchString(detail) {
				t.Errorf("what is open is looked for among what is not: %s\n  %s", detail, query)
			}
			for _, index := range many {
				if strings.Contains(detail, index) && !strings.Contains(query, "kind IN ('pmo', 'dm', 'dikon')") {
					t.Errorf("%s\n  %s", detail, query)
				}
			}
		}
	}
	if statements < 50 {
		t.Errorf("only %d statements were looked at: is the hot path still what it was?", statements)
	}
}

// openOnly are the indexes that hold what is open, and nothing else; one row is looked up
// wherever it is.
var openOnly = regexp.MustCompile(`(escalations_(pending|open)|meetups_(next|open)) |\(((number|id)=\?|project=\? AND (ord|round)=\?)\)|escalations_ord \(project=\?\)`)

var placeholder = regexp.MustCompile(`\$(\d+)`)

// plan is how SQLite goes about a query.
func plan(t *testing.T, s *storage.Store, query string) []string {
	t.Helper()
	args := make([]any, 0)
	for _, m := range placeholder.FindAllStringSubmatch(query, -1) {
		if n, _ := strconv.Atoi(m[1]); n > len(args) {
			args = append(args, make([]any, n-len(args))...)
		}
	}
	rows, err := s.DB().Query(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatalf("explain %s: %v", query, err)
	}
	defer rows.Close()
	var details []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		details = append(details, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return details
}

// hotPath is one answer, from the inbox to the room, and a timer.
func hotPath(t *testing.T, s *storage.Store, city storagetest.City) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx, p := t.Context(), city.Projects[7]
	epoch, err := s.Acquire(ctx, "hot", city.Now, time.Minute)
	must(err)
	_, err = s.Receive(ctx, epoch, city.Now, bot.Batch{Events: []bot.Event{{
		ID: "1", Kind: bot.EventMessage, Room: city.Room(p), Sender: city.Lead(p), Thread: "test:$x", ReplyTo: "test:$y", Text: "gelb",
	}}})
	must(err)
	r, err := s.Next(ctx, city.Now)
	must(err)
	snap, err := s.Load(ctx, bot.Query{
		Room: city.Room(p), User: city.Lead(p), Users: []bot.UserID{city.Lead("x")}, Seq: r.Seq, Target: "test:$z", Thread: "test:$x",
		Name: "gelb weil es so ist", History: 2,
	})
	must(err)
	if snap.Report == nil || snap.Person == nil || len(snap.Candidates) != 0 {
		t.Fatalf("loaded report %v, person %v, candidates %v", snap.Report, snap.Person, snap.Candidates)
	}
	escalation := bot.Escalation{ID: bot.EscalationID(p + "-1"), Number: 1, Project: p, State: bot.EscalationOpen, Rounds: []bot.RoundID{snap.Round.ID, "x"}}
	slot := bot.Slot{Key: "k", Room: city.Room(p), Text: bot.Text{Markdown: "?"}, ReplyTo: bot.Target{Key: snap.Report.AskKey()}}
	must(s.Commit(ctx, bot.Commit{
		Epoch: epoch, Now: city.Now, Seq: r.Seq, Slots: []bot.Slot{slot, {Key: "u", User: city.Lead(p)}},
		Change: bot.Change{
			People: []bot.Person{*snap.Person}, Rooms: []bot.Room{snap.Room}, Projects: []bot.Project{*snap.Project}, Rounds: []bot.Round{*snap.Round},
			Reports: []bot.Report{*snap.Report}, Tasks: []bot.Task{{Project: p, Seq: 99, State: bot.TaskToDo}}, Refs: []bot.Ref{{Message: "test:$m"}},
			Directs: []bot.Direct{{User: city.Lead(p)}}, Timers: []bot.Timer{{Key: "t", At: city.Now}}, Cancel: []bot.Key{"c"},
			Escalations: []bot.Escalation{escalation}, Forget: []bot.MessageID{"test:$x"},
			Entries: []bot.Entry{{By: "lead", Texts: []bot.EntryText{{Name: "text", Said: bot.Said{Text: "x"}}}}},
		},
	}))
	escalation.Version, escalation.Rounds = 1, []bot.RoundID{snap.Round.ID}
	must(s.Commit(ctx, bot.Commit{Epoch: epoch, Now: city.Now, Change: bot.Change{Escalations: []bot.Escalation{escalation}}}))
	several := []bot.ProjectID{p, city.Projects[1], city.Projects[2]}
	for _, q := range []bot.Query{
		{Page: &bot.EscalationPage{Projects: several, Limit: 1}}, {Page: &bot.EscalationPage{Projects: several, Open: true, Limit: 1}},
		{Room: city.DM, Number: 1}, {Escalation: escalation.ID}, {Page: &bot.EscalationPage{Limit: 1}}, {Page: &bot.EscalationPage{Open: true, Limit: 1}},
		{Page: &bot.EscalationPage{Projects: []bot.ProjectID{p}, Limit: 1}}, {Page: &bot.EscalationPage{Projects: []bot.ProjectID{p}, Open: true, Limit: 1}},
	} {
		snap, err := s.Load(ctx, q)
		must(err)
		if q.Page == nil && (snap.Escalation == nil || len(snap.Escalations) != 1) || q.Page != nil && len(snap.Listed) != 1 {
			t.Fatalf("%+v: loaded escalation %v, %v of the project, listed %v", q, snap.Escalation, snap.Escalations, snap.Listed)
		}
	}
	m := bot.Meetup{ID: "n-2026-12-03", Network: "n", State: bot.MeetupPlanned, At: city.Now}
	must(s.Commit(ctx, bot.Commit{Epoch: epoch, Now: city.Now, Change: bot.Change{Networks: []bot.Network{{ID: "n", Name: "N"}}, Meetups: []bot.Meetup{m},
		Rooms: []bot.Room{{ID: "test:!n", Kind: bot.RoomNetwork, Network: "N", Joined: true}}}}))
	m.Version = 1
	must(s.Commit(ctx, bot.Commit{Epoch: epoch, Now: city.Now, Change: bot.Change{Meetups: []bot.Meetup{m}, Networks: []bot.Network{{ID: "n", Name: "N", Version: 1}}}}))
	for _, q := range []bot.Query{{Room: "test:!n"}, {Meetup: m.ID}, {Network: "n", Meetups: true}, {NetworkName: "N morgen"}} {
		if snap, err := s.Load(ctx, q); err != nil || snap.Network == nil || snap.Meetup == nil || len(snap.NetworkRooms) != 1 {
			t.Fatalf("%+v: network %v, meetup %v, rooms %v, error %v", q, snap.Network, snap.Meetup, snap.NetworkRooms, err)
		}
	}
	timer, err := s.NextTimer(ctx)
	must(err)
	must(s.Commit(ctx, bot.Commit{Epoch: epoch, Now: city.Now, Timer: timer.Key, TimerAt: timer.At, Change: bot.Change{
		Rooms: []bot.Room{{ID: "test:!direct", Kind: bot.RoomDirect, User: city.Lead(p), Joined: true}},
	}}))
	deliveries, err := s.Claim(ctx, epoch, city.Now, storagetest.CityChat, []bot.RoomID{"test:!busy"}, 4)
	must(err)
	if len(deliveries) != 2 {
		t.Fatalf("claimed %d, want 2", len(deliveries))
	}
	must(s.Settle(ctx, epoch, city.Now, []bot.Outcome{
		{Delivery: deliveries[0], ID: "test:$sent"}, {Delivery: deliveries[1], Failed: true, Reason: "no", Retry: city.Now, InDoubt: true},
	}))
	_, err = s.NextClaim(ctx, city.Now, storagetest.CityChat)
	must(err)
	_, err = s.Receive(ctx, epoch, city.Now, bot.Batch{Events: []bot.Event{{Kind: bot.EventEcho, Room: city.Room(p), Key: "k", Message: "test:$sent"}}})
	must(err)
	_, err = s.Rooms(ctx, []bot.RoomID{city.Room(p)}, []bot.UserID{city.Lead(p)})
	must(err)
	_, err = s.Fail(ctx, epoch, r.Seq+1, city.Now)
	if err == nil {
		t.Error("failing an event that is not there says nothing")
	}
	_, err = s.Recall(ctx, "x")
	must(err)
	must(s.Remember(ctx, "x", fmt.Sprint(r.Seq)))
}
