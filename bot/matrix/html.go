package matrix

import (
	"bytes"
	stdhtml "html"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	tables "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
	"maunium.net/go/mautrix/id"

	"lotse/bot"
)

// markdown reads CommonMark with tables and strike-through. HTML is not part of
// it: it is shown as it was typed. A line break is one.
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
	goldmark.WithRendererOptions(
		html.WithHardWraps(),
		renderer.WithNodeRenderers(util.Prioritized(headings{}, 100)),
	),
)

// policy is what may be in our HTML: a part of what the Matrix specification
// recommends clients to show. The Markdown above makes nothing else; this is the
// second lock on the door.
var policy = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li",
		"table", "thead", "tbody", "tr", "th", "td")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowURLSchemes("https", "http", "mailto")
	p.RequireParseableURLs(true)
	return p
}()

// paragraphs may be indented: four spaces make no code block here.
type paragraphs struct{ parser.BlockParser }

func (paragraphs) CanAcceptIndentedLine() bool { return true }

// headings are bold lines: real ones are much too big in a chat.
type headings struct{}

func (headings) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindHeading, func(w util.BufWriter, _ []byte, _ ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			_, err := w.WriteString("<p><strong>")
			return ast.WalkContinue, err
		}
		_, err := w.WriteString("</strong></p>\n")
		return ast.WalkContinue, err
	})
}

// render makes of a text what a message holds: the plain body for notifications and
// clients without HTML, and the HTML, which is "" when it would add nothing.
func render(t bot.Text) (body, formatted string) {
	source := []byte(t.Markdown)
	doc := markdown.Parser().Parse(text.NewReader(source))
	tidyLinks(doc, source, t.Mentions)
	body = quiet(strings.TrimSpace(blocks(doc, source, "\n\n")))

	var b bytes.Buffer
	if err := markdown.Renderer().Render(&b, source, doc); err != nil {
		return body, "" // a buffer does not fail
	}
	formatted = strings.TrimSpace(oneLine(policy.Sanitize(b.String())))
	if only := doc.FirstChild(); only != nil && only.NextSibling() == nil && only.Kind() == ast.KindParagraph {
		formatted = strings.TrimSuffix(strings.TrimPrefix(formatted, "<p>"), "</p>")
	}
	if stdhtml.UnescapeString(formatted) == body && !strings.Contains(formatted, "<") {
		return body, ""
	}
	return body, formatted
}

// joiner is invisible and keeps a word together.
const joiner = "\u2060"

var everybody = regexp.MustCompile(`(?i)@(room)\b`)

// quiet breaks "@room". m.mentions says that the room is not called, but servers and
// clients from before 2023 search the body for that word, and ring at everybody if
// the bot may do so. They search nothing else, so the HTML stays as it is.
func quiet(body string) string { return everybody.ReplaceAllString(body, "@"+joiner+"$1") }

var preformatted = regexp.MustCompile(`(?s)<pre>.*?</pre>`)

// oneLine takes the line breaks out of HTML, except where they are text: some
// clients show them besides the tags.
func oneLine(s string) string {
	var b strings.Builder
	last := 0
	for _, at := range preformatted.FindAllStringIndex(s, -1) {
		b.WriteString(strings.ReplaceAll(s[last:at[0]], "\n", ""))
		b.WriteString(s[at[0]:at[1]])
		last = at[1]
	}
	b.WriteString(strings.ReplaceAll(s[last:], "\n", ""))
	return b.String()
}

// mentionScheme marks a link that names an account: [Maria Beispiel](mention:<id>).
const mentionScheme = "mention:"

// tidyLinks makes mentions of the links that name one of the accounts, and plain
// text of all other mentions, of pictures, and of links that lead nowhere safe.
func tidyLinks(doc ast.Node, source []byte, mentions []bot.UserID) {
	var drop []ast.Node
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Image:
			drop = append(drop, n)
		case *ast.AutoLink:
			if !safe(string(n.URL(source))) && n.AutoLinkType != ast.AutoLinkEmail {
				drop = append(drop, n)
			}
		case *ast.Link:
			to := string(n.Destination)
			if user, ok := mentioned(to, mentions); ok {
				n.Destination = []byte(user.URI().MatrixToURL())
				n.SetAttributeString("mention", []byte("yes"))
				n.Title = nil
			} else if !safe(to) {
				drop = append(drop, n)
			}
		}
		return ast.WalkContinue, nil
	})
	for _, n := range drop {
		parent := n.Parent()
		if auto, ok := n.(*ast.AutoLink); ok {
			parent.ReplaceChild(parent, n, ast.NewString(auto.Label(source)))
			continue
		}
		for child := n.FirstChild(); child != nil; child = n.FirstChild() {
			parent.InsertBefore(parent, n, child)
		}
		parent.RemoveChild(parent, n)
	}
}

// mentioned returns the account that a link names, if the text may name it.
func mentioned(to string, mentions []bot.UserID) (id.UserID, bool) {
	account, ok := strings.CutPrefix(to, mentionScheme)
	if !ok {
		return "", false
	}
	if plain, err := url.PathUnescape(account); err == nil && !slices.Contains(mentions, bot.UserID(account)) {
		account = plain
	}
	u := bot.UserID(account)
	return id.UserID(u.Local()), u.Chat() == ID && slices.Contains(mentions, u)
}

// safe reports whether a link may stand: it leads to the web or to a mailbox, and
// not to an account, of which clients would make a mention.
func safe(to string) bool {
	u, err := url.Parse(to)
	if err != nil || strings.EqualFold(u.Host, "matrix.to") && strings.Contains(u.Fragment, "@") {
		return false
	}
	return u.Scheme == "mailto" || (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// blocks writes the blocks of a node as plain text.
func blocks(parent ast.Node, source []byte, between string) string {
	var parts []string
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		if s := block(n, source); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, between)
}

func block(n ast.Node, source []byte) string {
	switch n := n.(type) {
	case *ast.List:
		return list(n, source)
	case *ast.Blockquote:
		quoted := "> " + strings.ReplaceAll(blocks(n, source, "\n\n"), "\n", "\n> ")
		return strings.ReplaceAll(quoted, "> \n", ">\n")
	case *ast.FencedCodeBlock:
		return strings.TrimRight(string(n.Lines().Value(source)), "\n")
	case *ast.ThematicBreak:
		return "———"
	case *tables.Table:
		return blocks(n, source, "\n")
	case *tables.TableHeader, *tables.TableRow:
		var cells []string
		for cell := n.FirstChild(); cell != nil; cell = cell.NextSibling() {
			cells = append(cells, strings.TrimSpace(inline(cell, source)))
		}
		return strings.Join(cells, " | ")
	}
	return strings.TrimSpace(inline(n, source))
}

func list(n *ast.List, source []byte) string {
	var items []string
	number := n.Start
	for item := n.FirstChild(); item != nil; item = item.NextSibling() {
		mark := "• "
		if n.IsOrdered() {
			mark = strconv.Itoa(number) + ". "
			number++
		}
		indent := strings.Repeat(" ", len([]rune(mark)))
		items = append(items, mark+strings.ReplaceAll(blocks(item, source, "\n"), "\n", "\n"+indent))
	}
	return strings.Join(items, "\n")
}

// inline writes the content of a block as plain text: without marks, and with the
// address behind a link if the text does not show it.
func inline(parent ast.Node, source []byte) string {
	var b strings.Builder
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Text:
			if parent.Kind() == ast.KindCodeSpan || n.IsRaw() {
				b.Write(n.Value(source))
			} else {
				b.WriteString(bot.Unescape(string(n.Value(source))))
			}
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte('\n')
			}
		case *ast.String:
			b.Write(n.Value)
		case *ast.AutoLink:
			b.Write(n.Label(source))
		case *ast.Link:
			shown := inline(n, source)
			b.WriteString(shown)
			_, mention := n.AttributeString("mention")
			to := strings.TrimPrefix(string(n.Destination), "mailto:")
			if !mention && to != shown {
				b.WriteString(" (" + to + ")")
			}
		default:
			b.WriteString(inline(n, source))
		}
	}
	return b.String()
}
