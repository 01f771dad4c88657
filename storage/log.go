package storage

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"lotse/bot"
)

// LogVersion is the version of the tables that first had the decision log.
const LogVersion = 5

// logCounter counts the entries of the log.
const logCounter = "log"

// entries appends to the decision log, and takes back from its texts what was deleted
// in the chat.
func (t *txn) entries(ctx context.Context, entries []bot.Entry, forget []bot.MessageID, now time.Time) error {
	if len(entries) > 0 {
		if err := t.appendLog(ctx, entries, now); err != nil {
			return fmt.Errorf("append to the decision log: %w", err)
		}
	}
	for _, message := range forget {
		if err := t.eraseTexts(ctx, `message <> '' AND message = $1`, message); err != nil {
			return err
		}
	}
	return nil
}

// eraseTexts erases texts of the decision log.
func (t *txn) eraseTexts(ctx context.Context, where string, args ...any) error {
	_, err := t.exec(ctx, `UPDATE log_texts SET salt = '', text = '', who = '', message = '', at_ms = 0 WHERE `+where, args...)
	return wrap(err, "erase texts of the decision log")
}

func (t *txn) appendLog(ctx context.Context, entries []bot.Entry, now time.Time) error {
	var counted, last int64
	var head string
	if _, err := found(t.row(ctx, `SELECT value FROM counters WHERE name = $1`, logCounter).Scan(&counted)); err != nil {
		return err
	}
	if _, err := found(t.row(ctx, `SELECT seq, hash FROM log WHERE seq = (SELECT MAX(seq) FROM log)`).Scan(&last, &head)); err != nil {
		return err
	}
	// Whoever cut the log off has left a gap that stays to be seen.
	seq := max(counted, last)
	for _, e := range entries {
		seq++
		r, err := t.record(ctx, e, seq, head, now)
		if err != nil {
			return err
		}
		if err := t.putRecord(ctx, r); err != nil {
			return err
		}
		head = r.Hash
	}
	_, err := t.exec(ctx, `INSERT INTO counters (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, logCounter, seq)
	return err
}

// record makes of an entry what stands in the log.
func (t *txn) record(ctx context.Context, e bot.Entry, seq int64, prev string, now time.Time) (r bot.Record, err error) {
	r = bot.Record{
		Seq: seq, Kind: e.Kind, Escalation: e.Escalation, Number: e.Number, Project: e.Project, At: instant(millis(e.At)),
		Role: e.Role, Choice: e.Choice, Prev: prev,
	}
	for _, id := range e.Evidence {
		r.Evidence = append(r.Evidence, bot.MessageID(valid(string(id))))
	}
	if e.At.IsZero() {
		r.At = instant(millis(now))
	}
	if r.Who, err = t.pseudonym(ctx, e.By); err != nil {
		return r, err
	}
	for _, text := range e.Texts {
		said := bot.RecordText{
			Name: text.Name, Salt: secret(), Text: valid(text.Said.Text), Message: bot.MessageID(valid(string(text.Said.Message))), At: instant(millis(text.Said.At)),
		}
		if said.Who, err = t.pseudonym(ctx, text.Said.By); err != nil {
			return r, err
		}
		said.Commitment = said.Commit()
		if text.Said.Gone {
			said = bot.RecordText{Name: said.Name, Commitment: said.Commitment}
		}
		r.Texts = append(r.Texts, said)
	}
	r.Hash = r.Sum()
	return r, nil
}

// valid is a text as JSON can have it: an export is to give the same hashes.
func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// pseudonym is what stands in the log for a person; the first time, it is made.
func (t *txn) pseudonym(ctx context.Context, person bot.PersonID) (string, error) {
	if person == "" {
		return "", nil
	}
	var key string
	ok, err := found(t.row(ctx, `SELECT key FROM log_people WHERE person = $1`, person).Scan(&key))
	if err == nil && !ok {
		key = secret()
		_, err = t.exec(ctx, `INSERT INTO log_people (person, key) VALUES ($1, $2)`, person, key)
	}
	return bot.Pseudonym(key, person), wrap(err, "the pseudonym of a person")
}

// secret is a text that nobody can guess: 128 bits.
func secret() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	return hex.EncodeToString(b[:])
}

func (t *txn) putRecord(ctx context.Context, r bot.Record) error {
	evidence, err := json.Marshal(append([]bot.MessageID{}, r.Evidence...))
	if err != nil {
		return err
	}
	if _, err := t.exec(ctx, `INSERT INTO log (seq, kind, escalation, number, project, at_ms, who, role, choice, evidence, prev, hash)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		r.Seq, r.Kind, r.Escalation, r.Number, r.Project, millis(r.At), r.Who, r.Role, r.Choice, string(evidence), r.Prev, r.Hash); err != nil {
		return err
	}
	for n, said := range r.Texts {
		if _, err := t.exec(ctx, `INSERT INTO log_texts (seq, n, name, commitment, salt, text, who, message, at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			r.Seq, n, said.Name, said.Commitment, said.Salt, said.Text, said.Who, said.Message, millis(said.At)); err != nil {
			return err
		}
	}
	return nil
}

// logPage is how many entries are read at once.
const logPage = 500

// Log calls fn with the entries of the decision log in order, and returns how many were
// ever written. An entry that cannot be read is [bot.Record.Broken]. All is of one moment.
func (s *Store) Log(ctx context.Context, q bot.LogQuery, fn func(bot.Record) error) (counted int64, err error) {
	err = s.read(ctx, func(ctx context.Context, t *txn) error {
		if _, err := found(t.row(ctx, `SELECT value FROM counters WHERE name = $1`, logCounter).Scan(&counted)); err != nil {
			return err
		}
		people, err := t.pseudonyms(ctx)
		if err != nil {
			return err
		}
		var after any = int64(math.MinInt64)
		for {
			page, err := t.logPage(ctx, q, after)
			if err != nil {
				return err
			}
			for _, row := range page {
				after = row.seq
				if err := t.logTexts(ctx, &row); err != nil {
					return err
				}
				people.name(&row.Record)
				if err := fn(row.Record); err != nil {
					return err
				}
			}
			if len(page) < logPage {
				return nil
			}
		}
	})
	return counted, wrap(err, "read the decision log")
}

// logRow is an entry as it is read: whatever stands in the table, it is no error.
type logRow struct {
	bot.Record
	seq any // as it stands there
}

// columns are where values go, by the names of their columns.
type columns []struct {
	name string
	into any // *string, *int64 or *time.Time
}

// scan reads a row of columns; what cannot be one of its column makes the entry broken.
func (r *logRow) scan(row row, first any, cols columns) error {
	values := make([]any, len(cols))
	into := []any{first}
	for i := range values {
		into = append(into, &values[i])
	}
	if err := row.Scan(into...); err != nil {
		return err
	}
	for i, c := range cols {
		ok := false
		switch to := c.into.(type) {
		case *string:
			*to, ok = values[i].(string)
		case *int64:
			*to, ok = values[i].(int64)
		case *time.Time:
			var ms int64
			ms, ok = values[i].(int64)
			*to = instant(ms)
		}
		if !ok && r.Broken == "" {
			r.Broken = fmt.Sprintf("%s is %T", c.name, values[i])
		}
	}
	return nil
}

// logPage reads the next entries.
func (t *txn) logPage(ctx context.Context, q bot.LogQuery, after any) ([]logRow, error) {
	query, args := `SELECT seq, seq, kind, escalation, number, project, at_ms, who, role, choice, evidence, prev, hash FROM log WHERE seq > $1`, []any{after, logPage}
	switch {
	case q.Number != 0 && q.Project != "":
		query, args = query+` AND number = $3 AND project = $4`, append(args, q.Number, q.Project)
	case q.Number != 0:
		query, args = query+` AND number = $3`, append(args, q.Number)
	case q.Project != "":
		query, args = query+` AND project = $3`, append(args, q.Project)
	}
	var page []logRow
	err := t.each(ctx, func(row row) error {
		var r logRow
		var number int64
		var evidence string
		err := r.scan(row, &r.seq, columns{
			{"seq", &r.Seq}, {"kind", (*string)(&r.Kind)}, {"escalation", (*string)(&r.Escalation)}, {"number", &number},
			{"project", (*string)(&r.Project)}, {"at_ms", &r.At}, {"who", &r.Who}, {"role", (*string)(&r.Role)},
			{"choice", (*string)(&r.Choice)}, {"evidence", &evidence}, {"prev", &r.Prev}, {"hash", &r.Hash},
		})
		r.Number = int(number)
		if bad := json.Unmarshal([]byte(evidence), &r.Evidence); bad != nil && r.Broken == "" {
			r.Broken = "evidence is no JSON"
		}
		page = append(page, r)
		return err
	}, query+` ORDER BY seq LIMIT $2`, args...)
	return page, err
}

// logTexts reads the texts of an entry.
func (t *txn) logTexts(ctx context.Context, r *logRow) error {
	return t.each(ctx, func(row row) error {
		var said bot.RecordText
		var n any
		err := r.scan(row, &n, columns{
			{"name", &said.Name}, {"commitment", &said.Commitment}, {"salt", &said.Salt}, {"text", &said.Text},
			{"who", &said.Who}, {"message", (*string)(&said.Message)}, {"at_ms", &said.At},
		})
		if n != int64(len(r.Texts)) && r.Broken == "" {
			r.Broken = fmt.Sprintf("text %d is numbered %v", len(r.Texts), n)
		}
		r.Texts = append(r.Texts, said)
		return err
	}, `SELECT n, name, commitment, salt, text, who, message, at_ms FROM log_texts WHERE seq = $1 ORDER BY n`, r.seq)
}

// pseudonyms are the people whose pseudonym is not erased, by that.
type pseudonyms map[string]struct {
	person bot.PersonID
	key    string
}

func (t *txn) pseudonyms(ctx context.Context) (pseudonyms, error) {
	all := pseudonyms{}
	err := t.each(ctx, func(row row) error {
		var person bot.PersonID
		var key string
		err := row.Scan(&person, &key)
		p := all[""]
		p.person, p.key = person, key
		all[bot.Pseudonym(key, person)] = p
		return err
	}, `SELECT person, key FROM log_people`)
	return all, err
}

// name says whose pseudonyms an entry has.
func (p pseudonyms) name(r *bot.Record) {
	r.Person, r.Key = p[r.Who].person, p[r.Who].key
	for i := range r.Texts {
		r.Texts[i].Person, r.Texts[i].Key = p[r.Texts[i].Who].person, p[r.Texts[i].Who].key
	}
}
