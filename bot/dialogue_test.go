package bot_test

import (
	"flag"
	"testing"

	"lotse/bot/dialoguetest"
)

var (
	update    = flag.Bool("update", false, "write the answers in the dialogues anew")
	dialogues = flag.String("dialogues", "testdata/dialogue", "the folder with the dialogues")
)

// TestDialogues plays every dialogue of testdata/dialogue on the real engine, database,
// texts and commands; see package dialoguetest.
func TestDialogues(t *testing.T) {
	dialoguetest.Run(t, *dialogues, *update, func(t *testing.T) *dialoguetest.World {
		return dialoguetest.New(t, dialoguetest.Kit{})
	})
}

// TestTeams plays them over Teams.
func TestTeams(t *testing.T) {
	dialoguetest.Teams(t, *dialogues, func() dialoguetest.Kit { return dialoguetest.Kit{} }, dialoguetest.Differing{
		Unplayable: map[string]string{
			"cancelled": "it answers to questions that stand on one form in Teams",
			"direct":    "it answers to questions that stand on one form in Teams",
			"downtime":  "what people write while the bot is down is lost to it",
			"erase":     "it answers to questions that stand on one form in Teams",
			"hostile":   "a message without words, there one of a picture, is not taken in",
			"over":      "what people write while the bot is down is lost to it",
			"plain":     "it answers to questions that stand on one form in Teams",
			"proof":     "there are no devices to confirm in Teams",
			"rounds":    "it answers to questions that stand on one form in Teams",
			"several":   "it answers to questions that stand on one form in Teams",
			"silent":    "a room that takes nothing is told of otherwise",
			"strangers": "it answers to questions that stand on one form in Teams",
			"upgraded":  "rooms have no successors in Teams",
			"worse":     "it answers to questions that stand on one form in Teams",
		},
	})
}
