package console_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lotse/bot"
	"lotse/bot/console"
	"lotse/bot/engine"
)

var (
	_ engine.Chat         = (*console.Chat)(nil)
	_ engine.Finder       = (*console.Chat)(nil)
	_ engine.DirectOpener = (*console.Chat)(nil)
	_ engine.Settler      = (*console.Chat)(nil)
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	portal = bot.RoomID("console:serviceportal")
	maria  = bot.UserID("console:@maria")
	erika  = bot.UserID("console:@erika")
)

// stage is a console with people, whose output a test reads.
type stage struct {
	*console.Chat
	t   *testing.T
	out output
	now time.Time
	n   int
}

// output is what was printed.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func (o *output) Reset() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Reset()
}

func newStage(t *testing.T, o console.Options) *stage {
	s := &stage{t: t, now: time.Date(2026, 11, 18, 9, 0, 0, 0, time.UTC)}
	o.Out, o.Now = &s.out, func() time.Time { return s.now }
	s.Chat = console.New(o)
	s.Room(portal, "Serviceportal")
	s.Person(maria, "Maria Beispiel")
	s.Person(erika, "Erika Muster")
	return s
}

// send lets the bot send something new and returns its id.
func (s *stage) send(out bot.Outgoing) bot.MessageID {
	s.t.Helper()
	s.n++
	if out.Room == "" {
		out.Room = portal
	}
	if out.Op == "" {
		out.Op = bot.OpMessage
	}
	if out.Key == "" {
		out.Key = bot.Key(strings.Repeat("k", s.n))
	}
	out.Revision = max(out.Revision, 1)
	out.Transaction = bot.Transaction(out.Key, out.Room, out.Revision)
	id, err := s.Send(s.t.Context(), out)
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

func text(markdown string) bot.Text { return bot.Text{Markdown: bot.Markdown(markdown)} }

// printed returns what was printed since the last call.
func (s *stage) printed() string {
	s.Flush()
	out := s.out.String()
	s.out.Reset()
	return out
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("printed\n%s\nwant (%s)\n%s", got, file, want)
	}
}

// conversation plays everything that a console can show.
func conversation(s *stage) string {
	opening := s.send(bot.Outgoing{Text: text("**Projektcheck am Mittwoch, 25. November, 10 Uhr · Serviceportal**\nGuten Morgen, [Maria Beispiel](mention:console:@maria). Bis Dienstag, 14 Uhr, brauche ich vier kurze Antworten von Ihnen; Stichworte genügen, das Wichtigste zuerst.\n\n- 1️⃣ Schnittstelle zum Melderegister abnehmen lassen und mit dem Fachbereich noch einmal besprechen\n- zweitens\n\nMehr unter [der Seite](https://example.org/x_y) oder mit `!hilfe status`.")})
	s.send(bot.Outgoing{Op: bot.OpReaction, Target: opening, Emoji: "🔁"})
	question := s.send(bot.Outgoing{Thread: opening, Text: text("**Status aktuell**: Wo steht das Projekt?")})
	for _, light := range []string{"🟢", "🟡", "🔴"} {
		s.send(bot.Outgoing{Op: bot.OpReaction, Target: question, Emoji: light})
	}
	out := s.printed()
	answer := s.Say(portal, maria, "gelb – die Schnittstelle kommt später\nund das Zertifikat fehlt", opening)
	ack := s.send(bot.Outgoing{Op: bot.OpReaction, Target: answer, Emoji: "🟡", Key: "ack"})
	s.now = s.now.Add(time.Minute)
	out += s.printed()
	s.React(portal, erika, question, "🟢")
	s.Edit(portal, maria, answer, "rot – die Schnittstelle kommt gar nicht")
	s.send(bot.Outgoing{Op: bot.OpReaction, Absent: true, Message: ack, Key: "ack", Revision: 2})
	out += s.printed()
	s.Delete(portal, maria, answer)
	s.send(bot.Outgoing{ReplyTo: opening, Text: text("> zitiert\n# Überschrift\n---\n~~weg~~ und *schräg*, \\*nicht\\* &amp; so")})
	s.send(bot.Outgoing{Room: console.Direct(erika), Text: text("Nur für Sie.")})
	ics := &bot.File{Name: "meetup.ics", Type: "text/calendar", Bytes: make([]byte, 1234)}
	meetup := s.send(bot.Outgoing{Text: text("**Meetup** am 3. Dezember"), Key: "meetup", File: ics})
	s.now = s.now.Add(time.Hour)
	out += s.printed()
	short := &bot.File{Name: "meetup\x1b[1m.ics", Bytes: make([]byte, 999)}
	s.send(bot.Outgoing{Message: meetup, Text: text("**Meetup** am 4. Dezember"), Key: "meetup", Revision: 2, File: short})
	out += s.printed()
	s.send(bot.Outgoing{Message: meetup, Absent: true, Key: "meetup", Revision: 3})
	return out + s.printed()
}

func TestConversation(t *testing.T) {
	golden(t, "plain.txt", conversation(newStage(t, console.Options{Width: 72})))
	golden(t, "narrow.txt", conversation(newStage(t, console.Options{Width: 40})))
	golden(t, "colour.txt", conversation(newStage(t, console.Options{Colour: true})))
}

func TestEditShowsWhatChanged(t *testing.T) {
	s := newStage(t, console.Options{})
	long := "**Stand**\n- eins\n- zwei\n- drei\n- vier\n- fünf"
	id := s.send(bot.Outgoing{Key: "overview", Text: text(long)})
	s.printed()
	// Two edits between two portions are shown as one.
	s.send(bot.Outgoing{Key: "overview", Message: id, Revision: 2, Text: text(strings.Replace(long, "zwei", "ZWEI", 1))})
	s.send(bot.Outgoing{Key: "overview", Message: id, Revision: 3, Text: text(strings.Replace(long, "zwei", "ZWO", 1))})
	got := s.printed()
	if want := "  Lotse · geändert\n  …\n  • ZWO\n  …\n\n"; !strings.HasSuffix(got, want) {
		t.Errorf("printed\n%s\nwant at the end\n%s", got, want)
	}
	if strings.Contains(got, "ZWEI") {
		t.Errorf("printed a text that stands there no more:\n%s", got)
	}
}

// What people write must not steer the terminal, and is no markup.
func TestForeignTextIsHarmless(t *testing.T) {
	s := newStage(t, console.Options{Colour: true})
	s.Person(maria, "Ma\x1b[2Jria\n\u202eleipsieB")
	s.Say(portal, maria, "a\x1b]0;title\x07b\u202ec\r**d** [x](mention:console:@erika)", "")
	got := s.printed()
	for _, bad := range []string{"\x1b[2J", "\x1b]0", "\x07", "\u202e", "\r"} {
		if strings.Contains(got, bad) {
			t.Errorf("printed %q in %q", bad, got)
		}
	}
	if want := "**d** [x](mention:console:@erika)"; !strings.Contains(got, want) {
		t.Errorf("what a person writes is no markup: %q misses %q", got, want)
	}
}

func TestSendIsIdempotent(t *testing.T) {
	s := newStage(t, console.Options{})
	out := bot.Outgoing{Key: "k", Text: text("einmal")}
	if a, b := s.send(out), s.send(out); a != b {
		t.Errorf("the same transaction made %s and %s", a, b)
	}
	if got := strings.Count(s.printed(), "einmal"); got != 1 {
		t.Errorf("printed %d times, want once", got)
	}
	if id, err := s.Find(t.Context(), portal, "k", 1); err != nil || id == "" {
		t.Errorf("Find = %q, %v", id, err)
	}
	if id, err := s.Find(t.Context(), portal, "k", 2); err != nil || id != "" {
		t.Errorf("Find of a revision never sent = %q, %v", id, err)
	}
}

func TestSendRefuses(t *testing.T) {
	s := newStage(t, console.Options{})
	tests := []struct {
		name string
		out  bot.Outgoing
	}{
		{"another chat's room", bot.Outgoing{Op: bot.OpMessage, Room: "matrix:!a"}},
		{"a reaction on nothing", bot.Outgoing{Op: bot.OpReaction, Room: portal}},
		{"a reaction on something unknown", bot.Outgoing{Op: bot.OpReaction, Room: portal, Target: "console:$99"}},
		{"an edit of something unknown", bot.Outgoing{Op: bot.OpMessage, Room: portal, Message: "console:$99"}},
	}
	for i, test := range tests {
		test.out.Transaction = test.name
		_, err := s.Send(t.Context(), test.out)
		if se, ok := err.(*bot.SendError); !ok || !se.Final {
			t.Errorf("%d %s: got %v, want a final error", i, test.name, err)
		}
	}
}

// Whoever did not write a message cannot change it.
func TestOnlyTheAuthorChanges(t *testing.T) {
	s := newStage(t, console.Options{})
	m := s.Say(portal, maria, "meins", "")
	if id := s.Edit(portal, erika, m, "deins"); id != "" {
		t.Errorf("Erika edited Maria's message: %s", id)
	}
	if id := s.Delete(portal, erika, m); id != "" {
		t.Errorf("Erika deleted Maria's message: %s", id)
	}
	s.Flush()
	if got := s.out.String(); !strings.Contains(got, "meins") || strings.Contains(got, "deins") {
		t.Errorf("the room shows %q", got)
	}
}

// events runs the console until all was handed over.
func (s *stage) events() []bot.Event {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	var got []bot.Event
	caughtUp := 0
	done := make(chan error, 1)
	go func() {
		done <- s.Run(ctx, func(_ context.Context, b bot.Batch) error {
			got = append(got, b.Events...)
			if b.CaughtUp {
				caughtUp++
			}
			return nil
		})
	}()
	if err := s.Settle(ctx); err != nil {
		s.t.Fatal(err)
	}
	cancel()
	if err := <-done; err != nil {
		s.t.Fatal(err)
	}
	if caughtUp != 1 {
		s.t.Errorf("caught up %d times, want once", caughtUp)
	}
	return got
}

func TestEvents(t *testing.T) {
	s := newStage(t, console.Options{})
	s.Room("console:neu", "Neuer Raum")
	own := s.send(bot.Outgoing{Key: "k", Text: text("Hallo")})
	said := s.Say(portal, maria, "Lotse: frag @Erika Muster, nicht @erikas", own)
	s.React(portal, maria, own, "👍\ufe0f")
	s.Edit(portal, maria, said, "anders")
	s.Delete(portal, maria, said)
	s.Invite("console:neu", erika)
	s.Say(console.Direct(erika), erika, "psst", "")
	got := s.events()
	want := []struct {
		kind bot.EventKind
		is   func(bot.Event) bool
	}{
		{bot.EventEcho, func(e bot.Event) bool { return e.Key == "k" && e.Message == own && e.Revision == 1 }},
		// The bot's name is cut off; only whole names are mentions.
		{bot.EventMessage, func(e bot.Event) bool {
			return e.ToBot && strings.HasPrefix(e.Text, "frag") && e.Thread == own && e.Name == "Maria Beispiel" &&
				len(e.Mentions) == 1 && e.Mentions[0].User == erika && e.At.Equal(s.now) && !e.Direct
		}},
		{bot.EventReaction, func(e bot.Event) bool { return e.Emoji == "👍" && e.Target == own }}, // without variation selector
		{bot.EventEdit, func(e bot.Event) bool { return e.Target == said && e.Text == "anders" && e.Thread == own }},
		{bot.EventDeletion, func(e bot.Event) bool { return e.Target == said }},
		{bot.EventInvitation, func(e bot.Event) bool { return e.Sender == erika && e.RoomName == "Neuer Raum" }},
		{bot.EventMessage, func(e bot.Event) bool { return e.Direct }},
	}
	if len(got) != len(want) {
		t.Fatalf("%d events, want %d: %+v", len(got), len(want), got)
	}
	for i, w := range want {
		if got[i].Kind != w.kind || !w.is(got[i]) {
			t.Errorf("event %d: got %+v, want another %s", i, got[i], w.kind)
		}
	}
}

func TestOwn(t *testing.T) {
	s := newStage(t, console.Options{})
	a := s.send(bot.Outgoing{Key: "a", Kind: bot.KindQuestion, Text: text("eins")})
	b := s.send(bot.Outgoing{Key: "b", Kind: bot.KindQuestion, Thread: a, Text: text("**zwei**")})
	s.Say(portal, maria, "drei", "")
	if id, thread := s.Own(portal); id != b || thread != a {
		t.Errorf("Own = %s in %s, want %s in %s", id, thread, b, a)
	}
	s.send(bot.Outgoing{Key: "b", Kind: bot.KindQuestion, Message: b, Absent: true, Revision: 2})
	if id, _ := s.Own(portal); id != a {
		t.Errorf("Own = %s after the last was deleted, want %s", id, a)
	}
}

// Without a Flush, what happened is shown after a short silence, and at the end.
func TestSilencePrints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, console.Options{Silence: 200 * time.Millisecond})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx, func(context.Context, bot.Batch) error { return nil }) }()
		s.Say(portal, maria, "eins", "")
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		if got := s.out.String(); got != "" {
			t.Errorf("printed %q before it was silent", got)
		}
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()
		if got := s.out.String(); !strings.Contains(got, "eins") {
			t.Errorf("printed %q after the silence", got)
		}
		s.Say(portal, maria, "zwei", "")
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if got := s.out.String(); !strings.Contains(got, "zwei") {
			t.Errorf("printed %q at the end", got)
		}
	})
}

// What a person did is shown before what follows from it in other rooms.
func TestCauseBeforeEffect(t *testing.T) {
	s := newStage(t, console.Options{})
	s.Room("console:pmo", "PMO")
	s.Say("console:pmo", erika, "!nachfrage", "")
	s.send(bot.Outgoing{Text: text("Rückfrage")})
	s.send(bot.Outgoing{Room: "console:pmo", Text: text("ist gestellt")})
	got := s.printed()
	asked, effect, answer := strings.Index(got, "!nachfrage"), strings.Index(got, "Rückfrage"), strings.Index(got, "ist gestellt")
	if asked < 0 || asked > answer || answer > effect {
		t.Errorf("printed in the wrong order:\n%s", got)
	}
	// What nobody caused comes in the order of the rooms.
	s.send(bot.Outgoing{Room: "console:pmo", Text: text("zweitens")})
	s.send(bot.Outgoing{Text: text("erstens")})
	if got := s.printed(); strings.Index(got, "erstens") > strings.Index(got, "zweitens") {
		t.Errorf("printed in the wrong order:\n%s", got)
	}
}

// The name of a room is shown when it is another, or the time is.
func TestHeadings(t *testing.T) {
	s := newStage(t, console.Options{})
	heads := func() int { return strings.Count(s.printed(), "━━ Serviceportal ") }
	s.send(bot.Outgoing{Text: text("eins")})
	if got := heads(); got != 1 {
		t.Errorf("first: %d headings, want 1", got)
	}
	s.send(bot.Outgoing{Text: text("zwei")})
	if got := heads(); got != 0 {
		t.Errorf("same room, same time: %d headings, want none", got)
	}
	s.now = s.now.Add(time.Minute)
	s.send(bot.Outgoing{Text: text("drei")})
	if got := heads(); got != 1 {
		t.Errorf("later: %d headings, want 1", got)
	}
	s.send(bot.Outgoing{Room: console.Direct(erika), Text: text("vier")})
	s.printed()
	s.send(bot.Outgoing{Text: text("fünf")})
	if got := heads(); got != 1 {
		t.Errorf("back from another room: %d headings, want 1", got)
	}
	if got := s.printed(); got != "" {
		t.Errorf("nothing happened, printed %q", got)
	}
}

// Invitations, joins, leaves and what is taken back are shown as notes.
func TestNotes(t *testing.T) {
	s := newStage(t, console.Options{Name: "Lotsin"})
	s.Invite(portal, maria)
	s.send(bot.Outgoing{Op: bot.OpJoin})
	m := s.Say(portal, maria, "hallo", "")
	r := s.React(portal, maria, m, "👍")
	s.printed()
	s.Delete(portal, maria, r)
	if got, want := s.printed(), "Maria Beispiel nimmt 👍 zurück (auf «hallo»)\n"; !strings.Contains(got, want) {
		t.Errorf("printed %q, want %q", got, want)
	}
	s.Invite(portal, maria)
	s.send(bot.Outgoing{Op: bot.OpLeave})
	got := s.printed()
	for _, want := range []string{"Maria Beispiel lädt Lotsin ein\n", "Lotsin verlässt den Raum\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("printed %q, want %q", got, want)
		}
	}
	kinds := ""
	for _, e := range s.events() {
		kinds += string(e.Kind) + " "
	}
	if want := "invitation joined message reaction deletion invitation left "; kinds != want {
		t.Errorf("events %q, want %q", kinds, want)
	}
}

// Who reacts with several emojis has one line; a withdrawn message is gone for all
// who look it up.
func TestReactions(t *testing.T) {
	s := newStage(t, console.Options{})
	m := s.send(bot.Outgoing{Key: "m", Text: text("Frage")})
	for _, emoji := range []string{"🟢", "🟡"} {
		s.send(bot.Outgoing{Op: bot.OpReaction, Target: m, Emoji: emoji})
	}
	s.React(portal, maria, m, "🟢")
	s.React(portal, erika, m, "🟡")
	if got, want := s.printed(), "  Frage\n  🟢 🟡 Lotse\n  🟢 Maria Beispiel\n  🟡 Erika Muster\n\n"; !strings.HasSuffix(got, want) {
		t.Errorf("printed\n%s\nwant at the end\n%s", got, want)
	}
	s.React(portal, maria, m, "🔴") // the message was printed before: say which
	if got, want := s.printed(), "  🔴 Maria Beispiel auf «Frage»\n\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
	s.React(portal, maria, m, "👍") // the same of several people is one line
	s.React(portal, erika, m, "👍")
	s.React(portal, erika, m, "🟢")
	if got, want := s.printed(), "  👍 Maria Beispiel, Erika Muster auf «Frage»\n\n  🟢 Erika Muster auf «Frage»\n\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}

func TestDirectChats(t *testing.T) {
	s := newStage(t, console.Options{})
	a, err := s.OpenDirect(t.Context(), erika)
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := s.OpenDirect(t.Context(), erika); a != b || a != console.Direct(erika) {
		t.Errorf("the same person got %s and %s", a, b)
	}
	s.send(bot.Outgoing{Room: a, Text: text("psst")})
	if got := s.printed(); !strings.Contains(got, "━━ Direktchat mit Erika Muster ") {
		t.Errorf("printed %q", got)
	}
	if _, err := s.OpenDirect(t.Context(), "matrix:@a:b"); err == nil {
		t.Error("opened a direct chat with an account of another chat")
	}
}

// A batch that could not be taken in is handed over again.
func TestDeliverFails(t *testing.T) {
	s := newStage(t, console.Options{})
	s.Say(portal, maria, "hallo", "")
	broken := errors.New("disk full")
	if err := s.Run(t.Context(), func(context.Context, bot.Batch) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("Run = %v, want the error of deliver", err)
	}
	if got := s.events(); len(got) != 1 {
		t.Errorf("%d events after the failure, want the one", len(got))
	}
}

// Everybody may act at once: the demo's person types while the engine sends.
func TestConcurrency(t *testing.T) {
	s := newStage(t, console.Options{})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 20 {
				room := bot.RoomID(fmt.Sprintf("console:r%d", i%3))
				m := s.Say(room, maria, "x", "")
				s.React(room, erika, m, "👍")
				s.Edit(room, maria, m, "y")
				key := bot.Key(fmt.Sprint(i, n))
				s.Send(t.Context(), bot.Outgoing{Op: bot.OpMessage, Key: key, Room: room, Transaction: string(key), Text: text("z")})
				s.Flush()
			}
		})
	}
	all.Wait()
	if got := len(s.events()); got != 8*20*4 {
		t.Errorf("%d events, want %d", got, 8*20*4)
	}
}
