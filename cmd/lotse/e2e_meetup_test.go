package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lotse/bot"
	"lotse/bot/matrix/matrixtest"
	"lotse/storage"
	"lotse/storage/storagetest"
)

// TestMeetups takes a network's meetup on a real homeserver, with the real program, from its announcement, over which the bot
// dies, to what is kept of it and to the next one. Ten members react, sixty in the long tier: what the room holds in the end,
// without what the other fifty do, is in testdata/e2e/TestMeetups.
func TestMeetups(t *testing.T) { raise(t, false, 1, nil).meetups(60) }

// TestMeetupsSealed is the same in encrypted rooms, where every member has a client of their own, twenty of them in the long
// tier: the rooms read word for word as those in clear.
func TestMeetupsSealed(t *testing.T) {
	w := raise(t, true, 1, nil)
	w.story = "TestMeetups"
	w.meetups(20)
}

// firstMeetup is the first meetup of the Digilotsen.
const firstMeetup = "digilotsen-2026-12-03"

// lotsen are a network: its room, its host, and its members, of whom the books know nothing.
type lotsen struct {
	*town
	room    string
	hanna   *matrixtest.User
	members []*matrixtest.User
}

// network adds the Digilotsen to a town that was not started yet.
func (w *town) network(members int) lotsen {
	w.Helper()
	n := lotsen{town: w, hanna: w.person("hanna", "Hanna Beispiel")}
	for i := range members {
		n.members = append(n.members, w.person(fmt.Sprintf("m%02d", i+1), fmt.Sprintf("Mitglied %d", i+1)))
	}
	n.room = w.room("Digilotsen", append([]*matrixtest.User{n.hanna}, n.members...)...)
	w.configures(
		"roles:\n", "  - {id: hanna, name: Hanna Beispiel, accounts: [\""+n.hanna.ID+"\"]}\nroles:\n",
		"projektcheck:\n", "  - {room: \""+n.room+"\", kind: network, network: digilotsen}\n"+
			"networks:\n  - {id: digilotsen, name: Digilotsen, hosts: [hanna], rule: erster Donnerstag im Monat, at: \"10:00\", duration: 90m, link: \"https://bbb.stadt.example/digilotsen\"}\n"+
			"projektcheck:\n",
	)
	return n
}

// m is a member, counted from 1.
func (n lotsen) m(i int) *matrixtest.User { return n.members[i-1] }

// message is the bot's message about the meetup in the room.
func (n lotsen) message(what string) string {
	n.Helper()
	return n.hanna.AwaitKey(n, n.room, "meetup/"+firstMeetup+"/"+what+"/matrix:"+n.room).ID
}

// proposes has a member propose a topic, and returns the message.
func (n lotsen) proposes(who *matrixtest.User, topic string) (message string) {
	n.Helper()
	return n.writes(who, n.room, "!thema "+topic)
}

// file is the meetup's calendar file, as it is now: its lines.
func (n lotsen) file() (lines []string) {
	n.Helper()
	message := n.message("calendar")
	for _, e := range matrixtest.Latest(n.seesAll(n.room, n.hanna)) {
		if e.ID == message {
			lines = strings.Split(string(n.download(n.hanna, e)), "\r\n")
		}
	}
	return lines
}

// inFile wants lines in the calendar file, and returns the one that identifies the meetup.
func (n lotsen) inFile(want ...string) (uid string) {
	n.Helper()
	lines := n.file()
	for _, line := range want {
		if !slices.Contains(lines, line) {
			n.Errorf("the calendar file lacks %q:\n%s", line, strings.Join(lines, "\n"))
		}
	}
	i := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, "UID:") })
	if i < 0 {
		n.Fatalf("the calendar file has no UID:\n%s", strings.Join(lines, "\n"))
	}
	return lines[i]
}

// kept are the members whose account stands somewhere in the bot's database, down to the bytes of its files. Where rooms
// are encrypted, whose devices have which key must stand in the tables of the crypto: there, all others are looked at.
func (n lotsen) kept() (accounts []string) {
	n.Helper()
	if n.sealed {
		return n.keptBesideKeys()
	}
	files, err := filepath.Glob(filepath.Join(n.folder, "lotse.db*"))
	if err != nil || len(files) == 0 {
		n.Fatalf("the database: %v, %v", files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			n.Fatal(err)
		}
		for _, m := range n.members {
			if bytes.Contains(data, []byte(m.ID)) && !slices.Contains(accounts, m.ID) {
				accounts = append(accounts, m.ID)
			}
		}
	}
	return accounts
}

func (n lotsen) keptBesideKeys() (accounts []string) {
	n.Helper()
	store, err := storage.Open(n.Context(), filepath.Join(n.folder, "lotse.db"), storage.Options{ReadOnly: true})
	if err != nil {
		n.Fatal(err)
	}
	defer store.Close()
	for _, m := range n.members {
		found, err := storagetest.Find(n.Context(), store.DB().RawDB, m.ID)
		if err != nil {
			n.Fatal(err)
		}
		if slices.ContainsFunc(found, func(where string) bool { return !strings.HasPrefix(where, "crypto_") }) {
			accounts = append(accounts, m.ID)
		}
	}
	return accounts
}

// plan is how many the database says have planned to come.
func (n lotsen) plan() bot.ComingCount {
	n.Helper()
	store, err := storage.Open(n.Context(), filepath.Join(n.folder, "lotse.db"), storage.Options{ReadOnly: true})
	if err != nil {
		n.Fatal(err)
	}
	defer store.Close()
	var body []byte
	if err := store.DB().RawDB.QueryRowContext(n.Context(), `SELECT body FROM meetups WHERE id = ?`, firstMeetup).Scan(&body); err != nil {
		n.Fatal(err)
	}
	var m bot.Meetup
	if err := json.Unmarshal(body, &m); err != nil {
		n.Fatal(err)
	}
	return m.Plan
}

// meetups plays it with so many members in the long tier.
func (w *town) meetups(many int) {
	w.Helper()
	few, all := 10, 10
	if os.Getenv("LOTSE_TEST_LONG") != "" {
		all = many
	}
	n := w.network(all)
	road := w.roadblock()
	w.start("2026-11-17T08:00:00+01:00")
	w.moveIn()
	w.pia.AwaitKey(w, n.room, "room/hello/network/matrix:"+n.room)
	w.clock("11-18 10:00")
	w.stop()

	// The bot dies when the room has the announcement and the bot does not know it, and again over the calendar file.
	for _, at := range []string{"send", "upload"} {
		dead := road.close(w.launch("2026-11-19 09:00").Process, 1, []string{at}, "after", 0)
		<-dead
		_ = w.bot.Wait()
		w.bot = nil
	}
	w.start("2026-11-19 09:00")
	w.settle()
	said := map[string]int{}
	for _, key := range w.keys(n.hanna, n.room, "") {
		if said[key]++; said[key] == 2 {
			w.Errorf("%s stands in the room more than once", key)
		}
	}
	uid := n.inFile("METHOD:PUBLISH", "SEQUENCE:0", "DTSTART;TZID=Europe/Berlin:20261203T100000", "STATUS:CONFIRMED")

	// Who comes: one thinks better of it, one takes it back.
	announcement := n.message("announcement")
	for i, emoji := range []string{"👍", "👍", "👍️", "👍🏽", "👎", "🤔", "👍"} {
		n.m(i+1).React(w, n.room, announcement, emoji)
	}
	n.m(7).React(w, n.room, announcement, "👎")
	back := n.m(8).React(w, n.room, announcement, "👍")
	n.m(8).Redact(w, n.room, back, "")
	n.m(10).React(w, n.room, announcement, "❤️")
	w.settle()

	// Topics, one of which is withdrawn, and votes: on the bot's message or on the member's.
	w.clock("11-19 11:00")
	files := n.proposes(n.m(1), "Was die eAkte im Alltag ändert")
	n.proposes(n.m(2), "Formulare ohne Barrieren")
	n.proposes(n.m(3), "KI im Call")
	gone := n.proposes(n.m(4), "Unser Sommerfest")
	n.m(4).Redact(w, n.room, gone, "")
	w.settle()
	n.m(2).React(w, n.room, files, "👍")
	n.m(6).React(w, n.room, n.message("topic/1"), "👍")
	for _, i := range []int{1, 3, 5} {
		n.m(i).React(w, n.room, n.message("topic/3"), "👍")
	}
	back = n.m(7).React(w, n.room, n.message("topic/2"), "👍")
	n.m(7).Redact(w, n.room, back, "")
	for _, m := range n.members[few:] {
		m.Redact(w, n.room, m.React(w, n.room, n.message("topic/2"), "👍"), "")
	}
	w.settle()

	// Who is not in the room has no vote: not there, and not in another room.
	vote := map[string]any{"m.relates_to": map[string]any{"rel_type": "m.annotation", "event_id": n.message("topic/2"), "key": "👍"}}
	if err := w.dora.Do(http.MethodPut, matrixtest.Path("rooms", n.room, "send", "m.reaction", "outside"), vote, nil); err == nil {
		w.Error("the homeserver takes the vote of somebody who is not in the room")
	}
	w.dora.SendContent(w, w.dm, "m.reaction", vote)
	w.settle()
	w.writes(n.m(9), n.room, "!themen")
	for _, m := range n.members[few:] { // they would be counted there
		m.React(w, n.room, announcement, "👍")
	}
	w.settle()

	// The host moves it. What was said is corrected, the file, too.
	w.clock("11-24 10:00")
	w.writes(n.hanna, n.room, "!meetup verschieben auf 8.12. 14:00 weil der Raum belegt ist")
	w.latest(n.hanna, n.room, announcement, "Dienstag, 8. Dezember, 14 Uhr")
	if again := n.inFile("METHOD:PUBLISH", "SEQUENCE:1", "DTSTART;TZID=Europe/Berlin:20261208T140000", "STATUS:CONFIRMED"); again != uid {
		w.Errorf("the calendar file has %s, and had %s", again, uid)
	}
	w.clock("12-03 10:00") // nothing is said at the old date

	// The agenda of the day before is late, since the bot was down at nine. It follows what is voted and what the host wants.
	w.clock("12-07 08:00")
	w.stop()
	w.start("2026-12-07 11:00")
	n.message("agenda-1")
	n.m(8).React(w, n.room, n.message("topic/2"), "👍")
	w.writes(n.hanna, n.room, "!thema 1 70 min")
	w.clock("12-07 12:00")
	w.latest(n.hanna, n.room, n.message("agenda-1"), "Formulare ohne Barrieren · 👍 1", "70 Minuten")

	// From the beginning on nobody is known any more, although the bot was down when it began. The link still helps.
	w.clock("12-08 13:44")
	w.stop()
	if got := n.kept(); len(got) < few-2 {
		w.Errorf("before the beginning, the database knows of %v", got)
	}
	w.start("2026-12-08 14:03")
	n.message("soon-1")
	w.stop()
	if got := n.kept(); len(got) > 0 {
		w.Errorf("after the beginning, the database still has %v", got)
	}
	if got, want := n.plan(), (bot.ComingCount{Yes: 4 + all - few, No: 2, Maybe: 1}); got != want {
		w.Errorf("the database counts %+v, want %+v", got, want)
	}

	// What is to be kept: the host is asked, says it, and corrects it.
	w.start("2026-12-08 14:04")
	w.clock("12-08 15:30")
	direct := n.hanna.AwaitInvite(w, w.lotse.ID)
	n.hanna.Join(w, direct)
	ask := n.hanna.AwaitKey(w, direct, "meetup/"+firstMeetup+"/ask/matrix:"+n.hanna.ID)
	if body := ask.Body(); !strings.Contains(body, "Als besprochen gilt: Thema 3 („KI im Call“), Thema 1") || !strings.Contains(body, "nehme ich mit: Thema 2") {
		w.Errorf("the host is asked\n%s", body)
	}
	note := w.writes(n.hanna, direct, "Die eAkte startet im März; Schulungen gibt es ab Februar.\nFolien: https://wiki.stadt.example/eakte\nTeilnehmende: 9")
	w.writes(n.hanna, direct, "Besprochen: 3 1")
	n.hanna.Edit(w, direct, note, "Die eAkte startet im April; Schulungen gibt es ab Februar.\nFolien: https://wiki.stadt.example/eakte")
	w.settle()
	w.writes(n.m(2), n.room, "!meetup suche eAkte")
	w.holds("gastgeberin", direct, n.hanna)

	// The next one takes along what there was no time for.
	w.clock("12-28 10:00")
	carried := n.hanna.AwaitKey(w, n.room, "meetup/digilotsen-2027-01-07/topic/1/matrix:"+n.room)
	n.hanna.AwaitReaction(w, n.room, carried.ID, "👍")
	w.settle()

	// Down until it has begun: what is of no use any more is left out, and the PMO is told.
	w.stop()
	w.start("2027-01-07 10:30")
	w.settle()
	for _, key := range w.keys(n.hanna, n.room, "meetup/digilotsen-2027-01-07/") {
		if strings.Contains(key, "/agenda/") || strings.Contains(key, "/soon/") {
			w.Errorf("after the beginning, %s is said", key)
		}
	}

	events := slices.DeleteFunc(w.seesAll(n.room, n.hanna), func(e matrixtest.Event) bool {
		return slices.ContainsFunc(n.members[few:], func(m *matrixtest.User) bool {
			return e.Sender == m.ID || e.StateKey != nil && *e.StateKey == m.ID
		})
	})
	w.reads("digilotsen", counting(w, events, fmt.Sprintf("👍 %d · 👎", 4+all-few), "👍 4 · 👎"))
	w.holds("pmo", w.pmo, w.pia)
	w.stop()
}

// counting has messages say another count.
func counting(w *town, events []matrixtest.Event, count, as string) []matrixtest.Event {
	w.Helper()
	for i, e := range events {
		content, err := json.Marshal(e.Content)
		if err == nil {
			events[i].Content = nil
			err = json.Unmarshal(bytes.ReplaceAll(content, []byte(count), []byte(as)), &events[i].Content)
		}
		if err != nil {
			w.Fatal(err)
		}
	}
	return events
}
