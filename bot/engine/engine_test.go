package engine_test

import (
	"testing"
)

func TestAnswers(t *testing.T) {
	b := newBench(t, echoing).run()
	b.chat.Name(maria, "Maria Beispiel")
	b.chat.Say(pmoRoom, maria, "hallo")
	b.chat.Say(dmRoom, maria, "hello")
	b.idle()
	b.want(pmoRoom, "Maria Beispiel: hallo\nLotse ↪ «hallo»: de/say hallo\n")
	b.want(dmRoom, "Maria Beispiel: hello\nLotse ↪ «hello»: en/say hello\n") // the room's language
	if err := b.halt(); err != nil {
		t.Errorf("a stop is no error, got %v", err)
	}
}
