package teamstest

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
)

func TestMain(m *testing.M) { os.Exit(Run(m)) }

// The lock file names no registry: npm takes the one that is configured.
func TestLockFile(t *testing.T) {
	if bytes.Contains(packageLock, []byte("resolved")) || bytes.Contains(packageLock, []byte("http")) {
		t.Error("the lock file names a registry")
	}
	var p struct {
		Dependencies map[string]string `json:"dependencies"`
	}
	if err := json.Unmarshal(packageJSON, &p); err != nil {
		t.Fatal(err)
	}
	for name, version := range p.Dependencies {
		if strings.Trim(version, "0123456789.") != "" {
			t.Errorf("%s is not pinned to a version: %s", name, version)
		}
	}
}

// The playground listens on this machine only, and the relay wants a token of its own.
func TestLoopbackAndTokens(t *testing.T) {
	city := Shared(t)
	_, port, _ := strings.Cut(strings.TrimPrefix(city.URL, "http://"), ":")
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		ip, ok := a.(*net.IPNet)
		if !ok || ip.IP.IsLoopback() || ip.IP.To4() == nil {
			continue
		}
		if conn, err := net.Dial("tcp", net.JoinHostPort(ip.IP.String(), port)); err == nil {
			conn.Close()
			t.Errorf("the playground can be reached at %s", ip.IP)
		}
	}
	resp, err := http.Post(city.Relay.ServiceURL()+"/v3/conversations/"+Personal+"/activities", "application/json", strings.NewReader(`{"type":"message","text":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized || len(city.Relay.Posts()) > 0 {
		t.Errorf("without a token: %s, %d posts", resp.Status, len(city.Relay.Posts()))
	}
}
