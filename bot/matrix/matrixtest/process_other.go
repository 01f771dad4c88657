//go:build !linux

package matrixtest

import "syscall"

// dieWithParent does nothing where the system has no such service: a killed
// test leaves its server running.
func dieWithParent() *syscall.SysProcAttr { return nil }
