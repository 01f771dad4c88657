package teams

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode"
)

const (
	// Path is where the Bot Connector delivers.
	Path = "/api/messages"
	// maxBody is how many bytes an activity may have. Teams' own limit for a message is
	// about 100 KB of UTF-16, which it sends in plain and as HTML.
	maxBody = 512 << 10
	// answerWithin is how long Teams waits for an answer.
	answerWithin = 15 * time.Second
	// commitWithin is how long taking an activity in may take, so that the answer is in time.
	commitWithin = 10 * time.Second
	maxID        = 512 // bytes of an id
)

// ServeHTTP takes in what the Bot Connector delivers. An activity is committed before it
// is acknowledged; what it leads to comes after. What is refused leaves no trace but in a
// line of the log that says why, and nothing of what was in it.
func (c *Chat) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != Path {
		c.refuse(w, refuse(http.StatusNotFound, "nothing is here; activities go to "+Path))
		return
	}
	a, no := c.let(w, r)
	if no != nil {
		c.refuse(w, no)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), commitWithin)
	defer cancel()
	answer, no := c.take(ctx, a)
	if no != nil {
		c.refuse(w, no)
		return
	}
	if answer == nil {
		w.WriteHeader(http.StatusOK)
		return
	}
	respond(w, http.StatusOK, answer)
}

// let lets an activity in: it is signed for this bot and says what its token says.
func (c *Chat) let(w http.ResponseWriter, r *http.Request) (*activity, *refusal) {
	switch kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); {
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		return nil, refuse(http.StatusMethodNotAllowed, "only POST is possible")
	case err != nil || kind != "application/json", r.Header.Get("Content-Encoding") != "":
		return nil, refuse(http.StatusUnsupportedMediaType, "the body is not application/json")
	case r.ContentLength > maxBody:
		return nil, refuse(http.StatusRequestEntityTooLarge, "the body is too large")
	}
	from, no := c.door.ask(r.Context(), r.Header.Get("Authorization"))
	if no != nil {
		return nil, no
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, refuse(http.StatusRequestEntityTooLarge, "the body is too large")
	}
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the body ended before its end")
	}
	var a activity
	if json.Unmarshal(body, &a) != nil { // the error quotes what came in
		return nil, refuse(http.StatusBadRequest, "the body is no activity in JSON")
	}
	if no := c.admits(from, &a); no != nil {
		return nil, no
	}
	for _, id := range []string{a.Conversation.ID, a.ID, a.ReplyTo, a.From.ID, a.From.Object} {
		if len(id) > maxID || strings.ContainsFunc(id, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
			return nil, refuse(http.StatusBadRequest, "an id of the activity is none")
		}
	}
	if a.Type == "" || a.Conversation.ID == "" || strings.Contains(a.ID+a.ReplyTo, "/") {
		return nil, refuse(http.StatusBadRequest, "the activity lacks its type, its conversation or a good id")
	}
	return &a, nil
}

// take commits an activity and returns what the request is answered with, if anything.
func (c *Chat) take(ctx context.Context, a *activity) (answer any, no *refusal) {
	c.running.RLock()
	defer c.running.RUnlock()
	if c.deliver == nil {
		return nil, refuse(http.StatusServiceUnavailable, "the bot is not running")
	}
	kind := a.Type
	if a.submitted() {
		kind = "invoke"
	}
	switch kind { // what depends on what came before, in the same conversation
	case "messageReaction", "installationUpdate", "conversationUpdate", "invoke":
		c.people.turns.Lock()
		defer c.people.turns.Unlock()
	}
	batch, answer, err := c.read(ctx, a)
	if err == nil && len(batch.Events)+len(batch.Remember) > 0 {
		err = c.deliver(ctx, batch)
	}
	if err != nil {
		c.log.WarnContext(ctx, "an activity of Teams could not be taken in", "type", known(a.Type), "error", err)
		return nil, refuse(http.StatusServiceUnavailable, "the activity could not be taken in")
	}
	c.people.learned(batch.Remember)
	return answer, nil
}

// known are the types of activities that may stand in the log.
func known(kind string) string {
	switch kind {
	case "message", "messageUpdate", "messageDelete", "messageReaction", "installationUpdate", "conversationUpdate", "invoke":
		return kind
	}
	return "other"
}

// refuse answers a request that is not let in.
func (c *Chat) refuse(w http.ResponseWriter, no *refusal) {
	c.complaints.add(no)
	code, said := "", no.reason
	switch no.status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
		code = "Unauthorized"
	case http.StatusForbidden:
		code = "Forbidden"
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "5")
		code, said = "ServiceUnavailable", "try again later" // the reason may hold addresses
	case http.StatusRequestEntityTooLarge:
		code = "MessageSizeTooBig"
	default:
		code = "BadSyntax"
	}
	respond(w, no.status, map[string]any{"error": map[string]string{"code": code, "message": said}})
}

func respond(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // who asked has gone
}
