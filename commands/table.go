package commands

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"lotse/bot"
)

// text is something in the two languages a command line can be written in.
type text struct{ de, en string }

// in returns the text in the room's language.
func (t text) in(lang bot.Language) string {
	if lang == bot.English {
		return t.en
	}
	return t.de
}

// command is a word after the "!" with its forms. The first form is the one
// without a word of its own, if there is such a one.
type command struct {
	words []string // German first, the English one second, then further aliases
	forms []form
	// numbered: what it is about may be named by its number, first: "!eskalation 12 erledigt".
	numbered bool
	// about names the help text (help.<about>) that the overview has instead of one for each
	// form, where there are many of them.
	about string
}

// form is one thing a command does.
type form struct {
	name    string     // of its help text: help.<name>
	words   []string   // of the form, like a command's; nil: the command alone
	usage   []text     // ways to write it
	example text       // a line to copy; it parses
	may     []bot.Role // who; nil: everybody, outsiders too
	open    bool       // !hilfe alone leaves it out; !hilfe <command> shows it
	unbound bool       // answers the PMO in a room that is not bound
	// anywhere: answers everybody there
	anywhere bool
	edits    bool // an edited message is the command once more
	alone    bool // of a numbered command: the form that a number alone means
	// fits says whether words behind the form's own may be meant for it; without a number
	// they may just as well be the beginning of a sentence. nil: whatever they are.
	fits func(words string) bool
	// offered says where the help lists it; nil: wherever it may be used.
	offered func(c call, s bot.Snapshot) bool

	query  func(c call) bot.Query // nil: nothing beyond what every event needs
	decide func(c call, s bot.Snapshot) (bot.Change, error)
}

// Table is the chat commands. It does not change and may be shared.
type Table struct {
	bot      string // how the bot is called besides "lotse"
	commands []command
}

// New returns the commands of a bot that is called name in its rooms.
func New(name string) *Table {
	return &Table{bot: name, commands: []command{
		helpCommand(),
		statusCommand(), outlookCommand(), blockerCommand(), decisionCommand(), communicationCommand(),
		taskCommand(), begunCommand(), doneCommand(),
		openCommand(), deputyCommand(),
		escalationCommand(), escalationsCommand(), resolutionCommand(),
		boardCommand(), datesCommand(),
		projectCommand(), roomCommand(), checkCommand(), inquiryCommand(),
		resumeCommand(), noticeCommand(), privacyCommand(), accountCommand(), quietCommand(),
		topicCommand(), meetupCommand(), calendarCommand(), networkCommand(),
	}}
}

// call is one use of a command. It implements bot.Command.
type call struct {
	table   *Table
	event   bot.Event
	command *command
	form    *form  // nil: no such form
	given   string // what was typed for the command (and form), for errors
	near    string // what was probably meant, "" if nothing is near
	args    string
	number  int // of a numbered command: what it is about; 0: not said
}

// Match implements engine.Commander.
func (t *Table) Match(e bot.Event) (bot.Command, bool) {
	if e.Kind != bot.EventMessage && e.Kind != bot.EventEdit {
		return nil, false
	}
	text := bot.Clean(e.Text)
	c, ok := t.parse(text, e.ToBot)
	if !ok {
		return nil, false
	}
	c.table, c.event = t, e
	if e.Kind == bot.EventEdit && (c.form == nil && c.near == "" || c.form != nil && !c.form.edits) {
		return nil, false // done once is done; only answers can be edited
	}
	return c, true
}

// parse finds the command and form in a message.
func (t *Table) parse(text string, toBot bool) (call, bool) {
	rest, bang := strings.CutPrefix(text, "!")
	if !bang && !toBot {
		return call{}, false
	}
	word, args := t.word(rest)
	if bang && word != "" && t.isName(word) {
		if args == "" {
			args = t.commands[0].words[0]
		}
		if word, args = t.word(strings.TrimPrefix(args, "!")); word == "" {
			return call{}, false
		}
	}
	if word == "" {
		return call{}, false
	}
	if i := t.find(word); i >= 0 {
		c := call{command: &t.commands[i], given: word, args: args}
		c.chooseForm()
		return c, true
	}
	near := t.suggest(word)
	plain := unicodeLetters(strings.TrimRight(firstOf(rest), ".,:?!"))
	if bang && plain || !bang && near != "" && args == "" {
		return call{given: shorten(word, 40), near: near}, true
	}
	return call{}, false
}

// word cuts a command's word off. Between it and its arguments there may be
// punctuation; glued to it may be what is no letter, but only behind a word that
// is known: "!erledigt1", "!status🟡".
func (t *Table) word(s string) (word, args string) {
	word = leadingWord(s)
	rest := s[len(word):]
	r, _ := utf8.DecodeRuneInString(rest)
	switch {
	case word == "", rest == "", unicode.IsSpace(r):
	case strings.ContainsRune(":,;.?!", r):
		rest = strings.TrimLeft(rest, ":,;.?!")
	case t.find(word) < 0:
		return "", ""
	}
	return word, strings.TrimSpace(rest)
}

func firstOf(s string) string {
	word, _ := firstWord(s)
	return word
}

func unicodeLetters(s string) bool {
	return s != "" && leadingWord(s) == s
}

// isName reports whether a word is what the bot is called.
func (t *Table) isName(word string) bool {
	return fold(word) == "lotse" || t.bot != "" && fold(word) == fold(t.bot)
}

// find returns the place of the command with that word, or -1.
func (t *Table) find(word string) int {
	folded := fold(word)
	return slices.IndexFunc(t.commands, func(c command) bool { return is(folded, c.words) })
}

// is reports whether a folded word is among words.
func is(folded string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return fold(w) == folded })
}

// suggest returns the nearest command's word, or "".
func (t *Table) suggest(word string) string {
	var words []string
	for _, c := range t.commands {
		words = append(words, c.words...)
	}
	return nearest(word, words)
}

// chooseForm finds the form of the command by the first word of the arguments.
func (c *call) chooseForm() {
	forms := c.command.forms
	if c.command.numbered {
		c.cutNumber()
	}
	word, rest := firstWord(c.args)
	folded := fold(strings.TrimRight(word, ":,.?!"))
	var words []string
	for i := range forms {
		if folded != "" && is(folded, forms[i].words) && (c.number > 0 || forms[i].fits == nil || forms[i].fits(rest) || !sentence(c.args)) {
			c.form, c.args, c.given = &forms[i], rest, c.command.words[0]+" "+forms[i].words[0]
			return
		}
		if c.number > 0 && word == "" && forms[i].alone {
			c.form, c.given = &forms[i], c.command.words[0]
			return
		}
		words = append(words, forms[i].words...)
	}
	called := c.command.words[0]
	if c.number > 0 {
		called += " " + strconv.Itoa(c.number)
	} else if len(forms[0].words) == 0 || word == "" {
		c.form, c.given = &forms[0], called
	}
	if word != "" && len(words) > 0 {
		// Only a suggestion, if the word means nothing else.
		if near := nearest(word, words); near != "" {
			c.near = called + " " + near
		}
		if c.form == nil {
			c.given = called + " " + shorten(oneLine(word), 40)
		}
	}
}

// sentence reports whether there are so many words that they are said to somebody, rather
// than to the bot.
func sentence(words string) bool { return len(strings.Fields(words)) >= 3 }

var leadingNumber = regexp.MustCompile(`(?i)^(#|nr\.?\s*|nummer\s+)?\s*(\d{1,6})(?:[:,.]\s*|\s+|$)`)

// cutNumber takes the number that the arguments begin with. A bare one may also begin a
// sentence («12 Rechner fehlen»); then no form's word follows it.
func (c *call) cutNumber() {
	m := leadingNumber.FindStringSubmatch(c.args)
	if m == nil {
		return
	}
	rest := c.args[len(m[0]):]
	word := fold(strings.TrimRight(firstOf(rest), ":,.?!"))
	form := slices.ContainsFunc(c.command.forms, func(f form) bool { return is(word, f.words) })
	if m[1] == "" && !form && sentence(rest) {
		return
	}
	if n, _ := strconv.Atoi(m[2]); n > 0 {
		c.number, c.args = n, rest
	}
}

// Query implements bot.Command. A command is about the round that runs, also in the
// thread of an earlier one; an edited command is about the round it was given in.
func (c call) Query() bot.Query {
	var q bot.Query
	if c.form != nil && c.form.query != nil {
		q = c.form.query(c)
	}
	q.Number = c.number
	q.Running = c.event.Kind == bot.EventMessage
	return q
}

// Decide implements bot.Command.
func (c call) Decide(s bot.Snapshot) (bot.Change, error) {
	pmo := s.Is(bot.RolePMO)
	if !c.bound(s) && !pmo && (c.form == nil || !c.form.anywhere) {
		return bot.Change{Reason: "a command in a room that is not bound"}, nil
	}
	if c.form == nil {
		return bot.Change{}, c.unknown()
	}
	if !c.bound(s) && !c.form.unbound {
		return c.reply("the room is not bound", "reply.elsewhere", bot.Elsewhere{Why: "unbound", Command: c.title(s), PMO: pmo}), nil
	}
	if err := c.permit(s); err != nil {
		return bot.Change{}, err
	}
	return c.form.decide(c, s)
}

// bound reports whether the room has a purpose.
func (c call) bound(s bot.Snapshot) bool { return s.Room.Kind != "" || c.event.Direct }

// permit checks a right that does not depend on a project.
func (c call) permit(s bot.Snapshot) error {
	may := c.form.may
	if may == nil || slices.ContainsFunc(may, s.Is) {
		return nil
	}
	if s.Person != nil && (slices.Contains(may, bot.RoleLead) || slices.Contains(may, bot.RoleDeputy)) {
		return nil // decided when the project is known
	}
	if slices.Contains(may, bot.RoleHost) && (hosting(s) || s.Network == nil && s.Person != nil && s.Hosts(s.Person.ID)) {
		return nil // of which network, is decided when that is known
	}
	return c.forbidden(s)
}

// answers checks the right to act for a project.
func (c call) answers(s bot.Snapshot, p bot.Project) error {
	if s.Is(bot.RolePMO) || s.Person != nil && slices.Contains(c.form.may, p.RoleOf(s.Person.ID, s.Today())) {
		return nil
	}
	return c.forbidden(s)
}

// lang is the language the room reads.
func lang(s bot.Snapshot) bot.Language {
	if s.Room.Language != "" {
		return s.Room.Language
	}
	return s.Settings.Language
}

// reply answers with one text.
func (c call) reply(reason, template string, data any) bot.Change {
	return bot.Change{Reason: reason, Posts: []bot.Post{bot.Reply(c.event, 0, template, data)}}
}
