package main

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"text/template"

	"github.com/spf13/cobra"

	"lotse/bot"
)

//go:embed privacy_sheet.md.tmpl
var sheetTemplate string

func newPrivacySheet(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "sheet",
		Short: "Print the processing record of this configuration (Verzeichnis von Verarbeitungstätigkeiten)",
		Long: `Sheet prints a draft of the record of processing activities that Art. 30 GDPR wants (Verzeichnis von
Verarbeitungstätigkeiten), in German, as Markdown, as it follows from the configuration and the database. What only the
administration knows is marked with [ergänzen: …].`,
		Example: "  lotse privacy sheet > verzeichnis.md",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := loadConfig(a.config)
			if err != nil {
				return err
			}
			text, err := a.sheet(cmd.Context(), config)
			if err != nil {
				return err
			}
			_, err = a.stdout.Write(text)
			return err
		},
	}
}

// sheet is the processing record.
func (a *app) sheet(ctx context.Context, c *Config) ([]byte, error) {
	books, found, err := c.loadBooks(ctx, allBooks)
	if err != nil {
		return nil, err
	}
	info, _ := debug.ReadBuildInfo()
	home, err := url.Parse(c.Matrix.Homeserver)
	if err != nil {
		return nil, fmt.Errorf("address of the homeserver: %w", err)
	}
	data := map[string]any{
		"Date": a.now().In(c.Zone.Location).Format("02.01.2006"), "Version": versionOf(version, info), "City": c.City,
		"PMO": c.namesOf(c.Roles.PMO), "DIKON": len(c.Roles.DIKON) > 0,
		"Members": map[string]int{"pmo": len(c.Roles.PMO), "dm": len(c.Roles.DM), "dikon": len(c.Roles.DIKON)},
		"Rhythm":  c.rhythmInWords(), "Books": found, "People": len(books.People), "Projects": len(books.Projects), "Limit": c.Limits.CommandsAMinute,
		"Matrix": c.Matrix.on(), "Teams": c.Teams.on(), "Homeserver": home.Host, "Rooms": c.readers(books), "Invites": c.inviters(), "Metrics": c.Metrics.Listen, "Web": c.Web.Address, "LogLevel": c.Log.Level,
		"Greeting":  map[string]string{"direct": "im Direktchat", "thread": "im Raum"}[c.Greeting.Where],
		"Reports":   kept(c.Retention.ReportsMonths, "Monat", "Monate"),
		"Messages":  kept(c.Retention.MessagesDays, "Tag", "Tage"),
		"Decisions": kept(c.Retention.DecisionsYears, "Jahr", "Jahre"),
		"Transport": map[bool]string{true: "verschlüsselt (https)", false: "unverschlüsselt (http) **[prüfen]**"}[home.Scheme == "https" || !c.Matrix.on()],
		"Sealed": map[bool]string{true: "Direktchats, die der Bot eröffnet, sind verschlüsselt",
			false: "Direktchats, die der Bot eröffnet, sind laut Konfiguration nicht verschlüsselt"}[c.Matrix.EncryptDirectChats],
		"Verified": map[bool]string{true: "In verschlüsselten Räumen zählt nur, was von bestätigten Geräten kommt.",
			false: "In verschlüsselten Räumen zählen auch Nachrichten von Geräten, die ihre Besitzer nicht bestätigt haben (`only_verified_devices: false`)."}[c.Matrix.OnlyVerified],
	}
	t, err := template.New("sheet").Option("missingkey=error").Parse(sheetTemplate)
	if err != nil {
		return nil, fmt.Errorf("template of the processing record: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return nil, fmt.Errorf("template of the processing record: %w", err)
	}
	return b.Bytes(), nil
}

// kept is how long something is kept, in German.
func kept(n int, one, many string) string {
	switch n {
	case 0:
		return "keine Frist eingestellt **[prüfen]**"
	case 1:
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// namesOf are the names of people of the configuration.
func (c *Config) namesOf(ids []string) string {
	var names []string
	for _, p := range c.Persons {
		if slices.Contains(ids, p.ID) {
			names = append(names, p.personName())
		}
	}
	return strings.Join(names, ", ")
}

func (c *Config) rhythmInWords() string {
	switch p := c.Projektcheck; {
	case p.Anchor.IsZero():
		return ""
	case p.Rule != "":
		return "nach der Regel " + p.Rule
	case p.weeks() == 1:
		return "jede Woche"
	default:
		return fmt.Sprintf("alle %d Wochen", p.weeks())
	}
}

// readers are the rooms in which the bot says something, and who reads there.
func (c *Config) readers(books bot.Snapshot) []string {
	rooms := map[bot.RoomID]bot.Room{}
	for _, r := range c.Rooms() {
		rooms[r.ID] = r
	}
	for _, r := range books.Rooms {
		rooms[r.ID] = r
	}
	count := map[bot.RoomKind]int{}
	for _, r := range rooms {
		count[r.Kind]++
	}
	var lines []string
	for _, kind := range []struct {
		kind bot.RoomKind
		what string
	}{
		{bot.RoomPMO, "Raum des PMO: Stand der Abfrage, Tagesordnung, Antworten auf Rückfragen, Eskalationen, Hinweise zum Betrieb"},
		{bot.RoomDM, "Raum des DM: Tagesordnung, Eskalationen, Beschlüsse"},
		{bot.RoomDIKON, "Raum von DIKON: weitergegebene Eskalationen, neue Projekte"},
		{bot.RoomProject, "Räume von Projekten: Fragen und Zusammenfassung zum eigenen Projekt, Rückfragen, Beschlüsse dazu"},
		{bot.RoomNetwork, "Räume von Netzwerken"},
	} {
		if n := count[kind.kind]; n > 0 {
			lines = append(lines, fmt.Sprintf("%s; es liest, wer im Raum ist (Räume: %d)", kind.what, n))
		}
	}
	return lines
}

// inviters says who may invite the bot.
func (c *Config) inviters() string {
	var who []string
	for _, server := range c.Matrix.Allow.Servers {
		who = append(who, "von allen Konten auf "+server)
	}
	if n := len(c.Matrix.Allow.Users); n > 0 {
		who = append(who, fmt.Sprintf("von einzeln genannten Konten (%d)", n))
	}
	if len(who) == 0 {
		return "nur vom PMO"
	}
	return strings.Join(who, " und ")
}
