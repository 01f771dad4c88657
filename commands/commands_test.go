package commands

import (
	"strings"
	"testing"

	"lotse/bot"
)

// row is something that somebody writes somewhere, and what comes of it.
type row struct {
	room     bot.RoomID
	who      string
	text     string
	mentions []string
	want     string // the template of the answer or error; "ack": no words; "-": no command; "silence": a command without an answer
	has      string // stands in the answer
}

// check runs rows, each in a city of its own.
func check(t *testing.T, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(string(r.room)[6:]+" "+r.who+" "+strings.ReplaceAll(r.text, "/", "|"), func(t *testing.T) {
			got := newCity(t, true).say(r.room, r.who, r.text, r.mentions...)
			outcome := got.template
			switch {
			case !got.command:
				outcome = "-"
			case outcome == "" && got.acked("✅"), outcome == "" && (got.acked("🟢") || got.acked("🟡") || got.acked("🔴")):
				outcome = "ack"
			case outcome == "":
				outcome = "silence"
			}
			if outcome != r.want || !strings.Contains(got.text, r.has) {
				t.Errorf("%s wrote %q in %s: got %s, want %s with %q; the texts:\n%s", r.who, r.text, r.room, outcome, r.want, r.has, got.text)
			}
			if got.failed && (len(got.change.Projects)+len(got.change.Reports)+len(got.change.Rooms)+len(got.change.People)) > 0 {
				t.Error("an error stores something")
			}
		})
	}
}

// TestWho is rights and rooms: who is answered where.
func TestWho(t *testing.T) {
	check(t, []row{
		// Leads in their own room.
		{roomPortal, "maria", "!status gelb Schnittstelle später", nil, "ack", ""},
		{roomPortal, "maria", "!blocker keine", nil, "ack", ""},
		{roomPortal, "maria", "!projekt pause", nil, "error.forbidden", "PMO"},
		{roomPortal, "maria", "!projektcheck absagen", nil, "error.forbidden", "`!projektcheck absagen`"},
		{roomPortal, "maria", "!raum frei", nil, "error.forbidden", ""},
		{roomPortal, "maria", "!raum sprache en", nil, "error.forbidden", ""},
		{roomPortal, "maria", "!nachfrage serviceportal Wann?", nil, "error.forbidden", ""},
		// Leads elsewhere: their own project by name, other people's not.
		{roomDM, "maria", "!status serviceportal gelb Schnittstelle", nil, "ack", ""},
		{roomDM, "maria", "!status ki-im-call gelb Schnittstelle", nil, "error.forbidden", "Projektleitung, Vertretung oder PMO"},
		{roomCall, "maria", "!status gelb Schnittstelle", nil, "error.forbidden", ""},
		{direct, "maria", "!status eakte grün", nil, "ack", ""},
		{direct, "maria", "!raum sprache en", nil, "reply.room.bound", "Englisch"},
		// The PMO anywhere, for anybody.
		{roomPMO, "petra", "!status serviceportal rot Vergabe gescheitert", nil, "ack", ""},
		{roomPortal, "petra", "!status gelb Schnittstelle", nil, "ack", ""},
		// The DM reads, and does not write.
		{roomDM, "dora", "!board", nil, "reply.board", "Serviceportal"},
		{roomDM, "dora", "!projekt serviceportal", nil, "reply.project", "Maria Beispiel"},
		{roomDM, "dora", "!status serviceportal gelb", nil, "error.forbidden", ""},
		{roomDM, "dora", "!offen", nil, "error.forbidden", ""},
		// Escalations: who answers for the project, and the PMO.
		{roomNet, "maria", "!eskalation serviceportal Die Freigabe fehlt", nil, "ack", ""},
		{roomCall, "maria", "!eskalation Das ist nicht mein Projekt", nil, "error.forbidden", ""},
		{direct, "maria", "!eskalation ki-im-call Die Freigabe fehlt", nil, "error.forbidden", ""},
		{roomPortal, "dora", "!eskalation Die Freigabe fehlt", nil, "error.forbidden", ""},
		{roomPortal, "eve", "!eskalation Die Freigabe fehlt", nil, "error.forbidden", ""},
		{roomPortal, "mallory", "!eskalation Die Freigabe fehlt", nil, "error.forbidden", ""},
		{roomPortal, "mallory", "!eskalation 1", nil, "error.forbidden", ""},
		{roomPortal, "mallory", "!eskalationen", nil, "error.forbidden", ""},
		{roomDM, "mallory", "!beschluss serviceportal Alles Geld für mich", nil, "error.forbidden", "PMO oder DM"},
		{roomFree, "petra", "!eskalation serviceportal Die Freigabe fehlt", nil, "reply.elsewhere", ""},
		// Outsiders, known to the books or not.
		{roomPortal, "eve", "!status gelb", nil, "error.forbidden", ""},
		{roomPortal, "mallory", "!status gelb", nil, "error.forbidden", ""},
		{roomPortal, "mallory", "!erledigt 1", nil, "error.forbidden", ""},
		{roomPortal, "mallory", "!offen", nil, "error.forbidden", ""},
		{roomPortal, "mallory", "!projekt", nil, "error.forbidden", ""},
		{roomPortal, "mallory", "!hilfe", nil, "reply.help", "!termine"},
		{roomPortal, "mallory", "!board", nil, "reply.elsewhere", "veröffentlicht"},
		{roomNet, "eve", "!board serviceportal", nil, "reply.elsewhere", "veröffentlicht"},
		{roomNet, "mallory", "!termine", nil, "reply.dates", "25. November"},
		{roomNet, "mallory", "!projektcheck termin", nil, "reply.dates", "25. November"},
		{direct, "mallory", "!hilfe", nil, "reply.help", ""},
		// A room that is not bound answers the PMO, and !hilfe.
		{roomFree, "maria", "!status serviceportal gelb", nil, "silence", ""},
		{roomFree, "mallory", "!statsu", nil, "silence", ""},
		{roomFree, "mallory", "!termine", nil, "silence", ""},
		{roomFree, "mallory", "!hilfe", nil, "reply.help", "noch nicht zugeordnet"},
		{roomFree, "petra", "!status serviceportal gelb", nil, "reply.elsewhere", "!raum projekt"},
		{roomFree, "petra", "!statsu", nil, "error.command", "`!status`"},
		{roomFree, "petra", "!raum", nil, "reply.room", "noch nicht zugeordnet"},
	})
}

// TestRoomsShow is what may be read where, whoever asks.
func TestRoomsShow(t *testing.T) {
	check(t, []row{
		{roomPortal, "petra", "!board", nil, "reply.project", "Serviceportal"},           // in a project's room: that project
		{roomPortal, "petra", "!board ki-im-call", nil, "reply.elsewhere", "Direktchat"}, // and no other
		{roomPortal, "petra", "!projekt ki-im-call", nil, "reply.elsewhere", "KI im Call"},
		{roomPortal, "petra", "!projekt liste", nil, "reply.elsewhere", ""},
		{roomPortal, "petra", "!projektcheck stand", nil, "reply.elsewhere", ""},
		{roomNet, "dora", "!board", nil, "reply.elsewhere", "Direktchat"},
		{roomNet, "maria", "!projekt serviceportal", nil, "reply.elsewhere", ""},
		{roomFree, "petra", "!projekt serviceportal", nil, "reply.elsewhere", ""},
		{direct, "dora", "!board", nil, "reply.board", "KI im Call"},
		{direct, "maria", "!board", nil, "reply.board", "Ihre Projekte"},
		{direct, "maria", "!board ki-im-call", nil, "reply.elsewhere", "veröffentlicht"},
		{roomPortal, "maria", "!board", nil, "reply.project", "Schnittstelle"},
		{roomCall, "maria", "!board", nil, "reply.elsewhere", "veröffentlicht"},
		{roomPortal, "maria", "!board ki-im-call", nil, "reply.elsewhere", "veröffentlicht"},
		{direct, "maria", "!projekt liste", nil, "reply.projects", "Ihre Projekte"},
		{roomPMO, "petra", "!projekt liste archiv", nil, "reply.projects", "Altlast"},
	})
}

// TestWhichProject is how a project is named, and what happens if it is not.
func TestWhichProject(t *testing.T) {
	check(t, []row{
		{roomPMO, "petra", "!status KI im Call gelb Daten fehlen", nil, "ack", ""}, // several words
		{roomPMO, "petra", "!status „KI im Call“ gelb", nil, "ack", ""},            // in quotation marks
		{roomPMO, "petra", "!status ki-im-call: gelb", nil, "ack", ""},             // with a colon
		{roomPMO, "petra", "!status KI-IM-CALL gelb", nil, "ack", ""},
		{roomPMO, "petra", "!status gelb Daten fehlen", nil, "error.project", "`!status eakte gelb"},
		{roomPMO, "petra", "!status servicepotral gelb", nil, "error.project", "Serviceportal"},
		{roomPMO, "petra", "!status serv gelb", nil, "error.project", "Serviceportal"},
		{roomPMO, "petra", "!status xyzzy gelb", nil, "error.project", "„xyzzy“"},
		{roomPMO, "petra", "!status altlast gelb", nil, "reply.refused", "Archiv"},
		// The PMO in the wrong project's room: nothing is written down.
		{roomPortal, "petra", "!blocker ki-im-call Daten fehlen", nil, "reply.refused", "KI im Call"},
		// A lead's sentence may begin with a project's name.
		{roomPortal, "maria", "!blocker KI im Call liefert die Daten nicht", nil, "ack", ""},
		// Projects of others are not suggested to leads.
		{direct, "maria", "!status ki gelb", nil, "error.project", "Ein Projekt „ki“ finde ich nicht. Mit"},
	})
	for text, want := range map[string]string{
		"!blocker Serviceportal wartet":   "Serviceportal wartet", // a sentence
		"!blocker serviceportal: wartet":  "wartet",               // the id, as it is typed
		"!blocker „Serviceportal“ wartet": "wartet",
	} {
		c := newCity(t, true)
		c.say(roomPortal, "maria", text)
		s := c.load(bot.Query{Room: roomPortal})
		if got := s.Report.Answers[bot.FieldBlocker].Text(); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// TestArguments is every argument missing or wrong: each error says what is
// expected, with a line to copy.
func TestArguments(t *testing.T) {
	check(t, []row{
		{roomPortal, "maria", "!status", nil, "error.argument", "eine Ampel"},
		{roomPortal, "maria", "!ausblick", nil, "error.argument", "`!ausblick grün"},
		{roomPortal, "maria", "!blocker", nil, "error.argument", "Hürde"},
		{roomPortal, "maria", "!entscheidung", nil, "error.argument", "gebraucht"},
		{roomPortal, "maria", "!kommunikation", nil, "error.argument", "Überspringen"},
		{roomPortal, "maria", "!erledigt", nil, "error.argument", "Nummern"},
		{roomPortal, "maria", "!erledigt alles", nil, "error.argument", "„alles“"},
		{roomPortal, "maria", "!erledigt 9", nil, "error.task", ""},
		{roomPortal, "maria", "!begonnen 0", nil, "error.argument", ""},
		{roomPortal, "maria", "!aufgabe 2", nil, "error.argument", "streichen"},
		{roomPortal, "maria", "!aufgabe 2 umbenennen", nil, "error.argument", ""},
		{roomPortal, "maria", "!aufgabe 7 Neue Worte", nil, "error.task", ""},
		{roomPortal, "maria", "!vertretung @Kim", nil, "error.argument", "Person"},
		{roomPortal, "maria", "!vertretung bis 31.12.", nil, "error.argument", "Person"},
		{roomPortal, "maria", "!vertretung Jens Muster", nil, "error.argument", "Zeitraum"},
		{roomPortal, "maria", "!vertretung Jens Muster bis irgendwann", nil, "error.argument", "„bis irgendwann“"},
		{roomPortal, "maria", "!vertretung Jens Muster bis 19.11.2026", nil, "error.argument", "Zeitraum"},
		{roomPortal, "maria", "!vertretung Jens Muster bis 31.12. Kur", nil, "reply.refused", "Einen Grund frage ich nicht"},
		{roomPortal, "maria", "!vertretung Maria Beispiel bis 31.12.", nil, "reply.refused", "leitet das Projekt selbst"},
		{roomPMO, "petra", "!vertretung", nil, "error.project", "Bitte nennen Sie es"},
		{roomPMO, "petra", "!projekt neu", nil, "error.argument", "Projektnamen"},
		{roomPMO, "petra", "!projekt neu Gelb", nil, "error.argument", ""},
		{roomPMO, "petra", "!projekt neu 2027", nil, "error.argument", ""},
		{roomPMO, "petra", "!projekt neu Pause", nil, "error.argument", ""},
		{roomPMO, "petra", "!projekt neu serviceportal", nil, "reply.refused", "gibt es schon"},
		{roomPMO, "petra", "!projekt neu KI-im Call", nil, "reply.refused", "gibt es schon"},
		{roomPMO, "petra", "!projekt neu Altlast", nil, "reply.refused", "Archiv"},
		{roomPMO, "petra", "!projekt neu " + strings.Repeat("a", 200), nil, "error.long", ""},
		{roomPMO, "petra", "!projekt neu Wallbox leitung Nobody Known", nil, "error.argument", "„Nobody Known“"},
		{roomPMO, "petra", "!projekt ändern", nil, "error.project", ""},
		{roomPMO, "petra", "!projekt ändern serviceportal", nil, "error.argument", "zeitraum"},
		{roomPMO, "petra", "!projekt ändern serviceportal farbe blau", nil, "error.argument", "„farbe“"},
		{roomPMO, "petra", "!projekt ändern serviceportal name", nil, "error.argument", "neuen Namen"},
		{roomPMO, "petra", "!projekt ändern serviceportal name eAkte", nil, "reply.refused", "gibt es schon"},
		{roomPMO, "petra", "!projekt ändern serviceportal link http://example.org", nil, "error.argument", "https"},
		{roomPMO, "petra", "!projekt ändern serviceportal link https://a:b@example.org", nil, "error.argument", "https"},
		{roomPMO, "petra", "!projekt ändern serviceportal link javascript:alert(1)", nil, "error.argument", "https"},
		{roomPMO, "petra", "!projekt ändern serviceportal ziele 9", nil, "error.argument", "strategischen Ziele"},
		{roomPMO, "petra", "!projekt ändern serviceportal raum dort", nil, "error.argument", "hier"},
		{roomPMO, "petra", "!projekt ändern serviceportal leitung keine", nil, "error.argument", "Person"},
		{roomPMO, "petra", "!projekt ändern serviceportal vision " + strings.Repeat("x", 600), nil, "error.long", ""},
		{roomPMO, "petra", "!projekt pause", nil, "error.project", ""},
		{roomPMO, "petra", "!projekt pause serviceportal bis gestern", nil, "error.argument", "„bis“ und einen Tag"},
		{roomPMO, "petra", "!projekt pause serviceportal sofort", nil, "error.project", ""},
		{roomPMO, "petra", "!projekt archiv nichtda", nil, "error.project", ""},
		{roomPMO, "petra", "!projekt liste alles", nil, "error.argument", "archiv"},
		{roomFree, "petra", "!raum projekt", nil, "error.project", ""},
		{roomFree, "petra", "!raum projekt nichtda", nil, "error.project", ""},
		{roomPortal, "petra", "!raum projekt", nil, "error.project", ""}, // not the one it is already
		{roomFree, "petra", "!raum netzwerk", nil, "error.argument", "Namen des Netzwerks"},
		{roomFree, "petra", "!raum küche", nil, "error.argument", "netzwerk"},
		{roomFree, "petra", "!raum sprache platt", nil, "error.argument", "de-du"},
		{roomFree, "petra", "!raum pmo bitte", nil, "reply.refused", "„bitte“"},
		{direct, "petra", "!raum pmo", nil, "reply.refused", "Direktchat"},
		{roomPMO, "petra", "!projektcheck verschieben", nil, "error.argument", "neuen Tag"},
		{roomPMO, "petra", "!projektcheck verschieben auf Sankt Nimmerlein", nil, "error.argument", "„Sankt Nimmerlein“"},
		{roomPMO, "petra", "!projektcheck verschieben 24.11. auf 2.12.", nil, "error.argument", "`!termine`"},
		{roomPMO, "petra", "!projektcheck verschieben auf 1.11.2026", nil, "error.date", ""},
		{roomPMO, "petra", "!projektcheck verschieben auf 16.12.", nil, "error.date", "schon ein Projektcheck"},
		{roomPMO, "petra", "!projektcheck absagen irgendwann", nil, "error.argument", "Datum"},
		{roomPMO, "petra", "!projektcheck neu", nil, "error.argument", "Tag und Uhrzeit"},
		{roomPMO, "petra", "!projektcheck neu 9.12. 25:00", nil, "error.argument", ""},
		{roomPMO, "petra", "!projektcheck halten fest", nil, "error.argument", "aus"},
		{roomPMO, "petra", "!projektcheck schließen sofort", nil, "reply.refused", ""},
		{roomPMO, "petra", "!nachfrage", nil, "error.project", ""},
		{roomPMO, "petra", "!weiter", nil, "reply.refused", "nichts angehalten"},
		{roomPMO, "petra", "!weiter verwerfen", nil, "reply.refused", "nichts angehalten"},
		{roomPMO, "petra", "!weiter verwefen", nil, "error.command", "!weiter verwerfen"}, // not taken for !weiter
		{roomPMO, "petra", "!weiter bitte gleich", nil, "reply.refused", "bitte gleich"},
		{roomPMO, "petra", "!weitr", nil, "error.command", "!weiter"},
		{roomPortal, "maria", "!weiter", nil, "error.forbidden", "PMO"},
		{roomPMO, "petra", "!nachfrage serviceportal", nil, "error.argument", "die Frage"},
		{roomPMO, "petra", "!nachfrage eakte Wann?", nil, "reply.refused", "nicht gefragt"}, // it was not asked
		{roomPMO, "petra", "!hilfe kaffee", nil, "error.command", "`!kaffee`"},
	})
}

// TestTypos is what is nearly a command.
func TestTypos(t *testing.T) {
	check(t, []row{
		{roomPortal, "maria", "!statsu gelb", nil, "error.command", "Meinten Sie `!status`?"},
		{roomPortal, "maria", "!Erledgit 1", nil, "error.command", "`!erledigt`"},
		{roomPortal, "maria", "!entscheidnug Geld", nil, "error.command", "`!entscheidung`"},
		{roomPortal, "maria", "!kaffee", nil, "error.command", "`!kaffee` kenne ich nicht."},
		{roomPMO, "petra", "!projekt achiv serviceportal", nil, "error.command", "`!projekt archiv`"},
		{roomPMO, "petra", "!projekt nue Wallbox", nil, "error.command", "`!projekt neu`"},
		{roomPMO, "petra", "!projektcheck verschiben auf 2.12.", nil, "error.command", "`!projektcheck verschieben`"},
		{roomPMO, "petra", "!projektcheck", nil, "reply.dates", ""},
		{roomPMO, "petra", "!raum projket serviceportal", nil, "error.command", "`!raum projekt`"},
		// Spelt otherwise, not wrongly.
		{roomPMO, "petra", "!PROJEKTCHECK schliessen", nil, "reply.check.closed", ""},
		{roomPMO, "petra", "!projekt aendern serviceportal zeitraum 2026", nil, "reply.project.changed", "2026"},
		{roomPMO, "petra", "!projekt a\u0308ndern serviceportal zeitraum 2026", nil, "reply.project.changed", "2026"},
		{roomPortal, "maria", "!Status: gelb – später", nil, "ack", ""},
		{roomPortal, "maria", "!status🟡 später", nil, "ack", ""},
		{roomPortal, "maria", "!erledigt1", nil, "ack", ""},
		{roomPortal, "maria", "!hilfe?", nil, "reply.help", ""},
		{roomPortal, "maria", "!lotse status gelb später", nil, "ack", ""},
		{roomPortal, "maria", "!lotse", nil, "reply.help", ""},
		{roomPortal, "maria", "!stadtlotse !hilfe", nil, "reply.help", ""},
		{roomPortal, "maria", "!lotse statsu", nil, "error.command", "`!status`"},
		// Not meant for the bot.
		{roomPortal, "maria", "!", nil, "-", ""},
		{roomPortal, "maria", "!!!", nil, "-", ""},
		{roomPortal, "maria", "! status gelb", nil, "-", ""},
		{roomPortal, "maria", "!5 Minuten", nil, "-", ""},
		{roomPortal, "maria", "!wichtig/dringend", nil, "-", ""},
		{roomPortal, "maria", "status gelb", nil, "-", ""},
		{roomPortal, "maria", "Das !status gelb", nil, "-", ""},
		{roomPortal, "maria", "", nil, "-", ""},
	})
}

// TestMention is the bot called by its name, which the chat has cut off.
func TestMention(t *testing.T) {
	c := newCity(t, true)
	for text, want := range map[string]bool{
		"status gelb später":       true,
		"hilfe":                    true,
		"!board":                   true,
		"hlife":                    true,  // a single word that is nearly one
		"danke für die Erinnerung": false, // talk
		"der Status ist gelb":      false,
		"":                         false,
		"kaffee":                   false,
	} {
		e := c.event(roomPortal, "maria", text)
		e.ToBot = true
		if _, got := c.table.Match(e); got != want {
			t.Errorf("%q: a command is %v, want %v", text, got, want)
		}
		e.ToBot = false
		if _, got := c.table.Match(e); got && text != "!board" {
			t.Errorf("%q is a command without naming the bot", text)
		}
	}
}

// TestEdits: an edited answer is the answer once more; nothing else is done twice.
func TestEdits(t *testing.T) {
	c := newCity(t, true)
	first := c.event(roomPortal, "maria", "!blocker Freigabe fehlt")
	c.take(first)
	edit := c.event(roomPortal, "maria", "!blocker keine")
	edit.Kind, edit.Target = bot.EventEdit, first.Message
	if got := c.take(edit); !got.command || got.failed {
		t.Fatalf("the edit was not taken: %+v", got)
	}
	a := c.load(bot.Query{Room: roomPortal}).Report.Answers[bot.FieldBlocker]
	if len(a.Parts) != 1 || !a.None() {
		t.Errorf("after the edit the answer is %+v, want «keine» alone", a)
	}
	for _, text := range []string{"!aufgabe Noch eine", "!projekt neu Wallbox", "!erledigt 1", "!wichtig"} {
		edit := c.event(roomPortal, "maria", text)
		edit.Kind, edit.Target = bot.EventEdit, first.Message
		if _, ok := c.table.Match(edit); ok {
			t.Errorf("the edit %q is a command", text)
		}
	}
	for _, kind := range []bot.EventKind{bot.EventReaction, bot.EventDeletion, bot.EventInvitation, bot.EventEcho} {
		e := c.event(roomPortal, "maria", "!hilfe")
		e.Kind = kind
		if _, ok := c.table.Match(e); ok {
			t.Errorf("an event of kind %s is a command", kind)
		}
	}
}
