package matrixtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Error is the homeserver's refusal of a request.
type Error struct {
	Request    string // method and path
	Status     int    // of the HTTP response
	Code       string `json:"errcode"`
	Message    string `json:"error"`
	RetryAfter int    `json:"retry_after_ms"`
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s: %d %s: %s", e.Request, e.Status, e.Code, e.Message)
}

// Path joins the segments of an endpoint of the client-server API and escapes
// them: Path("rooms", room, "leave").
func Path(segments ...string) string {
	var b strings.Builder
	b.WriteString("/_matrix/client/v3")
	for _, s := range segments {
		b.WriteString("/" + url.PathEscape(s))
	}
	return b.String()
}

// Do sends one request as the user, with in as JSON body unless it is nil, and
// decodes the answer into out unless that is nil. A refusal is an *Error. It
// serves what has no method of its own, and goroutines that may not end the
// test.
func (u *User) Do(method, path string, in, out any) error {
	return u.Server.do(method, path, u.Token, in, out)
}

// must is Do for the test's own goroutine. It repeats what the server's rate
// limit has put off.
func (u *User) must(t testing.TB, method, path string, in, out any) {
	t.Helper()
	if err := patiently(func() error { return u.Do(method, path, in, out) }); err != nil {
		t.Fatalf("%s: %v", u.ID, err)
	}
}

func patiently(request func() error) error {
	for {
		err := request()
		limit, ok := errors.AsType[*Error](err)
		if !ok || limit.Status != http.StatusTooManyRequests {
			return err
		}
		time.Sleep(time.Duration(max(limit.RetryAfter, 1)) * time.Millisecond)
	}
}

func (s *Server) do(method, path, token string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequest(method, s.URL+path, body)
	if err != nil {
		return err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if resp.StatusCode != http.StatusOK {
		refusal := &Error{Request: method + " " + path, Status: resp.StatusCode}
		if json.Unmarshal(b, refusal) != nil {
			refusal.Message = string(b)
		}
		return refusal
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(b, out); err != nil {
		return fmt.Errorf("%s %s: read the answer: %w", method, path, err)
	}
	return nil
}
