package teams

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"lotse/bot"
)

// maxAnswer is how many bytes of an answer are read.
const maxAnswer = 1 << 20

// answerError is an answer that is none of the good ones.
type answerError struct {
	Status int
	Code   string // ConversationNotFound, MessageWritesBlocked …; "" if it is no Connector that answered
	Sub    string
	After  time.Duration
}

func (e *answerError) Error() string {
	said := strings.TrimSpace(e.Code + " " + e.Sub)
	if said == "" {
		said = "no reason given"
	}
	return fmt.Sprintf("%d %s: %s", e.Status, http.StatusText(e.Status), said)
}

// has reports whether the answer names one of the codes.
func (e *answerError) has(codes ...string) bool {
	for _, code := range codes {
		if strings.EqualFold(e.Code, code) || strings.EqualFold(e.Sub, code) {
			return true
		}
	}
	return false
}

// call makes one request of the Connector. A token that is not accepted is replaced, once.
func (c *Chat) call(ctx context.Context, method, service string, path []string, body, into any) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if !trusted(service) {
		return notSent(errors.New("the address of the conversation's service is not safe"))
	}
	var sent []byte
	if body != nil {
		var err error
		if sent, err = json.Marshal(body); err != nil {
			return notSent(err)
		}
	}
	address := strings.TrimRight(service, "/")
	for _, part := range path {
		address += "/" + url.PathEscape(part)
	}
	for try := 0; ; try++ {
		token, err := c.pass.get(ctx)
		if err != nil {
			return notSent(err)
		}
		err = c.once(ctx, method, address, token, sent, into)
		if answer, ok := errors.AsType[*answerError](err); ok && answer.Status == http.StatusUnauthorized && try == 0 {
			c.pass.drop(token)
			continue
		}
		return err
	}
}

func (c *Chat) once(ctx context.Context, method, address, token string, body []byte, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return notSent(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("User-Agent", "Lotse")
	if body != nil {
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		// The address holds ids of conversations only; a connection that did not come about
		// has sent nothing.
		if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
			return notSent(err)
		}
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if resp.StatusCode >= 300 {
		return failure(resp, answer)
	}
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if into == nil || len(bytes.TrimSpace(answer)) == 0 {
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}

// failure reads an answer that says no.
func failure(resp *http.Response, body []byte) error {
	var said struct {
		Error struct {
			Code string `json:"code"`
			Sub  string `json:"subCode"`
		} `json:"error"`
		Sub string `json:"subCode"`
	}
	_ = json.Unmarshal(body, &said) // a proxy's page says nothing to us
	e := &answerError{Status: resp.StatusCode, Code: bot.Cut(said.Error.Code, 100), Sub: bot.Cut(said.Error.Sub+said.Sub, 100)}
	header := resp.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(header); err == nil {
		e.After = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
			e.After = at.Sub(date)
		}
	}
	e.After = min(max(e.After, 0), time.Hour)
	return e
}

// notSent is a failure before anything was sent.
func notSent(err error) error { return &bot.SendError{Err: err, Refused: true} }

// sendError says what a failed request means for what was to be sent, see [bot.SendError].
//
// What Teams documents as worth another try (412, 429, 502, 504) is tried again by the
// engine, after a rest that grows. 412 and 429 are no doubt: nothing was done. After
// any other failure of a server or a connection it may have been done all the same, and
// there is nowhere to look: a bot cannot read what stands in a conversation.
func sendError(what string, err error) error {
	if err == nil {
		return nil
	}
	wrapped := fmt.Errorf("%s: %w", what, err)
	if known, ok := errors.AsType[*bot.SendError](err); ok {
		again := *known
		again.Err = wrapped
		return &again
	}
	e, ok := errors.AsType[*answerError](err)
	if !ok {
		return wrapped
	}
	s := &bot.SendError{Err: wrapped, Refused: true, After: e.After}
	switch {
	case e.Status == http.StatusTooManyRequests, e.Status == http.StatusPreconditionFailed:
	case e.Status == http.StatusUnauthorized:
	case e.Status == http.StatusRequestTimeout, e.Status >= 500:
		return wrapped
	case e.has("MessageWritesBlocked", "ConversationBlockedByUser", "BotDisabledByAdmin"): // people give it back
		s.Why = bot.RefusedMute
	case e.has("BotNotInConversationRoster", "ConversationNotFound"), e.Status == http.StatusForbidden:
		s.Final, s.Why = e.Code != "", bot.RefusedAway
		if e.Code == "" { // a proxy's, whose mood may pass
			s.Why = ""
		}
	case e.Status == http.StatusRequestEntityTooLarge:
		s.Final = true
	default:
		s.Final = e.Code != ""
	}
	return s
}
