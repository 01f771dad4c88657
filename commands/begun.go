package commands

import "lotse/bot"

func begunCommand() command {
	return moves("task.begun", bot.TaskDoing,
		[]string{"begonnen", "started", "angefangen", "doing", "begun"},
		text{"!begonnen NUMMER", "!started NUMBER"},
		text{"!begonnen 2", "!started 2"})
}
