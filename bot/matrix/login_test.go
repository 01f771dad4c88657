package matrix

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"lotse/bot"
	"lotse/bot/matrix/matrixtest"
)

func TestLogin(t *testing.T) { matrixtest.Each(t, testLogin) }

func testLogin(t *testing.T, srv *matrixtest.Server) {
	lotse := srv.Register(t, "lotse")
	for _, tt := range []struct {
		name string
		user string
		by   Credentials
		want string // "" for success, else part of the error
	}{
		{"password, full id", lotse.ID, Credentials{Password: lotse.Password}, ""},
		{"password, local part", strings.TrimPrefix(strings.Split(lotse.ID, ":")[0], "@"), Credentials{Password: lotse.Password}, ""},
		{"wrong password", lotse.ID, Credentials{Password: "wrong password"}, "M_FORBIDDEN"},
		{"a session that exists", lotse.ID, Credentials{AccessToken: lotse.Token}, ""},
		{"somebody else's session", "@maria:localhost", Credentials{AccessToken: lotse.Token}, "not @maria:localhost's"},
		{"a session that is over", lotse.ID, Credentials{AccessToken: "x"}, "M_UNKNOWN_TOKEN"},
		{"nothing", lotse.ID, Credentials{}, "neither password nor token"},
	} {
		s, err := Login(t.Context(), srv.URL, nil, tt.user, tt.by)
		if tt.want != "" {
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: %v, want an error with %q", tt.name, err, tt.want)
			}
			if err != nil && tt.by.Password != "" && strings.Contains(err.Error(), tt.by.Password) {
				t.Errorf("%s: the error shows the password: %v", tt.name, err)
			}
			continue
		}
		if err != nil || s.UserID != lotse.ID || s.DeviceID == "" || s.AccessToken == "" || s.Homeserver != srv.URL {
			t.Errorf("%s: %+v, %v", tt.name, s, err)
			continue
		}
		chat, err := New(Config{Homeserver: s.Homeserver, UserID: s.UserID, DeviceID: s.DeviceID, AccessToken: s.AccessToken, Memory: newMemory()})
		if err != nil {
			t.Fatal(err)
		}
		if a, err := chat.CheckAccount(t.Context()); err != nil || a.User.Local() != lotse.ID || a.DeviceID != s.DeviceID {
			t.Errorf("%s: the session is %+v, %v", tt.name, a, err)
		}
	}
}

// loopback answers for one server name.
type loopback struct{ body string }

func (l loopback) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != "example.org" {
		return nil, errors.New("no such host")
	}
	rec := &http.Response{StatusCode: 200, Body: http.NoBody, Request: r, Header: http.Header{}}
	if l.body == "" {
		rec.StatusCode = 404
	} else {
		rec.Body = readCloser{strings.NewReader(l.body)}
	}
	return rec, nil
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

func TestDiscover(t *testing.T) {
	for _, tt := range []struct {
		name, given, wellKnown, want string
	}{
		{"an address is taken as it is", "https://matrix.example.org/", "", "https://matrix.example.org"},
		{"a server name is looked up", "example.org", `{"m.homeserver":{"base_url":"https://synapse.example.org/"}}`, "https://synapse.example.org"},
		{"a server that says nothing is asked itself", "example.org", "", "https://example.org"},
		{"no such server", "example.com", "", ""},
		{"nothing given", "", "", ""},
	} {
		got, err := Discover(t.Context(), tt.given, &http.Client{Transport: loopback{tt.wellKnown}})
		if got != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("%s: %q, %v; want %q", tt.name, got, err, tt.want)
		}
	}
}

func TestNew(t *testing.T) {
	good := Config{Homeserver: "https://matrix.example.org", UserID: "@lotse:example.org", AccessToken: "x", Memory: newMemory()}
	for _, tt := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"good", func(*Config) {}, ""},
		{"no user", func(c *Config) { c.UserID = "" }, "matrix user"},
		{"no user id", func(c *Config) { c.UserID = "lotse" }, "matrix user"},
		{"no token", func(c *Config) { c.AccessToken = "" }, "no access token"},
		{"no address", func(c *Config) { c.Homeserver = "" }, "homeserver"},
		{"odd address", func(c *Config) { c.Homeserver = "ftp://example.org" }, "https://"},
	} {
		c := good
		tt.change(&c)
		_, err := New(c)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestResolve(t *testing.T) { matrixtest.Each(t, testResolve) }

func testResolve(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := maria.CreateRoom(t, "Mit Namen")
	alias := "#pmo-" + strings.TrimPrefix(strings.Split(room, ":")[0], "!") + ":localhost"
	if err := maria.Do(http.MethodPut, matrixtest.Path("directory", "room", alias), map[string]any{"room_id": room}, nil); err != nil {
		t.Fatal(err)
	}
	chat := newChat(t, lotse, newMemory())
	for _, tt := range []struct{ given, want string }{
		{alias, room},
		{"matrix:" + alias, room},
		{room, room},
		{"#nowhere:localhost", ""},
		{"pmo", ""},
		{"#pmo", ""},
	} {
		got, err := chat.Resolve(t.Context(), tt.given)
		if (err == nil) != (tt.want != "") || err == nil && got != bot.RoomID("matrix:"+tt.want) {
			t.Errorf("Resolve(%q) = %q, %v; want %q", tt.given, got, err, tt.want)
		}
	}
}
