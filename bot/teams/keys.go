package teams

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	keysFor    = 24 * time.Hour   // how long keys are used without asking again
	keysPause  = time.Minute      // keys are not asked for more often, whatever comes in
	keysWithin = 10 * time.Second // how long asking may take
	maxKeys    = 1 << 20          // bytes of an answer
	minKeyBits = 2048
)

// key is a public key of the Bot Connector and the channels it vouches for.
type key struct {
	public   *rsa.PublicKey
	endorses []string
}

// keyring holds the keys that the Bot Connector signs with. They are asked for when the
// first token comes, then daily, and when a token names one that is not known, but never
// more often than once a minute.
type keyring struct {
	metadata string
	http     *http.Client
	now      func() time.Time

	mu    sync.Mutex // also held while keys are asked for: one asks, the others wait
	keys  map[string]key
	asked time.Time // when they were asked for, with success or not
	got   time.Time // when with success
	err   error     // of the last time
}

var (
	errUnknownKey = errors.New("signed with a key that is not known")
	errNoKeys     = errors.New("the keys of the Bot Connector could not be had")
)

// find returns the key of that id.
func (r *keyring) find(ctx context.Context, id string) (key, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	k, known := r.keys[id]
	if (!known || now.Sub(r.got) >= keysFor) && (r.asked.IsZero() || now.Sub(r.asked) >= keysPause) {
		r.asked = now
		// Who waits for the answer may go away: the next one wants it, too.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keysWithin)
		defer cancel()
		var keys map[string]key
		if keys, r.err = r.fetch(ctx); r.err == nil {
			r.keys, r.got = keys, now
		}
		k, known = r.keys[id]
	}
	switch {
	case known: // old keys are better than none while the new ones cannot be had
		return k, nil
	case r.err != nil:
		return key{}, fmt.Errorf("%w: %w", errNoKeys, r.err)
	}
	return key{}, errUnknownKey
}

// fetch reads the metadata and the keys that it points to.
func (r *keyring) fetch(ctx context.Context) (map[string]key, error) {
	var metadata struct {
		Keys       string   `json:"jwks_uri"`
		Algorithms []string `json:"id_token_signing_alg_values_supported"`
	}
	if err := r.get(ctx, r.metadata, &metadata); err != nil {
		return nil, err
	}
	if !trusted(metadata.Keys) {
		return nil, fmt.Errorf("%s: its jwks_uri %q must begin with https://", r.metadata, metadata.Keys)
	}
	if len(metadata.Algorithms) > 0 && !slices.Contains(metadata.Algorithms, algorithm) {
		return nil, fmt.Errorf("%s: tokens are no longer signed with %s", r.metadata, algorithm)
	}
	var set struct {
		Keys []struct {
			Type     string   `json:"kty"`
			ID       string   `json:"kid"`
			Use      string   `json:"use"`
			N        string   `json:"n"`
			E        string   `json:"e"`
			Endorses []string `json:"endorsements"`
		} `json:"keys"`
	}
	if err := r.get(ctx, metadata.Keys, &set); err != nil {
		return nil, err
	}
	keys := map[string]key{}
	for _, k := range set.Keys {
		if k.Type != "RSA" || k.ID == "" || k.Use != "" && k.Use != "sig" {
			continue
		}
		if public := publicKey(k.N, k.E); public != nil {
			keys[k.ID] = key{public: public, endorses: k.Endorses}
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%s: holds no RSA key that can be used", metadata.Keys)
	}
	return keys, nil
}

// publicKey reads an RSA key; nil if it is none, or too weak.
func publicKey(modulus, exponent string) *rsa.PublicKey {
	n, errN := base64.RawURLEncoding.DecodeString(modulus)
	e, errE := base64.RawURLEncoding.DecodeString(exponent)
	if errN != nil || errE != nil || len(e) == 0 || len(e) > 4 {
		return nil
	}
	k := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	if k.N.BitLen() < minKeyBits || k.E < 3 || k.E%2 == 0 {
		return nil
	}
	return k
}

func (r *keyring) get(ctx context.Context, address string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/json")
	resp, err := r.http.Do(req)
	if err != nil {
		return err // says what and where
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("get %s: %s", address, resp.Status)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxKeys)).Decode(into); err != nil {
		return fmt.Errorf("read %s: %w", address, err)
	}
	return nil
}
