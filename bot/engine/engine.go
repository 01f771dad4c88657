package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"lotse/bot"
)

// ErrStopped is what drivers of an engine get that does not run any more.
var ErrStopped = errors.New("the engine has stopped")

// Rules are the pure decisions the engine calls.
type Rules struct {
	Needs      func(bot.Event) bot.Query
	Decide     func(bot.Snapshot, bot.Event) (bot.Change, error)
	TimerNeeds func(bot.Timer) bot.Query
	Due        func(bot.Snapshot, bot.Timer) (bot.Change, error)
	// Follow adds to every decision what follows from it elsewhere; also to a command's.
	// e is nil for a timer.
	Follow func(s bot.Snapshot, e *bot.Event, c *bot.Change) error
}

// Limits bound waiting and work; zero values mean the defaults in parentheses.
type Limits struct {
	Parallel  int           // sends in flight per chat (8)
	CatchUp   time.Duration // how long due timers wait for the chats after a start (2 minutes, real time)
	Grace     time.Duration // how long a stop waits for what is in hand (10 seconds)
	LeaseTTL  time.Duration // how long the lease is taken for (60 seconds)
	LeaseWait time.Duration // how long a start waits for somebody else's lease (LeaseTTL + 5 seconds)
	BackOff   time.Duration // first rest after a failed try, doubled each time (1 second)
	BackOffTo time.Duration // longest rest (5 minutes)
	Tries     int           // tries of a timer's decision before it is given up (3)
	Patience  time.Duration // how long a chat may take after a start to show what it has taken (1 minute, real time)
	Stale     int           // decisions about one subject after bot.ErrStale (10)
	Census    time.Duration // how long a chat may take to say who is in a decision's rooms (5 seconds, real time)
}

func (l Limits) withDefaults() Limits {
	def(&l.Parallel, 8)
	def(&l.CatchUp, 2*time.Minute)
	def(&l.Grace, 10*time.Second)
	def(&l.LeaseTTL, time.Minute)
	def(&l.LeaseWait, l.LeaseTTL+5*time.Second)
	def(&l.BackOff, time.Second)
	def(&l.BackOffTo, 5*time.Minute)
	def(&l.Tries, 3)
	def(&l.Patience, time.Minute)
	def(&l.Stale, 10)
	def(&l.Census, 5*time.Second)
	return l
}

func def[T comparable](v *T, to T) {
	var zero T
	if *v == zero {
		*v = to
	}
}

// Config is what an engine is made of.
type Config struct {
	Store     Store
	Chats     []Chat
	Renderer  Renderer
	Commander Commander // nil: no commands
	Settings  *bot.Settings
	Rules     Rules // zero fields: those of package bot
	Clock     Clock // nil: Real
	Log       *slog.Logger
	Holder    string // names this process in the lease: host name, for example
	Metrics   Metrics
	Limits    Limits
}

// Engine moves events, decisions and posts. See the package comment.
type Engine struct {
	Config
	watch   *watch
	loop    *bell
	chats   []*chat
	epoch   int64
	started atomic.Bool
	done    chan struct{} // closed when Run has ended
	stop    context.CancelFunc

	// Only the loop touches these.
	dropped []bot.Dropped   // not yet told to the PMO
	failing map[bot.Key]int // how often a timer's decision failed

	refusals refusals

	mu      sync.Mutex
	fatal   error     // why the engine stops by itself
	renewed time.Time // when the lease was last renewed, real time
	stuck   error     // why the loop makes no progress
}

// chat is one chat with what the engine knows about it.
type chat struct {
	Chat
	bell *bell
	out  *sender

	mu        sync.Mutex
	caughtUp  bool
	loggedOut bool
	deaf      error // why it does not listen just now
}

// New checks the configuration. Nothing happens until Run.
func New(c Config) (*Engine, error) {
	switch {
	case c.Store == nil:
		return nil, errors.New("engine without a store")
	case len(c.Chats) == 0:
		return nil, errors.New("engine without a chat")
	case c.Renderer == nil:
		return nil, errors.New("engine without a renderer")
	case c.Settings == nil || c.Settings.Zone == nil:
		return nil, errors.New("engine without settings or without a time zone")
	case c.Holder == "":
		return nil, errors.New("engine without a name for its lease")
	}
	if c.Clock == nil {
		c.Clock = Real{}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Rules = c.Rules.withDefaults()
	c.Limits = c.Limits.withDefaults()
	c.Metrics = c.Metrics.withDefaults()
	e := &Engine{Config: c, watch: newWatch(), done: make(chan struct{}), failing: map[bot.Key]int{}}
	e.loop = e.watch.bell()
	seen := map[bot.ChatID]bool{}
	for _, ch := range c.Chats {
		if seen[ch.ID()] {
			return nil, fmt.Errorf("two chats are called %q", ch.ID())
		}
		seen[ch.ID()] = true
		k := &chat{Chat: ch, bell: e.watch.bell()}
		k.out = newSender(e, k)
		e.chats = append(e.chats, k)
	}
	e.watch.wait(len(e.chats))
	return e, nil
}

// Run takes the lease and works until ctx ends, then finishes what is in hand and
// gives the lease back. It returns nil after a stop, an error wrapping
// bot.ErrEpoch when another process took over, and one wrapping bot.ErrLoggedOut
// when no chat is left that accepts us. An engine runs once.
func (e *Engine) Run(ctx context.Context) error {
	if !e.started.CompareAndSwap(false, true) {
		return errors.New("the engine ran before")
	}
	defer close(e.done)
	if err := e.acquire(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	if err := e.recallDropped(ctx); err != nil {
		if ctx.Err() != nil {
			err = nil
		}
		return errors.Join(err, e.release())
	}
	if err := e.recallRefusals(ctx); err != nil {
		if ctx.Err() != nil {
			err = nil
		}
		return errors.Join(err, e.release())
	}
	ctx, e.stop = context.WithCancel(ctx)
	defer e.stop()
	var all sync.WaitGroup
	for _, c := range e.chats {
		all.Go(func() { e.listen(ctx, c) })
		all.Go(func() { c.out.run(ctx) })
	}
	all.Go(func() { e.keepLease(ctx) })
	e.work(ctx)
	e.stop()
	all.Wait()
	if err := e.why(); errors.Is(err, bot.ErrEpoch) {
		return err
	}
	return errors.Join(e.why(), e.release())
}

// fail stops the engine for a reason of its own; the first one counts.
func (e *Engine) fail(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.fatal == nil {
		e.fatal = err
	}
	e.stop()
}

func (e *Engine) why() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.fatal
}

// hand returns a context for finishing what is in hand: it outlives a stop by the
// grace.
func (e *Engine) hand(ctx context.Context) (context.Context, context.CancelFunc) {
	free, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(e.Limits.Grace, cancel)
		context.AfterFunc(free, func() { timer.Stop() })
	})
	return free, func() { stop(); cancel() }
}

// chatOf returns the chat with an id, or nil.
func (e *Engine) chatOf(id bot.ChatID) *chat {
	for _, c := range e.chats {
		if c.ID() == id {
			return c
		}
	}
	return nil
}

// Status is what an operator wants to know of a running engine.
type Status struct {
	CaughtUp  map[bot.ChatID]bool // has handed over what happened before the start
	LoggedOut map[bot.ChatID]bool
	Deaf      map[bot.ChatID]error // why a chat does not listen just now, absent if it does
	Renewed   time.Time            // when the lease was last renewed, real time
	Stuck     error                // why no decision can be made just now, nil if all is well
}

// Status returns how the engine is. It touches neither store nor chats.
func (e *Engine) Status() Status {
	s := Status{CaughtUp: map[bot.ChatID]bool{}, LoggedOut: map[bot.ChatID]bool{}, Deaf: map[bot.ChatID]error{}}
	for _, c := range e.chats {
		c.mu.Lock()
		s.CaughtUp[c.ID()], s.LoggedOut[c.ID()] = c.caughtUp, c.loggedOut
		if c.deaf != nil {
			s.Deaf[c.ID()] = c.deaf
		}
		c.mu.Unlock()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	s.Renewed, s.Stuck = e.renewed, e.stuck
	return s
}
