package matrixtest

import "testing"

// Pen writes what comes down to one event. Each kind of client has one of its
// own, so that they all write alike, encrypted or not.
type Pen struct {
	// Write sends an event and returns its id.
	Write func(t testing.TB, room, eventType string, content map[string]any) (event string)
}

func (p Pen) message(t testing.TB, room, text string, relation map[string]any) (event string) {
	t.Helper()
	content := Text(text)
	if relation != nil {
		content["m.relates_to"] = relation
	}
	return p.Write(t, room, "m.room.message", content)
}

// Send sends a plain message.
func (p Pen) Send(t testing.TB, room, text string) (event string) {
	t.Helper()
	return p.message(t, room, text, nil)
}

// Reply answers a message outside threads.
func (p Pen) Reply(t testing.TB, room, to, text string) (event string) {
	t.Helper()
	return p.message(t, room, text, map[string]any{"m.in_reply_to": map[string]any{"event_id": to}})
}

// Thread writes in the thread under root. As clients do, it names a message to
// fall back on for those that do not know threads.
func (p Pen) Thread(t testing.TB, room, root, text string) (event string) {
	t.Helper()
	return p.message(t, room, text, map[string]any{
		"rel_type":        "m.thread",
		"event_id":        root,
		"is_falling_back": true,
		"m.in_reply_to":   map[string]any{"event_id": root},
	})
}

// ThreadReply answers a message within the thread under root.
func (p Pen) ThreadReply(t testing.TB, room, root, to, text string) (event string) {
	t.Helper()
	return p.message(t, room, text, map[string]any{
		"rel_type":      "m.thread",
		"event_id":      root,
		"m.in_reply_to": map[string]any{"event_id": to},
	})
}

// React puts a reaction, as "👍", on a message.
func (p Pen) React(t testing.TB, room, target, key string) (event string) {
	t.Helper()
	return p.Write(t, room, "m.reaction", map[string]any{
		"m.relates_to": map[string]any{"rel_type": "m.annotation", "event_id": target, "key": key},
	})
}

// Edit replaces the text of a message.
func (p Pen) Edit(t testing.TB, room, target, newText string) (event string) {
	t.Helper()
	content := Text("* " + newText)
	content["m.new_content"] = Text(newText)
	content["m.relates_to"] = map[string]any{"rel_type": "m.replace", "event_id": target}
	return p.Write(t, room, "m.room.message", content)
}
