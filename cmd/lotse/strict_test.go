package main

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

type sample struct {
	Text  string        `yaml:"text"`
	Count int           `yaml:"count"`
	Yes   bool          `yaml:"yes"`
	Wait  time.Duration `yaml:"wait"`
	List  []sampleEntry `yaml:"list"`
	Other []string      `yaml:"other"`
	Inner sampleEntry   `yaml:"inner"`
}

type sampleEntry struct {
	Name string `yaml:"name"`
	Age  int    `yaml:"age"`
}

func TestStrict(t *testing.T) {
	for _, test := range []struct {
		why, yaml string
		want      sample
		faults    string
	}{
		{"all kinds of values", "text: a\ncount: 3\nyes: true\nwait: 90m\nlist: [{name: b, age: 4}]\nother:\n  - c\n  - 'd'\n",
			sample{Text: "a", Count: 3, Yes: true, Wait: 90 * time.Minute, List: []sampleEntry{{"b", 4}}, Other: []string{"c", "d"}}, ""},
		{"a number where text is wanted, as it is written", "text: 007\nother: [24.12., 1.50, 0x10]\n", sample{Text: "007", Other: []string{"24.12.", "1.50", "0x10"}}, ""},
		{"a time is text, not a number of base 60", "text: 10:00\n", sample{Text: "10:00"}, ""},
		{"a text of several lines", "text: |\n  a\n  b\n", sample{Text: "a\nb\n"}, ""},
		{"a key without a value is as if it were not there", "text:\ncount: 2\nlist:\n", sample{Text: "default", Count: 2}, ""},
		{"an anchor and what it stands for", "list: [&one {name: a}, *one]\ninner: *one\n",
			sample{Text: "default", List: []sampleEntry{{Name: "a"}, {Name: "a"}}, Inner: sampleEntry{Name: "a"}}, ""},
		{"a single key", "inner: {name: x}", sample{Text: "default", Inner: sampleEntry{Name: "x"}}, ""},
		{"Windows line ends", "text: a\r\ncount: 1\r\n", sample{Text: "a", Count: 1}, ""},
		{"all faults at once", "count: x\nyes: maybe\nwait: soon\ninner: 3\nfoo: 1\n", sample{Text: "default"},
			"1:8 count: \"x\" is not a whole number\n2:6 yes: want true or false, got text\n3:7 wait: \"soon\" is not a duration\n4:8 inner: want keys (name, age), got a number\n5:1 unknown key \"foo\""},
		{"a truth value is no text", "text: true\n", sample{Text: "default"}, "1:7 text: want text, got true or false"},
		{"a list in a list", "other: [[a]]\n", sample{Text: "default", Other: []string{""}}, "1:9 other[0]: want text, got a list"},
		{"an unknown key deep inside", "list:\n  - name: a\n    agee: 3\n", sample{Text: "default", List: []sampleEntry{{Name: "a"}}}, "3:5 unknown key \"agee\" in list[0]; did you mean \"age\"?"},
		{"a key that belongs elsewhere", "age: 3\n", sample{Text: "default"}, "1:1 unknown key \"age\"; it belongs under \"list\""},
		{"a number that is too large", "count: 99999999999999999999\n", sample{Text: "default"}, "1:8 count: \"99999999999999999999\" is not a whole number"},
		{"an anchor that does not exist", "inner: *one\n", sample{Text: "default"}, "1:8 inner: there is no anchor &one"},
		{"merging is not known", "inner: &one {name: a}\nlist: [{<<: *one}]\n", sample{Text: "default", Inner: sampleEntry{Name: "a"}, List: []sampleEntry{{}}}, "2:9 unknown key \"<<\" in list[0]"},
	} {
		got, f := sample{Text: "default"}, &faults{file: "x"}
		readStrict([]byte(test.yaml), &got, f)
		text := ""
		if err := f.err(); err != nil {
			text = strings.ReplaceAll(err.Error(), "x:", "")
		}
		lines, wants := strings.Split(text, "\n"), strings.Split(test.faults, "\n")
		if len(lines) != len(wants) {
			t.Errorf("%s: faults\n%s\nwant\n%s", test.why, text, test.faults)
			continue
		}
		for i := range lines {
			if at := strings.Replace(lines[i], ": ", " ", 1); !strings.HasPrefix(at, wants[i]) || wants[i] == "" && at != "" {
				t.Errorf("%s: fault %q, want %q", test.why, at, wants[i])
			}
		}
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %+v, want %+v", test.why, got, test.want)
		}
	}
}

func TestStrictPlaces(t *testing.T) {
	s := readStrict([]byte("text: a\nlist:\n  - name: b\n  - {name: c, age: 3}\n"), new(sample), &faults{})
	for path, want := range map[string]position{
		"text":           {1, 7},
		"list":           {2, 1},
		"list[0]":        {3, 5},
		"list[0].name":   {3, 11},
		"list[0].age":    {3, 5}, // not there: where the entry is
		"list[1].age":    {4, 20},
		"inner.name":     {1, 1}, // nor what is around it
		"list[7].name.x": {2, 1},
	} {
		if got := s.at(path); got != want {
			t.Errorf("%s is at %v, want %v", path, got, want)
		}
	}
	if s.has("count") || !s.has("list[1].age") {
		t.Error("what the file says is not known")
	}
}

func FuzzConfig(f *testing.F) {
	f.Add([]byte(least))
	f.Add([]byte("a: &b [*b, !c d, {<<: *b}]\n---\n- |\n  x\n? y\n: z\n"))
	f.Add(exampleConfig)
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := parseConfig("lotse.yaml", data)
		if (c == nil) == (err == nil) {
			t.Fatalf("configuration %v, error %v", c, err)
		}
		if err != nil {
			return
		}
		if _, err := c.Settings(); err != nil {
			t.Errorf("a configuration without faults has no settings: %v", err)
		}
	})
}
