package bot

import (
	"maps"
	"strings"

	"lotse/bot/calendar"
)

// replySamples is the data for the answers to commands: reply.go. The texts help.*
// (what a command does) and want.* (what it expects) take no data.
func replySamples() map[string][]any {
	all := map[string][]any{}
	for prefix, names := range map[string]string{"help.": sampleHelps, "want.": sampleWants} {
		for name := range strings.FieldsSeq(names) {
			all[prefix+name] = []any{nil}
		}
	}
	for _, samples := range []map[string][]any{helpSamples(), leadSamples(), projectSamples(), boundSamples(), checkReplySamples(), boardSamples(), privacySamples(), feedSamples(), accountSamples()} {
		maps.Copy(all, samples)
	}
	return all
}

const (
	sampleHelps = `help status outlook blocker decision communication task task.begun task.done open deputy board dates
		escalation escalation.show escalation.done escalation.withdraw escalation.aside escalation.wish escalation.due escalation.weighty
		escalation.normal escalation.urgent escalation.solve escalation.route escalations resolution
		project project.show project.list project.new project.change project.pause project.resume project.release project.archive
		room room.project room.pmo room.dm room.dikon room.network room.language room.free
		check.dates check.move check.cancel check.new check.start check.stand check.close check.hold inquiry resume resume.drop privacy
		notice notice.send notice.cancel notice.change notice.back quiet quiet.off account account.link account.unlink
		feeds feeds.new feeds.revoke projects rooms checks meetups networks`
	sampleWants = `light outlook blocker decision communication text task numbers question person people span until
		name property value.name value.leads value.period value.vision value.goals value.link value.room list
		room network language date checkdate move newcheck hold escalation number wish due solution council resolution
		notice notice.text notice.date feed feednumber code`
)

// sampleDay is a date in November 2026; days over 30 are in December.
func sampleDay(day int) calendar.Date { return calendar.DateOf(sampleTime(day, 12, 0)) }

func helpSamples() map[string][]any {
	leads := []Role{RoleLead, RoleDeputy, RolePMO}
	status := HelpLine{Name: "status", Word: "status", Usage: []string{"!status FARBE STICHWORTE"}, Example: "!status gelb Schnittstelle kommt später", Roles: leads}
	task := HelpLine{Name: "task", Word: "aufgabe", Usage: []string{"!aufgabe STICHWORTE", "!aufgabe 2 NEUE WORTE"}, Example: "!aufgabe Schulung planen", Roles: leads}
	board := HelpLine{Name: "board", Word: "board", Usage: []string{"!board", "!board PROJEKT"}, Example: "!board"}
	bind := HelpLine{Name: "room.project", Word: "raum", Usage: []string{"!raum projekt PROJEKT"}, Example: "!raum projekt serviceportal", Roles: []Role{RolePMO}}
	rooms := HelpLine{Name: "rooms", Word: "raum", Usage: []string{"!raum"}, Forms: []string{"projekt", "pmo", "frei"}}
	return map[string][]any{
		"reply.help": {
			Help{BotName: "Lotse", Kind: RoomProject, Project: sampleProject, Roles: []Role{RoleLead}, Enters: true, Commands: []HelpLine{status, task, board}},
			Help{BotName: "Lotse", Kind: RoomPMO, Roles: []Role{RolePMO}, Enters: true, Commands: []HelpLine{status, bind}},
			Help{BotName: "Lotse", Roles: []Role{RolePMO}, Commands: []HelpLine{bind}},
			Help{BotName: "Lotse", Kind: RoomPMO, Roles: []Role{RolePMO}, Enters: true, Commands: []HelpLine{status, rooms}, Group: "raum"},
			Help{BotName: "Lotse", Roles: []Role{RolePMO}, Commands: []HelpLine{rooms}, Group: "raum"},
			Help{BotName: "Lotse", Kind: RoomDirect, Direct: true, Commands: []HelpLine{board}},
			Help{BotName: "Lotse", Kind: RoomProject, Project: sampleProject, Commands: []HelpLine{status}, Detail: true},
			Help{BotName: "Lotse", Kind: RoomPMO, Commands: []HelpLine{task, board}, Detail: true},
		},
		"reply.refused": {
			Refused{Command: "!vertretung", Why: "noreason", Example: "!vertretung @Maria Beispiel bis 31.12."},
			Refused{Command: "!blocker", Why: "elsewhere", Given: "Serviceportal"},
			Refused{Command: "!status", Why: "active", Given: "Serviceportal"},
			Refused{Command: "!vertretung", Why: "otherperson", Given: "Maria Beispiel"},
			Refused{Command: "!projekt neu", Why: "newname", Given: "Serviceportal"},
			Refused{Command: "!raum pmo", Why: "notdirect"},
			Refused{Command: "!nachfrage", Why: "notasked", Given: "Serviceportal"},
			Refused{Command: "!weiter", Why: "running"},
			Refused{Command: "!projekt pause", Why: "requested", Given: "Serviceportal", Example: "!projekt freigeben serviceportal"},
			Refused{Command: "!projekt freigeben", Why: "released", Given: "Serviceportal"},
			Refused{Command: "!eskalation", Why: "nobody", Given: "Serviceportal", Example: "!projekt ändern serviceportal leitung @Maria Beispiel"},
			Refused{Command: "!raum frei", Why: "nothing", Given: "bitte sofort"},
			Refused{Command: "!kalender neu", Why: "noweb"},
		},
		"reply.elsewhere": {
			Elsewhere{Why: "public", Command: "!board"},
			Elsewhere{Why: "unbound", Command: "!status", PMO: true},
			Elsewhere{Why: "room", Command: "!board", Project: sampleProject},
			Elsewhere{Why: "room", Command: "!projekt liste"},
		},
	}
}

func leadSamples() map[string][]any {
	check, deadline := sampleTime(25, 10, 0), sampleTime(24, 14, 0)
	tasks := sampleTasks()
	deputy := DeputyLine{Person: sampleDeputy, From: sampleDay(20), Until: sampleDay(61), Acting: true}
	later := DeputyLine{Person: sampleDeputy, From: sampleDay(31), Until: sampleDay(35)}
	other := DeputyLine{Person: sampleElsewho, From: sampleDay(20), Until: sampleDay(40), Acting: true}
	return map[string][]any{
		"reply.open": {
			Open{Next: sampleTime(46, 10, 0), Projects: 1},
			Open{},
			Open{Running: true, Check: check, Deadline: deadline, PMO: true},
			Open{Running: true, Check: check, Deadline: deadline, Projects: 4, Hidden: 1,
				Items: []OpenItem{
					{Project: sampleProject, Missing: []Field{FieldBlocker, FieldDecision}},
					{Project: sampleRecord, Reason: FieldStatus, Question: []string{"Bis wann liegt die Freigabe vor?"}, Deputies: []Person{sampleDeputy}},
				},
				Complete: []ProjectName{sampleLearning}},
			Open{Running: true, Check: check, Deadline: deadline, Late: true, Projects: 2, Hidden: 2},
			Open{Running: true, Check: check, Deadline: deadline, Projects: 2, Complete: []ProjectName{sampleProject, sampleRecord}},
			Open{Running: true, Check: check, Deadline: deadline, Projects: 1},
		},
		"reply.tasks": {
			TaskList{Project: sampleProject, Doing: tasks[:1], ToDo: tasks[1:], Done: []TaskLine{{Text: "Testfälle beschrieben", State: TaskDone}}},
			TaskList{Project: sampleProject},
		},
		"reply.task.dropped": {TaskGone{Project: sampleProject, Number: 2, Text: "Schulung planen"}, TaskGone{Project: sampleProject, Number: 2}},
		"reply.deputy": {
			Deputies{Project: sampleProject, Leads: []Person{sampleLead}, Set: &deputy, Running: true, Deadline: deadline},
			Deputies{Project: sampleProject, Leads: []Person{sampleLead, sampleColead}, Set: &later, Ended: []DeputyLine{other}, PMO: true},
			Deputies{Project: sampleProject, Set: &later},
			Deputies{Project: sampleProject, Leads: []Person{sampleLead}, Ended: []DeputyLine{deputy}, PMO: true},
			Deputies{Project: sampleProject, Leads: []Person{sampleLead, sampleColead}, Ended: []DeputyLine{deputy, other}},
			Deputies{Project: sampleProject, Leads: []Person{sampleLead}},
		},
		"reply.deputies": {
			Deputies{Project: sampleProject, Leads: []Person{sampleLead}, Current: []DeputyLine{deputy, later}},
			Deputies{Project: sampleProject, Leads: []Person{sampleLead}},
		},
		"reply.inquiry": {
			Inquired{Project: sampleProject, To: []Person{sampleLead}, Question: "Bis wann liegt die Freigabe vor?", Deadline: deadline},
			Inquired{Project: sampleProject, Question: "Bis wann liegt die Freigabe vor?", Deadline: deadline, Late: true},
		},
	}
}

func projectSamples() map[string][]any {
	tasks := sampleTasks()
	full := ProjectCard{
		Project: sampleProject, Leads: []Person{sampleLead, sampleColead}, State: ProjectActive, Period: "2025–2027",
		Deputies: []DeputyLine{{Person: sampleDeputy, From: sampleDay(20), Until: sampleDay(61), Acting: true}, {Person: sampleElsewho, From: sampleDay(62), Until: sampleDay(70)}},
		Vision:   "Alle Anträge an einem Ort.\nOhne Papier.",
		Goals:    []Goal{{ID: "1", Name: "Digitaler Bürgerservice"}, {ID: "3", Name: "Digitale Verwaltung"}},
		Link:     "https://example.org/serviceportal", Room: true,
		Lines: []SummaryLine{
			{Field: FieldStatus, Light: Yellow, Text: "Die Schnittstelle kommt eine Woche später.", PMO: true},
			{Field: FieldOutlook, Light: Green, Late: true},
			{Field: FieldBlocker, None: true},
			{Field: FieldDecision, Text: "DM: Priorität in der IT"},
			{Field: FieldCommunication, None: true},
		},
		Check: sampleTime(25, 10, 0), Changed: sampleDay(20), Doing: tasks[:1], ToDo: tasks[1:],
		Done: []TaskLine{{Text: "Testfälle beschrieben", State: TaskDone}}, Escalations: samplePending(),
	}
	requested := ProjectCard{Project: sampleLearning, State: ProjectRequested, Escalations: []EscalationLine{sampleRelease().Line()}}
	return map[string][]any{
		"reply.project": {
			full, requested,
			ProjectCard{Project: sampleArchive, State: ProjectPaused, Resumes: sampleDay(63)},
			ProjectCard{Project: sampleArchive, State: ProjectPaused, Changed: sampleDay(20)},
			ProjectCard{Project: sampleArchive, State: ProjectArchived},
		},
		"reply.projects": {
			ProjectList{Page: 1, Pages: 2, Total: 61, Archived: true, Lines: []ProjectLine{
				{Project: sampleProject, Leads: []Person{sampleLead}, State: ProjectActive, Room: true},
				{Project: sampleRecord, Leads: []Person{sampleLead, sampleColead}, State: ProjectPaused, Resumes: sampleDay(63)},
				{Project: sampleLearning, State: ProjectPaused, Room: true},
				{Project: sampleArchive, State: ProjectArchived},
				{Project: sampleInbox, State: ProjectRequested, Room: true},
			}},
			ProjectList{Page: 1, Pages: 1, Total: 1, Own: true, Lines: []ProjectLine{{Project: sampleProject, Leads: []Person{sampleLead}, State: ProjectActive, Room: true}}},
			ProjectList{Page: 1, Pages: 1},
		},
		"reply.project.new": {
			ProjectNew{Project: sampleProject, Leads: []Person{sampleLead}, Next: sampleTime(25, 10, 0)},
			ProjectNew{Project: sampleProject, Running: true},
			ProjectNew{Project: sampleProject, Leads: []Person{sampleLead}, Next: sampleTime(25, 10, 0), Release: 14},
			ProjectNew{Project: sampleProject},
		},
		"reply.project.changed": {
			ProjectChanged{Project: sampleProject, Property: "name", Old: "Portal", New: "Serviceportal", Undo: "!projekt ändern serviceportal name Portal"},
			ProjectChanged{Project: sampleProject, Property: "leads", Leads: []Person{sampleLead, sampleColead}, Before: []Person{sampleElsewho}},
			ProjectChanged{Project: sampleProject, Property: "leads", Leads: []Person{sampleLead}},
			ProjectChanged{Project: sampleProject, Property: "goals", Goals: []Goal{{ID: "1", Name: "Digitaler Bürgerservice"}, {ID: "3", Name: "Digitale Verwaltung"}}},
			ProjectChanged{Project: sampleProject, Property: "goals"},
			ProjectChanged{Project: sampleProject, Property: "period", New: "2025–2027", Undo: "!projekt ändern serviceportal zeitraum –"},
			ProjectChanged{Project: sampleProject, Property: "vision", Old: "Alles digital", Undo: "!projekt ändern serviceportal vision Alles digital"},
			ProjectChanged{Project: sampleProject, Property: "link", New: "https://example.org"},
		},
		"reply.project.state": {
			ProjectStated{Project: sampleProject, State: ProjectPaused, Before: ProjectActive, Resumes: sampleDay(63), Running: true, Undo: "!projekt weiter serviceportal"},
			ProjectStated{Project: sampleProject, State: ProjectPaused, Before: ProjectActive, Undo: "!projekt weiter serviceportal"},
			ProjectStated{Project: sampleProject, State: ProjectArchived, Before: ProjectActive, Undo: "!projekt weiter serviceportal"},
			ProjectStated{Project: sampleProject, State: ProjectActive, Before: ProjectArchived, Undo: "!projekt archiv serviceportal"},
			ProjectStated{Project: sampleProject, State: ProjectActive, Before: ProjectPaused, Running: true, Undo: "!projekt pause serviceportal"},
			ProjectStated{Project: sampleProject, State: ProjectActive, Before: ProjectPaused, Running: true, Asked: true, Undo: "!projekt pause serviceportal"},
			ProjectStated{Project: sampleProject, State: ProjectActive, Before: ProjectRequested},
			ProjectStated{Project: sampleProject, State: ProjectActive, Before: ProjectRequested, Running: true},
			ProjectStated{Project: sampleProject, State: ProjectRequested, Before: ProjectArchived, Release: 14, Undo: "!projekt archiv serviceportal"},
			ProjectStated{Project: sampleProject, State: ProjectActive, Same: true},
			ProjectStated{Project: sampleProject, State: ProjectPaused, Same: true},
			ProjectStated{Project: sampleProject, State: ProjectArchived, Same: true},
			ProjectStated{Project: sampleProject, State: ProjectRequested, Same: true},
		},
	}
}

func boundSamples() map[string][]any {
	free := RoomCard{Language: German, Default: true, Joined: true}
	project := RoomCard{Kind: RoomProject, Project: sampleProject, Language: German, Default: true, Joined: true}
	network := RoomCard{Kind: RoomNetwork, Network: "Digilotsen", Language: GermanDu, Joined: true}
	pmo := RoomCard{Kind: RoomPMO, Language: English, Joined: true}
	dm := RoomCard{Kind: RoomDM, Language: German, Joined: true}
	dikon := RoomCard{Kind: RoomDIKON, Language: German, Joined: true}
	direct := RoomCard{Kind: RoomDirect, Language: German, Default: true, Joined: true}
	return map[string][]any{
		"reply.room": {free, project, network, pmo, direct},
		"reply.room.bound": {
			RoomBound{Room: project, Before: free, Running: true, Freed: true, Undo: "!raum frei"},
			RoomBound{Room: network, Before: pmo, LostKind: RoomPMO, Undo: "!raum pmo"},
			RoomBound{Room: pmo, Before: free, Undo: "!raum frei"},
			RoomBound{Room: dm, Before: free, Undo: "!raum frei"},
			RoomBound{Room: dikon, Before: free, Undo: "!raum frei"},
			RoomBound{Room: free, Before: project, Lost: sampleProject, Undo: "!raum projekt serviceportal"},
			RoomBound{Room: project, Before: project, Same: true},
			RoomBound{Room: network, Before: network, Same: true},
			RoomBound{Room: pmo, Before: free, Language: true, Undo: "!raum sprache de"},
			RoomBound{Room: network, Before: free, Language: true, Undo: "!raum sprache de"},
			RoomBound{Room: dm, Before: pmo, Language: true, Undo: "!room language en"},
			RoomBound{Room: dm, Before: dm, Language: true, Same: true},
		},
	}
}

func checkReplySamples() map[string][]any {
	check, opens, deadline, agenda := sampleTime(25, 10, 0), sampleTime(18, 9, 0), sampleTime(24, 14, 0), sampleTime(24, 16, 0)
	return map[string][]any{
		"reply.dates": {
			Dates{PMO: true, Lines: []DateLine{
				{Check: check, Opens: opens, Deadline: deadline, State: RoundPlanned, Planned: sampleDay(25)},
				{Check: sampleTime(47, 10, 0), State: RoundPlanned, Planned: sampleDay(46), Shifted: "Allerheiligen"},
				{Check: sampleTime(67, 10, 0), State: RoundCancelled, Planned: sampleDay(67), Cancelled: true, Shifted: "Heilige Drei Könige"},
				{Check: sampleTime(69, 10, 0), State: RoundCancelled, Planned: sampleDay(69), Cancelled: true, Reason: "weil die Verwaltungskonferenz tagt"},
				{State: RoundCancelled, Planned: sampleDay(70), Cancelled: true},
				{Check: sampleTime(72, 10, 0), State: RoundPlanned, Planned: sampleDay(72), Extra: true},
				{Check: sampleTime(74, 10, 0), State: RoundPlanned, Planned: sampleDay(73), Moved: true},
			}},
			Dates{Lines: []DateLine{{Check: check, Opens: opens, Deadline: deadline, State: RoundOpen, Planned: sampleDay(25)}}},
			Dates{Lines: []DateLine{{Check: check, Opens: opens, Deadline: deadline, State: RoundClosed, Planned: sampleDay(25)}}},
			Dates{Lines: []DateLine{{Check: check, Opens: opens, Deadline: deadline, State: RoundPublished, Planned: sampleDay(25)}}},
			Dates{PMO: true},
			Dates{Meetups: sampleMeetups(), Now: sampleTime(19, 9, 0)},
			Dates{},
		},
		"reply.check.moved": {
			CheckChanged{Check: sampleTime(32, 10, 0), Old: check, Opens: sampleTime(25, 9, 0), Deadline: sampleTime(31, 14, 0), Agenda: sampleTime(31, 16, 0),
				Running: true, Reason: "weil der Saal belegt ist", Undo: "!projektcheck verschieben 02.12.2026 auf 25.11.2026 10:00"},
			CheckChanged{Check: sampleTime(28, 10, 0), Old: check, Opens: opens, Deadline: deadline, Agenda: agenda, Weekend: true, Undo: "!projektcheck verschieben 28.11.2026 auf 25.11.2026 10:00"},
			CheckChanged{Check: sampleTime(55, 10, 0), Old: check, Opens: opens, Deadline: deadline, Agenda: agenda, DayOff: "1. Weihnachtstag", Undo: "!projektcheck verschieben 25.12.2026 auf 25.11.2026 10:00"},
		},
		"reply.check.cancelled": {
			CheckChanged{Check: check, Running: true, Reason: "weil die Verwaltungskonferenz tagt", Next: sampleTime(46, 10, 0), Undo: "!projektcheck neu 25.11.2026 10:00"},
			CheckChanged{Check: check, Undo: "!projektcheck neu 25.11.2026 10:00"},
		},
		"reply.check.added": {
			CheckChanged{Check: check, Again: true, Opens: opens, Deadline: deadline, Agenda: agenda, Undo: "!projektcheck absagen 25.11.2026"},
			CheckChanged{Check: check, Opens: opens, Deadline: deadline, Agenda: agenda, Undo: "!projektcheck absagen 25.11.2026"},
			CheckChanged{Check: sampleTime(55, 10, 0), Opens: opens, Deadline: deadline, Agenda: agenda, DayOff: "1. Weihnachtstag", Undo: "!projektcheck absagen 25.12.2026"},
			CheckChanged{Check: sampleTime(28, 10, 0), Opens: opens, Deadline: deadline, Agenda: agenda, Weekend: true, Undo: "!projektcheck absagen 28.11.2026"},
		},
		"reply.check.started": {
			CheckChanged{Check: check, Deadline: deadline, Projects: 20},
			CheckChanged{Check: check, Deadline: deadline},
		},
		"reply.check.closed": {
			CheckChanged{Check: check, Agenda: agenda},
			CheckChanged{Check: check, Held: true},
			CheckChanged{Check: check},
		},
		"reply.resumed": {
			Resumed{Backup: FromBackup{Questions: 3, Reminders: 2, Others: 1, Due: 2}},
			Resumed{Backup: FromBackup{Questions: 1}},
			Resumed{Dropped: true, Backup: FromBackup{Questions: 3, Due: 1}},
			Resumed{Dropped: true, Backup: FromBackup{Questions: 1}},
			Resumed{Dropped: true},
			Resumed{},
		},
		"reply.check.held": {
			CheckChanged{Check: check, Held: true, Undo: "!projektcheck halten aus"},
			CheckChanged{Check: check, Agenda: agenda, Undo: "!projektcheck halten"},
			CheckChanged{Check: check, Undo: "!projektcheck halten"},
		},
	}
}

func boardSamples() map[string][]any {
	rows := []BoardRow{
		{Project: sampleProject, Leads: []Person{sampleLead}, Status: SummaryLine{Field: FieldStatus, Light: Yellow, Text: "Die Schnittstelle kommt eine Woche später."},
			Outlook: SummaryLine{Field: FieldOutlook, Light: Red}, Blocker: "Freigabe der IT-Sicherheit fehlt", Decision: "DM: Priorität in der IT",
			Changed: sampleDay(20), Fresh: true, State: ProjectActive, Reported: true, Escalations: samplePending()},
		{Project: sampleRecord, Status: SummaryLine{Field: FieldStatus, Light: Green}, Outlook: SummaryLine{Field: FieldOutlook, Light: Green},
			Changed: sampleDay(4), State: ProjectPaused, Resumes: sampleDay(63), Reported: true},
		{Project: sampleLearning, State: ProjectActive},
		{Project: sampleInbox, State: ProjectRequested, Escalations: []EscalationLine{sampleRelease().Line()}},
	}
	return map[string][]any{
		"reply.board": {
			Board{City: "Beispielstadt", Rows: rows, Page: 1, Pages: 1, Total: 3, Green: 1, Red: 1, Silent: 1},
			Board{City: "Beispielstadt", Rows: rows[:1], Page: 1, Pages: 2, Total: 1, Red: 1},
			Board{City: "Beispielstadt", Rows: rows[:1], Page: 2, Pages: 2, Total: 3},
			Board{Rows: rows[:1], Page: 1, Pages: 1, Total: 1, Red: 1, Own: true},
			Board{City: "Beispielstadt", Page: 1, Pages: 1},
		},
	}
}

func privacySamples() map[string][]any {
	line := func(s Statement) StatementLine {
		s.Project = sampleProject.ID
		l := StatementLine{Statement: s, Project: sampleProject}
		if s.Round != "" {
			l.Check = sampleDay(25)
		}
		return l
	}
	at := sampleTime(18, 9, 30)
	lines := []StatementLine{
		line(Statement{Kind: StatementAnswer, At: at, Round: "2026-11-25", Field: FieldStatus, Light: Yellow, Text: "Die Schnittstelle kommt eine Woche später.", Late: true}),
		line(Statement{Kind: StatementAnswer, At: at, Round: "2026-11-25", Field: FieldOutlook, Light: Green, PMO: true}),
		line(Statement{Kind: StatementAnswer, At: at, Field: FieldBlocker, None: true, Before: true}),
		line(Statement{Kind: StatementTask, Text: "Schulung der Bürgerbüros planen"}),
		line(Statement{Kind: StatementQuestion, At: at, Round: "2026-11-25", Text: "Bis wann liegt die Freigabe vor?"}),
		line(Statement{Kind: StatementReply, At: at, Round: "2026-11-25", Text: "Bis Ende des Monats."}),
		line(Statement{Kind: StatementSaid, At: at, Text: "Die Freigabe der IT-Sicherheit fehlt."}),
		line(Statement{Kind: StatementSaid, At: at, Number: 12, Text: "Die Freigabe der IT-Sicherheit fehlt."}),
		line(Statement{Kind: StatementVote, At: at, Number: 12, Choice: ChooseYes}),
	}
	lines = append(lines, StatementLine{Statement: Statement{Kind: StatementNotice, At: at, Number: 3, Text: "Die Anmeldung zur Schulung ist offen."}})
	for _, kind := range []EntryKind{
		EntryVote, EntryUnvote, EntryDecided, EntryQuestion, EntryAnswer, EntryReason, EntryAdvice, EntryForwarded, EntryDone, EntryWithdrawn, EntryConfirmed,
	} {
		s := Statement{Kind: StatementEntry, At: at, Number: 12, Entry: kind, Role: RoleDM}
		switch kind {
		case EntryVote, EntryDecided:
			s.Choice = ChooseYes
		case EntryAnswer:
			s.Role = ""
		}
		lines = append(lines, line(s))
	}
	meet := []Statement{
		{Kind: StatementMeetup, At: at, Meetup: "digilotsen-2026-12-03", Text: "Was die eAkte im Alltag ändert"},
		{Kind: StatementTopic, At: at, Meetup: "digilotsen-2026-12-03", Number: 3},
		{Kind: StatementComing, At: at, Meetup: "digilotsen-2026-12-03", Text: "👍"},
	}
	for _, s := range meet {
		lines = append(lines, StatementLine{Statement: s})
	}
	dossier := Dossier{Person: sampleLead, Hosting: []string{"Digilotsen"}, Waiting: 1, Directs: 1, Quiet: 1, Projects: []Answering{
		{Project: sampleProject, Role: RoleLead}, {Project: sampleRecord, Role: RoleDeputy, From: sampleDay(20), Until: sampleDay(61)},
	}}
	for _, l := range lines {
		dossier.Statements = append(dossier.Statements, l.Statement)
	}
	dossier.Person.Accounts = append(dossier.Person.Accounts, "matrix:@mb:example.org")
	settings := &Settings{Roles: map[Role][]PersonID{RolePMO: {sampleLead.ID}, RoleDM: {sampleLead.ID}}, Retention: Retention{Reports: 24, Messages: 90, Decisions: 10}}
	all := Snapshot{Settings: settings, Person: &dossier.Person, Dossier: &dossier, Now: sampleTime(20, 10, 0), User: dossier.Person.Accounts[0]}.Privacy()
	all.Lines, all.Page, all.Pages, all.File = lines, 1, 1, true
	first, second, quiet, stranger := all, all, all, all
	first.Pages, first.Lines = 2, lines[:1]
	second.Page, second.Pages, second.Lines, second.More, second.File = 2, 2, lines[1:3], 120, true
	quiet = Snapshot{Settings: &Settings{}, Person: &sampleDeputy, Dossier: &Dossier{Person: sampleDeputy}, Now: all.Now, User: sampleDeputy.Accounts[0]}.Privacy()
	quiet.Page, quiet.Pages = 1, 1
	stranger = Snapshot{Settings: settings, Dossier: &Dossier{Quiet: 1, Newcomer: 2}, Now: all.Now, User: "matrix:@otto:example.org"}.Privacy()
	stranger.Page, stranger.Pages = 1, 1
	member := Snapshot{Settings: settings, Dossier: &Dossier{Statements: meet}, Now: all.Now, User: "matrix:@otto:example.org"}.Privacy()
	member.Page, member.Pages, member.Lines = 1, 1, lines[len(lines)-len(meet):]
	return map[string][]any{
		"reply.privacy":      {all, first, second, quiet, stranger, member},
		"reply.privacy.file": {nil},
		"reply.privacy.sent": {nil},
	}
}

func feedSamples() map[string][]any {
	made := sampleTime(20, 11, 30)
	checks, net := FeedLine{Number: 1, Made: made, Here: true}, FeedLine{Number: 2, Network: "Digilotsen", Made: made, Where: RoomNetwork}
	return map[string][]any{
		"reply.feeds": {
			Feeds{Lines: []FeedLine{checks, net}}, Feeds{}, Feeds{Off: true}, Feeds{Off: true, Lines: []FeedLine{net}},
		},
		"reply.feed.new": {
			FeedNew{FeedLine: checks, Link: "https://lotse.stadt.example/kalender/c2FtcGxlIG9mIGEgdG9rZW4gaW4gYSBsaW5r.ics", Revoke: "!kalender widerrufen 1"},
			FeedNew{FeedLine: net, Link: "https://lotse.stadt.example/kalender/c2FtcGxlIG9mIGEgdG9rZW4gaW4gYSBsaW5r.ics", Revoke: "!kalender widerrufen 2"},
		},
		"reply.feed.revoked": {
			FeedRevoked{FeedLine: checks, Confirm: "!kalender widerrufen 1 wirklich"}, FeedRevoked{FeedLine: net, Confirm: "!kalender widerrufen 2 wirklich"},
			FeedRevoked{FeedLine: checks}, FeedRevoked{FeedLine: net},
		},
		"calendar.name":  {CalendarEntry{City: "Musterstadt"}, CalendarEntry{City: "Musterstadt", Network: "Digilotsen"}},
		"calendar.title": {CalendarEntry{City: "Musterstadt"}, CalendarEntry{City: "Musterstadt", Network: "Digilotsen", Cancelled: true}},
		"calendar.about": {CalendarEntry{City: "Musterstadt"}, CalendarEntry{Network: "Digilotsen", Cancelled: true}, CalendarEntry{From: sampleTime(25, 10, 0)}},
	}
}
