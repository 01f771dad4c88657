package matrix

import (
	"slices"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/matrix/matrixtest"
)

// TestNewcomer: only who was not there before is new.
func TestNewcomer(t *testing.T) {
	const join = `[{"type":"m.room.member","event_id":"$1","state_key":"@nina:x","sender":"@nina:x","origin_server_ts":3000,"content":{"membership":"join","displayname":"Nina\nNeu"}`
	for _, tt := range []struct {
		name, event string
		gap, want   bool
	}{
		{"into a room that everybody may join", join + `}]`, false, true},
		{"the same, where a gap was filled: it may be a new name", join + `}]`, true, false},
		{"after an invitation", join + `,"unsigned":{"prev_content":{"membership":"invite"}}}]`, true, true},
		{"after knocking", join + `,"unsigned":{"prev_content":{"membership":"knock"}}}]`, false, true},
		{"a new name", join + `,"unsigned":{"prev_content":{"membership":"join"}}}]`, false, false},
		{"back again", join + `,"unsigned":{"prev_content":{"membership":"leave"}}}]`, false, false},
		{"the server tells only that there was something before", join + `,"unsigned":{"replaces_state":"$0"}}]`, false, false},
		{"the bot itself", `[{"type":"m.room.member","event_id":"$1","state_key":"@lotse:x","sender":"@lotse:x","content":{"membership":"join"}}]`, false, false},
		{"put out", `[{"type":"m.room.member","event_id":"$1","state_key":"@nina:x","sender":"@pia:x","content":{"membership":"leave"}}]`, false, false},
		{"invited", `[{"type":"m.room.member","event_id":"$1","state_key":"@nina:x","sender":"@pia:x","content":{"membership":"invite"}}]`, false, false},
		{"no state", `[{"type":"m.room.member","event_id":"$1","sender":"@nina:x","content":{"membership":"join"}}]`, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, ok := bare(t).newcomer(events(t, tt.event)[0], "!r:x", tt.gap)
			if ok != tt.want {
				t.Fatalf("new: %v, want %v", ok, tt.want)
			}
			if e := out.Event; ok && (e.Kind != bot.EventMember || e.Room != "matrix:!r:x" || e.Sender != "matrix:@nina:x" || e.Name != "Nina Neu" || !e.At.Equal(time.UnixMilli(3000))) {
				t.Errorf("it is %+v", e)
			}
		})
	}
}

// TestMembers: who is in a room now is in the answer, who was or was only invited is not; of a room that the bot is not in
// nothing can be said.
func TestMembers(t *testing.T) { matrixtest.Each(t, testMembers) }

func testMembers(t *testing.T, srv *matrixtest.Server) {
	maria, jonas, nina, lotse := srv.Register(t, "maria"), srv.Register(t, "jonas"), srv.Register(t, "nina"), srv.Register(t, "lotse")
	r := run(t, lotse, newMemory(), newInbox())
	room := maria.CreateRoom(t, "Digilotsen", matrixtest.Inviting(lotse.ID, jonas.ID, nina.ID))
	lotse.Join(t, room)
	jonas.Join(t, room)
	want := func(want ...bot.UserID) {
		t.Helper()
		got, err := r.Members(t.Context(), bot.RoomID("matrix:"+room))
		slices.Sort(got)
		if slices.Sort(want); err != nil || !slices.Equal(got, want) {
			t.Errorf("in the room are %q, %v; want %q", got, err, want)
		}
	}
	want(user(maria), user(jonas), user(lotse))
	jonas.Leave(t, room)
	nina.Join(t, room)
	want(user(maria), user(nina), user(lotse))
	other := maria.CreateRoom(t, "")
	if got, err := r.Members(t.Context(), bot.RoomID("matrix:"+other)); err == nil {
		t.Errorf("in a room that the bot is not in are %q", got)
	}
}
