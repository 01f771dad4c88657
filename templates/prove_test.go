package templates

import (
	"testing"

	"lotse/bot"
)

// TestProveOurs looks at the built-in texts as New looks at a city's own.
func TestProveOurs(t *testing.T) {
	set := newSet(t, Options{})
	if err := set.prove(bot.Samples(), func(bot.Language, string) bool { return true }); err != nil {
		t.Error(err)
	}
}
