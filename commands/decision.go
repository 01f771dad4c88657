package commands

import "lotse/bot"

func decisionCommand() command {
	return entry(bot.FieldDecision, "decision",
		[]string{"entscheidung", "decision", "entscheidungsbedarf", "entscheidungen", "decisions"},
		[]text{{"!entscheidung STICHWORTE", "!decision WORDS"}, {"!entscheidung keine", "!decision none"}},
		text{"!entscheidung DM: zwei Tage Testkapazität im Dezember", "!decision DM: two days of testing in December"})
}
