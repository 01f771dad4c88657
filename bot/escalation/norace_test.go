//go:build !race

package escalation_test

const race = false
