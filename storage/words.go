package storage

import (
	"lotse/bot"
)

// The outbox keeps words only as long as they may still have to be sent. What the chat
// itself has reported stands in the room, what failed for good or is stale goes nowhere:
// of those a fingerprint stays, so that the same content written again does nothing.
// What was sent and not reported (the server may lose it, see lost.go; some chats
// report nothing) keeps its words until they are pruned, see prune.go.

// words reports whether there is anything in a content that somebody could read.
func (c content) words() bool { return c.Text.Markdown != "" || len(c.Text.Mentions) > 0 }

// keepWords drops the words of a slot that needs them no more, and reports whether it
// has any now.
func (s *slot) keepWords() (bool, error) {
	c, err := s.content()
	if err != nil || !c.words() {
		return false, err
	}
	if s.open() || s.state == bot.SlotSent && !s.echoed {
		return true, nil
	}
	s.dropWords(c)
	return false, nil
}

// dropWords leaves of a slot's content c only what tells it apart.
func (s *slot) dropWords(c content) {
	c.Was, c.Text = digest(s.wanted), bot.Text{}
	s.wanted = c.encode()
}
