package templates

import (
	"reflect"
	"testing"

	"lotse/bot"
)

// thinned is a copy of v in which some values, as the bits of choice say, are zero.
func thinned(v reflect.Value, choice *uint64) reflect.Value {
	thin := reflect.New(v.Type()).Elem()
	*choice = *choice<<1 | *choice>>63
	if *choice&1 == 1 {
		return thin
	}
	switch v.Kind() {
	case reflect.Struct:
		thin.Set(v) // also what is not exported
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				thin.Field(i).Set(thinned(v.Field(i), choice))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			thin = reflect.Append(thin, thinned(v.Index(i), choice))
		}
	default:
		thin.Set(v)
	}
	return thin
}

// FuzzCheck proves that a text that was accepted cannot fail when it is sent: not
// on its samples, and not on other data either.
func FuzzCheck(f *testing.F) {
	names := []string{"check.summary", "check.agenda", "check.opening", "check.overview", "error.argument", "room.joined"}
	set := newSet(f, Options{})
	ours, err := load("")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range ours {
		for i, name := range names {
			if file.name == name {
				f.Add(uint8(i), file.text, uint64(0x9e3779b97f4a7c15))
			}
		}
	}
	for _, text := range []string{
		"{{range $i, $x := .Lines}}{{$i}}{{$x = 1}}{{end}}", "{{$x := .}}{{range .Lines}}{{$x = .}}{{end}}{{$x.Late}}", "{{with $x := .Project}}{{$x.Name}}{{else}}{{$x}}{{end}}",
		"{{and}}{{or .Late .Project}}", "{{printf .Project.Name 1}}", "{{len .Project.Name}}{{index .Lines 0}}", "{{shorten -5 .Project.Name}}", "{{(index .Lines 1).Text}}",
		"{{range .ToDo}}{{.Text}}{{else}}{{break}}{{end}}", "{{1.5}}{{'a'}}{{true}}{{nil}}", "{{.Check.Year}}{{.Check.IsZero}}{{.Project.ID}}", "{{eq .Late nil}}", "{{not}}{{not 1 2}}", "{{count -1 `` ``}}{{number -99}}{{keycap -1}}",
		"{{define `x`}}{{template `y` .}}{{end}}{{define `y`}}{{template `x` .}}{{end}}{{template `x` .}}", "{{block `a` .Lines}}{{range .}}{{.Field}}{{end}}{{end}}", "{{want .Want}}{{want `x`}}{{help .Command}}",
		"{{eq .Page .Name}}{{lt .Late true}}", "{{range .Rows}}{{continue}}{{end}}{{break}}", "{{beyond .Reason}}{{beyond .Project.Name .ToDo .Lines}}", "{{mention .To | quote}}{{names .To | code}}", "{{date .Check .Last .Late}}",
		"{{_escape .Late}}", "{{.Late | _escape}}", "{{.Check.String}}{{.Check.Format `x`}}", "{{.Check.Location.String}}",
	} {
		for i := range names {
			f.Add(uint8(i), text, uint64(i))
		}
	}
	samples := bot.Samples()
	f.Fuzz(func(t *testing.T, which uint8, text string, choice uint64) {
		name := names[int(which)%len(names)]
		own := &Set{zone: set.zone, language: bot.German}
		if own.parse([]file{{lang: bot.German, name: name, path: "x", text: text}}) != nil {
			return
		}
		if len(own.proveText(bot.German, name, samples[name], true)) > 0 {
			return
		}
		for _, sample := range samples[name] {
			data := thinned(reflect.ValueOf(sample), &choice).Interface()
			if _, err := own.Render(bot.German, name, data, "matrix"); err != nil {
				t.Fatalf("%q was accepted for %s and fails on %+v: %v", text, name, data, err)
			}
		}
	})
}
