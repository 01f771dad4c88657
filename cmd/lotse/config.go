package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
)

// Config is the configuration file. Every field is explained in the file that `lotse init` writes.
type Config struct {
	City         string             `yaml:"city"`
	Land         calendar.Land      `yaml:"bundesland"`
	Zone         zone               `yaml:"zone"`
	FreeDays     []calendar.FreeDay `yaml:"free_days"`
	Language     bot.Language       `yaml:"language"`
	Name         string             `yaml:"name"`
	Database     string             `yaml:"database"`
	Templates    string             `yaml:"templates"`
	Matrix       MatrixConfig       `yaml:"matrix"`
	Network      NetworkConfig      `yaml:"network"`
	Persons      []PersonConfig     `yaml:"people"`
	Roles        RolesConfig        `yaml:"roles"`
	Bindings     []RoomConfig       `yaml:"rooms"`
	Projektcheck CheckConfig        `yaml:"projektcheck"`
	Escalations  EscalationsConfig  `yaml:"escalations"`
	Meetings     []MeetingConfig    `yaml:"networks"`
	Meetups      MeetupsConfig      `yaml:"meetups"`
	Greeting     GreetingConfig     `yaml:"greeting"`
	Goals        []GoalConfig       `yaml:"goals"`
	Metrics      MetricsConfig      `yaml:"metrics"`
	Teams        TeamsConfig        `yaml:"teams"`
	Web          WebConfig          `yaml:"web"`
	Limits       LimitsConfig       `yaml:"limits"`
	Retention    RetentionConfig    `yaml:"retention"`
	Log          LogConfig          `yaml:"log"`

	// Warnings are what may be meant so but often is not.
	Warnings []string
	file     string // where it was read from
}

// MatrixConfig is the bot's account on its homeserver.
type MatrixConfig struct {
	Homeserver   string `yaml:"homeserver"` // https address; "": no Matrix
	User         string `yaml:"user"`       // "@lotse:stadt.example"
	DeviceName   string `yaml:"device_name"`
	PasswordFile string `yaml:"password_file"`
	PasswordEnv  string `yaml:"password_env"`
	TokenFile    string `yaml:"token_file"`
	TokenEnv     string `yaml:"token_env"`
	// RecoveryKeyFile and RecoveryKeyEnv say where the recovery key of the account's identity is kept; neither: in the
	// file recovery-key beside the configuration.
	RecoveryKeyFile    string      `yaml:"recovery_key_file"`
	RecoveryKeyEnv     string      `yaml:"recovery_key_env"`
	OnlyVerified       bool        `yaml:"only_verified_devices"`
	EncryptDirectChats bool        `yaml:"encrypt_direct_chats"`
	Allow              AllowConfig `yaml:"allow"`
}

// on reports whether the bot is in Matrix.
func (m MatrixConfig) on() bool { return m.Homeserver != "" }

// AllowConfig says whose invitations the bot accepts.
type AllowConfig struct {
	Users   []string `yaml:"users"`
	Servers []string `yaml:"servers"`
}

// NetworkConfig is the way to the homeserver.
type NetworkConfig struct {
	Proxy             string `yaml:"proxy"` // "": as the environment says; "none": none
	ProxyUser         string `yaml:"proxy_user"`
	ProxyPasswordFile string `yaml:"proxy_password_file"`
	ProxyPasswordEnv  string `yaml:"proxy_password_env"`
	CAFile            string `yaml:"ca_file"`
}

// PersonConfig is a person and their accounts.
type PersonConfig struct {
	ID       string   `yaml:"id"`
	Name     string   `yaml:"name"`
	Accounts []string `yaml:"accounts"`
}

// RolesConfig says who holds which role in the city, by the ids of people.
type RolesConfig struct {
	PMO   []string `yaml:"pmo"`
	DM    []string `yaml:"dm"`
	DIKON []string `yaml:"dikon"`
}

// RoomConfig binds a room.
type RoomConfig struct {
	Room     string       `yaml:"room"` // "!id:server" or "#alias:server"
	Kind     bot.RoomKind `yaml:"kind"`
	Project  string       `yaml:"project"`
	Network  string       `yaml:"network"`
	Language bot.Language `yaml:"language"`
}

// CheckConfig is the rhythm of the Projektcheck and what happens before each.
type CheckConfig struct {
	EveryWeeks int            `yaml:"every_weeks"`
	Rule       string         `yaml:"rrule"`  // instead of EveryWeeks
	Anchor     calendar.Date  `yaml:"anchor"` // zero: no rhythm, only dates added in chat
	At         calendar.Clock `yaml:"at"`
	Duration   time.Duration  `yaml:"duration"`
	Shift      calendar.Shift `yaml:"shift"`
	Steps      StepsConfig    `yaml:"steps"`
}

// StepsConfig says when the steps of a round come.
type StepsConfig struct {
	Open   OffsetConfig   `yaml:"open"`
	Remind []OffsetConfig `yaml:"remind"`
	Stand  OffsetConfig   `yaml:"stand"`
	Close  OffsetConfig   `yaml:"close"`
	Agenda OffsetConfig   `yaml:"agenda"`
}

// OffsetConfig is a time some working days before the check.
type OffsetConfig struct {
	DaysBefore int            `yaml:"days_before"`
	At         calendar.Clock `yaml:"at"`
}

// EscalationsConfig is how the DM decides. An escalation keeps the rule that it began with.
type EscalationsConfig struct {
	Quorum        int            `yaml:"quorum"`
	Pause         time.Duration  `yaml:"pause"`
	Weighty       WeightyConfig  `yaml:"weighty"`
	RemindAfter   int            `yaml:"remind_after"`   // working days; 0: never
	EscalateAfter int            `yaml:"escalate_after"` // working days; 0: never
	PMOFirst      bool           `yaml:"pmo_first"`
	TellDIKON     bool           `yaml:"tell_dikon"`
	At            calendar.Clock `yaml:"at"`
}

// WeightyConfig is how it decides what is weighty.
type WeightyConfig struct {
	Quorum *int           `yaml:"quorum"` // nil: two, or one in a DM of one person
	Pause  *time.Duration `yaml:"pause"`  // nil: as long as for the others
	Typed  bool           `yaml:"typed"`
	NoOwn  bool           `yaml:"no_own"`
}

// MeetingConfig is a network of people, and when it meets.
type MeetingConfig struct {
	ID       string         `yaml:"id"`
	Name     string         `yaml:"name"`
	Hosts    []string       `yaml:"hosts"`  // ids of people
	Rule     string         `yaml:"rule"`   // iCalendar, or words; "": only dates added in chat
	Anchor   calendar.Date  `yaml:"anchor"` // from which on the rule counts
	At       calendar.Clock `yaml:"at"`
	Duration time.Duration  `yaml:"duration"`
	Link     string         `yaml:"link"`
	Shift    calendar.Shift `yaml:"shift"`
}

// MeetupsConfig is what happens before each meetup.
type MeetupsConfig struct {
	Announce int            `yaml:"announce_days_before"` // calendar days
	At       calendar.Clock `yaml:"at"`
	Soon     time.Duration  `yaml:"soon"`
	Week     bool           `yaml:"week_before"`
}

// GreetingConfig says whether people who are new in a network's room are greeted.
type GreetingConfig struct {
	Where    string   `yaml:"where"`    // off, direct or thread
	Networks []string `yaml:"networks"` // none: all
	AtOnce   int      `yaml:"at_once"`
	AnHour   int      `yaml:"an_hour"`
}

// GoalConfig is one of the city's strategic goals.
type GoalConfig struct {
	ID   string `yaml:"id"`
	Name string `yaml:"name"`
}

// MetricsConfig is the address for Prometheus and /healthz.
type MetricsConfig struct {
	Listen string `yaml:"listen"` // "": off
}

// WebConfig is how calendars are reached.
type WebConfig struct {
	Address string `yaml:"address"` // "https://lotse.stadt.example"; "": off
	Listen  string `yaml:"listen"`  // where the reverse proxy finds the bot
}

// LimitsConfig keeps things within bounds.
type LimitsConfig struct {
	AnswerCharacters int           `yaml:"answer_characters"`
	OverviewEvery    time.Duration `yaml:"overview_every"`
	SendsAtOnce      int           `yaml:"sends_at_once"`
	CommandsAMinute  int           `yaml:"commands_a_minute"` // 0: no limit
}

// RetentionConfig says how long things are kept; 0: for good.
type RetentionConfig struct {
	ReportsMonths  int `yaml:"reports_months"`
	MessagesDays   int `yaml:"messages_days"`
	DecisionsYears int `yaml:"decisions_years"`
}

// LogConfig is how the bot logs.
type LogConfig struct {
	Level  string `yaml:"level"`
	Format string `yaml:"format"`
}

// zone is a time zone by its name.
type zone struct{ *time.Location }

// UnmarshalText reads a name of the time zone database.
func (z *zone) UnmarshalText(text []byte) error {
	name := string(text)
	loc, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return fmt.Errorf(`%q is not a time zone: want a name like "Europe/Berlin"%s`, name,
			orNearest(name, []string{"Europe/Berlin", "Europe/Busingen", "UTC"}))
	}
	z.Location = loc
	return nil
}

// defaultConfig is what holds for all that a file does not say.
func defaultConfig() *Config {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err) // the zones are built in
	}
	return &Config{
		Zone:     zone{berlin},
		Language: bot.German,
		Name:     "Lotse",
		Database: "lotse.db",
		Matrix:   MatrixConfig{DeviceName: "Lotse", EncryptDirectChats: true},
		Limits:   LimitsConfig{AnswerCharacters: 4000, OverviewEvery: 10 * time.Second, SendsAtOnce: 8, CommandsAMinute: 20},
		Log:      LogConfig{Level: "info", Format: "text"},
		Web:      WebConfig{Listen: defaultWebListen},

		Retention: RetentionConfig{ReportsMonths: 24, MessagesDays: 90, DecisionsYears: 10},

		Projektcheck: defaultCheck(),
		Escalations:  defaultEscalations(),
		Meetups:      defaultMeetups(),
		Greeting:     defaultGreeting(),
	}
}

// defaultMeetups is what holds for all that the key meetups does not say.
func defaultMeetups() MeetupsConfig {
	rules := bot.DefaultMeetupRules()
	return MeetupsConfig{Announce: rules.Announce, At: rules.At, Soon: rules.Soon, Week: rules.Week}
}

// usualMeetup is how long a meetup takes for which nobody has said it.
const usualMeetup = 90 * time.Minute

// meetingStart is from when on a rule counts for which nobody has said it; only rules of every so many weeks depend on it.
var meetingStart = calendar.Date{Year: 2026, Month: time.January, Day: 1}

// defaultGreeting is what holds for all that the key greeting does not say: nobody is greeted.
func defaultGreeting() GreetingConfig {
	rules := bot.DefaultGreetingRules()
	return GreetingConfig{Where: "off", AtOnce: rules.AtOnce, AnHour: rules.AnHour}
}

// defaultEscalations is what holds for all that the key escalations does not say.
func defaultEscalations() EscalationsConfig {
	rules := bot.DefaultEscalationRules()
	return EscalationsConfig{
		Quorum: rules.Normal.Quorum, Pause: rules.Normal.Pause,
		Weighty:     WeightyConfig{Typed: rules.Weighty.Typed, NoOwn: rules.Weighty.NoOwn},
		RemindAfter: rules.Normal.Remind, EscalateAfter: rules.Normal.Further,
		PMOFirst: rules.PMOFirst, TellDIKON: rules.TellDIKON, At: rules.At,
	}
}

// defaultCheck is what holds for all that the key projektcheck does not say. Without an anchor there is no rhythm.
func defaultCheck() CheckConfig {
	rules := calendar.DefaultPlanRules()
	check := CheckConfig{
		At:       calendar.Clock{Hour: 10},
		Duration: time.Hour,
		Shift:    calendar.ShiftNext,
		Steps: StepsConfig{
			Open:   offsetConfig(rules.Open),
			Stand:  offsetConfig(rules.Stand),
			Close:  offsetConfig(rules.Close),
			Agenda: offsetConfig(rules.Agenda),
		},
	}
	for _, o := range rules.Remind {
		check.Steps.Remind = append(check.Steps.Remind, offsetConfig(o))
	}
	return check
}

func offsetConfig(o calendar.Offset) OffsetConfig { return OffsetConfig{o.Days, o.At} }

// loadConfig reads and checks a configuration file. What is wrong with it is a *faults.
func loadConfig(path string) (*Config, error) {
	data, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil, fmt.Errorf("there is no configuration %s: write one with \"lotse init\", or name it with --config", path)
	}
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return parseConfig(path, data)
}

// parseConfig is loadConfig for a file's content; path is for the errors and for relative paths in it.
func parseConfig(path string, data []byte) (*Config, error) {
	c := defaultConfig()
	c.file = path
	f := &faults{file: path}
	s := readStrict(data, c, f)
	(&checker{c, s}).all()
	if err := f.err(); err != nil {
		return nil, err
	}
	return c, nil
}

// path is a path that the configuration names: a relative one counts from the configuration's folder.
func (c *Config) path(name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(c.file), name)
}

// databasePath is where the database is.
func (c *Config) databasePath() string { return c.path(c.Database) }

// userID writes an account with its chat, which is Matrix if it does not say another: "matrix:@maria:stadt.example".
func userID(account string) bot.UserID {
	if ofTeams(account) {
		return bot.UserID(strings.ToLower(account))
	}
	return bot.UserID("matrix:" + strings.TrimPrefix(account, "matrix:"))
}

// roomID writes a room with its chat, which is Matrix if it does not say another: "matrix:!abc:stadt.example", or
// "matrix:#alias:stadt.example" for a room whose id is not known yet.
func roomID(room string) bot.RoomID {
	if ofTeams(room) {
		return bot.RoomID(room)
	}
	return bot.RoomID("matrix:" + strings.TrimPrefix(room, "matrix:"))
}

// personName is the person's name, or the id if they have none.
func (p PersonConfig) personName() string { return cmp.Or(p.Name, p.ID) }
