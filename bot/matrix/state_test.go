package matrix

import (
	"encoding/json"
	"log/slog"
	"slices"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"lotse/bot"
)

// bare makes a Chat that asks nobody.
func bare(t *testing.T) *Chat {
	t.Helper()
	chat, err := New(Config{Homeserver: "http://127.0.0.1:1", UserID: "@lotse:x", AccessToken: "x", Memory: newMemory(),
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Now: func() time.Time { return time.UnixMilli(5000) }})
	if err != nil {
		t.Fatal(err)
	}
	return chat
}

func events(t *testing.T, source string) []*event.Event {
	t.Helper()
	var list []*event.Event
	if err := json.Unmarshal([]byte(source), &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// TestStrippedInvitation: Synapse sends invitations without ids and times.
func TestStrippedInvitation(t *testing.T) {
	invitation := func() *mautrix.SyncInvitedRoom {
		return &mautrix.SyncInvitedRoom{State: mautrix.SyncEventsList{Events: events(t, `[
			{"type":"m.room.canonical_alias","state_key":"","sender":"@maria:x","content":{"alias":"#pmo:x"}},
			{"type":"m.room.name","state_key":"","sender":"@maria:x","content":{"name":"Projekt \u202eX"}},
			{"type":"m.room.member","state_key":"@maria:x","sender":"@maria:x","content":{"membership":"join","displayname":"Maria\nPMO"}},
			{"type":"m.room.member","state_key":"@lotse:x","sender":"@maria:x","content":{"membership":"invite","is_direct":true}}]`)}}
	}
	chat := bare(t)
	read := func(since string) bot.Event {
		s := step{invites: map[id.RoomID]id.UserID{}}
		out := chat.invited("!r:x", invitation(), since, &s)
		if len(out) != 1 || s.invites["!r:x"] != "@maria:x" {
			t.Fatalf("%d events, invitations %v", len(out), s.invites)
		}
		return out[0].Event
	}
	e := read("s1")
	want := bot.Event{ID: e.ID, Kind: bot.EventInvitation, Room: "matrix:!r:x", Sender: "matrix:@maria:x", Name: "Maria PMO",
		At: time.UnixMilli(5000), Direct: true, RoomName: "Projekt X"}
	if e.Kind != want.Kind || e.Room != want.Room || e.Sender != want.Sender || e.Name != want.Name || !e.At.Equal(want.At) || !e.Direct || e.RoomName != want.RoomName {
		t.Errorf("invitation = %+v, want %+v", e, want)
	}
	if again := read("s1"); again.ID != e.ID {
		t.Errorf("read again it is %s, want the same id %s", again.ID, e.ID)
	}
	if later := read("s2"); later.ID == e.ID {
		t.Errorf("a later invitation has the same id %s", later.ID)
	}
	s := step{invites: map[id.RoomID]id.UserID{}}
	if out := chat.invited("!r:x", &mautrix.SyncInvitedRoom{}, "s1", &s); out != nil {
		t.Errorf("an empty invitation is %+v", out)
	}
}

func TestEntered(t *testing.T) {
	for _, tt := range []struct {
		name, unsigned string
		inside, want   bool
	}{
		{"after an invitation", `{"prev_content":{"membership":"invite"}}`, false, true},
		{"back again, although we think we are in", `{"prev_content":{"membership":"leave"}}`, true, true},
		{"a new name", `{"prev_content":{"membership":"join"}}`, true, false},
		{"a server that does not say, from outside", `{}`, false, true},
		{"a server that does not say, from inside", `{}`, true, false},
	} {
		e := events(t, `[{"type":"m.room.member","state_key":"@lotse:x","sender":"@lotse:x","content":{"membership":"join"},"unsigned":`+tt.unsigned+`}]`)[0]
		if got := entered(e, tt.inside); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestLeftWithoutTrace: a server need not say how the bot came to leave.
func TestLeftWithoutTrace(t *testing.T) {
	chat := bare(t)
	chat.rooms["!r:x"] = room{}
	s := step{}
	out, err := chat.left(t.Context(), "!r:x", &mautrix.SyncLeftRoom{}, "s1", &s)
	if err != nil || len(out) != 1 || out[0].Kind != bot.EventLeft || out[0].ID == "" || !slices.Contains(s.left, "!r:x") {
		t.Errorf("left = %+v, %v", out, err)
	}
	out, err = chat.left(t.Context(), "!never:x", &mautrix.SyncLeftRoom{}, "s1", &s)
	if err != nil || len(out) != 0 {
		t.Errorf("a declined invitation is %+v, %v", out, err)
	}
}

func TestPartner(t *testing.T) {
	two := 2
	joinedBy := func(unsigned string) *event.Event {
		return events(t, `[{"type":"m.room.member","state_key":"@lotse:x","sender":"@lotse:x","content":{"membership":"join"},"unsigned":`+unsigned+`}]`)[0]
	}
	summary := func(heroes ...id.UserID) mautrix.LazyLoadSummary {
		return mautrix.LazyLoadSummary{Heroes: heroes, JoinedMemberCount: &two}
	}
	for _, tt := range []struct {
		name    string
		prepare func(*Chat)
		about   about
		summary mautrix.LazyLoadSummary
		members int
		want    id.UserID
	}{
		{"by the account data", func(c *Chat) { c.direct["!r:x"] = "@a:x" }, about{name: "Projekt"}, summary(), 2, "@a:x"},
		{"by an invitation seen before", func(c *Chat) { c.invites["!r:x"] = "@b:x" }, about{name: "x"}, summary(), 2, "@b:x"},
		{"by the invitation that the join replaced", nil,
			about{own: joinedBy(`{"prev_sender":"@c:x","prev_content":{"membership":"invite","is_direct":true}}`)}, summary(), 2, "@c:x"},
		{"two people and no name", nil, about{own: joinedBy(`{}`)}, summary("@d:x"), 2, "@d:x"},
		{"two people, but a name", nil, about{name: "Projekt"}, summary("@d:x"), 2, ""},
		{"three people", nil, about{}, summary("@d:x", "@e:x"), 3, ""},
		{"nothing is known", nil, about{}, mautrix.LazyLoadSummary{}, 0, ""},
	} {
		chat := bare(t)
		if tt.prepare != nil {
			tt.prepare(chat)
		}
		if got := chat.partner("!r:x", tt.about, tt.summary, room{Members: tt.members}); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestWeave(t *testing.T) {
	list := func(ids ...id.EventID) []*event.Event {
		var all []*event.Event
		for _, i := range ids {
			all = append(all, &event.Event{ID: i})
		}
		return all
	}
	for _, tt := range []struct {
		name       string
		a, b, want []*event.Event
	}{
		{"the same", list("1", "2"), list("1", "2"), list("1", "2")},
		{"one left out in the middle", list("1", "3"), list("1", "2", "3"), list("1", "2", "3")},
		{"at the beginning and the end", list("2"), list("1", "2", "3"), list("1", "2", "3")},
		{"each has left out another", list("1", "3", "4"), list("1", "2", "4"), list("1", "2", "3", "4")},
		{"two of equal depth come the other way round", list("m10", "j9", "m11"), list("j9", "m10", "j10", "m11"), list("m10", "j9", "j10", "m11")},
		{"nothing in the first", nil, list("1"), list("1")},
		{"nothing in the second", list("1"), nil, list("1")},
	} {
		got := weave(tt.a, tt.b)
		if !slices.EqualFunc(got, tt.want, func(x, y *event.Event) bool { return x.ID == y.ID }) {
			t.Errorf("%s: %v, want %v", tt.name, newestFirst(got), newestFirst(tt.want))
		}
	}
}

func newestFirst(list []*event.Event) []id.EventID {
	var ids []id.EventID
	for _, e := range slices.Backward(list) {
		ids = append(ids, e.ID)
	}
	return ids
}

func TestNames(t *testing.T) {
	chat := bare(t)
	chat.learn(events(t, `[
		{"type":"m.room.member","state_key":"@maria:x","sender":"@maria:x","content":{"membership":"join","displayname":"Maria"}},
		{"type":"m.room.member","state_key":"@jonas:x","sender":"@jonas:x","content":{"membership":"join","displayname":"\u202e"}},
		{"type":"m.room.member","state_key":"@gone:x","sender":"@gone:x","content":{"membership":"leave"}}]`))
	for user, want := range map[id.UserID]string{
		"@maria:x": "Maria",
		"@jonas:x": "jonas", // nothing to see in the name
		"@gone:x":  "gone",  // unknown, and the server cannot be asked
	} {
		if got := chat.nameOf(t.Context(), "!r:x", user); got != want {
			t.Errorf("%s is called %q, want %q", user, got, want)
		}
	}
	if _, kept := chat.names["@gone:x"]; kept {
		t.Error("a name that could not be asked for is kept")
	}
	for i := range maxNames + 10 {
		chat.keepName(id.UserID(rune('a'+i%26))+id.UserID(rune('0'+i/26)), "x")
	}
	if len(chat.names) > maxNames {
		t.Errorf("%d names are kept, want at most %d", len(chat.names), maxNames)
	}
}
