package commands

import "lotse/bot"

func statusCommand() command {
	return entry(bot.FieldStatus, "light",
		[]string{"status", "status", "ampel", "state"},
		[]text{{"!status FARBE STICHWORTE", "!status COLOUR WORDS"}},
		text{"!status gelb Schnittstelle kommt eine Woche später", "!status yellow The interface will be a week late"})
}
