package bot

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseLight(t *testing.T) {
	for _, c := range []struct {
		in    string
		light Light
		rest  string
	}{
		{"grün", Green, ""},
		{"GRÜN", Green, ""},
		{"gruen", Green, ""},
		{"gru\u0308n", Green, ""}, // decomposed, as macOS types it
		{"green", Green, ""},
		{"im Plan", Green, ""}, // the words Lotse shows itself
		{"im Plan, alles gut", Green, "alles gut"},
		{"gefährdet – Schnittstelle kommt später", Yellow, "Schnittstelle kommt später"},
		{"kritisch: Vergabe gescheitert", Red, "Vergabe gescheitert"},
		{"gelb – Schnittstelle kommt später", Yellow, "Schnittstelle kommt später"},
		{"gelb, weil", Yellow, "weil"},
		{"rot Vergabe gescheitert", Red, "Vergabe gescheitert"},
		{"🟢", Green, ""},
		{"🟡 gelb – Test", Yellow, "Test"}, // the word says it once more
		{"🔴\ufe0f Stop", Red, "Stop"},
		{"  **gelb** – fett geschrieben", Yellow, "fett geschrieben"},
		{"amber: later", Yellow, "later"},
		{"on track", Green, ""},
		{"gelb\n- eins\n- zwei", Yellow, "- eins\n- zwei"},
		// No light: not at the start, not a whole word, or two at once.
		{"nicht mehr rot", NoLight, "nicht mehr rot"},
		{"alles grün", NoLight, "alles grün"},
		{"rotieren", NoLight, "rotieren"},
		{"rote Zahlen", NoLight, "rote Zahlen"},
		{"gelb-rot", NoLight, "gelb-rot"},
		{"rot/gelb", NoLight, "rot/gelb"},
		{"🟡🔴", NoLight, "🟡🔴"},
		{"gelb → grün", NoLight, "gelb → grün"},
		{"grün bis gelb", NoLight, "grün bis gelb"},
		{"grün und gelbe Mappen", Green, "und gelbe Mappen"},
		{"grünlich", NoLight, "grünlich"},
		{"im Planungsamt", NoLight, "im Planungsamt"},
		{"", NoLight, ""},
		{"👍", NoLight, "👍"},
	} {
		light, rest := ParseLight(c.in)
		if light != c.light || rest != c.rest {
			t.Errorf("ParseLight(%q) = %v, %q; want %v, %q", c.in, light, rest, c.light, c.rest)
		}
	}
}

func TestIsNone(t *testing.T) {
	for in, want := range map[string]bool{
		"keine": true, "Keine.": true, "–": true, "-": true, "nein": true, "./.": true, "Derzeit keine": true, "n/a": true,
		"": false, "keine Ahnung": false, "Die Schnittstelle": false, "keine Zeit für Tests": false,
	} {
		if got := IsNone(in); got != want {
			t.Errorf("IsNone(%q) = %v, want %v", in, got, want)
		}
	}
}

func TestSaysNone(t *testing.T) {
	for in, want := range map[string]bool{
		"keine": true, "Nein, keine bekannt.": true, "aktuell gibt es keine Blocker": true, "zur Zeit nichts": true, "nein danke": true,
		"alles gut": true, "haben wir derzeit nicht": true,
		"nein, nicht gut": false, "keine Zeit für Tests": false, "keine Unterstützung vom DM": false, "nichts geht mehr": false,
		"keine?": false, "keine weiteren": false, "noch keine Freigabe": false, "": false,
	} {
		if got := saysNone(FieldBlocker, in); got != want {
			t.Errorf("saysNone(%q) = %v, want %v", in, got, want)
		}
	}
	if saysNone(FieldCommunication, "alles gut") {
		t.Error("«alles gut» can be a message to users")
	}
}

func TestParseLabels(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []Labelled
		above    string
	}{
		{"two lines", "Status: gelb – Schnittstelle kommt später\nBlocker: keine",
			[]Labelled{{FieldStatus, "gelb – Schnittstelle kommt später"}, {FieldBlocker, "keine"}}, ""},
		{"lines belong to the label before", "Ausblick: grün\n- Schulung\n- Pilot\nBlocker: keine",
			[]Labelled{{FieldOutlook, "grün\n- Schulung\n- Pilot"}, {FieldBlocker, "keine"}}, ""},
		{"markup and case", "**STATUS AKTUELL:** gelb\n- *Hürden*: Personal",
			[]Labelled{{FieldStatus, "gelb"}, {FieldBlocker, "Personal"}}, ""},
		{"what stands above the first label", "Guten Morgen,\nStatus: grün", []Labelled{{FieldStatus, "grün"}}, "Guten Morgen,"},
		{"a label twice", "Blocker: eins\nBlocker: zwei", []Labelled{{FieldBlocker, "eins\nzwei"}}, ""},
		{"a colon makes no label", "Achtung: die Vergabe", nil, "Achtung: die Vergabe"},
		{"no colon before a light or a none", "Status gelb, weil Test\nBlocker keine",
			[]Labelled{{FieldStatus, "gelb, weil Test"}, {FieldBlocker, "keine"}}, ""},
		{"all in one line", "Status gelb, Ausblick grün – Test, Blocker keine. Entscheidung: Geld, bis Mai",
			[]Labelled{{FieldStatus, "gelb"}, {FieldOutlook, "grün – Test"}, {FieldBlocker, "keine"}, {FieldDecision, "Geld, bis Mai"}}, ""},
		{"a sentence is no label", "Status rot ist übertrieben", nil, "Status rot ist übertrieben"},
		{"nor is another one", "Blocker keine Ahnung", nil, "Blocker keine Ahnung"},
		{"empty label", "Blocker:", []Labelled{{FieldBlocker, ""}}, ""},
		{"English", "Outlook: green\nDecision: none", []Labelled{{FieldOutlook, "green"}, {FieldDecision, "none"}}, ""},
		{"address", "https://example.org", nil, "https://example.org"},
	} {
		got, above := ParseLabels(c.in)
		if !slices.Equal(got, c.want) || above != c.above {
			t.Errorf("%s: ParseLabels(%q) = %q above %q, want %q above %q", c.name, c.in, got, above, c.want, c.above)
		}
	}
}

// Whoever may write may write much.
func TestParseLabelsOfALongLine(t *testing.T) {
	for _, line := range []string{"Blocker keine, ", "Status: a, ", "Status gelb; "} {
		parts, _ := ParseLabels(strings.Repeat(line, 5000))
		if len(parts) != 1 {
			t.Errorf("%q many times: %d parts, want 1", line, len(parts))
		}
		if parts, _ := ParseLabels(strings.Repeat(line, 200)); len(parts) != 1 {
			t.Errorf("%q often: %d parts, want 1", line, len(parts))
		}
	}
}

func TestClean(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"directional override", "gut\u202Egrün", "gutgrün"},
		{"isolates and marks", "\u2066a\u2069\u200f", "a"},
		{"zero width only", "\u200b\u200d\ufeff", ""},
		{"a wide space and a joiner", "\u2000\u200d", ""},
		{"control characters", "a\x00b\x1b[31mc", "ab[31mc"},
		{"line ends", "a\r\nb\rc", "a\nb\nc"},
		{"emoji with joiner stays whole", "👩\u200d💻 läuft", "👩\u200d💻 läuft"},
		{"invalid bytes", "a\xffb", "a\uFFFDb"},
		{"hidden tag characters", "x\U000E0041y", "xy"},
	} {
		if got := Clean(c.in); got != c.want {
			t.Errorf("%s: Clean(%q) = %q, want %q", c.name, c.in, got, c.want)
		}
	}
}

func TestTaskLines(t *testing.T) {
	got := taskLines("- Schnittstelle testen\n2) Schulung planen\n\n• Pilot im Bürgerbüro\n[ ] Abnahme\nkeine\n2026 ist Schluss")
	want := []string{"Schnittstelle testen", "Schulung planen", "Pilot im Bürgerbüro", "Abnahme", "2026 ist Schluss"}
	if !slices.Equal(got, want) {
		t.Errorf("taskLines = %q, want %q", got, want)
	}
}

func TestEmojiDigit(t *testing.T) {
	for n := 1; n <= 9; n++ {
		for _, e := range []string{digitEmoji(n), strings.ReplaceAll(digitEmoji(n), "\ufe0f", "")} {
			if got := emojiDigit(e); got != n {
				t.Errorf("emojiDigit(%q) = %d, want %d", e, got, n)
			}
		}
	}
	for _, e := range []string{"0\ufe0f\u20e3", "🔟", "1", "", "👍"} {
		if got := emojiDigit(e); got != 0 {
			t.Errorf("emojiDigit(%q) = %d, want 0", e, got)
		}
	}
}

func TestShortenCutsBetweenWords(t *testing.T) {
	text := strings.Repeat("wort ", 100)
	got := shorten(text, 52)
	if utf8.RuneCountInString(got) > 54 || !strings.HasSuffix(got, "wort …") {
		t.Errorf("shorten = %q", got)
	}
	if got := shorten("kurz", 52); got != "kurz" {
		t.Errorf("shorten(short) = %q", got)
	}
}

// The light of an answer is only ever read at its start, and nothing is lost.
func FuzzParseLight(f *testing.F) {
	for _, s := range []string{"grün – läuft", "🟡", "nicht rot", "**gelb**", "gelb-rot", "im Plan", "\xff", "rot\n- a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		light, rest := ParseLight(s)
		if light == NoLight && rest != s {
			t.Errorf("ParseLight(%q): no light, but text became %q", s, rest)
		}
		if !strings.Contains(s, rest) {
			t.Errorf("ParseLight(%q) invents %q", s, rest)
		}
		if light < NoLight || light > Red {
			t.Errorf("ParseLight(%q) = %d", s, light)
		}
	})
}

// Labelled lines: every field at most once, nothing invented, the whole message
// accounted for.
func FuzzParseLabels(f *testing.F) {
	for _, s := range []string{"Status: gelb\nBlocker: keine", "Hallo\nAusblick: grün\n- a\n- b", "::::", "Status:\n\n\nStatus:", "\xffStatus: rot", "*Hürden*： a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		parts, above := ParseLabels(s)
		if len(s) > 4096 {
			return // the checks below take time that grows with the square
		}
		if parts == nil {
			if above != s {
				t.Errorf("ParseLabels(%q): no labels, but text became %q", s, above)
			}
			return
		}
		seen := map[Field]bool{}
		for _, p := range parts {
			if seen[p.Field] {
				t.Errorf("ParseLabels(%q): %s twice", s, p.Field)
			}
			seen[p.Field] = true
			for _, line := range strings.Split(p.Text, "\n") {
				if !strings.Contains(s, strings.TrimSpace(line)) {
					t.Errorf("ParseLabels(%q) invents %q", s, line)
				}
			}
		}
	})
}

// Clean is idempotent and leaves nothing invisible.
func FuzzClean(f *testing.F) {
	for _, s := range []string{"a\u202Eb", "\u200d", "👩\u200d💻", "\r\n", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := Clean(s)
		if !utf8.ValidString(once) {
			t.Errorf("Clean(%q) is not valid UTF-8", s)
		}
		if twice := Clean(once); twice != once {
			t.Errorf("Clean is not idempotent: %q → %q → %q", s, once, twice)
		}
	})
}
