package commands

import (
	"slices"

	"lotse/bot"
)

func helpCommand() command {
	return command{
		words: []string{"hilfe", "help", "befehle", "commands", "h"},
		forms: []form{{
			name:    "help",
			usage:   []text{{"!hilfe", "!help"}, {"!hilfe BEFEHL", "!help COMMAND"}},
			example: text{"!hilfe status", "!help status"},
			unbound: true, anywhere: true,
			query:  func(c call) bot.Query { return bot.Query{AllProjects: true} },
			decide: call.help,
		}},
	}
}

// help lists what the asker may do here, or explains one command.
func (c call) help(s bot.Snapshot) (bot.Change, error) {
	data := bot.Help{BotName: s.Settings.BotName, Kind: s.Room.Kind, Roles: c.roles(s), Direct: c.event.Direct}
	if s.Project != nil && s.Room.Project == s.Project.ID {
		data.Project = nameOf(*s.Project)
	}
	if word, rest := firstWord(c.args); word != "" {
		asked, ok := c.table.parse("!"+trimBang(word)+" "+rest, false)
		if !ok || asked.command == nil {
			asked.given = shorten(oneLine(trimBang(word)), 40)
			return bot.Change{}, asked.unknown()
		}
		data.Detail = true
		for i := range asked.command.forms {
			f := &asked.command.forms[i]
			if rest == "" || f == asked.form {
				data.Commands = append(data.Commands, asked.command.line(f, lang(s)))
			}
		}
		return c.reply("help on a command", "reply.help", data), nil
	}
	for _, command := range c.table.commands {
		var offered []*form
		for i := range command.forms {
			if f := &command.forms[i]; c.offers(s, f, data.Roles) {
				offered = append(offered, f)
				data.Enters = data.Enters || f.name == string(bot.FieldStatus)
			}
		}
		if command.about != "" && len(offered) > manyForms {
			line := command.together(offered, lang(s))
			data.Commands, data.Group = append(data.Commands, line), line.Word
			continue
		}
		for _, f := range offered {
			data.Commands = append(data.Commands, command.line(f, lang(s)))
		}
	}
	return c.reply("help", "reply.help", data), nil
}

// manyForms is how many forms of a command the overview shows line by line.
const manyForms = 2

// together is all forms of a command in one line.
func (c command) together(forms []*form, l bot.Language) bot.HelpLine {
	line := bot.HelpLine{Name: c.about, Word: c.word(l)}
	line.Usage = []string{"!" + line.Word}
	for _, f := range forms {
		if len(f.words) > 0 {
			line.Forms = append(line.Forms, text{f.words[0], f.words[1]}.in(l))
		}
	}
	return line
}

// roles are what the asker is: in the city, and in the room's project or, where
// the room has none, in any.
func (c call) roles(s bot.Snapshot) []bot.Role {
	var roles []bot.Role
	for _, r := range []bot.Role{bot.RolePMO, bot.RoleDM, bot.RoleDIKON} {
		if s.Is(r) {
			roles = append(roles, r)
		}
	}
	if hosting(s) {
		roles = append(roles, bot.RoleHost)
	}
	if s.Room.Kind == bot.RoomProject {
		if r := s.ProjectRole(); r != "" {
			roles = append(roles, r)
		}
		return roles
	}
	for _, p := range own(s) {
		if r := p.RoleOf(s.Person.ID, s.Today()); !slices.Contains(roles, r) {
			roles = append(roles, r)
		}
	}
	return roles
}

// offers reports whether the help lists a form for somebody with these roles.
func (c call) offers(s bot.Snapshot, f *form, roles []bot.Role) bool {
	if f.open || f.offered != nil && !f.offered(c, s) {
		return false
	}
	if !c.bound(s) && !(f.anywhere || f.unbound && slices.Contains(roles, bot.RolePMO)) {
		return false
	}
	return f.may == nil || slices.ContainsFunc(roles, func(r bot.Role) bool { return slices.Contains(f.may, r) })
}

// line is a form as the help shows it.
func (c command) line(f *form, l bot.Language) bot.HelpLine {
	line := bot.HelpLine{Name: f.name, Word: c.word(l), Example: f.example.in(l), Roles: f.may}
	for _, u := range f.usage {
		line.Usage = append(line.Usage, u.in(l))
	}
	return line
}

// word is what the command is called in a language.
func (c command) word(l bot.Language) string { return text{c.words[0], c.words[1]}.in(l) }

func trimBang(word string) string {
	for len(word) > 0 && word[0] == '!' {
		word = word[1:]
	}
	return word
}
