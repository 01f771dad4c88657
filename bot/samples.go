package bot

import (
	"maps"
	"time"

	"lotse/bot/calendar"
)

// Samples returns, for every template, data to execute it on: at start, so that
// a faulty template is found before anything is sent, and in tests. Together the
// samples of a template take every branch of it. People and projects in them are
// invented.
func Samples() map[string][]any {
	all := checkSamples()
	maps.Copy(all, replySamples())
	maps.Copy(all, escalationSamples())
	maps.Copy(all, meetupSamples())
	maps.Copy(all, noticeSamples())
	maps.Copy(all, topicSamples())
	return all
}

// The cast of the samples.
var (
	sampleLead     = Person{ID: "maria", Name: "Maria Beispiel", Accounts: []UserID{"matrix:@maria:example.org"}}
	sampleColead   = Person{ID: "jens", Name: "Jens Muster", Accounts: []UserID{"matrix:@jens:example.org"}}
	sampleDeputy   = Person{ID: "kim", Name: "Kim Vertretung", Accounts: []UserID{"matrix:@kim:example.org"}}
	sampleElsewho  = Person{ID: "toni", Name: "Toni Anderswo"} // no account on the chat
	samplePMO      = Person{ID: "petra", Name: "Petra Probe", Accounts: []UserID{"matrix:@petra:example.org"}}
	sampleProject  = ProjectName{ID: "serviceportal", Name: "Serviceportal"}
	sampleArchive  = ProjectName{ID: "hausaktenarchiv", Name: "Hausaktenarchiv"}
	sampleRecord   = ProjectName{ID: "eakte", Name: "eAkte"}
	sampleLearning = ProjectName{ID: "elearning", Name: "eLearning"}
	sampleInbox    = ProjectName{ID: "posteingang", Name: "Digitalisierung Posteingang"}
	sampleChange   = ProjectName{ID: "change", Name: "Change + Kommunikation"}
)

// sampleTime is a local time in November 2026; days over 30 are in December.
func sampleTime(day, hour, minute int) time.Time {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil { // no time zones on this machine: an hour off does not matter here
		zone = time.UTC
	}
	return time.Date(2026, time.November, day, hour, minute, 0, 0, zone)
}

func sampleTasks() []TaskLine {
	return []TaskLine{
		{Number: 1, Text: "Schnittstelle zum Melderegister testen", State: TaskDoing},
		{Number: 2, Text: "Schulung der Bürgerbüros planen", State: TaskToDo},
		{Number: 10, Text: "Datenschutzfolgenabschätzung mit *allen* Ämtern abstimmen", State: TaskToDo},
	}
}

// checkSamples is the data for what the Projektcheck says: words.go.
func checkSamples() map[string][]any {
	all := map[string][]any{}
	for _, samples := range []map[string][]any{askSamples(), reportSamples(), planSamples(), roomSamples(), errorSamples(), formSamples()} {
		maps.Copy(all, samples)
	}
	return all
}

// askSamples is what a project's thread asks.
func askSamples() map[string][]any {
	check, deadline := sampleTime(25, 10, 0), sampleTime(24, 14, 0)
	opening := Opening{
		Project: sampleProject, To: []Person{sampleLead}, Now: sampleTime(18, 9, 0), Check: check, Deadline: deadline,
		Last: sampleTime(4, 10, 0), Repeatable: true, Reactions: true, Tasks: sampleTasks(), Questions: 4,
	}
	first := opening
	first.Last, first.Repeatable, first.Tasks, first.Shifted = time.Time{}, false, nil, "Buß- und Bettag"
	deputy := opening
	deputy.To, deputy.For, deputy.Again = []Person{sampleDeputy}, []Person{sampleLead, sampleElsewho}, true
	plain := opening
	plain.To, plain.Reactions, plain.Repeatable, plain.Now = []Person{sampleLead, sampleColead}, false, false, sampleTime(18, 13, 0)
	plain.Tasks, plain.Pending = plain.Tasks[:1], samplePending()[:2]

	deputies := plain
	deputies.To, deputies.For, deputies.Pending = []Person{sampleDeputy, sampleColead}, []Person{sampleLead}, nil

	form, empty := opening, first
	form.Reactions, form.Form, empty.Reactions, empty.Form = false, true, false, true

	status := Asking{Project: sampleProject, Field: FieldStatus, Before: Green, Reactions: true}
	texts := map[Field]string{
		FieldStatus:        "Der Test läuft nach Plan",
		FieldOutlook:       "Schulung planen\nSchnittstelle testen",
		FieldBlocker:       "Die Freigabe der Schnittstelle fehlt seit dem 20. Oktober.",
		FieldDecision:      "DM: Vorrang in der IT-Abteilung, bis 2. Dezember",
		FieldCommunication: "Newsletter an alle Ämter",
	}
	samples := map[string][]any{
		"check.opening": {opening, first, deputy, plain, deputies, form, empty},
		"check.light": {
			status,
			Asking{Project: sampleProject, Field: FieldOutlook, Text: "Schulung planen"},
		},
		"check.reason": {
			Asking{Project: sampleProject, Field: FieldStatus, Light: Red, Before: Yellow, Reactions: true},
			Asking{Project: sampleProject, Field: FieldOutlook, Light: Yellow, Before: Green},
			Asking{Project: sampleProject, Field: FieldStatus, Light: Red},
		},
		"check.reminder": {
			Reminder{
				Project: sampleProject, To: []Person{sampleLead}, Check: check, Deadline: deadline, Now: sampleTime(20, 9, 0),
				Missing: []Field{FieldStatus, FieldOutlook, FieldBlocker, FieldDecision}, N: 1,
			},
			Reminder{
				Project: sampleProject, To: []Person{sampleLead, sampleColead}, Check: check, Deadline: deadline, Now: sampleTime(23, 9, 0),
				Missing: []Field{FieldBlocker}, N: 2, Last: true,
			},
			Reminder{
				Project: sampleProject, To: []Person{sampleDeputy}, Check: check, Deadline: deadline, Now: sampleTime(24, 11, 30),
				Missing: []Field{FieldOutlook, FieldDecision}, N: 2, Last: true,
			},
		},
	}
	for _, f := range Fields() {
		asked := Asking{Project: sampleProject, Field: f, Reactions: true, Text: texts[f]}
		if f.HasLight() {
			asked.Before, asked.Tasks = Green, f == FieldOutlook
		}
		name := "check.question." + string(f)
		samples[name] = []any{
			asked,
			Asking{Project: sampleProject, Field: f}, // for the first time, without reactions
			Asking{Project: sampleProject, Field: f, Reactions: true, Again: true}, // taken back
		}
	}
	return samples
}

func sampleLines() []SummaryLine {
	return []SummaryLine{
		{Field: FieldStatus, Light: Yellow, Before: Green, Text: "Die Schnittstelle kommt später.\nDer Termin im März hält.", Changed: true},
		{Field: FieldOutlook, Light: Yellow, Before: Yellow, Text: "Schulung der Bürgerbüros planen"},
		{Field: FieldBlocker, Text: "Freigabe der Schnittstelle fehlt seit dem 20. Oktober", Changed: true},
		{Field: FieldDecision, None: true},
		{Field: FieldCommunication, Text: "Newsletter an alle Ämter"},
	}
}

// reportSamples is what reports become: summary, overview, agenda.
func reportSamples() map[string][]any {
	check, deadline, last := sampleTime(25, 10, 0), sampleTime(24, 14, 0), sampleTime(4, 10, 0)
	lines := sampleLines()
	summary := Summary{
		Project: sampleProject, Check: check, Deadline: deadline, Lines: lines, Last: last,
		Doing: []TaskLine{{Number: 1, Text: "Schnittstelle zum Melderegister testen", State: TaskDoing}},
		ToDo:  []TaskLine{{Number: 2, Text: "Schulung der Bürgerbüros planen", State: TaskToDo}},
		Done:  []TaskLine{{Text: "Datenschutz geklärt", State: TaskDone}},
	}
	first := Summary{Project: sampleProject, Check: check, Deadline: deadline, Lines: []SummaryLine{
		{Field: FieldStatus, Light: Green},
		{Field: FieldOutlook, Light: Red, Text: "Ohne Freigabe kein Start", PMO: true},
		{Field: FieldBlocker, None: true, PMO: true},
		{Field: FieldDecision, Text: "DIKON: Grundsatz zur Anmeldung", PMO: true},
		{Field: FieldCommunication, None: true},
	}}
	late := summary
	late.Late, late.Doing, late.Done = true, nil, nil
	late.Lines = append([]SummaryLine{
		{Field: FieldStatus, Light: Yellow, Before: Yellow, Text: "Neuer Zeitplan liegt vor", Changed: true, Late: true},
		{Field: FieldOutlook, Light: Green, Before: Yellow, Changed: true, Late: true},
		{Field: FieldBlocker, None: true, Changed: true, Late: true},
	}, lines[3:]...)
	broken := summary
	broken.Missing, broken.Lines, broken.Done = []Field{FieldBlocker}, append(lines[:2:2], lines[3:]...), nil
	repeated := summary
	repeated.Repeated, repeated.Doing, repeated.Done, repeated.Lines = true, nil, nil, []SummaryLine{
		{Field: FieldStatus, Light: Green, Before: Green, Text: "Der Test läuft nach Plan"},
		{Field: FieldOutlook, Light: Green, Before: Green},
		{Field: FieldBlocker, None: true},
		{Field: FieldDecision, None: true},
	}
	folded := summary
	folded.Form = true
	return map[string][]any{
		"check.summary":  {summary, first, late, broken, repeated, folded},
		"check.overview": overviewSamples(),
		"check.stand":    standSamples(),
		"check.closed":   standSamples(),
		"check.agenda":   agendaSamples(),
	}
}

func sampleOverview() Overview {
	return Overview{
		Round: "2026-11-25", Check: sampleTime(25, 10, 0), Deadline: sampleTime(24, 14, 0), State: RoundOpen,
		Page: 1, Pages: 1, Total: 6, Complete: 4, Partial: 1, Missing: 1,
		Rows: []OverviewRow{
			{Project: sampleArchive, State: "missing", Missing: requiredFields(), Leads: []Person{sampleLead, sampleColead}, NoRoom: true},
			{Project: sampleLearning, State: "partial", Status: Green, Missing: []Field{FieldBlocker, FieldDecision}, Leads: []Person{sampleColead}},
			{Project: sampleProject, State: "complete", Status: Red, Before: Yellow, Outlook: Red, Blocker: true, Decision: true, Returned: true},
			{Project: sampleRecord, State: "complete", Status: Green, Before: Green, Outlook: Yellow, PMO: true},
			{Project: sampleInbox, State: "complete", Status: Green, Before: Yellow, Outlook: Green, Late: true},
			{Project: sampleChange, State: "complete", Status: Green, Outlook: Green},
		},
	}
}

func overviewSamples() []any {
	open := sampleOverview()
	closed := open
	closed.State, closed.Held, closed.Pages, closed.Rows = RoundClosed, true, 2, open.Rows[:4]
	second := closed
	second.Page, second.Rows = 2, open.Rows[4:]
	published, done, cancelled := open, open, open
	published.State = RoundPublished
	done.State, done.Rows = RoundDone, nil
	cancelled.State, cancelled.Rows = RoundCancelled, nil
	return []any{open, closed, second, published, done, cancelled}
}

func standSamples() []any {
	some := sampleOverview()
	all := some
	all.Rows, all.Complete, all.Partial, all.Missing, all.Total = some.Rows[3:], 3, 0, 0, 3
	page := some
	page.Page, page.Pages, page.Rows = 2, 2, some.Rows[4:]
	some.Reminded = true
	done := Overview{Round: some.Round, Check: some.Check, Deadline: some.Deadline, State: RoundDone, Page: 1, Pages: 1, Total: 6, Complete: 6}
	cancelled := done
	cancelled.State = RoundCancelled
	return []any{some, all, page, done, cancelled}
}

func agendaSamples() []any {
	status := func(light, before Light, text string) SummaryLine {
		return SummaryLine{Field: FieldStatus, Light: light, Before: before, Text: text}
	}
	outlook := func(light, before Light) SummaryLine {
		return SummaryLine{Field: FieldOutlook, Light: light, Before: before}
	}
	agenda := Agenda{
		Round: "2026-11-25", Check: sampleTime(25, 10, 0), Page: 1, Pages: 1, Projects: 9, Green: 4, Yellow: 2, Red: 2, Missing: 1, DM: true,
		Sections: []AgendaSection{
			{Name: "changed-red", Entries: []AgendaEntry{{
				Project: sampleProject, Leads: []Person{sampleLead}, Status: status(Red, Yellow, "Die Vergabe ist gescheitert."),
				Outlook: SummaryLine{Field: FieldOutlook, Light: Red, Before: Yellow, Text: "Ohne Vergabe kein Start im Januar", Changed: true},
				Blocker: "Ohne neuen Vertrag keine Schnittstelle", Decision: "DM: Vorrang in der IT-Abteilung, bis 2. Dezember", Changed: true,
				Tasks: []TaskLine{{Text: "Neu ausschreiben"}, {Text: "Zwischenlösung prüfen"}},
			}}},
			{Name: "red", Entries: []AgendaEntry{{
				Project: sampleArchive, Leads: []Person{sampleLead, sampleColead}, Status: status(Red, Red, ""), Outlook: outlook(Yellow, Red),
				Unchanged: calendar.Date{Year: 2026, Month: time.October, Day: 14}, PMO: true,
			}}},
			{Name: "decision", Entries: []AgendaEntry{{
				Project: sampleRecord, Leads: []Person{sampleColead}, Status: status(Green, Green, ""), Outlook: outlook(Green, Green), Decision: "DIKON: Rat zur Reihenfolge der Ämter",
			}}},
			{Name: "changed", Entries: []AgendaEntry{{
				Project: sampleInbox, Status: status(Yellow, Green, "Scanner verspätet"), Outlook: outlook(Green, Green), Changed: true, Late: true,
				Missing: []Field{FieldDecision},
			}}},
			{Name: "yellow", Entries: []AgendaEntry{{
				Project: sampleLearning, Leads: []Person{sampleDeputy}, Status: status(Yellow, Yellow, "Zwei Kurse fehlen noch"), Outlook: outlook(Yellow, Yellow),
				Tasks: []TaskLine{{Text: "Kurse aufnehmen"}},
			}}},
			{Name: "rest", Entries: []AgendaEntry{
				{Project: sampleChange, Status: status(Green, Green, "läuft")}, {Project: ProjectName{ID: "ozg", Name: "OZG-Umsetzung"}, Status: status(Green, Green, "")},
				{Project: ProjectName{ID: "intranet", Name: "Intranet Relaunch"}, Status: status(Green, Green, "")},
				{Project: ProjectName{ID: "eid", Name: "Digitale Unterschrift"}, Missing: []Field{FieldStatus, FieldOutlook}, Blocker: "Anbieter antwortet nicht"},
			}},
			{Name: "missing", Entries: []AgendaEntry{
				{Project: ProjectName{ID: "beBPo", Name: "beBPo"}, Leads: []Person{sampleElsewho}, Status: status(Green, Green, "")},
				{Project: ProjectName{ID: "tk", Name: "TK-Anlagen"}},
			}},
		},
	}
	pmo := agenda
	pmo.DM, pmo.Revised, pmo.Pages, pmo.Red, pmo.Yellow, pmo.Missing, pmo.Sections = false, true, 2, 0, 0, 0, agenda.Sections[2:4]
	second := pmo
	second.Page, second.Sections = 2, agenda.Sections[4:]
	return []any{agenda, pmo, second}
}

// planSamples is what is said about the check itself, and to and fro about reports.
func planSamples() map[string][]any {
	old, moved, deadline, next := sampleTime(25, 10, 0), sampleTime(26, 14, 30), sampleTime(25, 14, 0), sampleTime(30+16, 10, 0)
	january := time.Date(2027, time.January, 7, 10, 0, 0, 0, old.Location())
	returned := Returned{
		Project: sampleProject, To: []Person{sampleLead}, By: samplePMO, Deadline: sampleTime(24, 14, 0),
		Question: "Was heißt „später“?\nGibt es schon einen Termin?",
	}
	late := returned
	late.Late = true
	answered := returned
	answered.Answer = "Mitte Januar.\nDer Vertrag ist unterschrieben."
	withdrawn := late
	return map[string][]any{
		"check.moved": {
			Moved{Project: sampleProject, To: []Person{sampleLead}, Old: old, New: moved, Deadline: deadline, Open: true, Reason: "Sondersitzung des Rates"},
			Moved{Project: sampleProject, Old: old, New: moved, Deadline: deadline},
			Moved{Old: old, New: moved, Deadline: deadline, Open: true, Reason: "Sondersitzung des Rates"},
			Moved{Old: old, New: january, Deadline: sampleTime(30+31, 14, 0)},
		},
		"check.added": {
			Added{Check: next, Agenda: deadline},
			Added{Check: next, Agenda: deadline, Again: true},
		},
		"check.cancelled": {
			Cancelled{Project: sampleProject, Check: old, Reason: "Weihnachtsfeier", Next: next},
			Cancelled{Check: old, Next: january},
			Cancelled{Check: old, Reason: "Haushaltsberatung"},
		},
		"check.shifted": {
			Shifted{Planned: calendar.Date{Year: 2027, Month: time.January, Day: 6}, Holiday: "Heilige Drei Könige", New: january, Rule: calendar.ShiftNext},
			Shifted{Planned: calendar.Date{Year: 2026, Month: time.December, Day: 24}, Holiday: "Heiligabend", Rule: calendar.ShiftSkip},
			Shifted{Planned: calendar.Date{Year: 2026, Month: time.November, Day: 25}, Holiday: "Betriebsausflug", New: old, Rule: calendar.ShiftKeep},
		},
		"check.returned":        {returned, late},
		"check.returned.answer": {answered, withdrawn},
		"check.entered": {
			Entered{Project: sampleProject, By: sampleDeputy, Lines: []SummaryLine{{Field: FieldStatus, Light: Yellow, Text: "Dienstleister fällt zwei Wochen aus"}}},
			Entered{Project: sampleProject, By: sampleDeputy, Lines: []SummaryLine{
				{Field: FieldOutlook, Light: Green}, {Field: FieldBlocker, None: true}, {Field: FieldDecision, None: true}, {Field: FieldCommunication, Text: "Rundschreiben"},
			}},
		},
		"check.over": {
			Over{Project: sampleProject, Check: old, Next: next},
			Over{Project: sampleProject, Check: old, Next: next, Running: true},
			Over{Project: sampleProject, Check: old},
		},
	}
}

// roomSamples is what is said about rooms, and to the PMO about the bot itself.
func roomSamples() map[string][]any {
	notes := func(kinds ...RoomKind) []any {
		var all []any
		for _, kind := range kinds {
			note := RoomNote{Kind: kind, Room: "matrix:!abc:example.org", BotName: "Lotse"}
			switch kind {
			case RoomProject:
				note.Project, note.Name = sampleProject, "Serviceportal – Projektraum"
			case RoomNetwork:
				note.Name = "Digilotsen"
			}
			all = append(all, note)
		}
		return all
	}
	down := Downtime{From: sampleTime(20, 8, 15), Until: sampleTime(23, 11, 40)}
	for i, kind := range []TimerKind{TimerRemind, TimerAsk, TimerOpen, TimerStand, TimerClose, TimerAgenda, TimerMoved, TimerCancel, TimerOverview, TimerAnnounce, TimerWeek, TimerEve, TimerSoon, TimerEnd} {
		line := DroppedLine{Kind: kind, Due: sampleTime(20, 9, 0), Count: 1 + i%3}
		if i < 2 {
			line.Projects, line.Count = []ProjectName{sampleProject, sampleRecord}, 2
		}
		if kind == TimerAnnounce || kind == TimerSoon {
			line.Networks = []string{"Digilotsen", "IT-Verantwortliche"}
		}
		down.Dropped = append(down.Dropped, line)
	}
	failed := []any{}
	for _, kind := range []EventKind{EventMessage, EventEdit, EventDeletion, EventReaction, EventInvitation, EventJoined} {
		failed = append(failed, Failed{Room: "matrix:!abc:example.org", Kind: kind})
	}
	failed = append(failed,
		Failed{Room: "matrix:!abc:example.org", Kind: EventMessage, Place: RoomProject, Project: sampleProject},
		Failed{Room: "matrix:!abc:example.org", Kind: EventReaction, Place: RoomDM}, Failed{Room: "matrix:!abc:example.org", Kind: EventEdit, Place: RoomDirect})
	for _, kind := range []TimerKind{TimerRemind, TimerAsk, TimerMoved, TimerCancel, TimerNudge, TimerDecide, TimerPass} {
		failed = append(failed, Failed{Timer: kind, Project: sampleProject})
	}
	for _, kind := range []TimerKind{TimerOpen, TimerStand, TimerClose, TimerAgenda, TimerOverview} {
		failed = append(failed, Failed{Timer: kind})
	}
	return map[string][]any{
		"room.joined": append(notes(RoomProject, RoomPMO, RoomDM, RoomDIKON, RoomNetwork, RoomDirect),
			RoomNote{Kind: RoomNetwork, Name: "Digilotsen", Room: "matrix:!abc:example.org", BotName: "Lotse", Meetup: sampleTime(33, 10, 0), Now: sampleTime(19, 9, 0)}),
		"room.unbound": notes(""),
		"room.refused": {
			RoomNote{Name: "Kaffeerunde", By: "@fremd:example.com", Room: "matrix:!abc:example.com"},
			RoomNote{By: "@fremd:example.com", Room: "matrix:!abc:example.com"},
			RoomNote{Name: "Digitale Projekte", By: "@maria:example.org", Room: "matrix:!abc:example.org", Space: true},
			RoomNote{More: true},
		},
		"room.left": notes(RoomProject, RoomPMO, ""),
		"room.silent": {
			RoomRefused{Kind: RoomProject, Project: sampleProject, Why: RefusedMute},
			RoomRefused{Kind: RoomNetwork, Network: "Digilotsen", Why: RefusedReactions},
			RoomRefused{Kind: RoomDirect, Person: sampleLead, Why: RefusedMute},
			RoomRefused{Kind: RoomDirect, Person: sampleLead, Waiting: []ProjectName{sampleProject, sampleRecord}, Why: RefusedAway},
			RoomRefused{Kind: RoomDirect, Person: sampleLead, Why: RefusedReactions},
			RoomRefused{Kind: RoomDM, Why: RefusedAway},
		},
		"room.moved": {
			RoomMoved{Kind: RoomProject, Project: sampleProject, State: MoveFollowed},
			RoomMoved{Kind: RoomPMO, State: MoveFollowed},
			RoomMoved{Kind: RoomDM, State: MoveUninvited},
			RoomMoved{Kind: RoomNetwork, Network: "Digilotsen", State: MoveUnproven},
			RoomMoved{Kind: RoomProject, Project: sampleProject, State: MoveClosed},
		},
		"note.downtime":    {down, Downtime{From: down.From, Until: down.Until}},
		"note.failed":      failed,
		"proof.unreadable": {Proof{At: sampleTime(24, 9, 14)}},
		"proof.doubt": {
			Proof{Doubt: DoubtDevice, At: sampleTime(24, 9, 14)}, Proof{Doubt: DoubtClear, At: sampleTime(24, 9, 14)},
			Proof{Doubt: DoubtIdentity, At: sampleTime(24, 9, 14)},
		},
		"note.restored": {
			FromBackup{Taken: sampleTime(23, 2, 0), At: sampleTime(23, 11, 40), Lived: sampleTime(23, 10, 55), Questions: 3, Reminders: 2, Reports: 1, Replies: 1, Others: 4, Due: 2, Spent: 100},
			FromBackup{Taken: sampleTime(23, 2, 0), At: sampleTime(23, 11, 40), Questions: 1, Reminders: 1, Reports: 2, Replies: 2, Others: 1, Due: 1},
			FromBackup{Taken: sampleTime(23, 2, 0), At: sampleTime(23, 11, 40)},
		},
	}
}

// errorSamples is what people are told they can mend.
func errorSamples() map[string][]any {
	at := sampleTime(25, 10, 0)
	return map[string][]any{
		"error.command": {UnknownCommand{Given: "!statsu", Nearest: "!status"}, UnknownCommand{Given: "!kaffee"}},
		"error.argument": {
			BadArgument{Command: "!status", Given: "lila", Example: "!status gelb Schnittstelle kommt später"},
			BadArgument{Command: "!erledigt", Example: "!erledigt 1 3"},
			BadArgument{Command: "!erledigt"},
		},
		"error.forbidden": {Forbidden{Command: "!status", Roles: []Role{RoleLead, RoleDeputy, RolePMO}}, Forbidden{Command: "!raum", Roles: []Role{RolePMO}}, Forbidden{Command: "!raum"}},
		"error.project": {
			UnknownProject{Given: "servicportal", Nearest: []ProjectName{sampleProject}, Example: "!status serviceportal gelb"},
			UnknownProject{Given: "kaffee"},
			UnknownProject{Nearest: []ProjectName{sampleProject, sampleRecord, sampleArchive}, Example: "!status serviceportal gelb"},
			UnknownProject{Example: "!status serviceportal gelb"},
		},
		"error.round": {NoRound{Next: at}, NoRound{}},
		"error.pace":  {TooFast{Until: sampleTime(25, 10, 3)}},
		"error.long":  {TooLong{Got: 102400, Max: 2000}},
		"error.tasks": {TooLong{Got: 20, Max: 20}},
		"error.task": {
			UnknownTask{Number: 7, Project: sampleProject, Open: sampleTasks()},
			UnknownTask{Number: 1, Project: sampleProject},
		},
		"error.date": {
			BadDate{At: at, Why: "past"}, BadDate{At: at, Why: "taken"}, BadDate{At: at, Why: "over"}, BadDate{At: at, Why: "soon"}, BadDate{At: at, Why: "cancelled"}, BadDate{At: at},
		},
		"error.repeat": {
			CannotRepeat{Why: "first"}, CannotRepeat{Why: "red"}, CannotRepeat{Why: "often"}, CannotRepeat{Why: "done"}, CannotRepeat{},
		},
		"error.empty": {
			Asking{Project: sampleProject, Field: FieldStatus, Reactions: true},
			Asking{Project: sampleProject, Field: FieldOutlook},
			Asking{Project: sampleProject, Field: FieldBlocker},
			Asking{Project: sampleProject, Field: FieldCommunication},
			Asking{Project: sampleProject, Field: FieldReturn},
			Asking{},
		},
		"error.light": {
			Asking{Project: sampleProject, Field: FieldStatus, Text: "die Schnittstelle kommt später"},
			Asking{Project: sampleProject, Field: FieldOutlook},
		},
		"error.internal": {Internal{Event: "matrix:$Q2hlY2s"}},
	}
}
