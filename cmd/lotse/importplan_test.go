package main

import (
	"fmt"
	"strings"
	"testing"

	"lotse/bot"
	"lotse/bot/calendar"
)

// importBooks is a city with some books.
func importBooks() bot.Snapshot {
	return bot.Snapshot{
		People: map[bot.PersonID]bot.Person{
			"jonas":   {ID: "jonas", Name: "Jonas Muster", Accounts: []bot.UserID{"matrix:@jonas:stadt.example"}, Version: 1},
			"ohne":    {ID: "ohne", Name: "Olga Muster", Version: 1},
			"doppel":  {ID: "doppel", Name: "Doro Doppel", Accounts: []bot.UserID{"matrix:@doro:stadt.example"}, Version: 1},
			"doppel2": {ID: "doppel2", Name: "Doro Doppel", Accounts: []bot.UserID{"matrix:@doro2:stadt.example"}, Version: 1},
		},
		Projects: []bot.Project{
			{ID: "eakte", Name: "eAkte", Leads: []bot.PersonID{"jonas"}, Period: "2025", Goals: []string{"1"}, Vision: "Akten", State: bot.ProjectActive, LastTask: 7, Version: 4},
			{ID: "portal", Name: "Serviceportal", Leads: []bot.PersonID{"maria"}, State: bot.ProjectPaused, Until: calendar.Date{Year: 2027, Month: 1, Day: 1}, Version: 1},
			{ID: "neuland", Name: "Neuland", Leads: []bot.PersonID{"jonas"}, State: bot.ProjectRequested, Version: 1},
		},
		Rooms: []bot.Room{
			{ID: "matrix:!eakte:x.example", Kind: bot.RoomProject, Project: "eakte", Origin: bot.FromImport, Joined: true, Version: 2},
			{ID: "matrix:!portal:x.example", Kind: bot.RoomProject, Project: "portal", Origin: bot.FromChat, Language: bot.English, Joined: true, Version: 2},
			{ID: "matrix:!frei:x.example", Joined: true, Version: 1},
			{ID: "matrix:!dm:x.example", Kind: bot.RoomDM, Origin: bot.FromChat, Version: 1},
		},
	}
}

const importConfig = least + `goals: [{id: "1", name: Eins}, {id: "2", name: Zwei}]
rooms:
  - {room: "!pmo:x.example", kind: pmo}
  - {room: "!neu:x.example", kind: project, project: neu, language: en}
`

// told is a plan as one reads it: entries with their fields and notes, then people, rooms, and what else changes.
func told(p importPlan) string {
	var lines []string
	entry := func(mark string, e importEntry) {
		line := mark + e.ID
		if e.New {
			line += " neu"
		}
		for _, f := range e.Fields {
			line += fmt.Sprintf("; %s: %s → %s", f.Column, f.Old, f.New)
		}
		for _, n := range e.Notes {
			line += "; ! " + n.in("de")
		}
		lines = append(lines, line)
	}
	for _, e := range p.Entries {
		entry("", e)
	}
	for _, e := range p.People {
		entry("@", e)
	}
	for _, r := range p.Change.Rooms {
		lines = append(lines, fmt.Sprintf("#%s %s %s %s %s", r.ID.Local(), r.Kind, r.Project, r.Language, r.Origin))
	}
	return strings.Join(lines, "\n")
}

func TestPlanImport(t *testing.T) {
	c := parse(t, importConfig)
	for _, test := range []struct{ why, table, want, faults string }{
		{"everything as it is", "Kürzel;Projekt;Leitung;Konto;Zeitraum;Ziele;Vision;Raum;Status\neakte;eAkte;Jonas Muster;@jonas:stadt.example;2025;1;Akten;!eakte:x.example;aktiv\n",
			"eakte", ""},
		{"a column that is not there changes nothing", "Projekt\neAkte\n", "eakte", ""},
		{"an empty cell empties", "Projekt;Vision;Ziele;Zeitraum\neAkte;;;\n", "eakte; Zeitraum: 2025 → ; Ziele: 1 → ; Vision: Akten → ", ""},
		{"but for room and state", "Projekt;Raum;Status\nServiceportal;;\n", "portal", ""},
		{"changed fields", "Projekt;Vision;Ziele\neAkte;Alle Akten;1,2\n", "eakte; Ziele: 1 → 1, 2; Vision: Akten → Alle Akten", ""},
		{"found by its short name: the name changes", "Kürzel;Projekt\neakte;E-Akte\n", "eakte; Projekt: eAkte → E-Akte", ""},
		{"found by its name in another spelling", "Projekt\nEAKTE\n", "eakte; Projekt: eAkte → EAKTE", ""},
		{"a new project, a new person", "Projekt;Leitung;Konto\nKI im Call;Aylin Beispiel;@aylin:x.example\n",
			"ki-im-call neu; Projekt:  → KI im Call; Leitung:  → Aylin Beispiel\n@aylin-beispiel neu; Leitung:  → Aylin Beispiel; Konto:  → @aylin:x.example", ""},
		{"a new person who has no name", "Projekt;Konto\nA;@aylin:x.example\n",
			"a neu; Projekt:  → A; Leitung:  → aylin; ! Zu @aylin:x.example ist kein Name genannt; bis auf Weiteres heißt die Person «aylin».\n@aylin neu; Leitung:  → aylin; Konto:  → @aylin:x.example", ""},
		{"a new person whose id is taken", "Projekt;Leitung;Konto\nA;Ohne;@ohne:x.example\n",
			"a neu; Projekt:  → A; Leitung:  → Ohne\n@ohne-2 neu; Leitung:  → Ohne; Konto:  → @ohne:x.example", ""},
		{"one new person twice", "Projekt;Leitung;Konto\nA;Aylin Beispiel;@aylin:x.example\nB;Aylin Beispiel;\n",
			"a neu; Projekt:  → A; Leitung:  → Aylin Beispiel\nb neu; Projekt:  → B; Leitung:  → Aylin Beispiel\n@aylin-beispiel neu; Leitung:  → Aylin Beispiel; Konto:  → @aylin:x.example", ""},
		{"another lead, known by name alone", "Projekt;Leitung\neAkte;Maria Beispiel\n", "eakte; Leitung: Jonas Muster → Maria Beispiel", ""},
		{"an account for somebody who had none", "Projekt;Leitung;Konto\neAkte;Olga Muster;@olga:x.example\n",
			"eakte; Leitung: Jonas Muster → Olga Muster\n@ohne; Konto:  → @olga:x.example", ""},
		{"another account beside the known one", "Projekt;Leitung;Konto\neAkte;Jonas Muster;@jonas:stadt.example @jonas:werk.example\n",
			"eakte\n@jonas; Konto: @jonas:stadt.example → @jonas:stadt.example @jonas:werk.example", ""},
		{"another name for a known account", "Projekt;Leitung;Konto\neAkte;Jonas Neuname;@jonas:stadt.example\n",
			"eakte\n@jonas; Leitung: Jonas Muster → Jonas Neuname", ""},
		{"a name that the configuration says", "Projekt;Leitung;Konto\neAkte;Maria Anders;@maria:stadt.example\n",
			"eakte; Leitung: Jonas Muster → Maria Beispiel; ! Maria Anders heißt in der Konfiguration «Maria Beispiel»; dabei bleibt es.", ""},
		{"a name does not make somebody else", "Projekt;Leitung;Konto\neAkte;Jonas Muster;@boese:x.example\n", "",
			"2 Konto: Jonas Muster ist mit dem Konto «@jonas:stadt.example» bekannt. Ist es dieselbe Person, nennen Sie beide Konten («@jonas:stadt.example @boese:x.example»)"},
		{"accounts of two persons", "Projekt;Leitung;Konto\neAkte;Jonas Muster;@jonas:stadt.example @maria:stadt.example\n", "", "2 Konto: Die Konten gehören zwei Personen: Jonas Muster und Maria Beispiel."},
		{"an account that the configuration does not know", "Projekt;Leitung;Konto\neAkte;Maria Beispiel;@maria:stadt.example @m:x.example\n", "",
			"2 Konto: Maria Beispiel steht in der Konfiguration ohne das Konto «@m:x.example»"},
		{"a name that two have", "Projekt;Leitung\neAkte;Doro Doppel\n", "", "2 Leitung: «Doro Doppel» heißen mehrere Personen; bitte nennen Sie das Konto."},
		{"a slip in a name", "Projekt;Leitung\neAkte;Jonas Mustre\n", "", "2 Leitung: «Jonas Mustre» ist unbekannt. Ist «Jonas Muster» gemeint?"},
		{"somebody unknown without an account", "Projekt;Leitung\neAkte;Xaver Yvonne\n", "", "2 Konto: «Xaver Yvonne» ist neu; bitte geben Sie das Konto an"},
		{"one account, two names", "Projekt;Leitung;Konto\nA;Eva Eins;@e:x.example\nB;Eva Zwei;@e:x.example\n", "", "3 Leitung: «Eva Zwei» heißt in Zeile 2 «Eva Eins»."},
		{"nobody who answers", "Projekt\nNeues\n", "", "2 Leitung: Ein aktives Projekt braucht jemanden, der antwortet"},
		{"nobody has to answer for the archive", "Projekt;Status\nNeues;archiviert\n", "neues neu; Projekt:  → Neues; Status:  → archiviert", ""},
		{"a new one that DIKON has not released", "Projekt;Status\nNeues;beantragt\n", "neues neu; Projekt:  → Neues; Status:  → beantragt", ""},
		{"released long ago", "Projekt;Status\neAkte;Beantragt\n", "", "2 Status: Das Projekt ist schon freigegeben"},
		{"requested still", "Projekt;Status\nNeuland;beantragt\n", "neuland", ""},
		{"not released by a table", "Projekt;Status\nNeuland;aktiv\n", "", "2 Status: Das Projekt ist beantragt. DIKON gibt es frei, oder das PMO trägt es ein: «!projekt freigeben neuland»"},
		{"not wanted after all", "Projekt;Status\nNeuland;archiviert\n", "neuland; Status: beantragt → archiviert", ""},
		{"resumed", "Projekt;Status\nServiceportal;aktiv\n", "portal; Status: pausiert → aktiv", ""},
		{"an unknown goal", "Projekt;Ziele\neAkte;\"1,7\"\n", "", "2 Ziele: Das Ziel «7» ist unbekannt. Bekannt sind 1, 2."},
		{"the same goal twice", "Projekt;Ziele\neAkte;\"1,1\"\n", "", "2 Ziele: Das Ziel «1» steht zweimal da."},
		{"the name of another project", "Kürzel;Projekt;Leitung\nakte;eAkte;Maria Beispiel\n", "", "2 Kürzel: «eAkte» heißt schon das Projekt mit dem Kürzel «eakte». Ist dieses gemeint?"},
		{"two rows for one project", "Kürzel;Projekt\nportal;Portal\n;Serviceportal\n", "", "3 Projekt: Das Projekt «portal» steht schon in Zeile 2."},
		{"a room for a project", "Projekt;Raum\neAkte;!frei:x.example\n",
			"eakte; Raum: !eakte:x.example → !frei:x.example\n#!eakte:x.example    \n#!frei:x.example project eakte  import", ""},
		{"a room that the bot has never seen", "Projekt;Raum;Sprache\neAkte;!ganzneu:x.example;en\n",
			"eakte; Raum: !eakte:x.example → !ganzneu:x.example; Sprache:  → en\n#!eakte:x.example    \n#!ganzneu:x.example project eakte en import", ""},
		{"!raum beats an import", "Projekt;Raum\nServiceportal;!frei:x.example\n",
			"portal; ! Der Raum bleibt, wie er im Chat mit !raum gesetzt wurde: !portal:x.example", ""},
		{"also for the other project", "Projekt;Raum\neAkte;!portal:x.example\n",
			"eakte; ! Der Raum !portal:x.example bleibt beim Projekt «portal», wie im Chat mit !raum gesetzt.", ""},
		{"an import beats the configuration", "Projekt;Raum;Leitung\nNeu;!neu:x.example;Maria Beispiel\n",
			"neu neu; Projekt:  → Neu; Leitung:  → Maria Beispiel; ! Der Raum gilt ab jetzt durch den Import, nicht mehr durch die Konfiguration.\n#!neu:x.example project neu en import", ""},
		{"a room that goes from one project to another", "Projekt;Raum;Leitung\nAndere;!eakte:x.example;Maria Beispiel\n",
			"andere neu; Projekt:  → Andere; Leitung:  → Maria Beispiel; Raum:  → !eakte:x.example; ! Der Raum gehörte bisher zum Projekt «eakte».\n#!eakte:x.example project andere  import", ""},
		{"the DM's room", "Projekt;Raum\neAkte;!dm:x.example\n", "", "2 Raum: Dieser Raum ist etwas anderes (dm); ein Projekt braucht einen eigenen."},
		{"the configuration's PMO room", "Projekt;Raum\neAkte;!pmo:x.example\n", "", "2 Raum: Dieser Raum ist etwas anderes (pmo)"},
		{"the room's language", "Projekt;Sprache\neAkte;de-du\n", "eakte; Sprache:  → de-du\n#!eakte:x.example project eakte de-du import", ""},
		{"which the configuration says", "Projekt;Raum;Sprache;Leitung\nNeu;!neu:x.example;de-du;Maria Beispiel\n",
			"neu neu; Projekt:  → Neu; Leitung:  → Maria Beispiel; ! Der Raum gilt ab jetzt durch den Import, nicht mehr durch die Konfiguration.; ! Die Sprache des Raums bestimmt die Konfiguration.\n#!neu:x.example project neu en import", ""},
		{"a language without a room", "Projekt;Sprache;Leitung\nNeues;en;Maria Beispiel\n", "", "2 Sprache: Eine Sprache hat der Raum, und das Projekt hat keinen"},
		{"all faults of all rows", "Projekt;Ziele;Leitung\neAkte;8;Doro Doppel\nX;9;\n", "",
			"2 Leitung: «Doro Doppel» heißen mehrere Personen; bitte nennen Sie das Konto.\n2 Ziele: Das Ziel «8» ist unbekannt. Bekannt sind 1, 2.\n3 Ziele: Das Ziel «9» ist unbekannt. Bekannt sind 1, 2.\n3 Leitung: Ein aktives Projekt"},
	} {
		table, faults := readTable([]byte(test.table))
		if len(faults) > 0 {
			t.Errorf("%s: %s", test.why, said(faults, "de"))
			continue
		}
		books := importBooks()
		plan, faults := planImport(table, newImportState(c, books))
		if got := said(faults, "de"); !strings.HasPrefix(got, test.faults) || strings.Count(got, "\n") != strings.Count(test.faults, "\n") || (got == "") != (test.faults == "") {
			t.Errorf("%s: faults\n%s\nwant\n%s", test.why, got, test.faults)
			continue
		}
		if got := told(plan); got != test.want {
			t.Errorf("%s: plan\n%s\nwant\n%s", test.why, got, test.want)
		}
		if len(faults) > 0 {
			if plan.changes() {
				t.Errorf("%s: faults, and something changes all the same", test.why)
			}
			continue
		}
		// The second time there is nothing left to do.
		if again, faults := planImport(table, newImportState(c, after(books, plan.Change))); again.changes() || len(faults) > 0 {
			t.Errorf("%s: again: %s\n%+v", test.why, said(faults, "de"), again.Change)
		}
	}
}

// Rooms may change places in one table, whichever row comes first.
func TestImportSwapsRooms(t *testing.T) {
	c := parse(t, importConfig)
	books := importBooks()
	books.Rooms[1].Origin = bot.FromImport
	for _, table := range []string{
		"Projekt;Raum\neAkte;!portal:x.example\nServiceportal;!eakte:x.example\n",
		"Projekt;Raum\nServiceportal;!eakte:x.example\neAkte;!portal:x.example\n",
	} {
		read, _ := readTable([]byte(table))
		plan, faults := planImport(read, newImportState(c, books))
		if len(faults) > 0 {
			t.Fatal(said(faults, "de"))
		}
		state := newImportState(c, after(books, plan.Change))
		if state.rooms["matrix:!eakte:x.example"].Project != "portal" || state.rooms["matrix:!portal:x.example"].Project != "eakte" {
			t.Errorf("%s: rooms %v", table, state.rooms)
		}
	}
}

// An import touches nothing that is not in the table: what the books know besides, stays.
func TestImportKeeps(t *testing.T) {
	c := parse(t, importConfig)
	table, _ := readTable([]byte("Projekt;Vision\neAkte;Neu\n"))
	plan, faults := planImport(table, newImportState(c, importBooks()))
	if len(faults) > 0 || len(plan.Change.Projects) != 1 {
		t.Fatal(faults, plan.Change.Projects)
	}
	got, want := plan.Change.Projects[0], importBooks().Projects[0]
	want.Vision = "Neu"
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("project %+v, want %+v", got, want)
	}
	if len(plan.Left) != 2 || plan.Left[0] != "Serviceportal" {
		t.Errorf("left alone: %v", plan.Left)
	}
	// A paused project that is paused in the table too stays paused until its day.
	table, _ = readTable([]byte("Projekt;Status\nServiceportal;pausiert\n"))
	if plan, _ = planImport(table, newImportState(c, importBooks())); plan.changes() {
		t.Errorf("a pause was changed: %+v", plan.Change)
	}
	// Resumed, the day is gone.
	table, _ = readTable([]byte("Projekt;Status\nServiceportal;aktiv\n"))
	if plan, _ = planImport(table, newImportState(c, importBooks())); !plan.Change.Projects[0].Until.IsZero() {
		t.Errorf("resumed, and still paused until %s", plan.Change.Projects[0].Until)
	}
}
