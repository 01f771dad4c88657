//go:build !unix

package main

// lockDatabase does nothing here; the lease in the database keeps a second bot away.
func lockDatabase(string) (unlock func(), err error) { return func() {}, nil }
