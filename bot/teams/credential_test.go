package teams

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"lotse/bot"
)

// certificate is one of the good key's, in PEM with its key.
func certificate(t *testing.T) []byte {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Lotse"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &goodKey.PublicKey, goodKey)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(goodKey)
	if err != nil {
		t.Fatal(err)
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
}

// With a certificate the bot proves that it has its key, anew each time; the token is
// kept until it is near its end.
func TestCertificate(t *testing.T) {
	var asked atomic.Int32
	var expires atomic.Int32
	expires.Store(3600)
	var address string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		_, err := jwt.Parse(r.FormValue("client_assertion"), func(token *jwt.Token) (any, error) {
			if token.Header["x5t#S256"] == nil {
				return nil, errors.New("no thumbprint")
			}
			return &goodKey.PublicKey, nil
		}, jwt.WithValidMethods([]string{"RS256"}), jwt.WithIssuer(testApp), jwt.WithSubject(testApp), jwt.WithAudience(address), jwt.WithExpirationRequired())
		if err != nil || r.FormValue("client_secret") != "" || r.FormValue("client_id") != testApp || r.FormValue("scope") != DefaultScope ||
			r.FormValue("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprintf(w, `{"error":"invalid_client","error_description":%q}`, fmt.Sprint(err))
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":"token%d","token_type":"Bearer","expires_in":%d}`, asked.Load(), expires.Load())
	}))
	t.Cleanup(server.Close)
	address = server.URL
	cert, err := ReadCertificate(certificate(t))
	if err != nil {
		t.Fatal(err)
	}
	c := Credential{Certificate: cert}
	if end := c.Expires(); time.Until(end) > 24*time.Hour || time.Until(end) < 23*time.Hour {
		t.Errorf("it ends at %v", end)
	}
	p := newPass(Config{AppID: testApp, Token: address, Scope: DefaultScope, Credential: c, HTTPClient: http.DefaultClient})
	get := func(want string) {
		t.Helper()
		if got, err := p.get(t.Context()); err != nil || got != want {
			t.Errorf("got %q, want %q: %v", got, want, err)
		}
	}
	get("token1")
	get("token1")
	p.drop("token0") // not the one that is used
	get("token1")
	expires.Store(60) // the next one is always near its end
	p.drop("token1")
	get("token2")
	get("token3")
}

// What is wrong with the credential is said, and nothing of it.
func TestWrongCredential(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided."}`)
	}))
	t.Cleanup(server.Close)
	chat, err := New(Config{AppID: testApp, Tenant: testTenant, Credential: Credential{Secret: secretWords}, Memory: newMemory(), Token: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	_, err = chat.OpenDirect(t.Context(), "teams:29:maria")
	s, ok := errors.AsType[*bot.SendError](err)
	if !ok || !s.Refused || s.Final {
		t.Errorf("nothing was sent, and it can be mended: %#v", err)
	}
	if said := fmt.Sprint(err); !strings.Contains(said, "AADSTS7000215") || !strings.Contains(said, testApp) || strings.Contains(said, secretWords) {
		t.Errorf("it says: %v", err)
	}
}

func TestNew(t *testing.T) {
	fine := Config{AppID: testApp, Tenant: testTenant, Credential: Credential{Secret: "s"}, Memory: newMemory()}
	cert, err := ReadCertificate(certificate(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		change func(*Config)
		want   string // part of the error
	}{
		{"fine", func(*Config) {}, ""},
		{"this machine needs no https", func(c *Config) { c.Token = "http://127.0.0.1:1/token" }, ""},
		{"no app", func(c *Config) { c.AppID = "" }, "application id"},
		{"no tenant", func(c *Config) { c.Tenant = "" }, "tenant"},
		{"no memory", func(c *Config) { c.Memory = nil }, "memory"},
		{"no credential", func(c *Config) { c.Credential = Credential{} }, "neither a secret nor a certificate"},
		{"two credentials", func(c *Config) { c.Credential.Certificate = cert }, "both"},
		{"tokens in the open", func(c *Config) { c.Token = "http://login.example.org/token" }, "https"},
		{"keys in the open", func(c *Config) { c.Metadata = "http://login.example.org/openid" }, "https"},
		{"no address", func(c *Config) { c.ServiceURL = "smba" }, "https"},
	} {
		c := fine
		tt.change(&c)
		_, err := New(c)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if _, err := ReadCertificate([]byte("nothing")); err == nil {
		t.Error("nothing is a certificate")
	}
}

// What is known of the bot's token: until when it is good, and whose it is if it says so.
func TestCheckToken(t *testing.T) {
	var token string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","expires_in":3600}`, token)
	}))
	t.Cleanup(server.Close)
	for _, tt := range []struct{ token, tenant string }{
		{sign(t, jwt.SigningMethodRS256, otherKey, "", jwt.MapClaims{"tid": testTenant, "appid": testApp}), testTenant},
		{sign(t, jwt.SigningMethodRS256, otherKey, "", jwt.MapClaims{"appid": testApp}), ""},
		{"only the Connector can read this", ""},
	} {
		token = tt.token
		chat, err := New(Config{AppID: testApp, Tenant: testTenant, Credential: Credential{Secret: "s"}, Memory: newMemory(), Token: server.URL})
		if err != nil {
			t.Fatal(err)
		}
		got, err := chat.CheckToken(t.Context())
		if left := time.Until(got.Expires); err != nil || got.Tenant != tt.tenant || left < 50*time.Minute || left > time.Hour {
			t.Errorf("%+v %v, want tenant %q", got, err, tt.tenant)
		}
	}
}
