package templates

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"lotse/bot"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew; read them line by line afterwards")

// berlin is where the samples' times are.
func berlin(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func newSet(t testing.TB, o Options) *Set {
	t.Helper()
	if o.Zone == nil {
		o.Zone = berlin(t)
	}
	set, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// TestGolden holds every text, on every sample, in every language, against what
// was read and found good. de-du is left out where it says what de says.
func TestGolden(t *testing.T) {
	set := newSet(t, Options{})
	samples := bot.Samples()
	for _, name := range slices.Sorted(maps.Keys(samples)) {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			for _, lang := range languages {
				for i, sample := range samples[name] {
					text, err := set.Render(lang, name, sample, "matrix")
					if err != nil {
						t.Fatal(err)
					}
					if lang == bot.GermanDu {
						if de, _ := set.Render(bot.German, name, sample, "matrix"); de.Markdown == text.Markdown {
							continue
						}
					}
					fmt.Fprintf(&got, "=== %s %d", lang, i+1)
					for _, user := range text.Mentions {
						fmt.Fprintf(&got, " mentions %s", user)
					}
					fmt.Fprintf(&got, "\n%s\n\n", text.Markdown)
				}
			}
			path := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatalf("%v; write it with: go test -tags goolm ./templates -run TestGolden -update", err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("read the difference, and if it is better: -update (-want +got)\n%s", diff)
			}
		})
	}
}

// TestGoldenOrphans finds golden files of texts that are gone.
func TestGoldenOrphans(t *testing.T) {
	samples := bot.Samples()
	files, err := filepath.Glob(filepath.Join("testdata", "*.golden"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if name := filepath.Base(file[:len(file)-len(".golden")]); samples[name] == nil {
			t.Errorf("%s belongs to no template", file)
		}
	}
}
