package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"lotse/bot"
	"lotse/bot/calendar"
)

// importState is what an import meets: the books, and what the configuration adds to them.
type importState struct {
	people   map[bot.PersonID]bot.Person
	fixed    map[bot.PersonID]bool // the configuration names them: it says who they are
	merges   []bot.Merge           // people whom it says to be others than the books do
	projects []bot.Project
	rooms    map[bot.RoomID]bot.Room
	reads    map[bot.RoomID]bool // the configuration says which language they read
	goals    []bot.Goal
	networks []bot.Network
}

// newImportState puts the configuration over the books, as the bot does when it starts.
func newImportState(c *Config, books bot.Snapshot) importState {
	s := importState{people: map[bot.PersonID]bot.Person{}, fixed: map[bot.PersonID]bool{}, projects: books.Projects,
		rooms: map[bot.RoomID]bot.Room{}, reads: map[bot.RoomID]bool{}}
	maps.Copy(s.people, books.People)
	rows, merges := mergePeople(c.People(), books.People)
	for _, p := range rows {
		s.people[p.ID] = p
	}
	s.projects, s.merges = slices.Clone(s.projects), merges
	for _, m := range merges {
		delete(s.people, m.From)
		for i := range s.projects {
			s.projects[i].Leads, s.projects[i].Deputies = slices.Clone(s.projects[i].Leads), slices.Clone(s.projects[i].Deputies)
			m.Row(&s.projects[i])
		}
	}
	for _, p := range c.People() {
		s.fixed[p.ID] = true
	}
	for _, r := range books.Rooms {
		s.rooms[r.ID] = r
	}
	for _, r := range c.Rooms() {
		if _, known := s.rooms[r.ID]; !known {
			s.rooms[r.ID] = r
		}
		s.reads[r.ID] = true
	}
	changed, _ := mergeNetworks(c.networks(), books.Networks)
	s.networks = slices.Clone(changed)
	for _, n := range books.Networks {
		if !slices.ContainsFunc(changed, func(c bot.Network) bool { return c.ID == n.ID }) {
			s.networks = append(s.networks, n)
		}
	}
	for _, g := range c.Goals {
		s.goals = append(s.goals, bot.Goal{ID: g.ID, Name: g.Name})
	}
	return s
}

// importPlan is what an import would do.
type importPlan struct {
	Entries []importEntry
	People  []importEntry // new persons, and those who change
	Left    []string      // names of what is not in the table: left alone
	Change  bot.Change
}

// changes reports whether there is anything to do.
func (p importPlan) changes() bool {
	return len(p.Change.Projects)+len(p.Change.People)+len(p.Change.Rooms)+len(p.Change.Networks) > 0
}

// importEntry is what becomes of a project or a person.
type importEntry struct {
	Line   int
	ID     string
	Name   string
	New    bool
	Fields []fieldChange // empty and not New: unchanged
	Notes  []say
}

// fieldChange is a column's old and new text.
type fieldChange struct {
	Column   column
	Old, New string
}

// importer works out a plan.
type importer struct {
	importState // as it becomes
	before      map[bot.PersonID]bot.Person
	plan        importPlan
	faults      []cellFault
	accounts    map[bot.UserID]bot.PersonID
	touched     map[bot.PersonID]int // by which line a person was named first
	moved       map[bot.RoomID]bool  // rooms that change
}

// planImport works out what a table changes: all or nothing, either a plan or faults.
func planImport(table importTable, state importState) (importPlan, []cellFault) {
	im := &importer{importState: state, before: state.people, accounts: map[bot.UserID]bot.PersonID{}, touched: map[bot.PersonID]int{},
		moved: map[bot.RoomID]bool{}}
	im.people, im.rooms = maps.Clone(state.people), maps.Clone(state.rooms)
	for _, id := range slices.Sorted(maps.Keys(im.people)) {
		for _, account := range im.people[id].Accounts {
			im.accounts[account] = id
		}
	}
	named := map[bot.ProjectID]int{}
	for _, row := range table.Rows {
		if row.bad {
			continue // told already
		}
		id := im.project(row, named)
		named[id] = row.Line
	}
	for _, p := range im.projects {
		if _, ok := named[p.ID]; !ok && len(table.Rows) > 0 {
			im.plan.Left = append(im.plan.Left, p.Name)
		}
	}
	im.networksOf(table.Networks)
	if len(im.faults) > 0 {
		sortFaults(im.faults)
		return importPlan{}, im.faults
	}
	for _, id := range slices.Sorted(maps.Keys(im.touched)) {
		im.person(id)
	}
	for _, id := range slices.Sorted(maps.Keys(im.moved)) {
		im.plan.Change.Rooms = append(im.plan.Change.Rooms, im.rooms[id])
	}
	if im.plan.changes() {
		im.merge()
	}
	return im.plan, nil
}

// merge makes one of those who are one by the configuration: once their accounts are written, the books do not tell any more.
func (im *importer) merge() {
	c := &im.plan.Change
	for _, m := range im.merges {
		m.Into = im.people[m.Into.ID]
		if !slices.ContainsFunc(c.People, func(p bot.Person) bool { return p.ID == m.Into.ID }) {
			c.People = append(c.People, m.Into)
		}
		c.Merges = append(c.Merges, m)
	}
}

func (im *importer) fail(line int, col column, de, en string, args ...any) {
	im.faults = append(im.faults, cellFault{line, col, both(de, en, args...)})
}

// find is the project a row means: by its short name, else by its name; nil for a new one.
func (im *importer) find(row projectRow) *bot.Project {
	var byID, byName *bot.Project
	for i := range im.projects {
		p := &im.projects[i]
		if p.ID == row.ID || row.ID == "" && string(p.ID) == bot.Slug(row.Name) {
			byID = p
		}
		if bot.Fold(p.Name) == bot.Fold(row.Name) {
			byName = p
		}
	}
	switch {
	case row.ID == "" && byName != nil:
		return byName
	case byName != nil && byName.ID != row.ID:
		im.fail(row.Line, colID, "«%s» heißt schon das Projekt mit dem Kürzel «%s». Ist dieses gemeint?",
			"%q is the project with the short name %q already. Did you mean that one?", row.Name, string(byName.ID))
	}
	return byID
}

// project works out what becomes of a row's project and returns its id.
func (im *importer) project(row projectRow, named map[bot.ProjectID]int) bot.ProjectID {
	old := im.find(row)
	entry := importEntry{Line: row.Line, Name: row.Name, New: old == nil}
	p := bot.Project{ID: row.ID, State: bot.ProjectActive}
	if old != nil {
		p = *old
	} else if p.ID == "" {
		p.ID = bot.ProjectID(bot.Slug(row.Name))
	}
	before := p
	entry.ID = string(p.ID)
	if line, twice := named[p.ID]; twice {
		im.fail(row.Line, colName, "Das Projekt «%s» steht schon in Zeile %d.", "The project %q stands in line %d already.", string(p.ID), line)
		return p.ID
	}
	note := func(col column, was, is string) {
		if was != is {
			entry.Fields = append(entry.Fields, fieldChange{col, was, is})
		}
	}

	// What differs only in what a table cannot hold is not different.
	keep := func(old, now string) string {
		if oneLine(bot.Clean(old)) == oneLine(now) {
			return old
		}
		return now
	}
	p.Name = keep(before.Name, row.Name)
	note(colName, before.Name, p.Name)
	if row.Has[colLead] || row.Has[colAccount] {
		p.Leads = im.leads(row, &entry)
		note(colLead, im.names(before.Leads), im.names(p.Leads))
	}
	if row.Has[colPeriod] {
		p.Period = keep(before.Period, row.Period)
		note(colPeriod, before.Period, p.Period)
	}
	if row.Has[colGoals] {
		p.Goals = im.goalIDs(row)
		note(colGoals, strings.Join(before.Goals, ", "), strings.Join(p.Goals, ", "))
	}
	if row.Has[colVision] {
		if p.Vision = row.Vision; bot.Clean(before.Vision) == row.Vision {
			p.Vision = before.Vision
		}
		note(colVision, before.Vision, p.Vision)
	}
	if row.Has[colLink] {
		p.Link = row.Link
		note(colLink, before.Link, p.Link)
	}
	switch requested := old != nil && old.State == bot.ProjectRequested; {
	case row.State == bot.ProjectRequested && old != nil && !requested:
		im.fail(row.Line, colState, "Das Projekt ist schon freigegeben; beantragt ist nur ein neues.",
			"The project is released already; only a new one is requested.")
	case requested && (row.State == bot.ProjectActive || row.State == bot.ProjectPaused):
		im.fail(row.Line, colState, "Das Projekt ist beantragt. DIKON gibt es frei, oder das PMO trägt es ein: «!projekt freigeben %s»",
			"The project is requested. DIKON releases it, or the PMO enters that: “!project release %s”", string(old.ID))
	}
	if row.State != "" && row.State != p.State {
		p.State, p.Until = row.State, calendar.Date{}
	}
	if old == nil {
		before.State = "" // it has none yet
	}
	if old != nil || p.State != bot.ProjectActive {
		note(colState, stateWord[before.State], stateWord[p.State])
	}
	if p.State == bot.ProjectActive && len(p.Leads) == 0 && len(row.Leads) == 0 {
		im.fail(row.Line, colLead, "Ein aktives Projekt braucht jemanden, der antwortet; es ist niemand genannt.",
			"An active project needs somebody who answers; nobody is named.")
	}
	changed := len(entry.Fields) > 0
	im.room(row, p.ID, &entry, note)
	if changed || old == nil {
		im.plan.Change.Projects = append(im.plan.Change.Projects, p)
	}
	im.plan.Entries = append(im.plan.Entries, entry)
	return p.ID
}

func (im *importer) names(ids []bot.PersonID) string {
	var names []string
	for _, id := range ids {
		name := im.people[id].Name
		if name == "" {
			name = string(id)
		}
		names = append(names, name)
	}
	return strings.Join(names, "; ")
}

func (im *importer) goalIDs(row projectRow) []string {
	var ids, choices []string
	for _, g := range im.importState.goals {
		choices = append(choices, g.ID)
	}
	for _, id := range row.Goals {
		switch {
		case slices.Contains(ids, id):
			im.fail(row.Line, colGoals, "Das Ziel «%s» steht zweimal da.", "The goal %q stands there twice.", id)
		case slices.Contains(choices, id):
			ids = append(ids, id)
		case len(choices) == 0:
			im.fail(row.Line, colGoals, "Das Ziel «%s» ist unbekannt: In der Konfiguration stehen keine Ziele (goals).",
				"The goal %q is unknown: there are no goals in the configuration.", id)
		default:
			if near := nearest(id, choices); near != "" {
				im.fail(row.Line, colGoals, "Das Ziel «%s» ist unbekannt. Ist «%s» gemeint?", "The goal %q is unknown. Did you mean %q?", id, near)
			} else {
				im.fail(row.Line, colGoals, "Das Ziel «%s» ist unbekannt. Bekannt sind %s.", "The goal %q is unknown. Known are %s.", id, strings.Join(choices, ", "))
			}
		}
	}
	return ids
}

// leads are the persons whom a row names.
func (im *importer) leads(row projectRow, entry *importEntry) []bot.PersonID {
	var ids []bot.PersonID
	for _, cell := range row.Leads {
		id := im.lead(row, cell, entry)
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// lead finds the person by account, else by name; nobody becomes somebody else because of a name.
func (im *importer) lead(row projectRow, cell leadCell, entry *importEntry) bot.PersonID {
	id := bot.PersonID("")
	for _, account := range cell.Accounts {
		switch owner := im.accounts[account]; {
		case owner == "" || owner == id:
		case id == "":
			id = owner
		default:
			im.fail(row.Line, colAccount, "Die Konten gehören zwei Personen: %s und %s.", "The accounts belong to two persons: %s and %s.",
				im.names([]bot.PersonID{id}), im.names([]bot.PersonID{owner}))
			return ""
		}
	}
	if id == "" {
		var ok bool
		if id, ok = im.byName(row, cell); !ok {
			return ""
		}
	}
	if id == "" {
		return im.newPerson(row, cell, entry)
	}
	p := im.people[id]
	p.Accounts = slices.Clone(p.Accounts)
	for _, account := range cell.Accounts {
		if im.accounts[account] == id {
			continue
		}
		if im.fixed[id] {
			im.fail(row.Line, colAccount, "%s steht in der Konfiguration ohne das Konto «%s»; bitte tragen Sie es dort ein.",
				"%s stands in the configuration without the account %q; please add it there.", p.Name, account.Local())
			continue
		}
		im.accounts[account] = id
		p.Accounts = append(p.Accounts, account)
	}
	if cell.Name != "" && cell.Name != writable(p.Name) {
		switch line := im.touched[id]; {
		case im.fixed[id]:
			entry.Notes = append(entry.Notes, both("%s heißt in der Konfiguration «%s»; dabei bleibt es.", "%s is called %q in the configuration; so it stays.", cell.Name, p.Name))
		case line > 0 && line != row.Line:
			im.fail(row.Line, colLead, "«%s» heißt in Zeile %d «%s».", "%q is called %[3]q in line %[2]d.", cell.Name, line, p.Name)
		default:
			p.Name = cell.Name
		}
	}
	if im.touched[id] == 0 {
		im.touched[id] = row.Line
	}
	im.people[id] = p
	return id
}

// byName finds a person of whom no account is known yet, or whose account the row does not tell.
func (im *importer) byName(row projectRow, cell leadCell) (bot.PersonID, bool) {
	var same []bot.PersonID
	var names []string
	for _, id := range slices.Sorted(maps.Keys(im.people)) {
		names = append(names, im.people[id].Name)
		if bot.Fold(writable(im.people[id].Name)) == bot.Fold(cell.Name) && cell.Name != "" {
			same = append(same, id)
		}
	}
	switch {
	case len(same) > 1:
		im.fail(row.Line, colLead, "«%s» heißen mehrere Personen; bitte nennen Sie das Konto.", "Several persons are called %q; please give the account.", cell.Name)
		return "", false
	case len(same) == 1 && len(cell.Accounts) > 0 && len(im.people[same[0]].Accounts) > 0:
		known := im.people[same[0]].Accounts[0].Local()
		im.fail(row.Line, colAccount, "%s ist mit dem Konto «%s» bekannt. Ist es dieselbe Person, nennen Sie beide Konten («%s %s»); ist es eine andere, machen Sie den Namen unterscheidbar.",
			"%s is known with the account %q. If it is the same person, give both accounts (\"%s %s\"); if it is another, make the names different.",
			cell.Name, known, known, cell.Accounts[0].Local())
		return "", false
	case len(same) == 1:
		return same[0], true
	case len(cell.Accounts) == 0:
		if near := nearest(cell.Name, names); near != "" {
			im.fail(row.Line, colLead, "«%s» ist unbekannt. Ist «%s» gemeint? Für eine neue Person geben Sie bitte das Konto an.",
				"%q is unknown. Did you mean %q? For a new person please give the account.", cell.Name, near)
		} else {
			im.fail(row.Line, colAccount, "«%s» ist neu; bitte geben Sie das Konto an, zum Beispiel «@maria:stadt.example».",
				"%q is new; please give the account, for example \"@maria:stadt.example\".", cell.Name)
		}
		return "", false
	}
	return "", true
}

func (im *importer) newPerson(row projectRow, cell leadCell, entry *importEntry) bot.PersonID {
	name := cell.Name
	if name == "" {
		name, _, _ = strings.Cut(strings.TrimPrefix(cell.Accounts[0].Local(), "@"), ":")
		entry.Notes = append(entry.Notes, both("Zu %s ist kein Name genannt; bis auf Weiteres heißt die Person «%s».", "No name is given for %s; for now the person is called %q.",
			cell.Accounts[0].Local(), name))
	}
	base := bot.Slug(name)
	if base == "" {
		base = "person"
	}
	id := bot.PersonID(base)
	for n := 2; ; n++ {
		if _, taken := im.people[id]; !taken {
			break
		}
		id = bot.PersonID(fmt.Sprintf("%s-%d", base, n))
	}
	im.people[id] = bot.Person{ID: id, Name: name, Accounts: cell.Accounts}
	for _, account := range cell.Accounts {
		im.accounts[account] = id
	}
	im.touched[id] = row.Line
	return id
}

// person puts somebody whom the table names into the plan, if anything about them is new.
func (im *importer) person(id bot.PersonID) {
	now, was := im.people[id], im.before[id]
	entry := importEntry{Line: im.touched[id], ID: string(id), Name: now.Name, New: was.ID == ""}
	if now.Name != was.Name {
		entry.Fields = append(entry.Fields, fieldChange{colLead, was.Name, now.Name})
	}
	if !slices.Equal(now.Accounts, was.Accounts) {
		entry.Fields = append(entry.Fields, fieldChange{colAccount, localAccounts(was.Accounts), localAccounts(now.Accounts)})
	}
	if len(entry.Fields) > 0 {
		im.plan.People = append(im.plan.People, entry)
	}
	if len(entry.Fields) > 0 || now.Version == 0 { // the configuration's people may not be in the books yet
		im.plan.Change.People = append(im.plan.Change.People, now)
	}
}

// localAccounts are accounts as a table writes them.
func localAccounts(users []bot.UserID) string {
	var accounts []string
	for _, u := range users {
		accounts = append(accounts, tableID(string(u)))
	}
	return strings.Join(accounts, " ")
}

// tableID is an id without the chat in front where that is Matrix.
func tableID(id string) string { return strings.TrimPrefix(id, "matrix:") }

// writable is a person's name as a table can hold it: there, a semicolon separates persons, and a comma a surname from
// a first name.
func writable(name string) string {
	return oneLine(strings.NewReplacer(";", " /", ",", " /").Replace(bot.Clean(name)))
}

// roomOf is the project's room in the books.
func (im *importer) roomOf(id bot.ProjectID) (bot.Room, bool) {
	for _, roomID := range slices.Sorted(maps.Keys(im.rooms)) {
		if r := im.rooms[roomID]; r.Kind == bot.RoomProject && r.Project == id {
			return r, true
		}
	}
	return bot.Room{}, false
}

// room binds the row's room. An import beats the configuration, the chat beats an import.
func (im *importer) room(row projectRow, id bot.ProjectID, entry *importEntry, note func(column, string, string)) {
	has, ok := im.roomOf(id)
	bound := has
	switch {
	case row.Room == "":
		// Nothing is said about the room: whatever the project has, it keeps.
	case ok && has.ID == row.Room:
		if has.Origin == bot.FromConfig {
			bound.Origin = bot.FromImport
			entry.Notes = append(entry.Notes, both("Der Raum gilt ab jetzt durch den Import, nicht mehr durch die Konfiguration.", "From now on the room stands by import, no longer by configuration."))
		}
	case ok && has.Origin == bot.FromChat:
		entry.Notes = append(entry.Notes, both("Der Raum bleibt, wie er im Chat mit !raum gesetzt wurde: %s", "The room stays as it was set in chat with !raum: %s", tableID(string(has.ID))))
	default:
		var free bool
		if bound, free = im.claim(row, id, entry); !free {
			return
		}
		if ok {
			im.rooms[has.ID] = bot.Room{ID: has.ID, Language: has.Language, Joined: has.Joined, Version: has.Version}
			im.moved[has.ID] = true
		}
		note(colRoom, tableID(string(has.ID)), tableID(string(bound.ID)))
	}
	if row.Has[colLanguage] && bound.Language != row.Language {
		switch {
		case bound.ID == "":
			im.fail(row.Line, colLanguage, "Eine Sprache hat der Raum, und das Projekt hat keinen; bitte geben Sie den Raum an.",
				"The language is the room's, and the project has none; please give the room.")
			return
		case im.reads[bound.ID]:
			entry.Notes = append(entry.Notes, both("Die Sprache des Raums bestimmt die Konfiguration.", "The room's language is the configuration's to say."))
		case row.Language == "" && bound.Origin == bot.FromChat:
			// No language named, and somebody chose one in the room.
		default:
			note(colLanguage, string(bound.Language), string(row.Language))
			bound.Language = row.Language
		}
	}
	if bound.ID != "" && (bound != im.rooms[bound.ID] || bound.Version == 0 && row.Room != "") {
		im.rooms[bound.ID] = bound
		im.moved[bound.ID] = true
	}
}

// claim takes the room for the project, if it may be taken.
func (im *importer) claim(row projectRow, id bot.ProjectID, entry *importEntry) (bot.Room, bool) {
	room := im.rooms[row.Room]
	room.ID = row.Room
	switch {
	case room.Kind == bot.RoomProject && room.Origin == bot.FromChat:
		entry.Notes = append(entry.Notes, both("Der Raum %s bleibt beim Projekt «%s», wie im Chat mit !raum gesetzt.", "The room %s stays with the project %q, as set in chat with !raum.",
			tableID(string(room.ID)), string(room.Project)))
		return room, false
	case room.Kind == bot.RoomProject:
		entry.Notes = append(entry.Notes, both("Der Raum gehörte bisher zum Projekt «%s».", "Until now the room was that of the project %q.", string(room.Project)))
	case room.Kind != "":
		im.fail(row.Line, colRoom, "Dieser Raum ist etwas anderes (%s); ein Projekt braucht einen eigenen.", "This room is something else (%s); a project needs its own.", string(room.Kind))
		return room, false
	}
	room.Kind, room.Project, room.Origin = bot.RoomProject, id, bot.FromImport
	return room, true
}
