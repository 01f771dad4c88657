// Package dendrite is empty. Its module pins the homeserver that the tests run
// against, Dendrite, so that the bot's own go.mod stays free of it; matrixtest
// builds the commands named in binaries.go from here.
//
// To move to another version: go get github.com/element-hq/dendrite@vX.Y.Z in
// this folder, go mod tidy, and run the tests. The next run builds anew.
package dendrite
