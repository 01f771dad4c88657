package teamstest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// Card is an Adaptive Card, as somebody sees it who opens the chat.
type Card struct {
	Texts   []string // of its blocks, from top to bottom, in Teams' Markdown
	Inputs  []Input
	Buttons []Button
	// Folded are the ids of what shows only once a button has been pressed.
	Folded   []string
	Lang     string
	Fallback string // what old clients show instead
	Raw      json.RawMessage
}

// Input is a field of a card.
type Input struct {
	ID, Label, Value, Hint, Missing string
	Options                         []Option // none: a text
	Many, Long, Required            bool
	Max                             int
}

// Option is what can be chosen in a field.
type Option struct{ Title, Value string }

// Button is something to press on a card. Data is what Teams hands in when it is pressed.
type Button struct {
	Type, Title, Verb, Style string
	Data                     json.RawMessage
	Targets                  []string // Action.ToggleVisibility: what it shows or hides
	Fallback                 *Button  // … in clients that do not know the type
}

// joiner shows nothing; the bot breaks with it what people wrote and clients could take
// for marks.
var joiner = strings.NewReplacer("\u2060", "")

// readCard reads the card of a message, if it carries one.
func readCard(attachments []json.RawMessage) *Card {
	for _, a := range attachments {
		var attached struct {
			Type    string          `json:"contentType"`
			Content json.RawMessage `json:"content"`
		}
		if json.Unmarshal(a, &attached) != nil || attached.Type != "application/vnd.microsoft.card.adaptive" {
			continue
		}
		var content struct {
			item
			Lang     string `json:"lang"`
			Fallback string `json:"fallbackText"`
			Body     []item `json:"body"`
		}
		if json.Unmarshal(attached.Content, &content) != nil {
			continue
		}
		c := &Card{Lang: content.Lang, Fallback: content.Fallback, Raw: attached.Content}
		for _, i := range content.Body {
			c.add(i)
		}
		for _, a := range content.Actions {
			c.Buttons = append(c.Buttons, a.button())
		}
		return c
	}
	return nil
}

type item struct {
	Type    string   `json:"type"`
	ID      string   `json:"id"`
	Visible *bool    `json:"isVisible"`
	Text    string   `json:"text"`
	Items   []item   `json:"items"`
	Actions []action `json:"actions"`

	Label       string `json:"label"`
	Value       string `json:"value"`
	Placeholder string `json:"placeholder"`
	Error       string `json:"errorMessage"`
	Required    bool   `json:"isRequired"`
	Max         int    `json:"maxLength"`
	Multiline   bool   `json:"isMultiline"`
	Multi       bool   `json:"isMultiSelect"`
	Choices     []struct {
		Title string `json:"title"`
		Value string `json:"value"`
	} `json:"choices"`
}

type action struct {
	Type     string          `json:"type"`
	Title    string          `json:"title"`
	Verb     string          `json:"verb"`
	Style    string          `json:"style"`
	Data     json.RawMessage `json:"data"`
	Targets  []string        `json:"targetElements"`
	Fallback *action         `json:"fallback"`
}

func (a action) button() Button {
	b := Button{Type: a.Type, Title: a.Title, Verb: a.Verb, Style: a.Style, Data: a.Data, Targets: a.Targets}
	if a.Fallback != nil {
		old := a.Fallback.button()
		b.Fallback = &old
	}
	return b
}

func (c *Card) add(i item) {
	if i.Visible != nil && !*i.Visible {
		c.Folded = append(c.Folded, i.ID)
	}
	if strings.HasPrefix(i.Type, "Input.") {
		in := Input{
			ID: i.ID, Label: joiner.Replace(i.Label), Value: i.Value, Hint: i.Placeholder, Missing: i.Error,
			Many: i.Multi, Long: i.Multiline, Required: i.Required, Max: i.Max,
		}
		for _, o := range i.Choices {
			in.Options = append(in.Options, Option{joiner.Replace(o.Title), o.Value})
		}
		c.Inputs = append(c.Inputs, in)
	}
	if i.Text != "" {
		c.Texts = append(c.Texts, joiner.Replace(i.Text))
	}
	for _, i := range i.Items {
		c.add(i)
	}
	for _, a := range i.Actions {
		c.Buttons = append(c.Buttons, a.button())
	}
}

// Input returns the field with an id or a label; nil: there is none.
func (c *Card) Input(name string) *Input {
	for i, in := range c.Inputs {
		if in.ID == name || in.Label == name {
			return &c.Inputs[i]
		}
	}
	return nil
}

// Button returns the button with a title, or the only one whose title contains it; nil:
// there is none.
func (c *Card) Button(title string) *Button {
	var found []*Button
	for i, b := range c.Buttons {
		if b.Title == title {
			return &c.Buttons[i]
		}
		if strings.Contains(b.Title, title) {
			found = append(found, &c.Buttons[i])
		}
	}
	if len(found) != 1 {
		return nil
	}
	return found[0]
}

// Titles are what the buttons say.
func (c *Card) Titles() []string {
	titles := []string{}
	for _, b := range c.Buttons {
		titles = append(titles, b.Title)
	}
	return titles
}

// Press presses a button of a card, by its title (see [Card.Button]), and leaves the
// fields beside it as they are. It returns what Teams shows below the card.
func (g *Playground) Press(t testing.TB, who Person, card Post, title string) string {
	t.Helper()
	return g.Invoke(t, who, card.Conversation, card.ID, button(t, card, title).action(t, nil))
}

// Submit fills in fields of a card, by id or label, and sends them; the others keep what
// is in them. Several options are joined by commas. It returns what Teams shows below the
// card. What a client would not let through fails the test.
func (g *Playground) Submit(t testing.TB, who Person, card Post, fields map[string]string) string {
	t.Helper()
	if card.Card == nil {
		t.Fatalf("the message is no card: %q", card.Text)
	}
	return g.Invoke(t, who, card.Conversation, card.ID, card.Card.HandIn(t, fields))
}

// HandIn is the action of a card whose fields are filled in and sent.
func (c *Card) HandIn(t testing.TB, fields map[string]string) map[string]any {
	t.Helper()
	for i, b := range c.Buttons {
		if b.Verb == "send" {
			return c.Buttons[i].action(t, c.fill(t, fields))
		}
	}
	t.Fatalf("nothing on the card hands its fields in; its buttons: %q", c.Titles())
	return nil
}

// button returns a button of a post's card.
func button(t testing.TB, card Post, title string) *Button {
	t.Helper()
	if card.Card == nil {
		t.Fatalf("the message is no card with a button %q: %q", title, card.Text)
	}
	b := card.Card.Button(title)
	if b == nil {
		t.Fatalf("the card has no button %q, or several; it has %q", title, card.Card.Titles())
	}
	return b
}

// fill is what stands in the fields of a card once some have been filled in. As some
// clients do, the playground's page among them, it leaves out those that stay empty.
func (c *Card) fill(t testing.TB, fields map[string]string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, in := range c.Inputs {
		if in.Value != "" {
			all[in.ID] = in.Value
		}
	}
	for name, value := range fields {
		if in := c.Input(name); in != nil {
			all[in.ID] = value
		} else {
			t.Fatalf("the card has no field %q", name)
		}
	}
	for _, in := range c.Inputs {
		value := all[in.ID]
		if in.Required && value == "" {
			t.Fatalf("the field %q must not be empty", in.ID)
		}
		if in.Max > 0 && len(utf16.Encode([]rune(value))) > in.Max {
			t.Fatalf("the field %q takes %d characters", in.ID, in.Max)
		}
		if len(in.Options) == 0 || value == "" {
			continue
		}
		chosen := []string{value}
		if in.Many {
			chosen = strings.Split(value, ",")
		}
		for _, v := range chosen {
			if !slices.ContainsFunc(in.Options, func(o Option) bool { return o.Value == v }) {
				t.Fatalf("the field %q has no option %q: %v", in.ID, v, in.Options)
			}
		}
	}
	return all
}

// action is what a button hands in, with fields.
func (b *Button) action(t testing.TB, fields map[string]string) map[string]any {
	t.Helper()
	if b.Type != "Action.Execute" {
		t.Fatalf("the button %q is an %s: it tells the bot nothing", b.Title, b.Type)
	}
	data := map[string]any{}
	if err := json.Unmarshal(b.Data, &data); err != nil {
		t.Fatal(err)
	}
	for name, value := range fields {
		data[name] = value
	}
	return map[string]any{"type": b.Type, "title": b.Title, "verb": b.Verb, "data": data}
}

// Invoke presses an action of a card: its "type", "verb", "data" and what else it has. It
// returns what Teams shows below the card.
func (g *Playground) Invoke(t testing.TB, who Person, conversation, card string, action map[string]any) string {
	t.Helper()
	answer := g.do(t, http.MethodPost, "/_conversation/v1/invoke", map[string]any{
		"name": "adaptiveCard/action", "from": map[string]string{"id": who.ID}, "conversation": map[string]string{"id": conversation}, "replyToId": card,
		"value": map[string]any{"action": action},
	})
	var said struct {
		Type  string          `json:"type"`
		Value json.RawMessage `json:"value"`
	}
	var words string
	if err := json.Unmarshal(answer, &said); err != nil {
		t.Fatalf("pressed, and answered with %s", answer)
	}
	if said.Type != "application/vnd.microsoft.activity.message" || json.Unmarshal(said.Value, &words) != nil {
		return string(answer)
	}
	return words
}

// SubmitOld is Submit in an old client, which knows Action.Submit only: what is handed in
// comes as a message without words, and nothing can be said at once.
func (g *Playground) SubmitOld(t testing.TB, who Person, card Post, title string, fields map[string]string) {
	t.Helper()
	b := button(t, card, title)
	if b.Fallback == nil || b.Fallback.Type != "Action.Submit" {
		t.Fatalf("the button %q is nothing that an old client knows", title)
	}
	data := map[string]any{}
	if err := json.Unmarshal(b.Fallback.Data, &data); err != nil {
		t.Fatal(err)
	}
	if b.Verb == "send" {
		for name, value := range card.Card.fill(t, fields) {
			data[name] = value
		}
	}
	g.do(t, http.MethodPost, "/_conversation/v1/submit", map[string]any{
		"conversation": map[string]string{"id": card.Conversation}, "replyToId": card.ID, "value": data, "from": map[string]string{"id": who.ID},
	})
}
