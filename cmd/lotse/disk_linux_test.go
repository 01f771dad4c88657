package main

import "syscall"

func mountMemory(path, size string) error {
	return syscall.Mount("lotse-test", path, "tmpfs", 0, "size="+size+",mode=0700")
}

func remountReadOnly(path string) error {
	return syscall.Mount("lotse-test", path, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, "")
}

func unmount(path string) error { return syscall.Unmount(path, syscall.MNT_DETACH) }
