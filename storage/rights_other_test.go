//go:build !linux

package storage_test

import "testing"

// withoutRights calls f; tests are not run by root here.
func withoutRights(_ *testing.T, f func()) { f() }
