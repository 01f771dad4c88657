package storage_test

import (
	"os"
	"runtime"
	"syscall"
	"testing"
)

// nobody is the account that owns nothing.
const nobody = 65534

// withoutRights calls f as somebody whom file permissions bind: root is bound by
// none, so for root the thread takes on nobody's rights to files.
func withoutRights(t *testing.T, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		f()
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		if err := syscall.Setfsuid(nobody); err != nil {
			t.Error(err)
			return
		}
		f()
	}()
	<-done
}
