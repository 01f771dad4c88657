package engine_test

import (
	"slices"
	"strings"
	"sync"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
	"lotse/bot/engine"
	"lotse/bot/engine/enginetest"
	"lotse/bot/escalation"
	"lotse/templates"
)

// What TestCrash plays: nine weeks of an example city, and a day on which it decides, with
// the real rules, commands and words. Maria leads the Serviceportal; Jonas leads the eAkte,
// and Dieter stands in for him; Fatma's project has no room, she is asked in a direct chat.
// Pia is the PMO; Dora, Dario and Dana are the DM, two of whom have to agree; Dirk is DIKON.

const (
	dikonRoom = bot.RoomID("test:dikon")

	portal = bot.RoomID("test:portal")
	eakte  = bot.RoomID("test:eakte")
	direct = bot.RoomID("test:direct-@fatma") // that the bot will open

	jonas  = bot.UserID("test:@jonas")
	dieter = bot.UserID("test:@dieter")
	fatma  = bot.UserID("test:@fatma")
	pia    = bot.UserID("test:@pia")
	dora   = bot.UserID("test:@dora")
	dario  = bot.UserID("test:@dario")
	dana   = bot.UserID("test:@dana")
	dirk   = bot.UserID("test:@dirk")
)

// dawn is when the story begins; nine weeks later it ends.
var dawn = time.Date(2026, 11, 17, 8, 0, 0, 0, berlin())

func citySettings() *bot.Settings {
	rhythm, err := calendar.EveryWeeks(3, calendar.Date{Year: 2026, Month: 11, Day: 25}, calendar.Clock{Hour: 10}, berlin())
	if err != nil {
		panic(err)
	}
	rules := bot.DefaultEscalationRules()
	rules.Normal.Quorum = 2
	return &bot.Settings{
		City: "Beispielstadt", Zone: berlin(), Days: calendar.NewDays("NW"), Shift: calendar.ShiftNext, Rhythm: rhythm,
		Plan:     calendar.DefaultPlanRules(),
		Roles:    map[bot.Role][]bot.PersonID{bot.RolePMO: {"pia"}, bot.RoleDM: {"dora", "dario", "dana"}, bot.RoleDIKON: {"dirk"}},
		Language: bot.German, OverviewEvery: 5 * time.Second, MaxText: 2000, BotName: "Lotse", Allowed: []bot.UserID{pia},
		Escalations: rules,
	}
}

// cityRules are the rules as the program puts them together.
func cityRules() engine.Rules {
	return engine.Rules{
		Needs: escalation.Needs, Decide: escalation.Decide, TimerNeeds: escalation.TimerNeeds, Due: escalation.Due, Follow: escalation.Follow,
	}
}

// cityWords are read once: proving them all takes a while.
var cityWords = sync.OnceValues(func() (*templates.Set, error) {
	return templates.New(templates.Options{Zone: berlin(), Default: bot.German})
})

// cityBooks is what the books hold at dawn.
func cityBooks() bot.Change {
	change := bot.Change{
		Timers: []bot.Timer{{Key: "plan", Kind: bot.TimerPlan, At: dawn}, escalation.Begin(dawn)},
		Rooms: []bot.Room{
			{ID: pmoRoom, Kind: bot.RoomPMO, Joined: true},
			{ID: dmRoom, Kind: bot.RoomDM, Joined: true},
			{ID: dikonRoom, Kind: bot.RoomDIKON, Joined: true},
			{ID: portal, Kind: bot.RoomProject, Project: "serviceportal", Joined: true},
			{ID: eakte, Kind: bot.RoomProject, Project: "eakte", Joined: true},
		},
		Projects: []bot.Project{
			{ID: "serviceportal", Name: "Serviceportal", Leads: []bot.PersonID{"maria"}, State: bot.ProjectActive},
			{ID: "eakte", Name: "eAkte", Leads: []bot.PersonID{"jonas"}, State: bot.ProjectActive},
			{ID: "posteingang", Name: "Digitalisierung Posteingang", Leads: []bot.PersonID{"fatma"}, State: bot.ProjectActive},
		},
	}
	for _, name := range []string{"Maria", "Jonas", "Dieter", "Fatma", "Pia", "Dora", "Dario", "Dana", "Dirk"} {
		id := strings.ToLower(name)
		change.People = append(change.People, bot.Person{
			ID: bot.PersonID(id), Name: name + " Beispiel", Accounts: []bot.UserID{bot.UserID("test:@" + id)},
		})
	}
	return change
}

// step is one step of the story: people do something, in one piece, or time passes.
type step struct {
	about string
	deeds []deed
	until time.Time
}

// nineWeeks is the story of three rounds.
func nineWeeks() []step {
	s := &plot{}
	s.until("2026-11-18 09:00")

	s.inRound("2026-11-25")
	s.react(portal, maria, "question/serviceportal/status", "🟢")
	s.together("Maria writes twice before the next question stands",
		s.thread(portal, maria, "gelb – Testphase vorbereiten"), s.thread(portal, maria, "Texte prüfen"))
	s.now(s.reply(portal, maria, "question/serviceportal/blocker", "Schnittstelle fehlt"))
	s.now(s.say(direct, fatma, "grün"))
	s.now(s.edit(portal, maria, "Schnittstelle fehlt", "Schnittstelle fehlt seit Montag"))
	s.until("2026-11-18 12:00")
	s.together("Jonas answers all at once, and Fatma goes on meanwhile",
		s.thread(eakte, jonas, "Status: grün, zweites Amt umgestellt\nAusblick: grün\n- Schulung\n- Abnahme\nBlocker: keine\nEntscheidung: keine\nKommunikation: –"),
		s.say(direct, fatma, "gelb\nScanner bestellen"))
	s.now(s.say(pmoRoom, pia, "!staus eakte gelb"))
	s.now(s.say(pmoRoom, pia, "!status eakte gelb Scanstrecke verspätet"))
	s.until("2026-11-20 09:00") // the first reminder
	s.now(s.delete(portal, maria, "Texte prüfen"))
	s.together("the rest of Maria's answers", s.thread(portal, maria, "keine"), s.thread(portal, maria, "–"))
	s.now(s.say(eakte, jonas, "!erledigt 1"))
	s.until("2026-11-23 14:00") // the second reminder, and the PMO's overview of the day
	s.now(s.say(pmoRoom, pia, "!nachfrage eakte Welches Amt folgt?"))
	s.now(s.thread(eakte, jonas, "Das Standesamt."))
	s.until("2026-11-24 15:00") // closed
	s.now(s.say(direct, fatma, "Blocker: keine\nEntscheidung: keine\nKommunikation: –"))
	s.until("2026-11-25 10:00")

	s.inRound("2026-12-16")
	s.together("somebody is away", s.mention(eakte, jonas, "!vertretung @dieter bis 31.12.", dieter), s.say(pmoRoom, pia, "!termine"))
	s.until("2026-12-09 09:00")
	s.react(portal, maria, "ask/serviceportal", "1️⃣")
	s.react(portal, maria, "ask/serviceportal", "🔁")
	s.now(s.thread(eakte, dieter, "rot"))
	s.now(s.thread(eakte, dieter, "Dienstleister ausgefallen"))
	s.now(s.say(pmoRoom, pia, "!projektcheck verschieben auf 17.12. 10:00"))
	s.now(s.say(direct, fatma, "unverändert"))
	s.until("2026-12-15 12:00")
	s.together("Dieter does the rest, by command and in the thread",
		s.say(eakte, dieter, "!ausblick rot Neue Vergabe"), s.say(eakte, dieter, "!blocker Ohne Dienstleister kein Betrieb"),
		s.thread(eakte, dieter, "Entscheidung: Freihändige Vergabe"))
	s.until("2026-12-16 17:00") // the agenda stands
	s.now(s.edit(eakte, dieter, "Dienstleister ausgefallen", "Dienstleister insolvent"))
	s.now(s.delete(eakte, dieter, "Entscheidung: Freihändige Vergabe"))
	s.until("2026-12-17 10:00")

	s.inRound("2027-01-06")
	s.now(s.say(pmoRoom, pia, "!projekt pause posteingang bis 31.1."))
	s.until("2026-12-29 09:00")
	s.now(s.thread(portal, maria, "Status: grün\nAusblick: unverändert\nBlocker: keine\nEntscheidung: keine"))
	s.now(s.thread(eakte, dieter, "gelb, Vergabe läuft"))
	s.until("2027-01-06 10:00")
	s.now(s.thread(portal, maria, "Status: gelb"))
	s.now(s.say(dmRoom, dora, "!board"))
	s.until("2027-01-19 08:00")
	return s.steps
}

// aDecision is the story of what is put to the DM, and decided: with a question and its
// answer, DIKON's advice, a vote that is taken back in the pause for thought; a second
// time refused, with the reason, and set aside; and what was decided in a meeting.
func aDecision() []step {
	s := &plot{}
	request := func(n string) string { return "escalation/serviceportal-" + n + "/request/" }
	// One thing a step: of several edits of a message at once the last may do.
	s.until("2026-11-17 08:30")
	s.now(s.say(portal, maria, "!eskalation Die Schnittstelle wartet auf eine Freigabe"))
	s.now(s.on(portal, maria, "escalation/serviceportal-1/draft", "✅"))
	s.now(s.on(dmRoom, dora, request("1"), "✅"))
	s.now(s.under(dmRoom, dana, request("1"), "Rückfrage: Wer gibt frei?"))
	s.now(s.under(portal, maria, "escalation/serviceportal-1/question/1", "Das Rechtsamt"))
	s.now(s.on(dmRoom, dario, request("1"), "⏫"))
	s.now(s.under(dikonRoom, dirk, "escalation/serviceportal-1/forward", "Empfehlung: Das passt zur Strategie"))
	s.now(s.on(dmRoom, dario, request("1"), "✅"))
	s.until("2026-11-17 08:40") // in the pause for thought
	s.now(s.off(dmRoom, dario, request("1"), "✅"))
	s.until("2026-11-17 08:50") // nothing is decided
	s.now(s.on(dmRoom, dana, request("1"), "✅"))
	s.until("2026-11-17 09:10") // it is
	s.together("that is done, and something new", s.say(portal, maria, "!eskalation 1 erledigt"), s.say(portal, maria, "!eskalation Die Stelle ist nicht besetzt"))
	s.now(s.on(portal, maria, "escalation/serviceportal-2/draft", "✅"))
	s.now(s.on(dmRoom, dora, request("2"), "❌"))
	s.now(s.say(dmRoom, dario, "#2 ablehnen"))
	s.now(s.under(dmRoom, dora, request("2"), "Begründung: Es gibt keine Stelle"))
	s.until("2026-11-17 09:30")
	s.now(s.say(dmRoom, dora, "!eskalation 2 aufheben"))
	s.now(s.say(dmRoom, dario, "!eskalation 2 aufheben Es gibt doch eine"))
	s.now(s.say(dmRoom, pia, "!beschluss serviceportal Die Stelle wird besetzt"))
	s.now(s.on(dmRoom, dora, request("3"), "✅"))
	s.until("2026-11-17 10:00")
	return s.steps
}

// plot writes a story down.
type plot struct {
	steps []step
	round string
}

// deed is what somebody does, once it is its turn.
type deed func(stage) bot.Event

// stage is where people do it.
type stage interface {
	Room(bot.RoomID) []enginetest.Message
	Inject(...bot.Event) []bot.MessageID
}

func (p *plot) until(local string) {
	at, err := time.ParseInLocation("2006-01-02 15:04", local, berlin())
	if err != nil {
		panic(err)
	}
	p.steps = append(p.steps, step{about: local, until: at})
}

func (p *plot) inRound(id string) { p.round = id }

func (p *plot) now(d deed) { p.together("", d) }

func (p *plot) together(about string, deeds ...deed) {
	p.steps = append(p.steps, step{about: about, deeds: deeds})
}

func (p *plot) say(room bot.RoomID, who bot.UserID, text string) deed {
	return p.mention(room, who, text)
}

func (p *plot) mention(room bot.RoomID, who bot.UserID, text string, whom ...bot.UserID) deed {
	return func(stage) bot.Event {
		e := bot.Event{Kind: bot.EventMessage, Room: room, Sender: who, Text: text, Direct: room == direct}
		for _, u := range whom {
			e.Mentions = append(e.Mentions, bot.Mention{User: u, Name: strings.TrimPrefix(u.Local(), "@")})
		}
		return e
	}
}

// thread writes in the thread of the round.
func (p *plot) thread(room bot.RoomID, who bot.UserID, text string) deed {
	return p.under(room, who, "check/"+p.round+"/ask/", text)
}

// under writes in the thread of the bot's message whose key has a beginning.
func (p *plot) under(room bot.RoomID, who bot.UserID, key, text string) deed {
	return func(c stage) bot.Event {
		return bot.Event{Kind: bot.EventMessage, Room: room, Sender: who, Text: text, Thread: own(c, room, key)}
	}
}

func (p *plot) reply(room bot.RoomID, who bot.UserID, to, text string) deed {
	round := p.round
	return func(c stage) bot.Event {
		return bot.Event{Kind: bot.EventMessage, Room: room, Sender: who, Text: text, ReplyTo: own(c, room, "check/"+round+"/"+to)}
	}
}

func (p *plot) react(room bot.RoomID, who bot.UserID, to, emoji string) {
	p.now(p.on(room, who, "check/"+p.round+"/"+to, emoji))
}

// on reacts to the bot's message whose key has a beginning.
func (p *plot) on(room bot.RoomID, who bot.UserID, key, emoji string) deed {
	return func(c stage) bot.Event {
		return bot.Event{Kind: bot.EventReaction, Room: room, Sender: who, Emoji: emoji, Target: own(c, room, key)}
	}
}

// off takes the reaction back.
func (p *plot) off(room bot.RoomID, who bot.UserID, key, emoji string) deed {
	return func(c stage) bot.Event {
		e := bot.Event{Kind: bot.EventDeletion, Room: room, Sender: who}
		for _, m := range c.Room(room) {
			for _, r := range m.Reactions {
				if strings.HasPrefix(string(m.Key), key) && r.Sender == who && r.Emoji == emoji {
					e.Target = r.ID
				}
			}
		}
		return e
	}
}

func (p *plot) edit(room bot.RoomID, who bot.UserID, text, to string) deed {
	return func(c stage) bot.Event {
		m := said(c, room, text)
		return bot.Event{Kind: bot.EventEdit, Room: room, Sender: who, Target: m.ID, Thread: m.Thread, Text: to}
	}
}

func (p *plot) delete(room bot.RoomID, who bot.UserID, text string) deed {
	return func(c stage) bot.Event {
		return bot.Event{Kind: bot.EventDeletion, Room: room, Sender: who, Target: said(c, room, text).ID}
	}
}

// own finds the newest message of the bot whose key has a beginning, or "": whatever
// has gone wrong then, the comparison tells.
func own(c stage, room bot.RoomID, beginning string) bot.MessageID {
	for _, m := range slices.Backward(c.Room(room)) {
		if strings.HasPrefix(string(m.Key), beginning) {
			return m.ID
		}
	}
	return ""
}

// said finds the newest message with a text.
func said(c stage, room bot.RoomID, text string) enginetest.Message {
	for _, m := range slices.Backward(c.Room(room)) {
		if m.Text == text {
			return m
		}
	}
	return enginetest.Message{}
}
