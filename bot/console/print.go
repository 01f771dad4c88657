package console

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"lotse/bot"
)

// happening is something to be printed: a message, an edit of one, a reaction, or a
// note.
type happening struct {
	message  *message
	edit     bool
	before   string // edit: the text until now
	reaction *message
	others   []*message // the same reaction, of others right after
	note     string
	inThread bot.MessageID // of a note
	human    bool          // a person did it, not the bot
	n        int           // its place among all that happened
}

type printer struct {
	out     io.Writer
	colour  bool
	width   int
	now     func() time.Time
	silence time.Duration

	mu     sync.Mutex    // one portion is printed at a time
	last   bot.RoomID    // the room printed last,
	shown  string        // the time beside its name,
	thread bot.MessageID // and the thread in which it ended
}

// waiting reports whether something has gathered.
func (c *Chat) waiting() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.rooms, func(r *room) bool { return len(r.news) > 0 })
}

// Flush prints what has gathered, room by room.
func (c *Chat) Flush() {
	c.print.mu.Lock()
	defer c.print.mu.Unlock()
	c.mu.Lock()
	var b strings.Builder
	for _, r := range c.order() {
		c.portion(&b, r)
		r.news = nil
	}
	c.mu.Unlock()
	if b.Len() > 0 {
		io.WriteString(c.print.out, b.String()) // a terminal that is gone is nobody's problem
	}
}

// order returns the rooms with something new: first those in which a person did
// something, because the rest follows from it, then the others as they were made;
// c.mu is held.
func (c *Chat) order() []*room {
	var people, others []*room
	for _, r := range c.rooms {
		acted := slices.IndexFunc(r.news, func(h happening) bool { return h.human })
		switch {
		case acted >= 0:
			people = append(people, r)
		case len(r.news) > 0:
			others = append(others, r)
		}
	}
	first := func(r *room) int {
		return r.news[slices.IndexFunc(r.news, func(h happening) bool { return h.human })].n
	}
	slices.SortStableFunc(people, func(a, b *room) int { return first(a) - first(b) })
	return append(people, others...)
}

// portion writes what is new in a room; c.mu is held.
func (c *Chat) portion(b *strings.Builder, r *room) {
	p := &c.print
	c.heading(b, r)
	r.news = collapse(r.news)
	reactions, loose := gather(r.news)
	bar := func(thread bot.MessageID) string {
		if thread == "" {
			return "  "
		}
		return "  " + p.paint(dim, "│") + " "
	}
	write := func(thread bot.MessageID, line string) {
		for _, part := range wrap(line, p.width-4) {
			b.WriteString(strings.TrimRight(bar(thread)+part, " ") + "\n")
		}
	}
	first := true
	for i, h := range r.news {
		if h.reaction != nil && !loose[i] {
			continue // stands under its message
		}
		thread := threadOf(h, c)
		if !first && thread == p.thread {
			write(thread, "")
		} else if !first {
			b.WriteString("\n")
		}
		root := c.messages[thread]
		if thread != p.thread && root != nil && !slices.ContainsFunc(r.news[:i], func(h happening) bool { return h.message == root }) {
			write(thread, p.paint(dim, fmt.Sprintf("im Thread «%s»", short(c.words(root)))))
		}
		for _, line := range c.lines(h, reactions) {
			write(thread, line)
		}
		first, p.thread = false, thread
	}
	b.WriteString("\n")
}

// heading names the room, and the time, unless that is what was printed last.
func (c *Chat) heading(b *strings.Builder, r *room) {
	p := &c.print
	when := ""
	if p.now != nil {
		when = stamp(p.now())
	}
	if p.last == r.id && p.shown == when {
		return
	}
	p.last, p.shown, p.thread = r.id, when, ""
	name := oneLine(r.heading)
	if when != "" {
		when = " " + when + " ━━"
	}
	line := strings.Repeat("━", max(2, p.width-4-width(name)-width(when)))
	b.WriteString(p.paint(cyan, "━━ "+name+" ") + p.paint(dim, line+when) + "\n\n")
}

// stamp is an instant as people here write it: «Mi 18.11. 09:00».
func stamp(t time.Time) string {
	return [...]string{"So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"}[t.Weekday()] + t.Format(" 02.01. 15:04")
}

// collapse leaves out what nobody needs to read: an edit of a message of the same
// portion, which stands there as it is now, and all but the last of several edits.
// Several people's reactions become one where they are the same.
func collapse(news []happening) []happening {
	fresh := map[*message]bool{}
	edits := map[*message]int{} // where its last edit stands
	var kept []happening
	for _, h := range news {
		at, edited := edits[h.message]
		switch {
		case h.reaction != nil && len(kept) > 0 && h.reaction.like(kept[len(kept)-1].reaction):
			last := &kept[len(kept)-1]
			last.others = append(last.others, h.reaction)
		case !h.edit:
			if h.message != nil && h.note == "" {
				fresh[h.message] = true
			}
			kept = append(kept, h)
		case fresh[h.message]:
		case edited:
			h.before = kept[at].before
			kept = slices.Delete(kept, at, at+1)
			for m, i := range edits {
				if i > at {
					edits[m] = i - 1
				}
			}
			edits[h.message] = len(kept)
			kept = append(kept, h)
		default:
			edits[h.message] = len(kept)
			kept = append(kept, h)
		}
	}
	return kept
}

// like reports whether it is the same reaction as another one, of somebody else.
func (m *message) like(other *message) bool {
	return other != nil && m.target == other.target && m.emoji == other.emoji && m.sender != other.sender
}

// gather finds the reactions that stand under a message of the same portion, and
// those that do not.
func gather(news []happening) (on map[bot.MessageID][]*message, loose map[int]bool) {
	on, loose = map[bot.MessageID][]*message{}, map[int]bool{}
	here := map[bot.MessageID]bool{}
	for _, h := range news {
		if h.message != nil && h.note == "" {
			here[h.message.id] = true
		}
	}
	for i, h := range news {
		switch {
		case h.reaction == nil:
		case here[h.reaction.target]:
			on[h.reaction.target] = append(append(on[h.reaction.target], h.reaction), h.others...)
		default:
			loose[i] = true
		}
	}
	return on, loose
}

// threadOf is the thread in which something stands; a reaction stands where its
// message does.
func threadOf(h happening, c *Chat) bot.MessageID {
	m := h.message
	if h.reaction != nil {
		m = h.reaction
	}
	if m == nil {
		return h.inThread
	}
	if m.emoji != "" {
		if on := c.messages[m.target]; on != nil {
			return on.thread
		}
	}
	return m.thread
}

// lines is a happening as text; c.mu is held.
func (c *Chat) lines(h happening, reactions map[bot.MessageID][]*message) []string {
	p := &c.print
	switch {
	case h.note != "":
		note := h.note
		if h.message != nil {
			if on := c.messages[h.message.target]; on != nil {
				note += fmt.Sprintf(" (auf «%s»)", short(c.words(on)))
			}
		}
		return []string{p.paint(dim, note)}
	case h.reaction != nil:
		on := "?"
		if m := c.messages[h.reaction.target]; m != nil {
			on = short(c.words(m))
		}
		who := c.name(h.reaction.sender)
		for _, other := range h.others {
			who += ", " + c.name(other.sender)
		}
		return []string{oneLine(h.reaction.emoji) + " " + p.paint(dim, fmt.Sprintf("%s auf «%s»", who, on))}
	}
	m := h.message
	who := c.name(m.sender)
	how := bold
	if m.sender == Bot {
		how = green
	}
	head := p.paint(how, who)
	if on := c.messages[m.replyTo]; on != nil {
		head += p.paint(dim, fmt.Sprintf(" ↪ «%s»", short(c.words(on))))
	}
	text := m.text
	if h.edit {
		head += p.paint(dim, " · geändert")
		text = changes(h.before, m.text)
	}
	lines := []string{head}
	if m.markdown {
		lines = append(lines, p.plain(text)...)
	} else {
		lines = append(lines, strings.Split(strings.TrimSpace(clean(text)), "\n")...)
	}
	if m.file != "" {
		lines = append(lines, p.paint(dim, m.file))
	}
	if !h.edit || len(reactions[m.id]) > 0 {
		lines = append(lines, c.reactions(reactions[m.id])...)
		delete(reactions, m.id)
	}
	return lines
}

// file is what is shown of a file: «[Datei: meetup.ics, 1,2 kB]».
func file(f *bot.File) string {
	if f == nil {
		return ""
	}
	size := fmt.Sprintf("%d Bytes", len(f.Bytes))
	if n := len(f.Bytes); n >= 1000 {
		size = strings.Replace(fmt.Sprintf("%.1f kB", float64(n)/1000), ".", ",", 1)
	}
	return fmt.Sprintf("[Datei: %s, %s]", oneLine(f.Name), size)
}

// reactions are shown as «🟢 Maria Beispiel», a line for each person; c.mu is held.
func (c *Chat) reactions(all []*message) []string {
	var people []bot.UserID
	emojis := map[bot.UserID]string{}
	for _, m := range all {
		if emojis[m.sender] == "" {
			people = append(people, m.sender)
		}
		emojis[m.sender] += oneLine(m.emoji) + " "
	}
	var lines []string
	for _, user := range people {
		lines = append(lines, emojis[user]+c.print.paint(dim, c.name(user)))
	}
	return lines
}

// manyLines is from how many lines on an edit shows only what it changed.
const manyLines = 6

// changes is what an edit shows: all of a short text, the new lines of a long one.
func changes(before, after string) string {
	lines := strings.Split(strings.TrimSpace(after), "\n")
	if len(lines) < manyLines {
		return after
	}
	old := strings.Split(before, "\n")
	var fresh []string
	for _, line := range lines {
		switch {
		case !slices.Contains(old, line):
			fresh = append(fresh, line)
		case len(fresh) == 0 || fresh[len(fresh)-1] != "…":
			fresh = append(fresh, "…")
		}
	}
	return strings.Join(fresh, "\n")
}
