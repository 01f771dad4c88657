package bot

import (
	"testing"
	"time"
)

// In a network's room the hello names the network and its next meetup, if one is ahead.
func TestHelloOfNetwork(t *testing.T) {
	now := time.Date(2026, 11, 19, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		state MeetupState
		in    time.Duration
		want  bool
	}{{MeetupAnnounced, time.Hour, true}, {MeetupStarted, -time.Hour, false}, {MeetupCancelled, time.Hour, false}} {
		s := Snapshot{Now: now, Settings: &Settings{Zone: time.UTC}, Room: Room{ID: "test:!new", Kind: RoomNetwork, Network: "Digilotsen"},
			Network: &Network{ID: "digilotsen", Name: "Digilotsen"}, Meetup: &Meetup{Network: "digilotsen", State: c.state, At: now.Add(c.in)}}
		change, err := Decide(s, Event{ID: "e", Kind: EventJoined, Room: "test:!new", Sender: "test:maria"})
		if err != nil || len(change.Posts) == 0 {
			t.Fatalf("%s: posts %v, %v", c.state, change.Posts, err)
		}
		note, _ := change.Posts[0].Data.(RoomNote)
		if note.Name != "Digilotsen" || note.Meetup.IsZero() == c.want {
			t.Errorf("%s: it says %+v", c.state, note)
		}
	}
}
