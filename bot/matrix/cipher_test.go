package matrix

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/matrix/matrixtest"
	"lotse/storage"
)

// keyed gives a Chat a database of its own for memory and keys. The same path gives it
// the same ones again.
func keyed(t *testing.T, path string) (Memory, func(*Config)) {
	t.Helper()
	store, err := storage.Open(t.Context(), path, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store, func(c *Config) { c.Keys = store.DB() }
}

// keptKeys is a database file for one test.
func keptKeys(t *testing.T) string { return filepath.Join(t.TempDir(), "lotse.db") }

// runSealed starts a Chat that can encrypt.
func runSealed(t *testing.T, u *matrixtest.User, path string, b *inbox, change ...func(*Config)) *running {
	t.Helper()
	m, keys := keyed(t, path)
	return run(t, u, m, b, append(change, keys)...)
}

// sealedRoom is an encrypted room.
func sealedRoom(t *testing.T, owner *matrixtest.User, others ...*matrixtest.User) string {
	t.Helper()
	room := joined(t, "Geheim", owner, others...)
	encrypt(t, owner, room)
	return room
}

func encrypt(t *testing.T, by *matrixtest.User, room string) {
	by.SendState(t, room, "m.room.encryption", "", map[string]any{"algorithm": "m.megolm.v1.aes-sha2"})
}

// A conversation in an encrypted room: both sides read it, the server does not.
func TestSealed(t *testing.T) { matrixtest.Each(t, testSealed) }

func testSealed(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := sealedRoom(t, maria, lotse)
	path := keptKeys(t)
	mine, hers := newInbox(), newInbox()
	ours := runSealed(t, lotse, path, mine)
	her := runSealed(t, maria, keptKeys(t), hers)

	question := ours.send(t, outgoing(room, "check/frage", "Wie **steht** es?"))
	if got := hers.awaitText(t, "Wie steht es?"); got.Message != question || got.Sender != "matrix:"+bot.UserID(lotse.ID) {
		t.Errorf("maria reads %+v, want the question %s", got, question)
	}
	if echo := mine.awaitKind(t, bot.EventEcho, room); echo.Key != "check/frage" || echo.Message != question {
		t.Errorf("the echo is %+v", echo)
	}
	answer := her.send(t, outgoing(room, "a", "gelb, Schnittstelle fehlt", func(o *bot.Outgoing) { o.Thread = question }))
	if got := mine.awaitText(t, "gelb, Schnittstelle fehlt"); got.Message != answer || got.Thread != question {
		t.Errorf("the bot reads %+v, want %s in the thread of %s", got, answer, question)
	}
	her.send(t, outgoing(room, "a", "rot, Schnittstelle fehlt", func(o *bot.Outgoing) { o.Revision, o.Message = 2, answer }))
	if got := mine.awaitText(t, "rot, Schnittstelle fehlt"); got.Kind != bot.EventEdit || got.Target != answer {
		t.Errorf("the bot reads the edit as %+v", got)
	}
	ours.send(t, outgoing(room, "ack", "", func(o *bot.Outgoing) { o.Op, o.Target, o.Emoji = bot.OpReaction, answer, "🔴" }))
	if got := hers.awaitKind(t, bot.EventReaction, room); got.Target != answer || got.Emoji != "🔴" {
		t.Errorf("maria sees the reaction %+v", got)
	}
	her.send(t, outgoing(room, "a", "", func(o *bot.Outgoing) { o.Revision, o.Absent, o.Message = 3, true, answer }))
	if got := mine.awaitKind(t, bot.EventDeletion, room); got.Target != answer {
		t.Errorf("the bot sees the deletion %+v", got)
	}
	for _, e := range maria.Events(t, room) {
		if e.Type == "m.room.message" || strings.Contains(asJSON(t, e.Content), "Schnittstelle") || strings.Contains(asJSON(t, e.Content), "check/frage") {
			t.Errorf("the server reads %s", asJSON(t, e))
		}
	}

	// After a restart it goes on, and finds what it sent before.
	ours.stop(t)
	her.send(t, outgoing(room, "b", "noch da?"))
	ours = runSealed(t, lotse, path, mine)
	mine.awaitText(t, "noch da?")
	if found, err := ours.Find(t.Context(), bot.RoomID("matrix:"+room), "check/frage", 1); found != question || err != nil {
		t.Errorf("Find = %s, %v; want %s", found, err, question)
	}
	ours.send(t, outgoing(room, "c", "Ja."))
	hers.awaitText(t, "Ja.")
}

// Somebody who comes later reads what is said then; who has left does not.
func TestSealedMembers(t *testing.T) { matrixtest.Each(t, testSealedMembers) }

func testSealedMembers(t *testing.T, srv *matrixtest.Server) {
	maria, jonas, lotse := srv.Register(t, "maria"), srv.Register(t, "jonas"), srv.Register(t, "lotse")
	room := sealedRoom(t, maria, lotse)
	mine, hers, his := newInbox(), newInbox(), newInbox()
	ours := runSealed(t, lotse, keptKeys(t), mine)
	runSealed(t, maria, keptKeys(t), hers)
	ours.send(t, outgoing(room, "one", "eins"))
	hers.awaitText(t, "eins")

	maria.Invite(t, room, jonas.ID)
	jonas.Join(t, room)
	runSealed(t, jonas, keptKeys(t), his, func(c *Config) { c.KeyWait = time.Millisecond })
	maria.Send(t, room, "Jonas ist da.") // in the clear; when the bot has seen it, it has seen Jonas
	mine.awaitText(t, "Jonas ist da.")
	ours.send(t, outgoing(room, "two", "zwei"))
	his.awaitText(t, "zwei")
	jonas.Leave(t, room)
	maria.Send(t, room, "Jonas ist weg.")
	mine.awaitText(t, "Jonas ist weg.")
	ours.send(t, outgoing(room, "three", "drei"))
	hers.awaitText(t, "drei")
	for _, e := range his.events {
		if e.Text == "eins" || e.Text == "drei" {
			t.Errorf("jonas reads %q", e.Text)
		}
	}
	ours.send(t, outgoing(room, "four", "vier"))
	var keys []any
	for _, e := range maria.Events(t, room) {
		if e.Sender == lotse.ID && e.Type == "m.room.encrypted" {
			keys = append(keys, e.Content["session_id"])
		}
	}
	if len(keys) != 4 || keys[0] == keys[1] || keys[1] == keys[2] || keys[2] != keys[3] {
		t.Errorf("the room keys of eins, zwei, drei, vier are %v; want new ones when Jonas comes and when he leaves", keys)
	}
}

// A room that wants new keys often gets them.
func TestSealedRotation(t *testing.T) { matrixtest.Each(t, testSealedRotation) }

func testSealedRotation(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := joined(t, "Geheim", maria, lotse)
	maria.SendState(t, room, "m.room.encryption", "", map[string]any{"algorithm": "m.megolm.v1.aes-sha2", "rotation_period_msgs": 2})
	hers := newInbox()
	ours := runSealed(t, lotse, keptKeys(t), newInbox())
	runSealed(t, maria, keptKeys(t), hers)
	for _, text := range []string{"eins", "zwei", "drei"} {
		ours.send(t, outgoing(room, text, text))
		hers.awaitText(t, text)
	}
	keys := map[any]bool{}
	for _, e := range maria.Events(t, room) {
		if e.Type == "m.room.encrypted" {
			keys[e.Content["session_id"]] = true
		}
	}
	if len(keys) != 2 {
		t.Errorf("three messages have %d room keys, want 2", len(keys))
	}
}

// A message whose key does not come is asked for; what comes late is read late, once.
func TestLateKey(t *testing.T) { matrixtest.Each(t, testLateKey) }

func testLateKey(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := sealedRoom(t, maria, lotse)
	mine, hers := newInbox(), newInbox()
	path := keptKeys(t)
	ours := runSealed(t, lotse, path, mine)
	her := runSealed(t, maria, keptKeys(t), hers)
	ours.send(t, outgoing(room, "one", "eins"))
	hers.awaitText(t, "eins")
	ours.stop(t)

	// The key comes, is lost on the way, and is not sent again.
	her.send(t, outgoing(room, "a", "gelb"))
	m, keys := keyed(t, path)
	var lose atomic.Bool
	lose.Store(true)
	address := proxy(t, srv.URL, withoutKeys(t, srv.URL, &lose))
	waits := func(c *Config) { c.Homeserver, c.KeyWait = address, time.Nanosecond }
	ours = run(t, lotse, m, mine, waits, keys)
	her.send(t, outgoing(room, "b", "auch gelb"))
	got := mine.awaitKind(t, bot.EventUnreadable, room)
	if got.Sender != "matrix:"+bot.UserID(maria.ID) || got.Text != "" || got.Message == "" {
		t.Errorf("what cannot be read is %+v", got)
	}
	// Asked for it, her client sends it; both messages are read then, after a restart too.
	ours.stop(t)
	lose.Store(false)
	ours = run(t, lotse, m, mine, waits, keys)
	her.send(t, outgoing(room, "c", "rot"))
	mine.awaitText(t, "gelb")
	mine.awaitText(t, "auch gelb")
	mine.awaitText(t, "rot")
	for id, n := range mine.seen {
		if n > 1 && !strings.Contains(string(id), "joined") {
			t.Logf("%s was delivered %d times", id, n)
		}
	}
	ours.stop(t) // by then all is remembered
	if left, err := m.Recall(t.Context(), ours.memo("unread")); left != "" || err != nil {
		t.Errorf("still unread: %q, %v", left, err)
	}
}

// Who leaves while a key is being handed out has a key that is not used.
func TestSealedLeaving(t *testing.T) {
	srv := matrixtest.Shared(t)
	maria, dora, lotse := srv.Register(t, "maria"), srv.Register(t, "dora"), srv.Register(t, "lotse")
	room := sealedRoom(t, maria, dora, lotse)
	runSealed(t, dora, keptKeys(t), newInbox())
	m, keys := keyed(t, keptKeys(t))
	mine := newInbox()
	var handed atomic.Int32
	address := proxy(t, srv.URL, func(_ http.ResponseWriter, r *http.Request, _ func()) bool {
		if strings.Contains(r.URL.Path, "/sendToDevice/m.room.encrypted/") && handed.Add(1) == 1 {
			dora.Leave(t, room)
			maria.Send(t, room, "Dora ist weg")
			mine.awaitText(t, "Dora ist weg")
		}
		return false
	})
	r := run(t, lotse, m, mine, keys, func(c *Config) { c.Homeserver = address })
	r.send(t, outgoing(room, "q", "Frage"))
	var known int
	err := r.cipher.db.QueryRow(t.Context(), `SELECT COUNT(*) FROM crypto_megolm_outbound_session o
		JOIN crypto_megolm_outbound_session_shared s ON s.session_id = o.session_id
		WHERE o.room_id = $1 AND s.user_id = $2`, room, dora.ID).Scan(&known)
	if err != nil || known != 0 || handed.Load() == 0 {
		t.Errorf("%d of the devices of one who left know the present key, error %v; handed out %d times", known, err, handed.Load())
	}
}

// A message says whether it proves who wrote it.
func TestDoubt(t *testing.T) { matrixtest.Each(t, testDoubt) }

func testDoubt(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := sealedRoom(t, maria, lotse)
	mine, hers := newInbox(), newInbox()
	ours := runSealed(t, lotse, keptKeys(t), mine)
	herKeys := keptKeys(t)
	her := runSealed(t, maria, herKeys, hers)
	wants := func(text string, doubt bot.Doubt) {
		t.Helper()
		if got := mine.awaitText(t, text); got.Doubt != doubt {
			t.Errorf("%q has the doubt %q, want %q", text, got.Doubt, doubt)
		}
	}
	vouch := func(anew bool) {
		t.Helper()
		her.stop(t)
		who, err := her.Vouch(t.Context(), &recovery{}, maria.Password, anew)
		if err != nil {
			t.Fatal(err)
		}
		her = runSealed(t, maria, herKeys, hers)
		awaitIdentity(t, ours.Chat, maria.ID, who.Fingerprint)
	}
	maria.Send(t, room, "offen")
	wants("offen", bot.DoubtClear)
	her.send(t, outgoing(room, "a", "unbestätigt"))
	wants("unbestätigt", bot.DoubtDevice)
	vouch(false)
	her.send(t, outgoing(room, "b", "bestätigt"))
	wants("bestätigt", "")
	// She has lost everything: her new identity is somebody else's, until it was compared.
	vouch(true)
	her.send(t, outgoing(room, "c", "neu"))
	wants("neu", bot.DoubtIdentity)
	refuse := errors.New("not hers")
	changed := false
	if err := ours.Acknowledge(t.Context(), maria.ID, func(_ string, is bool) error { changed = is; return refuse }); !errors.Is(err, refuse) || !changed {
		t.Errorf("Acknowledge, refused: %v, changed: %v", err, changed)
	}
	her.send(t, outgoing(room, "d", "noch immer neu"))
	wants("noch immer neu", bot.DoubtIdentity)
	if err := ours.Acknowledge(t.Context(), maria.ID, func(string, bool) error { return nil }); err != nil {
		t.Error(err)
	}
	her.send(t, outgoing(room, "e", "anerkannt"))
	wants("anerkannt", "")
	plain := joined(t, "Offen", maria, lotse)
	mine.awaitKind(t, bot.EventJoined, plain)
	maria.Send(t, plain, "im offenen Raum")
	wants("im offenen Raum", "")
}

// A direct chat that the bot opens is encrypted, if it shall be, and is found again.
func TestOpenDirectSealed(t *testing.T) { matrixtest.Each(t, testOpenDirectSealed) }

func testOpenDirectSealed(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	mine, hers := newInbox(), newInbox()
	ours := runSealed(t, lotse, keptKeys(t), mine, func(c *Config) { c.SealDirect = true })
	her := runSealed(t, maria, keptKeys(t), hers)
	room := ours.open(t, user(maria))
	if got := lotse.State(t, room, "m.room.encryption", "")["algorithm"]; got != "m.megolm.v1.aes-sha2" {
		t.Errorf("the direct chat's encryption is %v", got)
	}
	hers.awaitKind(t, bot.EventInvitation, room)
	ours.send(t, outgoing(room, "a", "vor dem Beitritt"))
	maria.Join(t, room)
	mine.awaitKind(t, bot.EventJoined, room)
	if again := ours.open(t, user(maria)); again != room {
		t.Errorf("a second look finds %s, want %s", again, room)
	}
	her.send(t, outgoing(room, "b", "gelb"))
	if got := mine.awaitText(t, "gelb"); !got.Direct {
		t.Errorf("her answer is %+v, want it in a direct chat", got)
	}
	ours.send(t, outgoing(room, "c", "danke"))
	hers.awaitText(t, "danke")
}

// A server may show a direct chat before it shows who is invited: the key is theirs.
func TestOpenDirectInviteUnseen(t *testing.T) {
	srv := matrixtest.Shared(t)
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	runSealed(t, maria, keptKeys(t), newInbox())
	address := proxy(t, srv.URL, func(w http.ResponseWriter, r *http.Request, _ func()) bool {
		if !strings.HasSuffix(r.URL.Path, "/members") {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"chunk":[{"type":"m.room.member","event_id":"$a","sender":%[1]q,"state_key":%[1]q,"content":{"membership":"join"}}]}`, lotse.ID)
		return true
	})
	store, err := storage.Open(t.Context(), keptKeys(t), storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	chat := newChat(t, lotse, store, func(c *Config) { c.Homeserver, c.Keys, c.SealDirect = address, store.DB(), true })
	if err := chat.publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := &running{Chat: chat}
	r.send(t, outgoing(r.open(t, user(maria)), "a", "eins"))
	var known int
	if err := store.DB().QueryRow(t.Context(), `SELECT count(*) FROM crypto_megolm_outbound_session_shared WHERE user_id = $1`, maria.ID).Scan(&known); err != nil || known != 1 {
		t.Errorf("%d of her devices have the key of the direct chat, %v; want 1", known, err)
	}
}

// A server may show a room before it is finished: nothing is sent in the clear then.
func TestOpenDirectUnfinished(t *testing.T) {
	srv := matrixtest.Shared(t)
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	mine := newInbox()
	address := proxy(t, srv.URL, changedSync(t, srv.URL, func(answer map[string]any) {
		rooms, _ := answer["rooms"].(map[string]any)
		joined, _ := rooms["join"].(map[string]any)
		for _, data := range joined {
			for _, part := range []string{"state", "timeline"} {
				shown, ok := data.(map[string]any)[part].(map[string]any)
				if !ok {
					continue
				}
				events, _ := shown["events"].([]any)
				shown["events"] = slices.DeleteFunc(events, func(e any) bool { return e.(map[string]any)["type"] == "m.room.encryption" })
			}
		}
	}))
	ours := runSealed(t, lotse, keptKeys(t), mine, func(c *Config) { c.Homeserver, c.SealDirect = address, true })
	room := ours.open(t, user(maria))
	ours.send(t, outgoing(room, "a", "eins"))
	mine.awaitKind(t, bot.EventJoined, room)
	ours.send(t, outgoing(room, "b", "zwei"))
	for _, e := range lotse.Events(t, room) {
		if e.Type == "m.room.message" {
			t.Errorf("the server reads %q", e.Body())
		}
	}
}

// recovery is a Recovery in memory.
type recovery struct {
	key  string
	kept int
	fail error
}

func (r *recovery) Load() (string, error) { return r.key, nil }
func (r *recovery) Keep(key string) error {
	if r.fail != nil {
		return r.fail
	}
	r.key, r.kept = key, r.kept+1
	return nil
}

func TestIdentity(t *testing.T) { matrixtest.Each(t, testIdentity) }

func testIdentity(t *testing.T, srv *matrixtest.Server) {
	lotse := srv.Register(t, "lotse")
	m, keys := keyed(t, keptKeys(t))
	chat := newChat(t, lotse, m, keys)
	if who, err := chat.CheckIdentity(t.Context()); err != nil || who != (Identity{}) {
		t.Fatalf("a new account is %+v, %v", who, err)
	}
	safe := &recovery{fail: errors.New("disk full")}
	if _, err := chat.Vouch(t.Context(), safe, lotse.Password, false); !errors.Is(err, safe.fail) {
		t.Errorf("a recovery key that cannot be kept: %v", err)
	}
	safe.fail = nil
	who, err := chat.Vouch(t.Context(), safe, lotse.Password, false)
	if err != nil || !who.Published || !who.Verified || who.Fingerprint == "" || safe.kept != 1 {
		t.Fatalf("Vouch = %+v, %v; the key was kept %d times", who, err, safe.kept)
	}
	if again, err := chat.Vouch(t.Context(), safe, "", false); err != nil || again != who || safe.kept != 1 {
		t.Errorf("a second time: %+v, %v", again, err)
	}

	// The database is lost: a new device.
	second := login(t, srv, lotse)
	m2, keys2 := keyed(t, keptKeys(t))
	other := newChat(t, second, m2, keys2)
	if now, err := other.CheckIdentity(t.Context()); err != nil || !now.Published || now.Verified || now.Fingerprint != who.Fingerprint {
		t.Errorf("the new device is %+v, %v", now, err)
	}
	if _, err := other.Vouch(t.Context(), &recovery{}, lotse.Password, false); !errors.Is(err, ErrNoRecovery) {
		t.Errorf("without the recovery key: %v", err)
	}
	if _, err := other.Vouch(t.Context(), &recovery{key: "EsTc wrong"}, lotse.Password, false); err == nil {
		t.Error("a wrong recovery key is taken")
	}
	if now, err := other.Vouch(t.Context(), safe, "", false); err != nil || now != who {
		t.Errorf("with it: %+v, %v; want %+v", now, err, who)
	}
	// A new identity that the server refuses leaves the old one whole.
	if _, err := other.Vouch(t.Context(), &recovery{}, "wrong password", true); err == nil {
		t.Error("a new identity is made with a wrong password")
	}
	third := login(t, srv, lotse)
	m3, keys3 := keyed(t, keptKeys(t))
	if now, err := newChat(t, third, m3, keys3).Vouch(t.Context(), safe, "", false); err != nil || now != who {
		t.Errorf("a third device after that: %+v, %v; want %+v", now, err, who)
	}
	// A new identity, because the key is lost.
	fresh := &recovery{}
	now, err := other.Vouch(t.Context(), fresh, lotse.Password, true)
	if err != nil || !now.Verified || now.Fingerprint == who.Fingerprint || fresh.kept != 1 {
		t.Errorf("a new identity: %+v, %v", now, err)
	}
}

// The keys in the database are of another device than the session, or the server has
// others: that is said, and nothing is sent.
func TestKeysOfAnotherDevice(t *testing.T) { matrixtest.Each(t, testKeysOfAnotherDevice) }

func testKeysOfAnotherDevice(t *testing.T, srv *matrixtest.Server) {
	lotse := srv.Register(t, "lotse")
	m, keys := keyed(t, keptKeys(t))
	if err := newChat(t, lotse, m, keys).publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	empty, none := keyed(t, keptKeys(t))
	err := newChat(t, lotse, empty, none).Run(t.Context(), newInbox().deliver)
	if !errors.Is(err, bot.ErrLoggedOut) || !strings.Contains(err.Error(), "lotse login --force") {
		t.Errorf("with an empty database: %v", err)
	}
	// A new login on the old database forgets the old device.
	second := login(t, srv, lotse)
	if err := newChat(t, second, m, keys).publish(t.Context()); err != nil {
		t.Errorf("a new device on the old database: %v", err)
	}
}

// login gives the account another device.
func login(t *testing.T, srv *matrixtest.Server, u *matrixtest.User) *matrixtest.User {
	t.Helper()
	s, err := Login(t.Context(), srv.URL, &http.Client{}, u.ID, Credentials{Password: u.Password})
	if err != nil {
		t.Fatal(err)
	}
	return &matrixtest.User{Server: srv, ID: u.ID, Password: u.Password, DeviceID: s.DeviceID, Token: s.AccessToken}
}
