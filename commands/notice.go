package commands

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"lotse/bot"
	"lotse/bot/calendar"
	"lotse/bot/notice"
)

func noticeCommand() command {
	pmo := []bot.Role{bot.RolePMO}
	about := func(name string, words []string, usage, example text, decide func(call, bot.Snapshot) (bot.Change, error)) form {
		return form{
			name: "notice." + name, words: words, usage: []text{usage}, example: example, may: pmo, open: true, decide: decide,
			query: func(c call) bot.Query {
				number, _ := numberFirst(c.args)
				return bot.Query{Notice: number, Notices: true, AllRooms: true, AllNetworks: true, AllProjects: true}
			},
		}
	}
	correct := about("change", []string{"ändern", "change", "berichtigen", "correct"},
		text{"!ansage ändern NUMMER TEXT", "!announce change NUMBER TEXT"},
		text{"!ansage ändern 3 Das Rechenzentrum ist erst am Samstag nicht zu erreichen.", "!announce change 3 The data centre is not available until Saturday."},
		call.correctNotice)
	correct.edits = true
	return command{
		words: []string{"ansage", "announce", "mitteilung", "announcement", "durchsage"},
		forms: []form{
			{
				name: "notice",
				usage: []text{
					{"!ansage ZIEL TEXT", "!announce TARGET TEXT"}, {"!ansage ZIEL am TAG UHRZEIT: TEXT", "!announce TARGET on DAY TIME: TEXT"},
					{"!ansage", "!announce"},
				},
				example: text{"!ansage digilotsen am Freitag 9:00: Die Anmeldung zur Schulung ist offen.", "!announce digilotsen on Friday 9:00: You can now sign up for the training."},
				may:     pmo,
				edits:   true,
				query: func(call) bot.Query {
					return bot.Query{Notices: true, AllRooms: true, AllNetworks: true, AllProjects: true}
				},
				decide:  call.announce,
				offered: func(c call, s bot.Snapshot) bool { return c.inPMO(s) },
			},
			about("send", []string{"senden", "send", "freigeben", "confirm"},
				text{"!ansage senden NUMMER", "!announce send NUMBER"}, text{"!ansage senden 3", "!announce send 3"}, call.sendNotice),
			about("cancel", []string{"absagen", "cancel", "verwerfen", "discard"},
				text{"!ansage absagen NUMMER", "!announce cancel NUMBER"}, text{"!ansage absagen 3", "!announce cancel 3"}, call.cancelNotice),
			correct,
			about("back", []string{"zurück", "retract", "zurücknehmen", "back"},
				text{"!ansage zurück NUMMER", "!announce retract NUMBER"}, text{"!ansage zurück 3", "!announce retract 3"}, call.retractNotice),
		},
	}
}

// inPMO reports whether only the PMO reads along.
func (c call) inPMO(s bot.Snapshot) bool {
	return c.event.Direct || s.Room.Kind == bot.RoomDirect || s.Room.Kind == bot.RoomPMO
}

// noticeRefused is the error for something that cannot be.
func (c call) noticeRefused(s bot.Snapshot, r bot.NoticeRefusal) error {
	r.Now, r.Example = s.Now.In(s.Settings.Zone), c.form.example.in(lang(s))
	return &bot.UserError{Template: "error.notice", Data: r}
}

// announce drafts an announcement; without words it lists them.
func (c call) announce(s bot.Snapshot) (bot.Change, error) {
	if !c.inPMO(s) {
		return bot.Change{}, c.noticeRefused(s, bot.NoticeRefusal{Why: "place"})
	}
	edit := c.event.Kind == bot.EventEdit && s.Notice != nil
	if c.args == "" {
		if edit {
			return bot.Change{}, c.wrong(s, "notice", "")
		}
		return c.reply("announcements listed", "reply.notices", notice.List(s)), nil
	}
	to, rest, err := c.readAudience(s)
	if err != nil {
		return bot.Change{}, err
	}
	at, words, ok := readWhen(rest, s.Now.In(s.Settings.Zone))
	switch {
	case !ok:
		return bot.Change{}, c.wrong(s, "notice.date", rest)
	case words == "":
		return bot.Change{}, c.wrong(s, "notice.text", "")
	}
	w := notice.Words{To: to, At: at, Text: words}
	if edit {
		return notice.Redraft(s, c.event, w)
	}
	if c.event.Kind == bot.EventEdit { // one that was not understood at first
		c.event.Kind, c.event.Message, c.event.Target = bot.EventMessage, c.event.Target, ""
	}
	return notice.Draft(s, c.event, w)
}

// Words for more than one network.
var (
	allNetworks = []string{"alle", "all", "netzwerke", "networks", "alle-netzwerke", "all-networks"}
	allProjects = []string{"projekte", "projects", "projektraume", "projekträume", "project-rooms", "alle-projekte", "all-projects", "alle-projektraume", "alle-projekträume"}
	joins       = regexp.MustCompile(`(?i)^(?:,|;|\+|&|(?:und|and)\s)\s*`)
)

// readAudience reads whom an announcement is for: one or more networks, all of them, the
// projects; and returns what follows.
func (c call) readAudience(s bot.Snapshot) (to bot.Audience, rest string, err error) {
	rest = c.args
	for first := true; ; first = false {
		named, after, ok := readTarget(s, rest)
		if !ok {
			given, near := c.meantTarget(s, rest)
			if !first && near == "" {
				return to, ", " + rest, nil // «digilotsen, bitte beachten: …»: the comma is the text's
			}
			return to, "", c.noticeRefused(s, bot.NoticeRefusal{Why: "network", Given: given, Nearest: near, Known: s.NetworkNames()})
		}
		to.All, to.Projects = to.All || named.All, to.Projects || named.Projects
		for _, name := range named.Networks {
			if !contains(to.Networks, name) {
				to.Networks = append(to.Networks, name)
			}
		}
		join := joins.FindString(after)
		if join == "" {
			return to, after, nil
		}
		if _, _, ok := readTarget(s, after[len(join):]); !ok && !strings.ContainsAny(join, ",;+&") {
			return to, after, nil // «digilotsen und …» with a word that is none: it is text
		}
		rest = after[len(join):]
	}
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if bot.Slug(n) == bot.Slug(name) {
			return true
		}
	}
	return false
}

// readTarget reads the longest target that a text begins with.
func readTarget(s bot.Snapshot, text string) (to bot.Audience, rest string, ok bool) {
	for _, end := range wordEnds(text, 6) {
		slug := bot.Slug(text[:end])
		after := strings.TrimLeftFunc(text[end:], unicode.IsSpace)
		switch name := s.NetworkNamed(slug); {
		case slug == "":
			continue
		case name != "":
			return bot.Audience{Networks: []string{name}}, after, true
		case contains(allNetworks, slug):
			return bot.Audience{All: true}, after, true
		case contains(allProjects, slug):
			return bot.Audience{Projects: true}, after, true
		}
	}
	return to, text, false
}

// wordEnds are where the first words of a text's first line end, the last one first:
// before what separates words, or a sign behind which something else begins.
func wordEnds(text string, most int) []int {
	line, _, _ := strings.Cut(text, "\n")
	var ends []int
	inside := false
	for i, r := range line {
		apart := unicode.IsSpace(r) || strings.ContainsRune(":,;+", r)
		if inside && apart {
			ends = append([]int{i}, ends...)
		}
		inside = !apart
		if strings.ContainsRune(":,;", r) || len(ends) == most {
			return ends
		}
	}
	if inside {
		ends = append([]int{len(line)}, ends...)
	}
	return ends
}

// meantTarget is what a text names as a target, and which one that is probably meant to be.
func (c call) meantTarget(s bot.Snapshot, text string) (given, near string) {
	known := append(s.NetworkNames(), "alle", "projekte")
	ends := wordEnds(text, 6)
	for _, end := range ends {
		if given = text[:end]; near == "" {
			near = nearest(given, known)
		}
	}
	return shorten(oneLine(given), 60), near
}

// moment is what a head with a date begins with: «am Freitag 9:00: …».
var moment = regexp.MustCompile(`(?i)^(?:am|um|ab|on|at|heute|morgen|übermorgen|today|tomorrow|\d)`)

// usualTime is when an announcement goes out that is for a day.
var usualTime = calendar.Clock{Hour: 9}

// readWhen reads «am Freitag 9:00: Text», «: Text» or «Text»; ok is false for a date that is
// none. Only a colon (or the end of the line) makes a date of the words before it, so that a
// text can begin with one.
func readWhen(text string, now time.Time) (at time.Time, words string, ok bool) {
	text = strings.TrimSpace(text)
	if rest, cut := strings.CutPrefix(text, ":"); cut {
		return time.Time{}, strings.TrimSpace(rest), true
	}
	text = strings.TrimLeft(text, ",; ")
	head, words, cut := cutHead(text)
	if !cut || !moment.MatchString(head) && !startsWithDay(head, now) {
		return time.Time{}, text, true
	}
	today := calendar.DateOf(now)
	bare := regexp.MustCompile(`(?i)^(?:um|at|on)\s+`).ReplaceAllString(head, "")
	if clock, err := calendar.ParseClock(bare); err == nil {
		return today.At(clock, now.Location()), words, true
	}
	bare = strings.TrimSpace(strings.TrimPrefix(bare, "ab "))
	if day, clock, found := readMoment(bare, today, usualTime); found {
		return day.At(clock, now.Location()), words, true
	}
	if strings.ContainsFunc(head, unicode.IsDigit) { // it was meant to be one
		return time.Time{}, words, false
	}
	return time.Time{}, text, true
}

// cutHead cuts a short beginning off at a colon that is none of a time, or at the line's end.
func cutHead(text string) (head, rest string, ok bool) {
	for i, r := range text {
		if i > 60 {
			break
		}
		after := text[i+1:]
		if r == '\n' || r == ':' && (after == "" || unicode.IsSpace(rune(after[0]))) {
			return strings.TrimSpace(text[:i]), strings.TrimSpace(after), true
		}
	}
	return "", text, false
}

// startsWithDay reports whether a head begins with a day's name.
func startsWithDay(head string, now time.Time) bool {
	_, err := calendar.ParseDay(strings.TrimRight(firstOf(head), ",."), calendar.DateOf(now))
	return err == nil
}

// numberFirst cuts an announcement's number off.
func numberFirst(args string) (number int, rest string) {
	m := leadingNumber.FindStringSubmatch(args)
	if m == nil {
		return 0, args
	}
	number, _ = strconv.Atoi(m[2])
	return number, args[len(m[0]):]
}

// noticeMeant finds the announcement that a form is about: the one with the number, the one
// whose preview it answers, or the only one that it fits.
func (c call) noticeMeant(s bot.Snapshot, fits func(bot.Notice) bool) (bot.Snapshot, string, error) {
	number, rest := numberFirst(c.args)
	if !c.inPMO(s) {
		return s, "", c.noticeRefused(s, bot.NoticeRefusal{Why: "place"})
	}
	if number > 0 || s.Notice != nil {
		if s.Notice == nil || number > 0 && s.Notice.Number != number {
			return s, "", c.noticeRefused(s, bot.NoticeRefusal{Why: "number", Number: number})
		}
		return s, rest, nil
	}
	var found []bot.Notice
	for _, n := range s.Notices {
		if fits(n) {
			found = append(found, n)
		}
	}
	switch len(found) {
	case 0:
		return s, "", c.noticeRefused(s, bot.NoticeRefusal{Why: "none"})
	case 1:
		s.Notice = &found[0]
		return s, rest, nil
	}
	return s, "", c.noticeRefused(s, bot.NoticeRefusal{Why: "which"})
}

func waitsToBeSent(n bot.Notice) bool {
	return n.State == bot.NoticeDraft || n.State == bot.NoticeMissed
}
func waitingNotice(n bot.Notice) bool { return n.State.Waits() }
func sentNotice(n bot.Notice) bool    { return n.State == bot.NoticeSent }

// endNotice is for the forms that take nothing but a number.
func (c call) endNotice(s bot.Snapshot, fits func(bot.Notice) bool, do func(bot.Snapshot, bot.Event) (bot.Change, error)) (bot.Change, error) {
	s, rest, err := c.noticeMeant(s, fits)
	switch {
	case err != nil:
		return bot.Change{}, err
	case rest != "":
		return bot.Change{}, c.refuse(s, "nothing", rest)
	}
	return do(s, c.event)
}

func (c call) sendNotice(s bot.Snapshot) (bot.Change, error) {
	return c.endNotice(s, waitsToBeSent, notice.Confirm)
}

func (c call) cancelNotice(s bot.Snapshot) (bot.Change, error) {
	return c.endNotice(s, waitingNotice, notice.CallOff)
}

func (c call) retractNotice(s bot.Snapshot) (bot.Change, error) {
	return c.endNotice(s, sentNotice, notice.TakeBack)
}

// correctNotice gives an announcement other words.
func (c call) correctNotice(s bot.Snapshot) (bot.Change, error) {
	s, words, err := c.noticeMeant(s, func(n bot.Notice) bool { return n.State.Waits() || n.State == bot.NoticeSent })
	switch {
	case err != nil:
		return bot.Change{}, err
	case words == "":
		return bot.Change{}, c.wrong(s, "notice.text", "")
	}
	return notice.Correct(s, c.event, words)
}
