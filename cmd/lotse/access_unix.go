//go:build unix

package main

import (
	"io/fs"
	"os"
	"syscall"
)

// owned reports whether the file belongs to the account that this process runs under.
func owned(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return !ok || int(stat.Uid) == os.Geteuid()
}
