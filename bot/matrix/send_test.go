package matrix

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/matrix/matrixtest"
)

// object reads a part of an event's content.
func object(e matrixtest.Event, key string) map[string]any {
	m, _ := e.Content[key].(map[string]any)
	return m
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestSend sends everything that can be sent and looks at it as a person would.
func TestSend(t *testing.T) { matrixtest.Each(t, testSend) }

func testSend(t *testing.T, srv *matrixtest.Server) {
	for _, version := range []string{"10", "11", "12"} { // redactions and creators differ
		t.Run("room version "+version, func(t *testing.T) {
			maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
			room := maria.CreateRoom(t, "Serviceportal", matrixtest.Inviting(lotse.ID), matrixtest.Version(version))
			lotse.Join(t, room)
			// Not running: to send needs no listening.
			r := &running{Chat: newChat(t, lotse, newMemory())}

			opening := r.send(t, outgoing(room, "ask", "**Guten Morgen**, [Maria Beispiel](mention:matrix:"+maria.ID+") @room",
				func(o *bot.Outgoing) { o.Text.Mentions = []bot.UserID{bot.UserID("matrix:" + maria.ID)} }))
			question := r.send(t, outgoing(room, "question", "Wie steht es?", func(o *bot.Outgoing) { o.Thread = opening; o.Text.Quiet = true }))
			answer := maria.Thread(t, room, opening.Local(), "!status")
			r.send(t, outgoing(room, "threadreply", "Was meinen Sie?", func(o *bot.Outgoing) {
				o.Thread, o.ReplyTo = opening, bot.MessageID("matrix:"+answer)
			}))
			outside := maria.Send(t, room, "!hilfe")
			r.send(t, outgoing(room, "reply", "Gern.", func(o *bot.Outgoing) { o.ReplyTo = bot.MessageID("matrix:" + outside) }))
			ack := r.send(t, outgoing(room, "ack", "", func(o *bot.Outgoing) {
				o.Op, o.Target, o.Emoji = bot.OpReaction, bot.MessageID("matrix:"+answer), "1⃣"
			}))
			r.send(t, outgoing(room, "question", "Wie steht es **heute**, [Maria](mention:matrix:"+maria.ID+")?", func(o *bot.Outgoing) {
				o.Revision, o.Message, o.Thread = 2, question, opening
				o.Text.Mentions = []bot.UserID{bot.UserID("matrix:" + maria.ID)}
			}))
			gone := r.send(t, outgoing(room, "gone", "Weg damit."))
			redaction := r.send(t, outgoing(room, "gone", "", func(o *bot.Outgoing) { o.Revision, o.Message, o.Absent = 2, gone, true }))
			r.send(t, outgoing(room, "ack", "", func(o *bot.Outgoing) { o.Op, o.Revision, o.Message, o.Absent = bot.OpReaction, 2, ack, true }))
			if id := r.send(t, outgoing(room, "never", "", func(o *bot.Outgoing) { o.Absent = true })); id != "" {
				t.Errorf("taking back what never stood made %s", id)
			}

			maria.AwaitEvent(t, room, "the second redaction", func(e matrixtest.Event) bool {
				return e.Type == "m.room.redaction" && e.Redacts == ack.Local()
			})
			events := maria.Events(t, room)
			find := func(key string, rev float64) matrixtest.Event {
				for _, e := range events {
					if mark := object(e, "org.lotse"); mark["key"] == key && mark["rev"] == rev {
						return e
					}
				}
				t.Fatalf("no event %s, revision %v", key, rev)
				return matrixtest.Event{}
			}

			e := find("ask", 1)
			if got, want := asJSON(t, e.Content["org.lotse"]), `{"key":"ask","kind":"test","ref":"serviceportal","rev":1}`; got != want {
				t.Errorf("trace = %s, want %s", got, want)
			}
			if got, want := asJSON(t, e.Content["m.mentions"]), `{"user_ids":["`+maria.ID+`"]}`; got != want {
				t.Errorf("m.mentions = %s, want %s", got, want)
			}
			if got, want := e.Body(), "Guten Morgen, Maria Beispiel @\u2060room"; got != want {
				t.Errorf("body = %q, want %q", got, want)
			}
			if got, want := e.FormattedBody(), `<strong>Guten Morgen</strong>, <a href="https://matrix.to/#/`+maria.ID+`">Maria Beispiel</a> @room`; got != want {
				t.Errorf("html = %q, want %q", got, want)
			}
			if e.Content["msgtype"] != "m.text" {
				t.Errorf("msgtype = %v, want m.text: it shall notify", e.Content["msgtype"])
			}

			e = find("question", 1)
			if e.Content["msgtype"] != "m.notice" || e.Thread() != opening.Local() || e.ReplyTo() != "" {
				t.Errorf("quiet question in a thread = %s", asJSON(t, e.Content))
			}
			if fallback := object(e, "m.relates_to")["is_falling_back"]; fallback != true {
				t.Errorf("is_falling_back = %v, want true", fallback)
			}
			if got := asJSON(t, e.Content["m.mentions"]); got != "{}" {
				t.Errorf("m.mentions = %s, want an empty object", got)
			}

			e = find("threadreply", 1)
			if e.Thread() != opening.Local() || e.ReplyTo() != answer {
				t.Errorf("reply in a thread = %s", asJSON(t, e.Content))
			}
			if e = find("reply", 1); e.Thread() != "" || e.ReplyTo() != outside || len(e.Mentions()) != 0 {
				t.Errorf("reply = %s, want one that mentions nobody", asJSON(t, e.Content))
			}

			e = find("question", 2)
			if e.RelType != "m.replace" || e.RelatesTo != question.Local() || !strings.HasPrefix(e.Body(), "* ") || len(e.Mentions()) != 0 {
				t.Errorf("edit = %s, want one with a fallback that calls nobody", asJSON(t, e.Content))
			}
			shown := object(e, "m.new_content")
			if shown["body"] != "Wie steht es heute, Maria?" || !strings.Contains(asJSON(t, shown["m.mentions"]), maria.ID) || shown["formatted_body"] == nil {
				t.Errorf("new content = %s", asJSON(t, shown))
			}

			for _, e := range events {
				switch e.ID {
				case gone.Local(), ack.Local():
					if !e.Redacted {
						t.Errorf("%s still stands", e.ID)
					}
				case redaction.Local():
					if e.Redacts != gone.Local() {
						t.Errorf("redacted %s, want %s", e.Redacts, gone.Local())
					}
				}
			}
		})
	}
}

// TestReactionForm: a person's tap must count with the bot's seed.
func TestReactionForm(t *testing.T) { matrixtest.Each(t, testReactionForm) }

func testReactionForm(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := joined(t, "Reaktionen", maria, lotse)
	r := &running{Chat: newChat(t, lotse, newMemory())}
	target := maria.Send(t, room, "Wie steht es?")
	for given, want := range map[string]string{"🟢": "🟢", "1⃣": "1️⃣", "1️⃣": "1️⃣", "✅": "✅", "🔁": "🔁", "❤": "❤️"} {
		id := r.send(t, outgoing(room, "seed/"+given, "", func(o *bot.Outgoing) {
			o.Op, o.Target, o.Emoji = bot.OpReaction, bot.MessageID("matrix:"+target), given
		}))
		e := maria.AwaitEvent(t, room, "the reaction", func(e matrixtest.Event) bool { return e.ID == id.Local() })
		if got := object(e, "m.relates_to")["key"]; got != want {
			t.Errorf("reaction %q was sent as %q, want %q", given, got, want)
		}
	}
}

// TestSendTwice: the same transaction makes the same event while the server lives.
func TestSendTwice(t *testing.T) { matrixtest.Each(t, testSendTwice) }

func testSendTwice(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := joined(t, "Doppelt", maria, lotse)
	out := outgoing(room, "once", "Einmal.")
	first := (&running{Chat: newChat(t, lotse, newMemory())}).send(t, out)
	again := (&running{Chat: newChat(t, lotse, newMemory())}).send(t, out)
	if first != again {
		t.Errorf("sent twice: %s and %s", first, again)
	}
}

// TestLongText: the largest text the bot may send fits, as a message and as an edit,
// even if its HTML is much longer; beyond that the HTML is left out.
func TestLongText(t *testing.T) { matrixtest.Each(t, testLongText) }

func testLongText(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := joined(t, "Lang", maria, lotse)
	r := &running{Chat: newChat(t, lotse, newMemory())}
	row := "| **ä** | *ö* | <&> |\n"
	table := "| a | b | c |\n|---|---|---|\n" + strings.Repeat(row, (r.Abilities().MaxBytes-40)/len(row))
	id := r.send(t, outgoing(room, "long", table))
	r.send(t, outgoing(room, "long", table, func(o *bot.Outgoing) { o.Revision, o.Message = 2, id }))

	_, err := r.Send(t.Context(), outgoing(room, "toolong", strings.Repeat("lang ", 20000)))
	if refusal, ok := errors.AsType[*bot.SendError](err); !ok || !refusal.Final || !refusal.Refused {
		t.Errorf("100 kB: %v, want a final refusal", err)
	}
}

func TestSendRefused(t *testing.T) { matrixtest.Each(t, testSendRefused) }

func testSendRefused(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	mute := joined(t, "Stumm", maria, lotse)
	maria.SetPowerLevels(t, mute, map[string]int{lotse.ID: -1})
	foreign := maria.CreateRoom(t, "Fremd")
	hidden := joined(t, "Geheim", maria, lotse)
	maria.SendState(t, hidden, "m.room.encryption", "", map[string]any{"algorithm": "m.megolm.v1.aes-sha2"})
	r := &running{Chat: newChat(t, lotse, newMemory())}
	for _, tt := range []struct {
		name string
		out  bot.Outgoing
		want error
	}{
		{"not in the room", outgoing(foreign, "k", "x"), nil},
		{"no such room", outgoing("!nowhere:localhost", "k", "x"), nil},
		{"encrypted: never in the clear", outgoing(hidden, "k", "x"), ErrEncrypted},
		{"a reaction in an encrypted room", outgoing(hidden, "k", "", func(o *bot.Outgoing) {
			o.Op, o.Target, o.Emoji = bot.OpReaction, "matrix:$x", "✅"
		}), ErrEncrypted},
		{"another chat's room", outgoing("x", "k", "x", func(o *bot.Outgoing) { o.Room = "teams:19:x" }), nil},
		{"no such operation", outgoing(mute, "k", "x", func(o *bot.Outgoing) { o.Op = "dance" }), nil},
	} {
		_, err := r.Send(t.Context(), tt.out)
		refusal, ok := errors.AsType[*bot.SendError](err)
		if !ok || !refusal.Final || !refusal.Refused || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want a final refusal (%v)", tt.name, err, tt.want)
		}
	}
	// What is mended in the room, not in the message, is no refusal for ever.
	for why, out := range map[bot.Refusal]bot.Outgoing{
		bot.RefusedMute: outgoing(mute, "k", "x"),
		bot.RefusedAway: outgoing(foreign, "k", "x"),
		"":              outgoing("!nowhere:localhost", "k", "", func(o *bot.Outgoing) { o.Op = bot.OpLeave }),
	} {
		_, err := r.Send(t.Context(), out)
		refusal, ok := errors.AsType[*bot.SendError](err)
		switch {
		case why == "" && err != nil:
			t.Errorf("leaving where it is not: %v", err)
		case why != "" && (!ok || !refusal.Refused || refusal.Why != why || refusal.Final != (why == bot.RefusedAway)):
			t.Errorf("error %#v, want a refusal because the bot is %s", err, why)
		}
	}
	for _, e := range maria.Events(t, hidden) {
		if e.Sender == lotse.ID && e.Type != "m.room.member" {
			t.Errorf("in the encrypted room stands %s", asJSON(t, e))
		}
	}
}

// TestEncryptedLater: a room that becomes encrypted while the bot is in it, whatever
// else the event says that makes it so.
func TestEncryptedLater(t *testing.T) { matrixtest.Each(t, testEncryptedLater) }

func testEncryptedLater(t *testing.T, srv *matrixtest.Server) {
	for what, wish := range map[string]map[string]any{
		"as usual":                    {"algorithm": "m.megolm.v1.aes-sha2"},
		"with a wish that is no wish": {"algorithm": "m.megolm.v1.aes-sha2", "rotation_period_ms": "weekly"},
	} {
		t.Run(what, func(t *testing.T) {
			maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
			room := joined(t, "Wird geheim", maria, lotse)
			r := run(t, lotse, newMemory(), newInbox())
			r.send(t, outgoing(room, "before", "offen"))
			maria.SendState(t, room, "m.room.encryption", "", wish)
			maria.Send(t, room, "jetzt geheim")
			r.awaitText(t, "jetzt geheim")
			// The event is committed first and the room adopted just after.
			r.stop(t)
			if _, err := r.Send(t.Context(), outgoing(room, "after", "offen?")); !errors.Is(err, ErrEncrypted) {
				t.Errorf("Send = %v, want %v", err, ErrEncrypted)
			}
			// One who has not seen the room asks the server.
			if _, err := newChat(t, lotse, newMemory()).Send(t.Context(), outgoing(room, "unseen", "offen?")); !errors.Is(err, ErrEncrypted) {
				t.Errorf("Send to a room that no sync has shown = %v, want %v", err, ErrEncrypted)
			}
		})
	}
}

// TestSendErrors puts a proxy with faults in front of the server.
func TestSendErrors(t *testing.T) { matrixtest.Each(t, testSendErrors) }

func testSendErrors(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := joined(t, "Störung", maria, lotse)
	answer := func(status int, header map[string]string, body string) func(http.ResponseWriter, *http.Request, func()) {
		return func(w http.ResponseWriter, _ *http.Request, _ func()) {
			for k, v := range header {
				w.Header().Set(k, v)
			}
			w.WriteHeader(status)
			w.Write([]byte(body))
		}
	}
	type verdict struct {
		Sure, Final bool
		After       time.Duration
		LoggedOut   bool
	}
	for _, tt := range []struct {
		name  string
		fault func(http.ResponseWriter, *http.Request, func())
		want  verdict
		sent  bool // it reached the room all the same
	}{
		{"limit, said in the body", answer(429, nil, `{"errcode":"M_LIMIT_EXCEEDED","error":"slow","retry_after_ms":1700}`),
			verdict{Sure: true, After: 1700 * time.Millisecond}, false},
		{"limit, said in the header", answer(429, map[string]string{"Retry-After": "3"}, `{"errcode":"M_LIMIT_EXCEEDED","error":"slow"}`),
			verdict{Sure: true, After: 3 * time.Second}, false},
		{"limit, header as a date", answer(429, map[string]string{"Retry-After": "Wed, 25 Nov 2026 10:00:07 GMT", "Date": "Wed, 25 Nov 2026 10:00:00 GMT"}, `{}`),
			verdict{Sure: true, After: 7 * time.Second}, false},
		{"limit of a proxy, no word on when", answer(429, nil, `slow down`), verdict{Sure: true}, false},
		{"server in trouble", answer(500, nil, `{"errcode":"M_UNKNOWN","error":"Internal server error"}`), verdict{}, false},
		{"server away", answer(502, nil, `<html>Bad Gateway</html>`), verdict{}, false},
		{"a proxy's 403 is not the server's", answer(403, nil, `<html>Forbidden</html>`), verdict{}, false},
		{"a proxy's 404", answer(404, nil, `not found`), verdict{}, false},
		{"a proxy finds it too large", answer(413, nil, `<html>too large</html>`), verdict{Sure: true, Final: true}, false},
		{"forbidden", answer(403, nil, `{"errcode":"M_FORBIDDEN","error":"no"}`), verdict{Sure: true, Final: true}, false},
		{"account locked for now", answer(401, nil, `{"errcode":"M_USER_LOCKED","error":"no","soft_logout":true}`), verdict{Sure: true}, false},
		{"server full for now", answer(403, nil, `{"errcode":"M_RESOURCE_LIMIT_EXCEEDED","error":"no"}`), verdict{Sure: true}, false},
		{"gone", answer(404, nil, `{"errcode":"M_NOT_FOUND","error":"no"}`), verdict{Sure: true, Final: true}, false},
		{"malformed", answer(400, nil, `{"errcode":"M_BAD_JSON","error":"no"}`), verdict{Sure: true, Final: true}, false},
		{"session over", answer(401, nil, `{"errcode":"M_UNKNOWN_TOKEN","error":"no","soft_logout":true}`), verdict{LoggedOut: true}, false},
		{"account closed", answer(403, nil, `{"errcode":"M_USER_DEACTIVATED","error":"no"}`), verdict{LoggedOut: true}, false},
		{"the answer is lost", func(w http.ResponseWriter, _ *http.Request, forward func()) { forward(); panic(http.ErrAbortHandler) }, verdict{}, true},
		{"the answer is cut", func(w http.ResponseWriter, _ *http.Request, forward func()) {
			forward()
			w.Write([]byte(`{"event_id":"$`))
		}, verdict{}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var requests atomic.Int64
			address := proxy(t, srv.URL, func(w http.ResponseWriter, r *http.Request, forward func()) bool {
				if !strings.Contains(r.URL.Path, "/send/") {
					return false
				}
				requests.Add(1)
				tt.fault(w, r, forward)
				return true
			})
			chat := newChat(t, lotse, newMemory(), func(c *Config) { c.Homeserver = address })
			out := outgoing(room, "fault/"+tt.name, "Störung?")
			_, err := chat.Send(t.Context(), out)
			if err == nil {
				t.Fatal("no error")
			}
			var got verdict
			if refusal, ok := errors.AsType[*bot.SendError](err); ok {
				got = verdict{Sure: refusal.Refused, Final: refusal.Final, After: refusal.After}
			}
			got.LoggedOut = errors.Is(err, bot.ErrLoggedOut)
			if got != tt.want {
				t.Errorf("%v is %+v, want %+v", err, got, tt.want)
			}
			want := int64(1)
			if tt.name == "forbidden" { // nothing in the room forbids it: perhaps no more
				want = 2
			}
			if n := requests.Load(); n != want {
				t.Errorf("%d requests for one send, want %d", n, want)
			}
			if tt.sent {
				// What stands there is found, once the server shows it.
				maria.AwaitKey(t, room, string(out.Key))
				id, err := chat.Find(t.Context(), out.Room, out.Key, 1)
				if err != nil || id == "" {
					t.Errorf("Find = %q, %v; want the message", id, err)
				}
			}
		})
	}
}

func TestSendTimeout(t *testing.T) { matrixtest.Each(t, testSendTimeout) }

func testSendTimeout(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := joined(t, "Zeit", maria, lotse)
	release := make(chan struct{})
	address := proxy(t, srv.URL, func(w http.ResponseWriter, r *http.Request, _ func()) bool {
		if strings.Contains(r.URL.Path, "/send/") {
			<-release
			return true
		}
		return false
	})
	defer close(release)
	chat := newChat(t, lotse, newMemory(), func(c *Config) { c.Homeserver, c.Timeout = address, 100*time.Millisecond })
	_, err := chat.Send(t.Context(), outgoing(room, "slow", "Hallo"))
	if _, sure := errors.AsType[*bot.SendError](err); err == nil || sure {
		t.Errorf("Send = %v, want a doubtful error", err)
	}
}

// TestDuplicateReaction: Synapse refuses a reaction that stands already.
func TestDuplicateReaction(t *testing.T) { matrixtest.Each(t, testDuplicateReaction) }

func testDuplicateReaction(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := joined(t, "Reaktion", maria, lotse)
	target := maria.Send(t, room, "Wie steht es?")
	out := outgoing(room, "ack", "", func(o *bot.Outgoing) {
		o.Op, o.Target, o.Emoji = bot.OpReaction, bot.MessageID("matrix:"+target), "1⃣"
	})
	direct := &running{Chat: newChat(t, lotse, newMemory())}
	maria.React(t, room, target, "1️⃣")
	first := direct.send(t, out)
	maria.AwaitKey(t, room, "ack")
	address := proxy(t, srv.URL, func(w http.ResponseWriter, r *http.Request, _ func()) bool {
		if !strings.Contains(r.URL.Path, "/send/m.reaction/") {
			return false
		}
		w.WriteHeader(400)
		w.Write([]byte(`{"errcode":"M_DUPLICATE_ANNOTATION","error":"Can't send same reaction twice"}`))
		return true
	})
	r := &running{Chat: newChat(t, lotse, newMemory(), func(c *Config) { c.Homeserver = address })}
	if again := r.send(t, out); again != first {
		t.Errorf("second try returns %s, want %s", again, first)
	}
}

func TestAbilities(t *testing.T) {
	a := (&Chat{}).Abilities()
	if !a.Threads || !a.Reactions || !a.Edits || !a.Echo || a.Forms || !a.Files || a.MaxBytes == 0 {
		t.Errorf("abilities = %+v", a)
	}
	if (&Chat{}).ID() != "matrix" {
		t.Errorf("ID = %s", (&Chat{}).ID())
	}
}

func TestComposeDropsForeignMentions(t *testing.T) {
	out := outgoing("!r:x", "k", "[A](mention:teams:19:a) [B](mention:matrix:@b:x)")
	out.Text.Mentions = []bot.UserID{"teams:19:a", "matrix:@b:x", "matrix:@b:x"}
	m := compose(out, nil, trace{}, maxContent)
	if got := m.Mentions.UserIDs; len(got) != 1 || got[0] != "@b:x" || m.Mentions.Room {
		t.Errorf("mentions = %+v, want @b:x once", m.Mentions)
	}
	if !slices.Equal([]string{m.Body}, []string{"A B"}) {
		t.Errorf("body = %q", m.Body)
	}
}

// The bot gets the power to write just after it was refused: the message is not given up.
func TestAllowedMeanwhile(t *testing.T) {
	srv := matrixtest.Shared(t)
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := joined(t, "Serviceportal", maria, lotse)
	refusals := 1
	address := proxy(t, srv.URL, func(w http.ResponseWriter, r *http.Request, _ func()) bool {
		if !strings.Contains(r.URL.Path, "/send/") || refusals == 0 {
			return false
		}
		refusals--
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"errcode":"M_FORBIDDEN","error":"no power"}`))
		return true
	})
	chat := newChat(t, lotse, newMemory(), func(c *Config) { c.Homeserver = address })
	if id, err := chat.Send(t.Context(), outgoing(room, "a", "doch")); err != nil || id == "" {
		t.Errorf("Send = %q, %v; want it sent", id, err)
	}
	refusals = 2 // it is not the power
	_, err := chat.Send(t.Context(), outgoing(room, "b", "nie"))
	if refusal, ok := errors.AsType[*bot.SendError](err); !ok || !refusal.Final {
		t.Errorf("refused again: %v, want it final", err)
	}
}
