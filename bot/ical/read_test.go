package ical

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lotse/bot/ical/icaltest"
)

// wants is what is to be seen of a calendar.
func wants(method string, c Calendar) icaltest.Calendar {
	instant := func(t time.Time, zone *time.Location) *icaltest.Time {
		if !described(zone) || twice(t.In(zone)) {
			zone = time.UTC
		}
		return &icaltest.Time{Local: t.In(zone).Format("2006-01-02T15:04:05"), UTC: t.UTC().Format("2006-01-02T15:04:05Z")}
	}
	want := icaltest.Calendar{Method: method, Name: c.Name}
	events := slices.Clone(c.Events)
	slices.SortStableFunc(events, func(a, b Event) int { return a.Start.Compare(b.Start) })
	for _, e := range events {
		one := icaltest.Event{
			UID: e.UID, Sequence: e.Sequence, Status: "CONFIRMED", Summary: oneLine(e.Summary), Description: clean(e.Description),
			Location: oneLine(e.Location), URL: uri(e.Link), OrganizerName: plainer.Replace(oneLine(e.Organizer.Name)),
			Start: instant(e.Start, e.Zone), Stamp: e.Changed.UTC().Format("2006-01-02T15:04:05Z"),
		}
		if one.Location == "" {
			one.Location = one.URL
		}
		if one.Organizer = uri("mailto:" + e.Organizer.Mail); one.Organizer == "" {
			one.OrganizerName = ""
		}
		if e.Cancelled {
			one.Status = "CANCELLED"
		}
		if e.End.After(e.Start) {
			one.End = instant(e.End, e.Zone)
		}
		want.Events = append(want.Events, one)
	}
	return want
}

// compare has every reader read a calendar.
func compare(t rapid.TB, readers []*icaltest.Reader, data []byte, want icaltest.Calendar, zones []string) {
	t.Helper()
	for _, r := range readers {
		got, err := r.Read(data, zones...)
		if err != nil {
			t.Fatalf("%v\nin\n%s", err, data)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s reads something else (-want +got):\n%s\nin\n%s", r.Name, diff, data)
		}
	}
}

// Around both changes of the clock, in Berlin and elsewhere, everybody reads the same hour.
func TestReadAroundTheChange(t *testing.T) {
	readers := icaltest.Readers(t)
	for _, name := range []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Europe/Dublin", "Asia/Kolkata"} {
		zone := zoneOf(t, name)
		c := Calendar{Name: name}
		for _, year := range []int{2026, 2031} {
			for day := time.Date(year, 1, 1, 10, 0, 0, 0, zone); day.Year() == year; day = day.AddDate(0, 0, 1) {
				_, before := day.AddDate(0, 0, -1).Zone()
				_, after := day.AddDate(0, 0, 1).Zone()
				if before == after && day.Day() != 15 {
					continue
				}
				for hour := range 24 { // the day of a change, hour by hour
					at := time.Date(year, day.Month(), day.Day(), hour, 30, 0, 0, zone)
					c.Events = append(c.Events, Event{UID: UID(at.String()), Changed: at, Start: at, End: at.Add(time.Hour), Zone: zone, Summary: at.Format(time.DateTime)})
				}
			}
		}
		compare(t, readers, c.Feed(), wants("", c), []string{name})
	}
}

// TestReadGolden: the dates of the golden files, as files and as a feed. (Neither library knows that NAME is text: no comma in it.)
func TestReadGolden(t *testing.T) {
	readers := icaltest.Readers(t)
	events := meetups(t)
	for _, e := range events {
		compare(t, readers, File(e), wants("PUBLISH", Calendar{Events: []Event{e}}), []string{"Europe/Berlin"})
	}
	c := Calendar{Name: "Digilotsen · Musterstadt", Every: time.Hour, Events: events}
	compare(t, readers, c.Feed(), wants("", c), []string{"Europe/Berlin"})
}

// TestRoundTrip: any texts, zones and times come back as they were.
func TestRoundTrip(t *testing.T) {
	readers := icaltest.Readers(t)
	names := []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo", "UTC"}
	zones := map[string]*time.Location{}
	for _, name := range names {
		zones[name] = zoneOf(t, name)
	}
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue && os.Getenv("LOTSE_TEST_LONG") == "" {
		if err := checks.Value.Set("30"); err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(
			rapid.String(),
			rapid.StringOfN(rapid.SampledFrom([]rune("aä,;:\\\"\n\r\tß 👋🏽n–N^'=\u2028")), 0, 200, -1),
		)
		link := rapid.SampledFrom([]string{"", "https://bbb.stadt.example/b/ab-c?x=1,2;y", "https://stadt.example/" + strings.Repeat("lang/", 30) + "ü", "http://x", "\r\nX:1"})
		c := Calendar{Name: "Kalender"}
		for n := range rapid.IntRange(1, 4).Draw(t, "events") {
			zone := zones[rapid.SampledFrom(names).Draw(t, "zone")]
			start := time.Unix(rapid.Int64Range(1_200_000_000, 2_100_000_000).Draw(t, "start"), 0)
			c.Events = append(c.Events, Event{
				UID: UID(fmt.Sprint(n)), Sequence: rapid.IntRange(0, 1000).Draw(t, "sequence"), Changed: time.Unix(rapid.Int64Range(0, 2_000_000_000).Draw(t, "changed"), 0),
				Start: start, End: start.Add(time.Duration(rapid.IntRange(-1, 300).Draw(t, "minutes")) * time.Minute), Zone: zone,
				Summary: "s" + text.Draw(t, "summary"), Description: text.Draw(t, "description"), Location: text.Draw(t, "location"), Link: link.Draw(t, "link"),
				Cancelled: rapid.Bool().Draw(t, "cancelled"),
				Organizer: Organizer{text.Draw(t, "name"), rapid.SampledFrom([]string{"", "pmo@stadt.example", "x"}).Draw(t, "mail")},
			})
		}
		compare(t, readers, c.Feed(), wants("", c), names[:len(names)-1])
	})
}

// TestCalendarProgram has khal, a calendar program, take in a feed and the file of a date, and show both in Berlin and
// elsewhere, in winter and in summer.
func TestCalendarProgram(t *testing.T) {
	dir, home := icaltest.Folder(t), t.TempDir()
	events := meetups(t)
	for name, data := range map[string][]byte{
		"feed.ics": Calendar{Name: "Digilotsen", Events: events[:2]}.Feed(), "date.ics": File(events[2]),
	} {
		if err := os.WriteFile(filepath.Join(home, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for zone, want := range map[string][]string{
		"Europe/Berlin":    {"03.12.2026 10:00-11:30 Digilotsen, CONFIRMED", "01.04.2027 10:00-11:30 Digilotsen, CONFIRMED", "04.11.2027 10:00-11:30 Abgesagt: Digilotsen, CANCELLED"},
		"America/New_York": {"03.12.2026 04:00-05:30 Digilotsen, CONFIRMED", "01.04.2027 04:00-05:30 Digilotsen, CONFIRMED", "04.11.2027 05:00-06:30 Abgesagt: Digilotsen, CANCELLED"},
	} {
		folder := filepath.Join(home, filepath.Base(zone))
		config := fmt.Sprintf(`[calendars]
[[lotse]]
path = %s/lotse
[sqlite]
path = %s/khal.db
[default]
default_calendar = lotse
[locale]
local_timezone = %s
default_timezone = %[3]s
timeformat = %%H:%%M
dateformat = %%d.%%m.
longdateformat = %%d.%%m.%%Y
datetimeformat = %%d.%%m. %%H:%%M
longdatetimeformat = %%d.%%m.%%Y %%H:%%M
`, folder, folder, zone)
		if err := os.MkdirAll(folder+"/lotse", 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(folder+"/config", []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		khal := func(args ...string) string {
			t.Helper()
			cmd := exec.Command(filepath.Join(dir, "bin", "python3"), append([]string{"-m", "khal", "-c", folder + "/config"}, args...)...)
			cmd.Env = append(os.Environ(), "TZ="+zone, "LC_ALL=C.UTF-8", "XDG_CACHE_HOME="+folder, "XDG_DATA_HOME="+folder, "XDG_CONFIG_HOME="+folder)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("khal %s: %v\n%s", strings.Join(args, " "), err, out)
			}
			return string(out)
		}
		khal("import", "--batch", "-a", "lotse", home+"/feed.ics")
		khal("import", "--batch", "-a", "lotse", home+"/date.ics")
		shown := khal("list", "--day-format", "", "--format", "{start-date-long} {start-time}-{end-time} {title}, {status}", "01.11.2026", "500d")
		var got []string
		for line := range strings.Lines(shown) {
			got = append(got, strings.TrimSpace(line))
		}
		if !slices.Equal(got, want) {
			t.Errorf("in %s khal shows\n%q, want\n%q", zone, got, want)
		}
	}
}
