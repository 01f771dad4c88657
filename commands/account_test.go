package commands

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"lotse/bot"
)

// town is a city in two chats, "test" and "office".
type town struct{ *city }

func newTown(t *testing.T) town {
	c := newCity(t, false)
	c.settings.Chats = []bot.ChatID{"test", "office"}
	c.settings.Configured = map[bot.UserID]bot.PersonID{user("petra"): "petra", user("dora"): "dora"}
	return town{c}
}

// account is an account of somebody in a chat.
func account(who string) bot.UserID {
	if name, ok := strings.CutPrefix(who, "office "); ok {
		return bot.UserID("office:" + name)
	}
	return user(who)
}

// says has an account write in its direct chat.
func (c town) says(who, text string) answer {
	c.t.Helper()
	return c.take(c.private(account(who), text))
}

func (c town) private(u bot.UserID, text string) bot.Event {
	e := c.event(bot.RoomID(string(u.Chat())+":direct-"+u.Local()), "", text)
	e.Sender, e.Name, e.Direct = u, "Name "+u.Local(), true
	return e
}

var codeIn = regexp.MustCompile(`!(?:konto verbinden|account link) ([0-9A-Z]{4}-[0-9A-Z]{4})`)

// code gets a code for an account.
func (c town) code(who string) string {
	c.t.Helper()
	got := c.says(who, "!konto verbinden")
	m := codeIn.FindStringSubmatch(got.text)
	if m == nil {
		c.t.Fatalf("%s got no code: %s", who, got.text)
	}
	return m[1]
}

// person is whose account it is.
func (c town) person(who string) bot.PersonID {
	c.t.Helper()
	if p := c.load(bot.Query{User: account(who)}).Person; p != nil {
		return p.ID
	}
	return ""
}

func (a answer) why() string {
	if r, ok := a.data.(bot.AccountRefusal); ok {
		return r.Why
	}
	return a.template
}

// posts are where something is said, and what.
func (a answer) posts() string {
	var all []string
	for _, p := range a.change.Posts {
		all = append(all, p.Template+" "+string(p.Room)+string(p.User))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// TestAccountJoins is who becomes whom: given is asked for a code, taken says it.
func TestAccountJoins(t *testing.T) {
	for _, r := range []struct {
		given, taken string
		becomes      bot.PersonID
		why          string // what was answered
		confirm      bool   // and first asked
	}{
		// Somebody whom the books know, and an account of nobody.
		{given: "maria", taken: "office m", becomes: "maria"},
		{given: "office m", taken: "maria", becomes: "maria", confirm: true}, // who lets others say codes gets nobody's rights
		{given: "dora", taken: "office d", becomes: "dora"},
		{given: "office d", taken: "dora", becomes: "dora", confirm: true},
		{given: "office e", taken: "eve", becomes: "eve"}, // eve has no rights
		// Nobody, twice.
		{given: "mallory", taken: "office m", becomes: "test:@mallory:example.org"},
		// Two whom the books know: who answers for something stays.
		{given: "eve", taken: "office kim", becomes: "kim", confirm: true},
		{given: "office kim", taken: "eve", becomes: "kim"},
		{given: "maria", taken: "office kim", becomes: "maria", confirm: true}, // both do: who was given the code
		{given: "office kim", taken: "petra", becomes: "petra", confirm: true}, // the configuration's
		{given: "office kim", taken: "dora", becomes: "dora", confirm: true},
		// What cannot be.
		{given: "maria", taken: "maria", why: "own"},
		{given: "maria", taken: "eve", why: "chat"},
		{given: "office boss", taken: "petra", why: "configured"},
		{given: "office both", taken: "maria", why: "taken"},
	} {
		t.Run(r.given+" "+r.taken, func(t *testing.T) {
			c := newTown(t)
			c.settings.Configured["office:boss"] = "boss"
			c.commit(bot.Change{
				People: []bot.Person{
					{ID: "kim", Name: "Kim Probe", Accounts: []bot.UserID{"office:kim"}}, {ID: "boss", Name: "Boss", Accounts: []bot.UserID{"office:boss"}},
					{ID: "both", Name: "Both", Accounts: []bot.UserID{"office:both", "test:@both"}},
				},
				Projects: []bot.Project{{ID: "friedhof", Name: "Friedhof", Leads: []bot.PersonID{"kim"}, State: bot.ProjectActive}},
			})
			before := map[string]bot.PersonID{r.given: c.person(r.given), r.taken: c.person(r.taken)}
			var code string
			if r.given == "office both" {
				code = bot.NewCode("given before they had both")
				c.commit(bot.Change{Codes: []bot.LinkCode{{User: "office:both", Hash: bot.HashCode(code), Until: c.now.Add(time.Minute)}}})
			} else {
				code = c.code(r.given)
			}
			got := c.says(r.taken, "!konto verbinden "+code)
			if asked := got.template == "reply.account.confirm"; asked != r.confirm {
				t.Fatalf("asked before: %v, want %v: %s", asked, r.confirm, got.text)
			}
			if r.confirm {
				if c.person(r.given) != before[r.given] || c.person(r.taken) != before[r.taken] || !strings.Contains(got.text, account(r.given).Local()) {
					t.Fatalf("joined before it was confirmed, or not said with whom: %s", got.text)
				}
				got = c.says(r.taken, codeless(got.text)+" ja")
			}
			if r.why != "" {
				if got.why() != r.why || c.person(r.given) != before[r.given] || c.person(r.taken) != before[r.taken] {
					t.Errorf("answered %s, want %s; the accounts are %s's and %s's: %s", got.why(), r.why, c.person(r.given), c.person(r.taken), got.text)
				}
				return
			}
			if c.person(r.given) != r.becomes || c.person(r.taken) != r.becomes {
				t.Fatalf("the accounts are %s's and %s's, want %s's: %s", c.person(r.given), c.person(r.taken), r.becomes, got.text)
			}
			if !strings.Contains(got.posts(), "account.told "+string(account(r.given))) || got.template != "reply.account.linked" {
				t.Errorf("told: %s", got.posts())
			}
			lead := c.project("friedhof").Leads
			if want := map[bool]bot.PersonID{true: r.becomes, false: "kim"}[r.given == "office kim" || r.taken == "office kim"]; !slices.Equal(lead, []bot.PersonID{want}) {
				t.Errorf("%v lead the project, want %s", lead, want)
			}
			// The code was good once.
			if again := c.says("office eve2", "!konto verbinden "+code); again.why() != "wrong" {
				t.Errorf("the code a second time: %s", again.text)
			}
		})
	}
}

// codeless is the line that confirms, without the word.
func codeless(text string) string { return codeIn.FindString(text) }

// TestAccountCode: a code holds for a quarter of an hour, as it was given last, and is kept as a hash alone.
func TestAccountCode(t *testing.T) {
	c := newTown(t)
	first, code := c.code("maria"), c.code("maria")
	if got := c.says("office m", "!konto verbinden "+first); got.why() != "wrong" {
		t.Errorf("a code that was replaced: %s", got.text)
	}
	var dump []byte
	if err := c.store.DB().QueryRow(t.Context(), `SELECT group_concat(user_id || hash || name) FROM link_codes`).Scan(&dump); err != nil || strings.Contains(string(dump), strings.ReplaceAll(code, "-", "")) || !strings.Contains(string(dump), bot.HashCode(code)) {
		t.Errorf("kept of the code: %s, %v", dump, err)
	}
	c.now = c.now.Add(bot.LinkTime)
	if got := c.says("office m", "!konto verbinden "+code); got.why() != "wrong" || c.person("office m") != "" {
		t.Errorf("a code after its time: %s", got.text)
	}
	// However it is typed.
	code = strings.NewReplacer("0", "o", "1", "l", "-", " ").Replace(strings.ToLower(c.code("maria")))
	if got := c.says("office m", "!konto verbinden "+code); got.template != "reply.account.linked" {
		t.Errorf("typed as %q: %s", code, got.text)
	}
	if got := c.says("office x", "!konto verbinden ABC"); got.template != "error.argument" || got.change.Guesses != nil {
		t.Errorf("no code at all: %s", got.text)
	}
}

// TestAccountGuesses: after five wrong codes within an hour an account may say none, not even the right one; others may.
func TestAccountGuesses(t *testing.T) {
	c := newTown(t)
	for n := range bot.LinkTries {
		got := c.says("office m", fmt.Sprintf("!konto verbinden ABCD-EFG%d", n))
		if got.why() != "wrong" || got.data.(bot.AccountRefusal).Left != bot.LinkTries-1-n {
			t.Errorf("wrong code %d: %s", n+1, got.text)
		}
		c.now = c.now.Add(time.Minute)
	}
	code := c.code("maria")
	if got := c.says("office m", "!konto verbinden "+code); got.why() != "tries" || c.person("office m") != "" {
		t.Fatalf("the right code after five wrong ones: %s", got.text)
	}
	if got := c.says("office n", "!konto verbinden "+code); got.template != "reply.account.linked" {
		t.Errorf("another account: %s", got.text)
	}
	c.now = c.now.Add(bot.LinkTriesTime)
	if got := c.says("office m", "!konto verbinden "+c.code("eve")); got.template != "reply.account.linked" || c.person("office m") != "eve" {
		t.Errorf("an hour later: %s", got.text)
	}
}

// TestAccountInRooms: in a room nothing is said of accounts, and a code that was said there is good no more.
func TestAccountInRooms(t *testing.T) {
	c := newTown(t)
	for _, text := range []string{"!konto", "!konto verbinden", "!konto trennen"} {
		got := c.say(roomPortal, "maria", text)
		if want := "reply.privacy.sent " + string(roomPortal); !strings.Contains(got.posts(), want) || strings.Count(got.posts(), string(roomPortal)) != 1 || !strings.Contains(got.posts(), string(user("maria"))) {
			t.Errorf("%s in a room: %s", text, got.posts())
		}
	}
	code := c.code("office m")
	got := c.say(roomPortal, "eve", "!konto verbinden "+code)
	if !strings.Contains(got.posts(), "error.account "+string(user("eve"))) || c.person("office m") != "" {
		t.Errorf("a code in a room: %s", got.posts())
	}
	if got := c.says("mallory", "!konto verbinden "+code); got.why() != "wrong" {
		t.Errorf("somebody read along: %s", got.text)
	}
}

// TestAccountUnlink: what was joined by a code can be separated from either side; what the configuration says cannot.
func TestAccountUnlink(t *testing.T) {
	for _, from := range []string{"dora", "office d"} {
		c := newTown(t)
		joined := c.says("office d", "!konto verbinden "+c.code("dora"))
		if !strings.Contains(joined.posts(), "account.pmo "+string(roomPMO)) || !strings.Contains(joined.text, "DM") {
			t.Errorf("the PMO was not told that an account decides: %s", joined.posts())
		}
		if got := c.says("office d", "!eskalationen"); got.failed {
			t.Errorf("the joined account has not the rights: %s", got.text)
		}
		if got := c.says("office d", "!konto verbinden"); got.why() != "complete" {
			t.Errorf("a further account: %s", got.text)
		}
		list := c.says(from, "!konto")
		if !strings.Contains(list.text, "`d`") || !strings.Contains(list.text, "`@dora:example.org`") || !strings.Contains(list.text, "verbunden am 20") {
			t.Errorf("the accounts are\n%s", list.text)
		}
		got := c.says(from, "!konto trennen")
		if c.person("office d") != "" || c.person("dora") != "dora" || got.template != "reply.account.unlinked" {
			t.Errorf("separated by %s: %s", from, got.text)
		}
		other := map[string]bot.UserID{"dora": "office:d", "office d": user("dora")}[from]
		if !strings.Contains(got.posts(), "account.told "+string(other)) || !strings.Contains(got.posts(), "account.pmo") {
			t.Errorf("told: %s", got.posts())
		}
		if got := c.says("office d", "!eskalationen"); !got.failed {
			t.Errorf("the separated account has the rights yet: %s", got.text)
		}
		if got := c.says("dora", "!konto trennen"); got.why() != "none" {
			t.Errorf("nothing is joined: %s", got.text)
		}
	}
	c := newTown(t)
	c.commit(bot.Change{People: []bot.Person{{ID: "petra", Name: "Petra Probe", Version: 1, Accounts: []bot.UserID{user("petra"), "office:petra"}}}})
	if got := c.says("petra", "!konto trennen"); got.why() != "none" || !got.data.(bot.AccountRefusal).Fixed || c.person("office petra") != "petra" {
		t.Errorf("the configuration's account: %s", got.text)
	}
}

// TestAccountHelp: the help speaks of joining where there is something to join.
func TestAccountHelp(t *testing.T) {
	c := newTown(t)
	lists := func(who, what string) bool { return strings.Contains(c.says(who, "!hilfe").text, what) }
	if !lists("maria", "`!konto verbinden`") || lists("maria", "`!konto trennen`") {
		t.Error("the help before")
	}
	c.says("office m", "!konto verbinden "+c.code("maria"))
	if lists("maria", "`!konto verbinden`") || !lists("maria", "`!konto trennen`") {
		t.Error("the help afterwards")
	}
	c.settings.Chats = c.settings.Chats[:1]
	if lists("eve", "`!konto verbinden`") || c.says("eve", "!konto verbinden").why() != "only" {
		t.Error("the help in one chat")
	}
}
