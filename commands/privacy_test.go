package commands

import (
	"strings"
	"testing"
	"time"

	"lotse/bot"
)

// The file comes where one can be sent, to whom the books know, and only to them; what is
// too large for one is not sent.
func TestPrivacyFile(t *testing.T) {
	for _, test := range []struct {
		name   string
		direct bool
		change func(*bot.Snapshot)
		file   bool
	}{
		{"asked in a direct chat", true, func(*bot.Snapshot) {}, true},
		{"asked in a room", false, func(*bot.Snapshot) {}, true},
		{"a chat without files", true, func(s *bot.Snapshot) { s.Abilities.Files = false }, false},
		{"a stranger", true, func(s *bot.Snapshot) { s.Person, s.Dossier = nil, &bot.Dossier{} }, false},
		{"too much", true, func(s *bot.Snapshot) {
			for range 70 {
				s.Dossier.Statements = append(s.Dossier.Statements, bot.Statement{Kind: bot.StatementSaid, Text: strings.Repeat("x", 16_000)})
			}
		}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			maria := bot.Person{ID: "maria", Name: "Maria Beispiel", Accounts: []bot.UserID{"test:@maria"}}
			s := bot.Snapshot{
				Settings: &bot.Settings{City: "Beispielstadt", Zone: time.UTC}, Abilities: bot.Abilities{Files: true}, User: "test:@maria",
				Now: time.Date(2026, 11, 18, 9, 0, 0, 0, time.UTC), Person: &maria,
				Dossier: &bot.Dossier{Person: maria, Statements: []bot.Statement{{Kind: bot.StatementSaid, Text: "kanari <&>"}}},
			}
			test.change(&s)
			c := call{event: bot.Event{ID: "test:$e", Room: "test:!r", Sender: "test:@maria", Direct: test.direct}}
			change, err := c.privacy(s)
			if err != nil {
				t.Fatal(err)
			}
			keys := map[bot.Key]bool{}
			files := 0
			for _, post := range change.Posts {
				if keys[post.Key] {
					t.Errorf("two messages are %s", post.Key)
				}
				keys[post.Key] = true
				page, _ := post.Data.(bot.Privacy)
				if post.Template == "reply.privacy" && page.File != test.file {
					t.Errorf("the text says that there is a file: %v", page.File)
				}
				if post.File == nil {
					continue
				}
				files++
				if post.Template != "reply.privacy.file" || test.direct != (post.Room == "test:!r") || test.direct == (post.User == "test:@maria") {
					t.Errorf("the file goes to room %q, user %q, with %s", post.Room, post.User, post.Template)
				}
				if post.File.Name != "lotse-datenschutz-2026-11-18.json" || !strings.Contains(string(post.File.Bytes), `"text": "kanari <&>"`) {
					t.Errorf("the file is %s: %s", post.File.Name, post.File.Bytes)
				}
			}
			if (files == 1) != test.file || files > 1 {
				t.Errorf("%d files are sent, want one: %v", files, test.file)
			}
		})
	}
}
