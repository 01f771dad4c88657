package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"pgregory.net/rapid"

	"lotse/bot"
)

// said are faults as they are told.
func said(faults []cellFault, lang string) string {
	var lines []string
	for _, f := range faults {
		lines = append(lines, fmt.Sprintf("%d %s: %s", f.Line, f.Column, f.Say.in(lang)))
	}
	return strings.Join(lines, "\n")
}

const umlauts = "Projekt;Leitung;Konto;Vision\nÄmterportal;Jörg Groß;@joerg:stadt.example;„Größe“ – 5 €\n"

func TestEncodings(t *testing.T) {
	windows, err := charmap.Windows1252.NewEncoder().String(umlauts)
	if err != nil {
		t.Fatal(err)
	}
	wide := func(text string, low bool) string {
		var b strings.Builder
		for _, u := range utf16.Encode([]rune("\ufeff" + text)) {
			if low {
				b.Write([]byte{byte(u), byte(u >> 8)})
			} else {
				b.Write([]byte{byte(u >> 8), byte(u)})
			}
		}
		return b.String()
	}
	want, faults := readTable([]byte(umlauts))
	if len(faults) > 0 || want.Rows[0].Name != "Ämterportal" || want.Rows[0].Vision != "„Größe“ – 5 €" {
		t.Fatal(want, faults)
	}
	for _, test := range []struct{ why, data, encoding string }{
		{"plain UTF-8", umlauts, "UTF-8"},
		{"with a byte order mark, as Excel's «CSV UTF-8»", "\ufeff" + umlauts, "UTF-8"},
		{"a German Excel's «CSV»", windows, "Windows-1252"},
		{"with Windows line ends", strings.ReplaceAll(windows, "\n", "\r\n"), "Windows-1252"},
		{"Excel's «Unicode-Text», with tabs", wide(strings.ReplaceAll(umlauts, ";", "\t"), true), "UTF-16"},
		{"the other way round", wide(umlauts, false), "UTF-16"},
		{"commas", strings.ReplaceAll(umlauts, ";", ","), "UTF-8"},
		{"Excel's line with the delimiter", "sep=;\r\n" + umlauts, "UTF-8"},
		{"empty lines and empty columns around", "\n;;;;;\n" + strings.ReplaceAll(umlauts, "\n", ";;\n") + ";;;;;\n\n", "UTF-8"},
		{"letters written with two signs each", strings.NewReplacer("Ä", "A\u0308").Replace(umlauts), "UTF-8"},
	} {
		got, faults := readTable([]byte(test.data))
		if len(faults) > 0 {
			t.Errorf("%s: %s", test.why, said(faults, "de"))
			continue
		}
		if got.Encoding != test.encoding {
			t.Errorf("%s: encoding %s, want %s", test.why, got.Encoding, test.encoding)
		}
		row := got.Rows[0]
		if bot.Slug(row.Name) != "aemterportal" || row.Vision != want.Rows[0].Vision || !cmp.Equal(row.Leads, want.Rows[0].Leads) {
			t.Errorf("%s: read %+v", test.why, row)
		}
	}
}

func TestHeadings(t *testing.T) {
	for _, test := range []struct{ why, heads, faults string }{
		{"in any order", "Status;Link;Projekt", ""},
		{"in any case, without umlauts", "PROJEKT;kuerzel;Matrix ID", ""},
		{"English", "id;project;lead;account;period;goals;room;language;link;state", ""},
		{"other words", "Projektname;Projektleitung;Leitung-Konto;Produktvision / Projektziele", ""},
		{"a slip", "Projekt;Zietraum", "1 Zietraum: Diese Spalte ist unbekannt. Ist «Zeitraum» gemeint?"},
		{"nothing near", "Projekt;Budget in Euro", "1 Budget in Euro: Diese Spalte ist unbekannt. Bekannt sind Kürzel,"},
		{"twice", "Projekt;Ziel;Ziele", "1 Ziele: Für «Ziele» gibt es zwei Spalten."},
		{"no name", "Kürzel;Leitung", "1 Projekt: Diese Spalte fehlt."},
	} {
		cells := strings.Repeat(";", strings.Count(test.heads, ";"))
		_, faults := readTable([]byte(test.heads + "\n" + cells + "\n"))
		if len(faults) == 1 && faults[0].Line == 0 {
			faults = nil // that there is no project
		}
		if got := said(faults, "de"); !strings.HasPrefix(got, test.faults) || (got == "") != (test.faults == "") {
			t.Errorf("%s: faults %q, want %q", test.why, got, test.faults)
		}
	}
}

func TestRows(t *testing.T) {
	lead := func(name string, accounts ...bot.UserID) leadCell { return leadCell{name, accounts} }
	for _, test := range []struct {
		why, heads, cells string
		want              projectRow
	}{
		{"a row with all", "Kürzel;Projekt;Leitung;Konto;Zeitraum;Ziele;Vision;Raum;Sprache;Link;Status",
			"sp;Service  Portal;Maria Beispiel;@maria:stadt.example;2025–2027;1, 4;Alles.;!abc:stadt.example;de-du;https://a.example/b;Pausiert",
			projectRow{ID: "sp", Name: "Service Portal", Leads: []leadCell{lead("Maria Beispiel", "matrix:@maria:stadt.example")}, Period: "2025–2027",
				Goals: []string{"1", "4"}, Vision: "Alles.", Room: "matrix:!abc:stadt.example", Language: bot.GermanDu, Link: "https://a.example/b", State: bot.ProjectPaused}},
		{"cells with several lines and delimiters", "Projekt;Vision;Leitung", "a;\"eins; zwei\r\n\"\"drei\"\"\";", projectRow{Name: "a", Vision: "eins; zwei\n\"drei\""}},
		{"what a spreadsheet would calculate", "Projekt;Vision", "'=a;'+b", projectRow{Name: "=a", Vision: "+b"}},
		{"signs that nobody sees", "Projekt;Vision", "a\u202eb\u200b;\u00a0c\u00a0", projectRow{Name: "ab", Vision: "c"}},
		{"two persons", "Projekt;Leitung;Konto", `a;"Maria Beispiel; Jonas Muster";"@maria:x.example; @jonas:x.example"`,
			projectRow{Name: "a", Leads: []leadCell{lead("Maria Beispiel", "matrix:@maria:x.example"), lead("Jonas Muster", "matrix:@jonas:x.example")}}},
		{"two persons, their accounts without a semicolon", "Projekt;Leitung;Konto", `a;"Maria Beispiel; Jonas Muster";@maria:x.example @jonas:x.example`,
			projectRow{Name: "a", Leads: []leadCell{lead("Maria Beispiel", "matrix:@maria:x.example"), lead("Jonas Muster", "matrix:@jonas:x.example")}}},
		{"one person with two accounts", "Projekt;Leitung;Konto", `a;Maria Beispiel;@maria:x.example, @maria:y.example`,
			projectRow{Name: "a", Leads: []leadCell{lead("Maria Beispiel", "matrix:@maria:x.example", "matrix:@maria:y.example")}}},
		{"two persons, one with two accounts, one with none", "Projekt;Leitung;Konto", `a;"Maria Beispiel; Jonas Muster";"@maria:x.example @m:y.example; "`,
			projectRow{Name: "a", Leads: []leadCell{lead("Maria Beispiel", "matrix:@maria:x.example", "matrix:@m:y.example"), lead("Jonas Muster")}}},
		{"surname first", "Projekt;Leitung;Konto", `a;Beispiel, Maria;@maria:x.example`, projectRow{Name: "a", Leads: []leadCell{lead("Maria Beispiel", "matrix:@maria:x.example")}}},
		{"two persons with a comma between them", "Projekt;Leitung;Konto", `a;Maria Beispiel, Jonas Muster;"@maria:x.example; @jonas:x.example"`,
			projectRow{Name: "a", Leads: []leadCell{lead("Maria Beispiel", "matrix:@maria:x.example"), lead("Jonas Muster", "matrix:@jonas:x.example")}}},
		{"accounts without names", "Projekt;Konto", `a;@maria:x.example @jonas:x.example`,
			projectRow{Name: "a", Leads: []leadCell{lead("", "matrix:@maria:x.example"), lead("", "matrix:@jonas:x.example")}}},
		{"a room's address", "Projekt;Raum", "a;#portal:stadt.example", projectRow{Name: "a", Room: "matrix:#portal:stadt.example"}},
		{"a room whose id has no server", "Projekt;Raum", "a;!abcdef", projectRow{Name: "a", Room: "matrix:!abcdef"}},
		{"rooms and accounts of another chat", "Projekt;Raum;Konto", "a;console:a;console:maria", projectRow{Name: "a", Room: "console:a", Leads: []leadCell{lead("", "console:maria")}}},
		{"languages in words", "Projekt;Sprache", "a;Englisch", projectRow{Name: "a", Language: bot.English}},
	} {
		table, faults := readTable([]byte(test.heads + "\n" + test.cells + "\n"))
		if len(faults) > 0 || len(table.Rows) != 1 {
			t.Errorf("%s: %d rows, %s", test.why, len(table.Rows), said(faults, "de"))
			continue
		}
		got := table.Rows[0]
		if len(got.Has) != strings.Count(test.heads, ";")+1 || got.Line != 2 {
			t.Errorf("%s: line %d, columns %v", test.why, got.Line, got.Has)
		}
		got.Has, got.Line = nil, 0
		if len(got.Goals) == 0 {
			got.Goals = nil
		}
		if len(got.Leads) == 0 {
			got.Leads = nil
		}
		if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(projectRow{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.why, diff)
		}
	}
}

func TestTableFaults(t *testing.T) {
	const heads = "Kürzel;Projekt;Leitung;Konto;Ziele;Raum;Sprache;Link;Status\n"
	for _, test := range []struct{ why, data, want string }{
		{"nothing", "", "0 : Die Datei ist leer."},
		{"only headings", heads, "0 : Unter den Überschriften steht kein Projekt."},
		{"a workbook", "PK\x03\x04\x00\x00", "0 : Das ist eine Excel-Arbeitsmappe."},
		{"a picture", "\x89PNG\r\n\x1a\n\x00\x00", "0 : Das ist keine Textdatei."},
		{"too large", strings.Repeat("a", maxTable+1), "0 : Die Datei ist größer als 16 MB"},
		{"no name", heads + "a;;;;;;;;\n", "2 Projekt: Der Name des Projekts fehlt."},
		{"a line that ends before the name", heads + "a\n", "2 Projekt: Der Name des Projekts fehlt."},
		{"a name without a letter", heads + ";+++;;;;;;;\n", "2 Projekt: Aus «+++» lässt sich kein Kürzel bilden"},
		{"a name that is a novel", heads + ";" + strings.Repeat("a", 201) + ";;;;;;;\n", "2 Projekt: Der Name hat 201 Zeichen; höchstens 200"},
		{"a short name with a space", heads + "Ser Vice;Portal;;;;;;;\n", "2 Kürzel: «Ser Vice» ist kein Kürzel: nur Kleinbuchstaben, Ziffern und Bindestriche, zum Beispiel «ser-vice»."},
		{"a mail address", heads + ";a;M;maria@stadt.example;;;;;\n", "2 Konto: «maria@stadt.example» ist kein Matrix-Konto. Ist «@maria:stadt.example» gemeint?"},
		{"a link to an account", heads + ";a;M;https://matrix.to/#/@maria:stadt.example;;;;;\n", "2 Konto: «https://matrix.to/#/@maria:stadt.example» ist kein Matrix-Konto. Ist «@maria:stadt.example» gemeint?"},
		{"more accounts than persons", heads + ";a;\"A B; C D\";\"@a:x.example; @b:x.example; @c:x.example\";;;;;\n", "2 Konto: 2 Personen, aber Konten für 3."},
		{"a room that is an account", heads + ";a;;;;@a:x.example;;;\n", "2 Raum: «@a:x.example» ist kein Matrix-Raum, wie"},
		{"an unknown language", heads + ";a;;;;;fr;;\n", "2 Sprache: «fr» ist unbekannt. Möglich sind de, de-du, en."},
		{"a link that is none", heads + ";a;;;;;;javascript:alert(1);\n", "2 Link: «javascript:alert(1)» ist keine https-Adresse"},
		{"a link in the clear", heads + ";a;;;;;;http://a.example/b;\n", "2 Link: «http://a.example/b» ist keine https-Adresse. Ist «https://a.example/b» gemeint?"},
		{"a state with a slip", heads + ";a;;;;;;;akitv\n", "2 Status: «akitv» ist unbekannt. Ist «aktiv» gemeint?"},
		{"the same project twice", heads + ";a;;;;;;;\n;A;;;;;;;\n", "3 Projekt: «A» steht schon in Zeile 2."},
		{"the same short name twice", heads + "a;eins;;;;;;;\na;zwei;;;;;;;\n", "3 Kürzel: «a» steht schon in Zeile 2."},
		{"the same room twice", heads + ";a;;;;!r:x.example;;;\n;b;;;;!r:x.example;;;\n", "3 Raum: «!r:x.example» steht schon in Zeile 2."},
		{"a cell too many", heads + ";a;;;;;;;;zu viel\n", "2 : In der 10. Spalte steht etwas, aber sie hat keine Überschrift."},
		{"a quotation mark inside", heads + ";das \"neue\" Portal;;;;;;;\n", "2 : Ein Anführungszeichen steht mitten in einer Zelle"},
		{"one that is never closed", heads + ";\"a;;;;;;;\n;b;;;;;;;\n;c;;;;;;;\n", "2 : Ein Anführungszeichen am Anfang einer Zelle wird bis Zeile"},
		{"lines are counted within cells too", "sep=;\n\n" + heads + ";\"a\n\nb\";;;;;;;\n;;;;;;;;aktv\n", "7 Projekt: Der Name des Projekts fehlt.\n7 Status: «aktv» ist unbekannt. Ist «aktiv» gemeint?"},
	} {
		_, faults := readTable([]byte(test.data))
		if got := said(faults, "de"); !strings.HasPrefix(got, test.want) || strings.Count(got, "\n") != strings.Count(test.want, "\n") {
			t.Errorf("%s: faults\n%s\nwant\n%s", test.why, got, test.want)
		}
		if got := said(faults, "en"); strings.Contains(got, "%!") || strings.Contains(got, "«") && !strings.Contains(got, "like «") {
			t.Errorf("%s: in English\n%s", test.why, got)
		}
	}
}

// Whatever is in a cell, a spreadsheet takes none for a formula, and comes back as it was.
func TestGuard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.StringOf(rapid.SampledFrom([]rune("'=+-@\t a1"))).Draw(t, "cell")
		guarded := guard(cell)
		if guarded != "" && strings.ContainsRune("=+-@\t\r", rune(guarded[0])) {
			t.Fatalf("%q stays a formula: %q", cell, guarded)
		}
		if got := unguard(guarded); got != cell {
			t.Fatalf("%q comes back as %q", cell, got)
		}
	})
}

func FuzzImportCSV(f *testing.F) {
	f.Add(exampleProjects)
	f.Add([]byte(umlauts))
	f.Add([]byte("sep=,\nproject,lead,account,goals,room\n\"a\nb\",\"x; y\",'@a:b.example;,\"1,2\",#a:b\n"))
	f.Add([]byte("\xff\xfeP\x00r\x00o\x00j\x00e\x00k\x00t\x00\n\x00a\x00"))
	f.Add([]byte("Projekt\tStatus\n\"=1\"\t\xfc\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		table, faults := readTable(data)
		if len(faults) == 0 && len(table.Rows) == 0 {
			t.Error("neither a project nor a fault")
		}
		lines := strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + 1
		for _, f := range faults {
			if f.Line < 0 || f.Line > lines {
				t.Errorf("a fault in line %d of %d", f.Line, lines)
			}
			for _, lang := range []string{"de", "en"} {
				if text := f.Say.in(lang); strings.Contains(text, "%!") {
					t.Errorf("a sentence with holes: %s", text)
				}
			}
		}
		for _, row := range table.Rows {
			if row.bad {
				continue
			}
			if row.Name == "" || bot.Clean(row.Name) != row.Name || !utf8.ValidString(row.Vision) {
				t.Errorf("row %+v", row)
			}
			if row.ID != "" && bot.Slug(string(row.ID)) != string(row.ID) {
				t.Errorf("short name %q", row.ID)
			}
			if row.Link != "" && !strings.HasPrefix(row.Link, "https://") {
				t.Errorf("link %q", row.Link)
			}
			for _, lead := range row.Leads {
				for _, account := range lead.Accounts {
					if account.Local() == "" || strings.ContainsAny(string(account), " \n") {
						t.Errorf("account %q", account)
					}
				}
			}
		}
		c, err := parseConfig("lotse.yaml", exampleConfig)
		if err != nil {
			t.Fatal(err)
		}
		plan, wrong := planImport(table, newImportState(c, bot.Snapshot{}))
		if len(faults)+len(wrong) > 0 {
			return
		}
		// Who imports the same again changes nothing.
		again, wrong := planImport(table, newImportState(c, after(bot.Snapshot{}, plan.Change)))
		if len(wrong) > 0 || again.changes() {
			t.Errorf("again: faults %s, change %+v", said(wrong, "de"), again.Change)
		}
	})
}

// after are the books after a change.
func after(books bot.Snapshot, change bot.Change) bot.Snapshot {
	people := map[bot.PersonID]bot.Person{}
	maps.Copy(people, books.People)
	for _, p := range change.People {
		p.Version++
		people[p.ID] = p
	}
	rooms := slices.Clone(change.Rooms)
	for i := range rooms {
		rooms[i].Version++
	}
	for _, r := range books.Rooms {
		if !slices.ContainsFunc(change.Rooms, func(n bot.Room) bool { return n.ID == r.ID }) {
			rooms = append(rooms, r)
		}
	}
	projects := slices.Clone(change.Projects)
	for i := range projects {
		projects[i].Version++
	}
	for _, p := range books.Projects {
		if !slices.ContainsFunc(change.Projects, func(n bot.Project) bool { return n.ID == p.ID }) {
			projects = append(projects, p)
		}
	}
	books.People, books.Rooms, books.Projects = people, rooms, projects
	return books
}
