package teamstest

import (
	"io"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// process is a running playground.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
}

// start runs a command. One thread starts it and waits for it, because it dies with that
// thread (dieWithParent).
func start(cmd *exec.Cmd, out io.Writer) (*process, error) {
	p := &process{cmd: cmd, done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = dieWithParent()
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(p.done)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // its log says more
		}
	}()
	return p, <-started
}

// stop asks the process to end, and kills it when it does not listen.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(5 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}
