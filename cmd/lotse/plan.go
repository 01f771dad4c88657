package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lotse/bot"
	"lotse/bot/calendar"
)

func newPlan(a *app) *cobra.Command {
	var from, until, lang string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show the coming dates and what happens then, before anything is sent",
		Long: `Plan prints every Projektcheck and every meetup of a span of time and what Lotse does before it, with holidays and with
the dates that they move. What people have moved, cancelled or added in chat is in it too, if the
database exists. Nothing is sent and nothing is changed.`,
		Example: "  lotse plan --until 2027-03-31",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			words, err := planWordsOf(lang)
			if err != nil {
				return err
			}
			c, err := loadConfig(a.config)
			if err != nil {
				return err
			}
			span, err := c.span(from, until, a.now())
			if err != nil {
				return err
			}
			p, err := c.plan(cmd.Context(), span)
			if err != nil {
				return err
			}
			if asJSON {
				return p.json(a.stdout)
			}
			return p.table(a.stdout, words)
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "first `date` (default today)")
	cmd.Flags().StringVar(&until, "until", "", "last `date` (default six months later)")
	cmd.Flags().StringVar(&lang, "lang", "de", "`language` of the table, de or en")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, for other programs")
	return cmd
}

// span is a span of days, both inclusive.
type span struct{ from, until calendar.Date }

// longestSpan is how far ahead a plan may go: it is for reading.
const longestSpan = 10 * 366

func (c *Config) span(from, until string, now time.Time) (span, error) {
	s := span{from: calendar.DateOf(now.In(c.Zone.Location))}
	var err error
	if from != "" {
		if s.from, err = calendar.ParseDate(from); err != nil {
			return span{}, fmt.Errorf("--from: %w", err)
		}
	}
	s.until = calendar.DateOf(s.from.At(calendar.Clock{}, time.UTC).AddDate(0, 6, 0))
	if until != "" {
		if s.until, err = calendar.ParseDate(until); err != nil {
			return span{}, fmt.Errorf("--until: %w", err)
		}
	}
	switch {
	case s.until.Before(s.from):
		return span{}, fmt.Errorf("--until %s is before %s; want a later date", s.until, s.from)
	case s.until.Sub(s.from) > longestSpan:
		return span{}, fmt.Errorf("--until %s is more than ten years ahead", s.until)
	}
	return s, nil
}

// plannedRound is a round as the plan shows it.
type plannedRound struct {
	bot.Round
	overlaps bot.RoundID // the round before it, if that is not over when this one opens
	off      []offDay    // days off between opening and check, and where it was planned
}

// offDay is a working day of the week on which nobody works.
type offDay struct {
	Date calendar.Date `json:"date"`
	Name string        `json:"name"`
}

// roundPlan is what `lotse plan` shows.
type roundPlan struct {
	config   *Config
	settings *bot.Settings
	span     span
	books    bool // the database's dates are in it
	rounds   []plannedRound
	meetups  []plannedMeetup
}

// plan collects the rounds whose check is in the span.
func (c *Config) plan(ctx context.Context, in span) (roundPlan, error) {
	settings, err := c.Settings()
	if err != nil {
		return roundPlan{}, err
	}
	p := roundPlan{config: c, settings: settings, span: in}
	books, found, err := c.loadBooks(ctx, bot.Query{Rounds: true})
	if err != nil {
		return roundPlan{}, err
	}
	p.books = found
	p.rounds = planRounds(settings, books.Rounds, in)
	p.meetups, err = c.planMeetups(ctx, settings, in)
	return p, err
}

// planRounds is the rounds of the rhythm with what the books say instead.
func planRounds(settings *bot.Settings, rows []bot.Round, in span) []plannedRound {
	var rounds []plannedRound
	seen := map[bot.RoundID]bool{}
	// The rules look about a year ahead, and from their own now on: so go on in steps.
	for from := in.from; !from.After(in.until); from = from.AddDays(300) {
		s := bot.Snapshot{Now: from.At(calendar.Clock{}, settings.Zone).Add(-time.Nanosecond), Settings: settings, Rounds: rows}
		for _, r := range bot.PlanRounds(s, 500) {
			day := dayOf(r, settings.Zone)
			if seen[r.ID] || day.Before(in.from) || day.After(in.until) {
				continue
			}
			seen[r.ID] = true
			rounds = append(rounds, plannedRound{Round: r, off: daysOff(r, settings)})
		}
	}
	slices.SortStableFunc(rounds, func(a, b plannedRound) int {
		return cmp.Or(dayOf(a.Round, settings.Zone).Compare(dayOf(b.Round, settings.Zone)), cmp.Compare(a.ID, b.ID))
	})
	var last *plannedRound
	for i := range rounds {
		r := &rounds[i]
		if r.State == bot.RoundCancelled {
			continue
		}
		if open, ok := r.Step(calendar.StepOpen); ok && last != nil && open.At.Before(last.Check) {
			r.overlaps = last.ID
		}
		last = r
	}
	return rounds
}

// dayOf is the local date of a round's check, or, if it has none, the planned one.
func dayOf(r bot.Round, zone *time.Location) calendar.Date {
	if r.Check.IsZero() {
		return r.Planned
	}
	return calendar.DateOf(r.Check.In(zone))
}

// daysOff are the days between a round's opening and its check on which a holiday or a free day falls: they are why
// a step comes earlier than one would count.
func daysOff(r bot.Round, settings *bot.Settings) []offDay {
	var off []offDay
	if len(r.Steps) == 0 {
		return nil
	}
	last := calendar.DateOf(r.Check.In(settings.Zone))
	for day := calendar.DateOf(r.Steps[0].At.In(settings.Zone)); !day.After(last); day = day.AddDays(1) {
		name, holiday := settings.Days.Holiday(day)
		if weekend := day.Weekday() == time.Saturday || day.Weekday() == time.Sunday; holiday && !weekend {
			off = append(off, offDay{day, name})
		}
	}
	return off
}

// planJSON is the form of `lotse plan --json`. Programs read it: fields are added, never renamed or removed.
type planJSON struct {
	City   string      `json:"city"`
	Zone   string      `json:"zone"`
	From   string      `json:"from"`
	Until  string      `json:"until"`
	Rounds []roundJSON `json:"rounds"`

	Meetups []meetupJSON `json:"meetups"`
}

type roundJSON struct {
	ID       bot.RoundID    `json:"id"`
	Planned  string         `json:"planned"`
	Check    *time.Time     `json:"check,omitempty"` // none: it does not take place
	State    bot.RoundState `json:"state"`
	Holiday  string         `json:"holiday,omitempty"` // what moved it or leaves it out
	Moved    bool           `json:"moved,omitempty"`
	Extra    bool           `json:"extra,omitempty"`
	Reason   string         `json:"reason,omitempty"`
	Overlaps bot.RoundID    `json:"overlaps,omitempty"`
	Steps    []stepJSON     `json:"steps"`
	DaysOff  []offDay       `json:"days_off,omitempty"`
}

type stepJSON struct {
	Kind calendar.StepKind `json:"kind"`
	N    int               `json:"n,omitempty"`
	At   time.Time         `json:"at"`
}

func (p roundPlan) json(w io.Writer) error {
	out := planJSON{City: p.settings.City, Zone: p.settings.Zone.String(), From: p.span.from.String(), Until: p.span.until.String(), Rounds: []roundJSON{}}
	for _, r := range p.rounds {
		row := roundJSON{ID: r.ID, Planned: r.Planned.String(), State: r.State, Holiday: r.Shifted, Moved: r.Moved, Extra: r.Extra,
			Reason: r.Reason, Overlaps: r.overlaps, Steps: []stepJSON{}, DaysOff: r.off}
		if r.State != bot.RoundCancelled {
			row.Check = &r.Check
			for _, s := range r.Steps {
				row.Steps = append(row.Steps, stepJSON{s.Kind, s.N, s.At.In(p.settings.Zone)})
			}
		}
		out.Rounds = append(out.Rounds, row)
	}
	out.Meetups = p.meetupsJSON()
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(out)
}

// planWords are the words of the table in one language.
type planWords struct {
	weekdays     [7]string
	short        [7]string
	months       [13]string
	date         func(w *planWords, d calendar.Date) string // "Mittwoch, 25. November 2026"
	brief        string                                     // layout of a date in the table
	title        string
	every        string
	rule         string
	noRhythm     string
	calendar     string
	free         string
	shifts       map[calendar.Shift]string
	books        string
	noBooks      string
	none         string
	check        string
	cancelled    string
	skipped      string
	shifted      string
	moved        string
	extra        string
	because      string
	running      map[bot.RoundState]string
	steps        map[calendar.StepKind]string
	dayOff       string
	overlap      string
	sum, sumOne  string
	noCollisions string
	meetups      meetupWords
}

var planWordsDE = planWords{
	weekdays: [7]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
	short:    [7]string{"So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"},
	months:   [13]string{"", "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
	date: func(w *planWords, d calendar.Date) string {
		return fmt.Sprintf("%s, %d. %s %d", w.weekdays[d.Weekday()], d.Day, w.months[d.Month], d.Year)
	},
	brief:    "02.01.2006",
	title:    "Projektchecks in %s vom %s bis %s",
	every:    "Rhythmus:  alle %d Wochen um %s Uhr, gerechnet ab dem %s",
	rule:     "Rhythmus:  %s um %s Uhr, gerechnet ab dem %s",
	noRhythm: "Rhythmus:  keiner; nur Termine, die das PMO im Chat hinzufügt",
	calendar: "Kalender:  %s",
	free:     ", dazu dienstfrei: %s",
	shifts: map[calendar.Shift]string{
		calendar.ShiftNext:     "Fällt ein Projektcheck auf einen freien Tag, ist er am nächsten Arbeitstag.",
		calendar.ShiftPrevious: "Fällt ein Projektcheck auf einen freien Tag, ist er am Arbeitstag davor.",
		calendar.ShiftSkip:     "Fällt ein Projektcheck auf einen freien Tag, entfällt er.",
		calendar.ShiftKeep:     "Projektchecks finden auch an freien Tagen statt.",
	},
	books:     "Im Chat verschobene, abgesagte und hinzugefügte Termine sind berücksichtigt.",
	noBooks:   "Es gibt noch keine Datenbank: Dies ist der Plan allein nach der Konfiguration.",
	none:      "In dieser Zeit ist kein Projektcheck geplant.",
	check:     "Projektcheck am %s, %s Uhr",
	cancelled: "Abgesagt: Projektcheck am %s",
	skipped:   "Entfällt: Projektcheck am %s (%s)",
	shifted:   "verlegt: geplant war %s (%s)",
	moved:     "vom PMO verschoben: geplant war %s",
	extra:     "vom PMO zusätzlich angesetzt",
	because:   "Grund: %s",
	running:   map[bot.RoundState]string{bot.RoundOpen: "läuft", bot.RoundClosed: "Berichte geschlossen", bot.RoundPublished: "Agenda steht"},
	steps: map[calendar.StepKind]string{
		calendar.StepOpen:   "Fragen an alle Projekte",
		calendar.StepRemind: "%d. Erinnerung, wo Antworten fehlen",
		calendar.StepStand:  "Stand an das PMO",
		calendar.StepClose:  "Redaktionsschluss",
		calendar.StepAgenda: "Tagesordnung an DM und PMO",
		calendar.StepCheck:  "Projektcheck",
	},
	dayOff:       "frei: %s",
	overlap:      "Achtung: Diese Runde beginnt, bevor der Projektcheck am %s vorbei ist.",
	sum:          "%d Projektchecks.",
	sumOne:       "1 Projektcheck.",
	noCollisions: "Keine zwei Runden überschneiden sich.",
	meetups:      meetupWordsDE,
}

var planWordsEN = planWords{
	weekdays: [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
	short:    [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
	months:   [13]string{"", "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
	date: func(w *planWords, d calendar.Date) string {
		return fmt.Sprintf("%s, %d %s %d", w.weekdays[d.Weekday()], d.Day, w.months[d.Month], d.Year)
	},
	brief:    "2006-01-02",
	title:    "Projektchecks in %s from %s to %s",
	every:    "Rhythm:    every %d weeks at %s, counted from %s",
	rule:     "Rhythm:    %s at %s, counted from %s",
	noRhythm: "Rhythm:    none; only dates that the PMO adds in chat",
	calendar: "Calendar:  %s",
	free:     ", and the city's own free days: %s",
	shifts: map[calendar.Shift]string{
		calendar.ShiftNext:     "A Projektcheck on a day off moves to the next working day.",
		calendar.ShiftPrevious: "A Projektcheck on a day off moves to the working day before.",
		calendar.ShiftSkip:     "A Projektcheck on a day off does not take place.",
		calendar.ShiftKeep:     "A Projektcheck takes place on a day off as well.",
	},
	books:     "Dates that were moved, cancelled or added in chat are in it.",
	noBooks:   "There is no database yet: this is the plan by the configuration alone.",
	none:      "No Projektcheck is planned in this time.",
	check:     "Projektcheck on %s, %s",
	cancelled: "Cancelled: Projektcheck on %s",
	skipped:   "Left out: Projektcheck on %s (%s)",
	shifted:   "moved: planned was %s (%s)",
	moved:     "moved by the PMO: planned was %s",
	extra:     "added by the PMO",
	because:   "reason: %s",
	running:   map[bot.RoundState]string{bot.RoundOpen: "running", bot.RoundClosed: "reports closed", bot.RoundPublished: "agenda is out"},
	steps: map[calendar.StepKind]string{
		calendar.StepOpen:   "questions to all projects",
		calendar.StepRemind: "reminder %d, where answers are missing",
		calendar.StepStand:  "overview to the PMO",
		calendar.StepClose:  "deadline",
		calendar.StepAgenda: "agenda to DM and PMO",
		calendar.StepCheck:  "Projektcheck",
	},
	dayOff:       "day off: %s",
	overlap:      "Note: this round begins before the Projektcheck on %s is over.",
	sum:          "%d Projektchecks.",
	sumOne:       "1 Projektcheck.",
	noCollisions: "No two rounds overlap.",
	meetups:      meetupWordsEN,
}

func planWordsOf(lang string) (*planWords, error) {
	switch lang {
	case "de":
		return &planWordsDE, nil
	case "en":
		return &planWordsEN, nil
	}
	return nil, badLanguage(lang)
}

// badLanguage is the error for a --lang that does not exist.
func badLanguage(lang string) error { return fmt.Errorf("--lang %q is none of de, en", lang) }

// brief is a date as it stands in a column.
func (w *planWords) briefly(d calendar.Date) string {
	return d.At(calendar.Clock{}, time.UTC).Format(w.brief)
}

func (w *planWords) step(s calendar.Step) string {
	text := w.steps[s.Kind]
	if strings.Contains(text, "%d") {
		return fmt.Sprintf(text, s.N)
	}
	return text
}

// table writes the plan for people.
func (p roundPlan) table(out io.Writer, w *planWords) error {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line(w.title, p.settings.City, w.briefly(p.span.from), w.briefly(p.span.until))
	line("")
	p.head(line, w)
	checks, overlaps := 0, 0
	for _, r := range p.rounds {
		line("")
		p.round(line, w, r)
		if r.State != bot.RoundCancelled {
			checks++
		}
		if r.overlaps != "" {
			overlaps++
		}
	}
	line("")
	switch {
	case checks == 0:
		line("%s", w.none)
	case checks == 1:
		line("%s", w.sumOne)
	case overlaps == 0:
		line(w.sum+" %s", checks, w.noCollisions)
	default:
		line(w.sum, checks)
	}
	p.meetupTable(line, w)
	_, err := io.WriteString(out, b.String())
	return err
}

func (p roundPlan) head(line func(string, ...any), w *planWords) {
	check := p.config.Projektcheck
	switch {
	case check.Anchor.IsZero():
		line("%s", w.noRhythm)
	case check.Rule != "":
		line(w.rule, check.Rule, check.At, w.briefly(check.Anchor))
	default:
		line(w.every, check.weeks(), check.At, w.briefly(check.Anchor))
	}
	free := ""
	for i, day := range p.config.FreeDays {
		if i > 0 {
			free += ", "
		}
		free += day.String()
	}
	if free != "" {
		free = fmt.Sprintf(w.free, free)
	}
	line(w.calendar, p.config.Land.Name()+free)
	if !check.Anchor.IsZero() {
		line("           %s", w.shifts[check.Shift])
	}
	if p.books {
		line("           %s", w.books)
	} else {
		line("           %s", w.noBooks)
	}
}

func (p roundPlan) round(line func(string, ...any), w *planWords, r plannedRound) {
	planned := w.date(w, r.Planned)
	switch {
	case r.State == bot.RoundCancelled && r.Shifted != "" && r.Reason == "":
		line(w.skipped, planned, r.Shifted)
		return
	case r.State == bot.RoundCancelled:
		line(w.cancelled, w.date(w, dayOf(r.Round, p.settings.Zone)))
		if r.Reason != "" {
			line("  "+w.because, bot.Clean(r.Reason))
		}
		return
	}
	check := r.Check.In(p.settings.Zone)
	head := fmt.Sprintf(w.check, w.date(w, calendar.DateOf(check)), check.Format("15:04"))
	if state, ok := w.running[r.State]; ok {
		head += " – " + state
	}
	line("%s", head)
	switch {
	case r.Extra:
		line("  %s", w.extra)
	case r.Moved:
		line("  "+w.moved, planned)
	case r.Shifted != "" && calendar.DateOf(check) != r.Planned:
		line("  "+w.shifted, planned, r.Shifted)
	}
	if r.Reason != "" {
		line("  "+w.because, strings.Join(strings.Fields(bot.Clean(r.Reason)), " "))
	}
	off := r.off
	row := func(day calendar.Date, clock, what string) {
		line("  %-3s %s  %5s  %s", w.short[day.Weekday()], w.briefly(day), clock, what)
	}
	for _, s := range r.Steps {
		at := s.At.In(p.settings.Zone)
		for len(off) > 0 && !off[0].Date.After(calendar.DateOf(at)) {
			row(off[0].Date, "", fmt.Sprintf(w.dayOff, off[0].Name))
			off = off[1:]
		}
		row(calendar.DateOf(at), at.Format("15:04"), w.step(s))
	}
	if r.overlaps != "" {
		for _, before := range p.rounds {
			if before.ID == r.overlaps {
				line("  "+w.overlap, w.briefly(dayOf(before.Round, p.settings.Zone)))
			}
		}
	}
}
