package matrix

import (
	"html"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"lotse/bot"
)

const (
	maxText  = 64 << 10 // bytes of a foreign text; longer ones are cut
	maxEmoji = 32       // bytes of a reaction's key
	// maxMentions is how many accounts of a message are looked at.
	maxMentions = 20
)

// clean makes foreign text harmless to handle: valid UTF-8, lines ended by \n, no
// control characters, no characters that turn the direction of what follows.
// Everything else stays; what it means is for the rules and templates.
func clean(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case r == '\n', r == '\t':
			return r
		case unicode.IsControl(r), turns(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	return strings.TrimSpace(bot.Cut(s, maxText))
}

// turns reports whether a character changes the direction of writing beyond its
// place: embeddings, overrides, isolates. (The marks U+200E and U+200F do not.)
func turns(r rune) bool { return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' }

// said is what a message's content says, in neutral form.
type said struct {
	text     string
	mentions []bot.Mention
	toBot    bool
}

var (
	link = regexp.MustCompile(`(?is)<a\s[^>]*?href\s*=\s*["']([^"']+)["'][^>]*>(.*?)</a>`)
	tag  = regexp.MustCompile(`(?s)<[^>]*>`)
	// account finds user ids in plain text; what stands before them must not be part
	// of a word (an e-mail address is none).
	account = regexp.MustCompile(`(^|[^\w@.])(@[a-z0-9._=/+-]+:[A-Za-z0-9.-]*[A-Za-z0-9](?::[0-9]{1,5})?)`)
)

// hear reads a message. own are the names the bot answers to, longest first; nameOf
// tells a display name, or "".
//
// A mention is an account that the text names: by a link, by its id, or by
// m.mentions. Clients also put the author of the message that is replied to into
// m.mentions; in a reply it therefore counts only if the text has the name, too.
// Otherwise every answer given as a reply would be taken for a command.
func hear(content *event.MessageEventContent, self id.UserID, own []string, nameOf func(id.UserID) string) said {
	body, formatted := content.Body, bot.Cut(content.FormattedBody, maxText)
	reply := content.RelatesTo.GetNonFallbackReplyTo() != ""
	if content.RelatesTo.GetReplyTo() != "" {
		body = event.TrimReplyFallbackText(body)
		formatted = event.TrimReplyFallbackHTML(formatted)
	}
	s := said{text: clean(body)}

	named := map[id.UserID]bool{}
	add := func(user id.UserID, as string) {
		if named[user] || len(user) > 255 || len(named) >= maxMentions {
			return
		}
		named[user] = true
		if user == self {
			return
		}
		s.mentions = append(s.mentions, bot.Mention{User: userID(user), Name: as})
	}
	pills := []string{}
	if content.Format == event.FormatHTML {
		for _, m := range link.FindAllStringSubmatch(formatted, -1) {
			uri, err := id.ParseMatrixURIOrMatrixToURL(html.UnescapeString(m[1]))
			if err != nil || uri.UserID() == "" {
				continue
			}
			as := bot.DisplayName(html.UnescapeString(tag.ReplaceAllString(m[2], "")))
			if uri.UserID() == self {
				pills = append(pills, as)
			}
			add(uri.UserID(), as)
		}
	}
	for _, m := range account.FindAllStringSubmatch(s.text, -1) {
		add(id.UserID(m[2]), m[2])
	}
	if content.Mentions != nil {
		for i, user := range content.Mentions.UserIDs {
			if i >= maxMentions || len(named) >= maxMentions {
				break // each may be a name that the server is asked for
			}
			if named[user] {
				continue
			}
			as := ""
			if user == self {
				for _, n := range own {
					if containsFold(s.text, n) {
						as = n
						break
					}
				}
			} else if n := nameOf(user); n != "" && containsFold(s.text, n) {
				as = n
			}
			if as == "" && reply {
				continue
			}
			if as == "" {
				as = user.Localpart()
			}
			add(user, as)
		}
	}

	s.text, s.toBot = addressed(s.text, append(pills, own...), named[self])
	return s
}

// addressed cuts one of the names from the beginning of a text. A name that is
// just typed wants a colon or comma behind it, a mentioned one only its end.
func addressed(text string, names []string, mentioned bool) (rest string, ok bool) {
	for _, n := range names {
		for _, n := range []string{n, "@" + n} {
			if n == "" || n == "@" || len(text) < len(n) || !strings.EqualFold(text[:len(n)], n) {
				continue
			}
			rest := text[len(n):]
			after, _ := utf8.DecodeRuneInString(rest)
			switch {
			case after == ':' || after == ',':
				return strings.TrimSpace(rest[1:]), true
			case mentioned && (rest == "" || unicode.IsSpace(after)):
				rest = strings.TrimSpace(rest)
				return strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(rest, ":"), ",")), true
			}
		}
	}
	return text, false
}

func containsFold(s, part string) bool {
	return part != "" && strings.Contains(strings.ToLower(s), strings.ToLower(part))
}

// ownNames are what the bot may be called, the longest first.
func ownNames(self id.UserID, more ...string) []string {
	names := []string{string(self)}
	for _, n := range append(more, self.Localpart()) {
		if n = bot.DisplayName(n); n != "" {
			names = append(names, n)
		}
	}
	for i := range names { // a few: insertion sort
		for j := i; j > 0 && len(names[j]) > len(names[j-1]); j-- {
			names[j], names[j-1] = names[j-1], names[j]
		}
	}
	return names
}
