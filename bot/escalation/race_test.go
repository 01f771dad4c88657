//go:build race

package escalation_test

const race = true // the race detector looks on
