package main

import (
	"bufio"
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/spf13/cobra"

	"lotse/bot"
	"lotse/bot/calendar"
)

//go:embed lotse.yaml.tmpl
var configTemplate string

//go:embed lotse.service
var systemdUnit string

func newInit(a *app) *cobra.Command {
	var given initAnswers
	var yes, force, systemd bool
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Ask a few questions and write a commented configuration",
		Long: `Init asks a few questions and writes the configuration file (lotse.yaml, or what --config names). Every
key in it is explained there. An answer that is given as a flag is not asked for; with --yes nothing is
asked, and what is not given gets an example's value. With --systemd it prints a unit for systemd, and does nothing else.`,
		Example: "  lotse init\n  lotse init --yes --city Duisburg --bundesland NW --first-check 2026-11-25",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if systemd {
				_, err := fmt.Fprint(a.stdout, systemdUnit)
				return err
			}
			return a.init(given, yes, force)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&given.City, "city", "", "the city's `name`")
	flags.StringVar(&given.Land, "bundesland", "", "its `Land`, like NW")
	flags.StringVar(&given.Homeserver, "homeserver", "", "`address` of the Matrix homeserver")
	flags.StringVar(&given.User, "user", "", "the bot's `account` there")
	flags.StringVar(&given.PMOName, "pmo-name", "", "`name` of a person of the PMO")
	flags.StringVar(&given.PMOAccount, "pmo-account", "", "that person's `account`")
	flags.StringVar(&given.DMName, "dm-name", "", "`name` of a person of the DM")
	flags.StringVar(&given.DMAccount, "dm-account", "", "that person's `account`")
	flags.StringVar(&given.First, "first-check", "", "`date` of the first Projektcheck")
	flags.StringVar(&given.At, "at", "", "`time` at which it begins")
	flags.BoolVarP(&yes, "yes", "y", false, "ask nothing")
	flags.BoolVar(&force, "force", false, "replace a configuration that is there")
	flags.BoolVar(&systemd, "systemd", false, "print a unit for systemd, with what to do in its first lines")
	return cmd
}

// initAnswers are the answers to the questions.
type initAnswers struct {
	City, Land, Homeserver, User, PMOName, PMOAccount, DMName, DMAccount, First, At string
}

// initPerson is a person for the template.
type initPerson struct{ ID, Name, Account string }

func (a *app) init(given initAnswers, yes, force bool) error {
	if _, err := os.Lstat(a.config); err == nil && !force {
		return fmt.Errorf("%s is there already; --force replaces it", a.config)
	}
	in := bufio.NewReader(a.stdin)
	answers, err := a.questions(given, yes, in)
	if err != nil {
		return err
	}
	text, err := writeConfig(answers)
	if err != nil {
		return err
	}
	if _, err := parseConfig(a.config, text); err != nil {
		return err
	}
	if err := writePrivate(a.config, text, force); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, `%s is written. Next:
  1. read it, and name people and rooms
  2. lotse login     once, with the password of %s
  3. lotse check     tests everything the bot will need
  4. lotse import projects.csv, and networks.csv if there are networks
  5. lotse plan      shows what will happen when
  6. lotse run
`, a.config, answers.User)
	return nil
}

// writePrivate writes a file that only its owner may read. It is there whole or not at all.
func writePrivate(path string, data []byte, replace bool) error {
	if !replace {
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%s is there already; --force replaces it", path)
		}
		if err != nil {
			return fmt.Errorf("write configuration: %w", err)
		}
		_, err = file.Write(data)
		if err := errors.Join(err, file.Close()); err != nil {
			return fmt.Errorf("write configuration: %w", err)
		}
		return nil
	}
	beside := path + ".new"
	if err := os.Remove(beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("write configuration: %w", err)
	}
	if err := writePrivate(beside, data, false); err != nil {
		return err
	}
	if err := os.Rename(beside, path); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	return nil
}

// question is one of init's questions.
type question struct {
	text     string
	into     *string
	fallback func() string
	check    func(string) (string, error) // returns the answer as it is kept
}

// questions asks what is not given yet. A wrong answer is asked for again, a wrong flag is an error.
func (a *app) questions(given initAnswers, yes bool, in *bufio.Reader) (initAnswers, error) {
	for _, q := range initQuestions(&given, a.now()) {
		switch {
		case *q.into != "":
			answer, err := q.check(*q.into)
			if err != nil {
				return initAnswers{}, err
			}
			*q.into = answer
		case yes:
			*q.into = q.fallback()
		default:
			if err := a.askFor(q, in); err != nil {
				return initAnswers{}, err
			}
		}
	}
	return given, nil
}

func (a *app) askFor(q question, in *bufio.Reader) error {
	for {
		fallback := q.fallback()
		fmt.Fprintf(a.stdout, "%s [%s]: ", q.text, fallback)
		line, err := in.ReadString('\n')
		if !terminal(a.stdin) {
			fmt.Fprintln(a.stdout)
		}
		line = strings.TrimSpace(line)
		if err != nil && (line == "" || !errors.Is(err, io.EOF)) {
			return errors.New("the input ended before all questions were answered; --yes asks nothing")
		}
		if line == "" {
			line = fallback
		}
		answer, wrong := q.check(line)
		if wrong == nil {
			*q.into = answer
			return nil
		}
		fmt.Fprintf(a.stdout, "  %v\n", wrong)
		if err != nil {
			return errors.New("the input ended before all questions were answered; --yes asks nothing")
		}
	}
}

// initQuestions are the questions in their order; a fallback may use the answers before it.
func initQuestions(a *initAnswers, now time.Time) []question {
	fixed := func(text string) func() string { return func() string { return text } }
	some := func(text string) (string, error) {
		if text = oneLine(bot.Clean(text)); text == "" || strings.Contains(text, ";") {
			return "", errors.New("want a name, without a semicolon")
		}
		return text, nil
	}
	account := func(text string) (string, error) {
		if wrong := userFault(text); wrong != "" {
			return "", errors.New(wrong)
		}
		return text, nil
	}
	return []question{
		{"The city's name", &a.City, fixed("Musterstadt"), some},
		{"Its Land, for the holidays", &a.Land, fixed("NW"), func(text string) (string, error) {
			land, err := calendar.ParseLand(text)
			return string(land), err
		}},
		{"Address of the Matrix homeserver", &a.Homeserver, fixed("https://matrix.stadt.example"), homeserverAnswer},
		{"The bot's account there", &a.User, func() string { return "@lotse:" + serverOf(a.Homeserver) }, account},
		{"Name of a person of the PMO (more can be added in the file)", &a.PMOName, fixed("Maria Beispiel"), some},
		{"That person's account", &a.PMOAccount, func() string { return accountOf(a.PMOName, a.User) }, account},
		{"Name of a person of the DM", &a.DMName, fixed("Jonas Beispiel"), some},
		{"That person's account", &a.DMAccount, func() string {
			if a.DMName == a.PMOName {
				return a.PMOAccount
			}
			return accountOf(a.DMName, a.User)
		}, account},
		{"Date of the first Projektcheck", &a.First, func() string { return firstCheck(a.Land, now).String() }, func(text string) (string, error) {
			day, err := calendar.ParseDate(text)
			return day.String(), err
		}},
		{"When it begins", &a.At, fixed("10:00"), func(text string) (string, error) {
			clock, err := calendar.ParseClock(text)
			return clock.String(), err
		}},
	}
}

func homeserverAnswer(text string) (string, error) {
	text = strings.TrimRight(text, "/")
	if isServer.MatchString(text) {
		text = "https://" + text
	}
	if u, err := url.Parse(text); err != nil || u.Host == "" || u.User != nil || u.Path != "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", fmt.Errorf(`%q is not the address of a homeserver: want one like "https://matrix.stadt.example"`, text)
	}
	return text, nil
}

// serverOf guesses the name behind the colon of accounts from the homeserver's address.
func serverOf(homeserver string) string {
	u, err := url.Parse(homeserver)
	if err != nil || u.Hostname() == "" {
		return "stadt.example"
	}
	return strings.TrimPrefix(u.Hostname(), "matrix.")
}

// accountOf guesses a person's account.
func accountOf(name, beside string) string {
	_, server, _ := strings.Cut(beside, ":")
	first, _, _ := strings.Cut(bot.Slug(name), "-")
	return "@" + first + ":" + server
}

// firstCheck is a date for the first Projektcheck that leaves time to prepare: a Wednesday, at least two weeks ahead.
func firstCheck(land string, now time.Time) calendar.Date {
	days := calendar.NewDays(calendar.Land(land))
	day := calendar.DateOf(now).AddDays(14)
	for day.Weekday() != time.Wednesday || !days.Working(day) {
		day = day.AddDays(1)
	}
	return day
}

// writeConfig is the configuration file for the answers.
func writeConfig(a initAnswers) ([]byte, error) {
	pmo := initPerson{bot.Slug(a.PMOName), a.PMOName, a.PMOAccount}
	dm := initPerson{bot.Slug(a.DMName), a.DMName, a.DMAccount}
	people := []initPerson{pmo}
	switch {
	case dm.Account == pmo.Account:
		dm.ID = pmo.ID
	case dm.ID == pmo.ID:
		dm.ID += "-2"
		fallthrough
	default:
		people = append(people, dm)
	}
	_, server, _ := strings.Cut(a.User, ":")
	// A text in double quotes means the same in Go and in YAML, but for characters that some does not print.
	t, err := template.New("lotse.yaml").Funcs(template.FuncMap{"quote": strconv.Quote}).Option("missingkey=error").Parse(configTemplate)
	if err != nil {
		return nil, fmt.Errorf("template of the configuration: %w", err)
	}
	var b bytes.Buffer
	err = t.Execute(&b, map[string]any{"City": a.City, "Land": a.Land, "Homeserver": a.Homeserver, "User": a.User, "Server": server,
		"People": people, "PMO": pmo.ID, "DM": dm.ID, "First": a.First, "At": a.At})
	if err != nil {
		return nil, fmt.Errorf("template of the configuration: %w", err)
	}
	return b.Bytes(), nil
}
