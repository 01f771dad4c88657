package meetup

import (
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"lotse/bot"
)

// The diagram in the package comment is the one that the rules go by.
func TestDiagram(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	drawn := map[bot.MeetupState]string{}
	for line := range strings.SplitSeq(file.Doc.Text(), "\n") {
		if from, to, ok := strings.Cut(line, "→"); ok {
			drawn[bot.MeetupState(strings.TrimSpace(from))] = strings.Join(strings.Fields(to), " ")
		}
	}
	for _, from := range bot.MeetupStates() {
		var to []string
		for _, s := range transitions[from] {
			to = append(to, string(s))
		}
		if want := strings.Join(to, " "); drawn[from] != want {
			t.Errorf("the diagram goes from %s to %q, the rules go to %q", from, drawn[from], want)
		}
		delete(drawn, from)
	}
	for from := range drawn {
		t.Errorf("the diagram has a state %q that is none", from)
	}
}
