package bot

import (
	"strings"
	"testing"
	"time"
)

func TestErasureMask(t *testing.T) {
	x := &Erasure{
		Person: Person{ID: "maria", Name: "Maria Beispiel-Groß", Accounts: []UserID{"matrix:@maria:stadt.example", "teams:19:maria"}},
		Names:  []string{"Frau Beispiel", "Mo"}, As: Pseudonymous(3, German),
	}
	const p = "gelöschte Person 3"
	for _, test := range []struct{ text, want string }{
		{"", ""},
		{"nichts von ihr", "nichts von ihr"},
		{"fragt Maria Beispiel-Groß.", "fragt " + p + "."},
		{"MARIA  beispiel-GROẞ und maria\u00a0beispiel-groß", p + " und " + p},
		{"(Maria\nBeispiel-Groß)", "(" + p + ")"},
		{"Beispiel-Groß, Maria", p},
		{"Frau Beispiel weiß es", p + " weiß es"},
		// Only the whole name.
		{"Maria Beispiel-Großmann", "Maria Beispiel-Großmann"},
		{"AnnaMaria Beispiel-Groß", "AnnaMaria Beispiel-Groß"},
		{"Maria", "Maria"},
		{"Frau Beispielhaft", "Frau Beispielhaft"},
		// Too short to be told from other words.
		{"Mo kommt", "Mo kommt"},
		// Accounts, in the forms in which they stand in texts.
		{"@maria:stadt.example.", p + "."},
		{"matrix:@maria:stadt.example!", p + "!"},
		{"https://matrix.to/#/%40maria%3Astadt.example", "https://matrix.to/#/" + p},
		{"@Maria:Stadt.example", p},
		{"@maria:stadt.example.org, @maria:stadt.example:8448", "@maria:stadt.example.org, @maria:stadt.example:8448"},
		{"19:maria", p},
	} {
		if got := x.Mask(test.text); got != test.want {
			t.Errorf("%q becomes %q, want %q", test.text, got, test.want)
		}
	}
	for path, want := range map[string]string{
		"check/2026-11-25/ask/portal/matrix:@maria:stadt.example": "check/2026-11-25/ask/portal/matrix:geloescht-3",
		"user teams:19:maria":                      "user teams:geloescht-3-2",
		"unreadable/matrix:@maria:stadt.example/x": "unreadable/matrix:geloescht-3/x",
		"user matrix:@maria:stadt.example.org":     "user matrix:@maria:stadt.example.org",
	} {
		if got := x.Path(path); got != want {
			t.Errorf("%q becomes %q, want %q", path, got, want)
		}
	}
}

// Nobody is found in what somebody else has said, and everybody in what is theirs.
func TestErasureRow(t *testing.T) {
	x := &Erasure{Person: Person{ID: "maria", Name: "Maria Beispiel"}, As: Pseudonymous(1, English), Instead: "(erased)"}
	e := Escalation{
		ID: "portal-1", Text: Said{Text: "both", By: "jonas", Message: "m1", Also: []Source{{Message: "m2", By: "maria"}}}, Reasons: []Said{{Text: "his", By: "jonas"}},
		Asker: "maria", Told: []Remark{{What: "typed", To: "maria"}},
	}
	if !x.Row(&e) || !e.Text.Gone || e.Text.Text != "" || e.Reasons[0].Text != "his" || e.Asker != "erased-1" || e.Told[0].To != "erased-1" || e.Text.Also[0].By != "erased-1" {
		t.Errorf("the escalation is %+v", e)
	}
	if x.Row(&e) {
		t.Error("once more it finds her in the escalation")
	}
	task := Task{Project: "portal", Text: "hers", State: TaskDoing, Source: "m2"}
	if !x.Row(&task) || task.State != TaskDropped || task.Text != "" {
		t.Errorf("the task named in her message is %+v", task)
	}
	untouched := Report{
		Round: "2026-11-25", Project: "portal", Asking: []PersonID{"jonas"}, Deadline: time.Now(), Reminded: 1,
		Answers: map[Field]Answer{FieldStatus: {Parts: []Part{{By: "jonas", Text: "Mariannengraben", Light: Green}}}},
	}
	if x.Row(&untouched) {
		t.Errorf("a report without her was changed: %+v", untouched)
	}
	if got := strings.Join(x.Said, "; "); got != "both; hers" {
		t.Errorf("what she said is %q", got)
	}
	for _, body := range []string{`an \*Maria Beispiel\*`, "Projekt: „hers“", "both  "} {
		if !x.Quotes(body) {
			t.Errorf("%q does not quote her", body)
		}
	}
	if x.Quotes("Guten Morgen, Jonas") {
		t.Error("a greeting quotes her")
	}
}

func TestRetention(t *testing.T) {
	now := time.Date(2026, 11, 18, 3, 30, 0, 0, time.UTC)
	p := Retention{Reports: 24, Decisions: 10}.prune(now)
	if want := time.Date(2024, 11, 18, 3, 30, 0, 0, time.UTC); !p.Reports.Equal(want) || !p.Messages.IsZero() || p.Decisions.Year() != 2016 {
		t.Errorf("too old is what is before %+v", p)
	}
	for _, test := range []struct {
		oldest Oldest
		want   bool
	}{
		{Oldest{}, false},
		{Oldest{Reports: now, Messages: now.AddDate(-5, 0, 0)}, false}, // these are kept for good
		{Oldest{Reports: now.AddDate(-2, 0, -1)}, true},
		{Oldest{Decisions: now.AddDate(-10, 0, -1)}, true},
	} {
		if got := p.concerns(test.oldest); got != test.want {
			t.Errorf("%+v is too old: %v, want %v", test.oldest, got, test.want)
		}
	}
}
