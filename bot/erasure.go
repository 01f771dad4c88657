package bot

import (
	"cmp"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Erasure takes a person out of what is stored: name, ids of accounts, and all that they
// have said. What happened stays to be read, as done by a pseudonym. Where others have
// written the person's name, the pseudonym stands afterwards.
//
// [Erasure.Row] goes through a row whatever it is made of: a field that is added to it
// later needs no mention here, as long as ids have their types.
type Erasure struct {
	Person  Person   // who; no ID: somebody of whom only accounts are known
	Names   []string // how else they are called in texts
	As      Person   // the pseudonym
	Instead string   // what stands where they have said something

	// Messages are those in which they have said something, Said what; Row adds to both.
	Messages map[MessageID]bool
	Said     []string
	Count    ErasureCount

	names, accounts *regexp.Regexp
}

// ErasureCount says what was erased.
type ErasureCount struct {
	Answers     int // of reports, and on the board
	Tasks       int
	Questions   int // back, and answers to them
	Escalations int // words said in them
	Ids         int // places in which the pseudonym stands instead
	Mentions    int // texts of others that named the person
}

// Pseudonymous returns the n-th pseudonym of a database.
func Pseudonymous(n int, lang Language) Person {
	if lang == English {
		return Person{ID: PersonID(fmt.Sprintf("erased-%d", n)), Name: fmt.Sprintf("erased person %d", n)}
	}
	return Person{ID: PersonID(fmt.Sprintf("geloescht-%d", n)), Name: fmt.Sprintf("gelöschte Person %d", n)}
}

// Account is what stands for one of the person's accounts; it looks like one of the same
// chat, and is none.
func (x *Erasure) Account(u UserID) UserID {
	i := slices.Index(x.Person.Accounts, u)
	switch {
	case i < 0:
		return u
	case i == 0:
		return UserID(string(u.Chat()) + ":" + string(x.As.ID))
	}
	return UserID(fmt.Sprintf("%s:%s-%d", u.Chat(), x.As.ID, i+1))
}

// Row takes the person out of a row of the books, an event, or whatever else it points
// at, and reports whether anything of theirs was in it.
func (x *Erasure) Row(row any) (changed bool) {
	if x.Messages == nil {
		x.Messages = map[MessageID]bool{}
	}
	switch r := row.(type) {
	case *Project:
		changed = x.resign(r)
	case *Network:
		changed = x.unhost(&r.Hosts)
	case *Meetup:
		changed = x.unhost(&r.Hosts)
	}
	return x.value(reflect.ValueOf(row).Elem()) || changed
}

// resign takes the person out of those who answer for a project.
func (x *Erasure) resign(p *Project) bool {
	if x.Person.ID == "" {
		return false
	}
	leads, deputies := len(p.Leads), len(p.Deputies)
	p.Leads = slices.DeleteFunc(p.Leads, func(id PersonID) bool { return id == x.Person.ID })
	p.Deputies = slices.DeleteFunc(p.Deputies, func(d Deputy) bool { return d.Person == x.Person.ID })
	return leads != len(p.Leads) || deputies != len(p.Deputies)
}

// unhost takes the person out of the hosts of a network or a meetup.
func (x *Erasure) unhost(hosts *[]PersonID) bool {
	before := len(*hosts)
	*hosts = slices.DeleteFunc(*hosts, func(id PersonID) bool { return id != "" && id == x.Person.ID })
	return len(*hosts) != before
}

// value goes through a value of any type.
func (x *Erasure) value(v reflect.Value) (changed bool) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return !v.IsNil() && v.Kind() == reflect.Pointer && x.value(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			changed = x.value(v.Index(i)) || changed
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			one := reflect.New(v.Type().Elem()).Elem()
			one.Set(v.MapIndex(key))
			if x.value(one) {
				v.SetMapIndex(key, one)
				changed = true
			}
		}
	case reflect.Struct:
		changed = x.words(v.Addr().Interface())
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				changed = x.value(v.Field(i)) || changed
			}
		}
	case reflect.String:
		return x.text(v)
	}
	return changed
}

// text goes through a text or an id.
func (x *Erasure) text(v reflect.Value) bool {
	old := v.String()
	now := old
	switch v.Interface().(type) {
	case PersonID:
		if old != "" && old == string(x.Person.ID) {
			now = string(x.As.ID)
		}
	case UserID:
		now = string(x.Account(UserID(old)))
	case Key:
		now = x.Path(old)
	case string, Markdown:
		now = x.Mask(old)
		if now != old {
			x.Count.Mentions++
			v.SetString(now)
			return true
		}
	}
	if now == old {
		return false
	}
	x.Count.Ids++
	v.SetString(now)
	return true
}

// words takes away what the person has said, in those structs that hold such.
func (x *Erasure) words(row any) bool {
	me := func(id PersonID) bool { return id != "" && id == x.Person.ID }
	switch r := row.(type) {
	case *Part:
		return me(cmp.Or(r.Author, r.By)) && x.unsay(&r.Text, cmp.Or(r.Origin, r.Message), &x.Count.Answers, x.Instead)
	case *AskBack:
		asked := me(r.By) && x.unsay(&r.Text, r.Message, &x.Count.Questions, x.Instead)
		return me(r.Author) && x.unsay(&r.Answer, r.Source, &x.Count.Questions, x.Instead) || asked
	case *Said:
		for _, from := range append([]Source{{r.Message, r.By}}, r.Also...) {
			if me(from.By) && from.Message != "" {
				x.Messages[from.Message] = true
			}
		}
		account := r.User != "" && slices.Contains(x.Person.Accounts, r.User)
		if account && r.Message != "" {
			x.Messages[r.Message] = true
		}
		if (account || r.saidBy(x.Person.ID)) && x.unsay(&r.Text, "", &x.Count.Escalations, "") {
			r.Gone = true
			return true
		}
	case *Task:
		if (me(r.By) || r.By == "" && x.Messages[r.words()]) && x.unsay(&r.Text, r.words(), &x.Count.Tasks, "") {
			if r.Open() {
				r.State = TaskDropped
			}
			return true
		}
	}
	return false
}

// unsay puts something else where something was said.
func (x *Erasure) unsay(text *string, in MessageID, count *int, instead string) bool {
	if in != "" {
		x.Messages[in] = true
	}
	if *text == "" || *text == x.Instead {
		return false
	}
	x.Said = append(x.Said, *text)
	*text = instead
	*count++
	return true
}

// Path puts the pseudonym's account into a key, a lane, or another text that is made of
// ids.
func (x *Erasure) Path(s string) string {
	for _, u := range x.Person.Accounts {
		s = replaceID(s, string(u), string(x.Account(u)))
	}
	return s
}

// replaceID replaces an id where it stands as a whole.
func replaceID(s, id, by string) string {
	var b strings.Builder
	for {
		i := strings.Index(s, id)
		if i < 0 || id == "" {
			break
		}
		end := i + len(id)
		if whole(s[end:]) {
			b.WriteString(s[:i] + by)
		} else {
			b.WriteString(s[:end])
		}
		s = s[end:]
	}
	b.WriteString(s)
	return b.String()
}

// whole reports whether an id ends before rest: "@maria:stadt.example" does not in
// "@maria:stadt.example.org", but before the end of a sentence.
func whole(rest string) bool {
	r, size := utf8.DecodeRuneInString(rest)
	if letter(r) || r == '_' {
		return false
	}
	if r == '.' || r == '-' || r == ':' {
		r, _ = utf8.DecodeRuneInString(rest[size:])
		return !letter(r)
	}
	return true
}

func letter(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
}

// Mask puts the pseudonym where a text names the person or one of their accounts.
func (x *Erasure) Mask(s string) string {
	if x.accounts == nil {
		x.compile()
	}
	if s == "" {
		return s
	}
	s = replaceFunc(x.accounts, s, func(_, after string) bool { return whole(after) }, x.As.Name)
	return replaceFunc(x.names, s, func(before, after string) bool {
		last, _ := utf8.DecodeLastRuneInString(before)
		first, _ := utf8.DecodeRuneInString(after)
		return !letter(last) && !letter(first)
	}, x.As.Name)
}

// replaceFunc replaces what matches and stands where it may.
func replaceFunc(pattern *regexp.Regexp, s string, may func(before, after string) bool, by string) string {
	var b strings.Builder
	at := 0
	for _, m := range pattern.FindAllStringIndex(s, -1) {
		if m[0] < m[1] && may(s[:m[0]], s[m[1]:]) {
			b.WriteString(s[at:m[0]] + by)
			at = m[1]
		}
	}
	if at == 0 {
		return s
	}
	return b.String() + s[at:]
}

// never matches nothing.
const never = `[^\s\S]`

func (x *Erasure) compile() {
	accounts, names := []string{}, []string{}
	for _, u := range x.Person.Accounts {
		local := u.Local()
		for _, form := range []string{local, strings.NewReplacer("@", "%40", ":", "%3A").Replace(local)} {
			accounts = append(accounts, `(?:`+regexp.QuoteMeta(string(u.Chat()))+`:)?`+regexp.QuoteMeta(form))
		}
	}
	for _, name := range append([]string{x.Person.Name}, x.Names...) {
		words := strings.Fields(name)
		if len(words) == 0 || utf8.RuneCountInString(name) < 3 || name == x.As.Name {
			continue
		}
		for i := range words {
			words[i] = regexp.QuoteMeta(words[i])
		}
		names = append(names, strings.Join(words, gap))
		if last := len(words) - 1; last > 0 { // «Beispiel, Maria»
			names = append(names, words[last]+`\s*,`+gap+strings.Join(words[:last], gap))
		}
	}
	x.accounts = regexp.MustCompile(`(?i)` + cmp.Or(strings.Join(accounts, "|"), never))
	x.names = regexp.MustCompile(`(?i)` + cmp.Or(strings.Join(names, "|"), never))
}

// gap is what may stand between the words of a name.
const gap = `[\s\x{a0}]+`

// telling is how much of a line tells that it is the same one, where texts are shortened;
// less than some characters tell nothing of anybody.
const telling, tooShort = 24, 4

// Quotes reports whether a rendered text names the person or shows something that they
// have said.
func (x *Erasure) Quotes(body string) bool {
	body = unescape(body)
	if x.Mask(body) != body {
		return true
	}
	for _, said := range x.Said {
		for line := range strings.Lines(said) {
			begin := []rune(unescape(line))
			if len(begin) > telling {
				begin = begin[:telling]
			}
			if len(begin) >= tooShort && strings.Contains(body, string(begin)) {
				return true
			}
		}
	}
	return false
}

// unescape is a text without Markdown's escapes, in one line.
func unescape(s string) string {
	s = strings.NewReplacer(`\`, "", "\u2060", "").Replace(s)
	return strings.Join(strings.Fields(s), " ")
}
