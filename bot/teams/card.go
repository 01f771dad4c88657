package teams

import (
	"encoding/json"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"

	"lotse/bot"
)

const (
	cardType    = "application/vnd.microsoft.card.adaptive"
	cardVersion = "1.5" // what Teams shows everywhere

	maxRow      = 6   // buttons beside each other: Teams shows no more
	maxExpanded = 3   // options that are shown at once
	maxMarked   = 12  // … where any number of them can be chosen
	maxFallback = 500 // UTF-16 units of what is shown instead of a card
	maxSummary  = 160 // … of what a notification shows

	foldedID = "lotse.fields" // what shows only once it is asked for
)

// attachment is what a message carries.
type attachment struct {
	ContentType string `json:"contentType"`
	Content     card   `json:"content"`
}

// card is an Adaptive Card, https://adaptivecards.io/explorer, as far as it is used here.
type card struct {
	Type     string    `json:"type"`
	Schema   string    `json:"$schema"`
	Version  string    `json:"version"`
	Lang     string    `json:"lang,omitempty"`
	Fallback string    `json:"fallbackText,omitempty"`
	Body     []element `json:"body"`
	Teams    teamsPart `json:"msteams"`
}

// teamsPart is what Teams has added to cards.
type teamsPart struct {
	Width    string    `json:"width"`
	Entities []mention `json:"entities,omitempty"`
}

// element is any element of a card: its Type says which fields it has.
type element struct {
	Type      string `json:"type"`
	ID        string `json:"id,omitempty"`
	Spacing   string `json:"spacing,omitempty"`
	Separator bool   `json:"separator,omitempty"`
	IsVisible *bool  `json:"isVisible,omitempty"`
	Style     string `json:"style,omitempty"`

	// TextBlock
	Text   string `json:"text,omitempty"`
	Wrap   bool   `json:"wrap,omitempty"`
	Weight string `json:"weight,omitempty"`
	Size   string `json:"size,omitempty"`
	Font   string `json:"fontType,omitempty"`

	Items   []element `json:"items,omitempty"`   // Container
	Actions []action  `json:"actions,omitempty"` // ActionSet

	// Input.Text and Input.ChoiceSet
	Label       string   `json:"label,omitempty"`
	Placeholder string   `json:"placeholder,omitempty"`
	Value       string   `json:"value,omitempty"`
	Multiline   bool     `json:"isMultiline,omitempty"`
	MaxLength   int      `json:"maxLength,omitempty"`
	MultiSelect bool     `json:"isMultiSelect,omitempty"`
	Choices     []choice `json:"choices,omitempty"`
	Required    bool     `json:"isRequired,omitempty"`
	Error       string   `json:"errorMessage,omitempty"`
}

type choice struct {
	Title string `json:"title"`
	Value string `json:"value"`
}

// action is a button.
type action struct {
	Type     string      `json:"type"`
	Title    string      `json:"title"`
	Verb     string      `json:"verb,omitempty"`
	Style    string      `json:"style,omitempty"`
	Data     *actionData `json:"data,omitempty"`
	Inputs   string      `json:"associatedInputs,omitempty"`
	Targets  []string    `json:"targetElements,omitempty"`
	Fallback *action     `json:"fallback,omitempty"` // for clients that do not know it
}

// actionData is what Teams hands in when a button is pressed, with the fields beside it.
type actionData struct {
	Lotse press `json:"lotse"`
}

// compose makes a card of a text with a form.
func (t cardText) compose() (*card, string) {
	f := t.Form
	c := &card{
		Type: "AdaptiveCard", Schema: "http://adaptivecards.io/schemas/adaptive-card.json", Version: cardVersion,
		Teams: teamsPart{Width: "Full"},
	}
	c.Lang, _, _ = strings.Cut(string(f.Language), "-")
	words := t.words()
	c.Fallback = shorten(words, maxFallback)
	form := controls(*f)
	const room = maxUnits - 32 // what holds the parts together
	left := room - weight(c) - weight(form)
	if left < maxUnits/2 { // too much is in the fields: one answers in words
		bare := *f
		bare.Fields = nil
		form = controls(bare)
		left = room - weight(c) - weight(form)
	}
	c.Body, c.Teams.Entities = t.elements(left)
	c.Body = append(c.Body, form...)
	return c, shorten(strings.Join(strings.Fields(words), " "), maxSummary)
}

// weight is how much room something takes in a message, in UTF-16 units.
func weight(v any) int {
	b, _ := json.Marshal(v) // our own structs, of texts
	return units(string(b))
}

// shorten cuts a text without marks between words, if it has more than n units.
func shorten(s string, n int) string {
	if units(s) <= n {
		return s
	}
	return fit(s, n)
}

// controls are the fields and buttons of a form.
func controls(f bot.Form) []element {
	var fields []element
	for _, in := range f.Fields {
		fields = append(fields, input(in))
	}
	var row, inside []action
	for _, b := range f.Buttons {
		switch {
		case len(f.Fields) == 0 && (b.Act == bot.ActSend || b.Act == bot.ActShow):
		case f.Folded && b.Act == bot.ActSend:
			inside = append(inside, button(b, f))
		default:
			row = append(row, button(b, f))
		}
	}
	if f.Folded && len(fields) > 0 {
		hidden := false
		opened := element{Type: "Container", ID: foldedID, IsVisible: &hidden, Items: append(fields, rows(inside)...)}
		return append(rows(row), opened) // what is shown appears below the button
	}
	return append(fields, rows(row)...)
}

// rows put buttons beside each other, in as few rows of about the same length as Teams
// shows in full.
func rows(buttons []action) []element {
	var rows []element
	for n := (len(buttons) + maxRow - 1) / maxRow; n > 0; n-- {
		some := (len(buttons) + n - 1) / n
		rows = append(rows, element{Type: "ActionSet", Actions: buttons[:some]})
		buttons = buttons[some:]
	}
	return rows
}

// input is a field. Its words are shown as they are: some clients read Markdown in labels
// and titles, others do not.
func input(in bot.Input) element {
	e := element{
		Type: "Input.Text", ID: in.Name, Label: line(in.Label), Placeholder: in.Hint, Value: in.Value,
		Multiline: in.Long, MaxLength: in.Max, Required: in.Required, Error: in.Missing,
	}
	if len(in.Options) == 0 {
		return e
	}
	e.Type, e.Multiline, e.MaxLength, e.MultiSelect, e.Wrap, e.Style = "Input.ChoiceSet", false, 0, in.Many, true, "compact"
	if n := len(in.Options); n <= maxExpanded || in.Many && n <= maxMarked {
		e.Style, e.Placeholder = "expanded", ""
	}
	for _, o := range in.Options {
		e.Choices = append(e.Choices, choice{Title: line(o.Label), Value: o.Value})
	}
	return e
}

// line is a text as it is, on one line.
func line(s string) string { return inert(strings.Join(strings.Fields(s), " ")) }

// button is something to press: by Action.Execute, or where a client does not know that,
// by Action.Submit, to which the bot can answer nothing at once.
func button(b bot.Button, f bot.Form) action {
	if b.Act == bot.ActShow {
		return action{Type: "Action.ToggleVisibility", Title: b.Label, Targets: []string{foldedID}}
	}
	a := action{Type: "Action.Submit", Title: b.Label, Data: &actionData{press{Do: string(b.Act), Emoji: b.Emoji, Noted: f.Noted}}, Inputs: "none"}
	if b.Act == bot.ActSend {
		a.Style, a.Inputs, a.Data.Lotse.TooLong = "positive", "", f.TooLong
		for _, in := range f.Fields {
			a.Data.Lotse.Fields = append(a.Data.Lotse.Fields, in.Name)
		}
	}
	submit := a
	a.Type, a.Verb, a.Fallback = "Action.Execute", string(b.Act), &submit
	return a
}

// cardText is the text of a card.
type cardText struct {
	bot.Text
	named map[bot.UserID]string // how the Connector calls whom the text may name
}

func (t cardText) writer() (*writer, ast.Node) {
	source := []byte(t.Markdown)
	return &writer{source: source, named: t.named, card: true}, markdown.Parser().Parse(text.NewReader(source))
}

// words are the text without marks.
func (t cardText) words() string {
	w, doc := t.writer()
	w.plain = true
	return strings.ReplaceAll(w.blocks(doc, "\n\n"), hardBreak, "\n")
}

// elements are the blocks of the text, as many as n units hold.
func (t cardText) elements(n int) ([]element, []mention) {
	w, doc := t.writer()
	all := []element{}
	ruled := false
	for b := doc.FirstChild(); b != nil; b = b.NextSibling() {
		if b.Kind() == ast.KindThematicBreak {
			ruled = true
			continue
		}
		marked := len(w.mentions)
		e := w.element(b)
		if e.empty() {
			continue
		}
		e.Separator, ruled = ruled, false
		n-- // a comma
		full := weight(e)+weight(w.mentions[marked:]) > n
		if full { // without marks it can be cut between any two words
			w.mentions, w.plain = w.mentions[:marked], true
			words := w.block(b)
			e = element{Type: "TextBlock", Wrap: true, Separator: e.Separator}
			e.Text = fit(words, max(n-weight(e)-weight(words)+units(words), 0))
		}
		n -= weight(e) + weight(w.mentions[marked:])
		all = append(all, e)
		if full {
			break
		}
	}
	return all, w.mentions
}

func (e element) empty() bool { return e.Text == "" && len(e.Items) == 0 }

// element is a block of the text.
func (w *writer) element(n ast.Node) element {
	e := element{Type: "TextBlock", Wrap: true}
	switch n := n.(type) {
	case *ast.Blockquote:
		quote := element{Type: "Container", Style: "emphasis"}
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			if e := w.element(c); !e.empty() {
				quote.Items = append(quote.Items, e)
			}
		}
		return quote
	case *ast.Heading:
		e.Style, e.Weight = "heading", "Bolder"
		if n.Level <= 2 {
			e.Size = "Medium"
		}
		w.bold = true // the whole block is
		e.Text = strings.TrimSpace(w.inline(n))
		w.bold = false
		return e
	case *ast.FencedCodeBlock:
		e.Font = "Monospace"
	}
	e.Text = w.block(n)
	return e
}
