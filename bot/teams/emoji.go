package teams

import (
	"strconv"
	"strings"
)

// reactionNames are the reactions that Teams had first, by name. Newer ones are named
// after their code points: "2705_whiteheavycheckmark".
var reactionNames = map[string]string{
	"like":      "👍",
	"heart":     "❤",
	"laugh":     "😆",
	"surprised": "😮",
	"sad":       "😢",
	"angry":     "😡",
}

// emoji is what a reaction of Teams means; "" if that cannot be said.
func (c *Chat) emoji(kind string) string {
	for _, names := range []map[string]string{c.reactions, reactionNames} {
		if e := names[kind]; e != "" {
			return strings.ReplaceAll(e, "\ufe0f", "")
		}
	}
	codes, _, named := strings.Cut(kind, "_")
	if !named {
		return ""
	}
	var b strings.Builder
	for code := range strings.SplitSeq(codes, "-") {
		n, err := strconv.ParseUint(code, 16, 32)
		if err != nil || n < 0x23 || n > 0x1ffff || n >= 0xd800 && n <= 0xdfff || b.Len() > 32 {
			return ""
		}
		if n != 0xfe0f {
			b.WriteRune(rune(n))
		}
	}
	return b.String()
}
