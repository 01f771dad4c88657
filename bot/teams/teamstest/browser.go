package teamstest

import (
	_ "embed"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"lotse/bot/cachetest"
)

// Browser is a headless Chromium on the playground's page, which a test uses as Maria
// does: it opens a conversation, writes, fills in a card and presses its buttons. It finds
// things by what a person reads on them; of several that read the same it takes the
// newest. It waits until a thing is there, and ends the test when it does not come.
//
// It reaches nothing but this machine. Pictures of the page are kept in the folder that
// LOTSE_ARTEFACTS names; without that, where go test -artifacts says.
type Browser struct {
	t    testing.TB
	page *devtools

	mu    sync.Mutex
	asked []string
}

// finding is what finds things in the page.
//
//go:embed browser.js
var finding string

// What the page calls the conversations.
var titles = map[string]string{
	Personal: "Personal Chat", Group: "DM", Team: "Digitalisierung - General", Channel: "Digitalisierung - Serviceportal",
}

// chromium finds the browser.
func chromium() (string, error) {
	// First Debian's own for headless use: what it has in PATH is a script that does not pass signals on.
	for _, name := range []string{"/usr/lib/chromium/chromium-headless-shell", "chromium", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Chromium is installed (Debian: apt install chromium-headless-shell fonts-noto-color-emoji)")
}

// Browse opens the playground's page. Without Chromium the test is skipped, or fails under
// LOTSE_TEST_REQUIRE=all.
func (g *Playground) Browse(t testing.TB) *Browser {
	t.Helper()
	program, err := chromium()
	cachetest.Want(t, "Chromium", err)
	b := &Browser{t: t}

	// What is not on this machine Chromium asks of this proxy.
	refuse := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if !slices.Contains(b.asked, r.Host) {
			b.asked = append(b.asked, r.Host)
		}
		w.WriteHeader(http.StatusForbidden)
	}))
	t.Cleanup(refuse.Close)

	home, err := os.MkdirTemp("", "lotse-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	args := []string{
		"--headless", "--user-data-dir=" + home, "--proxy-server=" + refuse.URL,
		"--no-first-run", "--no-default-browser-check", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--disable-breakpad", "--disable-extensions", "--disable-dev-shm-usage", "--disable-gpu", "--mute-audio", "--password-store=basic",
		"--lang=de-DE", "--force-color-profile=srgb", "--hide-scrollbars", "--window-size=1280,1300",
	}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox") // with one it does not run as root
	}
	page, discard, err := openPage(exec.Command(program, args...), g.URL)
	if err != nil {
		t.Fatalf("start %s: %v", program, err)
	}
	t.Cleanup(discard)
	b.page = page
	b.run("find the way around in the page", finding, nil)
	b.click("the button that hides the log", "button", "Hide log panel")
	return b
}

// Asked are the hosts elsewhere that the page or the browser wanted to reach, in vain.
func (b *Browser) Asked() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.asked)
}

// Open opens a conversation.
func (b *Browser) Open(conversation string) {
	b.t.Helper()
	b.click("the conversation "+titles[conversation], "button", titles[conversation])
}

// Write writes a message into the conversation that is open, or, in a channel, a new post.
// "@Lotse " at the beginning is a mention.
func (b *Browser) Write(text string) {
	b.t.Helper()
	b.click("the field to write in", "compose")
	if rest, ok := strings.CutPrefix(text, "@Lotse "); ok {
		text = " " + rest
		b.insert("@")
		b.click("Lotse among those who can be mentioned", "mention", "Lotse")
	}
	b.insert(text)
	b.click("the button that sends", "send")
}

// Fill replaces what stands in a field of a card.
func (b *Browser) Fill(label, text string) {
	b.t.Helper()
	b.click("the field "+label, "field", label)
	b.run("mark what stands in "+label, "document.activeElement.select()", nil)
	b.key("Delete", 46)
	b.insert(text)
}

// Choose chooses an option in a field of a card.
func (b *Browser) Choose(label, option string) {
	b.t.Helper()
	list := b.find("the field "+label, "field", label).List
	if list {
		b.click("the field "+label, "field", label)
	}
	b.click("the option "+option+" of "+label, "option", label, option)
	if list {
		b.key("Escape", 27) // a list of which several can be chosen stays open
	}
}

// Press presses a button.
func (b *Browser) Press(title string) {
	b.t.Helper()
	b.click("the button "+title, "button", title)
}

// Await waits for a message that shows all of the words, and returns what it shows.
func (b *Browser) Await(words ...string) string {
	b.t.Helper()
	return b.find("a message with "+strings.Join(words, ", "), "message", words...).Text
}

// Shown is what stands in a field of a card.
func (b *Browser) Shown(label string) string {
	b.t.Helper()
	return b.find("the field "+label, "field", label).Text
}

// Screenshot keeps a picture of the page, as an artefact of the test.
func (b *Browser) Screenshot(name string) {
	b.t.Helper()
	dir := os.Getenv("LOTSE_ARTEFACTS")
	if dir == "" {
		dir = b.t.ArtifactDir()
	}
	var picture struct{ Data []byte }
	err := b.page.call("Page.captureScreenshot", object{}, &picture)
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), picture.Data, 0o644)
	}
	if err != nil {
		b.t.Errorf("take a picture of the page: %v", err)
	}
}

// thing is what was found in the page.
type thing struct {
	X, Y float64 // its middle
	Text string  // what it shows
	List bool    // its options come when it is clicked
}

// find waits until something stands still in the page; see browser.js.
func (b *Browser) find(what, kind string, names ...string) thing {
	b.t.Helper()
	args, err := json.Marshal(append([]string{kind}, names...))
	if err != nil {
		b.t.Fatal(err)
	}
	var found thing
	b.run("find "+what, "lotse.find(..."+string(args)+")", &found)
	return found
}

// click clicks on something as a mouse does.
func (b *Browser) click(what, kind string, names ...string) {
	b.t.Helper()
	found := b.find(what, kind, names...)
	for _, happens := range []string{"mouseMoved", "mousePressed", "mouseReleased"} {
		b.do("click on "+what, "Input.dispatchMouseEvent", object{"type": happens, "x": found.X, "y": found.Y, "button": "left", "clickCount": 1}, nil)
	}
}

// insert types a text.
func (b *Browser) insert(text string) {
	b.t.Helper()
	b.do("type", "Input.insertText", object{"text": text}, nil)
}

// key presses a key.
func (b *Browser) key(name string, code int) {
	b.t.Helper()
	for _, happens := range []string{"rawKeyDown", "keyUp"} {
		b.do("press "+name, "Input.dispatchKeyEvent", object{"type": happens, "key": name, "code": name, "windowsVirtualKeyCode": code}, nil)
	}
}

// run runs a script in the page, and waits for what it promises.
func (b *Browser) run(what, script string, value any) {
	b.t.Helper()
	var got struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	b.do(what, "Runtime.evaluate", object{"expression": script, "awaitPromise": true, "returnByValue": true}, &got)
	if got.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", what, got.ExceptionDetails)
	}
	if value == nil {
		return
	}
	if err := json.Unmarshal(got.Result.Value, value); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

// do lets the browser do something. When it cannot, a picture of the page is kept.
func (b *Browser) do(what, method string, params object, result any) {
	b.t.Helper()
	if err := b.page.call(method, params, result); err != nil {
		b.Screenshot("failed")
		b.t.Fatalf("%s: %v", what, err)
	}
}
