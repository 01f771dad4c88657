package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"lotse/bot/matrix/matrixtest"
)

// canary is a word that stands in everything people write in this test, and nowhere else.
const canary = "kanari"

// TestCanary plants a word in everything that people can write, lets the homeserver's answers get lost while the bot
// speaks, and looks for the word in everything that the bot tells its operator: the log at its most talkative, in both
// formats, with mautrix's own lines in it; standard output; /metrics and /healthz. It must be nowhere. (What the log may
// have are ids: of accounts, rooms, events, rounds and projects.)
func TestCanary(t *testing.T) {
	w := newTown(t, allProjectsBut(t, "serviceportal")...)
	line := newBadLine(t, w.server.URL)
	address, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(filepath.Join(w.folder, "lotse.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	plain := strings.Replace(string(config), w.server.URL, line.URL, 1) + fmt.Sprintf("metrics: {listen: %q}\n", address)

	portal := w.rooms["serviceportal"]
	for i, format := range []string{"text", "json"} {
		w.write("lotse.yaml", plain+fmt.Sprintf("log: {level: debug, format: %s}\n", format))
		w.start("2026-11-18T08:59:00+01:00")
		if i == 0 {
			w.moveIn()
			w.clock("11-18 09:00")
		}
		// A room that is encrypted is one more call of plant, with people whose clients can encrypt.
		w.plant(portal, w.leads["serviceportal"])
		line.bad.Store(true)
		w.plant(portal, w.leads["serviceportal"])
		line.bad.Store(false)
		w.settle()
		w.hides("/metrics", fetch(t, "http://"+address+"/metrics"))
		w.hides("/healthz", fetch(t, "http://"+address+"/healthz"))
		w.stop()
		w.hides("standard output", w.printed.String())
	}
	log, err := os.ReadFile(filepath.Join(w.folder, "log"))
	if err != nil {
		t.Fatal(err)
	}
	w.hides("the log", string(log))

	// The test is worth something only if all of it came to pass.
	for _, want := range []string{"level=DEBUG", "msg=mautrix", "status_code=200", `"msg":"mautrix"`, "EOF", "event_kind=edit", "invitation refused", "invitation accepted"} {
		if !strings.Contains(string(log), want) {
			t.Errorf("the log has no %s", want)
		}
	}
	if n := line.broken.Load(); n < 10 {
		t.Errorf("%d requests were broken, want at least 10", n)
	}
	export := w.run("export", "--format", "json")
	for _, want := range []string{"kanari-argument", "kanari-aufgabe", "kanari-vision", "kanari-projekt"} {
		if !strings.Contains(export, want) {
			t.Errorf("the bot has not taken in %s", want)
		}
	}
	said := ""
	for _, e := range w.pia.Events(t, portal) {
		if e.Sender == w.lotse.ID {
			said += e.Body()
		}
	}
	if !strings.Contains(said, "kanari-vertretung vertritt") {
		t.Errorf("the bot does not say who is the deputy:\n%s", said)
	}
}

// plant has people write the word wherever one can write one, in a room about the project serviceportal.
func (w *town) plant(room string, lead *matrixtest.User) {
	w.Helper()
	word := func(what string) string { return canary + "-" + what }
	w.otto.SetDisplayName(w, word("name")+" Otto")
	w.pia.SetDisplayName(w, word("pmo")+" Pia")
	lead.SetDisplayName(w, word("leitung")+" Beispiel")
	w.pia.SendState(w, room, "m.room.name", "", map[string]any{"name": word("raum")})
	w.pia.SendState(w, room, "m.room.topic", "", map[string]any{"topic": word("thema")})
	w.pia.SendState(w, room, "org.example."+word("zustand"), word("schluessel"), map[string]any{"x": word("inhalt")})

	// Invitations, refused and accepted, into rooms with names.
	refused := w.otto.CreateRoom(w, word("fremd"), matrixtest.Inviting(w.lotse.ID))
	w.otto.AwaitMember(w, refused, w.lotse.ID, "leave")
	other := w.pia.CreateRoom(w, word("neu"), matrixtest.Inviting(w.lotse.ID, w.otto.ID))
	w.pia.AwaitMember(w, other, w.lotse.ID, "join")
	w.otto.Join(w, other)
	w.otto.Send(w, other, word("gespraech"))
	w.pia.Send(w, other, "!raum projekt "+word("unbekannt"))
	w.pia.Kick(w, other, w.lotse.ID, word("grund"))

	portal := w.about(first, "serviceportal")
	portal.who, portal.room = lead, room
	opening := portal.opening()
	thread := func(text string) string { return lead.Thread(w, room, opening, text) }
	status := thread("gelb – " + word("status"))
	lead.Edit(w, room, status, "rot – "+word("status")+" "+word("bearbeitet"))
	lead.Edit(w, room, status, "gelb – "+word("status"))
	thread("Ausblick: grün\n" + word("aufgabe") + "\nBlocker: " + word("blocker") + "\nEntscheidung: " + word("entscheidung") + "\nKommunikation: " + word("kommunikation"))
	gone := thread("Blocker: " + word("geloescht"))
	lead.Redact(w, room, gone, word("loeschgrund"))
	lead.React(w, room, opening, word("emoji"))
	lead.Reply(w, room, opening, word("antwort"))
	for _, line := range []string{
		"!status gelb " + word("argument"), "!" + word("befehl"), "!staus " + word("tippfehler"), "!aufgabe " + word("aufgabe"),
		"!vertretung " + word("niemand") + " bis 31.12.", "!hilfe " + word("hilfe"), "!board " + word("board"), "!" + strings.Repeat(word("lang"), 5000),
	} {
		lead.Send(w, room, line)
	}
	deputy := matrixtest.Text("!vertretung @"+word("vertretung")+" bis 31.12.", w.otto.ID)
	deputy["format"] = "org.matrix.custom.html"
	deputy["formatted_body"] = fmt.Sprintf(`!vertretung <a href="https://matrix.to/#/%s">@%s</a> bis 31.12.`, w.otto.ID, word("vertretung"))
	lead.SendContent(w, room, "m.room.message", deputy)
	lead.SendContent(w, room, "m.room.message", map[string]any{"msgtype": "m.file", "body": word("datei") + ".pdf", "url": "mxc://localhost/" + word("mxc"), "filename": word("datei") + ".pdf"})
	lead.SendContent(w, room, "m.room.message", map[string]any{"msgtype": "m.text", "body": map[string]any{word("krumm"): 1}})
	lead.SendContent(w, room, "m.room.message", map[string]any{"msgtype": word("art"), "body": word("art"), "format": word("format"), "formatted_body": "<b>" + word("html")})
	lead.SendContent(w, room, "m.room.message", map[string]any{"msgtype": "m.text", "body": word("org"), "org.lotse": map[string]any{"key": word("marke"), "kind": word("marke"), "rev": word("marke")}})
	lead.SendContent(w, room, "m.room.message", map[string]any{"msgtype": "m.text", "body": word("ziel"), "m.relates_to": map[string]any{"rel_type": "m.thread", "event_id": "$" + word("ziel")}})
	lead.SendContent(w, room, "org.example."+word("ereignis"), map[string]any{"body": word("inhalt")})
	lead.SendContent(w, room, "m.room.encrypted", map[string]any{"algorithm": word("algorithmus"), "ciphertext": word("chiffre")})

	// The PMO, about the project and a new one.
	for _, line := range []string{
		"!projekt neu " + word("projekt"), "!projekt ändern serviceportal vision " + word("vision"),
		"!projekt ändern serviceportal link https://stadt.example/" + word("link"), "!nachfrage serviceportal " + word("nachfrage"),
		"!projektcheck verschieben auf 26.11. 10:00 weil " + word("anlass"), "!projektcheck verschieben auf 25.11. 10:00 weil " + word("anlass"),
		"!projekt ändern serviceportal leitung " + word("leitung"),
	} {
		w.pia.Send(w, w.pmo, line)
	}
	w.settle()
}

// hides checks that the word is not in what the bot tells its operator.
func (w *town) hides(what, text string) {
	w.Helper()
	for line := range strings.Lines(text) {
		if strings.Contains(strings.ToLower(line), canary) {
			w.Errorf("%s has what people wrote:\n%s", what, line)
		}
	}
}

// badLine is a way to the homeserver that breaks while it is bad: every fourth request that changes something ends, the
// first time that it is tried, before or after it has arrived, or in a page that no homeserver writes.
type badLine struct {
	*httptest.Server
	bad    atomic.Bool
	broken atomic.Int64

	mu    sync.Mutex
	tried map[string]bool
}

// breaks reports whether this request gets lost.
func (l *badLine) breaks(r *http.Request) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.bad.Load() || r.Method == http.MethodGet || l.tried[r.URL.Path] {
		return false
	}
	l.tried[r.URL.Path] = true
	return len(l.tried)%4 == 0
}

func newBadLine(t *testing.T, to string) *badLine {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	l := &badLine{tried: map[string]bool{}}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !l.breaks(r) {
			proxy.ServeHTTP(w, r)
			return
		}
		switch l.broken.Add(1) % 3 {
		case 0: // the answer gets lost
			proxy.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		case 1: // it never arrives
			panic(http.ErrAbortHandler)
		default:
			w.WriteHeader(http.StatusBadGateway)
			_, _ = io.Copy(w, r.Body) // some proxies show what they were asked
		}
	}))
	t.Cleanup(l.Close)
	return l
}

func allProjectsBut(t *testing.T, one string) []string {
	t.Helper()
	r := csv.NewReader(bytes.NewReader(exampleProjects))
	r.Comma = ';'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var others []string
	for _, row := range rows[1:] {
		if row[0] != one {
			others = append(others, row[0])
		}
	}
	return others
}

func fetch(t *testing.T, address string) string {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || len(body) == 0 {
		t.Fatalf("%s: %q, %v", address, body, err)
	}
	return string(body)
}
