//go:build !linux

package console

import "os"

// columns returns the width of the terminal that f is, 0 if it is none. Where the
// system is not asked, every character device counts as one of the usual width.
func columns(f *os.File) int {
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 || f.Name() == os.DevNull {
		return 0
	}
	return defaultWidth
}
