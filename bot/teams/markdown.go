package teams

import (
	stdhtml "html"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	tables "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"lotse/bot"
)

// maxUnits is how many UTF-16 units a text may have: Teams takes about 100 KB of them,
// mentions and all, and asks to stay below 80.
const maxUnits = 38000

// markdown reads what templates write: CommonMark with tables and strike-through,
// without HTML.
var markdown = goldmark.New(
	goldmark.WithParser(parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(parser.NewListParser(), 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewATXHeadingParser(), 600),
			util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(parser.NewBlockquoteParser(), 800),
			util.Prioritized(paragraphs{parser.NewParagraphParser()}, 1000),
		),
		parser.WithInlineParsers(
			util.Prioritized(parser.NewCodeSpanParser(), 100),
			util.Prioritized(parser.NewLinkParser(), 200),
			util.Prioritized(parser.NewAutoLinkParser(), 300),
			util.Prioritized(parser.NewEmphasisParser(), 500),
		),
	)),
	goldmark.WithExtensions(
		extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignNone)),
		extension.Strikethrough,
	),
)

// paragraphs may be indented: four spaces make no code block here.
type paragraphs struct{ parser.BlockParser }

func (paragraphs) CanAcceptIndentedLine() bool { return true }

// hardBreak is a line break in Teams' Markdown.
const hardBreak = "  \n"

// writer writes Teams' Markdown: that of messages, or that of cards.
type writer struct {
	source   []byte
	named    map[bot.UserID]string // how the Connector calls whom the text may name
	mentions []mention
	card     bool // with what cards show only, and see inert
	plain    bool // without any marks and mentions
	bold     bool // what is written is bold already
}

// render makes of a text what Teams shows: its subset of Markdown, without headings,
// tables and rules, and the mentions in it. named are the accounts that the text may
// name; nobody else is called by it, and no text that people wrote becomes a mark, a
// link or a mention.
func render(t bot.Text, named map[bot.UserID]string) (string, []mention) {
	source := []byte(t.Markdown)
	doc := markdown.Parser().Parse(text.NewReader(source))
	w := &writer{source: source, named: named}
	var b strings.Builder
	left := maxUnits
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		between := ""
		if b.Len() > 0 {
			between = "\n\n"
		}
		marked := len(w.mentions)
		s := between + w.block(n)
		if units(s) > left { // without marks it can be cut between any two words
			w.mentions, w.plain = w.mentions[:marked], true
			s = between + w.block(n)
		}
		whole := units(s) <= left
		if !whole {
			s = fit(s, left)
		}
		if s != between {
			b.WriteString(s)
			left -= units(s)
		}
		if !whole {
			break
		}
	}
	return b.String(), w.mentions
}

// units is the length of a text in UTF-16 units.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

// more says that there was more.
const more = " …"

// fit shortens a text without marks to n units, between words.
func fit(s string, n int) string {
	end, at := 0, units(more)
	for i, r := range s {
		if at += max(utf16.RuneLen(r), 1); at > n {
			break
		}
		if r == ' ' || r == '\n' {
			end = i
		}
	}
	return strings.TrimRight(s[:end], " \n") + more
}

func (w *writer) blocks(parent ast.Node, between string) string {
	var parts []string
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		if s := w.block(n); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, between)
}

func (w *writer) block(n ast.Node) string {
	switch n := n.(type) {
	case *ast.List:
		return w.list(n)
	case *ast.Blockquote:
		if w.card {
			return w.blocks(n, "\n\n")
		}
		return "> " + strings.ReplaceAll(w.blocks(n, "\n\n"), "\n", "\n> ")
	case *ast.FencedCodeBlock:
		code := strings.TrimRight(string(n.Lines().Value(w.source)), "\n")
		if w.card {
			return strings.ReplaceAll(inert(code), "\n", hardBreak)
		}
		if w.plain {
			return escape(code)
		}
		fence := "```"
		for strings.Contains(code, fence) {
			fence += "`"
		}
		return fence + "\n" + code + "\n" + fence
	case *ast.ThematicBreak:
		return "———"
	case *ast.Heading:
		return w.strong(n)
	case *tables.Table:
		return w.table(n)
	}
	return strings.TrimSpace(w.inline(n))
}

// strong writes the content of a block in bold.
func (w *writer) strong(n ast.Node) string {
	was := w.bold
	w.bold = true
	s := strings.TrimSpace(w.inline(n))
	w.bold = was
	return w.marked("**", s)
}

func (w *writer) list(n *ast.List) string {
	var items []string
	number := n.Start
	for item := n.FirstChild(); item != nil; item = item.NextSibling() {
		mark := "- "
		if n.IsOrdered() {
			mark = strconv.Itoa(number) + ". "
			number++
		}
		indent := strings.Repeat(" ", len(mark))
		items = append(items, mark+strings.ReplaceAll(w.blocks(item, "\n"), "\n", "\n"+indent))
	}
	return strings.Join(items, "\n")
}

// table writes a row as an item: what it is about, and then the other columns with
// their names.
func (w *writer) table(n *tables.Table) string {
	var names, rows []string
	for row := n.FirstChild(); row != nil; row = row.NextSibling() {
		var cells []string
		_, head := row.(*tables.TableHeader)
		for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
			write := w.inline
			if !head && len(cells) == 0 {
				write = w.strong
			}
			s := strings.ReplaceAll(strings.TrimSpace(write(cell)), hardBreak, " ")
			switch i := len(cells); {
			case head, i == 0:
			case s == "":
				s = "–"
				fallthrough
			default:
				if i < len(names) && names[i] != "" {
					s = names[i] + ": " + s
				}
			}
			cells = append(cells, s)
		}
		if head {
			names = cells
			continue
		}
		rows = append(rows, "- "+strings.Join(slices.DeleteFunc(cells, func(s string) bool { return s == "" }), " · "))
	}
	return strings.Join(rows, "\n")
}

// inline writes the content of a block.
func (w *writer) inline(parent ast.Node) string {
	var b strings.Builder
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Text:
			value := string(n.Value(w.source))
			if !n.IsRaw() {
				value = bot.Unescape(value)
			}
			if b.Len() == 0 || strings.HasSuffix(b.String(), "\n") {
				value = strings.TrimLeft(value, " \t")
				b.WriteString(w.escape(value))
			} else {
				b.WriteString(w.within(value))
			}
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteString(hardBreak)
			}
		case *ast.String:
			b.WriteString(w.escape(string(n.Value)))
		case *ast.CodeSpan:
			b.WriteString(w.code(n))
		case *ast.Emphasis:
			b.WriteString(w.emphasis(n))
		case *tables.Strikethrough:
			if w.card {
				b.WriteString(w.inline(n))
			} else {
				b.WriteString(w.marked("~~", w.inline(n)))
			}
		case *ast.AutoLink:
			to := string(n.URL(w.source))
			if n.AutoLinkType == ast.AutoLinkEmail {
				to = "mailto:" + strings.TrimPrefix(to, "mailto:")
			}
			b.WriteString(w.link(w.escape(string(n.Label(w.source))), to))
		case *ast.Link:
			b.WriteString(w.to(n))
		default:
			b.WriteString(w.inline(n))
		}
	}
	return b.String()
}

func (w *writer) emphasis(n *ast.Emphasis) string {
	if n.Level == 2 && w.bold {
		return w.inline(n)
	}
	mark := "*"
	if n.Level == 2 {
		mark, w.bold = "**", true
		defer func() { w.bold = false }()
	}
	return w.marked(mark, w.inline(n))
}

func (w *writer) marked(mark, s string) string {
	if w.plain || strings.TrimSpace(s) == "" {
		return s
	}
	return mark + s + mark
}

func (w *writer) code(n *ast.CodeSpan) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			b.Write(t.Value(w.source))
		}
	}
	code := strings.ReplaceAll(b.String(), "\n", " ")
	switch {
	case w.card && !w.plain && !w.bold && code != "":
		return "**" + w.escape(code) + "**"
	case w.card, w.plain:
		return w.escape(code)
	case !strings.Contains(code, "`"):
		return "`" + code + "`"
	}
	fence := "``"
	for strings.Contains(code, fence) {
		fence += "`"
	}
	return fence + " " + code + " " + fence
}

// mentionScheme marks a link that names an account: [Maria Beispiel](mention:<id>).
const mentionScheme = "mention:"

// to writes a link: a mention, if it names one of the accounts, else where it leads,
// else its text alone.
func (w *writer) to(n *ast.Link) string {
	to := string(n.Destination)
	account, isMention := strings.CutPrefix(to, mentionScheme)
	if !isMention {
		return w.link(w.inline(n), to)
	}
	user := bot.UserID(account)
	if plain, err := url.PathUnescape(account); err == nil && w.named[user] == "" {
		user = bot.UserID(plain)
	}
	address := w.named[user]
	shown := w.inline(n)
	if address == "" || w.plain {
		return shown
	}
	called := callable(n, w.source)
	if called == "" {
		return shown
	}
	m := mention{Type: "mention", Text: "<at>" + called + "</at>", Mentioned: mentioned{ID: address, Name: called}}
	w.mentions = append(w.mentions, m)
	return m.Text
}

// callable is the text of a mention: a name without anything that could be a mark.
func callable(n ast.Node, source []byte) string {
	inside := &writer{source: source, plain: true}
	s := stdhtml.UnescapeString(bot.Unescape(inside.inline(n)))
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune("<>&*_`~[]()\\|#\n", r) {
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

func (w *writer) link(shown, to string) string {
	if w.plain || !safe(to) || strings.TrimSpace(shown) == "" {
		return shown
	}
	to = strings.NewReplacer("(", "%28", ")", "%29", " ", "%20", "<", "%3C", ">", "%3E").Replace(to)
	return "[" + shown + "](" + to + ")"
}

// safe reports whether a link may stand: it leads to the web or to a mailbox.
func safe(to string) bool {
	u, err := url.Parse(to)
	return err == nil && (u.Scheme == "mailto" || (u.Scheme == "https" || u.Scheme == "http") && u.Host != "")
}

var (
	entities = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	// special are the characters that make marks wherever they stand.
	special = strings.NewReplacer("\\", "\\\\", "*", "\\*", "`", "\\`", "~", "\\~", "[", "\\[", "]", "\\]", "|", "\\|", "_", "\\_")
	// leading are those that do so at the beginning of a line.
	leading = regexp.MustCompile(`(?m)^(\s*)(#|\+|-|=|\d+[.)])`)
)

// within makes a text stand as it is, in the middle of a line.
func within(s string) string { return entities.Replace(special.Replace(s)) }

func (w *writer) within(s string) string {
	if w.card {
		return inertWithin(s)
	}
	return within(s)
}

func (w *writer) escape(s string) string {
	if w.card {
		return inert(s)
	}
	return escape(s)
}

// escape makes a text stand as it is: nothing in it is a mark, a tag or a link.
func escape(s string) string {
	s = within(s)
	return leading.ReplaceAllStringFunc(s, func(m string) string {
		mark := strings.TrimLeft(m, " \t")
		space := m[:len(m)-len(mark)]
		if last := mark[len(mark)-1]; last == '.' || last == ')' {
			return space + mark[:len(mark)-1] + "\\" + string(last)
		}
		return space + "\\" + mark
	})
}
