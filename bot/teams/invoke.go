package teams

import (
	"encoding/json"

	"lotse/bot"
)

// What a button of ours does when somebody presses it. A card holds it as the data of
// its Action.Execute:
//
//	{"lotse": {"do": "react", "emoji": "✅"}}      as if they had reacted with it to the card
//	{"lotse": {"do": "say", "text": "#12 ja"}}    as if they had written that, in reply to the card
const (
	doReact = "react"
	doSay   = "say"
)

type press struct {
	Do    string `json:"do"`
	Emoji string `json:"emoji"`
	Text  string `json:"text"`
}

// pressed reads the data of a button; false: it is none of ours.
func pressed(data json.RawMessage) (press, bool) {
	var d struct {
		Lotse press `json:"lotse"`
	}
	if json.Unmarshal(data, &d) != nil {
		return press{}, false
	}
	p := d.Lotse
	return p, p.Do == doReact && p.Emoji != "" && len(p.Emoji) <= 32 || p.Do == doSay && p.Text != ""
}

// events are what pressing means, in neutral form.
func (p press) events(a *activity, e bot.Event) []bot.Event {
	card := messageID(e.Room.Local(), a.ReplyTo)
	if card == "" {
		return nil
	}
	e.Message = messageID(e.Room.Local(), a.ID)
	e.ID = bot.EventID(e.Message)
	if p.Do == doReact {
		e.Kind, e.Target, e.Emoji, e.Thread, e.ReplyTo = bot.EventReaction, card, bot.Clean(p.Emoji), "", ""
	} else {
		e.Kind, e.ReplyTo, e.Text = bot.EventMessage, card, clean(p.Text)
	}
	return []bot.Event{e}
}

// invokeAnswer is the body of the answer to a pressed Action.Execute.
type invokeAnswer struct {
	Status int    `json:"statusCode"`
	Type   string `json:"type"`
	Value  any    `json:"value"`
}

// invoked reads what wants an answer at once. The answer only says that it was heard:
// what it leads to comes by the outbox, like everything.
func (c *Chat) invoked(a *activity, e bot.Event) ([]bot.Event, any) {
	sorry := func(status int, code, message string) invokeAnswer {
		return invokeAnswer{Status: status, Type: "application/vnd.microsoft.error", Value: map[string]string{"code": code, "message": message}}
	}
	if a.Name != "adaptiveCard/action" {
		return nil, sorry(501, "NotSupported", "this is not supported")
	}
	var value struct {
		Action struct {
			Data json.RawMessage `json:"data"`
		} `json:"action"`
	}
	if json.Unmarshal(a.Value, &value) != nil || a.ID == "" {
		return nil, sorry(400, "BadRequest", "this is no action of a card")
	}
	p, ok := pressed(value.Action.Data)
	if !ok {
		return nil, sorry(400, "BadRequest", "this is no action of the bot's")
	}
	events := p.events(a, e)
	if events == nil {
		return nil, sorry(400, "BadRequest", "the action belongs to no card")
	}
	return events, invokeAnswer{Status: 200, Type: "application/vnd.microsoft.activity.message", Value: "✅"}
}
