package engine

import (
	"reflect"
	"testing"
	"time"

	"lotse/bot"
)

// Whatever a command may ask for comes through: a field that is new in bot.Query has
// to be added to merge.
func TestMergeKnowsEveryField(t *testing.T) {
	for i := range reflect.TypeFor[bot.Query]().NumField() {
		var more bot.Query
		field := reflect.ValueOf(&more).Elem().Field(i)
		switch field.Kind() {
		case reflect.String:
			field.SetString("x")
		case reflect.Bool:
			field.SetBool(true)
		case reflect.Int, reflect.Int64:
			field.SetInt(7)
		case reflect.Slice:
			field.Set(reflect.MakeSlice(field.Type(), 1, 1))
		}
		if name := reflect.TypeFor[bot.Query]().Field(i).Name; name != "Seq" && !reflect.DeepEqual(merge(bot.Query{}, more), more) {
			t.Errorf("merge forgets Query.%s", name)
		}
	}
}

func TestMerge(t *testing.T) {
	base := bot.Query{Room: "r", User: "u", Seq: 3, Users: []bot.UserID{"a"}, History: 5, AllProjects: true}
	got := merge(base, bot.Query{User: "v", Users: []bot.UserID{"a", "b"}, History: 2, Project: "p"})
	want := bot.Query{Room: "r", User: "v", Seq: 3, Users: []bot.UserID{"a", "b"}, History: 5, AllProjects: true, Project: "p"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("merge = %+v, want %+v", got, want)
	}
}

func TestBackOffGrows(t *testing.T) {
	l := Limits{}.withDefaults()
	for n, want := range map[int]time.Duration{0: time.Second, 1: 2 * time.Second, 5: 32 * time.Second, 9: 5 * time.Minute, 1000: 5 * time.Minute} {
		for range 100 {
			if d := l.backOff(n); d > want || d < want*4/5 {
				t.Fatalf("backOff(%d) = %v, want at most a fifth less than %v", n, d, want)
			}
		}
	}
}

// A worker that was rung while it looked does not count as resting.
func TestBell(t *testing.T) {
	w := newWatch()
	a, b := w.bell(), w.bell()
	quiet := func() bool { ok, _ := w.quiet(); return ok }
	if quiet() {
		t.Error("quiet before anybody has looked")
	}
	a.Rest(a.Look())
	b.Rest(b.Look())
	if !quiet() {
		t.Error("not quiet though all rest")
	}
	mark := a.Look()
	a.Ring()
	a.Rest(mark)
	if quiet() {
		t.Error("quiet though a bell was rung after the look")
	}
	select {
	case <-a.ring:
	default:
		t.Error("the ring is lost")
	}
	a.Ring()
	a.Rest(a.Look())
	select {
	case <-a.ring:
		t.Error("what the look has heard rings again")
	default:
	}
	w.begin()
	if quiet() {
		t.Error("quiet while something is handed over")
	}
	w.end()
	w.wait(1)
	if quiet() {
		t.Error("quiet before all have caught up")
	}
	w.wait(-1)
	if !quiet() {
		t.Error("not quiet in the end")
	}
}
