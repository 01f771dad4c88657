package teams

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"lotse/bot"
)

// connector answers every request of the bot in one way, and keeps what was asked.
func connector(t *testing.T, status int, header http.Header, answer string) (service string, asked *[]string) {
	t.Helper()
	asked = &[]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"access_token":"t","token_type":"Bearer","expires_in":3600}`)
			return
		}
		body, _ := io.ReadAll(r.Body)
		*asked = append(*asked, r.Method+" "+r.URL.EscapedPath()+" "+string(body))
		for name, values := range header {
			w.Header()[name] = values
		}
		w.WriteHeader(status)
		fmt.Fprint(w, answer)
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

// sender is a Chat that knows a personal chat and a channel at a service.
func sender(t *testing.T, service string) *Chat {
	t.Helper()
	m := newMemory()
	p := newPeople(m, testApp)
	for room, kind := range map[string]string{"a:1chat": personal, "19:portal@thread.tacv2": inTeam} {
		m.values[p.name("room", room)] = reference{Service: service + "/emea/", Kind: kind, Tenant: testTenant, Here: true}.String()
	}
	chat, err := New(Config{AppID: testApp, Tenant: testTenant, Credential: Credential{Secret: "s"}, Memory: m, Token: service + "/token", ServiceURL: service})
	if err != nil {
		t.Fatal(err)
	}
	return chat
}

// TestAnswers: what each answer of Teams means for the message.
func TestAnswers(t *testing.T) {
	code := func(c string) string { return `{"error":{"code":"` + c + `","message":"` + secretWords + `"}}` }
	later := http.Header{"Retry-After": {"7"}}
	date := http.Header{"Retry-After": {"Wed, 18 Nov 2026 08:00:09 GMT"}, "Date": {"Wed, 18 Nov 2026 08:00:00 GMT"}}
	for _, tt := range []struct {
		name    string
		status  int
		header  http.Header
		answer  string
		doubt   bool // it may stand there
		final   bool
		after   time.Duration
		refused bot.Refusal
	}{
		{name: "too many", status: 429, header: later, after: 7 * time.Second},
		{name: "too many, until a date", status: 429, header: date, after: 9 * time.Second},
		{name: "precondition failed", status: 412, answer: code("PreconditionFailed")},
		{name: "a gateway's failure", status: 502, doubt: true},
		{name: "a gateway's patience", status: 504, doubt: true},
		{name: "its own failure", status: 500, answer: code("ServiceError"), doubt: true},
		{name: "token refused twice", status: 401, answer: code("Unauthorized")},
		{name: "blocked by the person", status: 403, answer: `{"error":{"code":"Forbidden","subCode":"MessageWritesBlocked"}}`, refused: bot.RefusedMute},
		{name: "blocked, said elsewhere", status: 403, answer: `{"subCode":"MessageWritesBlocked","error":{"code":"Forbidden"}}`, refused: bot.RefusedMute},
		{name: "blocked by the administrator", status: 403, answer: code("BotDisabledByAdmin"), refused: bot.RefusedMute},
		{name: "taken out", status: 403, answer: code("BotNotInConversationRoster"), final: true, refused: bot.RefusedAway},
		{name: "conversation gone", status: 404, answer: code("ConversationNotFound"), final: true, refused: bot.RefusedAway},
		{name: "message gone", status: 404, answer: code("ActivityNotFoundInConversation"), final: true},
		{name: "too large", status: 413, answer: "<html>", final: true},
		{name: "nonsense", status: 400, answer: code("BadSyntax"), final: true},
		{name: "a proxy's mood", status: 403, answer: "<html>no</html>"},
		{name: "a proxy's, too", status: 404, answer: "<html>no</html>"},
	} {
		service, _ := connector(t, tt.status, tt.header, tt.answer)
		_, err := sender(t, service).Send(t.Context(), say("teams:a:1chat", "k", "Guten Tag"))
		s, known := errors.AsType[*bot.SendError](err)
		switch {
		case err == nil:
			t.Errorf("%s: no error", tt.name)
		case known == tt.doubt:
			t.Errorf("%s: doubt %v: %v", tt.name, !known, err)
		case known && (!s.Refused || s.Final != tt.final || s.After != tt.after || s.Why != tt.refused):
			t.Errorf("%s: %+v", tt.name, s)
		}
		if strings.Contains(fmt.Sprint(err), secretWords) || strings.Contains(fmt.Sprint(err), "Guten Tag") {
			t.Errorf("%s: the error says too much: %v", tt.name, err)
		}
	}
}

// A connection that does not come about has sent nothing; one that breaks leaves a doubt.
func TestConnections(t *testing.T) {
	service, _ := connector(t, 200, nil, `{"id":"1"}`)
	chat := sender(t, service)
	if _, err := chat.Send(t.Context(), say("teams:a:1chat", "k", "eins")); err != nil {
		t.Fatal(err) // it has a token now
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	move := func() {
		chat.people.learned(map[string]string{chat.people.name("room", "a:1chat"): reference{Service: "http://" + l.Addr().String(), Kind: personal, Here: true}.String()})
	}
	move()
	go func() {
		conn, err := l.Accept()
		if err == nil {
			_, _ = conn.Read(make([]byte, 1))
			conn.Close()
		}
	}()
	_, err = chat.Send(t.Context(), say("teams:a:1chat", "k", "zwei"))
	if _, ok := errors.AsType[*bot.SendError](err); err == nil || ok {
		t.Errorf("broken off: %#v", err)
	}
	l.Close()
	_, err = chat.Send(t.Context(), say("teams:a:1chat", "k", "drei"))
	if s, ok := errors.AsType[*bot.SendError](err); !ok || !s.Refused || s.Final {
		t.Errorf("nobody listens: %#v", err)
	}
}

// What is asked of Teams for each operation.
func TestRequests(t *testing.T) {
	portal := bot.RoomID("teams:19:portal@thread.tacv2")
	for _, tt := range []struct {
		name   string
		out    bot.Outgoing
		answer string
		asked  string // how the request begins, "" for none
		id     bot.MessageID
	}{
		{"a message", bot.Outgoing{Op: bot.OpMessage, Room: "teams:a:1chat"}, `{"id":"5"}`, "POST /emea/v3/conversations/a:1chat/activities {", "teams:a:1chat/5"},
		{"a post", bot.Outgoing{Op: bot.OpMessage, Room: portal}, `{"id":"19:portal@thread.tacv2;messageid=7","activityId":"7"}`, `POST /emea/v3/conversations {"isGroup":true`, "teams:19:portal@thread.tacv2/7"},
		{"a post whose answer names only the conversation", bot.Outgoing{Op: bot.OpMessage, Room: portal}, `{"id":"19:portal@thread.tacv2;messageid=7"}`, `POST /emea/v3/conversations {`, "teams:19:portal@thread.tacv2/7"},
		{"an answer in a thread", bot.Outgoing{Op: bot.OpMessage, Room: portal, Thread: "teams:19:portal@thread.tacv2/7"}, `{"id":"8"}`, "POST /emea/v3/conversations/19:portal@thread.tacv2%3Bmessageid=7/activities {", "teams:19:portal@thread.tacv2/8"},
		{"an edit", bot.Outgoing{Op: bot.OpMessage, Room: portal, Thread: "teams:19:portal@thread.tacv2/7", Message: "teams:19:portal@thread.tacv2/8"}, `{"id":"8"}`, "PUT /emea/v3/conversations/19:portal@thread.tacv2%3Bmessageid=7/activities/8 {", "teams:19:portal@thread.tacv2/8"},
		{"an edit of a post", bot.Outgoing{Op: bot.OpMessage, Room: portal, Message: "teams:19:portal@thread.tacv2/7"}, `{}`, "PUT /emea/v3/conversations/19:portal@thread.tacv2%3Bmessageid=7/activities/7 {", "teams:19:portal@thread.tacv2/7"},
		{"a deletion", bot.Outgoing{Op: bot.OpMessage, Absent: true, Room: "teams:a:1chat", Message: "teams:a:1chat/5"}, ``, "DELETE /emea/v3/conversations/a:1chat/activities/5 ", "teams:a:1chat/5"},
		{"a deletion of nothing", bot.Outgoing{Op: bot.OpMessage, Absent: true, Room: "teams:a:1chat"}, ``, "", ""},
		{"a reaction taken back", bot.Outgoing{Op: bot.OpReaction, Absent: true, Room: "teams:a:1chat"}, ``, "", ""},
		{"to join", bot.Outgoing{Op: bot.OpJoin, Room: "teams:a:1chat"}, ``, "", ""},
		{"without an id in the answer", bot.Outgoing{Op: bot.OpMessage, Room: "teams:a:1chat", Transaction: "lotse.x"}, ``, "POST ", "teams:a:1chat/lotse.x"},
	} {
		service, asked := connector(t, 200, nil, tt.answer)
		tt.out.Text.Markdown = "x"
		id, err := sender(t, service).Send(t.Context(), tt.out)
		if err != nil || id != tt.id {
			t.Errorf("%s: %q %v, want %q", tt.name, id, err, tt.id)
		}
		if got := strings.Join(*asked, "\n"); !strings.HasPrefix(got, tt.asked) || tt.asked == "" && got != "" {
			t.Errorf("%s: asked %q, want %q", tt.name, got, tt.asked)
		}
	}
	service, asked := connector(t, 200, nil, `{}`)
	chat := sender(t, service)
	for _, out := range []bot.Outgoing{
		{Op: bot.OpReaction, Room: "teams:a:1chat", Emoji: "✅"}, {Op: "dance", Room: "teams:a:1chat"}, {Op: bot.OpMessage, Room: "matrix:!a:b"}, {Op: bot.OpMessage, Room: "teams:"},
	} {
		_, err := chat.Send(t.Context(), out)
		if s, ok := errors.AsType[*bot.SendError](err); !ok || !s.Final || !s.Refused {
			t.Errorf("%s in %s: %#v", out.Op, out.Room, err)
		}
	}
	if len(*asked) > 0 {
		t.Errorf("asked %q", *asked)
	}
}
