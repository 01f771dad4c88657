package matrix

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/matrix/matrixtest"
)

// ics is a file that has bytes of all kinds in it.
var ics = &bot.File{Name: "Meetup Dezember.ics", Type: "text/calendar", Bytes: []byte("BEGIN:VCALENDAR\r\nSUMMARY:Meetup für Digilotsen\r\n\x00\xff")}

func carrying(f *bot.File) func(*bot.Outgoing) { return func(o *bot.Outgoing) { o.File = f } }

// uploads matches having the server hold a file.
func uploads(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/media/v3/upload") }

// refuses answers an upload with a Matrix error.
func refuses(status int, code string) matrixtest.Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ func() *httptest.ResponseRecorder, _ <-chan struct{}) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"errcode":%q,"error":"no"}`, code)
	}
}

// TestFile: a file and its words are one message; another one under the key changes it.
func TestFile(t *testing.T) { matrixtest.Each(t, testFile) }

func testFile(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := joined(t, "Digilotsen", maria, lotse)
	r := &running{Chat: newChat(t, lotse, newMemory())}

	first := r.send(t, outgoing(room, "meetup", "**Meetup** am 3. Dezember", carrying(ics)))
	moved := &bot.File{Name: "Meetup Dezember.ics", Type: "text/calendar", Bytes: []byte("verschoben")}
	r.send(t, outgoing(room, "meetup", "**Meetup** am 4. Dezember", carrying(moved), func(o *bot.Outgoing) { o.Revision, o.Message = 2, first }))
	r.send(t, outgoing(room, "bare", "", carrying(ics)))

	maria.AwaitKey(t, room, "bare")
	events := maria.Events(t, room)
	find := func(key string, edit bool) matrixtest.Event {
		t.Helper()
		i := slices.IndexFunc(events, func(e matrixtest.Event) bool { return e.Key() == key && (e.RelType == "m.replace") == edit })
		if i < 0 {
			t.Fatalf("no event %s, edit: %v", key, edit)
		}
		return events[i]
	}
	e := find("meetup", true)
	shown := object(e, "m.new_content")
	for _, content := range []map[string]any{shown, e.Content} {
		if content["msgtype"] != "m.file" || content["filename"] != ics.Name || !strings.Contains(fmt.Sprint(content["body"]), "4. Dezember") {
			t.Errorf("the edit is %s", asJSON(t, e.Content))
		}
	}
	if data, _ := maria.Download(t, fmt.Sprint(shown["url"])); string(data) != "verschoben" {
		t.Errorf("the changed file reads %q", data)
	}

	e = find("meetup", false)
	if e.Content["msgtype"] != "m.file" || e.Content["filename"] != ics.Name || e.Body() != "Meetup am 3. Dezember" ||
		e.FormattedBody() != "<strong>Meetup</strong> am 3. Dezember" || e.Content["file"] != nil {
		t.Errorf("the message is %s", asJSON(t, e.Content))
	}
	if got, want := asJSON(t, e.Content["info"]), fmt.Sprintf(`{"mimetype":"text/calendar","size":%d}`, len(ics.Bytes)); got != want {
		t.Errorf("info = %s, want %s", got, want)
	}
	data, kind := maria.Download(t, fmt.Sprint(e.Content["url"]))
	if !bytes.Equal(data, ics.Bytes) || !strings.HasPrefix(kind, ics.Type) {
		t.Errorf("the file reads %q, %s", data, kind)
	}
	if e = find("bare", false); e.Body() != ics.Name || e.Content["filename"] != ics.Name {
		t.Errorf("without words the message is %s", asJSON(t, e.Content))
	}
}

// TestFileFaults: whatever goes wrong with an upload, nothing stands in the room before it
// went well, and then once; and the words do not depend on the file.
func TestFileFaults(t *testing.T) { matrixtest.Each(t, testFileFaults) }

func testFileFaults(t *testing.T, srv *matrixtest.Server) {
	maria, lotse := srv.Register(t, "maria"), srv.Register(t, "lotse")
	room := joined(t, "Störungen", maria, lotse)
	p := srv.Proxy(t)
	r := &running{Chat: newChat(t, lotse, newMemory(), func(c *Config) { c.Homeserver = p.URL })}
	hasty := newChat(t, lotse, newMemory(), func(c *Config) { c.Homeserver, c.Timeout = p.URL, 2*time.Second })
	for i, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			chat := r.Chat
			if f.name == "a timeout" {
				chat = hasty
			}
			out := outgoing(room, fmt.Sprint("upload/", i), f.name, carrying(ics))
			p.Break(uploads, 1, f.fault)
			_, err := chat.Send(t.Context(), out)
			said, ok := errors.AsType[*bot.SendError](err)
			if !ok || !said.Refused || said.Final || said.After != f.after {
				t.Errorf("error %#v, want a refusal for now, for %v", err, f.after)
			}
			r.send(t, out)
		})
	}
	for i, f := range []matrixtest.Fault{
		refuses(http.StatusRequestEntityTooLarge, "M_TOO_LARGE"), refuses(http.StatusForbidden, "M_FORBIDDEN"), refuses(http.StatusNotFound, "M_UNRECOGNIZED"),
		matrixtest.Status(http.StatusRequestEntityTooLarge),
	} {
		p.Break(uploads, 2, f)
		_, err := r.Send(t.Context(), outgoing(room, fmt.Sprint("alone/", i), "", carrying(ics)))
		if said, ok := errors.AsType[*bot.SendError](err); !ok || !said.Final {
			t.Errorf("without words, a file that is refused for good is %v, want a final error", err)
		}
		r.send(t, outgoing(room, fmt.Sprint("words/", i), "Die Worte genügen.", carrying(ics)))
	}

	// The message itself is lost, or its answer: it is found, and its file is not uploaded anew.
	counted := p.Break(uploads, 100, func(w http.ResponseWriter, _ *http.Request, carry func() *httptest.ResponseRecorder, _ <-chan struct{}) {
		answer := carry()
		w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	})
	for i, f := range []matrixtest.Fault{matrixtest.TooMany(0, time.Millisecond), matrixtest.Reset(), matrixtest.Lost()} {
		out := outgoing(room, fmt.Sprint("send/", i), "Termin", carrying(ics))
		p.Break(matrixtest.Sends(room), 1, f)
		if _, err := r.Send(t.Context(), out); err == nil {
			t.Fatal("no error")
		}
		found, err := r.Find(t.Context(), out.Room, out.Key, out.Revision)
		if err != nil || (found != "") != (i == 2) {
			t.Errorf("%s: found %q, %v", out.Key, found, err)
		}
		r.send(t, out) // the transaction id makes it one, too
		if got := counted.Count(); got != i+1 {
			t.Errorf("%d files were uploaded for %d messages", got, i+1)
		}
	}
	counted.Heal()
	if len(r.uploads) != 0 {
		t.Errorf("%d uploads are remembered, though all messages are sent", len(r.uploads))
	}

	maria.AwaitKey(t, room, "send/2")
	keys := map[string]int{}
	for _, e := range maria.Events(t, room) {
		key := e.Key()
		if key == "" {
			continue
		}
		keys[key]++
		if want := !strings.HasPrefix(key, "words/"); (e.Content["msgtype"] == "m.file") != want {
			t.Errorf("%s is %s", key, asJSON(t, e.Content))
		} else if want {
			if data, _ := maria.Download(t, fmt.Sprint(e.Content["url"])); !bytes.Equal(data, ics.Bytes) {
				t.Errorf("%s has the file %q", key, data)
			}
		}
	}
	if want := len(faults) + 4 + 3; len(keys) != want {
		t.Errorf("%d messages stand in the room, want %d", len(keys), want)
	}
	for key, n := range keys {
		if n != 1 {
			t.Errorf("%s stands there %d times", key, n)
		}
	}
}

// TestSealedFile: in an encrypted room two independent clients read the file, and the
// server reads nothing of it.
func TestSealedFile(t *testing.T) {
	srv := matrixtest.Shared(t)
	maria := srv.RegisterJS(t, "maria", matrixtest.Lenient())
	jonas, lotse := newPeer(t, srv.Register(t, "jonas"), lenient), srv.Register(t, "lotse")
	room := maria.CreateRoom(t, "Geheim", matrixtest.Encrypted(), matrixtest.Inviting(jonas.ID, lotse.ID))
	jonas.Join(t, room)
	lotse.Join(t, room)
	ours := runSealed(t, lotse, keptKeys(t), newInbox())
	first := ours.send(t, outgoing(room, "meetup", "**Meetup** am 3. Dezember", carrying(ics)))
	moved := &bot.File{Name: ics.Name, Type: ics.Type, Bytes: []byte("verschoben")}

	read := func(what string, file *bot.File, caption string, match func(matrixtest.Event) bool) {
		t.Helper()
		for _, client := range []struct {
			crypt
			file func(matrixtest.Event) []byte
		}{
			{maria, func(e matrixtest.Event) []byte { return maria.File(t, e) }},
			{jonas, func(e matrixtest.Event) []byte { return jonas.file(t, e) }},
		} {
			e := client.AwaitEvent(t, room, what, match)
			if e.Content["msgtype"] != "m.file" || e.Content["filename"] != file.Name || e.Body() != caption || e.Content["url"] != nil || !e.Crypto.Encrypted {
				t.Errorf("%s is %s", what, asJSON(t, e.Content))
			}
			if got := client.file(e); !bytes.Equal(got, file.Bytes) {
				t.Errorf("%s has the file %q", what, got)
			}
		}
	}
	read("the file", ics, "Meetup am 3. Dezember", func(e matrixtest.Event) bool { return e.ID == first.Local() && e.Content["file"] != nil })
	ours.send(t, outgoing(room, "meetup", "**Meetup** am 4. Dezember", carrying(moved), func(o *bot.Outgoing) { o.Revision, o.Message = 2, first }))
	read("the changed file", moved, "Meetup am 4. Dezember", func(e matrixtest.Event) bool { return e.ID == first.Local() && e.Edited })

	for _, e := range maria.User.Events(t, room) {
		if content := asJSON(t, e.Content); strings.Contains(content, "Meetup") || strings.Contains(content, "calendar") || strings.Contains(content, "mxc:") {
			t.Errorf("the server reads %s", content)
		}
	}
}
