package matrix

import (
	"strings"
	"testing"

	"lotse/bot/matrix/matrixtest"
)

// crypt is what both strict clients can do: matrix-js-sdk and mautrix. What the bot's
// encryption is measured with is measured with itself here.
type crypt interface {
	Send(t testing.TB, room, text string) string
	Reply(t testing.TB, room, to, text string) string
	Thread(t testing.TB, room, root, text string) string
	React(t testing.TB, room, target, key string) string
	Edit(t testing.TB, room, target, newText string) string
	Redact(t testing.TB, room, target, reason string) string
	SendContent(t testing.TB, room, eventType string, content map[string]any) string
	Events(t testing.TB, room string) []matrixtest.Event
	AwaitMessage(t testing.TB, room, contains string) matrixtest.Event
	AwaitReaction(t testing.TB, room, target, emoji string) matrixtest.Event
	AwaitEvent(t testing.TB, room, what string, match func(matrixtest.Event) bool) matrixtest.Event
}

var (
	_ crypt = (*matrixtest.JSUser)(nil)
	_ crypt = (*peer)(nil)
)

// isUnreadable matches an event that somebody cannot read, for this reason.
func isUnreadable(why string) func(matrixtest.Event) bool {
	return func(e matrixtest.Event) bool { return e.Crypto.Unreadable == why }
}

// TestPeers is a dialogue between the two strict clients. Both see the same, with no
// warning, and the server reads none of it.
func TestPeers(t *testing.T) {
	srv := matrixtest.Shared(t)
	maria := srv.RegisterJS(t, "maria")
	jonas := newPeer(t, srv.Register(t, "jonas"))
	room := maria.CreateRoom(t, "Serviceportal", matrixtest.Encrypted(), matrixtest.Inviting(jonas.ID))
	jonas.Join(t, room)

	// One side asks and the other answers, then the other way round.
	sides := []struct{ asks, answers crypt }{{maria, jonas}, {jonas, maria}}
	for _, s := range sides {
		question := s.asks.Send(t, room, "Wie weit seid ihr?")
		s.answers.AwaitEvent(t, room, "the question", func(e matrixtest.Event) bool {
			return e.ID == question && e.Body() == "Wie weit seid ihr?" && e.Crypto.Encrypted && e.Crypto.Signed
		})
		answer := s.answers.Thread(t, room, question, "Fast.")
		s.answers.Edit(t, room, answer, "Fertig.")
		s.asks.AwaitEvent(t, room, "the edited answer in the thread", func(e matrixtest.Event) bool {
			return e.ID == answer && e.Edited && e.Body() == "Fertig." && e.Thread() == question
		})
		s.asks.React(t, room, answer, "👍")
		s.answers.AwaitReaction(t, room, answer, "👍")
		s.asks.Reply(t, room, answer, "Danke!")
		wrong := s.answers.Send(t, room, "Falscher Raum.")
		s.asks.AwaitMessage(t, room, "Falscher Raum.")
		s.answers.Redact(t, room, wrong, "")
		s.asks.AwaitEvent(t, room, "the redaction", func(e matrixtest.Event) bool { return e.ID == wrong && e.Redacted })
		marked := matrixtest.Text("Der Stand ist notiert.")
		marked["org.lotse"] = map[string]any{"key": "check/1"}
		noted := s.asks.SendContent(t, room, "m.room.message", marked)
		s.answers.AwaitEvent(t, room, "the mark", func(e matrixtest.Event) bool { return e.ID == noted && e.Key() == "check/1" })
	}

	files := []struct {
		by   string
		send func() string
		read func(matrixtest.Event) []byte
		to   crypt
	}{
		{"matrix-js-sdk", func() string { return maria.SendFile(t, room, "js.txt", "text/plain", []byte("grün")) },
			func(e matrixtest.Event) []byte { return jonas.file(t, e) }, jonas},
		{"mautrix", func() string { return jonas.sendFile(t, room, "go.txt", "text/plain", []byte("grün")) },
			func(e matrixtest.Event) []byte { return maria.File(t, e) }, maria},
	}
	for _, f := range files {
		sent := f.send()
		e := f.to.AwaitEvent(t, room, "the file", func(e matrixtest.Event) bool { return e.ID == sent && e.Content["file"] != nil })
		if got := string(f.read(e)); got != "grün" {
			t.Errorf("the file by %s reads %q", f.by, got)
		}
	}

	// New keys: what follows is read, and under another key.
	before := maria.AwaitMessage(t, room, "go.txt").Crypto.Session
	jonas.rotate(t, room)
	jonas.Send(t, room, "Neuer Schlüssel von Jonas.")
	if after := maria.AwaitMessage(t, room, "von Jonas").Crypto.Session; after == before || after == "" {
		t.Errorf("the key of jonas is %q after the rotation and was %q before", after, before)
	}
	before = jonas.AwaitMessage(t, room, "js.txt").Crypto.Session
	maria.RotateKey(t, room)
	maria.Send(t, room, "Neuer Schlüssel von Maria.")
	if after := jonas.AwaitMessage(t, room, "von Maria").Crypto.Session; after == before || after == "" {
		t.Errorf("the key of maria is %q after the rotation and was %q before", after, before)
	}

	hers, his := matrixtest.Transcript(maria.Events(t, room)), matrixtest.Transcript(jonas.Events(t, room))
	if hers != his {
		t.Errorf("maria sees\n%s\nand jonas\n%s", hers, his)
	}
	for _, warning := range []string{"unreadable", "shield", "in clear", "#?"} {
		if strings.Contains(hers, warning) {
			t.Errorf("not all is well, there is %q:\n%s", warning, hers)
		}
	}
	for _, e := range maria.User.Events(t, room) {
		if content := asJSON(t, e.Content); e.Type == "m.room.message" || strings.Contains(content, "Fertig") || strings.Contains(content, "check/1") || strings.Contains(content, "js.txt") {
			t.Errorf("the server reads %s", asJSON(t, e))
		}
	}
}

// TestPeersRefuse shows that the two clients are strict: what a bot does wrong with its
// keys is seen.
func TestPeersRefuse(t *testing.T) {
	srv := matrixtest.Shared(t)
	maria := srv.RegisterJS(t, "maria")
	jonas := newPeer(t, srv.Register(t, "jonas"))
	// A bot that has not confirmed its device.
	lotse := newPeer(t, srv.Register(t, "lotse"), unsigned, lenient)
	room := maria.CreateRoom(t, "Serviceportal", matrixtest.Encrypted(), matrixtest.Inviting(jonas.ID, lotse.ID))
	jonas.Join(t, room)
	lotse.Join(t, room)
	maria.AwaitMember(t, room, lotse.ID, "join")

	// It gets no key, and is told why.
	for _, p := range []crypt{maria, jonas} {
		p.Send(t, room, "Nur für geprüfte Geräte.")
		said := p.AwaitMessage(t, room, "Nur für").Crypto.Session
		lotse.AwaitEvent(t, room, "a withheld key", func(e matrixtest.Event) bool {
			return e.Crypto.Session == said && e.Crypto.Unreadable == "withheld, m.unverified"
		})
		p.Redact(t, room, p.AwaitMessage(t, room, "Nur für").ID, "")
	}

	// What it says, the one refuses to read and the other is warned of.
	lotse.Send(t, room, "Wie steht es?")
	maria.AwaitEvent(t, room, "an unsigned sender", isUnreadable("UNSIGNED_SENDER_DEVICE"))
	if got := jonas.AwaitMessage(t, room, "Wie steht").Crypto; got.Shield != "RED" || got.Signed {
		t.Errorf("jonas is not warned of the bot's device: %+v", got)
	}
	if signed := maria.Devices(t, lotse.ID)[string(lotse.client.DeviceID)]; signed {
		t.Error("maria takes the bot's device for signed")
	}

	// Nor does a second device of somebody whom all trust, as long as it is not signed.
	second := newPeer(t, maria.User, unsigned, lenient)
	jonas.rotate(t, room)
	jonas.Send(t, room, "Nicht für das neue Telefon.")
	second.AwaitEvent(t, room, "a withheld key", isUnreadable("withheld, m.unverified"))
	second.Send(t, room, "Ich bin Maria.")
	if got := jonas.AwaitMessage(t, room, "Ich bin Maria").Crypto; got.Shield != "RED" || got.Signed {
		t.Errorf("jonas is not warned of the second device: %+v", got)
	}

	// A message that the server, or an old client, puts into the room in clear.
	jonas.User.Send(t, room, "In aller Offenheit.")
	if got := maria.AwaitMessage(t, room, "Offenheit").Crypto; got.Encrypted {
		t.Errorf("maria takes it for encrypted: %+v", got)
	}
	if got := jonas.AwaitMessage(t, room, "Offenheit").Crypto; got.Encrypted {
		t.Errorf("jonas takes it for encrypted: %+v", got)
	}
	seen := matrixtest.Transcript(maria.Events(t, room))
	for _, warning := range []string{"[unreadable: UNSIGNED_SENDER_DEVICE]", "[in clear]: In aller Offenheit."} {
		if !strings.Contains(seen, warning) {
			t.Errorf("there is no %q in\n%s", warning, seen)
		}
	}
}

// TestPeersLateKey has each client send a message whose key comes later.
func TestPeersLateKey(t *testing.T) {
	srv := matrixtest.Shared(t)
	maria := srv.RegisterJS(t, "maria")
	jonas := newPeer(t, srv.Register(t, "jonas"))
	room := maria.CreateRoom(t, "Serviceportal", matrixtest.Encrypted(), matrixtest.Inviting(jonas.ID))
	jonas.Join(t, room)
	maria.AwaitMember(t, room, jonas.ID, "join")

	jonas.holdKeys()
	late := jonas.Send(t, room, "Im Zug geschrieben.")
	maria.AwaitEvent(t, room, "a message without its key", isUnreadable("MEGOLM_UNKNOWN_INBOUND_SESSION_ID"))
	jonas.releaseKeys(t)
	if got := maria.AwaitMessage(t, room, "Im Zug"); got.ID != late || got.Crypto.Shield != "" {
		t.Errorf("maria reads %+v, want %s", got, late)
	}

	maria.HoldKeys(t)
	late = maria.Send(t, room, "Im Keller geschrieben.")
	jonas.AwaitEvent(t, room, "a message without its key", isUnreadable("no key"))
	maria.ReleaseKeys(t)
	if got := jonas.AwaitMessage(t, room, "Im Keller"); got.ID != late || got.Crypto.Shield != "" {
		t.Errorf("jonas reads %+v, want %s", got, late)
	}
}
