package commands

func meetupCommand() command {
	return command{words: []string{"meetup", "meetup", "meetups"}, forms: meetupTopics()}
}
