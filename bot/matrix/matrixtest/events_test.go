package matrixtest

import (
	"encoding/json"
	"slices"
	"testing"
)

// parse reads events as a server would send them.
func parse(t *testing.T, source string) []Event {
	t.Helper()
	var events []Event
	if err := json.Unmarshal([]byte(source), &events); err != nil {
		t.Fatal(err)
	}
	return events
}

func TestEvent(t *testing.T) {
	e := parse(t, `[{
		"event_id": "$2", "type": "m.room.message", "sender": "@maria:localhost", "origin_server_ts": 1795395600123,
		"content": {
			"msgtype": "m.text", "body": "ja", "formatted_body": "<b>ja</b>",
			"m.mentions": {"user_ids": ["@jonas:localhost"], "room": true},
			"m.relates_to": {"rel_type": "m.thread", "event_id": "$1", "is_falling_back": true, "m.in_reply_to": {"event_id": "$0"}},
			"org.lotse": {"key": "k", "kind": "ask", "ref": "r"}
		}
	}]`)[0]
	for _, tt := range []struct{ what, got, want string }{
		{"ID", e.ID, "$2"},
		{"Type", e.Type, "m.room.message"},
		{"Sender", e.Sender, "@maria:localhost"},
		{"Time", e.Time.UTC().Format("2006-01-02 15:04:05.000"), "2026-11-23 01:00:00.123"},
		{"RelType", e.RelType, "m.thread"},
		{"RelatesTo", e.RelatesTo, "$1"},
		{"Thread", e.Thread(), "$1"},
		{"ReplyTo", e.ReplyTo(), ""}, // only for clients without threads
		{"Body", e.Body(), "ja"},
		{"FormattedBody", e.FormattedBody(), "<b>ja</b>"},
		{"Key", e.Key(), "k"},
		{"Mark.Kind", e.Mark().Kind, "ask"},
		{"Mark.Ref", e.Mark().Ref, "r"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s is %q, want %q", tt.what, tt.got, tt.want)
		}
	}
	if got, want := e.Mentions(), []string{"@jonas:localhost", "@room"}; !slices.Equal(got, want) {
		t.Errorf("Mentions is %q, want %q", got, want)
	}
}

// What a stranger puts into an event may have any shape.
func TestEventOfOddShape(t *testing.T) {
	for _, content := range []string{
		`{}`,
		`null`,
		`{"body": 1, "formatted_body": [], "m.mentions": "all", "m.relates_to": [], "org.lotse": "key"}`,
		`{"m.mentions": {"user_ids": [1, {}], "room": "yes"}, "m.relates_to": {"rel_type": 1, "event_id": {}, "m.in_reply_to": 3}, "org.lotse": {"key": 1}}`,
	} {
		e := parse(t, `[{"event_id": "$1", "type": "m.room.message", "sender": "@maria:localhost", "content": `+content+`}]`)[0]
		if e.Body()+e.FormattedBody()+e.Key()+e.Thread()+e.ReplyTo()+e.RelType+e.Emoji() != "" || e.Mentions() != nil {
			t.Errorf("%s is read as %+v, want an empty message", content, e)
		}
		Transcript([]Event{e})
	}
}

func TestLatest(t *testing.T) {
	const message = `{"event_id": "$1", "type": "m.room.message", "sender": "@a:x", "content": {"body": "eins",
		"m.relates_to": {"rel_type": "m.thread", "event_id": "$0"}, "org.lotse": {"key": "k"}}}`
	edit := func(id, sender, body string) string {
		return `{"event_id": "` + id + `", "type": "m.room.message", "sender": "` + sender + `", "content": {"body": "* ` + body + `",
			"m.new_content": {"body": "` + body + `"}, "m.relates_to": {"rel_type": "m.replace", "event_id": "$1"}}}`
	}
	tests := []struct {
		name   string
		events string
		body   string // of $1
		edited bool
		left   int // events
	}{
		{"no edit", message, "eins", false, 1},
		{"the last edit counts", message + "," + edit("$2", "@a:x", "zwei") + "," + edit("$3", "@a:x", "drei"), "drei", true, 1},
		{"another's edit does not", message + "," + edit("$2", "@b:x", "zwei"), "eins", false, 2},
		{"an edit without new content says nothing",
			message + `,{"event_id": "$2", "type": "m.room.message", "sender": "@a:x", "content": {"body": "* zwei", "m.relates_to": {"rel_type": "m.replace", "event_id": "$1"}}}`,
			"eins", false, 1},
		{"a deleted message stays deleted",
			`{"event_id": "$1", "type": "m.room.message", "sender": "@a:x", "content": {}, "unsigned": {"redacted_because": {"sender": "@a:x"}}},` + edit("$2", "@a:x", "zwei"),
			"", false, 1},
	}
	for _, tt := range tests {
		events := parse(t, "["+tt.events+"]")
		latest := Latest(events)
		if len(latest) != tt.left || latest[0].Body() != tt.body || latest[0].Edited != tt.edited {
			t.Errorf("%s: %+v, want %d events and %q", tt.name, latest, tt.left, tt.body)
		}
		if tt.edited && (latest[0].Thread() != "$0" || latest[0].Key() != "k") {
			t.Errorf("%s: the edit has taken the message out of its thread or its mark away: %+v", tt.name, latest[0])
		}
		if events[0].Edited || tt.edited && events[0].Body() != "eins" {
			t.Errorf("%s: Latest has changed what it was given", tt.name)
		}
	}
}

func TestAfter(t *testing.T) {
	events := []Event{{ID: "$1"}, {ID: "$2"}, {ID: "$3"}}
	for _, tt := range []struct {
		id   string
		want int
	}{{"$1", 2}, {"$3", 0}, {"$9", 0}} {
		if got := len(After(events, tt.id)); got != tt.want {
			t.Errorf("%d events after %s, want %d", got, tt.id, tt.want)
		}
	}
}
