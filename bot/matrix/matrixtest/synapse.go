package matrixtest

import (
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Synapse is the reference homeserver. It is written in Python; .ci/run installs
// the version that synapse.txt names.
var Synapse = &Software{name: "Synapse", find: findSynapse, prepare: prepareSynapse, command: synapseCommand}

//go:embed synapse.txt
var synapseRequirements []byte

// findSynapse returns the virtual environment that .ci/run has made.
func findSynapse(testing.TB) (string, error) {
	cache, err := userCache()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(synapseRequirements)
	dir := filepath.Join(cache, "synapse-"+hex.EncodeToString(sum[:6]))
	if _, err := os.Stat(pythonIn(dir)); err != nil {
		return "", fmt.Errorf("it is not installed: .ci/run does that, or python3 -m venv %[1]s && %[1]s/bin/pip install -r bot/matrix/matrixtest/synapse.txt", dir)
	}
	return dir, nil
}

func pythonIn(dir string) string { return filepath.Join(dir, "bin", "python3") }

// prepareSynapse writes key and configuration. JSON is YAML, too. Synapse talks
// to nobody: no federation, no key server, no statistics.
func prepareSynapse(s *Server, c config) error {
	limit := map[string]any{"per_second": 1e6, "burst_count": 1e6}
	if c.limited {
		limit = map[string]any{"per_second": 1000 / float64(c.millis), "burst_count": c.threshold}
	}
	perHow := func(kinds ...string) map[string]any {
		limits := map[string]any{}
		for _, kind := range kinds {
			limits[kind] = limit
		}
		return limits
	}
	settings := map[string]any{
		"server_name": s.Name,
		"listeners": []any{map[string]any{
			"port": s.port, "bind_addresses": []string{"127.0.0.1"}, "type": "http",
			"resources": []any{map[string]any{"names": []string{"client"}}},
		}},
		"database": map[string]any{"name": "sqlite3", "args": map[string]any{
			"database": s.path("homeserver.db"),
		}},
		"media_store_path":            s.path("media"),
		"signing_key_path":            s.path("key"),
		"log_config":                  s.path("log.yaml"),
		"registration_shared_secret":  s.Secret,
		"macaroon_secret_key":         s.Secret,
		"password_config":             map[string]any{"enabled": true},
		"bcrypt_rounds":               4,
		"report_stats":                false,
		"trusted_key_servers":         []any{},
		"federation_domain_whitelist": []any{},
		"presence":                    map[string]any{"enabled": false},
		"rc_message":                  limit,
		"rc_registration":             limit,
		"rc_login":                    perHow("address", "account", "failed_attempts"),
		"rc_joins":                    perHow("local", "remote"),
		"rc_joins_per_room":           limit,
		"rc_invites":                  perHow("per_room", "per_user", "per_issuer"),
		"rc_room_creation":            limit,
		"rc_admin_redaction":          limit,
		"rc_reports":                  limit,
		"rc_key_requests":             limit,
		"rc_presence":                 perHow("per_user"),
		"rc_delayed_event_mgmt":       limit,
		"rc_media_create":             limit,
	}
	logging := map[string]any{
		"version":    1,
		"formatters": map[string]any{"plain": map[string]any{"format": "%(levelname)s %(name)s %(message)s"}},
		"handlers":   map[string]any{"out": map[string]any{"class": "logging.StreamHandler", "formatter": "plain"}},
		"root":       map[string]any{"level": "WARNING", "handlers": []string{"out"}},
	}
	for name, content := range map[string]any{"homeserver.yaml": settings, "log.yaml": logging} {
		b, err := json.Marshal(content)
		if err != nil {
			return err
		}
		if err := os.WriteFile(s.path(name), b, 0o600); err != nil {
			return err
		}
	}
	seed := make([]byte, 32)
	rand.Read(seed)
	key := "ed25519 a_test " + base64.RawStdEncoding.EncodeToString(seed) + "\n"
	return os.WriteFile(s.path("key"), []byte(key), 0o600)
}

func synapseCommand(s *Server) (program string, args []string) {
	return pythonIn(s.bin), []string{"-m", "synapse.app.homeserver", "-c", s.path("homeserver.yaml")}
}
