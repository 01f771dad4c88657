// Package calendar knows the days of a German city: which dates something returns on, which of them are working
// days there, and when each step of a Projektcheck round falls due.
//
// It is pure: no clock, no I/O, no goroutine. What "now" or "today" is, the caller says.
//
// The words, from small to large:
//
//   - Date is a day without a zone, Clock a time of day; Date.At makes an instant of both in a zone, also where
//     summer time makes a local time missing or double.
//   - Land is one of the 16 Länder with its holidays, FreeDay a day that the city itself keeps free; Days is both
//     together: it answers whether a day is a working day, why not, and counts working days.
//   - Rhythm is something that returns: EveryWeeks or an iCalendar Rule, planned as local dates and therefore not
//     moved by summer time. Cron is for expressions from the configuration. All are cron.Schedule.
//   - Occurrences walks a rhythm's planned dates and moves those on a day off by the Shift rule. A planned date is
//     what a round is named after; it stays when the check itself moves.
//   - PlanRules says how many working days before a check each step of its round comes; Plan makes instants of it.
//
// Text that a person or a configuration wrote and that is not understood is an *InputError: what was expected and
// the nearest valid choice, so that a chat can say it in the room's own words.
package calendar
