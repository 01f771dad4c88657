package matrix

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"lotse/bot"
)

func TestClean(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"as typed", "Läuft – alles *gut* <b>", "Läuft – alles *gut* <b>"},
		{"line ends", "a\r\nb\rc\nd", "a\nb\nc\nd"},
		{"control characters", "a\x00b\x1b[31mc\td\x7f", "ab[31mc\td"},
		{"not UTF-8", "a\xffb", "a\ufffdb"},
		{"direction overrides", "Maria\u202eeires\u202c \u2066x\u2069", "Mariaeires x"},
		{"direction marks are letters' business", "a\u200fb\u200ec", "a\u200fb\u200ec"},
		{"joined emoji", "👩‍💻", "👩‍💻"},
		{"space around", "  \n x \n", "x"},
	} {
		if got := clean(tt.in); got != tt.want {
			t.Errorf("%s: clean(%q) = %q, want %q", tt.name, tt.in, got, tt.want)
		}
	}
	if long := clean(strings.Repeat("ä", maxText)); len(long) > maxText || !utf8.ValidString(long) {
		t.Errorf("a long text has %d bytes, valid %v", len(long), utf8.ValidString(long))
	}
}

func TestName(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"a name", "Maria Beispiel", "Maria Beispiel"},
		{"markup is text", "<b>*Maria*</b> @room", "<b>*Maria*</b> @room"},
		{"several lines", "Maria\nPMO:\t ja", "Maria PMO: ja"},
		{"invisible characters", "Ma\u200bri\u2060a\u200f\ufeff", "Maria"},
		{"nothing to see", "\u200b\u202e ", ""},
		{"too long", strings.Repeat("x", 100), strings.Repeat("x", 79) + "…"},
	} {
		if got := bot.DisplayName(tt.in); got != tt.want {
			t.Errorf("%s: name(%q) = %q, want %q", tt.name, tt.in, got, tt.want)
		}
	}
}

func TestHear(t *testing.T) {
	const self = id.UserID("@lotse:x")
	own := ownNames(self, "Lotse", "Digi-Lotse")
	names := map[id.UserID]string{"@maria:x": "Maria Beispiel", "@jonas:x": "Jonas"}
	pill := func(user, as string) string { return `<a href="https://matrix.to/#/` + user + `">` + as + `</a>` }
	for _, tt := range []struct {
		name        string
		body, html  string
		mentions    []id.UserID
		reply       bool
		text, named string
		toBot       bool
	}{
		{name: "nothing special", body: "Alles gut", text: "Alles gut"},
		{name: "a pill, with m.mentions", body: "!vertretung Maria Beispiel bis 31.12.", html: "!vertretung " + pill("@maria:x", "Maria Beispiel") + " bis 31.12.",
			mentions: []id.UserID{"@maria:x"}, text: "!vertretung Maria Beispiel bis 31.12.", named: "@maria:x=Maria Beispiel"},
		{name: "a pill of an old client", body: "Maria", html: pill("@maria:x", "Maria"), text: "Maria", named: "@maria:x=Maria"},
		{name: "a pill as matrix: link, markup in it", body: "Maria", html: `<a class='x' href='matrix:u/maria:x'><b>Ma</b>ria &amp; Co</a>`, text: "Maria", named: "@maria:x=Maria & Co"},
		{name: "m.mentions alone, the name in the text", body: "Frag jonas!", mentions: []id.UserID{"@jonas:x"}, text: "Frag jonas!", named: "@jonas:x=Jonas"},
		{name: "m.mentions alone, an unknown name", body: "Frag ihn!", mentions: []id.UserID{"@wer:x"}, text: "Frag ihn!", named: "@wer:x=wer"},
		{name: "an id in the text", body: "!vertretung @maria:x. Danke", text: "!vertretung @maria:x. Danke", named: "@maria:x=@maria:x"},
		{name: "an id with a port, in brackets", body: "(@maria:example.org:8448)", text: "(@maria:example.org:8448)", named: "@maria:example.org:8448=@maria:example.org:8448"},
		{name: "an e-mail address is no account", body: "post@maria:x", text: "post@maria:x"},
		{name: "twice is once", body: "@maria:x", html: pill("@maria:x", "@maria:x"), mentions: []id.UserID{"@maria:x"}, text: "@maria:x", named: "@maria:x=@maria:x"},
		{name: "links to rooms and elsewhere", body: "x", html: pill("#raum:x", "Raum") + `<a href="https://evil.example/@maria:x">Maria</a>`, text: "x"},
		{name: "a reply mentions its author without saying so", body: "Im Plan.", mentions: []id.UserID{self, "@jonas:x"}, reply: true, text: "Im Plan."},
		{name: "a reply that does say so", body: "Lotse, hilfe. Jonas weiß mehr.", mentions: []id.UserID{self, "@jonas:x"}, reply: true,
			text: "hilfe. Jonas weiß mehr.", named: "@jonas:x=Jonas", toBot: true},
		{name: "an old client's reply fallback", body: "> <@lotse:x> Wie steht es?\n> Lotse: x\n\nIm Plan.", html: "<mx-reply><blockquote>" + pill("@lotse:x", "Lotse") + "</blockquote></mx-reply>Im Plan.",
			reply: true, text: "Im Plan."},
		{name: "a quotation that is no reply stays", body: "> <@lotse:x> Wie steht es?\n\nGenau.", text: "> <@lotse:x> Wie steht es?\n\nGenau."},
		{name: "named with a colon", body: "lotse: hilfe", text: "hilfe", toBot: true},
		{name: "named with a comma and an at", body: "@Lotse, hilfe", text: "hilfe", toBot: true},
		{name: "the longest name counts", body: "Digi-Lotse: hilfe", text: "hilfe", toBot: true},
		{name: "named by id", body: "@lotse:x: hilfe", text: "hilfe", toBot: true},
		{name: "mentioned at the beginning", body: "Lotse hilfe", html: pill("@lotse:x", "Lotse") + " hilfe", mentions: []id.UserID{self}, text: "hilfe", toBot: true},
		{name: "mentioned by another name", body: "Der Bot: hilfe", html: pill("@lotse:x", "Der Bot") + ": hilfe", text: "hilfe", toBot: true},
		{name: "mentioned, and nothing else", body: "Lotse", mentions: []id.UserID{self}, text: "", toBot: true},
		{name: "mentioned in the middle", body: "Danke, Lotse", mentions: []id.UserID{self}, text: "Danke, Lotse"},
		{name: "only spoken of", body: "Lotse hat das gefragt", text: "Lotse hat das gefragt"},
		{name: "the beginning of another word", body: "Lotsen: alle", text: "Lotsen: alle"},
	} {
		content := &event.MessageEventContent{MsgType: event.MsgText, Body: tt.body}
		if tt.html != "" {
			content.Format, content.FormattedBody = event.FormatHTML, tt.html
		}
		if tt.mentions != nil {
			content.Mentions = &event.Mentions{UserIDs: tt.mentions}
		}
		if tt.reply {
			content.RelatesTo = (&event.RelatesTo{}).SetReplyTo("$x")
		}
		got := hear(content, self, own, func(u id.UserID) string { return names[u] })
		var named []string
		for _, m := range got.mentions {
			named = append(named, m.User.Local()+"="+m.Name)
		}
		if got.text != tt.text || strings.Join(named, " ") != tt.named || got.toBot != tt.toBot {
			t.Errorf("%s:\n got %q, names %q, to bot %v\nwant %q, names %q, to bot %v", tt.name,
				got.text, named, got.toBot, tt.text, tt.named, tt.toBot)
		}
	}
}

// TestHearCrowd: a message that names very many asks for few names.
func TestHearCrowd(t *testing.T) {
	content := &event.MessageEventContent{MsgType: event.MsgText, Body: "alle", Mentions: &event.Mentions{}}
	for i := range 5000 {
		content.Mentions.UserIDs = append(content.Mentions.UserIDs, id.UserID(fmt.Sprintf("@u%d:x", i)))
	}
	asked := 0
	got := hear(content, "@lotse:x", nil, func(id.UserID) string { asked++; return "" })
	if len(got.mentions) != maxMentions || asked > maxMentions {
		t.Errorf("%d mentions, asked for %d names; want at most %d", len(got.mentions), asked, maxMentions)
	}
	// In a reply, names that do not stand in the text are no mentions, but they were asked for.
	content.RelatesTo = (&event.RelatesTo{}).SetReplyTo("$question")
	asked = 0
	got = hear(content, "@lotse:x", nil, func(id.UserID) string { asked++; return "Maria" })
	if len(got.mentions) != 0 || asked > maxMentions {
		t.Errorf("a reply: %d mentions, asked for %d names; want none, and at most %d", len(got.mentions), asked, maxMentions)
	}
}

// FuzzRead: no event, however odd, breaks the reader, and what it delivers is clean.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		`{"type":"m.room.message","content":{"msgtype":"m.text","body":"x"}}`,
		`{"type":"m.room.message","content":{"msgtype":"m.text","body":"* x","m.new_content":{"msgtype":"m.text","body":"x"},"m.relates_to":{"rel_type":"m.replace","event_id":"$x"}}}`,
		`{"type":"m.reaction","content":{"m.relates_to":{"rel_type":"m.annotation","event_id":"$x","key":"👍️"}}}`,
		`{"type":"m.room.redaction","redacts":"$x","content":{"redacts":"$y"}}`,
		`{"type":"m.room.message","content":null}`,
		`{"type":"m.room.message","content":{"msgtype":"m.text","body":"x","format":"org.matrix.custom.html","formatted_body":"<a href=\"https://matrix.to/#/@a:b\">x</a>","m.mentions":{"user_ids":["@a:b"]}}}`,
	} {
		f.Add(s)
	}
	chat, err := New(Config{Homeserver: "http://127.0.0.1:1", UserID: "@lotse:x", AccessToken: "x", Memory: newMemory()})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var e event.Event
		if json.Unmarshal([]byte(s), &e) != nil {
			return
		}
		e.ID, e.Sender = "$id", "@maria:x"
		chat.names["@maria:x"] = "Maria"
		if c := e.Content.Raw; c != nil {
			delete(c, "m.mentions")
		}
		if e.Type == event.EventMessage && strings.Contains(s, "m.mentions") {
			return // would ask the server for names
		}
		got, ok := chat.read(t.Context(), &e, "!room:x", room{})
		if !ok {
			return
		}
		if got.Kind == "" || got.ID == "" || len(got.Text) > maxText || !utf8.ValidString(got.Text) || strings.ContainsAny(got.Text, "\x00\x1b\r\u202e") {
			t.Errorf("read %q as %+v", s, got)
		}
		if (got.Kind == bot.EventEdit || got.Kind == bot.EventDeletion || got.Kind == bot.EventReaction) && got.Target == "" {
			t.Errorf("%s without target: %q", got.Kind, s)
		}
	})
}
