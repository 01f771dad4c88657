package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"lotse/bot"
	"lotse/storage"
)

func TestLoginToken(t *testing.T) {
	for input, want := range map[string]string{
		"http://localhost/?loginToken=syl_abc%2B1":      "syl_abc+1",
		"http://localhost/?x=y&loginToken=syl_abc#frag": "syl_abc",
		"syl_abc":           "syl_abc",           // the bare token
		"http://localhost/": "http://localhost/", // no token in it: the server refuses it and says so
	} {
		if got := loginToken(input); got != want {
			t.Errorf("the token in %q is %q, want %q", input, got, want)
		}
	}
}

func TestSession(t *testing.T) {
	c, store := testConfig(t, ""), memory(t, storage.Options{})
	for _, tc := range []struct{ stored, want string }{
		{"", `run "lotse login" first`},
		{"{", `run "lotse login" again`},
		{`{"user_id":"@other:stadt.example","access_token":"secret"}`, "has a session of @other:stadt.example, the configuration says @lotse:stadt.example"},
	} {
		if err := store.Remember(t.Context(), sessionName, tc.stored); err != nil {
			t.Fatal(err)
		}
		_, err := c.session(t.Context(), store)
		if !errors.Is(err, errNotLoggedIn) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("session %s: %v, want %q", tc.stored, err, tc.want)
		}
		if strings.Contains(fmt.Sprint(err), "secret") {
			t.Errorf("the error tells the token: %v", err)
		}
	}
}

func TestLines(t *testing.T) {
	l := newLines(strings.NewReader("one\r\n\nthree"))
	defer l.close()
	for _, want := range []string{"one", "", "three"} {
		if got, err := l.next(t.Context()); got != want || err != nil {
			t.Errorf("next: %q, %v; want %q", got, err, want)
		}
	}
	if got, err := l.next(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("behind the last line: %q, %v; want EOF", got, err)
	}

	// Somebody who types nothing does not keep the program from stopping.
	r, w := io.Pipe()
	defer w.Close()
	silence := newLines(r)
	defer silence.close()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := silence.next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("next after a stop: %v", err)
	}
}

func TestExplain(t *testing.T) {
	c := testConfig(t, "")
	mixed := fmt.Errorf("open: %w", storage.ErrRehearsal)
	for _, tc := range []struct {
		err  error
		want string // what to do
	}{
		{explainKind(mixed, c, true), "rehearse with another configuration file"},
		{explainKind(mixed, c, false), "name another file under database: in " + c.file},
		{explainStop(fmt.Errorf("no chat is left: %w", bot.ErrLoggedOut)), `log the bot in again with "lotse login"`},
		{explainStop(fmt.Errorf("renew: %w", bot.ErrEpoch)), "another lotse works on this database"},
	} {
		if !strings.Contains(tc.err.Error(), tc.want) {
			t.Errorf("%v: want %q", tc.err, tc.want)
		}
	}
	if err := explainStop(nil); err != nil {
		t.Errorf("a stop is explained: %v", err)
	}
	other := errors.New("disk full")
	if explainKind(other, c, true) != other || explainStop(other) != other {
		t.Error("another error has changed")
	}
}
