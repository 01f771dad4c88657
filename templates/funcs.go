package templates

import (
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
)

// run is one execution of a template: what its functions need to know, and the
// accounts they mention.
type run struct {
	set      *Set
	lang     bot.Language
	words    *words
	chat     bot.ChatID
	mentions []bot.UserID
	depth    int
	plain    bool   // no Markdown comes out
	hostile  string // put around all foreign text, to prove that it stays text
}

// escaper is the name of the function that every pipeline ends in; see rewrite.
const escaper = "_escape"

// funcs are the functions of the templates. Those that return bot.Markdown have
// escaped what is foreign in it; whatever else is printed the escaper escapes.
func (r *run) funcs() template.FuncMap {
	return template.FuncMap{
		escaper: r.escape,

		// People and things.
		"mention": r.mention, // Person or []Person: names that ping
		"name":    r.name,    // Person, ProjectName, Field, Role, Light …: its name
		"names":   r.list,    // []Person …: names that do not ping, «A, B und C»
		"list":    r.list,    // any slice: «A, B und C»
		"choice":  r.choice,  // any slice: «A, B oder C»
		"field":   r.name,
		"role":    r.name,
		"kind":    r.name,

		// Traffic lights.
		"light":  r.light,                                       // «🟡 gefährdet»
		"emoji":  func(l bot.Light) string { return l.Emoji() }, // «🟡»
		"change": r.change,                                      // before, now: «🟢 → 🟡 gefährdet»

		// Times. All take a time.Time or a calendar.Date; date takes a second one, and
		// says the year if that is in another.
		"date":     r.date,     // «Mittwoch, 25. November»
		"day":      r.day,      // «25. November»
		"weekday":  r.weekday,  // «Mittwoch»
		"clock":    r.clock,    // «10 Uhr», «14:30 Uhr»
		"datetime": r.datetime, // «Mittwoch, 25. November, 10 Uhr»
		"due":      r.due,      // t, now: «heute, 14 Uhr», «morgen (Dienstag), 14 Uhr», «Dienstag, 24. November, 14 Uhr»
		"greeting": r.greeting, // «Guten Morgen»

		// Numbers.
		"number": r.number, // «vier», «13»
		"count":  r.count,  // n, one, many: «eine Antwort», «vier Antworten»
		"plural": plural,   // n, one, many: the word alone
		"figure": r.figure, // «2.000»

		// Foreign text.
		"code":    r.code,    // `so`
		"quote":   r.quote,   // „so“; quote, indent and cite take a SaidLine, too
		"because": r.because, // a reason as a sentence: «Grund: Ratssitzung», «Nötig ist das, weil der Saal belegt ist.»
		"shorten": shorten,   // n, text: at most n characters
		"indent":  r.indent,  // several lines, each kept, in a list
		"cite":    r.cite,    // several lines as a quotation
		"link":    r.link,    // text, https address
		"prose":   r.prose,   // lines and paragraphs as they were written, https addresses as links to themselves
		"preview": r.preview, // bot.NoticeText: the template notice.said, as a quotation
		"about":   r.about,   // bot.Greeting: the template greeting.about
		"index":   index,     // []string, n: the nth from 0, or nothing
		"want":    r.want,    // the template want.<name>
		"help":    r.help,    // the template help.<name>
		"beyond":  beyond,    // a text without the lines that are tasks in the lists that follow

		// Escalations.
		"stage": r.stage, // EscalationLine or EscalationCard: the template escalation.state
		"jump":  r.jump,  // SaidLine: «↗», a link to where it was said, if the chat has such
		"gist":  r.gist,  // n, one of those: what it is about, in at most n characters

		// Reports.
		"marks":      r.marks,    // SummaryLine: «(neu, nachgereicht)»
		"quiet":      quiet,      // []OverviewRow: those that are complete, green and as they were
		"notable":    notable,    // []OverviewRow: all others
		"inState":    inState,    // "missing", []OverviewRow: those in that state
		"complete":   complete,   // []AgendaEntry: those that answered all that is required
		"incomplete": incomplete, // []AgendaEntry: all others
		"keycap":     keycap,     // 1: «1️⃣», from 10: «10:»
	}
}

// escape is what every printed value goes through.
func (r *run) escape(v any) (bot.Markdown, error) {
	switch v := v.(type) {
	case bot.Markdown:
		return v, nil
	case nil:
		return "", fmt.Errorf("nothing to print")
	case bot.Light:
		return "", fmt.Errorf("a light is printed with {{light}} or {{emoji}}")
	}
	switch value := reflect.ValueOf(v); value.Kind() {
	case reflect.String:
		return r.text(value.String()), nil
	case reflect.Int, reflect.Int64:
		return bot.Markdown(strconv.FormatInt(value.Int(), 10)), nil
	}
	return "", fmt.Errorf("a %T cannot be printed as it is", v)
}

// foreign is s, or with a proof running, s among what is to be withstood.
func (r *run) foreign(s string) string { return r.hostile + s + r.hostile }

// text escapes foreign text.
func (r *run) text(s string) bot.Markdown {
	if r.plain {
		return bot.Markdown(strings.ReplaceAll(clean(s), "\n", " / "))
	}
	return escapeLines(r.foreign(s), " / ")
}

func (r *run) mention(v any) (bot.Markdown, error) {
	people, err := peopleOf(v)
	if err != nil {
		return "", err
	}
	var parts []bot.Markdown
	for _, p := range people {
		name := r.text(personName(p))
		account := p.Account(r.chat)
		if account == "" || !linkable(string(account)) {
			parts = append(parts, name)
			continue
		}
		if !slices.Contains(r.mentions, account) {
			r.mentions = append(r.mentions, account)
		}
		parts = append(parts, "["+name+"](mention:"+bot.Markdown(account)+")")
	}
	return r.joined(parts, r.words.and), nil
}

func peopleOf(v any) ([]bot.Person, error) {
	switch v := v.(type) {
	case bot.Person:
		return []bot.Person{v}, nil
	case *bot.Person:
		return []bot.Person{*v}, nil
	case []bot.Person:
		return v, nil
	}
	return nil, fmt.Errorf("%T is nobody to mention", v)
}

func personName(p bot.Person) string {
	if clean(p.Name) == "" {
		return string(p.ID)
	}
	return p.Name
}

// linkable reports whether an account may stand in a link's address as it is. All
// Matrix and Teams accounts may that follow their specification.
func linkable(account string) bool {
	return account != "" && !strings.ContainsFunc(account, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("@:._=/+-", c))
	})
}

// name is how a thing is called. Unknown ones are called by their value.
func (r *run) name(v any) (string, error) {
	switch v := v.(type) {
	case bot.Person:
		return personName(v), nil
	case *bot.Person:
		return personName(*v), nil
	case bot.ProjectName:
		if clean(v.Name) == "" {
			return string(v.ID), nil
		}
		return v.Name, nil
	case bot.OverviewRow:
		return r.name(v.Project)
	case bot.AgendaEntry:
		return r.name(v.Project)
	case bot.Field:
		return nameIn(r.words.fields, v), nil
	case bot.Role:
		return nameIn(r.words.roles, v), nil
	case bot.RoomKind:
		return nameIn(r.words.kinds, v), nil
	case bot.Light:
		return r.words.lights[v], nil
	case string:
		return v, nil
	}
	return "", fmt.Errorf("%T has no name", v)
}

func nameIn[K ~string](names map[K]string, key K) string {
	if name, ok := names[key]; ok {
		return name
	}
	return string(key)
}

func (r *run) list(v any) (bot.Markdown, error)   { return r.joinNames(v, r.words.and) }
func (r *run) choice(v any) (bot.Markdown, error) { return r.joinNames(v, r.words.or) }

func (r *run) joinNames(v any, last string) (bot.Markdown, error) {
	value := reflect.ValueOf(v)
	if value.Kind() != reflect.Slice {
		value = reflect.ValueOf([]any{v})
	}
	var parts []bot.Markdown
	for i := range value.Len() {
		item := value.Index(i).Interface()
		if ready, ok := item.(bot.Markdown); ok {
			parts = append(parts, ready)
			continue
		}
		name, err := r.name(item)
		if err != nil {
			return "", err
		}
		parts = append(parts, r.text(name))
	}
	return r.joined(parts, last), nil
}

// joined is «A, B und C».
func (r *run) joined(parts []bot.Markdown, last string) bot.Markdown {
	var b strings.Builder
	for i, part := range parts {
		switch {
		case i > 0 && i == len(parts)-1:
			b.WriteString(" " + last + " ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(string(part))
	}
	return bot.Markdown(b.String())
}

func (r *run) light(l bot.Light) string {
	if l == bot.NoLight {
		return ""
	}
	return l.Emoji() + " " + r.words.lights[l]
}

func (r *run) change(before, now bot.Light) string {
	if before == bot.NoLight || now == bot.NoLight || before == now {
		return r.light(now)
	}
	return before.Emoji() + " → " + r.light(now)
}

// moment is a time in the city's zone. A date is its noon.
func (r *run) moment(v any) (time.Time, error) {
	switch v := v.(type) {
	case time.Time:
		return v.In(r.set.zone), nil
	case calendar.Date:
		return v.At(calendar.Clock{Hour: 12}, r.set.zone), nil
	}
	return time.Time{}, fmt.Errorf("%T is no time", v)
}

func (r *run) date(v any, reference ...any) (string, error) {
	day, err := r.day(v, reference...)
	if err != nil {
		return "", err
	}
	weekday, err := r.weekday(v)
	return weekday + ", " + day, err
}

func (r *run) day(v any, reference ...any) (string, error) {
	t, err := r.moment(v)
	if err != nil {
		return "", err
	}
	text := r.words.day(t.Day(), r.words.months[t.Month()])
	for _, v := range reference {
		other, err := r.moment(v)
		if err != nil {
			return "", err
		}
		if !other.IsZero() && other.Year() != t.Year() {
			return text + " " + strconv.Itoa(t.Year()), nil
		}
	}
	return text, nil
}

func (r *run) weekday(v any) (string, error) {
	t, err := r.moment(v)
	return r.words.weekdays[t.Weekday()], err
}

func (r *run) clock(t time.Time) string {
	t = t.In(r.set.zone)
	return r.words.clock(t.Hour(), t.Minute())
}

func (r *run) datetime(t time.Time, reference ...any) (string, error) {
	date, err := r.date(t, reference...)
	return date + ", " + r.clock(t), err
}

func (r *run) due(t, now time.Time) (string, error) {
	t, now = t.In(r.set.zone), now.In(r.set.zone)
	weekday := r.words.weekdays[t.Weekday()]
	switch calendar.DateOf(t).Sub(calendar.DateOf(now)) {
	case 0:
		return r.words.relative[0] + ", " + r.clock(t), nil
	case 1:
		return r.words.relative[1] + " (" + weekday + "), " + r.clock(t), nil
	case 2, 3, 4, 5, 6:
		return weekday + ", " + r.clock(t), nil
	}
	return r.datetime(t, now)
}

func (r *run) greeting(now time.Time) string {
	switch hour := now.In(r.set.zone).Hour(); {
	case hour < 11:
		return r.words.greetings[0]
	case hour < 18:
		return r.words.greetings[1]
	default:
		return r.words.greetings[2]
	}
}

func (r *run) number(n int) string {
	if n >= 0 && n < len(r.words.numbers) {
		return r.words.numbers[n]
	}
	return strconv.Itoa(n)
}

func (r *run) count(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return r.number(n) + " " + many
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func (r *run) quote(v any) (bot.Markdown, error) {
	text, gone, err := r.said(v, " / ")
	if err != nil || gone {
		return text, err
	}
	return bot.Markdown(r.words.quotes[0]) + text + bot.Markdown(r.words.quotes[1]), nil
}

// said is what a string or a SaidLine says, with between between its lines; gone: what
// it said was deleted.
func (r *run) said(v any, between string) (text bot.Markdown, gone bool, err error) {
	var line bot.SaidLine
	switch v := v.(type) {
	case bot.SaidLine:
		line = v
	case string:
		line.Text = v
	default:
		return "", false, fmt.Errorf("%T is nothing that was said", v)
	}
	if line.Gone {
		return bot.Markdown("*" + r.words.gone + "*"), true, nil
	}
	return escapeLines(r.foreign(line.Text), between), false, nil
}

// because says a reason as it was given: some write a word, some «weil …».
func (r *run) because(s string) bot.Markdown {
	word, _, _ := strings.Cut(strings.ToLower(clean(s)), " ")
	lead, ok := r.words.because[word]
	if !ok {
		return bot.Markdown(r.words.reason) + r.text(s)
	}
	end := bot.Markdown(".")
	if strings.ContainsAny(s[len(s)-1:], ".!?") {
		end = ""
	}
	return bot.Markdown(lead) + r.text(s) + end
}

// shorten cuts a text behind a word, so that it has at most n characters and a
// mark that something is missing.
func shorten(n int, s string) string {
	s = clean(s)
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	cut := string(runes[:max(n-2, 0)])
	if i := strings.LastIndexAny(cut, " \n"); i > len(cut)/2 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " \n,;:–-") + " …"
}

func (r *run) indent(v any) (bot.Markdown, error) {
	text, _, err := r.said(v, "\n  ")
	return text, err
}

func (r *run) cite(v any) (bot.Markdown, error) {
	text, _, err := r.said(v, "\n> ")
	if err != nil || text == "" {
		return "", err
	}
	return "> " + text, nil
}

func (r *run) link(text, address string) bot.Markdown {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return r.text(text)
	}
	escaped := strings.NewReplacer("<", "%3C", ">", "%3E", "\\", "%5C", "&", "&amp;", "`", "%60").Replace(u.String())
	if strings.ContainsFunc(escaped, func(c rune) bool { return c <= ' ' || c == 0x7f || unseen(c) }) {
		return r.text(text)
	}
	return "[" + r.text(text) + "](<" + bot.Markdown(escaped) + ">)"
}

// address finds what a link can be made of.
var address = regexp.MustCompile(`https://[^\s<>"'` + "`" + `]*[^\s<>"'` + "`" + `.,;:!?)\]]`)

// prose is foreign text with its lines and paragraphs. An https address is a link that says
// where it leads, so that nobody can be led elsewhere; nothing else in it means anything.
func (r *run) prose(s string) bot.Markdown {
	var b strings.Builder
	between := ""
	for line := range strings.SplitSeq(clean(r.foreign(s)), "\n") {
		if line == "" {
			if b.Len() > 0 {
				between = "\n\n"
			}
			continue
		}
		b.WriteString(between)
		between = "\n"
		for line != "" {
			at := address.FindStringIndex(line)
			if at == nil || r.hostile != "" { // a link is the one thing that the proof could take for an attack
				escapeLine(&b, line)
				break
			}
			if at[0] > 0 {
				escapeLine(&b, line[:at[0]])
			}
			b.WriteString(string(r.link(line[at[0]:at[1]], line[at[0]:at[1]])))
			line = line[at[1]:]
		}
	}
	return bot.Markdown(b.String())
}

// preview is an announcement as it will stand in a room, as a quotation.
func (r *run) preview(n bot.NoticeText) (bot.Markdown, error) {
	text, err := r.nested("notice.said", n)
	return "> " + bot.Markdown(strings.ReplaceAll(string(text), "\n", "\n> ")), err
}

// about is what a network is about, said within a greeting.
func (r *run) about(g bot.Greeting) (bot.Markdown, error) { return r.nested("greeting.about", g) }

// nested is a template, said within another text.
func (r *run) nested(name string, data any) (bot.Markdown, error) {
	if r.depth > 0 {
		return "", fmt.Errorf("%s within such a text", name)
	}
	r.depth++
	defer func() { r.depth-- }()
	return r.execute(name, data)
}

// want is the template want.<name>: what a command expects, said within another
// text.
func (r *run) want(name string) (bot.Markdown, error) {
	if r.depth > 0 {
		return "", fmt.Errorf("want.%s within a want", name)
	}
	r.depth++
	defer func() { r.depth-- }()
	return r.execute("want."+name, nil)
}

// help is the template help.<name>: what a command does, said within another text.
func (r *run) help(name string) (bot.Markdown, error) {
	if r.depth > 0 {
		return "", fmt.Errorf("help.%s within a help", name)
	}
	r.depth++
	defer func() { r.depth-- }()
	return r.execute("help."+name, nil)
}

// stage is the template escalation.state: how far an escalation is, said within
// another text.
func (r *run) stage(v any) (bot.Markdown, error) {
	line, err := lineOf(v)
	if err != nil {
		return "", err
	}
	if r.depth > 0 {
		return "", fmt.Errorf("stage within escalation.state")
	}
	r.depth++
	defer func() { r.depth-- }()
	return r.execute("escalation.state", line)
}

func (r *run) gist(n int, v any) (bot.Markdown, error) {
	line, err := lineOf(v)
	if err != nil {
		return "", err
	}
	text, _, err := r.said(bot.SaidLine{Text: shorten(n, line.Text), Gone: line.Gone}, " / ")
	return text, err
}

// jump is a link to the message in which something was said. Only Matrix has addresses
// for messages that a text can be written with.
func (r *run) jump(l bot.SaidLine) bot.Markdown {
	room, message := l.Link.Room, l.Link.Message
	if l.Gone || room.Chat() != "matrix" || message.Chat() != "matrix" || r.chat != "matrix" {
		return ""
	}
	address := "https://matrix.to/#/" + url.PathEscape(room.Local()) + "/" + url.PathEscape(message.Local())
	if _, server, ok := strings.Cut(room.Local(), ":"); ok {
		address += "?via=" + url.QueryEscape(server)
	}
	return "[↗](<" + bot.Markdown(address) + ">)"
}

func lineOf(v any) (bot.EscalationLine, error) {
	switch v := v.(type) {
	case bot.EscalationLine:
		return v, nil
	case bot.EscalationCard:
		return v.Line(), nil
	}
	return bot.EscalationLine{}, fmt.Errorf("%T is no escalation", v)
}

// code shows foreign text, or an id, as something to type.
func (r *run) code(v any) (bot.Markdown, error) {
	value := reflect.ValueOf(v)
	if value.Kind() != reflect.String {
		return "", fmt.Errorf("%T is nothing to type", v)
	}
	return code(r.foreign(value.String())), nil
}

// beyond leaves of an Ausblick's text the lines that did not become tasks.
func beyond(text string, tasks ...[]bot.TaskLine) string {
	var rest []string
	for line := range strings.SplitSeq(text, "\n") {
		bare := strings.TrimLeft(line, " \t-–—•*·0123456789.)")
		known := slices.ContainsFunc(slices.Concat(tasks...), func(t bot.TaskLine) bool { return t.Text == bare || t.Text == line })
		if !known && bare != "" {
			rest = append(rest, line)
		}
	}
	return strings.Join(rest, "\n")
}

// marks is what is to be known about an answer beside what it says.
func (r *run) marks(l bot.SummaryLine) string {
	var marks []string
	// An arrow, «keine mehr» and new tasks speak for themselves.
	fresh := l.Changed && !(l.Before != bot.NoLight && l.Light != l.Before) && !l.None && l.Field != bot.FieldOutlook
	for i, applies := range []bool{fresh, l.PMO, l.Late} {
		if applies {
			marks = append(marks, r.words.marks[i])
		}
	}
	if marks == nil {
		return ""
	}
	return "(" + strings.Join(marks, ", ") + ")"
}

func isQuiet(row bot.OverviewRow) bool {
	return row.State == "complete" && row.Status == bot.Green && row.Outlook == bot.Green &&
		(row.Before == bot.Green || row.Before == bot.NoLight) &&
		!row.Blocker && !row.Decision && !row.Late && !row.PMO && !row.Returned
}

func isComplete(entry bot.AgendaEntry) bool { return len(entry.Missing) == 0 }

func complete(entries []bot.AgendaEntry) []bot.AgendaEntry { return filter(entries, isComplete) }

func incomplete(entries []bot.AgendaEntry) []bot.AgendaEntry {
	return filter(entries, func(entry bot.AgendaEntry) bool { return !isComplete(entry) })
}

func quiet(rows []bot.OverviewRow) []bot.OverviewRow { return filter(rows, isQuiet) }

func notable(rows []bot.OverviewRow) []bot.OverviewRow {
	return filter(rows, func(row bot.OverviewRow) bool { return !isQuiet(row) })
}

// index replaces the one of text/template, which fails behind the end.
func index(list []string, n int) string {
	if n < 0 || n >= len(list) {
		return ""
	}
	return list[n]
}

func inState(state string, rows []bot.OverviewRow) []bot.OverviewRow {
	return filter(rows, func(row bot.OverviewRow) bool { return row.State == state })
}

func filter[T any](rows []T, wanted func(T) bool) []T {
	var some []T
	for _, row := range rows {
		if wanted(row) {
			some = append(some, row)
		}
	}
	return some
}

func keycap(n int) string {
	if n < 1 || n > 9 {
		return strconv.Itoa(n) + ":"
	}
	return strconv.Itoa(n) + "\ufe0f\u20e3"
}

// figure is a number with its thousands apart.
func (r *run) figure(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + r.words.thousands + s[i:]
	}
	return s
}
