package calendar

import (
	"slices"
	"time"
)

// Days is a city's calendar: it tells working days from weekends, the Land's holidays and the city's free days.
// The zero value knows weekends and the holidays that all Länder share. It does not change and may be shared.
type Days struct {
	land Land
	free []FreeDay
}

// NewDays is the calendar of a Land with the city's own free days.
func NewDays(land Land, free ...FreeDay) Days { return Days{land, slices.Clone(free)} }

// Land is the Land whose holidays count.
func (d Days) Land() Land { return d.land }

// Holiday is the German name of the Land's holiday or the city's free day on that date. Weekends have none.
func (d Days) Holiday(day Date) (name string, ok bool) {
	if name, ok := d.land.holiday(day); ok {
		return name, true
	}
	for _, free := range d.free {
		if date, ok := free.On(day.Year); ok && date == day {
			return free.Name(), true
		}
	}
	return "", false
}

// Off reports whether nobody works on that day, and why, in German: "Allerheiligen", "Rosenmontag", "Samstag".
func (d Days) Off(day Date) (why string, off bool) {
	if name, ok := d.Holiday(day); ok {
		return name, true
	}
	switch day.Weekday() {
	case time.Saturday:
		return "Samstag", true
	case time.Sunday:
		return "Sonntag", true
	}
	return "", false
}

// Working reports whether that day is a working day.
func (d Days) Working(day Date) bool {
	_, off := d.Off(day)
	return !off
}

// Add is n working days later, or earlier for a negative n. Counting starts beside the day, whether it is a working
// day itself or not; for n = 0 it is the day itself.
func (d Days) Add(day Date, n int) Date {
	for ; n > 0; n-- {
		day = d.step(day, 1)
	}
	for ; n < 0; n++ {
		day = d.step(day, -1)
	}
	return day
}

// step is the nearest working day beside the day in that direction (1 or -1). In a city that works on no day of a
// whole year it is just the day beside.
func (d Days) step(day Date, direction int) Date {
	beside := day.AddDays(direction)
	for i, next := 0, beside; i < 366; i, next = i+1, next.AddDays(direction) {
		if d.Working(next) {
			return next
		}
	}
	return beside
}
