package escalation_test

import (
	"context"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/dialoguetest"
)

// attack is an escalation before the DM, quorum 2, for which dora has voted yes already: one
// more yes that counts, and it is decided.
type attack struct {
	*dialoguetest.World
	t    *testing.T
	vote bot.MessageID // dora's
}

func (a *attack) request() bot.MessageID { return a.Own(dm, "serviceportal-1/request") }

// do lets somebody do something, and the bot take it in.
func (a *attack) do(e bot.Event) bot.MessageID {
	a.t.Helper()
	if e.Room == "" {
		e.Room = dm
	}
	if e.At.IsZero() {
		e.At = a.Clock.Now()
	}
	id := a.Chat.Inject(e)[0]
	a.Idle()
	return id
}

func (a *attack) react(who string, to bot.MessageID, emoji string) bot.MessageID {
	a.t.Helper()
	return a.do(bot.Event{Kind: bot.EventReaction, Sender: bot.UserID("test:" + who), Target: to, Emoji: emoji})
}

func (a *attack) say(who, text string) bot.MessageID {
	a.t.Helper()
	return a.do(bot.Event{Kind: bot.EventMessage, Sender: bot.UserID("test:" + who), Text: text})
}

func (a *attack) remove(who string, what bot.MessageID) {
	a.t.Helper()
	a.do(bot.Event{Kind: bot.EventDeletion, Sender: bot.UserID("test:" + who), Target: what})
}

// Votes that are none, whoever tries. Each attack ends an hour later without a decision;
// those who would be right to decide it, are listed to prove that the test can fail.
func TestAttacks(t *testing.T) {
	const yes = string(bot.ChooseYes)
	for _, test := range []struct {
		why    string
		do     func(a *attack)
		counts bool // it is no attack
	}{
		{"a second member", func(a *attack) { a.react("dario", a.request(), yes) }, true},
		{"a second member with a variation selector", func(a *attack) { a.react("dario", a.request(), yes+"\ufe0f") }, true},
		{"a second member in writing", func(a *attack) { a.say("dario", "#1 zustimmen") }, true},

		{"somebody who joined the room without the role", func(a *attack) { a.react("otto", a.request(), yes) }, false},
		{"somebody with a member's display name", func(a *attack) { a.react("olga", a.request(), yes) }, false},
		{"… in writing", func(a *attack) { a.say("olga", "#1 zustimmen") }, false},
		{"the PMO", func(a *attack) { a.react("pia", a.request(), yes) }, false},
		{"DIKON, in the DM's room", func(a *attack) { a.react("dirk", a.request(), yes) }, false},
		{"the lead of another project", func(a *attack) { a.react("jonas", a.request(), yes) }, false},
		{"the bot itself", func(a *attack) { a.react("@lotse", a.request(), yes) }, false},
		{"the asker, who is a member", func(a *attack) { a.react("maria", a.request(), yes) }, false},
		{"the asker, in writing", func(a *attack) { a.say("maria", "#1 zustimmen") }, false},
		{"the same person's second account", func(a *attack) { a.react("dora2", a.request(), yes) }, false},
		{"the same person, in writing", func(a *attack) { a.say("dora", "#1 zustimmen") }, false},
		{"the same reaction twice", func(a *attack) { a.react("dora", a.request(), yes) }, false},

		{"removed from the role after voting", func(a *attack) {
			a.react("dario", a.request(), yes)
			a.Down()
			a.Play("dm dora maria dana\nup")
		}, false},
		{"put into the role and removed again", func(a *attack) {
			a.Down()
			a.Play("dm dora dario maria dana olga\nup")
			a.react("olga", a.request(), yes)
			a.Down()
			a.Play("dm dora dario maria dana\nup")
		}, false},
		{"voted before getting the role", func(a *attack) {
			a.react("olga", a.request(), yes)
			a.Down()
			a.Play("dm dora dario maria dana olga\nup")
		}, false},

		{"on a copy that somebody else wrote", func(a *attack) { a.react("dario", a.say("olga", "**Eskalation #1 · Serviceportal**"), yes) }, false},
		{"on somebody's message that was edited into a copy", func(a *attack) {
			m := a.say("olga", "Guten Morgen")
			a.do(bot.Event{Kind: bot.EventEdit, Sender: "test:olga", Target: m, Text: "**Eskalation #1 · Serviceportal**"})
			a.react("dario", m, yes)
		}, false},
		{"on a message that claims to be the request", func(a *attack) {
			m := a.do(bot.Event{Kind: bot.EventMessage, Sender: "test:olga", Text: "x", Key: "escalation/serviceportal-1/request/test:dm"})
			a.react("dario", m, yes)
		}, false},
		{"on what the bot said beside the request", func(a *attack) {
			q := a.react("dana", a.request(), string(bot.ChooseAsk))
			a.react("dario", a.Own(dm, "note/question"), yes)
			a.remove("dana", q)
		}, false},
		{"on the message to the PMO", func(a *attack) {
			a.do(bot.Event{Kind: bot.EventReaction, Room: "test:pmo", Sender: "test:dario", Target: a.Own("test:pmo", "serviceportal-1/told"), Emoji: yes})
		}, false},
		{"on the draft in the project's room", func(a *attack) {
			a.do(bot.Event{Kind: bot.EventReaction, Room: project, Sender: "test:dario", Target: a.Own(project, "serviceportal-1/draft"), Emoji: yes})
		}, false},
		{"on a message that is not there", func(a *attack) { a.react("dario", "test:$nowhere", yes) }, false},
		{"in writing in another room", func(a *attack) {
			a.do(bot.Event{Kind: bot.EventMessage, Room: project, Sender: "test:dario", Text: "#1 zustimmen"})
			a.do(bot.Event{Kind: bot.EventMessage, Room: "test:direct-dario", Direct: true, Sender: "test:dario", Text: "#1 zustimmen"})
			a.do(bot.Event{Kind: bot.EventMessage, Room: "test:fremd", Sender: "test:dario", Text: "#1 zustimmen"})
		}, false},
		{"in writing in DIKON's room, by a member of both", func(a *attack) {
			a.Down()
			a.Play("dikon dirk dario\nup")
			f := a.react("dana", a.request(), string(bot.ChooseForward))
			a.do(bot.Event{Kind: bot.EventMessage, Room: dikon, Sender: "test:dario", Text: "#1 zustimmen"})
			a.remove("dana", f)
		}, false},
		{"quoting what somebody else wrote", func(a *attack) { a.say("dario", "> #1 zustimmen\nmeint Dora") }, false},
		{"for another escalation", func(a *attack) { a.say("dario", "#2 zustimmen") }, false},

		{"withdrawn", func(a *attack) { a.remove("dario", a.react("dario", a.request(), yes)) }, false},
		{"withdrawn with the other account's reaction left", func(a *attack) {
			a.react("dora2", a.request(), yes)
			a.remove("dora", a.vote)
		}, false},
		{"withdrawn by somebody else: it stands", func(a *attack) { a.remove("olga", a.react("dario", a.request(), yes)) }, true},
		{"withdrawn before it is seen", func(a *attack) {
			a.do(bot.Event{Kind: bot.EventDeletion, Sender: "test:dario", Target: "test:$late"})
			a.do(bot.Event{Kind: bot.EventReaction, Sender: "test:dario", Target: a.request(), Emoji: yes, Message: "test:$late"})
		}, false},
		{"somebody else's deletion is seen before the vote: it stands", func(a *attack) {
			a.do(bot.Event{Kind: bot.EventDeletion, Sender: "test:olga", Target: "test:$late"})
			a.do(bot.Event{Kind: bot.EventReaction, Sender: "test:dario", Target: a.request(), Emoji: yes, Message: "test:$late"})
		}, true},
		{"a line deleted before it is seen", func(a *attack) {
			a.do(bot.Event{Kind: bot.EventDeletion, Sender: "test:dario", Target: "test:$late"})
			a.do(bot.Event{Kind: bot.EventMessage, Sender: "test:dario", Text: "#1 zustimmen", Message: "test:$late"})
		}, false},
		{"delivered twice", func(a *attack) {
			a.remove("dario", a.react("dario", a.request(), yes))
			a.Chat.Rewind(2)
			a.Idle()
		}, false},
		{"an old vote told anew, after a rejoin", func(a *attack) {
			old := a.react("dario", a.request(), yes)
			a.remove("dario", old)
			a.do(bot.Event{ID: "anew", Kind: bot.EventReaction, Sender: "test:dario", Target: a.request(), Emoji: yes, Message: old})
		}, false},
		{"an old vote told anew as somebody else's", func(a *attack) {
			a.do(bot.Event{ID: "anew", Kind: bot.EventReaction, Sender: "test:dario", Target: a.request(), Emoji: yes, Message: a.vote})
		}, false},
		{"somebody edits another's line", func(a *attack) {
			m := a.say("dario", "Guten Morgen")
			a.do(bot.Event{Kind: bot.EventEdit, Sender: "test:olga", Target: m, Text: "#1 zustimmen"})
		}, false},
		{"somebody edits another's vote", func(a *attack) {
			m := a.say("dario", "#1 zustimmen")
			a.do(bot.Event{Kind: bot.EventEdit, Sender: "test:olga", Target: m, Text: "#1 ablehnen"})
		}, true},
		{"a line from a device that nobody has confirmed", func(a *attack) {
			a.Down()
			a.Play("strict\nup")
			a.do(bot.Event{Kind: bot.EventMessage, Sender: "test:dario", Text: "#1 zustimmen", Doubt: bot.DoubtDevice})
		}, false},
	} {
		t.Run(test.why, func(t *testing.T) {
			t.Parallel()
			k := kit()
			k.Renderer = plainTexts{}
			a := &attack{World: dialoguetest.New(t, k), t: t}
			a.Play("dm dora dario dana maria\nrule quorum 2" + `
until 2026-11-18 09:00
maria: serviceportal/thread: Status: grün\nAusblick: grün\n- Test\nBlocker: Die Freigabe fehlt\nEntscheidung: keine\nKommunikation: –
maria: serviceportal/serviceportal-1/draft + ✅`)
			a.vote = a.react("dora", a.request(), yes)
			test.do(a)
			a.Until(a.Clock.Now().Add(time.Hour))
			s, err := a.Store.Load(context.Background(), bot.Query{Escalation: "serviceportal-1"})
			if err != nil {
				t.Fatal(err)
			}
			if decided := s.Escalation.Decision != nil; decided != test.counts {
				t.Errorf("decided: %v, want %v; votes %+v", decided, test.counts, s.Escalation.Votes)
			}
		})
	}
}
