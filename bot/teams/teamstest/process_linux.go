package teamstest

import "syscall"

// dieWithParent makes the kernel kill the playground when the thread that
// started it ends, so that a killed test leaves no process behind.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
