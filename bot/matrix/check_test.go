package matrix

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/matrix/matrixtest"
)

func TestCheck(t *testing.T) { matrixtest.Each(t, testCheck) }

func testCheck(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	lotse.SetDisplayName(t, "Lotse\u202e der Stadt")
	chat := newChat(t, lotse, newMemory())

	a, err := chat.CheckAccount(t.Context())
	if err != nil || a.User.Local() != lotse.ID || a.DeviceID != lotse.DeviceID || a.DisplayName != "Lotse der Stadt" {
		t.Errorf("account = %+v, %v", a, err)
	}

	if size, err := chat.CheckFiles(t.Context()); err != nil || size < bot.MaxFile {
		t.Errorf("files may have %d bytes, %v; want more than ours have", size, err)
	}

	rooms := map[string]RoomCheck{
		joined(t, "Offen", maria, lotse): {Name: "Offen", MayWrite: true, MayReact: true},
	}
	mute := joined(t, "Stumm", maria, lotse)
	levels := maria.State(t, mute, "m.room.power_levels", "")
	levels["events_default"], levels["events"] = 50, map[string]int{"m.reaction": 0}
	maria.SendState(t, mute, "m.room.power_levels", "", levels)
	rooms[mute] = RoomCheck{Name: "Stumm", MayReact: true}
	noReactions := joined(t, "Ohne Reaktionen", maria, lotse)
	levels = maria.State(t, noReactions, "m.room.power_levels", "")
	levels["events"] = map[string]int{"m.reaction": 10}
	maria.SendState(t, noReactions, "m.room.power_levels", "", levels)
	rooms[noReactions] = RoomCheck{Name: "Ohne Reaktionen", MayWrite: true}
	hidden := joined(t, "Geheim", maria, lotse)
	maria.SendState(t, hidden, "m.room.encryption", "", map[string]any{"algorithm": "m.megolm.v1.aes-sha2"})
	rooms[hidden] = RoomCheck{Name: "Geheim", MayWrite: true, MayReact: true, Encrypted: true}
	old := joined(t, "", maria, lotse)
	maria.SendState(t, old, "m.room.tombstone", "", map[string]any{"body": "umgezogen", "replacement_room": hidden})
	rooms[old] = RoomCheck{MayWrite: true, MayReact: true, Replaced: true}
	own := lotse.CreateRoom(t, "Eigener", matrixtest.Version("12"), matrixtest.PowerLevels(map[string]any{"events_default": 100}))
	rooms[own] = RoomCheck{Name: "Eigener", MayWrite: true, MayReact: true} // creators stand above levels

	list, err := chat.CheckRooms(t.Context())
	if err != nil || len(list) != len(rooms) || !slices.IsSorted(list) {
		t.Errorf("rooms = %v, %v; want %d, sorted", list, err, len(rooms))
	}
	for room, want := range rooms {
		want.Room = bot.RoomID("matrix:" + room)
		if got, err := chat.CheckRoom(t.Context(), want.Room); err != nil || got != want {
			t.Errorf("room = %+v, %v; want %+v", got, err, want)
		}
	}
	members, err := chat.CheckMembers(t.Context(), bot.RoomID("matrix:"+mute))
	if want := []bot.UserID{bot.UserID("matrix:" + lotse.ID), bot.UserID("matrix:" + maria.ID)}; err != nil || !slices.Equal(members, want) {
		t.Errorf("members = %v, %v; want %v", members, err, want)
	}
	foreign := bot.RoomID("matrix:" + maria.CreateRoom(t, "Fremd"))
	if _, err := chat.CheckRoom(t.Context(), foreign); err == nil {
		t.Error("a room that the bot is not in: no error")
	}
	if members, err := chat.CheckMembers(t.Context(), foreign); err == nil {
		t.Errorf("members of a room that the bot is not in: %v", members)
	}
}

func TestCheckClock(t *testing.T) { matrixtest.Each(t, testCheckClock) }

func testCheckClock(t *testing.T, srv *matrixtest.Server) {
	lotse := srv.Register(t, "lotse")
	for _, ahead := range []time.Duration{0, 90 * time.Second, -time.Hour} {
		address := proxy(t, srv.URL, func(w http.ResponseWriter, r *http.Request, _ func()) bool {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
			w.Write([]byte(`{"user_id":"` + lotse.ID + `","device_id":"X"}`))
			return true
		})
		chat := newChat(t, lotse, newMemory(), func(c *Config) { c.Homeserver = address })
		a, err := chat.CheckAccount(t.Context())
		// A slow machine may add to it, but not minutes.
		if off := a.ClockAhead - ahead; err != nil || off > 20*time.Second || off < -20*time.Second {
			t.Errorf("server is %v ahead: measured %v, %v", ahead, a.ClockAhead, err)
		}
	}
}

func TestCheckLoggedOut(t *testing.T) { matrixtest.Each(t, testCheckLoggedOut) }

func testCheckLoggedOut(t *testing.T, srv *matrixtest.Server) {
	lotse := srv.Register(t, "lotse")
	chat := newChat(t, lotse, newMemory(), func(c *Config) { c.AccessToken = "over" })
	if _, err := chat.CheckAccount(t.Context()); !errors.Is(err, bot.ErrLoggedOut) {
		t.Errorf("account: %v, want %v", err, bot.ErrLoggedOut)
	}
	if _, err := chat.CheckRooms(t.Context()); !errors.Is(err, bot.ErrLoggedOut) {
		t.Errorf("rooms: %v, want %v", err, bot.ErrLoggedOut)
	}
}
