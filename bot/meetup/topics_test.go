package meetup_test

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lotse/bot"
	"lotse/bot/dialoguetest"
	"lotse/bot/meetup"
	"lotse/storage/storagetest"
)

const december bot.MeetupID = "digilotsen-2026-12-03"

// announced is the city of the dialogues once the network was told of the next meetup.
func announced(t dialoguetest.T) *dialoguetest.World {
	w := dialoguetest.New(t, kit())
	w.Play("with it\nuntil 2026-11-19 09:00")
	return w
}

// meetupOf is the meetup as it is stored.
func meetupOf(t dialoguetest.T, w *dialoguetest.World, id bot.MeetupID) bot.Meetup {
	t.Helper()
	s, err := w.Store.Load(t.Context(), bot.Query{Meetup: id})
	if err != nil || s.Meetup == nil {
		t.Fatalf("load %s: %+v, %v", id, s.Meetup, err)
	}
	return *s.Meetup
}

// paper is what somebody would note with paper and pencil of all that was said: which
// topics there are, whose, and which reactions stand.
type paper struct {
	t      *rapid.T
	w      *dialoguetest.World
	topics []note
	votes  map[string]ballot // by the reaction's name
	names  int
}

type note struct {
	by, as string // person, account
	said   string // the name of the message
	gone   bool
}

type ballot struct {
	by, as string // person, account
	topic  int
	on     string // which message, with which emoji
}

// Whatever people do in whatever order, each person has one vote for a topic, however many
// accounts and reactions they have, as long as one of their reactions stands; the agenda is
// in the order of votes; and nobody has more topics than they may.
func TestVotesProperty(t *testing.T) {
	if os.Getenv("LOTSE_TEST_LONG") == "" {
		checks := flag.Lookup("rapid.checks")
		before := checks.Value.String()
		if err := checks.Value.Set("12"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = checks.Value.Set(before) })
	}
	rapid.Check(t, func(t *rapid.T) {
		p := &paper{t: t, w: announced(t), votes: map[string]ballot{}}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			p.step()
		}
		p.compare()
		p.w.Play("until 2026-12-03 10:00")
		p.compare() // the counts stay, though nobody's vote does
	})
}

func (p *paper) step() {
	who := rapid.SampledFrom([]string{"mia", "max", "pia", "hanna", "hanna", "hanna2", "hanna2"}).Draw(p.t, "who")
	switch rapid.SampledFrom([]string{"propose", "propose", "vote", "vote", "vote", "vote", "other", "unvote", "unvote", "delete", "restart"}).Draw(p.t, "deed") {
	case "propose":
		own := 0
		for _, n := range p.topics {
			if n.by == human(who) && !n.gone {
				own++
			}
		}
		p.names++
		said := fmt.Sprintf("t%d", p.names)
		p.w.Play(fmt.Sprintf("name %s: %s: lotsen: !thema Thema %s", said, who, strings.Repeat("x", p.names)))
		if own < 5 {
			p.topics = append(p.topics, note{by: human(who), as: who, said: said})
		}
	case "vote", "other":
		if n := p.topic(); n > 0 && !p.topics[n-1].gone {
			p.names++
			emoji := rapid.SampledFrom([]string{"👍", "👍🏿", "👍️"}).Draw(p.t, "emoji")
			where := fmt.Sprintf("lotsen/%s/topic/%d", december, n)
			if rapid.Bool().Draw(p.t, "on the proposer's") {
				where = "on " + p.topics[n-1].said
			}
			b := ballot{human(who), who, n, where + emoji}
			for _, stands := range p.votes {
				if stands == b {
					return // a chat has each reaction of an account once
				}
			}
			p.w.Play(fmt.Sprintf("name r%d: %s: %s + %s", p.names, who, where, emoji))
			p.votes[fmt.Sprintf("r%d", p.names)] = b
			p.w.Play(fmt.Sprintf("%s: %s + %s", who, where, rapid.SampledFrom([]string{"👎", "❤️", "🤔"}).Draw(p.t, "no vote")))
		}
	case "unvote":
		names := []string{}
		for name := range p.votes {
			names = append(names, name)
		}
		if slices.Sort(names); len(names) > 0 {
			name := rapid.SampledFrom(names).Draw(p.t, "which")
			p.w.Play(fmt.Sprintf("%s: delete %s", p.votes[name].as, name))
			delete(p.votes, name)
		}
	case "delete":
		if n := p.topic(); n > 0 && !p.topics[n-1].gone {
			other := map[bool]string{true: "max", false: "mia"}[p.topics[n-1].by == "mia"]
			p.w.Play(other + ": delete " + p.topics[n-1].said) // what is somebody else's
			p.w.Play(p.topics[n-1].as + ": delete " + p.topics[n-1].said)
			p.topics[n-1].gone = true
			for name, b := range p.votes { // what was on it is gone with it
				if b.topic == n {
					delete(p.votes, name)
				}
			}
		}
	case "restart":
		p.w.Play("down\nup")
	}
}

// human is the person behind an account.
func human(account string) string { return strings.TrimSuffix(account, "2") }

func (p *paper) topic() int {
	if len(p.topics) == 0 {
		return 0
	}
	return rapid.IntRange(1, min(len(p.topics), 3)).Draw(p.t, "topic")
}

func (p *paper) compare() {
	p.t.Helper()
	m := meetupOf(p.t, p.w, december)
	if len(m.Topics) != len(p.topics) {
		p.t.Fatalf("there are %d topics, want %d", len(m.Topics), len(p.topics))
	}
	counts := map[int]int{}
	var want []int
	for i, n := range p.topics {
		voters := map[string]bool{}
		for _, b := range p.votes {
			if b.topic == i+1 {
				voters[b.by] = true
			}
		}
		counts[i+1] = len(voters)
		if got := m.Topics[i].Count(); got != len(voters) && !n.gone {
			p.t.Errorf("topic %d has %d votes, want %d", i+1, got, len(voters))
		}
		if !n.gone {
			want = append(want, i+1)
		}
	}
	slices.SortStableFunc(want, func(a, b int) int { return cmp.Compare(counts[b], counts[a]) })
	var got []int
	for _, t := range m.Agenda() {
		got = append(got, t.N)
	}
	if !slices.Equal(got, want) {
		p.t.Errorf("the agenda is %v, want %v: votes %v", got, want, counts)
	}
}

// Reactions that are no vote, wherever they come from, leave the topics without one, and
// nobody comes; of several of one person, one counts. Each case fails if one of the conditions
// in coming.go, or what makes two accounts one person, is left out.
func TestNoVotes(t *testing.T) {
	const room bot.RoomID = "test:lotsen"
	for _, test := range []struct {
		why  string
		e    func(w *dialoguetest.World) bot.Event
		want int
	}{
		{"a vote", func(w *dialoguetest.World) bot.Event {
			return bot.Event{Room: room, Sender: "test:max", Target: w.Own(room, "topic/1")}
		}, 1},
		{"on the proposer's own message", func(w *dialoguetest.World) bot.Event {
			return bot.Event{Room: room, Sender: "test:max", Target: w.Named("a")}
		}, 1},
		{"from another network's room", func(w *dialoguetest.World) bot.Event {
			return bot.Event{Room: "test:it", Sender: "test:max", Target: w.Own(room, "topic/1")}
		}, 0},
		{"… on the proposer's", func(w *dialoguetest.World) bot.Event {
			return bot.Event{Room: "test:it", Sender: "test:max", Target: w.Named("a")}
		}, 0},
		{"… on the announcement", func(w *dialoguetest.World) bot.Event {
			return bot.Event{Room: "test:it", Sender: "test:max", Target: w.Own(room, string(december)+"/announcement")}
		}, 0},
		{"from a direct chat", func(w *dialoguetest.World) bot.Event {
			return bot.Event{Room: "test:direct-max", Direct: true, Sender: "test:max", Target: w.Own(room, "topic/1")}
		}, 0},
		{"on a message that only looks so", func(w *dialoguetest.World) bot.Event {
			w.Play("name b: mia: lotsen: **Thema 1:** Was die eAkte ändert\\nEin 👍 hier ist eine Stimme dafür.")
			return bot.Event{Room: room, Sender: "test:max", Target: w.Named("b")}
		}, 0},
		{"on the announcement, which is no topic", func(w *dialoguetest.World) bot.Event {
			return bot.Event{Room: room, Sender: "test:max", Target: w.Own(room, string(december)+"/announcement")}
		}, 0},
		{"on the list of topics", func(w *dialoguetest.World) bot.Event {
			w.Play("mia: lotsen: !themen")
			all := w.Chat.Room(room)
			return bot.Event{Room: room, Sender: "test:max", Target: all[len(all)-1].ID}
		}, 0},
		{"from the network's other room", func(w *dialoguetest.World) bot.Event {
			return bot.Event{Room: "test:lotsen2", Sender: "test:max", Target: w.Own(room, "topic/1")}
		}, 0},
		{"… on the proposer's own", func(w *dialoguetest.World) bot.Event {
			return bot.Event{Room: "test:lotsen2", Sender: "test:max", Target: w.Named("a")}
		}, 0},
		{"… on the announcement there", func(w *dialoguetest.World) bot.Event {
			return bot.Event{Room: "test:lotsen2", Sender: "test:max", Target: w.Own(room, string(december)+"/announcement")}
		}, 0},
		{"from a direct chat, though it is said to be the room", func(w *dialoguetest.World) bot.Event {
			return bot.Event{Room: room, Direct: true, Sender: "test:max", Target: w.Own(room, "topic/1")}
		}, 0},
		{"from the PMO's room, on what was proposed there", func(w *dialoguetest.World) bot.Event {
			w.Play("max: delete a\nname c: pia: pmo: !thema digilotsen: Was das PMO bewegt")
			return bot.Event{Room: "test:pmo", Sender: "test:max", Target: w.Named("c")}
		}, 0},
		{"the second of one person, with another account", func(w *dialoguetest.World) bot.Event {
			w.Play("hanna: lotsen/topic/1 + 👍")
			return bot.Event{Room: room, Sender: "test:hanna2", Target: w.Own(room, "topic/1")}
		}, 1},
		{"the second of one account, on the other message", func(w *dialoguetest.World) bot.Event {
			w.Play("max: lotsen/topic/1 + 👍")
			return bot.Event{Room: room, Sender: "test:max", Target: w.Named("a")}
		}, 1},
		{"the second of two people", func(w *dialoguetest.World) bot.Event {
			w.Play("hanna: lotsen/topic/1 + 👍")
			return bot.Event{Room: room, Sender: "test:max", Target: w.Own(room, "topic/1")}
		}, 2},
		{"the second, after somebody else took the first away", func(w *dialoguetest.World) bot.Event {
			w.Play("name r: hanna: lotsen/topic/1 + 👍\nmax: delete r")
			return bot.Event{Room: room, Sender: "test:max", Target: w.Own(room, "topic/1")}
		}, 2},
		{"once it has begun", func(w *dialoguetest.World) bot.Event {
			w.Play("until 2026-12-03 10:00")
			return bot.Event{Room: room, Sender: "test:max", Target: w.Own(room, "topic/1")}
		}, 0},
	} {
		t.Run(test.why, func(t *testing.T) {
			t.Parallel()
			w := dialoguetest.New(t, kit())
			w.Play("with it lotsen2\nuntil 2026-11-19 09:00\nname a: mia: lotsen: !thema Was die eAkte ändert")
			e := test.e(w)
			e.Kind, e.Emoji, e.At = bot.EventReaction, "👍", w.Clock.Now()
			w.Chat.Inject(e)
			w.Idle()
			m := meetupOf(t, w, december)
			got := 0
			for _, topic := range m.Topics {
				got += topic.Count()
			}
			if got != test.want {
				t.Errorf("%d votes, want %d", got, test.want)
			}
			if coming := len(m.Coming) > 0; coming != strings.Contains(test.why, "which is no topic") {
				t.Errorf("somebody comes: %+v", m.Coming)
			}
		})
	}
}

// Once a meetup has begun, nobody can find out who has proposed, voted or planned to come:
// neither in the database nor in what was said. Before, a member reads it of themselves.
func TestNoNames(t *testing.T) {
	w := announced(t)
	w.Play(`name t: mia: lotsen: !thema Was die eAkte ändert
max: on t + 👍
name v: mia: lotsen/topic/1 + 👍
mia: lotsen/` + string(december) + `/announcement + 👍
max: lotsen/` + string(december) + `/announcement + 🤔
mia: lotsen: !themen
hanna: lotsen: !meetup agenda
hanna: lotsen: !meetup link https://meet.example/neu`) // all is written again
	mia := bot.Person{Accounts: []bot.UserID{"test:mia"}}
	d, err := w.Store.Dossier(t.Context(), mia)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[bot.StatementKind]int{}
	for _, s := range d.Statements {
		kinds[s.Kind]++
	}
	if kinds[bot.StatementMeetup] != 1 || kinds[bot.StatementTopic] != 1 || kinds[bot.StatementComing] != 1 {
		t.Errorf("before it begins, she reads %v", kinds)
	}
	w.Play("until 2026-12-03 10:00")
	for _, who := range []string{"test:mia", "test:max"} {
		found, err := storagetest.Find(t.Context(), w.Store.DB().RawDB, who)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) > 0 {
			t.Errorf("after it has begun, %s stands in %q", who, found)
		}
	}
	if d, err = w.Store.Dossier(t.Context(), mia); err != nil || len(d.Statements) > 0 {
		t.Errorf("after it has begun, she reads %+v, %v", d.Statements, err)
	}
	m := meetupOf(t, w, december)
	if m.Plan != (bot.ComingCount{Yes: 1, Maybe: 1}) || m.Topics[0].Count() != 2 {
		t.Errorf("the counts are %+v and %d", m.Plan, m.Topics[0].Count())
	}
	for _, send := range w.Chat.Sends() { // what was edited since was read, too
		text := string(send.Text.Markdown)
		if strings.Contains(text, "mia") || strings.Contains(text, "max") || len(send.Text.Mentions) > 0 {
			t.Errorf("a message names somebody: %s, %q", text, send.Text.Mentions)
		}
	}
	// What its author deletes goes all the same.
	w.Play("mia: delete t")
	if m := meetupOf(t, w, december); m.Topics[0].Said.Text != "" {
		t.Error("a topic that was deleted in the chat is still stored")
	}
}

// Down over the beginning, nobody is known any more as soon as the bot is back. What it reads then was not said in time, by
// its own clock, and counts for nothing; topics are some for the next meetup.
func TestDownOverTheBeginning(t *testing.T) {
	w := announced(t)
	announcement := "lotsen/" + string(december) + "/announcement"
	w.Play("mia: lotsen: !thema Was die eAkte ändert\nmia: " + announcement + " + 👍\nuntil 2026-12-03 09:50\ndown")
	w.Play("max: " + announcement + " + 🤔\nmax: lotsen/topic/1 + 👍\nmax: lotsen: !thema Formulare\nuntil 2026-12-03 10:20\nup")
	m := meetupOf(t, w, december)
	if m.State != bot.MeetupStarted || m.Coming != nil || m.Plan != (bot.ComingCount{Yes: 1}) {
		t.Errorf("it is %s, %+v come and %+v are counted", m.State, m.Coming, m.Plan)
	}
	if len(m.Topics) != 1 || m.Topics[0].Count() != 0 {
		t.Errorf("the topics are %+v, want one without a vote", m.Topics)
	}
	if next := meetupOf(t, w, "digilotsen-2027-01-07").Topics; len(next) != 1 || next[0].Said.Text != "Formulare" {
		t.Errorf("the next meetup's topics are %+v, want Formulare", next)
	}
	for _, who := range []string{"test:mia", "test:max"} {
		found, err := storagetest.Find(t.Context(), w.Store.DB().RawDB, who)
		if err != nil {
			t.Fatal(err)
		}
		found = slices.DeleteFunc(found, func(where string) bool { return strings.Contains(where, "digilotsen-2027-01-07") }) // his topic
		if len(found) > 0 {
			t.Errorf("after it has begun, %s stands in %q", who, found)
		}
	}
}

// A reaction that is read late, but before the bot has noted that the meetup begins, counts if it was put there in time.
func TestReadLate(t *testing.T) {
	w := announced(t)
	w.Play("mia: lotsen: !thema Was die eAkte ändert\nuntil 2026-12-03 09:50\ndown")
	begins := time.Date(2026, 12, 3, 10, 0, 0, 0, berlin())
	for _, test := range []struct {
		on   string
		at   time.Time
		want bool
	}{
		{string(december) + "/announcement", begins.Add(-time.Millisecond), true},
		{string(december) + "/announcement", begins, false},
		{"topic/1", begins.Add(-time.Millisecond), true},
		{"topic/1", begins, false},
	} {
		e := bot.Event{
			Kind: bot.EventReaction, Room: "test:lotsen", Sender: "test:max", Emoji: "👍", Target: w.Own("test:lotsen", test.on),
			Message: "test:reaction", At: test.at,
		}
		s, err := w.Store.Load(t.Context(), meetup.Needs(e))
		if err != nil {
			t.Fatal(err)
		}
		s.Now, s.Settings = begins.Add(20*time.Minute), w.Settings
		c, err := meetup.Decide(s, e)
		if err != nil {
			t.Fatal(err)
		}
		if counts := len(c.Meetups) > 0; counts != test.want {
			t.Errorf("on %s, at %v: it counts: %v, want %v", test.on, test.at, counts, test.want)
		}
	}
}

// A member whom no book knows can be taken out of a meetup that is ahead: the topic goes, the
// votes of others stay.
func TestEraseMember(t *testing.T) {
	w := announced(t)
	w.Play(`name t: mia: lotsen: !thema Was die eAkte ändert
max: lotsen: !thema Formulare
mia: lotsen/topic/2 + 👍
hanna: lotsen/topic/2 + 👍
mia: lotsen/` + string(december) + `/announcement + 👍`)
	w.Down()
	epoch, err := w.Store.Acquire(t.Context(), "erase", w.Clock.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	x := bot.Erasure{Person: bot.Person{Accounts: []bot.UserID{"test:mia"}}, As: bot.Pseudonymous(1, bot.German)}
	if _, err := w.Store.Erase(t.Context(), epoch, w.Clock.Now(), &x, bot.German, false); err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{"test:mia", "Was die eAkte"} {
		if found, err := storagetest.Find(t.Context(), w.Store.DB().RawDB, what); err != nil || len(found) > 0 {
			t.Errorf("after the erasure %q stands in %q, %v", what, found, err)
		}
	}
	m := meetupOf(t, w, december)
	if m.Topics[0].Stands() || m.Topics[1].Count() != 2 {
		t.Errorf("the topics are %+v", m.Topics)
	}
}

// However much people write, there are as many topics of each as may be, and every message
// fits into a chat.
func TestMuch(t *testing.T) {
	w := announced(t)
	long := strings.Repeat("@*<", 95)
	for i := range 100 {
		w.Play(fmt.Sprintf("mia: lotsen: !thema %d %s", i, long))
	}
	w.Play("mia: lotsen: !thema " + strings.Repeat("Wort ", 2000))
	for i := range 12 {
		for j := range 5 {
			w.Play(fmt.Sprintf("member%d: lotsen: !thema %d/%d %s", i, i, j, long))
		}
	}
	if m := meetupOf(t, w, december); len(m.Topics) != 65 {
		t.Errorf("there are %d topics, want 65", len(m.Topics))
	}
	w.Play("max: lotsen: !themen\nuntil 2026-12-03 11:30")
	for range 8 {
		w.Play("hanna: direct-hanna: " + strings.Repeat("@*", 900) + "\\nhttps://example.org/" + strings.Repeat("@", 400))
	}
	w.Play("hanna: lotsen: !meetup erledigt 1 2\nhanna: lotsen: !meetup suche example\nuntil 2026-12-23 09:00")
	largest := map[bot.Kind]int{} // what is too long for the chat never stands there
	for _, room := range []bot.RoomID{"test:lotsen", "test:direct-hanna"} {
		for _, message := range w.Chat.Room(room) {
			if message.Key != "" && len(message.Text) > 15_000 {
				t.Errorf("%s takes %d bytes", message.Key, len(message.Text))
			}
			largest[message.Kind] = max(largest[message.Kind], len(message.Text))
		}
	}
	t.Log("the largest messages:", largest)
	for _, kind := range []bot.Kind{"meetup.agenda", "meetup.notes", bot.KindReply} {
		if largest[kind] < 3_000 {
			t.Errorf("of %s the largest takes %d bytes", kind, largest[kind])
		}
	}
}

// Who proposes a hundred topics has five, is told why, and then that it is too fast; after that there is peace in the room.
// Others propose theirs as ever. Ten kilobytes are no topic, and it is said how long one may be.
func TestHundredTopics(t *testing.T) {
	const replies = 10
	k := kit()
	k.Settle = func(setup dialoguetest.Setup, s *bot.Settings) {
		settle(setup, s)
		s.CommandsAMinute = replies
	}
	w := dialoguetest.New(t, k)
	w.Play("until 2026-11-19 09:00")
	for i := range 100 {
		w.Play(fmt.Sprintf("mia: lotsen: !thema Thema %d", i+1))
	}
	w.Play("max: lotsen: !thema " + strings.Repeat("Wort ", 2048) + "\nmax: lotsen: !thema Formulare")
	said := map[string]int{}
	for _, message := range w.Chat.Room("test:lotsen") {
		if message.Kind != bot.KindReply {
			continue
		}
		for _, words := range []string{"Von Ihnen stehen schon fünf Themen", "Das waren viele Befehle", "Platz ist für 300 Zeichen"} {
			if strings.Contains(message.Text, words) {
				said[words]++
			}
		}
		said["in all"]++
	}
	if want := map[string]int{"Von Ihnen stehen schon fünf Themen": replies, "Das waren viele Befehle": 1, "Platz ist für 300 Zeichen": 1, "in all": replies + 2}; !maps.Equal(said, want) {
		t.Errorf("the room reads %v, want %v", said, want)
	}
	if m := meetupOf(t, w, december); len(m.Topics) != 6 || m.Topics[5].Said.Text != "Formulare" {
		t.Errorf("the topics are %+v, want five of mia's and max's", m.Topics)
	}
}

// The help in a network's room shows what members can do there, and hosts what they can.
func TestHelp(t *testing.T) {
	w := announced(t)
	for who, want := range map[string][]string{"mia": {"`!thema ", "`!meetup suche "}, "hanna": {"`!thema ", "`!meetup`", "`agenda`", "`notiz`", "`suche`"}} {
		w.News()
		w.Play(who + ": lotsen: !hilfe")
		news := w.News()
		for _, line := range want {
			if !strings.Contains(news, line) {
				t.Errorf("%s does not read %s in the help:\n%s", who, line, news)
			}
		}
		if who == "mia" && strings.Contains(news, "agenda") {
			t.Errorf("a member reads what only hosts can do:\n%s", news)
		}
	}
}
