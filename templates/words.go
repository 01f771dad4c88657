package templates

import (
	"strconv"
	"time"

	"lotse/bot"
)

// words are what the functions of a language say.
type words struct {
	and, or   string
	lights    [4]string
	fields    map[bot.Field]string
	roles     map[bot.Role]string
	kinds     map[bot.RoomKind]string
	weekdays  [7]string
	months    [13]string
	day       func(day int, month string) string
	clock     func(hour, minute int) string
	greetings [3]string // before 11, before 18, later
	relative  [2]string // today, tomorrow
	numbers   [13]string
	thousands string
	quotes    [2]string
	marks     [3]string // new, entered by the PMO, late
	gone      string    // what was deleted
	rehearsal string
	reason    string            // before a reason that is a word,
	because   map[string]string // and before one that begins so
}

var wordsOf = map[bot.Language]*words{
	bot.German:   &german,
	bot.GermanDu: &german,
	bot.English:  &english,
}

var german = words{
	and:    "und",
	or:     "oder",
	lights: [4]string{"", "im Plan", "gefährdet", "kritisch"},
	fields: map[bot.Field]string{
		bot.FieldStatus:        "Status aktuell",
		bot.FieldOutlook:       "Ausblick",
		bot.FieldBlocker:       "Blocker",
		bot.FieldDecision:      "Entscheidungsbedarf",
		bot.FieldCommunication: "Kommunikation",
		bot.FieldReturn:        "Rückfrage des PMO",
	},
	roles: map[bot.Role]string{
		bot.RolePMO:    "PMO",
		bot.RoleDM:     "DM",
		bot.RoleDIKON:  "DIKON",
		bot.RoleLead:   "Projektleitung",
		bot.RoleDeputy: "Vertretung",
		bot.RoleHost:   "Gastgeber*in des Netzwerks",
	},
	kinds: map[bot.RoomKind]string{
		"":              "noch nicht zugeordnet",
		bot.RoomProject: "Projektraum",
		bot.RoomNetwork: "Netzwerkraum",
		bot.RoomPMO:     "Raum des PMO",
		bot.RoomDM:      "Raum des DM",
		bot.RoomDIKON:   "Raum von DIKON",
		bot.RoomDirect:  "Direktchat",
	},
	weekdays: [7]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
	months: [13]string{"", "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli",
		"August", "September", "Oktober", "November", "Dezember"},
	day: func(day int, month string) string { return strconv.Itoa(day) + ". " + month },
	clock: func(hour, minute int) string {
		if minute == 0 {
			return strconv.Itoa(hour) + " Uhr"
		}
		return strconv.Itoa(hour) + ":" + twoDigits(minute) + " Uhr"
	},
	greetings: [3]string{"Guten Morgen", "Guten Tag", "Guten Abend"},
	relative:  [2]string{"heute", "morgen"},
	numbers: [13]string{"null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun",
		"zehn", "elf", "zwölf"},
	thousands: ".",
	quotes:    [2]string{"„", "“"},
	marks:     [3]string{"neu", "vom PMO eingetragen", "nachgereicht"},
	gone:      "(gelöscht)",
	rehearsal: "Probelauf",
	reason:    "Grund: ",
	because:   map[string]string{"weil": "Nötig ist das, ", "da": "Nötig ist das, ", "wegen": "Nötig ist das "},
}

var english = words{
	and:    "and",
	or:     "or",
	lights: [4]string{"", "on track", "at risk", "critical"},
	fields: map[bot.Field]string{
		bot.FieldStatus:        "Current status",
		bot.FieldOutlook:       "Outlook",
		bot.FieldBlocker:       "Blockers",
		bot.FieldDecision:      "Decisions needed",
		bot.FieldCommunication: "Communication",
		bot.FieldReturn:        "question from the PMO",
	},
	roles: map[bot.Role]string{
		bot.RolePMO:    "PMO",
		bot.RoleDM:     "DM",
		bot.RoleDIKON:  "DIKON",
		bot.RoleLead:   "project lead",
		bot.RoleDeputy: "deputy",
		bot.RoleHost:   "host of the network",
	},
	kinds: map[bot.RoomKind]string{
		"":              "not assigned yet",
		bot.RoomProject: "project room",
		bot.RoomNetwork: "network room",
		bot.RoomPMO:     "PMO room",
		bot.RoomDM:      "DM room",
		bot.RoomDIKON:   "DIKON room",
		bot.RoomDirect:  "direct chat",
	},
	weekdays: [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
	months: [13]string{"", "January", "February", "March", "April", "May", "June", "July",
		"August", "September", "October", "November", "December"},
	day:       func(day int, month string) string { return strconv.Itoa(day) + " " + month },
	clock:     func(hour, minute int) string { return strconv.Itoa(hour) + ":" + twoDigits(minute) },
	greetings: [3]string{"Good morning", "Good afternoon", "Good evening"},
	relative:  [2]string{"today", "tomorrow"},
	numbers: [13]string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
		"ten", "eleven", "twelve"},
	thousands: ",",
	quotes:    [2]string{"“", "”"},
	marks:     [3]string{"new", "entered by the PMO", "added late"},
	gone:      "(deleted)",
	rehearsal: "Rehearsal",
	reason:    "Reason: ",
	because:   map[string]string{"because": "That is ", "since": "That is ", "due": "That is "},
}

func twoDigits(n int) string { return time.Date(0, 1, 1, 0, n, 0, 0, time.UTC).Format("04") }
