package matrix

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/signatures"
	"maunium.net/go/mautrix/crypto/ssss"
	"maunium.net/go/mautrix/id"
)

// Identity is how the bot stands in the eyes of other people's clients. Many of them
// give no keys to a device that its owner has not confirmed (cross-signed, MSC4153).
type Identity struct {
	Published bool // the account has cross-signing keys
	Verified  bool // … and they vouch for this device
	// Fingerprint of the account's master key, to compare by eye; "" if there is none.
	Fingerprint string
}

// Recovery keeps the recovery key, by which a new device is confirmed when this one
// is lost. It is a secret like a password.
type Recovery interface {
	// Load returns the key, "" if there is none yet.
	Load() (string, error)
	// Keep stores a new key for good, before it is used.
	Keep(key string) error
}

// ErrNoRecovery: the account has an identity, but its recovery key is not known here.
var ErrNoRecovery = errors.New("the account has cross-signing keys already, and their recovery key is not known")

// CheckIdentity asks the server how the device stands. It needs and changes no keys of
// ours.
func (c *Chat) CheckIdentity(ctx context.Context) (Identity, error) {
	ctx, cancel := c.limited(ctx)
	defer cancel()
	resp, err := c.ownKeys(ctx)
	if err != nil {
		return Identity{}, sendError("ask for our own keys", err)
	}
	return c.identityIn(resp), nil
}

// ownKeys asks the server for all keys of the bot's account.
func (c *Chat) ownKeys(ctx context.Context) (*mautrix.RespQueryKeys, error) {
	return c.client.QueryKeys(ctx, &mautrix.ReqQueryKeys{DeviceKeys: mautrix.DeviceKeysRequest{c.self: {}}})
}

// identityIn reads how the device stands from what the server knows: the master key
// signs the self-signing key, and that signs the device.
func (c *Chat) identityIn(resp *mautrix.RespQueryKeys) Identity {
	master, own := resp.MasterKeys[c.self], resp.SelfSigningKeys[c.self]
	if len(master.Keys) == 0 || len(own.Keys) == 0 {
		return Identity{}
	}
	who := Identity{Published: true, Fingerprint: master.FirstKey().Fingerprint()}
	device, there := resp.DeviceKeys[c.self][c.client.DeviceID]
	signed := func(what any, by id.Ed25519) bool {
		ok, err := signatures.VerifySignatureJSON(what, c.self, by.String(), by)
		return ok && err == nil
	}
	who.Verified = there && signed(own, master.FirstKey()) && signed(device, own.FirstKey())
	return who
}

// Vouch sees that the account has an identity and that it vouches for this device: it
// makes one if there is none, and uses the recovery key if there is. With anew, an
// identity whose recovery key is lost is replaced; everybody who had verified the bot
// is warned by that. password is for servers that want it for new keys; "" if it is not
// known. Not while Run runs: mautrix makes new keys without a lock.
func (c *Chat) Vouch(ctx context.Context, recovery Recovery, password string, anew bool) (Identity, error) {
	if c.cipher == nil {
		return Identity{}, ErrEncrypted
	}
	if err := c.publish(ctx); err != nil {
		return Identity{}, err
	}
	m, done, err := c.machine(ctx)
	if err != nil {
		return Identity{}, err
	}
	defer done()
	now, err := c.CheckIdentity(ctx)
	if err != nil || now.Verified && !anew {
		return now, err
	}
	key, err := recovery.Load()
	if err != nil {
		return now, err
	}
	switch {
	case now.Published && !anew && key == "":
		return now, ErrNoRecovery
	case now.Published && !anew:
		if err := m.VerifyWithRecoveryKey(ctx, key); err != nil {
			return now, fmt.Errorf("confirm the device with the recovery key: %w", err)
		}
	default:
		if err := c.newIdentity(ctx, m, recovery, key, password, now.Published); err != nil {
			return now, err
		}
	}
	return c.CheckIdentity(ctx)
}

// newIdentity makes cross-signing keys, keeps them on the server under the recovery
// key, and has them sign this device. A first identity is kept before it is published:
// whatever fails can be done again. One that replaces another is published first, which
// the server may refuse (a wrong password): then the old one is still whole.
func (c *Chat) newIdentity(ctx context.Context, m *crypto.OlmMachine, recovery Recovery, known, password string, replaces bool) error {
	key, err := c.recoveryKey(ctx, m, known)
	if err != nil {
		return err
	}
	keys, err := m.GenerateCrossSigningKeys()
	if err != nil {
		return fmt.Errorf("make cross-signing keys: %w", err)
	}
	keep := func() error {
		if key.RecoveryKey() != known {
			if err := recovery.Keep(key.RecoveryKey()); err != nil {
				return fmt.Errorf("keep the recovery key: %w", err)
			}
		}
		if err := m.SSSS.SetDefaultKeyID(ctx, key.ID); err != nil {
			return fmt.Errorf("name the recovery key: %w", err)
		}
		if err := m.UploadCrossSigningKeysToSSSS(ctx, key, keys); err != nil {
			return fmt.Errorf("keep the cross-signing keys on the homeserver: %w", err)
		}
		return nil
	}
	publish := func() error {
		err := m.PublishCrossSigningKeys(ctx, keys, withPassword(c.self, password))
		if answer, ok := errors.AsType[mautrix.HTTPError](err); ok && answer.IsStatus(http.StatusUnauthorized) && !loggedOut(err) {
			return fmt.Errorf("%w: %w", ErrPassword, err)
		}
		if err != nil {
			return fmt.Errorf("publish the cross-signing keys: %w", err)
		}
		return nil
	}
	steps := []func() error{keep, publish}
	if replaces {
		steps = []func() error{publish, keep}
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	if err := m.SignOwnDevice(ctx, m.OwnIdentity()); err != nil {
		return fmt.Errorf("sign the device: %w", err)
	}
	if err := m.SignOwnMasterKey(ctx); err != nil {
		return fmt.Errorf("sign the master key: %w", err)
	}
	return nil
}

// recoveryKey is the known one if the server knows it too, else a new one.
func (c *Chat) recoveryKey(ctx context.Context, m *crypto.OlmMachine, known string) (*ssss.Key, error) {
	if known != "" {
		if name, data, err := m.SSSS.GetDefaultKeyData(ctx); err == nil {
			if key, err := data.VerifyRecoveryKey(name, known); err == nil {
				return key, nil
			}
		}
	}
	key, err := m.SSSS.GenerateAndUploadKey(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("make a recovery key: %w", err)
	}
	return key, nil
}

// ErrPassword: the server wants the account's password before it takes new keys.
var ErrPassword = errors.New("the homeserver wants the account's password for this: give it in matrix.password_file, or log in with it")

// withPassword answers a server that wants to know who asks.
func withPassword(user id.UserID, password string) mautrix.UIACallback {
	if password == "" {
		return nil
	}
	return func(ask *mautrix.RespUserInteractive) any {
		return &mautrix.ReqUIAuthLogin{
			BaseAuthData: mautrix.BaseAuthData{Type: mautrix.AuthTypePassword, Session: ask.Session},
			User:         string(user),
			Password:     password,
		}
	}
}

// Acknowledge takes somebody's present identity for the right one, after their keys
// were compared: it is asked for when the identity was replaced since it was first
// seen. confirm sees the fingerprint; its error leaves all as it is.
func (c *Chat) Acknowledge(ctx context.Context, user string, confirm func(fingerprint string, changed bool) error) error {
	if c.cipher == nil {
		return ErrEncrypted
	}
	m, done, err := c.machine(ctx)
	if err != nil {
		return err
	}
	defer done()
	limited, cancel := c.limited(ctx)
	defer cancel()
	who := id.UserID(user)
	if _, err := m.FetchKeys(limited, []id.UserID{who}, true); err != nil {
		return fmt.Errorf("ask for the keys of %s: %w", who, err)
	}
	keys, err := m.CryptoStore.GetCrossSigningKeys(ctx, who)
	if err != nil {
		return err
	}
	master := keys[id.XSUsageMaster]
	if master.Key == "" {
		return fmt.Errorf("%s has no identity (cross-signing keys) on the homeserver", who)
	}
	if err := confirm(master.Key.Fingerprint(), master.First != master.Key); err != nil || master.First == master.Key {
		return err
	}
	return c.cipher.store.ResetMasterKeyTOFU(ctx, who, master.Key)
}
