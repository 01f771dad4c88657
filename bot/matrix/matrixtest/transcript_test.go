package matrixtest

import "testing"

// The everyday is in testdata/conversation.txt, written by a real server; here
// is what it does not have.
func TestTranscript(t *testing.T) {
	const a, b = `"sender": "@anna:x"`, `"sender": "@bert=2:x"`
	tests := []struct {
		name, events, want string
	}{
		{"nothing", ``, ""},
		{"reactions are sorted and do not depend on the variation selector", `
			{"event_id": "$1", "type": "m.room.message", ` + a + `, "content": {"msgtype": "m.text", "body": "ja?"}},
			{"event_id": "$2", "type": "m.reaction", ` + b + `, "content": {"m.relates_to": {"rel_type": "m.annotation", "event_id": "$1", "key": "❤️"}}},
			{"event_id": "$3", "type": "m.reaction", ` + a + `, "content": {"m.relates_to": {"rel_type": "m.annotation", "event_id": "$1", "key": "❤"}}},
			{"event_id": "$4", "type": "m.reaction", ` + a + `, "content": {"m.relates_to": {"rel_type": "m.annotation", "event_id": "$1", "key": "✅"}}}`,
			"#1 anna: ja?\n   ✅ anna\n   ❤ anna, bert\n"},
		{"another's edit stays in sight", `
			{"event_id": "$1", "type": "m.room.message", ` + a + `, "content": {"msgtype": "m.text", "body": "ja"}},
			{"event_id": "$2", "type": "m.room.message", ` + b + `, "content": {"msgtype": "m.text", "body": "* nein",
				"m.new_content": {"body": "nein"}, "m.relates_to": {"rel_type": "m.replace", "event_id": "$1"}}}`,
			"#1 anna: ja\n#2 bert [edit of #1]: * nein\n"},
		{"what refers to nothing we know", `
			{"event_id": "$1", "type": "m.room.message", ` + a + `, "content": {"msgtype": "m.text", "body": "hm",
				"m.relates_to": {"rel_type": "m.thread", "event_id": "$8", "m.in_reply_to": {"event_id": "$9"}}}},
			{"event_id": "$2", "type": "m.reaction", ` + b + `, "content": {"m.relates_to": {"rel_type": "m.annotation", "event_id": "$9", "key": "👍"}}}`,
			"#1 anna [thread #?, reply #?]: hm\n— bert reacted 👍 to #?\n"},
		{"mentions", `
			{"event_id": "$1", "type": "m.room.message", ` + a + `, "content": {"msgtype": "m.notice", "body": "an alle",
				"m.mentions": {"user_ids": ["@bert=2:x", "@anna:x"], "room": true}}}`,
			"#1 anna [notice, to bert, anna, @room]: an alle\n"},
		{"other kinds of events", `
			{"event_id": "$1", "type": "m.room.message", ` + a + `, "content": {"msgtype": "m.file", "body": "bericht.pdf"}},
			{"event_id": "$2", "type": "m.room.encrypted", ` + a + `, "content": {"ciphertext": "x"}},
			{"event_id": "$3", "type": "org.matrix.msc3381.poll.start", ` + a + `, "content": {}}`,
			"#1 anna [file]: bericht.pdf\n#2 anna [m.room.encrypted]:\n#3 anna [org.matrix.msc3381.poll.start]:\n"},
		{"state", `
			{"event_id": "$1", "type": "m.room.create", "state_key": "", ` + a + `, "content": {}},
			{"event_id": "$2", "type": "m.room.topic", "state_key": "", ` + a + `, "content": {"topic": "Antrag"}},
			{"event_id": "$3", "type": "m.room.canonical_alias", "state_key": "", ` + a + `, "content": {"alias": "#antrag:x"}},
			{"event_id": "$4", "type": "m.room.encryption", "state_key": "", ` + a + `, "content": {}},
			{"event_id": "$5", "type": "m.room.pinned_events", "state_key": "", ` + a + `, "content": {"pinned": []}},
			{"event_id": "$6", "type": "org.example", "state_key": "", ` + a + `, "content": {}}`,
			`— anna set the topic "Antrag"
— anna set the address #antrag:x
— anna turned encryption on
— anna pinned nothing
— anna set org.example
`},
		{"warnings in an encrypted room", `
			{"event_id": "$0", "type": "m.room.message", ` + a + `, "content": {"msgtype": "m.text", "body": "noch offen"}, "crypto": {}},
			{"event_id": "$1", "type": "m.room.encryption", "state_key": "", ` + a + `, "content": {}, "crypto": {}},
			{"event_id": "$2", "type": "m.room.message", ` + a + `, "content": {"msgtype": "m.text", "body": "gut"}, "crypto": {"encrypted": true}},
			{"event_id": "$3", "type": "m.room.encrypted", ` + a + `, "content": {}, "crypto": {"encrypted": true, "unreadable": "NO_KEY"}},
			{"event_id": "$4", "type": "m.room.message", ` + a + `, "content": {"msgtype": "m.text", "body": "wer?"}, "crypto": {"encrypted": true, "shield": "RED", "reason": "UNSIGNED_DEVICE"}},
			{"event_id": "$5", "type": "m.room.message", ` + a + `, "content": {"msgtype": "m.text", "body": "offen"}, "crypto": {}},
			{"event_id": "$6", "type": "m.reaction", ` + b + `, "content": {"m.relates_to": {"rel_type": "m.annotation", "event_id": "$2", "key": "👍"}}, "crypto": {}}`,
			"#1 anna: noch offen\n— anna turned encryption on\n#2 anna: gut\n   👍 bert\n#3 anna [unreadable: NO_KEY]:\n" +
				"#4 anna [red shield: UNSIGNED_DEVICE]: wer?\n#5 anna [in clear]: offen\n"},
		{"memberships", `
			{"event_id": "$1", "type": "m.room.member", "state_key": "@bert=2:x", ` + a + `, "content": {"membership": "invite"}},
			{"event_id": "$2", "type": "m.room.member", "state_key": "@bert=2:x", ` + a + `, "content": {"membership": "leave"}},
			{"event_id": "$3", "type": "m.room.member", "state_key": "@bert=2:x", ` + b + `, "content": {"membership": "knock"}},
			{"event_id": "$4", "type": "m.room.member", "state_key": "@bert=2:x", ` + b + `, "content": {"membership": "join", "displayname": "Bert"}},
			{"event_id": "$5", "type": "m.room.member", "state_key": "@bert=2:x", ` + b + `, "content": {"membership": "join", "displayname": "Bert", "avatar_url": "mxc://x/y"}},
			{"event_id": "$6", "type": "m.room.member", "state_key": "@bert=2:x", ` + a + `, "content": {"membership": "ban", "reason": "Ton"}},
			{"event_id": "$7", "type": "m.room.member", "state_key": "@bert=2:x", ` + a + `, "content": {"membership": "leave"}}`,
			`— anna invited bert
— anna took back the invitation of bert
— bert knocked
— bert joined
— bert changed their profile
— anna banned bert: Ton
— anna unbanned bert
`},
	}
	for _, tt := range tests {
		if got := Transcript(parse(t, "["+tt.events+"]")); got != tt.want {
			t.Errorf("%s: the transcript is\n%s\nwant\n%s", tt.name, got, tt.want)
		}
	}
}

func TestTranscriptWithoutState(t *testing.T) {
	events := parse(t, `[
		{"event_id": "$1", "type": "m.room.member", "state_key": "@a:x", "sender": "@a:x", "content": {"membership": "join"}},
		{"event_id": "$2", "type": "m.room.message", "sender": "@a:x", "content": {"msgtype": "m.text", "body": "eins\n\nzwei"}}]`)
	want := "#1 a: eins\n\n   zwei\n"
	if got := Transcript(events, WithoutState()); got != want {
		t.Errorf("the transcript is\n%s\nwant\n%s", got, want)
	}
}
