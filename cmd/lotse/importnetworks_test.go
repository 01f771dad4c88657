package main

import (
	_ "embed"
	"slices"
	"strings"
	"testing"

	"lotse/bot"
)

//go:embed example/networks.csv
var exampleNetworks []byte

// The example is read, and what is exported of it is what was imported.
func TestImportNetworks(t *testing.T) {
	c := parse(t, least)
	table, faults := readTable(exampleNetworks)
	if len(faults) > 0 {
		t.Fatal(said(faults, "en"))
	}
	plan, faults := planImport(table, newImportState(c, bot.Snapshot{}))
	if len(faults) > 0 {
		t.Fatal(said(faults, "en"))
	}
	if len(plan.Change.Networks) != 3 || len(plan.Change.People) != 3 || len(plan.Change.Projects) != 0 {
		t.Fatalf("%d networks, %d people, %d projects", len(plan.Change.Networks), len(plan.Change.People), len(plan.Change.Projects))
	}
	books := after(bot.Snapshot{}, plan.Change)
	books.Networks = plan.Change.Networks
	again, err := exportNetworks(t.Context(), c, exportBooks{Snapshot: books})
	if err != nil {
		t.Fatal(err)
	}
	if table, faults = readTable(again); len(faults) > 0 {
		t.Fatal(said(faults, "en"))
	}
	if plan, faults = planImport(table, newImportState(c, books)); plan.changes() || len(faults) > 0 {
		t.Errorf("a second time: %+v, %s", plan.Change, said(faults, "en"))
	}
}

// What somebody said in chat stands against an import, an import against the configuration, and what was archived comes back.
func TestImportNetworksGoesBy(t *testing.T) {
	c := parse(t, least+`networks: [{id: digilotsen, name: Digilotsen}]
`)
	for _, test := range []struct {
		name    string
		network bot.Network // in the books
		origin  bot.Origin  // of the row that is written; "": none is
		note    string
	}{
		{"the configuration's", bot.Network{ID: "digilotsen", Name: "Digilotsen", Origin: bot.FromConfig, Version: 3}, bot.FromImport, "nicht mehr durch die Konfiguration"},
		{"an earlier import's", bot.Network{ID: "digilotsen", Name: "Digilotsen", Origin: bot.FromImport, Version: 3}, bot.FromImport, ""},
		{"the chat's", bot.Network{ID: "digilotsen", Name: "Digilotsen", Origin: bot.FromChat, Version: 3}, "", "im Chat mit !netzwerk"},
		{"an archived one", bot.Network{ID: "digilotsen", Name: "Digilotsen", Origin: bot.FromImport, Archived: true, Version: 3}, bot.FromImport, "war archiviert"},
	} {
		table, faults := readTable([]byte("Netzwerk;Link\nDigilotsen;https://bbb.stadt.example/neu\n"))
		plan, wrong := planImport(table, newImportState(c, bot.Snapshot{Networks: []bot.Network{test.network}}))
		if len(faults)+len(wrong) > 0 {
			t.Fatal(test.name, said(append(faults, wrong...), "en"))
		}
		rows := plan.Change.Networks
		switch {
		case test.origin == "" && len(rows) > 0:
			t.Errorf("%s: written: %+v", test.name, rows)
		case test.origin != "" && (len(rows) != 1 || rows[0].Origin != test.origin || rows[0].Version != 3 || rows[0].Archived || rows[0].Link == ""):
			t.Errorf("%s: %+v", test.name, rows)
		}
		noted := slices.ContainsFunc(plan.Entries[0].Notes, func(s say) bool { return strings.Contains(s.in("de"), test.note) })
		if noted != (test.note != "") {
			t.Errorf("%s: notes %v, want %q", test.name, plan.Entries[0].Notes, test.note)
		}
	}
}
