package commands

import (
	"fmt"
	"strings"
	"testing"

	"lotse/bot"
)

// TestNumber is when a number before the words says what it is about.
func TestNumber(t *testing.T) {
	table := New("Lotse")
	for text, want := range map[string]string{
		"!eskalation 12":                                      "12 escalation.show ",
		"!eskalation #12":                                     "12 escalation.show ",
		"!eskalation Nr. 12":                                  "12 escalation.show ",
		"!eskalation 12 zeigen":                               "12 escalation.show ",
		"!eskalation 12: erledigt":                            "12 escalation.done ",
		"!eskalation #12 erledigt Die Freigabe ist da":        "12 escalation.done Die Freigabe ist da",
		"!eskalation 12 Erledigt.":                            "12 escalation.done ",
		"!eskalation 12 bis wann auch immer es geht":          "12 escalation.due wann auch immer es geht",
		"!escalation 12 withdraw it is settled":               "12 escalation.withdraw it is settled",
		"!eskalation 12 Rechner fehlen seit Wochen":           "0 escalation 12 Rechner fehlen seit Wochen", // a sentence
		"!eskalation 2. Dezember ist zu spät":                 "0 escalation 2. Dezember ist zu spät",
		"!eskalation #12 Rechner fehlen seit Wochen":          "12 - Rechner fehlen seit Wochen", // no sentence begins so
		"!eskalation 12 erledgt":                              "12 - erledgt",
		"!eskalation 0":                                       "0 escalation 0",
		"!eskalation 1234567":                                 "0 escalation 1234567",
		"!eskalation 12abc":                                   "0 escalation 12abc",
		"!eskalation bis 2.12.":                               "0 escalation.due 2.12.",
		"!eskalation bis dann":                                "0 escalation.due dann", // said to the bot, and not understood
		"!eskalation bis Freitag brauchen wir Hilfe":          "0 escalation bis Freitag brauchen wir Hilfe",
		"!eskalation eilt":                                    "0 escalation.urgent ",
		"!eskalation Eilt, die Wahl steht bevor":              "0 escalation Eilt, die Wahl steht bevor",
		"!eskalation an dikon":                                "0 escalation.route dikon",
		"!eskalation an der Schnittstelle fehlt die Freigabe": "0 escalation an der Schnittstelle fehlt die Freigabe",
		"!eskalation wunsch: Vorrang":                         "0 escalation.wish Vorrang",
		"!erledigt 12":                                        "0 task.done 12", // a task's number is no such one
	} {
		got, ok := table.parse(text, false)
		form := "-"
		if got.form != nil {
			form = got.form.name
		}
		if said := fmt.Sprintf("%d %s %s", got.number, form, got.args); !ok || said != want {
			t.Errorf("%q is %q, want %q", text, said, want)
		}
	}
}

func TestReadList(t *testing.T) {
	for text, want := range map[string]list{
		"":                      {},
		"offen":                 {},
		"alle":                  {all: true},
		"Alle, ab #20":          {all: true, from: 20},
		"meine":                 {own: true},
		"all mine from 3":       {all: true, own: true, from: 3},
		"KI im Call":            {name: "KI im Call"},
		"alle ki-im-call ab 12": {all: true, name: "ki-im-call", from: 12},
		"ki-im-call alle":       {all: true, name: "ki-im-call"},
		"ab":                    {name: "ab"},
		"ab 0":                  {},
	} {
		if got := readList(text); got != want {
			t.Errorf("%q is %+v, want %+v", text, got, want)
		}
	}
}

// TestPages: ten stand on a page, and the answer says how to go on, also among one's own.
func TestPages(t *testing.T) {
	c := newCity(t, false)
	var many []bot.Escalation
	for n := 1; n <= 25; n++ {
		x := bot.Escalation{
			ID: bot.EscalationID(fmt.Sprintf("eakte-%d", n)), Number: n, Kind: bot.EscalationMatter, Project: "eakte", State: bot.EscalationOpen,
			Role: bot.RoleDM, Text: bot.Said{Text: fmt.Sprintf("Sache %d", n)}, Put: c.now, Since: day(11, 20),
		}
		switch {
		case n == 7:
			x.State = bot.EscalationWithdrawn
		case n%5 == 0:
			x.ID, x.Project = bot.EscalationID(fmt.Sprintf("ki-im-call-%d", n)), "ki-im-call"
		}
		many = append(many, x)
	}
	c.commit(bot.Change{Escalations: many})
	for _, test := range []struct {
		room      bot.RoomID
		who, text string
		has       string // first and last line
		hasNot    string
		more      int
		next      string
	}{
		{roomPMO, "petra", "!eskalationen", "#1,#11", "#7,#12", 12, "!eskalationen ab 12"},
		{roomPMO, "petra", "!eskalationen alle", "#1,#7,#10", "#11", 11, "!eskalationen alle ab 11"},
		{roomPMO, "petra", "!eskalationen alle ab 21", "#21,#25", "#20", 0, ""},
		{roomPMO, "petra", "!eskalationen ki-im-call", "#5,#25", "#6", 0, ""},
		{roomPMO, "petra", "!eskalationen eakte", "#1,#13", "#5,#14", 14, "!eskalationen eakte ab 14"},
		{direct, "maria", "!eskalationen", "#1,#13", "#5,#14", 14, "!eskalationen ab 14"},
		{direct, "maria", "!eskalationen meine ab 20", "#21,#24", "#20,#25", 0, ""},
		{direct, "jens", "!eskalationen", "#5,#25", "#6", 0, ""},
		{roomPMO, "petra", "!eskalationen meine", "", "#", 0, ""},
		{roomCall, "jens", "!eskalationen", "#5,#25", "#6", 0, ""},
	} {
		got := c.say(test.room, test.who, test.text)
		data, _ := got.data.(bot.EscalationList)
		if got.template != "reply.escalations" || data.More != test.more || data.Next != test.next {
			t.Errorf("%s: %s in %s: %s, more from %d by %q, want %d by %q", test.who, test.text, test.room, got.template, data.More, data.Next, test.more, test.next)
		}
		for _, number := range strings.Split(test.has, ",") {
			if !strings.Contains(got.text, number) {
				t.Errorf("%s: %s in %s lacks %s:\n%s", test.who, test.text, test.room, number, got.text)
			}
		}
		for _, number := range strings.Split(test.hasNot, ",") {
			if strings.Contains(got.text, "**"+number+"**") {
				t.Errorf("%s: %s in %s has %s:\n%s", test.who, test.text, test.room, number, got.text)
			}
		}
	}
	// In a room where others read along, and to whom it is none of their business.
	for _, test := range []struct {
		room            bot.RoomID
		who, text, want string
	}{
		{roomPortal, "petra", "!eskalationen eakte", "reply.elsewhere"},
		{roomPortal, "maria", "!eskalationen meine", "reply.elsewhere"},
		{roomNet, "petra", "!eskalationen", "reply.elsewhere"},
		{roomCall, "maria", "!eskalationen", "error.forbidden"},
		{direct, "maria", "!eskalationen ki-im-call", "error.forbidden"},
		{direct, "eve", "!eskalationen", "error.forbidden"},
		{direct, "mallory", "!eskalationen", "error.forbidden"},
	} {
		if got := c.say(test.room, test.who, test.text); got.template != test.want || strings.Contains(got.text, "Sache") {
			t.Errorf("%s: %s in %s: %s, want %s", test.who, test.text, test.room, got.template, test.want)
		}
	}
}

// TestEscalationOnTheBoard: what is open stands on the board, a draft only with its project.
func TestEscalationOnTheBoard(t *testing.T) {
	c := newCity(t, false)
	c.say(roomPortal, "maria", "!eskalation Die Schnittstelle wartet auf eine Freigabe")
	c.react(roomPortal, "maria", "✅", "serviceportal-1")
	c.say(roomPortal, "maria", "!eskalation Der Scanner fehlt auch noch")
	board := c.say(roomDM, "dora", "!board").data.(bot.Board)
	for _, row := range board.Rows {
		if want := map[bot.ProjectID]int{"serviceportal": 1}[row.Project.ID]; len(row.Escalations) != want {
			t.Errorf("%s: %+v on the board, want %d", row.Project.ID, row.Escalations, want)
		}
	}
	card := c.say(roomDM, "dora", "!projekt serviceportal").data.(bot.ProjectCard)
	if len(card.Escalations) != 2 || card.Escalations[0].Number != 1 || card.Escalations[1].Number != 0 {
		t.Errorf("the project has %+v, want #1 and a draft", card.Escalations)
	}
	c.react(roomDM, "dora", "✅", "serviceportal-1")
	c.think("serviceportal-1")
	if board = c.say(roomDM, "dora", "!board").data.(bot.Board); board.Rows[0].Escalations[0].State != bot.EscalationAccepted {
		t.Errorf("decided, it is %+v", board.Rows[0].Escalations)
	}
	c.say(roomPortal, "maria", "!eskalation 1 erledigt")
	if board = c.say(roomDM, "dora", "!board").data.(bot.Board); len(board.Rows[0].Escalations) != 0 {
		t.Errorf("carried out, there is still %+v", board.Rows[0].Escalations)
	}
}

// TestEditEscalation: an edited command says what was said otherwise; it is not done again.
func TestEditEscalation(t *testing.T) {
	c := newCity(t, false)
	edit := func(first bot.Event, text string) answer {
		e := c.event(first.Room, strings.TrimPrefix(strings.Split(string(first.Sender), ":")[1], "@"), text)
		e.Kind, e.Target = bot.EventEdit, first.Message
		return c.take(e)
	}
	x := func() bot.Escalation { return *c.load(bot.Query{Escalation: "serviceportal-1"}).Escalation }

	misspelt := c.event(roomPortal, "maria", "!eskalatoin Die Freigabe felt seit Wochen")
	if got := c.take(misspelt); got.template != "error.command" {
		t.Fatalf("misspelt: %s", got.template)
	}
	edit(misspelt, "!eskalation Die Freigabe felt seit Wochen")
	if got := x(); got.State != bot.EscalationDraft || got.Text.Text != "Die Freigabe felt seit Wochen" || got.Text.Message != misspelt.Message {
		t.Errorf("a misspelt command, corrected, makes %+v", got)
	}
	edit(misspelt, "!eskalation Die Freigabe fehlt seit Wochen")
	if got := x(); got.Text.Text != "Die Freigabe fehlt seit Wochen" {
		t.Errorf("edited, it says %q", got.Text.Text)
	}
	if s := c.load(bot.Query{Project: "serviceportal"}); s.Escalated != 1 {
		t.Errorf("an edit makes another one: %d", s.Escalated)
	}
	wish := c.event(roomPortal, "maria", "!eskalation wunsch Vorang")
	c.take(wish)
	edit(wish, "!eskalation wunsch Vorrang")
	c.react(roomPortal, "maria", "✅", "serviceportal-1")
	c.react(roomDM, "dora", "✅", "serviceportal-1")
	for _, first := range []bot.Event{misspelt, wish} {
		text := map[bool]string{true: "!eskalation Etwas ganz anderes", false: "!eskalation wunsch Etwas ganz anderes"}[first.Message == misspelt.Message]
		if got := edit(first, text); got.template != "error.escalation" {
			t.Errorf("%q after a vote: %s", text, got.template)
		}
	}
	c.think("serviceportal-1")
	done := c.event(roomPortal, "maria", "!eskalation 1 erledigt Sie ist da")
	c.take(done)
	if got := edit(done, "!eskalation 1 erledigt Die Freigabe ist da"); got.template != "error.escalation" {
		t.Errorf("what has ended is changed: %s", got.template)
	}
	edit(done, "!eskalation 1 aufheben") // another form, by somebody without the right
	got := x()
	if got.State != bot.EscalationDone || got.Text.Text != "Die Freigabe fehlt seit Wochen" || got.Wish.Text != "Vorrang" || got.EndNote.Text != "Sie ist da" {
		t.Errorf("in the end it is %+v", got)
	}
}

// TestEscalationThread: in the thread of an escalation it need not be named.
func TestEscalationThread(t *testing.T) {
	c := newCity(t, false)
	c.say(roomPortal, "maria", "!eskalation Die Schnittstelle wartet auf eine Freigabe")
	c.react(roomPortal, "maria", "✅", "serviceportal-1")
	c.react(roomDM, "dora", "✅", "serviceportal-1")
	c.think("serviceportal-1")
	c.commit(bot.Change{Refs: []bot.Ref{{Message: "test:$request", Room: roomDM, Subject: bot.Subject{Project: "serviceportal", Escalation: "serviceportal-1"}}}})
	e := c.event(roomDM, "dora", "!eskalation zeigen")
	e.Thread = "test:$request"
	if got := c.take(e); got.template != "reply.escalation" {
		t.Errorf("shown in its thread: %s", got.template)
	}
	e = c.event(roomDM, "dora", "!eskalation aufheben")
	e.Thread = "test:$request"
	c.take(e)
	if x := c.load(bot.Query{Number: 1}).Escalation; x.State != bot.EscalationSetAside {
		t.Errorf("set aside in its thread, it is %s", x.State)
	}
	// A project that is named goes before the thread.
	e = c.event(roomDM, "petra", "!eskalation erledigt ki-im-call")
	e.Thread = "test:$request"
	if got := c.take(e); got.template != "error.argument" {
		t.Errorf("another project's: %s", got.template)
	}
}

// TestForeignEscalation: a number opens nothing to those whose it is not.
func TestForeignEscalation(t *testing.T) {
	c := newCity(t, false)
	c.say(roomPortal, "maria", "!eskalation Die Schnittstelle wartet auf eine Freigabe")
	c.react(roomPortal, "maria", "✅", "serviceportal-1")
	before := *c.load(bot.Query{Number: 1}).Escalation
	forms := c.table.commands[c.table.find("eskalation")].forms
	for _, who := range []string{"jens", "eve", "mallory"} {
		for _, room := range []bot.RoomID{roomCall, roomPortal, roomDM, roomNet, direct} {
			for i := range forms {
				if forms[i].words == nil {
					continue
				}
				text := strings.Replace(forms[i].example.de, " 12", " 1", 1)
				if got := c.say(room, who, text); got.template != "error.forbidden" || strings.Contains(got.text, "Schnittstelle") {
					t.Errorf("%s: %q in %s: %s", who, text, room, got.text)
				}
			}
		}
	}
	if after := *c.load(bot.Query{Number: 1}).Escalation; after.Version != before.Version {
		t.Errorf("it was changed: %+v", after)
	}
}
