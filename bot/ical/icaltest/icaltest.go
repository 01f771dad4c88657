// Package icaltest reads calendars in tests with programs of others: two libraries that know nothing of each other,
// icalendar for Python and ical.js for JavaScript. .ci/run installs them, and khal, a calendar program, into the user's cache.
//
//	for _, r := range icaltest.Readers(t) {
//		calendar, err := r.Read(data, "Europe/Berlin")
//	}
package icaltest

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"lotse/bot/cachetest"
)

// What is installed, and the programs that read.
var (
	//go:embed python.txt
	python []byte
	//go:embed package.json
	modules []byte
	//go:embed package-lock.json
	lock []byte

	//go:embed read.py
	readPython string
	//go:embed read.mjs
	readJS string
)

// Calendar is what a library makes of a calendar.
type Calendar struct {
	Method, Name string
	Events       []Event
}

// Event is what it makes of a date.
type Event struct {
	UID, Status, Summary, Description, Location, URL, Organizer string

	OrganizerName string `json:"organizer_name"`
	Sequence      int
	Start, End    *Time
	Stamp         string
}

// Time is a time, as the clock on the wall shows it where the date is, and everywhere.
type Time struct{ Local, UTC string }

// Folder is where the programs are installed. A test that cannot have them is skipped, or fails under
// LOTSE_TEST_REQUIRE=all.
func Folder(t testing.TB) string {
	t.Helper()
	dir, err := folder()
	cachetest.Want(t, "calendar programs", err)
	return dir
}

func folder() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, file := range [][]byte{python, modules, lock} {
		sum.Write(file)
	}
	dir := filepath.Join(cache, "lotse", "calendars-"+hex.EncodeToString(sum.Sum(nil))[:12])
	if !cachetest.Exists(dir) {
		return "", errors.New("icalendar, ical.js and khal are not installed: .ci/run does that")
	}
	if _, err := exec.LookPath("node"); err != nil {
		return "", errors.New("node is not installed: install Node.js 20 or newer (Debian: apt install nodejs)")
	}
	return dir, nil
}

// Reader is one of the libraries: a process that reads calendars.
type Reader struct {
	Name  string
	stdin io.WriteCloser
	lines *bufio.Reader
}

// Readers starts the libraries, which end with the test. The computer's zone is none that anybody uses: they have to go by
// what stands in the calendar.
func Readers(t testing.TB) []*Reader {
	t.Helper()
	dir := Folder(t)
	start := func(name string, cmd *exec.Cmd) *Reader {
		cmd.Dir, cmd.Stderr = dir, t.Output()
		cmd.Env = append(os.Environ(), "TZ=America/New_York")
		stdin, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			stdin.Close()
			if err := cmd.Wait(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
		return &Reader{name, stdin, bufio.NewReader(stdout)}
	}
	return []*Reader{
		start("icalendar", exec.Command(filepath.Join(dir, "bin", "python3"), "-c", readPython)),
		start("ical.js", exec.Command("node", "--input-type=module", "--eval", readJS)),
	}
}

// Read has it read a calendar. The zones that are named in it get names that nobody knows, so that only the calendar itself
// can say what they are.
func (r *Reader) Read(data []byte, zones ...string) (Calendar, error) {
	request, err := json.Marshal(map[string]any{"ics": data, "zones": zones})
	if err != nil {
		return Calendar{}, err
	}
	if _, err := r.stdin.Write(append(request, '\n')); err != nil {
		return Calendar{}, fmt.Errorf("ask %s: %w", r.Name, err)
	}
	line, err := r.lines.ReadBytes('\n')
	if err != nil {
		return Calendar{}, fmt.Errorf("read %s's answer: %w", r.Name, err)
	}
	var answer struct {
		Error string
		Calendar
	}
	if err := json.Unmarshal(line, &answer); err != nil {
		return Calendar{}, fmt.Errorf("read %s's answer: %w", r.Name, err)
	}
	if answer.Error != "" {
		return Calendar{}, fmt.Errorf("%s: %s", r.Name, answer.Error)
	}
	return answer.Calendar, nil
}
