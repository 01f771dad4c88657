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
