package main

import (
	"bytes"
	"strings"
	"testing"
)

// What a person reads before they say yes, in both languages.
func TestImportPreview(t *testing.T) {
	table := importTable{Rows: make([]projectRow, 4), Encoding: "Windows-1252", Delimiter: '\t'}
	plan := importPlan{
		Entries: []importEntry{
			{ID: "portal", Name: "Portal", New: true, Fields: []fieldChange{{colName, "", "Portal"}, {colLead, "", "Maria Beispiel"}, {colVision, "", strings.Repeat("lang ", 30)}}},
			{ID: "eakte", Name: "eAkte", Fields: []fieldChange{{colPeriod, "2025", ""}, {colVision, "eins\nzwei", "drei"}}},
			{ID: "alt", Name: "Alt", Notes: []say{both("Der Raum bleibt: %s", "The room stays: %s", "!a:x.example")}},
			{ID: "gleich", Name: "Gleich"},
		},
		People: []importEntry{
			{ID: "maria", Name: "Maria Beispiel", New: true, Fields: []fieldChange{{colLead, "", "Maria Beispiel"}, {colAccount, "", "@maria:x.example"}}},
			{ID: "jonas", Name: "Jonas Neu", Fields: []fieldChange{{colLead, "Jonas Alt", "Jonas Neu"}, {colAccount, "@j:x.example", "@j:x.example @k:x.example"}}},
		},
		Left: []string{"Eins", "Zwei"},
	}
	for lang, want := range map[string]string{"de": `t.csv, gelesene Zeilen: 4 (Windows-1252, getrennt durch Tabulator)

neu       Portal (portal)
  Leitung  Maria Beispiel
  Vision   lang lang lang lang lang lang lang lang lang lang lang lang lang lang…

geändert  eAkte (eakte)
  Zeitraum 2025 → (leer)
  Vision   eins zwei → drei

=         Alt (alt)
  ! Der Raum bleibt: !a:x.example

Personen:
  neu       Maria Beispiel (maria) @maria:x.example
  geändert  Jonas Neu (jonas) Jonas Alt → Jonas Neu @j:x.example → @j:x.example @k:x.example

Unverändert: 1 Projekt.
Nicht in der Tabelle und unberührt: Eins, Zwei.
`, "en": `t.csv, rows read: 4 (Windows-1252, separated by tabs)

new       Portal (portal)
  Leitung  Maria Beispiel
  Vision   lang lang lang lang lang lang lang lang lang lang lang lang lang lang…

changed   eAkte (eakte)
  Zeitraum 2025 → (empty)
  Vision   eins zwei → drei

=         Alt (alt)
  ! The room stays: !a:x.example

People:
  new       Maria Beispiel (maria) @maria:x.example
  changed   Jonas Neu (jonas) Jonas Alt → Jonas Neu @j:x.example → @j:x.example @k:x.example

Unchanged: 1 project.
Not in the table and left alone: Eins, Zwei.
`} {
		var out bytes.Buffer
		if err := importWordsOf(lang).write(&out, "t.csv", table, plan); err != nil {
			t.Fatal(err)
		}
		if out.String() != want {
			t.Errorf("%s: preview\n%s\nwant\n%s", lang, out.String(), want)
		}
	}
}
