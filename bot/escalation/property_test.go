package escalation_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lotse/bot"
	"lotse/bot/calendar"
	"lotse/bot/dialoguetest"
	"lotse/bot/engine/enginetest"
)

// TestProperty lets people do anything in any order with an escalation, on the real
// engine and database, and holds what becomes of it against a model that knows nothing
// but the rule: the log verifies, at most one decision stands, and it follows from the
// votes. It is the rule in a second hand: a model is what somebody would work out with
// paper and pencil from the list of all that was said.
func TestProperty(t *testing.T) {
	if os.Getenv("LOTSE_TEST_LONG") == "" {
		checks := flag.Lookup("rapid.checks")
		before := checks.Value.String()
		few := "25"
		if race { // it takes ten times as long
			few = "3"
		}
		if err := checks.Value.Set(few); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = checks.Value.Set(before) })
	}
	rapid.Check(t, func(t *rapid.T) {
		m := begin(t)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			m.step(rapid.SampledFrom(deeds).Draw(t, "deed"))
			m.compare()
		}
		m.proceed(4 * 24 * time.Hour)
		m.compare()
		m.verify()
	})
}

// deeds are what may happen, the more often the oftener it stands here.
var deeds = []string{
	"react", "react", "react", "react", "react", "react", "unreact", "unreact", "type", "type", "type", "untype", "retype",
	"ask", "answer", "answer", "unask", "advise", "advise", "reason", "reason", "unreason", "talk",
	"pass", "pass", "pass", "pass", "pass", "restart", "roles", "roles", "again", "early", "early",
}

// cast of the property: who may be in the DM, and who never is. maria has asked.
var (
	members = []bot.PersonID{"dora", "dario", "dana", "maria"}
	anybody = []string{"dora", "dora", "dora2", "dario", "dario", "dario", "dana", "dana", "maria", "olga", "pia", "dirk", "dirk"}
)

var choices = []bot.Choice{
	bot.ChooseYes, bot.ChooseYes, bot.ChooseYes, bot.ChooseYes, bot.ChooseNo, bot.ChooseNo, bot.ChooseNo, bot.ChooseAsk, bot.ChooseForward, "👍",
}

func person(account string) bot.PersonID { return bot.PersonID(strings.TrimSuffix(account, "2")) }

// said is a vote, question or advice as the model has it.
type said struct {
	by     bot.PersonID
	as     string // account
	choice bot.Choice
	typed  bool
	at     time.Time
	id     bot.MessageID
	gone   bool
	used   bool
	told   bool // of a question: answered; of a reason: it is one
}

// model is what somebody would work out.
type model struct {
	t    *rapid.T
	w    *dialoguetest.World
	dm   []bot.PersonID
	rule bot.EscalationRule

	votes, questions, reasons []said
	asked                     bool // DIKON

	leaning  bot.Choice
	since    time.Time
	decision bot.Choice
	when     time.Time
}

// begin brings an escalation before the DM.
func begin(t *rapid.T) *model {
	k := kit()
	k.Renderer = plainTexts{}
	w := dialoguetest.New(t, k)
	m := &model{t: t, w: w, dm: members}
	m.rule = bot.EscalationRule{Quorum: rapid.SampledFrom([]int{1, 1, 1, 2, 2, 3}).Draw(t, "quorum"), Pause: 15 * time.Minute}
	m.rule.Typed = rapid.Bool().Draw(t, "typed")
	weighty := fmt.Sprintf("weighty quorum %d", m.rule.Quorum)
	if m.rule.Typed {
		weighty += " typed"
	}
	w.Play("dm dora dario dana maria\n" + weighty + `
until 2026-11-18 09:00
maria: serviceportal/thread: Status: grün\nAusblick: grün\n- Test\nBlocker: Die Freigabe fehlt\nEntscheidung: keine\nKommunikation: –
maria: serviceportal/thread: gewichtig
maria: serviceportal/serviceportal-1/draft + ✅`)
	return m
}

const (
	dm      = bot.RoomID("test:dm")
	dikon   = bot.RoomID("test:dikon")
	project = bot.RoomID("test:serviceportal")
)

func (m *model) request() bot.MessageID { return m.w.Own(dm, "serviceportal-1/request") }

// inject lets something happen, and the bot take it in.
func (m *model) inject(e bot.Event) bot.MessageID {
	if e.At.IsZero() {
		e.At = m.w.Clock.Now()
	}
	id := m.w.Chat.Inject(e)[0]
	m.w.Idle()
	return id
}

// step lets something happen, and the model work it out.
func (m *model) step(deed string) {
	t, w := m.t, m.w
	now := w.Clock.Now()
	who := rapid.SampledFrom(anybody).Draw(t, "who")
	user := bot.UserID("test:" + who)
	choice := rapid.SampledFrom(choices).Draw(t, "choice")
	words := map[bot.Choice]string{bot.ChooseYes: "#1 zustimmen", bot.ChooseNo: "#1 ablehnen", bot.ChooseForward: "#1 an DIKON", bot.ChooseAsk: "#1 ❓", "👍": "#1 gut so"}[choice]
	thread := m.request()
	in := func(room bot.RoomID, thread bot.MessageID, text string) bot.Event {
		return bot.Event{Kind: bot.EventMessage, Room: room, Sender: user, Thread: thread, Text: text}
	}
	switch deed {
	case "react":
		e := bot.Event{Kind: bot.EventReaction, Room: dm, Sender: user, Target: m.request(), Emoji: string(choice)}
		m.vote(said{by: person(who), as: who, choice: choice, at: now, id: m.inject(e)})
	case "type":
		if choice == bot.ChooseAsk {
			choice = "👍" // there is no such line
		}
		m.vote(said{by: person(who), as: who, choice: choice, typed: true, at: now, id: m.inject(in(dm, "", words))})
	case "early": // the deletion comes before the reaction
		id := bot.MessageID(fmt.Sprintf("test:$early-%d", len(w.Chat.Room(dm))))
		m.inject(bot.Event{Kind: bot.EventDeletion, Room: dm, Sender: user, Target: id})
		m.inject(bot.Event{Kind: bot.EventReaction, Room: dm, Sender: user, Target: m.request(), Emoji: string(choice), Message: id})
	case "unreact", "untype":
		if v := m.pick(&m.votes, func(v said) bool { return v.typed == (deed == "untype") }); v != nil {
			m.inject(bot.Event{Kind: bot.EventDeletion, Room: dm, Sender: bot.UserID("test:" + v.as), Target: v.id})
			if m.decision == "" {
				v.gone = true
			}
		}
	case "retype": // a typed line is edited
		if v := m.pick(&m.votes, func(v said) bool { return v.typed }); v != nil && choice != bot.ChooseAsk && choice != bot.ChooseForward {
			m.inject(bot.Event{Kind: bot.EventEdit, Room: dm, Sender: bot.UserID("test:" + v.as), Target: v.id, Text: words})
			if m.decision == "" {
				v.gone = true
				m.vote(said{by: v.by, as: v.as, choice: choice, typed: true, at: now, id: v.id})
			}
		}
	case "ask":
		id := m.inject(in(dm, thread, "Rückfrage: Wer müsste freigeben?"))
		if m.member(person(who)) && m.decision == "" {
			m.questions = append(m.questions, said{by: person(who), as: who, id: id})
			m.use(bot.ChooseAsk, person(who))
		}
	case "unask":
		if q := m.pick(&m.questions, func(said) bool { return true }); q != nil {
			m.inject(bot.Event{Kind: bot.EventDeletion, Room: dm, Sender: bot.UserID("test:" + q.as), Target: q.id})
			q.gone = true
		}
	case "answer":
		n := slices.IndexFunc(m.questions, func(q said) bool { return !q.told && !q.gone })
		if n >= 0 {
			user = rapid.SampledFrom([]bot.UserID{"test:maria", "test:otto"}).Draw(t, "answers")
			m.inject(in(project, w.Own(project, fmt.Sprintf("serviceportal-1/question/%d", n+1)), "Das Amt"))
			m.questions[n].told = m.questions[n].told || user == "test:maria" && m.decision == ""
		}
	case "advise":
		if m.asked {
			m.inject(in(dikon, w.Own(dikon, "serviceportal-1/forward"), "Empfehlung: ja"))
			if who == "dirk" && m.decision == "" {
				m.use(bot.ChooseForward, "")
			}
		}
	case "reason":
		before := m.reasoned()
		id := m.inject(in(dm, thread, "Begründung: darum"))
		if m.member(person(who)) {
			m.reasons = append(m.reasons, said{by: person(who), as: who, id: id})
			if !before && m.decision == "" && m.leaning == bot.ChooseNo {
				m.since = now
			}
		}
	case "unreason":
		if r := m.pick(&m.reasons, func(said) bool { return true }); r != nil {
			m.inject(bot.Event{Kind: bot.EventDeletion, Room: dm, Sender: bot.UserID("test:" + r.as), Target: r.id})
			r.gone = true
		}
	case "talk":
		m.inject(in(dm, thread, "Das sollten wir besprechen."))
	case "pass":
		m.proceed(time.Duration(rapid.SampledFrom([]int{1, 7, 14, 15, 16, 60, 600, 1500}).Draw(t, "minutes")) * time.Minute)
		return
	case "restart":
		w.Down()
		w.Up()
		w.Idle()
	case "roles": // the configuration changes; the rule of what is open does not
		m.dm = rapid.SampledFrom([][]bot.PersonID{members, {"dora", "dario"}, {"dana", "maria"}, {"dario", "dana"}}).Draw(t, "dm")
		line := "dm"
		for _, who := range m.dm {
			line += " " + string(who)
		}
		w.Down()
		w.Play(line + "\nweighty quorum 1 pause 1h\nup")
		if rapid.Bool().Draw(t, "waits") {
			m.weigh()
			m.proceed(m.rule.Pause)
			return
		}
	case "again": // a server delivers things a second time
		w.Chat.Rewind(rapid.IntRange(1, 8).Draw(t, "events"))
		w.Idle()
	}
	m.weigh()
}

// vote takes what the rule takes.
func (m *model) vote(v said) {
	if m.decision != "" || !m.member(v.by) {
		return
	}
	switch v.choice {
	case bot.ChooseYes, bot.ChooseNo:
		if v.by == "maria" { // she has asked
			return
		}
	case bot.ChooseForward:
		m.asked = true
	case bot.ChooseAsk:
	default:
		return
	}
	m.votes = append(m.votes, v)
}

func (m *model) member(who bot.PersonID) bool { return slices.Contains(m.dm, who) }

func (m *model) reasoned() bool {
	return slices.ContainsFunc(m.reasons, func(r said) bool { return !r.gone })
}

func (m *model) use(choice bot.Choice, who bot.PersonID) {
	for i, v := range m.votes {
		if v.choice == choice && (who == "" || v.by == who) {
			m.votes[i].used = true
		}
	}
}

// pick draws one that stands, nil if there is none.
func (m *model) pick(of *[]said, ok func(said) bool) *said {
	var standing []int
	for i, s := range *of {
		if !s.gone && ok(s) {
			standing = append(standing, i)
		}
	}
	if len(standing) == 0 {
		return nil
	}
	return &(*of)[rapid.SampledFrom(standing).Draw(m.t, "which")]
}

// opinion is what the votes come to now: what all who say something say, if enough of
// them have said it as the rule wants it.
func (m *model) opinion() bot.Choice {
	for _, v := range m.votes {
		if !v.gone && !v.used && (v.choice == bot.ChooseAsk || v.choice == bot.ChooseForward) {
			return ""
		}
	}
	for _, q := range m.questions {
		if !q.gone && !q.told {
			return ""
		}
	}
	enough, all := 0, bot.Choice("")
	for _, who := range m.dm {
		var last, reacted, typed said
		for _, v := range m.votes {
			if v.gone || v.by != who || v.choice != bot.ChooseYes && v.choice != bot.ChooseNo {
				continue
			}
			last = v
			if v.typed {
				typed = v
			} else {
				reacted = v
			}
		}
		switch {
		case last.choice == "":
			continue
		case all != "" && all != last.choice:
			return ""
		case !m.rule.Typed || typed.choice == reacted.choice:
			enough++
		}
		all = last.choice
	}
	if enough < m.rule.Quorum {
		return ""
	}
	return all
}

// weigh notes since when the votes come to what they do.
func (m *model) weigh() {
	if m.decision != "" {
		return
	}
	for i, v := range m.votes { // who has lost the role wants nothing any more
		m.votes[i].used = v.used || !m.member(v.by)
	}
	if now := m.opinion(); now != m.leaning || now == "" {
		m.leaning, m.since = now, m.w.Clock.Now()
	}
}

// stands is when what the votes come to is decided.
func (m *model) stands() time.Time {
	at := m.since.Add(m.rule.Pause)
	if m.leaning == bot.ChooseNo && !m.reasoned() {
		s := m.w.Settings
		noon := s.Days.Add(calendar.DateOf(m.since.In(s.Zone)), 1).At(calendar.Clock{Hour: 12}, s.Zone)
		if noon.After(at) {
			return noon
		}
	}
	return at
}

// proceed lets time pass.
func (m *model) proceed(d time.Duration) {
	until := m.w.Clock.Now().Add(d)
	m.w.Until(until)
	if m.decision == "" && m.leaning != "" && !m.stands().After(until) {
		m.decision, m.when = m.leaning, m.stands()
	}
}

// compare holds the books against the model.
func (m *model) compare() {
	s, err := m.w.Store.Load(context.Background(), bot.Query{Escalation: "serviceportal-1"})
	if err != nil {
		m.t.Fatal(err)
	}
	x := s.Escalation
	got := bot.Choice("")
	if x.Decision != nil {
		got = x.Decision.Choice
	}
	switch {
	case got != m.decision:
		m.t.Fatalf("decided %q, but the votes come to %q (leaning %q since %v)\n%+v", got, m.decision, m.leaning, m.since, *x)
	case got != "" && !x.Decision.At.Equal(m.when):
		m.t.Fatalf("decided at %v, but that is to be at %v", x.Decision.At, m.when)
	case got != "" && (x.State == bot.EscalationAccepted) != (got == bot.ChooseYes):
		m.t.Fatalf("decided %s, and %s", got, x.State)
	case got == "" && !x.State.Before():
		m.t.Fatalf("it is %s", x.State)
	}
}

// verify checks the log, and what stands in the rooms.
func (m *model) verify() {
	chain, decided := new(bot.Chain), 0
	counted, err := m.w.Store.Log(context.Background(), bot.LogQuery{}, func(r bot.Record) error {
		if r.Kind == bot.EntryDecided {
			decided++
			if r.Choice != m.decision || len(r.Evidence) == 0 {
				m.t.Errorf("the log has %q, with %d votes as evidence", r.Choice, len(r.Evidence))
			}
		}
		return chain.Add(r)
	})
	if err == nil {
		err = chain.End(counted)
	}
	if err != nil {
		m.t.Errorf("the log does not verify: %v", err)
	}
	want := 0
	if m.decision != "" {
		want = 1
	}
	if decided != want {
		m.t.Errorf("the log has %d decisions, want %d", decided, want)
	}
	outcomes := map[bot.RoomID]int{}
	for _, room := range m.w.Chat.Rooms() {
		for _, msg := range m.w.Chat.Room(room) {
			if msg.Kind == "escalation.outcome" {
				outcomes[room]++
			}
		}
	}
	if n := outcomes[project]; n != decided {
		m.t.Errorf("the project was told of %d outcomes of %d decisions", n, decided)
	}
	if doubled := m.w.Chat.Doubled(); len(doubled) > 0 {
		m.t.Errorf("said twice: %q", doubled)
	}
	if needless := m.w.Needless(); len(needless) > 0 {
		m.t.Errorf("edited without being changed: %q", needless)
	}
	for _, send := range m.w.Chat.Sends() {
		if send.Err != nil {
			m.t.Errorf("%s could not be sent: %v", send.Key, send.Err)
		}
	}
	if failed := m.failed(); failed != "" {
		m.t.Errorf("a decision failed: %s", failed)
	}
}

// failed is what the PMO was told of decisions that failed.
func (m *model) failed() string {
	for _, room := range m.w.Chat.Rooms() {
		if i := slices.IndexFunc(m.w.Chat.Room(room), func(msg enginetest.Message) bool { return strings.HasPrefix(string(msg.Key), "note/failed") }); i >= 0 {
			return m.w.Chat.Room(room)[i].Text
		}
	}
	return ""
}

// plainTexts are quicker than the real ones, and different whenever what they tell is.
type plainTexts struct{}

func (plainTexts) Render(_ bot.Language, template string, data any, _ bot.ChatID) (bot.Text, error) {
	if card, ok := data.(bot.EscalationCard); ok {
		card.Now = time.Time{}
		data = card
	}
	return bot.Text{Markdown: bot.Markdown(fmt.Sprintf("%s %v", template, data))}, nil
}

func (plainTexts) Plain(bot.Language, string, any) (string, error) { return "", nil }
