package dialoguetest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/bot/engine/enginetest"
	"lotse/bot/teams"
	"lotse/bot/teams/teamstest"
)

// tenant is the one in which a world is over Teams: the bot's chat is the real one. It
// speaks over HTTP with a Connector that keeps what it is given in the rooms of the world,
// and gets activities, signed, over HTTP. Some people press the button for a reaction where
// the card has one, some react, and do it the other way if they do it again; who may take it
// back reacts.
type tenant struct {
	authority *teamstest.Authority
	server    *httptest.Server
	token     string // of what comes in
	rooms     *enginetest.Chat

	mu      sync.Mutex
	chat    *teams.Chat // in its present life
	sending map[string]bot.Outgoing
	cards   map[bot.MessageID][]string // that the Connector was given; somebody may still see an older one
	lasting map[string]bool            // reactions that somebody may take back, see deed
	put     map[string]bool            // reactions; true: by a button
	wrong   []string
}

func newTenant(t T, authority *teamstest.Authority) *tenant {
	p := &tenant{authority: authority, sending: map[string]bot.Outgoing{}, cards: map[bot.MessageID][]string{}, lasting: map[string]bool{}, put: map[string]bool{}}
	p.server = httptest.NewServer(p)
	t.Cleanup(p.server.Close)
	p.token = authority.Sign(p.service())
	return p
}

func (p *tenant) service() string { return p.server.URL + teamstest.Prefix }

// fault notes what must not be.
func (p *tenant) fault(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wrong = append(p.wrong, fmt.Sprintf(format, args...))
}

// begins gives the bot a chat of its own in the rooms of a world.
func (p *tenant) begins(w *World) engine.Chat {
	w.t.Helper()
	clock := w.Clock
	chat, err := teams.New(teams.Config{
		AppID: teamstest.AppID, Tenant: teamstest.Tenant, Credential: teams.Credential{Secret: teamstest.Secret}, Memory: w.Store,
		Metadata: p.authority.Metadata(), Token: p.authority.Token(), ServiceURL: p.service(), HTTPClient: &http.Client{Transport: telling{p}},
		Now: clock.Now, Unpaced: true,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	p.mu.Lock()
	first := p.chat == nil
	p.rooms, p.chat = w.Chat, chat
	p.mu.Unlock()
	if first {
		p.install(w)
	}
	return tenantChat{chat, p}
}

// install puts the bot into the rooms that it is in when the story begins.
func (p *tenant) install(w *World) {
	w.t.Helper()
	ctx, stop := context.WithCancel(w.t.Context())
	defer stop()
	begun, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- p.chat.Run(ctx, func(ctx context.Context, b bot.Batch) error {
			if b.CaughtUp {
				defer close(begun)
			}
			for name, value := range b.Remember {
				if err := w.Store.Remember(ctx, name, value); err != nil {
					return err
				}
			}
			return nil
		})
	}()
	<-begun
	for room := range w.teams.joined {
		if err := p.post(ctx, bot.Event{ID: "teams:joined/0", Kind: bot.EventJoined, Room: room, Sender: w.userID("pia"), At: w.Clock.Now()}); err != nil {
			w.t.Fatal(err)
		}
	}
	stop()
	if err := <-ended; err != nil {
		w.t.Fatal(err)
	}
}

// tenantChat is the bot's chat. Run delivers activities to it, one after the other.
type tenantChat struct {
	*teams.Chat
	tenant *tenant
}

func (c tenantChat) Run(ctx context.Context, deliver bot.Deliver) error {
	ctx, stop := context.WithCancel(ctx)
	begun := make(chan struct{})
	var posting sync.WaitGroup
	posting.Go(func() {
		<-begun
		_ = c.tenant.rooms.Run(ctx, func(ctx context.Context, b bot.Batch) error { // it ends with ctx
			for _, e := range b.Events {
				if err := c.tenant.post(ctx, e); err != nil {
					return err
				}
			}
			return nil
		})
	})
	defer posting.Wait()
	defer stop()
	first := sync.OnceFunc(func() { close(begun) })
	defer first()
	return c.Chat.Run(ctx, func(ctx context.Context, b bot.Batch) error {
		defer first()
		return deliver(ctx, b)
	})
}

// Settle implements engine.Settler.
func (c tenantChat) Settle(ctx context.Context) error { return c.tenant.rooms.Settle(ctx) }

type sends struct{}

func (c tenantChat) Send(ctx context.Context, out bot.Outgoing) (bot.MessageID, error) {
	return c.Chat.Send(context.WithValue(ctx, sends{}, out), out)
}

// telling says beside each request what it sends: Teams itself knows nothing of keys.
type telling struct{ *tenant }

func (t telling) RoundTrip(r *http.Request) (*http.Response, error) {
	if out, ok := r.Context().Value(sends{}).(bot.Outgoing); ok {
		r = r.Clone(r.Context())
		name := out.Transaction + fmt.Sprint(out.Revision)
		t.mu.Lock()
		t.sending[name] = out
		t.mu.Unlock()
		r.Header.Set("X-Sends", name)
	}
	return teamstest.Loopback().RoundTrip(r)
}

// post delivers an activity until the bot has said 200.
func (p *tenant) post(ctx context.Context, e bot.Event) error {
	said, err := teamstest.PostActivity(ctx, teamstest.Loopback(), p.server.URL+teams.Path, p.token, p.activity(e))
	if err != nil {
		return err
	}
	var answer struct {
		Status int `json:"statusCode"`
	}
	if len(said) > 0 && json.Unmarshal(said, &answer) == nil && answer.Status != 0 && answer.Status != http.StatusOK {
		p.fault("a press was answered with %s", said)
	}
	return nil
}

// activity is an event as Teams tells of it: a form that is handed in, and a reaction by a
// button, are presses.
func (p *tenant) activity(e bot.Event) map[string]any {
	at := e.At
	if e.Kind != bot.EventMessage { // what is done twice is not done at the same time
		n := 0
		fmt.Sscan(teamstest.ActivityID(e.ID), &n)
		at = at.Add(time.Duration(n) * time.Millisecond)
	}
	a := teamstest.RoomActivity(e, p.service(), at)
	switch e.Kind {
	case bot.EventForm:
		p.press(a, e, "send", e.Fields)
	case bot.EventReaction:
		p.mu.Lock()
		pressed, again := p.put[deed(e)]
		if !again {
			pressed = len(e.Sender.Local())%2 != 0
		}
		pressed = !pressed && !p.lasting[deed(e)] && p.button(e.Target, "react", e.Emoji) != nil
		p.put[deed(e)] = pressed
		p.mu.Unlock()
		if pressed {
			p.press(a, e, "react", nil)
		}
	}
	return a
}

// deed says of a reaction who puts what on what.
func deed(e bot.Event) string { return fmt.Sprint(e.Sender, e.Emoji, e.Target) }

// press makes an activity one that a client sends for a button of the card.
func (p *tenant) press(a map[string]any, e bot.Event, do string, fields map[string]string) {
	p.mu.Lock()
	data := p.button(e.Target, do, e.Emoji)
	cards := strings.Join(p.cards[e.Target], "\n")
	p.mu.Unlock()
	if data == nil {
		p.fault("nothing on the card %s does %q %s", e.Target, do, e.Emoji)
		data = map[string]any{}
	}
	for name, value := range fields {
		if !strings.Contains(cards, `"id":"`+name+`"`) {
			p.fault("there is no field %q on the card %s", name, e.Target)
		}
		data[name] = value
	}
	delete(a, "reactionsAdded")
	a["type"], a["name"], a["replyToId"] = "invoke", "adaptiveCard/action", teamstest.ActivityID(e.Target)
	a["value"] = map[string]any{"action": map[string]any{"type": "Action.Execute", "verb": do, "data": data}}
}

// button is the data of what does something on a card, nil if nothing does; p.mu is held.
func (p *tenant) button(message bot.MessageID, do, emoji string) (data map[string]any) {
	for _, text := range slices.Backward(p.cards[message]) {
		var card any
		if data != nil || json.Unmarshal([]byte(text), &card) != nil {
			break
		}
		each(card, func(object map[string]any) {
			d, _ := object["data"].(map[string]any)
			ours, _ := d["lotse"].(map[string]any)
			if object["type"] == "Action.Execute" && ours["do"] == do && (do != "react" || strings.ReplaceAll(fmt.Sprint(ours["emoji"]), "\ufe0f", "") == emoji) {
				data = d
			}
		})
	}
	return data
}

// each calls f for every object in a value of JSON, those in front first.
func each(v any, f func(map[string]any)) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			each(x, f)
		}
	case map[string]any:
		f(v)
		var names []string
		for name := range v {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			each(v[name], f)
		}
	}
}

// ServeHTTP is the Connector, and hands activities on to the bot. The words that are kept are
// those that a request was made of.
func (p *tenant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	chat, out := p.chat, p.sending[r.Header.Get("X-Sends")]
	p.mu.Unlock()
	switch {
	case !strings.HasPrefix(r.URL.Path, teamstest.Prefix):
		chat.ServeHTTP(w, r)
		return
	case !p.authority.Knows(r):
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	cards := ""
	id, status, answer := teamstest.CarryOut(p.rooms, r, func(s teamstest.Sent) bot.Outgoing {
		out = s.Aim(out)
		for _, c := range s.Cards {
			cards += string(c)
		}
		if !out.Absent {
			p.compare(out, s)
		}
		return out
	})
	if cards != "" && id != "" {
		p.mu.Lock()
		p.cards[id] = append(p.cards[id], cards)
		p.mu.Unlock()
	}
	teamstest.Reply(w, status, answer)
}

// compare notes where the Connector got anything else than what was to be said.
func (p *tenant) compare(out bot.Outgoing, s teamstest.Sent) {
	sent := s.Text
	for _, c := range s.Cards {
		var card any
		_ = json.Unmarshal(c, &card) // it came as JSON
		each(card, func(o map[string]any) {
			if text, ok := o["text"].(string); ok && o["type"] != "mention" {
				sent += text
			}
		})
	}
	if want, got := letters(string(out.Text.Markdown)), letters(sent); want != got {
		p.fault("the Connector got other words under %s:\n%s", out.Key, differ(apart(want), apart(got)))
	}
	if (out.Text.Form == nil) == (len(s.Cards) > 0) {
		p.fault("a form and no card, or a card and no form, under %s", out.Key)
	}
}

var marks = regexp.MustCompile(`\\.|\]\([^)]*\)|</?at>|&\w+;|&#\d+;`)

// letters are those of a text, without its marks.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, marks.ReplaceAllString(text, ""))
}

// apart has a letter in each line, to be compared.
func apart(letters string) string { return strings.Join(strings.Split(letters, ""), "\n") }
