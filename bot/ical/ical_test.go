package ical

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the same transitions everywhere
	"unicode/utf8"
)

var update = flag.Bool("update", false, "write the golden files anew")

func zoneOf(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// meetups are three dates of a network: in winter time, in summer time and, called off, in winter time again.
func meetups(t testing.TB) []Event {
	berlin := zoneOf(t, "Europe/Berlin")
	event := func(id string, year int, month time.Month, day int) Event {
		start := time.Date(year, month, day, 10, 0, 0, 0, berlin)
		return Event{
			UID: UID("meetup", id), Changed: time.Date(2026, 11, 20, 8, 30, 0, 0, berlin), Start: start, End: start.Add(90 * time.Minute), Zone: berlin,
			Summary: "Digilotsen", Link: "https://bbb.stadt.example/b/dig-äöü",
		}
	}
	winter := event("1", 2026, 12, 3)
	winter.Description = "Themen: eAkte, Bürgerservice; Schnittstellen\nund \\ danach: Fragen 👋🏽 an alle – auch an die, die noch nie da waren und nicht wissen, was sie erwartet"
	summer := event("2", 2027, 4, 1)
	summer.Sequence, summer.Organizer = 2, Organizer{Name: `Jonas "Joni" Müller, PMO; Stadt`, Mail: "pmo@stadt.example"}
	off := event("3", 2027, 11, 4)
	off.Sequence, off.Cancelled, off.Summary, off.Description = 1, true, "Abgesagt: Digilotsen", "Grund: Betriebsversammlung"
	return []Event{off, winter, summer}
}

// What is written stands in files, for people to read.
func TestGolden(t *testing.T) {
	events := meetups(t)
	for name, got := range map[string][]byte{
		"date":   File(events[1]),
		"called": File(events[0]),
		"feed":   Calendar{Name: "Digilotsen · Musterstadt", Description: "Treffen der Digilotsen", Every: time.Hour, Events: events}.Feed(),
		"empty":  Calendar{Name: "Digilotsen"}.Feed(),
	} {
		path := "testdata/" + name + ".ics.golden"
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("%s: got\n%s\nwant what stands in %s (go test ./bot/ical -update writes it anew)", name, got, path)
		}
	}
}

// Whatever there is in a text begins no line of its own, and no parameter.
func TestNothingIsForged(t *testing.T) {
	evil := "Treffen\r\nATTENDEE:mailto:x@stadt.example\rBEGIN:VALARM\nEND:VEVENT\u2028X:1\x00\x1b\ufffe\xff;X=1:2"
	data := string(File(Event{
		UID: evil, Start: time.Date(2026, 12, 3, 9, 0, 0, 0, time.UTC), Summary: evil, Description: evil, Location: evil,
		Link: "https://x.example/\r\nATTENDEE:mailto:x@stadt.example", Organizer: Organizer{Name: evil + `";X="1`, Mail: "x@stadt.example"},
	}))
	var names []string
	for line := range strings.SplitSeq(strings.ReplaceAll(data, "\r\n ", ""), "\r\n") {
		if name, _, found := strings.Cut(line, ":"); found {
			names = append(names, strings.SplitN(name, ";", 2)[0])
		}
	}
	want := "BEGIN VERSION PRODID CALSCALE METHOD BEGIN UID DTSTAMP LAST-MODIFIED SEQUENCE DTSTART SUMMARY DESCRIPTION LOCATION ORGANIZER STATUS TRANSP END END"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("the lines are\n%s, want\n%s\n%s", got, want, data)
	}
	if strings.ContainsAny(data, "\x00\x1b\ufffe") || strings.Contains(strings.ReplaceAll(data, "\r\n", ""), "\r") {
		t.Errorf("a control character stands in\n%q", data)
	}
}

func TestAddresses(t *testing.T) {
	for _, test := range []struct{ why, link, want string }{
		{"as it is", "https://bbb.stadt.example/b/abc-def?x=1&y=2", "https://bbb.stadt.example/b/abc-def?x=1&y=2"},
		{"umlauts", "https://stadt.example/ä", "https://stadt.example/%C3%A4"},
		{"no https", "http://stadt.example/", ""},
		{"a script", "javascript:alert(1)", ""},
		{"nothing", "", ""},
		{"words", "im Rathaus", ""},
		{"nowhere", "https:///b", ""},
		{"two lines", "https://stadt.example/\r\nX:1", ""},
		{"in the fragment", "https://stadt.example/#a b\"", "https://stadt.example/#a%20b%22"},
	} {
		if got := uri(test.link); got != test.want {
			t.Errorf("%s: uri(%q) = %q, want %q", test.why, test.link, got, test.want)
		}
	}
}

// Zones are described as they are: Berlin by two rules for good, others by rules of their own, what has no rule by a list.
func TestZones(t *testing.T) {
	describe := func(zone string, year int) string {
		w := &writer{}
		at := time.Date(year, 6, 15, 12, 0, 0, 0, time.UTC)
		w.zone(span{zoneOf(t, zone), at, at})
		return strings.ReplaceAll(w.b.String(), "\r\n", "\n")
	}
	for _, test := range []struct {
		zone string
		year int
		want []string
	}{
		{"Europe/Berlin", 2026, []string{
			"BEGIN:DAYLIGHT\nDTSTART:20260329T020000\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nTZNAME:CEST\nEND:DAYLIGHT\n",
			"BEGIN:STANDARD\nDTSTART:20251026T030000\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nTZNAME:CET\nEND:STANDARD\n",
		}},
		{"America/New_York", 2026, []string{"RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU"}},
		{"Asia/Kolkata", 2026, []string{"BEGIN:STANDARD\n", "TZOFFSETTO:+0530\n"}},
		{"Africa/Casablanca", 2026, []string{"DTSTART:20270207T030000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0000\n"}},
		{"Europe/Berlin", 2060, []string{"DTSTART:20600328T020000\nRRULE", "DTSTART:20591026T030000\nRRULE"}},
		{"Asia/Kolkata", 2060, []string{"BEGIN:STANDARD\n", "TZOFFSETTO:+0530\n"}},
		{"Europe/Berlin", 1946, []string{"TZNAME:CEMT\n"}},
		{"Europe/Berlin", 1890, []string{"TZOFFSETTO:+005328\n"}},
	} {
		got := describe(test.zone, test.year)
		for _, want := range test.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s in %d: no %q in\n%s", test.zone, test.year, want, got)
			}
		}
	}
	if got := describe("Europe/Berlin", 2026); strings.Count(got, "BEGIN:") != 3 {
		t.Errorf("Berlin has more than two rules:\n%s", got)
	}
}

// Both of the hours that look alike are written in UTC.
func TestTwice(t *testing.T) {
	berlin := zoneOf(t, "Europe/Berlin")
	for want, at := range map[string]time.Time{
		"DTSTART;TZID=Europe/Berlin:20261025T013000": time.Date(2026, 10, 24, 23, 30, 0, 0, time.UTC),
		"DTSTART:20261025T003000Z":                   time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC),
		"DTSTART:20261025T013000Z":                   time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC),
		"DTSTART;TZID=Europe/Berlin:20261025T030000": time.Date(2026, 10, 25, 2, 0, 0, 0, time.UTC),
		"DTSTART;TZID=Europe/Berlin:20270328T033000": time.Date(2027, 3, 28, 1, 30, 0, 0, time.UTC),
	} {
		if got := string(File(Event{Start: at, Zone: berlin})); !strings.Contains(got, want+"\r\n") {
			t.Errorf("%v: want %s in\n%s", at, want, got)
		}
	}
}

// UIDs of different things differ, and do not change.
func TestUID(t *testing.T) {
	if a, b := UID("ab", "c"), UID("a", "bc"); a == b {
		t.Errorf("two things have one UID, %s", a)
	}
	if got, want := UID("check", "Musterstadt", "2026-11-25"), "0fdd7dfe479656a18e38d65355642c28@lotse"; got != want {
		t.Errorf("UID = %s, want %s: every calendar would show the date twice", got, want)
	}
}

// FuzzWrite: whatever there is in the fields, what comes out are folded lines of valid text with the properties that were
// asked for, no more.
func FuzzWrite(f *testing.F) {
	for _, e := range meetups(f) {
		f.Add(e.UID, e.Summary, e.Description, e.Link, e.Organizer.Name, e.Organizer.Mail, e.Start.Unix(), e.Cancelled)
	}
	f.Add("\r\n", " \t", strings.Repeat("ä", 100), "https://\x00", `"`, "a@b\r\nX:1", int64(-1), true)
	zone := zoneOf(f, "Europe/Berlin")
	f.Fuzz(func(t *testing.T, uid, summary, description, link, name, mail string, start int64, cancelled bool) {
		at := time.Unix(start%(1<<33), 0)
		data := string(File(Event{
			UID: uid, Summary: summary, Description: description, Link: link, Location: summary, Organizer: Organizer{name, mail},
			Start: at, End: at.Add(time.Hour), Zone: zone, Changed: at, Cancelled: cancelled,
		}))
		allowed := " BEGIN END VERSION PRODID CALSCALE METHOD TZID DTSTART DTEND RRULE TZOFFSETFROM TZOFFSETTO TZNAME " +
			"UID DTSTAMP LAST-MODIFIED SEQUENCE SUMMARY DESCRIPTION LOCATION URL ORGANIZER STATUS TRANSP "
		for line := range strings.SplitSeq(strings.TrimSuffix(data, "\r\n"), "\r\n") {
			if len(line) > width || !utf8.ValidString(line) || strings.ContainsAny(line, "\r\n\x00") {
				t.Fatalf("a line of %d octets, or not of text: %q", len(line), line)
			}
			if strings.HasPrefix(line, " ") {
				continue
			}
			property := line[:strings.IndexAny(line, ":;")]
			if !strings.Contains(allowed, " "+property+" ") {
				t.Fatalf("a property nobody has asked for: %q", line)
			}
		}
		if strings.Count(data, "BEGIN:VEVENT\r\n") != 1 || strings.Count(data, "\r\nSUMMARY:") != 1 {
			t.Fatalf("not one event:\n%s", data)
		}
	})
}
