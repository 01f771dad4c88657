package teamsapp

import "lotse/bot"

// words are what the package says in a language. They address nobody, so that they serve
// both manners of speech. What the bot says when it is there comes from the templates.
type words struct {
	tag   string
	short string
	full  string // %[1]s: the bot's name
	menu  []entry
}

// entry is a command of the menus, and in which of them it is.
type entry struct {
	title, description string
	in                 menus
}

type menus int

const (
	inPersonal menus = 1 << iota // of a personal chat
	inShared                     // of channels and group chats
	inBoth     = inPersonal | inShared
)

func wordsIn(l bot.Language) words {
	if l == bot.English {
		return english
	}
	return german
}

// of lists the commands of a menu.
func (w words) of(m menus) (commands []command) {
	for _, e := range w.menu {
		if e.in&m != 0 {
			commands = append(commands, command{e.title, e.description})
		}
	}
	return commands
}

var german = words{
	tag:   "de",
	short: "Fragt vor dem Projektcheck nach dem Stand, hält das Board aktuell.",
	full: `%[1]s begleitet die Governance digitaler Projekte.

- Vor jedem Projektcheck fragt %[1]s die Projektleitungen, im Kanal ihres Projekts oder im persönlichen Chat, nach Status, Ausblick, Blockern und Entscheidungsbedarf. Stichworte genügen.
- Daraus entstehen das Digitalisierungsboard und die Tagesordnung für das Digitalisierungsmanagement.
- Eskalationen kommen vor das Digitalisierungsmanagement, der Beschluss kommt in den Kanal des Projekts zurück.
- Netzwerke wie die Digilotsen bekommen Ankündigung, Tagesordnung und Link zu ihren Meetups.

Mit „!hilfe“ zeigt %[1]s, was in einem Kanal oder Chat möglich ist.

Was %[1]s liest: die Nachrichten der Teams und Gruppenchats, in die die App aufgenommen ist. Nur so kommen Antworten an, die niemanden erwähnen. Behalten wird, was eine Antwort, ein Befehl oder eine Reaktion für %[1]s ist; alles andere wird weder ausgewertet noch gespeichert. Mit „!datenschutz“ erfährt jede Person im persönlichen Chat, was über sie gespeichert ist.`,
	menu: []entry{
		{"!hilfe", "Was hier möglich ist; !hilfe status erklärt einen Befehl", inBoth},
		{"!offen", "Was noch gebraucht wird", inPersonal},
		{"!status", "Status melden: !status gelb Schnittstelle kommt später", inBoth},
		{"!ausblick", "Ausblick und Aufgaben melden: !ausblick grün", inBoth},
		{"!blocker", "Kritische Hürden nennen, oder „keine“", inBoth},
		{"!entscheidung", "Entscheidungsbedarf nennen, oder „keine“", inBoth},
		{"!aufgabe", "Eine Aufgabe aufnehmen: !aufgabe Schulung planen", inBoth},
		{"!vertretung", "Eine Vertretung eintragen: !vertretung @Name bis 31.12.", inPersonal},
		{"!eskalation", "Dem Digitalisierungsmanagement etwas vorlegen", inBoth},
		{"!eskalationen", "Was offen ist, das Älteste zuerst", inShared},
		{"!board", "Das Digitalisierungsboard, soweit es hier gezeigt werden darf", inShared},
		{"!termine", "Die nächsten Projektchecks und Meetups", inBoth},
		{"!thema", "Ein Thema für das nächste Meetup vorschlagen", inShared},
		{"!raum", "PMO: sagen, wofür dieser Kanal da ist: !raum projekt serviceportal", inShared},
		{"!ruhe", "Nicht mehr ungefragt angeschrieben werden", inPersonal},
		{"!datenschutz", "Was über mich gespeichert ist", inPersonal},
	},
}

var english = words{
	tag:   "en",
	short: "Asks how projects stand before each Projektcheck, keeps the board true.",
	full: `%[1]s looks after the governance of digital projects.

- Before each Projektcheck %[1]s asks project leads, in their project’s channel or in a personal chat, for status, outlook, blockers and decisions needed. A few words are enough.
- From this come the Digitalisierungsboard and the agenda for the digitalisation management (DM).
- Escalations go before the DM, its decision comes back to the project’s channel.
- Networks like the Digilotsen get announcement, agenda and link for their meetups.

“!help” shows what is possible in a channel or chat.

What %[1]s reads: the messages of the teams and group chats to which the app was added. Only so do answers arrive that mention nobody. What is an answer, a command or a reaction for %[1]s is kept; everything else is neither evaluated nor stored. “!privacy” tells everybody, in a personal chat, what is stored about them.`,
	menu: []entry{
		{"!help", "What is possible here; !help status explains a command", inBoth},
		{"!open", "What is still needed", inPersonal},
		{"!status", "Report the status: !status yellow interface comes later", inBoth},
		{"!outlook", "Report the outlook and tasks: !outlook green", inBoth},
		{"!blocker", "Name critical obstacles, or “none”", inBoth},
		{"!decision", "Name decisions needed, or “none”", inBoth},
		{"!task", "Add a task: !task plan the training", inBoth},
		{"!deputy", "Name a deputy: !deputy @name until 31.12.", inPersonal},
		{"!escalation", "Put something to the digitalisation management", inBoth},
		{"!escalations", "What is open, the oldest first", inShared},
		{"!board", "The Digitalisierungsboard, as far as it may be shown here", inShared},
		{"!dates", "The next Projektchecks and meetups", inBoth},
		{"!topic", "Propose a topic for the next meetup", inShared},
		{"!room", "PMO: say what this channel is for: !room project serviceportal", inShared},
		{"!quiet", "No longer be written to unasked", inPersonal},
		{"!privacy", "What is stored about me", inPersonal},
	},
}
