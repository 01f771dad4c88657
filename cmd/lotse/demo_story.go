package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"lotse/bot"
)

// named is a person or a room of the demo.
type named struct{ id, name string }

// The cast, all made up.
var (
	demoPeople = []named{
		{"maria", "Maria Beispiel"}, {"katrin", "Katrin Beispiel"}, {"tobias", "Tobias Beispiel"}, {"aylin", "Aylin Beispiel"},
		{"lukas", "Lukas Beispiel"}, {"hanna", "Hanna Beispiel"}, {"petra", "Petra Beispiel (PMO)"}, {"dora", "Dora Beispiel (DM)"}, {"daniel", "Daniel Beispiel (DM)"},
	}
	demoRooms = []named{
		{"serviceportal", "Serviceportal"}, {"eakte", "eAkte"}, {"hausaktenarchiv", "Hausaktenarchiv"}, {"ki-im-call", "KI im Call"},
		{"pmo", "PMO"}, {"dm", "Digitalisierungsmanagement"}, {"digilotsen", "Digilotsen"},
	}
	demoLeads = map[bot.ProjectID]string{"serviceportal": "maria", "eakte": "katrin", "hausaktenarchiv": "tobias", "ki-im-call": "aylin"}
)

// liveDelay is how much later a live message shows what has changed, and a little more.
const liveDelay = 10 * time.Second

// scene is a step of the story.
type scene func(ctx context.Context, d *demo) error

// play plays the story, scene by scene.
func (d *demo) play(ctx context.Context) error {
	for _, scene := range d.story() {
		if err := scene(ctx, d); err != nil {
			return fmt.Errorf("the demo stopped: %w", err)
		}
	}
	return nil
}

// story is one Projektcheck, from the first question to the board, and one meetup of the Digilotsen.
func (d *demo) story() []scene {
	return []scene{
		tell("Lotse · Vorführung mit erfundenen Personen und Projekten.\nDie Uhr ist simuliert und springt von Ereignis zu Ereignis. Es ist Dienstag, der 17. November 2026."),
		tell("Morgens um neun, fünf Arbeitstage vor dem Projektcheck: Lotse fragt in jedem Projektraum."),
		leapTo("2026-11-18 09:00"),

		tell("Maria tippt auf Gelb. Das ist schlechter als beim letzten Mal, also fragt Lotse nach dem Grund – einmal."),
		reacts("maria", "serviceportal", "status", "🟡"),
		says("maria", "serviceportal", "Die Schnittstelle zum Melderegister kommt erst im Januar."),
		tell("Der Ausblick: Ampel und Aufgaben in einer Nachricht. Und eine alte Aufgabe ist erledigt: 1️⃣."),
		says("maria", "serviceportal", "gelb\n- Ersatzverfahren mit dem Einwohnermeldeamt abstimmen\n- Testfälle für Januar vorbereiten"),
		reacts("maria", "serviceportal", "ask", "1️⃣"),
		says("maria", "serviceportal", "Die Freigabe der Schnittstelle fehlt seit Oktober"),
		says("maria", "serviceportal", "DM: Priorität in der IT-Abteilung, bis 2. Dezember"),
		says("maria", "serviceportal", "–"),

		tell("Aus dem Blocker wird ein Entwurf. Maria legt ihn dem DM vor: ✅."),
		reacts("maria", "serviceportal", "serviceportal-1/draft", "✅"),
		tell("Daniel im DM möchte erst etwas wissen; die Frage geht in den Projektraum, Marias Antwort kommt zurück."),
		reacts("daniel", "dm", "serviceportal-1/request", "❓"),
		adds("daniel", "dm", "serviceportal-1/request", "Rückfrage: Wer muss die Freigabe erteilen?"),
		adds("maria", "serviceportal", "serviceportal-1/question/1", "Das Einwohnermeldeamt, der Antrag liegt dort seit dem 20. Oktober."),
		tell("Dora und Daniel stimmen zu. Eine Viertelstunde ist Zeit, es sich anders zu überlegen; dann steht der Beschluss."),
		reacts("dora", "dm", "serviceportal-1/request", "✅"),
		reacts("daniel", "dm", "serviceportal-1/request", "✅"),
		leapTo("2026-11-18 09:30"),

		tell("Bei Tobias hat sich nichts geändert: 🔁 genügt."),
		reacts("tobias", "hausaktenarchiv", "ask", "🔁"),

		tell("Katrin schreibt alles in eine Nachricht."),
		says("katrin", "eakte", "Guten Morgen,\nStatus: grün\nAusblick: grün\n- Schulung im Sozialamt\n- Altakten übernehmen\nBlocker: keine\nEntscheidung: keine\nKommunikation: Newsletter an alle Ämter am 1. Dezember"),

		tell("Aylin ist ab morgen nicht da und übergibt an Lukas. Gründe fragt Lotse nicht."),
		orders("aylin", "ki-im-call", "!vertretung @Lukas Beispiel bis 27.11."),

		tell("Tags darauf lädt Lotse die Digilotsen zum nächsten Meetup ein, zwei Wochen vorher, und fragt nach Themen."),
		leapTo("2026-11-19 09:00"),
		orders("tobias", "digilotsen", "!thema Alte Bauakten scannen: selbst oder mit Dienstleister?"),
		orders("katrin", "digilotsen", "!thema Was die eAkte im Sozialamt leichter macht"),
		tell("Ein 👍 am Thema ist eine Stimme, ein 👍 an der Einladung heißt: Ich bin dabei."),
		likes("topic/2", "maria", "lukas", "tobias"),
		likes("topic/1", "katrin"),
		likes("announcement", "maria", "katrin", "tobias", "lukas"),

		tell("Einen Tag später fehlt im Projektcheck nur noch „KI im Call“. Erinnert wird nur dort, und zwar die Vertretung."),
		leapTo("2026-11-20 09:00"),
		says("lukas", "ki-im-call", "rot – der Anbieter liefert nicht"),
		tell("Den Rest trägt das PMO nach einem Telefonat ein; das steht dann auch dabei."),
		orders("petra", "pmo", "!ausblick ki-im-call rot Vergabe neu aufsetzen"),
		orders("petra", "pmo", "!blocker ki-im-call Der Vertrag ist gekündigt"),
		orders("petra", "pmo", "!entscheidung ki-im-call DIKON: Soll das Projekt weitergehen?"),

		tell("Am Tag vor dem Projektcheck ist um 14 Uhr Redaktionsschluss. Das PMO liest und fragt nach."),
		leapTo("2026-11-24 14:00"),
		orders("petra", "pmo", "!nachfrage serviceportal Reicht der 2. Dezember noch für den Testbetrieb?"),
		says("maria", "serviceportal", "Ja, wenn die Freigabe bis dahin da ist."),

		tell("Um 16 Uhr geht die Tagesordnung an das DM: was sich geändert hat zuerst, Rot voran."),
		leapTo("2026-11-24 16:00"),

		tell("Der Projektcheck. Danach gehört die Runde der Vergangenheit an; das Board bleibt."),
		leapTo("2026-11-25 10:00"),
		orders("dora", "dm", "!board"),
		tell("Die Freigabe ist inzwischen da: Maria meldet den Beschluss als umgesetzt. Nachlesen lässt sich alles."),
		orders("maria", "serviceportal", "!eskalation 1 erledigt Die Freigabe ist am 24. November gekommen."),
		orders("petra", "pmo", "!eskalation 1"),

		tell("Und die Digilotsen? Am Tag vor dem Meetup steht die Tagesordnung, das Thema mit den meisten Stimmen vorn."),
		leapTo("2026-12-02 09:00"),
		tell("Eine Viertelstunde vorher kommt der Link noch einmal."),
		leapTo("2026-12-03 09:45"),
		tell("Danach bittet Lotse Hanna, die einlädt, im Direktchat um ein paar Sätze und Links. Beides steht dann im Raum\nund bleibt auffindbar."),
		leapTo("2026-12-03 11:30"),
		confides("hanna", "Im Sozialamt spart die eAkte vor allem Wege: Beide Häuser sehen dieselbe Akte. Beim Scannen alter Bauakten hat sich ein Dienstleister bewährt.\nTeilnehmende: 43\nFolien https://intranet.stadt.example/digilotsen/dezember"),
		orders("lukas", "digilotsen", "!meetup suche eAkte"),
		tell("So weit die Vorführung."),
	}
}

// tell narrates, and leaves time for reading.
func tell(text string) scene {
	return func(ctx context.Context, d *demo) error {
		d.pause(ctx, 450*time.Millisecond)
		d.narrate(text)
		d.pause(ctx, 450*time.Millisecond)
		return ctx.Err()
	}
}

// leapTo lets the clock leap.
func leapTo(when string) scene {
	return func(ctx context.Context, d *demo) error {
		if err := d.engine.RunUntil(ctx, at(d.zone, when)); err != nil {
			return err
		}
		// A live message is drawn a few seconds after what it shows.
		if err := d.engine.RunUntil(ctx, d.clock.Now().Add(liveDelay)); err != nil {
			return err
		}
		return d.settle(ctx)
	}
}

// says is an answer in the round's thread.
func says(who, room, text string) scene { return adds(who, room, "ask", text) }

// adds is a message in the thread of one of the bot's.
func adds(who, room, what, text string) scene {
	return func(ctx context.Context, d *demo) error {
		thread, err := d.own(ctx, room, what)
		if err != nil {
			return err
		}
		return d.act(ctx, d.say(ctx, d.theatre.room(room), d.account(who), text, thread))
	}
}

// orders is a message outside any thread.
func orders(who, room, text string) scene {
	return func(ctx context.Context, d *demo) error {
		return d.act(ctx, d.say(ctx, d.theatre.room(room), d.account(who), text, ""))
	}
}

// reacts is an emoji on one of the bot's messages.
func reacts(who, room, what, emoji string) scene {
	return func(ctx context.Context, d *demo) error {
		target, err := d.own(ctx, room, what)
		if err != nil {
			return err
		}
		return d.act(ctx, d.react(ctx, d.theatre.room(room), d.account(who), target, emoji))
	}
}

// confides is a message in the direct chat with the bot.
func confides(who, text string) scene {
	return func(ctx context.Context, d *demo) error {
		room, err := d.direct(ctx, d.account(who))
		if err != nil {
			return err
		}
		return d.act(ctx, d.say(ctx, room, d.account(who), text, ""))
	}
}

// likes is a 👍 of several people on one of the bot's messages about the meetup.
func likes(what string, people ...string) scene {
	return func(ctx context.Context, d *demo) error {
		room := d.theatre.room("digilotsen")
		target, err := d.find(ctx, room, bot.NewKey("meetup", "digilotsen-2026-12-03", what, string(room)))
		for _, who := range people {
			if err == nil {
				err = d.react(ctx, room, d.account(who), target, string(bot.ComingYes))
			}
		}
		return d.act(ctx, err)
	}
}

// own finds a message of the bot's: the opening of a project's round ("ask"), the first
// question about a field ("status"), or one about an escalation ("serviceportal-1/request").
func (d *demo) own(ctx context.Context, room, what string) (bot.MessageID, error) {
	report := bot.Report{Round: "2026-11-25", Project: bot.ProjectID(room), Room: d.theatre.room(room)}
	key := report.AskKey()
	switch {
	case strings.Contains(what, "/"):
		key = bot.NewKey("escalation", what, string(d.theatre.room(room)))
	case what != "ask":
		report.Open = &bot.Question{Field: bot.Field(what), Ask: bot.AskField, N: 1}
		key = report.OpenKey()
	}
	return d.find(ctx, d.theatre.room(room), key)
}

// find finds a message by its key.
func (d *demo) find(ctx context.Context, room bot.RoomID, key bot.Key) (bot.MessageID, error) {
	id, err := d.Find(ctx, room, key, 1)
	if err == nil && id == "" {
		err = fmt.Errorf("no message %s in the room", key)
	}
	return id, err
}

// act ends what somebody did: the bot hears of it and answers.
func (d *demo) act(ctx context.Context, err error) error {
	if err != nil {
		return err
	}
	if err := d.settle(ctx); err != nil {
		return err
	}
	d.pause(ctx, 300*time.Millisecond)
	return ctx.Err()
}

func (d *demo) settle(ctx context.Context) error { return d.settled(ctx, d.engine) }

// pause leaves time for reading, where somebody reads.
func (d *demo) pause(ctx context.Context, span time.Duration) {
	if !d.paced {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(span):
	}
}
