package matrix

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"lotse/bot"
	"lotse/bot/matrix/matrixtest"
)

// TestLog: what people and the bot write, and the session, never reach the log,
// also not when everything is logged.
func TestLog(t *testing.T) { matrixtest.Each(t, testLog) }

func testLog(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := joined(t, "Protokoll", maria, lotse)
	var b bytes.Buffer
	chat := newChat(t, lotse, newMemory(), func(c *Config) {
		c.Log = slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	if _, err := chat.Send(t.Context(), outgoing(room, "k", "Geheimnis")); err != nil {
		t.Fatal(err)
	}
	if _, err := chat.Send(t.Context(), outgoing("!nowhere:localhost", "k", "Geheimnis")); err == nil {
		t.Fatal("no error")
	}
	gone := newChat(t, lotse, newMemory(), func(c *Config) {
		c.Homeserver, c.Log = "http://127.0.0.1:1", slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	if _, err := gone.Send(t.Context(), outgoing(room, "k", "Geheimnis")); err == nil {
		t.Fatal("no error")
	}
	if _, err := chat.OpenDirect(t.Context(), bot.UserID("matrix:"+maria.ID)); err != nil {
		t.Fatal(err)
	}
	got := b.String()
	if !strings.Contains(got, "status_code=200") || !strings.Contains(got, "method=PUT") {
		t.Errorf("requests are not logged:\n%s", got)
	}
	for _, secret := range []string{"Geheimnis", lotse.Token, "req_body", maria.ID} {
		if strings.Contains(got, secret) {
			t.Errorf("the log has %q:\n%s", secret, got)
		}
	}
}

// TestLogQuiet: without debugging, mautrix is not heard.
func TestLogQuiet(t *testing.T) {
	var b bytes.Buffer
	log := logger(slog.New(slog.NewTextHandler(&b, nil)))
	log.Error().Str("req_body", "Geheimnis").Msg("Request failed")
	if b.Len() != 0 {
		t.Errorf("logged %q", b.String())
	}
	if n, err := (toSlog{slog.New(slog.NewTextHandler(&b, nil))}).Write([]byte("no JSON")); n != 7 || err != nil {
		t.Errorf("Write = %d, %v", n, err)
	}
}
