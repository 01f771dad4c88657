package commands

import "lotse/bot"

func blockerCommand() command {
	return entry(bot.FieldBlocker, "blocker",
		[]string{"blocker", "blocker", "blockers", "hürde", "hürden", "hindernis"},
		[]text{{"!blocker STICHWORTE", "!blocker WORDS"}, {"!blocker keine", "!blocker none"}},
		text{"!blocker Freigabe der IT-Sicherheit fehlt", "!blocker IT security has not approved yet"})
}
