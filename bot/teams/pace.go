package teams

import (
	"sync"
	"time"
)

// window allows n sends within a time.
type window struct {
	n  int
	in time.Duration
}

// What Teams allows a bot in one conversation, and (one tenth below the documented 50 a
// second) in one tenant.
// https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit
var (
	conversationWindows = []window{{7, time.Second}, {8, 2 * time.Second}, {60, 30 * time.Second}, {1800, time.Hour}}
	tenantWindows       = []window{{45, time.Second}}
)

// pace says when the next send may go, by when the last ones went.
type pace struct {
	windows []window
	sent    []time.Time // the last ones, oldest first
}

// next is the earliest time from now on at which one more is allowed.
func (p *pace) next(now time.Time) time.Time {
	at := now
	for _, w := range p.windows {
		if i := len(p.sent) - w.n; i >= 0 {
			if free := p.sent[i].Add(w.in); free.After(at) {
				at = free
			}
		}
	}
	return at
}

// note writes down that one goes at a time, which is not before the last one's.
func (p *pace) note(at time.Time) {
	p.sent = append(p.sent, at)
	longest := p.windows[len(p.windows)-1]
	old := max(0, len(p.sent)-longest.n)
	for old < len(p.sent) && at.Sub(p.sent[old]) >= longest.in {
		old++
	}
	if old > 0 {
		p.sent = append(p.sent[:0], p.sent[old:]...)
	}
}

// paces are those of all conversations and tenants that were written to lately.
type paces struct {
	mu  sync.Mutex
	all map[string]*pace
	off bool // everything may go at once
	// swept is when those that allow everything again were taken out.
	swept time.Time
}

func newPaces(off bool) *paces { return &paces{all: map[string]*pace{}, off: off} }

// book reserves the next place for a send to a conversation of a tenant, if that is
// within the limit, and returns how long to wait for it. Otherwise nothing is reserved.
func (p *paces) book(conversation, tenant string, now time.Time, limit time.Duration) (wait time.Duration, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.off {
		return 0, true
	}
	p.sweep(now)
	c, t := p.of("c "+conversation, conversationWindows), p.of("t "+tenant, tenantWindows)
	at := c.next(now)
	at = t.next(at)
	at = c.next(at)
	if wait = at.Sub(now); wait > limit {
		return wait, false
	}
	c.note(at)
	t.note(at)
	return wait, true
}

func (p *paces) of(name string, windows []window) *pace {
	if p.all[name] == nil {
		p.all[name] = &pace{windows: windows}
	}
	return p.all[name]
}

func (p *paces) sweep(now time.Time) {
	if now.Sub(p.swept) < time.Minute {
		return
	}
	p.swept = now
	for name, one := range p.all {
		longest := one.windows[len(one.windows)-1].in
		if n := len(one.sent); n == 0 || now.Sub(one.sent[n-1]) >= longest {
			delete(p.all, name)
		}
	}
}
