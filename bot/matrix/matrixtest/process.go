package matrixtest

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// process is a running homeserver.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
}

// start runs a program and collects what it writes in the log file. One thread
// starts it and waits for it, because it dies with that thread (dieWithParent).
func start(log *os.File, program string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(program, args...), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.SysProcAttr = dieWithParent()
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(p.done)
		err := p.cmd.Start()
		started <- err
		if err == nil {
			p.cmd.Wait()
		}
	}()
	return p, <-started
}

// stop asks the process to end, and kills it when it does not listen.
func (p *process) stop() {
	p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		p.kill()
	}
}

func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.done
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}
