package meetup_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
	"lotse/bot/dialoguetest"
	"lotse/bot/engine/enginetest"
)

// yearNetwork is one of the three networks of the year, and when it has to meet.
type yearNetwork struct {
	bot.Network
	days []calendar.Date // worked out without package calendar's rules
}

// yearNetworks meet by three kinds of rule. In Hesse, whose year it is, with Christmas Eve and New Year's Eve off: the
// last weekday of December is moved to the day before New Year's Eve, the first Thursday of May to the day after Ascension
// Day. Corpus Christi moves a reminder, Easter an agenda, Christmas an announcement.
func yearNetworks() []yearNetwork {
	network := func(id bot.NetworkID, name, rule string, hour int, shift calendar.Shift, days ...calendar.Date) yearNetwork {
		return yearNetwork{bot.Network{
			ID: id, Name: name, Hosts: []bot.PersonID{bot.PersonID("host-" + id)}, Rule: rule, Anchor: calendar.Date{Year: 2026, Month: time.November, Day: 24},
			At: calendar.Clock{Hour: hour}, Length: 90 * time.Minute, Link: "https://bbb.example/" + string(id), Shift: shift, Origin: bot.FromConfig,
		}, days}
	}
	var fortnightly []calendar.Date
	for day := time.Date(2026, time.November, 24, 0, 0, 0, 0, time.UTC); day.Before(yearEnds); day = day.AddDate(0, 0, 14) {
		fortnightly = append(fortnightly, calendar.DateOf(day))
	}
	return []yearNetwork{
		network("digilotsen", "Digilotsen", "FREQ=MONTHLY;BYDAY=1TH", 10, "", dates("2026-12-03 2027-01-07 2027-02-04 2027-03-04 2027-04-01 "+
			"2027-05-07 2027-06-03 2027-07-01 2027-08-05 2027-09-02 2027-10-07 2027-11-04")...),
		network("it", "IT-Verantwortliche", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", 14, "", fortnightly...),
		network("zentrale-dienste", "Zentrale Dienste", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", 9, calendar.ShiftPrevious,
			dates("2026-11-30 2026-12-30 2027-01-29 2027-02-26 2027-03-31 2027-04-30 2027-05-31 2027-06-30 2027-07-30 2027-08-31 2027-09-30 2027-10-29 2027-11-30")...),
	}
}

var (
	yearBegins = time.Date(2026, time.November, 5, 8, 0, 0, 0, berlin())
	yearEnds   = time.Date(2027, time.November, 30, 23, 0, 0, 0, berlin())
)

func berlin() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return zone
}

func dates(list string) (all []calendar.Date) {
	for text := range strings.FieldsSeq(list) {
		day, err := calendar.ParseDate(text)
		if err != nil {
			panic(err)
		}
		all = append(all, day)
	}
	return all
}

// hesse are the holidays of Hesse in the year, and what its cities keep free: written down, not worked out.
var hesse = dates("2026-12-24 2026-12-25 2026-12-26 2026-12-31 2027-01-01 2027-03-26 2027-03-29 2027-05-01 2027-05-06 2027-05-17 2027-05-27 2027-10-03")

// yearSend is what the bot sent, and when.
type yearSend struct {
	at time.Time
	bot.Outgoing
}

// TestYear lets three networks meet for a year, from 5 November 2026, with a reminder of a week before, everything real
// but the chat. All that was sent stands in testdata/year, one file for each room, with the local time at which it was.
// It runs in a bubble of testing/synctest, on the simulated clock: no real time passes but what the machine computes.
func TestYear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sends := playYear(t)
		for _, n := range yearNetworks() {
			checkYear(t, n, sends)
		}
		for room, text := range yearTold(sends) {
			file := filepath.Join("testdata", "year", room+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if line := firstDifference(string(want), text); line != "" {
				t.Errorf("%s is not as it was; run the test with -update and look at the difference: %s", file, line)
			}
		}
		if files, err := filepath.Glob("testdata/year/*.txt"); err != nil || len(files) != len(yearTold(sends)) {
			t.Errorf("there are %d files in testdata/year for %d rooms: %v", len(files), len(yearTold(sends)), err)
		}
	})
}

// playYear is all that the bot sends in the year.
func playYear(t *testing.T) []yearSend {
	k := kit()
	k.Settle = func(setup dialoguetest.Setup, s *bot.Settings) {
		settle(setup, s)
		var off []calendar.FreeDay
		for _, text := range []string{"24.12.", "31.12."} {
			day, err := calendar.ParseFreeDay(text)
			if err != nil {
				t.Fatal(err)
			}
			off = append(off, day)
		}
		s.Days, s.Meetups.Week = calendar.NewDays("HE", off...), true
	}
	k.Cast = func(_ dialoguetest.Setup, c *bot.Change) {
		c.Projects = nil
		c.Rooms = slices.DeleteFunc(c.Rooms, func(r bot.Room) bool { return r.Kind != bot.RoomPMO })
		for _, n := range yearNetworks() {
			c.Networks = append(c.Networks, n.Network)
			c.Rooms = append(c.Rooms, bot.Room{ID: n.room(), Kind: bot.RoomNetwork, Network: string(n.ID), Joined: true})
			c.People = append(c.People, bot.Person{ID: n.Hosts[0], Name: "Gast " + n.Name, Accounts: []bot.UserID{bot.UserID("test:" + n.Hosts[0])}})
		}
	}
	w := dialoguetest.New(t, k)
	w.Up()
	var mu sync.Mutex
	var sends []yearSend
	w.Chat.Faults(func(out bot.Outgoing, _ int) enginetest.Fault {
		mu.Lock()
		defer mu.Unlock()
		sends = append(sends, yearSend{w.Clock.Now().In(berlin()), out})
		return enginetest.Fault{}
	})
	if now := w.Clock.Now(); !now.Equal(yearBegins) {
		t.Fatalf("the year begins at %v, want %v", now, yearBegins)
	}
	w.Until(yearEnds)
	if doubled, needless := w.Chat.Doubled(), w.Needless(); len(doubled)+len(needless) > 0 {
		t.Errorf("said twice: %q; edited without being changed: %q", doubled, needless)
	}
	mu.Lock()
	defer mu.Unlock()
	return sends
}

func (n yearNetwork) room() bot.RoomID { return bot.RoomID("test:" + n.ID) }

// checkYear holds one network's year against what it has to be.
func checkYear(t *testing.T, n yearNetwork, sends []yearSend) {
	t.Helper()
	said := func(kind bot.Kind) map[bot.MeetupID]yearSend { // the originals, each meetup's once
		found := map[bot.MeetupID]yearSend{}
		for _, s := range sends {
			if s.Room != n.room() || s.Kind != kind || s.Op != bot.OpMessage || s.Message != "" || s.Absent {
				continue
			}
			id := bot.MeetupID(strings.Split(string(s.Key), "/")[1])
			if _, twice := found[id]; twice {
				t.Errorf("%s of %s was said twice, the second time on %v", kind, id, s.at)
			}
			found[id] = s
		}
		return found
	}
	announced, files, soon := said("meetup.announcement"), said("meetup.calendar"), said("meetup.soon")
	week, agenda := said("meetup.week"), said("meetup.agenda")
	starts := map[string]bot.MeetupID{} // by the calendar file
	for id, s := range files {
		starts[icsLine(t, s, "DTSTART;TZID=Europe/Berlin:")] = id
		if !strings.Contains(string(s.File.Bytes), "\r\nBEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n") {
			t.Errorf("the calendar file of %s does not say what Europe/Berlin is", id)
		}
		if _, ok := announced[id]; !ok {
			t.Errorf("there is a calendar file of %s, which was not announced", id)
		}
	}
	if len(files) != len(announced) {
		t.Errorf("%s: %d calendar files for %d meetups", n.Name, len(files), len(announced))
	}
	for _, day := range n.days {
		at := time.Date(day.Year, day.Month, day.Day, n.At.Hour, 0, 0, 0, berlin()) // by the clock on the wall, all year
		id, ok := starts[at.Format("20060102T150405")]
		if !ok {
			t.Errorf("%s: no meetup begins at %v by its calendar file", n.Name, at)
			continue
		}
		delete(starts, at.Format("20060102T150405"))
		if end := icsLine(t, files[id], "DTEND;TZID=Europe/Berlin:"); end != at.Add(90*time.Minute).Format("20060102T150405") {
			t.Errorf("%s ends at %s by its calendar file", id, end)
		}
		if slices.Contains(hesse, day) || at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
			t.Errorf("%s is on a day off", id)
		}
		// What is said in which hour, on which working day.
		for what, want := range map[string]struct {
			said yearSend
			at   time.Time
		}{
			"announcement": {announced[id], lastWorkday(at.AddDate(0, 0, -14))},
			"week":         {week[id], lastWorkday(at.AddDate(0, 0, -7))},
			"agenda":       {agenda[id], lastWorkday(at.AddDate(0, 0, -1))},
			"soon":         {soon[id], at.Add(-15 * time.Minute)},
		} {
			if !want.said.at.Equal(want.at) {
				t.Errorf("%s: %s at %v, want %v", id, what, want.said.at, want.at)
			}
		}
		if text, hour := string(announced[id].Text.Markdown), fmt.Sprintf("%d Uhr", n.At.Hour); !strings.Contains(text, hour) {
			t.Errorf("the announcement of %s does not say %q: %s", id, hour, text)
		}
		if text := string(soon[id].Text.Markdown); !strings.Contains(text, n.Link) {
			t.Errorf("the link of %s is missing: %s", id, text)
		}
	}
	for start, id := range starts { // those of December 2027 are announced by then
		if at, err := time.ParseInLocation("20060102T150405", start, berlin()); err != nil || !at.After(yearEnds) {
			t.Errorf("%s: nobody expects %s at %s: %v", n.Name, id, start, err)
		}
	}
}

// lastWorkday is the day, or the last working day before it, at 9 o'clock.
func lastWorkday(day time.Time) time.Time {
	for slices.Contains(hesse, calendar.DateOf(day)) || day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
		day = day.AddDate(0, 0, -1)
	}
	return time.Date(day.Year(), day.Month(), day.Day(), 9, 0, 0, 0, berlin())
}

// icsLine is what a line of the calendar file says that begins so: the event's, behind the zone.
func icsLine(t *testing.T, s yearSend, name string) string {
	t.Helper()
	_, event, _ := strings.Cut(string(s.File.Bytes), "BEGIN:VEVENT")
	_, value, ok := strings.Cut(event, "\r\n"+name)
	if !ok {
		t.Errorf("no %s in the calendar file\n%s", name, s.File.Bytes)
	}
	value, _, _ = strings.Cut(value, "\r\n")
	return value
}

// yearTold is what stands in the golden files: all that was sent, room by room.
func yearTold(sends []yearSend) map[string]string {
	told := map[string]string{}
	for _, s := range sends {
		line := s.at.Format("Mon 2006-01-02 15:04 MST") + " "
		switch {
		case s.Op == bot.OpReaction:
			line += s.Emoji + "\n"
		case s.Absent:
			line += "takes back " + string(s.Key) + "\n"
		default:
			line += map[bool]string{true: "says", false: "edits"}[s.Message == ""] + " " + string(s.Key) + "\n"
			if s.File != nil {
				_, event, _ := strings.Cut(string(s.File.Bytes), "BEGIN:VEVENT\r\n")
				event, _, _ = strings.Cut(event, "END:VEVENT")
				line += indented(string(s.Text.Markdown)) + "    [" + s.File.Name + "]\n" + indented(strings.ReplaceAll(event, "\r\n", "\n"))
			} else {
				line += indented(string(s.Text.Markdown))
			}
		}
		told[s.Room.Local()] += line
	}
	return told
}

func indented(text string) (out string) {
	for line := range strings.Lines(strings.TrimRight(text, "\n") + "\n") {
		if line != "\n" {
			line = "    " + line
		}
		out += line
	}
	return out
}

// firstDifference is where two texts begin to differ, "" if they do not.
func firstDifference(want, got string) string {
	if want == got {
		return ""
	}
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return fmt.Sprintf("line %d is\n%s\nwant\n%s", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}
