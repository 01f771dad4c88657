package matrix

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/matrix/matrixtest"
)

// TestReceive says in every way what people can say, and compares what arrives.
func TestReceive(t *testing.T) { matrixtest.Each(t, testReceive) }

func testReceive(t *testing.T, srv *matrixtest.Server) {
	maria, jonas, lotse := srv.Register(t, "maria"), srv.Register(t, "jonas"), srv.Register(t, "lotse")
	room := joined(t, "Serviceportal", maria, jonas, lotse)
	r := run(t, lotse, newMemory(), newInbox())

	question := maria.Send(t, room, "Wo steht das Projekt?")
	maria.Thread(t, room, question, "Im Plan.")
	maria.ThreadReply(t, room, question, question, "Genauer: fast.")
	maria.Reply(t, room, question, "Ich auch.")
	thumb := maria.React(t, room, question, "👍️") // with variation selector, as phones do
	maria.React(t, room, question, "1️⃣")
	maria.Edit(t, room, question, "Wo steht das Projekt heute?")
	r.await(t, "the thumb", func(events []bot.Event) bool { // what is gone before it is read was never there
		return slices.ContainsFunc(events, func(e bot.Event) bool { return e.Message.Local() == thumb })
	})
	maria.Redact(t, room, thumb, "")
	maria.Redact(t, room, question, "vertippt")
	maria.SendContent(t, room, "m.room.message", map[string]any{"msgtype": "m.emote", "body": "ist fertig"})
	maria.SendContent(t, room, "m.room.message", map[string]any{"msgtype": "m.notice", "body": "Alarm!"})
	maria.SendContent(t, room, "m.room.message", map[string]any{
		"msgtype": "m.text", "body": "!vertretung Jonas bis 31.12.", "format": "org.matrix.custom.html",
		"formatted_body": `!vertretung <a href="https://matrix.to/#/` + jonas.ID + `">Jonas</a> bis 31.12.`,
		"m.mentions":     map[string]any{"user_ids": []string{jonas.ID}},
	})
	// Not for us: a picture, a custom event, broken content.
	maria.SendContent(t, room, "m.room.message", map[string]any{"msgtype": "m.image", "body": "bild.png", "url": "mxc://localhost/x"})
	maria.SendContent(t, room, "org.example.poll", map[string]any{"body": "x"})
	if srv.Software == matrixtest.Dendrite { // Synapse does not take it from its own people, but from other servers
		maria.SendContent(t, room, "m.room.message", map[string]any{"msgtype": "m.text", "body": map[string]any{"no": "text"}})
		maria.SendContent(t, room, "m.reaction", map[string]any{"m.relates_to": "nothing"})
	}
	maria.Send(t, room, "Lotse: hilfe")
	if srv.Software == matrixtest.Dendrite { // likewise
		// What they point at is no id, as long as an event can be.
		long := "$" + strings.Repeat("x", 40000)
		maria.SendContent(t, room, "m.room.message", map[string]any{"msgtype": "m.text", "body": "nirgends", "m.relates_to": map[string]any{"rel_type": "m.thread", "event_id": long}})
		maria.SendContent(t, room, "m.reaction", map[string]any{"m.relates_to": map[string]any{"rel_type": "m.annotation", "event_id": long, "key": "👍"}})
		maria.SendContent(t, room, "m.room.message", map[string]any{
			"msgtype": "m.text", "body": "x", "m.relates_to": map[string]any{"rel_type": "m.replace", "event_id": long},
			"m.new_content": map[string]any{"msgtype": "m.text", "body": "x"},
		})
	}
	maria.Send(t, room, "Ende")

	r.awaitText(t, "Ende")
	got := strings.ReplaceAll(lines(without(in(r.events, room), bot.EventInvitation)), "names="+jonas.ID, "names=@jonas")
	want := `joined by=? room=Serviceportal
message #1 by=Maria "Wo steht das Projekt?"
message #2 thread=#1 by=Maria "Im Plan."
message #3 thread=#1 reply=#1 by=Maria "Genauer: fast."
message #4 reply=#1 by=Maria "Ich auch."
reaction #5 target=#1 by=Maria emoji=👍
reaction #6 target=#1 by=Maria emoji=1⃣
edit #7 target=#1 by=Maria "Wo steht das Projekt heute?"
deletion #8 target=#5
deletion #9 target=#1
message #10 by=Maria "ist fertig"
message #11 by=Maria notice "Alarm!"
message #12 by=Maria names=@jonas(Jonas) "!vertretung Jonas bis 31.12."
message #13 by=Maria tobot "hilfe"
message #14 by=Maria "nirgends"
message #15 by=Maria "Ende"
`
	want = strings.Replace(want, " by=?", "", 1)
	if srv.Software != matrixtest.Dendrite {
		want = strings.Replace(want, "message #14 by=Maria \"nirgends\"\nmessage #15", "message #14", 1)
	}
	if got != want {
		t.Errorf("delivered:\n%s\nwant:\n%s", got, want)
	}
	for _, e := range without(in(r.events, room), bot.EventInvitation, bot.EventJoined) {
		if e.Sender.Local() != maria.ID {
			t.Errorf("%s is from %s, want %s", e.Kind, e.Sender, maria.ID)
		}
		if e.At.After(time.Now()) || time.Since(e.At) > time.Hour {
			t.Errorf("%s was at %v, now it is %v", e.Kind, e.At, time.Now())
		}
		if !strings.HasPrefix(string(e.ID), "matrix:$") {
			t.Errorf("%s has the id %q", e.Kind, e.ID)
		}
	}
}

// TestNameOfBusyServer: a name that the server is too busy to tell is asked for again; one that it does not know is not.
func TestNameOfBusyServer(t *testing.T) {
	answers := []struct {
		status int
		body   string
		want   string
	}{
		{http.StatusTooManyRequests, `{"errcode":"M_LIMIT_EXCEEDED","error":"slow"}`, "maria"},
		{http.StatusInternalServerError, `{"errcode":"M_UNKNOWN","error":"trouble"}`, "maria"},
		{http.StatusNotFound, `{"errcode":"M_NOT_FOUND","error":"none"}`, "maria"},
		{http.StatusOK, `{"membership":"join","displayname":"Maria Beispiel"}`, "maria"}, // not asked any more
	}
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(answers[asked].status)
		w.Write([]byte(answers[asked].body))
		asked++
	}))
	defer server.Close()
	chat, err := New(Config{Homeserver: server.URL, UserID: "@lotse:x", AccessToken: "x", Memory: newMemory()})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range answers {
		if got := chat.nameOf(t.Context(), "!r:x", "@maria:x"); got != a.want {
			t.Errorf("after %d the name is %q, want %q", a.status, got, a.want)
		}
	}
	if asked != 3 {
		t.Errorf("asked %d times, want 3", asked)
	}
}
