package templates

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"lotse/bot"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// prove executes every text on all of its samples, and looks closely at the texts
// for which closely says so: ours were looked at by the tests.
func (s *Set) prove(samples map[string][]any, closely func(bot.Language, string) bool) error {
	var faults []error
	for _, lang := range languages {
		for name := range samples {
			if s.texts[lang][name] == nil {
				faults = append(faults, fmt.Errorf("there is sample data for %s but no text in %s", name, lang))
			}
		}
		for name := range s.texts[lang] {
			if len(samples[name]) == 0 {
				faults = append(faults, fmt.Errorf("there is no sample data for the text %s", name))
			}
			faults = append(faults, s.proveText(lang, name, samples[name], closely(lang, name))...)
		}
	}
	return sorted(faults)
}

// proveText is prove for one text.
func (s *Set) proveText(lang bot.Language, name string, samples []any, closely bool) []error {
	t := s.texts[lang][name].template
	var faults []error
	if closely {
		for _, data := range typesOf(samples) {
			faults = append(faults, s.check(t, data)...)
		}
		if len(faults) > 0 {
			return faults // executing it would say the same again
		}
	}
	for i, sample := range samples {
		if _, err := s.run(lang, "matrix").execute(name, sample); err != nil {
			faults = append(faults, err)
		} else if closely {
			if err := s.withstands(lang, name, sample); err != nil {
				faults = append(faults, fmt.Errorf("%s: sample %d: %w", t.Name(), i+1, err))
			}
		}
	}
	return faults
}

// typesOf lists the types of samples; nil is the type of no data.
func typesOf(samples []any) []reflect.Type {
	var types []reflect.Type
	for _, sample := range samples {
		if t := reflect.TypeOf(sample); !slices.Contains(types, t) {
			types = append(types, t)
		}
	}
	return types
}

// hostile is what somebody might write who wants to look like Lotse, and harmless
// what others write. The brackets show where it went.
const harmless = "x⟪x⟫x"

const hostile = "- ⟪ *a* **b** __c__ ~~d~~ `e` [f](https://evil.example) ![g](h) <b>i</b> <!-- &#42; &amp; @room " +
	"https://evil.example www.evil.example j@evil.example | k | \\\n# l\n> m\n- n\n1. o\n---\n===\n```\n| p |\n|---|\n    q\n*_~`⟫\\"

// withstands proves that hostile text, put before and behind all foreign text of a
// sample, leaves the message's structure as harmless text does.
func (s *Set) withstands(lang bot.Language, name string, sample any) error {
	var shapes [2]string
	for i, foreign := range []string{harmless, hostile} {
		r := s.run(lang, "matrix")
		r.hostile = foreign
		markdown, err := r.execute(name, sample)
		if err != nil {
			return err
		}
		shapes[i] = shape(string(markdown))
	}
	if shapes[0] != shapes[1] {
		return fmt.Errorf("what a person writes could change how the message looks; print it with a space or a sign around, "+
			"and in code or a link only by {{code}} and {{link}} (%s became %s)", shapes[0], shapes[1])
	}
	return nil
}

// reader reads more Markdown than any of our chats does.
var reader = goldmark.New(goldmark.WithExtensions(extension.GFM, extension.DefinitionList, extension.Footnote)).Parser()

// shape is a message's structure without its plain text, but for those brackets.
func shape(markdown string) string {
	source := []byte(markdown)
	var b strings.Builder
	_ = ast.Walk(reader.Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				b.WriteString(strings.Map(bracket, string(n.Segment.Value(source))))
			}
			return ast.WalkContinue, nil
		case *ast.Document, *ast.String, *ast.TextBlock:
			return ast.WalkContinue, nil
		case *ast.Link:
			if entering {
				fmt.Fprintf(&b, " %s", n.Destination)
			}
		}
		if entering {
			fmt.Fprintf(&b, " %s(", n.Kind())
		} else {
			b.WriteString(")")
		}
		return ast.WalkContinue, nil
	})
	return strings.TrimSpace(b.String())
}

func bracket(r rune) rune {
	if r == '⟪' || r == '⟫' {
		return r
	}
	return -1
}
