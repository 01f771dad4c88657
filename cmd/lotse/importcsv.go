package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"lotse/bot"
)

// column is a column of the project table, by its German name: what an export writes and errors say.
type column string

// The columns. Only the project's name must be there.
const (
	colID       column = "Kürzel"
	colName     column = "Projekt"
	colLead     column = "Leitung"
	colAccount  column = "Konto"
	colPeriod   column = "Zeitraum"
	colGoals    column = "Ziele"
	colVision   column = "Vision"
	colRoom     column = "Raum"
	colLanguage column = "Sprache"
	colLink     column = "Link"
	colState    column = "Status"
)

// columns are all of them, in the order of an export.
func columns() []column {
	return []column{colID, colName, colLead, colAccount, colPeriod, colGoals, colVision, colRoom, colLanguage, colLink, colState}
}

// headings are what a column may be called, besides its own name.
var headings = map[column][]string{
	colID:       {"Kurzname", "Projektkürzel", "ID", "Key", "Slug", "Short name"},
	colName:     {"Projektname", "Name", "Project", "Project name", "Title"},
	colLead:     {"Projektleitung", "Projektleiter", "Projektleiterin", "Lead", "Leads", "Project lead"},
	colAccount:  {"Konten", "Leitung-Konto", "Leitungskonto", "Konto der Leitung", "Matrix", "Matrix-ID", "Matrix-Konto", "Account", "Accounts", "Lead account"},
	colPeriod:   {"Zeiträume", "Laufzeit", "Period"},
	colGoals:    {"Ziel", "Strategische Ziele", "Goal", "Goals"},
	colVision:   {"Produktvision", "Projektziele", "Produktvision / Projektziele", "Product vision"},
	colRoom:     {"Raum-ID", "Chatraum", "Room", "Room ID"},
	colLanguage: {"Language"},
	colLink:     {"Verweis", "Adresse", "URL"},
	colState:    {"Zustand", "State"},
}

// stateWords are the words for a project's state.
var stateWords = map[string]bot.ProjectState{
	"aktiv": bot.ProjectActive, "active": bot.ProjectActive,
	"beantragt": bot.ProjectRequested, "requested": bot.ProjectRequested,
	"pausiert": bot.ProjectPaused, "paused": bot.ProjectPaused, "pause": bot.ProjectPaused,
	"archiviert": bot.ProjectArchived, "archived": bot.ProjectArchived, "archiv": bot.ProjectArchived,
}

// stateWord is the word for a state that an export writes.
var stateWord = map[bot.ProjectState]string{
	bot.ProjectActive: "aktiv", bot.ProjectRequested: "beantragt", bot.ProjectPaused: "pausiert", bot.ProjectArchived: "archiviert",
}

// Limits of a table, generous: they are there for files that are something else.
const (
	maxTable = 16 << 20 // bytes
	maxName  = 200      // characters
	maxCell  = 4000     // characters
)

// say is a sentence in both languages of the command line.
type say struct {
	de, en string
	args   []any
}

// both makes a sentence; the arguments come in the same order in both languages.
func both(de, en string, args ...any) say { return say{de, en, args} }

func (s say) in(lang string) string {
	format := s.de
	if lang == "en" {
		format = s.en
	}
	if len(s.args) == 0 {
		return format
	}
	return fmt.Sprintf(format, s.args...)
}

// cellFault is what is wrong with a cell (or with a line, or the file: line 0), and what would be right.
type cellFault struct {
	Line   int
	Column column
	Say    say
}

// projectRow is one project of the table as it was written.
type projectRow struct {
	Line int // where it begins in the file, from 1
	// Has says which columns the row has: what is not there stays as it is, what is there and empty is emptied.
	Has      map[column]bool
	ID       bot.ProjectID // "" if there is no Kürzel
	Name     string
	Leads    []leadCell
	Period   string
	Goals    []string
	Vision   string
	Room     bot.RoomID // "" if none is given
	Language bot.Language
	Link     string
	State    bot.ProjectState // "" if none is given
	bad      bool             // there is a fault in it
}

// leadCell is a person as the table names one.
type leadCell struct {
	Name     string
	Accounts []bot.UserID
}

// importTable is a table of projects, or one of networks, and how it was written.
type importTable struct {
	Rows      []projectRow
	Networks  []networkRow
	Encoding  string // "UTF-8", "UTF-16", "Windows-1252"
	Delimiter rune
}

// len is how many rows there are.
func (t importTable) len() int { return len(t.Rows) + len(t.Networks) }

// tableReader reads a table and collects its faults.
type tableReader struct {
	kind   *tableKind
	faults []cellFault
	line   map[column]int // of the row's cells
}

func (r *tableReader) fail(line int, col column, de, en string, args ...any) {
	r.faults = append(r.faults, cellFault{line, col, both(de, en, args...)})
}

// tableKind is what a table may be about.
type tableKind struct {
	columns  []column
	headings map[column][]string
	name     column // the one that must be there
	none     say    // what is said if there is nothing below the headings
}

var projectTables = &tableKind{columns(), headings, colName, both("Unter den Überschriften steht kein Projekt.", "There is no project below the headings.")}

// tableAbout finds out what a table is about: projects, unless a heading says otherwise.
func tableAbout(cells []string) *tableKind {
	named := func(kind *tableKind) bool {
		names := append([]string{string(kind.name)}, kind.headings[kind.name]...)
		return slices.ContainsFunc(cells, func(cell string) bool {
			return slices.ContainsFunc(names, func(name string) bool { return plain(name) == plain(cell) })
		})
	}
	if named(networkTables) && !named(projectTables) {
		return networkTables
	}
	return projectTables
}

// readTable reads a table of projects or networks: UTF-8 (with or without a byte order mark), UTF-16 or Windows-1252;
// semicolons, commas or tabs; cells in quotes may have several lines. It returns all faults, by line, and all rows that
// could be read.
func readTable(data []byte) (importTable, []cellFault) {
	r := &tableReader{kind: projectTables}
	text, encoding, ok := r.decode(data)
	if !ok {
		return importTable{}, r.faults
	}
	table := importTable{Encoding: encoding}
	skipped := 0
	if first, rest, _ := strings.Cut(text, "\n"); strings.HasPrefix(strings.ToLower(first), "sep=") {
		// What Excel writes and reads to name the delimiter.
		table.Delimiter, _ = utf8.DecodeRuneInString(strings.TrimRight(first, "\r")[len("sep="):])
		text, skipped = rest, 1
	}
	if !strings.ContainsRune(";,\t", table.Delimiter) || table.Delimiter == 0 {
		table.Delimiter = delimiter(text)
	}
	reader := csv.NewReader(strings.NewReader(text))
	reader.Comma, reader.FieldsPerRecord = table.Delimiter, -1

	var heads []column
	for {
		cells, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if wrong, bad := errors.AsType[*csv.ParseError](err); bad {
			r.quotes(wrong, skipped)
			break // behind a wrong quotation mark nothing can be told from anything
		}
		lines := make([]int, len(cells))
		for i := range cells {
			line, _ := reader.FieldPos(i)
			lines[i] = line + skipped
			cells[i] = bot.Clean(unguard(cells[i]))
		}
		switch {
		case !slices.ContainsFunc(cells, func(cell string) bool { return cell != "" }):
		case heads == nil:
			r.kind = tableAbout(cells)
			if heads = r.heads(cells, lines[0]); len(r.faults) > 0 {
				return table, r.faults // what stands below would only be read wrongly
			}
		case r.kind == networkTables:
			table.Networks = append(table.Networks, r.network(heads, cells, lines))
		default:
			table.Rows = append(table.Rows, r.row(heads, cells, lines))
		}
	}
	switch {
	case heads == nil && len(r.faults) == 0:
		r.fail(0, "", "Die Datei ist leer.", "The file is empty.")
	case table.len() == 0 && len(r.faults) == 0:
		r.faults = append(r.faults, cellFault{Say: r.kind.none})
	}
	r.twice(table.Rows)
	r.networksTwice(table.Networks)
	sortFaults(r.faults)
	return table, r.faults
}

// sortFaults puts faults in the order of their lines.
func sortFaults(faults []cellFault) {
	slices.SortStableFunc(faults, func(a, b cellFault) int { return a.Line - b.Line })
}

// decode finds out how the file is encoded. What is not UTF-8 is Windows-1252: so writes a German Excel.
func (r *tableReader) decode(data []byte) (text, encoding string, ok bool) {
	switch {
	case len(data) > maxTable:
		r.fail(0, "", "Die Datei ist größer als %d MB; das ist keine solche Liste.", "The file is larger than %d MB; this is no such list.", maxTable>>20)
		return "", "", false
	case bytes.HasPrefix(data, []byte("PK\x03\x04")) || bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0")):
		r.fail(0, "", "Das ist eine Excel-Arbeitsmappe. Bitte in Excel mit «Speichern unter» als «CSV UTF-8» speichern und diese Datei nehmen.",
			"This is an Excel workbook. Please save it as \"CSV UTF-8\" and take that file.")
		return "", "", false
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return decode16(data), "UTF-16", true
	case bytes.IndexByte(data, 0) >= 0:
		r.fail(0, "", "Das ist keine Textdatei. Gebraucht wird eine Tabelle im Format CSV.", "This is not a text file. Wanted is a table as CSV.")
		return "", "", false
	case utf8.Valid(data):
		return strings.TrimPrefix(string(data), "\ufeff"), "UTF-8", true
	}
	decoded, err := charmap.Windows1252.NewDecoder().Bytes(data)
	if err != nil { // it knows every byte
		r.fail(0, "", "Die Datei ist weder UTF-8 noch Windows-1252.", "The file is neither UTF-8 nor Windows-1252.")
		return "", "", false
	}
	return string(decoded), "Windows-1252", true
}

// decode16 reads UTF-16 with its byte order mark: Excel's «Unicode-Text».
func decode16(data []byte) string {
	low, high := 0, 1
	if data[0] == 0xfe {
		low, high = 1, 0
	}
	var units []uint16
	for i := 2; i+1 < len(data); i += 2 {
		units = append(units, uint16(data[i+low])|uint16(data[i+high])<<8)
	}
	return string(utf16.Decode(units))
}

// delimiter is what stands most often in the first line that is not empty, outside of quotation marks; a semicolon if
// nothing does.
func delimiter(text string) rune {
	counts := map[rune]int{}
	quoted := false
	for _, r := range strings.TrimLeft(text, "\r\n") {
		if r == '"' {
			quoted = !quoted
		}
		if r == '\n' && !quoted {
			break
		}
		if !quoted {
			counts[r]++
		}
	}
	best := ';'
	for _, r := range []rune{'\t', ','} {
		if counts[r] > counts[best] {
			best = r
		}
	}
	return best
}

// quotes says what is wrong with quotation marks.
func (r *tableReader) quotes(wrong *csv.ParseError, skipped int) {
	switch {
	case errors.Is(wrong.Err, csv.ErrQuote) && wrong.StartLine != wrong.Line:
		r.fail(wrong.StartLine+skipped, "", "Ein Anführungszeichen am Anfang einer Zelle wird bis Zeile %d nicht geschlossen.",
			"A quotation mark at the start of a cell is not closed until line %d.", wrong.Line+skipped)
	default:
		r.fail(wrong.Line+skipped, "", "Ein Anführungszeichen steht mitten in einer Zelle (Zeichen %d); die ganze Zelle gehört in Anführungszeichen, jedes darin wird verdoppelt: \"das \"\"neue\"\" Portal\".",
			"A quotation mark stands inside a cell (character %d); put the whole cell in quotation marks and double each one within: \"the \"\"new\"\" portal\".", wrong.Column)
	}
}

// heads are the columns by the first line; "" for one without a heading.
func (r *tableReader) heads(cells []string, line int) []column {
	heads := make([]column, len(cells))
	var all []string
	known := map[string]column{}
	for _, col := range r.kind.columns {
		all = append(all, string(col))
		known[plain(string(col))] = col
		for _, other := range r.kind.headings[col] {
			known[plain(other)] = col
		}
	}
	for i, cell := range cells {
		if cell == "" {
			continue
		}
		col, ok := known[plain(cell)]
		switch {
		case !ok:
			var names []string
			for name := range known {
				names = append(names, name)
			}
			slices.Sort(names)
			if near := nearest(cell, append(slices.Clone(all), names...)); near != "" {
				r.fail(line, column(cell), "Diese Spalte ist unbekannt. Ist «%s» gemeint?", "This column is unknown. Did you mean %q?", known[plain(near)])
			} else {
				r.fail(line, column(cell), "Diese Spalte ist unbekannt. Bekannt sind %s.", "This column is unknown. Known are %s.", strings.Join(all, ", "))
			}
		case slices.Contains(heads, col):
			r.fail(line, column(cell), "Für «%s» gibt es zwei Spalten.", "There are two columns for %q.", col)
		}
		heads[i] = col
	}
	if !slices.Contains(heads, r.kind.name) && len(r.faults) == 0 { // else it is no table of networks
		r.fail(line, r.kind.name, "Diese Spalte fehlt. Die erste Zeile nennt die Spalten: %s; nötig ist nur «Projekt».",
			"This column is missing. The first line names the columns: %s; only \"Projekt\" is needed.", strings.Join(all, ", "))
	}
	return heads
}

func (r *tableReader) row(heads []column, cells []string, lines []int) projectRow {
	row, before := projectRow{Line: lines[0], Has: map[column]bool{}}, len(r.faults)
	text := r.cells(heads, cells, lines, row.Has)
	r.name(&row, text[colName], text[colID])
	row.Leads = r.leads(text[colLead], text[colAccount])
	row.Period, row.Vision = oneLine(text[colPeriod]), text[colVision]
	row.Goals = strings.FieldsFunc(text[colGoals], func(r rune) bool { return strings.ContainsRune(",; \t\n", r) })
	row.Room = r.room(text[colRoom])
	row.Language = r.language(text[colLanguage])
	row.Link = r.link(text[colLink])
	if word := text[colState]; word != "" {
		state, ok := stateWords[bot.Fold(word)]
		if !ok {
			r.choice(colState, word, []string{"aktiv", "beantragt", "pausiert", "archiviert"})
		}
		row.State = state
	}
	row.bad = len(r.faults) > before
	return row
}

// cells are a row's texts, by their columns; has becomes which there are.
func (r *tableReader) cells(heads []column, cells []string, lines []int, has map[column]bool) map[column]string {
	text := map[column]string{}
	r.line = map[column]int{}
	for i, cell := range cells {
		if i >= len(heads) || heads[i] == "" {
			if cell != "" {
				r.fail(lines[i], "", "In der %d. Spalte steht etwas, aber sie hat keine Überschrift. Gehört die Zelle davor in Anführungszeichen?",
					"There is something in column %d, which has no heading. Should the cell before it be in quotation marks?", i+1)
			}
			continue
		}
		text[heads[i]], r.line[heads[i]], has[heads[i]] = cell, lines[i], true
		if n := utf8.RuneCountInString(cell); n > maxCell {
			r.fail(lines[i], heads[i], "Die Zelle hat %d Zeichen; höchstens %d sind möglich.", "The cell has %d characters; %d are possible.", n, maxCell)
		}
	}
	return text
}

func (r *tableReader) name(row *projectRow, name, id string) {
	row.Name = oneLine(name)
	switch n := utf8.RuneCountInString(row.Name); {
	case row.Name == "":
		r.fail(row.Line, colName, "Der Name des Projekts fehlt.", "The project's name is missing.")
	case n > maxName:
		r.fail(row.Line, colName, "Der Name hat %d Zeichen; höchstens %d sind möglich.", "The name has %d characters; %d are possible.", n, maxName)
	case id == "" && row.Name != "" && bot.Slug(row.Name) == "":
		r.fail(row.Line, colName, "Aus «%s» lässt sich kein Kürzel bilden; bitte geben Sie eines an.", "No short name can be made of %q; please give one.", row.Name)
	}
	if id != "" {
		row.ID = bot.ProjectID(id)
		r.id(id, row.Name)
	}
}

// id checks a short name.
func (r *tableReader) id(id, name string) {
	if !isID(id) {
		near := bot.Slug(id)
		if near == "" {
			near = bot.Slug(name)
		}
		r.fail(r.line[colID], colID, "«%s» ist kein Kürzel: nur Kleinbuchstaben, Ziffern und Bindestriche, zum Beispiel «%s».",
			"%q is no short name: only small letters, digits and hyphens, for example %q.", id, near)
	}
}

// choice is the fault of a word that is none of the choices.
func (r *tableReader) choice(col column, word string, choices []string) {
	if near := nearest(word, choices); near != "" {
		r.fail(r.line[col], col, "«%s» ist unbekannt. Ist «%s» gemeint?", "%q is unknown. Did you mean %q?", word, near)
		return
	}
	r.fail(r.line[col], col, "«%s» ist unbekannt. Möglich sind %s.", "%q is unknown. Possible are %s.", word, strings.Join(choices, ", "))
}

// leads pairs the names of persons with their accounts. Several persons are separated by semicolons or lines, in both
// cells; with one person all accounts are theirs, otherwise the n-th account is the n-th person's.
func (r *tableReader) leads(names, accounts string) []leadCell {
	people := persons(names)
	var groups [][]bot.UserID
	parts := split(accounts, ";\n")
	for _, part := range parts {
		var group []bot.UserID
		for _, account := range split(part, ", \t") {
			if account != "" {
				group = append(group, r.account(account))
			}
		}
		groups = append(groups, group)
	}
	if len(groups) == 1 && len(people) != 1 {
		// No semicolon: each account is a person's own, whether the names say so or not.
		single := groups[0]
		if len(people) == 0 && len(single) > 1 || len(people) > 1 {
			groups = nil
			for _, account := range single {
				groups = append(groups, []bot.UserID{account})
			}
		}
	}
	if len(people) == 1 && len(groups) > 1 && strings.Count(names, ",") == 1 {
		// "Maria Beispiel, Jonas Muster": the accounts tell that this is not a surname with a first name.
		if first, second, _ := strings.Cut(names, ","); strings.Contains(strings.TrimSpace(first), " ") && strings.Contains(strings.TrimSpace(second), " ") {
			people = []string{oneLine(first), oneLine(second)}
		}
	}
	if len(people) > 0 && len(groups) > 0 && len(people) != len(groups) {
		r.fail(r.line[colAccount], colAccount, "%d Personen, aber Konten für %d. Trennen Sie Personen in beiden Zellen mit Semikolon: «Maria Beispiel; Jonas Muster» und «@maria:stadt.example; @jonas:stadt.example».",
			"%d persons, but accounts for %d. Separate persons with a semicolon in both cells: \"Maria Beispiel; Jonas Muster\" and \"@maria:stadt.example; @jonas:stadt.example\".", len(people), len(groups))
		return nil
	}
	leads := make([]leadCell, max(len(people), len(groups)))
	for i := range leads {
		if i < len(people) {
			leads[i].Name = people[i]
			if n := utf8.RuneCountInString(people[i]); n > maxName {
				r.fail(r.line[colLead], colLead, "Der Name hat %d Zeichen; höchstens %d sind möglich.", "The name has %d characters; %d are possible.", n, maxName)
			}
		}
		if i < len(groups) {
			leads[i].Accounts = groups[i]
		}
	}
	return slices.DeleteFunc(leads, func(l leadCell) bool { return l.Name == "" && len(l.Accounts) == 0 })
}

// persons splits a cell of names and turns "Beispiel, Maria" round.
func persons(cell string) []string {
	var names []string
	for _, name := range split(cell, ";\n") {
		name = oneLine(name)
		if last, first, ok := strings.Cut(name, ", "); ok && !strings.Contains(first, ",") {
			name = first + " " + last
		}
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}

// split cuts a text at any of some characters; an empty text has no parts.
func split(text, at string) []string {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	var parts []string
	for {
		i := strings.IndexAny(text, at)
		if i < 0 {
			return append(parts, strings.TrimSpace(text))
		}
		parts = append(parts, strings.TrimSpace(text[:i]))
		text = text[i+1:]
	}
}

// otherChat is an account or a room of another chat, with the chat's name in front.
var otherChat = regexp.MustCompile(`^(?:console|teams):[^\s]+$`)

func (r *tableReader) account(text string) bot.UserID {
	if ofTeams(text) {
		return userID(text)
	}
	if otherChat.MatchString(text) {
		return bot.UserID(text)
	}
	near, ok := goodUser(text)
	if !ok {
		r.notLike(colAccount, text, "kein Matrix-Konto", "no Matrix account", "@maria:stadt.example", near)
	}
	return userID(text)
}

func (r *tableReader) room(text string) bot.RoomID {
	if text == "" {
		return ""
	}
	if otherChat.MatchString(text) {
		return bot.RoomID(text)
	}
	near, ok := goodRoom(text)
	if !ok {
		r.notLike(colRoom, text, "kein Matrix-Raum", "no Matrix room", "!abc:stadt.example» oder «#serviceportal:stadt.example", near)
	}
	return roomID(text)
}

func (r *tableReader) notLike(col column, text, what, whatEN, example, near string) {
	if near != "" {
		r.faults = append(r.faults, cellFault{r.line[col], col, say{
			de: fmt.Sprintf("«%s» ist %s. Ist «%s» gemeint?", text, what, near),
			en: fmt.Sprintf("%q is %s. Did you mean %q?", text, whatEN, near)}})
		return
	}
	r.faults = append(r.faults, cellFault{r.line[col], col, say{
		de: fmt.Sprintf("«%s» ist %s, wie «%s».", text, what, example),
		en: fmt.Sprintf("%q is %s like «%s».", text, whatEN, strings.ReplaceAll(example, "oder", "or"))}})
}

func (r *tableReader) language(text string) bot.Language {
	words := map[string]bot.Language{"deutsch": bot.German, "german": bot.German, "du": bot.GermanDu, "englisch": bot.English, "english": bot.English}
	lang, ok := words[bot.Fold(text)]
	if ok || text == "" {
		return lang
	}
	if lower := strings.ToLower(text); slices.Contains(languages(), lower) {
		return bot.Language(lower)
	}
	r.choice(colLanguage, text, languages())
	return ""
}

func (r *tableReader) link(text string) string {
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	if err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil && !strings.ContainsAny(text, " \n\t<>") {
		return text
	}
	near := ""
	if bare := strings.TrimPrefix(text, "http://"); err == nil && regexp.MustCompile(`^[\w-]+(?:\.[\w-]+)+(?:[/?#][^\s<>]*)?$`).MatchString(bare) {
		near = "https://" + bare
	}
	r.notLike(colLink, text, "keine https-Adresse", "no https address", "https://intranet.stadt.example/projekt", near)
	return ""
}

// twice finds what may be only once in a table.
func (r *tableReader) twice(rows []projectRow) {
	ids, names, rooms := map[string]int{}, map[string]int{}, map[string]int{}
	once := func(seen map[string]int, key string, row *projectRow, col column, text string) {
		r.once(seen, key, row.Line, &row.bad, col, text)
	}
	for i := range rows {
		row := &rows[i]
		id := string(row.ID)
		if id == "" {
			id = bot.Slug(row.Name)
		}
		once(names, bot.Fold(row.Name), row, colName, row.Name)
		once(ids, id, row, colID, id)
		once(rooms, string(row.Room), row, colRoom, row.Room.Local())
	}
}

// once finds what was in an earlier row already.
func (r *tableReader) once(seen map[string]int, key string, line int, bad *bool, col column, text string) {
	first, twice := seen[key]
	switch {
	case key == "" || *bad:
	case twice:
		r.fail(line, col, "«%s» steht schon in Zeile %d.", "%q stands in line %d already.", text, first)
		*bad = true
	default:
		seen[key] = line
	}
}

// oneLine makes one line of a text, with single spaces.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// formula is a cell that a spreadsheet would take for a formula, or one that was kept from it.
var formula = regexp.MustCompile(`^'*[=+\-@\t\r]`)

// guard keeps a spreadsheet from taking a cell for a formula, by an apostrophe in front.
func guard(cell string) string {
	if formula.MatchString(cell) {
		return "'" + cell
	}
	return cell
}

// unguard takes the apostrophe away.
func unguard(cell string) string {
	if rest, ok := strings.CutPrefix(cell, "'"); ok && formula.MatchString(rest) {
		return rest
	}
	return cell
}
