package matrixtest

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/bot/cachetest"
)

// The client on matrix-js-sdk: its program, and the versions that it is pinned to.
var (
	//go:embed jsclient/main.mjs
	jsProgram string
	//go:embed jsclient/package.json
	jsPackage []byte
	//go:embed jsclient/package-lock.json
	jsLock []byte
)

// installed remembers the result of the first attempt in this process.
var installed struct {
	once sync.Once
	dir  string
	err  error
}

// requireJS returns the folder with the client's modules, and installs them
// when the cache does not have them.
func requireJS(t testing.TB) (dir string) {
	t.Helper()
	installed.once.Do(func() { installed.dir, installed.err = installJS(t) })
	cachetest.Want(t, jsName, installed.err)
	return installed.dir
}

// jsName is what the client is called where it is missing.
const jsName = "matrix-js-sdk"

// installJS returns the folder with the client's modules.
func installJS(t testing.TB) (dir string, err error) {
	return cachetest.Modules(t, "jsclient", jsName, map[string][]byte{"package.json": jsPackage, "package-lock.json": jsLock})
}

// node is a process with clients on matrix-js-sdk.
type node struct {
	stdin io.WriteCloser
	done  chan struct{} // closed when the process has ended
	kill  func() error
	log   string // the file with what it has logged

	mu      sync.Mutex
	last    int                       // the number of the last request
	pending map[int]chan<- nodeAnswer // by number
}

type nodeAnswer struct {
	ID     int             `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  string          `json:"error"`
}

// errNode says that there is no process to ask any more.
var errNode = errors.New("the Node process does not answer")

// node returns the server's process, and starts it when it is wanted for the
// first time.
func (s *Server) node(t testing.TB) *node {
	t.Helper()
	dir := requireJS(t)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.js == nil {
		n, err := startNode(dir, s.path("node.log"))
		if err != nil {
			t.Fatalf("start Node for matrix-js-sdk: %v", err)
		}
		s.js = n
	}
	return s.js
}

// startNode runs the program in the folder with its modules, which it finds by
// that. It ends with its input, and so with this process.
func startNode(dir, logFile string) (*node, error) {
	log, err := os.Create(logFile)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command("node", "--input-type=module", "--eval", jsProgram)
	cmd.Dir, cmd.Stderr = dir, log
	n := &node{kill: func() error { return cmd.Process.Kill() }, done: make(chan struct{}), log: logFile, pending: map[int]chan<- nodeAnswer{}}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if n.stdin, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(n.done)
		n.read(stdout)
		_ = cmd.Wait() // its log says more
	}()
	return n, nil
}

// read hands the answers out.
func (n *node) read(r io.Reader) {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var answer nodeAnswer
		if err := json.Unmarshal(line, &answer); err != nil {
			return // its standard output is for answers: this cannot go on
		}
		n.mu.Lock()
		waiting := n.pending[answer.ID]
		delete(n.pending, answer.ID)
		n.mu.Unlock()
		if waiting != nil {
			waiting <- answer
		}
	}
}

// call has a device do something and waits for the answer.
func (n *node) call(device, op string, request map[string]any, out any) error {
	answered := make(chan nodeAnswer, 1)
	n.mu.Lock()
	n.last++
	id := n.last
	n.pending[id] = answered
	line := map[string]any{"id": id, "op": op, "as": device}
	for name, value := range request {
		line[name] = value
	}
	b, err := json.Marshal(line)
	if err == nil {
		_, err = n.stdin.Write(append(b, '\n'))
	}
	n.mu.Unlock()
	if err != nil {
		return fmt.Errorf("%w: %w%s", errNode, err, n.lastWords())
	}
	select {
	case answer := <-answered:
		switch {
		case answer.Error != "":
			return errors.New(answer.Error)
		case out == nil:
			return nil
		}
		return json.Unmarshal(answer.Result, out)
	case <-n.done:
		return fmt.Errorf("%w: it has ended%s", errNode, n.lastWords())
	case <-time.After(patience):
		return fmt.Errorf("%w to %s within %v%s", errNode, op, patience, n.lastWords())
	}
}

// lastWords are the end of the process's log.
func (n *node) lastWords() string {
	b, _ := os.ReadFile(n.log)
	if len(b) == 0 {
		return ""
	}
	return "; its log ends with:\n" + strings.TrimSpace(string(b[max(0, len(b)-2000):]))
}

// stop ends the process.
func (n *node) stop() {
	n.stdin.Close()
	select {
	case <-n.done:
	case <-time.After(10 * time.Second):
		_ = n.kill()
		<-n.done
	}
}
