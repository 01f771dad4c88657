package teams

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"

	"lotse/bot"
	"lotse/templates"
)

// schema is Microsoft's own, for the version that our cards say they are
// (https://github.com/microsoft/AdaptiveCards, schemas/1.5.0, MIT).
type schema struct{ card, action *jsonschema.Schema }

func newSchema(t testing.TB) schema {
	t.Helper()
	f, err := os.Open("testdata/schema/adaptive-card.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("card.json", doc); err != nil {
		t.Fatal(err)
	}
	var s schema
	if s.card, err = c.Compile("card.json"); err == nil {
		s.action, err = c.Compile("card.json#/definitions/ImplementationsOf.Action")
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// valid holds a card against the schema, with what the schema leaves open: fallbacks of
// actions, and what Teams has added to cards.
func (s schema) valid(c *card) error {
	root, err := jsonschema.UnmarshalJSON(strings.NewReader(quoted(c)))
	if err != nil {
		return err
	}
	delete(root.(map[string]any), "msteams")
	if err := s.card.Validate(root); err != nil {
		return err
	}
	if err := s.fallbacks(root); err != nil {
		return err
	}
	if c.Teams.Width != "Full" {
		return fmt.Errorf("the card is not as wide as Teams lets it be: %q", c.Teams.Width)
	}
	for _, m := range c.Teams.Entities {
		if !strings.Contains(quoted(c.Body), strings.Trim(quoted(m.Text), `"`)) {
			return fmt.Errorf("%s is mentioned nowhere", m.Text)
		}
	}
	return nil
}

func (s schema) fallbacks(v any) error {
	switch v := v.(type) {
	case []any:
		for _, v := range v {
			if err := s.fallbacks(v); err != nil {
				return err
			}
		}
	case map[string]any:
		if f, ok := v["fallback"]; ok {
			if err := s.action.Validate(f); err != nil {
				return fmt.Errorf("fallback: %w", err)
			}
		}
		for _, v := range v {
			if err := s.fallbacks(v); err != nil {
				return err
			}
		}
	}
	return nil
}

func quoted(v any) string { b, _ := json.Marshal(v); return string(b) }

// wordsSet are the words for people.
func wordsSet(t testing.TB) *templates.Set {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	set, err := templates.New(templates.Options{Zone: zone})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// forms are one of each kind, with the words that the engine puts on them.
func forms(t testing.TB, set *templates.Set, lang bot.Language) map[string]*bot.Form {
	t.Helper()
	say := func(template string, word bot.FormWord) string {
		s, err := set.Plain(lang, template, word)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	field := func(name string) bot.Input {
		word := bot.FormWord{Kind: bot.KindOpening, Name: name}
		return bot.Input{Name: name, Label: say("form.label", word), Hint: say("form.hint", word)}
	}
	lights := func(name string) bot.Input {
		in := field(name)
		for _, light := range []bot.Light{bot.Green, bot.Yellow, bot.Red} {
			in.Options = append(in.Options, bot.Option{Value: light.Emoji(), Label: say("form.option", bot.FormWord{Kind: bot.KindOpening, Name: name, Value: light.Emoji()})})
		}
		in.Required, in.Missing = true, say("form.missing", bot.FormWord{Kind: bot.KindOpening, Name: name})
		return in
	}
	press := func(kind bot.Kind, act bot.Act, emoji string) bot.Button {
		name := string(act)
		if act == bot.ActReact {
			name = emoji
		}
		b := bot.Button{Act: act, Emoji: emoji, Label: say("form.button", bot.FormWord{Kind: kind, Name: name})}
		if b.Label == "" {
			b.Label = emoji
		}
		return b
	}
	status := lights("status")
	status.Value = "🟡"
	cause := field("status.text")
	cause.Value, cause.Max = "Vergabe ruht: „A & B“ <prüfen>", 300
	outlook := field("outlook.text")
	outlook.Value, outlook.Long, outlook.Max = "Schulung planen\nÄmter einladen", true, 2000
	done := field("done")
	done.Many, done.Value = true, "1,4"
	done.Options = []bot.Option{{Value: "1", Label: "1. Schnittstelle zum *Melderegister* testen"}, {Value: "4", Label: "# <b>Schulung</b> [planen](https://example.org)"}}
	tasks := field("done")
	tasks.Name, tasks.Many = "many", true
	for i := range 20 {
		tasks.Options = append(tasks.Options, bot.Option{Value: fmt.Sprint(i + 1), Label: fmt.Sprintf("%d. Aufgabe", i+1)})
	}
	send, show := press(bot.KindOpening, bot.ActSend, ""), press(bot.KindOpening, bot.ActShow, "")
	fields := []bot.Input{status, cause, lights("outlook"), outlook, field("blocker"), field("decision"), field("communication"), done, tasks}
	var many []bot.Button
	for _, emoji := range []string{"1️⃣", "2️⃣", "3️⃣", "4️⃣", "5️⃣", "6️⃣", "7️⃣", "8️⃣"} {
		many = append(many, press("something", bot.ActReact, emoji))
	}
	all := map[string]*bot.Form{
		"fields": {Fields: fields, Buttons: []bot.Button{send, press(bot.KindOpening, bot.ActReact, "🔁")}},
		"folded": {Fields: fields, Folded: true, Buttons: []bot.Button{show, send, press(bot.KindOpening, bot.ActReact, "🔁")}},
		"buttons": {Buttons: []bot.Button{
			press("escalation.request", bot.ActReact, "✅"), press("escalation.request", bot.ActReact, "❌"),
			press("escalation.request", bot.ActReact, "❓"), press("escalation.request", bot.ActReact, "⏫"), press("escalation.request", bot.ActBack, ""),
		}},
		"many-buttons": {Buttons: many},
		"empty":        {},
	}
	for _, f := range all {
		f.Language = lang
		f.Noted, f.TooLong = say("form.answer", bot.FormWord{Name: "noted"}), say("form.answer", bot.FormWord{Name: "too long"})
	}
	return all
}

// sketch writes the blocks of a card, in short.
func sketch(all []element, indent string) string {
	var b strings.Builder
	for _, e := range all {
		mark := ""
		if e.Separator {
			mark = "———\n" + indent
		}
		for _, s := range []string{e.Style, e.Font} {
			if s != "" {
				mark += s + " "
			}
		}
		if e.Text != "" {
			fmt.Fprintf(&b, "%s%s│ %s\n", indent, mark, strings.ReplaceAll(visible(e.Text), "\n", "\n"+indent+"│ "))
			continue
		}
		fmt.Fprintf(&b, "%s%s%s\n%s", indent, mark, e.Type, sketch(e.Items, indent+"  "))
	}
	return b.String()
}

// visible shows joiners, and line breaks that are one.
func visible(s string) string {
	return strings.NewReplacer(joiner, "¦", hardBreak, "␣␣\n").Replace(s)
}

// TestCards holds the cards of every text, on every sample, with every kind of form, in
// German and in English, against Microsoft's schema, and what German texts become against
// what was read and found good: the blocks of each, and the whole card for each kind of
// form.
func TestCards(t *testing.T) {
	set, s := wordsSet(t), newSchema(t)
	golden := func(t *testing.T, path string, got []byte) {
		t.Helper()
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("%v; write it with: go test -tags goolm ./bot/teams -run TestCards -update", err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("it is now\n%s\nwant %s:\n%s", got, path, want)
		}
	}
	samples := bot.Samples()
	for _, lang := range []bot.Language{bot.German, bot.English} {
		kinds := forms(t, set, lang)
		names := slices.Sorted(maps.Keys(kinds))
		for _, name := range slices.Sorted(maps.Keys(samples)) {
			t.Run(string(lang)+"/"+name, func(t *testing.T) {
				var got bytes.Buffer
				for i, sample := range samples[name] {
					in, err := set.Render(lang, name, sample, "matrix")
					if err != nil {
						t.Fatal(err)
					}
					for j, kind := range names {
						if i > 0 && i%len(names) != j {
							continue // one kind of form for each sample, all for the first
						}
						in.Form = kinds[kind]
						c, _ := cardText{in, callAll(in.Mentions)}.compose()
						if err := s.valid(c); err != nil {
							t.Errorf("sample %d, %s: %s\n%v", i+1, kind, bot.Cut(fmt.Sprint(err), 2000), quoted(c))
						}
					}
					in.Form = kinds["empty"]
					c, summary := cardText{in, callAll(in.Mentions)}.compose()
					fmt.Fprintf(&got, "=== %d: %s\n%s", i+1, summary, sketch(c.Body, ""))
					for _, m := range c.Teams.Entities {
						fmt.Fprintf(&got, "%s is %s, %q\n", m.Text, m.Mentioned.ID, m.Mentioned.Name)
					}
				}
				if lang == bot.German {
					golden(t, filepath.Join("testdata", "cards", name+".golden"), got.Bytes())
				}
			})
		}
		for _, kind := range names {
			t.Run(string(lang)+"/form "+kind, func(t *testing.T) {
				in, err := set.Render(lang, "check.opening", samples["check.opening"][0], "matrix")
				if err != nil {
					t.Fatal(err)
				}
				in.Form = kinds[kind]
				c, _ := cardText{in, callAll(in.Mentions)}.compose()
				var b bytes.Buffer
				e := json.NewEncoder(&b)
				e.SetEscapeHTML(false)
				e.SetIndent("", "  ")
				if err := e.Encode(c); err != nil {
					t.Fatal(err)
				}
				golden(t, filepath.Join("testdata", "cards", "forms", kind+"."+string(lang)+".json"), b.Bytes())
			})
		}
	}
	ownerless(t, "testdata/cards/*.golden", samples)
}

// A broken card fails: the schema sees it.
func TestSchemaSeesBrokenCards(t *testing.T) {
	s := newSchema(t)
	for what, change := range map[string]func(*card){
		"nothing":              func(*card) {},
		"an unknown element":   func(c *card) { c.Body[0].Type = "Text" },
		"a text in a field":    func(c *card) { c.Body[1].Text = "x" },
		"a field without id":   func(c *card) { c.Body[1].ID = "" },
		"an unknown action":    func(c *card) { c.Body[2].Actions[0].Type = "Action.Dance" },
		"a verb of Submit":     func(c *card) { c.Body[2].Actions[0].Fallback.Verb = "x" },
		"an unknown style":     func(c *card) { c.Body[0].Size = "Gigantic" },
		"a mention of nobody":  func(c *card) { c.Teams.Entities = []mention{{Text: "<at>X</at>"}} },
		"narrow":               func(c *card) { c.Teams.Width = "" },
		"a fallback of a text": func(c *card) { c.Body[2].Actions[0].Fallback.Type = "TextBlock" },
	} {
		c, _ := cardText{Text: bot.Text{Markdown: "x", Form: &bot.Form{
			Fields: []bot.Input{{Name: "topic", Label: "x"}}, Buttons: []bot.Button{{Act: bot.ActSend, Label: "x"}},
		}}}.compose()
		change(c)
		if err := s.valid(c); (err == nil) != (what == "nothing") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// reader reads Markdown as the widest of Teams' clients might.
var reader = goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.TaskList)).Parser()

// marks are what is more than text in Markdown.
func marks(s string) map[string]int {
	found := map[string]int{}
	_ = ast.Walk(reader.Parse(text.NewReader([]byte(s))), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n.Kind() {
		case ast.KindDocument, ast.KindParagraph, ast.KindTextBlock, ast.KindText, ast.KindString:
		default:
			if entering {
				found[n.Kind().String()]++
			}
		}
		return ast.WalkContinue, nil
	})
	return found
}

// alike is what s looks like when all that are marks somewhere are replaced.
var alike = strings.NewReplacer("*", "∗", "`", "ˋ", "~", "∼", "|", "∣", "_", "ˍ", joiner, "", hardBreak, "\n")

// look makes texts comparable: without what shows nothing, and without spaces.
func look(s string) string { return strings.Join(strings.Fields(alike.Replace(s)), "") }

// harmless complains when a text of a card is more than text, beyond the marks of the
// template around it, or is not shown as it was written.
func harmless(t *testing.T, what, s, around string) {
	t.Helper()
	if got, want := marks(s), marks(around); !maps.Equal(got, want) {
		t.Errorf("%s: %q has the marks %v, want %v", what, s, got, want)
	}
	if strings.Contains(s, "<at>") || strings.Contains(s, "{{") {
		t.Errorf("%s: %q is a mention or a date", what, s)
	}
	if plain := strings.ReplaceAll(s, hardBreak, "\n"); bot.Unescape(plain) != plain {
		t.Errorf("%s: %q has escapes, which some clients show", what, s)
	}
}

// FuzzCard: what somebody wrote, wherever it stands on a card, is shown as it was written,
// in every client, and does nothing.
func FuzzCard(f *testing.F) {
	for _, s := range []string{
		"**fett** [x](https://example.org) <b>", "<at>Maria Beispiel</at>", "| a | b |\n|---|---|\n| 1 | 2 |", "- x\n1. y\n# z\n> q", "`code` ```",
		"a_b_c __x__ ~~y~~", "&lt;at&gt;", "\\*x\\*", "1) 2. 3", "---", "![x](y)", "https://example.org", "[x](mention:teams:maria)",
		"[x]: https://example.org\n\n[x]", "[ ] x", "{{DATE(2026-11-26T08:00:00Z, SHORT)}}", "x\n===", "x\\\ny", "<https://example.org>", "\\\\", "&amp;amp;", "    code", "_x_", "a*b*c",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		foreign := string(templates.Escape(s))
		if foreign == "" {
			return
		}
		for in, around := range map[string]string{
			"%s": "x", "**%s**": "**x**", "- %s": "- x", "> %s": "x", "# %s": "x", "Sie schrieb: „%s“.": "x", "| a | b |\n|---|---|\n| %s | x |": "- **x** · b: x",
		} {
			md := strings.ReplaceAll(in, "%s", foreign)
			source := []byte(md)
			want := look(words(markdown.Parser().Parse(text.NewReader(source)), source))
			c, summary := cardText{bot.Text{Markdown: bot.Markdown(md), Mentions: []bot.UserID{"teams:maria"}, Form: &bot.Form{}}, map[bot.UserID]string{"teams:maria": "29:maria"}}.compose()
			if len(c.Teams.Entities) > 0 {
				t.Errorf("%q in %q mentions somebody", s, in)
			}
			harmless(t, "fallback", strings.TrimPrefix(c.Fallback, "- "), "x")
			harmless(t, "summary", strings.TrimPrefix(summary, "- "), "x")
			if units(md) > maxUnits/4 {
				continue // cut
			}
			var shown strings.Builder
			blocks := c.Body
			if len(blocks) > 0 && len(blocks[0].Items) > 0 {
				blocks = blocks[0].Items
			}
			for _, e := range blocks {
				harmless(t, in, e.Text, around)
				source := []byte(e.Text)
				shown.WriteString(words(reader.Parse(text.NewReader(source)), source))
			}
			if strings.HasPrefix(in, "|") {
				continue // a table's cells get names
			}
			if got := look(shown.String()); got != want {
				t.Errorf("%q in %q is shown as %q, want %q", s, in, got, want)
			}
		}
		e := input(bot.Input{Name: "x", Label: s, Options: []bot.Option{{Value: "1", Label: s}}})
		for _, words := range []string{e.Label, e.Choices[0].Title} {
			harmless(t, "label", words, "x")
			if got, want := look(words), look(string([]rune(s))); got != want {
				t.Errorf("a label %q is shown as %q, want %q", s, got, want)
			}
		}
	})
}

// What is too long is cut between words, whatever else is on the card, and never inside a
// mention; the fields and buttons stay.
func TestCardTooLong(t *testing.T) {
	who := bot.UserID("teams:maria")
	pill := "[Maria Beispiel](mention:teams:maria)"
	form := forms(t, wordsSet(t), bot.German)["fields"]
	for what, md := range map[string]string{
		"one paragraph":      strings.Repeat("Wörterbuch ", 10000),
		"of emojis":          strings.Repeat("🟢🟡 ", 20000),
		"with mentions":      strings.Repeat(pill+" ", 5000),
		"many paragraphs":    strings.Repeat(pill+" **fett** Wort\n\n", 5000),
		"a quote":            "> " + strings.Repeat(pill+" Wort „x“ <\n> ", 5000),
		"a word without end": strings.Repeat("x", 100000),
	} {
		c, summary := cardText{bot.Text{Markdown: bot.Markdown(md), Mentions: []bot.UserID{who}, Form: form}, callAll([]bot.UserID{who})}.compose()
		if n := weight(c); n > maxUnits {
			t.Errorf("%s: %d units", what, n)
		}
		if units(summary) > maxSummary || units(c.Fallback) > maxFallback {
			t.Errorf("%s: the summary is %q, the fallback %q", what, summary, c.Fallback)
		}
		var last, all string
		inputs := 0
		for _, e := range c.Body {
			if e.Text != "" {
				last = e.Text
				all += e.Text
			}
			if strings.HasPrefix(e.Type, "Input.") {
				inputs++
			}
		}
		if open, closed := strings.Count(all, "<at>"), strings.Count(all, "</at>"); open != closed || open != len(c.Teams.Entities) {
			t.Errorf("%s: %d tags are opened, %d closed, for %d mentions", what, open, closed, len(c.Teams.Entities))
		}
		if !strings.HasSuffix(last, more) || inputs != len(form.Fields) {
			t.Errorf("%s: it ends with %q, and has %d fields", what, last[max(0, len(last)-40):], inputs)
		}
		word := strings.TrimSuffix(last, more)
		word = word[strings.LastIndexAny(word, " \n")+1:]
		if !slices.Contains([]string{"", "Wörterbuch", "🟢🟡", "Maria", "Beispiel", "Wort", "fett", "„x“", "<" + joiner}, word) {
			t.Errorf("%s: cut within %q", what, word)
		}
	}
	// Fields that hold too much are left out: one answers in words then.
	huge := *form
	huge.Fields = []bot.Input{{Name: "topic", Value: strings.Repeat("x", 40000)}}
	c, _ := cardText{Text: bot.Text{Markdown: "Worüber?", Form: &huge}}.compose()
	if weight(c) > maxUnits || len(c.Body) != 2 || c.Body[0].Text != "Worüber?" || len(c.Body[1].Actions) != 1 {
		t.Errorf("with a field that holds too much, the card has %d units and %d blocks", weight(c), len(c.Body))
	}
}
