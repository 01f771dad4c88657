package teams

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"lotse/bot"
)

// Credential proves that the bot is the application: a secret, or a certificate.
type Credential struct {
	Secret      string
	Certificate *tls.Certificate
}

// ReadCertificate reads a certificate and its RSA key from PEM; both may stand in one text.
func ReadCertificate(text []byte) (*tls.Certificate, error) {
	var certs, keys bytes.Buffer
	for rest := text; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type == "CERTIFICATE" {
			_ = pem.Encode(&certs, block) // a buffer does not fail
		} else {
			_ = pem.Encode(&keys, block)
		}
	}
	cert, err := tls.X509KeyPair(certs.Bytes(), keys.Bytes())
	if err != nil {
		return nil, fmt.Errorf("read the certificate and its key: %w", err)
	}
	return &cert, Credential{Certificate: &cert}.check()
}

func (c Credential) check() error {
	switch {
	case c.Secret == "" && c.Certificate == nil:
		return errors.New("neither a secret nor a certificate")
	case c.Secret != "" && c.Certificate != nil:
		return errors.New("both a secret and a certificate: one is enough")
	case c.Certificate == nil:
		return nil
	case len(c.Certificate.Certificate) == 0:
		return errors.New("the certificate is empty")
	}
	if _, ok := c.Certificate.PrivateKey.(*rsa.PrivateKey); !ok {
		return errors.New("the certificate's key is no RSA key")
	}
	return nil
}

const (
	// early is how long before its end a token is no longer used.
	early = 5 * time.Minute
	// assertionFor is how long a signed request for a token is good.
	assertionFor = 10 * time.Minute
)

// pass is the bot's own token, by client credentials. It is asked for when it is needed
// and kept until shortly before its end.
type pass struct {
	config     clientcredentials.Config
	credential Credential
	http       *http.Client

	mu    sync.Mutex // also held while it is asked for
	token *oauth2.Token
}

func newPass(c Config) *pass {
	return &pass{
		http:       c.HTTPClient,
		credential: c.Credential,
		config: clientcredentials.Config{
			ClientID:     c.AppID,
			ClientSecret: c.Credential.Secret,
			TokenURL:     c.Token,
			Scopes:       []string{c.Scope},
			AuthStyle:    oauth2.AuthStyleInParams,
		},
	}
}

// get returns a token that is good for a while.
func (p *pass) get(ctx context.Context) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.token; t != nil && (t.Expiry.IsZero() || time.Until(t.Expiry) > early) {
		return t.AccessToken, nil
	}
	config := p.config
	if p.credential.Certificate != nil {
		assertion, err := p.assertion()
		if err != nil {
			return "", fmt.Errorf("sign the request for a token: %w", err)
		}
		config.EndpointParams = url.Values{
			"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
			"client_assertion":      {assertion},
		}
	}
	token, err := config.Token(context.WithValue(ctx, oauth2.HTTPClient, p.http))
	if err != nil {
		return "", fmt.Errorf("get a token for %s from %s: %w", p.config.ClientID, p.config.TokenURL, tokenError(err))
	}
	p.token = token
	return token.AccessToken, nil
}

// drop forgets a token that was not accepted.
func (p *pass) drop(token string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.token != nil && p.token.AccessToken == token {
		p.token = nil
	}
}

// tokenError keeps of an answer what says what is wrong.
func tokenError(err error) error {
	answer, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return err
	}
	if answer.ErrorCode == "" {
		return errors.New(answer.Response.Status)
	}
	return fmt.Errorf("%s: %s", answer.ErrorCode, bot.Cut(answer.ErrorDescription, 300))
}

// assertion proves with the certificate's key that the request is the application's.
// https://learn.microsoft.com/entra/identity-platform/certificate-credentials
func (p *pass) assertion() (string, error) {
	now := time.Now()
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.RegisteredClaims{
		Issuer:    p.config.ClientID,
		Subject:   p.config.ClientID,
		Audience:  jwt.ClaimStrings{p.config.TokenURL},
		ID:        rand.Text(),
		NotBefore: jwt.NewNumericDate(now.Add(-time.Minute)),
		ExpiresAt: jwt.NewNumericDate(now.Add(assertionFor)),
	})
	cert := p.credential.Certificate
	sum := sha256.Sum256(cert.Certificate[0])
	t.Header["x5t#S256"] = base64.RawURLEncoding.EncodeToString(sum[:])
	return t.SignedString(cert.PrivateKey)
}

// Expires is when the certificate ends, zero if there is none.
func (c Credential) Expires() time.Time {
	if c.Certificate == nil {
		return time.Time{}
	}
	leaf := c.Certificate.Leaf
	if leaf == nil {
		var err error
		if leaf, err = x509.ParseCertificate(c.Certificate.Certificate[0]); err != nil {
			return time.Time{}
		}
	}
	return leaf.NotAfter
}
