package commands

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lotse/bot"
)

var languages = []bot.Language{bot.German, bot.GermanDu, bot.English}

// TestTable: every form has its help in every language, ways to write it, and an
// example that is an example of it.
func TestTable(t *testing.T) {
	set, err := words()
	if err != nil {
		t.Fatal(err)
	}
	table := New("Lotse")
	samples := bot.Samples()
	inTable := map[string]bool{}
	for i, c := range table.commands {
		inTable[c.about] = true
		if len(c.words) < 2 {
			t.Errorf("command %d has the words %v, want German and English", i, c.words)
		}
		for j := range c.forms {
			f := &c.forms[j]
			if inTable[f.name] {
				t.Errorf("two forms are called %s", f.name)
			}
			inTable[f.name] = true
			if len(f.words) == 1 || len(f.usage) == 0 || f.decide == nil {
				t.Errorf("%s: words %v, usage %v, decide %v", f.name, f.words, f.usage, f.decide != nil)
			}
			for _, lang := range languages {
				if text, err := set.Render(lang, "help."+f.name, nil, "test"); err != nil || text.Markdown == "" {
					t.Errorf("%s has no help in %s: %v", f.name, lang, err)
				}
				for _, line := range append(slices.Clone(f.usage), f.example) {
					said := strings.NewReplacer("NUMMER", "12", "NUMBER", "12").Replace(line.in(lang))
					got, ok := table.parse(said, false)
					if !ok || got.form != f && !strings.HasPrefix(got.form.name, "project") {
						t.Errorf("%s: %q is %+v, %v", f.name, said, got.form, ok)
					}
				}
			}
		}
	}
	for name := range samples {
		if help, ok := strings.CutPrefix(name, "help."); ok && !inTable[help] {
			t.Errorf("there is a text %s and no such form", name)
		}
	}
}

// TestWords: no word means two things.
func TestWords(t *testing.T) {
	table := New("Lotse")
	unique := func(where string, lists [][]string) {
		seen := map[string]int{}
		for i, words := range lists {
			for _, w := range words {
				if j, ok := seen[fold(w)]; ok && j != i {
					t.Errorf("%s: %q means two things", where, w)
				}
				seen[fold(w)] = i
			}
		}
	}
	var all [][]string
	for _, c := range table.commands {
		all = append(all, c.words)
		var forms [][]string
		for _, f := range c.forms {
			forms = append(forms, f.words)
		}
		unique(c.words[0], forms)
	}
	unique("commands", append(all, []string{"lotse"}))
}

// TestWants: every text about an argument that the code asks for is there, and
// every one that is there is asked for.
func TestWants(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]bool{"text": true} // by package bot
	for _, p := range properties {
		asked["value."+p.name] = true
	}
	use := regexp.MustCompile(`c\.wrong(?:Like)?\(s, "([a-z.]+)"|entry\(bot\.\w+, "(\w+)"`)
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range use.FindAllStringSubmatch(string(source), -1) {
			if name := m[1] + m[2]; !strings.HasSuffix(name, ".") {
				asked[name] = true
			}
		}
	}
	samples := bot.Samples()
	for name := range asked {
		if samples["want."+name] == nil {
			t.Errorf("there is no text want.%s", name)
		}
	}
	for name := range samples {
		if want, ok := strings.CutPrefix(name, "want."); ok && !asked[want] {
			t.Errorf("nobody asks for %s", name)
		}
	}
}

// TestHelp: the list shows what the asker may do here, and nothing else.
func TestHelp(t *testing.T) {
	for _, r := range []struct {
		room    bot.RoomID
		who     string
		has     string // commands, separated by commas
		hasNot  string
		comment string
	}{
		{roomPortal, "maria", "!status,!ausblick,!aufgabe,!vertretung,!offen,!board,!termine,!eskalation STICHWORTE,!eskalation NUMMER erledigt", "!beschluss,aufheben,!raum,!nachfrage,!projektcheck,liste,neu", "a lead in the project's room"},
		{roomCall, "maria", "!board,!termine", "!status,!aufgabe", "a lead in somebody else's room"},
		{direct, "maria", "!status,!offen,!raum sprache,!projekt liste", "!raum projekt,!nachfrage", "a lead in the direct chat"},
		{roomPMO, "petra", "!status,!nachfrage,!projektcheck,`verschieben`,!projekt,`archiv`,`halten`,!eskalation STICHWORTE,!eskalationen,!beschluss",
			"freigeben,!projektcheck verschieben,!projekt archiv,zurückziehen,aufheben,wunsch", "the PMO"}, // nothing is requested
		{roomDM, "dora", "!board,!projekt,!eskalation NUMMER,aufheben,!eskalationen,!beschluss", "!status,!nachfrage,!eskalation STICHWORTE", "the DM"},
		{roomNet, "dora", "!hilfe", "!eskalation,!beschluss", "the DM where others read along"},
		{roomPortal, "mallory", "!board,!termine,!hilfe", "!status,!offen,!projekt", "an outsider"},
		{roomFree, "petra", "!raum,!projekt", "!status,!offen,!board", "the PMO where the room is not bound"},
		{roomFree, "maria", "!hilfe", "!status,!board", "a lead where the room is not bound"},
	} {
		got := newCity(t, true).say(r.room, r.who, "!hilfe")
		list := got.text[:strings.LastIndex(got.text, "\n\n")] // without the hints below
		for _, word := range strings.Split(r.has, ",") {
			if !strings.Contains(list, word) {
				t.Errorf("%s: the help lacks %s:\n%s", r.comment, word, got.text)
			}
		}
		for _, word := range strings.Split(r.hasNot, ",") {
			if word != "" && strings.Contains(list, word) {
				t.Errorf("%s: the help has %s:\n%s", r.comment, word, got.text)
			}
		}
	}
	c := newCity(t, true)
	for text, has := range map[string]string{
		"!hilfe status":               "`!status FARBE STICHWORTE`",
		"!hilfe !erledigt":            "`!erledigt 1 3`",
		"!hilfe projekt neu":          "`!projekt neu NAME leitung @PERSON`",
		"!hilfe projektcheck":         "`!projektcheck verschieben",
		"!help outlook":               "`!ausblick",
		"!hilfe projektcheck absagen": "Für: PMO",
	} {
		if got := c.say(roomPortal, "maria", text); got.failed || !strings.Contains(got.text, has) {
			t.Errorf("%q lacks %q: %s", text, has, got.text)
		}
	}
	if got := c.say(roomPortal, "maria", "!hilfe projekt neu"); strings.Contains(got.text, "archiv") {
		t.Errorf("help on one form shows others: %s", got.text)
	}
}

func TestNearest(t *testing.T) {
	choices := []string{"status", "erledigt", "neu", "schließen", "board"}
	for word, want := range map[string]string{
		"statsu":    "status",    // swapped
		"staus":     "status",    // dropped
		"ERLEDGT":   "erledigt",  // case
		"nue":       "neu",       // short
		"ne":        "",          // too short to tell
		"schliesen": "schließen", // spelt otherwise
		"schlissen": "schließen",
		"bord":      "board",
		"kaffee":    "",
		"":          "",
	} {
		if got := nearest(word, choices); got != want {
			t.Errorf("nearest to %q is %q, want %q", word, got, want)
		}
	}
}

func TestParseNumbers(t *testing.T) {
	for text, want := range map[string][]int{
		"1":          {1},
		"3 1":        {3, 1},
		"1, 2 und 4": {1, 2, 4},
		"#1 #2":      {1, 2},
		"2-4":        {2, 3, 4},
		"1️⃣ 3️⃣":    {1, 3},
		"1 1 1":      {1},
		"1.":         {1},
		"Nr. 2":      {2},
		"":           nil,
		"alle":       nil,
		"0":          nil,
		"-1":         nil,
		"4-2":        nil,
		"1-999":      nil, // nobody means that
		"1000":       nil,
		"1 zwei":     nil,
	} {
		got, ok := parseNumbers(text)
		if ok != (want != nil) || ok && !reflect.DeepEqual(got, want) {
			t.Errorf("%q is %v, %v, want %v", text, got, ok, want)
		}
	}
}

func TestReadSpan(t *testing.T) {
	today := day(12, 3) // a Thursday
	for text, want := range map[string]string{
		"bis 31.12.":                       "2026-12-03 2026-12-31 ",
		"bis zum 31. Dezember":             "2026-12-03 2026-12-31 ",
		"bis Freitag":                      "2026-12-03 2026-12-04 ",
		"until 2026-12-31":                 "2026-12-03 2026-12-31 ",
		"1.12.–5.12.":                      "2026-12-01 2026-12-05 ", // it has begun
		"1.12. - 5.12.":                    "2026-12-01 2026-12-05 ",
		"20.12.-5.1.":                      "2026-12-20 2027-01-05 ", // over the year's end
		"vom 7.12. bis 11.12.":             "2026-12-07 2026-12-11 ",
		"ab morgen bis 31.12.":             "2026-12-04 2026-12-31 ",
		"vom 7. Dezember bis 11. Dezember": "2026-12-07 2026-12-11 ",
		"2026-12-07 – 2026-12-11":          "2026-12-07 2026-12-11 ",
		"bis 31.12. Kur":                   "2026-12-03 2026-12-31 Kur",
		"31.12.":                           "", // from or until?
		"bis":                              "",
		"bald":                             "",
		"":                                 "",
		"vom 7.12.":                        "",
		"bis 31.13.":                       "",
	} {
		got := ""
		if span, rest, ok := readSpan(text, today); ok {
			got = span.from.String() + " " + span.until.String() + " " + rest
		}
		if got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestSplitReason(t *testing.T) {
	for text, want := range map[string][2]string{
		"auf 2.12. weil der Saal belegt ist": {"auf 2.12.", "weil der Saal belegt ist"},
		"auf 2.12., wegen Krankheit":         {"auf 2.12.", "wegen Krankheit"},
		"auf 2.12. Grund: Saal belegt":       {"auf 2.12.", "Saal belegt"},
		"weil es sein muss":                  {"", "weil es sein muss"},
		"auf 2.12.":                          {"auf 2.12.", ""},
		"":                                   {"", ""},
	} {
		if rest, reason := splitReason(text); rest != want[0] || reason != want[1] {
			t.Errorf("%q is %q and %q, want %q", text, rest, reason, want)
		}
	}
}
