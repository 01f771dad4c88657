package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"lotse/bot/matrix/matrixtest"
)

// TestContainer runs the program as the last stage of the Containerfile does: built without cgo, in a root folder that
// holds it, an empty /tmp and /data and nothing else (no shell, no libraries, no zones, no /etc/passwd), as an account that
// exists nowhere. It wants root, to change the root folder. Being live, it also shows what a flood of commands gets.
func TestContainer(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to change the root folder")
	}
	server := matrixtest.Start(t)
	lotse, pia := server.Register(t, "lotse"), server.Register(t, "pia")
	root := t.TempDir()
	build := exec.Command("go", "build", "-tags", "goolm", "-trimpath", "-o", filepath.Join(root, "lotse"), ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	const account = 10001
	for name, mode := range map[string]os.FileMode{"tmp": 0o777 | os.ModeSticky, "data": 0o700} {
		path := filepath.Join(root, name)
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(path, account, account); err != nil {
			t.Fatal(err)
		}
	}
	for _, folder := range []string{root, filepath.Dir(root)} {
		if err := os.Chmod(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	inside := func(args ...string) *exec.Cmd {
		cmd := exec.Command("/lotse", args...)
		cmd.Dir, cmd.Env = "/data", []string{}
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: account, Gid: account}}
		return cmd
	}
	run := func(cmd *exec.Cmd) string {
		t.Helper()
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, out)
		}
		return string(out)
	}

	run(inside("demo"))
	run(inside("init", "--yes", "--homeserver", server.URL, "--user", lotse.ID, "--pmo-account", pia.ID, "--first-check", "2026-12-02"))
	if got := run(inside("plan", "--until", "2026-12-31")); !strings.Contains(got, "Mi  02.12.2026  10:00  Projektcheck") {
		t.Errorf("in the zone Europe/Berlin the plan is\n%s", got)
	}
	login := inside("login")
	login.Stdin = strings.NewReader(lotse.Password + "\n")
	if got := run(login); !strings.Contains(got, "logged in as "+lotse.ID) {
		t.Errorf("lotse login says\n%s", got)
	}

	room := pia.CreateRoom(t, "PMO", matrixtest.Inviting(lotse.ID))
	bot := inside("run")
	var log strings.Builder
	bot.Stdout, bot.Stderr = io.Discard, &log
	if err := bot.Start(); err != nil {
		t.Fatal(err)
	}
	pia.AwaitMember(t, room, lotse.ID, "join")
	pia.Send(t, room, "!raum pmo")
	pia.AwaitKey(t, room, "room/hello//matrix:"+room)
	pia.Send(t, room, "!termine")
	pia.AwaitMessage(t, room, "2. Dezember")

	// Of a flood the default limit lets twenty through, and says so once; the PMO is answered all the same.
	otto := server.Register(t, "otto")
	pia.Invite(t, room, otto.ID)
	otto.Join(t, room)
	for range 25 {
		otto.Send(t, room, "!hilfe")
	}
	pia.Send(t, room, "!projekt liste")
	pia.AwaitMessage(t, room, "!projekt neu")
	helped, warned := 0, 0
	for _, e := range pia.Events(t, room) {
		switch said := e.Body(); {
		case e.Sender != lotse.ID:
		case strings.Contains(said, "viele Befehle"):
			warned++
		case e.Mark().Kind == "reply" && strings.Contains(said, "!hilfe"):
			helped++
		}
	}
	if helped != 20 || warned != 1 {
		t.Errorf("25 times !hilfe got %d replies and %d warnings, want 20 and 1:\n%s", helped, warned, matrixtest.Transcript(pia.Events(t, room)))
	}

	if err := bot.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := bot.Wait(); err != nil {
		t.Errorf("lotse run ends with %v\n%s", err, &log)
	}
	for _, name := range []string{"lotse.db", "recovery-key"} {
		info, err := os.Stat(filepath.Join(root, "data", name))
		if err != nil {
			t.Fatal(err)
		}
		if owner := info.Sys().(*syscall.Stat_t).Uid; info.Mode().Perm() != 0o600 || owner != account {
			t.Errorf("%s: mode %v, owner %d", name, info.Mode(), owner)
		}
	}
	if left, err := filepath.Glob(filepath.Join(root, "tmp", "*")); len(left) > 0 || err != nil {
		t.Errorf("left in /tmp: %v, %v", left, fmt.Sprint(err))
	}
}
