package bot

import (
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Accounts of one person are joined by a code: who is given it in the direct chat of one
// account, and says it in that of another, has both. Whoever has a code may be anybody, so
// it holds for a quarter of an hour, once, and who says wrong ones soon says none at all.
const (
	// LinkTime is how long a code holds.
	LinkTime = 15 * time.Minute
	// LinkTries is how many wrong codes an account may say within LinkTriesTime.
	LinkTries     = 5
	LinkTriesTime = time.Hour
)

// AccountLink is an account that its owner has joined to the person by a code.
type AccountLink struct {
	User  UserID
	Since time.Time
}

// IsLinked reports whether an account was joined to the person by a code.
func (p Person) IsLinked(u UserID) bool {
	return slices.Contains(p.Accounts, u) && slices.ContainsFunc(p.Linked, func(l AccountLink) bool { return l.User == u })
}

// Has reports whether an account is the person's.
func (p Person) Has(u UserID) bool { return u != "" && slices.Contains(p.Accounts, u) }

// Unlink takes accounts that were joined by a code from the person.
func (p Person) Unlink(users ...UserID) Person {
	p.Accounts = slices.DeleteFunc(slices.Clone(p.Accounts), func(u UserID) bool { return slices.Contains(users, u) })
	p.Linked = slices.DeleteFunc(slices.Clone(p.Linked), func(l AccountLink) bool { return slices.Contains(users, l.User) })
	return p
}

// Join adds an account of nobody's, or all that another person has; that one is no more:
// see Merge.
func (p Person) Join(other Person, now time.Time) Person {
	p.Accounts, p.Linked, p.Former = slices.Clone(p.Accounts), slices.Clone(p.Linked), slices.Clone(p.Former)
	for _, u := range other.Accounts {
		if !slices.Contains(p.Accounts, u) {
			p.Accounts = append(p.Accounts, u)
			p.Linked = append(slices.DeleteFunc(p.Linked, func(l AccountLink) bool { return l.User == u }), AccountLink{User: u, Since: now})
		}
	}
	return p.Was(other)
}

// Was notes that the person had another one's ids before.
func (p Person) Was(other Person) Person {
	for _, id := range append([]PersonID{other.ID}, other.Former...) {
		if id != "" && id != p.ID && !slices.Contains(p.Former, id) {
			p.Former = append(slices.Clone(p.Former), id)
		}
	}
	return p
}

// LinkCode is a code that an account was given. An account has one at most; without a
// hash, it has none any more.
type LinkCode struct {
	User  UserID
	Hash  string    // see HashCode
	Name  string    // how the account is called, for showing
	Until time.Time // from then on it is good for nothing
}

// LinkGuesses are the wrong codes that an account has said of late. The store forgets them
// LinkTriesTime after the first.
type LinkGuesses struct {
	User  UserID
	Count int
	Until time.Time
}

// GuessesOf is the name under which the store counts an account's wrong codes.
func GuessesOf(u UserID) string { return "link/" + string(u) }

// codeLetters are digits and capital letters that are not taken for each other.
const codeLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// codeLength is how many of them a code has: forty bits.
const codeLength = 8

// NewCode makes a code of a secret ([Snapshot.Token]): "7KQF-2M9X".
func NewCode(token string) string {
	sum := sha256.Sum256([]byte("lotse code 1:" + token))
	var b strings.Builder
	for i, x := range sum[:codeLength] {
		if i == codeLength/2 {
			b.WriteByte('-')
		}
		b.WriteByte(codeLetters[int(x)%len(codeLetters)])
	}
	return b.String()
}

// HashCode is what is kept of a code, however it is typed; "" if it cannot be one.
func HashCode(typed string) string {
	code := strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '–', '.', '`':
			return -1
		case 'O':
			return '0'
		case 'I', 'L':
			return '1'
		}
		return r
	}, strings.ToUpper(typed))
	if len(code) != codeLength || strings.Trim(code, codeLetters) != "" {
		return ""
	}
	sum := sha256.Sum256([]byte("lotse link 1:" + code))
	return hex.EncodeToString(sum[:])
}

// Merge makes one person of two in the books: what was From's is Into's from then on, and
// From is no more. Without From, somebody who was known by an account alone becomes Into.
// What the decision log has of From stays as it is, under From's pseudonym: Into.Former.
//
// Nobody has two votes by that: votes are counted by person, the last one counts.
type Merge struct {
	From PersonID
	Into Person
}

// Row makes Into of From in a row of the books, whatever it is made of, and reports
// whether anything has changed.
func (m Merge) Row(row any) bool { return m.value(reflect.ValueOf(row).Elem()) }

// Id makes Into of From.
func (m Merge) Id(id PersonID) PersonID {
	if id != "" && id == m.From {
		return m.Into.ID
	}
	return id
}

func (m Merge) value(v reflect.Value) (changed bool) {
	switch v.Kind() {
	case reflect.Pointer:
		return !v.IsNil() && m.value(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			changed = m.value(v.Index(i)) || changed
		}
		if ids, ok := v.Interface().([]PersonID); ok && changed {
			v.Set(reflect.ValueOf(once(ids)))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			one := reflect.New(v.Type().Elem()).Elem()
			one.Set(v.MapIndex(key))
			if m.value(one) {
				v.SetMapIndex(key, one)
				changed = true
			}
		}
	case reflect.Struct:
		if voter, ok := v.Addr().Interface().(*Voter); ok && voter.Person == "" && m.Into.Has(voter.User) {
			voter.Person, changed = m.Into.ID, true
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				changed = m.value(v.Field(i)) || changed
			}
		}
	case reflect.String:
		if id, ok := v.Interface().(PersonID); ok && m.Id(id) != id {
			v.SetString(string(m.Into.ID))
			return true
		}
	}
	return changed
}

// once leaves each of some people only where they are first.
func once(ids []PersonID) (all []PersonID) {
	for _, id := range ids {
		if !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all
}
