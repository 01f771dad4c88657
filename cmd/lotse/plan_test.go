package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
)

const planConfig = least + `free_days: [24.12., 31.12., Rosenmontag]
projektcheck: {anchor: 2026-11-26, at: 10:00}
`

func dateOf(t *testing.T, text string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func localTime(t *testing.T, zone *time.Location, text string) time.Time {
	t.Helper()
	instant, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
	if err != nil {
		t.Fatal(err)
	}
	return instant
}

// planOf plans with rows in the books.
func planOf(t *testing.T, config, from, until string, rows func(*bot.Settings) []bot.Round) roundPlan {
	t.Helper()
	c := parse(t, config)
	settings, err := c.Settings()
	if err != nil {
		t.Fatal(err)
	}
	p := roundPlan{config: c, settings: settings, span: span{dateOf(t, from), dateOf(t, until)}}
	var books []bot.Round
	if rows != nil {
		books, p.books = rows(settings), true
	}
	p.rounds = planRounds(settings, books, p.span)
	return p
}

// changed are the books of a city where much was changed in chat.
func changed(t *testing.T) func(*bot.Settings) []bot.Round {
	return func(s *bot.Settings) []bot.Round {
		round := func(planned, check string, change func(*bot.Round)) bot.Round {
			when := localTime(t, s.Zone, check)
			r := bot.Round{ID: bot.RoundID(planned), Planned: dateOf(t, planned), Check: when.UTC(), Zone: "Europe/Berlin", State: bot.RoundPlanned,
				Steps: calendar.Plan(when, s.Days, s.Plan)}
			change(&r)
			return r
		}
		return []bot.Round{
			round("2026-11-26", "2026-11-26 10:00", func(r *bot.Round) { r.State = bot.RoundOpen }),
			round("2026-12-17", "2026-12-15 13:30", func(r *bot.Round) { r.Moved, r.Reason = true, "Weihnachtsfeier\nim Rathaus" }),
			round("2026-12-21", "2026-12-21 09:00", func(r *bot.Round) { r.Extra = true }),
			round("2027-01-28", "2027-01-28 10:00", func(r *bot.Round) { r.State, r.Reason = bot.RoundCancelled, "Klausurtagung" }),
		}
	}
}

func TestPlanTable(t *testing.T) {
	for _, test := range []struct {
		name, config string
		rows         func(*bot.Settings) []bot.Round
		words        *planWords
	}{
		{"config.de", planConfig, nil, &planWordsDE},
		{"config.en", planConfig, nil, &planWordsEN},
		{"books.de", planConfig, changed(t), &planWordsDE},
		{"books.en", planConfig, changed(t), &planWordsEN},
		{"skip.de", strings.Replace(planConfig, "2026-11-26", "2026-11-12", 1) + "# skip\n", nil, &planWordsDE},
		{"rule.de", least + "projektcheck: {anchor: 2026-11-01, rrule: FREQ=MONTHLY;BYDAY=1FR, shift: previous}\n", nil, &planWordsDE},
		{"none.de", least, nil, &planWordsDE},
	} {
		t.Run(test.name, func(t *testing.T) {
			config := test.config
			if strings.HasPrefix(test.name, "skip") {
				config = strings.Replace(config, "at: 10:00", "at: 10:00, shift: skip", 1)
			}
			var out bytes.Buffer
			if err := planOf(t, config, "2026-11-16", "2027-03-31", test.rows).table(&out, test.words); err != nil {
				t.Fatal(err)
			}
			golden(t, "plan/"+test.name+".txt", out.String())
		})
	}
}

func TestPlanRounds(t *testing.T) {
	p := planOf(t, planConfig, "2026-11-16", "2027-03-31", changed(t))
	var got []string
	for _, r := range p.rounds {
		got = append(got, fmt.Sprintf("%s %s %s %s", r.ID, r.State, r.Check.In(p.settings.Zone).Format("01-02 15:04"), r.overlaps))
	}
	want := []string{
		"2026-11-26 open 11-26 10:00 ",
		"2026-12-17 planned 12-15 13:30 ",           // moved
		"2026-12-21 planned 12-21 09:00 2026-12-17", // added, and begins before the one before is over
		"2027-01-07 planned 01-07 10:00 ",
		"2027-01-28 cancelled 01-28 10:00 ",
		"2027-02-18 planned 02-18 10:00 ",
		"2027-03-11 planned 03-11 10:00 ",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("rounds\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A long span has every check once, at its distance: the rules look ahead no more than a year at a time.
func TestPlanOfManyYears(t *testing.T) {
	p := planOf(t, strings.Replace(planConfig, "at: 10:00", "at: 10:00, shift: keep", 1), "2026-11-26", "2034-11-26", nil)
	for i, r := range p.rounds {
		if want := dateOf(t, "2026-11-26").AddDays(21 * i); r.Planned != want {
			t.Fatalf("check %d is planned on %s, want %s", i, r.Planned, want)
		}
	}
	if got, want := len(p.rounds), 140; got != want {
		t.Errorf("%d checks in eight years, want %d", got, want)
	}
}

func TestPlanJSON(t *testing.T) {
	var out bytes.Buffer
	if err := planOf(t, planConfig, "2026-11-16", "2026-12-31", changed(t)).json(&out); err != nil {
		t.Fatal(err)
	}
	golden(t, "plan/books.json", out.String())
	var back planJSON
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || len(back.Rounds) != 3 {
		t.Errorf("%d rounds, %v", len(back.Rounds), err)
	}
}

func TestSpan(t *testing.T) {
	c := parse(t, least)
	now := time.Date(2026, 11, 22, 23, 30, 0, 0, time.UTC) // in Berlin it is the 23rd already
	for _, test := range []struct{ why, from, until, want, fault string }{
		{"half a year from today on", "", "", "2026-11-23 2027-05-23", ""},
		{"until a date", "", "2027-03-31", "2026-11-23 2027-03-31", ""},
		{"a German date", "1.1.2027", "31.3.2027", "2027-01-01 2027-03-31", ""},
		{"a single day", "2027-01-01", "2027-01-01", "2027-01-01 2027-01-01", ""},
		{"backwards", "2027-01-02", "2027-01-01", "", "before"},
		{"no date", "", "soon", "", "--until"},
		{"a day that does not exist", "2026-11-31", "", "", "2026-11-30"},
		{"further than anybody plans", "", "2099-01-01", "", "ten years"},
	} {
		got, err := c.span(test.from, test.until, now)
		text := ""
		if err == nil {
			text = got.from.String() + " " + got.until.String()
		}
		if text != test.want || (err == nil) != (test.fault == "") || err != nil && !strings.Contains(err.Error(), test.fault) {
			t.Errorf("%s: %q, error %v, want %q, %q", test.why, text, err, test.want, test.fault)
		}
	}
}

// What the PMO did in chat is in the database, and so in the plan.
func TestPlanReadsTheBooks(t *testing.T) {
	c := parse(t, planConfig)
	in := span{dateOf(t, "2026-11-16"), dateOf(t, "2026-12-31")}
	before, err := c.plan(t.Context(), in)
	if err != nil || before.books || len(before.rounds) != 2 {
		t.Fatalf("without a database: %d rounds, %v, %v", len(before.rounds), before.books, err)
	}
	round := before.rounds[0].Round
	round.Check, round.Moved = localTime(t, c.Zone.Location, "2026-11-27 11:00"), true
	if err := c.write(t.Context(), localTime(t, c.Zone.Location, "2026-11-01 08:00"), bot.Change{Rounds: []bot.Round{round}}); err != nil {
		t.Fatal(err)
	}
	after, err := c.plan(t.Context(), in)
	if err != nil || !after.books || len(after.rounds) != 2 {
		t.Fatalf("with a database: %d rounds, %v, %v", len(after.rounds), after.books, err)
	}
	if got := after.rounds[0]; !got.Check.Equal(round.Check) || !got.Moved {
		t.Errorf("the moved check is at %s", got.Check)
	}
}
