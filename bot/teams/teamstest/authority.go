package teamstest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// What the bot authenticates itself with.
const (
	AppID  = "11111111-2222-3333-4444-555555555555"
	Secret = "a secret for tests"
	Tenant = "99999999-0000-0000-0000-000000000001"
	Issuer = "https://api.botframework.com"
	Scope  = "https://api.botframework.com/.default"
)

// Authority signs what the bot gets, as the Bot Connector does, says with which key, and
// gives the bot its own tokens.
type Authority struct {
	URL string // of its server

	key *rsa.PrivateKey

	tokensMu sync.Mutex
	tokens   map[string]bool
	given    int // tokens
}

// NewAuthority returns an authority on a server of its own.
func NewAuthority(t testing.TB) *Authority {
	t.Helper()
	mux := http.NewServeMux()
	a, err := newAuthority(mux)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	a.URL = server.URL
	return a
}

// newAuthority returns one that is asked on a server's mux.
func newAuthority(mux *http.ServeMux) (*Authority, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	a := &Authority{key: key, tokens: map[string]bool{}}
	mux.HandleFunc("GET /openid", a.metadata)
	mux.HandleFunc("GET /keys", a.keys)
	mux.HandleFunc("POST /token", a.token)
	return a, nil
}

// Addresses for the bot's configuration.
func (a *Authority) Metadata() string { return a.URL + "/openid" }
func (a *Authority) Token() string    { return a.URL + "/token" }

// Key is what its tokens are signed with.
func (a *Authority) Key() *rsa.PublicKey { return &a.key.PublicKey }

// Revoke makes all tokens invalid that were given out.
func (a *Authority) Revoke() {
	a.tokensMu.Lock()
	defer a.tokensMu.Unlock()
	clear(a.tokens)
}

// Given is how many tokens were given out.
func (a *Authority) Given() int {
	a.tokensMu.Lock()
	defer a.tokensMu.Unlock()
	return a.given
}

// recount begins to count anew.
func (a *Authority) recount() {
	a.tokensMu.Lock()
	defer a.tokensMu.Unlock()
	a.given = 0
}

// Knows reports whether a request comes with a token that was given out.
func (a *Authority) Knows(req *http.Request) bool {
	token, _ := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
	a.tokensMu.Lock()
	defer a.tokensMu.Unlock()
	return a.tokens[token]
}

func (a *Authority) metadata(w http.ResponseWriter, _ *http.Request) {
	Reply(w, http.StatusOK, map[string]any{
		"issuer": Issuer, "jwks_uri": a.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256"},
	})
}

func (a *Authority) keys(w http.ResponseWriter, _ *http.Request) {
	Reply(w, http.StatusOK, map[string]any{"keys": []any{map[string]any{
		"kty": "RSA", "use": "sig", "kid": "relay", "endorsements": []string{"msteams"},
		"n": base64.RawURLEncoding.EncodeToString(a.key.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(a.key.E)).Bytes()),
	}}})
}

// token gives the bot a token for its secret.
func (a *Authority) token(w http.ResponseWriter, req *http.Request) {
	if req.FormValue("grant_type") != "client_credentials" || req.FormValue("scope") != Scope ||
		req.FormValue("client_id") != AppID || req.FormValue("client_secret") != Secret {
		Reply(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client", "error_description": "wrong client"})
		return
	}
	token := rand.Text()
	a.tokensMu.Lock()
	a.tokens[token] = true
	a.given++
	a.tokensMu.Unlock()
	Reply(w, http.StatusOK, map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": 3600})
}

// Sign makes a token as the Bot Connector does.
func (a *Authority) Sign(service string) string {
	now := time.Now()
	part := func(v any) string {
		b, _ := json.Marshal(v) // maps of texts and numbers
		return base64.RawURLEncoding.EncodeToString(b)
	}
	signed := part(map[string]string{"alg": "RS256", "typ": "JWT", "kid": "relay"}) + "." + part(map[string]any{
		"iss": Issuer, "aud": AppID, "serviceurl": service, "nbf": now.Add(-time.Minute).Unix(), "exp": now.Add(time.Hour).Unix(),
	})
	sum := sha256.Sum256([]byte(signed))
	sig, err := rsa.SignPKCS1v15(rand.Reader, a.key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(sig)
}
