package commands

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lotse/bot"
	"lotse/bot/meetup"
)

func topicCommand() command {
	f := topicForm()
	f.name, f.words, f.open = "topic", nil, false
	f.usage = []text{
		{"!thema STICHWORTE", "!topic WORDS"}, {"!themen", "!topics"},
		{"!thema 3 20 min", "!topic 3 20 min"}, {"!thema 3 streichen", "!topic 3 drop"}, {"!thema 3 wieder", "!topic 3 again"},
	}
	f.example = text{"!thema Was die eAkte im Alltag ändert", "!topic What electronic files change in everyday work"}
	return command{words: []string{"thema", "topic", "themen", "topics"}, forms: []form{f}}
}

// topicForm is the same as a form of !meetup.
func topicForm() form {
	return form{
		name:    "meetup.topic",
		words:   []string{"thema", "topic", "themen", "topics"},
		usage:   []text{{"!meetup thema STICHWORTE", "!meetup topic WORDS"}},
		example: text{"!meetup thema Was die eAkte im Alltag ändert", "!meetup topic What electronic files change in everyday work"},
		open:    true,
		edits:   true,
		offered: call.amongNetwork,
		query: func(c call) bot.Query {
			q := spokenNetwork(c)
			q.Meetups, q.Members = true, c.event.Direct
			return q
		},
		decide: call.topic,
	}
}

// amongNetwork lists a form in the help where a network is.
func (c call) amongNetwork(s bot.Snapshot) bool { return s.Room.Kind == bot.RoomNetwork }

// called is a network's name before a colon, where words follow: «Digilotsen: …».
var called = regexp.MustCompile(`^([^:\n]{1,80}):\s+(.*)$`)

// spokenNetwork asks for the network that words may be for. In a direct chat they may begin
// with its name; elsewhere a colon follows: they may also begin so and be about it.
func spokenNetwork(c call) bot.Query {
	if c.event.Direct {
		return bot.Query{NetworkName: c.args}
	}
	if m := called.FindStringSubmatch(c.args); m != nil && bot.Slug(m[1]) != "" {
		return bot.Query{NetworkName: `"` + strings.ReplaceAll(m[1], `"`, " ") + `"`}
	}
	return bot.Query{NetworkName: "–"} // the room's, or the only one there is
}

// network checks that a network is meant here that the asker may write for, and returns the
// arguments without its name.
func (c call) network(s bot.Snapshot) (string, error) {
	if s.Network == nil {
		return "", c.wrong(s, "ofnetwork", "")
	}
	host := meetup.Hosts(s, s.Meetup)
	if !c.event.Direct && !host && (s.Room.Kind != bot.RoomNetwork || bot.NetworkSlug(s.Room.Network) != s.Network.ID) {
		return "", &bot.UserError{Template: "error.topic", Data: bot.MeetupRefusal{Why: "elsewhere", Network: s.Network.Name}}
	}
	for _, r := range bot.Readings(c.args) {
		if r.Slug == string(s.Network.ID) || r.Slug == bot.Slug(s.Network.Name) {
			colon := called.MatchString(c.args)
			if c.event.Direct || r.Quoted || colon && strings.HasSuffix(c.args, ": "+r.Rest) || !worded(r.Rest) {
				return r.Rest, nil
			}
		}
	}
	if m := called.FindStringSubmatch(c.args); m != nil && (bot.Slug(m[1]) == string(s.Network.ID) || bot.Slug(m[1]) == bot.Slug(s.Network.Name)) {
		return m[2], nil
	}
	return c.args, nil
}

// worded reports whether there are words, not only numbers.
func worded(rest string) bool {
	_, numbers := parseNumbers(rest)
	return rest != "" && !numbers
}

var (
	topicNumber  = regexp.MustCompile(`^(?:[Nn]r\.?\s*|#)?(\d{1,3}):?\s+(.+)$`)
	topicMinutes = regexp.MustCompile(`(?i)^(\d{1,3})\s*(?:min\.?|minuten|minutes|minute|′|')$`)
	againWords   = []string{"wieder", "again", "zurück", "back", "doch"}
)

// topic proposes a topic, changes one, or lists them.
func (c call) topic(s bot.Snapshot) (bot.Change, error) {
	words, err := c.network(s)
	if err != nil {
		return bot.Change{}, err
	}
	if t := s.Target; c.event.Kind == bot.EventEdit {
		if t != nil && t.Subject.Meetup != "" && t.Subject.N > 0 && !t.Own {
			return meetup.Reword(s, c.event, words)
		}
		c.event.Kind, c.event.Message, c.event.Target = bot.EventMessage, c.event.Target, ""
	}
	if words == "" {
		return c.topics(s)
	}
	if m := topicNumber.FindStringSubmatch(oneLine(words)); m != nil {
		n, _ := strconv.Atoi(m[1])
		word := fold(strings.TrimRight(m[2], ".!"))
		switch minutes := topicMinutes.FindStringSubmatch(m[2]); {
		case is(word, dropWords):
			return meetup.Drop(s, c.event, n, true)
		case is(word, againWords):
			return meetup.Drop(s, c.event, n, false)
		case minutes != nil:
			long, _ := strconv.Atoi(minutes[1])
			if long > 240 {
				return bot.Change{}, c.wrong(s, "minutes", minutes[1])
			}
			return meetup.Plan(s, c.event, n, long)
		}
	}
	if _, ok := parseNumbers(words); ok {
		return bot.Change{}, c.wrong(s, "topic", words)
	}
	return meetup.Propose(s, c.event, words)
}

// topics lists the topics.
func (c call) topics(s bot.Snapshot) (bot.Change, error) {
	list, ok := meetup.Listed(s)
	if !ok {
		return bot.Change{}, &bot.UserError{Template: "error.topic", Data: bot.MeetupRefusal{Why: "none", Network: s.Network.Name}}
	}
	return c.reply("topics shown", "reply.topics", list), nil
}

// meetupTopics are the forms of !meetup about what is talked about, and what is kept of it.
func meetupTopics() []form {
	hosts := func(c call, s bot.Snapshot) bool { return c.amongNetwork(s) && meetup.Hosts(s, s.Meetup) }
	byName := func(c call) bot.Query { return bot.Query{NetworkName: cmpOr(c.args, "–"), Meetups: true} }
	spoken := func(c call) bot.Query {
		q := spokenNetwork(c)
		q.Meetups = true
		return q
	}
	host := func(f form) form {
		f.offered = hosts
		return f
	}
	return []form{
		topicForm(),
		host(form{
			name:    "meetup.agenda",
			words:   []string{"agenda", "agenda", "tagesordnung", "programm"},
			usage:   []text{{"!meetup agenda", "!meetup agenda"}, {"!meetup agenda NUMMER …", "!meetup agenda NUMBER …"}, {"!meetup agenda stimmen", "!meetup agenda votes"}},
			example: text{"!meetup agenda 3 1 2", "!meetup agenda 3 1 2"},
			query:   byName,
			decide:  call.agenda,
		}),
		host(form{
			name:    "meetup.dealt",
			words:   []string{"erledigt", "done", "besprochen", "discussed"},
			usage:   []text{{"!meetup erledigt NUMMER …", "!meetup done NUMBER …"}, {"!meetup erledigt keine", "!meetup done none"}},
			example: text{"!meetup erledigt 1 2", "!meetup done 1 2"},
			query:   byName,
			decide:  call.dealt,
		}),
		host(form{
			name:    "meetup.note",
			words:   []string{"notiz", "note", "zusammenfassung", "summary", "notizen", "notes"},
			usage:   []text{{"!meetup notiz STICHWORTE", "!meetup note WORDS"}},
			example: text{"!meetup notiz Die eAkte startet im März", "!meetup note Electronic files start in March"},
			edits:   true,
			query:   spoken,
			decide: func(c call, s bot.Snapshot) (bot.Change, error) {
				return c.keeps(s, c.wrong(s, "note", ""), meetup.Note)
			},
		}),
		host(form{
			name:    "meetup.links",
			words:   []string{"links", "links", "folien", "slides"},
			usage:   []text{{"!meetup links https://…", "!meetup links https://…"}},
			example: text{"!meetup links Folien: https://wiki.example.org/eakte", "!meetup links Slides: https://wiki.example.org/files"},
			edits:   true,
			query:   spoken,
			decide: func(c call, s bot.Snapshot) (bot.Change, error) {
				return c.keeps(s, c.wrong(s, "weblink", ""), meetup.Link)
			},
		}),
		host(form{
			name:    "meetup.attended",
			words:   []string{"teilnehmende", "participants", "teilnehmer", "attendees", "anwesend"},
			usage:   []text{{"!meetup teilnehmende ANZAHL", "!meetup participants NUMBER"}},
			example: text{"!meetup teilnehmende 43", "!meetup participants 43"},
			query:   byName,
			decide:  call.attended,
		}),
		{
			name:    "meetup.search",
			words:   []string{"suche", "search", "suchen", "find"},
			usage:   []text{{"!meetup suche WORTE", "!meetup search WORDS"}},
			example: text{"!meetup suche eAkte", "!meetup search files"},
			offered: call.amongNetwork,
			query: func(c call) bot.Query {
				words, page := searched(c.args)
				if len(words) == 0 {
					return bot.Query{AllNetworks: true, Archived: true}
				}
				return bot.Query{AllNetworks: true, Archived: true, Find: &bot.MeetupSearch{Words: words, Here: true, Limit: page*foundPerPage + 1}}
			},
			decide: call.searchMeetups,
		},
	}
}

func cmpOr(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// agenda lists the topics, or puts them in order.
func (c call) agenda(s bot.Snapshot) (bot.Change, error) {
	words, err := c.network(s)
	switch {
	case err != nil:
		return bot.Change{}, err
	case words == "":
		return c.topics(s)
	case is(fold(words), []string{"stimmen", "votes", "nach stimmen", "by votes"}):
		return meetup.Order(s, c.event, nil)
	}
	numbers, ok := parseNumbers(words)
	if !ok {
		return bot.Change{}, c.wrong(s, "topics", words)
	}
	return meetup.Order(s, c.event, numbers)
}

// dealt says which topics were talked about.
func (c call) dealt(s bot.Snapshot) (bot.Change, error) {
	words, err := c.network(s)
	if err != nil {
		return bot.Change{}, err
	}
	numbers, ok := parseNumbers(words)
	if !ok && !is(fold(words), []string{"keine", "keines", "nichts", "none", "nothing"}) {
		return bot.Change{}, c.wrong(s, "topics", words)
	}
	return meetup.Deal(s, c.event, numbers)
}

// attended says how many were there.
func (c call) attended(s bot.Snapshot) (bot.Change, error) {
	words, err := c.network(s)
	if err != nil {
		return bot.Change{}, err
	}
	n, err := strconv.Atoi(strings.Trim(words, " ."))
	if err != nil || n < 0 || n > 9999 {
		return bot.Change{}, c.wrong(s, "attended", words)
	}
	return meetup.Attended(s, c.event, n)
}

// keeps keeps words of the last meetup; missing says that there are none.
func (c call) keeps(s bot.Snapshot, missing error, how func(bot.Snapshot, bot.Event, string) (bot.Change, error)) (bot.Change, error) {
	words, err := c.network(s)
	switch {
	case err != nil:
		return bot.Change{}, err
	case words == "":
		return bot.Change{}, missing
	}
	if t := s.Target; c.event.Kind == bot.EventEdit {
		if t != nil && t.Subject.Meetup != "" && !t.Own {
			return meetup.Renote(s, c.event, words)
		}
		c.event.Kind, c.event.Message, c.event.Target = bot.EventMessage, c.event.Target, ""
	}
	return how(s, c.event, words)
}

// foundPerPage is how many meetups a search shows at once, mostPages how often one may ask
// for more.
const (
	foundPerPage = 5
	mostPages    = 20
)

var pageAsked = regexp.MustCompile(`(?i)^(.*?)(?:\s+(?:seite|page)\s+(\d{1,2}))?$`)

// searched splits «eAkte Start seite 2» into words and page.
func searched(args string) (words []string, page int) {
	m := pageAsked.FindStringSubmatch(oneLine(args))
	page, _ = strconv.Atoi(m[2])
	words = strings.Fields(m[1])
	return words[:min(len(words), 10)], min(max(page, 1), mostPages)
}

// searchMeetups shows what was kept of meetups: in a network's room of its own, to the PMO
// of all, to a host of theirs.
func (c call) searchMeetups(s bot.Snapshot) (bot.Change, error) {
	words, page := searched(c.args)
	if len(words) == 0 {
		return bot.Change{}, c.wrong(s, "search", "")
	}
	of := map[bot.NetworkID]bot.Network{}
	for _, n := range s.Networks {
		if s.Room.Kind == bot.RoomNetwork || s.Is(bot.RolePMO) || s.Person != nil && n.Hosting(s.Person.ID) {
			of[n.ID] = n
		}
	}
	if s.Room.Kind != bot.RoomNetwork && (!c.shows(s, "") || len(of) == 0) {
		return bot.Change{}, &bot.UserError{Template: "error.topic", Data: bot.MeetupRefusal{Why: "nosearch"}}
	}
	data := bot.MeetupFound{Words: shorten(strings.Join(words, " "), 80), Whole: s.Room.Kind != bot.RoomNetwork, Page: page}
	found := slices.DeleteFunc(s.Found, func(m bot.Meetup) bool { return of[m.Network].ID == "" })
	found = found[min(len(found), (page-1)*foundPerPage):]
	if len(found) > foundPerPage {
		data.More = strings.TrimSpace("!meetup " + c.form.words[boolInt(lang(s) == bot.English)] + " " + data.Words + text{" seite ", " page "}.in(lang(s)) + strconv.Itoa(page+1))
		found = found[:foundPerPage]
	}
	for _, m := range found {
		n := of[m.Network]
		s.Network = &n
		data.Found = append(data.Found, meetup.Found(s, m))
	}
	return c.reply("meetups searched", "reply.meetups.found", data), nil
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
