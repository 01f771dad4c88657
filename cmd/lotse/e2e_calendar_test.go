package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lotse/bot/ical/icaltest"
	"lotse/bot/matrix/matrixtest"
)

// TestCalendars asks for links to calendars in chat, on a real homeserver, and follows them to the real program's web address:
// two libraries read what a calendar program would load, around both changes of the clock. What is attached to the
// announcements says the same. A date is moved, one is called off, a link is revoked.
func TestCalendars(t *testing.T) { raise(t, false, 1, nil).calendars() }

// TestCalendarsSealed is the same in encrypted rooms: a member decrypts the file.
func TestCalendarsSealed(t *testing.T) { raise(t, true, 1, nil).calendars() }

// subscriber is a calendar program, in two editions.
type subscriber struct {
	lotsen
	readers []*icaltest.Reader
}

func (w *town) calendars() {
	w.Helper()
	address, err := freeAddress()
	if err != nil {
		w.Fatal(err)
	}
	s := subscriber{w.network(1), icaltest.Readers(w)}
	w.configures("rule: erster Donnerstag im Monat", "rule: jeden Donnerstag", "projektcheck:\n", "web: {address: \"http://"+address+"\", listen: \""+address+"\"}\nprojektcheck:\n")
	w.start("2026-10-05T08:00:00+02:00")
	w.moveIn()
	meetups, checks := s.link("digilotsen"), s.link("projektcheck")
	for _, link := range []string{meetups, checks} {
		if !strings.HasPrefix(link, "http://"+address+"/") {
			w.Fatalf("the link is %s, want one at %s", link, address)
		}
	}
	w.clock("10-15 10:00") // both meetups around the end of summer time are announced

	summer := icaltest.Time{Local: "2026-10-22T10:00:00", UTC: "2026-10-22T08:00:00Z"}
	winter := icaltest.Time{Local: "2026-10-29T10:00:00", UTC: "2026-10-29T09:00:00Z"}
	s.attached("digilotsen-2026-10-22", meetups, 0, "CONFIRMED", summer, icaltest.Time{Local: "2026-10-22T11:30:00", UTC: "2026-10-22T09:30:00Z"})
	s.attached("digilotsen-2026-10-29", meetups, 0, "CONFIRMED", winter, icaltest.Time{Local: "2026-10-29T11:30:00", UTC: "2026-10-29T10:30:00Z"})
	s.has(checks, icaltest.Time{Local: "2027-03-10T10:00:00", UTC: "2027-03-10T09:00:00Z"})
	s.has(checks, icaltest.Time{Local: "2027-03-31T10:00:00", UTC: "2027-03-31T08:00:00Z"})

	// A date moves over the change, another one is called off. Programs that know the old one are told that there is a new one.
	before := s.get(meetups)
	if again := s.get(meetups, "If-None-Match", before.tag); again.status != http.StatusNotModified || again.body != "" {
		w.Errorf("nothing has changed, and the answer is %d with %d bytes", again.status, len(again.body))
	}
	w.writes(s.hanna, s.room, "!meetup verschieben 29.10. auf 24.10. 15:00 weil der Raum belegt ist")
	w.writes(s.hanna, s.room, "!meetup absagen 22.10. weil alle auf der Messe sind")
	moved := icaltest.Time{Local: "2026-10-24T15:00:00", UTC: "2026-10-24T13:00:00Z"}
	s.attached("digilotsen-2026-10-22", meetups, 1, "CANCELLED", summer, icaltest.Time{Local: "2026-10-22T11:30:00", UTC: "2026-10-22T09:30:00Z"})
	s.attached("digilotsen-2026-10-29", meetups, 1, "CONFIRMED", moved, icaltest.Time{Local: "2026-10-24T16:30:00", UTC: "2026-10-24T14:30:00Z"})
	after := s.get(meetups, "If-None-Match", before.tag)
	if after.status != http.StatusOK || after.tag == before.tag {
		w.Errorf("two dates have changed, and the answer is %d with the tag %s", after.status, after.tag)
	}

	// A link lasts longer than the program that has made it. One that is revoked is gone, and tells no more than one that
	// never was.
	w.stop()
	w.start("2026-10-15T10:05:00+02:00")
	w.settle()
	if got := s.get(meetups); got != after {
		w.Errorf("after a restart the calendar is another one:\n%v\nwas\n%v", got, after)
	}
	w.writes(w.pia, w.pmo, "!kalender widerrufen 1")
	if got := s.get(meetups); got != after {
		w.Errorf("before anybody has said that they mean it, the answer is\n%v", got)
	}
	w.writes(w.pia, w.pmo, "!kalender widerrufen 1 wirklich")
	s.gone(meetups, checks)
	w.stop()
	w.start("2026-10-15T10:10:00+02:00")
	w.settle()
	s.gone(meetups, checks)
	w.stop()

	log, err := os.ReadFile(filepath.Join(w.folder, "log"))
	if err != nil {
		w.Fatal(err)
	}
	for _, link := range []string{meetups, checks} {
		if secret := secretOf(link); strings.Contains(string(log), secret) {
			w.Errorf("the log has the secret %s of a link", secret)
		}
	}
}

var feedLink = regexp.MustCompile(`https?://\S+/kalender/\S+\.ics`)

// link asks for a link in the PMO's room, and reads it in the answer.
func (s subscriber) link(to string) string {
	s.Helper()
	asked := s.writes(s.pia, s.pmo, "!kalender neu "+to)
	answer := s.pia.AwaitKey(s, s.pmo, "reply/matrix:"+asked+"/0/matrix:"+s.pmo)
	link := feedLink.FindString(answer.Body())
	if link == "" {
		s.Fatalf("there is no link in\n%s", answer.Body())
	}
	return link
}

// secretOf is the secret in a link.
func secretOf(link string) string {
	return strings.TrimSuffix(link[strings.LastIndex(link, "/")+1:], ".ics")
}

// response is what a calendar program gets.
type response struct {
	status    int
	tag, body string
	header    string // the rest of it
}

// get asks for an address, with headers.
func (s subscriber) get(link string, headers ...string) response {
	s.Helper()
	request, err := http.NewRequestWithContext(s.Context(), http.MethodGet, link, nil)
	if err != nil {
		s.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
	if err != nil {
		s.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		s.Fatal(err)
	}
	r := response{status: answer.StatusCode, tag: answer.Header.Get("ETag"), body: string(body)}
	for _, name := range []string{"Date", "Etag", "Last-Modified"} {
		answer.Header.Del(name)
	}
	var header strings.Builder
	if err := answer.Header.Write(&header); err != nil {
		s.Fatal(err)
	}
	r.header = header.String()
	return r
}

// read has the libraries read a calendar: both find the same in it.
func (s subscriber) read(data []byte) icaltest.Calendar {
	s.Helper()
	var read icaltest.Calendar
	for i, r := range s.readers {
		got, err := r.Read(data, "Europe/Berlin")
		if err != nil {
			s.Fatalf("%v\nin\n%s", err, data)
		}
		if diff := cmp.Diff(read, got); i > 0 && diff != "" {
			s.Errorf("%s and %s read different things (-%[1]s +%[2]s):\n%s", s.readers[0].Name, r.Name, diff)
		}
		read = got
	}
	return read
}

// subscribed are the dates behind a link.
func (s subscriber) subscribed(link string) []icaltest.Event {
	s.Helper()
	got := s.get(link)
	if got.status != http.StatusOK {
		s.Fatalf("the calendar program gets %d: %s", got.status, got.body)
	}
	return s.read([]byte(got.body)).Events
}

// has wants a date that begins then behind a link.
func (s subscriber) has(link string, start icaltest.Time) {
	s.Helper()
	events := s.subscribed(link)
	if !slices.ContainsFunc(events, func(e icaltest.Event) bool { return *e.Start == start }) {
		s.Errorf("no date begins %v in %v", start, starts(events))
	}
}

func starts(events []icaltest.Event) (all []icaltest.Time) {
	for _, e := range events {
		all = append(all, *e.Start)
	}
	return all
}

// attached wants a meetup in the calendar file that a member finds at its announcement, and the same behind the link.
func (s subscriber) attached(meetup, link string, sequence int, status string, start, end icaltest.Time) {
	s.Helper()
	member := s.m(1)
	message := member.AwaitKey(s, s.room, "meetup/"+meetup+"/calendar/matrix:"+s.room).ID
	var file icaltest.Calendar
	for _, e := range matrixtest.Latest(s.seesAll(s.room, member)) {
		if e.ID == message {
			file = s.read(s.download(member, e))
		}
	}
	if file.Method != "PUBLISH" || len(file.Events) != 1 {
		s.Fatalf("the file of %s is %+v", meetup, file)
	}
	e := file.Events[0]
	if e.Sequence != sequence || e.Status != status || *e.Start != start || *e.End != end {
		s.Errorf("the file of %s says %d %s %v to %v, want %d %s %v to %v", meetup, e.Sequence, e.Status, *e.Start, *e.End, sequence, status, start, end)
	}
	subscribed := s.subscribed(link)
	i := slices.IndexFunc(subscribed, func(o icaltest.Event) bool { return o.UID == e.UID })
	if i < 0 {
		s.Fatalf("%s of %s is not behind the link, where there is %v", e.UID, meetup, starts(subscribed))
	}
	other := subscribed[i]
	e.Stamp, other.Stamp = "", "" // when it was written
	if diff := cmp.Diff(e, other); diff != "" {
		s.Errorf("%s is different in the file and behind the link (-file +link):\n%s", meetup, diff)
	}
}

// gone wants that a link which was revoked is answered like one that never was, and that another one still leads somewhere.
func (s subscriber) gone(revoked, other string) {
	s.Helper()
	never := strings.Replace(other, secretOf(other), strings.Repeat("A", len(secretOf(other))), 1)
	got, want := s.get(revoked), s.get(never)
	if got.status != http.StatusNotFound || got != want {
		s.Errorf("revoked, a link is answered by\n%v\nand one that never was by\n%v", got, want)
	}
	if len(s.subscribed(other)) == 0 {
		s.Error("with a link revoked, the other one leads nowhere")
	}
}
