package matrixtest

import "syscall"

// dieWithParent makes the kernel kill the homeserver when the thread that
// started it ends, so that a killed test leaves no server behind.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
