package teamstest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"lotse/bot/cachetest"
)

// devtools drives one page of a Chromium by its DevTools protocol, over pipes: one call
// at a time, and no port is opened.
type devtools struct {
	to      *os.File
	from    *os.File
	answers *bufio.Reader
	session string
	calls   int
}

// object is one of JSON.
type object map[string]any

// openPage starts a Chromium with a page, which it ends when its pipes are closed.
func openPage(cmd *exec.Cmd, address string) (page *devtools, discard func(), err error) {
	in, to, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	from, out, err := os.Pipe()
	if err != nil {
		return nil, nil, errors.Join(err, in.Close(), to.Close())
	}
	cmd.Args = append(cmd.Args, "--remote-debugging-pipe")
	cmd.ExtraFiles = []*os.File{in, out} // that is 3 and 4
	said := &output{new: make(chan struct{}, 1)}
	p, err := start(cmd, said)
	in.Close()
	out.Close()
	discard = func() {
		to.Close()
		from.Close()
		p.stop()
	}
	if err != nil {
		to.Close()
		from.Close()
		return nil, nil, err
	}
	d := &devtools{to: to, from: from, answers: bufio.NewReader(from)}
	var target struct{ TargetID string }
	var attached struct{ SessionID string }
	err = d.call("Target.createTarget", object{"url": "about:blank"}, &target)
	if err == nil {
		err = d.call("Target.attachToTarget", object{"targetId": target.TargetID, "flatten": true}, &attached)
	}
	if err == nil {
		d.session = attached.SessionID
		err = d.call("Page.navigate", object{"url": address}, nil)
	}
	if err != nil {
		discard()
		return nil, nil, fmt.Errorf("%w; its last words: %s", err, cachetest.LastLine([]byte(said.String())))
	}
	return d, discard, nil
}

// call calls a method, and waits for its result.
func (d *devtools) call(method string, params object, result any) error {
	d.calls++
	message := object{"id": d.calls, "method": method, "params": params}
	if d.session != "" {
		message["sessionId"] = d.session
	}
	b, err := json.Marshal(message)
	if err != nil {
		return err
	}
	deadline := time.Now().Add(patience)
	if err := errors.Join(d.to.SetWriteDeadline(deadline), d.from.SetReadDeadline(deadline)); err != nil {
		return err
	}
	if _, err := d.to.Write(append(b, 0)); err != nil {
		return err
	}
	for { // past what happens meanwhile
		b, err := d.answers.ReadBytes(0)
		if err != nil {
			return err
		}
		var answer struct {
			ID     int
			Result json.RawMessage
			Error  *struct{ Message string }
		}
		if err := json.Unmarshal(b[:len(b)-1], &answer); err != nil {
			return err
		}
		switch {
		case answer.ID != d.calls:
		case answer.Error != nil:
			return errors.New(answer.Error.Message)
		case result != nil:
			return json.Unmarshal(answer.Result, result)
		default:
			return nil
		}
	}
}
