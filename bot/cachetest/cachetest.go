// Package cachetest keeps what tests install in the user's cache: programs and modules that
// all tests on a machine share. It is for helpers of tests.
package cachetest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

// Modules returns a folder of the user's cache with some files, among them package.json and
// package-lock.json, and the modules that these pin. It is named after what it holds, is
// filled by npm if the cache does not have it, and appears complete or not at all. what is
// installed there, for people.
func Modules(t testing.TB, name, what string, files map[string][]byte) (dir string, err error) {
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			return "", fmt.Errorf("%s is not installed: install Node.js 20 or newer (Debian: apt install nodejs npm)", program)
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a place for %s: %w", what, err)
	}
	sum := sha256.New()
	for _, file := range slices.Sorted(maps.Keys(files)) {
		sum.Write(files[file])
	}
	dir = filepath.Join(cache, "lotse", name+"-"+hex.EncodeToString(sum.Sum(nil))[:12])
	if Exists(dir) {
		return dir, nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", fmt.Errorf("find a place for %s: %w", what, err)
	}
	unlock, err := Lock(dir+".lock", func() { t.Logf("another test is installing %s: waiting for it", what) })
	if err != nil {
		return "", err
	}
	defer unlock()
	if Exists(dir) {
		return dir, nil
	}
	unfinished := dir + ".unfinished"
	if err := os.RemoveAll(unfinished); err != nil {
		return "", err
	}
	if err := os.Mkdir(unfinished, 0o755); err != nil {
		return "", err
	}
	for file, content := range files {
		if err := os.WriteFile(filepath.Join(unfinished, file), content, 0o644); err != nil {
			return "", err
		}
	}
	cmd := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	cmd.Dir = unfinished
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm ci (it needs npm's registry the first time): %w: %s", err, LastLine(out))
	}
	return dir, os.Rename(unfinished, dir)
}

// Want ends a test that cannot have what: it is skipped, or fails under
// LOTSE_TEST_REQUIRE=all.
func Want(t testing.TB, what string, err error) {
	t.Helper()
	switch {
	case err == nil:
	case os.Getenv("LOTSE_TEST_REQUIRE") == "all":
		t.Fatalf("no %s to test with: %v", what, err)
	default:
		t.Skipf("no %s to test with: %v", what, err)
	}
}

// Lock takes the lock file for this process and calls busy once if it has to
// wait. The system gives the lock back when the process dies.
func Lock(path string, busy func()) (unlock func(), err error) {
	f, err := TryLock(path)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		busy()
		f, err = flock(path, syscall.LOCK_EX)
	}
	if err != nil {
		return nil, err
	}
	return func() { f.Close() }, nil
}

// TryLock does not wait: a lock that is held is EWOULDBLOCK.
func TryLock(path string) (*os.File, error) { return flock(path, syscall.LOCK_EX|syscall.LOCK_NB) }

func flock(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), how)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, syscall.EINTR) {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
	}
}

// Exists reports whether something stands there.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// LastLine is the last line that a program has written.
func LastLine(out []byte) string {
	out = bytes.TrimSpace(out)
	return string(out[bytes.LastIndexByte(out, '\n')+1:])
}
