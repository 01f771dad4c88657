package matrixtest

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// User is a person (or a bot) with an account and one device. Its methods end
// the test when the server refuses; Do returns the refusal instead.
type User struct {
	Pen
	Eyes
	ID       string
	Token    string
	DeviceID string
	Password string // to log in with, for a client other than this one
	Server   *Server

	mu       sync.Mutex
	position string                        // in the sync stream; what comes later has not been seen
	writes   map[string]func([]Event) bool // by room: whether a timeline has the user's last write
}

// Register makes an account whose display name is its name with a capital
// letter. If the name is taken, because tests share the server or run more
// than once, a number follows: maria, maria=2, maria=3. Transcript leaves the
// number out.
func (s *Server) Register(t testing.TB, name string) *User {
	t.Helper()
	s.mu.Lock()
	s.names[name]++
	localpart := name
	if n := s.names[name]; n > 1 {
		localpart = fmt.Sprintf("%s=%d", name, n)
	}
	s.mu.Unlock()

	u := &User{Server: s, Password: "password of " + localpart, writes: map[string]func([]Event) bool{}}
	u.Pen, u.Eyes = Pen{u.write}, Eyes{u.watch}
	if err := patiently(func() error { return s.register(localpart, u) }); err != nil {
		t.Fatalf("register %s: %v", localpart, err)
	}
	u.SetDisplayName(t, strings.ToUpper(name[:1])+name[1:])
	return u
}

// register follows Synapse's shared-secret registration, which Dendrite has, too.
func (s *Server) register(localpart string, u *User) error {
	const path = "/_synapse/admin/v1/register"
	var challenge struct {
		Nonce string `json:"nonce"`
	}
	if err := s.do(http.MethodGet, path, "", nil, &challenge); err != nil {
		return err
	}
	mac := hmac.New(sha1.New, []byte(s.Secret))
	fmt.Fprintf(mac, "%s\x00%s\x00%s\x00notadmin", challenge.Nonce, localpart, u.Password)
	var account struct {
		ID       string `json:"user_id"`
		Token    string `json:"access_token"`
		DeviceID string `json:"device_id"`
	}
	err := s.do(http.MethodPost, path, "", map[string]any{
		"nonce":    challenge.Nonce,
		"username": localpart,
		"password": u.Password,
		"admin":    false,
		"mac":      hex.EncodeToString(mac.Sum(nil)),
	}, &account)
	if err != nil {
		return err
	}
	u.ID, u.Token, u.DeviceID = account.ID, account.Token, account.DeviceID
	return nil
}

// SetDisplayName sets what people see instead of the user id.
func (u *User) SetDisplayName(t testing.TB, name string) {
	t.Helper()
	u.must(t, http.MethodPut, Path("profile", u.ID, "displayname"), map[string]any{"displayname": name}, nil)
}
