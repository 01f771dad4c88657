package matrix

import (
	"testing"
	"time"

	"lotse/bot"
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
