package templates

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"text/template"
	"time"

	"lotse/bot"
)

// Options says which words are used and how.
type Options struct {
	// Dir is a folder with texts that replace the built-in ones; "" for none.
	Dir string
	// Rehearsal puts a line above every message that says so.
	Rehearsal bool
	// Zone is the city's time zone; nil means UTC.
	Zone *time.Location
	// Default is the language of rooms that have none; "" means German.
	Default bot.Language
}

// Set is all texts in all languages. It is safe for concurrent use.
type Set struct {
	zone      *time.Location
	language  bot.Language
	rehearsal bool
	texts     map[bot.Language]map[string]*entry
}

// entry is a text, ready to be filled in. Functions of a template cannot be bound
// for one execution only, so that each execution at the same time needs a copy with
// functions of its own; copies are used again.
type entry struct {
	template *template.Template
	ours     bool // built in
	copies   sync.Pool
}

// bound is a copy whose functions work on run.
type bound struct {
	template *template.Template
	run      *run
}

func (e *entry) copy() (*bound, error) {
	if b, ok := e.copies.Get().(*bound); ok {
		return b, nil
	}
	t, err := e.template.Clone()
	if err != nil {
		return nil, fmt.Errorf("copy %s: %w", e.template.Name(), err)
	}
	r := &run{}
	return &bound{t.Funcs(r.funcs()), r}, nil
}

// New reads and proves all texts. The error, if any, is a list of every fault
// found, one a line, each with its file and, where it has one, its line.
func New(o Options) (*Set, error) {
	s := &Set{
		zone:      cmp.Or(o.Zone, time.UTC),
		language:  cmp.Or(o.Default, bot.German),
		rehearsal: o.Rehearsal,
	}
	if wordsOf[s.language] == nil {
		return nil, fmt.Errorf("no texts in the language %q", s.language)
	}
	files, err := load(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("load texts: %w", err)
	}
	if err := s.parse(files); err != nil {
		return nil, err
	}
	closely := func(lang bot.Language, name string) bool { return !s.texts[lang][name].ours }
	if err := s.prove(bot.Samples(), closely); err != nil {
		return nil, err
	}
	return s, nil
}

// Render makes a text of a template in a language ("" means the default one) and
// its data. People are mentioned by their accounts on chat.
func (s *Set) Render(lang bot.Language, name string, data any, chat bot.ChatID) (bot.Text, error) {
	r := s.run(lang, chat)
	text, err := r.execute(name, data)
	if err != nil {
		return bot.Text{}, err
	}
	if s.rehearsal {
		text = "*" + bot.Markdown(r.words.rehearsal) + "*\n\n" + text
	}
	return bot.Text{Markdown: text, Mentions: r.mentions}, nil
}

// Plain fills in a template for what is no chat, and knows no Markdown: a calendar. It is for templates that mark nothing up.
func (s *Set) Plain(lang bot.Language, name string, data any) (string, error) {
	r := s.run(lang, "")
	r.plain = true
	text, err := r.execute(name, data)
	return string(text), err
}

func (s *Set) run(lang bot.Language, chat bot.ChatID) *run {
	if wordsOf[lang] == nil {
		lang = s.language
	}
	return &run{set: s, lang: lang, words: wordsOf[lang], chat: chat}
}

// execute fills in a template. Its errors begin with file and line.
func (r *run) execute(name string, data any) (bot.Markdown, error) {
	e := r.set.texts[r.lang][name]
	if e == nil {
		return "", fmt.Errorf("no text %s in %s", name, r.lang)
	}
	c, err := e.copy()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	*c.run = *r
	err = c.template.Execute(&b, data)
	r.mentions = c.run.mentions
	*c.run = run{}
	if err != nil {
		return "", located(err)
	}
	e.copies.Put(c)
	return tidy(b.String()), nil
}

var (
	lineEnd = regexp.MustCompile(`[ \t]+\n`)
	gap     = regexp.MustCompile(`\n{3,}`)
	// begins is what may stand in front of a line's text: quotation and list marks.
	begins = regexp.MustCompile(`^[\s>*+=:.)\\0-9-]*$`)
)

// tidy takes away what {{if}} and {{range}} leave behind: spaces at the end of
// lines, more than one empty line in a row. It decides about every atStart.
func tidy(s string) bot.Markdown {
	if strings.Contains(s, atStart) {
		lines := strings.Split(s, "\n")
		for i, line := range lines {
			before, rest, found := strings.Cut(line, atStart)
			for found && begins.MatchString(before) {
				first, more, again := strings.Cut(rest, atStart)
				before, rest, found = before+`\`+first, more, again
			}
			lines[i] = before + strings.ReplaceAll(rest, atStart, "")
		}
		s = strings.Join(lines, "\n")
	}
	s = lineEnd.ReplaceAllString(s, "\n")
	s = gap.ReplaceAllString(s, "\n\n")
	return bot.Markdown(strings.TrimSpace(s))
}
