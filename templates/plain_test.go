package templates

import (
	"testing"

	"lotse/bot"
)

// What is no Markdown has no backslashes, and still is one line of what can be seen.
func TestPlain(t *testing.T) {
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	entry := bot.CalendarEntry{City: "1. [Stadt](x)_*#\n\u202eam Rhein", Network: "<b>IT</b> & @room"}
	for lang, want := range map[bot.Language]string{bot.German: "Abgesagt: <b>IT</b> & @room", bot.GermanDu: "Abgesagt: <b>IT</b> & @room", bot.English: "Cancelled: <b>IT</b> & @room"} {
		entry.Cancelled = true
		if got, err := s.Plain(lang, "calendar.title", entry); got != want || err != nil {
			t.Errorf("%s: %q, %v, want %q", lang, got, err, want)
		}
	}
	if got, err := s.Plain("", "calendar.name", entry); got != "<b>IT</b> & @room · 1. [Stadt](x)_*# / am Rhein" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if text, err := s.Render("", "calendar.name", entry, ""); text.Markdown == "" || string(text.Markdown) == "<b>IT</b> & @room · 1. [Stadt](x)_*# / am Rhein" || err != nil {
		t.Errorf("in a chat it is not escaped any more: %q, %v", text.Markdown, err)
	}
}
