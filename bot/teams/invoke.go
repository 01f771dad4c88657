package teams

import (
	"context"
	"encoding/json"
	"slices"

	"lotse/bot"
)

// press is what a button of ours does when somebody presses it. A card holds it as the
// data of its action; the fields of the form come beside it:
//
//	{"lotse": {"do": "react", "emoji": "✅"}}                    as if they had reacted with it to the card
//	{"lotse": {"do": "back"}}                                   … and take back all they had pressed there
//	{"lotse": {"do": "send", "fields": ["status", "blocker"]}, "status": "🟡"}   they hand in the fields
//
// Some clients leave out what is empty, so the button says which fields there are.
//
// What is said at once to who presses it is in the data, too, because it is in the card's
// language. Nobody else hears it.
type press struct {
	Do      string   `json:"do"`
	Emoji   string   `json:"emoji,omitempty"`
	Fields  []string `json:"fields,omitempty"`
	Noted   string   `json:"noted,omitempty"`
	TooLong string   `json:"tooLong,omitempty"`
}

// Limits of what somebody hands in. A form of ours stays far below them.
const (
	maxFields    = 64
	maxFieldName = 64       // bytes
	maxForm      = 64 << 10 // bytes of all values
	maxPresses   = 20       // buttons that one account has pressed on one card
	maxAnswerTo  = 300      // bytes of what is said at once
)

// pressed reads the data of a button, and the fields beside it; false: it is none of ours.
func pressed(data json.RawMessage) (p press, fields map[string]string, ok bool) {
	var all map[string]json.RawMessage
	if json.Unmarshal(data, &all) != nil || json.Unmarshal(all["lotse"], &p) != nil {
		return p, nil, false
	}
	p.Noted, p.TooLong = bot.Cut(bot.Clean(p.Noted), maxAnswerTo), bot.Cut(bot.Clean(p.TooLong), maxAnswerTo)
	switch bot.Act(p.Do) {
	case bot.ActReact:
		p.Emoji = bot.Clean(p.Emoji)
		return p, nil, p.Emoji != "" && len(p.Emoji) <= 32
	case bot.ActBack:
		return p, nil, true
	case bot.ActSend:
		fields = map[string]string{}
		for _, name := range p.Fields {
			fields[name] = ""
		}
		for name, value := range all {
			var s string
			if name != "lotse" && json.Unmarshal(value, &s) == nil {
				fields[name] = s
			}
		}
		return p, fields, true
	}
	return p, nil, false
}

// tooMuch says why fields are not taken, "" if they are.
func tooMuch(fields map[string]string) string {
	if len(fields) > maxFields {
		return "too many fields"
	}
	left := maxForm
	for name, value := range fields {
		if len(name) > maxFieldName {
			return "the name of a field is too long"
		}
		if left -= len(value); left < 0 {
			return "the fields hold too much"
		}
	}
	return ""
}

// acted is what pressing a button of a card means, in neutral form; no is why its fields
// are not taken.
func (c *Chat) acted(ctx context.Context, a *activity, e bot.Event, p press, fields map[string]string, n *news) (events []bot.Event, no string, err error) {
	room := e.Room.Local()
	e.ID, e.Message, e.Target, e.ReplyTo = bot.EventID(messageID(room, a.ID)), "", messageID(room, a.ReplyTo), ""
	if bot.Act(p.Do) != bot.ActSend {
		e.Thread = ""
		events, err = c.presses(ctx, e, p, n)
		return events, "", err
	}
	if no := tooMuch(fields); no != "" {
		return nil, no, nil
	}
	e.Kind, e.Fields = bot.EventForm, map[string]string{}
	for name, value := range fields {
		e.Fields[name] = clean(value)
	}
	return []bot.Event{e}, "", nil
}

// standing is a button that somebody has pressed. It is stored as JSON: fields may be added.
type standing struct {
	Emoji string `json:"e"`
	ID    string `json:"i"` // of the reaction that it is
}

// presses are the reactions that buttons stand for. What an account has pressed on a card
// is remembered, because what takes it back does not say what that was. A button that is
// pressed again changes nothing if it was pressed last; if others were pressed since, the
// older press goes.
func (c *Chat) presses(ctx context.Context, e bot.Event, p press, n *news) ([]bot.Event, error) {
	where := c.people.name("pressed", string(e.Target), string(e.Sender))
	value, err := c.people.recall(ctx, where)
	if err != nil {
		return nil, err
	}
	var all []standing
	if value != "" {
		if err := json.Unmarshal([]byte(value), &all); err != nil {
			return nil, err
		}
	}
	var events []bot.Event
	gone := func(s standing) bool {
		if bot.Act(p.Do) == bot.ActReact && s.Emoji != p.Emoji {
			return false
		}
		d := e
		d.Kind, d.ID, d.Target, d.Name = bot.EventDeletion, e.ID+bot.EventID("/-"+s.Emoji), bot.MessageID(s.ID), ""
		events = append(events, d)
		return true
	}
	put := e
	put.Kind, put.Message, put.Emoji = bot.EventReaction, bot.MessageID(e.ID), p.Emoji
	now := standing{p.Emoji, string(e.ID)}
	switch last := len(all) - 1; {
	case bot.Act(p.Do) == bot.ActBack:
		all = slices.DeleteFunc(all, gone)
	case slices.Contains(all, now):
		return []bot.Event{put}, nil // delivered twice
	case last >= 0 && all[last].Emoji == p.Emoji:
		return nil, nil // it stands already
	default:
		all = append(slices.DeleteFunc(all, gone), now)
		all = all[max(len(all)-maxPresses, 0):]
		events = append(events, put)
	}
	after := ""
	if len(all) > 0 {
		b, err := json.Marshal(all)
		if err != nil {
			return nil, err
		}
		after = string(b)
	}
	if after != value {
		n.values[where] = after
	}
	return events, nil
}

// invokeAnswer is the body of the answer to a pressed Action.Execute.
type invokeAnswer struct {
	Status int    `json:"statusCode"`
	Type   string `json:"type"`
	Value  any    `json:"value"`
}

// said is a word to who has pressed a button. Teams shows it below the card.
func said(words, otherwise string) invokeAnswer {
	if words == "" {
		words = otherwise
	}
	return invokeAnswer{Status: 200, Type: "application/vnd.microsoft.activity.message", Value: words}
}

// invoked reads what wants an answer at once. The answer only says that it was heard:
// what it leads to comes by the outbox, like everything.
func (c *Chat) invoked(ctx context.Context, a *activity, e bot.Event, n *news) ([]bot.Event, any, error) {
	sorry := func(status int, code, message string) invokeAnswer {
		return invokeAnswer{Status: status, Type: "application/vnd.microsoft.error", Value: map[string]string{"code": code, "message": message}}
	}
	if a.Name != "adaptiveCard/action" {
		return nil, sorry(501, "NotSupported", "this is not supported"), nil
	}
	var value struct {
		Action struct {
			Data json.RawMessage `json:"data"`
		} `json:"action"`
	}
	if json.Unmarshal(a.Value, &value) != nil || a.ID == "" || a.ReplyTo == "" {
		return nil, sorry(400, "BadRequest", "this is no action of a card"), nil
	}
	p, fields, ok := pressed(value.Action.Data)
	if !ok {
		return nil, sorry(400, "BadRequest", "this is no action of the bot's"), nil
	}
	events, no, err := c.acted(ctx, a, e, p, fields, n)
	switch {
	case err != nil:
		return nil, nil, err
	case no != "": // an error would be shown in Teams' words, which do not say what to do
		return nil, said(p.TooLong, no), nil
	}
	return events, said(p.Noted, "✅"), nil
}
