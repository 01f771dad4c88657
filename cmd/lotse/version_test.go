package main

import (
	"runtime/debug"
	"testing"
)

func TestVersionOf(t *testing.T) {
	commit := []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: "true"}}
	for _, test := range []struct {
		why, release string
		info         *debug.BuildInfo
		want         string
	}{
		{"a release says what it is", "v1.2.3", &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: commit}, "v1.2.3"},
		{"installed by go install", "", &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}, "v1.2.3"},
		{"built from a working copy", "", &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: commit}, "development (0123456789ab, changed)"},
		{"built from a clean commit", "", &debug.BuildInfo{Settings: commit[:1]}, "development (0123456789ab)"},
		{"nothing is known", "", nil, "unknown"},
	} {
		if got := versionOf(test.release, test.info); got != test.want {
			t.Errorf("%s: %q, want %q", test.why, got, test.want)
		}
	}
}
