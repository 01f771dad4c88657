package calendar

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

const wantRule = `a rule like "erster Donnerstag im Monat", "jeden zweiten Dienstag", "letzter Arbeitstag" or "FREQ=MONTHLY;BYDAY=1TH"`

// ordinals are the words for which one of a month's days, folded; -1 is the last.
var ordinals = ordinalWords(map[int]string{
	1: "erste ersten erster erstes 1 1st first", 2: "zweite zweiten zweiter zweites 2 2nd second", 3: "dritte dritten dritter drittes 3 3rd third",
	4: "vierte vierten vierter viertes 4 4th fourth", 5: "fünfte fünften fünfter 5 5th fifth", -1: "letzte letzten letzter letztes last", -2: "vorletzte vorletzten vorletzter",
})

func ordinalWords(lists map[int]string) map[string]int {
	all := map[string]int{}
	for n, list := range lists {
		for word := range strings.FieldsSeq(list) {
			all[fold(word)] = n
		}
	}
	return all
}

var (
	byDay    = [7]string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}
	everyDay = regexp.MustCompile(`^(?:jede[nrs]?|every|each)\s+(.+)$`)
	everyN   = regexp.MustCompile(`^(?:alle|every)\s+(\d{1,2}|zwei|drei|vier|two|three|four)\s+(?:wochen|weeks)(?:\s+(.+))?$`)
	ofMonth  = regexp.MustCompile(`\s+(?:im monat|des monats|jeden monats|eines monats|of (?:the|each|every) month|in the month|a month|monthly)$`)
	nthDay   = regexp.MustCompile(`^(?:am\s+|an jedem\s+|on the\s+|the\s+)?([\p{L}\d]+)\.?\s+([\p{L}]+)$`)
	fewWeeks = map[string]int{"zwei": 2, "two": 2, "drei": 3, "three": 3, "vier": 4, "four": 4}
)

// ParseRule reads when something returns and gives it as a recurrence rule for [Rule]: such a rule itself, or what
// people write: "erster Donnerstag im Monat", "letzter Arbeitstag", "jeden Dienstag", "alle 3 Wochen mittwochs", in German
// or English. "Jeden zweiten Dienstag" is every other one, "jeden zweiten Dienstag im Monat" one a month. What weekdays
// make a working day is the same everywhere; what a holiday does to the last of them, the [Shift] says. The error is an
// *InputError.
func ParseRule(s string) (string, error) {
	text := strings.ToLower(strings.Join(strings.Fields(s), " "))
	if strings.Contains(text, "freq=") {
		return strings.TrimPrefix(strings.ToUpper(text), "RRULE:"), nil
	}
	wrong := &InputError{Kind: "rule", Input: s, Want: wantRule}
	monthly := ofMonth.MatchString(text)
	text = ofMonth.ReplaceAllString(text, "")
	if m := everyN.FindStringSubmatch(text); m != nil {
		weeks, ok := fewWeeks[m[1]]
		if !ok {
			weeks = number(m[1])
		}
		rule := fmt.Sprintf("FREQ=WEEKLY;INTERVAL=%d", weeks)
		if m[2] == "" {
			return rule, nil
		}
		day, ok := weekdayOf(m[2])
		if !ok {
			wrong.Nearest = nearest(m[2], german[:7])
			return "", wrong
		}
		return rule + ";BYDAY=" + byDay[day], nil
	}
	every := everyDay.FindStringSubmatch(text)
	if every != nil {
		text = every[1]
	}
	if day, ok := weekdayOf(text); ok && (every != nil || strings.HasSuffix(text, "s")) {
		return "FREQ=WEEKLY;BYDAY=" + byDay[day], nil
	}
	m := nthDay.FindStringSubmatch(text)
	if m == nil {
		return "", wrong
	}
	nth, ok := ordinals[fold(m[1])]
	switch {
	case !ok && slices.Contains([]string{"other"}, m[1]) && every != nil:
		nth, monthly = 2, false
	case !ok:
		if near := nearest(m[1], slices.Sorted(maps.Keys(ordinals))); near != "" {
			wrong.Nearest = near + " " + m[2]
		}
		return "", wrong
	}
	if slices.Contains([]string{"arbeitstag", "werktag"}, m[2]) {
		return fmt.Sprintf("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=%d", nth), nil
	}
	day, ok := weekdayOf(m[2])
	switch {
	case !ok:
		wrong.Nearest = nearest(m[2], german[:7])
		return "", wrong
	case every != nil && !monthly && nth > 1:
		return fmt.Sprintf("FREQ=WEEKLY;INTERVAL=%d;BYDAY=%s", nth, byDay[day]), nil
	}
	return fmt.Sprintf("FREQ=MONTHLY;BYDAY=%d%s", nth, byDay[day]), nil
}

// weekdayOf reads a weekday: "Dienstag", "am Dienstag", "dienstags".
func weekdayOf(text string) (int, bool) {
	for _, before := range []string{"am ", "an einem ", "on ", "on a "} {
		text = strings.TrimPrefix(text, before)
	}
	for _, word := range []string{text, strings.TrimSuffix(text, "s")} {
		if day, ok := weekdays[fold(word)]; ok {
			return day, true
		}
	}
	return 0, false
}
