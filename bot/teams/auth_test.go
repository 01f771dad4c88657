package teams

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"lotse/bot"
	"lotse/bot/engine"
)

var (
	_ engine.Chat         = (*Chat)(nil)
	_ engine.DirectOpener = (*Chat)(nil)
	_ engine.Roomy        = (*Chat)(nil)
	_ Memory              = engine.Memory(nil)
	_ http.Handler        = (*Chat)(nil)
)

// Of the bot in these tests.
const (
	testApp     = "11111111-2222-3333-4444-555555555555"
	testTenant  = "99999999-0000-0000-0000-000000000001"
	testService = "https://smba.example.org/emea/"
)

// memory is a Memory, and a deliver that commits to it.
type memory struct {
	mu      sync.Mutex
	values  map[string]string
	batches []bot.Batch
	fail    error
}

func newMemory() *memory { return &memory{values: map[string]string{}} }

func (m *memory) Recall(_ context.Context, name string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.values[name], nil
}

func (m *memory) Remember(_ context.Context, name, value string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.values[name] = value
	return nil
}

func (m *memory) deliver(_ context.Context, b bot.Batch) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	if len(b.Events)+len(b.Remember) > 0 {
		m.batches = append(m.batches, b)
	}
	maps.Copy(m.values, b.Remember)
	return nil
}

// taken returns the events that came in, and forgets them.
func (m *memory) taken() []bot.Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []bot.Event
	for _, b := range m.batches {
		all = append(all, b.Events...)
	}
	m.batches = nil
	return all
}

// authority is the Bot Connector as far as its keys go.
type authority struct {
	*httptest.Server
	mu      sync.Mutex
	keys    []map[string]any
	down    bool
	fetched atomic.Int32
}

var (
	goodKey, otherKey = newKey(), newKey()
	pemOfGoodKey      = func() []byte {
		der, err := x509.MarshalPKIXPublicKey(&goodKey.PublicKey)
		if err != nil {
			panic(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	}()
)

func newKey() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
}

func jwk(id string, k *rsa.PublicKey, endorses ...string) map[string]any {
	return map[string]any{
		"kty": "RSA", "use": "sig", "kid": id, "endorsements": endorses,
		"n": base64.RawURLEncoding.EncodeToString(k.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(k.E)).Bytes()),
	}
}

func newAuthority(t testing.TB) *authority {
	a := &authority{keys: []map[string]any{jwk("good", &goodKey.PublicKey, "msteams"), jwk("skype", &otherKey.PublicKey, "skype")}}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.down {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		switch r.URL.Path {
		case "/openid":
			fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":"%s/keys","id_token_signing_alg_values_supported":["RS256"]}`, DefaultIssuer, a.URL)
		case "/keys":
			a.fetched.Add(1)
			_ = json.NewEncoder(w).Encode(map[string]any{"keys": a.keys})
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(a.Close)
	return a
}

// good are the claims of a token that is let in.
func good() jwt.MapClaims {
	now := time.Now()
	return jwt.MapClaims{
		"iss": DefaultIssuer, "aud": testApp, "serviceurl": testService,
		"nbf": now.Add(-time.Minute).Unix(), "exp": now.Add(time.Hour).Unix(),
	}
}

// sign makes a token; key is what its method wants.
func sign(t testing.TB, method jwt.SigningMethod, key any, id string, claims jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, claims)
	if id != "" {
		token.Header["kid"] = id
	}
	s, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// newChat makes a running Chat that takes tokens of the authority.
func newChat(t testing.TB, a *authority, change func(*Config)) (*Chat, *memory, *bytes.Buffer) {
	t.Helper()
	m, log := newMemory(), &bytes.Buffer{}
	c := Config{
		AppID: testApp, Tenant: testTenant, Credential: Credential{Secret: "s"}, Memory: m,
		Metadata: a.URL + "/openid", Token: a.URL + "/token",
		Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&c)
	}
	chat, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	chat.open(m.deliver)
	return chat, m, log
}

const secretWords = "Kanarienvogel"

// body is an activity with a message, changed.
func body(change func(map[string]any)) string {
	a := map[string]any{
		"type": "message", "id": "1700000000001", "timestamp": "2026-11-18T08:00:00Z", "channelId": "msteams", "serviceUrl": testService,
		"from":         map[string]any{"id": "29:maria", "aadObjectId": "AAAAAAAA-0000-0000-0000-000000000001", "name": "Maria Beispiel"},
		"recipient":    map[string]any{"id": "28:" + testApp, "name": "Lotse"},
		"conversation": map[string]any{"id": "a:1chat", "conversationType": "personal", "tenantId": testTenant},
		"channelData":  map[string]any{"tenant": map[string]any{"id": testTenant}},
		"text":         secretWords, "textFormat": "plain",
	}
	if change != nil {
		change(a)
	}
	b, err := json.Marshal(a)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func post(chat http.Handler, token, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, Path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	chat.ServeHTTP(w, r)
	return w
}

// TestAuthentication is the table of what is let in: the right status each, nothing
// stored, and nothing of the content logged or answered.
func TestAuthentication(t *testing.T) {
	with := func(name string, value any) jwt.MapClaims {
		c := good()
		if c[name] = value; value == nil {
			delete(c, name)
		}
		return c
	}
	rs := func(claims jwt.MapClaims) string { return sign(t, jwt.SigningMethodRS256, goodKey, "good", claims) }
	in := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
	for _, tt := range []struct {
		name   string
		token  string
		body   string // "": the usual
		change func(*http.Request)
		want   int
	}{
		{name: "valid", token: rs(good()), want: 200},
		{name: "expired within the skew", token: rs(with("exp", in(-4*time.Minute))), want: 200},
		{name: "a little too early", token: rs(with("nbf", in(4*time.Minute))), want: 200},
		{name: "service address without its slash", token: rs(with("serviceurl", strings.TrimSuffix(testService, "/"))), want: 200},
		{name: "missing", want: 401},
		{name: "no token", token: "abc", want: 401},
		{name: "far too long", token: strings.Repeat("x", maxToken+1), want: 401},
		{name: "wrong audience", token: rs(with("aud", "somebody-else")), want: 401},
		{name: "no audience", token: rs(with("aud", nil)), want: 401},
		{name: "wrong issuer", token: rs(with("iss", "https://login.example.org")), want: 401},
		{name: "no issuer", token: rs(with("iss", nil)), want: 401},
		{name: "expired", token: rs(with("exp", in(-6*time.Minute))), want: 401},
		{name: "no end", token: rs(with("exp", nil)), want: 401},
		{name: "not yet valid", token: rs(with("nbf", in(6*time.Minute))), want: 401},
		{name: "wrong serviceurl", token: rs(with("serviceurl", "https://evil.example.org/")), want: 401},
		{name: "no serviceurl", token: rs(with("serviceurl", nil)), want: 401},
		{name: "other key", token: sign(t, jwt.SigningMethodRS256, otherKey, "good", good()), want: 401},
		{name: "unknown key", token: sign(t, jwt.SigningMethodRS256, otherKey, "unknown", good()), want: 401},
		{name: "no key named", token: sign(t, jwt.SigningMethodRS256, goodKey, "", good()), want: 401},
		{name: "alg none", token: sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, "good", good()), want: 401},
		{name: "HS256 with the public key", token: sign(t, jwt.SigningMethodHS256, pemOfGoodKey, "good", good()), want: 401},
		{name: "RS512", token: sign(t, jwt.SigningMethodRS512, goodKey, "good", good()), want: 401},
		{name: "another scheme", token: rs(good()), change: func(r *http.Request) { r.Header.Set("Authorization", "Basic eDp5") }, want: 401},
		{name: "no endorsement", token: sign(t, jwt.SigningMethodRS256, otherKey, "skype", good()), want: 403},
		{name: "another channel", token: rs(good()), body: body(func(a map[string]any) { a["channelId"] = "skype" }), want: 403},
		{name: "foreign tenant", token: rs(good()), body: body(func(a map[string]any) {
			a["channelData"] = map[string]any{"tenant": map[string]any{"id": "foreign"}}
		}), want: 403},
		{name: "no tenant", token: rs(good()), body: body(func(a map[string]any) {
			delete(a, "channelData")
			delete(a["conversation"].(map[string]any), "tenantId")
		}), want: 403},
		{name: "two tenants", token: rs(good()), body: body(func(a map[string]any) { a["conversation"].(map[string]any)["tenantId"] = "foreign" }), want: 403},
		{name: "a team that is not listed", token: rs(good()), body: inTeamBody("19:other@thread.tacv2"), want: 403},
		{name: "a listed team", token: rs(good()), body: inTeamBody("19:listed@thread.tacv2"), want: 200},
		{name: "oversized", token: rs(good()), body: body(func(a map[string]any) { a["text"] = strings.Repeat("x", maxBody) }), want: 413},
		{name: "oversized, and does not say so", token: rs(good()), body: body(func(a map[string]any) { a["text"] = strings.Repeat("x", maxBody) }),
			change: func(r *http.Request) { r.ContentLength = -1 }, want: 413},
		{name: "oversized, from a stranger", body: body(func(a map[string]any) { a["text"] = strings.Repeat("x", maxBody) }),
			change: func(r *http.Request) { r.ContentLength = -1 }, want: 401},
		{name: "not JSON", token: rs(good()), body: secretWords, want: 400},
		{name: "not an activity", token: rs(good()), body: `["` + secretWords + `"]`, want: 400},
		{name: "cut off", token: rs(good()), body: body(nil)[:200], want: 400},
		{name: "no conversation", token: rs(good()), body: body(func(a map[string]any) { a["conversation"].(map[string]any)["id"] = "" }), want: 400},
		{name: "an id that is none", token: rs(good()), body: body(func(a map[string]any) { a["id"] = "a/b" }), want: 400},
		{name: "a form", token: rs(good()), change: func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }, want: 415},
		{name: "packed", token: rs(good()), change: func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }, want: 415},
		{name: "wrong method", token: rs(good()), change: func(r *http.Request) { r.Method = http.MethodPut }, want: 405},
		{name: "wrong path", token: rs(good()), change: func(r *http.Request) { r.URL.Path = "/" }, want: 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			chat, m, log := newChat(t, newAuthority(t), func(c *Config) { c.Teams = []string{"19:Listed@thread.tacv2"} })
			if tt.body == "" {
				tt.body = body(nil)
			}
			r := httptest.NewRequest(http.MethodPost, Path, strings.NewReader(tt.body))
			r.Header.Set("Content-Type", "application/json")
			if tt.token != "" {
				r.Header.Set("Authorization", "Bearer "+tt.token)
			}
			if tt.change != nil {
				tt.change(r)
			}
			w := httptest.NewRecorder()
			chat.ServeHTTP(w, r)
			if w.Code != tt.want {
				t.Errorf("status %d (%s), want %d; the log: %s", w.Code, w.Body, tt.want, log)
			}
			if stored := len(m.batches) > 0; stored != (tt.want == 200) {
				t.Errorf("stored: %v", stored)
			}
			for what, text := range map[string]string{"log": log.String(), "answer": w.Body.String()} {
				for _, secret := range []string{secretWords, "Maria", "29:maria", "a:1chat", tt.token} {
					if secret != "" && len(secret) > 3 && strings.Contains(text, secret) {
						t.Errorf("the %s holds %q: %s", what, secret, text)
					}
				}
			}
			if tt.want != 200 {
				var said struct {
					Error struct{ Code, Message string }
				}
				if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil || said.Error.Code == "" || said.Error.Message == "" {
					t.Errorf("the answer is no error in JSON: %s", w.Body)
				}
				if strings.Count(log.String(), "was refused") != 1 {
					t.Errorf("the log says it not once: %s", log)
				}
			}
		})
	}
}

func inTeamBody(team string) string {
	return body(func(a map[string]any) {
		a["conversation"] = map[string]any{"id": team + ";messageid=1700000000001", "conversationType": "channel", "tenantId": testTenant, "isGroup": true}
		a["channelData"].(map[string]any)["team"] = map[string]any{"id": team}
	})
}

// Keys are asked for once and then daily, and for an unknown one, but never more often
// than once a minute, whatever strangers send.
func TestKeysAreAskedForSeldom(t *testing.T) {
	a := newAuthority(t)
	chat, _, _ := newChat(t, a, nil)
	now := time.Now()
	chat.door.keys.now = func() time.Time { return now }
	try := func(key *rsa.PrivateKey, id string, want int, fetches int32) {
		t.Helper()
		if w := post(chat, sign(t, jwt.SigningMethodRS256, key, id, good()), body(nil)); w.Code != want {
			t.Errorf("key %s: status %d, want %d", id, w.Code, want)
		}
		if got := a.fetched.Load(); got != fetches {
			t.Errorf("key %s: the keys were fetched %d times, want %d", id, got, fetches)
		}
	}
	try(goodKey, "good", 200, 1)
	try(goodKey, "good", 200, 1)
	for range 20 {
		try(otherKey, "new", 401, 1) // within the minute
	}
	a.mu.Lock()
	a.keys = append(a.keys, jwk("new", &otherKey.PublicKey, "msteams"))
	a.mu.Unlock()
	now = now.Add(keysPause)
	try(otherKey, "new", 200, 2)
	now = now.Add(keysFor - time.Second)
	try(otherKey, "new", 200, 2)
	a.mu.Lock()
	a.keys = a.keys[:1] // taken out of use
	a.mu.Unlock()
	now = now.Add(time.Second)
	try(otherKey, "new", 401, 3)
	a.mu.Lock()
	a.down = true
	a.mu.Unlock()
	now = now.Add(keysFor)
	try(goodKey, "good", 200, 3) // old ones are better than none
	try(otherKey, "new", 503, 3) // … but nothing is known of this one
}

// Without keys nobody is let in, and asked is at most once a minute.
func TestNoKeys(t *testing.T) {
	a := newAuthority(t)
	a.down = true
	chat, m, log := newChat(t, a, nil)
	now := time.Now()
	chat.door.keys.now = func() time.Time { return now }
	token := sign(t, jwt.SigningMethodRS256, goodKey, "good", good())
	for range 3 {
		if w := post(chat, token, body(nil)); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || strings.Contains(w.Body.String(), a.URL) {
			t.Errorf("status %d %v: %s", w.Code, w.Header(), w.Body)
		}
	}
	if !strings.Contains(log.String(), "502 Bad Gateway") {
		t.Errorf("the log does not say why: %s", log)
	}
	a.mu.Lock()
	a.down = false
	a.mu.Unlock()
	if w := post(chat, token, body(nil)); w.Code != http.StatusServiceUnavailable {
		t.Errorf("asked again within the minute: status %d", w.Code)
	}
	now = now.Add(keysPause)
	if w := post(chat, token, body(nil)); w.Code != http.StatusOK || len(m.batches) != 1 {
		t.Errorf("status %d, %d batches", w.Code, len(m.batches))
	}
}

// Only what is committed is acknowledged.
func TestNotCommitted(t *testing.T) {
	chat, m, log := newChat(t, newAuthority(t), nil)
	token := sign(t, jwt.SigningMethodRS256, goodKey, "good", good())
	m.fail = fmt.Errorf("the disk is full")
	if w := post(chat, token, body(nil)); w.Code != http.StatusServiceUnavailable {
		t.Errorf("not committed, and the status is %d", w.Code)
	}
	if strings.Contains(log.String(), secretWords) || !strings.Contains(log.String(), "the disk is full") {
		t.Errorf("the log: %s", log)
	}
	m.fail = nil
	if w := post(chat, token, body(nil)); w.Code != http.StatusOK {
		t.Errorf("status %d", w.Code)
	}
	if got := m.taken(); len(got) != 2 || got[0].Kind != bot.EventJoined || got[1].Text != secretWords {
		t.Errorf("taken in: %+v", got)
	}
	chat.open(nil)
	if w := post(chat, token, body(nil)); w.Code != http.StatusServiceUnavailable {
		t.Errorf("the bot is not running, and the status is %d", w.Code)
	}
}

func TestWeakKeysAreNone(t *testing.T) {
	weak := jwk("weak", &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 1000), E: 65537})
	even := jwk("even", &rsa.PublicKey{N: goodKey.N, E: 4})
	for _, k := range []map[string]any{weak, even, {"n": "!", "e": "AQAB"}, {"n": "", "e": ""}} {
		n, _ := k["n"].(string)
		e, _ := k["e"].(string)
		if publicKey(n, e) != nil {
			t.Errorf("%v is taken for a key", k["kid"])
		}
	}
}
