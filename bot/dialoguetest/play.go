package dialoguetest

import (
	"errors"
	"slices"
	"strings"
	"time"

	"lotse/bot"
	"lotse/bot/engine/enginetest"
)

// Play carries out a section "in".
func (w *World) Play(script string) {
	w.t.Helper()
	together := false
	var events []bot.Event
	var names []string
	flush := func() {
		w.t.Helper()
		for i, id := range w.happen(events, names) {
			if names[i] != "" {
				w.named[names[i]] = id
			}
		}
		events, names = nil, nil
		if w.Engine != nil {
			w.Idle()
		}
	}
	for line := range strings.SplitSeq(strings.TrimSpace(script), "\n") {
		name := ""
		if rest, ok := strings.CutPrefix(line, "name "); ok {
			name, line, _ = strings.Cut(rest, ": ")
		}
		doubt := ""
		if rest, ok := strings.CutPrefix(line, "doubt "); ok {
			doubt, line, _ = strings.Cut(rest, ": ")
		}
		word, rest, _ := strings.Cut(line, " ")
		if w.Engine == nil && w.setUp(word, rest) {
			continue
		}
		if w.Store == nil {
			w.Up()
		}
		switch word {
		case "", "#":
		case "together":
			together = true
		case "end":
			together = false
			flush()
		case "down":
			flush()
			w.Down()
		case "up":
			flush()
			w.Up()
			w.Idle()
		case "skip":
			flush()
			w.News()
		case "replaces": // what room NEW says about OLD
			w.unlike("rooms have no successors")
			room, old, _ := strings.Cut(rest, " ")
			w.Chat.Replaces(w.roomID(room), w.roomID(old))
		case "forbid": // in ROOM, as WHY; without, all is allowed
			w.unlike("what refuses a message says so otherwise")
			room, why, _ := strings.Cut(rest, " ")
			w.forbid(room, bot.Refusal(why))
		case "members": // of ROOM are ACCOUNT …; before, the chat cannot say
			w.unlike("the bot does not ask who is in a room")
			flush()
			words := strings.Fields(rest)
			users := []bot.UserID{}
			for _, who := range words[1:] {
				users = append(users, w.userID(who))
			}
			w.Chat.Attend(w.roomID(words[0]), users...)
		case "round":
			w.round = bot.RoundID(rest)
		case "until":
			flush()
			together = false
			to, err := time.ParseInLocation("2006-01-02 15:04", rest, zone())
			if err != nil {
				w.t.Fatal(err)
			}
			w.Until(to)
		default:
			who, rest, ok := strings.Cut(line, ": ")
			if !ok {
				w.t.Fatalf("not understood: %q", line)
			}
			e := w.event(w.userID(who), rest)
			if e.Doubt = bot.Doubt(doubt); doubt != "" {
				w.unlike("nothing is encrypted between people and the bot")
			}
			events, names = append(events, e), append(names, name)
			if !together || w.teams != nil {
				flush()
			}
		}
	}
	flush()
}

// setUp takes a line that says what the world is like.
func (w *World) setUp(word, rest string) bool {
	if w.Store == nil && slices.Contains(usual, word) {
		w.setup[word] = append(w.setup[word], strings.Fields(rest)...)
		return true
	}
	if slices.Contains(w.kit.Words, word) {
		w.setup[word] = strings.Fields(rest)
		return true
	}
	return false
}

func (w *World) forbid(room string, why bot.Refusal) {
	w.Chat.Faults(func(out bot.Outgoing, _ int) enginetest.Fault {
		refused := why != "" && out.Room == w.roomID(room) && (why == bot.RefusedReactions) == (out.Op == bot.OpReaction)
		if !refused {
			return enginetest.Fault{}
		}
		return enginetest.Fault{Err: &bot.SendError{Err: errors.New("forbidden"), Refused: true, Final: why != bot.RefusedMute, Why: why}}
	})
}

// event reads what somebody does.
func (w *World) event(who bot.UserID, line string) bot.Event {
	w.t.Helper()
	e := bot.Event{Kind: bot.EventMessage, Sender: who, At: w.Clock.Now()}
	place, text, _ := strings.Cut(line, ": ")
	e.Text = strings.ReplaceAll(text, `\n`, "\n")
	for _, m := range []string{"maria", "jonas", "dieter", "pia", "otto"} {
		if strings.Contains(text, "@"+m) {
			e.Mentions = append(e.Mentions, bot.Mention{User: w.userID(m), Name: m})
		}
	}
	if id, ok := strings.CutPrefix(line, "invite "); ok {
		e.Kind, e.Room, e.RoomName = bot.EventInvitation, w.roomID(id), id
		return e
	}
	if id, ok := strings.CutPrefix(line, "joins "); ok {
		e.Kind, e.Room, e.Name = bot.EventMember, w.roomID(id), w.called(who)
		return e
	}
	if id, ok := strings.CutPrefix(line, "remove "); ok {
		e.Kind, e.Room = bot.EventLeft, w.roomID(id)
		return e
	}
	if to, ok := strings.CutPrefix(text, "moved to "); ok {
		e.Kind, e.Room = bot.EventMoved, w.roomID(place)
		if to != "nowhere" {
			e.Other = w.roomID(to)
		}
		return e
	}
	if id, ok := strings.CutPrefix(place, "edit "); ok {
		e.Kind, e.Target = bot.EventEdit, w.Named(id)
		e.Room = w.roomOf(e.Target)
		return e
	}
	if id, ok := strings.CutPrefix(place, "delete "); ok {
		e.Kind, e.Target = bot.EventDeletion, w.Named(id)
		e.Room = w.roomOf(e.Target)
		return e
	}
	if on, ok := strings.CutPrefix(place, "fill "); ok {
		room, what, _ := strings.Cut(on, "/")
		e.Kind, e.Room, e.Text = bot.EventForm, w.roomID(room), ""
		e.Target = w.Own(e.Room, what)
		e.Fields = w.filled(e.Room, e.Target, text)
		return e
	}
	if on, emoji, ok := strings.Cut(line, " + "); ok && !strings.Contains(on, ":") {
		e.Kind, e.Emoji = bot.EventReaction, emoji
		if id, ok := strings.CutPrefix(on, "on "); ok {
			e.Target = w.Named(id)
			e.Room = w.roomOf(e.Target)
			return e
		}
		room, what, _ := strings.Cut(on, "/")
		e.Room = w.roomID(room)
		e.Target = w.Own(e.Room, what)
		return e
	}
	if in, ok := strings.CutPrefix(place, "unreadable "); ok {
		e.Kind, place = bot.EventUnreadable, in
	}
	room, what, _ := strings.Cut(place, "/")
	e.Room, e.Direct = w.roomID(room), strings.HasPrefix(room, "direct-")
	thread, ok := strings.CutPrefix(what, "thread ")
	switch {
	case what == "":
	case what == "thread":
		e.Thread = w.Own(e.Room, "ask")
	case ok:
		e.Thread = w.Own(e.Room, thread)
	default:
		e.ReplyTo = w.Own(e.Room, what)
	}
	return e
}

// filled are the fields of a form as it stands there, but for those that are filled in
// otherwise: "status=🟡 | blocker=keine".
func (w *World) filled(room bot.RoomID, id bot.MessageID, otherwise string) map[string]string {
	w.t.Helper()
	fields := map[string]string{}
	for _, m := range w.Chat.Room(room) {
		if m.ID == id && m.Form != nil {
			for _, in := range m.Form.Fields {
				fields[in.Name] = in.Value
			}
		}
	}
	for part := range strings.SplitSeq(otherwise, " | ") {
		name, value, _ := strings.Cut(part, "=")
		if _, ok := fields[name]; !ok && name != "" {
			w.t.Fatalf("there is no field %q to fill in", name)
		}
		fields[name] = strings.ReplaceAll(value, `\n`, "\n")
	}
	delete(fields, "")
	return fields
}

// called is a display name: that of a person the books know, else the account's.
func (w *World) called(who bot.UserID) string {
	if name := w.names[who]; name != "" {
		return name
	}
	return who.Local()
}

// Named is the message or reaction that was given a name.
func (w *World) Named(name string) bot.MessageID {
	w.t.Helper()
	id, ok := w.named[name]
	if !ok {
		w.t.Fatalf("no message is named %q", name)
	}
	return id
}

func (w *World) roomOf(id bot.MessageID) bot.RoomID {
	w.t.Helper()
	for _, room := range w.Chat.Rooms() {
		for _, m := range w.Chat.Room(room) {
			if m.ID == id || slices.ContainsFunc(m.Reactions, func(r enginetest.Reaction) bool { return r.ID == id }) {
				return room
			}
		}
	}
	w.t.Fatalf("message %s stands nowhere", id)
	return ""
}

// Own finds the newest message of the bot in a room that is called what: a part of its
// key, of the running round unless what is a part with a slash.
func (w *World) Own(room bot.RoomID, what string) bot.MessageID {
	w.t.Helper()
	all := w.Chat.Room(room)
	for i := len(all) - 1; i >= 0; i-- {
		key := string(all[i].Key)
		if strings.Contains(key, "/"+what+"/") && (strings.Contains(what, "/") || strings.Contains(key, string(w.round)+"/")) {
			return all[i].ID
		}
	}
	w.t.Fatalf("no message %q of the bot in %s", what, room)
	return ""
}
