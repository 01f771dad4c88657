package commands

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lotse/bot"
)

// maxName is how many characters a name of a person, project or network may have.
const maxName = 80

// mark stands for the i-th mention of a message in its text. Text from a chat holds
// no control characters ([bot.Clean]), so nobody can type it.
func mark(i int) string { return "\x00" + strconv.Itoa(i) + "\x00" }

var marked = regexp.MustCompile("\x00(\\d+)\x00")

// marks puts marks where the text mentions people, so that commas and words within
// a display name («Beispiel, Maria») do not matter.
func marks(mentions []bot.Mention, text string) string {
	order := make([]int, len(mentions))
	for i := range order {
		order[i] = i
	}
	// The longest name first: «Maria» is also the beginning of «Maria Beispiel».
	slices.SortStableFunc(order, func(a, b int) int { return len(mentions[b].Name) - len(mentions[a].Name) })
	for _, i := range order {
		m := mentions[i]
		local := m.User.Local()
		for _, name := range []string{bot.Clean(m.Name), local} {
			for _, form := range []string{"@" + name, name} {
				if at := strings.Index(text, form); name != "" && at >= 0 {
					text = text[:at] + " " + mark(i) + " " + text[at+len(form):]
					break
				}
			}
			if strings.Contains(text, mark(i)) {
				break
			}
		}
	}
	return text
}

// found is a person who was named, and whether the books do not know them yet.
type found struct {
	bot.Person
	fresh bool
}

// person finds who is meant by a text with marks: the one mentioned, or somebody
// known by name or account. only says that a single mention that could not be found
// in the text is meant.
func (c call) person(s bot.Snapshot, text string, only bool) (found, error) {
	text = oneLine0(text)
	if m := marked.FindStringSubmatch(text); m != nil {
		if strings.Trim(strings.Replace(text, m[0], "", 1), " @,:;") != "" {
			return found{}, c.wrong(s, "person", c.unmarked(text))
		}
		i, _ := strconv.Atoi(m[1])
		return known(s, c.event.Mentions[i]), nil
	}
	name := strings.Trim(text, " @,:;")
	if name != "" && only && len(c.event.Mentions) == 1 {
		return known(s, c.event.Mentions[0]), nil
	}
	if name == "" {
		return found{}, c.wrong(s, "person", "")
	}
	if p, ok := byName(s, name); ok {
		return found{Person: p}, nil
	}
	return found{}, c.wrong(s, "person", name)
}

// oneLine0 is oneLine for a text with marks, which Clean would take out.
func oneLine0(s string) string { return strings.Join(strings.Fields(s), " ") }

// unmarked puts the names back where marks stand.
func (c call) unmarked(text string) string {
	return marked.ReplaceAllStringFunc(text, func(m string) string {
		i, _ := strconv.Atoi(strings.Trim(m, "\x00"))
		return c.event.Mentions[i].Name
	})
}

// known looks up a mentioned account; one the books do not know becomes a person.
func known(s bot.Snapshot, m bot.Mention) found {
	if id, ok := s.Users[m.User]; ok {
		if p, ok := s.People[id]; ok {
			return found{Person: p}
		}
		return found{Person: bot.Person{ID: id, Name: m.Name, Accounts: []bot.UserID{m.User}}}
	}
	local := m.User.Local()
	name := oneLine(m.Name)
	if name == "" || strings.TrimPrefix(name, "@") == strings.TrimPrefix(local, "@") {
		name, _, _ = strings.Cut(strings.TrimPrefix(local, "@"), ":")
	}
	return found{fresh: true, Person: bot.Person{ID: bot.PersonID(m.User), Name: shorten(strings.TrimPrefix(name, "@"), maxName), Accounts: []bot.UserID{m.User}}}
}

// byName finds the one person who is called so: whole name or account, else the
// only one whose name has all the words.
func byName(s bot.Snapshot, name string) (bot.Person, bool) {
	folded := fold(name)
	words := strings.Fields(bot.Fold(strings.ReplaceAll(name, ",", " ")))
	var exact, near []bot.Person
	for _, p := range s.People {
		match := fold(p.Name) == folded
		for _, account := range p.Accounts {
			local := strings.TrimPrefix(account.Local(), "@")
			user, _, _ := strings.Cut(local, ":")
			match = match || strings.EqualFold(local, name) || strings.EqualFold(user, name)
		}
		if match {
			exact = append(exact, p)
			continue
		}
		has := strings.Fields(bot.Fold(p.Name))
		if len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(has, w) }) {
			near = append(near, p)
		}
	}
	if len(exact) == 1 {
		return exact[0], true
	}
	if len(exact) == 0 && len(near) == 1 {
		return near[0], true
	}
	return bot.Person{}, false
}

var personSeparator = regexp.MustCompile(`\s*(?:,|;|&|\s(?:und|and)\s)\s*`)

// persons finds several people, separated by commas or «und». Each comes once.
func (c call) persons(s bot.Snapshot, text string) ([]found, error) {
	parts := slices.DeleteFunc(personSeparator.Split(marks(c.event.Mentions, text), -1), func(p string) bool { return strings.Trim(p, " @") == "" })
	if len(parts) > 20 {
		return nil, c.wrong(s, "people", "")
	}
	var list []found
	for _, part := range parts {
		// «@Maria @Jan» without a comma between.
		if all := marked.FindAllString(part, -1); len(all) > 1 && strings.Trim(marked.ReplaceAllString(part, ""), " @") == "" {
			for _, m := range all {
				p, _ := c.person(s, m, false)
				list = appendPerson(list, p)
			}
			continue
		}
		p, err := c.person(s, part, len(parts) == 1)
		if err != nil {
			return nil, err
		}
		list = appendPerson(list, p)
	}
	if len(list) == 0 {
		return nil, c.wrong(s, "people", "")
	}
	return list, nil
}

func appendPerson(list []found, p found) []found {
	if slices.ContainsFunc(list, func(f found) bool { return f.ID == p.ID }) {
		return list
	}
	return append(list, p)
}

// settle puts the people who are new into a change and returns all of them.
func settle(list []found, change *bot.Change) (ids []bot.PersonID, all []bot.Person) {
	for _, f := range list {
		ids, all = append(ids, f.ID), append(all, f.Person)
		if f.fresh {
			change.People = append(change.People, f.Person)
		}
	}
	return ids, all
}

// introduced is settle for a decision that names the people in its own texts: it finds
// those who are new in the snapshot, too.
func introduced(s *bot.Snapshot, list []found) (ids []bot.PersonID, fresh []bot.Person) {
	var change bot.Change
	ids, all := settle(list, &change)
	people := maps.Clone(s.People)
	if people == nil {
		people = map[bot.PersonID]bot.Person{}
	}
	for _, p := range all {
		people[p.ID] = p
	}
	s.People = people
	return ids, change.People
}

// withPeople adds to a query what is needed to find people by mention or name.
func withPeople(c call, q bot.Query) bot.Query {
	q.AllPeople = true
	for _, m := range c.event.Mentions {
		q.Users = append(q.Users, m.User)
	}
	return q
}
