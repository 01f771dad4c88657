package matrix

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/olm"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"lotse/bot"
)

// cipher is the end-to-end encryption of the bot's device: mautrix's machine, with its
// tables in our database.
//
// What the machine writes when it sends (a ratchet that moved on) must never be undone,
// or the same key would hide two messages; so nothing is sent or encrypted in a
// transaction. What it writes when it receives a room key is the other way round: the
// Olm session that moved on and the room key that came with it are one transaction, or
// a death between the two would lose the key for ever.
type cipher struct {
	db *dbutil.Database

	// mu is held for reading by whoever uses the machine, and for writing by whoever
	// replaces it.
	mu    sync.RWMutex
	mach  *crypto.OlmMachine
	store *crypto.SQLCryptoStore

	stateMu sync.Mutex
	// stale: there are people whose devices have changed and were not asked for again.
	stale   bool
	arrived map[id.SessionID]bool // room keys that came and were not made use of yet
	fetched map[id.SenderKey]bool // devices that the server was asked for because it sent us something
	// handing are the rooms whose new key is being handed out; true: who shall have it has
	// changed meanwhile.
	handing map[id.RoomID]bool
}

func newCipher(db *dbutil.Database) *cipher {
	return &cipher{db: db, stale: true, arrived: map[id.SessionID]bool{}, fetched: map[id.SenderKey]bool{}, handing: map[id.RoomID]bool{}}
}

// machine returns the machine and a function to call when it is not needed any more.
// The first call reads it from the database, or makes it.
func (c *Chat) machine(ctx context.Context) (*crypto.OlmMachine, func(), error) {
	k := c.cipher
	k.mu.RLock()
	if k.mach != nil {
		return k.mach, k.mu.RUnlock, nil
	}
	k.mu.RUnlock()
	k.mu.Lock()
	if k.mach == nil {
		if err := c.loadMachine(ctx); err != nil {
			k.mu.Unlock()
			return nil, nil, fmt.Errorf("open the encryption keys: %w", err)
		}
	}
	k.mu.Unlock()
	k.mu.RLock()
	if k.mach == nil { // discarded meanwhile
		k.mu.RUnlock()
		return nil, nil, errors.New("the encryption keys are being read again")
	}
	return k.mach, k.mu.RUnlock, nil
}

// discardMachine lets the next use read the keys from the database again, because they
// may differ from those in memory.
func (c *Chat) discardMachine() {
	c.cipher.mu.Lock()
	defer c.cipher.mu.Unlock()
	if c.cipher.mach != nil {
		c.cipher.mach.Destroy()
	}
	c.cipher.mach, c.cipher.store = nil, nil
}

// loadMachine reads the device's keys, or makes new ones. The caller holds cipher.mu.
func (c *Chat) loadMachine(ctx context.Context) error {
	if olm.Driver != "goolm" {
		return fmt.Errorf("the encryption library is %q, want goolm: build with -tags goolm", olm.Driver)
	}
	k := c.cipher
	pickle, err := c.pickleKey(ctx)
	if err != nil {
		return err
	}
	store := crypto.NewSQLCryptoStore(k.db, nil, string(c.self), c.client.DeviceID, pickle)
	if err := store.DB.Upgrade(ctx); err != nil {
		return fmt.Errorf("bring its tables up to date: %w", err)
	}
	switch device, err := store.FindDeviceID(ctx); {
	case err != nil:
		return fmt.Errorf("look for the device: %w", err)
	case device != "" && device != c.client.DeviceID:
		if err := k.forget(ctx, c.self); err != nil {
			return fmt.Errorf("forget device %s: %w", device, err)
		}
		c.log.InfoContext(ctx, "the keys of an earlier device are forgotten", "device", device)
	}
	log := c.client.Log
	mach := crypto.NewOlmMachine(c.client, &log, noting{store}, states{c})
	// Devices are asked for outside of transactions, see receiveKeys.
	mach.DisableDecryptKeyFetching = true
	// We keep room keys as they came: what was said must be readable again in a gap.
	mach.DisableRatchetTracking = true
	mach.SessionReceived = func(_ context.Context, _ id.RoomID, session id.SessionID, _ uint32) {
		k.stateMu.Lock()
		defer k.stateMu.Unlock()
		k.arrived[session] = true
	}
	if err := mach.Load(ctx); err != nil {
		return err
	}
	k.mach, k.store = mach, store
	return nil
}

// pickleKey is what mautrix hides keys in the database with. It lies in the same
// database, so the file is as secret as before: see README.
func (c *Chat) pickleKey(ctx context.Context) ([]byte, error) {
	key, err := c.memory.Recall(ctx, c.memo("pickle"))
	if err == nil && key == "" {
		key = rand.Text()
		err = c.memory.Remember(ctx, c.memo("pickle"), key)
	}
	return []byte(key), err
}

// forget takes out what belongs to an earlier device of the account. Room keys it was
// given stay, and whose identity was seen first.
func (k *cipher) forget(ctx context.Context, account id.UserID) error {
	return k.db.DoTxn(ctx, nil, func(ctx context.Context) error {
		for _, query := range []string{
			`DELETE FROM crypto_megolm_outbound_session_shared`,
			`DELETE FROM crypto_device`,
			`DELETE FROM crypto_tracked_user`,
		} {
			if _, err := k.db.Exec(ctx, query); err != nil {
				return err
			}
		}
		for _, query := range []string{
			`DELETE FROM crypto_megolm_outbound_session WHERE account_id = $1`,
			`DELETE FROM crypto_olm_session WHERE account_id = $1`,
			`DELETE FROM crypto_secrets WHERE account_id = $1`,
			`DELETE FROM crypto_account WHERE account_id = $1`,
		} {
			if _, err := k.db.Exec(ctx, query, account); err != nil {
				return err
			}
		}
		return nil
	})
}

// keysOf is the error of a device whose keys on the server are not those we have.
func keysOf(device id.DeviceID, what string) error {
	return fmt.Errorf("%w: %s of device %s; a new device is wanted (lotse login --force)", bot.ErrLoggedOut, what, device)
}

// publish sees that the server has the device's keys, and that they are ours.
func (c *Chat) publish(ctx context.Context) error {
	m, done, err := c.machine(ctx)
	if err != nil {
		return err
	}
	defer done()
	device := c.client.DeviceID
	resp, err := c.ownKeys(ctx)
	if err != nil {
		return fmt.Errorf("ask for the keys of our device: %w", err)
	}
	keys, there := resp.DeviceKeys[c.self][device]
	switch shared := m.GetAccount().Shared; {
	case !there && shared:
		return keysOf(device, "the homeserver has lost the keys")
	case !there:
		if err := m.ShareKeys(ctx, -1); err != nil {
			return fmt.Errorf("publish the keys of our device: %w", err)
		}
	case keys.Keys.GetEd25519(device) != m.OwnIdentity().SigningKey:
		return keysOf(device, "the homeserver has other keys than this database")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.verified = c.identityIn(resp).Verified
	return nil
}

// receiveKeys takes from an answer of the server what concerns encryption: room keys
// above all. It comes before the answer's messages are read.
func (c *Chat) receiveKeys(ctx context.Context, resp *mautrix.RespSync) error {
	if c.cipher == nil {
		return nil
	}
	broken, err := c.takeKeys(ctx, resp)
	if broken {
		c.discardMachine()
	}
	return err
}

// takeKeys does the work of receiveKeys. broken: the machine in memory is ahead of the
// database. What asks the server ends with ctx and after the time of one request; what
// has come is taken in whole.
func (c *Chat) takeKeys(ctx context.Context, resp *mautrix.RespSync) (broken bool, err error) {
	m, done, err := c.machine(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	limited, cancel := c.limited(ctx)
	defer cancel()
	ctx = context.WithoutCancel(ctx)
	if changed := resp.DeviceLists.Changed; len(changed) > 0 {
		if err := c.cipher.store.MarkTrackedUsersOutdated(ctx, changed); err != nil {
			return false, fmt.Errorf("note whose devices have changed: %w", err)
		}
		c.cipher.setStale(true)
	}
	for _, e := range resp.ToDevice.Events {
		if err := c.receiveToDevice(ctx, limited, m, e); err != nil {
			return true, err
		}
	}
	// Who has just confirmed a device is to be believed at once. Else it is done before the next message is encrypted.
	if err := c.catchUpDevices(limited, m); err != nil {
		c.log.DebugContext(ctx, "changed devices are asked for later", "error", err)
	}
	m.HandleOTKCounts(limited, &resp.DeviceOTKCount)
	m.MarkOlmHashSavePoint(ctx)
	return false, nil
}

// receiveToDevice handles what was sent to just this device; limited is for requests.
func (c *Chat) receiveToDevice(ctx, limited context.Context, m *crypto.OlmMachine, e *event.Event) error {
	e.Type.Class = event.ToDeviceEventType
	if e.Content.ParseRaw(e.Type) != nil {
		return nil // of no kind that we know
	}
	sealed, ok := e.Content.Parsed.(*event.EncryptedEventContent)
	if !ok {
		m.HandleToDeviceEvent(ctx, e)
		return nil
	}
	if err := c.meet(limited, m, e.Sender, sealed.SenderKey); err != nil && limited.Err() == nil {
		return err
	}
	err := c.cipher.db.DoTxn(ctx, nil, func(ctx context.Context) error {
		var failure error
		if c.survives(func() { m.HandleToDeviceEvent(context.WithValue(ctx, failureKey{}, &failure), e) }) {
			return failure
		}
		return nil // such an event would come again and again
	})
	if err != nil {
		return fmt.Errorf("keep a room key: %w", err)
	}
	return nil
}

// noting is mautrix's store of keys. When mautrix receives a room key it only logs that
// something could not be written; whoever has put a *error into the context is told.
type noting struct{ crypto.Store }

type failureKey struct{}

func (noting) note(ctx context.Context, err error) error {
	if failure, ok := ctx.Value(failureKey{}).(*error); ok && *failure == nil {
		*failure = err
	}
	return err
}

// PutOlmHash implements crypto.Store.
func (n noting) PutOlmHash(ctx context.Context, hash [32]byte, at time.Time) error {
	return n.note(ctx, n.Store.PutOlmHash(ctx, hash, at))
}

// AddSession implements crypto.Store.
func (n noting) AddSession(ctx context.Context, key id.SenderKey, s *crypto.OlmSession) error {
	return n.note(ctx, n.Store.AddSession(ctx, key, s))
}

// UpdateSession implements crypto.Store.
func (n noting) UpdateSession(ctx context.Context, key id.SenderKey, s *crypto.OlmSession) error {
	return n.note(ctx, n.Store.UpdateSession(ctx, key, s))
}

// PutAccount implements crypto.Store.
func (n noting) PutAccount(ctx context.Context, a *crypto.OlmAccount) error {
	return n.note(ctx, n.Store.PutAccount(ctx, a))
}

// PutGroupSession implements crypto.Store.
func (n noting) PutGroupSession(ctx context.Context, s *crypto.InboundGroupSession) error {
	return n.note(ctx, n.Store.PutGroupSession(ctx, s))
}

// survives runs what reads foreign ciphertext, and reports whether it came to its end: a
// panic there must not stop the bot, now and at every start.
func (c *Chat) survives(read func()) (ended bool) {
	defer func() {
		if p := recover(); p != nil {
			c.log.Error("the encryption library panicked on what was sent to us", "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
		}
	}()
	read()
	return true
}

// meet asks the server, once, about a device that writes to us and that we do not know.
func (c *Chat) meet(ctx context.Context, m *crypto.OlmMachine, user id.UserID, key id.SenderKey) error {
	k := c.cipher
	k.stateMu.Lock()
	asked := k.fetched[key]
	k.stateMu.Unlock()
	if asked {
		return nil
	}
	device, err := m.CryptoStore.FindDeviceByKey(ctx, user, key)
	if err != nil {
		return fmt.Errorf("look for a device of a sender: %w", err)
	}
	if device == nil {
		if _, err := m.FetchKeys(ctx, []id.UserID{user}, true); err != nil {
			c.log.DebugContext(ctx, "the devices of a sender are not known", "error", err)
			return nil
		}
	}
	k.stateMu.Lock()
	defer k.stateMu.Unlock()
	if len(k.fetched) > maxNames {
		clear(k.fetched)
	}
	k.fetched[key] = true
	return nil
}

func (k *cipher) setStale(stale bool) {
	k.stateMu.Lock()
	defer k.stateMu.Unlock()
	k.stale = stale
}

// catchUpDevices asks for the devices of people who have new ones, so that a room key
// goes to all of them and to no others.
func (c *Chat) catchUpDevices(ctx context.Context, m *crypto.OlmMachine) error {
	k := c.cipher
	k.stateMu.Lock()
	stale := k.stale
	k.stale = false
	k.stateMu.Unlock()
	if !stale {
		return nil
	}
	users, err := k.store.GetOutdatedTrackedUsers(ctx)
	if err == nil && len(users) > 0 {
		_, err = m.FetchKeys(ctx, users, true)
		k.outdated("")
	}
	if err != nil {
		k.setStale(true)
		return fmt.Errorf("ask for changed devices: %w", err)
	}
	return nil
}

// outdated says that a key that is being handed out in a room, or in any ("") at all, goes
// to the wrong people.
func (k *cipher) outdated(in id.RoomID) {
	k.stateMu.Lock()
	defer k.stateMu.Unlock()
	for room := range k.handing {
		if in == "" || in == room {
			k.handing[room] = true
		}
	}
}

// handOut runs f, which hands a room's new key out, and reports whether who shall have it
// has changed meanwhile.
func (k *cipher) handOut(in id.RoomID, f func() error) (changed bool, err error) {
	k.stateMu.Lock()
	k.handing[in] = false
	k.stateMu.Unlock()
	err = f()
	k.stateMu.Lock()
	defer k.stateMu.Unlock()
	changed = k.handing[in]
	delete(k.handing, in)
	return changed, err
}

// newKeys returns the room keys that have come and were not yet said to be used.
func (k *cipher) newKeys() map[id.SessionID]bool {
	k.stateMu.Lock()
	defer k.stateMu.Unlock()
	keys := map[id.SessionID]bool{}
	for session := range k.arrived {
		keys[session] = true
	}
	return keys
}

// used says that what these room keys can open was opened.
func (k *cipher) used(keys map[id.SessionID]bool) {
	k.stateMu.Lock()
	defer k.stateMu.Unlock()
	for session := range keys {
		delete(k.arrived, session)
	}
}

// states is what mautrix asks about rooms.
type states struct{ *Chat }

var _ crypto.StateStore = states{}

// IsEncrypted implements crypto.StateStore.
func (s states) IsEncrypted(_ context.Context, in id.RoomID) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rooms[in].Encrypted, nil
}

// GetEncryptionEvent implements crypto.StateStore: how often a room wants new keys.
func (s states) GetEncryptionEvent(_ context.Context, in id.RoomID) (*event.EncryptionEventContent, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rooms[in]
	return &event.EncryptionEventContent{
		Algorithm: id.AlgorithmMegolmV1, RotationPeriodMillis: r.RotateMillis, RotationPeriodMessages: r.RotateMessages,
	}, nil
}

// GetHistoryVisibility implements crypto.StateStore: we hand earlier keys to nobody.
func (s states) GetHistoryVisibility(context.Context, id.RoomID) (*event.HistoryVisibilityEventContent, error) {
	return nil, nil
}

// FindSharedRooms implements crypto.StateStore. mautrix asks it in which rooms to make
// new keys because somebody's devices have changed: in those whose present key they
// were given. Somebody without a device was given none anywhere; who gets a first one
// is in some of our rooms, so all of them get new keys.
func (s states) FindSharedRooms(ctx context.Context, user id.UserID) ([]id.RoomID, error) {
	rooms, err := s.cipher.rooms(ctx, `SELECT DISTINCT o.room_id FROM crypto_megolm_outbound_session o
		JOIN crypto_megolm_outbound_session_shared s ON s.session_id = o.session_id
		WHERE o.account_id = $1 AND s.user_id = $2`, s.self, user)
	if err != nil || len(rooms) > 0 {
		return rooms, err
	}
	return s.cipher.rooms(ctx, `SELECT room_id FROM crypto_megolm_outbound_session WHERE account_id = $1`, s.self)
}

func (k *cipher) rooms(ctx context.Context, query string, args ...any) ([]id.RoomID, error) {
	rows, err := k.db.Query(ctx, query, args...)
	return dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[id.RoomID], err).AsList()
}
