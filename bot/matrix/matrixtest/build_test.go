package matrixtest

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// recorder is a test that writes down how it would have ended.
type recorder struct {
	testing.TB
	skipped, failed string
}

func (r *recorder) Skipf(format string, args ...any) {
	r.skipped = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.failed = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// record runs a test and returns how it ended.
func record(t *testing.T, test func(testing.TB)) (skipped, failed string) {
	t.Helper()
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		test(r)
	}()
	<-done
	return r.skipped, r.failed
}

func TestNoCompiler(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the cache folder cannot be moved here")
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("CC", "no-such-compiler -O2")

	for _, tt := range []struct {
		require            string
		wantSkip, wantFail bool
	}{
		{"", true, false},
		{"all", false, true},
	} {
		t.Setenv("LOTSE_TEST_REQUIRE", tt.require)
		missing := &Software{name: "Dendrite", find: build}
		skipped, failed := record(t, func(t testing.TB) { missing.need(t) })
		said := skipped + failed
		if (skipped != "") != tt.wantSkip || (failed != "") != tt.wantFail {
			t.Errorf("LOTSE_TEST_REQUIRE=%q: skipped %q, failed %q", tt.require, skipped, failed)
		}
		for _, part := range []string{`"no-such-compiler" is not installed`, "install gcc"} {
			if !strings.Contains(said, part) || strings.Contains(said, "\n") {
				t.Errorf("the test says %q, want one line with %q", said, part)
			}
		}
	}
}

func TestNoSynapse(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the cache folder cannot be moved here")
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("LOTSE_TEST_REQUIRE", "")
	missing := &Software{name: "Synapse", find: findSynapse}
	skipped, _ := record(t, func(t testing.TB) { missing.Start(t) })
	if !strings.Contains(skipped, "no Synapse") || !strings.Contains(skipped, ".ci/run") || strings.Contains(skipped, "\n") {
		t.Errorf("the test says %q, want one line that says what is missing and how to get it", skipped)
	}
	t.Setenv("LOTSE_TEST_REQUIRE", "all")
	if _, failed := record(t, func(t testing.TB) { missing.Start(t) }); failed == "" {
		t.Error("under LOTSE_TEST_REQUIRE=all the test does not fail")
	}
}
