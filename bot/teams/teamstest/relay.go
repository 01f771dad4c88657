package teamstest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// Relay stands between the playground, which knows no tokens that work without the
// network, and the bot, which wants them: it is the Bot Connector's part of signing and
// checking. What the playground delivers it signs; what the bot sends it lets through
// only with a token that it has given out. It also deletes messages, which the playground
// cannot, and fails when it is told to.
type Relay struct {
	*Authority

	server     *httptest.Server
	playground string // its address

	mu        sync.Mutex
	bot       string // where the bot is delivered to
	watch     func(Passing) bool
	passing   int // requests
	failures  []failure
	posts     []Post
	delivered []Delivery
	changed   chan struct{} // closed and replaced when anything happens
}

// Post is what the bot has sent, and the playground has accepted.
type Post struct {
	Method       string // POST, PUT, DELETE
	Conversation string
	ID           string   // of the message
	Text         string   // the words; of a card, the texts of its blocks with an empty line between
	Mentions     []string // accounts
	Card         *Card    // nil: it is a text
	Summary      string   // what a notification of a card says
	Body         json.RawMessage
}

// Delivery is what came from the playground, and how the bot answered.
type Delivery struct {
	Type   string
	ID     string
	Status int
	Answer string
}

// Passing is a request that passes the relay.
type Passing struct {
	What string // "activity": to the bot; the bot's own are POST, PUT, DELETE, GET
	Done bool   // it was carried out, and who made it has not heard of it; otherwise it is about to be handed on
}

type failure struct {
	status int
	header http.Header
	code   string // that the answer names
	after  bool   // the playground has got it all the same
}

func newRelay() (*Relay, error) {
	mux := http.NewServeMux()
	authority, err := newAuthority(mux)
	if err != nil {
		return nil, err
	}
	r := &Relay{Authority: authority, changed: make(chan struct{})}
	mux.HandleFunc("POST /in", r.in)
	mux.HandleFunc("/connector/", r.connector)
	r.server = httptest.NewServer(mux)
	r.URL = r.server.URL
	return r, nil
}

// reset forgets what happened, for the next test.
func (r *Relay) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bot, r.watch, r.failures, r.posts, r.delivered = "", nil, nil, nil, nil
	r.recount()
}

// ServiceURL is the address of conversations, which activities name.
func (r *Relay) ServiceURL() string { return r.URL + "/connector" }

// Deliver says where the bot listens: its whole address.
func (r *Relay) Deliver(address string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bot = address
}

// Watch shows a test everything that passes from now on, twice. It goes on when see returns true; if that is false, it is lost.
func (r *Relay) Watch(see func(Passing) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watch = see
}

// show shows what passes to who watches, and reports whether it goes on.
func (r *Relay) show(p Passing) bool {
	r.mu.Lock()
	see := r.watch
	r.mu.Unlock()
	return see == nil || see(p)
}

// enter counts a request that passes until the function that it returns is called.
func (r *Relay) enter() (leave func()) {
	count := func(n int) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.passing += n
		r.touch()
	}
	count(1)
	return func() { count(-1) }
}

// AwaitStill waits until nothing passes.
func (r *Relay) AwaitStill(t testing.TB) {
	t.Helper()
	r.await(t, "nothing to pass", func() bool { return r.passing == 0 })
}

// Fail lets the bot's next request fail, before it reaches the playground.
func (r *Relay) Fail(status int, retryAfter string) {
	h := http.Header{}
	if retryAfter != "" {
		h.Set("Retry-After", retryAfter)
	}
	r.fail(failure{status: status, header: h, code: "Injected"})
}

// Refuse lets the bot's next request be refused, with a reason that Teams gives:
// MessageWritesBlocked, BotNotInConversationRoster …
func (r *Relay) Refuse(status int, code string) { r.fail(failure{status: status, code: code}) }

// Swallow lets the next request be done and then answers it with an error.
func (r *Relay) Swallow(status int) { r.fail(failure{status: status, code: "Injected", after: true}) }

func (r *Relay) fail(f failure) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, f)
}

// Posts are what the bot has sent so far.
func (r *Relay) Posts() []Post {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Post(nil), r.posts...)
}

// patience is how long anything is waited for.
const patience = 30 * time.Second

// AwaitPost waits for a post for which is returns true.
func (r *Relay) AwaitPost(t testing.TB, what string, is func(Post) bool) Post {
	t.Helper()
	var got Post
	r.await(t, what, func() bool {
		for _, p := range r.posts {
			if is(p) {
				got = p
				return true
			}
		}
		return false
	})
	return got
}

// AwaitDelivery waits for a delivery of a type that the bot has answered.
func (r *Relay) AwaitDelivery(t testing.TB, kind string, after int) Delivery {
	t.Helper()
	return r.awaitDelivery(t, "a delivery of "+kind, after, func(d Delivery) bool { return d.Type == kind })
}

// AwaitDeliveryOf waits for the delivery of an activity, which the bot may not have lived to answer.
func (r *Relay) AwaitDeliveryOf(t testing.TB, id string, after int) Delivery {
	t.Helper()
	return r.awaitDelivery(t, "the delivery of "+id, after, func(d Delivery) bool { return d.ID == id })
}

func (r *Relay) awaitDelivery(t testing.TB, what string, after int, is func(Delivery) bool) Delivery {
	t.Helper()
	var got Delivery
	r.await(t, what, func() bool {
		for i, d := range r.delivered {
			if i >= after && is(d) {
				got = d
				return true
			}
		}
		return false
	})
	return got
}

// Delivered is how many deliveries there were so far.
func (r *Relay) Delivered() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.delivered)
}

func (r *Relay) await(t testing.TB, what string, there func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		r.mu.Lock()
		ok, changed := there(), r.changed
		r.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-deadline.C:
			t.Fatalf("waited %v for %s; posted: %+v; delivered: %+v", patience, what, r.Posts(), r.delivered)
		}
	}
}

// touch tells those who wait that something changed; r.mu is held.
func (r *Relay) touch() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// in takes an activity from the playground to the bot.
func (r *Relay) in(w http.ResponseWriter, req *http.Request) {
	defer r.enter()()
	body, err := io.ReadAll(req.Body)
	var a struct {
		Type    string `json:"type"`
		ID      string `json:"id"`
		Service string `json:"serviceUrl"`
	}
	if err == nil {
		err = json.Unmarshal(body, &a)
	}
	r.mu.Lock()
	bot := r.bot
	r.mu.Unlock()
	if err != nil || bot == "" {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	out, err := http.NewRequestWithContext(req.Context(), http.MethodPost, bot, bytes.NewReader(body))
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	out.Header.Set("Content-Type", "application/json; charset=utf-8")
	out.Header.Set("Authorization", "Bearer "+r.Sign(a.Service))
	d := Delivery{Type: a.Type, ID: a.ID, Status: http.StatusBadGateway}
	if !r.show(Passing{What: "activity"}) {
		err = errors.New("it is lost")
	}
	var resp *http.Response
	if err == nil {
		resp, err = http.DefaultClient.Do(out)
	}
	if err == nil {
		defer resp.Body.Close()
		answer, _ := io.ReadAll(resp.Body)
		d.Status, d.Answer = resp.StatusCode, string(answer)
		w.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
		if !r.show(Passing{What: "activity", Done: true}) {
			d = Delivery{Type: a.Type, ID: a.ID, Status: http.StatusBadGateway}
		}
	}
	r.mu.Lock()
	r.delivered = append(r.delivered, d)
	r.touch()
	r.mu.Unlock()
	w.WriteHeader(d.Status)
	_, _ = io.WriteString(w, d.Answer)
}

// connector takes what the bot sends to the playground.
func (r *Relay) connector(w http.ResponseWriter, req *http.Request) {
	defer r.enter()()
	body, err := io.ReadAll(req.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	ok := r.Knows(req)
	r.mu.Lock()
	var fail *failure
	if ok && len(r.failures) > 0 {
		fail = &r.failures[0]
		r.failures = r.failures[1:]
	}
	r.mu.Unlock()
	if !ok {
		refused(w, http.StatusUnauthorized, "Unauthorized")
		return
	}
	if fail != nil && !fail.after {
		for name, values := range fail.header {
			w.Header()[name] = values
		}
		refused(w, fail.status, fail.code)
		return
	}
	if stranger(req, body) {
		refused(w, http.StatusForbidden, "BotNotInConversationRoster")
		return
	}
	if !r.show(Passing{What: req.Method}) {
		panic(http.ErrAbortHandler)
	}
	// What has come is carried out, whether or not the bot lives to hear of it.
	req = req.WithContext(context.WithoutCancel(req.Context()))
	status, answer := http.StatusOK, []byte(`{}`)
	if req.Method != http.MethodDelete {
		if status, answer, err = r.forward(req, body); err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
	}
	if status < 300 {
		r.note(req, body, answer)
	}
	if !r.show(Passing{What: req.Method, Done: true}) {
		panic(http.ErrAbortHandler)
	}
	if fail != nil {
		refused(w, fail.status, fail.code)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(answer)
}

// stranger reports whether a personal chat is asked for with somebody of whom the bot
// knows no more than the object id. Teams opens one only where the app is installed for
// them, and for nobody is it here; the playground opens any.
func stranger(req *http.Request, body []byte) bool {
	var asked struct {
		Group   bool `json:"isGroup"`
		Members []struct {
			ID string `json:"id"`
		} `json:"members"`
	}
	return req.Method == http.MethodPost && strings.HasSuffix(req.URL.Path, "/v3/conversations") && json.Unmarshal(body, &asked) == nil &&
		!asked.Group && len(asked.Members) == 1 && !strings.HasPrefix(asked.Members[0].ID, "29:")
}

func (r *Relay) forward(req *http.Request, body []byte) (int, []byte, error) {
	path := strings.TrimPrefix(req.URL.EscapedPath(), "/connector")
	if all, object, ok := strings.Cut(path, "/members/"); ok && req.Method == http.MethodGet && !strings.HasPrefix(object, "29:") {
		return r.member(req, all+"/members", object)
	}
	return r.pass(req, path, body)
}

// member looks somebody up by the object id, as the Connector does, and the playground does
// not.
func (r *Relay) member(req *http.Request, path, object string) (int, []byte, error) {
	status, body, err := r.pass(req, path, nil)
	if err != nil || status != http.StatusOK {
		return status, body, err
	}
	var all []map[string]any
	if err := json.Unmarshal(body, &all); err != nil {
		return 0, nil, err
	}
	for _, m := range all {
		for _, name := range []string{"objectId", "aadObjectId"} {
			if id, _ := m[name].(string); strings.EqualFold(id, object) {
				body, err := json.Marshal(m)
				return status, body, err
			}
		}
	}
	return http.StatusNotFound, []byte(`{"error":{"code":"MemberNotFoundInConversation","message":"nobody"}}`), nil
}

func (r *Relay) pass(req *http.Request, path string, body []byte) (int, []byte, error) {
	out, err := http.NewRequestWithContext(req.Context(), req.Method, r.playground+"/_connector"+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	out.Header.Set("Content-Type", req.Header.Get("Content-Type"))
	resp, err := http.DefaultClient.Do(out)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	return resp.StatusCode, answer, err
}

// note writes down what the bot has sent.
func (r *Relay) note(req *http.Request, body, answer []byte) {
	p := Post{Method: req.Method, Body: body}
	parts := strings.Split(strings.TrimPrefix(req.URL.EscapedPath(), "/connector/v3/conversations"), "/")
	get := func(i int) string {
		if i >= len(parts) {
			return ""
		}
		s, err := url.PathUnescape(parts[i])
		if err != nil {
			return parts[i]
		}
		return s
	}
	p.Conversation, p.ID = get(1), get(3)
	type entity struct {
		Mentioned struct {
			ID string `json:"id"`
		} `json:"mentioned"`
	}
	type message struct {
		Text        string            `json:"text"`
		Summary     string            `json:"summary"`
		Attachments []json.RawMessage `json:"attachments"`
		Entities    []entity          `json:"entities"`
	}
	var sent struct {
		message
		Activity *message `json:"activity"`
	}
	var got struct {
		ID       string `json:"id"`
		Activity string `json:"activityId"`
	}
	_ = json.Unmarshal(body, &sent)  // a deletion has no body
	_ = json.Unmarshal(answer, &got) // … and nothing to say
	if sent.Activity != nil {
		sent.message = *sent.Activity
	}
	p.Text, p.Summary, p.Card = sent.Text, sent.Summary, readCard(sent.Attachments)
	if p.Card != nil {
		p.Text = strings.Join(p.Card.Texts, "\n\n")
		var teams struct {
			Part struct {
				Entities []entity `json:"entities"`
			} `json:"msteams"`
		}
		_ = json.Unmarshal(p.Card.Raw, &teams) // it was read once
		sent.Entities = append(sent.Entities, teams.Part.Entities...)
	}
	for _, e := range sent.Entities {
		p.Mentions = append(p.Mentions, e.Mentioned.ID)
	}
	if p.Conversation == "" {
		p.Conversation, p.ID = got.ID, got.Activity
	} else if p.ID == "" {
		p.ID = got.ID
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.posts = append(r.posts, p)
	r.touch()
}

// Reply answers a request in JSON.
func Reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // who asked has gone
}

func refused(w http.ResponseWriter, status int, code string) {
	Reply(w, status, map[string]any{"error": map[string]string{"code": code, "message": fmt.Sprintf("status %d", status)}})
}
