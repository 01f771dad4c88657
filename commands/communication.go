package commands

import "lotse/bot"

func communicationCommand() command {
	return entry(bot.FieldCommunication, "communication",
		[]string{"kommunikation", "communication", "einbindung"},
		[]text{{"!kommunikation STICHWORTE", "!communication WORDS"}},
		text{"!kommunikation Testlauf mit Bürgerinnen und Bürgern im Januar", "!communication Test run with residents in January"})
}
