package matrixtest

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"lotse/bot/cachetest"
)

// Dendrite is built from the nested module in dendrite/.
var Dendrite = &Software{name: "Dendrite", find: build, prepare: prepareDendrite, command: dendriteCommand}

// prepareDendrite writes the key and the configuration. JSON is YAML, too.
func prepareDendrite(s *Server, c config) error {
	key := exec.Command(filepath.Join(s.bin, "generate-keys"), "-private-key", s.path("key.pem"))
	if out, err := key.CombinedOutput(); err != nil {
		return fmt.Errorf("generate the server's key: %w: %s", err, cachetest.LastLine(out))
	}
	database := func(name string) map[string]any {
		return map[string]any{"connection_string": "file:" + s.path(name+".db")}
	}
	b, err := json.Marshal(map[string]any{
		"version": 2,
		"global": map[string]any{
			"server_name":        s.Name,
			"private_key":        s.path("key.pem"),
			"disable_federation": true,
			"cache":              map[string]any{"max_size_estimated": "64mb"},
			// Not in_memory: a killed server would forget messages that it has
			// acknowledged and not yet shown, and the files cost no time here.
			"jetstream": map[string]any{"storage_path": s.path("jetstream")},
		},
		"client_api": map[string]any{
			"registration_disabled":      true,
			"registration_shared_secret": s.Secret,
			"rate_limiting":              map[string]any{"enabled": c.limited, "threshold": c.threshold, "cooloff_ms": c.millis},
		},
		"federation_api": map[string]any{"database": database("federation")},
		"key_server":     map[string]any{"database": database("keys")},
		"media_api":      map[string]any{"database": database("media"), "base_path": s.path("media")},
		"mscs":           map[string]any{"database": database("mscs")},
		"relay_api":      map[string]any{"database": database("relay")},
		"room_server":    map[string]any{"database": database("rooms")},
		"sync_api":       map[string]any{"database": database("sync")},
		"user_api":       map[string]any{"account_database": database("accounts"), "bcrypt_cost": 4},
		"logging":        []any{map[string]any{"type": "std", "level": "warn"}},
	})
	if err != nil {
		return err
	}
	return os.WriteFile(s.path("dendrite.yaml"), b, 0o600)
}

func dendriteCommand(s *Server) (program string, args []string) {
	return filepath.Join(s.bin, "dendrite"), []string{"-config", s.path("dendrite.yaml"),
		"-http-bind-address", s.address(), "-https-bind-address", "127.0.0.1:0"}
}
