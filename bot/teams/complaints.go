package teams

import (
	"context"
	"log/slog"
	"net/http"
	"regexp"
	"sync"
	"time"
)

// often is how often, at most, the log says that something was refused for one reason:
// whoever sends thousands of requests shall not fill the disk.
const often = time.Minute

// complaints say what is not let in: the first of its kind at once, and what follows
// within a minute together in one line. They count all of it.
type complaints struct {
	log *slog.Logger

	mu    sync.Mutex
	open  map[string]*complaint // told within the last minute, by reason
	total map[string]int        // since the start, by reason
}

type complaint struct {
	last  *refusal
	more  int // since the last line
	timer *time.Timer
}

func newComplaints(log *slog.Logger) *complaints {
	return &complaints{log: log, open: map[string]*complaint{}, total: map[string]int{}}
}

// kind is the reason by which refusals are told apart. It is one of ours; that of an
// outage may say anything.
func (r *refusal) kind() string {
	if r.status == http.StatusServiceUnavailable {
		return "not available"
	}
	return r.reason
}

func (c *complaints) add(no *refusal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	kind := no.kind()
	c.total[kind]++
	if known := c.open[kind]; known != nil {
		known.last = no
		known.more++
		return
	}
	c.open[kind] = &complaint{last: no, timer: time.AfterFunc(often, func() { c.review(kind) })}
	c.tell(no, 1)
}

// review says what has come since the last line about a reason, and forgets the reason if
// nothing has.
func (c *complaints) review(kind string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := c.open[kind]
	switch {
	case known == nil:
	case known.more == 0:
		delete(c.open, kind)
	default:
		c.tell(known.last, known.more)
		known.more = 0
		known.timer.Reset(often)
	}
}

// end says what has not been said.
func (c *complaints) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for kind, known := range c.open {
		known.timer.Stop()
		if known.more > 0 {
			c.tell(known.last, known.more)
		}
		delete(c.open, kind)
	}
}

func (c *complaints) tell(no *refusal, times int) {
	about := append([]any{"status", no.status, "reason", no.reason, "times", times}, no.about...)
	c.log.WarnContext(context.Background(), "a request to the Teams address was refused", about...)
}

// Refused is how many requests were not let in since the start, by reason.
func (c *Chat) Refused() map[string]int {
	c.complaints.mu.Lock()
	defer c.complaints.mu.Unlock()
	refused := map[string]int{}
	for kind, n := range c.complaints.total {
		refused[kind] = n
	}
	return refused
}

var (
	isTenant = regexp.MustCompile(`^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)
	isTeam   = regexp.MustCompile(`^19:[0-9A-Za-z_-]{1,100}@thread\.(?:tacv2|skype)$`)
)

// named lets the log name a tenant or a team, so that somebody can put it on the list: it
// is the Bot Connector that says so. What does not look like an id is not named.
func (r *refusal) named(what, id string, is *regexp.Regexp) *refusal {
	if is.MatchString(id) {
		r.about = []any{what, id}
	}
	return r
}
