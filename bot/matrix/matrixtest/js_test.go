package matrixtest

import (
	"strings"
	"testing"
	"time"

	"lotse/bot/cachetest"
)

// A dialogue of two people with matrix-js-sdk: what a transcript shows of it is
// what a transcript of a room in clear shows.
func TestJSConversation(t *testing.T) {
	srv := Shared(t)
	maria, jonas := srv.RegisterJS(t, "maria"), srv.RegisterJS(t, "jonas")
	t.Logf("ready after %v and %v; Node has %d MB then", maria.Started, jonas.Started, jonas.Memory>>20)
	room := maria.CreateRoom(t, "Serviceportal", Inviting(jonas.ID), Encrypted())
	jonas.Join(t, room)

	question := maria.SendContent(t, room, "m.room.message", Text("Wie weit seid ihr?\n\nBitte bis Freitag.", jonas.ID))
	got := jonas.AwaitMessage(t, room, "Wie weit")
	if got.ID != question || got.Sender != maria.ID || len(got.Mentions()) != 1 || !got.Crypto.Encrypted || !got.Crypto.Signed || got.Crypto.Shield != "" || got.Crypto.Device != maria.Device {
		t.Errorf("jonas reads %+v with %+v, want %s, encrypted by maria's signed device", got, got.Crypto, question)
	}
	answer := jonas.Thread(t, room, question, "Fast fertig.")
	jonas.Edit(t, room, answer, "Fertig.")
	if got := maria.AwaitMessage(t, room, "Fertig."); got.ID != answer || got.Thread() != question || !got.Edited || got.Crypto.Shows != "Fertig." {
		t.Errorf("maria reads %+v with %+v, want the edited answer in the thread of %s", got, got.Crypto, question)
	}
	maria.ThreadReply(t, room, question, answer, "Schön!")
	maria.React(t, room, answer, "👍️")
	jonas.AwaitReaction(t, room, answer, "👍")
	taken := jonas.React(t, room, question, "👀")
	jonas.Redact(t, room, taken, "")
	wrong := jonas.Send(t, room, "Falscher Raum.")
	jonas.Redact(t, room, wrong, "")
	maria.Await(t, room, "the redaction", func(events []Event) bool {
		for _, e := range events {
			if e.ID == wrong {
				return e.Redacted
			}
		}
		return false
	})
	content := Text("Das Serviceportal ist fertig.")
	content["org.lotse"] = map[string]any{"key": "check/1"}
	maria.SendContent(t, room, "m.room.message", content)
	jonas.AwaitKey(t, room, "check/1")

	file := maria.SendFile(t, room, "stand.txt", "text/plain", []byte("Stand: grün"))
	sent := jonas.AwaitMessage(t, room, "stand.txt")
	if got := string(jonas.File(t, sent)); got != "Stand: grün" || sent.ID != file {
		t.Errorf("jonas reads the file %q, want %q", got, "Stand: grün")
	}

	first := got.Crypto.Session
	maria.RotateKey(t, room)
	maria.Send(t, room, "Neuer Schlüssel.")
	if got := jonas.AwaitMessage(t, room, "Neuer Schlüssel."); got.Crypto.Session == first {
		t.Errorf("after the rotation maria still writes with the key %s", first)
	}
	golden(t, "js.txt", Transcript(jonas.Events(t, room)))

	// The server holds none of it in clear.
	for _, e := range maria.User.Events(t, room) {
		if e.StateKey == nil && e.Type != "m.reaction" && e.Type != "m.room.redaction" && e.Type != "m.room.encrypted" {
			t.Errorf("the server has %s in clear: %v", e.Type, e.Content)
		}
	}
}

// What goes wrong with keys must be seen: a harness that shows all as well
// proves nothing.
func TestJSRefuses(t *testing.T) {
	srv := Shared(t)
	maria, jonas, fatma := srv.RegisterJS(t, "maria"), srv.RegisterJS(t, "jonas", Unsigned(), Lenient()), srv.RegisterJS(t, "fatma", Lenient())
	room := maria.CreateRoom(t, "Serviceportal", Inviting(jonas.ID, fatma.ID), Encrypted())
	jonas.Join(t, room)
	fatma.Join(t, room)
	maria.AwaitMember(t, room, fatma.ID, "join")
	unreadable := func(why string) func(Event) bool {
		return func(e Event) bool { return e.Crypto.Unreadable == why }
	}

	// A device that its owner has not signed gets no key, and is told so.
	maria.Send(t, room, "Nur für geprüfte Geräte.")
	jonas.AwaitEvent(t, room, "a key that is withheld", unreadable("MEGOLM_KEY_WITHHELD_FOR_UNVERIFIED_DEVICE"))
	fatma.AwaitMessage(t, room, "geprüfte")

	// What it writes the strict do not believe, and the lenient are warned of.
	jonas.Send(t, room, "Ich bin es wirklich.")
	maria.AwaitEvent(t, room, "an unsigned sender", unreadable("UNSIGNED_SENDER_DEVICE"))
	if got := fatma.AwaitMessage(t, room, "wirklich"); got.Crypto.Shield == "" || got.Crypto.Signed {
		t.Errorf("fatma is not warned of the unsigned device: %+v", got.Crypto)
	}
	if signed := maria.Devices(t, jonas.ID); signed[jonas.Device] || len(signed) != 1 {
		t.Errorf("maria believes the devices %v of jonas are signed, want %s: false", signed, jonas.Device)
	}

	// A key that comes late.
	fatma.RotateKey(t, room)
	fatma.HoldKeys(t)
	late := fatma.Send(t, room, "Mein Netz ist langsam.")
	maria.AwaitEvent(t, room, "a message without its key", unreadable("MEGOLM_UNKNOWN_INBOUND_SESSION_ID"))
	fatma.ReleaseKeys(t)
	if got := maria.AwaitMessage(t, room, "langsam"); got.ID != late {
		t.Errorf("maria reads %s, want %s", got.ID, late)
	}

	// A message that somebody puts into the room without encryption.
	fatma.User.Send(t, room, "Unverschlüsselt.")
	if got := maria.AwaitMessage(t, room, "Unverschlüsselt"); got.Crypto.Encrypted {
		t.Errorf("maria takes a message in clear for an encrypted one: %+v", got.Crypto)
	}
	fatma.AwaitMessage(t, room, "Unverschlüsselt")
	golden(t, "js-refuses.txt", Transcript(maria.Events(t, room)))
	golden(t, "js-warns.txt", Transcript(fatma.Events(t, room)))

	// Other people know when a device is gone.
	jonas.Logout(t)
	maria.AwaitMember(t, room, jonas.ID, "join")
	if err := jonas.node.call(jonas.name, "events", nil, nil); err == nil || !strings.Contains(err.Error(), "has not been started") {
		t.Errorf("a client that has logged out says %v", err)
	}
}

// A machine without Node says what to install, in one line.
func TestNoNode(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for _, tt := range []struct {
		require            string
		wantSkip, wantFail bool
	}{
		{"", true, false},
		{"all", false, true},
	} {
		t.Setenv("LOTSE_TEST_REQUIRE", tt.require)
		skipped, failed := record(t, func(t testing.TB) {
			_, err := installJS(t)
			cachetest.Want(t, jsName, err)
		})
		if (skipped != "") != tt.wantSkip || (failed != "") != tt.wantFail {
			t.Errorf("LOTSE_TEST_REQUIRE=%q: skipped %q, failed %q", tt.require, skipped, failed)
		}
		for _, part := range []string{"node is not installed", "apt install nodejs npm"} {
			if said := skipped + failed; !strings.Contains(said, part) || strings.Contains(said, "\n") {
				t.Errorf("the test says %q, want one line with %q", said, part)
			}
		}
	}
}

// A test that waits in vain says for what, and what the room looks like; a
// process that has died is not waited for.
func TestJSWaitsInVain(t *testing.T) {
	defer func(was time.Duration) { patience = was }(patience)
	srv := Start(t)
	maria := srv.RegisterJS(t, "maria")
	room := maria.CreateRoom(t, "Serviceportal", Encrypted())
	maria.Send(t, room, "Niemand da?")

	patience = time.Second
	_, failed := record(t, func(t testing.TB) { maria.AwaitMessage(t, room, "Doch!") })
	for _, part := range []string{`a message with "Doch!" in ` + room, maria.ID, "#1 maria: Niemand da?"} {
		if !strings.Contains(failed, part) {
			t.Errorf("the test fails with %q, want %q in it", failed, part)
		}
	}
	if err := maria.node.kill(); err != nil {
		t.Fatal(err)
	}
	_, failed = record(t, func(t testing.TB) { maria.Send(t, room, "Hallo?") })
	if !strings.Contains(failed, "the Node process does not answer") {
		t.Errorf("with Node dead the test fails with %q", failed)
	}
}
