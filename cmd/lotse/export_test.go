package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lotse/bot"
	"lotse/bot/calendar"
	"lotse/storage"
)

// roundTrip exports the books and reads them back: nothing may change.
func roundTrip(t interface{ Fatalf(string, ...any) }, c *Config, books bot.Snapshot) []byte {
	data, err := exportCSV(context.Background(), c, exportBooks{Snapshot: books})
	if err != nil {
		t.Fatalf("export: %v", err)
	}
	table, faults := readTable(data)
	if len(faults) > 0 {
		t.Fatalf("read back: %s\n%s", said(faults, "de"), data)
	}
	plan, faults := planImport(table, newImportState(c, books))
	if len(faults) > 0 || plan.changes() {
		t.Fatalf("back: faults %s, plan\n%s\n%s", said(faults, "de"), told(plan), data)
	}
	if len(plan.Entries) != len(books.Projects) {
		t.Fatalf("%d of %d projects come back", len(plan.Entries), len(books.Projects))
	}
	return data
}

func TestExportRoundTrip(t *testing.T) {
	c := parse(t, importConfig)
	books := importBooks()
	maria := c.People()[0]
	maria.Version = 1
	books.People["maria"] = maria
	books.People["semikolon"] = bot.Person{ID: "semikolon", Name: "Amt 15; Büro / Team", Accounts: []bot.UserID{"matrix:@amt15:x.example", "console:amt"}, Version: 1}
	books.Projects = append(books.Projects,
		bot.Project{ID: "formel", Name: "=1+1", Leads: []bot.PersonID{"semikolon", "jonas", "ohne"}, Period: "-", Vision: "@alle\nzweite \"Zeile\"; ja", Link: "https://a.example/?a=1;b", State: bot.ProjectActive, Version: 1},
		bot.Project{ID: "still", Name: "'Still'", State: bot.ProjectArchived, Goals: []string{"2", "1"}, Version: 1},
	)
	data := string(roundTrip(t, c, books))
	if !strings.HasPrefix(data, "\ufeffKürzel;Projekt;") || !strings.Contains(data, "\r\n") {
		t.Errorf("not what Excel reads in Germany:\n%q", data)
	}
	for line := range strings.SplitSeq(strings.ReplaceAll(data, "\r\n", "\n"), "\n") {
		for cell := range strings.SplitSeq(line, ";") {
			if cell = strings.TrimPrefix(cell, `"`); cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) && !strings.HasPrefix(line, "zweite") {
				if !strings.HasPrefix(cell, "@jonas") { // within a cell, behind its semicolon
					t.Errorf("the cell %q is a formula", cell)
				}
			}
		}
	}
}

// Whatever names, periods and texts projects have, the table gives them back.
func TestExportRoundTripOfAnything(t *testing.T) {
	c := parse(t, importConfig)
	text := rapid.StringOf(rapid.OneOf(rapid.SampledFrom([]rune("=+-@;,'\" \n\tä€ab1")), rapid.Rune()))
	rapid.Check(t, func(t *rapid.T) {
		books := importBooks()
		books.Projects = nil
		seen := map[string]bool{}
		for i := range rapid.IntRange(1, 4).Draw(t, "projects") {
			name := oneLine(bot.Clean(text.Draw(t, "name")))
			if bot.Slug(name) == "" || seen[bot.Fold(name)] || seen[bot.Slug(name)] || len(name) > 150 {
				continue // no name that a project could have been given
			}
			seen[bot.Fold(name)], seen[bot.Slug(name)] = true, true
			books.Projects = append(books.Projects, bot.Project{ID: bot.ProjectID(fmt.Sprintf("p%d", i)), Name: name, Leads: []bot.PersonID{"jonas"},
				Period: bot.Clean(text.Draw(t, "period")), Vision: text.Draw(t, "vision"), State: bot.ProjectActive, Version: 1})
		}
		if len(books.Projects) > 0 {
			roundTrip(t, c, books)
		}
	})
}

func TestExportJSON(t *testing.T) {
	c := parse(t, importConfig)
	books := importBooks()
	check := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	p := &books.Projects[0]
	p.Changed = dateOf(t, "2026-11-24")
	p.Current = bot.Standing{Round: "2026-11-25", Check: check, Answers: map[bot.Field]bot.Answer{
		bot.FieldStatus:  {Parts: []bot.Part{{Light: bot.Yellow, Text: "Schnittstelle <fehlt>", Late: true, By: "jonas"}}},
		bot.FieldBlocker: {Parts: []bot.Part{{None: true}}},
	}}
	data, err := exportJSON(t.Context(), c, exportBooks{books, func(id bot.ProjectID) ([]bot.Task, error) {
		if id != "eakte" {
			return nil, nil
		}
		return []bot.Task{{Number: 1, Text: "Pilot", State: bot.TaskDoing}, {Text: "weg", State: bot.TaskDropped}}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	var got exportFile
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	want := exportProject{ID: "eakte", Name: "eAkte", Leads: []bot.PersonID{"jonas"}, Period: "2025", Goals: []string{"1"}, Vision: "Akten", State: bot.ProjectActive,
		Room: "matrix:!eakte:x.example", Check: "2026-11-25", Changed: "2026-11-24",
		Answers: map[bot.Field]exportAnswer{bot.FieldStatus: {Light: "yellow", Text: "Schnittstelle <fehlt>"}, bot.FieldBlocker: {None: true}},
		Tasks:   []exportTask{{Number: 1, Text: "Pilot", State: bot.TaskDoing}}}
	if diff := cmp.Diff(want, got.Projects[0]); diff != "" {
		t.Errorf("project (-want +got):\n%s", diff)
	}
	if len(got.Projects) != 3 || got.Projects[1].State != bot.ProjectRequested || got.Projects[2].PausedUntil != "2027-01-01" || got.City != "Duisburg" || len(got.Goals) != 2 || got.Version != 1 {
		t.Errorf("file %+v", got)
	}
	if got.Networks == nil || len(got.Networks) > 0 {
		t.Errorf("networks %#v, want an empty list: a program shall find one", got.Networks)
	}
	for _, secret := range []string{"late", "Late", "remind", "by\"", "weg"} {
		if strings.Contains(string(data), secret) {
			t.Errorf("the export says %q", secret)
		}
	}
}

// The example's way through a real database: imported, exported, imported again.
func TestImportIntoDatabase(t *testing.T) {
	ctx := t.Context()
	c, err := parseConfig(filepath.Join(t.TempDir(), "lotse.yaml"), exampleConfig)
	if err != nil {
		t.Fatal(err)
	}
	if _, found, err := c.loadBooks(ctx, allBooks); found || err != nil {
		t.Fatalf("before there are books: %v, %v", found, err)
	}
	table, _ := readTable(exampleProjects)
	plan, faults := planImport(table, newImportState(c, bot.Snapshot{}))
	if len(faults) > 0 {
		t.Fatal(said(faults, "de"))
	}
	now := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	if err := c.write(ctx, now, plan.Change); err != nil {
		t.Fatal(err)
	}
	books, found, err := c.loadBooks(ctx, allBooks)
	if err != nil || !found {
		t.Fatal(found, err)
	}
	if len(books.Projects) != 20 || len(books.People) < 12 {
		t.Fatalf("the books hold %d projects, %d people", len(books.Projects), len(books.People))
	}
	roundTrip(t, c, books)

	// Somebody was quicker: nothing is written over.
	if err := c.write(ctx, now, plan.Change); err == nil || !strings.Contains(err.Error(), "try again") {
		t.Errorf("an import of what others changed meanwhile: %v", err)
	}
	// A bot that runs keeps the books to itself; one may look all the same.
	store, err := storage.Open(ctx, c.databasePath(), storage.Options{Either: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if _, err := store.Acquire(ctx, "the bot", now, time.Hour); err != nil {
		t.Fatal(err)
	}
	if err := c.write(ctx, now, plan.Change); err == nil || !strings.Contains(err.Error(), "stop it") {
		t.Errorf("an import beside the running bot: %v", err)
	}
	if _, found, err := c.loadBooks(ctx, allBooks); !found || err != nil {
		t.Errorf("looking beside the running bot: %v, %v", found, err)
	}
}

func TestExportJSONOfNetworks(t *testing.T) {
	books := importBooks()
	books.People["hanna"] = bot.Person{ID: "hanna", Name: "Hanna Beispiel", Accounts: []bot.UserID{"matrix:@hanna:x.example"}}
	books.Rooms = append(books.Rooms, bot.Room{ID: "matrix:!lotsen:x.example", Kind: bot.RoomNetwork, Network: "Digilotsen"}, bot.Room{ID: "matrix:!it:x.example", Kind: bot.RoomNetwork, Network: "it"})
	books.Networks = []bot.Network{
		{ID: "digilotsen", Name: "Digitallotsen", Hosts: []bot.PersonID{"hanna"}, Rule: "FREQ=MONTHLY;BYDAY=1TH", Anchor: dateOf(t, "2026-11-01"), At: calendar.Clock{Hour: 10},
			Length: 90 * time.Minute, Shift: calendar.ShiftSkip, Link: "https://bbb.example/a?b&c", Origin: bot.FromChat, Version: 3},
		{ID: "alt", Name: "Alt", Length: time.Hour, Archived: true, Version: 1},
	}
	data, err := exportJSON(t.Context(), parse(t, importConfig), exportBooks{books, func(bot.ProjectID) ([]bot.Task, error) { return nil, nil }})
	if err != nil {
		t.Fatal(err)
	}
	var got exportFile
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	want := []exportNetwork{
		{ID: "digilotsen", Name: "Digitallotsen", Hosts: []bot.PersonID{"hanna"}, Rule: "FREQ=MONTHLY;BYDAY=1TH", From: "2026-11-01", At: "10:00", Minutes: 90, DayOff: calendar.ShiftSkip,
			Link: "https://bbb.example/a?b&c", Rooms: []bot.RoomID{"matrix:!lotsen:x.example"}},
		{ID: "alt", Name: "Alt", Hosts: []bot.PersonID{}, Minutes: 60, DayOff: calendar.ShiftNext, Archived: true, Rooms: []bot.RoomID{}},
	}
	if diff := cmp.Diff(want, got.Networks); diff != "" {
		t.Errorf("networks (-want +got):\n%s", diff)
	}
	if !slices.ContainsFunc(got.People, func(p exportPerson) bool {
		return p.ID == "hanna" && p.Name == "Hanna Beispiel" && len(p.Accounts) == 1
	}) {
		t.Errorf("the host is not among the people: %+v", got.People)
	}
}
