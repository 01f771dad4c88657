package teams

import (
	"context"
	"html"
	"strings"

	"lotse/bot"
)

const (
	maxText     = 64 << 10 // bytes of a foreign text; longer ones are cut
	maxMentions = 20       // accounts of a message that are looked at
)

// hear reads what somebody wrote: mentions become the names that people see, and the
// bot's own is cut from the beginning.
func (c *Chat) hear(ctx context.Context, a *activity, e *bot.Event, n *news) error {
	text := a.Text
	if a.TextFormat == "xml" {
		text = html.UnescapeString(text)
	}
	seen := map[bot.UserID]bool{}
	for i, m := range a.Entities {
		if m.Type != "mention" || m.Text == "" || m.Mentioned.ID == "" || i >= maxMentions {
			continue
		}
		if m.Mentioned.ID == c.self || m.Mentioned.ID == a.Recipient.ID {
			if rest, ok := strings.CutPrefix(strings.TrimLeft(text, " \u00a0\n"), m.Text); ok {
				text, e.ToBot = strings.TrimLeft(rest, ",: \u00a0\n"), true
				continue
			}
			text = strings.ReplaceAll(text, m.Text, bot.DisplayName(m.Mentioned.Name))
			continue
		}
		called := bot.DisplayName(m.Mentioned.Name)
		if called == "" {
			called = bot.DisplayName(strings.TrimSuffix(strings.TrimPrefix(m.Text, "<at>"), "</at>"))
		}
		text = strings.ReplaceAll(text, m.Text, called)
		user, err := c.account(ctx, m.Mentioned, n)
		if err != nil {
			return err
		}
		if called != "" && !seen[user] {
			seen[user] = true
			e.Mentions = append(e.Mentions, bot.Mention{User: user, Name: called})
		}
	}
	e.Text = clean(text)
	return nil
}

// clean makes foreign text harmless to handle. What it means is for the rules.
func clean(s string) string {
	return bot.Clean(strings.ReplaceAll(bot.Cut(s, maxText), "\u00a0", " "))
}
