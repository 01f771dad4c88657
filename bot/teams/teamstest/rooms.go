package teamstest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"lotse/bot"
	"lotse/bot/engine/enginetest"
)

// This file is what a Connector in the same process is made of, for tests that are too many
// for the playground: its conversations are the rooms of an enginetest.Chat. An id of these
// is "teams:$<room>/<n>", that of an activity "<n>".

// Prefix is what the addresses of such a Connector begin with.
const Prefix = "/connector"

// Loopback is how the tests' requests are made, to be called for its RoundTrip.
var Loopback = sync.OnceValue(func() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 64
	return t
})

// ActivityID is the id of an activity that is a message, reaction or event of the rooms.
func ActivityID[ID ~string](id ID) string {
	return string(id[strings.LastIndexByte(string(id), '/')+1:])
}

// recordedID is the reverse of ActivityID.
func recordedID(room, activity string) bot.MessageID {
	if activity == "" {
		return ""
	}
	return bot.MessageID("teams:$" + room + "/" + activity)
}

// RoomActivity is an event as Teams tells of it. Of a deletion's reaction, Emoji and ReplyTo
// say what it was, and on what.
func RoomActivity(e bot.Event, service string, at time.Time) map[string]any {
	room, who, self := e.Room.Local(), e.Sender.Local(), ActivityID(e.ID)
	kind := "personal"
	switch {
	case strings.HasSuffix(room, "@thread.v2"):
		kind = "groupChat"
	case strings.HasSuffix(room, "@thread.tacv2"):
		kind = "channel"
	}
	in := room
	if kind == "channel" && e.Kind != bot.EventJoined && e.Kind != bot.EventLeft {
		root := self
		switch {
		case e.Thread != "":
			root = ActivityID(e.Thread)
		case e.Kind != bot.EventMessage && e.Target != "":
			root = ActivityID(e.Target)
		}
		in += ";messageid=" + root
	}
	data := map[string]any{"tenant": map[string]any{"id": Tenant}}
	if kind == "channel" {
		data["team"] = map[string]any{"id": Team}
		data["channel"] = map[string]any{"id": room, "name": e.RoomName}
	}
	a := map[string]any{
		"id": self, "timestamp": at, "channelId": "msteams", "serviceUrl": service, "channelData": data,
		"from": map[string]any{"id": "29:" + who, "aadObjectId": who, "name": e.Name}, "recipient": map[string]any{"id": "28:" + AppID, "name": "Lotse"},
		"conversation": map[string]any{"id": in, "conversationType": kind, "tenantId": Tenant},
	}
	lotse := []any{map[string]any{"id": "28:" + AppID}}
	reaction := []any{map[string]any{"type": reactionType(e.Emoji)}}
	switch {
	case e.Kind == bot.EventJoined:
		a["type"], a["membersAdded"] = "conversationUpdate", lotse
	case e.Kind == bot.EventLeft:
		a["type"], a["membersRemoved"] = "conversationUpdate", lotse
	case e.Kind == bot.EventEdit:
		a["type"], a["id"], a["text"], a["textFormat"] = "messageUpdate", ActivityID(e.Target), e.Text, "plain"
	case e.Kind == bot.EventReaction:
		a["type"], a["replyToId"], a["reactionsAdded"] = "messageReaction", ActivityID(e.Target), reaction
	case e.Kind == bot.EventDeletion && e.Emoji != "":
		a["type"], a["replyToId"], a["reactionsRemoved"] = "messageReaction", ActivityID(e.ReplyTo), reaction
	case e.Kind == bot.EventDeletion:
		a["type"], a["id"] = "messageDelete", ActivityID(e.Target)
	default:
		text, entities := e.Text, []any{}
		for _, m := range e.Mentions {
			mark := "<at>" + m.Name + "</at>"
			text = strings.ReplaceAll(text, m.Name, mark)
			entities = append(entities, map[string]any{"type": "mention", "text": mark, "mentioned": map[string]any{"id": "29:" + m.User.Local(), "aadObjectId": m.User.Local(), "name": m.Name}})
		}
		a["type"], a["text"], a["textFormat"], a["entities"] = "message", text, "plain", entities
		if e.ReplyTo != "" {
			a["replyToId"] = ActivityID(e.ReplyTo)
		}
	}
	return a
}

// reactionType is what Teams calls an emoji.
func reactionType(emoji string) string {
	var codes []string
	for _, r := range emoji {
		codes = append(codes, fmt.Sprintf("%04x", r))
	}
	return strings.Join(codes, "-") + "_x"
}

// PostActivity delivers an activity to the bot at an address, again and again until it has said
// 200, and returns what it answered. An error is of the connection, or of a refusal.
func PostActivity(ctx context.Context, by http.RoundTripper, address, token string, activity any) ([]byte, error) {
	body, err := json.Marshal(activity)
	if err != nil {
		return nil, err
	}
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := by.RoundTrip(req)
		if err != nil {
			return nil, err
		}
		said, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		switch {
		case err != nil:
			return nil, err
		case resp.StatusCode == http.StatusOK:
			return said, nil
		case resp.StatusCode < 500:
			return nil, fmt.Errorf("the bot refuses an activity: %s %s", resp.Status, body)
		case ctx.Err() != nil:
			return nil, ctx.Err()
		}
	}
}

// Sent is what the bot wants of the Connector: a message that is new, changed or deleted.
type Sent struct {
	Text  string
	Cards []json.RawMessage // the contents of what is attached

	room            string
	thread, message bot.MessageID
	absent, opens   bool
}

// Aim makes an operation one that is for where the request is for.
func (s Sent) Aim(out bot.Outgoing) bot.Outgoing {
	out.Op, out.Room, out.Thread, out.ReplyTo, out.Message, out.Absent = bot.OpMessage, bot.RoomID("teams:"+s.room), s.thread, "", s.message, s.absent
	return out
}

// CarryOut does in the rooms what a request wants, and says what it is answered with. Of a
// message, make says which operation on the rooms it is.
func CarryOut(rooms *enginetest.Chat, r *http.Request, make func(Sent) bot.Outgoing) (id bot.MessageID, status int, answer map[string]any) {
	no := func(err error) (bot.MessageID, int, map[string]any) {
		return "", http.StatusBadRequest, map[string]any{"error": map[string]string{"code": err.Error()}}
	}
	type message struct {
		Text        string `json:"text"`
		Attachments []struct {
			Content json.RawMessage `json:"content"`
		} `json:"attachments"`
	}
	var body struct {
		message
		Members     []struct{ ID string } `json:"members"`
		ChannelData struct {
			Channel struct{ ID string } `json:"channel"`
		} `json:"channelData"`
		Activity *message `json:"activity"`
	}
	if r.Method != http.MethodDelete {
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			return no(err)
		}
	}
	path := strings.Split(strings.Trim(strings.TrimPrefix(r.URL.Path, Prefix+"/v3/conversations"), "/"), "/")
	s := Sent{absent: r.Method == http.MethodDelete, opens: path[0] == ""}
	switch {
	case !s.opens:
	case body.ChannelData.Channel.ID == "" && len(body.Members) != 1:
		return no(errors.New("one member"))
	case body.ChannelData.Channel.ID == "": // a personal chat
		room, err := rooms.OpenDirect(r.Context(), bot.UserID("teams:"+strings.TrimPrefix(body.Members[0].ID, "29:")))
		if err != nil {
			return no(err)
		}
		return "", http.StatusCreated, map[string]any{"id": room.Local()}
	default:
		path, body.message = []string{body.ChannelData.Channel.ID}, *body.Activity
	}
	var root string
	s.room, root, _ = strings.Cut(path[0], ";messageid=")
	if r.Method == http.MethodPost {
		s.thread = recordedID(s.room, root)
	} else {
		s.message = recordedID(s.room, path[2])
	}
	s.Text = body.Text
	for _, a := range body.Attachments {
		s.Cards = append(s.Cards, a.Content)
	}
	out := make(s)
	for _, m := range rooms.Room(out.Room) {
		if out.Absent && m.ID == out.Message && m.Deleted {
			return "", http.StatusNotFound, map[string]any{"error": map[string]string{"code": "ActivityNotFoundInConversation"}}
		}
	}
	id, err := rooms.Send(r.Context(), out)
	if err != nil {
		return no(err)
	}
	if s.message != "" {
		id = s.message
	}
	answer = map[string]any{"id": ActivityID(id)}
	if s.opens {
		answer = map[string]any{"id": s.room + ";messageid=" + ActivityID(id), "activityId": ActivityID(id)}
	}
	return id, http.StatusCreated, answer
}
