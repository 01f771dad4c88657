package engine_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/bot/engine/enginetest"
)

// A server that has lost what it had taken gets it again after the next start, once. What
// it has and did not report, or what somebody has deleted meanwhile, stays as it is; and
// so does everything if it cannot say.
func TestLostByTheServer(t *testing.T) {
	for _, test := range []struct {
		name   string
		happen func(*enginetest.Chat)
		chat   func(*enginetest.Chat) engine.Chat
		want   []string
	}{
		{"lost", (*enginetest.Chat).LoseUnseen, nil, []string{"eins", "zwei", "drei"}},
		{"not yet reported", func(*enginetest.Chat) {}, nil, []string{"eins", "zwei"}},
		{"deleted by a moderator", func(c *enginetest.Chat) {
			c.Delete(pmoRoom, maria, c.Room(pmoRoom)[1].ID)
		}, nil, []string{"eins", ""}},
		{"lost, and the server cannot say so", (*enginetest.Chat).LoseUnseen, func(c *enginetest.Chat) engine.Chat {
			return silent{c}
		}, []string{"eins"}},
		{"lost, and the room says something else", (*enginetest.Chat).LoseUnseen, func(c *enginetest.Chat) engine.Chat {
			return finding{c}
		}, []string{"eins"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t, posting)
			b.run()
			b.chat.Say(dmRoom, maria, "pmo a eins")
			b.idle()
			b.chat.HoldEchoes()
			b.chat.Say(dmRoom, maria, "pmo b zwei")
			b.idle()
			if test.name == "lost" {
				b.chat.Say(dmRoom, maria, "pmo c drei")
				b.idle()
			}
			b.halt()
			test.happen(b.chat)
			if test.chat != nil {
				b.conf.Chats = []engine.Chat{test.chat(b.chat)}
			}
			for range 2 { // once is enough
				b.run()
				b.idle()
				b.chat.ReleaseEchoes()
				b.idle()
				b.halt()
			}
			if got := b.texts(pmoRoom); !slices.Equal(got, test.want) {
				t.Errorf("the room holds %q, want %q", got, test.want)
			}
			if doubled := b.chat.Doubled(); len(doubled) > 0 {
				t.Errorf("said twice: %q", doubled)
			}
		})
	}
}

// silent is a chat that cannot say what it has.
type silent struct{ *enginetest.Chat }

func (silent) Has(context.Context, bot.RoomID, bot.MessageID) (bool, error) {
	return false, errors.New("503")
}
