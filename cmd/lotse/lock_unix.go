//go:build unix

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

// lockDatabase makes sure that on this machine only one bot works on a database. The system takes the lock back when the
// process ends, however it ends.
func lockDatabase(path string) (unlock func(), err error) {
	file, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the database: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer file.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock %s: %w", file.Name(), err)
		}
		owner, _ := io.ReadAll(io.LimitReader(file, 20))
		return nil, fmt.Errorf("another lotse (process %s) is running on the database %s: stop it first", strings.TrimSpace(string(owner)), path)
	}
	// Whose it is, for the message above. Not to have it written is no harm.
	_ = file.Truncate(0)
	_, _ = fmt.Fprintln(file, os.Getpid())
	return func() { file.Close() }, nil
}
