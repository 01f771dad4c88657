package matrix

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"maunium.net/go/mautrix"

	"lotse/bot"
)

// loggedOut reports whether the server no longer accepts the session.
func loggedOut(err error) bool {
	return errors.Is(err, mautrix.MUnknownToken) || errors.Is(err, mautrix.MMissingToken) ||
		code(err) == "M_USER_DEACTIVATED"
}

// tooLarge reports whether an answer has more bytes than we read.
func tooLarge(err error) bool {
	return errors.Is(err, mautrix.ErrResponseTooLong) || errors.Is(err, mautrix.ErrBodyReadReachedLimit)
}

// code returns the Matrix error code of an answer, or "" if it is none: a broken
// connection, or a page of some proxy in between.
func code(err error) string {
	if resp, ok := errors.AsType[mautrix.RespError](err); ok {
		return resp.ErrCode
	}
	return ""
}

// closed are the codes of a homeserver that is closed to the account for now: what it
// refuses today it takes again once its operator has opened the door.
var closed = []string{"M_USER_LOCKED", "M_USER_SUSPENDED", "M_RESOURCE_LIMIT_EXCEEDED", "M_CONSENT_NOT_GIVEN"}

// sendError says what a failed request of a send means, see [bot.SendError].
//
// Only a Matrix error code is a homeserver's refusal. A bare 403 or 404 is some
// proxy's, whose mood may pass; only 413 is taken at its word, because it is
// usually a proxy that finds a body too large.
func sendError(what string, err error) error {
	if err == nil {
		return nil
	}
	wrapped := fmt.Errorf("%s: %w", what, err)
	if loggedOut(err) {
		return fmt.Errorf("%s: %w: %w", what, bot.ErrLoggedOut, err)
	}
	answer, ok := errors.AsType[mautrix.HTTPError](err)
	if !ok || answer.Response == nil || answer.WrappedError != nil {
		return wrapped
	}
	switch status := answer.Response.StatusCode; {
	case status == http.StatusTooManyRequests:
		return &bot.SendError{Err: wrapped, Refused: true, After: retryAfter(answer)}
	case slices.Contains(closed, code(err)):
		return &bot.SendError{Err: wrapped, Refused: true}
	case status == http.StatusRequestEntityTooLarge:
		return &bot.SendError{Err: wrapped, Refused: true, Final: true}
	case status >= 400 && status < 500 && status != http.StatusRequestTimeout && code(err) != "":
		return &bot.SendError{Err: wrapped, Refused: true, Final: true}
	}
	return wrapped
}

// denied reports whether a homeserver has answered that it will not do it, now or
// ever.
func denied(err error) bool {
	answer, ok := errors.AsType[mautrix.HTTPError](err)
	return ok && answer.Response != nil && code(err) != "" && !loggedOut(err) && !slices.Contains(closed, code(err)) &&
		answer.Response.StatusCode < 500 && answer.Response.StatusCode != http.StatusTooManyRequests
}

// refused is an error that no server was asked for.
func refused(what string, err error) error {
	return &bot.SendError{Err: fmt.Errorf("%s: %w", what, err), Refused: true, Final: true}
}

// retryAfter reads how long a server wants us to wait: the header (newer servers)
// or the body (older ones, and Dendrite), whichever is longer; 0 if neither says.
func retryAfter(e mautrix.HTTPError) time.Duration {
	var wait time.Duration
	header := e.Response.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(header); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		// By the server's own clock, if it says what that is.
		if date, err := http.ParseTime(e.Response.Header.Get("Date")); err == nil {
			wait = at.Sub(date)
		}
	}
	if e.RespError != nil {
		if ms, ok := e.RespError.ExtraData["retry_after_ms"].(float64); ok {
			wait = max(wait, time.Duration(ms)*time.Millisecond)
		}
	}
	return min(max(wait, 0), time.Hour)
}
