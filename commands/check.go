package commands

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"lotse/bot"
	"lotse/bot/calendar"
)

func checkCommand() command {
	pmo := []bot.Role{bot.RolePMO}
	check := func(name string, words []string, usage, example text, query func(call) bot.Query, decide func(call, bot.Snapshot) (bot.Change, error)) form {
		return form{name: "check." + name, words: words, usage: []text{usage}, example: example, may: pmo, unbound: true, query: query, decide: decide}
	}
	dates := check("dates", []string{"termin", "dates", "termine", "date"},
		text{"!projektcheck termin", "!check dates"}, text{"!projektcheck termin", "!check dates"}, withDates, call.dates)
	dates.may, dates.unbound, dates.open = nil, false, true // the same as !termine
	all := func(call) bot.Query { return bot.Query{Rounds: true, AllReports: true, AllProjects: true} }
	return command{
		words: []string{"projektcheck", "check", "runde", "round"},
		about: "checks",
		forms: []form{
			dates,
			check("move", []string{"verschieben", "move", "verlegen"},
				text{"!projektcheck verschieben DATUM auf DATUM UHRZEIT weil …", "!check move DATE to DATE TIME because …"},
				text{"!projektcheck verschieben auf 2.12. 10:00 weil der Saal belegt ist", "!check move to 2.12. 10:00 because the hall is taken"},
				withRounds, call.moveCheck),
			check("cancel", []string{"absagen", "cancel", "ausfallen", "streichen"},
				text{"!projektcheck absagen DATUM weil …", "!check cancel DATE because …"},
				text{"!projektcheck absagen weil die Verwaltungskonferenz tagt", "!check cancel because of the conference"},
				withRounds, call.cancelCheck),
			check("new", []string{"neu", "new", "extra", "add", "zusätzlich"},
				text{"!projektcheck neu DATUM UHRZEIT", "!check new DATE TIME"},
				text{"!projektcheck neu 16.12. 10:00", "!check new 16.12. 10:00"},
				withRounds, call.addCheck),
			check("start", []string{"starten", "start", "öffnen", "open"},
				text{"!projektcheck starten", "!check start"}, text{"!projektcheck starten", "!check start"}, all, call.startRound),
			check("stand", []string{"stand", "status", "übersicht", "overview", "state"},
				text{"!projektcheck stand", "!check status"}, text{"!projektcheck stand", "!check status"}, all, call.standing),
			check("close", []string{"schließen", "close", "beenden"},
				text{"!projektcheck schließen", "!check close"}, text{"!projektcheck schließen", "!check close"}, all, call.closeRound),
			{
				name: "check.hold", words: []string{"halten", "hold", "anhalten", "zurückhalten"},
				usage:   []text{{"!projektcheck halten", "!check hold"}, {"!projektcheck halten aus", "!check hold off"}},
				example: text{"!projektcheck halten", "!check hold"},
				may:     pmo, unbound: true, query: withRounds, decide: call.holdAgenda,
			},
		},
	}
}

var (
	reasonWord = regexp.MustCompile(`(?is)(?:^|[\s,;–-]+)((?:weil|wegen|da|because|since)\s.*)$`)
	reasonMark = regexp.MustCompile(`(?is)(?:^|[\s,;–-]+)(?:grund|begründung|reason)\s*:\s*(.+)$`)
	toWord     = regexp.MustCompile(`(?i)(?:^|\s+)(?:auf|nach|to|→|->)(?:\s+|$)`)
	clockEnd   = regexp.MustCompile(`(?i)(?:^|,\s*|\s+)(?:um\s+|at\s+)?(\d{1,2}[:.]\d{2}(?:\s*Uhr)?|\d{1,2}\s*Uhr(?:\s*\d{2})?)\s*$`)
)

// splitReason cuts a reason off: "… weil der Saal belegt ist", "… Grund: …".
func splitReason(text string) (rest, reason string) {
	for _, re := range []*regexp.Regexp{reasonMark, reasonWord} {
		if m := re.FindStringSubmatchIndex(text); m != nil {
			return strings.TrimSpace(text[:m[0]]), oneLine(text[m[2]:m[3]])
		}
	}
	return strings.TrimSpace(text), ""
}

// readMoment reads a day with or without a time of day behind it.
func readMoment(text string, today calendar.Date, usual calendar.Clock) (calendar.Date, calendar.Clock, bool) {
	text = strings.TrimSpace(text)
	if day, err := calendar.ParseDay(text, today); err == nil {
		return day, usual, true
	}
	m := clockEnd.FindStringSubmatchIndex(text)
	if m == nil {
		return calendar.Date{}, usual, false
	}
	clock, err := calendar.ParseClock(text[m[2]:m[3]])
	if err != nil {
		return calendar.Date{}, usual, false
	}
	day, err := calendar.ParseDay(strings.TrimRight(text[:m[0]], " ,"), today)
	return day, clock, err == nil
}

// pick finds the round a person means: by its date, or without one the running one,
// else the next.
func (c call) pick(s bot.Snapshot, text string) (bot.Round, error) {
	rounds := slices.DeleteFunc(bot.PlanRounds(s, 20), func(r bot.Round) bool { return r.State == bot.RoundCancelled || r.State == bot.RoundDone })
	if len(rounds) == 0 {
		return bot.Round{}, &bot.UserError{Template: "error.round", Data: bot.NoRound{}}
	}
	if text == "" {
		return rounds[0], nil
	}
	for _, r := range rounds {
		if string(r.ID) == text {
			return r, nil
		}
	}
	day, err := calendar.ParseDay(text, s.Today())
	if err != nil {
		return bot.Round{}, c.wrong(s, "date", text)
	}
	for _, on := range []func(bot.Round) calendar.Date{
		func(r bot.Round) calendar.Date { return calendar.DateOf(r.Check.In(s.Settings.Zone)) },
		func(r bot.Round) calendar.Date { return r.Planned },
	} {
		for _, r := range rounds {
			if on(r) == day {
				return r, nil
			}
		}
	}
	for _, r := range s.Rounds {
		if r.State == bot.RoundCancelled && calendar.DateOf(r.Check.In(s.Settings.Zone)) == day {
			return bot.Round{}, &bot.UserError{Template: "error.date", Data: bot.BadDate{At: r.Check.In(s.Settings.Zone), Why: "cancelled"}}
		}
	}
	return bot.Round{}, c.wrong(s, "checkdate", text)
}

// clockOf is the local time of day of a check.
func clockOf(s bot.Snapshot, at time.Time) calendar.Clock {
	local := at.In(s.Settings.Zone)
	return calendar.Clock{Hour: local.Hour(), Minute: local.Minute()}
}

// moveCheck gives a check another date.
func (c call) moveCheck(s bot.Snapshot) (bot.Change, error) {
	rest, reason := splitReason(c.args)
	from, to := "", rest
	if at := toWord.FindStringIndex(rest); at != nil {
		from, to = strings.TrimSpace(rest[:at[0]]), rest[at[1]:]
	}
	from = strings.TrimSpace(spanFrom.ReplaceAllString(from, ""))
	if to == "" {
		return bot.Change{}, c.wrong(s, "move", "")
	}
	round, err := c.pick(s, from)
	if err != nil {
		return bot.Change{}, err
	}
	day, clock, ok := readMoment(to, s.Today(), clockOf(s, round.Check))
	if !ok {
		return bot.Change{}, c.wrong(s, "move", to)
	}
	if err := bot.Short(reason, s.Settings.MaxText); err != nil {
		return bot.Change{}, err
	}
	at := day.At(clock, s.Settings.Zone)
	change, err := bot.MoveCheck(s, c.event, round, at, reason)
	if err != nil {
		return bot.Change{}, err
	}
	data := bot.CheckChanged{
		Check: at, Old: round.Check.In(s.Settings.Zone), Running: round.Running(), Reason: reason,
		Undo: text{"!projektcheck verschieben ", "!check move "}.in(lang(s)) + dayIn(day, lang(s) != bot.English) +
			text{" auf ", " to "}.in(lang(s)) + momentIn(round.Check.In(s.Settings.Zone), lang(s) != bot.English),
	}
	c.told(s, &change, round.ID, "reply.check.moved", data)
	return change, nil
}

// momentIn writes an instant as it can be typed.
func momentIn(at time.Time, german bool) string {
	return dayIn(calendar.DateOf(at), german) + " " + at.Format("15:04")
}

// told ends a change of a check: the deadlines it now has, a hint if the day is one
// off, and the same answer in the PMO's rooms, if it was given elsewhere.
func (c call) told(s bot.Snapshot, change *bot.Change, id bot.RoundID, template string, data bot.CheckChanged) {
	for _, r := range change.Rounds {
		if r.ID != id {
			continue
		}
		for _, step := range r.Steps {
			at := step.At.In(s.Settings.Zone)
			switch step.Kind {
			case calendar.StepOpen:
				if at.After(s.Now) { // or they are asked right now
					data.Opens = at
				}
			case calendar.StepClose:
				if r.State == bot.RoundPlanned || r.State == bot.RoundOpen && at.After(s.Now) {
					data.Deadline = at
				}
			case calendar.StepAgenda:
				data.Agenda = at
			}
		}
	}
	if day := calendar.DateOf(data.Check); !s.Settings.Days.Working(day) {
		data.DayOff, _ = s.Settings.Days.Holiday(day)
		data.Weekend = data.DayOff == ""
	}
	post := bot.Reply(c.event, 1, template, data)
	change.Posts = append(change.Posts, post)
	for _, room := range s.RoomsOf(bot.RoomPMO) {
		if room.ID != c.event.Room {
			post.Key = bot.NewKey("reply", string(c.event.ID), "1", string(room.ID))
			post.Room, post.Thread, post.ReplyTo = room.ID, bot.Target{}, bot.Target{}
			change.Posts = append(change.Posts, post)
		}
	}
}

// cancelCheck calls a check off.
func (c call) cancelCheck(s bot.Snapshot) (bot.Change, error) {
	rest, reason := splitReason(c.args)
	round, err := c.pick(s, strings.TrimSpace(rest))
	if err != nil {
		return bot.Change{}, err
	}
	if err := bot.Short(reason, s.Settings.MaxText); err != nil {
		return bot.Change{}, err
	}
	change, err := bot.CancelCheck(s, c.event, round, reason)
	if err != nil {
		return bot.Change{}, err
	}
	old := round.Check.In(s.Settings.Zone)
	data := bot.CheckChanged{
		Check: old, Running: round.Running(), Reason: reason,
		Undo: text{"!projektcheck neu ", "!check new "}.in(lang(s)) + momentIn(old, lang(s) != bot.English),
	}
	for _, next := range bot.PlanRounds(s, 6) {
		if next.ID != round.ID && next.State != bot.RoundCancelled && next.Check.After(round.Check) {
			data.Next = next.Check.In(s.Settings.Zone)
			break
		}
	}
	c.told(s, &change, "", "reply.check.cancelled", data)
	return change, nil
}

// addCheck adds a single check.
func (c call) addCheck(s bot.Snapshot) (bot.Change, error) {
	if c.args == "" {
		return bot.Change{}, c.wrong(s, "newcheck", "")
	}
	none := calendar.Clock{Hour: -1}
	usual := none
	if next := bot.PlanRounds(s, 1); len(next) > 0 {
		usual = clockOf(s, next[0].Check)
	}
	day, clock, ok := readMoment(spanFrom.ReplaceAllString(c.args, ""), s.Today(), usual)
	if !ok || clock == none {
		return bot.Change{}, c.wrong(s, "newcheck", c.args)
	}
	at := day.At(clock, s.Settings.Zone)
	change, err := bot.AddCheck(s, c.event, at)
	if err != nil {
		return bot.Change{}, err
	}
	data := bot.CheckChanged{Check: at, Again: bot.CalledOff(s, at), Undo: text{"!projektcheck absagen ", "!check cancel "}.in(lang(s)) + dayIn(day, lang(s) != bot.English)}
	id := bot.RoundID("")
	if len(change.Rounds) > 0 {
		id = change.Rounds[0].ID
	}
	c.told(s, &change, id, "reply.check.added", data)
	return change, nil
}

// startRound opens the next round now.
func (c call) startRound(s bot.Snapshot) (bot.Change, error) {
	if c.args != "" {
		return bot.Change{}, c.refuse(s, "nothing", c.args)
	}
	next, ok := firstRound(s, bot.RoundPlanned)
	change, err := bot.StartRound(s, c.event)
	if err != nil || !ok {
		return change, err
	}
	data := bot.CheckChanged{Check: next.Check.In(s.Settings.Zone), Deadline: next.Deadline().In(s.Settings.Zone), Projects: asked(s, next)}
	change.Posts = append(change.Posts, bot.Reply(c.event, 1, "reply.check.started", data))
	return change, nil
}

// noRound is the error for what wants a running round.
func noRound(s bot.Snapshot) error {
	data := bot.NoRound{}
	if next, ok := firstRound(s, bot.RoundPlanned); ok {
		data.Next = next.Check.In(s.Settings.Zone)
	}
	return &bot.UserError{Template: "error.round", Data: data}
}

// firstRound is the first round in one of the states.
func firstRound(s bot.Snapshot, states ...bot.RoundState) (bot.Round, bool) {
	for _, r := range bot.PlanRounds(s, 6) {
		if slices.Contains(states, r.State) {
			return r, true
		}
	}
	return bot.Round{}, false
}

// asked counts the projects that are asked for a round.
func asked(s bot.Snapshot, r bot.Round) int {
	day, n := calendar.DateOf(r.Check.In(s.Settings.Zone)), 0
	for _, p := range s.Projects {
		if p.Asked(day) {
			n++
		}
	}
	return n
}

// standing shows who is complete in the running round.
func (c call) standing(s bot.Snapshot) (bot.Change, error) {
	if c.args != "" {
		return bot.Change{}, c.refuse(s, "nothing", c.args)
	}
	if !c.shows(s, "") {
		return c.elsewhere(s, "room", bot.Project{}), nil
	}
	if !running(s) {
		return bot.Change{}, noRound(s)
	}
	change := bot.Change{Reason: "stand of the round shown"}
	for i, page := range bot.Stand(s) {
		change.Posts = append(change.Posts, c.page(i, "check.stand", page))
	}
	return change, nil
}

// closeRound closes the open round now.
func (c call) closeRound(s bot.Snapshot) (bot.Change, error) {
	if c.args != "" {
		return bot.Change{}, c.refuse(s, "nothing", c.args)
	}
	open, ok := firstRound(s, bot.RoundOpen)
	change, err := bot.CloseRound(s, c.event)
	if err != nil || !ok {
		return change, err
	}
	data := bot.CheckChanged{Check: open.Check.In(s.Settings.Zone), Held: open.Held}
	if step, ok := open.Step(calendar.StepAgenda); ok {
		data.Agenda = step.At.In(s.Settings.Zone)
	}
	change.Posts = append(change.Posts, bot.Reply(c.event, 1, "reply.check.closed", data))
	return change, nil
}

var offWords = []string{"aus", "off", "beenden", "freigeben", "release", "ende", "end", "weiter", "nein"}

// holdAgenda holds the agenda back, or releases it.
func (c call) holdAgenda(s bot.Snapshot) (bot.Change, error) {
	hold := c.args == ""
	if !hold && !is(fold(c.args), offWords) {
		return bot.Change{}, c.wrong(s, "hold", c.args)
	}
	change, err := bot.HoldAgenda(s, c.event, hold)
	if err != nil {
		return bot.Change{}, err
	}
	data := bot.CheckChanged{Held: hold, Undo: text{"!projektcheck halten", "!check hold"}.in(lang(s))}
	if hold {
		data.Undo += text{" aus", " off"}.in(lang(s))
	}
	for _, r := range change.Rounds {
		data.Check = r.Check.In(s.Settings.Zone)
		if step, ok := r.Step(calendar.StepAgenda); ok && step.At.After(s.Now) {
			data.Agenda = step.At.In(s.Settings.Zone)
		}
	}
	change.Posts = append(change.Posts, bot.Reply(c.event, 1, "reply.check.held", data))
	return change, nil
}
