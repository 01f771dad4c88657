package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lotse/bot/matrix/matrixtest"
)

func init() {
	if flag.Lookup("update") == nil {
		flag.Bool("update", false, "write golden files anew")
	}
}

func updating() bool { return flag.Lookup("update").Value.String() == "true" }

// town is a homeserver with the people and rooms of a city, and the bot's folder with its configuration. The bot is the
// real program; the test tells it over standard input where its simulated clock shall go.
type town struct {
	*testing.T
	server  *matrixtest.Server
	program string // the bot's binary
	folder  string // its configuration and database
	lotse   *matrixtest.User
	sealed  bool   // the rooms are encrypted, and people have matrix-js-sdk
	story   string // the folder of the golden files, named after the test

	pia                        *matrixtest.User // PMO
	dora, dirk                 *matrixtest.User // DM
	maria, jonas, fatma, lukas *matrixtest.User // leads
	otto                       *matrixtest.User // of another office: none of it is his business

	pmo, dm  string // rooms
	ping     string // pia's direct chat with the bot, in which the test asks whether it has read everything
	looks    int    // how often it was asked whether the homeserver shows everything
	projects []string
	rooms    map[string]string           // by project; those of newTown's roomless have none
	leads    map[string]*matrixtest.User // by project

	js    map[*matrixtest.User]*matrixtest.JSUser // if the rooms are encrypted
	chats map[*matrixtest.User]string             // direct chats that the bot has opened
	seen  strings.Builder                         // what [town.sees] saw

	bot *exec.Cmd // nil while it does not run
	in  io.WriteCloser
	out *bufio.Scanner

	printed bytes.Buffer // all of its standard output
}

// newTown makes the homeserver, the people, and a room with lead, PMO and an invitation of the bot for every project of
// the example but the roomless; then it sets the bot up as an operator would.
func newTown(t *testing.T, roomless ...string) *town {
	t.Helper()
	return raise(t, false, 20, roomless)
}

// raise is newTown with so many of the projects, sealed or not.
func raise(t *testing.T, sealed bool, projects int, roomless []string) *town {
	t.Helper()
	return raiseOn(t, matrixtest.Dendrite, sealed, projects, roomless)
}

func raiseOn(t *testing.T, software *matrixtest.Software, sealed bool, projects int, roomless []string) *town {
	t.Helper()
	w := &town{T: t, sealed: sealed, story: t.Name(), folder: t.TempDir(), rooms: map[string]string{}, leads: map[string]*matrixtest.User{}, js: map[*matrixtest.User]*matrixtest.JSUser{}, chats: map[*matrixtest.User]string{}}
	w.server = software.Start(t)
	w.build()
	people := []struct {
		user        **matrixtest.User
		login, name string
	}{
		{&w.lotse, "lotse", "Lotse"},
		{&w.pia, "pia", "Pia Beispiel"},
		{&w.dora, "dora", "Dora Beispiel"},
		{&w.dirk, "dirk", "Dirk Beispiel"},
		{&w.maria, "maria", "Maria Beispiel"},
		{&w.jonas, "jonas", "Jonas Beispiel"},
		{&w.fatma, "fatma", "Fatma Beispiel"},
		{&w.lukas, "lukas", "Lukas Beispiel"},
		{&w.otto, "otto", "Otto Beispiel"},
	}
	for _, p := range people {
		if p.user == &w.lotse { // it brings its own client
			w.lotse = w.server.Register(t, p.login)
			w.lotse.SetDisplayName(t, p.name)
			continue
		}
		*p.user = w.person(p.login, p.name)
	}
	w.pmo = w.room("PMO", w.dora)
	w.dm = w.room("Digitalisierungsmanagement", w.dora, w.dirk)
	w.ping = w.pia.CreateRoom(t, "", matrixtest.Direct(), matrixtest.Inviting(w.lotse.ID), matrixtest.Preset("trusted_private_chat"))
	w.configure()
	table := w.table(projects, roomless)

	if got := w.run("login"); !strings.Contains(got, "logged in as "+w.lotse.ID) {
		t.Fatalf("lotse login says\n%s", got)
	}
	w.run("import", "--yes", table)
	return w
}

// person makes an account for somebody, with a client for encrypted rooms if there are any.
func (w *town) person(login, name string) *matrixtest.User {
	w.Helper()
	u := w.server.Register(w, login)
	u.SetDisplayName(w, name)
	if w.sealed {
		w.js[u] = u.JS(w)
		w.js[u].Take()
	}
	return u
}

// build makes the program.
func (w *town) build() {
	w.Helper()
	w.program = filepath.Join(w.folder, "lotse")
	cmd := exec.Command("go", "build", "-tags", "goolm", "-o", w.program, ".")
	if out, err := cmd.CombinedOutput(); err != nil {
		w.Fatalf("go build: %v\n%s", err, out)
	}
}

// room makes a room of the PMO with an invitation of the bot, and has others join.
func (w *town) room(name string, others ...*matrixtest.User) string {
	w.Helper()
	var ids []string
	for _, u := range others {
		ids = append(ids, u.ID)
	}
	opts := []matrixtest.RoomOption{matrixtest.Inviting(append(ids, w.lotse.ID)...)}
	if w.sealed {
		opts = append(opts, matrixtest.Encrypted())
	}
	room := w.pia.CreateRoom(w, name, opts...)
	for _, u := range others {
		u.Join(w, room)
	}
	return room
}

// configure writes lotse.yaml.
func (w *town) configure() {
	w.Helper()
	w.write("password", w.lotse.Password)
	w.write("lotse.yaml", fmt.Sprintf(`city: Duisburg
bundesland: NW
database: lotse.db
matrix:
  homeserver: %s
  user: %q
  password_file: password
  encrypt_direct_chats: %v
  allow:
    users: [%q]
people:
  - {id: pia, name: Pia Beispiel, accounts: [%q]}
  - {id: dora, name: Dora Beispiel, accounts: [%q]}
  - {id: dirk, name: Dirk Beispiel, accounts: [%q]}
roles:
  pmo: [pia]
  dm: [dora, dirk]
rooms:
  - {room: %q, kind: pmo}
  - {room: %q, kind: dm}
projektcheck:
  every_weeks: 3
  anchor: 2026-11-25
  at: 10:00
goals:
  - {id: 1, name: Digitaler Bürgerservice als Aushängeschild}
  - {id: 2, name: Digitalisierung als Grundlage für ein modernes Arbeiten}
  - {id: 3, name: (Digitale) Innovationen fördern}
  - {id: 4, name: Duisburg denkt nutzerorientiert}
  - {id: 5, name: Duisburg nutzt seine Daten}
  - {id: 6, name: Duisburg denkt digital}
`, w.server.URL, w.lotse.ID, w.sealed, w.pia.ID, w.pia.ID, w.dora.ID, w.dirk.ID, w.pmo, w.dm))
}

func (w *town) write(name, content string) string {
	w.Helper()
	path := filepath.Join(w.folder, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		w.Fatal(err)
	}
	return path
}

// table writes the example's table, as far as it is wanted, with leads and rooms of this town.
func (w *town) table(projects int, roomless []string) string {
	w.Helper()
	r := csv.NewReader(bytes.NewReader(exampleProjects))
	r.Comma = ';'
	rows, err := r.ReadAll()
	if err != nil {
		w.Fatal(err)
	}
	rows = rows[:1+projects]
	column := func(name string) int {
		i := slices.Index(rows[0], name)
		if i < 0 {
			w.Fatalf("the example has no column %s, only %v", name, rows[0])
		}
		return i
	}
	slug, name, lead := column("Kürzel"), column("Projekt"), column("Leitung")
	for _, head := range []string{"Konto", "Raum"} {
		if !slices.Contains(rows[0], head) {
			rows[0] = append(rows[0], head)
		}
	}
	account, room := column("Konto"), column("Raum")
	leads := []struct {
		user *matrixtest.User
		name string
	}{{w.maria, "Maria Beispiel"}, {w.jonas, "Jonas Beispiel"}, {w.fatma, "Fatma Beispiel"}, {w.lukas, "Lukas Beispiel"}}
	for i, row := range rows[1:] {
		for len(row) < len(rows[0]) {
			row = append(row, "")
		}
		l, id := leads[i%len(leads)], row[slug]
		row[lead], row[account], row[room] = l.name, l.user.ID, ""
		w.projects, w.leads[id] = append(w.projects, id), l.user
		if !slices.Contains(roomless, id) {
			w.rooms[id] = w.room(row[name], l.user)
			row[room] = w.rooms[id]
		}
		rows[i+1] = row
	}
	var b bytes.Buffer
	c := csv.NewWriter(&b)
	c.Comma = ';'
	if err := c.WriteAll(rows); err != nil {
		w.Fatal(err)
	}
	return w.write("projekte.csv", b.String())
}

// run runs a subcommand to its end and returns what it prints.
func (w *town) run(args ...string) string {
	w.Helper()
	cmd := exec.Command(w.program, args...)
	cmd.Dir = w.folder
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.Fatalf("lotse %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// start starts the bot, its clock at a time, and waits until it has done what there was to do.
func (w *town) start(clock string) {
	w.Helper()
	w.launch(clock)
	w.tell("idle")
}

// launch starts the bot, its clock at a time.
func (w *town) launch(clock string) *exec.Cmd {
	w.Helper()
	log, err := os.OpenFile(filepath.Join(w.folder, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		w.Fatal(err)
	}
	defer log.Close()
	w.bot = exec.Command(w.program, "run", "--clock", clock, "--step")
	w.bot.Dir, w.bot.Stderr = w.folder, log
	if w.in, err = w.bot.StdinPipe(); err != nil {
		w.Fatal(err)
	}
	out, err := w.bot.StdoutPipe()
	if err != nil {
		w.Fatal(err)
	}
	w.out = bufio.NewScanner(io.TeeReader(out, &w.printed))
	if err := w.bot.Start(); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(w.kill)
	return w.bot
}

// moveIn waits until the bot has said hello in all its rooms.
func (w *town) moveIn() {
	w.Helper()
	rooms := map[string]string{w.pmo: "pmo", w.dm: "dm"}
	for _, room := range w.rooms {
		rooms[room] = "project"
	}
	for room, kind := range rooms {
		w.pia.AwaitKey(w, room, "room/hello/"+kind+"/matrix:"+room)
	}
	w.pia.AwaitMember(w, w.ping, w.lotse.ID, "join")
	w.settle()
}

// stop ends the bot as its operator would.
func (w *town) stop() {
	w.Helper()
	fmt.Fprintln(w.in, "quit")
	if err := w.bot.Wait(); err != nil {
		w.Errorf("lotse run: %v\n%s", err, w.botLog())
	}
	w.bot = nil
}

// kill ends the bot as a power cut would.
func (w *town) kill() {
	if w.bot != nil {
		_ = w.bot.Process.Kill()
		_ = w.bot.Wait()
		w.bot = nil
	}
}

// botLog is the end of what the bot has logged.
func (w *town) botLog() string {
	b, _ := os.ReadFile(filepath.Join(w.folder, "log"))
	return "The bot's log ends with:\n" + string(b[max(0, len(b)-4000):])
}

// tell writes a line to the bot and waits until it is idle.
func (w *town) tell(line string) {
	w.Helper()
	if _, err := fmt.Fprintln(w.in, line); err != nil {
		w.Fatalf("tell the bot %q: %v\n%s", line, err, w.botLog())
	}
	hung := time.AfterFunc(2*time.Minute, func() { _ = w.bot.Process.Kill() })
	defer hung.Stop()
	if !w.out.Scan() || !strings.HasPrefix(w.out.Text(), "idle ") {
		w.Fatalf("the bot was told %q and says %q\n%s", line, w.out.Text(), w.botLog())
	}
}

// clock lets the bot's time go on to a local time of 2026, as "11-18 09:00".
func (w *town) clock(to string) {
	w.Helper()
	w.tell("2026-" + to)
}

// settle waits until the bot has read all that was written so far, and has said what it has to say.
func (w *town) settle() {
	w.Helper()
	asked := w.pia.Send(w, w.ping, "!raum")
	w.pia.AwaitKey(w, w.ping, "reply/matrix:"+asked+"/0/matrix:"+w.ping)
	w.tell("idle")
}

// asleep does something while the bot hears nothing: it gets everything at once.
func (w *town) asleep(during func()) {
	w.Helper()
	for _, step := range []struct {
		signal syscall.Signal
		then   func()
	}{{syscall.SIGSTOP, during}, {syscall.SIGCONT, w.settle}} {
		if err := w.bot.Process.Signal(step.signal); err != nil {
			w.Fatal(err)
		}
		step.then()
	}
}

// talk is one person's part in the dialogue about a project in a round.
type talk struct {
	*town
	who            *matrixtest.User
	room           string
	round, project string
}

// about begins a talk about a project: by its lead, in its room.
func (w *town) about(round, project string) talk {
	w.Helper()
	if w.leads[project] == nil {
		w.Fatalf("there is no project %q among %v", project, w.projects)
	}
	return talk{w, w.leads[project], w.rooms[project], round, project}
}

// by is the same talk, another person speaking.
func (t talk) by(who *matrixtest.User) talk {
	t.who = who
	return t
}

// directly is the same talk in the direct chat that the bot has opened with the lead.
func (t talk) directly() talk {
	t.Helper()
	if t.chats[t.who] == "" {
		t.chats[t.who] = t.who.AwaitInvite(t, t.lotse.ID)
		t.who.Join(t, t.chats[t.who])
	}
	t.room = t.chats[t.who]
	return t
}

// find is the last message of the bot whose key has a beginning.
func (t talk) find(beginning string) string {
	t.Helper()
	// The lead reads all; others may have come later.
	var found string
	t.leads[t.project].Await(t, t.room, "a message with the key "+beginning+"…", func(events []matrixtest.Event) bool {
		for _, e := range slices.Backward(events) {
			if e.Sender == t.lotse.ID && e.RelType != "m.replace" && strings.HasPrefix(e.Key(), beginning) {
				found = e.ID
				return true
			}
		}
		return false
	})
	return found
}

// opening is the message that opened the thread.
func (t talk) opening() string {
	t.Helper()
	return t.find("check/" + t.round + "/ask/" + t.project + "/")
}

// question is the last message that asked about a field.
func (t talk) question(field string) string {
	t.Helper()
	return t.find("check/" + t.round + "/question/" + t.project + "/" + field + "/")
}

// says writes in the thread.
func (t talk) says(lines ...string) (message string) {
	t.Helper()
	message = t.who.Thread(t, t.room, t.opening(), strings.Join(lines, "\n"))
	t.settle()
	return message
}

// replies answers a question without a thread.
func (t talk) replies(field, text string) (message string) {
	t.Helper()
	message = t.who.Reply(t, t.room, t.question(field), text)
	t.settle()
	return message
}

// writes writes in the room, outside the thread.
func (t talk) writes(text string, mentions ...*matrixtest.User) (message string) {
	t.Helper()
	message = t.town.writes(t.who, t.room, text, mentions...)
	return message
}

// writes has somebody write in a room; «@1» in the text stands for the first person mentioned.
func (w *town) writes(who *matrixtest.User, room, text string, mentions ...*matrixtest.User) (message string) {
	w.Helper()
	html := text
	var ids []string
	for i, u := range mentions {
		mark, name := fmt.Sprintf("@%d", i+1), strings.Split(u.ID, ":")[0]
		html = strings.ReplaceAll(html, mark, fmt.Sprintf(`<a href="https://matrix.to/#/%s">%s</a>`, u.ID, name))
		text = strings.ReplaceAll(text, mark, name)
		ids = append(ids, u.ID)
	}
	content := matrixtest.Text(text, ids...)
	if ids != nil {
		content["format"], content["formatted_body"] = "org.matrix.custom.html", html
	}
	message = who.SendContent(w, room, "m.room.message", content)
	w.settle()
	return message
}

// clicks reacts to a question, or with field "" to the opening message.
func (t talk) clicks(field, emoji string) (reaction string) {
	t.Helper()
	target := t.opening
	if field != "" {
		target = func() string { return t.question(field) }
	}
	reaction = t.who.React(t, t.room, target(), emoji)
	t.settle()
	return reaction
}

// edits changes a message.
func (t talk) edits(message, text string) {
	t.Helper()
	// A client repeats the relation of the edit only; the message stays in its thread.
	t.who.Edit(t, t.room, message, text)
	t.settle()
}

// deletes takes a message or a reaction back.
func (t talk) deletes(message string) {
	t.Helper()
	t.who.Redact(t, t.room, message, "")
	t.settle()
}

// sees notes what the PMO's live overviews say now; what they say in the end, their room's golden file has.
func (w *town) sees(when string) {
	w.Helper()
	w.settle()
	w.tell("idle")
	fmt.Fprintf(&w.seen, "=== %s\n", when)
	for _, e := range matrixtest.Latest(w.pia.Events(w, w.pmo)) {
		if e.Mark().Kind == "check.overview" || e.Mark().Kind == "check.agenda" {
			fmt.Fprintf(&w.seen, "%s: %s\n", e.Mark().Kind, e.Body())
		}
	}
}

// shows compares a text with the golden file of that name.
func (w *town) shows(name, got string) {
	w.Helper()
	path := filepath.Join("testdata", "e2e", w.story, name+".golden")
	if updating() {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			w.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			w.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		w.Error(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		w.Errorf("%s is not what %s says (-want +got):\n%s", name, path, diff)
	}
}

// holds compares a room, as one of its members sees it, with its golden file, and checks that the bot's messages call
// nobody whom they do not show as called.
func (w *town) holds(name, room string, as *matrixtest.User) {
	w.Helper()
	w.reads(name, w.seesAll(room, as))
}

// reads is [town.holds] for what somebody saw in a room.
func (w *town) reads(name string, events []matrixtest.Event) {
	w.Helper()
	w.callsNobodyElse(events)
	// The address of a direct chat is secret, and servers set it sooner or later.
	got := matrixtest.Transcript(slices.DeleteFunc(slices.Clone(events), func(e matrixtest.Event) bool { return e.Type == "m.room.canonical_alias" }))
	if w.sealed {
		w.isSealed(name, events)
		// That is all the difference there may be.
		got = encryption.ReplaceAllString(got, "")
	}
	w.shows(name, messageLink.ReplaceAllString(got, "(a link to the message)"))
}

// download is the file that a message has, decrypted where the room is encrypted.
func (w *town) download(as *matrixtest.User, e matrixtest.Event) []byte {
	w.Helper()
	if js := w.js[as]; js != nil {
		return js.File(w, e)
	}
	body, _ := as.Download(w, fmt.Sprint(e.Content["url"]))
	return body
}

// messageLink has the ids of a room and a message, which are different each time.
var messageLink = regexp.MustCompile(`\(https://matrix\.to/#/%21[^)]*\)`)

// shown waits until the homeserver shows what it has taken so far, from whomever: it takes an event before it shows it, but
// shows all of them in order, also those of different rooms.
func (w *town) shown() {
	w.Helper()
	w.looks++
	w.pia.SendState(w, w.ping, "m.room.topic", "", map[string]any{"topic": fmt.Sprint("look ", w.looks)})
	w.pia.Events(w, w.ping)
}

// seesAll is what a room looks like once somebody sees all that the server has: a client may be a moment behind.
func (w *town) seesAll(room string, as *matrixtest.User) []matrixtest.Event {
	w.Helper()
	w.shown()
	if w.js[as] == nil {
		return as.Events(w, room)
	}
	there := w.history(as, room)
	return as.Await(w, room, "all that the server has", func(events []matrixtest.Event) bool {
		return slices.ContainsFunc(events, func(e matrixtest.Event) bool { return e.ID == there[len(there)-1].ID }) &&
			!slices.ContainsFunc(events, func(e matrixtest.Event) bool { return e.Crypto != nil && e.Crypto.Unreadable != "" })
	})
}

var encryption = regexp.MustCompile(`(?m)^— \S+ turned encryption on\n`)

var pill = regexp.MustCompile(`<a [^>]*href="([^"]*)"`)

// callsNobodyElse checks that every message of the bot says whom it calls, that those are shown in it as called and
// nobody else is, and that it never calls the whole room.
func (w *town) callsNobodyElse(events []matrixtest.Event) {
	w.Helper()
	for _, e := range events {
		if e.Sender != w.lotse.ID || e.Type != "m.room.message" || e.Redacted {
			continue
		}
		if e.Content["m.mentions"] == nil {
			w.Errorf("a message of the bot does not say whom it calls: %s", e.Body())
		}
		content := e
		if inner, ok := e.Content["m.new_content"].(map[string]any); ok {
			content = matrixtest.Event{Content: inner}
		}
		var shown []string
		for _, m := range pill.FindAllStringSubmatch(content.FormattedBody(), -1) {
			user, ok := strings.CutPrefix(m[1], "https://matrix.to/#/")
			if strings.HasPrefix(user, "%21") {
				continue // a message in a room calls nobody
			}
			if strings.HasPrefix(m[1], "https://bbb.stadt.example/") {
				continue // a meetup calls nobody either
			}
			if !ok {
				w.Errorf("a message has a link to %s: %s", m[1], e.Body())
			}
			shown = append(shown, strings.ReplaceAll(strings.ReplaceAll(user, "%40", "@"), "%3A", ":"))
		}
		called := content.Mentions()
		for _, id := range shown {
			if !slices.Contains(called, id) {
				w.Errorf("a message shows %s as called but does not call them: %s", id, e.Body())
			}
		}
		for _, id := range called {
			if !slices.Contains(shown, id) {
				w.Errorf("a message calls %s but does not show it: %s", id, e.Body())
			}
		}
		if len(e.Mentions()) > 0 && content.Content != nil && e.RelType == "m.replace" {
			w.Errorf("an edit calls somebody: %s", e.Body())
		}
		if strings.Contains(strings.ToLower(e.Body()), "@room") {
			w.Errorf("a message has @room in its body: %s", e.Body())
		}
	}
}
