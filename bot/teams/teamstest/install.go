package teamstest

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
)

// The playground: the version that it is pinned to, what keeps it on this machine, and
// the city that it plays.
var (
	//go:embed playground/package.json
	packageJSON []byte
	//go:embed playground/package-lock.json
	packageLock []byte
	//go:embed playground/loopback.js
	loopback []byte
	//go:embed playground/city.yml
	city []byte
)

// installed remembers the result of the first attempt in this process.
var installed struct {
	once sync.Once
	dir  string
	err  error
}

// require returns the folder with the playground, and installs it when the cache does
// not have it. Without Node.js the test is skipped, or fails under LOTSE_TEST_REQUIRE=all.
func require(t testing.TB) (dir string) {
	t.Helper()
	installed.once.Do(func() { installed.dir, installed.err = install(t) })
	want(t, installed.err)
	return installed.dir
}

// want ends a test that cannot have the playground.
func want(t testing.TB, err error) {
	t.Helper()
	switch {
	case err == nil:
	case os.Getenv("LOTSE_TEST_REQUIRE") == "all":
		t.Fatalf("no Agents Playground to test with: %v", err)
	default:
		t.Skipf("no Agents Playground to test with: %v", err)
	}
}

// install fills a folder of the user's cache that is named after what it holds. It
// appears complete or not at all.
func install(t testing.TB) (dir string, err error) {
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			return "", fmt.Errorf("%s is not installed: install Node.js 20 or newer (Debian: apt install nodejs npm)", program)
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a place for the playground: %w", err)
	}
	files := map[string][]byte{"package.json": packageJSON, "package-lock.json": packageLock, "loopback.js": loopback, "city.yml": city}
	sum := sha256.New()
	for _, name := range []string{"package.json", "package-lock.json", "loopback.js", "city.yml"} {
		sum.Write(files[name])
	}
	dir = filepath.Join(cache, "lotse", "playground-"+hex.EncodeToString(sum.Sum(nil))[:12])
	if exists(dir) {
		return dir, nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", fmt.Errorf("find a place for the playground: %w", err)
	}
	unlock, err := lock(t, dir+".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	if exists(dir) {
		return dir, nil
	}
	unfinished := dir + ".unfinished"
	if err := os.RemoveAll(unfinished); err != nil {
		return "", err
	}
	if err := os.Mkdir(unfinished, 0o755); err != nil {
		return "", err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(unfinished, name), content, 0o644); err != nil {
			return "", err
		}
	}
	cmd := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	cmd.Dir = unfinished
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm ci (it needs npm's registry the first time): %w: %s", err, lastLine(out))
	}
	return dir, os.Rename(unfinished, dir)
}

// lock waits until nobody else holds the file.
func lock(t testing.TB, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		t.Log("another test is installing the playground: waiting for it")
	}
	for err != nil {
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
	}
	return func() { f.Close() }, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

func lastLine(out []byte) string {
	out = bytes.TrimSpace(out)
	return string(out[bytes.LastIndexByte(out, '\n')+1:])
}
