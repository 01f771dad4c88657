package templates

import "testing"

// TestProse: lines and paragraphs stay, an https address leads where it says, nothing else means anything.
func TestProse(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"eins\nzwei\n\n\ndrei", "eins\nzwei\n\ndrei"},
		{"siehe https://stadt.example/a?b=c&d.", `siehe [https\://stadt.example/a?b=c\&d](<https://stadt.example/a?b=c&amp;d>).`},
		{"[hier](https://evil.example)", `\[hier\]([https\://evil.example](<https://evil.example>))`},
		{"http://alt.example https://user:secret@stadt.example", `http\://alt.example https\://user:secret\@stadt.example`},
		{"# Titel\n- Punkt\n> Zitat\n*fett*", `\# Titel` + "\n" + atStart + "- Punkt\n" + `\> Zitat` + "\n" + `\*fett\*`},
		{"<https://stadt.example/<b>", `\<[https\://stadt.example/](<https://stadt.example/>)\<b\>`},
	} {
		if got := (&run{}).prose(tt.in); string(got) != tt.want {
			t.Errorf("%q becomes\n%s, want\n%s", tt.in, got, tt.want)
		}
	}
}
