package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lotse/bot"
)

func newLogExport(a *app, file *string) *cobra.Command {
	var format, output string
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write the decision log as JSON lines or as a table (CSV)",
		Long: `Export writes the whole decision log. JSON lines have one entry a line, with everything that others need to verify it by
themselves: "go doc lotse/bot" says how. CSV is for reading in a spreadsheet.

What is erased from the log later stays in what was exported before: keep exports no longer than you need them.`,
		Example: "  lotse log export --output log.jsonl\n  lotse log export --format csv --output log.csv",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			exporter := map[string]func(io.Writer, logWords) logExporter{"jsonl": newLogLines, "csv": newLogTable}[format]
			if exporter == nil {
				return fmt.Errorf("--format %q is none of jsonl, csv%s", format, didYouMean(nearest(format, []string{"jsonl", "csv"})))
			}
			return a.logExport(cmd.Context(), *file, output, exporter)
		},
	}
	cmd.Flags().StringVarP(&format, "format", "f", "jsonl", "`format`, jsonl or csv")
	cmd.Flags().StringVarP(&output, "output", "o", "", "`file` to write instead of printing")
	return cmd
}

// logExporter writes entries in a format.
type logExporter interface {
	entry(r bot.Record) error
	end() error
}

// logWords is what an export says that is not in the log.
type logWords struct {
	zone   *time.Location
	people map[bot.PersonID]bot.Person
}

func (a *app) logExport(ctx context.Context, file, output string, exporter func(io.Writer, logWords) logExporter) (err error) {
	l, err := a.openLog(ctx, file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	people, err := l.people(ctx)
	if err != nil {
		return err
	}
	// Written only when all is read: whoever reads slowly must not keep the bot's database from being tidied up.
	var data bytes.Buffer
	export := exporter(&data, logWords{l.zone, people})
	if _, err := l.Log(ctx, bot.LogQuery{}, func(r bot.Record) error {
		if r.Broken != "" {
			return fmt.Errorf("entry %d: %s; see \"lotse log verify\"", r.Seq, r.Broken)
		}
		return export.entry(r)
	}); err != nil {
		return err
	}
	if err := export.end(); err != nil {
		return fmt.Errorf("write the export: %w", err)
	}
	if output == "" {
		_, err = a.stdout.Write(data.Bytes())
		return err
	}
	if err := os.WriteFile(output, data.Bytes(), 0o600); err != nil {
		return fmt.Errorf("write the export: %w", err)
	}
	return nil
}

// logEntry is a line of `lotse log export`. Programs read it: fields are added, never renamed or removed. The hash is made
// of seq to texts (of these: name and hash) and prev, as package bot says.
type logEntry struct {
	Seq        int64            `json:"seq"`
	Kind       bot.EntryKind    `json:"kind"`
	Escalation bot.EscalationID `json:"escalation"`
	Number     int              `json:"number"`
	Project    bot.ProjectID    `json:"project"`
	At         int64            `json:"at"`  // milliseconds since 1970 in UTC
	Who        string           `json:"who"` // a pseudonym
	Role       bot.Role         `json:"role"`
	Choice     bot.Choice       `json:"choice"`
	Evidence   []bot.MessageID  `json:"evidence"`
	Texts      []logText        `json:"texts"`
	Prev       string           `json:"prev"`
	Hash       string           `json:"hash"`

	Time   string     `json:"time"` // at, on the city's clocks
	Person *logPerson `json:"person,omitempty"`
}

// logText is a text; of one that is erased there are name and hash.
type logText struct {
	Name    string        `json:"name"`
	Hash    string        `json:"hash"`
	Erased  bool          `json:"erased,omitempty"`
	Salt    string        `json:"salt,omitempty"`
	Text    string        `json:"text,omitempty"`
	Who     string        `json:"who,omitempty"`
	Message bot.MessageID `json:"message,omitempty"`
	At      int64         `json:"at,omitempty"`
	Person  *logPerson    `json:"person,omitempty"`
}

// logPerson is whose pseudonym it is, unless that is erased. The pseudonym is made of key and id.
type logPerson struct {
	ID   bot.PersonID `json:"id"`
	Key  string       `json:"key"`
	Name string       `json:"name,omitempty"`
}

func (w logWords) person(id bot.PersonID, key string) *logPerson {
	if id == "" {
		return nil
	}
	return &logPerson{id, key, w.people[id].Name}
}

// logLines writes JSON lines.
type logLines struct {
	logWords
	to *json.Encoder
}

func newLogLines(w io.Writer, words logWords) logExporter {
	to := json.NewEncoder(w)
	to.SetEscapeHTML(false)
	return &logLines{words, to}
}

func (l *logLines) entry(r bot.Record) error {
	e := logEntry{
		Seq: r.Seq, Kind: r.Kind, Escalation: r.Escalation, Number: r.Number, Project: r.Project, At: millis(r.At), Who: r.Who, Role: r.Role,
		Choice: r.Choice, Evidence: append([]bot.MessageID{}, r.Evidence...), Texts: []logText{}, Prev: r.Prev, Hash: r.Hash,
		Time: r.At.In(l.zone).Format(time.RFC3339), Person: l.person(r.Person, r.Key),
	}
	for _, t := range r.Texts {
		e.Texts = append(e.Texts, logText{Name: t.Name, Hash: t.Commitment, Erased: t.Erased(), Salt: t.Salt, Text: t.Text, Who: t.Who, Message: t.Message, At: millis(t.At), Person: l.person(t.Person, t.Key)})
	}
	return l.to.Encode(e)
}

// millis is an instant as the log has it, 0: none.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func (l *logLines) end() error { return nil }

// logTable writes CSV as Excel wants it in Germany.
type logTable struct {
	logWords
	to *csv.Writer
}

func newLogTable(w io.Writer, words logWords) logExporter {
	_, _ = io.WriteString(w, "\ufeff") // to memory
	to := csv.NewWriter(w)
	to.Comma, to.UseCRLF = ';', true
	_ = to.Write([]string{"entry", "time", "escalation", "project", "what", "choice", "who", "role", "texts", "evidence", "hash"})
	return &logTable{words, to}
}

func (l *logTable) entry(r bot.Record) error {
	var texts, evidence []string
	for _, t := range r.Texts {
		text := "erased"
		if !t.Erased() {
			text = t.Text
		}
		texts = append(texts, t.Name+": "+text)
	}
	for _, id := range r.Evidence {
		evidence = append(evidence, string(id))
	}
	number := ""
	if r.Number > 0 {
		number = strconv.Itoa(r.Number)
	}
	row := []string{
		strconv.FormatInt(r.Seq, 10), r.At.In(l.zone).Format("2006-01-02 15:04:05 MST"), number, string(r.Project), string(r.Kind), string(r.Choice),
		called(r.Who, r.Person, l.people), string(r.Role), strings.Join(texts, "\n"), strings.Join(evidence, "\n"), r.Hash,
	}
	for i := range row {
		row[i] = guard(bot.Clean(row[i]))
	}
	return l.to.Write(row)
}

func (l *logTable) end() error {
	l.to.Flush()
	return l.to.Error()
}
