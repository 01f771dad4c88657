package calendar

import (
	"errors"
	"testing"
)

func TestParseRule(t *testing.T) {
	for said, want := range map[string]string{
		"erster Donnerstag im Monat":             "FREQ=MONTHLY;BYDAY=1TH",
		"jeden ersten Donnerstag":                "FREQ=MONTHLY;BYDAY=1TH",
		"jeden 1. Donnerstag im Monat":           "FREQ=MONTHLY;BYDAY=1TH",
		"first Thursday":                         "FREQ=MONTHLY;BYDAY=1TH",
		"the first Thursday of the month":        "FREQ=MONTHLY;BYDAY=1TH",
		"am letzten Freitag des Monats":          "FREQ=MONTHLY;BYDAY=-1FR",
		"zweiter Dienstag":                       "FREQ=MONTHLY;BYDAY=2TU",
		"jeden zweiten Dienstag":                 "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", // every other one
		"every second Tuesday":                   "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
		"every other Tuesday":                    "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
		"jeden zweiten Dienstag im Monat":        "FREQ=MONTHLY;BYDAY=2TU",
		"letzter Arbeitstag":                     "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
		"erster Werktag im Monat":                "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1",
		"jeden Mittwoch":                         "FREQ=WEEKLY;BYDAY=WE",
		"dienstags":                              "FREQ=WEEKLY;BYDAY=TU",
		"alle drei Wochen am Mittwoch":           "FREQ=WEEKLY;INTERVAL=3;BYDAY=WE",
		"every 4 weeks on Friday":                "FREQ=WEEKLY;INTERVAL=4;BYDAY=FR",
		"alle 2 Wochen":                          "FREQ=WEEKLY;INTERVAL=2",
		"rrule:freq=monthly;byday=1th":           "FREQ=MONTHLY;BYDAY=1TH",
		"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30":    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", // that it never comes round, Rule says
		"an jedem dritten Montag":                "FREQ=MONTHLY;BYDAY=3MO",
		"jeden Donnerstag im Monat":              "FREQ=WEEKLY;BYDAY=TH",
		"  JEDEN   ERSTEN\tDONNERSTAG im Monat ": "FREQ=MONTHLY;BYDAY=1TH",
	} {
		if got, err := ParseRule(said); err != nil || got != want {
			t.Errorf("%q is %q, error %v, want %q", said, got, err, want)
		}
	}
	for said, near := range map[string]string{
		"": "", "irgendwann": "", "Donnerstag": "", // of which weeks?
		"erster Donerstag": "Donnerstag", "jeden Mitwoch": "", "ersterr Donnerstag": "erster donnerstag", "alle 3 Wochen Mitwoch": "Mittwoch",
	} {
		_, err := ParseRule(said)
		wrong, ok := errors.AsType[*InputError](err)
		if !ok || wrong.Nearest != near {
			t.Errorf("%q: error %v, want the nearest %q", said, err, near)
		}
	}
}
