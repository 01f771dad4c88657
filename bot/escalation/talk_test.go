package escalation

import (
	"testing"

	"lotse/bot"
)

func TestLabelled(t *testing.T) {
	for _, test := range []struct{ why, text, label, words string }{
		{"a reason", "Begründung: zu teuer", "reason", "zu teuer"},
		{"as phones write it", "Begruendung: zu teuer", "reason", "zu teuer"},
		{"without the dots", "Begrundung: zu teuer", "reason", "zu teuer"},
		{"an umlaut of two characters", "Begru\u0308ndung: zu teuer", "reason", "zu teuer"},
		{"in bold", "**Begründung:** zu teuer", "reason", "zu teuer"},
		{"the words in bold", "Begründung: **zu** teuer", "reason", "**zu** teuer"},
		{"several lines", "Begründung: zu teuer,\nund zu spät", "reason", "zu teuer,\nund zu spät"},
		{"words in the next line", "Begründung:\nzu teuer", "reason", "zu teuer"},
		{"a colon in the words", "Begründung: Punkt: zu teuer", "reason", "Punkt: zu teuer"},
		{"a space before the colon", "Rückfrage : wer?", "question", "wer?"},
		{"a question", "RÜCKFRAGE: wer?", "question", "wer?"},
		{"advice", "Empfehlung: ja", "advice", "ja"},
		{"an answer", "Antwort: bis März", "answer", "bis März"},
		{"a wish", "gewünscht: Vorrang", "wish", "Vorrang"},
		{"a date", "Bis: 2.12.", "due", "2.12."},
		{"a weight", "Gewicht: normal", "weight", "normal"},
		{"in English", "Question: who?", "question", "who?"},
		{"nothing behind it", "Begründung:", "reason", ""},
		{"no label", "Ich bin dafür: das muss schnell gehen", "", ""},
		{"a label in the middle", "zur Begründung: zu teuer", "", ""},
		{"no colon", "Begründung folgt", "", ""},
		{"a time of day", "10:30", "", ""},
		{"nothing", "", "", ""},
		{"a colon", ":", "", ""},
	} {
		if label, words := labelled(test.text); label != test.label || words != test.words {
			t.Errorf("%s: %q is %q with %q, want %q with %q", test.why, test.text, label, words, test.label, test.words)
		}
	}
}

func TestNumbered(t *testing.T) {
	for _, test := range []struct {
		why, text string
		n         int
		rest      string
	}{
		{"a number", "#12 zustimmen", 12, "zustimmen"},
		{"a space", "# 12 zustimmen", 12, "zustimmen"},
		{"a colon", "#12: zustimmen", 12, "zustimmen"},
		{"Nr.", "Nr. 12 zustimmen", 12, "zustimmen"},
		{"a word", "Eskalation #12, zustimmen", 12, "zustimmen"},
		{"a word without a cross", "eskalation 12 zustimmen", 12, "zustimmen"},
		{"nothing behind it", "#12", 12, ""},
		{"the next line", "#12 ablehnen\nBegründung: x", 12, "ablehnen\nBegründung: x"},
		{"zeros", "#0012 ja", 12, "ja"},
		{"no cross", "12 zustimmen", 0, ""},
		{"a number within", "zu #12 zustimmen", 0, ""},
		{"nought", "#0 zustimmen", 0, ""},
		{"too long", "#1234567 zustimmen", 0, ""},
		{"a longer word", "#12a zustimmen", 0, ""},
		{"negative", "#-12 zustimmen", 0, ""},
		{"a heading", "# Titel", 0, ""},
	} {
		n, rest, ok := numbered(test.text)
		if n != test.n && ok || ok != (test.n > 0) || ok && rest != test.rest {
			t.Errorf("%s: %q is %d with %q (%v), want %d with %q", test.why, test.text, n, rest, ok, test.n, test.rest)
		}
	}
}

func TestTyped(t *testing.T) {
	for _, test := range []struct {
		words string
		want  bot.Choice
	}{
		{"zustimmen", bot.ChooseYes},
		{"Zustimmen!", bot.ChooseYes},
		{"– zustimmen", bot.ChooseYes},
		{"**Ja**", bot.ChooseYes},
		{"Ich stimme zu.", bot.ChooseYes},
		{"✅", bot.ChooseYes},
		{"✅\ufe0f", bot.ChooseYes},
		{"ablehnen", bot.ChooseNo},
		{"lehne ab", bot.ChooseNo},
		{"no", bot.ChooseNo},
		{"an DIKON", bot.ChooseForward},
		// what is more than a vote is none
		{"zustimmen, aber erst im Januar", ""},
		{"nicht zustimmen", ""},
		{"zustimmen oder ablehnen?", ""},
		{"ja?", ""},
		{"ja und nein", ""},
		{"❓", ""},
		{"", ""},
	} {
		if got := typed(test.words); got != test.want {
			t.Errorf("%q says %q, want %q", test.words, got, test.want)
		}
	}
}

func TestToDraft(t *testing.T) {
	for words, want := range map[string]bot.Choice{
		"✅": bot.ChooseYes, "vorlegen": bot.ChooseYes, "Ja, bitte!": bot.ChooseYes, "gehört dazu": bot.ChooseYes,
		"❌": bot.ChooseNo, "nicht vorlegen": bot.ChooseNo, "Eigene Sache.": bot.ChooseNo, "nein": bot.ChooseNo,
		"vielleicht": "", "": "", "erst am Montag vorlegen": "",
	} {
		if got := toDraft(words); got != want {
			t.Errorf("%q says %q, want %q", words, got, want)
		}
	}
}

// A word counts unless it is denied.
func TestSays(t *testing.T) {
	for words, want := range map[string]bool{
		"Es eilt": true, "eilt!": true, "dringend: der Vertrag läuft aus": true, "urgent": true,
		"eilt nicht": false, "nicht dringend": false, "nicht so dringend": false, "Das eilt kaum": false, "die Eile": false, "": false,
		"not urgent": false, "Der Vertrag läuft nicht aus, aber es eilt": true,
	} {
		if got := urgent(words); got != want {
			t.Errorf("%q is urgent: %v, want %v", words, got, want)
		}
	}
	if weighty("nicht gewichtig") || !weighty("Gewichtig") || weighty("normal") {
		t.Error("weighty does not hear what is said")
	}
}

func TestSameWords(t *testing.T) {
	x := bot.Escalation{Text: bot.Said{Text: "Die Freigabe fehlt."}, More: []bot.Said{{Text: "Das Testsystem steht still"}, {Gone: true}}}
	for words, want := range map[string]bool{
		"die Freigabe  fehlt!": true, "Das Testsystem steht still": true, "Die Freigabe fehlt noch": false, "": false,
	} {
		if got := sameWords(x, words); got != want {
			t.Errorf("%q is said before: %v, want %v", words, got, want)
		}
	}
}

// Whatever people write, it is understood in one way, and what is understood was written.
func FuzzWords(f *testing.F) {
	for _, seed := range []string{
		"#12 zustimmen", "#12 ablehnen\nBegründung: zu teuer", "**Rückfrage:** wer?", "Nr. 7: ja", "Bis: 2.12.", "#", ":", "\u202e#1 ja", "# 1\n\n:",
		"Gewicht: nicht normal", "Eskalation #3 Empfehlung: Zustimmen",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = bot.Clean(text)
		n, rest, ok := numbered(text)
		if ok && (n < 1 || n > 999999 || len(rest) >= len(text)) {
			t.Errorf("%q is number %d with %q", text, n, rest)
		}
		label, words := labelled(text)
		if label == "" && words != "" || len(words) > len(text) {
			t.Errorf("%q is %q with %q", text, label, words)
		}
		switch c := typed(rest); c {
		case "", bot.ChooseYes, bot.ChooseNo, bot.ChooseForward:
		default:
			t.Errorf("%q says %q", rest, c)
		}
		if c := typed(text); c != "" && label != "" {
			t.Errorf("%q is both %q and %q", text, c, label)
		}
		toDraft(text)
		urgent(text)
		if !sameWords(bot.Escalation{Text: bot.Said{Text: text}}, text) && text != "" {
			t.Errorf("%q is not the same as itself", text)
		}
	})
}
