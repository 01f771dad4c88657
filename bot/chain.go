package bot

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"
)

// Record is an [Entry] as it stands in the decision log: numbered, chained to the entry
// before, and without a name or a word that could not be erased. The package comment
// says what its hash is made of.
type Record struct {
	Seq        int64 // 1 for the first
	Kind       EntryKind
	Escalation EscalationID
	Number     int
	Project    ProjectID
	At         time.Time // to the millisecond
	Who        string    // the pseudonym of who did it, "": nobody
	Role       Role
	Choice     Choice
	Evidence   []MessageID
	Texts      []RecordText
	Prev       string // the hash of the entry before, "" for the first
	Hash       string

	Person PersonID // whose pseudonym Who is, unless that is erased; not in the hash, but see Key
	Key    string   // what the pseudonym was made with
	Broken string   // why the store could not read the entry
}

// RecordText is a text of an entry. The entry's hash covers the name and the commitment;
// the rest can be erased.
type RecordText struct {
	Name       string
	Commitment string
	Salt       string // "": the text is erased
	Text       string
	Who        string // the pseudonym of who said it
	Message    MessageID
	At         time.Time

	Person PersonID // whose pseudonym Who is, unless that is erased
	Key    string
}

// LogQuery says which entries of the decision log are wanted.
type LogQuery struct {
	Number  int       // of an escalation, 0: of all
	Project ProjectID // "": of all
}

// Pseudonym is what stands in the decision log for a person. Nobody can tell the person
// from it without the key, a random text that only this person has.
func Pseudonym(key string, person PersonID) string {
	return digest("lotse person 1", key, string(person))
}

// Commit returns the commitment of a text: it fits no other text, and once the salt is
// erased it tells nothing of this one.
func (t RecordText) Commit() string {
	return digest("lotse text 1", t.Salt, t.Text, t.Who, string(t.Message), instant(t.At))
}

// Erased reports whether the text was erased.
func (t RecordText) Erased() bool {
	return t.Salt == "" && t.Text == "" && t.Who == "" && t.Message == "" && t.At.IsZero()
}

// Sum returns the hash of an entry, made of everything that cannot be erased.
func (r Record) Sum() string {
	parts := []string{
		"lotse entry 1", r.Prev, decimal(r.Seq), string(r.Kind), string(r.Escalation), decimal(int64(r.Number)), string(r.Project),
		instant(r.At), r.Who, string(r.Role), string(r.Choice), decimal(int64(len(r.Evidence))),
	}
	for _, id := range r.Evidence {
		parts = append(parts, string(id))
	}
	parts = append(parts, decimal(int64(len(r.Texts))))
	for _, t := range r.Texts {
		parts = append(parts, t.Name, t.Commitment)
	}
	return digest(parts...)
}

// digest is the SHA-256 of texts, each with its length in bytes before it, in hexadecimal digits.
func digest(parts ...string) string {
	var b bytes.Buffer
	for _, p := range parts {
		fmt.Fprintf(&b, "%d:%s,", len(p), p)
	}
	sum := sha256.Sum256(b.Bytes())
	return hex.EncodeToString(sum[:])
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

func instant(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	return decimal(t.UnixMilli())
}

// Chain checks the decision log, entry by entry, from the first one on.
type Chain struct {
	Head    string // the hash of the last entry that fits
	Entries int64
	Texts   int // of which
	Erased  int // were erased
}

// MisfitError says which entry of the decision log does not fit, and why.
type MisfitError struct {
	Seq int64
	Why string
}

func (e *MisfitError) Error() string { return fmt.Sprintf("entry %d: %s", e.Seq, e.Why) }

// Add takes the next entry, or returns a *MisfitError: it does not continue the chain.
func (c *Chain) Add(r Record) error {
	seq := c.Entries + 1
	misfit := func(format string, args ...any) error { return &MisfitError{seq, fmt.Sprintf(format, args...)} }
	switch {
	case r.Seq > seq:
		return misfit("it is missing; the next one that is there is %d", r.Seq)
	case r.Seq < seq:
		return misfit("in its place stands another one, numbered %d", r.Seq)
	case r.Broken != "":
		return misfit("it cannot be read: %s", r.Broken)
	case r.Prev != c.Head:
		return misfit("it continues another entry than the one before it (%s instead of %s)", short(r.Prev), short(c.Head))
	case r.Hash != r.Sum():
		return misfit("its hash (%s) is not that of its content (%s)", short(r.Hash), short(r.Sum()))
	case r.Person != "" && Pseudonym(r.Key, r.Person) != r.Who:
		return misfit("it is said to be by somebody whose pseudonym it does not have")
	}
	erased := 0
	for _, t := range r.Texts {
		switch {
		case t.Person != "" && Pseudonym(t.Key, t.Person) != t.Who:
			return misfit("its text %q is said to be by somebody whose pseudonym it does not have", t.Name)
		case t.Erased():
			erased++
		case t.Commit() != t.Commitment:
			return misfit("its text %q is not what was committed to", t.Name)
		}
	}
	c.Head, c.Entries, c.Texts, c.Erased = r.Hash, seq, c.Texts+len(r.Texts), c.Erased+erased
	return nil
}

// End says that there are no more, and that the books have counted so many.
func (c *Chain) End(counted int64) error {
	switch {
	case c.Entries < counted:
		return &MisfitError{c.Entries + 1, fmt.Sprintf("it is missing; %d were written", counted)}
	case c.Entries > counted:
		return &MisfitError{counted + 1, fmt.Sprintf("it was put behind the last one; %d were written", counted)}
	}
	return nil
}

// short is the beginning of a hash, enough to find it.
func short(hash string) string {
	if hash == "" {
		return "none"
	}
	if len(hash) > 12 {
		return hash[:12] + "…"
	}
	return hash
}
