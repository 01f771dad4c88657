package commands

import "lotse/bot"

func outlookCommand() command {
	return entry(bot.FieldOutlook, "outlook",
		[]string{"ausblick", "outlook", "prognose"},
		[]text{{"!ausblick FARBE AUFGABEN", "!outlook COLOUR TASKS"}},
		text{"!ausblick grün Schulung abschließen", "!outlook green Finish the training"})
}
