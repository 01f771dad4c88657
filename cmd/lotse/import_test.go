package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Addresses of rooms are looked up, ids are not; what the homeserver does not know is a fault in its line.
func TestResolveRooms(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		switch r.URL.Path {
		case "/_matrix/client/v3/directory/room/#portal:x.example":
			w.Write([]byte(`{"room_id":"!portal:x.example","servers":["x.example"]}`))
		case "/_matrix/client/v3/directory/room/#odd:x.example":
			w.Write([]byte(`<html>`))
		case "/_matrix/client/v3/directory/room/#forbidden:x.example":
			w.WriteHeader(http.StatusForbidden)
		default:
			w.WriteHeader(http.StatusNotFound)
			w.Write([]byte(`{"errcode":"M_NOT_FOUND"}`))
		}
	}))
	defer server.Close()
	c := parse(t, strings.Replace(least, "https://matrix.stadt.example", server.URL, 1))
	for _, test := range []struct {
		why, rooms, want, faults, err string
		asked                         int
	}{
		{"ids are not asked for", "!a:x.example !b:x.example", "!a:x.example !b:x.example", "", "", 0},
		{"an address becomes an id", "#portal:x.example", "!portal:x.example", "", "", 1},
		{"an address that nobody knows", "#typo:x.example !b:x.example", "#typo:x.example !b:x.example", "2 Raum: Die Adresse «#typo:x.example» kennt der Homeserver nicht.", "", 1},
		{"one room by its address and by its id", "!portal:x.example #portal:x.example", "!portal:x.example !portal:x.example", "3 Raum: Das ist derselbe Raum wie in Zeile 2.", "", 1},
		{"an answer that is none", "#odd:x.example", "", "", "not as the Matrix specification says", 1},
		{"a homeserver that does not tell", "#forbidden:x.example", "", "", "403 Forbidden", 1},
	} {
		asked = 0
		var rows []projectRow
		for i, room := range strings.Fields(test.rooms) {
			rows = append(rows, projectRow{Line: i + 2, Room: roomID(room)})
		}
		faults, err := resolveRooms(t.Context(), c, rows)
		if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: error %v, want %q", test.why, err, test.err)
		}
		if asked != test.asked {
			t.Errorf("%s: the homeserver was asked %d times, want %d", test.why, asked, test.asked)
		}
		if err != nil {
			continue
		}
		var got []string
		for _, row := range rows {
			got = append(got, row.Room.Local())
		}
		if said(faults, "de") != test.faults || strings.Join(got, " ") != test.want {
			t.Errorf("%s: rooms %v, faults %q, want %s, %q", test.why, got, said(faults, "de"), test.want, test.faults)
		}
	}
	server.Close()
	if _, err := resolveRooms(t.Context(), c, []projectRow{{Room: roomID("#portal:x.example")}}); err == nil || !strings.Contains(err.Error(), "!abc:server") {
		t.Errorf("without a homeserver: %v", err)
	}
}
