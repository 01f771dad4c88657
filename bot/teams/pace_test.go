package teams

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"lotse/bot"
)

// However sends come, in no window there are more than Teams allows.
func TestPace(t *testing.T) {
	start := time.Date(2026, 11, 18, 9, 0, 0, 0, time.UTC)
	p := newPaces(false)
	now, sent := start, []time.Time{}
	for len(sent) < 4000 {
		wait, ok := p.book("a", "t", now, maxWait)
		if !ok {
			now = now.Add(wait)
			continue
		}
		sent = append(sent, now.Add(wait))
		if len(sent)%50 == 0 {
			now = now.Add(700 * time.Millisecond)
		}
	}
	for _, w := range conversationWindows {
		for i := w.n; i < len(sent); i++ {
			if d := sent[i].Sub(sent[i-w.n]); d < w.in {
				t.Fatalf("%d sends within %v, only %d are allowed in %v", w.n+1, d, w.n, w.in)
			}
		}
	}
	if took := sent[len(sent)-1].Sub(start); took > 3*time.Hour {
		t.Errorf("4000 sends took %v: they go slower than they may", took)
	}
}

// A tenant has a limit of its own, and conversations do not wait for each other's.
func TestPaceOfTenant(t *testing.T) {
	now := time.Date(2026, 11, 18, 9, 0, 0, 0, time.UTC)
	p := newPaces(false)
	for i := range 45 {
		if wait, ok := p.book(fmt.Sprint(i), "t", now, maxWait); !ok || wait > 0 {
			t.Fatalf("conversation %d waits %v", i, wait)
		}
	}
	if wait, ok := p.book("one more", "t", now, maxWait); !ok || wait != time.Second {
		t.Errorf("one more waits %v", wait)
	}
	if wait, ok := p.book("one more", "another tenant", now, maxWait); !ok || wait > time.Second {
		t.Errorf("in another tenant it waits %v", wait)
	}
	p.book("much later", "t", now.Add(3*time.Hour), maxWait)
	if len(p.all) > 2 {
		t.Errorf("%d paces are kept of conversations that rest", len(p.all))
	}
}

// A send waits for its place, but not for long: then it is for the engine to come again.
func TestTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &Chat{paces: newPaces(false)}
		began := time.Now()
		for i := range 8 {
			if err := c.turn(t.Context(), "room", "tenant"); err != nil {
				t.Fatalf("send %d: %v", i, err)
			}
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("eight sends took %v, want one second", took)
		}
		var err error
		for err == nil {
			err = c.turn(t.Context(), "room", "tenant")
		}
		s, ok := errors.AsType[*bot.SendError](err)
		if !ok || !s.Refused || s.Final || s.After <= maxWait {
			t.Errorf("after %v: %#v", time.Since(began), err)
		}
	})
}
