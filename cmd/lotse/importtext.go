package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// importWords are the words of an import's preview in one language.
type importWords struct {
	lang                          string
	read                          string
	delimiters                    map[rune]string
	added, changed, same, sameOne string
	sameNets, sameNet             string
	people, addedPerson           string
	left                          string
	empty, column, ask            string
	faulty, faultyOne             string
	nothing, dry, refused, done   string
}

var importWordsDE = importWords{
	lang: "de",
	read: "%s, gelesene Zeilen: %d (%s, getrennt durch %s)",
	delimiters: map[rune]string{
		';': "Semikolon", ',': "Komma", '\t': "Tabulator",
	},
	added:       "neu",
	changed:     "geändert",
	same:        "Unverändert: %d Projekte.",
	sameOne:     "Unverändert: 1 Projekt.",
	sameNets:    "Unverändert: %d Netzwerke.",
	sameNet:     "Unverändert: 1 Netzwerk.",
	people:      "Personen:",
	addedPerson: "neu",
	left:        "Nicht in der Tabelle und unberührt: %s.",
	empty:       "(leer)",
	column:      "Spalte %s",
	faulty:      "%d Fehler; es wurde nichts geändert.",
	faultyOne:   "1 Fehler; es wurde nichts geändert.",
	ask:         "So übernehmen? Bitte «ja» eingeben: ",
	nothing:     "Alles steht schon so da; es gibt nichts zu ändern.",
	dry:         "Probe: Es wurde nichts geändert.",
	refused:     "Es wurde nichts geändert. (Ohne Nachfrage übernimmt --yes.)",
	done:        "Übernommen.",
}

var importWordsEN = importWords{
	lang: "en",
	read: "%s, rows read: %d (%s, separated by %s)",
	delimiters: map[rune]string{
		';': "semicolons", ',': "commas", '\t': "tabs",
	},
	added:       "new",
	changed:     "changed",
	same:        "Unchanged: %d projects.",
	sameOne:     "Unchanged: 1 project.",
	sameNets:    "Unchanged: %d networks.",
	sameNet:     "Unchanged: 1 network.",
	people:      "People:",
	addedPerson: "new",
	left:        "Not in the table and left alone: %s.",
	empty:       "(empty)",
	column:      "column %s",
	faulty:      "%d faults; nothing was changed.",
	faultyOne:   "1 fault; nothing was changed.",
	ask:         "Do it? Please type \"yes\": ",
	nothing:     "Everything is like this already; there is nothing to change.",
	dry:         "Dry run: nothing was changed.",
	refused:     "Nothing was changed. (--yes does it without asking.)",
	done:        "Done.",
}

func importWordsOf(lang string) *importWords {
	if lang == "en" {
		return &importWordsEN
	}
	return &importWordsDE
}

// write shows what a plan would change.
func (w *importWords) write(out io.Writer, file string, table importTable, plan importPlan) error {
	var b strings.Builder
	fmt.Fprintf(&b, w.read+"\n", file, table.len(), table.Encoding, w.delimiters[table.Delimiter])
	same := 0
	for _, e := range plan.Entries {
		if !e.New && len(e.Fields) == 0 && len(e.Notes) == 0 {
			same++
			continue
		}
		label := w.changed
		switch {
		case e.New:
			label = w.added
		case len(e.Fields) == 0:
			label = "="
		}
		w.entry(&b, label, e)
	}
	if len(plan.People) > 0 {
		fmt.Fprintf(&b, "\n%s\n", w.people)
	}
	for _, e := range plan.People {
		label := w.changed
		if e.New {
			label = w.addedPerson
		}
		fmt.Fprintf(&b, "  %-9s %s (%s)", label, e.Name, e.ID)
		for _, f := range e.Fields {
			switch {
			case f.Column == colAccount && f.Old == "":
				fmt.Fprintf(&b, " %s", f.New)
			case f.Column == colAccount || !e.New:
				fmt.Fprintf(&b, " %s → %s", w.value(f.Old), w.value(f.New))
			}
		}
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	one, more := w.sameOne, w.same
	if len(table.Networks) > 0 {
		one, more = w.sameNet, w.sameNets
	}
	switch {
	case same == 1:
		fmt.Fprintln(&b, one)
	case same > 1:
		fmt.Fprintf(&b, more+"\n", same)
	}
	if len(plan.Left) > 0 {
		fmt.Fprintf(&b, w.left+"\n", strings.Join(plan.Left, ", "))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func (w *importWords) entry(b *strings.Builder, label string, e importEntry) {
	fmt.Fprintf(b, "\n%-9s %s (%s)\n", label, e.Name, e.ID)
	for _, f := range e.Fields {
		switch {
		case e.New && (f.Column == colName || f.Column == colNetwork):
		case e.New:
			fmt.Fprintf(b, "  %-8s %s\n", f.Column, w.value(f.New))
		default:
			fmt.Fprintf(b, "  %-8s %s → %s\n", f.Column, w.value(f.Old), w.value(f.New))
		}
	}
	for _, note := range e.Notes {
		fmt.Fprintf(b, "  ! %s\n", note.in(w.lang))
	}
}

// value is a cell's text on one line, shortened.
func (w *importWords) value(text string) string {
	const longest = 70
	text = oneLine(text)
	if text == "" {
		return w.empty
	}
	if utf8.RuneCountInString(text) > longest {
		text = string([]rune(text)[:longest-1]) + "…"
	}
	return text
}
