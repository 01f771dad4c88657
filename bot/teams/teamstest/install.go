package teamstest

import (
	_ "embed"
	"sync"
	"testing"

	"lotse/bot/cachetest"
)

// The playground: the version that it is pinned to, what keeps it on this machine, and
// the city that it plays.
var (
	//go:embed playground/package.json
	packageJSON []byte
	//go:embed playground/package-lock.json
	packageLock []byte
	//go:embed playground/loopback.js
	loopback []byte
	//go:embed playground/city.yml
	city []byte
)

// installed remembers the result of the first attempt in this process.
var installed struct {
	once sync.Once
	dir  string
	err  error
}

// require returns the folder with the playground, and installs it when the cache does
// not have it. Without Node.js the test is skipped, or fails under LOTSE_TEST_REQUIRE=all.
func require(t testing.TB) (dir string) {
	t.Helper()
	installed.once.Do(func() {
		installed.dir, installed.err = cachetest.Modules(t, "playground", "Agents Playground", map[string][]byte{
			"package.json": packageJSON, "package-lock.json": packageLock, "loopback.js": loopback, "city.yml": city,
		})
	})
	cachetest.Want(t, "Agents Playground", installed.err)
	return installed.dir
}
