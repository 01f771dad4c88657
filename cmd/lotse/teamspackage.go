package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"lotse/bot/teams"
	"lotse/bot/teams/teamsapp"
)

// TeamsAppConfig is what the app package says about who runs the bot.
type TeamsAppConfig struct {
	Developer string `yaml:"developer"` // "": the city
	Website   string `yaml:"website"`
	Privacy   string `yaml:"privacy"` // "": the website
	Terms     string `yaml:"terms"`   // "": the website
}

// teamsPackageName is the package that nobody has named otherwise, beside the configuration.
const teamsPackageName = "lotse-teams.zip"

func newTeams(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "teams",
		Short: "Bring the bot into Microsoft Teams",
		Args:  onlyBelow,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newTeamsPackage(a))
	return cmd
}

func newTeamsPackage(a *app) *cobra.Command {
	var out, version string
	var force bool
	cmd := &cobra.Command{
		Use:   "package",
		Short: "Write the app package that an administrator uploads to Teams",
		Long: `Package writes the Teams app package of this configuration: a zip with the manifest and two icons, checked, ready to be
uploaded in the Teams admin centre. It says what to do with it.

Teams takes a package only with a higher version than the one it has. Keep the file: if it exists, and what the configuration
says now is something else, --force replaces it with the next version; if nothing has changed there is nothing to upload. Where
the file is lost, --version says the version.`,
		Example: "  lotse teams package\n  lotse teams package --force\n  lotse teams package --out lotse-2.zip --version 1.4.0",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			config, err := loadConfig(a.config)
			if err != nil {
				return err
			}
			return config.writeTeamsPackage(a.stdout, cmp.Or(out, config.path(teamsPackageName)), version, force)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "write to this `file` (default "+teamsPackageName+" beside the configuration)")
	cmd.Flags().StringVar(&version, "version", "", "the `version` of the package, like 1.4.0 (default 1.0.0, or the one after that of the file that is there)")
	cmd.Flags().BoolVar(&force, "force", false, "replace the file that is there")
	return cmd
}

// teamsApp is what the app package of a configuration is made of. Its error names everything that is missing.
func (c *Config) teamsApp(version teamsapp.Version) (teamsapp.App, error) {
	t := c.Teams
	app := teamsapp.App{
		ID: t.AppID, Name: c.Name, Developer: cmp.Or(t.App.Developer, c.City), Website: t.App.Website,
		Privacy: cmp.Or(t.App.Privacy, t.App.Website), Terms: cmp.Or(t.App.Terms, t.App.Website),
		Language: c.Language, Version: version,
	}
	var faults []error
	if !t.on() {
		faults = append(faults, errors.New("teams.app_id is missing: the bot's application in Entra; want a line like app_id: 11111111-2222-3333-4444-555555555555"))
	}
	if t.App.Website == "" {
		faults = append(faults, errors.New(`teams.app.website is missing: the city's page, which Teams shows with the app; want a line like website: "https://www.stadt.example"`))
	}
	if faults == nil {
		if err := app.Manifest().Check(); err != nil {
			faults = append(faults, fmt.Errorf("%w\n(name.short is name in the configuration, developer.name is city or teams.app.developer)", err))
		}
	}
	if faults != nil {
		return app, fmt.Errorf("the configuration %s is not enough for a Teams app package:\n%w", c.file, errors.Join(faults...))
	}
	return app, nil
}

func (c *Config) writeTeamsPackage(w io.Writer, path, version string, force bool) error {
	app, err := c.teamsApp(teamsapp.FirstVersion)
	if err != nil {
		return err
	}
	old, err := os.ReadFile(path)
	there := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look at %s: %w", path, err)
	}
	var was teamsapp.About
	if there {
		if was, err = teamsapp.Read(old); err != nil && version == "" {
			return fmt.Errorf("%s is there, and cannot be followed: %w\nname another file with --out, or say --force with --version and a version that Teams has not had", path, err)
		}
		if err == nil && strings.EqualFold(was.App, app.ID) {
			app.Version = was.Version
			same, err := app.Package()
			if err != nil {
				return err
			}
			if bytes.Equal(same, old) && (version == "" || version == was.Version.String()) {
				_, err := fmt.Fprintf(w, "%s is what the configuration says: %s %s. There is nothing to upload.\n", path, was.Name, was.Version)
				return err
			}
			app.Version = was.Version.Next()
		}
	}
	if version != "" {
		if app.Version, err = teamsapp.ParseVersion(version); err != nil {
			return fmt.Errorf("--version: %w", err)
		}
	}
	if there && !force {
		return fmt.Errorf("%s is there, with version %s of %s for application %s; say --force to replace it with version %s, or name another file with --out",
			path, was.Version, cmp.Or(was.Name, "?"), cmp.Or(was.App, "?"), app.Version)
	}
	data, err := app.Package()
	if err != nil {
		return err
	}
	if err := putFile(path, data, there); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = io.WriteString(w, c.afterTeamsPackage(path, app, was))
	return err
}

// putFile writes a file whole or not at all; one that is there is replaced only if that is meant. There is no secret in it.
func putFile(path string, data []byte, replace bool) error {
	if !replace {
		file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		_, err = file.Write(data)
		if err = errors.Join(err, file.Close()); err != nil {
			return errors.Join(err, os.Remove(path))
		}
		return nil
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // in vain once it has its new name
	_, err = file.Write(data)
	if err = errors.Join(err, file.Chmod(0o644), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// afterTeamsPackage says what to do with a package; was is the one that it replaces.
func (c *Config) afterTeamsPackage(path string, app teamsapp.App, was teamsapp.About) string {
	var b strings.Builder
	var asked []string
	for _, p := range teamsapp.Permissions {
		asked = append(asked, p.Name)
	}
	update := strings.EqualFold(was.App, app.ID)
	fmt.Fprintf(&b, "%s: %s %s for application %s", path, app.Name, app.Version, app.ID)
	if update {
		fmt.Fprintf(&b, ", after %s", was.Version)
	}
	b.WriteString("\n")
	if c.Teams.App.Privacy == "" || c.Teams.App.Terms == "" {
		fmt.Fprintf(&b, "Note: where teams.app names no page for privacy or terms, the app points to %s.\n", app.Website)
	}
	b.WriteString("\nNext (README.md, under \"Microsoft Teams, step by step\", says what each step shows):\n")
	n := 0
	step := func(format string, args ...any) {
		n++
		fmt.Fprintf(&b, "%3d. "+format+"\n", append([]any{n}, args...)...)
	}
	if update {
		step("Teams admin centre, Teams apps, Manage apps: open %s and upload this file as its new version.", app.Name)
		if !slices.Equal(was.Permissions, asked) {
			step("What the app may read has changed: who owns the teams and chats is asked to agree again.")
		}
	} else {
		if c.Teams.Address != "" {
			step("Azure: the bot's messaging endpoint is %s, and its channel Microsoft Teams is on.", c.teamsEndpoint())
		} else {
			step("Azure: the bot's messaging endpoint is your address with %s, and its channel Microsoft Teams is on.", teams.Path)
		}
		step("Teams admin centre, Teams apps, Manage apps, Actions, Upload new app: this file.")
		step("There, see to it that the people who work with the bot may use the app.")
		step("Add the app to the teams and group chats that the bot works in, and for leads whose projects have no channel.\n" +
			"     Who owns a team or chat is asked to agree that the app reads its messages:")
		for _, p := range teamsapp.Permissions {
			fmt.Fprintf(&b, "       %s: %s\n", p.Name, p.Why)
		}
	}
	step("lotse check")
	return b.String()
}

// teamsEndpoint is where Teams delivers: what stands in the Azure Bot.
func (c *Config) teamsEndpoint() string { return strings.TrimRight(c.Teams.Address, "/") + teams.Path }
