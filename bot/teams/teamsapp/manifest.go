package teamsapp

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"

	"lotse/bot"
)

// Schema is the version of the manifest's schema.
const Schema = "1.25"

const schemaURL = "https://developer.microsoft.com/json-schemas/teams/v" + Schema + "/MicrosoftTeams.schema.json"

// App is what a city's app package is made of.
type App struct {
	ID        string // the application's id in Entra
	Name      string // of the bot, as people see it
	Developer string // who runs it
	Website   string // of who runs it; addresses begin with https://
	Privacy   string // what they say about data protection
	Terms     string // what they say about using it
	Language  bot.Language
	Version   Version
}

// Manifest is manifest.json, as far as a bot needs it.
// https://learn.microsoft.com/microsoftteams/platform/resources/schema/manifest-schema
type Manifest struct {
	Schema          string         `json:"$schema"`
	ManifestVersion string         `json:"manifestVersion"`
	Version         Version        `json:"version"`
	ID              string         `json:"id"`
	Localization    localization   `json:"localizationInfo"`
	Developer       developer      `json:"developer"`
	Name            named          `json:"name"`
	Description     description    `json:"description"`
	Icons           icons          `json:"icons"`
	Accent          string         `json:"accentColor"`
	Bots            []botEntry     `json:"bots"`
	Permissions     []string       `json:"permissions"`
	WebApplication  webApplication `json:"webApplicationInfo"`
	Authorization   authorization  `json:"authorization"`
	ChannelFeatures string         `json:"supportsChannelFeatures"`
}

type localization struct {
	Tag string `json:"defaultLanguageTag"`
}

type developer struct {
	Name    string `json:"name"`
	Website string `json:"websiteUrl"`
	Privacy string `json:"privacyUrl"`
	Terms   string `json:"termsOfUseUrl"`
}

type named struct {
	Short string `json:"short"`
	Full  string `json:"full"`
}

type description named

type icons struct {
	Outline string `json:"outline"`
	Color   string `json:"color"`
}

type botEntry struct {
	ID       string        `json:"botId"`
	Scopes   []string      `json:"scopes"`
	Notifies bool          `json:"isNotificationOnly"`
	Files    bool          `json:"supportsFiles"`
	Commands []commandList `json:"commandLists"`
}

type commandList struct {
	Scopes   []string  `json:"scopes"`
	Commands []command `json:"commands"`
}

// command is one of the menu that Teams shows above the box one writes in.
type command struct {
	Title       string `json:"title"`
	Description string `json:"description"`
}

type webApplication struct {
	ID       string `json:"id"`
	Resource string `json:"resource"`
}

type authorization struct {
	Permissions struct {
		Specific []permission `json:"resourceSpecific"`
	} `json:"permissions"`
}

type permission struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// Permissions are what a team's or a chat's owner is asked for, and why.
var Permissions = []struct{ Name, Why string }{
	{"ChannelMessage.Read.Group", "answers in channels and their threads reach the bot without mentioning it"},
	{"ChatMessage.Read.Chat", "answers in group chats do"},
}

// Where a bot can be added.
const (
	scopePersonal = "personal"
	scopeTeam     = "team"
	scopeGroup    = "groupChat"
)

// Manifest is what the package says about the app.
func (a App) Manifest() Manifest {
	words := wordsIn(a.Language)
	m := Manifest{
		Schema: schemaURL, ManifestVersion: Schema, Version: a.Version, ID: strings.ToLower(a.ID),
		Localization:    localization{words.tag},
		Developer:       developer{a.Developer, a.Website, a.Privacy, a.Terms},
		Name:            named{a.Name, a.Name + " · " + a.Developer},
		Description:     description{words.short, fmt.Sprintf(words.full, a.Name)},
		Icons:           icons{Outline: outlineFile, Color: colorFile},
		Accent:          fmt.Sprintf("#%02X%02X%02X", night.R, night.G, night.B),
		Permissions:     []string{"identity", "messageTeamMembers"},
		WebApplication:  webApplication{strings.ToLower(a.ID), "api://botid-" + strings.ToLower(a.ID)}, // what it is does not matter, but it must be there
		ChannelFeatures: "tier1",
		Bots: []botEntry{{
			ID: strings.ToLower(a.ID), Scopes: []string{scopePersonal, scopeTeam, scopeGroup},
			Commands: []commandList{
				{[]string{scopePersonal}, words.of(inPersonal)},
				{[]string{scopeTeam, scopeGroup}, words.of(inShared)},
			},
		}},
	}
	for _, p := range Permissions {
		m.Authorization.Permissions.Specific = append(m.Authorization.Permissions.Specific, permission{p.Name, "Application"})
	}
	return m
}

// Menu are the commands that the menus of a language offer.
func Menu(l bot.Language) (titles []string) {
	for _, e := range wordsIn(l).menu {
		titles = append(titles, e.title)
	}
	return titles
}

var (
	isGUID  = regexp.MustCompile(`^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	isColor = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	isTag   = regexp.MustCompile(`^[A-Za-z0-9]{1,8}(?:-[A-Za-z0-9]{1,8}){0,2}$`)
)

// Check says all that Teams would refuse, one fault each, or nil.
func (m Manifest) Check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	text := func(field, value string, most int) {
		switch n := len(utf16.Encode([]rune(value))); {
		case strings.TrimSpace(value) == "":
			fault("%s is missing", field)
		case n > most:
			fault("%s has %d characters, Teams takes %d", field, n, most)
		}
	}
	address := func(field, value string) {
		text(field, value, 2048)
		if u, err := url.Parse(value); value != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
			fault("%s must begin with https://, and does not: %q", field, value)
		}
	}
	id := func(field, value string) {
		if !isGUID.MatchString(value) {
			fault("%s is no application's id: %q", field, value)
		}
	}
	among := func(field string, values []string, known ...string) {
		if len(values) == 0 {
			fault("%s is missing", field)
		}
		for i, v := range values {
			if !slices.Contains(known, v) || slices.Contains(values[:i], v) {
				fault("%s: %q is not one of %s, once each", field, v, strings.Join(known, ", "))
			}
		}
	}

	if m.Schema != schemaURL || m.ManifestVersion != Schema {
		fault("$schema and manifestVersion must be those of %s", Schema)
	}
	if m.Version == (Version{}) {
		fault("version is missing")
	}
	id("id", m.ID)
	if !isTag.MatchString(m.Localization.Tag) {
		fault("localizationInfo.defaultLanguageTag is no language: %q", m.Localization.Tag)
	}
	text("developer.name", m.Developer.Name, 32)
	address("developer.websiteUrl", m.Developer.Website)
	address("developer.privacyUrl", m.Developer.Privacy)
	address("developer.termsOfUseUrl", m.Developer.Terms)
	text("name.short", m.Name.Short, 30)
	text("name.full", m.Name.Full, 100)
	text("description.short", m.Description.Short, 80)
	text("description.full", m.Description.Full, 4000)
	switch {
	case m.Name.Short == m.Name.Full:
		fault("name.short and name.full must differ")
	case m.Description.Short != "" && strings.Contains(m.Description.Full, m.Description.Short):
		fault("description.full must not repeat description.short")
	}
	text("icons.outline", m.Icons.Outline, 2048)
	text("icons.color", m.Icons.Color, 2048)
	if !isColor.MatchString(m.Accent) {
		fault("accentColor is no colour like #10304F: %q", m.Accent)
	}
	among("permissions", m.Permissions, "identity", "messageTeamMembers")
	if m.ChannelFeatures != "tier1" { // https://learn.microsoft.com/microsoftteams/platform/resources/schema/manifest-schema#supportschannelfeatures
		fault("supportsChannelFeatures must be tier1 for an app that can be added to teams")
	}

	if len(m.Bots) != 1 {
		fault("bots: there are %d, Teams takes 1", len(m.Bots))
	}
	for _, b := range m.Bots {
		id("bots.botId", b.ID)
		among("bots.scopes", b.Scopes, scopePersonal, scopeTeam, scopeGroup)
		if len(b.Commands) > 3 {
			fault("bots.commandLists: there are %d, Teams takes 3", len(b.Commands))
		}
		for _, list := range b.Commands {
			among("bots.commandLists.scopes", list.Scopes, b.Scopes...)
			if n := len(list.Commands); n > 12 || n == 0 {
				fault("bots.commandLists.commands: there are %d, Teams takes 1 to 12", n)
			}
			for _, c := range list.Commands {
				text("bots.commandLists.commands.title", c.Title, 128)
				text("bots.commandLists.commands.description", c.Description, 4000)
			}
		}
	}

	id("webApplicationInfo.id", m.WebApplication.ID)
	text("webApplicationInfo.resource", m.WebApplication.Resource, 2048)
	asked := m.Authorization.Permissions.Specific
	if len(asked) > 16 {
		fault("authorization: %d permissions, Teams takes 16", len(asked))
	}
	for i, p := range asked {
		text("authorization.permissions.resourceSpecific.name", p.Name, 128)
		if p.Type != "Application" && p.Type != "Delegated" || slices.Contains(asked[:i], p) {
			fault("authorization.permissions.resourceSpecific: %s is twice in it, or neither Application nor Delegated", p.Name)
		}
	}
	return errors.Join(faults...)
}

// encode is the manifest as it stands in the package.
func (m Manifest) encode() ([]byte, error) {
	b, err := json.MarshalIndent(m, "", "  ")
	return append(b, '\n'), err
}
