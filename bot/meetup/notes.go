package meetup

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lotse/bot"
)

const (
	mostLinks   = 20
	longestLink = 500    // characters
	noteBytes   = 11_000 // summary and links, in a message
)

// past finds the meetup of which something is kept: the one whose messages are answered, or
// the last one that has begun; only a host may say so.
func (d *draft) past() error {
	began := func(m *bot.Meetup) bool {
		return m.State == bot.MeetupStarted || m.State == bot.MeetupOver || m.State == bot.MeetupDone
	}
	if d.m == nil || !began(d.m) {
		d.m = nil
		for i := range d.Meetups { // by date
			if m := &d.Meetups[i]; began(m) && (d.m == nil || !m.At.Before(d.m.At)) {
				d.m = m
			}
		}
	}
	switch {
	case d.m == nil || d.Network == nil:
		return d.refused("notyet", 0)
	case !d.Hosts():
		return d.refused("host", 0)
	}
	return nil
}

// Note keeps a summary, or adds to it.
func Note(s bot.Snapshot, e bot.Event, words string) (bot.Change, error) {
	return keep(s, e, func(d *draft) error { return d.note(words) })
}

// Link keeps links, with what they are if that is said: «Folien https://…».
func Link(s bot.Snapshot, e bot.Event, words string) (bot.Change, error) {
	return keep(s, e, func(d *draft) error {
		lines, err := linkLines(words)
		if err != nil || len(lines) == 0 {
			return d.refused("link", 0)
		}
		return d.links(lines)
	})
}

// Attended keeps how many have taken part.
func Attended(s bot.Snapshot, e bot.Event, n int) (bot.Change, error) {
	return keep(s, e, func(d *draft) error {
		d.m.Participants = n
		return nil
	})
}

func keep(s bot.Snapshot, e bot.Event, how func(*draft) error) (bot.Change, error) {
	d := newDraft(s, e)
	if err := d.past(); err != nil {
		return bot.Change{}, err
	}
	if err := cmp.Or(how(d), d.crowded()); err != nil {
		return bot.Change{}, err
	}
	d.taken()
	return d.c, nil
}

// taken ends a decision by which something was kept.
func (d *draft) taken() {
	d.ack("✅")
	if !d.Abilities.Reactions {
		d.c.Posts = append(d.c.Posts, bot.Reply(d.e, 0, "reply.kept", d.card()))
	}
	d.finish("something is kept of the meetup")
}

// crowded refuses what would not fit into a message any more.
func (d *draft) crowded() error {
	n := 0
	for _, said := range append(append([]bot.Said{d.m.Summary}, d.m.More...), d.m.Links...) {
		n += takes(said.Text) + 5
	}
	if n > noteBytes {
		return d.refused("notes", 0)
	}
	return nil
}

// note keeps words as the summary, or behind it.
func (d *draft) note(words string) error {
	words = strings.TrimSpace(words)
	if err := bot.Short(words, d.Settings.MaxText); err != nil {
		return d.refused("longnote", 0)
	}
	said := d.say(words)
	switch {
	case d.m.Summary.Text == "":
		d.m.Summary = said
	case len(d.m.More) >= mostLinks:
		return d.refused("notes", 0)
	default:
		d.m.More = append(d.m.More, said)
	}
	d.remember(d.aboutNote())
	return nil
}

func (d *draft) aboutNote() bot.Subject {
	return bot.Subject{Network: d.m.Network, Meetup: d.m.ID, Field: fieldNote}
}

// links keeps links, each once.
func (d *draft) links(lines []string) error {
	for _, line := range lines {
		if slices.ContainsFunc(d.m.Links, func(l bot.Said) bool { return l.Text == line }) {
			continue
		}
		if len(d.m.Links) >= mostLinks {
			return d.refused("notes", 0)
		}
		d.m.Links = append(d.m.Links, d.say(line))
	}
	d.remember(d.aboutNote())
	return nil
}

// answer takes what a host writes in the direct chat after the meetup: links, how many were
// there, what was talked about, each in lines of their own, and the rest is the summary.
func (d *draft) answer() (mine bool, err error) {
	asked := d.e.Direct && d.m.Asks == d.e.Sender && d.m.Asks != "" && d.e.Thread == "" && d.e.ReplyTo == ""
	replied := slices.ContainsFunc([]*bot.Known{d.ReplyTo, d.Thread}, func(k *bot.Known) bool {
		return k != nil && k.Own && k.Kind == kindAsk && k.Subject.Meetup == d.m.ID
	})
	if !asked && !replied || d.m.State != bot.MeetupOver && d.m.State != bot.MeetupDone || !d.Hosts() {
		return false, nil
	}
	words := bot.Clean(d.e.Text)
	if bot.Chatter(words) {
		return true, nil
	}
	if nothing(words) {
		d.m.Asks = ""
		d.ack("✅")
		d.finish("there is nothing to keep")
		return true, nil
	}
	a, err := read(words)
	if err != nil {
		return true, d.refused("link", 0)
	}
	for _, n := range a.dealt {
		if t := d.m.Topic(n); t == nil || t.Said.Text == "" || t.LetGo() {
			return true, d.refused("unknown", n)
		}
	}
	if a.summary != "" {
		if err := d.note(a.summary); err != nil {
			return true, err
		}
	}
	if len(a.links) > 0 {
		if err := d.links(a.links); err != nil {
			return true, err
		}
	}
	if a.participants > 0 {
		d.m.Participants = a.participants
	}
	if a.deals {
		d.deal(a.dealt)
	}
	if err := d.crowded(); err != nil {
		return true, err
	}
	d.taken()
	return true, nil
}

// renote follows an edit of a message that holds a summary or links.
func (d *draft) renote(words string) error {
	if !slices.ContainsFunc(d.m.Texts(), func(s *bot.Said) bool { return s.Message == d.e.Target && d.authored(*s) }) {
		return nil
	}
	words = withoutCommand(words)
	a, err := read(words)
	if err != nil {
		return d.refused("link", 0)
	}
	if err := bot.Short(a.summary, d.Settings.MaxText); err != nil {
		return d.refused("longnote", 0)
	}
	d.m.Links = slices.DeleteFunc(d.m.Links, func(s bot.Said) bool { return s.Message == d.e.Target })
	done := false
	for _, said := range append([]*bot.Said{&d.m.Summary}, pointers(d.m.More)...) {
		if said.Message == d.e.Target {
			said.Text, said.Gone, done = a.summary, a.summary == "", true
		}
	}
	if !done && a.summary != "" {
		if err := d.note(a.summary); err != nil {
			return err
		}
	}
	if len(a.links) > 0 {
		if err := d.links(a.links); err != nil {
			return err
		}
	}
	if err := d.crowded(); err != nil {
		return err
	}
	d.finish("what is kept of the meetup was changed")
	return nil
}

func pointers(all []bot.Said) (list []*bot.Said) {
	for i := range all {
		list = append(list, &all[i])
	}
	return list
}

// Renote follows an edit of a command that has kept something.
func Renote(s bot.Snapshot, e bot.Event, words string) (bot.Change, error) {
	d := newDraft(s, e)
	if err := d.renote(words); err != nil {
		return bot.Change{}, err
	}
	return d.c, nil
}

// command is the beginning of a command that keeps something.
var command = regexp.MustCompile(`(?i)^!\s*(?:lotse\s+)?meetup\s+\pL+\s*`)

func withoutCommand(words string) string { return command.ReplaceAllString(words, "") }

// nothing reports whether words say that there is nothing to keep.
func nothing(words string) bool {
	switch strings.Trim(bot.Fold(words), " .!") {
	case "nichts", "keine", "nein", "nein danke", "–", "-", "—", "nothing", "none", "no", "no thanks":
		return true
	}
	return false
}

// noted is what a host's message says.
type noted struct {
	summary      string
	links        []string
	participants int
	dealt        []int
	deals        bool
}

var (
	attended = regexp.MustCompile(`^(?:teilnehmende|teilnehmer|teilnehmer\s*\*?innen|personen|participants|attendees)\s*:\s*(\d{1,4})\s*\.?$`)
	dealtIn  = regexp.MustCompile(`^(?:besprochen|erledigt|behandelt|discussed|done)\s*:\s*(.*)$`)
)

// read splits a host's message into what it says.
func read(words string) (a noted, err error) {
	var rest []string
	for line := range strings.SplitSeq(words, "\n") {
		folded := strings.TrimSpace(bot.Fold(line))
		if m := attended.FindStringSubmatch(folded); m != nil {
			a.participants, _ = strconv.Atoi(m[1])
			continue
		}
		if m := dealtIn.FindStringSubmatch(folded); m != nil {
			if numbers, ok := numbersIn(m[1]); ok {
				a.dealt, a.deals = numbers, true
				continue
			}
		}
		link, is, err := linkLine(line)
		switch {
		case err != nil:
			return a, err
		case is:
			a.links = append(a.links, link)
		default:
			rest = append(rest, strings.TrimRight(line, " \t"))
		}
	}
	a.summary = strings.TrimSpace(strings.Join(rest, "\n"))
	return a, nil
}

// numbersIn reads «1, 2 und 4»; nothing but such.
func numbersIn(s string) (numbers []int, ok bool) {
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" ,;.+&", r) }) {
		if word == "und" || word == "and" {
			continue
		}
		if word == "keine" || word == "nichts" || word == "none" || word == "nothing" {
			return nil, true
		}
		n, err := strconv.Atoi(strings.TrimPrefix(word, "#"))
		if err != nil || n < 1 || n > 999 {
			return nil, false
		}
		numbers = append(numbers, n)
	}
	return numbers, len(numbers) > 0
}

// address is what looks like a link, of whatever kind.
var address = regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]*://\S+|\b(?:javascript|data|mailto):\S+|\bwww\.\S+`)

// linkLine reads a line that ends in a link: «Folien: https://…», or nothing but one. Words
// with a link among them are none, but whatever link there is must be one that may be kept.
func linkLine(line string) (link string, is bool, err error) {
	line = strings.Join(strings.Fields(strings.TrimLeft(line, " \t-*•–")), " ")
	found := address.FindAllString(line, -1)
	for _, one := range found {
		if !Secure(strings.TrimRight(one, ".,;:!?)>")) {
			return "", false, errNotSecure
		}
	}
	if len(found) != 1 || !strings.HasSuffix(line, found[0]) || len(strings.Fields(line)) > 8 || len([]rune(line)) > longestLink {
		return "", false, nil
	}
	return line, true, nil
}

// linkLines reads what is said to be links: one in each line, or several in one.
func linkLines(words string) (lines []string, err error) {
	for line := range strings.SplitSeq(words, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		if one, is, err := linkLine(line); err != nil {
			return nil, err
		} else if is {
			lines = append(lines, one)
			continue
		}
		for _, word := range strings.Fields(strings.ReplaceAll(line, ",", " ")) {
			one, is, err := linkLine(word)
			if err != nil || !is {
				return nil, errNotSecure
			}
			lines = append(lines, one)
		}
	}
	return lines, nil
}

// Secure reports whether an address may be kept: https, and nobody's name in it.
func Secure(addr string) bool {
	u, err := url.Parse(addr)
	return err == nil && strings.EqualFold(u.Scheme, "https") && u.Hostname() != "" && u.User == nil && len(addr) <= longestLink
}

type linkError struct{}

func (linkError) Error() string { return "a link that is not https" }

var errNotSecure = linkError{}

// Found is a meetup among those that were found: with what was talked about, and the
// beginning of its summary.
func Found(s bot.Snapshot, m bot.Meetup) bot.FoundLine {
	f := bot.FoundLine{MeetupCard: Card(s, m)}
	for _, t := range m.Topics {
		if t.Dealt && t.Stands() {
			f.Names = append(f.Names, t.Said.Text)
		}
	}
	all := []string{}
	for _, said := range append([]bot.Said{m.Summary}, m.More...) {
		if said.Text != "" {
			all = append(all, said.Text)
		}
	}
	f.Excerpt = strings.Join(strings.Fields(strings.Join(all, " ")), " ")
	f.Names = f.Names[:min(len(f.Names), fewTopics)]
	links := slices.DeleteFunc(f.Links, func(l bot.SaidLine) bool { return len(l.Text) > 200 })
	f.Links = links[:min(len(links), 2)]
	return f
}
