// Package teamstest gives tests a real client of Microsoft Teams: Microsoft's own Agents
// Playground, which plays a city's tenant with a personal chat, a group chat, a team and
// six people, behind a [Relay] that signs and checks tokens as the Bot Connector does.
//
// The playground is installed by npm, once per machine, into the user's cache folder, in
// one exact version (its control API is undocumented), and listens on this machine only.
// A test is skipped if Node.js is missing; LOTSE_TEST_REQUIRE=all makes it fail instead.
//
//	func TestMain(m *testing.M) { os.Exit(teamstest.Run(m)) }
//
//	city := teamstest.Shared(t)
//	city.Relay.Deliver("http://127.0.0.1:…/api/messages") // where the bot listens
//	city.Install(t, teamstest.Personal)
//	city.Say(t, teamstest.Personal, "29:maria", "Hallo")
//	ask := city.Relay.AwaitPost(t, "a form", func(p teamstest.Post) bool { return p.Card != nil })
//	city.Submit(t, teamstest.Maria, ask, map[string]string{"status": "🟡"})
//	city.Press(t, teamstest.Maria, ask, "✅ Ja")
//
// What the playground cannot do, tests send as whole activities ([Playground.Activity]):
// reactions, edits, deletions. It does not model everything: see the repository's notes
// on Teams for where it differs.
package teamstest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/bot/cachetest"
)

// The conversations of the city.
const (
	Personal = "a:1personal"            // with Maria
	Group    = "19:group@thread.v2"     // everybody
	Team     = "19:team@thread.tacv2"   // its first channel
	Channel  = "19:portal@thread.tacv2" // another channel
)

// Person is somebody in the city.
type Person struct{ ID, Object, Name string }

// The people of the city.
var (
	Maria = Person{"29:maria", "aaaaaaaa-0000-0000-0000-000000000001", "Maria Beispiel"}
	Jonas = Person{"29:jonas", "aaaaaaaa-0000-0000-0000-000000000002", "Jonas Muster"}
	Kim   = Person{"29:kim", "aaaaaaaa-0000-0000-0000-000000000003", "Kim Probe"}
)

// Playground is a running Agents Playground with its relay.
type Playground struct {
	URL   string
	Relay *Relay
}

// output collects what a process writes.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
	new chan struct{}
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.new <- struct{}{}:
	default:
	}
	return o.buf.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// shared is the playground of this test process.
var shared struct {
	mu      sync.Mutex
	city    *Playground
	discard func()
}

// Run runs the tests of a package and ends the playground that they shared.
func Run(m *testing.M) int {
	defer func() {
		if shared.discard != nil {
			shared.discard()
		}
	}()
	return m.Run()
}

// Shared returns the playground of this test process, started when it is wanted first.
// One test at a time may use it. Its conversations are those that earlier tests have left.
func Shared(t testing.TB) *Playground {
	t.Helper()
	dir := require(t)
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.city == nil {
		city, discard, err := launch(dir)
		if err != nil {
			t.Fatalf("start the playground: %v", err)
		}
		shared.city, shared.discard = city, discard
	}
	shared.city.Relay.reset()
	return shared.city
}

// Start runs a playground for one test.
func Start(t testing.TB) *Playground {
	t.Helper()
	city, discard, err := launch(require(t))
	if err != nil {
		t.Fatalf("start the playground: %v", err)
	}
	t.Cleanup(discard)
	return city
}

// launch starts a playground and waits until it listens.
func launch(dir string) (city *Playground, discard func(), err error) {
	relay, err := newRelay()
	if err != nil {
		return nil, nil, err
	}
	home, err := os.MkdirTemp("", "lotse-playground-")
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.Command("node", filepath.Join("node_modules", "@microsoft", "m365agentsplayground", "cli.js"),
		"start", "-e", relay.URL+"/in", "-c", "msteams", "-p", "0", "--dt", "--su", relay.ServiceURL())
	cmd.Dir = dir
	cmd.Env = append(os.Environ(),
		"HOME="+home,
		"NODE_OPTIONS=--require "+filepath.Join(dir, "loopback.js"),
		"TEAMSAPPTESTER_BROWSER=none",
		"M365_AGENTS_PLAYGROUND_CONFIG_PATH="+filepath.Join(dir, "city.yml"),
		"M365_AGENTS_PLAYGROUND_LOGFILE="+filepath.Join(home, "playground.log"),
	)
	out := &output{new: make(chan struct{}, 1)}
	p, err := start(cmd, out)
	discard = func() {
		if err == nil {
			p.stop()
		}
		relay.server.Close()
		os.RemoveAll(home)
	}
	if err != nil {
		discard()
		return nil, nil, err
	}
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	for {
		if _, after, ok := strings.Cut(out.String(), "Listening on "); ok {
			if port, _, ok := strings.Cut(after, "\n"); ok {
				relay.playground = "http://127.0.0.1:" + strings.TrimSpace(port)
				return &Playground{URL: relay.playground, Relay: relay}, discard, nil
			}
		}
		why := "it has ended"
		select {
		case <-out.new:
			continue
		case <-p.done:
		case <-deadline.C:
			why = "it does not listen"
		}
		discard()
		return nil, nil, fmt.Errorf("%s; its last words: %s", why, cachetest.LastLine([]byte(out.String())))
	}
}

// do asks the playground's control API.
func (g *Playground) do(t testing.TB, method, path string, body any) []byte {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, g.URL+path, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		t.Fatalf("%s %s: %s %s %v", method, path, resp.Status, answer, err)
	}
	return answer
}

// Install installs the app in a conversation.
func (g *Playground) Install(t testing.TB, conversation string) {
	t.Helper()
	g.do(t, http.MethodPost, "/_debug/conversation/"+url.PathEscape(conversation)+"/installation", map[string]any{})
}

// Say writes as Maria, who is the playground's own user.
func (g *Playground) Say(t testing.TB, conversation, text string) {
	t.Helper()
	message := map[string]any{"type": "text", "text": text, "textFormat": "plain", "from": map[string]string{"id": Maria.ID}}
	if strings.Contains(text, "<at>Lotse</at>") {
		message["mentions"] = []any{map[string]any{"text": "<at>Lotse</at>", "mentioned": map[string]string{"id": "28:" + AppID, "name": "Lotse"}}}
	}
	g.do(t, http.MethodPost, "/_conversation/v1/conversations/"+url.PathEscape(conversation)+"/messages", message)
}

// Activity sends a whole activity: what is given, and what every activity of that
// person in that conversation has.
func (g *Playground) Activity(t testing.TB, who Person, conversation string, given map[string]any) {
	t.Helper()
	kind := "personal"
	switch {
	case strings.HasSuffix(conversation, "@thread.v2"):
		kind = "groupChat"
	case strings.Contains(conversation, "@thread.tacv2"):
		kind = "channel"
	}
	data := map[string]any{"tenant": map[string]string{"id": Tenant}}
	if kind == "channel" {
		data["team"] = map[string]string{"id": Team}
	}
	a := map[string]any{
		"id": fmt.Sprintf("f:%d", time.Now().UnixNano()), "timestamp": time.Now().UTC().Format(time.RFC3339Nano),
		"channelId": "msteams", "serviceUrl": g.Relay.ServiceURL(),
		"from":         map[string]string{"id": who.ID, "aadObjectId": who.Object, "name": who.Name},
		"recipient":    map[string]string{"id": "28:" + AppID, "name": "Lotse"},
		"conversation": map[string]any{"id": conversation, "conversationType": kind, "isGroup": kind != "personal", "tenantId": Tenant},
		"channelData":  data,
	}
	maps.Copy(a, given)
	g.do(t, http.MethodPost, "/_internal/v1/customActivities", a)
}
