//go:build !linux

package main

import "errors"

func mountMemory(string, string) error { return errors.ErrUnsupported }
func remountReadOnly(string) error     { return errors.ErrUnsupported }
func unmount(string) error             { return nil }
