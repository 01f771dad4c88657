package storage

import (
	"context"
	"encoding/json"
	"fmt"

	"lotse/bot"
)

// The outbox keeps words only as long as they may still have to be sent. What the chat
// itself has reported stands in the room, what failed for good or is stale goes nowhere:
// of those a fingerprint stays, so that the same content written again does nothing.
// What was sent and not reported (the server may lose it, see lost.go; some chats
// report nothing) keeps its words until they are pruned, see prune.go. A file goes with
// the words beside it. Words that are secret go once they are sent.

// words reports whether there is anything in a content that somebody could read.
func (c content) words() bool {
	return c.Text.Markdown != "" || len(c.Text.Mentions) > 0 || c.Text.Form != nil || c.File != nil
}

// keepWords drops the words of a slot that needs them no more, and reports whether it
// has any now.
func (s *slot) keepWords() (bool, error) {
	c, err := s.content()
	if err != nil || !c.words() {
		return false, err
	}
	if s.open() || s.state == bot.SlotSent && !s.echoed && !c.Secret {
		return true, nil
	}
	s.dropWords(c)
	return false, nil
}

// dropWords leaves of a slot's content c only what tells it apart.
func (s *slot) dropWords(c content) {
	c.Was, c.Text, c.File = digest(s.wanted), bot.Text{}, nil
	s.wanted = c.encode()
}

// forgetFailed drops what a message said that its sender has deleted now, where deciding
// about it was given up: such events keep their body for the operator to look at.
func (t *txn) forgetFailed(ctx context.Context, deletion bot.Event) error {
	var gone []int64
	err := t.each(ctx, func(row row) error {
		var seq int64
		var body []byte
		var e bot.Event
		if err := row.Scan(&seq, &body); err != nil {
			return err
		}
		if err := json.Unmarshal(body, &e); err != nil {
			return fmt.Errorf("read event %d: %w", seq, err)
		}
		if e.Sender == deletion.Sender && (e.Message == deletion.Target || e.Kind == bot.EventEdit && e.Target == deletion.Target) {
			gone = append(gone, seq)
		}
		return nil
	}, `SELECT seq, body FROM inbox WHERE state = 'failed' AND body <> ''`)
	for _, seq := range gone {
		if err == nil {
			_, err = t.exec(ctx, `UPDATE inbox SET body = '' WHERE seq = $1`, seq)
		}
	}
	return wrap(err, "forget what was deleted")
}
