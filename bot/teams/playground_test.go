package teams

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"lotse/bot"
	"lotse/bot/teams/teamstest"
)

// listening runs a Chat against the playground, with what is remembered in m, until end
// is called.
func listening(t *testing.T, city *teamstest.Playground, m *memory) (chat *Chat, end func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	chat, err = New(Config{
		AppID: teamstest.AppID, Tenant: teamstest.Tenant, Credential: Credential{Secret: teamstest.Secret}, Memory: m,
		Metadata: city.Relay.Metadata(), Token: city.Relay.Token(), ServiceURL: city.Relay.ServiceURL(),
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Listener: l,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	caughtUp := make(chan struct{}, 1)
	go func() {
		ended <- chat.Run(ctx, func(ctx context.Context, b bot.Batch) error {
			err := m.deliver(ctx, b)
			if b.CaughtUp {
				caughtUp <- struct{}{}
			}
			return err
		})
	}()
	<-caughtUp
	city.Relay.Deliver("http://" + l.Addr().String() + Path)
	return chat, func() {
		t.Helper()
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	}
}

func TestMain(m *testing.M) { os.Exit(teamstest.Run(m)) }

func say(room bot.RoomID, key, markdown string) bot.Outgoing {
	return bot.Outgoing{Key: bot.Key(key), Revision: 1, Op: bot.OpMessage, Room: room, Text: bot.Text{Markdown: bot.Markdown(markdown)}, Transaction: bot.Transaction(bot.Key(key), room, 1)}
}

// one returns the one event of a kind among those that came in.
func one(t *testing.T, events []bot.Event, kind bot.EventKind) bot.Event {
	t.Helper()
	var found []bot.Event
	for _, e := range events {
		if e.Kind == kind {
			found = append(found, e)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d events are a %s, want one: %+v", len(found), kind, events)
	}
	return found[0]
}

// A personal chat from its beginning: the app is installed, somebody writes and gets an
// answer, which is edited; they react, edit and delete; and after a restart the bot
// writes by itself.
func TestPersonalChat(t *testing.T) {
	city := teamstest.Shared(t)
	m := newMemory()
	chat, end := listening(t, city, m)

	city.Install(t, teamstest.Personal)
	city.Relay.AwaitDelivery(t, "installationUpdate", 0)
	city.Relay.AwaitDelivery(t, "conversationUpdate", 0) // both say the same
	e := one(t, m.taken(), bot.EventJoined)
	if want := userID(teamstest.Maria.Object); e.Room != roomID(teamstest.Personal) || !e.Direct || e.Sender != want {
		t.Errorf("joined: %+v, want the personal chat with %s", e, want)
	}

	city.Say(t, teamstest.Personal, "Hallo Lotse")
	city.Relay.AwaitDelivery(t, "message", 0)
	asked := one(t, m.taken(), bot.EventMessage)
	if asked.Text != "Hallo Lotse" || asked.Name != teamstest.Maria.Name || asked.Message == "" {
		t.Errorf("heard: %+v", asked)
	}
	answer := say(asked.Room, "answer", "Guten Tag, [Maria Beispiel](mention:teams:"+teamstest.Maria.Object+").")
	answer.Text.Mentions = []bot.UserID{asked.Sender}
	id, err := chat.Send(t.Context(), answer)
	if err != nil {
		t.Fatal(err)
	}
	p := city.Relay.AwaitPost(t, "the answer", func(p teamstest.Post) bool { return p.Method == http.MethodPost })
	if p.Text != "Guten Tag, <at>Maria Beispiel</at>." || len(p.Mentions) != 1 || p.Mentions[0] != teamstest.Maria.ID || messageID(teamstest.Personal, p.ID) != id {
		t.Errorf("the answer %s is %+v", id, p)
	}

	edit := answer
	edit.Revision, edit.Message, edit.Text = 2, id, bot.Text{Markdown: "Guten **Abend**."}
	if again, err := chat.Send(t.Context(), edit); err != nil || again != id {
		t.Errorf("edited: %q %v", again, err)
	}
	p = city.Relay.AwaitPost(t, "the edit", func(p teamstest.Post) bool { return p.Method == http.MethodPut })
	if p.Text != "Guten **Abend**." || messageID(teamstest.Personal, p.ID) != id {
		t.Errorf("the edit is %+v", p)
	}

	city.Activity(t, teamstest.Maria, teamstest.Personal, map[string]any{
		"type": "messageReaction", "replyToId": activityOf(id), "reactionsAdded": []any{map[string]string{"type": "like"}},
	})
	city.Relay.AwaitDelivery(t, "messageReaction", 0)
	if e := one(t, m.taken(), bot.EventReaction); e.Target != id || e.Emoji != "👍" || e.Sender != asked.Sender {
		t.Errorf("reacted: %+v", e)
	}
	city.Activity(t, teamstest.Maria, teamstest.Personal, map[string]any{"type": "messageUpdate", "id": activityOf(asked.Message), "text": "Hallo!", "textFormat": "plain"})
	city.Relay.AwaitDelivery(t, "messageUpdate", 0)
	if e := one(t, m.taken(), bot.EventEdit); e.Target != asked.Message || e.Text != "Hallo!" {
		t.Errorf("edited: %+v", e)
	}
	city.Activity(t, teamstest.Maria, teamstest.Personal, map[string]any{"type": "messageDelete", "id": activityOf(asked.Message)})
	city.Relay.AwaitDelivery(t, "messageDelete", 0)
	if e := one(t, m.taken(), bot.EventDeletion); e.Target != asked.Message || e.Sender != asked.Sender {
		t.Errorf("deleted: %+v", e)
	}
	end()

	// What is known of the conversation is in the memory alone.
	chat, end = listening(t, city, m)
	defer end()
	room, err := chat.OpenDirect(t.Context(), asked.Sender)
	if err != nil || room != asked.Room {
		t.Fatalf("the personal chat is %q: %v", room, err)
	}
	reminder, err := chat.Send(t.Context(), say(room, "reminder", "Bis morgen, bitte."))
	if err != nil {
		t.Fatal(err)
	}
	city.Relay.AwaitPost(t, "the reminder", func(p teamstest.Post) bool { return p.Text == "Bis morgen, bitte." })
	gone := say(room, "reminder", "")
	gone.Absent, gone.Message = true, reminder
	for range 2 { // to delete twice does no harm
		if _, err := chat.Send(t.Context(), gone); err != nil {
			t.Errorf("deleted: %v", err)
		}
	}
	if got := city.Relay.Given(); got != 2 {
		t.Errorf("%d tokens were asked for in two lives", got)
	}
}

// In a team: a post in a channel opens a thread, what follows stands in it, root and
// answer can be edited, and people's answers name the thread.
func TestChannel(t *testing.T) {
	city := teamstest.Shared(t)
	m := newMemory()
	chat, end := listening(t, city, m)
	defer end()

	city.Say(t, teamstest.Channel, "<at>Lotse</at> !hilfe")
	city.Relay.AwaitDelivery(t, "message", 0)
	events := m.taken()
	asked := one(t, events, bot.EventMessage)
	if room := roomID(teamstest.Channel); one(t, events, bot.EventJoined).Room != room || asked.Room != room || asked.Text != "!hilfe" || !asked.ToBot {
		t.Errorf("heard %+v", asked)
	}

	root, err := chat.Send(t.Context(), say(asked.Room, "ask", "**Projektcheck**"))
	if err != nil {
		t.Fatal(err)
	}
	opened := city.Relay.AwaitPost(t, "the root", func(p teamstest.Post) bool { return p.Text == "**Projektcheck**" })
	if !strings.HasPrefix(opened.Conversation, teamstest.Channel+";messageid=") || messageID(teamstest.Channel, strings.TrimPrefix(opened.Conversation, teamstest.Channel+";messageid=")) != root {
		t.Errorf("the root %s stands as %+v", root, opened)
	}
	reply := say(asked.Room, "question", "Wo steht das Projekt?")
	reply.Thread = root
	question, err := chat.Send(t.Context(), reply)
	if err != nil {
		t.Fatal(err)
	}
	if p := city.Relay.AwaitPost(t, "the question", func(p teamstest.Post) bool { return p.Text == "Wo steht das Projekt?" }); p.Conversation != opened.Conversation {
		t.Errorf("the question stands in %s, want %s", p.Conversation, opened.Conversation)
	}
	for _, edited := range []bot.Outgoing{
		{Key: "ask", Revision: 2, Op: bot.OpMessage, Room: asked.Room, Message: root, Text: bot.Text{Markdown: "Projektcheck, neu"}},
		{Key: "question", Revision: 2, Op: bot.OpMessage, Room: asked.Room, Thread: root, Message: question, Text: bot.Text{Markdown: "Wo steht es?"}},
	} {
		if id, err := chat.Send(t.Context(), edited); err != nil || id != edited.Message {
			t.Errorf("edit %s: %q %v", edited.Key, id, err)
		}
	}

	city.Activity(t, teamstest.Jonas, opened.Conversation, map[string]any{"type": "message", "id": "1700000000077", "text": "gelb", "textFormat": "plain"})
	city.Relay.AwaitDelivery(t, "message", 1)
	if e := one(t, m.taken(), bot.EventMessage); e.Thread != root || e.Room != asked.Room || e.Sender != userID(teamstest.Jonas.Object) {
		t.Errorf("an answer in the thread: %+v, want thread %s", e, root)
	}
}

// form is a form with fields, a mention and buttons, as the engine makes it.
func form(room bot.RoomID, key string) bot.Outgoing {
	out := say(room, key, "## Projektcheck\n\n[Maria Beispiel](mention:teams:"+teamstest.Maria.Object+"), wie steht das Projekt **Serviceportal**?")
	out.Text.Mentions = []bot.UserID{userID(teamstest.Maria.Object)}
	out.Text.Form = &bot.Form{
		Language: bot.German, Noted: "Notiert.", TooLong: "Das ist zu lang.",
		Fields: []bot.Input{
			{Name: "status", Label: "Status", Required: true, Missing: "Bitte angeben.", Options: []bot.Option{{Value: "🟢", Label: "🟢 grün"}, {Value: "🟡", Label: "🟡 gelb"}}},
			{Name: "blocker", Label: "Blocker", Hint: "keine", Value: "Vergabe", Long: true, Max: 2000},
			{Name: "done", Label: "Inzwischen erledigt", Many: true, Options: []bot.Option{{Value: "1", Label: "1. Schulung"}, {Value: "4", Label: "*vier*"}}},
		},
		Buttons: []bot.Button{{Act: bot.ActSend, Label: "Absenden"}, {Act: bot.ActReact, Emoji: "✅", Label: "✅ Ja"}, {Act: bot.ActReact, Emoji: "❌", Label: "❌ Nein"}, {Act: bot.ActBack, Label: "Doch nicht"}},
	}
	return out
}

// A card is sent, filled in, edited and pressed in a personal chat, a group chat and a channel.
func TestForm(t *testing.T) {
	city := teamstest.Shared(t)
	m := newMemory()
	chat, end := listening(t, city, m)
	defer end()
	for _, conversation := range []string{teamstest.Personal, teamstest.Group, teamstest.Channel} {
		jonas, kim := teamstest.Jonas, teamstest.Kim
		if conversation == teamstest.Personal {
			jonas, kim = teamstest.Maria, teamstest.Maria
		}
		came := city.Relay.Delivered()
		city.Activity(t, teamstest.Maria, conversation, map[string]any{"type": "message", "text": "Hallo", "textFormat": "plain"})
		city.Relay.AwaitDelivery(t, "message", came)
		m.taken()
		sent := len(city.Relay.Posts())
		out := form(roomID(conversation), "ask/"+conversation)
		id, err := chat.Send(t.Context(), out)
		if err != nil {
			t.Fatalf("%s: %v", conversation, err)
		}
		p := city.Relay.Posts()[sent]
		room, _, _ := strings.Cut(p.Conversation, root)
		if p.Card == nil || messageID(room, p.ID) != id || len(p.Mentions) != 1 || p.Mentions[0] != teamstest.Maria.ID || p.Card.Lang != "de" ||
			p.Text != "Projektcheck\n\n<at>Maria Beispiel</at>, wie steht das Projekt **Serviceportal**?" ||
			p.Summary != "Projektcheck Maria Beispiel, wie steht das Projekt Serviceportal?" {
			t.Fatalf("the card %s is %+v", id, p)
		}
		if in := p.Card.Input("Blocker"); in == nil || in.Value != "Vergabe" || in.Hint != "keine" || !in.Long || in.Max != 2000 {
			t.Errorf("the field for blockers is %+v", in)
		}
		if in := p.Card.Input("done"); in == nil || in.Options[0].Title != "1. Schulung" || in.Options[1].Title != "∗vier∗" {
			t.Errorf("the field for what is done is %+v", in)
		}

		if said := city.Submit(t, jonas, p, map[string]string{"Status": "🟡", "done": "1,4"}); said != "Notiert." {
			t.Errorf("handed in, and told %q", said)
		}
		e := one(t, m.taken(), bot.EventForm)
		if want := map[string]string{"status": "🟡", "blocker": "Vergabe", "done": "1,4"}; e.Target != id || e.Room != out.Room || e.Sender != userID(jonas.Object) || !maps.Equal(e.Fields, want) {
			t.Errorf("handed in: %+v, want %v", e, want)
		}
		if said := city.Press(t, teamstest.Maria, p, "✅ Ja"); said != "Notiert." {
			t.Errorf("pressed, and told %q", said)
		}
		pressed := one(t, m.taken(), bot.EventReaction)
		if pressed.Target != id || pressed.Emoji != "✅" || pressed.Sender != userID(teamstest.Maria.Object) {
			t.Errorf("pressed: %+v", pressed)
		}
		city.Press(t, teamstest.Maria, p, "✅ Ja")
		if kim != teamstest.Maria {
			city.Press(t, kim, p, "Doch nicht")
		}
		if again := m.taken(); len(again) != 0 {
			t.Errorf("pressed again, and taken back by somebody who has pressed nothing: %+v", again)
		}
		city.Press(t, teamstest.Maria, p, "Doch nicht")
		if back := one(t, m.taken(), bot.EventDeletion); back.Target != pressed.Message || back.Sender != pressed.Sender {
			t.Errorf("taken back: %+v", back)
		}
		came = city.Relay.Delivered()
		city.SubmitOld(t, kim, p, "Absenden", map[string]string{"status": "🟢"})
		city.Relay.AwaitDelivery(t, "message", came)
		if e := one(t, m.taken(), bot.EventForm); e.Target != id || e.Fields["status"] != "🟢" || e.Sender != userID(kim.Object) {
			t.Errorf("handed in by an old client: %+v", e)
		}

		edit := out
		edit.Revision, edit.Message, edit.Text = 2, id, bot.Text{Markdown: "Serviceportal: 🟡", Form: &bot.Form{}}
		if again, err := chat.Send(t.Context(), edit); err != nil || again != id {
			t.Errorf("edited: %q %v", again, err)
		}
		if p := city.Relay.Posts()[sent+1]; p.Method != http.MethodPut || p.ID != activityOf(id) || p.Text != "Serviceportal: 🟡" || p.Card == nil || len(p.Card.Inputs)+len(p.Card.Buttons) > 0 {
			t.Errorf("the edit is %+v", p)
		}
	}
}

// What Teams says no to, and what that means.
func TestFailures(t *testing.T) {
	city := teamstest.Shared(t)
	m := newMemory()
	chat, end := listening(t, city, m)
	defer end()
	city.Install(t, teamstest.Personal)
	city.Relay.AwaitDelivery(t, "installationUpdate", 0)
	room := roomID(teamstest.Personal)

	city.Relay.Fail(http.StatusTooManyRequests, "7")
	_, err := chat.Send(t.Context(), say(room, "429", "a"))
	if s, ok := errors.AsType[*bot.SendError](err); !ok || !s.Refused || s.Final || s.After.Seconds() != 7 {
		t.Errorf("429: %#v", err)
	}
	for _, status := range []int{http.StatusBadGateway, http.StatusGatewayTimeout, http.StatusInternalServerError} {
		before := len(city.Relay.Posts())
		city.Relay.Swallow(status)
		_, err = chat.Send(t.Context(), say(room, "swallowed", "b"))
		if _, ok := errors.AsType[*bot.SendError](err); err == nil || ok {
			t.Errorf("%d after the message arrived is no doubt: %v", status, err)
		}
		if len(city.Relay.Posts()) != before+1 {
			t.Error("the message did not arrive")
		}
	}
	city.Relay.Revoke() // the token is replaced, once
	if _, err := chat.Send(t.Context(), say(room, "401", "c")); err != nil {
		t.Errorf("with a token that was revoked: %v", err)
	}
	edit := say(room, "nothing", "d")
	edit.Message = messageID(teamstest.Personal, "nothing")
	_, err = chat.Send(t.Context(), edit)
	if s, ok := errors.AsType[*bot.SendError](err); !ok || !s.Final {
		t.Errorf("to edit what is not there: %#v", err)
	}
	_, err = chat.Send(t.Context(), say(roomID("a:unknown"), "x", "e"))
	if s, ok := errors.AsType[*bot.SendError](err); !ok || !s.Final || s.Why != bot.RefusedAway {
		t.Errorf("into a conversation that is not known: %#v", err)
	}
}

// Somebody who has never written, and of whom only the object id is known, is found among the members of the team that the bot
// is in; who is in none cannot be written to, and what is meant for them waits.
func TestOpenDirectWithSomebodyUnknown(t *testing.T) {
	city := teamstest.Shared(t)
	m := newMemory()
	chat, end := listening(t, city, m)
	kim := userID(teamstest.Kim.Object)
	unreachable := func(who bot.UserID) {
		t.Helper()
		_, err := chat.OpenDirect(t.Context(), who)
		if s, ok := errors.AsType[*bot.SendError](err); !ok || s.Why != bot.RefusedAway || s.Final || !s.Refused {
			t.Errorf("with somebody whom nobody knows: %#v", err)
		}
	}
	unreachable(kim) // the bot is nowhere
	city.Activity(t, teamstest.Maria, teamstest.Channel, map[string]any{"type": "conversationUpdate", "membersAdded": []any{map[string]string{"id": "28:" + teamstest.AppID}}})
	city.Relay.AwaitDelivery(t, "conversationUpdate", 0)
	end()

	// Which teams it is in is in the memory alone.
	chat, end = listening(t, city, m)
	defer end()
	unreachable(userID("aaaaaaaa-0000-0000-0000-00000000dead"))
	room, err := chat.OpenDirect(t.Context(), kim)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := chat.Send(t.Context(), say(room, "hello", "Guten Tag, Kim.")); err != nil {
		t.Error(err)
	}
	// The answer comes from the account that was written to.
	city.Activity(t, teamstest.Kim, room.Local(), map[string]any{"type": "message", "text": "Guten Tag", "textFormat": "plain"})
	city.Relay.AwaitDelivery(t, "message", 0)
	if e := one(t, m.taken(), bot.EventMessage); e.Sender != kim || e.Room != room || !e.Direct {
		t.Errorf("the answer is %+v", e)
	}
	// Once she is known, nobody is asked again.
	before := len(city.Relay.Posts())
	if again, err := chat.OpenDirect(t.Context(), kim); err != nil || again != room || len(city.Relay.Posts()) != before {
		t.Errorf("again: %q %v, after %d requests", again, err, len(city.Relay.Posts())-before)
	}
	// Where the bot has gone, it does not look any more.
	city.Activity(t, teamstest.Maria, teamstest.Team, map[string]any{"type": "conversationUpdate", "membersRemoved": []any{map[string]string{"id": "28:" + teamstest.AppID}}})
	city.Relay.AwaitDelivery(t, "conversationUpdate", city.Relay.Delivered()-1)
	if all, err := chat.places(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("it looks into %+v yet, %v", all, err)
	}
}

// Somebody who has never written is written to in a chat that the bot opens.
func TestOpenDirect(t *testing.T) {
	city := teamstest.Shared(t)
	m := newMemory()
	chat, end := listening(t, city, m)
	defer end()
	city.Activity(t, teamstest.Kim, teamstest.Group, map[string]any{"type": "message", "text": "Hallo", "textFormat": "plain"}) // so that her address is known
	city.Relay.AwaitDelivery(t, "message", 0)
	kim := one(t, m.taken(), bot.EventMessage).Sender
	first, err := chat.OpenDirect(t.Context(), kim)
	if err != nil {
		t.Fatal(err)
	}
	again, err := chat.OpenDirect(t.Context(), kim)
	if err != nil || again != first || first == roomID(teamstest.Personal) {
		t.Errorf("opened %q, and again %q: %v", first, again, err)
	}
	if _, err := chat.Send(t.Context(), say(first, "hello", "Guten Tag, Kim.")); err != nil {
		t.Error(err)
	}
	if _, err := chat.OpenDirect(t.Context(), "matrix:@kim:example.org"); err == nil {
		t.Error("an account of another chat is talked to")
	}
}
