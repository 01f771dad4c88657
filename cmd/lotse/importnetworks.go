package main

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"lotse/bot"
	"lotse/bot/calendar"
)

// The columns of a table of networks that one of projects does not have. Only the network's name must be there.
const (
	colNetwork column = "Netzwerk"
	colRule    column = "Regel"
	colFrom    column = "Ab"
	colAt      column = "Uhrzeit"
	colLength  column = "Dauer"
	colShift   column = "Feiertag"
)

var networkTables = &tableKind{
	columns: []column{colID, colNetwork, colLead, colAccount, colRule, colFrom, colAt, colLength, colLink, colShift},
	headings: map[column][]string{
		colID:      headings[colID],
		colNetwork: {"Netzwerke", "Netzwerkname", "Network", "Network name"},
		colLead:    {"Gastgeber", "Gastgeberin", "Gastgeber*in", "Gastgebende", "Host", "Hosts"},
		colAccount: append([]string{"Konto der Gastgebenden", "Host account"}, headings[colAccount]...),
		colRule:    {"Rhythmus", "Wann", "Rule", "RRULE"},
		colFrom:    {"Beginnt", "Erstes Treffen", "Anchor", "From"},
		colAt:      {"Zeit", "Um", "At", "Time"},
		colLength:  {"Länge", "Duration", "Length"},
		colLink:    headings[colLink],
		colShift:   {"Feiertage", "Am Feiertag", "Shift", "Holiday"},
	},
	name: colNetwork,
	none: both("Unter den Überschriften steht kein Netzwerk.", "There is no network below the headings."),
}

// networkRow is one network of the table as it was written.
type networkRow struct {
	Line   int
	Has    map[column]bool
	ID     bot.NetworkID // "" if there is no Kürzel
	Name   string
	Hosts  []leadCell
	Rule   string // of iCalendar
	From   calendar.Date
	At     calendar.Clock
	Timed  bool // a time was given
	Length time.Duration
	Link   string
	Shift  calendar.Shift
	bad    bool
}

func (r *tableReader) network(heads []column, cells []string, lines []int) networkRow {
	row, before := networkRow{Line: lines[0], Has: map[column]bool{}}, len(r.faults)
	text := r.cells(heads, cells, lines, row.Has)
	row.Name, row.ID = oneLine(text[colNetwork]), bot.NetworkID(text[colID])
	switch n := utf8.RuneCountInString(row.Name); {
	case row.Name == "":
		r.fail(row.Line, colNetwork, "Der Name des Netzwerks fehlt.", "The network's name is missing.")
	case n > maxName:
		r.fail(row.Line, colNetwork, "Der Name hat %d Zeichen; höchstens %d sind möglich.", "The name has %d characters; %d are possible.", n, maxName)
	case row.ID == "" && bot.Slug(row.Name) == "":
		r.fail(row.Line, colNetwork, "Aus «%s» lässt sich kein Kürzel bilden; bitte geben Sie eines an.", "No short name can be made of %q; please give one.", row.Name)
	}
	if row.ID != "" {
		r.id(string(row.ID), row.Name)
	}
	row.Hosts = r.leads(text[colLead], text[colAccount])
	if words := text[colRule]; words != "" {
		var err error
		if row.Rule, err = calendar.ParseRule(words); err != nil {
			r.input(colRule, err, "keine Regel", "no rule", "erster Donnerstag im Monat» oder «letzter Arbeitstag")
		}
	}
	if words := text[colFrom]; words != "" {
		var err error
		if row.From, err = calendar.ParseDate(words); err != nil {
			r.input(colFrom, err, "kein Datum", "no date", "01.12.2026")
		}
	}
	if words := text[colAt]; words != "" {
		var err error
		if row.At, err = calendar.ParseClock(words); err != nil {
			r.input(colAt, err, "keine Uhrzeit", "no time", "10:00")
		}
		row.Timed = true
	}
	row.Length = r.length(text[colLength])
	row.Link = r.link(text[colLink])
	if word := text[colShift]; word != "" {
		shift, ok := bot.ParseShift(word)
		if !ok {
			r.choice(colShift, word, []string{"danach", "davor", "entfällt", "trotzdem"})
		}
		row.Shift = shift
	}
	row.bad = len(r.faults) > before
	return row
}

// input is the fault of a cell that package calendar does not understand.
func (r *tableReader) input(col column, err error, what, whatEN, example string) {
	wrong, ok := errors.AsType[*calendar.InputError](err)
	if !ok {
		wrong = &calendar.InputError{Input: err.Error()}
	}
	r.notLike(col, wrong.Input, what, whatEN, example, wrong.Nearest)
}

var minutes = regexp.MustCompile(`^(\d{1,4})\s*(?:m|min\.?|Min\.?|Minuten|minutes)?$`)

// length reads how long a meetup takes: "90", "90 min", "1h30m"; 0 if nothing is said.
func (r *tableReader) length(text string) time.Duration {
	if text == "" {
		return 0
	}
	length, err := time.ParseDuration(strings.ReplaceAll(text, " ", ""))
	if m := minutes.FindStringSubmatch(text); m != nil {
		var n int
		n, err = strconv.Atoi(m[1])
		length = time.Duration(n) * time.Minute
	}
	if err != nil || length < time.Minute || length > 24*time.Hour {
		r.notLike(colLength, text, "keine Dauer bis 24 Stunden", "no duration up to 24 hours", "90 min", "")
		return 0
	}
	return length
}

// networksTwice finds what may be only once in a table.
func (r *tableReader) networksTwice(rows []networkRow) {
	ids, names := map[string]int{}, map[string]int{}
	for i := range rows {
		row := &rows[i]
		id := cmp.Or(string(row.ID), bot.Slug(row.Name))
		r.once(names, bot.Fold(row.Name), row.Line, &row.bad, colNetwork, row.Name)
		r.once(ids, id, row.Line, &row.bad, colID, id)
	}
	sortFaults(r.faults)
}

// networksOf works out what becomes of a table's networks.
func (im *importer) networksOf(rows []networkRow) {
	named := map[bot.NetworkID]int{}
	for _, row := range rows {
		if !row.bad {
			named[im.network(row, named)] = row.Line
		}
	}
	for _, n := range im.networks {
		if _, ok := named[n.ID]; !ok && !n.Archived && len(rows) > 0 {
			im.plan.Left = append(im.plan.Left, n.Name)
		}
	}
}

// findNetwork is the network a row means: by its short name, else by its name; nil for a new one.
func (im *importer) findNetwork(row networkRow) *bot.Network {
	id := cmp.Or(row.ID, bot.NetworkID(bot.Slug(row.Name)))
	byID := slices.IndexFunc(im.networks, func(n bot.Network) bool { return n.ID == id })
	byName := slices.IndexFunc(im.networks, func(n bot.Network) bool { return bot.Fold(n.Name) == bot.Fold(row.Name) })
	switch {
	case row.ID == "" && byName >= 0:
		return &im.networks[byName]
	case byName >= 0 && byName != byID:
		im.fail(row.Line, colID, "«%s» heißt schon das Netzwerk mit dem Kürzel «%s». Ist dieses gemeint?",
			"%q is the network with the short name %q already. Did you mean that one?", row.Name, string(im.networks[byName].ID))
	}
	if byID < 0 {
		return nil
	}
	return &im.networks[byID]
}

// network works out what becomes of a row's network and returns its id.
func (im *importer) network(row networkRow, named map[bot.NetworkID]int) bot.NetworkID {
	old := im.findNetwork(row)
	entry := importEntry{Line: row.Line, Name: row.Name, New: old == nil}
	n := bot.Network{ID: cmp.Or(row.ID, bot.NetworkID(bot.Slug(row.Name))), Anchor: meetingStart, Length: usualMeetup, Shift: calendar.ShiftNext}
	var was map[column]string
	if old != nil {
		n = *old
		was = im.networkCells(n)
	}
	entry.ID = string(n.ID)
	if line, twice := named[n.ID]; twice {
		im.fail(row.Line, colNetwork, "Das Netzwerk «%s» steht schon in Zeile %d.", "The network %q stands in line %d already.", string(n.ID), line)
		return n.ID
	}
	if old == nil || oneLine(bot.Clean(n.Name)) != row.Name {
		n.Name = row.Name
	}
	if row.Has[colLead] || row.Has[colAccount] {
		n.Hosts = im.leads(projectRow{Line: row.Line, Leads: row.Hosts}, &entry)
	}
	if row.Has[colRule] {
		n.Rule = row.Rule
	}
	if row.Has[colFrom] {
		n.Anchor = cmp.Or(row.From, meetingStart)
	}
	if row.Has[colAt] {
		n.At = row.At
	}
	if row.Has[colLength] {
		n.Length = cmp.Or(row.Length, usualMeetup)
	}
	if row.Has[colLink] {
		n.Link = row.Link
	}
	if row.Has[colShift] {
		n.Shift = cmp.Or(row.Shift, calendar.ShiftNext)
	}
	im.meets(row, n, old)
	is := im.networkCells(n)
	for _, col := range networkTables.columns {
		switch {
		case col == colID || col == colAccount || was[col] == is[col]:
		case old == nil && col == colShift && n.Shift == calendar.ShiftNext:
		default:
			entry.Fields = append(entry.Fields, fieldChange{col, was[col], is[col]})
		}
	}
	if old != nil && old.Origin == bot.FromChat {
		if len(entry.Fields) > 0 || old.Archived {
			entry.Fields, entry.Notes = nil, []say{both("Das Netzwerk bleibt, wie es im Chat mit !netzwerk gesetzt wurde.", "The network stays as it was set in chat with !netzwerk.")}
		}
		im.plan.Entries = append(im.plan.Entries, entry)
		return n.ID
	}
	if n.Archived {
		n.Archived = false
		entry.Notes = append(entry.Notes, both("Das Netzwerk war archiviert; es trifft sich wieder.", "The network was archived; it meets again."))
	}
	if old == nil || len(entry.Fields) > 0 || old.Archived {
		if n.Origin == bot.FromConfig {
			entry.Notes = append(entry.Notes, both("Das Netzwerk gilt ab jetzt durch den Import, nicht mehr durch die Konfiguration.", "From now on the network stands by import, no longer by configuration."))
		}
		n.Origin = bot.FromImport
		im.plan.Change.Networks = append(im.plan.Change.Networks, n)
	}
	im.plan.Entries = append(im.plan.Entries, entry)
	return n.ID
}

// meets checks that the network meets some time, as the configuration is checked.
func (im *importer) meets(row networkRow, n bot.Network, old *bot.Network) {
	switch {
	case n.Rule == "":
		return
	case row.Has[colAt] && !row.Timed, !row.Has[colAt] && (old == nil || old.Rule == ""):
		im.fail(row.Line, colAt, "Die Uhrzeit fehlt; zu einer Regel gehört eine, wie «10:00».", "The time is missing; a rule wants one, like \"10:00\".")
		return
	case strings.Contains(n.Rule, "INTERVAL=") && n.Anchor == meetingStart:
		im.fail(row.Line, colFrom, "Das Datum fehlt: Alle paar Wochen oder Monate zählt ab einem ersten Treffen, wie «01.12.2026».",
			"The date is missing: every so many weeks or months counts from a first meetup, like \"01.12.2026\".")
		return
	}
	if _, err := calendar.Rule(n.Rule, n.Anchor, n.At, time.UTC); err != nil {
		im.fail(row.Line, colRule, "Nach dieser Regel trifft sich niemand, oder sie gilt hier nicht: %s", "By this rule nobody meets, or it is none for a network: %s", err.Error())
	}
}

// networkCells are the network's texts as a table writes them.
func (im *importer) networkCells(n bot.Network) map[column]string {
	cells := networkCells(n)
	cells[colLead] = im.names(n.Hosts)
	return cells
}

func networkCells(n bot.Network) map[column]string {
	cells := map[column]string{
		colID: string(n.ID), colNetwork: n.Name, colRule: n.Rule, colLength: fmt.Sprintf("%d min", int(n.Length.Minutes())), colLink: n.Link, colShift: bot.ShiftWord(n.Shift, bot.German),
	}
	if n.Rule != "" {
		cells[colAt] = n.At.String()
	}
	if n.Anchor != meetingStart && !n.Anchor.IsZero() {
		cells[colFrom] = n.Anchor.String()
	}
	return cells
}
