package commands

import (
	"testing"

	"lotse/bot"
	"lotse/bot/teams/teamsapp"
)

// What the menus of the Teams app offer are commands, in the words of their language.
func TestMenusOfTeams(t *testing.T) {
	table := New("Lotse")
	for _, l := range []bot.Language{bot.German, bot.English} {
		for _, title := range teamsapp.Menu(l) {
			if got, ok := table.parse(title, false); !ok || got.command == nil {
				t.Errorf("%q is no command", title)
			} else if word := "!" + got.command.word(l); word != title {
				t.Errorf("%q is called %q in %s", title, word, l)
			}
		}
	}
}
