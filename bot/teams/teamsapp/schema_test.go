package teamsapp

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"lotse/bot"
	"lotse/bot/cachetest"
)

// Microsoft's schemas, and the validator with which its own tools apply them; npm brings
// both, in exact versions.
var (
	//go:embed testdata/schema/package.json
	packageJSON []byte
	//go:embed testdata/schema/package-lock.json
	packageLock []byte
	//go:embed testdata/schema/validate.js
	validateJS []byte
)

// validate returns what Microsoft's schema finds wrong with each of some manifests.
func validate(t *testing.T, manifests [][]byte) (faults [][]string) {
	t.Helper()
	dir, err := cachetest.Modules(t, "teams-schema", "Microsoft's schemas of app manifests", map[string][]byte{
		"package.json": packageJSON, "package-lock.json": packageLock, "validate.js": validateJS,
	})
	cachetest.Want(t, "schema of app manifests", err)
	cmd := exec.Command("node", "validate.js", Schema)
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(bytes.Join(manifests, []byte("\n")))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(out) {
		var f []string
		if err := json.Unmarshal(line, &f); err != nil {
			t.Fatal(err)
		}
		faults = append(faults, f)
	}
	if len(faults) != len(manifests) {
		t.Fatalf("%d manifests were validated of %d", len(faults), len(manifests))
	}
	return faults
}

// What Check accepts, Microsoft's schema accepts: whatever a city's names and addresses
// are, up to the limits.
func TestSchemaAcceptsWhatWeAccept(t *testing.T) {
	apps := map[string]App{}
	for _, l := range []bot.Language{bot.German, bot.GermanDu, bot.English} {
		app := sample()
		app.Language = l
		apps["in "+string(l)] = app
	}
	long := sample()
	long.Name, long.Developer = strings.Repeat("ä", 30), strings.Repeat("ö", 32)
	long.Website = "https://www.stadt.example/" + strings.Repeat("x", 2048-26)
	long.Version = Version{1234567, 1234567, 1234567}
	apps["as long as can be"] = long
	plain := sample()
	plain.Name, plain.Developer, plain.Privacy, plain.Terms = "L", "S", plain.Website, plain.Website
	apps["as short as can be"] = plain
	quoted := sample()
	quoted.Name, quoted.Developer = `Lotse "1" <b>`, "Musterstadt & Umland\u2028"
	apps["with marks"] = quoted

	names := slices.Sorted(maps.Keys(apps))
	var manifests [][]byte
	for _, name := range names {
		m := apps[name].Manifest()
		if err := m.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		manifests = append(manifests, b)
	}
	for i, faults := range validate(t, manifests) {
		if len(faults) > 0 {
			t.Errorf("%s: Microsoft's schema refuses it: %q", names[i], faults)
		}
	}
}

// mutant is a manifest with one thing broken.
type mutant struct {
	what string
	text []byte
	// ours: what is broken is one of our own limits, which the schema has or has not;
	// otherwise it is the manifest's shape, which our types keep.
	ours bool
}

// mutants breaks every field of a manifest in every way that makes sense.
func mutants(t *testing.T, manifest any) (all []mutant) {
	t.Helper()
	add := func(ours bool, format string, args ...any) {
		b, err := json.Marshal(manifest)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, mutant{fmt.Sprintf(format, args...), b, ours})
	}
	var walk func(path string, value any, set func(any))
	walk = func(path string, value any, set func(any)) {
		// try puts something else in the place, and the right thing back.
		try := func(ours bool, how string, other any) {
			set(other)
			add(ours, "%s: %s", path, how)
			set(value)
		}
		switch v := value.(type) {
		case map[string]any:
			v["lotse"] = true
			add(false, "%s: something unknown in it", path)
			delete(v, "lotse")
			for _, key := range slices.Sorted(maps.Keys(v)) {
				was := v[key]
				delete(v, key)
				add(true, "%s.%s: missing", path, key)
				v[key] = was
				walk(path+"."+key, was, func(other any) { v[key] = other })
			}
			if path != "" {
				try(false, "a text", "x")
			}
		case []any:
			try(true, "empty", []any{})
			try(true, "twice as much", slices.Concat(v, v))
			try(true, "a hundred of the last", slices.Concat(v, slices.Repeat(v[len(v)-1:], 100)))
			try(false, "a text", "x")
			for i := range v {
				was := v[i]
				walk(fmt.Sprintf("%s[%d]", path, i), was, func(other any) { v[i] = other })
			}
		case string:
			try(true, "empty", "")
			try(true, "something else", "x")
			try(true, "too long", strings.Repeat("x", 5000))
			try(true, "longer than it may be", v+strings.Repeat("x", 5000))
			try(false, "a number", 7)
		case bool:
			try(false, "a text", "x")
		default:
			t.Fatalf("%s is a %T", path, value)
		}
	}
	walk("", manifest, func(any) {})
	return all
}

// What Microsoft's schema refuses, Check refuses; and every field is one that the schema
// looks at: broken, the manifest is refused.
func TestSchemaRefusesWhatWeRefuse(t *testing.T) {
	text, err := json.Marshal(sample().Manifest())
	if err != nil {
		t.Fatal(err)
	}
	var whole map[string]any
	if err := json.Unmarshal(text, &whole); err != nil {
		t.Fatal(err)
	}
	broken := mutants(t, whole)
	var manifests [][]byte
	for _, m := range broken {
		manifests = append(manifests, m.text)
	}
	refused := map[string]int{} // by field
	for i, faults := range validate(t, manifests) {
		m := broken[i]
		field, _, _ := strings.Cut(m.what, ":")
		refused[field] += min(len(faults), 1)
		if len(faults) == 0 {
			if !m.ours {
				t.Errorf("%s: Microsoft's schema does not mind", m.what)
			}
			continue
		}
		if m.ours && accepts(m.text) {
			t.Errorf("%s: we accept it, Microsoft's schema does not: %q", m.what, faults)
		}
	}
	if len(refused) < 60 {
		t.Errorf("only %d fields were broken", len(refused))
	}
	for field, n := range refused {
		if n == 0 && !strings.HasSuffix(field, "Only") && !strings.HasSuffix(field, "Files") {
			t.Errorf("%s: nothing in it is refused", field)
		}
	}
}

// accepts reports whether a manifest can be read, and is as good as ours.
func accepts(text []byte) bool {
	var m Manifest
	return json.Unmarshal(text, &m) == nil && m.Check() == nil
}

// What Microsoft documents beside the schema.
func TestBesideTheSchema(t *testing.T) {
	for what, change := range map[string]func(*Manifest){
		"no channel features, in a team":     func(m *Manifest) { m.ChannelFeatures = "" },
		"the same name twice":                func(m *Manifest) { m.Name.Full = m.Name.Short },
		"a description that repeats itself":  func(m *Manifest) { m.Description.Full += m.Description.Short },
		"an address without encryption":      func(m *Manifest) { m.Developer.Privacy = "http://www.stadt.example" },
		"an address that is none":            func(m *Manifest) { m.Developer.Privacy = "https://" },
		"no resource":                        func(m *Manifest) { m.WebApplication.Resource = "" },
		"no bot":                             func(m *Manifest) { m.Bots = nil },
		"a menu for where the bot cannot be": func(m *Manifest) { m.Bots[0].Scopes = []string{scopeTeam} },
	} {
		m := sample().Manifest()
		change(&m)
		if err := m.Check(); err == nil {
			t.Errorf("%s: it is accepted", what)
		}
	}
}

// The lock file names no registry: npm takes the one that is configured.
func TestLockFile(t *testing.T) {
	if bytes.Contains(packageLock, []byte("resolved")) || bytes.Contains(packageLock, []byte("http")) {
		t.Error("the lock file names a registry")
	}
}
