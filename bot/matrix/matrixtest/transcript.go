package matrixtest

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// TranscriptOption changes what Transcript writes down.
type TranscriptOption func(*transcript)

// WithoutState leaves out the lines with a dash: who came and went, names,
// topics and other state. The numbers of the messages stay the same.
func WithoutState() TranscriptOption {
	return func(t *transcript) { t.stateless = true }
}

// Transcript writes a room down: what a client shows, in the order of the
// server, without ids and times, so that it is the same in every run.
//
//	— maria invited lotse
//	— lotse joined
//	#1 lotse [notice, to maria]: Wie weit ist das Serviceportal?
//	   Bitte antworten Sie hier. (edited)
//	   👍 jonas, maria
//	#2 maria [thread #1]: Fast fertig.
//	#3 jonas [thread #1, reply #2, to maria, lotse]: Schön!
//	#4 jonas: (deleted)
//	#5 maria: (deleted by lotse: Personendaten)
//	— lotse pinned #1
//
// A message has a number, its sender, in brackets what it is when it is not a
// plain text in the main timeline (its msgtype or event type, thread, reply,
// those mentioned, in the message's own order), and its text; further lines of
// the text are indented by three spaces. It shows the last edit and says so.
// Reactions stand below their message, each emoji once (without variation
// selector) with all who chose it, both sorted; those taken back are gone.
//
// What should not happen stays visible: an edit by somebody else is a message
// marked [edit of #1], and what refers to an event that is not in the list
// refers to #?. In an encrypted room, as somebody sees it who can read it, so do
// messages that came [in clear], that are [unreadable: why], or that their
// client warns of: [grey shield: why]. All is well where there is none of these.
//
// People are the first part of their user id, without the number that Register
// adds to names that are taken. The state that every room begins with is left
// out: creation, rules and power levels (later changes of power levels, too).
func Transcript(events []Event, opts ...TranscriptOption) string {
	t := transcript{
		numbers:   map[string]int{},
		reactions: map[string]map[string][]string{},
		members:   map[string]Event{},
	}
	for _, opt := range opts {
		opt(&t)
	}
	latest := Latest(events)
	for _, e := range latest {
		switch {
		case e.StateKey != nil || e.Type == "m.room.redaction":
		case e.Type == "m.reaction":
			t.count(e)
		default:
			t.numbers[e.ID] = len(t.numbers) + 1
		}
	}
	for _, e := range latest {
		switch {
		case e.Type == "m.room.redaction":
		case e.Type == "m.reaction":
			t.strayReaction(e)
		case e.StateKey != nil:
			t.state(e)
		default:
			t.message(e)
		}
	}
	return t.out.String()
}

type transcript struct {
	stateless bool
	out       strings.Builder
	encrypted bool                           // the room, from here on
	numbers   map[string]int                 // by event id
	reactions map[string]map[string][]string // senders by event id and emoji
	members   map[string]Event               // the last membership by user id
}

func (t *transcript) count(e Event) {
	if e.Redacted {
		return
	}
	target := t.reactions[e.RelatesTo]
	if target == nil {
		target = map[string][]string{}
		t.reactions[e.RelatesTo] = target
	}
	target[e.Emoji()] = append(target[e.Emoji()], person(e.Sender))
}

// strayReaction shows a reaction that no message will show.
func (t *transcript) strayReaction(e Event) {
	if _, ok := t.numbers[e.RelatesTo]; !ok && !e.Redacted {
		fmt.Fprintf(&t.out, "— %s reacted %s to #?\n", person(e.Sender), e.Emoji())
	}
}

func (t *transcript) message(e Event) {
	fmt.Fprintf(&t.out, "#%d %s", t.numbers[e.ID], person(e.Sender))
	if marks := t.marks(e); len(marks) > 0 {
		fmt.Fprintf(&t.out, " [%s]", strings.Join(marks, ", "))
	}
	t.out.WriteString(":")
	for i, line := range strings.Split(content(e), "\n") {
		switch {
		case i == 0 && line != "":
			t.out.WriteString(" " + line)
		case i > 0 && line == "":
			t.out.WriteString("\n")
		case i > 0:
			t.out.WriteString("\n   " + line)
		}
	}
	t.out.WriteString("\n")
	reactions := t.reactions[e.ID]
	for _, emoji := range slices.Sorted(maps.Keys(reactions)) {
		senders := reactions[emoji]
		slices.Sort(senders)
		fmt.Fprintf(&t.out, "   %s %s\n", emoji, strings.Join(senders, ", "))
	}
}

func (t *transcript) marks(e Event) []string {
	var marks []string
	switch kind := strings.TrimPrefix(text(e.Content, "msgtype"), "m."); {
	case e.Redacted:
	case e.Crypto != nil && e.Crypto.Unreadable != "":
	case e.Type != "m.room.message":
		marks = append(marks, e.Type)
	case kind != "text":
		if name := text(e.Content, "filename"); name != e.Body() && name != "" {
			kind += " " + name // the body is its caption
		}
		marks = append(marks, kind)
	}
	if e.RelType == "m.replace" {
		marks = append(marks, "edit of "+t.number(e.RelatesTo))
	}
	if !e.Redacted {
		marks = append(marks, t.warnings(e)...)
	}
	if root := e.Thread(); root != "" {
		marks = append(marks, "thread "+t.number(root))
	}
	if to := e.ReplyTo(); to != "" {
		marks = append(marks, "reply "+t.number(to))
	}
	for i, id := range e.Mentions() {
		name := person(id)
		if i == 0 {
			name = "to " + name
		}
		marks = append(marks, name)
	}
	return marks
}

// warnings are what a reader of encrypted rooms should worry about.
func (t *transcript) warnings(e Event) []string {
	switch c := e.Crypto; {
	case c == nil:
	case c.Unreadable != "":
		return []string{"unreadable: " + c.Unreadable}
	case t.encrypted && !c.Encrypted:
		return []string{"in clear"}
	case c.Shield != "":
		return []string{strings.ToLower(c.Shield) + " shield: " + c.Reason}
	}
	return nil
}

func (t *transcript) number(event string) string {
	if n, ok := t.numbers[event]; ok {
		return fmt.Sprintf("#%d", n)
	}
	return "#?"
}

func content(e Event) string {
	switch {
	case e.Redacted && e.Redactor == e.Sender:
		return "(deleted" + because(e.Reason) + ")"
	case e.Redacted:
		return "(deleted by " + person(e.Redactor) + because(e.Reason) + ")"
	case e.Edited:
		return e.Body() + " (edited)"
	}
	return e.Body()
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

// state writes a line for a piece of state.
func (t *transcript) state(e Event) {
	line := t.stateLine(e)
	if line != "" && !t.stateless {
		fmt.Fprintf(&t.out, "— %s\n", line)
	}
}

func (t *transcript) stateLine(e Event) string {
	who := person(e.Sender)
	switch e.Type {
	case "m.room.create", "m.room.join_rules", "m.room.history_visibility", "m.room.guest_access", "m.room.power_levels":
		return ""
	case "m.room.member":
		return t.membership(e)
	case "m.room.name":
		return fmt.Sprintf("%s named the room %q", who, text(e.Content, "name"))
	case "m.room.topic":
		return fmt.Sprintf("%s set the topic %q", who, text(e.Content, "topic"))
	case "m.room.canonical_alias":
		return fmt.Sprintf("%s set the address %s", who, text(e.Content, "alias"))
	case "m.room.encryption":
		t.encrypted = true
		return who + " turned encryption on"
	case "m.room.pinned_events":
		list, _ := e.Content["pinned"].([]any)
		var pinned []string
		for _, id := range list {
			id, _ := id.(string)
			pinned = append(pinned, t.number(id))
		}
		if pinned == nil {
			return who + " pinned nothing"
		}
		return who + " pinned " + strings.Join(pinned, ", ")
	}
	return strings.TrimSpace(fmt.Sprintf("%s set %s %s", who, e.Type, *e.StateKey))
}

func (t *transcript) membership(e Event) string {
	subject := *e.StateKey
	before := t.members[subject]
	t.members[subject] = e
	was, is := text(before.Content, "membership"), text(e.Content, "membership")
	who, whom, why := person(e.Sender), person(subject), because(text(e.Content, "reason"))
	self := e.Sender == subject
	switch {
	case is == "join" && was == "join":
		name := text(e.Content, "displayname")
		if name == text(before.Content, "displayname") {
			return who + " changed their profile"
		}
		return fmt.Sprintf("%s is now called %q", who, name)
	case is == "join":
		return who + " joined"
	case is == "invite":
		return who + " invited " + whom
	case is == "knock":
		return who + " knocked" + why
	case is == "leave" && self && was == "invite":
		return who + " declined" + why
	case is == "leave" && self:
		return who + " left" + why
	case is == "leave" && was == "invite":
		return who + " took back the invitation of " + whom + why
	case is == "leave" && was == "ban":
		return who + " unbanned " + whom + why
	case is == "leave":
		return who + " kicked " + whom + why
	case is == "ban":
		return who + " banned " + whom + why
	}
	return fmt.Sprintf("%s made %s %q", who, whom, is)
}

var suffix = regexp.MustCompile(`=[0-9]+$`)

// person is the part of a user id that names a person in a test.
func person(id string) string {
	if id == "@room" {
		return id
	}
	localpart, _, _ := strings.Cut(strings.TrimPrefix(id, "@"), ":")
	return suffix.ReplaceAllString(localpart, "")
}
