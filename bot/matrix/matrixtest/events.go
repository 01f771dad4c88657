package matrixtest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// Event is an entry of a room's timeline, as the server sent it.
type Event struct {
	ID       string
	Type     string // m.room.message, m.reaction, m.room.member …
	Sender   string
	Time     time.Time
	StateKey *string        // nil unless it is a piece of state
	Content  map[string]any // empty when redacted

	RelType   string // m.thread, m.annotation, m.replace … or empty
	RelatesTo string // the event that RelType is about
	Redacts   string // the event that an m.room.redaction is about

	Redacted bool // deleted, by whom and why:
	Redactor string
	Reason   string

	Edited bool // set by Latest: Content is that of the last edit

	Crypto *Crypto // nil if the reader does not read encrypted rooms
}

// Crypto is what a client that reads encrypted rooms says about an event.
type Crypto struct {
	Encrypted  bool   `json:"encrypted"`
	Unreadable string `json:"unreadable"` // why it cannot be decrypted, in the client's own words; the event has no content then
	Shield     string `json:"shield"`     // the warning that people see beside the message: GREY, RED or empty
	Reason     string `json:"reason"`     // for the shield
	Device     string `json:"device"`     // the sender's device
	Signed     bool   `json:"signed"`     // that device is signed by its owner
	Session    string `json:"session"`    // names the room key; another one comes with every rotation
	Index      int    `json:"index"`      // the place of the message's own key among those of the room key: none comes twice
	Shows      string `json:"shows"`      // the text that the client itself shows in place of an edited one
}

// Mark is what the bot writes into its events, under org.lotse, to know them
// again.
type Mark struct {
	Key  string // says what "once" means
	Kind string
	Ref  string
}

// Mark returns the bot's mark, or an empty one.
func (e Event) Mark() Mark {
	mark := object(e.Content, "org.lotse")
	return Mark{Key: text(mark, "key"), Kind: text(mark, "kind"), Ref: text(mark, "ref")}
}

// Key is the key of the bot's mark. A reaction's emoji is Emoji.
func (e Event) Key() string { return e.Mark().Key }

// Body is the plain text of a message.
func (e Event) Body() string { return text(e.Content, "body") }

// FormattedBody is the HTML of a message, or empty.
func (e Event) FormattedBody() string { return text(e.Content, "formatted_body") }

// Thread is the root of the thread that the event is in, or empty.
func (e Event) Thread() string {
	if e.RelType == "m.thread" {
		return e.RelatesTo
	}
	return ""
}

// ReplyTo is the message that this one answers, or empty. What a message in a
// thread names only for clients without threads does not count.
func (e Event) ReplyTo() string {
	relation := object(e.Content, "m.relates_to")
	if fallback, _ := relation["is_falling_back"].(bool); fallback {
		return ""
	}
	return text(object(relation, "m.in_reply_to"), "event_id")
}

// Emoji is the key of a reaction without the variation selector that only some
// clients send, or empty.
func (e Event) Emoji() string {
	return plainEmoji(text(object(e.Content, "m.relates_to"), "key"))
}

func plainEmoji(key string) string { return strings.ReplaceAll(key, "\ufe0f", "") }

// Mentions returns the user ids that the message calls, and "@room" if it calls
// everybody.
func (e Event) Mentions() []string {
	mentions := object(e.Content, "m.mentions")
	list, _ := mentions["user_ids"].([]any)
	var ids []string
	for _, id := range list {
		if id, ok := id.(string); ok {
			ids = append(ids, id)
		}
	}
	if room, _ := mentions["room"].(bool); room {
		ids = append(ids, "@room")
	}
	return ids
}

// UnmarshalJSON reads an event in the form of the client-server API.
func (e *Event) UnmarshalJSON(b []byte) error {
	var wire struct {
		ID       string         `json:"event_id"`
		Type     string         `json:"type"`
		Sender   string         `json:"sender"`
		Time     int64          `json:"origin_server_ts"`
		StateKey *string        `json:"state_key"`
		Content  map[string]any `json:"content"`
		Redacts  string         `json:"redacts"` // in the content from room version 11 on
		Crypto   *Crypto        `json:"crypto"`  // said by our own client, see jsclient/main.mjs
		Unsigned struct {
			Because *struct {
				Sender  string         `json:"sender"`
				Content map[string]any `json:"content"`
			} `json:"redacted_because"`
		} `json:"unsigned"`
	}
	if err := json.Unmarshal(b, &wire); err != nil {
		return err
	}
	relation := object(wire.Content, "m.relates_to")
	*e = Event{
		ID:        wire.ID,
		Type:      wire.Type,
		Sender:    wire.Sender,
		Time:      time.UnixMilli(wire.Time),
		StateKey:  wire.StateKey,
		Content:   wire.Content,
		RelType:   text(relation, "rel_type"),
		RelatesTo: text(relation, "event_id"),
		Redacts:   wire.Redacts,
		Crypto:    wire.Crypto,
	}
	if e.Type == "m.room.redaction" && e.Redacts == "" {
		e.Redacts = text(e.Content, "redacts")
	}
	if because := wire.Unsigned.Because; because != nil {
		e.Redacted, e.Redactor, e.Reason = true, because.Sender, text(because.Content, "reason")
	}
	return nil
}

// object returns a part of an event's content, or nil; text likewise.
func object(content map[string]any, key string) map[string]any {
	part, _ := content[key].(map[string]any)
	return part
}

func text(content map[string]any, key string) string {
	part, _ := content[key].(string)
	return part
}

// page is how many events are asked for at once: all. Dendrite goes from one
// page to the next by depth alone and so passes over events of the same depth
// as the last one of a page, which is what people who write at the same moment
// get. Reading twice with pages of different sizes is not enough when many do.
// Servers that give fewer at a time, as Synapse does, are asked again.
const page = "1000000"

// Events returns the room's whole timeline that the user may see, oldest first.
// Servers accept an event before they show it; what the user has written with
// its own methods is there, and so is what came before that. What others do is
// to be awaited.
func (u *User) Events(t testing.TB, room string) []Event {
	t.Helper()
	return u.Await(t, room, "what the user has written", func([]Event) bool { return true })
}

// wrote notes how a timeline shows the user's last write to the room.
func (u *User) wrote(room string, shown func([]Event) bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.writes[room] = shown
}

// shows tells whether the timeline has the user's last write to the room.
func (u *User) shows(room string, events []Event) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	shown := u.writes[room]
	return shown == nil || shown(events)
}

// hasEvent is the mark of a write that the server has named.
func hasEvent(id string) func([]Event) bool {
	return func(events []Event) bool {
		return slices.ContainsFunc(events, func(e Event) bool { return e.ID == id })
	}
}

// hasMember is the mark of a write that made somebody what they are in a room.
// It may have changed nothing, or others may have gone on since.
func hasMember(user, membership string) func([]Event) bool {
	before := time.Now().Truncate(time.Millisecond) // the server is on this machine
	return func(events []Event) bool {
		is := ""
		for _, e := range events {
			if e.Type != "m.room.member" || e.StateKey == nil || *e.StateKey != user {
				continue
			}
			is = text(e.Content, "membership")
			if is == membership && !e.Time.Before(before) {
				return true
			}
		}
		return is == membership
	}
}

// events reads the room from its end to its beginning.
func (u *User) events(room string) (events []Event, err error) {
	seen := map[string]bool{}
	query := url.Values{
		"dir":   {"b"},
		"limit": {page},
		// Dendrite cuts limit to 100, but not this one.
		"filter": {`{"limit":` + page + `}`},
	}
	for {
		var answer struct {
			Chunk []Event `json:"chunk"`
			End   string  `json:"end"`
		}
		err := patiently(func() error {
			return u.Do(http.MethodGet, Path("rooms", room, "messages")+"?"+query.Encode(), nil, &answer)
		})
		if err != nil {
			return nil, err
		}
		beginning := false
		for _, e := range answer.Chunk {
			if !seen[e.ID] {
				seen[e.ID] = true
				events = append(events, e)
			}
			beginning = beginning || e.Type == "m.room.create"
		}
		// Dendrite says t0_0 where others leave the end out.
		if beginning || answer.End == "" || answer.End == "t0_0" || answer.End == query.Get("from") {
			slices.Reverse(events)
			return events, nil
		}
		query.Set("from", answer.End)
	}
}

// Latest returns the events as a client shows them: a message that its sender
// has edited has the content of the last edit (and is still in its thread), and
// the edits themselves are gone. Only the sender's own edits count; others stay
// in the list.
func Latest(events []Event) []Event {
	latest := make([]Event, 0, len(events))
	place := map[string]int{}
	for _, e := range events {
		if e.RelType == "m.replace" {
			if i, ok := place[e.RelatesTo]; ok && latest[i].Sender == e.Sender && latest[i].Type == e.Type {
				latest[i] = edited(latest[i], e)
				continue
			}
		}
		place[e.ID] = len(latest)
		latest = append(latest, e)
	}
	return latest
}

func edited(original, edit Event) Event {
	content := object(edit.Content, "m.new_content")
	if content == nil || original.Redacted || edit.Redacted {
		return original
	}
	kept := map[string]any{}
	for _, key := range []string{"m.relates_to", "org.lotse"} {
		if part, ok := original.Content[key]; ok {
			kept[key] = part
		}
	}
	for key, part := range content {
		if key != "m.relates_to" {
			kept[key] = part
		}
	}
	original.Content = kept
	original.Edited = true
	return original
}

// After returns the events behind the one with this id: what came since. If
// there is none with this id it returns nothing.
func After(events []Event, id string) []Event {
	i := slices.IndexFunc(events, func(e Event) bool { return e.ID == id })
	if i < 0 {
		return nil
	}
	return events[i+1:]
}
