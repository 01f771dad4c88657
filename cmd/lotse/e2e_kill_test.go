package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/matrix/matrixtest"
	"lotse/storage"
)

// TestKill kills the bot again and again with SIGKILL during a round with twenty projects whose leads keep answering: at
// one of its requests to the homeserver, before the server gets it, while it works on it, when it has done it and the bot
// has not heard, or a moment after the bot has. The homeserver is restarted every few times, and forgets what it knew of
// sends under way. In the end every room has exactly one event for each key of the outbox, and the books have every answer.
//
// In the long tier the bot dies 40 times, otherwise 5. LOTSE_TEST_SEED repeats the decisions of another run.
func TestKill(t *testing.T) {
	kill(t, newTown(t), 5, 40)
}

// TestKillSealed is TestKill in encrypted rooms, with people whose clients are strict. Besides, everything can be read by
// them, without a warning, and no two messages have the same key. There are fewer rooms in the short tier.
func TestKillSealed(t *testing.T) {
	projects := 6
	if os.Getenv("LOTSE_TEST_LONG") != "" {
		projects = 20
	}
	kill(t, raise(t, true, projects, nil), 3, 40)
}

// TestKillFile kills the bot while it has the homeserver hold a file, and while it sends the message that points at it:
// everybody who asked for one has it in the end, once and whole.
func TestKillFile(t *testing.T) {
	w := raise(t, false, 1, nil)
	road := w.roadblock()
	w.start("2026-11-18T08:59:00+01:00")
	w.moveIn()
	w.stop()
	deaths := []struct {
		at   string
		n    int
		when string
	}{{"upload", 1, "before"}, {"upload", 1, "after"}, {"upload", 1, "behind"}, {"send", 2, "before"}, {"send", 2, "after"}, {"send", 2, "behind"}}
	for _, d := range deaths {
		dead := road.close(w.launch("2026-11-18 08:59").Process, d.n, []string{d.at}, d.when, 0)
		w.pia.Send(t, w.ping, "!datenschutz")
		<-dead
		_ = w.bot.Wait()
		w.bot = nil
		t.Logf("death %s %s", d.when, road.last())
	}
	w.start("2026-11-18 08:59")
	w.settle()
	w.stop()

	w.onceEach()
	files := 0
	for _, e := range w.history(w.pia, w.ping) {
		if e.Content["msgtype"] != "m.file" {
			continue
		}
		files++
		if body, kind := w.pia.Download(t, fmt.Sprint(e.Content["url"])); kind != "application/json" || !json.Valid(body) || !strings.Contains(string(body), "Pia Beispiel") {
			t.Errorf("a file is %s:\n%s", kind, body)
		}
	}
	if files != len(deaths) {
		t.Errorf("%d files stand in the direct chat, want %d", files, len(deaths))
	}
}

func kill(t *testing.T, w *town, deaths, long int) {
	if os.Getenv("LOTSE_TEST_LONG") != "" {
		deaths = long
	}
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("LOTSE_TEST_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("LOTSE_TEST_SEED: %v", err)
		}
	}
	t.Logf("LOTSE_TEST_SEED=%d", seed)
	chance := rand.New(rand.NewPCG(seed, 0))

	road := w.roadblock()
	w.start("2026-11-18T08:59:00+01:00")
	w.moveIn()
	w.stop()

	crowd := &crowd{town: w, chance: chance, given: map[string]*given{}}
	for n := range deaths {
		when, clock := []string{"before", "during", "after", "behind"}[chance.IntN(4)], "2026-11-18 09:00"
		if n >= deaths/2 && crowd.allAsked() {
			clock = "2026-11-20 09:00" // the first reminder
		}
		kinds := [][]string{nil, {"send"}}
		if w.sealed {
			kinds = append(kinds, []string{"keys", "sendToDevice", "sync"})
		}
		requests, kind := 1+chance.IntN(60), kinds[chance.IntN(len(kinds))]
		if kind != nil {
			requests = 1 + requests/4
		}
		dead := road.close(w.launch(clock).Process, requests, kind, when, time.Duration(chance.IntN(5000))*time.Microsecond)
		again := n%4 == 3 // the homeserver goes while the bot lives
		for living := true; living; {
			crowd.act()
			select {
			case <-dead:
				living = false
			default:
			}
			if again {
				again = false
				crowd.cut()
			}
		}
		_ = w.bot.Wait()
		w.bot = nil
		t.Logf("death %d: %s %s, number %d of its kind or of all; %d answers were given", n+1, when, road.last(), requests, len(crowd.given))
		if n%3 == 2 {
			crowd.cut()
		}
	}
	w.start("2026-11-20 09:00")
	w.settle()
	crowd.finish()
	w.stop()

	w.onceEach()
	crowd.allStored()
	if w.sealed {
		for project, room := range w.rooms {
			w.isSealed(project, w.history(w.leads[project], room))
			w.isSealed(project, w.history(w.pia, room))
		}
	}
	log, err := os.ReadFile(filepath.Join(w.folder, "log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d messages were lost by the homeserver and sent again", strings.Count(string(log), "the chat has lost a message"))
}

// roadblock is a proxy between the bot and the homeserver at which the bot dies.
type roadblock struct {
	mu     sync.Mutex
	left   int      // requests until then, 0: never
	kinds  []string // only these count, nil: all
	when   string
	delay  time.Duration
	bot    *os.Process
	dead   chan struct{}
	killed string // what it asked for
}

// roadblock puts one in the bot's way.
func (w *town) roadblock() *roadblock {
	w.Helper()
	target, err := url.Parse(w.server.URL)
	if err != nil {
		w.Fatal(err)
	}
	r := &roadblock{}
	// When the bot or the homeserver goes, so does the other's connection.
	hangUp := func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }
	forward := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(target) }, ErrorHandler: hangUp}
	last := &httputil.ReverseProxy{
		Rewrite:        forward.Rewrite,
		ModifyResponse: func(*http.Response) error { return errors.New("nobody is to hear of this") },
		ErrorHandler: func(out http.ResponseWriter, in *http.Request, err error) {
			r.kill()
			hangUp(out, in, err)
		},
	}
	proxy := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		switch when, delay := r.pass(in); when {
		case "before":
			r.kill()
			panic(http.ErrAbortHandler)
		case "during":
			time.AfterFunc(delay, r.kill)
			forward.ServeHTTP(out, in)
		case "after":
			last.ServeHTTP(out, in)
		case "behind":
			defer time.AfterFunc(delay, r.kill)
			forward.ServeHTTP(out, in)
		default:
			forward.ServeHTTP(out, in)
		}
	}))
	w.Cleanup(proxy.Close)
	file := filepath.Join(w.folder, "lotse.yaml")
	config, err := os.ReadFile(file)
	if err != nil {
		w.Fatal(err)
	}
	w.write("lotse.yaml", strings.ReplaceAll(string(config), w.server.URL, proxy.URL))
	return r
}

// close has the bot die at its n-th request of some kinds from now on, and returns what is closed then.
func (r *roadblock) close(bot *os.Process, n int, kinds []string, when string, delay time.Duration) (dead <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bot, r.left, r.kinds, r.when, r.delay, r.dead = bot, n, kinds, when, delay, make(chan struct{})
	return r.dead
}

// pass counts a request and says how the bot is to die at it, "" if not.
func (r *roadblock) pass(in *http.Request) (string, time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	path := strings.Split(in.URL.Path, "/") // "", _matrix, client, v3, rooms, its id, messages
	what := path[min(len(path)-1, 4)]
	if what == "rooms" {
		what = path[min(len(path)-1, 6)]
	}
	if r.left == 0 || r.kinds != nil && !slices.Contains(r.kinds, what) {
		return "", 0
	}
	if r.left--; r.left > 0 {
		return "", 0
	}
	r.killed = what
	return r.when, r.delay
}

func (r *roadblock) kill() {
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = r.bot.Kill()
	close(r.dead)
}

// last says at what the bot died.
func (r *roadblock) last() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.killed
}

// crowd are the leads, who keep answering.
type crowd struct {
	*town
	chance *rand.Rand
	given  map[string]*given // by project and field
	count  int
}

// given is an answer and what its lead said last.
type given struct {
	project string
	message string
	room    string
	said    string
}

// labels are the fields in the words of a lead.
var labels = map[bot.Field]string{
	bot.FieldStatus: "Status: gelb – ", bot.FieldOutlook: "Ausblick: gelb – ", bot.FieldBlocker: "Blocker: ",
	bot.FieldDecision: "Entscheidung: ", bot.FieldCommunication: "Kommunikation: ",
}

// act has a lead answer, where the round is open, or correct an answer.
func (c *crowd) act() {
	c.Helper()
	project := c.projects[c.chance.IntN(len(c.projects))]
	fields := []bot.Field{bot.FieldStatus, bot.FieldOutlook, bot.FieldBlocker, bot.FieldDecision, bot.FieldCommunication}
	field := fields[c.chance.IntN(len(fields))]
	opening := c.asked(project)
	if opening == "" {
		return
	}
	c.count++
	lead, room := c.leads[project], c.rooms[project]
	text := fmt.Sprintf("Antwort %d", c.count)
	if g := c.given[project+" "+string(field)]; g != nil {
		lead.Edit(c, room, g.message, labels[field]+text)
		g.said = text
		return
	}
	message := lead.Thread(c, room, opening, labels[field]+text)
	c.given[project+" "+string(field)] = &given{project: project, message: message, room: room, said: text}
}

// cut restarts the homeserver, every second time as after a power cut. It may forget what it has not shown to anybody
// yet; the leads see to it that theirs is not among it.
func (c *crowd) cut() {
	c.Helper()
	if c.chance.IntN(2) == 0 {
		for project, room := range c.rooms {
			c.leads[project].Events(c, room)
		}
		c.server.Kill(c)
	}
	c.server.Restart(c)
}

// asked is the message that opened the round in a project's room, "" if it does not stand there yet.
func (c *crowd) asked(project string) string {
	c.Helper()
	for _, e := range c.history(c.leads[project], c.rooms[project]) {
		if e.Key() == c.askKey(project) {
			return e.ID
		}
	}
	return ""
}

func (c *crowd) allAsked() bool {
	c.Helper()
	return !slices.ContainsFunc(c.projects, func(project string) bool { return c.asked(project) == "" })
}

// askKey is the key of a project's opening message in the first round.
func (w *town) askKey(project string) string {
	return "check/" + first + "/ask/" + project + "/matrix:" + w.rooms[project]
}

// finish answers what one project is still asked: it goes on as if nothing had been.
func (c *crowd) finish() {
	c.Helper()
	const project = "eakte"
	room := c.rooms[project]
	for field, label := range labels {
		if c.given[project+" "+string(field)] == nil {
			message := c.leads[project].Thread(c, room, c.asked(project), label+"zuletzt")
			c.given[project+" "+string(field)] = &given{project: project, message: message, room: room, said: "zuletzt"}
		}
	}
	c.settle()
	summary := c.pia.AwaitKey(c, room, "check/"+first+"/summary/"+project+"/matrix:"+room)
	if !strings.Contains(summary.Body(), "gefährdet") {
		c.Errorf("the summary is %q", summary.Body())
	}
}

// history is what the server has of a room and somebody can read.
func (w *town) history(by *matrixtest.User, room string) []matrixtest.Event {
	w.Helper()
	if js := w.js[by]; js != nil {
		return js.History(w, room)
	}
	return by.Events(w, room)
}

// onceEach checks that every room has one event for each key that the outbox has sent there, and none else.
func (w *town) onceEach() {
	w.Helper()
	store, err := storage.Open(w.Context(), filepath.Join(w.folder, "lotse.db"), storage.Options{ReadOnly: true})
	if err != nil {
		w.Fatal(err)
	}
	defer store.Close()
	rows, err := store.DB().RawDB.QueryContext(w.Context(), `SELECT key, room, state, message, reason FROM slots WHERE op IN ('message', 'reaction')`)
	if err != nil {
		w.Fatal(err)
	}
	defer rows.Close()
	sent := map[string]string{} // key → event
	for rows.Next() {
		var key, room, state, message, reason string
		if err := rows.Scan(&key, &room, &state, &message, &reason); err != nil {
			w.Fatal(err)
		}
		if state != string(bot.SlotSent) {
			w.Errorf("%s is %s in the outbox: %s", key, state, reason)
		}
		if message != "" {
			sent[key] = strings.TrimPrefix(message, "matrix:")
		}
	}
	if err := rows.Err(); err != nil {
		w.Fatal(err)
	}
	w.shown()
	found, twice := 0, map[string]int{}
	for _, room := range append(slices.Collect(maps.Values(w.rooms)), w.pmo, w.dm, w.ping) {
		for _, e := range w.history(w.pia, room) {
			if e.Sender != w.lotse.ID || e.Key() == "" || e.RelType == "m.replace" || e.Type == "m.room.redaction" {
				continue
			}
			found++
			if twice[e.Key()]++; twice[e.Key()] > 1 {
				w.Errorf("%s stands %d times in its room", e.Key(), twice[e.Key()])
			}
			if id, ok := sent[e.Key()]; !ok {
				w.Errorf("%s stands in a room and not in the outbox", e.Key())
			} else if id != e.ID && twice[e.Key()] == 1 {
				w.Errorf("%s is the event %s, the outbox has %s", e.Key(), e.ID, id)
			}
		}
	}
	for key := range sent {
		if twice[key] == 0 {
			w.Errorf("%s was sent and stands nowhere", key)
		}
	}
	if want := len(w.rooms) * 6; found < want {
		w.Errorf("the rooms have %d events of the bot, want at least hello, opening, question and its three seeds in each, %d", found, want)
	}
	w.Logf("%d keys in the outbox, %d events in the rooms", len(sent), found)
}

// allStored checks that the books have what the leads said last, and that each was told so by a reaction.
func (c *crowd) allStored() {
	c.Helper()
	var file exportFile
	if err := json.Unmarshal([]byte(c.run("export", "--format", "json")), &file); err != nil {
		c.Fatal(err)
	}
	stored := map[string]string{}
	for _, p := range file.Projects {
		for field, a := range p.Answers {
			stored[string(p.ID)+" "+string(field)] = a.Text
		}
	}
	for key, g := range c.given {
		if stored[key] != g.said {
			c.Errorf("%s: the lead said %q, the books have %q", key, g.said, stored[key])
		}
		acks := 0
		for _, e := range c.history(c.leads[g.project], g.room) {
			if e.Sender == c.lotse.ID && e.RelType == "m.annotation" && e.RelatesTo == g.message {
				acks++
			}
		}
		if acks != 1 {
			c.Errorf("%s: the answer has %d reactions of the bot, want 1", key, acks)
		}
	}
	c.Logf("%d answers in %d messages and corrections, all in the books", len(c.given), c.count)
}
