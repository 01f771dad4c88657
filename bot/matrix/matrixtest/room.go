package matrixtest

import (
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"testing"
)

// RoomOption changes the request that creates a room.
type RoomOption func(request map[string]any)

// Inviting invites people, by user id, when the room is created.
func Inviting(users ...string) RoomOption {
	return func(request map[string]any) { request["invite"] = users }
}

// Preset is private_chat, trusted_private_chat or public_chat; private_chat
// unless it is given.
func Preset(preset string) RoomOption {
	return func(request map[string]any) { request["preset"] = preset }
}

// PowerLevels replaces parts of the room's m.room.power_levels, as
// {"events_default": 50}.
func PowerLevels(content map[string]any) RoomOption {
	return func(request map[string]any) { request["power_level_content_override"] = content }
}

// Direct marks the room as a conversation of two: the invitation says so.
func Direct() RoomOption {
	return func(request map[string]any) { request["is_direct"] = true }
}

// Space makes it a space: a folder of rooms.
func Space() RoomOption {
	return func(request map[string]any) { request["creation_content"] = map[string]any{"type": "m.space"} }
}

// Version is the room version; without it the server chooses: Dendrite "10",
// Synapse "12", whose room ids have no server in them.
func Version(version string) RoomOption {
	return func(request map[string]any) { request["room_version"] = version }
}

// Encrypted turns encryption on from the beginning.
func Encrypted() RoomOption {
	return func(request map[string]any) {
		request["initial_state"] = []any{map[string]any{
			"type": "m.room.encryption", "state_key": "", "content": map[string]any{"algorithm": "m.megolm.v1.aes-sha2"},
		}}
	}
}

// CreateRoom creates a room and returns its id. Without a name it has none.
func (u *User) CreateRoom(t testing.TB, name string, opts ...RoomOption) (room string) {
	t.Helper()
	request := roomRequest(name, opts)
	var created struct {
		ID string `json:"room_id"`
	}
	u.must(t, http.MethodPost, Path("createRoom"), request, &created)
	invited, _ := request["invite"].([]string)
	u.wrote(created.ID, func(events []Event) bool {
		left := map[string]bool{}
		for _, id := range invited {
			left[id] = true
		}
		named := name == ""
		for _, e := range events {
			named = named || e.Type == "m.room.name"
			if e.Type == "m.room.member" && e.StateKey != nil {
				delete(left, *e.StateKey)
			}
		}
		return named && len(left) == 0
	})
	return created.ID
}

func roomRequest(name string, opts []RoomOption) map[string]any {
	request := map[string]any{"preset": "private_chat"}
	if name != "" {
		request["name"] = name
	}
	for _, opt := range opts {
		opt(request)
	}
	return request
}

// Invite invites a person by user id.
func (u *User) Invite(t testing.TB, room, user string) {
	t.Helper()
	u.membership(t, room, "invite", map[string]any{"user_id": user}, hasMember(user, "invite"))
}

// Join joins a room that the user is invited to or that is public.
func (u *User) Join(t testing.TB, room string) {
	t.Helper()
	u.membership(t, room, "join", map[string]any{}, hasMember(u.ID, "join"))
}

// Leave leaves a room or declines the invitation.
func (u *User) Leave(t testing.TB, room string) {
	t.Helper()
	u.membership(t, room, "leave", map[string]any{}, hasMember(u.ID, "leave"))
}

// Kick removes a person, by user id.
func (u *User) Kick(t testing.TB, room, user, reason string) {
	t.Helper()
	u.membership(t, room, "kick", map[string]any{"user_id": user, "reason": reason}, hasMember(user, "leave"))
}

func (u *User) membership(t testing.TB, room, action string, request map[string]any, shown func([]Event) bool) {
	t.Helper()
	u.must(t, http.MethodPost, Path("rooms", room, action), request, nil)
	u.wrote(room, shown)
}

// SetPowerLevels gives people, by user id, their power in the room. Others keep theirs.
func (u *User) SetPowerLevels(t testing.TB, room string, levels map[string]int) {
	t.Helper()
	content := u.State(t, room, "m.room.power_levels", "")
	users, ok := content["users"].(map[string]any)
	if !ok {
		users = map[string]any{}
		content["users"] = users
	}
	for id, level := range levels {
		users[id] = level
	}
	u.SendState(t, room, "m.room.power_levels", "", content)
}

// SendState sets a piece of the room's state.
func (u *User) SendState(t testing.TB, room, eventType, key string, content map[string]any) (event string) {
	t.Helper()
	var sent eventID
	u.must(t, http.MethodPut, Path("rooms", room, "state", eventType, key), content, &sent)
	u.wrote(room, hasEvent(sent.ID))
	return sent.ID
}

// State returns a piece of the room's state, or nil if there is none.
func (u *User) State(t testing.TB, room, eventType, key string) map[string]any {
	t.Helper()
	content := map[string]any{}
	err := u.Do(http.MethodGet, Path("rooms", room, "state", eventType, key), nil, &content)
	if refusal, ok := errors.AsType[*Error](err); ok && refusal.Status == http.StatusNotFound {
		return nil
	}
	if err != nil {
		t.Fatalf("%s: %v", u.ID, err)
	}
	return content
}

// Members returns the display names of those who have joined, by user id.
func (u *User) Members(t testing.TB, room string) map[string]string {
	t.Helper()
	var answer struct {
		Joined map[string]struct {
			Name string `json:"display_name"`
		} `json:"joined"`
	}
	u.must(t, http.MethodGet, Path("rooms", room, "joined_members"), nil, &answer)
	members := map[string]string{}
	for id, member := range answer.Joined {
		members[id] = member.Name
	}
	return members
}

// Text is the content of a plain message. Those mentioned, by user id, are
// named in m.mentions.
func Text(body string, mentions ...string) map[string]any {
	content := map[string]any{"msgtype": "m.text", "body": body}
	if len(mentions) > 0 {
		content["m.mentions"] = map[string]any{"user_ids": mentions}
	}
	return content
}

type eventID struct {
	ID string `json:"event_id"`
}

// SendContent sends any event and returns its id.
func (u *User) SendContent(t testing.TB, room, eventType string, content map[string]any) (event string) {
	t.Helper()
	return u.Write(t, room, eventType, content)
}

// write sends an event as it is.
func (u *User) write(t testing.TB, room, eventType string, content map[string]any) (event string) {
	t.Helper()
	var sent eventID
	u.must(t, http.MethodPut, Path("rooms", room, "send", eventType, rand.Text()), content, &sent)
	u.wrote(room, hasEvent(sent.ID))
	return sent.ID
}

// Redact deletes an event. Deleting a reaction takes it back.
func (u *User) Redact(t testing.TB, room, target, reason string) (event string) {
	t.Helper()
	content := map[string]any{}
	if reason != "" {
		content["reason"] = reason
	}
	var sent eventID
	u.must(t, http.MethodPut, Path("rooms", room, "redact", target, rand.Text()), content, &sent)
	u.wrote(room, func(events []Event) bool {
		// The redaction is shown first and works a moment later.
		left := slices.ContainsFunc(events, func(e Event) bool { return e.ID == target && !e.Redacted })
		return !left && hasEvent(sent.ID)(events)
	})
	return sent.ID
}
