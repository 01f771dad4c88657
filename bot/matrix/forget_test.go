package matrix

import (
	"net/http"
	"strings"
	"testing"

	"lotse/bot"
	"lotse/bot/matrix/matrixtest"
	"lotse/storage"
	"lotse/storage/storagetest"
)

// An account that is to be forgotten is in no table of the adapter's or of mautrix's
// afterwards, nor are its devices' keys; others are still known, and the bot can be read
// and reads as before.
func TestForget(t *testing.T) { matrixtest.Each(t, testForget) }

func testForget(t *testing.T, srv *matrixtest.Server) {
	maria, jonas, lotse := srv.Register(t, "maria"), srv.Register(t, "jonas"), srv.Register(t, "lotse")
	room := sealedRoom(t, jonas, maria, lotse)
	path := keptKeys(t)
	mine, hers, his := newInbox(), newInbox(), newInbox()
	ours := runSealed(t, lotse, path, mine)
	her, him := runSealed(t, maria, keptKeys(t), hers), runSealed(t, jonas, keptKeys(t), his)
	ours.send(t, outgoing(room, "one", "eins"))
	hers.awaitText(t, "eins")
	his.awaitText(t, "eins")
	her.send(t, outgoing(room, "a", "von Maria"))
	mine.awaitText(t, "von Maria")
	him.send(t, outgoing(room, "b", "von Jonas"))
	mine.awaitText(t, "von Jonas")
	direct := ours.open(t, user(maria))
	maria.AwaitInvite(t, lotse.ID)
	maria.Join(t, direct)
	mine.awaitKind(t, bot.EventJoined, direct)
	ours.stop(t)

	store, err := storage.Open(t.Context(), path, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	find := func(text string) int {
		t.Helper()
		found, err := storagetest.Find(t.Context(), store.DB().RawDB, text)
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	var keys []string
	rows, err := store.DB().Query(t.Context(), `SELECT identity_key || ' ' || signing_key FROM crypto_device WHERE user_id = $1`, maria.ID)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var both string
		if err := rows.Scan(&both); err != nil {
			t.Fatal(err)
		}
		keys = append(keys, strings.Fields(both)...)
	}
	if err := rows.Close(); err != nil || len(keys) != 2 || find(maria.ID) < 4 || find(keys[0]) < 2 {
		t.Fatalf("keys %q, %v; Maria stands in %d places, her device's key in %d: the test shows nothing", keys, err, find(maria.ID), find(keys[0]))
	}
	for range 2 { // once more does no harm
		if err := Forget(t.Context(), store, store.DB(), lotse.ID, user(maria)); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range append(keys, maria.ID) {
		if n := find(text); n != 0 {
			t.Errorf("%s stands in %d places yet", text, n)
		}
	}
	if find(jonas.ID) == 0 {
		t.Error("Jonas is forgotten as well")
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}

	maria.Leave(t, room)
	ours = runSealed(t, lotse, path, mine)
	jonas.Send(t, room, "Maria ist weg.")
	mine.awaitText(t, "Maria ist weg.")
	him.send(t, outgoing(room, "c", "noch da?"))
	mine.awaitText(t, "noch da?")
	ours.send(t, outgoing(room, "two", "zwei"))
	his.awaitText(t, "zwei")

	// The bot leaves the direct chat, and the account data does not name it any more.
	ours.send(t, outgoing(direct, "leave", "", func(o *bot.Outgoing) { o.Op = bot.OpLeave }))
	var chats map[string][]string
	if err := lotse.Do(http.MethodGet, matrixtest.Path("user", lotse.ID, "account_data", "m.direct"), nil, &chats); err != nil || len(chats[maria.ID]) != 0 {
		t.Errorf("the direct chats are %v, %v; want none with Maria", chats, err)
	}
}
