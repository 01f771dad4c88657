package matrixtest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lotse/bot/cachetest"
)

// commands are what is built from the nested module. create-account is not
// used here; it serves whoever wants to look at a test server by hand.
var commands = []string{
	"github.com/element-hq/dendrite/cmd/dendrite",
	"github.com/element-hq/dendrite/cmd/generate-keys",
	"github.com/element-hq/dendrite/cmd/create-account",
}

// Dendrite must be built with cgo: without it its SQLite driver breaks for
// good when the process is killed in the middle of a write.
var buildArgs = append([]string{"build", "-mod=readonly", "-trimpath", "-ldflags=-s -w"}, "-o")

// build returns the cache folder of this version of Dendrite, Go and the build
// flags. The folder appears complete or not at all: it is built beside its
// place and renamed, under a lock that all test processes share.
func build(t testing.TB) (dir string, err error) {
	env, err := goEnv()
	if err != nil {
		return "", err
	}
	module := filepath.Join(filepath.Dir(env["GOMOD"]), "bot", "matrix", "matrixtest", "dendrite")
	dir, err = cacheDir(module, env)
	if err != nil {
		return "", err
	}
	if cachetest.Exists(dir) {
		return dir, nil
	}
	compiler, _, _ := strings.Cut(env["CC"], " ")
	if _, err := exec.LookPath(compiler); err != nil {
		return "", fmt.Errorf("building Dendrite wants a C compiler and %q is not installed: install gcc (Debian: apt install gcc libc6-dev) or set CC", compiler)
	}

	unlock, err := cachetest.Lock(dir+".lock", func() { t.Log("another test is building Dendrite: waiting for it") })
	if err != nil {
		return "", err
	}
	defer unlock()
	if cachetest.Exists(dir) {
		return dir, nil
	}
	t.Logf("building Dendrite into %s: once, about two minutes", dir)
	begin := time.Now()
	unfinished := dir + ".unfinished"
	if err := os.RemoveAll(unfinished); err != nil {
		return "", err
	}
	args := append(buildArgs[:len(buildArgs):len(buildArgs)], unfinished+string(filepath.Separator))
	cmd := exec.Command("go", append(args, commands...)...)
	cmd.Dir = module
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building Dendrite in %s (it needs a C compiler with headers, and the module proxy the first time): %w: %s", module, err, cachetest.LastLine(out))
	}
	if err := os.Rename(unfinished, dir); err != nil {
		return "", err
	}
	t.Logf("built Dendrite in %v", time.Since(begin).Round(time.Second))
	return dir, nil
}

// goEnv asks the go command for what decides about the build. Tests run in
// their package's folder, so GOMOD is this module's.
func goEnv() (map[string]string, error) {
	cmd := exec.Command("go", "env", "-json", "GOMOD", "GOVERSION", "GOOS", "GOARCH", "CC")
	cmd.Env = append(os.Environ(), "GOWORK=off")
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("building Dendrite wants the go command (https://go.dev/dl): %w", err)
	}
	env := map[string]string{}
	if err := json.Unmarshal(out, &env); err != nil {
		return nil, fmt.Errorf("read the answer of go env: %w", err)
	}
	return env, nil
}

// cacheDir names the folder after everything that its content depends on.
func cacheDir(module string, env map[string]string) (string, error) {
	sum := sha256.New()
	for _, name := range []string{"go.mod", "go.sum"} {
		b, err := os.ReadFile(filepath.Join(module, name))
		if err != nil {
			return "", fmt.Errorf("find the module that pins Dendrite: %w", err)
		}
		sum.Write(b)
	}
	fmt.Fprintln(sum, buildArgs, commands, env["GOVERSION"], env["GOOS"], env["GOARCH"])
	cache, err := userCache()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", fmt.Errorf("find a place for Dendrite's binaries: %w", err)
	}
	return filepath.Join(cache, "dendrite-"+hex.EncodeToString(sum.Sum(nil))[:12]), nil
}
