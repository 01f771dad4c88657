//go:build !linux

package teamstest

import "syscall"

// dieWithParent does nothing where the system has no such service: a killed
// test leaves its process running.
func dieWithParent() *syscall.SysProcAttr { return nil }
