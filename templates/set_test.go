package templates

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
	"lotse/bot/engine"
)

var _ engine.Renderer = (*Set)(nil)

// TestRehearsal: in a Probelauf every text says so, in its language.
func TestRehearsal(t *testing.T) {
	set := newSet(t, Options{Rehearsal: true})
	live := newSet(t, Options{})
	samples := bot.Samples()
	for lang, line := range map[bot.Language]string{bot.German: "*Probelauf*", bot.GermanDu: "*Probelauf*", bot.English: "*Rehearsal*"} {
		for name := range samples {
			for _, sample := range samples[name] {
				got, err := set.Render(lang, name, sample, "matrix")
				if err != nil {
					t.Fatal(err)
				}
				if want, _ := live.Render(lang, name, sample, "matrix"); string(got.Markdown) != line+"\n\n"+string(want.Markdown) {
					t.Errorf("%s in %s: %q", name, lang, got.Markdown)
				}
			}
		}
	}
}

// TestLanguage: a room without a language, or with one that has no texts, gets the
// city's.
func TestLanguage(t *testing.T) {
	data := bot.NoRound{}
	for _, test := range []struct {
		standard, lang bot.Language
		want           string
	}{
		{"", "", "Gerade läuft"},
		{"", "fr", "Gerade läuft"},
		{bot.English, "", "No questions"},
		{bot.English, bot.German, "Gerade läuft"},
		{bot.GermanDu, "", "Gerade läuft"}, // de-du has no text of its own here
	} {
		got, err := newSet(t, Options{Default: test.standard}).Render(test.lang, "error.round", data, "")
		if err != nil || !strings.HasPrefix(string(got.Markdown), test.want) {
			t.Errorf("default %q, room %q: %q, %v", test.standard, test.lang, got.Markdown, err)
		}
	}
}

// polite finds «Sie» as an address («können Sie», «wenn Sie wollen»), not as «she»
// or «they» at the beginning of a sentence.
var polite = regexp.MustCompile(`[a-zäöüß]+en Sie\b|[a-zäöüß,] Sie [a-zäöüß]+en\b|\bIhnen\b|\bIhre[mnrs]?\b`)

// TestWholeLanguages: en falls back to nothing, and de-du says «Sie» nowhere.
func TestWholeLanguages(t *testing.T) {
	set := newSet(t, Options{})
	for name := range set.texts[bot.German] {
		if set.texts[bot.English][name] == nil {
			t.Errorf("%s has no English text", name)
		}
	}
	samples := bot.Samples()
	for name := range samples {
		for _, sample := range samples[name] {
			text, err := set.Render(bot.GermanDu, name, sample, "matrix")
			if err != nil {
				t.Fatal(err)
			}
			if found := polite.FindString(string(text.Markdown)); found != "" {
				t.Errorf("de-du says %q in %s:\n%s", found, name, text.Markdown)
			}
		}
	}
}

func TestRenderFaults(t *testing.T) {
	set := newSet(t, Options{})
	if _, err := set.Render(bot.German, "check.lunch", nil, ""); err == nil || err.Error() != "no text check.lunch in de" {
		t.Errorf("a text that does not exist: %v", err)
	}
	_, err := set.Render(bot.German, "error.long", bot.NoRound{}, "")
	if err == nil || !strings.HasPrefix(err.Error(), "templates/text/de/error.long.md:1:") {
		t.Errorf("data that does not fit: %v", err)
	}
	if text, err := set.Render(bot.German, "error.long", &bot.TooLong{Got: 2, Max: 1}, ""); err != nil || text.Markdown == "" {
		t.Errorf("data by pointer: %q, %v", text.Markdown, err)
	}
}

// TestMentions: who has an account on the chat is mentioned by it, once; nobody
// else is, whatever they are called.
func TestMentions(t *testing.T) {
	set := newSet(t, Options{})
	maria := bot.Person{ID: "maria", Name: "Maria Beispiel", Accounts: []bot.UserID{"teams:29:x", "matrix:@maria:example.org", "matrix:@m2:example.org"}}
	for _, test := range []struct {
		name     string
		to       []bot.Person
		chat     bot.ChatID
		want     string
		mentions []bot.UserID
	}{
		{"first account on the chat", []bot.Person{maria}, "matrix", "[Maria Beispiel](mention:matrix:@maria:example.org),", []bot.UserID{"matrix:@maria:example.org"}},
		{"another chat", []bot.Person{maria}, "teams", "[Maria Beispiel](mention:teams:29:x),", []bot.UserID{"teams:29:x"}},
		{"no account there", []bot.Person{maria}, "console", "Maria Beispiel,", nil},
		{"twice the same", []bot.Person{maria, maria}, "teams", "[Maria Beispiel](mention:teams:29:x) und [Maria Beispiel](mention:teams:29:x),", []bot.UserID{"teams:29:x"}},
		{
			"a name that would mention somebody else",
			[]bot.Person{{ID: "eve", Name: "x](mention:matrix:@maria:example.org) [y", Accounts: []bot.UserID{"matrix:@eve:example.org"}}}, "matrix",
			`[x\](mention:matrix:\@maria:example.org) \[y](mention:matrix:@eve:example.org),`, []bot.UserID{"matrix:@eve:example.org"},
		},
		{"an account that is no address", []bot.Person{{ID: "eve", Name: "Eve", Accounts: []bot.UserID{"matrix:@e) [x](y:z"}}}, "matrix", "Eve,", nil},
		{"no name", []bot.Person{{ID: "p-7", Name: " \u200b"}}, "matrix", "p-7,", nil},
		{"three", []bot.Person{{Name: "A"}, {Name: "B"}, {Name: "C"}}, "matrix", "A, B und C,", nil},
	} {
		text, err := set.Render(bot.German, "check.returned", bot.Returned{To: test.to}, test.chat)
		if err != nil {
			t.Fatal(err)
		}
		if line := strings.Split(string(text.Markdown), "\n")[1]; !strings.HasPrefix(line, test.want) || !slices.Equal(text.Mentions, test.mentions) {
			t.Errorf("%s: %q mentions %q, want %q and %q", test.name, line, text.Mentions, test.want, test.mentions)
		}
	}
}

// TestConcurrent renders for two people at the same time; run it with -race.
func TestConcurrent(t *testing.T) {
	set := newSet(t, Options{})
	var all sync.WaitGroup
	for _, user := range []bot.UserID{"matrix:@a:b", "matrix:@c:d", "matrix:@e:f"} {
		all.Go(func() {
			data := bot.Returned{To: []bot.Person{{Name: string(user), Accounts: []bot.UserID{user}}}}
			for range 200 {
				text, err := set.Render(bot.German, "check.returned", data, "matrix")
				if err != nil || !slices.Equal(text.Mentions, []bot.UserID{user}) || !strings.Contains(string(text.Markdown), "(mention:"+string(user)+")") {
					t.Errorf("for %s: %q mentions %s, %v", user, text.Markdown, text.Mentions, err)
					return
				}
			}
		})
	}
	all.Wait()
}

// TestFieldNames: who copies a line of the summary and changes it is understood.
func TestFieldNames(t *testing.T) {
	for lang, words := range wordsOf {
		for _, f := range bot.Fields() {
			if got := bot.ParseField(words.fields[f]); got != f {
				t.Errorf("%s: %q is read as %q, want %q", lang, words.fields[f], got, f)
			}
		}
	}
}

// TestFunctions runs pieces of text on data.
func TestFunctions(t *testing.T) {
	zone := berlin(t)
	at := func(year int, month time.Month, day, hour, minute int) time.Time {
		return time.Date(year, month, day, hour, minute, 0, 0, zone)
	}
	now := at(2026, 11, 23, 9, 0) // a Monday
	people := []bot.Person{{Name: "A*"}, {Name: "B"}}
	tasks := []bot.TaskLine{{Text: "Schulung planen"}, {Text: "Test"}}
	type pair struct{ A, B any }
	for _, test := range []struct {
		text string
		data any
		de   string
		en   string
	}{
		{`{{date .}}`, now, "Montag, 23. November", "Monday, 23 November"},
		{`{{date .}}`, calendar.DateOf(now), "Montag, 23. November", "Monday, 23 November"},
		{`{{date .B .A}}`, pair{now, at(2027, 1, 6, 10, 0)}, "Mittwoch, 6. Januar 2027", "Wednesday, 6 January 2027"},
		{`{{date .B .A}}`, pair{time.Time{}, now}, "Montag, 23. November", "Monday, 23 November"},
		{`{{day .}}`, now, `23\. November`, "23 November"}, // no list where a line begins
		{`am {{day .}}`, now, "am 23. November", "am 23 November"},
		{`{{datetime .}}`, at(2026, 11, 25, 14, 30), "Mittwoch, 25. November, 14:30 Uhr", "Wednesday, 25 November, 14:30"},
		{`{{clock .}}`, at(2026, 11, 25, 10, 0).UTC(), "10 Uhr", "10:00"}, // in the city's zone
		{`{{clock .}}`, at(2026, 11, 25, 9, 5), "9:05 Uhr", "9:05"},
		{`{{weekday .}}`, now, "Montag", "Monday"},
		{`{{due .B .A}}`, pair{now, at(2026, 11, 23, 14, 0)}, "heute, 14 Uhr", "today, 14:00"},
		{`{{due .B .A}}`, pair{now, at(2026, 11, 24, 0, 0)}, "morgen (Dienstag), 0 Uhr", "tomorrow (Tuesday), 0:00"},
		{`{{due .B .A}}`, pair{now, at(2026, 11, 29, 14, 0)}, "Sonntag, 14 Uhr", "Sunday, 14:00"},
		{`{{due .B .A}}`, pair{now, at(2026, 11, 30, 14, 0)}, "Montag, 30. November, 14 Uhr", "Monday, 30 November, 14:00"},
		{`{{due .B .A}}`, pair{now, at(2026, 11, 22, 14, 0)}, "Sonntag, 22. November, 14 Uhr", "Sunday, 22 November, 14:00"}, // past
		{`{{greeting .}}`, at(2026, 11, 23, 10, 59), "Guten Morgen", "Good morning"},
		{`{{greeting .}}`, at(2026, 11, 23, 11, 0), "Guten Tag", "Good afternoon"},
		{`{{greeting .}}`, at(2026, 11, 23, 18, 0), "Guten Abend", "Good evening"},
		{`{{light .}} {{emoji .}}`, bot.Yellow, "🟡 gefährdet 🟡", "🟡 at risk 🟡"},
		{`{{light .}}{{emoji .}}.`, bot.NoLight, ".", "."},
		{`{{change .A .B}}`, pair{bot.Green, bot.Red}, "🟢 → 🔴 kritisch", "🟢 → 🔴 critical"},
		{`{{change .A .B}}`, pair{bot.Green, bot.Green}, "🟢 im Plan", "🟢 on track"},
		{`{{change .A .B}}`, pair{bot.NoLight, bot.Red}, "🔴 kritisch", "🔴 critical"},
		{`{{number 0}} {{number 12}} {{number 13}} {{number -1}}`, nil, "null zwölf 13 -1", "zero twelve 13 -1"},
		{`{{count 1 "eine Antwort" "Antworten"}}, {{count 4 "eine Antwort" "Antworten"}}`, nil, "eine Antwort, vier Antworten", "eine Antwort, four Antworten"},
		{`{{plural 1 "a" "b"}}{{plural 0 "a" "b"}}`, nil, "ab", "ab"},
		{`je {{figure 999}} {{figure 1000}} {{figure 1234567}}`, nil, "je 999 1.000 1.234.567", "je 999 1,000 1,234,567"},
		{`{{names .}} / {{choice .}}`, people, `A\* und B / A\* oder B`, `A\* and B / A\* or B`},
		{`{{list .}}`, []bot.Field{bot.FieldStatus, bot.FieldReturn}, "Status aktuell und Rückfrage des PMO", "Current status and question from the PMO"},
		{`{{list .}}`, []bot.Role{bot.RoleLead, "<x>"}, `Projektleitung und \<x\>`, `project lead and \<x\>`},
		{`{{list .}}.`, []string{}, ".", "."},
		{`{{kind .}}`, bot.RoomPMO, "Raum des PMO", "PMO room"},
		{`{{name .}}`, bot.ProjectName{ID: "x"}, "x", "x"}, // without a name
		{`{{quote .}}`, `"a" `, `„"a"“`, `“"a"”`},
		{`{{code .}} {{code (print "!erledigt " 1)}}`, bot.RoomID("a*b"), "`a*b` `!erledigt 1`", "`a*b` `!erledigt 1`"},
		{"- {{indent .}}", "a\n\n- b\n  # c", "- a\n  \\- b\n  \\# c", "- a\n  \\- b\n  \\# c"},
		{"{{cite .}}{{cite `` }}", "a\n> b", "> a\n> \\> b", "> a\n> \\> b"},
		{`{{link "a]" .}}`, "https://example.org/x y?a=b&c=(d)", `[a\]](<https://example.org/x%20y?a=b&amp;c=(d)>)`, `[a\]](<https://example.org/x%20y?a=b&amp;c=(d)>)`},
		{`{{link "a" .}}`, "http://example.org", "a", "a"},          // not safe
		{`{{link "a" .}}`, "https://user:pw@example.org", "a", "a"}, // looks like another address
		{`{{link "a" .}}`, "https://example.org\u202e/x", "[a](<https://example.org%E2%80%AE/x>)", ""},
		{`{{beyond .A .B}}.`, pair{"Weil Geld fehlt\n- Schulung planen\n2. Test", tasks}, "Weil Geld fehlt.", "Weil Geld fehlt."},
		{`{{beyond .A}}.`, pair{"a\n\nb", nil}, "a / b.", "a / b."},
		{`{{keycap 1}} {{keycap 9}} {{keycap 10}}`, nil, "1\ufe0f\u20e3 9\ufe0f\u20e3 10:", "1\ufe0f\u20e3 9\ufe0f\u20e3 10:"},
		{`{{marks .}}`, bot.SummaryLine{Changed: true, Light: bot.Red, Before: bot.Red, PMO: true, Late: true}, "(neu, vom PMO eingetragen, nachgereicht)", "(new, entered by the PMO, added late)"},
		{`{{marks .}}.`, bot.SummaryLine{Changed: true, Light: bot.Red, Before: bot.Green}, ".", "."}, // the arrow says it
		{`{{len (inState "missing" .)}} {{list (quiet .)}} {{len (notable .)}}`, []bot.OverviewRow{
			{State: "missing"},
			{State: "complete", Status: bot.Green, Outlook: bot.Green, Project: bot.ProjectName{Name: "Q"}},
			{State: "complete", Status: bot.Green, Outlook: bot.Green, Late: true},
		}, "1 Q 2", "1 Q 2"},
		{`{{list (complete .)}} {{len (incomplete .)}}`, []bot.AgendaEntry{{Project: bot.ProjectName{Name: "Q"}}, {Missing: bot.Fields()}}, "Q 1", "Q 1"},
		{`{{index . 0}}{{index . 1}}{{index . -1}}.`, []string{"a"}, "a.", "a."},
		// What is printed is escaped, wherever it comes from.
		{`{{.}} {{print .}} {{printf "%s" .}} {{"<"}} {{with .}}{{.}}{{end}} {{$x := .}}{{$x}}`, "<", `\< \< \< \< \< \<`, `\< \< \< \< \< \<`},
		{`{{range .}}{{.}}{{else}}{{"<"}}{{end}}`, []string{}, `\<`, `\<`},
		{`{{define "a"}}{{.}}{{end}}{{template "a" .}}{{block "b" .}}{{.}}{{end}}`, "<", `\<\<`, `\<\<`},
		{`{{if .}}{{.}}{{end}}{{if false}}{{else if true}}{{.}}{{end}}`, "<", `\<\<`, `\<\<`},
		{`{{.}} {{print . | quote}}`, bot.ProjectID("_"), `\_ „\_“`, `\_ “\_”`},
		{`{{.}}`, bot.Markdown("**b**"), "**b**", "**b**"},
		// What templates leave behind is taken away.
		{"a \n\n\n\nb\n{{if false}}x{{end}}\n\n\n", nil, "a\n\nb", "a\n\nb"},
	} {
		set := &Set{zone: zone, language: bot.German}
		if err := set.parse([]file{{lang: bot.German, name: "x", path: "x", text: test.text}, {lang: bot.English, name: "x", path: "x", text: test.text}}); err != nil {
			t.Fatal(err)
		}
		for lang, want := range map[bot.Language]string{bot.German: test.de, bot.English: test.en} {
			if got, err := set.Render(lang, "x", test.data, "matrix"); want != "" && (err != nil || string(got.Markdown) != want) {
				t.Errorf("%s of %v in %s: %q, %v; want %q", test.text, test.data, lang, got.Markdown, err, want)
			}
		}
	}
}
