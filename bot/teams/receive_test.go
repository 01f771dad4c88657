package teams

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/rogpeppe/go-internal/txtar"

	"lotse/bot"
)

var update = flag.Bool("update", false, "write what comes out into the golden files")

// told writes an event on a line, with what matters.
func told(e bot.Event) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s by %s", e.Kind, e.Room, e.Sender)
	for _, f := range []struct{ name, value string }{
		{"id", string(e.ID)}, {"name", e.Name}, {"message", string(e.Message)}, {"target", string(e.Target)}, {"thread", string(e.Thread)},
		{"reply", string(e.ReplyTo)}, {"text", e.Text}, {"emoji", e.Emoji}, {"room", e.RoomName},
	} {
		if f.value != "" {
			fmt.Fprintf(&b, "\n  %s %q", f.name, f.value)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
		fmt.Fprintf(&b, "\n  field %q %q", name, e.Fields[name])
	}
	for _, m := range e.Mentions {
		fmt.Fprintf(&b, "\n  mentions %s as %q", m.User, m.Name)
	}
	if e.ToBot {
		b.WriteString("\n  to the bot")
	}
	if e.Direct {
		b.WriteString("\n  direct")
	}
	return b.String()
}

// TestEvents: each testdata/events/*.txtar holds activities, one after the other
// ("1.json" …), and what comes in of them ("events"). What is left out of an activity is
// as in a message in a personal chat.
func TestEvents(t *testing.T) {
	files, err := filepath.Glob("testdata/events/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	a := newAuthority(t)
	token := sign(t, jwt.SigningMethodRS256, goodKey, "good", good())
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			chat, m, log := newChat(t, a, func(c *Config) { c.Reactions = map[string]string{"heart": "🔁"} })
			var got strings.Builder
			var want string
			for _, f := range ar.Files {
				if f.Name == "events" {
					want = string(f.Data)
					continue
				}
				w := post(chat, token, body(func(usual map[string]any) {
					if err := json.Unmarshal(f.Data, &usual); err != nil {
						t.Fatalf("%s: %v", f.Name, err)
					}
				}))
				fmt.Fprintf(&got, "# %s: %d %s\n", f.Name, w.Code, strings.TrimSpace(w.Body.String()))
				if w.Code != http.StatusOK {
					t.Errorf("%s: %d %s; the log: %s", f.Name, w.Code, w.Body, log)
				}
				for _, e := range m.taken() {
					got.WriteString(told(e) + "\n")
				}
			}
			if *update {
				ar.Files = append(slices.DeleteFunc(ar.Files, func(f txtar.File) bool { return f.Name == "events" }), txtar.File{Name: "events", Data: []byte(got.String())})
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got.String() != want {
				t.Errorf("came in:\n%s\nwant:\n%s", got.String(), want)
			}
		})
	}
}

// The same activity delivered twice has the same ids, whatever it is.
func TestDeliveredTwice(t *testing.T) {
	a := newAuthority(t)
	token := sign(t, jwt.SigningMethodRS256, goodKey, "good", good())
	for kind, change := range map[string]func(map[string]any){
		"message":  nil,
		"edit":     func(a map[string]any) { a["type"] = "messageUpdate" },
		"deletion": func(a map[string]any) { a["type"] = "messageDelete" },
		"reaction": func(a map[string]any) {
			a["type"], a["replyToId"], a["reactionsAdded"] = "messageReaction", "1600000000001", []any{map[string]any{"type": "like"}}
		},
		"installation": func(a map[string]any) { a["type"], a["action"] = "installationUpdate", "remove" },
		"button": func(a map[string]any) {
			a["type"], a["name"], a["replyToId"] = "invoke", "adaptiveCard/action", "1600000000001"
			a["value"] = map[string]any{"action": map[string]any{"data": map[string]any{"lotse": map[string]any{"do": "react", "emoji": "✅"}}}}
		},
	} {
		chat, m, _ := newChat(t, a, nil)
		post(chat, token, body(nil)) // the conversation is known
		m.taken()
		var ids []bot.EventID
		for range 2 {
			if w := post(chat, token, body(change)); w.Code != http.StatusOK {
				t.Errorf("%s: %d %s", kind, w.Code, w.Body)
			}
			for _, e := range m.taken() {
				ids = append(ids, e.ID)
			}
		}
		if len(ids) != 2 || ids[0] != ids[1] || ids[0] == "" {
			t.Errorf("%s: delivered twice it is %q", kind, ids)
		}
	}
}

// A form that holds more than any of ours can is not taken, and who sent it is told so in
// the card's language. (An old client can be told nothing.)
func TestFormTooLarge(t *testing.T) {
	a := newAuthority(t)
	token := sign(t, jwt.SigningMethodRS256, goodKey, "good", good())
	many := map[string]any{}
	for i := range maxFields + 1 {
		many[fmt.Sprint(i)] = "x"
	}
	for what, fields := range map[string]map[string]any{
		"nothing":     {"topic": strings.Repeat("x", maxForm)},
		"a long text": {"topic": strings.Repeat("x", maxForm+1)},
		"long texts":  {"a": strings.Repeat("x", maxForm/2), "b": strings.Repeat("ä", maxForm/4+1)},
		"many fields": many,
		"a long name": {strings.Repeat("x", maxFieldName+1): "x"},
	} {
		chat, m, log := newChat(t, a, nil)
		post(chat, token, body(nil)) // the conversation is known
		m.taken()
		fields["lotse"] = map[string]string{"do": "send", "noted": "Notiert.", "tooLong": "Das ist zu lang."}
		hand := func(a map[string]any) {
			a["type"], a["name"], a["replyToId"], a["id"] = "invoke", "adaptiveCard/action", "1600000000001", "f1"
			a["value"] = map[string]any{"action": map[string]any{"data": fields}}
		}
		old := func(a map[string]any) {
			a["text"], a["replyToId"], a["id"], a["value"] = "", "1600000000001", "f2", fields
		}
		taken, said := what == "nothing", "Das ist zu lang."
		if taken {
			said = "Notiert."
		}
		if w := post(chat, token, body(hand)); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), said) || len(m.taken()) > 0 != taken {
			t.Errorf("%s is too much: %d %s", what, w.Code, w.Body)
		}
		if w := post(chat, token, body(old)); w.Code != http.StatusOK || len(m.taken()) > 0 != taken {
			t.Errorf("%s is too much, in an old client: %d %s", what, w.Code, w.Body)
		}
		if strings.Contains(log.String(), "xx") {
			t.Errorf("%s: the log holds what was handed in: %s", what, log)
		}
	}
}

// Two edits of a message, and two times the same reaction with a removal between them,
// are different things.
func TestDifferentThingsHaveDifferentIDs(t *testing.T) {
	chat, m, _ := newChat(t, newAuthority(t), nil)
	token := sign(t, jwt.SigningMethodRS256, goodKey, "good", good())
	edit := func(text string) func(map[string]any) {
		return func(a map[string]any) { a["type"], a["text"] = "messageUpdate", text }
	}
	react := func(list string, second int) func(map[string]any) {
		return func(a map[string]any) {
			a["type"], a["id"], a["replyToId"], a[list] = "messageReaction", "", "1600000000001", []any{map[string]any{"type": "like"}}
			a["timestamp"] = time.Date(2026, 11, 18, 8, 0, second, 0, time.UTC)
			delete(a, "text")
		}
	}
	post(chat, token, body(nil))
	m.taken()
	for _, change := range []func(map[string]any){
		edit("gelb"), edit("rot"), react("reactionsAdded", 1), react("reactionsRemoved", 2), react("reactionsRemoved", 3), react("reactionsAdded", 4),
	} {
		if w := post(chat, token, body(change)); w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	got := m.taken()
	seen := map[bot.EventID]bool{}
	for _, e := range got {
		seen[e.ID] = true
	}
	if len(got) != 5 || len(seen) != 5 {
		t.Fatalf("%d events with %d ids came in of 5", len(got), len(seen))
	}
	if put, gone, again := got[2], got[3], got[4]; gone.Kind != bot.EventDeletion || gone.Target != put.Message || again.Message == put.Message {
		t.Errorf("put %+v, taken back %+v, put again %+v", put, gone, again)
	}
}

// A reaction that is delivered again after it was taken back, or a removal after the
// reaction was put anew, changes nothing: the vote that stands is the last one.
func TestReactionsDeliveredLate(t *testing.T) {
	chat, m, _ := newChat(t, newAuthority(t), nil)
	token := sign(t, jwt.SigningMethodRS256, goodKey, "good", good())
	react := func(list string, second int) []bot.Event {
		t.Helper()
		w := post(chat, token, body(func(a map[string]any) {
			a["type"], a["id"], a["replyToId"], a[list] = "messageReaction", "", "1600000000001", []any{map[string]any{"type": "like"}}
			a["timestamp"] = time.Date(2026, 11, 18, 8, 0, second, 0, time.UTC)
			delete(a, "text")
		}))
		if w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return m.taken()
	}
	post(chat, token, body(nil))
	m.taken()
	react("reactionsAdded", 1)
	react("reactionsRemoved", 2)
	if late := react("reactionsAdded", 1); len(late) > 0 {
		t.Errorf("put, taken back, and told again that it was put: %+v", late)
	}
	again := one(t, react("reactionsAdded", 3), bot.EventReaction)
	if late := react("reactionsRemoved", 2); len(late) > 0 {
		t.Errorf("put anew, and told again that it was taken back before: %+v", late)
	}
	if gone := one(t, react("reactionsRemoved", 4), bot.EventDeletion); gone.Target != again.Message {
		t.Errorf("taken back is %s, and put was %s", gone.Target, again.Message)
	}
}

func TestEmoji(t *testing.T) {
	c := &Chat{reactions: map[string]string{"like": "✅"}}
	for kind, want := range map[string]string{
		"like":                     "✅", // as configured
		"heart":                    "❤",
		"2705_whiteheavycheckmark": "✅",
		"274c_crossmark":           "❌",
		"2753_questionmark":        "❓",
		"23eb_fastup":              "⏫",
		"1f501_repeat":             "🔁",
		"1f7e2_greencircle":        "🟢",
		"0031-fe0f-20e3_keycap1":   "1\u20e3",
		"launch":                   "", // nobody knows
		"d800_surrogate":           "",
		"zz_nothing":               "",
		"":                         "",
	} {
		if got := c.emoji(kind); got != want {
			t.Errorf("%q is %q, want %q", kind, got, want)
		}
	}
}

// Only channels have threads.
func TestAbilities(t *testing.T) {
	var c Chat
	for room, threads := range map[bot.RoomID]bool{
		"teams:19:portal@thread.tacv2":               true,
		"teams:19:0123456789abcdef@thread.skype":     true, // channels of old teams
		"teams:19:group@thread.v2":                   false,
		"teams:a:1personal":                          false,
		"teams:aaaaaaaa-0000-0000-0000-000000000001": false, // whose personal chat is not known yet
	} {
		if can := c.AbilitiesIn(room); can.Threads != threads || !can.Edits || can.Reactions || !can.Forms || can.Echo || can.MaxBytes != maxMarkdown {
			t.Errorf("%s: %+v", room, can)
		}
	}
}

// An account that is forgotten stands nowhere any more, and is known again once it writes.
func TestForget(t *testing.T) {
	chat, m, _ := newChat(t, newAuthority(t), nil)
	token := sign(t, jwt.SigningMethodRS256, goodKey, "good", good())
	post(chat, token, body(nil))
	who := m.taken()[1].Sender
	stands := func() bool {
		all := fmt.Sprint(m.values)
		return strings.Contains(all, who.Local()) || strings.Contains(all, "29:maria")
	}
	if !stands() {
		t.Fatal("it was not known")
	}
	if err := Forget(t.Context(), m, testApp, who); err != nil {
		t.Fatal(err)
	}
	if stands() {
		t.Errorf("it stands in %v", m.values)
	}
	for name := range m.values {
		if strings.Contains(name, "29:") || strings.Contains(name, "a:1chat") {
			t.Errorf("a name tells somebody's id: %s", name)
		}
	}
	if err := Forget(t.Context(), m, testApp, "matrix:@maria:example.org"); err != nil {
		t.Error(err)
	}
	again, err := New(Config{AppID: testApp, Tenant: testTenant, Credential: Credential{Secret: "s"}, Memory: m})
	if err != nil {
		t.Fatal(err)
	}
	if known, err := again.CheckRoom(t.Context(), "a:1chat"); err != nil || !known {
		t.Errorf("the conversation is forgotten, too: %v %v", known, err)
	}
}
