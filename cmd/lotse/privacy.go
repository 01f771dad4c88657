package main

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"lotse/bot"
)

func newPrivacy(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "privacy",
		Short: "Tell, export and erase what is stored about a person; print the processing record",
		Long: `What a German administration is asked first. In chat, everybody can ask the bot with !datenschutz what it has stored about
them.`,
		Args: onlyBelow,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPrivacyExport(a), newPrivacyErase(a), newPrivacySheet(a))
	return cmd
}

// personOf finds whom somebody means by an id, a name or an account. An account or a name that the books do not know is
// somebody, too: a stranger may have left traces.
func personOf(people map[bot.PersonID]bot.Person, who string) (bot.Person, error) {
	account := userID(who)
	var same []bot.Person
	var names []string
	for _, p := range people {
		switch {
		case string(p.ID) == who, slices.Contains(p.Accounts, account):
			return p, nil
		case bot.Fold(p.Name) == bot.Fold(who):
			same = append(same, p)
		}
		names = append(names, p.Name, string(p.ID))
	}
	if _, ok := goodUser(who); ok && len(same) == 0 {
		return bot.Person{Accounts: []bot.UserID{account}}, nil
	}
	switch len(same) {
	case 0:
		slices.Sort(names)
		if near := nearest(who, names); near == "" && strings.Contains(strings.TrimSpace(who), " ") {
			return bot.Person{Name: strings.TrimSpace(who)}, nil // somebody whom others may have named
		}
		return bot.Person{}, fmt.Errorf("nobody is known as %q%s; give a name, an id, or an account like @maria:stadt.example", who, didYouMean(nearest(who, names)))
	case 1:
		return same[0], nil
	}
	var ids []string
	for _, p := range same {
		ids = append(ids, fmt.Sprintf("%s (%s)", p.ID, localAccounts(p.Accounts)))
	}
	slices.Sort(ids)
	return bot.Person{}, fmt.Errorf("several persons are called %q: %s; give the id or an account", who, strings.Join(ids, ", "))
}

// recognised is how an operator recognises a person.
func recognised(p bot.Person) string {
	accounts := localAccounts(p.Accounts)
	if p.ID == "" {
		return cmp.Or(accounts, p.Name)
	}
	text := fmt.Sprintf("%s (%s)", cmp.Or(p.Name, string(p.ID)), p.ID)
	if accounts != "" {
		text += ", " + accounts
	}
	return text
}

// naming are the places of the configuration that name a person, one line each.
func (c *Config) naming(p bot.Person) ([]string, error) {
	data, err := os.ReadFile(c.file)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	s := readStrict(data, defaultConfig(), &faults{file: c.file})
	var places []string
	add := func(path, what string) {
		places = append(places, fmt.Sprintf("%s:%d: %s: %s", c.file, s.at(path).Line, path, what))
	}
	ids := map[string]bool{string(p.ID): p.ID != ""}
	theirs := func(account string) bool { return slices.Contains(p.Accounts, userID(account)) }
	for i, person := range c.Persons {
		if ids[person.ID] || slices.ContainsFunc(person.Accounts, theirs) {
			ids[person.ID] = true
			add(fmt.Sprintf("people[%d]", i), person.personName())
		}
	}
	for _, role := range []struct {
		name string
		who  []string
	}{{"pmo", c.Roles.PMO}, {"dm", c.Roles.DM}, {"dikon", c.Roles.DIKON}} {
		for i, id := range role.who {
			if ids[id] {
				add(fmt.Sprintf("roles.%s[%d]", role.name, i), id)
			}
		}
	}
	for i, account := range c.Matrix.Allow.Users {
		if theirs(account) {
			add(fmt.Sprintf("matrix.allow.users[%d]", i), account)
		}
	}
	if theirs(c.Matrix.User) {
		add("matrix.user", "the bot itself")
	}
	return places, nil
}
