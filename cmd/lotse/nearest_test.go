package main

import "testing"

func TestNearest(t *testing.T) {
	choices := []string{"homeserver", "user", "device_name", "password_file", "Kürzel", "Schließen"}
	for _, test := range []struct{ why, input, want string }{
		{"a letter too few", "homeserer", "homeserver"},
		{"two letters swapped", "usre", "user"},
		{"another way to join words", "device-name", "device_name"},
		{"without the umlaut", "Kurzel", "Kürzel"},
		{"with the umlaut written out", "kuerzel", "Kürzel"},
		{"ss for ß", "schliessen", "Schließen"},
		{"a word and its beginning are not near", "device", ""},
		{"nothing is near", "frobnicate", ""},
		{"too short to be near anything", "x", ""},
		{"nothing", "", ""},
	} {
		if got := nearest(test.input, choices); got != test.want {
			t.Errorf("%s: nearest to %q is %q, want %q", test.why, test.input, got, test.want)
		}
	}
	if got, want := orNearest("zzz", []string{"a", "b"}), "; known are a, b"; got != want {
		t.Errorf("nothing near: %q, want %q", got, want)
	}
	if got := orNearest("zzz", nil); got != "" {
		t.Errorf("nothing to choose from: %q", got)
	}
}
