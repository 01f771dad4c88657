package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// exposure is a file that more people on this machine can read or change than the bot needs.
type exposure struct {
	says  string
	todo  string // what mends it
	fatal bool   // everybody can; else only the members of a group
}

func (e exposure) String() string { return e.says + ": " + e.todo }

// containerSecrets is where Docker and Podman put secrets, readable for everybody in the container: nobody else is in it.
const containerSecrets = "/run/secrets/"

// exposures looks at the files that hold secrets or decide whom the bot trusts. What is missing is told elsewhere. What
// lies in a folder that others cannot enter (as systemd's credentials do) is safe, whatever its own mode.
func (c *Config) exposures() []exposure {
	if runtime.GOOS == "windows" { // modes mean nothing there
		return nil
	}
	var found []exposure
	add := func(e *exposure) {
		if e != nil {
			found = append(found, *e)
		}
	}
	for _, file := range []struct{ what, path string }{
		{"the bot's password", c.path(c.Matrix.PasswordFile)},
		{"the bot's access token", c.path(c.Matrix.TokenFile)},
		{"the recovery key", c.recoveryFile()},
		{"the bot's secret for Teams", c.path(c.Teams.SecretFile)},
		{"the certificate for Teams, with its key,", c.path(c.Teams.CertificateFile)},
		{"the key of the Teams address", c.path(c.Teams.TLSKeyFile)},
		{"the proxy's password", c.path(c.Network.ProxyPasswordFile)},
		{"the database, with the bot's session,", c.databasePath()},
		{"the database, with the bot's session,", c.databasePath() + "-wal"},
	} {
		add(readable(file.what, file.path))
	}
	for _, file := range []struct{ what, path string }{
		{"the configuration", c.file},
		{"the certificate authority", c.path(c.Network.CAFile)},
		{"the database", c.databasePath()},
	} {
		add(changeable(file.what, file.path))
	}
	return found
}

// readable tells who can read a secret.
func readable(what, path string) *exposure {
	info, reach := reachable(path)
	if info == nil || strings.HasPrefix(path, containerSecrets) {
		return nil
	}
	todo := "chmod 600 " + path
	switch mode := info.Mode().Perm() & reach; {
	case mode&0o006 != 0:
		return &exposure{fmt.Sprintf("%s in %s can be read by everybody on this machine", what, path), todo, true}
	case mode&0o060 != 0 && owned(info): // of somebody else's file it is the group that lets the bot read it
		return &exposure{fmt.Sprintf("%s in %s can be read by the members of its group", what, path), todo, false}
	}
	return nil
}

// changeable tells whether everybody can change a file, or put another one in its place.
func changeable(what, path string) *exposure {
	info, reach := reachable(path)
	if info == nil {
		return nil
	}
	if info.Mode().Perm()&reach&0o002 != 0 {
		return &exposure{fmt.Sprintf("%s in %s can be changed by everybody on this machine", what, path), "chmod o-w " + path, true}
	}
	folder := filepath.Dir(path)
	if info, reach := reachable(folder); info != nil && info.Mode().Perm()&reach&0o002 != 0 && info.Mode()&fs.ModeSticky == 0 {
		return &exposure{fmt.Sprintf("everybody on this machine can put another file in the place of %s in %s", what, path), "chmod o-w " + folder, true}
	}
	return nil
}

// reachable returns a file, nil if it is not there, and a mask of the bits of its mode that mean something: for those who
// may not enter its folder, or one above it, they mean nothing.
func reachable(path string) (fs.FileInfo, fs.FileMode) {
	if path == "" {
		return nil, 0
	}
	path, err := filepath.Abs(path)
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return nil, 0
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0
	}
	mask := fs.FileMode(0o777)
	for path != filepath.Dir(path) {
		path = filepath.Dir(path)
		folder, err := os.Stat(path)
		if err != nil {
			break
		}
		enter := folder.Mode().Perm()
		if enter&0o001 == 0 {
			mask &^= 0o007
		}
		if enter&0o011 == 0 {
			mask &^= 0o070
		}
	}
	return info, mask
}

// guard refuses to work with files that everybody can read or change, and warns of those that a group can read.
func (c *Config) guard(ctx context.Context, log *slog.Logger) error {
	var errs []error
	for _, e := range c.exposures() {
		if e.fatal {
			errs = append(errs, errors.New(e.String()))
			continue
		}
		log.WarnContext(ctx, "a file is less private than it should be", "warning", e.String())
	}
	return errors.Join(errs...)
}

// access tells of files that are not private enough.
func (c *check) access() {
	all := c.config.exposures()
	for _, e := range all {
		if e.fatal {
			c.do(e.todo, "files: %s", e.says)
		} else {
			c.ok("note: %s (%s)", e.says, e.todo)
		}
	}
	if len(all) == 0 {
		c.ok("files: secrets, database and configuration are the bot's own")
	}
}
