package main

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lotse/bot"
	"lotse/bot/calendar"
)

var update = flag.Bool("update", false, "write golden files anew")

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// parse is a configuration that has to be right.
func parse(t *testing.T, text string) *Config {
	t.Helper()
	c, err := parseConfig(filepath.Join(t.TempDir(), "lotse.yaml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// least is a configuration that says no more than it must.
const least = `city: Duisburg
bundesland: NW
matrix: {homeserver: "https://matrix.stadt.example", user: "@lotse:stadt.example"}
people: [{id: maria, name: Maria Beispiel, accounts: ["@maria:stadt.example", "@maria:werk.example"]}]
roles: {pmo: [maria], dm: [maria]}
`

func TestGoodConfig(t *testing.T) {
	c, err := loadConfig("testdata/config/good.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Warnings) > 0 {
		t.Errorf("warnings: %q", c.Warnings)
	}
	s, err := c.Settings()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := s.Roles, (map[bot.Role][]bot.PersonID{bot.RolePMO: {"maria"}, bot.RoleDM: {"jonas"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("roles %v, want %v", got, want)
	}
	if got, want := s.Allowed, []bot.UserID{"matrix:@pmo:stadt.example"}; !reflect.DeepEqual(got, want) {
		t.Errorf("allowed %v, want %v", got, want)
	}
	if got, want := s.Goals, []bot.Goal{{ID: "1", Name: "Digitaler Bürgersevice als Aushängeschild"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("goals %v, want %v", got, want)
	}
	if got, want := s.Retention, (bot.Retention{Reports: 36, Messages: 90}); got != want {
		t.Errorf("retention %+v, want %+v", got, want)
	}
	// What the file says of the steps, and the defaults for what it does not.
	wantPlan := calendar.DefaultPlanRules()
	wantPlan.Open = calendar.Offset{Days: 6, At: calendar.Clock{Hour: 8}}
	wantPlan.Remind = wantPlan.Remind[:1]
	if !reflect.DeepEqual(s.Plan, wantPlan) {
		t.Errorf("plan %v, want %v", s.Plan, wantPlan)
	}
	// The weighty rule follows the other one in what is not said of it; a DM of one person decides alone.
	wantRules := bot.DefaultEscalationRules()
	wantRules.PMOFirst = true
	wantRules.Normal.Pause, wantRules.Normal.Further = time.Hour, 0
	wantRules.Weighty.Pause, wantRules.Weighty.Further, wantRules.Weighty.Quorum, wantRules.Weighty.NoOwn = time.Hour, 0, 1, false
	if s.Escalations != wantRules {
		t.Errorf("escalations %+v, want %+v", s.Escalations, wantRules)
	}
	if s.Shift != calendar.ShiftPrevious || s.Length != 90*time.Minute || s.Language != bot.German || s.Zone.String() != "Europe/Berlin" {
		t.Errorf("shift %s, length %s, language %s, zone %s", s.Shift, s.Length, s.Language, s.Zone)
	}
	if name, free := s.Days.Holiday(calendar.Date{Year: 2026, Month: time.February, Day: 16}); !free || name != "Rosenmontag" {
		t.Errorf("Rosenmontag is %q, %v", name, free)
	}
	next := s.Rhythm.Next(time.Date(2026, 11, 25, 12, 0, 0, 0, s.Zone))
	if want := time.Date(2026, 12, 16, 10, 0, 0, 0, s.Zone); !next.Equal(want) {
		t.Errorf("the second check is at %s, want %s", next, want)
	}
	wantPeople := []bot.Person{
		{ID: "maria", Name: "Maria Beispiel", Accounts: []bot.UserID{"matrix:@maria:stadt.example", "matrix:@maria:werk.example"}},
		{ID: "jonas", Name: "Jonas Muster", Accounts: []bot.UserID{"matrix:@jonas:stadt.example"}},
	}
	if diff := cmp.Diff(wantPeople, c.People()); diff != "" {
		t.Errorf("people (-want +got):\n%s", diff)
	}
	wantRooms := []bot.Room{
		{ID: "matrix:!pmo:stadt.example", Kind: bot.RoomPMO, Origin: bot.FromConfig},
		{ID: "matrix:#dm:stadt.example", Kind: bot.RoomDM, Language: bot.English, Origin: bot.FromConfig},
		{ID: "matrix:!serviceportal:stadt.example", Kind: bot.RoomProject, Project: "serviceportal", Language: bot.GermanDu, Origin: bot.FromConfig},
		{ID: "matrix:!digilotsen:stadt.example", Kind: bot.RoomNetwork, Network: "digilotsen", Origin: bot.FromConfig},
	}
	if diff := cmp.Diff(wantRooms, c.Rooms()); diff != "" {
		t.Errorf("rooms (-want +got):\n%s", diff)
	}
	wantNetworks := []bot.Network{
		{
			ID: "digilotsen", Name: "Digilotsen", Hosts: []bot.PersonID{"maria"}, Rule: "FREQ=MONTHLY;BYDAY=1TH", Anchor: meetingStart, At: calendar.Clock{Hour: 10},
			Length: 90 * time.Minute, Link: "https://bbb.stadt.example/digilotsen", Shift: calendar.ShiftPrevious, Origin: bot.FromConfig,
		},
		{ID: "it", Name: "IT-Verantwortliche", Anchor: meetingStart, Length: 90 * time.Minute, Shift: calendar.ShiftNext, Origin: bot.FromConfig},
	}
	if diff := cmp.Diff(wantNetworks, c.networks()); diff != "" {
		t.Errorf("networks (-want +got):\n%s", diff)
	}
	if got, want := s.Meetups, (bot.MeetupRules{Announce: 21, At: calendar.Clock{Hour: 9}, Soon: 15 * time.Minute, Week: true}); got != want {
		t.Errorf("meetups %+v, want %+v", got, want)
	}
	if got, want := c.databasePath(), "testdata/config/data/lotse.db"; got != want {
		t.Errorf("the database is %s, want %s: beside the configuration", got, want)
	}
}

// Every other file has faults; they stand beside it, in a file .want.
func TestBadConfigs(t *testing.T) {
	files, err := filepath.Glob("testdata/config/*.yaml")
	if err != nil || len(files) < 20 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		if name == "good" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = parseConfig(name+".yaml", data)
			if err == nil {
				t.Fatal("no fault was found")
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Error("a secret is told")
			}
			golden(t, filepath.Join("config", name+".want"), err.Error()+"\n")
		})
	}
}

func TestDefaults(t *testing.T) {
	c := parse(t, least)
	s, err := c.Settings()
	if err != nil {
		t.Fatal(err)
	}
	// Without a list, whoever is in the PMO may invite: nobody else, but not nobody.
	if got, want := s.Allowed, []bot.UserID{"matrix:@maria:stadt.example", "matrix:@maria:werk.example"}; !reflect.DeepEqual(got, want) {
		t.Errorf("allowed %v, want %v", got, want)
	}
	if !reflect.DeepEqual(s.Plan, calendar.DefaultPlanRules()) {
		t.Errorf("plan %v, want the default", s.Plan)
	}
	if next := s.Rhythm.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)); !next.IsZero() {
		t.Errorf("without an anchor there is a check on %s", next)
	}
	if s.MaxText == 0 || s.OverviewEvery == 0 || s.BotName == "" || s.Length == 0 {
		t.Errorf("a default is missing: %+v", s)
	}
	c = parse(t, least+"projektcheck: {anchor: 2026-11-25}\n")
	if got := c.Projektcheck.weeks(); got != 3 {
		t.Errorf("every %d weeks, want 3", got)
	}
	c = parse(t, least+"projektcheck: {anchor: 2026-11-01, rrule: FREQ=MONTHLY;BYDAY=1WE, at: 9 Uhr}\n")
	r, err := c.rhythm()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := r.Next(time.Date(2026, 11, 5, 0, 0, 0, 0, time.UTC)), time.Date(2026, 12, 2, 9, 0, 0, 0, c.Zone.Location); !got.Equal(want) {
		t.Errorf("the rule gives %s, want %s", got, want)
	}
}

func TestWarnings(t *testing.T) {
	all := least + "rooms: [{room: \"!p\", kind: pmo}, {room: \"!d\", kind: dm}]\nprojektcheck: {anchor: 2026-11-25}\n"
	allowed := strings.Replace(all, `user: "@lotse:stadt.example"`, `user: "@lotse:stadt.example", allow: {servers: [stadt.example]}`, 1)
	two := strings.NewReplacer("dm: [maria]", "dm: [maria, jonas]", "people: [", `people: [{id: jonas, name: Jonas, accounts: ["@jonas:x"]}, `).Replace(allowed)
	for _, test := range []struct{ why, config, want string }{
		{"nothing to warn of", allowed, ""},
		{"nobody is named who may invite", all, "matrix.allow: is missing"},
		{"nobody may invite, on purpose", strings.Replace(allowed, "[stadt.example]", "[]", 1), ""},
		{"the DM's room comes by !raum", strings.Replace(allowed, ", {room: \"!d\", kind: dm}", "", 1), "no room of kind dm"},
		{"no rhythm", strings.Replace(allowed, "projektcheck: {anchor: 2026-11-25}\n", "", 1), "projektcheck: is missing"},
		{"metrics for the whole network", allowed + "metrics: {listen: \"0.0.0.0:9464\"}\n", "from other machines"},
		{"metrics for all addresses", allowed + "metrics: {listen: \":9464\"}\n", "from other machines"},
		{"metrics for this machine", allowed + "metrics: {listen: \"[::1]:9464\"}\n", ""},
		{"a password over an open line", strings.Replace(allowed, "https://", "http://", 1), "not encrypted"},
		{"nobody is left to decide about a member's own project", two + "escalations: {weighty: {quorum: 2}}\n", "escalations.weighty: all 2 people"},
		{"somebody is left", two + "escalations: {weighty: {quorum: 1}}\n", ""},
		{"who answers for a project may vote", two + "escalations: {weighty: {quorum: 2, no_own: false}}\n", ""},
		{"nobody releases new projects", strings.Replace(allowed, "rooms: [", "rooms: [{room: \"!x\", kind: dikon}, ", 1), "roles.dikon names nobody"},
		{"a room's network is misspelt", strings.Replace(allowed, "rooms: [", "networks: [{id: digilotsen, name: Digilotsen}]\nrooms: [{room: \"!x\", kind: network, network: digiltosen}, ", 1), `rooms[0].network: there is no "digiltosen" in networks; did you mean "digilotsen"?`},
		{"a room's network comes by import", strings.Replace(allowed, "rooms: [", "networks: [{id: digilotsen, name: Digilotsen}]\nrooms: [{room: \"!x\", kind: network, network: it}, {room: \"!y\", kind: network, network: digilotsen}, ", 1), ""},
		{"a homeserver on this machine", strings.Replace(allowed, "https://matrix.stadt.example", "http://127.0.0.1:8008", 1), ""},
	} {
		got := strings.Join(parse(t, test.config).Warnings, "\n")
		if !strings.Contains(got, test.want) || (test.want == "") != (got == "") {
			t.Errorf("%s: warnings %q, want %q", test.why, got, test.want)
		}
	}
}

// Whoever reads the file that init writes learns every key.
func TestEveryKeyIsExplained(t *testing.T) {
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		for typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct {
			return
		}
		for _, key := range keysOf(typ) {
			if !strings.Contains(configTemplate, key+":") {
				t.Errorf("the key %s is not explained in lotse.yaml.tmpl", key)
			}
		}
		for field := range typ.Fields() {
			if field.Tag.Get("yaml") != "" {
				walk(field.Type)
			}
		}
	}
	walk(reflect.TypeFor[Config]())
}

func TestMissingConfig(t *testing.T) {
	_, err := loadConfig(filepath.Join(t.TempDir(), "none.yaml"))
	if err == nil || !strings.Contains(err.Error(), "lotse init") {
		t.Errorf("the error does not say how to get one: %v", err)
	}
	if _, err := loadConfig(t.TempDir()); err == nil {
		t.Error("a folder is taken for a configuration")
	}
}

func TestExample(t *testing.T) {
	c, err := parseConfig("lotse.yaml", exampleConfig)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Goals) != 6 || len(c.Warnings) > 0 {
		t.Errorf("%d goals, warnings %q", len(c.Goals), c.Warnings)
	}
	table, faults := readTable(exampleProjects)
	if len(faults) > 0 || len(table.Rows) != 20 {
		t.Fatalf("%d projects, faults %v", len(table.Rows), faults)
	}
	plan, faults := planImport(table, newImportState(c, bot.Snapshot{}))
	if len(faults) > 0 || len(plan.Change.Projects) != 20 {
		t.Errorf("%d projects, faults %v", len(plan.Change.Projects), faults)
	}
	for _, p := range append(plan.Change.People, c.People()...) {
		if !strings.HasSuffix(p.Name, " Beispiel") {
			t.Errorf("%s does not look like an example", p.Name)
		}
	}
}
