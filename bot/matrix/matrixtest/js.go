package matrixtest

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"
)

// JSUser is a person whose client is matrix-js-sdk with its Rust crypto, as in
// Element: it writes and reads encrypted rooms. It is strict as Element has been
// since 2026 (MSC4153): it sends room keys only to devices that their owner has
// signed, and believes no others.
//
// It writes, waits and reads as a User does, but through that client. What has
// nothing to do with encryption (inviting, state, members, invitations) its
// User does, as well as what shall be in clear in spite of it, on another device of the account that has no keys. Its methods end
// the test when something does not work, none of them waits for ever.
type JSUser struct {
	*User
	Pen
	Eyes
	Device  string        // the id of the client's device
	Started time.Duration // how long it took until the client was ready
	Memory  int64         // of the process with all its clients, when this one was ready, in bytes

	node *node
	name string // of the device in the process
}

// JSOption changes what a client is.
type JSOption func(request map[string]any)

// Unsigned leaves the client's device unsigned by its owner, as it is until a
// person has verified it. It can only write if it is Lenient, too.
func Unsigned() JSOption {
	return func(request map[string]any) { request["sign"] = false }
}

// Lenient lets the client share keys with all devices and read what unsigned
// ones send, behind a warning shield: Element before 2026.
func Lenient() JSOption {
	return func(request map[string]any) { request["lenient"] = true }
}

// RegisterJS makes an account, as Register does, and a client on matrix-js-sdk
// for it, whose device is signed. All such clients of a server share a process
// of Node. Where Node is missing the test is skipped (LOTSE_TEST_REQUIRE=all
// makes it fail instead).
func (s *Server) RegisterJS(t testing.TB, name string, opts ...JSOption) *JSUser {
	t.Helper()
	requireJS(t)
	return s.Register(t, name).JS(t, opts...)
}

// JS logs a new device of the account in. Only its first one can be signed:
// others want Unsigned.
func (u *User) JS(t testing.TB, opts ...JSOption) *JSUser {
	t.Helper()
	begin := time.Now()
	node := u.Server.node(t)
	var login struct {
		Token  string `json:"access_token"`
		Device string `json:"device_id"`
	}
	err := patiently(func() error {
		return u.Server.do(http.MethodPost, Path("login"), "", map[string]any{
			"type":       "m.login.password",
			"identifier": map[string]any{"type": "m.id.user", "user": u.ID},
			"password":   u.Password,
		}, &login)
	})
	if err != nil {
		t.Fatalf("%s: %v", u.ID, err)
	}
	j := &JSUser{User: u, Device: login.Device, node: node, name: u.ID + "/" + login.Device}
	j.Pen, j.Eyes = Pen{j.SendContent}, Eyes{j.Await}
	request := map[string]any{
		"url": u.Server.URL, "user": u.ID, "device": login.Device, "token": login.Token, "password": u.Password, "sign": true,
	}
	for _, opt := range opts {
		opt(request)
	}
	var ready struct {
		Signed bool  `json:"signed"`
		Memory int64 `json:"memory"`
	}
	j.must(t, "start", request, &ready)
	if ready.Signed != request["sign"] {
		t.Fatalf("%s: is the device %s signed by its owner? %v, want %v", u.ID, j.Device, ready.Signed, request["sign"])
	}
	j.Started, j.Memory = time.Since(begin), ready.Memory
	// A shared server goes on after the test. The process may have ended with a server that does not.
	t.Cleanup(func() { _ = j.node.call(j.name, "stop", nil, nil) })
	return j
}

// Take has the user write and read through this client from now on: what a test
// does with users in clear it can do in encrypted rooms by that.
func (j *JSUser) Take() {
	j.User.Pen = j.Pen
	j.User.Eyes = Eyes{func(t testing.TB, room, what string, fulfilled func([]Event) bool) []Event {
		t.Helper()
		return j.Await(t, room, what, func(events []Event) bool { return j.shows(room, events) && fulfilled(events) })
	}}
}

// CreateRoom creates a room and returns its id. It is encrypted if Encrypted is
// among the options.
func (j *JSUser) CreateRoom(t testing.TB, name string, opts ...RoomOption) (room string) {
	t.Helper()
	j.must(t, "create", map[string]any{"request": roomRequest(name, opts)}, &room)
	return room
}

// Join joins a room that the user is invited to.
func (j *JSUser) Join(t testing.TB, room string) {
	t.Helper()
	j.must(t, "join", map[string]any{"room": room}, nil)
}

// SendContent sends any event, encrypted where the room is, and returns its id.
func (j *JSUser) SendContent(t testing.TB, room, eventType string, content map[string]any) (event string) {
	t.Helper()
	j.must(t, "send", map[string]any{"room": room, "type": eventType, "content": content}, &event)
	return event
}

// Redact deletes an event. Deleting a reaction takes it back.
func (j *JSUser) Redact(t testing.TB, room, target, reason string) (event string) {
	t.Helper()
	j.must(t, "redact", map[string]any{"room": room, "target": target, "reason": reason}, &event)
	return event
}

// SendFile encrypts a file and sends it.
func (j *JSUser) SendFile(t testing.TB, room, name, mime string, data []byte) (event string) {
	t.Helper()
	var content map[string]any
	j.must(t, "upload", map[string]any{"file": name, "mime": mime, "data": base64.StdEncoding.EncodeToString(data)}, &content)
	return j.SendContent(t, room, "m.room.message", content)
}

// File downloads and decrypts the file that a message has.
func (j *JSUser) File(t testing.TB, e Event) []byte {
	t.Helper()
	file := object(e.Content, "file")
	if file == nil {
		t.Fatalf("%s: the message has no encrypted file: %v", j.ID, e.Content)
	}
	var encoded string
	j.must(t, "download", map[string]any{"file": file}, &encoded)
	data, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Events returns what the client shows of a room, decrypted, oldest first. What
// the user has written with the client is there; what others do is to be awaited.
func (j *JSUser) Events(t testing.TB, room string) []Event {
	t.Helper()
	var answer jsEvents
	j.must(t, "events", map[string]any{"room": room}, &answer)
	return answer.Events
}

// History returns what the server has of a room, decrypted, oldest first: more than what
// the client shows if the server was killed, since Dendrite then may forget to tell it.
func (j *JSUser) History(t testing.TB, room string) []Event {
	t.Helper()
	var answer jsEvents
	j.must(t, "history", map[string]any{"room": room}, &answer)
	return answer.Events
}

type jsEvents struct {
	Changes int     `json:"changes"` // up to which the answer is
	Events  []Event `json:"events"`
}

// Await waits until what the client shows of the room fulfils a condition, and
// returns it as it is then. After a minute the test fails with what was awaited
// and what the room looked like.
func (j *JSUser) Await(t testing.TB, room, what string, fulfilled func([]Event) bool) []Event {
	t.Helper()
	deadline := time.Now().Add(patience)
	var answer jsEvents
	for {
		err := j.node.call(j.name, "events", map[string]any{"room": room}, &answer)
		if err == nil && fulfilled(answer.Events) {
			return answer.Events
		}
		left := time.Until(deadline)
		if left <= 0 || errors.Is(err, errNode) {
			seen := Transcript(answer.Events)
			if seen == "" {
				seen = "(nothing)"
			}
			if err != nil {
				seen += fmt.Sprintf("\nThe last look at it ended with: %v", err)
			}
			t.Fatalf("waited in vain for %s in %s. The room as %s sees it:\n%s", what, room, j.ID, seen)
		}
		if err != nil {
			left = min(left, time.Second) // the server may be away
		}
		j.must(t, "wait", map[string]any{"since": answer.Changes, "milliseconds": min(left, 20*time.Second).Milliseconds()}, nil)
	}
}

// RotateKey has the next message in a room encrypted with a new key.
func (j *JSUser) RotateKey(t testing.TB, room string) {
	t.Helper()
	j.must(t, "rotate", map[string]any{"room": room}, nil)
}

// HoldKeys holds back the room keys that the client shares from now on, as a
// network does that is late: others get the messages and cannot read them yet.
// It takes a new key (RotateKey, or the first message) to have an effect.
func (j *JSUser) HoldKeys(t testing.TB) {
	t.Helper()
	j.must(t, "hold", nil, nil)
}

// ReleaseKeys sends what HoldKeys has held back. It fails if there is nothing.
func (j *JSUser) ReleaseKeys(t testing.TB) {
	t.Helper()
	var released int
	j.must(t, "release", nil, &released)
	if released == 0 {
		t.Fatalf("%s: there are no keys that were held back: all had been shared before", j.ID)
	}
}

// Devices returns the devices of a person that the client knows, and whether
// their owner has signed them.
func (j *JSUser) Devices(t testing.TB, user string) map[string]bool {
	t.Helper()
	var devices map[string]bool
	j.must(t, "devices", map[string]any{"of": user}, &devices)
	return devices
}

// Logout ends the client and its device.
func (j *JSUser) Logout(t testing.TB) {
	t.Helper()
	j.must(t, "stop", map[string]any{"logout": true}, nil)
}

// must has the client do something, and ends the test if it cannot.
func (j *JSUser) must(t testing.TB, op string, request map[string]any, out any) {
	t.Helper()
	if err := j.node.call(j.name, op, request, out); err != nil {
		shown := map[string]any{}
		for _, name := range []string{"room", "type", "target"} {
			if value, ok := request[name]; ok {
				shown[name] = value
			}
		}
		about, _ := json.Marshal(shown)
		t.Fatalf("matrix-js-sdk for %s: %s %s: %v", j.name, op, about, err)
	}
}
