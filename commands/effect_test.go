package commands

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
)

func day(month time.Month, d int) calendar.Date {
	return calendar.Date{Year: 2026, Month: month, Day: d}
}

// TestTaskCommand is the tasks after each way to write it.
func TestTaskCommand(t *testing.T) {
	for text, want := range map[string]string{
		"!aufgabe Server bestellen":           "1 Schnittstelle testen todo, 2 Schulung planen doing, 3 Server bestellen todo",
		"!aufgabe 2. Quartal planen":          "1 Schnittstelle testen todo, 2 Schulung planen doing, 3 2. Quartal planen todo", // a text
		"!aufgabe hinzufügen Neues Formular":  "1 Schnittstelle testen todo, 2 Schulung planen doing, 3 Neues Formular todo",
		"!aufgabe 1 Schnittstelle abnehmen":   "1 Schnittstelle abnehmen todo, 2 Schulung planen doing",
		"!aufgabe #1: Schnittstelle abnehmen": "1 Schnittstelle abnehmen todo, 2 Schulung planen doing",
		"!aufgabe 1 umbenennen Abnahme":       "1 Abnahme todo, 2 Schulung planen doing",
		"!aufgabe umbenennen 1 Abnahme":       "1 Abnahme todo, 2 Schulung planen doing",
		"!aufgabe 1 neu Abnahme":              "1 Abnahme todo, 2 Schulung planen doing",
		"!aufgabe 2 streichen":                "1 Schnittstelle testen todo",
		"!aufgabe löschen 2":                  "1 Schnittstelle testen todo",
		"!aufgabe 2 streichen lassen":         "1 Schnittstelle testen todo, 2 streichen lassen doing", // words
		"!aufgabe":                            "1 Schnittstelle testen todo, 2 Schulung planen doing",
		"!begonnen 1":                         "1 Schnittstelle testen doing, 2 Schulung planen doing",
		"!erledigt 1 und 2":                   "",
		"!done 2️⃣":                           "1 Schnittstelle testen todo",
	} {
		c := newCity(t, true)
		if got := c.say(roomPortal, "maria", text); got.failed {
			t.Errorf("%q: %s", text, got.text)
		}
		var open []string
		for _, task := range c.load(bot.Query{Room: roomPortal}).Tasks {
			if task.Open() {
				open = append(open, fmt.Sprintf("%d %s %s", task.Number, task.Text, task.State))
			}
		}
		slices.Sort(open)
		if got := strings.Join(open, ", "); got != want {
			t.Errorf("%q: the tasks are\n%s, want\n%s", text, got, want)
		}
	}
}

// TestDeputyCommand is who stands in after each way to write it; today is 20 November.
func TestDeputyCommand(t *testing.T) {
	until := func(person string, from, until calendar.Date) []bot.Deputy {
		return []bot.Deputy{{Person: bot.PersonID(person), From: from, Until: until}}
	}
	kim := "test:@kim:example.org"
	for _, r := range []struct {
		room     bot.RoomID
		who      string
		text     string
		mentions []string
		want     []bot.Deputy
	}{
		{roomPortal, "maria", "!vertretung @Muster, Jens bis 31.12.", []string{"jens"}, until("jens", day(11, 20), day(12, 31))}, // a comma in the name
		{roomPortal, "maria", "!vertretung Muster, Jens 1.12.–5.12.", []string{"jens"}, until("jens", day(12, 1), day(12, 5))},
		{roomPortal, "maria", "!vertretung vom 1.12. bis 5.12.", []string{"jens"}, nil}, // nobody is named in the text
		{roomPortal, "maria", "!vertretung Jens vom 1.12. bis zum 5.12.", []string{"jens"}, until("jens", day(12, 1), day(12, 5))},
		{roomPortal, "maria", "!vertretung Jens Muster bis 31.12.", nil, until("jens", day(11, 20), day(12, 31))}, // known by name
		{roomPortal, "maria", "!vertretung Muster bis Freitag", nil, until("jens", day(11, 20), day(11, 27))},
		{roomPortal, "maria", "!vertretung @jens bis 31.12.", nil, until("jens", day(11, 20), day(12, 31))},                // by account
		{roomPortal, "maria", "!vertretung @jens:example.org bis 31.12.", nil, until("jens", day(11, 20), day(12, 31))},    // by account
		{roomPortal, "maria", "!vertretung @Kim Neu 18.11.-22.11.", []string{"kim"}, until(kim, day(11, 18), day(11, 22))}, // new, and begun
		{roomPortal, "maria", "!deputy @jens until 2026-12-31", nil, until("jens", day(11, 20), day(12, 31))},
		{roomPortal, "maria", "!vertretung @jens 2026-12-01 bis 2026-12-31", nil, until("jens", day(12, 1), day(12, 31))},
		{roomPMO, "petra", "!vertretung serviceportal @jens bis 31.12.", nil, until("jens", day(11, 20), day(12, 31))},
		{roomPMO, "petra", "!vertretung serviceportal keine", nil, nil},
		{roomPortal, "maria", "!vertretung", nil, nil},
		{roomPortal, "maria", "!vertretung @jens bis 31.12. wegen Kur", nil, nil},
	} {
		c := newCity(t, true)
		got := c.say(r.room, r.who, r.text, r.mentions...)
		if have := c.project("serviceportal").Deputies; !slices.Equal(have, r.want) {
			t.Errorf("%q: the deputies are %v, want %v; said: %s", r.text, have, r.want, got.text)
		}
		if strings.Contains(got.text, "Kur") {
			t.Errorf("%q: the reason is repeated: %s", r.text, got.text)
		}
	}
}

// TestDeputyStory names, replaces and ends a deputy.
func TestDeputyStory(t *testing.T) {
	c := newCity(t, true)
	got := c.say(roomPMO, "petra", "!vertretung serviceportal @Kim Neu bis 31.12.", "kim")
	if !strings.Contains(got.text, "["+string(roomPortal)+"]") || !strings.Contains(got.text, "(vom PMO eingetragen)") {
		t.Errorf("the project's room hears nothing of it: %s", got.text)
	}
	if p := c.load(bot.Query{User: user("kim")}).Person; p == nil || p.Name != "Kim Neu" {
		t.Fatalf("the deputy is not known afterwards: %+v", p)
	}
	if got := c.say(roomPortal, "kim", "!status gelb Schnittstelle"); got.failed {
		t.Errorf("the deputy may not report: %s", got.text)
	}
	if got := c.say(roomPortal, "kim", "!vertretung Jens Muster 1.12.-5.12."); got.template != "error.forbidden" {
		t.Errorf("a deputy makes deputies: %s", got.text)
	}
	if got := c.say(roomPortal, "maria", "!vertretung Jens Muster 1.12.-5.12."); got.failed || !strings.Contains(got.text, "Kim Neu") {
		t.Errorf("the deputy replaced is not named: %s", got.text)
	}
	if got := c.say(roomPortal, "kim", "!status gelb Schnittstelle"); got.template != "error.forbidden" {
		t.Errorf("a deputy replaced may still report: %s", got.template)
	}
	if got := c.say(roomPortal, "maria", "!vertretung"); !strings.Contains(got.text, "Jens Muster: 1. Dezember bis 5. Dezember") {
		t.Errorf("shown: %s", got.text)
	}
	if got := c.say(roomPortal, "maria", "!vertretung beenden"); !strings.Contains(got.text, "Maria Beispiel übernimmt wieder") || len(c.project("serviceportal").Deputies) > 0 {
		t.Errorf("ended: %s", got.text)
	}
	if got := c.say(roomPortal, "maria", "!vertretung keine"); !strings.Contains(got.text, "keine Vertretung") || len(got.change.Projects) > 0 {
		t.Errorf("nothing to end: %s", got.text)
	}
}

// TestProjectStory is a project from its beginning to the archive and back.
func TestProjectStory(t *testing.T) {
	c := newCity(t, false)
	say := func(text string, mentions ...string) answer {
		t.Helper()
		got := c.say(roomPMO, "petra", text, mentions...)
		if got.failed {
			t.Fatalf("%q: %s", text, got.text)
		}
		return got
	}
	say("!projekt neu Digitale Bauakte & Archiv leitung @Kim Neu und Jens Muster", "kim")
	p := c.project("digitale-bauakte-und-archiv")
	if p.Name != "Digitale Bauakte & Archiv" || !slices.Equal(p.Leads, []bot.PersonID{"test:@kim:example.org", "jens"}) || p.State != bot.ProjectActive {
		t.Fatalf("made: %+v", p)
	}
	for text, want := range map[string]func(bot.Project) string{
		"name Bauakte":                     func(p bot.Project) string { return p.Name },
		"zeitraum 2026 – 2028":             func(p bot.Project) string { return p.Period },
		"vision Alle Akten.\nEin Ort.":     func(p bot.Project) string { return p.Vision },
		"ziele 2, 1":                       func(p bot.Project) string { return strings.Join(p.Goals, "+") },
		"link https://example.org/a?b=c#d": func(p bot.Project) string { return p.Link },
		"leitung @Maria Beispiel":          func(p bot.Project) string { return string(p.Leads[0]) },
	} {
		say("!projekt ändern digitale-bauakte-und-archiv "+text, map[bool][]string{true: {"maria"}}[strings.HasPrefix(text, "leitung")]...)
		word, value, _ := strings.Cut(text, " ")
		value = map[string]string{"ziele": "2+1", "leitung": "maria"}[word] + map[bool]string{true: value}[word != "ziele" && word != "leitung"]
		if got := want(c.project(p.ID)); got != value {
			t.Errorf("%s is %q, want %q", word, got, value)
		}
	}
	say("!projekt ändern bauakte link –")
	if got := c.project(p.ID).Link; got != "" {
		t.Errorf("the link is still %q", got)
	}
	if got := say("!projekt Bauakte"); !strings.Contains(got.text, "2026 – 2028") || !strings.Contains(got.text, "Digitale Bildung") {
		t.Errorf("shown: %s", got.text)
	}
	say("!projekt pause bauakte bis 31.1.")
	if got := c.project(p.ID); got.State != bot.ProjectPaused || got.Until != (calendar.Date{Year: 2027, Month: 2, Day: 1}) {
		t.Errorf("paused: %v until %v, exclusive", got.State, got.Until)
	}
	say("!projekt pause bauakte")
	if got := c.project(p.ID); got.State != bot.ProjectPaused || !got.Until.IsZero() {
		t.Errorf("paused: %v until %v", got.State, got.Until)
	}
	say("!projekt weiter bauakte")
	say("!projekt archiv bauakte")
	if got := c.project(p.ID); got.State != bot.ProjectArchived {
		t.Errorf("archived: %v", got.State)
	}
	if got := say("!projekt liste"); strings.Contains(got.text, "Bauakte") {
		t.Errorf("the archive is listed: %s", got.text)
	}
	if got := say("!projekt archiv bauakte"); len(got.change.Projects) > 0 || !strings.Contains(got.text, "schon im Archiv") {
		t.Errorf("archived twice: %s", got.text)
	}
	say("!projekt weiter bauakte")
	if got := c.project(p.ID); got.State != bot.ProjectActive {
		t.Errorf("restored: %v", got.State)
	}
}

// TestUndo: the line that takes something back does.
func TestUndo(t *testing.T) {
	undo := func(data any) string {
		switch d := data.(type) {
		case bot.ProjectChanged:
			return d.Undo
		case bot.ProjectStated:
			return d.Undo
		case bot.RoomBound:
			return d.Undo
		case bot.CheckChanged:
			return d.Undo
		}
		return ""
	}
	type state struct {
		project bot.Project
		room    bot.Room
		checks  string
	}
	look := func(c *city, room bot.RoomID) state {
		s := state{project: c.project("serviceportal"), room: c.room(room)}
		for _, r := range bot.PlanRounds(c.load(bot.Query{Room: roomPMO, Rounds: true}), 8) {
			if r.State != bot.RoundCancelled && r.Check.Year() == 2026 {
				s.checks += r.Check.In(c.settings.Zone).Format("02.01. 15:04 ")
			}
		}
		s.project.Version, s.room.Version, s.room.Origin, s.room.Joined = 0, 0, "", true
		return s
	}
	for _, lang := range []bot.Language{bot.German, bot.English} {
		for _, r := range []struct {
			room bot.RoomID
			text string
		}{
			{roomPMO, "!projekt ändern serviceportal name Bürgerportal"},
			{roomPMO, "!projekt ändern serviceportal zeitraum 2030"},
			{roomPMO, "!projekt ändern serviceportal vision Alles gut"},
			{roomPMO, "!projekt ändern serviceportal link https://example.org"},
			{roomPMO, "!projekt pause serviceportal bis 31.12."},
			{roomPMO, "!projekt archiv serviceportal"},
			{roomFree, "!raum pmo"},
			{roomFree, "!raum projekt eakte"},
			{roomPortal, "!raum frei"},
			{roomPortal, "!raum netzwerk Digilotsen"},
			{roomNet, "!raum dm"},
			{roomPMO, "!raum frei"},
			{roomPMO, "!projektcheck verschieben auf 2.12. 14:30"},
			{roomPMO, "!projektcheck verschieben 16.12. auf 15.12."},
			{roomPMO, "!projektcheck absagen 16.12."},
			{roomPMO, "!projektcheck neu 2.12. 9:00"},
		} {
			c := newCity(t, true)
			c.settings.Language = lang
			before := look(c, r.room)
			did := c.say(r.room, "petra", r.text)
			if did.failed || fmt.Sprint(look(c, r.room)) == fmt.Sprint(before) {
				t.Errorf("%q changed nothing: %s", r.text, did.text)
				continue
			}
			line := undo(did.data)
			if line == "" {
				t.Errorf("%q: no line to take it back in %s", r.text, did.text)
				continue
			}
			undone := c.say(r.room, "petra", line)
			if got := look(c, r.room); undone.failed || fmt.Sprint(got) != fmt.Sprint(before) {
				t.Errorf("%q, taken back by %q:\n%+v, want\n%+v\nsaid: %s", r.text, line, got, before, undone.text)
			}
		}
	}
}

// TestRoomStory binds rooms and looks at what is lost by it.
func TestRoomStory(t *testing.T) {
	c := newCity(t, true)
	if got := c.say(roomFree, "petra", "!raum projekt serviceportal"); !strings.Contains(got.text, "bisherige Raum") {
		t.Errorf("the old room is not mentioned: %s", got.text)
	}
	if r := c.room(roomFree); r.Kind != bot.RoomProject || r.Project != "serviceportal" || r.Origin != bot.FromChat || !r.Joined {
		t.Errorf("bound: %+v", r)
	}
	if r := c.room(roomPortal); r.Kind != "" || r.Project != "" {
		t.Errorf("the old room is still %+v", r)
	}
	if got := c.say(roomFree, "petra", "!raum projekt serviceportal"); len(got.change.Rooms) > 0 || !strings.Contains(got.text, "schon") {
		t.Errorf("bound twice: %s", got.text)
	}
	if got := c.say(roomPMO, "petra", "!raum frei"); !strings.Contains(got.text, "keinen Raum des PMO mehr") {
		t.Errorf("no warning for the last PMO room: %s", got.text)
	}
	if got := c.say(roomCall, "petra", "!projekt ändern eakte raum hier"); !strings.Contains(got.text, "KI im Call hat jetzt keinen eigenen Raum") {
		t.Errorf("the project that lost its room is not named: %s", got.text)
	}
	c.say(roomDM, "petra", "!raum sprache en")
	if got := c.say(roomDM, "dora", "!statsu"); !strings.Contains(got.text, "Did you mean") && !strings.Contains(got.text, "did you mean") {
		t.Errorf("the room does not speak English: %s", got.text)
	}
	if got := c.say(roomDM, "dora", "!status serviceportal red"); !strings.Contains(got.text, "project lead, deputy or PMO") {
		t.Errorf("roles in English: %s", got.text)
	}
	if got := c.say(direct, "maria", "!raum sprache du"); c.room(direct).Kind != bot.RoomDirect || c.room(direct).Language != bot.GermanDu {
		t.Errorf("own direct chat: %+v, %s", c.room(direct), got.text)
	}
}

// TestCheckStory moves, cancels and adds checks.
func TestCheckStory(t *testing.T) {
	for _, r := range []struct {
		text, has string
		check     string // of the first change
	}{
		{"!projektcheck verschieben auf 2.12. 14:30 weil der Saal belegt ist", "weil der Saal belegt ist", "02.12. 14:30"},
		{"!projektcheck verschieben auf den 2.12.", "Mittwoch, 2. Dezember, 10 Uhr", "02.12. 10:00"}, // the usual time
		{"!projektcheck verschieben 25.11. auf 2.12. um 14 Uhr", "14 Uhr", "02.12. 14:00"},
		{"!projektcheck verschieben vom 16.12. auf 17.12. Grund: Saal belegt", "Grund: Saal belegt", "17.12. 10:00"},
		{"!projektcheck verschieben 2.12.", "2. Dezember", "02.12. 10:00"},
		{"!projektcheck verschieben auf Montag, 30.11., 9:30", "9:30 Uhr", "30.11. 09:30"},
		{"!check move 2026-11-25 to 2026-12-02 09:00 because of the hall", "because of the hall", "02.12. 09:00"},
		{"!projektcheck verschieben auf 6.12.", "ist ein Sonntag", "06.12. 10:00"},
		{"!projektcheck verschieben 16.12. auf 25.12.", "dienstfrei", "25.12. 10:00"},
		{"!projektcheck absagen weil die Konferenz tagt", "weil die Konferenz tagt", "25.11. 10:00"},
		{"!projektcheck absagen 16.12.", "16. Dezember", "16.12. 10:00"},
		{"!projektcheck absagen 16.12. wegen Weihnachtsfeier", "wegen Weihnachtsfeier", "16.12. 10:00"},
		{"!projektcheck neu 9.12. 10:00", "Zusätzlicher Projektcheck", "09.12. 10:00"},
		{"!projektcheck neu 9.12.", "10 Uhr", "09.12. 10:00"},
		{"!projektcheck halten", "angehalten", "25.11. 10:00"},
		{"!projektcheck halten aus", "freigegeben", "25.11. 10:00"},
	} {
		c := newCity(t, true)
		got := c.say(roomPMO, "petra", r.text)
		if got.failed || len(got.change.Rounds) == 0 || !strings.Contains(got.text, r.has) {
			t.Errorf("%q: %s, want it with %q", r.text, got.text, r.has)
			continue
		}
		if check := got.change.Rounds[0].Check.In(c.settings.Zone).Format("02.01. 15:04"); check != r.check {
			t.Errorf("%q: the check is at %s, want %s", r.text, check, r.check)
		}
	}
	c := newCity(t, true)
	if got := c.say(direct, "petra", "!projektcheck absagen"); !strings.Contains(got.text, "["+string(roomPMO)+"]") {
		t.Errorf("the PMO's room does not hear of what was done elsewhere: %s", got.text)
	}
	if got := c.say(roomPMO, "petra", "!projektcheck stand"); got.template != "error.round" && got.template != "check.stand" {
		t.Errorf("stand: %s", got.text)
	}
	c = newCity(t, false)
	if got := c.say(roomPMO, "petra", "!projektcheck starten"); !strings.Contains(got.text, "beginnt jetzt") || len(got.change.Timers) == 0 {
		t.Errorf("started: %s", got.text)
	}
	for _, text := range []string{"!projektcheck stand", "!projektcheck schließen", "!projektcheck halten", "!nachfrage serviceportal Wann?"} {
		c := newCity(t, false)
		if got := c.say(roomPMO, "petra", text); got.template != "error.round" {
			t.Errorf("%q without a round: %s", text, got.text)
		}
	}
	c = newCity(t, true)
	if got := c.say(roomPMO, "petra", "!projektcheck stand"); !strings.Contains(got.text, "Serviceportal") {
		t.Errorf("stand: %s", got.text)
	}
	if got := c.say(roomPMO, "petra", "!nachfrage KI im Call Bis wann?"); !strings.Contains(got.text, "Bis wann?") || !strings.Contains(got.text, string(roomCall)) {
		t.Errorf("asked back: %s", got.text)
	}
}

// TestOpenCommand is what the bot still wants, and what of it may be said where.
func TestOpenCommand(t *testing.T) {
	c := newCity(t, true)
	if got := c.say(roomPortal, "maria", "!offen"); !strings.Contains(got.text, "Serviceportal**: Status aktuell, Ausblick, Blocker und Entscheidungsbedarf") {
		t.Errorf("all is open: %s", got.text)
	}
	if got := c.say(roomCall, "maria", "!offen"); strings.Contains(got.text, "Serviceportal") || !strings.Contains(got.text, "nur im Direktchat") {
		t.Errorf("in another project's room: %s", got.text)
	}
	for _, text := range []string{"!status grün", "!ausblick grün Testen", "!blocker keine", "!entscheidung keine", "!kommunikation –"} {
		if got := c.say(roomPortal, "maria", text); got.failed {
			t.Fatalf("%q: %s", text, got.text)
		}
	}
	if got := c.say(roomPortal, "maria", "!offen"); !strings.Contains(got.text, "Alles da, danke!") {
		t.Errorf("nothing is open: %s", got.text)
	}
	c.say(roomPMO, "petra", "!nachfrage serviceportal Bis wann?")
	if got := c.say(direct, "maria", "!offen"); !strings.Contains(got.text, "Rückfrage des PMO: „Bis wann?“") {
		t.Errorf("a question is open: %s", got.text)
	}
	if got := c.say(roomPMO, "petra", "!offen"); !strings.Contains(got.text, "!projektcheck stand") {
		t.Errorf("the PMO: %s", got.text)
	}
	if got := newCity(t, false).say(roomPortal, "maria", "!offen"); !strings.Contains(got.text, "Gerade brauche ich nichts") {
		t.Errorf("between rounds: %s", got.text)
	}
}

// TestBoardOrder: what changed first, then red; and pages for many projects.
func TestBoardOrder(t *testing.T) {
	c := newCity(t, true)
	got := c.say(roomDM, "dora", "!board")
	call, portal, record := strings.Index(got.text, "KI im Call"), strings.Index(got.text, "**Serviceportal**"), strings.Index(got.text, "eAkte")
	if call < 0 || portal < call || record < portal {
		t.Errorf("the order is wrong: %s", got.text)
	}
	if strings.Contains(got.text, "Altlast") {
		t.Errorf("the archive is on the board: %s", got.text)
	}
	var many bot.Change
	for n := range 60 {
		many.Projects = append(many.Projects, bot.Project{ID: bot.ProjectID(fmt.Sprint("projekt-", n)), Name: fmt.Sprint("Projekt ", n), State: bot.ProjectActive})
	}
	c.commit(many)
	got = c.say(roomDM, "dora", "!board")
	if n := len(got.change.Posts); n != 3 || !strings.Contains(got.text, "(3 von 3)") {
		t.Errorf("%d pages, want 3", n)
	}
	if n := strings.Count(got.text, "\n- "); n != 63 {
		t.Errorf("%d projects on the board, want 63", n)
	}
}

// TestDirectChatOfThree: what only two may read is not said once a third one is there,
// although the books still call the room a direct chat.
func TestDirectChatOfThree(t *testing.T) {
	c := newCity(t, true)
	room := c.room(direct)
	room.ID, room.Kind, room.User, room.Joined = direct, bot.RoomDirect, user("petra"), true
	c.commit(bot.Change{Rooms: []bot.Room{room}})
	for _, third := range []bool{false, true} {
		e := c.event(direct, "petra", "!board")
		e.Direct = !third
		want := "reply.board"
		if third {
			want = "reply.elsewhere"
		}
		if got := c.take(e); got.template != want {
			t.Errorf("a third one is there: %v; !board is answered with %s, want %s", third, got.template, want)
		}
	}
}

// TestCommandInAnOldThread is about the round that runs; an edited one is about its own.
func TestCommandInAnOldThread(t *testing.T) {
	c := newCity(t, true)
	e := c.event(roomPortal, "maria", "!status rot Vergabe gescheitert")
	e.Thread = "test:$old"
	for kind, want := range map[bot.EventKind]bool{bot.EventMessage: true, bot.EventEdit: false} {
		e.Kind = kind
		cmd, ok := c.table.Match(e)
		if !ok || cmd.Query().Running != want {
			t.Errorf("%s: a command %v, of the running round %v; want %v", kind, ok, cmd.Query().Running, want)
		}
	}
}
