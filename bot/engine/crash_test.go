package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/engine"
	"lotse/bot/engine/enginetest"
	"lotse/commands"
	"lotse/storage"
)

// Whenever the process dies, before any operation on store or chat or after it, when
// its answer is lost, the bot goes on as if nothing had been: in the end the rooms and
// the books hold what they would have held, nothing is missing, nothing stands twice,
// although the homeserver has forgotten all transactions.
//
// The story is played once as a reference, and once more to die in: before and after
// each operation all that a dead process leaves behind is copied, the database, the
// chat, the clock ([world]). Stops between which nothing was written leave the same
// world; it is copied once. In every world two new lives begin. In one the outbox goes on
// before the chat has said what happened meanwhile, so that what is in doubt has to be
// looked for; in the other they begin as they do. Each goes on to the next point at which
// the bot is idle and on through the next step, and some, in the long tier all, to the
// end of the story.
func TestCrash(t *testing.T) {
	long := os.Getenv("LOTSE_TEST_LONG") != ""
	stride := 120
	if long {
		stride = 1
	}
	story := nineWeeks()
	crash(t, story, 1500, func(n int) int {
		switch {
		case race && n%25 > 0: // it takes ten times as long
			return 0
		case n%stride == 0:
			return len(story)
		}
		return 2
	}, map[string]int{
		"/ask/": 7, "/question/": 20, "/remind": 8, "/summary/": 4, "/overview/": 3, "/agenda": 6, "/moved/": 3, "reply/": 6, "entered/": 1, "ack/": 20, "/draft/": 2,
	})
}

// What is put to the DM is decided once, and told once, whenever the process dies. It dies
// at every other of the operations, in the long tier at each.
func TestCrashEscalation(t *testing.T) {
	long := os.Getenv("LOTSE_TEST_LONG") != ""
	story := aDecision()
	crash(t, story, 500, func(n int) int {
		switch {
		case race && n%25 > 0:
			return 0
		case long || n%50 == 0:
			return len(story)
		case n%2 == 0:
			return 1
		}
		return 0
	}, map[string]int{
		"/draft/": 2, "/request/": 3, "/told/": 2, "/question/": 1, "/answer/": 1, "/forward/": 1, "/advice/": 1, "/outcome/": 7, "/aside/": 3, "ack/": 5, " decided serviceportal": 3, " setaside serviceportal": 1,
	})
}

// crash plays a story to die in it. It has so many operations at least, and things so
// often in its books and the keys of its messages.
func crash(t *testing.T, story []step, operations int, steps func(n int) int, keys map[string]int) {
	t.Helper()
	c := &crashes{t: t, place: testPlace, story: story, want: testPlace.reference(t, story)}
	c.crash(operations, steps, keys)
}

func (c *crashes) crash(operations int, steps func(n int) int, keys map[string]int) {
	c.t.Helper()
	t, story := c.t, c.story
	c.play(steps)
	t.Logf("%d operations, the process was stopped before and after each: %s", c.operations, c)
	if c.operations < operations {
		t.Errorf("the story has %d operations, want %d", c.operations, operations)
	}
	end := c.want[len(story)-1]
	said := fmt.Sprint(slices.Collect(maps.Values(end.said)), end.books)
	for key, n := range keys {
		if got := strings.Count(said, key); got < n {
			t.Errorf("the story has %d times %q in its books or the keys of its messages, want %d", got, key, n)
		}
	}
	for _, found := range c.found {
		t.Error(found)
	}
}

// The crash test can fail: it sees what comes of each of these faults.
func TestCrashSeesFaults(t *testing.T) {
	if race {
		t.Skip("the race detector has nothing to learn from it, and takes ten times as long")
	}
	story := nineWeeks()[:6]
	want := testPlace.reference(t, story)
	for _, test := range []struct {
		fault string
		chat  func(*enginetest.Chat) engine.Chat
		seen  func(*crashes) int
	}{
		{"nobody looks into the room before a doubtful resend", func(c *enginetest.Chat) engine.Chat {
			return struct {
				engine.Chat
				engine.DirectOpener
				engine.Settler
			}{c, c, c}
		}, func(c *crashes) int { return c.doubled }},
		{"the look finds what is not there", func(c *enginetest.Chat) engine.Chat { return finding{c} },
			func(c *crashes) int { return c.lost }},
		{"the position moves before the events are taken in", func(c *enginetest.Chat) engine.Chat { return hasty{c} },
			func(c *crashes) int { return c.answers }},
	} {
		c := &crashes{t: t, place: testPlace, story: story, want: want, chat: test.chat}
		c.play(func(int) int { return 1 })
		t.Logf("%s: %s", test.fault, c)
		if test.seen(c) == 0 {
			t.Errorf("%s, and the crash test does not see it", test.fault)
		}
	}
}

// An operation has been carried out, but its answer is lost, and the process lives: it is
// done once all the same. Each of the lives hears nothing of every so many operations.
func TestLostAnswers(t *testing.T) {
	for name, story := range map[string][]step{"nine weeks": nineWeeks(), "a decision": aDecision()} {
		t.Run(name, func(t *testing.T) { lostAnswers(t, story) })
	}
}

func lostAnswers(t *testing.T, story []step) {
	const every = 7
	c := &crashes{t: t, place: testPlace, story: story, want: testPlace.reference(t, story)}
	unheard := 0
	for i := range every {
		if race && i > 0 {
			break
		}
		var mu sync.Mutex
		n := 0
		deaf := &life{around: func(what string, op func() error) error {
			err := op()
			mu.Lock()
			defer mu.Unlock()
			if !slices.Contains([]string{"Receive", "Commit", "Claim", "Settle", "Remember", "Send", "OpenDirect"}, what) {
				return err
			}
			if n++; err == nil && n%every == i {
				unheard++
				err = enginetest.ErrConnection
			}
			return err
		}}
		town, err := testPlace.begin(t.Context(), testPlace.store(t), testPlace.rooms(), dawn, deaf.conf)
		if err != nil {
			t.Fatal(err)
		}
		for j, s := range story {
			if err := town.play(t.Context(), s, false); err != nil {
				t.Fatalf("%s: %v", s.about, err)
			}
			got, err := town.outcome(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			c.compare("deaf, after "+s.about, got, c.want[j], nil)
		}
		if err := town.end(); err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d answers were not heard: %s", unheard, c.counts())
	for _, found := range c.found {
		t.Error(found)
	}
}

// finding is a chat that takes everything in doubt for sent.
type finding struct{ *enginetest.Chat }

func (finding) Find(context.Context, bot.RoomID, bot.Key, int) (bot.MessageID, error) {
	return "test:$nowhere", nil
}

// hasty is a chat that has moved its position past what was not yet taken in when the
// process died.
type hasty struct{ *enginetest.Chat }

func (h hasty) Run(ctx context.Context, deliver bot.Deliver) error {
	first := true
	return h.Chat.Run(ctx, func(ctx context.Context, b bot.Batch) error {
		if first {
			b.Events = slices.DeleteFunc(b.Events, func(e bot.Event) bool { return e.Kind != bot.EventEcho })
		}
		first = false
		return deliver(ctx, b)
	})
}

// city is one life of the bot in the city of the story.
type city struct {
	*engine.Engine
	store *storage.Store
	chat  *enginetest.Chat
	stage stage
	clock *engine.Simulated
	stop  context.CancelFunc
	done  chan error
}

// place is a chat system in which the city is.
type place struct {
	id    bot.ChatID
	books func() bot.Change
	// chat is the bot's in these rooms, with what it remembers; the end has to be called.
	chat  func(*enginetest.Chat, engine.Memory) (chat engine.Chat, end func(), err error)
	stage func(*enginetest.Chat) stage
}

// testPlace is the chat that records, as it is.
var testPlace = &place{
	id: "test", books: cityBooks,
	chat:  func(c *enginetest.Chat, _ engine.Memory) (engine.Chat, func(), error) { return c, func() {}, nil },
	stage: func(c *enginetest.Chat) stage { return c },
}

func (p *place) rooms() *enginetest.Chat { return enginetest.NewChat(p.id) }

// store is a store that holds the city's books.
func (p *place) store(t *testing.T) *storage.Store {
	t.Helper()
	store, err := storage.Memory(t.Context(), storage.Options{Rehearsal: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	epoch, err := store.Acquire(t.Context(), "seed", dawn, time.Hour)
	if err == nil {
		err = store.Commit(t.Context(), bot.Commit{Epoch: epoch, Now: dawn, Change: p.books()})
	}
	if err == nil {
		err = store.Release(t.Context(), epoch)
	}
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// begin starts the bot. What it calls may be put around store and chat.
func (p *place) begin(ctx context.Context, store *storage.Store, rooms *enginetest.Chat, at time.Time, around func(*engine.Config)) (*city, error) {
	words, err := cityWords()
	if err != nil {
		return nil, err
	}
	memory := new(lateMemory)
	chat, end, err := p.chat(rooms, memory)
	if err != nil {
		return nil, err
	}
	c := &city{store: store, chat: rooms, stage: p.stage(rooms), clock: engine.NewSimulated(at), done: make(chan error, 1)}
	conf := engine.Config{
		Store: store, Chats: []engine.Chat{chat}, Renderer: words, Commander: commands.New("Lotse"), Rules: cityRules(), Settings: citySettings(),
		Clock: c.clock, Log: slog.New(slog.DiscardHandler), Holder: "lotse",
		Limits: engine.Limits{BackOff: time.Millisecond, BackOffTo: 20 * time.Millisecond, LeaseTTL: 24 * time.Hour},
	}
	if around != nil {
		around(&conf)
	}
	memory.Memory, memory.kept = store, conf.Store
	if c.Engine, err = engine.New(conf); err != nil {
		return nil, err
	}
	ctx, c.stop = context.WithCancel(ctx)
	go func() {
		err := c.Run(ctx)
		end()
		c.done <- err
	}()
	return c, nil
}

// lateMemory is the store, once it is known what is around it. To look something up is no
// operation, as it may be done in the middle of one.
type lateMemory struct {
	engine.Memory
	kept engine.Memory
}

func (m *lateMemory) Remember(ctx context.Context, name, value string) error {
	return m.kept.Remember(ctx, name, value)
}

// end stops the bot in an orderly way.
func (c *city) end() error {
	c.stop()
	return <-c.done
}

// play plays a step, or what is left of it: in a world that somebody died in, what
// people did in the step is done.
func (c *city) play(ctx context.Context, s step, resumed bool) error {
	if s.deeds == nil {
		return c.RunUntil(ctx, s.until)
	}
	if !resumed {
		c.do(s)
	}
	return c.Idle(ctx)
}

// do does what people do in a step.
func (c *city) do(s step) {
	var events []bot.Event
	for _, do := range s.deeds {
		events = append(events, do(c.stage))
	}
	c.stage.Inject(events...)
}

// outcome is what rooms and books hold at a point at which the bot is idle.
type outcome struct {
	rooms   map[bot.RoomID]string    // as a reader sees them
	said    map[bot.RoomID][]bot.Key // what the bot said, in order
	doubled []string
	books   []string // a line for each row
	answers []string // the messages and reactions that stand in the reports
}

// booksQueries read all that the bot knows, and what is still to be done.
var booksQueries = []string{
	`SELECT 'person', id, body FROM people ORDER BY 2`,
	`SELECT 'room', id, body FROM rooms ORDER BY 2`,
	`SELECT 'project', id, body FROM projects ORDER BY 2`,
	`SELECT 'round', id, body FROM rounds ORDER BY 2`,
	`SELECT 'report', round || ' ' || project, body FROM reports ORDER BY 2`,
	`SELECT 'task', project || ' ' || seq, body FROM tasks ORDER BY 2`,
	`SELECT 'escalation', id, body FROM escalations ORDER BY 2`,
	`SELECT 'reported', escalation, round FROM escalation_rounds ORDER BY 2, 3`,
	`SELECT 'direct', user_id, body FROM directs ORDER BY 2`,
	`SELECT 'ref', message, project || ' ' || round || ' ' || field || ' ' || escalation FROM refs ORDER BY 2`,
	`SELECT 'timer', key, at_ms || ' ' || body FROM timers ORDER BY 2`,
	`SELECT 'event', event, state FROM inbox ORDER BY 2`,
	`SELECT 'slot', key, state || ' ' || message || ' ' || echoed || ' ' || wanted FROM slots ORDER BY 2`,
}

var messageID = regexp.MustCompile(`test:\$[^"]+|teams:[^"]+/[^"]+`)

func (c *city) outcome(ctx context.Context) (outcome, error) {
	o := outcome{rooms: map[bot.RoomID]string{}, said: map[bot.RoomID][]bot.Key{}, doubled: c.chat.Doubled()}
	for _, room := range c.chat.Rooms() {
		if o.said[room] = c.chat.Said(room); len(o.doubled) == 0 {
			o.rooms[room] = c.chat.Transcript(room)
		} else {
			o.rooms[room] = c.chat.Once(room)
		}
	}
	for _, query := range booksQueries {
		rows, err := c.store.DB().RawDB.QueryContext(ctx, query)
		if err != nil {
			return o, err
		}
		for rows.Next() {
			var kind, id, body string
			if err := rows.Scan(&kind, &id, &body); err != nil {
				return o, errors.Join(err, rows.Close())
			}
			id, body = strings.ReplaceAll(id, enginetest.Again, ""), strings.ReplaceAll(body, enginetest.Again, "")
			o.books = append(o.books, kind+" "+id+" "+body)
			if kind == "report" {
				o.answers = append(o.answers, messageID.FindAllString(body, -1)...)
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return o, err
		}
	}
	chain := new(bot.Chain)
	counted, err := c.store.Log(ctx, bot.LogQuery{}, func(r bot.Record) error {
		line := fmt.Sprint("entry ", r.Seq, " ", r.Kind, " ", r.Escalation, " ", r.Number, " ", r.Project, " ", r.At, " ", r.Person, " ", r.Role, " ", r.Choice, r.Evidence)
		for _, said := range r.Texts {
			line += fmt.Sprint(" ", said.Name, said.Text, said.Person, said.Message, said.At)
		}
		o.books = append(o.books, strings.ReplaceAll(line, enginetest.Again, "")) // but for what is secret and different each time
		return chain.Add(r)
	})
	if err == nil {
		err = chain.End(counted)
	}
	if err != nil {
		o.books = append(o.books, fmt.Sprint("the decision log does not verify: ", err))
	}
	return o, nil
}

// reference plays the story undisturbed and returns how each step ends.
func (p *place) reference(t *testing.T, story []step) []outcome {
	t.Helper()
	c, err := p.begin(t.Context(), p.store(t), p.rooms(), dawn, nil)
	if err != nil {
		t.Fatal(err)
	}
	var all []outcome
	for _, s := range story {
		if err := c.play(t.Context(), s, false); err != nil {
			t.Fatalf("%s: %v", s.about, err)
		}
		o, err := c.outcome(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, o)
	}
	if err := c.end(); err != nil {
		t.Fatal(err)
	}
	return all
}

// world is what a process leaves behind.
type world struct {
	books *image
	chat  *enginetest.Chat
	now   time.Time
	step  int    // of the story, in which it died
	stop  string // at what
	steps int    // how many steps to play from here on
}

// unheard are the messages of which it stands nowhere in a world that they arrived: where
// nobody can look for them, each is sent once more, and nothing else is.
func (w world) unheard(ctx context.Context, store *storage.Store) (doubles []string, err error) {
	rows, err := store.DB().RawDB.QueryContext(ctx, `SELECT room, frozen FROM slots WHERE state = 'sending' OR state = 'pending' AND doubtful = 1`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var room bot.RoomID
		var body string
		var out bot.Outgoing
		if err := rows.Scan(&room, &body); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(body), &out); err != nil {
			return nil, err
		}
		id, err := w.chat.Find(ctx, room, out.Key, out.Revision)
		if err != nil {
			return nil, err
		}
		if id != "" && out.Message == "" && !out.Absent {
			doubles = append(doubles, string(room)+" "+string(out.Key))
		}
	}
	slices.Sort(doubles)
	return doubles, rows.Err()
}

// where says where a process died.
func (w world) where(story []step) string {
	return fmt.Sprintf("died in step %d (%s), %s", w.step+1, story[w.step].about, w.stop)
}

// crashes plays the story to die in it, and counts.
type crashes struct {
	t     *testing.T
	place *place
	story []step
	want  []outcome
	chat  func(*enginetest.Chat) engine.Chat // puts something around the chat of the next life
	fault func(*teamsChat) engine.Chat       // the same in Teams
	// blind: nobody can look into the rooms, so that what is unheard is said once more.
	blind bool

	operations int
	worlds     int

	mu      sync.Mutex
	lives   int // after a death
	ends    int // … to the end of the story
	lost    int // messages and reactions of the bot
	doubled int
	unheard int // messages that are said once more, and may be
	answers int // lost
	order   int // rooms in another order
	other   int // lives with any other difference
	found   []string
}

func (c *crashes) String() string {
	return fmt.Sprintf("it left %d different worlds behind; %d new lives, %d of them to the end of the story: %s", c.worlds, c.lives, c.ends, c.counts())
}

func (c *crashes) counts() string {
	counts := fmt.Sprintf("%d messages lost, %d doubled, %d answers lost, %d rooms in another order, %d lives that differ otherwise",
		c.lost, c.doubled, c.answers, c.order, c.other)
	if c.blind {
		counts += fmt.Sprintf("; %d messages were unheard and said once more", c.unheard)
	}
	return counts
}

// play plays the story. steps says how many steps are played from the n-th world on.
func (c *crashes) play(steps func(n int) int) {
	c.t.Helper()
	worlds := make(chan world)
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		store := c.place.store(c.t) // on this goroutine: it may end the test
		all.Go(func() {
			if err := c.goOn(store, worlds); err != nil {
				c.t.Error(err)
			}
			for w := range worlds { // after an error
				w.books.drop()
			}
		})
	}
	err := c.die(worlds, steps)
	close(worlds)
	all.Wait()
	if err != nil {
		c.t.Fatal(err)
	}
}

// die plays the story and hands over a world wherever it could have ended.
func (c *crashes) die(worlds chan<- world, steps func(n int) int) error {
	ctx := c.t.Context()
	store := c.place.store(c.t)
	copies, err := newCopier(ctx, store)
	if err != nil {
		return err
	}
	defer copies.conn.Close()
	var turn sync.Mutex // one operation at a time, so that each is before or after another
	var town *city
	var last world
	now, fresh, failed := 0, true, error(nil)
	stop := func(at string) {
		w := world{now: town.clock.Now(), step: now, stop: at, steps: steps(c.worlds)}
		if failed != nil || !fresh && w.now.Equal(last.now) && w.step == last.step {
			return // nothing has changed
		}
		c.worlds++
		last, fresh = w, false
		if w.steps == 0 {
			return
		}
		w.chat = town.chat.Fork()
		if w.books, failed = copies.take(); failed == nil {
			worlds <- w
		}
	}
	alive := &life{around: func(what string, op func() error) error {
		turn.Lock()
		defer turn.Unlock()
		c.operations++
		// A direct chat is opened, and not noted yet; an activity may be taken for delivered.
		fresh = fresh || what == "Remember" || c.blind && what == "Receive"
		stop("before " + what)
		err := op()
		changed, broken := copies.changed(ctx)
		if failed == nil {
			failed = broken
		}
		fresh = fresh || changed || what == "Send" || what == "OpenDirect"
		stop("after " + what)
		fresh = what == "Receive" // then the chat moves its position
		return err
	}}
	turn.Lock()
	town, err = c.place.begin(ctx, store, c.place.rooms(), dawn, alive.conf)
	turn.Unlock()
	if err != nil {
		return err
	}
	for i, s := range c.story {
		turn.Lock() // or a world could end in between, which is in the step without what people do in it
		now = i
		town.do(s)
		turn.Unlock()
		if err := town.play(ctx, s, true); err != nil {
			return fmt.Errorf("%s: %w", s.about, err)
		}
	}
	return errors.Join(town.end(), failed)
}

// goOn begins two new lives in every world.
func (c *crashes) goOn(store *storage.Store, worlds <-chan world) error {
	copies, err := newCopier(c.t.Context(), store)
	if err != nil {
		return err
	}
	defer copies.conn.Close()
	for w := range worlds {
		for _, outboxFirst := range []bool{true, false} {
			err = errors.Join(err, copies.put(w.books))
			if err == nil {
				err = c.live(store, w, outboxFirst)
			}
		}
		w.books.drop()
		if err != nil {
			return fmt.Errorf("%s: %w", w.where(c.story), err)
		}
	}
	return nil
}

// tooLong is how long a life may take before it is taken to hang.
const tooLong = 5 * time.Minute

// live begins a new life in a world whose database the store holds.
func (c *crashes) live(store *storage.Store, w world, outboxFirst bool) error {
	ctx, cancel := context.WithTimeout(c.t.Context(), tooLong)
	defer cancel()
	chat := w.chat.Fork()
	chat.ForgetTransactions()
	var unheard []string
	if c.blind {
		var err error
		if unheard, err = w.unheard(ctx, store); err != nil {
			return err
		}
	}
	town, err := c.place.begin(ctx, store, chat, w.now, func(conf *engine.Config) {
		if c.chat != nil {
			conf.Chats = []engine.Chat{c.chat(chat)}
		}
		if c.fault != nil {
			conf.Chats = []engine.Chat{c.fault(conf.Chats[0].(*teamsChat))}
		}
		if outboxFirst {
			claimed := make(chan struct{})
			chat.Delay(claimed)
			conf.Store = claiming{store, sync.OnceFunc(func() { close(claimed) })}
		}
	})
	if err != nil {
		return err
	}
	to := min(w.step+w.steps, len(c.story))
	for i := w.step; i < to && err == nil; i++ {
		if err = town.play(ctx, c.story[i], i == w.step); err != nil {
			break
		}
		var got outcome
		if got, err = town.outcome(ctx); err == nil {
			c.compare(fmt.Sprintf("%s, outbox first: %v", w.where(c.story), outboxFirst), got, c.want[i], unheard)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lives++
	c.unheard += len(unheard)
	if to == len(c.story) {
		c.ends++
	}
	return errors.Join(err, town.end())
}

// claiming is a store that says when the outbox was looked into.
type claiming struct {
	*storage.Store
	claimed func()
}

func (c claiming) Claim(ctx context.Context, epoch int64, now time.Time, chat bot.ChatID, busy []bot.RoomID, limit int) ([]bot.Delivery, error) {
	defer c.claimed()
	return c.Store.Claim(ctx, epoch, now, chat, busy, limit)
}

// compare counts what is not as it would have been.
// What stands twice is to be just what was unheard.
func (c *crashes) compare(where string, got, want outcome, unheard []string) {
	var lost, order int
	if len(unheard) > 0 && slices.Equal(got.doubled, unheard) {
		got.doubled = nil
		for room, keys := range got.said {
			got.said[room] = slices.Compact(keys) // it follows itself
		}
	}
	for room, keys := range want.said {
		gone := missing(keys, got.said[room])
		if lost += gone; gone == 0 && len(keys) == len(got.said[room]) && !slices.Equal(keys, got.said[room]) {
			order++
		}
	}
	answers := missing(want.answers, got.answers)
	diff := difference(got, want)
	if diff == "" && len(got.doubled)+order == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lost, c.doubled, c.answers, c.order = c.lost+lost, c.doubled+len(got.doubled), c.answers+answers, c.order+order
	if lost+len(got.doubled)+answers+order == 0 {
		c.other++
	}
	if len(c.found) < 5 {
		c.found = append(c.found, fmt.Sprintf("%s: said twice %q, rooms in another order: %d\n%s", where, got.doubled, order, diff))
	}
}

// missing counts what of a list is not in another, each as often as it is there.
func missing[T comparable](list, in []T) int {
	n := map[T]int{}
	for _, x := range in {
		n[x]++
	}
	missing := 0
	for _, x := range list {
		if n[x]--; n[x] < 0 {
			missing++
		}
	}
	return missing
}

// difference shows what is not the same, "" if nothing.
func difference(got, want outcome) string {
	var b strings.Builder
	for _, room := range slices.Sorted(maps.Keys(want.rooms)) {
		if got.rooms[room] != want.rooms[room] {
			fmt.Fprintf(&b, "%s\n%s", room, lines(strings.Split(got.rooms[room], "\n"), strings.Split(want.rooms[room], "\n")))
		}
	}
	return b.String() + lines(got.books, want.books)
}

// lines lists those of two texts that the other does not have.
func lines(got, want []string) string {
	var b strings.Builder
	for _, l := range want {
		if !slices.Contains(got, l) {
			fmt.Fprintf(&b, "- %s\n", l)
		}
	}
	for _, l := range got {
		if !slices.Contains(want, l) {
			fmt.Fprintf(&b, "+ %s\n", l)
		}
	}
	return b.String()
}
