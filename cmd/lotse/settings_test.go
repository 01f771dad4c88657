package main

import (
	"encoding/base64"
	"encoding/pem"
	"errors"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSecrets(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("password", "geheim \r\n")
	write("empty", "\n")
	t.Setenv("LOTSE_TEST_SECRET", "aus der Umgebung")
	for _, test := range []struct{ why, file, env, want, fault string }{
		{"a file beside the configuration; its last line's end is none of the secret", "password", "", "geheim ", ""},
		{"a file by its whole path", filepath.Join(dir, "password"), "", "geheim ", ""},
		{"an environment variable", "", "LOTSE_TEST_SECRET", "aus der Umgebung", ""},
		{"no such file", "nowhere", "", "", "nowhere"},
		{"nothing in the file", "empty", "", "", "is empty"},
		{"no such variable", "", "LOTSE_TEST_UNSET", "", "LOTSE_TEST_UNSET is not set"},
		{"nothing is configured", "", "", "", errNoSecret.Error()},
	} {
		c := &Config{file: filepath.Join(dir, "lotse.yaml")}
		c.Matrix.PasswordFile, c.Matrix.PasswordEnv = test.file, test.env
		c.Matrix.TokenFile, c.Matrix.TokenEnv = test.file, test.env
		for what, read := range map[string]func() (string, error){"password": c.password, "token": c.token} {
			got, err := read()
			if got != test.want || (err == nil) != (test.fault == "") || err != nil && !strings.Contains(err.Error(), test.fault) {
				t.Errorf("%s: %s %q, error %v, want %q, %q", test.why, what, got, err, test.want, test.fault)
			}
		}
	}
	if _, err := new(Config).password(); !errors.Is(err, errNoSecret) {
		t.Errorf("without a secret the error is %v, want errNoSecret", err)
	}
}

// The city's proxy is asked for everything, with the user and password that the configuration names.
func TestClientProxy(t *testing.T) {
	var asked, login string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked, login = r.URL.String(), r.Header.Get("Proxy-Authorization")
	}))
	defer proxy.Close()
	t.Setenv("LOTSE_TEST_PROXY", "geheim")
	c := &Config{Network: NetworkConfig{Proxy: proxy.URL, ProxyUser: "lotse", ProxyPasswordEnv: "LOTSE_TEST_PROXY"}}
	client, err := c.client()
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Get("http://matrix.stadt.example/_matrix/client/versions")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if want := "http://matrix.stadt.example/_matrix/client/versions"; asked != want {
		t.Errorf("the proxy was asked for %q, want %q", asked, want)
	}
	if want := "Basic " + base64.StdEncoding.EncodeToString([]byte("lotse:geheim")); login != want {
		t.Errorf("the proxy was told %q, want %q", login, want)
	}
	c.Network.ProxyPasswordEnv = "LOTSE_TEST_UNSET"
	if _, err := c.client(); err == nil || !strings.Contains(err.Error(), "LOTSE_TEST_UNSET") {
		t.Errorf("a password that is not there gives %v", err)
	}
}

func TestClientNoProxy(t *testing.T) {
	c := &Config{Network: NetworkConfig{Proxy: "none"}}
	client, err := c.client()
	if err != nil {
		t.Fatal(err)
	}
	if client.Transport.(*http.Transport).Proxy != nil {
		t.Error("a proxy is used although there shall be none")
	}
	c.Network.Proxy = ""
	if client, err = c.client(); err != nil || client.Transport.(*http.Transport).Proxy == nil {
		t.Errorf("the environment's proxy is not used (%v)", err)
	}
}

// A certificate of the city's own authority is good if the configuration names the authority, and only then.
func TestClientOwnAuthority(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ErrorLog = log.New(t.Output(), "", 0) // it hears that it is not trusted
	server.StartTLS()
	defer server.Close()
	dir := t.TempDir()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	for name, data := range map[string][]byte{"ca.pem": ca, "none.pem": []byte("kein Zertifikat")} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		why, file string
		trusted   bool
		fault     string
	}{
		{"the authority is named", "ca.pem", true, ""},
		{"it is not", "", false, ""},
		{"the file holds something else", "none.pem", false, "holds no certificate"},
		{"there is no such file", "nowhere.pem", false, "nowhere.pem"},
	} {
		c := &Config{file: filepath.Join(dir, "lotse.yaml"), Network: NetworkConfig{Proxy: "none", CAFile: test.file}}
		client, err := c.client()
		if test.fault != "" {
			if err == nil || !strings.Contains(err.Error(), test.fault) {
				t.Errorf("%s: error %v, want %q", test.why, err, test.fault)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.why, err)
			continue
		}
		response, err := client.Get(server.URL)
		if err == nil {
			response.Body.Close()
		}
		if (err == nil) != test.trusted {
			t.Errorf("%s: the server is asked with the error %v", test.why, err)
		}
	}
}
